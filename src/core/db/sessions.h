/*
 * sessions.h: the records of the sampler, and the pure steps from one sample to them.
 *
 * One scan of pg_stat_activity feeds four public sources: "sessions" (who does what
 * now), "activity" (the same in one row), "load" (active sessions by wait class over
 * the last samples) and "load_samples" (who they are, in the newest sample).
 */
#ifndef DB_SESSIONS_H
#define DB_SESSIONS_H

#include "db/locks.h"
#include "db/probe.h"
#include "model/wait_class.h"

struct session {
	uint64_t present;
	int64_t pid, backend_start_at, leader_pid;
	struct str node, user, database, application, client;
	int64_t client_port;
	struct str state, raw_state, wait_type, wait_event, wait, wait_class;
	int64_t wait_us, xact_us, query_us, state_us, session_us;
	int64_t xact_start_at, query_start_at, state_change_at;
	int64_t blocked_by, blockers, blocks;
	int64_t query_id, xmin_age, workers;
	struct str backend_type, query;
};

struct activity {
	uint64_t present;
	int64_t sampled_at;
	int64_t total, running, waiting, idle, idle_in_transaction, blocked, max_connections;
	int64_t oldest_xact_us, oldest_xact_pid, longest_wait_us;
	struct str role, instance, server_version, database, user, client_address;
	struct str login_by;
	int64_t via_pooler, via_proxy, sample_us, round_trips;
};

struct load {
	uint64_t present;
	int64_t sampled_at;
	double cpu, io, client, ipc, lwlock, timeout, other, lock, total;
};

/* Active sessions of one sample that have everything here in common. */
struct load_sample {
	uint64_t present;
	int64_t sampled_at, sessions;
	struct str wait_class, wait;
	int64_t query_id;
	struct str user, database, application, client, statement;
};

extern const struct rec_type session_type, activity_type, load_type, load_sample_type;

/* Fills what follows from the columns read: state, wait, wait_class, the ages at server_now_us. Texts go to a. */
void session_derive(struct session *row, int64_t server_now_us, struct arena *a);
/* Fills wait_us, blocked_by, blockers, blocks from the graph; only a session that waits now is blocked. */
void session_add_locks(struct session *row, const struct lock_graph *g, int64_t server_now_us);

/*
 * Is it cheaper for the server to look at every backend's transaction and read only the rows of those in one, than to
 * read pg_stat_activity? on: it was found so before (the answer has some inertia). With counts of the sample before.
 */
bool sessions_stage_pays(int64_t sessions, int64_t in_transaction, bool on);

/* Counts sessions into out: rows, and idle sessions that are not among them. Without all_visible only what is certain.
 */
void activity_count(struct activity *out, const struct session *rows, size_t n, int64_t idle_rest, bool all_visible);
/* Is it load? Active sessions are; what waits for work (wait type Activity) is not. */
bool session_is_load(const struct session *row);
/* Counts active sessions by class into out. */
void load_count(struct load *out, const struct session *rows, size_t n);

#endif
