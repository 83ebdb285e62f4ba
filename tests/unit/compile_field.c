/*
 * compile_field.c: compiled by a test with KIND defined; only integer kinds may pass.
 */
#include "model/rec.h"

struct probe {
	uint64_t present;
	int64_t number;
};

const struct field probe_fields[] = {
	FIELD(struct probe, number, KIND, .title = "NUMBER", .help = "A number."),
};
