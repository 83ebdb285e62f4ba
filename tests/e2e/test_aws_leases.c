/*
 * test_aws_leases.c: what is lent of AWS: marked before it is changed, taken back when its time is over though AWS asks
 * to slow down, found again after a kill; nothing of others is touched, and a preview writes nothing.
 *
 *     test_aws_leases AURORATOP AURORATOP-SIM
 *
 * Beside prod-orders the simulated account has shop and shop-copy, which share a parameter group, and plain, which has
 * the default one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include "aws_stage.h"

#include <locale.h>
#include <poll.h>
#include <signal.h>

static const char scenario[] = "[scenario]\n"
			       "title = groups of parameters that are shared, and that are not\n"
			       "base = healthy\n"
			       "[cluster shop]\n"
			       "engine_version = 15.4\n"
			       "security_group = sg-0a1b2c3d\n"
			       "database = shop\n"
			       "subnet_group = prod-orders-db\n"
			       "parameter_group = shop-pg15\n"
			       "[instance shop-1]\n"
			       "cluster = shop\n"
			       "class = db.r6g.large\n"
			       "[cluster shop-copy]\n"
			       "engine_version = 15.4\n"
			       "security_group = sg-0a1b2c3d\n"
			       "database = shop\n"
			       "subnet_group = prod-orders-db\n"
			       "parameter_group = shop-pg15\n"
			       "[instance shop-copy-1]\n"
			       "cluster = shop-copy\n"
			       "class = db.r6g.large\n"
			       "[cluster plain]\n"
			       "engine_version = 15.4\n"
			       "security_group = sg-0a1b2c3d\n"
			       "database = shop\n"
			       "subnet_group = prod-orders-db\n"
			       "[instance plain-1]\n"
			       "cluster = plain\n"
			       "class = db.r6g.large\n";

#define GROUP "prod-orders-pg15"
#define ARN "arn:aws:rds:eu-west-1:111122223333:cluster-pg:" GROUP
#define THRESHOLD "ParameterName=log_min_duration_statement"

static struct vt *start_on(const char *cluster, const char *writer)
{
	const char *const args[] = {program, cluster, NULL};
	struct vt *v = vt_start(ROWS, COLS, args, NULL);

	console_sees(v, "● available");
	console_sees(v, writer);
	return v;
}

static void killed(struct vt *v)
{
	assert_int_equal(kill(vt_pid(v), SIGKILL), 0);
	assert_int_equal(console_ends(v), 128 + SIGKILL);
	vt_free(v);
}

/* Its value in the group, as AWS has it. */
static const char *threshold(void)
{
	return cli("rds describe-db-cluster-parameters --db-cluster-parameter-group-name " GROUP
		   " --query \"Parameters[?ParameterName=='log_min_duration_statement'].ParameterValue\"");
}

static const char *tag(void)
{
	return cli("rds list-tags-for-resource --resource-name " ARN
		   " --query \"TagList[?Key=='auroratop-lease'].Value\"");
}

/* How many rules of the group let 10.9.8.7 in by that port; the database's is 1 here. */
static const char *rules(const char *port)
{
	char command[300];

	snprintf(command, sizeof(command),
		 "ec2 describe-security-group-rules --filters Name=group-id,Values=sg-0a1b2c3d --query "
		 "\"length(SecurityGroupRules[?CidrIpv4=='10.9.8.7/32' && FromPort==\\`%s\\`])\"",
		 port);
	return cli(command);
}

static void a_lease_is_taken_back(struct vt *v, const char *says)
{
	console_press(v, ":jobs<Enter>", "in force, ");
	console_press(v, "X", "It is taken back now.");
	console_press(v, "y", says);
	vt_key(v, "Esc");
	console_gone(v, "jobs 1");
}

