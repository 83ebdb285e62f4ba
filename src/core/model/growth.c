/*
 * growth.c: least squares, and the words for how far to trust them.
 *
 * Times are taken as days from the middle of the span and values from the first one, so that bytes by the
 * terabyte and microseconds since 1970 do not eat the digits that matter. The forecast starts at the newest value, not
 * at the line: what is there is known, only the pace is estimated.
 */
#include "model/growth.h"

#include "base/check.h"
#include "base/num.h"
#include "base/parse.h"
#include "model/kind.h"

#define TIB (1024.0 * 1024 * 1024 * 1024)
/* A change over the whole span below this share of the value is none. */
#define CHANGE_MIN 1e-5
/* Beyond it nobody plans, and the arithmetic ends. */
#define FAR_DAYS 1e6

struct sums {
	double n, t, v, tt, tv, vv;
};

/* Points in [from, to], as days and values relative to the origin. */
static struct sums add_up(const struct series *s, int64_t from, int64_t to, int64_t origin_us, double origin)
{
	struct sums x = {0};

	for (size_t i = 0; i < s->n; i++) {
		double t = (double)(s->at[i] - origin_us) / (double)US_PER_DAY, v = s->value[i] - origin;

		if (s->at[i] < from || s->at[i] > to)
			continue;
		x.n++;
		x.t += t;
		x.v += v;
		x.tt += t * t;
		x.tv += t * v;
		x.vv += v * v;
	}
	return x;
}

static void fit_line(struct growth *g, const struct series *s)
{
	int64_t middle = g->from_us + (g->to_us - g->from_us) / 2;
	struct sums x = add_up(s, g->from_us, g->to_us, middle, g->last);
	double tt = x.tt - x.t * x.t / x.n, tv = x.tv - x.t * x.v / x.n, vv = x.vv - x.v * x.v / x.n;
	double slope = tv / tt, days = (double)(g->to_us - g->from_us) / (double)US_PER_DAY;

	g->trend = GROWTH_NONE;
	g->r2 = vv > 0 ? num_min(tv * tv / (tt * vv), 1) : 0;
	if (!isfinite(slope) || !(fabs(slope) * days > CHANGE_MIN * fabs(g->last)) || g->r2 < GROWTH_R2_UNEVEN)
		return;
	g->trend = g->r2 < GROWTH_R2_STEADY ? GROWTH_UNEVEN : GROWTH_STEADY;
	g->per_day = slope;
}

bool growth_fit(const struct series *s, int64_t from, int64_t to, struct growth *ret_growth)
{
	struct growth g = {.trend = GROWTH_TOO_LITTLE, .r2 = (double)NAN};

	for (size_t i = 0; i < s->n; i++) {
		if (s->at[i] < from || s->at[i] > to)
			continue;
		if (g.n++ == 0)
			g.from_us = s->at[i];
		g.to_us = s->at[i];
		g.last = s->value[i];
	}
	if (g.n == 0)
		return false;
	g.span_us = g.to_us - g.from_us + s->period_us;
	if (g.n >= GROWTH_POINTS_MIN && g.span_us >= GROWTH_SPAN_MIN_US)
		fit_line(&g, s);
	*ret_growth = g;
	return true;
}

double growth_at(const struct growth *g, int64_t at)
{
	if (g->trend == GROWTH_TOO_LITTLE)
		return (double)NAN;
	return g->last + g->per_day * (double)(at - g->to_us) / (double)US_PER_DAY;
}

int64_t growth_reaches(const struct growth *g, double limit)
{
	double days;

	if (g->trend == GROWTH_TOO_LITTLE || g->trend == GROWTH_NONE)
		return INT64_MAX;
	if (g->per_day > 0 ? g->last >= limit : g->last <= limit)
		return 0;
	days = (limit - g->last) / g->per_day;
	return days < FAR_DAYS ? (int64_t)(days * (double)US_PER_DAY) : INT64_MAX;
}

void growth_say(const struct growth *g, bool unicode, struct buf *out)
{
	static const char *const words[] = {
		[GROWTH_TOO_LITTLE] = "only ",
		[GROWTH_NONE] = "no trend over ",
		[GROWTH_UNEVEN] = "uneven over ",
		[GROWTH_STEADY] = "linear over ",
	};

	(void)buf_add_c(out, words[g->trend]);
	if (g->span_us >= 2 * US_PER_DAY)
		(void)buf_addf(out, "%lld d", (long long)num_round((double)g->span_us / (double)US_PER_DAY));
	else
		(void)format_duration(out, g->span_us);
	if (g->trend == GROWTH_TOO_LITTLE) {
		(void)buf_add_c(out, " of data, needs ");
		(void)format_duration(out, GROWTH_SPAN_MIN_US);
	} else if (g->trend != GROWTH_NONE) {
		(void)buf_addf(out, ", r%s %.2f", unicode ? "\xc2\xb2" : "2", g->r2);
	}
}

double growth_volume_ceiling(struct str engine_version, const char **ret_raised_by)
{
	static const struct {
		int64_t major, minor;
		const char *name;
	} raised[] = {{15, 13, "15.13"}, {16, 9, "16.9"}, {17, 5, "17.5"}};
	struct str rest = engine_version, part;
	int64_t major = 0, minor = 0;

	if (ret_raised_by)
		*ret_raised_by = "";
	if (!str_split(&rest, '.', &part) || !parse_i64(part, &major) || major < 1)
		return 0;
	if (str_split(&rest, '.', &part) && !parse_i64(part, &minor))
		minor = 0;
	for (size_t i = 0; i < ARRAY_LEN(raised); i++) {
		if (major != raised[i].major || minor >= raised[i].minor)
			continue;
		if (ret_raised_by)
			*ret_raised_by = raised[i].name;
		return 128 * TIB;
	}
	return (major >= raised[0].major ? 256 : 128) * TIB;
}
