/*
 * rules_backup.c: can the cluster be restored, to which moments, and how old would the newest copy be?
 *
 * Ages are told by AWS's clock, as the Date of its answer has it: this host's may be off by hours, and every age with
 * it. Where no answer had a date, a moment of the past that lies in the future gives the clock away, and then
 * nothing is judged by it.
 *
 * A cluster that is being created, or is young, has no automated snapshot yet; one that is stopped gets none, and its
 * restorable window ends where it was stopped. Neither is a fault.
 *
 * Not here: who else could restore a snapshot, and what is wrong with single ones (rules_snapshots.c).
 */
#include "verdict/rules_common.h"

#include "base/clock.h"
#include "model/series.h"

#include <stdio.h>

/* The cluster as far as these rules need it; all of it may be unknown. */
struct cluster {
	const struct snapshot *s;
	size_t row;
	bool known, stopped, creating;
	int64_t created_at;
};

static struct cluster cluster_of(const struct facts *f)
{
	struct cluster c = {.s = facts_get(f, "clusters")};
	long row = c.s && f->cluster.len > 0 ? data_find(c.s, "identifier", f->cluster) : -1;
	struct str status;

	if (row < 0)
		return c;
	c.known = true;
	c.row = (size_t)row;
	status = data_str(c.s, c.row, "status");
	c.stopped = str_eq_c(status, "stopped") || str_eq_c(status, "stopping") || str_eq_c(status, "starting");
	c.creating = str_eq_c(status, "creating");
	c.created_at = data_i64(c.s, c.row, "created_at", 0);
	return c;
}

static bool is_automated(const struct snapshot *s, size_t row)
{
	return str_eq_c(data_str(s, row, "kind"), "automated");
}

/* An automated snapshot from which the cluster can be restored. */
static bool is_usable(const struct snapshot *s, size_t row)
{
	return is_automated(s, row) && str_eq_c(data_str(s, row, "status"), "available") &&
	       data_i64(s, row, "created_at", 0) > 0;
}

static long newest_usable(const struct snapshot *s)
{
	long newest = -1;

	for (size_t i = 0; i < s->nrows; i++)
		if (is_usable(s, i) &&
		    (newest < 0 || data_i64(s, i, "created_at", 0) > data_i64(s, (size_t)newest, "created_at", 0)))
			newest = (long)i;
	return newest;
}

/* The newest moment that AWS speaks of as past. */
static int64_t newest_moment(const struct snapshot *s, const struct cluster *c)
{
	int64_t newest = c->known ? data_i64(c->s, c->row, "latest_restorable_at", 0) : 0;

	for (size_t i = 0; i < s->nrows; i++) {
		int64_t at = data_i64(s, i, "created_at", 0);

		newest = at > newest ? at : newest;
	}
	return newest;
}

/* A field without which an automated snapshot cannot be judged; NULL when none is missing. */
static const char *missing_field(const struct snapshot *s)
{
	static const char *const needed[] = {"kind", "status", "created_at"};

	for (size_t i = 0; i < s->nrows; i++)
		for (size_t k = 0; k < ARRAY_LEN(needed); k++) {
			union value v;
			/* one that is only being made has no time yet */
			bool due = k < 2 || str_eq_c(data_str(s, i, "status"), "available");

			if (due && !data_value(s, i, needed[k], &v))
				return needed[k];
		}
	return NULL;
}

static void next_snapshot(struct findings *out, const struct facts *f, const struct cluster *c)
{
	struct str window = c->known ? data_str(c->s, c->row, "backup_window") : STR("");
	char name[VERDICT_WORD_MAX];

	if (window.len > 0)
		finding_next(out, "create snapshot",
			     "create a snapshot now; the next automated one is due in the backup window, " STR_FMT
			     " UTC",
			     STR_ARG(window));
	else
		finding_next(out, "create snapshot", "create a snapshot now");
	(void)verdict_word(name, f->cluster);
	finding_remedy(out,
		       "aws rds create-db-cluster-snapshot --db-cluster-identifier %s --db-cluster-snapshot-identifier "
		       "NAME",
		       name);
}

