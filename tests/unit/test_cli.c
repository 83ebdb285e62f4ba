/*
 * test_cli.c: the command line, the environment and config.ini: every option, bad values named,
 * suggestions, precedence.
 */
#include "cli.h"

#include "base/check.h"
#include "base/str.h"
#include "config_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct options o;
static struct err err;
static char folder[64], config[128];

static int setup(void **state)
{
	static const char *const names[] = {"AURORATOP_DB", "AURORATOP_CONFIG", "AURORATOP_CLUSTER"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		(void)unsetenv(names[i]);
	(void)snprintf(folder, sizeof folder, "/tmp/auroratop-cli-XXXXXX");
	assert_non_null(mkdtemp(folder));
	(void)snprintf(config, sizeof config, "%s/config.ini", folder);
	/* No settings of whoever runs the test. */
	(void)setenv("XDG_CONFIG_HOME", folder, 1);
	(void)setenv("HOME", folder, 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	(void)unlink(config);
	(void)rmdir(folder);
	return 0;
}

/* Words separated by one blank. */
static bool parse(const char *words)
{
	static char line[4096];
	char *argv[64];
	int argc = 0;

	(void)snprintf(line, sizeof line, "auroratop %s", words);
	for (char *p = line; p && argc < 63;) {
		char *blank = strchr(p, ' ');

		if (*p)
			argv[argc++] = p;
		if (blank)
			*blank++ = '\0';
		p = blank;
	}
	argv[argc] = NULL;
	err_clear(&err);
	return cli_parse(argc, argv, &o, &err);
}

static void write_config(const char *text)
{
	FILE *out = fopen(config, "w");

	assert_non_null(out);
	(void)fputs(text, out);
	assert_int_equal(fclose(out), 0);
}

static void says(const char *words)
{
	if (!strstr(err.text, words))
		fail_msg("\"%s\" does not say \"%s\"", err.text, words);
}

static void test_defaults(void **state)
{
	(void)state;
	assert_true(parse(""));
	assert_int_equal(o.command, COMMAND_CONSOLE);
	assert_int_equal(o.interval_us, US_PER_S);
	assert_int_equal(o.range_us, 3 * US_PER_HOUR);
	assert_string_equal(o.theme, "dark");
	assert_string_equal(o.color, "auto");
	assert_string_equal(o.cluster, "");
	assert_int_equal(o.format, FORMAT_TEXT);
	assert_true(o.motion && o.mouse);
	assert_false(o.ascii || o.read_only || o.wake || o.show_literals || o.headless);
}

static void test_every_option(void **state)
{
	(void)state;
	assert_true(parse(
		"--profile p --region=eu-west-1 --endpoint-url http://localhost:1 --db postgresql://h/db --user u "
		"--dbname d --sslmode require --sslrootcert /ca.pem --interval 2.5 --range 12h --theme light "
		"--color never --ascii --no-motion --no-mouse --read-only --wake --show-literals prod-orders"));
	assert_string_equal(o.profile, "p");
	assert_string_equal(o.region, "eu-west-1");
	assert_string_equal(o.endpoint_url, "http://localhost:1");
	assert_string_equal(o.db, "postgresql://h/db");
	assert_string_equal(o.logins.said.user, "u");
	assert_string_equal(o.dbname, "d");
	assert_string_equal(o.sslmode, "require");
	assert_string_equal(o.sslrootcert, "/ca.pem");
	assert_int_equal(o.interval_us, 2500 * US_PER_MS);
	assert_int_equal(o.range_us, 12 * US_PER_HOUR);
	assert_string_equal(o.theme, "light");
	assert_string_equal(o.color, "never");
	assert_true(o.ascii && o.read_only && o.wake && o.show_literals);
	assert_false(o.motion || o.mouse);
	assert_string_equal(o.cluster, "prod-orders");
	assert_int_equal(o.command, COMMAND_CONSOLE);
}

static void test_once_and_panes(void **state)
{
	(void)state;
	assert_true(parse("--once --format json --pane sessions --pane=clusters prod-orders"));
	assert_int_equal(o.command, COMMAND_ONCE);
	assert_int_equal(o.format, FORMAT_JSON);
	assert_int_equal(o.npanes, 2);
	assert_string_equal(o.panes[0], "sessions");
	assert_string_equal(o.panes[1], "clusters");
	assert_true(parse("--once --format csv"));
	assert_int_equal(o.format, FORMAT_CSV);
}

static void test_report(void **state)
{
	(void)state;
	assert_true(parse("report prod-orders -o incident.md --show-literals"));
	assert_int_equal(o.command, COMMAND_REPORT);
	assert_string_equal(o.cluster, "prod-orders");
	assert_string_equal(o.output, "incident.md");
	assert_true(o.show_literals);
	assert_true(parse("report --output=incident.md"));
	assert_string_equal(o.output, "incident.md");
	assert_true(parse("report"));
	assert_string_equal(o.output, "");
	assert_false(parse("report -o"));
	says("--output needs a value");
	assert_false(parse("report one two"));
	says("two");
}

static void test_clocks_and_bell(void **state)
{
	(void)state;
	assert_true(parse(""));
	assert_string_equal(o.time, "utc");
	assert_false(o.bell);
	assert_true(parse("--time local --bell"));
	assert_string_equal(o.time, "local");
	assert_true(o.bell);
	assert_false(parse("--time CET"));
	says("--time: CET is neither utc nor local");
}

static void test_commands(void **state)
{
	(void)state;
	assert_true(parse("demo --headless --clusters 3 --scenario lock-chain"));
	assert_int_equal(o.command, COMMAND_DEMO);
	assert_true(o.headless);
	assert_int_equal(o.clusters, 3);
	assert_string_equal(o.scenario, "lock-chain");
	assert_true(parse("fields --format json"));
	assert_int_equal(o.command, COMMAND_FIELDS);
	assert_true(parse("--help"));
	assert_int_equal(o.command, COMMAND_HELP);
	assert_true(parse("--version"));
	assert_int_equal(o.command, COMMAND_VERSION);
	assert_false(parse("demo prod-orders"));
	says("prod-orders");
	assert_false(parse("one two"));
	says("two");
}

static void test_bad_values_name_the_option(void **state)
{
	static const char *const cases[][2] = {
		{"--interval 0", "--interval"},
		{"--interval 61", "--interval"},
		{"--interval soon", "--interval"},
		{"--interval -1", "--interval"},
		{"--interval nan", "--interval"},
		{"--range 5m", "--range"},
		{"--range 8d", "--range"},
		{"--format xml", "--format"},
		{"--color blue", "--color"},
		{"demo --clusters x", "--clusters"},
		{"demo --clusters 5001", "--clusters"},
		{"demo --clusters -1", "--clusters"},
		{"--region", "--region needs a value"},
		{"--ascii=yes", "--ascii takes no value"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (parse(cases[i][0]))
			fail_msg("%s is taken", cases[i][0]);
		says(cases[i][1]);
	}
}

static void test_too_long(void **state)
{
	static char long_name[4000];

	(void)state;
	(void)snprintf(long_name, sizeof long_name, "--region %0*d", 200, 7);
	assert_false(parse(long_name));
	says("--region");
	(void)snprintf(long_name, sizeof long_name, "%0*d", 400, 7);
	assert_false(parse(long_name));
	says("cluster");
	(void)snprintf(long_name, sizeof long_name, "--once --pane %0*d", 100, 7);
	assert_false(parse(long_name));
	says("--pane");
}

static void test_unknown_options(void **state)
{
	(void)state;
	assert_false(parse("--regoin eu-west-1"));
	says("unknown option --regoin");
	says("--region");
	assert_false(parse("--zzzzzz"));
	says("--zzzzzz");
	assert_null(strstr(err.text, "did you mean"));
	assert_false(parse("-x"));
	says("-x");
	/* Nothing secret is taken from a command line. */
	assert_false(parse("--password x"));
}

/* A file that is named must be there; one that is only looked for need not. */
static void test_config(void **state)
{
	(void)state;
	assert_false(parse("--config /nonexistent/config.ini"));
	says("/nonexistent/config.ini");
	(void)setenv("AURORATOP_CONFIG", "/nonexistent/other.ini", 1);
	assert_false(parse(""));
	says("/nonexistent/other.ini");
	(void)unsetenv("AURORATOP_CONFIG");
	assert_true(parse(""));
}

static bool parse_with(const char *text, const char *words)
{
	char line[512];

	write_config(text);
	(void)snprintf(line, sizeof line, "--config %s %s", config, words);
	return parse(line);
}

static void test_config_values(void **state)
{
	(void)state;
	assert_true(parse_with("[auroratop]\ntheme = light\ninterval = 2\nread_only = yes\nrange = 1d\nno_mouse = on\n",
			       ""));
	assert_string_equal(o.theme, "light");
	assert_int_equal(o.interval_us, 2 * US_PER_S);
	assert_int_equal(o.range_us, US_PER_DAY);
	assert_true(o.read_only);
	assert_false(o.mouse);
	/* A flag wins over the file. */
	assert_true(parse_with("[auroratop]\ntheme = light\n", "--theme mono"));
	assert_string_equal(o.theme, "mono");
	/* So does the environment. */
	(void)setenv("AURORATOP_DB", "postgresql://from/env", 1);
	assert_true(parse_with("[auroratop]\ndb = postgresql://from/file\n", ""));
	assert_string_equal(o.db, "postgresql://from/env");
	assert_true(parse_with("[auroratop]\n", "--db postgresql://from/flag"));
	assert_string_equal(o.db, "postgresql://from/flag");
	(void)unsetenv("AURORATOP_DB");
	(void)setenv("AURORATOP_CLUSTER", "from-env", 1);
	assert_true(parse(""));
	assert_string_equal(o.cluster, "from-env");
	assert_true(parse("from-word"));
	assert_string_equal(o.cluster, "from-word");
	(void)unsetenv("AURORATOP_CLUSTER");
}

static void test_config_faults_name_their_place(void **state)
{
	char where[160];

	(void)state;
	assert_false(parse_with("[auroratop]\ntheme = light\nintervall = 2\n", ""));
	(void)snprintf(where, sizeof where, "%s:3: intervall", config);
	says(where);
	says("interval");
	assert_false(parse_with("[auroratop]\n\ninterval = soon\n", ""));
	(void)snprintf(where, sizeof where, "%s:3: interval", config);
	says(where);
	/* What only makes sense on a command line is no setting. */
	assert_false(parse_with("[auroratop]\nonce = yes\n", ""));
	says("once");
	assert_false(parse_with("[auroratop]\nascii = perhaps\n", ""));
	says("ascii");
	assert_false(parse_with("[auroratop\n", ""));
	says(config);
}

static const struct policy *policy_of(const char *name)
{
	return policy_find(&o.policies, str_c(name));
}

static void test_policy(void **state)
{
	(void)state;
	assert_true(parse(""));
	assert_int_equal(policy_of("any")->stop_waiters, 20);
	assert_string_equal(policy_of("any")->production_tag, "environment=production");
	assert_false(policy_of("any")->window.set);
	/* a cluster's section overrides single keys, wherever it stands */
	assert_true(parse_with("[policy prod-orders]\nread_only = yes\nstop-waiters = 5\n[policy]\n"
			       "window = Sat 22:00-Sun 04:00\nproduction_tag =\nstop_load = 12.5\n"
			       "[policy \"prod-orders\"]\nstop_load = 0\n[policy db.example.com]\nwindow =\n"
			       "[auroratop]\ntheme = light\n",
			       ""));
	assert_string_equal(o.theme, "light");
	assert_int_equal(o.policies.n, 2);
	assert_true(policy_of("Prod-Orders")->read_only && policy_of("prod-orders")->window.set);
	assert_int_equal(policy_of("prod-orders")->stop_waiters, 5);
	assert_true(policy_of("prod-orders")->stop_load <= 0);
	assert_false(policy_of("db.example.com")->window.set || policy_of("db.example.com")->read_only);
	assert_true(policy_of("other")->stop_load > 12.4 && policy_of("other")->window.set);
	assert_string_equal(policy_of("other")->production_tag, "");
	assert_false(policy_of("other")->read_only || o.read_only);
	/* tags by key alone are enough */
	assert_true(parse_with("[policy]\nrequired_tags = owner, environment=production\nsubnet_addresses = 12\n"
			       "[policy test]\nrequired_tags =\n",
			       ""));
	assert_string_equal(policy_of("other")->required_tags, "owner, environment=production");
	assert_int_equal(policy_of("other")->limits.subnet_addresses, 12);
	assert_string_equal(policy_of("test")->required_tags, "");
}

static void test_policy_faults_name_their_place(void **state)
{
	static const char *const cases[][2] = {
		{"[policy]\n\nwindow = Sat 22:00\n", ":3: window"},
		{"[policy]\nread_only = perhaps\n", ":2: read_only"},
		{"[policy]\nstop_waiters = -1\n", ":2: stop_waiters"},
		{"[policy]\nstop_waiters = many\n", ":2: stop_waiters"},
		{"[policy]\nstop_load = nan\n", ":2: stop_load"},
		{"[policy]\nstop_load = inf\n", ":2: stop_load"},
		{"[policy]\nproduction_tag = production\n", ":2: production_tag"},
		{"[policy]\nproduction_tag = a=b, =c\n", ":2: production_tag"},
		{"[policy]\nstop_waiter = 3\n", ":2: stop_waiter"},
		{"[policy]\nstop_waiter = 3\n", "did you mean stop_waiters"},
		{"[policy]\ntheme = light\n", ":2: theme"},
		{"[policy a]\n[policy b]\nwindow = daily\n", ":3: window"},
		{"theme = light\n\n[polcy]\n", ":3: [polcy]"},
		{"[policies]\nwindow = daily 01:00-02:00\n", ":1: [policies]"},
	};
	static char long_name[400];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (parse_with(cases[i][0], ""))
			fail_msg("%s is taken", cases[i][0]);
		says(cases[i][1]);
		says(config);
	}
	(void)snprintf(long_name, sizeof long_name, "[policy %0*d]\n", 300, 7);
	assert_false(parse_with(long_name, ""));
	says(":1: ");
}

/* doctor takes a cluster like the console does, and this host's address. */
static void test_doctor(void **state)
{
	(void)state;
	assert_true(parse("doctor prod-orders --format json --public-address ::ffff:203.0.113.7"));
	assert_int_equal(o.command, COMMAND_DOCTOR);
	assert_string_equal(o.cluster, "prod-orders");
	assert_int_equal(o.format, FORMAT_JSON);
	assert_true(parse("doctor"));
	assert_int_equal(o.command, COMMAND_DOCTOR);
	assert_string_equal(o.cluster, "");
	/* a cluster may have that name */
	assert_true(parse("doctor doctor"));
	assert_string_equal(o.cluster, "doctor");
	assert_false(parse("doctor a b"));
	says("only one cluster can be named: b");
	assert_false(parse("doctor --format csv"));
	says("doctor: --format is text or json");
	assert_false(parse("--public-address 203.0.113.256"));
	says("--public-address: 203.0.113.256 is no IPv4 or IPv6 address");
	assert_false(parse("--ask-public-address http://example.com/ip"));
	says("https://");
	assert_true(parse_with("[auroratop]\npublic_address = 203.0.113.7\n", "doctor"));
	assert_string_equal(o.public_address, "203.0.113.7");
}

/* The example that is installed has every key of the policy, and changes nothing; so has the manual. */
static void test_example(void **state)
{
	static const char example[] = SOURCE_DIR "/man/config.example.ini";
	static struct options plain;
	struct buf manual;
	struct ini ini;
	size_t n = 0;

	(void)state;
	assert_true(parse(""));
	plain = o;
	assert_true(parse("--config " SOURCE_DIR "/man/config.example.ini"));
	assert_memory_equal(&o.policies, &plain.policies, sizeof plain.policies);
	assert_string_equal(o.theme, plain.theme);
	assert_int_equal(o.interval_us, plain.interval_us);
	buf_init(&manual, 1 << 20);
	config_policy_manual(&manual);
	for (size_t i = 0; i < manual.len; i++)
		n += manual.data[i] == '(' && strncmp(manual.data + i, "(default ", 9) == 0;
	assert_true(ini_read_file(&ini, example, INI_QUOTES | INI_LOWER_KEYS, &err));
	for (size_t i = 0; i < ini.n; i++)
		n -= str_eq_c(ini.entries[i].section, "policy");
	assert_int_equal(n, 0);
	ini_release(&ini);
	buf_release(&manual);
}

/* The environment names the file as --config does. */
static void test_config_from_environment(void **state)
{
	(void)state;
	write_config("[auroratop]\ntheme = light\n");
	(void)setenv("AURORATOP_CONFIG", config, 1);
	assert_true(parse(""));
	assert_string_equal(o.theme, "light");
	/* The flag wins over it. */
	assert_false(parse("--config /nonexistent/config.ini"));
	(void)unsetenv("AURORATOP_CONFIG");
}

static void test_help_names_all(void **state)
{
	static const char *const names[] = {
		"--profile", "--region",    "--endpoint-url", "--db",       "--interval", "--once",         "--format",
		"--pane",    "--read-only", "--theme",        "--color",    "--ascii",    "--config",       "--version",
		"--help",    "--headless",  "--clusters",     "--scenario", "--wake",     "--show-literals"};
	struct buf help, manual;

	(void)state;
	buf_init(&help, 1 << 20);
	buf_init(&manual, 1 << 20);
	cli_help(&help);
	cli_manual(&manual);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		assert_true(str_find(buf_str(&help), str_c(names[i]), 0) >= 0);
		assert_true(str_find(buf_str(&manual), str_c(names[i]), 0) >= 0);
	}
	buf_release(&help);
	buf_release(&manual);
}

/* user, auth, secret and the same of who acts, as they hold for a cluster. */
static void login_is(const char *cluster, const char *words)
{
	struct login_choice c;
	char text[2048];

	logins_choose(&o.logins, str_c(cluster), &c);
	(void)snprintf(text, sizeof text, "%s %s %s, %s %s %s", c.user, c.auth, c.secret, c.action_user, c.action_auth,
		       c.action_secret);
	assert_string_equal(text, words);
}

static void test_logins(void **state)
{
	(void)state;
	write_config("[auroratop]\nuser = all\nauth = password\naction-user = keeper\n"
		     "[login prod-orders]\nauth = iam\nuser = monitor\n"
		     "[login Billing]\nauth = secret\nsecret = billing/watch\naction_secret = billing/keep\n");
	(void)setenv("AURORATOP_CONFIG", config, 1);
	assert_true(parse(""));
	login_is("elsewhere", "all password , keeper  ");
	login_is("prod-orders", "monitor iam , keeper  ");
	login_is("PROD-ORDERS", "monitor iam , keeper  ");
	login_is("billing", "all secret billing/watch, keeper  billing/keep");
	login_is("elsewhere,billing", "all secret billing/watch, keeper  billing/keep");
	login_is("", "all password , keeper  ");
	/* what is said outranks the cluster's own, also in the words of the file */
	assert_true(parse("--user all --auth password"));
	login_is("prod-orders", "all password , keeper  ");
	(void)setenv("AURORATOP_AUTH", "secret", 1);
	assert_true(parse("--action-auth iam"));
	login_is("prod-orders", "monitor secret , keeper iam ");
	assert_true(parse("--auth iam"));
	login_is("billing", "all iam billing/watch, keeper  billing/keep");
	(void)unsetenv("AURORATOP_AUTH");
}

static void login_fault(const char *text, const char *words)
{
	write_config(text);
	(void)setenv("AURORATOP_CONFIG", config, 1);
	assert_false(parse(""));
	says(words);
	assert_null(strstr(err.text, "hush-hush"));
}

static void test_login_faults_name_their_place(void **state)
{
	(void)state;
	assert_false(parse("--auth kerberos"));
	says("--auth: kerberos is none of password, iam, secret");
	login_fault("[login a]\nauth = IAM\n", "config.ini:2: auth: IAM is none of password, iam, secret");
	login_fault("[login a]\n\nsecrets = x\n",
		    "config.ini:3: secrets: no such setting of a login; did you mean secret");
	login_fault("[login]\nauth = iam\n",
		    "[login]: no such section; there are [auroratop], [policy], [policy CLUSTER] and [login CLUSTER]");
	login_fault("[login a]\npassword = hush-hush\n", "config.ini:2: password: no such setting of a login");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_defaults),
		TEST(test_every_option),
		TEST(test_once_and_panes),
		TEST(test_commands),
		TEST(test_report),
		TEST(test_clocks_and_bell),
		TEST(test_bad_values_name_the_option),
		TEST(test_too_long),
		TEST(test_unknown_options),
		TEST(test_config),
		TEST(test_config_values),
		TEST(test_config_faults_name_their_place),
		TEST(test_policy),
		TEST(test_policy_faults_name_their_place),
		TEST(test_logins),
		TEST(test_login_faults_name_their_place),
		TEST(test_doctor),
		TEST(test_example),
		TEST(test_config_from_environment),
		TEST(test_help_names_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
