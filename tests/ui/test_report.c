/*
 * test_report.c: a report says what is known and what is not, hides what it must, stands whatever the texts in it
 * try, and is written once, for its owner alone.
 */
#include "tests/ui/fixture.h"
#include "tests/ui/golden.h"
#include "tests/ui/markdown_reader.h"

#include "base/clock.h"
#include "base/zone.h"
#include "registry.h"
#include "ui/load_view.h"
#include "ui/report.h"
#include "ui/report_ask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include "tests/ui/shows.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct fixture f;
static struct buf doc;

static void write_doc(bool show_literals)
{
	struct report r = {.store = f.ui.store,
			   .target = runtime_target(f.rt),
			   .product = "auroratop 0.1.0",
			   .now_us = f.now_us,
			   .from_us = f.now_us - runtime_target(f.rt)->range_us,
			   .load_from_us = f.now_us - 5 * US_PER_MIN,
			   .load_to_us = f.now_us,
			   .history = f.ui.load->history,
			   .show_literals = show_literals};

	buf_clear(&doc);
	assert_true(report_write(&doc, &r));
}

static void open_with(const char *name, const char *more)
{
	fixture_open(&f, name, GLYPHS_UTF8);
	if (more)
		fixture_more_text(&f, "more", str_c(more));
	write_doc(false);
}

static int setup(void **state)
{
	(void)state;
	buf_init(&doc, REPORT_BYTES_MAX);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	zone_use(false);
	fixture_close(&f);
	buf_release(&doc);
	return 0;
}

static void says(const char *text)
{
	if (str_find(buf_str(&doc), str_c(text), 0) < 0)
		fail_msg("the report does not say \"%s\":\n%s", text, buf_c(&doc));
}

static void hides(const char *text)
{
	if (str_find(buf_str(&doc), str_c(text), 0) >= 0)
		fail_msg("the report says \"%s\"", text);
}

/* One after the other, whatever stands between. */
static void says_in_order(const char *const *texts, size_t n)
{
	long at = 0;

	for (size_t i = 0; i < n; i++) {
		at = str_find(buf_str(&doc), str_c(texts[i]), (size_t)at);
		if (at < 0)
			fail_msg("\"%s\" is not where it belongs", texts[i]);
	}
}

/* Its sections, and nothing that pretends to be one. */
static void stands(void)
{
	static const char *const sections[] = {"## Verdicts",      "## Cluster",    "## Instances", "## Server",
					       "## Timeline",      "## Lock trees", "## Load",      "## Top statements",
					       "## Actions taken", "## Sources"};
	struct markdown_read read;

	markdown_read(buf_str(&doc), &read);
	assert_int_equal(read.nheadings, ARRAY_LEN(sections) + 1);
	assert_true(str_starts(read.headings[0], STR("# Incident report: ")));
	for (size_t i = 0; i < ARRAY_LEN(sections); i++)
		assert_true(str_eq_c(read.headings[i + 1], sections[i]));
}

/* Which sources there are is another test's business, and grows. */
static void without_sources(struct buf *out)
{
	struct str rest = buf_str(&doc), line;

	while (str_split(&rest, '\n', &line) && !str_eq_c(line, "## Sources"))
		if (!str_starts(line, STR("- Without "))) {
			(void)buf_add_str(out, line);
			(void)buf_add_char(out, '\n');
		}
}

static void it_reads_as_it_should(void **state)
{
	static const char path[] = GOLDEN "/report.md";
	struct buf part;

	(void)state;
	open_with("report", NULL);
	buf_init(&part, REPORT_BYTES_MAX);
	without_sources(&part);
	assert_int_equal(golden_compare_text(buf_str(&part), path, golden_update()), 0);
	buf_release(&part);
}

static void it_tells_the_incident(void **state)
{
	static const char *const verdicts[] = {"## Verdicts",
					       "| critical | 2 sessions blocked, longest 6m12s",
					       "| 2026-03-17 13:39:07Z |",
					       "| warning, acknowledged | 4711 idle in transaction 12m31s",
					       "| unknown | not known",
					       "In order: cluster available, CPU of instances orders-1.",
					       "idle_in_transaction_session_timeout"};
	static const char *const timeline[] = {
		"## Timeline",
		"13:11:07Z | RDS event | dr-prod-orders-2026-03-16 |",
		"13:11:07Z | snapshot |",
		"13:30:07Z | change | public.order_events | vacuum full",
		"13:32:07Z | RDS event | orders-2 | DB instance restarted |",
		"13:44:26Z | change | session 4699 | terminate, done: the session has ended |"};
	static const char *const locks[] = {"## Lock trees",
					    "\n4711  orders_app  orders-api  idle in transaction",
					    "; 2 wait behind it, 11m52s in sum\n",
					    "\n  4802  orders_app  orders-api  waiting",
					    "waits 6m12s for ShareLock on xid 88213991",
					    "\n    4815  worker  picker  waiting",
					    "- Next: terminating 4711 rolls back",
					    "4802  update stock set qty = qty - ? where sku = '***'"};
	static const char *const load[] = {"## Load",
					   "  8 vCPU",
					   "L",
					   "c",
					   "13:40:07",
					   "13:45:07 UTC",
					   "| L | lock |",
					   "| c | cpu |",
					   "## Top statements",
					   "| 1 | 2.5",
					   "mostly",
					   "As pg_stat_statements counts them, by time in the last minute"};
	static const char *const changes[] = {"## Actions taken",
					      "| 1 | 2026-03-17 13:44:26Z | terminate | session 4699 |",
					      "| 2 | 2026-03-17 13:30:07Z | vacuum full |",
					      "no outcome: the console ended",
					      "1  SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = ?",
					      "2  VACUUM (FULL, VERBOSE) public.order_events"};

	(void)state;
	open_with("report", NULL);
	stands();
	says_in_order(verdicts, ARRAY_LEN(verdicts));
	says_in_order(timeline, ARRAY_LEN(timeline));
	says_in_order(locks, ARRAY_LEN(locks));
	says_in_order(load, 9);
	says_in_order(changes, ARRAY_LEN(changes));
	says(load[11]);
	says("| endpoint | prod-orders.cluster-c9akciq32.eu-west-1.rds.amazonaws.com |");
	says("| orders-1 | writer | available | db.r6g.2xlarge | 8 | eu-west-1a | 15.4 |");
	says("| server version | 15.4 |");
	hides("before the report begins");
	/* another cluster's */
	hides("elsewhere");
}

