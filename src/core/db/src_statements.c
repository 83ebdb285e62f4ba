/*
 * src_statements.c: reading pg_stat_statements.
 *
 * Each read first asks the catalog whether and how the extension can be read, because it
 * can be created, moved, updated or dropped at any time, and a wrong question would be an
 * error in the server's log. Then come all counters in one read, when they were last reset,
 * and what is not known yet: texts of new statements, names of roles and databases.
 *
 * The read costs the server some 11 ms at 5,000 statements, so every ten seconds is 0.1 % of
 * one processor; where it costs more, it is made less often, so that it is never more than
 * one hundredth of the time.
 *
 * What this remembers outlives a reconnect, but not the server: counters of another one, or
 * of a role that sees more than before, are no continuation of ours.
 */
#include "db/sources.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "codec/codec_sql.h"
#include "db/site.h"
#include "db/statements_state.h"

#include <libpq-fe.h>

/* A read that took longer than this is followed by a rest of REST_FACTOR times as long. */
#define COSTLY_US (100 * US_PER_MS)
#define REST_FACTOR 100
/* The first interval is waited for. */
#define SOON_US (2 * US_PER_S)
/* Texts that are not urgent wait so long, because the server reads all of its own for any. */
#define TEXTS_US (60 * US_PER_S)
#define TEXTS_ASKED_MAX 6000
/* After the server could not give them: it would only fill its log. */
#define TEXTS_REST_US (10 * US_PER_MIN)
/* Ranks that keep their texts when there is no room for all. */
#define TEXTS_KEPT 1000

#define F(m, k) FIELD(struct statements_probe, m, k, .title = #m, .help = #m)
static const struct field probe_fields[] = {
	F(server_at, K_TIME_US), F(started_at, K_TIME_US),    F(loaded, K_BOOL),
	F(max_entries, K_COUNT), F(planning, K_BOOL),         F(io_timing, K_BOOL),
	F(block_bytes, K_BYTES), F(installed, K_BOOL),        F(columns_num, K_INT),
	F(permitted, K_BOOL),    F(has_info, K_BOOL),         F(sees_all, K_BOOL),
	F(track, K_TEXT),        F(compute_query_id, K_TEXT), F(extension_version, K_TEXT),
	F(schema, K_TEXT),
};
#undef F
static const struct rec_type probe_type = REC_TYPE(struct statements_probe, "statements_probe", probe_fields);

static void state_free(void *data)
{
	struct statements_state *st = data;

	statement_deltas_release(&st->deltas);
	statement_history_release(&st->history);
	statement_texts_release(&st->texts);
	name_book_release(&st->names);
	xfree(st);
}

/* ---- whether ---- */

static const char *database_of(const struct statements_fetch *s)
{
	return conn_probe(s->conn)->database;
}

static bool refuse_unloaded(const struct statements_fetch *s, struct err *err)
{
	const char *create = s->probe->installed ? "" : ", then CREATE EXTENSION pg_stat_statements in database ";
	const char *where = s->probe->installed ? "" : database_of(s);

	err_set(err, ERR_UNAVAILABLE, "this server does not load pg_stat_statements, so it counts no statements");
	if (conn_probe(s->conn)->aurora)
		err_remedy(err,
			   "in the DB cluster parameter group add pg_stat_statements to shared_preload_libraries "
			   "(Aurora's default), reboot the instances%s%s",
			   create, where);
	else
		err_remedy(err,
			   "add pg_stat_statements to shared_preload_libraries in postgresql.conf, restart the server"
			   "%s%s",
			   create, where);
	return false;
}

static bool refuse_missing(const struct statements_fetch *s, struct err *err)
{
	err_set(err, ERR_UNAVAILABLE,
		"the server counts statements, but the extension pg_stat_statements is not created in database %s",
		database_of(s));
	err_remedy(err,
		   "CREATE EXTENSION pg_stat_statements in database %s, as %s; one database is enough, it shows those "
		   "of all",
		   database_of(s), conn_probe(s->conn)->aurora ? "a member of rds_superuser" : "a superuser");
	return false;
}

