#include "base/err.h"

#include "base/utf8.h"

#include "base_help.h"

#include <errno.h>

static void setting_fills_everything(void **state)
{
	struct err err;

	(void)state;
	memset(&err, 0x55, sizeof(err));
	assert_false(err_set(&err, ERR_DENIED, "not allowed to %s %d", "read", 3));
	assert_int_equal(err.code, ERR_DENIED);
	assert_string_equal(err.text, "not allowed to read 3");
	assert_string_equal(err.remedy, "");
	assert_string_equal(err.id, "");
	assert_int_equal(err.retry_after_us, 0);
	err_remedy(&err, "grant %s", "pg_monitor");
	err_remedy(&err, "grant %s", "pg_read_all_stats");
	assert_string_equal(err.remedy, "grant pg_read_all_stats");
	err_prefix(&err, "%s", "cluster a");
	assert_string_equal(err.text, "cluster a: not allowed to read 3");
	assert_string_equal(err.remedy, "grant pg_read_all_stats");
	assert_int_equal(err.code, ERR_DENIED);
	err_set(&err, ERR_LOST, "again: %s", err.text);
	assert_string_equal(err.text, "again: cluster a: not allowed to read 3");
	assert_string_equal(err.remedy, "");
	err_clear(&err);
	assert_int_equal(err.code, ERR_NONE);
	assert_string_equal(err.text, "");
}

static void nobody_wants_the_error(void **state)
{
	(void)state;
	assert_false(err_set(NULL, ERR_IO, "x"));
	err_remedy(NULL, "x");
	err_prefix(NULL, "x");
	err_clear(NULL);
}

static void long_text_is_cut_between_code_points(void **state)
{
	char text[2000];
	struct err err;

	(void)state;
	for (size_t lead = 0; lead < 5; lead++) {
		memset(text, 'a', lead);
		for (size_t i = lead; i + 4 < sizeof(text); i += 4)
			memcpy(text + i, "\xF0\x9F\x90\x98", 5);
		err_set(&err, ERR_SERVER, "%s", text);
		assert_true(strlen(err.text) < ERR_TEXT_MAX);
		assert_true(strlen(err.text) > ERR_TEXT_MAX - 8);
		assert_true(utf8_valid(str_c(err.text)));
		assert_true(str_ends(str_c(err.text), STR("\xE2\x80\xA6")));
		err_remedy(&err, "%s", text);
		assert_true(utf8_valid(str_c(err.remedy)));
		assert_true(str_ends(str_c(err.remedy), STR("\xE2\x80\xA6")));
		assert_true(strlen(err.remedy) > ERR_REMEDY_MAX - 8);
		err_prefix(&err, "prefix %zu", lead);
		assert_true(str_starts(str_c(err.text), STR("prefix ")));
		assert_true(utf8_valid(str_c(err.text)));
		assert_true(str_ends(str_c(err.text), STR("\xE2\x80\xA6")));
		err_set(&err, ERR_SERVER, "short");
		err_prefix(&err, "%s", text);
		assert_true(strlen(err.text) < ERR_TEXT_MAX);
	}
}

static void text_that_just_fits_is_whole(void **state)
{
	char text[ERR_TEXT_MAX + 1];
	struct err err;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[ERR_TEXT_MAX - 1] = '\0';
	err_set(&err, ERR_IO, "%s", text);
	assert_string_equal(err.text, text);
	text[ERR_TEXT_MAX - 1] = 'x';
	text[ERR_TEXT_MAX] = '\0';
	err_set(&err, ERR_IO, "%s", text);
	assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
	assert_true(str_ends(str_c(err.text), STR("x\xE2\x80\xA6")));
}

static void every_code_has_a_badge(void **state)
{
	(void)state;
	for (int a = 0; a < ERR__COUNT; a++) {
		const char *word = err_word((enum err_code)a);

		assert_true(strlen(word) > 0 && strlen(word) <= 14);
		for (int b = 0; b < a; b++)
			assert_string_not_equal(word, err_word((enum err_code)b));
	}
	assert_string_equal(err_word(ERR_DENIED), "denied");
	assert_string_equal(err_word(ERR_TIMEOUT), "timeout");
	assert_string_equal(err_word(ERR_REFUSED), "refused");
	assert_string_equal(err_word(ERR_CREDENTIALS), "no credentials");
	assert_string_equal(err_word(ERR_THROTTLED), "throttled");
	assert_string_equal(err_word(ERR__COUNT), "error");
}

static void only_passing_faults_are_tried_again(void **state)
{
	static const enum err_code passing[] = {ERR_THROTTLED, ERR_DNS,    ERR_REFUSED, ERR_TIMEOUT,
						ERR_PROTOCOL,  ERR_SERVER, ERR_LOST};

	(void)state;
	for (int c = 0; c <= ERR__COUNT; c++) {
		bool want = false;

		for (size_t i = 0; i < ARRAY_LEN(passing); i++)
			want |= passing[i] == (enum err_code)c;
		assert_int_equal(err_transient((enum err_code)c), want);
	}
}

static void errno_as_words(void **state)
{
	char text[64], tiny[6];

	(void)state;
	assert_ptr_equal(err_errno(ENOENT, text, sizeof(text)), text);
	assert_string_equal(text, "No such file or directory");
	assert_string_equal(err_errno(ENOENT, tiny, sizeof(tiny)), "No su");
	err_errno(99999, text, sizeof(text));
	assert_non_null(strstr(text, "99999"));
	err_errno(ENOENT, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(setting_fills_everything),
		cmocka_unit_test(nobody_wants_the_error),
		cmocka_unit_test(long_text_is_cut_between_code_points),
		cmocka_unit_test(text_that_just_fits_is_whole),
		cmocka_unit_test(every_code_has_a_badge),
		cmocka_unit_test(only_passing_faults_are_tried_again),
		cmocka_unit_test(errno_as_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
