/*
 * palette.c: `:` finds every view, action, theme and cluster by name.
 *
 * Entries are gathered from the tables each time; nothing is listed here by hand. Words
 * after a verb (`theme light`, `cluster prod`, `filter >10s`, `range 1h`, `sort user`, a number = jump to a
 * session) act at Enter; moving over a theme previews it, Esc takes the old one back. An operation on tables takes
 * `schema NAME`, `database` or `index NAME`; of two rebuilds the one that lets others work comes first. What wants a
 * value (`backup retention 14`) takes it behind its name, and shows it in its question.
 */
#include "ui/ui.h"

#include "base/parse.h"
#include "base/xalloc.h"
#include "base/zone.h"
#include "ui/action.h"
#include "ui/identity_view.h"
#include "ui/load_view.h"
#include "ui/operate.h"

#include <stdio.h>

#define ENTRIES_MAX 600
#define THEMES_MAX 64
#define SCHEMAS_MAX 20 /* that are proposed */
#define GAPS_FROM 12   /* rows: with more a blank line stands above headings */
#define MENU_BESIDE 8  /* rows of the menu's box that are no entries */

enum entry_kind {
	ENTRY_VIEW,
	ENTRY_ACTION,
	ENTRY_THEME,
	ENTRY_TIME,
	ENTRY_CLUSTER,
	ENTRY_VERB,
	ENTRY_MAINTAIN,
	ENTRY_VALUED
};

struct entry {
	enum entry_kind kind;
	int id;
	char text[300];
	const char *help;
	char key[16];
};

struct entries {
	struct entry items[ENTRIES_MAX];
	size_t n;
};

static const struct {
	const char *verb, *help;
} verbs[] = {
	{"filter", "rows of the focused pane that match"},
	{"sort", "column of the focused pane, -column for descending"},
	{"range", "of the graphs: 1h 3h 12h 1d 7d; of the load also 5m 15m"},
	{"interval", "of the sampler, in seconds"},
	{"profile", "another AWS profile, then its clusters to choose from"},
	{"region", "another AWS region, then its clusters to choose from"},
};

/* Clocks on screen; what is chosen is the index. */
static const struct {
	const char *text, *help;
} clocks[] = {
	{"time utc", "clocks on screen in UTC"},
	{"time local", "clocks on screen as this host has its own"},
};

static void add(struct entries *e, struct str typed, const struct entry *entry)
{
	struct str rest = typed, word;

	while (str_split(&rest, ' ', &word))
		if (word.len > 0 && str_ifind(str_c(entry->text), word, 0) < 0 &&
		    str_ifind(str_c(entry->help), word, 0) < 0)
			return;
	if (e->n < ENTRIES_MAX)
		e->items[e->n++] = *entry;
}

static void gather_verbs(struct entries *e, struct str typed)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		size_t len = strlen(verbs[i].verb);
		struct entry x = {.kind = ENTRY_VERB, .id = (int)i, .help = verbs[i].help};

		if (typed.len > len && str_starts(typed, str_c(verbs[i].verb)) && typed.ptr[len] == ' ') {
			(void)snprintf(x.text, sizeof x.text, STR_FMT, STR_ARG(typed));
			e->items[e->n++] = x;
		}
	}
}

/* ---- operations on more than the selected table ---- */

static const char *maintain_help(const struct operation *op, enum operation_scope scope, bool named)
{
	if (scope == SCOPE_DATABASE)
		return operation_needs_window(op) ? "all of it, others wait; after a preview"
						  : "all of it; after a preview";
	if (!named)
		return "NAME goes behind it";
	return operation_needs_window(op) ? "others wait; after a preview" : "after a preview";
}

static void add_maintain(struct entries *e, const struct operation *op, enum operation_scope scope, struct str name)
{
	struct entry x = {.kind = ENTRY_MAINTAIN, .id = (int)scope};

	(void)snprintf(x.text, sizeof x.text, "%s %s%s" STR_FMT, op->name, operation_scope_word(scope),
		       name.len ? " " : "", STR_ARG(name));
	x.help = maintain_help(op, scope, name.len > 0);
	if (e->n < ENTRIES_MAX)
		e->items[e->n++] = x;
}