static bool refuse_denied(const struct statements_fetch *s, struct err *err)
{
	const char *user = conn_probe(s->conn)->user;

	err_set(err, ERR_UNAVAILABLE, "role %s may not use pg_stat_statements in schema " STR_FMT, user,
		STR_ARG(s->probe->schema));
	err_remedy(err,
		   "GRANT USAGE ON SCHEMA " STR_FMT " TO %s, and EXECUTE on its function pg_stat_statements(boolean)",
		   STR_ARG(s->probe->schema), user);
	return false;
}

static bool check_usable(const struct statements_fetch *s, struct err *err)
{
	const struct statements_probe *p = s->probe;

	if (!p->loaded)
		return refuse_unloaded(s, err);
	if (!p->installed)
		return refuse_missing(s, err);
	if (!HAS(p, struct statements_probe, columns_num)) {
		err_set(err, ERR_UNAVAILABLE, "version " STR_FMT " of the extension pg_stat_statements is too old",
			STR_ARG(p->extension_version));
		err_remedy(err, "ALTER EXTENSION pg_stat_statements UPDATE in database %s", database_of(s));
		return false;
	}
	return p->permitted || refuse_denied(s, err);
}

static bool read_probe(struct statements_fetch *s, struct err *err)
{
	struct pg_result *r;
	bool ok;

	if (!conn_query(s->f, s->conn, "statements_probe", NULL, 0, &r, err))
		return false;
	s->answer = snapshot_new(&probe_type, "statements_probe");
	ok = sql_read_rows(r, s->answer, err);
	conn_result_free(r);
	if (ok && s->answer->nrows != 1)
		ok = err_set(err, ERR_PROTOCOL, "the question for pg_stat_statements was answered with %zu rows",
			     s->answer->nrows);
	if (!ok)
		return false;
	s->probe = snapshot_row(s->answer, 0);
	return check_usable(s, err);
}

/* ---- counters ---- */

static struct conn_statement of_extension(const struct statements_fetch *s, const char *name)
{
	return (struct conn_statement){name, (int)s->probe->columns_num, s->probe->schema};
}

static bool read_counters(struct statements_fetch *s, struct err *err)
{
	struct conn_statement statement = of_extension(s, "statements");
	struct pg_result *r;
	bool ok;

	if (!conn_query_extension(s->f, s->conn, &statement, NULL, 0, &r, err))
		return false;
	s->all = snapshot_new(&statement_type, source_statements.name);
	s->all->at_us = clock_wall_us();
	ok = sql_read_rows(r, s->all, err);
	conn_result_free(r);
	if (!ok)
		return false;
	s->entries = (int64_t)s->all->nrows;
	s->hidden = statements_merge_hidden(s->all);
	return true;
}

static bool read_reset(struct statements_fetch *s, struct err *err)
{
	struct conn_statement statement = of_extension(s, "statements_info");
	struct pg_result *r;

	s->dealloc_passes = -1;
	if (!s->probe->has_info || s->probe->columns_num < 140000)
		return true;
	if (!conn_query_extension(s->f, s->conn, &statement, NULL, 0, &r, err))
		return false;
	if (PQntuples(r) == 1) {
		sql_i64(r, 0, PQfnumber(r, "dealloc_passes"), &s->dealloc_passes);
		sql_i64(r, 0, PQfnumber(r, "reset_at"), &s->reset_at);
	}
	conn_result_free(r);
	return true;
}

/* Another server, or other rights: what was counted is no beginning for what is counted now. */
static void follow_server(struct statements_fetch *s)
{
	struct statements_state *st = s->st;
	const struct statements_probe *p = s->probe;

	if (st->started_at == p->started_at && st->sees_all == (p->sees_all != 0))
		return;
	if (st->started_at) {
		statement_deltas_release(&st->deltas);
		statement_history_gap(&st->history, s->all->at_us);
		statement_texts_release(&st->texts);
		name_book_release(&st->names);
	}
	st->started_at = p->started_at;
	st->sees_all = p->sees_all != 0;
}

