/*
 * sim_internal.h: what the simulator's files share; nobody else includes it.
 *
 * One mutex in struct sim guards everything that changes; handlers hold it while they
 * build an answer and never while they wait. What an operation allocates lives in the
 * request's arena.
 */
#ifndef SIM_INTERNAL_H
#define SIM_INTERNAL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/parse.h"
#include "base/xalloc.h"
#include "sim/sim.h"

#include <pthread.h>

#define SIM_MEMBERS_MAX 4
#define SIM_FAULTS_MAX 64
#define SIM_PARAMS_MAX 20000
#define SIM_FILTERS_MAX 10
#define SIM_VALUES_MAX 200 /* values of one filter, items of one id list */
#define SIM_ANSWER_MAX (16u << 20)
#define SIM_ARENA_MAX (64u << 20)

/* ---- state (sim_state.c) */

struct sim_instance {
	const char *id, *resource_id, *class_name, *az;
	int tier;
};

struct sim_cluster {
	const char *id, *resource_id, *engine_version, *family, *database, *status;
	const char *group_id;     /* VPC security group */
	const char *subnet_group; /* row of sim_subnet_groups */
	struct sim_instance members[SIM_MEMBERS_MAX];
	int nmembers, writer;
	int64_t age_us; /* at the start of the simulator */
	int retention_days;
	bool serverless, stopped, is_orders;
	double volume_bytes, growth_bytes_day;
	int64_t failover_us; /* when the running or last failover began, 0 = none */
	int failover_to;
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
};

/* What the faults do to one request. */
struct sim_plan {
	int64_t delay_us, skew_us;
	enum sim_fault_kind kind; /* SIM_FAULT__COUNT = none */
};

struct sim_log_row {
	char *json;
	char service[32], operation[64];
};

struct MHD_Daemon;

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
	int64_t offset_us, epoch_us; /* epoch: state clock at start */
	struct sim_cluster *clusters;
	size_t nclusters;
	struct sim_fault_row faults[SIM_FAULTS_MAX];
	size_t nfaults;
	struct sim_log_row log[SIM_REQUESTS_MAX];
	size_t log_first, log_n;
	uint64_t next_id;
};

void sim_state_build(struct sim *s);
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
/* "aws", "aws-cn", "aws-us-gov" */
const char *sim_partition(const struct sim *s);
/* Mixes v into h; equal input gives equal output on every machine. */
uint64_t sim_hash(uint64_t h, uint64_t v);
uint64_t sim_hash_str(uint64_t h, const char *s);
/* 0 <= result < 1 */
double sim_hash_unit(uint64_t h);

/* ---- one request (sim_service.c) */

struct sim_header {
	struct str name, value;
};

struct sim_http {
	struct str method, path, query, body;
	const struct sim_header *headers;
	size_t nheaders;
};

struct sim_param {
	struct str name, value;
};

struct sim_request {
	struct sim *sim;
	struct arena *arena;
	const struct sim_http *http;
	char service[32]; /* "rds", "ec2", "monitoring" or what the scope names */
	struct str operation;
	bool json; /* JSON 1.0 instead of query */
	struct sim_param *params;
	size_t nparams;
	int64_t now_us;
	char id[40]; /* request id */
	int status;
	const char *code; /* of the error, NULL = none */
	struct str message;
	struct buf body;
	const char *content_type;
	struct sim_plan plan;
};

struct sim_operation {
	const char *service, *name;
	const char *params;   /* patterns separated by blanks, "N" as a part stands for a number */
	const char *required; /* the same */
	bool (*run)(struct sim_request *r, struct buf *out);
};

extern const struct sim_operation sim_rds_operations[], sim_ec2_operations[], sim_cw_operations[];
extern const size_t sim_rds_noperations, sim_ec2_noperations, sim_cw_noperations;

/* Answers r->http into r->status, body, content_type; logs it. */
void sim_serve(struct sim_request *r);
/* Remembers an error and returns false. */
bool sim_fail(struct sim_request *r, int status, const char *code, const char *fmt, ...) PRINTF_LIKE(4, 5);
struct str sim_header(const struct sim_http *h, const char *name);

/* ---- parts */

/* sim_sigv4.c: false = refused, r has the error; fills r->service as soon as it is known. */
bool sim_sigv4_verify(struct sim_request *r, int64_t now_us);

