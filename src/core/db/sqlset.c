/*
 * sqlset.c: statement files by name and server version.
 *
 * A file name is NAME.sql or NAME.MAJOR.sql. Of the files with the wanted name the one
 * with the highest major version not above the server's wins; NAME.sql counts as
 * version 0. The heading comment (lines that start with --) is for people who read the
 * file and is not sent.
 */
#include "db/sqlset.h"

#include "base/check.h"
#include "base/parse.h"

/* Major version in the file name, 0 for NAME.sql; -1 when it is another statement's file. */
static int file_major(struct str file, struct str name)
{
	struct str rest;
	int64_t major;

	if (!str_starts(file, name) || !str_ends(file, STR(".sql")))
		return -1;
	rest = str_sub(file, name.len, file.len - 4);
	if (rest.len == 0)
		return 0;
	if (rest.ptr[0] != '.' || !parse_i64(str_sub(rest, 1, rest.len), &major) || major <= 0 || major > 1000)
		return -1;
	return (int)major;
}

const struct embedded *sqlset_pick(const struct embedded *files, size_t n, const char *name, int server_version_num)
{
	const struct embedded *best = NULL;
	int best_major = -1;

	for (size_t i = 0; i < n; i++) {
		int major = file_major(str_c(files[i].name), str_c(name));

		if (major > best_major && major * 10000 <= server_version_num) {
			best_major = major;
			best = &files[i];
		}
	}
	return best;
}

static bool put_quoted(struct buf *out, struct str name)
{
	buf_add_char(out, '"');
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '"')
			buf_add_char(out, '"');
		buf_add_char(out, name.ptr[i]);
	}
	return buf_add_char(out, '"');
}

bool sqlset_put_schema(struct buf *out, struct str text, struct str schema)
{
	size_t done = 0;

	for (;;) {
		long at = str_find(text, STR(SQL_SCHEMA_MARK), done);

		if (at < 0)
			return buf_add_str(out, str_sub(text, done, text.len));
		buf_add_str(out, str_sub(text, done, (size_t)at));
		put_quoted(out, schema);
		done = (size_t)at + strlen(SQL_SCHEMA_MARK);
	}
}

const char *sqlset_text(const char *name, int server_version_num)
{
	const struct embedded *file = sqlset_pick(sql_files, sql_nfiles, name, server_version_num);
	const char *text;

	if (!file)
		BUG("no statement called %s for server version %d", name, server_version_num);
	text = file->text;
	while (text[0] == '-' && text[1] == '-') {
		const char *end = strchr(text, '\n');

		text = end ? end + 1 : text + strlen(text);
	}
	return text;
}
