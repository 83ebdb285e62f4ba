/*
 * pace.c: retry tokens and the adaptive rate, one mutex over all.
 *
 * Two means against making a bad hour worse. The tokens bound how much of what we send are retries: when a
 * service fails for everybody, after some hundred retries each call is tried once, until calls succeed again. The rate
 * bounds how fast we send at all after a service has said "slow down": 0.7 of what we really sent, then
 * slowly back to it and beyond along a cubic curve. A token that is not there yet is borrowed: the caller
 * waits as long as it takes to come, outside the mutex, and the next one behind it.
 *
 * Invariant: the rate is never below PACE_RATE_MIN, so that nothing stands still; and never more than twice what
 * was really sent lately.
 *
 * Not here: which errors are throttling (errors.c), waiting (client.c).
 */
#include "aws/pace.h"

#include <math.h>
#include <pthread.h>

#define BETA 0.7  /* what is left of the rate after "slow down" */
#define SCALE 0.4 /* of the cubic curve */
#define SMOOTH 0.8
#define SLOT_US (US_PER_S / 2)
#define MEASURED_TIMES 2.0

/* Requests at once, and a second in the long run. CloudWatch 9 for DescribeAlarms, Logs 5 for FilterLogEvents in the
 * smallest regions; the rest is not documented for all regions. */
static const struct {
	double burst, rate;
} steady[AWS_SERVICE__COUNT] = {
	[AWS_RDS] = {100, 10},        [AWS_EC2] = {100, 10},
	[AWS_CLOUDWATCH] = {20, 8},   [AWS_PI] = {30, 2},
	[AWS_LOGS] = {20, 4},         [AWS_KMS] = {20, 5},
	[AWS_STS] = {20, 5},          [AWS_SECRETS_MANAGER] = {20, 5},
	[AWS_AUTO_SCALING] = {20, 5},
};

struct aws_pace {
	char key[AWS_PROFILE_MAX + AWS_REGION_MAX + AWS_URL_MAX];
	bool used;
	int tokens;
	struct aws_rate rate;
	struct aws_rate steady; /* a bucket alone: its rate never changes */
	int64_t skew_us;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct aws_pace paces[AWS_SERVICE__COUNT];

struct aws_pace *aws_pace_of(enum aws_service_id service, const char *key)
{
	struct aws_pace *p = &paces[service];

