/*
 * test_load_history.c: averages over parts of the past, rankings, what is kept and what goes.
 */
#include "model_fixture.h"

#include "base/xalloc.h"
#include "model/load_history.h"

#include <math.h>

#define S US_PER_S
#define T0 (INT64_C(1773748800) * S)

static struct load_history *h;

static int setup(void **state)
{
	(void)state;
	h = load_history_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	load_history_free(h);
	return 0;
}

static struct load_group group(enum wait_class cls, unsigned sessions, const char *sql, const char *user)
{
	struct load_group g = {.cls = cls, .sessions = sessions};

	g.names[LOAD_BY_SQL] = str_c(sql);
	g.names[LOAD_BY_WAIT] = cls == WAIT_LOCK ? STR("Lock:tuple") : STR("CPU");
	g.names[LOAD_BY_USER] = str_c(user);
	g.names[LOAD_BY_APPLICATION] = STR("api");
	g.names[LOAD_BY_CLIENT] = STR("10.0.0.1");
	g.names[LOAD_BY_DATABASE] = STR("orders");
	return g;
}

static void add(int64_t at, const struct load_group *groups, size_t n)
{
	assert_true(load_history_add(h, at, S, groups, n));
}

static void near(double got, double want)
{
	if (isnan(want) ? !isnan(got) : !(fabs(got - want) < 1e-9))
		fail_msg("got %g, want %g", got, want);
}

static void is_rank(const struct load_slice *s, size_t i, const char *name, double average)
{
	assert_true(i < s->nranks);
	if (!str_eq_c(s->ranks[i].name, name))
		fail_msg("rank %zu is %.*s, not %s", i, STR_ARG(s->ranks[i].name), name);
	near(s->ranks[i].average, average);
}

static void an_empty_history_knows_nothing(void **state)
{
	double out[4][WAIT__COUNT];
	struct load_slice s;

	(void)state;
	assert_int_equal(load_history_count(h), 0);
	assert_int_equal(load_history_first(h), 0);
	assert_int_equal(load_history_last(h), 0);
	assert_int_equal(load_history_detail_from(h), 0);
	load_history_resample(h, T0, T0 + 4 * S, out, 4);
	for (int i = 0; i < 4; i++)
		near(out[i][0], (double)NAN);
	load_history_resample(h, T0, T0, out, 4);
	load_history_slice(h, T0, T0 + S, LOAD_BY_SQL, 10, &s);
	assert_int_equal(s.samples, 0);
	assert_int_equal(s.nranks, 0);
	near(s.total, 0);
	load_slice_release(&s);
	load_history_free(NULL);
}

static void a_slice_is_averaged_over_its_samples(void **state)
{
	struct load_slice s;

	(void)state;
	for (int i = 0; i < 10; i++) {
		struct load_group g[] = {group(WAIT_CPU, 2, "select", "app"), group(WAIT_LOCK, 6, "update", "app"),
					 group(WAIT_CPU, 1, "update", "etl")};

		/* the update runs in the last two only */
		add(T0 + i * S, g, i >= 8 ? 3 : 1);
	}
	load_history_slice(h, T0, T0 + 10 * S, LOAD_BY_SQL, 10, &s);
	assert_int_equal(s.samples, 10);
	assert_int_equal(s.detailed, 10);
	near(s.total, 2 + 1.4);
	near(s.classes[WAIT_LOCK], 1.2);
	near(s.classes[WAIT_CPU], 2.2);
	assert_int_equal(s.nkeys, 2);
	is_rank(&s, 0, "select", 2);
	is_rank(&s, 1, "update", 1.4);
	near(s.ranks[1].classes[WAIT_LOCK], 1.2);
	near(s.ranks[1].classes[WAIT_CPU], 0.2);
	assert_true(str_eq_c(s.ranks[1].user, "app"));
	assert_int_equal(s.ranks[1].users, 2);
	load_slice_release(&s);

	/* Only the last two seconds: the order is another one. The end is not part of a slice, its start is. */
	load_history_slice(h, T0 + 8 * S, T0 + 10 * S, LOAD_BY_SQL, 10, &s);
	assert_int_equal(s.samples, 2);
	is_rank(&s, 0, "update", 7);
	is_rank(&s, 1, "select", 2);
	load_slice_release(&s);
	load_history_slice(h, T0 + 7 * S, T0 + 8 * S, LOAD_BY_SQL, 10, &s);
	assert_int_equal(s.samples, 1);
	assert_int_equal(s.nkeys, 1);
	load_slice_release(&s);
}

