/*
 * test_once.c: one refresh to standard output as other people's scripts see it: a real child
 * process, its exit status, and the JSON contract of the command line. No network beyond a port of
 * loopback where nothing listens.
 */
#include "base/buf.h"
#include "base/clock.h"
#include "registry.h"

#include <jansson.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_MAX 32
#define ENV_MAX 32
#define NOBODY_DB "host=127.0.0.1 port=1 dbname=x user=y connect_timeout=5"
#define NOBODY_AWS "--endpoint-url", "http://127.0.0.1:1", "--region", "eu-west-1"

static struct buf out, complaint;

static int setup(void **state)
{
	(void)state;
	buf_init(&out, 64u << 20);
	buf_init(&complaint, 1u << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	buf_release(&out);
	buf_release(&complaint);
	return 0;
}

static void drain(int fd, struct buf *to)
{
	char chunk[4096];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof chunk)) > 0)
		(void)buf_add(to, chunk, (size_t)n);
	(void)close(fd);
}

/* Settings of nobody; what the simulated endpoint says of itself comes after them and replaces the same names. */
static const char *env[ENV_MAX] = {
	"PATH=/usr/bin:/bin",
	"HOME=/nonexistent",
	"LC_ALL=C.UTF-8",
	"AWS_EC2_METADATA_DISABLED=true",
	"NO_PROXY=127.0.0.1",
	"ASAN_OPTIONS=detect_leaks=0",
	"AURORATOP_REQUESTS=", /* where the simulator writes what it is asked */
	"AWS_ACCESS_KEY_ID=AKIDEXAMPLE",
	"AWS_SECRET_ACCESS_KEY=not-a-secret",
};
#define ENV_OWN 7

/* Starts a program with its standard output and error on these descriptors (-1 = ours). */
static pid_t start(char *const *argv, int to, int errors)
{
	posix_spawn_file_actions_t files;
	pid_t pid;

	assert_int_equal(posix_spawn_file_actions_init(&files), 0);
	if (to >= 0)
		assert_int_equal(posix_spawn_file_actions_adddup2(&files, to, 1), 0);
	if (errors >= 0)
		assert_int_equal(posix_spawn_file_actions_adddup2(&files, errors, 2), 0);
	assert_int_equal(posix_spawn(&pid, argv[0], &files, NULL, argv, (char *const *)(uintptr_t)env), 0);
	(void)posix_spawn_file_actions_destroy(&files);
	return pid;
}

/* Runs the console with these words (NULL ends); its exit status. */
static int run(const char *first, ...)
{
	static char program[] = AURORATOP;
	char *argv[WORDS_MAX] = {program};
	int pipes[2], errors[2], status, argc = 1;
	va_list ap;
	pid_t pid;

	va_start(ap, first);
	for (const char *word = first; word; word = va_arg(ap, const char *))
		argv[argc++] = (char *)(uintptr_t)word;
	va_end(ap);
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	assert_int_equal(pipe2(errors, O_CLOEXEC), 0);
	pid = start(argv, pipes[1], errors[1]);
	(void)close(pipes[1]);
	(void)close(errors[1]);
	buf_clear(&out);
	buf_clear(&complaint);
	drain(pipes[0], &out);
	drain(errors[0], &complaint);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static json_t *parsed(void)
{
	json_error_t e;
	json_t *root = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, &e);

	if (!root)
		fail_msg("line %d: %s", e.line, e.text);
	return root;
}

static void assert_keys(const json_t *object, const char *const *names, size_t n)
{
	assert_true(json_is_object(object));
	for (size_t i = 0; i < n; i++)
		if (!json_object_get(object, names[i]))
			fail_msg("no %s", names[i]);
	assert_int_equal(json_object_size(object), n);
}

static void assert_time(const json_t *text)
{
	const char *s = json_string_value(text);
	int64_t us;

	assert_non_null(s);
	assert_true(clock_parse_iso8601(str_c(s), &us));
	assert_int_equal(s[strlen(s) - 1], 'Z');
}

