/*
 * audit_read.c: from lines to entries; pure but for the arena that texts go to.
 *
 * Lines are taken from the end of the text, because the newest are wanted and there may be more
 * than are shown. Pairing sorts them by id, the oldest first within one: an intent opens an entry,
 * the next outcome of that id closes it. Ids are never repeated by the console itself; in a log that
 * somebody else has written they may be, and then each intent is an entry of its own, told apart by
 * a number.
 */
#include "audit/audit_read.h"

#include "base/clock.h"
#include "base/sort.h"
#include "base/xalloc.h"
#include "codec/codec_json.h"

/* A job of more than ten years is a damaged number. */
#define TOOK_MAX_MS (INT64_C(10) * 366 * 86400 * 1000)

#define F(m, k) FIELD(struct audit_line, m, k, .wire = #m, .title = #m, .help = #m)
static const struct field line_fields[] = {
	F(at, K_TIME_US),  F(id, K_ID),         F(phase, K_ENUM),   F(who, K_TEXT),    F(action, K_ENUM),
	F(tier, K_INT),    F(cluster, K_ID),    F(node, K_ID),      F(database, K_ID), F(role, K_ID),
	F(object, K_TEXT), F(statement, K_SQL), F(outcome, K_TEXT), F(took_ms, K_INT),
};
#undef F
static const struct rec_type line_type = REC_TYPE(struct audit_line, "audit_line", line_fields);

#define F(m, k, ...) FIELD(struct audit_row, m, k, __VA_ARGS__)
/* clang-format off */
static const struct field row_fields[] = {
	F(began_at, K_TIME_US, .title = "TIME", .width = 9, .flags = F_COMPUTED | F_DESC, .help = "When it was begun, by this host's clock."),
	F(ended_at, K_TIME_US, .title = "ENDED", .width = 9, .flags = F_COMPUTED | F_DESC, .help = "When its outcome was written."),
	F(took_us, K_DURATION_US, .title = "TOOK", .width = 7, .flags = F_COMPUTED | F_DESC, .help = "From sending it to its outcome."),
	F(id, K_ID, .title = "ID", .width = 20, .flags = F_KEY, .help = "Name of this one action, in both its lines of the audit log."),
	F(repeat, K_INT, .title = "REPEAT", .width = 6, .flags = F_COMPUTED | F_KEY | F_HIDDEN,
	  .help = "0; more where a log that was written by others has one id several times."),
	F(who, K_TEXT, .title = "BY", .width = 14, .help = "User of the host it was done from, and that host."),
	F(role, K_ID, .title = "ROLE", .width = 10, .help = "Role of the database it was done as."),
	F(cluster, K_ID, .title = "CLUSTER", .width = 12, .help = "Cluster it was done on."),
	F(node, K_ID, .title = "NODE", .width = 10, .help = "Instance it was done on."),
	F(database, K_ID, .title = "DATABASE", .width = 10, .help = "Database it was done in."),
	F(action, K_ENUM, .title = "ACTION", .width = 10, .help = "What was done: cancel, vacuum, reindex, ..."),
	F(object, K_ID, .title = "OBJECT", .width = 16, .help = "Session or table it was done to."),
	F(tier, K_INT, .title = "TIER", .width = 4, .flags = F_DESC, .help = "1 reversible, 2 disruptive, 3 destructive."),
	F(severity, K_ENUM, .title = "SEVERITY", .width = 8, .flags = F_COMPUTED,
	  .help = "How it went: ok, notice, warning or critical; unknown without an outcome."),
	F(outcome, K_TEXT, .title = "OUTCOME", .width = 0,
	  .help = "What came of it. None: the console ended before it could write it, or is still at it."),
	F(statement, K_SQL, .title = "STATEMENT", .width = 0, .flags = F_SENSITIVE, .help = "What was sent, with literals masked."),
};
#undef F
#define F(m, k, ...) FIELD(struct audit_file_row, m, k, __VA_ARGS__)
static const struct field file_fields[] = {
	F(path, K_TEXT, .title = "FILE", .width = 0, .flags = F_COMPUTED | F_KEY, .help = "Path of the file; the first one is written to now."),
	F(size_bytes, K_BYTES, .title = "SIZE", .width = 8, .flags = F_COMPUTED | F_DESC, .help = "Its size; none where it does not exist yet."),
	F(read_bytes, K_BYTES, .title = "READ", .width = 8, .flags = F_COMPUTED | F_DESC, .help = "How much of its end was read."),
	F(lines, K_COUNT, .title = "LINES", .width = 7, .flags = F_COMPUTED | F_DESC, .help = "Lines looked at."),
	F(unreadable, K_COUNT, .title = "UNREADABLE", .width = 7, .flags = F_COMPUTED | F_DESC, .help = "Lines that could not be read and are left out."),
	F(left_out, K_COUNT, .title = "LEFT OUT", .width = 7, .flags = F_COMPUTED | F_DESC,
	  .help = "Entries that were read and left out, because as many newer ones are shown as can be."),
	F(problem, K_TEXT, .title = "PROBLEM", .width = 0, .flags = F_COMPUTED, .help = "Why it was not read, or what is wrong with its rights."),
};
/* clang-format on */
#undef F

