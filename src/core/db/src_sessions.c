/*
 * src_sessions.c: the sampler. One statement a refresh, a second one only when somebody
 * waits for a lock.
 *
 * The answer of sessions.sql holds sessions, counts, names and the server's clock, told
 * apart by k. Texts come only for statements that began since the previous sample (less
 * an overlap for sessions that were slow to say so); the rest is in the text cache. A
 * row whose text is in neither place puts its pid on the list of wanted ones, and the
 * next sample asks for it by name. The same list brings idle sessions that block
 * others, which a sample would leave out.
 *
 * What this remembers is void after a reconnect (the serial of the connection tells),
 * but for the load history, which is a record of our own observations.
 */
#include "db/sources.h"

#include "base/clock.h"
#include "base/sort.h"
#include "base/xalloc.h"
#include "codec/codec_sql.h"
#include "db/conn.h"
#include "db/sessions.h"
#include "db/site.h"
#include "db/text_cache.h"

#include <libpq-fe.h>

#define LOAD_POINTS 900
#define WANTED_MAX 1000
#define OVERLAP_US (2 * US_PER_S)
#define LOCKS_SLOW_US (50 * US_PER_MS)
#define LOCKS_REST_US (5 * US_PER_S)
#define SESSIONS_MAX 50000
/* PostgreSQL counts time from 2000-01-01. */
#define PG_EPOCH_US (INT64_C(946684800) * US_PER_S)
#define NEEDS_MONITOR STR("needs pg_monitor")

/* The columns of sessions.sql that are not a session's. */
struct aux {
	uint64_t present;
	int64_t k, n, datid, usesysid;
};
static const struct field aux_fields[] = {
	FIELD(struct aux, k, K_INT, .title = "K", .help = "kind of row"),
	FIELD(struct aux, n, K_INT, .title = "N", .help = "how many"),
	FIELD(struct aux, datid, K_INT, .title = "DATID", .help = "database"),
	FIELD(struct aux, usesysid, K_INT, .title = "USESYSID", .help = "role"),
};
static const struct rec_type aux_type = REC_TYPE(struct aux, "aux", aux_fields);

/* The columns of locks.sql. */
struct lock_rec {
	uint64_t present;
	int64_t pid, granted, waitstart;
	struct str mode, tag;
};
static const struct field lock_fields[] = {
	FIELD(struct lock_rec, pid, K_INT, .title = "PID", .help = "holder or waiter"),
	FIELD(struct lock_rec, granted, K_BOOL, .title = "GRANTED", .help = "held"),
	FIELD(struct lock_rec, waitstart, K_TIME_US, .title = "WAITSTART", .help = "start of the wait"),
	FIELD(struct lock_rec, mode, K_ENUM, .title = "MODE", .help = "lock mode"),
	FIELD(struct lock_rec, tag, K_TEXT, .title = "TAG", .help = "object"),
};
static const struct rec_type lock_type = REC_TYPE(struct lock_rec, "lock", lock_fields);

enum row_kind { ROW_SESSION, ROW_IDLE, ROW_CLOCK, ROW_ROLE, ROW_DATABASE };

struct name {
	int64_t oid;
	struct str text;
};

struct names {
	struct name *items;
	size_t n;
};

struct state {
	uint64_t serial;   /* of the connection the rest belongs to */
	int64_t server_us; /* of the previous sample, 0 = none */
	bool wide;
	struct text_cache texts;
	int32_t wanted[WANTED_MAX];
	size_t nwanted;
	bool want_all;
	struct lock_graph graph;
	int64_t next_locks_mono_us;
	struct load load[LOAD_POINTS]; /* ring */
	size_t nload, first_load;
};

/* One refresh. */
struct sample {
	struct fetch *f;
	struct conn *conn;
	struct state *st;
	struct snapshot *sessions;
	struct names roles, databases;
	int64_t server_us, idle_rest;
	int64_t round_trips;
	bool all_visible;
	bool lock_wait;
};

static void state_free(void *data)
{
	struct state *st = data;

	text_cache_release(&st->texts);
	lock_graph_release(&st->graph);
	xfree(st);
}

static struct state *state_of(struct fetch *f, const struct conn *c)
{
	void **slot = fetch_state(f, state_free);
	struct state *st = *slot;

