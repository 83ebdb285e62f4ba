/*
 * rules_availability.c: do the database and AWS answer; is the cluster there, and is each of its instances?
 */
#include "verdict/rules.h"

/* Why a source has failed, where that is the other side's or the way's doing and not a single right's. */
static const struct err *failure_of(const struct facts *f, const char *source)
{
	const struct snapshot *s = facts_latest(f, source);

	if (!s || s->state != SNAP_ERROR || s->err.code == ERR_DENIED || s->err.code == ERR_CANCELLED)
		return NULL;
	return &s->err;
}

/* The source only tells on why the listing of clusters failed: nobody has tried to reach the database. */
static bool is_told_on(const struct facts *f, const struct err *err)
{
	const struct err *cause = failure_of(f, "clusters");

	return cause && cause->text[0] && strstr(err->text, cause->text) != NULL;
}

void rule_database_answers(const struct facts *f, struct findings *out)
{
	const struct snapshot *s = facts_latest(f, "activity");
	const struct err *err = failure_of(f, "activity");

	/* a cluster that is stopped, or must not be woken, is no outage */
	if (!s || s->state == SNAP_SKIPPED || s->state == SNAP_UNAVAILABLE)
		return;
	if (err && is_told_on(f, err)) {
		finding_add(out, SEV_UNKNOWN, STR(""),
			    "answer of the database not known: AWS does not say where it is");
		finding_evidence(out, "%s", err->text);
	} else if (err) {
		finding_add(out, SEV_CRIT, STR(""), "database does not answer: %s", err->text);
		finding_evidence(out, "the sampler's connection: %s", err_word(err->code));
		finding_next(out, "doctor", "%s%sd in 8 Network finds the hop that fails", err->remedy,
			     err->remedy[0] ? "; " : "");
	} else if (facts_need(f, out, "activity")) {
		finding_add(out, SEV_OK, STR(""), "database answers");
		finding_evidence(out, "pg_stat_activity");
	}
}

void rule_aws_answers(const struct facts *f, struct findings *out)
{
	const struct err *err = failure_of(f, "clusters");

	if (err) {
		finding_add(out, SEV_WARN, STR(""), "AWS does not answer: %s", err->text);
		finding_evidence(out, "DescribeDBClusters: %s", err_word(err->code));
		finding_next(out, "", "%s",
			     err->remedy[0] ? err->remedy : "what AWS tells is as it was; it is asked again by itself");
	} else if (facts_need(f, out, "clusters")) {
		finding_add(out, SEV_OK, STR(""), "AWS answers");
		finding_evidence(out, "DescribeDBClusters");
	}
}

/* States that RDS passes through by itself, as opposed to those that need somebody. */
static bool is_passing(struct str status)
{
	static const char *const passing[] = {
		"backing-up",
		"creating",
		"configuring-enhanced-monitoring",
		"configuring-iam-database-auth",
		"configuring-log-exports",
		"converting-to-vpc",
		"failing-over",
		"maintenance",
		"migrating",
		"modifying",
		"promoting",
		"rebooting",
		"renaming",
		"resetting-master-credentials",
		"starting",
		"storage-optimization",
		"upgrading",
		"update-iam-db-auth",
	};

	for (size_t i = 0; i < ARRAY_LEN(passing); i++)
		if (str_eq_c(status, passing[i]))
			return true;
	return false;
}

static enum severity severity_of_status(struct str status)
{
	if (str_eq_c(status, "available"))
		return SEV_OK;
	return is_passing(status) || str_eq_c(status, "stopped") || str_eq_c(status, "stopping") ? SEV_WARN : SEV_CRIT;
}

void rule_cluster_status(const struct facts *f, struct findings *out)
{
	const struct snapshot *clusters;
	long row = facts_cluster(f, out, &clusters);
	struct str status;
	enum severity s;

	if (row < 0)
		return;
	status = data_str(clusters, (size_t)row, "status");
	if (status.len == 0) {
		finding_unknown(out, STR(""), clusters, "status");
		return;
	}
	s = severity_of_status(status);
	finding_add(out, s, STR(""), "cluster is " STR_FMT, STR_ARG(status));
	finding_evidence(out, "DescribeDBClusters: Status " STR_FMT, STR_ARG(status));
	if (str_eq_c(status, "stopped"))
		finding_next(out, "start cluster", "start the cluster; nothing can connect until it runs");
	else if (s == SEV_CRIT)
		finding_next(out, "", "look into the events of the cluster, view 9");
	else if (s == SEV_WARN)
		finding_next(out, "", "wait: it passes by itself; the events tell how far it is");
}

void rule_instance_status(const struct facts *f, struct findings *out)
{
	const struct snapshot *s = facts_need(f, out, "instances");

	for (size_t i = 0; s && i < s->nrows; i++) {
		struct str name = data_str(s, i, "identifier"), status = data_str(s, i, "status");
		enum severity severity = severity_of_status(status);

		if (f->cluster.len > 0 && !str_eq(data_str(s, i, "cluster"), f->cluster))
			continue;
		if (status.len == 0) {
			finding_unknown(out, name, s, "status");
			continue;
		}
		/* the cluster is what is judged: one of several readers is no outage */
		if (severity == SEV_CRIT && str_eq_c(data_str(s, i, "role"), "reader"))
			severity = SEV_WARN;
		finding_add(out, severity, name, STR_FMT " is " STR_FMT, STR_ARG(name), STR_ARG(status));
		finding_evidence(out, "DescribeDBInstances: DBInstanceStatus " STR_FMT, STR_ARG(status));
		if (severity != SEV_OK)
			finding_next(out, "", "look into the events of the instance, view 9");
	}
}
