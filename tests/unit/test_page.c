/*
 * test_page.c: statements and calls of AWS as a page shows them, and what counts as a quantity with its unit.
 */
#include "ui/pen.h"
#include "ui/widgets/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <string.h>

#define ROWS 12
#define COLS 60

static struct canvas c;

static int setup(void **state)
{
	(void)state;
	glyph_use(GLYPHS_UTF8);
	canvas_init(&c, ROWS, COLS);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	canvas_release(&c);
	return 0;
}

static int show(const char *text)
{
	struct page p = page_of(&c, (struct rect){0, 0, ROWS, COLS}, 0, ROLE_RAISED);

	canvas_fill(&c, p.r, STYLE(ROLE_FG, ROLE_RAISED, 0));
	page_statement(&p, str_c(text));
	return p.y;
}

/* Where text begins, by row; -1: it is not on that row. */
static int column_of(int y, const char *text)
{
	size_t n = strlen(text);

	for (int x = 0; x + (int)n <= COLS; x++) {
		size_t i = 0;

		while (i < n && canvas_at(&c, y, x + (int)i)->rune == (uint32_t)text[i])
			i++;
		if (i == n)
			return x;
	}
	return -1;
}

/* The text stands on row y, all of it in that role. */
static void is_in(int y, const char *text, enum role role)
{
	int x = column_of(y, text);

	if (x < 0)
		fail_msg("\"%s\" is not on row %d", text, y);
	for (size_t i = 0; i < strlen(text); i++)
		if (canvas_at(&c, y, x + (int)i)->style.fg != role)
			fail_msg("\"%s\": letter %zu has role %d", text, i, canvas_at(&c, y, x + (int)i)->style.fg);
}

static void a_statement_is_sql(void **state)
{
	(void)state;
	assert_int_equal(show("SELECT 1 FROM cluster"), 1);
	is_in(0, "SELECT", ROLE_KW);
	is_in(0, "1", ROLE_FAINT); /* the line's number comes first */
	is_in(0, "cluster", ROLE_KW);
}

/* Words of SQL and digits in a name mean nothing in a call: its operation and its values stand out. */
static void a_call_is_no_sql(void **state)
{
	(void)state;
	assert_int_equal(show("rds:AddTagsToResource Tags.Tag.1.Key=cluster\nrds:RebootDBInstance Id=orders-1"), 2);
	is_in(0, "rds:AddTagsToResource", ROLE_KW);
	is_in(0, "Tags.Tag.1.Key=", ROLE_MUTED);
	is_in(0, "cluster", ROLE_FG);
	is_in(1, "rds:RebootDBInstance", ROLE_KW);
	is_in(1, "orders-1", ROLE_FG);
}

/* A long parameter goes to the next line whole; a value without a blank in it is broken where it must be. */
static void long_calls_are_wrapped(void **state)
{
	char text[400];

	(void)state;
	assert_int_equal(show("ec2:AuthorizeSecurityGroupIngress GroupId=sg-0a1b2c3d Description=incident"), 2);
	is_in(0, "GroupId=", ROLE_MUTED);
	assert_int_equal(column_of(1, "Description=incident"), column_of(0, "ec2:"));
	(void)snprintf(text, sizeof text, "rds:X Name=%0200d", 7);
	assert_true(show(text) >= 4);
	/* blanks and nothing, and text that is cut within a character */
	assert_int_equal(show("  \n "), 0);
	assert_int_equal(show(""), 0);
	assert_true(show("rds:X  Name=\xc3") >= 1);
	assert_true(show("rds:X\n\n\nName=b") >= 1);
}

static void quantity(const char *text, enum role last)
{
	struct pen pen = pen_at(&c, (struct rect){0, 0, 1, COLS}, 0, 0, ROLE_BG);

	canvas_fill(&c, (struct rect){0, 0, ROWS, COLS}, STYLE(ROLE_FG, ROLE_BG, 0));
	pen_quantity(&pen, ROLE_STRONG, 0, str_c(text));
	assert_int_equal(pen.x, (int)strlen(text));
	assert_int_equal(canvas_at(&c, 0, 0)->style.fg, ROLE_STRONG);
	assert_int_equal(canvas_at(&c, 0, pen.x - 1)->style.fg, last);
}

static void a_unit_belongs_to_a_number(void **state)
{
	(void)state;
	quantity("12.5 MiB", ROLE_MUTED);
	quantity("1 912", ROLE_STRONG);
	quantity("12s", ROLE_STRONG);
	quantity("idle in transaction", ROLE_STRONG);
	quantity("client backend", ROLE_STRONG);
	quantity("PostgreSQL 16 on Aurora", ROLE_STRONG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_statement_is_sql),
		TEST(a_call_is_no_sql),
		TEST(long_calls_are_wrapped),
		TEST(a_unit_belongs_to_a_number),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
