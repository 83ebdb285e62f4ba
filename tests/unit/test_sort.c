#include "base/sort.h"

#include "base_help.h"

struct items {
	const uint32_t *keys;
	size_t compares;
};

static int by_key(uint32_t a, uint32_t b, void *ctx)
{
	struct items *items = ctx;

	items->compares++;
	return (items->keys[a] > items->keys[b]) - (items->keys[a] < items->keys[b]);
}

/* Ordered by key, equal keys by their number: with 0..n-1 as input that is the only stable result. */
static void assert_stable(const uint32_t *index, const uint32_t *keys, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		if (keys[index[i - 1]] > keys[index[i]])
			fail_msg("wrong order at %zu of %zu", i, n);
		if (keys[index[i - 1]] == keys[index[i]] && index[i - 1] >= index[i])
			fail_msg("not stable at %zu of %zu", i, n);
	}
}

static void random_arrays(void **state)
{
	enum { MOST = 4100 };
	static uint32_t keys[MOST], index[MOST + 1], scratch[MOST + 1];
	uint64_t seed = 1;

	(void)state;
	for (size_t round = 0; round < 900; round++) {
		size_t n = round < 300 ? round : random_next(&seed) % MOST;
		uint32_t distinct = 1 + random_next(&seed) % (round % 3 ? 5000 : 10);
		struct items items = {keys, 0};

		for (size_t i = 0; i < n; i++) {
			keys[i] = random_next(&seed) % distinct;
			index[i] = (uint32_t)i;
		}
		index[n] = scratch[n] = 0xABCD;
		sort_indices(index, scratch, n, by_key, &items);
		assert_stable(index, keys, n);
		assert_int_equal(index[n], 0xABCD);
		assert_int_equal(scratch[n], 0xABCD);
	}
}

static void every_index_survives(void **state)
{
	uint32_t keys[1000], index[1000], scratch[1000];
	struct items items = {keys, 0};
	bool seen[1000] = {false};
	uint64_t seed = 9;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		keys[i] = random_next(&seed) % 50;
		index[i] = i;
	}
	sort_indices(index, scratch, 1000, by_key, &items);
	for (int i = 0; i < 1000; i++) {
		assert_false(seen[index[i]]);
		seen[index[i]] = true;
	}
}

static void extremes(void **state)
{
	enum { N = 4096 };
	static uint32_t keys[N], index[N], scratch[N];
	struct items items = {keys, 0};

	(void)state;
	sort_indices(NULL, NULL, 0, by_key, &items);
	for (uint32_t i = 0; i < N; i++) {
		keys[i] = i;
		index[i] = i;
	}
	sort_indices(index, scratch, N, by_key, &items);
	assert_stable(index, keys, N);
	/* sorted input costs one pass of comparisons and a few joints */
	assert_true(items.compares < N + N / 4);
	for (uint32_t i = 0; i < N; i++)
		index[i] = N - 1 - i;
	sort_indices(index, scratch, N, by_key, &items);
	assert_stable(index, keys, N);
	/* all equal keeps any given order */
	memset(keys, 0, sizeof(keys));
	for (uint32_t i = 0; i < N; i++)
		index[i] = (i * 1237 + 11) % N;
	sort_indices(index, scratch, N, by_key, &items);
	for (uint32_t i = 0; i < N; i++)
		assert_int_equal(index[i], (i * 1237 + 11) % N);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_arrays),
		cmocka_unit_test(every_index_survives),
		cmocka_unit_test(extremes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
