/*
 * secret.h: bytes that must not be left behind in memory.
 *
 * A struct secret belongs to one thread. Growing it overwrites what it leaves; secret_wipe() overwrites the rest.
 */
#ifndef AWS_SECRET_H
#define AWS_SECRET_H

#include "base/err.h"
#include "base/str.h"

struct json_t;

struct secret {
	char *text; /* NULL = empty; NUL-terminated else */
	size_t len, cap;
};

/* Appends; false (nothing added) when there would be more than max bytes. */
bool secret_add(struct secret *s, struct str bytes, size_t max) MUST_CHECK;
struct str secret_str(const struct secret *s);
/* Overwrites and frees; empty afterwards. Accepts an empty one. */
void secret_wipe(struct secret *s);
/*
 * The whole file, "cannot be read" (ERR_CONFIG) or larger than max bytes (ERR_LIMIT). A missing file is true with
 * *ret_exists false. Never blocks on a pipe that nobody writes to.
 */
bool secret_read_file(const char *path, size_t max, struct secret *ret_secret, bool *ret_exists,
		      struct err *err) MUST_CHECK;
/*
 * A new file of mode 0600 in the place of path, whole or not at all; its folder is made (0700) when it is missing.
 * ERR_IO.
 */
bool secret_write_file(const char *path, struct str text, struct err *err) MUST_CHECK;
/* Overwrites every text in it, then gives the reference back. Accepts NULL. Nobody else may hold one. */
void secret_json_wipe(struct json_t *root);

#endif
