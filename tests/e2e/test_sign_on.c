/*
 * test_sign_on.c: an MFA code and a device sign-on, typed and waited for in one console, against a simulated AWS.
 *
 *     test_sign_on AURORATOP AURORATOP_SIM
 */
#include "console.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <locale.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ACCOUNT "111122223333"

static const char *program, *simulator;

static void write_file(const char *name, const char *text)
{
	char path[600];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/.aws", getenv("HOME"));
	(void)mkdir(path, 0700);
	(void)snprintf(path, sizeof(path), "%s/.aws/%s", getenv("HOME"), name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* A user's keys, a role that wants a code, and a profile of single sign-on; no keys in variables. */
static void write_profiles(void)
{
	char keys[400];

	(void)snprintf(keys, sizeof(keys), "[base]\naws_access_key_id = %s\naws_secret_access_key = %s\n",
		       getenv("AWS_ACCESS_KEY_ID"), getenv("AWS_SECRET_ACCESS_KEY"));
	write_file("credentials", keys);
	write_file("config", "[profile admin]\n"
			     "role_arn = arn:aws:iam::" ACCOUNT ":role/mfa-admin\n"
			     "source_profile = base\n"
			     "mfa_serial = arn:aws:iam::" ACCOUNT ":mfa/me\n"
			     "[sso-session corp]\n"
			     "sso_start_url = https://x.awsapps.com/start\n"
			     "sso_region = eu-west-1\n"
			     "[profile dev]\n"
			     "sso_session = corp\n"
			     "sso_account_id = " ACCOUNT "\n"
			     "sso_role_name = Admin\n");
	unsetenv("AWS_ACCESS_KEY_ID");
	unsetenv("AWS_SECRET_ACCESS_KEY");
	unsetenv("AURORATOP_CLUSTER");
}

static bool never_sent_to_the_screen(struct vt *v, const char *text)
{
	return str_find(vt_output(v), str_c(text), 0) < 0;
}

/* The box opens by itself; a wrong code is refused there, the right one opens the region. */
static void type_the_code(struct vt *v)
{
	console_sees(v, "MFA code for device");
	console_press(v, "12ab3<Enter>", "an MFA code has 6 digits");
	console_press(v, "<Esc>", "needs an MFA code");
	console_press(v, ":mfa<Enter>", "Six digits and Enter");
	console_press(v, "654321<Enter>", "does not accept the MFA code");
	console_press(v, "123456<Enter>", "AWS: the role was assumed");
	console_sees(v, "prod-orders");
	assert_true(never_sent_to_the_screen(v, "123456"));
	assert_true(never_sent_to_the_screen(v, "654321"));
	console_press(v, ":whoami<Enter>", "assumed-role/mfa-admin/");
	console_press(v, "<Esc>", "prod-orders");
	console_press(v, ":mfa<Enter>", "no role asks for an MFA code");
}

/* Declined first, then allowed while its box is closed. */
static void sign_on(struct vt *v, const struct sim_process *sim)
{
	console_press(v, ":profile dev<Enter>", "type :login");
	console_press(v, ":login<Enter>", "SIMU-LATE");
	console_sees(v, "https://device.sso.example.com/");
	sim_process_admin(sim, "signon", "answer=deny");
	console_sees(v, "declined on the web page");
	console_press(v, "<Esc>:login<Enter>", "SIMU-LATE");
	console_press(v, "<Esc>", "is not signed on");
	sim_process_admin(sim, "signon", "answer=allow");
	console_sees(v, "AWS: signed on");
	console_sees(v, "prod-orders");
	assert_true(never_sent_to_the_screen(v, "issuedSsoToken"));
	console_press(v, ":whoami<Enter>", "single sign-on session corp, role Admin");
	console_press(v, "<Esc>", "prod-orders");
}

static void test_one_session(void **state)
{
	struct sim_process sim;
	struct vt *v;

	(void)state;
	sim_process_start(&sim, simulator);
	write_profiles();
	v = vt_start(48, 160, (const char *const[]){program, "--profile", "admin", NULL}, NULL);
	type_the_code(v);
	sign_on(v, &sim);
	console_press(v, "<Enter>", "● available");
	console_quit(v);
	sim_process_stop(&sim);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_session),
	};
	int failed;

	if (argc != 3)
		return 2;
	program = argv[1];
	simulator = argv[2];
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	console_clean_environment();
	console_make_home();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	console_remove_home();
	return failed;
}
