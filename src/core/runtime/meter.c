/*
 * meter.c: totals, and sixty minutes in a ring, per service.
 *
 * A minute's slot is emptied when the ring comes round to it. The hour is the last sixty slots, the present one
 * included. While the process is younger than that, an hourly figure is what there was over the time there was,
 * taken as one minute at least: the first minute asks more than any later one, and that fades.
 */
#include "runtime/meter.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define MINUTES 60

struct service {
	char name[METER_NAME_MAX], note[METER_NOTE_MAX];
	int64_t calls, failed, throttled, bytes, nano_usd;
	int64_t first_minute, minute; /* of the newest slot */
	int64_t slot_calls[MINUTES], slot_nano[MINUTES];
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct service services[METER_ROWS_MAX];
static size_t nservices;
static atomic_llong slow = 1;

/* Mutex held, as below. NULL when the table is full. */
static struct service *find(const char *name, bool make)
{
	for (size_t i = 0; i < nservices; i++)
		if (strncmp(services[i].name, name, METER_NAME_MAX - 1) == 0)
			return &services[i];
	if (!make || nservices == METER_ROWS_MAX)
		return NULL;
	(void)snprintf(services[nservices].name, METER_NAME_MAX, "%s", name);
	return &services[nservices++];
}

/* Empties the slots of minutes that have passed. */
static void turn(struct service *s, int64_t now_us)
{
	int64_t minute = now_us / US_PER_MIN;

	if (s->calls == 0)
		s->first_minute = s->minute = minute;
	for (int n = 0; s->minute < minute && n < MINUTES; n++) {
		s->minute++;
		s->slot_calls[s->minute % MINUTES] = s->slot_nano[s->minute % MINUTES] = 0;
	}
	if (s->minute < minute)
		s->minute = minute;
}

void meter_count(const char *name, const struct meter_call *call, int64_t now_us)
{
	struct service *s;

	pthread_mutex_lock(&mutex);
	s = find(name, true);
	if (s) {
		turn(s, now_us);
		s->calls++;
		s->failed += call->failed;
		s->throttled += call->throttled;
		s->bytes += call->bytes;
		s->nano_usd += call->nano_usd;
		s->slot_calls[s->minute % MINUTES]++;
		s->slot_nano[s->minute % MINUTES] += call->nano_usd;
	}
	pthread_mutex_unlock(&mutex);
}

void meter_note(const char *name, const char *fmt, ...)
{
	struct service *s;
	va_list ap;

	pthread_mutex_lock(&mutex);
	s = find(name, true);
	va_start(ap, fmt);
	if (s)
		(void)vsnprintf(s->note, sizeof(s->note), fmt, ap);
	va_end(ap);
	pthread_mutex_unlock(&mutex);
}

static void sum(struct service *s, int64_t now_us, int64_t *ret_calls, int64_t *ret_nano)
{
	*ret_calls = *ret_nano = 0;
	turn(s, now_us);
	for (int i = 0; i < MINUTES; i++) {
		*ret_calls += s->slot_calls[i];
		*ret_nano += s->slot_nano[i];
	}
}

bool meter_read(size_t i, int64_t now_us, struct meter_row *ret_row)
{
	struct service *s = &services[i];
	int64_t minutes;
	bool there;

	pthread_mutex_lock(&mutex);
	there = i < nservices;
	if (there) {
		*ret_row = (struct meter_row){.calls = s->calls,
					      .failed = s->failed,
					      .throttled = s->throttled,
					      .bytes = s->bytes,
					      .nano_usd = s->nano_usd};
		memcpy(ret_row->name, s->name, sizeof(s->name));
		memcpy(ret_row->note, s->note, sizeof(s->note));
		sum(s, now_us, &ret_row->calls_hour, &ret_row->nano_usd_hour);
		minutes = s->minute - s->first_minute;
		minutes = minutes < 1 ? 1 : minutes > MINUTES ? MINUTES : minutes;
		ret_row->calls_hour = ret_row->calls_hour * MINUTES / minutes;
		ret_row->nano_usd_hour = ret_row->nano_usd_hour * MINUTES / minutes;
	}
	pthread_mutex_unlock(&mutex);
	return there;
}

int64_t meter_spent(int64_t now_us)
{
	int64_t all = 0, calls, nano;

	pthread_mutex_lock(&mutex);
	for (size_t i = 0; i < nservices; i++) {
		sum(&services[i], now_us, &calls, &nano);
		all += nano;
	}
	pthread_mutex_unlock(&mutex);
	return all;
}

void meter_slow_set(int64_t times)
{
	atomic_store(&slow, times);
}

int64_t meter_slow(void)
{
	return atomic_load(&slow);
}

void meter_reset(void)
{
	meter_slow_set(1);
	pthread_mutex_lock(&mutex);
	memset(services, 0, sizeof(services));
	nservices = 0;
	pthread_mutex_unlock(&mutex);
}
