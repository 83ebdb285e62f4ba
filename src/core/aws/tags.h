/*
 * tags.h: the tags that somebody wants on what he makes, as words: KEY=VALUE KEY=VALUE ...
 *
 * Judged by RDS's rules, so that a bad one is told before anything is asked: a key has 1 to TAG_KEY_MAX characters, a
 * value up to TAG_VALUE_MAX, both of letters, digits, blanks and _.:/=+-@; a key does not begin with aws: or rds:.
 * A word without = belongs to the value before it, so that a value may hold blanks. Pure; any thread.
 */
#ifndef AWS_TAGS_H
#define AWS_TAGS_H

#include "base/arena.h"
#include "base/err.h"

#define TAG_KEY_MAX 128   /* characters */
#define TAG_VALUE_MAX 256 /* characters */
/* Of one object here; RDS allows 50. */
#define TAGS_CHOSEN_MAX 10

struct tag {
	struct str key, value;
};

/* Reads them, blanks between them; texts are in a. ERR_USAGE: err says in words which is none, and why. */
bool tags_read(struct str text, struct arena *a, struct tag out[TAGS_CHOSEN_MAX], size_t *ret_n,
	       struct err *err) MUST_CHECK;

#endif
