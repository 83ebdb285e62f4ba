/*
 * statement_advice.c: what stands out among the statements of the last minute.
 *
 * Each rule looks at one statement and gives a weight and a sentence, or nothing. The
 * weights make one order of all: what makes a difference to the load now comes first, so
 * every weight is scaled by the statement's share of the time. Fixed thresholds, no state.
 */
#include "ui/panes/statements_view.h"

#include "base/num.h"

#include <math.h>
#include <stdio.h>

#define SHARE_LEAST 0.03 /* of the time: below it nothing is worth a line */
#define CHANGE_LEAST 1.0
#define CHANGE_TIMES 10.0 /* from here on a multiple is easier to grasp */
#define TEMP_LEAST (16.0 * 1024 * 1024)
#define HIT_LOW 0.9
#define READ_LEAST (1024.0 * 1024)
#define JIT_LEAST 0.3
#define ROWS_LEAST 100000.0
#define SHARE_LARGE 0.5

struct subject {
	const struct snapshot *s, *sessions;
	size_t row;
	double share, block_bytes;
	struct statement_advice *out;
};

typedef double rule_fn(const struct subject *x);

static void duration(struct buf *out, double us)
{
	(void)glyph_duration(out, data_whole(us));
}

/* Sessions that run it now and wait for a lock. */
static int64_t lock_waiters(const struct subject *x)
{
	int64_t id = data_i64(x->s, x->row, "query_id", 0), n = 0;

	for (size_t i = 0; id && x->sessions && i < x->sessions->nrows; i++)
		n += data_i64(x->sessions, i, "query_id", 0) == id &&
		     str_eq_c(data_str(x->sessions, i, "wait_class"), "lock");
	return n;
}

static double rule_slower(const struct subject *x)
{
	double change = data_f64(x->s, x->row, "mean_change_ratio");
	double now = (double)data_i64(x->s, x->row, "interval_mean_us", 0);
	int64_t waiters = lock_waiters(x);
	struct buf b;

	if (isnan(change) || change < CHANGE_LEAST)
		return 0;
	buf_init(&b, sizeof x->out->text);
	if (change < CHANGE_TIMES)
		(void)buf_addf(&b, "mean is %+.0f %% against its earlier calls: ", change * 100);
	else
		(void)(buf_add_c(&b, "mean is ") && format_count_short(&b, floor(num_min(change + 1, 1e9))) &&
		       buf_add_c(&b, " times that of its earlier calls: "));
	duration(&b, now);
	(void)buf_add_c(&b, ", before ");
	duration(&b, now / (1 + change));
	if (waiters > 0)
		(void)buf_addf(&b, "; %lld of its sessions wait%s for a lock now", (long long)waiters,
			       waiters == 1 ? "s" : "");
	(void)snprintf(x->out->text, sizeof x->out->text, "%s", buf_c(&b));
	x->out->next = waiters > 0 ? "2 Activity" : "";
	buf_release(&b);
	return 2 + num_min(change, 10) / 10 + (waiters > 0);
}

static double rule_temp(const struct subject *x)
{
	double bytes = statements_per_call(x->s, x->row, "temp_blks_written", STATEMENTS_INTERVAL) * x->block_bytes;
	struct buf b;

	if (isnan(bytes) || bytes < TEMP_LEAST)
		return 0;
	buf_init(&b, 64);
	(void)format_bytes(&b, data_whole(bytes));
	(void)snprintf(x->out->text, sizeof x->out->text,
		       "writes %s of temporary files a call: its sort or hash does not fit into work_mem", buf_c(&b));
	buf_release(&b);
	return 1.5;
}

static double rule_misses(const struct subject *x)
{
	double hit = data_f64(x->s, x->row, "interval_hit_ratio");
	double read = data_rate(x->s, x->row, "shared_blks_read") * x->block_bytes;
	struct buf b;

	if (isnan(hit) || hit >= HIT_LOW || isnan(read) || read < READ_LEAST)
		return 0;
	buf_init(&b, 64);
	(void)format_bytes(&b, data_whole(read));
	(void)snprintf(x->out->text, sizeof x->out->text, "finds only %.0f %% of its blocks in memory and reads %s/s",
		       hit * 100, buf_c(&b));
	buf_release(&b);
	return 1.4;
}

static double rule_jit(const struct subject *x)
{
	double jit = data_rate(x->s, x->row, "jit_us"), all = data_rate(x->s, x->row, "total_us");

	if (isnan(jit) || !(all > 0) || jit / all < JIT_LEAST)
		return 0;
	(void)snprintf(x->out->text, sizeof x->out->text, "spends %.0f %% of its time on JIT compilation",
		       num_min(jit / all, 1) * 100);
	return 1.3;
}

static double rule_rows(const struct subject *x)
{
	double rows = statements_per_call(x->s, x->row, "rows", STATEMENTS_INTERVAL);
	struct buf b;

	if (isnan(rows) || rows < ROWS_LEAST)
		return 0;
	buf_init(&b, 64);
	(void)format_count(&b, data_whole(rows));
	(void)snprintf(x->out->text, sizeof x->out->text, "returns or changes %s rows a call", buf_c(&b));
	buf_release(&b);
	return 1.2;
}

static double rule_share(const struct subject *x)
{
	if (x->share < SHARE_LARGE)
		return 0;
	(void)snprintf(x->out->text, sizeof x->out->text, "takes %.0f %% of the time of all statements",
		       x->share * 100);
	return 1;
}

static rule_fn *const rules[] = {rule_slower, rule_temp, rule_misses, rule_jit, rule_rows, rule_share};

/* The weightiest sentence about one row into *ret; its weight, 0 = nothing to say. */
static double judge(struct subject *x, struct statement_advice *ret)
{
	double best = 0;

	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		struct statement_advice one = {.row = x->row, .next = ""};
		double weight;

		x->out = &one;
		weight = rules[i](x);
		if (weight <= best)
			continue;
		best = weight;
		*ret = one;
	}
	return best * x->share;
}

size_t statement_advice(const struct snapshot *s, const struct snapshot *sessions, double block_bytes,
			struct statement_advice *out, size_t max)
{
	double weights[STATEMENT_ADVICE_MAX];
	size_t n = 0;

	CHECK(max <= STATEMENT_ADVICE_MAX);
	for (size_t row = 0; s && s->rates && row < s->nrows && max > 0; row++) {
		struct subject x = {s, sessions, row, data_f64(s, row, "interval_share_ratio"), block_bytes, NULL};
		struct statement_advice one;
		size_t at = n;
		double weight;

		if (isnan(x.share) || x.share < SHARE_LEAST || data_str(s, row, "query").len == 0)
			continue;
		weight = judge(&x, &one);
		if (weight <= 0 || (n == max && weight <= weights[n - 1]))
			continue;
		n += n < max;
		at = at == max ? max - 1 : at;
		for (; at > 0 && weights[at - 1] < weight; at--) {
			weights[at] = weights[at - 1];
			out[at] = out[at - 1];
		}
		weights[at] = weight;
		out[at] = one;
	}
	return n;
}
