/*
 * sim_metrics.c: CloudWatch series as functions of time.
 *
 * No datapoint is stored and no random state exists: a sample is base times a daily wave
 * times a few slower and faster waves whose phases follow from seed, cluster, member and
 * metric. The same question at another time gets the same past, however it was asked.
 * Datapoints follow CloudWatch's rules: periods aligned to their length, the newest
 * minute or two still missing, volume metrics every five minutes, retention by period,
 * exact dimension sets, and gaps (not zeros) while a serverless instance is paused. What
 * Aurora does not emit (FreeStorageSpace) is simply not in the table.
 */
#include "sim/sim_internal.h"

#include <math.h>

#define GIB 1073741824.0
#define MIB 1048576.0
#define TURN 6.283185307179586

enum metric_flags {
	MEMBER = 1 << 0,      /* per instance, and aggregated per cluster and per role */
	WHOLE = 1 << 1,       /* per cluster only */
	READERS = 1 << 2,     /* no series on the writer */
	WRITERS = 1 << 3,     /* no series on readers */
	SERVERLESS = 1 << 4,  /* only there */
	PROVISIONED = 1 << 5, /* not on serverless */
	PAUSED = 1 << 6,      /* arrives as 0 while paused */
	PEAKS = 1 << 7,       /* a peak each night */
	PERCENT = 1 << 8,     /* never above 100 */
	LOAD = 1 << 9,        /* rises when the scenario says so */
	CAPACITY = 1 << 10,   /* the ACU curve */
	VOLUME = 1 << 11,     /* the volume curve */
	STEADY = 1 << 12,     /* the same for every cluster */
	ODD = 1 << 13,        /* no values at all for Aurora, but a valid name */
};

struct sim_metric {
	const char *name, *unit;
	unsigned flags;
	int step; /* seconds between samples */
	double base, day, wave;
};

/* clang-format off */
static const struct sim_metric metrics[] = {
	{"CPUUtilization", "Percent", MEMBER | PAUSED | PERCENT | LOAD, 60, 38, 0.35, 0.25},
	{"FreeableMemory", "Bytes", MEMBER, 60, 21 * GIB, -0.05, 0.04},
	{"SwapUsage", "Bytes", MEMBER | STEADY, 60, 0, 0, 0},
	{"DatabaseConnections", "Count", MEMBER, 60, 330, 0.25, 0.08},
	{"FreeLocalStorage", "Bytes", MEMBER | PROVISIONED, 60, 98 * GIB, -0.04, 0.06},
	{"TempStorageIOPS", "Count/Second", MEMBER | SERVERLESS, 60, 12, 0.3, 0.5},
	{"CommitLatency", "Milliseconds", MEMBER | WRITERS, 60, 2.4, 0.2, 0.3},
	{"CommitThroughput", "Count/Second", MEMBER | WRITERS, 60, 640, 0.5, 0.2},
	{"Deadlocks", "Count/Second", MEMBER | STEADY, 60, 0, 0, 0},
	{"ReadLatency", "Seconds", MEMBER, 60, 0.0011, 0.2, 0.3},
	{"WriteLatency", "Seconds", MEMBER, 60, 0.0021, 0.2, 0.3},
	{"ReadIOPS", "Count/Second", MEMBER | PEAKS, 60, 900, 0.4, 0.3},
	{"WriteIOPS", "Count/Second", MEMBER, 60, 1060, 0.5, 0.3},
	{"ReadThroughput", "Bytes/Second", MEMBER | PEAKS, 60, 14 * MIB, 0.4, 0.3},
	{"WriteThroughput", "Bytes/Second", MEMBER, 60, 9 * MIB, 0.5, 0.3},
	{"DiskQueueDepth", "Count", MEMBER, 60, 1.6, 0.4, 0.5},
	{"NetworkThroughput", "Bytes/Second", MEMBER, 60, 21 * MIB, 0.5, 0.2},
	{"NetworkReceiveThroughput", "Bytes/Second", MEMBER, 60, 6 * MIB, 0.5, 0.2},
	{"NetworkTransmitThroughput", "Bytes/Second", MEMBER, 60, 15 * MIB, 0.5, 0.2},
	{"StorageNetworkThroughput", "Bytes/Second", MEMBER, 60, 24 * MIB, 0.5, 0.2},
	{"StorageNetworkReceiveThroughput", "Bytes/Second", MEMBER, 60, 14 * MIB, 0.5, 0.2},
	{"StorageNetworkTransmitThroughput", "Bytes/Second", MEMBER, 60, 10 * MIB, 0.5, 0.2},
	{"BufferCacheHitRatio", "Percent", MEMBER | PERCENT | STEADY, 60, 99.2, -0.003, 0.003},
	{"MaximumUsedTransactionIDs", "Count", MEMBER | WRITERS, 60, 212e6, 0.01, 0.02},
	{"EngineUptime", "Seconds", MEMBER | STEADY, 60, 0, 0, 0},
	{"AuroraReplicaLag", "Milliseconds", MEMBER | READERS | LOAD, 60, 18, 0.3, 0.4},
	{"AuroraReplicaLagMaximum", "Milliseconds", MEMBER | WRITERS | LOAD, 60, 24, 0.3, 0.4},
	{"AuroraReplicaLagMinimum", "Milliseconds", MEMBER | WRITERS, 60, 12, 0.3, 0.4},
	{"DBLoad", "None", MEMBER | LOAD, 60, 3.1, 0.5, 0.3},
	{"DBLoadCPU", "None", MEMBER | LOAD, 60, 1.9, 0.5, 0.3},
	{"DBLoadNonCPU", "None", MEMBER | LOAD, 60, 1.2, 0.5, 0.3},
	{"ACUUtilization", "Percent", MEMBER | SERVERLESS | PAUSED | CAPACITY | PERCENT, 60, 100.0 / 16, 0, 0},
	{"ServerlessDatabaseCapacity", "Count", MEMBER | SERVERLESS | PAUSED | CAPACITY, 60, 1, 0, 0},
	{"VolumeBytesUsed", "Bytes", WHOLE | VOLUME, 300, 1, 0, 0},
	{"VolumeReadIOPs", "Count", WHOLE | PEAKS, 300, 354000, 0.45, 0.15},
	{"VolumeWriteIOPs", "Count", WHOLE, 300, 318000, 0.5, 0.15},
	{"BackupRetentionPeriodStorageUsed", "Bytes", WHOLE | VOLUME, 300, 0.17, 0, 0},
	{"SnapshotStorageUsed", "Bytes", WHOLE | VOLUME, 300, 0.59, 0, 0},
	{"TotalBackupStorageBilled", "Bytes", WHOLE | VOLUME, 300, 0.75, 0, 0},
	{"FreeStorageSpace", "Bytes", MEMBER | ODD, 60, 0, 0, 0},
};
/* clang-format on */

