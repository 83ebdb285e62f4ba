/*
 * sample_locks.c: who blocks whom, in one sample.
 *
 * The lock table is read only when a session waits for a lock, and not again while the
 * very same sessions wait for the very same statements: then the same ones block them,
 * as a rule, and the graph is only so old (LOCKS_REST_US). A read that was slow is not
 * repeated for as long, whatever happens. A role that does not see who waits reads it
 * whenever somebody looks at the lock trees: pg_locks hides nothing.
 */
#include "db/sample.h"

#include "base/clock.h"
#include "base/sort.h"
#include "base/xalloc.h"
#include "codec/codec_sql.h"
#include "db/sources.h"

#define LOCKS_SLOW_US (50 * US_PER_MS)
#define LOCKS_REST_US (5 * US_PER_S)

static int compare_pids(uint32_t a, uint32_t b, void *ctx)
{
	const struct session *rows = ctx;

	return (rows[a].pid > rows[b].pid) - (rows[a].pid < rows[b].pid);
}

static void sort_sessions(struct sample *s)
{
	size_t n = s->sessions->nrows;
	uint32_t *scratch = xcalloc(n + 1, sizeof(*scratch));

	s->by_pid = xcalloc(n + 1, sizeof(*s->by_pid));
	for (size_t i = 0; i < n; i++)
		s->by_pid[i] = (uint32_t)i;
	sort_indices(s->by_pid, scratch, n, compare_pids, s->sessions->rows);
	xfree(scratch);
}

const struct session *sample_find(struct sample *s, int64_t pid)
{
	const struct session *rows = s->sessions->rows;
	size_t low = 0, high = s->sessions->nrows;

	if (!s->by_pid)
		sort_sessions(s);
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (rows[s->by_pid[mid]].pid == pid)
			return &rows[s->by_pid[mid]];
		if (rows[s->by_pid[mid]].pid < pid)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* Reads the locks and replaces graph and trees. */
static bool read_locks(struct sample *s, bool with_held, struct err *err)
{
	struct lock_trees *t = &s->st->trees;
	char held = with_held;
	const struct conn_param param = {OID_BOOL, &held, 1};
	struct lock_graph graph = {0};
	int64_t began = clock_mono_us();
	struct snapshot *locks;
	struct pg_result *r;
	bool ok;

	s->round_trips++;
	if (!conn_query(s->f, s->conn, "locks", &param, 1, &r, err))
		return false;
	s->st->graph_mono_us = clock_mono_us();
	if (s->st->graph_mono_us - began > LOCKS_SLOW_US)
		s->st->locks_rest_mono_us = s->st->graph_mono_us + LOCKS_REST_US;
	locks = snapshot_new(&lock_rec_type, source_locks.name);
	ok = sql_read_rows(r, locks, err);
	conn_result_free(r);
	if (!ok) {
		snapshot_unref(locks);
		return false;
	}
	lock_trees_clear(t);
	t->with_held = with_held;
	if (!sample_plant_trees(s, snapshot_publish(locks), err))
		return false;
	/* too many for us is no reason to go without the sessions */
	if (t->err.code == ERR_NONE &&
	    !lock_graph_build(t->rows, t->nrows, conn_probe(s->conn)->version_num >= 140000, &graph, &t->err))
		graph = (struct lock_graph){0};
	lock_graph_release(&s->st->graph);
	s->st->graph = graph;
	return true;
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

static bool graph_serves(const struct sample *s, uint64_t waits, bool looked_at)
{
	const struct sampler *st = s->st;
	int64_t now = clock_mono_us();

	if (now < st->locks_rest_mono_us)
		return true;
	if (!s->all_visible || (looked_at && !st->trees.with_held))
		return false;
	return st->graph_mono_us != 0 && st->graph_waiters == waits && now - st->graph_mono_us < LOCKS_REST_US;
}

/* Sessions of the graph that this sample left out, because they are idle or no clients, come with the next one. */
static void want_blockers(struct sample *s)
{
	for (size_t i = 0; i < s->st->graph.n; i++) {
		int64_t pid = s->st->graph.sessions[i].pid;
		const struct session *row = pid > 0 ? sample_find(s, pid) : NULL;

		if (pid > 0 && (!row || (HAS(row, struct session, raw_state) && str_eq(row->raw_state, STR("idle")))))
			sample_want(s->st, pid);
	}
}

bool sample_add_locks(struct sample *s, struct err *err)
{
	struct session *rows = s->sessions->rows;
	uint64_t waits = waits_of(s);
	bool looked_at = fetch_wants(s->f, source_locks.name);

	if (waits == 0 && (s->all_visible || !looked_at)) {
		lock_graph_release(&s->st->graph);
		lock_trees_clear(&s->st->trees);
		s->st->graph_mono_us = 0;
	} else if (!graph_serves(s, waits, looked_at)) {
		if (!read_locks(s, looked_at, err))
			return false;
		s->st->graph_waiters = waits;
	}
	if (looked_at && !sample_name_locks(s, err))
		return false;
	for (size_t i = 0; i < s->sessions->nrows; i++)
		session_add_locks(&rows[i], &s->st->graph, s->server_us);
	want_blockers(s);
	return true;
}
