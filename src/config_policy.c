/*
 * config_policy.c: policy keys by table.
 *
 * [policy] is read first, then each [policy CLUSTER] starts from what that gave, so that the order
 * in the file does not matter. A value that cannot be meant (a window that never opens, a
 * tag without "=") is a fault and not a default: who wrote it believes that it protects something.
 */
#include "config_policy.h"

#include "base/parse.h"

#include <math.h>
#include <stdio.h>

#define NAMES_MAX 128

struct policy_key {
	const char *name, *fallback, *help;
	bool (*store)(struct policy *p, struct str value, const char *where, struct err *err);
};

static bool store_read_only(struct policy *p, struct str v, const char *where, struct err *err)
{
	return parse_bool(v, &p->read_only) ||
	       err_set(err, ERR_USAGE, "%s: " STR_FMT " is neither yes nor no", where, STR_ARG(v));
}

static bool store_window(struct policy *p, struct str v, const char *where, struct err *err)
{
	if (policy_window_parse(v, &p->window, err))
		return true;
	err_prefix(err, "%s", where);
	return false;
}

static bool store_tag(struct policy *p, struct str v, const char *where, struct err *err)
{
	struct str rest = v, tag;

	if (v.len >= sizeof p->production_tag)
		return err_set(err, ERR_LIMIT, "%s: longer than %zu bytes", where, sizeof p->production_tag - 1);
	while (v.len > 0 && str_split(&rest, ',', &tag))
		if (str_find(str_trim(tag), STR("="), 0) < 1)
			return err_set(err, ERR_USAGE, "%s: \"" STR_FMT "\" is not KEY=VALUE", where, STR_ARG(tag));
	(void)snprintf(p->production_tag, sizeof p->production_tag, STR_FMT, STR_ARG(v));
	return true;
}

static bool store_required_tags(struct policy *p, struct str v, const char *where, struct err *err)
{
	if (v.len >= sizeof p->required_tags)
		return err_set(err, ERR_LIMIT, "%s: longer than %zu bytes", where, sizeof p->required_tags - 1);
	(void)snprintf(p->required_tags, sizeof p->required_tags, STR_FMT, STR_ARG(v));
	return true;
}

static bool store_waiters(struct policy *p, struct str v, const char *where, struct err *err)
{
	if (parse_i64(v, &p->stop_waiters) && p->stop_waiters >= 0 && p->stop_waiters <= POLICY_STOP_MAX)
		return true;
	return err_set(err, ERR_USAGE, "%s: " STR_FMT " is not a number of sessions from 0 to %d", where, STR_ARG(v),
		       POLICY_STOP_MAX);
}

static bool store_load(struct policy *p, struct str v, const char *where, struct err *err)
{
	/* a comparison with NaN is false */
	if (parse_f64(v, &p->stop_load) && p->stop_load >= 0 && p->stop_load <= POLICY_STOP_MAX)
		return true;
	return err_set(err, ERR_USAGE, "%s: " STR_FMT " is not a load from 0 to %d", where, STR_ARG(v),
		       POLICY_STOP_MAX);
}

static const struct policy_key keys[] = {
	{"read_only", "no", "yes: as --read-only, nothing that changes anything is offered for this cluster",
	 store_read_only},
	{"window", "",
	 "maintenance windows in UTC, such as Sat 22:00-Sun 04:00, daily 02:00-03:00; outside of them VACUUM FULL and "
	 "REINDEX are refused, or wait for O in the preview and one tier more; empty: no window is required",
	 store_window},
	{"production_tag", "environment=production",
	 "AWS tags of the cluster that mark production, KEY=VALUE with commas between them, in any case: every change "
	 "is "
	 "one tier more dangerous there; empty: none does",
	 store_tag},
	{"required_tags", "",
	 "AWS tags that the cluster must have, KEY or KEY=VALUE with commas between them, in any case: one that is "
	 "missing is a warning; empty: none has to be there",
	 store_required_tags},
	{"stop_waiters", "20",
	 "a job cancels itself when more sessions than that wait behind it in three samples in a row; 0: never",
	 store_waiters},
	{"stop_load", "0",
	 "a job cancels itself when more sessions than that are active in the database, as the load shows them, in "
	 "three samples in a row; 0: never",
	 store_load},
};

bool config_policy_is_section(struct str name)
{
	return str_eq_c(name, "policy") || str_starts(name, STR("policy "));
}

/* "" = of all clusters. */
static struct str cluster_of(struct str section)
{
	return str_sub(section, sizeof("policy ") - 1, section.len);
}

/* - for _ as in all other settings */
static bool is_named(struct str name, const char *key)
{
	char plain[64];

	(void)snprintf(plain, sizeof plain, STR_FMT, STR_ARG(name));
	for (char *p = plain; *p; p++)
		*p = *p == '-' ? '_' : *p;
	return strcmp(plain, key) == 0;
}

