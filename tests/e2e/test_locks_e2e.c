/*
 * test_locks_e2e.c: a lock chain in a real server, as a user of the real program sees it: it
 * appears, the selection stays while it grows, its root is found, and when the root ends it is gone.
 *
 *     test_locks_e2e AURORATOP
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

static const char *program;
static struct pg pg;
static PGconn *admin, *root, *middle, *leaf, *other;

static void send_waiting(PGconn *c, const char *sql)
{
	char condition[160];

	pg_send(c, sql);
	snprintf(condition, sizeof(condition),
		 "SELECT count(*) FROM pg_stat_activity WHERE pid = %d AND wait_event_type = 'Lock'", PQbackendPID(c));
	pg_wait_for(admin, condition);
}

/* A row of the screen says the pid with a sign before it. */
static void sees_pid(struct vt *v, const char *sign, PGconn *c)
{
	char text[40];

	snprintf(text, sizeof(text), "%s%d", sign, PQbackendPID(c));
	console_sees(v, text);
}

/* The selection's sign stands on the row that says the pid in the trees. */
static bool is_selected(struct vt *v, const char *sign, PGconn *c)
{
	char text[40];
	int row, col;

	snprintf(text, sizeof(text), "%s%d", sign, PQbackendPID(c));
	return vt_find(v, text, &row, &col) && vt_at(v, row, 1).rune == 0x258c;
}

static struct vt *start_console(void)
{
	const char *const args[] = {program, "--db", pg_conninfo(&pg, "watch", NULL), NULL};

	return vt_start(48, 160, args, NULL);
}

static void make_chain(void)
{
	pg_exec(root, "BEGIN");
	pg_exec(root, "UPDATE stock SET qty = qty - 1 WHERE id = 1");
	pg_exec(middle, "BEGIN");
	pg_exec(middle, "UPDATE stock SET qty = qty - 1 WHERE id = 2");
	send_waiting(middle, "UPDATE stock SET qty = qty - 2 WHERE id = 1");
	send_waiting(leaf, "UPDATE stock SET qty = qty - 3 WHERE id = 2");
}

static void end_chain(void)
{
	pg_exec(root, "ROLLBACK");
	assert_true(pg_finish_sent(middle));
	pg_exec(middle, "ROLLBACK");
	assert_true(pg_finish_sent(leaf));
}

static void a_chain_comes_and_goes(void **state)
{
	struct vt *v = start_console();

	(void)state;
	console_sees(v, "● live");
	vt_send(v, "3");
	console_sees(v, "No session waits for a lock");
	make_chain();
	sees_pid(v, "✗ ", root);
	sees_pid(v, "└ ", middle);
	sees_pid(v, "  └ ", leaf);
	console_sees(v, "3 Locks ✗");
	console_sees(v, "2 blocked ✗ · 1 tree");
	console_sees(v, "row public.stock (0,");
	console_sees(v, "holds RowExclusive");
	console_sees(v, "idle in transaction");
	console_sees(v, "rolls back its transaction and releases");

	/* on the last one, while another waits at the root and stands above it */
	vt_send(v, "G");
	vt_settle(v, 200);
	assert_true(is_selected(v, "  └ ", leaf));
	send_waiting(other, "UPDATE stock SET qty = qty - 4 WHERE id = 1");
	sees_pid(v, "  └ ", other);
	console_sees(v, "3 blocked ✗");
	assert_true(is_selected(v, "  ├ ", leaf) || is_selected(v, "  └ ", leaf));
	assert_true(vt_script(v, "o"));
	vt_settle(v, 200);
	assert_true(is_selected(v, "✗ ", root));
	assert_true(vt_script(v, "<Enter>"));
	console_sees(v, "All fields");
	vt_key(v, "Esc");
	console_gone(v, "All fields");

	end_chain();
	assert_true(pg_finish_sent(other));
	console_sees(v, "No session waits for a lock");
	console_gone(v, "3 Locks ✗");
	console_quit(v);
}

