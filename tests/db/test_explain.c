/*
 * test_explain.c: plans of real statements on a real server: whose they are, what is
 * refused, and that nothing of it can write, wait for long or leave an error of ours in
 * the server's log.
 *
 * AURORATOP_PG_BIN chooses another major version; what a version cannot do is expected
 * of it here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "asking.h"
#include "db/explain.h"
#include "fake_pooler.h"
#include "pg_fixture.h"

#include <signal.h>
#include <unistd.h>

static struct pg pg;
static PGconn *admin;
static int version;

/* One EXPLAIN: who asks, what for, and what came. */
struct asked {
	struct asking asking;
	struct command *command;
	const struct snapshot *plan;
};

#define assert_has(s, text)                                                                \
	do {                                                                               \
		struct str s_ = (s);                                                       \
		if (str_find(s_, str_c(text), 0) < 0)                                      \
			fail_msg("\"%.*s\" does not contain \"%s\"", STR_ARG(s_), (text)); \
	} while (0)

static void ask(struct asked *q, const char *conninfo, const struct command_arg *args, size_t n)
{
	asking_init(&q->asking, conninfo);
	q->plan = asking_run(&q->asking, "explain", args, n, &q->command);
	assert_non_null(q->plan);
}

static void done(struct asked *q)
{
	command_release(q->command);
	asking_release(&q->asking);
}

#define ARG(n, v) ((struct command_arg){(n), str_c(v)})

static void ask_about(struct asked *q, const char *conninfo, const char *role, const char *text)
{
	const struct command_arg args[] = {ARG("database", "orders"), ARG("role", role), ARG("text", text),
					   ARG("whole", "1")};

	ask(q, conninfo, args, ARRAY_LEN(args));
}

static void ask_session(struct asked *q, const char *conninfo, PGconn *c, const char *query_id)
{
	char pid[24], backend_start[32], sql[256];

	snprintf(pid, sizeof(pid), "%d", PQbackendPID(c));
	snprintf(sql, sizeof(sql),
		 "SELECT (extract(epoch FROM backend_start) * 1000000)::int8 FROM pg_stat_activity WHERE pid = %s",
		 pid);
	snprintf(backend_start, sizeof(backend_start), "%lld", pg_number(admin, sql));
	const struct command_arg args[] = {ARG("database", PQdb(c)), ARG("role", PQuser(c)), ARG("pid", pid),
					   ARG("backend_start", backend_start), ARG("query_id", query_id)};

	ask(q, conninfo, args, ARRAY_LEN(args));
}

static const struct plan_row *statement(const struct asked *q)
{
	if (q->plan->state != SNAP_OK)
		fail_msg("%s (%s)", q->plan->err.text, q->plan->err.id);
	return snapshot_row(q->plan, 0);
}

static const struct plan_row *find(const struct asked *q, const char *kind, const char *text)
{
	for (size_t i = 0; i < q->plan->nrows; i++) {
		const struct plan_row *row = snapshot_row(q->plan, i);

		if (str_eq_c(row->kind, kind) &&
		    (str_find(row->node, str_c(text), 0) >= 0 || str_find(row->warning, str_c(text), 0) >= 0))
			return row;
	}
	return NULL;
}

static void refused(struct asked *q, const char *words)
{
	if (q->plan->state == SNAP_OK)
		fail_msg("a plan came, not: %s", words);
	assert_has(str_c(q->plan->err.text), words);
}

/* Errors in the server's log of our sessions. */
static size_t errors_logged(void)
{
	return pg_log_count(&pg, "auroratop ", "ERROR:") + pg_log_count(&pg, "auroratop ", "FATAL:");
}

static const char *watch(void)
{
	return pg_conninfo(&pg, "watch", NULL);
}

/* ---- plans ---- */

static void the_plan_of_a_session_is_its_own(void **state)
{
	PGconn *c = pg_connect_to(&pg, "orders", "app_1", "shop");
	size_t before = errors_logged();
	struct asked q;

	(void)state;
	pg_exec(c, "SELECT i.qty FROM items i JOIN orders o ON o.id = i.order_id WHERE o.status = 'paid'");
	ask_session(&q, watch(), c, "");
	assert_has(statement(&q)->role, "app_1");
	assert_has(statement(&q)->database, "orders");
	assert_has(statement(&q)->search_path, "shop");
	assert_has(statement(&q)->origin, "literals");
	assert_has(statement(&q)->query, "o.status = 'paid'");
	assert_has(statement(&q)->note, "what the session has SET itself is not known");
	assert_non_null(find(&q, PLAN_NODE, "Join"));
	assert_true(q.plan->nrows >= 4);
	done(&q);
	assert_int_equal(errors_logged(), before);
	PQfinish(c);
}

