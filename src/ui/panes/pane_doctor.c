/*
 * pane_doctor.c: the steps of the connection doctor, one line each, and below them what is known of one of them.
 *
 * That one is the first that failed, or the one chosen with j and k. When the steps do not all fit, those around it
 * are shown: a small screen has the hop that matters.
 */
#include "base/utf8.h"
#include "base/xalloc.h"
#include "ui/action.h"
#include "ui/doctor_view.h"
#include "ui/panes/panes.h"
#include "ui/widgets/prose.h"

#include <stdio.h>

#define NAME_W 17
#define LEAD_W 5 /* sign, number, blanks */
/* Rows that the explanation needs to be worth having. */
#define EXPLAIN_MIN_H 4

static const struct {
	const char *word;
	enum glyph sign;
	enum role role, text;
	enum severity severity;
} states[] = {
	{"ok", G_OK, ROLE_OK, ROLE_FG, SEV_OK},
	{"notice", G_NOTICE, ROLE_NOTICE, ROLE_FG, SEV_NOTICE},
	{"warning", G_WARN, ROLE_WARN, ROLE_FG, SEV_WARN},
	{"unknown", G_UNKNOWN, ROLE_MUTED, ROLE_MUTED, SEV_UNKNOWN},
	{"failed", G_CRIT, ROLE_CRIT, ROLE_FG, SEV_CRIT},
	{"skipped", G_NONE, ROLE_FAINT, ROLE_MUTED, SEV_NONE},
	{"not reached", G_IDLE_STEP, ROLE_FAINT, ROLE_MUTED, SEV_NONE},
	{"waiting", G_IDLE_STEP, ROLE_FAINT, ROLE_MUTED, SEV_NONE},
};

static size_t state_at(const struct snapshot *s, size_t row)
{
	struct str word = data_str(s, row, "state");
	size_t i = 0;

	while (i < ARRAY_LEN(states) - 1 && !str_eq_c(word, states[i].word))
		i++;
	return i;
}

/* The steps, NULL while there are none. */
static const struct snapshot *steps_of(const struct doctor_view *d)
{
	return d && d->steps && d->steps->state == SNAP_OK && d->steps->nrows > 0 ? d->steps : NULL;
}

static long worst_step(const struct snapshot *s, enum severity *ret_worst)
{
	long worst = doctor_view_failing(s);

	*ret_worst = SEV_NONE;
	for (size_t i = 0; s && i < s->nrows; i++)
		if (states[state_at(s, i)].severity > *ret_worst) {
			*ret_worst = states[state_at(s, i)].severity;
			if (*ret_worst >= SEV_WARN && doctor_view_failing(s) < 0)
				worst = (long)i;
		}
	return worst;
}

/* The step that is explained, or -1. */
static long explained_step(const struct doctor_view *d)
{
	const struct snapshot *s = steps_of(d);
	enum severity worst;

	if (!s)
		return -1;
	return d->chosen ? (long)(d->cursor < s->nrows ? d->cursor : s->nrows - 1) : worst_step(s, &worst);
}

static bool is_running(const struct doctor_view *d)
{
	return d && (d->command || d->asking);
}

/* ---- title ---- */

static void summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct doctor_view *d = p->state;
	const struct snapshot *s = steps_of(d);
	long failing = doctor_view_failing(s);
	enum severity worst;

	(void)ui;
	(void)worst_step(s, &worst);
	if (failing >= 0) {
		pen_glyph(pen, ROLE_CRIT, G_CRIT);
		pen_boldf(pen, ROLE_CRIT, " stops at %lld, " STR_FMT,
			  (long long)data_i64(s, (size_t)failing, "number", 0),
			  STR_ARG(data_str(s, (size_t)failing, "name")));
	} else if (is_running(d)) {
		pen_text(pen, ROLE_NOTICE, "running");
	} else if (!s) {
		pen_text(pen, ROLE_MUTED, d && d->began ? "no result" : "d runs it");
	} else if (worst >= SEV_WARN) {
		pen_glyph(pen, ROLE_WARN, G_WARN);
		pen_text(pen, ROLE_WARN, " the path works, with warnings");
	} else if (d->address[0]) {
		pen_textf(pen, ROLE_MUTED, "%s", d->address);
	} else {
		pen_glyph(pen, ROLE_OK, G_OK);
		pen_text(pen, ROLE_FG, " the path works");
	}
}

static bool badge(const struct ui *ui, const struct pane *p, char *out, size_t size)
{
	const struct snapshot *s = steps_of(p->state);

	out[0] = '\0';
	if (s)
		badge_age(out, size, ui->now_us > s->at_us ? ui->now_us - s->at_us : 0);
	return true;
}

static enum severity severity(const struct ui *ui, const struct pane *p)
{
	enum severity worst;