double sim_volume_bytes(const struct sim *s, const struct sim_cluster *c, int64_t at_us)
{
	double days = (double)(at_us - s->epoch_us) / (double)US_PER_DAY;
	double bytes = c->volume_bytes + days * c->growth_bytes_day;

	return bytes > 10 * GIB ? bytes : 10 * GIB;
}

/* Two hours and a half of every four awake where the cluster may pause, else never below the minimum. */
static double capacity(const struct sim_cluster *c, int64_t at_us)
{
	double cycle = fmod((double)(at_us / US_PER_S) + (double)(c->hash % 9000), 14400);
	double wave, units;

	if (cycle >= 9000)
		return c->min_capacity;
	wave = sin(TURN / 2 * cycle / 9000);
	units = 0.5 + floor(19 * wave * wave) / 2;
	if (units < c->min_capacity)
		return c->min_capacity;
	return units > c->max_capacity ? c->max_capacity : units;
}

static double wave(uint64_t h, int64_t at_us, double period_s)
{
	return sin(TURN * ((double)at_us / 1e6 / period_s + sim_hash_unit(sim_hash(h, (uint64_t)period_s))));
}

/* How far the load has risen: 0 before, 1 from load_over after load_at on. */
static double raised(const struct sim *s, const struct sim_cluster *c, int64_t at_us)
{
	double over = c->load_over_us > 0 ? (double)c->load_over_us : 1;
	double x = (double)(at_us - s->epoch_us - c->load_at_us) / over;

	if (c->load == 1 || x <= 0)
		return 0;
	return x >= 1 ? 1 : x * x * (3 - 2 * x);
}

static double night_peak(const struct sim_cluster *c, int64_t at_us)
{
	double hour = (double)(at_us % US_PER_DAY) / (double)US_PER_HOUR;
	double away = (hour - c->peak_hour) * 3;

	return 2.4 * exp(-away * away);
}