static void settings_are_those_of_role_and_database(void **state)
{
	struct asked q;

	(void)state;
	/* random_page_cost of the database, work_mem of the role; ours has another work_mem */
	ask_about(&q, watch(), "app_1", "SELECT * FROM orders ORDER BY status");
	assert_has(statement(&q)->settings, "work_mem = ");
	assert_has(statement(&q)->settings, "3MB");
	if (version >= 120000)
		assert_has(statement(&q)->settings, "random_page_cost = 1.25");
	assert_true(str_find(statement(&q)->settings, STR("16MB"), 0) < 0);
	assert_true(str_find(statement(&q)->settings, STR("jit"), 0) < 0);
	done(&q);
	/* a role without settings of its own gets the built-in values, not those of ours */
	ask_about(&q, watch(), "app_2", "SELECT 1");
	assert_true(str_find(statement(&q)->settings, STR("16MB"), 0) < 0);
	assert_has(statement(&q)->search_path, "$user");
	done(&q);
}

static void without_set_role_the_plan_says_so(void **state)
{
	struct asked q;

	(void)state;
	ask_about(&q, watch(), "app_3", "SELECT * FROM pg_catalog.pg_class");
	assert_has(statement(&q)->role, "watch");
	assert_has(statement(&q)->note, "planned as watch, not as app_3: SET ROLE is not allowed");
	done(&q);
	ask_about(&q, watch(), "gone", "SELECT 1");
	assert_has(statement(&q)->note, "there is no role gone any more");
	done(&q);
}

static void parameters_get_the_generic_plan(void **state)
{
	struct asked q;

	(void)state;
	ask_about(&q, watch(), "app_1",
		  "SELECT * FROM orders WHERE id = $1 AND status = any($2) -- $9 in a comment is none");
	if (version < 120000) {
		refused(&q, "that needs PostgreSQL 12 or later");
	} else {
		assert_has(statement(&q)->origin, "generic");
		/* the values are not looked at: the parameters stand in the plan */
		assert_non_null(find(&q, PLAN_NODE, "Scan"));
		assert_has(find(&q, PLAN_NODE, "Scan")->condition, "$1");
		assert_has(find(&q, PLAN_NODE, "Scan")->filter, "$2");
	}
	done(&q);
	assert_int_equal(pg_log_count(&pg, "\t", "EXECUTE auroratop_explain(NULL, NULL)") > 0, version >= 120000);
}

/* Normalised text keeps the type of a literal before its parameter; that is no SQL until it is a cast. */
static void literals_with_a_type_are_cast(void **state)
{
	struct asked q;

	(void)state;
	ask_about(&q, watch(), "app_1", "SELECT now() - interval $1 FROM orders WHERE id = $2");
	if (version < 120000) {
		refused(&q, "that needs PostgreSQL 12 or later");
	} else {
		assert_has(statement(&q)->query, "now() - $1::interval FROM");
		assert_has(statement(&q)->note, "cast to it");
		assert_non_null(find(&q, PLAN_NODE, "Scan"));
	}
	done(&q);
	assert_int_equal(pg_log_count(&pg, "", "syntax error"), 0);
}

static void warnings_come_from_the_catalog(void **state)
{
	const struct plan_row *row;
	struct asked q;

	(void)state;
	ask_about(&q, watch(), "app_1", "SELECT * FROM fresh f ORDER BY f.note");
	row = find(&q, PLAN_WARNING, "fresh was never analyzed");
	assert_non_null(row);
	assert_has(row->next, "ANALYZE");
	done(&q);
	ask_about(&q, watch(), "app_1", "SELECT * FROM orders ORDER BY status, id DESC");
	assert_non_null(find(&q, PLAN_WARNING, "likely spills to disk"));
	done(&q);
	ask_about(&q, watch(), "app_1", "SELECT count(*) FROM orders, items");
	assert_non_null(find(&q, PLAN_WARNING, "cartesian product"));
	done(&q);
	ask_about(&q, watch(), "app_1", "SELECT * FROM orders o JOIN items i ON i.order_id = o.id WHERE o.id = 7");
	assert_null(find(&q, PLAN_WARNING, "cartesian product"));
	done(&q);
}

