/*
 * logs_files.c: what the Logs view says and offers where the log is not in CloudWatch Logs.
 *
 * Reading log files by RDS is work for the database's hosts, so it happens once for each time
 * somebody asks: the wish is the source's wide mode, taken back as soon as there is an answer.
 */
#include "ui/panes/logs_merge.h"

#include "ui/action.h"

#include <stdio.h>

static const struct store_entry *entry(const struct ui *ui, const char *source)
{
	return store_entry(ui->store, source);
}

bool logs_files_offered(const struct ui *ui)
{
	const struct store_entry *logs = entry(ui, "logs");

	return logs && !logs->good && logs->latest &&
	       (logs->latest->state == SNAP_UNAVAILABLE || logs->latest->state == SNAP_ERROR) &&
	       runtime_target(ui->rt)->cluster[0];
}

int logs_files_ask(struct ui *ui, struct logs_files *files)
{
	const struct store_entry *e = entry(ui, "log_files");

	if (!e || files->asking)
		return EFFECT_NONE;
	*files = (struct logs_files){.asking = true, .version = e->version};
	runtime_set_wide(ui->rt, "log_files", true);
	runtime_refresh(ui->rt, "log_files");
	return EFFECT_RECALC | EFFECT_PAINT;
}

void logs_files_look(struct ui *ui, struct logs_files *files)
{
	const struct store_entry *e = entry(ui, "log_files");

	if (!files->asking || !e || e->version == files->version)
		return;
	runtime_set_wide(ui->rt, "log_files", false);
	*files = (struct logs_files){.answered = true};
}

/* A sentence with its sign; the row after it. */
static int say(struct canvas *c, struct rect r, int y, enum role role, enum glyph sign, const char *text)
{
	canvas_glyph(c, r, y, r.x, sign, STYLE(role, ROLE_BG, 0));
	return logs_draw_text(c, (struct rect){r.y, r.x + 2, r.h, r.w - 2}, y, str_c(text), false, ROLE_BG);
}

static int step(struct canvas *c, struct rect r, int y, const char *word, struct str text)
{
	struct pen pen = pen_at(c, r, y, r.x + 2, ROLE_BG);

	if (text.len == 0)
		return y;
	pen_bold(&pen, ROLE_ACCENT, word);
	return logs_draw_text(c, (struct rect){r.y, pen.x, r.h, r.x + r.w - pen.x}, y, text, false, ROLE_BG);
}

static int draw_files(const struct ui *ui, const struct logs_files *files, struct canvas *c, struct rect r, int y)
{
	const struct store_entry *e = entry(ui, "log_files");
	char text[160];
	struct buf at;

	if (!e || !logs_files_offered(ui))
		return y;
	if (files->asking)
		return say(c, r, y, ROLE_NOTICE, G_PROGRESS, "reading the log files of the instances");
	if (e->good) {
		buf_init(&at, 64);
		(void)format_clock(&at, e->good->at_us, ui->now_us);
		(void)snprintf(text, sizeof text,
			       "below: the last lines of the log files, as of %s; F reads them again", buf_c(&at));
		buf_release(&at);
		return say(c, r, y, ROLE_NOTICE, G_NOTICE, text);
	}
	if (files->answered && e->latest && e->latest->state != SNAP_OK) {
		y = say(c, r, y, ROLE_WARN, G_WARN, e->latest->err.text);
		return step(c, r, y, "next ", str_c(e->latest->err.remedy));
	}
	return step(c, r, y, "or   ", STR("F reads the last lines of each instance's log file now"));
}

int logs_draw_missing(const struct ui *ui, const struct pane *p, const struct logs_files *files, struct canvas *c,
		      struct rect r)
{
	const struct store_entry *e = pane_entry(ui, p);
	struct rect in = rect_inset(r, 0, 1);
	int y;

	if (!e || e->good || !e->latest || e->latest->state == SNAP_OK || r.h < 4)
		return 0;
	y = say(c, in, in.y, ROLE_WARN, G_WARN, e->latest->err.text);
	y = step(c, in, y, "next ", str_c(e->latest->err.remedy));
	y = draw_files(ui, files, c, in, y);
	return (y < r.y + r.h ? y : r.y + r.h) - r.y;
}
