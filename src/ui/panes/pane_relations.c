/*
 * pane_relations.c: the largest relations of the database, what is dead and bloated in them, and what would give it
 * back.
 *
 * The note is the source's; here it gets the key that does what it recommends, or what runs on the relation now.
 */
#include "ui/panes/panes.h"

#include "base/utf8.h"
#include "base/zone.h"
#include "model/relation_history.h"
#include "ui/action.h"
#include "ui/storage_view.h"

#include <math.h>
#include <stdio.h>

#define BAR_CELLS 6
#define DEAD_FULL 0.25 /* share of dead rows at which the bar is full */

/* Quoted name without `public.`, and how many partitions it stands for. */
static bool cell_relation(const struct cell_context *cc, struct pen *pen, int w)
{
	struct str name = data_str(cc->snap, cc->row, "relation");
	int64_t partitions = data_i64(cc->snap, cc->row, "partitions", 0);
	char count[24] = "";
	enum role role = cc->faint ? ROLE_FAINT : cc->selected ? ROLE_STRONG : ROLE_FG;

	if (str_starts(name, STR("public.")))
		name = str_sub(name, sizeof "public." - 1, name.len);
	if (partitions > 0)
		(void)snprintf(count, sizeof count, glyph_set_in_use() == GLYPHS_UTF8 ? " \xc3\x97%lld" : " x%lld",
			       (long long)partitions);
	struct pen part = *pen;

	part.clip = rect_intersect(pen->clip, (struct rect){pen->y, pen->x, 1, w});
	if (cc->selected)
		pen_boldf(&part, role, STR_FMT, STR_ARG(name));
	else
		pen_str(&part, role, name);
	pen_text(&part, ROLE_MUTED, count);
	return true;
}

/* Since the graphs begin, or between the times that were chosen; as far as this console has seen it. */
static bool cell_grown(const struct cell_context *cc, struct pen *pen, int w)
{
	int64_t from, to, bytes;
	enum role role = cc->faint ? ROLE_FAINT : ROLE_FG;
	char none[5] = {0};
	struct buf b;

	storage_view_span(cc->ui, &from, &to);
	if (!relation_history_growth(cc->ui->storage->relations, data_str(cc->snap, cc->row, "relation"), from, to,
				     &bytes) ||
	    bytes == 0) {
		(void)utf8_encode(glyph(G_NONE), none);
		pen_field(pen, ROLE_FAINT, 0, w, str_c(none), true);
		return true;
	}
	buf_init(&b, 64);
	(void)buf_add_c(&b, bytes < 0 ? "-" : "+");
	(void)format_bytes(&b, bytes < 0 ? -bytes : bytes);
	pen_field(pen, role, 0, w, buf_str(&b), true);
	buf_release(&b);
	return true;
}

static bool cell_dead(const struct cell_context *cc, struct pen *pen, int w)
{
	double ratio = data_f64(cc->snap, cc->row, "dead_ratio");
	struct buf b;

	if (isnan(ratio))
		return false;
	if (w >= BAR_CELLS + 8) {
		pen_bar(pen, BAR_CELLS, ratio < 0.005 ? 0 : ratio / DEAD_FULL,
			cc->faint      ? ROLE_FAINT
			: cc->selected ? ROLE_STRONG
				       : ROLE_FG);
		w -= BAR_CELLS;
	}
	buf_init(&b, 32);
	(void)format_ratio(&b, ratio, w);
	pen_field(pen, cc->faint ? ROLE_FAINT : ROLE_FG, 0, w, buf_str(&b), true);
	buf_release(&b);
	return true;
}

/* What runs on the relation now, or -1. */
static long running(const struct cell_context *cc)
{
	const struct snapshot *progress = store_good(cc->ui->store, "progress");
	int64_t oid = data_i64(cc->snap, cc->row, "relation_oid", -1);
	struct str database = data_str(cc->snap, cc->row, "database");

	for (size_t i = 0; progress && i < progress->nrows; i++)
		if (data_i64(progress, i, "relation_oid", 0) == oid &&
		    str_eq(data_str(progress, i, "database"), database))
			return (long)i;
	return -1;
}

/* How far it is, or when it last was: the time of today, the day of any other. */
static bool cell_vacuum(const struct cell_context *cc, struct pen *pen, int w)
{
	const struct snapshot *progress = store_good(cc->ui->store, "progress");
	int64_t at = data_i64(cc->snap, cc->row, "vacuumed_at", 0);
	bool automatic = data_i64(cc->snap, cc->row, "vacuumed_by_autovacuum", 0) != 0;
	long run = running(cc);
	struct civil then, now;
	char text[48];

	if (run >= 0 && str_starts(data_str(progress, (size_t)run, "command"), STR("VACUUM"))) {
		double done = data_f64(progress, (size_t)run, "done_ratio");

		if (isnan(done))
			(void)snprintf(text, sizeof text, "running");
		else
			(void)snprintf(text, sizeof text, "running %.0f %%", done * 100);
		pen_field(pen, ROLE_NOTICE, 0, w, str_c(text), true);
		return true;
	}
	if (at == 0)
		return false;
	zone_civil(at, &then);
	zone_civil(cc->ui->now_us, &now);
	if (then.year == now.year && then.month == now.month && then.day == now.day)
		(void)snprintf(text, sizeof text, "%s%02d:%02d%s", automatic && w >= 11 ? "auto " : "", then.hour,
			       then.minute, zone_is_local() ? "" : "Z");
	else
		(void)snprintf(text, sizeof text, "%s%02d-%02d", automatic && w >= 11 ? "auto " : "", then.month,
			       then.day);
	pen_field(pen, cc->faint ? ROLE_FAINT : ROLE_MUTED, 0, w, str_c(text), true);
	return true;
}

