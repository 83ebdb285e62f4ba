/* The audit log as it is written: a full file makes room, the oldest one goes, and no line is lost in between. */
#include "audit/audit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
/* after those above */
#include <cmocka.h>

static char home[200], path[300];

static int setup(void **state)
{
	(void)state;
	snprintf(home, sizeof(home), "%s/auroratop-audit-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(home));
	snprintf(path, sizeof(path), "%s/auroratop/audit.jsonl", home);
	return setenv("XDG_STATE_HOME", home, 1);
}

static int teardown(void **state)
{
	char command[400];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", home);
	return system(command);
}

static void write_entry(const char *id)
{
	const struct audit_entry e = {.id = id,
				      .phase = "intent",
				      .action = "vacuum",
				      .cluster = "",
				      .node = "",
				      .database = "orders",
				      .role = "keeper",
				      .tier = 1,
				      .object = STR("shop.orders"),
				      .statement = STR("VACUUM shop.orders"),
				      .took_us = -1};
	struct err err = {0};

	assert_true(audit_write(&e, &err));
}

/* The bytes of the i-th older file, 0 = the newest; -1: there is none. */
static long long size_of(int i)
{
	char name[340];
	struct stat st;

	if (i == 0)
		snprintf(name, sizeof(name), "%s", path);
	else
		snprintf(name, sizeof(name), "%s.%d", path, i);
	if (stat(name, &st) != 0)
		return -1;
	assert_int_equal(st.st_mode & 0777, 0600);
	return (long long)st.st_size;
}

static bool newest_has(const char *id)
{
	char line[4096] = "";
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	fclose(f);
	return strstr(line, id) != NULL;
}

static void test_a_full_file_is_rotated(void **state)
{
	(void)state;
	write_entry("first");
	assert_int_equal(size_of(1), -1);
	for (int i = 0; i < AUDIT_FILES_MAX + 2; i++) {
		char id[24];

		/* as long as a full one, and a little more each time */
		assert_int_equal(truncate(path, (off_t)AUDIT_BYTES_MAX + i), 0);
		snprintf(id, sizeof(id), "after-%d", i);
		write_entry(id);
		assert_true(newest_has(id));
		assert_true(size_of(0) < 1000);
		assert_int_equal(size_of(1), (long long)AUDIT_BYTES_MAX + i);
	}
	/* each moved one place on, and the oldest are gone */
	assert_int_equal(size_of(AUDIT_FILES_MAX - 1), (long long)AUDIT_BYTES_MAX + 3);
	assert_int_equal(size_of(AUDIT_FILES_MAX), -1);
	/* one that has room is written on */
	long long before = size_of(0);
	write_entry("next");
	assert_true(size_of(0) > before);
	assert_int_equal(size_of(1), (long long)AUDIT_BYTES_MAX + AUDIT_FILES_MAX + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_full_file_is_rotated, setup, teardown)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
