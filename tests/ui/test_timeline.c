/*
 * test_timeline.c: what happened and what is to come as one list, on rails below graphs, and in the pane of the Logs
 * view; panes over alarms, pending maintenance, parameters and keys.
 */
#include "tests/ui/fixture.h"
#include "ui/marks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include "tests/ui/shows.h"

#include <locale.h>

/* The fixtures' moment is 2026-03-17T13:45:07Z. */
#define WORLD                                                                                                        \
	"source events at=now-20s\n"                                                                                 \
	"row at=2026-03-17T12:30:00Z identifier=prod-orders source_type=db-cluster message=\"Started failover\" "    \
	"categories=failover,notification\n"                                                                         \
	"row at=2026-03-17T12:31:00Z identifier=orders-2 source_type=db-instance message=\"DB instance restarted\" " \
	"categories=availability\n"                                                                                  \
	"row at=2026-03-17T06:42:00Z identifier=rds:prod-orders-2026-03-17-06-41 "                                   \
	"source_type=db-cluster-snapshot message=\"Automated cluster snapshot created\" categories=backup\n"         \
	"source alarms at=now-20s\n"                                                                                 \
	"row name=orders-cpu state=ALARM since_at=2026-03-17T13:40:00Z object=orders-1 metric=CPUUtilization "       \
	"condition=\"CPUUtilization Average > 85 for 3 periods of 1m00s\" actions_enabled=true\n"                    \
	"row name=orders-lag state=OK since_at=2026-03-16T13:40:00Z object=orders-1 condition=lag\n"                 \
	"source pending_maintenance at=now-20s\n"                                                                    \
	"row resource=prod-orders resource_type=cluster action=system-update opt_in=next-maintenance "               \
	"current_apply_at=2026-03-22T03:00:00Z forced_apply_at=2026-04-01T00:00:00Z arn=arn:1\n"                     \
	"source snapshots at=now-20s\n"                                                                              \
	"row identifier=rds:prod-orders-2026-03-17-06-41 cluster=prod-orders kind=automated status=available "       \
	"created_at=2026-03-17T06:41:20Z\n"                                                                          \
	"row identifier=by-hand cluster=prod-orders kind=manual status=available created_at=2026-03-17T13:00:00Z\n"

static struct fixture f;

static int teardown(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

static void open_world(void)
{
	fixture_open(&f, "healthy", GLYPHS_UTF8);
	fixture_more_text(&f, "the world", STR(WORLD));
}

static void expect_row(const struct snapshot *s, size_t row, const char *object, const char *message)
{
	if (!str_eq_c(data_str(s, row, "identifier"), object) || !str_eq_c(data_str(s, row, "message"), message))
		fail_msg("row %zu is " STR_FMT ": " STR_FMT ", not %s: %s", row,
			 STR_ARG(data_str(s, row, "identifier")), STR_ARG(data_str(s, row, "message")), object,
			 message);
}

static void test_one_order_of_time(void **state)
{
	const struct snapshot *s;

	(void)state;
	open_world();
	s = marks_of(&f.ui);
	assert_non_null(s);
	/* the snapshot whose event is there is told once */
	assert_int_equal(s->nrows, 8);
	expect_row(s, 0, "orders-1", "alarm orders-lag is OK: lag");
	expect_row(s, 1, "rds:prod-orders-2026-03-17-06-41", "Automated cluster snapshot created");
	expect_row(s, 2, "prod-orders", "Started failover");
	expect_row(s, 3, "orders-2", "DB instance restarted");
	expect_row(s, 4, "by-hand", "manual snapshot begun");
	expect_row(s, 5, "orders-1", "alarm orders-cpu is ALARM: CPUUtilization Average > 85 for 3 periods of 1m00s");
	expect_row(s, 6, "prod-orders", "system-update is applied");
	expect_row(s, 7, "prod-orders", "system-update is forced");
	assert_int_equal(marks_severity(s, 0), SEV_OK);
	assert_int_equal(marks_severity(s, 1), SEV_NONE);
	assert_int_equal(marks_severity(s, 2), SEV_WARN);
	assert_int_equal(marks_severity(s, 3), SEV_NOTICE);
	assert_int_equal(marks_severity(s, 5), SEV_WARN);
	assert_int_equal(marks_severity(s, 6), SEV_NOTICE);
	assert_int_equal(marks_severity(s, 7), SEV_WARN);
}

/* Made anew with each change, and only then. */
static void test_follows_the_data(void **state)
{
	const struct snapshot *before;

	(void)state;
	open_world();
	before = marks_of(&f.ui);
	ui_data_changed(&f.ui);
	assert_ptr_equal(marks_of(&f.ui), before);
	fixture_more_text(&f, "calm", STR("source alarms at=now\nsource events at=now\n"));
	assert_int_equal(marks_of(&f.ui)->nrows, 4);
}

/* Nothing is merged while only snapshots are known. */
static void test_nothing_without_need(void **state)
{
	(void)state;
	fixture_open(&f, "empty", GLYPHS_UTF8);
	fixture_more_text(&f, "snapshots",
			  STR("source snapshots at=now\nrow identifier=rds:a kind=automated created_at=now-7h\n"));
	fixture_draw(&f, "overview", 48, 160);
	assert_null(marks_of(&f.ui));
}

static void test_timeline_pane(void **state)
{
	(void)state;
	open_world();
	fixture_draw(&f, "logs", 48, 160);
	assert_non_null(fixture_pane(&f, "timeline"));
	SHOWS("Timeline");
	SHOWS("6 events");
	SHOWS("2 to come");
	SHOWS("system-update is forced");
}

static void test_rails(void **state)
{
	struct rail rail;

	(void)state;
	open_world();
	marks_rail(&f.ui, f.now_us - 2 * US_PER_HOUR, f.now_us, &rail);
	assert_int_equal(rail.n, 4);
	assert_string_equal(rail.marks[0].label, "alarm");
	assert_int_equal(rail.marks[0].role, ROLE_WARN);
	assert_string_equal(rail.marks[1].label, "snapshot");
	assert_int_equal(rail.marks[1].role, ROLE_MUTED);
	assert_string_equal(rail.marks[2].label, "restart");
	assert_string_equal(rail.marks[3].label, "failover");
	fixture_draw(&f, "storage", 48, 160);
	SHOWS("◆ snapshot");
}

static void test_table_panes(void **state)
{
	(void)state;
	open_world();
	fixture_draw(&f, "alarms", 24, 100);
	SHOWS("1 of 2 raised");
	SHOWS("orders-cpu");
	fixture_draw(&f, "pending", 24, 100);
	SHOWS("system-update");
	SHOWS("next-maintenance");
	fixture_draw(&f, "parameters", 24, 100);
	SHOWS("rds.force_ssl");
	fixture_draw(&f, "keys", 24, 100);
	fixture_more_text(&f, "keys",
			  STR("source keys at=now\nrow arn=arn:aws:kms:eu-west-1:1:key/a used_for=storage "
			      "state=PendingDeletion manager=CUSTOMER deletion_at=2026-04-01T00:00:00Z\n"));
	fixture_draw(&f, "keys", 24, 100);
	SHOWS("PendingDeletion");
	assert_int_equal(view_severity(&f.ui, f.ui.view), SEV_CRIT);
}

#define TEST(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_order_of_time),
		TEST(test_follows_the_data),
		TEST(test_nothing_without_need),
		TEST(test_timeline_pane),
		TEST(test_rails),
		TEST(test_table_panes),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