	(void)ui;
	(void)worst_step(steps_of(p->state), &worst);
	return worst >= SEV_WARN ? worst : SEV_NONE;
}

/* ---- steps ---- */

static void draw_from_to(const struct snapshot *s, const struct doctor_view *d, struct canvas *c, struct rect r)
{
	struct pen pen = pen_at(c, r, r.y, r.x, ROLE_BG);
	struct str address = data_str(s, 0, "address"), host = data_str(s, 0, "host");

	pen_text(&pen, ROLE_MUTED, "from ");
	pen_text(&pen, ROLE_FG, d->address[0] ? "the address" : "this host");
	if (address.len > 0) {
		pen_skip(&pen, 2);
		pen_str(&pen, ROLE_STRONG, address);
	}
	if (host.len == 0)
		return;
	pen_text(&pen, ROLE_MUTED, "  to ");
	pen_str(&pen, ROLE_FG, host);
	pen_textf(&pen, ROLE_FG, ":%lld", (long long)data_i64(s, 0, "port", 5432));
}

static void draw_step(const struct snapshot *s, size_t row, struct canvas *c, struct rect line, enum role bg)
{
	size_t state = state_at(s, row);
	bool failing = data_i64(s, row, "first_failing", 0) != 0;
	int64_t took = data_i64(s, row, "took_us", -1);
	struct pen pen;
	struct buf text;
	int w = 0;

	if (failing && bg == ROLE_BG)
		bg = ROLE_CRITBG;
	canvas_fill(c, line, STYLE(ROLE_FG, bg, 0));
	buf_init(&text, 32);
	if (took >= 0 && line.w >= 60) {
		(void)glyph_duration(&text, took);
		w = utf8_columns(buf_str(&text)) + 1;
	}
	pen = pen_at(c, (struct rect){line.y, line.x, 1, line.w - w}, line.y, line.x, bg);
	pen_glyph(&pen, states[state].role, states[state].sign);
	pen_textf(&pen, ROLE_MUTED, "%3lld ", (long long)data_i64(s, row, "number", 0));
	pen_field(&pen, failing ? ROLE_STRONG : ROLE_FG, failing ? ATTR_BOLD : 0, NAME_W, data_str(s, row, "name"),
		  false);
	pen_str(&pen, states[state].text, data_str(s, row, "sentence"));
	pen = pen_at(c, line, line.y, line.x + line.w - w + 1, bg);
	pen_quantity(&pen, ROLE_FG, 0, buf_str(&text));
	buf_release(&text);
}

/* First of n steps shown when only `rows` fit, so that `at` is among them. */
static size_t first_shown(size_t n, int rows, long at)
{
	long first = at < rows ? 0 : at - rows + 1;

	return n <= (size_t)rows ? 0 : (size_t)first;
}

static void draw_explanation(const struct snapshot *s, size_t row, struct canvas *c, struct rect r)
{
	struct prose p = {.c = c, .r = r, .bg = ROLE_BG, .label_w = 6};
	struct str evidence = data_str(s, row, "evidence"), remedy = data_str(s, row, "remedy"),
		   action = data_str(s, row, "action");
	char title[80];
	struct pen pen;

	(void)snprintf(title, sizeof title, "%lld " STR_FMT, (long long)data_i64(s, row, "number", 0),
		       STR_ARG(data_str(s, row, "name")));
	prose_section(&p, title);
	prose_wrap(&p, prose_line(&p), 0, ROLE_STRONG, data_str(s, row, "sentence"));
	if (evidence.len > 0) {
		pen = prose_line(&p);
		pen_bold(&pen, ROLE_ACCENT, "why   ");
		prose_wrap(&p, pen, p.label_w, ROLE_MUTED, evidence);
	}
	if (remedy.len > 0) {
		pen = prose_line(&p);
		pen_bold(&pen, ROLE_ACCENT, "next  ");
		prose_wrap(&p, pen, p.label_w, ROLE_FG, remedy);
	}
	if (action.len > 0) {
		pen = prose_line(&p);
		pen_bold(&pen, ROLE_STRONG, "      :");
		pen_str(&pen, ROLE_STRONG, action);
		pen_text(&pen, ROLE_MUTED, "  shows what it would do");
	}
}

