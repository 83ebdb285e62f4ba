/*
 * audit_files.c: the ends of the log's files, the newest file first.
 *
 * All are opened before any is read: when the log is rotated meanwhile, a file may be met under
 * two names, and counts once. Nothing but a regular file is read, and opening never waits, so
 * that a pipe or a device under that name does no harm. The lock that writers take is not asked
 * for: a line is one write, and a reader must not hold up an action.
 */
#include "audit/audit_read.h"

#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct log_file {
	char path[AUDIT_PATH_MAX + 8];
	int fd; /* -1: not there, or there is a problem */
	struct stat st;
	bool missing;
	char problem[256];
};

static void problem_of(struct log_file *f, const char *what, int number)
{
	char why[128];

	(void)snprintf(f->problem, sizeof f->problem, "%s: %s", what, err_errno(number, why, sizeof why));
}

static void give_up(struct log_file *f)
{
	if (f->fd >= 0)
		(void)close(f->fd);
	f->fd = -1;
}

static void open_one(struct log_file *f)
{
	f->fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (f->fd < 0) {
		f->missing = errno == ENOENT || errno == ENOTDIR;
		if (!f->missing)
			problem_of(f, "it cannot be opened", errno);
	} else if (fstat(f->fd, &f->st) != 0) {
		problem_of(f, "it cannot be looked at", errno);
		give_up(f);
	} else if (!S_ISREG(f->st.st_mode)) {
		(void)snprintf(f->problem, sizeof f->problem, "it is no regular file");
		give_up(f);
	} else if (f->st.st_uid != geteuid() || (f->st.st_mode & 077)) {
		/* it is shown all the same; nothing is changed as long as the newest file is like this (audit.h) */
		(void)snprintf(f->problem, sizeof f->problem, "it belongs to somebody else or is open to others");
	}
}

static bool is_same(const struct log_file *a, const struct log_file *b)
{
	return a->fd >= 0 && b->fd >= 0 && a->st.st_ino == b->st.st_ino && a->st.st_dev == b->st.st_dev;
}

static void open_all(struct log_file *files, const char *path)
{
	for (int i = 0; i < AUDIT_FILES_MAX; i++) {
		struct log_file *f = &files[i];

		if (i == 0)
			(void)snprintf(f->path, sizeof f->path, "%s", path);
		else
			(void)snprintf(f->path, sizeof f->path, "%s.%d", path, i);
		open_one(f);
		for (int k = 0; k < i; k++)
			if (is_same(f, &files[k])) {
				give_up(f);
				f->missing = true;
			}
	}
}

/* The last bytes of the file, at most as many as there is room for; without the line that begins before them. */
static bool read_end(struct log_file *f, char *room, struct str *ret_text)
{
	off_t from = f->st.st_size > (off_t)AUDIT_TAIL_BYTES ? f->st.st_size - (off_t)AUDIT_TAIL_BYTES : 0;
	size_t want = (size_t)(f->st.st_size - from), have = 0;
	const char *first;

	while (have < want) {
		ssize_t n = pread(f->fd, room + have, want - have, from + (off_t)have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			problem_of(f, "it cannot be read", errno);
			return false;
		}
		if (n == 0)
			break;
		have += (size_t)n;
	}
	*ret_text = (struct str){room, have};
	first = from > 0 ? memchr(room, '\n', have) : NULL;
	if (first)
		*ret_text = str_sub(*ret_text, (size_t)(first + 1 - room), have);
	return true;
}

static void read_one(struct log_file *f, char *room, struct audit_lines *lines, struct audit_file_row *row)
{
	int64_t seen = 0, unreadable = 0;
	struct str text = STR("");
	size_t rest = 0;

	if (lines->n < lines->cap && read_end(f, room, &text))
		rest = audit_take_lines(lines, text, &seen, &unreadable);
	SET(row, struct audit_file_row, size_bytes, (int64_t)f->st.st_size);
	SET(row, struct audit_file_row, read_bytes, (int64_t)(text.len - rest));
	SET(row, struct audit_file_row, lines, seen);
	SET(row, struct audit_file_row, unreadable, unreadable);
}

/* Reads what is open and says of each file what there is to say; returns how many could be read. */
static size_t read_all(struct log_file *files, struct audit_lines *lines, struct snapshot *out)
{
	char *room = xalloc(AUDIT_TAIL_BYTES);
	size_t done = 0;

	for (int i = 0; i < AUDIT_FILES_MAX; i++) {
		struct log_file *f = &files[i];
		struct audit_file_row *row;

		/* where it will be is worth knowing before it is there */
		if (f->missing && i > 0)
			continue;
		row = snapshot_add_row(out);
		SET(row, struct audit_file_row, path, arena_str(out->arena, str_c(f->path)));
		if (f->fd >= 0) {
			read_one(f, room, lines, row);
			done++;
		}
		if (f->problem[0])
			SET(row, struct audit_file_row, problem, arena_str(out->arena, str_c(f->problem)));
		give_up(f);
	}
	xfree(room);
	return done;
}

static bool none_could_be_read(const struct log_file *files, struct err *err)
{
	for (int i = 0; i < AUDIT_FILES_MAX; i++)
		if (files[i].problem[0]) {
			err_set(err, ERR_IO, "the audit log %s: %s", files[i].path, files[i].problem);
			err_remedy(err, "fix what has that name, or set XDG_STATE_HOME to a folder of yours");
			return false;
		}
	return true;
}

bool audit_load(const char *path, struct snapshot *entries, struct snapshot *files, struct err *err)
{
	struct audit_lines lines = {.cap = AUDIT_LINES_MAX, .texts = entries->arena};
	struct log_file *all = xcalloc(AUDIT_FILES_MAX, sizeof *all);
	size_t left_out;
	bool ok;

	/* one more than counts: a line that cannot be read was tried in the next place */
	lines.items = xcalloc(AUDIT_LINES_MAX + 1, sizeof *lines.items);
	open_all(all, path);
	ok = read_all(all, &lines, files) > 0 || none_could_be_read(all, err);
	if (ok) {
		struct audit_file_row *newest = files->rows;

		left_out = audit_pair(&lines, entries);
		SET(newest, struct audit_file_row, left_out, (int64_t)left_out);
	}
	xfree(lines.items);
	xfree(all);
	return ok;
}
