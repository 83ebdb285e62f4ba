/*
 * report_load.c: the load as a chart of letters, one for each wait class, and the statements that made it.
 *
 * Columns before the first own sample come from Performance Insights where that is on, as on the screen. A column
 * nobody knows anything of stays empty with a dot below it; it is not zero.
 */
#include "ui/report_impl.h"

#include "base/clock.h"
#include "base/num.h"
#include "base/sort.h"
#include "base/xalloc.h"
#include "ui/widgets/graph.h"

#include <math.h>
#include <stdio.h>

#define COLUMNS 96
#define ROWS 12
#define TOP_MAX 10
#define CHART_LEAST 4    /* columns: fewer are no chart */
#define SESSIONS_MAX 1e6 /* more than a server can have: a figure beyond is drawn as this */
#define CAPACITY_SHOWN 3 /* a capacity above so many times the load would press the chart flat */
#define SHARE_OF(part, whole) ((whole) > 0 ? (part) / (whole)*100 : 0.0)

struct chart {
	double cells[COLUMNS][WAIT__COUNT]; /* NaN in [0]: not known */
	double average[WAIT__COUNT], largest[WAIT__COUNT];
	double average_all, largest_all;
	double capacity; /* vCPUs of the writer, NaN = not known */
	double top;
	size_t known;
	bool insights;
};

static void take_insights(const struct report *r, struct chart *c)
{
	const struct snapshot *s = store_good(r->store, "insights");
	double values[COLUMNS];
	size_t n = 0;

	while (n < COLUMNS && isnan(c->cells[n][0]))
		n++;
	for (int k = 0; s && k < WAIT__COUNT; k++) {
		const struct series *series =
			series_find(&s->series, "db.load.avg", str_c(wait_class_name((enum wait_class)k)));

		if (!series)
			continue;
		series_resample(series, r->load_from_us, r->load_to_us, values, COLUMNS);
		for (size_t i = 0; i < n; i++) {
			if (isnan(values[i]))
				continue;
			if (isnan(c->cells[i][0]))
				memset(c->cells[i], 0, sizeof c->cells[i]);
			c->cells[i][k] = values[i] > 0 ? values[i] : 0;
			c->insights = true;
		}
	}
}

static double total_of(const double *classes)
{
	double sum = 0;

	for (int k = 0; k < WAIT__COUNT; k++)
		sum += classes[k];
	return sum;
}

static void sum_up(struct chart *c)
{
	for (size_t i = 0; i < COLUMNS; i++) {
		if (isnan(c->cells[i][0]))
			continue;
		c->known++;
		for (int k = 0; k < WAIT__COUNT; k++) {
			c->cells[i][k] = num_min(num_max(c->cells[i][k], 0), SESSIONS_MAX);
			c->average[k] += c->cells[i][k];
			c->largest[k] = num_max(c->largest[k], c->cells[i][k]);
		}
		c->average_all += total_of(c->cells[i]);
		c->largest_all = num_max(c->largest_all, total_of(c->cells[i]));
	}
	for (int k = 0; c->known > 0 && k < WAIT__COUNT; k++)
		c->average[k] /= (double)c->known;
	if (c->known > 0)
		c->average_all /= (double)c->known;
}

static void make_chart(const struct report *r, struct chart *c)
{
	const struct snapshot *instances = store_good(r->store, "instances");
	long writer = data_find(instances, "role", STR("writer"));
	int64_t vcpu = writer < 0 ? 0 : data_i64(instances, (size_t)writer, "vcpu", 0);
	double step;

	memset(c, 0, sizeof *c);
	for (size_t i = 0; i < COLUMNS; i++)
		c->cells[i][0] = (double)NAN;
	if (r->history && load_history_count(r->history) > 0)
		load_history_resample(r->history, r->load_from_us, r->load_to_us, c->cells, COLUMNS);
	take_insights(r, c);
	sum_up(c);
	c->capacity = vcpu > 0 ? (double)vcpu : (double)NAN;
	c->top = num_max(c->largest_all, 1);
	if (!isnan(c->capacity) && c->capacity <= CAPACITY_SHOWN * c->top)
		c->top = num_max(c->top, c->capacity);
	step = graph_step(c->top, ROWS / 2);
	c->top = ceil(c->top / step) * step;
}

/* What stands in a cell: the class whose layer is at that height. */
static char sign_at(const struct chart *c, size_t column, int row)
{
	double height = ((double)row + 0.5) * c->top / ROWS, sum = 0;

	if (isnan(c->cells[column][0]))
		return row == 0 ? '.' : ' ';
	for (int k = 0; k < WAIT__COUNT; k++) {
		sum += c->cells[column][k];
		if (sum > height)
			return GRAPH_WAIT_LETTERS[k];
	}
	return ' ';
}

static bool is_capacity_row(const struct chart *c, int row)
{
	/* the row that ends with it, not the one above */
	return !isnan(c->capacity) && c->capacity <= c->top && row == (int)floor(c->capacity * ROWS / c->top - 1e-9);
}

