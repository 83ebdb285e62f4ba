/*
 * log.c: the ring and the file, under one mutex.
 *
 * A line is "time level where: message", escaped before it enters the ring, so what
 * was logged is safe to show, dump or write. Escapes only lengthen text, therefore a
 * message is formatted no longer than a line may become. A file that cannot be
 * written is not an error anyone could act upon here; the ring has the line.
 */
#include "base/log.h"

#include "base/clock.h"
#include "base/utf8.h"

#include <errno.h>
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* under lock */
static struct {
	char text[LOG_LINE_MAX + 1];
	size_t len;
} ring[LOG_RING_LINES];
static size_t written; /* lines ever */
static int file = -1;

/* Appends one decoded code point, or its bytes as \xNN. */
static bool escape_one(struct buf *line, struct str *s)
{
	const char *start = s->ptr;
	bool valid;
	uint32_t cp = utf8_decode(s, &valid);
	size_t n = (size_t)(s->ptr - start);
	char hex[4 * 4 + 1];

	if (cp == '\\')
		return buf_add_c(line, "\\\\");
	if (valid && utf8_width(cp) >= 0)
		return buf_add(line, start, n);
	for (size_t i = 0; i < n; i++)
		snprintf(hex + 4 * i, 5, "\\x%02X", (unsigned)(unsigned char)start[i]);
	return buf_add(line, hex, 4 * n);
}

static void escape(struct buf *line, struct str s)
{
	static const char ellipsis[] = "\xE2\x80\xA6";
	size_t fits = line->len;

	while (s.len && escape_one(line, &s))
		if (line->len <= LOG_LINE_MAX - (sizeof(ellipsis) - 1))
			fits = line->len;
	if (!line->failed)
		return;
	buf_truncate(line, fits);
	line->failed = false;
	buf_add_c(line, ellipsis);
}

static void write_file(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return;
		p += done;
		n -= (size_t)done;
	}
}

static void put_line(struct buf *line)
{
	size_t at;

	pthread_mutex_lock(&lock);
	at = written++ % LOG_RING_LINES;
	memcpy(ring[at].text, line->data, line->len);
	/* one write per line keeps lines of several processes whole */
	ring[at].text[line->len] = '\n';
	ring[at].len = line->len + 1;
	if (file >= 0)
		write_file(file, ring[at].text, ring[at].len);
	pthread_mutex_unlock(&lock);
}

void log_write(enum log_level level, const char *where, const char *fmt, ...)
{
	static const char *const names[] = {[LOG_DEBUG] = "debug", [LOG_INFO] = "info", [LOG_WARN] = "warn"};
	char message[LOG_LINE_MAX + 8], when[32];
	struct buf line;
	int saved = errno;
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(message, sizeof(message), fmt, ap) < 0)
		message[0] = '\0';
	va_end(ap);
	buf_init(&line, LOG_LINE_MAX);
	clock_iso8601(clock_wall_us() / US_PER_MS * US_PER_MS, when, sizeof(when));
	buf_addf(&line, "%s %s %.64s: ", when, names[level], where);
	escape(&line, str_c(message));
	put_line(&line);
	buf_release(&line);
	errno = saved;
}

void log_dump(struct buf *out, int max_lines)
{
	size_t n;

	if (max_lines <= 0)
		return;
	pthread_mutex_lock(&lock);
	n = written < LOG_RING_LINES ? written : LOG_RING_LINES;
	if (n > (size_t)max_lines)
		n = (size_t)max_lines;
	for (size_t i = written - n; i < written; i++)
		buf_add(out, ring[i % LOG_RING_LINES].text, ring[i % LOG_RING_LINES].len);
	pthread_mutex_unlock(&lock);
}

void log_to_fd(int fd)
{
	pthread_mutex_lock(&lock);
	file = fd;
	pthread_mutex_unlock(&lock);
}
