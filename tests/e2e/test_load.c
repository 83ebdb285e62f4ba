/*
 * test_load.c: the Load view of the real program: on sessions of a real PostgreSQL, and on Performance Insights of
 * the simulated endpoint.
 *
 *     test_load AURORATOP AURORATOP-SIM GROUP
 *
 * Groups: db (status 77 where there is no PostgreSQL), insights. Only loopback is used.
 */
#include "console.h"
#include "pg_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <locale.h>
#include <string.h>

#define ROWS 48
#define COLS 160
#define SLEEPERS 3

static const char *program;
static struct pg pg;
static struct sim_process sim;
static PGconn *admin, *sleepers[SLEEPERS], *holder, *waiter;

static struct vt *start(const char *const *args, const char *const *env)
{
	return vt_start(ROWS, COLS, args, env);
}

static void press(struct vt *v, const char *keys, const char *then)
{
	assert_true(vt_script(v, keys));
	console_sees(v, then);
}

/* ---- db ---- */

static void end(PGconn *c)
{
	char sql[80];

	snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%d)", PQbackendPID(c));
	pg_exec(admin, sql);
	PQfinish(c);
}

/* Three sessions sleep, one waits for a table that another holds. */
static int setup_sessions(void **state)
{
	(void)state;
	admin = pg_connect(&pg, "postgres", "admin");
	pg_exec(admin, "CREATE TABLE IF NOT EXISTS kept AS SELECT 1 AS a");
	pg_exec(admin, "GRANT ALL ON kept TO PUBLIC");
	for (int i = 0; i < SLEEPERS; i++) {
		char sql[64];

		snprintf(sql, sizeof sql, "SELECT pg_sleep(%d)", 600 + i);
		sleepers[i] = pg_connect(&pg, "app_1", "sleepy-app");
		pg_send(sleepers[i], sql);
	}
	holder = pg_connect(&pg, "app_2", "holder");
	pg_exec(holder, "BEGIN");
	pg_exec(holder, "LOCK TABLE kept IN ACCESS EXCLUSIVE MODE");
	waiter = pg_connect(&pg, "app_3", "queued-app");
	pg_send(waiter, "SELECT count(*) FROM kept WHERE a = 4711");
	pg_wait_for(admin, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'relation'");
	return 0;
}

static int teardown_sessions(void **state)
{
	(void)state;
	for (int i = 0; i < SLEEPERS; i++)
		end(sleepers[i]);
	PQfinish(holder);
	PQfinish(admin);
	return 0;
}

static void sessions_stand_in_their_class_and_slice(void **state)
{
	struct vt *v = start((const char *const[]){program, "--db", pg_conninfo(&pg, "watch", NULL), NULL}, NULL);

	(void)state;
	press(v, "4", "─ 4 Load");
	/* By class, in the legend and the slice; by wait; by statement, without values. */
	console_sees(v, "timeout 3.0");
	console_sees(v, "lock 1.0");
	console_sees(v, "Timeout:PgSleep");
	console_sees(v, "Lock:relation");
	console_sees(v, "select pg_sleep(?)");
	console_sees(v, "select count(*) from kept where a = ?");
	console_sees(v, "75.0 %");
	console_sees(v, "4.0 of 4.0 active sessions");
	/* The other splits. */
	press(v, "d", "2 waits");
	press(v, "d", "2 users");
	console_sees(v, "app_3");
	press(v, "d", "sleepy-app");
	press(v, "d", "local");
	press(v, "d", "postgres");
	press(v, "d", "2 statements");
	/* The whole statement. */
	press(v, "j<Enter>", "select count(*) from kept where a = ?");
	console_sees(v, "run by");
	vt_key(v, "Esc");
	console_gone(v, "run by");

	/* The wait ends: the newest slice has it no more, an earlier one has. */
	end(waiter);
	console_sees(v, "timeout 3.0");
	assert_true(vt_script(v, "@5000"));
	press(v, "<Left>", "timeout 3.0");
	console_gone(v, "Lock:relation");
	console_gone(v, "from kept");
	for (int i = 0; i < 12; i++) {
		int row, col;

		assert_true(vt_script(v, "<Left>@200"));
		if (vt_find(v, "Lock:relation", &row, &col))
			break;
	}
	console_sees(v, "Lock:relation");
	console_sees(v, "select count(*) from kept where a = ?");
	/* Esc: until now, where both are part of the average. */
	press(v, "<Esc>", "until now");
	console_sees(v, "Lock:relation");
	press(v, "t", "15m");
	console_sees(v, "own samples since");
	console_quit(v);
}

static void without_rights_it_says_why(void **state)
{
	struct vt *v = start((const char *const[]){program, "--db", pg_conninfo(&pg, "plain", NULL), NULL}, NULL);

	(void)state;
	press(v, "4", "what other roles' sessions do is not visible to plain");
	console_sees(v, "GRANT pg_monitor TO plain");
	console_quit(v);
}

/* ---- insights ---- */

static struct vt *start_aws(void)
{
	struct vt *v =
		start((const char *const[]){program, "prod-orders", NULL}, (const char *const[]){"PGUSER=watch", NULL});

	console_sees(v, "● available");
	return v;
}

static void performance_insights_alone(void **state)
{
	struct vt *v = start_aws();

	(void)state;
	/* The database is refused; the view stands on Performance Insights. */
	press(v, "4", "from Performance Insights");
	console_sees(v, "8 vCPU");
	console_sees(v, "12h");
	console_sees(v, "update stock set qty = qty - ? where sku = ?");
	console_sees(v, "IO:DataFileRead");
	press(v, "ttt", "slice 3h");
	console_sees(v, "statements by average active sessions, from Performance Insights");
	console_sees(v, "select sku, qty from stock where sku = any(?)");
	press(v, "dd", "orders_app");
	console_sees(v, "reporting");
	/* A slice long before the incident: nobody waits for a lock as much as for a processor. */
	press(v, "<Left><Left><Left><Left><Left><Left><Left><Left><Left><Left>@1500", "CPU");
	console_gone(v, "slice 3h"); /* two minutes or three: as the column falls on them */
	console_sees(v, "users by average active sessions, from Performance Insights");
	console_sees(v, "reporting");
	press(v, "<Esc>", "slice 3h");
	console_quit(v);
}

static void a_denied_call_is_said_and_harms_nothing(void **state)
{
	struct vt *v;

	(void)state;
	sim_process_admin(&sim, "fault", "service=pi&kind=denied");
	v = start_aws();
	press(v, "4", "connection refused");
	press(v, "1", "─ Cluster");
	console_sees(v, "orders-2");
	press(v, "4", "connection refused");
	sim_process_admin(&sim, "clear", "");
	press(v, "r", "from Performance Insights");
	console_quit(v);
}

static int clear_faults(void **state)
{
	(void)state;
	sim_process_admin(&sim, "clear", "");
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest db_tests[] = {
		cmocka_unit_test_setup_teardown(sessions_stand_in_their_class_and_slice, setup_sessions,
						teardown_sessions),
		cmocka_unit_test(without_rights_it_says_why),
	};
	const struct CMUnitTest insights_tests[] = {
		cmocka_unit_test_teardown(performance_insights_alone, clear_faults),
		cmocka_unit_test_teardown(a_denied_call_is_said_and_harms_nothing, clear_faults),
	};
	int failed;

	setlocale(LC_CTYPE, "C.UTF-8");
	if (argc != 4) {
		print_error("usage: test_load AURORATOP AURORATOP-SIM GROUP\n");
		return 2;
	}
	program = argv[1];
	console_clean_environment();
	if (strcmp(argv[3], "db") == 0) {
		pg_setup(&pg, NULL);
		failed = cmocka_run_group_tests(db_tests, NULL, NULL);
		pg_teardown(&pg);
		return failed;
	}
	console_make_home();
	sim_process_start(&sim, argv[2]);
	failed = cmocka_run_group_tests(insights_tests, NULL, NULL);
	sim_process_stop(&sim);
	console_remove_home();
	return failed;
}
