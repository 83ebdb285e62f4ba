/* The rules about storage: what is in order, what is not, what is just at the limit, and what cannot be known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/check.h"
#include "verdict/verdict.h"

#include <math.h>

#define NOW (20000 * US_PER_DAY)
#define GIB (1024.0 * 1024 * 1024)
#define TIB (1024 * GIB)
#define SNAPSHOTS 6
#define POINTS 168

/* Every field that a rule here reads, of whatever source; a row has those of its own. */
struct thing {
	uint64_t present;
	struct str identifier, engine, engine_version, class, metric, object, name, kind, plugin, wal_status, relation;
	int64_t at, xid_age, freeze_max_age, multixact_age, multixact_freeze_max_age, allows_connections;
	int64_t active, temporary, retained_bytes, at_least, inactive_us;
	int64_t dead_rows, vacuum_due_rows, autovacuum_enabled, bloat_bytes, heap_bloat_bytes, index_bloat_bytes;
	int64_t temp_bytes;
	double value, xid_ratio, multixact_ratio, bloat_ratio;
};

#define F(m, k) FIELD(struct thing, m, k, .title = "T", .help = "H.")
#define FLAGGED(m, k, f) FIELD(struct thing, m, k, .title = "T", .help = "H.", .flags = (f))
static const struct field fields[] = {
	FLAGGED(identifier, K_ID, F_KEY),
	F(engine, K_ID),
	F(engine_version, K_ID),
	F(class, K_ID),
	F(metric, K_ID),
	F(object, K_ID),
	F(name, K_ID),
	F(kind, K_ID),
	F(plugin, K_ID),
	F(wal_status, K_ID),
	F(relation, K_ID),
	F(at, K_TIME_US),
	F(xid_age, K_COUNT),
	F(freeze_max_age, K_COUNT),
	F(multixact_age, K_COUNT),
	F(multixact_freeze_max_age, K_COUNT),
	F(allows_connections, K_BOOL),
	F(active, K_BOOL),
	F(temporary, K_BOOL),
	F(retained_bytes, K_BYTES),
	F(at_least, K_BOOL),
	F(inactive_us, K_DURATION_US),
	F(dead_rows, K_COUNT),
	F(vacuum_due_rows, K_COUNT),
	F(autovacuum_enabled, K_BOOL),
	F(bloat_bytes, K_BYTES),
	F(heap_bloat_bytes, K_BYTES),
	F(index_bloat_bytes, K_BYTES),
	FLAGGED(temp_bytes, K_BYTE_COUNTER, F_RATE),
	F(value, K_REAL),
	F(xid_ratio, K_RATIO),
	F(multixact_ratio, K_RATIO),
	F(bloat_ratio, K_RATIO),
};
#undef FLAGGED
#undef F
static const struct rec_type type = REC_TYPE(struct thing, "thing", fields);

static struct facts facts;
static struct policy policy;
static struct snapshot *made[SNAPSHOTS];
static size_t nmade;
static struct snapshot *said;
static int64_t at[POINTS];
static double value[POINTS];
static const char *rule;

static int fresh(void **state)
{
	(void)state;
	policy = policy_default;
	facts = (struct facts){.now_us = NOW, .policy = &policy, .cluster = STR("orders")};
	nmade = 0;
	said = NULL;
	return 0;
}

static int clean(void **state)
{
	(void)state;
	for (size_t i = 0; i < nmade; i++)
		snapshot_unref(made[i]);
	snapshot_unref(said);
	return 0;
}

/* A source that has answered with rows to be added. */
static struct snapshot *source(const char *name)
{
	struct snapshot *s = snapshot_new(&type, name);

	s->at_us = NOW - US_PER_MIN;
	made[nmade++] = s;
	facts.sources[facts.n++] = (struct fact_source){.name = name, .good = s, .latest = s, .period_us = US_PER_MIN};
	return s;
}

static void failing(const char *name, const char *why)
{
	struct snapshot *s = snapshot_new(&type, name);
	struct err err = {.code = ERR_DENIED};

	(void)err_set(&err, ERR_DENIED, "%s", why);
	snapshot_fail(s, SNAP_ERROR, &err);
	made[nmade++] = s;
	facts.sources[facts.n++] = (struct fact_source){.name = name, .latest = s, .period_us = US_PER_MIN};
}

static void row(struct snapshot *s)
{
	assert_non_null(snapshot_add_row(s));
}

