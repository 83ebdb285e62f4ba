/*
 * test_aws_changes.c: from the keyboard to AWS: snapshots made and deleted, a failover, a reboot, settings, an ingress
 * rule; what is refused, what is not answered; and an audit log that tells the same story.
 *
 *     test_aws_changes AURORATOP AURORATOP-SIM
 *
 * The simulated cluster prod-orders has a writer orders-1 and two readers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include "aws_stage.h"

#include <locale.h>
#include <signal.h>
static void a_snapshot_is_made_and_deleted(void **state)
{
	struct vt *v = start(NULL);

	(void)state;
	/* a name is proposed; a bad one is told before anything is asked */
	console_press(v, "B", "prod-orders-20");
	vt_key(v, "Esc");
	console_gone(v, "shows what it would do");
	console_preview(v, "create snapshot", "9 lives", "is no name for a snapshot");
	leave(v);
	/* tags of one's own choice, by AWS's rules */
	console_preview(v, "create snapshot", "before-migration Owner=jane aws:x=1", "are AWS's own");
	leave(v);
	console_preview(v, "create snapshot", "before-migration Owner=Jane Doe Release=42", "y yes, run it");
	console_sees(v, "Owner = Jane Doe");
	/* how long, and where that is from */
	console_sees(v, ", by AWS's events of the last automated snapshots");
	console_sees(v, "Tags.Tag.3.Key=Release");
	assert_int_equal(sim_process_asked(&sim, "CreateDBClusterSnapshot"), 0);
	vt_send(v, "y");
	console_press(v, ":jobs<Enter>", "Create snapshot before-migration");
	console_sees(v, "creating");
	console_sees(v, "done  after");
	vt_key(v, "Esc");
	console_sees(v, "Create snapshot before-migration: done");
	assert_int_equal(sim_process_asked(&sim, "CreateDBClusterSnapshot"), 1);
	assert_string_equal(cli("rds describe-db-cluster-snapshots --db-cluster-snapshot-identifier before-migration "
				"--query \"DBClusterSnapshots[0].TagList[?Key=='Owner'].Value\""),
			    "Jane Doe");
	console_press(v, "7", "before-migration  ");
	/* the same name again is refused, and nothing is asked */
	console_preview(v, "create snapshot", "before-migration", "there is a snapshot of that name already");
	leave(v);
	assert_int_equal(sim_process_asked(&sim, "CreateDBClusterSnapshot"), 1);
	/* automated ones are not deleted by hand */
	/* how many there are depends on the hour */
	console_press(v, "/automated<Enter>", " of 1");
	console_press(v, ":delete snapshot<Enter>", "only manual snapshots are deleted");
	leave(v);
	/* the name, Enter and D */
	console_press(v, "/<C-u>before-migration<Enter>", "1 of");
	console_press(v, ":delete snapshot<Enter>", "destructive, tier 3");
	console_sees(v, "to allow it");
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
	console_press(v, "<Enter>", "writer then  orders-2");
	leave(v);
	console_preview(v, "failover", "orders-1", "is the writer already");
	leave(v);
	console_preview(v, "failover", "orders-3", "writer then  orders-3");
	console_sees(v, "disruptive, tier 2");
	/* the windows of the cluster and of the instance itself */
	console_sees(v, "prod-orders: tue:03:00-tue:03:30 UTC");
	console_sees(v, "orders-3: tue:03:30-tue:04:00 UTC");
	console_sees(v, "none: AWS tells no duration, and the audit log of this host has no earlier Fail over");
	console_press(v, "orders-3" REST "<Enter>", "Fail over orders-3: done");
	console_sees(v, "W orders-3");
	console_preview(v, "reboot", "orders-1", "to allow it");
	console_sees(v, "orders-1: tue:03:30-tue:04:00 UTC");
	console_press(v, "orders-1" REST "<Enter>", "Reboot orders-1: done");
	/* and back, for the tests after this one */
	console_preview(v, "failover", "orders-1", "to allow it");
	console_sees(v, ", by the last one in the audit log");
	console_press(v, "orders-1" REST "<Enter>", "W orders-1");
	console_sees(v, "Fail over orders-1: done");
	console_quit(v);
}

