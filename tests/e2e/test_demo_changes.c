/*
 * test_demo_changes.c: one session on the demo, as the operator of an incident has it: a table vacuumed, one
 * rewritten outside the window after all, indexes rebuilt, the slow log lowered by a console that is then killed, the
 * root of a lock tree ended, a snapshot, an address let in and taken out; and an audit log that tells the same.
 *
 *     test_demo_changes AURORATOP
 *
 * Status 77 where there is no PostgreSQL.
 */
#include "console.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <libpq-fe.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ROWS 48
#define COLS 160
#define SKIP 77
/* An Enter counts only some time after the last letter. */
#define REST "@600"

static const char *program;
static struct demo_process demo;
static struct vt *v;

/* A window that is closed now and for some hours, and no tag that marks production. */
static void configure(void)
{
	time_t now = time(NULL);
	struct tm t;
	char text[200];

	gmtime_r(&now, &t);
	snprintf(text, sizeof(text), "[policy]\nproduction_tag =\nwindow = daily %02d:00-%02d:30\n",
		 (t.tm_hour + 12) % 24, (t.tm_hour + 12) % 24);
	console_configure(text);
}

static void start(void)
{
	const char *const args[] = {program, NULL};

	v = vt_start(ROWS, COLS, args, NULL);
	console_sees(v, "● live");
	console_sees(v, "W orders-1");
}

/* As the role by which the console acts. */
static PGconn *database(void)
{
	char conninfo[2000];
	PGconn *db;

	snprintf(conninfo, sizeof(conninfo), "%s password='' user=%s", getenv("AURORATOP_DB"),
		 getenv("AURORATOP_ACTION_USER"));
	db = PQconnectdb(conninfo);

	assert_int_equal(PQstatus(db), CONNECTION_OK);
	return db;
}

static void tell_database(const char *sql)
{
	PGconn *db = database();
	PGresult *r = PQexec(db, sql);

	if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
		fail_msg("%s", PQerrorMessage(db));
	PQclear(r);
	PQfinish(db);
}

static void tables_are_maintained(void **state)
{
	int y, x;

	(void)state;
	start();
	console_press(v, ":tables<Enter>", "public.customers");
	console_press(v, "/customers<Enter>", "V vacuum");
	console_press(v, "V", "y yes, run it");
	/* the cluster has readers */
	console_sees(v, "TRUNCATE false spares");
	/* as slow as a large table is */
	tell_database("ALTER ROLE CURRENT_USER SET vacuum_cost_delay = 100");
	tell_database("ALTER ROLE CURRENT_USER SET vacuum_cost_page_hit = 10");
	tell_database("ALTER ROLE CURRENT_USER SET vacuum_cost_limit = 1");
	console_press(v, "y", "jobs 1");
	console_press(v, ":jobs<Enter>", "1  VACUUM public.customers  process");
	/* its bar, by pg_stat_progress_vacuum */
	console_sees(v, " gone  scanning heap");
	assert_true(vt_find(v, " gone  scanning heap", &y, &x));
	while (x > 0 && vt_at(v, y, x).rune != '%')
		x--;
	assert_true(x > 0);
	tell_database("ALTER ROLE CURRENT_USER RESET ALL");
	vt_key(v, "Esc");
	console_sees(v, "VACUUM public.customers: done");
	/* what keeps others waiting is for the window; who knows better says so, for one tier more */
	console_press(v, ":vacuum full<Enter>", "outside the maintenance window");
	console_press(v, "O", "which is overridden: one tier more");
	console_sees(v, "FreeLocalStorage of orders-1 is");
	console_press(v, console_typed(v), "press D to confirm");
	console_press(v, "D", "VACUUM FULL public.customers: done");
	/* it waits for the demo's oldest transactions, which it lists; who began them is asked to end them */
	console_press(v, "I", "it would wait for ");
	console_sees(v, "Would wait for");
	console_press(v, console_typed(v), "jobs 1");
	console_press(v, ":jobs<Enter>", "3  REINDEX CONCURRENTLY");
	for (int i = 0; i < 120 && vt_find(v, "jobs 1", &y, &x); i++) {
		tell_database("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client "
			      "backend' AND xact_start < clock_timestamp() - interval '2 s' AND application_name NOT "
			      "LIKE 'auroratop%'");
		vt_script(v, "@500");
	}
	console_gone(v, "jobs 1");
	console_sees(v, "REINDEX CONCURRENTLY public.customers: done");
	vt_key(v, "Esc");
	console_quit(v);
}