static void *last(struct snapshot *s)
{
	return (char *)s->rows + (s->nrows - 1) * type.size;
}

static const struct field *field(const char *name)
{
	int i = rec_find(&type, str_c(name));

	assert_true(i >= 0);
	return &fields[i];
}

static void text(struct snapshot *s, const char *name, const char *v)
{
	rec_set(field(name), last(s), (union value){.str = str_c(v)});
}

static void whole(struct snapshot *s, const char *name, double v)
{
	rec_set(field(name), last(s), (union value){.i64 = (int64_t)v});
}

static void real(struct snapshot *s, const char *name, double v)
{
	rec_set(field(name), last(s), (union value){.f64 = v});
}

static bool is_chosen(const struct rule *r, void *arg)
{
	return strcmp(r->id, arg) == 0;
}

static void judge(const char *id)
{
	char name[64];

	rule = id;
	(void)snprintf(name, sizeof name, "%s", id);
	snapshot_unref(said);
	said = snapshot_new(&verdict_type, "verdicts");
	verdict_judge(&facts, is_chosen, name, said);
}

/* The i-th finding is of this severity and its sentence has this part. */
static void finds(size_t i, const char *severity, const char *part)
{
	struct str sentence = data_str(said, i, "sentence"), word = data_str(said, i, "severity");

	if (i >= said->nrows)
		fail_msg("%s says only %zu", rule, said->nrows);
	if (!str_eq_c(word, severity) || str_find(sentence, str_c(part), 0) < 0)
		fail_msg("%s says %.*s: \"%.*s\", not %s: \"%s\"", rule, STR_ARG(word), STR_ARG(sentence), severity,
			 part);
	assert_true(str_eq_c(data_str(said, i, "id"), rule));
}

static void has(const char *name, const char *part)
{
	struct str v = data_str(said, 0, name);

	if (str_find(v, str_c(part), 0) < 0)
		fail_msg("%s of %s is \"%.*s\", without \"%s\"", name, rule, STR_ARG(v), part);
}

/* ---- the volume ---- */

static struct snapshot *cluster(const char *version)
{
	struct snapshot *s = source("clusters");

	row(s);
	text(s, "identifier", "orders");
	text(s, "engine", "aurora-postgresql");
	text(s, "engine_version", version);
	return s;
}

static void metric(struct snapshot *s, const char *name, const char *object, double v, int64_t age)
{
	row(s);
	text(s, "metric", name);
	text(s, "object", object);
	whole(s, "at", (double)(NOW - age));
	real(s, "value", v);
}

/* A week of points by the hour that ends with `end`. */
static void week(struct snapshot *s, double end, double per_day)
{
	static struct series items[1];

	for (int i = 0; i < POINTS; i++) {
		at[i] = NOW - (POINTS - i) * US_PER_HOUR;
		value[i] = end - per_day * (POINTS - 1 - i) / 24;
	}
	items[0] = (struct series){.part = SERIES_WEEK,
				   .metric = STR("VolumeBytesUsed"),
				   .object = STR("orders"),
				   .period_us = US_PER_HOUR,
				   .n = POINTS,
				   .at = at,
				   .value = value};
	s->series = (struct series_set){1, items};
}

static void test_volume(void **state)
{
	struct snapshot *m;

	(void)state;
	cluster("15.4");
	m = source("metrics");
	metric(m, "VolumeBytesUsed", "orders", 1.21 * TIB, US_PER_HOUR);
	week(m, 1.21 * TIB, 3.1 * GIB);
	judge("storage.volume");
	assert_int_equal(said->nrows, 1);
	finds(0, "ok", "1.21 TiB");
	finds(0, "ok", "128 TiB");
	has("evidence", "3.10 GiB a day");
	has("next", "15.13");
}

static void test_volume_beyond_the_policy(void **state)
{
	struct snapshot *m;

	(void)state;
	cluster("15.4");
	m = source("metrics");
	metric(m, "VolumeBytesUsed", "orders", 0.8 * 128 * TIB, US_PER_HOUR);
	judge("storage.volume");
	finds(0, "ok", "80.0 %");
	real(m, "value", 0.81 * 128 * TIB);
	judge("storage.volume");
	finds(0, "warning", "policy 80.0 %");
	policy.limits.volume = 0;
	judge("storage.volume");
	finds(0, "ok", "81.0 %");
}