static void settings_are_changed(void **state)
{
	struct vt *v = start(NULL);

	(void)state;
	/* more days is reversible, fewer destroys restore points */
	console_preview(v, "backup retention", "99", "is no number of days from 1 to 35");
	leave(v);
	console_preview(v, "backup retention", "14", "y yes, run it");
	console_sees(v, "reversible, tier 1");
	console_press(v, "y", "Backup retention prod-orders: 14: done");
	console_preview(v, "backup retention", "7", "destructive, tier 3");
	console_sees(v, "can no longer be restored to moments more than 7 days ago");
	leave(v);
	console_preview(v, "backup window", "06:30-07:30", "y yes, run it");
	console_press(v, "y", "06:30-07:30: done");
	console_preview(v, "maintenance window", "sunday", "is no window");
	leave(v);
	console_preview(v, "maintenance window", "sun:09:00-sun:09:30", "y yes, run it");
	console_press(v, "y", "sun:09:00-sun:09:30: done");
	assert_string_equal(cli("rds describe-db-clusters --db-cluster-identifier prod-orders --query "
				"DBClusters[0].PreferredMaintenanceWindow"),
			    "sun:09:00-sun:09:30");
	/* what AWS itself refuses comes in its words, as a failure that is audited */
	console_preview(v, "maintenance window", "xyz:04:00-xyz:05:00", "y yes, run it");
	console_press(v, "y", "failed: ");
	console_quit(v);
	assert_int_equal(audited("\"action\":\"maintenance window\"", "\"outcome\":\"failed"), 1);
}

#define CLUSTER_ARN "arn:aws:rds:eu-west-1:111122223333:cluster:prod-orders"

/* To the one action that waits. */
static const char *opted_in(void)
{
	return cli("rds describe-pending-maintenance-actions --resource-identifier " CLUSTER_ARN
		   " --query PendingMaintenanceActions[0].PendingMaintenanceActionDetails[0].OptInStatus");
}

static void one_of_several_actions_is_applied(void **state)
{
	struct vt *v = start(NULL);

	(void)state;
	/* which of them is for the operator to say */
	console_press(v, ":apply maintenance<Enter>", "2 actions wait: one has to be chosen");
	console_sees(v, "system-update: New Aurora PostgreSQL patch is available");
	console_press(v, "2", "ApplyAction=os-upgrade");
	console_press(v, "prod-orders" REST "<Enter>", "jobs 1");
	console_press(v, ":jobs<Enter>", "Apply maintenance prod-orders: os-upgrade");
	console_sees(v, "done  after");
	vt_key(v, "Esc");
	/* the other one waits still, and is the only one now */
	console_press(v, ":defer maintenance<Enter>", "there is no opt-in to withdraw");
	console_sees(v, "ApplyAction=system-update");
	leave(v);
	/* what somebody has opted in to for the next window is put off again */
	(void)cli("rds apply-pending-maintenance-action --resource-identifier " CLUSTER_ARN
		  " --apply-action system-update --opt-in-type next-maintenance");
	assert_string_equal(opted_in(), "next-maintenance");
	console_press(v, ":defer maintenance<Enter>", "opted in: next-maintenance");
	console_sees(v, "OptInType=undo-opt-in");
	console_press(v, "y", "Defer maintenance prod-orders: done");
	assert_string_equal(opted_in(), "None");
	console_quit(v);
}

static void one_address_is_let_in_and_taken_out(void **state)
{
	struct vt *v = start(NULL);

	(void)state;
	console_press(v, "8", "bastion");
	/* the database has refused the connection */
	console_press(v, ":allow address<Enter>", "Nothing is proposed: the console is not connected");
	vt_key(v, "Esc");
	console_gone(v, "shows what it would do");
	console_preview(v, "allow address", "10.0.0.0/8", "is no single address");
	leave(v);
	/* where no instance is public, a public address cannot help */
	console_preview(v, "allow address", "8.8.8.8", "it cannot help");
	leave(v);
	console_preview(v, "allow address", "10.9.8.7 for 30", "tried with DryRun");
	console_sees(v, "30 minutes; then the rule is revoked");
	console_sees(v, "to allow it");
	lease_begins(v, "10.9.8.7" REST "<Enter>");
	console_sees(v, "10.9.8.7/32");
	/* any rule can be revoked by hand; here the lease is ended, which does it */
	console_press(v, "/10.9.8.7<Enter>", "1 of 7");
	console_press(v, ":revoke rule<Enter>", "tried with DryRun");
	console_sees(v, "disruptive, tier 2");
	console_sees(v, "described as");
	leave(v);
	console_press(v, "X", "It is taken back now.");
	console_press(v, "y", "done: taken back");
	console_gone(v, "10.9.8.7/32");
	vt_key(v, "Esc");
	console_press(v, "/<C-u>bastion<Enter>", "1 of 6");
	console_press(v, ":revoke rule<Enter>", "tried with DryRun");
	console_press(v, console_typed(v), ": done");
	console_gone(v, "192.0.2.10/32");
	console_quit(v);
	/* with DryRun at each look, and once in earnest */
	assert_true(sim_process_asked(&sim, "AuthorizeSecurityGroupIngress") > 1);
}

