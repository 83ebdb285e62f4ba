/*
 * What the simulator takes for a parameter: known names only, right types, honest tokens.
 */
#include "sim_fixture.h"

static void unknown_names_are_refused(void **state)
{
	struct sim *s = fixture_new(NULL, 0);

	(void)state;
	xfree(fixture_ok(s, RDS("DescribeDBClusters") "&Filters.Filter.1.Name=engine&Filters.Filter.1.Values.Value.1="
						      "aurora-postgresql"));
	fixture_fails(s, RDS("DescribeDBClusters") "&DBClusterIdentifer=prod-orders", "InvalidParameterValue");
	fixture_fails(s, RDS("DescribeDBClusters") "&Filters.member.1.Name=engine", "InvalidParameterValue");
	fixture_fails(s, RDS("DescribeDBClusters") "&Filters.Filter.x.Name=engine", "InvalidParameterValue");
	fixture_fails(s, RDS("DescribeDBClusters") "&Filters.Filter.1.Name.More=engine", "InvalidParameterValue");
	fixture_fails(s, RDS("DescribeDBClusters") "&Filters.Filter.1=engine", "InvalidParameterValue");
	fixture_fails(s, EC2("DescribeSubnets") "&SubnetIds.1=subnet-0b21", "UnknownParameter");
	fixture_fails(s, RDS("DescribeDBClusters") "&MaxRecords=20&MaxRecords=30", "MalformedQueryString");
	xfree(fixture_ok(s, RDS("DescribeDBClusters") "&Filters="));
	sim_stop(s);
}

static void required_names_must_come(void **state)
{
	struct sim *s = fixture_new(NULL, 0);

	(void)state;
	fixture_fails(s, EC2("GetManagedPrefixListEntries"), "MissingParameter");
	fixture_fails(s, CW("GetMetricData") "&StartTime=2026-03-17T11:00:00Z&EndTime=2026-03-17T12:00:00Z",
		      "MissingParameter");
	sim_stop(s);
}

static void operations_and_versions(void **state)
{
	struct sim *s = fixture_new(NULL, 0);

	(void)state;
	fixture_fails(s, RDS("DescribeDBCluster"), "InvalidAction");
	fixture_fails(s, "Version=2014-10-30&Action=DescribeDBClusters", "InvalidAction");
	fixture_fails(s, "Version=2014-10-31", "MissingAction");
	fixture_fails(s, RDS("DescribeDBClusters") "&MaxRecords=%zz", "MalformedQueryString");
	fixture_fails(s, RDS("DescribeDBClusters") "&MaxRecords=2%3", "MalformedQueryString");
	sim_stop(s);
}

static void values_have_types(void **state)
{
	struct sim *s = fixture_new(NULL, 0);

	(void)state;
	fixture_fails(s, RDS("DescribeDBClusters") "&MaxRecords=many", "InvalidParameterValue");
	fixture_fails(s, RDS("DescribeDBClusters") "&MaxRecords=19", "InvalidParameterValue");
	fixture_fails(s, RDS("DescribeDBClusters") "&MaxRecords=101", "InvalidParameterValue");
	fixture_fails(s, RDS("DescribeDBClusters") "&IncludeShared=yes", "InvalidParameterValue");
	fixture_fails(s, EC2("DescribeSubnets") "&MaxResults=4", "InvalidParameterValue");
	fixture_fails(s, EC2("DescribeSubnets") "&Filter.1.Name=vpc-id", "InvalidParameterValue");
	fixture_fails(s, RDS("DescribeDBClusters") "&Marker=eyJ000000000001deadbeef==", "InvalidParameterValue");
	sim_stop(s);
}

static void form_escapes(void **state)
{
	struct arena *a = arena_new(4096, 1 << 20);
	struct sim_param *p;
	size_t n;

	(void)state;
	assert_true(sim_form_parse(a, STR("a=b+c%2Bd&empty=&flag&%C3%A4=%c3%b6"), &p, &n));
	assert_int_equal(n, 4);
	assert_string_equal(p[0].value.ptr, "b c+d");
	assert_int_equal(p[1].value.len, 0);
	assert_string_equal(p[2].name.ptr, "flag");
	assert_string_equal(p[3].name.ptr, "\xc3\xa4");
	assert_string_equal(p[3].value.ptr, "\xc3\xb6");
	assert_false(sim_form_parse(a, STR("a=%"), &p, &n));
	assert_false(sim_form_parse(a, STR("a=%4"), &p, &n));
	assert_false(sim_form_parse(a, STR("%g0=1"), &p, &n));
	arena_free(a);
}

static void pages_hold_every_row_once(void **state)
{
	struct sim *s = fixture_new(NULL, 57);
	char form[256] = RDS("DescribeDBClusters") "&MaxRecords=20";
	size_t rows = 0, pages = 0;

	(void)state;
	for (;;) {
		char *text = fixture_ok(s, form), *marker = strstr(text, "<Marker>");

		rows += fixture_count(text, "<DBCluster>");
		pages++;
		if (marker)
			snprintf(form, sizeof(form), RDS("DescribeDBClusters") "&MaxRecords=20&Marker=%.25s",
				 marker + 8);
		xfree(text);
		if (!marker)
			break;
	}
	assert_int_equal(rows, 60);
	assert_int_equal(pages, 3);
	/* A token of one call is no token of another. */
	memcpy(strstr(form, "Clusters"), "Instance", 8);
	memmove(strstr(form, "Instance") + 9, strstr(form, "Instance") + 8, strlen(strstr(form, "Instance") + 8) + 1);
	strstr(form, "Instance")[8] = 's';
	fixture_fails(s, form, "InvalidParameterValue");
	sim_stop(s);
}

static void filters(void **state)
{
	struct sim *s = fixture_new(NULL, 0);
	char *text = fixture_ok(s, EC2("DescribeSubnets") "&Filter.1.Name=subnet-id&Filter.1.Value.1=subnet-0b2?"
							  "&Filter.1.Value.2=*31&Filter.2.Name=availability-zone"
							  "&Filter.2.Value.1=*a");

	(void)state;
	assert_int_equal(fixture_count(text, "<subnetId>"), 2);
	xfree(text);
	/* No wildcards in RDS. */
	text = fixture_ok(
		s, RDS("DescribeDBClusters") "&Filters.Filter.1.Name=engine&Filters.Filter.1.Values.Value.1=aurora*");
	assert_int_equal(fixture_count(text, "<DBCluster>"), 0);
	xfree(text);
	sim_stop(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_names_are_refused),
		cmocka_unit_test(required_names_must_come),
		cmocka_unit_test(operations_and_versions),
		cmocka_unit_test(values_have_types),
		cmocka_unit_test(form_escapes),
		cmocka_unit_test(pages_hold_every_row_once),
		cmocka_unit_test(filters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
