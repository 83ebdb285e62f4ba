#include "base/xalloc.h"

#include "base/check.h"

#include "base_help.h"

static void memory_is_zeroed_and_never_null(void **state)
{
	unsigned char *p;
	void *none, *zero_size;

	(void)state;
	for (size_t n = 1; n < 5000; n = n * 3 + 1) {
		p = xalloc(n);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xEE, n);
		xfree(p);
	}
	none = xalloc(0);
	zero_size = xcalloc(5, 0);
	assert_non_null(none);
	assert_non_null(zero_size);
	xfree(none);
	xfree(zero_size);
	xfree(NULL);
	xfree_secret(NULL, 8);
}

static void growing_keeps_the_contents(void **state)
{
	uint32_t *p = NULL;

	(void)state;
	for (size_t n = 1; n <= 1000; n++) {
		p = xrealloc_array(p, n, sizeof(*p));
		p[n - 1] = (uint32_t)n;
	}
	for (uint32_t n = 1; n <= 1000; n++)
		assert_int_equal(p[n - 1], n);
	p = xrealloc_array(p, 0, sizeof(*p));
	assert_non_null(p);
	xfree_secret(p, 1);
}

static void copies_of_text(void **state)
{
	char *whole = xstrdup("aurora"), *part = xstrndup("aurora", 3), *empty = xstrndup(NULL, 0);

	(void)state;
	assert_string_equal(whole, "aurora");
	assert_string_equal(part, "aur");
	assert_string_equal(empty, "");
	assert_null(xstrdup(NULL));
	xfree(whole);
	xfree(part);
	xfree(empty);
}

static volatile size_t huge = SIZE_MAX / 2 + 3, all = SIZE_MAX;

static void ask_for_an_overflowing_array(void)
{
	xfree(xcalloc(huge, 4));
}

static void grow_to_an_overflowing_array(void)
{
	xfree(xrealloc_array(NULL, huge, 2));
}

static void copy_everything(void)
{
	xfree(xstrndup("", all));
}

static void fail_a_check(void)
{
	CHECK(huge == 1);
}

static void impossible_sizes_end_the_process(void **state)
{
	char text[4096];

	(void)state;
	assert_true(dies(ask_for_an_overflowing_array, text, sizeof(text)));
	assert_true(dies(grow_to_an_overflowing_array, text, sizeof(text)));
	assert_true(dies(copy_everything, text, sizeof(text)));
	assert_non_null(strstr(text, "out of memory"));
}

static void a_bug_names_its_place(void **state)
{
	char text[4096];

	(void)state;
	assert_true(dies(fail_a_check, text, sizeof(text)));
	assert_non_null(strstr(text, "BUG "));
	assert_non_null(strstr(text, "test_xalloc.c:"));
	assert_non_null(strstr(text, "check failed: huge == 1\n"));
	CHECK(huge != 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_and_never_null),
		cmocka_unit_test(growing_keeps_the_contents),
		cmocka_unit_test(copies_of_text),
		cmocka_unit_test(impossible_sizes_end_the_process),
		cmocka_unit_test(a_bug_names_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
