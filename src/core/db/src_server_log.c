/*
 * src_server_log.c: a community server's own log, read through SQL, for consoles that were started with
 * --db alone. On Aurora the file functions are not granted; there the log comes from CloudWatch Logs.
 *
 * Each fetch looks which file the server wrote last and reads what was added since, at most READ_MAX bytes at
 * a time; the first one begins BACKFILL bytes before the end. When the server turns to a new file, the
 * old one is read to its end and kept beside the new one. Texts are kept, not entries, and all are read
 * anew into entries each time: what belongs together may arrive in two pieces.
 *
 * The role's rights are looked up in the catalog before any of these functions is called, so that a
 * refusal never becomes an error in the log that is being read.
 */
#include "base/clock.h"
#include "base/xalloc.h"
#include "codec/codec_sql.h"
#include "codec/log_entry.h"
#include "db/conn.h"
#include "db/site.h"
#include "db/sources.h"

#include <libpq-fe.h>

#define READ_MAX (512 << 10)
#define READS_MAX 4 /* of one fetch */
#define BACKFILL (1 << 20)
#define TEXT_MAX (2u << 20) /* kept of one file */
#define LINES_MAX 5000
#define NAME_MAX_BYTES 1024
#define OID_INT8 20
#define OID_TEXT 25
#define OID_BYTEA 17

enum format { FORMAT_STDERR, FORMAT_CSV, FORMAT_JSON };
static const char *const format_names[] = {"stderr", "csvlog", "jsonlog"};

/* One log file. */
struct file {
	char name[NAME_MAX_BYTES]; /* "" = none */
	int64_t offset;            /* of the first byte kept */
	struct buf text;
};

struct state {
	uint64_t serial; /* of the connection the rights were looked up on */
	enum format format;
	char prefix[256], directory[NAME_MAX_BYTES];
	int64_t zone_us;
	struct file files[2]; /* the one before, the present one */
};

struct rights {
	uint64_t present;
	int64_t collector, zone_seconds, may_list, may_read;
	struct str destination, prefix, directory;
};

#define F(m, k) FIELD(struct rights, m, k, .title = #m, .help = #m)
static const struct field rights_fields[] = {F(collector, K_BOOL), F(zone_seconds, K_INT), F(may_list, K_BOOL),
					     F(may_read, K_BOOL),  F(destination, K_TEXT), F(prefix, K_TEXT),
					     F(directory, K_TEXT)};
#undef F
static const struct rec_type rights_type = REC_TYPE(struct rights, "log_rights", rights_fields);

struct place {
	uint64_t present;
	struct str file;
	int64_t size, other_size;
};

static const struct field place_fields[] = {
	FIELD(struct place, file, K_TEXT, .title = "FILE", .help = "path"),
	FIELD(struct place, size, K_INT, .title = "SIZE", .help = "bytes"),
	FIELD(struct place, other_size, K_INT, .title = "OTHER", .help = "bytes"),
};
static const struct rec_type place_type = REC_TYPE(struct place, "log_place", place_fields);

static void file_forget(struct file *file)
{
	buf_release(&file->text);
	*file = (struct file){.offset = 0};
	buf_init(&file->text, TEXT_MAX + READ_MAX);
}

static void state_free(void *data)
{
	struct state *st = data;

	if (!st)
		return;
	buf_release(&st->files[0].text);
	buf_release(&st->files[1].text);
	xfree(st);
}

static struct state *state_of(struct fetch *f)
{
	void **slot = fetch_state(f, state_free);
	struct state *st = *slot;

	if (!st) {
		*slot = st = xcalloc(1, sizeof(*st));
		file_forget(&st->files[0]);
		file_forget(&st->files[1]);
	}
	return st;
}

/* ---- may we, and how is it written */

static bool refuse(const struct rights *r, const struct conn *c, struct err *err)
{
	const char *user = conn_probe(c)->user;

	if (conn_probe(c)->aurora) {
		err_set(err, ERR_UNAVAILABLE, "On Aurora the log cannot be read through SQL");
		err_remedy(err, "Start with the cluster's name: auroratop CLUSTER reads it from CloudWatch Logs.");
	} else if (!r->collector) {
		err_set(err, ERR_UNAVAILABLE,
			"The server writes its log to where its service puts it, not to a file (logging_collector is "
			"off)");
		err_remedy(
			err,
			"ALTER SYSTEM SET logging_collector = on, then restart the server. Until then: journalctl, or "
			"the file that the service writes.");
	} else if (!r->may_list || r->directory.len == 0) {
		err_set(err, ERR_UNAVAILABLE, "The role %s may not see where the server writes its log", user);
		err_remedy(err, "As superuser: GRANT pg_monitor TO %s;", user);
	} else {
		err_set(err, ERR_UNAVAILABLE, "The role %s may not read the server's log file", user);
		err_remedy(err,
			   "As superuser: GRANT EXECUTE ON FUNCTION pg_read_binary_file(text, bigint, bigint, boolean) "
			   "TO %s;",
			   user);
	}
	return false;
}