static void writing_statements_are_planned_not_executed(void **state)
{
	struct asked q;

	(void)state;
	ask_about(&q, watch(), "app_1", "DELETE FROM orders WHERE id > 10 RETURNING id;");
	assert_non_null(find(&q, PLAN_NODE, "Delete"));
	done(&q);
	ask_about(&q, watch(), "app_1", "WITH x AS (INSERT INTO orders VALUES (-1, 'new') RETURNING id) TABLE x");
	assert_has(statement(&q)->role, "app_1");
	done(&q);
	PGconn *c = pg_connect_to(&pg, "orders", "postgres", "check");

	assert_int_equal(pg_number(c, "SELECT count(*) FROM shop.orders"), 20000);
	PQfinish(c);
}

/* ---- refusals ---- */

static void what_has_no_plan_is_not_sent(void **state)
{
	static const char *const texts[][2] = {
		{"VACUUM orders", "VACUUM is a command"},
		{"SELECT 1; DROP TABLE orders", "several statements"},
		{"EXPLAIN ANALYZE DELETE FROM orders", "an EXPLAIN already"},
		{"COPY orders TO STDOUT", "COPY has no plan"},
		{"SELECT 'never ends", "in the middle of a string"},
		{" -- nothing", "there is no statement"},
	};
	size_t before = pg_log_count(&pg, "auroratop explain", "EXPLAIN");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct asked q;

		ask_about(&q, watch(), "app_1", texts[i][0]);
		refused(&q, texts[i][1]);
		assert_int_equal(q.plan->state, SNAP_UNAVAILABLE);
		done(&q);
	}
	assert_int_equal(pg_log_count(&pg, "auroratop explain", "EXPLAIN"), before);
	/* what follows EXPLAIN stands on a line of its own */
	assert_int_equal(pg_log_count(&pg, "", "DROP TABLE"), 0);
	assert_int_equal(pg_log_count(&pg, "", "ANALYZE DELETE"), 0);
}

static void a_function_that_runs_while_planning_cannot_write(void **state)
{
	PGconn *c = pg_connect_to(&pg, "orders", "postgres", "check");
	struct asked q;

	(void)state;
	ask_about(&q, watch(), "app_1", "SELECT * FROM orders WHERE id = shop.sneaky(1)");
	refused(&q, "read-only transaction");
	assert_has(str_c(q.plan->err.remedy), "planning may not");
	done(&q);
	assert_int_equal(pg_number(c, "SELECT count(*) FROM shop.traces"), 0);
	PQfinish(c);
}

static void a_locked_table_is_not_waited_for(void **state)
{
	PGconn *c = pg_connect_to(&pg, "orders", "postgres", "locker");
	struct asked q;

	(void)state;
	pg_exec(c, "BEGIN");
	pg_exec(c, "LOCK TABLE shop.items IN ACCESS EXCLUSIVE MODE");
	ask_about(&q, watch(), "app_1", "SELECT * FROM items");
	refused(&q, "is locked so strongly");
	assert_has(str_c(q.plan->err.remedy), "Locks");
	done(&q);
	pg_exec(c, "ROLLBACK");
	PQfinish(c);
}

static void errors_of_the_text_are_said_in_words(void **state)
{
	struct asked q;

	(void)state;
	ask_about(&q, watch(), "app_1", "SELECT * FROM nothing_here");
	refused(&q, "relation \"nothing_here\" does not exist");
	assert_has(str_c(q.plan->err.remedy), "temporary tables");
	done(&q);
	/* our own role may not read it, and may not act as app_3 */
	ask_about(&q, watch(), "app_3", "SELECT * FROM hidden.salaries");
	refused(&q, "permission denied");
	assert_has(str_c(q.plan->err.remedy), "GRANT app_3 TO watch");
	done(&q);
}

static void a_cut_text_is_not_sent(void **state)
{
	PGconn *c = pg_connect_to(&pg, "orders", "app_1", "long");
	char *text = malloc(9000);
	struct asked q;
	size_t n = (size_t)snprintf(text, 9000, "SELECT 1 AS first_column /* ");

	(void)state;
	memset(text + n, 'x', 6000);
	snprintf(text + n + 6000, 9000 - n - 6000, " */, 2 AS cut_off_here");
	pg_exec(c, text);
	ask_session(&q, watch(), c, "");
	refused(&q, "n/a: text cut at 4096");
	done(&q);
	assert_int_equal(pg_log_count(&pg, "\t", "first_column"), 0);
	free(text);
	PQfinish(c);
}

