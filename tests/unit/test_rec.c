/*
 * test_rec.c: generic access to records, the audit, and keys.
 */
#include "model_fixture.h"

static void the_fixture_passes_the_audit(void **state)
{
	struct err err = {.code = ERR_NONE};

	(void)state;
	if (!rec_check(&thing_type, &err))
		fail_msg("%s", err.text);
}

static void values_come_back_as_stored(void **state)
{
	struct thing t = {.present = 0};
	union value v;

	(void)state;
	for (size_t i = 0; i < thing_type.nfields; i++)
		assert_false(rec_get(&thing_fields[i], &t, &v));
	t.pid = 7; /* stored, but not present: NULL */
	assert_false(rec_get(&thing_fields[rec_find(&thing_type, STR("pid"))], &t, &v));
	v.str = STR("x y");
	rec_set(&thing_fields[rec_find(&thing_type, STR("query"))], &t, v);
	v.f64 = 0.25;
	rec_set(&thing_fields[rec_find(&thing_type, STR("hit_ratio"))], &t, v);
	v.i64 = -3;
	rec_set(&thing_fields[rec_find(&thing_type, STR("rows"))], &t, v);
	assert_true(HAS(&t, struct thing, query) && HAS(&t, struct thing, hit_ratio) && HAS(&t, struct thing, rows));
	assert_false(HAS(&t, struct thing, host));
	assert_str(t.query, "x y");
	assert_true(t.hit_ratio > 0.24 && t.hit_ratio < 0.26);
	assert_int_equal(t.rows, -3);
	assert_true(rec_get(&thing_fields[rec_find(&thing_type, STR("query"))], &t, &v));
	assert_str(v.str, "x y");
	assert_true(rec_get(&thing_fields[rec_find(&thing_type, STR("rows"))], &t, &v));
	assert_int_equal(v.i64, -3);
	assert_int_equal(rec_find(&thing_type, STR("row")), -1);
	assert_int_equal(rec_find(&thing_type, STR("id")), 0);
}

struct bad {
	uint64_t present;
	int64_t first;
	int64_t second;
	struct str text;
};

#define WORDS .title = "T", .help = "H."

static void audit(const struct field *fields, size_t n, const char *want)
{
	struct rec_type type = {.name = "bad", .size = sizeof(struct bad), .fields = fields, .nfields = n};
	struct err err = {.code = ERR_NONE};

	assert_false(rec_check(&type, &err));
	assert_has(err.text, want);
}

static void the_audit_finds_each_fault(void **state)
{
	static const struct field missing[] = {
		FIELD(struct bad, first, K_INT, WORDS),
		FIELD(struct bad, text, K_TEXT, WORDS),
	};
	static const struct field twice[] = {
		FIELD(struct bad, first, K_INT, WORDS),
		{.name = "other", .kind = K_INT, .offset = offsetof(struct bad, first), WORDS},
		FIELD(struct bad, second, K_INT, WORDS),
		FIELD(struct bad, text, K_TEXT, WORDS),
	};
	static const struct field overlap[] = {
		FIELD(struct bad, first, K_INT, WORDS),
		{.name = "wide", .kind = K_TEXT, .offset = offsetof(struct bad, second), WORDS},
		FIELD(struct bad, text, K_TEXT, WORDS),
	};
	static const struct field outside[] = {{.name = "x", .kind = K_TEXT, .offset = sizeof(struct bad) - 8, WORDS}};
	static const struct field in_mask[] = {{.name = "x", .kind = K_INT, .offset = 0, WORDS}};
	static const struct field name_twice[] = {
		FIELD(struct bad, first, K_INT, WORDS),
		{.name = "first", .kind = K_INT, .offset = offsetof(struct bad, second), WORDS},
		FIELD(struct bad, text, K_TEXT, WORDS),
	};
	static const struct field no_title[] = {FIELD(struct bad, first, K_INT, .help = "H.")};
	static const struct field no_help[] = {FIELD(struct bad, first, K_INT, .title = "T")};
	static const struct field camel[] = {{.name = "sizeBytes", .kind = K_INT, .offset = 8, WORDS}};
	static const struct field wrong_unit[] = {{.name = "size_bytes", .kind = K_INT, .offset = 8, WORDS}};
	static const struct field no_unit[] = {{.name = "age", .kind = K_DURATION_US, .offset = 8, WORDS}};
	static const struct field no_at[] = {{.name = "start_us", .kind = K_TIME_US, .offset = 8, WORDS}};
	static const struct field rate[] = {FIELD(struct bad, text, K_TEXT, WORDS, .flags = F_RATE)};
	static const struct field list[] = {FIELD(struct bad, first, K_INT, WORDS, .flags = F_LIST)};
	static const struct field both[] = {FIELD(struct bad, first, K_INT, WORDS, .wire = "X", .flags = F_COMPUTED)};
	static const struct field open_sql[] = {FIELD(struct bad, text, K_SQL, WORDS)};
	static const struct field no_kind[] = {{.name = "x", .kind = K__COUNT, .offset = 8, WORDS}};

	(void)state;
	audit(missing, ARRAY_LEN(missing), "no field claims the member at offset 16");
	audit(twice, ARRAY_LEN(twice), "bad.other: slot claimed twice");
	audit(overlap, ARRAY_LEN(overlap), "bad.text: slot claimed twice");
	audit(outside, ARRAY_LEN(outside), "bad.x: lies outside");
	audit(in_mask, ARRAY_LEN(in_mask), "bad.x: lies outside");
	audit(name_twice, ARRAY_LEN(name_twice), "bad.first: name used twice");
	audit(no_title, 1, "bad.first: no title");
	audit(no_help, 1, "bad.first: no help");
	audit(camel, 1, "not snake_case");
	audit(wrong_unit, 1, "name ends in _bytes but the kind is int");
	audit(no_unit, 1, "the name of a duration must end in _us");
	audit(no_at, 1, "must end in _at");
	audit(rate, 1, "a text cannot have a rate");
	audit(list, 1, "only a text can be a list");
	audit(both, 1, "computed, yet it has a wire path");
	audit(open_sql, 1, "must be sensitive");
	audit(no_kind, 1, "no name or no kind");
}

