/*
 * test_aws_changes.c: from the keyboard to AWS: snapshots made and deleted, a failover, a reboot, settings, an ingress
 * rule; what is refused, what is not answered; and an audit log that tells the same story.
 *
 *     test_aws_changes AURORATOP AURORATOP-SIM
 *
 * The simulated cluster prod-orders has a writer orders-1 and two readers.
 */
#include "console.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 48
#define COLS 160
/* An Enter counts only some time after the last letter. */
#define REST "@600"

static const char *program, *sim_program;
static struct sim_process sim;

static struct vt *start(const char *option)
{
	const char *const args[] = {program, option, NULL};
	struct vt *v = vt_start(ROWS, COLS, args, NULL);

	console_sees(v, "● available");
	console_sees(v, "W orders-1");
	return v;
}

/* How many lines of the audit log hold both. */
static int audited(const char *part, const char *other)
{
	char path[600], line[8192];
	int found = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/.local/state/auroratop/audit.jsonl", getenv("HOME"));
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		found += strstr(line, part) && strstr(line, other);
	if (f)
		fclose(f);
	return found;
}

static void a_snapshot_is_made_and_deleted(void **state)
{
	struct vt *v = start(NULL);

	(void)state;
	/* a name is proposed; a bad one is told before anything is asked */
	console_press(v, "B", "prod-orders-20");
	console_press(v, "<C-u>9 lives<Enter>", "is no name for a snapshot");
	vt_key(v, "Esc");
	console_press(v, "B", "shows what it would do");
	console_press(v, "<C-u>before-migration<Enter>", "DBClusterSnapshotIdentifier=before-migration");
	console_sees(v, "y yes, run it");
	assert_int_equal(sim_process_asked(&sim, "CreateDBClusterSnapshot"), 0);
	vt_send(v, "y");
	console_press(v, "7", "before-migration");
	console_press(v, ":jobs<Enter>", "Create snapshot before-migration");
	console_sees(v, "creating");
	console_sees(v, "done  after");
	vt_key(v, "Esc");
	console_sees(v, "Create snapshot before-migration: done");
	assert_int_equal(sim_process_asked(&sim, "CreateDBClusterSnapshot"), 1);
	/* the same name again is refused, and nothing is asked */
	console_press(v, "B", "shows what it would do");
	console_press(v, "<C-u>before-migration<Enter>", "there is a snapshot of that name already");
	vt_key(v, "Esc");
	assert_int_equal(sim_process_asked(&sim, "CreateDBClusterSnapshot"), 1);
	/* automated ones are not deleted by hand */
	console_press(v, "/rds:<Enter>", "of 14");
	console_press(v, ":delete snapshot<Enter>", "only manual snapshots are deleted");
	vt_key(v, "Esc");
	/* the name, Enter and D */
	console_press(v, "/before-migration<Enter>", "1 of");
	console_press(v, ":delete snapshot<Enter>", "destructive, tier 3");
	console_press(v, "before-migration" REST "<Enter>", "press D to confirm");
	assert_int_equal(sim_process_asked(&sim, "DeleteDBClusterSnapshot"), 0);
	console_press(v, "D", "Delete snapshot before-migration: done");
	console_quit(v);
	assert_int_equal(sim_process_asked(&sim, "DeleteDBClusterSnapshot"), 1);
}

static void a_reader_takes_over(void **state)
{
	struct vt *v = start(NULL);

	(void)state;
	/* a reader is proposed, and the writer is no choice */
	console_press(v, ":failover<Enter>", "reader that shall take over");
	console_sees(v, "orders-2");
	console_press(v, "<C-u>orders-1<Enter>", "is the writer already");
	vt_key(v, "Esc");
	console_press(v, ":failover<Enter>", "reader that shall take over");
	console_press(v, "<C-u>orders-3<Enter>", "writer then");
	console_sees(v, "disruptive, tier 2");
	console_press(v, "orders-3" REST "<Enter>", "Fail over orders-3: done");
	console_sees(v, "W orders-3");
	console_press(v, ":reboot<Enter>", "shows what it would do");
	console_press(v, "orders-1<Enter>", "to allow it");
	console_press(v, "orders-1" REST "<Enter>", "Reboot orders-1: done");
	/* and back, for the tests after this one */
	console_press(v, ":failover<Enter>", "reader that shall take over");
	console_press(v, "<C-u>orders-1<Enter>", "to allow it");
	console_press(v, "orders-1" REST "<Enter>", "W orders-1");
	console_sees(v, "Fail over orders-1: done");
	console_quit(v);
}

static void settings_are_changed(void **state)
{
	struct vt *v = start(NULL);

	(void)state;
	/* more days is reversible, fewer destroys restore points */
	console_press(v, ":backup retention<Enter>", "days, 1 to 35");
	console_press(v, "<C-u>99<Enter>", "is no number of days from 1 to 35");
	vt_key(v, "Esc");
	console_press(v, ":backup retention<Enter>", "days, 1 to 35");
	console_press(v, "<C-u>14<Enter>", "reversible, tier 1");
	console_press(v, "y", "Backup retention prod-orders: 14: done");
	console_press(v, ":backup retention<Enter>", "days, 1 to 35");
	console_press(v, "<C-u>7<Enter>", "destructive, tier 3");
	console_sees(v, "can no longer be restored to moments more than 7 days ago");
	vt_key(v, "Esc");
	console_press(v, ":backup window<Enter>", "window of every day in UTC");
	console_press(v, "<C-u>06:30-07:30<Enter>", "PreferredBackupWindow=06:30-07:30");
	console_press(v, "y", "06:30-07:30: done");
	console_press(v, ":maintenance window<Enter>", "window of every week in UTC");
	console_press(v, "<C-u>sunday<Enter>", "\"sunday\" is no window");
	vt_key(v, "Esc");
	/* what AWS itself refuses comes in its words, as a failure that is audited */
	console_press(v, ":maintenance window<Enter>", "window of every week in UTC");
	console_press(v, "<C-u>xyz:04:00-xyz:05:00<Enter>", "y yes, run it");
	console_press(v, "y", "failed: ");
	console_quit(v);
	assert_int_equal(audited("\"action\":\"maintenance window\"", "\"outcome\":\"failed"), 1);
}

