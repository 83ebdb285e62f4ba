/*
 * test_operate_left.c: what becomes of a job when its console is killed: it is noted, found by the next one, followed
 * to its end or cancelled, and what has ended meanwhile is found by looking. The audit log is complete afterwards.
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
#include "audit/job_note.h"
#include "base/clock.h"
#include "model/operation.h"
#include "pg_fixture.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARG(n, v) ((struct command_arg){(n), str_c(v)})
#define JOB "application_name = 'auroratop job 7'"

struct request {
	char operation[32], oid[24], statement[700];
};

static struct pg pg;
static PGconn *admin;
static int version;
static struct asking asking;
static struct command *command;

static const char *owner(void)
{
	return pg_conninfo(&pg, "app_1", "dbname=orders");
}

static size_t fill(const struct request *r, struct command_arg *args)
{
	size_t n = 0;

	args[n++] = ARG("operation", r->operation);
	args[n++] = ARG("database", "orders");
	args[n++] = ARG("oid", r->oid);
	args[n++] = ARG("tier", "2");
	args[n++] = ARG("statement", r->statement);
	args[n++] = ARG("job", "7");
	return n;
}

static const struct snapshot *ask(const char *name, const struct command_arg *args, size_t n)
{
	asking_init(&asking, owner());
	return asking_run(&asking, name, args, n, &command);
}

static void done(void)
{
	command_release(command);
	asking_release(&asking);
}

static struct str row_with(const struct snapshot *s, const char *kind, const char *part)
{
	for (size_t i = 0; s && s->state == SNAP_OK && i < s->nrows; i++) {
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

static struct request look_at(const char *operation, const char *table)
{
	struct command_arg args[COMMAND_ARGS_MAX];
	struct request r = {0};
	char sql[200];

	snprintf(sql, sizeof(sql), "SELECT '%s'::regclass::oid::int8", table);
	snprintf(r.operation, sizeof(r.operation), "%s", operation);
	snprintf(r.oid, sizeof(r.oid), "%lld", pg_number(admin, sql));
	const struct snapshot *s = ask("preview", args, fill(&r, args));
	snprintf(r.statement, sizeof(r.statement), STR_FMT, STR_ARG(row_with(s, "statement", "")));
	done();
	assert_true(r.statement[0]);
	return r;
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

/* ---- a console that is killed ---- */

/* Another process has the job run until `until` is true, and is killed then. The note it leaves. */
static struct job_note kill_while(const struct request *r, const char *until)
{
	static struct job_note all[JOB_NOTES_MAX];
	bool left[JOB_NOTES_MAX];
	pid_t child = fork();
	int status;

	if (child == 0) {
		struct command_arg args[COMMAND_ARGS_MAX];
		struct err err = {0};

		asking_init(&asking, owner());
		if (!asking_start(&asking, "maintain", args, fill(r, args), &err))
			_exit(1);
		for (;;)
			asking_turn(&asking);
	}
	pg_wait_for(admin, until);
	/* a living console's job is nobody else's */
	assert_int_equal(job_note_list(all, left, JOB_NOTES_MAX), 1);
	assert_false(left[0]);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(job_note_list(all, left, JOB_NOTES_MAX), 1);
	assert_true(left[0]);
	assert_string_equal(all[0].operation, r->operation);
	return all[0];
}

static size_t notes(void)
{
	static struct job_note all[JOB_NOTES_MAX];
	bool left[JOB_NOTES_MAX];

	return job_note_list(all, left, JOB_NOTES_MAX);
}

static size_t fill_adopt(const struct job_note *n, const char *mode, struct command_arg *args)
{
	args[0] = ARG("id", n->id);
	args[1] = ARG("mode", mode);
	return 2;
}

static const struct snapshot *adopt(const struct job_note *n, const char *mode)
{
	struct command_arg args[COMMAND_ARGS_MAX];

	return ask("adopt", args, fill_adopt(n, mode, args));
}

static void job_is_gone(void)
{
	pg_wait_for(admin, "SELECT (count(*) = 0)::int FROM pg_stat_activity WHERE " JOB);
}

/* Each of its lines once: the intent, `adopted` when it was, and the outcome. */
static void assert_recorded(const struct job_note *n, size_t adopted, const char *outcome)
{
	assert_int_equal(audit_lines(n->id, "\"phase\":\"intent\""), 1);
	assert_int_equal(audit_lines(n->id, "\"phase\":\"adopted\""), adopted);
	assert_int_equal(audit_lines(n->id, outcome), 1);
	assert_int_equal(audit_lines(n->id, "\"phase\":\"outcome\""), 1);
	assert_int_equal(audit_lines(n->id, "shop."), 2 + adopted);
	assert_int_equal(notes(), 0);
}

