/*
 * operate_stage.h: what the tests of the preview begin with: the incident, its session 4711 selected. For the
 * test_operate_*.c, after <cmocka.h>.
 */
#ifndef TESTS_UI_OPERATE_STAGE_H
#define TESTS_UI_OPERATE_STAGE_H

#include "tests/ui/fixture.h"
#include "ui/operate.h"

static struct fixture f;

static void draw(int cols, int rows)
{
	int y, x;

	fixture_draw(&f, NULL, rows, cols);
	if (!fixture_clean(&f, &y, &x))
		fail_msg("something that must not be drawn at %d,%d", y, x);
}

static int setup(void **state)
{
	(void)state;
	fixture_open(&f, "incident", GLYPHS_UTF8);
	fixture_draw(&f, "activity", 48, 160);
	(void)fixture_type(&f, "/pid:4711");
	(void)fixture_key(&f, K_ENTER);
	draw(160, 48);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

static void nothing_was_run(void)
{
	assert_int_equal(fixture_runs(), 0);
	assert_int_equal(jobs_running(&f.ui), 0);
}

#endif