/* The threshold that the group has now, as the preview of a lease tells it. */
static void threshold_is(struct vt *v, const char *words)
{
	console_preview(v, "slow log", "100 for 1", words);
	leave(v);
}

static void a_lease_is_taken_back_when_the_console_is_left(void **state)
{
	struct vt *v = start(NULL);

	(void)state;
	console_preview(v, "slow log", "soon", "is not of the form");
	leave(v);
	console_preview(v, "slow log", "250 for 15", "log_min_duration_statement is 500, source user");
	console_sees(v, "1 cluster: prod-orders");
	/* an instance whose own group says otherwise; of roles and amounts only the database knows */
	console_sees(v, "orders-3 2000 by prod-orders-reports");
	console_sees(v, "n/a, nor is known whose own value counts for more");
	lease_begins(v, "y");
	/* a second one is not stacked upon it */
	console_preview(v, "slow log", "100 for 5", "a lease is on it already");
	leave(v);
	console_press(v, "q", "takes back what was changed");
	vt_send(v, "y");
	assert_int_equal(console_ends(v), 0);
	console_is_restored(v);
	vt_free(v);
	v = start(NULL);
	threshold_is(v, "log_min_duration_statement is 500");
	/* told to end, without a question */
	console_preview(v, "slow log", "250 for 15", "y yes, run it");
	lease_begins(v, "y");
	assert_int_equal(kill(vt_pid(v), SIGTERM), 0);
	(void)console_ends(v);
	console_is_restored(v);
	vt_free(v);
	v = start(NULL);
	threshold_is(v, "log_min_duration_statement is 500");
	console_quit(v);
}

static void a_lease_survives_a_kill(void **state)
{
	struct vt *v = start(NULL);

	(void)state;
	console_preview(v, "slow log", "250 for 15", "y yes, run it");
	lease_begins(v, "y");
	assert_int_equal(kill(vt_pid(v), SIGKILL), 0);
	assert_int_equal(console_ends(v), 128 + SIGKILL);
	vt_free(v);
	/* the next start offers to take it back; until that is confirmed nothing is changed */
	v = start(NULL);
	console_sees(v, "left behind  slow log: 250 of prod-orders-pg15");
	console_sees(v, "Parameters.Parameter.1.ParameterValue=500");
	console_press(v, "n", "lease left behind, :jobs");
	threshold_is(v, "log_min_duration_statement is 250");
	console_press(v, ":restore<Enter>", "y yes, run it");
	console_press(v, "y", "Restore prod-orders");
	console_sees(v, ": done");
	console_gone(v, "lease left behind");
	threshold_is(v, "log_min_duration_statement is 500");
	console_quit(v);
	/* and it is not offered again */
	v = start(NULL);
	console_press(v, ":restore<Enter>", "nothing of this cluster was left behind");
	leave(v);
	console_quit(v);
}

#define GROUP_ARN "arn:aws:rds:eu-west-1:111122223333:cluster-pg:prod-orders-pg15"
#define RULE                                       \
	"--group-id sg-0a1b2c3d --ip-permissions " \
	"'IpProtocol=tcp,FromPort=5432,ToPort=5432,IpRanges=[{CidrIp=10.4.4.4/32"

