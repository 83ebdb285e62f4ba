/*
 * pane_backup_settings.c: how the cluster is kept: retention, windows, protection, key; each with the sign of the
 * verdict on it. A setting that AWS does not tell reads as unknown, not as off.
 */
#include "ui/panes/panes.h"

#include "base/clock.h"
#include "base/parse.h"
#include "ui/panes/backups_view.h"
#include "ui/verdicts.h"

#include <stdio.h>

#define LABEL_W 20
#define KEY_NAME_MAX 16
#define KEY_NAME_CUT 8 /* the first group of a UUID */
#define DAY_MINUTES (24 * 60)

struct sheet {
	const struct ui *ui;
	const struct snapshot *s; /* clusters */
	struct canvas *c;
	struct rect r;
	int next, columns;
};

/* The place of the next setting, behind its label. */
static struct pen place(struct sheet *sh, const char *label)
{
	int w = sh->r.w / sh->columns, x = sh->r.x + sh->next % sh->columns * w;
	struct rect cell = {sh->r.y, x, sh->r.h, sh->columns > 1 ? w - 1 : w};
	struct pen pen = pen_at(sh->c, cell, sh->r.y + sh->next / sh->columns, x, ROLE_BG);

	sh->next++;
	pen_field(&pen, ROLE_MUTED, 0, LABEL_W, str_c(label), false);
	return pen;
}

/* The sign of what a rule says, where it has said something. */
static void sign(struct sheet *sh, struct pen *pen, const char *rule)
{
	enum severity s = verdict_about(sh->ui, rule, STR(""));

	if (s == SEV_NONE)
		return;
	pen_skip(pen, 1);
	pen_glyph(pen, severity_role(s), severity_glyph(s));
}

static void unknown(struct pen *pen, const struct snapshot *s, const char *field)
{
	struct str reason = snapshot_unavailable(s, field);

	pen_text(pen, ROLE_MUTED, reason.len > 0 ? "n/a: " : "unknown");
	pen_str(pen, ROLE_MUTED, reason);
}

static void put_switch(struct sheet *sh, const char *label, const char *field, const char *rule)
{
	struct pen pen = place(sh, label);
	int64_t on = data_i64(sh->s, 0, field, -1);

	if (on < 0)
		unknown(&pen, sh->s, field);
	else
		pen_text(&pen, ROLE_FG, on ? "on" : "off");
	sign(sh, &pen, rule);
}

static void put_retention(struct sheet *sh)
{
	struct pen pen = place(sh, "retention");
	int64_t days = data_i64(sh->s, 0, "backup_retention_days", -1);

	if (days < 0)
		unknown(&pen, sh->s, "backup_retention_days");
	else
		pen_textf(&pen, ROLE_FG, "%lld d", (long long)days);
	sign(sh, &pen, "backup.retention");
}

static void put_continuous(struct sheet *sh)
{
	struct pen pen = place(sh, "continuous backup");
	int64_t latest = data_i64(sh->s, 0, "latest_restorable_at", 0);
	struct buf b;

	if (latest == 0) {
		unknown(&pen, sh->s, "latest_restorable_at");
	} else {
		buf_init(&b, 64);
		(void)format_duration(&b, sh->ui->now_us > latest ? sh->ui->now_us - latest : 0);
		pen_str(&pen, ROLE_FG, buf_str(&b));
		pen_text(&pen, ROLE_MUTED, " behind");
		buf_release(&b);
	}
	sign(sh, &pen, "backup.restorable");
}

/* ---- windows ---- */

/* "hh:mm" as a minute of the day, or -1. */
static int minute_of(struct str text)
{
	int64_t hour, minute;

	if (text.len != 5 || text.ptr[2] != ':' || !parse_i64(str_sub(text, 0, 2), &hour) ||
	    !parse_i64(str_sub(text, 3, 5), &minute) || hour < 0 || hour > 23 || minute < 0 || minute > 59)
		return -1;
	return (int)(hour * 60 + minute);
}

/* Minutes until the daily window opens; when it is open, until it closes. False: the text is no window. */
static bool window_in(struct str window, int64_t now_us, bool *ret_open, int *ret_minutes)
{
	int from = window.len == 11 ? minute_of(str_sub(window, 0, 5)) : -1, to, now;
	struct civil t;

	to = window.len == 11 ? minute_of(str_sub(window, 6, 11)) : -1;
	if (from < 0 || to < 0)
		return false;
	clock_civil(now_us, &t);
	now = t.hour * 60 + t.minute;
	*ret_open = (now - from + DAY_MINUTES) % DAY_MINUTES < (to - from + DAY_MINUTES) % DAY_MINUTES;
	*ret_minutes = ((*ret_open ? to : from) - now + DAY_MINUTES) % DAY_MINUTES;
	return true;
}

