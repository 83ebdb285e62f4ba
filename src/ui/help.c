/*
 * help.c: the help overlay, written from the action table, the views and the glyph set.
 */
#include "ui/ui.h"

#include "base/utf8.h"
#include "ui/action.h"

#include <stdio.h>

#define KEYS_W 11

struct column {
	struct canvas *c;
	struct rect r;
	int y, scroll;
};

static struct pen line(struct column *col)
{
	struct pen pen = pen_at(col->c, col->r, col->r.y + col->y - col->scroll, col->r.x, ROLE_RAISED);

	if (pen.y < col->r.y)
		pen.clip.w = 0;
	col->y++;
	return pen;
}

/* Words at the pen, over as many lines as they need: what a key does is never cut. */
static void words(struct column *col, struct pen *pen, int indent, enum role role, struct str text)
{
	int left = col->r.x + col->r.w - pen->x;

	while (text.len > 0) {
		size_t take = utf8_prefix(text, left > 0 ? (size_t)left : 1), cut = take;

		if (take == 0)
			return;
		while (take < text.len && cut > 0 && text.ptr[cut] != ' ')
			cut--;
		take = take < text.len && cut > 0 ? cut : take;
		pen_str(pen, role, str_sub(text, 0, take));
		text = str_trim(str_sub(text, take, text.len));
		if (text.len == 0)
			return;
		*pen = line(col);
		pen_skip(pen, indent);
		left = col->r.w - indent;
	}
}

static void section(struct column *col, const char *title)
{
	struct pen pen;

	if (col->y > 0)
		(void)line(col);
	pen = line(col);
	pen_bold(&pen, ROLE_STRONG, title);
	pen_skip(&pen, 1);
	while (pen_left(&pen) > 0)
		pen_glyph(&pen, ROLE_LINE, G_FRAME_H);
}

static void group(struct column *col, const struct ui *ui, enum action_group g)
{
	section(col, action_group_name(g));
	for (int i = 0; i < ACTION__COUNT; i++) {
		struct pen pen;
		bool applies;

		if (actions[i].group != g || !actions[i].keys[0])
			continue;
		applies = action_applies(ui, (enum action_id)i);
		pen = line(col);
		pen_field(&pen, applies ? ROLE_STRONG : ROLE_FAINT, applies ? ATTR_BOLD : 0, KEYS_W,
			  str_c(actions[i].keys), false);
		words(col, &pen, KEYS_W, applies ? ROLE_FG : ROLE_FAINT, str_c(actions[i].help));
	}
}

static void views(struct column *col)
{
	section(col, "Views");
	for (size_t i = 0; i < nview_defs; i++) {
		struct pen pen;

		if (!view_defs[i]->digit)
			continue;
		pen = line(col);
		pen_boldf(&pen, ROLE_STRONG, "%c", view_defs[i]->digit);
		pen_skip(&pen, KEYS_W - 1);
		pen_textf(&pen, ROLE_FG, "%s: ", view_defs[i]->title);
		words(col, &pen, KEYS_W, ROLE_MUTED, str_c(view_defs[i]->help));
	}
}

static void sign(struct column *col, enum glyph g, enum role role, const char *meaning)
{
	struct pen pen = line(col);

	pen_glyph(&pen, role, g);
	pen_skip(&pen, KEYS_W - 1);
	words(col, &pen, KEYS_W, ROLE_FG, str_c(meaning));
}

static void signs(struct column *col)
{
	static const char *const classes[] = {"lock", "lwlock", "io", "cpu", "client", "ipc", "timeout", "other"};
	static const char *const meanings[] = {
		"heavyweight lock",     "lock inside the server",    "storage, commit",   "no wait: on CPU or ready",
		"waits for its client", "waits for another process", "sleeps on purpose", "buffer pin, extension"};

	section(col, "Signs");
	sign(col, G_CRIT, ROLE_CRIT, "critical: act now");
	sign(col, G_WARN, ROLE_WARN, "warning: outside a limit");
	sign(col, G_NOTICE, ROLE_NOTICE, "notice, or work in progress");
	sign(col, G_OK, ROLE_OK, "ok");
	sign(col, G_UNKNOWN, ROLE_MUTED, "unknown: the reason stands beside it");
	sign(col, G_NONE, ROLE_FAINT, "does not apply");
	section(col, "Wait classes");
	for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
		struct pen pen = line(col);

		pen_glyph(&pen, wait_role(str_c(classes[i]), true), G_LEGEND);
		pen_skip(&pen, 1);
		pen_field(&pen, wait_role(str_c(classes[i]), false), 0, 10, str_c(classes[i]), false);
		pen_text(&pen, ROLE_MUTED, meanings[i]);
	}
}

static void filters(struct column *col)
{
	static const char *const rows[][2] = {
		{"timeout", "text in any column"},
		{"user:app", "by column; all terms hold"},
		{">10s", "the main clock of the table"},
		{"size:>1MiB", "number with a unit"},
		{"!idle", "not"},
		{"db:a|b", "either"},
		{"\"for update\"", "words with a blank"},
	};

	section(col, "Filter");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pen pen = line(col);

		pen_field(&pen, ROLE_STRONG, 0, 14, str_c(rows[i][0]), false);
		pen_text(&pen, ROLE_FG, rows[i][1]);
	}
}

void help_draw(struct ui *ui, struct canvas *c, struct rect r)
{
	int columns = r.w >= 100 ? 3 : r.w >= 70 ? 2 : 1, w = r.w / columns;
	struct column col[3];

	for (int i = 0; i < columns; i++)
		col[i] = (struct column){c, {r.y, r.x + i * w, r.h, w - 3}, 0, ui->overlay_scroll};
	struct column *a = &col[0], *b = &col[columns > 1 ? 1 : 0], *d = &col[columns > 2 ? 2 : columns - 1];

	/* how to get about and out again stands on the first page of the smallest screen */
	group(a, ui, GROUP_VIEWS);
	views(a);
	group(a, ui, GROUP_MOVE);
	group(b, ui, GROUP_ROWS);
	group(b, ui, GROUP_ORDER);
	filters(b);
	group(d, ui, GROUP_TIME);
	group(d, ui, GROUP_OTHER);
	signs(d);
	ui->overlay_lines = 0;
	for (int i = 0; i < columns; i++)
		ui->overlay_lines = col[i].y > ui->overlay_lines ? col[i].y : ui->overlay_lines;
}
