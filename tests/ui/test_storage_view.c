/*
 * test_storage_view.c: what somebody must find in the Storage view, whatever its exact look.
 */
#include "tests/ui/fixture.h"

#include "base/clock.h"
#include "ui/action.h"
#include "ui/storage_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include "tests/ui/shows.h"

#include <locale.h>

static struct fixture f;

static int close_fixture(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

static void open_at(const char *name, int cols, int rows)
{
	fixture_open(&f, name, GLYPHS_UTF8);
	fixture_draw(&f, "storage", rows, cols);
}

static void press(const char *keys)
{
	int rows = f.ui.canvas.rows, cols = f.ui.canvas.cols;

	(void)fixture_type(&f, keys);
	fixture_draw(&f, NULL, rows, cols);
}

static void press_key(uint32_t key, int times)
{
	int rows = f.ui.canvas.rows, cols = f.ui.canvas.cols;

	for (int i = 0; i < times; i++)
		(void)fixture_key(&f, key);
	fixture_draw(&f, NULL, rows, cols);
}

static void more(const char *text)
{
	int rows = f.ui.canvas.rows, cols = f.ui.canvas.cols;

	fixture_more_text(&f, "more", str_c(text));
	fixture_draw(&f, NULL, rows, cols);
}

#define PANE_HIDES(pane, text) assert_false(fixture_shows_in(&f, fixture_pane(&f, (pane))->frame, (text)))

static bool has_rune(const char *pane, uint32_t rune)
{
	struct rect r = fixture_pane(&f, pane)->inner;

	for (int y = r.y; y < r.y + r.h; y++)
		for (int x = r.x; x < r.x + r.w; x++)
			if (canvas_at(&f.ui.canvas, y, x)->rune == rune)
				return true;
	return false;
}

static void test_growth_and_forecast(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	PANE_SHOWS("volume_used", "1.21 TiB");
	PANE_SHOWS("volume_used", "+3.15 GiB/d");
	PANE_SHOWS("growth", "linear over 7 d, r² 1.00");
	PANE_SHOWS("growth", "IN 30 D");
	PANE_SHOWS("growth", "1.30 TiB");
	PANE_SHOWS("growth", "1.49 TiB");
	PANE_SHOWS("growth", "✓ in 113 years");
	PANE_SHOWS("growth", "212 M");
	PANE_SHOWS("growth", "✓ vacuum keeps up");
	PANE_SHOWS("growth", "limit of engine 15.4 is 128 TiB, 15.13 raises it to 256");
	/* local storage of this fixture falls in a straight line: what is good or bad depends on the direction */
	PANE_SHOWS("growth", "! in 4");
	/* the graph goes on beyond now */
	assert_true(has_rune("volume_used", glyph(G_FORECAST)));
	PANE_SHOWS("volume_used", "forecast");
	/* by the hour there is nothing to go by */
	press("TTT");
	assert_false(has_rune("volume_used", glyph(G_FORECAST)));
	PANE_SHOWS("growth", "linear over 7 d");
}

/* A forecast needs data: of three hours none is made, and it is said why. */
static void test_too_little_for_a_forecast(void **state)
{
	(void)state;
	open_at("insights", 160, 48);
	more("source metrics at=now-52s\n"
	     "series VolumeBytesUsed object=prod-orders period=5m from=2026-03-17T10:45:00Z values=1e12..1.1e12*36\n");
	PANE_SHOWS("growth", "only 3h00m of data, needs 20h00m");
	PANE_SHOWS("growth", "? too little data");
	PANE_SHOWS("growth", "n/a");
	PANE_HIDES("growth", "years");
	PANE_SHOWS("growth", "no sample of relations yet");
}

static void test_who_grew(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	PANE_SHOWS("growth", "Who grew in 7 d");
	PANE_SHOWS("growth", "own samples explain 20.8 GiB of 21.9 GiB");
	PANE_SHOWS("growth", "order_events");
	PANE_SHOWS("growth", "+13.2 GiB");
	PANE_SHOWS("growth", "order_items");
	/* what did not grow has no place here */
	PANE_HIDES("growth", "customers");
	/* of the time before the second sample nothing is known */
	press_key(K_LEFT, 20);
	PANE_SHOWS("growth", "own samples since 03-10 13:45, not two in this time");
	PANE_HIDES("growth", "+13.2 GiB");
}

static void test_who_grew_between_two_times(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	more("source relations at=now-2m\n"
	     "row relation=public.order_events database=orders relations=1184 total_bytes=549755813888\n"
	     "row relation=public.carts database=orders relations=1184 total_bytes=10307921510\n"
	     "source relations at=now-1m\n"
	     "row relation=public.order_events database=orders relations=1184 total_bytes=549755813888\n"
	     "row relation=public.carts database=orders relations=1184 total_bytes=20307921510\n");
	f.ui.cursor_us = f.now_us - 110 * US_PER_S;
	press("b");
	SHOWS("marked");
	f.ui.cursor_us = f.now_us - US_PER_S;
	press_key(K_ESC, 0);
	PANE_SHOWS("growth", "carts");
	PANE_SHOWS("growth", "+9.31 GiB");
	PANE_HIDES("growth", "order_events");
	/* the mark goes with the cursor */
	press_key(K_ESC, 1);
	assert_int_equal(f.ui.storage->mark_us, 0);
	PANE_SHOWS("growth", "order_events");
}

static void test_relations_and_what_would_help(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	PANE_SHOWS("relations", "database orders");
	PANE_SHOWS("relations", "1 184 relations");
	PANE_SHOWS("relations", "order_events ×24");
	PANE_SHOWS("relations", "24 partitions");
	PANE_SHOWS("relations", "+13.2 GiB");
	/* what runs there now goes before everything else */
	PANE_SHOWS("relations", "running 41 %");
	PANE_SHOWS("relations", "VACUUM since 22m40s, scanning heap");
	PANE_SHOWS("relations", "VACUUM FULL frees 39.5 GiB");
	PANE_SHOWS("relations", "REINDEX frees 3.10 GiB: I");
	PANE_SHOWS("relations", "VACUUM makes 203 MiB reusable: V");
	PANE_SHOWS("relations", "41.0 %");
	/* rows are ordered by what is a field only */
	PANE_SHOWS("relations", "TOTAL ▾");
	for (int i = 0; i < 10; i++) {
		press("s");
		PANE_HIDES("relations", "GROWN ▾");
	}
	PANE_SHOWS("relations", "order_events");
	while (!fixture_shows_in(&f, fixture_pane(&f, "relations")->frame, "TOTAL ▾"))
		press("s");
	/* actions act on the selected relation */
	SHOWS("V vacuum");
	SHOWS("I reindex");
	press("jjj");
	press("V");
	assert_int_equal(f.ui.overlay, OVERLAY_OPERATE);
	SHOWS("VACUUM  public.audit_log");
}

static void test_a_cursor_through_all_graphs(void **state)
{
	static const char *const panes[] = {"volume_used", "reads",       "writes", "local_storage",
					    "cpu",         "connections", "memory", "lag"};

	(void)state;
	open_at("incident", 160, 48);
	press_key(K_LEFT, 10);
	for (size_t i = 0; i < ARRAY_LEN(panes); i++) {
		/* ten sixtieths of a week back */
		PANE_SHOWS(panes[i], "03-16 09:45");
		assert_true(has_rune(panes[i], glyph(G_CURSOR)));
	}
	press_key(K_ESC, 1);
	PANE_HIDES("cpu", "03-16 09:45");
}

static void test_beside_the_day_before(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	assert_int_equal(runtime_target(f.rt)->compare_us, 0);
	press("c");
	assert_int_equal(runtime_target(f.rt)->compare_us, US_PER_DAY);
	more("source metrics at=now-52s\n"
	     "series VolumeBytesUsed object=prod-orders period=1h from=2026-03-10T14:00:00Z "
	     "values=1307000000000..1330500000000*168\n"
	     "series VolumeBytesUsed part=before object=prod-orders period=1h from=2026-03-10T14:00:00Z "
	     "values=1200000000000..1210000000000*168\n"
	     "series CPUUtilization object=orders-1 period=1h from=2026-03-10T14:00:00Z values=20~50*167,54\n"
	     "series CPUUtilization part=before object=orders-1 period=1h from=2026-03-10T14:00:00Z "
	     "values=20~50*167,91\n");
	PANE_SHOWS("volume_used", "1d ago 1.10 TiB");
	PANE_SHOWS("cpu", "54 %");
	PANE_SHOWS("cpu", "1d ago 91 %");
	press("c");
	assert_int_equal(runtime_target(f.rt)->compare_us, 7 * US_PER_DAY);
	PANE_SHOWS("cpu", "7d ago 91 %");
	press("c");
	assert_int_equal(runtime_target(f.rt)->compare_us, 0);
	PANE_HIDES("cpu", "ago");
}

/* A target that has what Aurora has not. */
static void test_free_storage_where_there_is_any(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	PANE_HIDES("volume_used", "FreeStorageSpace");
	more("source metrics at=now-52s\n"
	     "series VolumeBytesUsed object=prod-orders period=1h from=2026-03-10T14:00:00Z "
	     "values=1307000000000..1330500000000*168\n"
	     "series FreeStorageSpace object=orders-1 period=1h from=2026-03-17T10:00:00Z values=5368709120\n");
	PANE_SHOWS("volume_used", "free storage  orders-1 5.00 GiB");
}

static void test_what_cannot_be_takes_no_place(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	assert_int_equal(fixture_pane(&f, "acu")->frame.h, 0);
	PANE_SHOWS("lag", "18.0ms");
	for (int i = 0; i < 20; i++) {
		press_key(K_TAB, 1);
		assert_string_not_equal(ui_focused(&f.ui)->def->name, "acu");
	}
	more("source instances at=now-1s\n"
	     "row identifier=orders-1 cluster=prod-orders role=writer status=available class=db.serverless\n"
	     "source metrics at=now-1s\n"
	     "series ServerlessDatabaseCapacity object=prod-orders period=1h from=2026-03-10T14:00:00Z "
	     "values=2~16*167,4.5\n");
	PANE_SHOWS("acu", "ACU");
	/* and without a reader there is no lag */
	assert_int_equal(fixture_pane(&f, "lag")->frame.h, 0);
}

static void test_ages_and_slots(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	SHOWS("orders 212 M of 2^31, 9.9 %");
	SHOWS("2, 1 inactive");
	while (strcmp(ui_focused(&f.ui)->def->name, "slots") != 0)
		press_key(K_TAB, 1);
	press("z");
	PANE_SHOWS("slots", "old_replica");
	PANE_SHOWS("slots", "≥ 3.40 GiB");
	PANE_SHOWS("slots", "n/a");
}

/* Without AWS the half that the database knows stands. */
static void test_the_database_alone(void **state)
{
	(void)state;
	open_at("alone", 160, 48);
	more("source relations at=now-2s\nrow relation=public.a database=shop relation_oid=1 relations=1 "
	     "total_bytes=1000000 heap_bytes=900000\n");
	PANE_SHOWS("relations", "database shop");
	PANE_SHOWS("growth", "Who grew");
}

static void test_small_screens(void **state)
{
	(void)state;
	open_at("incident", 120, 40);
	PANE_SHOWS("volume_used", "1.21 TiB");
	PANE_SHOWS("growth", "✓ in 113 years");
	PANE_SHOWS("relations", "order_events");
	PANE_SHOWS("reads", "IO/s");
	fixture_draw(&f, NULL, 24, 80);
	PANE_SHOWS("relations", "order_events");
	PANE_SHOWS("volume_used", "1.21 TiB");
	PANE_SHOWS("growth", "volume ✓ in 113 years");
	fixture_draw(&f, NULL, 12, 40);
	PANE_SHOWS("relations", "order_events");
	PANE_SHOWS("relations", "512 GiB");
}

#define TEST(name) cmocka_unit_test_teardown(name, close_fixture)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_growth_and_forecast),
		TEST(test_too_little_for_a_forecast),
		TEST(test_who_grew),
		TEST(test_who_grew_between_two_times),
		TEST(test_relations_and_what_would_help),
		TEST(test_a_cursor_through_all_graphs),
		TEST(test_beside_the_day_before),
		TEST(test_free_storage_where_there_is_any),
		TEST(test_what_cannot_be_takes_no_place),
		TEST(test_ages_and_slots),
		TEST(test_the_database_alone),
		TEST(test_small_screens),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
