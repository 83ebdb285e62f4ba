/*
 * src_sessions.c: the sampler. One statement a refresh, another one only when somebody
 * waits for a lock or a name is not known.
 *
 * The answer of sessions.sql holds sessions, counts and the server's clock, told apart by
 * k; names of roles and databases are asked for when new ones are met (name_book.h). Texts come only for statements
 * that began since the previous sample (less an overlap for sessions that were slow to say so); the rest is in the text
 * cache. A row whose text is in neither place puts its pid on the list of wanted ones, and the next sample asks for it
 * by name. The same list brings idle sessions that block others, which a sample would leave out. Where few of many
 * sessions are in a transaction, only those are read (sample_stage.c); the rows and counts are the same.
 *
 * What this remembers is void after a reconnect (the serial of the connection tells),
 * but for the load history, which is a record of our own observations.
 */
#include "db/sources.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "codec/codec_sql.h"
#include "db/sample.h"
#include "db/site.h"

#include <libpq-fe.h>

#define OVERLAP_US (2 * US_PER_S)
#define SESSIONS_MAX 50000
/* PostgreSQL counts time from 2000-01-01. */
#define PG_EPOCH_US (INT64_C(946684800) * US_PER_S)

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

enum row_kind { ROW_SESSION, ROW_COUNT, ROW_CLOCK };

static void state_free(void *data)
{
	struct sampler *st = data;

	text_cache_release(&st->texts);
	shape_cache_release(&st->shapes);
	lock_graph_release(&st->graph);
	lock_trees_release(&st->trees);
	name_book_release(&st->names);
	xfree(st);
}

static struct sampler *state_of(struct fetch *f, const struct conn *c)
{
	void **slot = fetch_state(f, state_free);
	struct sampler *st = *slot;

	if (!st) {
		*slot = st = xcalloc(1, sizeof(*st));
		/* the ring fills in any case: its memory is taken now, and does not grow later */
		memset(st->load, 0xff, sizeof(st->load));
	}
	if (st->serial != conn_serial(c)) {
		text_cache_release(&st->texts);
		lock_graph_release(&st->graph);
		lock_trees_release(&st->trees);
		name_book_release(&st->names);
		st->serial = conn_serial(c);
		st->server_us = st->graph_mono_us = st->locks_rest_mono_us = 0;
		st->nwanted = 0;
		st->want_all = st->wide = false;
		st->stage.left = 0;
	}
	return st;
}

/* ---- asking ---- */

static void put_be64(char out[8], int64_t v)
{
	for (int i = 0; i < 8; i++)
		out[i] = (char)((uint64_t)v >> (56 - 8 * i) & 0xff);
}

static void put_pids(struct buf *b, const int32_t *pids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "%s%d", buf_str(b).len > 1 ? "," : "", pids[i]);
}

static bool ask_sessions(struct sample *s, struct pg_result **ret_result, struct err *err)
{
	struct sampler *st = s->st;
	char since[8], wide = s->f->wide;
	int32_t own[CONN_OWN_MAX];
	struct conn_param params[3];
	struct buf pids;
	bool ok;

	/* all texts: at first, when the view grows, when too many are missing */
	if (st->server_us == 0 || st->want_all || (s->f->wide && !st->wide))
		put_be64(since, INT64_MIN);
	else
		put_be64(since, st->server_us - OVERLAP_US - PG_EPOCH_US);
	buf_init(&pids, (WANTED_MAX + OUTSIDE_MAX + CONN_OWN_MAX) * 12 + 8);
	buf_add_char(&pids, '{');
	put_pids(&pids, st->wanted, st->nwanted);
	if (s->staged) {
		put_pids(&pids, st->stage.outside, st->stage.noutside);
		put_pids(&pids, own, conn_own(own));
	}
	buf_add_char(&pids, '}');
	params[0] = (struct conn_param){OID_TIMESTAMPTZ, since, sizeof(since)};
	params[1] = (struct conn_param){OID_INT4_ARRAY, buf_c(&pids), -1};
	params[2] = (struct conn_param){OID_BOOL, &wide, 1};
	ok = conn_query(s->f, s->conn, s->staged ? "sessions_in_transaction" : "sessions", params, s->staged ? 2 : 3,
			ret_result, err);
	s->round_trips++;
	buf_release(&pids);
	return ok;
}

