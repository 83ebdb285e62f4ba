/*
 * test_verdict_engine.c: what appears, when it goes, since when it is, and what is muted.
 */
#include "verdict/engine.h"

#include "base/clock.h"
#include "verdict/verdict_impl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <stdio.h>

#define START_US (INT64_C(1773755107) * US_PER_S)

static struct verdict_engine *engine;
static const struct snapshot *shown;
static int64_t now;

static int fresh(void **state)
{
	(void)state;
	engine = verdict_engine_new();
	shown = NULL;
	now = START_US;
	return 0;
}

static int over(void **state)
{
	(void)state;
	snapshot_unref(shown);
	verdict_engine_free(engine);
	return 0;
}

static struct snapshot *look(void)
{
	struct snapshot *s = snapshot_new(&verdict_type, "verdicts");

	now += US_PER_S;
	s->at_us = now;
	return s;
}

static void found(struct snapshot *s, const char *id, const char *object, enum severity severity, const char *sentence)
{
	struct finding *x = snapshot_add_row(s);

	SET(x, struct finding, id, str_c(id));
	if (object[0])
		SET(x, struct finding, object, str_c(object));
	SET(x, struct finding, severity, str_c(severity_word(severity)));
	SET(x, struct finding, sentence, arena_str(s->arena, str_c(sentence)));
}

static void settle(struct snapshot *s)
{
	verdict_engine_settle(engine, s);
	snapshot_unref(shown);
	shown = snapshot_publish(s);
}

/* One finding, or none, and what is then shown of it. */
static void step(enum severity severity, const char *sentence)
{
	struct snapshot *s = look();

	if (severity != SEV_NONE)
		found(s, "sessions.blocked", "", severity, sentence);
	settle(s);
}

static const char *severity_shown(void)
{
	assert_true(shown->nrows <= 1);
	return shown->nrows == 0 ? "nothing" : severity_word(severity_of_word(data_str(shown, 0, "severity")));
}

static void shows(const char *severity)
{
	assert_string_equal(severity_shown(), severity);
}

static void test_appears_after_three(void **state)
{
	(void)state;
	step(SEV_CRIT, "1 session blocked");
	shows("nothing");
	step(SEV_CRIT, "2 sessions blocked");
	shows("nothing");
	step(SEV_CRIT, "3 sessions blocked");
	shows("critical");
	assert_int_equal(data_i64(shown, 0, "since_at", 0), START_US + 3 * US_PER_S);
	step(SEV_CRIT, "4 sessions blocked");
	/* the words are of now, the beginning stays */
	assert_true(str_eq_c(data_str(shown, 0, "sentence"), "4 sessions blocked"));
	assert_int_equal(data_i64(shown, 0, "since_at", 0), START_US + 3 * US_PER_S);
}

static void test_a_flicker_is_not_shown(void **state)
{
	(void)state;
	for (int i = 0; i < 6; i++) {
		step(SEV_CRIT, "blocked");
		step(SEV_CRIT, "blocked");
		step(SEV_OK, "no session waits");
		shows("ok");
	}
}

static void test_clears_after_five(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		step(SEV_WARN, "blocked");
	for (int i = 0; i < 4; i++) {
		step(SEV_OK, "no session waits");
		shows("warning");
		assert_true(str_eq_c(data_str(shown, 0, "sentence"), "blocked"));
	}
	step(SEV_OK, "no session waits");
	shows("ok");
	assert_true(str_eq_c(data_str(shown, 0, "sentence"), "no session waits"));
}

static void test_one_relapse_starts_clearing_anew(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		step(SEV_WARN, "blocked");
	for (int i = 0; i < 4; i++)
		step(SEV_OK, "well");
	step(SEV_WARN, "blocked");
	for (int i = 0; i < 4; i++) {
		step(SEV_OK, "well");
		shows("warning");
	}
	step(SEV_OK, "well");
	shows("ok");
}

static void test_gone_clears_too(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		step(SEV_CRIT, "blocked");
	for (int i = 0; i < 4; i++) {
		step(SEV_NONE, "");
		shows("critical");
	}
	step(SEV_NONE, "");
	shows("nothing");
}

static void test_worse_needs_three_better_five(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		step(SEV_WARN, "blocked 31s");
	step(SEV_CRIT, "blocked 5m01s");
	step(SEV_CRIT, "blocked 5m02s");
	shows("warning");
	step(SEV_CRIT, "blocked 5m03s");
	shows("critical");
	for (int i = 0; i < 4; i++) {
		step(SEV_WARN, "blocked 40s");
		shows("critical");
	}
	step(SEV_WARN, "blocked 40s");
	shows("warning");
}

