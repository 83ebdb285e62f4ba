/*
 * The demo's folder: made fresh, filled with files that only PostgreSQL's user may read, removed whole.
 */
#include "sim/demo.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/stat.h>

#define REMOVE_TRIES 40
#define REMOVE_PAUSE_MS 100
#define TAIL_BYTES 1200

bool demo_dir_make(struct demo *d, struct err *err)
{
	static const char name[] = "/auroratop-demo-XXXXXX";
	const char *base = getenv("TMPDIR");
	char why[128];

	if (!base || base[0] != '/' || strlen(base) + sizeof(name) > sizeof(d->dir))
		base = "/tmp";
	snprintf(d->dir, sizeof(d->dir), "%s%s", base, name);
	if (!mkdtemp(d->dir)) {
		err_set(err, ERR_IO, "cannot make a folder in %s: %s", base, err_errno(errno, why, sizeof(why)));
		d->dir[0] = '\0';
		return false;
	}
	if (!d->user.drop || chown(d->dir, d->user.uid, d->user.gid) == 0)
		return true;
	err_set(err, ERR_IO, "cannot give %s away: %s", d->dir, err_errno(errno, why, sizeof(why)));
	demo_dir_remove(d->dir);
	return false;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path) && errno != ENOENT && errno != ENOTEMPTY ? -1 : 0;
}

void demo_dir_remove(const char *dir)
{
	struct stat st;

	for (int i = 0; dir[0] && i < REMOVE_TRIES; i++) {
		nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
		if (lstat(dir, &st) && errno == ENOENT)
			return;
		poll(NULL, 0, REMOVE_PAUSE_MS);
	}
}

static bool write_all(int fd, struct str text)
{
	while (text.len) {
		ssize_t n = write(fd, text.ptr, text.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text = str_sub(text, (size_t)n, text.len);
	}
	return true;
}

bool demo_file_write(const struct demo *d, const char *name, struct str text, struct err *err)
{
	char path[DEMO_PATH_MAX], why[128];
	bool done = false;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", d->dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0)
		done = write_all(fd, text) && (!d->user.drop || fchown(fd, d->user.uid, d->user.gid) == 0);
	if (!done)
		err_set(err, ERR_IO, "cannot write %s: %s", path, err_errno(errno, why, sizeof(why)));
	if (fd >= 0)
		close(fd);
	return done;
}

void demo_file_tail(const struct demo *d, const char *name, struct buf *out)
{
	char path[DEMO_PATH_MAX], text[TAIL_BYTES];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", d->dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (lseek(fd, -(off_t)sizeof(text), SEEK_END) < 0)
		lseek(fd, 0, SEEK_SET);
	n = read(fd, text, sizeof(text));
	if (n > 0)
		buf_add(out, text, (size_t)n);
	close(fd);
}

bool demo_secret(char ret_text[DEMO_SECRET_CHARS + 1], struct err *err)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	unsigned char bytes[DEMO_SECRET_CHARS];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return err_set(err, ERR_IO, "no random numbers from the system");
	for (size_t i = 0; i < sizeof(bytes); i++)
		ret_text[i] = letters[bytes[i] & 63];
	ret_text[DEMO_SECRET_CHARS] = '\0';
	return true;
}