static bool is_proposed(const struct entries *e, struct str text)
{
	for (size_t i = 0; i < e->n; i++)
		if (str_ends(str_c(e->items[i].text), text))
			return true;
	return false;
}

/* Schemas whose name has the part that was typed, as far as tables of them were listed. */
static void add_schemas(const struct ui *ui, struct entries *e, const struct operation *op, struct str part)
{
	const struct snapshot *s = store_good(ui->store, "tables");
	size_t most = e->n + SCHEMAS_MAX;

	for (size_t i = 0; s && i < s->nrows && e->n < most; i++) {
		struct str schema = data_str(s, i, "schema");
		char text[300];

		(void)snprintf(text, sizeof text, " schema " STR_FMT, STR_ARG(schema));
		if (schema.len > 0 && str_ifind(schema, part, 0) >= 0 && !is_proposed(e, str_c(text)))
			add_maintain(e, op, SCOPE_SCHEMA, schema);
	}
}

/* True when what is typed names an operation and what it is for. */
static bool gather_maintain(const struct ui *ui, struct entries *e, struct str typed)
{
	const struct operation *op, *gentle = operation_find(STR("reindex concurrently"));
	enum operation_scope scope;
	struct str name;

	if (target_is_read_only(runtime_target(ui->rt)) || !operate_parse(typed, &op, &scope, &name))
		return false;
	if (str_eq_c(str_c(op->name), "reindex"))
		add_maintain(e, gentle, scope, name);
	add_maintain(e, op, scope, name);
	if (scope == SCOPE_SCHEMA)
		add_schemas(ui, e, op, name);
	return true;
}

/* What could be typed on, once an operation is named. */
static void gather_scopes(const struct ui *ui, struct entries *e, struct str typed)
{
	if (target_is_read_only(runtime_target(ui->rt)) || typed.len < 3)
		return;
	for (size_t i = 0; i < noperations; i++)
		for (int scope = SCOPE_INDEX; scope < SCOPE__COUNT; scope++) {
			const struct operation *op = &operations[i];
			char text[80];

			(void)snprintf(text, sizeof text, "%s %s", op->name,
				       operation_scope_word((enum operation_scope)scope));
			if (operation_takes(op, (enum operation_scope)scope) && str_starts(str_c(text), typed))
				add_maintain(e, op, (enum operation_scope)scope, STR(""));
		}
}

/* ---- operations with their value ---- */

/* The action with the longest name that is typed, of those that want a value; -1: none, or it may become another's. */
static int valued_action(const struct ui *ui, struct str typed)
{
	size_t longest = 0;
	int found = -1;

	for (int i = 0; i < ACTION__COUNT; i++) {
		struct str name = str_c(actions[i].name);
		const struct operation *op;

		if (str_starts(name, typed))
			return -1;
		if (actions[i].group != GROUP_CHANGE || name.len <= longest || !str_starts(typed, name) ||
		    typed.ptr[name.len] != ' ')
			continue;
		op = operation_find(name);
		if (!op || !op->asks || !action_applies(ui, (enum action_id)i))
			continue;
		longest = name.len;
		found = i;
	}
	return found;
}

static void gather_valued(const struct ui *ui, struct entries *e, struct str typed)
{
	struct entry x = {.kind = ENTRY_VALUED, .id = valued_action(ui, typed)};

	if (x.id < 0 || typed.len >= sizeof x.text)
		return;
	x.help = operation_find(str_c(actions[x.id].name))->asks;
	(void)snprintf(x.text, sizeof x.text, STR_FMT, STR_ARG(typed));
	e->items[e->n++] = x;
}

/* ---- the menu of a row ---- */

/* What is done with a row without changing anything, in this order before what changes something. */
static const enum action_id row_actions[] = {ACTION_DETAIL,    ACTION_EXPLAIN, ACTION_ROOT, ACTION_ORIGIN,
					     ACTION_LOG_LINES, ACTION_TAG,     ACTION_COPY};

