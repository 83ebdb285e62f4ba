/*
 * cmd_session.c: one session looked at closely.
 *
 * Two statements on a connection of its own, in the session's database where we may
 * connect to it, because only there do its relations have names; else in our own, and
 * the locks then name relations by number.
 */
#include "db/commands.h"
#include "db/session_detail.h"

#include "codec/codec_sql.h"
#include "db/explain.h"
#include "db/site.h"

struct session_detail {
	uint64_t present;
	int64_t number;
	struct str kind;
	/* the statement */
	struct str query;
	int64_t query_start_at, size_bytes, cut, cut_bytes;
	/* a lock */
	struct str mode, lock_type, schema, relation, object;
	int64_t granted, indexes;
};

#define F(m, k, ...) FIELD(struct session_detail, m, k, .title = #m, __VA_ARGS__)
/* clang-format off */
static const struct field detail_fields[] = {
	F(number, K_INT, .flags = F_KEY, .help = "Number of the row."),
	F(kind, K_ENUM, .flags = F_COMPUTED, .help = "statement or lock."),
	F(query, K_SQL, .flags = F_SENSITIVE, .help = "The statement, as far as the server keeps it."),
	F(query_start_at, K_TIME_US, .help = "When it began."),
	F(size_bytes, K_BYTES, .help = "Length of the statement."),
	F(cut, K_BOOL, .flags = F_COMPUTED, .help = "The server may have cut it."),
	F(cut_bytes, K_BYTES, .flags = F_COMPUTED, .help = "Where the server cuts texts (track_activity_query_size)."),
	F(mode, K_ENUM, .help = "Lock mode."),
	F(lock_type, K_ENUM, .help = "What is locked, when it is no relation."),
	F(schema, K_ID, .help = "Schema of the locked relation."),
	F(relation, K_ID, .help = "Locked relation."),
	F(object, K_TEXT, .help = "What is locked, when it is no relation or has no name here."),
	F(granted, K_BOOL, .help = "False while it waits for this lock."),
	F(indexes, K_COUNT, .help = "Indexes of the relation locked with it."),
};
/* clang-format on */
#undef F
static const struct rec_type session_detail_type = REC_TYPE(struct session_detail, "session_detail", detail_fields);

#define F(m, k) FIELD(struct session_text, m, k, .title = #m, .help = #m)
static const struct field text_fields[] = {
	F(database, K_ID), F(role, K_ID), F(query, K_SQL), F(query_start_at, K_TIME_US), F(size_bytes, K_BYTES),
};
#undef F
const struct rec_type session_text_type = REC_TYPE(struct session_text, "session_text", text_fields);

bool session_ask_text(struct fetch *f, struct conn *c, int64_t pid, int64_t backend_start_at, struct snapshot *rows,
		      struct err *err)
{
	char number[24], bytes[8];
	struct conn_param params[2] = {{OID_INT4, number, -1}, conn_param_time(bytes, backend_start_at)};
	struct pg_result *r;
	bool ok;

	if (pid <= 0 || pid > INT32_MAX)
		return true;
	snprintf(number, sizeof(number), "%lld", (long long)pid);
	if (!conn_query(f, c, "session_text", params, 2, &r, err))
		return false;
	ok = sql_read_rows(r, rows, err);
	conn_result_free(r);
	return ok;
}

static bool add_text(struct fetch *f, struct conn *c, int64_t pid, struct snapshot *s, struct err *err)
{
	struct snapshot *rows = snapshot_new(&session_text_type, "session_text");
	bool ok = session_ask_text(f, c, pid, fetch_arg_i64(f, "backend_start", 0), rows, err);

	if (ok && rows->nrows == 0)
		ok = err_set(err, ERR_UNAVAILABLE, "session %lld has ended", (long long)pid);
	if (ok) {
		const struct session_text *text = snapshot_row(rows, 0);
		struct session_detail *row = snapshot_add_row(s);

		SET(row, struct session_detail, number, 0);
		SET(row, struct session_detail, kind, STR("statement"));
		SET(row, struct session_detail, query, arena_str(s->arena, text->query));
		if (HAS(text, struct session_text, query_start_at))
			SET(row, struct session_detail, query_start_at, text->query_start_at);
		SET(row, struct session_detail, size_bytes, text->size_bytes);
		SET(row, struct session_detail, cut, session_text_is_cut(conn_probe(c), text->size_bytes));
		SET(row, struct session_detail, cut_bytes, conn_probe(c)->query_size);
	}
	snapshot_unref(rows);
	return ok;
}

static bool add_locks(struct fetch *f, struct conn *c, int64_t pid, struct snapshot *s, struct err *err)
{
	char number[24];
	struct conn_param param = {OID_INT4, number, -1};
	struct pg_result *r;
	bool ok;

	snprintf(number, sizeof(number), "%lld", (long long)pid);
	if (!conn_query(f, c, "session_locks", &param, 1, &r, err))
		return false;
	ok = sql_read_rows(r, s, err);
	conn_result_free(r);
	for (size_t i = 1; ok && i < s->nrows; i++) {
		struct session_detail *row = (struct session_detail *)s->rows + i;

		SET(row, struct session_detail, number, (int64_t)i);
		SET(row, struct session_detail, kind, STR("lock"));
	}
	return ok;
}

/* The session's database, or ours when it cannot be entered. */
static bool connect_near(struct fetch *f, struct conn **ret_conn, struct err *err)
{
	struct str database = fetch_arg(f, "database");
	char name[64] = "";

	if (database.len < sizeof(name))
		snprintf(name, sizeof(name), STR_FMT, STR_ARG(database));
	if (explain_connect(f, name, ret_conn, err))
		return true;
	if (err->code != ERR_UNAVAILABLE || !name[0])
		return false;
	err_clear(err);
	return explain_connect(f, "", ret_conn, err);
}

static bool fetch_session(struct fetch *f, struct err *err)
{
	int64_t pid = fetch_arg_i64(f, "pid", 0);
	struct snapshot *s;
	struct conn *c;
	bool ok;

	if (!connect_near(f, &c, err))
		return false;
	fetch_doing(f, "reading session %lld", (long long)pid);
	s = snapshot_new(&session_detail_type, f->source->name);
	ok = add_text(f, c, pid, s, err) && add_locks(f, c, pid, s, err);
	if (ok)
		fetch_publish(f, s);
	else
		snapshot_unref(s);
	return ok;
}

const struct source command_session = {
	.name = "session",
	.title = "session",
	.help = "One session's whole statement and its locks.",
	.type = &session_detail_type,
	.lane = LANE_COMMAND,
	.flags = SOURCE_DB,
	.deadline_us = 15 * US_PER_S,
	.inputs = SITE_INPUTS,
	.origin = "pg_locks",
	.ready = site_ready,
	.fetch = fetch_session,
};
