/*
 * rules_storage.c: what fills up, wears out or is kept for nobody: volume, local storage, transaction ids, replication
 * slots, dead rows, bloat, temporary files.
 *
 * What has a limit in the policy is judged by it. The others have no number that is right everywhere: their limits
 * stand here by name, are generous, and bloat alone is never more than a notice, because it harms nobody until it is
 * looked at. Of many objects the first RULE_OBJECTS_MAX are named and the rest are counted.
 */
#include "verdict/rules.h"

#include "model/growth.h"

#include <math.h>

#define RULE_OBJECTS_MAX 10
/* Volume metrics arrive late, and by the hour when a week is shown. */
#define POINT_AGE_US (3 * US_PER_HOUR)

/* ---- the volume ---- */

static void say_volume(struct findings *out, double used, double ceiling, const struct policy_limits *l,
		       const struct growth *g)
{
	char now[VERDICT_VALUE_MAX], most[VERDICT_VALUE_MAX], share[VERDICT_VALUE_MAX], policy[VERDICT_VALUE_MAX];
	char pace[VERDICT_VALUE_MAX], when[VERDICT_VALUE_MAX];
	int64_t left = growth_reaches(g, ceiling);
	enum severity s = verdict_above(used / ceiling, l->volume, 0), near = SEV_OK;

	(void)verdict_bytes(now, used);
	(void)verdict_bytes(most, ceiling);
	(void)verdict_ratio(share, used / ceiling);
	(void)verdict_ratio(policy, l->volume);
	if (g->per_day > 0)
		near = verdict_below((double)left, l->ceiling, l->ceiling_critical);
	if (near > SEV_OK) {
		(void)verdict_age(when, left);
		finding_add(out, near, STR(""), "volume reaches its %s in %s, now %s", most, when, now);
	} else if (s == SEV_WARN) {
		finding_add(out, s, STR(""), "volume %s, %s of %s, policy %s", now, share, most, policy);
	} else {
		finding_add(out, s, STR(""), "volume %s, %s of %s", now, share, most);
	}
	if (g->trend >= GROWTH_UNEVEN)
		finding_evidence(out, "VolumeBytesUsed, %s%s a day over %zu points, r2 %.2f; CloudWatch",
				 g->per_day < 0 ? "-" : "+", verdict_bytes(pace, fabs(g->per_day)), g->n, g->r2);
	else
		finding_evidence(out, "VolumeBytesUsed, no trend to go by; CloudWatch");
}

void rule_volume(const struct facts *f, struct findings *out)
{
	const struct snapshot *clusters, *metrics;
	const struct series *week;
	struct growth g = {.trend = GROWTH_TOO_LITTLE};
	const char *raised_by;
	double used, ceiling;
	long row = facts_cluster(f, out, &clusters);

	if (row < 0 || !str_starts(data_str(clusters, (size_t)row, "engine"), STR("aurora")))
		return;
	metrics = facts_need(f, out, "metrics");
	if (!metrics)
		return;
	ceiling = growth_volume_ceiling(data_str(clusters, (size_t)row, "engine_version"), &raised_by);
	used = facts_metric(f, "VolumeBytesUsed", f->cluster, POINT_AGE_US);
	if (ceiling <= 0) {
		finding_unknown(out, STR(""), clusters, "engine_version");
		return;
	}
	if (isnan(used)) {
		finding_add(out, SEV_UNKNOWN, STR(""), "volume not known: no point of VolumeBytesUsed in the last 3h");
		finding_evidence(out, "CloudWatch GetMetricData");
		return;
	}
	week = series_find_part(&metrics->series, "VolumeBytesUsed", f->cluster, SERIES_WEEK);
	if (week)
		(void)growth_fit(week, 0, INT64_MAX, &g);
	say_volume(out, used, ceiling, &f->policy->limits, &g);
	if (raised_by[0])
		finding_next(out, "", "engine version %s raises the limit to 256 TiB", raised_by);
}