static double special(const struct sim *s, const struct sim_metric *m, const struct sim_cluster *c, int64_t at_us)
{
	if (m->flags & VOLUME)
		return m->base * sim_volume_bytes(s, c, at_us);
	if (m->flags & CAPACITY)
		return m->base * capacity(c, at_us);
	/* EngineUptime: restarts with a failover. */
	return (double)(at_us - (c->failover_us && at_us > c->failover_us ? c->failover_us : s->epoch_us - c->age_us)) /
	       1e6;
}

static double sample(const struct sim *s, const struct sim_metric *m, const struct sim_cluster *c, int member,
		     int64_t at_us)
{
	uint64_t h = sim_hash(sim_hash_str(sim_hash(c->hash, (uint64_t)s->o.seed), m->name), (uint64_t)member + 1);
	double hour = (double)(at_us % US_PER_DAY) / (double)US_PER_HOUR, v = m->base, load;

	if (m->flags & (VOLUME | CAPACITY) || strcmp(m->name, "EngineUptime") == 0)
		return special(s, m, c, at_us);
	if (!(m->flags & STEADY))
		v *= c->metrics_scale;
	if (m->flags & MEMBER && member != sim_cluster_writer(c, at_us) && !(m->flags & (STEADY | READERS)))
		v *= 0.55;
	v *= 1 + m->day * sin(TURN * (hour - 8) / 24);
	v *= 1 + m->wave * (0.5 * wave(h, at_us, 2820) + 0.3 * wave(h, at_us, 797) + 0.2 * wave(h, at_us, 311));
	if (m->flags & PEAKS)
		v *= 1 + night_peak(c, at_us);
	load = m->flags & LOAD ? raised(s, c, at_us) : 0;
	v *= 1 + load * (c->load - 1);
	if (m->flags & PERCENT && v > 97)
		v = 97 + 2.5 * (1 - exp(97 - v));
	return v;
}

bool sim_db_load(const struct sim *s, const struct sim_cluster *c, int member, int64_t at_us, double *ret_load,
		 double *ret_added)
{
	const struct sim_metric *m = &metrics[0];

	while (strcmp(m->name, "DBLoad") != 0)
		m++;
	if (sim_cluster_stopped(c, at_us) || at_us < s->epoch_us - c->age_us ||
	    (c->serverless && capacity(c, at_us) <= 0))
		return false;
	*ret_load = sample(s, m, c, member, at_us);
	*ret_added = *ret_load - *ret_load / (1 + raised(s, c, at_us) * (c->load - 1));
	return true;
}

const char *sim_series_unit(const struct sim_series *series)
{
	return series->metric->unit;
}

static const struct sim_metric *metric_find(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(metrics); i++)
		if (str_eq_c(name, metrics[i].name))
			return &metrics[i];
	return NULL;
}

static struct str dimension(const struct sim_series_key *key, const char *name)
{
	for (size_t i = 0; i < key->ndims; i++)
		if (str_eq_c(key->dims[i].name, name))
			return key->dims[i].value;
	return (struct str){NULL, 0};
}

/* Which series the dimensions name; false = none. CloudWatch compares values exactly. */
static bool find_target(struct sim *s, const struct sim_series_key *key, struct sim_series *series)
{
	struct str instance = dimension(key, "DBInstanceIdentifier"), cluster = dimension(key, "DBClusterIdentifier");
	struct str role = dimension(key, "Role"), old = dimension(key, "DbClusterIdentifier");
	struct str name = instance.ptr ? instance : cluster.ptr ? cluster : old;

	series->member = -1;
	series->role = str_eq_c(role, "WRITER") ? 1 : str_eq_c(role, "READER") ? 2 : 0;
	if (instance.ptr)
		series->cluster = sim_instance_find(s, name, &series->member);
	else
		series->cluster = sim_cluster_find(s, name);
	if (!series->cluster ||
	    !str_eq_c(name, instance.ptr ? series->cluster->members[series->member].id : series->cluster->id))
		return false;
	if (key->ndims == 1)
		return instance.ptr || cluster.ptr;
	if (key->ndims != 2)
		return false;
	return (cluster.ptr && series->role) ||
	       (old.ptr && str_eq_c(dimension(key, "EngineName"), "aurora-postgresql"));
}

