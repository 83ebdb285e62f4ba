/*
 * json_help.h: short readers of test data in JSON.
 */
#ifndef TESTS_AWS_JSON_HELP_H
#define TESTS_AWS_JSON_HELP_H

#include "base/str.h"

#include <jansson.h>

/* Text member as a slice, empty when absent or null. */
static inline struct str json_text(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);

	return json_is_string(v) ? (struct str){json_string_value(v), json_string_length(v)} : STR("");
}

#endif
