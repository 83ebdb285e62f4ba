/*
 * src_progress.c: vacuum, index builds, VACUUM FULL, analyze, COPY and base backups that run now.
 *
 * The server reports how far the present phase is. Time left is an extrapolation of this
 * phase alone from what was done since this console first saw it; it is absent until
 * enough was seen, because a made-up figure is worse than none.
 */
#include "base/clock.h"
#include "base/xalloc.h"
#include "codec/codec_sql.h"
#include "db/conn.h"
#include "db/site.h"
#include "db/sources.h"

#define SEEN_MAX 64
/* An extrapolation from less is noise. */
#define SEEN_US (5 * US_PER_S)

struct progress {
	uint64_t present;
	int64_t pid;
	struct str command, database, relation, index, phase;
	double done_ratio;
	int64_t left_us, running_us, done, total;
	struct str unit;
	int64_t automatic, wraparound, locker_pid, rounds, relation_oid;
	struct str wait_type, wait_event;
};

#define F(m, k, ...) FIELD(struct progress, m, k, __VA_ARGS__)
/* clang-format off */
static const struct field fields[] = {
	F(pid, K_INT, .title = "PID", .width = 7, .flags = F_KEY, .help = "Process id of the session that does it."),
	F(command, K_ENUM, .title = "COMMAND", .width = 12, .help = "VACUUM, ANALYZE, CREATE INDEX, REINDEX, VACUUM FULL, CLUSTER, COPY, BASE BACKUP."),
	F(database, K_ID, .title = "DATABASE", .width = 10, .help = "Database it works in."),
	F(relation, K_ID, .title = "RELATION", .width = 16, .help = "Table, where it is in the database the console is connected to."),
	F(index, K_ID, .title = "INDEX", .width = 12, .help = "Index that is being built or used."),
	F(phase, K_ENUM, .title = "PHASE", .width = 16, .help = "What it is doing, in the server's words."),
	F(done_ratio, K_RATIO, .title = "DONE", .width = 7, .flags = F_DESC | F_COMPUTED, .help = "Share of the present phase that is done."),
	F(left_us, K_DURATION_US, .title = "LEFT", .width = 7, .flags = F_DESC | F_COMPUTED,
	  .help = "Time left in this phase at the pace seen so far; an estimate."),
	F(running_us, K_DURATION_US, .title = "RUNNING", .width = 7, .flags = F_DESC, .help = "Time since the command began."),
	F(done, K_COUNT, .title = "SO FAR", .width = 8, .flags = F_DESC, .help = "Done in this phase, in units."),
	F(total, K_COUNT, .title = "OF", .width = 8, .flags = F_DESC, .help = "To do in this phase, in units."),
	F(unit, K_ENUM, .title = "UNIT", .width = 7, .help = "blocks, rows, indexes, transactions or bytes."),
	F(automatic, K_BOOL, .title = "AUTO", .width = 5, .help = "Started by autovacuum."),
	F(wraparound, K_BOOL, .title = "WRAPAROUND", .width = 5, .help = "An autovacuum against wraparound: cancelled, it starts again."),
	F(locker_pid, K_INT, .title = "WAITS FOR", .width = 7, .help = "Session whose transaction a concurrent build waits for."),
	F(rounds, K_COUNT, .title = "ROUNDS", .width = 6, .flags = F_DESC, .help = "Index passes of a vacuum, or indexes rebuilt."),
	F(relation_oid, K_INT, .title = "OID", .width = 7, .help = "Object identifier of the table."),
	F(wait_type, K_ENUM, .title = "WAIT TYPE", .width = 8, .help = "wait_event_type."),
	F(wait_event, K_ENUM, .title = "WAIT EVENT", .width = 12, .help = "wait_event."),
};
/* clang-format on */
#undef F
static const struct rec_type type = REC_TYPE(struct progress, "progress", fields);

/* When a phase was first seen, and how far it was then. */
struct seen {
	int64_t pid, done, mono_us;
	char phase[64];
	bool now;
};

struct state {
	struct seen seen[SEEN_MAX];
	size_t n;
};

static bool same_phase(const struct seen *s, const struct progress *row)
{
	return s->pid == row->pid && str_eq_c(row->phase, s->phase) && row->done >= s->done;
}

static struct seen *remember(struct state *st, const struct progress *row)
{
	for (size_t i = 0; i < st->n; i++)
		if (same_phase(&st->seen[i], row))
			return &st->seen[i];
	if (st->n == SEEN_MAX)
		return NULL;
	st->seen[st->n] = (struct seen){.pid = row->pid, .done = row->done, .mono_us = clock_mono_us()};
	(void)snprintf(st->seen[st->n].phase, sizeof st->seen[0].phase, STR_FMT, STR_ARG(row->phase));
	return &st->seen[st->n++];
}

static void forget_ended(struct state *st)
{
	size_t kept = 0;

	for (size_t i = 0; i < st->n; i++)
		if (st->seen[i].now)
			st->seen[kept++] = st->seen[i];
	st->n = kept;
}

static void estimate(struct state *st, struct progress *row)
{
	struct seen *s;
	int64_t passed;

	if (!HAS(row, struct progress, done) || !HAS(row, struct progress, total) || row->total <= 0 ||
	    row->done > row->total || !HAS(row, struct progress, phase))
		return;
	SET(row, struct progress, done_ratio, (double)row->done / (double)row->total);
	s = remember(st, row);
	if (!s)
		return;
	s->now = true;
	passed = clock_mono_us() - s->mono_us;
	if (passed >= SEEN_US && row->done > s->done)
		SET(row, struct progress, left_us,
		    (int64_t)((double)passed / (double)(row->done - s->done) * (double)(row->total - row->done)));
}

static bool fetch_progress(struct fetch *f, struct err *err)
{
	struct state **slot = (struct state **)fetch_state(f, xfree);
	int64_t began = clock_mono_us();
	struct snapshot *s;
	struct pg_result *r;
	struct conn *c;
	bool ok;

	if (!conn_open(f, &c, err) || !conn_query(f, c, "progress", NULL, 0, &r, err))
		return false;
	s = snapshot_new(&type, source_progress.name);
	s->at_us = clock_wall_us();
	ok = sql_read_rows(r, s, err);
	conn_result_free(r);
	if (!ok) {
		snapshot_unref(s);
		return false;
	}
	if (!*slot)
		*slot = xcalloc(1, sizeof **slot);
	for (size_t i = 0; i < (*slot)->n; i++)
		(*slot)->seen[i].now = false;
	for (size_t i = 0; i < s->nrows; i++)
		estimate(*slot, (struct progress *)s->rows + i);
	forget_ended(*slot);
	s->took_us = clock_mono_us() - began;
	fetch_publish(f, s);
	return true;
}

const struct source source_progress = {
	.name = "progress",
	.title = "running maintenance",
	.help = "Vacuum (autovacuum too), index builds, analyze, COPY and base backups that run now.",
	.type = &type,
	.lane = LANE_SLOW,
	.flags = SOURCE_DB,
	.period_us = 2 * US_PER_S,
	.deadline_us = 15 * US_PER_S,
	.inputs = SITE_INPUTS,
	.origin = "pg_stat_progress_*",
	.ready = site_ready,
	.fetch = fetch_progress,
};
