/*
 * src_keys.c: the KMS keys that encrypt the cluster: its volume, its snapshots, what Performance Insights keeps, and
 * the master user's secret; by KMS DescribeKey and GetKeyRotationStatus.
 *
 * Which keys there are is read from the cluster, its instances and its snapshots; all but the cluster are
 * welcome, not needed, and a key that they bring later is asked for when they have come. A key belongs to whoever
 * made it, perhaps to another account, so each is a question of its own: one that may not be asked keeps its row, says
 * why in `problem`, and the fields that are missing say which right they need. One that KMS does not know is `gone`.
 */
#include "aws/input.h"
#include "aws/json.h"
#include "aws/sources.h"
#include "codec/codec_json.h"

#define KEYS_MAX 20 /* asked for in one fetch */

struct key {
	uint64_t present;
	struct str arn, used_for, state, manager;
	int64_t rotation, rotation_period_days, next_rotation_at, deletion_at, enabled;
	struct str description, origin, spec;
	int64_t multi_region, created_at;
	struct str key_id, problem;
};

#define F(m, k, ...) FIELD(struct key, m, k, __VA_ARGS__)

/* clang-format off */
static const struct field fields[] = {
	F(arn, K_ID, .title = "KEY", .width = 40, .flags = F_KEY | F_COMPUTED, .help = "The key as RDS names it: its ARN."),
	F(used_for, K_TEXT, .title = "FOR", .width = 18, .flags = F_LIST | F_COMPUTED, .help = "What it encrypts here: storage, snapshots, insights, secret."),
	F(state, K_ENUM, .wire = "KeyMetadata/KeyState", .title = "STATE", .width = 9, .help = "Enabled, Disabled, PendingDeletion, PendingImport, Unavailable and others; gone where KMS knows no such key."),
	F(manager, K_ENUM, .wire = "KeyMetadata/KeyManager", .title = "MANAGER", .width = 8, .help = "AWS for a key that the service made, CUSTOMER for one of the account's own."),
	F(rotation, K_BOOL, .wire = "KeyRotationEnabled", .title = "ROTATION", .width = 5, .help = "Its material is renewed by itself; absent for keys that cannot be."),
	F(rotation_period_days, K_COUNT, .wire = "RotationPeriodInDays", .title = "EVERY", .width = 4, .help = "Days between two rotations."),
	F(next_rotation_at, K_TIME_US, .wire = "NextRotationDate", .title = "NEXT", .width = 12, .help = "When it is rotated next."),
	F(deletion_at, K_TIME_US, .wire = "KeyMetadata/DeletionDate", .title = "DELETION", .width = 12, .help = "When KMS deletes it, of a key in PendingDeletion: then nothing it encrypts can be read."),
	F(enabled, K_BOOL, .wire = "KeyMetadata/Enabled", .title = "ENABLED", .width = 5, .help = "It can be used."),
	F(description, K_TEXT, .wire = "KeyMetadata/Description", .title = "DESCRIPTION", .width = 30, .help = "What its owner says of it."),
	F(origin, K_ENUM, .wire = "KeyMetadata/Origin", .title = "ORIGIN", .width = 8, .help = "Where its material comes from: AWS_KMS, EXTERNAL, AWS_CLOUDHSM, EXTERNAL_KEY_STORE."),
	F(spec, K_ENUM, .wire = "KeyMetadata/KeySpec", .title = "SPEC", .width = 18, .help = "Kind of key."),
	F(multi_region, K_BOOL, .wire = "KeyMetadata/MultiRegion", .title = "MULTI-REGION", .width = 5, .help = "It exists in several regions."),
	F(created_at, K_TIME_US, .wire = "KeyMetadata/CreationDate", .title = "CREATED", .width = 12, .help = "When it was made."),
	F(key_id, K_ID, .wire = "KeyMetadata/KeyId", .title = "ID", .width = 36, .flags = F_HIDDEN, .help = "Identifier of the key."),
	F(problem, K_TEXT, .title = "PROBLEM", .width = 30, .flags = F_COMPUTED, .help = "Why something of this key is not known."),
};
/* What GetKeyRotationStatus says. */
static const struct field rotation_fields[] = {
	F(rotation, K_BOOL, .wire = "KeyRotationEnabled"),
	F(rotation_period_days, K_COUNT, .wire = "RotationPeriodInDays"),
	F(next_rotation_at, K_TIME_US, .wire = "NextRotationDate"),
};
/* clang-format on */

static const struct rec_type type = REC_TYPE(struct key, "keys", fields);
static const struct rec_type rotation_type = REC_TYPE(struct key, "key_rotation", rotation_fields);

#define OF_KEY "state manager deletion_at enabled description origin spec multi_region created_at key_id"
#define OF_ROTATION "rotation rotation_period_days next_rotation_at"

