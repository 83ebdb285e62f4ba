/*
 * slow_statement.c: the rules.
 *
 * Each rule looks at a few facts and either adds one cause or does nothing. A cause's
 * weight says how much of the slowness it can explain by itself: a lock explains all of
 * it, old statistics only make a bad plan likely. What happens now outweighs what
 * statistics say of the past.
 *
 * Limits: a table counts as large from 10 000 rows; its statistics as old when a fifth of
 * its rows and 1 000 of them changed since ANALYZE; it as bloated when a fifth and 10 000
 * rows are dead; the cache as missed below 90 % of blocks found; connections as exhausted
 * from 90 % of max_connections.
 */
#include "verdict/slow_statement.h"

#include "base/buf.h"
#include "base/check.h"
#include "model/kind.h"
#include "model/waits.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LARGE_ROWS 10000
#define OLD_CHANGES 1000
#define OLD_SHARE 0.2
#define BLOAT_ROWS 10000
#define BLOAT_SHARE 0.2
#define CACHE_RATIO 0.9
#define CONNECTIONS_SHARE 0.9

struct causes {
	struct slow_cause *items;
	size_t n;
	struct slow_cause spare; /* where a cause goes that has no place any more */
};

void slow_facts_init(struct slow_facts *f)
{
	*f = (struct slow_facts){
		.query_us = -1,
		.wait_us = -1,
		.blocked_by = -1,
		.blocker_xact_us = -1,
		.calls = -1,
		.mean_us = -1,
		.hit_ratio = (double)NAN,
		.read_bytes_per_call = -1,
		.temp_bytes_per_call = -1,
		.sessions = -1,
		.max_connections = -1,
		.work_mem_bytes = -1,
	};
}

static struct slow_cause *add(struct causes *c, const char *id, enum slow_level level, int weight)
{
	if (c->n == SLOW_CAUSES_MAX)
		return &c->spare;
	c->items[c->n] = (struct slow_cause){.id = id, .level = level, .weight = weight};
	return &c->items[c->n++];
}

