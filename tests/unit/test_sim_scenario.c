/*
 * Scenario files: what they put into the simulated account, what they do to it over time, and what
 * is said of one that is wrong.
 */
#include "sim_fixture.h"

#include "base/embedded.h"
#include "sim/sim_scenario.h"

#include <stdlib.h>
#include <sys/stat.h>

extern const struct embedded scenario_files[];
extern const size_t scenario_nfiles;

static char folder[64];

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/scenario-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	static const char *const names[] = {"a.ini", "b.ini", "sub/c.ini", "sub", ""};
	char path[96];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		remove(path);
	}
	return 0;
}

/* Writes a file of the folder; returns its path, valid until the next call. */
static const char *file(const char *name, const char *text)
{
	static char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "we");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return path;
}

static bool load(const char *scenario, struct err *err)
{
	struct sim_options o = {.scenario = scenario};
	struct sim *s;

	*err = (struct err){.code = ERR_NONE};
	if (!sim_new(&o, &s, err))
		return false;
	sim_stop(s);
	return true;
}

/* A file with this text below "[scenario] base = healthy" (line 2) must be refused with these words. */
static void refused(const char *text, const char *words)
{
	char all[2048];
	struct err err;

	snprintf(all, sizeof(all), "[scenario]\nbase = healthy\n%s", text);
	assert_false(load(file("a.ini", all), &err));
	if (!strstr(err.text, words))
		fail_msg("not said: %s\nbut: %s", words, err.text);
}

static void every_compiled_in_one_is_sound(void **state)
{
	struct sim_behind behind;
	struct err err;

	(void)state;
	assert_true(scenario_nfiles >= 6);
	for (size_t i = 0; i < scenario_nfiles; i++) {
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)strlen(scenario_files[i].name) - 4, scenario_files[i].name);
		if (!load(name, &err))
			fail_msg("%s: %s", name, err.text);
		assert_true(sim_scenario_behind(name, &behind, &err));
		assert_string_equal(behind.cluster, "prod-orders");
		assert_string_equal(behind.instances, "orders-1 orders-2 orders-3");
	}
}

static void an_unknown_name_lists_the_known(void **state)
{
	struct err err;

	(void)state;
	assert_false(load("nonesuch", &err));
	assert_int_equal(err.code, ERR_USAGE);
	assert_string_equal(
		err.text,
		"no scenario 'nonesuch'; there are denied, failover, healthy, incident, large, outage, throttled");
	assert_non_null(strstr(err.remedy, ".ini"));
	assert_false(load("/nowhere/at-all.ini", &err));
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_non_null(strstr(err.text, "/nowhere/at-all.ini"));
}

#define SMALL                                                                                                 \
	"[scenario]\ntitle = one cluster\n"                                                                   \
	"[cluster shop]\nengine_version = 16.6\ndatabase = shop\nsecurity_group = sg-1\nsubnet_group = net\n" \
	"database_behind = yes\nwriter = shop-b\nretention_days = 14\nvolume = 2TiB\n"                        \
	"[instance shop-a]\ncluster = shop\nclass = db.r7g.large\n"                                           \
	"[instance shop-b]\ncluster = shop\nclass = db.r7g.xlarge\nzone = c\ntier = 5\n"                      \
	"[security-group sg-1]\nname = shop\ndescription = Shop\n"                                            \
	"rule = in udp 100-200 10.0.0.0/8 voice and more\nrule = in tcp all pl-1\n"                           \
	"[prefix-list pl-1]\nname = offices\nfamily = IPv4\nnetwork = 192.0.2.0/24 main office\n"             \
	"[subnet subnet-1]\nrange = 10.1.0.0/24\nzone = b\nfree = 7\n"                                        \
	"[subnet-group net]\ndescription = Net\nsubnets = subnet-1\n"                                         \
	"[snapshot shop-before]\ncluster = shop\nage = 3d\nengine_version = 15.8\n"

static void expect(struct sim *s, const char *form, const char *const *words)
{
	char *text = fixture_ok(s, form);

	for (; *words; words++)
		if (!strstr(text, *words))
			fail_msg("no %s in %s", *words, text);
	xfree(text);
}

