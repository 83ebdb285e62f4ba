/*
 * test_changes.c: from the keyboard to the server: a root blocker ended, a table vacuumed and rebuilt, a job
 * cancelled, or stopped by itself, a closed window overridden; and an audit log that tells the same story.
 *
 *     test_changes AURORATOP
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
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define ROWS 48
#define COLS 160
/* An Enter counts only some time after the last letter. */
#define REST "@600"

static const char *program;
static struct pg pg;
static PGconn *admin;

/* Watches as one role and acts as another, whose password is in a file. */
static const char *conninfo(void)
{
	static char text[1200];
	char more[600];

	snprintf(more, sizeof(more), "dbname=orders passfile=%s/action.pass", pg.dir);
	snprintf(text, sizeof(text), "%s", pg_conninfo(&pg, "watch", more));
	return text;
}

static struct vt *start_with(const char *option, const char *value)
{
	const char *const args[] = {program, "--db", conninfo(), "--action-user", "keeper", option, value, NULL};
	struct vt *v = vt_start(ROWS, COLS, args, NULL);

	console_sees(v, "● live");
	return v;
}

static struct vt *start(const char *option)
{
	return start_with(option, NULL);
}

/* The same with a policy; lines of the section. */
static struct vt *start_by(const char *policy)
{
	static char path[300];
	FILE *f;

	snprintf(path, sizeof(path), "%s/config.ini", pg.dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "[auroratop]\ninterval = 0.25\n[policy]\n%s\n", policy);
	assert_int_equal(fclose(f), 0);
	return start_with("--config", path);
}

/* Lines of the audit log that contain both, in order: the number of the first, counted from 1; 0 = none. */
static int audit_line(const char *part, const char *other)
{
	char path[600], line[8192];
	int n = 0, found = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/.local/state/auroratop/audit.jsonl", getenv("HOME"));
	f = fopen(path, "r");
	while (f && !found && fgets(line, sizeof(line), f)) {
		n++;
		found = strstr(line, part) && strstr(line, other) ? n : 0;
	}
	if (f)
		fclose(f);
	return found;
}

/* How many lines of it contain both. */
static int audit_count(const char *part, const char *other)
{
	char path[600], line[8192];
	int n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/.local/state/auroratop/audit.jsonl", getenv("HOME"));
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		n += strstr(line, part) && strstr(line, other);
	if (f)
		fclose(f);
	return n;
}

