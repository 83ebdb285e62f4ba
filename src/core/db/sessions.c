/*
 * sessions.c: from the columns of pg_stat_activity to what people ask.
 *
 * Pure functions over one row or one sample. Ages are differences of the server's own
 * clock and are never negative: the clock is read after the scan, and a session that
 * moved on in between counts as just begun. A value that does not follow is left
 * absent, never guessed.
 */
#include "db/sessions.h"

#define F(m, k, ...) FIELD(struct session, m, k, __VA_ARGS__)
/* clang-format off */
static const struct field session_fields[] = {
	F(pid, K_INT, .title = "PID", .width = 7, .flags = F_KEY, .help = "Process id of the server process."),
	F(user, K_ID, .title = "USER", .width = 10, .flags = F_COMPUTED, .help = "Role that logged in."),
	F(database, K_ID, .title = "DATABASE", .width = 10, .flags = F_COMPUTED, .help = "Database it is connected to."),
	F(node, K_ID, .title = "NODE", .width = 8, .flags = F_KEY | F_COMPUTED, .help = "Instance it is connected to, on Aurora."),
	F(application, K_TEXT, .title = "APP", .width = 10, .help = "application_name as the client set it."),
	F(client, K_TEXT, .title = "CLIENT", .width = 10, .flags = F_SENSITIVE,
	  .help = "Address of the client; local is a Unix socket."),
	F(client_port, K_INT, .title = "PORT", .width = 5, .help = "TCP port of the client."),
	F(state, K_ENUM, .title = "STATE", .width = 8, .flags = F_COMPUTED,
	  .help = "running, waiting (for a lock), idle, idle in transaction, ..."),
	F(wait, K_TEXT, .title = "WAIT", .width = 16, .flags = F_COMPUTED,
	  .help = "What it waits for as type:event; CPU when it is active and waits for nothing."),
	F(wait_us, K_DURATION_US, .title = "WAITED", .width = 7, .flags = F_DESC | F_COMPUTED,
	  .help = "How long it has waited for its lock (PostgreSQL 14)."),
	F(xact_us, K_DURATION_US, .title = "XACT", .width = 7, .flags = F_DESC | F_COMPUTED, .help = "Age of its transaction."),
	F(query_us, K_DURATION_US, .title = "QUERY", .width = 7, .flags = F_DESC | F_COMPUTED,
	  .help = "How long its statement has run; absent when none runs."),
	F(blocked_by, K_INT, .title = "BLOCKED BY", .width = 10, .flags = F_COMPUTED,
	  .help = "Session it waits for (the first of them); 0 is a prepared transaction."),
	F(blockers, K_COUNT, .title = "BLOCKERS", .width = 3, .flags = F_DESC | F_COMPUTED,
	  .help = "How many sessions it waits for directly."),
	F(blocks, K_COUNT, .title = "BLOCKS", .width = 3, .flags = F_DESC | F_COMPUTED,
	  .help = "How many sessions wait behind it, directly or not."),
	F(state_us, K_DURATION_US, .title = "IN STATE", .width = 7, .flags = F_DESC | F_COMPUTED,
	  .help = "Time since its state changed."),
	F(session_us, K_DURATION_US, .title = "SESSION", .width = 7, .flags = F_DESC | F_COMPUTED,
	  .help = "Time since it connected."),
	F(backend_start_at, K_TIME_US, .title = "CONNECTED", .width = 9, .flags = F_KEY, .help = "When it connected."),
	F(xact_start_at, K_TIME_US, .title = "XACT START", .width = 9, .help = "When its transaction began."),
	F(query_start_at, K_TIME_US, .title = "QUERY START", .width = 9,
	  .help = "When its statement, or the last one, began."),
	F(state_change_at, K_TIME_US, .title = "STATE SINCE", .width = 9, .help = "When its state changed."),
	F(leader_pid, K_INT, .title = "LEADER", .width = 7, .help = "Leader of its parallel group (PostgreSQL 13)."),
	F(workers, K_COUNT, .title = "WORKERS", .width = 3, .flags = F_DESC | F_COMPUTED,
	  .help = "Parallel workers that work for it now (PostgreSQL 13)."),
	F(query_id, K_INT, .title = "QUERY ID", .width = 19, .help = "Identifier of the statement (PostgreSQL 14)."),
	F(xmin_age, K_COUNT, .title = "XMIN AGE", .width = 8, .flags = F_DESC,
	  .help = "Transactions since its snapshot; vacuum cannot clean what is younger."),
	F(raw_state, K_ENUM, .title = "RAW STATE", .width = 8, .help = "state as pg_stat_activity has it."),
	F(wait_type, K_ENUM, .title = "WAIT TYPE", .width = 8, .help = "wait_event_type."),
	F(wait_event, K_ENUM, .title = "WAIT EVENT", .width = 12, .help = "wait_event."),
	F(wait_class, K_ENUM, .title = "CLASS", .width = 7, .flags = F_COMPUTED,
	  .help = "Wait class of the load chart: cpu io client ipc lwlock timeout other lock."),
	F(backend_type, K_TEXT, .title = "TYPE", .width = 14, .help = "Kind of server process."),
	F(query, K_SQL, .title = "SQL", .flags = F_SENSITIVE,
	  .help = "The first 1024 characters of its statement, or of the last one."),
};
#undef F
#define F(m, k, ...) FIELD(struct activity, m, k, .flags = F_COMPUTED, __VA_ARGS__)
static const struct field activity_fields[] = {
	F(sampled_at, K_TIME_US, .title = "AT", .help = "When the sample was taken."),
	F(total, K_COUNT, .title = "TOTAL", .help = "Client sessions, the console's own left out but for its jobs."),
	F(running, K_COUNT, .title = "RUNNING", .help = "Clients that run a statement and do not wait for a lock."),
	F(waiting, K_COUNT, .title = "WAITING", .help = "Clients that wait for a lock."),
	F(idle, K_COUNT, .title = "IDLE", .help = "Clients that do nothing."),
	F(idle_in_transaction, K_COUNT, .title = "IDLE/X", .help = "Clients that do nothing inside a transaction, failed ones included."),
	F(blocked, K_COUNT, .title = "BLOCKED", .help = "Sessions of any kind that another one blocks."),
	F(max_connections, K_COUNT, .title = "MAX", .help = "max_connections of the server."),
	F(oldest_xact_us, K_DURATION_US, .title = "OLDEST XACT", .help = "Age of the oldest client transaction."),
	F(oldest_xact_pid, K_INT, .title = "OLDEST PID", .help = "Session of the oldest client transaction."),
	F(longest_wait_us, K_DURATION_US, .title = "LONGEST WAIT", .help = "Longest present wait for a lock (PostgreSQL 14)."),
	F(role, K_ENUM, .title = "ROLE", .help = "writer or reader, as the server itself says."),
	F(instance, K_ID, .title = "INSTANCE", .help = "Name of the Aurora instance, as the server itself says."),
	F(server_version, K_TEXT, .title = "VERSION", .help = "Version of the server."),
	F(database, K_ID, .title = "DATABASE", .help = "Database the console is connected to."),
	F(user, K_ID, .title = "USER", .help = "Role the console is connected as."),
	FIELD(struct activity, client_address, K_TEXT, .title = "ADDRESS", .flags = F_SENSITIVE | F_COMPUTED, .help = "Address at which the server sees the console; of a tunnel or a pooler, theirs."),
	F(login_by, K_TEXT, .title = "LOGIN BY", .help = "By what the console was let in: where the password is from, an IAM token, a secret; never a secret itself."),
	F(via_pooler, K_BOOL, .title = "POOLER", .help = "Whether a pooler stands between console and server."),
	F(via_proxy, K_BOOL, .title = "PROXY", .help = "Whether that is an RDS Proxy."),
	F(sample_us, K_DURATION_US, .title = "COST", .help = "Time this sample took, from question to decoded rows."),
	F(round_trips, K_COUNT, .title = "TRIPS", .help = "Statements this sample took."),
};
#undef F
#define F(m, words) FIELD(struct load, m, K_REAL, .title = words, .width = 6, .flags = F_COMPUTED | F_DESC, \
	.help = "Average active sessions: " #m ".")
