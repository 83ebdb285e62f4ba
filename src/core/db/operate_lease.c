/*
 * operate_lease.c: the life of a lease that the database itself gives: of the server, of a role, of a database.
 *
 * The kinds differ in what is sent, when it is in force and how it is known to be ours still; that it is remembered
 * before, held without a connection (the server may restart meanwhile), taken back by a connection of its own in a
 * fetch that no cancel interrupts, and offered again when that failed, is the same for all.
 */
#include "audit/change_lease.h"
#include "base/clock.h"
#include "db/operate.h"
#include "model/slow_log.h"

#include <stdio.h>

#define TAKE_BACK_AGAIN_US (1 * US_PER_S)

static const struct operate_lease_how *how_of(const char *operation)
{
	if (strcmp(operation, "server slow log") == 0)
		return &operate_lease_server;
	return strcmp(operation, SLOW_LOG_ROLE) == 0 || strcmp(operation, SLOW_LOG_DATABASE) == 0
		       ? &operate_lease_setting
		       : NULL;
}

void operate_check_other_lease(struct operate *o)
{
	struct lease all[LEASES_MAX];
	bool left[LEASES_MAX];
	size_t n = lease_list(o->lease.target, all, left, LEASES_MAX);
	char until[40];

	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i].operation, o->c.op->name) == 0 && strcmp(all[i].role, o->lease.role) == 0 &&
		    strcmp(all[i].database, o->lease.database) == 0) {
			change_refuse(&o->c, "a lease is on it already: %s until %s%s", all[i].owner,
				      clock_iso8601(all[i].until_us, until, sizeof(until)),
				      left[i] ? "; it was left behind, restore it first" : "");
			return;
		}
}

/* ---- what was left behind ---- */

static bool find_left(struct operate *o, const char *target)
{
	struct lease all[LEASES_MAX];
	bool left[LEASES_MAX];
	size_t n = lease_list(target, all, left, LEASES_MAX);

	for (size_t i = 0; i < n; i++)
		if (left[i] && how_of(all[i].operation)) {
			o->lease = all[i];
			o->how = how_of(all[i].operation);
			return true;
		}
	return false;
}

/* Nothing of it is left, so the note of it goes. */
static void forget(const struct lease *l)
{
	struct lease_hold *hold;

	if (lease_take_over(l->id, &hold))
		lease_end(hold);
}

bool operate_look_at_left_lease(struct operate *o, struct err *err)
{
	char target[300], until[40];
	bool ours;

	operate_target_name(o, target, sizeof(target));
	(void)snprintf(o->c.object, sizeof(o->c.object), "%s of %.200s", SLOW_LOG_PARAMETER, target);
	(void)snprintf(o->c.word, sizeof(o->c.word), "%.200s", target);
	if (!find_left(o, target)) {
		change_refuse(&o->c, "nothing of this server was left behind on this host");
		return true;
	}
	if (!o->how->look_left(o, err))
		return false;
	change_add(&o->c, "fact", "left behind", OPERATION_OK, "%s of %s = %s, by %s, until %s", SLOW_LOG_PARAMETER,
		   o->lease.object, o->lease.value, o->lease.owner,
		   clock_iso8601(o->lease.until_us, until, sizeof(until)));
	change_add(&o->c, "fact", "before", OPERATION_OK, "%s", o->lease.unset ? o->how->unset : o->lease.before);
	o->how->fill_restore(o);
	if (o->c.refused)
		return true;
	if (!o->how->is_ours(o, &ours, err))
		return false;
	if (ours)
		return true;
	change_refuse(&o->c, "nothing is to be done: %s has another value now, and is not ours any more",
		      SLOW_LOG_PARAMETER);
	forget(&o->lease);
	return true;
}

/* ---- the run ---- */

static bool restore_once(struct operate *o, bool *ret_needed, struct err *err)
{
	const struct login_wish wish = {.database = "", .acts = true};

	if (!conn_open_as(o->c.f, &wish, &o->conn, err) || !o->how->is_ours(o, ret_needed, err))
		return false;
	return !*ret_needed || o->how->send(o, err);
}

/* As often as the time allows: a server that restarts is waited for. */
static bool take_back(void *ctx)
{
	struct operate *o = ctx;
	int64_t began = clock_mono_us();
	struct err err = {0}, rest;
	bool needed = false, ok;
	char id[64];

	o->how->fill_restore(o);
	/* without its line in the audit log it is taken back all the same: that is the safer state */
	if (!change_intend(&o->c, id, sizeof(id), &rest))
		change_add(&o->c, "notice", "", OPERATION_WARNING, "not in the audit log: %s", rest.text);
	do {
		err = (struct err){0};
		ok = restore_once(o, &needed, &err);
	} while (!ok && change_rest(o->c.f, TAKE_BACK_AGAIN_US, &rest));
	if (!ok)
		change_conclude(&o->c, id, began, OPERATION_CRITICAL,
				"failed: not taken back, the next start offers it: %s", err.text);
	else if (!needed)
		change_conclude(&o->c, id, began, OPERATION_NOTICE, "left as it is: %s is not ours any more",
				SLOW_LOG_PARAMETER);
	else
		change_conclude(&o->c, id, began, OPERATION_OK, "done: taken back");
	return ok;
}

void operate_run_lease(struct operate *o, const char *id)
{
	int64_t began = clock_mono_us();
	struct lease_hold *held = NULL;
	struct err err = {0};
	char words[100];

	if (!change_lease_take(&o->c, &o->lease, o->lease_us, id, &held))
		return;
	if (o->how->send(o, &err) && o->how->arrives(o, &err)) {
		change_conclude(&o->c, id, began, OPERATION_OK, "%s",
				change_lease_words(&o->lease, words, sizeof(words)));
		/* no connection is held for nothing */
		conn_close(o->conn);
		change_lease_keep(&o->c, &o->lease, o->lease_us);
	} else {
		change_conclude(&o->c, id, began, OPERATION_CRITICAL, "failed: %s", err.text);
	}
	change_lease_end(&o->c, held, "server restore", take_back, o);
}

void operate_run_restore(struct operate *o, const char *id)
{
	int64_t began = clock_mono_us();
	struct lease_hold *held;
	struct err err = {0};

	if (!lease_take_over(o->lease.id, &held)) {
		change_conclude(&o->c, id, began, OPERATION_WARNING, "not done: another console takes it back now");
		return;
	}
	if (o->how->send(o, &err)) {
		lease_end(held);
		change_conclude(&o->c, id, began, OPERATION_OK, "done: taken back");
	} else {
		lease_leave(held);
		change_conclude(&o->c, id, began, OPERATION_CRITICAL, "failed: %s", err.text);
	}
}
