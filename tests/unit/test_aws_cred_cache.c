/*
 * test_aws_cred_cache.c: one search for all who need keys, renewed in time, over HTTP against the simulator; and what a
 * credential_process may do to us.
 */
#include "aws/fake_fetch.h"

#include "aws/client.h"
#include "aws/cred.h"
#include "aws/cred_cache.h"
#include "base/clock.h"
#include "sim/sim_identity.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define LANES 8

static const struct source any_source = {.name = "any"};
static struct sim *sim;
static char url[64], folder[64], config_file[96];
static struct err err;

static void write_config(const char *text)
{
	FILE *f = fopen(config_file, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* Instance metadata of the simulator and nothing else. */
static int set_up(void **state)
{
	struct sim_options o = {.seed = 7};

	(void)state;
	fake_environment();
	unsetenv("AWS_ACCESS_KEY_ID");
	unsetenv("AWS_SECRET_ACCESS_KEY");
	unsetenv("AWS_EC2_METADATA_DISABLED");
	o.region = "us-east-1";
	assert_true(sim_start(&o, &sim, &err));
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", sim_port(sim));
	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", url, 1);
	setenv("AWS_CONFIG_FILE", config_file, 1);
	write_config("");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	cred_stop();
	sim_stop(sim);
	return 0;
}

/* What an operator of the account does: "life", "-60"; "end", "1". */
static void admin(const char *name, const char *value)
{
	struct sim_param p = {str_c(name), str_c(value)};

	assert_true(sim_identity_admin(sim, STR("keys"), &p, 1, &err));
}

static size_t searches(void)
{
	return sim_requests(sim, "imds", "Credentials");
}

struct lane_thread {
	pthread_t thread;
	struct fake fake;
	const struct cred_set *set;
	struct err err;
	bool ok;
};

static void *get(void *ctx)
{
	struct lane_thread *l = ctx;

	l->ok = cred_get(&l->fake.fetch, NULL, &l->set, &l->err);
	return NULL;
}

static void start(struct lane_thread *l, const char *profile)
{
	*l = (struct lane_thread){.ok = false};
	fake_init(&l->fake, &any_source, url, "");
	l->fake.target->generation = 1; /* all lanes have the same target */
	l->fake.fetch.deadline_mono_us = clock_mono_us() + US_PER_HOUR;
	snprintf(l->fake.target->profile, sizeof(l->fake.target->profile), "%s", profile);
	assert_int_equal(pthread_create(&l->thread, NULL, get, l), 0);
}

static void test_one_search_for_all(void **state)
{
	struct lane_thread lanes[LANES];

	(void)state;
	assert_true(sim_fault(sim, "service=imds&operation=Credentials&kind=latency&ms=200", &err));
	for (size_t i = 0; i < LANES; i++)
		start(&lanes[i], "");
	for (size_t i = 0; i < LANES; i++) {
		pthread_join(lanes[i].thread, NULL);
		assert_true(lanes[i].ok);
		assert_ptr_equal(lanes[i].set, lanes[0].set);
	}
	for (size_t i = 0; i < LANES; i++) {
		cred_unref(lanes[i].set);
		fake_release(&lanes[i].fake);
	}
	assert_int_equal(searches(), 1);
}

/* All lanes share the error, too, and do not hurry to ask again. */
static void test_one_failure_for_all(void **state)
{
	struct lane_thread lanes[LANES];

	(void)state;
	assert_true(sim_fault(sim, "service=imds&operation=Credentials&kind=latency&ms=200", &err));
	assert_true(sim_fault(sim, "service=imds&operation=Credentials&kind=malformed", &err));
	for (size_t i = 0; i < LANES; i++)
		start(&lanes[i], "");
	for (size_t i = 0; i < LANES; i++)
		pthread_join(lanes[i].thread, NULL);
	for (size_t i = 0; i < LANES; i++) {
		assert_false(lanes[i].ok);
		assert_non_null(strstr(lanes[i].err.text, "no valid JSON"));
		fake_release(&lanes[i].fake);
	}
	assert_int_equal(searches(), 1);
	start(&lanes[0], "");
	pthread_join(lanes[0].thread, NULL);
	assert_false(lanes[0].ok);
	fake_release(&lanes[0].fake);
	assert_int_equal(searches(), 1);
}

static bool ask_who(struct fake *f, struct aws_client **client)
{
	static const char *const wanted[] = {"GetCallerIdentityResult/Arn", NULL};
	struct aws_call call = {.service = AWS_STS,
				.operation = "GetCallerIdentity",
				.body = STR("Action=GetCallerIdentity&Version=2011-06-15"),
				.wanted = wanted};
	struct aws_answer answer = {0};
	bool ok;

	f->fetch.deadline_mono_us = clock_mono_us() + 10 * US_PER_S;
	ok = aws_client_get(&f->fetch, client, &err) && aws_call(*client, &f->fetch, &call, &answer, &err);
	if (ok)
		assert_true(str_find(xml_decoder_wanted(answer.xml, 0), STR("assumed-role/web-server"), 0) >= 0);
	aws_answer_release(&answer);
	return ok;
}

static void test_expired_answer_renews_once(void **state)
{
	struct aws_client *client;
	struct fake f;

	(void)state;
	fake_init(&f, &any_source, url, "");
	assert_true(ask_who(&f, &client));
	assert_int_equal(searches(), 1);
	admin("end", "1"); /* AWS takes these keys no more, long before their time */
	assert_true(ask_who(&f, &client));
	assert_int_equal(searches(), 2);
	assert_int_equal(sim_requests(sim, "sts", "GetCallerIdentity"), 3);
	/* keys that came just now and are refused as well are not asked for again and again */
	admin("end", "1");
	assert_false(ask_who(&f, &client));
	assert_int_equal(err.code, ERR_CREDENTIALS);
	assert_non_null(strstr(err.text, "expired"));
	assert_int_equal(searches(), 2);
	fake_release(&f);
}

/* Under a quarter of an hour left: the keys are used on, and others are fetched behind them. */
static void test_renewed_ahead(void **state)
{
	const struct cred_set *first, *next = NULL;
	struct fake f;

	(void)state;
	fake_init(&f, &any_source, url, "");
	admin("life", "720");
	assert_true(cred_get(&f.fetch, NULL, &first, &err));
	admin("life", "3600");
	/* what is found has a minute's rest before it is looked for again: as if that were over */
	cred_forget();
	for (int i = 0; i < 500 && !(next && next->number != first->number); i++) {
		cred_unref(next);
		assert_true(cred_get(&f.fetch, NULL, &next, &err));
		usleep(10000);
	}
	assert_int_not_equal(next->number, first->number);
	assert_int_equal(searches(), 2);
	assert_true(next->keys.expires_at_us > clock_wall_us() + 50 * US_PER_MIN);
	cred_unref(next);
	cred_unref(first);
	fake_release(&f);
}

/* Instance keys that are over are used on: the service gives what it has. */
static void test_static_stability(void **state)
{
	const struct cred_set *set;
	struct fake f;

	(void)state;
	fake_init(&f, &any_source, url, "");
	admin("life", "-600");
	assert_true(cred_get(&f.fetch, NULL, &set, &err));
	assert_true(set->keys.expires_at_us > clock_wall_us() + 15 * US_PER_MIN);
	assert_true(set->keys.expires_at_us < clock_wall_us() + 26 * US_PER_MIN);
	cred_unref(set);
	fake_release(&f);
}

static void test_cancel(void **state)
{
	struct lane_thread lane;

	(void)state;
	setenv("AWS_METADATA_SERVICE_TIMEOUT", "60", 1);
	assert_true(sim_fault(sim, "service=imds&operation=Token&kind=hang", &err));
	start(&lane, "");
	usleep(200000);
	fake_cancel(&lane.fake);
	pthread_join(lane.thread, NULL);
	assert_false(lane.ok);
	assert_int_equal(lane.err.code, ERR_CANCELLED);
	fake_release(&lane.fake);
	/* nothing was learnt by that: the next one asks anew */
	sim_clear(sim);
	start(&lane, "");
	pthread_join(lane.thread, NULL);
	assert_true(lane.ok);
	cred_unref(lane.set);
	fake_release(&lane.fake);
	unsetenv("AWS_METADATA_SERVICE_TIMEOUT");
}

/* ---- credential_process ---- */

static void process(const char *command, const char *want_access, const char *part, int64_t time_us)
{
	struct cred_ask q = {.region = "", .endpoint_url = "", .ca_bundle = "", .cancel_fd = -1};
	struct aws_credentials keys = {.access_key = NULL};
	struct aws_config config;
	char text[1200];
	bool ok;

	snprintf(text, sizeof(text), "[default]\ncredential_process = %s\n", command);
	write_config(text);
	assert_true(aws_config_load(&config, "default", &err));
	q.config = &config;
	q.http = http_new();
	q.deadline_mono_us = clock_mono_us() + time_us;
	ok = cred_load(&q, &keys, &err);
	if (want_access) {
		if (!ok)
			fail_msg("%s: %s", command, err.text);
		assert_string_equal(keys.access_key, want_access);
		aws_credentials_wipe(&keys);
	} else {
		assert_false(ok);
		if (!strstr(err.text, part))
			fail_msg("%s: \"%s\" does not say \"%s\"", command, err.text, part);
		assert_null(strstr(err.text, "hush"));
		assert_true(err.remedy[0] != '\0' || err.code == ERR_LIMIT || strstr(err.text, "gave"));
	}
	http_free(q.http);
	aws_config_release(&config);
}

#define KEYS "{\\\"Version\\\": 1, \\\"AccessKeyId\\\": \\\"%s\\\", \\\"SecretAccessKey\\\": \\\"hush\\\"}"

static void test_process_words(void **state)
{
	char command[500];

	(void)state;
	/* quotes, blanks in them, backslashes; nothing is expanded */
	snprintf(command, sizeof(command), "printf \"" KEYS "\" 'A  B'", "%s");
	process(command, "A  B", NULL, 20 * US_PER_S);
	snprintf(command, sizeof(command), "printf \"" KEYS "\" A\\ '$HOME'\"`x`\"~", "%s");
	process(command, "A $HOME`x`~", NULL, 20 * US_PER_S);
	snprintf(command, sizeof(command), "printf \"" KEYS "\" x\\\"y\\\\z", "%s");
	process(command, NULL, "no valid JSON", 20 * US_PER_S); /* a quote in the name: it came through */
	/* what would begin a comment elsewhere */
	process("sh -c 'echo out ; exit 4 # why'", NULL, "failed with status 4", 20 * US_PER_S);
	process("printf 'open", NULL, "an open quote", 20 * US_PER_S);
	assert_non_null(strstr(err.text, ":2: credential_process"));
}

static void test_process_faults(void **state)
{
	(void)state;
	process("/nonexistent/program", NULL, "cannot be started: No such file or directory", 20 * US_PER_S);
	process("sh -c 'echo hush is not json'", NULL, "gave no valid JSON", 20 * US_PER_S);
	process("true", NULL, "gave nothing", 20 * US_PER_S);
	process("sh -c 'echo no ticket >&2; exit 3'", NULL, "failed with status 3: no ticket", 20 * US_PER_S);
	process("sh -c 'echo key wJalrXUtnFEMIK7MDENGhush4444 >&2; exit 1'", NULL, "status 1: key ...", 20 * US_PER_S);
	process("sh -c 'kill -9 $$'", NULL, "ended by signal 9", 20 * US_PER_S);
	process("sh -c 'echo {}'", NULL, "no \"Version\": 1", 20 * US_PER_S);
	process("sh -c 'yes hush | head -c 200000'", NULL, "printed more than 64 KiB", 20 * US_PER_S);
	/* more complaints than anybody reads do not hold it up */
	process("sh -c 'yes noise | head -c 200000 >&2; exit 1'", NULL, "failed with status 1", 20 * US_PER_S);
	process("sleep 1000", NULL, "was stopped", 300 * US_PER_MS);
	/* what it says while it waits for somebody, and beside what is no answer */
	process("sh -c 'echo open the browser >&2; sleep 1000'", NULL, "was stopped: open the browser",
		500 * US_PER_MS);
	process("sh -c 'echo log in first >&2'", NULL, "gave nothing: log in first", 20 * US_PER_S);
	process("sh -c 'echo key wJalrXUtnFEMIK7MDENGhush4444 >&2; echo hush'", NULL, "column 4): key ...",
		20 * US_PER_S);
	/* its output closed, and it goes on */
	process("sh -c 'exec >&- 2>&-; sleep 1000'", NULL, "was stopped", 300 * US_PER_MS);
	/* it ends with what it has started: nobody holds the pipe open */
	process("sh -c 'sleep 1000 & echo {}'", NULL, "", 500 * US_PER_MS);
}

/* It is the leader of a group of its own, which ends with it. */
static void test_process_group_ends(void **state)
{
	char command[300], path[128];
	FILE *f;
	int pid = 0;

	(void)state;
	snprintf(path, sizeof(path), "%s/pid", folder);
	snprintf(command, sizeof(command), "sh -c 'sleep 1000 & echo $! > %s; wait'", path);
	process(command, NULL, "was stopped", 500 * US_PER_MS);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%d", &pid), 1);
	fclose(f);
	for (int i = 0; i < 500 && kill(pid, 0) == 0; i++) {
		char stat_path[64], line[256] = "";

		/* whoever has adopted it may not have looked yet */
		snprintf(stat_path, sizeof(stat_path), "/proc/%d/stat", pid);
		f = fopen(stat_path, "r");
		if (!f || !fgets(line, sizeof(line), f) || strstr(line, ") Z")) {
			pid = 0;
			if (f)
				fclose(f);
			break;
		}
		fclose(f);
		usleep(10000);
	}
	assert_true(pid == 0 || kill(pid, 0) != 0);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_search_for_all, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_failure_for_all, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_expired_answer_renews_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_renewed_ahead, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_static_stability, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cancel, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_process_words, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_process_faults, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_process_group_ends, set_up, tear_down),
	};
	int failed;

	snprintf(folder, sizeof(folder), "/tmp/auroratop-cred-XXXXXX");
	if (!mkdtemp(folder))
		return 1;
	snprintf(config_file, sizeof(config_file), "%s/config", folder);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(config_file);
	rmdir(folder);
	return failed;
}
