/*
 * sim_windows.c: backup and maintenance windows.
 *
 * Both may cross midnight, a weekly one also the end of the week; so lengths are counted around the clock, and overlap
 * is looked for on all seven days.
 */
#include "sim/sim_rds.h"

#define DAY_MIN (24 * 60)
/* 1970-01-01 was a Thursday. */
#define EPOCH_DAY 3

/* "06:30" */
static bool read_time(struct str text, int *ret_minutes)
{
	int64_t hour, minute;

	if (text.len != 5 || text.ptr[2] != ':' || !parse_i64(str_sub(text, 0, 2), &hour) ||
	    !parse_i64(str_sub(text, 3, 5), &minute) || hour < 0 || hour > 23 || minute < 0 || minute > 59)
		return false;
	*ret_minutes = (int)(hour * 60 + minute);
	return true;
}

/* "tue:06:30" */
static bool read_day_time(struct str text, int *ret_minutes)
{
	static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
	int minutes;

	if (text.len != 9 || text.ptr[3] != ':' || !read_time(str_sub(text, 4, 9), &minutes))
		return false;
	for (int i = 0; i < (int)ARRAY_LEN(days); i++) {
		if (str_ieq(str_sub(text, 0, 3), str_c(days[i]))) {
			*ret_minutes = i * DAY_MIN + minutes;
			return true;
		}
	}
	return false;
}

static int length_of(int start, int end, int cycle)
{
	return (end - start + cycle) % cycle;
}

bool sim_window_daily(struct str text, struct sim_window *ret_window)
{
	int start, end;

	if (text.len != 11 || text.ptr[5] != '-' || !read_time(str_sub(text, 0, 5), &start) ||
	    !read_time(str_sub(text, 6, 11), &end))
		return false;
	*ret_window = (struct sim_window){start, length_of(start, end, DAY_MIN)};
	return true;
}

bool sim_window_weekly(struct str text, struct sim_window *ret_window)
{
	int start, end;

	if (text.len != 19 || text.ptr[9] != '-' || !read_day_time(str_sub(text, 0, 9), &start) ||
	    !read_day_time(str_sub(text, 10, 19), &end))
		return false;
	*ret_window = (struct sim_window){start, length_of(start, end, SIM_WEEK_MIN)};
	return true;
}

bool sim_windows_overlap(const struct sim_window *daily, const struct sim_window *weekly)
{
	for (int day = 0; day < 7; day++) {
		int start = daily->start + day * DAY_MIN;

		if (length_of(start, weekly->start, SIM_WEEK_MIN) < daily->length ||
		    length_of(weekly->start, start, SIM_WEEK_MIN) < weekly->length)
			return true;
	}
	return false;
}

int64_t sim_window_next_us(const struct sim_window *weekly, int64_t now_us)
{
	int64_t minute = now_us / US_PER_MIN, of_week = (minute + EPOCH_DAY * DAY_MIN) % SIM_WEEK_MIN;
	int64_t ahead = (weekly->start - of_week + SIM_WEEK_MIN) % SIM_WEEK_MIN;

	return (minute + (ahead ? ahead : SIM_WEEK_MIN)) * US_PER_MIN;
}
