/*
 * test_operate_told.c: what is told of an operation on a real server: while it runs, what it would wait for, which
 * sessions are more than they seem.
 */
#include "operating.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int version;

/* ---- while it runs ---- */

static bool has_told(const char *part)
{
	const struct snapshot *s = command_result(command);

	return s && s->state == SNAP_OK && row_with(s, "notice", part).len > 0;
}

static size_t count_rows(const struct snapshot *s, const char *kind)
{
	size_t n = 0;

	for (size_t i = 0; i < s->nrows; i++)
		n += str_eq_c(((const struct operation_row *)snapshot_row(s, i))->kind, kind);
	return n;
}

static struct request schema(const char *operation, const char *name)
{
	struct request r = {.scope = "schema"};

	snprintf(r.operation, sizeof(r.operation), "%s", operation);
	snprintf(r.value, sizeof(r.value), "%s", name);
	snprintf(r.tier, sizeof(r.tier), "2");
	return r;
}

/* Of two tables the first one is done and the second one takes long: what was said of both is there meanwhile. */
static void what_the_server_says_is_shown_while_it_works(void **state)
{
	struct request r = schema("vacuum", "slowly");
	struct command_arg args[COMMAND_ARGS_MAX];
	struct err err = {0};

	(void)state;
	preview(owner(), &r);
	pg_exec(admin, "ALTER ROLE app_1 SET vacuum_cost_delay = 100; ALTER ROLE app_1 SET vacuum_cost_limit = 1");
	begin_asking(owner());
	command = asking_start(&asking, "maintain", args, fill(&r, args), &err);
	assert_non_null(command);
	while (command_at_work(command) && !(has_told("a_small") && has_told("b_large")))
		asking_turn(&asking);
	assert_true(command_at_work(command));
	(void)stop();
	assert_row(command_result(command), "outcome", "cancelled");
	done();
	pg_exec(admin, "ALTER ROLE app_1 RESET ALL");
}

/* Of very many lines the first and the last. */
static void of_many_lines_the_ends_are_kept(void **state)
{
	struct request r = schema("analyze", "many");
	const struct snapshot *s;

	(void)state;
	preview(owner(), &r);
	s = ask(owner(), "maintain", &r);
	assert_row(s, "outcome", "done");
	assert_row(s, "notice", "t_100\"");
	assert_row(s, "notice", "t_299\"");
	assert_row(s, "notice", " more lines are left out here");
	assert_no_row(s, "notice", "t_200\"");
	assert_true(count_rows(s, "notice") == 201);
	done();
}

/* ---- what it would wait for ---- */

