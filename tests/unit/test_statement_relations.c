/* Which relations a statement names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "verdict/slow_statement.h"

/* want: names separated by blanks, schema.name where a schema was said. */
static void finds(const char *text, const char *want)
{
	struct relation_name names[8];
	size_t n = statement_relations(str_c(text), names, 8), used = 0;
	char got[512] = "";

	for (size_t i = 0; i < n; i++)
		used += (size_t)snprintf(got + used, sizeof got - used, "%s" STR_FMT "%s" STR_FMT, i ? " " : "",
					 STR_ARG(names[i].schema), names[i].schema.len ? "." : "",
					 STR_ARG(names[i].name));
	if (strcmp(got, want) != 0)
		fail_msg("%s\n names \"%s\", not \"%s\"", text, got, want);
}

static void test_plain(void **state)
{
	(void)state;
	finds("select * from orders", "orders");
	finds("SELECT o.id FROM Orders o JOIN public.items AS i ON i.id = o.id WHERE o.a IN (1, b)",
	      "orders public.items");
	finds("select 1 from a x, b, only c where d > 1", "a b c");
	finds("insert into t (a, b) select a, b from u", "t u");
	finds("update stock set qty = qty - $1 where sku = $2", "stock");
	finds("delete from t using u where t.a = u.a", "t u");
	finds("select id from orders for update skip locked", "orders");
	finds("insert into t values (1) on conflict (a) do update set a = 2", "t");
	finds("table x", "x");
}

static void test_each_once(void **state)
{
	(void)state;
	finds("select * from a join b on true where exists (select from a)", "a b");
}

static void test_quotes(void **state)
{
	(void)state;
	finds("select * from \"Odd schema\".\"big \"\"one\"\"\"", "Odd schema.big \"one\"");
	finds("select 'from x', $$from y$$ from t -- from z", "t");
}

static void test_what_is_no_relation(void **state)
{
	(void)state;
	finds("select * from generate_series(1, n) as g, t", "t");
	finds("select * from (select a, b from inside) as x", "inside");
	finds("with w as (select 1 from real) select * from w", "real");
	finds("with w as materialized (select 1 from real) select * from w join other on true", "real other");
	finds("", "");
	finds("begin", "");
}

static void test_cut_text(void **state)
{
	(void)state;
	finds("select * from", "");
	finds("select * from a join \"unfinished", "a unfinished");
	finds("select * from a where x = 'unfinished from b", "a");
}

static void test_a_name_too_long_is_none(void **state)
{
	char text[400] = "select * from ";

	(void)state;
	memset(text + 14, 'x', 300);
	text[314] = '\0';
	finds(text, "");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),    cmocka_unit_test(test_each_once),
		cmocka_unit_test(test_quotes),   cmocka_unit_test(test_what_is_no_relation),
		cmocka_unit_test(test_cut_text), cmocka_unit_test(test_a_name_too_long_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