static void add_rows(struct report_writer *w, const struct chart *c)
{
	for (int row = ROWS - 1; row >= 0; row--) {
		bool capacity = is_capacity_row(c, row);

		(void)buf_addf(&w->code, "%7.1f |", (double)(row + 1) * c->top / ROWS);
		for (size_t i = 0; i < COLUMNS; i++) {
			char sign = sign_at(c, i, row);

			(void)buf_add_char(&w->code, capacity && sign == ' ' ? '-' : sign);
		}
		if (capacity)
			(void)buf_addf(&w->code, "  %g vCPU", c->capacity);
		while (str_ends(buf_str(&w->code), STR(" ")))
			buf_truncate(&w->code, w->code.len - 1);
		(void)buf_add_c(&w->code, "\n");
	}
}

/* "13:45", or with the day where the range is longer than one. */
static void time_text(char *out, size_t size, int64_t at_us, int64_t span_us)
{
	struct civil t;

	clock_civil(at_us, &t);
	if (span_us > US_PER_DAY)
		(void)snprintf(out, size, "%02d-%02d %02d:%02d", t.month, t.day, t.hour, t.minute);
	else
		(void)snprintf(out, size, "%02d:%02d:%02d", t.hour, t.minute, t.second);
}

static void add_axis(struct report_writer *w)
{
	int64_t from = w->r->load_from_us, span = w->r->load_to_us - from;
	char left[32], middle[32], right[32];

	time_text(left, sizeof left, from, span);
	time_text(middle, sizeof middle, from + span / 2, span);
	time_text(right, sizeof right, w->r->load_to_us, span);
	(void)buf_add_c(&w->code, "        +");
	for (size_t i = 0; i < COLUMNS; i++)
		(void)buf_add_c(&w->code, "-");
	(void)buf_addf(&w->code, "\n         %-*s%-*s%*s UTC\n", COLUMNS / 2 - 4, left, COLUMNS / 2 - 14, middle, 18,
		       right);
}

static void add_legend(struct report_writer *w, const struct chart *c)
{
	static const char *const names[] = {"letter", "wait class", "average", "share", "largest"};

	markdown_heading(w->out, names, ARRAY_LEN(names));
	for (int k = WAIT__COUNT - 1; k >= 0; k--)
		if (c->largest[k] > 0)
			(void)buf_addf(w->out, "| %c | %s | %.2f | %.0f %% | %.1f |\n", GRAPH_WAIT_LETTERS[k],
				       wait_class_name((enum wait_class)k), c->average[k],
				       SHARE_OF(c->average[k], c->average_all), c->largest[k]);
	(void)buf_addf(w->out, "| | all | %.2f | | %.1f |\n\n", c->average_all, c->largest_all);
}

static void add_origin(struct report_writer *w, const struct chart *c)
{
	int64_t first = w->r->history ? load_history_first(w->r->history) : 0;

	if (first > w->r->load_from_us) {
		(void)buf_add_c(w->out, "Own samples begin ");
		report_time(w->out, first);
		(void)buf_addf(w->out, "; %s.\n\n",
			       c->insights ? "what is before them is from Performance Insights"
					   : "nothing before them is known");
	} else if (first == 0 && c->insights) {
		(void)buf_add_c(w->out, "From Performance Insights.\n\n");
	}
}

/* One refresh has too few samples for a chart, and they say something all the same. */
static bool add_moment(struct report_writer *w, struct chart *c)
{
	struct load_slice slice;
	size_t n;

	if (!w->r->history || load_history_count(w->r->history) == 0)
		return false;
	load_history_slice(w->r->history, w->r->load_from_us, w->r->load_to_us + 1, LOAD_BY_SQL, 1, &slice);
	n = slice.samples;
	for (int k = 0; n > 0 && k < WAIT__COUNT; k++)
		c->average[k] = c->largest[k] = slice.classes[k];
	c->average_all = c->largest_all = slice.total;
	load_slice_release(&slice);
	if (n == 0)
		return false;
	(void)buf_addf(w->out, "%zu sample%s, too few for a chart:\n\n", n, n == 1 ? "" : "s");
	add_legend(w, c);
	return true;
}

void report_load(struct report_writer *w)
{
	struct chart *c = xalloc(sizeof *c);

	make_chart(w->r, c);
	(void)buf_add_c(w->out, "## Load\n\nAverage active sessions by wait class, from ");
	report_time(w->out, w->r->load_from_us);
	(void)buf_add_c(w->out, " to ");
	report_time(w->out, w->r->load_to_us);
	(void)buf_add_c(w->out, ".\n\n");
	if (c->known < CHART_LEAST && add_moment(w, c)) {
		xfree(c);
		return;
	}
	if (c->known == 0) {
		if (report_need(w, "load"))
			(void)buf_add_c(w->out, "No sample lies in this time.\n\n");
	} else {
		add_rows(w, c);
		add_axis(w);
		report_block(w, "text");
		add_legend(w, c);
		add_origin(w, c);
	}
	xfree(c);
}

/* ---- statements ---- */

