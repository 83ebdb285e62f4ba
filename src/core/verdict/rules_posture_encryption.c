/*
 * rules_posture_encryption.c: is what lies on disk encrypted, will its keys still be there tomorrow, and is TLS
 * required?
 *
 * Without its key a volume is lost for good, however many snapshots there are: they lie under the same key. So a key
 * that is disabled or waits for its deletion is critical, although nothing fails yet, and one that is gone, too. A key
 * that the service made is rotated every year by KMS itself, whatever is asked of it.
 *
 * Not here: whether single sessions use TLS, which no source tells.
 */
#include "verdict/rules_common.h"

/* Who looks after the volume's key, as far as that is known. */
static const char *keeper_of(const struct facts *f, struct str key)
{
	const struct snapshot *keys = facts_get(f, "keys");
	long row = keys ? data_find(keys, "arn", key) : -1;
	struct str manager = row < 0 ? STR("") : data_str(keys, (size_t)row, "manager");

	return str_eq_c(manager, "AWS") ? "AWS managed key " : str_eq_c(manager, "CUSTOMER") ? "customer key " : "key ";
}

void rule_volume_encrypted(const struct facts *f, struct findings *out)
{
	const struct snapshot *s;
	long row = facts_own_cluster(f, out, &s);
	int64_t encrypted;
	struct str key;

	if (row < 0)
		return;
	encrypted = data_i64(s, (size_t)row, "encrypted", -1);
	key = data_str(s, (size_t)row, "kms_key");
	if (encrypted < 0) {
		finding_unknown(out, STR(""), s, "encrypted");
	} else if (encrypted) {
		finding_add(out, SEV_OK, STR(""), "volume is encrypted%s%s" STR_FMT, key.len > 0 ? " with " : "",
			    key.len > 0 ? keeper_of(f, key) : "", STR_ARG(verdict_arn_name(key)));
		finding_evidence(out, "DescribeDBClusters: StorageEncrypted true, KmsKeyId " STR_FMT, STR_ARG(key));
	} else {
		char word[VERDICT_WORD_MAX];

		finding_add(out, SEV_WARN, STR(""), "volume is not encrypted, and neither are its snapshots");
		finding_evidence(out, "DescribeDBClusters: StorageEncrypted false");
		finding_next(out, "", "take a snapshot, restore it with a key as another cluster, and move there");
		finding_remedy(out,
			       "aws rds restore-db-cluster-to-point-in-time --source-db-cluster-identifier %s "
			       "--use-latest-restorable-time --db-cluster-identifier NAME --kms-key-id alias/aws/rds",
			       verdict_word(word, f->cluster));
	}
}

/* ---- keys ---- */

static void remedy_key(struct findings *out, const char *commands[2], struct str arn)
{
	char word[VERDICT_WORD_MAX];

	(void)verdict_word(word, arn);
	if (commands[1])
		finding_remedy(out, "aws kms %s --key-id %s && aws kms %s --key-id %s", commands[0], word, commands[1],
			       word);
	else
		finding_remedy(out, "aws kms %s --key-id %s", commands[0], word);
}

/* As src_keys.c says of a key that KMS does not know. */
static bool is_gone(struct str state)
{
	return str_eq_c(state, "gone");
}

