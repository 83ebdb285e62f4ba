/*
 * test_report_e2e.c: an incident in a real server, told by a file: with the keyboard, and by a command; the bell that
 * rings for it; and the clocks on the screen.
 *
 *     test_report_e2e AURORATOP
 *
 * Status 77 where there is no PostgreSQL.
 */
#include "console.h"
#include "pg_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <glob.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROWS 48
#define COLS 160

static const char *program;
static struct pg pg;
static PGconn *admin, *root, *victim;

static const char *conninfo(void)
{
	static char text[1200];
	char more[600];

	snprintf(more, sizeof(more), "dbname=orders passfile=%s/action.pass", pg.dir);
	snprintf(text, sizeof(text), "%s", pg_conninfo(&pg, "watch", more));
	return text;
}

static struct vt *start(const char *option, const char *value, const char *const *env)
{
	const char *const args[] = {program, "--db", conninfo(), "--action-user", "keeper", option, value, NULL};
	struct vt *v = vt_start(ROWS, COLS, args, env);

	console_sees(v, "● live");
	return v;
}

/* Over another row each time, so that a test that has failed does not hold up the next. */
static void block(void)
{
	static int row = 1;
	char sql[100];

	root = pg_connect_to(&pg, "orders", "app_1", "root");
	victim = pg_connect_to(&pg, "orders", "app_2", "victim");
	pg_exec(root, "BEGIN");
	snprintf(sql, sizeof(sql), "UPDATE shop.orders SET v = 'hunter a' WHERE id = %d", row);
	pg_exec(root, sql);
	snprintf(sql, sizeof(sql), "UPDATE shop.orders SET v = 'hunter b' WHERE id = %d", row++);
	pg_send(victim, sql);
	pg_wait_for(
		admin,
		"SELECT count(*) FROM pg_stat_activity WHERE application_name = 'victim' AND wait_event_type = 'Lock'");
}

static void unblock(void)
{
	pg_exec(root, "ROLLBACK");
	assert_true(pg_finish_sent(victim));
	PQfinish(root);
	PQfinish(victim);
}

/* The text of a file that only its owner may read; free() it. */
static char *private_file(const char *path)
{
	char *text = calloc(1, 1 << 20);
	struct stat st;
	FILE *f;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
	fclose(f);
	return text;
}

static void says(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("the report does not say \"%s\":\n%s", part, text);
}

/* What both ways must tell: who waits for whom, and for what, without the values. */
static void tells_the_incident(const char *text)
{
	char line[80];

	says(text, "# Incident report: ");
	/* the rule that has something to say; what it says is its own test's */
	says(text, "| sessions.blocked |");
	snprintf(line, sizeof(line), "\n%d  app_1  root  idle in transaction", PQbackendPID(root));
	says(text, line);
	snprintf(line, sizeof(line), "\n  %d  app_2  victim  waiting", PQbackendPID(victim));
	says(text, line);
	says(text, "UPDATE shop.orders SET v = '***' WHERE id = ?");
	says(text, "| sessions | ok |");
	says(text, "| clusters | left out |");
	assert_null(strstr(text, "hunter"));
	assert_null(strstr(text, "keeper-pw"));
}

static void it_is_written_with_the_keyboard(void **state)
{
	struct vt *v;
	glob_t found;
	char *text;

	(void)state;
	block();
	v = start(NULL, NULL, NULL);
	console_press(v, ":tables<Enter>", "shop.orders");
	console_press(v, "/orders<Enter>", "A analyze");
	console_press(v, "A", "y yes, run it");
	console_press(v, "y", "ANALYZE shop.orders: done");
	/* a verdict appears when it has held for some seconds */
	assert_true(vt_script(v, "@5000"));
	console_press(v, ":report<Enter>", "report written, literals masked:");
	assert_int_equal(glob("auroratop-report-*Z.md", 0, NULL, &found), 0);
	assert_int_equal(found.gl_pathc, 1);
	text = private_file(found.gl_pathv[0]);
	globfree(&found);
	tells_the_incident(text);
	/* what was done about it */
	says(text, "| analyze | shop.orders |");
	says(text, "ANALYZE (VERBOSE) shop.orders");
	says(text, " L | lock |");
	free(text);
	console_quit(v);
	unblock();
}

