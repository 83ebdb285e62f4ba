/*
 * codec_json.c: rows as JSON text, and JSON answers as records.
 *
 * Writing is done here, byte by byte, because exported text may be invalid UTF-8 and
 * must still give valid JSON. Reading uses jansson with duplicate keys refused; values
 * become records by field->wire, a path of keys where `*` stands for every element of an
 * array. Numbers are taken as they are: base units are the source's business, except
 * that AWS writes times as seconds (or milliseconds) since 1970.
 */
#include "codec/codec_json.h"

#include "base/num.h"
#include "base/utf8.h"
#include "codec/codec_text.h"

#include <jansson.h>
#include <math.h>

/* ---- writing ---- */

static bool write_code_point(struct buf *out, uint32_t cp)
{
	static const char short_forms[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
	char bytes[4];

	if (cp == '"' || cp == '\\') {
		buf_add_char(out, '\\');
		return buf_add_char(out, (char)cp);
	}
	if (cp < sizeof(short_forms) && short_forms[cp])
		return buf_addf(out, "\\%c", short_forms[cp]);
	/* C1 controls are legal JSON but not harmless on a terminal. */
	if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
		return buf_addf(out, "\\u%04x", (unsigned)cp);
	return buf_add(out, bytes, (size_t)utf8_encode(cp, bytes));
}

bool json_write_string(struct buf *out, struct str s)
{
	bool valid;

	buf_add_char(out, '"');
	while (s.len > 0) {
		uint32_t cp = utf8_decode(&s, &valid);

		write_code_point(out, valid ? cp : UTF8_REPLACEMENT);
	}
	return buf_add_char(out, '"');
}

static bool write_list(struct buf *out, struct str list)
{
	struct str item;
	bool first = true;

	buf_add_char(out, '[');
	while (list.len > 0 && str_split(&list, ',', &item)) {
		if (!first)
			buf_add_char(out, ',');
		first = false;
		json_write_string(out, item);
	}
	return buf_add_char(out, ']');
}

static bool write_text(struct buf *out, const struct field *f, union value v, bool mask_literals)
{
	struct buf text;
	bool ok;

	buf_init(&text, CODEC_TEXT_MAX);
	ok = codec_field_text(&text, f, v, mask_literals);
	if (ok)
		ok = (f->flags & F_LIST) ? write_list(out, buf_str(&text)) : json_write_string(out, buf_str(&text));
	buf_release(&text);
	return ok;
}

static bool write_value(struct buf *out, const struct field *f, union value v, bool mask_literals)
{
	const struct kind_ops *ops = &kind_ops[f->kind];
	bool ok;

	if (ops->storage == CT_STR)
		return write_text(out, f, v, mask_literals);
	if (ops->storage == CT_F64 && !isfinite(v.f64))
		return buf_add_c(out, "null");
	if (f->kind != K_TIME_US)
		return ops->canonical(out, v);
	buf_add_char(out, '"');
	ok = ops->canonical(out, v);
	return buf_add_char(out, '"') && ok;
}

static void write_rates(struct buf *out, const struct snapshot *s, size_t row)
{
	for (size_t i = 0; i < s->type->nfields; i++) {
		const struct field *f = &s->type->fields[i];
		union value rate = {.f64 = 0};

		if (!(f->flags & F_RATE))
			continue;
		rate.f64 = snapshot_rate(s, row, i);
		buf_addf(out, ",\"%s_per_s\":", f->name);
		if (isfinite(rate.f64))
			kind_ops[K_REAL].canonical(out, rate);
		else
			buf_add_c(out, "null");
	}
}

bool json_write_row(struct buf *out, const struct snapshot *s, size_t row, bool mask_literals)
{
	bool ok = buf_add_char(out, '{');

	for (size_t i = 0; i < s->type->nfields; i++) {
		const struct field *f = &s->type->fields[i];
		union value v;

		buf_addf(out, "%s\"%s\":", i ? "," : "", f->name);
		if (rec_get(f, snapshot_row(s, row), &v))
			ok = write_value(out, f, v, mask_literals) && ok;
		else
			buf_add_c(out, "null");
	}
	if (s->rates)
		write_rates(out, s, row);
	return buf_add_char(out, '}') && ok;
}

/* ---- reading ---- */

bool json_read(struct str body, struct json_t **ret_root, struct err *err)
{
	struct str text = str_trim(body);
	json_error_t fault;
	json_t *root;

	if (text.len == 0)
		return err_set(err, ERR_PROTOCOL, "the answer is empty");
	if (text.ptr[0] == '<') {
		err_set(err, ERR_PROTOCOL, "the answer is an HTML page or XML, not JSON");
		err_remedy(err, "a proxy or load balancer may have answered: check the network path and endpoint");
		return false;
	}
	if (body.len > JSON_BODY_MAX)
		return err_set(err, ERR_LIMIT, "the answer is larger than %u MiB", JSON_BODY_MAX >> 20);
	root = json_loadb(body.ptr, body.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &fault);
	if (!root)
		return err_set(err, ERR_PROTOCOL, "the answer is not valid JSON: %s in line %d", fault.text,
			       fault.line);
	*ret_root = root;
	return true;
}

/* Times from 1e11 on are milliseconds: as seconds they would lie beyond the year 5000. */
#define MILLISECONDS_FROM 1e11
#define SECONDS_MAX 2.5e11

static bool number_to_time(double v, union value *ret_value)
{
	if (!(fabs(v) < SECONDS_MAX * 1e3))
		return false;
	if (fabs(v) >= MILLISECONDS_FROM)
		v /= 1e3;
	ret_value->i64 = num_round(v * 1e6);
	return true;
}

static bool number_value(const struct field *f, const json_t *j, union value *ret_value)
{
	double real = json_is_integer(j) ? (double)json_integer_value(j) : json_real_value(j);

	if (f->kind == K_TIME_US)
		return number_to_time(real, ret_value);
	if (f->kind == K_BOOL)
		return false;
	if (kind_ops[f->kind].storage == CT_F64) {
		ret_value->f64 = real;
		return true;
	}
	if (json_is_integer(j)) {
		ret_value->i64 = json_integer_value(j);
		return true;
	}
	if (!(fabs(real) < 9.2e18) || rint(real) < real || rint(real) > real)
		return false;
	ret_value->i64 = (int64_t)real;
	return true;
}

/* Text of a scalar for a CT_STR field, in `scratch` when it is not a string. */
static bool scalar_text(const json_t *j, struct buf *scratch, struct str *ret_text)
{
	union value v;

	buf_clear(scratch);
	if (json_is_string(j)) {
		*ret_text = (struct str){json_string_value(j), json_string_length(j)};
		return true;
	}
	if (json_is_boolean(j)) {
		*ret_text = json_is_true(j) ? STR("true") : STR("false");
		return true;
	}
	if (!json_is_number(j))
		return false;
	v.f64 = json_real_value(j);
	if (json_is_integer(j))
		buf_addf(scratch, "%lld", (long long)json_integer_value(j));
	else
		kind_ops[K_REAL].canonical(scratch, v);
	*ret_text = buf_str(scratch);
	return true;
}

struct reader {
	const struct field *f;
	void *row;
	struct arena *arena;
	struct buf scratch, list;
	bool list_seen;
	struct err *err;
};

static bool refuse(struct reader *r, const char *what)
{
	return err_set(r->err, ERR_PROTOCOL, "%s: %s is not of kind %s", r->f->name, what, kind_ops[r->f->kind].name);
}

static bool store_text(struct reader *r, struct str text)
{
	union value v;

	if (arena_room(r->arena) < text.len + 16)
		return err_set(r->err, ERR_LIMIT, "the answer holds more text than a snapshot may");
	v.str = arena_str(r->arena, text);
	rec_set(r->f, r->row, v);
	return true;
}

static bool read_text(struct reader *r, const json_t *j)
{
	struct str text;

	if (!scalar_text(j, &r->scratch, &text))
		return refuse(r, "an object or array");
	if (!(r->f->flags & F_LIST))
		return store_text(r, text);
	if (r->list_seen)
		buf_add_char(&r->list, ',');
	r->list_seen = true;
	if (!buf_add_str(&r->list, text))
		return err_set(r->err, ERR_LIMIT, "%s: the list is too long", r->f->name);
	return true;
}

static bool read_scalar(struct reader *r, const json_t *j)
{
	const struct kind_ops *ops = &kind_ops[r->f->kind];
	union value v;

	if (ops->storage == CT_STR)
		return read_text(r, j);
	if (json_is_number(j)) {
		if (!number_value(r->f, j, &v))
			return refuse(r, "a number of this form");
	} else if (json_is_boolean(j)) {
		if (r->f->kind != K_BOOL)
			return refuse(r, "true or false");
		v.i64 = json_is_true(j);
	} else if (json_is_string(j)) {
		if (!ops->parse((struct str){json_string_value(j), json_string_length(j)}, &v))
			return refuse(r, "this text");
	} else {
		return refuse(r, "an object or array");
	}
	rec_set(r->f, r->row, v);
	return true;
}

/* What a path leads to; NULL for nothing. Stops before a `*`. */
static const json_t *walk(const json_t *j, struct str *path)
{
	while (j && path->len > 0 && path->ptr[0] != '*') {
		const char *slash = memchr(path->ptr, '/', path->len);
		size_t n = slash ? (size_t)(slash - path->ptr) : path->len;

		j = json_object_getn(j, path->ptr, n);
		*path = str_sub(*path, n + (slash != NULL), path->len);
	}
	return j;
}

/* Stores what read_text() gathered for a list. */
static bool store_list(struct reader *r)
{
	return !(r->f->flags & F_LIST) || store_text(r, buf_str(&r->list));
}

/* Reads what lies at path below j. Paths have at most one `*`. */
static bool read_path(struct reader *r, const json_t *j, struct str path)
{
	const json_t *element;
	size_t i;

	j = walk(j, &path);
	if (!j || json_is_null(j))
		return true;
	if (!json_is_array(j))
		return path.len > 0 ? refuse(r, "what stands for an array") : read_scalar(r, j) && store_list(r);
	if (path.len == 0 && !(r->f->flags & F_LIST))
		return refuse(r, "an array");
	path = str_starts(path, STR("*/")) ? str_sub(path, 2, path.len) : str_sub(path, path.len, path.len);
	json_array_foreach(j, i, element)
	{
		struct str below = path;
		const json_t *leaf = walk(element, &below);

		if (leaf && !json_is_null(leaf) && !read_scalar(r, leaf))
			return false;
	}
	/* An empty array is an empty list; an absent one stays absent. */
	return store_list(r);
}

/* The rest of the field's path when it leads through the member `name`. */
static bool leads_through(const struct field *f, struct str name, struct str *ret_rest)
{
	struct str wire = str_c(f->wire);

	if (wire.len < name.len || memcmp(wire.ptr, name.ptr, name.len) != 0)
		return false;
	if ((wire.len > name.len && wire.ptr[name.len] != '/') || memchr(wire.ptr, '/', name.len))
		return false;
	*ret_rest = str_sub(wire, name.len + 1, wire.len);
	return true;
}

/* One member, for all the fields that it is for. */
static bool read_member(struct reader *r, const struct rec_type *type, struct str name, const json_t *value)
{
	struct str rest;

	for (size_t i = 0; i < type->nfields; i++) {
		r->f = &type->fields[i];
		if (!r->f->wire || !leads_through(r->f, name, &rest))
			continue;
		r->list_seen = false;
		buf_clear(&r->list);
		if (!read_path(r, value, rest))
			return false;
	}
	return true;
}

/* Members are gone through once; to look up each field's by its name took a third of the time. */
bool json_read_record(const struct json_t *object, const struct rec_type *type, void *row, struct arena *a,
		      struct err *err)
{
	struct reader r = {.row = row, .arena = a, .err = err};
	json_t *members = (json_t *)(uintptr_t)object; /* iterators know no const */
	bool ok = true;

	buf_init(&r.scratch, JSON_BODY_MAX);
	buf_init(&r.list, JSON_BODY_MAX);
	for (void *at = json_object_iter(members); at && ok; at = json_object_iter_next(members, at)) {
		struct str name = {json_object_iter_key(at), json_object_iter_key_len(at)};

		ok = read_member(&r, type, name, json_object_iter_value(at));
	}
	buf_release(&r.scratch);
	buf_release(&r.list);
	return ok;
}

bool json_read_line(struct str line, const struct rec_type *type, void *row, struct arena *a, struct err *err)
{
	json_t *root;
	bool ok;

	if (!json_read(line, &root, err))
		return false;
	ok = json_is_object(root) ? json_read_record(root, type, row, a, err)
				  : err_set(err, ERR_PROTOCOL, "the line is not a JSON object");
	json_decref(root);
	return ok;
}