/* What every source says, whatever happened to it. */
static void check_source(const char *name, json_t *source)
{
	static const char *const keys[] = {"state", "error", "at", "unavailable", "rows"};
	static const char *const states[] = {"ok", "error", "unavailable", "skipped"};
	const char *state = json_string_value(json_object_get(source, "state"));
	bool known = false;

	assert_keys(source, keys, ARRAY_LEN(keys));
	for (size_t i = 0; state && i < ARRAY_LEN(states); i++)
		known |= strcmp(state, states[i]) == 0;
	if (!known)
		fail_msg("%s: state %s", name, state ? state : "is no text");
	assert_time(json_object_get(source, "at"));
	assert_true(json_is_object(json_object_get(source, "unavailable")));
	assert_true(json_is_array(json_object_get(source, "rows")));
	if (strcmp(state, "ok") == 0) {
		assert_true(json_is_null(json_object_get(source, "error")));
	} else {
		assert_true(json_string_length(json_object_get(source, "error")) > 0);
		assert_int_equal(json_array_size(json_object_get(source, "rows")), 0);
	}
}

static const char *state_of(json_t *root, const char *name)
{
	const char *s =
		json_string_value(json_object_get(json_object_get(json_object_get(root, "sources"), name), "state"));

	assert_non_null(s);
	return s;
}

/* Merged sources and what is kept ready stand last and are not printed; those of this host, before them, only when
 * they are named. */
static size_t printed_sources(void)
{
	size_t n = registry_nsources;

	while (registry_sources[n - 1]->merges || (registry_sources[n - 1]->flags & (SOURCE_LOCAL | SOURCE_STANDING)))
		n--;
	return n;
}

static size_t named_sources(void)
{
	size_t n = registry_nsources;

	while (registry_sources[n - 1]->merges || (registry_sources[n - 1]->flags & SOURCE_STANDING))
		n--;
	return n;
}

static json_t *checked(size_t nsources)
{
	static const char *const keys[] = {"version", "cluster", "at", "sources"};
	json_t *root = parsed(), *sources = json_object_get(root, "sources"), *source;
	const char *name;

	assert_keys(root, keys, ARRAY_LEN(keys));
	assert_true(json_is_string(json_object_get(root, "version")));
	assert_time(json_object_get(root, "at"));
	assert_int_equal(json_object_size(sources), nsources);
	json_object_foreach(sources, name, source)
	{
		assert_true(registry_find(name) >= 0);
		check_source(name, source);
	}
	return root;
}

/* A cluster's log comes from AWS; the source that reads a server's own one steps aside. */
static bool steps_aside(const struct source *s)
{
	return strcmp(s->name, "server_log") == 0;
}

/* Nobody presses the key that it is read for. */
static bool is_for_a_key(const struct source *s)
{
	return strcmp(s->name, "log_files") == 0;
}

/* What --once must say became of a source when this side of it is so. */
static const char *expected(const struct source *s, const char *of_aws, const char *of_database)
{
	/* made of the others: that they failed is what it has to say */
	if (s->derive)
		return "ok";
	return s->flags & SOURCE_AWS ? of_aws : of_database;
}

/* --db alone: AWS is left out, and every database source says itself why it has nothing. */
static void test_database_alone(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		json_t *root;

		assert_int_equal(run("--once", "--format", "json", "--db", NOBODY_DB, NULL), 3);
		root = checked(printed_sources());
		assert_true(json_is_null(json_object_get(root, "cluster")));
		for (size_t k = 0; k < printed_sources(); k++)
			if (strcmp(state_of(root, registry_sources[k]->name),
				   expected(registry_sources[k], "skipped", "error")) != 0)
				fail_msg("%s is %s", registry_sources[k]->name,
					 state_of(root, registry_sources[k]->name));
		json_decref(root);
	}
	assert_true(str_find(buf_str(&out), STR("127.0.0.1"), 0) >= 0);
}

