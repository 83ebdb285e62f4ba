/*
 * pane_session.c: the session selected in the Activity table, and what active sessions wait
 * for, both from the newest sample.
 */
#include "ui/limits.h"
#include "ui/panes/activity_groups.h"
#include "ui/panes/panes.h"

#include "base/sort.h"
#include "base/utf8.h"
#include "model/waits.h"

#include <stdio.h>

#define WAITS_MAX 64

/* The Activity pane of the view on screen, unless its rows are groups. */
static const struct pane *activity_of(const struct ui *ui)
{
	const struct view *v = &ui->views[ui->view];

	for (size_t i = 0; i < v->def->npanes; i++)
		if (v->panes[i].def == &pane_activity && !activity_grouped_by(&v->panes[i]))
			return &v->panes[i];
	return NULL;
}

static struct pen label(struct canvas *c, struct rect r, int *y, const char *name)
{
	struct pen pen = pen_at(c, r, (*y)++, r.x, ROLE_BG);

	pen_field(&pen, ROLE_MUTED, 0, 13, str_c(name), false);
	return pen;
}

static void duration(struct pen *pen, int64_t us, enum severity s)
{
	struct buf b;

	if (us < 0) {
		pen_glyph(pen, ROLE_FAINT, G_NONE);
		return;
	}
	buf_init(&b, 64);
	(void)glyph_duration(&b, us);
	pen_str(pen, s >= SEV_WARN ? severity_role(s) : ROLE_FG, buf_str(&b));
	if (s >= SEV_WARN) {
		pen_skip(pen, 1);
		pen_glyph(pen, severity_role(s), severity_glyph(s));
	}
	buf_release(&b);
}

/* What the wait means, wrapped under it. */
static int draw_why(const struct snapshot *s, size_t row, struct canvas *c, struct rect r, int y)
{
	struct str rest = wait_explain(data_str(s, row, "wait_type"), data_str(s, row, "wait_event"));

	if (data_str(s, row, "wait").len == 0)
		return y;
	while (rest.len > 0 && y < r.y + r.h) {
		size_t w = r.w > 21 ? (size_t)r.w - 13 : 8, take = utf8_prefix(rest, w), cut = take;

		while (take < rest.len && cut > 0 && rest.ptr[cut] != ' ')
			cut--;
		take = take < rest.len && cut > 0 ? cut : take;
		canvas_text(c, r, y++, r.x + 13, str_sub(rest, 0, take), STYLE(ROLE_MUTED, ROLE_BG, 0));
		rest = str_trim(str_sub(rest, take, rest.len));
	}
	return y;
}

static int draw_sql(struct canvas *c, struct rect r, int y, struct str text)
{
	struct str rest = text;

	while (rest.len > 0 && y < r.y + r.h) {
		size_t take = utf8_prefix(rest, (size_t)(r.w > 8 ? r.w : 8));
		const char *nl = memchr(rest.ptr, '\n', take);
		struct pen pen = pen_at(c, r, y++, r.x, ROLE_BG);

		if (nl)
			take = (size_t)(nl - rest.ptr) + 1;
		pen_sql(&pen, r.w, str_sub(rest, 0, nl ? take - 1 : take), false);
		rest = str_sub(rest, take, rest.len);
	}
	return y;
}

static void blocking(const struct snapshot *s, size_t row, struct canvas *c, struct rect r, int y)
{
	int64_t by = data_i64(s, row, "blocked_by", -1), blocks = data_i64(s, row, "blocks", 0);
	struct pen pen = pen_at(c, r, y, r.x, ROLE_BG);

	if (by < 0 && blocks <= 0)
		return;
	pen_glyph(&pen, ROLE_CRIT, G_CRIT);
	pen_skip(&pen, 1);
	if (by >= 0)
		pen_textf(&pen, ROLE_FG, "blocked by %lld", (long long)by);
	if (by >= 0 && blocks > 0)
		pen_text(&pen, ROLE_FG, ", ");
	if (blocks > 0)
		pen_textf(&pen, ROLE_FG, "%lld session%s behind it", (long long)blocks,
			  blocks == 1 ? " waits" : "s wait");
}