static void every_dimension_ranks(void **state)
{
	static const char *const first[LOAD_BY__COUNT] = {"update", "Lock:tuple", "app", "api", "10.0.0.1", "orders"};
	struct load_group g[] = {group(WAIT_LOCK, 3, "update", "app"), group(WAIT_CPU, 1, "select", "etl")};

	(void)state;
	add(T0, g, 2);
	for (int by = 0; by < LOAD_BY__COUNT; by++) {
		struct load_slice s;

		load_history_slice(h, T0, T0 + S, (enum load_by)by, 10, &s);
		is_rank(&s, 0, first[by], by < LOAD_BY_APPLICATION ? 3 : 4);
		load_slice_release(&s);
	}
}

static void ties_have_one_order(void **state)
{
	static const char *const names[] = {"delta", "alpha", "", "charlie", "bravo"};
	struct load_slice s;

	(void)state;
	for (int i = 0; i < 5; i++) {
		struct load_group g[5];

		/* the order of arrival changes from sample to sample */
		for (int k = 0; k < 5; k++)
			g[k] = group(WAIT_CPU, 1, names[(k + i) % 5], "app");
		add(T0 + i * S, g, 5);
	}
	load_history_slice(h, T0, T0 + 5 * S, LOAD_BY_SQL, 10, &s);
	is_rank(&s, 0, "", 1);
	is_rank(&s, 1, "alpha", 1);
	is_rank(&s, 2, "bravo", 1);
	is_rank(&s, 3, "charlie", 1);
	is_rank(&s, 4, "delta", 1);
	load_slice_release(&s);
	load_history_slice(h, T0, T0 + 5 * S, LOAD_BY_SQL, 2, &s);
	assert_int_equal(s.nranks, 2);
	assert_int_equal(s.nkeys, 5);
	is_rank(&s, 1, "alpha", 1);
	load_slice_release(&s);
}

static void a_query_id_is_the_statement(void **state)
{
	struct load_group a = group(WAIT_CPU, 1, "", "app"), b = group(WAIT_CPU, 1, "select $1", "app"), c = b;
	struct load_slice s;

	(void)state;
	a.query_id = b.query_id = 77;
	c.query_id = 78;
	add(T0, &a, 1);
	add(T0 + S, &b, 1);
	add(T0 + 2 * S, &c, 1);
	load_history_slice(h, T0, T0 + 3 * S, LOAD_BY_SQL, 10, &s);
	/* Two statements of one text; the text of the first came after its id. */
	assert_int_equal(s.nkeys, 2);
	is_rank(&s, 0, "select $1", 2.0 / 3);
	assert_int_equal(s.ranks[0].query_id, 77);
	assert_int_equal(s.ranks[1].query_id, 78);
	load_slice_release(&s);
}

/* The name of a newcomer comes a sample later: it is told as soon as one sample has it. */
static void a_known_user_beats_an_unknown_one(void **state)
{
	struct load_group unknown = group(WAIT_CPU, 1, "select", ""), known = group(WAIT_CPU, 1, "select", "app");
	struct load_slice s;

	(void)state;
	add(T0, &unknown, 1);
	add(T0 + S, &unknown, 1);
	add(T0 + 2 * S, &known, 1);
	load_history_slice(h, T0, T0 + 3 * S, LOAD_BY_SQL, 10, &s);
	is_rank(&s, 0, "select", 1);
	assert_true(str_eq_c(s.ranks[0].user, "app"));
	assert_int_equal(s.ranks[0].users, 1);
	load_slice_release(&s);
}

