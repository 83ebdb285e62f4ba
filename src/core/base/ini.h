/*
 * ini.h: one small reader for our config and themes, AWS's config and credentials,
 * and pg_service.conf.
 *
 * Grammar: [section] lines ("profile x", quotes around names removed), key = value, # and ;
 * comments at line start only, values trimmed, optional "double quotes" in our own files
 * (INI_QUOTES), any line length up to INI_LINE_MAX, nested `key =` followed by indented
 * `sub = value` lines give the key "key.sub" (INI_NESTED, for AWS services sections). Keys are
 * lowered when INI_LOWER_KEYS is set. A byte order mark and CRLF are accepted. Every fault is
 * reported at once, each as "file:line: message"; the parsed rest stays usable.
 */
#ifndef BASE_INI_H
#define BASE_INI_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define INI_FILE_MAX (4u << 20)
#define INI_LINE_MAX (64u << 10)
#define INI_ENTRIES_MAX 20000

enum ini_flags { INI_QUOTES = 1 << 0, INI_NESTED = 1 << 1, INI_LOWER_KEYS = 1 << 2 };

struct ini_entry {
	struct str section; /* "" before the first section */
	struct str key, value;
	int line;
};

struct ini {
	struct arena *arena;
	const char *name; /* file name for messages */
	struct ini_entry *entries;
	size_t n;
	struct ini_section {
		struct str name;
		int line;
	} * sections; /* every section heading, also empty ones */
	size_t nsections;
};

/* Parses text; name is used in messages. False when anything was malformed: err->text has all faults joined by "; ",
 * *ret_ini is usable either way and must be released. */
bool ini_parse(struct ini *ret_ini, const char *name, struct str text, unsigned flags, struct err *err) MUST_CHECK;
/* Reads and parses a file. A missing file gives ERR_NOT_FOUND; unreadable, ERR_CONFIG. */
bool ini_read_file(struct ini *ret_ini, const char *path, unsigned flags, struct err *err) MUST_CHECK;
void ini_release(struct ini *ini);
/* Last value of key in section, or NULL. */
const struct ini_entry *ini_get(const struct ini *ini, struct str section, struct str key);
bool ini_has_section(const struct ini *ini, struct str section);

#endif