/* ---- decoding ---- */

struct decode {
	struct sql_map session, aux;
	struct aux *rows; /* of each row of the answer */
	size_t nrows;     /* that are sessions */
};

static void want_names(struct name_book *names, const struct aux *aux)
{
	if (HAS(aux, struct aux, usesysid))
		name_book_want_role(names, aux->usesysid);
	if (HAS(aux, struct aux, datid))
		name_book_want_database(names, aux->datid);
}

/* A scan's n counts every process with a database and a role, so those whose row came are taken off again. */
static void count_rest(struct sample *s, const struct aux *aux)
{
	bool both = HAS(aux, struct aux, usesysid) && HAS(aux, struct aux, datid);

	s->idle_rest += aux->n - (both && !s->staged);
}

/* The rows that are not sessions, and which names those that are need. */
static bool read_rest(const struct pg_result *r, struct decode *d, struct sample *s, struct err *err)
{
	int n = PQntuples(r);

	d->rows = xcalloc((size_t)n, sizeof(*d->rows));
	for (int y = 0; y < n; y++) {
		struct aux *aux = &d->rows[y];
		struct session row = {0};

		if (!sql_read_row(r, y, &d->aux, &aux_type, aux, s->sessions->arena, err))
			return false;
		count_rest(s, aux);
		if (aux->k == ROW_SESSION) {
			want_names(&s->st->names, aux);
			d->nrows++;
			continue;
		}
		if (aux->k != ROW_CLOCK)
			continue;
		if (!sql_read_row(r, y, &d->session, &session_type, &row, s->sessions->arena, err))
			return false;
		s->server_us = row.query_start_at;
	}
	return s->server_us != 0 || err_set(err, ERR_PROTOCOL, "the server did not tell its clock");
}

static bool is_wanted(const struct sampler *st, int64_t pid)
{
	for (size_t i = 0; i < st->nwanted; i++)
		if (st->wanted[i] == pid)
			return true;
	return false;
}

/* Some idle sessions are sent although nobody asked: those of consoles, because ours must be told from others, and
 * helpers. A job of ours is work like any other: it takes part in the load, and sessions may wait behind it. */
static bool leave_out(struct sample *s, const struct session *row)
{
	bool console = HAS(row, struct session, application) && str_starts(row->application, STR("auroratop "));
	bool idle = HAS(row, struct session, raw_state) && str_eq(row->raw_state, STR("idle"));

	if (console && conn_is_own(row->pid) && !str_starts(row->application, STR("auroratop job ")))
		return true;
	if (!idle || s->f->wide || is_wanted(s->st, row->pid))
		return false;
	s->idle_rest += HAS(row, struct session, backend_type) && str_eq(row->backend_type, STR("client backend"));
	return true;
}

static bool find_name(struct sample *s, const struct names *names, int64_t oid, struct str *ret_text)
{
	struct str text;

	if (!names_find(names, oid, &text) || text.len == 0)
		return false;
	*ret_text = arena_str(s->sessions->arena, text);
	return true;
}

/* Workers follow their leader in pid order only by chance, so they are counted apart. */
static void count_workers(struct sample *s)
{
	struct session *rows = s->sessions->rows;

	for (size_t i = 0; i < s->sessions->nrows; i++) {
		if (!HAS(&rows[i], struct session, leader_pid) || rows[i].leader_pid == rows[i].pid)
			continue;
		for (size_t k = 0; k < s->sessions->nrows; k++)
			if (rows[k].pid == rows[i].leader_pid)
				SET(&rows[k], struct session, workers, rows[k].workers + 1);
	}
}

/* What the statements leave out, because it is nearly always the same. */
static void put_back(struct session *row)
{
	if (HAS(row, struct session, backend_type) && row->backend_type.len == 0)
		row->backend_type = STR("client backend");
	if (HAS(row, struct session, query_start_at) && !HAS(row, struct session, state_change_at))
		SET(row, struct session, state_change_at, row->query_start_at);
}

