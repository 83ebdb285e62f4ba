/*
 * test_filter.c: the filter language, term by term, and its error messages.
 */
#include "model/filter.h"
#include "model_fixture.h"

static struct thing app, idle, empty;

static int setup(void **state)
{
	(void)state;
	SET(&app, struct thing, id, STR("orders-1"));
	SET(&app, struct thing, pid, 4711);
	SET(&app, struct thing, user_name, STR("app_rw"));
	SET(&app, struct thing, wait_event, STR("Lock:transactionid"));
	SET(&app, struct thing, wait_class, STR("Lock"));
	SET(&app, struct thing, state, STR("active"));
	SET(&app, struct thing, query, STR("select * from jobs for update -- a|b \"q\" 12:30"));
	SET(&app, struct thing, waiting, 1);
	SET(&app, struct thing, rows, 20000000);
	SET(&app, struct thing, read_bytes, 2 << 20);
	SET(&app, struct thing, age_us, 12 * US_PER_S);
	SET(&app, struct thing, started_at, INT64_C(1773668707) * US_PER_S); /* 2026-03-16T13:45:07Z */
	SET(&app, struct thing, hit_ratio, 0.95);
	SET(&app, struct thing, load, 1500.0);

	SET(&idle, struct thing, id, STR("orders-2"));
	SET(&idle, struct thing, pid, 12);
	SET(&idle, struct thing, user_name, STR(""));
	SET(&idle, struct thing, state, STR("idle"));
	SET(&idle, struct thing, waiting, 0);
	SET(&idle, struct thing, age_us, 5 * US_PER_S);
	return 0;
}

static void each_form_matches_as_documented(void **state)
{
	static const struct {
		const char *text;
		bool app, idle, empty;
	} rows[] = {
		{"", true, true, true},
		{"   ", true, true, true},
		{"ORDERS", true, true, false},
		{"for", true, false, false},
		{"\"for update\"", true, false, false},
		{"\"update for\"", false, false, false},
		{"update for", true, false, false}, /* two words, any order */
		{"471", true, false, false},        /* digits of a pid */
		{"20000000", false, false, false},  /* a quantity is not text */
		{"user:APP", true, false, false},
		{"user_name:app", true, false, false},
		{"user_n:app", true, false, false},
		{"USER:app", true, false, false},
		{"user:=app", false, false, false},
		{"user:=APP_RW", true, false, false},
		{"user:\"\"", false, true, false},
		{"!user:\"\"", true, false, true},
		{"class:lock", true, false, false},
		{"\"wait event\":transactionid", true, false, false},
		{"state:active|idle", true, true, false},
		{"state:idle|nothing", false, true, false},
		{"jobs|orders-2", true, true, false},
		{"!idle", true, false, true},
		{"!state:idle", true, false, true},
		{"!state:idle|active", false, false, true},
		{"!!state:idle", false, true, false},
		{">10s", true, false, false},
		{">=12s", true, false, false},
		{">12s", false, false, false},
		{"<=5s", false, true, false},
		{"<12s", false, true, false},
		{"=5", false, true, false},
		{"!>10s", false, true, true},
		{"read_bytes:>1MiB", true, false, false},
		{"read:>1MiB", true, false, false},
		{"read:<1MiB", false, false, false},
		{"read:2MiB", true, false, false},
		{"rows:>10M", true, false, false},
		{"rows:>10M|<5", true, false, false},
		{"pid:12", false, true, false},
		{"pid:>12", true, false, false},
		{"waiting:yes", true, false, false},
		{"waiting:no", false, true, false},
		{"hit:>90%", true, false, false},
		{"hit:<0.9", false, false, false},
		{"load:>=1.5k", true, false, false},
		{"started_at:2026-03-16", true, false, false},
		{"started_at:2026-03-16t13", true, false, false},
		{"started_at:2026-03-17", false, false, false},
		{"started_at:>2026-03-16", true, false, false},
		{"started_at:<2026-03-16T13:45:07Z", false, false, false},
		{"started_at:<=2026-03-16T13:45:07Z", true, false, false},
		{"id:>orders-1", false, true, false},
		{"\"12:30\"", true, false, false},
		{"\"a|b\"", true, false, false},
		{"\"\"\"q\"\"\"", true, false, false},
		{"query:\"for update\" pid:>1", true, false, false},
		{"user:app pid:12", false, false, false},
	};
	int main_field = rec_find(&thing_type, STR("age_us"));

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct filter *f = NULL;
		struct err err = {.code = ERR_NONE};

		if (!filter_parse(str_c(rows[i].text), &thing_type, main_field, &f, &err))
			fail_msg("%s: %s", rows[i].text, err.text);
		if (filter_match(f, &app) != rows[i].app || filter_match(f, &idle) != rows[i].idle ||
		    filter_match(f, &empty) != rows[i].empty)
			fail_msg("%s: %d %d %d", rows[i].text, filter_match(f, &app), filter_match(f, &idle),
				 filter_match(f, &empty));
		filter_free(f);
	}
}

