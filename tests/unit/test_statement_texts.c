/* test_statement_texts.c: a text is received once, belongs to one statement, and all of them have a largest size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/check.h"
#include "base/xalloc.h"
#include "db/statement_texts.h"

static struct known_text text(const char *s)
{
	return (struct known_text){str_c(s), (int64_t)strlen(s)};
}

static void test_kept_over_reads(void **state)
{
	struct statement_texts t = {0};
	struct known_text known;

	(void)state;
	assert_false(statement_texts_find(&t, 5, 42, &known));
	for (int i = 0; i < 5; i++) {
		statement_texts_begin(&t);
		if (i == 0)
			assert_true(statement_texts_put(&t, 5, 42, text("SELECT $1")));
		assert_true(statement_texts_find(&t, 5, 42, &known));
		assert_true(str_eq_c(known.text, "SELECT $1"));
		assert_int_equal(known.full_bytes, 9);
		/* the same number in another database is another statement */
		for (int64_t other = 6; other < 300; other++)
			assert_false(statement_texts_find(&t, other, 42, &known));
		assert_false(statement_texts_find(&t, 5, 43, &known));
	}
	statement_texts_release(&t);
}

/* The server lost its file: known, so that it is not asked for again. */
static void test_lost_text(void **state)
{
	struct statement_texts t = {0};
	struct known_text known;

	(void)state;
	assert_true(statement_texts_put(&t, 5, 1, (struct known_text){{NULL, 0}, 0}));
	assert_true(statement_texts_find(&t, 5, 1, &known));
	assert_null(known.text.ptr);
	statement_texts_release(&t);
}

/* What is gone makes room; what is there is not thrown out for what comes. */
static void test_bounded(void **state)
{
	struct statement_texts t = {0};
	struct known_text known, big;
	char *letters = xalloc(STATEMENT_TEXT_CHARS + 1);
	int64_t n = 0;

	(void)state;
	memset(letters, 'x', STATEMENT_TEXT_CHARS);
	big = text(letters);
	statement_texts_begin(&t);
	while (statement_texts_put(&t, 5, n, big))
		n++;
	assert_true(n > 10);
	assert_true(t.bytes <= STATEMENT_TEXTS_BYTES);
	for (int64_t i = 0; i < n; i++)
		assert_true(statement_texts_find(&t, 5, i, &known));
	/* a read that still has the even ones */
	statement_texts_begin(&t);
	for (int64_t i = 0; i < n; i += 2)
		assert_true(statement_texts_find(&t, 5, i, &known));
	assert_true(statement_texts_put(&t, 5, n + 1, big));
	for (int64_t i = 0; i < n; i++)
		assert_int_equal(statement_texts_find(&t, 5, i, &known), i % 2 == 0);
	assert_true(statement_texts_find(&t, 5, n + 1, &known));
	assert_int_equal(known.text.len, STATEMENT_TEXT_CHARS);
	assert_true(t.bytes <= STATEMENT_TEXTS_BYTES);
	statement_texts_release(&t);
	xfree(letters);
}

static void test_many_small(void **state)
{
	struct statement_texts t = {0};
	struct known_text known;
	int64_t n = 0;

	(void)state;
	while (n < 2 * STATEMENT_TEXTS_MAX && statement_texts_put(&t, 5, n * 7919, text("SELECT 1")))
		n++;
	assert_true(n > 5000 && n <= STATEMENT_TEXTS_MAX);
	for (int64_t i = 0; i < n; i++)
		assert_true(statement_texts_find(&t, 5, i * 7919, &known));
	statement_texts_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kept_over_reads),
		cmocka_unit_test(test_lost_text),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_many_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
