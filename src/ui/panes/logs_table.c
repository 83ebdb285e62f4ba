/*
 * logs_table.c: the columns of the log and of its slow statements by shape.
 *
 * An entry that names a lock, a temporary file or a table is told in so many words before its statement: the message as
 * the server wrote it is in the details.
 */
#include "ui/panes/logs_table.h"

#include "base/zone.h"
#include "ui/panes/logs_merge.h"
#include "ui/panes/panes.h"

const char *const logs_modes[] = {"all", "slow", "errors", "locks", "maintenance", "events", NULL};

static bool show(const struct snapshot *s, size_t row, int mode)
{
	unsigned mask = logs_class_of(data_str(s, row, "kind"));

	return mode == LOGS_ALL || (mask >> (mode - 1) & 1);
}

void logs_clock(struct buf *out, int64_t at, int64_t now)
{
	struct civil t, today;

	zone_civil(at, &t);
	zone_civil(now, &today);
	if (t.year != today.year || t.month != today.month || t.day != today.day)
		(void)buf_addf(out, "%02d-%02d ", t.month, t.day);
	(void)buf_addf(out, "%02d:%02d:%02d", t.hour, t.minute, t.second);
}

static bool cell_at(const struct cell_context *cc, struct pen *pen, int w)
{
	int64_t at = data_i64(cc->snap, cc->row, "at", 0);
	struct buf b;

	if (at == 0)
		return false;
	buf_init(&b, 64);
	logs_clock(&b, at, cc->ui->now_us);
	/* the time of day counts more than the date */
	pen_field(pen, cc->selected ? ROLE_STRONG : ROLE_MUTED, cc->selected ? ATTR_BOLD : 0, w,
		  b.len > (size_t)w ? str_sub(buf_str(&b), b.len - (size_t)w, b.len) : buf_str(&b), true);
	buf_release(&b);
	return true;
}

static enum role kind_role(struct str kind)
{
	if (str_eq_c(kind, "deadlock"))
		return ROLE_CRIT;
	if (str_eq_c(kind, "error"))
		return ROLE_WARN;
	if (str_eq_c(kind, "lock"))
		return ROLE_LOCK_TEXT;
	if (str_eq_c(kind, "event"))
		return ROLE_NOTICE;
	return str_eq_c(kind, "slow") ? ROLE_FG : ROLE_MUTED;
}

static bool cell_kind(const struct cell_context *cc, struct pen *pen, int w)
{
	struct str kind = data_str(cc->snap, cc->row, "kind");

	pen_field(pen, kind_role(kind), 0, w, kind, false);
	return true;
}

static bool cell_plain(const struct cell_context *cc, struct pen *pen, int w, const char *field)
{
	struct str text = data_str(cc->snap, cc->row, field);

	if (text.len == 0)
		return false;
	pen_field(pen, ROLE_MUTED, 0, w, text, false);
	return true;
}

static bool cell_user(const struct cell_context *cc, struct pen *pen, int w)
{
	return cell_plain(cc, pen, w, "user");
}

static bool cell_database(const struct cell_context *cc, struct pen *pen, int w)
{
	return cell_plain(cc, pen, w, "database");
}

static bool cell_node(const struct cell_context *cc, struct pen *pen, int w)
{
	return cell_plain(cc, pen, w, "node");
}

static bool cell_application(const struct cell_context *cc, struct pen *pen, int w)
{
	return cell_plain(cc, pen, w, "application");
}

/* Words before the statement, or in its place. */
static void report(const struct cell_context *cc, struct pen *pen)
{
	struct str kind = data_str(cc->snap, cc->row, "kind"), message = data_str(cc->snap, cc->row, "message");
	int64_t bytes = data_i64(cc->snap, cc->row, "temp_bytes", -1);
	int64_t blocker = data_i64(cc->snap, cc->row, "blocker_pid", -1);
	struct str relation = data_str(cc->snap, cc->row, "relation");
	struct buf b;

	if (bytes >= 0) {
		buf_init(&b, 64);
		(void)format_bytes(&b, bytes);
		pen_str(pen, ROLE_STRONG, buf_str(&b));
		pen_text(pen, ROLE_MUTED, " temporary file");
		buf_release(&b);
	} else if (str_eq_c(kind, "lock") && data_str(cc->snap, cc->row, "lock").len > 0) {
		pen_text(pen, ROLE_MUTED, str_find(message, STR(" acquired "), 0) >= 0 ? "got " : "waits for ");
		pen_str(pen, ROLE_FG, data_str(cc->snap, cc->row, "lock"));
		if (blocker >= 0)
			pen_textf(pen, ROLE_LOCK_TEXT, " held by %lld", (long long)blocker);
	} else if (relation.len > 0) {
		long rest = str_find(message, relation, 0);

		pen_str(pen, ROLE_FG, relation);
		pen_str(pen, ROLE_MUTED, str_sub(message, (size_t)rest + relation.len + 1, message.len));
	} else {
		pen_str(pen, ROLE_FG, message);
	}
}