static void take_counters(struct statements_fetch *s)
{
	struct statements_state *st = s->st;
	struct statements_read read = {
		.rows = s->all->rows,
		.n = s->all->nrows,
		.at_us = s->all->at_us,
		.server_us = s->probe->server_at,
		.took_us = clock_mono_us() - s->began_mono_us,
		.reset_at_us = s->reset_at,
	};
	uint32_t *scratch = xcalloc(s->all->nrows + 1, sizeof(*scratch));

	follow_server(s);
	statement_deltas_take(&st->deltas, &read);
	s->order = xcalloc(s->all->nrows + 1, sizeof(*s->order));
	statement_deltas_order(&st->deltas, s->order, scratch);
	xfree(scratch);
	if (st->deltas.window_us > 0)
		statement_history_add(&st->history, &st->deltas, s->all->rows);
}

/* ---- texts ---- */

static void put_list(struct buf *out, const int64_t *list, size_t n)
{
	buf_add_char(out, '{');
	for (size_t i = 0; i < n; i++)
		buf_addf(out, "%s%lld", i > 0 ? "," : "", (long long)list[i]);
	buf_add_char(out, '}');
}

struct wanted_texts {
	int64_t ids[TEXTS_ASKED_MAX];
	size_t n;
	bool urgent;
};

/* When memory is scarce, the texts of low ranks count as gone. */
static void find_wanted(struct statements_fetch *s, struct wanted_texts *w)
{
	struct statement_texts *texts = &s->st->texts;
	bool scarce = texts->bytes > STATEMENT_TEXTS_BYTES / 4 * 3;
	size_t n = scarce && s->all->nrows > TEXTS_KEPT ? TEXTS_KEPT : s->all->nrows;

	statement_texts_begin(texts);
	for (size_t place = 0; place < n; place++) {
		const struct statement *row = snapshot_row(s->all, s->order[place]);
		struct known_text known;

		if (!HAS(row, struct statement, query_id) ||
		    statement_texts_find(texts, row->database_oid, row->query_id, &known))
			continue;
		w->urgent |= place < STATEMENTS_URGENT;
		if (w->n < TEXTS_ASKED_MAX)
			w->ids[w->n++] = row->query_id;
	}
}

static void put_be(char *out, int64_t v, int size)
{
	for (int i = 0; i < size; i++)
		out[i] = (char)((uint64_t)v >> (8 * (size - 1 - i)) & 0xff);
}

static bool keep_texts(struct statements_fetch *s, const struct pg_result *r, struct err *err)
{
	struct snapshot *got = snapshot_new(&statement_type, source_statements.name);
	bool ok = sql_read_rows(r, got, err);

	for (size_t i = 0; ok && i < got->nrows; i++) {
		const struct statement *row = snapshot_row(got, i);
		struct known_text text = {row->query, row->query_bytes};

		if (!statement_texts_put(&s->st->texts, row->database_oid, row->query_id, text))
			break;
	}
	snapshot_unref(got);
	return ok;
}

static bool ask_texts(struct statements_fetch *s, const struct wanted_texts *w, struct err *err)
{
	struct conn_statement statement = of_extension(s, "statement_texts");
	struct conn_param params[3];
	char chars[4], bytes[8];
	struct pg_result *r;
	struct buf ids;
	bool ok;

	buf_init(&ids, TEXTS_ASKED_MAX * 21 + 3);
	put_list(&ids, w->ids, w->n);
	put_be(chars, STATEMENT_TEXT_CHARS, sizeof(chars));
	put_be(bytes, STATEMENT_TEXTS_BYTES, sizeof(bytes));
	params[0] = (struct conn_param){OID_INT8_ARRAY, buf_c(&ids), -1};
	params[1] = (struct conn_param){OID_INT4, chars, sizeof(chars)};
	params[2] = (struct conn_param){OID_INT8, bytes, sizeof(bytes)};
	ok = conn_query_extension(s->f, s->conn, &statement, params, 3, &r, err);
	buf_release(&ids);
	if (!ok)
		return false;
	ok = keep_texts(s, r, err);
	conn_result_free(r);
	return ok;
}