static void test_nothing_answers(void **state)
{
	json_t *root;

	(void)state;
	assert_int_equal(run("--once", "--format", "json", NOBODY_AWS, "prod-orders", NULL), 3);
	root = checked(printed_sources());
	assert_string_equal(json_string_value(json_object_get(root, "cluster")), "prod-orders");
	for (size_t k = 0; k < printed_sources(); k++)
		assert_string_equal(state_of(root, registry_sources[k]->name),
				    steps_aside(registry_sources[k]) ? "unavailable"
								     : expected(registry_sources[k], "error", "error"));
	json_decref(root);
}

static void test_panes_choose_sources(void **state)
{
	json_t *root;

	(void)state;
	assert_int_equal(run("--once", "--format", "json", "--pane", "sizes", "--db", NOBODY_DB, NULL), 3);
	root = checked(1);
	assert_string_equal(state_of(root, "database_sizes"), "error");
	json_decref(root);
	assert_int_equal(run("--once", "--pane", "nosuch", "--db", NOBODY_DB, NULL), 2);
	assert_int_equal(out.len, 0);
	assert_true(str_find(buf_str(&complaint), STR("nosuch"), 0) >= 0);
	/* nothing is kept ready for later */
	assert_int_equal(run("--once", "--pane", "action", "--db", NOBODY_DB, NULL), 2);
}

/* What was changed from here needs nobody to answer. */
static void test_the_audit_log(void **state)
{
	char folder[200], path[300], setting[300];
	const char *home = env[1];
	json_t *root, *rows;
	FILE *f;

	(void)state;
	snprintf(folder, sizeof folder, "%s/auroratop-once-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/auroratop", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(setting, sizeof setting, "XDG_STATE_HOME=%s", folder);
	env[1] = setting;
	snprintf(path, sizeof path, "%s/auroratop/audit.jsonl", folder);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("{\"at\":\"2026-03-17T13:41:10Z\",\"id\":\"a\",\"phase\":\"intent\",\"action\":\"vacuum\"}\nx\n", f);
	fclose(f);
	assert_int_equal(
		run("--once", "--format", "json", "--pane", "audit", "--pane", "audit_files", "--db", NOBODY_DB, NULL),
		0);
	root = checked(2);
	rows = json_object_get(json_object_get(json_object_get(root, "sources"), "audit"), "rows");
	assert_int_equal(json_array_size(rows), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(rows, 0), "severity")), "unknown");
	assert_true(json_is_null(json_object_get(json_array_get(rows, 0), "outcome")));
	rows = json_object_get(json_object_get(json_object_get(root, "sources"), "audit_files"), "rows");
	assert_int_equal(json_integer_value(json_object_get(json_array_get(rows, 0), "unreadable")), 1);
	json_decref(root);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof path, "%s/auroratop", folder);
	assert_int_equal(rmdir(path) + rmdir(folder), 0);
	env[1] = home;
}

static void test_text_and_csv(void **state)
{
	(void)state;
	assert_int_equal(run("--once", "--pane", "sessions", "--db", NOBODY_DB, NULL), 3);
	assert_true(str_starts(buf_str(&out), STR("sessions: error: ")));
	assert_int_equal(run("--once", "--format", "csv", "--pane", "sessions", "--db", NOBODY_DB, NULL), 3);
	assert_true(str_starts(buf_str(&out), STR("# sessions error: ")));
}