/* sim_params.c */
bool sim_form_parse(struct arena *a, struct str text, struct sim_param **ret_params, size_t *ret_n);
bool sim_json_parse(struct sim_request *r);
bool sim_params_check(struct sim_request *r, const struct sim_operation *op);
/* ptr NULL = absent */
struct str sim_param(const struct sim_request *r, const char *name);
bool sim_param_int(struct sim_request *r, const char *name, int64_t def, int64_t *ret_value);
bool sim_param_bool(struct sim_request *r, const char *name, bool *ret_value);
/* ISO 8601, or epoch seconds in JSON */
bool sim_param_time(struct sim_request *r, const char *name, int64_t *ret_us);
/* PREFIX.1, PREFIX.2, ... */
size_t sim_param_list(const struct sim_request *r, const char *prefix, struct str *ret_values, size_t max);

struct sim_filter {
	struct str name;
	struct str values[SIM_VALUES_MAX];
	size_t n;
};
struct sim_filters {
	struct sim_filter *rows;
	size_t n;
	bool wild; /* EC2: * and ? in values */
};
/* item "Filters.Filter" and values "Values.Value" for RDS, "Filter" and "Value" for EC2. known = names separated by blanks. */
bool sim_filters(struct sim_request *r, const char *item, const char *values, const char *known,
		 struct sim_filters *ret_filters);
/* True when no filter is named name, or one of its values matches (EC2: * and ? are wild). */
bool sim_filter_ok(const struct sim_filters *f, const char *name, const char *value);

struct sim_page {
	size_t first, end;
	char token[64]; /* of the next page, "" = last */
};
/* RDS: Marker and MaxRecords. */
bool sim_page_rds(struct sim_request *r, size_t total, struct sim_page *ret_page);
/* EC2: NextToken and MaxResults between lo and hi. */
bool sim_page_ec2(struct sim_request *r, size_t total, int64_t lo, int64_t hi, struct sim_page *ret_page);
/* An opaque token for position, and back; kind keeps tokens of different calls apart. */
void sim_token(const struct sim_request *r, uint64_t position, char *ret_token, size_t len);
bool sim_token_parse(const struct sim_request *r, struct str token, uint64_t *ret_position);

/* sim_xml.c */
void sim_xml_open(struct buf *b, const char *tag);
void sim_xml_close(struct buf *b, const char *tag);
void sim_xml_str(struct buf *b, const char *tag, const char *text);
void sim_xml_slice(struct buf *b, const char *tag, struct str text);
void sim_xml_int(struct buf *b, const char *tag, int64_t value);
void sim_xml_f64(struct buf *b, const char *tag, double value);
void sim_xml_bool(struct buf *b, const char *tag, bool value);
/* With milliseconds, as RDS writes them. */
void sim_xml_time(struct buf *b, const char *tag, int64_t us);
void sim_xml_fmt(struct buf *b, const char *tag, const char *fmt, ...) PRINTF_LIKE(3, 4);
void sim_json_str(struct buf *b, struct str text);

/* sim_snapshots.c: snapshots of all clusters at r->now_us. */
struct sim_snapshot {
	const struct sim_cluster *cluster;
	const char *id, *source_id; /* source_id: of a copy, else NULL */
	int64_t created_us;
	bool automated;
	int percent;
	const char *engine_version;
	double volume_bytes;
};
size_t sim_snapshots(struct sim_request *r, const struct sim_cluster *c, struct sim_snapshot **ret_rows);

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
	struct sim_param dims[30];
	size_t ndims;
};
void sim_series_find(struct sim *s, const struct sim_series_key *key, struct sim_series *ret_series);
const char *sim_series_unit(const struct sim_series *series);
/* The datapoint of [start, start + period); false = none. */
bool sim_series_point(const struct sim *s, const struct sim_series *series, int64_t start_us, int64_t period_us,
		      struct sim_point *ret_point);
/* Volume of a cluster at a time. */
double sim_volume_bytes(const struct sim *s, const struct sim_cluster *c, int64_t at_us);

/* sim_fault.c; the lock is held */
bool sim_fault_add(struct sim *s, struct str form, struct err *err);
void sim_fault_plan(struct sim *s, const char *service, struct str operation, struct sim_plan *ret_plan);
/* Errors that faults stand for; false when one was set on r. */
bool sim_fault_refuse(struct sim_request *r);
/* Spoils the finished body. */
void sim_fault_spoil(struct sim_request *r);

/* sim_log.c; the lock is held */
void sim_log_add(struct sim *s, const struct sim_request *r);
void sim_log_clear(struct sim *s);
void sim_log_json(const struct sim *s, struct buf *out);

/* sim_admin.c: answers /_sim/...; takes the lock itself. Returns the HTTP status. */
int sim_admin(struct sim *s, const struct sim_http *h, struct buf *out);

/* sim_http.c */
bool sim_http_start(struct sim *s, struct err *err);
void sim_http_stop(struct sim *s);

#endif
