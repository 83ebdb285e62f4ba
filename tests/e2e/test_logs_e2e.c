/*
 * test_logs_e2e.c: what a server writes into its log, seen in the real program: through a simulated
 * CloudWatch Logs that holds this server's file, and from the server itself with --db alone.
 *
 *     test_logs_e2e AURORATOP AURORATOP-SIM
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

#define LOGGING                                                                               \
	"log_line_prefix = '%t:%r:%u@%d:[%p]:'\nlog_statement = none\nlog_timezone = 'UTC'\n" \
	"log_min_duration_statement = -1\nlog_connections = off\nlog_checkpoints = off\n"     \
	"log_temp_files = 0\n"
#define SLOW "SELECT pg_sleep(0.3), 'shipped'"

static const char *program, *sim_program;
static struct pg pg;
static PGconn *app;

static void make_server(const char *more)
{
	char conf[1024];
	PGconn *admin;

	snprintf(conf, sizeof(conf), "%s%s", LOGGING, more);
	pg_setup(&pg, conf);
	/* of this role alone, so that a slow machine adds nothing */
	admin = pg_connect(&pg, "postgres", "admin");
	pg_exec(admin, "ALTER ROLE app_1 SET log_min_duration_statement = '200ms'");
	PQfinish(admin);
	app = pg_connect(&pg, "app_1", "storefront");
}

static void end_server(void)
{
	PQfinish(app);
	pg_teardown(&pg);
}

static void run_slow(void)
{
	PGresult *r = PQexec(app, SLOW);

	assert_int_equal(PQresultStatus(r), PGRES_TUPLES_OK);
	PQclear(r);
}

static void run_wrong(void)
{
	PQclear(PQexec(app, "SELECT 1 / 0 AS share"));
}

/* The row of the screen where text stands says more, too. */
static void row_has(struct vt *v, const char *text, const char *more)
{
	char line[512] = "";
	int row, col, rows, cols;

	vt_size(v, &rows, &cols);
	assert_true(vt_find(v, text, &row, &col));
	for (int x = 0; x < cols && x + 1 < (int)sizeof(line); x++) {
		uint32_t rune = vt_at(v, row, x).rune;

		line[x] = rune > ' ' && rune < 0x7f ? (char)rune : ' ';
	}
	if (!strstr(line, more))
		fail_msg("\"%s\" does not say %s", line, more);
}

/* From the statement to its line, its session and its place among the slow ones. */
static void a_slow_statement_shows_up(void **state)
{
	char log[128], pid[32], filter[48];
	const char *options[] = {"--log", log, NULL};
	const char *args[] = {program, "--db", NULL, "prod-orders", NULL};
	struct sim_process sim;
	struct vt *v;

	(void)state;
	make_server("");
	snprintf(log, sizeof(log), "%s/server.log", pg.dir);
	sim_process_start_with(&sim, sim_program, options);
	args[2] = pg_conninfo(&pg, "watch", NULL);
	v = vt_start(48, 160, args, NULL);
	console_sees(v, "● live");
	vt_send(v, "9");
	console_sees(v, "9 Logs  ");
	run_slow();
	console_sees(v, "SELECT pg_sleep(0.3), 'shipped'");
	/* setting up the server may have been slow as well, on a busy machine */
	console_sees(v, "9 Logs  slow ");
	console_sees(v, "following");
	snprintf(pid, sizeof(pid), "%d", PQbackendPID(app));
	row_has(v, "SELECT pg_sleep(0.3)", pid);
	row_has(v, "SELECT pg_sleep(0.3)", "app_1");
	row_has(v, "SELECT pg_sleep(0.3)", "orders-1");
	/* the next entry takes the selection along */
	run_wrong();
	console_sees(v, "division by zero  SELECT 1 / 0 AS share");
	console_sees(v, "Entry  error ERROR");

	/* only slow ones, by shape, back */
	console_press(v, "m", "only slow");
	console_gone(v, "division by zero");
	run_slow();
	console_sees(v, "slow 2 ");
	console_press(v, "d", "1 slow statements by shape, 2 entries");
	console_sees(v, "select pg_sleep(?), ?");
	console_press(v, "<Enter>", "one statement, Esc all");
	vt_key(v, "Esc");
	console_sees(v, "slow statements by shape");
	vt_key(v, "Esc");
	console_sees(v, "slow 2 ");

	/* to the session, which is idle by now */
	vt_send(v, "i");
	snprintf(filter, sizeof(filter), "pid:=%s", pid);
	console_sees(v, filter);
	console_sees(v, "storefront");
	console_quit(v);
	sim_process_stop(&sim);
	end_server();
}

