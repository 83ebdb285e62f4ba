/*
 * pane_load_top.c: who made the load of the slice: statements, waits, users, applications, clients or databases with
 * their average active sessions, each with a bar by wait class.
 */
#include "ui/load_view.h"
#include "ui/panes/panes.h"

#include "base/num.h"
#include "base/utf8.h"

#include <math.h>
#include <stdio.h>

#define BAR_W 24

static const char *const class_fields[GRAPH_CLASSES] = {"on_cpu",    "on_io",      "on_client", "on_ipc",
							"on_lwlock", "on_timeout", "on_other",  "on_lock"};

/* Whole cells for each class in the order of the stack; the largest row fills the bar, the rest of others is track. */
static bool cell_bar(const struct cell_context *cc, struct pen *pen, int w)
{
	bool letters = cc->ui->depth == DEPTH_MONO || glyph_set_in_use() == GLYPHS_ASCII;
	double most = cc->ui->load->most, sum = 0;
	int x = 0;

	if (!(most > 0))
		return false;
	for (int k = 0; k < GRAPH_CLASSES; k++) {
		double v = data_f64(cc->snap, cc->row, class_fields[k]);
		enum role role = wait_role(str_c(wait_class_name((enum wait_class)k)), true);
		int to;

		sum += isnan(v) ? 0 : v;
		to = (int)num_round(sum / most * w);
		if (k == GRAPH_CLASSES - 1 && to == 0 && sum > 0)
			to = 1;
		for (; x < to && x < w; x++) {
			if (letters)
				pen_rune(pen, ROLE_FG, (uint32_t)(unsigned char)GRAPH_WAIT_LETTERS[k]);
			else
				pen_glyph(pen, role, G_RIBBON);
		}
	}
	for (; x < w; x++)
		pen_glyph(pen, ROLE_GRID, G_BAR_TRACK);
	return true;
}

static bool cell_load(const struct cell_context *cc, struct pen *pen, int w)
{
	char text[32];

	(void)snprintf(text, sizeof text, "%.2f", data_f64(cc->snap, cc->row, "load"));
	pen_field(pen, ROLE_STRONG, ATTR_BOLD, w, str_c(text), true);
	return true;
}

static bool cell_wait(const struct cell_context *cc, struct pen *pen, int w)
{
	struct str name = data_str(cc->snap, cc->row, "name");
	long colon = str_find(name, STR(":"), 0);
	struct str type = colon < 0 ? name : str_sub(name, 0, (size_t)colon);

	if (name.len == 0)
		return false;
	pen_field(pen, wait_role(str_c(wait_class_name(wait_class_of(type))), false), 0, w, name, false);
	return true;
}

static bool cell_user(const struct cell_context *cc, struct pen *pen, int w)
{
	struct str user = data_str(cc->snap, cc->row, "user");
	int64_t more = data_i64(cc->snap, cc->row, "users", 1) - 1;
	char text[300];

	if (user.len == 0)
		return false;
	if (more > 0)
		(void)snprintf(text, sizeof text, "%.*s +%lld", (int)(user.len < 250 ? user.len : 250), user.ptr,
			       (long long)more);
	else
		(void)snprintf(text, sizeof text, "%.*s", (int)(user.len < 290 ? user.len : 290), user.ptr);
	pen_field(pen, ROLE_MUTED, 0, w, str_c(text), false);
	return true;
}

/* The statement; what is known of it when its text is not. */
static bool cell_sql(const struct cell_context *cc, struct pen *pen, int w)
{
	if (data_str(cc->snap, cc->row, "statement").len > 0)
		return false;
	pen_field(pen, ROLE_MUTED, 0, w, STR("text not known"), false);
	return true;
}

#define COMMON                                                                   \
	{.field = "load", .priority = 1, .min = 6, .max = 8, .cell = cell_load}, \
		{.field = "by",                                                  \
		 .title = "BY WAIT CLASS",                                       \
		 .priority = 5,                                                  \
		 .min = BAR_W,                                                   \
		 .max = BAR_W,                                                   \
		 .cell = cell_bar},                                              \
	{                                                                        \
		.field = "share_ratio", .priority = 4, .min = 6, .max = 7        \
	}
#define NAMED(heading, drawn)                                                                        \
	COMMON,                                                                                      \
	{                                                                                            \
		.field = "name", .title = heading, .priority = 2, .min = 12, .max = 0, .cell = drawn \
	}

static const struct table_column sql_columns[] = {
	COMMON,
	{.field = "user", .priority = 6, .min = 8, .max = 16, .cell = cell_user},
	{.field = "statement", .title = "SQL", .priority = 2, .min = 12, .max = 0, .cell = cell_sql},
	{.field = "query_id", .priority = 12, .min = 8, .max = 20},
};
static const struct table_column wait_columns[] = {NAMED("WAIT", cell_wait)};
static const struct table_column user_columns[] = {NAMED("USER", NULL)};
static const struct table_column application_columns[] = {NAMED("APPLICATION", NULL)};
static const struct table_column client_columns[] = {
	COMMON,
	{.field = "client", .priority = 2, .min = 12, .max = 0},
};
static const struct table_column database_columns[] = {NAMED("DATABASE", NULL)};

