/*
 * sim_state.h: what the simulator knows and how it changes; shared by its own files only.
 *
 * One mutex in struct sim guards everything that changes; handlers hold it while they
 * build an answer and never while they wait.
 */
#ifndef SIM_STATE_H
#define SIM_STATE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/parse.h"
#include "base/xalloc.h"
#include "sim/sim.h"

#include <pthread.h>
#include <stdio.h>

#define SIM_MEMBERS_MAX 4
#define SIM_PENDING_MAX 4 /* actions that wait for maintenance, of one cluster */
#define SIM_FAULTS_MAX 64
#define SIM_FAILOVERS_MAX 16 /* of one cluster, remembered for its events */
/* How long a change takes until it can be seen as done. */
#define SIM_TURN_US (10 * US_PER_S)     /* stopping or starting a cluster */
#define SIM_REBOOT_US (8 * US_PER_S)    /* of an instance */
#define SIM_SNAPSHOT_US (12 * US_PER_S) /* making a snapshot */
#define SIM_PATCH_US (14 * US_PER_S)    /* applying maintenance, seen after SIM_PATCH_SEEN_US */
#define SIM_PATCH_SEEN_US (2 * US_PER_S)
#define SIM_APPLY_US (4 * US_PER_S) /* a dynamic parameter */
#define SIM_WINDOW_MAX 24           /* of a backup or maintenance window's text */
#define SIM_ARENA_MAX (64u << 20)

struct sim_request;
struct sim_plan;
struct sim_estate;
struct sim_changes;

struct sim_instance {
	const char *id, *resource_id, *class_name, *az;
	int tier;
};

/* The head of scenarios/healthy.ini says what the members are that a scenario can set. */
struct sim_cluster {
	const char *id, *resource_id, *engine_version, *family, *database, *status;
	const char *group_id;     /* VPC security group */
	const char *subnet_group; /* row of the estate's subnet groups */
	struct sim_instance members[SIM_MEMBERS_MAX];
	int nmembers, writer;
	const char *writer_id; /* at the start; NULL = the first member */
	int64_t age_us;        /* at the start of the simulator */
	int retention_days;
	bool serverless, stopped, fleet;
	bool is_orders; /* the real database stands behind its endpoints */
	double volume_bytes, growth_bytes_day;
	double min_capacity, max_capacity; /* serverless; minimum 0: it pauses */
	int64_t auto_pause_us;
	const char *backup_window, *parameter_group, *team; /* NULL = made up */
	bool deletion_protection, minor_upgrades, iam_authentication, log_exports, insights, enhanced_monitoring;
	bool managed_secret, io_optimized;
	double metrics_scale;             /* 0 = made up */
	int peak_hour;                    /* of the nightly peak, -1 = made up */
	double load;                      /* factor on CPU, load and lag ... */
	int64_t load_at_us, load_over_us; /* ... reached load_over after load_at, which counts from the start */
	int64_t automated_age_us;         /* of the newest automated snapshot at the start; 0 = they are made daily */
	const char *copies_of;            /* snapshot that is copied again and again */
	int64_t failover_us;              /* when the running or last failover began, 0 = none */
	int failover_to;
	struct sim_failover {
		int64_t at_us;
		int from, to;
	} failovers[SIM_FAILOVERS_MAX]; /* the newest, oldest first */
	int nfailovers;
	/* What clients changed. */
	int64_t turned_us;                    /* when it was last stopped or started, 0 = never */
	int64_t rebooted_us[SIM_MEMBERS_MAX]; /* when a member's last reboot began, 0 = never */
	int64_t kept_from_us;                 /* the retention was shorter once: no older backup is left; 0 = never */
	char new_backup_window[SIM_WINDOW_MAX], maintenance_window[SIM_WINDOW_MAX]; /* "" = as at the start */
	int64_t window_moved_us; /* when the backup window was first moved, 0 = never */
	const char *maintenance; /* what is pending, "ACTION DESCRIPTION; ACTION DESCRIPTION"; NULL = nothing */
	/* When the first of them is applied by itself and by force, counted from the start; 0 = never. */
	int64_t maintenance_auto_us, maintenance_forced_us;
	struct sim_opt_in {
		const char *type;     /* "immediate", "next-maintenance", NULL = nobody asked for it */
		int64_t applied_us;   /* with type: when it is applied */
	} opt_ins[SIM_PENDING_MAX];   /* of each */
	int scaling_min, scaling_max; /* replicas; maximum 0 = the cluster is no scalable target */
	double scaling_target;
	const char *scaling_metric;
	uint64_t hash;
};

enum sim_fault_kind {
	SIM_FAULT_LATENCY,
	SIM_FAULT_THROTTLE,
	SIM_FAULT_ERROR500,
	SIM_FAULT_HANG,
	SIM_FAULT_TRUNCATE,
	SIM_FAULT_MALFORMED,
	SIM_FAULT_HTML,
	SIM_FAULT_DENIED,
	SIM_FAULT_EXPIRED,
	SIM_FAULT_SKEW,
	SIM_FAULT_EMPTY,
	SIM_FAULT__COUNT
};

struct sim_fault_row {
	char service[32], operation[64];
	enum sim_fault_kind kind;
	int64_t us;
	int64_t count;
	int64_t from_us, until_us; /* state clock; until 0 = for ever */
};

/* What the faults do to one request. */
struct sim_plan {
	int64_t delay_us, skew_us;
	enum sim_fault_kind kind; /* SIM_FAULT__COUNT = none */
	int64_t left_us;          /* of kind: how much longer it lasts, 0 = until it is cleared */
};

struct sim_log_row {
	char *json;
	char service[32], operation[64];
};

