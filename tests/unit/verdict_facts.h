/*
 * verdict_facts.h: rules over a world that is written as a fixture (tests/ui/fixture.h), through the sources' own
 * record types; a field that a rule reads by a wrong name is absent here, too.
 *
 * WORLD(text) is what the sources know of cluster prod-orders at NOW; JUDGE() asks all rules. What every finding owes
 * the reader is asserted each time: evidence, and what to do about it. Include it after cmocka.h.
 */
#ifndef TESTS_VERDICT_FACTS_H
#define TESTS_VERDICT_FACTS_H

#include "tests/ui/fixture.h"
#include "verdict/sources.h"

#include <stdio.h>

/* 2026-03-17T13:45:07Z, as tests/data/empty.fixture has it. */
static struct fixture world;
static bool world_is_open;
static struct policy world_policy;
static bool world_final; /* nothing more will come */
static struct snapshot *said;

static inline void world_close(void)
{
	snapshot_unref(said);
	said = NULL;
	if (world_is_open)
		fixture_close(&world);
	world_is_open = false;
}

static inline int world_teardown(void **state)
{
	(void)state;
	world_close();
	return 0;
}

static inline void world_is(const char *where, const char *text)
{
	world_close();
	world_policy = policy_default;
	world_final = false;
	fixture_open(&world, "empty", GLYPHS_UTF8);
	world_is_open = true;
	fixture_more_text(&world, where, str_c(text));
}

/* A failure, or something unknown, without a reason or a way out is of no use to anybody. */
static inline void world_check_row(size_t i)
{
	struct str id = data_str(said, i, "id"), sentence = data_str(said, i, "sentence");
	enum severity s = severity_of_word(data_str(said, i, "severity"));

	if (sentence.len == 0 || str_find(sentence, STR("(null)"), 0) >= 0)
		fail_msg("%.*s says \"%.*s\"", STR_ARG(id), STR_ARG(sentence));
	if ((s >= SEV_WARN || s == SEV_NOTICE) && !str_eq_c(data_str(said, i, "object"), "others") &&
	    (data_str(said, i, "evidence").len == 0 || data_str(said, i, "next").len == 0))
		fail_msg("%.*s \"%.*s\" has no evidence or no next step", STR_ARG(id), STR_ARG(sentence));
}

static inline void world_judge(void)
{
	struct facts facts;

	snapshot_unref(said);
	said = snapshot_new(&verdict_type, "verdicts");
	verdict_facts(runtime_store(world.rt), runtime_target(world.rt), &facts);
	facts.policy = &world_policy;
	facts.final = world_final;
	verdict_judge(&facts, NULL, NULL, said);
	for (size_t i = 0; i < said->nrows; i++)
		world_check_row(i);
}

/* How many findings of a rule there are. */
static inline size_t world_count(const char *id)
{
	size_t n = 0;

	for (size_t i = 0; i < said->nrows; i++)
		n += str_eq_c(data_str(said, i, "id"), id);
	return n;
}

/* Row of the finding of that rule, severity and words; fails with what was said instead. */
static inline size_t world_finding(const char *where, const char *id, enum severity s, const char *words)
{
	struct buf all;

	for (size_t i = 0; i < said->nrows; i++)
		if (str_eq_c(data_str(said, i, "id"), id) && severity_of_word(data_str(said, i, "severity")) == s &&
		    str_find(data_str(said, i, "sentence"), str_c(words), 0) >= 0)
			return i;
	buf_init(&all, 1u << 16);
	for (size_t i = 0; i < said->nrows; i++)
		if (str_eq_c(data_str(said, i, "id"), id))
			(void)buf_addf(&all, "\n  %.*s: %.*s", STR_ARG(data_str(said, i, "severity")),
				       STR_ARG(data_str(said, i, "sentence")));
	fail_msg("%s: %s does not say %s \"%s\" but%s", where, id, severity_word(s), words,
		 all.len > 0 ? buf_c(&all) : " nothing");
	return 0;
}

static inline void world_has(const char *where, size_t row, const char *field, const char *words)
{
	if (str_find(data_str(said, row, field), str_c(words), 0) < 0)
		fail_msg("%s: %s is \"%.*s\", without \"%s\"", where, field, STR_ARG(data_str(said, row, field)),
			 words);
}

#define WORLD_STRING(x) #x
#define WORLD_LINE(x) __FILE__ ":" WORLD_STRING(x)
#define HERE WORLD_LINE(__LINE__)
/* The world, and what the rules say of it. */
#define WORLD(text) (world_is(HERE, (text)), world_judge())
#define SAYS(id, severity, words) world_finding(HERE, (id), (severity), (words))
/* The only finding of its rule. */
#define SAYS_ONLY(id, severity, words)                                                   \
	do {                                                                             \
		(void)SAYS(id, severity, words);                                         \
		if (world_count(id) != 1)                                                \
			fail_msg("%s: %s says %zu things", HERE, (id), world_count(id)); \
	} while (0)
#define SILENT(id)                                                                      \
	do {                                                                            \
		if (world_count(id) > 0)                                                \
			fail_msg("%s: %s says \"%.*s\"", HERE, (id),                    \
				 STR_ARG(data_str(said, world_first(id), "sentence"))); \
	} while (0)
#define HAS_WORDS(row, field, words) world_has(HERE, (row), (field), (words))

static inline size_t world_first(const char *id)
{
	size_t i = 0;

	while (i < said->nrows && !str_eq_c(data_str(said, i, "id"), id))
		i++;
	return i;
}

#endif