/* ---- local storage ---- */

void rule_local_storage(const struct facts *f, struct findings *out)
{
	const struct policy_limits *l = &f->policy->limits;
	const struct snapshot *instances = facts_need(f, out, "instances"), *metrics;

	metrics = instances ? facts_need(f, out, "metrics") : NULL;
	for (size_t i = 0; metrics && i < instances->nrows; i++) {
		struct str name = data_str(instances, i, "identifier");
		double left = facts_metric(f, "FreeLocalStorage", name, POINT_AGE_US);
		enum severity s = verdict_below(left, l->local_storage, l->local_storage_critical);
		char value[VERDICT_VALUE_MAX], limit[VERDICT_VALUE_MAX];

		/* Aurora does not emit it for these */
		if (str_eq_c(data_str(instances, i, "class"), "db.serverless"))
			continue;
		if (isnan(left)) {
			finding_add(out, SEV_UNKNOWN, name,
				    "local storage not known: no point of FreeLocalStorage in the last 3h");
			finding_evidence(out, "CloudWatch GetMetricData");
			continue;
		}
		(void)verdict_bytes(value, left);
		(void)verdict_bytes(limit, s == SEV_CRIT ? l->local_storage_critical : l->local_storage);
		if (s <= SEV_OK)
			finding_add(out, s, name, STR_FMT " has %s local storage free", STR_ARG(name), value);
		else
			finding_add(out, s, name, STR_FMT " has %s local storage free, policy %s", STR_ARG(name), value,
				    limit);
		finding_evidence(out, "FreeLocalStorage of " STR_FMT ", minimum of its period; CloudWatch",
				 STR_ARG(name));
		if (s > SEV_OK)
			finding_next(out, "", "find who writes temporary files: Statements by TEMP, Databases");
	}
}

/* ---- wraparound ---- */

struct age_words {
	const char *age, *ratio, *forced_at, *noun;
};

static enum severity judge_age(const struct facts *f, const struct snapshot *s, size_t i, const struct age_words *w)
{
	const struct policy_limits *l = &f->policy->limits;
	enum severity v = verdict_above(data_f64(s, i, w->ratio), l->wraparound, l->wraparound_critical);
	int64_t forced = data_i64(s, i, w->forced_at, 0);

	if (v == SEV_OK && forced > 0 && l->freeze_late > 0 &&
	    (double)data_i64(s, i, w->age, 0) > l->freeze_late * (double)forced)
		return SEV_NOTICE;
	return v;
}

static void say_age(const struct facts *f, struct findings *out, const struct snapshot *s, size_t i, enum severity v,
		    const struct age_words *w)
{
	const struct policy_limits *l = &f->policy->limits;
	struct str name = data_str(s, i, "name");
	char share[VERDICT_VALUE_MAX], policy[VERDICT_VALUE_MAX], word[VERDICT_WORD_MAX];

	(void)verdict_ratio(share, data_f64(s, i, w->ratio));
	(void)verdict_ratio(policy, v == SEV_CRIT ? l->wraparound_critical : l->wraparound);
	if (v >= SEV_WARN)
		finding_add(out, v, name, STR_FMT ": %s of %s used, policy %s", STR_ARG(name), share, w->noun, policy);
	else if (v == SEV_NOTICE)
		finding_add(out, v, name, "freezing is late in " STR_FMT ": %s of %s used", STR_ARG(name), share,
			    w->noun);
	else
		finding_add(out, v, STR(""), "oldest is " STR_FMT ": %s of %s used", STR_ARG(name), share, w->noun);
	finding_evidence(out, "age %lld of 2147483648, autovacuum freezes from %lld; pg_database",
			 (long long)data_i64(s, i, w->age, 0), (long long)data_i64(s, i, w->forced_at, 0));
	if (v <= SEV_OK)
		return;
	finding_next(out, "vacuum freeze", "freeze its oldest tables: Storage by XID, and see what holds the horizon");
	if (data_i64(s, i, "allows_connections", 1) != 0)
		finding_remedy(out, "psql -d %s -c 'VACUUM (FREEZE, VERBOSE)'", verdict_word(word, name));
}

