/*
 * why_slow.c: gathers the facts for the rules of verdict/, by public field names.
 *
 * A session leads to its statement's counters by query id, to the tables its text names,
 * to its blocker's row, and to the plan if one was asked for; a statement leads to the
 * session that has run it longest. What the store does not have stays unknown, and the
 * rules that need it stay silent.
 */
#include "ui/why_slow.h"

#include "ui/plan_view.h"

#include <math.h>

#define BLOCK_BYTES 8192

static void add_session(const struct snapshot *s, size_t row, struct slow_facts *f)
{
	struct str state = data_str(s, row, "state");
	long blocker;

	f->running = str_eq_c(state, "running") || str_eq_c(state, "waiting");
	f->query_us = data_i64(s, row, "query_us", -1);
	f->wait_type = data_str(s, row, "wait_type");
	f->wait_event = data_str(s, row, "wait_event");
	f->application = data_str(s, row, "application");
	f->client = data_str(s, row, "client");
	f->wait_us = data_i64(s, row, "wait_us", -1);
	f->blocked_by = data_i64(s, row, "blocked_by", -1);
	f->blockers = data_i64(s, row, "blockers", 0);
	blocker = -1;
	for (size_t i = 0; f->blocked_by > 0 && i < s->nrows; i++)
		if (data_i64(s, i, "pid", -1) == f->blocked_by &&
		    str_eq(data_str(s, i, "node"), data_str(s, row, "node")))
			blocker = (long)i;
	if (blocker < 0)
		return;
	f->blocker_state = data_str(s, (size_t)blocker, "state");
	f->blocker_application = data_str(s, (size_t)blocker, "application");
	f->blocker_xact_us = data_i64(s, (size_t)blocker, "xact_us", -1);
}

static int64_t per_call(const struct snapshot *s, size_t row, const char *field, int64_t calls)
{
	int64_t blocks = data_i64(s, row, field, -1);

	return blocks < 0 || calls <= 0 ? -1 : blocks / calls * BLOCK_BYTES;
}

static void add_statement(const struct snapshot *s, size_t row, struct slow_facts *f)
{
	double now = data_f64(s, row, "interval_hit_ratio");

	f->calls = data_i64(s, row, "calls", -1);
	f->mean_us = data_i64(s, row, "mean_us", -1);
	f->hit_ratio = isnan(now) ? data_f64(s, row, "hit_ratio") : now;
	f->read_bytes_per_call = per_call(s, row, "shared_blks_read", f->calls);
	f->temp_bytes_per_call = per_call(s, row, "temp_blks_written", f->calls);
}

static long find_query(const struct snapshot *s, int64_t query_id)
{
	for (size_t i = 0; s && query_id != 0 && i < s->nrows; i++)
		if (data_i64(s, i, "query_id", 0) == query_id)
			return (long)i;
	return -1;
}

static bool names_table(const struct relation_name *name, const struct snapshot *tables, size_t row)
{
	return str_eq(data_str(tables, row, "name"), name->name) &&
	       (name->schema.len == 0 || str_eq(data_str(tables, row, "schema"), name->schema));
}

static void add_table(const struct snapshot *tables, size_t row, int64_t now_us, struct slow_facts *f)
{
	int64_t analyzed = data_i64(tables, row, "analyzed_at", 0);

	if (f->ntables == SLOW_TABLES_MAX)
		return;
	f->tables[f->ntables++] = (struct slow_table){
		.name = data_str(tables, row, "relation"),
		.rows = data_i64(tables, row, "rows", -1),
		.dead_rows = data_i64(tables, row, "dead_rows", -1),
		.changed_since_analyze = data_i64(tables, row, "changed_since_analyze", -1),
		.analyzed_us = analyzed ? now_us - analyzed : -1,
	};
}

static void add_tables(const struct ui *ui, struct str text, struct slow_facts *f)
{
	const struct snapshot *tables = store_good(ui->store, "tables");
	struct relation_name names[SLOW_TABLES_MAX];
	size_t n = statement_relations(text, names, SLOW_TABLES_MAX);

	for (size_t i = 0; tables && i < n; i++)
		for (size_t row = 0; row < tables->nrows; row++)
			if (names_table(&names[i], tables, row))
				add_table(tables, row, ui->now_us, f);
}

