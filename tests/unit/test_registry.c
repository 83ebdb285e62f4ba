/*
 * test_registry.c: the tables of the program fit each other: sources, records, panes, columns,
 * and the field names that panes read.
 */
#include "registry.h"
#include "ui/panes/logs_merge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>

static void test_registry(void **state)
{
	struct err err = {.code = ERR_NONE};

	(void)state;
	if (!registry_check(&err))
		fail_msg("%s", err.text);
	assert_true(registry_nsources >= 12);
	assert_int_equal(registry_find("sessions"), registry_find("sessions"));
	assert_true(registry_find("sessions") >= 0);
	assert_int_equal(registry_find("session"), -1);
}

/* Every source is either of AWS or of the database, so that --db alone knows what to leave out. */
static void test_flags(void **state)
{
	(void)state;
	for (size_t i = 0; i < registry_nsources; i++) {
		const struct source *s = registry_sources[i];

		if (s->derive)
			continue;
		assert_int_equal(!!(s->flags & SOURCE_AWS) + !!(s->flags & SOURCE_DB) + !!(s->flags & SOURCE_LOCAL), 1);
		assert_true(s->lane < LANE__COUNT);
		assert_int_equal(s->lane == LANE_SAMPLER || s->lane == LANE_SLOW || s->lane == LANE_ACTION,
				 !!(s->flags & SOURCE_DB));
	}
}

static void test_pane_sources_exist(void **state)
{
	(void)state;
	for (size_t i = 0; i < npane_defs; i++) {
		struct str rest = str_c(pane_defs[i]->sources), name;

		assert_true(pane_defs[i]->name[0] && pane_defs[i]->title[0] && pane_defs[i]->help[0]);
		while (str_split(&rest, ' ', &name)) {
			char word[64];

			(void)snprintf(word, sizeof word, STR_FMT, STR_ARG(name));
			if (registry_find(word) < 0)
				fail_msg("pane %s: no source %s", pane_defs[i]->name, word);
		}
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(pane_defs[i]->name, pane_defs[k]->name);
		if (pane_defs[i]->digit)
			assert_true(view_by_digit(pane_defs[i]->digit) >= 0);
	}
}

static void test_table_columns_exist(void **state)
{
	size_t tables = 0;

	(void)state;
	for (size_t i = 0; i < npane_defs; i++) {
		const struct table_def *d = pane_defs[i]->table;
		struct err err;
		int source;

		if (!d)
			continue;
		tables++;
		source = registry_find(d->source);
		assert_true(source >= 0);
		if (!table_check(d, registry_sources[source]->type, &err))
			fail_msg("%s", err.text);
		assert_true(d->ncolumns <= TABLE_COLUMNS_MAX);
		assert_true(d->empty && d->empty[0] && d->noun && d->noun[0]);
		/* a pane that makes its rows itself shows them as soon as it has any */
		if (!pane_defs[i]->any_source)
			assert_int_equal(str_starts(str_c(pane_defs[i]->sources), str_c(d->source)), 1);
		for (size_t c = 0; c < d->ncolumns; c++)
			assert_true(d->columns[c].max == 0 || d->columns[c].max >= d->columns[c].min);
	}
	assert_true(tables >= 8);
}

static void test_table_check_finds_faults(void **state)
{
	static const struct table_column wrong[] = {{.field = "pid"}, {.field = "qery"}};
	static const struct table_column right[] = {{.field = "pid"}};
	const struct rec_type *type = registry_sources[registry_find("sessions")]->type;
	struct table_def d = {.source = "sessions", .columns = wrong, .ncolumns = 2};
	struct err err;

	(void)state;
	assert_false(table_check(&d, type, &err));
	assert_non_null(strstr(err.text, "qery"));
	d = (struct table_def){.source = "sessions", .columns = right, .ncolumns = 1, .order = "-nothing"};
	assert_false(table_check(&d, type, &err));
	d.order = "-pid";
	assert_true(table_check(&d, type, &err));
	d.main_field = "nothing";
	assert_false(table_check(&d, type, &err));
}

/* Of a source or a command. */
static bool is_field_of_some_source(struct str name)
{
	for (size_t i = 0; i < registry_ncommands; i++)
		if (rec_find(registry_commands[i]->type, name) >= 0)
			return true;
	for (size_t i = 0; i < registry_nsources; i++)
		if (rec_find(registry_sources[i]->type, name) >= 0)
			return true;
	for (size_t i = 0; i < registry_ncommands; i++)
		if (rec_find(registry_commands[i]->type, name) >= 0)
			return true;
	return rec_find(&logs_group_type, name) >= 0;
}

/* Panes read records by name: data_i64(s, row, "name", ...). A name no source has would read as absent for ever. */
static size_t check_file(const char *path)
{
	static char text[1 << 18];
	FILE *in = fopen(path, "rb");
	size_t n, names = 0;
	struct str all;

	assert_non_null(in);
	n = fread(text, 1, sizeof text, in);
	(void)fclose(in);
	all = (struct str){text, n};
	for (long at = 0; (at = str_find(all, STR("data_"), (size_t)at)) >= 0; at++) {
		long open = str_find(all, STR("\""), (size_t)at), end = str_find(all, STR(";"), (size_t)at), close;
		struct str call = str_sub(all, (size_t)at, (size_t)at + 16);

		if (open < 0 || end < open ||
		    !(str_starts(call, STR("data_i64(")) || str_starts(call, STR("data_f64(")) ||
		      str_starts(call, STR("data_str(")) || str_starts(call, STR("data_rate("))))
			continue;
		close = str_find(all, STR("\""), (size_t)open + 1);
		if (!is_field_of_some_source(str_sub(all, (size_t)open + 1, (size_t)close)))
			fail_msg("%s reads \"" STR_FMT "\", which no record has", path,
				 STR_ARG(str_sub(all, (size_t)open + 1, (size_t)close)));
		names++;
	}
	return names;
}

static size_t check_folder(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	size_t names = 0;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		char path[1024];

		if (!str_ends(str_c(e->d_name), STR(".c")))
			continue;
		(void)snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		names += check_file(path);
	}
	(void)closedir(d);
	return names;
}

static void test_names_that_panes_read(void **state)
{
	(void)state;
	assert_true(check_folder(SOURCE_DIR "/src/ui/panes") > 50);
	assert_true(check_folder(SOURCE_DIR "/src/ui") > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_registry),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_pane_sources_exist),
		cmocka_unit_test(test_table_columns_exist),
		cmocka_unit_test(test_table_check_finds_faults),
		cmocka_unit_test(test_names_that_panes_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
