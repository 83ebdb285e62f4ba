/*
 * test_graph.c: steps are round, gaps are not zero, the newest point is at the right edge, the
 * capacity line is seen.
 */
#include "ui/widgets/graph.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/zone.h"
#include "model/series.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <locale.h>
#include <math.h>
#include <stdlib.h>

#define ROWS 12
#define COLS 60

static struct canvas c;
static int64_t at[256];
static double value[256];
static struct series series;

static int setup(void **state)
{
	(void)state;
	glyph_use(GLYPHS_UTF8);
	canvas_init(&c, ROWS, COLS);
	canvas_clear(&c, STYLE(ROLE_FG, ROLE_BG, 0));
	series = (struct series){.at = at, .value = value, .period_us = US_PER_MIN};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	canvas_release(&c);
	return 0;
}

static void points(size_t n, double from, double to)
{
	series.n = n;
	for (size_t i = 0; i < n; i++) {
		at[i] = (int64_t)i * US_PER_MIN;
		value[i] = from + (to - from) * (double)i / (double)(n > 1 ? n - 1 : 1);
	}
}

static void draw(enum graph_unit unit, bool from_zero)
{
	struct graph_area g = {.series = &series,
			       .from = 0,
			       .to = (int64_t)(series.n ? series.n : 60) * US_PER_MIN,
			       .unit = unit,
			       .from_zero = from_zero,
			       .scale = 1,
			       .edge = ROLE_G1,
			       .body = ROLE_G1B};

	canvas_clear(&c, STYLE(ROLE_FG, ROLE_BG, 0));
	graph_area_draw(&c, (struct rect){0, 0, ROWS, COLS}, &g);
}

static bool shows(const char *text)
{
	struct buf b;
	bool found;

	buf_init(&b, 1 << 20);
	assert_true(canvas_dump(&c, &b));
	found = str_find(buf_str(&b), str_c(text), 0) >= 0;
	buf_release(&b);
	return found;
}

static bool braille(uint32_t rune)
{
	return rune > 0x2800 && rune <= 0x28FF;
}

static void test_steps_are_round(void **state)
{
	static const struct {
		double range, want;
		int lines;
	} cases[] = {{10, 5, 3},     {3, 1, 3}, {100, 50, 3}, {0.3, 0.1, 3}, {7, 5, 2},
		     {1000, 200, 5}, {0, 1, 3}, {-4, 1, 3},   {5, 1, 0}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		double got = graph_step(cases[i].range, cases[i].lines);

		if (fabs(got - cases[i].want) > cases[i].want * 1e-9)
			fail_msg("step of %g in %d lines is %g, not %g", cases[i].range, cases[i].lines, got,
				 cases[i].want);
	}
}

static void test_newest_is_right(void **state)
{
	(void)state;
	points(120, 5, 5);
	draw(GRAPH_COUNT, true);
	/* Two rows are the axis and its times. */
	assert_true(braille(canvas_at(&c, ROWS - 3, COLS - 1)->rune));
	assert_true(shows("now"));
	assert_true(shows("00:00") || shows("00:30") || shows("01:00"));
}

static void test_gap_is_not_zero(void **state)
{
	int gaps = 0;

	(void)state;
	points(120, 8, 8);
	/* The middle third is missing. */
	for (size_t i = 80; i < 120; i++) {
		at[i - 40] = at[i];
		value[i - 40] = 8;
	}
	series.n = 80;
	{
		struct graph_area g = {.series = &series,
				       .from = 0,
				       .to = 120 * US_PER_MIN,
				       .unit = GRAPH_COUNT,
				       .from_zero = true,
				       .scale = 1,
				       .edge = ROLE_G1,
				       .body = ROLE_G1B};

		graph_area_draw(&c, (struct rect){0, 0, ROWS, COLS}, &g);
	}
	for (int x = 0; x < COLS; x++)
		gaps += canvas_at(&c, ROWS - 3, x)->rune == glyph(G_SEPARATOR);
	assert_in_range(gaps, 15, 20);
	/* A zero is drawn as a base line. */
	points(120, 0, 0);
	draw(GRAPH_COUNT, true);
	assert_true(braille(canvas_at(&c, ROWS - 3, COLS / 2)->rune));
}

