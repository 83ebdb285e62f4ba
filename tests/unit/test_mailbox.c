/* Mailboxes: the newest wins, the rest is counted and freed, and threads do not matter. */
#include "fake_source.h"
#include "runtime/mailbox.h"

#include <pthread.h>

#define WRITERS 4
#define POSTS 3000

static const struct snapshot *published(int64_t n)
{
	return snapshot_publish(fake_snapshot("fake", n));
}

static void test_latest_wins(void **state)
{
	const struct snapshot *s;
	struct mailbox m;

	(void)state;
	mailbox_init(&m);
	assert_null(mailbox_take(&m));
	for (int64_t n = 1; n <= 5; n++)
		mailbox_post(&m, published(n));
	s = mailbox_take(&m);
	assert_non_null(s);
	assert_int_equal(fake_value(s), 5);
	assert_int_equal(atomic_load(&m.posted), 5);
	assert_int_equal(atomic_load(&m.dropped), 4);
	assert_null(mailbox_take(&m));
	mailbox_post(&m, published(6));
	assert_int_equal(atomic_load(&m.dropped), 4);
	/* what was taken is not touched by later posts */
	assert_int_equal(fake_value(s), 5);
	snapshot_unref(s);
	mailbox_release(&m);
	assert_null(mailbox_take(&m));
}

static void test_unread_snapshot_is_released(void **state)
{
	const struct snapshot *s = published(1);
	struct mailbox m;

	(void)state;
	mailbox_init(&m);
	mailbox_post(&m, snapshot_ref(s));
	assert_int_equal(atomic_load(&s->refs), 2);
	mailbox_post(&m, published(2));
	assert_int_equal(atomic_load(&s->refs), 1);
	mailbox_release(&m);
	snapshot_unref(s);
}

struct writer {
	struct mailbox *own, *shared;
};

static void *write_many(void *arg)
{
	struct writer *w = arg;

	for (int64_t n = 1; n <= POSTS; n++) {
		const struct snapshot *s = published(n);

		mailbox_post(w->shared, snapshot_ref(s));
		mailbox_post(w->own, s);
	}
	return NULL;
}

/* Takes once; what comes from one writer never goes back in time. */
static unsigned take_one(struct mailbox *m, int64_t *last)
{
	const struct snapshot *s = mailbox_take(m);

	if (!s)
		return 0;
	if (last) {
		assert_true(fake_value(s) > *last);
		*last = fake_value(s);
	}
	snapshot_unref(s);
	return 1;
}

static void test_four_writers(void **state)
{
	struct mailbox own[WRITERS], shared;
	struct writer writers[WRITERS];
	pthread_t threads[WRITERS];
	int64_t last[WRITERS] = {0};
	unsigned long long taken_shared = 0, taken_own = 0, dropped_own = 0;
	bool all_last = false;

	(void)state;
	mailbox_init(&shared);
	for (int i = 0; i < WRITERS; i++) {
		mailbox_init(&own[i]);
		writers[i] = (struct writer){.own = &own[i], .shared = &shared};
	}
	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_many, &writers[i]), 0);
	while (!all_last) {
		all_last = true;
		taken_shared += take_one(&shared, NULL);
		for (int i = 0; i < WRITERS; i++) {
			taken_own += take_one(&own[i], &last[i]);
			all_last = all_last && last[i] == POSTS;
		}
	}
	for (int i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	taken_shared += take_one(&shared, NULL);
	for (int i = 0; i < WRITERS; i++)
		dropped_own += atomic_load(&own[i].dropped);
	assert_int_equal(atomic_load(&shared.posted), WRITERS * POSTS);
	assert_int_equal(taken_shared + atomic_load(&shared.dropped), WRITERS * POSTS);
	assert_int_equal(taken_own + dropped_own, WRITERS * POSTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_latest_wins),
		cmocka_unit_test(test_unread_snapshot_is_released),
		cmocka_unit_test(test_four_writers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
