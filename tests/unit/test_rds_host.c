/* test_rds_host.c: what the names of database hosts say, and which certificates they are verified with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "db/rds_host.h"
#include "db/roots.h"

#include <sys/stat.h>
#include <unistd.h>

static void test_amazon_names(void **state)
{
	static const char *const amazon[] = {
		"orders-1.c1.eu-west-1.rds.amazonaws.com",
		"orders-1.c1.eu-west-1.rds.amazonaws.com.",
		"ORDERS-1.C1.EU-WEST-1.RDS.AMAZONAWS.COM",
		"orders.cluster-ro-c1.us-gov-west-1.rds.amazonaws.com",
		"orders-1.c1.rds.cn-north-1.amazonaws.com.cn",
		"orders-1.c1.cn-north-1.rds.amazonaws.com.cn",
		"orders-2.rds.amazonaws.com",
		"orders-1.c1.eusc-de-east-1.rds.amazonaws.eu",
		"orders-1.c1.us-iso-east-1.rds.c2s.ic.gov",
		"orders-1.c1.us-isob-east-1.rds.sc2s.sgov.gov",
		"orders-1.c1.eu-isoe-west-1.rds.cloud.adc-e.uk",
		"orders-1.c1.rds.us-isof-south-1.csp.hci.ic.gov",
	};
	static const char *const others[] = {
		"",
		".",
		"localhost",
		"10.0.0.1",
		"rds.amazonaws.com.evil.example",
		"orders-1.c1.eu-west-1.rds.ic.gov",
		"orders-1.c1.eu-west-1.rds.hci.ic.gov",
		"rds.amazonaws.com",
		"orders.rdsxamazonaws.com",
		"evilrds.amazonaws.com",
		"ec2-1.eu-west-1.compute.amazonaws.com",
		"rds.cn-north-1.amazonaws.com.cn",
		"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.rds.amazonaws.com",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(amazon); i++)
		if (!rds_host_is_amazon(str_c(amazon[i])))
			fail_msg("%s", amazon[i]);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (rds_host_is_amazon(str_c(others[i])))
			fail_msg("%s", others[i]);
}

static void region_is(const char *host, const char *region, enum rds_partition partition)
{
	if (!str_eq_c(rds_host_region(str_c(host)), region) || rds_host_partition(str_c(host)) != partition)
		fail_msg("%s: " STR_FMT, host, STR_ARG(rds_host_region(str_c(host))));
}

static void test_regions(void **state)
{
	(void)state;
	region_is("orders-1.c1.eu-west-1.rds.amazonaws.com", "eu-west-1", RDS_COMMERCIAL);
	region_is("orders-1.c1.us-gov-east-1.rds.amazonaws.com", "us-gov-east-1", RDS_GOVCLOUD);
	region_is("orders-1.c1.rds.us-gov-west-1.amazonaws.com", "us-gov-west-1", RDS_GOVCLOUD);
	region_is("orders-1.c1.rds.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1", RDS_CHINA);
	region_is("orders-1.c1.eusc-de-east-1.rds.amazonaws.eu", "eusc-de-east-1", RDS_ELSEWHERE);
	region_is("orders-1.c1.us-iso-east-1.rds.c2s.ic.gov", "us-iso-east-1", RDS_ELSEWHERE);
	region_is("orders-1.c1.rds.us-isof-south-1.csp.hci.ic.gov", "us-isof-south-1", RDS_ELSEWHERE);
	region_is("orders.rds.amazonaws.com", "", RDS_COMMERCIAL);
	region_is("orders-2.rds.amazonaws.com", "", RDS_COMMERCIAL);
	region_is("localhost", "", RDS_COMMERCIAL);
	region_is("", "", RDS_COMMERCIAL);
}

static void test_proxies(void **state)
{
	(void)state;
	assert_true(rds_host_is_proxy(STR("shop.proxy-c1a2b3.eu-west-1.rds.amazonaws.com")));
	assert_true(rds_host_is_proxy(STR("shop.endpoint.proxy-c1a2b3.eu-west-1.rds.amazonaws.com")));
	assert_true(rds_host_is_proxy(STR("Shop.Proxy-c1a2b3.rds.cn-north-1.amazonaws.com.cn")));
	/* an instance may be called anything */
	assert_false(rds_host_is_proxy(STR("proxy-1.c1a2b3.eu-west-1.rds.amazonaws.com")));
	assert_false(rds_host_is_proxy(STR("shop.proxy-c1a2b3.example.com")));
	assert_false(rds_host_is_proxy(STR("")));
}

