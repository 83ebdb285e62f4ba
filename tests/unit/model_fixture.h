/*
 * model_fixture.h: a record type that has a field of every kind, for the model and
 * codec tests.
 */
#ifndef TESTS_MODEL_FIXTURE_H
#define TESTS_MODEL_FIXTURE_H

#include "model/snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct thing {
	uint64_t present;
	struct str id;
	int64_t pid;
	struct str user_name;
	struct str wait_event;
	struct str wait_class;
	struct str state;
	struct str query;
	struct str host;
	int64_t waiting;
	int64_t rows;
	int64_t calls;
	int64_t size_bytes;
	int64_t read_bytes;
	int64_t age_us;
	int64_t started_at;
	double hit_ratio;
	double load;
	struct str zones;
};

/* clang-format off */
static const struct field thing_fields[] = {
	FIELD(struct thing, id, K_ID, .wire = "Id", .title = "ID", .help = "Name.", .flags = F_KEY),
	FIELD(struct thing, pid, K_INT, .wire = "Pid", .title = "PID", .help = "Process."),
	FIELD(struct thing, user_name, K_TEXT, .wire = "Owner/Name", .title = "USER", .help = "Login."),
	FIELD(struct thing, wait_event, K_ENUM, .wire = "WaitEvent", .title = "WAIT EVENT", .help = "Wait."),
	FIELD(struct thing, wait_class, K_ENUM, .wire = "WaitClass", .title = "CLASS", .help = "Wait class."),
	FIELD(struct thing, state, K_ENUM, .wire = "State", .title = "STATE", .help = "State."),
	FIELD(struct thing, query, K_SQL, .wire = "Query", .title = "SQL", .help = "Statement.", .flags = F_SENSITIVE),
	FIELD(struct thing, host, K_TEXT, .wire = "Host", .title = "CLIENT", .help = "Client.", .flags = F_SENSITIVE),
	FIELD(struct thing, waiting, K_BOOL, .wire = "Waiting", .title = "WAITING", .help = "Waits."),
	FIELD(struct thing, rows, K_COUNT, .wire = "Rows", .title = "ROWS", .help = "Rows.", .flags = F_DESC),
	FIELD(struct thing, calls, K_COUNTER, .wire = "Calls", .title = "CALLS", .help = "Calls.", .flags = F_RATE),
	FIELD(struct thing, size_bytes, K_BYTES, .wire = "Size", .title = "SIZE", .help = "Size."),
	FIELD(struct thing, read_bytes, K_BYTE_COUNTER, .wire = "Read", .title = "READ", .help = "Read.", .flags = F_RATE),
	FIELD(struct thing, age_us, K_DURATION_US, .wire = "Age", .title = "AGE", .help = "Age."),
	FIELD(struct thing, started_at, K_TIME_US, .wire = "Started", .title = "START", .help = "Start."),
	FIELD(struct thing, hit_ratio, K_RATIO, .wire = "Hit", .title = "HIT", .help = "Hits."),
	FIELD(struct thing, load, K_REAL, .wire = "Load", .title = "LOAD", .help = "Load."),
	FIELD(struct thing, zones, K_TEXT, .wire = "Zones/*/Name", .title = "ZONES", .help = "Zones.", .flags = F_LIST),
};
/* clang-format on */
static const struct rec_type thing_type = REC_TYPE(struct thing, "thing", thing_fields);

/* A row with the given id. */
static inline struct thing *thing_add(struct snapshot *s, const char *id)
{
	struct thing *t = snapshot_add_row(s);

	assert_non_null(t);
	SET(t, struct thing, id, arena_str(s->arena, str_c(id)));
	return t;
}

static inline void assert_str(struct str s, const char *want)
{
	if (!str_eq_c(s, want))
		fail_msg("got \"%.*s\", want \"%s\"", STR_ARG(s), want);
}

static inline void assert_has(const char *text, const char *part)
{
	if (str_find(str_c(text), str_c(part), 0) < 0)
		fail_msg("\"%s\" does not have \"%s\"", text, part);
}

#endif