static void the_whole_text_comes_by_query_id(void **state)
{
	PGconn *c = pg_connect_to(&pg, "orders", "app_1", "long2"),
	       *boss = pg_connect_to(&pg, "orders", "postgres", "boss");
	char *text = malloc(9000), id[32];
	struct asked q;
	size_t n = (size_t)snprintf(text, 9000, "SELECT count(*) FROM orders WHERE id IN (1");

	(void)state;
	for (int i = 0; i < 1500; i++)
		n += (size_t)snprintf(text + n, 9000 - n, ",%d", 100 + i % 800);
	snprintf(text + n, 9000 - n, ")");
	pg_exec(c, text);
	snprintf(id, sizeof(id), "%lld",
		 pg_number(boss,
			   "SELECT queryid FROM exts.pg_stat_statements WHERE query LIKE '%FROM orders WHERE id IN%' "
			   "AND query NOT LIKE '%queryid%' LIMIT 1"));
	ask_session(&q, watch(), c, id);
	if (version < 120000) {
		refused(&q, "PostgreSQL 12");
	} else {
		assert_has(statement(&q)->note, "text from pg_stat_statements");
		assert_has(statement(&q)->origin, "generic");
	}
	done(&q);
	free(text);
	PQfinish(boss);
	PQfinish(c);
}

static void a_statement_alone_is_found_by_its_id(void **state)
{
	PGconn *c = pg_connect_to(&pg, "orders", "app_1", "byid"),
	       *boss = pg_connect_to(&pg, "orders", "postgres", "boss");
	char id[32];
	struct asked q;

	(void)state;
	pg_exec(c, "SELECT status FROM orders WHERE id = 4711");
	snprintf(
		id, sizeof(id), "%lld",
		pg_number(boss,
			  "SELECT queryid FROM exts.pg_stat_statements WHERE query LIKE 'SELECT status FROM orders%'"));
	const struct command_arg args[] = {ARG("database", "orders"), ARG("role", "app_1"), ARG("query_id", id)};

	ask(&q, watch(), args, ARRAY_LEN(args));
	if (version < 120000)
		refused(&q, "PostgreSQL 12");
	else
		assert_has(statement(&q)->query, "WHERE id = $1");
	done(&q);
	const struct command_arg unknown[] = {ARG("database", "orders"), ARG("role", "app_1"),
					      ARG("query_id", "12345")};

	ask(&q, watch(), unknown, ARRAY_LEN(unknown));
	refused(&q, "the whole text of the statement is not known");
	done(&q);
	PQfinish(boss);
	PQfinish(c);
}

/* ---- who asks ---- */

static void a_superuser_is_asked_first(void **state)
{
	char conninfo[512];
	struct asked q;
	size_t before = pg_log_count(&pg, "auroratop explain", "EXPLAIN");

	(void)state;
	snprintf(conninfo, sizeof(conninfo), "host=%s port=%d user=postgres dbname=orders", pg.dir, pg.port);
	ask_about(&q, conninfo, "app_1", "SELECT * FROM orders");
	refused(&q, "our role postgres is a superuser");
	assert_string_equal(q.plan->err.id, PLAN_CONSENT);
	done(&q);
	assert_int_equal(pg_log_count(&pg, "auroratop explain", "EXPLAIN"), before);

	const struct command_arg args[] = {ARG("database", "orders"), ARG("role", "app_1"),
					   ARG("text", "SELECT * FROM orders"), ARG("whole", "1"), ARG("consent", "1")};

	ask(&q, conninfo, args, ARRAY_LEN(args));
	assert_has(statement(&q)->role, "app_1");
	done(&q);
	/* only now, because a superuser counts as a member of every role that exists */
	pg_exec(admin, "CREATE ROLE rds_superuser");
	pg_exec(admin, "GRANT rds_superuser TO app_9");
	snprintf(conninfo, sizeof(conninfo), "host=%s port=%d user=app_9 dbname=orders", pg.dir, pg.port);
	ask_about(&q, conninfo, "app_1", "SELECT 1");
	refused(&q, "our role app_9 is a member of rds_superuser");
	assert_string_equal(q.plan->err.id, PLAN_CONSENT);
	done(&q);
}