/* There is none that could be restored: too early, or a fault? */
static void judge_none(const struct facts *f, struct findings *out, const struct snapshot *s, const struct cluster *c,
		       int64_t now)
{
	const struct policy_limits *limits = &f->policy->limits;
	double limit = limit_of(limits->snapshot_age, limits->snapshot_age_critical);
	char age[VERDICT_VALUE_MAX], policy[VERDICT_VALUE_MAX];
	const char *missing = missing_field(s);

	(void)verdict_backup_age(policy, (int64_t)limit);
	if (missing) {
		finding_unknown(out, STR(""), s, missing);
	} else if (c->creating) {
		finding_add(out, SEV_OK, STR(""), "no automated snapshot yet: the cluster is being created");
		finding_evidence(out, "DescribeDBClusters: Status creating");
	} else if (c->created_at == 0) {
		finding_add(out, SEV_UNKNOWN, STR(""),
			    "no automated snapshot, and how old the cluster is, is not known");
		finding_evidence(out, "DescribeDBClusterSnapshots: %zu snapshots, none automated and available",
				 s->nrows);
	} else {
		bool young = (double)(now - c->created_at) <= limit;

		(void)verdict_backup_age(age, now - c->created_at);
		finding_add(out,
			    young        ? SEV_OK
			    : c->stopped ? SEV_WARN
					 : SEV_CRIT,
			    STR(""), "no automated snapshot%s, the cluster is %s old, policy %s", young ? " yet" : "",
			    age, policy);
		finding_evidence(out, "DescribeDBClusterSnapshots: %zu snapshots, none automated and available",
				 s->nrows);
		if (!young)
			next_snapshot(out, f, c);
	}
}

void rule_snapshot_age(const struct facts *f, struct findings *out)
{
	const struct policy_limits *limits = &f->policy->limits;
	const struct snapshot *s = facts_whole(f, out, "snapshots");
	struct cluster c = cluster_of(f);
	char age[VERDICT_VALUE_MAX], policy[VERDICT_VALUE_MAX], at[VERDICT_VALUE_MAX];
	int64_t now, created;
	enum severity severity;
	long row;

	if (!s || limit_of(limits->snapshot_age, limits->snapshot_age_critical) <= 0 ||
	    !verdict_aws_clock(f, out, s, newest_moment(s, &c), "age of the newest automated snapshot", &now))
		return;
	row = newest_usable(s);
	if (row < 0) {
		judge_none(f, out, s, &c, now);
		return;
	}
	created = data_i64(s, (size_t)row, "created_at", 0);
	severity = verdict_above((double)(now - created), limits->snapshot_age, limits->snapshot_age_critical);
	if (severity > SEV_OK && c.stopped)
		severity = SEV_NOTICE;
	finding_add(out, severity, STR(""), "newest automated snapshot %s old, policy %s%s",
		    verdict_backup_age(age, now > created ? now - created : 0),
		    verdict_backup_age(policy, (int64_t)limit_of(limits->snapshot_age, limits->snapshot_age_critical)),
		    severity == SEV_NOTICE ? "; none is taken while the cluster is stopped" : "");
	finding_evidence(out, STR_FMT ", created %s; DescribeDBClusterSnapshots",
			 STR_ARG(data_str(s, (size_t)row, "identifier")), verdict_at(at, created));
	if (severity >= SEV_WARN)
		next_snapshot(out, f, &c);
	else if (severity == SEV_NOTICE)
		finding_next(out, "", "nothing needs doing: nothing is written while it is stopped");
}

/* ---- the series ---- */

struct gap {
	int64_t from, to;
	size_t points, wider; /* how many there are; gaps beyond the limit */
};

/* The widest one between neighbours since `start` (0 = since the oldest). */
static struct gap widest_gap(const struct snapshot *s, int64_t start, double limit)
{
	struct series_ring times = {0};
	struct gap g = {0};

	for (size_t i = 0; i < s->nrows; i++)
		if (is_usable(s, i))
			series_ring_put(&times, data_i64(s, i, "created_at", 0), 0);
	g.points = times.n;
	if (times.n > 0 && start > 0 && start < times.at[0])
		series_ring_put(&times, start, 0);
	for (size_t i = 1; i < times.n; i++) {
		int64_t from = times.at[i - 1], to = times.at[i];

		g.wider += (double)(to - from) > limit;
		if (to - from > g.to - g.from) {
			g.from = from;
			g.to = to;
		}
	}
	series_ring_release(&times);
	return g;
}

void rule_snapshot_gaps(const struct facts *f, struct findings *out)
{
	const double limit = limit_of(f->policy->limits.snapshot_age, f->policy->limits.snapshot_age_critical);
	const struct snapshot *s = facts_whole(f, out, "snapshots");
	struct cluster c = cluster_of(f);
	char gap[VERDICT_VALUE_MAX], policy[VERDICT_VALUE_MAX], from[VERDICT_VALUE_MAX], to[VERDICT_VALUE_MAX];
	const char *missing;
	struct gap g;

	if (!s || limit <= 0)
		return;
	missing = missing_field(s);
	if (missing) {
		finding_unknown(out, STR(""), s, missing);
		return;
	}
	g = widest_gap(s, c.known ? data_i64(c.s, c.row, "earliest_restorable_at", 0) : 0, limit);
	/* a single one has no neighbours; none at all is another rule's matter */
	if (g.points == 0 || g.to == 0)
		return;
	(void)verdict_backup_age(gap, g.to - g.from);
	(void)verdict_backup_age(policy, (int64_t)limit);
	if (g.wider == 0)
		finding_add(out, SEV_OK, STR(""), "%zu automated snapshots, at most %s apart, policy %s", g.points, gap,
			    policy);
	else if (g.wider == 1)
		finding_add(out, SEV_WARN, STR(""), "%s without an automated snapshot, policy %s", gap, policy);
	else
		finding_add(out, SEV_WARN, STR(""),
			    "%zu times longer than %s without an automated snapshot, at most %s", g.wider, policy, gap);
	finding_evidence(out, "from %s to %s; DescribeDBClusterSnapshots", verdict_at(from, g.from),
			 verdict_at(to, g.to));
	if (g.wider > 0)
		finding_next(out, "",
			     "look into the events of that time, view 9: was the cluster stopped, or the backup window "
			     "moved?");
}

