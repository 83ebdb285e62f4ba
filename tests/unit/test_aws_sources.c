/*
 * test_aws_sources.c: requests and decoded rows of every RDS and EC2 source.
 */
#include "aws/fake_fetch.h"
#include "aws/loopback.h"

#include "aws/classes.h"
#include "aws/client.h"
#include "aws/input.h"
#include "aws/sources.h"
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static struct err err;

/* Answers by the Action of the request, and by Marker or NextToken for a second page. */
struct table {
	struct answer {
		const char *action; /* "Action=X", and perhaps more that must be in the request */
		const char *body;
		int status; /* 0 = 200 */
	} answers[8];
	char requests[8192]; /* bodies so far, one a line */
};

static enum loopback_action by_action(void *ctx, int n, struct str req, struct buf *answer)
{
	struct table *t = ctx;
	size_t used = strlen(t->requests);
	long body = str_find(req, STR("\r\n\r\n"), 0);
	const struct answer *found = NULL;

	(void)n;
	snprintf(t->requests + used, sizeof(t->requests) - used, STR_FMT "\n",
		 STR_ARG(str_sub(req, (size_t)body + 4, req.len)));
	for (size_t i = 0; i < ARRAY_LEN(t->answers) && t->answers[i].action; i++)
		if (str_find(req, str_c(t->answers[i].action), 0) >= 0)
			found = &t->answers[i];
	if (found)
		loopback_reply(answer, found->status ? found->status : 200, "", found->body);
	else
		loopback_reply(answer, 400, "",
			       "<ErrorResponse><Error><Code>Unexpected</Code></Error></ErrorResponse>");
	return LOOPBACK_KEEP;
}

static struct str text(const struct snapshot *s, size_t row, const char *field)
{
	if (rec_find(s->type, str_c(field)) < 0)
		fail_msg("no field %s", field);
	return aws_input_text(s, row, field);
}

static void expect_text(const struct snapshot *s, size_t row, const char *field, const char *want)
{
	struct str got = text(s, row, field);

	if (!str_eq_c(got, want))
		fail_msg("%s of row %zu is \"" STR_FMT "\", not \"%s\"", field, row, STR_ARG(got), want);
}

static void expect_i64(const struct snapshot *s, size_t row, const char *field, int64_t want)
{
	int64_t got = -12345;

	if (!aws_input_i64(s, row, field, &got) || got != want)
		fail_msg("%s of row %zu is %lld, not %lld", field, row, (long long)got, (long long)want);
}

static void expect_f64(const struct snapshot *s, size_t row, const char *field, double want)
{
	union value v;

	assert_true(rec_get(&s->type->fields[rec_find(s->type, str_c(field))], snapshot_row(s, row), &v));
	assert_true(v.f64 > want - 1e-9 && v.f64 < want + 1e-9);
}

static bool absent(const struct snapshot *s, size_t row, const char *field)
{
	union value v;

	return !rec_get(&s->type->fields[rec_find(s->type, str_c(field))], snapshot_row(s, row), &v);
}

#define CLUSTER_ONE                                                                                                  \
	"<DBCluster><DBClusterIdentifier>orders</DBClusterIdentifier><DBClusterArn>arn:1</DBClusterArn>"             \
	"<Status>available</Status><Engine>aurora-postgresql</Engine><EngineVersion>16.6</EngineVersion>"            \
	"<EngineMode>provisioned</EngineMode><Port>5432</Port><MultiAZ>true</MultiAZ><Unheard><Of>1</Of></Unheard>"  \
	"<Endpoint>orders.cluster-x.rds.amazonaws.com</Endpoint><BackupRetentionPeriod>7</BackupRetentionPeriod>"    \
	"<ClusterCreateTime>2026-01-15T08:30:05.123Z</ClusterCreateTime><StorageEncrypted>true</StorageEncrypted>"   \
	"<DBClusterMembers><DBClusterMember><DBInstanceIdentifier>orders-2</DBInstanceIdentifier>"                   \
	"<IsClusterWriter>false</IsClusterWriter></DBClusterMember><DBClusterMember>"                                \
	"<DBInstanceIdentifier>orders-1</DBInstanceIdentifier><IsClusterWriter>true</IsClusterWriter>"               \
	"</DBClusterMember><DBClusterMember><DBInstanceIdentifier>orders-3</DBInstanceIdentifier>"                   \
	"<IsClusterWriter>false</IsClusterWriter></DBClusterMember></DBClusterMembers>"                              \
	"<AvailabilityZones><AvailabilityZone>us-east-1a</AvailabilityZone><AvailabilityZone>us-east-1b"             \
	"</AvailabilityZone></AvailabilityZones><VpcSecurityGroups><VpcSecurityGroupMembership><VpcSecurityGroupId>" \
	"sg-1</VpcSecurityGroupId><Status>active</Status></VpcSecurityGroupMembership><VpcSecurityGroupMembership>"  \
	"<VpcSecurityGroupId>sg-2</VpcSecurityGroupId></VpcSecurityGroupMembership></VpcSecurityGroups>"             \
	"<DBSubnetGroup>private</DBSubnetGroup><ServerlessV2ScalingConfiguration><MinCapacity>0.5</MinCapacity>"     \
	"<MaxCapacity>16.0</MaxCapacity><SecondsUntilAutoPause>300</SecondsUntilAutoPause>"                          \
	"</ServerlessV2ScalingConfiguration></DBCluster>"