static const struct field load_fields[] = {
	FIELD(struct load, sampled_at, K_TIME_US, .title = "AT", .width = 9, .flags = F_KEY | F_COMPUTED, .help = "When the sample was taken."),
	F(cpu, "CPU"),
	F(io, "IO"),
	F(client, "CLIENT"),
	F(ipc, "IPC"),
	F(lwlock, "LWLOCK"),
	F(timeout, "TIMEOUT"),
	F(other, "OTHER"),
	F(lock, "LOCK"),
	F(total, "TOTAL"),
};
#undef F
#define F(m, k, ...) FIELD(struct load_sample, m, k, __VA_ARGS__)
static const struct field load_sample_fields[] = {
	F(sampled_at, K_TIME_US, .title = "AT", .width = 9, .flags = F_COMPUTED, .help = "When the sample was taken."),
	F(sessions, K_COUNT, .title = "SESSIONS", .width = 4, .flags = F_COMPUTED | F_DESC, .help = "Active sessions that are alike in all that follows."),
	F(wait_class, K_ENUM, .title = "CLASS", .width = 7, .flags = F_COMPUTED | F_KEY, .help = "Wait class: cpu io client ipc lwlock timeout other lock."),
	F(wait, K_TEXT, .title = "WAIT", .width = 16, .flags = F_COMPUTED | F_KEY, .help = "What they wait for as type:event; CPU when for nothing."),
	F(query_id, K_INT, .title = "QUERY ID", .width = 19, .flags = F_KEY, .help = "Identifier of the statement (PostgreSQL 14, compute_query_id)."),
	F(user, K_ID, .title = "USER", .width = 10, .flags = F_COMPUTED | F_KEY, .help = "Role that logged in."),
	F(database, K_ID, .title = "DATABASE", .width = 10, .flags = F_COMPUTED | F_KEY, .help = "Database they are connected to."),
	F(application, K_TEXT, .title = "APP", .width = 10, .flags = F_KEY, .help = "application_name as the client set it."),
	F(client, K_TEXT, .title = "CLIENT", .width = 10, .flags = F_SENSITIVE | F_KEY, .help = "Address of the client; local is a Unix socket."),
	F(statement, K_SQL, .title = "SQL", .flags = F_SENSITIVE | F_COMPUTED | F_KEY, .help = "Their statement, values as ?."),
};
#undef F
/* clang-format on */