struct sim_secret {
	char name[128];           /* "" = that of the managed master user */
	char *current, *previous; /* SecretString; previous may be NULL */
	unsigned version;
};

struct MHD_Daemon;
struct sim_logs;
struct sim_identities;

struct sim {
	pthread_mutex_t lock;
	pthread_cond_t changed; /* faults cleared, or stopping */
	struct arena *arena;    /* strings and clusters */
	struct sim_options o;
	struct MHD_Daemon *daemon;
	uint16_t port;
	bool stopping;
	uint64_t clears; /* how often faults were cleared; ends hangs */
	int64_t (*now)(void *ctx);
	void *now_ctx;
	int64_t offset_us, epoch_us;     /* epoch: state clock at start */
	const struct sim_estate *estate; /* what the scenario says */
	struct sim_changes *changes;     /* what clients made and removed since */
	struct sim_cluster *clusters;    /* its clusters and the fleet, by identifier */
	size_t nclusters;
	size_t failovers_done; /* of the estate's, which are in the order of time */
	struct sim_fault_row faults[SIM_FAULTS_MAX];
	size_t nfaults;
	struct sim_identities *identities; /* keys that were given out */
	FILE *requests;                    /* that every request is added to, or NULL */
	struct sim_log_row log[SIM_REQUESTS_MAX];
	size_t log_first, log_n;
	struct sim_secret secrets[SIM_SECRETS_MAX];
	size_t nsecrets;
	struct sim_logs *logs; /* what was read of the log files; NULL = nobody asked yet */
	uint64_t next_id;
};

/* A simulator without a server; ended by sim_stop(). */
bool sim_new(const struct sim_options *options, struct sim **ret_sim, struct err *err) MUST_CHECK;
void sim_state_build(struct sim *s);
void sim_secrets_free(struct sim *s);
/* Does what the scenario had planned until now; the lock is held. */
void sim_state_advance(struct sim *s);
/* The failover that begins at at_us; target "" = the first reader. The lock is held. */
bool sim_state_failover(struct sim_cluster *c, struct str target, int64_t at_us, struct err *err);
/* Clock of the state; the lock is held. */
int64_t sim_now(const struct sim *s);
/* Clock that signatures are checked against; the lock is held. */
int64_t sim_auth_now(const struct sim *s);
/* By name or ARN, ignoring case; NULL = none. */
struct sim_cluster *sim_cluster_find(struct sim *s, struct str id);
struct sim_cluster *sim_instance_find(struct sim *s, struct str id, int *ret_member);
int sim_cluster_writer(const struct sim_cluster *c, int64_t now_us);
const char *sim_cluster_status(const struct sim_cluster *c, int64_t now_us);
const char *sim_instance_status(const struct sim_cluster *c, int member, int64_t now_us);
/* Is it stopped at a time? While it stops it still runs; while it starts it does not yet. */
bool sim_cluster_stopped(const struct sim_cluster *c, int64_t at_us);
/* The i-th action that the scenario lets wait for maintenance, and whether it still does at a time. False: there are
 * no more. */
bool sim_cluster_pending(const struct sim_cluster *c, size_t i, int64_t now_us, struct str *ret_action,
			 struct str *ret_description, bool *ret_waits);
/* When a member last restarted, however that came about; 0 = not since the start. */
int64_t sim_member_restarted(const struct sim_cluster *c, int member, int64_t now_us);
/* "06:30-07:00" and "tue:03:00-tue:03:30", as they are set now. */
void sim_cluster_backup_window(const struct sim_cluster *c, char ret_text[SIM_WINDOW_MAX]);
const char *sim_cluster_maintenance_window(const struct sim_cluster *c);
/* "aws", "aws-cn", "aws-us-gov" */
const char *sim_partition(const struct sim *s);
/* Mixes v into h; equal input gives equal output on every machine. */
uint64_t sim_hash(uint64_t h, uint64_t v);
uint64_t sim_hash_str(uint64_t h, const char *s);
/* 0 <= result < 1 */
double sim_hash_unit(uint64_t h);

/* sim_metrics.c */
enum sim_stat { SIM_STAT_AVERAGE, SIM_STAT_SUM, SIM_STAT_MINIMUM, SIM_STAT_MAXIMUM, SIM_STAT_COUNT, SIM_STAT__COUNT };
struct sim_series {
	const struct sim_metric *metric; /* NULL = no such series: never a datapoint */
	const struct sim_cluster *cluster;
	int member; /* -1 = all members */
	int role;   /* 0 all, 1 writer, 2 readers */
};
struct sim_point {
	double stat[SIM_STAT__COUNT];
	double low[60]; /* up to 60 samples in ascending order, for percentiles */
	int nlow;
};
struct sim_series_key {
	struct str space, name, unit;
	struct sim_dimension {
		struct str name, value;
	} dims[30];
	size_t ndims;
};
void sim_series_find(struct sim *s, const struct sim_series_key *key, struct sim_series *ret_series);
const char *sim_series_unit(const struct sim_series *series);
/* The datapoint of [start, start + period); false = none. */
bool sim_series_point(const struct sim *s, const struct sim_series *series, int64_t start_us, int64_t period_us,
		      struct sim_point *ret_point);
/* The metric DBLoad of a member at a time, and how much of it is the scenario's trouble. False: it does not run then.
 */
bool sim_db_load(const struct sim *s, const struct sim_cluster *c, int member, int64_t at_us, double *ret_load,
		 double *ret_added);
/* Volume of a cluster at a time. */
double sim_volume_bytes(const struct sim *s, const struct sim_cluster *c, int64_t at_us);

#endif