#define CLUSTERS(items, marker)                                                                                     \
	"<DescribeDBClustersResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\"><DescribeDBClustersResult>" \
	"<DBClusters>" items "</DBClusters>" marker "</DescribeDBClustersResult></DescribeDBClustersResponse>"

static const struct table one_cluster = {
	.answers = {{"Action=DescribeDBClusters&Version=2014-10-31&DBClusterIdentifier=orders",
		     CLUSTERS(CLUSTER_ONE, "<Marker/>"), 0}}};

/* A published clusters snapshot of the cluster above. */
static const struct snapshot *clusters_input(void)
{
	struct table t = one_cluster;
	struct loopback *l = loopback_start(by_action, &t, false);
	const struct snapshot *s;
	struct fake f;

	fake_init(&f, &source_clusters, loopback_url(l), "orders");
	if (!fake_run(&f, &err))
		fail_msg("%s", err.text);
	s = snapshot_ref(fake_last(&f));
	fake_release(&f);
	loopback_stop(l);
	return s;
}

static void test_one_cluster(void **state)
{
	const struct snapshot *s = clusters_input();

	(void)state;
	assert_int_equal(s->nrows, 1);
	assert_false(s->partial);
	expect_text(s, 0, "identifier", "orders");
	expect_text(s, 0, "engine_version", "16.6");
	expect_text(s, 0, "writer", "orders-1");
	expect_text(s, 0, "readers", "orders-2,orders-3");
	expect_text(s, 0, "members", "orders-2,orders-1,orders-3");
	expect_text(s, 0, "availability_zones", "us-east-1a,us-east-1b");
	expect_text(s, 0, "security_groups", "sg-1,sg-2");
	expect_i64(s, 0, "port", 5432);
	expect_i64(s, 0, "multi_az", 1);
	expect_i64(s, 0, "backup_retention_days", 7);
	expect_i64(s, 0, "created_at", INT64_C(1768465805123000));
	expect_i64(s, 0, "auto_pause_us", 300 * US_PER_S);
	expect_f64(s, 0, "min_acu", 0.5);
	expect_f64(s, 0, "max_acu", 16);
	assert_true(absent(s, 0, "reader_endpoint"));
	assert_true(absent(s, 0, "deletion_protection"));
	assert_false(source_clusters.busy(s));
	snapshot_unref(s);
}

/* Further settings come with the cluster while somebody wants them, and not otherwise. */
static void test_cluster_settings(void **state)
{
	struct table t = {
		.answers = {
			{"Action=DescribeDBClusters",
			 CLUSTERS("<DBCluster><DBClusterIdentifier>orders</DBClusterIdentifier><Status>available</"
				  "Status>"
				  "<Engine>aurora-postgresql</Engine><HttpEndpointEnabled>true</HttpEndpointEnabled>"
				  "<MasterUserSecret><SecretArn>arn:secret</SecretArn><SecretStatus>impaired"
				  "</SecretStatus></MasterUserSecret></DBCluster>",
				  ""),
			 0}}};
	struct loopback *l = loopback_start(by_action, &t, false);
	struct fake f;

	(void)state;
	fake_init(&f, &source_clusters, loopback_url(l), "orders");
	f.wants = "cluster_settings";
	assert_true(fake_run(&f, &err));
	assert_int_equal(f.npublished, 2);
	expect_text(f.published[0], 0, "status", "available");
	expect_text(f.published[1], 0, "cluster", "orders");
	expect_text(f.published[1], 0, "master_secret_arn", "arn:secret");
	expect_text(f.published[1], 0, "master_secret_status", "impaired");
	expect_i64(f.published[1], 0, "data_api", 1);
	assert_true(absent(f.published[1], 0, "activity_stream"));
	assert_int_equal(f.requests, 1);
	fake_clear(&f);
	f.wants = NULL;
	assert_true(fake_run(&f, &err));
	assert_int_equal(f.npublished, 1);
	fake_release(&f);
	loopback_stop(l);
}

static void test_region_in_pages(void **state)
{
	static const struct table pages = {
		.answers = {{"Action=DescribeDBClusters",
			     CLUSTERS(CLUSTER_ONE "<DBCluster><DBClusterIdentifier>graph</DBClusterIdentifier>"
						  "<Engine>neptune</Engine></DBCluster>",
				      "<Marker>next+1</Marker>"),
			     0},
			    {"Marker=next%2B1",
			     CLUSTERS("<DBCluster><DBClusterIdentifier>bills</DBClusterIdentifier><Status>failing-over"
				      "</Status><Engine>aurora-postgresql</Engine><DBClusterMembers/></DBCluster>",
				      ""),
			     0}}};
	struct table t = pages;
	struct loopback *l = loopback_start(by_action, &t, false);
	struct fake f;

	(void)state;
	fake_init(&f, &source_clusters, loopback_url(l), "");
	assert_true(fake_run(&f, &err));
	/* the first page is shown before the second is asked for */
	assert_int_equal(f.npublished, 2);
	assert_true(f.published[0]->partial);
	assert_int_equal(f.published[0]->nrows, 1);
	assert_int_equal(f.rows, 1);
	/* what has pages is fetched the less often */
	assert_int_equal(f.published[1]->period_us, 2 * AWS_PAGE_PERIOD_US);
	expect_text(f.published[0], 0, "readers", "orders-2,orders-3");
	assert_false(f.published[1]->partial);
	assert_int_equal(f.published[1]->nrows, 2);
	expect_text(f.published[1], 1, "identifier", "bills");
	assert_true(absent(f.published[1], 1, "writer"));
	assert_true(source_clusters.busy(f.published[1]));
	assert_non_null(
		strstr(t.requests, "Filters.Filter.1.Name=engine&Filters.Filter.1.Values.Value.1=aurora-postgresql\n"));
	assert_int_equal(f.requests, 2);
	/* each page stands alone */
	snapshot_unref(f.published[1]);
	f.npublished = 1;
	expect_text(f.published[0], 0, "identifier", "orders");
	expect_text(f.published[0], 0, "members", "orders-2,orders-1,orders-3");
	fake_release(&f);
	loopback_stop(l);
}