const struct rec_type session_type = REC_TYPE(struct session, "session", session_fields);
const struct rec_type activity_type = REC_TYPE(struct activity, "activity", activity_fields);
const struct rec_type load_type = REC_TYPE(struct load, "load", load_fields);
const struct rec_type load_sample_type = REC_TYPE(struct load_sample, "load_sample", load_sample_fields);

static bool is_active(const struct session *row)
{
	return HAS(row, struct session, raw_state) && str_eq(row->raw_state, STR("active"));
}

static bool waits_for_lock(const struct session *row)
{
	return is_active(row) && HAS(row, struct session, wait_type) && str_eq(row->wait_type, STR("Lock"));
}

/* Background processes have no backend_type of a client; where the type is hidden, the row is a client's as far as is
 * known. */
static bool is_client(const struct session *row)
{
	return !HAS(row, struct session, backend_type) || str_eq(row->backend_type, STR("client backend"));
}

static int64_t age(int64_t now_us, int64_t since_us)
{
	return now_us > since_us ? now_us - since_us : 0;
}

static void derive_wait(struct session *row, struct arena *a)
{
	if (HAS(row, struct session, wait_type)) {
		struct str event = HAS(row, struct session, wait_event) ? row->wait_event : STR("");

		SET(row, struct session, wait,
		    arena_fmt(a, STR_FMT ":" STR_FMT, STR_ARG(row->wait_type), STR_ARG(event)));
		SET(row, struct session, wait_class, str_c(wait_class_name(wait_class_of(row->wait_type))));
	} else if (is_active(row)) {
		SET(row, struct session, wait, STR("CPU"));
		SET(row, struct session, wait_class, str_c(wait_class_name(WAIT_CPU)));
	}
}

