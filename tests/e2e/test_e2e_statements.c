/*
 * test_e2e_statements.c: from a cold start to the statement that takes the most time, in the real program.
 *
 *     test_e2e_statements AURORATOP
 *
 * With pg_stat_statements and without it. Ends with status 77 where there is no server.
 */
#include "console.h"
#include "pg_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <string.h>

/* How a read of the statements begins. */
#define READS "SELECT clock_timestamp() AS server_at"

static const char *program;
static struct pg pg;
static PGconn *admin, *app;

static struct vt *start(const char *role, int rows, int cols)
{
	const char *const args[] = {program, "--db", pg_conninfo(&pg, role, NULL), NULL};

	return vt_start(rows, cols, args, NULL);
}

static void press(struct vt *v, const char *keys, const char *then)
{
	assert_true(vt_script(v, keys));
	console_sees(v, then);
}

static void work(int times)
{
	for (int i = 0; i < times; i++) {
		pg_exec(app, "SELECT count(*) AS costly FROM generate_series(1, 300000)");
		pg_exec(app, "SELECT 1 AS cheap");
	}
}

/* Which statement takes the most time in this minute? Two keys: 5, and Enter for everything about it. */
static void the_top_statement_of_the_last_minute(void **state)
{
	struct vt *v = start("watch", 48, 160);

	(void)state;
	work(3);
	console_sees(v, "1 Overview");
	console_sees(v, "● live");
	/* nobody looks, nothing is asked */
	assert_int_equal(pg_log_count(&pg, "auroratop slow|", READS), 0);
	press(v, "5", "─ 5 Statements");
	console_sees(v, "AS costly FROM");
	console_sees(v, "since reset");
	work(20);
	vt_send(v, "r");
	console_sees(v, "CALLS/s");
	console_sees(v, "sessions busy in");
	/* it leads: selected from the start, laid out below, with its trend */
	console_sees(v, "│   FROM generate_series($1, $2)");
	console_sees(v, "app_1 · postgres");
	console_sees(v, "─ Trend");
	console_sees(v, "calls/s");
	press(v, "<Enter>", "standard deviation");
	console_sees(v, "Over time");
	vt_key(v, "Esc");
	console_gone(v, "standard deviation");
	press(v, "m", "TOTAL");
	vt_send(v, "m");
	console_gone(v, "TOTAL");
	vt_send(v, "s");
	console_sees(v, "CALLS/s ▾");
	press(v, "/user:app_1<Enter>", "/ user:app_1");
	vt_resize(v, 24, 80);
	console_sees(v, "─ 5 Statements");
	console_sees(v, "last ");
	vt_resize(v, 12, 40);
	console_sees(v, "─ 5 Statements");
	console_quit(v);
}

static void a_reset_is_said(void **state)
{
	struct vt *v = start("watch", 48, 160);

	(void)state;
	press(v, "5", "CALLS/s");
	pg_exec(admin, "SELECT pg_stat_statements_reset()");
	work(2);
	vt_send(v, "r");
	console_sees(v, "all counters were reset");
	console_sees(v, "costly");
	console_quit(v);
}

/* Dropped and created again while it is on the screen. */
static void what_is_missing_comes_with_the_steps(void **state)
{
	struct vt *v;

	(void)state;
	pg_exec(admin, "DROP EXTENSION pg_stat_statements");
	v = start("watch", 24, 80);
	press(v, "5", "created in database postgres");
	console_sees(v, "next  CREATE EXTENSION pg_stat_statements in database postgres");
	pg_exec(admin, "CREATE EXTENSION pg_stat_statements");
	work(1);
	vt_send(v, "r");
	console_sees(v, "CALLS/s");
	console_gone(v, "created in database postgres");
	console_quit(v);
}

static void a_plain_role_sees_its_own(void **state)
{
	struct vt *v = start("plain", 48, 160);

	(void)state;
	work(2);
	press(v, "5", "<insufficient privilege>");
	console_sees(v, "are hidden from plain: needs pg_monitor");
	console_quit(v);
}

static void nothing_is_in_the_log(void **state)
{
	(void)state;
	assert_int_equal(pg_log_count(&pg, "auroratop ", "ERROR:"), 0);
	assert_int_equal(pg_log_count(&pg, "auroratop ", "FATAL:"), 0);
	assert_true(pg_log_count(&pg, "auroratop slow|watch", READS) > 0);
}

static void an_unloaded_library_comes_with_the_steps(void **state)
{
	struct vt *v = start("watch", 24, 80);

	(void)state;
	press(v, "5", "does not load pg_stat_statements");
	console_sees(v, "shared_preload_libraries");
	console_sees(v, "restart the");
	console_sees(v, "CREATE EXTENSION");
	/* the other views go on */
	press(v, "2", "─ 2 Activity");
	console_quit(v);
	assert_int_equal(pg_log_count(&pg, "auroratop ", "ERROR:"), 0);
}

static int setup(const char *conf)
{
	pg_setup(&pg, conf);
	admin = pg_connect(&pg, "postgres", "admin");
	app = pg_connect(&pg, "app_1", "shop-e2e");
	return 0;
}

static int setup_loaded(void **state)
{
	(void)state;
	setup("shared_preload_libraries = 'pg_stat_statements'\n");
	pg_exec(admin, "CREATE EXTENSION pg_stat_statements");
	return 0;
}

static int setup_bare(void **state)
{
	(void)state;
	return setup(NULL);
}

static int teardown(void **state)
{
	(void)state;
	PQfinish(app);
	PQfinish(admin);
	pg_teardown(&pg);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest loaded[] = {
		cmocka_unit_test(the_top_statement_of_the_last_minute),
		cmocka_unit_test(a_reset_is_said),
		cmocka_unit_test(what_is_missing_comes_with_the_steps),
		cmocka_unit_test(a_plain_role_sees_its_own),
		cmocka_unit_test(nothing_is_in_the_log),
	};
	const struct CMUnitTest bare[] = {cmocka_unit_test(an_unloaded_library_comes_with_the_steps)};
	int failed;

	setlocale(LC_CTYPE, "C.UTF-8");
	if (argc != 2) {
		print_error("usage: test_e2e_statements AURORATOP\n");
		return 2;
	}
	program = argv[1];
	console_clean_environment();
	failed = cmocka_run_group_tests(loaded, setup_loaded, teardown);
	return failed + cmocka_run_group_tests(bare, setup_bare, teardown);
}
