/*
 * test_explain_console.c: e and Enter in the real program, against a real server.
 *
 *     test_explain AURORATOP
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

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 48
#define COLS 160

static const char *program;
static struct pg pg;
static PGconn *app, *prepared, *busy, *idle, *locker;

static struct vt *start(const char *conninfo)
{
	const char *const args[] = {program, "--db", conninfo, NULL};
	struct vt *v = vt_start(ROWS, COLS, args, NULL);

	console_sees(v, "pg_sleep");
	return v;
}

static struct vt *start_watch(void)
{
	return start(pg_conninfo(&pg, "watch", NULL));
}

static void press(struct vt *v, const char *keys, const char *then)
{
	assert_true(vt_script(v, keys));
	console_sees(v, then);
}

static void e_shows_the_plan(void **state)
{
	struct vt *v = start_watch();

	(void)state;
	press(v, "/user:app_1<Enter>", "1 of");
	press(v, "e", "planned as   app_1 in orders");
	console_sees(v, "with the session's literals, estimate only, never executed");
	console_sees(v, "search_path  \"$user\", public");
	console_sees(v, "Seq Scan items");
	console_sees(v, "SHARE OF THE COST");
	console_sees(v, "items was never analyzed");
	console_sees(v, "pg_sleep(600)");
	vt_send(v, "y");
	console_sees(v, "plan copied, literals masked");
	vt_key(v, "Esc");
	console_gone(v, "planned as");
	console_sees(v, "─ 2 Activity");
	console_quit(v);
	assert_true(pg_log_count(&pg, "auroratop explain", "EXPLAIN (FORMAT JSON") > 0);
}

static void small_screens_too(void **state)
{
	struct vt *v = start_watch();

	(void)state;
	press(v, "/user:app_1<Enter>", "1 of");
	vt_resize(v, 24, 80);
	press(v, "e", "planned as   app_1 in orders");
	console_sees(v, "Seq Scan items");
	vt_resize(v, 12, 40);
	console_sees(v, "Seq Scan items");
	vt_resize(v, ROWS, COLS);
	console_sees(v, "SHARE OF THE COST");
	vt_key(v, "Esc");
	console_gone(v, "planned as");
	console_quit(v);
}

static void parameters_give_the_generic_plan(void **state)
{
	struct vt *v = start_watch();

	(void)state;
	press(v, "/user:app_2<Enter>", "1 of");
	if (PQserverVersion(app) < 120000) {
		press(v, "e", "that needs PostgreSQL 12");
	} else {
		press(v, "e", "generic plan, estimate only, never executed");
		console_sees(v, "orders.id = $1");
	}
	vt_key(v, "Esc");
	console_quit(v);
}

static void a_command_has_no_plan(void **state)
{
	struct vt *v = start_watch();

	(void)state;
	press(v, "/user:app_3<Enter>", "1 of");
	press(v, "e", "no plan: LOCK is a command");
	vt_key(v, "Esc");
	console_gone(v, "no plan:");
	console_quit(v);
}

static void a_superuser_is_asked_first(void **state)
{
	size_t before = pg_log_count(&pg, "auroratop explain", "EXPLAIN (FORMAT JSON");
	char conninfo[256];
	struct vt *v;

	(void)state;
	snprintf(conninfo, sizeof(conninfo), "host=%s port=%d user=postgres dbname=postgres", pg.dir, pg.port);
	v = start(conninfo);
	press(v, "/user:app_1<Enter>", "1 of");
	press(v, "e", "Plan as a powerful role?");
	console_sees(v, "our role postgres is a superuser");
	/* Enter is no answer; n is */
	assert_true(vt_script(v, "<Enter>@200"));
	console_sees(v, "Plan as a powerful role?");
	vt_send(v, "n");
	console_gone(v, "Plan as a powerful role?");
	assert_int_equal(pg_log_count(&pg, "auroratop explain", "EXPLAIN (FORMAT JSON"), before);
	press(v, "e", "Plan as a powerful role?");
	press(v, "y", "planned as   app_1 in orders");
	assert_true(pg_log_count(&pg, "auroratop explain", "EXPLAIN (FORMAT JSON") > before);
	vt_key(v, "Esc");
	console_gone(v, "planned as");
	console_quit(v);
}

static void a_lock_is_said_and_quitting_does_not_wait(void **state)
{
	struct vt *v;

	(void)state;
	pg_exec(locker, "BEGIN");
	pg_exec(locker, "LOCK TABLE wanted IN ACCESS EXCLUSIVE MODE");
	v = start_watch();
	press(v, "mmmmm", "all sessions");
	press(v, "/user:app_4<Enter>", "1 of");
	press(v, "e", "is locked so strongly");
	console_sees(v, "see who holds it under Locks");
	press(v, "e", "Asking the server for the plan");
	/* Esc gives it up, q leaves, whatever the server does */
	vt_key(v, "Esc");
	console_gone(v, "Asking the server");
	console_quit(v);
	pg_exec(locker, "ROLLBACK");
}

