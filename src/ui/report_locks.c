/*
 * report_locks.c: the lock trees as text, root first, victims below with their depth; then what each of them runs.
 */
#include "ui/report_impl.h"

#include <stdio.h>

#define ROWS_MAX 200
#define DEPTH_MAX 20
#define INDENT "  "

/* ", LABEL VALUE" of a field that is there. */
static void add_fact(struct report_writer *w, const struct snapshot *s, size_t row, const char *label,
		     const char *field)
{
	if (!report_value(w, s, row, field) || w->text.len == 0)
		return;
	(void)buf_addf(&w->code, "%s", label);
	markdown_code(&w->code, buf_str(&w->text));
}

static void add_label(const struct snapshot *s, size_t row, char *out, size_t size)
{
	int64_t pid = data_i64(s, row, "pid", 0);

	if (pid > 0)
		(void)snprintf(out, size, "%lld", (long long)pid);
	else
		(void)snprintf(out, size, "prepared");
}

static void add_victims(struct report_writer *w, const struct snapshot *s, size_t row)
{
	int64_t n = data_i64(s, row, "victims", 0);

	if (n <= 0)
		return;
	(void)buf_addf(&w->code, "; %lld wait%s behind it", (long long)n, n == 1 ? "s" : "");
	if (report_value(w, s, row, "victims_wait_us"))
		(void)buf_addf(&w->code, ", " STR_FMT " in sum", STR_ARG(buf_str(&w->text)));
}

static void add_row(struct report_writer *w, const struct snapshot *s, size_t row)
{
	int64_t depth = data_i64(s, row, "depth", 0);
	char label[32];

	add_label(s, row, label, sizeof label);
	for (int64_t i = 0; i < depth && i < DEPTH_MAX; i++)
		(void)buf_add_c(&w->code, INDENT);
	(void)buf_addf(&w->code, "%s", label);
	add_fact(w, s, row, " ", "gid");
	add_fact(w, s, row, "  ", "user");
	add_fact(w, s, row, "  ", "application");
	if (w->r->show_literals)
		add_fact(w, s, row, "  ", "client");
	add_fact(w, s, row, "  ", "state");
	add_fact(w, s, row, ", transaction open ", "xact_us");
	if (data_str(s, row, "mode").len > 0) {
		add_fact(w, s, row, ", waits ", "wait_us");
		add_fact(w, s, row, " for ", "mode");
		add_fact(w, s, row, " on ", "object");
		add_fact(w, s, row, ", also blocked by ", "also_blocked_by");
	}
	if (depth == 0) {
		add_fact(w, s, row, ", holds ", "holds_mode");
		add_fact(w, s, row, " on ", "holds_objects");
	}
	add_victims(w, s, row);
	if (data_i64(s, row, "in_cycle", 0) != 0)
		(void)buf_add_c(&w->code, "; waits for itself: a deadlock");
	(void)buf_add_c(&w->code, "\n");
}

static void add_next_steps(struct report_writer *w, const struct snapshot *s, size_t n)
{
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		if (data_i64(s, i, "depth", 0) != 0 || !report_value(w, s, i, "next_step"))
			continue;
		(void)buf_add_c(w->out, "- Next: ");
		markdown_text(w->out, buf_str(&w->text));
		(void)buf_add_c(w->out, "\n");
		any = true;
	}
	(void)buf_add_c(w->out, any ? "\n" : "");
}

void report_locks(struct report_writer *w)
{
	const struct snapshot *s;
	size_t n;

	(void)buf_add_c(w->out, "## Lock trees\n\n");
	s = report_need(w, "locks");
	if (!s)
		return;
	if (s->nrows == 0) {
		(void)buf_add_c(w->out, "No session waits for a lock.\n\n");
		return;
	}
	n = s->nrows < ROWS_MAX ? s->nrows : ROWS_MAX;
	for (size_t i = 0; i < n; i++)
		add_row(w, s, i);
	report_block(w, "text");
	if (n < s->nrows)
		(void)buf_addf(w->out, "%zu further rows are left out.\n\n", s->nrows - n);
	add_next_steps(w, s, n);
	for (size_t i = 0; i < n; i++) {
		char label[32];

		add_label(s, i, label, sizeof label);
		report_statement(w, label, data_str(s, i, "query"));
	}
	report_block(w, "sql");
}
