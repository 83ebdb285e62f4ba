/*
 * test_hostile.c: names and statements that try to spoil the screen, and sessions that are gone when a key
 * reaches them, as a user of the real program sees them.
 *
 *     test_hostile AURORATOP
 *
 * Whatever stands in a name or a statement, nothing of it may reach the terminal as a command, and every line of the
 * screen keeps its frame.
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
/* Names of 63 or 62 bytes, the longest that PostgreSQL keeps: wide characters, marks that take no cell, right to left.
 */
#define WIDE_NAME "受注在庫管理表受注在庫管理表受注在庫管理表"
#define MARKED_NAME        \
	"e\xcc\x81"        \
	"clat-o\xcc\x88"   \
	"ffnung-a\xcc\x8a" \
	"ngstro\xcc\x88"   \
	"m-x\xcc\x81"      \
	"-y\xcc\x81"       \
	"-z\xcc\x81"       \
	"-naivete\xcc\x81" \
	"-role\xcc\x82"    \
	"-fin"
#define RIGHT_NAME "طلباتالعملاءطلباتالعملاءطلباتال"
#define EVIL                                                                                 \
	"/* \x1b]0;owned\x07 \x1b[31;7m \xe2\x80\xae txet \xe2\x80\x8b\xe2\x81\xa6 \xc2\x9b" \
	"2J \r\n\t end */"
#define LONG_TEXT (100 * 1024)

static const char *program;
static struct pg pg;
static PGconn *admin, *evil, *lengthy, *holder, *waiter, *passing;

static void wait_state(PGconn *c, const char *condition)
{
	char sql[200];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM pg_stat_activity WHERE pid = %d AND %s", PQbackendPID(c),
		 condition);
	pg_wait_for(admin, sql);
}

static PGconn *connect_as(const char *role, const char *database, const char *application)
{
	const char *const words[] = {"host", "port", "user", "dbname", "application_name", NULL};
	char port[16];
	const char *const values[] = {pg.dir, port, role, database, application, NULL};
	PGconn *c;

	snprintf(port, sizeof(port), "%d", pg.port);
	c = PQconnectdbParams(words, values, 0);
	if (PQstatus(c) != CONNECTION_OK)
		fail_msg("%s", PQerrorMessage(c));
	PQsetClientEncoding(c, "UTF8");
	return c;
}

static struct vt *start_console(const char *database)
{
	char conninfo[700];
	const char *const args[] = {program, "--db", conninfo, NULL};

	snprintf(conninfo, sizeof(conninfo), "%s dbname='%s'", pg_conninfo(&pg, "watch", NULL), database);
	return vt_start(ROWS, COLS, args, NULL);
}

/* A frame's edge or nothing stands in the first and the last column of every line below the tabs. */
static void keeps_its_frames(const struct vt *v)
{
	int rows, cols;

	vt_size(v, &rows, &cols);
	for (int row = 3; row < rows - 1; row++) {
		uint32_t first = vt_at(v, row, 0).rune, last = vt_at(v, row, cols - 1).rune;
		bool edge = first == 0x2502 || first == 0x256d || first == 0x2570; /* │ ╭ ╰ */

		if (edge && last != 0x2502 && last != 0x256e && last != 0x256f)
			fail_msg("row %d has lost its right edge", row);
	}
}

/* None of what the names and statements tried has reached the terminal. */
static void is_unharmed(struct vt *v)
{
	static const char *const commands[] = {"\x1b]0;owned", "\x07",         "\x1b[31;7m", "\xe2\x80\xae",
					       "\xe2\x81\xa6", "\xe2\x80\x8b", "\xc2\x9b"};

	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (str_find(vt_output(v), str_c(commands[i]), 0) >= 0)
			fail_msg("command %zu reached the terminal", i);
	assert_int_equal(vt_state(v)->bells, 0);
	assert_string_not_equal(vt_state(v)->title, "owned");
	keeps_its_frames(v);
}

static void select_application(struct vt *v, const char *application)
{
	char keys[80];

	snprintf(keys, sizeof(keys), "/app:%s<Enter>", application);
	console_press(v, keys, "1 of");
}

static void hostile_statements(void **state)
{
	struct vt *v = start_console("postgres");

	(void)state;
	console_sees(v, "● live");
	vt_send(v, "2");
	console_sees(v, "evil-app");
	is_unharmed(v);
	select_application(v, "evil-app");
	/* the words between the commands are shown, in the table and in the statement's own window */
	console_sees(v, "owned");
	console_press(v, "<Enter>", "Why it is slow");
	console_sees(v, "txet");
	is_unharmed(v);
	vt_key(v, "Esc");
	console_gone(v, "Why it is slow");
	vt_key(v, "Esc");
	console_quit(v);
}

static void statements_of_100_kilobytes(void **state)
{
	struct vt *v = start_console("postgres");

	(void)state;
	console_sees(v, "● live");
	vt_send(v, "2");
	select_application(v, "lengthy-app");
	console_sees(v, "begin-of-it");
	console_press(v, "<Enter>", "text cut at 4096");
	console_gone(v, "end-of-it");
	keeps_its_frames(v);
	/* the text is not whole, so nothing is sent */
	vt_key(v, "Esc");
	console_gone(v, "text cut at 4096");
	console_press(v, "e", "text cut at 4096");
	vt_key(v, "Esc");
	console_quit(v);
}

