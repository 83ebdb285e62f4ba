/*
 * test_aws_tags.c: tags as they are typed, judged by RDS's rules.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "aws/tags.h"

static struct arena *arena;
static struct tag tags[TAGS_CHOSEN_MAX];
static size_t n;

static void reads(const char *text, size_t count)
{
	struct err err = {0};

	if (!tags_read(str_c(text), arena, tags, &n, &err))
		fail_msg("%s: %s", text, err.text);
	assert_int_equal(n, count);
}

static void refuses(const char *text, const char *why)
{
	struct err err = {0};

	assert_false(tags_read(str_c(text), arena, tags, &n, &err));
	assert_int_equal(n, 0);
	if (!strstr(err.text, why))
		fail_msg("%s: \"%s\" does not say \"%s\"", text, err.text, why);
}

static void tag_is(size_t i, const char *key, const char *value)
{
	assert_true(str_eq_c(tags[i].key, key));
	assert_true(str_eq_c(tags[i].value, value));
}

static void words_become_tags(void **state)
{
	(void)state;
	reads("", 0);
	reads("   ", 0);
	reads("Owner=jane", 1);
	tag_is(0, "Owner", "jane");
	reads("  Owner=Jane Doe   reason=before=after  empty= ", 3);
	tag_is(0, "Owner", "Jane Doe");
	tag_is(1, "reason", "before=after");
	tag_is(2, "empty", "");
	reads("a=b c d", 1);
	tag_is(0, "a", "b c d");
	/* letters of other scripts */
	reads("Gr\xc3\xb6\xc3\x9f"
	      "e=f\xc3\xbcnf",
	      1);
	tag_is(0,
	       "Gr\xc3\xb6\xc3\x9f"
	       "e",
	       "f\xc3\xbcnf");
}

static void what_rds_refuses_is_refused_here(void **state)
{
	char text[2000];
	size_t at = 0;

	(void)state;
	refuses("owner", "is no tag: KEY=VALUE");
	refuses("=jane", "is no key of a tag");
	refuses("aws:x=1", "AWS's own");
	refuses("rds:x=1", "AWS's own");
	refuses("Note=50%", "up to 256 letters");
	refuses("No;te=1", "is no key of a tag");
	refuses("a=1 b=2 a=3", "a is there twice");
	refuses("a=\xff", "the value of the tag a");
	memset(text, 'k', sizeof(text));
	snprintf(text + TAG_KEY_MAX, 3, "=v");
	reads(text, 1);
	memset(text, 'k', TAG_KEY_MAX + 1);
	snprintf(text + TAG_KEY_MAX + 1, 3, "=v");
	refuses(text, "is no key of a tag");
	memset(text, 'v', sizeof(text));
	memcpy(text, "k=", 2);
	text[2 + TAG_VALUE_MAX] = '\0';
	reads(text, 1);
	text[2 + TAG_VALUE_MAX] = 'v';
	text[3 + TAG_VALUE_MAX] = '\0';
	refuses(text, "the value of the tag k");
	for (int i = 0; i <= TAGS_CHOSEN_MAX; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "k%d=v ", i);
	refuses(text, "more than 10 tags");
}

static int setup(void **state)
{
	(void)state;
	arena = arena_new(4096, 1u << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_become_tags),
		cmocka_unit_test(what_rds_refuses_is_refused_here),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