static void say_unusable(struct findings *out, const struct snapshot *s, size_t row)
{
	struct str arn = data_str(s, row, "arn"), name = verdict_arn_name(arn), state = data_str(s, row, "state");
	struct str uses = data_str(s, row, "used_for");
	int64_t deletion = data_i64(s, row, "deletion_at", 0);
	char at[VERDICT_VALUE_MAX];

	if (is_gone(state)) {
		finding_add(out, SEV_CRIT, name, "key " STR_FMT " is gone, and with it " STR_FMT, STR_ARG(name),
			    STR_ARG(uses));
		finding_evidence(out, "kms DescribeKey of " STR_FMT ": NotFoundException", STR_ARG(arn));
		finding_next(out, "",
			     "a deleted key never comes back: while the cluster runs, dump it or copy it into one with "
			     "another key");
		return;
	}
	if (str_eq_c(state, "PendingDeletion") && deletion > 0)
		finding_add(out, SEV_CRIT, name, "key " STR_FMT " is deleted on %s, and with it " STR_FMT,
			    STR_ARG(name), verdict_at(at, deletion), STR_ARG(uses));
	else if (str_eq_c(state, "PendingDeletion"))
		finding_add(out, SEV_CRIT, name, "key " STR_FMT " is scheduled for deletion, and with it " STR_FMT,
			    STR_ARG(name), STR_ARG(uses));
	else
		finding_add(out, SEV_CRIT, name,
			    "key " STR_FMT " is " STR_FMT ": " STR_FMT " cannot be read when it is needed next",
			    STR_ARG(name), STR_ARG(state), STR_ARG(uses));
	finding_evidence(out, "kms DescribeKey: KeyState " STR_FMT, STR_ARG(state));
	finding_next(out, "", "%s",
		     str_eq_c(state, "PendingDeletion") ? "cancel the deletion and enable the key, today"
		     : str_eq_c(state, "Disabled")      ? "enable the key"
							: "see in KMS what the key waits for");
	if (str_eq_c(state, "PendingDeletion"))
		remedy_key(out, (const char *[2]){"cancel-key-deletion", "enable-key"}, arn);
	else if (str_eq_c(state, "Disabled"))
		remedy_key(out, (const char *[2]){"enable-key", NULL}, arn);
}

void rule_key_state(const struct facts *f, struct findings *out)
{
	const struct snapshot *s = facts_whole(f, out, "keys");
	struct tally t = {0};

	for (size_t i = 0; s && i < s->nrows; i++) {
		struct str name = verdict_arn_name(data_str(s, i, "arn")), state = data_str(s, i, "state");

		if (state.len == 0)
			t.unknown++;
		/* these pass by themselves, and the key works meanwhile */
		else if (str_eq_c(state, "Enabled") || str_eq_c(state, "Updating") || str_eq_c(state, "Creating"))
			tally_good(&t, name);
		else if (tally_bad(&t))
			say_unusable(out, s, i);
	}
	if (tally_end(&t, out, SEV_CRIT, s, "state")) {
		finding_add(out, SEV_OK, STR(""), "%s enabled, no deletion scheduled",
			    t.good == 1 ? "the key is" : "all keys are");
		finding_evidence(out, "kms DescribeKey: KeyState Enabled of %s", t.names);
	}
}

/* What KMS does not rotate by itself, and why that is so; NULL: it does, or could. */
static const char *unrotatable(const struct snapshot *s, size_t row)
{
	struct str origin = data_str(s, row, "origin");

	if (origin.len > 0 && !str_eq_c(origin, "AWS_KMS"))
		return "its material is not made by KMS";
	if (data_i64(s, row, "rotation", -1) < 0 && snapshot_unavailable(s, "rotation").len == 0)
		return "keys of its kind are not rotated by KMS";
	return NULL;
}

/* Returns the field that is missing to judge it, or NULL. */
static const char *judge_rotation(struct findings *out, struct tally *t, const struct snapshot *s, size_t row)
{
	struct str arn = data_str(s, row, "arn"), name = verdict_arn_name(arn), manager = data_str(s, row, "manager");
	int64_t rotation = data_i64(s, row, "rotation", -1);
	const char *never = unrotatable(s, row);

	if (manager.len == 0)
		return "manager";
	if (str_eq_c(manager, "AWS") || rotation == 1) {
		tally_good(t, name);
		return NULL;
	}
	if (!never && rotation < 0)
		return "rotation";
	if (!tally_bad(t))
		return NULL;
	if (never) {
		finding_add(out, SEV_NOTICE, name, "key " STR_FMT " is not rotated by itself: %s", STR_ARG(name),
			    never);
		finding_evidence(out, "kms DescribeKey: Origin " STR_FMT ", KeySpec " STR_FMT,
				 STR_ARG(data_str(s, row, "origin")), STR_ARG(data_str(s, row, "spec")));
		finding_next(out, "", "plan how its material is renewed, or move to a key that KMS rotates");
	} else {
		finding_add(out, SEV_WARN, name, "customer key " STR_FMT " is not rotated", STR_ARG(name));
		finding_evidence(out, "kms GetKeyRotationStatus: KeyRotationEnabled false");
		finding_next(out, "", "switch its yearly rotation on; what is encrypted stays readable");
		remedy_key(out, (const char *[2]){"enable-key-rotation", NULL}, arn);
	}
	return NULL;
}

