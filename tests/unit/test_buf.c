#include "base/buf.h"

#include "base/xalloc.h"

#include "base_help.h"

static void collects_pieces(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	assert_string_equal(buf_c(&b), "");
	assert_true(buf_add_c(&b, "db"));
	assert_true(buf_add_char(&b, '-'));
	assert_true(buf_addf(&b, "%d%s", 42, "!"));
	assert_true(buf_add_str(&b, STR("xy")));
	assert_true(buf_add(&b, "\0z", 2));
	assert_int_equal(b.len, 10);
	assert_memory_equal(b.data, "db-42!xy\0z", 11);
	assert_true(buf_add_str(&b, (struct str){NULL, 0}));
	assert_true(buf_add(&b, NULL, 0));
	assert_int_equal(buf_str(&b).len, 10);
	assert_ptr_equal(buf_str(&b).ptr, b.data);
	buf_truncate(&b, 2);
	assert_string_equal(buf_c(&b), "db");
	buf_clear(&b);
	assert_string_equal(buf_c(&b), "");
	assert_int_equal(b.len, 0);
	buf_release(&b);
	assert_null(b.data);
	assert_true(buf_add_c(&b, "again"));
	buf_release(&b);
}

static void every_write_leaves_a_nul(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 5000);
	for (size_t i = 1; i <= 5000; i++) {
		assert_true(buf_add_char(&b, 'x'));
		assert_int_equal(b.len, i);
		assert_int_equal(b.data[i], 0);
		assert_true(b.cap <= 5001);
	}
	buf_release(&b);
}

static void the_limit_is_exact_and_sticky(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 8);
	assert_true(buf_add_c(&b, "12345678"));
	assert_false(b.failed);
	assert_false(buf_add_char(&b, '9'));
	assert_true(b.failed);
	assert_string_equal(buf_c(&b), "12345678");
	buf_truncate(&b, 0);
	assert_false(buf_add_char(&b, '1'));
	assert_false(buf_addf(&b, "%d", 1));
	assert_false(buf_add(&b, "", 0));
	assert_int_equal(b.len, 0);
	buf_clear(&b);
	assert_false(b.failed);
	assert_false(buf_add_c(&b, "123456789"));
	assert_int_equal(b.len, 0);
	buf_clear(&b);
	assert_false(buf_addf(&b, "%s", "123456789"));
	assert_string_equal(buf_c(&b), "");
	buf_clear(&b);
	assert_true(buf_addf(&b, "%s", "12345678"));
	buf_release(&b);
}

static void formatting_of_any_length(void **state)
{
	char text[1200];
	struct buf b;

	(void)state;
	/* 255, 256 and 257 lie around the inner shortcut */
	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		memset(text, 'a', n);
		text[n] = '\0';
		buf_init(&b, n + 2);
		assert_true(buf_addf(&b, "<%s>", text));
		assert_int_equal(b.len, n + 2);
		assert_int_equal(b.data[0], '<');
		assert_int_equal(b.data[n + 1], '>');
		assert_int_equal(b.data[n + 2], 0);
		buf_clear(&b);
		assert_false(buf_addf(&b, "<%s>!", text));
		assert_int_equal(b.len, 0);
		buf_release(&b);
	}
}

static void a_zeroed_struct_holds_nothing(void **state)
{
	struct buf b = {0};

	(void)state;
	assert_string_equal(buf_c(&b), "");
	assert_false(buf_add_char(&b, 'x'));
	buf_release(&b);
	buf_release(&b);
	buf_init(&b, SIZE_MAX);
	assert_true(buf_add_c(&b, "no overflow at the largest limit"));
	buf_release(&b);
}

static void contents_can_be_taken(void **state)
{
	struct buf b;
	size_t len = 99;
	char *p;

	(void)state;
	buf_init(&b, 10);
	buf_add_c(&b, "mine");
	p = buf_take(&b, &len);
	assert_string_equal(p, "mine");
	assert_int_equal(len, 4);
	assert_int_equal(b.len, 0);
	assert_null(b.data);
	xfree(p);
	assert_true(buf_add_c(&b, "ten bytes."));
	buf_clear(&b);
	p = buf_take(&b, &len);
	assert_string_equal(p, "");
	assert_int_equal(len, 0);
	xfree(p);
	p = buf_take(&b, NULL);
	assert_string_equal(p, "");
	xfree(p);
	buf_release(&b);
}

static void truncate_beyond_the_end(void)
{
	struct buf b;

	buf_init(&b, 10);
	buf_add_c(&b, "abc");
	buf_truncate(&b, 4);
}

static void truncating_beyond_the_end_is_a_bug(void **state)
{
	char text[4096];

	(void)state;
	assert_true(dies(truncate_beyond_the_end, text, sizeof(text)));
	assert_non_null(strstr(text, "BUG "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(collects_pieces),
		cmocka_unit_test(every_write_leaves_a_nul),
		cmocka_unit_test(the_limit_is_exact_and_sticky),
		cmocka_unit_test(formatting_of_any_length),
		cmocka_unit_test(a_zeroed_struct_holds_nothing),
		cmocka_unit_test(contents_can_be_taken),
		cmocka_unit_test(truncating_beyond_the_end_is_a_bug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
