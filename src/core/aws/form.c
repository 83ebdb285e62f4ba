/*
 * form.c: the query and EC2 request encoder.
 *
 * Both protocols send flat name=value pairs; structures and lists are spelled in the names
 * ("Filters.Filter.1.Values.Value.2"), differently in each service, so callers write the names
 * and this file only escapes and counts. The order of calls is the order on the wire.
 *
 * Not here: JSON bodies, reading forms.
 */
#include "aws/form.h"

#include "base/ascii.h"
#include "base/clock.h"

#define NAME_MAX_BYTES 256

static void escape(struct buf *out, struct str s)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (ascii_is_letter(c) || ascii_is_digit(c) || c == '-' || c == '_' || c == '.' || c == '~')
			buf_add_char(out, (char)c);
		else if (c == ' ')
			buf_add_char(out, '+');
		else
			buf_add(out, (char[3]){'%', digits[c >> 4], digits[c & 15]}, 3);
	}
}

void form_begin(struct form *f, const char *action, const char *version)
{
	buf_init(&f->body, FORM_MAX);
	form_add_c(f, "Action", action);
	form_add_c(f, "Version", version);
}

void form_release(struct form *f)
{
	buf_release(&f->body);
}

void form_add(struct form *f, const char *name, struct str value)
{
	if (f->body.len > 0)
		buf_add_char(&f->body, '&');
	escape(&f->body, str_c(name));
	buf_add_char(&f->body, '=');
	escape(&f->body, value);
}

void form_add_c(struct form *f, const char *name, const char *value)
{
	form_add(f, name, str_c(value));
}

void form_add_i64(struct form *f, const char *name, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	form_add_c(f, name, text);
}

void form_add_bool(struct form *f, const char *name, bool value)
{
	form_add_c(f, name, value ? "true" : "false");
}

void form_add_time(struct form *f, const char *name, int64_t wall_us)
{
	char text[40];

	form_add_c(f, name, clock_iso8601(wall_us - wall_us % US_PER_S, text, sizeof(text)));
}

void form_addf(struct form *f, struct str value, const char *fmt, ...)
{
	char name[NAME_MAX_BYTES];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	CHECK(n > 0 && n < (int)sizeof(name));
	form_add(f, name, value);
}

static void add_filter(struct form *f, const char *filter, const char *value, const char *name, struct str values)
{
	char prefix[NAME_MAX_BYTES];

	form_addf(f, str_c(name), "%s.Name", filter);
	snprintf(prefix, sizeof(prefix), "%s.%s", filter, value);
	form_add_list(f, prefix, values);
}

void form_add_rds_filter(struct form *f, int n, const char *name, struct str values)
{
	char filter[64];

	snprintf(filter, sizeof(filter), "Filters.Filter.%d", n);
	add_filter(f, filter, "Values.Value", name, values);
}

void form_add_ec2_filter(struct form *f, int n, const char *name, struct str values)
{
	char filter[64];

	snprintf(filter, sizeof(filter), "Filter.%d", n);
	add_filter(f, filter, "Value", name, values);
}

void form_add_list(struct form *f, const char *prefix, struct str values)
{
	struct str rest = values, part;

	for (int i = 1; rest.len > 0 && str_split(&rest, ',', &part); i++)
		form_addf(f, part, "%s.%d", prefix, i);
}

bool form_body(const struct form *f, struct str *ret_body, struct err *err)
{
	if (f->body.failed)
		return err_set(err, ERR_LIMIT, "a request to AWS is larger than %u bytes", FORM_MAX);
	*ret_body = buf_str(&f->body);
	return true;
}