static void a_closed_database_is_not_tried(void **state)
{
	const struct command_arg closed[] = {ARG("database", "closed"), ARG("text", "SELECT 1"), ARG("whole", "1")};
	const struct command_arg gone[] = {ARG("database", "gone"), ARG("text", "SELECT 1"), ARG("whole", "1")};
	size_t before = errors_logged();
	struct asked q;

	(void)state;
	ask(&q, watch(), closed, ARRAY_LEN(closed));
	refused(&q, "our role watch may not connect to database closed");
	assert_has(str_c(q.plan->err.remedy), "GRANT CONNECT ON DATABASE closed TO watch");
	done(&q);
	ask(&q, watch(), gone, ARRAY_LEN(gone));
	refused(&q, "there is no database gone");
	done(&q);
	assert_int_equal(errors_logged(), before);
}

static void hostile_schemas_are_not_entered(void **state)
{
	struct asked q;

	(void)state;
	/* app_4's search_path puts trap before pg_catalog; its functions leave a trace when called */
	ask_about(&q, watch(), "app_4", "SELECT 1");
	assert_has(statement(&q)->search_path, "trap");
	done(&q);
	assert_int_equal(pg_log_count(&pg, "auroratop explain", "trap was entered"), 0);
}

static void a_captured_plan_comes_first(void **state)
{
	const struct command_arg args[] = {ARG("database", "orders"), ARG("role", "app_1"), ARG("query_id", "77")};
	PGconn *boss = pg_connect_to(&pg, "orders", "postgres", "boss");
	struct asked q;

	(void)state;
	pg_exec(boss, "CREATE FUNCTION pg_catalog.aurora_stat_plans(showtext bool, OUT userid oid, OUT dbid oid, "
		      "OUT queryid int8, OUT query text, OUT explain_plan text, OUT plan_type text, "
		      "OUT plan_captured_time timestamptz) RETURNS SETOF record LANGUAGE sql AS $f$ "
		      "SELECT r.oid, d.oid, 77::int8, 'select * from orders where id = $1', "
		      "'Index Scan using orders_pkey on shop.orders  (cost=0.29..8.30 rows=1 width=10)' || chr(10) || "
		      "'  Index Cond: (orders.id = $1)', 'estimate', timestamptz '2026-03-17 13:00:00+00' "
		      "FROM pg_roles r, pg_database d WHERE r.rolname = 'app_1' AND d.datname = 'orders' $f$");
	ask(&q, watch(), args, ARRAY_LEN(args));
	assert_has(statement(&q)->origin, "captured");
	assert_true(HAS(statement(&q), struct plan_row, captured_at));
	assert_non_null(find(&q, PLAN_NODE, "Index Scan"));
	assert_has(find(&q, PLAN_NODE, "Index Scan")->index, "orders_pkey");
	assert_has(find(&q, PLAN_NODE, "Index Scan")->condition, "orders.id = $1");
	done(&q);
	pg_exec(boss, "DROP FUNCTION pg_catalog.aurora_stat_plans(bool)");
	PQfinish(boss);
}

static void a_cancelled_plan_leaves_nothing(void **state)
{
	PGconn *c = pg_connect_to(&pg, "orders", "postgres", "locker");
	const struct command_arg args[] = {ARG("database", "orders"), ARG("role", "app_1"),
					   ARG("text", "SELECT * FROM items"), ARG("whole", "1")};
	struct err err = {0};
	struct asking a;

	(void)state;
	pg_exec(c, "BEGIN");
	pg_exec(c, "LOCK TABLE shop.items IN ACCESS EXCLUSIVE MODE");
	asking_init(&a, watch());
	struct command *one = command_start(a.commands, "explain", a.target, args, ARRAY_LEN(args), &err);

	assert_non_null(one);
	pg_wait_for(admin, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'auroratop explain' AND "
			   "wait_event_type = 'Lock'");
	command_cancel(one);
	commands_collect(a.commands);
	assert_false(command_running(one));
	assert_null(command_result(one));
	command_release(one);
	asking_release(&a);
	pg_exec(c, "ROLLBACK");
	PQfinish(c);
	pg_wait_for(admin,
		    "SELECT (count(*) = 0)::int FROM pg_stat_activity WHERE application_name LIKE 'auroratop %'");
}

