/*
 * test_console.c: what a user of the real program sees, from start to end, in calm and in trouble.
 *
 *     test_console AURORATOP AURORATOP-SIM GROUP
 *
 * Groups: start (needs no server), live, keys, storm, db (a PostgreSQL of its own; status 77
 * where there is none), aws (the simulator). Only loopback is used.
 */
#include "console.h"
#include "pg_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROWS 48
#define COLS 160
#define NO_SERVER "host=127.0.0.1 port=1 user=watch sslmode=disable"

static const char *program, *sim_program;
static struct pg pg;
static PGconn *app;
static struct sim_process sim;

#define ARGS(...) ((const char *const[]){program, __VA_ARGS__, NULL})
#define ENV(...) ((const char *const[]){__VA_ARGS__, NULL})

static struct vt *start(const char *const *args, const char *const *env)
{
	return vt_start(ROWS, COLS, args, env);
}

static struct vt *start_db(const char *const *env)
{
	struct vt *v = start(ARGS("--db", pg_conninfo(&pg, "watch", NULL)), env);

	console_sees(v, "shop-e2e");
	return v;
}

static void press(struct vt *v, const char *keys, const char *then)
{
	assert_true(vt_script(v, keys));
	console_sees(v, then);
}

/* ---- start: refusals in words, no server needed ---- */

static void refused(const char *const *args, const char *const *env, const char *words, const char *remedy)
{
	struct vt *v = start(args, env);

	assert_int_equal(console_ends(v), 2);
	console_sees(v, words);
	console_sees(v, remedy);
	assert_false(vt_state(v)->altscreen);
	vt_free(v);
}

static void no_region_is_a_usage_error(void **state)
{
	(void)state;
	refused(ARGS("prod-orders"), ENV("AWS_EC2_METADATA_DISABLED=true"), "No AWS region is set",
		"Say it with --region");
}

static void useless_terminals_are_refused(void **state)
{
	(void)state;
	refused(ARGS("--db", NO_SERVER), ENV("TERM"), "TERM is not set", "TERM=xterm-256color");
	refused(ARGS("--db", NO_SERVER), ENV("TERM=dumb"), "cannot move the cursor", "auroratop --once");
}

static void a_pipe_is_refused(void **state)
{
	char command[1024];

	(void)state;
	snprintf(command, sizeof(command), "'%s' --db '" NO_SERVER "' </dev/null", program);
	refused((const char *const[]){"sh", "-c", command, NULL}, NULL, "standard input is not a terminal",
		"auroratop --once");
	snprintf(command, sizeof(command), "'%s' --db '" NO_SERVER "' | cat >&2; exit 2", program);
	refused((const char *const[]){"sh", "-c", command, NULL}, NULL, "standard output is not a terminal",
		"auroratop --once");
}

