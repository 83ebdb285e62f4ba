/*
 * pane_cluster.c: the cluster's nodes with CPU and lag, and what AWS says about the cluster.
 */
#include "ui/panes/panes.h"

#include <math.h>
#include <stdio.h>

#define REASON_ROWS 3 /* of why there are no nodes */

static double newest(const struct ui *ui, const char *metric, struct str object)
{
	const struct snapshot *m = store_good(ui->store, "metrics");
	const struct series *s = m ? series_find(&m->series, metric, object) : NULL;

	return s && s->n > 0 ? s->value[s->n - 1] : (double)NAN;
}

/* Cells for the CPU bar of a node line; 0 when there is no room. */
static int bar_width(int w, int name_w)
{
	int bar = w - name_w - 22;

	return bar < 4 ? 0 : bar > 24 ? 24 : bar;
}

static void none_field(struct pen *pen, int w)
{
	pen_skip(pen, w - 1);
	pen_glyph(pen, ROLE_FAINT, G_NONE);
}

static void node(const struct ui *ui, const struct snapshot *s, size_t i, struct pen *pen, int name_w)
{
	struct str name = data_str(s, i, "identifier"), zone = data_str(s, i, "zone"),
		   status = data_str(s, i, "status");
	bool writer = str_eq_c(data_str(s, i, "role"), "writer");
	double cpu = newest(ui, "CPUUtilization", name), lag = newest(ui, "AuroraReplicaLag", name);
	int bar = bar_width(pen_left(pen), name_w);

	pen_bold(pen, writer ? ROLE_STRONG : ROLE_MUTED, writer ? "W " : "R ");
	pen_field(pen, ROLE_FG, writer ? ATTR_BOLD : 0, name_w, name, false);
	pen_skip(pen, 2);
	pen_field(pen, ROLE_MUTED, 0, 3, zone.len > 2 ? str_sub(zone, zone.len - 2, zone.len) : zone, false);
	if (!str_eq_c(status, "available")) {
		pen_glyph(pen, ROLE_NOTICE, G_PROGRESS);
		pen_skip(pen, 1);
		pen_str(pen, ROLE_NOTICE, status);
		return;
	}
	if (!isnan(cpu))
		pen_bar(pen, bar, cpu / 100, ROLE_FG);
	else
		pen_skip(pen, bar);
	if (isnan(cpu))
		none_field(pen, 5);
	else
		pen_textf(pen, ROLE_FG, "%4.0f%%", cpu);
	if (isnan(lag))
		none_field(pen, 8);
	else
		pen_textf(pen, ROLE_FG, "%5.0f ms", lag);
}

/* The newest metrics are too old to stand for now: what is drawn of them is faint and the heading says how old. */
static void old_metrics(const struct ui *ui, struct canvas *c, struct rect r, int y, int x)
{
	int64_t age = badge_old_us(ui, store_entry(ui->store, "metrics"));
	struct pen pen = pen_at(c, r, y, x + 5, ROLE_BG);
	char text[24];

	if (age < 0)
		return;
	canvas_faint(c, rect_intersect(r, (struct rect){y + 1, x, r.y + r.h - y - 1, r.x + r.w - x}));
	badge_age(text, sizeof text, age);
	if (x + 5 + (int)strlen(text) + 10 > r.x + r.w)
		return;
	/* the column of lags keeps its heading; where it is narrow the sign says what the word would */
	if (x + 5 + 8 + (int)strlen(text) + 10 <= r.x + r.w)
		pen_text(&pen, ROLE_WARN, "stale ");
	pen_textf(&pen, ROLE_WARN, "%s ", text);
	pen_glyph(&pen, ROLE_WARN, G_WARN);
}

