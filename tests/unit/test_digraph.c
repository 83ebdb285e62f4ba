/* test_digraph.c: arcs as lists, and components against plain reachability. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/xalloc.h"
#include "db/digraph.h"

static uint32_t next_random(uint32_t *state, uint32_t below)
{
	*state = *state * 1664525u + 1013904223u;
	return (*state >> 8) % below;
}

static void test_lists(void **state)
{
	struct digraph g;

	(void)state;
	digraph_init(&g, 3);
	digraph_add_arc(&g, 2, 0);
	digraph_add_arc(&g, 0, 1);
	assert_int_equal(digraph_add_node(&g), 3);
	digraph_add_arc(&g, 0, 3);
	digraph_seal(&g);
	assert_int_equal(g.start[1] - g.start[0], 2);
	assert_int_equal(g.to[g.start[0]], 1);
	assert_int_equal(g.to[g.start[0] + 1], 3);
	assert_int_equal(g.start[2] - g.start[1], 0);
	assert_int_equal(g.to[g.start[2]], 0);
	assert_int_equal(g.start[4], 3);
	digraph_release(&g);
}

static void test_empty(void **state)
{
	struct digraph g;
	uint32_t none[1];

	(void)state;
	digraph_init(&g, 0);
	digraph_seal(&g);
	digraph_components(&g, none);
	digraph_release(&g);
}

/* Two nodes share a component exactly when each reaches the other. */
static void test_components_are_mutual_reach(void **state)
{
	enum { N = 12 };
	uint32_t seed = 7;

	(void)state;
	for (int round = 0; round < 400; round++) {
		bool reach[N][N] = {{false}};
		uint32_t component[N];
		struct digraph g;

		digraph_init(&g, N);
		for (uint32_t arcs = next_random(&seed, 3 * N); arcs > 0; arcs--) {
			uint32_t from = next_random(&seed, N), to = next_random(&seed, N);

			digraph_add_arc(&g, from, to);
			reach[from][to] = true;
		}
		digraph_seal(&g);
		digraph_components(&g, component);
		for (int k = 0; k < N; k++)
			for (int i = 0; i < N; i++)
				for (int j = 0; j < N; j++)
					reach[i][j] = reach[i][j] || (reach[i][k] && reach[k][j]);
		for (int i = 0; i < N; i++)
			for (int j = 0; j < N; j++)
				assert_int_equal(component[i] == component[j], i == j || (reach[i][j] && reach[j][i]));
		digraph_release(&g);
	}
}

/* A chain longer than any thread's stack would bear. */
static void test_long_chain(void **state)
{
	enum { N = 300000 };
	uint32_t *component = xcalloc(N, sizeof(*component));
	struct digraph g;

	(void)state;
	digraph_init(&g, N);
	for (uint32_t i = 0; i + 1 < N; i++)
		digraph_add_arc(&g, i, i + 1);
	digraph_add_arc(&g, N - 1, N - 2);
	digraph_seal(&g);
	digraph_components(&g, component);
	assert_int_equal(component[N - 1], component[N - 2]);
	assert_int_not_equal(component[0], component[1]);
	digraph_release(&g);
	xfree(component);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_components_are_mutual_reach),
		cmocka_unit_test(test_long_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
