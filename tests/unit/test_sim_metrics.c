/*
 * The simulated series: the same for everyone who asks, and CloudWatch's rules about them.
 */
#include "sim_fixture.h"

static struct sim_series series(struct sim *s, const char *metric, const char *dim, const char *value)
{
	struct sim_series_key key = {.space = STR("AWS/RDS"), .name = str_c(metric), .ndims = 1};
	struct sim_series out;

	key.dims[0].name = str_c(dim);
	key.dims[0].value = str_c(value);
	sim_series_find(s, &key, &out);
	return out;
}

static bool average(struct sim *s, const struct sim_series *x, int64_t at, int64_t period, double *ret_value)
{
	struct sim_point p;
	bool ok = sim_series_point(s, x, at, period, &p);

	*ret_value = p.stat[SIM_STAT_AVERAGE];
	return ok;
}

static void the_past_does_not_change(void **state)
{
	struct sim *s = fixture_new(NULL, 0), *other;
	struct sim_series cpu = series(s, "CPUUtilization", "DBInstanceIdentifier", "orders-1"), again;
	int64_t at = NOON - US_PER_HOUR;
	double before, after;

	(void)state;
	assert_true(average(s, &cpu, at, US_PER_MIN, &before));
	fixture_now_us += 3 * US_PER_HOUR;
	assert_true(average(s, &cpu, at, US_PER_MIN, &after));
	assert_true(before == after);
	fixture_now_us = NOON;
	other = fixture_new(NULL, 9);
	again = series(other, "CPUUtilization", "DBInstanceIdentifier", "orders-1");
	assert_true(average(other, &again, at, US_PER_MIN, &after));
	assert_true(before == after);
	again = series(s, "CPUUtilization", "DBInstanceIdentifier", "orders-2");
	assert_true(average(s, &again, at, US_PER_MIN, &after));
	assert_true(before != after);
	sim_stop(other);
	sim_stop(s);
}

static void statistics_fit_together(void **state)
{
	struct sim *s = fixture_new(NULL, 0);
	struct sim_series x = series(s, "ReadIOPS", "DBInstanceIdentifier", "orders-1");
	struct sim_point hour, p;
	double sum = 0;

	(void)state;
	assert_true(sim_series_point(s, &x, NOON - 2 * US_PER_HOUR, US_PER_HOUR, &hour));
	assert_int_equal((int)hour.stat[SIM_STAT_COUNT], 60);
	for (int i = 0; i < 60; i++) {
		assert_true(sim_series_point(s, &x, NOON - 2 * US_PER_HOUR + i * US_PER_MIN, US_PER_MIN, &p));
		assert_int_equal((int)p.stat[SIM_STAT_COUNT], 1);
		assert_true(p.stat[SIM_STAT_AVERAGE] >= hour.stat[SIM_STAT_MINIMUM]);
		assert_true(p.stat[SIM_STAT_AVERAGE] <= hour.stat[SIM_STAT_MAXIMUM]);
		sum += p.stat[SIM_STAT_SUM];
	}
	assert_true(hour.stat[SIM_STAT_SUM] > sum * 0.999999 && hour.stat[SIM_STAT_SUM] < sum * 1.000001);
	assert_true(hour.stat[SIM_STAT_MINIMUM] < hour.stat[SIM_STAT_AVERAGE]);
	for (int i = 1; i < hour.nlow; i++)
		assert_true(hour.low[i - 1] <= hour.low[i]);
	sim_stop(s);
}

static void the_newest_minutes_are_missing(void **state)
{
	struct sim *s = fixture_new(NULL, 0);
	struct sim_series x = series(s, "DatabaseConnections", "DBInstanceIdentifier", "orders-1");
	double v;

	(void)state;
	assert_false(average(s, &x, NOON, US_PER_MIN, &v));
	assert_false(average(s, &x, NOON - US_PER_MIN, US_PER_MIN, &v));
	assert_true(average(s, &x, NOON - 4 * US_PER_MIN, US_PER_MIN, &v));
	sim_stop(s);
}

static void volume_metrics_come_every_five_minutes(void **state)
{
	struct sim *s = fixture_new(NULL, 0);
	struct sim_series x = series(s, "VolumeReadIOPs", "DBClusterIdentifier", "prod-orders");
	double v, old, now;

	(void)state;
	assert_true(average(s, &x, NOON - US_PER_HOUR, US_PER_MIN, &v));
	assert_false(average(s, &x, NOON - US_PER_HOUR + US_PER_MIN, US_PER_MIN, &now));
	assert_true(v / 300 > 200 && v / 300 < 6000);
	x = series(s, "VolumeBytesUsed", "DBClusterIdentifier", "prod-orders");
	assert_true(average(s, &x, NOON - 11 * US_PER_DAY, 5 * US_PER_MIN, &old));
	assert_true(average(s, &x, NOON - US_PER_DAY, 5 * US_PER_MIN, &now));
	assert_true((now - old) / 10 > 3.0 * 1073741824 && (now - old) / 10 < 3.2 * 1073741824);
	sim_stop(s);
}