/* Nodes come by a call of their own: when it fails, they are faint and it is said below them. */
static int failed_nodes(const struct store_entry *e, struct canvas *c, struct rect r, int from, int y)
{
	struct rect words = rect_intersect(r, (struct rect){y, r.x + 2, REASON_ROWS, r.w - 2});
	struct pen pen = pen_at(c, r, y, r.x, ROLE_BG);
	char text[ERR_TEXT_MAX + 32];
	enum role role;
	enum glyph sign;

	if (!badge_failed(e) || e->latest->state != SNAP_ERROR || y >= r.y + r.h)
		return y;
	canvas_faint(c, rect_intersect(r, (struct rect){from, r.x, y - from, r.w}));
	sign = badge_sign(e, &role);
	pen_glyph(&pen, role, sign);
	(void)snprintf(text, sizeof text, "%s%s", e->good ? "nodes as they were: " : "nodes: ", e->latest->err.text);
	return pen_wrapped(c, words, y, str_c(text), STYLE(ROLE_FG, ROLE_BG, 0));
}

static int nodes(const struct ui *ui, const struct snapshot *s, struct canvas *c, struct rect r, int y)
{
	int name_w = 9, top = y;
	struct pen pen = pen_at(c, r, y, r.x, ROLE_BG);

	for (size_t i = 0; i < s->nrows; i++) {
		int w = (int)data_str(s, i, "identifier").len;

		name_w = w > name_w ? (w > 24 ? 24 : w) : name_w;
	}
	pen_field(&pen, ROLE_MUTED, 0, name_w + 4, STR("NODE"), false);
	pen_field(&pen, ROLE_MUTED, 0, 3, STR("AZ"), false);
	pen_field(&pen, ROLE_MUTED, 0, bar_width(r.w, name_w) + 5, STR("CPU"), bar_width(r.w, name_w) == 0);
	pen_field(&pen, ROLE_MUTED, 0, 8, STR("LAG"), true);
	y++;
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < s->nrows && y < r.y + r.h; i++) {
			bool writer = str_eq_c(data_str(s, i, "role"), "writer");

			if (writer != (pass == 0))
				continue;
			pen = pen_at(c, r, y++, r.x, ROLE_BG);
			node(ui, s, i, &pen, name_w);
		}
	old_metrics(ui, c, (struct rect){top, r.x, y - top, r.w}, top, r.x + name_w + 7);
	return y;
}

static struct pen label(struct canvas *c, struct rect r, int *y, const char *name)
{
	struct pen pen = pen_at(c, r, *y, r.x, ROLE_BG);

	(*y)++;
	pen_field(&pen, ROLE_MUTED, 0, 10, str_c(name), false);
	return pen;
}

static void text_line(struct canvas *c, struct rect r, int *y, const char *name, struct str text)
{
	struct pen pen;

	if (text.len == 0 || *y >= r.y + r.h)
		return;
	pen = label(c, r, y, name);
	pen_field(&pen, ROLE_FG, 0, pen_left(&pen), text, false);
}

static void facts(const struct snapshot *s, const struct snapshot *instances, struct canvas *c, struct rect r, int y)
{
	long writer = data_find(instances, "role", STR("writer"));
	double min = data_f64(s, 0, "min_acu"), max = data_f64(s, 0, "max_acu");
	struct pen pen;

	if (writer >= 0 && y < r.y + r.h) {
		int64_t vcpu = data_i64(instances, (size_t)writer, "vcpu", 0),
			mem = data_i64(instances, (size_t)writer, "memory_bytes", 0);

		pen = label(c, r, &y, "class");
		pen_str(&pen, ROLE_FG, data_str(instances, (size_t)writer, "class"));
		if (vcpu > 0)
			pen_textf(&pen, ROLE_MUTED, " %lld vCPU", (long long)vcpu);
		if (mem > 0)
			pen_textf(&pen, ROLE_MUTED, " %lld GiB", (long long)(mem >> 30));
		if (!isnan(max))
			pen_textf(&pen, ROLE_FG, " %.1f to %.0f ACU", isnan(min) ? 0 : min, max);
	}
	text_line(c, r, &y, "endpoint", data_str(s, 0, "endpoint"));
	text_line(c, r, &y, "reader", data_str(s, 0, "reader_endpoint"));
	if (y < r.y + r.h) {
		pen = label(c, r, &y, "storage");
		pen_text(&pen, ROLE_FG,
			 str_eq_c(data_str(s, 0, "storage_type"), "aurora-iopt1") ? "I/O-Optimized" : "standard");
		pen_text(&pen, ROLE_MUTED, data_i64(s, 0, "encrypted", 0) ? " encrypted" : " not encrypted");
	}
	text_line(c, r, &y, "window", data_str(s, 0, "maintenance_window"));
	text_line(c, r, &y, "params", data_str(s, 0, "parameter_group"));
	text_line(c, r, &y, "subnets", data_str(s, 0, "subnet_group"));
}

