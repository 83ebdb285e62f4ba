/*
 * test_aws_form.c: request bodies are byte for byte what botocore sends.
 */
#include "aws/json_help.h"

#include "aws/form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static json_t *root;

static struct str vector_body(const char *name)
{
	const json_t *vectors = json_object_get(root, "vectors");

	for (size_t i = 0; i < json_array_size(vectors); i++)
		if (str_eq_c(json_text(json_array_get(vectors, i), "name"), name))
			return json_text(json_array_get(vectors, i), "body");
	fail_msg("no vector %s", name);
	return STR("");
}

static void expect(struct form *f, const char *vector)
{
	struct str want = vector_body(vector), got;
	struct err err;

	assert_true(form_body(f, &got, &err));
	if (!str_eq(got, want))
		fail_msg("%s:\n" STR_FMT "\nwanted:\n" STR_FMT, vector, STR_ARG(got), STR_ARG(want));
	form_release(f);
}

static void test_rds(void **state)
{
	struct form f;

	(void)state;
	form_begin(&f, "DescribeDBInstances", "2014-10-31");
	form_add_rds_filter(&f, 1, "db-cluster-id", STR("aurora-prod,aurora-stage"));
	form_add_rds_filter(&f, 2, "engine", STR("aurora-postgresql"));
	expect(&f, "rds-describe-db-instances-filters");

	form_begin(&f, "DescribeDBClusters", "2014-10-31");
	form_add_i64(&f, "MaxRecords", 100);
	form_add_c(&f, "Marker", "eyJtYXJrZXIiOiAiYWJjL2RlZitnaD09In0=");
	expect(&f, "rds-describe-db-clusters-paged-session-token");

	form_begin(&f, "DescribeEvents", "2014-10-31");
	form_add_c(&f, "SourceType", "db-cluster");
	form_add_c(&f, "SourceIdentifier", "aurora-prod");
	form_add_time(&f, "StartTime", INT64_C(1768348800000000));
	form_add_time(&f, "EndTime", INT64_C(1768465800999999)); /* the fraction is not sent */
	form_add_list(&f, "EventCategories.EventCategory", STR("failover,notification"));
	expect(&f, "rds-describe-events-list");
}

static void test_ec2(void **state)
{
	struct form f;

	(void)state;
	form_begin(&f, "DescribeSecurityGroups", "2016-11-15");
	form_add_list(&f, "GroupId", STR("sg-0123456789abcdef0"));
	form_add_ec2_filter(&f, 1, "vpc-id", STR("vpc-0a1b2c3d4e5f60718"));
	expect(&f, "ec2-describe-security-groups");

	form_begin(&f, "DescribeSecurityGroupRules", "2016-11-15");
	form_add_ec2_filter(&f, 1, "group-id", STR("sg-0123456789abcdef0,sg-0fedcba9876543210"));
	expect(&f, "ec2-describe-security-group-rules");

	form_begin(&f, "DescribeSubnets", "2016-11-15");
	form_add_list(&f, "SubnetId", STR("subnet-0a1b2c3d,subnet-0e1f2a3b"));
	expect(&f, "ec2-describe-subnets");
}

/* Decodes the value of one pair of a form. */
static struct str unescape(struct str s, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		int hex[2] = {0, 0};

		for (size_t k = 0; s.ptr[i] == '%' && k < 2; k++) {
			char c = s.ptr[i + 1 + k];

			hex[k] = c <= '9' ? c - '0' : c - 'A' + 10;
		}
		out[n++] = s.ptr[i] == '+' ? ' ' : s.ptr[i] == '%' ? (char)(hex[0] * 16 + hex[1]) : s.ptr[i];
		i += s.ptr[i] == '%' ? 2 : 0;
	}
	return (struct str){out, n};
}

/* Every form of the vectors, taken apart and built again. */
static void test_every_vector(void **state)
{
	const json_t *vectors = json_object_get(root, "vectors");
	int forms = 0;

	(void)state;
	for (size_t i = 0; i < json_array_size(vectors); i++) {
		const json_t *v = json_array_get(vectors, i);
		struct str rest = json_text(v, "body"), part, name, action = STR("");
		struct form f;
		char text[4096], z[256];

		if (!str_starts(rest, STR("Action=")))
			continue;
		forms++;
		assert_true(str_split(&rest, '&', &action));
		assert_true(str_split(&rest, '&', &part));
		action = str_sub(action, 7, action.len);
		part = str_sub(part, 8, part.len);
		snprintf(z, sizeof(z), STR_FMT, STR_ARG(action));
		snprintf(text, sizeof(text), STR_FMT, STR_ARG(part));
		form_begin(&f, z, text);
		while (rest.len > 0 && str_split(&rest, '&', &part)) {
			assert_true(str_split(&part, '=', &name));
			snprintf(z, sizeof(z), STR_FMT, STR_ARG(name));
			form_add(&f, z, unescape(part, text));
		}
		snprintf(z, sizeof(z), STR_FMT, STR_ARG(json_text(v, "name")));
		expect(&f, z);
	}
	assert_true(forms >= 15);
}

static void test_small_things(void **state)
{
	struct form f;
	struct str body;
	struct err err;

	(void)state;
	form_begin(&f, "A", "1");
	form_add_bool(&f, "Yes", true);
	form_add_bool(&f, "No", false);
	form_add_i64(&f, "N", INT64_MIN);
	form_add_list(&f, "Empty", STR(""));
	form_addf(&f, STR("v"), "X.%d.Y", 7);
	assert_true(form_body(&f, &body, &err));
	assert_true(str_eq_c(body, "Action=A&Version=1&Yes=true&No=false&N=-9223372036854775808&X.7.Y=v"));
	form_release(&f);
}

static void test_limit(void **state)
{
	struct form f;
	struct str body;
	struct err err;

	(void)state;
	form_begin(&f, "A", "1");
	for (int i = 0; i < 40000; i++)
		form_addf(&f, STR("0123456789012345678901234567890123456789"), "Name.%d", i);
	form_add_c(&f, "Last", "x");
	assert_false(form_body(&f, &body, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	form_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rds),          cmocka_unit_test(test_ec2),   cmocka_unit_test(test_every_vector),
		cmocka_unit_test(test_small_things), cmocka_unit_test(test_limit),
	};
	json_error_t why;
	int failed;

	root = json_load_file(TEST_DATA "/sigv4/botocore-vectors.json", 0, &why);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	json_decref(root);
	return failed;
}
