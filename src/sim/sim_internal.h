/*
 * sim_internal.h: one request on its way through the simulator; shared by its own files only.
 *
 * What an operation allocates lives in the request's arena.
 */
#ifndef SIM_INTERNAL_H
#define SIM_INTERNAL_H

#include "sim/sim_state.h"

#define SIM_PARAMS_MAX 20000
#define SIM_FILTERS_MAX 10
#define SIM_VALUES_MAX 200 /* values of one filter, items of one id list */
#define SIM_ANSWER_MAX (16u << 20)

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
	bool json; /* JSON instead of query */
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
	const struct sim_rest *rest;     /* neither signed nor sent to "/": sim_identity.h; or NULL */
	const struct sim_issued *caller; /* whose keys signed it, NULL = the account's own */
};

struct sim_operation {
	const char *service, *name;
	const char *params;   /* patterns separated by blanks, "N" as a part stands for a number */
	const char *required; /* the same */
	bool (*run)(struct sim_request *r, struct buf *out);
};

/* sim_posture.c: the secret of the managed master user; sim_secrets.c: what secrets hold. */
const char *sim_secret_arn(struct sim_request *r);
bool sim_has_managed_secret(const struct sim *s);
bool sim_get_secret_value(struct sim_request *r, struct buf *out);

extern const struct sim_operation sim_rds_operations[], sim_ec2_operations[], sim_cw_operations[];
extern const struct sim_operation sim_logs_operations[], sim_pi_operations[];
extern const struct sim_operation sim_kms_operations[], sim_secrets_operations[], sim_scaling_operations[];
extern const struct sim_operation sim_sts_operations[];
extern const size_t sim_sts_noperations;
extern const size_t sim_kms_noperations, sim_secrets_noperations, sim_scaling_noperations;
extern const size_t sim_pi_noperations;
extern const size_t sim_rds_noperations, sim_ec2_noperations, sim_cw_noperations, sim_logs_noperations;

/* Reads the request and what faults await it; r has sim, arena and http. Takes the lock. */
void sim_prepare(struct sim_request *r);
/* Answers r->http into r->status, body, content_type; logs it. Takes the lock. */
void sim_serve(struct sim_request *r);
/* The part of it behind the signature: checks and runs the operation; the lock is held, r->now_us set. */
bool sim_execute(struct sim_request *r, struct buf *result);
/* Remembers an error and returns false. */
bool sim_fail(struct sim_request *r, int status, const char *code, const char *fmt, ...) PRINTF_LIKE(4, 5);
struct str sim_header(const struct sim_http *h, const char *name);
/* Is there such an operation of such a service? "" and "*" stand for any. */
bool sim_service_has(const char *service, const char *operation);

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
/* item "Filters.Filter" and values "Values.Value" for RDS, "Filter" and "Value" for EC2. known = names separated by
 * blanks. */
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
/* By other names: parameters, error code for a bad token, default and limits of the size. */
struct sim_paging {
	const char *size, *token, *bad_token;
	int64_t def, lo, hi;
};
bool sim_page_named(struct sim_request *r, const struct sim_paging *how, size_t total, struct sim_page *ret_page);
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
	bool automated, made; /* made: by a client */
	int percent;
	const char *engine_version;
	double volume_bytes;
};
size_t sim_snapshots(struct sim_request *r, const struct sim_cluster *c, struct sim_snapshot **ret_rows);

/* sim_load.c: who makes a member's load; statements and waits are two fixed lists. */
#define SIM_STATEMENTS 9
#define SIM_WAITS 8
struct sim_statement {
	const char *tokenized, *raw; /* without and with values */
	const char *user, *application, *host;
};
struct sim_wait {
	const char *type, *event;
};
extern const struct sim_statement sim_statements[SIM_STATEMENTS];
extern const struct sim_wait sim_waits[SIM_WAITS];
/* Average active sessions of [start, start + period) by statement and wait; false: nothing is known of that time. */
bool sim_load(const struct sim *s, const struct sim_cluster *c, int member, int64_t start_us, int64_t period_us,
	      double (*ret_load)[SIM_WAITS]);

/* sim_alarms.c */
bool sim_cw_describe_alarms(struct sim_request *r, struct buf *out);

/* sim_fault.c; the lock is held */
bool sim_fault_add(struct sim *s, struct str form, struct err *err);
/* One field of a fault, as the form names it. */
bool sim_fault_set(struct sim_fault_row *f, struct str name, struct str value, struct err *err);
/* Puts the scenario's faults in place of all others, counted from the state's epoch. */
void sim_fault_plan_scenario(struct sim *s);
void sim_fault_plan(struct sim *s, const char *service, struct str operation, struct sim_plan *ret_plan);
/* Errors that faults stand for; false when one was set on r. */
bool sim_fault_refuse(struct sim_request *r);
/* Spoils the finished body. */
void sim_fault_spoil(struct sim_request *r);

/* sim_log.c; the lock is held */
void sim_log_add(struct sim *s, const struct sim_request *r);
void sim_log_clear(struct sim *s);
void sim_log_json(const struct sim *s, struct buf *out);

/* sim_pglog.c: the events of the log files, in the order they were read. */
struct sim_log_event {
	uint64_t seq;
	int64_t at_ms, read_ms;
	int member; /* of prod-orders */
	char *text;
	size_t len;
};
/* Reads what is new in the files; the lock is held. Never NULL. */
const struct sim_logs *sim_logs_read(struct sim *s);
size_t sim_logs_count(const struct sim_logs *l);
const struct sim_log_event *sim_logs_at(const struct sim_logs *l, size_t i);
void sim_logs_free(struct sim_logs *l);

/* sim_admin.c: answers /_sim/...; takes the lock itself. Returns the HTTP status. */
int sim_admin(struct sim *s, const struct sim_http *h, struct buf *out);

/* sim_http.c */
bool sim_http_start(struct sim *s, struct err *err);
void sim_http_stop(struct sim *s);

#endif
