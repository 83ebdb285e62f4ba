/*
 * limits.c: see limits.h.
 */
#include "ui/limits.h"

#include <math.h>

enum severity limits_xact(int64_t us)
{
	return us > LIMIT_XACT_US ? SEV_WARN : SEV_NONE;
}

enum severity limits_blocked(int64_t sessions)
{
	return sessions > 0 ? SEV_CRIT : SEV_NONE;
}

enum severity limits_sessions(int64_t total, int64_t max)
{
	return max > 0 && (double)total > LIMIT_SESSIONS_RATIO * (double)max ? SEV_WARN : SEV_NONE;
}

enum severity limits_load(double load, double capacity)
{
	return !isnan(load) && !isnan(capacity) && load > capacity ? SEV_WARN : SEV_NONE;
}

double limits_capacity(const struct ui *ui)
{
	const struct snapshot *instances = store_good(ui->store, "instances");
	long writer = data_find(instances, "role", STR("writer"));
	int64_t vcpu = writer < 0 ? 0 : data_i64(instances, (size_t)writer, "vcpu", 0);

	return vcpu > 0 ? (double)vcpu : (double)NAN;
}

double limits_load_now(const struct snapshot *load, size_t n)
{
	double sum = 0;
	size_t have = 0;

	for (size_t i = load->nrows > n ? load->nrows - n : 0; i < load->nrows; i++) {
		double v = data_f64(load, i, "total");

		if (isnan(v))
			continue;
		sum += v;
		have++;
	}
	return have ? sum / (double)have : (double)NAN;
}

void limits_load_spark(const struct snapshot *load, double *out, size_t n)
{
	size_t per = load->nrows > n ? (load->nrows + n - 1) / n : 1;

	for (size_t i = 0; i < n; i++) {
		/* Bucket i counts from the right: the last one holds the newest points. */
		size_t back = (n - i) * per, sumn = 0;
		double sum = 0;

		for (size_t k = 0; k < per; k++) {
			if (back < k + 1 || back - k > load->nrows)
				continue;
			double v = data_f64(load, load->nrows - (back - k), "total");

			if (!isnan(v)) {
				sum += v;
				sumn++;
			}
		}
		out[i] = sumn ? sum / (double)sumn : (double)NAN;
	}
}