static void test_pages_without_end(void **state)
{
	static const struct table same = {.answers = {{"Action=", CLUSTERS(CLUSTER_ONE, "<Marker>again</Marker>"), 0}}};
	struct table t = same;
	struct loopback *l = loopback_start(by_action, &t, false);
	struct fake f;

	(void)state;
	fake_init(&f, &source_clusters, loopback_url(l), "");
	assert_false(fake_run(&f, &err));
	assert_int_equal(err.code, ERR_PROTOCOL);
	assert_non_null(strstr(err.text, "page marker"));
	assert_int_equal(loopback_requests(l), 2);
	fake_release(&f);
	loopback_stop(l);
}

#define NAMED(id) \
	"<DBCluster><DBClusterIdentifier>" id "</DBClusterIdentifier><Engine>aurora-postgresql</Engine></DBCluster>"

#define TAGGED(id, tags)                                                                                               \
	"<DBCluster><DBClusterIdentifier>" id "</DBClusterIdentifier><Engine>aurora-postgresql</Engine><TagList>" tags \
	"</TagList></DBCluster>"
#define KEY(k) "<Key>" k "</Key>"
#define VALUE(v) "<Value>" v "</Value>"

/* Key and value in any order; what is half or ambiguous is not guessed. */
static void test_tags(void **state)
{
	static const struct table same = {
		.answers = {
			{"Action=",
			 CLUSTERS(TAGGED("a", "<Tag>" KEY("Environment") VALUE("production") "</Tag><Tag>" KEY("team")
						      VALUE("a=b &amp; c") "</Tag>") TAGGED("b", "")
					  TAGGED("c", "<Tag>" VALUE("x")
							      KEY("k") "</Tag><Tag>" KEY("empty") "<Value/></Tag>")
						  NAMED("d") TAGGED("e", "<Tag>" KEY("alone") "</Tag><Tag>" KEY("k")
										 VALUE("v") "</Tag>")
							  TAGGED("f", "<Tag>" KEY("k") VALUE("one,Key=two") "</Tag>"),
				  ""),
			 0}}};
	struct table t = same;
	struct loopback *l = loopback_start(by_action, &t, false);
	const struct snapshot *s;
	struct fake f;

	(void)state;
	fake_init(&f, &source_clusters, loopback_url(l), "");
	assert_true(fake_run(&f, &err));
	s = fake_last(&f);
	assert_int_equal(s->nrows, 6);
	expect_text(s, 0, "tags", "Environment=production,team=a=b & c");
	expect_text(s, 1, "tags", "");
	assert_false(absent(s, 1, "tags"));
	expect_text(s, 2, "tags", "k=x,empty=");
	assert_false(absent(s, 3, "tags"));
	assert_true(absent(s, 4, "tags"));
	assert_true(absent(s, 5, "tags"));
	fake_release(&f);
	loopback_stop(l);
}

/* A page, half of the next one, then that one whole. */
static enum loopback_action breaks_off(void *ctx, int n, struct str req, struct buf *answer)
{
	static const char second[] = CLUSTERS(NAMED("bills") NAMED("carts"), "");
	long cut = (long)(strstr(second, NAMED("carts")) - second);

	(void)ctx;
	(void)req;
	if (n == 0) {
		loopback_reply(answer, 200, "", CLUSTERS(NAMED("apples"), "<Marker>2</Marker>"));
		return LOOPBACK_KEEP;
	}
	if (n == 1) {
		buf_addf(answer, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%.*s", strlen(second), (int)cut,
			 second);
		return LOOPBACK_CLOSE;
	}
	loopback_reply(answer, 200, "", second);
	return LOOPBACK_KEEP;
}

/* Rows of a page that broke off are forgotten before it is asked for again; those of the page before stay. */
static void test_half_a_page(void **state)
{
	struct loopback *l = loopback_start(breaks_off, NULL, false);
	const struct snapshot *s;
	struct fake f;

	(void)state;
	fake_init(&f, &source_clusters, loopback_url(l), "");
	assert_true(fake_run(&f, &err));
	assert_int_equal(loopback_requests(l), 3);
	s = fake_last(&f);
	assert_int_equal(s->nrows, 3);
	expect_text(s, 0, "identifier", "apples");
	expect_text(s, 1, "identifier", "bills");
	expect_text(s, 2, "identifier", "carts");
	fake_release(&f);
	loopback_stop(l);
}

