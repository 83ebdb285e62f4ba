/* What a wait event means: known, unknown, and under the names of older versions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/waits.h"

static void says(const char *type, const char *event, const char *part)
{
	struct str words = wait_explain(str_c(type), str_c(event));

	if (str_find(words, str_c(part), 0) < 0)
		fail_msg("%s:%s says \"%.*s\"", type, event, (int)words.len, words.ptr);
}

static void test_known(void **state)
{
	(void)state;
	says("Lock", "transactionid", "another transaction to end");
	says("Client", "ClientRead", "next command");
	says("IO", "XactSync", "Aurora");
	says("", "", "processor");
}

static void test_unknown_event_is_explained_by_its_type(void **state)
{
	(void)state;
	says("IO", "SomethingNew", "storage");
	says("LWLock", "SomethingNew", "shared memory");
	assert_int_equal(wait_explain(STR("NoSuchType"), STR("x")).len, 0);
}

static void test_names_of_older_versions(void **state)
{
	(void)state;
	says("LWLock", "buffer_content", "same page");
	says("LWLock", "lock_manager", "take locks");
	says("LWLock", "WALWriteLock", "commit to be written");
	says("LWLock", "ProcArrayLock", "snapshots");
}

/* One name must not stand for another that begins like it. */
static void test_names_are_whole(void **state)
{
	(void)state;
	says("IO", "WALWrite", "writes WAL");
	says("IO", "WAL", "waits for storage");
	says("Lock", "tuplex", "see who blocks");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_unknown_event_is_explained_by_its_type),
		cmocka_unit_test(test_names_of_older_versions),
		cmocka_unit_test(test_names_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