/* What one database holds may not be text in the encoding of another: figures without texts are better than none. */
static bool read_texts(struct statements_fetch *s, struct err *err)
{
	struct statements_state *st = s->st;
	int64_t now = clock_mono_us();
	struct wanted_texts *w = xalloc(sizeof(*w));
	bool ok = true;

	find_wanted(s, w);
	if (w->n > 0 && now >= st->texts_rest_mono_us &&
	    (w->urgent || st->texts_mono_us == 0 || now - st->texts_mono_us > TEXTS_US)) {
		st->texts_mono_us = now;
		ok = ask_texts(s, w, err);
	}
	xfree(w);
	if (ok || err->code != ERR_SERVER)
		return ok;
	log_debug("texts of statements: %s", err->text);
	st->texts_rest_mono_us = now + TEXTS_REST_US;
	err_clear(err);
	return true;
}

/* ---- names ---- */

static bool read_names(struct statements_fetch *s, struct err *err)
{
	struct name_book *names = &s->st->names;
	int64_t round_trips = 0;

	name_book_begin(names);
	for (size_t i = 0; i < s->all->nrows; i++) {
		const struct statement *row = snapshot_row(s->all, i);

		name_book_want_role(names, row->user_oid);
		name_book_want_database(names, row->database_oid);
	}
	return name_book_ask(names, s->f, s->conn, &round_trips, err);
}

/* ---- the source ---- */

static bool read_all(struct statements_fetch *s, struct err *err)
{
	if (!read_probe(s, err) || !read_counters(s, err) || !read_reset(s, err))
		return false;
	take_counters(s);
	return read_texts(s, err) && read_names(s, err);
}

/* The first interval is wanted soon, whatever it costs. */
static bool must_rest(const struct statements_state *st, int64_t now)
{
	return st->deltas.reads > 1 && st->took_us > COSTLY_US && now < st->began_mono_us + REST_FACTOR * st->took_us;
}

static bool fetch_statements(struct fetch *f, struct err *err)
{
	void **slot = fetch_state(f, state_free);
	struct statements_fetch s = {.f = f, .began_mono_us = clock_mono_us()};
	bool ok;

	if (!*slot)
		*slot = xcalloc(1, sizeof(*s.st));
	s.st = *slot;
	if (must_rest(s.st, s.began_mono_us))
		return true;
	if (!conn_open(f, &s.conn, err))
		return false;
	s.began_mono_us = clock_mono_us();
	ok = read_all(&s, err);
	if (ok) {
		struct snapshot *rows = statements_make_rows(&s), *info;

		s.st->began_mono_us = s.began_mono_us;
		s.st->took_us = rows->took_us = clock_mono_us() - s.began_mono_us;
		info = statements_make_info(&s, rows);
		fetch_publish(f, rows);
		fetch_publish(f, info);
	}
	snapshot_unref(s.all);
	snapshot_unref(s.answer);
	xfree(s.order);
	return ok;
}

/* No interval yet, or one too short to say anything: the first two reads may follow each other at once. */
static bool has_no_interval(const struct snapshot *s)
{
	const struct statements_info *row = s->nrows == 1 ? snapshot_row(s, 0) : NULL;

	return row && row->interval_us < SOON_US;
}

const struct source source_statements = {
	.name = "statements",
	.title = "statements",
	.help = "What each statement has cost: time, calls, rows, blocks, temporary files, WAL; since the last reset "
		"and now.",
	.type = &statement_type,
	.lane = LANE_SLOW,
	.flags = SOURCE_DB | SOURCE_TWICE,
	.period_us = 10 * US_PER_S,
	.busy_period_us = SOON_US,
	.deadline_us = 20 * US_PER_S,
	.inputs = SITE_INPUTS,
	.origin = "pg_stat_statements",
	.ready = site_ready,
	.fetch = fetch_statements,
};

const struct source source_statements_info = {
	.name = "statements_info",
	.title = "statement figures",
	.help = "What the figures of the statements are worth: since when, how many, what is hidden or was thrown out.",
	.type = &statements_info_type,
	.lane = LANE_SLOW,
	.flags = SOURCE_DB,
	.inputs = SITE_INPUTS,
	.fed_by = "statements",
	.origin = "pg_stat_statements_info",
	.ready = site_ready,
	.busy = has_no_interval,
};