static void whom_a_rebuild_would_wait_for_is_listed(void **state)
{
	struct request r = table("reindex concurrently", "shop.orders");
	PGconn *first = pg_connect_to(&pg, "orders", "app_1", "first holder"),
	       *second = pg_connect_to(&pg, "orders", "app_2", "second holder");
	char pid[24];

	(void)state;
	pg_exec(first, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1");
	pg_exec(second, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1");
	pg_wait_for(admin,
		    "SELECT (count(*) = 2)::int FROM pg_stat_activity WHERE application_name LIKE '% holder' AND "
		    "xact_start < clock_timestamp() - interval '1 second'");
	if (version >= 120000) {
		const struct snapshot *s = ask(superuser(), "preview", &r);

		assert_row(s, "check", "it would wait for 2 open transactions, the oldest open for ");
		assert_row(s, "waits for", "app_1  first holder  open for ");
		assert_row(s, "waits for", "app_2  second holder  open for ");
		snprintf(pid, sizeof(pid), "%d", PQbackendPID(second));
		assert_true(str_eq_c(label_with(s, "waits for", "second holder"), pid));
		done();
	}
	pg_exec(first, "ROLLBACK");
	PQfinish(second);
	PQfinish(first);
}

/* Both say who would queue, of one table, too. */
static void who_would_queue_is_told_of_one_table(void **state)
{
	struct request r = table("vacuum full", "shop.orders");

	(void)state;
	assert_row(ask(owner(), "preview", &r), "fact", "every session that needs the table");
	done();
	r = table("vacuum", "shop.orders");
	assert_row(ask(owner(), "preview", &r), "fact", "no query");
	done();
}

/* ---- sessions that are more than they seem ---- */

static PGconn *replication(const char *application)
{
	char text[300];
	PGconn *c;

	snprintf(text, sizeof(text),
		 "host=%s port=%d user=postgres dbname=orders replication=database application_name=%s", pg.dir,
		 pg.port, application);
	c = PQconnectdb(text);
	assert_int_equal(PQstatus(c), CONNECTION_OK);
	return c;
}

static void who_feeds_a_consumer_is_tier_3(const char *conninfo, PGconn *c, const char *says)
{
	struct request r = session("terminate", c);
	const struct snapshot *s = ask(conninfo, "preview", &r);

	assert_row(s, "tier", "3");
	assert_row(s, "check", says);
	assert_row(s, "word", "the_slot");
	assert_int_equal(count_rows(s, "refuse"), 0);
	done();
}

static void a_walsender_is_known_by_its_slot(void **state)
{
	PGconn *wal = replication("feeder");

	(void)state;
	PQclear(PQexec(wal, "CREATE_REPLICATION_SLOT the_slot TEMPORARY PHYSICAL"));
	who_feeds_a_consumer_is_tier_3(superuser(), wal, "it sends WAL to a consumer: slot the_slot");
	PQfinish(wal);
	pg_wait_for(admin, "SELECT (count(*) = 0)::int FROM pg_replication_slots");
}

/* Changes can be read in SQL, and who does so looks like anybody else. */
static void a_session_that_holds_a_slot_is_one_too(void **state)
{
	PGconn *c = pg_connect_to(&pg, "orders", "postgres", "reads changes");

	(void)state;
	pg_exec(c, "SELECT pg_create_physical_replication_slot('the_slot', true, true)");
	who_feeds_a_consumer_is_tier_3(superuser(), c, "it holds slot the_slot");
	PQfinish(c);
	pg_wait_for(admin, "SELECT (count(*) = 0)::int FROM pg_replication_slots");
}

static struct request process(const char *operation, const char *where)
{
	struct request r = {0};
	char sql[400];

	snprintf(r.operation, sizeof(r.operation), "%s", operation);
	snprintf(sql, sizeof(sql), "SELECT coalesce(max(pid), 0) FROM pg_stat_activity WHERE %s", where);
	snprintf(r.pid, sizeof(r.pid), "%lld", pg_number(admin, sql));
	snprintf(sql, sizeof(sql),
		 "SELECT coalesce(max((extract(epoch FROM backend_start) * 1000000)::int8), 0) FROM pg_stat_activity "
		 "WHERE pid = %s",
		 r.pid);
	snprintf(r.backend_start, sizeof(r.backend_start), "%lld", pg_number(admin, sql));
	snprintf(r.tier, sizeof(r.tier), "2");
	return r;
}

static void a_parallel_worker_leads_to_its_leader(void **state)
{
	PGconn *c = pg_connect_to(&pg, "orders", "app_1", "leader");
	char says[100];

	(void)state;
	pg_exec(c, version >= 160000 ? "SET debug_parallel_query = on" : "SET force_parallel_mode = on");
	pg_send(c, "SELECT pg_sleep(60)");
	pg_wait_for(admin, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'parallel worker'");
	struct request r = process("cancel", "backend_type = 'parallel worker'");
	snprintf(says, sizeof(says), "act on its leader, session %d", PQbackendPID(c));
	assert_row(ask(superuser(), "preview", &r), "refuse",
		   version >= 130000 ? says : "a parallel worker is a process of the server");
	done();
	/* nor is it signalled by who knows better */
	preview(superuser(), &r);
	assert_int_not_equal(ask(superuser(), "signal", &r)->state, SNAP_OK);
	done();
	assert_int_equal(
		pg_number(admin, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'parallel worker'"), 1);
	pg_exec(admin, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'leader'");
	PQfinish(c);
}

/* ---- autovacuum ---- */

#define WORKER "backend_type = 'autovacuum worker' AND position('shop.worked' IN query) > 0"
#define AGAINST_WRAPAROUND "position('wraparound' IN query) > 0"

/* A table that autovacuum takes up at once, and works on for long. */
static void make_work(const char *options)
{
	char sql[400];

	snprintf(sql, sizeof(sql),
		 "CREATE TABLE shop.worked (v text) WITH (autovacuum_vacuum_threshold = 0, "
		 "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 100, "
		 "autovacuum_vacuum_cost_limit = 1%s)",
		 options);
	pg_exec(admin, sql);
	pg_exec(admin, "INSERT INTO shop.worked SELECT repeat('x', 700) FROM generate_series(1, 20000)");
	pg_exec(admin, "DELETE FROM shop.worked WHERE random() < 0.5");
}

static void autovacuum_is_waited_for(const char *sql)
{
	for (int i = 0; i < 20 && pg_number(admin, sql) == 0; i++)
		pg_exec(admin, "SELECT pg_sleep(1)");
	pg_wait_for(admin, sql);
}

static void an_autovacuum_is_said_to_start_again(void **state)
{
	struct request r;

	(void)state;
	make_work("");
	pg_exec(admin, "ALTER SYSTEM SET autovacuum = on");
	pg_exec(admin, "SELECT pg_reload_conf()");
	autovacuum_is_waited_for("SELECT count(*) FROM pg_stat_activity WHERE " WORKER " AND NOT " AGAINST_WRAPAROUND);
	r = process("cancel", WORKER);
	const struct snapshot *s = ask(superuser(), "preview", &r);
	assert_row(s, "check", "an autovacuum: it will start again");
	assert_int_equal(count_rows(s, "refuse"), 0);
	done();
	preview(superuser(), &r);
	assert_row(ask(superuser(), "signal", &r), "outcome", "done");
	done();
	pg_exec(admin, "ALTER SYSTEM SET autovacuum = off");
	pg_exec(admin, "SELECT pg_reload_conf()");
	pg_exec(admin, "DROP TABLE shop.worked");
}

/* Nothing else makes way for it, so it works on to the end of the tests. */
static void one_against_wraparound_is_said_to_start_at_once(void **state)
{
	struct request r;

	(void)state;
	make_work(", autovacuum_freeze_max_age = 100000");
	pg_exec(admin, "CREATE TABLE shop.spent (v int)");
	/* each caught block is a transaction of its own */
	pg_exec(admin, "DO $$ BEGIN FOR i IN 1 .. 110000 LOOP BEGIN INSERT INTO shop.spent VALUES (i); EXCEPTION WHEN "
		       "division_by_zero THEN NULL; END; END LOOP; END $$");
	pg_exec(admin, "ALTER SYSTEM SET autovacuum = on");
	pg_exec(admin, "SELECT pg_reload_conf()");
	autovacuum_is_waited_for("SELECT count(*) FROM pg_stat_activity WHERE " WORKER " AND " AGAINST_WRAPAROUND);
	r = process("terminate", WORKER);
	assert_row(ask(superuser(), "preview", &r), "check",
		   "an autovacuum against wraparound: it will start again at once");
	done();
}

static int group_setup(void **state)
{
	static const char *const statements[] = {
		"CREATE SCHEMA shop; CREATE SCHEMA slowly; CREATE SCHEMA many",
		"CREATE TABLE shop.orders (id int PRIMARY KEY, v text); INSERT INTO shop.orders SELECT i, 'x' FROM "
		"generate_series(1, 5000) i",
		"CREATE TABLE slowly.a_small (v text); INSERT INTO slowly.a_small VALUES ('x')",
		"CREATE TABLE slowly.b_large (v text); INSERT INTO slowly.b_large SELECT repeat('x', 700) FROM "
		"generate_series(1, 20000)",
		"DO $$ BEGIN FOR i IN 100 .. 299 LOOP EXECUTE format('CREATE TABLE many.t_%s (v int)', i); EXECUTE "
		"format('ALTER TABLE many.t_%s OWNER TO app_1', i); END LOOP; END $$",
		"ALTER TABLE shop.orders OWNER TO app_1; ALTER TABLE slowly.a_small OWNER TO app_1; ALTER TABLE "
		"slowly.b_large OWNER TO app_1",
		"GRANT USAGE ON SCHEMA shop, slowly, many TO PUBLIC; ALTER ROLE app_1 PASSWORD 'app_1-pw'",
	};

	(void)state;
	admin = pg_connect_to(&pg, "orders", "postgres", "admin");
	version = PQserverVersion(admin);
	for (size_t i = 0; i < ARRAY_LEN(statements); i++)
		pg_exec(admin, statements[i]);
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
		cmocka_unit_test(what_the_server_says_is_shown_while_it_works),
		cmocka_unit_test(of_many_lines_the_ends_are_kept),
		cmocka_unit_test(whom_a_rebuild_would_wait_for_is_listed),
		cmocka_unit_test(who_would_queue_is_told_of_one_table),
		cmocka_unit_test(a_walsender_is_known_by_its_slot),
		cmocka_unit_test(a_session_that_holds_a_slot_is_one_too),
		cmocka_unit_test(a_parallel_worker_leads_to_its_leader),
		cmocka_unit_test(an_autovacuum_is_said_to_start_again),
		cmocka_unit_test(one_against_wraparound_is_said_to_start_at_once),
	};
	int failed;

	pg_setup(&pg, "autovacuum = off\nautovacuum_naptime = 1\nautovacuum_max_workers = 1");
	unsetenv("XDG_STATE_HOME");
	failed = cmocka_run_group_tests(tests, group_setup, group_teardown);
	pg_teardown(&pg);
	return failed;
}
