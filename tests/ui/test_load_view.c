/*
 * test_load_view.c: what the Load view must tell, whatever its exact look: the slice under the cursor, who made
 * it, the capacity, and where each part of the past is known from.
 */
#include "tests/ui/fixture.h"
#include "ui/load_view.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include "tests/ui/shows.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>

static struct fixture f;

static void open_at(const char *name, int cols, int rows)
{
	fixture_open(&f, name, GLYPHS_UTF8);
	fixture_draw(&f, "load", rows, cols);
}

static void press(const char *keys)
{
	for (const char *p = keys; *p; p++)
		fixture_key(&f, *p == '<'   ? K_LEFT
				: *p == '>' ? K_RIGHT
				: *p == '(' ? K_SHIFT_LEFT
				: *p == ')' ? K_SHIFT_RIGHT
					    : (uint32_t)(unsigned char)*p);
	fixture_draw(&f, NULL, f.ui.canvas.rows, f.ui.canvas.cols);
}

static int close_fixture(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

#define PANE_HIDES(pane, text) assert_false(fixture_shows_in(&f, fixture_pane(&f, (pane))->frame, (text)))

/* Text of a field in the first row of the ranking. */
static struct str top(const char *field)
{
	const struct table *t = &fixture_pane(&f, "load_top")->table;

	assert_true(t->n > 0);
	return data_str(t->snap, t->index[0], field);
}

static void top_is(const char *field, const char *begins)
{
	struct str got = top(field);

	if (!str_starts(got, str_c(begins)))
		fail_msg("the first row is \"" STR_FMT "\", not \"%s\"", STR_ARG(got), begins);
}

/* How many cells of a row of the screen carry this sign. */
static int count_in_row(int y, enum glyph g)
{
	int n = 0;

	for (int x = 0; x < f.ui.canvas.cols; x++)
		n += canvas_at(&f.ui.canvas, y, x)->rune == glyph(g);
	return n;
}

/* Before the lock queue formed, the load was someone else's; the cursor finds both. */
static void the_cursor_selects_the_slice(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	assert_int_equal(f.ui.load->cursor_us, 0);
	PANE_SHOWS("load_top", "slice 5m");
	PANE_SHOWS("load_slice", "until now");
	/* The newest slices: all behind one row. */
	press("<<<<<");
	assert_true(f.ui.load->cursor_us > f.now_us - 15 * US_PER_S);
	PANE_SHOWS("load_top", "slice 2.0s");
	PANE_SHOWS("load_slice", "slice 2.0s");
	top_is("statement", "update stock set qty");
	PANE_SHOWS("load_slice", "Lock:tuple");
	PANE_SHOWS("load_slice", "Lock:transactionid");
	PANE_SHOWS("load_top", "orders_app");
	press("(((((((((((");
	PANE_SHOWS("load_slice", "! without Lock it is");
	press(")))))))))))");
	/* Four minutes earlier nobody waited. */
	for (int i = 0; i < 115; i++)
		fixture_key(&f, K_LEFT);
	press("(((");
	assert_true(f.ui.load->cursor_us < f.now_us - 230 * US_PER_S);
	PANE_HIDES("load_slice", "Lock:tuple");
	PANE_HIDES("load_slice", "without");
	PANE_HIDES("load_top", "update stock");
	PANE_SHOWS("load_top", "slice 14s");
	/* The comparison tells that it is not always so. */
	PANE_SHOWS("load_slice", "5m AVG");
	/* All panes say the same time. */
	fixture_key(&f, K_ESC);
	fixture_draw(&f, NULL, 48, 160);
	assert_int_equal(f.ui.load->cursor_us, 0);
	PANE_SHOWS("load_top", "slice 5m");
	/* Esc again leaves the view, it never quits. */
	fixture_key(&f, K_ESC);
	assert_int_equal(f.ui.view, 0);
}

static void the_cursor_stays_where_it_is_put(void **state)
{
	int64_t at;

	(void)state;
	open_at("incident", 160, 48);
	press("<<<<<<<<<<");
	at = f.ui.load->cursor_us;
	/* Time goes on, and samples arrive: the slice is the same. */
	fixture_wait(&f, 20 * US_PER_S);
	fixture_more_text(
		&f, "later",
		STR("source load_samples\nrow sessions=50 wait_class=io wait=IO:DataFileRead statement=vacuum\n"));
	fixture_draw(&f, NULL, 48, 160);
	assert_int_equal(f.ui.load->cursor_us, at);
	PANE_HIDES("load_top", "vacuum");
	top_is("statement", "update stock set qty");
	/* To the right, out at the end: live again. */
	for (int i = 0; i < 40; i++)
		fixture_key(&f, K_RIGHT);
	fixture_draw(&f, NULL, 48, 160);
	assert_int_equal(f.ui.load->cursor_us, 0);
	PANE_SHOWS("load_top", "vacuum");
	/* To the left it ends at the edge of the graph. */
	for (int i = 0; i < 400; i++)
		fixture_key(&f, K_LEFT);
	fixture_draw(&f, NULL, 48, 160);
	assert_true(f.ui.load->cursor_us >= f.ui.load->from_us);
	assert_true(f.ui.load->cursor_us < f.ui.load->from_us + f.ui.load->cell_us);
}

static void slices_widen_and_narrow(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	press("<<<<<<<<<<");
	PANE_SHOWS("load_top", "slice 2.0s");
	press("((");
	PANE_SHOWS("load_top", "slice 10s");
	press(")");
	PANE_SHOWS("load_top", "slice 6.0s");
	press(")))");
	PANE_SHOWS("load_top", "slice 2.0s");
	for (int i = 0; i < 200; i++)
		fixture_key(&f, K_SHIFT_LEFT);
	fixture_draw(&f, NULL, 48, 160);
	assert_int_equal(f.ui.load->widen, LOAD_WIDEN_MAX);
	/* What is not yet is no part of a slice. */
	assert_true(f.ui.load->slice_to_us <= f.ui.load->to_us);
}

static void every_split_ranks(void **state)
{
	static const struct {
		const char *word, *field, *first;
	} splits[] = {
		{"statements", "statement", "update stock"},
		{"waits", "name", "CPU"},
		{"users", "name", "orders_app"},
		{"applications", "name", "orders-api"},
		{"clients", "client", "10.0.3.31"},
		{"databases", "name", "orders"},
	};

	(void)state;
	open_at("incident", 160, 48);
	press("<<<<<");
	for (size_t i = 0; i < ARRAY_LEN(splits); i++) {
		PANE_SHOWS("load_top", splits[i].word);
		top_is(splits[i].field, splits[i].first);
		press("d");
	}
	top_is("statement", "update stock");
	PANE_SHOWS("load_top", " statements · ");
}

/* Across the whole width at the height of eight, and by name in the legend. */
static void the_capacity_is_drawn(void **state)
{
	struct rect in;
	int rows = 0, axis = 0;

	(void)state;
	open_at("insights", 160, 48);
	in = fixture_pane(&f, "load_graph")->inner;
	PANE_SHOWS("load_graph", "╌ 8 vCPU");
	for (int y = in.y + 1; y < in.y + in.h; y++) {
		int n = count_in_row(y, G_CAPACITY);

		rows += n > 0;
		axis += n >= 100;
	}
	assert_int_equal(rows, 1);
	assert_int_equal(axis, 1);
	PANE_SHOWS("load_graph", "4.0 of 8 vCPU");
	PANE_SHOWS("load_graph", "average active sessions on orders-1");
}

static void serverless_has_its_own_unit(void **state)
{
	(void)state;
	open_at("insights", 160, 48);
	fixture_more_text(
		&f, "a serverless writer",
		STR("source clusters\nrow identifier=prod-orders status=available min_acu=0.5 max_acu=16\n"
		    "source instances\nrow identifier=orders-1 role=writer status=available class=db.serverless\n"));
	fixture_draw(&f, NULL, 48, 160);
	PANE_SHOWS("load_graph", "╌ 16 ACU");
	fixture_more_text(
		&f, "its capacity now",
		STR("source metrics\nseries ServerlessDatabaseCapacity object=prod-orders unit=Count period=1m "
		    "from=now-3m values=2,2.5\n"));
	fixture_draw(&f, NULL, 48, 160);
	PANE_SHOWS("load_graph", "╌ 2.5 of 16 ACU");
	/* Capacity units are no processors: four sessions at 2.5 of them are no warning. */
	assert_int_equal(view_severity(&f.ui, f.ui.view), SEV_NONE);
	PANE_HIDES("load_slice", "!");
}

static void the_tab_warns(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	assert_int_equal(view_severity(&f.ui, f.ui.view), SEV_WARN);
	fixture_close(&f);
	open_at("insights", 160, 48);
	assert_int_equal(view_severity(&f.ui, f.ui.view), SEV_NONE);
}

static void the_past_says_where_it_is_from(void **state)
{
	(void)state;
	open_at("insights", 160, 48);
	PANE_SHOWS("load_graph", "from Performance Insights");
	PANE_SHOWS("load_graph", "own samples since 13:43:05Z");
	/* A short range is ranked by own samples, which are fresher; it says how long they are. */
	PANE_SHOWS("load_top", "slice 2m02s");
	/* What leads in them need not lead in the whole range: its averages stand beside them. */
	PANE_SHOWS("load_slice", "5m AVG");
	PANE_SHOWS("load_slice", "LWLock    0.0");
	PANE_HIDES("load_top", "from Performance Insights");
	top_is("statement", "select o.* from orders");
	assert_false(f.ui.load->asks);
	/* Longer ranges there are only with Performance Insights, and then by its keys. */
	PANE_SHOWS("load_graph", "12h");
	press("ttt");
	assert_true(f.ui.load->asks);
	PANE_SHOWS("load_top", "from Performance Insights");
	PANE_SHOWS("load_top", "slice 3h");
	top_is("statement", "select o.*, i.* from orders");
	PANE_SHOWS("load_slice", "IO:DataFileRead");
	/* Another slice, no answer yet: nothing old is shown for it. */
	press("<<<<<<<<<<<<<<<<<<<<");
	PANE_SHOWS("load_top", "Asking Performance Insights");
	PANE_HIDES("load_top", "select o.*");
	fixture_more_text(&f, "no right",
			  STR("source load_keys\nerror denied Not allowed: pi:DescribeDimensionKeys | ask for it\n"));
	fixture_draw(&f, NULL, 48, 160);
	PANE_SHOWS("load_top", "Not allowed: pi:DescribeDimensionKeys");
	PANE_SHOWS("load_top", "ask for it");
}

/* The cursor in the part that Performance Insights knows: its keys, in whole minutes. */
static void a_slice_before_own_samples_is_asked_for(void **state)
{
	char text[1000];
	int64_t from, to;
	char a[40], b[40];

	(void)state;
	open_at("insights", 160, 48);
	for (int i = 0; i < 100; i++)
		fixture_key(&f, K_LEFT);
	fixture_draw(&f, NULL, 48, 160);
	assert_true(f.ui.load->asks);
	PANE_SHOWS("load_top", "Asking Performance Insights");
	PANE_SHOWS("load_top", "slice 1m");
	from = f.ui.load->slice_from_us;
	to = f.ui.load->slice_to_us;
	assert_int_equal(from % US_PER_MIN, 0);
	assert_int_equal(to - from, US_PER_MIN);
	snprintf(text, sizeof text,
		 "source load_keys\nrow from_at=%s to_at=%s by=total name=sql load=4\n"
		 "row from_at=%s to_at=%s by=sql name=X load=3 on_lock=3 share_ratio=0.75 statement=\"lock table ?\"\n",
		 clock_iso8601(from, a, sizeof a), clock_iso8601(to, b, sizeof b), a, b);
	fixture_more_text(&f, "the answer", str_c(text));
	fixture_draw(&f, NULL, 48, 160);
	top_is("statement", "lock table ?");
	PANE_SHOWS("load_top", "75.0 %");
	/* Split by something else it is another question. */
	press("d");
	PANE_SHOWS("load_top", "Asking Performance Insights");
}

/* The graph's plot. */
static struct rect plot_of_graph(void)
{
	return graph_plot(load_view_chart(fixture_pane(&f, "load_graph")->inner));
}

/* How many cells of a column of the plot are drawn in this role. */
static int count_in_column(int x, enum role role)
{
	struct rect plot = plot_of_graph();
	int n = 0;

	for (int y = plot.y; y < plot.y + plot.h; y++) {
		const struct cell *cell = canvas_at(&f.ui.canvas, y, x);

		n += cell->style.fg == role || cell->style.bg == role;
	}
	return n;
}

/* What we have seen ourselves is not replaced by what Performance Insights says of the same time. */
static void own_samples_are_not_overwritten(void **state)
{
	struct rect plot;

	(void)state;
	open_at("insights", 160, 48);
	fixture_more_text(&f, "something else",
			  STR("source insights\nseries db.load.avg object=lock unit=Count statistic=Average "
			      "period=1m from=now-10m values=9..9*10\n"));
	fixture_draw(&f, NULL, 48, 160);
	plot = plot_of_graph();
	assert_true(count_in_column(plot.x + 2, ROLE_LOCK) > 5);
	assert_int_equal(count_in_column(plot.x + 2, ROLE_IO), 0);
	for (int x = plot.x + plot.w - 55; x < plot.x + plot.w - 1; x++) {
		assert_int_equal(count_in_column(x, ROLE_LOCK), 0);
		assert_true(count_in_column(x, ROLE_IO) > 0);
		assert_true(count_in_column(x, ROLE_CPU) > 0);
	}
	PANE_SHOWS("load_graph", "io 1.0");
	PANE_HIDES("load_graph", "lock");
}

/* A time without samples is drawn as a hole, and said to be unknown: zero would be a claim. */
static void a_pause_is_a_hole_and_not_zero(void **state)
{
	struct rect plot;
	int holes = 0;

	(void)state;
	open_at("insights", 160, 48);
	fixture_wait(&f, US_PER_MIN);
	fixture_more_text(
		&f, "after the pause",
		STR("source load_samples\nrow sessions=3 wait_class=cpu wait=CPU user=batch statement=copy\n"));
	fixture_draw(&f, NULL, 48, 160);
	plot = plot_of_graph();
	for (int x = plot.x + plot.w - 40; x < plot.x + plot.w; x++)
		holes += canvas_at(&f.ui.canvas, plot.y + plot.h - 1, x)->rune == glyph(G_SEPARATOR);
	assert_true(holes >= 27 && holes <= 30);
	/* in the middle of it */
	press("<<<<<<<<<<<<<<<");
	PANE_SHOWS("load_slice", "Nothing is known of this time");
	PANE_HIDES("load_slice", "No session was active");
	/* a hole is no part of an average: three for a moment, four before */
	fixture_key(&f, K_ESC);
	fixture_draw(&f, NULL, 48, 160);
	PANE_SHOWS("load_slice", "4.0 of 8");
}

/* The bar of a row: its wait classes in the order of the graph, in proportion. */
static void a_bar_has_its_classes_in_order(void **state)
{
	struct rect r;
	int cpu = 0, lock = 0;

	(void)state;
	open_at("insights", 160, 48);
	for (int i = 0; i < 5; i++) {
		fixture_wait(&f, US_PER_S);
		fixture_more_text(
			&f, "one statement",
			STR("source load_samples\n"
			    "row sessions=9 wait_class=lock wait=Lock:tuple user=batch statement=\"truncate t\"\n"
			    "row sessions=3 wait_class=cpu wait=CPU user=batch statement=\"truncate t\"\n"));
	}
	fixture_draw(&f, NULL, 48, 160);
	press("<");
	top_is("statement", "truncate t");
	r = fixture_pane(&f, "load_top")->inner;
	for (int x = r.x; x < r.x + r.w; x++) {
		const struct cell *cell = canvas_at(&f.ui.canvas, r.y + 2, x);

		if (cell->rune != glyph(G_RIBBON))
			continue;
		cpu += cell->style.fg == ROLE_CPU;
		lock += cell->style.fg == ROLE_LOCK;
		assert_true(cell->style.fg == ROLE_CPU ? lock == 0 : cell->style.fg == ROLE_LOCK);
	}
	assert_int_equal(cpu, 6);
	assert_int_equal(lock, 18);
}

static void without_insights_it_says_so_quietly(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	press("t");
	fixture_more_text(&f, "off",
			  STR("source insights\nunavailable Performance Insights is off on orders-1 | turn it on\n"));
	fixture_draw(&f, NULL, 48, 160);
	PANE_SHOWS("load_graph", "n/a: Performance Insights is off on orders-1");
	PANE_SHOWS("load_graph", "own samples since 13:35:06Z");
	PANE_HIDES("load_graph", "12h");
	top_is("statement", "");
	/* It is no fault of anything. */
	assert_false(fixture_shows(&f, "degraded"));
	/* What nobody has seen stays empty. */
	for (int i = 0; i < 146; i++)
		fixture_key(&f, K_LEFT);
	fixture_draw(&f, NULL, 48, 160);
	PANE_SHOWS("load_slice", "Nothing is known of this time");
	PANE_SHOWS("load_top", "Who was active at this time is not known");
}

/* No database, but Performance Insights: the view works on that alone. */
static void insights_alone_is_enough(void **state)
{
	(void)state;
	open_at("failed", 160, 48);
	PANE_SHOWS("load_graph", "orders-1 refused the connection");
	PANE_SHOWS("load_graph", "✗ refused 4m05s");
	fixture_more_text(&f, "insights",
			  STR("source insights\nseries db.load.avg object=lock unit=Count statistic=Average "
			      "period=1m from=now-10m values=5..5*9\n"));
	fixture_draw(&f, NULL, 48, 160);
	PANE_SHOWS("load_graph", "from Performance Insights");
	PANE_SHOWS("load_graph", "lock 5.0");
	PANE_SHOWS("load_graph", "✗ refused 4m05s");
	PANE_SHOWS("load_top", "Asking Performance Insights");
}

static void rights_that_are_missing_are_named(void **state)
{
	(void)state;
	open_at("empty", 160, 48);
	fixture_more_text(
		&f, "no pg_monitor",
		STR("source load_samples\nunavailable what other roles' sessions do is not visible to app | GRANT "
		    "pg_monitor TO app\n"));
	fixture_draw(&f, NULL, 48, 160);
	PANE_SHOWS("load_graph", "what other roles' sessions do is not visible to app");
	PANE_SHOWS("load_top", "GRANT pg_monitor TO app");
}

static void enter_shows_the_whole_statement(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	fixture_key(&f, K_ENTER);
	fixture_draw(&f, NULL, 48, 160);
	assert_int_equal(f.ui.overlay, OVERLAY_DETAIL);
	assert_true(fixture_shows(&f, "where o.created_at > $1 group by 1, 2 order by"));
	assert_true(fixture_shows(&f, "run by"));
	assert_true(fixture_shows(&f, "reporting"));
	assert_true(fixture_shows(&f, "query id"));
	assert_true(fixture_shows(&f, "% of the slice"));
	/* The next row, without leaving. */
	fixture_key(&f, K_RIGHT);
	fixture_draw(&f, NULL, 48, 160);
	assert_true(fixture_shows(&f, "row 2 of"));
	assert_int_equal(f.ui.load->cursor_us, 0);
}

static void another_cluster_starts_anew(void **state)
{
	struct target *t;

	(void)state;
	open_at("incident", 160, 48);
	assert_true(load_history_count(f.ui.load->history) > 500);
	t = ui_target_for(&f.ui, STR("billing"));
	f.ui.next_target = t;
	fixture_effects(&f, EFFECT_PAINT);
	assert_int_equal(load_history_count(f.ui.load->history), 0);
	fixture_draw(&f, NULL, 48, 160);
	PANE_HIDES("load_top", "update stock");
}

/* Who looks at the list of clusters and comes back finds the hour that was sampled. */
static void a_look_at_the_clusters_keeps_the_samples(void **state)
{
	size_t samples;

	(void)state;
	open_at("incident", 160, 48);
	samples = load_history_count(f.ui.load->history);
	assert_true(samples > 500);
	(void)fixture_type(&f, ":clusters");
	(void)fixture_key(&f, K_ENTER);
	fixture_draw(&f, NULL, 48, 160);
	assert_string_equal(runtime_target(f.rt)->cluster, "");
	(void)fixture_key(&f, K_ESC);
	fixture_draw(&f, NULL, 48, 160);
	assert_string_equal(runtime_target(f.rt)->cluster, "prod-orders");
	assert_true(fixture_shows(&f, "4 Load"));
	assert_int_equal(load_history_count(f.ui.load->history), samples);
}

static void samples_are_kept_in_other_views(void **state)
{
	(void)state;
	open_at("insights", 160, 48);
	fixture_draw(&f, "overview", 48, 160);
	for (int i = 0; i < 5; i++) {
		fixture_wait(&f, US_PER_S);
		fixture_more_text(&f, "meanwhile",
				  STR("source load_samples\nrow sessions=9 wait_class=lock wait=Lock:tuple "
				      "user=batch statement=\"truncate t\"\n"));
	}
	fixture_draw(&f, "load", 48, 160);
	press("<");
	top_is("statement", "truncate t");
}

static void small_screens_keep_graph_or_ranking(void **state)
{
	(void)state;
	open_at("incident", 80, 24);
	PANE_SHOWS("load_graph", "now");
	PANE_SHOWS("load_graph", "8 vCPU");
	PANE_SHOWS("load_top", "update stock");
	fixture_draw(&f, NULL, 12, 40);
	assert_true(fixture_pane(&f, "load_top")->table.visible_rows >= 3);
	assert_true(fixture_shows(&f, "12.7 of 8"));
	fixture_draw(&f, NULL, 6, 30);
	assert_true(fixture_shows(&f, "update"));
	fixture_draw(&f, NULL, 1, 1);
	fixture_draw(&f, NULL, 60, 700);
	assert_int_equal(f.ui.load->shown.columns, GRAPH_COLUMNS_MAX);
}

static void the_palette_knows_its_ranges(void **state)
{
	(void)state;
	open_at("insights", 160, 48);
	assert_true(load_view_set_range(&f.ui, STR("3h")));
	assert_int_equal(f.ui.load->range_us, 3 * US_PER_HOUR);
	assert_false(load_view_set_range(&f.ui, STR("2h")));
	fixture_type(&f, ":range 15m");
	fixture_key(&f, K_ENTER);
	assert_int_equal(f.ui.load->range_us, 15 * US_PER_MIN);
	/* The ranges of the other graphs are theirs. */
	assert_int_equal(runtime_target(f.rt)->range_us, 3 * US_PER_HOUR);
}

#define TEST(t) cmocka_unit_test_teardown(t, close_fixture)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_cursor_selects_the_slice),
		TEST(the_cursor_stays_where_it_is_put),
		TEST(slices_widen_and_narrow),
		TEST(every_split_ranks),
		TEST(the_capacity_is_drawn),
		TEST(serverless_has_its_own_unit),
		TEST(the_tab_warns),
		TEST(the_past_says_where_it_is_from),
		TEST(a_slice_before_own_samples_is_asked_for),
		TEST(own_samples_are_not_overwritten),
		TEST(a_pause_is_a_hole_and_not_zero),
		TEST(a_bar_has_its_classes_in_order),
		TEST(without_insights_it_says_so_quietly),
		TEST(insights_alone_is_enough),
		TEST(rights_that_are_missing_are_named),
		TEST(enter_shows_the_whole_statement),
		TEST(another_cluster_starts_anew),
		TEST(a_look_at_the_clusters_keeps_the_samples),
		TEST(samples_are_kept_in_other_views),
		TEST(small_screens_keep_graph_or_ranking),
		TEST(the_palette_knows_its_ranges),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