static void retention_needs_longer_periods(void **state)
{
	struct sim *s = fixture_new(NULL, 0);
	struct sim_series x = series(s, "CPUUtilization", "DBInstanceIdentifier", "orders-1");
	double v;

	(void)state;
	assert_false(average(s, &x, NOON - 16 * US_PER_DAY, US_PER_MIN, &v));
	assert_true(average(s, &x, NOON - 16 * US_PER_DAY, 5 * US_PER_MIN, &v));
	assert_false(average(s, &x, NOON - 70 * US_PER_DAY, 5 * US_PER_MIN, &v));
	assert_true(average(s, &x, NOON - 70 * US_PER_DAY, US_PER_HOUR, &v));
	assert_false(average(s, &x, NOON - 460 * US_PER_DAY, US_PER_HOUR, &v));
	assert_false(average(s, &x, NOON - US_PER_HOUR, 90 * US_PER_S, &v));
	sim_stop(s);
}

static void series_that_do_not_exist(void **state)
{
	struct sim *s = fixture_new(NULL, 0);
	struct sim_series x;
	double v;

	(void)state;
	assert_null(series(s, "FreeStorageSpace", "DBClusterIdentifier", "prod-orders").metric);
	assert_null(series(s, "NoSuchMetric", "DBInstanceIdentifier", "orders-1").metric);
	assert_null(series(s, "CPUUtilization", "DBInstanceIdentifier", "Orders-1").metric);
	assert_null(series(s, "CPUUtilization", "DbClusterIdentifier", "prod-orders").metric);
	assert_null(series(s, "VolumeBytesUsed", "DBInstanceIdentifier", "orders-1").metric);
	assert_null(series(s, "ServerlessDatabaseCapacity", "DBInstanceIdentifier", "orders-1").metric);
	assert_null(series(s, "FreeLocalStorage", "DBInstanceIdentifier", "analytics-sls-1").metric);
	assert_non_null(series(s, "CPUUtilization", "DBClusterIdentifier", "prod-orders").metric);
	x = series(s, "CPUUtilization", "DBInstanceIdentifier", "legacy-archive-1");
	assert_false(average(s, &x, NOON - US_PER_HOUR, US_PER_MIN, &v));
	/* Lag belongs to readers, and follows the roles. */
	x = series(s, "AuroraReplicaLag", "DBInstanceIdentifier", "orders-1");
	assert_false(average(s, &x, NOON - US_PER_HOUR, US_PER_MIN, &v));
	x = series(s, "AuroraReplicaLag", "DBInstanceIdentifier", "orders-2");
	assert_true(average(s, &x, NOON - US_PER_HOUR, US_PER_MIN, &v));
	sim_stop(s);
}

static void a_paused_cluster_has_gaps(void **state)
{
	struct sim *s = fixture_new(NULL, 0);
	struct sim_series acu = series(s, "ServerlessDatabaseCapacity", "DBClusterIdentifier", "analytics-sls");
	struct sim_series memory = series(s, "FreeableMemory", "DBInstanceIdentifier", "analytics-sls-1");
	int paused = 0, awake = 0;

	(void)state;
	for (int64_t at = NOON - 5 * US_PER_HOUR; at < NOON - US_PER_HOUR; at += US_PER_MIN) {
		double capacity, bytes;

		assert_true(average(s, &acu, at, US_PER_MIN, &capacity));
		assert_true(capacity >= 0 && capacity <= 16);
		paused += capacity == 0;
		awake += capacity > 0;
		assert_int_equal(average(s, &memory, at, US_PER_MIN, &bytes), capacity > 0);
	}
	assert_true(paused > 60 && awake > 100);
	sim_stop(s);
}

static void the_incident_raises_the_load(void **state)
{
	struct sim *calm = fixture_new(NULL, 0), *s = fixture_new("incident", 0);
	struct sim_series x = series(s, "DBLoad", "DBInstanceIdentifier", "orders-1");
	struct sim_series y = series(calm, "DBLoad", "DBInstanceIdentifier", "orders-1");
	double then, now, other;

	(void)state;
	assert_true(average(s, &x, NOON - 40 * US_PER_MIN, US_PER_MIN, &then));
	assert_true(average(calm, &y, NOON - 40 * US_PER_MIN, US_PER_MIN, &other));
	assert_true(then == other);
	assert_true(average(s, &x, NOON - 3 * US_PER_MIN, US_PER_MIN, &now));
	assert_true(average(calm, &y, NOON - 3 * US_PER_MIN, US_PER_MIN, &other));
	assert_true(now > 2.5 * other);
	sim_stop(calm);
	sim_stop(s);
}