/* Its pages have something to be vacuumed, and that takes seconds (ALTER ROLE app_1 SET vacuum_cost_delay). */
static struct request slow_vacuum(const char *table)
{
	char sql[200];

	snprintf(sql, sizeof(sql), "UPDATE %s SET v = v || 'y'", table);
	pg_exec(admin, sql);
	return look_at("vacuum", table);
}

#define AT_IT                                                                                                        \
	"SELECT count(*) FROM pg_stat_activity WHERE " JOB " AND pid IN (SELECT v.pid FROM pg_stat_progress_vacuum " \
	"AS v)"

/* Before PostgreSQL 14 a VACUUM tells of each index, notices that nobody hears it, and gives up. */
static const char *well(void)
{
	return version >= 140000 ? "done, found by looking: last vacuumed at 2" : "found by looking";
}

/* ---- tests ---- */

static void a_vacuum_that_runs_on_is_followed_to_its_end(void **state)
{
	struct request r = slow_vacuum("shop.small");
	struct job_note n = kill_while(&r, AT_IT);
	struct command_arg args[COMMAND_ARGS_MAX];
	struct err err = {0};
	struct asking other;
	struct command *second;

	(void)state;
	const struct snapshot *s = adopt(&n, "look");
	assert_row(s, "runs", "shop.small");
	assert_row(s, "process", "");
	assert_int_equal(row_with(s, "outcome", "").len, 0);
	done();
	/* to look is to leave it as it is */
	assert_int_equal(audit_lines(n.id, "outcome"), 0);
	assert_int_equal(notes(), 1);
	asking_init(&asking, owner());
	command = asking_start(&asking, "adopt", args, fill_adopt(&n, "follow", args), &err);
	assert_non_null(command);
	while (row_with(command_result(command), "process", "").len == 0)
		asking_turn(&asking);
	/* while one follows it no other does */
	asking_init(&other, owner());
	assert_row(asking_run(&other, "adopt", args, fill_adopt(&n, "follow", args), &second), "settled", "");
	command_release(second);
	asking_release(&other);
	while (command_at_work(command))
		asking_turn(&asking);
	assert_row(command_result(command), "outcome", well());
	done();
	job_is_gone();
	assert_recorded(&n, 1, well());
	/* and again there is nothing to do */
	assert_row(adopt(&n, "follow"), "settled", "");
	done();
}

static void a_vacuum_that_runs_on_is_cancelled(void **state)
{
	struct request r = slow_vacuum("shop.large");
	struct job_note n = kill_while(&r, AT_IT);

	(void)state;
	assert_row(adopt(&n, "cancel"), "outcome", "cancelled");
	done();
	assert_int_equal(pg_number(admin, "SELECT count(*) FROM pg_stat_activity WHERE " JOB), 0);
	assert_recorded(&n, 1, "cancelled\"");
}

/* X, or the end of the console that has adopted it. */
static void one_that_is_followed_can_be_cancelled(void **state)
{
	struct request r = slow_vacuum("shop.large");
	struct job_note n = kill_while(&r, AT_IT);
	struct command_arg args[COMMAND_ARGS_MAX];
	struct err err = {0};

	(void)state;
	asking_init(&asking, owner());
	command = asking_start(&asking, "adopt", args, fill_adopt(&n, "follow", args), &err);
	assert_non_null(command);
	while (row_with(command_result(command), "process", "").len == 0)
		asking_turn(&asking);
	command_cancel_because(command, "stopped by itself: 23 sessions waited behind it (limit 20)");
	while (command_at_work(command))
		asking_turn(&asking);
	assert_row(command_result(command), "outcome", "stopped by itself: 23 sessions waited");
	done();
	job_is_gone();
	assert_recorded(&n, 1, "stopped by itself: 23 sessions waited");
}

