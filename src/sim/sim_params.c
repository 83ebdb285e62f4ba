/*
 * sim_params.c: request parameters, from the wire to typed values.
 *
 * Form bodies and JSON objects both end as one flat list of dotted names
 * ("MetricDataQueries.member.1.Id"), so that one operation serves both protocols. Every
 * name must match a pattern of the operation: the real services refuse what they do not
 * know, and a client's misspelt parameter must not pass here unseen. Paging positions
 * travel as opaque tokens that carry a check value, so that a token that was altered or
 * belongs to another call is refused.
 */
#include "sim/sim_internal.h"

#include "base/ascii.h"

#include <jansson.h>

static int hex_value(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* False on a broken escape. */
static bool form_decode(struct arena *a, struct str in, struct str *ret_out)
{
	char *out = arena_alloc(a, in.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < in.len; i++) {
		char c = in.ptr[i];

		if (c == '+') {
			c = ' ';
		} else if (c == '%') {
			bool whole = in.len - i > 2;
			int high = whole ? hex_value(in.ptr[i + 1]) : -1;
			int low = whole ? hex_value(in.ptr[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = (char)(high * 16 + low);
			i += 2;
		}
		out[n++] = c;
	}
	*ret_out = (struct str){out, n};
	return true;
}

bool sim_form_parse(struct arena *a, struct str text, struct sim_param **ret_params, size_t *ret_n)
{
	struct str rest = text, part;
	size_t n = 0, max = 1;

	for (size_t i = 0; i < text.len; i++)
		max += text.ptr[i] == '&';
	if (max > SIM_PARAMS_MAX)
		return false;
	*ret_params = arena_alloc_array(a, max, sizeof(**ret_params));
	while (str_split(&rest, '&', &part)) {
		long at = str_find(part, STR("="), 0);
		size_t cut = at < 0 ? part.len : (size_t)at;

		if (part.len == 0)
			continue;
		if (!form_decode(a, str_sub(part, 0, cut), &(*ret_params)[n].name) ||
		    !form_decode(a, str_sub(part, cut + 1, part.len), &(*ret_params)[n].value))
			return false;
		n++;
	}
	*ret_n = n;
	return true;
}

static bool json_flatten(struct sim_request *r, const char *name, json_t *v, int depth);

static bool json_leaf(struct sim_request *r, const char *name, json_t *v)
{
	struct str value;

	if (json_is_string(v))
		value = arena_str(r->arena, (struct str){json_string_value(v), json_string_length(v)});
	else if (json_is_integer(v))
		value = arena_fmt(r->arena, "%lld", (long long)json_integer_value(v));
	else if (json_is_real(v))
		value = arena_fmt(r->arena, "%.17g", json_real_value(v));
	else
		value = str_c(json_is_true(v) ? "true" : "false");
	if (r->nparams == SIM_PARAMS_MAX)
		return false;
	r->params[r->nparams].name = str_c(name);
	r->params[r->nparams++].value = value;
	return true;
}

static bool json_members(struct sim_request *r, const char *name, json_t *v, int depth)
{
	const char *key;
	json_t *child;

	json_object_foreach(v, key, child)
	{
		struct str full = *name ? arena_fmt(r->arena, "%s.%s", name, key) : str_c(key);

		if (!json_flatten(r, arena_strz(r->arena, full), child, depth + 1))
			return false;
	}
	return true;
}

static bool json_flatten(struct sim_request *r, const char *name, json_t *v, int depth)
{
	if (depth > 12)
		return false;
	if (json_is_null(v))
		return true;
	if (json_is_object(v))
		return json_members(r, name, v, depth);
	if (!json_is_array(v))
		return json_leaf(r, name, v);
	for (size_t i = 0; i < json_array_size(v); i++) {
		struct str full = arena_fmt(r->arena, "%s.member.%zu", name, i + 1);

		if (!json_flatten(r, arena_strz(r->arena, full), json_array_get(v, i), depth + 1))
			return false;
	}
	return true;
}

bool sim_json_parse(struct sim_request *r)
{
	json_t *root = json_loadb(r->http->body.ptr, r->http->body.len, JSON_REJECT_DUPLICATES, NULL);
	bool ok = json_is_object(root);

	r->params = arena_alloc_array(r->arena, SIM_PARAMS_MAX, sizeof(*r->params));
	ok = ok && json_flatten(r, "", root, 0);
	json_decref(root);
	return ok;
}

static bool is_number(struct str s)
{
	int64_t n;

	return parse_i64(s, &n) && n >= 1 && s.ptr[0] != '+';
}

static bool pattern_matches(struct str pattern, struct str name)
{
	struct str p, n;

	while (str_split(&pattern, '.', &p)) {
		if (!str_split(&name, '.', &n))
			return false;
		if (str_eq(p, STR("N")) ? !is_number(n) : !str_eq(p, n))
			return false;
	}
	return !str_split(&name, '.', &n);
}

static bool known(const struct sim_operation *op, struct str name)
{
	struct str rest = str_c(op->params), pattern;

	while (str_split(&rest, ' ', &pattern)) {
		long list = str_find(pattern, STR("."), 0);

		if (pattern_matches(pattern, name))
			return true;
		/* An empty list is sent as its bare name. */
		if (list > 0 && str_eq(str_sub(pattern, 0, (size_t)list), name))
			return true;
	}
	return false;
}

static bool present(const struct sim_request *r, struct str pattern)
{
	for (size_t i = 0; i < r->nparams; i++)
		if (pattern_matches(pattern, r->params[i].name))
			return true;
	return false;
}

static bool refuse_unknown(struct sim_request *r, struct str name)
{
	const char *code = "InvalidParameterValue";

	if (strcmp(r->service, "ec2") == 0)
		code = "UnknownParameter";
	return sim_fail(r, 400, code, "unknown parameter " STR_FMT " for " STR_FMT, STR_ARG(name),
			STR_ARG(r->operation));
}

bool sim_params_check(struct sim_request *r, const struct sim_operation *op)
{
	struct str rest = str_c(op->required), pattern;

	for (size_t i = 0; i < r->nparams; i++) {
		struct str name = r->params[i].name;

		if (str_eq_c(name, "Action") || str_eq_c(name, "Version"))
			continue;
		if (!known(op, name))
			return refuse_unknown(r, name);
		for (size_t k = 0; k < i && r->nparams < 64; k++)
			if (str_eq(r->params[k].name, name))
				return sim_fail(r, 400, "MalformedQueryString", "parameter " STR_FMT " occurs twice",
						STR_ARG(name));
	}
	while (str_split(&rest, ' ', &pattern))
		if (pattern.len > 0 && !present(r, pattern))
			return sim_fail(r, 400, "MissingParameter", "The request must contain the parameter " STR_FMT,
					STR_ARG(pattern));
	return true;
}

struct str sim_param(const struct sim_request *r, const char *name)
{
	for (size_t i = 0; i < r->nparams; i++)
		if (str_eq_c(r->params[i].name, name))
			return r->params[i].value;
	return (struct str){NULL, 0};
}

static bool bad_value(struct sim_request *r, const char *name, struct str value, const char *what)
{
	return sim_fail(r, 400, "InvalidParameterValue", "Invalid value '" STR_FMT "' for parameter %s: %s",
			STR_ARG(value), name, what);
}

bool sim_param_int(struct sim_request *r, const char *name, int64_t def, int64_t *ret_value)
{
	struct str v = sim_param(r, name);

	*ret_value = def;
	return !v.ptr || parse_i64(v, ret_value) || bad_value(r, name, v, "not an integer");
}

bool sim_param_bool(struct sim_request *r, const char *name, bool *ret_value)
{
	struct str v = sim_param(r, name);

	*ret_value = str_eq_c(v, "true");
	return !v.ptr || *ret_value || str_eq_c(v, "false") || bad_value(r, name, v, "not true or false");
}

bool sim_param_time(struct sim_request *r, const char *name, int64_t *ret_us)
{
	struct str v = sim_param(r, name);
	double epoch;

	if (r->json && parse_f64(v, &epoch) && epoch > -1e11 && epoch < 1e11) {
		*ret_us = (int64_t)(epoch * 1e6);
		return true;
	}
	return clock_parse_iso8601(v, ret_us) || bad_value(r, name, v, "not an ISO 8601 time");
}

size_t sim_param_list(const struct sim_request *r, const char *prefix, struct str *ret_values, size_t max)
{
	size_t n = 0;

	while (n < max) {
		char name[192];
		struct str v;

		snprintf(name, sizeof(name), "%s.%zu", prefix, n + 1);
		v = sim_param(r, name);
		if (!v.ptr)
			break;
		ret_values[n++] = v;
	}
	return n;
}

static bool word_in(const char *words, struct str word)
{
	struct str rest = str_c(words), w;

	while (str_split(&rest, ' ', &w))
		if (str_eq(w, word))
			return true;
	return false;
}

bool sim_filters(struct sim_request *r, const char *item, const char *values, const char *known_names,
		 struct sim_filters *ret_filters)
{
	ret_filters->rows = arena_alloc_array(r->arena, SIM_FILTERS_MAX, sizeof(*ret_filters->rows));
	ret_filters->n = 0;
	ret_filters->wild = strcmp(r->service, "ec2") == 0;
	for (size_t i = 1; i <= SIM_FILTERS_MAX; i++) {
		struct sim_filter *f = &ret_filters->rows[ret_filters->n];
		char name[160];

		snprintf(name, sizeof(name), "%s.%zu.Name", item, i);
		f->name = sim_param(r, name);
		if (!f->name.ptr)
			break;
		/* A tag filter names its key: tag:Team. */
		if (!word_in(known_names, f->name) && !str_starts(f->name, STR("tag:")))
			return sim_fail(r, 400, "InvalidParameterValue", "Unrecognized filter name: " STR_FMT,
					STR_ARG(f->name));
		snprintf(name, sizeof(name), "%s.%zu.%s", item, i, values);
		f->n = sim_param_list(r, name, f->values, SIM_VALUES_MAX);
		if (f->n == 0)
			return sim_fail(r, 400, "InvalidParameterValue", "The filter " STR_FMT " has no values",
					STR_ARG(f->name));
		ret_filters->n++;
	}
	return true;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* EC2: * and ? are wild. RDS: the whole value. */
static bool glob(struct str p, struct str s, bool wild)
{
	size_t pi = 0, si = 0, star = SIZE_MAX, mark = 0;

	if (!wild)
		return str_ieq(p, s);

	while (si < s.len) {
		if (pi < p.len && p.ptr[pi] == '*') {
			star = pi++;
			mark = si;
		} else if (pi < p.len && (p.ptr[pi] == '?' || lower(p.ptr[pi]) == lower(s.ptr[si]))) {
			pi++;
			si++;
		} else if (star != SIZE_MAX) {
			pi = star + 1;
			si = ++mark;
		} else {
			return false;
		}
	}
	while (pi < p.len && p.ptr[pi] == '*')
		pi++;
	return pi == p.len;
}

bool sim_filter_ok(const struct sim_filters *f, const char *name, const char *value)
{
	for (size_t i = 0; i < f->n; i++) {
		bool hit = false;

		if (!str_eq_c(f->rows[i].name, name))
			continue;
		for (size_t k = 0; k < f->rows[i].n && !hit; k++)
			hit = glob(f->rows[i].values[k], str_c(value), f->wild);
		if (!hit)
			return false;
	}
	return true;
}

static uint64_t token_check(const struct sim_request *r, uint64_t position)
{
	uint64_t h = sim_hash(0x70616765, position);

	for (size_t i = 0; i < r->operation.len; i++)
		h = sim_hash(h, (unsigned char)r->operation.ptr[i]);
	return h & 0xffffffff;
}

void sim_token(const struct sim_request *r, uint64_t position, char *ret_token, size_t len)
{
	snprintf(ret_token, len, "eyJ%012llx%08llx==", (unsigned long long)position,
		 (unsigned long long)token_check(r, position));
}

bool sim_token_parse(const struct sim_request *r, struct str token, uint64_t *ret_position)
{
	uint64_t position = 0;
	char again[64];

	for (size_t i = 3; i < 15 && i < token.len; i++) {
		int v = hex_value(token.ptr[i]);

		if (v < 0)
			return false;
		position = position * 16 + (unsigned)v;
	}
	sim_token(r, position, again, sizeof(again));
	*ret_position = position;
	return str_eq_c(token, again);
}

static bool page(struct sim_request *r, struct str token, size_t total, size_t size, const char *bad_token,
		 struct sim_page *ret_page)
{
	uint64_t first = 0;

	if (token.len > 0 && !sim_token_parse(r, token, &first))
		return sim_fail(r, 400, bad_token, "The paging token is not valid.");
	ret_page->first = first < total ? (size_t)first : total;
	ret_page->end = total - ret_page->first > size ? ret_page->first + size : total;
	ret_page->token[0] = '\0';
	if (ret_page->end < total)
		sim_token(r, ret_page->end, ret_page->token, sizeof(ret_page->token));
	return true;
}

bool sim_page_rds(struct sim_request *r, size_t total, struct sim_page *ret_page)
{
	int64_t size;

	if (!sim_param_int(r, "MaxRecords", 100, &size))
		return false;
	if (size < 20 || size > 100)
		return sim_fail(r, 400, "InvalidParameterValue",
				"Invalid value %lld for MaxRecords. Must be between 20 and 100", (long long)size);
	return page(r, sim_param(r, "Marker"), total, (size_t)size, "InvalidParameterValue", ret_page);
}

bool sim_page_named(struct sim_request *r, const struct sim_paging *how, size_t total, struct sim_page *ret_page)
{
	int64_t size;

	if (!sim_param_int(r, how->size, how->def, &size))
		return false;
	if (size < how->lo || size > how->hi)
		return sim_fail(r, 400, "InvalidParameterValue", "%s must be between %lld and %lld, not %lld.",
				how->size, (long long)how->lo, (long long)how->hi, (long long)size);
	return page(r, sim_param(r, how->token), total, (size_t)size, how->bad_token, ret_page);
}

bool sim_page_ec2(struct sim_request *r, size_t total, int64_t lo, int64_t hi, struct sim_page *ret_page)
{
	int64_t size;

	if (!sim_param_int(r, "MaxResults", 0, &size))
		return false;
	if (sim_param(r, "MaxResults").ptr && (size < lo || size > hi))
		return sim_fail(
			r, 400, "InvalidParameterValue",
			"Value ( %lld ) for parameter maxResults is invalid. Expecting a value between %lld and %lld.",
			(long long)size, (long long)lo, (long long)hi);
	return page(r, sim_param(r, "NextToken"), total, size > 0 ? (size_t)size : SIZE_MAX, "InvalidParameterValue",
		    ret_page);
}