static void a_pooler_is_refused(void **state)
{
	size_t before = errors_logged();

	(void)state;
	for (int swallow = 0; swallow < 2; swallow++) {
		struct fake_pooler pooler;
		char conninfo[256];
		struct asked q;

		fake_pooler_start(&pooler, &pg, swallow);
		snprintf(conninfo, sizeof(conninfo), "host=127.0.0.1 port=%d user=watch dbname=orders sslmode=disable",
			 pooler.port);
		ask_about(&q, conninfo, "app_1", "SELECT 1");
		refused(&q, "a pooler stands between us and the server");
		assert_has(str_c(q.plan->err.remedy), "connect to the instance");
		done(&q);
		fake_pooler_stop(&pooler);
	}
	assert_int_equal(errors_logged(), before);
}

/* ---- the command `session` ---- */

static void a_session_tells_its_text_and_locks(void **state)
{
	PGconn *c = pg_connect_to(&pg, "orders", "app_1", "holder");
	char pid[24], backend_start[32], sql[256];
	const struct snapshot *s;
	struct command *command;
	struct asking a;
	size_t before = errors_logged();
	bool found = false;

	(void)state;
	pg_exec(c, "BEGIN");
	pg_exec(c, "SELECT * FROM orders WHERE id = 1");
	pg_exec(c, "UPDATE orders SET status = 'x' WHERE id = 2 /* the whole text */");
	snprintf(pid, sizeof(pid), "%d", PQbackendPID(c));
	snprintf(sql, sizeof(sql),
		 "SELECT (extract(epoch FROM backend_start) * 1000000)::int8 FROM pg_stat_activity WHERE pid = %s",
		 pid);
	snprintf(backend_start, sizeof(backend_start), "%lld", pg_number(admin, sql));
	const struct command_arg args[] = {ARG("pid", pid), ARG("backend_start", backend_start),
					   ARG("database", "orders")};

	asking_init(&a, watch());
	s = asking_run(&a, "session", args, ARRAY_LEN(args), &command);
	assert_non_null(s);
	assert_int_equal(s->state, SNAP_OK);
	for (size_t i = 0; i < s->nrows; i++) {
		struct buf line;

		buf_init(&line, 8192);
		for (size_t k = 0; k < s->type->nfields; k++) {
			union value v;

			if (rec_get(&s->type->fields[k], snapshot_row(s, i), &v) &&
			    kind_ops[s->type->fields[k].kind].storage == CT_STR)
				buf_addf(&line, STR_FMT " ", STR_ARG(v.str));
		}
		if (i == 0)
			assert_has(buf_str(&line), "/* the whole text */");
		found = found || (strstr(buf_c(&line), "RowExclusiveLock") && strstr(buf_c(&line), "shop orders"));
		buf_release(&line);
	}
	assert_true(found);
	command_release(command);
	asking_release(&a);
	assert_int_equal(errors_logged(), before);
	pg_exec(c, "ROLLBACK");
	PQfinish(c);
}

/* What the tests above have caused on purpose is all there is. */
static void no_error_in_the_log_is_ours(void **state)
{
	static const char *const theirs[] = {"read-only transaction", "lock timeout",    "nothing_here",
					     "permission denied",     "client has gone", "connection to client lost"};
	char *log = pg_log(&pg), *rest = log, *line;

	(void)state;
	while ((line = strsep(&rest, "\n"))) {
		bool known =
			strncmp(line, "auroratop ", 10) != 0 || (!strstr(line, "ERROR:") && !strstr(line, "FATAL:"));

		for (size_t i = 0; i < ARRAY_LEN(theirs); i++)
			known = known || strstr(line, theirs[i]);
		if (!known)
			fail_msg("%s", line);
	}
	free(log);
}

static void run_all(PGconn *c, const char *const *statements, size_t n)
{
	for (size_t i = 0; i < n; i++)
		pg_exec(c, statements[i]);
}