static enum loopback_action falls_silent(void *ctx, int n, struct str req, struct buf *answer)
{
	(void)ctx;
	(void)n;
	(void)req;
	buf_add_c(answer, "HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n<DescribeDBClustersResponse>");
	return LOOPBACK_HANG;
}

/* The deadline of the fetch is that of every call it makes. */
static void test_deadline_of_the_fetch(void **state)
{
	struct loopback *l = loopback_start(falls_silent, NULL, false);
	int64_t before = clock_mono_us();
	struct fake f;

	(void)state;
	fake_init(&f, &source_clusters, loopback_url(l), "");
	f.fetch.deadline_mono_us = clock_mono_us() + 200 * US_PER_MS;
	assert_false(source_clusters.fetch(&f.fetch, &err));
	assert_int_equal(err.code, ERR_TIMEOUT);
	assert_true(clock_mono_us() < before + 10 * US_PER_S);
	assert_int_equal(loopback_requests(l), 1);
	fake_release(&f);
	loopback_stop(l);
}

static void test_cluster_not_found(void **state)
{
	static const struct table gone = {
		.answers = {{"Action=",
			     "<ErrorResponse><Error><Code>DBClusterNotFoundFault</Code><Message>no</Message></Error>"
			     "</ErrorResponse>",
			     404}}};
	struct table t = gone;
	struct loopback *l = loopback_start(by_action, &t, false);
	struct fake f;

	(void)state;
	fake_init(&f, &source_clusters, loopback_url(l), "nope");
	assert_false(fake_run(&f, &err));
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_string_equal(err.text, "The cluster nope does not exist in us-east-1");
	assert_non_null(strstr(err.remedy, "--region"));
	assert_int_equal(f.npublished, 0);
	fake_release(&f);
	loopback_stop(l);
}

/* Runs a source with the clusters input against a table of answers; the fake is released by the caller. */
static const struct snapshot *run(struct fake *f, const struct source *source, struct table *t, const char *cluster)
{
	struct loopback *l = loopback_start(by_action, t, false);
	const struct snapshot *input = clusters_input();

	fake_init(f, source, loopback_url(l), cluster);
	f->fetch.inputs[0] = input;
	if (!fake_run(f, &err))
		fail_msg("%s", err.text);
	snapshot_unref(input);
	loopback_stop(l);
	return fake_last(f);
}

static void test_instances(void **state)
{
	struct table t = {
		.answers = {
			{"Action=DescribeDBInstances",
			 "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance>"
			 "<DBInstanceIdentifier>orders-1</DBInstanceIdentifier><DBClusterIdentifier>orders"
			 "</DBClusterIdentifier><DBInstanceClass>db.r6g.2xlarge</DBInstanceClass><DBInstanceStatus>"
			 "available</DBInstanceStatus><Endpoint><Address>orders-1.x</Address><Port>5433</Port></"
			 "Endpoint>"
			 "<MonitoringInterval>60</MonitoringInterval><DBParameterGroups><DBParameterGroup>"
			 "<DBParameterGroupName>pg</DBParameterGroupName><ParameterApplyStatus>pending-reboot"
			 "</ParameterApplyStatus></DBParameterGroup></DBParameterGroups><DBSubnetGroup>"
			 "<DBSubnetGroupName>private</DBSubnetGroupName><VpcId>vpc-1</VpcId></DBSubnetGroup>"
			 "<PubliclyAccessible>false</PubliclyAccessible></DBInstance><DBInstance><DBInstanceIdentifier>"
			 "orders-3</DBInstanceIdentifier><DBClusterIdentifier>orders</DBClusterIdentifier>"
			 "<DBInstanceClass>db.serverless</DBInstanceClass><DBInstanceStatus>rebooting"
			 "</DBInstanceStatus></DBInstance><DBInstance><DBInstanceIdentifier>new</DBInstanceIdentifier>"
			 "<DBClusterIdentifier>orders</DBClusterIdentifier></DBInstance><DBInstance>"
			 "<DBInstanceIdentifier>lonely</DBInstanceIdentifier></DBInstance></DBInstances>"
			 "</DescribeDBInstancesResult></DescribeDBInstancesResponse>",
			 0}}};
	struct fake f;
	const struct snapshot *s = run(&f, &source_instances, &t, "orders");

	(void)state;
	assert_non_null(
		strstr(t.requests, "Filters.Filter.1.Name=db-cluster-id&Filters.Filter.1.Values.Value.1=orders"));
	assert_int_equal(s->nrows, 3); /* what belongs to no cluster is no Aurora instance */
	expect_text(s, 0, "role", "writer");
	expect_i64(s, 0, "vcpu", 8);
	expect_i64(s, 0, "memory_bytes", INT64_C(64) << 30);
	expect_text(s, 0, "endpoint", "orders-1.x");
	expect_i64(s, 0, "port", 5433);
	expect_i64(s, 0, "monitoring_us", 60 * US_PER_S);
	expect_text(s, 0, "parameter_status", "pending-reboot");
	expect_text(s, 0, "vpc", "vpc-1");
	expect_i64(s, 0, "publicly_accessible", 0);
	expect_text(s, 1, "role", "reader");
	assert_true(absent(s, 1, "vcpu"));
	assert_true(absent(s, 1, "memory_bytes"));
	assert_true(absent(s, 1, "endpoint"));
	assert_true(absent(s, 2, "role")); /* the cluster does not list it yet */
	assert_true(source_instances.busy(s));
	fake_release(&f);
}