static void add_action(const struct ui *ui, struct entries *e, struct str typed, enum action_id id)
{
	struct entry x = {.kind = ENTRY_ACTION, .id = (int)id, .help = actions[id].help};

	if (!action_applies(ui, id))
		return;
	(void)snprintf(x.text, sizeof x.text, "%s", actions[id].name);
	(void)action_key_name(id, x.key, sizeof x.key);
	add(e, typed, &x);
}

static void gather_menu(const struct ui *ui, struct entries *e, struct str typed)
{
	e->n = 0;
	for (size_t i = 0; i < ARRAY_LEN(row_actions); i++)
		add_action(ui, e, typed, row_actions[i]);
	for (int i = 0; i < ACTION__COUNT; i++)
		if (actions[i].group == GROUP_CHANGE && operate_fits(ui, i))
			add_action(ui, e, typed, (enum action_id)i);
}

static void gather(const struct ui *ui, struct entries *e)
{
	struct str typed = str_trim((struct str){ui->prompt.text, ui->prompt.len});
	const char *themes[THEMES_MAX];
	size_t n = theme_names(themes, THEMES_MAX);
	const struct snapshot *clusters = store_good(ui->store, "clusters");

	if (ui->palette_menu) {
		gather_menu(ui, e, typed);
		return;
	}
	e->n = 0;
	gather_verbs(e, typed);
	gather_valued(ui, e, typed);
	bool named = gather_maintain(ui, e, typed);
	for (size_t i = 0; i < nview_defs; i++) {
		struct entry x = {
			.kind = ENTRY_VIEW, .id = (int)i, .help = view_defs[i]->help, .key = {view_defs[i]->digit}};

		(void)snprintf(x.text, sizeof x.text, "%s", view_defs[i]->name);
		add(e, typed, &x);
	}
	for (int i = 0; i < ACTION__COUNT; i++)
		if (i != ACTION_PALETTE && i != ACTION_CLUSTERS)
			add_action(ui, e, typed, (enum action_id)i);
	if (!named)
		gather_scopes(ui, e, typed);
	for (size_t i = 0; i < n; i++) {
		struct entry x = {.kind = ENTRY_THEME, .id = (int)i, .help = "colours, previewed as you move"};

		(void)snprintf(x.text, sizeof x.text, "theme %s", themes[i]);
		add(e, typed, &x);
	}
	for (size_t i = 0; i < ARRAY_LEN(clocks); i++) {
		struct entry x = {.kind = ENTRY_TIME, .id = (int)i, .help = clocks[i].help};

		(void)snprintf(x.text, sizeof x.text, "%s", clocks[i].text);
		add(e, typed, &x);
	}
	for (size_t i = 0; clusters && i < clusters->nrows && i < 400; i++) {
		struct entry x = {.kind = ENTRY_CLUSTER, .id = (int)i, .help = "open this cluster"};

		(void)snprintf(x.text, sizeof x.text, "cluster " STR_FMT, STR_ARG(data_str(clusters, i, "identifier")));
		add(e, typed, &x);
	}
}

size_t palette_count(const struct ui *ui)
{
	struct entries *e = xalloc(sizeof *e);
	size_t n;

	gather(ui, e);
	n = e->n;
	xfree(e);
	return n;
}

static int fit(const struct entry *x, struct str typed)
{
	struct str name = str_c(x->text);

	if (str_ieq(name, typed))
		return 3;
	if (name.len > typed.len && str_ieq(str_sub(name, 0, typed.len), typed))
		return 2;
	return str_ifind(name, typed, 0) >= 0;
}

size_t palette_best(const struct ui *ui)
{
	struct entries *e = xalloc(sizeof *e);
	struct str typed = str_trim((struct str){ui->prompt.text, ui->prompt.len});
	size_t best = 0;

	gather(ui, e);
	/* what was typed in full comes first, and before it what is gentler */
	bool named = e->n > 0 && e->items[0].kind == ENTRY_MAINTAIN;
	for (size_t i = 1; i < e->n && typed.len > 0 && !named; i++)
		if (fit(&e->items[i], typed) > fit(&e->items[best], typed))
			best = i;
	xfree(e);
	return best;
}

