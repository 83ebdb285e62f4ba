/*
 * pace.h: how fast a service may be asked, and how often again: the memory of all lanes together.
 *
 * One struct aws_pace for each service of one account and region; it lives as long as the process, and whoever asks
 * that service shares it. It holds the retry tokens of the "standard" retry mode (500; a retry costs 5, 10 after a
 * timeout; a success gives back what its last retry cost, without a retry 1), the client-side rate of the "adaptive"
 * mode (off until the first throttling answer, then cubic), and by how much our clock is off. Numbers: AWS SDKs
 * Reference Guide, "Retry behavior".
 *
 * Besides, every service has a rate of its own that is never passed in the long run, whatever it answers, after a
 * burst: far below what AWS documents or is known to allow one account, so that others find room.
 *
 * Any thread; no call blocks. Times are monotonic microseconds, given by the caller.
 */
#ifndef AWS_PACE_H
#define AWS_PACE_H

#include "aws/endpoint.h"
#include "base/clock.h"

#define PACE_TOKENS 500
#define PACE_COST 5
#define PACE_COST_TIMEOUT 10
#define PACE_RATE_MIN 0.5              /* requests a second */
#define PACE_CALM_US (15 * US_PER_MIN) /* without "slow down": the rate is off again */

struct aws_pace;

/* Of a service; key names the account and region as far as we know them (profile, region, endpoint). Another key than
 * before begins anew: what one account was told says nothing of the next. Never NULL, never freed. */
struct aws_pace *aws_pace_of(enum aws_service_id service, const char *key);

/*
 * Takes leave to send one request and returns how long to wait first, 0 = not at all. Without a throttling answer so
 * far there is nothing to wait for until the burst is used up. With more than most_us to wait nothing is taken, and -1
 * comes back.
 */
int64_t aws_pace_take(struct aws_pace *p, int64_t now_us, int64_t most_us);
/* After each answer, and after each attempt that had none. */
void aws_pace_heard(struct aws_pace *p, bool throttled, int64_t now_us);
/* Requests a second allowed now, 0 = as many as you like. */
double aws_pace_rate(struct aws_pace *p, int64_t now_us);

/* May this be tried again? *cost then has what it took. */
bool aws_pace_retry(struct aws_pace *p, bool after_timeout, int *cost);
/* A call has succeeded; cost of its last retry, 0 = it needed none. */
void aws_pace_success(struct aws_pace *p, int cost);
int aws_pace_tokens(struct aws_pace *p);

/* To add to our clock for requests to this service. */
int64_t aws_pace_skew_us(struct aws_pace *p);
void aws_pace_set_skew(struct aws_pace *p, int64_t skew_us);

/* The arithmetic of the adaptive rate alone, for tests. */
struct aws_rate {
	bool on;
	double rate, capacity, tokens; /* of the bucket that is asked before sending */
	int64_t filled_us;
	double measured; /* requests a second that we really send */
	int64_t slot;    /* half second that is being counted */
	int count;
	double most;       /* rate at the last throttling answer */
	double plateau_s;  /* after which it is reached again */
	int64_t failed_us; /* when that was */
};
void aws_rate_heard(struct aws_rate *r, bool throttled, int64_t now_us);
/* Takes one token, borrowing; returns the wait in microseconds. */
int64_t aws_rate_take(struct aws_rate *r, int64_t now_us);

#endif
