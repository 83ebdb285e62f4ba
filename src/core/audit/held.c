/*
 * held.c: files of one line, written whole beside their place and renamed into it.
 *
 * flock() tells the living from the dead: it ends with the process, however that ends, and with
 * the power. A file that cannot be read is left where it is and not counted; its name says which
 * change the audit log has to be asked about.
 */
#include "audit/held.h"

#include "audit/audit.h"
#include "base/xalloc.h"
#include "codec/codec_json.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FOLDER_ROOM 1300
#define PATH_ROOM 1400
/* How long, and how often, another console's look at a note is waited for. */
#define PROBE_NS 5000000L
#define PROBES_MAX 20

struct held {
	int fd;
	char path[PATH_ROOM];
};

/* ---- where ---- */

static bool make_folder(const char *name, char out[FOLDER_ROOM], struct err *err)
{
	char path[1024], reason[128];
	char *slash;

	if (!audit_path(path, sizeof(path)) || !(slash = strrchr(path, '/'))) {
		err_set(err, ERR_IO, "there is no place to remember what was begun: HOME is not set");
		err_remedy(err, "set XDG_STATE_HOME to a folder of yours");
		return false;
	}
	*slash = '\0';
	(void)mkdir(path, 0700);
	(void)snprintf(out, FOLDER_ROOM, "%s/%s", path, name);
	if (mkdir(out, 0700) != 0 && errno != EEXIST)
		return err_set(err, ERR_IO, "%s cannot be made: %s", out, err_errno(errno, reason, sizeof(reason)));
	return true;
}

/* ---- one file ---- */

/* The line, without its end; false when there is none that could be a note. */
static bool read_file(int fd, char room[HELD_BYTES_MAX], struct str *ret_text)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid())
		return false;
	n = pread(fd, room, HELD_BYTES_MAX, 0);
	if (n <= 1 || n == HELD_BYTES_MAX || room[n - 1] != '\n')
		return false;
	*ret_text = (struct str){room, (size_t)n - 1};
	return true;
}

/* Complete and on the disk under another name; then it gets its own. */
static bool write_file(struct held *h, const char *folder, const char *id, struct str text)
{
	char beside[PATH_ROOM + 8];
	struct buf line;
	int folder_fd;
	bool ok;

	(void)snprintf(h->path, sizeof(h->path), "%s/%.80s.json", folder, id);
	(void)snprintf(beside, sizeof(beside), "%s.new", h->path);
	buf_init(&line, HELD_BYTES_MAX - 1);
	ok = buf_add_str(&line, text) && buf_add_char(&line, '\n');
	if (!ok)
		errno = EFBIG;
	h->fd = ok ? open(beside, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
	ok = h->fd >= 0 && flock(h->fd, LOCK_EX | LOCK_NB) == 0;
	if (ok) {
		/* what a short write does not say */
		errno = ENOSPC;
		ok = write(h->fd, line.data, line.len) == (ssize_t)line.len && fsync(h->fd) == 0 &&
		     rename(beside, h->path) == 0;
	}
	buf_release(&line);
	if (!ok) {
		int number = errno;

		(void)unlink(beside);
		errno = number;
		return false;
	}
	folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder_fd >= 0) {
		(void)fsync(folder_fd);
		(void)close(folder_fd);
	}
	return true;
}

bool held_take(const char *folder, const char *id, struct str text, struct held **ret_held, struct err *err)
{
	struct held *h = xcalloc(1, sizeof(*h));
	char path[FOLDER_ROOM], reason[128];

	h->fd = -1;
	if (!make_folder(folder, path, err)) {
		held_leave(h);
		return false;
	}
	if (!write_file(h, path, id, text)) {
		err_set(err, ERR_IO, "%s cannot be written: %s", path, err_errno(errno, reason, sizeof(reason)));
		held_leave(h);
		return false;
	}
	*ret_held = h;
	return true;
}

void held_leave(struct held *h)
{
	if (!h)
		return;
	if (h->fd >= 0)
		(void)close(h->fd);
	xfree(h);
}

void held_end(struct held *h)
{
	if (h)
		(void)unlink(h->path);
	held_leave(h);
}

/* ---- those that are there ---- */

static bool is_name(const char *name)
{
	size_t n = strlen(name);

	return name[0] != '.' && n > 5 && n < 90 && strcmp(name + n - 5, ".json") == 0 && !strchr(name, '/');
}

static int open_file(const char *path)
{
	return open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

/* Whoever lists the notes holds the lock for a moment, to see whether it is free. A file that was removed meanwhile is
 * over. */
static bool lock_patiently(int fd)
{
	const struct timespec pause = {.tv_nsec = PROBE_NS};
	struct stat st;

	for (int i = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; i++) {
		if (i == PROBES_MAX)
			return false;
		(void)nanosleep(&pause, NULL);
	}
	return fstat(fd, &st) == 0 && st.st_nlink > 0;
}

bool held_take_over(const char *folder, const char *id, struct held **ret_held)
{
	char path[FOLDER_ROOM], name[100], room[HELD_BYTES_MAX];
	struct held h = {.fd = -1};
	struct str text;
	struct err err;

	(void)snprintf(name, sizeof(name), "%.80s.json", id);
	if (!is_name(name) || !make_folder(folder, path, &err))
		return false;
	(void)snprintf(h.path, sizeof(h.path), "%s/%s", path, name);
	h.fd = open_file(h.path);
	if (h.fd < 0)
		return false;
	if (!read_file(h.fd, room, &text) || !lock_patiently(h.fd)) {
		(void)close(h.fd);
		return false;
	}
	*ret_held = xcalloc(1, sizeof(**ret_held));
	**ret_held = h;
	return true;
}

void held_each(const char *folder, bool (*see)(void *ctx, struct str text, bool left), void *ctx)
{
	char path[FOLDER_ROOM], file[PATH_ROOM], room[HELD_BYTES_MAX];
	const struct dirent *e;
	struct err err;
	DIR *dir = make_folder(folder, path, &err) ? opendir(path) : NULL;
	bool more = true;

	while (dir && more && (e = readdir(dir)) != NULL) {
		struct str text;
		int fd;

		if (!is_name(e->d_name))
			continue;
		(void)snprintf(file, sizeof(file), "%s/%.90s", path, e->d_name);
		fd = open_file(file);
		if (fd < 0)
			continue;
		if (read_file(fd, room, &text)) {
			bool left = flock(fd, LOCK_EX | LOCK_NB) == 0;

			/* not for as long as `see` takes: who wants it now would think that a console holds it */
			(void)flock(fd, LOCK_UN);
			more = see(ctx, text, left);
		}
		(void)close(fd);
	}
	if (dir)
		(void)closedir(dir);
}

void held_add_text(struct buf *b, const char *name, const char *value)
{
	buf_addf(b, ",\"%s\":", name);
	(void)json_write_string(b, str_c(value));
}

void held_copy_text(char *out, size_t size, struct str text)
{
	(void)snprintf(out, size, STR_FMT, STR_ARG(text));
}
