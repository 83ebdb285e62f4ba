/*
 * test_operate.c: what the console changes, on a real server: what is previewed, what is
 * refused, that the right session or table is hit and no other, and what the audit log says of it.
 *
 * AURORATOP_PG_BIN chooses another major version.
 */
#include "operating.h"

#include "audit/audit.h"
#include "base/clock.h"
#include "db/conn.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int version;

/* ---- tables ---- */

static void vacuum_runs_and_is_told(void **state)
{
	struct request r = table("vacuum analyze", "shop.orders");
	struct stat st;
	char path[1200];

	(void)state;
	const struct snapshot *s = ask(owner(), "preview", &r);
	assert_row(s, "statement", "VACUUM (VERBOSE, ANALYZE) shop.orders");
	assert_row(s, "word", "orders");
	assert_row(s, "fact", "ShareUpdateExclusive");
	assert_row(s, "tier", "1");
	assert_row(s, "check", "no conflicting lock");
	assert_row(s, "fact", "n/a: the audit log of this host has no earlier run");
	assert_int_equal(row_with(s, "refuse", "").len, 0);
	done();
	preview(owner(), &r);
	s = ask(owner(), "maintain", &r);
	assert_row(s, "outcome", "done");
	assert_row(s, "notice", "vacuuming");
	done();
	pg_wait_for(admin,
		    "SELECT count(*) FROM pg_stat_all_tables WHERE relname = 'orders' AND last_vacuum IS NOT NULL");
	assert_int_equal(pg_log_count(&pg, "auroratop job 7", "VACUUM (VERBOSE, ANALYZE) shop.orders"), 1);
	assert_int_equal(audit_lines("\"phase\":\"intent\"", "shop.orders"), 1);
	assert_int_equal(audit_lines("\"outcome\":\"done\"", "VACUUM (VERBOSE, ANALYZE) shop.orders"), 1);
	assert_true(audit_path(path, sizeof(path)));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	/* the next time it is known how long it took */
	assert_row(ask(owner(), "preview", &r), "fact", " the last time, 20");
	done();
}

static void who_owns_nothing_is_told_so(void **state)
{
	struct request r = table("vacuum", "shop.orders");
	const struct snapshot *s = ask(pg_conninfo(&pg, "app_2", "dbname=orders"), "preview", &r);

	(void)state;
	assert_row(s, "refuse", "belongs to app_1");
	snprintf(r.statement, sizeof(r.statement), STR_FMT, STR_ARG(row_with(s, "statement", "")));
	done();
	/* and what was confirmed all the same is refused again */
	s = ask(pg_conninfo(&pg, "app_2", "dbname=orders"), "maintain", &r);
	assert_int_equal(s->state, SNAP_ERROR);
	assert_int_equal(s->err.code, ERR_DENIED);
	done();
}

static void a_table_renamed_under_the_preview_is_not_touched(void **state)
{
	struct request r = table("vacuum", "shop.moved");

	(void)state;
	preview(owner(), &r);
	pg_exec(admin, "ALTER TABLE shop.moved RENAME TO elsewhere; ALTER TABLE shop.other RENAME TO moved");
	const struct snapshot *s = ask(owner(), "maintain", &r);
	assert_int_equal(s->state, SNAP_ERROR);
	assert_string_equal(s->err.id, OPERATION_CHANGED);
	done();
	assert_int_equal(pg_log_count(&pg, "auroratop job", "VACUUM (VERBOSE) shop.moved"), 0);
	assert_int_equal(pg_log_count(&pg, "auroratop job", "VACUUM (VERBOSE) shop.elsewhere"), 0);
	pg_exec(admin, "DROP TABLE shop.elsewhere");
	s = ask(owner(), "preview", &r);
	assert_row(s, "refuse", "the table is gone");
	done();
}

