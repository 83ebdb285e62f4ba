/*
 * test_shape_cache.c: a shape is made once per statement and forgotten with it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "db/shape_cache.h"

#include "base/check.h"

static void has(struct shape_cache *c, int64_t id, const char *text, const char *shape)
{
	struct str got = shape_cache_get(c, id, str_c(text));

	if (!str_eq_c(got, shape))
		fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(got), shape);
}

static void statements_by_id(void **state)
{
	struct shape_cache c = {0};

	(void)state;
	shape_cache_begin(&c, 2);
	has(&c, 7, "select 1", "select ?");
	/* The id decides: a text is read once. */
	has(&c, 7, "select 2, 3", "select ?");
	has(&c, -7, "", "");
	shape_cache_end(&c);
	shape_cache_begin(&c, 2);
	has(&c, 7, "", "select ?");
	has(&c, -7, "select 'late'", "select ?");
	shape_cache_end(&c);
	/* Not looked up in one sample: gone. */
	shape_cache_begin(&c, 1);
	has(&c, -7, "", "select ?");
	shape_cache_end(&c);
	shape_cache_begin(&c, 1);
	has(&c, 7, "", "");
	shape_cache_end(&c);
	shape_cache_release(&c);
}

static void statements_by_text(void **state)
{
	struct shape_cache c = {0};
	const char *first;

	(void)state;
	shape_cache_begin(&c, 3);
	has(&c, 0, "select a from t where b = 1", "select a from t where b = ?");
	first = shape_cache_get(&c, 0, STR("select a from t where b = 1")).ptr;
	assert_ptr_equal(shape_cache_get(&c, 0, STR("select a from t where b = 1")).ptr, first);
	has(&c, 0, "select a from t where b = 2", "select a from t where b = ?");
	has(&c, 0, "", "");
	shape_cache_end(&c);
	shape_cache_begin(&c, 3);
	/* kept, not made again */
	assert_ptr_equal(shape_cache_get(&c, 0, STR("select a from t where b = 1")).ptr, first);
	shape_cache_end(&c);
	shape_cache_release(&c);
}

static void many(void **state)
{
	struct shape_cache c = {0};
	char text[40], shape[40];

	(void)state;
	for (int round = 0; round < 3; round++) {
		shape_cache_begin(&c, 3000);
		for (int i = 1; i <= 3000; i++) {
			snprintf(text, sizeof text, "select c%d, 'x'", i);
			snprintf(shape, sizeof shape, "select c%d, ?", i);
			has(&c, i % 2 ? i : 0, text, shape);
		}
		shape_cache_end(&c);
	}
	shape_cache_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statements_by_id),
		cmocka_unit_test(statements_by_text),
		cmocka_unit_test(many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
