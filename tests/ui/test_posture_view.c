/* View 0: the design decisions as checks, by decision, and the selected one in full. */
#include "tests/ui/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <locale.h>

static struct fixture f;
#include "tests/ui/shows.h"

static int teardown(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

static void open_at(const char *name, int cols, int rows)
{
	fixture_open(&f, name, GLYPHS_UTF8);
	fixture_draw(&f, "posture", rows, cols);
}

static void press(const char *keys, int cols, int rows)
{
	(void)fixture_type(&f, keys);
	fixture_draw(&f, NULL, rows, cols);
}

/* A decision stands at its first check, and how many are in order at its second. */
static void test_by_decision(void **state)
{
	static const char *const decisions[] = {"✓ Encryption ", "✗ Network ",       "✓ Authentication ",
						"✓ Scaling ",    "✓ Observability ", "✓ Storage, backups ",
						"✓ Insights "};

	(void)state;
	open_at("incident", 160, 48);
	for (size_t i = 0; i < ARRAY_LEN(decisions); i++)
		PANE_SHOWS("posture", decisions[i]);
	PANE_SHOWS("posture", "✓ 6 of 6 ok");
	PANE_SHOWS("posture", "✓ 3 of 4 ok");
	PANE_SHOWS("posture", "13 of 14 ok");
	PANE_SHOWS("posture", "checks · ✗ 1  ! 1  • 1  ✓");
	/* what is about the session of now is no design */
	assert_false(fixture_shows_in(&f, fixture_pane(&f, "posture")->frame, "blocked"));
}

/* What was found does not say again what was looked for. */
static void test_found(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	PANE_SHOWS("posture", "newest automated snapshot      31 h old, policy 26 h");
	PANE_SHOWS("posture", "IAM database authentication    is on");
	fixture_more_text(&f, "denied",
			  STR("source keys at=now\nerror denied Not allowed: kms:DescribeKey | allow it\n"));
	fixture_draw(&f, NULL, 48, 160);
	PANE_SHOWS("posture", "? ");
	PANE_SHOWS("posture", "state of the keys              not known: Not allowed: kms:DescribeKey");
}

/* The selected check with evidence, reason and what to do; m leaves only what is not in order. */
static void test_check(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	PANE_SHOWS("check", "rule      posture.volume_encrypted");
	press("m", 160, 48);
	PANE_SHOWS("check", "✗ every address may reach port 5432, by rule sgr-05");
	PANE_SHOWS("check", "found     DescribeSecurityGroupRules: sg-0a1b2c3d");
	PANE_SHOWS("check", "tcp 5432 from 0.0.0.0/0");
	PANE_SHOWS("check", "aws ec2 revoke-security-group-ingress --group-id");
	PANE_SHOWS("check", "Why");
	assert_false(fixture_shows_in(&f, fixture_pane(&f, "posture")->frame, "is on"));
	press("j", 160, 48);
	PANE_SHOWS("check", "rule      posture.slow_log");
}

static void test_small(void **state)
{
	(void)state;
	open_at("incident", 80, 24);
	PANE_SHOWS("posture", "✗ Network");
	PANE_SHOWS("posture", "rules open to the world");
	fixture_draw(&f, NULL, 12, 40);
	PANE_SHOWS("posture", "✓ Encryption      encryption of the v");
	press("m", 40, 12);
	PANE_SHOWS("posture", "✗ Network");
}

#define TEST(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_by_decision),
		TEST(test_found),
		TEST(test_check),
		TEST(test_small),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