static void say_rotated(struct findings *out, const struct tally *t, const struct snapshot *s)
{
	int64_t days = data_i64(s, 0, "rotation_period_days", 0), next = data_i64(s, 0, "next_rotation_at", 0);
	char at[VERDICT_VALUE_MAX];

	if (t->good == 1 && days > 0 && next > 0)
		finding_add(out, SEV_OK, STR(""), "the key is rotated every %lld d, next on %s", (long long)days,
			    verdict_at(at, next));
	else
		finding_add(out, SEV_OK, STR(""), "%s rotated by KMS", t->good == 1 ? "the key is" : "all keys are");
	finding_evidence(out, "kms GetKeyRotationStatus, DescribeKey: %s", t->names);
}

void rule_key_rotation(const struct facts *f, struct findings *out)
{
	const struct snapshot *s = facts_whole(f, out, "keys");
	const char *missing = NULL;
	struct tally t = {0};

	for (size_t i = 0; s && i < s->nrows; i++) {
		const char *field;

		if (is_gone(data_str(s, i, "state")))
			continue;
		field = judge_rotation(out, &t, s, i);
		t.unknown += field != NULL;
		missing = field ? field : missing;
	}
	if (s && tally_end(&t, out, SEV_WARN, s, missing))
		say_rotated(out, &t, s);
}

void rule_insights_key(const struct facts *f, struct findings *out)
{
	const struct snapshot *s = facts_whole(f, out, "instances");
	struct tally t = {0};
	struct str key = STR("");

	for (long i = -1; facts_next_member(f, s, &i);) {
		struct str own = data_str(s, (size_t)i, "insights_key");

		/* without Performance Insights there is nothing to encrypt */
		if (data_i64(s, (size_t)i, "performance_insights", 0) != 1)
			continue;
		if (own.len == 0) {
			t.unknown++;
			continue;
		}
		key = own;
		tally_good(&t, data_str(s, (size_t)i, "identifier"));
	}
	if (s && tally_end(&t, out, SEV_WARN, s, "insights_key")) {
		finding_add(out, SEV_OK, STR(""), "Performance Insights is encrypted with %s" STR_FMT,
			    keeper_of(f, key), STR_ARG(verdict_arn_name(key)));
		finding_evidence(out, "DescribeDBInstances: PerformanceInsightsKMSKeyId of %s", t.names);
	}
}

/* ---- on the wire ---- */

void rule_tls(const struct facts *f, struct findings *out)
{
	const struct snapshot *s = facts_whole(f, out, "parameters");
	long row = s ? data_find(s, "name", STR("rds.force_ssl")) : -1;
	struct str value = row < 0 ? STR("") : data_str(s, (size_t)row, "value");
	struct str group = row < 0 ? STR("") : data_str(s, (size_t)row, "group");
	char word[VERDICT_WORD_MAX];

	if (!s)
		return;
	if (value.len == 0) {
		finding_unknown(out, STR(""), s, "value");
		finding_evidence(out, "DescribeDBClusterParameters has no rds.force_ssl");
		return;
	}
	if (str_eq_c(value, "1") || str_ieq(value, STR("on")) || str_ieq(value, STR("true"))) {
		finding_add(out, SEV_OK, STR(""), "TLS is required, rds.force_ssl " STR_FMT, STR_ARG(value));
		finding_evidence(out, "DescribeDBClusterParameters of " STR_FMT, STR_ARG(group));
		return;
	}
	finding_add(out, SEV_WARN, STR(""), "sessions without TLS are accepted, rds.force_ssl " STR_FMT,
		    STR_ARG(value));
	finding_evidence(out, "DescribeDBClusterParameters of " STR_FMT, STR_ARG(group));
	if (str_starts(group, STR("default."))) {
		finding_next(out, "",
			     "give the cluster a parameter group of its own, default ones cannot be changed; then set "
			     "it there");
		return;
	}
	finding_next(out, "", "set rds.force_ssl to 1 when every client can use TLS; it holds for new sessions");
	finding_remedy(out,
		       "aws rds modify-db-cluster-parameter-group --db-cluster-parameter-group-name %s "
		       "--parameters ParameterName=rds.force_ssl,ParameterValue=1,ApplyMethod=immediate",
		       verdict_word(word, group));
}