/* A report is written whatever answers, and the status says how much did. */
static void test_report(void **state)
{
	(void)state;
	assert_int_equal(run("report", "--db", NOBODY_DB, NULL), 3);
	assert_true(str_starts(buf_str(&out), STR("# Incident report: ")));
	assert_true(str_find(buf_str(&out), STR("| sessions | failed |"), 0) > 0);
	assert_true(str_find(buf_str(&out), STR("| clusters | left out |"), 0) > 0);
	/* the reason has an address in it */
	assert_true(str_find(buf_str(&out), STR(" at \"127.0.0.1\""), 0) < 0);
	assert_true(str_find(buf_str(&out), STR("\\*\\*\\*"), 0) > 0);
	assert_int_equal(run("report", "--show-literals", "--db", NOBODY_DB, NULL), 3);
	assert_true(str_find(buf_str(&out), STR("\\*\\*\\*"), 0) < 0);
	assert_int_equal(run("report", "-o", "/nonexistent/report.md", "--db", NOBODY_DB, NULL), 3);
	assert_int_equal(out.len, 0);
	assert_true(str_find(buf_str(&complaint), STR("/nonexistent/report.md"), 0) >= 0);
	assert_int_equal(run("report", "one", "two", NULL), 2);
}

static void test_usage(void **state)
{
	(void)state;
	assert_int_equal(run("--once", "--format", "xml", NULL), 2);
	assert_int_equal(out.len, 0);
	assert_true(str_starts(buf_str(&complaint), STR("auroratop: --format")));
	assert_int_equal(run("--help", NULL), 0);
	assert_true(str_find(buf_str(&out), STR("--once"), 0) > 0);
	assert_int_equal(complaint.len, 0);
	assert_int_equal(run("--version", NULL), 0);
	assert_true(str_starts(buf_str(&out), STR("auroratop ")));
}

/* ---- check ---- */

static json_t *find_verdict(json_t *root, const char *id)
{
	json_t *verdict;
	size_t i;

	json_array_foreach(json_object_get(root, "verdicts"), i, verdict)
	{
		if (strcmp(json_string_value(json_object_get(verdict, "id")), id) == 0)
			return verdict;
	}
	fail_msg("no verdict %s", id);
	return NULL;
}

/* Nobody answers: not known, which is not ok. */
static void test_check_without_answers(void **state)
{
	json_t *root, *verdict;

	(void)state;
	assert_int_equal(run("check", "--format", "json", NOBODY_AWS, "prod-orders", NULL), 1);
	root = parsed();
	assert_string_equal(json_string_value(json_object_get(root, "status")), "warning");
	assert_string_equal(json_string_value(json_object_get(find_verdict(root, "reachability.aws"), "severity")),
			    "warning");
	assert_string_equal(json_string_value(json_object_get(find_verdict(root, "reachability.database"), "severity")),
			    "unknown");
	assert_string_equal(json_string_value(json_object_get(root, "cluster")), "prod-orders");
	verdict = find_verdict(root, "availability.cluster");
	assert_string_equal(json_string_value(json_object_get(verdict, "severity")), "unknown");
	assert_non_null(strstr(json_string_value(json_object_get(verdict, "sentence")), "not known"));
	json_decref(root);
	assert_int_equal(run("check", "--only", "backup", NOBODY_AWS, "prod-orders", NULL), 3);
	assert_int_equal(run("check", "--db", NOBODY_DB, NULL), 2);
	assert_true(str_find(buf_str(&out), STR("critical  database does not answer: "), 0) >= 0);
	assert_true(str_find(buf_str(&out), STR("unknown   sessions waiting for locks not known: "), 0) >= 0);
	/* what does not exist there is not missed */
	assert_true(str_find(buf_str(&out), STR("availability.cluster"), 0) < 0);
}

static void test_check_usage(void **state)
{
	(void)state;
	assert_int_equal(run("check", "--only", "nonsense", "--db", NOBODY_DB, NULL), 3);
	assert_int_equal(out.len, 0);
	assert_true(str_find(buf_str(&complaint), STR("nonsense; there are reachability, availability, "), 0) > 0);
	assert_int_equal(run("check", "--format", "csv", "--db", NOBODY_DB, NULL), 3);
	assert_int_equal(run("check", "--fromat", "json", NULL), 3);
	assert_int_equal(run("--once", "--format", "junit", "--db", NOBODY_DB, NULL), 2);
	assert_int_equal(run("check", "a", "b", NULL), 3);
	assert_true(str_find(buf_str(&complaint), STR("only one cluster"), 0) > 0);
}

