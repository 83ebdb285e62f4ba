/*
 * test_address.c: what one address is, and which of them the internet does not reach.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/address.h"

static void one_address_is_read(void **state)
{
	static const char *const none[] = {"",          "10.0.0.0/8", "host",      "1.2.3",
					   "1.2.3.4.5", "256.1.1.1",  "fe80::1%1", "::/0",
					   " 10.0.0.1", "10.0.0.1 ",  "local"};
	struct address a;

	(void)state;
	assert_true(address_read(STR("10.9.8.7"), &a));
	assert_false(a.v6);
	assert_memory_equal(a.bytes, "\x0a\x09\x08\x07", 4);
	assert_true(address_read(STR("2001:db8::1"), &a));
	assert_true(a.v6);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_false(address_read(str_c(none[i]), &a));
	/* a NUL hides nothing */
	assert_false(address_read((struct str){"10.0.0.1\0x", 10}, &a));
}

static void is_private(const char *text, bool expected)
{
	struct address a;

	assert_true(address_read(str_c(text), &a));
	assert_int_equal(address_is_private(&a), expected);
}

static void private_ones_are_known(void **state)
{
	(void)state;
	is_private("10.0.0.1", true);
	is_private("172.15.255.255", false);
	is_private("172.16.0.1", true);
	is_private("172.31.255.255", true);
	is_private("172.32.0.1", false);
	is_private("192.168.4.4", true);
	is_private("192.169.4.4", false);
	is_private("127.0.0.1", true);
	is_private("169.254.1.1", true);
	is_private("100.64.0.1", true);
	is_private("100.128.0.1", false);
	is_private("8.8.8.8", false);
	is_private("fd00::1", true);
	is_private("fe80::1", true);
	is_private("::1", true);
	is_private("2001:db8::1", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_address_is_read),
		cmocka_unit_test(private_ones_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