static void test_security_groups(void **state)
{
	struct table t = {
		.answers = {{"GroupId.1=sg-1&GroupId.2=sg-2",
			     "<DescribeSecurityGroupsResponse><requestId>r</requestId><securityGroupInfo><item>"
			     "<groupId>sg-1</groupId><groupName>db</groupName><groupDescription>x &amp; y"
			     "</groupDescription><vpcId>vpc-1</vpcId></item></securityGroupInfo>"
			     "</DescribeSecurityGroupsResponse>",
			     0}}};
	struct fake f;
	const struct snapshot *s = run(&f, &source_security_groups, &t, "orders");

	(void)state;
	assert_int_equal(s->nrows, 1);
	expect_text(s, 0, "name", "db");
	expect_text(s, 0, "description", "x & y");
	fake_release(&f);
}

#define RULE(id, more) "<item><securityGroupRuleId>" id "</securityGroupRuleId><groupId>sg-1</groupId>" more "</item>"

static void test_security_group_rules(void **state)
{
	struct table t = {
		.answers = {{"Filter.1.Name=group-id&Filter.1.Value.1=sg-1&Filter.1.Value.2=sg-2",
			     "<DescribeSecurityGroupRulesResponse><securityGroupRuleSet>" RULE(
				     "sgr-1",
				     "<isEgress>false</isEgress><ipProtocol>tcp</ipProtocol><fromPort>5432</fromPort>"
				     "<toPort>5432</toPort><cidrIpv4>0.0.0.0/0</cidrIpv4>")
				     RULE("sgr-2",
					  "<isEgress>true</isEgress><ipProtocol>-1</ipProtocol><fromPort>-1</fromPort>"
					  "<toPort>-1</toPort><cidrIpv4>0.0.0.0/0</cidrIpv4>")
					     RULE("sgr-3",
						  "<isEgress>false</isEgress><ipProtocol>tcp</ipProtocol><fromPort>"
						  "5432</fromPort><toPort>5440</toPort><referencedGroupInfo>"
						  "<groupId>sg-9</groupId></referencedGroupInfo>")
						     RULE("sgr-4",
							  "<isEgress>false</isEgress><ipProtocol>tcp</"
							  "ipProtocol><fromPort>0"
							  "</fromPort><toPort>65535</toPort><cidrIpv6>::/0</cidrIpv6>")
							     RULE("sgr-5", "<isEgress>false</isEgress><ipProtocol>tcp</"
									   "ipProtocol>"
									   "<fromPort>1</fromPort><toPort>1</"
									   "toPort><prefixListId>pl-1"
									   "</prefixListId><description>x</"
									   "description>") "</securityGroupRuleSet></"
											   "DescribeSecurityGroupRulesR"
											   "esponse>",
			     0}}};
	struct fake f;
	const struct snapshot *s = run(&f, &source_security_group_rules, &t, "orders");

	(void)state;
	assert_int_equal(s->nrows, 5);
	expect_i64(s, 0, "world_open", 1);
	expect_text(s, 0, "ports", "5432");
	expect_text(s, 0, "peer", "0.0.0.0/0");
	expect_i64(s, 1, "world_open", 0);
	expect_text(s, 1, "ports", "all");
	expect_i64(s, 2, "world_open", 0);
	expect_text(s, 2, "ports", "5432-5440");
	expect_text(s, 2, "peer", "sg-9");
	expect_i64(s, 3, "world_open", 1);
	expect_text(s, 3, "ports", "all");
	expect_text(s, 3, "peer", "::/0");
	expect_text(s, 4, "peer", "pl-1");
	fake_release(&f);
}

#define LIST_RULE(id, egress, list)                                                                                 \
	RULE(id, "<isEgress>" egress "</isEgress><ipProtocol>tcp</ipProtocol><fromPort>5432</fromPort><toPort>5432" \
		 "</toPort><prefixListId>" list "</prefixListId>")
#define LIST_RULES(rules)                                                                              \
	"<DescribeSecurityGroupRulesResponse><securityGroupRuleSet>" rules "</securityGroupRuleSet></" \
	"DescribeSecurityGroupRulesResponse>"
#define ENTRY(cidr) "<item><cidr>" cidr "</cidr><description>somewhere</description></item>"
#define ENTRIES_PAGE(items, next)                                                                          \
	"<GetManagedPrefixListEntriesResponse><requestId>1</requestId><entrySet>" items "</entrySet>" next \
	"</GetManagedPrefixListEntriesResponse>"

static size_t times(const char *text, const char *word)
{
	size_t n = 0;

	for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
		n++;
	return n;
}