static void a_file_describes_everything(void **state)
{
	static const char *const cluster[] = {
		"<DBClusterIdentifier>shop<", "<EngineVersion>16.6<", "<BackupRetentionPeriod>14<",
		"<DBInstanceIdentifier>shop-b</DBInstanceIdentifier>\n<IsClusterWriter>true<", NULL};
	static const char *const instance[] = {"<DBInstanceClass>db.r7g.xlarge<", "<AvailabilityZone>eu-west-1c<",
					       "<PromotionTier>5<", "<SubnetIdentifier>subnet-1<", NULL};
	static const char *const rules[] = {"<ipProtocol>udp<",
					    "<fromPort>100<",
					    "<toPort>200<",
					    "<cidrIpv4>10.0.0.0/8<",
					    "<description>voice and more<",
					    "<prefixListId>pl-1<",
					    NULL};
	static const char *const list[] = {"<cidr>192.0.2.0/24<", "<description>main office<", NULL};
	static const char *const subnet[] = {"<cidrBlock>10.1.0.0/24<", "<availableIpAddressCount>7<", NULL};
	static const char *const snapshot[] = {"<DBClusterSnapshotIdentifier>shop-before<", "<EngineVersion>15.8<",
					       "<SnapshotCreateTime>2026-03-14T12:00:00.000Z<", NULL};
	struct sim *s = fixture_new(file("a.ini", SMALL), 0);
	struct sim_behind behind;
	struct err err = {0};
	char *text;

	(void)state;
	text = fixture_ok(s, RDS("DescribeDBClusters"));
	assert_int_equal(fixture_count(text, "<DBCluster>"), 1);
	xfree(text);
	expect(s, RDS("DescribeDBClusters"), cluster);
	expect(s, RDS("DescribeDBInstances") "&DBInstanceIdentifier=shop-b", instance);
	expect(s, EC2("DescribeSecurityGroupRules"), rules);
	expect(s, EC2("GetManagedPrefixListEntries") "&PrefixListId=pl-1", list);
	expect(s, EC2("DescribeSubnets"), subnet);
	expect(s, RDS("DescribeDBClusterSnapshots") "&SnapshotType=manual", snapshot);
	assert_true(sim_scenario_behind(file("a.ini", SMALL), &behind, &err));
	assert_string_equal(behind.instances, "shop-b shop-a");
	assert_string_equal(behind.engine_version, "16.6");
	sim_stop(s);
}

static void a_file_adds_to_its_base(void **state)
{
	static const char *const changed[] = {"<BackupRetentionPeriod>3<", "<EngineVersion>15.4<", NULL};
	static const char *const rules[] = {"<cidrIpv4>198.51.100.9/32<", NULL};
	struct sim *s;
	char *text;

	(void)state;
	s = fixture_new(
		file("a.ini",
		     "[scenario]\nbase = incident\n[cluster prod-orders]\nretention_days = 3\n"
		     "[security-group sg-0a1b2c3d]\nrule = in tcp 5432 198.51.100.9/32\n[fleet]\nclusters = 4\n"),
		0);
	expect(s, RDS("DescribeDBClusters") "&DBClusterIdentifier=prod-orders", changed);
	expect(s, EC2("DescribeSecurityGroupRules") "&Filter.1.Name=group-id&Filter.1.Value.1=sg-0a1b2c3d", rules);
	text = fixture_ok(s, EC2("DescribeSecurityGroupRules") "&Filter.1.Name=group-id&Filter.1.Value.1=sg-0a1b2c3d");
	assert_int_equal(fixture_count(text, "<securityGroupRuleId>"), 1); /* a list is replaced as a whole */
	xfree(text);
	text = fixture_ok(s, RDS("DescribeDBClusters"));
	assert_int_equal(fixture_count(text, "<DBCluster>"), 7);
	xfree(text);
	text = fixture_ok(s,
			  RDS("DescribeDBClusterSnapshots") "&DBClusterIdentifier=prod-orders&SnapshotType=automated");
	assert_null(strstr(text, "2026-03-17-")); /* incident, through the base */
	xfree(text);
	sim_stop(s);
}