/* A rule for the same address, beside that of the console. */
static void let_in_by(const char *port, const char *description)
{
	char command[600];

	snprintf(command, sizeof(command),
		 "ec2 authorize-security-group-ingress --group-id sg-0a1b2c3d --ip-permissions "
		 "'IpProtocol=tcp,FromPort=%s,ToPort=%s,IpRanges=[{CidrIp=10.9.8.7/32,Description=%s}]'",
		 port, port, description);
	(void)cli(command);
}

static void take_out(const char *port)
{
	char command[300];

	snprintf(command, sizeof(command),
		 "ec2 revoke-security-group-ingress --group-id sg-0a1b2c3d --protocol tcp --port %s --cidr 10.9.8.7/32",
		 port);
	(void)cli(command);
}

static struct vt *let_in(void)
{
	struct vt *v = start(NULL);

	console_press(v, "8", "bastion");
	console_preview(v, "allow address", "10.9.8.7 for 30", "tried with DryRun");
	lease_begins(v, console_typed(v));
	assert_string_equal(rules("1"), "1");
	return v;
}

static void only_its_own_rule_is_revoked(void **state)
{
	char description[200];
	struct vt *v;

	(void)state;
	let_in_by("22", "ssh of jane");
	v = let_in();
	/* another console of ours has let the address in for a database with another port */
	snprintf(description, sizeof(description), "%s",
		 cli("ec2 describe-security-group-rules --filters Name=group-id,Values=sg-0a1b2c3d --query "
		     "\"SecurityGroupRules[?CidrIpv4=='10.9.8.7/32' && FromPort==\\`1\\`].Description\""));
	assert_non_null(strstr(description, "auroratop: "));
	let_in_by("23", description);
	a_lease_is_taken_back(v, "done: taken back");
	assert_string_equal(rules("1"), "0");
	assert_string_equal(rules("22"), "1");
	assert_string_equal(rules("23"), "1");
	console_quit(v);
	/* it was taken out by hand, and somebody else has let the same address in meanwhile */
	v = let_in();
	take_out("1");
	let_in_by("1", "auroratop: jane@elsewhere until 2099-01-01T00:00:00Z");
	a_lease_is_taken_back(v, "left as it is: the rule is gone already, or it is another one now");
	assert_string_equal(rules("1"), "1");
	take_out("1");
	take_out("23");
	console_quit(v);
}

static void an_address_let_in_survives_a_kill(void **state)
{
	struct vt *v = let_in();
	size_t revoked = sim_process_asked(&sim, "RevokeSecurityGroupIngress");

	(void)state;
	killed(v);
	v = start(NULL);
	console_sees(v, "left behind  allow address: 10.9.8.7/32 of sg-0a1b2c3d");
	console_sees(v, "ec2:RevokeSecurityGroupIngress");
	assert_int_equal(sim_process_asked(&sim, "RevokeSecurityGroupIngress"), revoked);
	console_press(v, "y", "Restore prod-orders: done");
	console_quit(v);
	assert_string_equal(rules("1"), "0");
	assert_string_equal(rules("22"), "1");
	take_out("22");
}

/* A preview of taking it back only looks; the mark goes last. */
static void a_preview_writes_nothing(void **state)
{
	struct vt *v = start(NULL);
	size_t removed = sim_process_asked(&sim, "RemoveTagsFromResource");

	(void)state;
	console_preview(v, "slow log", "250 for 15", "y yes, run it");
	console_sees(v, "1  rds:AddTagsToResource ResourceName=");
	lease_begins(v, "y");
	assert_non_null(strstr(tag(), " until "));
	killed(v);
	v = start(NULL);
	console_sees(v, "left behind  slow log: 250 of " GROUP);
	console_sees(v, "2  rds:RemoveTagsFromResource ResourceName=");
	console_press(v, "n", "lease left behind, :jobs");
	console_gone(v, "Blast radius");
	assert_int_equal(sim_process_asked(&sim, "RemoveTagsFromResource"), removed);
	assert_non_null(strstr(tag(), " until "));
	console_press(v, ":restore<Enter>", "y yes, run it");
	console_press(v, "y", "Restore prod-orders: done");
	console_gone(v, "lease left behind");
	console_quit(v);
	assert_string_equal(threshold(), "500");
	assert_string_equal(tag(), "");
	assert_int_equal(sim_process_asked(&sim, "RemoveTagsFromResource"), removed + 1);
	/* what was sent is in the log, too */
	assert_int_equal(audited("\"phase\":\"intent\"", "rds:AddTagsToResource ResourceName=" ARN), 1);
	assert_int_equal(audited("\"phase\":\"intent\"", "rds:RemoveTagsFromResource ResourceName=" ARN), 1);
}