/* Every list is asked once, all its pages, and fills each rule that names it. */
static void test_prefix_lists(void **state)
{
	struct table t = {
		.answers = {
			{"Action=DescribeSecurityGroupRules",
			 LIST_RULES(LIST_RULE("sgr-1", "false", "pl-1") LIST_RULE("sgr-2", "false", "pl-2")
					    LIST_RULE("sgr-3", "true", "pl-2") LIST_RULE("sgr-4", "false", "pl-1")
						    RULE("sgr-5", "<cidrIpv4>10.0.0.0/8</cidrIpv4>")),
			 0},
			{"PrefixListId=pl-1&MaxResults=100",
			 ENTRIES_PAGE(ENTRY("203.0.113.0/24") ENTRY("198.51.100.0/25"), "<nextToken>t2</nextToken>"),
			 0},
			{"PrefixListId=pl-1&MaxResults=100&NextToken=t2", ENTRIES_PAGE(ENTRY("192.0.2.7/32"), ""), 0},
			{"PrefixListId=pl-2", ENTRIES_PAGE(ENTRY("0.0.0.0/0"), ""), 0}}};
	struct fake f;
	const struct snapshot *s = run(&f, &source_security_group_rules, &t, "orders");

	(void)state;
	assert_int_equal(s->nrows, 5);
	expect_text(s, 0, "networks", "203.0.113.0/24,198.51.100.0/25,192.0.2.7/32");
	expect_i64(s, 0, "network_count", 3);
	expect_i64(s, 0, "world_open", 0);
	expect_i64(s, 1, "world_open", 1); /* a list that holds the whole world is as open as the world */
	expect_i64(s, 2, "world_open", 0);
	expect_i64(s, 2, "network_count", 1);
	expect_i64(s, 3, "network_count", 3);
	assert_true(absent(s, 4, "networks") && absent(s, 4, "network_count"));
	assert_int_equal(snapshot_unavailable(s, "networks").len, 0);
	assert_int_equal(times(t.requests, "Action=GetManagedPrefixListEntries"), 3);
	fake_release(&f);
}

/* No right to read a list costs its networks, nothing else, and is not asked for every list. */
static void test_prefix_lists_denied(void **state)
{
	struct table t = {
		.answers = {{"Action=DescribeSecurityGroupRules",
			     LIST_RULES(LIST_RULE("sgr-1", "false", "pl-1") LIST_RULE("sgr-2", "false", "pl-2")
						LIST_RULE("sgr-3", "true", "pl-2")
							RULE("sgr-4", "<cidrIpv4>0.0.0.0/0</cidrIpv4>")),
			     0},
			    {"Action=GetManagedPrefixListEntries",
			     "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>",
			     403}}};
	struct fake f;
	const struct snapshot *s = run(&f, &source_security_group_rules, &t, "orders");

	(void)state;
	assert_int_equal(s->nrows, 4);
	assert_int_equal(s->state, SNAP_OK);
	expect_text(s, 1, "peer", "pl-2");
	assert_true(absent(s, 0, "networks"));
	assert_true(str_eq_c(snapshot_unavailable(s, "networks"), "needs ec2:GetManagedPrefixListEntries"));
	assert_true(str_eq_c(snapshot_unavailable(s, "network_count"), "needs ec2:GetManagedPrefixListEntries"));
	/* the list may hold every address */
	assert_true(absent(s, 0, "world_open") && absent(s, 1, "world_open"));
	expect_i64(s, 2, "world_open", 0); /* outgoing */
	expect_i64(s, 3, "world_open", 1);
	assert_true(str_eq_c(snapshot_unavailable(s, "world_open"), "needs ec2:GetManagedPrefixListEntries"));
	assert_int_equal(snapshot_unavailable(s, "peer").len, 0);
	assert_int_equal(times(t.requests, "Action=GetManagedPrefixListEntries"), 1);
	fake_release(&f);
}

/* A list that is gone, or shared no more, does not cost the others. */
static void test_prefix_list_gone(void **state)
{
	struct table t = {
		.answers = {
			{"Action=DescribeSecurityGroupRules",
			 LIST_RULES(LIST_RULE("sgr-1", "false", "pl-1") LIST_RULE("sgr-2", "false", "pl-2")), 0},
			{"PrefixListId=pl-1",
			 "<Response><Errors><Error><Code>InvalidPrefixListID.NotFound</Code><Message>The prefix list "
			 "ID 'pl-1' does not exist</Message></Error></Errors></Response>",
			 400},
			{"PrefixListId=pl-2", ENTRIES_PAGE(ENTRY("10.9.0.0/16"), ""), 0}}};
	struct fake f;
	const struct snapshot *s = run(&f, &source_security_group_rules, &t, "orders");

	(void)state;
	assert_true(absent(s, 0, "networks"));
	assert_true(absent(s, 0, "world_open"));
	expect_text(s, 1, "networks", "10.9.0.0/16");
	expect_i64(s, 1, "world_open", 0);
	assert_true(str_find(snapshot_unavailable(s, "networks"), STR("pl-1"), 0) >= 0);
	fake_release(&f);
}

#define SUBNET_GROUPS                                                                                           \
	"<DescribeDBSubnetGroupsResponse><DescribeDBSubnetGroupsResult><DBSubnetGroups><DBSubnetGroup>"         \
	"<DBSubnetGroupName>private</DBSubnetGroupName><VpcId>vpc-1</VpcId><Subnets><Subnet><SubnetIdentifier>" \
	"subnet-a</SubnetIdentifier><SubnetAvailabilityZone><Name>us-east-1a</Name></SubnetAvailabilityZone>"   \
	"<SubnetStatus>Active</SubnetStatus></Subnet><Subnet><SubnetIdentifier>subnet-b</SubnetIdentifier>"     \
	"</Subnet></Subnets></DBSubnetGroup></DBSubnetGroups></DescribeDBSubnetGroupsResult>"                   \
	"</DescribeDBSubnetGroupsResponse>"

