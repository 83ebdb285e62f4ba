/*
 * lease.c: JSON files of one line, written whole beside their place and renamed into it.
 *
 * flock() tells the living from the dead: it ends with the process, however that ends, and with
 * the power. A file that cannot be read is left where it is and not counted; its name says which
 * change the audit log has to be asked about.
 */
#include "audit/lease.h"

#include "audit/audit.h"
#include "base/xalloc.h"
#include "codec/codec_json.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_ROOM 1400

struct lease_hold {
	int fd;
	char path[PATH_ROOM];
};

struct lease_row {
	uint64_t present;
	struct str id, operation, target, object, parameter, role, database, before, value, owner;
	int64_t unset, until_us;
};
#define F(m, k) FIELD(struct lease_row, m, k, .title = #m, .help = #m, .wire = #m)
static const struct field fields[] = {
	F(id, K_ID),        F(operation, K_ID), F(target, K_ID),   F(object, K_ID),
	F(parameter, K_ID), F(role, K_ID),      F(database, K_ID), F(before, K_TEXT),
	F(value, K_TEXT),   F(owner, K_ID),     F(unset, K_BOOL),  F(until_us, K_INT),
};
#undef F
static const struct rec_type row_type = REC_TYPE(struct lease_row, "lease", fields);

/* ---- where ---- */

static bool make_folder(char *out, size_t size, struct err *err)
{
	char path[1024], reason[128];
	char *slash;

	if (!audit_path(path, sizeof(path)) || !(slash = strrchr(path, '/'))) {
		err_set(err, ERR_IO, "there is no place to remember what has to be taken back: HOME is not set");
		err_remedy(err, "set XDG_STATE_HOME to a folder of yours");
		return false;
	}
	*slash = '\0';
	(void)mkdir(path, 0700);
	(void)snprintf(out, size, "%s/leases", path);
	if (mkdir(out, 0700) != 0 && errno != EEXIST)
		return err_set(err, ERR_IO, "%s cannot be made: %s", out, err_errno(errno, reason, sizeof(reason)));
	return true;
}

/* ---- one file ---- */

static void add_text(struct buf *b, const char *name, const char *value)
{
	buf_addf(b, ",\"%s\":", name);
	(void)json_write_string(b, str_c(value));
}

static void write_text(struct buf *b, const struct lease *l)
{
	buf_addf(b, "{\"until_us\":%lld,\"unset\":%s", (long long)l->until_us, l->unset ? "true" : "false");
	add_text(b, "id", l->id);
	add_text(b, "operation", l->operation);
	add_text(b, "target", l->target);
	add_text(b, "object", l->object);
	add_text(b, "parameter", l->parameter);
	add_text(b, "role", l->role);
	add_text(b, "database", l->database);
	add_text(b, "before", l->before);
	add_text(b, "value", l->value);
	add_text(b, "owner", l->owner);
	buf_add_c(b, "}\n");
}

static void copy(char *out, size_t size, struct str text)
{
	(void)snprintf(out, size, STR_FMT, STR_ARG(text));
}

static bool read_text(struct str text, struct lease *ret_lease)
{
	struct arena *a = arena_new(LEASE_FILE_MAX, 4 * LEASE_FILE_MAX);
	struct lease_row row = {0};
	struct err err;
	bool ok = json_read_line(text, &row_type, &row, a, &err);

	*ret_lease = (struct lease){.unset = row.unset != 0, .until_us = row.until_us};
	copy(ret_lease->id, sizeof(ret_lease->id), row.id);
	copy(ret_lease->operation, sizeof(ret_lease->operation), row.operation);
	copy(ret_lease->target, sizeof(ret_lease->target), row.target);
	copy(ret_lease->object, sizeof(ret_lease->object), row.object);
	copy(ret_lease->parameter, sizeof(ret_lease->parameter), row.parameter);
	copy(ret_lease->role, sizeof(ret_lease->role), row.role);
	copy(ret_lease->database, sizeof(ret_lease->database), row.database);
	copy(ret_lease->before, sizeof(ret_lease->before), row.before);
	copy(ret_lease->value, sizeof(ret_lease->value), row.value);
	copy(ret_lease->owner, sizeof(ret_lease->owner), row.owner);
	arena_free(a);
	return ok && ret_lease->operation[0] && ret_lease->object[0];
}

static bool read_file(int fd, struct lease *ret_lease)
{
	char text[LEASE_FILE_MAX];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid())
		return false;
	n = pread(fd, text, sizeof(text), 0);
	if (n <= 1 || n == (ssize_t)sizeof(text) || text[n - 1] != '\n')
		return false;
	return read_text((struct str){text, (size_t)n - 1}, ret_lease);
}