/* Without a cluster the sources hold those of the whole region: of which none is told as if it were the one. */
static bool is_chosen(const struct ui *ui)
{
	return runtime_target(ui->rt)->cluster[0] != '\0';
}

static void draw_choice(struct canvas *c, struct rect r)
{
	struct pen pen = pen_at(c, r, r.y + 3, r.x, ROLE_BG);

	canvas_text_c(c, r, r.y + 1, r.x, "no cluster is chosen", STYLE(ROLE_STRONG, ROLE_BG, ATTR_BOLD));
	pen_bold(&pen, ROLE_ACCENT, "next  ");
	pen_text(&pen, ROLE_FG, ":clusters lists the region's");
}

static void draw(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r)
{
	const struct snapshot *s = pane_good(ui, p), *instances = store_good(ui->store, "instances");
	struct rect in = rect_inset(r, 0, 1);
	int y = r.y;

	if (!is_chosen(ui)) {
		draw_choice(c, in);
		return;
	}
	if (instances && instances->nrows > 0)
		y = nodes(ui, instances, c, in, y);
	/* Where the pane's own call failed, that was said already. */
	if (!badge_failed(pane_entry(ui, p)))
		y = failed_nodes(store_entry(ui->store, "instances"), c, in, r.y + 1, y);
	if (y > r.y && r.h > 9)
		y++;
	facts(s, instances, c, in, y);
}

static void summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	struct str status = data_str(pane_good(ui, p), 0, "status");
	bool ok = str_eq_c(status, "available"), stopped = str_starts(status, STR("stop"));

	if (status.len == 0 || !is_chosen(ui))
		return;
	pen_glyph(pen,
		  ok        ? ROLE_OK
		  : stopped ? ROLE_MUTED
			    : ROLE_NOTICE,
		  ok        ? G_AVAILABLE
		  : stopped ? G_IDLE_STEP
			    : G_PROGRESS);
	pen_skip(pen, 1);
	pen_str(pen, ROLE_FG, status);
}

static void line(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct snapshot *instances = store_good(ui->store, "instances");

	if (!is_chosen(ui)) {
		pen_text(pen, ROLE_MUTED, "no cluster is chosen");
		return;
	}
	summary(ui, p, pen);
	for (size_t i = 0; instances && i < instances->nrows; i++) {
		struct str name = data_str(instances, i, "identifier");
		double cpu = newest(ui, "CPUUtilization", name);

		pen_textf(pen, ROLE_MUTED, "  %s ", str_eq_c(data_str(instances, i, "role"), "writer") ? "W" : "R");
		pen_str(pen, ROLE_FG, name);
		if (!isnan(cpu))
			pen_textf(pen, ROLE_FG, " %.0f%%", cpu);
	}
}

static const struct pane_ops ops = {.summary = summary, .draw = draw, .line = line};

const struct pane_def pane_cluster = {
	.name = "cluster",
	.title = "Cluster",
	.help = "Nodes, endpoints and settings of the cluster as AWS tells them.",
	.sources = "clusters instances metrics",
	.ops = &ops,
};