static void says(const char *sentence)
{
	assert_int_equal(shown->nrows, 1);
	if (!str_eq_c(data_str(shown, 0, "sentence"), sentence))
		fail_msg("it says \"%.*s\"", STR_ARG(data_str(shown, 0, "sentence")));
}

/* Three looks of which one is critical are no three critical looks. */
static void test_the_mildest_of_worse_ones_appears(void **state)
{
	(void)state;
	step(SEV_WARN, "blocked 31s");
	step(SEV_WARN, "blocked 32s");
	step(SEV_CRIT, "blocked 5m01s");
	shows("warning");
	says("blocked 32s");
	assert_int_equal(data_i64(shown, 0, "since_at", 0), START_US + 3 * US_PER_S);
	/* the critical one was one of three */
	step(SEV_CRIT, "blocked 5m02s");
	shows("warning");
	step(SEV_CRIT, "blocked 5m03s");
	shows("critical");
	says("blocked 5m03s");
}

static void test_the_mildest_comes_first_or_last(void **state)
{
	(void)state;
	step(SEV_CRIT, "critical");
	step(SEV_CRIT, "critical");
	step(SEV_WARN, "warning");
	shows("warning");
	says("warning");
	step(SEV_CRIT, "critical");
	step(SEV_WARN, "warning");
	step(SEV_CRIT, "critical");
	step(SEV_CRIT, "critical");
	shows("warning");
	step(SEV_CRIT, "critical");
	shows("critical");
}

/* Four warnings and one ok are five times better than critical, and once ok. */
static void test_the_worst_of_better_ones_stays(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		step(SEV_CRIT, "blocked 6m");
	for (int i = 0; i < 4; i++)
		step(SEV_WARN, "blocked 40s");
	shows("critical");
	step(SEV_OK, "well");
	shows("warning");
	says("blocked 40s");
	for (int i = 0; i < 3; i++) {
		step(SEV_OK, "well");
		shows("warning");
	}
	step(SEV_OK, "well");
	shows("ok");
}

/* The same where nothing is found any more. */
static void test_the_worst_stays_when_the_rest_is_gone(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		step(SEV_CRIT, "blocked 6m");
	step(SEV_WARN, "blocked 40s");
	for (int i = 0; i < 3; i++)
		step(SEV_NONE, "");
	shows("critical");
	step(SEV_NONE, "");
	shows("warning");
	says("blocked 40s");
	for (int i = 0; i < 3; i++) {
		step(SEV_NONE, "");
		shows("warning");
	}
	step(SEV_NONE, "");
	shows("nothing");
}

static void test_ok_is_shown_at_once_and_goes_at_once(void **state)
{
	(void)state;
	step(SEV_OK, "well");
	shows("ok");
	step(SEV_NONE, "");
	shows("nothing");
}

static void test_objects_are_apart(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct snapshot *s = look();

		found(s, "capacity.cpu", "orders-1", SEV_WARN, "orders-1 uses 93 %");
		found(s, "capacity.cpu", "orders-2", i < 1 ? SEV_WARN : SEV_OK, "orders-2");
		settle(s);
	}
	assert_int_equal(shown->nrows, 2);
	assert_true(str_eq_c(data_str(shown, 0, "severity"), "warning"));
	assert_true(str_eq_c(data_str(shown, 1, "severity"), "ok"));
}

static void test_acknowledged_until_worse(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		step(SEV_WARN, "blocked");
	assert_true(verdict_engine_mute(engine, STR("sessions.blocked"), STR(""), 0, now));
	step(SEV_WARN, "blocked");
	assert_true(str_eq_c(data_str(shown, 0, "muted"), "acknowledged"));
	for (int i = 0; i < 3; i++)
		step(SEV_CRIT, "blocked 6m");
	shows("critical");
	assert_int_equal(data_str(shown, 0, "muted").len, 0);
}

static void test_acknowledged_is_forgotten_when_it_is_over(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		step(SEV_WARN, "blocked");
	assert_true(verdict_engine_mute(engine, STR("sessions.blocked"), STR(""), 0, now));
	for (int i = 0; i < 6; i++)
		step(SEV_OK, "well");
	for (int i = 0; i < 3; i++)
		step(SEV_WARN, "blocked again");
	shows("warning");
	assert_int_equal(data_str(shown, 0, "muted").len, 0);
}

static void test_snoozed_until_its_time(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		step(SEV_CRIT, "blocked");
	assert_true(verdict_engine_mute(engine, STR("sessions.blocked"), STR(""), now + 10 * US_PER_S, now));
	step(SEV_CRIT, "blocked");
	assert_true(str_eq_c(data_str(shown, 0, "muted"), "snoozed"));
	assert_int_equal(data_i64(shown, 0, "muted_until_at", 0), START_US + 13 * US_PER_S);
	now += 9 * US_PER_S;
	step(SEV_CRIT, "blocked");
	assert_int_equal(data_str(shown, 0, "muted").len, 0);
}