/* Below the share of the policy, but soon full. */
static void test_volume_that_will_be_full(void **state)
{
	struct snapshot *m;

	(void)state;
	cluster("16.9");
	m = source("metrics");
	metric(m, "VolumeBytesUsed", "orders", 100 * TIB, US_PER_HOUR);
	week(m, 100 * TIB, 156 * TIB / 89);
	judge("storage.volume");
	finds(0, "warning", "reaches its 256 TiB in 8");
	week(m, 100 * TIB, 156 * TIB / 92);
	judge("storage.volume");
	finds(0, "ok", "100 TiB");
	week(m, 100 * TIB, 156 * TIB / 12);
	judge("storage.volume");
	finds(0, "critical", "reaches its 256 TiB in 1");
	/* what shrinks never gets there */
	week(m, 100 * TIB, -TIB);
	judge("storage.volume");
	finds(0, "ok", "100 TiB");
}

static void test_volume_not_known(void **state)
{
	struct snapshot *m, *c;

	(void)state;
	judge("storage.volume");
	assert_int_equal(said->nrows, 0);
	c = cluster("15.4");
	m = source("metrics");
	judge("storage.volume");
	finds(0, "unknown", "no point of VolumeBytesUsed");
	metric(m, "VolumeBytesUsed", "orders", TIB, 4 * US_PER_HOUR);
	judge("storage.volume");
	finds(0, "unknown", "no point of VolumeBytesUsed");
	whole(m, "at", (double)(NOW - US_PER_HOUR));
	text(c, "engine_version", "next");
	judge("storage.volume");
	finds(0, "unknown", "engine_version");
	/* a cluster of another engine has no Aurora volume */
	text(c, "engine", "postgres");
	judge("storage.volume");
	assert_int_equal(said->nrows, 0);
}

static void test_volume_without_metrics(void **state)
{
	(void)state;
	cluster("15.4");
	failing("metrics", "not allowed: cloudwatch:GetMetricData");
	judge("storage.volume");
	assert_int_equal(said->nrows, 1);
	finds(0, "unknown", "cloudwatch:GetMetricData");
}

/* ---- local storage ---- */

static void test_local_storage(void **state)
{
	struct snapshot *i = source("instances"), *m = source("metrics");

	(void)state;
	for (const char *const *p = (const char *const[]){"orders-1", "orders-2", "orders-3", "orders-4", NULL}; *p;
	     p++) {
		row(i);
		text(i, "identifier", *p);
		text(i, "class", strcmp(*p, "orders-4") == 0 ? "db.serverless" : "db.r6g.large");
	}
	metric(m, "FreeLocalStorage", "orders-1", 10 * GIB, US_PER_MIN);
	metric(m, "FreeLocalStorage", "orders-2", 9.9 * GIB, US_PER_MIN);
	metric(m, "FreeLocalStorage", "orders-3", 1 * GIB, US_PER_MIN);
	judge("storage.local");
	/* a serverless instance has none to speak of */
	assert_int_equal(said->nrows, 3);
	finds(0, "ok", "orders-1 has 10.0 GiB");
	finds(1, "warning", "policy 10.0 GiB");
	finds(2, "critical", "policy 2.00 GiB");
	assert_true(str_eq_c(data_str(said, 2, "object"), "orders-3"));
	whole(m, "at", (double)(NOW - US_PER_DAY));
	judge("storage.local");
	finds(2, "unknown", "FreeLocalStorage");
}

/* ---- wraparound ---- */

static void age(struct snapshot *s, const char *name, double xid, double multixact)
{
	row(s);
	text(s, "name", name);
	whole(s, "xid_age", xid);
	real(s, "xid_ratio", xid / 2147483648.0);
	whole(s, "freeze_max_age", 200e6);
	whole(s, "multixact_age", multixact);
	real(s, "multixact_ratio", multixact / 2147483648.0);
	whole(s, "multixact_freeze_max_age", 400e6);
	whole(s, "allows_connections", 1);
}