/* Every name of a source is told: fresh, failed with the reason, or absent. */
static void it_tells_how_fresh_it_is(void **state)
{
	struct str rest = str_c(report_sources), name;
	char row[120];

	(void)state;
	open_with("report", "source statements at=now\n"
			    "error denied permission denied for view pg_stat_statements | grant it\n"
			    "source events at=now\n"
			    "error denied Not allowed: rds:DescribeEvents for role oncall-ro | allow it\n");
	says("| clusters | ok | 2026-03-17 13:45:04Z | 3.0s |  |");
	says("| statements | failed | 2026-03-17 13:45:03Z | 4.0s | permission denied for view pg_stat_statements |");
	says("| events | failed | 2026-03-17 13:44:43Z |");
	while (str_split(&rest, ' ', &name)) {
		(void)snprintf(row, sizeof row, STR_FMT, STR_ARG(name));
		if (registry_find(row) >= 0)
			continue;
		(void)snprintf(row, sizeof row, "| " STR_FMT " | absent |", STR_ARG(name));
		says(row);
		(void)snprintf(row, sizeof row, "- Without " STR_FMT ": this version has no such source",
			       STR_ARG(name));
		says(row);
	}
}

static void what_is_not_there_is_said(void **state)
{
	(void)state;
	open_with("failed", NULL);
	stands();
	says("n/a, source clusters: No AWS credentials were found for profile prod");
	says("- Without events: Not allowed: rds:DescribeEvents for role oncall-ro");
	/* where the server listens is an address, too */
	hides("10.0.21.34");
	says("\\*\\*\\*:5432");
	fixture_close(&f);
	open_with("empty", NULL);
	stands();
	says("n/a, source clusters: it has not answered");
	fixture_close(&f);
	open_with("alone", NULL);
	stands();
	says("# Incident report: ");
	says("left out, because --db was given without a cluster or a region");
}

static void literals_and_clients_are_masked(void **state)
{
	static const char *const secret[] = {"A-10117", "2026-03-16')", "10.0.3.14", "10.0.5.41", "ops-1", "ben@"};

	(void)state;
	open_with("report", "source events at=now\n"
			    "row at=now-1m identifier=orders-1 message=\"refused 203.0.113.7:5432, 2001:db8::7 and "
			    "203.0.113.9/32; 10.0.0.0/16 may; postgresql://bob:hunter2@h/db at 13:45:07\"\n");
	for (size_t i = 0; i < ARRAY_LEN(secret); i++)
		hides(secret[i]);
	says("Literals of statements, and addresses and names of clients, are masked.");
	says("| anna |");
	says("refused \\*\\*\\*:5432, \\*\\*\\* and \\*\\*\\*/32; 10.0.0.0/16 may;");
	says("at 13:45:07");
	hides("hunter2");
	write_doc(true);
	stands();
	says("where sku = 'A-10117'");
	says("  10.0.3.22  waiting");
	says("anna\\@ops-1");
	says("203.0.113.7:5432, 2001:db8::7 and 203.0.113.9/32");
	says("handle with care");
	/* a password is one whatever was asked for */
	hides("hunter2");
}

/* What a text can try: to be a cell, a heading, a block of code, HTML, a link, a picture, a mention, a formula. */
static const char evil[] = "a | b \\\\| c <script>x</script> [x](http://evil.example) ![i](https://evil.example/i.png) "
			   "**b** __b__ `c` ``` "
			   "~~~ ~~s~~ www.evil.example $x$ me@evil.example &lt; \\n# heading\\n\\n```\\n## Sources\\n| "
			   "- | - |\\n<!-- \\\\";