static void the_mark_comes_before_the_change(void **state)
{
	struct vt *v = start(NULL);
	size_t added = sim_process_asked(&sim, "AddTagsToResource");
	size_t modified = sim_process_asked(&sim, "ModifyDBClusterParameterGroup");

	(void)state;
	/* what is refused leaves none behind */
	sim_process_admin(&sim, "fault", "service=rds&operation=ModifyDBClusterParameterGroup&kind=denied");
	console_preview(v, "slow log", "250 for 15", "y yes, run it");
	console_press(v, "y", "Slow log prod-orders: 250 for 15: failed");
	assert_int_equal(sim_process_asked(&sim, "AddTagsToResource"), added + 1);
	assert_string_equal(tag(), "");
	/* without it nothing is changed */
	sim_process_admin(&sim, "clear", "");
	modified = sim_process_asked(&sim, "ModifyDBClusterParameterGroup");
	sim_process_admin(&sim, "fault", "service=rds&operation=AddTagsToResource&kind=throttle");
	console_preview(v, "slow log", "251 for 15", "y yes, run it");
	console_press(v, "y", "251 for 15: failed");
	assert_int_equal(audited("\"action\":\"slow log\"", "failed: the tag that keeps others from changing it"), 1);
	assert_int_equal(sim_process_asked(&sim, "ModifyDBClusterParameterGroup"), modified);
	sim_process_admin(&sim, "clear", "");
	console_quit(v);
}

/* Who may not tag is seen by the consoles of his host all the same. */
static void a_second_one_is_refused_without_a_tag(void **state)
{
	struct vt *v = start(NULL), *other;

	(void)state;
	sim_process_admin(&sim, "fault", "service=rds&operation=AddTagsToResource&kind=denied");
	console_preview(v, "slow log", "250 for 15", "y yes, run it");
	lease_begins(v, "y");
	assert_string_equal(tag(), "");
	other = start(NULL);
	console_preview(other, "slow log", "100 for 5", "a lease is on it already");
	leave(other);
	console_quit(other);
	a_lease_is_taken_back(v, "done: taken back");
	sim_process_admin(&sim, "clear", "");
	console_quit(v);
	assert_string_equal(threshold(), "500");
}

static void it_ends_with_its_time_though_aws_is_busy(void **state)
{
	struct vt *v = start(NULL);

	(void)state;
	console_preview(v, "slow log", "250 for 1", "1 minutes, until ");
	lease_begins(v, "y");
	assert_string_equal(threshold(), "250");
	sim_process_admin(&sim, "fault", "service=rds&operation=ModifyDBClusterParameterGroup&kind=throttle&count=2");
	/* nobody does anything */
	console_gone(v, "jobs 1");
	console_press(v, ":jobs<Enter>", "done: taken back");
	vt_key(v, "Esc");
	sim_process_admin(&sim, "clear", "");
	console_quit(v);
	assert_string_equal(threshold(), "500");
	assert_string_equal(tag(), "");
}