static void take_rights(struct state *st, const struct rights *r, const struct conn *c)
{
	struct str rest = r->destination, word;
	bool csv = false, json = false;

	while (rest.ptr && str_split(&rest, ',', &word)) {
		csv |= str_ieq(str_trim(word), STR("csvlog"));
		json |= str_ieq(str_trim(word), STR("jsonlog"));
	}
	st->format = csv ? FORMAT_CSV : json ? FORMAT_JSON : FORMAT_STDERR;
	st->zone_us = r->zone_seconds * US_PER_S;
	snprintf(st->prefix, sizeof(st->prefix), STR_FMT, STR_ARG(r->prefix));
	snprintf(st->directory, sizeof(st->directory), STR_FMT, STR_ARG(r->directory));
	st->serial = conn_serial(c);
}

/* Once on each connection. */
static bool look_up_rights(struct fetch *f, struct conn *c, struct state *st, struct err *err)
{
	struct snapshot *s;
	struct pg_result *r;
	const struct rights *row;
	bool ok;

	if (st->serial == conn_serial(c))
		return true;
	if (!conn_query(f, c, "server_log_rights", NULL, 0, &r, err))
		return false;
	s = snapshot_new(&rights_type, "server_log");
	ok = sql_read_rows(r, s, err) && (s->nrows == 1 || err_set(err, ERR_PROTOCOL, "no answer about the log"));
	conn_result_free(r);
	if (ok) {
		row = snapshot_row(s, 0);
		ok = (row->collector && row->may_list && row->directory.len > 0 && row->may_read) ||
		     refuse(row, c, err);
		if (ok)
			take_rights(st, row, c);
	}
	snapshot_unref(s);
	return ok;
}

/* ---- reading */

static void put_be64(char out[8], int64_t v)
{
	for (int i = 0; i < 8; i++)
		out[i] = (char)((uint64_t)v >> (56 - 8 * i) & 0xff);
}

/* Keeps the newest part: whole lines, not too many, not too much. */
static void cut_head(struct file *file)
{
	size_t lines = 0, from = file->text.len;
	struct buf rest;

	while (from > 0 && file->text.len - from < TEXT_MAX && lines <= LINES_MAX)
		lines += file->text.data[--from] == '\n';
	if (from == 0)
		return;
	while (from < file->text.len && file->text.data[from - 1] != '\n')
		from++;
	buf_init(&rest, TEXT_MAX + READ_MAX);
	buf_add(&rest, file->text.data + from, file->text.len - from);
	buf_release(&file->text);
	file->text = rest;
	file->offset += (int64_t)from;
}

/* What reading needs. */
struct reading {
	struct fetch *f;
	struct conn *c;
	const struct state *st;
};

/* One piece; *ret_more: the file goes on. */
static bool read_piece(const struct reading *rd, struct file *file, bool *ret_more, struct err *err)
{
	char from[8], len[8], path[2 * NAME_MAX_BYTES];
	const struct conn_param params[] = {{OID_TEXT, path, -1}, {OID_INT8, from, 8}, {OID_INT8, len, 8}};
	struct pg_result *r;
	int n;

	put_be64(from, file->offset + (int64_t)file->text.len);
	put_be64(len, READ_MAX);
	snprintf(path, sizeof(path), "%s/%s", rd->st->directory, file->name);
	if (!conn_query(rd->f, rd->c, "server_log_read", params, 3, &r, err))
		return false;
	if (PQntuples(r) != 1 || PQnfields(r) != 1 || PQftype(r, 0) != OID_BYTEA) {
		conn_result_free(r);
		return err_set(err, ERR_PROTOCOL, "the log file came in another form than bytes");
	}
	n = PQgetisnull(r, 0, 0) ? 0 : PQgetlength(r, 0, 0);
	buf_add(&file->text, PQgetvalue(r, 0, 0), (size_t)n);
	conn_result_free(r);
	cut_head(file);
	*ret_more = n == READ_MAX;
	return true;
}

/* Reads a file up to size; a flood is skipped. */
static bool read_file(const struct reading *rd, struct file *file, int64_t size, struct err *err)
{
	bool more = file->name[0] != '\0';

	if (size - file->offset - (int64_t)file->text.len > (int64_t)READS_MAX * READ_MAX) {
		buf_clear(&file->text);
		file->offset = size - BACKFILL;
	}
	for (int i = 0; i < READS_MAX && more; i++)
		if (!read_piece(rd, file, &more, err))
			return false;
	return true;
}

static bool ask_place(const struct reading *rd, struct snapshot *s, struct err *err)
{
	const char *format = format_names[rd->st->format];
	const struct conn_param params[] = {{OID_TEXT, format, -1}, {OID_TEXT, rd->st->files[1].name, -1}};
	const struct place *p;
	struct pg_result *r;
	bool ok;

	if (!conn_query(rd->f, rd->c, "server_log_file", params, 2, &r, err))
		return false;
	ok = sql_read_rows(r, s, err);
	conn_result_free(r);
	if (!ok)
		return false;
	p = s->nrows > 0 ? snapshot_row(s, 0) : NULL;
	if (p && p->file.len > 0 && p->file.len < NAME_MAX_BYTES)
		return true;
	return err_set(err, ERR_UNAVAILABLE, "There is no log file of the format %s in %s", format, rd->st->directory);
}