/* Complete and on the disk under another name; then it gets its own. */
static bool write_file(struct lease_hold *h, const char *folder, const struct lease *l)
{
	char beside[PATH_ROOM + 8];
	struct buf text;
	int folder_fd;
	bool ok;

	(void)snprintf(h->path, sizeof(h->path), "%s/%s.json", folder, l->id);
	(void)snprintf(beside, sizeof(beside), "%s.new", h->path);
	buf_init(&text, LEASE_FILE_MAX - 1);
	write_text(&text, l);
	h->fd = open(beside, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	ok = h->fd >= 0 && !text.failed && flock(h->fd, LOCK_EX | LOCK_NB) == 0 &&
	     write(h->fd, text.data, text.len) == (ssize_t)text.len && fsync(h->fd) == 0 &&
	     rename(beside, h->path) == 0;
	buf_release(&text);
	if (!ok) {
		(void)unlink(beside);
		return false;
	}
	folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder_fd >= 0) {
		(void)fsync(folder_fd);
		(void)close(folder_fd);
	}
	return true;
}

bool lease_take(const struct lease *l, struct lease_hold **ret_hold, struct err *err)
{
	struct lease_hold *h = xcalloc(1, sizeof(*h));
	char folder[PATH_ROOM - 100], reason[128];

	h->fd = -1;
	if (!make_folder(folder, sizeof(folder), err)) {
		lease_leave(h);
		return false;
	}
	if (!write_file(h, folder, l)) {
		err_set(err, ERR_IO, "that it has to be taken back cannot be written to %s, so nothing is changed: %s",
			folder, err_errno(errno, reason, sizeof(reason)));
		lease_leave(h);
		return false;
	}
	*ret_hold = h;
	return true;
}

void lease_leave(struct lease_hold *hold)
{
	if (!hold)
		return;
	if (hold->fd >= 0)
		(void)close(hold->fd);
	xfree(hold);
}

void lease_end(struct lease_hold *hold)
{
	if (hold)
		(void)unlink(hold->path);
	lease_leave(hold);
}

/* ---- all of them ---- */

static bool is_lease_name(const char *name)
{
	size_t n = strlen(name);

	return name[0] != '.' && n > 5 && n < 80 && strcmp(name + n - 5, ".json") == 0;
}

/* The next readable file; its descriptor is the caller's. */
static bool next_file(DIR *dir, const char *folder, struct lease *ret_lease, struct lease_hold *h)
{
	const struct dirent *e;

	while ((e = readdir(dir)) != NULL) {
		if (!is_lease_name(e->d_name))
			continue;
		(void)snprintf(h->path, sizeof(h->path), "%s/%s", folder, e->d_name);
		h->fd = open(h->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
		if (h->fd >= 0 && read_file(h->fd, ret_lease))
			return true;
		if (h->fd >= 0)
			(void)close(h->fd);
	}
	return false;
}

static DIR *open_folder(char *folder, size_t size, struct err *err)
{
	return make_folder(folder, size, err) ? opendir(folder) : NULL;
}

bool lease_take_over(const char *id, struct lease_hold **ret_hold)
{
	char folder[PATH_ROOM - 100];
	struct lease_hold h = {.fd = -1};
	struct lease l;
	struct err err;
	DIR *dir = open_folder(folder, sizeof(folder), &err);
	bool found = false;

	while (dir && !found && next_file(dir, folder, &l, &h)) {
		found = strcmp(l.id, id) == 0 && flock(h.fd, LOCK_EX | LOCK_NB) == 0;
		if (!found)
			(void)close(h.fd);
	}
	if (dir)
		(void)closedir(dir);
	if (!found)
		return false;
	*ret_hold = xcalloc(1, sizeof(**ret_hold));
	**ret_hold = h;
	return true;
}

size_t lease_list(const char *target, struct lease *out, bool *ret_left, size_t max)
{
	char folder[PATH_ROOM - 100];
	struct lease_hold h = {.fd = -1};
	struct err err;
	DIR *dir = open_folder(folder, sizeof(folder), &err);
	size_t n = 0;

	while (dir && n < max && next_file(dir, folder, &out[n], &h)) {
		ret_left[n] = flock(h.fd, LOCK_EX | LOCK_NB) == 0;
		(void)close(h.fd);
		n += !target || strcmp(out[n].target, target) == 0;
	}
	if (dir)
		(void)closedir(dir);
	return n;
}
