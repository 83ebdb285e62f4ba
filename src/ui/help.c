/*
 * help.c: the help overlay, written from the action table, the views and the glyph set.
 */
#include "ui/ui.h"

#include "ui/action.h"
#include "ui/widgets/prose.h"

#include <stdio.h>

#define KEYS_W 11

static void section(struct prose *p, const char *title)
{
	if (p->lines > 0)
		prose_gap(p);
	prose_section(p, title);
}

static void group(struct prose *p, const struct ui *ui, enum action_group g)
{
	section(p, action_group_name(g));
	for (int i = 0; i < ACTION__COUNT; i++) {
		struct pen pen;
		bool applies;

		if (actions[i].group != g || !actions[i].keys[0])
			continue;
		applies = action_applies(ui, (enum action_id)i);
		pen = prose_line(p);
		pen_field(&pen, applies ? ROLE_STRONG : ROLE_FAINT, applies ? ATTR_BOLD : 0, KEYS_W,
			  str_c(actions[i].keys), false);
		prose_wrap(p, pen, KEYS_W, applies ? ROLE_FG : ROLE_FAINT, str_c(actions[i].help));
	}
}

static void views(struct prose *p)
{
	section(p, "Views");
	for (size_t i = 0; i < nview_defs; i++) {
		struct pen pen;

		if (!view_defs[i]->digit)
			continue;
		pen = prose_line(p);
		pen_boldf(&pen, ROLE_STRONG, "%c", view_defs[i]->digit);
		pen_skip(&pen, KEYS_W - 1);
		pen_textf(&pen, ROLE_FG, "%s: ", view_defs[i]->title);
		prose_wrap(p, pen, KEYS_W, ROLE_MUTED, str_c(view_defs[i]->help));
	}
}

static void sign(struct prose *p, enum glyph g, enum role role, const char *meaning)
{
	struct pen pen = prose_line(p);

	pen_glyph(&pen, role, g);
	pen_skip(&pen, KEYS_W - 1);
	prose_wrap(p, pen, KEYS_W, ROLE_FG, str_c(meaning));
}

static void signs(struct prose *p)
{
	static const char *const classes[] = {"lock", "lwlock", "io", "cpu", "client", "ipc", "timeout", "other"};
	static const char *const meanings[] = {
		"heavyweight lock",     "lock inside the server",    "storage, commit",   "no wait: on CPU or ready",
		"waits for its client", "waits for another process", "sleeps on purpose", "buffer pin, extension"};

	section(p, "Signs");
	sign(p, G_CRIT, ROLE_CRIT, "critical: act now");
	sign(p, G_WARN, ROLE_WARN, "warning: outside a limit");
	sign(p, G_NOTICE, ROLE_NOTICE, "notice, or work in progress");
	sign(p, G_OK, ROLE_OK, "ok");
	sign(p, G_UNKNOWN, ROLE_MUTED, "unknown: the reason stands beside it");
	sign(p, G_NONE, ROLE_FAINT, "does not apply");
	section(p, "Wait classes");
	for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
		struct pen pen = prose_line(p);

		pen_glyph(&pen, wait_role(str_c(classes[i]), true), G_LEGEND);
		pen_skip(&pen, 1);
		pen_field(&pen, wait_role(str_c(classes[i]), false), 0, 10, str_c(classes[i]), false);
		pen_text(&pen, ROLE_MUTED, meanings[i]);
	}
}

static void filters(struct prose *p)
{
	static const char *const rows[][2] = {
		{"timeout", "text in any column"},       {"user:app", "by column; all terms hold"},
		{">10s", "the main clock of the table"}, {"size:>1MiB", "number with a unit"},
		{"!db:a|b", "not; either of them"},      {"\"for update\"", "words with a blank"},
	};

	section(p, "Filter");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pen pen = prose_line(p);

		pen_field(&pen, ROLE_STRONG, 0, 14, str_c(rows[i][0]), false);
		pen_text(&pen, ROLE_FG, rows[i][1]);
	}
}

void help_draw(struct ui *ui, struct canvas *c, struct rect r)
{
	int columns = r.w >= 100 ? 3 : r.w >= 70 ? 2 : 1, w = r.w / columns;
	struct prose col[3], *a = &col[0], *b = &col[columns > 1 ? 1 : 0], *d = &col[columns - 1];

	for (int i = 0; i < columns; i++)
		col[i] = (struct prose){
			.c = c, .r = {r.y, r.x + i * w, r.h, w - 3}, .bg = ROLE_RAISED, .scroll = ui->overlay_scroll};

	/* how to get about and out again stands on the first page of the smallest screen */
	group(a, ui, GROUP_VIEWS);
	views(a);
	group(a, ui, GROUP_MOVE);
	group(b, ui, GROUP_ROWS);
	group(b, ui, GROUP_CHANGE);
	group(b, ui, GROUP_ORDER);
	filters(b);
	group(d, ui, GROUP_TIME);
	group(d, ui, GROUP_OTHER);
	signs(d);
	ui->overlay_lines = 0;
	for (int i = 0; i < columns; i++)
		ui->overlay_lines = col[i].lines > ui->overlay_lines ? col[i].lines : ui->overlay_lines;
}
