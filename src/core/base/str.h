/*
 * str.h: a borrowed slice of bytes.
 *
 * A struct str never owns what it points to and is not NUL-terminated. ptr may
 * be NULL only when len is 0. Slices into an arena live as long as the arena.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct str {
	const char *ptr;
	size_t len;
};

#define STR(lit) ((struct str){("" lit), sizeof(lit) - 1})
#define STR_FMT "%.*s"
#define STR_ARG(s) (int)(s).len, (s).ptr ? (s).ptr : ""

static inline struct str str_c(const char *s)
{
	return (struct str){s, s ? strlen(s) : 0};
}

/* Byte-wise equality. */
bool str_eq(struct str a, struct str b);
bool str_eq_c(struct str a, const char *b);
/* Equality ignoring ASCII case. */
bool str_ieq(struct str a, struct str b);
/* Byte order: <0, 0, >0; a prefix sorts first. */
int str_cmp(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
/* Offset of needle in s at or after from, or -1. Empty needle gives from. */
long str_find(struct str s, struct str needle, size_t from);
/* The same ignoring ASCII case. */
long str_ifind(struct str s, struct str needle, size_t from);
/* Without ASCII blanks at both ends. */
struct str str_trim(struct str s);
/* Cuts the part before the first sep from *rest and returns it; false when *rest is exhausted (ptr NULL). */
bool str_split(struct str *rest, char sep, struct str *ret_part);
/* s[from..to), clamped to the slice. */
struct str str_sub(struct str s, size_t from, size_t to);

#endif
