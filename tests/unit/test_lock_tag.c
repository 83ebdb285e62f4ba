/* test_lock_tag.c: what a lock is on, in words, for every type of lock that pg_locks knows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "db/lock_tag.h"

static struct names databases, relations;
static struct lock_names names = {&databases, &relations, {"orders", 6}};

static int setup(void **state)
{
	(void)state;
	names_put(&databases, 16000, STR("orders"));
	names_put(&databases, 17000, STR("Other \"DB\""));
	names_put(&relations, 16385, STR("rpublic.stock"));
	names_put(&relations, 16390, STR("ipublic.stock_pkey"));
	names_put(&relations, 16399, STR(""));
	names_put(&relations, 1262, STR("rpg_catalog.pg_database"));
	names_put(&relations, 3456, STR("rpg_catalog.pg_collation"));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	names_release(&databases);
	names_release(&relations);
	return 0;
}

static void reads(const char *tag, const char *words)
{
	struct lock_tag t;
	struct buf b;

	if (!lock_tag_parse(str_c(tag), &t))
		fail_msg("%s is not understood", tag);
	buf_init(&b, 4096);
	lock_tag_words(&b, &t, &names);
	assert_string_equal(buf_c(&b), words);
	buf_release(&b);
}

static void test_words(void **state)
{
	(void)state;
	reads("relation|16000|16385|||||||", "relation public.stock");
	reads("tuple|16000|16385|1204|17|||||", "tuple public.stock (1204,17)");
	reads("page|16000|16390|7||||||", "page public.stock_pkey 7");
	reads("extend|16000|16385|||||||", "extend public.stock");
	reads("transactionid||||||88213991|||", "xid 88213991");
	reads("virtualxid|||||3/12||||", "virtualxid 3/12");
	reads("spectoken||||||88213991||5|", "spectoken of xid 88213991");
	reads("speculative token||||||7||5|", "speculative token of xid 7");
	reads("advisory|16000||||||0|42|1", "advisory 42");
	reads("advisory|16000||||||4294967295|4294967295|1", "advisory -1");
	reads("advisory|16000||||||1|2|1", "advisory 4294967298");
	reads("advisory|16000||||||7|4294967294|2", "advisory (7, -2)");
	reads("advisory|17000||||||0|42|1", "advisory 42 in database Other \"DB\"");
	reads("object|16000||||||3456|17|0", "object 17 of pg_catalog.pg_collation");
	reads("object|0||||||1262|16000|0", "object 16000 of pg_catalog.pg_database");
	reads("object|16000||||||9999|17|0", "object 17 of catalog oid 9999");
	reads("frozenid|16000||||||||", "frozenid");
	reads("userlock|16000||||||1|2|3", "userlock");
	reads("something new|||||||||", "something new");
}

static void test_relations_without_a_name(void **state)
{
	(void)state;
	reads("relation|16000|20000|||||||", "relation oid 20000");
	reads("relation|16000|16399|||||||", "relation oid 16399");
	reads("relation|17000|16385|||||||", "relation oid 16385 in database Other \"DB\"");
	reads("tuple|18000|16385|1|2|||||", "tuple oid 16385 in database oid 18000 (1,2)");
	reads("relation|0|1262|||||||", "relation pg_catalog.pg_database");
}

static void test_what_can_be_asked_here(void **state)
{
	struct lock_tag t;

	(void)state;
	assert_true(lock_tag_parse(STR("relation|16000|16385|||||||"), &t));
	assert_true(lock_tag_is_here(&t, &names));
	assert_int_equal(lock_tag_relation(&t, &names), 16385);
	assert_int_equal(lock_tag_relkind(&t, &names), 'r');
	assert_true(lock_tag_parse(STR("relation|17000|16385|||||||"), &t));
	assert_false(lock_tag_is_here(&t, &names));
	assert_int_equal(lock_tag_relation(&t, &names), 0);
	assert_int_equal(lock_tag_relkind(&t, &names), '\0');
	assert_true(lock_tag_parse(STR("object|16000||||||3456|17|0"), &t));
	assert_int_equal(lock_tag_relation(&t, &names), 3456);
	assert_true(lock_tag_parse(STR("advisory|16000||||||3456|17|1"), &t));
	assert_int_equal(lock_tag_relation(&t, &names), 0);
	assert_true(lock_tag_parse(STR("transactionid||||||88213991|||"), &t));
	assert_int_equal(lock_tag_relation(&t, &names), 0);
}

static void test_nonsense_is_refused(void **state)
{
	static const char *const bad[] = {"",
					  "relation",
					  "relation|1|2",
					  "|16000|16385|||||||",
					  "relation|x|16385|||||||",
					  "relation|-1|16385|||||||",
					  "relation|1|99999999999999999999|||||||",
					  "relation|1|2|||||||||||||",
					  "||||||||||"};
	struct lock_tag t;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (lock_tag_parse(str_c(bad[i]), &t))
			fail_msg("\"%s\" passes", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_relations_without_a_name),
		cmocka_unit_test(test_what_can_be_asked_here),
		cmocka_unit_test(test_nonsense_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