static void test_muting_twice_takes_it_back(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		step(SEV_WARN, "blocked");
	assert_true(verdict_engine_mute(engine, STR("sessions.blocked"), STR(""), 0, now));
	assert_true(verdict_engine_mute(engine, STR("sessions.blocked"), STR(""), 0, now));
	step(SEV_WARN, "blocked");
	assert_int_equal(data_str(shown, 0, "muted").len, 0);
}

static void test_what_is_well_or_unknown_to_the_list_is_not_muted(void **state)
{
	(void)state;
	assert_false(verdict_engine_mute(engine, STR("sessions.blocked"), STR(""), 0, now));
	step(SEV_OK, "well");
	assert_false(verdict_engine_mute(engine, STR("sessions.blocked"), STR(""), 0, now));
	assert_false(verdict_engine_mute(engine, STR("no.such"), STR(""), 0, now));
}

/* Of rule 3 and rule 5: what rests stays in its place, and is judged again when something changed or time has passed.
 */
static void test_a_rule_rests(void **state)
{
	const char *const ids[] = {"backup.age", "storage.volume"};
	const size_t rules[] = {3, 5};

	(void)state;
	for (int round = 0; round < 4; round++) {
		struct snapshot *s = look();

		for (size_t i = 0; i < 2; i++) {
			if (verdict_engine_rests(engine, rules[i], 7, now))
				continue;
			found(s, ids[i], "", i == 0 ? SEV_WARN : SEV_OK, "as it was");
			SET((struct finding *)s->rows + s->nrows - 1, struct finding, place, (int64_t)rules[i]);
		}
		settle(s);
		/* a warning is judged until it has appeared; what is ok is so at once */
		assert_int_equal(shown->nrows, round < 2 ? 1 : 2);
	}
	assert_true(str_eq_c(data_str(shown, 0, "id"), "backup.age"));
	assert_true(str_eq_c(data_str(shown, 1, "id"), "storage.volume"));
	assert_true(verdict_engine_rests(engine, 3, 7, now));
	assert_false(verdict_engine_rests(engine, 3, 8, now));
	assert_false(verdict_engine_rests(engine, 5, 7, now + VERDICT_REST_US));
	assert_false(verdict_engine_rests(engine, 5, 7, now - US_PER_S));
}

static void test_many(void **state)
{
	(void)state;
	for (int round = 0; round < 4; round++) {
		struct snapshot *s = look();

		for (int i = 0; i < FINDINGS_MAX; i++) {
			char object[16];

			(void)snprintf(object, sizeof object, "o-%d-%d", round / 3, i);
			found(s, "capacity.cpu", "", SEV_WARN, "x");
			SET((struct finding *)s->rows + s->nrows - 1, struct finding, object,
			    arena_str(s->arena, str_c(object)));
		}
		settle(s);
		assert_true(shown->nrows <= FINDINGS_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_appears_after_three, fresh, over),
		cmocka_unit_test_setup_teardown(test_a_flicker_is_not_shown, fresh, over),
		cmocka_unit_test_setup_teardown(test_clears_after_five, fresh, over),
		cmocka_unit_test_setup_teardown(test_one_relapse_starts_clearing_anew, fresh, over),
		cmocka_unit_test_setup_teardown(test_gone_clears_too, fresh, over),
		cmocka_unit_test_setup_teardown(test_worse_needs_three_better_five, fresh, over),
		cmocka_unit_test_setup_teardown(test_the_mildest_of_worse_ones_appears, fresh, over),
		cmocka_unit_test_setup_teardown(test_the_mildest_comes_first_or_last, fresh, over),
		cmocka_unit_test_setup_teardown(test_the_worst_of_better_ones_stays, fresh, over),
		cmocka_unit_test_setup_teardown(test_the_worst_stays_when_the_rest_is_gone, fresh, over),
		cmocka_unit_test_setup_teardown(test_ok_is_shown_at_once_and_goes_at_once, fresh, over),
		cmocka_unit_test_setup_teardown(test_objects_are_apart, fresh, over),
		cmocka_unit_test_setup_teardown(test_acknowledged_until_worse, fresh, over),
		cmocka_unit_test_setup_teardown(test_acknowledged_is_forgotten_when_it_is_over, fresh, over),
		cmocka_unit_test_setup_teardown(test_snoozed_until_its_time, fresh, over),
		cmocka_unit_test_setup_teardown(test_muting_twice_takes_it_back, fresh, over),
		cmocka_unit_test_setup_teardown(test_what_is_well_or_unknown_to_the_list_is_not_muted, fresh, over),
		cmocka_unit_test_setup_teardown(test_a_rule_rests, fresh, over),
		cmocka_unit_test_setup_teardown(test_many, fresh, over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
