/*
 * sim_scenario_keys.h: the words of a scenario file: kinds of headings and their keys, as tables.
 *
 * A key is a member of its row; the member's C type decides how a value is read.
 */
#ifndef SIM_SCENARIO_KEYS_H
#define SIM_SCENARIO_KEYS_H

#include "base/ini.h"
#include "sim/sim_scenario.h"

/* A word of the file in a message, cut. */
#define CUT(s) STR_ARG(str_sub(s, 0, 60))

enum key_type { KEY_TEXT, KEY_BOOL, KEY_INT, KEY_REAL, KEY_TIME, KEY_SIZE, KEY_LIST, KEY_TAKE };

struct key {
	const char *name;
	enum key_type type;
	size_t offset; /* of the member; of the count of a list */
	bool required;
	double low, high; /* of KEY_INT, KEY_REAL; both 0 = any */
	/* KEY_LIST, KEY_TAKE: adds the value to the row */
	bool (*take)(struct arena *a, void *row, const struct ini_entry *e, struct err *err);
};

enum kind_id {
	KIND_SCENARIO,
	KIND_FLEET,
	KIND_CLUSTER,
	KIND_INSTANCE,
	KIND_GROUP,
	KIND_LIST,
	KIND_SUBNET,
	KIND_SUBNET_GROUP,
	KIND_SNAPSHOT,
	KIND_FAULT,
	KIND_FAILOVER,
	KIND_ROUTE_TABLE,
	KIND_ACL,
	KIND_ALARM,
	KIND_KEY,
	KIND__COUNT
};

struct kind {
	const char *word;
	bool named;
	size_t rows, count, size, max; /* of the estate's array; unnamed: rows is the offset of the one row */
	const struct key *keys;
	size_t nkeys;
	void (*prepare)(void *row); /* defaults that are not 0 */
};

extern const struct kind sim_scenario_kinds[KIND__COUNT];

#endif