void sim_series_find(struct sim *s, const struct sim_series_key *key, struct sim_series *ret_series)
{
	const struct sim_metric *m = metric_find(key->name);
	struct sim_series series = {0};

	*ret_series = series;
	if (!m || !str_eq_c(key->space, "AWS/RDS") || !find_target(s, key, &series))
		return;
	if (key->unit.len > 0 && !str_eq_c(key->unit, m->unit))
		return;
	if (m->flags & ODD || (m->flags & WHOLE && (series.member >= 0 || series.role)))
		return;
	if ((m->flags & SERVERLESS && !series.cluster->serverless) ||
	    (m->flags & PROVISIONED && series.cluster->serverless))
		return;
	series.metric = m;
	*ret_series = series;
}

/* Has this member a sample of the series at this time? */
static bool has_sample(const struct sim *s, const struct sim_series *series, int member, int64_t at_us)
{
	const struct sim_cluster *c = series->cluster;
	unsigned flags = series->metric->flags;
	bool writer = member == sim_cluster_writer(c, at_us);
	int64_t late = (60 + (int64_t)(c->hash % 40)) * US_PER_S;

	if (at_us + series->metric->step * US_PER_S + late > sim_now(s) || at_us < s->epoch_us - c->age_us)
		return false;
	if (flags & WHOLE)
		return true;
	if (sim_cluster_stopped(c, at_us) || (series->role == 1 && !writer) || (series->role == 2 && writer))
		return false;
	if ((flags & READERS && writer) || (flags & WRITERS && !writer))
		return false;
	return !c->serverless || flags & PAUSED || capacity(c, at_us) > 0;
}

static void take(struct sim_point *p, double v, double weight)
{
	double n = p->stat[SIM_STAT_COUNT];

	if (n == 0 || v < p->stat[SIM_STAT_MINIMUM])
		p->stat[SIM_STAT_MINIMUM] = v;
	if (n == 0 || v > p->stat[SIM_STAT_MAXIMUM])
		p->stat[SIM_STAT_MAXIMUM] = v;
	p->stat[SIM_STAT_SUM] += v * weight;
	p->stat[SIM_STAT_COUNT] += weight;
	if (p->nlow < (int)ARRAY_LEN(p->low)) {
		int i = p->nlow++;

		for (; i > 0 && p->low[i - 1] > v; i--)
			p->low[i] = p->low[i - 1];
		p->low[i] = v;
	}
}

static void take_members(const struct sim *s, const struct sim_series *series, int64_t at_us, double weight,
			 struct sim_point *p)
{
	const struct sim_metric *m = series->metric;
	int first = series->member >= 0 ? series->member : 0;
	int end = series->member >= 0 ? series->member + 1 : series->cluster->nmembers;

	if (m->flags & WHOLE)
		end = first + 1;
	for (int i = first; i < end; i++) {
		bool paused = series->cluster->serverless && m->flags & PAUSED && capacity(series->cluster, at_us) <= 0;

		if (has_sample(s, series, i, at_us))
			take(p, paused ? 0 : sample(s, m, series->cluster, i, at_us), weight);
	}
}

/* 60 s points are kept 15 days, 300 s points 63 days, 3600 s points 455 days. */
static bool kept(int64_t age_us, int64_t period_us)
{
	if (age_us > 455 * US_PER_DAY)
		return false;
	if (age_us > 63 * US_PER_DAY)
		return period_us % US_PER_HOUR == 0;
	return age_us <= 15 * US_PER_DAY || period_us % (5 * US_PER_MIN) == 0;
}

bool sim_series_point(const struct sim *s, const struct sim_series *series, int64_t start_us, int64_t period_us,
		      struct sim_point *ret_point)
{
	int64_t step, n, stride;

	*ret_point = (struct sim_point){0};
	if (!series->metric || period_us % US_PER_MIN != 0 || !kept(sim_now(s) - start_us, period_us))
		return false;
	step = series->metric->step * US_PER_S;
	n = period_us / step;
	/* A long period is judged by some 60 of its samples. */
	stride = n > 60 ? n / 60 : 1;
	for (int64_t at = (start_us + step - 1) / step * step; at < start_us + period_us; at += step * stride)
		take_members(s, series, at, (double)stride, ret_point);
	if (ret_point->stat[SIM_STAT_COUNT] <= 0)
		return false;
	ret_point->stat[SIM_STAT_AVERAGE] = ret_point->stat[SIM_STAT_SUM] / ret_point->stat[SIM_STAT_COUNT];
	return true;
}
