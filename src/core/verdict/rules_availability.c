/*
 * rules_availability.c: is the cluster there, and is each of its instances?
 */
#include "verdict/rules.h"

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
