#include "base/arena.h"

#include "base_help.h"

#include <pthread.h>

static void memory_is_zeroed_aligned_and_disjoint(void **state)
{
	enum { COUNT = 3000 };
	static unsigned char *at[COUNT];
	static size_t len[COUNT];
	struct arena *a = arena_new(100, 64u << 20);
	uint64_t seed = 7;
	size_t total = 0;

	(void)state;
	for (int i = 0; i < COUNT; i++) {
		len[i] = random_next(&seed) % (i % 100 == 0 ? 300000 : 200);
		at[i] = arena_alloc(a, len[i]);
		assert_int_equal((uintptr_t)at[i] % 16, 0);
		for (size_t k = 0; k < len[i]; k++)
			assert_int_equal(at[i][k], 0);
		if (len[i])
			memset(at[i], i % 255 + 1, len[i]);
		total += len[i];
		assert_int_equal(arena_used(a), total);
	}
	for (int i = 0; i < COUNT; i++)
		for (size_t k = 0; k < len[i]; k++)
			if (at[i][k] != i % 255 + 1)
				fail_msg("block %d was written over", i);
	arena_free(a);
	arena_free(NULL);
}

static void room_is_exact(void **state)
{
	struct arena *a = arena_new(0, 1000);

	(void)state;
	assert_int_equal(arena_room(a), 1000);
	arena_alloc(a, 1);
	arena_alloc_array(a, 3, 100);
	assert_int_equal(arena_room(a), 699);
	arena_alloc(a, 699);
	assert_int_equal(arena_room(a), 0);
	assert_non_null(arena_alloc(a, 0));
	assert_int_equal(arena_used(a), 1000);
	arena_free(a);
}

static void large_blocks_do_not_end_the_current_chunk(void **state)
{
	struct arena *a = arena_new(4096, 64u << 20);
	char *before = arena_alloc(a, 16), *large = arena_alloc(a, 5u << 20), *after = arena_alloc(a, 16);

	(void)state;
	large[0] = large[(5u << 20) - 1] = 1;
	assert_ptr_equal(after, before + 16);
	arena_free(a);
	/* a large one first */
	a = arena_new(4096, 64u << 20);
	large = arena_alloc(a, 3u << 20);
	memset(large, 1, 3u << 20);
	after = arena_alloc(a, 16);
	assert_true(after < large || after >= large + (3u << 20));
	assert_int_equal(after[0], 0);
	arena_free(a);
	/* a hint beyond the largest chunk */
	a = arena_new(SIZE_MAX, SIZE_MAX);
	memset(arena_alloc(a, 2u << 20), 1, 2u << 20);
	arena_free(a);
}

/* What an arena drops may come back in another, of whichever thread. */
static void *make_and_drop(void *seed)
{
	uint64_t state = (uint64_t)(uintptr_t)seed;

	for (int i = 0; i < 200; i++) {
		struct arena *a = arena_new(64u << 10, 64u << 20);

		for (int k = 0; k < 4; k++) {
			size_t n = 20000 + random_next(&state) % 200000;
			unsigned char *at = arena_alloc(a, n);

			for (size_t b = 0; b < n; b++)
				if (at[b] != 0)
					fail_msg("byte %zu of %zu is not zero in round %d", b, n, i);
			memset(at, 0xEE, n);
		}
		arena_free(a);
	}
	return NULL;
}

static void dropped_memory_comes_back_zeroed(void **state)
{
	pthread_t other;

	(void)state;
	assert_int_equal(pthread_create(&other, NULL, make_and_drop, (void *)(uintptr_t)11), 0);
	(void)make_and_drop((void *)(uintptr_t)5);
	assert_int_equal(pthread_join(other, NULL), 0);
}