/* The server writes another file: the old one becomes the one before. */
static void turn_to(struct state *st, const struct place *p)
{
	struct file old = st->files[0];

	st->files[0] = st->files[1];
	st->files[1] = old;
	file_forget(&st->files[1]);
	snprintf(st->files[1].name, sizeof(st->files[1].name), STR_FMT, STR_ARG(p->file));
	/* of the very first one only the end is wanted */
	if (!st->files[0].name[0] && p->size > BACKFILL)
		st->files[1].offset = p->size - BACKFILL;
}

static bool read_log(struct fetch *f, struct conn *c, struct state *st, struct err *err)
{
	const struct reading rd = {f, c, st};
	struct snapshot *s = snapshot_new(&place_type, "server_log");
	struct file *now = &st->files[1];
	const struct place *p;
	bool ok = ask_place(&rd, s, err);

	if (ok) {
		p = snapshot_row(s, 0);
		if (!str_eq_c(p->file, now->name)) {
			ok = read_file(&rd, now, p->other_size, err);
			turn_to(st, p);
		} else if (p->size < now->offset + (int64_t)now->text.len) {
			/* truncated and written anew (log_truncate_on_rotation) */
			buf_clear(&now->text);
			now->offset = 0;
		}
		ok = ok && read_file(&rd, now, p->size, err);
	}
	snapshot_unref(s);
	return ok;
}

/* ---- entries */

/* Complete lines of the text kept. */
static struct str whole_lines(const struct file *file)
{
	size_t n = file->text.len;

	while (n > 0 && file->text.data[n - 1] != '\n')
		n--;
	return (struct str){file->text.data, n};
}

static bool add_lines(const struct file *file, const struct log_format *format, struct snapshot *out, struct err *err)
{
	struct log_line *lines = xcalloc(LINES_MAX + 2, sizeof(*lines));
	struct str text = whole_lines(file), rest = text, line;
	size_t n = 0;
	bool ok;

	while (rest.len > 0 && n < LINES_MAX + 2 && str_split(&rest, '\n', &line)) {
		lines[n].text = line;
		lines[n++].event_id =
			arena_fmt(out->arena, "%s:%lld", file->name, (long long)(file->offset + (line.ptr - text.ptr)));
	}
	ok = log_read_lines(lines, n, format, out, err);
	xfree(lines);
	return ok;
}

static bool add_entries(const struct state *st, const struct file *file, struct snapshot *out, struct err *err)
{
	struct log_format format = {.prefix = st->prefix, .zone_offset_us = st->zone_us, .zone_known = true};
	struct log_text piece = {.text = whole_lines(file), .name = str_c(file->name), .offset = file->offset};

	if (file->text.len == 0)
		return true;
	switch (st->format) {
	case FORMAT_CSV:
		return log_read_csv(&piece, &format, out, err);
	case FORMAT_JSON:
		return log_read_json(&piece, &format, out, err);
	case FORMAT_STDERR:
		break;
	}
	return add_lines(file, &format, out, err);
}

static bool fetch_server_log(struct fetch *f, struct err *err)
{
	struct state *st = state_of(f);
	struct snapshot *s;
	struct conn *c;
	int64_t began;

	if (!conn_open(f, &c, err))
		return false;
	began = clock_mono_us();
	if (!look_up_rights(f, c, st, err) || !read_log(f, c, st, err))
		return false;
	s = snapshot_new(&log_entry_type, source_server_log.name);
	s->at_us = clock_wall_us();
	if (!add_entries(st, &st->files[0], s, err) || !add_entries(st, &st->files[1], s, err)) {
		snapshot_unref(s);
		return false;
	}
	s->took_us = clock_mono_us() - began;
	fetch_publish(f, s);
	return true;
}

static enum readiness ready(const struct target *t, const struct snapshot *const *inputs, struct err *why)
{
	if (!t->aws)
		return site_ready(t, inputs, why);
	err_set(why, ERR_UNAVAILABLE, "the log of a cluster comes from CloudWatch Logs (source logs)");
	return READY_UNAVAILABLE;
}

const struct source source_server_log = {
	.name = "server_log",
	.title = "server log",
	.help = "The server's own log file, read through SQL where the role may; with --db alone.",
	.type = &log_entry_type,
	.lane = LANE_SLOW,
	.flags = SOURCE_DB,
	.period_us = 5 * US_PER_S,
	.deadline_us = 20 * US_PER_S,
	.inputs = SITE_INPUTS,
	.origin = "pg_read_binary_file",
	.ready = ready,
	.fetch = fetch_server_log,
};
