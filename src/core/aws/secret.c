/*
 * secret.c: files and answers that hold keys, read into memory that is overwritten when it is given back.
 *
 * A growing buffer leaves copies of itself behind at every step, so growing is done here by hand: new memory, copy,
 * overwrite the old. jansson has no such care; its texts are overwritten before the tree is freed.
 */
#include "aws/secret.h"

#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_BYTES 4096
/* A pipe that stays silent longer than this is no file of settings. */
#define READ_WAIT_MS 5000

static void grow(struct secret *s, size_t need)
{
	size_t cap = s->cap ? s->cap : FIRST_BYTES;
	char *more;

	while (cap < need)
		cap *= 2;
	if (cap == s->cap)
		return;
	more = xalloc(cap);
	if (s->len > 0)
		memcpy(more, s->text, s->len);
	xfree_secret(s->text, s->cap);
	s->text = more;
	s->cap = cap;
}

bool secret_add(struct secret *s, struct str bytes, size_t max)
{
	if (bytes.len > max || s->len > max - bytes.len)
		return false;
	grow(s, s->len + bytes.len + 1);
	if (bytes.len > 0)
		memcpy(s->text + s->len, bytes.ptr, bytes.len);
	s->len += bytes.len;
	s->text[s->len] = '\0';
	return true;
}

struct str secret_str(const struct secret *s)
{
	return (struct str){s->text, s->len};
}

void secret_wipe(struct secret *s)
{
	xfree_secret(s->text, s->cap);
	*s = (struct secret){NULL, 0, 0};
}

/* Up to the end of the file or beyond max; false with errno. */
static bool read_all(int fd, size_t max, struct secret *s)
{
	char piece[8192];
	ssize_t n = 1;

	while (n != 0 && s->len <= max) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};

		n = read(fd, piece, sizeof(piece));
		if (n < 0 && errno == EAGAIN && poll(&wait, 1, READ_WAIT_MS) > 0)
			continue;
		if (n < 0 && errno != EINTR)
			break;
		if (n > 0 && !secret_add(s, (struct str){piece, (size_t)n}, max + sizeof(piece)))
			break;
	}
	explicit_bzero(piece, sizeof(piece));
	return n >= 0;
}

bool secret_read_file(const char *path, size_t max, struct secret *ret_secret, bool *ret_exists, struct err *err)
{
	char why[128];
	struct stat st;
	struct secret s = {NULL, 0, 0};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	bool ok;

	*ret_exists = false;
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return true;
	if (fd < 0 || fstat(fd, &st) != 0 || S_ISDIR(st.st_mode)) {
		err_set(err, ERR_CONFIG, "%s cannot be read: %s", path,
			fd < 0 ? err_errno(errno, why, sizeof(why)) : "not a file");
		if (fd >= 0)
			close(fd);
		return false;
	}
	ok = read_all(fd, max, &s);
	if (!ok)
		err_set(err, ERR_CONFIG, "%s cannot be read: %s", path, err_errno(errno, why, sizeof(why)));
	else if (s.len > max)
		ok = err_set(err, ERR_LIMIT, "%s is larger than %zu bytes", path, max);
	close(fd);
	if (!ok) {
		secret_wipe(&s);
		return false;
	}
	grow(&s, 1);
	*ret_secret = s;
	*ret_exists = true;
	return true;
}

/* ---- writing ---- */

/* Makes the folders that path's file lies in, as far as they are missing. */
static void make_folders(const char *path)
{
	char folder[1024];

	for (size_t i = 1; path[i] && i < sizeof(folder); i++)
		if (path[i] == '/') {
			snprintf(folder, i + 1, "%s", path);
			(void)mkdir(folder, 0700);
		}
}

static bool write_all(int fd, struct str text)
{
	while (text.len > 0) {
		ssize_t n = write(fd, text.ptr, text.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text = str_sub(text, (size_t)n, text.len);
	}
	return fsync(fd) == 0;
}

bool secret_write_file(const char *path, struct str text, struct err *err)
{
	char temporary[1100], why[128];
	bool ok = false;
	int fd;

	make_folders(path);
	snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
	fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
	if (fd < 0)
		return err_set(err, ERR_IO, "%s cannot be written: %s", path, err_errno(errno, why, sizeof(why)));
	ok = write_all(fd, text);
	ok = close(fd) == 0 && ok;
	ok = ok && rename(temporary, path) == 0;
	if (!ok) {
		err_set(err, ERR_IO, "%s cannot be written: %s", path, err_errno(errno, why, sizeof(why)));
		(void)unlink(temporary);
	}
	return ok;
}

/* ---- JSON ---- */

/* The reader limits the depth of a document. */
static void wipe_texts(const json_t *j) /* NOLINT(misc-no-recursion) */
{
	const json_t *child;
	const char *key;
	size_t i;

	if (json_is_string(j))
		explicit_bzero((void *)(uintptr_t)json_string_value(j), json_string_length(j));
	json_object_foreach((json_t *)(uintptr_t)j, key, child) wipe_texts(child);
	json_array_foreach(j, i, child) wipe_texts(child);
}

void secret_json_wipe(struct json_t *root)
{
	if (!root)
		return;
	wipe_texts(root);
	json_decref(root);
}
