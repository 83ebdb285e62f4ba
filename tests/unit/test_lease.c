/* Leases: remembered until they are taken back, held by a living console only, and no file of others does harm. */
#include "audit/lease.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
/* after those above */
#include <cmocka.h>

static char home[200], folder[300];

static struct lease lease_of(const char *id, const char *target)
{
	struct lease l = {.until_us = 1795669543729018, .unset = true};

	snprintf(l.id, sizeof(l.id), "%s", id);
	snprintf(l.operation, sizeof(l.operation), "slow log");
	snprintf(l.target, sizeof(l.target), "%s", target);
	snprintf(l.object, sizeof(l.object), "group \"1\"\n");
	snprintf(l.parameter, sizeof(l.parameter), "log_min_duration_statement");
	snprintf(l.value, sizeof(l.value), "250");
	snprintf(l.owner, sizeof(l.owner), "me@here");
	return l;
}

static size_t listed(const char *target, struct lease *out, bool *left)
{
	return lease_list(target, out, left, LEASES_MAX);
}

static int setup(void **state)
{
	(void)state;
	snprintf(home, sizeof(home), "%s/auroratop-lease-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(home));
	snprintf(folder, sizeof(folder), "%s/auroratop/leases", home);
	return setenv("XDG_STATE_HOME", home, 1);
}

static int teardown(void **state)
{
	char command[400];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", home);
	return system(command);
}

static void test_taken_and_ended(void **state)
{
	struct lease l = lease_of("1-2-3", "orders"), all[LEASES_MAX];
	struct lease_hold *hold = NULL;
	bool left[LEASES_MAX];
	struct err err = {0};
	struct stat st;
	char path[400];

	(void)state;
	assert_int_equal(listed("orders", all, left), 0);
	assert_true(lease_take(&l, &hold, &err));
	snprintf(path, sizeof(path), "%s/1-2-3.json", folder);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(listed("orders", all, left), 1);
	assert_false(left[0]);
	assert_string_equal(all[0].object, l.object);
	assert_string_equal(all[0].value, "250");
	assert_string_equal(all[0].owner, "me@here");
	assert_true(all[0].unset);
	assert_int_equal(all[0].until_us, l.until_us);
	/* of another cluster, and of any */
	assert_int_equal(listed("other", all, left), 0);
	assert_int_equal(listed(NULL, all, left), 1);
	/* one that is held is nobody else's */
	struct lease_hold *second = NULL;
	assert_false(lease_take_over("1-2-3", &second));
	lease_end(hold);
	assert_int_equal(listed("orders", all, left), 0);
	assert_int_not_equal(stat(path, &st), 0);
}

/* Another console looks at the note for 30 ms, as it does when it lists them; it may remove it, too. */
static pid_t look_for_a_moment(const char *path, bool removes)
{
	int ready[2];
	char byte;
	pid_t child;

	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		int fd = open(path, O_RDWR);
		bool ok = fd >= 0 && flock(fd, LOCK_EX) == 0 && write(ready[1], "x", 1) == 1;

		(void)usleep(30000);
		if (removes)
			(void)unlink(path);
		_exit(!ok);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return child;
}

static void test_taken_over_while_another_looks(void **state)
{
	struct lease l = lease_of("7-7-7", "orders");
	struct lease_hold *hold = NULL;
	struct err err = {0};
	char path[400];
	pid_t child;
	int status;

	(void)state;
	snprintf(path, sizeof(path), "%s/7-7-7.json", folder);
	assert_true(lease_take(&l, &hold, &err));
	lease_leave(hold);
	child = look_for_a_moment(path, false);
	assert_true(lease_take_over("7-7-7", &hold));
	assert_int_equal(waitpid(child, &status, 0), child);
	lease_leave(hold);
	/* what was taken back and removed meanwhile is not ours */
	child = look_for_a_moment(path, true);
	assert_false(lease_take_over("7-7-7", &hold));
	assert_int_equal(waitpid(child, &status, 0), child);
}

/* A process that ends, however it ends, holds nothing any more. */
static void test_left_behind(void **state)
{
	struct lease all[LEASES_MAX];
	struct lease_hold *hold = NULL;
	bool left[LEASES_MAX];
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		struct lease l = lease_of("4-5-6", "orders");
		struct err err;

		if (!lease_take(&l, &hold, &err))
			_exit(1);
		abort();
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(listed("orders", all, left), 1);
	assert_true(left[0]);
	assert_false(lease_take_over("no-such", &hold));
	assert_true(lease_take_over("4-5-6", &hold));
	assert_int_equal(listed("orders", all, left), 1);
	assert_false(left[0]);
	/* it could not be taken back now either: it stays for the next one */
	lease_leave(hold);
	assert_int_equal(listed("orders", all, left), 1);
	assert_true(left[0]);
	assert_true(lease_take_over("4-5-6", &hold));
	lease_end(hold);
	assert_int_equal(listed("orders", all, left), 0);
}

static void put(const char *name, const char *text)
{
	char path[400];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* What cannot be one is left alone, and hides no other. */
static void test_other_files(void **state)
{
	struct lease l = lease_of("7-8-9", "orders"), all[LEASES_MAX];
	struct lease_hold *hold = NULL;
	bool left[LEASES_MAX];
	struct err err = {0};
	char path[400], *large = calloc(1, 20000);

	(void)state;
	assert_true(lease_take(&l, &hold, &err));
	put("a.json", "");
	put("b.json", "{\"id\":\"b\"\n");
	put("c.json", "[]\n");
	put("d.json", "{\"id\":\"d\",\"operation\":\"slow log\"}\n");
	put("e.txt", "{\"id\":\"e\",\"operation\":\"slow log\",\"object\":\"x\",\"target\":\"orders\"}\n");
	memset(large, ' ', 19999);
	put("f.json", large);
	free(large);
	snprintf(path, sizeof(path), "%s/g.json", folder);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	snprintf(path, sizeof(path), "%s/h.json", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(listed("orders", all, left), 1);
	assert_string_equal(all[0].id, "7-8-9");
	lease_end(hold);
	assert_int_equal(listed(NULL, all, left), 0);
}

static void test_no_place(void **state)
{
	struct lease l = lease_of("1-1-1", "orders");
	struct lease_hold *hold = NULL;
	struct err err = {0};
	char path[400];

	(void)state;
	snprintf(path, sizeof(path), "%s/file", home);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fclose(f);
	setenv("XDG_STATE_HOME", path, 1);
	assert_false(lease_take(&l, &hold, &err));
	assert_int_equal(err.code, ERR_IO);
	assert_null(hold);
	setenv("XDG_STATE_HOME", home, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken_and_ended), cmocka_unit_test(test_taken_over_while_another_looks),
		cmocka_unit_test(test_left_behind),     cmocka_unit_test(test_other_files),
		cmocka_unit_test(test_no_place),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