static void add_plan(const struct ui *ui, int64_t query_id, int64_t pid, struct slow_facts *f)
{
	const struct snapshot *plan = plan_known(ui, query_id, pid);

	f->has_plan = plan != NULL;
	for (size_t i = 0; plan && i < plan->nrows && f->nplan < SLOW_PLAN_MAX; i++)
		if (str_eq_c(data_str(plan, i, "kind"), PLAN_WARNING))
			f->plan[f->nplan++] =
				(struct slow_plan_remark){data_str(plan, i, "warning"), data_str(plan, i, "next")};
}

static void add_server(const struct ui *ui, struct slow_facts *f)
{
	const struct snapshot *activity = store_good(ui->store, "activity");

	f->sessions = data_i64(activity, 0, "total", -1);
	f->max_connections = data_i64(activity, 0, "max_connections", -1);
}

size_t why_session(const struct ui *ui, const struct snapshot *sessions, size_t row, struct slow_cause *ret_causes)
{
	const struct snapshot *statements = store_good(ui->store, "statements");
	int64_t query_id = data_i64(sessions, row, "query_id", 0);
	long statement = find_query(statements, query_id);
	struct slow_facts f;
	size_t n;

	slow_facts_init(&f);
	add_session(sessions, row, &f);
	if (statement >= 0)
		add_statement(statements, (size_t)statement, &f);
	add_tables(ui, data_str(sessions, row, "query"), &f);
	add_plan(ui, query_id, data_i64(sessions, row, "pid", 0), &f);
	add_server(ui, &f);
	n = slow_causes(&f, ret_causes);
	/* nothing runs, and nothing speaks against what ran */
	return f.running || strcmp(ret_causes[0].id, "none") != 0 ? n : 0;
}

size_t why_statement(const struct ui *ui, const struct snapshot *statements, size_t row, struct slow_cause *ret_causes)
{
	const struct snapshot *sessions = store_good(ui->store, "sessions");
	int64_t query_id = data_i64(statements, row, "query_id", 0), longest = -1;
	struct slow_facts f;
	long session = -1;

	slow_facts_init(&f);
	for (size_t i = 0; sessions && query_id != 0 && i < sessions->nrows; i++)
		if (data_i64(sessions, i, "query_id", 0) == query_id &&
		    data_i64(sessions, i, "query_us", -1) > longest) {
			longest = data_i64(sessions, i, "query_us", -1);
			session = (long)i;
		}
	if (session >= 0)
		add_session(sessions, (size_t)session, &f);
	add_statement(statements, row, &f);
	add_tables(ui, data_str(statements, row, "query"), &f);
	add_plan(ui, query_id, 0, &f);
	add_server(ui, &f);
	return slow_causes(&f, ret_causes);
}

/* ---- drawing ---- */

static enum severity severity_of(enum slow_level level)
{
	return level == SLOW_CRIT ? SEV_CRIT : level == SLOW_WARN ? SEV_WARN : SEV_NOTICE;
}

static void draw_words(struct prose *p, const char *label, const char *text, enum role role)
{
	struct pen pen = prose_line(p);
	int from = pen.x;

	if (!text[0]) {
		p->lines--;
		return;
	}
	pen_skip(&pen, 2);
	pen_text(&pen, ROLE_ACCENT, label);
	pen_skip(&pen, 7 - (pen.x - from));
	prose_wrap(p, pen, 7, role, str_c(text));
}

void why_draw(struct prose *p, const struct slow_cause *causes, size_t n)
{
	prose_section(p, "Why it is slow");
	for (size_t i = 0; i < n; i++) {
		enum severity s = severity_of(causes[i].level);
		struct pen pen = prose_line(p);

		pen_glyph(&pen, severity_role(s), severity_glyph(s));
		pen_skip(&pen, 1);
		prose_wrap(p, pen, 2, ROLE_STRONG, str_c(causes[i].sentence));
		draw_words(p, "why", causes[i].evidence, ROLE_FG);
		draw_words(p, "next", causes[i].next, ROLE_FG);
	}
}
