/*
 * iam_policy.c: one statement for each use and kind of resource that api.def names.
 *
 * A kind of resource is a list of ARN patterns; what they leave open is filled in here: partition and region
 * by the region, %c by the cluster. Operations that know no resources, or that list what there is, get "*".
 *
 * Not here: which operations there are.
 */
#include "aws/iam_policy.h"

#include "aws/api.h"

#include <jansson.h>
#include <stdio.h>

#define PATTERNS_MAX 4
#define ARN_MAX 512

static const struct {
	const char *word;                   /* of the statement's Sid */
	const char *patterns[PATTERNS_MAX]; /* service:...: what follows the region and account; none = "*" */
} resources[AWS_RESOURCE__COUNT] = {
	[AWS_RESOURCE_ANY] = {"All", {NULL}},
	[AWS_RESOURCE_RDS_CLUSTER] = {"Cluster", {"rds cluster:%c"}},
	[AWS_RESOURCE_RDS_CLUSTER_AND_GROUPS] = {"ClusterSettings", {"rds cluster:%c", "rds cluster-pg:*", "rds og:*"}},
	[AWS_RESOURCE_RDS_CLUSTER_AND_INSTANCES] = {"ClusterAndInstances", {"rds cluster:%c", "rds db:*"}},
	[AWS_RESOURCE_RDS_INSTANCE] = {"Instances", {"rds db:*"}},
	[AWS_RESOURCE_RDS_SNAPSHOT] = {"Snapshots", {"rds cluster-snapshot:*"}},
	[AWS_RESOURCE_RDS_SNAPSHOT_OF_CLUSTER] = {"NewSnapshots", {"rds cluster:%c", "rds cluster-snapshot:*"}},
	[AWS_RESOURCE_RDS_PARAMETER_GROUP] = {"ParameterGroups", {"rds cluster-pg:*"}},
	[AWS_RESOURCE_SECURITY_GROUP] = {"SecurityGroups", {"ec2 security-group/*", "ec2 security-group-rule/*"}},
	[AWS_RESOURCE_PI_METRICS] = {"Load", {"pi metrics/rds/*"}},
	[AWS_RESOURCE_LOG_GROUP] = {"Logs",
				    {"logs log-group:/aws/rds/cluster/%c/*",
				     "logs log-group:/aws/rds/cluster/%c/*:log-stream:*"}},
	[AWS_RESOURCE_KEY] = {"Keys", {"kms key/*"}},
	[AWS_RESOURCE_SECRET] = {"Secrets", {"secretsmanager secret:rds!cluster-*"}},
};

static const char *const uses[] = {
	[AWS_USE_READ] = "Read", [AWS_USE_CHANGE] = "Change", [AWS_USE_LOGIN] = "Login", [AWS_USE_FREE] = ""};

static bool is_wished(const struct aws_iam_wish *w, enum aws_api_use use)
{
	return use == AWS_USE_READ || (use == AWS_USE_CHANGE && w->changes) ||
	       (use == AWS_USE_LOGIN && w->secret_login);
}

/* "rds cluster:%c" -> "arn:aws:rds:eu-west-1:*:cluster:prod" */
static json_t *arn(const struct aws_iam_wish *w, const char *pattern)
{
	struct str rest = str_c(pattern), service;
	char text[ARN_MAX];
	long at;

	(void)str_split(&rest, ' ', &service);
	at = str_find(rest, STR("%c"), 0);
	(void)snprintf(text, sizeof(text), "arn:%s:" STR_FMT ":%s:*:" STR_FMT "%s" STR_FMT,
		       aws_partition_name(str_c(w->region)), STR_ARG(service), w->region[0] ? w->region : "*",
		       STR_ARG(str_sub(rest, 0, at < 0 ? rest.len : (size_t)at)),
		       at < 0          ? ""
		       : w->cluster[0] ? w->cluster
				       : "*",
		       STR_ARG(str_sub(rest, at < 0 ? rest.len : (size_t)at + 2, rest.len)));
	return json_string(text);
}