void palette_changed(struct ui *ui)
{
	struct entries *e = xalloc(sizeof *e);
	const char *want = ui->theme_before;

	gather(ui, e);
	if (ui->palette_choice < e->n && e->items[ui->palette_choice].kind == ENTRY_THEME && ui->prompt.len > 0)
		want = e->items[ui->palette_choice].text + strlen("theme ");
	if (!str_eq_c(str_c(want), theme_name(ui->theme)))
		ui_set_theme(ui, want);
	xfree(e);
}

static const char *kind_title(enum entry_kind k)
{
	switch (k) {
	case ENTRY_VIEW:
		return "Views";
	case ENTRY_ACTION:
		return "Actions";
	case ENTRY_THEME:
		return "Themes";
	case ENTRY_TIME:
		return "Clocks";
	case ENTRY_CLUSTER:
		return "Clusters";
	case ENTRY_VERB:
	case ENTRY_VALUED:
		return "Do";
	case ENTRY_MAINTAIN:
		return "Maintain";
	}
	return "";
}

/* What stands above the first of its kind. */
static const char *heading_of(const struct ui *ui, const struct entry *x)
{
	return ui->palette_menu ? action_group_name(actions[x->id].group) : kind_title(x->kind);
}

static void draw_entry(struct canvas *c, struct rect r, int y, const struct entry *x, bool chosen)
{
	struct pen pen = pen_at(c, r, y, r.x, chosen ? ROLE_SELBG : ROLE_RAISED);
	int w = r.w > 60 ? 30 : 20;

	if (y >= r.y + r.h)
		return;
	canvas_fill(c, rect_intersect(r, (struct rect){y, r.x, 1, r.w}), STYLE(ROLE_FG, pen.bg, 0));
	if (chosen)
		pen_glyph(&pen, ROLE_ACCENT, G_SELECTED);
	else
		pen_skip(&pen, 1);
	pen_skip(&pen, 2);
	/* a name that was typed is to be read, and has no key */
	if (x->kind == ENTRY_MAINTAIN || x->kind == ENTRY_VALUED) {
		pen_field(&pen, ROLE_STRONG, 0, 2 * w, str_c(x->text), false);
		pen_skip(&pen, 1);
	} else {
		pen_field(&pen, ROLE_STRONG, 0, w, str_c(x->text), false);
		pen_field(&pen, ROLE_MUTED, 0, 8, str_c(x->key), false);
	}
	pen_text(&pen, ROLE_MUTED, x->help);
}

/* The entry stands below a heading: it is the first on the screen, or of another kind than the one before. */
static bool has_heading(const struct ui *ui, const struct entries *e, size_t i, size_t first)
{
	return i == first || strcmp(heading_of(ui, &e->items[i]), heading_of(ui, &e->items[i - 1])) != 0;
}

/* Lines from the entry `first` to the chosen one, headings and gaps among them. */
static int lines_between(const struct ui *ui, const struct entries *e, size_t first, int height)
{
	int lines = 0;

	for (size_t i = first; i < e->n && i <= ui->palette_choice; i++)
		lines += !has_heading(ui, e, i, first) ? 1 : i > first && height > GAPS_FROM ? 3 : 2;
	return lines;
}

