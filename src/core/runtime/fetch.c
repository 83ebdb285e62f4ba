/*
 * fetch.c: what a source may do while it runs, all of it on the lane thread.
 *
 * A fetch without a lane is allowed for everything but publishing and keeping state:
 * code that only talks to the other side can then be driven by a plain caller. It
 * cannot be cancelled and has its deadline only.
 *
 * Waits use the system's poll() with the time left by base/clock. A poll that ran its
 * full time is a timeout whatever the clock says, so that a frozen clock cannot make a
 * wait endless.
 */
#include "base/clock.h"
#include "runtime/lane_internal.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>

long lane_target_index(const struct fetch *f, const char *name)
{
	const struct lane *l = f->lane;

	for (size_t i = 0; i < l->nsources; i++) {
		const struct source *src = l->sources[i];

		if (strcmp(src->name, name) != 0)
			continue;
		if (src == f->source || (src->fed_by && strcmp(src->fed_by, f->source->name) == 0))
			return (long)i;
	}
	return -1;
}

void lane_publish(struct lane *l, size_t i, const struct target *target, struct snapshot *s)
{
	s->source = l->sources[i]->name;
	s->generation = target->generation;
	if (s->at_us == 0)
		s->at_us = clock_wall_us();
	mailbox_post(&l->mailboxes[i], snapshot_publish(s));
	wake_post(l->wake);
}

void fetch_publish(struct fetch *f, struct snapshot *s)
{
	long i;

	if (!f->lane)
		BUG("a fetch without a lane cannot publish");
	i = lane_target_index(f, s->source ? s->source : f->source->name);
	if (i < 0)
		BUG("%s published a snapshot of %s, which it does not feed", f->source->name, s->source);
	if (s->took_us == 0)
		s->took_us = clock_mono_us() - f->lane->started_mono_us;
	lane_publish(f->lane, (size_t)i, f->target, s);
}

bool fetch_wants(const struct fetch *f, const char *source)
{
	long i = f->lane ? lane_target_index(f, source) : -1;

	return i >= 0 && (f->demand >> i & 1);
}

bool fetch_cancelled(const struct fetch *f)
{
	return f->lane && !f->insists && atomic_load_explicit(&f->lane->cancel.pending, memory_order_acquire);
}

int fetch_cancel_fd(const struct fetch *f)
{
	return f->lane && !f->insists ? f->lane->cancel.fd : -1;
}

int64_t fetch_left_us(const struct fetch *f)
{
	int64_t left = f->deadline_mono_us - clock_mono_us();

	return left > 0 ? left : 0;
}

static bool fail_wait(const struct fetch *f, struct err *err)
{
	const char *origin = f->source && f->source->origin ? f->source->origin : "the other side";

	if (fetch_cancelled(f))
		return err_set(err, ERR_CANCELLED, "%s: cancelled", origin);
	return err_set(err, ERR_TIMEOUT, "no answer from %s within the time allowed", origin);
}

bool fetch_wait(const struct fetch *f, int fd, short events, struct err *err)
{
	struct pollfd fds[2] = {{.fd = fetch_cancel_fd(f), .events = POLLIN}, {.fd = fd, .events = events}};

	for (;;) {
		int64_t left = fetch_left_us(f);
		/* rounded up: waking early would only spin */
		int64_t ms = left > INT_MAX * US_PER_MS ? INT_MAX : (left + US_PER_MS - 1) / US_PER_MS;
		int n;

		/* also when fd is readable: a peer that trickles for ever must not outlive the deadline */
		if (left == 0 || fetch_cancelled(f))
			return fail_wait(f, err);
		n = poll(fds, ARRAY_LEN(fds), (int)ms);
		if (n < 0 && errno != EINTR) {
			char reason[128];

			return err_set(err, ERR_IO, "poll: %s", err_errno(errno, reason, sizeof(reason)));
		}
		if (n == 0 || (n > 0 && fds[0].revents))
			return fail_wait(f, err);
		if (n > 0)
			return true;
	}
}

void fetch_doing(struct fetch *f, const char *fmt, ...)
{
	char text[sizeof(f->lane->doing)] = "";
	struct lane *l = f->lane;
	va_list ap;

	if (!l)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	pthread_mutex_lock(&l->mutex);
	memcpy(l->doing, text, sizeof(text));
	l->doing_since_mono_us = clock_mono_us();
	pthread_mutex_unlock(&l->mutex);
}

void fetch_note_wait(struct fetch *f, enum err_code why, int64_t until_mono_us)
{
	struct lane *l = f->lane;

	if (!l)
		return;
	pthread_mutex_lock(&l->mutex);
	l->note.waits = why;
	l->note.until_mono_us = until_mono_us;
	pthread_mutex_unlock(&l->mutex);
	wake_post(l->wake);
}

void fetch_note_rows(struct fetch *f, int64_t rows)
{
	struct lane *l = f->lane;

	int64_t deadline = clock_mono_us() + (f->source->deadline_us ? f->source->deadline_us : FETCH_DEADLINE_US);

	if (!l || f->args)
		return;
	if (deadline > l->started_mono_us + FETCH_LISTING_MAX_US)
		deadline = l->started_mono_us + FETCH_LISTING_MAX_US;
	if (deadline > f->deadline_mono_us)
		f->deadline_mono_us = deadline;
	pthread_mutex_lock(&l->mutex);
	l->run_deadline_mono_us = f->deadline_mono_us;
	l->note.rows = rows;
	pthread_mutex_unlock(&l->mutex);
	wake_post(l->wake);
}

void **fetch_lane_context(struct fetch *f, void (*free_fn)(void *))
{
	struct lane_slot *slot = &f->lane->context;

	slot->free_fn = free_fn;
	return &slot->data;
}

void **fetch_state(struct fetch *f, void (*free_fn)(void *))
{
	long i = lane_target_index(f, f->source->name);
	struct lane_slot *slot = &f->lane->states[i];

	slot->free_fn = free_fn;
	return &slot->data;
}

void fetch_count(struct fetch *f, int64_t requests, int64_t bytes)
{
	struct lane *l = f->lane;

	if (!l)
		return;
	pthread_mutex_lock(&l->mutex);
	l->requests += requests;
	l->bytes += bytes;
	pthread_mutex_unlock(&l->mutex);
}