static json_t *resource_list(const struct aws_iam_wish *w, enum aws_resource resource)
{
	json_t *list = json_array();

	if (!resources[resource].patterns[0]) {
		json_decref(list);
		return json_string("*");
	}
	for (size_t i = 0; i < PATTERNS_MAX && resources[resource].patterns[i]; i++)
		json_array_append_new(list, arn(w, resources[resource].patterns[i]));
	return list;
}

static json_t *action_list(enum aws_api_use use, enum aws_resource resource)
{
	json_t *list = json_array();
	const struct aws_api *a;
	char text[128];

	for (size_t i = 0; (a = aws_api_at(i)) != NULL; i++) {
		if (a->use != use || a->resource != resource)
			continue;
		(void)snprintf(text, sizeof(text), "%s:%s", aws_services[a->service].iam, a->operation);
		json_array_append_new(list, json_string(text));
	}
	return list;
}

static void add_statement(const struct aws_iam_wish *w, enum aws_api_use use, enum aws_resource resource, json_t *all)
{
	json_t *actions = action_list(use, resource), *statement;
	char sid[64];

	if (json_array_size(actions) == 0) {
		json_decref(actions);
		return;
	}
	(void)snprintf(sid, sizeof(sid), "%s%s", uses[use], resources[resource].word);
	statement = json_object();
	json_object_set_new(statement, "Sid", json_string(sid));
	json_object_set_new(statement, "Effect", json_string("Allow"));
	json_object_set_new(statement, "Action", actions);
	json_object_set_new(statement, "Resource", resource_list(w, resource));
	json_array_append_new(all, statement);
}

/* One action on what two people use; nothing where neither does. */
static void add_login(const char *sid, const char *action, json_t *resources_of[2], json_t *all)
{
	json_t *list = json_array(), *actions, *statement;

	for (int i = 0; i < 2; i++)
		if (resources_of[i])
			json_array_append_new(list, resources_of[i]);
	if (json_array_size(list) == 0) {
		json_decref(list);
		return;
	}
	statement = json_object();
	json_object_set_new(statement, "Sid", json_string(sid));
	json_object_set_new(statement, "Effect", json_string("Allow"));
	actions = json_array();
	json_array_append_new(actions, json_string(action));
	json_object_set_new(statement, "Action", actions);
	json_object_set_new(statement, "Resource", list);
	json_array_append_new(all, statement);
}

/* Of a name AWS makes an ARN with six characters more; the database's resource id is not known without asking. */
static void add_logins(const struct aws_iam_wish *w, json_t *all)
{
	json_t *secrets[2] = {NULL, NULL}, *users[2] = {NULL, NULL};
	char pattern[ARN_MAX];

	for (int i = 0; i < 2; i++) {
		const char *secret = w->secrets[i], *user = w->token_users[i];

		(void)snprintf(pattern, sizeof(pattern), "secretsmanager secret:%.300s-??????", secret ? secret : "");
		if (secret && secret[0])
			secrets[i] = str_starts(str_c(secret), STR("arn:")) ? json_string(secret) : arn(w, pattern);
		(void)snprintf(pattern, sizeof(pattern), "rds-db dbuser:*/%.127s", user ? user : "");
		if (user && user[0])
			users[i] = arn(w, pattern);
	}
	add_login("LoginNamedSecrets", "secretsmanager:GetSecretValue", secrets, all);
	add_login("LoginTokens", "rds-db:connect", users, all);
}

static int append(const char *bytes, size_t n, void *ctx)
{
	return buf_add(ctx, bytes, n) ? 0 : -1;
}

void aws_iam_policy(const struct aws_iam_wish *wish, struct buf *out)
{
	json_t *policy = json_object(), *statements = json_array();

	for (int use = 0; use < (int)ARRAY_LEN(uses); use++)
		for (int r = 0; is_wished(wish, (enum aws_api_use)use) && r < AWS_RESOURCE__COUNT; r++)
			add_statement(wish, (enum aws_api_use)use, (enum aws_resource)r, statements);
	add_logins(wish, statements);
	json_object_set_new(policy, "Version", json_string("2012-10-17"));
	json_object_set_new(policy, "Statement", statements);
	CHECK(json_dump_callback(policy, append, out, JSON_INDENT(2)) == 0);
	json_decref(policy);
}