static void the_audit_reports_all_faults_at_once(void **state)
{
	static const struct field fields[] = {
		FIELD(struct bad, first, K_INT, .title = "T"),
		FIELD(struct bad, second, K_INT, .help = "H."),
	};
	struct rec_type type = {.name = "bad", .size = sizeof(struct bad), .fields = fields, .nfields = 2};
	struct rec_type next = {.name = "next", .size = 12, .fields = fields, .nfields = 0};
	struct err err = {.code = ERR_NONE};

	(void)state;
	assert_false(rec_check(&type, &err));
	assert_false(rec_check(&next, &err));
	assert_string_equal(err.text, "bad.first: no help; bad.second: no title; "
				      "bad: no field claims the member at offset 24; "
				      "bad: no field claims the member at offset 32; "
				      "next: size is not that of a record");
	assert_int_equal(err.code, ERR_CONFIG);
}

/* One more than a key may have. */
static void the_audit_counts_what_is_key(void **state)
{
	struct field fields[REC_KEY_MAX + 1];
	char names[ARRAY_LEN(fields)][8];
	struct rec_type type = {
		.name = "wide", .size = 8 * (ARRAY_LEN(fields) + 1), .fields = fields, .nfields = ARRAY_LEN(fields)};
	struct err err = {.code = ERR_NONE};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		snprintf(names[i], sizeof(names[i]), "f%zu", i);
		fields[i] = (struct field){
			.name = names[i], .kind = K_INT, .offset = (uint16_t)(8 * (i + 1)), .flags = F_KEY, WORDS};
	}
	assert_false(rec_check(&type, &err));
	assert_string_equal(err.text, "wide: too many fields are its key");
	fields[0].flags = 0;
	assert_true(rec_check(&type, &err));
}

struct pair {
	uint64_t present;
	struct str a, b;
	int64_t n;
};

static const struct field pair_fields[] = {
	FIELD(struct pair, a, K_ID, WORDS, .flags = F_KEY),
	FIELD(struct pair, b, K_ID, WORDS, .flags = F_KEY),
	FIELD(struct pair, n, K_INT, WORDS, .flags = F_KEY),
};
static const struct rec_type pair_type = REC_TYPE(struct pair, "pair", pair_fields);

static void set_pair(struct pair *p, const char *a, const char *b, int64_t n)
{
	*p = (struct pair){.present = 0};
	SET(p, struct pair, n, n);
	if (a)
		SET(p, struct pair, a, str_c(a));
	if (b)
		SET(p, struct pair, b, str_c(b));
}

static void keys_compare_field_by_field(void **state)
{
	struct pair x, y;

	(void)state;
	set_pair(&x, "a", "b", 1);
	set_pair(&y, "a", "c", 0);
	assert_true(rec_compare_key(&pair_type, &x, &y) < 0);
	assert_true(rec_compare_key(&pair_type, &y, &x) > 0);
	set_pair(&y, "a", "b", 1);
	assert_int_equal(rec_compare_key(&pair_type, &x, &y), 0);
	set_pair(&y, "a", NULL, 0);
	assert_true(rec_compare_key(&pair_type, &x, &y) < 0);
	assert_true(rec_compare_key(&pair_type, &y, &x) > 0);
	set_pair(&x, "a", NULL, 0);
	assert_int_equal(rec_compare_key(&pair_type, &x, &y), 0);
}

static void different_rows_have_different_key_texts(void **state)
{
	static const struct {
		const char *a, *b;
	} keys[] = {
		{"a", "b"},
		{"a\x1f"
		 "b",
		 ""},
		{"a", ""},
		{"a", NULL},
		{"", "a"},
		{NULL, "a"},
		{"\x1e", "a"},
		{"a\x1f", "b"},
		{"a", "\x1f"
		      "b"},
		{"a\x1d_", "b"},
		{"a\x1d\x5d", ""},
		{NULL, NULL},
		{"", ""},
		{"ab", ""},
	};
	char texts[ARRAY_LEN(keys)][64];
	struct pair p;
	struct buf out;

	(void)state;
	buf_init(&out, 64);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		set_pair(&p, keys[i].a, keys[i].b, 12);
		buf_clear(&out);
		assert_true(rec_key_text(&pair_type, &p, &out));
		snprintf(texts[i], sizeof(texts[i]), "%s", buf_c(&out));
		for (size_t other = 0; other < i; other++)
			assert_string_not_equal(texts[i], texts[other]);
	}
	assert_string_equal(texts[0], "a\x1f"
				      "b\x1f"
				      "12");
	buf_release(&out);
	buf_init(&out, 3);
	assert_false(rec_key_text(&pair_type, &p, &out) && rec_key_text(&pair_type, &p, &out));
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fixture_passes_the_audit),
		cmocka_unit_test(values_come_back_as_stored),
		cmocka_unit_test(the_audit_finds_each_fault),
		cmocka_unit_test(the_audit_counts_what_is_key),
		cmocka_unit_test(the_audit_reports_all_faults_at_once),
		cmocka_unit_test(keys_compare_field_by_field),
		cmocka_unit_test(different_rows_have_different_key_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