static void the_detail_has_the_whole_statement(void **state)
{
	struct vt *v = start_watch();

	(void)state;
	press(v, "/user:app_1<Enter>", "1 of");
	/* the sampler's text ends long before */
	press(v, "<Enter>", "the_end_of_a_long_text");
	console_sees(v, "app_1 on orders");
	console_sees(v, "Timeout:PgSleep");
	console_sees(v, "samples since opened");
	console_sees(v, "AccessShare");
	console_sees(v, "held, 0 waited for, at");
	press(v, "e", "planned as   app_1 in orders");
	vt_key(v, "Esc");
	console_gone(v, "planned as");
	console_sees(v, "the_end_of_a_long_text");
	vt_key(v, "Esc");
	console_gone(v, "the_end_of_a_long_text");
	console_quit(v);
}

static void no_error_in_the_log_is_ours(void **state)
{
	char *log = pg_log(&pg), *rest = log, *line;

	(void)state;
	while ((line = strsep(&rest, "\n")))
		if (strncmp(line, "auroratop ", 10) == 0 && (strstr(line, "ERROR:") || strstr(line, "FATAL:")) &&
		    !strstr(line, "lock timeout"))
			fail_msg("%s", line);
	free(log);
}

/* Three sessions that run something for as long as the tests last, and one that did. */
static int group_setup(void **state)
{
	static const char *const objects[] = {
		"CREATE TABLE orders (id int PRIMARY KEY, status text)",
		"INSERT INTO orders SELECT i, 'paid' FROM generate_series(1, 2000) AS i",
		"ANALYZE orders",
		"CREATE TABLE items (order_id int, qty int) WITH (autovacuum_enabled = off)",
		"INSERT INTO items SELECT i % 2000, 1 FROM generate_series(1, 5000) AS i",
		"CREATE TABLE spare (id int)",
		"CREATE TABLE wanted (id int)",
		"GRANT ALL ON orders, items, spare, wanted TO app_1, app_2, app_3, app_4",
		"GRANT app_1, app_2, app_3, app_4 TO watch",
	};
	const Oid types[] = {23, 701};
	const char *const values[] = {"7", "600"};
	char text[3000];
	size_t n;

	(void)state;
	locker = pg_connect_to(&pg, "orders", "postgres", "e2e");
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
		pg_exec(locker, objects[i]);
	app = pg_connect_to(&pg, "orders", "app_1", "e2e");
	n = (size_t)snprintf(text, sizeof(text), "SELECT count(*), pg_sleep(600)\n  FROM items\n WHERE qty > 5\n -- ");
	memset(text + n, '-', 1500);
	snprintf(text + n + 1500, sizeof(text) - n - 1500, "\n   AND order_id <> 4711 /* the_end_of_a_long_text */");
	pg_send(app, text);
	prepared = pg_connect_to(&pg, "orders", "app_2", "e2e");
	if (!PQsendQueryParams(prepared, "SELECT pg_sleep($2) FROM orders WHERE orders.id = $1", 2, types, values, NULL,
			       NULL, 0))
		return 1;
	PQflush(prepared);
	busy = pg_connect_to(&pg, "orders", "app_3", "e2e");
	pg_exec(busy, "BEGIN");
	pg_exec(busy, "LOCK TABLE spare IN SHARE MODE");
	idle = pg_connect_to(&pg, "orders", "app_4", "e2e");
	pg_exec(idle, "SELECT * FROM wanted");
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	PQfinish(app);
	PQfinish(prepared);
	PQfinish(busy);
	PQfinish(idle);
	PQfinish(locker);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(e_shows_the_plan),
		cmocka_unit_test(small_screens_too),
		cmocka_unit_test(parameters_give_the_generic_plan),
		cmocka_unit_test(a_command_has_no_plan),
		cmocka_unit_test(a_superuser_is_asked_first),
		cmocka_unit_test(a_lock_is_said_and_quitting_does_not_wait),
		cmocka_unit_test(the_detail_has_the_whole_statement),
		cmocka_unit_test(no_error_in_the_log_is_ours),
	};
	int failed;

	setlocale(LC_CTYPE, "C.UTF-8");
	if (argc != 2) {
		print_error("usage: test_explain AURORATOP\n");
		return 2;
	}
	program = argv[1];
	console_clean_environment();
	pg_setup(&pg, NULL);
	failed = cmocka_run_group_tests(tests, group_setup, group_teardown);
	pg_teardown(&pg);
	return failed;
}
