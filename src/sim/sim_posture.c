/*
 * sim_posture.c: what says how safely a cluster stands: KMS DescribeKey and GetKeyRotationStatus, Secrets Manager
 * DescribeSecret, Application Auto Scaling DescribeScalableTargets and DescribeScalingPolicies.
 *
 * Three small services that speak JSON 1.1. Keys are the scenario's; the one that every cluster is encrypted with
 * exists in every scenario. The secret of a managed master user is rotated each week, counted from when its cluster
 * was made; its value is in sim_secrets.c.
 */
#include "sim/sim_internal.h"
#include "sim/sim_rds.h"
#include "sim/sim_scenario.h"

#define SECRET_DAYS 7

static void text(struct buf *b, const char *before, const char *value)
{
	buf_add_c(b, before);
	sim_json_str(b, str_c(value));
}

static void seconds(struct buf *b, const char *before, int64_t us)
{
	buf_addf(b, "%s%.3f", before, (double)us / 1e6);
}

static const char *yes(bool value)
{
	return value ? "true" : "false";
}

/* ---- KMS */

static const struct sim_key_row account_key = {.id = SIM_ACCOUNT_KEY,
					       .description = "Databases",
					       .manager = "CUSTOMER",
					       .state = "Enabled",
					       .rotation_days = 365,
					       .rotation = true,
					       .age_us = 500 * US_PER_DAY};

static const char *key_arn(struct sim_request *r, const char *id)
{
	return arena_strz(r->arena, arena_fmt(r->arena, "arn:%s:kms:%s:" SIM_ACCOUNT ":key/%s", sim_partition(r->sim),
					      r->sim->o.region, id));
}

static bool is_key(struct sim_request *r, const char *id, struct str asked)
{
	return str_eq_c(asked, id) || str_eq_c(asked, key_arn(r, id));
}

/* The key that KeyId names; NULL: r has the error. */
static const struct sim_key_row *find_key(struct sim_request *r)
{
	const struct sim_estate *e = r->sim->estate;
	struct str asked = sim_param(r, "KeyId");

	for (size_t i = 0; i < e->nkeys; i++)
		if (is_key(r, e->keys[i].id, asked))
			return &e->keys[i];
	if (is_key(r, SIM_ACCOUNT_KEY, asked))
		return &account_key;
	sim_fail(r, 400, "NotFoundException", "Key '" STR_FMT "' does not exist", STR_ARG(asked));
	return NULL;
}

static bool describe_key(struct sim_request *r, struct buf *out)
{
	const struct sim_key_row *k = find_key(r);

	if (!k)
		return false;
	text(out, "{\"KeyMetadata\":{\"AWSAccountId\":", SIM_ACCOUNT);
	text(out, ",\"KeyId\":", k->id);
	text(out, ",\"Arn\":", key_arn(r, k->id));
	seconds(out, ",\"CreationDate\":", r->sim->epoch_us - k->age_us);
	buf_addf(out, ",\"Enabled\":%s", yes(strcmp(k->state, "Enabled") == 0));
	text(out, ",\"Description\":", k->description ? k->description : "");
	text(out, ",\"KeyState\":", k->state);
	if (k->deletion_us)
		seconds(out, ",\"DeletionDate\":", r->sim->epoch_us + k->deletion_us);
	text(out, ",\"KeyManager\":", k->manager);
	buf_add_c(out, ",\"KeyUsage\":\"ENCRYPT_DECRYPT\",\"Origin\":\"AWS_KMS\",\"KeySpec\":\"SYMMETRIC_DEFAULT\","
		       "\"CustomerMasterKeySpec\":\"SYMMETRIC_DEFAULT\","
		       "\"EncryptionAlgorithms\":[\"SYMMETRIC_DEFAULT\"],\"MultiRegion\":false}}");
	return true;
}

/* The first rotation that lies ahead. */
static int64_t next_rotation(const struct sim_request *r, const struct sim_key_row *k)
{
	int64_t period = k->rotation_days * US_PER_DAY, made = r->sim->epoch_us - k->age_us;

	return made + ((r->now_us - made) / period + 1) * period;
}

static bool rotation_status(struct sim_request *r, struct buf *out)
{
	const struct sim_key_row *k = find_key(r);
	bool on = k && (k->rotation || strcmp(k->manager, "AWS") == 0);

	if (!k)
		return false;
	if (strcmp(k->state, "PendingDeletion") == 0)
		return sim_fail(r, 400, "KMSInvalidStateException", "%s is pending deletion.", key_arn(r, k->id));
	text(out, "{\"KeyId\":", key_arn(r, k->id));
	buf_addf(out, ",\"KeyRotationEnabled\":%s", yes(on));
	if (on) {
		buf_addf(out, ",\"RotationPeriodInDays\":%d", k->rotation_days);
		seconds(out, ",\"NextRotationDate\":", next_rotation(r, k));
	}
	buf_add_char(out, '}');
	return true;
}

/* ---- Secrets Manager */

