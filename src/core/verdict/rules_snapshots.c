/*
 * rules_snapshots.c: what is wrong with single snapshots, and who else could restore them.
 *
 * A manual snapshot stays, and costs, until somebody deletes it. When that is to be is told by a tag, keep-by=DATE, or
 * by the policy for all that have none; the tag legal-hold keeps one for ever. Ages are told by AWS's clock
 * (verdict_aws_clock()).
 */
#include "verdict/rules_common.h"

#include "base/clock.h"

#include <stdio.h>

static bool is_manual(const struct snapshot *s, size_t row)
{
	return str_eq_c(data_str(s, row, "kind"), "manual");
}

static bool is_moving(struct str status)
{
	return str_eq_c(status, "creating") || str_eq_c(status, "copying");
}

/* When the newest of them was made; 0 = none says. */
static int64_t newest_of(const struct snapshot *s, bool (*is_meant)(const struct snapshot *s, size_t row))
{
	int64_t newest = 0;

	for (size_t i = 0; i < s->nrows; i++) {
		int64_t at = data_i64(s, i, "created_at", 0);

		if (is_meant(s, i) && at > newest)
			newest = at;
	}
	return newest;
}

static void remedy_snapshot(struct findings *out, const char *command, struct str name, const char *options)
{
	char word[VERDICT_WORD_MAX];

	finding_remedy(out, "aws rds %s --db-cluster-snapshot-identifier %s%s", command, verdict_word(word, name),
		       options);
}

/* ---- kept for too long ---- */

/* The end of a day, or a moment. */
static bool parse_keep_by(struct str text, int64_t *ret_at)
{
	char midnight[32];

	if (text.len != strlen("2026-03-17"))
		return clock_parse_iso8601(text, ret_at);
	(void)snprintf(midnight, sizeof midnight, STR_FMT "T00:00:00Z", STR_ARG(text));
	if (!clock_parse_iso8601(str_c(midnight), ret_at))
		return false;
	*ret_at += US_PER_DAY;
	return true;
}

enum kept { KEPT_FREELY, KEPT_IN_TIME, KEPT_TOO_LONG, KEPT_UNCLEAR };

/* limit: the policy's age; now: by AWS's clock. */
static enum kept judge_kept(double limit, int64_t now, const struct snapshot *s, size_t row, struct str *ret_by,
			    int64_t *ret_until)
{
	struct str tags = data_str(s, row, "tags"), hold;
	int64_t created = data_i64(s, row, "created_at", 0);

	*ret_by = STR("");
	*ret_until = 0;
	if (verdict_tag(tags, "legal-hold", &hold))
		return KEPT_IN_TIME;
	if (verdict_tag(tags, "keep-by", ret_by)) {
		if (!parse_keep_by(*ret_by, ret_until))
			return KEPT_UNCLEAR;
	} else if (limit > 0 && created > 0) {
		*ret_until = created + (int64_t)limit;
	} else {
		return limit > 0 ? KEPT_UNCLEAR : KEPT_FREELY;
	}
	return now > *ret_until ? KEPT_TOO_LONG : KEPT_IN_TIME;
}

/* What became of one: until when it is kept, and by which tag. */
struct keeping {
	int64_t now, until;
	struct str by;
};

static void say_kept(double limit, struct findings *out, const struct snapshot *s, size_t row, const struct keeping *k)
{
	struct str name = data_str(s, row, "identifier");
	char age[VERDICT_VALUE_MAX], policy[VERDICT_VALUE_MAX], at[VERDICT_VALUE_MAX];

	if (k->by.len > 0)
		finding_add(out, SEV_WARN, name, STR_FMT " is kept longer than its tag keep-by=" STR_FMT, STR_ARG(name),
			    STR_ARG(k->by));
	else
		finding_add(out, SEV_WARN, name, STR_FMT " is %s old, policy for manual snapshots %s", STR_ARG(name),
			    verdict_backup_age(age, k->now - data_i64(s, row, "created_at", 0)),
			    verdict_backup_age(policy, (int64_t)limit));
	finding_evidence(out, "to be kept until %s; DescribeDBClusterSnapshots: SnapshotCreateTime, TagList",
			 verdict_at(at, k->until));
	finding_next(out, "delete snapshot", "delete it, or give its tag keep-by a later date");
	remedy_snapshot(out, "delete-db-cluster-snapshot", name, "");
}

