/*
 * test_snapshot.c: building, publishing, sharing; and that published means immutable.
 */
#include "model_fixture.h"

#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static void rows_survive_growth_and_publishing(void **state)
{
	struct snapshot *s = snapshot_new(&thing_type, "things");
	const struct snapshot *p;
	char id[32];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct thing *t;

		snprintf(id, sizeof(id), "row-%d", i);
		t = thing_add(s, id);
		assert_false(HAS(t, struct thing, pid));
		assert_true(t->query.len == 0 && !t->query.ptr && t->zones.len == 0);
		SET(t, struct thing, pid, i);
	}
	p = snapshot_publish(s);
	assert_int_equal(p->nrows, 1000);
	assert_int_equal(p->state, SNAP_OK);
	assert_string_equal(p->source, "things");
	for (size_t i = 0; i < p->nrows; i++) {
		const struct thing *t = snapshot_row(p, i);

		snprintf(id, sizeof(id), "row-%zu", i);
		assert_str(t->id, id);
		assert_int_equal(t->pid, i);
	}
	snapshot_unref(p);
}

static void rows_are_limited(void **state)
{
	struct snapshot *s = snapshot_new(&thing_type, "things");

	(void)state;
	for (size_t i = 0; i < SNAPSHOT_ROWS_MAX; i++)
		assert_non_null(snapshot_add_row(s));
	assert_null(snapshot_add_row(s));
	assert_int_equal(s->nrows, SNAPSHOT_ROWS_MAX);
	snapshot_unref(s);
}

static void only_the_last_row_can_be_dropped(void **state)
{
	struct snapshot *s = snapshot_new(&thing_type, "things");
	struct thing *t;

	(void)state;
	thing_add(s, "a");
	t = thing_add(s, "b");
	SET(t, struct thing, pid, 5);
	snapshot_drop_row(s, snapshot_row(s, 0));
	assert_int_equal(s->nrows, 2);
	snapshot_drop_row(s, t);
	assert_int_equal(s->nrows, 1);
	t = snapshot_add_row(s);
	assert_int_equal(t->present, 0);
	assert_int_equal(t->pid, 0);
	snapshot_unref(s);
}

static void failing_drops_the_rows_and_keeps_the_words(void **state)
{
	struct snapshot *s = snapshot_new(&thing_type, "things");
	struct err err = {.code = ERR_NONE};
	const struct snapshot *p;

	(void)state;
	thing_add(s, "a");
	s->rates = arena_alloc_array(s->arena, thing_type.nfields, sizeof(double));
	s->series.items = arena_alloc_array(s->arena, 1, sizeof(struct series));
	s->series.n = 1;
	err_set(&err, ERR_DENIED, "not allowed to look");
	snapshot_fail(s, SNAP_ERROR, &err);
	p = snapshot_publish(s);
	assert_int_equal(p->state, SNAP_ERROR);
	assert_int_equal(p->nrows, 0);
	assert_int_equal(p->series.n, 0);
	assert_null(p->rates);
	assert_int_equal(p->err.code, ERR_DENIED);
	assert_string_equal(p->err.text, "not allowed to look");
	snapshot_unref(p);
}

static void unavailable_fields_say_why(void **state)
{
	struct snapshot *s = snapshot_new(&thing_type, "things");
	char field[] = "rows", reason[] = "needs PostgreSQL 14";

	(void)state;
	snapshot_set_unavailable(s, field, str_c(reason));
	snapshot_set_unavailable(s, "load", STR("not emitted by Aurora"));
	field[0] = reason[0] = 'X'; /* the snapshot has its own copies */
	snapshot_publish(s);
	assert_str(snapshot_unavailable(s, "rows"), "needs PostgreSQL 14");
	assert_str(snapshot_unavailable(s, "load"), "not emitted by Aurora");
	assert_int_equal(snapshot_unavailable(s, "pid").len, 0);
	snapshot_unref(s);
}

static void without_rates_every_rate_is_absent(void **state)
{
	struct snapshot *s = snapshot_new(&thing_type, "things");

	(void)state;
	thing_add(s, "a");
	snapshot_publish(s);
	assert_true(isnan(snapshot_rate(s, 0, 0)));
	snapshot_unref(s);
	assert_null(snapshot_ref(NULL));
	snapshot_unref(NULL);
}

static void *share(void *arg)
{
	const struct snapshot *s = arg;

	for (int i = 0; i < 20000; i++)
		snapshot_unref(snapshot_ref(s));
	snapshot_unref(s);
	return NULL;
}

static void many_threads_share_one_snapshot(void **state)
{
	struct snapshot *s = snapshot_new(&thing_type, "things");
	pthread_t threads[4];

	(void)state;
	thing_add(s, "a");
	snapshot_publish(s);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		snapshot_ref(s);
		assert_int_equal(pthread_create(&threads[i], NULL, share, s), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(atomic_load(&s->refs), 1);
	snapshot_unref(s); /* a leak or a double free would be reported here */
}

/* Runs fn in a child; true when the child died instead of coming back. */
static bool dies(void (*fn)(struct snapshot *), struct snapshot *s)
{
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, 1);
		dup2(null, 2);
		fn(s);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

static void write_row(struct snapshot *s)
{
	((struct thing *)s->rows)->pid = 1;
}

static void write_text(struct snapshot *s)
{
	const struct thing *t = snapshot_row(s, 0);

	*(volatile char *)(uintptr_t)t->id.ptr = 'X';
}

static void add_late_row(struct snapshot *s)
{
	snapshot_add_row(s);
}

static void add_late_reason(struct snapshot *s)
{
	snapshot_set_unavailable(s, "pid", STR("late"));
}

static void publish_twice(struct snapshot *s)
{
	snapshot_publish(s);
}

static void a_published_snapshot_cannot_be_changed(void **state)
{
	struct snapshot *s = snapshot_new(&thing_type, "things");

	(void)state;
	thing_add(s, "a");
	assert_false(dies(write_row, s));
	assert_false(dies(write_text, s));
	assert_false(dies(add_late_row, s));
	snapshot_publish(s);
	assert_true(dies(add_late_row, s));
	assert_true(dies(add_late_reason, s));
	assert_true(dies(publish_twice, s));
#ifdef ARENA_PROTECT
	assert_true(dies(write_row, s));
	assert_true(dies(write_text, s));
#endif
	snapshot_unref(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_survive_growth_and_publishing),
		cmocka_unit_test(rows_are_limited),
		cmocka_unit_test(only_the_last_row_can_be_dropped),
		cmocka_unit_test(failing_drops_the_rows_and_keeps_the_words),
		cmocka_unit_test(unavailable_fields_say_why),
		cmocka_unit_test(without_rates_every_rate_is_absent),
		cmocka_unit_test(many_threads_share_one_snapshot),
		cmocka_unit_test(a_published_snapshot_cannot_be_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
