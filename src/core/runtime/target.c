/* target.c: what the console is pointed at; immutable once shared, counted by reference. */
#include "base/xalloc.h"
#include "model/policy.h"
#include "runtime/source.h"

#include <stdio.h>

/* Generations grow by themselves, so that a target made later always outranks an earlier one. */
static atomic_ullong newest_generation;

struct target *target_new(void)
{
	struct target *t = xcalloc(1, sizeof(*t));

	atomic_init(&t->refs, 1);
	t->interval_us = US_PER_S;
	t->range_us = 3 * US_PER_HOUR;
	t->generation = atomic_fetch_add_explicit(&newest_generation, 1, memory_order_relaxed) + 1;
	return t;
}

/* The count is the one member that changes behind a const pointer; nobody holds a target in read-only memory. */
static atomic_uint *refs_of(const struct target *t)
{
	return (atomic_uint *)(uintptr_t)&t->refs;
}

const struct target *target_ref(const struct target *t)
{
	if (t)
		atomic_fetch_add_explicit(refs_of(t), 1, memory_order_relaxed);
	return t;
}

void target_unref(const struct target *t)
{
	if (t && atomic_fetch_sub_explicit(refs_of(t), 1, memory_order_acq_rel) == 1)
		xfree((void *)(uintptr_t)t);
}

void target_copy(struct target *t, const struct target *from)
{
	/* what counts and tells targets apart stands first, and other threads may be counting */
	size_t settings = offsetof(struct target, cluster);

	memcpy((char *)t + settings, (const char *)from + settings, sizeof *t - settings);
}

struct str target_name(const struct target *t)
{
	return str_c(t->cluster[0] ? t->cluster : t->db_host);
}

#define NAMES_MAX (sizeof(((struct target *)0)->cluster) + sizeof(((struct target *)0)->db_host) + 1)

/* What sections of config.ini may be called for it; the connection string may name several hosts. */
static struct str names_of(const struct target *t, char names[NAMES_MAX])
{
	(void)snprintf(names, NAMES_MAX, "%s%s%s", t->cluster, t->cluster[0] ? "," : "",
		       t->conninfo[0] ? t->db_host : "");
	return str_c(names);
}

const struct policy *target_policy(const struct target *t)
{
	char names[NAMES_MAX];

	return policy_find(t->policies, names_of(t, names));
}

void target_choose_login(struct target *t)
{
	char names[NAMES_MAX];

	if (t->logins)
		logins_choose(t->logins, names_of(t, names), &t->login);
}

bool target_is_read_only(const struct target *t)
{
	return t->read_only || target_policy(t)->read_only;
}

bool target_has_cluster(const struct target *t, struct err *why)
{
	if (t->cluster[0])
		return true;
	err_set(why, ERR_UNAVAILABLE, "no cluster is chosen");
	err_remedy(why, "name one on the command line, or choose one under :clusters");
	return false;
}