static int run_report(const char *file, struct vt **ret_v)
{
	const char *const args[] = {program, "report", "--db", conninfo(), "-o", file, NULL};

	*ret_v = vt_start(ROWS, COLS, args, NULL);
	return console_ends(*ret_v);
}

static void it_is_written_by_a_command(void **state)
{
	struct vt *v;
	char *text;

	(void)state;
	block();
	assert_int_equal(run_report("incident.md", &v), 0);
	vt_free(v);
	text = private_file("incident.md");
	tells_the_incident(text);
	says(text, "too few for a chart");
	free(text);
	/* what is there is left alone */
	assert_int_not_equal(run_report("incident.md", &v), 0);
	assert_true(str_find(vt_output(v), STR("cannot create incident.md: File exists"), 0) >= 0);
	vt_free(v);
	unblock();
}

static void the_bell_rings_once(void **state)
{
	static const char settings[] = "[auroratop]\nbell = on\ninterval = 0.5\n[policy]\nblocked_for = 1s\n"
				       "blocked_for_critical = 1s\n";
	char path[300];
	struct vt *v;
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/bell.ini", pg.dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(settings, f);
	assert_int_equal(fclose(f), 0);
	v = start("--config", path, NULL);
	/* it has looked for some time and found nothing */
	assert_true(vt_script(v, "@12000"));
	assert_int_equal(vt_state(v)->bells, 0);
	block();
	for (int i = 0; i < WAIT_ROUNDS * 10 && vt_state(v)->bells == 0; i++)
		(void)vt_pump(v, 1000);
	assert_int_equal(vt_state(v)->bells, 1);
	/* as long as it stays, it is known */
	assert_true(vt_script(v, "@4000"));
	assert_int_equal(vt_state(v)->bells, 1);
	console_quit(v);
	unblock();
}

static void the_clocks_are_this_hosts_when_asked_for(void **state)
{
	static const char *const env[] = {"TZ=XYZ-5:30", NULL};
	struct vt *v = start(NULL, NULL, env);

	(void)state;
	console_sees(v, "Z  ● live");
	console_press(v, ":time local<Enter>", " XYZ  ● live");
	console_press(v, ":time utc<Enter>", "Z  ● live");
	console_quit(v);
	v = start("--time", "local", env);
	console_sees(v, " XYZ  ● live");
	console_quit(v);
}

static int setup(void **state)
{
	static const char *const objects[] = {
		"CREATE ROLE keeper LOGIN PASSWORD 'keeper-pw' IN ROLE pg_monitor, pg_signal_backend, app_1",
		"CREATE SCHEMA shop",
		"GRANT USAGE ON SCHEMA shop TO app_1, app_2",
		"CREATE TABLE shop.orders (id int PRIMARY KEY, v text)",
		"INSERT INTO shop.orders SELECT i, 'x' FROM generate_series(1, 100) AS i",
		"ALTER TABLE shop.orders OWNER TO app_1",
		"GRANT ALL ON shop.orders TO app_2",
	};
	char path[200];
	FILE *f;

	(void)state;
	admin = pg_connect_to(&pg, "orders", "postgres", "admin");
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
		pg_exec(admin, objects[i]);
	snprintf(path, sizeof(path), "%s/action.pass", pg.dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "*:*:*:keeper:keeper-pw\n");
	fclose(f);
	/* files are written where the console was started */
	return chmod(path, 0600) || chdir(getenv("HOME"));
}

static int teardown(void **state)
{
	(void)state;
	PQfinish(admin);
	return chdir("/");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_written_with_the_keyboard),
		cmocka_unit_test(it_is_written_by_a_command),
		cmocka_unit_test(the_bell_rings_once),
		cmocka_unit_test(the_clocks_are_this_hosts_when_asked_for),
	};
	int failed;

	setlocale(LC_CTYPE, "C.UTF-8");
	if (argc != 2) {
		print_error("usage: test_report_e2e AURORATOP\n");
		return 2;
	}
	program = argv[1];
	console_clean_environment();
	pg_setup(&pg, "");
	console_make_home();
	failed = cmocka_run_group_tests(tests, setup, teardown);
	console_remove_home();
	pg_teardown(&pg);
	return failed;
}