void rule_snapshot_kept(const struct facts *f, struct findings *out)
{
	const struct snapshot *s = facts_whole(f, out, "snapshots");
	const double limit = f->policy->limits.manual_snapshot_age;
	struct keeping k = {0};
	struct tally t = {0};

	if (!s || !verdict_aws_clock(f, out, s, newest_of(s, is_manual), "age of manual snapshots", &k.now))
		return;
	for (size_t i = 0; i < s->nrows; i++) {
		struct str name = data_str(s, i, "identifier");

		if (!is_manual(s, i))
			continue;
		switch (judge_kept(limit, k.now, s, i, &k.by, &k.until)) {
		case KEPT_FREELY:
			break;
		case KEPT_IN_TIME:
			tally_good(&t, name);
			break;
		case KEPT_TOO_LONG:
			if (tally_bad(&t))
				say_kept(limit, out, s, i, &k);
			break;
		case KEPT_UNCLEAR:
			if (k.by.len == 0) {
				t.unknown++;
				break;
			}
			if (!tally_bad(&t))
				break;
			finding_add(out, SEV_UNKNOWN, name, STR_FMT ": its tag keep-by=" STR_FMT " is no date",
				    STR_ARG(name), STR_ARG(k.by));
			finding_next(out, "", "write the date as 2026-12-31");
			break;
		}
	}
	if (tally_end(&t, out, SEV_WARN, s, "created_at"))
		finding_add(out, SEV_OK, STR(""), "%zu manual snapshot%s within the time to keep %s", t.good,
			    t.good == 1 ? "" : "s", t.good == 1 ? "it" : "them");
}

/* ---- readable by others ---- */

void rule_snapshot_encryption(const struct facts *f, struct findings *out)
{
	const struct snapshot *s = facts_whole(f, out, "snapshots");
	struct tally t = {0};

	for (size_t i = 0; s && i < s->nrows; i++) {
		struct str name = data_str(s, i, "identifier");
		int64_t encrypted = data_i64(s, i, "encrypted", -1);

		if (encrypted < 0) {
			t.unknown++;
		} else if (encrypted) {
			tally_good(&t, name);
		} else if (tally_bad(&t)) {
			char word[VERDICT_WORD_MAX];

			finding_add(out, SEV_WARN, name, "snapshot " STR_FMT " is not encrypted", STR_ARG(name));
			finding_evidence(out, "DescribeDBClusterSnapshots: StorageEncrypted false");
			finding_next(
				out, "",
				"restore it into an encrypted cluster, take a snapshot of that, and delete this one");
			finding_remedy(
				out,
				"aws rds restore-db-cluster-from-snapshot --snapshot-identifier %s "
				"--db-cluster-identifier NAME --engine aurora-postgresql --kms-key-id alias/aws/rds",
				verdict_word(word, name));
		}
	}
	if (tally_end(&t, out, SEV_WARN, s, "encrypted")) {
		finding_add(out, SEV_OK, STR(""), "%s%zu snapshot%s %s encrypted", t.good == 1 ? "" : "all ", t.good,
			    t.good == 1 ? "" : "s", t.good == 1 ? "is" : "are");
		finding_evidence(out, "DescribeDBClusterSnapshots: StorageEncrypted true");
	}
}

static void say_shared(struct findings *out, struct str name, struct str accounts, bool is_public)
{
	char word[VERDICT_WORD_MAX], options[VERDICT_WORD_MAX + 64];

	if (is_public)
		finding_add(out, SEV_CRIT, name, "snapshot " STR_FMT " is public: every AWS account can restore it",
			    STR_ARG(name));
	else
		finding_add(out, SEV_WARN, name, "snapshot " STR_FMT " is shared with account " STR_FMT, STR_ARG(name),
			    STR_ARG(accounts));
	finding_evidence(out, "DescribeDBClusterSnapshotAttributes: restore " STR_FMT,
			 STR_ARG(is_public ? STR("all") : accounts));
	finding_next(out, "", "withdraw it, if it is not meant for them");
	(void)snprintf(options, sizeof options, " --attribute-name restore --values-to-remove %s",
		       is_public ? "all" : verdict_word(word, accounts));
	/* the command takes a list of words */
	for (char *p = strstr(options, "remove"); p && *p; p++)
		*p = *p == ',' ? ' ' : *p;
	remedy_snapshot(out, "modify-db-cluster-snapshot-attribute", name, options);
}

