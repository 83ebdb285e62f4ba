/*
 * rules_posture_storage.c: settings of the cluster that say how it is kept: protection, tags, kind of storage.
 *
 * Not here: backups (rules_backup.c).
 */
#include "verdict/rules_common.h"

#include <stdio.h>

void rule_deletion_protection(const struct facts *f, struct findings *out)
{
	static const struct cluster_switch protection = {
		.field = "deletion_protection",
		.api = "DeletionProtection",
		.on = "deletion protection is on",
		.off = "deletion protection is off: one call deletes the cluster",
		.next = "switch it on; it costs nothing and needs no restart. A deletion that is meant should name "
			"--final-db-snapshot-identifier: no setting of the cluster demands one",
		.options = "--deletion-protection",
		.when_off = SEV_WARN,
	};

	judge_switch(f, out, &protection);
}

/* Wanted ones that are not there, as KEY or KEY=VALUE; "" = all are. */
static void missing_tags(struct str tags, struct str wanted, char missing[TALLY_NAMES_MAX])
{
	struct str one;

	while (wanted.len > 0 && str_split(&wanted, ',', &one)) {
		struct str tag = str_trim(one), value, want;
		long sign = str_find(tag, STR("="), 0);
		char key[128];

		want = sign < 0 ? STR("") : str_trim(str_sub(tag, (size_t)sign + 1, tag.len));
		(void)snprintf(key, sizeof key, STR_FMT,
			       STR_ARG(sign < 0 ? tag : str_trim(str_sub(tag, 0, (size_t)sign))));
		if (key[0] && (!verdict_tag(tags, key, &value) || (sign >= 0 && !str_ieq(value, want))))
			names_add(missing, tag);
	}
}

void rule_tags(const struct facts *f, struct findings *out)
{
	struct str wanted = str_c(f->policy->required_tags);
	const struct snapshot *s;
	long row = wanted.len > 0 ? facts_own_cluster(f, out, &s) : -1;
	char missing[TALLY_NAMES_MAX] = "", word[VERDICT_WORD_MAX];
	union value tags;

	if (row < 0)
		return;
	if (!data_value(s, (size_t)row, "tags", &tags)) {
		finding_unknown(out, STR(""), s, "tags");
		return;
	}
	missing_tags(tags.str, wanted, missing);
	if (missing[0])
		finding_add(out, SEV_WARN, STR(""), "tags that the policy wants are missing: %s", missing);
	else
		finding_add(out, SEV_OK, STR(""), "all tags that the policy wants are there: " STR_FMT,
			    STR_ARG(wanted));
	finding_evidence(out, "DescribeDBClusters: TagList " STR_FMT, STR_ARG(tags.str));
	if (missing[0]) {
		finding_next(out, "", "add them; snapshots get them only when tags are copied");
		finding_remedy(out, "aws rds add-tags-to-resource --resource-name %s --tags Key=KEY,Value=VALUE",
			       verdict_word(word, data_str(s, (size_t)row, "arn")));
	}
}

void rule_storage_type(const struct facts *f, struct findings *out)
{
	const struct snapshot *s;
	long row = facts_own_cluster(f, out, &s);
	struct str type;

	if (row < 0)
		return;
	type = data_str(s, (size_t)row, "storage_type");
	/* AWS leaves it out where it is the ordinary one */
	if (type.len == 0 || str_eq_c(type, "aurora")) {
		finding_add(out, SEV_OK, STR(""), "storage is Aurora Standard: I/O is billed by the request");
	} else if (str_eq_c(type, "aurora-iopt1")) {
		finding_add(out, SEV_OK, STR(""), "storage is Aurora I/O-Optimized: I/O costs nothing extra");
	} else {
		finding_add(out, SEV_NOTICE, STR(""), "storage is " STR_FMT ", which this console does not know",
			    STR_ARG(type));
		finding_next(out, "", "see AWS's list of storage types for what it means and costs");
	}
	finding_evidence(out, "DescribeDBClusters: StorageType " STR_FMT,
			 STR_ARG(type.len > 0 ? type : STR("is absent")));
}