static void one_that_was_ended_meanwhile_is_not_done(void **state)
{
	struct request r = slow_vacuum("shop.small");
	struct job_note n = kill_while(&r, AT_IT);

	(void)state;
	/* an older one has ended well */
	if (version >= 140000)
		assert_int_equal(pg_number(admin,
					   "SELECT count(*) FROM pg_stat_user_tables WHERE relname = 'small' AND "
					   "last_vacuum IS NOT NULL"),
				 1);
	pg_exec(admin, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE " JOB);
	job_is_gone();
	assert_row(adopt(&n, "look"), "outcome", "not done, found by looking: no VACUUM of it has ended since");
	done();
	assert_recorded(&n, 0, "not done, found by looking");
}

static void one_that_ended_well_meanwhile_is_done(void **state)
{
	struct request r = slow_vacuum("shop.small");
	struct job_note n = kill_while(&r, AT_IT);

	(void)state;
	for (int i = 0; i < 30 && pg_number(admin, "SELECT count(*) FROM pg_stat_activity WHERE " JOB) > 0; i++)
		sleep(1);
	assert_row(adopt(&n, "look"), "outcome", well());
	done();
	assert_recorded(&n, 0, well());
}

/* By its files: what was there before is there no more, or it is. */
static void a_rebuild_is_known_by_its_files(void **state)
{
	PGconn *old = pg_connect_to(&pg, "orders", "postgres", "old");
	struct request r;
	struct job_note n;

	(void)state;
	if (version < 120000) {
		PQfinish(old);
		return;
	}
	r = look_at("reindex concurrently", "shop.large");
	pg_exec(old, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM shop.large");
	n = kill_while(&r, "SELECT count(*) FROM pg_stat_activity WHERE " JOB " AND wait_event_type = 'Lock'");
	assert_row(adopt(&n, "cancel"), "outcome", "cancelled; left behind, invalid: shop.");
	done();
	assert_recorded(&n, 1, "cancelled; left behind, invalid: shop.");
	pg_exec(old, "COMMIT");
	pg_exec(admin, "DROP INDEX shop.large_pkey_ccnew");
	/* the same in another way, as if it had ended unseen */
	r = look_at("reindex", "shop.large");
	pg_exec(old, "BEGIN; LOCK TABLE shop.large IN ROW EXCLUSIVE MODE");
	n = kill_while(&r, "SELECT count(*) FROM pg_stat_activity WHERE " JOB " AND wait_event_type = 'Lock'");
	pg_exec(admin, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE " JOB);
	job_is_gone();
	pg_exec(old, "COMMIT; REINDEX TABLE shop.large");
	assert_row(adopt(&n, "look"), "outcome", "done, found by looking: all 1 indexes are new");
	done();
	assert_recorded(&n, 0, "done, found by looking");
	r = look_at("vacuum full", "shop.large");
	pg_exec(old, "BEGIN; LOCK TABLE shop.large IN ROW EXCLUSIVE MODE");
	n = kill_while(&r, "SELECT count(*) FROM pg_stat_activity WHERE " JOB " AND wait_event_type = 'Lock'");
	pg_exec(admin, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE " JOB);
	job_is_gone();
	pg_exec(old, "COMMIT");
	assert_row(adopt(&n, "look"), "outcome", "not done, found by looking: the table was not rewritten");
	done();
	PQfinish(old);
}

/* ---- a lock that never comes ---- */

/* Takes the time that it takes, and so only where the tests run once. */
static void a_lock_that_is_never_free_is_given_up(void **state)
{
	struct request r = look_at("vacuum full", "shop.small");
	PGconn *holder = pg_connect_to(&pg, "orders", "app_1", "holder");
	struct command_arg args[COMMAND_ARGS_MAX];

	(void)state;
	if (!getenv("AURORATOP_PG_BIN")) {
		pg_exec(holder, "BEGIN; SELECT count(*) FROM shop.small");
		const struct snapshot *s = ask("maintain", args, fill(&r, args));
		assert_row(s, "outcome", "not done: the lock was not free in 5 attempts of 2 s");
		assert_row(s, "notice", "attempt 4 of 5");
		done();
		assert_int_equal(audit_lines("\"phase\":\"outcome\"", "not done: the lock was not free"), 1);
		assert_int_equal(notes(), 0);
	}
	PQfinish(holder);
}

/* ---- notes that are not what they seem ---- */

static struct job_note leave(const char *id, const char *target)
{
	struct job_note n = {
		.relation_oid = 1, .number = 7, .process = 4711, .backend_start_at = 5, .began_at = clock_wall_us()};
	struct held *held = NULL;
	struct err err = {0};

	snprintf(n.id, sizeof(n.id), "%s", id);
	snprintf(n.operation, sizeof(n.operation), "vacuum");
	snprintf(n.target, sizeof(n.target), "%s", target);
	snprintf(n.database, sizeof(n.database), "orders");
	snprintf(n.role, sizeof(n.role), "app_1");
	snprintf(n.object, sizeof(n.object), "shop.\"odd\nname\"");
	snprintf(n.files, sizeof(n.files), "1;2,3");
	assert_true(job_note_take(&n, &held, &err));
	held_leave(held);
	return n;
}

static void a_note_of_another_server_stays(void **state)
{
	struct job_note n = leave("1-1-1", "elsewhere:5432"), again;
	struct held *held = NULL;

	(void)state;
	assert_row(adopt(&n, "follow"), "elsewhere", "");
	done();
	assert_int_equal(audit_lines("1-1-1", ""), 0);
	assert_true(job_note_take_over("1-1-1", &again, &held));
	assert_string_equal(again.object, "shop.\"odd\nname\"");
	assert_string_equal(again.files, "1;2,3");
	held_end(held);
	assert_int_equal(notes(), 0);
}

static void what_has_its_outcome_is_forgotten(void **state)
{
	struct audit_entry e = {.id = "2-2-2",
				.phase = "outcome",
				.action = "vacuum",
				.cluster = "",
				.node = "",
				.database = "orders",
				.role = "app_1",
				.object = STR("shop.small"),
				.statement = STR("VACUUM"),
				.outcome = STR("done")};
	struct err err = {0};
	struct job_note n = leave("2-2-2", "wherever");

	(void)state;
	assert_true(audit_write(&e, &err));
	assert_row(adopt(&n, "follow"), "settled", "");
	done();
	assert_int_equal(notes(), 0);
	assert_int_equal(audit_lines("2-2-2", ""), 1);
	/* names that lead out of the folder are none */
	snprintf(n.id, sizeof(n.id), "../leases/x");
	assert_row(adopt(&n, "follow"), "settled", "");
	done();
}

/* ---- a full disk ---- */

static void a_full_disk_changes_nothing(void **state)
{
	struct request r = look_at("vacuum", "shop.small");
	size_t before = pg_log_count(&pg, "auroratop", "VACUUM");
	struct command_arg args[COMMAND_ARGS_MAX];
	struct rlimit limit, full;
	char path[1200];
	struct stat st;
	off_t size;

	(void)state;
	assert_true(audit_path(path, sizeof(path)));
	assert_int_equal(stat(path, &st), 0);
	size = st.st_size;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	full = limit;
	/* there is room for half a line */
	full.rlim_cur = (rlim_t)size + 40;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
	const struct snapshot *s = ask("maintain", args, fill(&r, args));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(s->state, SNAP_ERROR);
	assert_non_null(strstr(s->err.text, "the audit log cannot be written, so nothing is changed"));
	assert_true(s->err.remedy[0]);
	done();
	assert_int_equal(pg_log_count(&pg, "auroratop", "VACUUM"), before);
	/* no half line is left */
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, size);
	assert_int_equal(notes(), 0);
}

static int group_setup(void **state)
{
	static const char *const statements[] = {
		"ALTER ROLE app_1 PASSWORD 'app_1-pw'",
		"CREATE SCHEMA shop",
		"GRANT USAGE ON SCHEMA shop TO app_1",
		"CREATE TABLE shop.small (id int PRIMARY KEY, v text) WITH (autovacuum_enabled = off)",
		"INSERT INTO shop.small SELECT i, 'x' FROM generate_series(1, 1500) AS i",
		"CREATE TABLE shop.large (id int PRIMARY KEY, v text) WITH (autovacuum_enabled = off)",
		"INSERT INTO shop.large SELECT i, repeat('x', 400) FROM generate_series(1, 20000) AS i",
		"ALTER TABLE shop.small OWNER TO app_1; ALTER TABLE shop.large OWNER TO app_1",
		"ALTER ROLE app_1 SET vacuum_cost_delay = 60",
		"ALTER ROLE app_1 SET vacuum_cost_limit = 1",
	};

	(void)state;
	admin = pg_connect_to(&pg, "orders", "postgres", "admin");
	version = PQserverVersion(admin);
	for (size_t i = 0; i < ARRAY_LEN(statements); i++)
		pg_exec(admin, statements[i]);
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
		cmocka_unit_test(a_vacuum_that_runs_on_is_followed_to_its_end),
		cmocka_unit_test(a_vacuum_that_runs_on_is_cancelled),
		cmocka_unit_test(one_that_is_followed_can_be_cancelled),
		cmocka_unit_test(one_that_was_ended_meanwhile_is_not_done),
		cmocka_unit_test(one_that_ended_well_meanwhile_is_done),
		cmocka_unit_test(a_rebuild_is_known_by_its_files),
		cmocka_unit_test(a_note_of_another_server_stays),
		cmocka_unit_test(what_has_its_outcome_is_forgotten),
		cmocka_unit_test(a_full_disk_changes_nothing),
		cmocka_unit_test(a_lock_that_is_never_free_is_given_up),
	};
	int failed;

	pg_setup(&pg, "");
	unsetenv("XDG_STATE_HOME");
	failed = cmocka_run_group_tests(tests, group_setup, group_teardown);
	pg_teardown(&pg);
	return failed;
}