/* In Activity the victim is found by its name; one key leads to who has to end. */
static void from_a_victim_to_its_root(void **state)
{
	struct vt *v = start_console();

	(void)state;
	make_chain();
	console_sees(v, "● live");
	assert_true(vt_script(v, "2"));
	console_sees(v, "shop-leaf");
	assert_true(vt_script(v, "/app:shop-leaf<Enter>"));
	console_gone(v, "shop-middle");
	assert_true(vt_script(v, "o"));
	sees_pid(v, "✗ ", root);
	vt_settle(v, 200);
	assert_true(is_selected(v, "✗ ", root));
	console_sees(v, "shop-root");
	/* folded, only the root is left */
	assert_true(vt_script(v, "x"));
	sees_pid(v, "✗ ▸ ", root);
	end_chain();
	console_quit(v);
}

/* What somebody waits with, and what the one in front did last: their plans, without leaving the trees. */
static void e_explains_who_is_selected(void **state)
{
	struct vt *v = start_console();

	(void)state;
	make_chain();
	console_sees(v, "● live");
	vt_send(v, "3");
	sees_pid(v, "  └ ", leaf);
	console_sees(v, "e explain");
	vt_send(v, "G");
	vt_settle(v, 200);
	assert_true(is_selected(v, "  └ ", leaf));
	vt_send(v, "e");
	console_sees(v, "planned as   app_3 in postgres");
	console_sees(v, "with the session's literals, estimate only, never executed");
	console_sees(v, "Update stock");
	console_sees(v, "id = 2");
	console_sees(v, "qty - 3");
	vt_key(v, "Esc");
	console_gone(v, "planned as");
	sees_pid(v, "  └ ", leaf);
	assert_true(is_selected(v, "  └ ", leaf));

	/* the root runs nothing now: the last statement is what it can be asked about */
	assert_true(vt_script(v, "o"));
	vt_settle(v, 200);
	assert_true(is_selected(v, "✗ ", root));
	vt_send(v, "e");
	console_sees(v, "planned as   app_1 in postgres");
	console_sees(v, "qty - 1");
	vt_key(v, "Esc");
	console_gone(v, "planned as");
	/* looking changed nothing */
	assert_int_equal(pg_log_count(&pg, "auroratop explain", "ERROR:"), 0);
	end_chain();
	console_quit(v);
}

/* The same trees for scripts. */
static void once_has_the_trees(void **state)
{
	const char *const args[] = {program,    "--once", "--pane", "locks",
				    "--format", "json",   "--db",   pg_conninfo(&pg, "watch", NULL),
				    NULL};
	char pid[40];
	struct vt *v;

	(void)state;
	make_chain();
	v = vt_start(60, 2000, args, NULL);
	assert_int_equal(console_ends(v), 0);
	snprintf(pid, sizeof(pid), "\"pid\":%d,", PQbackendPID(root));
	console_sees(v, pid);
	snprintf(pid, sizeof(pid), "\"blocked_by\":%d,", PQbackendPID(middle));
	console_sees(v, pid);
	console_sees(v, "\"victims\":2,");
	console_sees(v, "\"holds_objects\":\"public.stock\"");
	console_sees(v, "\"next_step\":\"terminating");
	vt_free(v);
	end_chain();
}

static int setup(void **state)
{
	(void)state;
	pg_setup(&pg, "deadlock_timeout = '600s'");
	admin = pg_connect(&pg, "postgres", "admin");
	pg_exec(admin, "CREATE TABLE stock (id int PRIMARY KEY, qty int)");
	pg_exec(admin, "INSERT INTO stock VALUES (1, 100), (2, 100)");
	pg_exec(admin, "GRANT ALL ON stock TO PUBLIC");
	pg_exec(admin, "GRANT app_1, app_3 TO watch");
	root = pg_connect(&pg, "app_1", "shop-root");
	middle = pg_connect(&pg, "app_2", "shop-middle");
	leaf = pg_connect(&pg, "app_3", "shop-leaf");
	other = pg_connect(&pg, "app_4", "shop-other");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	PQfinish(root);
	PQfinish(middle);
	PQfinish(leaf);
	PQfinish(other);
	PQfinish(admin);
	pg_teardown(&pg);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_comes_and_goes),
		cmocka_unit_test(from_a_victim_to_its_root),
		cmocka_unit_test(e_explains_who_is_selected),
		cmocka_unit_test(once_has_the_trees),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	if (argc != 2) {
		print_error("usage: test_locks_e2e AURORATOP\n");
		return 2;
	}
	program = argv[1];
	console_clean_environment();
	return cmocka_run_group_tests(tests, setup, teardown);
}