static void make_file(const char *home, const char *name)
{
	char path[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/.postgresql/%s", home, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fclose(f);
}

static void bundle_is(const char *host, const char *end)
{
	char path[ROOTS_PATH_MAX] = "";
	bool found = roots_find(str_c(host), path);

	if (found != (end != NULL) || (end && !str_ends(str_c(path), str_c(end))))
		fail_msg("%s: %s", host, path);
}

#define GERMANY "orders-1.c1.eu-central-1.rds.amazonaws.com"
#define CHINA "orders-1.c1.rds.cn-north-1.amazonaws.com.cn"
#define GOVERNMENT "orders-1.c1.us-gov-west-1.rds.amazonaws.com"

static void test_bundles(void **state)
{
	char home[] = "/tmp/auroratop-roots-XXXXXX", folder[64], command[ERR_REMEDY_MAX];

	(void)state;
	assert_non_null(mkdtemp(home));
	(void)snprintf(folder, sizeof(folder), "%s/.postgresql", home);
	assert_int_equal(mkdir(folder, 0700), 0);
	setenv("HOME", home, 1);
	bundle_is(GERMANY, NULL);
	bundle_is(CHINA, NULL);
	assert_false(roots_has_default());
	/* what the remedy fetches is found where it puts it */
	roots_command(STR(CHINA), command);
	assert_string_equal(command, "curl --create-dirs -o ~/.postgresql/cn-global-bundle.pem "
				     "https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/global/global-bundle.pem");
	make_file(home, "cn-global-bundle.pem");
	bundle_is(CHINA, "/.postgresql/cn-global-bundle.pem");
	bundle_is(GERMANY, NULL);
	roots_command(STR(GOVERNMENT), command);
	assert_string_equal(command, "curl --create-dirs -o ~/.postgresql/us-gov-global-bundle.pem "
				     "https://truststore.pki.us-gov-west-1.rds.amazonaws.com/global/global-bundle.pem");
	make_file(home, "us-gov-global-bundle.pem");
	bundle_is(GOVERNMENT, "/.postgresql/us-gov-global-bundle.pem");
	make_file(home, "global-bundle.pem");
	bundle_is(GERMANY, "/.postgresql/global-bundle.pem");
	bundle_is(CHINA, "/.postgresql/cn-global-bundle.pem");
	/* a proxy is verified with what the machine trusts */
	if (access("/etc/ssl/certs/ca-certificates.crt", R_OK) == 0)
		bundle_is("shop.proxy-c1.eu-central-1.rds.amazonaws.com", "/etc/ssl/certs/ca-certificates.crt");
	roots_command(STR("shop.proxy-c1.eu-central-1.rds.amazonaws.com"), command);
	assert_non_null(strstr(command, "ca-certificates"));
	roots_command(STR("orders-1.c1.eusc-de-east-1.rds.amazonaws.eu"), command);
	assert_non_null(strstr(command, "user guide of this partition"));
	assert_null(strstr(command, "curl"));
	make_file(home, "root.crt");
	assert_true(roots_has_default());
	/* under Amazon's own name it is found for every partition */
	(void)snprintf(command, sizeof(command), "%s/cn-global-bundle.pem", folder);
	assert_int_equal(unlink(command), 0);
	bundle_is(CHINA, "/.postgresql/global-bundle.pem");
	(void)snprintf(command, sizeof(command), "rm -r %s", home);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_amazon_names),
		cmocka_unit_test(test_regions),
		cmocka_unit_test(test_proxies),
		cmocka_unit_test(test_bundles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
