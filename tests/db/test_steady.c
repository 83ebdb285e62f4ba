/*
 * test_steady.c: what we leave in a server's log, and whom we call.
 *
 * Hundreds of refreshes and several connects, with and without pg_monitor, in a database
 * whose public schema is full of traps: functions and operators with the names that the
 * statements use. A trap that is sprung writes a line into the server's log.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "driver.h"
#include "fake_pooler.h"
#include "pg_fixture.h"

static struct pg pg;
static PGconn *admin;

static const char *const traps[] = {
	"CREATE SCHEMA stats",
	"GRANT USAGE ON SCHEMA stats TO PUBLIC",
	"CREATE FUNCTION public.sprung() RETURNS void LANGUAGE plpgsql AS $$BEGIN RAISE LOG 'TRAP SPRUNG'; END$$",
	"CREATE FUNCTION public.left(text, int) RETURNS text LANGUAGE plpgsql AS "
	"$$BEGIN PERFORM public.sprung(); RETURN ''; END$$",
	"CREATE FUNCTION public.left(varchar, int) RETURNS text LANGUAGE plpgsql AS "
	"$$BEGIN PERFORM public.sprung(); RETURN ''; END$$",
	"CREATE FUNCTION public.host(inet) RETURNS text LANGUAGE plpgsql AS $$BEGIN PERFORM public.sprung(); RETURN "
	"''; END$$",
	"CREATE FUNCTION public.pg_backend_pid() RETURNS int LANGUAGE plpgsql AS $$BEGIN PERFORM public.sprung(); "
	"RETURN 1; END$$",
	"CREATE FUNCTION public.pg_get_userbyid(oid) RETURNS name LANGUAGE plpgsql AS "
	"$$BEGIN PERFORM public.sprung(); RETURN ''; END$$",
	"CREATE FUNCTION public.current_setting(text) RETURNS text LANGUAGE plpgsql AS "
	"$$BEGIN PERFORM public.sprung(); RETURN '0'; END$$",
	"CREATE FUNCTION public.pg_database_size(oid) RETURNS int8 LANGUAGE plpgsql AS "
	"$$BEGIN PERFORM public.sprung(); RETURN 0; END$$",
	"CREATE FUNCTION public.starts_with(varchar, varchar) RETURNS bool LANGUAGE plpgsql AS "
	"$$BEGIN PERFORM public.sprung(); RETURN true; END$$",
	"CREATE FUNCTION public.aurora_version() RETURNS text LANGUAGE plpgsql AS $$BEGIN PERFORM public.sprung(); "
	"RETURN ''; END$$",
	"CREATE FUNCTION public.aurora_db_instance_identifier() RETURNS text LANGUAGE plpgsql AS "
	"$$BEGIN PERFORM public.sprung(); RETURN 'trap'; END$$",
	"CREATE FUNCTION public.trap_eq(text, text) RETURNS bool LANGUAGE plpgsql AS "
	"$$BEGIN PERFORM public.sprung(); RETURN true; END$$",
	"CREATE FUNCTION public.trap_eq(oid, oid) RETURNS bool LANGUAGE plpgsql AS "
	"$$BEGIN PERFORM public.sprung(); RETURN true; END$$",
	"CREATE FUNCTION public.trap_eq(int, int) RETURNS bool LANGUAGE plpgsql AS "
	"$$BEGIN PERFORM public.sprung(); RETURN true; END$$",
	"CREATE OPERATOR public.= (PROCEDURE = public.trap_eq, LEFTARG = text, RIGHTARG = text)",
	"CREATE OPERATOR public.<> (PROCEDURE = public.trap_eq, LEFTARG = text, RIGHTARG = text)",
	"CREATE OPERATOR public.= (PROCEDURE = public.trap_eq, LEFTARG = oid, RIGHTARG = oid)",
	"CREATE OPERATOR public.<> (PROCEDURE = public.trap_eq, LEFTARG = int, RIGHTARG = int)",
	"CREATE OPERATOR public.= (PROCEDURE = public.trap_eq, LEFTARG = int, RIGHTARG = int)",
	"CREATE FUNCTION public.quote_ident(text) RETURNS text LANGUAGE plpgsql AS $$BEGIN PERFORM public.sprung(); "
	"RETURN ''; END$$",
	"CREATE FUNCTION public.pg_blocking_pids(int) RETURNS int[] LANGUAGE plpgsql AS $$BEGIN PERFORM "
	"public.sprung(); RETURN '{}'; END$$",
	"CREATE VIEW public.pg_class AS SELECT public.trap_eq(1, 1) AS oid",
	"CREATE VIEW public.pg_prepared_xacts AS SELECT public.trap_eq(1, 1) AS transaction",
	"CREATE EXTENSION pg_stat_statements SCHEMA stats",
	"CREATE FUNCTION public.pg_stat_statements(boolean) RETURNS int LANGUAGE plpgsql AS "
	"$$BEGIN PERFORM public.sprung(); RETURN 1; END$$",
	"CREATE FUNCTION public.octet_length(text) RETURNS int LANGUAGE plpgsql AS "
	"$$BEGIN PERFORM public.sprung(); RETURN 1; END$$",
	"CREATE VIEW public.pg_settings AS SELECT public.trap_eq(1, 1) AS x",
	"CREATE VIEW public.pg_stat_database AS SELECT public.trap_eq(1, 1) AS x",
	"CREATE VIEW public.pg_database AS SELECT public.trap_eq(1, 1) AS x",
	"GRANT ALL ON SCHEMA public TO PUBLIC",
	"ALTER ROLE watch SET search_path = public, pg_catalog",
	"ALTER ROLE plain SET search_path = public, pg_catalog",
	"REVOKE CONNECT ON DATABASE orders FROM PUBLIC",
};

static void must_be_ok(struct driver *d, enum driver_source which, bool wide)
{
	const struct snapshot *s = driver_fetch(d, which, wide, 0);

	if (s->state != SNAP_OK)
		fail_msg("%s", s->err.text);
}

static void watch_a_while(const char *role, int connects, int refreshes)
{
	struct driver d;

	driver_init(&d, pg_conninfo(&pg, role, ""));
	for (int c = 0; c < connects; c++) {
		driver_set_conninfo(&d, pg_conninfo(&pg, role, ""));
		d.looks_at_locks = c % 2 == 0;
		for (int i = 0; i < refreshes / connects; i++) {
			must_be_ok(&d, DRIVE_SESSIONS, i % 7 == 0);
			if (i % 10 == 0)
				must_be_ok(&d, DRIVE_DATABASES, false);
			if (i % 10 == 5)
				must_be_ok(&d, DRIVE_STATEMENTS, false);
			if (i % 30 == 0)
				must_be_ok(&d, DRIVE_ACTION, false);
		}
		must_be_ok(&d, DRIVE_SIZES, false);
		must_be_ok(&d, DRIVE_PROGRESS, false);
		must_be_ok(&d, DRIVE_HORIZON, false);
		must_be_ok(&d, DRIVE_TABLES, false);
		must_be_ok(&d, DRIVE_RELATIONS, false);
		must_be_ok(&d, DRIVE_WRAPAROUND, false);
		must_be_ok(&d, DRIVE_SLOTS, false);
		/* this server has no log file: that is found out without an error */
		assert_int_equal(driver_fetch(&d, DRIVE_SERVER_LOG, false, 0)->state, SNAP_UNAVAILABLE);
	}
	driver_release(&d);
}

