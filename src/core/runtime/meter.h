/*
 * meter.h: what calls of services that bill have come to: how many, how large, about how much money.
 *
 * One table for the process, by the name of the service, filled by whoever calls and read by `:diag`. Money is in
 * billionths of a USD; prices come with each call, list prices without what is free, so that the sum is rather too
 * high. Any thread. Times are monotonic microseconds.
 */
#ifndef RUNTIME_METER_H
#define RUNTIME_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define METER_ROWS_MAX 16
#define METER_NAME_MAX 40
#define METER_NOTE_MAX 80
#define NANO_PER_USD INT64_C(1000000000)

struct meter_call {
	bool failed, throttled;
	int64_t bytes; /* received */
	int64_t nano_usd;
};

struct meter_row {
	char name[METER_NAME_MAX];
	char note[METER_NOTE_MAX];         /* what is in force now, "" = nothing out of the ordinary */
	int64_t calls, failed, throttled;  /* since the start */
	int64_t bytes, nano_usd;           /* likewise */
	int64_t calls_hour, nano_usd_hour; /* in the last hour; of a shorter time, as if it went on so */
};

/* Beyond METER_ROWS_MAX names nothing more is counted. */
void meter_count(const char *name, const struct meter_call *call, int64_t now_us);
/* Says what is in force for a service ("3 requests/s at most"); "" takes it back. */
void meter_note(const char *name, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Row i in the order of their first call; false past the last. */
bool meter_read(size_t i, int64_t now_us, struct meter_row *ret_row);
/* All services together, in the last hour, as it was: nothing is extrapolated. */
int64_t meter_spent(int64_t now_us);
/* What the budget makes of the pace of what is billed most: asked every n times as long; 1 = as always. */
void meter_slow_set(int64_t times);
int64_t meter_slow(void);
/* Forgets everything; for tests. */
void meter_reset(void);

#endif