static void mistakes_are_named(void **state)
{
	static const struct {
		const char *text, *words, *remedy;
	} rows[] = {
		{"usr_name:app", "there is no column \"usr_name\", did you mean \"user_name\"?", "in quotes"},
		{"nonsense:app", "there is no column \"nonsense\"", "in quotes"},
		{":app", "there is no column \"\"", NULL},
		{"wait:lock", "\"wait\" can be wait_event, wait_class, waiting", NULL},
		{"read:>fast", "read_bytes: \"fast\" is not a byte_counter", "512kB"},
		{"age:>x", "age_us: \"x\" is not a duration", "250ms"},
		{">soon", "age_us: \"soon\" is not a duration", "10s"},
		{"rows:many", "rows: \"many\" is not a count", "10M"},
		{"pid:1k", "pid: \"1k\" is not an int", "4711"},
		{"waiting:perhaps", "is not a bool", "yes or no"},
		{"hit:high", "is not a ratio", "95%"},
		{"load:high", "is not a real", "12.5"},
		{"started_at:>today", "is not a time", "2026-03-16"},
		{"user:", "a value is missing after \"user_name\"", NULL},
		{"user:a|", "a value is missing after \"user_name\"", NULL},
		{"a||b", "a value is missing", NULL},
		{"pid:>", "a value is missing after \"pid\"", NULL},
		{"!", "needs something to negate", NULL},
		{"\"for update", "a quote is not closed", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct filter *f = NULL;
		struct err err = {.code = ERR_NONE};

		if (filter_parse(str_c(rows[i].text), &thing_type, rec_find(&thing_type, STR("age_us")), &f, &err))
			fail_msg("%s was taken", rows[i].text);
		assert_null(f);
		assert_int_equal(err.code, ERR_USAGE);
		assert_has(err.text, rows[i].words);
		if (rows[i].remedy)
			assert_has(err.remedy, rows[i].remedy);
	}
}

static void a_bare_comparison_needs_a_main_column(void **state)
{
	struct filter *f = NULL;
	struct err err = {.code = ERR_NONE};

	(void)state;
	assert_false(filter_parse(STR("jobs >10s"), &thing_type, -1, &f, &err));
	assert_has(err.text, "\">10s\" needs a column here");
	assert_has(err.remedy, "COLUMN:>10s");
}

static void sizes_are_limited(void **state)
{
	char text[FILTER_TEXT_MAX + 2];
	struct filter *f = NULL;
	struct err err = {.code = ERR_NONE};

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_false(filter_parse((struct str){text, FILTER_TEXT_MAX + 1}, &thing_type, -1, &f, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_true(filter_parse((struct str){text, FILTER_TEXT_MAX}, &thing_type, -1, &f, &err));
	filter_free(f);
	for (size_t i = 0; i <= FILTER_TERMS_MAX; i++)
		memcpy(text + 2 * i, "a ", 2);
	f = NULL;
	assert_false(filter_parse((struct str){text, 2 * (FILTER_TERMS_MAX + 1)}, &thing_type, -1, &f, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_true(filter_parse((struct str){text, 2 * FILTER_TERMS_MAX}, &thing_type, -1, &f, &err));
	filter_free(f);
	memset(text, '|', sizeof(text));
	for (size_t i = 0; i < FILTER_TEXT_MAX; i += 2)
		text[i] = 'a';
	text[FILTER_TEXT_MAX - 1] = 'a';
	assert_true(filter_parse((struct str){text, FILTER_TEXT_MAX}, &thing_type, -1, &f, &err));
	assert_true(filter_match(f, &app));
	filter_free(f);
}

/* Every short string over the letters that mean something either parses or has words. */
static void no_input_breaks_it(void **state)
{
	static const char letters[] = "a:|!>=\" ";
	char text[6];

	(void)state;
	for (size_t n = 0; n < 8 * 8 * 8 * 8 * 8; n++) {
		struct filter *f = NULL;
		struct err err = {.code = ERR_NONE};
		size_t rest = n;

		for (size_t i = 0; i < 5; i++, rest /= 8)
			text[i] = letters[rest % 8];
		text[5] = '\0';
		if (filter_parse((struct str){text, 5}, &thing_type, 0, &f, &err)) {
			filter_match(f, &app);
			filter_match(f, &empty);
		} else {
			assert_true(err.text[0] != '\0' && !f);
		}
		filter_free(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_matches_as_documented),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(a_bare_comparison_needs_a_main_column),
		cmocka_unit_test(sizes_are_limited),
		cmocka_unit_test(no_input_breaks_it),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