static void parts_without_samples_are_gaps(void **state)
{
	struct load_group g = group(WAIT_IO, 4, "select", "app"), none = group(WAIT_IO, 0, "select", "app");
	double out[10][WAIT__COUNT];

	(void)state;
	add(T0 + 1 * S, &g, 1);
	add(T0 + 2 * S, &none, 1); /* nobody is active: zero, not a gap */
	add(T0 + 7 * S, &g, 1);
	load_history_resample(h, T0, T0 + 10 * S, out, 10);
	near(out[1][WAIT_IO], 4);
	near(out[2][WAIT_IO], 0);
	near(out[3][WAIT_IO], (double)NAN);
	near(out[5][WAIT_CPU], (double)NAN);
	near(out[6][WAIT_IO], 4); /* the sample at 7 stands for the second before it */
	near(out[7][WAIT_IO], 4);
	near(out[7][WAIT_CPU], 0);
	near(out[8][WAIT_IO], (double)NAN);
	/* Wider parts are averages of what fell into them. */
	load_history_resample(h, T0, T0 + 10 * S, out, 2);
	near(out[0][WAIT_IO], 2);
	near(out[1][WAIT_IO], 4);
}

/* Parts of half a second, samples every second and a little: no holes between them. */
static void short_parts_have_no_holes(void **state)
{
	double out[40][WAIT__COUNT];

	(void)state;
	for (int i = 0; i < 20; i++) {
		struct load_group g = group(WAIT_CPU, (unsigned)i, "select", "app");

		add(T0 + i * (S + 20000) + 400000, &g, 1);
	}
	load_history_resample(h, T0, T0 + 20 * S, out, 40);
	for (int i = 0; i < 40; i++)
		assert_false(isnan(out[i][WAIT_CPU]));
	near(out[39][WAIT_CPU], 19);
}

static void time_goes_forward_only(void **state)
{
	struct load_group g = group(WAIT_CPU, 1, "select", "app");

	(void)state;
	add(T0, &g, 1);
	assert_false(load_history_add(h, T0, S, &g, 1));
	assert_false(load_history_add(h, T0 - S, S, &g, 1));
	assert_int_equal(load_history_count(h), 1);
}

static void an_hour_is_kept(void **state)
{
	struct load_group g = group(WAIT_CPU, 1, "select", "app");
	size_t bytes = 0;

	(void)state;
	for (int i = 0; i < 3 * LOAD_SAMPLES_MAX; i++) {
		add(T0 + i * S, &g, 1);
		if (i == LOAD_SAMPLES_MAX)
			bytes = load_history_bytes(h);
	}
	assert_int_equal(load_history_count(h), LOAD_SAMPLES_MAX);
	assert_int_equal(load_history_last(h) - load_history_first(h), (LOAD_SAMPLES_MAX - 1) * S);
	assert_int_equal(load_history_detail_from(h), load_history_first(h));
	/* Flat once it is full. */
	assert_int_equal(load_history_bytes(h), bytes);
}

/* Statements that never come back do not pile up: with their last sample they go. */
static void what_is_not_used_goes(void **state)
{
	char sql[64];
	size_t bytes = 0;
	struct load_slice s;

	(void)state;
	for (int i = 0; i < 3 * LOAD_SAMPLES_MAX; i++) {
		struct load_group g;

		snprintf(sql, sizeof sql, "select from t_%08d where a = $1", i);
		g = group(WAIT_CPU, 1, sql, "app");
		add(T0 + i * S, &g, 1);
		if (i == LOAD_SAMPLES_MAX)
			bytes = load_history_bytes(h);
	}
	assert_int_equal(load_history_bytes(h), bytes);
	load_history_slice(h, load_history_first(h), load_history_last(h) + 1, LOAD_BY_SQL, 5, &s);
	assert_int_equal(s.nkeys, LOAD_SAMPLES_MAX);
	load_slice_release(&s);
	load_history_clear(h);
	assert_int_equal(load_history_count(h), 0);
	assert_true(load_history_bytes(h) < 200000);
}