static void the_longest_names(void **state)
{
	struct vt *v = start_console(WIDE_NAME);

	(void)state;
	console_sees(v, "● live");
	vt_send(v, "2");
	console_sees(v, "受注在庫");
	keeps_its_frames(v);
	select_application(v, "waiting-app");
	console_press(v, "<Enter>", "Why it is slow");
	/* whole, over two lines; the emulator tells of a cell's first sign only */
	console_sees(v, "受注在庫管理表受注在庫管理表受注在 ");
	console_sees(v, "庫管理表 ");
	console_sees(v, "eclat-offnung-angstrom-x-y-z-naive");
	console_sees(v, "te-role-fin");
	keeps_its_frames(v);
	vt_key(v, "Esc");
	console_gone(v, "Why it is slow");
	vt_key(v, "Esc");
	console_press(v, "3", "1 blocked");
	/* the object both want, by its whole name or its beginning */
	console_sees(v, "relation public.\"طلباتالعملاء");
	keeps_its_frames(v);
	for (int size = 0; size < 3; size++) {
		static const int sizes[][2] = {{24, 80}, {12, 40}, {ROWS, COLS}};

		vt_resize(v, sizes[size][0], sizes[size][1]);
		vt_settle(v, 300);
		keeps_its_frames(v);
	}
	console_quit(v);
}

/* The row is still on the screen, its session is not on the server any more. */
static void a_session_that_is_gone(void **state)
{
	struct vt *v = start_console("postgres");
	int pid = PQbackendPID(passing);
	char sql[128];

	(void)state;
	console_sees(v, "● live");
	vt_send(v, "2");
	select_application(v, "passing-app");
	console_press(v, " ", "paused");
	snprintf(sql, sizeof(sql), "SELECT pg_terminate_backend(%d)", pid);
	pg_exec(admin, sql);
	snprintf(sql, sizeof(sql), "SELECT (count(*) = 0)::int FROM pg_stat_activity WHERE pid = %d", pid);
	pg_wait_for(admin, sql);
	/* what was seen of it stays, what only the server could tell says why it is not there */
	console_press(v, "<Enter>", "has ended");
	console_sees(v, "passing-app");
	vt_key(v, "Esc");
	console_gone(v, "has ended");
	console_press(v, " ", "0 of");
	console_quit(v);
}

static char *long_statement(void)
{
	static const char head[] = "SELECT pg_sleep(600), 'begin-of-it ", tail[] = " end-of-it'";
	char *sql = malloc(LONG_TEXT + sizeof(head) + sizeof(tail));

	memcpy(sql, head, sizeof(head) - 1);
	memset(sql + sizeof(head) - 1, 'x', LONG_TEXT);
	memcpy(sql + sizeof(head) - 1 + LONG_TEXT, tail, sizeof(tail));
	return sql;
}

static int setup(void **state)
{
	char *sql = long_statement();

	(void)state;
	admin = pg_connect(&pg, "postgres", "admin");
	pg_exec(admin, "CREATE DATABASE \"" WIDE_NAME "\"");
	pg_exec(admin, "CREATE ROLE \"" MARKED_NAME "\" SUPERUSER LOGIN");
	evil = connect_as("app_1", "postgres", "evil-app");
	pg_send(evil, "SELECT pg_sleep(600) " EVIL);
	lengthy = connect_as("app_2", "postgres", "lengthy-app");
	pg_send(lengthy, sql);
	free(sql);
	passing = connect_as("app_3", "postgres", "passing-app");
	pg_send(passing, "SELECT pg_sleep(600)");
	holder = connect_as(MARKED_NAME, WIDE_NAME, "holding-app");
	pg_exec(holder, "CREATE TABLE public.\"" RIGHT_NAME "\" (v int)");
	pg_exec(holder, "BEGIN");
	pg_exec(holder, "LOCK TABLE public.\"" RIGHT_NAME "\"");
	waiter = connect_as(MARKED_NAME, WIDE_NAME, "waiting-app");
	pg_send(waiter, "SELECT count(*) FROM public.\"" RIGHT_NAME "\"");
	wait_state(waiter, "wait_event_type = 'Lock'");
	return 0;
}

static int teardown(void **state)
{
	PGconn *const all[] = {evil, lengthy, passing, holder, waiter, admin};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		PQfinish(all[i]);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_statements),
		cmocka_unit_test(statements_of_100_kilobytes),
		cmocka_unit_test(the_longest_names),
		cmocka_unit_test(a_session_that_is_gone),
	};
	int failed;

	setlocale(LC_CTYPE, "C.UTF-8");
	if (argc != 2) {
		print_error("usage: test_hostile AURORATOP\n");
		return 2;
	}
	program = argv[1];
	console_clean_environment();
	pg_setup(&pg, NULL);
	failed = cmocka_run_group_tests(tests, setup, teardown);
	pg_teardown(&pg);
	return failed;
}