/* Nobody on this host knows of them; AWS's own objects tell every console. */
static void expired_leases_of_other_hosts_are_told(void **state)
{
	struct vt *v;

	(void)state;
	(void)cli("rds add-tags-to-resource --resource-name " GROUP_ARN
		  " --tags 'Key=auroratop-lease,Value=jane@elsewhere until 2020-01-01T00:00:00Z'");
	(void)cli("ec2 authorize-security-group-ingress " RULE
		  ",Description=auroratop: joe@elsewhere until 2020-01-02T00:00:00Z}]'");
	v = start("--read-only");
	console_sees(v, "not taken back: ");
	console_sees(v, "2 leases left behind, :jobs");
	console_press(v, ":jobs<Enter>", "slow log of prod-orders-pg15, by jane@elsewhere, expired 2020-01-01T00:00Z");
	console_sees(v, "allow address 10.4.4.4/32 of sgr-");
	console_sees(v, ", by joe@elsewhere, expired 2020-01-02T00:00Z");
	console_sees(v, ":revoke rule in Network (8) takes it out");
	vt_key(v, "Esc");
	/* it stays in sight, whatever is looked at */
	console_press(v, "9", "2 leases left behind");
	console_quit(v);
	(void)cli("rds remove-tags-from-resource --resource-name " GROUP_ARN " --tag-keys auroratop-lease");
	(void)cli("ec2 revoke-security-group-ingress " RULE "}]'");
	/* one in force is nobody's trouble */
	(void)cli("rds add-tags-to-resource --resource-name " GROUP_ARN
		  " --tags 'Key=auroratop-lease,Value=jane@elsewhere until 2099-01-01T00:00:00Z'");
	v = start(NULL);
	console_preview(v, "slow log", "100 for 1", "a lease is on it already: jane@elsewhere");
	leave(v);
	console_gone(v, "left behind");
	console_quit(v);
	(void)cli("rds remove-tags-from-resource --resource-name " GROUP_ARN " --tag-keys auroratop-lease");
}

static void what_is_denied_or_not_answered_is_said(void **state)
{
	struct vt *v = start(NULL);

	(void)state;
	sim_process_admin(&sim, "fault", "service=rds&operation=CreateDBClusterSnapshot&kind=denied");
	console_preview(v, "create snapshot", "not-allowed", "y yes, run it");
	console_press(v, "y", "failed: ");
	/* a lease that AWS refused is none: what failed is said, and nothing is left to take back */
	sim_process_admin(&sim, "fault", "service=rds&operation=ModifyDBClusterParameterGroup&kind=denied");
	console_preview(v, "slow log", "250 for 15", "y yes, run it");
	console_press(v, "y", "Slow log prod-orders: 250 for 15: failed");
	console_press(v, ":restore<Enter>", "nothing of this cluster was left behind");
	leave(v);
	sim_process_admin(&sim, "clear", "");
	/* AWS does it, and the answer is cut off: what was done is looked up, and it is not asked again */
	size_t before = sim_process_asked(&sim, "CreateDBClusterSnapshot");
	sim_process_admin(&sim, "fault", "service=rds&operation=CreateDBClusterSnapshot&kind=truncate");
	console_preview(v, "create snapshot", "answer-lost", "y yes, run it");
	console_press(v, "y", "jobs 1");
	console_press(v, ":jobs<Enter>", "done, although the answer did not come");
	vt_key(v, "Esc");
	assert_int_equal(sim_process_asked(&sim, "CreateDBClusterSnapshot"), before + 1);
	sim_process_admin(&sim, "clear", "");
	console_quit(v);
}

static void production_wants_one_tier_more(void **state)
{
	struct vt *v;

	(void)state;
	console_configure("");
	v = start(NULL);
	console_preview(v, "create snapshot", "of-production", "one tier more");
	console_sees(v, "disruptive, tier 2");
	console_sees(v, "of-production, the name, to allow it");
	leave(v);
	console_preview(v, "reboot", "orders-2", "destructive, tier 3");
	leave(v);
	console_quit(v);
	console_configure("[policy]\nproduction_tag =\n");
}

static void read_only_asks_for_nothing(void **state)
{
	static const char *const names[] = {
		"create snapshot",   "delete snapshot",  "failover",         "reboot",        "stop cluster",
		"start cluster",     "backup retention", "backup window",    "allow address", "maintenance window",
		"apply maintenance", "revoke rule",      "defer maintenance"};
	size_t applied = sim_process_asked(&sim, "ApplyPendingMaintenanceAction");
	struct vt *v = start("--read-only");
	char keys[64];

	(void)state;
	console_press(v, "B", "the console is read-only");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(keys, sizeof(keys), ":%s<Enter>y", names[i]);
		vt_script(v, keys);
	}
	console_sees(v, "W orders-1");
	console_gone(v, "shows what it would do");
	console_quit(v);
	assert_int_equal(sim_process_asked(&sim, "StopDBCluster") + sim_process_asked(&sim, "StartDBCluster"), 0);
	assert_int_equal(sim_process_asked(&sim, "ApplyPendingMaintenanceAction"), applied);
	assert_int_equal(audited("\"phase\":\"intent\"", "stop cluster"), 0);
}

