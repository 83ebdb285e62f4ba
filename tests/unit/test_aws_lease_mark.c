/*
 * test_aws_lease_mark.c: what AWS's objects say of a lease is read as it was written, and nothing else is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/lease_mark.h"
#include "base/clock.h"

static void a_mark_is_read_as_written(void **state)
{
	struct arena *a = arena_new(4096, 1u << 16);
	int64_t until = INT64_C(1795680600) * US_PER_S, read;
	struct str text = lease_mark_text(a, "jane,\"doe\"@host", until + 7), owner;

	(void)state;
	assert_true(str_eq_c(text, "jane__doe_@host until 2026-11-26T08:10:00Z"));
	assert_true(lease_mark_read(text, &owner, &read));
	assert_true(str_eq_c(owner, "jane__doe_@host"));
	assert_int_equal(read, until);
	/* it is known again by its owner, who is written otherwise there */
	assert_true(lease_mark_is_of(text, "jane,\"doe\"@host"));
	assert_false(lease_mark_is_of(text, "jane@host"));
	assert_false(lease_mark_is_of(STR("bastion"), "jane,\"doe\"@host"));
	arena_free(a);
}

static void other_texts_are_none(void **state)
{
	static const char *const none[] = {"",
					   "bastion",
					   " until 2026-11-26T08:10:00Z",
					   "jane until tomorrow",
					   "auroratop: jane for 30 minutes",
					   "jane until "};
	struct str owner;
	int64_t until;

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_false(lease_mark_read(str_c(none[i]), &owner, &until));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mark_is_read_as_written),
		cmocka_unit_test(other_texts_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