static void a_root_is_ended_and_frees_its_victims(void **state)
{
	PGconn *db = PQconnectdb(getenv("AURORATOP_DB"));
	char sql[200];
	int y, x;
	long pid = 0;

	(void)state;
	assert_int_equal(PQstatus(db), CONNECTION_OK);
	start();
	console_press(v, "3", "1 tree");
	console_press(v, "g", "K terminate");
	console_press(v, "K", "to allow it");
	console_sees(v, "wait");
	assert_true(vt_find(v, "type ", &y, &x));
	for (int at = x + 5; vt_at(v, y, at).rune >= '0' && vt_at(v, y, at).rune <= '9'; at++)
		pid = pid * 10 + (long)(vt_at(v, y, at).rune - '0');
	console_press(v, console_typed(v), "done: the session has");
	/* nobody waits for it any more */
	snprintf(sql, sizeof(sql), "SELECT count(*) FROM pg_stat_activity WHERE %ld = ANY (pg_blocking_pids(pid))",
		 pid);
	PGresult *r = PQexec(db, sql);
	assert_string_equal(PQgetvalue(r, 0, 0), "0");
	PQclear(r);
	PQfinish(db);
	console_quit(v);
}

static void the_slow_log_survives_a_kill(void **state)
{
	(void)state;
	start();
	console_preview(v, "slow log", "250 for 15", "y yes, run it");
	/* from the statements that the demo's server has counted */
	console_sees(v, " a minute");
	console_sees(v, "no role and no database has one, which would count for more");
	console_press(v, "y", "jobs 1");
	console_press(v, ":jobs<Enter>", "in force, ");
	assert_int_equal(kill(vt_pid(v), SIGKILL), 0);
	assert_int_equal(console_ends(v), 128 + SIGKILL);
	vt_free(v);
	start();
	console_sees(v, "left behind  slow log: 250");
	console_press(v, "y", ": done");
	console_quit(v);
}

static void aws_is_changed(void **state)
{
	(void)state;
	start();
	console_preview(v, "create snapshot", "during-the-incident", "y yes, run it");
	console_press(v, "y", "jobs 1");
	console_press(v, ":jobs<Enter>", "creating");
	console_sees(v, "done  after");
	vt_key(v, "Esc");
	console_press(v, "7", "during-the-incident");
	/* the demo's server is on this host, and sees it so */
	console_press(v, ":allow address<Enter>", "127.0.0.1 for 60");
	console_sees(v, "Proposed is the address at which the server sees the console");
	vt_key(v, "Esc");
	console_gone(v, "shows what it would do");
	console_preview(v, "allow address", "127.0.0.1 for 5", "tried with DryRun");
	console_press(v, console_typed(v), "jobs 1");
	console_press(v, "8", "127.0.0.1/32");
	/* the demo's sessions come from there: whoever takes that rule out by hand cuts them off */
	console_press(v, "/127.0.0.1<Enter>", "1 of");
	console_press(v, ":revoke rule<Enter>", "connected from addresses that it admits");
	console_sees(v, "destructive, tier 3");
	vt_key(v, "Esc");
	console_gone(v, "Blast radius");
	console_press(v, "X", "It is taken back now.");
	vt_send(v, "y");
	console_gone(v, "127.0.0.1/32");
	console_gone(v, "jobs 1");
	console_quit(v);
}

static void the_audit_log_tells_the_same(void **state)
{
	static const char *const done[] = {"VACUUM (VERBOSE, TRUNCATE false) public.customers",
					   "VACUUM (FULL, VERBOSE) public.customers",
					   "REINDEX (VERBOSE) TABLE CONCURRENTLY public.customers",
					   "rds:CreateDBClusterSnapshot",
					   "ec2:AuthorizeSecurityGroupIngress",
					   "ec2:RevokeSecurityGroupIngress"};

	(void)state;
	start();
	console_press(v, ":audit<Enter>", "changes");
	console_sees(v, "terminate");
	console_sees(v, "restore");
	for (size_t i = 0; i < sizeof(done) / sizeof(done[0]); i++) {
		char keys[128];

		snprintf(keys, sizeof(keys), "/<C-u>statement:\"%s\"<Enter>", done[i]);
		console_press(v, keys, "1 of");
	}
	console_quit(v);
}

static int setup(void **state)
{
	(void)state;
	demo_process_start(&demo, program);
	configure();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	demo_process_stop(&demo);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_are_maintained),        cmocka_unit_test(a_root_is_ended_and_frees_its_victims),
		cmocka_unit_test(the_slow_log_survives_a_kill), cmocka_unit_test(aws_is_changed),
		cmocka_unit_test(the_audit_log_tells_the_same),
	};
	int failed;

	setlocale(LC_CTYPE, "C.UTF-8");
	if (argc != 2) {
		print_error("usage: test_demo_changes AURORATOP\n");
		return 2;
	}
	if (access("/usr/lib/postgresql", X_OK) != 0)
		return SKIP;
	program = argv[1];
	console_clean_environment();
	console_make_home();
	failed = cmocka_run_group_tests(tests, setup, teardown);
	console_remove_home();
	return failed;
}