static void a_cluster_is_stopped_and_started(void **state)
{
	struct vt *v = start(NULL);

	(void)state;
	console_press(v, ":start cluster<Enter>", "the cluster is available; it has to be stopped");
	leave(v);
	console_press(v, ":stop cluster<Enter>", "Blast radius");
	console_sees(v, "destructive, tier 3");
	console_press(v, console_typed(v), "press D to confirm");
	assert_int_equal(sim_process_asked(&sim, "StopDBCluster"), 0);
	console_press(v, "D", "jobs 1");
	console_press(v, ":jobs<Enter>", "stopping");
	console_sees(v, "done  after");
	vt_key(v, "Esc");
	console_sees(v, "stopped");
	console_press(v, ":stop cluster<Enter>", "the cluster is stopped; it has to be available");
	leave(v);
	console_press(v, ":start cluster<Enter>", "Blast radius");
	console_sees(v, "disruptive, tier 2");
	console_press(v, console_typed(v), "Start cluster prod-orders: done");
	console_sees(v, "● available");
	console_quit(v);
	assert_int_equal(sim_process_asked(&sim, "StopDBCluster"), 1);
	assert_int_equal(sim_process_asked(&sim, "StartDBCluster"), 1);
}

static void the_audit_log_tells_the_story(void **state)
{
	(void)state;
	assert_int_equal(audited("\"action\":\"create snapshot\"", "\"outcome\":\"done\""), 1);
	assert_int_equal(audited("\"action\":\"delete snapshot\"", "\"phase\":\"intent\""), 1);
	assert_int_equal(audited("\"action\":\"failover\"", "\"outcome\":\"done\""), 2);
	assert_int_equal(audited("\"action\":\"allow address\"", "\"outcome\":\"done, in force"), 1);
	assert_int_equal(audited("\"action\":\"slow log\"", "\"outcome\":\"done, in force"), 3);
	/* of two leases of the log and one of an address; the third of the log was restored by the next start */
	assert_int_equal(audited("\"action\":\"restore\"", "\"outcome\":\"done: taken back"), 3);
	assert_int_equal(audited("\"action\":\"restore\"", "\"outcome\":\"done\""), 1);
	assert_int_equal(audited("\"action\":\"revoke rule\"", "\"outcome\":\"done\""), 1);
	assert_int_equal(audited("\"action\":\"stop cluster\"", "\"outcome\":\"done\""), 1);
	assert_int_equal(audited("\"action\":\"start cluster\"", "\"outcome\":\"done\""), 1);
	assert_int_equal(audited("\"action\":\"maintenance window\"", "\"outcome\":\"done\""), 1);
	assert_int_equal(audited("\"action\":\"defer maintenance\"", "\"outcome\":\"done\""), 1);
	assert_int_equal(audited("simulated/secret", ""), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_snapshot_is_made_and_deleted),
		cmocka_unit_test(a_reader_takes_over),
		cmocka_unit_test(settings_are_changed),
		cmocka_unit_test(one_of_several_actions_is_applied),
		cmocka_unit_test(one_address_is_let_in_and_taken_out),
		cmocka_unit_test(a_lease_is_taken_back_when_the_console_is_left),
		cmocka_unit_test(a_lease_survives_a_kill),
		cmocka_unit_test(expired_leases_of_other_hosts_are_told),
		cmocka_unit_test(what_is_denied_or_not_answered_is_said),
		cmocka_unit_test(production_wants_one_tier_more),
		cmocka_unit_test(read_only_asks_for_nothing),
		cmocka_unit_test(a_cluster_is_stopped_and_started),
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
	console_configure("[policy]\nproduction_tag =\n"); /* which makes everything one tier stricter */
	sim_process_start(&sim, sim_program);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	sim_process_stop(&sim);
	console_remove_home();
	return failed;
}
