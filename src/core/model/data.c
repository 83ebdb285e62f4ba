/*
 * data.c: see data.h.
 */
#include "model/data.h"

#include "base/num.h"

#include <math.h>

int data_field(const struct snapshot *s, const char *field)
{
	return s ? rec_find(s->type, str_c(field)) : -1;
}

static bool value_at(const struct snapshot *s, size_t row, int field, union value *ret_value)
{
	return s && row < s->nrows && field >= 0 && rec_get(&s->type->fields[field], snapshot_row(s, row), ret_value);
}

struct str data_str_at(const struct snapshot *s, size_t row, int field)
{
	union value v;

	return value_at(s, row, field, &v) ? v.str : (struct str){NULL, 0};
}

int64_t data_i64_at(const struct snapshot *s, size_t row, int field, int64_t absent)
{
	union value v;

	return value_at(s, row, field, &v) ? v.i64 : absent;
}

double data_f64_at(const struct snapshot *s, size_t row, int field)
{
	union value v;

	return value_at(s, row, field, &v) ? v.f64 : (double)NAN;
}

bool data_value(const struct snapshot *s, size_t row, const char *field, union value *ret_value)
{
	return value_at(s, row, data_field(s, field), ret_value);
}

struct str data_str(const struct snapshot *s, size_t row, const char *field)
{
	union value v;

	return data_value(s, row, field, &v) ? v.str : (struct str){NULL, 0};
}

int64_t data_i64(const struct snapshot *s, size_t row, const char *field, int64_t absent)
{
	union value v;

	return data_value(s, row, field, &v) ? v.i64 : absent;
}

double data_f64(const struct snapshot *s, size_t row, const char *field)
{
	union value v;

	return data_value(s, row, field, &v) ? v.f64 : (double)NAN;
}

double data_rate(const struct snapshot *s, size_t row, const char *field)
{
	int f;

	if (!s || row >= s->nrows)
		return (double)NAN;
	f = rec_find(s->type, str_c(field));
	return f >= 0 ? snapshot_rate(s, row, (size_t)f) : (double)NAN;
}

double data_rate_sum(const struct snapshot *s, const char *field)
{
	double sum = 0;
	bool any = false;

	for (size_t i = 0; s && i < s->nrows; i++) {
		double r = data_rate(s, i, field);

		if (isnan(r))
			continue;
		sum += r;
		any = true;
	}
	return any ? sum : (double)NAN;
}

int64_t data_whole(double v)
{
	const double most = 9.2e18;

	if (isnan(v))
		return 0;
	return (int64_t)num_max(-most, num_min(v, most));
}

bool data_list_has(struct str list, struct str item)
{
	struct str one;

	while (str_split(&list, ',', &one))
		if (one.len > 0 && str_eq(str_trim(one), item))
			return true;
	return false;
}

long data_find(const struct snapshot *s, const char *field, struct str value)
{
	int f = data_field(s, field);

	for (size_t i = 0; s && i < s->nrows; i++)
		if (str_eq(data_str_at(s, i, f), value))
			return (long)i;
	return -1;
}