/* Performance Insights sends more than one split at a time. */
static bool show(const struct snapshot *s, size_t row, int mode)
{
	return str_eq_c(data_str(s, row, "by"), load_by_name((enum load_by)mode));
}

#define TABLE(by, set, word)                      \
	[by] = {.source = "load_keys",            \
		.columns = (set),                 \
		.ncolumns = ARRAY_LEN(set),       \
		.order = "-load",                 \
		.main_field = "load",             \
		.empty = "No session was active", \
		.noun = word,                     \
		.show = show,                     \
		.wide_mode = -1}
static const struct table_def tables[LOAD_BY__COUNT] = {
	TABLE(LOAD_BY_SQL, sql_columns, "statements"),
	TABLE(LOAD_BY_WAIT, wait_columns, "waits"),
	TABLE(LOAD_BY_USER, user_columns, "users"),
	TABLE(LOAD_BY_APPLICATION, application_columns, "applications"),
	TABLE(LOAD_BY_CLIENT, client_columns, "clients"),
	TABLE(LOAD_BY_DATABASE, database_columns, "databases"),
};

/* Another split is another table: columns, order, filter and selection begin anew. */
static void use_table(struct table *t, enum load_by by)
{
	if (t->def == &tables[by])
		return;
	table_release(t);
	table_init(t, &tables[by]);
	t->mode = (int)by;
}

static void recalc(struct ui *ui, struct pane *p)
{
	const struct load_view *lv = ui->load;

	use_table(&p->table, lv->by);
	table_recalc(&p->table, lv->keys, ui->mono_us);
}

static void summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct load_view *lv = ui->load;

	table_filter_fact(&p->table, pen);
	pen_text(pen, ROLE_FG, tables[lv->by].noun);
	pen_text(pen, ROLE_MUTED, " by average active sessions");
	if (lv->keys_from == LOAD_KEYS_INSIGHTS)
		pen_text(pen, ROLE_MUTED, ", from Performance Insights");
}

static void draw_choice(const struct ui *ui, struct canvas *c, struct rect r)
{
	static const char *const words[LOAD_BY__COUNT] = {"sql",          "waits",   "users",
							  "applications", "clients", "databases"};
	struct pen pen = pen_at(c, r, r.y, r.x + 1, ROLE_BG);

	for (int by = 0; by < LOAD_BY__COUNT; by++) {
		bool chosen = by == (int)ui->load->by;

		pen.bg = chosen ? ROLE_SELBG : ROLE_BG;
		if (chosen)
			pen_boldf(&pen, ROLE_STRONG, " %s ", words[by]);
		else
			pen_textf(&pen, ROLE_MUTED, " %s ", words[by]);
		pen.bg = ROLE_BG;
	}
}

/* Why there are no keys. */
static void draw_nothing(const struct ui *ui, struct canvas *c, struct rect r)
{
	const struct store_entry *e = store_entry(ui->store, "load_keys");
	const char *words = "Who was active at this time is not known";
	struct pen pen = pen_at(c, rect_inset(r, 0, 1), r.y, r.x + 1, ROLE_BG);

	if (ui->load->keys_from == LOAD_KEYS_ASKED)
		words = "Asking Performance Insights";
	pen_bold(&pen, ROLE_STRONG, words);
	if (ui->load->keys_from != LOAD_KEYS_NONE || !ui->load->insights || !e || !e->latest)
		return;
	pen = pen_at(c, pen.clip, r.y + 1, r.x + 1, ROLE_BG);
	pen_str(&pen, ROLE_FG, str_c(e->latest->err.text));
	pen = pen_at(c, pen.clip, r.y + 2, r.x + 1, ROLE_BG);
	if (!e->latest->err.remedy[0])
		return;
	pen_text(&pen, ROLE_ACCENT, "next ");
	pen_str(&pen, ROLE_FG, str_c(e->latest->err.remedy));
}

/* How much of the load the rows explain, and what is missing. */
static void draw_foot(const struct ui *ui, const struct table *t, struct canvas *c, struct rect r, int y)
{
	const struct load_view *lv = ui->load;
	struct pen pen = pen_at(c, r, y, r.x + 1, ROLE_BG);
	struct buf b;

	if (isnan(lv->total))
		return;
	pen_textf(&pen, ROLE_FG, "%zu", t->total);
	if (lv->nkeys > t->total)
		pen_textf(&pen, ROLE_MUTED, " of %zu", lv->nkeys);
	pen_textf(&pen, ROLE_MUTED, " %s ", t->def->noun);
	pen_glyph(&pen, ROLE_MUTED, G_SEPARATOR);
	pen_textf(&pen, ROLE_FG, " %.1f", lv->explained);
	pen_textf(&pen, ROLE_MUTED, " of %.1f active sessions", lv->total);
	if (!lv->detail_from_us)
		return;
	buf_init(&b, 40);
	(void)format_clock(&b, lv->detail_from_us, ui->now_us);
	pen_textf(&pen, ROLE_MUTED, "; kept since %s", buf_c(&b));
	buf_release(&b);
}

