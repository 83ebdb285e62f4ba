/*
 * test_operate_many.c: one operation on several sessions: who is left out and why, that each is signalled by its
 * identity and recorded for itself, and what is said of them all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
/* after those above */
#include <cmocka.h>

#include "asking.h"
#include "audit/audit.h"
#include "model/operation.h"
#include "pg_fixture.h"

#include <signal.h>

#define ARG(n, v) ((struct command_arg){(n), str_c(v)})

static struct pg pg;
static PGconn *admin;
static struct asking asking;
static struct command *command;
static char statement[700];

static size_t fill(const char *operation, const char *sessions, const char *tier, struct command_arg *args)
{
	size_t n = 0;

	args[n++] = ARG("operation", operation);
	args[n++] = ARG("sessions", sessions);
	args[n++] = ARG("tier", tier);
	args[n++] = ARG("statement", statement);
	args[n++] = ARG("job", "7");
	return n;
}

static const struct snapshot *ask(const char *name, const char *operation, const char *sessions)
{
	struct command_arg args[COMMAND_ARGS_MAX];

	asking_init(&asking, pg_conninfo(&pg, "signaller", "dbname=orders"));
	return asking_run(&asking, name, args, fill(operation, sessions, "2", args), &command);
}

static void done(void)
{
	command_release(command);
	asking_release(&asking);
}

static struct str row_with(const struct snapshot *s, const char *kind, const char *part)
{
	for (size_t i = 0; s->state == SNAP_OK && i < s->nrows; i++) {
		const struct operation_row *row = snapshot_row(s, i);

		if (str_eq_c(row->kind, kind) && str_find(row->text, str_c(part), 0) >= 0)
			return row->text;
	}
	return STR("");
}

#define assert_row(s, kind, part)                                                                 \
	do {                                                                                      \
		if (row_with(s, kind, part).len == 0)                                             \
			fail_msg("no %s says \"%s\" but \"%.*s\"; state %d %s", kind, part,       \
				 STR_ARG(row_with(s, kind, "")), (int)(s)->state, (s)->err.text); \
	} while (0)

static size_t rows_of(const struct snapshot *s, const char *kind)
{
	size_t n = 0;

	for (size_t i = 0; s->state == SNAP_OK && i < s->nrows; i++)
		n += str_eq_c(((const struct operation_row *)snapshot_row(s, i))->kind, kind);
	return n;
}

/* The outcome of all is the last one. */
static struct str outcome(const struct snapshot *s)
{
	struct str last = STR("");

	for (size_t i = 0; s->state == SNAP_OK && i < s->nrows; i++) {
		const struct operation_row *row = snapshot_row(s, i);

		if (str_eq_c(row->kind, "outcome"))
			last = row->text;
	}
	return last;
}

#define assert_outcome(s, words)                                                                         \
	do {                                                                                             \
		if (!str_eq_c(outcome(s), words))                                                        \
			fail_msg("\"%.*s\", not \"%s\"; %s", STR_ARG(outcome(s)), words, (s)->err.text); \
	} while (0)

static void add(char *sessions, PGconn *c)
{
	size_t len = strlen(sessions);
	char sql[200];

	snprintf(sql, sizeof(sql),
		 "SELECT (extract(epoch FROM backend_start) * 1000000)::int8 FROM pg_stat_activity WHERE pid = %d",
		 PQbackendPID(c));
	snprintf(sessions + len, 2000 - len, "%d@%lld ", PQbackendPID(c), pg_number(admin, sql));
}

static void preview(const char *operation, const char *sessions)
{
	const struct snapshot *s = ask("preview", operation, sessions);

	snprintf(statement, sizeof(statement), STR_FMT, STR_ARG(row_with(s, "statement", "")));
	done();
}

static size_t audit_lines(const char *part, const char *other)
{
	char path[1200], line[8192];
	size_t n = 0;
	FILE *f;

	assert_true(audit_path(path, sizeof(path)));
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		n += strstr(line, part) && strstr(line, other);
	if (f)
		fclose(f);
	return n;
}

static size_t lines_of(PGconn *c, const char *other)
{
	char object[64];

	snprintf(object, sizeof(object), "\"object\":\"session %d\"", PQbackendPID(c));
	return audit_lines(object, other);
}

static bool lives(PGconn *c)
{
	PQclear(PQexec(c, "SELECT 1"));
	return PQstatus(c) == CONNECTION_OK;
}

