/*
 * acknowledged.c: see acknowledged.h.
 *
 * The lock is on the folder: the file itself is another one after every write. Whoever moves a malformed file aside
 * gives it a second name before the first one gets a new file, so that at no moment nothing is there; names
 * that are taken are left alone.
 */
#include "audit/acknowledged.h"

#include "audit/audit.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "codec/codec_json.h"
#include "model/severity.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_TRIES 50
#define LOCK_WAIT_MS 20
#define ASIDE_MAX 20

#define F(m, k, ...) FIELD(struct acknowledged_row, m, k, .wire = #m, __VA_ARGS__)
#define COMPUTED(m, k, ...) FIELD(struct acknowledged_row, m, k, .flags = F_COMPUTED, __VA_ARGS__)
/* clang-format off */
static const struct field fields[] = {
	F(target, K_ID, .title = "CLUSTER", .width = 20, .flags = F_KEY, .help = "Cluster, or host of a server without one."),
	F(rule, K_ID, .title = "RULE", .width = 24, .flags = F_KEY, .help = "The verdict's rule."),
	F(object, K_ID, .title = "OBJECT", .width = 24, .flags = F_KEY, .help = "What it is about; absent: the cluster or server as a whole."),
	F(severity, K_ENUM, .title = "SEVERITY", .width = 8, .help = "How bad it was then: when it is worse, it is shown again."),
	F(by, K_ID, .title = "BY", .width = 16, .help = "User of the host it was muted from, and that host."),
	F(at, K_TIME_US, .title = "SINCE", .width = 12, .help = "When it was muted."),
	F(until_at, K_TIME_US, .title = "UNTIL", .width = 12, .help = "When it is shown again; absent: when it gets worse, or comes anew."),
	COMPUTED(problem, K_TEXT, .title = "PROBLEM", .width = 0, .help = "What was wrong with the file, and where it is kept; of a row without a rule."),
};
/* clang-format on */
#undef F
#undef COMPUTED
const struct rec_type acknowledged_type = REC_TYPE(struct acknowledged_row, "acknowledged", fields);

bool acknowledged_path(char *out, size_t size, struct err *err)
{
	char *slash;

	if (!audit_path(out, size) || !(slash = strrchr(out, '/')) ||
	    (size_t)(slash - out) + sizeof("/acknowledged.jsonl") > size) {
		err_set(err, ERR_IO, "there is no place to remember what was acknowledged: HOME is not set");
		err_remedy(err, "set XDG_STATE_HOME to a folder of yours");
		return false;
	}
	memcpy(slash, "/acknowledged.jsonl", sizeof("/acknowledged.jsonl"));
	return true;
}

static bool failed(struct err *err, const char *path, const char *what, int number)
{
	char why[128];

	err_set(err, ERR_IO, "%s cannot be %s: %s", path, what, err_errno(number, why, sizeof why));
	err_remedy(err, "fix the rights of the folder, or set XDG_STATE_HOME to a folder of yours");
	return false;
}

/* ---- reading ---- */

static bool read_whole(int fd, const char *path, struct buf *text, struct err *err)
{
	struct stat st;
	char room[4096];
	ssize_t n;

	if (fstat(fd, &st) != 0)
		return failed(err, path, "looked at", errno);
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
		return err_set(err, ERR_IO, "%s is no regular file of yours", path);
	while ((n = read(fd, room, sizeof room)) > 0 || (n < 0 && errno == EINTR))
		if (n > 0 && !buf_add(text, room, (size_t)n))
			return err_set(err, ERR_LIMIT, "%s has more than 1 MiB, and is none of this console", path);
	return n == 0 || failed(err, path, "read", errno);
}

/* NULL: it is one of ours; else what is wrong with it. */
static const char *fault_of(struct str line, struct snapshot *out)
{
	struct acknowledged_row row = {0}, *to;
	enum severity severity;
	struct err err;

	if (out->nrows >= ACKNOWLEDGED_MAX)
		return "there are more than 1024 lines";
	if (!json_read_line(line, &acknowledged_type, &row, out->arena, &err))
		return "it is no JSON object of ours";
	severity = severity_of_word(row.severity);
	if (row.rule.len == 0 || !HAS(&row, struct acknowledged_row, target) || !HAS(&row, struct acknowledged_row, at))
		return "target, rule or at is missing";
	if (severity <= SEV_OK)
		return "its severity is none";
	to = snapshot_add_row(out);
	*to = row;
	return NULL;
}

/* Number of the first line that is none of ours, 0 = there is none; fault says what is wrong with it. */
static size_t read_lines(struct str text, struct snapshot *out, const char **ret_fault)
{
	size_t number = 0, bad = 0;
	struct str line;

	while (str_split(&text, '\n', &line)) {
		const char *fault;

		number++;
		if (str_trim(line).len == 0)
			continue;
		fault = fault_of(str_trim(line), out);
		if (fault && bad == 0) {
			bad = number;
			*ret_fault = fault;
		}
	}
	return bad;
}

/* ---- writing ---- */