const char *sim_secret_arn(struct sim_request *r)
{
	return arena_strz(r->arena,
			  arena_fmt(r->arena,
				    "arn:%s:secretsmanager:%s:" SIM_ACCOUNT ":secret:" SIM_SECRET_NAME SIM_SECRET_END,
				    sim_partition(r->sim), r->sim->o.region));
}

static const struct sim_cluster *managed(const struct sim *s)
{
	for (size_t i = 0; i < s->nclusters; i++)
		if (s->clusters[i].managed_secret)
			return &s->clusters[i];
	return NULL;
}

bool sim_has_managed_secret(const struct sim *s)
{
	return managed(s) != NULL;
}

static bool describe_secret(struct sim_request *r, struct buf *out)
{
	struct str asked = sim_param(r, "SecretId");
	const struct sim_cluster *c = managed(r->sim);
	int64_t made, last;

	if (!c || (!str_eq_c(asked, SIM_SECRET_NAME) && !str_eq_c(asked, sim_secret_arn(r))))
		return sim_fail(r, 400, "ResourceNotFoundException",
				"Secrets Manager can't find the specified secret.");
	made = r->sim->epoch_us - c->age_us;
	last = made + (r->now_us - made) / (SECRET_DAYS * US_PER_DAY) * SECRET_DAYS * US_PER_DAY;
	text(out, "{\"ARN\":", sim_secret_arn(r));
	text(out, ",\"Name\":", SIM_SECRET_NAME);
	text(out, ",\"KmsKeyId\":", key_arn(r, SIM_ACCOUNT_KEY));
	buf_addf(out, ",\"RotationEnabled\":true,\"RotationRules\":{\"AutomaticallyAfterDays\":%d}", SECRET_DAYS);
	seconds(out, ",\"LastRotatedDate\":", last);
	seconds(out, ",\"LastChangedDate\":", last);
	seconds(out, ",\"LastAccessedDate\":", r->now_us / US_PER_DAY * US_PER_DAY);
	seconds(out, ",\"NextRotationDate\":", last + SECRET_DAYS * US_PER_DAY);
	seconds(out, ",\"CreatedDate\":", made);
	buf_add_c(out, ",\"OwningService\":\"rds\",\"VersionIdsToStages\":"
		       "{\"a1b2c3d4-5678-90ab-cdef-000000000001\":[\"AWSCURRENT\"]}}");
	return true;
}

/* ---- Application Auto Scaling */

#define SCALED "rds:cluster:ReadReplicaCount"

/* Are the parameters about replicas of RDS clusters? False: r has the error. */
static bool about_replicas(struct sim_request *r)
{
	struct str space = sim_param(r, "ServiceNamespace"), dimension = sim_param(r, "ScalableDimension");

	if (!str_eq_c(space, "rds"))
		return sim_fail(r, 400, "ValidationException", "The simulator scales rds only, not " STR_FMT ".",
				STR_ARG(space));
	return !dimension.ptr || str_eq_c(dimension, SCALED) ||
	       sim_fail(r, 400, "ValidationException", "Unsupported scalable dimension " STR_FMT ".",
			STR_ARG(dimension));
}

/* Clusters that are targets and asked for: by ids[0..n), n 0 = all. */
static size_t targets(struct sim_request *r, const struct str *ids, size_t n, const struct sim_cluster **ret_rows)
{
	size_t found = 0;

	for (size_t i = 0; i < r->sim->nclusters; i++) {
		const struct sim_cluster *c = &r->sim->clusters[i];
		bool wanted = n == 0;

		for (size_t k = 0; k < n; k++)
			wanted = wanted || (str_starts(ids[k], STR("cluster:")) &&
					    str_eq_c(str_sub(ids[k], strlen("cluster:"), ids[k].len), c->id));
		if (wanted && c->scaling_max > 0)
			ret_rows[found++] = c;
	}
	return found;
}

static bool page(struct sim_request *r, size_t n, struct sim_page *ret_page)
{
	return sim_page_named(r,
			      &(struct sim_paging){"MaxResults", "NextToken", "InvalidNextTokenException", 50, 1, 50},
			      n, ret_page);
}

static void end_page(struct buf *out, const struct sim_page *page)
{
	buf_add_char(out, ']');
	if (page->token[0])
		buf_addf(out, ",\"NextToken\":\"%s\"", page->token);
	buf_add_char(out, '}');
}

static const char *resource(struct sim_request *r, const struct sim_cluster *c)
{
	return arena_strz(r->arena, arena_fmt(r->arena, "cluster:%s", c->id));
}

