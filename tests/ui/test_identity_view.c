/*
 * test_identity_view.c: :whoami, signing on, the MFA code's box: what an operator sees and types.
 */
#include "tests/ui/fixture.h"

#include "ui/identity_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <locale.h>
#include <poll.h>
#include <stdio.h>

static struct fixture f;

static int setup(void **state)
{
	(void)state;
	fixture_open(&f, "empty", GLYPHS_UTF8);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_answer(ANSWER_PLAN);
	fixture_close(&f);
	return 0;
}

static void draw(void)
{
	fixture_draw(&f, "overview", 48, 160);
}

static void shows(const char *text)
{
	if (!fixture_shows(&f, text))
		fail_msg("not shown: %s", text);
}

static void enter(const char *keys)
{
	fixture_type(&f, keys);
	fixture_key(&f, K_ENTER);
}

/* A source fails as a provider of credentials has it. */
static void fails(const char *id, const char *text)
{
	struct snapshot *s = snapshot_new(store_entry(f.ui.store, "clusters")->source->type, "clusters");

	s->state = SNAP_ERROR;
	s->generation = runtime_target(f.rt)->generation;
	s->at_us = f.now_us;
	(void)err_set(&s->err, ERR_CREDENTIALS, "%s", text);
	(void)snprintf(s->err.id, sizeof s->err.id, "%s", id);
	assert_true(store_put(f.ui.store, (size_t)store_find(f.ui.store, "clusters"), snapshot_publish(s)));
	ui_data_changed(&f.ui);
	draw();
}

static void test_whoami(void **state)
{
	(void)state;
	enter(":whoami");
	fixture_finish(&f);
	draw();
	shows("Who AWS takes us for");
	shows("arn:aws:sts::111122223333:assumed-role/ops/auroratop-session-1");
	shows("profile prod, role ops through source_profile base");
	shows("in 50m");
	fixture_type(&f, "y");
	assert_string_equal(buf_c(&f.ui.copy), "arn:aws:sts::111122223333:assumed-role/ops/auroratop-session-1");
	fixture_key(&f, K_ESC);
	draw();
	assert_false(fixture_shows(&f, "Who AWS takes us for"));
}

static void test_code_is_asked_for(void **state)
{
	(void)state;
	fails(IDENTITY_NEEDS_CODE, "The role ops needs an MFA code for device arn:aws:iam::1:mfa/me");
	shows("MFA code");
	shows("needs an MFA code for device arn:aws:iam::1:mfa/me");
	fixture_type(&f, "12a4");
	draw();
	shows("***"); /* digits only, and never shown */
	assert_false(fixture_shows(&f, "124"));
	enter("");
	draw();
	shows("an MFA code has 6 digits");
	enter("999");
	fixture_finish(&f);
	draw();
	shows("AWS does not accept the MFA code");
	enter("123456");
	fixture_finish(&f);
	draw();
	shows("the role was assumed");
	assert_false(fixture_shows(&f, "Six digits"));
}

/* Who closes it is not asked again by itself; :mfa brings it back. */
static void test_code_may_wait(void **state)
{
	(void)state;
	fails(IDENTITY_NEEDS_CODE, "The role ops needs an MFA code");
	shows("Six digits");
	fixture_key(&f, K_ESC);
	fails(IDENTITY_NEEDS_CODE, "The role ops needs an MFA code");
	assert_false(fixture_shows(&f, "Six digits"));
	enter(":mfa");
	draw();
	shows("Six digits");
	fixture_key(&f, K_ESC);
	fails("", "another error");
	enter(":mfa");
	draw();
	shows("no role asks for an MFA code");
	/* it never takes the place of what is being typed or read */
	fixture_type(&f, "?");
	fails(IDENTITY_NEEDS_CODE, "The role ops needs an MFA code");
	assert_false(fixture_shows(&f, "Six digits"));
}

static void test_sign_on(void **state)
{
	(void)state;
	fails(IDENTITY_NEEDS_LOGIN, "The single sign-on session corp has expired");
	shows("sign-on needed; type :login");
	fixture_answer(ANSWER_BROWSER);
	fixture_type(&f, ":login");
	/* not by fixture_key(), which would wait for its end */
	(void)ui_event(&f.ui, &(struct event){.type = EVENT_KEY, .key = K_ENTER});
	for (int i = 0; i < 5000 && !fixture_shows(&f, "ABCD-EFGH"); i++) {
		(void)poll(NULL, 0, 1);
		(void)commands_collect(runtime_commands(f.rt));
		ui_data_changed(&f.ui);
		ui_draw(&f.ui, 48, 160);
	}
	shows("ABCD-EFGH");
	shows("https://device.sso.example.com/?user_code=ABCD-EFGH");
	shows("in 10m");
	(void)ui_event(&f.ui, &(struct event){.type = EVENT_KEY, .key = 'y'});
	assert_string_equal(buf_c(&f.ui.copy), "https://device.sso.example.com/?user_code=ABCD-EFGH");
	/* the box is closed, the sign-on goes on and says how it ended */
	(void)ui_event(&f.ui, &(struct event){.type = EVENT_KEY, .key = K_ESC});
	ui_draw(&f.ui, 48, 160);
	assert_false(fixture_shows(&f, "ABCD-EFGH"));
	fixture_answer(ANSWER_PLAN);
	fixture_finish(&f);
	draw();
	shows("AWS: signed on");
}

static void test_sign_on_declined(void **state)
{
	(void)state;
	fixture_answer(ANSWER_FAILURE);
	enter(":login");
	fixture_finish(&f);
	draw();
	shows("the sign-on was declined on the web page");
}

static void test_small_screens(void **state)
{
	static const int sizes[][2] = {{12, 40}, {24, 80}, {48, 160}};

	(void)state;
	fails(IDENTITY_NEEDS_CODE, "The role ops needs an MFA code for device arn:aws:iam::1:mfa/me");
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		int y, x;

		fixture_draw(&f, "overview", sizes[i][0], sizes[i][1]);
		assert_true(fixture_clean(&f, &y, &x));
		shows("code");
	}
	fixture_key(&f, K_ESC);
	enter(":whoami");
	fixture_finish(&f);
	fixture_draw(&f, "overview", 12, 40);
	shows("identity");
	assert_false(fixture_shows(&f, "eu-west-1 "));
	fixture_type(&f, "G");
	fixture_draw(&f, "overview", 12, 40);
	shows("profile       prod");
}

static void test_other_place(void **state)
{
	(void)state;
	enter(":region us-east-1");
	assert_string_equal(runtime_target(f.rt)->region, "us-east-1");
	assert_string_equal(runtime_target(f.rt)->cluster, "");
	enter(":profile prod");
	assert_string_equal(runtime_target(f.rt)->profile, "prod");
	assert_string_equal(runtime_target(f.rt)->region, "us-east-1");
	enter(":region Nowhere!");
	draw();
	assert_string_equal(runtime_target(f.rt)->region, "us-east-1");
	shows("region needs a name");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_whoami, setup, teardown),
		cmocka_unit_test_setup_teardown(test_code_is_asked_for, setup, teardown),
		cmocka_unit_test_setup_teardown(test_code_may_wait, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sign_on, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sign_on_declined, setup, teardown),
		cmocka_unit_test_setup_teardown(test_small_screens, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_place, setup, teardown),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