static void put_backup_window(struct sheet *sh)
{
	struct pen pen = place(sh, "backup window");
	struct str window = data_str(sh->s, 0, "backup_window");
	int minutes;
	bool open;

	if (window.len == 0) {
		unknown(&pen, sh->s, "backup_window");
		return;
	}
	pen_str(&pen, ROLE_FG, window);
	pen_text(&pen, ROLE_FG, "Z");
	if (!window_in(window, sh->ui->now_us, &open, &minutes))
		return;
	pen_text(&pen, ROLE_MUTED, open ? "  open, for " : "  next in ");
	if (minutes >= 60)
		pen_textf(&pen, ROLE_FG, "%dh%02dm", minutes / 60, minutes % 60);
	else
		pen_textf(&pen, ROLE_FG, "%dm", minutes);
}

static void put_text(struct sheet *sh, const char *label, const char *field)
{
	struct pen pen = place(sh, label);
	struct str text = data_str(sh->s, 0, field);

	if (text.len == 0)
		unknown(&pen, sh->s, field);
	else
		pen_str(&pen, ROLE_FG, text);
}

/* ---- encryption ---- */

/* A key without a name of its own is a long number; its begin tells it from the others. */
static void put_key_name(struct pen *pen, struct str name)
{
	if (name.len <= KEY_NAME_MAX) {
		pen_str(pen, ROLE_FG, name);
		return;
	}
	pen_str(pen, ROLE_FG, str_sub(name, 0, KEY_NAME_CUT));
	pen_glyph(pen, ROLE_MUTED, G_CUT);
}

static void put_rotation(struct sheet *sh, struct pen *pen, struct str arn)
{
	const struct snapshot *keys = store_good(sh->ui->store, "keys");
	long row = keys ? data_find(keys, "arn", arn) : -1;
	int64_t rotation = row < 0 ? -1 : data_i64(keys, (size_t)row, "rotation", -1);
	int64_t days = row < 0 ? 0 : data_i64(keys, (size_t)row, "rotation_period_days", 0);

	if (row >= 0 && str_eq_c(data_str(keys, (size_t)row, "manager"), "AWS"))
		pen_text(pen, ROLE_MUTED, " of AWS, rotates yearly");
	else if (rotation == 1 && days > 0)
		pen_textf(pen, ROLE_MUTED, " rotates every %lld d", (long long)days);
	else if (rotation == 1)
		pen_text(pen, ROLE_MUTED, " rotates");
	else if (rotation == 0)
		pen_text(pen, ROLE_MUTED, " does not rotate");
}

static void put_key(struct sheet *sh)
{
	struct pen pen = place(sh, "key");
	struct str arn = data_str(sh->s, 0, "kms_key");
	int64_t encrypted = data_i64(sh->s, 0, "encrypted", -1);
	enum severity s = verdict_about(sh->ui, "posture.key_state", STR(""));

	if (encrypted < 0) {
		unknown(&pen, sh->s, "encrypted");
	} else if (!encrypted) {
		pen_text(&pen, ROLE_FG, "none, not encrypted");
	} else {
		put_key_name(&pen, arn.len > 0 ? backups_key_name(arn) : STR("encrypted"));
		put_rotation(sh, &pen, arn);
	}
	sign(sh, &pen,
	     s > SEV_OK                      ? "posture.key_state"
	     : encrypted == 1 && s == SEV_OK ? "posture.key_rotation"
					     : "posture.volume_encrypted");
}

static void draw(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r)
{
	struct rect in = rect_inset(r, 0, 1);
	struct sheet sh = {.ui = ui,
			   .s = pane_good(ui, p),
			   .c = c,
			   .r = in,
			   .columns = in.w >= 150  ? 3
				      : in.w >= 88 ? 2
						   : 1};
	struct pen pen;

	if (!sh.s || sh.s->nrows == 0)
		return;
	put_retention(&sh);
	put_continuous(&sh);
	put_backup_window(&sh);
	put_text(&sh, "maintenance window", "maintenance_window");
	put_switch(&sh, "deletion protection", "deletion_protection", "posture.deletion_protection");
	put_switch(&sh, "copy tags", "copy_tags", "backup.copy_tags");
	put_key(&sh);
	pen = place(&sh, "backtrack");
	pen_text(&pen, ROLE_MUTED, "n/a: not in Aurora PostgreSQL");
	if (sh.next / sh.columns + 2 >= in.h)
		return;
	pen = pen_at(c, in, in.y + in.h - 1, in.x, ROLE_BG);
	pen_bold(&pen, ROLE_STRONG, "B");
	pen_text(&pen, ROLE_MUTED, " create snapshot   ");
	pen_bold(&pen, ROLE_STRONG, ":");
	pen_text(&pen, ROLE_MUTED, " backup retention, backup window, delete snapshot");
}

static void summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	pen_text(pen, ROLE_MUTED, "of ");
	pen_str(pen, ROLE_FG, data_str(pane_good(ui, p), 0, "identifier"));
}

static const struct pane_ops ops = {.summary = summary, .draw = draw};

const struct pane_def pane_backup_settings = {
	.name = "backup_settings",
	.title = "Settings",
	.help = "Retention, windows, protection and key of the cluster, with the verdict on each.",
	.sources = "clusters",
	.ops = &ops,
};