static bool describe_targets(struct sim_request *r, struct buf *out)
{
	const struct sim_cluster **rows = arena_alloc_array(r->arena, r->sim->nclusters + 1, sizeof(*rows));
	struct str ids[SIM_VALUES_MAX];
	size_t n = sim_param_list(r, "ResourceIds.member", ids, SIM_VALUES_MAX);
	struct sim_page p;

	if (!about_replicas(r))
		return false;
	n = targets(r, ids, n, rows);
	if (!page(r, n, &p))
		return false;
	buf_add_c(out, "{\"ScalableTargets\":[");
	for (size_t i = p.first; i < p.end; i++) {
		text(out, i > p.first ? ",{\"ResourceId\":" : "{\"ResourceId\":", resource(r, rows[i]));
		buf_addf(out, ",\"ServiceNamespace\":\"rds\",\"ScalableDimension\":\"" SCALED "\",\"MinCapacity\":%d",
			 rows[i]->scaling_min);
		buf_addf(out,
			 ",\"MaxCapacity\":%d,\"RoleARN\":\"arn:%s:iam::" SIM_ACCOUNT
			 ":role/aws-service-role/rds.application-autoscaling.amazonaws.com/"
			 "AWSServiceRoleForApplicationAutoScaling_RDSCluster\"",
			 rows[i]->scaling_max, sim_partition(r->sim));
		seconds(out, ",\"CreationTime\":", r->sim->epoch_us - rows[i]->age_us / 2);
		buf_add_c(out, ",\"SuspendedState\":{\"DynamicScalingInSuspended\":false,"
			       "\"DynamicScalingOutSuspended\":false,\"ScheduledScalingSuspended\":false}}");
	}
	end_page(out, &p);
	return true;
}

static bool describe_policies(struct sim_request *r, struct buf *out)
{
	const struct sim_cluster **rows = arena_alloc_array(r->arena, r->sim->nclusters + 1, sizeof(*rows));
	struct str id = sim_param(r, "ResourceId"), names[SIM_VALUES_MAX];
	size_t nnames = sim_param_list(r, "PolicyNames.member", names, SIM_VALUES_MAX), n = 0, all;
	struct sim_page p;

	if (!about_replicas(r))
		return false;
	all = targets(r, &id, id.ptr ? 1 : 0, rows);
	for (size_t i = 0; i < all; i++) {
		struct str name = arena_fmt(r->arena, "%s-readers", rows[i]->id);
		bool wanted = nnames == 0;

		for (size_t k = 0; k < nnames; k++)
			wanted = wanted || str_eq(names[k], name);
		if (wanted)
			rows[n++] = rows[i];
	}
	if (!page(r, n, &p))
		return false;
	buf_add_c(out, "{\"ScalingPolicies\":[");
	for (size_t i = p.first; i < p.end; i++) {
		const struct sim_cluster *c = rows[i];

		buf_addf(out, "%s{\"PolicyName\":\"%s-readers\"", i > p.first ? "," : "", c->id);
		buf_addf(out,
			 ",\"PolicyARN\":\"arn:%s:autoscaling:%s:" SIM_ACCOUNT
			 ":scalingPolicy:6f1f2a3b:resource/rds/cluster:%s:policyName/%s-readers\"",
			 sim_partition(r->sim), r->sim->o.region, c->id, c->id);
		text(out, ",\"ResourceId\":", resource(r, c));
		buf_add_c(out,
			  ",\"ServiceNamespace\":\"rds\",\"ScalableDimension\":\"" SCALED
			  "\",\"PolicyType\":\"TargetTrackingScaling\",\"TargetTrackingScalingPolicyConfiguration\":");
		buf_addf(out, "{\"TargetValue\":%.12g", c->scaling_target);
		text(out, ",\"PredefinedMetricSpecification\":{\"PredefinedMetricType\":", c->scaling_metric);
		buf_add_c(out, "},\"ScaleOutCooldown\":300,\"ScaleInCooldown\":300,\"DisableScaleIn\":false}");
		seconds(out, ",\"Alarms\":[],\"CreationTime\":", r->sim->epoch_us - c->age_us / 2);
		buf_add_char(out, '}');
	}
	end_page(out, &p);
	return true;
}

const struct sim_operation sim_kms_operations[] = {
	{"kms", "DescribeKey", "KeyId GrantTokens.member.N", "KeyId", describe_key},
	{"kms", "GetKeyRotationStatus", "KeyId", "KeyId", rotation_status},
};
const size_t sim_kms_noperations = ARRAY_LEN(sim_kms_operations);
const struct sim_operation sim_secrets_operations[] = {
	{"secretsmanager", "DescribeSecret", "SecretId", "SecretId", describe_secret},
	{"secretsmanager", "GetSecretValue", "SecretId VersionId VersionStage", "SecretId", sim_get_secret_value},
};
const size_t sim_secrets_noperations = ARRAY_LEN(sim_secrets_operations);
const struct sim_operation sim_scaling_operations[] = {
	{"application-autoscaling", "DescribeScalableTargets",
	 "ServiceNamespace ResourceIds.member.N ScalableDimension MaxResults NextToken", "ServiceNamespace",
	 describe_targets},
	{"application-autoscaling", "DescribeScalingPolicies",
	 "ServiceNamespace PolicyNames.member.N ResourceId ScalableDimension MaxResults NextToken", "ServiceNamespace",
	 describe_policies},
};
const size_t sim_scaling_noperations = ARRAY_LEN(sim_scaling_operations);