void session_derive(struct session *row, int64_t server_now_us, struct arena *a)
{
	if (waits_for_lock(row))
		SET(row, struct session, state, STR("waiting"));
	else if (is_active(row))
		SET(row, struct session, state, STR("running"));
	else if (HAS(row, struct session, raw_state))
		SET(row, struct session, state, row->raw_state);
	derive_wait(row, a);
	if (HAS(row, struct session, xact_start_at))
		SET(row, struct session, xact_us, age(server_now_us, row->xact_start_at));
	if (HAS(row, struct session, query_start_at) && is_active(row))
		SET(row, struct session, query_us, age(server_now_us, row->query_start_at));
	if (HAS(row, struct session, state_change_at))
		SET(row, struct session, state_us, age(server_now_us, row->state_change_at));
	if (HAS(row, struct session, backend_start_at))
		SET(row, struct session, session_us, age(server_now_us, row->backend_start_at));
}

void session_add_locks(struct session *row, const struct lock_graph *g, int64_t server_now_us)
{
	const struct lock_session *s = lock_graph_find(g, row->pid);

	SET(row, struct session, blocks, s ? s->blocks : 0);
	SET(row, struct session, blockers, 0);
	if (!s || !waits_for_lock(row))
		return;
	if (s->since_us)
		SET(row, struct session, wait_us, age(server_now_us, s->since_us));
	row->blockers = s->blockers;
	if (s->blockers > 0)
		SET(row, struct session, blocked_by, s->blocked_by > 0 ? s->blocked_by : 0);
}

static void count_client(struct activity *out, const struct session *row)
{
	out->total++;
	if (waits_for_lock(row))
		out->waiting++;
	else if (is_active(row))
		out->running++;
	else if (HAS(row, struct session, raw_state) && str_eq(row->raw_state, STR("idle")))
		out->idle++;
	else if (HAS(row, struct session, raw_state) && str_starts(row->raw_state, STR("idle in transaction")))
		out->idle_in_transaction++;
	if (HAS(row, struct session, xact_us) &&
	    (!HAS(out, struct activity, oldest_xact_us) || row->xact_us > out->oldest_xact_us)) {
		SET(out, struct activity, oldest_xact_us, row->xact_us);
		SET(out, struct activity, oldest_xact_pid, row->pid);
	}
}

void activity_count(struct activity *out, const struct session *rows, size_t n, int64_t idle_rest, bool all_visible)
{
	out->total = out->idle = idle_rest;
	for (size_t i = 0; i < n; i++) {
		const struct session *row = &rows[i];

		if (is_client(row))
			count_client(out, row);
		if (HAS(row, struct session, blocked_by))
			out->blocked++;
		if (HAS(row, struct session, wait_us) &&
		    (!HAS(out, struct activity, longest_wait_us) || row->wait_us > out->longest_wait_us))
			SET(out, struct activity, longest_wait_us, row->wait_us);
	}
	out->present |= BIT(struct activity, total);
	if (!all_visible)
		return;
	out->present |= BIT(struct activity, running) | BIT(struct activity, waiting) | BIT(struct activity, idle) |
			BIT(struct activity, idle_in_transaction) | BIT(struct activity, blocked);
}

bool session_is_load(const struct session *row)
{
	return is_active(row) && !(HAS(row, struct session, wait_type) && str_eq(row->wait_type, STR("Activity")));
}

void load_count(struct load *out, const struct session *rows, size_t n)
{
	double *classes[WAIT__COUNT] = {&out->cpu,    &out->io,      &out->client, &out->ipc,
					&out->lwlock, &out->timeout, &out->other,  &out->lock};

	for (size_t i = 0; i < n; i++) {
		const struct session *row = &rows[i];
		struct str type = HAS(row, struct session, wait_type) ? row->wait_type : STR("");

		if (!session_is_load(row))
			continue;
		*classes[wait_class_of(type)] += 1;
		out->total += 1;
	}
	for (size_t i = 0; i < load_type.nfields; i++)
		out->present |= field_bit(&load_fields[i]);
	if (out->sampled_at == 0)
		out->present &= ~BIT(struct load, sampled_at);
}
