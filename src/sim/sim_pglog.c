/*
 * sim_pglog.c: a real server's log file as the events that CloudWatch Logs would hold.
 *
 * The file grows; each call reads from where the last one ended, up to the last complete line. A
 * line that begins with a tab continues the event before it, every other line is an event of its own,
 * as the export of Aurora makes them: a STATEMENT or DETAIL line has a prefix and is its own event.
 * The time is the prefix's. A file that shrank or was replaced is read from its start. Only the
 * newest events are kept; sequence numbers go on.
 */
#include "sim/sim_internal.h"

#include "base/utf8.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define EVENTS_MAX 20000
#define EVENT_BYTES_MAX (256u << 10)
#define PIECE_BYTES (64u << 10)
#define PENDING_BYTES_MAX (8u << 20)

struct reader {
	ino_t inode;
	off_t offset;
	struct buf pending; /* bytes after the last line feed */
	int64_t last_ms;    /* time of its newest event */
	long last;          /* sequence number of its newest event, -1 = none */
};

struct sim_logs {
	struct sim_log_event *events; /* ring */
	size_t first, n;
	uint64_t next_seq;
	struct reader readers[SIM_LOG_FILES_MAX];
};

static struct sim_log_event *event_at(const struct sim_logs *l, size_t i)
{
	return &l->events[(l->first + i) % EVENTS_MAX];
}

size_t sim_logs_count(const struct sim_logs *l)
{
	return l->n;
}

const struct sim_log_event *sim_logs_at(const struct sim_logs *l, size_t i)
{
	return event_at(l, i);
}

void sim_logs_free(struct sim_logs *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		xfree(event_at(l, i)->text);
	for (size_t i = 0; i < SIM_LOG_FILES_MAX; i++)
		buf_release(&l->readers[i].pending);
	xfree(l->events);
	xfree(l);
}

static struct sim_logs *logs_new(void)
{
	struct sim_logs *l = xalloc(sizeof(*l));

	l->events = xcalloc(EVENTS_MAX, sizeof(*l->events));
	l->next_seq = 1;
	for (size_t i = 0; i < SIM_LOG_FILES_MAX; i++) {
		l->readers[i].last = -1;
		buf_init(&l->readers[i].pending, PENDING_BYTES_MAX);
	}
	return l;
}

/* JSON and XML carry text only. */
static void add_text(struct buf *out, struct str line)
{
	while (line.len > 0) {
		char bytes[4];
		bool valid;
		uint32_t cp = utf8_decode(&line, &valid);

		if (!valid || cp == 0)
			cp = UTF8_REPLACEMENT;
		buf_add(out, bytes, (size_t)utf8_encode(cp, bytes));
	}
}

/* "2026-01-15 08:30:05 UTC", with or without a fraction; false when the line begins otherwise. */
static bool line_time(struct str line, int64_t *ret_ms)
{
	char iso[32];
	int64_t us;

	if (line.len < 23 || line.ptr[10] != ' ')
		return false;
	snprintf(iso, sizeof(iso), "%.10sT%.8sZ", line.ptr, line.ptr + 11);
	if (!clock_parse_iso8601(str_c(iso), &us))
		return false;
	*ret_ms = us / US_PER_MS;
	return true;
}

static struct sim_log_event *find_seq(const struct sim_logs *l, long seq)
{
	uint64_t oldest = l->next_seq - l->n;

	return seq >= 0 && (uint64_t)seq >= oldest ? event_at(l, (size_t)((uint64_t)seq - oldest)) : NULL;
}

static void continue_event(struct sim_log_event *e, struct str line)
{
	struct buf text;

	buf_init(&text, EVENT_BYTES_MAX);
	buf_add(&text, e->text, e->len);
	buf_add_char(&text, '\n');
	add_text(&text, line);
	if (!text.failed) {
		xfree(e->text);
		e->text = buf_take(&text, &e->len);
	}
	buf_release(&text);
}

static void add_event(struct sim_logs *l, struct reader *rd, int member, struct str line, int64_t now_ms)
{
	struct sim_log_event *e;
	struct buf text;
	int64_t at;

	if (l->n == EVENTS_MAX) {
		xfree(event_at(l, 0)->text);
		l->first = (l->first + 1) % EVENTS_MAX;
		l->n--;
	}
	e = event_at(l, l->n++);
	buf_init(&text, EVENT_BYTES_MAX);
	add_text(&text, str_sub(line, 0, EVENT_BYTES_MAX / 4));
	at = rd->last_ms ? rd->last_ms : now_ms;
	if (line_time(line, &at))
		rd->last_ms = at;
	*e = (struct sim_log_event){.seq = l->next_seq++, .at_ms = at, .read_ms = now_ms, .member = member};
	buf_c(&text);
	e->text = buf_take(&text, &e->len);
	rd->last = (long)e->seq;
	buf_release(&text);
}

static void take_line(struct sim_logs *l, struct reader *rd, int member, struct str line, int64_t now_ms)
{
	struct sim_log_event *before = find_seq(l, rd->last);

	if (line.len == 0)
		return;
	if (line.ptr[0] == '\t' && before)
		continue_event(before, line);
	else
		add_event(l, rd, member, line, now_ms);
}

static void take_lines(struct sim_logs *l, struct reader *rd, int member, int64_t now_ms)
{
	struct str rest = buf_str(&rd->pending), line;
	struct buf tail;

	while (rest.len > 0 && memchr(rest.ptr, '\n', rest.len) && str_split(&rest, '\n', &line))
		take_line(l, rd, member, line, now_ms);
	buf_init(&tail, PENDING_BYTES_MAX);
	if (rest.ptr)
		buf_add_str(&tail, rest);
	buf_release(&rd->pending);
	rd->pending = tail;
}

static void read_file(struct sim_logs *l, struct reader *rd, const char *path, int member, int64_t now_ms)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *piece = xalloc(PIECE_BYTES);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) != 0)
		goto out;
	if (st.st_ino != rd->inode || st.st_size < rd->offset) {
		rd->inode = st.st_ino;
		rd->offset = 0;
		buf_clear(&rd->pending);
	}
	while ((n = pread(fd, piece, PIECE_BYTES, rd->offset)) > 0) {
		rd->offset += n;
		/* one endless line is given up */
		if (!buf_add(&rd->pending, piece, (size_t)n))
			buf_clear(&rd->pending);
		take_lines(l, rd, member, now_ms);
	}
out:
	if (fd >= 0)
		close(fd);
	xfree(piece);
}

const struct sim_logs *sim_logs_read(struct sim *s)
{
	struct sim_cluster *orders = sim_cluster_find(s, STR("prod-orders"));
	int64_t now_us = sim_now(s);

	if (!s->logs)
		s->logs = logs_new();
	for (size_t i = 0; orders && i < SIM_LOG_FILES_MAX; i++) {
		const struct sim_log_file *f = &s->o.logs[i];
		int member = sim_cluster_writer(orders, now_us);

		for (int k = 0; f->instance && k < orders->nmembers; k++)
			if (strcmp(orders->members[k].id, f->instance) == 0)
				member = k;
		if (f->path)
			read_file(s->logs, &s->logs->readers[i], f->path, member, now_us / US_PER_MS);
	}
	return s->logs;
}
