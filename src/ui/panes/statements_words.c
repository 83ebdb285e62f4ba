/*
 * statements_words.c: the selected statement, its figures and their words.
 */
#include "ui/panes/panes.h"
#include "ui/panes/statements_view.h"

#include "base/num.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define BLOCK_BYTES 8192.0 /* until the server has told */

const struct pane *statements_pane(const struct ui *ui)
{
	const struct view *v = &ui->views[ui->view];

	for (size_t i = 0; i < v->def->npanes; i++)
		if (v->panes[i].def == &pane_statements)
			return &v->panes[i];
	return NULL;
}

bool statements_selected(const struct ui *ui, const struct snapshot **ret_snap, size_t *ret_row,
			 enum statements_mode *ret_mode)
{
	const struct pane *p = statements_pane(ui);
	long row = p ? table_selected_row(&p->table) : -1;

	if (row < 0)
		return false;
	*ret_snap = p->table.snap;
	*ret_row = (size_t)row;
	*ret_mode = statements_mode_of(&p->table);
	return true;
}

double statements_amount(const struct snapshot *s, size_t row, const char *field, enum statements_mode mode)
{
	union value v;

	if (mode == STATEMENTS_INTERVAL)
		return data_rate(s, row, field);
	return data_value(s, row, field, &v) ? (double)v.i64 : (double)NAN;
}

double statements_per_call(const struct snapshot *s, size_t row, const char *field, enum statements_mode mode)
{
	double calls = statements_amount(s, row, "calls", mode);

	return calls > 0 ? statements_amount(s, row, field, mode) / calls : (double)NAN;
}

const struct series *statements_series(const struct snapshot *s, size_t row, const char *metric)
{
	char object[96];

	(void)snprintf(object, sizeof object, "%lld:%lld:%lld:%lld", (long long)data_i64(s, row, "user_oid", 0),
		       (long long)data_i64(s, row, "database_oid", 0), (long long)data_i64(s, row, "query_id", 0),
		       (long long)data_i64(s, row, "toplevel", -1));
	return series_find(&s->series, metric, str_c(object));
}

const char *statements_interval_words(const struct ui *ui, char *out, size_t size)
{
	const struct snapshot *info = store_good(ui->store, "statements_info");
	int64_t us = data_i64(info, 0, "interval_us", 0);

	if (us <= 0)
		(void)snprintf(out, size, "%s", "");
	else if (us < US_PER_S)
		(void)snprintf(out, size, "%s", "<1 s");
	else if (us < 100 * US_PER_S)
		(void)snprintf(out, size, "%" PRId64 " s", num_round((double)us / (double)US_PER_S));
	else
		(void)snprintf(out, size, "%" PRId64 " min", num_round((double)us / (double)US_PER_MIN));
	return out;
}

double statements_block_bytes(const struct ui *ui)
{
	const struct snapshot *info = store_good(ui->store, "statements_info");
	int64_t bytes = data_i64(info, 0, "block_bytes", 0);

	return bytes > 0 ? (double)bytes : BLOCK_BYTES;
}

void statements_number(struct buf *out, double v)
{
	if (isnan(v))
		return;
	if (v == 0)
		(void)buf_add_char(out, '0');
	else if (v > 0 && v < 0.01)
		(void)buf_add_c(out, "<0.01");
	else if (v > 0 && v < 9.95)
		(void)buf_addf(out, "%.*f", v < 0.995 ? 2 : 1, v);
	else if (v > 0 && v < 99.95)
		(void)buf_addf(out, "%.1f", v);
	else
		(void)format_count(out, data_whole(v + 0.5));
}

void statements_bytes(struct pen *pen, enum role role, double bytes)
{
	struct buf b;

	if (isnan(bytes)) {
		pen_glyph(pen, ROLE_FAINT, G_NONE);
		return;
	}
	buf_init(&b, 64);
	(void)format_bytes(&b, data_whole(bytes));
	pen_quantity(pen, role, 0, buf_str(&b));
	buf_release(&b);
}

void statements_duration(struct pen *pen, enum role role, double us)
{
	struct buf b;

	if (isnan(us)) {
		pen_glyph(pen, ROLE_FAINT, G_NONE);
		return;
	}
	buf_init(&b, 64);
	(void)glyph_duration(&b, data_whole(us));
	pen_str(pen, role, buf_str(&b));
	buf_release(&b);
}