static const char *leading_class(const double *classes)
{
	int best = 0;

	for (int k = 1; k < WAIT__COUNT; k++)
		best = classes[k] > classes[best] ? k : best;
	return wait_class_name((enum wait_class)best);
}

static void add_rank(struct report_writer *w, const struct load_slice *slice, size_t i)
{
	const struct load_rank *rank = &slice->ranks[i];
	char label[16];

	(void)snprintf(label, sizeof label, "%2zu", i + 1);
	(void)buf_addf(w->out, "| %zu | %.2f | %.0f %% | %s |", i + 1, rank->average,
		       SHARE_OF(rank->average, slice->total), leading_class(rank->classes));
	report_cell_text(w, rank->user);
	if (rank->query_id != 0)
		(void)buf_addf(w->out, " %lld |", (long long)rank->query_id);
	else
		(void)buf_add_c(w->out, " |");
	report_row_end(w);
	report_statement(w, label, rank->name.len > 0 ? rank->name : STR("(text not known)"));
}

/* Who was active when the samples were taken. */
static void by_samples(struct report_writer *w)
{
	static const char *const names[] = {"", "sessions", "share", "mostly", "user", "query id"};
	struct load_slice slice;

	load_history_slice(w->r->history, w->r->load_from_us, w->r->load_to_us + 1, LOAD_BY_SQL, TOP_MAX, &slice);
	if (slice.nranks > 0) {
		(void)buf_addf(w->out, "By time in the range of the chart, from %zu sample%s:\n\n", slice.samples,
			       slice.samples == 1 ? "" : "s");
		markdown_heading(w->out, names, ARRAY_LEN(names));
		for (size_t i = 0; i < slice.nranks; i++)
			add_rank(w, &slice, i);
		(void)buf_add_c(w->out, "\n");
		report_block(w, "sql");
	} else {
		(void)buf_add_c(w->out, "No session was active in the samples of this range.\n\n");
	}
	load_slice_release(&slice);
}

static double weight(const struct snapshot *s, size_t row, const char *field)
{
	union value v;
	int f = rec_find(s->type, str_c(field));

	if (f < 0 || !rec_get(&s->type->fields[f], snapshot_row(s, row), &v))
		return -1;
	return kind_ops[s->type->fields[f].kind].storage == CT_F64 ? v.f64 : (double)v.i64;
}

static int heavier(uint32_t a, uint32_t b, void *ctx)
{
	const double *weights = ctx;

	return (weights[a] < weights[b]) - (weights[a] > weights[b]);
}

/* The last minute where it is known, else since the reset of the counters. */
static const char *field_to_rank_by(const struct snapshot *s)
{
	for (size_t i = 0; i < s->nrows; i++)
		if (weight(s, i, "interval_sessions") > 0)
			return "interval_sessions";
	return "total_us";
}

static void add_counted(struct report_writer *w, const struct snapshot *s, size_t row, size_t number)
{
	static const char *const fields[] = {"interval_sessions",
					     "interval_mean_us",
					     "interval_share_ratio",
					     "mean_us",
					     "calls",
					     "total_us",
					     "share_ratio",
					     "user",
					     "database",
					     "query_id"};
	char label[16];

	(void)snprintf(label, sizeof label, "%2zu", number);
	(void)buf_addf(w->out, "| %zu |", number);
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		report_cell(w, s, row, fields[i]);
	report_row_end(w);
	report_statement(w, label, data_str(s, row, "query"));
}

/* What the server has counted. */
static void by_counters(struct report_writer *w)
{
	static const char *const names[] = {"",      "sessions now", "mean now", "share now", "mean",    "calls",
					    "total", "share",        "user",     "database",  "query id"};
	const struct snapshot *s = report_need(w, "statements");
	uint32_t *order, *scratch;
	const char *field;
	double *weights;

	if (!s)
		return;
	field = field_to_rank_by(s);
	weights = xcalloc(s->nrows + 1, sizeof *weights);
	order = xcalloc(s->nrows + 1, sizeof *order);
	scratch = xcalloc(s->nrows + 1, sizeof *scratch);
	for (size_t i = 0; i < s->nrows; i++) {
		order[i] = (uint32_t)i;
		weights[i] = weight(s, i, field);
	}
	sort_indices(order, scratch, s->nrows, heavier, weights);
	(void)buf_addf(w->out, "As pg_stat_statements counts them, by %s:\n\n",
		       strcmp(field, "total_us") == 0 ? "total time since the counters were reset"
						      : "time in the last minute");
	if (s->nrows > 0)
		markdown_heading(w->out, names, ARRAY_LEN(names));
	for (size_t i = 0; i < s->nrows && i < TOP_MAX; i++)
		add_counted(w, s, order[i], i + 1);
	(void)buf_add_c(w->out, s->nrows > 0 ? "\n" : "It has counted nothing yet.\n\n");
	report_block(w, "sql");
	xfree(order);
	xfree(scratch);
	xfree(weights);
}

void report_statements(struct report_writer *w)
{
	(void)buf_add_c(w->out, "## Top statements\n\n");
	if (w->r->history && load_history_count(w->r->history) > 0)
		by_samples(w);
	by_counters(w);
}
