/*
 * floor.c: what a session table costs when nothing but the table is there. The yardstick of run.py.
 *
 *   floor hello                a screen of text; q ends
 *   floor table N              N made-up sessions whose ages grow once a second, no database
 *   floor pg CONNINFO          non-idle sessions and counts once a second, sorted, in plain curses
 *   floor locks CONNINFO       the same, and all of pg_locks read after it (not shown)
 *   floor load CONNINFO N KIND no screen: N sessions until killed. KIND mixed: idle, sleeping, idle in transaction,
 * lock chains; quiet: nearly all idle; queue: quiet, and 500 that wait for one
 *
 * One or two statements a second, asynchronous; a selection that j, k, Up and Down move.
 */
#include <curses.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ROWS_MAX 4000
#define LINE_MAX_ 512

static const char *const scan =
	"WITH a AS MATERIALIZED (SELECT pid, datid, usesysid, application_name, state, wait_event_type, wait_event, "
	"query_start, "
	"CASE WHEN state <> 'idle' THEN left(query, 255) END AS query FROM pg_stat_get_activity(NULL)) "
	"SELECT 0, pid, datid::text, usesysid::text, application_name, state, coalesce(wait_event_type || ':' || "
	"wait_event, ''), "
	"extract(epoch FROM now() - query_start)::float8, query FROM a WHERE state <> 'idle' AND pid <> "
	"pg_backend_pid() "
	"UNION ALL SELECT 1, count(*), '', '', '', coalesce(state, 'background'), '', 0, '' FROM a GROUP BY state "
	"ORDER BY 1, 8 DESC";

static char lines[ROWS_MAX][LINE_MAX_];
static int nlines, selected, top;
static char head[300] = "connecting";

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void paint_line(int i)
{
	attrset(i == selected ? A_REVERSE : 0);
	mvaddnstr(2 + i - top, 0, lines[i], COLS);
	attrset(0);
}

static void paint(void)
{
	int rows = LINES - 2;

	if (selected >= nlines)
		selected = nlines ? nlines - 1 : 0;
	if (selected < top || selected >= top + rows)
		top = selected < top ? selected : selected - rows + 1;
	erase();
	mvaddnstr(0, 0, head, COLS);
	for (int i = top; i < nlines && i < top + rows; i++)
		paint_line(i);
	refresh();
}

static void take(PGresult *r)
{
	size_t used = 0;

	nlines = 0;
	head[0] = '\0';
	for (int y = 0; y < PQntuples(r) && nlines < ROWS_MAX; y++) {
		if (PQgetvalue(r, y, 0)[0] == '1') {
			used += (size_t)snprintf(head + used, used < 200 ? 100 : 1, "%s %s  ", PQgetvalue(r, y, 5),
						 PQgetvalue(r, y, 1));
			continue;
		}
		snprintf(lines[nlines++], LINE_MAX_, "%7s %-8s %-8s %-18.18s %-20.20s %-20.20s %9.1f %s",
			 PQgetvalue(r, y, 1), PQgetvalue(r, y, 2), PQgetvalue(r, y, 3), PQgetvalue(r, y, 4),
			 PQgetvalue(r, y, 5), PQgetvalue(r, y, 6), strtod(PQgetvalue(r, y, 7), NULL),
			 PQgetvalue(r, y, 8));
	}
}

static void make_up(int n)
{
	snprintf(head, sizeof(head), "%d sessions", n);
	nlines = n < ROWS_MAX ? n : ROWS_MAX;
	for (int i = 0; i < nlines; i++)
		snprintf(lines[i], LINE_MAX_, "%7d %-8d %-8d %-18.18s %-20.20s %-20.20s %9.1f %s", 10000 + i, 5, 10,
			 "benchload", "active", "Lock:transactionid", seconds() - i, "UPDATE chain SET v = v + 1");
}

static int keys(void)
{
	int c, before = selected, quit = 0;

	while ((c = getch()) != ERR) {
		quit |= c == 'q';
		selected += (c == 'j' || c == KEY_DOWN) - (c == 'k' || c == KEY_UP);
	}
	if (selected < 0)
		selected = 0;
	if (selected != before && selected < nlines && selected >= top && selected < top + LINES - 2) {
		paint_line(before);
		paint_line(selected);
		refresh();
	} else if (selected != before) {
		paint();
	}
	return quit;
}

