/*
 * test_backups_view.c: view 7, with the verdicts that belong to it: what it must say whatever its exact look, and its
 * screens (tests/golden).
 */
#include "tests/ui/fixture.h"
#include "tests/ui/golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <locale.h>
#include <stdio.h>

static struct fixture f;
#include "tests/ui/shows.h"

static int teardown(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

static void open_at(const char *name, int cols, int rows)
{
	fixture_open(&f, name, GLYPHS_UTF8);
	fixture_draw(&f, "backups", rows, cols);
}

static void more(const char *text, int cols, int rows)
{
	fixture_more_text(&f, "more", str_c(text));
	fixture_draw(&f, NULL, rows, cols);
}

static void test_window(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	PANE_SHOWS("restorable", "any second from 2026-03-10 06:52:11Z to 2026-03-17 13:41:12Z · 3m55s behind now");
	PANE_SHOWS("restorable", "restore to┃━━━");
	PANE_SHOWS("restorable", "┈ 31 h without one ┈");
	PANE_SHOWS("restorable", "newest must be inside ━");
	PANE_SHOWS("restorable", "earliest, moves with retention 7 d");
	PANE_SHOWS("restorable", "03-12");
	PANE_SHOWS("restorable", "now");
	/* within the policy nothing is dotted */
	more("source clusters at=now-5s\n"
	     "row identifier=prod-orders earliest_restorable_at=now-45h latest_restorable_at=now-4m\n"
	     "source snapshots at=now-5s\n"
	     "row identifier=rds:a cluster=prod-orders kind=automated status=available created_at=now-20h\n"
	     "row identifier=rds:b cluster=prod-orders kind=automated status=available created_at=now-44h\n",
	     160, 48);
	assert_false(fixture_shows_in(&f, fixture_pane(&f, "restorable")->frame, "without one"));
	PANE_SHOWS("restorable", "◆");
	/* a gap in the series, or before it, is as much of one as a gap at its end */
	more("source clusters at=now-5s\n"
	     "row identifier=prod-orders earliest_restorable_at=now-7d latest_restorable_at=now-4m\n"
	     "source snapshots at=now-5s\n"
	     "row identifier=rds:a cluster=prod-orders kind=automated status=available created_at=now-20h\n"
	     "row identifier=rds:b cluster=prod-orders kind=automated status=available created_at=now-90h\n",
	     160, 48);
	PANE_SHOWS("restorable", "70 h without one");
	PANE_SHOWS("restorable", "3d 06h without one");
	PANE_SHOWS("view_verdicts", "2 times longer than 26 h without");
	more("source snapshots at=now-5s\n", 160, 48);
	PANE_SHOWS("restorable", "no automated snapshot");
	more("source clusters at=now-5s\nrow identifier=prod-orders status=available\n", 160, 48);
	PANE_SHOWS("restorable", "No restorable window");
}

static void test_snapshots(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	PANE_SHOWS("snapshots", "! rds:prod-orders-2026-03-16-06-41");
	PANE_SHOWS("snapshots", "✓ rds:prod-orders-2026-03-15-06-40");
	PANE_SHOWS("snapshots", "◌ dr-prod-orders-2026-03-16");
	PANE_SHOWS("snapshots", "copy       ━━━━─── 64 %");
	PANE_SHOWS("snapshots", "not what is billed");
	more("source snapshots at=now-5s\n"
	     "row identifier=bare cluster=prod-orders kind=manual status=available created_at=now-20h encrypted=false\n"
	     "row identifier=shut cluster=prod-orders kind=manual status=available created_at=now-21h encrypted=true "
	     "kms_key=arn:aws:kms:eu-west-1:123456789012:key/dr-key\n",
	     160, 48);
	PANE_SHOWS("snapshots", " none ");
	PANE_SHOWS("snapshots", "! bare");
	PANE_SHOWS("snapshots", "dr-key");
	more("source snapshots at=now-5s\n"
	     "row identifier=open cluster=prod-orders kind=manual status=available created_at=now-20h is_public=true\n"
	     "row identifier=lent cluster=prod-orders kind=manual status=available created_at=now-21h is_public=false "
	     "shared_accounts=111122223333\n",
	     160, 48);
	PANE_SHOWS("snapshots", "✗ open");
	PANE_SHOWS("snapshots", "public     available");
	PANE_SHOWS("snapshots", "shared     available");
	PANE_SHOWS("view_verdicts", "✗ snapshot open is public");
}

static void test_settings(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	PANE_SHOWS("backup_settings", "7 d ✓");
	PANE_SHOWS("backup_settings", "3m55s behind ✓");
	PANE_SHOWS("backup_settings", "22:00-22:30Z  next in 8h15m");
	PANE_SHOWS("backup_settings", "orders-key");
	PANE_SHOWS("backup_settings", "deletion protection on ✓");
	more("source clusters at=now-5s\n"
	     "row identifier=prod-orders status=available backup_retention_days=3 backup_window=13:30-14:00 "
	     "deletion_protection=false encrypted=false\n",
	     160, 48);
	PANE_SHOWS("backup_settings", "3 d !");
	PANE_SHOWS("backup_settings", "13:30-14:00Z  open, for 15m");
	PANE_SHOWS("backup_settings", "off !");
	PANE_SHOWS("backup_settings", "none, not encrypted !");
	/* what AWS does not say is not off */
	PANE_SHOWS("backup_settings", "copy tags           unknown ?");
	more("source clusters at=now-5s\nrow identifier=prod-orders backup_window=23:45-00:15\n", 160, 48);
	PANE_SHOWS("backup_settings", "23:45-00:15Z  next in 10h00m");
	more("source clusters at=now-5s\nrow identifier=prod-orders backup_window=nonsense\n", 160, 48);
	PANE_SHOWS("backup_settings", "nonsenseZ");
}

/* Only what this view explains, with evidence and next step for the worst. */
static void test_verdicts(void **state)
{
	struct rect at;

	(void)state;
	open_at("incident", 160, 48);
	at = fixture_pane(&f, "view_verdicts")->frame;
	PANE_SHOWS("view_verdicts", "! newest automated snapshot 31 h old, policy 26 h");
	PANE_SHOWS("view_verdicts", "✓ backups are kept for 7 d, policy 7 d or more");
	PANE_SHOWS("view_verdicts", "found rds:prod-orders-2026-03-16-06-41, created");
	PANE_SHOWS("view_verdicts", "next  create a snapshot now");
	assert_false(fixture_shows_in(&f, at, "blocked"));
	assert_false(fixture_shows_in(&f, at, "connections"));
	SHOWS("7 Backups !");
}

static void test_screens(void **state)
{
	static const struct {
		int cols, rows;
	} sizes[] = {{160, 48}, {120, 40}, {80, 24}, {40, 12}};
	size_t bad = 0;
	int y, x;

	(void)state;
	open_at("incident", 160, 48);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		char path[1024];

		fixture_draw(&f, "backups", sizes[i].rows, sizes[i].cols);
		assert_true(fixture_clean(&f, &y, &x));
		/* whatever the size, the table stays and the newest is told by what is wrong with it */
		SHOWS(sizes[i].cols == 160 ? "! rds:prod-orders-2026-03-16-06-41" : "! 2026-03-16-06");
		SHOWS("31 h");
		(void)snprintf(path, sizeof path, "%s/incident-backups-%dx%d.txt", GOLDEN, sizes[i].cols,
			       sizes[i].rows);
		bad += golden_compare(&f, path, golden_update()) > 0;
	}
	assert_int_equal(bad, 0);
}

/* Times, sizes and names that no AWS would send are drawn, and nothing breaks. */
static void test_hostile(void **state)
{
	int y, x;

	(void)state;
	open_at("hostile", 160, 48);
	more("source clusters at=now-5s\nrow identifier=prod-orders backup_window=\"\\x1b[31m:99-99\" "
	     "earliest_restorable_at=1970-01-01T00:00:01Z latest_restorable_at=9999-12-31T23:59:59Z encrypted=true "
	     "kms_key=\"\\x1b[2J/\\*200{k}\"\n",
	     160, 48);
	assert_true(fixture_clean(&f, &y, &x));
	for (int cols = 1; cols <= 160; cols += 7)
		for (int rows = 1; rows <= 48; rows += 5) {
			fixture_draw(&f, NULL, rows, cols);
			assert_true(fixture_clean(&f, &y, &x));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_window, teardown),   cmocka_unit_test_teardown(test_snapshots, teardown),
		cmocka_unit_test_teardown(test_settings, teardown), cmocka_unit_test_teardown(test_verdicts, teardown),
		cmocka_unit_test_teardown(test_screens, teardown),  cmocka_unit_test_teardown(test_hostile, teardown),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