/* Lines of our sessions that are neither reading nor the log's own notes. */
static void check_statements(void)
{
	char *log = pg_log(&pg), *rest = log, *line;
	size_t statements = 0;

	while ((line = strsep(&rest, "\n"))) {
		const char *said = strstr(line, "LOG:  ");
		const char *sql;

		/* parameters of a statement stand in a line of their own */
		if (strncmp(line, "auroratop ", 10) != 0 || strstr(line, "DETAIL:  "))
			continue;
		if (!said)
			fail_msg("in the server's log: %s", line);
		sql = strstr(said, ": ") ? strchr(said + 6, ':') + 2 : said;
		statements++;
		if (strncmp(sql, "SELECT ", 7) != 0 && strncmp(sql, "WITH ", 5) != 0)
			fail_msg("we sent: %s", line);
	}
	free(log);
	assert_true(statements > 600);
}

/* The whole hour of the contract with AURORATOP_STEADY_LONG set, a tenth of it without. */
static bool is_long(void)
{
	return getenv("AURORATOP_STEADY_LONG") != NULL;
}

static int refreshes(void)
{
	return is_long() ? 3600 : 300;
}

static int connects(void)
{
	return is_long() ? 50 : 10;
}

static void test_no_errors_no_traps(void **state)
{
	PGconn *holder = pg_connect(&pg, "app_1", "holder"), *waiter = pg_connect(&pg, "app_2", "waiter");
	PGconn *second = pg_connect(&pg, "postgres", "second");

	(void)state;
	for (size_t i = 0; i < sizeof(traps) / sizeof(traps[0]); i++)
		pg_exec(admin, traps[i]);
	/* locks are read, too, and what they are on is named */
	pg_exec(holder, "SELECT pg_advisory_lock(1)");
	pg_send(waiter, "SELECT pg_advisory_lock(1)");
	pg_exec(admin, "CREATE TABLE held_by_a_prepared_one (i int)");
	pg_exec(admin, "BEGIN");
	pg_exec(admin, "LOCK TABLE held_by_a_prepared_one");
	pg_exec(admin, "PREPARE TRANSACTION 'steady'");
	pg_send(second, "SELECT count(*) FROM held_by_a_prepared_one");
	watch_a_while("watch", connects(), refreshes());
	watch_a_while("plain", connects(), refreshes());
	pg_exec(admin, "ROLLBACK PREPARED 'steady'");
	PQfinish(holder);
	pg_finish_sent(waiter);
	PQfinish(waiter);
	pg_finish_sent(second);
	PQfinish(second);
	assert_int_equal(pg_log_count(&pg, "auroratop ", "ERROR:"), 0);
	assert_int_equal(pg_log_count(&pg, "auroratop ", "FATAL:"), 0);
	assert_int_equal(pg_log_count(&pg, "auroratop ", "WARNING:"), 0);
	assert_int_equal(pg_log_count(&pg, "auroratop ", "TRAP SPRUNG"), 0);
	assert_true(pg_log_count(&pg, "auroratop sampler|watch|", "execute lock_names") > 0);
	assert_true(pg_log_count(&pg, "auroratop sampler|plain|", "execute prepared") > 0);
	check_statements();
}

