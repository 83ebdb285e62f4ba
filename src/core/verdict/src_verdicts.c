/*
 * src_verdicts.c: the verdicts as a source: made once a second of what all the others know.
 *
 * Its inputs are those that the rules name, together; they are fetched because it is wanted. With a
 * memory it is steadied (engine.h); without one, for --once and check, every finding holds at once.
 */
#include "verdict/engine.h"

#include "base/clock.h"
#include "runtime/store.h"
#include "verdict/sources.h"

void verdict_facts(const struct store *st, const struct target *t, struct facts *ret_facts)
{
	struct facts *f = ret_facts;

	*f = (struct facts){.now_us = clock_wall_us(), .policy = target_policy(t), .cluster = str_c(t->cluster)};
	CHECK(st->n <= FACT_SOURCES_MAX);
	for (size_t i = 0; i < st->n; i++) {
		const struct store_entry *e = &st->entries[i];

		f->sources[f->n++] = (struct fact_source){
			.name = e->source->name,
			.good = e->good,
			.latest = e->latest,
			.period_us = e->source->period_us ? e->source->period_us : t->interval_us,
		};
	}
}

static void derive(const struct store *st, const struct target *t, void **state, struct snapshot *s)
{
	struct facts f;

	verdict_facts(st, t, &f);
	f.final = !state;
	s->at_us = f.now_us;
	verdict_judge(&f, NULL, NULL, s);
	if (!state)
		return;
	if (!*state)
		*state = verdict_engine_new();
	verdict_engine_settle(*state, s);
}

const struct source source_verdicts = {
	.name = "verdicts",
	.title = "verdicts",
	.help = "What is wrong or outside the policy, what is in order, and what is not known, with the evidence.",
	.type = &verdict_type,
	.lane = LANE_FILES,
	.period_us = US_PER_S,
#define RULE(judge, id, family, decision, view, sources, title, why) sources " "
	.reads =
#include "verdict/rules.def"
		,
#undef RULE
	.origin = "rules over the other sources",
	.derive = derive,
	.derive_free = verdict_engine_free,
};