static void draw_entries(const struct ui *ui, struct canvas *c, struct rect r, const struct entries *e)
{
	size_t first = 0;
	int y = r.y;

	while (first < ui->palette_choice && lines_between(ui, e, first, r.h) > r.h)
		first++;

	for (size_t i = first; i < e->n && y < r.y + r.h; i++) {
		const struct entry *x = &e->items[i];
		bool chosen = i == ui->palette_choice;

		if (has_heading(ui, e, i, first)) {
			if (y > r.y && r.h > GAPS_FROM)
				y++;
			canvas_text_c(c, r, y++, r.x + 1, heading_of(ui, x), STYLE(ROLE_MUTED, ROLE_RAISED, 0));
		}
		draw_entry(c, r, y++, x, chosen);
	}
	if (e->n == 0)
		canvas_text_c(c, r, r.y, r.x + 1,
			      ui->palette_menu && ui->prompt.len == 0
				      ? "Nothing can be done with what is selected here; : has everything"
				      : "nothing by that name",
			      STYLE(ROLE_FG, ROLE_RAISED, 0));
}

void palette_draw(struct ui *ui, struct canvas *c)
{
	struct entries *e = xalloc(sizeof *e);
	char remark[64];
	struct rect r;
	struct pen pen;

	gather(ui, e);
	(void)snprintf(remark, sizeof remark, "%zu entries", e->n);
	r = overlay_box(ui, c, ui->palette_menu ? (int)e->n + MENU_BESIDE : 36, 100,
			ui->palette_menu ? "Actions" : "Command", remark, ROLE_ACCENT);
	pen = pen_at(c, r, r.y, r.x, ROLE_RAISED);
	pen_bold(&pen, ROLE_ACCENT, ": ");
	pen_str(&pen, ROLE_STRONG, (struct str){ui->prompt.text, ui->prompt.cursor});
	pen_glyph(&pen, ROLE_ACCENT, G_CURSOR);
	pen_str(&pen, ROLE_STRONG,
		(struct str){ui->prompt.text + ui->prompt.cursor, ui->prompt.len - ui->prompt.cursor});
	draw_entries(ui, c, (struct rect){r.y + 1, r.x - 1, r.h - 1, r.w + 1}, e);
	xfree(e);
}

/* ---- running ---- */

static int open_cluster(struct ui *ui, const char *name)
{
	ui->next_target = ui_target_for(ui, str_c(name));
	return ui_show_view(ui, 0) | EFFECT_PAINT;
}

static int jump_to_session(struct ui *ui, struct str pid)
{
	int v = view_by_name("activity");
	bool found = false;
	struct table *t;

	(void)ui_show_view(ui, (size_t)v);
	t = &ui->views[v].panes[0].table;
	pane_table_recalc(ui, &ui->views[v].panes[0]);
	for (size_t i = 0; i < t->n; i++) {
		int64_t want;

		if (!parse_i64(pid, &want) || data_i64(t->snap, t->index[i], "pid", -1) != want)
			continue;
		table_move_to(t, i, ui->mono_us);
		found = true;
	}
	if (!found)
		ui_toast(ui, SEV_NOTICE, "no session " STR_FMT " is shown; m turns to other selections of rows",
			 STR_ARG(pid));
	return EFFECT_LAYOUT | EFFECT_DEMAND | EFFECT_RECALC | EFFECT_PAINT;
}

static int set_load_range(struct ui *ui, struct str text)
{
	if (load_view_set_range(ui, text))
		return EFFECT_RECALC | EFFECT_PAINT;
	ui_toast(ui, SEV_WARN, "range: " STR_FMT " is not one of those above the graph", STR_ARG(text));
	return EFFECT_PAINT;
}

static int set_range(struct ui *ui, struct str text, bool interval)
{
	struct target *t;
	int64_t us;

	if (!parse_duration_us(text, &us) || us < (interval ? 250 * US_PER_MS : US_PER_HOUR) ||
	    us > (interval ? US_PER_MIN : 7 * US_PER_DAY)) {
		ui_toast(ui, SEV_WARN, "%s: " STR_FMT " is not %s", interval ? "interval" : "range", STR_ARG(text),
			 interval ? "a time from 250ms to 60s" : "one of 1h 3h 12h 1d 7d");
		return EFFECT_PAINT;
	}
	t = ui_copy_target(ui);
	*(interval ? &t->interval_us : &t->range_us) = us;
	t->generation = runtime_target(ui->rt)->generation;
	ui->next_target = t;
	if (!interval)
		runtime_refresh(ui->rt, "metrics");
	return EFFECT_PAINT;
}