static void test_subnets(void **state)
{
	struct table t = {
		.answers = {{"DBSubnetGroupName=private", SUBNET_GROUPS, 0},
			    {"SubnetId.1=subnet-a&SubnetId.2=subnet-b",
			     "<DescribeSubnetsResponse><subnetSet><item><subnetId>subnet-b</subnetId><vpcId>vpc-1"
			     "</vpcId><cidrBlock>10.0.2.0/24</cidrBlock><availableIpAddressCount>17"
			     "</availableIpAddressCount><mapPublicIpOnLaunch>true</mapPublicIpOnLaunch></item>"
			     "</subnetSet></DescribeSubnetsResponse>",
			     0}}};
	struct fake f;
	const struct snapshot *s = run(&f, &source_subnets, &t, "orders");

	(void)state;
	assert_int_equal(s->nrows, 2);
	expect_text(s, 0, "subnet_id", "subnet-a");
	expect_text(s, 0, "subnet_group", "private");
	expect_text(s, 0, "zone", "us-east-1a");
	assert_true(absent(s, 0, "cidr"));
	expect_text(s, 1, "cidr", "10.0.2.0/24");
	expect_i64(s, 1, "free_addresses", 17);
	expect_i64(s, 1, "public_by_default", 1);
	fake_release(&f);
}

/* No right to ask EC2: the rows stay, the fields say why. */
static void test_subnets_without_ec2(void **state)
{
	struct table t = {
		.answers = {{"DBSubnetGroupName=private", SUBNET_GROUPS, 0},
			    {"Action=DescribeSubnets",
			     "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>",
			     403}}};
	struct fake f;
	const struct snapshot *s = run(&f, &source_subnets, &t, "orders");

	(void)state;
	assert_int_equal(s->nrows, 2);
	assert_true(str_eq_c(snapshot_unavailable(s, "cidr"), "needs ec2:DescribeSubnets"));
	assert_int_equal(snapshot_unavailable(s, "zone").len, 0);
	fake_release(&f);
}

static void test_snapshots(void **state)
{
	struct table t = {
		.answers = {
			{"Action=DescribeDBClusterSnapshots&Version=2014-10-31&DBClusterIdentifier=orders",
			 "<DescribeDBClusterSnapshotsResponse><DescribeDBClusterSnapshotsResult><DBClusterSnapshots>"
			 "<DBClusterSnapshot><DBClusterSnapshotIdentifier>rds:orders-2026-01-15</"
			 "DBClusterSnapshotIdentifier>"
			 "<SnapshotType>automated</SnapshotType><Status>available</Status><PercentProgress>100"
			 "</PercentProgress><AllocatedStorage>3</AllocatedStorage></"
			 "DBClusterSnapshot><DBClusterSnapshot>"
			 "<DBClusterSnapshotIdentifier>before</DBClusterSnapshotIdentifier><SnapshotType>manual"
			 "</SnapshotType><Status>creating</Status><PercentProgress>42</PercentProgress>"
			 "</DBClusterSnapshot></DBClusterSnapshots></DescribeDBClusterSnapshotsResult>"
			 "</DescribeDBClusterSnapshotsResponse>",
			 0}}};
	struct fake f;
	const struct snapshot *s = run(&f, &source_snapshots, &t, "orders");

	(void)state;
	assert_int_equal(s->nrows, 2);
	expect_text(s, 0, "kind", "automated");
	expect_f64(s, 0, "progress_ratio", 1);
	expect_i64(s, 0, "allocated_bytes", INT64_C(3) << 30);
	expect_f64(s, 1, "progress_ratio", 0.42);
	assert_true(source_snapshots.busy(s));
	fake_release(&f);
}

static void test_readiness(void **state)
{
	static const struct source *const of_cluster[] = {&source_security_groups, &source_security_group_rules,
							  &source_subnets, &source_metrics};
	const struct snapshot *clusters = clusters_input();
	const struct snapshot *none[SOURCE_INPUTS_MAX] = {NULL}, *one[SOURCE_INPUTS_MAX] = {clusters};
	struct snapshot *empty = snapshot_new(clusters->type, "clusters");
	const struct snapshot *nothing[SOURCE_INPUTS_MAX] = {empty, empty};
	struct fake f;

	(void)state;
	fake_init(&f, &source_metrics, "", "");
	for (size_t i = 0; i < ARRAY_LEN(of_cluster); i++) {
		f.target->cluster[0] = '\0';
		assert_int_equal(of_cluster[i]->ready(f.target, one, &err), READY_UNAVAILABLE);
		assert_string_equal(err.text, "no cluster is chosen");
		snprintf(f.target->cluster, sizeof(f.target->cluster), "orders");
		assert_int_equal(of_cluster[i]->ready(f.target, none, &err), READY_WAIT);
		assert_int_equal(of_cluster[i]->ready(f.target, nothing, &err), READY_UNAVAILABLE);
		assert_int_equal(of_cluster[i]->ready(f.target, one, &err),
				 of_cluster[i] == &source_metrics ? READY_WAIT : READY);
	}
	f.target->cluster[0] = '\0';
	assert_int_equal(source_snapshots.ready(f.target, none, &err), READY_UNAVAILABLE);
	f.target->whole_region = true;
	assert_int_equal(source_snapshots.ready(f.target, none, &err), READY);
	/* roles come from the whole list */
	assert_int_equal(source_instances.ready(f.target, none, &err), READY_WAIT);
	assert_int_equal(source_instances.ready(f.target, one, &err), READY);
	((struct snapshot *)(uintptr_t)one[0])->partial = true;
	assert_int_equal(source_instances.ready(f.target, one, &err), READY_WAIT);
	((struct snapshot *)(uintptr_t)one[0])->partial = false;
	snapshot_unref(clusters);
	snapshot_unref(empty);
	fake_release(&f);
}

