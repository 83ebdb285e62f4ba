/*
 * test_doctor_view.c: the connection doctor in view 8: when it runs, what its pane says, what the rules say of the
 * address that is judged, and that another address can be asked for.
 */
#include "tests/ui/fixture.h"
#include "ui/doctor_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include "tests/ui/shows.h"

#include <locale.h>

static struct fixture f;

static void open_at(const char *name, int cols, int rows)
{
	fixture_open(&f, name, GLYPHS_UTF8);
	fixture_draw(&f, "network", rows, cols);
}

static void redraw(void)
{
	fixture_draw(&f, NULL, f.ui.canvas.rows, f.ui.canvas.cols);
}

static void press(const char *keys)
{
	(void)fixture_type(&f, keys);
	redraw();
}

static void press_key(uint32_t key)
{
	(void)fixture_key(&f, key);
	redraw();
}

static int close_fixture(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

/* While the database answers, nothing is run by itself. */
static void it_waits_to_be_asked(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	fixture_finish(&f);
	redraw();
	PANE_SHOWS("doctor", "Connection doctor  d runs it");
	PANE_SHOWS("doctor", "d walks every hop from this host into the database");
	PANE_SHOWS("rules", "this host's address is not known: d finds out, i asks for another one");
	PANE_SHOWS("rules", "! 1 rule is open to 0.0.0.0/0 or ::/0");
	SHOWS("d run doctor");
	SHOWS("i check address");
}

static void a_path_that_works(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	press("d");
	PANE_SHOWS("doctor", "! the path works, with warnings");
	PANE_SHOWS("doctor", "from this host  10.0.9.5  to orders-1.c9akciq32.eu-west-1.rds.amazonaws.com");
	PANE_SHOWS("doctor", "✓  1 This host");
	PANE_SHOWS("doctor", "!  7 Connection slot  41 of 1000 free");
	PANE_SHOWS("doctor", "11.0ms");
	/* what is wrong is explained without being asked for */
	PANE_SHOWS("doctor", "7 Connection slot ─");
	PANE_SHOWS("doctor", "why   956 used, 3 reserved for superusers");
	PANE_SHOWS("doctor", "next  end idle sessions");
	PANE_SHOWS("rules", "you 10.0.9.5");
	PANE_SHOWS("rules", "✓ 2 rules admit 10.0.9.5 on tcp 5432");
	PANE_SHOWS("rules", "admits you");
	PANE_SHOWS("rules", "not in group");
	SHOWS("8 Network ✗");
}

/* The picture of view 8. */
static void a_path_that_stops(void **state)
{
	(void)state;
	fixture_open(&f, "incident", GLYPHS_UTF8);
	fixture_answer(ANSWER_FAILURE);
	/* without the rule for everybody */
	fixture_more_text(
		&f, "the picture's rules",
		STR("source security_group_rules at=now-41s\n"
		    "row rule_id=sgr-01 group_id=sg-0a1b2c3d egress=false protocol=tcp from_port=5432 to_port=5432 "
		    "peer=sg-0f9e8d7c referenced_group=sg-0f9e8d7c description=orders-api\n"
		    "row rule_id=sgr-03 group_id=sg-0a1b2c3d egress=false protocol=tcp from_port=5432 to_port=5432 "
		    "peer=10.0.0.0/16 cidr_ipv4=10.0.0.0/16 description=vpc\n"
		    "row rule_id=sgr-04 group_id=sg-0a1b2c3d egress=false protocol=tcp from_port=5432 to_port=5432 "
		    "peer=pl-0c0ffee1 prefix_list=pl-0c0ffee1 networks=198.51.100.0/25,203.0.113.128/25 "
		    "network_count=2 description=\"office vpn\"\n"
		    "row rule_id=sgr-05 group_id=sg-0a1b2c3d egress=false protocol=tcp from_port=5432 to_port=5432 "
		    "peer=192.0.2.10/32 cidr_ipv4=192.0.2.10/32 description=bastion\n"));
	fixture_draw(&f, "network", 48, 160);
	press("d");
	PANE_SHOWS("doctor", "✗ stops at 4, Security group");
	PANE_SHOWS("doctor", "✗  4 Security group   no rule admits 203.0.113.7 on tcp 5432");
	PANE_SHOWS("doctor", "✗  5 TCP connect      10.0.21.34 port 5432 does not answer");
	PANE_SHOWS("doctor", "○  6 TLS              not reached");
	PANE_SHOWS("doctor", "why   closest: pl-0c0ffee1, 203.0.113.128/25 (121 below it)");
	PANE_SHOWS("doctor", "next  would: tcp 5432 203.0.113.7/32 or widen pl-0c0ffee1 to 203.0.113.0/24");
	PANE_SHOWS("doctor", ":allow address  shows what it would do");
	PANE_SHOWS("rules", "you 203.0.113.7");
	PANE_SHOWS("rules", "121 below it");
	PANE_SHOWS("rules", "outside");
	PANE_SHOWS("rules", "another host");
	PANE_SHOWS("rules", "≈");
	PANE_SHOWS("rules", "✗ no rule admits 203.0.113.7 on tcp 5432");
	PANE_SHOWS("rules", "would: tcp 5432 203.0.113.7/32 or widen pl-0c0ffee1 to 203.0.113.0/24");
	PANE_SHOWS("rules", "✓ nothing is open to 0.0.0.0/0 or ::/0");
	SHOWS("8 Network ✗");
	/* the other steps are read with the keys of rows */
	press("j");
	PANE_SHOWS("doctor", "5 TCP connect ─");
	PANE_SHOWS("doctor", "as step 4 predicts");
	PANE_SHOWS("doctor", "next  see step 4");
	press("g");
	PANE_SHOWS("doctor", "1 This host ─");
}

static void it_runs_by_itself_when_the_database_is_lost(void **state)
{
	(void)state;
	open_at("lost", 160, 48);
	PANE_SHOWS("doctor", "✓  1 This host");
	PANE_SHOWS("doctor", "the path works");
	/* once: as long as the view is open nothing more is started */
	redraw();
	assert_null(doctor_view_of(&f.ui)->command);
	assert_null(commands_lane(runtime_commands(f.rt), 0));
}

static void another_address(void **state)
{
	(void)state;
	open_at("incident", 160, 48);
	press("i");
	SHOWS("address ");
	SHOWS("Enter check  Esc leave");
	/* digits are typed, and open no view */
	press("203.0.113.200");
	press_key(K_ENTER);
	assert_true(fixture_pane(&f, "doctor") != NULL);
	PANE_SHOWS("doctor", "from the address  203.0.113.200");
	PANE_SHOWS("rules", "✓ 2 rules admit 203.0.113.200 on tcp 5432");
	press("i");
	for (int i = 0; i < 13; i++)
		press_key(K_BACKSPACE);
	press("10.0.0.256");
	press_key(K_ENTER);
	SHOWS("10.0.0.256 is no IPv4 or IPv6 address");
	SHOWS("Enter check  Esc leave");
	press_key(K_ESC);
	HIDES("Enter check  Esc leave");
	PANE_SHOWS("doctor", "from the address  203.0.113.200");
	press("i");
	for (int i = 0; i < 13; i++)
		press_key(K_BACKSPACE);
	press_key(K_ENTER);
	PANE_SHOWS("doctor", "from this host  10.0.9.5");
}

static void by_name_from_any_view(void **state)
{
	(void)state;
	fixture_open(&f, "incident", GLYPHS_UTF8);
	fixture_draw(&f, "overview", 48, 160);
	press(":doctor");
	press_key(K_ENTER);
	PANE_SHOWS("doctor", "✓  1 This host");
	assert_true(fixture_pane(&f, "doctor")->focused);
}

static void the_smallest_screens_have_the_hop_that_matters(void **state)
{
	(void)state;
	open_at("incident", 80, 24);
	fixture_answer(ANSWER_FAILURE);
	press("d");
	SHOWS("✗ stops at 4, Security group");
	SHOWS("✗  4 Security group   no rule admits 203.0.113.7");
	fixture_draw(&f, NULL, 12, 40);
	press("d");
	SHOWS("✗  4 Security group");
}

static void it_cannot_run(void **state)
{
	struct commands *cs;

	(void)state;
	open_at("incident", 160, 48);
	cs = runtime_commands(f.rt);
	commands_set(cs, NULL, 0);
	press("d");
	PANE_SHOWS("doctor", "there is no command doctor here");
	PANE_SHOWS("doctor", "no result");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(it_waits_to_be_asked, close_fixture),
		cmocka_unit_test_teardown(a_path_that_works, close_fixture),
		cmocka_unit_test_teardown(a_path_that_stops, close_fixture),
		cmocka_unit_test_teardown(it_runs_by_itself_when_the_database_is_lost, close_fixture),
		cmocka_unit_test_teardown(another_address, close_fixture),
		cmocka_unit_test_teardown(by_name_from_any_view, close_fixture),
		cmocka_unit_test_teardown(the_smallest_screens_have_the_hop_that_matters, close_fixture),
		cmocka_unit_test_teardown(it_cannot_run, close_fixture),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
