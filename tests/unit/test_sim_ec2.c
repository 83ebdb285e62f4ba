/*
 * The simulated security groups: what goes where in EC2's answers.
 */
#include "sim_fixture.h"

#define GROUP "&GroupId.1="

/* The part of text between two words. */
static char *between(const char *text, const char *from, const char *to)
{
	const char *start = strstr(text, from), *end = start ? strstr(start, to) : NULL;

	assert_non_null(start);
	assert_non_null(end);
	return xstrndup(start, (size_t)(end - start));
}

static void ingress_and_egress_are_apart(void **state)
{
	struct sim *s = fixture_new(NULL, 0);
	char *text = fixture_ok(s, EC2("DescribeSecurityGroups") GROUP "sg-0a1b2c3d");
	char *in = between(text, "<ipPermissions>", "</ipPermissions>");
	char *out = between(text, "<ipPermissionsEgress>", "</ipPermissionsEgress>");

	(void)state;
	assert_int_equal(fixture_count(text, "<groupName>"), 1);
	assert_int_equal(fixture_count(in, "<ipProtocol>"), 2);
	assert_int_equal(fixture_count(in, "<fromPort>5432<"), 1);
	assert_int_equal(fixture_count(in, "<userId>"), 3);
	assert_null(strstr(in, "0.0.0.0/0"));
	assert_int_equal(fixture_count(out, "<ipProtocol>-1<"), 1);
	assert_null(strstr(out, "5432"));
	xfree(in);
	xfree(out);
	xfree(text);
	sim_stop(s);
}

static void open_to_the_world_means_ingress(void **state)
{
	struct sim *s = fixture_new(NULL, 30);
	char *text = fixture_ok(
		s, EC2("DescribeSecurityGroups") "&Filter.1.Name=ip-permission.cidr&Filter.1.Value.1=0.0.0.0/0");

	(void)state;
	assert_int_equal(fixture_count(text, "<groupId>"), 1);
	assert_non_null(strstr(text, "<groupName>legacy-archive-db<"));
	xfree(text);
	sim_stop(s);
}

static void rules_are_one_row_a_source(void **state)
{
	struct sim *s = fixture_new(NULL, 0);
	char *text =
		fixture_ok(s, EC2("DescribeSecurityGroupRules") "&Filter.1.Name=group-id&Filter.1.Value.1=sg-0b7c1d22");

	(void)state;
	assert_int_equal(fixture_count(text, "<securityGroupRuleId>"), 4);
	assert_int_equal(fixture_count(text, "<isEgress>true<"), 1);
	assert_int_equal(fixture_count(text, "<cidrIpv6>2001:db8:a::/64<"), 1);
	assert_int_equal(fixture_count(text, "<prefixListId>pl-0c0ffee6<"), 1);
	assert_int_equal(fixture_count(text, "<referencedGroupInfo>"), 1);
	assert_int_equal(fixture_count(text, "<cidrIpv4>"), 1);
	xfree(text);
	sim_stop(s);
}

static void unknown_ids_and_dry_runs(void **state)
{
	struct sim *s = fixture_new(NULL, 0);

	(void)state;
	fixture_fails(s, EC2("DescribeSecurityGroups") GROUP "sg-0", "InvalidGroup.NotFound");
	fixture_fails(s, EC2("DescribeSubnets") "&SubnetId.1=subnet-0", "InvalidSubnetID.NotFound");
	fixture_fails(s, EC2("GetManagedPrefixListEntries") "&PrefixListId=pl-0", "InvalidPrefixListID.NotFound");
	fixture_fails(s, EC2("DescribeSubnets") "&DryRun=true", "DryRunOperation");
	xfree(fixture_ok(s, EC2("DescribeSubnets") "&DryRun=false"));
	sim_stop(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ingress_and_egress_are_apart),
		cmocka_unit_test(open_to_the_world_means_ingress),
		cmocka_unit_test(rules_are_one_row_a_source),
		cmocka_unit_test(unknown_ids_and_dry_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