static void one_address_is_let_in_and_taken_out(void **state)
{
	struct vt *v = start(NULL);

	(void)state;
	vt_send(v, "8");
	console_sees(v, "bastion");
	console_press(v, ":allow address<Enter>", "address, as 203.0.113.7");
	console_press(v, "10.0.0.0/8<Enter>", "is no single address");
	vt_key(v, "Esc");
	/* where no instance is public, a public address cannot help */
	console_press(v, ":allow address<Enter>", "address, as 203.0.113.7");
	console_press(v, "8.8.8.8<Enter>", "it cannot help");
	vt_key(v, "Esc");
	console_press(v, ":allow address<Enter>", "address, as 203.0.113.7");
	console_press(v, "10.9.8.7<Enter>", "10.9.8.7/32");
	console_sees(v, "tried with DryRun");
	console_press(v, "10.9.8.7" REST "<Enter>", "10.9.8.7: done");
	console_sees(v, "10.9.8.7/32");
	console_press(v, "/10.9.8.7<Enter>", "1 of 7");
	console_press(v, ":revoke rule<Enter>", "tried with DryRun");
	console_sees(v, "disruptive, tier 2");
	/* the word is the rule's own name, which the preview shows */
	console_sees(v, "described as");
	vt_key(v, "Esc");
	console_quit(v);
}

static void what_is_denied_or_not_answered_is_said(void **state)
{
	struct vt *v = start(NULL);

	(void)state;
	sim_process_admin(&sim, "fault", "service=rds&operation=CreateDBClusterSnapshot&kind=denied");
	console_press(v, "B", "shows what it would do");
	console_press(v, "<C-u>not-allowed<Enter>", "y yes, run it");
	console_press(v, "y", "failed: ");
	console_sees(v, "rds:CreateDBClusterSnapshot");
	sim_process_admin(&sim, "clear", "");
	/* AWS does it, and the answer is cut off: what was done is looked up, and it is not asked again */
	size_t before = sim_process_asked(&sim, "CreateDBClusterSnapshot");
	sim_process_admin(&sim, "fault", "service=rds&operation=CreateDBClusterSnapshot&kind=truncate");
	console_press(v, "B", "shows what it would do");
	console_press(v, "<C-u>answer-lost<Enter>", "y yes, run it");
	console_press(v, "y", "done, although the answer did not come");
	assert_int_equal(sim_process_asked(&sim, "CreateDBClusterSnapshot"), before + 1);
	sim_process_admin(&sim, "clear", "");
	console_quit(v);
}

static void read_only_asks_for_nothing(void **state)
{
	static const char *const names[] = {
		"create snapshot", "delete snapshot",    "failover",          "reboot",
		"stop cluster",    "start cluster",      "backup retention",  "backup window",
		"allow address",   "maintenance window", "apply maintenance", "revoke rule"};
	size_t before = sim_process_asked(&sim, "\"ok\"");
	struct vt *v = start("--read-only");
	char keys[64];

	(void)state;
	(void)before;
	console_press(v, "B", "the console is read-only");
	vt_key(v, "Esc");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(keys, sizeof(keys), ":%s<Enter>", names[i]);
		vt_script(v, keys);
	}
	console_quit(v);
	assert_int_equal(audited("\"phase\":\"intent\"", "stop cluster"), 0);
	assert_int_equal(sim_process_asked(&sim, "StopDBCluster"), 0);
}

static void the_audit_log_tells_the_story(void **state)
{
	(void)state;
	assert_int_equal(audited("\"action\":\"create snapshot\"", "\"outcome\":\"done\""), 1);
	assert_int_equal(audited("\"action\":\"delete snapshot\"", "\"phase\":\"intent\""), 1);
	assert_int_equal(audited("\"action\":\"failover\"", "\"outcome\":\"done\""), 2);
	assert_int_equal(audited("\"action\":\"allow address\"", "\"outcome\":\"done\""), 1);
	assert_int_equal(audited("simulated/secret", ""), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_snapshot_is_made_and_deleted),
		cmocka_unit_test(a_reader_takes_over),
		cmocka_unit_test(settings_are_changed),
		cmocka_unit_test(one_address_is_let_in_and_taken_out),
		cmocka_unit_test(what_is_denied_or_not_answered_is_said),
		cmocka_unit_test(read_only_asks_for_nothing),
		cmocka_unit_test(the_audit_log_tells_the_story),
	};
	int failed;

	setlocale(LC_CTYPE, "C.UTF-8");
	if (argc != 3) {
		print_error("usage: test_aws_changes AURORATOP AURORATOP-SIM\n");
		return 2;
	}
	program = argv[1];
	sim_program = argv[2];
	console_clean_environment();
	console_make_home();
	sim_process_start(&sim, sim_program);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	sim_process_stop(&sim);
	console_remove_home();
	return failed;
}
