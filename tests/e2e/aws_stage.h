/*
 * aws_stage.h: what the tests of changes of AWS begin with: the console on the simulated cluster prod-orders, the audit
 * log, the AWS CLI. For test_aws_changes.c and test_aws_leases.c, after <cmocka.h>.
 */
#ifndef TESTS_E2E_AWS_STAGE_H
#define TESTS_E2E_AWS_STAGE_H

#include "console.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 48
#define COLS 160
/* An Enter counts only some time after the last letter. */
#define REST "@600"

static const char *program, *sim_program;
static struct sim_process sim;

static struct vt *start(const char *option)
{
	const char *const args[] = {program, option, NULL};
	struct vt *v = vt_start(ROWS, COLS, args, NULL);

	console_sees(v, "● available");
	console_sees(v, "W orders-1");
	return v;
}

/* How many lines of the audit log hold both. */
static int audited(const char *part, const char *other)
{
	char path[600], line[8192];
	int found = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/.local/state/auroratop/audit.jsonl", getenv("HOME"));
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		found += strstr(line, part) && strstr(line, other);
	if (f)
		fclose(f);
	return found;
}

static void leave(struct vt *v)
{
	vt_key(v, "Esc");
	console_gone(v, "Blast radius");
}

/* Confirmed by these keys, the lease is in force. */
static void lease_begins(struct vt *v, const char *keys)
{
	console_press(v, keys, "jobs 1");
	console_press(v, ":jobs<Enter>", "in force, ");
	vt_key(v, "Esc");
	console_gone(v, "in force, ");
}

/* The first line that the AWS CLI prints for a command, as the simulator's client of its own. */
static const char *cli(const char *command)
{
	static char line[512];
	char full[600], rest[512];
	FILE *out;

	snprintf(full, sizeof(full), "/usr/bin/aws --endpoint-url \"$AWS_ENDPOINT_URL\" --output text %s", command);
	setenv("AWS_PAGER", "", 1);
	out = popen(full, "r");
	assert_non_null(out);
	line[0] = '\0';
	(void)!fgets(line, sizeof(line), out);
	while (fgets(rest, sizeof(rest), out))
		;
	assert_int_equal(pclose(out), 0);
	line[strcspn(line, "\n")] = '\0';
	return line;
}

#endif
