/*
 * sample_stage.c: when a sample reads the sessions in a transaction only.
 *
 * One row of pg_stat_activity costs the server about 4 us whether or not anybody looks
 * at it; a look at a backend's transaction costs a third of that, and each row then
 * read by pid 4 us for every 400 backends. So where nearly all sessions are outside of
 * a transaction, sessions_in_transaction.sql does the same for a third of the cost.
 *
 * What it would miss are sessions that are shown although in no transaction. A scan of
 * all notes them, and they are asked for by pid until the next scan, which is never more
 * than SCAN_EVERY samples away; so a new walsender may show that many samples late. A
 * statement cannot: it begins with its transaction. Idle sessions are counted in both.
 */
#include "db/sample.h"

#include "base/clock.h"

#define SCAN_EVERY 10
/* Below this a scan is cheap, and two kinds of sample would only differ in their cost. */
#define STAGE_SESSIONS_MIN 200

bool sessions_stage_pays(int64_t sessions, int64_t in_transaction, bool on)
{
	return sessions >= STAGE_SESSIONS_MIN && in_transaction * 100 <= sessions * (on ? 10 : 8);
}

bool sample_sees_all(const struct sample *s)
{
	return conn_probe(s->conn)->read_all_stats || conn_probe(s->conn)->superuser;
}

void sample_choose_stage(struct sample *s)
{
	struct stage *g = &s->st->stage;

	s->staged = g->left > 0 && sample_sees_all(s) && !s->f->wide && !s->st->want_all &&
		    sessions_stage_pays(g->sessions, g->in, g->on);
	/* until this one has succeeded: one that fails is followed by a scan */
	g->left = s->staged ? g->left : 0;
	g->sessions = g->in = 0;
	if (!s->staged)
		g->noutside = 0;
}

void sample_stage_saw(struct sample *s, const struct session *row)
{
	struct stage *g = &s->st->stage;

	g->sessions++;
	if (HAS(row, struct session, xact_start_at)) {
		g->in++;
	} else if (!s->staged) {
		if (g->noutside < OUTSIDE_MAX)
			g->outside[g->noutside] = (int32_t)row->pid;
		g->noutside++;
	}
}

void sample_stage_end(struct sample *s)
{
	struct stage *g = &s->st->stage;

	g->sessions += s->idle_rest;
	g->on = s->staged;
	if (s->staged)
		g->left--;
	else if (!s->f->wide && g->noutside <= OUTSIDE_MAX)
		/* what a wide sample sees outside are the idle ones, which nobody needs by name */
		g->left = SCAN_EVERY - 1;
}