	if (!st)
		*slot = st = xcalloc(1, sizeof(*st));
	if (st->serial != conn_serial(c)) {
		text_cache_release(&st->texts);
		lock_graph_release(&st->graph);
		st->serial = conn_serial(c);
		st->server_us = st->next_locks_mono_us = 0;
		st->nwanted = 0;
		st->want_all = st->wide = false;
	}
	return st;
}

/* ---- asking ---- */

static void put_be64(char out[8], int64_t v)
{
	for (int i = 0; i < 8; i++)
		out[i] = (char)((uint64_t)v >> (56 - 8 * i) & 0xff);
}

static bool ask_sessions(struct sample *s, struct pg_result **ret_result, struct err *err)
{
	struct state *st = s->st;
	char since[8], wide = s->f->wide;
	struct conn_param params[3];
	struct buf pids;
	bool ok;

	/* all texts: at first, when the view grows, when too many are missing */
	if (st->server_us == 0 || st->want_all || (s->f->wide && !st->wide))
		put_be64(since, INT64_MIN);
	else
		put_be64(since, st->server_us - OVERLAP_US - PG_EPOCH_US);
	buf_init(&pids, WANTED_MAX * 12 + 8);
	buf_add_char(&pids, '{');
	for (size_t i = 0; i < st->nwanted; i++)
		buf_addf(&pids, "%s%d", i > 0 ? "," : "", st->wanted[i]);
	buf_add_char(&pids, '}');
	params[0] = (struct conn_param){OID_TIMESTAMPTZ, since, sizeof(since)};
	params[1] = (struct conn_param){OID_BOOL, &wide, 1};
	params[2] = (struct conn_param){OID_INT4_ARRAY, buf_c(&pids), -1};
	ok = conn_query(s->f, s->conn, "sessions", params, 3, ret_result, err);
	s->round_trips++;
	buf_release(&pids);
	return ok;
}

/* ---- names ---- */

static int compare_names(uint32_t a, uint32_t b, void *ctx)
{
	const struct name *names = ctx;

	return (names[a].oid > names[b].oid) - (names[a].oid < names[b].oid);
}

static void sort_names(struct names *names)
{
	uint32_t *index = xcalloc(names->n + 1, sizeof(*index)), *scratch = xcalloc(names->n + 1, sizeof(*scratch));
	struct name *sorted = xcalloc(names->n + 1, sizeof(*sorted));

	for (size_t i = 0; i < names->n; i++)
		index[i] = (uint32_t)i;
	sort_indices(index, scratch, names->n, compare_names, names->items);
	for (size_t i = 0; i < names->n; i++)
		sorted[i] = names->items[index[i]];
	xfree(names->items);
	names->items = sorted;
	xfree(index);
	xfree(scratch);
}