/* Every database outside the policy, or else the oldest one. */
static void judge_ages(const struct facts *f, struct findings *out, const struct age_words *w)
{
	const struct snapshot *s = facts_need(f, out, "wraparound");
	size_t oldest = 0, bad = 0;

	for (size_t i = 0; s && i < s->nrows; i++) {
		enum severity v = judge_age(f, s, i, w);

		if (data_f64(s, i, w->ratio) > data_f64(s, oldest, w->ratio))
			oldest = i;
		if (v <= SEV_OK)
			continue;
		bad++;
		say_age(f, out, s, i, v, w);
	}
	if (!s || s->nrows == 0 || bad > 0)
		return;
	if (isnan(data_f64(s, oldest, w->ratio)))
		finding_unknown(out, STR(""), s, w->ratio);
	else
		say_age(f, out, s, oldest, SEV_OK, w);
}

void rule_wraparound(const struct facts *f, struct findings *out)
{
	static const struct age_words words = {"xid_age", "xid_ratio", "freeze_max_age", "transaction ids"};

	judge_ages(f, out, &words);
}

void rule_multixact(const struct facts *f, struct findings *out)
{
	static const struct age_words words = {"multixact_age", "multixact_ratio", "multixact_freeze_max_age",
					       "multixact ids"};

	judge_ages(f, out, &words);
}

/* ---- slots ---- */

static bool is_inactive(const struct snapshot *s, size_t i)
{
	return data_i64(s, i, "active", 0) == 0;
}

/* An inactive slot is well only where it is known to keep nothing: "at least 0" is no such knowledge. */
static enum severity judge_slot(const struct policy_limits *l, const struct snapshot *s, size_t i)
{
	double kept = (double)data_i64(s, i, "retained_bytes", 0);
	struct str wal = data_str(s, i, "wal_status");

	if (data_i64(s, i, "temporary", 0) != 0)
		return SEV_OK;
	if (str_eq_c(wal, "lost"))
		return SEV_WARN;
	if (is_inactive(s, i) && (kept > 0 || data_i64(s, i, "at_least", 0) != 0))
		return verdict_above(kept, 0, l->slot_retained_critical) == SEV_CRIT ? SEV_CRIT : SEV_WARN;
	return str_eq_c(wal, "unreserved") ? SEV_WARN : verdict_above(kept, l->slot_retained, 0);
}

static void say_slot(struct findings *out, const struct snapshot *s, size_t i, enum severity v)
{
	struct str name = data_str(s, i, "name");
	const char *least = data_i64(s, i, "at_least", 0) != 0 ? "at least " : "";
	bool active = !is_inactive(s, i);
	char kept[VERDICT_VALUE_MAX], age[VERDICT_VALUE_MAX] = "";
	int64_t inactive = data_i64(s, i, "inactive_us", 0);

	(void)verdict_bytes(kept, (double)data_i64(s, i, "retained_bytes", 0));
	if (!active && inactive > 0)
		(void)verdict_age(age, inactive);
	if (str_eq_c(data_str(s, i, "wal_status"), "lost"))
		finding_add(out, v, name, "slot " STR_FMT " is lost: its receiver must start anew", STR_ARG(name));
	else if (active)
		finding_add(out, v, name, "slot " STR_FMT " is behind, keeps %s%s of WAL", STR_ARG(name), least, kept);
	else if (age[0])
		finding_add(out, v, name, "slot " STR_FMT " inactive for %s, keeps %s%s", STR_ARG(name), age, least,
			    kept);
	else
		finding_add(out, v, name, "inactive slot " STR_FMT " keeps %s%s of WAL", STR_ARG(name), least, kept);
	finding_evidence(out, STR_FMT " slot, plugin " STR_FMT ", wal_status " STR_FMT "; pg_replication_slots",
			 STR_ARG(data_str(s, i, "kind")), STR_ARG(data_str(s, i, "plugin")),
			 STR_ARG(data_str(s, i, "wal_status")));
	finding_next(out, "",
		     active ? "see why its receiver is slow"
			    : "start its receiver, or drop the slot when nobody needs it any more");
}