static void draw_steps(const struct doctor_view *d, const struct pane *p, struct canvas *c, struct rect in)
{
	const struct snapshot *s = steps_of(d);
	int n = (int)s->nrows, spare = in.h - n, head = spare > 1 ? 2 : spare > 0;
	int rows = in.h - head < n ? in.h - head : n;
	long explained = explained_step(d);
	size_t first = first_shown(s->nrows, rows, explained);

	if (head > 0)
		draw_from_to(s, d, c, in);
	for (int i = 0; i < rows; i++) {
		size_t row = first + (size_t)i;
		bool here = d->chosen && (long)row == explained;

		draw_step(s, row, c, (struct rect){in.y + head + i, in.x, 1, in.w},
			  !here        ? ROLE_BG
			  : p->focused ? ROLE_SELBG
				       : ROLE_IDLEBG);
	}
	in.y += head + rows + 1;
	in.h -= head + rows + 1;
	if (explained >= 0 && in.h >= EXPLAIN_MIN_H)
		draw_explanation(s, (size_t)explained, c, in);
}

/* ---- nothing yet ---- */

static void draw_nothing(const struct doctor_view *d, struct canvas *c, struct rect in)
{
	const struct err *err = d && d->steps && d->steps->state != SNAP_OK ? &d->steps->err : d ? &d->refused : NULL;
	struct prose p = {.c = c, .r = in, .bg = ROLE_BG, .label_w = 6};
	struct pen pen;

	if (is_running(d)) {
		prose_wrap(&p, prose_line(&p), 0, ROLE_STRONG,
			   STR("Looking at every hop from this host into the database"));
		return;
	}
	if (err && err->code != ERR_NONE) {
		prose_wrap(&p, prose_line(&p), 0, ROLE_STRONG, str_c(err->text));
		if (err->remedy[0]) {
			pen = prose_line(&p);
			pen_bold(&pen, ROLE_ACCENT, "next  ");
			prose_wrap(&p, pen, p.label_w, ROLE_FG, str_c(err->remedy));
		}
		return;
	}
	prose_wrap(&p, prose_line(&p), 0, ROLE_STRONG, STR("d walks every hop from this host into the database"));
	prose_wrap(&p, prose_line(&p), 0, ROLE_MUTED,
		   STR("this host, DNS, subnet, security group, TCP, TLS, connection slot, authentication, rights, "
		       "server, "
		       "clock; it connects once more and changes nothing"));
	pen = prose_line(&p);
	pen_bold(&pen, ROLE_STRONG, "i");
	pen_text(&pen, ROLE_MUTED, " asks for another address");
}

static void draw(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r)
{
	struct rect in = rect_inset(r, 0, 1);

	(void)ui;
	if (in.h <= 0 || in.w <= 0)
		return;
	if (steps_of(p->state))
		draw_steps(p->state, p, c, in);
	else
		draw_nothing(p->state, c, in);
}

/* ---- keys ---- */

static int move(struct pane *p, int action)
{
	struct doctor_view *d = p->state;
	const struct snapshot *s = steps_of(d);
	long at = explained_step(d), last;

	if (!s)
		return EFFECT_NONE;
	last = (long)s->nrows - 1;
	at = at < 0 ? 0 : at + (d->chosen || at > 0 ? (action == ACTION_DOWN) - (action == ACTION_UP) : 0);
	if (action == ACTION_FIRST || action == ACTION_LAST)
		at = action == ACTION_FIRST ? 0 : last;
	d->chosen = true;
	d->cursor = (size_t)(at < 0 ? 0 : at > last ? last : at);
	return EFFECT_PAINT;
}

static bool is_move(int action)
{
	return action == ACTION_DOWN || action == ACTION_UP || action == ACTION_FIRST || action == ACTION_LAST;
}

static int act(struct ui *ui, struct pane *p, int action)
{
	if (is_move(action))
		return move(p, action);
	return action == ACTION_DETAIL ? doctor_view_start(ui) : doctor_view_act(ui, action);
}

static bool offers(const struct ui *ui, const struct pane *p, int action)
{
	(void)ui;
	if (is_move(action))
		return steps_of(p->state) != NULL;
	return action == ACTION_DETAIL || doctor_view_offers(action);
}

static const char *calls(const struct pane *p, int action)
{
	(void)p;
	return action == ACTION_DETAIL ? "run" : doctor_view_calls(action);
}

static void close_state(struct pane *p)
{
	struct doctor_view *d = p->state;

	if (!d)
		return;
	doctor_view_release(d);
	xfree(d);
	p->state = NULL;
}

static void recalc(struct ui *ui, struct pane *p)
{
	(void)p;
	doctor_view_follow(ui);
}

static const struct pane_ops ops = {
	.recalc = recalc,
	.summary = summary,
	.draw = draw,
	.severity = severity,
	.badge = badge,
	.act = act,
	.offers = offers,
	.calls = calls,
	.close = close_state,
};

const struct pane_def pane_doctor = {
	.name = "doctor",
	.title = "Connection doctor",
	.help = "Every hop from this host into the database; the first one that fails, and what helps.",
	.sources = DOCTOR_SOURCES,
	.no_source = true,
	.ops = &ops,
};