const struct rec_type audit_type = REC_TYPE(struct audit_row, "audit", row_fields);
const struct rec_type audit_file_type = REC_TYPE(struct audit_file_row, "audit_files", file_fields);

/* ---- lines ---- */

static bool is_phase(const struct audit_line *l, const char *phase)
{
	return str_eq_c(l->phase, phase);
}

static bool is_whole(const struct audit_line *l)
{
	return HAS(l, struct audit_line, at) && l->id.len > 0 && l->action.len > 0 &&
	       (is_phase(l, "intent") || is_phase(l, "outcome") || is_phase(l, "adopted"));
}

static bool read_line(struct audit_lines *to, struct str text)
{
	struct audit_line *l = &to->items[to->n];
	struct err err;

	*l = (struct audit_line){0};
	if (text.len > AUDIT_LINE_MAX || !json_read_line(text, &line_type, l, to->texts, &err) || !is_whole(l))
		return false;
	if (l->took_ms < 0 || l->took_ms > TOOK_MAX_MS)
		return false;
	to->n++;
	return true;
}

size_t audit_take_lines(struct audit_lines *to, struct str text, int64_t *ret_lines, int64_t *ret_unreadable)
{
	size_t end = text.len;

	while (end > 0 && to->n < to->cap) {
		size_t start = text.ptr[end - 1] == '\n' ? end - 1 : end;
		struct str line;

		end = start;
		while (start > 0 && text.ptr[start - 1] != '\n')
			start--;
		line = str_trim(str_sub(text, start, end));
		end = start;
		if (line.len == 0)
			continue;
		(*ret_lines)++;
		*ret_unreadable += !read_line(to, line);
	}
	return end;
}

/* ---- entries ---- */