/* ---- any second ---- */

void rule_restorable(const struct facts *f, struct findings *out)
{
	const struct policy_limits *limits = &f->policy->limits;
	double limit = limit_of(limits->restorable_lag, limits->restorable_lag_critical);
	const struct snapshot *s;
	long row = facts_own_cluster(f, out, &s);
	struct cluster c = cluster_of(f);
	int64_t now, latest;
	char lag[VERDICT_VALUE_MAX], policy[VERDICT_VALUE_MAX], at[VERDICT_VALUE_MAX];
	enum severity severity;

	if (row < 0 || limit <= 0 || c.creating)
		return;
	latest = data_i64(s, (size_t)row, "latest_restorable_at", 0);
	if (latest == 0) {
		finding_unknown(out, STR(""), s, "latest_restorable_at");
		return;
	}
	if (!verdict_aws_clock(f, out, s, latest, "lag of the latest restorable time", &now))
		return;
	severity = verdict_above((double)(now - latest), limits->restorable_lag, limits->restorable_lag_critical);
	if (severity > SEV_OK && c.stopped)
		severity = SEV_NOTICE;
	(void)verdict_age(lag, now > latest ? now - latest : 0);
	(void)verdict_limit(policy, POLICY_DURATION, limit);
	if (severity == SEV_NOTICE)
		finding_add(out, severity, STR(""), "restorable to %s before now, when the cluster was stopped", lag);
	else if (severity == SEV_OK)
		finding_add(out, severity, STR(""), "restorable to within %s of now, policy %s", lag, policy);
	else
		finding_add(out, severity, STR(""), "latest restorable time %s behind, policy %s", lag, policy);
	finding_evidence(out, "DescribeDBClusters: LatestRestorableTime %s", verdict_at(at, latest));
	if (severity >= SEV_WARN)
		finding_next(out, "", "look into the events of the cluster, view 9; ask AWS support when it goes on");
	else if (severity == SEV_NOTICE)
		finding_next(out, "", "nothing needs doing: nothing is written while it is stopped");
}

void rule_retention(const struct facts *f, struct findings *out)
{
	const double limit = f->policy->limits.retention;
	const struct snapshot *s;
	long row = facts_own_cluster(f, out, &s);
	int64_t days, wanted = (int64_t)(limit / (double)US_PER_DAY + 0.999);
	bool enough;

	if (row < 0 || limit <= 0)
		return;
	days = data_i64(s, (size_t)row, "backup_retention_days", -1);
	if (days < 0) {
		finding_unknown(out, STR(""), s, "backup_retention_days");
		return;
	}
	enough = days >= wanted;
	finding_add(out, enough ? SEV_OK : SEV_WARN, STR(""), "backups are kept for %lld d, policy %lld d or more",
		    (long long)days, (long long)wanted);
	finding_evidence(out, "DescribeDBClusters: BackupRetentionPeriod %lld", (long long)days);
	if (!enough) {
		char options[64];

		(void)snprintf(options, sizeof options, "--backup-retention-period %lld", (long long)wanted);
		finding_next(out, "backup retention", "keep automated backups for %lld d", (long long)wanted);
		remedy_cluster(out, f, options);
	}
}

/* ---- this host's clock, on which everything else here leans ---- */

void rule_host_clock(const struct facts *f, struct findings *out)
{
	const struct snapshot *s = facts_get(f, "clusters");
	int64_t off = s && s->server_at_us > 0 ? s->at_us - s->server_at_us : 0;
	char by[VERDICT_VALUE_MAX];

	if (!s || s->server_at_us == 0)
		return;
	(void)verdict_age(by, off < 0 ? -off : off);
	if (off > CLOCK_TOLERANCE_US || off < -CLOCK_TOLERANCE_US)
		finding_add(out, SEV_WARN, STR(""), "this host's clock is %s %s AWS's", by,
			    off < 0 ? "behind" : "ahead of");
	else
		finding_add(out, SEV_OK, STR(""), "this host's clock agrees with AWS's");
	finding_evidence(out, "Date of the answer to DescribeDBClusters");
	if (off > CLOCK_TOLERANCE_US || off < -CLOCK_TOLERANCE_US)
		finding_next(out, "",
			     "set the clock of this host, best by NTP: AWS refuses requests signed for another time");
}