/* The key of the action; what has none stands by its name in the note. */
static void add_key(struct pen *pen, struct str action)
{
	char key[16] = "";

	for (int i = 0; i < ACTION__COUNT; i++)
		if (str_eq_c(action, actions[i].name))
			(void)action_key_name((enum action_id)i, key, sizeof key);
	if (!key[0])
		return;
	pen_text(pen, ROLE_MUTED, ": ");
	pen_bold(pen, ROLE_STRONG, key);
}

static bool cell_note(const struct cell_context *cc, struct pen *pen, int w)
{
	const struct snapshot *progress = store_good(cc->ui->store, "progress");
	struct str note = data_str(cc->snap, cc->row, "note"), action = data_str(cc->snap, cc->row, "action");
	long run = running(cc);
	struct pen part = *pen;

	part.clip = rect_intersect(pen->clip, (struct rect){pen->y, pen->x, 1, w});
	if (run >= 0) {
		struct buf b;

		buf_init(&b, 64);
		(void)glyph_duration(&b, data_i64(progress, (size_t)run, "running_us", 0));
		pen_str(&part, ROLE_NOTICE, data_str(progress, (size_t)run, "command"));
		pen_textf(&part, ROLE_FG, " since %s, ", buf_c(&b));
		pen_str(&part, ROLE_FG, data_str(progress, (size_t)run, "phase"));
		buf_release(&b);
		return true;
	}
	if (note.len == 0) {
		pen_field(pen, ROLE_FG, 0, w, STR(""), false);
		return true;
	}
	pen_str(&part, cc->faint ? ROLE_FAINT : action.len > 0 ? ROLE_FG : ROLE_MUTED, note);
	if (action.len > 0 && !target_is_read_only(runtime_target(cc->ui->rt)))
		add_key(&part, action);
	return true;
}

static const struct table_column columns[] = {
	{.field = "relation", .priority = 1, .min = 12, .max = 36, .extra = 4, .cell = cell_relation},
	{.field = "total_bytes", .priority = 2, .min = 8, .max = 10},
	{.field = "heap_bytes", .priority = 7, .min = 8, .max = 10},
	{.field = "index_bytes", .priority = 8, .min = 8, .max = 10},
	{.field = "total_bytes",
	 .title = "GROWN",
	 .priority = 6,
	 .min = 9,
	 .max = 10,
	 .no_order = true,
	 .cell = cell_grown},
	{.field = "toast_bytes", .priority = 11, .min = 8, .max = 10},
	{.field = "rows", .priority = 10, .min = 6, .max = 8},
	{.field = "dead_ratio", .title = "DEAD", .priority = 4, .min = 6, .max = 14, .wish = 14, .cell = cell_dead},
	{.field = "bloat_ratio", .title = "BLOAT", .priority = 5, .min = 6, .max = 7},
	{.field = "frozen_age", .title = "XID", .priority = 10, .min = 6, .max = 8},
	{.field = "vacuumed_at",
	 .title = "VACUUM",
	 .priority = 9,
	 .min = 9,
	 .max = 12,
	 .wish = 12,
	 .cell = cell_vacuum},
	{.field = "note", .title = "NOTE", .priority = 3, .min = 12, .max = 0, .cell = cell_note},
};

static const struct table_def table = {
	.source = "relations",
	.columns = columns,
	.ncolumns = ARRAY_LEN(columns),
	.order = "-total_bytes",
	.main_field = "total_bytes",
	.empty = "No table of a user is in this database",
	.noun = "relations",
	.wide_mode = -1,
};

static void add_bytes(struct pen *pen, double bytes)
{
	struct buf b;

	buf_init(&b, 64);
	(void)format_bytes(&b, data_whole(bytes));
	pen_quantity(pen, ROLE_FG, 0, buf_str(&b));
	buf_release(&b);
}

/* "database orders · 1 184 relations · 1.18 TiB of 1.21 TiB". */
static void summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct snapshot *s = pane_good(ui, p), *sizes = store_good(ui->store, "database_sizes");
	double listed = 0, all = 0;
	struct buf b;

	if (!s || s->nrows == 0)
		return;
	table_filter_fact(&p->table, pen);
	for (size_t i = 0; i < s->nrows; i++)
		listed += (double)data_i64(s, i, "total_bytes", 0);
	for (size_t i = 0; sizes && i < sizes->nrows; i++)
		all += (double)data_i64(sizes, i, "size_bytes", 0);
	pen_text(pen, ROLE_MUTED, "database ");
	pen_str(pen, ROLE_FG, data_str(s, 0, "database"));
	pen_separator(pen);
	buf_init(&b, 64);
	(void)format_count(&b, data_i64(s, 0, "relations", (int64_t)s->nrows));
	pen_quantity(pen, ROLE_FG, 0, buf_str(&b));
	pen_text(pen, ROLE_MUTED, " relations");
	buf_release(&b);
	pen_separator(pen);
	add_bytes(pen, listed);
	if (all >= listed && all > 0) {
		pen_text(pen, ROLE_MUTED, " of ");
		add_bytes(pen, all);
		pen_separator(pen);
		pen_text(pen, ROLE_MUTED, "the rest is catalogs and other databases");
	}
}

static const struct pane_ops ops = {
	.recalc = pane_table_recalc,
	.summary = summary,
	.draw = pane_table_draw,
	.detail = pane_table_detail,
};

const struct pane_def pane_relations = {
	.name = "relations",
	.title = "Largest relations",
	.help = "The largest relations: size, dead rows, bloat, age, and what an action would give back.",
	.sources = "relations progress database_sizes",
	.table = &table,
	.ops = &ops,
};
