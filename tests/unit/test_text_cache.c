/* test_text_cache.c: a text crosses the network once, and never belongs to another statement. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/check.h"
#include "db/text_cache.h"

#include <stdio.h>

static bool has(struct text_cache *c, struct text_key k, const char *text)
{
	struct str found;

	return text_cache_find(c, k, &found) && str_eq_c(found, text);
}

static void test_text_is_kept_while_it_is_seen(void **state)
{
	struct text_cache c = {0};
	struct text_key k = {42, 100, 200};

	(void)state;
	text_cache_begin(&c, 1);
	text_cache_store(&c, k, STR("SELECT 1"));
	text_cache_end(&c);
	for (int i = 0; i < 3; i++) {
		text_cache_begin(&c, 1);
		assert_true(has(&c, k, "SELECT 1"));
		assert_true(has(&c, k, "SELECT 1"));
		text_cache_end(&c);
	}
	/* a refresh without it: forgotten */
	text_cache_begin(&c, 1);
	text_cache_end(&c);
	text_cache_begin(&c, 1);
	assert_false(has(&c, k, "SELECT 1"));
	text_cache_end(&c);
	text_cache_release(&c);
}

static void test_every_part_of_the_key_counts(void **state)
{
	const struct text_key k = {42, 100, 200}, others[] = {{43, 100, 200}, {42, 101, 200}, {42, 100, 201}};
	struct text_cache c = {0};
	struct str text;

	(void)state;
	assert_false(text_cache_find(&c, k, &text));
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		text_cache_begin(&c, 4);
		text_cache_store(&c, k, STR("old"));
		text_cache_end(&c);
		text_cache_begin(&c, 4);
		assert_false(text_cache_find(&c, others[i], &text));
		text_cache_store(&c, others[i], STR("new"));
		assert_true(has(&c, others[i], "new"));
		text_cache_end(&c);
	}
	text_cache_release(&c);
}

static void test_many(void **state)
{
	struct text_cache c = {0};
	char text[32];

	(void)state;
	for (int round = 0; round < 4; round++) {
		text_cache_begin(&c, 3000);
		for (int i = 1; i <= 3000; i++) {
			struct text_key k = {i * 7, i, i};

			snprintf(text, sizeof(text), "statement %d", i);
			if (round == 0)
				text_cache_store(&c, k, str_c(text));
			else
				assert_true(has(&c, k, text));
		}
		text_cache_end(&c);
	}
	text_cache_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_is_kept_while_it_is_seen),
		cmocka_unit_test(test_every_part_of_the_key_counts),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
