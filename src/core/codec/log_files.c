/*
 * log_files.c: csvlog and jsonlog, where PostgreSQL itself keeps the parts of a report apart.
 *
 * Both are read from a piece of a file that may begin and end anywhere: a record that does not begin
 * with a time, or is not complete, is passed over. Columns of csvlog are known by position; later
 * versions only append (backend_type in 13, leader_pid and query_id in 14).
 */
#include "codec/log_parts.h"

#include "base/parse.h"
#include "codec/codec_json.h"

#include <jansson.h>

#define COLUMNS_MAX 32
#define COLUMNS_LEAST 23
#define RECORD_BYTES_MAX (4u << 20)
#define BROKEN_MAX 32 /* records that do not end before a piece is given up */

enum column {
	COL_TIME,
	COL_USER,
	COL_DATABASE,
	COL_PID,
	COL_CLIENT,
	COL_SEVERITY = 11,
	COL_SQLSTATE,
	COL_MESSAGE,
	COL_DETAIL,
	COL_HINT,
	COL_CONTEXT = 18,
	COL_STATEMENT,
	COL_APPLICATION = 22,
	COL_QUERY_ID = 25,
};

/* What both formats give. */
struct report {
	struct str time, user, database, client, severity, sqlstate, message, detail, hint, context, statement,
		application;
	int64_t pid, query_id, offset; /* offset: of its beginning in the piece */
};

/* "10.0.0.5:41234" without the port, "[local]" as it is. */
static struct str bare_host(struct str s)
{
	for (size_t i = s.len; i > 0; i--)
		if (s.ptr[i - 1] == ':')
			return str_sub(s, 0, i - 1);
	return s;
}

static bool keep_report(const struct report *r, const struct log_text *piece, const struct log_format *format,
			struct snapshot *out, struct err *err)
{
	struct str time = r->time, zone = STR("");
	struct arena *a = out->arena;
	struct log_entry *e = log_new_entry(out, err);
	int64_t at;
	long blank;

	if (!e)
		return false;
	blank = str_find(time, STR(" "), 11);
	if (blank > 0) {
		zone = str_sub(time, (size_t)blank + 1, time.len);
		time = str_sub(time, 0, (size_t)blank);
	}
	SET(e, struct log_entry, event_id,
	    arena_fmt(a, STR_FMT ":%lld", STR_ARG(str_sub(piece->name, 0, 1024)),
		      (long long)(piece->offset + r->offset)));
	if (log_time(time, zone, format, &at) || log_time(time, STR("UTC"), format, &at))
		SET(e, struct log_entry, at, at);
	if (piece->node.len > 0)
		SET(e, struct log_entry, node, arena_str(a, piece->node));
	if (r->pid > 0)
		SET(e, struct log_entry, pid, r->pid);
	if (r->query_id != 0)
		SET(e, struct log_entry, query_id, r->query_id);
	if (r->sqlstate.len > 0 && !str_eq_c(r->sqlstate, "00000"))
		LOG_PUT(e, sqlstate, r->sqlstate, a);
	LOG_PUT(e, severity, r->severity, a);
	LOG_PUT(e, user, r->user, a);
	LOG_PUT(e, database, r->database, a);
	LOG_PUT(e, application, r->application, a);
	LOG_PUT(e, client, r->client, a);
	LOG_PUT(e, message, r->message, a);
	LOG_PUT(e, detail, r->detail, a);
	LOG_PUT(e, hint, r->hint, a);
	LOG_PUT(e, context, r->context, a);
	LOG_PUT(e, statement, r->statement, a);
	log_classify(e, a);
	return true;
}

/* ---- csvlog */

/* Length of the quoted column at the beginning of s with both quotes, 0 = it does not end; *ret_doubled: quotes in it.
 */
static size_t quoted_len(struct str s, size_t *ret_doubled)
{
	*ret_doubled = 0;
	for (size_t i = 1; i < s.len; i++) {
		if (s.ptr[i] != '"')
			continue;
		if (i + 1 >= s.len || s.ptr[i + 1] != '"')
			return i + 1;
		++*ret_doubled;
		i++;
	}
	return 0;
}

static struct str unquote(struct str s, size_t doubled, struct arena *scratch)
{
	struct str inner = str_sub(s, 1, s.len - 1);
	char *out;
	size_t n = 0;

	if (doubled == 0)
		return inner;
	out = arena_alloc(scratch, inner.len - doubled);
	for (size_t i = 0; i < inner.len; i++) {
		out[n++] = inner.ptr[i];
		i += inner.ptr[i] == '"';
	}
	return (struct str){out, n};
}

/* Cuts one column off; quotes are undone into the arena. False = the piece ends inside it, or it is no column. */
static bool next_column(struct str *rest, struct arena *scratch, struct str *ret_text, bool *ret_last)
{
	size_t i = 0, doubled;

	if (rest->len > 0 && rest->ptr[0] == '"') {
		i = quoted_len(*rest, &doubled);
		if (i == 0)
			return false;
		*ret_text = unquote(str_sub(*rest, 0, i), doubled, scratch);
	} else {
		while (i < rest->len && rest->ptr[i] != ',' && rest->ptr[i] != '\n')
			i++;
		*ret_text = str_sub(*rest, 0, i);
	}
	if (i >= rest->len)
		return false;
	*ret_last = rest->ptr[i] == '\n';
	if (!*ret_last && rest->ptr[i] != ',')
		return false;
	*rest = str_sub(*rest, i + 1, rest->len);
	return true;
}