static int group_setup(void **state)
{
	static const char *const cluster[] = {
		"GRANT app_1, app_2, app_4 TO watch",
		"CREATE DATABASE closed",
		"REVOKE CONNECT ON DATABASE closed FROM PUBLIC",
		"ALTER ROLE watch SET work_mem = '16MB'",
		"ALTER ROLE app_1 SET work_mem = '3MB'",
		"ALTER ROLE app_1 IN DATABASE orders SET search_path = shop, public",
		"ALTER ROLE app_4 SET search_path = trap, pg_catalog",
		"ALTER DATABASE orders SET random_page_cost = 1.25",
	};
	static const char *const objects[] = {
		"CREATE SCHEMA shop",
		"CREATE SCHEMA exts",
		"CREATE EXTENSION pg_stat_statements SCHEMA exts",
		"GRANT USAGE ON SCHEMA exts TO PUBLIC",
		"CREATE TABLE shop.orders (id int PRIMARY KEY, status text)",
		"INSERT INTO shop.orders SELECT i, repeat('status ' || i % 7, 30) FROM generate_series(1, 20000) AS i",
		"CREATE TABLE shop.items (order_id int, qty int)",
		"INSERT INTO shop.items SELECT i % 20000, i % 9 FROM generate_series(1, 50000) AS i",
		"CREATE TABLE shop.traces (at timestamptz)",
		"ANALYZE",
		"CREATE TABLE shop.fresh (id int, note text) WITH (autovacuum_enabled = off)",
		"INSERT INTO shop.fresh SELECT i, 'note' FROM generate_series(1, 1000) AS i",
		"CREATE FUNCTION shop.leave_trace() RETURNS int VOLATILE LANGUAGE plpgsql AS "
		"$$ BEGIN INSERT INTO shop.traces VALUES (now()); RETURN 1; END $$",
		"CREATE FUNCTION shop.sneaky(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS "
		"$$ BEGIN RETURN shop.leave_trace(); END $$",
		"CREATE SCHEMA hidden",
		"CREATE TABLE hidden.salaries (id int)",
		"GRANT USAGE ON SCHEMA shop TO app_1",
		"GRANT ALL ON ALL TABLES IN SCHEMA shop TO app_1",
		"CREATE SCHEMA trap",
		"GRANT USAGE ON SCHEMA trap TO PUBLIC",
		"CREATE FUNCTION trap.set_config(text, text, bool) RETURNS text LANGUAGE plpgsql AS "
		"$$ BEGIN RAISE LOG 'trap was entered'; RETURN ''; END $$",
		"CREATE FUNCTION trap.current_setting(text) RETURNS text LANGUAGE plpgsql AS "
		"$$ BEGIN RAISE LOG 'trap was entered'; RETURN ''; END $$",
		"CREATE FUNCTION trap.pg_size_bytes(text) RETURNS bigint LANGUAGE plpgsql AS "
		"$$ BEGIN RAISE LOG 'trap was entered'; RETURN 1; END $$",
	};
	PGconn *c;

	(void)state;
	admin = pg_connect(&pg, "postgres", "admin");
	version = PQserverVersion(admin);
	run_all(admin, cluster, ARRAY_LEN(cluster));
	c = pg_connect_to(&pg, "orders", "postgres", "setup");
	run_all(c, objects, ARRAY_LEN(objects));
	PQfinish(c);
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	PQfinish(admin);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_plan_of_a_session_is_its_own),
		cmocka_unit_test(settings_are_those_of_role_and_database),
		cmocka_unit_test(without_set_role_the_plan_says_so),
		cmocka_unit_test(parameters_get_the_generic_plan),
		cmocka_unit_test(literals_with_a_type_are_cast),
		cmocka_unit_test(warnings_come_from_the_catalog),
		cmocka_unit_test(writing_statements_are_planned_not_executed),
		cmocka_unit_test(what_has_no_plan_is_not_sent),
		cmocka_unit_test(a_function_that_runs_while_planning_cannot_write),
		cmocka_unit_test(a_locked_table_is_not_waited_for),
		cmocka_unit_test(errors_of_the_text_are_said_in_words),
		cmocka_unit_test(a_cut_text_is_not_sent),
		cmocka_unit_test(the_whole_text_comes_by_query_id),
		cmocka_unit_test(a_statement_alone_is_found_by_its_id),
		cmocka_unit_test(a_superuser_is_asked_first),
		cmocka_unit_test(a_closed_database_is_not_tried),
		cmocka_unit_test(hostile_schemas_are_not_entered),
		cmocka_unit_test(a_captured_plan_comes_first),
		cmocka_unit_test(a_cancelled_plan_leaves_nothing),
		cmocka_unit_test(a_pooler_is_refused),
		cmocka_unit_test(a_session_tells_its_text_and_locks),
		cmocka_unit_test(no_error_in_the_log_is_ours),
	};
	int failed;

	pg_setup(&pg, "shared_preload_libraries = 'pg_stat_statements'\nautovacuum = off");
	failed = cmocka_run_group_tests(tests, group_setup, group_teardown);
	pg_teardown(&pg);
	return failed;
}
