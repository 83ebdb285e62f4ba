/*
 * rules_maintenance.c: what will happen to the instances, whether somebody asks for it or not.
 *
 * Maintenance with a date is told as it comes; when AWS is about to force it, who wants another hour must act. A server
 * certificate that expires takes with it every client that verifies it.
 */
#include "verdict/rules_common.h"

#include "base/clock.h"

static void say_maintenance(const struct facts *f, struct findings *out, const struct snapshot *s, size_t row)
{
	struct str resource = data_str(s, row, "resource"), action = data_str(s, row, "action");
	int64_t forced = data_i64(s, row, "forced_apply_at", 0), at = data_i64(s, row, "current_apply_at", 0);
	int64_t later = data_i64(s, row, "auto_applied_after_at", 0);
	char when[VERDICT_VALUE_MAX];
	bool soon = forced > 0 && (double)(forced - f->now_us) <= f->policy->limits.forced_maintenance;

	at = at > 0 ? at : later;
	if (soon)
		finding_add(out, SEV_WARN, resource, STR_FMT " of " STR_FMT " is forced on %s", STR_ARG(action),
			    STR_ARG(resource), verdict_at(when, forced));
	else if (at > 0 || forced > 0)
		finding_add(out, SEV_NOTICE, resource, STR_FMT " of " STR_FMT " is due on %s", STR_ARG(action),
			    STR_ARG(resource), verdict_at(when, at > 0 ? at : forced));
	else
		finding_add(out, SEV_NOTICE, resource, STR_FMT " of " STR_FMT " waits, without a date", STR_ARG(action),
			    STR_ARG(resource));
	finding_evidence(out, "DescribePendingMaintenanceActions: " STR_FMT "; %s",
			 STR_ARG(data_str(s, row, "description")),
			 forced > 0 ? "ForcedApplyDate"
			 : at > 0   ? "CurrentApplyDate"
				    : "no date");
	finding_next(out, "apply maintenance",
		     soon ? "apply it at an hour of your own, before AWS does"
			  : "apply it in a quiet hour, or wait for the window");
}

void rule_pending_maintenance(const struct facts *f, struct findings *out)
{
	const struct snapshot *s = facts_whole(f, out, "pending_maintenance");
	struct tally t = {0};

	for (size_t i = 0; s && i < s->nrows; i++) {
		if (data_str(s, i, "action").len == 0)
			t.unknown++;
		else if (tally_bad(&t))
			say_maintenance(f, out, s, i);
	}
	if (!s)
		return;
	(void)tally_end(&t, out, SEV_NOTICE, s, "action");
	if (s->nrows == 0) {
		finding_add(out, SEV_OK, STR(""), "no maintenance is pending");
		finding_evidence(out, "DescribePendingMaintenanceActions");
	}
}

void rule_certificate(const struct facts *f, struct findings *out)
{
	const double limit = f->policy->limits.certificate;
	const struct snapshot *s = facts_whole(f, out, "instances");
	int64_t first = INT64_MAX;
	struct tally t = {0};
	char age[VERDICT_VALUE_MAX], policy[VERDICT_VALUE_MAX], at[VERDICT_VALUE_MAX];

	for (long i = -1; limit > 0 && facts_next_member(f, s, &i);) {
		struct str name = data_str(s, (size_t)i, "identifier"), ca = data_str(s, (size_t)i, "ca");
		int64_t valid = data_i64(s, (size_t)i, "ca_valid_at", 0), left = valid - f->now_us;
		char word[VERDICT_WORD_MAX];

		first = valid > 0 && valid < first ? valid : first;
		if (valid == 0) {
			t.unknown++;
		} else if ((double)left >= limit) {
			tally_good(&t, name);
		} else if (tally_bad(&t)) {
			if (left <= 0)
				finding_add(out, SEV_CRIT, name, "certificate of " STR_FMT " has expired, %s ago",
					    STR_ARG(name), verdict_backup_age(age, -left));
			else
				finding_add(out, SEV_WARN, name, "certificate of " STR_FMT " expires in %s, policy %s",
					    STR_ARG(name), verdict_backup_age(age, left),
					    verdict_limit(policy, POLICY_DURATION, limit));
			finding_evidence(out, "DescribeDBInstances: CertificateDetails/ValidTill %s, CA " STR_FMT,
					 verdict_at(at, valid), STR_ARG(ca));
			finding_next(out, "",
				     "give clients the bundle with the new authority first, then rotate; see whether "
				     "that restarts");
			finding_remedy(
				out,
				"aws rds modify-db-instance --db-instance-identifier %s --ca-certificate-identifier "
				"rds-ca-rsa2048-g1",
				verdict_word(word, name));
		}
	}
	if (s && tally_end(&t, out, SEV_WARN, s, "ca_valid_at")) {
		finding_add(out, SEV_OK, STR(""), "certificates are valid until %s and longer", verdict_at(at, first));
		finding_evidence(out, "DescribeDBInstances: CertificateDetails/ValidTill of %s", t.names);
	}
}

static void say_waiting(struct findings *out, const struct snapshot *s, size_t row)
{
	struct str name = data_str(s, row, "identifier"), class = data_str(s, row, "pending_class");
	struct str version = data_str(s, row, "pending_version");

	if (str_eq_c(data_str(s, row, "parameter_status"), "pending-reboot")) {
		finding_add(out, SEV_NOTICE, name, "parameters of " STR_FMT " wait for a reboot", STR_ARG(name));
		finding_evidence(out, "DescribeDBInstances: ParameterApplyStatus pending-reboot of " STR_FMT,
				 STR_ARG(data_str(s, row, "parameter_group")));
		finding_next(out, "reboot", "reboot it in a quiet hour: what is set in the group does not hold yet");
		return;
	}
	finding_add(out, SEV_NOTICE, name, STR_FMT " becomes " STR_FMT "%s" STR_FMT " in its maintenance window",
		    STR_ARG(name), STR_ARG(class), class.len > 0 && version.len > 0 ? ", " : "", STR_ARG(version));
	finding_evidence(out, "DescribeDBInstances: PendingModifiedValues; window " STR_FMT,
			 STR_ARG(data_str(s, row, "maintenance_window")));
	finding_next(out, "", "wait for the window, or apply it at an hour of your own: the instance restarts");
}

void rule_pending_changes(const struct facts *f, struct findings *out)
{
	const struct snapshot *s = facts_whole(f, out, "instances");
	struct tally t = {0};

	for (long i = -1; facts_next_member(f, s, &i);) {
		size_t row = (size_t)i;
		struct str status = data_str(s, row, "parameter_status");

		if (status.len == 0)
			t.unknown++;
		else if (!str_eq_c(status, "pending-reboot") && data_str(s, row, "pending_class").len == 0 &&
			 data_str(s, row, "pending_version").len == 0)
			tally_good(&t, data_str(s, row, "identifier"));
		else if (tally_bad(&t))
			say_waiting(out, s, row);
	}
	if (s && tally_end(&t, out, SEV_NOTICE, s, "parameter_status"))
		finding_add(out, SEV_OK, STR(""), "no change waits for a reboot or the maintenance window");
}