static bool begins_with_time(struct str s)
{
	static const char shape[] = "0000-00-00 00:00:00.";

	for (size_t i = 0; shape[i]; i++)
		if (i >= s.len || (shape[i] == '0' ? s.ptr[i] < '0' || s.ptr[i] > '9' : s.ptr[i] != shape[i]))
			return false;
	return true;
}

/* One record from the beginning of *rest; its columns, or 0 when it is none or not whole. */
static size_t read_record(struct str *rest, struct arena *scratch, struct str columns[COLUMNS_MAX])
{
	struct str at = str_sub(*rest, 0, RECORD_BYTES_MAX);
	size_t whole = at.len, n = 0;
	bool last = false;

	while (!last && n < COLUMNS_MAX)
		if (!next_column(&at, scratch, &columns[n++], &last))
			return 0;
	if (!last || n < COLUMNS_LEAST)
		return 0;
	*rest = str_sub(*rest, whole - at.len, rest->len);
	return n;
}

static void number_of(struct str text, int64_t *ret_value)
{
	if (!parse_i64(text, ret_value))
		*ret_value = 0;
}

static void report_of_columns(const struct str *c, size_t n, struct report *r)
{
	r->time = c[COL_TIME];
	r->user = c[COL_USER];
	r->database = c[COL_DATABASE];
	r->client = bare_host(c[COL_CLIENT]);
	r->severity = c[COL_SEVERITY];
	r->sqlstate = c[COL_SQLSTATE];
	r->message = c[COL_MESSAGE];
	r->detail = c[COL_DETAIL];
	r->hint = c[COL_HINT];
	r->context = c[COL_CONTEXT];
	r->statement = c[COL_STATEMENT];
	r->application = c[COL_APPLICATION];
	number_of(c[COL_PID], &r->pid);
	r->query_id = 0;
	if (n > COL_QUERY_ID)
		number_of(c[COL_QUERY_ID], &r->query_id);
}

bool log_read_csv(const struct log_text *piece, const struct log_format *format, struct snapshot *out, struct err *err)
{
	struct arena *scratch = arena_new(65536, 2 * RECORD_BYTES_MAX);
	struct str rest = piece->text, line;
	bool ok = true;
	int broken = 0;

	while (ok && rest.ptr && rest.len > 0 && broken < BROKEN_MAX) {
		struct str columns[COLUMNS_MAX];
		struct report r = {.offset = rest.ptr - piece->text.ptr};
		size_t n = 0;

		if (begins_with_time(rest)) {
			n = read_record(&rest, scratch, columns);
			broken += n == 0;
		}
		if (n > 0) {
			report_of_columns(columns, n, &r);
			ok = keep_report(&r, piece, format, out, err);
		} else if (!str_split(&rest, '\n', &line)) {
			break;
		}
		/* room for the largest record again */
		if (arena_room(scratch) < RECORD_BYTES_MAX) {
			arena_free(scratch);
			scratch = arena_new(65536, 2 * RECORD_BYTES_MAX);
		}
	}
	arena_free(scratch);
	return ok;
}

/* ---- jsonlog */

static struct str text_of(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);

	return json_is_string(v) ? (struct str){json_string_value(v), json_string_length(v)} : STR("");
}

static bool keep_object(const json_t *o, int64_t offset, const struct log_text *piece, const struct log_format *format,
			struct snapshot *out, struct err *err)
{
	const struct report r = {
		.time = text_of(o, "timestamp"),
		.user = text_of(o, "user"),
		.database = text_of(o, "dbname"),
		.client = text_of(o, "remote_host"),
		.severity = text_of(o, "error_severity"),
		.sqlstate = text_of(o, "state_code"),
		.message = text_of(o, "message"),
		.detail = text_of(o, "detail"),
		.hint = text_of(o, "hint"),
		.context = text_of(o, "context"),
		.statement = text_of(o, "statement"),
		.application = text_of(o, "application_name"),
		.pid = json_integer_value(json_object_get(o, "pid")),
		.query_id = json_integer_value(json_object_get(o, "query_id")),
		.offset = offset,
	};

	return keep_report(&r, piece, format, out, err);
}

bool log_read_json(const struct log_text *piece, const struct log_format *format, struct snapshot *out, struct err *err)
{
	struct str rest = piece->text, line;
	bool ok = true;

	while (ok && rest.ptr && str_split(&rest, '\n', &line)) {
		json_t *object = NULL;
		struct err ignored;

		/* the last line may not be complete yet */
		if (!rest.ptr || line.len == 0 || line.ptr[0] != '{' || !json_read(line, &object, &ignored))
			continue;
		ok = keep_object(object, line.ptr - piece->text.ptr, piece, format, out, err);
		json_decref(object);
	}
	return ok;
}
