/*
 * sim.h: a simulated AWS endpoint on loopback, for tests, benches and the demo.
 *
 * One server answers RDS (query), EC2 (ec2 query), CloudWatch (query and JSON 1.0), CloudWatch Logs, Performance
 * Insights, KMS, Secrets Manager and Application Auto Scaling (JSON 1.1) and STS (query) at POST /; the service is the
 * one named in the SigV4 credential scope. Beside them stand instance metadata, a container's credentials endpoint
 * (/container/credentials), SSO and SSO OIDC, at their own paths.
 * Signatures are verified, parameters the operation does not know are refused, and the state moves with time: a
 * snapshot copy progresses, LatestRestorableTime follows the clock, metrics accrue, a failover swaps the writer.
 * Clients may change it: snapshots, clusters, cluster parameters, tags, pending maintenance and ingress rules, with
 * what they take of time. The database is not simulated: it goes on when its cluster is stopped or fails over.
 *
 * Plain HTTP administration on the same port, unsigned, loopback only; bodies are forms:
 *   POST /_sim/fault     service= operation= kind= ms= count=   (see sim_fault)
 *   POST /_sim/clear     removes all faults, those of the scenario too; ends hanging requests
 *   POST /_sim/failover  cluster= [target=]
 *   POST /_sim/secret    [name=] value=  (see sim_set_secret)
 *   POST /_sim/time      offset=SECONDS  the state's clock relative to the real one
 *   POST /_sim/keys      life=SECONDS of keys given out from now on; end=1: all given out until now are expired;
 *                        v1=1: instance metadata without tokens; role=none: the instance has no role
 *   POST /_sim/signon    answer=allow|deny|slow|expire: what the person at the sign-on page does; forget=1: its token
 *                        is not accepted any more
 *   POST /_sim/forget    empties the request log
 *   GET  /_sim/requests  JSON list of {service, operation, protocol, params, status, error, at}
 *
 * All functions may be called from any thread while the server runs.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "base/buf.h"
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define SIM_ACCOUNT "111122223333"
#define SIM_REGION "eu-west-1"
#define SIM_ACCESS_KEY "AKIASIMULATED0000001"
#define SIM_SECRET_KEY "simulated/secret+key/of/no/account/0001"
/* What those who ask for other keys must know. */
#define SIM_EXTERNAL_ID "seven"
#define SIM_MFA_CODE "123456"
#define SIM_WEB_TOKEN "web-identity-token-of-the-simulator"
#define SIM_CONTAINER_TOKEN "container-token-of-the-simulator"
#define SIM_SSO_TOKEN "sso-token-of-the-simulator"
#define SIM_SSO_REFRESH "sso-refresh-token-of-the-simulator"
#define SIM_USER_CODE "SIMU-LATE"
#define SIM_EXTRA_CLUSTERS_MAX 2000
#define SIM_REQUESTS_MAX 5000 /* newest requests kept in the log */
#define SIM_BODY_MAX (1u << 20)
#define SIM_SECRETS_MAX 4
#define SIM_SECRET_VALUE_MAX (64u << 10)
#define SIM_LOG_FILES_MAX 4

/* A real PostgreSQL server's log, stderr format with Aurora's prefix; read again whenever somebody asks. */
struct sim_log_file {
	const char *path;     /* NULL = none */
	const char *instance; /* of prod-orders, whose log it is; NULL = whoever writes at the time */
};

struct sim_options {
	uint16_t port;             /* 0 = any free one */
	const char *access_key;    /* NULL = SIM_ACCESS_KEY */
	const char *secret_key;    /* NULL = SIM_SECRET_KEY */
	const char *session_token; /* NULL = requests must not carry one */
	const char *region;        /* NULL = SIM_REGION; the only one whose scope is accepted */
	int extra_clusters;        /* fleet-0001 ... beside the scenario's own; 0 = as many as the scenario says */
	const char *db_host;       /* Address of the endpoints with a database behind; NULL = realistic names */
	uint16_t db_port;          /* and their port; 0 = 5432 */
	uint16_t reader_port;      /* of the second instance among them; 0 = db_port */
	const char *domain;        /* endpoints end in ".c9akci.REGION.DOMAIN"; NULL = rds.amazonaws.com */
	int64_t seed;              /* of the metric curves and the fleet */
	const char *scenario;      /* name or file, see sim_scenario.h; NULL = healthy */
	const char *requests;      /* file that every request is added to, one JSON object a line; NULL = none */
	const char *tls_cert;      /* PEM text; NULL = plain HTTP */
	const char *tls_key;       /* PEM text */
	struct sim_log_file logs[SIM_LOG_FILES_MAX];
};

struct sim;

/* Listens on 127.0.0.1 when it returns; strings are copied. The caller stops it. */
bool sim_start(const struct sim_options *options, struct sim **ret_sim, struct err *err) MUST_CHECK;
/* The cluster of a scenario that a real database stands behind. */
struct sim_behind {
	char cluster[64], engine_version[32];
	char instances[4 * 65]; /* writer first, separated by blanks */
};
/* Reads a scenario without starting anything. The same errors as sim_start() gives, and ERR_USAGE when it has no such
 * cluster. */
bool sim_scenario_behind(const char *scenario, struct sim_behind *ret_behind, struct err *err) MUST_CHECK;
/* Appends the compiled-in names, separated by ", ". */
void sim_scenario_names(struct buf *out);
/* Ends every connection and frees; accepts NULL. */
void sim_stop(struct sim *s);
uint16_t sim_port(const struct sim *s);
/* Wall clock of the state and of the signature check, in microseconds; NULL = clock_wall_us(). */
void sim_set_now(struct sim *s, int64_t (*now)(void *ctx), void *ctx);
/* Moves the state's clock (not the signature check's) by offset from the real one. */
void sim_set_offset(struct sim *s, int64_t offset_us);

/*
 * Adds a fault, described as the form that POST /_sim/fault takes:
 *   service    rds, ec2, monitoring, logs; absent or * = all
 *   operation  DescribeDBClusters, ...; absent or * = all
 *   kind       latency throttle error500 hang truncate malformed html denied expired skew empty
 *   ms         of latency; of skew: how far AWS's clock is ahead
 *   count      how many requests it hits; absent or -1 = until cleared
 */
bool sim_fault(struct sim *s, const char *form, struct err *err) MUST_CHECK;
void sim_clear(struct sim *s);
/* Starts a failover; target "" or NULL = the first reader. */
bool sim_failover(struct sim *s, const char *cluster, const char *target, struct err *err) MUST_CHECK;
/*
 * The value of a parameter that is in effect in a cluster, "" = unset. False: there is no such cluster or parameter, or
 * the value waits for a reboot of the writer.
 */
bool sim_parameter(struct sim *s, const char *cluster, const char *name, char *ret_value, size_t size);
/* What GetSecretValue says of a secret from now on; again = it was rotated. name "" = that of the managed master user.
 */
bool sim_set_secret(struct sim *s, const char *name, const char *value, struct err *err) MUST_CHECK;
/* Logged requests of service and operation; NULL = any. */
size_t sim_requests(struct sim *s, const char *service, const char *operation);

#endif