/* `fields` says of every field what it is; the names are those of the registry, in its order. */
static void test_fields(void **state)
{
	static const char *const keys[] = {"name", "kind", "unit", "wire", "key", "rate", "list", "help"};
	json_t *root;

	(void)state;
	assert_int_equal(run("fields", "--format", "json", NULL), 0);
	root = parsed();
	assert_int_equal(json_object_size(root), named_sources());
	for (size_t i = 0; i < named_sources(); i++) {
		const struct rec_type *type = registry_sources[i]->type;
		json_t *source = json_object_get(root, registry_sources[i]->name),
		       *fields = json_object_get(source, "fields");

		assert_true(json_string_length(json_object_get(source, "source")) > 0);
		assert_true(json_string_length(json_object_get(source, "help")) > 0);
		assert_int_equal(json_array_size(fields), type->nfields);
		for (size_t k = 0; k < type->nfields; k++) {
			json_t *field = json_array_get(fields, k);

			assert_keys(field, keys, ARRAY_LEN(keys));
			assert_string_equal(json_string_value(json_object_get(field, "name")), type->fields[k].name);
			assert_string_equal(json_string_value(json_object_get(field, "kind")),
					    kind_ops[type->fields[k].kind].name);
			assert_int_equal(json_is_true(json_object_get(field, "rate")),
					 !!(type->fields[k].flags & F_RATE));
			assert_int_equal(json_is_null(json_object_get(field, "wire")),
					 !!(type->fields[k].flags & F_COMPUTED));
		}
	}
	json_decref(root);
	assert_int_equal(run("fields", NULL), 0);
	assert_true(str_find(buf_str(&out), STR("xact_us"), 0) > 0);
}

#ifdef AURORATOP_SIM
/* Lines `export NAME=value` until `ready` become the environment of what is run next. */
static void read_settings(FILE *from, char (*lines)[256], size_t max)
{
	size_t n = 0;

	for (size_t i = ENV_OWN; i < ENV_MAX; i++)
		env[i] = NULL;
	while (n < max && fgets(lines[n], (int)sizeof lines[n], from) && !str_starts(str_c(lines[n]), STR("ready"))) {
		lines[n][strcspn(lines[n], "\n")] = '\0';
		assert_true(str_starts(str_c(lines[n]), STR("export ")));
		env[ENV_OWN + n] = lines[n] + strlen("export ");
		n++;
	}
	assert_true(n >= 4);
}

/* The AWS half answers and the database does not: 1, and each source speaks for itself. */
/* Each family by itself, against the endpoint that answers; the database still does not. */
static void check_of_a_healthy_cluster(void)
{
	json_t *root, *verdict;

	assert_int_equal(
		run("check", "--only", "availability", "--format", "json", "--db", NOBODY_DB, "prod-orders", NULL), 0);
	root = parsed();
	assert_string_equal(json_string_value(json_object_get(root, "status")), "ok");
	verdict = find_verdict(root, "availability.cluster");
	assert_string_equal(json_string_value(json_object_get(verdict, "sentence")), "cluster is available");
	assert_string_equal(json_string_value(json_object_get(verdict, "family")), "availability");
	json_decref(root);
	assert_int_equal(
		run("check", "--only", "sessions", "--format", "junit", "--db", NOBODY_DB, "prod-orders", NULL), 3);
	assert_true(str_starts(buf_str(&out),
			       STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"prod-orders\"")));
	assert_true(str_find(buf_str(&out), STR("<testcase classname=\"sessions\" name=\"sessions.blocked\"><skipped"),
			     0) > 0);
	assert_true(str_ends(buf_str(&out), STR("</testsuite>\n")));
}