void rule_slots(const struct facts *f, struct findings *out)
{
	const struct snapshot *s = facts_need(f, out, "slots");
	size_t bad = 0, inactive = 0;

	for (size_t i = 0; s && i < s->nrows; i++) {
		enum severity v = judge_slot(&f->policy->limits, s, i);

		inactive += is_inactive(s, i);
		if (v <= SEV_OK)
			continue;
		bad++;
		say_slot(out, s, i, v);
	}
	if (!s || bad > 0)
		return;
	if (s->nrows == 0)
		finding_add(out, SEV_OK, STR(""), "no replication slot");
	else if (inactive == 0)
		finding_add(out, SEV_OK, STR(""), "%zu replication slot%s, none inactive", s->nrows,
			    s->nrows == 1 ? "" : "s");
	else
		finding_add(out, SEV_OK, STR(""), "%zu replication slot%s, %zu inactive, keeping no WAL", s->nrows,
			    s->nrows == 1 ? "" : "s", inactive);
	finding_evidence(out, "pg_replication_slots");
}

/* ---- dead rows and bloat ---- */

static enum severity judge_dead(const struct policy_limits *l, const struct snapshot *s, size_t i)
{
	double due = (double)data_i64(s, i, "vacuum_due_rows", 0), dead = (double)data_i64(s, i, "dead_rows", 0);

	if (due <= 0 || dead < l->dead_rows_least)
		return SEV_OK;
	if (verdict_above(dead / due, l->dead_rows, 0) == SEV_WARN)
		return SEV_WARN;
	return verdict_above(dead / due, l->dead_rows_notice, 0) == SEV_WARN ? SEV_NOTICE : SEV_OK;
}

static void say_dead(struct findings *out, const struct snapshot *s, size_t i, enum severity v)
{
	struct str name = data_str(s, i, "relation");
	int64_t due = data_i64(s, i, "vacuum_due_rows", 1), dead = data_i64(s, i, "dead_rows", 0);
	bool off = data_i64(s, i, "autovacuum_enabled", 1) == 0;
	struct buf rows, limit;

	buf_init(&rows, 64);
	buf_init(&limit, 64);
	(void)format_count(&rows, dead);
	(void)format_count(&limit, due);
	finding_add(out, v, name, STR_FMT " has %s dead rows, vacuum is due at %s", STR_ARG(name), buf_c(&rows),
		    buf_c(&limit));
	buf_release(&rows);
	buf_release(&limit);
	finding_evidence(out, "dead rows %lld, due at %lld%s; pg_stat_all_tables", (long long)dead, (long long)due,
			 off ? ", autovacuum is switched off for it" : "");
	finding_next(out, "vacuum", "VACUUM it; if they stay, something holds the xmin horizon: :progress");
	finding_remedy(out, "VACUUM (VERBOSE) " STR_FMT, STR_ARG(name));
}

void rule_dead_rows(const struct facts *f, struct findings *out)
{
	const struct snapshot *s = facts_need(f, out, "relations");
	size_t bad = 0;

	for (size_t i = 0; s && i < s->nrows; i++) {
		enum severity v = judge_dead(&f->policy->limits, s, i);

		if (v > SEV_OK && bad++ < RULE_OBJECTS_MAX)
			say_dead(out, s, i, v);
	}
	if (!s)
		return;
	if (bad > RULE_OBJECTS_MAX) {
		finding_add(out, SEV_NOTICE, STR(""), "%zu more tables have too many dead rows",
			    bad - RULE_OBJECTS_MAX);
		finding_next(out, "", "Storage by DEAD lists them");
	}
	if (bad > 0)
		return;
	finding_add(out, SEV_OK, STR(""), "vacuum keeps up with the %zu largest relations", s->nrows);
	finding_evidence(out, "dead rows against autovacuum's thresholds; pg_stat_all_tables");
}

