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

/* What a look at the rules needs to know which of them rest. */
struct look {
	const struct store *store;
	struct verdict_engine *engine;
	int64_t now_us;
};

/* Of all that the rule reads: grows when any of it changes. */
static uint64_t versions_of(const struct store *st, const struct rule *rule)
{
	struct str rest = str_c(rule->sources), name;
	uint64_t versions = 0;

	while (str_split(&rest, ' ', &name))
		for (size_t i = 0; i < st->n; i++)
			if (str_eq_c(name, st->entries[i].source->name)) {
				versions += st->entries[i].version;
				break;
			}
	return versions;
}

static bool is_due(const struct rule *rule, void *arg)
{
	const struct look *l = arg;

	return !verdict_engine_rests(l->engine, (size_t)(rule - verdict_rules), versions_of(l->store, rule), l->now_us);
}

static void derive(const struct store *st, const struct target *t, void **state, struct snapshot *s)
{
	const struct store_entry *file = store_entry(st, "acknowledged");
	struct look look = {.store = st};
	struct facts f;

	verdict_facts(st, t, &f);
	f.final = !state;
	s->at_us = look.now_us = f.now_us;
	if (!state) {
		verdict_judge(&f, NULL, NULL, s);
		return;
	}
	if (!*state)
		*state = verdict_engine_new();
	look.engine = *state;
	/* not in `reads`: it is of this host, and who has no memory mutes nothing */
	if (file)
		mutes_take(verdict_engine_mutes(look.engine), file->good, file->version, target_name(t));
	verdict_judge(&f, is_due, &look, s);
	verdict_engine_settle(look.engine, s);
}

const struct source source_verdicts = {
	.name = "verdicts",
	.title = "verdicts",
	.help = "What is wrong or outside the policy, what is in order, and what is not known, with the evidence.",
	.type = &verdict_type,
	.lane = LANE_FILES,
	.period_us = US_PER_S,
#define RULE(judge, id, family, decision, view, sources, title, why) sources " "
#define RULE_SEEN(...)
	.reads =
#include "verdict/rules.def"
		,
#undef RULE
	.origin = "rules over the other sources",
	.derive = derive,
	.derive_free = verdict_engine_free,
};