static void draw(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r)
{
	struct rect rows = r;
	bool foot = r.h >= 8;

	if (r.h >= 5) {
		draw_choice(ui, c, r);
		rows.y++;
		rows.h--;
	}
	if (foot) {
		rows.h--;
		draw_foot(ui, &p->table, c, r, r.y + r.h - 1);
	}
	if (!ui->load->keys)
		draw_nothing(ui, c, rows);
	else
		pane_table_draw(ui, p, c, rows);
}

static int draw_statement(struct canvas *c, struct rect r, int scroll, struct str text)
{
	struct str rest = text;
	int line = 0;

	while (rest.len > 0) {
		size_t take = utf8_prefix(rest, (size_t)(r.w > 4 ? r.w - 2 : 4));
		struct pen pen = pen_at(c, r, r.y + line - scroll, r.x, ROLE_RAISED);

		if (take == 0)
			break;
		if (pen.y >= r.y && pen.y < r.y + r.h)
			pen_sql(&pen, r.w, str_sub(rest, 0, take), false);
		rest = str_sub(rest, take, rest.len);
		line++;
	}
	return line + (line > 0);
}

/* One line of the detail; returns a pen after its label, or one that draws nowhere when it is scrolled away. */
static struct pen fact(struct canvas *c, struct rect r, int y, const char *label)
{
	struct pen pen = pen_at(c, y >= r.y ? r : (struct rect){r.y, r.x, 0, 0}, y, r.x, ROLE_RAISED);

	pen_field(&pen, ROLE_MUTED, 0, 16, str_c(label), false);
	return pen;
}

static int draw_detail_classes(const struct ui *ui, struct canvas *c, struct rect r, int y, const struct snapshot *s,
			       size_t row)
{
	double load = data_f64(s, row, "load");

	for (int k = GRAPH_CLASSES - 1; k >= 0; k--) {
		struct str name = str_c(wait_class_name((enum wait_class)k));
		double v = data_f64(s, row, class_fields[k]);
		struct pen pen;

		if (isnan(v) || v <= 0)
			continue;
		pen = fact(c, r, y++, wait_class_title((enum wait_class)k));
		pen_textf(&pen, ROLE_FG, "%6.2f  ", v);
		pen_bar(&pen, 30, load > 0 ? v / load : 0, wait_role(name, true));
		if (ui->depth == DEPTH_MONO)
			pen_textf(&pen, ROLE_FG, " %c", GRAPH_WAIT_LETTERS[k]);
	}
	return y;
}

/* The statement whole, then what is known of the row. */
static int detail(const struct ui *ui, const struct pane *p, struct canvas *c, struct rect r, int scroll)
{
	const struct snapshot *s = p->table.snap;
	long selected = table_selected_row(&p->table);
	size_t row = (size_t)selected;
	struct pen pen;
	int y;

	if (selected < 0)
		return 0;
	y = r.y - scroll + draw_statement(c, r, scroll, data_str(s, row, "statement"));
	if (data_str(s, row, "name").len > 0 || data_str(s, row, "client").len > 0) {
		pen = fact(c, r, y++, load_by_name(ui->load->by));
		pen_str(&pen, ROLE_STRONG, data_str(s, row, "name"));
		pen_str(&pen, ROLE_STRONG, data_str(s, row, "client"));
	}
	pen = fact(c, r, y++, "active sessions");
	pen_boldf(&pen, ROLE_STRONG, "%6.2f", data_f64(s, row, "load"));
	if (!isnan(data_f64(s, row, "share_ratio")))
		pen_textf(&pen, ROLE_MUTED, "  %.1f %% of the slice", data_f64(s, row, "share_ratio") * 100);
	y = draw_detail_classes(ui, c, r, y, s, row);
	if (data_str(s, row, "user").len > 0) {
		pen = fact(c, r, y++, "run by");
		pen_str(&pen, ROLE_FG, data_str(s, row, "user"));
		if (data_i64(s, row, "users", 1) > 1)
			pen_textf(&pen, ROLE_MUTED, " and %lld more", (long long)data_i64(s, row, "users", 1) - 1);
	}
	if (data_i64(s, row, "query_id", 0) != 0) {
		pen = fact(c, r, y++, "query id");
		pen_textf(&pen, ROLE_FG, "%lld", (long long)data_i64(s, row, "query_id", 0));
	}
	return y - (r.y - scroll);
}

static const struct pane_ops ops = {
	.recalc = recalc,
	.summary = summary,
	.draw = draw,
	.detail = detail,
	.badge = load_view_badge,
};

const struct pane_def pane_load_top = {
	.name = "load_top",
	.title = "Top",
	.help = "Statements, waits, users, applications, clients or databases of the slice, by average active "
		"sessions.",
	.sources = "load_samples insights",
	.any_source = true,
	.table = &tables[LOAD_BY_SQL],
	.ops = &ops,
};