static void say_bloat(struct findings *out, const struct snapshot *s, size_t i)
{
	struct str name = data_str(s, i, "relation");
	int64_t heap = data_i64(s, i, "heap_bloat_bytes", 0), index = data_i64(s, i, "index_bloat_bytes", 0);
	char bytes[VERDICT_VALUE_MAX], share[VERDICT_VALUE_MAX], parts[2][VERDICT_VALUE_MAX];

	finding_add(out, SEV_NOTICE, name, STR_FMT " has %s of bloat, %s of it", STR_ARG(name),
		    verdict_bytes(bytes, (double)data_i64(s, i, "bloat_bytes", 0)),
		    verdict_ratio(share, data_f64(s, i, "bloat_ratio")));
	finding_evidence(out, "rows %s, indexes %s, estimated from the statistics of columns",
			 verdict_bytes(parts[0], (double)heap), verdict_bytes(parts[1], (double)index));
	if (index >= heap) {
		finding_next(out, "reindex concurrently", "REINDEX gives the space of the indexes back, writes go on");
		finding_remedy(out, "REINDEX TABLE CONCURRENTLY " STR_FMT, STR_ARG(name));
	} else {
		finding_next(out, "vacuum full", "VACUUM FULL gives it back, in a maintenance window: all wait");
	}
}

void rule_bloat(const struct facts *f, struct findings *out)
{
	const struct policy_limits *l = &f->policy->limits;
	const struct snapshot *s = facts_need(f, out, "relations");
	size_t bad = 0;

	if (!s || s->nrows == 0)
		return;
	if (snapshot_unavailable(s, "bloat_bytes").len > 0) {
		finding_unknown(out, STR(""), s, "bloat_bytes");
		return;
	}
	for (size_t i = 0; i < s->nrows && bad < RULE_OBJECTS_MAX; i++) {
		if ((double)data_i64(s, i, "bloat_bytes", 0) < l->bloat_least || l->bloat <= 0 ||
		    !(data_f64(s, i, "bloat_ratio") >= l->bloat))
			continue;
		bad++;
		say_bloat(out, s, i);
	}
	if (bad > 0)
		return;
	finding_add(out, SEV_OK, STR(""), "no large relation is bloated");
	finding_evidence(out, "the %zu largest relations, estimated from the statistics of columns", s->nrows);
}

/* ---- temporary files ---- */

void rule_temp_files(const struct facts *f, struct findings *out)
{
	const struct policy_limits *l = &f->policy->limits;
	const struct snapshot *s = facts_need(f, out, "databases");
	double all = s ? data_rate_sum(s, "temp_bytes") : (double)NAN, most = -1;
	char rate[VERDICT_VALUE_MAX];
	enum severity v;
	size_t worst = 0;

	/* rates need two samples */
	if (isnan(all))
		return;
	for (size_t i = 0; i < s->nrows; i++)
		if (data_rate(s, i, "temp_bytes") > most) {
			most = data_rate(s, i, "temp_bytes");
			worst = i;
		}
	v = verdict_above(all, l->temp_files, 0);
	if (v == SEV_OK && verdict_above(all, l->temp_files_notice, 0) == SEV_WARN)
		v = SEV_NOTICE;
	finding_add(out, v, STR(""), "temporary files grow by %s/s", verdict_bytes(rate, all));
	finding_evidence(out, "most of it in " STR_FMT ", %s/s; pg_stat_database", STR_ARG(data_str(s, worst, "name")),
			 verdict_bytes(rate, most));
	if (v > SEV_OK)
		finding_next(out, "", "Statements by TEMP names who writes them; work_mem decides from which size on");
}