static void test_half_answers(void **state)
{
	static char program[] = AURORATOP_SIM, flag[] = "--supervised", number[16], lines[16][256];
	char *argv[] = {program, flag, number, NULL};
	int life[2], says[2], status;
	json_t *root, *rows;
	pid_t pid;
	FILE *from;

	(void)state;
	/* The read end must be inherited; the write end is what keeps the endpoint alive. */
	assert_int_equal(pipe(life), 0);
	assert_int_equal(fcntl(life[1], F_SETFD, FD_CLOEXEC), 0);
	assert_int_equal(pipe2(says, O_CLOEXEC), 0);
	(void)snprintf(number, sizeof number, "%d", life[0]);
	pid = start(argv, says[1], -1);
	(void)close(says[1]);
	(void)close(life[0]);
	from = fdopen(says[0], "r");
	assert_non_null(from);
	read_settings(from, lines, ARRAY_LEN(lines));
	assert_int_equal(run("--once", "--format", "json", "--db", NOBODY_DB, "prod-orders", NULL), 1);
	root = checked(printed_sources());
	for (size_t k = 0; k < printed_sources(); k++)
		assert_string_equal(state_of(root, registry_sources[k]->name),
				    steps_aside(registry_sources[k]) || is_for_a_key(registry_sources[k])
					    ? "unavailable"
					    : expected(registry_sources[k], "ok", "error"));
	rows = json_object_get(json_object_get(json_object_get(root, "sources"), "clusters"), "rows");
	assert_int_equal(json_array_size(rows), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(rows, 0), "identifier")), "prod-orders");
	assert_true(json_is_array(json_object_get(json_array_get(rows, 0), "readers")));
	assert_true(json_is_boolean(json_object_get(json_array_get(rows, 0), "encrypted")));
	assert_non_null(
		strchr(json_string_value(json_array_get(json_object_get(json_array_get(rows, 0), "tags"), 0)), '='));
	assert_time(json_object_get(json_array_get(rows, 0), "created_at"));
	json_decref(root);
	check_of_a_healthy_cluster();
	assert_int_equal(run("--once", "--pane", "instances", "--pane", "clusters", "prod-orders", NULL), 0);
	assert_true(str_starts(buf_str(&out), STR("clusters: ok\n")));
	assert_true(str_find(buf_str(&out), STR("orders-1"), 0) > 0);
	assert_int_equal(run("report", "--db", NOBODY_DB, "prod-orders", NULL), 1);
	assert_true(str_starts(buf_str(&out), STR("# Incident report: prod-orders\n")));
	assert_true(str_find(buf_str(&out), STR("| identifier | prod-orders |"), 0) > 0);
	assert_true(str_find(buf_str(&out), STR("| orders-1 | writer | available |"), 0) > 0);
	(void)close(life[1]);
	(void)fclose(from);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	for (size_t i = ENV_OWN; i < ENV_MAX; i++)
		env[i] = NULL;
	env[ENV_OWN] = "AWS_ACCESS_KEY_ID=AKIDEXAMPLE";
	env[ENV_OWN + 1] = "AWS_SECRET_ACCESS_KEY=not-a-secret";
}
#endif

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static char requests[1024];
	const struct CMUnitTest tests[] = {
#ifdef AURORATOP_SIM
		TEST(test_half_answers),
#endif
		TEST(test_database_alone), TEST(test_nothing_answers), TEST(test_panes_choose_sources),
		TEST(test_text_and_csv),   TEST(test_usage),           TEST(test_fields),
		TEST(test_the_audit_log),  TEST(test_report),          TEST(test_check_without_answers),
		TEST(test_check_usage),
	};

	if (getenv("AURORATOP_REQUESTS")) {
		(void)snprintf(requests, sizeof requests, "AURORATOP_REQUESTS=%s", getenv("AURORATOP_REQUESTS"));
		env[ENV_OWN - 1] = requests;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
