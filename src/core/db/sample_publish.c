/*
 * sample_publish.c: the snapshots of one sample (who the load is: sample_load.c).
 *
 * A role without pg_monitor sees that other sessions exist, not what they do. Then
 * figures that would be wrong are left absent with the reason, and the load, which
 * would be a lie, is not published at all.
 */
#include "db/sample.h"
#include "db/sources.h"

#define NEEDS_MONITOR STR("needs pg_monitor")

void sample_mark_unavailable(struct sample *s)
{
	struct snapshot *snap = s->sessions;
	static const char *const hidden[] = {"state",          "raw_state",     "wait",
					     "wait_us",        "wait_type",     "wait_event",
					     "wait_class",     "client",        "client_port",
					     "xact_us",        "query_us",      "state_us",
					     "query_start_at", "xact_start_at", "state_change_at",
					     "query_id",       "backend_type",  "xmin_age",
					     "query",          "session_us",    "backend_start_at",
					     "leader_pid"};
	int version = conn_probe(s->conn)->version_num;

	if (version < 130000)
		snapshot_set_unavailable(snap, "leader_pid", STR("needs PostgreSQL 13"));
	if (version < 140000) {
		snapshot_set_unavailable(snap, "query_id", STR("needs PostgreSQL 14"));
		snapshot_set_unavailable(snap, "wait_us", STR("needs PostgreSQL 14"));
	}
	for (size_t i = 0; !s->all_visible && i < ARRAY_LEN(hidden); i++)
		if (snapshot_unavailable(snap, hidden[i]).len == 0)
			snapshot_set_unavailable(snap, hidden[i], NEEDS_MONITOR);
}

void sample_stamp(struct snapshot *snap, const struct sample *s)
{
	snap->at_us = s->sessions->at_us;
	snap->server_at_us = s->server_us;
	snap->took_us = s->sessions->took_us;
}

static struct str copy_c(struct snapshot *snap, const char *text)
{
	return arena_str(snap->arena, str_c(text));
}

struct snapshot *sample_make_activity(const struct sample *s)
{
	static const char *const hidden[] = {
		"running",        "waiting",         "idle",           "idle_in_transaction", "blocked",
		"oldest_xact_us", "oldest_xact_pid", "longest_wait_us"};
	struct snapshot *snap = snapshot_new(&activity_type, source_activity.name);
	const struct probe *p = conn_probe(s->conn);
	struct activity *row = snapshot_add_row(snap);

	sample_stamp(snap, s);
	activity_count(row, s->sessions->rows, s->sessions->nrows, s->idle_rest, s->all_visible);
	SET(row, struct activity, sampled_at, snap->at_us);
	SET(row, struct activity, max_connections, p->max_connections);
	SET(row, struct activity, role, p->in_recovery ? STR("reader") : STR("writer"));
	SET(row, struct activity, server_version, copy_c(snap, p->version));
	SET(row, struct activity, database, copy_c(snap, p->database));
	SET(row, struct activity, user, copy_c(snap, p->user));
	SET(row, struct activity, login_by, copy_c(snap, conn_login_by(s->conn)));
	SET(row, struct activity, via_pooler, conn_via_pooler(s->conn));
	SET(row, struct activity, via_proxy, conn_via_proxy(s->conn));
	SET(row, struct activity, sample_us, snap->took_us);
	SET(row, struct activity, round_trips, s->round_trips);
	if (p->client_address[0])
		SET(row, struct activity, client_address, copy_c(snap, p->client_address));
	else
		snapshot_set_unavailable(snap, "client_address", STR("a Unix socket"));
	if (p->instance[0])
		SET(row, struct activity, instance, copy_c(snap, p->instance));
	else
		snapshot_set_unavailable(snap, "instance",
					 p->aurora ? STR("this version has no aurora_db_instance_identifier()")
						   : STR("not Aurora"));
	if (p->version_num < 140000)
		snapshot_set_unavailable(snap, "longest_wait_us", STR("needs PostgreSQL 14"));
	for (size_t i = 0; !s->all_visible && i < ARRAY_LEN(hidden); i++)
		if (snapshot_unavailable(snap, hidden[i]).len == 0)
			snapshot_set_unavailable(snap, hidden[i], NEEDS_MONITOR);
	return snap;
}

bool sample_hide_load(const struct sample *s, struct snapshot *snap)
{
	struct err err = {0};

	if (s->all_visible)
		return false;
	err_set(&err, ERR_UNAVAILABLE, "what other roles' sessions do is not visible to %s", conn_probe(s->conn)->user);
	err_remedy(&err, "GRANT pg_monitor TO %s", conn_probe(s->conn)->user);
	snapshot_fail(snap, SNAP_UNAVAILABLE, &err);
	return true;
}

struct snapshot *sample_make_load(struct sample *s)
{
	struct snapshot *snap = snapshot_new(&load_type, source_load.name);
	struct sampler *st = s->st;
	struct load point = {.sampled_at = s->sessions->at_us};

	sample_stamp(snap, s);
	if (sample_hide_load(s, snap))
		return snap;
	load_count(&point, s->sessions->rows, s->sessions->nrows);
	if (st->nload < LOAD_POINTS) {
		st->load[st->nload++] = point;
	} else {
		st->load[st->first_load] = point;
		st->first_load = (st->first_load + 1) % LOAD_POINTS;
	}
	snapshot_reserve(snap, LOAD_POINTS);
	for (size_t i = 0; i < st->nload; i++) {
		struct load *row = snapshot_add_row(snap);

		*row = st->load[(st->first_load + i) % LOAD_POINTS];
	}
	return snap;
}