const char *audit_severity(struct str outcome)
{
	/* the first that fits counts */
	static const struct {
		const char *words, *severity;
	} table[] = {
		{"done, with a warning", "warning"},
		{"done, although", "warning"},
		{"done", "ok"},
		{"cancelled", "notice"},
		{"agreed;", "warning"},
		{"not sent", "notice"},
		{"not done", "warning"},
		{"skipped", "warning"},
		{"signal sent", "warning"},
		{"the server could not", "warning"},
		{"unknown", "warning"},
		{"failed", "critical"},
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (str_starts(outcome, str_c(table[i].words)))
			return table[i].severity;
	return "notice";
}

/* What an intent and an outcome say alike; what is empty there is absent here. */
static void take_facts(struct audit_row *r, const struct audit_line *l)
{
#define TAKE(m)                                            \
	do {                                               \
		if (l->m.len > 0)                          \
			SET(r, struct audit_row, m, l->m); \
	} while (0)
	TAKE(id);
	TAKE(who);
	TAKE(role);
	TAKE(cluster);
	TAKE(node);
	TAKE(database);
	TAKE(action);
	TAKE(object);
	TAKE(statement);
#undef TAKE
	if (HAS(l, struct audit_line, tier))
		SET(r, struct audit_row, tier, l->tier);
}

static void open_entry(struct audit_row *r, const struct audit_line *l, int64_t repeat)
{
	*r = (struct audit_row){0};
	take_facts(r, l);
	SET(r, struct audit_row, began_at, l->at);
	SET(r, struct audit_row, repeat, repeat);
	SET(r, struct audit_row, severity, STR("unknown"));
}

static void close_entry(struct audit_row *r, const struct audit_line *l)
{
	SET(r, struct audit_row, ended_at, l->at);
	SET(r, struct audit_row, severity, str_c(audit_severity(l->outcome)));
	SET(r, struct audit_row, outcome, l->outcome);
	if (HAS(l, struct audit_line, took_ms))
		SET(r, struct audit_row, took_us, l->took_ms * US_PER_MS);
}

/* Its console has ended, and another one goes on with it: until its outcome. */
static void adopt_entry(struct audit_row *r)
{
	SET(r, struct audit_row, severity, STR("notice"));
	SET(r, struct audit_row, outcome, STR("adopted; it has not ended yet"));
}

/* Lines of one id, the oldest first. Returns how many entries they are. */
static size_t pair_one(const struct audit_line *lines, const uint32_t *index, size_t n, struct audit_row *rows)
{
	size_t made = 0;
	bool open = false;

	for (size_t i = 0; i < n; i++) {
		const struct audit_line *l = &lines[index[i]];
		bool outcome = is_phase(l, "outcome"), adopted = is_phase(l, "adopted");

		if (adopted && open) {
			adopt_entry(&rows[made - 1]);
			continue;
		}
		if (!outcome || !open)
			open_entry(&rows[made], l, (int64_t)made);
		if (outcome && !open)
			rows[made].began_at -= l->took_ms * US_PER_MS;
		made += !outcome || !open;
		if (outcome)
			close_entry(&rows[made - 1], l);
		else if (adopted)
			adopt_entry(&rows[made - 1]);
		open = !outcome;
	}
	return made;
}

static int by_id(uint32_t a, uint32_t b, void *ctx)
{
	const struct audit_line *lines = ctx;

	return str_cmp(lines[a].id, lines[b].id);
}

static int newest_first(uint32_t a, uint32_t b, void *ctx)
{
	const struct audit_row *rows = ctx;

	if (rows[a].began_at != rows[b].began_at)
		return rows[a].began_at > rows[b].began_at ? -1 : 1;
	/* of one moment the later counter of the id; any order will do, but always the same */
	return str_cmp(rows[b].id, rows[a].id);
}

static size_t pair_all(const struct audit_lines *l, uint32_t *index, uint32_t *scratch, struct audit_row *rows)
{
	size_t made = 0;

	for (size_t i = 0; i < l->n; i++)
		index[i] = (uint32_t)(l->n - 1 - i);
	sort_indices(index, scratch, l->n, by_id, l->items);
	for (size_t from = 0, to; from < l->n; from = to) {
		for (to = from + 1; to < l->n && by_id(index[from], index[to], l->items) == 0;)
			to++;
		made += pair_one(l->items, &index[from], to - from, &rows[made]);
	}
	return made;
}

size_t audit_pair(const struct audit_lines *l, struct snapshot *s)
{
	uint32_t *index = xcalloc(l->n, sizeof *index), *scratch = xcalloc(l->n, sizeof *scratch);
	struct audit_row *rows = xcalloc(l->n, sizeof *rows);
	size_t made = pair_all(l, index, scratch, rows), kept = 0;

	for (size_t i = 0; i < made; i++)
		index[i] = (uint32_t)i;
	sort_indices(index, scratch, made, newest_first, rows);
	while (kept < made && kept < AUDIT_ENTRIES_MAX) {
		struct audit_row *row = snapshot_add_row(s);

		if (!row)
			break;
		*row = rows[index[kept++]];
	}
	xfree(rows);
	xfree(scratch);
	xfree(index);
	return made - kept;
}
