/* Wakes: many posts are one wake-up, and none is lost. */
#include "fake_source.h"
#include "runtime/wake.h"

#include <pthread.h>

#define POSTERS 4
#define POSTS 20000

static void test_storm_is_one_wake_up(void **state)
{
	struct wake w;
	uint64_t writes = 0;

	(void)state;
	wake_init(&w);
	assert_false(is_readable(w.fd));
	for (int i = 0; i < 1000; i++)
		wake_post(&w);
	assert_true(is_readable(w.fd));
	assert_int_equal(read(w.fd, &writes, sizeof(writes)), sizeof(writes));
	assert_int_equal(writes, 1);
	wake_release(&w);
}

static void test_clear_tells_and_rearms(void **state)
{
	struct wake w;

	(void)state;
	wake_init(&w);
	assert_false(wake_clear(&w));
	for (int i = 0; i < 3; i++) {
		wake_post(&w);
		assert_true(is_readable(w.fd));
		assert_true(wake_clear(&w));
		assert_false(is_readable(w.fd));
		assert_false(wake_clear(&w));
	}
	wake_release(&w);
	wake_release(&w);
}

struct shared {
	struct wake wake;
	atomic_int done;
};

static void *post_many(void *arg)
{
	struct shared *s = arg;

	for (int i = 0; i < POSTS; i++) {
		atomic_fetch_add(&s->done, 1);
		wake_post(&s->wake);
	}
	return NULL;
}

/* The reader sleeps whenever it has caught up; a lost wake-up would let it sleep for ever. */
static void test_no_post_is_lost(void **state)
{
	struct shared s = {.done = 0};
	pthread_t threads[POSTERS];
	int seen = 0;

	(void)state;
	wake_init(&s.wake);
	for (int i = 0; i < POSTERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, post_many, &s), 0);
	while (seen < POSTERS * POSTS) {
		wait_readable(s.wake.fd);
		wake_clear(&s.wake);
		seen = atomic_load(&s.done);
	}
	for (int i = 0; i < POSTERS; i++)
		pthread_join(threads[i], NULL);
	wake_release(&s.wake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_storm_is_one_wake_up),
		cmocka_unit_test(test_clear_tells_and_rearms),
		cmocka_unit_test(test_no_post_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