static void add_use(struct snapshot *out, struct key *k, struct str use)
{
	if (!aws_list_has(k->used_for, use))
		SET(k, struct key, used_for,
		    arena_fmt(out->arena, STR_FMT "," STR_FMT, STR_ARG(k->used_for), STR_ARG(use)));
}

/* Notes what a key is used for; a new one gets a row. */
static void need(struct snapshot *out, struct str arn, struct str use)
{
	struct key *k;

	if (arn.len == 0)
		return;
	for (size_t i = 0; i < out->nrows; i++) {
		k = (struct key *)out->rows + i;
		if (str_eq(k->arn, arn)) {
			add_use(out, k, use);
			return;
		}
	}
	if (out->nrows == KEYS_MAX)
		return;
	k = snapshot_add_row(out);
	SET(k, struct key, arn, arena_str(out->arena, arn));
	SET(k, struct key, used_for, use);
}

static void need_all(struct snapshot *out, const struct snapshot *s, const char *field, struct str use)
{
	for (size_t i = 0; s && i < s->nrows; i++)
		need(out, aws_input_text(s, i, field), use);
}

struct question {
	struct key *key;
	const struct rec_type *type;
	struct snapshot *out;
};

static bool parameters(struct json_t *body, void *ctx, struct err *err)
{
	const struct question *q = ctx;

	return aws_json_put(body, "KeyId", q->key->arn, err);
}

static bool page(struct json_t *answer, void *ctx, bool *ret_enough, struct err *err)
{
	struct question *q = ctx;

	*ret_enough = true;
	return json_read_record(answer, q->type, q->key, q->out->arena, err);
}

static bool ask(struct fetch *f, struct question *q, const char *operation, struct err *err)
{
	struct aws_pages pages = {
		.service = AWS_KMS, .operation = operation, .parameters = parameters, .page = page, .ctx = q};

	return aws_pages_fetch(f, &pages, err);
}

static void say_problem(struct question *q, const char *action, const struct err *err)
{
	char reason[ERR_TEXT_MAX];

	if (!HAS(q->key, struct key, problem))
		SET(q->key, struct key, problem, arena_str(q->out->arena, str_c(aws_part_reason(action, err, reason))));
}

#define STATE_GONE STR("gone") /* ours: KMS has no state for what it does not have */

static bool is_gone(const struct key *k)
{
	return str_eq(k->state, STATE_GONE);
}

/* A key that is deleted is an answer, and the worst there is. */
static bool ask_key(struct fetch *f, struct question *q, struct err *err)
{
	q->type = &type;
	if (ask(f, q, "DescribeKey", err))
		return true;
	if (strcmp(err->id, "NotFoundException") == 0) {
		SET(q->key, struct key, state, STATE_GONE);
		SET(q->key, struct key, problem, STR("KMS knows no such key"));
		return true;
	}
	if (!aws_part_missing(q->out, OF_KEY, "kms:DescribeKey", err))
		return false;
	say_problem(q, "kms:DescribeKey", err);
	return true;
}

/* Keys that cannot be rotated say so; that is an answer. */
static bool ask_rotation(struct fetch *f, struct question *q, struct err *err)
{
	q->type = &rotation_type;
	if (ask(f, q, "GetKeyRotationStatus", err) || strcmp(err->id, "UnsupportedOperationException") == 0)
		return true;
	if (!aws_part_missing(q->out, OF_ROTATION, "kms:GetKeyRotationStatus", err))
		return false;
	say_problem(q, "kms:GetKeyRotationStatus", err);
	return true;
}

static bool fetch(struct fetch *f, struct err *err)
{
	struct snapshot *s = snapshot_new(&type, "keys");
	bool ok = true;

	need_all(s, f->inputs[0], "kms_key", STR("storage"));
	need_all(s, f->inputs[1], "insights_key", STR("insights"));
	need_all(s, f->inputs[2], "kms_key", STR("snapshots"));
	need_all(s, f->inputs[3], "master_secret_key", STR("secret"));
	for (size_t i = 0; ok && i < s->nrows; i++) {
		struct question q = {.key = (struct key *)s->rows + i, .out = s};

		ok = ask_key(f, &q, err) && (is_gone(q.key) || ask_rotation(f, &q, err));
	}
	aws_client_rest(f);
	if (!ok) {
		snapshot_unref(s);
		return false;
	}
	fetch_publish(f, s);
	return true;
}

const struct source source_keys = {
	.name = "keys",
	.title = "encryption keys",
	.help = "KMS keys of the cluster, its snapshots and Performance Insights: state, rotation, deletion.",
	.type = &type,
	.lane = LANE_POSTURE,
	.flags = SOURCE_AWS,
	.period_us = 300 * US_PER_S,
	.inputs = "clusters instances snapshots cluster_settings",
	.origin = "KMS DescribeKey, GetKeyRotationStatus",
	.ready = aws_ready_cluster,
	.fetch = fetch,
};
