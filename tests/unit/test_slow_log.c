/*
 * test_slow_log.c: what is typed for a slow log, of the server, a role or a database.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "model/operation.h"
#include "model/slow_log.h"

static struct slow_log_wish wish;

static void reads(const char *operation, const char *text, const char *role, const char *database, int64_t ms)
{
	if (!slow_log_read(operation, str_c(text), &wish))
		fail_msg("%s is not read", text);
	assert_true(str_eq_c(wish.role, role));
	assert_true(str_eq_c(wish.database, database));
	assert_int_equal(wish.ms, ms);
}

static void refuses(const char *operation, const char *text)
{
	if (slow_log_read(operation, str_c(text), &wish))
		fail_msg("%s is read as %s", text, operation);
}

static void the_form_is_that_of_the_operation(void **state)
{
	(void)state;
	reads("slow log", "250 for 15", "", "", 250);
	reads("slow log", " 0 ", "", "", 0);
	reads("server slow log", "2147483647", "", "", INT32_MAX);
	reads(SLOW_LOG_ROLE, "app 250 for 15", "app", "", 250);
	reads(SLOW_LOG_ROLE, "app in orders 100", "app", "orders", 100);
	reads(SLOW_LOG_ROLE, "My App  in My Db 100 for 1", "My App", "My Db", 100);
	reads(SLOW_LOG_ROLE, "in 5", "in", "", 5);
	reads(SLOW_LOG_DATABASE, "orders 250 for 15", "", "orders", 250);
	reads(SLOW_LOG_DATABASE, "a in b 250", "", "a in b", 250);
}

static void anything_else_is_none(void **state)
{
	char text[80], name[SLOW_LOG_NAME_MAX + 1];

	(void)state;
	memset(name, 'n', SLOW_LOG_NAME_MAX);
	name[SLOW_LOG_NAME_MAX] = '\0';
	refuses("slow log", "");
	refuses("slow log", "soon");
	refuses("slow log", "-1");
	refuses("slow log", "2147483648");
	refuses("slow log", "app 250");
	refuses(SLOW_LOG_ROLE, "250 for 15");
	refuses(SLOW_LOG_ROLE, "app");
	refuses(SLOW_LOG_DATABASE, "250");
	snprintf(text, sizeof(text), "%s 5", name);
	reads(SLOW_LOG_DATABASE, text, "", name, 5);
	snprintf(text, sizeof(text), "%sn 5", name);
	refuses(SLOW_LOG_DATABASE, text);
}

static void the_operations_are_known(void **state)
{
	(void)state;
	assert_non_null(operation_find(STR(SLOW_LOG_ROLE)));
	assert_non_null(operation_find(STR(SLOW_LOG_DATABASE)));
	for (size_t i = 0; i < noperations; i++)
		assert_int_equal(slow_log_is(operations[i].name),
				 str_find(str_c(operations[i].name), STR("slow log"), 0) >= 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_form_is_that_of_the_operation),
		cmocka_unit_test(anything_else_is_none),
		cmocka_unit_test(the_operations_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
