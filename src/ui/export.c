/*
 * export.c: y and w: a row to the clipboard, a pane to a file. Literals are masked on the way out.
 */
#include "ui/export.h"

#include "base/clock.h"
#include "codec/codec_csv.h"
#include "codec/codec_json.h"
#include "model/sqltext.h"
#include "ui/session_detail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXPORT_BYTES_MAX (64u << 20)
/* What a terminal takes by OSC 52 (term.h). */
#define COPY_BYTES_MAX 56000

static int copy_statement(struct ui *ui, struct str text)
{
	buf_clear(&ui->copy);
	if (sql_mask_literals(&ui->copy, text) && ui->copy.len <= COPY_BYTES_MAX) {
		ui_toast(ui, SEV_OK, "statement copied, literals masked (if your terminal allows it)");
		return EFFECT_PAINT;
	}
	buf_clear(&ui->copy);
	ui_toast(ui, SEV_WARN, "not copied: the statement is longer than a terminal takes");
	return EFFECT_PAINT;
}

int export_copy(struct ui *ui)
{
	struct table *t = ui_focused_table(ui);
	long row = t ? table_selected_row(t) : -1;
	struct str text;

	if (row < 0)
		return EFFECT_NONE;
	if (ui->overlay == OVERLAY_DETAIL && session_detail_text(ui, t->snap, (size_t)row, &text))
		return copy_statement(ui, text);
	buf_clear(&ui->copy);
	for (size_t i = 0; i < t->snap->type->nfields; i++) {
		union value v;

		if (t->snap->type->fields[i].kind == K_SQL &&
		    rec_get(&t->snap->type->fields[i], snapshot_row(t->snap, (size_t)row), &v))
			return copy_statement(ui, v.str);
	}
	(void)csv_write_row(&ui->copy, t->snap, (size_t)row, true);
	ui_toast(ui, SEV_OK, "row copied (if your terminal allows it)");
	return EFFECT_PAINT;
}

bool export_file(const char *name, struct str text, struct err *err)
{
	char why[128];
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	size_t done = 0;

	if (fd < 0)
		return err_set(err, ERR_IO, "cannot create %s: %s", name, err_errno(errno, why, sizeof why));
	while (done < text.len) {
		ssize_t n = write(fd, text.ptr + done, text.len - done);

		if (n < 0) {
			int saved = errno;

			(void)close(fd);
			return err_set(err, ERR_IO, "cannot write %s: %s", name, err_errno(saved, why, sizeof why));
		}
		done += (size_t)n;
	}
	(void)close(fd);
	return true;
}

static void add_csv(struct buf *b, const struct table *t)
{
	(void)csv_write_heading(b, t->snap->type);
	for (size_t i = 0; i < t->n; i++)
		(void)csv_write_row(b, t->snap, t->index[i], true);
}

/* An array of the rows, with the names of --once. */
static void add_json(struct buf *b, const struct table *t)
{
	(void)buf_add_c(b, "[");
	for (size_t i = 0; i < t->n; i++) {
		(void)buf_add_c(b, i ? ",\n" : "\n");
		(void)json_write_row(b, t->snap, t->index[i], true);
	}
	(void)buf_add_c(b, "\n]\n");
}

int export_write(struct ui *ui, enum export_format format)
{
	struct table *t = ui_focused_table(ui);
	const struct store_entry *e;
	struct civil c;
	struct err err;
	struct buf b;
	char name[128];

	if (!t || !t->snap)
		return EFFECT_NONE;
	clock_civil(ui->now_us, &c);
	e = store_entry(ui->store, t->def->source);
	(void)snprintf(name, sizeof name, "auroratop-%s-%04d%02d%02d-%02d%02d%02d.%s",
		       e && e->source->merges ? e->source->merges : t->def->source, c.year, c.month, c.day, c.hour,
		       c.minute, c.second, format == EXPORT_JSON ? "json" : "csv");
	buf_init(&b, EXPORT_BYTES_MAX);
	if (format == EXPORT_JSON)
		add_json(&b, t);
	else
		add_csv(&b, t);
	if (b.failed)
		ui_toast(ui, SEV_WARN, "not written: more than %u MiB", EXPORT_BYTES_MAX >> 20);
	else if (export_file(name, buf_str(&b), &err))
		ui_toast(ui, SEV_OK, "%zu rows written to %s, literals masked", t->n, name);
	else
		ui_toast(ui, SEV_CRIT, "%s", err.text);
	buf_release(&b);
	return EFFECT_PAINT;
}
