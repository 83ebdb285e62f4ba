/* The store: old good data survives failures, partial data is shown at once, other targets' data is not. */
#include "fake_source.h"
#include "runtime/store.h"

static const struct source first = {.name = "first", .title = "first", .type = &fake_type};
static const struct source second = {.name = "second", .title = "second", .type = &fake_type};
static const struct source *const sources[] = {&first, &second};

#define GENERATION 7

static int setup(void **state)
{
	static struct store st;

	store_init(&st, sources, ARRAY_LEN(sources));
	store_reset(&st, GENERATION);
	*state = &st;
	return 0;
}

static int teardown(void **state)
{
	store_release(*state);
	return 0;
}

static void post(struct store *st, struct snapshot *s)
{
	s->generation = GENERATION;
	mailbox_post(&st->mailboxes[store_find(st, s->source)], snapshot_publish(s));
}

static void post_error(struct store *st, const char *source, int64_t at_us)
{
	struct snapshot *s = snapshot_new(&fake_type, source);
	struct err err = {0};

	err_set(&err, ERR_DENIED, "not allowed");
	snapshot_fail(s, SNAP_ERROR, &err);
	s->at_us = at_us;
	post(st, s);
}

static void test_find(void **state)
{
	struct store *st = *state;

	assert_int_equal(store_find(st, "second"), 1);
	assert_int_equal(store_find(st, "third"), -1);
	assert_ptr_equal(store_entry(st, "first")->source, &first);
	assert_null(store_entry(st, "third"));
	assert_null(store_good(st, "third"));
	assert_null(store_good(st, "first"));
}

static void test_collect_takes_the_newest(void **state)
{
	struct store *st = *state;
	unsigned version = store_entry(st, "first")->version;

	assert_int_equal(store_collect(st), 0);
	post(st, fake_snapshot("first", 1));
	post(st, fake_snapshot("first", 2));
	post(st, fake_snapshot("second", 3));
	assert_int_equal(store_collect(st), 2);
	assert_int_equal(fake_value(store_good(st, "first")), 2);
	assert_int_equal(fake_value(store_good(st, "second")), 3);
	assert_int_equal(store_entry(st, "first")->version, version + 1);
	assert_int_equal(store_collect(st), 0);
	assert_int_equal(store_entry(st, "first")->version, version + 1);
}

static void test_failure_keeps_good(void **state)
{
	struct store *st = *state;
	const struct store_entry *e = store_entry(st, "first");

	post(st, fake_snapshot("first", 1));
	store_collect(st);
	post_error(st, "first", 1000);
	store_collect(st);
	post_error(st, "first", 2000);
	assert_int_equal(store_collect(st), 1);
	assert_int_equal(fake_value(e->good), 1);
	assert_int_equal(e->latest->state, SNAP_ERROR);
	assert_int_equal(e->failures, 2);
	assert_int_equal(e->failing_since_us, 1000);
	assert_int_equal(e->version, 3);
	post(st, fake_snapshot("first", 2));
	store_collect(st);
	assert_int_equal(fake_value(e->good), 2);
	assert_ptr_equal(e->good, e->latest);
	assert_int_equal(e->failures, 0);
	assert_int_equal(e->failing_since_us, 0);
}

static void test_partial_is_good_but_proves_nothing(void **state)
{
	struct store *st = *state;
	const struct store_entry *e = store_entry(st, "first");
	struct snapshot *s = fake_snapshot("first", 1);

	post_error(st, "first", 1000);
	store_collect(st);
	s->partial = true;
	post(st, s);
	assert_int_equal(store_collect(st), 1);
	assert_int_equal(fake_value(e->good), 1);
	assert_int_equal(e->failures, 1);
	assert_int_equal(e->failing_since_us, 1000);
}

static void test_unavailable_is_no_failure(void **state)
{
	struct store *st = *state;
	const struct store_entry *e = store_entry(st, "first");
	struct snapshot *s = snapshot_new(&fake_type, "first");
	struct err err = {0};

	post_error(st, "first", 1000);
	store_collect(st);
	err_set(&err, ERR_UNAVAILABLE, "needs PostgreSQL 14");
	snapshot_fail(s, SNAP_UNAVAILABLE, &err);
	post(st, s);
	store_collect(st);
	assert_null(e->good);
	assert_int_equal(e->latest->state, SNAP_UNAVAILABLE);
	assert_string_equal(e->latest->err.text, "needs PostgreSQL 14");
	assert_int_equal(e->failures, 0);
	assert_int_equal(e->failing_since_us, 0);
}

static void test_other_target_is_dropped(void **state)
{
	struct store *st = *state;
	const struct store_entry *e = store_entry(st, "first");
	unsigned version;

	post(st, fake_snapshot("first", 1));
	store_collect(st);
	version = e->version;
	post(st, fake_snapshot("first", 2));
	store_reset(st, GENERATION + 1);
	assert_null(e->good);
	assert_null(e->latest);
	assert_true(e->version > version);
	version = e->version;
	assert_int_equal(store_collect(st), 0);
	assert_null(e->latest);
	assert_int_equal(e->version, version);
	assert_ptr_equal(e->source, &first);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_find),
		TEST(test_collect_takes_the_newest),
		TEST(test_failure_keeps_good),
		TEST(test_partial_is_good_but_proves_nothing),
		TEST(test_unavailable_is_no_failure),
		TEST(test_other_target_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