static bool read_sessions(const struct pg_result *r, const struct decode *d, struct sample *s, struct err *err)
{
	for (int y = 0; y < PQntuples(r); y++) {
		const struct aux *aux = &d->rows[y];
		struct session row, *kept;
		struct str text;

		if (aux->k != ROW_SESSION)
			continue;
		row = (struct session){0};
		if (!sql_read_row(r, y, &d->session, &session_type, &row, s->sessions->arena, err))
			return false;
		put_back(&row);
		sample_stage_saw(s, &row);
		if (leave_out(s, &row))
			continue;
		kept = snapshot_add_row(s->sessions);
		if (!kept)
			return err_set(err, ERR_LIMIT, "more than %d sessions", SNAPSHOT_ROWS_MAX);
		if (HAS(aux, struct aux, usesysid) && find_name(s, &s->st->names.roles, aux->usesysid, &text))
			SET(&row, struct session, user, text);
		if (HAS(aux, struct aux, datid) && find_name(s, &s->st->names.databases, aux->datid, &text))
			SET(&row, struct session, database, text);
		session_derive(&row, s->server_us, s->sessions->arena);
		if (s->node.len > 0)
			SET(&row, struct session, node, s->node);
		*kept = row;
	}
	return true;
}

/* ---- texts ---- */

void sample_want(struct sampler *st, int64_t pid)
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
	struct sampler *st = s->st;
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
			sample_want(st, rows[i].pid);
	}
}

static bool take_sample(struct sample *s, struct err *err)
{
	struct pg_result *r = NULL;
	int64_t began = clock_mono_us();
	struct decode d = {.rows = NULL};
	bool ok;

	sample_choose_stage(s);
	if (!ask_sessions(s, &r, err))
		return false;
	s->node = arena_str(s->sessions->arena,
			    str_c(s->f->target->node[0] ? s->f->target->node : conn_probe(s->conn)->instance));
	s->all_visible = sample_sees_all(s);
	s->sessions->at_us = clock_wall_us();
	name_book_begin(&s->st->names);
	ok = sql_map_result(r, &session_type, &d.session, err) && sql_map_result(r, &aux_type, &d.aux, err) &&
	     read_rest(r, &d, s, err);
	if (ok && d.nrows > SESSIONS_MAX)
		ok = err_set(err, ERR_LIMIT, "%zu sessions; at most %d are shown", d.nrows, SESSIONS_MAX);
	ok = ok && name_book_ask(&s->st->names, s->f, s->conn, &s->round_trips, err);
	ok = ok && read_sessions(r, &d, s, err);
	xfree(d.rows);
	conn_result_free(r);
	if (!ok)
		return false;
	sample_stage_end(s);
	s->st->rows = s->sessions->nrows;
	count_workers(s);
	complete_texts(s);
	if (!sample_add_locks(s, err))
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

	if (!conn_connect(f, &s.conn, err))
		return false;
	s.st = state_of(f, s.conn);
	s.sessions = snapshot_new(&session_type, source_sessions.name);
	snapshot_reserve(s.sessions, s.st->rows + s.st->rows / 8);
	ok = take_sample(&s, err);
	if (ok) {
		struct snapshot *activity = sample_make_activity(&s), *load = sample_make_load(&s);
		struct snapshot *samples = sample_make_load_samples(&s);
		struct snapshot *locks = sample_make_locks(&s);

		sample_mark_unavailable(&s);
		fetch_publish(f, s.sessions);
		fetch_publish(f, activity);
		fetch_publish(f, load);
		fetch_publish(f, samples);
		fetch_publish(f, locks);
	} else {
		snapshot_unref(s.sessions);
	}
	xfree(s.by_pid);
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
	.nodes = site_nodes,
	.fetch = fetch_sessions,
};

const struct source source_node_sessions = {
	.name = "node_sessions",
	.title = "sessions",
	.help = "The sessions of the writer and of the readers that can be reached.",
	.type = &session_type,
	.lane = LANE_SAMPLER,
	.flags = SOURCE_DB,
	.merges = "sessions",
	.origin = "pg_stat_activity",
};