static bool write_whole(const struct snapshot *s, const char *path, struct err *err)
{
	char beside[AUDIT_PATH_MAX + 8];
	struct buf text;
	int fd, number;
	bool ok = true;

	(void)snprintf(beside, sizeof beside, "%s.new", path);
	buf_init(&text, ACKNOWLEDGED_BYTES_MAX);
	for (size_t i = 0; i < s->nrows && ok; i++)
		ok = json_write_row(&text, s, i, false) && buf_add_char(&text, '\n');
	if (!ok) {
		buf_release(&text);
		return err_set(err, ERR_LIMIT, "%s would have more than 1 MiB", path);
	}
	/* what a console that was killed has left: nobody else writes, the folder is locked */
	(void)unlink(beside);
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	number = errno;
	if (fd >= 0) {
		/* what a short write does not say */
		errno = ENOSPC;
		ok = (text.len == 0 || write(fd, text.data, text.len) == (ssize_t)text.len) && fsync(fd) == 0 &&
		     rename(beside, path) == 0;
		number = errno;
		(void)close(fd);
		if (!ok)
			(void)unlink(beside);
	}
	buf_release(&text);
	return (fd >= 0 && ok) || failed(err, path, "written", number);
}

/* The folder, made where it is missing, and locked. -1: err. */
static int lock_folder(const char *path, struct err *err)
{
	char folder[AUDIT_PATH_MAX];
	int fd, number = EWOULDBLOCK;
	char *slash;

	(void)snprintf(folder, sizeof folder, "%s", path);
	slash = strrchr(folder, '/');
	*slash = '\0';
	for (char *at = strchr(folder + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		(void)mkdir(folder, 0700);
		*at = '/';
	}
	(void)mkdir(folder, 0700);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		failed(err, folder, "opened", errno);
		return -1;
	}
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return fd;
		number = errno;
		(void)poll(NULL, 0, LOCK_WAIT_MS);
	}
	failed(err, folder, "locked", number);
	(void)close(fd);
	return -1;
}

/* Gives the malformed file another name that nothing has, and its place a new one with the lines that are ours. */
static bool set_aside(const char *path, const struct snapshot *good, char aside[AUDIT_PATH_MAX + 16], struct err *err)
{
	int fd = lock_folder(path, err), rc = -1, number = 0;
	bool ok = false;

	if (fd < 0)
		return false;
	for (int i = 1; i <= ASIDE_MAX && rc != 0; i++) {
		(void)snprintf(aside, AUDIT_PATH_MAX + 16, "%s.bad%d", path, i);
		rc = link(path, aside);
		number = errno;
		if (rc != 0 && number != EEXIST)
			break;
	}
	ok = rc == 0 ? write_whole(good, path, err) : failed(err, path, "kept under another name", number);
	(void)close(fd);
	return ok;
}

bool acknowledged_load(struct snapshot *out, char ret_problem[ACKNOWLEDGED_PROBLEM_MAX], struct err *err)
{
	char path[AUDIT_PATH_MAX], aside[AUDIT_PATH_MAX + 16];
	const char *fault = "";
	size_t bad = 0;
	struct buf text;
	int fd;
	bool ok;

	ret_problem[0] = '\0';
	if (!acknowledged_path(path, sizeof path, err))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR || failed(err, path, "opened", errno);
	buf_init(&text, ACKNOWLEDGED_BYTES_MAX);
	ok = read_whole(fd, path, &text, err);
	(void)close(fd);
	if (ok)
		bad = read_lines(buf_str(&text), out, &fault);
	buf_release(&text);
	if (!ok || bad == 0)
		return ok;
	if (!set_aside(path, out, aside, err)) {
		err_prefix(err, "%s line %zu: %s; it stays as it is", path, bad, fault);
		return false;
	}
	(void)snprintf(ret_problem, ACKNOWLEDGED_PROBLEM_MAX, "%s line %zu: %s; the file is kept as %s", path, bad,
		       fault, strrchr(aside, '/') + 1);
	return true;
}

/* ---- one of them ---- */

static bool is_same(const struct acknowledged_row *a, const struct acknowledged_row *b)
{
	return str_eq(a->target, b->target) && str_eq(a->rule, b->rule) && str_eq(a->object, b->object);
}

static bool is_over(const struct acknowledged_row *row, int64_t now_us)
{
	return HAS(row, struct acknowledged_row, until_at) && row->until_at <= now_us;
}

/* A row whose texts live as long as `from`. */
static void add_copy(struct snapshot *to, const struct acknowledged_row *from)
{
	struct acknowledged_row *row = snapshot_add_row(to);

	if (row)
		*row = *from;
}

bool acknowledged_keep(const struct acknowledged_row *row, bool drop, char ret_problem[ACKNOWLEDGED_PROBLEM_MAX],
		       struct err *err)
{
	struct snapshot *old = snapshot_new(&acknowledged_type, "acknowledged");
	struct snapshot *now = snapshot_new(&acknowledged_type, "acknowledged");
	char path[AUDIT_PATH_MAX];
	int fd = -1;
	bool ok;

	/* a malformed file first, under a lock of its own; then what stands there while nobody else writes */
	ok = acknowledged_load(old, ret_problem, err) && acknowledged_path(path, sizeof path, err);
	if (ok)
		fd = lock_folder(path, err);
	if (fd >= 0) {
		char second[ACKNOWLEDGED_PROBLEM_MAX];

		snapshot_unref(old);
		old = snapshot_new(&acknowledged_type, "acknowledged");
		ok = acknowledged_load(old, second, err);
	}
	if (fd >= 0 && ok) {
		size_t first = old->nrows >= ACKNOWLEDGED_MAX ? old->nrows - ACKNOWLEDGED_MAX + 1 : 0;

		for (size_t i = first; i < old->nrows; i++) {
			const struct acknowledged_row *was = snapshot_row(old, i);

			if (!is_same(was, row) && !is_over(was, clock_wall_us()))
				add_copy(now, was);
		}
		if (!drop)
			add_copy(now, row);
		ok = write_whole(now, path, err);
	}
	if (fd >= 0)
		(void)close(fd);
	snapshot_unref(now);
	snapshot_unref(old);
	return ok && fd >= 0;
}