static void write_config(char *path, size_t size, const char *text)
{
	FILE *f;

	snprintf(path, size, "%s/e2e.ini", getenv("HOME"));
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void faults_of_the_config_name_file_and_line(void **state)
{
	char path[256];

	(void)state;
	write_config(path, sizeof(path), "[auroratop]\ntheme = light\nintervall = 2\n");
	refused(ARGS("--config", path, "--db", NO_SERVER), NULL, "e2e.ini:3: intervall: no such setting",
		"did you mean interval");
	write_config(path, sizeof(path), "[auroratop]\ninterval = soon\n");
	refused(ARGS("--config", path, "--db", NO_SERVER), NULL, "e2e.ini:2: interval", "soon is not a time");
	refused(ARGS("--config", getenv("HOME"), "--db", NO_SERVER), NULL, getenv("HOME"), "is a folder, not a file");
	refused(ARGS("--config", "/nonexistent/e2e.ini", "--db", NO_SERVER), NULL, "/nonexistent/e2e.ini",
		"No such file");
	unlink(path);
}

static void an_unknown_theme_gets_the_nearest_name(void **state)
{
	(void)state;
	refused(ARGS("--theme", "drak", "--db", NO_SERVER), NULL, "no theme named \"drak\"", "did you mean dark");
}

static void a_refused_connection_is_said_in_its_pane(void **state)
{
	struct vt *v = start(ARGS("--db", NO_SERVER), NULL);

	(void)state;
	console_sees(v, "nothing listens at 127.0.0.1 port 1 (connection refused)");
	console_sees(v, "check host, port and that the server runs");
	console_sees(v, "no data");
	/* It counts its attempts: it goes on by itself. */
	console_sees(v, "attempt 2");
	console_quit(v);
}

static void an_unknown_name_is_said(void **state)
{
	struct vt *v = start(ARGS("--db", "host=nothing.invalid user=watch"), NULL);

	(void)state;
	console_sees(v, "✗ no address");
	console_sees(v, "nothing.invalid");
	console_quit(v);
}

static void without_utf8_everything_is_ascii(void **state)
{
	struct vt *v = start(ARGS("--db", NO_SERVER), ENV("LC_ALL=C"));
	struct str out;

	(void)state;
	console_sees(v, "x refused");
	vt_send(v, "?");
	console_sees(v, "keys and signs");
	out = vt_output(v);
	for (size_t i = 0; i < out.len; i++)
		assert_true((unsigned char)out.ptr[i] < 0x80);
	vt_send(v, "\033");
	console_gone(v, "keys and signs");
	console_quit(v);
}

/* All at once: each start takes longer than each death. */
static void signals_leave_a_usable_terminal(void **state)
{
	static const int signals[] = {SIGTERM, SIGHUP,  SIGINT,  SIGSEGV, SIGABRT, SIGBUS,  SIGFPE,
				      SIGILL,  SIGQUIT, SIGTRAP, SIGSYS,  SIGXCPU, SIGUSR1, SIGALRM};
	struct vt *v[ARRAY_LEN(signals)];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		v[i] = start(ARGS("--db", NO_SERVER), NULL);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		console_sees(v[i], "? help");
		assert_true(vt_state(v[i])->altscreen);
		kill(vt_pid(v[i]), signals[i]);
		/* Interrupting is a way to quit. */
		assert_int_equal(console_ends(v[i]), signals[i] == SIGINT ? 0 : 128 + signals[i]);
		console_is_restored(v[i]);
		vt_free(v[i]);
	}
}

static void starts_on_one_cell(void **state)
{
	struct vt *v = vt_start(1, 1, ARGS("--db", NO_SERVER), NULL);

	(void)state;
	vt_settle(v, 300);
	assert_true(vt_state(v)->altscreen);
	vt_send(v, "2?");
	vt_settle(v, 300);
	vt_resize(v, 24, 80);
	console_sees(v, "keys and signs");
	vt_key(v, "Esc");
	console_sees(v, "nothing listens at 127.0.0.1 port 1");
	console_quit(v);
}