static bool cell_text(const struct cell_context *cc, struct pen *pen, int w)
{
	struct str kind = data_str(cc->snap, cc->row, "kind"), sql = data_str(cc->snap, cc->row, "statement");
	struct rect outer = pen->clip;
	int edge = pen->x + w;

	pen->clip = rect_intersect(outer, (struct rect){pen->y, pen->x, 1, w});
	if (!str_eq_c(kind, "slow") || sql.len == 0)
		report(cc, pen);
	else if (data_str(cc->snap, cc->row, "plan").len > 0)
		pen_text(pen, ROLE_MUTED, "plan of");
	if (sql.len > 0 && edge - pen->x > 6) {
		if (!str_eq_c(kind, "slow"))
			pen_skip(pen, 2);
		else if (data_str(cc->snap, cc->row, "plan").len > 0)
			pen_skip(pen, 1);
		pen_sql(pen, edge - pen->x, sql, false);
	}
	pen->clip = outer;
	return true;
}

static uint32_t mark(const struct cell_context *cc, enum role *ret_role)
{
	struct str kind = data_str(cc->snap, cc->row, "kind"), severity = data_str(cc->snap, cc->row, "severity");

	if (str_eq_c(kind, "event")) {
		*ret_role = ROLE_NOTICE;
		return glyph(G_OWN);
	}
	if (str_eq_c(kind, "deadlock") || str_eq_c(severity, "PANIC")) {
		*ret_role = ROLE_CRIT;
		return glyph(G_CRIT);
	}
	*ret_role = ROLE_WARN;
	return str_eq_c(severity, "ERROR") || str_eq_c(severity, "FATAL") ? glyph(G_WARN) : ' ';
}

#define COLUMNS_BEFORE                                                                                            \
	{.field = "at", .title = "TIME", .priority = 1, .min = 8, .max = 14, .cell = cell_at},                    \
		{.field = "kind", .priority = 3, .min = 4, .max = 10, .cell = cell_kind},                         \
		{.field = "duration_us", .title = "TOOK", .priority = 4, .min = 5, .max = 8},                     \
		{.field = "pid", .priority = 5, .min = 5, .max = 8},                                              \
		{.field = "user", .priority = 11, .min = 6, .max = 14, .cell = cell_user},                        \
		{.field = "database", .title = "DB", .priority = 12, .min = 6, .max = 12, .cell = cell_database}, \
	{                                                                                                         \
		.field = "node", .priority = 13, .min = 6, .max = 14, .cell = cell_node                           \
	}
#define COLUMN_TEXT                                                                                         \
	{                                                                                                   \
		.field = "message", .title = "ENTRY", .priority = 2, .min = 12, .max = 0, .cell = cell_text \
	}
#define TABLE(list)                                                                                            \
	{                                                                                                      \
		.source = "logs", .columns = (list), .ncolumns = ARRAY_LEN(list), .order = "at",               \
		.main_field = "duration_us", .empty = "Nothing of this kind is in the log", .noun = "entries", \
		.show = show, .modes = logs_modes, .wide_mode = -1, .mark = mark,                              \
	}
static const struct table_column columns[] = {COLUMNS_BEFORE, COLUMN_TEXT};
const struct table_def logs_table = TABLE(columns);
/* Where log_line_prefix or the format has the application; on Aurora it has not by default. */
static const struct table_column columns_with_app[] = {
	COLUMNS_BEFORE,
	{.field = "application", .priority = 12, .min = 6, .max = 14, .cell = cell_application},
	COLUMN_TEXT};
const struct table_def logs_table_with_app = TABLE(columns_with_app);

static bool cell_share(const struct cell_context *cc, struct pen *pen, int w)
{
	double share = data_f64(cc->snap, cc->row, "share_ratio");
	int bar = w > 12 ? w - 7 : 0;

	if (bar)
		pen_bar(pen, bar, share, ROLE_ACCENT);
	pen_textf(pen, ROLE_FG, "%5.1f %%", share * 100);
	return true;
}

static bool cell_last(const struct cell_context *cc, struct pen *pen, int w)
{
	struct buf b;

	buf_init(&b, 64);
	logs_clock(&b, data_i64(cc->snap, cc->row, "last_at", 0), cc->ui->now_us);
	pen_field(pen, ROLE_MUTED, 0, w, buf_str(&b), true);
	buf_release(&b);
	return true;
}

static const struct table_column group_columns[] = {
	{.field = "share_ratio", .title = "TIME", .priority = 1, .min = 15, .max = 16, .cell = cell_share},
	{.field = "calls", .priority = 3, .min = 5, .max = 7},
	{.field = "total_us", .priority = 4, .min = 5, .max = 8},
	{.field = "mean_us", .priority = 5, .min = 5, .max = 8},
	{.field = "max_us", .priority = 6, .min = 5, .max = 8},
	{.field = "last_at", .priority = 7, .min = 8, .max = 14, .cell = cell_last},
	{.field = "user", .priority = 8, .min = 6, .max = 14, .cell = cell_user},
	{.field = "database", .priority = 9, .min = 6, .max = 12, .cell = cell_database},
	{.field = "shape", .priority = 2, .min = 12, .max = 0},
};
const struct table_def logs_groups_table = {
	.source = "logs",
	.columns = group_columns,
	.ncolumns = ARRAY_LEN(group_columns),
	.order = "-share_ratio",
	.main_field = "mean_us",
	.empty = "No slow statement is in the log",
	.noun = "statements",
	.wide_mode = -1,
};