/* Without groups or a subnet group nothing is asked: such calls would list the whole account. */
static void test_nothing_to_ask(void **state)
{
	static const struct source *const sources[] = {&source_security_groups, &source_security_group_rules,
						       &source_subnets};
	struct table bare = {
		.answers = {{"Action=DescribeDBClusters",
			     CLUSTERS("<DBCluster><DBClusterIdentifier>orders</DBClusterIdentifier></DBCluster>", ""),
			     0}}};
	struct loopback *l = loopback_start(by_action, &bare, false);
	struct fake clusters;

	(void)state;
	fake_init(&clusters, &source_clusters, loopback_url(l), "orders");
	assert_true(fake_run(&clusters, &err));
	for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
		struct fake f;

		fake_init(&f, sources[i], loopback_url(l), "orders");
		f.fetch.inputs[0] = fake_last(&clusters);
		assert_true(fake_run(&f, &err));
		assert_int_equal(fake_last(&f)->nrows, 0);
		fake_release(&f);
	}
	assert_int_equal(loopback_requests(l), 1);
	fake_release(&clusters);
	loopback_stop(l);
}

static void test_types_are_sound(void **state)
{
	static const struct source *const all[] = {
		&source_clusters, &source_instances, &source_security_groups, &source_security_group_rules,
		&source_subnets,  &source_snapshots, &source_metrics};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		if (!rec_check(all[i]->type, &err))
			fail_msg("%s", err.text);
		assert_string_equal(all[i]->name, all[i]->type->name);
	}
}

static void test_status(void **state)
{
	(void)state;
	assert_false(aws_status_moving(STR("")));
	assert_false(aws_status_moving(STR("available")));
	assert_false(aws_status_moving(STR("stopped")));
	assert_true(aws_status_moving(STR("modifying")));
	assert_true(aws_status_moving(STR("word-of-next-year")));
	assert_int_equal(aws_scale(3, 4), 12);
	assert_int_equal(aws_scale(INT64_MAX / 2, 3), INT64_MAX);
}

static void test_classes(void **state)
{
	static const struct {
		const char *class;
		int64_t vcpu, gib; /* -1 = unknown */
	} want[] = {
		{"db.r6g.large", 2, 16},       {"db.r5.xlarge", 4, 32},        {"db.r6i.32xlarge", 128, 1024},
		{"db.x2g.16xlarge", 64, 1024}, {"db.t4g.medium", 2, 4},        {"db.t3.large", 2, 8},
		{"db.r4.16xlarge", 64, 488},   {"db.r9z.4xlarge", 16, -1},     {"db.serverless", -1, -1},
		{"db.r6g.tpc2.mem4x", -1, -1}, {"r6g.large", -1, -1},          {"", -1, -1},
		{"db.r6g.0xlarge", -1, -1},    {"db.r6g.99999xlarge", -1, -1}, {"db.r6g.hugexlarge", -1, -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		int64_t vcpu = -1, bytes = -1;

		if (!aws_class_vcpu(str_c(want[i].class), &vcpu))
			vcpu = -1;
		if (!aws_class_memory(str_c(want[i].class), &bytes))
			bytes = -1;
		if (vcpu != want[i].vcpu || bytes != (want[i].gib < 0 ? -1 : want[i].gib << 30))
			fail_msg("%s: %lld vCPU, %lld bytes", want[i].class, (long long)vcpu, (long long)bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_cluster),
		cmocka_unit_test(test_cluster_settings),
		cmocka_unit_test(test_region_in_pages),
		cmocka_unit_test(test_pages_without_end),
		cmocka_unit_test(test_cluster_not_found),
		cmocka_unit_test(test_instances),
		cmocka_unit_test(test_security_groups),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_half_a_page),
		cmocka_unit_test(test_deadline_of_the_fetch),
		cmocka_unit_test(test_security_group_rules),
		cmocka_unit_test(test_prefix_lists),
		cmocka_unit_test(test_prefix_lists_denied),
		cmocka_unit_test(test_prefix_list_gone),
		cmocka_unit_test(test_subnets),
		cmocka_unit_test(test_subnets_without_ec2),
		cmocka_unit_test(test_snapshots),
		cmocka_unit_test(test_readiness),
		cmocka_unit_test(test_nothing_to_ask),
		cmocka_unit_test(test_types_are_sound),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_status),
	};

	fake_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