static int run_verb(struct ui *ui, int verb, struct str text)
{
	struct str arg = str_trim(str_sub(text, strlen(verbs[verb].verb), text.len));
	struct pane *p = ui_focused(ui);
	char word[FILTER_TEXT_MAX + 1];
	struct order o;
	struct err err;

	(void)snprintf(word, sizeof word, STR_FMT, STR_ARG(arg));
	if (verb == 2 && load_view_is_shown(ui))
		return set_load_range(ui, arg);
	if (verb >= 4)
		return identity_switch(ui, verb == 4 ? arg : (struct str){NULL, 0},
				       verb == 5 ? arg : (struct str){NULL, 0});
	if (verb >= 2)
		return set_range(ui, arg, verb == 3);
	if (!p || !p->def->table || !p->table.snap)
		return EFFECT_PAINT;
	if (verb == 0 && !table_set_filter(&p->table, word, &err)) {
		ui_toast(ui, SEV_WARN, "%s", err.text);
		p->table.filter_err.code = ERR_NONE;
	}
	if (verb == 1 && order_parse(arg, p->table.snap->type, &o))
		p->table.order = o;
	else if (verb == 1)
		ui_toast(ui, SEV_WARN, "sort: no column " STR_FMT, STR_ARG(arg));
	return EFFECT_RECALC | EFFECT_PAINT;
}

static int run_maintain(struct ui *ui, struct str text)
{
	const struct operation *op;
	enum operation_scope scope;
	struct str name;

	return operate_parse(text, &op, &scope, &name) ? operate_begin_on(ui, op, scope, name) : EFFECT_NONE;
}

static int run_valued(struct ui *ui, enum action_id id, struct str text)
{
	int effects = action_run(ui, id);

	operate_suggest(ui, str_trim(str_sub(text, strlen(actions[id].name), text.len)));
	return effects;
}

static int run_entry(struct ui *ui, const struct entry *x)
{
	switch (x->kind) {
	case ENTRY_VIEW:
		/* The list of clusters is of the region, not of the open one. */
		if (x->id == view_by_name("clusters"))
			return action_run(ui, ACTION_CLUSTERS) | EFFECT_PAINT;
		return ui_show_view(ui, (size_t)x->id) | EFFECT_PAINT;
	case ENTRY_ACTION:
		return action_run(ui, (enum action_id)x->id) | EFFECT_PAINT;
	case ENTRY_THEME:
		ui_set_theme(ui, x->text + strlen("theme "));
		return EFFECT_REDRAW | EFFECT_PAINT;
	case ENTRY_TIME:
		zone_use(x->id == 1);
		return EFFECT_RECALC | EFFECT_PAINT;
	case ENTRY_CLUSTER:
		return open_cluster(ui, x->text + strlen("cluster "));
	case ENTRY_VERB:
		return run_verb(ui, x->id, str_c(x->text));
	case ENTRY_MAINTAIN:
		return run_maintain(ui, str_c(x->text)) | EFFECT_PAINT;
	case ENTRY_VALUED:
		return run_valued(ui, (enum action_id)x->id, str_c(x->text)) | EFFECT_PAINT;
	}
	return EFFECT_NONE;
}

int palette_run(struct ui *ui)
{
	struct entries *e = xalloc(sizeof *e);
	struct str typed = str_trim((struct str){ui->prompt.text, ui->prompt.len});
	int effects = EFFECT_PAINT;
	int64_t pid;

	gather(ui, e);
	ui->overlay = OVERLAY_NONE;
	ui->prompt.open = false;
	if (e->n == 0 && parse_i64(typed, &pid))
		effects = jump_to_session(ui, typed);
	else if (e->n == 0)
		ui_toast(ui, SEV_WARN, "nothing is called " STR_FMT, STR_ARG(typed));
	else
		effects = run_entry(ui, &e->items[ui->palette_choice < e->n ? ui->palette_choice : 0]);
	xfree(e);
	return effects;
}
