/*
 * src_secrets.c: the secret that RDS keeps the master user's password in, by Secrets Manager DescribeSecret.
 *
 * Only what describes the secret is asked for, never its value. A cluster whose password nobody manages has no row.
 */
#include "aws/input.h"
#include "aws/json.h"
#include "aws/sources.h"

struct secret {
	uint64_t present;
	struct str arn, name;
	int64_t rotation, rotation_days;
	struct str schedule;
	int64_t last_rotated_at, next_rotation_at, last_changed_at, last_accessed_at, deleted_at;
	struct str owner, kms_key;
};

#define F(m, k, ...) FIELD(struct secret, m, k, __VA_ARGS__)

/* clang-format off */
static const struct field fields[] = {
	F(arn, K_ID, .wire = "ARN", .title = "SECRET", .width = 40, .flags = F_KEY, .help = "Amazon resource name of the secret."),
	F(name, K_ID, .wire = "Name", .title = "NAME", .width = 30, .help = "Name of the secret."),
	F(rotation, K_BOOL, .wire = "RotationEnabled", .title = "ROTATION", .width = 5, .help = "The password is changed by itself."),
	F(rotation_days, K_COUNT, .wire = "RotationRules/AutomaticallyAfterDays", .title = "EVERY", .width = 4, .help = "Days between two rotations."),
	F(schedule, K_TEXT, .wire = "RotationRules/ScheduleExpression", .title = "SCHEDULE", .width = 16, .help = "When it is rotated, as a rate or cron expression; absent when only days are set."),
	F(last_rotated_at, K_TIME_US, .wire = "LastRotatedDate", .title = "ROTATED", .width = 12, .help = "When it was last rotated."),
	F(next_rotation_at, K_TIME_US, .wire = "NextRotationDate", .title = "NEXT", .width = 12, .help = "Until when it is rotated next."),
	F(last_changed_at, K_TIME_US, .wire = "LastChangedDate", .title = "CHANGED", .width = 12, .help = "When it was last changed in any way."),
	F(last_accessed_at, K_TIME_US, .wire = "LastAccessedDate", .title = "READ", .width = 12, .help = "Day on which its value was last read."),
	F(deleted_at, K_TIME_US, .wire = "DeletedDate", .title = "DELETED", .width = 12, .help = "When its deletion was asked for; absent while it stays."),
	F(owner, K_ID, .wire = "OwningService", .title = "OWNER", .width = 6, .help = "Service that manages it, rds here."),
	F(kms_key, K_ID, .wire = "KmsKeyId", .title = "KEY", .width = 30, .help = "Key that encrypts it; absent is aws/secretsmanager."),
};
/* clang-format on */

static const struct rec_type type = REC_TYPE(struct secret, "secrets", fields);

struct question {
	struct str arn;
	struct snapshot *out;
};

static bool parameters(struct json_t *body, void *ctx, struct err *err)
{
	const struct question *q = ctx;

	return aws_json_put(body, "SecretId", q->arn, err);
}

static bool page(struct json_t *answer, void *ctx, bool *ret_enough, struct err *err)
{
	struct question *q = ctx;

	*ret_enough = true;
	return aws_json_row(answer, q->out, err);
}

static bool fetch(struct fetch *f, struct err *err)
{
	struct snapshot *s = snapshot_new(&type, "secrets");
	struct question q = {.arn = aws_input_text(f->inputs[1], 0, "master_secret_arn"), .out = s};
	struct aws_pages pages = {.service = AWS_SECRETS_MANAGER,
				  .operation = "DescribeSecret",
				  .parameters = parameters,
				  .page = page,
				  .ctx = &q};
	bool ok = true;

	if (q.arn.len > 0) {
		ok = aws_pages_fetch(f, &pages, err);
		aws_client_rest(f);
	}
	if (!ok) {
		snapshot_unref(s);
		return false;
	}
	fetch_publish(f, s);
	return true;
}

static enum readiness ready(const struct target *t, const struct snapshot *const *inputs, struct err *why)
{
	enum readiness r = aws_ready_cluster(t, inputs, why);

	return r == READY && !inputs[1] ? READY_WAIT : r;
}

const struct source source_secrets = {
	.name = "secrets",
	.title = "master user secret",
	.help = "The secret with the master user's password: rotation and when, never its value.",
	.type = &type,
	.lane = LANE_POSTURE,
	.flags = SOURCE_AWS,
	.period_us = 300 * US_PER_S,
	.inputs = "clusters cluster_settings",
	.origin = "Secrets Manager DescribeSecret",
	.ready = ready,
	.fetch = fetch,
};