static void bases_are_found_beside_the_file(void **state)
{
	char path[128];
	struct err err;

	(void)state;
	snprintf(path, sizeof(path), "%s/sub", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	file("b.ini", SMALL);
	assert_true(load(file("sub/c.ini", "[scenario]\nbase = ../b.ini\n[cluster shop]\nvolume = 3TiB\n"), &err));
	file("b.ini", "[scenario]\nbase = sub/c.ini\n");
	assert_false(load(file("sub/c.ini", "[scenario]\nbase = ../b.ini\n"), &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_non_null(strstr(err.text, "more than 4 files"));
	assert_false(load(file("a.ini", "[scenario]\n\nbase = missing\n"), &err));
	assert_non_null(strstr(err.text, "/a.ini:3: [scenario] base: no scenario 'missing'"));
}

static void what_is_wrong_is_told_by_line_and_key(void **state)
{
	(void)state;
	refused("[cluster prod-orders]\nvolume = big\n", "/a.ini:4: [cluster prod-orders] volume: 'big' is no size");
	refused("[cluster prod-orders]\nage = soon\n", "a.ini:4: [cluster prod-orders] age: 'soon' is no time");
	refused("[cluster prod-orders]\nretention_days = 99\n", "retention_days: '99' is no whole number from 1 to 35");
	refused("[cluster prod-orders]\nload = much\n", "load: 'much' is no number from 0 to 100");
	refused("[cluster prod-orders]\ninsights = perhaps\n", "insights: 'perhaps' is neither yes nor no");
	refused("[cluster prod-orders]\ntaem = x\n",
		"a.ini:4: [cluster prod-orders] taem: no such key here; is team meant?");
	refused("[cluster prod-orders]\nstatus =\n", "status: a value is missing");
	refused("[klaster x]\n", "a.ini:3: [klaster x] no such heading; there are scenario, fleet, cluster");
	refused("[cluster]\n", "a.ini:3: [cluster] an identifier");
	refused("[fleet x]\n", "nothing may follow the word");
	refused("[fleet]\nclusters = 5000\n", "clusters: '5000'");
	refused("[cluster lonely]\ndatabase = x\n", "a.ini:3: [cluster lonely] engine_version is missing");
	refused("[instance x]\ncluster = nobody\nclass = db.r6g.large\n",
		"a.ini:3: [instance x] cluster: there is no cluster nobody");
	refused("[cluster prod-orders]\nsecurity_group = sg-x\n",
		"[cluster prod-orders] security_group: there is no security-group sg-x");
	refused("[cluster prod-orders]\nwriter = legacy-archive-1\n", "writer: it has no instance legacy-archive-1");
	refused("[security-group sg-0a1b2c3d]\nrule = in tcp\n",
		"a.ini:4: [security-group sg-0a1b2c3d] rule: in|out PROTOCOL");
	refused("[security-group sg-0a1b2c3d]\nrule = in tcp 9-5 10.0.0.0/8\n", "rule: '9-5' is no port");
	refused("[security-group sg-0a1b2c3d]\nrule = in tcp 5432 pl-x\n", "rule: there is no prefix-list pl-x");
	refused("[prefix-list pl-0c0ffee1]\nnetwork = here\n", "network: 'here' is no network");
	refused("[subnet-group fleet-db]\nsubnets = subnet-x\n", "subnets: there is no subnet subnet-x");
	refused("[fault f]\nkind = earthquake\n", "a.ini:4: [fault f] kind: no fault kind 'earthquake'");
	refused("[fault f]\nservice = ec2\n", "a.ini:3: [fault f] kind is missing");
	refused("[fault f]\nservice = cloudwatch\nkind = hang\n", "[fault f] service: there is no service cloudwatch");
	refused("[fault f]\noperation = Describe\nkind = hang\n",
		"[fault f] operation: there is no operation Describe");
	refused("[failover f]\ncluster = prod-orders\ntarget = orders-9\n",
		"target: prod-orders has no instance orders-9");
	refused("volume = 1\n[fleet]\nclusters = x\n", "a.ini:3: [scenario] volume: no such key here");
	refused("[cluster prod-orders\n", "a.ini:3: section heading without closing");
	refused("[cluster bad_name]\n", "engine_version is missing");
	refused("[route-table rtb-1]\nroute = 10.0.0.0/8\n", "route: DESTINATION TARGET [blackhole] is expected");
	refused("[route-table rtb-1]\nsubnets = subnet-x\n", "subnets: there is no subnet subnet-x");
	refused("[network-acl acl-1]\nrule = 100 in allow tcp 5432\n", "rule: NUMBER in|out allow|deny");
	refused("[network-acl acl-1]\nrule = 32767 in deny all all 0.0.0.0/0\n", "rule: NUMBER in|out allow|deny");
	refused("[alarm a]\nthreshold = 1\n", "[alarm a] metric is missing");
	refused("[alarm a]\nmetric = CPUUtilization\nperiod = 90s\n", "period: it is no number of whole minutes");
	refused("[alarm a]\nmetric = CPUUtilization\nstate = RED\n", "state: 'RED' is not OK");
}

static void all_faults_are_told_at_once(void **state)
{
	struct err err;

	(void)state;
	assert_false(load(
		file("a.ini",
		     "[scenario]\nbase = healthy\n[fleet]\nclusters = -1\n[cluster prod-orders]\nload = \x1b[31m\n"),
		&err));
	assert_non_null(strstr(err.text, "a.ini:4: [fleet] clusters"));
	assert_non_null(strstr(err.text, "a.ini:6: [cluster prod-orders] load: '?[31m'"));
	assert_string_equal(err.remedy, "correct these 2 faults");
}

static void a_scenario_without_a_database_is_no_demo(void **state)
{
	struct sim_behind behind;
	struct err err;

	(void)state;
	assert_false(sim_scenario_behind(
		file("a.ini", "[scenario]\nbase = healthy\n[cluster prod-orders]\ndatabase_behind = no\n"), &behind,
		&err));
	assert_int_equal(err.code, ERR_USAGE);
	assert_non_null(strstr(err.text, "no cluster says database_behind"));
}

static void faults_come_and_go(void **state)
{
	struct sim *s = fixture_new("throttled", 0);

	(void)state;
	xfree(fixture_ok(s, EC2("DescribeSubnets")));
	fixture_now_us += 9 * US_PER_S;
	xfree(fixture_ok(s, EC2("DescribeSubnets")));
	fixture_now_us += US_PER_S;
	fixture_fails(s, EC2("DescribeSubnets"), "RequestLimitExceeded");
	xfree(fixture_ok(s, RDS("DescribeDBClusters")));
	fixture_now_us += 20 * US_PER_S;
	xfree(fixture_ok(s, EC2("DescribeSubnets")));
	fixture_now_us += 45 * US_PER_S;
	fixture_fails(s, RDS("DescribeDBClusters"), "Throttling");
	sim_clear(s);
	xfree(fixture_ok(s, RDS("DescribeDBClusters")));
	sim_stop(s);
}

static void a_hang_lasts_as_long_as_it_says(void **state)
{
	struct sim *s = fixture_new("outage", 0);
	struct sim_plan plan;

	(void)state;
	fixture_now_us += 50 * US_PER_S;
	sim_fault_plan(s, "rds", STR("DescribeDBClusters"), &plan);
	assert_int_equal(plan.kind, SIM_FAULT_HANG);
	assert_int_equal(plan.left_us, 10 * US_PER_S);
	fixture_now_us += 10 * US_PER_S;
	sim_fault_plan(s, "rds", STR("DescribeDBClusters"), &plan);
	assert_int_equal(plan.kind, SIM_FAULT__COUNT);
	sim_stop(s);
}

static void rights_are_missing_where_it_says(void **state)
{
	struct sim *s = fixture_new("denied", 0);

	(void)state;
	fixture_fails(s, EC2("GetManagedPrefixListEntries") "&PrefixListId=pl-0c0ffee1", "UnauthorizedOperation");
	fixture_fails(s, RDS("DescribeDBClusterSnapshots"), "AccessDenied");
	xfree(fixture_ok(s, EC2("DescribeSecurityGroupRules")));
	xfree(fixture_ok(s, RDS("DescribeDBClusters")));
	sim_stop(s);
}

static void writer_is(struct sim *s, const char *id)
{
	char word[128];
	const char *const words[] = {word, NULL};

	snprintf(word, sizeof(word), "<DBInstanceIdentifier>%s</DBInstanceIdentifier>\n<IsClusterWriter>true<", id);
	expect(s, RDS("DescribeDBClusters") "&DBClusterIdentifier=prod-orders", words);
}

static void the_planned_failovers_happen(void **state)
{
	struct sim *s = fixture_new("failover", 0);

	(void)state;
	writer_is(s, "orders-1");
	fixture_now_us += 31 * US_PER_S;
	writer_is(s, "orders-1");
	fixture_now_us += 15 * US_PER_S;
	writer_is(s, "orders-2");
	fixture_now_us += 2 * US_PER_MIN;
	writer_is(s, "orders-1");
	sim_stop(s);
	/* Nobody asked in between: both have happened all the same. */
	s = fixture_new("failover", 0);
	sim_set_offset(s, 10 * US_PER_MIN);
	writer_is(s, "orders-1");
	sim_stop(s);
}

#define FILES(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_compiled_in_one_is_sound),
		cmocka_unit_test(an_unknown_name_lists_the_known),
		FILES(a_file_describes_everything),
		FILES(a_file_adds_to_its_base),
		FILES(bases_are_found_beside_the_file),
		FILES(what_is_wrong_is_told_by_line_and_key),
		FILES(all_faults_are_told_at_once),
		FILES(a_scenario_without_a_database_is_no_demo),
		cmocka_unit_test(faults_come_and_go),
		cmocka_unit_test(a_hang_lasts_as_long_as_it_says),
		cmocka_unit_test(rights_are_missing_where_it_says),
		cmocka_unit_test(the_planned_failovers_happen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
