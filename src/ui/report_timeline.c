/*
 * report_timeline.c: what happened, in one order: what RDS says it did, alarms, snapshots, maintenance that waits,
 * and what was changed from here.
 *
 * A table says what each source has to tell: which of its fields is the time, which the object, which the words. What
 * still is so (an alarm, maintenance that waits) is told whenever it began.
 */
#include "ui/report_impl.h"

#include "base/sort.h"
#include "base/xalloc.h"

#include <stdio.h>

#define MARKS_MAX 500 /* the newest of them */
#define GATHER_MAX 20000

struct input {
	const char *source, *kind;
	const char *at; /* names of fields, the first that is there */
	const char *object, *what, *more;
	bool lasts;                      /* told although it began before the report does; */
	const char *state_field, *state; /* or if this field has this value */
};

static const struct input inputs[] = {
	{.source = "events", .kind = "RDS event", .at = "at", .object = "identifier", .what = "message"},
	{.source = "alarms",
	 .kind = "alarm",
	 .at = "since_at updated_at",
	 .object = "object",
	 .what = "name",
	 .more = "state reason",
	 .state_field = "state",
	 .state = "ALARM"},
	{.source = "pending_maintenance",
	 .kind = "maintenance waits",
	 .at = "current_apply_at forced_apply_at auto_applied_after_at",
	 .object = "resource",
	 .what = "action",
	 .more = "description",
	 .lasts = true},
	{.source = "snapshots",
	 .kind = "snapshot",
	 .at = "created_at",
	 .object = "identifier",
	 .what = "kind",
	 .more = "status"},
	{.source = "audit",
	 .kind = "change",
	 .at = "began_at",
	 .object = "object",
	 .what = "action",
	 .more = "outcome"},
};

struct mark {
	int64_t at; /* INT64_MAX: no time is known */
	const struct input *in;
	const struct snapshot *s;
	size_t row;
};

struct marks {
	struct mark *items;
	size_t n;
};

static int64_t time_of(const struct input *in, const struct snapshot *s, size_t row)
{
	struct str rest = str_c(in->at), name;
	char field[64];

	while (str_split(&rest, ' ', &name)) {
		int64_t at;

		(void)snprintf(field, sizeof field, STR_FMT, STR_ARG(name));
		at = data_i64(s, row, field, 0);
		if (at != 0)
			return at;
	}
	return INT64_MAX;
}

/* A change of another cluster is no part of this incident. */
static bool is_of_another(const struct report *r, const struct snapshot *s, size_t row, const struct input *in)
{
	struct str cluster = strcmp(in->source, "audit") == 0 ? data_str(s, row, "cluster") : STR("");

	return cluster.len > 0 && r->target->cluster[0] && !str_eq_c(cluster, r->target->cluster);
}

static void gather(const struct report *r, const struct input *in, struct marks *m)
{
	const struct snapshot *s = store_good(r->store, in->source);

	for (size_t i = 0; s && i < s->nrows && m->n < GATHER_MAX; i++) {
		int64_t at = time_of(in, s, i);
		bool lasts = in->lasts || (in->state && str_eq_c(data_str(s, i, in->state_field), in->state));

		if ((lasts || (at >= r->from_us && at != INT64_MAX)) && !is_of_another(r, s, i, in))
			m->items[m->n++] = (struct mark){at, in, s, i};
	}
}

static int by_time(uint32_t a, uint32_t b, void *ctx)
{
	const struct mark *marks = ctx;

	return (marks[a].at > marks[b].at) - (marks[a].at < marks[b].at);
}

static void add_words(struct report_writer *w, const struct mark *m)
{
	struct str rest = str_c(m->in->more), name;
	char field[64];

	(void)buf_add_c(w->out, " ");
	(void)report_value(w, m->s, m->row, m->in->what);
	markdown_text(w->out, buf_str(&w->text));
	while (m->in->more && str_split(&rest, ' ', &name)) {
		(void)snprintf(field, sizeof field, STR_FMT, STR_ARG(name));
		if (!report_value(w, m->s, m->row, field) || w->text.len == 0)
			continue;
		(void)buf_add_c(w->out, ", ");
		markdown_text(w->out, buf_str(&w->text));
	}
	(void)buf_add_c(w->out, " |");
}

static void add_mark(struct report_writer *w, const struct mark *m)
{
	report_row_begin(w);
	if (m->at == INT64_MAX)
		(void)buf_add_c(w->out, " no date |");
	else
		report_cell_time(w, m->at);
	(void)buf_addf(w->out, " %s%s |", m->in->kind, m->at > w->r->now_us && m->at != INT64_MAX ? ", to come" : "");
	report_cell(w, m->s, m->row, m->in->object);
	add_words(w, m);
	report_row_end(w);
}

/* Sources that say nothing, and why: a timeline without alarms must not read as one in which there was none. */
static void add_missing(struct report_writer *w)
{
	bool any = false;

	for (size_t i = 0; i < ARRAY_LEN(inputs); i++) {
		if (store_good(w->r->store, inputs[i].source))
			continue;
		(void)buf_addf(w->out, "- Without %s: ", inputs[i].source);
		markdown_text(w->out, report_why_not(w, inputs[i].source));
		(void)buf_add_c(w->out, "\n");
		any = true;
	}
	(void)buf_add_c(w->out, any ? "\n" : "");
}

void report_timeline(struct report_writer *w)
{
	static const char *const names[] = {"at (UTC)", "what", "of", "words"};
	struct marks m = {xcalloc(GATHER_MAX, sizeof *m.items), 0};
	uint32_t *order, *scratch;
	size_t first;

	for (size_t i = 0; i < ARRAY_LEN(inputs); i++)
		gather(w->r, &inputs[i], &m);
	order = xcalloc(m.n + 1, sizeof *order);
	scratch = xcalloc(m.n + 1, sizeof *scratch);
	for (size_t i = 0; i < m.n; i++)
		order[i] = (uint32_t)i;
	sort_indices(order, scratch, m.n, by_time, m.items);
	first = m.n > MARKS_MAX ? m.n - MARKS_MAX : 0;
	(void)buf_add_c(w->out, "## Timeline\n\nSince ");
	report_time(w->out, w->r->from_us);
	(void)buf_addf(w->out, ", and what still lasts.%s\n\n",
		       first > 0  ? " The oldest entries are left out."
		       : m.n == 0 ? " Nothing is known to have happened."
				  : "");
	if (m.n > 0)
		markdown_heading(w->out, names, ARRAY_LEN(names));
	for (size_t i = first; i < m.n; i++)
		add_mark(w, &m.items[order[i]]);
	(void)buf_add_c(w->out, m.n > 0 ? "\n" : "");
	add_missing(w);
	xfree(order);
	xfree(scratch);
	xfree(m.items);
}
