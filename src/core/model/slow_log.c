/* slow_log.c: see slow_log.h. */
#include "model/slow_log.h"

#include "base/parse.h"

static long find_last(struct str text, struct str part)
{
	long found = -1;

	for (long at = str_find(text, part, 0); at >= 0; at = str_find(text, part, (size_t)at + 1))
		found = at;
	return found;
}

static bool is_name(struct str name)
{
	return name.len > 0 && name.len <= SLOW_LOG_NAME_MAX && !memchr(name.ptr, '\0', name.len);
}

/* "app in orders": the last " in " counts, since more roles than databases have such names. */
static bool take_role(struct str names, struct slow_log_wish *wish)
{
	long at = find_last(names, STR(" in "));

	wish->role = at < 0 ? names : str_trim(str_sub(names, 0, (size_t)at));
	if (at < 0)
		return is_name(wish->role);
	wish->database = str_trim(str_sub(names, (size_t)at + 4, names.len));
	return is_name(wish->role) && is_name(wish->database);
}

bool slow_log_read(const char *operation, struct str text, struct slow_log_wish *ret_wish)
{
	long until = str_find(text, STR(" for "), 0), blank;
	struct str names = STR("");

	*ret_wish = (struct slow_log_wish){.role = STR(""), .database = STR("")};
	if (until >= 0)
		text = str_sub(text, 0, (size_t)until);
	text = str_trim(text);
	blank = find_last(text, STR(" "));
	if (blank >= 0) {
		names = str_trim(str_sub(text, 0, (size_t)blank));
		text = str_sub(text, (size_t)blank + 1, text.len);
	}
	if (!parse_i64(text, &ret_wish->ms) || ret_wish->ms < 0 || ret_wish->ms > INT32_MAX)
		return false;
	if (strcmp(operation, SLOW_LOG_ROLE) == 0)
		return take_role(names, ret_wish);
	if (strcmp(operation, SLOW_LOG_DATABASE) != 0)
		return names.len == 0;
	ret_wish->database = names;
	return is_name(names);
}

bool slow_log_is(const char *operation)
{
	return strcmp(operation, "slow log") == 0 || strcmp(operation, "server slow log") == 0 ||
	       strcmp(operation, SLOW_LOG_ROLE) == 0 || strcmp(operation, SLOW_LOG_DATABASE) == 0;
}