static PGconn *consumer(void)
{
	char text[300];
	PGconn *c;

	snprintf(text, sizeof(text),
		 "host=%s port=%d user=repl dbname=orders replication=database application_name=wal", pg.dir, pg.port);
	c = PQconnectdb(text);
	assert_int_equal(PQstatus(c), CONNECTION_OK);
	return c;
}

/* ---- */

static void who_may_not_be_touched_is_left_out(void **state)
{
	PGconn *a = pg_connect_to(&pg, "orders", "app_1", "first"),
	       *b = pg_connect_to(&pg, "orders", "app_2", "second"),
	       *super = pg_connect_to(&pg, "orders", "postgres", "super"), *wal = consumer();
	char all[2000] = "", may[2000] = "";

	(void)state;
	pg_exec(a, "BEGIN; SELECT 'secret' AS password");
	add(all, a);
	add(all, b);
	add(all, super);
	add(all, wal);
	snprintf(all + strlen(all), 16, "1@5 ");
	const struct snapshot *s = ask("preview", "terminate", all);
	assert_int_equal(rows_of(s, "session"), 2);
	assert_int_equal(rows_of(s, "left out"), 3);
	assert_row(s, "session", "app_1  first  idle in transaction for ");
	assert_row(s, "session", "app_2  second  idle");
	assert_row(s, "left out", "postgres is a superuser");
	assert_row(s, "left out", "it sends WAL to a consumer, slot none: tier 3, to be done alone");
	assert_row(s, "left out", "it has ended");
	assert_row(s, "word", "2 sessions");
	assert_row(s, "tier", "2");
	assert_row(s, "statement", "pg_terminate_backend");
	assert_int_equal(rows_of(s, "refuse"), 0);
	done();
	/* confirmed were the two; one of them ends by itself before */
	preview("terminate", all);
	add(may, a);
	add(may, b);
	PQfinish(b);
	pg_wait_for(admin, "SELECT (count(*) = 0)::int FROM pg_stat_activity WHERE application_name = 'second'");
	assert_outcome(ask("signal", "terminate", may), "done: 1 ended, 1 was gone before");
	done();
	assert_int_equal(lines_of(a, "\"phase\":\"intent\""), 1);
	assert_int_equal(lines_of(a, "\"outcome\":\"done: the session has ended\""), 1);
	assert_int_equal(lines_of(a, "\"database\":\"orders\""), 2);
	assert_false(lives(a));
	assert_true(lives(super));
	assert_int_equal(lines_of(super, ""), 0);
	assert_int_equal(lines_of(wal, ""), 0);
	/* sent all the same, they are left out again */
	assert_outcome(ask("signal", "terminate", all), "not done: 3 were gone before, 2 were left out");
	done();
	assert_true(lives(super));
	assert_int_equal(lines_of(wal, ""), 0);
	PQfinish(a);
	PQfinish(super);
	PQfinish(wal);
}

/* The number of a process says nothing without the start of its session. */
static void a_reused_process_id_is_not_hit(void **state)
{
	PGconn *c = pg_connect_to(&pg, "orders", "app_1", "bystander"),
	       *other = pg_connect_to(&pg, "orders", "app_1", "x");
	char sessions[2000] = "", wrong[2100];

	(void)state;
	add(sessions, other);
	snprintf(wrong, sizeof(wrong), "%s%d@1700000000000001 ", sessions, PQbackendPID(c));
	preview("terminate", wrong);
	assert_outcome(ask("signal", "terminate", wrong), "done: 1 ended, 1 was gone before");
	done();
	assert_true(lives(c));
	assert_false(lives(other));
	assert_int_equal(lines_of(c, ""), 0);
	PQfinish(c);
	PQfinish(other);
}

static void statements_are_cancelled_and_sessions_stay(void **state)
{
	PGconn *a = pg_connect_to(&pg, "orders", "app_1", "sleeper"),
	       *b = pg_connect_to(&pg, "orders", "app_2", "sleeper"),
	       *idle = pg_connect_to(&pg, "orders", "app_2", "idle");
	char sessions[2000] = "";

	(void)state;
	pg_send(a, "SELECT pg_sleep(100)");
	pg_send(b, "SELECT pg_sleep(100)");
	pg_wait_for(admin, "SELECT (count(*) = 2)::int FROM pg_stat_activity WHERE application_name = 'sleeper' AND "
			   "state = 'active'");
	add(sessions, a);
	add(sessions, b);
	add(sessions, idle);
	const struct snapshot *s = ask("preview", "cancel", sessions);
	assert_row(s, "left out", "it runs nothing now");
	assert_row(s, "word", "2 sessions");
	assert_row(s, "tier", "1");
	done();
	preview("cancel", sessions);
	assert_outcome(ask("signal", "cancel", sessions), "done, with a warning: 2 statements ended, 1 was left out");
	done();
	assert_false(pg_finish_sent(a));
	assert_false(pg_finish_sent(b));
	assert_true(lives(a) && lives(b) && lives(idle));
	PQfinish(a);
	PQfinish(b);
	PQfinish(idle);
}

