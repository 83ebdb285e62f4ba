/*
 * test_aws_sign_on.c: what a person does for credentials, over HTTP against the simulator: signing on by a code in a
 * browser, and the MFA code of a role.
 */
#include "aws/fake_fetch.h"

#include "aws/commands.h"
#include "aws/cred.h"
#include "aws/cred_cache.h"
#include "base/clock.h"
#include "model/data.h"
#include "runtime/meter.h"
#include "sim/sim_identity.h"

#include <ftw.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static const struct source any_source = {.name = "any"};
static struct sim *sim;
static char url[64], home[64];
static struct err err;

static void write_file(const char *name, const char *text)
{
	char path[160];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", home, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int set_up(void **state)
{
	struct sim_options o = {.seed = 7, .region = "us-east-1"};
	char path[160];

	(void)state;
	snprintf(home, sizeof(home), "/tmp/auroratop-sign-on-XXXXXX");
	assert_non_null(mkdtemp(home));
	fake_environment();
	unsetenv("AWS_ACCESS_KEY_ID");
	unsetenv("AWS_SECRET_ACCESS_KEY");
	setenv("HOME", home, 1);
	snprintf(path, sizeof(path), "%s/config", home);
	setenv("AWS_CONFIG_FILE", path, 1);
	assert_true(sim_start(&o, &sim, &err));
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", sim_port(sim));
	write_file("config",
		   "[default]\nsso_session = corp\nsso_account_id = " SIM_ACCOUNT "\nsso_role_name = Admin\n"
		   "[sso-session corp]\nsso_start_url = https://x.awsapps.com/start\nsso_region = us-east-1\n"
		   "sso_registration_scopes = sso:account:access\n"
		   "[profile base]\naws_access_key_id = " SIM_ACCESS_KEY "\naws_secret_access_key = " SIM_SECRET_KEY
		   "\n"
		   "[profile admin]\nrole_arn = arn:aws:iam::" SIM_ACCOUNT ":role/mfa-admin\nsource_profile = base\n"
		   "mfa_serial = arn:aws:iam::" SIM_ACCOUNT ":mfa/me\n"
		   "[profile other]\nrole_arn = arn:aws:iam::" SIM_ACCOUNT ":role/denied-ops\nsource_profile = base\n"
		   "mfa_serial = arn:aws:iam::" SIM_ACCOUNT ":mfa/me\n");
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

static int tear_down(void **state)
{
	(void)state;
	cred_stop();
	sim_stop(sim);
	return nftw(home, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void person(const char *answer)
{
	struct sim_param p = {STR("answer"), str_c(answer)};

	assert_true(sim_identity_admin(sim, STR("signon"), &p, 1, &err));
}

struct sign_on {
	pthread_t thread;
	struct fake fake;
	struct err err;
	bool ok;
};

static void *run(void *ctx)
{
	struct sign_on *s = ctx;

	s->ok = fake_run(&s->fake, &s->err);
	return NULL;
}

/* Begins it and waits until the token service was asked n times. */
static void begin(struct sign_on *s, size_t asked)
{
	*s = (struct sign_on){.ok = false};
	fake_init(&s->fake, &command_sign_on, url, "");
	assert_int_equal(pthread_create(&s->thread, NULL, run, s), 0);
	while (sim_requests(sim, "sso-oidc", "CreateToken") < asked)
		usleep(10000);
}

static void end(struct sign_on *s)
{
	pthread_join(s->thread, NULL);
}

static struct str last(const struct sign_on *s, const char *field)
{
	return data_str(fake_last(&s->fake), 0, field);
}

static bool can_get(struct err *why)
{
	const struct cred_set *set = NULL;
	struct fake f;
	bool ok;

	fake_init(&f, &any_source, url, "");
	ok = cred_get(&f.fetch, NULL, &set, why);
	cred_unref(set);
	fake_release(&f);
	return ok;
}

static void test_somebody_says_yes(void **state)
{
	struct sign_on s;

	(void)state;
	assert_false(can_get(&err));
	assert_string_equal(err.id, CRED_NEEDS_LOGIN);
	begin(&s, 1); /* not yet: it goes on asking */
	person("allow");
	end(&s);
	if (!s.ok)
		fail_msg("%s", s.err.text);
	assert_int_equal(s.fake.npublished, 2);
	assert_true(str_eq_c(data_str(s.fake.published[0], 0, "state"), "waiting"));
	assert_true(str_eq_c(data_str(s.fake.published[0], 0, "user_code"), SIM_USER_CODE));
	assert_true(str_eq_c(last(&s, "state"), "done"));
	assert_true(str_eq_c(last(&s, "session"), "corp"));
	fake_release(&s.fake);
	assert_true(can_get(&err)); /* at once, although it had failed just before */
	/* the registration is used again */
	begin(&s, 3);
	person("allow");
	end(&s);
	assert_true(s.ok);
	fake_release(&s.fake);
	assert_int_equal(sim_requests(sim, "sso-oidc", "RegisterClient"), 1);
}

static void test_somebody_says_no(void **state)
{
	struct sign_on s;

	(void)state;
	begin(&s, 1);
	person("deny");
	end(&s);
	assert_false(s.ok);
	assert_int_equal(s.err.code, ERR_DENIED);
	assert_non_null(strstr(s.err.text, "declined"));
	fake_release(&s.fake);
	begin(&s, 3);
	person("expire");
	end(&s);
	assert_false(s.ok);
	assert_non_null(strstr(s.err.text, "has run out"));
	assert_non_null(strstr(s.err.remedy, ":login"));
	fake_release(&s.fake);
}

/* A fault on the way is no answer of the person. */
static void test_trouble_on_the_way(void **state)
{
	struct sign_on s;

	(void)state;
	assert_true(sim_fault(sim, "service=sso-oidc&operation=CreateToken&kind=error500&count=1", &err));
	begin(&s, 1);
	person("allow");
	end(&s);
	if (!s.ok)
		fail_msg("%s", s.err.text);
	fake_release(&s.fake);
}

static void test_cancelled(void **state)
{
	struct sign_on s;

	(void)state;
	begin(&s, 1);
	fake_cancel(&s.fake);
	end(&s);
	assert_false(s.ok);
	assert_int_equal(s.err.code, ERR_CANCELLED);
	fake_release(&s.fake);
}

/* One that the service does not know any more is replaced. */
static void test_old_registration(void **state)
{
	char path[240], hash[65];
	struct sign_on s;

	(void)state;
	cred_sha1(STR("{\"region\": \"us-east-1\", \"scopes\": [\"sso:account:access\"], \"session_name\": \"corp\", "
		      "\"startUrl\": \"https://x.awsapps.com/start\", \"tool\": \"botocore\"}"),
		  hash);
	snprintf(path, sizeof(path), "%s/.aws/sso/cache/%s.json", home, hash);
	assert_true(secret_write_file(
		path, STR("{\"clientId\":\"gone\",\"clientSecret\":\"gone\",\"expiresAt\":\"2120-01-01T00:00:00Z\"}"),
		&err));
	begin(&s, 1);
	person("allow");
	end(&s);
	if (!s.ok)
		fail_msg("%s", s.err.text);
	fake_release(&s.fake);
	assert_int_equal(sim_requests(sim, "sso-oidc", "RegisterClient"), 1);
	assert_int_equal(sim_requests(sim, "sso-oidc", "StartDeviceAuthorization"), 2);
}

static void test_profile_without(void **state)
{
	struct sign_on s;

	(void)state;
	fake_init(&s.fake, &command_sign_on, url, "");
	snprintf(s.fake.target->profile, sizeof(s.fake.target->profile), "base");
	assert_false(fake_run(&s.fake, &err));
	assert_non_null(strstr(err.text, "does not use single sign-on"));
	fake_release(&s.fake);
}

/* Not cut: that would be another file. */
static void test_long_path_of_authorities(void **state)
{
	const struct cred_set *set = NULL;
	char path[2 * AWS_BUNDLE_MAX];
	struct fake f;

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	setenv("REQUESTS_CA_BUNDLE", path, 1);
	fake_init(&f, &command_sign_on, url, "");
	assert_false(fake_run(&f, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_non_null(strstr(err.text, "REQUESTS_CA_BUNDLE"));
	assert_false(cred_get(&f.fetch, NULL, &set, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(sim_requests(sim, NULL, NULL), 0);
	fake_release(&f);
	unsetenv("REQUESTS_CA_BUNDLE");
}

static void test_mfa_code(void **state)
{
	const struct cred_set *set = NULL;
	struct fake f;

	(void)state;
	fake_init(&f, &any_source, url, "");
	snprintf(f.target->profile, sizeof(f.target->profile), "admin");
	assert_false(cred_get(&f.fetch, NULL, &set, &err));
	assert_string_equal(err.id, CRED_NEEDS_CODE);
	assert_non_null(strstr(err.text, "arn:aws:iam::" SIM_ACCOUNT ":mfa/me"));
	assert_int_equal(sim_requests(sim, "sts", NULL), 0); /* nobody was troubled without it */
	assert_false(cred_answer(&f.fetch, STR("654321"), &err));
	assert_string_equal(err.id, CRED_NEEDS_CODE);
	assert_non_null(strstr(err.text, "does not accept"));
	assert_null(strstr(err.text, "654321"));
	assert_false(cred_answer(&f.fetch, STR(""), &err));
	assert_true(cred_answer(&f.fetch, STR(SIM_MFA_CODE), &err));
	assert_true(cred_get(&f.fetch, NULL, &set, &err));
	assert_non_null(strstr(set->keys.origin, "role mfa-admin through source_profile base"));
	assert_int_equal(sim_requests(sim, "sts", "AssumeRole"), 2);
	cred_unref(set);
	fake_release(&f);
}

/* A role that nobody may assume is not the code's fault. */
static void test_refused_with_a_code(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f, &any_source, url, "");
	snprintf(f.target->profile, sizeof(f.target->profile), "other");
	assert_false(cred_answer(&f.fetch, STR(SIM_MFA_CODE), &err));
	assert_int_equal(err.code, ERR_DENIED);
	assert_null(strstr(err.text, "does not accept"));
	assert_non_null(strstr(err.text, "is not authorized to perform: sts:AssumeRole"));
	assert_non_null(strstr(err.remedy, "trust"));
	fake_release(&f);
}

/* The keys hold in every region: there is no second code for the next one, until they are refused or over. */
static void test_code_once_for_all_regions(void **state)
{
	const struct cred_set *first = NULL, *second = NULL, *other = NULL;
	struct fake f;

	(void)state;
	fake_init(&f, &any_source, url, "");
	snprintf(f.target->profile, sizeof(f.target->profile), "admin");
	assert_true(cred_answer(&f.fetch, STR(SIM_MFA_CODE), &err));
	assert_true(cred_get(&f.fetch, NULL, &first, &err));
	snprintf(f.target->region, sizeof(f.target->region), "eu-west-3");
	assert_true(cred_get(&f.fetch, NULL, &second, &err));
	assert_ptr_equal(first, second);
	assert_int_equal(sim_requests(sim, "sts", "AssumeRole"), 1);
	/* refused there, they are not given back */
	assert_false(cred_get(&f.fetch, second, &other, &err));
	assert_string_equal(err.id, CRED_NEEDS_CODE);
	/* another profile has nothing of it */
	snprintf(f.target->profile, sizeof(f.target->profile), "other");
	assert_false(cred_get(&f.fetch, NULL, &other, &err));
	assert_string_equal(err.id, CRED_NEEDS_CODE);
	cred_unref(first);
	cred_unref(second);
	fake_release(&f);
}

/* Whoever is asked for keys is counted, too. */
static void test_counted(void **state)
{
	struct meter_row row;
	struct fake f;
	size_t seen = 0;

	(void)state;
	meter_reset();
	fake_init(&f, &any_source, url, "");
	snprintf(f.target->profile, sizeof(f.target->profile), "admin");
	assert_false(cred_answer(&f.fetch, STR("654321"), &err));
	assert_true(cred_answer(&f.fetch, STR(SIM_MFA_CODE), &err));
	for (size_t i = 0; meter_read(i, clock_mono_us(), &row); i++)
		if (strcmp(row.name, aws_services[AWS_STS].name) == 0) {
			assert_int_equal(row.calls, 2);
			assert_int_equal(row.failed, 1);
			assert_true(row.bytes > 0);
			seen++;
		}
	assert_int_equal(seen, 1);
	fake_release(&f);
}

/* Over, and the service is not there: its own words, and it is asked again at once. */
static void test_renewal_in_trouble(void **state)
{
	const struct cred_set *set = NULL;
	struct sim_param ended = {STR("life"), STR("-60")}, usual = {STR("life"), STR("3600")};
	struct sign_on s;

	(void)state;
	assert_true(sim_identity_admin(sim, STR("keys"), &ended, 1, &err));
	begin(&s, 1);
	person("allow");
	pthread_join(s.thread, NULL);
	assert_true(s.ok);
	assert_true(sim_identity_admin(sim, STR("keys"), &usual, 1, &err));
	for (int i = 0; i < 2; i++) {
		assert_true(sim_fault(sim, "service=sso-oidc&operation=CreateToken&kind=error500", &err));
		cred_forget();
		assert_false(cred_get(&s.fake.fetch, NULL, &set, &err));
		assert_string_not_equal(err.id, CRED_NEEDS_LOGIN);
		assert_non_null(strstr(err.text, "session corp has to be renewed"));
		assert_non_null(strstr(err.text, "HTTP 500"));
		sim_clear(sim);
	}
	cred_forget();
	assert_true(cred_get(&s.fake.fetch, NULL, &set, &err));
	cred_unref(set);
	fake_release(&s.fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_somebody_says_yes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_somebody_says_no, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_trouble_on_the_way, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cancelled, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_old_registration, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_profile_without, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_long_path_of_authorities, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused_with_a_code, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_code_once_for_all_regions, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_counted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_renewal_in_trouble, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_mfa_code, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