static void test_labels(void **state)
{
	(void)state;
	points(120, 1.19 * 1099511627776.0, 1.21 * 1099511627776.0);
	draw(GRAPH_BYTES, false);
	assert_true(shows("1.20T"));
	points(120, 0, 64.0 * 1073741824);
	draw(GRAPH_BYTES, true);
	assert_true(shows("50G"));
	points(120, 3, 54);
	draw(GRAPH_PERCENT, true);
	assert_true(shows("100%"));
	assert_true(shows("50%"));
	assert_true(shows("0%"));
	/* neighbours are told apart, however close they are */
	points(120, 0, 0.09);
	draw(GRAPH_COUNT, true);
	assert_true(shows("0.05") || shows("0.02"));
	points(120, 99.1, 99.9);
	draw(GRAPH_PERCENT, false);
	assert_true(shows("99.5%") || shows("99.4%"));
}

/* Whatever the numbers are, drawing ends and stays inside. */
static void test_absurd_values(void **state)
{
	static const double values[] = {
		(double)INFINITY,  -(double)INFINITY, 1e300, -1e300, 1e-300, 0, 1.7e308, -1.7e308, 5,
		9007199254740993.0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		for (size_t k = 0; k < ARRAY_LEN(values); k++)
			for (int unit = GRAPH_BYTES; unit <= GRAPH_MS; unit++) {
				points(2, values[i], values[k]);
				value[0] = values[i];
				value[1] = values[k];
				draw((enum graph_unit)unit, i % 2);
				points(60, 1e18, 1e18 + 128.0 * (double)k);
				draw((enum graph_unit)unit, false);
			}
	for (int h = 0; h < 8; h++)
		for (int w = 0; w < 20; w++) {
			struct graph_area g = {.series = &series, .from = 0, .to = US_PER_HOUR, .scale = 1};

			graph_area_draw(&c, (struct rect){2, 3, h, w}, &g);
		}
	series.n = 0;
	draw(GRAPH_COUNT, true);
}

/* Two hours of a line, and a forecast of one more. */
static struct graph_area ahead(double per_us)
{
	return (struct graph_area){.series = &series,
				   .from = 0,
				   .to = 180 * US_PER_MIN,
				   .now_us = 120 * US_PER_MIN,
				   .ahead_per_us = per_us,
				   .unit = GRAPH_COUNT,
				   .from_zero = true,
				   .scale = 1,
				   .edge = ROLE_G1,
				   .body = ROLE_G1B};
}

static void test_forecast(void **state)
{
	struct graph_area g = ahead(10.0 / (double)US_PER_HOUR);
	int border = -1, dots = 0, highest = ROWS;

	(void)state;
	points(120, 20, 40);
	graph_area_draw(&c, (struct rect){0, 0, ROWS, COLS}, &g);
	for (int x = 0; x < COLS; x++)
		if (canvas_at(&c, 0, x)->rune == glyph(G_FORECAST))
			border = x;
	assert_true(border > COLS / 2 && border < COLS - 10);
	for (int x = border + 1; x < COLS; x++)
		for (int y = 0; y < ROWS - 2; y++) {
			/* what is not known yet is no gap */
			assert_true(canvas_at(&c, y, x)->rune != glyph(G_SEPARATOR));
			if (!braille(canvas_at(&c, y, x)->rune))
				continue;
			dots++;
			highest = y < highest ? y : highest;
		}
	/* one dot in each column, and they rise */
	assert_int_equal(dots, COLS - 1 - border);
	for (int y = highest; y < ROWS - 2; y++)
		assert_false(braille(canvas_at(&c, y + 1, COLS - 1)->rune));
	/* now stands below the border, not at the right end */
	assert_int_equal(canvas_at(&c, ROWS - 1, border)->rune, 'o');
	/* whatever the slope is */
	for (size_t i = 0; i < 4; i++) {
		g = ahead((const double[]){1e300, -1e300, (double)INFINITY, (double)NAN}[i]);
		graph_area_draw(&c, (struct rect){0, 0, ROWS, COLS}, &g);
	}
}

static void test_the_day_before_as_dots(void **state)
{
	static int64_t then[120];
	static double values[120];
	struct series before = {.at = then, .value = values, .n = 120, .period_us = US_PER_MIN};
	struct graph_area g = {.series = &series,
			       .before = &before,
			       .from = 0,
			       .to = 120 * US_PER_MIN,
			       .unit = GRAPH_COUNT,
			       .from_zero = true,
			       .scale = 1,
			       .edge = ROLE_G1,
			       .body = ROLE_G1B};
	int above = 0, within = 0;

	(void)state;
	points(120, 50, 50);
	for (int i = 0; i < 120; i++) {
		then[i] = at[i];
		values[i] = i < 60 ? 90 : 20;
	}
	graph_area_draw(&c, (struct rect){0, 0, ROWS, COLS}, &g);
	for (int x = 8; x < COLS; x++)
		for (int y = 0; y < ROWS - 2; y++)
			if (canvas_at(&c, y, x)->style.fg == ROLE_MUTED && braille(canvas_at(&c, y, x)->rune)) {
				above += y < ROWS / 2 - 1;
				within += y > ROWS / 2 - 1;
			}
	/* a line over the area where it was more, and through it where it was less; the scale has room for both */
	assert_in_range(above, 24, 27);
	assert_in_range(within, 24, 27);
	assert_true(shows("100"));
}

static double stack[COLS][GRAPH_CLASSES];

static void draw_stack(double capacity, bool letters)
{
	static const enum role roles[GRAPH_CLASSES] = {ROLE_CPU,    ROLE_IO,      ROLE_CLIENT, ROLE_IPC,
						       ROLE_LWLOCK, ROLE_TIMEOUT, ROLE_OTHER,  ROLE_LOCK};
	struct graph_stack g = {.n = COLS - 9,
				.values = stack,
				.roles = roles,
				.letters = "cikpwtoL",
				.capacity = capacity,
				.from = 0,
				.to = 10 * US_PER_MIN,
				.letters_only = letters};

	canvas_clear(&c, STYLE(ROLE_FG, ROLE_BG, 0));
	graph_stack_draw(&c, (struct rect){0, 0, ROWS, COLS}, &g);
}

static void fill_stack(double cpu, double lock)
{
	for (size_t i = 0; i < COLS; i++) {
		for (int k = 0; k < GRAPH_CLASSES; k++)
			stack[i][k] = 0;
		stack[i][0] = cpu;
		stack[i][GRAPH_CLASSES - 1] = lock;
	}
}

static void test_stack(void **state)
{
	int base = ROWS - 3;

	(void)state;
	fill_stack(4, 8);
	draw_stack(8, false);
	/* The newest column is at the right edge; cpu lies below, lock on top. */
	assert_int_equal(canvas_at(&c, base, COLS - 1)->style.fg, ROLE_CPU);
	assert_int_equal(canvas_at(&c, base - 4, COLS - 1)->style.fg, ROLE_LOCK);
	assert_true(shows("╌") || shows("┈"));
	/* The line goes through what is filled, in the ground's colour. */
	bool through = false;

	for (int y = 0; y <= base; y++)
		through |= canvas_at(&c, y, COLS - 2)->rune == glyph(G_CAPACITY) &&
			   canvas_at(&c, y, COLS - 2)->style.fg == ROLE_BG;
	assert_true(through);
	draw_stack((double)NAN, true);
	assert_int_equal(canvas_at(&c, base, COLS - 1)->rune, 'c');
	assert_true(shows("L"));
}

static void test_stack_gap(void **state)
{
	(void)state;
	fill_stack(4, 0);
	for (size_t i = 20; i < 30; i++)
		stack[i][0] = (double)NAN;
	draw_stack(8, false);
	assert_int_not_equal(canvas_at(&c, ROWS - 3, COLS - 1)->style.fg, ROLE_GRID);
	int empty = 0;

	for (int x = 9; x < COLS; x++)
		empty += canvas_at(&c, ROWS - 4, x)->style.fg != ROLE_CPU;
	assert_int_equal(empty, 10);
}

/* The times below the axis of a chart of `hours` until then, as one text. */
static void axis(int month, int day, int hour, int hours, struct buf *ret_row)
{
	struct civil until = {.year = 2026, .month = month, .day = day, .hour = hour};
	struct graph_area g = {
		.series = &series, .to = clock_from_civil(&until), .scale = 1, .edge = ROLE_G1, .body = ROLE_G1B};
	struct buf all;
	struct str rest, line;

	g.from = g.to - hours * US_PER_HOUR;
	series.n = 0;
	canvas_clear(&c, STYLE(ROLE_FG, ROLE_BG, 0));
	graph_area_draw(&c, (struct rect){0, 0, ROWS, COLS}, &g);
	buf_init(&all, 1 << 20);
	assert_true(canvas_dump(&c, &all));
	buf_clear(ret_row);
	rest = buf_str(&all);
	for (int row = 0; str_split(&rest, '\n', &line); row++)
		if (row == ROWS - 1)
			(void)buf_add_str(ret_row, line);
	buf_release(&all);
}

static void has(struct buf *row, const char *text)
{
	if (str_find(buf_str(row), str_c(text), 0) < 0)
		fail_msg("\"%s\" is not in \"%s\"", text, buf_c(row));
}

/* Where the clocks are put back one hour comes twice, and is told apart; where they are put on none is invented. */
static void test_summer_time(void **state)
{
	struct buf row;

	(void)state;
	(void)setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	zone_init();
	zone_use(true);
	buf_init(&row, 4096);
	axis(10, 25, 3, 4, &row);
	has(&row, "02:00+02");
	has(&row, "02:00+01");
	axis(3, 29, 3, 4, &row);
	has(&row, "01:00+01");
	has(&row, "03:00+02");
	assert_true(str_find(buf_str(&row), STR("02:00"), 0) < 0);
	/* on other days nothing but the time, at round hours of these clocks */
	axis(7, 1, 10, 12, &row);
	has(&row, "06:00");
	assert_true(str_find(buf_str(&row), STR("+0"), 0) < 0);
	/* days begin at these clocks' midnight */
	axis(10, 27, 0, 96, &row);
	has(&row, "10-25");
	has(&row, "10-26");
	assert_true(str_find(buf_str(&row), STR("10-25"), (size_t)str_find(buf_str(&row), STR("10-25"), 0) + 1) < 0);
	zone_use(false);
	axis(10, 25, 3, 4, &row);
	has(&row, "01:00");
	assert_true(str_find(buf_str(&row), STR("+0"), 0) < 0);
	buf_release(&row);
}

static void draw_rail(const struct rail *rail, int rows)
{
	struct graph_area g = {.series = &series,
			       .from = 0,
			       .to = 100 * US_PER_MIN,
			       .unit = GRAPH_COUNT,
			       .scale = 1,
			       .edge = ROLE_G1,
			       .body = ROLE_G1B,
			       .rail = rail};

	canvas_clear(&c, STYLE(ROLE_FG, ROLE_BG, 0));
	graph_area_draw(&c, (struct rect){0, 0, rows, COLS}, &g);
}

/* Column of a time on a rail: the plot has 52 columns from the eighth on. */
static int column(int minute)
{
	return 8 + minute * 52 / 100;
}

static void test_rail(void **state)
{
	struct rail rail = {
		.n = 4,
		.marks = {{.at_us = 50 * US_PER_MIN, .severity = SEV_WARN, .role = ROLE_WARN, .label = "alarm"},
			  {.at_us = 10 * US_PER_MIN, .role = ROLE_MUTED, .label = "snapshot of the cluster"},
			  {.at_us = 30 * US_PER_MIN, .role = ROLE_MUTED, .label = "restart"},
			  {.at_us = 100 * US_PER_MIN, .role = ROLE_MUTED, .label = "too late"}}};

	(void)state;
	points(100, 5, 5);
	draw_rail(&rail, ROWS);
	assert_true(shows("◆ snapsh…")); /* as much as there is room */
	assert_true(shows("◆ alarm"));
	assert_false(shows("too late"));
	assert_int_equal(canvas_at(&c, ROWS - 1, column(50))->rune, glyph(G_OWN));
	assert_int_equal(canvas_at(&c, ROWS - 1, column(50))->style.fg, ROLE_WARN);
	assert_int_equal(canvas_at(&c, ROWS - 1, column(30))->rune, glyph(G_OWN));
	/* the axis has moved up */
	assert_int_equal(canvas_at(&c, ROWS - 3, 20)->rune, glyph(G_AXIS));
	/* a graph that has no row to spare keeps all of them */
	draw_rail(&rail, 8);
	assert_false(shows("◆"));
	/* and so does one without events in its time */
	rail.n = 0;
	draw_rail(&rail, ROWS);
	assert_int_equal(canvas_at(&c, ROWS - 2, 20)->rune, glyph(G_AXIS));
}

static void test_rail_keeps_the_worst(void **state)
{
	struct rail rail = {
		.n = 3,
		.marks = {{.at_us = 50 * US_PER_MIN, .severity = SEV_CRIT, .role = ROLE_CRIT, .label = "worst"},
			  {.at_us = 50 * US_PER_MIN + 1, .severity = SEV_NOTICE, .role = ROLE_NOTICE, .label = "mild"},
			  {.at_us = 51 * US_PER_MIN + US_PER_MIN, .role = ROLE_MUTED, .label = "next"}}};

	(void)state;
	points(100, 5, 5);
	draw_rail(&rail, ROWS);
	assert_int_equal(canvas_at(&c, ROWS - 1, column(50))->style.fg, ROLE_CRIT);
	assert_false(shows("mild"));
	assert_false(shows("worst")); /* there is no room for it in front of the next one */
	assert_true(shows("◆ next"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_steps_are_round),
		TEST(test_newest_is_right),
		TEST(test_gap_is_not_zero),
		TEST(test_labels),
		TEST(test_absurd_values),
		TEST(test_stack),
		TEST(test_stack_gap),
		TEST(test_summer_time),
		TEST(test_rail),
		TEST(test_rail_keeps_the_worst),
		TEST(test_forecast),
		TEST(test_the_day_before_as_dots),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