static void test_wraparound(void **state)
{
	struct snapshot *s = source("wraparound");

	(void)state;
	age(s, "postgres", 90e6, 0);
	age(s, "orders", 212e6, 5e6);
	judge("storage.wraparound");
	assert_int_equal(said->nrows, 1);
	finds(0, "ok", "oldest is orders: 9.9 % of transaction ids used");
	judge("storage.multixact");
	finds(0, "ok", "oldest is orders: 0.2 % of multixact ids used");
	/* autovacuum should have begun long ago */
	age(s, "late", 301e6, 601e6);
	judge("storage.wraparound");
	finds(0, "notice", "freezing is late in late: 14.0 % of transaction ids");
	judge("storage.multixact");
	finds(0, "notice", "freezing is late in late: 28.0 % of multixact ids");
}

static void test_wraparound_beyond_the_policy(void **state)
{
	struct snapshot *s = source("wraparound");

	(void)state;
	age(s, "half", 0.5 * 2147483648.0, 0);
	age(s, "more's", 0.51 * 2147483648.0, 0);
	age(s, "much", 0.81 * 2147483648.0, 0.6 * 2147483648.0);
	judge("storage.wraparound");
	assert_int_equal(said->nrows, 3);
	finds(0, "notice", "half");
	finds(1, "warning", "policy 50.0 %");
	finds(2, "critical", "policy 80.0 %");
	assert_true(str_eq_c(data_str(said, 1, "remedy"), "psql -d 'more'\\''s' -c 'VACUUM (FREEZE, VERBOSE)'"));
	assert_true(str_eq_c(data_str(said, 1, "action"), "vacuum freeze"));
	judge("storage.multixact");
	finds(0, "warning", "much: 60.0 % of multixact ids used");
}

static void test_wraparound_not_known(void **state)
{
	(void)state;
	failing("wraparound", "permission denied");
	judge("storage.wraparound");
	finds(0, "unknown", "permission denied");
	judge("storage.multixact");
	finds(0, "unknown", "permission denied");
}

/* ---- slots ---- */

static void slot(struct snapshot *s, const char *name, bool active, double kept)
{
	row(s);
	text(s, "name", name);
	text(s, "kind", "logical");
	text(s, "wal_status", "reserved");
	whole(s, "active", active);
	whole(s, "retained_bytes", kept);
}

static void test_slots(void **state)
{
	struct snapshot *s = source("slots");

	(void)state;
	judge("storage.slots");
	finds(0, "ok", "no replication slot");
	slot(s, "etl", true, 9 * GIB);
	judge("storage.slots");
	finds(0, "ok", "1 replication slot, none inactive");
	slot(s, "left behind", false, 3 * GIB);
	whole(s, "inactive_us", (double)(26 * US_PER_HOUR));
	judge("storage.slots");
	assert_int_equal(said->nrows, 1);
	finds(0, "warning", "slot left behind inactive for 1d 02h, keeps 3.00 GiB");
	whole(s, "at_least", 1);
	judge("storage.slots");
	finds(0, "warning", "keeps at least 3.00 GiB");
	whole(s, "retained_bytes", 101 * GIB);
	judge("storage.slots");
	finds(0, "critical", "101 GiB");
	policy.limits.slot_retained_critical = 0;
	judge("storage.slots");
	finds(0, "warning", "101 GiB");
	/* of a session that is still there, or that keeps nothing */
	whole(s, "temporary", 1);
	judge("storage.slots");
	finds(0, "ok", "2 replication slots, 1 inactive");
	whole(s, "temporary", 0);
	whole(s, "at_least", 0);
	whole(s, "retained_bytes", 0);
	judge("storage.slots");
	finds(0, "ok", "2 replication slots, 1 inactive");
	/* where the end of the log is not to be had, nothing is known of what an inactive one keeps */
	whole(s, "at_least", 1);
	judge("storage.slots");
	assert_int_equal(said->nrows, 1);
	finds(0, "warning", "slot left behind inactive for 1d 02h, keeps at least 0");
}

static void test_slots_behind_or_lost(void **state)
{
	struct snapshot *s = source("slots");

	(void)state;
	slot(s, "slow", true, 11 * GIB);
	judge("storage.slots");
	finds(0, "warning", "slow is behind, keeps 11.0 GiB of WAL");
	policy.limits.slot_retained = 11 * GIB;
	judge("storage.slots");
	finds(0, "ok", "1 replication slot");
	policy.limits.slot_retained = 5 * GIB;
	slot(s, "gone", false, 0);
	text(s, "wal_status", "lost");
	judge("storage.slots");
	finds(1, "warning", "gone is lost");
	failing("relations", "timeout");
	judge("storage.dead_rows");
	finds(0, "unknown", "timeout");
}