/* A server busier than the limits: the oldest groups go first, the totals by class stay for the hour. */
static void limits_cost_the_oldest_detail(void **state)
{
	struct load_group *g = xcalloc(LOAD_SAMPLE_GROUPS_MAX + 500, sizeof *g);
	char(*names)[16] = xcalloc(LOAD_SAMPLE_GROUPS_MAX + 500, sizeof *names);
	double out[1][WAIT__COUNT];
	struct load_slice s;
	size_t n = LOAD_SAMPLE_GROUPS_MAX + 500;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		snprintf(names[i], sizeof names[i], "user_%zu", i);
		g[i] = group(i % 2 ? WAIT_IO : WAIT_CPU, 1, "select", names[i]);
	}
	for (int i = 0; i < 1000; i++)
		add(T0 + i * S, g, n);
	assert_int_equal(load_history_count(h), 1000);
	assert_int_equal(load_history_first(h), T0);
	assert_true(load_history_detail_from(h) > T0 + 400 * S);
	assert_true(load_history_detail_from(h) < T0 + 999 * S);
	assert_true(load_history_bytes(h) < (12u << 20));
	load_history_resample(h, T0, T0 + S, out, 1);
	near(out[0][WAIT_IO], (double)n / 2);
	load_history_slice(h, T0, T0 + S, LOAD_BY_USER, 10, &s);
	assert_int_equal(s.samples, 1);
	assert_int_equal(s.detailed, 0);
	assert_int_equal(s.nkeys, 0);
	near(s.total, (double)n);
	load_slice_release(&s);
	load_history_slice(h, T0 + 999 * S, T0 + 1000 * S, LOAD_BY_USER, 5, &s);
	assert_int_equal(s.nkeys, LOAD_SAMPLE_GROUPS_MAX);
	near(s.total, (double)n);
	load_slice_release(&s);
	/* The averages of keys are over the samples that have them. */
	load_history_slice(h, T0, T0 + 1000 * S, LOAD_BY_USER, 5, &s);
	is_rank(&s, 0, "user_0", 1);
	load_slice_release(&s);
	xfree(g);
	xfree(names);
}

static void long_texts_are_cut_and_large_counts_fit(void **state)
{
	char *text = xalloc(5000);
	struct load_group g;
	struct load_slice s;

	(void)state;
	memset(text, 'x', 4999);
	/* as many as max_connections can be */
	g = group(WAIT_OTHER, 262143, text, "app");
	add(T0, &g, 1);
	load_history_slice(h, T0, T0 + S, LOAD_BY_SQL, 5, &s);
	assert_int_equal(s.ranks[0].name.len, LOAD_TEXT_MAX);
	near(s.ranks[0].average, 262143);
	near(s.total, 262143);
	load_slice_release(&s);
	xfree(text);
}

static void the_record_describes_itself(void **state)
{
	struct err err = {.code = ERR_NONE};
	struct load_key key = {0};
	double classes[WAIT__COUNT] = {1, 2, 3, 4, 5, 6, 7, 8};

	(void)state;
	if (!rec_check(&load_key_type, &err))
		fail_msg("%s", err.text);
	load_key_set_classes(&key, classes);
	near(key.on_cpu, 1);
	near(key.on_client, 3);
	near(key.on_lock, 8);
	for (int by = 0; by < LOAD_BY__COUNT; by++)
		assert_true(load_by_name((enum load_by)by)[0]);
	for (int c = 0; c < WAIT__COUNT; c++) {
		assert_int_equal(wait_class_by_name(str_c(wait_class_name((enum wait_class)c))), c);
		assert_true(c == WAIT_OTHER || (int)wait_class_of(str_c(wait_class_title((enum wait_class)c))) == c);
	}
	assert_int_equal(wait_class_of(STR("")), WAIT_CPU);
	assert_int_equal(wait_class_of(STR("BufferPin")), WAIT_OTHER);
	assert_int_equal(wait_class_by_name(STR("nonsense")), WAIT_OTHER);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_history_knows_nothing),
		TEST(a_slice_is_averaged_over_its_samples),
		TEST(every_dimension_ranks),
		TEST(ties_have_one_order),
		TEST(a_query_id_is_the_statement),
		TEST(a_known_user_beats_an_unknown_one),
		TEST(parts_without_samples_are_gaps),
		TEST(short_parts_have_no_holes),
		TEST(time_goes_forward_only),
		TEST(an_hour_is_kept),
		TEST(what_is_not_used_goes),
		TEST(limits_cost_the_oldest_detail),
		TEST(long_texts_are_cut_and_large_counts_fit),
		TEST(the_record_describes_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
