/*
 * audit.c: one line, whole and on the disk, or an error.
 *
 * A line is one write() to a file opened for appending, under a lock, so that two consoles
 * never mix. A line that was written in part (a full disk) is cut off again. The folder is
 * made when it is missing; a file that others may read or write is refused, because a record
 * that somebody else may change is none.
 */
#include "audit/audit.h"

#include "base/buf.h"
#include "base/clock.h"
#include "codec/codec_json.h"
#include "model/sqltext.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_uint counter;

void audit_id(char *out, size_t size)
{
	(void)snprintf(out, size, "%lld-%ld-%u", (long long)(clock_wall_us() / US_PER_MS), (long)getpid(),
		       atomic_fetch_add(&counter, 1) + 1);
}

bool audit_path(char *out, size_t size)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (state && state[0] == '/')
		return (size_t)snprintf(out, size, "%s/auroratop/audit.jsonl", state) < size;
	return home && home[0] == '/' &&
	       (size_t)snprintf(out, size, "%s/.local/state/auroratop/audit.jsonl", home) < size;
}

static bool failed(struct err *err, const char *what, const char *path, int number)
{
	char why[128];

	err_set(err, ERR_IO, "the audit log cannot be %s, so nothing is changed: %s: %s", what, path,
		err_errno(number, why, sizeof(why)));
	err_remedy(err, "make room or fix the rights of the file, or set XDG_STATE_HOME to a folder of yours");
	return false;
}

/* Every missing folder above the file, for the user alone. */
static bool make_folders(char *path, struct err *err)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		int rc = mkdir(path, 0700), number = errno;
		*slash = '/';
		if (rc != 0 && number != EEXIST)
			return failed(err, "made", path, number);
	}
	return true;
}

static bool open_file(const char *path, int *ret_fd, struct stat *ret_stat, struct err *err)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return failed(err, "opened", path, errno);
	if (flock(fd, LOCK_EX) != 0 || fstat(fd, ret_stat) != 0) {
		int number = errno;

		(void)close(fd);
		return failed(err, "locked", path, number);
	}
	if (!S_ISREG(ret_stat->st_mode) || ret_stat->st_uid != geteuid() || (ret_stat->st_mode & 077)) {
		(void)close(fd);
		err_set(err, ERR_IO,
			"the audit log %s belongs to somebody else or is open to others, so nothing is changed", path);
		err_remedy(err, "chmod 600 %s", path);
		return false;
	}
	*ret_fd = fd;
	return true;
}

static void rotate(const char *path)
{
	char from[AUDIT_PATH_MAX + 8], to[AUDIT_PATH_MAX + 8];

	for (int i = AUDIT_FILES_MAX - 1; i > 0; i--) {
		(void)snprintf(from, sizeof(from), "%s.%d", path, i - 1);
		(void)snprintf(to, sizeof(to), "%s.%d", path, i);
		(void)rename(i == 1 ? path : from, to);
	}
}

/* Locked; a full file makes place for a new one. Whoever waited for the lock of a file that was renamed meanwhile opens
 * again. */
static bool open_locked(char *path, int *ret_fd, off_t *ret_size, struct err *err)
{
	struct stat opened, named;

	if (!make_folders(path, err))
		return false;
	for (int i = 0; i < 10; i++) {
		if (!open_file(path, ret_fd, &opened, err))
			return false;
		bool same = stat(path, &named) == 0 && named.st_ino == opened.st_ino && named.st_dev == opened.st_dev;

		if (same && opened.st_size < (off_t)AUDIT_BYTES_MAX) {
			*ret_size = opened.st_size;
			return true;
		}
		if (same)
			rotate(path);
		(void)close(*ret_fd);
	}
	return err_set(err, ERR_IO, "the audit log %s is replaced again and again, so nothing is changed", path);
}

static void add_text(struct buf *b, const char *name, struct str value)
{
	buf_addf(b, ",\"%s\":", name);
	(void)json_write_string(b, value);
}

const char *audit_user(char *out, size_t size)
{
	char host[128] = "", room[1024];
	struct passwd entry, *found = NULL;

	(void)gethostname(host, sizeof(host) - 1);
	if (getpwuid_r(getuid(), &entry, room, sizeof(room), &found) == 0 && found)
		(void)snprintf(out, size, "%s@%s", found->pw_name, host);
	else
		(void)snprintf(out, size, "%ld@%s", (long)getuid(), host);
	return out;
}

static bool write_line(struct buf *b, const struct audit_entry *e)
{
	char at[40], who[256];
	struct buf masked;

	buf_init(&masked, AUDIT_LINE_MAX);
	if (e->call)
		buf_add_str(&masked, e->statement);
	else
		(void)sql_mask_literals(&masked, e->statement);
	buf_addf(b, "{\"at\":\"%s\"", clock_iso8601(clock_wall_us(), at, sizeof(at)));
	add_text(b, "id", str_c(e->id));
	add_text(b, "phase", str_c(e->phase));
	add_text(b, "who", str_c(audit_user(who, sizeof(who))));
	add_text(b, "action", str_c(e->action));
	buf_addf(b, ",\"tier\":%d", e->tier);
	add_text(b, "cluster", str_c(e->cluster));
	add_text(b, "node", str_c(e->node));
	add_text(b, "database", str_c(e->database));
	add_text(b, "role", str_c(e->role));
	add_text(b, "object", e->object);
	add_text(b, "statement", buf_str(&masked));
	if (e->override)
		add_text(b, "override", str_c(e->override));
	if (e->took_us >= 0) {
		add_text(b, "outcome", e->outcome);
		buf_addf(b, ",\"took_ms\":%lld", (long long)(e->took_us / US_PER_MS));
	}
	buf_release(&masked);
	return buf_add_c(b, "}\n");
}

bool audit_write(const struct audit_entry *e, struct err *err)
{
	char path[AUDIT_PATH_MAX];
	off_t size = 0;
	struct buf line;
	int fd = -1;
	bool ok;

	if (!audit_path(path, sizeof(path))) {
		err_set(err, ERR_IO, "there is no place for the audit log, so nothing is changed: HOME is not set");
		err_remedy(err, "set XDG_STATE_HOME to a folder of yours");
		return false;
	}
	buf_init(&line, AUDIT_LINE_MAX);
	ok = write_line(&line, e) || err_set(err, ERR_LIMIT, "a line of the audit log would be longer than 1 MiB");
	ok = ok && open_locked(path, &fd, &size, err);
	if (ok) {
		ssize_t n = write(fd, line.data, line.len);
		int number = n < 0 ? errno : ENOSPC;

		ok = n == (ssize_t)line.len && fsync(fd) == 0;
		if (!ok) {
			/* no half lines */
			(void)!ftruncate(fd, size);
			failed(err, "written", path, n == (ssize_t)line.len ? errno : number);
		}
	}
	if (fd >= 0)
		(void)close(fd);
	buf_release(&line);
	return ok;
}
