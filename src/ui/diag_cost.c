/*
 * diag_cost.c: what calls of AWS have come to, for `:diag`: a line for each service, and the sum against the budget.
 *
 * Prices are list prices without what is free, so the sum is rather too high; the last line says so.
 */
#include "ui/overlay.h"

#include "base/utf8.h"
#include "runtime/meter.h"

#include <stdio.h>

/* Together no wider than the box on a small terminal, but for what is in force. */
static const struct {
	const char *title;
	int w;
} columns[] = {{"CALLS", 6}, {"/HOUR", 8}, {"FAILED", 7}, {"THROTTLED", 10}, {"RECEIVED", 10}, {"USD/HOUR", 9}};
#define NAME_WIDTH 24

static void put_usd(struct buf *b, int64_t nano)
{
	(void)buf_addf(b, nano > 0 ? "%.4f" : "-", (double)nano / (double)NANO_PER_USD);
}

static void number(struct pen *pen, struct buf *b, size_t column, bool strong)
{
	pen_field(pen, strong ? ROLE_STRONG : ROLE_FG, 0, columns[column].w, buf_str(b), true);
	buf_clear(b);
}

static void draw_head(struct prose *l)
{
	struct pen pen = prose_line(l);

	pen_field(&pen, ROLE_MUTED, 0, NAME_WIDTH, STR("AWS SERVICE"), false);
	for (size_t i = 0; i < ARRAY_LEN(columns); i++)
		pen_field(&pen, ROLE_MUTED, 0, columns[i].w, str_c(columns[i].title), true);
	pen_skip(&pen, 2);
	pen_text(&pen, ROLE_MUTED, "NOW");
}

static void draw_service(struct prose *l, const struct meter_row *row)
{
	struct pen pen = prose_line(l);
	struct buf b;

	buf_init(&b, 64);
	pen_field(&pen, ROLE_FG, 0, NAME_WIDTH, str_c(row->name), false);
	(void)format_count(&b, row->calls);
	number(&pen, &b, 0, false);
	(void)format_count(&b, row->calls_hour);
	number(&pen, &b, 1, false);
	(void)format_count(&b, row->failed);
	number(&pen, &b, 2, row->failed > 0);
	(void)format_count(&b, row->throttled);
	number(&pen, &b, 3, row->throttled > 0);
	(void)format_bytes(&b, row->bytes);
	number(&pen, &b, 4, false);
	put_usd(&b, row->nano_usd_hour);
	number(&pen, &b, 5, false);
	pen_skip(&pen, 2);
	pen_text(&pen, ROLE_MUTED, row->note);
	buf_release(&b);
}

/* "about 0.0123 USD/h by list prices, 0.0089 in the last hour; budget 0.01: metrics 3 times as seldom" */
static void draw_sum(const struct ui *ui, struct prose *l, int64_t hour)
{
	int64_t budget = runtime_target(ui->rt)->budget_nano_usd, slow = meter_slow();
	struct buf b;

	buf_init(&b, 256);
	(void)buf_add_c(&b, "about ");
	(void)buf_addf(&b, "%.4f USD/h by list prices, ", (double)hour / (double)NANO_PER_USD);
	(void)buf_addf(&b, "%.4f in the last hour", (double)meter_spent(ui->mono_us) / (double)NANO_PER_USD);
	if (budget > 0)
		(void)buf_addf(&b, "; budget %.4g", (double)budget / (double)NANO_PER_USD);
	else
		(void)buf_add_c(&b, "; no budget is set");
	if (budget > 0 && slow > 1)
		(void)buf_addf(&b, ": metrics %lld times as seldom", (long long)slow);
	prose_wrap(l, prose_line(l), 2, slow > 1 ? ROLE_NOTICE : ROLE_FG, buf_str(&b));
	buf_release(&b);
}

void diag_cost_draw(const struct ui *ui, struct prose *l)
{
	struct meter_row row;
	struct pen pen;
	int64_t hour = 0;
	size_t i = 0;

	draw_head(l);
	for (; meter_read(i, ui->mono_us, &row); i++) {
		draw_service(l, &row);
		hour += row.nano_usd_hour;
	}
	if (i > 0) {
		draw_sum(ui, l, hour);
		return;
	}
	pen = prose_line(l);
	pen_text(&pen, ROLE_MUTED, "nothing has been asked of AWS yet");
}
