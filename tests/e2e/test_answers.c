/*
 * test_answers.c: from a cold start on the demo's workload to the answers an incident needs, at most two keys each,
 * compared with what the server itself says at that moment.
 *
 *     test_answers AURORATOP
 *
 * The workload goes on meanwhile (its lock chain comes and goes every minute), so a question is asked until what the
 * screen says and what the server says come from one moment; that they never agree is the failure.
 */
#include "console.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <libpq-fe.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROWS 48
#define COLS 160
#define LINE_MAX_ 1024
#define TRIES 500
#define SCREEN_MAX (1u << 20)
#define SKIP 77

/* Sessions at work, the console's own left out. */
#define CLIENTS "backend_type = 'client backend' AND application_name NOT LIKE 'auroratop%' AND pid <> pg_backend_pid()"

static const char *program;
static struct demo_process demo;
static PGconn *db;
static struct vt *v;
static char *lines[ROWS], screen[SCREEN_MAX];
static long long waits[2]; /* samples of ours: sessions that wait for a lock, and all at work */

/* ---- what the server says ---- */

/* First column of all rows, joined by blanks; "" when there are none. */
static const char *server_says(const char *sql)
{
	static char text[LINE_MAX_];
	PGresult *r = PQexec(db, sql);
	size_t n = 0;

	if (PQresultStatus(r) != PGRES_TUPLES_OK)
		fail_msg("%s", PQerrorMessage(db));
	text[0] = '\0';
	for (int i = 0; i < PQntuples(r) && n < sizeof(text); i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", i ? " " : "", PQgetvalue(r, i, 0));
	PQclear(r);
	return text;
}

/* One more sample of how many wait for a lock, of those at work. */
static void sample_waits(void)
{
	long long waiting, active;

	if (sscanf(server_says("SELECT count(*) FILTER (WHERE wait_event_type = 'Lock') || ':' || count(*) FROM "
			       "pg_stat_activity WHERE state = 'active' AND " CLIENTS),
		   "%lld:%lld", &waiting, &active) != 2)
		fail_msg("no sample");
	waits[0] += waiting;
	waits[1] += active;
}

/* ---- what the screen says ---- */

static void read_screen(void)
{
	struct buf text;
	char *rest = screen;

	vt_pump(v, 100);
	buf_init(&text, sizeof(screen));
	vt_dump_text(v, &text);
	snprintf(screen, sizeof(screen), "%s", buf_c(&text));
	buf_release(&text);
	for (int i = 0; i < ROWS; i++)
		lines[i] = strsep(&rest, "\n");
}

/* The line below the first one that contains heading; "" when there is none. */
static const char *line_below(const char *heading, int below)
{
	for (int i = 0; i + below < ROWS; i++)
		if (lines[i] && strstr(lines[i], heading))
			return lines[i + below] ? lines[i + below] : "";
	return "";
}

static bool says(const char *words)
{
	for (int i = 0; i < ROWS; i++)
		if (lines[i] && strstr(lines[i], words))
			return true;
	return false;
}

/* Until ask() finds that screen and server agree. */
static void until(bool (*agrees)(void), const char *question)
{
	for (int i = 0; i < TRIES; i++) {
		sample_waits();
		read_screen();
		if (agrees())
			return;
		vt_pump(v, 300);
	}
	console_show(v);
	fail_msg("no answer to: %s", question);
}

/* ---- the questions ---- */

/* 2 T: sorted by the time that statements have run. */
static bool longest_query_is_first(void)
{
	const char *pid =
		server_says("SELECT pid FROM pg_stat_activity WHERE state = 'active' AND " CLIENTS
			    " AND clock_timestamp() - query_start > interval '10 s' ORDER BY query_start LIMIT 1");
	char cell[32];

	snprintf(cell, sizeof(cell), " %d ", atoi(pid));
	return pid[0] && strstr(line_below("QUERY ▾", 1), cell);
}

/* 3: root first, its victims below. */
static bool root_and_victims_are_shown(void)
{
	char root[40], pids[LINE_MAX_], cell[40], *rest = pids, *pid;
	int victims = 0;

	snprintf(
		pids, sizeof(pids), "%s",
		server_says(
			"SELECT pid FROM pg_stat_activity WHERE pid = ANY (SELECT unnest(pg_blocking_pids(w.pid)) FROM "
			"pg_stat_activity w WHERE w.wait_event_type = 'Lock') AND cardinality(pg_blocking_pids(pid)) = "
			"0"));
	if (!pids[0] || strchr(pids, ' '))
		return false;
	snprintf(root, sizeof(root), "✗ %d ", atoi(pids));
	snprintf(pids, sizeof(pids), "%s",
		 server_says(
			 "SELECT pid FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) > 0 ORDER BY 1"));
	while ((pid = strsep(&rest, " ")) != NULL) {
		if (!pid[0])
			continue;
		victims++;
		snprintf(cell, sizeof(cell), " %d ", atoi(pid));
		if (!says(cell))
			return false;
	}
	return victims >= 3 && strstr(line_below("SUMMED", 1), root);
}

/* 4: the class that weighs most of the last five minutes; what came before the start is from Performance Insights. */
static bool dominant_class_is_told(void)
{
	const char *first = line_below("5m AVG", 1);

	return waits[0] * 2 > waits[1] && says("from Performance Insights") && strstr(first, "■ Lock");
}

/* ---- the statement that took most time since a moment, by the server's own counters ---- */

#define COUNTERS "SELECT queryid::text || userid, total_exec_time, left(query, 24) FROM pg_stat_statements"
static PGresult *counters;

static double time_before(const char *key)
{
	for (int i = 0; i < PQntuples(counters); i++)
		if (strcmp(PQgetvalue(counters, i, 0), key) == 0)
			return strtod(PQgetvalue(counters, i, 1), NULL);
	return 0;
}

static const char *top_since(void)
{
	static char text[64];
	PGresult *now = PQexec(db, COUNTERS);
	double most = 0;

	text[0] = '\0';
	for (int i = 0; i < PQntuples(now); i++) {
		double spent = strtod(PQgetvalue(now, i, 1), NULL) - time_before(PQgetvalue(now, i, 0));

		if (spent > most) {
			most = spent;
			snprintf(text, sizeof(text), "%s", PQgetvalue(now, i, 2));
		}
	}
	PQclear(now);
	return text;
}

/* 5: ordered by time in the last minute. */
static bool top_statement_is_first(void)
{
	const char *top = top_since();

	return says("last 6") && top[0] && strstr(line_below("TIME ▾", 1), top);
}

/* e: while the migration queues for the table, planning would wait for it, and the console says that it does not. */
static bool plan_is_drawn(void)
{
	if (says("locked so strongly")) {
		vt_key(v, "Esc");
		vt_pump(v, 2000);
		vt_send(v, "e");
	}
	return says("never executed") && says("SHARE OF THE COST") && says("Index Scan");
}

/* l: what the log has of the same statement: lines of the kind slow, each with its time. */
static bool slow_lines_are_shown(void)
{
	static const char mark[] = "9 Logs  / shape:\"";
	const char *title = line_below("9 Logs  / shape:", 0);
	char beginning[16];

	if (!title[0])
		return false;
	snprintf(beginning, sizeof(beginning), "%.12s", strstr(title, mark) + strlen(mark));
	for (int i = 0; i < ROWS; i++)
		if (lines[i] && strstr(lines[i], " slow ") && strstr(lines[i], beginning))
			return strncmp(beginning, "update ", 7) == 0;
	return false;
}

static void an_incident_is_understood(void **state)
{
	const char *const argv[] = {program, NULL};

	(void)state;
	v = vt_start(ROWS, COLS, argv, NULL);
	console_sees(v, "● live");

	vt_send(v, "2T");
	until(longest_query_is_first, "what has run longest?");
	vt_send(v, "3");
	until(root_and_victims_are_shown, "who blocks whom?");
	vt_send(v, "4");
	until(dominant_class_is_told, "what does the database wait for?");
	counters = PQexec(db, COUNTERS);
	vt_send(v, "5");
	until(top_statement_is_first, "which statement costs most?");
	/* the selection stays with what it stood on: to the first one */
	vt_send(v, "ge");
	until(plan_is_drawn, "what is its plan?");
	vt_key(v, "Esc");
	console_gone(v, "SHARE OF THE COST");
	vt_send(v, "l");
	until(slow_lines_are_shown, "what does the log say of it?");
	PQclear(counters);
	console_quit(v);
}

static int setup(void **state)
{
	const char *conninfo;

	(void)state;
	demo_process_start(&demo, program);
	conninfo = getenv("AURORATOP_DB");
	assert_non_null(conninfo);
	db = PQconnectdb(conninfo);
	if (PQstatus(db) != CONNECTION_OK)
		fail_msg("%s", PQerrorMessage(db));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	PQfinish(db);
	demo_process_stop(&demo);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(an_incident_is_understood)};
	int failed;

	setlocale(LC_CTYPE, "C.UTF-8");
	if (argc != 2) {
		print_error("usage: test_answers AURORATOP\n");
		return 2;
	}
	if (access("/usr/lib/postgresql", X_OK) != 0)
		return SKIP;
	program = argv[1];
	console_clean_environment();
	console_make_home();
	failed = cmocka_run_group_tests(tests, setup, teardown);
	console_remove_home();
	return failed;
}