static void watch(const char *conninfo, int with_locks)
{
	PGconn *c;
	double next;
	int second = 0;

	paint();
	c = PQconnectdb(conninfo);
	if (PQstatus(c) != CONNECTION_OK)
		return;
	PQclear(PQprepare(c, "scan", scan, 0, NULL));
	PQclear(PQprepare(c, "locks", "SELECT * FROM pg_locks", 0, NULL));
	next = seconds();
	for (;;) {
		struct pollfd p[2] = {{0, POLLIN, 0}, {PQsocket(c), POLLIN, 0}};
		double left = next - seconds();
		PGresult *r;

		if (left <= 0) {
			PQsendQueryPrepared(c, "scan", 0, NULL, NULL, NULL, 0);
			next += 1;
			continue;
		}
		poll(p, 2, (int)(left * 1000) + 1);
		if (p[0].revents && keys())
			break;
		if (!p[1].revents || !PQconsumeInput(c))
			continue;
		while (!PQisBusy(c) && (r = PQgetResult(c)) != NULL) {
			if (!second)
				take(r);
			PQclear(r);
			paint();
		}
		if (with_locks && !PQisBusy(c) && !second)
			PQsendQueryPrepared(c, "locks", 0, NULL, NULL, NULL, 0);
		second = with_locks && !second;
	}
	PQfinish(c);
}

static void watch_table(int n)
{
	double next = seconds();

	for (;;) {
		struct pollfd p = {0, POLLIN, 0};
		double left = next - seconds();

		if (left <= 0) {
			make_up(n);
			paint();
			next += 1;
			continue;
		}
		poll(&p, 1, (int)(left * 1000) + 1);
		if (p.revents && keys())
			break;
	}
}

/* ---- load ---- */

static PGconn *session(const char *conninfo, const char *sql, int wait)
{
	const char *const names[] = {"dbname", "application_name", NULL}, *const values[] = {conninfo, "benchload",
											     NULL};
	PGconn *c = PQconnectdbParams(names, values, 1);

	if (PQstatus(c) != CONNECTION_OK) {
		fprintf(stderr, "%s", PQerrorMessage(c));
		exit(1);
	}
	if (wait)
		PQclear(PQexec(c, sql));
	else
		PQsendQuery(c, sql);
	return c;
}

/* 2 in 100 at work, 1 idle in a transaction, the rest idle; first those who wait. */
static void load_quiet(const char *conninfo, int n, int waiters)
{
	char idle[800];

	snprintf(idle, sizeof idle, "SELECT 1 /* %0650d */", 0);
	if (waiters)
		session(conninfo, "BEGIN; UPDATE chain SET v = v + 1 WHERE id = 0", 1);
	for (int i = 0; i < waiters; i++)
		session(conninfo, "UPDATE chain SET v = v + 1 WHERE id = 0", 0);
	for (int i = waiters; i < n; i++)
		session(conninfo,
			i % 50 == 0    ? "SELECT pg_sleep(86400)"
			: i % 100 == 1 ? "BEGIN; SELECT 1"
				       : idle,
			i % 50 != 0);
}

static void load(const char *conninfo, int n)
{
	char idle[800], busy[500], sql[200];
	int chains = n / 100;

	snprintf(idle, sizeof idle, "SELECT 1 /* %0650d */", 0);
	snprintf(busy, sizeof busy, "SELECT pg_sleep(86400) /* %0350d */", 0);
	for (int i = 0; i < chains; i++) {
		snprintf(sql, sizeof sql, "BEGIN; UPDATE chain SET v = v + 1 WHERE id = %d", i);
		session(conninfo, sql, 1);
		for (int k = 0; k < 3; k++) {
			snprintf(sql, sizeof sql, "UPDATE chain SET v = v + 1 WHERE id = %d", i);
			session(conninfo, sql, 0);
		}
	}
	for (int i = 4 * chains; i < n; i++)
		session(conninfo, i % 10 == 0 ? busy : i % 50 == 1 ? "BEGIN; SELECT 1" : idle, i % 10 != 0);
}

static void load_until_killed(const char *conninfo, int n, const char *kind)
{
	if (strcmp(kind, "mixed") == 0)
		load(conninfo, n);
	else
		load_quiet(conninfo, n, strcmp(kind, "queue") == 0 ? 500 : 0);
	puts("ready");
	fflush(stdout);
	pause();
}

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "load") == 0) {
		load_until_killed(argv[2], (int)strtol(argv[3], NULL, 10), argv[4]);
		return 0;
	}
	initscr();
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	curs_set(0);
	if (argc == 3 && (strcmp(argv[1], "pg") == 0 || strcmp(argv[1], "locks") == 0)) {
		watch(argv[2], strcmp(argv[1], "locks") == 0);
	} else if (argc == 3 && strcmp(argv[1], "table") == 0) {
		watch_table((int)strtol(argv[2], NULL, 10));
	} else {
		struct pollfd p = {0, POLLIN, 0};

		for (int y = 0; y < LINES; y++)
			mvprintw(y, 0, "line %d of a screen that says hello to whoever reads it", y);
		refresh();
		do
			poll(&p, 1, -1);
		while (getch() != 'q');
	}
	endwin();
	return 0;
}