static void strings(void **state)
{
	struct arena *a = arena_new(0, 100000);
	char hostile[] = "a\0b\xFF", *z;
	char filler[5000];
	struct str copy = arena_str(a, (struct str){hostile, 4}), formatted;

	(void)state;
	hostile[0] = 'X';
	assert_int_equal(copy.len, 4);
	assert_memory_equal(copy.ptr, "a\0b\xFF", 4);
	z = arena_strz(a, (struct str){"abc!", 3});
	assert_string_equal(z, "abc");
	assert_string_equal(arena_strz(a, (struct str){NULL, 0}), "");
	assert_int_equal(arena_str(a, (struct str){NULL, 0}).len, 0);
	memset(filler, 'f', sizeof(filler) - 1);
	filler[sizeof(filler) - 1] = '\0';
	formatted = arena_fmt(a, "%d-%s", 7, filler);
	assert_int_equal(formatted.len, 2 + 4999);
	assert_memory_equal(formatted.ptr, "7-ff", 4);
	assert_int_equal(formatted.ptr[formatted.len], 0);
	SAME_STR(arena_fmt(a, "%s", ""), "");
	arena_free(a);
}

static void sealed_memory_stays_readable(void **state)
{
	struct arena *a = arena_new(0, 8u << 20);
	char *small = arena_strz(a, STR("kept")), *large = arena_alloc(a, 2u << 20);

	(void)state;
	large[2000000] = 'L';
	arena_seal(a);
	arena_seal(a);
	assert_string_equal(small, "kept");
	assert_int_equal(large[2000000], 'L');
	assert_int_equal(arena_used(a), 5 + (2u << 20));
	arena_free(a);
	a = arena_new(0, 10);
	arena_seal(a);
	arena_free(a);
}

static void exceed_the_limit(void)
{
	struct arena *a = arena_new(0, 100);

	arena_alloc(a, 60);
	arena_alloc(a, 41);
}

static void overflow_an_array(void)
{
	arena_alloc_array(arena_new(0, SIZE_MAX), SIZE_MAX / 8 + 2, 8);
}

static void allocate_after_seal(void)
{
	struct arena *a = arena_new(0, 100);

	arena_seal(a);
	arena_alloc(a, 0);
}

static void misuse_is_a_bug(void **state)
{
	char text[4096];

	(void)state;
	assert_true(dies(exceed_the_limit, text, sizeof(text)));
	assert_non_null(strstr(text, "41 bytes asked, 40 of 100 left"));
	assert_true(dies(overflow_an_array, text, sizeof(text)));
	assert_non_null(strstr(text, "BUG "));
	assert_true(dies(allocate_after_seal, text, sizeof(text)));
	assert_non_null(strstr(text, "after it was sealed"));
}

#ifdef ARENA_PROTECT
static void write_small_after_seal(void)
{
	struct arena *a = arena_new(0, 100);
	volatile char *p = arena_alloc(a, 10);

	arena_seal(a);
	p[3] = 1;
}

static void write_large_after_seal(void)
{
	struct arena *a = arena_new(0, 8u << 20);
	volatile char *p;

	arena_alloc(a, 10);
	p = arena_alloc(a, 4u << 20);
	arena_seal(a);
	p[3000000] = 1;
}

static void read_after_free(void)
{
	struct arena *a = arena_new(0, 100);
	volatile char *p = arena_alloc(a, 10);

	arena_free(a);
	(void)p[3];
}

static void late_access_crashes(void **state)
{
	char text[4096];

	(void)state;
	assert_true(dies(write_small_after_seal, text, sizeof(text)));
	assert_true(dies(write_large_after_seal, text, sizeof(text)));
	assert_true(dies(read_after_free, text, sizeof(text)));
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_aligned_and_disjoint),
		cmocka_unit_test(room_is_exact),
		cmocka_unit_test(large_blocks_do_not_end_the_current_chunk),
		cmocka_unit_test(dropped_memory_comes_back_zeroed),
		cmocka_unit_test(strings),
		cmocka_unit_test(sealed_memory_stays_readable),
		cmocka_unit_test(misuse_is_a_bug),
#ifdef ARENA_PROTECT
		cmocka_unit_test(late_access_crashes),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