#define SPAN "&StartTime=2026-03-17T11:00:00Z&EndTime=2026-03-17T12:00:00Z"
#define CPU                                                                                            \
	"&Namespace=AWS%2FRDS&MetricName=CPUUtilization&Dimensions.member.1.Name=DBInstanceIdentifier" \
	"&Dimensions.member.1.Value=orders-1"
#define STATISTICS CW("GetMetricStatistics") CPU

static void statistics_calls(void **state)
{
	struct sim *s = fixture_new(NULL, 0);
	char *text = fixture_ok(s, STATISTICS SPAN "&Period=300&ExtendedStatistics.member.1=p50");

	(void)state;
	assert_int_equal(fixture_count(text, "<Timestamp>"), 12);
	assert_int_equal(fixture_count(text, "<key>p50</key>"), 12);
	assert_int_equal(fixture_count(text, "<Average>"), 0);
	xfree(text);
	text = fixture_ok(s, STATISTICS SPAN "&Period=300&Statistics.member.1=Sum&Unit=Bytes");
	assert_int_equal(fixture_count(text, "<Timestamp>"), 0);
	xfree(text);
	fixture_fails(s, STATISTICS SPAN "&Period=90&Statistics.member.1=Sum", "InvalidParameterValue");
	fixture_fails(s, STATISTICS SPAN "&Period=60&Statistics.member.1=Median", "InvalidParameterValue");
	fixture_fails(s, STATISTICS SPAN "&Period=60", "MissingParameter");
	fixture_fails(s, STATISTICS SPAN "&Period=60&Statistics.member.1=Sum&ExtendedStatistics.member.1=p9",
		      "InvalidParameterCombination");
	fixture_fails(s,
		      STATISTICS
		      "&StartTime=2026-03-15T11:00:00Z&EndTime=2026-03-17T12:00:00Z&Period=60&Statistics.member.1=Sum",
		      "InvalidParameterCombination");
	fixture_fails(s,
		      STATISTICS
		      "&StartTime=2026-03-17T12:00:00Z&EndTime=2026-03-17T12:00:00Z&Period=60&Statistics.member.1=Sum",
		      "InvalidParameterValue");
	sim_stop(s);
}

#define Q "&MetricDataQueries.member."
#define QUERY(n, id, stat)                                                                          \
	Q n ".Id=" id Q n ".MetricStat.Metric.Namespace=AWS/RDS" Q n                                \
	    ".MetricStat.Metric.MetricName=CPUUtilization" Q n                                      \
	    ".MetricStat.Metric.Dimensions.member.1.Name=DBInstanceIdentifier" Q n                  \
	    ".MetricStat.Metric.Dimensions.member.1.Value=orders-1" Q n ".MetricStat.Period=60" Q n \
	    ".MetricStat.Stat=" stat

static void data_calls(void **state)
{
	struct sim *s = fixture_new(NULL, 0);
	char *text = fixture_ok(s, CW("GetMetricData") SPAN QUERY("1", "a", "Average")
					   QUERY("2", "b", "Maximum") "&MaxDatapoints=70");

	(void)state;
	assert_int_equal(fixture_count(text, "<Id>"), 2);
	assert_int_equal(fixture_count(text, "<StatusCode>Complete<"), 1);
	assert_int_equal(fixture_count(text, "<StatusCode>PartialData<"), 1);
	assert_int_equal(fixture_count(text, "<member>2026-"), 70);
	assert_non_null(strstr(text, "<NextToken>"));
	xfree(text);
	fixture_fails(s, CW("GetMetricData") SPAN QUERY("1", "A", "Average"), "ValidationError");
	fixture_fails(s, CW("GetMetricData") SPAN QUERY("1", "a", "Average") QUERY("2", "a", "Sum"), "ValidationError");
	fixture_fails(s, CW("GetMetricData") SPAN QUERY("1", "a", "Middle"), "ValidationError");
	fixture_fails(s, CW("GetMetricData") SPAN QUERY("1", "a", "Average") "&NextToken=forged", "InvalidNextToken");
	fixture_fails(s, CW("GetMetricData") SPAN QUERY("1", "a", "Average") Q "1.Expression=1", "ValidationError");
	sim_stop(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_past_does_not_change),
		cmocka_unit_test(statistics_fit_together),
		cmocka_unit_test(the_newest_minutes_are_missing),
		cmocka_unit_test(volume_metrics_come_every_five_minutes),
		cmocka_unit_test(retention_needs_longer_periods),
		cmocka_unit_test(series_that_do_not_exist),
		cmocka_unit_test(a_paused_cluster_has_gaps),
		cmocka_unit_test(the_incident_raises_the_load),
		cmocka_unit_test(statistics_calls),
		cmocka_unit_test(data_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