static void hostile_names_are_quoted(void **state)
{
	static const char *const names[] = {
		"a \"b\"; DROP TABLE shop.orders; --", "two\nlines",
		"\xe8\xa1\xa8\xe8\xa1\xa8\xe8\xa1\xa8\xe8\xa1\xa8\xe8\xa1\xa8\xe8\xa1\xa8\xe8\xa1\xa8\xe8\xa1\xa8"
		"\xe8\xa1\xa8\xe8\xa1\xa8\xe8\xa1\xa8\xe8\xa1\xa8\xe8\xa1\xa8\xe8\xa1\xa8\xe8\xa1\xa8\xe8\xa1\xa8"
		"\xe8\xa1\xa8\xe8\xa1\xa8\xe8\xa1\xa8\xe8\xa1\xa8\xe8\xa1\xa8",
		"select"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char *quoted = PQescapeIdentifier(admin, names[i], strlen(names[i])), sql[600];
		struct request r;

		snprintf(sql, sizeof(sql), "CREATE TABLE shop.%s (v int); ALTER TABLE shop.%s OWNER TO app_1", quoted,
			 quoted);
		pg_exec(admin, sql);
		snprintf(sql, sizeof(sql), "shop.%s", quoted);
		r = table("analyze", sql);
		preview(owner(), &r);
		snprintf(sql, sizeof(sql), "ANALYZE (VERBOSE) shop.%s", quoted);
		assert_string_equal(r.statement, sql);
		assert_row(ask(owner(), "maintain", &r), "outcome", "done");
		done();
		snprintf(sql, sizeof(sql), "DROP TABLE shop.%s", quoted);
		pg_exec(admin, sql);
		PQfreemem(quoted);
	}
	assert_int_equal(pg_number(admin, "SELECT count(*) FROM pg_class WHERE oid = 'shop.orders'::regclass"), 1);
}

/* Who holds the table lets go during the second attempt's pause. */
static void a_lock_that_is_not_free_is_tried_again(void **state)
{
	struct request r = table("vacuum full", "shop.orders");
	PGconn *holder = pg_connect_to(&pg, "orders", "app_1", "holder");
	struct command_arg args[COMMAND_ARGS_MAX];
	struct err err = {0};
	bool retried = false;

	(void)state;
	preview(owner(), &r);
	pg_exec(holder, "BEGIN; SELECT count(*) FROM shop.orders");
	asking_init(&asking, owner());
	command = asking_start(&asking, "maintain", args, fill(&r, args), &err);
	assert_non_null(command);
	while (command_running(command)) {
		const struct snapshot *s;

		asking_turn(&asking);
		s = command_result(command);
		if (s && !retried && row_with(s, "notice", "attempt 1 of 5").len > 0) {
			retried = true;
			pg_exec(holder, "COMMIT");
		}
	}
	assert_true(retried);
	assert_row(command_result(command), "outcome", "done");
	done();
	PQfinish(holder);
}

static void two_consoles_do_not_work_on_one_table(void **state)
{
	struct request r = table("vacuum", "shop.orders");
	PGconn *other = pg_connect_to(&pg, "orders", "app_1", "auroratop job 1");
	char sql[200];

	(void)state;
	preview(owner(), &r);
	snprintf(sql, sizeof(sql), "SELECT pg_advisory_lock(1635087476, (%s::int8 - 2147483648)::int4)", r.oid);
	pg_exec(other, sql);
	const struct snapshot *s = ask(owner(), "maintain", &r);
	assert_int_equal(s->state, SNAP_ERROR);
	assert_non_null(strstr(s->err.text, "is being maintained by app_1"));
	done();
	PQfinish(other);
}