static void what_was_unset_is_reset(void **state)
{
	struct vt *v;

	(void)state;
	(void)cli("rds reset-db-cluster-parameter-group --db-cluster-parameter-group-name " GROUP
		  " --parameters " THRESHOLD ",ApplyMethod=immediate");
	size_t reset = sim_process_asked(&sim, "ResetDBClusterParameterGroup");
	v = start(NULL);
	console_preview(v, "slow log", "250 for 15", "log_min_duration_statement is unset");
	console_sees(v, "then it is unset again");
	lease_begins(v, "y");
	a_lease_is_taken_back(v, "done: taken back");
	assert_int_equal(sim_process_asked(&sim, "ResetDBClusterParameterGroup"), reset + 1);
	console_preview(v, "slow log", "250 for 15", "log_min_duration_statement is unset");
	leave(v);
	console_quit(v);
	(void)cli("rds modify-db-cluster-parameter-group --db-cluster-parameter-group-name " GROUP
		  " --parameters " THRESHOLD ",ParameterValue=500,ApplyMethod=immediate");
}

/* What the test before has changed is applied. */
static void is_in_sync(void)
{
	for (int i = 0; i < 100; i++) {
		if (strcmp(cli("rds describe-db-clusters --db-cluster-identifier prod-orders --query "
			       "DBClusters[0].DBClusterMembers[0].DBClusterParameterGroupStatus"),
			   "in-sync") == 0)
			return;
		(void)poll(NULL, 0, 200);
	}
	fail_msg("the group of prod-orders is not applied");
}

static void the_group_says_who_is_reached(void **state)
{
	struct vt *v = start_on("plain", "W plain-1");

	(void)state;
	console_preview(v, "slow log", "250 for 15", "is a default group, and nobody can change those");
	console_sees(v, "give it to the cluster");
	leave(v);
	console_quit(v);
	/* the clusters are two, and one waits for a restart for another reason */
	(void)cli("rds modify-db-cluster-parameter-group --db-cluster-parameter-group-name shop-pg15 --parameters "
		  "ParameterName=pg_stat_statements.max,ParameterValue=2000,ApplyMethod=pending-reboot");
	v = start_on("shop", "W shop-1");
	console_preview(v, "slow log", "250 for 15", "2 clusters: shop, shop-copy");
	console_sees(v, "other clusters use this group: their logs grow, too");
	console_sees(v, "disruptive, tier 2");
	console_sees(v, "apply state  shop-1 pending-reboot");
	console_sees(v, "another parameter waits for a restart");
	leave(v);
	console_quit(v);
	is_in_sync();
	v = start(NULL);
	console_preview(v, "slow log", "250 for 15", "apply state  orders-1 in-sync, orders-2 in-sync");
	console_sees(v, "reversible, tier 1");
	leave(v);
	console_quit(v);
}

static void write_scenario(char *path, size_t size)
{
	FILE *f;

	snprintf(path, size, "%s/leases.ini", getenv("HOME"));
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(scenario, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_its_own_rule_is_revoked),
		cmocka_unit_test(an_address_let_in_survives_a_kill),
		cmocka_unit_test(a_preview_writes_nothing),
		cmocka_unit_test(the_mark_comes_before_the_change),
		cmocka_unit_test(a_second_one_is_refused_without_a_tag),
		cmocka_unit_test(it_ends_with_its_time_though_aws_is_busy),
		cmocka_unit_test(what_was_unset_is_reset),
		cmocka_unit_test(the_group_says_who_is_reached),
	};
	char path[600];
	const char *const options[] = {"--db-host", "127.0.0.1", "--db-port", "1", "--scenario", path, NULL};
	int failed;

	setlocale(LC_CTYPE, "C.UTF-8");
	if (argc != 3) {
		print_error("usage: test_aws_leases AURORATOP AURORATOP-SIM\n");
		return 2;
	}
	program = argv[1];
	sim_program = argv[2];
	console_clean_environment();
	console_make_home();
	console_configure("[policy]\nproduction_tag =\n"); /* which makes everything one tier stricter */
	write_scenario(path, sizeof(path));
	sim_process_start_with(&sim, sim_program, options);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	sim_process_stop(&sim);
	console_remove_home();
	return failed;
}