void rule_snapshot_shared(const struct facts *f, struct findings *out)
{
	const struct snapshot *s = facts_whole(f, out, "snapshots");
	struct tally t = {0};
	enum severity worst = SEV_WARN;

	for (size_t i = 0; s && i < s->nrows; i++) {
		struct str name = data_str(s, i, "identifier"), accounts = data_str(s, i, "shared_accounts");
		int64_t is_public = data_i64(s, i, "is_public", -1);

		if (!is_manual(s, i) || !str_eq_c(data_str(s, i, "status"), "available")) {
			/* only a manual snapshot that is there can be given to others */
			tally_good(&t, STR(""));
		} else if (is_public < 0) {
			t.unknown++;
		} else if (!is_public && accounts.len == 0) {
			tally_good(&t, STR(""));
		} else {
			worst = is_public ? SEV_CRIT : worst;
			if (tally_bad(&t))
				say_shared(out, name, accounts, is_public);
		}
	}
	if (tally_end(&t, out, worst, s, "is_public")) {
		finding_add(out, SEV_OK, STR(""), "no snapshot is public or shared");
		finding_evidence(out, "DescribeDBClusterSnapshotAttributes of each manual one: restore is empty");
	}
}

/* ---- not done ---- */

void rule_snapshot_failed(const struct facts *f, struct findings *out)
{
	const struct snapshot *s = facts_whole(f, out, "snapshots");
	struct tally t = {0};

	for (size_t i = 0; s && i < s->nrows; i++) {
		struct str name = data_str(s, i, "identifier"), status = data_str(s, i, "status");

		if (status.len == 0) {
			t.unknown++;
		} else if (str_eq_c(status, "available") || is_moving(status) || str_eq_c(status, "deleting")) {
			tally_good(&t, STR(""));
		} else if (tally_bad(&t)) {
			finding_add(out, SEV_WARN, name,
				    "snapshot " STR_FMT " is " STR_FMT ": nothing can be restored from it",
				    STR_ARG(name), STR_ARG(status));
			finding_evidence(out, "DescribeDBClusterSnapshots: Status " STR_FMT, STR_ARG(status));
			finding_next(out, "create snapshot", "create another one; the events, view 9, may tell why");
		}
	}
	if (tally_end(&t, out, SEV_WARN, s, "status"))
		finding_add(out, SEV_OK, STR(""), "no snapshot has failed");
}

static bool is_being_made(const struct snapshot *s, size_t row)
{
	return is_moving(data_str(s, row, "status"));
}

void rule_snapshot_making(const struct facts *f, struct findings *out)
{
	const double limit = f->policy->limits.snapshot_duration;
	const struct snapshot *s = facts_whole(f, out, "snapshots");
	struct tally t = {0};
	int64_t now;

	if (!s || limit <= 0 ||
	    !verdict_aws_clock(f, out, s, newest_of(s, is_being_made), "time to make snapshots", &now))
		return;
	for (size_t i = 0; i < s->nrows; i++) {
		struct str name = data_str(s, i, "identifier"), status = data_str(s, i, "status");
		int64_t at = data_i64(s, i, "created_at", 0);
		char age[VERDICT_VALUE_MAX], policy[VERDICT_VALUE_MAX], done[VERDICT_VALUE_MAX];
		double share = data_f64(s, i, "progress_ratio");

		if (!is_moving(status))
			continue;
		if (at == 0) {
			t.unknown++;
		} else if ((double)(now - at) <= limit) {
			tally_good(&t, name);
		} else if (tally_bad(&t)) {
			finding_add(out, SEV_WARN, name, STR_FMT " has been " STR_FMT " for %s, policy %s",
				    STR_ARG(name), STR_ARG(status), verdict_backup_age(age, now - at),
				    verdict_backup_age(policy, (int64_t)limit));
			finding_evidence(out, "DescribeDBClusterSnapshots: Status " STR_FMT ", PercentProgress %s",
					 STR_ARG(status), share >= 0 ? verdict_ratio(done, share) : "unknown");
			finding_next(out, "", "look into the events, view 9; ask AWS support when it does not move");
		}
	}
	if (tally_end(&t, out, SEV_WARN, s, "created_at"))
		finding_add(out, SEV_OK, STR(""), "%zu snapshot%s being made, none for long: %s", t.good,
			    t.good == 1 ? " is" : "s are", t.names);
}

void rule_copy_tags(const struct facts *f, struct findings *out)
{
	static const struct cluster_switch copy_tags = {
		.field = "copy_tags",
		.api = "CopyTagsToSnapshot",
		.on = "tags are copied to snapshots",
		.off = "snapshots do not take over the cluster's tags",
		.next = "switch CopyTagsToSnapshot on; snapshots that exist stay as they are",
		.options = "--copy-tags-to-snapshot",
		.when_off = SEV_WARN,
	};

	judge_switch(f, out, &copy_tags);
}