	pthread_mutex_lock(&mutex);
	if (!p->used || strncmp(p->key, key, sizeof(p->key) - 1) != 0) {
		*p = (struct aws_pace){.used = true, .tokens = PACE_TOKENS};
		p->steady.on = true;
		p->steady.rate = steady[service].rate;
		p->steady.capacity = p->steady.tokens = steady[service].burst;
		snprintf(p->key, sizeof(p->key), "%s", key);
	}
	pthread_mutex_unlock(&mutex);
	return p;
}

/* ---- the adaptive rate */

static double seconds(int64_t us)
{
	return (double)us / (double)US_PER_S;
}

/* Requests a second as really sent, in slots of half a second. */
static void measure(struct aws_rate *r, int64_t now_us)
{
	int64_t slot = now_us / SLOT_US;

	r->count++;
	if (r->slot == 0)
		r->slot = slot;
	if (slot <= r->slot)
		return;
	r->measured = r->measured * (1 - SMOOTH) + SMOOTH * r->count / seconds((slot - r->slot) * SLOT_US);
	r->count = 0;
	r->slot = slot;
}

static void refill(struct aws_rate *r, int64_t now_us)
{
	if (r->filled_us > 0 && now_us > r->filled_us)
		r->tokens += r->rate * seconds(now_us - r->filled_us);
	r->filled_us = now_us;
	if (r->tokens > r->capacity)
		r->tokens = r->capacity;
}

static void set_rate(struct aws_rate *r, double rate, int64_t now_us)
{
	refill(r, now_us);
	r->rate = rate > PACE_RATE_MIN ? rate : PACE_RATE_MIN;
	r->capacity = rate > 1 ? rate : 1;
	if (r->tokens > r->capacity)
		r->tokens = r->capacity;
}

void aws_rate_heard(struct aws_rate *r, bool throttled, int64_t now_us)
{
	double rate;

	measure(r, now_us);
	if (r->on && !throttled && now_us >= r->failed_us + PACE_CALM_US)
		r->on = false;
	if (throttled) {
		rate = r->on && r->rate < r->measured ? r->rate : r->measured;
		r->most = rate;
		r->plateau_s = cbrt(r->most * (1 - BETA) / SCALE);
		r->failed_us = now_us;
		r->on = true;
		rate *= BETA;
	} else if (r->on) {
		double t = seconds(now_us - r->failed_us) - r->plateau_s;

		rate = SCALE * t * t * t + r->most;
	} else {
		return;
	}
	if (rate > MEASURED_TIMES * r->measured)
		rate = MEASURED_TIMES * r->measured;
	set_rate(r, rate, now_us);
}

int64_t aws_rate_take(struct aws_rate *r, int64_t now_us)
{
	if (!r->on)
		return 0;
	refill(r, now_us);
	r->tokens -= 1;
	return r->tokens >= 0 ? 0 : (int64_t)(-r->tokens / r->rate * (double)US_PER_S) + 1;
}

int64_t aws_pace_take(struct aws_pace *p, int64_t now_us, int64_t most_us)
{
	int64_t wait, other;

	pthread_mutex_lock(&mutex);
	wait = aws_rate_take(&p->rate, now_us);
	other = aws_rate_take(&p->steady, now_us);
	wait = other > wait ? other : wait;
	if (wait > most_us) {
		p->rate.tokens += 1;
		p->steady.tokens += 1;
		wait = -1;
	}
	pthread_mutex_unlock(&mutex);
	return wait;
}

void aws_pace_heard(struct aws_pace *p, bool throttled, int64_t now_us)
{
	pthread_mutex_lock(&mutex);
	aws_rate_heard(&p->rate, throttled, now_us);
	pthread_mutex_unlock(&mutex);
}

double aws_pace_rate(struct aws_pace *p, int64_t now_us)
{
	double rate;

	pthread_mutex_lock(&mutex);
	rate = p->rate.on && now_us < p->rate.failed_us + PACE_CALM_US ? p->rate.rate : 0;
	pthread_mutex_unlock(&mutex);
	return rate;
}

/* ---- retry tokens */

bool aws_pace_retry(struct aws_pace *p, bool after_timeout, int *cost)
{
	int want = after_timeout ? PACE_COST_TIMEOUT : PACE_COST;
	bool ok;

	pthread_mutex_lock(&mutex);
	ok = p->tokens >= want;
	if (ok) {
		p->tokens -= want;
		*cost = want;
	}
	pthread_mutex_unlock(&mutex);
	return ok;
}

void aws_pace_success(struct aws_pace *p, int cost)
{
	pthread_mutex_lock(&mutex);
	p->tokens += cost > 0 ? cost : 1;
	if (p->tokens > PACE_TOKENS)
		p->tokens = PACE_TOKENS;
	pthread_mutex_unlock(&mutex);
}

int aws_pace_tokens(struct aws_pace *p)
{
	int tokens;

	pthread_mutex_lock(&mutex);
	tokens = p->tokens;
	pthread_mutex_unlock(&mutex);
	return tokens;
}

/* ---- the clock */

int64_t aws_pace_skew_us(struct aws_pace *p)
{
	int64_t skew;

	pthread_mutex_lock(&mutex);
	skew = p->skew_us;
	pthread_mutex_unlock(&mutex);
	return skew;
}

void aws_pace_set_skew(struct aws_pace *p, int64_t skew_us)
{
	pthread_mutex_lock(&mutex);
	p->skew_us = skew_us;
	pthread_mutex_unlock(&mutex);
}