/* A rebuild that waits for an old transaction is cancelled on the server, and the log has its end. */
static void a_cancelled_job_ends_on_the_server(void **state)
{
	struct request r = table("reindex concurrently", "shop.orders");
	PGconn *holder = pg_connect_to(&pg, "orders", "postgres", "holder");

	(void)state;
	if (version < 120000) {
		assert_row(ask(owner(), "preview", &r), "refuse", "PostgreSQL 12");
		done();
		PQfinish(holder);
		return;
	}
	preview(owner(), &r);
	pg_exec(holder, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM shop.orders");
	start_and_wait(owner(), &r);
	const struct snapshot *s = stop();
	assert_row(s, "outcome", "cancelled; left behind, invalid: shop.orders_pkey_ccnew");
	assert_row(s, "left", "shop.orders_pkey_ccnew");
	done();
	pg_wait_for(admin,
		    "SELECT (count(*) = 0)::int FROM pg_stat_activity WHERE application_name = 'auroratop job 7'");
	assert_int_equal(audit_lines("\"action\":\"reindex concurrently\"", "\"outcome\":\"cancelled; left"), 1);
	pg_exec(holder, "COMMIT");
	PQfinish(holder);
}

/* ---- the policy ---- */

static void outside_the_window_it_waits_for_an_override(void **state)
{
	static struct policies all;
	struct request r = table("vacuum full", "shop.orders");
	size_t before = pg_log_count(&pg, "auroratop job 7", "VACUUM (FULL, VERBOSE)");

	(void)state;
	preview(owner(), &r);
	close_window(&all);
	const struct snapshot *s = ask(owner(), "preview", &r);
	assert_row(s, "refuse", "outside the maintenance window: closed, opens ");
	assert_row(s, "override", "window");
	assert_row(s, "fact", "closed, opens ");
	assert_row(s, "tier", "2");
	done();
	/* the window closed after the preview: what was confirmed is refused all the same */
	s = ask(owner(), "maintain", &r);
	assert_int_equal(s->state, SNAP_ERROR);
	assert_int_equal(s->err.code, ERR_DENIED);
	assert_non_null(strstr(s->err.text, "outside the maintenance window"));
	done();
	/* overridden, but confirmed for less */
	snprintf(r.override, sizeof(r.override), "window");
	s = ask(owner(), "maintain", &r);
	assert_int_equal(s->state, SNAP_ERROR);
	assert_non_null(strstr(s->err.text, "more dangerous"));
	done();
	assert_int_equal(pg_log_count(&pg, "auroratop job 7", "VACUUM (FULL, VERBOSE)"), before);
	s = ask(owner(), "preview", &r);
	assert_int_equal(row_with(s, "refuse", "").len, 0);
	assert_int_equal(row_with(s, "override", "").len, 0);
	assert_row(s, "tier", "3");
	assert_row(s, "check", "which is overridden: one tier more");
	done();
	snprintf(r.tier, sizeof(r.tier), "3");
	s = ask(owner(), "maintain", &r);
	assert_row(s, "outcome", "done");
	done();
	assert_int_equal(audit_lines("\"phase\":\"intent\"", "\"override\":\"window\""), 1);
	assert_int_equal(audit_lines("\"outcome\":\"done\"", "\"override\":\"window\""), 1);
	assert_int_equal(audit_lines("\"tier\":3", "\"override\":\"window\""), 2);
	/* what keeps nobody waiting needs no window */
	r = table("vacuum", "shop.orders");
	s = ask(owner(), "preview", &r);
	assert_int_equal(row_with(s, "refuse", "").len, 0);
	assert_row(s, "tier", "1");
	done();
	policies = NULL;
}

static void a_policy_makes_it_read_only(void **state)
{
	static struct policies all = {.common = {.read_only = true}};
	struct request r = table("vacuum", "shop.orders");
	struct command_arg args[COMMAND_ARGS_MAX];
	struct err err = {0};

	(void)state;
	preview(owner(), &r);
	asking_init(&asking, owner());
	((struct target *)(uintptr_t)asking.target)->policies = &all;
	assert_null(asking_start(&asking, "maintain", args, fill(&r, args), &err));
	assert_int_equal(err.code, ERR_DENIED);
	asking_release(&asking);
}

/* Whoever stops it says why, and the outcome has it. */
static void a_job_stopped_for_a_reason_says_it(void **state)
{
	struct request r = table("reindex concurrently", "shop.orders");
	PGconn *holder = pg_connect_to(&pg, "orders", "postgres", "holder");

	(void)state;
	if (version >= 120000) {
		preview(owner(), &r);
		pg_exec(holder, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM shop.orders");
		start_and_wait(owner(), &r);
		command_cancel_because(command, "stopped by itself: 23 sessions waited behind it (limit 20)");
		while (command_at_work(command))
			asking_turn(&asking);
		assert_row(command_result(command), "outcome", "stopped by itself: 23 sessions");
		done();
		pg_wait_for(admin, "SELECT (count(*) = 0)::int FROM pg_stat_activity WHERE application_name = "
				   "'auroratop job 7'");
		assert_int_equal(audit_lines("\"phase\":\"outcome\"", "stopped by itself: 23 sessions waited"), 1);
		pg_exec(holder, "COMMIT");
	}
	PQfinish(holder);
}

/* ---- sessions ---- */

static void cancel_ends_the_statement_and_no_more(void **state)
{
	PGconn *c = pg_connect_to(&pg, "orders", "app_2", "victim");
	struct request r;

	(void)state;
	pg_send(c, "SELECT pg_sleep(100)");
	pg_wait_for(admin,
		    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'victim' AND state = 'active'");
	r = session("cancel", c);
	const struct snapshot *s = ask(pg_conninfo(&pg, "signaller", "dbname=orders"), "preview", &r);
	assert_row(s, "word", r.pid);
	assert_int_equal(row_with(s, "refuse", "").len, 0);
	/* what is shown is what is sent */
	assert_row(s, "statement",
		   "SELECT pg_cancel_backend(a.pid) AS sent FROM pg_stat_get_activity($1) AS a WHERE a.backend_start = "
		   "$2");
	assert_row(s, "fact", "$1 = ");
	done();
	preview(pg_conninfo(&pg, "signaller", "dbname=orders"), &r);
	assert_row(ask(pg_conninfo(&pg, "signaller", "dbname=orders"), "signal", &r), "outcome",
		   "done: its statement has ended");
	done();
	assert_false(pg_finish_sent(c));
	assert_int_equal(PQstatus(c), CONNECTION_OK);
	assert_int_equal(audit_lines("\"action\":\"cancel\"", "done: its statement"), 1);
	PQfinish(c);
}

static void terminate_is_watched_to_the_end(void **state)
{
	PGconn *c = pg_connect_to(&pg, "orders", "app_2", "victim");
	struct request r = session("terminate", c);

	(void)state;
	preview(pg_conninfo(&pg, "signaller", "dbname=orders"), &r);
	assert_row(ask(pg_conninfo(&pg, "signaller", "dbname=orders"), "signal", &r), "outcome",
		   "done: the session has ended");
	done();
	/* the same again: it is gone, and nobody who got its number is hit */
	const struct snapshot *s = ask(pg_conninfo(&pg, "signaller", "dbname=orders"), "signal", &r);
	assert_int_equal(s->state, SNAP_ERROR);
	assert_non_null(strstr(s->err.text, "has ended"));
	done();
	PQfinish(c);
}

static void a_reused_process_id_is_not_hit(void **state)
{
	PGconn *c = pg_connect_to(&pg, "orders", "app_2", "bystander");
	struct request r = session("terminate", c);

	(void)state;
	snprintf(r.backend_start, sizeof(r.backend_start), "%lld", atoll(r.backend_start) - 1000000);
	const struct snapshot *s = ask(pg_conninfo(&pg, "signaller", "dbname=orders"), "signal", &r);
	assert_int_equal(s->state, SNAP_ERROR);
	done();
	pg_exec(c, "SELECT 1");
	PQfinish(c);
}

static void whom_it_may_not_signal_is_said_before(void **state)
{
	PGconn *super = pg_connect_to(&pg, "orders", "postgres", "super"),
	       *c = pg_connect_to(&pg, "orders", "app_3", "stranger");
	struct request r = session("terminate", super);

	(void)state;
	assert_row(ask(pg_conninfo(&pg, "signaller", "dbname=orders"), "preview", &r), "refuse", "is a superuser");
	done();
	r = session("terminate", c);
	assert_row(ask(pg_conninfo(&pg, "watch", "dbname=orders"), "preview", &r), "refuse", "GRANT pg_signal_backend");
	done();
	assert_row(ask(owner(), "preview", &r), "refuse", "may not see it");
	done();
	const struct snapshot *s = ask(owner(), "signal", &r);
	assert_int_equal(s->err.code, ERR_DENIED);
	done();
	pg_exec(c, "SELECT 1");
	PQfinish(c);
	PQfinish(super);
}

static void a_password_is_never_shown(void **state)
{
	PGconn *c = pg_connect_to(&pg, "orders", "postgres", "secret");
	struct request r;

	(void)state;
	pg_exec(c, "ALTER ROLE app_9 PASSWORD 'hunter2-planted'");
	r = session("terminate", c);
	const struct snapshot *s = ask(pg_conninfo(&pg, "signaller", "dbname=orders"), "preview", &r);
	assert_row(s, "fact", "ALTER ROLE app_9");
	assert_int_equal(row_with(s, "fact", "hunter2").len, 0);
	done();
	PQfinish(c);
}

/* ---- trouble ---- */

/* Somebody ends the job's server process: what became of it is not known, until somebody has looked. */
static void a_lost_connection_is_looked_into(void **state)
{
	struct request r = table("reindex concurrently", "shop.orders");
	PGconn *holder = pg_connect_to(&pg, "orders", "postgres", "holder");

	(void)state;
	if (version >= 120000) {
		preview(owner(), &r);
		pg_exec(holder, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM shop.orders");
		start_and_wait(owner(), &r);
		pg_exec(admin, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
			       "'auroratop job 7'");
		while (command_at_work(command))
			asking_turn(&asking);
		assert_row(command_result(command), "outcome",
			   "not done: the connection was lost; no process of it is left; 1 of 1 indexes are");
		done();
		assert_int_equal(audit_lines("\"role\":\"app_1\"", "\"outcome\":\"not done: the connection was lost"),
				 1);
		pg_exec(holder, "COMMIT");
	}
	PQfinish(holder);
}

/* The server restarts under a job: it is asked again until it answers. */
static void a_restart_is_waited_for(void **state)
{
	struct request r = table("reindex concurrently", "shop.orders");
	PGconn *holder = pg_connect_to(&pg, "orders", "postgres", "holder");

	(void)state;
	if (version >= 120000) {
		preview(owner(), &r);
		pg_exec(holder, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM shop.orders");
		start_and_wait(owner(), &r);
		pg_stop(&pg, SIGQUIT);
		for (int i = 0; i < 50; i++)
			asking_turn(&asking);
		assert_true(command_at_work(command));
		pg_start(&pg);
		while (command_at_work(command))
			asking_turn(&asking);
		assert_row(command_result(command), "outcome", "no process of it is left");
		done();
		PQreset(admin);
	}
	PQfinish(holder);
}

/* The writer dies under a job, and a reader takes its place: there the job never ran, and that is what is said. */
static void a_failover_is_looked_into(void **state)
{
	struct request r = table("reindex concurrently", "shop.orders");
	const struct snapshot *s;
	PGconn *holder;

	(void)state;
	if (version < 120000)
		return;
	pg_add_reader(&pg);
	PQreset(admin);
	holder = pg_connect_to(&pg, "orders", "postgres", "holder");
	preview(owner(), &r);
	pg_exec(holder, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM shop.orders");
	start_and_wait(owner(), &r);
	pg_fail_over(&pg);
	while (command_at_work(command))
		asking_turn(&asking);
	s = command_result(command);
	assert_row(s, "unknown", "the connection was lost; looking what became of it");
	assert_row(s, "outcome", "not done: the connection was lost; no process of it is left; 1 of 1 indexes are");
	assert_row(s, "outcome", "left behind, invalid: shop.orders_pkey_ccnew");
	assert_row(s, "left", "shop.orders_pkey_ccnew");
	done();
	PQreset(admin);
	PQfinish(holder);
}

/* A preview does not wait behind the lock it tells of. */
static void a_locked_table_is_previewed_all_the_same(void **state)
{
	struct request r = table("vacuum full", "shop.orders");
	PGconn *holder = pg_connect_to(&pg, "orders", "app_1", "holder");

	(void)state;
	pg_exec(holder, "BEGIN; LOCK TABLE shop.orders IN ACCESS EXCLUSIVE MODE");
	const struct snapshot *s = ask(owner(), "preview", &r);
	assert_row(s, "fact", "n/a: somebody holds the table exclusively");
	assert_row(s, "check", "1 session holds a lock");
	done();
	pg_exec(holder, "COMMIT");
	PQfinish(holder);
}

/* ---- the action lane ---- */

static const char *signaller(void)
{
	return pg_conninfo(&pg, "signaller", "dbname=orders");
}

static void open_console(struct driver *d, const char *conninfo)
{
	driver_init(d, conninfo);
	console = d;
	assert_int_equal(driver_fetch(d, DRIVE_ACTION, false, 0)->state, SNAP_OK);
}

static void close_console(void)
{
	driver_release(console);
	console = NULL;
}

static struct str told(const char *field)
{
	const struct snapshot *s = console->last[DRIVE_ACTION];
	union value v;

	assert_int_equal(s->state, SNAP_OK);
	assert_true(rec_get(&s->type->fields[rec_find(s->type, str_c(field))], snapshot_row(s, 0), &v));
	return v.str;
}

static int64_t times_opened(void)
{
	const struct snapshot *s = console->last[DRIVE_ACTION];
	union value v;

	assert_int_equal(s->state, SNAP_OK);
	assert_true(rec_get(&s->type->fields[rec_find(s->type, STR("opened"))], snapshot_row(s, 0), &v));
	return v.i64;
}

#define ACTION_BACKEND "FROM pg_stat_activity WHERE application_name = 'auroratop action'"

static pid_t action_backend(void)
{
	return (pid_t)pg_number(admin, "SELECT pid " ACTION_BACKEND);
}

static size_t own_connections(void)
{
	return pg_log_count(&pg, "auroratop preview|", "") + pg_log_count(&pg, "auroratop signal|", "");
}

/* Takes every slot that an ordinary role can have; how many. */
static size_t take_all_slots(PGconn **taken, size_t max)
{
	char text[300];
	size_t n = 0;

	snprintf(text, sizeof(text), "host=%s port=%d user=app_4 dbname=orders application_name=crowd", pg.dir,
		 pg.port);
	do
		taken[n] = PQconnectdb(text);
	while (PQstatus(taken[n]) == CONNECTION_OK && ++n < max);
	assert_true(n < max);
	assert_non_null(strstr(PQerrorMessage(taken[n]), "connection slots"));
	PQfinish(taken[n]);
	return n;
}

static void a_session_is_ended_though_no_connection_is_left(void **state)
{
	PGconn *crowd[100];
	struct driver d;
	struct request r;
	size_t n, before = own_connections();

	(void)state;
	open_console(&d, signaller());
	assert_true(str_eq_c(told("user"), "signaller"));
	n = take_all_slots(crowd, ARRAY_LEN(crowd));
	r = session("terminate", crowd[0]);
	const struct snapshot *s = ask(NULL, "preview", &r);
	assert_row(s, "word", r.pid);
	assert_int_equal(row_with(s, "fact", "a new one").len, 0);
	snprintf(r.statement, sizeof(r.statement), STR_FMT, STR_ARG(row_with(s, "statement", "")));
	done();
	assert_row(ask(NULL, "signal", &r), "outcome", "done: the session has ended");
	done();
	assert_int_equal(own_connections(), before);
	/* without it there is no way */
	close_console();
	pg_wait_for(admin, "SELECT (count(*) = 0)::int FROM pg_stat_activity WHERE application_name LIKE 'auroratop%'");
	crowd[n++] = pg_connect_to(&pg, "orders", "app_4", "crowd");
	crowd[n++] = pg_connect_to(&pg, "orders", "app_4", "crowd");
	r = session("terminate", crowd[1]);
	s = ask(signaller(), "preview", &r);
	assert_int_equal(s->state, SNAP_ERROR);
	assert_string_equal(s->err.id, CONN_NO_ROOM);
	done();
	for (size_t i = 0; i < n; i++)
		PQfinish(crowd[i]);
	pg_wait_for(admin, "SELECT (count(*) = 0)::int FROM pg_stat_activity WHERE application_name = 'crowd'");
}

static void the_action_lane_is_our_own(void **state)
{
	struct request r = {.operation = "terminate", .tier = "2"};
	struct driver d;

	(void)state;
	open_console(&d, signaller());
	snprintf(r.pid, sizeof(r.pid), "%d", (int)action_backend());
	snprintf(r.backend_start, sizeof(r.backend_start), "%lld",
		 pg_number(admin, "SELECT (extract(epoch FROM backend_start) * 1000000)::int8 " ACTION_BACKEND));
	assert_int_equal(driver_fetch(&d, DRIVE_SESSIONS, true, 0)->state, SNAP_OK);
	assert_null(driver_session(&d, action_backend()));
	assert_row(ask(NULL, "preview", &r), "refuse", "one of this console's own");
	done();
	close_console();
}

/* In the database that it is in, tables are looked at on it, too; for those of another no word is lost. */
static void tables_are_looked_at_in_their_database(void **state)
{
	static const char *const databases[] = {"dbname=orders", "dbname=postgres"};
	struct request r = table("vacuum", "shop.orders");
	struct driver d;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(databases); i++) {
		size_t before = own_connections(), lines = pg_log_count(&pg, "auroratop action|", "");

		open_console(&d, pg_conninfo(&pg, "signaller", databases[i]));
		const struct snapshot *s = ask(NULL, "preview", &r);
		assert_row(s, "fact", "signaller on the server, database orders");
		assert_int_equal(row_with(s, "fact", "a new one").len, 0);
		done();
		close_console();
		assert_true(pg_log_count(&pg, "auroratop action|", "") > lines);
		assert_int_equal(own_connections() > before, i > 0);
	}
}

/* Somebody ends it: who needs it then is told and has another, and the next check opens it again. */
static void a_lost_action_lane_is_opened_again(void **state)
{
	PGconn *c = pg_connect_to(&pg, "orders", "app_2", "victim");
	struct request r = session("terminate", c);
	struct driver d;

	(void)state;
	open_console(&d, signaller());
	assert_int_equal(driver_fetch(&d, DRIVE_ACTION, false, 0)->state, SNAP_OK);
	assert_int_equal(times_opened(), 1);
	pg_exec(admin, "SELECT pg_terminate_backend(pid) " ACTION_BACKEND);
	pg_wait_for(admin, "SELECT (count(*) = 0)::int " ACTION_BACKEND);
	assert_int_equal(driver_fetch(&d, DRIVE_ACTION, false, 0)->state, SNAP_OK);
	assert_int_equal(times_opened(), 2);
	assert_true(conn_is_own(action_backend()));
	pg_exec(admin, "SELECT pg_terminate_backend(pid) " ACTION_BACKEND);
	pg_wait_for(admin, "SELECT (count(*) = 0)::int " ACTION_BACKEND);
	assert_row(ask(NULL, "preview", &r), "fact", "a new one: the action lane had lost its connection");
	done();
	assert_row(ask(NULL, "preview", &r), "fact", "a new one: the action lane is down");
	done();
	assert_int_equal(driver_fetch(&d, DRIVE_ACTION, false, 0)->state, SNAP_OK);
	assert_int_equal(times_opened(), 3);
	assert_int_equal(row_with(ask(NULL, "preview", &r), "fact", "a new one").len, 0);
	done();
	close_console();
	PQfinish(c);
}

static void an_action_lane_that_hangs_is_passed_by(void **state)
{
	PGconn *c = pg_connect_to(&pg, "orders", "app_2", "victim");
	struct request r = session("terminate", c);
	struct driver d;
	pid_t backend;

	(void)state;
	open_console(&d, signaller());
	backend = action_backend();
	kill(backend, SIGSTOP);
	const struct snapshot *s = ask(NULL, "preview", &r);
	assert_row(s, "fact", "a new one: the action lane did not answer within 2 s");
	snprintf(r.statement, sizeof(r.statement), STR_FMT, STR_ARG(row_with(s, "statement", "")));
	done();
	assert_row(ask(NULL, "signal", &r), "outcome", "done: the session has ended");
	done();
	/* and the check does not wait for it either */
	assert_int_equal(driver_fetch(&d, DRIVE_ACTION, false, 0)->state, SNAP_OK);
	kill(backend, SIGCONT);
	close_console();
	PQfinish(c);
}

/* A signal watches a session that does not end: others go their own way, and its lane may close meanwhile. */
static void an_action_lane_in_use_is_passed_by(void **state)
{
	PGconn *c = pg_connect_to(&pg, "orders", "app_2", "victim"),
	       *other = pg_connect_to(&pg, "orders", "app_3", "bystander");
	struct request r = session("terminate", c), next = session("terminate", other);
	struct command_arg args[COMMAND_ARGS_MAX];
	struct command *watching;
	struct err err = {0};
	struct driver d;

	(void)state;
	open_console(&d, signaller());
	preview(NULL, &r);
	kill(PQbackendPID(c), SIGSTOP);
	begin_asking(NULL);
	watching = asking_start(&asking, "signal", args, fill(&r, args), &err);
	assert_non_null(watching);
	pg_wait_for(admin, "SELECT count(*) " ACTION_BACKEND " AND query LIKE '%query_start_at%'");
	assert_int_equal(driver_fetch(&d, DRIVE_ACTION, false, 0)->state, SNAP_OK);
	assert_true(str_eq_c(told("state"), "in use"));
	const struct snapshot *s = asking_run(&asking, "preview", args, fill(&next, args), &command);
	assert_row(s, "fact", "a new one: the action lane was busy");
	command_release(command);
	close_console();
	kill(PQbackendPID(c), SIGCONT);
	while (command_at_work(watching))
		asking_turn(&asking);
	assert_row(command_result(watching), "outcome", "done: the session has ended");
	command_release(watching);
	asking_release(&asking);
	pg_wait_for(admin, "SELECT (count(*) = 0)::int " ACTION_BACKEND);
	PQfinish(c);
	PQfinish(other);
}

/* ---- guards ---- */

static void read_only_has_no_action_lane(void **state)
{
	struct driver d;

	(void)state;
	driver_init(&d, signaller());
	((struct target *)(uintptr_t)d.target)->read_only = true;
	assert_int_equal(driver_fetch(&d, DRIVE_ACTION, false, 0)->state, SNAP_UNAVAILABLE);
	assert_int_equal(pg_number(admin, "SELECT count(*) " ACTION_BACKEND), 0);
	driver_release(&d);
	/* nor where a policy says so */
	struct policies mine = {.common = policy_default};
	mine.common.read_only = true;
	driver_init(&d, signaller());
	((struct target *)(uintptr_t)d.target)->policies = &mine;
	assert_int_equal(driver_fetch(&d, DRIVE_ACTION, false, 0)->state, SNAP_UNAVAILABLE);
	assert_int_equal(pg_number(admin, "SELECT count(*) " ACTION_BACKEND), 0);
	driver_release(&d);
}

static void read_only_means_it(void **state)
{
	struct request r = table("vacuum", "shop.orders");
	struct command_arg args[COMMAND_ARGS_MAX];
	struct err err = {0};

	(void)state;
	preview(owner(), &r);
	size_t before = pg_log_count(&pg, "auroratop", "VACUUM");
	asking_init(&asking, owner());
	((struct target *)(uintptr_t)asking.target)->read_only = true;
	assert_null(asking_start(&asking, "maintain", args, fill(&r, args), &err));
	assert_int_equal(err.code, ERR_DENIED);
	assert_null(asking_start(&asking, "signal", args, fill(&r, args), &err));
	assert_null(asking_start(&asking, "server_change", args, fill(&r, args), &err));
	asking_release(&asking);
	assert_int_equal(pg_log_count(&pg, "auroratop", "VACUUM"), before);
}

static void no_audit_no_action(void **state)
{
	struct request r = table("vacuum", "shop.orders");
	char file[200];

	(void)state;
	preview(owner(), &r);
	size_t before = pg_log_count(&pg, "auroratop", "VACUUM");
	snprintf(file, sizeof(file), "%s/no-folder", pg.dir);
	fclose(fopen(file, "w"));
	setenv("XDG_STATE_HOME", file, 1);
	const struct snapshot *s = ask(owner(), "maintain", &r);
	assert_int_equal(s->state, SNAP_ERROR);
	assert_non_null(strstr(s->err.text, "the audit log cannot be"));
	assert_true(s->err.remedy[0]);
	done();
	unsetenv("XDG_STATE_HOME");
	assert_int_equal(pg_log_count(&pg, "auroratop", "VACUUM"), before);
}

static int group_setup(void **state)
{
	static const char *const statements[] = {
		"ALTER ROLE app_1 PASSWORD 'app_1-pw'; ALTER ROLE app_2 PASSWORD 'app_2-pw'",
		"CREATE ROLE signaller LOGIN PASSWORD 'signaller-pw' IN ROLE pg_monitor, pg_signal_backend",
		"CREATE SCHEMA shop; GRANT USAGE ON SCHEMA shop TO PUBLIC",
		"CREATE TABLE shop.orders (id int PRIMARY KEY, v text); INSERT INTO shop.orders SELECT i, 'x' FROM "
		"generate_series(1, 5000) i",
		"CREATE TABLE shop.moved (v int); CREATE TABLE shop.other (v int)",
		"ALTER TABLE shop.orders OWNER TO app_1; ALTER TABLE shop.moved OWNER TO app_1; ALTER TABLE shop.other "
		"OWNER TO app_1",
	};

	char conninfo[300];

	(void)state;
	snprintf(conninfo, sizeof(conninfo), "host=%s port=%d user=postgres dbname=orders application_name=admin",
		 pg.dir, pg.port);
	admin = PQconnectdb(conninfo);
	assert_int_equal(PQstatus(admin), CONNECTION_OK);
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
		cmocka_unit_test(vacuum_runs_and_is_told),
		cmocka_unit_test(who_owns_nothing_is_told_so),
		cmocka_unit_test(a_table_renamed_under_the_preview_is_not_touched),
		cmocka_unit_test(hostile_names_are_quoted),
		cmocka_unit_test(a_lock_that_is_not_free_is_tried_again),
		cmocka_unit_test(two_consoles_do_not_work_on_one_table),
		cmocka_unit_test(a_cancelled_job_ends_on_the_server),
		cmocka_unit_test(outside_the_window_it_waits_for_an_override),
		cmocka_unit_test(a_policy_makes_it_read_only),
		cmocka_unit_test(a_job_stopped_for_a_reason_says_it),
		cmocka_unit_test(cancel_ends_the_statement_and_no_more),
		cmocka_unit_test(terminate_is_watched_to_the_end),
		cmocka_unit_test(a_reused_process_id_is_not_hit),
		cmocka_unit_test(whom_it_may_not_signal_is_said_before),
		cmocka_unit_test(a_password_is_never_shown),
		cmocka_unit_test(a_lost_connection_is_looked_into),
		cmocka_unit_test(a_locked_table_is_previewed_all_the_same),
		cmocka_unit_test(a_session_is_ended_though_no_connection_is_left),
		cmocka_unit_test(the_action_lane_is_our_own),
		cmocka_unit_test(tables_are_looked_at_in_their_database),
		cmocka_unit_test(a_lost_action_lane_is_opened_again),
		cmocka_unit_test(an_action_lane_that_hangs_is_passed_by),
		cmocka_unit_test(an_action_lane_in_use_is_passed_by),
		cmocka_unit_test(read_only_has_no_action_lane),
		cmocka_unit_test(read_only_means_it),
		cmocka_unit_test(no_audit_no_action),
		cmocka_unit_test(a_restart_is_waited_for),
		cmocka_unit_test(a_failover_is_looked_into),
	};
	int failed;

	pg_setup(&pg, "");
	unsetenv("XDG_STATE_HOME");
	failed = cmocka_run_group_tests(tests, group_setup, group_teardown);
	pg_teardown(&pg);
	return failed;
}