static const struct policy_key *find(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (is_named(name, keys[i].name))
			return &keys[i];
	return NULL;
}

static const struct policy_limit *find_limit(struct str name)
{
	for (size_t i = 0; i < npolicy_limit_rows; i++)
		if (is_named(name, policy_limit_rows[i].name))
			return &policy_limit_rows[i];
	return NULL;
}

static bool fail_key(struct str name, const char *where, struct err *err)
{
	const char *names[NAMES_MAX], *like;
	size_t n = 0;

	CHECK(ARRAY_LEN(keys) + npolicy_limit_rows <= NAMES_MAX);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		names[n++] = keys[i].name;
	for (size_t i = 0; i < npolicy_limit_rows; i++)
		names[n++] = policy_limit_rows[i].name;
	like = parse_nearest(name, names, n);
	return err_set(err, ERR_CONFIG, "%s: no such setting of a policy%s%s", where, like ? "; did you mean " : "",
		       like ? like : "");
}

static bool store(struct policy *p, const struct ini_entry *e, const char *where, struct err *err)
{
	const struct policy_key *key = find(e->key);
	const struct policy_limit *limit = find_limit(e->key);

	if (key)
		return key->store(p, e->value, where, err);
	if (!limit)
		return fail_key(e->key, where, err);
	if (policy_limit_parse(limit->unit, e->value, policy_limit_at(&p->limits, limit), err))
		return true;
	err_prefix(err, "%s", where);
	return false;
}

/* All entries of one section, by its name. */
static bool read_section(const struct ini *ini, const char *path, struct str section, struct policy *p, struct err *err)
{
	for (size_t i = 0; i < ini->n; i++) {
		const struct ini_entry *e = &ini->entries[i];
		char where[1200];

		if (!str_eq(e->section, section))
			continue;
		(void)snprintf(where, sizeof where, "%s:%d: " STR_FMT, path, e->line, STR_ARG(e->key));
		if (!store(p, e, where, err))
			return false;
	}
	return true;
}

static struct policy_of *find_cluster(struct policies *all, struct str cluster)
{
	for (size_t i = 0; i < all->n; i++)
		if (str_ieq(cluster, str_c(all->of[i].cluster)))
			return &all->of[i];
	return NULL;
}

/* The section's own cluster, or a new one that begins as all do; NULL: err says why not. */
static struct policy_of *add_cluster(const char *path, const struct ini_section *section, struct policies *all,
				     struct err *err)
{
	struct str cluster = cluster_of(section->name);
	struct policy_of *of = find_cluster(all, cluster);

	if (of)
		return of;
	if (all->n == POLICY_CLUSTERS_MAX) {
		err_set(err, ERR_LIMIT, "%s:%d: more than %d clusters with a policy of their own", path, section->line,
			POLICY_CLUSTERS_MAX);
		return NULL;
	}
	of = &all->of[all->n];
	if (cluster.len >= sizeof of->cluster) {
		err_set(err, ERR_LIMIT, "%s:%d: the cluster's name is longer than %zu bytes", path, section->line,
			sizeof of->cluster - 1);
		return NULL;
	}
	*of = (struct policy_of){.policy = all->common};
	(void)snprintf(of->cluster, sizeof of->cluster, STR_FMT, STR_ARG(cluster));
	all->n++;
	return of;
}

bool config_policy_read(const struct ini *ini, const char *path, struct policies *ret, struct err *err)
{
	ret->common = policy_default;
	ret->n = 0;
	if (!read_section(ini, path, STR("policy"), &ret->common, err))
		return false;
	for (size_t i = 0; i < ini->nsections; i++) {
		const struct ini_section *section = &ini->sections[i];
		struct policy_of *of;

		if (!config_policy_is_section(section->name) || cluster_of(section->name).len == 0)
			continue;
		of = add_cluster(path, section, ret, err);
		if (!of || !read_section(ini, path, section->name, &of->policy, err))
			return false;
	}
	return true;
}

static void write_key(struct buf *out, const char *name, struct str fallback, const char *help)
{
	(void)buf_addf(out, "*");
	for (const char *p = name; *p; p++)
		(void)buf_addf(out, "%s%c", *p == '_' ? "\\" : "", *p);
	(void)buf_addf(out, "* (default " STR_FMT ")\n\t%s\n\n", STR_ARG(fallback), help);
}

void config_policy_manual(struct buf *out)
{
	struct policy_limits limits = policy_default.limits;
	struct buf text;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		write_key(out, keys[i].name, keys[i].fallback[0] ? str_c(keys[i].fallback) : STR("empty"),
			  keys[i].help);
	buf_init(&text, 64);
	for (size_t i = 0; i < npolicy_limit_rows; i++) {
		const struct policy_limit *row = &policy_limit_rows[i];

		buf_clear(&text);
		policy_limit_say(row->unit, *policy_limit_at(&limits, row), &text);
		write_key(out, row->name, buf_str(&text), row->help);
	}
	buf_release(&text);
}