static void a_root_is_ended_and_its_victims_go_on(void **state)
{
	PGconn *root = pg_connect_to(&pg, "orders", "app_1", "root"),
	       *victim = pg_connect_to(&pg, "orders", "app_2", "victim");
	char keys[64];
	struct vt *v;

	(void)state;
	pg_exec(root, "BEGIN");
	pg_exec(root, "UPDATE shop.orders SET v = 'mine' WHERE id = 1");
	pg_send(victim, "UPDATE shop.orders SET v = 'too' WHERE id = 1");
	pg_wait_for(
		admin,
		"SELECT count(*) FROM pg_stat_activity WHERE application_name = 'victim' AND wait_event_type = 'Lock'");
	v = start(NULL);
	/* opened early, as who acts */
	pg_wait_for(admin, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'auroratop action' AND "
			   "usename = 'keeper'");
	console_press(v, ":diag<Enter>", "ready, to orders as keeper");
	vt_key(v, "Esc");
	console_press(v, "3", "1 tree");
	snprintf(keys, sizeof(keys), "C cancel %d", PQbackendPID(root));
	console_press(v, "g", keys);
	console_press(v, "K", "disruptive, tier 2");
	console_sees(v, "to allow it");
	console_sees(v, "waits behind it");
	/* a wrong number, and Enter at once: nothing */
	console_press(v, "1<Enter>" REST "<Enter>", "letters");
	assert_int_equal(PQstatus(root), CONNECTION_OK);
	snprintf(keys, sizeof(keys), "<C-u>%d" REST "<Enter>", PQbackendPID(root));
	console_press(v, keys, "done: the session has");
	assert_true(pg_finish_sent(victim));
	console_quit(v);
	assert_int_equal(pg_log_count(&pg, "auroratop action|keeper|", "pg_terminate_backend"), 1);
	assert_int_equal(pg_log_count(&pg, "auroratop preview|", "") + pg_log_count(&pg, "auroratop signal|", ""), 0);
	assert_int_equal(pg_number(admin, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'root'"), 0);
	PQfinish(root);
	PQfinish(victim);
}

/* It has no session that could be ended; the waiting one goes on. */
static void a_prepared_root_is_rolled_back(void **state)
{
	PGconn *owner = pg_connect_to(&pg, "orders", "keeper", "2pc"),
	       *victim = pg_connect_to(&pg, "orders", "app_2", "victim");
	struct vt *v;

	(void)state;
	pg_exec(owner, "BEGIN");
	pg_exec(owner, "UPDATE shop.orders SET v = 'mine' WHERE id = 2");
	pg_exec(owner, "PREPARE TRANSACTION 'left over'");
	pg_send(victim, "UPDATE shop.orders SET v = 'too' WHERE id = 2");
	v = start(NULL);
	console_press(v, "3", "prepared as left over");
	console_press(v, "g:rollback prepared<Enter>", "destructive, tier 3");
	console_sees(v, "ROLLBACK PREPARED 'left over'");
	console_sees(v, "waits behind it");
	console_press(v, "left over" REST "<Enter>", "D");
	assert_int_equal(pg_number(admin, "SELECT count(*) FROM pg_prepared_xacts"), 1);
	console_press(v, "D", "left over: done");
	assert_true(pg_finish_sent(victim));
	assert_true(audit_line("\"action\":\"rollback prepared\"", "\"outcome\":\"done\"") > 0);
	console_press(v, ":reset statistics<Enter>", "is not created in database orders");
	vt_key(v, "Esc");
	console_quit(v);
	PQfinish(owner);
	PQfinish(victim);
}

/* v on two rows, K, and the number of both: a bystander stays. */
static void tagged_sessions_are_ended_together(void **state)
{
	PGconn *first = pg_connect_to(&pg, "orders", "app_1", "tagged"),
	       *second = pg_connect_to(&pg, "orders", "app_2", "tagged"),
	       *other = pg_connect_to(&pg, "orders", "app_2", "bystander");
	char text[64];
	struct vt *v;

	(void)state;
	pg_exec(first, "BEGIN");
	pg_exec(second, "BEGIN");
	pg_exec(other, "BEGIN");
	v = start(NULL);
	console_press(v, "2", "bystander");
	console_press(v, "/application:=tagged<Enter>", "2 of");
	console_press(v, "gv", "1 tagged");
	console_press(v, "jv", "2 tagged");
	/* the filter goes, the tags stay */
	console_press(v, "/<C-u><Enter>", "bystander");
	console_sees(v, "2 tagged");
	console_press(v, "K", "Terminate  2 sessions");
	console_sees(v, "type 2 sessions, their number, to allow it");
	snprintf(text, sizeof(text), "%d", PQbackendPID(first));
	console_sees(v, text);
	snprintf(text, sizeof(text), "%d", PQbackendPID(second));
	console_sees(v, text);
	/* the number of one of them is not what is asked for */
	snprintf(text, sizeof(text), "%d" REST "<Enter>", PQbackendPID(first));
	console_press(v, text, "of 10 letters");
	console_press(v, "<C-u>2 sessions" REST "<Enter>", "Terminate 2 sessions: done: 2 ended");
	console_gone(v, "2 tagged");
	console_press(v, ":audit<Enter>", "done: the session has");
	console_quit(v);
	assert_int_equal(pg_number(admin, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tagged'"),
			 0);
	assert_int_equal(pg_number(admin, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'bystander'"),
			 1);
	for (int i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "\"object\":\"session %d\"", PQbackendPID(i ? second : first));
		assert_true(audit_line(text, "\"phase\":\"intent\"") > 0);
		assert_true(audit_line(text, "done: the session has ended") > audit_line(text, "\"phase\":\"intent\""));
	}
	PQfinish(first);
	PQfinish(second);
	PQfinish(other);
}

/* Confirms a VACUUM of the only table shown, and looks at what came of it. */
static void vacuum_is_not_run(struct vt *v, const char *why)
{
	console_press(v, "y", "not run");
	console_press(v, ":jobs<Enter>", why);
	vt_key(v, "Esc");
	console_gone(v, "Jobs  they go on");
}

/* What a user sees when the table is another one by the time of the y, when somebody else is at it, and when it is
 * gone. */
static void what_goes_wrong_is_said(void **state)
{
	PGconn *other = pg_connect_to(&pg, "orders", "app_1", "auroratop job 1");
	struct vt *v;

	(void)state;
	pg_exec(admin, "CREATE TABLE shop.moved (id int); ALTER TABLE shop.moved OWNER TO app_1");
	v = start(NULL);
	console_press(v, ":tables<Enter>", "shop.moved");
	console_press(v, "/moved<Enter>", "V vacuum  A analyze  I reindex");
	console_gone(v, "shop.orders");
	console_press(v, "V", "y yes, run it");
	pg_exec(admin, "ALTER TABLE shop.moved RENAME TO elsewhere");
	vacuum_is_not_run(v, "not run: shop.elsewhere has changed since the preview");
	pg_exec(admin, "ALTER TABLE shop.elsewhere RENAME TO moved");
	/* the list may have been read in between */
	console_press(v, "r", "shop.moved");
	console_press(v, "V", "y yes, run it");
	pg_exec(other, "SELECT pg_advisory_lock(1635087476, ('shop.moved'::regclass::oid::int8 - 2147483648)::int4)");
	vacuum_is_not_run(v, "not run: shop.moved is being maintained by app_1 (auroratop job 1) already");
	PQfinish(other);
	console_press(v, "V", "y yes, run it");
	pg_exec(admin, "DROP TABLE shop.moved");
	vacuum_is_not_run(v, "not run: the table is gone");
	console_quit(v);
}

/* The server drops the connection of a job: what became of it is looked for. */
static void a_lost_connection_is_said(void **state)
{
	PGconn *old = pg_connect_to(&pg, "orders", "app_2", "old");
	struct vt *v;

	(void)state;
	pg_exec(old, "BEGIN ISOLATION LEVEL REPEATABLE READ");
	pg_exec(old, "SELECT count(*) FROM shop.orders");
	v = start(NULL);
	console_press(v, ":tables<Enter>", "shop.orders");
	console_press(v, "/orders<Enter>", "I reindex");
	console_press(v, "I", "to allow it");
	console_press(v, "orders" REST "<Enter>", "jobs 1");
	pg_wait_for(admin, "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'auroratop job%' AND "
			   "wait_event_type = 'Lock'");
	pg_exec(admin,
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'auroratop job%'");
	console_press(v, ":jobs<Enter>", "not done: the connection was lost; no process of it is left");
	vt_key(v, "Esc");
	console_quit(v);
	pg_exec(old, "COMMIT");
	PQfinish(old);
}

/* A console is killed in the middle of a VACUUM: the next one offers it, follows it and says how it ended. */
static void a_vacuum_survives_the_kill_of_its_console(void **state)
{
	struct vt *v;

	(void)state;
	pg_exec(admin, "ALTER ROLE keeper SET vacuum_cost_delay = 40");
	pg_exec(admin, "ALTER ROLE keeper SET vacuum_cost_limit = 1");
	pg_exec(admin, "UPDATE shop.orders SET v = v || 'y' WHERE id % 5 = 0");
	v = start(NULL);
	console_press(v, ":tables<Enter>", "shop.orders");
	console_press(v, "/orders<Enter>", "V vacuum  A analyze  I reindex");
	console_press(v, "V", "ShareUpdateExclusive");
	console_press(v, "y", "jobs 1");
	pg_wait_for(admin,
		    "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'auroratop job %' AND pid IN "
		    "(SELECT p.pid FROM pg_stat_progress_vacuum AS p)");
	assert_int_equal(kill(vt_pid(v), SIGKILL), 0);
	vt_free(v);
	v = start(NULL);
	console_sees(v, "a VACUUM of shop.orders started before");
	console_press(v, ":jobs<Enter>", "runs on without a console: a adopts it, X cancels it");
	vt_send(v, "a");
	console_gone(v, "runs on without a console");
	console_sees(v, "found by looking: ");
	vt_key(v, "Esc");
	console_quit(v);
	assert_true(audit_line("\"phase\":\"adopted\"", "VACUUM (VERBOSE) shop.orders") > 0);
	assert_true(audit_line("found by looking: ", "VACUUM (VERBOSE) shop.orders") > 0);
	pg_exec(admin, "ALTER ROLE keeper RESET ALL");
}

static void a_table_is_vacuumed_and_rebuilt(void **state)
{
	struct vt *v = start(NULL);

	(void)state;
	console_press(v, "V", "choose the table");
	console_press(v, "/orders<Enter>", "V vacuum  A analyze  I reindex");
	console_press(v, "V", "ShareUpdateExclusive");
	console_press(v, "y", "VACUUM shop.orders: done");
	console_press(v, "I", "to allow it");
	console_press(v, "orders" REST "<Enter>", "REINDEX CONCURRENTLY shop.orders: done");
	console_press(v, ":vacuum full<Enter>", "AccessExclusive");
	console_sees(v, "to allow it");
	console_press(v, "orders" REST "<Enter>", "VACUUM FULL shop.orders: done");
	console_press(v, ":jobs<Enter>", "1  VACUUM shop.orders");
	console_sees(v, "3  VACUUM FULL shop.orders");
	vt_key(v, "Esc");
	/* the session that was ended before stands there, too */
	console_press(v, ":audit<Enter>", "4 changes");
	console_sees(v, "done: the session has");
	console_press(v, "/action:\"vacuum full\"<Enter>", "1 of 4");
	console_press(v, "<Enter>", "VACUUM (FULL, VERBOSE) shop.orders");
	console_sees(v, "2, disruptive");
	vt_key(v, "Esc");
	console_quit(v);
}

static void a_job_that_waits_is_seen_and_cancelled(void **state)
{
	PGconn *old = pg_connect_to(&pg, "orders", "app_2", "old");
	struct vt *v;

	(void)state;
	pg_exec(old, "BEGIN ISOLATION LEVEL REPEATABLE READ");
	pg_exec(old, "SELECT count(*) FROM shop.orders");
	pg_wait_for(admin, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'old' AND xact_start < "
			   "now() - interval '2 s'");
	v = start(NULL);
	console_press(v, ":tables<Enter>", "shop.orders");
	console_press(v, "/orders<Enter>", "I reindex");
	console_press(v, "I", "it would wait for 1 open transaction");
	console_sees(v, "to allow it");
	console_press(v, "orders" REST "<Enter>", "jobs 1");
	/* on the smallest screen, too */
	vt_resize(v, 24, 80);
	console_sees(v, "jobs 1");
	vt_resize(v, ROWS, COLS);
	console_press(v, ":audit<Enter>", "no outcome: the");
	/* quitting asks, and no means no */
	console_press(v, "q", "Quit while jobs run?");
	vt_send(v, "n");
	console_gone(v, "Quit while jobs run?");
	console_press(v, "X", "Cancel the job?");
	console_press(v, "y", "cancelled");
	console_gone(v, "jobs 1");
	console_gone(v, "no outcome: the");
	pg_wait_for(admin,
		    "SELECT (count(*) = 0)::int FROM pg_stat_activity WHERE application_name LIKE 'auroratop job%'");
	pg_exec(old, "COMMIT");
	/* what it has left behind is offered, and goes after a preview of its own */
	console_press(v, ":jobs<Enter>", "D drops the invalid indexes");
	console_press(v, "D", "DROP INDEX CONCURRENTLY shop.orders_pkey_ccnew");
	console_sees(v, "to allow it");
	console_press(v, "orders" REST "<Enter>", "done: 1 dropped");
	assert_int_equal(pg_number(admin, "SELECT count(*) FROM pg_class WHERE relname = 'orders_pkey_ccnew'"), 0);
	console_quit(v);
	PQfinish(old);
}

/* Tab widens what was selected; the palette names what is meant. */
static void a_schema_and_a_database_are_maintained(void **state)
{
	struct vt *v = start(NULL);

	(void)state;
	console_press(v, ":tables<Enter>", "shop.orders");
	console_press(v, "/orders<Enter>", "V vacuum");
	console_press(v, "V", "Tab its schema");
	console_press(v, "<Tab>", "VACUUM  schema shop");
	console_sees(v, "VACUUM (VERBOSE, SKIP_LOCKED) shop.orders");
	console_press(v, "y", "VACUUM schema shop: done");
	console_press(v, ":analyze schema shop<Enter>", "ANALYZE (VERBOSE, SKIP_LOCKED) shop.orders");
	console_press(v, "y", "ANALYZE schema shop: done");
	/* what lets others work comes first */
	console_press(v, ":reindex index orders_pkey<Enter>", "REINDEX (VERBOSE) INDEX CONCURRENTLY shop.orders_pkey");
	console_sees(v, "the index's name, to allow it");
	console_press(v, "orders_pkey" REST "<Enter>", "shop.orders_pkey: done");
	console_press(v, ":reindex database<Enter>", "our role keeper may not rebuild");
	vt_key(v, "Esc");
	console_press(v, ":vacuum schema<Enter>", "which schema?");
	console_quit(v);
	assert_true(audit_line("\"object\":\"schema shop\"", "\"outcome\":\"done\"") > 0);
}

#define OUR_JOB "FROM pg_stat_activity WHERE application_name LIKE 'auroratop job%'"

/* A rebuild that waits for the transaction of `old`. */
static struct vt *start_rebuild(PGconn *old)
{
	struct vt *v;

	pg_exec(old, "BEGIN ISOLATION LEVEL REPEATABLE READ");
	pg_exec(old, "SELECT count(*) FROM shop.orders");
	v = start(NULL);
	console_press(v, ":tables<Enter>", "shop.orders");
	console_press(v, "/orders<Enter>", "I reindex");
	console_press(v, "I", "to allow it");
	console_press(v, "orders" REST "<Enter>", "jobs 1");
	pg_wait_for(admin, "SELECT count(*) " OUR_JOB " AND wait_event_type = 'Lock'");
	return v;
}

/* How many rebuilds were cancelled, by the audit log. */
static int cancelled_rebuilds(void)
{
	return audit_count("\"action\":\"reindex concurrently\"", "\"outcome\":\"cancelled");
}

static void quitting_cancels_what_runs(void **state)
{
	PGconn *old = pg_connect_to(&pg, "orders", "app_2", "old");
	int before = cancelled_rebuilds();
	struct vt *v = start_rebuild(old);
	pid_t backend = (pid_t)pg_number(admin, "SELECT pid " OUR_JOB);

	(void)state;
	/* while the server takes its time, the screen says what is being done */
	assert_int_equal(kill(backend, SIGSTOP), 0);
	console_press(v, "q", "Quit while jobs run?");
	console_press(v, "y", "Leaving");
	console_sees(v, "cancelling");
	assert_int_equal(kill(backend, SIGCONT), 0);
	assert_int_equal(console_ends(v), 0);
	console_is_restored(v);
	vt_free(v);
	pg_wait_for(admin, "SELECT (count(*) = 0)::int " OUR_JOB);
	assert_int_equal(cancelled_rebuilds(), before + 1);
	pg_exec(old, "COMMIT");
	PQfinish(old);
}

/* Without a question. */
static void a_signal_cancels_what_runs(void **state)
{
	PGconn *old = pg_connect_to(&pg, "orders", "app_2", "old");
	int before = cancelled_rebuilds();
	struct vt *v = start_rebuild(old);

	(void)state;
	assert_int_equal(kill(vt_pid(v), SIGTERM), 0);
	assert_int_equal(console_ends(v), 128 + SIGTERM);
	console_is_restored(v);
	vt_free(v);
	pg_wait_for(admin, "SELECT (count(*) = 0)::int " OUR_JOB);
	assert_int_equal(cancelled_rebuilds(), before + 1);
	pg_exec(old, "COMMIT");
	PQfinish(old);
}

/* The terminal goes; what was lent does not stay. */
static void a_lease_is_taken_back_when_the_terminal_goes(void **state)
{
	struct vt *v;

	(void)state;
	pg_exec(admin, "ALTER ROLE keeper SUPERUSER");
	v = start(NULL);
	console_press(v, ":slow log<Enter>", "milliseconds for minutes");
	console_press(v, "250 for 5<Enter>", "ALTER SYSTEM SET log_min_duration_statement = 250");
	console_press(v, "y", "in force until");
	pg_wait_for(admin,
		    "SELECT count(*) FROM pg_settings WHERE name = 'log_min_duration_statement' AND setting = '250'");
	int before = audit_count("\"action\":\"server restore\"", "\"outcome\":\"done");
	assert_int_equal(kill(vt_pid(v), SIGHUP), 0);
	assert_int_equal(console_ends(v), 128 + SIGHUP);
	vt_free(v);
	pg_wait_for(admin,
		    "SELECT count(*) FROM pg_settings WHERE name = 'log_min_duration_statement' AND setting = '-1'");
	assert_int_equal(audit_count("\"action\":\"server restore\"", "\"outcome\":\"done"), before + 1);
	pg_exec(admin, "ALTER ROLE keeper NOSUPERUSER");
}

/* An hour, three days from now. */
static const char *closed_window(void)
{
	static char text[64];
	time_t then = time(NULL) + (time_t)3 * 24 * 3600;
	struct tm tm;

	assert_non_null(gmtime_r(&then, &tm));
	(void)strftime(text, sizeof(text), "window = %a %H:00-%H:59", &tm);
	return text;
}

static void outside_the_window_it_wants_an_override(void **state)
{
	struct vt *v = start_by(closed_window());

	(void)state;
	console_press(v, ":tables<Enter>", "shop.orders");
	console_press(v, "/orders<Enter>", "V vacuum  A analyze  I reindex");
	console_press(v, ":vacuum full<Enter>", "outside the maintenance window: closed, opens");
	console_sees(v, "O override the window");
	console_sees(v, "disruptive, tier 2");
	/* neither name nor Enter lead on */
	console_press(v, "orders" REST "<Enter>" REST "O", "destructive, tier 3");
	console_sees(v, "which is overridden: one tier more");
	console_press(v, "orders" REST "<Enter>", "press D to confirm");
	console_press(v, "D", "VACUUM FULL shop.orders: done");
	/* what keeps nobody waiting runs at any time */
	console_press(v, "V", "y yes, run it");
	console_press(v, "n", "V vacuum");
	console_quit(v);
	assert_true(audit_line("\"action\":\"vacuum full\",\"tier\":3", "\"override\":\"window\"") > 0);
}

/* A rebuild waits for an old transaction, and others that must not run beside it wait for the rebuild. */
static void a_job_that_holds_up_others_stops_itself(void **state)
{
	PGconn *old = pg_connect_to(&pg, "orders", "app_2", "old"),
	       *first = pg_connect_to(&pg, "orders", "app_1", "first"),
	       *second = pg_connect_to(&pg, "orders", "app_1", "second");
	struct vt *v;

	(void)state;
	pg_exec(old, "BEGIN ISOLATION LEVEL REPEATABLE READ");
	pg_exec(old, "SELECT count(*) FROM shop.orders");
	v = start_by("stop_waiters = 1");
	console_press(v, ":tables<Enter>", "shop.orders");
	console_press(v, "/orders<Enter>", "I reindex");
	console_press(v, "I", "when more than 1 session waits behind it");
	console_sees(v, "to allow it");
	console_press(v, "orders" REST "<Enter>", "jobs 1");
	pg_wait_for(admin, "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'auroratop job%' AND "
			   "wait_event_type = 'Lock'");
	/* one may wait for as long as it likes */
	pg_send(first, "ANALYZE shop.orders");
	console_press(v, "3", "2 blocked");
	console_sees(v, "jobs 1");
	pg_send(second, "ANALYZE shop.orders");
	console_gone(v, "jobs 1");
	console_press(v, ":jobs<Enter>", "stopped by itself: 2 sessions waited behind it (limit 1)");
	assert_true(pg_finish_sent(first));
	assert_true(pg_finish_sent(second));
	vt_key(v, "Esc");
	console_quit(v);
	assert_true(audit_line("\"action\":\"reindex concurrently\"",
			       "\"outcome\":\"stopped by itself: 2 sessions waited behind it (limit 1)") > 0);
	pg_exec(old, "COMMIT");
	PQfinish(old);
	PQfinish(first);
	PQfinish(second);
}

static void the_audit_log_tells_the_story(void **state)
{
	int ended = audit_line("\"action\":\"terminate\"", "done: the session has");
	int vacuumed = audit_line("\"action\":\"vacuum\"", "\"outcome\":\"done\"");
	int rebuilt = audit_line("\"action\":\"reindex concurrently\"", "\"outcome\":\"done\"");
	int full = audit_line("\"action\":\"vacuum full\"", "\"outcome\":\"done\"");
	int cancelled = audit_line("\"action\":\"reindex concurrently\"", "\"outcome\":\"cancelled");
	struct stat st;
	char path[600];

	(void)state;
	assert_true(ended > 1 && vacuumed > ended && rebuilt > vacuumed && full > rebuilt && cancelled > full);
	/* each intent stands before its outcome */
	assert_true(audit_line("\"phase\":\"intent\"", "\"action\":\"terminate\"") == ended - 1);
	assert_true(audit_line("\"role\":\"keeper\"", "\"action\":\"vacuum full\"") == full - 1);
	assert_int_equal(audit_line("watch-pw", ""), 0);
	assert_int_equal(audit_line("keeper-pw", ""), 0);
	snprintf(path, sizeof(path), "%s/.local/state/auroratop/audit.jsonl", getenv("HOME"));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

/* Without a cluster the server's own threshold; what a killed console leaves is offered, and comes back. */
static void a_slow_log_of_the_server_survives_a_kill(void **state)
{
	struct vt *v;

	(void)state;
	v = start(NULL);
	console_press(v, ":slow log<Enter>", "milliseconds for minutes");
	console_press(v, "250 for 5<Enter>", "our role keeper may not change it for the server");
	vt_key(v, "Esc");
	console_quit(v);
	pg_exec(admin, "ALTER ROLE keeper SUPERUSER");
	v = start(NULL);
	console_press(v, ":slow log<Enter>", "milliseconds for minutes");
	console_press(v, "250 for 5<Enter>", "ALTER SYSTEM SET log_min_duration_statement = 250");
	console_press(v, "y", "in force until");
	pg_wait_for(admin,
		    "SELECT count(*) FROM pg_settings WHERE name = 'log_min_duration_statement' AND setting = '250'");
	assert_int_equal(kill(vt_pid(v), SIGKILL), 0);
	vt_free(v);
	v = start(NULL);
	console_sees(v, "ALTER SYSTEM RESET log_min_duration_statement");
	console_press(v, "y", "Restore log_min_duration_statement: done");
	pg_wait_for(admin,
		    "SELECT count(*) FROM pg_settings WHERE name = 'log_min_duration_statement' AND setting = '-1'");
	console_press(v, ":restore<Enter>", "nothing of this server was left behind");
	vt_key(v, "Esc");
	console_quit(v);
	pg_exec(admin, "ALTER ROLE keeper NOSUPERUSER");
}

/* The same of a role's: its file says whose it is. */
static void a_slow_log_of_a_role_survives_a_kill(void **state)
{
	struct vt *v;

	(void)state;
	v = start(NULL);
	console_press(v, ":slow log role<Enter>", "role, milliseconds and minutes");
	console_press(v, "app_2 100 for 5<Enter>", "our role keeper may not set log_min_duration_statement");
	vt_key(v, "Esc");
	console_quit(v);
	pg_exec(admin, "ALTER ROLE keeper SUPERUSER");
	v = start(NULL);
	console_press(v, ":slow log role<Enter>", "role, milliseconds and minutes");
	console_press(v, "app_2 100 for 5<Enter>", "ALTER ROLE app_2 SET log_min_duration_statement = 100");
	console_press(v, "y", "jobs 1");
	console_press(v, ":jobs<Enter>", "in force, ");
	assert_int_equal(kill(vt_pid(v), SIGKILL), 0);
	vt_free(v);
	v = start(NULL);
	console_sees(v, "ALTER ROLE app_2 RESET log_min_duration_statement");
	/* not now: it stays in sight */
	console_press(v, "n", "lease left behind, :jobs");
	console_press(v, ":jobs<Enter>", "slow log role 100 of role app_2, by ");
	vt_key(v, "Esc");
	console_press(v, ":restore<Enter>", "ALTER ROLE app_2 RESET log_min_duration_statement");
	console_press(v, "y", "Restore log_min_duration_statement: done");
	console_gone(v, "lease left behind");
	console_quit(v);
	assert_int_equal(pg_number(admin, "SELECT count(*) FROM pg_db_role_setting, unnest(setconfig) AS c "
					  "WHERE c LIKE 'log_min_duration_statement=%'"),
			 0);
	pg_exec(admin, "ALTER ROLE keeper NOSUPERUSER");
}

static void read_only_means_it(void **state)
{
	size_t before = pg_log_count(&pg, "auroratop", "pg_terminate_backend"),
	       acted = pg_log_count(&pg, "auroratop action|", "");
	struct vt *v = start("--read-only");

	(void)state;
	vt_send(v, "2");
	console_press(v, "K", "the console is read-only");
	console_press(v, ":tables<Enter>", "shop.orders");
	console_press(v, "V", "VACUUM: the console is read-only");
	/* there is nothing to keep ready */
	console_press(v, ":diag<Enter>", "n/a: the console is read-only");
	vt_key(v, "Esc");
	console_quit(v);
	assert_int_equal(pg_log_count(&pg, "auroratop action|", ""), acted);
	assert_int_equal(pg_log_count(&pg, "auroratop", "pg_terminate_backend"), before);
}

static int setup(void **state)
{
	static const char *const objects[] = {
		"CREATE ROLE keeper LOGIN PASSWORD 'keeper-pw' IN ROLE pg_monitor, pg_signal_backend, app_1",
		"CREATE SCHEMA shop",
		"GRANT USAGE, CREATE ON SCHEMA shop TO app_1, app_2",
		"CREATE TABLE shop.orders (id int PRIMARY KEY, v text)",
		"INSERT INTO shop.orders SELECT i, 'x' FROM generate_series(1, 20000) AS i",
		"ALTER TABLE shop.orders OWNER TO app_1",
		"GRANT ALL ON shop.orders TO app_2",
		"ANALYZE shop.orders",
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
	return chmod(path, 0600);
}

static int teardown(void **state)
{
	(void)state;
	PQfinish(admin);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_root_is_ended_and_its_victims_go_on),
		cmocka_unit_test(a_table_is_vacuumed_and_rebuilt),
		cmocka_unit_test(a_job_that_waits_is_seen_and_cancelled),
		cmocka_unit_test(quitting_cancels_what_runs),
		cmocka_unit_test(a_signal_cancels_what_runs),
		cmocka_unit_test(a_lease_is_taken_back_when_the_terminal_goes),
		cmocka_unit_test(the_audit_log_tells_the_story),
		cmocka_unit_test(a_schema_and_a_database_are_maintained),
		cmocka_unit_test(outside_the_window_it_wants_an_override),
		cmocka_unit_test(a_job_that_holds_up_others_stops_itself),
		cmocka_unit_test(a_prepared_root_is_rolled_back),
		cmocka_unit_test(a_slow_log_of_the_server_survives_a_kill),
		cmocka_unit_test(a_slow_log_of_a_role_survives_a_kill),
		cmocka_unit_test(tagged_sessions_are_ended_together),
		cmocka_unit_test(what_goes_wrong_is_said),
		cmocka_unit_test(a_lost_connection_is_said),
		cmocka_unit_test(a_vacuum_survives_the_kill_of_its_console),
		cmocka_unit_test(read_only_means_it),
	};
	int failed;

	setlocale(LC_CTYPE, "C.UTF-8");
	if (argc != 2) {
		print_error("usage: test_changes AURORATOP\n");
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