static void draw(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r)
{
	const struct pane *a = activity_of(ui);
	const struct snapshot *s = a ? a->table.snap : NULL;
	long row = a ? table_selected_row(&a->table) : -1;
	struct rect in = rect_inset(r, 0, 1);
	int y = in.y;
	struct pen pen;

	(void)p;
	if (!s || row < 0) {
		canvas_text_c(c, in, in.y, in.x, "No session is selected", STYLE(ROLE_FG, ROLE_BG, ATTR_BOLD));
		return;
	}
	size_t i = (size_t)row;

	pen = label(c, in, &y, "user");
	pen_str(&pen, ROLE_FG, data_str(s, i, "user"));
	pen_textf(&pen, ROLE_MUTED, " on " STR_FMT, STR_ARG(data_str(s, i, "database")));
	pen = label(c, in, &y, "app");
	pen_str(&pen, ROLE_FG, data_str(s, i, "application"));
	pen_textf(&pen, ROLE_MUTED, " from " STR_FMT, STR_ARG(data_str(s, i, "client")));
	pen = label(c, in, &y, "connected");
	duration(&pen, data_i64(s, i, "session_us", -1), SEV_NONE);
	if (data_i64(s, i, "session_us", -1) >= 0)
		pen_text(&pen, ROLE_MUTED, " ago");
	pen = label(c, in, &y, "transaction");
	duration(&pen, data_i64(s, i, "xact_us", -1), limits_xact(data_i64(s, i, "xact_us", 0)));
	pen = label(c, in, &y, "state");
	pen_str(&pen, ROLE_FG, data_str(s, i, "state"));
	pen_text(&pen, ROLE_MUTED, " for ");
	duration(&pen, data_i64(s, i, "state_us", -1), SEV_NONE);
	pen = label(c, in, &y, "wait");
	pen_str(&pen, wait_role(data_str(s, i, "wait_class"), false), data_str(s, i, "wait"));
	y = draw_why(s, i, c, in, y);
	y = draw_sql(c, (struct rect){in.y, in.x, in.h - 1, in.w}, y + 1, data_str(s, i, "query"));
	blocking(s, i, c, in, y);
}

static void summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct pane *a = activity_of(ui);
	long row = a ? table_selected_row(&a->table) : -1;

	(void)p;
	if (row >= 0)
		pen_textf(pen, ROLE_STRONG, "%lld", (long long)data_i64(a->table.snap, (size_t)row, "pid", 0));
}

/* ---- waits ---- */

struct wait_count {
	struct str wait, cls;
	int n;
};

static size_t count_waits(const struct snapshot *s, struct wait_count *out, int *ret_total)
{
	size_t n = 0;

	*ret_total = 0;
	for (size_t i = 0; s && i < s->nrows; i++) {
		struct str state = data_str(s, i, "state"), wait = data_str(s, i, "wait");
		size_t k = 0;

		if ((!str_eq_c(state, "running") && !str_eq_c(state, "waiting")) ||
		    str_eq_c(data_str(s, i, "wait_type"), "Activity"))
			continue;
		(*ret_total)++;
		while (k < n && !str_eq(out[k].wait, wait))
			k++;
		if (k == n && n < WAITS_MAX)
			out[n++] = (struct wait_count){wait, data_str(s, i, "wait_class"), 0};
		if (k < n)
			out[k].n++;
	}
	return n;
}

static int by_count(uint32_t a, uint32_t b, void *ctx)
{
	const struct wait_count *w = ctx;

	return (w[b].n > w[a].n) - (w[b].n < w[a].n);
}

static void waits_draw(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r)
{
	struct wait_count waits[WAITS_MAX];
	uint32_t index[WAITS_MAX], scratch[WAITS_MAX];
	struct rect in = rect_inset(r, 0, 1);
	int total, y = in.y;
	size_t n = count_waits(pane_good(ui, p), waits, &total);

	for (size_t i = 0; i < n; i++)
		index[i] = (uint32_t)i;
	sort_indices(index, scratch, n, by_count, waits);
	for (size_t i = 0; i < n && y < in.y + in.h; i++) {
		const struct wait_count *w = &waits[index[i]];
		struct pen pen = pen_at(c, in, y++, in.x, ROLE_BG);

		pen_field(&pen, wait_role(w->cls, false), 0, 24, w->wait, false);
		pen_textf(&pen, ROLE_FG, "%4d  ", w->n);
		if (pen_left(&pen) > 5)
			pen_bar(&pen, pen_left(&pen), (double)w->n / total, wait_role(w->cls, true));
	}
	if (n == 0)
		canvas_text_c(c, in, in.y, in.x, "No session is active", STYLE(ROLE_FG, ROLE_BG, ATTR_BOLD));
}

static void waits_summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	struct wait_count waits[WAITS_MAX];
	int total;

	(void)count_waits(pane_good(ui, p), waits, &total);
	pen_textf(pen, ROLE_FG, "%d", total);
	pen_text(pen, ROLE_MUTED, " active now");
}

static const struct pane_ops ops = {.summary = summary, .draw = draw, .follows_selection = true};
static const struct pane_ops waits_ops = {.summary = waits_summary, .draw = waits_draw};

const struct pane_def pane_session = {
	.name = "session",
	.title = "Session",
	.help = "The session selected in Activity.",
	.sources = "node_sessions",
	.ops = &ops,
};
const struct pane_def pane_waits = {
	.name = "waits",
	.title = "Waits",
	.help = "What active sessions wait for in the newest sample.",
	.sources = "node_sessions",
	.ops = &waits_ops,
};
