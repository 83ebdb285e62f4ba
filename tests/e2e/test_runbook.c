/*
 * test_runbook.c: each section of the runbook asked of the console, of one command, and of the AWS CLI, on the demo's
 * night of an incident: at most two keys from the Overview, and all three say the same. Last, what was acknowledged is
 * known to the next start.
 *
 *     test_runbook AURORATOP
 *
 * The simulator stands still for none of them: snapshots are made meanwhile. So what is compared is what does not move.
 */
#include "console.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <libpq-fe.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROWS 48
#define COLS 160
#define SKIP 77
#define OUTPUT_MAX (1u << 20)
#define WORDS_MAX 300
#define AWS "/usr/bin/aws --endpoint-url \"$AWS_ENDPOINT_URL\" "
#define CLUSTER "prod-orders"

static const char *program;
static struct demo_process demo;
static struct vt *v;
static char output[OUTPUT_MAX], answer[OUTPUT_MAX], state_file[WORDS_MAX];

/* ---- a command's answer ---- */

/* What it writes to standard output is in output; returns its status. */
static int run(const char *command)
{
	FILE *in = popen(command, "r");
	size_t n = 0, got;
	int status;

	assert_non_null(in);
	while ((got = fread(output + n, 1, sizeof(output) - 1 - n, in)) > 0)
		n += got;
	output[n] = '\0';
	status = pclose(in);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static int run_auroratop(const char *arguments)
{
	char command[1024];

	snprintf(command, sizeof(command), "'%s' %s", program, arguments);
	return run(command);
}

static void aws(const char *question)
{
	char command[1024];

	snprintf(command, sizeof(command), AWS "%s --output text", question);
	if (run(command) != 0)
		fail_msg("%s: %s", command, output);
}

static void told(const char *words)
{
	if (!strstr(output, words))
		fail_msg("no \"%s\" in:\n%s", words, output);
}

/* The words of the answer, one after the other; false at the end. */
static bool next_word(char **rest, char word[WORDS_MAX])
{
	char *one;

	while ((one = strsep(rest, " \t\n")) != NULL)
		if (one[0]) {
			snprintf(word, WORDS_MAX, "%s", one);
			return true;
		}
	return false;
}

/* ---- the console ---- */

static void start(const char *option)
{
	const char *const argv[] = {program, option, NULL};

	v = vt_start(ROWS, COLS, argv, NULL);
	console_sees(v, "● live");
}

/* From the Overview, and nothing but these keys. */
static void keys(const char *pressed)
{
	console_press(v, "1", "─ Cluster");
	vt_send(v, pressed);
}

/* ---- the four sections ---- */

static void test_connection_issues(void **state)
{
	char *rest = output, word[WORDS_MAX], shown[WORDS_MAX];

	(void)state;
	start(NULL);
	/* "expect to see the status of the cluster along with the primary and reader endpoints" */
	aws("rds describe-db-clusters --query \"DBClusters[?DBClusterIdentifier=='" CLUSTER
	    "'].[Status, Endpoint, ReaderEndpoint]\"");
	assert_true(next_word(&rest, word));
	snprintf(shown, sizeof(shown), "● %.200s", word);
	console_sees(v, shown);
	for (int i = 0; i < 2; i++) {
		assert_true(next_word(&rest, word));
		/* as much of it as the pane has room for */
		snprintf(shown, sizeof(shown), "%s%.24s", i ? "reader    " : "endpoint  ", word);
		console_sees(v, shown);
	}
	/* "confirm that the ingress rules allow traffic from your IP or subnet": one key, and a second for the path */
	keys("8");
	console_sees(v, "8 Security-group rules");
	aws("ec2 describe-security-groups --group-ids sg-0a1b2c3d --query "
	    "\"SecurityGroups[*].IpPermissions[].[IpRanges[].CidrIp, PrefixListIds[].PrefixListId]\"");
	memcpy(answer, output, sizeof(answer));
	for (rest = answer; next_word(&rest, word);)
		console_sees(v, word);
	console_press(v, "d", "✓  5 TCP connect");
	console_sees(v, "✓  8 Authentication");
	console_sees(v, "✓ 11 Clock");
	assert_int_equal(run_auroratop("doctor"), 0);
	told("the path works");
	assert_int_not_equal(run_auroratop("check --only reachability"), 2);
	told("database answers");
	told("6 rules lead to port");
	console_quit(v);
}

/* The database's port is shut: said first on the Overview, and where the path ends is two keys away. */
static void test_a_connection_that_fails(void **state)
{
	char *conninfo = strdup(getenv("AURORATOP_DB")), *port = strstr(conninfo, " port=");
	const char *behind = port ? strchr(port + 1, ' ') : NULL;
	char shut[1024];

	(void)state;
	assert_non_null(behind);
	snprintf(shut, sizeof(shut), "%.*s port=1%s", (int)(port - conninfo), conninfo, behind);
	setenv("AURORATOP_DB", shut, 1);
	const char *const argv[] = {program, NULL};
	v = vt_start(ROWS, COLS, argv, NULL);
	console_sees(v, "✗ database does not answer: nothing listens");
	console_sees(v, "● available");
	keys("8d");
	console_sees(v, "✗ stops at 5, TCP connect");
	console_sees(v, "next  check the port, and that the server runs");
	console_sees(v, "○  8 Authentication   not reached");
	assert_int_equal(run_auroratop("doctor"), 2);
	told("nothing listens at");
	assert_int_equal(run_auroratop("check --only reachability"), 2);
	told("critical  database does not answer");
	console_quit(v);
	setenv("AURORATOP_DB", conninfo, 1);
	free(conninfo);
}

static void test_high_latency_queries(void **state)
{
	PGconn *slow = PQconnectdb(getenv("AURORATOP_DB"));
	char words[WORDS_MAX], cell[40];

	(void)state;
	assert_int_equal(PQstatus(slow), CONNECTION_OK);
	PQclear(PQexec(slow, "SET application_name = 'runbook'"));
	assert_int_equal(PQsendQuery(slow, "SELECT pg_sleep(900)"), 1);
	start(NULL);
	/* the policy of this test is 20 seconds; the demo has none that long but those that wait for locks */
	snprintf(words, sizeof(words), "! a statement of %d runs for", PQbackendPID(slow));
	console_sees(v, words);
	/* "look for queries that have been running for a long time and investigate their execution plans" */
	keys("2T");
	console_sees(v, "QUERY ▾");
	snprintf(cell, sizeof(cell), "%d  oncall", PQbackendPID(slow));
	console_sees(v, cell);
	console_sees(v, "runbook");
	console_sees(v, "pg_sleep");
	/* what has cost most until now, and the log of slow ones */
	keys("5");
	console_sees(v, "TIME ▾");
	keys("9");
	console_sees(v, "─ 9 Logs");
	keys("0");
	console_sees(v, "statements of 500 ms and more are logged");
	assert_int_equal(run_auroratop("check --only statements"), 1);
	told(words + 2);
	told("policy 20s  [statements.running]");
	told("[statements.mean]");
	console_quit(v);
	PQfinish(slow);
}

static void test_backup_verification(void **state)
{
	char word[WORDS_MAX], *rest = answer;
	int manual = 0;

	(void)state;
	start(NULL);
	console_sees(v, "! newest automated snapshot 31 h old, policy 26 h");
	/* "verify that snapshots are created according to your backup policy" */
	keys("7");
	console_sees(v, "31 h without one");
	aws("rds describe-db-cluster-snapshots --db-cluster-identifier " CLUSTER
	    " --query \"DBClusterSnapshots[].[DBClusterSnapshotIdentifier, SnapshotCreateTime]\"");
	memcpy(answer, output, sizeof(answer));
	while (next_word(&rest, word)) {
		/* copies come and go; the automated ones are named by their time alone */
		if (strncmp(word, "dr-", 3) == 0)
			continue;
		if (strncmp(word, "rds:" CLUSTER "-", 16) == 0)
			console_sees(v, word + 16);
		else if (word[0] >= 'a') {
			console_sees(v, word);
			manual++;
		}
	}
	assert_true(manual >= 3);
	/* "ensure that the retention period is set according to your organization's policy" */
	aws("rds describe-db-clusters --db-cluster-identifier " CLUSTER
	    " --query \"DBClusters[0].[BackupRetentionPeriod]\"");
	snprintf(word, sizeof(word), "moves with retention %d d", atoi(output));
	console_sees(v, word);
	assert_int_equal(run_auroratop("check --only backup"), 1);
	told("warning   newest automated snapshot 31 h old, policy 26 h");
	told("ok        backups are kept for 7 d, policy 7 d or more");
	console_quit(v);
}

static void test_disk_space(void **state)
{
	double bytes;
	char words[WORDS_MAX];

	(void)state;
	start(NULL);
	/* "monitor the free storage space": the metric is asked for, and Aurora does not have it */
	aws("cloudwatch get-metric-statistics --namespace AWS/RDS --metric-name FreeStorageSpace --dimensions "
	    "Name=DBClusterIdentifier,Value=" CLUSTER " --statistics Average --period 300 --start-time "
	    "$(date -u -d '1 hour ago' +%Y-%m-%dT%H:%M:%SZ) --end-time $(date -u +%Y-%m-%dT%H:%M:%SZ) "
	    "--query 'length(Datapoints)'");
	assert_int_equal(atoi(output), 0);
	console_sees(v, "FreeStorageSpace n/a: not emitted by Aurora");
	/* what it has instead, as the CLI says it */
	aws("cloudwatch get-metric-statistics --namespace AWS/RDS --metric-name VolumeBytesUsed --dimensions "
	    "Name=DBClusterIdentifier,Value=" CLUSTER " --statistics Average --period 300 --start-time "
	    "$(date -u -d '1 hour ago' +%Y-%m-%dT%H:%M:%SZ) --end-time $(date -u +%Y-%m-%dT%H:%M:%SZ) "
	    "--query 'sort_by(Datapoints, &Timestamp)[-1].Average'");
	bytes = strtod(output, NULL);
	snprintf(words, sizeof(words), "6 Volume used  %.2f TiB", bytes / 1099511627776.0);
	keys("6");
	console_sees(v, words);
	console_sees(v, "limit of engine 15.4 is 128 TiB");
	console_sees(v, "Largest relations");
	console_sees(v, "order_events");
	/* "VACUUM, VACUUM FULL, REINDEX": asked about with what it gives back, before anything is done */
	console_press(v, "V", "VACUUM");
	vt_key(v, "Esc");
	/* all that can be looked at is ok; what our role may not estimate is unknown, and never ok */
	assert_int_equal(run_auroratop("check --only storage"), 3);
	told("0 critical, 0 warning, 0 notice");
	told("unknown   bloat not known");
	snprintf(words, sizeof(words), "ok        volume %.2f TiB", bytes / 1099511627776.0);
	told(words);
	told("local storage free");
	console_quit(v);
}

/* ---- from one start to the next ---- */

static void select_snapshot_age(void)
{
	console_press(v, ":verdicts<Enter>", "─ Check");
	vt_send(v, "m");
	console_press(v, "/id:backup.snapshot_age<Enter>", "newest automated snapshot 31 h old");
	console_sees(v, "backup.snapshot_age");
}

static void test_acknowledged_by_the_last_start(void **state)
{
	struct stat st;
	FILE *f;

	(void)state;
	/* what changes nothing but a file of ours may be done read-only */
	start("--read-only");
	console_sees(v, "! newest automated snapshot 31 h old");
	select_snapshot_age();
	console_press(v, "a", "backup.snapshot_age is acknowledged");
	console_sees(v, "muted     acknowledged by ");
	console_quit(v);
	assert_int_equal(stat(state_file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);

	start(NULL);
	console_sees(v, "1 muted");
	console_gone(v, "newest automated snapshot 31 h old");
	select_snapshot_age();
	console_sees(v, "muted     acknowledged by ");
	console_quit(v);

	/* somebody has written into the file: told with file and line, kept, and what was acknowledged still is */
	f = fopen(state_file, "a");
	assert_non_null(f);
	fputs("remember the milk\n", f);
	fclose(f);
	start(NULL);
	console_sees(v, "acknowledged.jsonl.bad1");
	console_sees(v, "line 2");
	console_sees(v, "1 muted");
	/* and the same key takes it back for good */
	select_snapshot_age();
	console_press(v, "a", "backup.snapshot_age is shown again");
	console_gone(v, "muted     acknowledged");
	console_quit(v);
	assert_int_equal(run("cat \"$HOME\"/.local/state/auroratop/acknowledged.jsonl"), 0);
	assert_string_equal(output, "");
	assert_int_equal(run("cat \"$HOME\"/.local/state/auroratop/acknowledged.jsonl.bad1"), 0);
	told("remember the milk");
}

static int setup(void **state)
{
	(void)state;
	demo_process_start_with(&demo, program, "incident");
	console_configure("[policy]\nstatement_running = 20s\n");
	snprintf(state_file, sizeof(state_file), "%s/.local/state/auroratop/acknowledged.jsonl", getenv("HOME"));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	demo_process_stop(&demo);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_connection_issues),    cmocka_unit_test(test_a_connection_that_fails),
		cmocka_unit_test(test_high_latency_queries), cmocka_unit_test(test_backup_verification),
		cmocka_unit_test(test_disk_space),           cmocka_unit_test(test_acknowledged_by_the_last_start),
	};
	int failed;

	setlocale(LC_CTYPE, "C.UTF-8");
	if (argc != 2) {
		print_error("usage: test_runbook AURORATOP\n");
		return 2;
	}
	if (access("/usr/lib/postgresql", X_OK) != 0)
		return SKIP;
	program = argv[1];
	console_clean_environment();
	console_make_home();
	failed = cmocka_run_group_tests(tests, setup, teardown);
	console_remove_home();
	return failed;
}
