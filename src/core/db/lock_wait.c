/*
 * lock_wait.c: the descriptor of "locks", and what to do about a row in words.
 *
 * The advice follows from what a blocker is doing. A cancelled statement takes its transaction
 * with it, and so its locks; where no statement runs, cancelling has no effect. What is said is
 * what the server does, not which key does it.
 */
#include "db/lock_wait.h"

#include "base/buf.h"

#define ADVICE_MAX 1024

#define F(m, k, ...) FIELD(struct lock_wait, m, k, .flags = F_COMPUTED, __VA_ARGS__)
#define F_FLAGS(m, k, f, ...) FIELD(struct lock_wait, m, k, .flags = F_COMPUTED | (f), __VA_ARGS__)
/* clang-format off */
static const struct field fields[] = {
	F_FLAGS(pid, K_INT, F_KEY, .title = "PID", .width = 7, .help = "Process id of the session; 0 is a prepared transaction."),
	F_FLAGS(backend_start_at, K_TIME_US, F_KEY, .title = "CONNECTED", .width = 9, .help = "When it connected."),
	F_FLAGS(prepared_xid, K_INT, F_KEY, .title = "PREPARED XID", .width = 10, .help = "Transaction id of a prepared transaction."),
	F(depth, K_COUNT, .title = "DEPTH", .width = 3, .help = "Steps from the root of its tree; rows come root first, each before its subtree."),
	F(root, K_INT, .title = "ROOT", .width = 7, .help = "Root of its tree: the session that all of them wait for in the end."),
	F(blocked_by, K_INT, .title = "BLOCKED BY", .width = 10,
	  .help = "First of the sessions that hold what it wants, or, where none does, that asked before it; 0 is a prepared transaction."),
	F_FLAGS(blockers, K_COUNT, F_DESC, .title = "BLOCKERS", .width = 3, .help = "How many such sessions there are."),
	F_FLAGS(ahead, K_COUNT, F_DESC, .title = "AHEAD", .width = 3,
	  .help = "How many asked for the same object before it, in a mode that conflicts (PostgreSQL 14)."),
	F(in_cycle, K_BOOL, .title = "CYCLE", .width = 5, .help = "Whether it waits for itself through others: a deadlock, before the server has noticed."),
	F(guessed, K_BOOL, .title = "GUESSED", .width = 7,
	  .help = "Whether its blockers are a guess, because the server does not tell the order of the queue (before PostgreSQL 14)."),
	F(also_blocked_by, K_TEXT, .title = "ALSO", .width = 10, .help = "Further blockers, at most 8."),
	F_FLAGS(victims, K_COUNT, F_DESC, .title = "VICTIMS", .width = 5, .help = "Sessions that wait behind it, directly or not."),
	F_FLAGS(direct_victims, K_COUNT, F_DESC, .title = "DIRECT", .width = 5, .help = "Sessions that wait for it directly."),
	F_FLAGS(victims_wait_us, K_DURATION_US, F_DESC, .title = "SUMMED", .width = 7, .help = "Sum of the waits of its victims (PostgreSQL 14)."),
	F_FLAGS(wait_us, K_DURATION_US, F_DESC, .title = "WAIT", .width = 7, .help = "How long it has waited for its lock (PostgreSQL 14)."),
	F(wait_start_at, K_TIME_US, .title = "WAITS SINCE", .width = 9, .help = "When its wait began (PostgreSQL 14)."),
	F(state, K_ENUM, .title = "STATE", .width = 10, .help = "waiting (for a lock), running, idle in transaction, idle, prepared, ..."),
	F(lock_type, K_ENUM, .title = "LOCK TYPE", .width = 12, .help = "Kind of the object it waits for, as pg_locks has it."),
	F(object, K_TEXT, .title = "OBJECT", .width = 16, .help = "The object it waits for."),
	F(mode, K_ENUM, .title = "MODE", .width = 16, .help = "Lock mode it wants."),
	F(held_mode, K_ENUM, .title = "HELD MODE", .width = 16,
	  .help = "Mode in which its blocker holds the object; absent when the blocker only asked for it before."),
	F_FLAGS(locks_held, K_COUNT, F_DESC, .title = "HELD", .width = 4, .help = "How many locks it holds."),
	F(holds_mode, K_ENUM, .title = "HOLDS", .width = 16, .help = "Strongest mode among the locks it holds on tables, or on what else it holds."),
	F(holds_objects, K_TEXT, .title = "ON", .width = 16, .help = "The tables, or what else it holds locks on."),
	F(holds, K_TEXT, .title = "LOCKS", .width = 20, .help = "The most telling of the locks it holds, those of indexes left out."),
	F(user, K_ID, .title = "USER", .width = 10, .help = "Role that logged in, or owner of a prepared transaction."),
	F(database, K_ID, .title = "DATABASE", .width = 10, .help = "Its database."),
	F(application, K_TEXT, .title = "APP", .width = 10, .help = "application_name as the client set it."),
	F_FLAGS(client, K_TEXT, F_SENSITIVE, .title = "CLIENT", .width = 10, .help = "Address of the client; local is a Unix socket."),
	F(wait, K_TEXT, .title = "EVENT", .width = 16, .help = "What the server says it waits for, as type:event."),
	F(backend_type, K_TEXT, .title = "TYPE", .width = 14, .help = "Kind of server process."),
	F_FLAGS(xact_us, K_DURATION_US, F_DESC, .title = "XACT", .width = 7, .help = "Age of its transaction."),
	F_FLAGS(query_us, K_DURATION_US, F_DESC, .title = "QUERY", .width = 7, .help = "How long its statement has run; absent when none runs."),
	F_FLAGS(state_us, K_DURATION_US, F_DESC, .title = "IN STATE", .width = 7, .help = "Time since its state changed."),
	F(xact_start_at, K_TIME_US, .title = "XACT START", .width = 9, .help = "When its transaction began."),
	F(xid, K_INT, .title = "XID", .width = 10, .help = "Its transaction id; absent when it has written nothing."),
	F(gid, K_TEXT, .title = "GID", .width = 16, .help = "Name of a prepared transaction."),
	F_FLAGS(prepared_us, K_DURATION_US, F_DESC, .title = "PREPARED", .width = 7, .help = "Time since it was prepared."),
	F(prepared_at, K_TIME_US, .title = "PREPARED AT", .width = 9, .help = "When it was prepared."),
	F(next_step, K_TEXT, .title = "NEXT", .width = 20, .help = "What ends its blocking, in words; only for those that block others."),
	F(query_start_at, K_TIME_US, .title = "QUERY START", .width = 9, .help = "When its statement, or the last one, began."),
	F(query_id, K_INT, .title = "QUERY ID", .width = 19, .help = "Identifier of the statement (PostgreSQL 14)."),
	F_FLAGS(query, K_SQL, F_SENSITIVE, .title = "SQL", .help = "The first 1024 characters of its statement, or of the last one."),
};
/* clang-format on */
#undef F
#undef F_FLAGS