/* The export is switched off: the view says how it is switched on, and reads the instances' files when told to. */
static void no_log_group(void **state)
{
	static const char ini[] =
		"[scenario]\ntitle = no export\nbase = healthy\n\n[cluster prod-orders]\nlog_exports = no\n";
	char log[128], file[128];
	const char *options[] = {"--log", log, "--scenario", file, NULL};
	const char *args[] = {program, "--db", NULL, "prod-orders", NULL};
	struct sim_process sim;
	struct vt *v;
	FILE *out;

	(void)state;
	make_server("");
	snprintf(log, sizeof(log), "%s/server.log", pg.dir);
	snprintf(file, sizeof(file), "%s/no-export.ini", pg.dir);
	out = fopen(file, "w");
	assert_non_null(out);
	fputs(ini, out);
	assert_int_equal(fclose(out), 0);
	sim_process_start_with(&sim, sim_program, options);
	args[2] = pg_conninfo(&pg, "watch", NULL);
	v = vt_start(48, 160, args, NULL);
	console_sees(v, "● live");
	run_slow();
	vt_send(v, "9");
	console_sees(v, "aws rds modify-db-cluster");
	console_sees(v, "EnableLogTypes");
	assert_false(vt_find(v, "pg_sleep(0.3)", &(int){0}, &(int){0}));
	console_press(v, "F", "below: the last lines of the log files");
	console_sees(v, "SELECT pg_sleep(0.3), 'shipped'");
	row_has(v, "SELECT pg_sleep(0.3)", "orders-1");
	/* not by itself: what came since is there when asked for again */
	run_wrong();
	console_press(v, "F", "division by zero");
	console_quit(v);
	sim_process_stop(&sim);
	end_server();
}

/* --db alone: what the role may not, and what it sees once it may. */
static void the_servers_own_log(void **state)
{
	const char *args[] = {program, "--db", NULL, NULL};
	PGconn *admin;
	struct vt *v;

	(void)state;
	console_clean_environment();
	make_server("logging_collector = on\nlog_directory = 'log'\nlog_filename = 'pg.log'\n");
	args[2] = pg_conninfo(&pg, "watch", NULL);
	v = vt_start(48, 160, args, NULL);
	console_sees(v, "● live");
	vt_send(v, "9");
	console_sees(v, "GRANT EXECUTE ON FUNCTION");
	console_sees(v, "pg_read_binary_file(text, bigint, bigint, boolean)");
	admin = pg_connect(&pg, "postgres", "admin");
	pg_exec(admin, "GRANT EXECUTE ON FUNCTION pg_read_binary_file(text, bigint, bigint, boolean) TO watch");
	PQfinish(admin);
	run_slow();
	run_wrong();
	console_sees(v, "SELECT pg_sleep(0.3), 'shipped'");
	console_sees(v, "division by zero");
	console_gone(v, "GRANT EXECUTE");
	console_quit(v);
	end_server();
}

/* One role's slow statements for a time: what it brings is followed and counted, and its value comes back. */
static void a_slow_log_of_a_role_is_followed(void **state)
{
	const char *args[] = {program, "--db", NULL, NULL};
	char db[200];
	PGconn *admin;
	struct vt *v;

	(void)state;
	console_clean_environment();
	console_make_home();
	console_configure("[policy]\nproduction_tag =\n");
	make_server("logging_collector = on\nlog_directory = 'log'\nlog_filename = 'pg.log'\n");
	snprintf(db, sizeof(db), "host=%s port=%d user=postgres dbname=postgres", pg.dir, pg.port);
	args[2] = db;
	/* a log that begins in the second of the lease may have had older lines, and then the count says so */
	admin = pg_connect(&pg, "postgres", "admin");
	pg_exec(admin, "SELECT pg_sleep(1)");
	PQfinish(admin);
	v = vt_start(48, 160, args, NULL);
	console_sees(v, "● live");
	console_preview(v, "slow log role", "app_1 250 for 5", "ALTER ROLE app_1 SET log_min_duration_statement = 250");
	console_sees(v, "log_min_duration_statement of role app_1 is 200ms");
	console_sees(v, "the 1 that is connected now keeps what it has");
	console_press(v, "y", "9 follows its lines");
	/* whoever connects from now on */
	PQfinish(app);
	app = pg_connect(&pg, "app_1", "storefront");
	run_slow();
	console_press(v, "9", "only slow");
	console_sees(v, "SELECT pg_sleep(0.3), 'shipped'");
	console_sees(v, "following");
	console_press(v, ":jobs<Enter>", "1 line logged");
	vt_key(v, "Esc");
	console_press(v, "q", "takes back what was changed");
	vt_send(v, "y");
	assert_int_equal(console_ends(v), 0);
	vt_free(v);
	admin = pg_connect(&pg, "postgres", "admin");
	assert_int_equal(pg_number(admin, "SELECT count(*) FROM pg_db_role_setting "
					  "WHERE 'log_min_duration_statement=200ms' = ANY (setconfig)"),
			 1);
	PQfinish(admin);
	end_server();
	console_remove_home();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slow_statement_shows_up),
		cmocka_unit_test(no_log_group),
		cmocka_unit_test(the_servers_own_log),
		cmocka_unit_test(a_slow_log_of_a_role_is_followed),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	if (argc != 3) {
		print_error("usage: test_logs_e2e AURORATOP AURORATOP-SIM\n");
		return 2;
	}
	program = argv[1];
	sim_program = argv[2];
	console_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