/* Where a pooler drops our settings, the role's own search_path reigns; not over our statements. */
static void test_no_traps_behind_a_pooler(void **state)
{
	struct fake_pooler pooler;
	struct driver d;
	char conninfo[128];

	(void)state;
	fake_pooler_start(&pooler, &pg, POOLER_SWALLOWS);
	snprintf(conninfo, sizeof(conninfo), "host=127.0.0.1 port=%d user=watch dbname=postgres", pooler.port);
	driver_init(&d, conninfo);
	must_be_ok(&d, DRIVE_SESSIONS, true);
	must_be_ok(&d, DRIVE_SESSIONS, false);
	assert_int_equal(driver_activity(&d)->via_pooler, 1);
	driver_release(&d);
	fake_pooler_stop(&pooler);
	assert_int_equal(pg_log_count(&pg, "auroratop ", "TRAP SPRUNG"), 0);
}

/* The traps work: without our settings they are sprung. */
static void test_traps_are_live(void **state)
{
	PGconn *c = pg_connect(&pg, "plain", "victim");

	(void)state;
	pg_exec(c, "SELECT pg_backend_pid()");
	assert_true(pg_log_count(&pg, "victim|", "TRAP SPRUNG") > 0);
	PQfinish(c);
}

static int setup(void **state)
{
	(void)state;
	pg_setup(&pg, "shared_preload_libraries = 'pg_stat_statements'\n");
	admin = pg_connect(&pg, "postgres", "admin");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	PQfinish(admin);
	pg_teardown(&pg);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_errors_no_traps),
		cmocka_unit_test(test_no_traps_behind_a_pooler),
		cmocka_unit_test(test_traps_are_live),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