const struct rec_type lock_wait_type = REC_TYPE(struct lock_wait, "lock", fields);

/* Copies one member with its presence from a session. */
#define TAKE(m)                                                    \
	do {                                                       \
		if (HAS(session, struct session, m))               \
			SET(row, struct lock_wait, m, session->m); \
	} while (0)

void lock_wait_add_session(struct lock_wait *row, const struct session *session)
{
	TAKE(backend_start_at);
	TAKE(user);
	TAKE(database);
	TAKE(application);
	TAKE(client);
	TAKE(state);
	TAKE(wait);
	TAKE(backend_type);
	TAKE(xact_us);
	TAKE(query_us);
	TAKE(state_us);
	TAKE(xact_start_at);
	TAKE(query_start_at);
	TAKE(query_id);
	TAKE(query);
	if (HAS(row, struct lock_wait, mode))
		SET(row, struct lock_wait, state, STR("waiting"));
}

/* ---- advice ---- */

/* 'it''s' for a statement that the user may paste. */
static void add_literal(struct buf *out, struct str text)
{
	buf_add_char(out, '\'');
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\'')
			buf_add_char(out, '\'');
		buf_add_char(out, text.ptr[i]);
	}
	buf_add_char(out, '\'');
}

static void advise_prepared(struct buf *out, const struct lock_wait *row)
{
	if (!HAS(row, struct lock_wait, gid)) {
		buf_add_c(out, "COMMIT PREPARED or ROLLBACK PREPARED ends it; pg_prepared_xacts has its name");
		return;
	}
	buf_add_c(out, "ROLLBACK PREPARED ");
	add_literal(out, row->gid);
	if (HAS(row, struct lock_wait, database))
		buf_addf(out, " in database " STR_FMT, STR_ARG(row->database));
	if (HAS(row, struct lock_wait, user))
		buf_addf(out, ", as " STR_FMT " or a superuser", STR_ARG(row->user));
}

static void add_release(struct buf *out, const struct lock_wait *row)
{
	if (HAS(row, struct lock_wait, locks_held))
		buf_addf(out, " and releases %lld lock%s", (long long)row->locks_held, row->locks_held == 1 ? "" : "s");
}

static void advise_root(struct buf *out, const struct lock_wait *row)
{
	long long pid = (long long)row->pid;
	bool client = !HAS(row, struct lock_wait, backend_type) || str_eq_c(row->backend_type, "client backend");

	if (!HAS(row, struct lock_wait, state) && !HAS(row, struct lock_wait, backend_type)) {
		buf_addf(out, "what %lld does is not visible; terminating it ends its locks", pid);
	} else if (str_eq_c(row->backend_type, "autovacuum worker")) {
		buf_addf(out,
			 "autovacuum gives way by itself after deadlock_timeout, unless it prevents wraparound; "
			 "cancelling %lld ends it",
			 pid);
	} else if (!client) {
		buf_addf(out, "%lld is a " STR_FMT "; it goes on by itself", pid, STR_ARG(row->backend_type));
	} else if (str_starts(row->state, STR("idle in transaction"))) {
		buf_addf(out, "terminating %lld rolls back its transaction", pid);
		add_release(out, row);
		buf_add_c(out, "; cancelling has no effect, because nothing is running in it");
	} else if (str_eq_c(row->state, "idle")) {
		buf_addf(out, "terminating %lld ends its session", pid);
		add_release(out, row);
		buf_add_c(out, "; they belong to the session, not to a transaction");
	} else {
		buf_addf(out, "cancelling %lld ends its statement, rolls back its transaction", pid);
		add_release(out, row);
	}
}

void lock_wait_advise(struct lock_wait *row, struct arena *a)
{
	struct buf out;

	if (row->victims <= 0)
		return;
	buf_init(&out, ADVICE_MAX);
	if (row->pid == 0)
		advise_prepared(&out, row);
	else if (row->in_cycle)
		buf_add_c(&out, "they wait for each other; after deadlock_timeout the server cancels one of them");
	else if (HAS(row, struct lock_wait, mode))
		buf_addf(&out, "cancelling %lld lets %lld that wait%s for it go on sooner; the root stays %lld",
			 (long long)row->pid, (long long)row->direct_victims, row->direct_victims == 1 ? "s" : "",
			 (long long)row->root);
	else
		advise_root(&out, row);
	SET(row, struct lock_wait, next_step, arena_str(a, buf_str(&out)));
	buf_release(&out);
}
