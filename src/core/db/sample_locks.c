/*
 * sample_locks.c: who blocks whom, in one sample.
 *
 * The lock table is read only when a session waits for a lock, and not again while the
 * very same sessions wait for the very same statements: then the same ones block them,
 * as a rule, and the graph is only so old (LOCKS_REST_US). A read that was slow is not
 * repeated for as long, whatever happens.
 */
#include "db/sample.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "codec/codec_sql.h"

#define LOCKS_SLOW_US (50 * US_PER_MS)
#define LOCKS_REST_US (5 * US_PER_S)

/* The columns of locks.sql. */
struct lock_rec {
	uint64_t present;
	int64_t pid, granted, waitstart;
	struct str mode, tag;
};
static const struct field lock_fields[] = {
	FIELD(struct lock_rec, pid, K_INT, .title = "PID", .help = "holder or waiter"),
	FIELD(struct lock_rec, granted, K_BOOL, .title = "GRANTED", .help = "held"),
	FIELD(struct lock_rec, waitstart, K_TIME_US, .title = "WAITSTART", .help = "start of the wait"),
	FIELD(struct lock_rec, mode, K_ENUM, .title = "MODE", .help = "lock mode"),
	FIELD(struct lock_rec, tag, K_TEXT, .title = "TAG", .help = "object"),
};
static const struct rec_type lock_type = REC_TYPE(struct lock_rec, "lock", lock_fields);

/* Only members of parallel groups have a leader; there are few. */
static int64_t group_of(const struct session *const *members, size_t n, int64_t pid)
{
	for (size_t i = 0; i < n; i++)
		if (members[i]->pid == pid)
			return members[i]->leader_pid;
	return pid;
}

static bool build_graph(struct sample *s, const struct snapshot *locks, struct lock_graph *ret_graph, struct err *err)
{
	struct lock_row *rows = xcalloc(locks->nrows + 1, sizeof(*rows));
	const struct session *sessions = s->sessions->rows, **members;
	size_t nmembers = 0;
	bool ok;

	members = xcalloc(s->sessions->nrows + 1, sizeof(*members));
	for (size_t i = 0; i < s->sessions->nrows; i++)
		if (HAS(&sessions[i], struct session, leader_pid))
			members[nmembers++] = &sessions[i];
	for (size_t i = 0; i < locks->nrows; i++) {
		const struct lock_rec *l = snapshot_row(locks, i);

		rows[i] = (struct lock_row){.tag = l->tag,
					    .since_us = HAS(l, struct lock_rec, waitstart) ? l->waitstart : 0,
					    .pid = (int32_t)l->pid,
					    .group = (int32_t)group_of(members, nmembers, l->pid),
					    .mode = lock_mode_parse(l->mode),
					    .granted = l->granted != 0};
	}
	ok = lock_graph_build(rows, locks->nrows, conn_probe(s->conn)->version_num >= 140000, ret_graph, err);
	xfree(rows);
	xfree(members);
	return ok;
}

/* Reads the locks and replaces the graph. */
static bool read_locks(struct sample *s, struct err *err)
{
	struct snapshot *locks;
	struct lock_graph graph = {0};
	struct pg_result *r;
	int64_t began = clock_mono_us();
	bool ok;

	s->round_trips++;
	if (!conn_query(s->f, s->conn, "locks", NULL, 0, &r, err))
		return false;
	s->st->graph_mono_us = clock_mono_us();
	if (s->st->graph_mono_us - began > LOCKS_SLOW_US)
		s->st->locks_rest_mono_us = s->st->graph_mono_us + LOCKS_REST_US;
	locks = snapshot_new(&lock_type, "locks");
	ok = sql_read_rows(r, locks, err) && build_graph(s, locks, &graph, err);
	snapshot_unref(locks);
	conn_result_free(r);
	if (ok) {
		lock_graph_release(&s->st->graph);
		s->st->graph = graph;
	}
	return ok;
}

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * UINT64_C(0x9E3779B97F4A7C15);
	return h ^ h >> 29;
}

/* One number for the set of waits, in any order; 0 = nobody waits. */
static uint64_t waits_of(const struct sample *s)
{
	const struct session *rows = s->sessions->rows;
	uint64_t sum = 0;

	for (size_t i = 0; i < s->sessions->nrows; i++) {
		const struct session *row = &rows[i];
		uint64_t h;

		if (!HAS(row, struct session, state) || !str_eq(row->state, STR("waiting")))
			continue;
		h = mix(mix(mix(1, (uint64_t)row->pid), (uint64_t)row->backend_start_at),
			(uint64_t)row->query_start_at);
		for (size_t c = 0; HAS(row, struct session, wait_event) && c < row->wait_event.len; c++)
			h = mix(h, (unsigned char)row->wait_event.ptr[c]);
		sum += h | 1;
	}
	return sum;
}

static bool graph_serves(const struct sampler *st, uint64_t waits)
{
	int64_t now = clock_mono_us();

	if (now < st->locks_rest_mono_us)
		return true;
	return st->graph_mono_us != 0 && st->graph_waiters == waits && now - st->graph_mono_us < LOCKS_REST_US;
}

/* Sessions that block others but were left out of this sample, because they are idle, come with the next one. */
static void want_blockers(struct sample *s)
{
	const struct session *rows = s->sessions->rows;

	for (size_t i = 0; i < s->st->graph.n; i++) {
		const struct lock_session *l = &s->st->graph.sessions[i];
		bool found = l->blocks == 0 || l->pid == 0;

		for (size_t j = 0; j < s->sessions->nrows && !found; j++)
			found = rows[j].pid == l->pid &&
				!(HAS(&rows[j], struct session, raw_state) && str_eq(rows[j].raw_state, STR("idle")));
		if (!found)
			sample_want(s->st, l->pid);
	}
}

bool sample_add_locks(struct sample *s, struct err *err)
{
	struct session *rows = s->sessions->rows;
	uint64_t waits = waits_of(s);

	if (waits == 0) {
		lock_graph_release(&s->st->graph);
		s->st->graph_mono_us = 0;
	} else if (!graph_serves(s->st, waits)) {
		if (!read_locks(s, err))
			return false;
		s->st->graph_waiters = waits;
	}
	for (size_t i = 0; i < s->sessions->nrows; i++)
		session_add_locks(&rows[i], &s->st->graph, s->server_us);
	want_blockers(s);
	return true;
}