/* ---- dead rows, bloat, temporary files ---- */

static void dead(struct snapshot *s, const char *name, double rows, double due)
{
	row(s);
	text(s, "relation", name);
	whole(s, "dead_rows", rows);
	whole(s, "vacuum_due_rows", due);
}

static void test_dead_rows(void **state)
{
	struct snapshot *s = source("relations");

	(void)state;
	dead(s, "public.calm", 100000, 50000);
	dead(s, "public.small", 9999, 100);
	judge("storage.dead_rows");
	finds(0, "ok", "2 largest relations");
	dead(s, "public.more", 100001, 50000);
	dead(s, "public.\"much more\"", 260000, 50000);
	judge("storage.dead_rows");
	assert_int_equal(said->nrows, 2);
	finds(0, "notice", "public.more has 100 k dead rows, vacuum is due at 50.0 k");
	finds(1, "warning", "has 260 k dead rows");
	assert_true(str_eq_c(data_str(said, 1, "remedy"), "VACUUM (VERBOSE) public.\"much more\""));
	assert_true(str_eq_c(data_str(said, 1, "action"), "vacuum"));
	for (int i = 0; i < 20; i++)
		dead(s, "public.many", 1e6, 1000);
	judge("storage.dead_rows");
	assert_int_equal(said->nrows, 11);
	finds(10, "notice", "12 more tables");
}

static void bloat(struct snapshot *s, const char *name, double heap, double index, double ratio)
{
	row(s);
	text(s, "relation", name);
	whole(s, "heap_bloat_bytes", heap);
	whole(s, "index_bloat_bytes", index);
	whole(s, "bloat_bytes", heap + index);
	real(s, "bloat_ratio", ratio);
}

static void test_bloat(void **state)
{
	struct snapshot *s = source("relations");

	(void)state;
	judge("storage.bloat");
	assert_int_equal(said->nrows, 0);
	bloat(s, "public.slim", 20 * GIB, 0, 0.29);
	bloat(s, "public.little", 0.9 * GIB, 0, 0.9);
	judge("storage.bloat");
	finds(0, "ok", "no large relation");
	bloat(s, "public.rows", 1 * GIB, 0, 0.3);
	bloat(s, "public.indexes", 1 * GIB, 2 * GIB, 0.6);
	judge("storage.bloat");
	assert_int_equal(said->nrows, 2);
	finds(0, "notice", "public.rows has 1.00 GiB of bloat, 30.0 %");
	has("next", "VACUUM FULL");
	finds(1, "notice", "3.00 GiB");
	assert_true(str_eq_c(data_str(said, 1, "action"), "reindex concurrently"));
	snapshot_set_unavailable(s, "bloat_bytes", STR("no SELECT"));
	judge("storage.bloat");
	assert_int_equal(said->nrows, 1);
	finds(0, "unknown", "no SELECT");
}

static void temp_rate(struct snapshot *s, double rate)
{
	static double rates[ARRAY_LEN(fields)];

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		rates[i] = (double)NAN;
	rates[rec_find(&type, STR("temp_bytes"))] = rate;
	s->rates = rates;
}

static void test_temp_files(void **state)
{
	struct snapshot *s = source("databases");

	(void)state;
	row(s);
	text(s, "name", "orders");
	/* one sample has no rates */
	judge("storage.temp_files");
	assert_int_equal(said->nrows, 0);
	temp_rate(s, 5.0 * 1024 * 1024);
	judge("storage.temp_files");
	finds(0, "ok", "5.00 MiB/s");
	temp_rate(s, 6.0 * 1024 * 1024);
	judge("storage.temp_files");
	finds(0, "notice", "6.00 MiB/s");
	temp_rate(s, 51.0 * 1024 * 1024);
	judge("storage.temp_files");
	finds(0, "warning", "51.0 MiB/s");
	has("evidence", "orders");
	s->rates = NULL;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_volume),
		TEST(test_volume_beyond_the_policy),
		TEST(test_volume_that_will_be_full),
		TEST(test_volume_not_known),
		TEST(test_volume_without_metrics),
		TEST(test_local_storage),
		TEST(test_wraparound),
		TEST(test_wraparound_beyond_the_policy),
		TEST(test_wraparound_not_known),
		TEST(test_slots),
		TEST(test_slots_behind_or_lost),
		TEST(test_dead_rows),
		TEST(test_bloat),
		TEST(test_temp_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