static void say(char *out, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void say(char *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(out, SLOW_TEXT_MAX, fmt, ap);
	va_end(ap);
}

/* Human text of a value, in one of a few static-size buffers of the caller. */
struct words {
	char text[32];
};

static struct words duration(int64_t us)
{
	struct words w = {{0}};
	struct buf b;

	buf_init(&b, sizeof w.text);
	(void)format_duration(&b, us);
	(void)snprintf(w.text, sizeof w.text, "%s", buf_c(&b));
	buf_release(&b);
	return w;
}

static struct words size(int64_t bytes)
{
	struct words w = {{0}};
	struct buf b;

	buf_init(&b, sizeof w.text);
	(void)format_bytes(&b, bytes);
	(void)snprintf(w.text, sizeof w.text, "%s", buf_c(&b));
	buf_release(&b);
	return w;
}

static struct words count(int64_t n)
{
	struct words w = {{0}};
	struct buf b;

	buf_init(&b, sizeof w.text);
	(void)format_count(&b, n);
	(void)snprintf(w.text, sizeof w.text, "%s", buf_c(&b));
	buf_release(&b);
	return w;
}

static bool waits_for(const struct slow_facts *f, const char *type, const char *event)
{
	return f->running && str_eq_c(f->wait_type, type) && (!event || str_starts(f->wait_event, str_c(event)));
}

/* ---- the rules ---- */

static void blocked(const struct slow_facts *f, struct causes *c)
{
	struct slow_cause *x;

	if (!f->running || f->blocked_by < 0)
		return;
	x = add(c, "blocked", SLOW_CRIT, 100);
	if (f->blocked_by == 0)
		say(x->sentence, "it waits for a prepared transaction");
	else if (f->wait_us >= 0)
		say(x->sentence, "it waits for session %lld, for %s now", (long long)f->blocked_by,
		    duration(f->wait_us).text);
	else
		say(x->sentence, "it waits for session %lld", (long long)f->blocked_by);
	if (f->blocker_state.len > 0 && f->blocker_xact_us >= 0)
		say(x->evidence, "%lld is " STR_FMT ", its transaction open for %s (" STR_FMT ")",
		    (long long)f->blocked_by, STR_ARG(f->blocker_state), duration(f->blocker_xact_us).text,
		    STR_ARG(f->blocker_application));
	else
		say(x->evidence, STR_FMT ":" STR_FMT ", %lld session%s before it", STR_ARG(f->wait_type),
		    STR_ARG(f->wait_event), (long long)f->blockers, f->blockers == 1 ? "" : "s");
	say(x->next, "3 Locks shows the root; ending its transaction frees everything behind it");
}

static void client_not_reading(const struct slow_facts *f, struct causes *c)
{
	struct slow_cause *x;

	if (!waits_for(f, "Client", "ClientWrite"))
		return;
	x = add(c, "client", SLOW_WARN, 90);
	say(x->sentence, "its client does not take the result");
	say(x->evidence, "waits in Client:ClientWrite for " STR_FMT " at " STR_FMT, STR_ARG(f->application),
	    STR_ARG(f->client));
	say(x->next, "fetch fewer rows or in portions; look at the client's load and the network");
}

static void spilled(const struct slow_facts *f, struct causes *c)
{
	bool now = waits_for(f, "IO", "BufFile");
	struct slow_cause *x;

	if (!now && f->temp_bytes_per_call <= 0)
		return;
	x = add(c, "spill", SLOW_WARN, now ? 80 : 55);
	say(x->sentence, "a sort or hash does not fit into work_mem and goes to temporary files");
	if (f->temp_bytes_per_call > 0 && f->work_mem_bytes > 0)
		say(x->evidence, "%s written a call, work_mem %s", size(f->temp_bytes_per_call).text,
		    size(f->work_mem_bytes).text);
	else if (f->temp_bytes_per_call > 0)
		say(x->evidence, "%s written a call", size(f->temp_bytes_per_call).text);
	else
		say(x->evidence, "waits in IO:" STR_FMT, STR_ARG(f->wait_event));
	say(x->next, "more work_mem for this role, fewer rows to sort, or an index in that order");
}

static void cache_miss(const struct slow_facts *f, struct causes *c)
{
	bool now = waits_for(f, "IO", "DataFileRead") || waits_for(f, "IO", "DataFilePrefetch");
	bool misses = f->hit_ratio < CACHE_RATIO;
	struct slow_cause *x;

	if (!now && !misses)
		return;
	x = add(c, "io", SLOW_WARN, now && misses ? 75 : now ? 60 : 50);
	say(x->sentence, "it reads from storage what is not in shared buffers");
	if (misses && f->read_bytes_per_call > 0)
		say(x->evidence, "%.1f %% of its blocks are found in shared buffers; it reads %s a call",
		    f->hit_ratio * 100, size(f->read_bytes_per_call).text);
	else if (misses)
		say(x->evidence, "%.1f %% of its blocks are found in shared buffers", f->hit_ratio * 100);
	else
		say(x->evidence, "waits in IO:" STR_FMT " now", STR_ARG(f->wait_event));
	say(x->next, "e its plan: an index reads fewer pages; else a class with more memory");
}

static void other_wait(const struct slow_facts *f, struct causes *c)
{
	struct str words = wait_explain(f->wait_type, f->wait_event);
	struct slow_cause *x;

	if (!f->running || f->wait_type.len == 0 || words.len == 0 || str_eq_c(f->wait_type, "Lock") ||
	    str_eq_c(f->wait_type, "Client") || waits_for(f, "IO", "DataFile") || waits_for(f, "IO", "BufFile"))
		return;
	x = add(c, "wait", SLOW_NOTICE, 40);
	say(x->sentence, "it waits in " STR_FMT ":" STR_FMT, STR_ARG(f->wait_type), STR_ARG(f->wait_event));
	say(x->evidence, STR_FMT, STR_ARG(words));
	say(x->next, "4 Load shows how many sessions wait there, and since when");
}

static void plan_remarks(const struct slow_facts *f, struct causes *c)
{
	for (size_t i = 0; i < f->nplan && i < 3; i++) {
		struct slow_cause *x = add(c, "plan", SLOW_WARN, 65 - (int)i);

		say(x->sentence, STR_FMT, STR_ARG(f->plan[i].warning));
		say(x->evidence, "in its plan; an estimate, nothing was executed");
		say(x->next, STR_FMT, STR_ARG(f->plan[i].next));
	}
}

static bool is_old(const struct slow_table *t)
{
	if (t->rows >= LARGE_ROWS && t->analyzed_us == -1)
		return true;
	return t->changed_since_analyze >= OLD_CHANGES && t->rows >= 0 &&
	       (double)t->changed_since_analyze > OLD_SHARE * (double)t->rows;
}

static void old_statistics(const struct slow_facts *f, struct causes *c)
{
	for (size_t i = 0; i < f->ntables; i++) {
		const struct slow_table *t = &f->tables[i];
		struct slow_cause *x;

		if (!is_old(t))
			continue;
		x = add(c, "statistics", SLOW_WARN, 45);
		say(x->sentence, "statistics of " STR_FMT " are old: its plan may be wrong", STR_ARG(t->name));
		if (t->analyzed_us == -1)
			say(x->evidence, "never analyzed, %s rows", count(t->rows).text);
		else if (t->analyzed_us >= 0)
			say(x->evidence, "%s rows changed since ANALYZE %s ago, of %s",
			    count(t->changed_since_analyze).text, duration(t->analyzed_us).text, count(t->rows).text);
		else
			say(x->evidence, "%s rows changed since ANALYZE, of %s", count(t->changed_since_analyze).text,
			    count(t->rows).text);
		say(x->next, "ANALYZE " STR_FMT, STR_ARG(t->name));
	}
}

static void bloat(const struct slow_facts *f, struct causes *c)
{
	for (size_t i = 0; i < f->ntables; i++) {
		const struct slow_table *t = &f->tables[i];
		struct slow_cause *x;

		if (t->dead_rows < BLOAT_ROWS || t->rows < 0 ||
		    (double)t->dead_rows <= BLOAT_SHARE * (double)(t->rows + t->dead_rows))
			continue;
		x = add(c, "bloat", SLOW_WARN, 42);
		say(x->sentence, STR_FMT " is full of dead rows", STR_ARG(t->name));
		say(x->evidence, "%s dead beside %s live ones", count(t->dead_rows).text, count(t->rows).text);
		say(x->next, "VACUUM " STR_FMT "; :progress names who holds the xmin horizon", STR_ARG(t->name));
	}
}

static void connections(const struct slow_facts *f, struct causes *c)
{
	struct slow_cause *x;

	if (f->sessions < 0 || f->max_connections <= 0 ||
	    (double)f->sessions < CONNECTIONS_SHARE * (double)f->max_connections)
		return;
	x = add(c, "connections", SLOW_WARN, 35);
	say(x->sentence, "connections run out: clients wait for a place in their pool");
	say(x->evidence, "%lld of %lld connections are taken", (long long)f->sessions, (long long)f->max_connections);
	say(x->next, "2 Activity, d: who has them; smaller pools, or a pooler");
}

/* Nothing stands out: says what is known, so that the reader need not wonder. */
static void nothing(const struct slow_facts *f, struct causes *c)
{
	struct slow_cause *x;

	if (c->n > 0)
		return;
	x = add(c, "none", SLOW_NOTICE, 0);
	if (f->running && f->wait_type.len == 0)
		say(x->sentence, "it works on a processor; nothing holds it up");
	else
		say(x->sentence, "no cause stands out");
	if (f->mean_us >= 0 && f->query_us >= 0)
		say(x->evidence, "runs for %s, on average %s over %s calls", duration(f->query_us).text,
		    duration(f->mean_us).text, count(f->calls).text);
	else if (f->mean_us >= 0)
		say(x->evidence, "on average %s over %s calls", duration(f->mean_us).text, count(f->calls).text);
	say(x->next, f->has_plan ? "4 Load: what else ran at that time" : "e its plan");
}

static void rank(struct causes *c)
{
	for (size_t i = 1; i < c->n; i++) {
		struct slow_cause x = c->items[i];
		size_t k = i;

		for (; k > 0 && c->items[k - 1].weight < x.weight; k--)
			c->items[k] = c->items[k - 1];
		c->items[k] = x;
	}
}

size_t slow_causes(const struct slow_facts *f, struct slow_cause *ret_causes)
{
	static void (*const rules[])(const struct slow_facts *, struct causes *) = {
		blocked,      client_not_reading, spilled,        cache_miss, other_wait,
		plan_remarks, connections,        old_statistics, bloat,
	};
	struct causes c = {.items = ret_causes};

	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		rules[i](f, &c);
	nothing(f, &c);
	rank(&c);
	return c.n;
}