static void write_theme(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/.config", getenv("HOME"));
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/.config/auroratop", getenv("HOME"));
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/.config/auroratop/themes", getenv("HOME"));
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/.config/auroratop/themes/%s.ini", getenv("HOME"), name);
	if (!text) {
		assert_int_equal(mkdir(path, 0700), 0);
		return;
	}
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* A theme that cannot be used: at the start with file and line, in a live session as a toast over the old one. */
static void a_broken_theme_names_file_and_line(void **state)
{
	struct vt *v;

	(void)state;
	write_theme("broken", "[theme]\nname = broken\n[colors]\nfg = reddish\n");
	write_theme("folder", NULL);
	refused(ARGS("--theme", "broken", "--db", NO_SERVER), NULL, "broken.ini:4", "reddish");
	refused(ARGS("--theme", "folder", "--db", NO_SERVER), NULL, "folder.ini", "folder");
	v = start(ARGS("--db", NO_SERVER), NULL);
	console_sees(v, "nothing listens");
	press(v, ":theme broken<Enter>", "not a colour: ");
	console_sees(v, "nothing listens");
	press(v, "?", "keys and signs");
	vt_key(v, "Esc");
	console_gone(v, "keys and signs");
	console_quit(v);
}

/* ---- live, keys, storm: with a database ---- */

static void starts_with_chrome_then_sessions(void **state)
{
	struct vt *v = start(ARGS("--db", pg_conninfo(&pg, "watch", NULL)), NULL);
	long connecting, session;

	(void)state;
	console_sees(v, "1 Overview");
	console_sees(v, "shop-e2e");
	console_sees(v, "pg_sleep");
	console_sees(v, "● live");
	connecting = str_find(vt_output(v), STR("connecting"), 0);
	session = str_find(vt_output(v), STR("shop-e2e"), 0);
	assert_true(connecting >= 0 && connecting < session);
	assert_true(vt_state(v)->altscreen);
	assert_false(vt_state(v)->cursor_visible);
	console_quit(v);
}

static void keys_of_a_table(void **state)
{
	struct vt *v = start_db(NULL);

	(void)state;
	console_sees(v, "XACT ▾");
	vt_send(v, "s");
	console_gone(v, "XACT ▾");
	vt_send(v, "S");
	console_sees(v, "XACT ▾");
	press(v, "<", "XACT ▴");
	press(v, ">", "XACT ▾");
	press(v, "m", "only running");
	press(v, "m", "only waiting");
	press(v, "mmm", "all sessions");
	vt_send(v, "m");
	console_gone(v, "all sessions");
	press(v, "/app:nobody", "0 of");
	console_gone(v, "pg_sleep");
	press(v, "<Esc>", "pg_sleep");
	press(v, "/user:app_1<Enter>", "/ user:app_1");
	console_sees(v, "pg_sleep");
	vt_key(v, "Esc");
	console_gone(v, "/ user:app_1");
	press(v, "<Enter>", "client_port");
	vt_key(v, "Esc");
	console_gone(v, "client_port");
	console_quit(v);
}

static void keys_of_panes_and_overlays(void **state)
{
	struct vt *v = start_db(NULL);

	(void)state;
	console_sees(v, "─ Databases");
	vt_send(v, "z");
	console_gone(v, "─ Databases");
	console_sees(v, "─ 2 Activity");
	press(v, "z", "─ Databases");
	vt_key(v, "Tab");
	vt_send(v, "z");
	console_gone(v, "─ 2 Activity");
	press(v, "z", "─ 2 Activity");
	press(v, "?", "keys and signs");
	vt_key(v, "Esc");
	console_gone(v, "keys and signs");
	press(v, ":theme", "theme solarized");
	for (int i = 0; i < 5; i++)
		vt_key(v, "Backspace");
	press(v, "backups<Enter>", "─ 7 Snapshots");
	press(v, "2", "shop-e2e");
	press(v, " ", "paused");
	vt_send(v, " ");
	console_gone(v, "paused");
	console_sees(v, "● live");
	/* Esc never quits. */
	assert_true(vt_script(v, "<Esc>@300<Esc>@300<Esc>@300"));
	press(v, "?", "keys and signs");
	vt_key(v, "Esc");
	console_gone(v, "keys and signs");
	console_quit(v);
}

static void survives_a_storm_of_sizes(void **state)
{
	struct vt *v = start_db(NULL);
	unsigned random = 12345;

	(void)state;
	for (int i = 0; i < 300; i++) {
		random = random * 1103515245u + 12345u;
		int rows = i % 50 == 7 ? 1 : 1 + (int)(random >> 16) % 70;
		random = random * 1103515245u + 12345u;
		int cols = i % 50 == 7 ? 1 : 1 + (int)(random >> 16) % 240;
		vt_resize(v, rows, cols);
		vt_pump(v, 10);
	}
	vt_resize(v, 24, 80);
	console_sees(v, "auroratop");
	console_sees(v, "─ 2 Activity");
	console_sees(v, "app_1");
	/* Nothing of another size is left: frame and footer are where they belong. */
	console_sees(v, "? help");
	vt_settle(v, 200);
	assert_int_equal(vt_at(v, 0, 1).rune, 'a');
	assert_int_equal(vt_at(v, 23, 1).rune, '?');
	vt_resize(v, 1, 1);
	vt_settle(v, 200);
	vt_resize(v, 24, 80);
	press(v, "?", "Help");
	vt_key(v, "Esc");
	console_gone(v, "Help  ");
	console_quit(v);
}

/* ---- db: faults of the database side ---- */

static const char *conninfo(const char *user, const char *password, const char *database, const char *ca)
{
	static char text[512];

	snprintf(text, sizeof(text),
		 "host=localhost port=%d user=%s password=%s dbname=%s sslmode=verify-full sslrootcert=%s", pg.port,
		 user, password, database, ca);
	return text;
}

static void a_wrong_password_is_said(void **state)
{
	struct vt *v = start(ARGS("--db", conninfo("watch", "not-it", "postgres", pg.ca)), NULL);

	(void)state;
	console_sees(v, "refused the password of user watch");
	console_sees(v, "check PGPASSWORD");
	assert_true(str_find(vt_output(v), STR("not-it"), 0) < 0);
	console_quit(v);
}

static void an_unknown_database_is_said(void **state)
{
	struct vt *v = start(ARGS("--db", conninfo("watch", "watch-pw", "nowhere", pg.ca)), NULL);

	(void)state;
	console_sees(v, "there is no database nowhere");
	console_quit(v);
}

static void a_wrong_authority_is_said(void **state)
{
	/* A certificate that did not sign the server's. */
	static const char *const other = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
					 "-days 2 -subj /CN=other -keyout /dev/null -out \"$HOME\"/other.crt 2>&1";
	char path[256];
	struct vt *v;

	(void)state;
	v = start((const char *const[]){"sh", "-c", other, NULL}, NULL);
	assert_int_equal(console_ends(v), 0);
	vt_free(v);
	snprintf(path, sizeof(path), "%s/other.crt", getenv("HOME"));
	v = start(ARGS("--db", conninfo("watch", "watch-pw", "postgres", path)), NULL);
	console_sees(v, "✗ TLS");
	console_sees(v, "is not signed by a root that is trusted here");
	console_sees(v, "check sslrootcert");
	console_quit(v);
}

static void without_credentials_the_database_half_works(void **state)
{
	struct vt *v =
		start(ARGS("--db", pg_conninfo(&pg, "watch", NULL), "--region", "eu-west-1", "prod-orders"), NULL);

	(void)state;
	console_sees(v, "! no credentials");
	console_sees(v, "No AWS credentials were found");
	console_sees(v, "shop-e2e");
	console_quit(v);
}

static void recovers_from_a_restart_by_itself(void **state)
{
	struct vt *v = start_db(NULL);

	(void)state;
	pg_stop(&pg, SIGINT);
	console_sees(v, "connection refused");
	/* The last rows stay below the words. */
	console_sees(v, "shop-e2e");
	pg_start(&pg);
	PQfinish(app);
	app = pg_connect(&pg, "app_2", "after-restart");
	pg_send(app, "SELECT pg_sleep(600)");
	console_sees(v, "after-restart");
	console_gone(v, "connection refused");
	console_sees(v, "● live");
	console_quit(v);
}

static int setup_db(void **state)
{
	(void)state;
	app = pg_connect(&pg, "app_1", "shop-e2e");
	pg_send(app, "SELECT pg_sleep(600)");
	return 0;
}

static int teardown_db(void **state)
{
	(void)state;
	PQfinish(app);
	return 0;
}

/* ---- aws: the AWS side; what recovers by itself is in test_recovery.c ---- */

/* The console on the simulated cluster; its database is refused all along. */
static struct vt *start_aws(void)
{
	return start(ARGS("prod-orders"), ENV("PGUSER=watch"));
}

static void every_view_opens_by_its_key(void **state)
{
	struct vt *v = start_aws();

	(void)state;
	console_sees(v, "● available");
	console_sees(v, "orders-2");
	press(v, "8", "─ 8 Security-group rules");
	/* nobody had to ask for it: the database is refused */
	console_sees(v, "stops at 5, TCP connect");
	console_sees(v, "subnet-0b21");
	press(v, "z", "sgr-0");
	press(v, "z", "subnet-0b21");
	press(v, "7", "─ 7 Snapshots");
	console_sees(v, "pre-release-318");
	press(v, "6", "─ Volume reads");
	console_sees(v, "from CloudWatch");
	press(v, "2", "connection refused");
	press(v, "1", "─ Cluster");
	press(v, ":clusters<Enter>", "─ Clusters");
	console_quit(v);
}

static void an_unknown_cluster_is_said(void **state)
{
	struct vt *v = start(ARGS("no-such"), ENV("AURORATOP_CLUSTER"));

	(void)state;
	console_sees(v, "The cluster no-such does not exist in eu-west-1");
	console_sees(v, "✗ not found");
	console_quit(v);
}

static void one_denied_call_spoils_one_pane(void **state)
{
	struct vt *v;

	(void)state;
	sim_process_admin(&sim, "fault", "service=rds&operation=DescribeDBClusterSnapshots&kind=denied");
	v = start_aws();
	console_sees(v, "! denied");
	console_sees(v, "n/a: needs rds:DescribeDBClusterSnapshots");
	console_sees(v, "● available");
	console_sees(v, "bastion");
	console_sees(v, "FreeStorageSpace n/a");
	sim_process_admin(&sim, "clear", "");
	console_quit(v);
}

static void keys_work_while_requests_hang(void **state)
{
	struct vt *v;

	(void)state;
	sim_process_admin(&sim, "fault", "kind=hang");
	v = start_aws();
	console_sees(v, "connecting");
	press(v, "?", "keys and signs");
	vt_key(v, "Esc");
	console_gone(v, "keys and signs");
	press(v, "7", "─ 7 Snapshots");
	press(v, "1", "─ Cluster");
	/* Leaving does not wait for the answer either. */
	console_quit(v);
	sim_process_admin(&sim, "clear", "");
}

static int clear_faults(void **state)
{
	(void)state;
	sim_process_admin(&sim, "clear", "");
	return 0;
}

#define WITH_DB(test) cmocka_unit_test_setup_teardown(test, setup_db, teardown_db)
#define WITH_SIM(test) cmocka_unit_test_teardown(test, clear_faults)

static const struct CMUnitTest start_tests[] = {
	cmocka_unit_test(no_region_is_a_usage_error),
	cmocka_unit_test(useless_terminals_are_refused),
	cmocka_unit_test(a_pipe_is_refused),
	cmocka_unit_test(faults_of_the_config_name_file_and_line),
	cmocka_unit_test(an_unknown_theme_gets_the_nearest_name),
	cmocka_unit_test(a_refused_connection_is_said_in_its_pane),
	cmocka_unit_test(an_unknown_name_is_said),
	cmocka_unit_test(without_utf8_everything_is_ascii),
	cmocka_unit_test(signals_leave_a_usable_terminal),
	cmocka_unit_test(starts_on_one_cell),
	cmocka_unit_test(a_broken_theme_names_file_and_line),
};
static const struct CMUnitTest live_tests[] = {WITH_DB(starts_with_chrome_then_sessions)};
static const struct CMUnitTest keys_tests[] = {WITH_DB(keys_of_a_table), WITH_DB(keys_of_panes_and_overlays)};
static const struct CMUnitTest storm_tests[] = {WITH_DB(survives_a_storm_of_sizes)};
static const struct CMUnitTest db_tests[] = {
	WITH_DB(a_wrong_password_is_said),          WITH_DB(an_unknown_database_is_said),
	WITH_DB(a_wrong_authority_is_said),         WITH_DB(without_credentials_the_database_half_works),
	WITH_DB(recovers_from_a_restart_by_itself),
};
static const struct CMUnitTest aws_tests[] = {
	WITH_SIM(every_view_opens_by_its_key),
	WITH_SIM(an_unknown_cluster_is_said),
	WITH_SIM(one_denied_call_spoils_one_pane),
	WITH_SIM(keys_work_while_requests_hang),
};

#define RUN(tests) cmocka_run_group_tests(tests, NULL, NULL)

static int run_with_db(const char *group)
{
	int failed = 1;

	pg_setup(&pg, NULL);
	if (strcmp(group, "live") == 0)
		failed = RUN(live_tests);
	else if (strcmp(group, "keys") == 0)
		failed = RUN(keys_tests);
	else if (strcmp(group, "storm") == 0)
		failed = RUN(storm_tests);
	else if (strcmp(group, "db") == 0)
		failed = RUN(db_tests);
	else
		print_error("no group %s\n", group);
	pg_teardown(&pg);
	return failed;
}

int main(int argc, char **argv)
{
	int failed;

	setlocale(LC_CTYPE, "C.UTF-8");
	if (argc != 4) {
		print_error("usage: test_console AURORATOP AURORATOP-SIM GROUP\n");
		return 2;
	}
	program = argv[1];
	sim_program = argv[2];
	console_clean_environment();
	if (strcmp(argv[3], "start") != 0 && strcmp(argv[3], "aws") != 0)
		return run_with_db(argv[3]);
	console_make_home();
	if (strcmp(argv[3], "start") == 0) {
		failed = RUN(start_tests);
	} else {
		sim_process_start(&sim, sim_program);
		failed = RUN(aws_tests);
		sim_process_stop(&sim);
	}
	console_remove_home();
	return failed;
}