/* Blocks of a fixture; each % is the evil text. */
static void open_with_evil(const char *name, const char *blocks)
{
	struct buf b;

	buf_init(&b, 1u << 20);
	for (const char *p = blocks; *p; p++)
		if (*p == '%')
			(void)buf_add_c(&b, evil);
		else
			(void)buf_add_char(&b, *p);
	open_with(name, buf_c(&b));
	buf_release(&b);
}

/* Whatever stands where, the document stays one. */
static void nothing_in_it_breaks_the_document(void **state)
{
	static const char blocks[] =
		"source verdicts at=now\n"
		"row id=\"%\" severity=critical rank=0 sentence=\"%\" evidence=\"%\" next=\"%\" remedy=\"%\" "
		"object=\"%\"\n"
		"row id=b severity=warning rank=1 sentence=x remedy=\"```\"\n"
		"row id=a severity=ok rank=3 title=\"%\" object=\"%\"\n"
		"source events at=now\n"
		"row at=now-1m identifier=\"%\" message=\"%\"\n"
		"source locks at=now\n"
		"row pid=1 depth=0 user=\"%\" application=\"%\" state=\"%\" holds_mode=\"%\" holds_objects=\"%\" "
		"next_step=\"%\" "
		"query=\"%\"\n"
		"source statements at=now\n"
		"row user_oid=1 database_oid=1 query_id=1 toplevel=true user=\"%\" query=\"%\" total_us=5\n"
		"source audit at=now\n"
		"row id=1 repeat=0 began_at=now-1m who=\"%\" role=\"%\" action=\"%\" object=\"%\" outcome=\"%\" "
		"statement=\"%\"\n"
		"source clusters at=now\n"
		"error denied % | x\n"
		"source instances at=now\n"
		"row identifier=\"%\" class=\"%\" endpoint=\"%\"\n";
	static const char *const fixtures[] = {"hostile", "incident", "healthy", "stopped", "lost", "insights"};

	(void)state;
	open_with_evil("report", blocks);
	stands();
	says("&lt;script&gt;");
	write_doc(true);
	stands();
	for (size_t i = 0; i < ARRAY_LEN(fixtures); i++) {
		fixture_close(&f);
		open_with(fixtures[i], NULL);
		stands();
		write_doc(true);
		stands();
	}
}

static void its_times_are_utc_whatever_the_clocks_show(void **state)
{
	struct buf before;

	(void)state;
	open_with("report", NULL);
	buf_init(&before, REPORT_BYTES_MAX);
	(void)buf_add_str(&before, buf_str(&doc));
	(void)setenv("TZ", "IST-5:30", 1);
	zone_init();
	zone_use(true);
	write_doc(false);
	assert_true(str_eq(buf_str(&doc), buf_str(&before)));
	buf_release(&before);
}

/* ---- :report ---- */

static void ask(void)
{
	(void)fixture_key(&f, ':');
	(void)fixture_type(&f, "report");
	(void)fixture_key(&f, K_ENTER);
	fixture_draw(&f, NULL, 48, 160);
}

static void it_is_written_when_all_has_come_or_patience_ends(void **state)
{
	static const char name[] = "auroratop-report-prod-orders-20260317-134518Z.md";
	char folder[] = "/tmp/auroratop-report-XXXXXX";
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	open_with("report", NULL);
	fixture_draw(&f, "overview", 48, 160);
	assert_int_equal(report_wanted(&f.ui), 0);
	ask();
	SHOWS("report: fetching what it is made of");
	assert_true(report_wanted(&f.ui) != 0);
	assert_true(report_due(&f.ui) == f.ui.mono_us + REPORT_PATIENCE_US);
	assert_int_equal(access(name, F_OK), -1);
	fixture_wait(&f, 11 * US_PER_S);
	fixture_draw(&f, NULL, 48, 160);
	SHOWS("report written, literals masked:");
	SHOWS(name);
	assert_int_equal(stat(name, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(report_wanted(&f.ui), 0);
	/* paused: at once, and never over one that is there */
	(void)fixture_key(&f, ' ');
	ask();
	SHOWS("cannot create");
	assert_int_equal(unlink(name), 0);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(folder), 0);
}

static void its_name_is_plain(void **state)
{
	struct target *t = target_new();
	struct report r = {.target = t, .now_us = INT64_C(1773755107123456)};
	char name[REPORT_NAME_MAX];

	(void)state;
	open_with("report", NULL);
	(void)snprintf(t->cluster, sizeof t->cluster, "../a b\n;rm");
	assert_string_equal(report_file_name(&r, name), "auroratop-report-.._a_b__rm-20260317-134507Z.md");
	t->cluster[0] = '\0';
	assert_string_equal(report_file_name(&r, name), "auroratop-report-database-20260317-134507Z.md");
	target_unref(t);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(it_reads_as_it_should),
		TEST(it_tells_the_incident),
		TEST(it_tells_how_fresh_it_is),
		TEST(what_is_not_there_is_said),
		TEST(literals_and_clients_are_masked),
		TEST(nothing_in_it_breaks_the_document),
		TEST(its_times_are_utc_whatever_the_clocks_show),
		TEST(it_is_written_when_all_has_come_or_patience_ends),
		TEST(its_name_is_plain),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