static bool find_name(const struct names *names, int64_t oid, struct str *ret_text)
{
	size_t low = 0, high = names->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (names->items[mid].oid == oid) {
			*ret_text = names->items[mid].text;
			return true;
		}
		if (names->items[mid].oid < oid)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

static void add_name(struct names *names, size_t max, int64_t oid, struct str text)
{
	if (!names->items)
		names->items = xcalloc(max, sizeof(names->items[0]));
	names->items[names->n++] = (struct name){oid, text};
}

/* ---- decoding ---- */

struct decode {
	struct sql_map session, aux;
	size_t nrows;
};

static bool read_aux(const struct pg_result *r, int y, const struct decode *d, struct aux *ret_aux, struct sample *s,
		     struct err *err)
{
	*ret_aux = (struct aux){0};
	return sql_read_row(r, y, &d->aux, &aux_type, ret_aux, s->sessions->arena, err);
}

/* The rows that are not sessions. */
static bool read_rest(const struct pg_result *r, struct decode *d, struct sample *s, struct err *err)
{
	size_t n = (size_t)PQntuples(r);

	for (size_t y = 0; y < n; y++) {
		struct session row = {0};
		struct aux aux;

		if (!read_aux(r, (int)y, d, &aux, s, err))
			return false;
		if (aux.k == ROW_SESSION) {
			d->nrows++;
			continue;
		}
		if (!sql_read_row(r, (int)y, &d->session, &session_type, &row, s->sessions->arena, err))
			return false;
		if (aux.k == ROW_IDLE)
			s->idle_rest += aux.n;
		else if (aux.k == ROW_CLOCK)
			s->server_us = row.query_start_at;
		else if (aux.k == ROW_ROLE)
			add_name(&s->roles, n, aux.usesysid, row.application);
		else if (aux.k == ROW_DATABASE)
			add_name(&s->databases, n, aux.datid, row.application);
	}
	sort_names(&s->roles);
	sort_names(&s->databases);
	return s->server_us != 0 || err_set(err, ERR_PROTOCOL, "the server did not tell its clock");
}

static bool is_wanted(const struct state *st, int64_t pid)
{
	for (size_t i = 0; i < st->nwanted; i++)
		if (st->wanted[i] == pid)
			return true;
	return false;
}

/* Consoles are sent whatever they do: our own are left out, others are treated like any session. */
static bool leave_out(struct sample *s, const struct session *row)
{
	bool console = HAS(row, struct session, application) && str_starts(row->application, STR("auroratop "));
	bool idle = HAS(row, struct session, raw_state) && str_eq(row->raw_state, STR("idle"));

	if (!console)
		return false;
	if (conn_is_own(row->pid))
		return true;
	if (!idle || s->f->wide || is_wanted(s->st, row->pid))
		return false;
	s->idle_rest++;
	return true;
}

static bool read_sessions(const struct pg_result *r, const struct decode *d, struct sample *s, struct err *err)
{
	for (int y = 0; y < PQntuples(r); y++) {
		struct session row = {0}, *kept;
		struct aux aux;
		struct str text;

		if (!read_aux(r, y, d, &aux, s, err))
			return false;
		if (aux.k != ROW_SESSION)
			continue;
		if (!sql_read_row(r, y, &d->session, &session_type, &row, s->sessions->arena, err))
			return false;
		if (leave_out(s, &row))
			continue;
		kept = snapshot_add_row(s->sessions);
		if (!kept)
			return err_set(err, ERR_LIMIT, "more than %d sessions", SNAPSHOT_ROWS_MAX);
		if (HAS(&aux, struct aux, usesysid) && find_name(&s->roles, aux.usesysid, &text))
			SET(&row, struct session, user, text);
		if (HAS(&aux, struct aux, datid) && find_name(&s->databases, aux.datid, &text))
			SET(&row, struct session, database, text);
		session_derive(&row, s->server_us, s->sessions->arena);
		*kept = row;
	}
	return true;
}

/* ---- texts ---- */

static void want(struct state *st, int64_t pid)
{
	if (st->nwanted < WANTED_MAX)
		st->wanted[st->nwanted++] = (int32_t)pid;
	else
		st->want_all = true;
}

/* A parallel worker that began later than the statement has the text of its leader. */
static bool find_leader_text(struct sample *s, const struct session *row, struct str *ret_text)
{
	const struct session *rows = s->sessions->rows;

	if (!HAS(row, struct session, leader_pid) || row->leader_pid == row->pid)
		return false;
	for (size_t i = 0; i < s->sessions->nrows; i++)
		if (rows[i].pid == row->leader_pid && HAS(&rows[i], struct session, query) &&
		    rows[i].query_start_at == row->query_start_at) {
			*ret_text = rows[i].query;
			return true;
		}
	return false;
}

static void complete_texts(struct sample *s)
{
	struct state *st = s->st;
	struct session *rows = s->sessions->rows;

	st->nwanted = 0;
	st->want_all = false;
	text_cache_begin(&st->texts, s->sessions->nrows);
	for (size_t i = 0; i < s->sessions->nrows; i++) {
		struct session *row = &rows[i];
		struct text_key key = {row->pid, row->backend_start_at, row->query_start_at};
		struct str text;

		if (!HAS(row, struct session, query_start_at)) {
			/* nothing ran yet, or it is not ours to see */
			row->present &= ~BIT(struct session, query);
			continue;
		}
		if (HAS(row, struct session, query))
			text_cache_store(&st->texts, key, row->query);
		else if (text_cache_find(&st->texts, key, &text))
			SET(row, struct session, query, arena_str(s->sessions->arena, text));
	}
	text_cache_end(&st->texts);
	for (size_t i = 0; i < s->sessions->nrows; i++) {
		struct str text;

		if (!HAS(&rows[i], struct session, query_start_at) || HAS(&rows[i], struct session, query))
			continue;
		if (find_leader_text(s, &rows[i], &text))
			SET(&rows[i], struct session, query, text);
		else
			want(st, rows[i].pid);
	}
}

/* ---- locks ---- */

/* Only members of parallel groups have a leader; there are few. */
static int64_t group_of(const struct session *const *members, size_t n, int64_t pid)
{
	for (size_t i = 0; i < n; i++)
		if (members[i]->pid == pid)
			return members[i]->leader_pid;
	return pid;
}

static bool build_graph(struct sample *s, const struct snapshot *locks, struct lock_graph *ret_graph, struct err *err)
{
	struct lock_row *rows = xcalloc(locks->nrows + 1, sizeof(*rows));
	const struct session *sessions = s->sessions->rows, **members;
	size_t nmembers = 0;
	bool ok;

	members = xcalloc(s->sessions->nrows + 1, sizeof(*members));
	for (size_t i = 0; i < s->sessions->nrows; i++)
		if (HAS(&sessions[i], struct session, leader_pid))
			members[nmembers++] = &sessions[i];
	for (size_t i = 0; i < locks->nrows; i++) {
		const struct lock_rec *l = snapshot_row(locks, i);

		rows[i] = (struct lock_row){.tag = l->tag,
					    .since_us = HAS(l, struct lock_rec, waitstart) ? l->waitstart : 0,
					    .pid = (int32_t)l->pid,
					    .group = (int32_t)group_of(members, nmembers, l->pid),
					    .mode = lock_mode_parse(l->mode),
					    .granted = l->granted != 0};
	}
	ok = lock_graph_build(rows, locks->nrows, conn_probe(s->conn)->version_num >= 140000, ret_graph, err);
	xfree(rows);
	xfree(members);
	return ok;
}

/* Reads the locks and replaces the graph; a read that was slow is not repeated for a while. */
static bool read_locks(struct sample *s, struct err *err)
{
	struct snapshot *locks;
	struct lock_graph graph;
	struct pg_result *r;
	int64_t began = clock_mono_us();
	bool ok;

	if (began < s->st->next_locks_mono_us)
		return true;
	s->round_trips++;
	if (!conn_query(s->f, s->conn, "locks", NULL, 0, &r, err))
		return false;
	if (clock_mono_us() - began > LOCKS_SLOW_US)
		s->st->next_locks_mono_us = clock_mono_us() + LOCKS_REST_US;
	locks = snapshot_new(&lock_type, "locks");
	ok = sql_read_rows(r, locks, err) && build_graph(s, locks, &graph, err);
	snapshot_unref(locks);
	conn_result_free(r);
	if (ok) {
		lock_graph_release(&s->st->graph);
		s->st->graph = graph;
	}
	return ok;
}

/* Sessions that block others but were left out of this sample, because they are idle, come with the next one. */
static void want_blockers(struct sample *s)
{
	const struct session *rows = s->sessions->rows;

	for (size_t i = 0; i < s->st->graph.n; i++) {
		const struct lock_session *l = &s->st->graph.sessions[i];
		bool found = l->blocks == 0 || l->pid == 0;

		for (size_t j = 0; j < s->sessions->nrows && !found; j++)
			found = rows[j].pid == l->pid &&
				!(HAS(&rows[j], struct session, raw_state) && str_eq(rows[j].raw_state, STR("idle")));
		if (!found)
			want(s->st, l->pid);
	}
}

static bool add_locks(struct sample *s, struct err *err)
{
	struct session *rows = s->sessions->rows;

	for (size_t i = 0; i < s->sessions->nrows; i++)
		s->lock_wait =
			s->lock_wait || (HAS(&rows[i], struct session, state) && str_eq(rows[i].state, STR("waiting")));
	if (!s->lock_wait)
		lock_graph_release(&s->st->graph);
	else if (!read_locks(s, err))
		return false;
	for (size_t i = 0; i < s->sessions->nrows; i++)
		session_add_locks(&rows[i], &s->st->graph, s->server_us);
	want_blockers(s);
	return true;
}

/* ---- publishing ---- */

static void mark_unavailable(struct snapshot *snap, const struct sample *s)
{
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

static void stamp(struct snapshot *snap, const struct sample *s)
{
	snap->at_us = s->sessions->at_us;
	snap->server_at_us = s->server_us;
	snap->took_us = s->sessions->took_us;
}

static struct str copy_c(struct snapshot *snap, const char *text)
{
	return arena_str(snap->arena, str_c(text));
}

static struct snapshot *make_activity(struct sample *s)
{
	static const char *const hidden[] = {
		"running",        "waiting",         "idle",           "idle_in_transaction", "blocked",
		"oldest_xact_us", "oldest_xact_pid", "longest_wait_us"};
	struct snapshot *snap = snapshot_new(&activity_type, source_activity.name);
	const struct probe *p = conn_probe(s->conn);
	struct activity *row = snapshot_add_row(snap);

	stamp(snap, s);
	activity_count(row, s->sessions->rows, s->sessions->nrows, s->idle_rest, s->all_visible);
	SET(row, struct activity, sampled_at, snap->at_us);
	SET(row, struct activity, max_connections, p->max_connections);
	SET(row, struct activity, role, p->in_recovery ? STR("reader") : STR("writer"));
	SET(row, struct activity, server_version, copy_c(snap, p->version));
	SET(row, struct activity, database, copy_c(snap, p->database));
	SET(row, struct activity, user, copy_c(snap, p->user));
	SET(row, struct activity, via_pooler, conn_via_pooler(s->conn));
	SET(row, struct activity, sample_us, snap->took_us);
	SET(row, struct activity, round_trips, s->round_trips);
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

static struct snapshot *make_load(struct sample *s)
{
	struct snapshot *snap = snapshot_new(&load_type, source_load.name);
	struct state *st = s->st;
	struct load point = {.sampled_at = s->sessions->at_us};
	struct err err = {0};

	stamp(snap, s);
	if (!s->all_visible) {
		err_set(&err, ERR_UNAVAILABLE, "what other roles' sessions do is not visible to %s",
			conn_probe(s->conn)->user);
		err_remedy(&err, "GRANT pg_monitor TO %s", conn_probe(s->conn)->user);
		snapshot_fail(snap, SNAP_UNAVAILABLE, &err);
		return snap;
	}
	load_count(&point, s->sessions->rows, s->sessions->nrows);
	if (st->nload < LOAD_POINTS) {
		st->load[st->nload++] = point;
	} else {
		st->load[st->first_load] = point;
		st->first_load = (st->first_load + 1) % LOAD_POINTS;
	}
	for (size_t i = 0; i < st->nload; i++) {
		struct load *row = snapshot_add_row(snap);

		*row = st->load[(st->first_load + i) % LOAD_POINTS];
	}
	return snap;
}

static bool take_sample(struct sample *s, struct err *err)
{
	struct pg_result *r = NULL;
	int64_t began = clock_mono_us();
	struct decode d = {.nrows = 0};
	bool ok;

	if (!ask_sessions(s, &r, err))
		return false;
	s->sessions->at_us = clock_wall_us();
	ok = sql_map_result(r, &session_type, &d.session, err) && sql_map_result(r, &aux_type, &d.aux, err) &&
	     read_rest(r, &d, s, err);
	if (ok && d.nrows > SESSIONS_MAX)
		ok = err_set(err, ERR_LIMIT, "%zu sessions; at most %d are shown", d.nrows, SESSIONS_MAX);
	ok = ok && read_sessions(r, &d, s, err);
	conn_result_free(r);
	if (!ok)
		return false;
	complete_texts(s);
	if (!add_locks(s, err))
		return false;
	s->st->server_us = s->server_us;
	s->st->wide = s->f->wide;
	s->sessions->server_at_us = s->server_us;
	s->sessions->took_us = clock_mono_us() - began;
	return true;
}

static bool fetch_sessions(struct fetch *f, struct err *err)
{
	struct sample s = {.f = f};
	bool ok;

	if (!conn_open(f, &s.conn, err))
		return false;
	s.st = state_of(f, s.conn);
	s.all_visible = conn_probe(s.conn)->read_all_stats || conn_probe(s.conn)->superuser;
	s.sessions = snapshot_new(&session_type, source_sessions.name);
	ok = take_sample(&s, err);
	if (ok) {
		struct snapshot *activity = make_activity(&s), *load = make_load(&s);

		mark_unavailable(s.sessions, &s);
		fetch_publish(f, s.sessions);
		fetch_publish(f, activity);
		fetch_publish(f, load);
	} else {
		snapshot_unref(s.sessions);
	}
	xfree(s.roles.items);
	xfree(s.databases.items);
	return ok;
}

const struct source source_sessions = {
	.name = "sessions",
	.title = "sessions",
	.help = "Who does what in the database now: statements, waits, who blocks whom.",
	.type = &session_type,
	.lane = LANE_SAMPLER,
	.flags = SOURCE_DB,
	.deadline_us = 15 * US_PER_S,
	.inputs = SITE_INPUTS,
	.origin = "pg_stat_activity",
	.ready = site_ready,
	.fetch = fetch_sessions,
};