static void one_that_does_not_end_is_told(void **state)
{
	PGconn *a = pg_connect_to(&pg, "orders", "app_1", "stuck"), *b = pg_connect_to(&pg, "orders", "app_2", "goes");
	char sessions[2000] = "";

	(void)state;
	add(sessions, a);
	add(sessions, b);
	preview("terminate", sessions);
	assert_int_equal(kill(PQbackendPID(a), SIGSTOP), 0);
	const struct snapshot *s = ask("signal", "terminate", sessions);
	assert_outcome(s, "done, with a warning: 1 ended, 1 did not end");
	assert_row(s, "notice", "did not end");
	assert_row(s, "count", "1");
	done();
	assert_int_equal(kill(PQbackendPID(a), SIGCONT), 0);
	assert_int_equal(lines_of(a, "signal sent; after 8 s session"), 1);
	assert_int_equal(lines_of(b, "done: the session has ended"), 1);
	PQfinish(a);
	PQfinish(b);
}

static void no_audit_no_action(void **state)
{
	PGconn *a = pg_connect_to(&pg, "orders", "app_1", "a"), *b = pg_connect_to(&pg, "orders", "app_2", "b");
	char sessions[2000] = "", file[200];

	(void)state;
	add(sessions, a);
	add(sessions, b);
	preview("terminate", sessions);
	snprintf(file, sizeof(file), "%s/no-folder", pg.dir);
	fclose(fopen(file, "w"));
	setenv("XDG_STATE_HOME", file, 1);
	const struct snapshot *s = ask("signal", "terminate", sessions);
	assert_outcome(s, "not done: 2 were not sent a signal");
	assert_row(s, "notice", "the audit log cannot be");
	done();
	unsetenv("XDG_STATE_HOME");
	assert_true(lives(a) && lives(b));
	PQfinish(a);
	PQfinish(b);
}

static void there_is_a_limit(void **state)
{
	char *many = calloc(1, 8000);
	struct command_arg args[COMMAND_ARGS_MAX];
	struct err err = {0};

	(void)state;
	for (int i = 0; i <= OPERATION_MANY_MAX; i++)
		snprintf(many + strlen(many), 32, "%d@17000000 ", 100000 + i);
	const struct snapshot *s = ask("preview", "terminate", many);
	assert_int_equal(s->state, SNAP_ERROR);
	assert_non_null(strstr(s->err.text, "more than 200 sessions at once"));
	done();
	s = ask("preview", "terminate", "4711@x");
	assert_int_equal(s->state, SNAP_ERROR);
	done();
	asking_init(&asking, pg_conninfo(&pg, "signaller", "dbname=orders"));
	((struct target *)(uintptr_t)asking.target)->read_only = true;
	assert_null(asking_start(&asking, "signal", args, fill("terminate", "1@5", "2", args), &err));
	assert_int_equal(err.code, ERR_DENIED);
	asking_release(&asking);
	free(many);
}

static int group_setup(void **state)
{
	(void)state;
	admin = pg_connect_to(&pg, "orders", "postgres", "admin");
	pg_exec(admin, "CREATE ROLE signaller LOGIN PASSWORD 'signaller-pw' IN ROLE pg_monitor, pg_signal_backend");
	pg_exec(admin, "CREATE ROLE repl LOGIN REPLICATION");
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	PQfinish(admin);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_may_not_be_touched_is_left_out),
		cmocka_unit_test(a_reused_process_id_is_not_hit),
		cmocka_unit_test(statements_are_cancelled_and_sessions_stay),
		cmocka_unit_test(one_that_does_not_end_is_told),
		cmocka_unit_test(no_audit_no_action),
		cmocka_unit_test(there_is_a_limit),
	};
	int failed;

	pg_setup(&pg, "");
	unsetenv("XDG_STATE_HOME");
	failed = cmocka_run_group_tests(tests, group_setup, group_teardown);
	pg_teardown(&pg);
	return failed;
}
