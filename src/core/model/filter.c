/*
 * filter.c: parsing and matching the filter language.
 *
 * A filter is a conjunction of terms; a term is a column (or any), perhaps negated,
 * and one or more alternatives. Everything that can be wrong is found while parsing,
 * as the person types: unknown columns, numbers that are none, open quotes. Matching
 * then cannot fail, allocates nothing and reads the record only.
 *
 * What a bare value means follows from the column's kind: a text contains it, a number
 * equals it, a time begins with it as ISO 8601 (so 2026-03-16T13 is an hour). An absent
 * value satisfies no test, hence every negated one.
 */
#include "model/filter.h"

#include "base/clock.h"
#include "base/parse.h"
#include "base/xalloc.h"

enum op { OP_HAS, OP_EQ, OP_GT, OP_GE, OP_LT, OP_LE };

struct test {
	enum op op;
	union value constant; /* numeric fields with any op */
	struct str text;      /* what was written, without quotes */
};

struct term {
	bool negate;
	int field;       /* -1 = text in any column */
	size_t first, n; /* of tests */
};

struct filter {
	const struct rec_type *type;
	char *text; /* unquoted values live here */
	size_t used;
	struct test *tests;
	size_t ntests;
	struct term terms[FILTER_TERMS_MAX];
	size_t nterms;
};

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* First position of c outside quotes, or s.len. */
static size_t find_outside(struct str s, char c)
{
	bool quoted = false;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '"')
			quoted = !quoted;
		else if (!quoted && (c == ' ' ? is_blank(s.ptr[i]) : s.ptr[i] == c))
			return i;
	}
	return s.len;
}

/* Copy of s without its quotes, kept by the filter; a doubled quote inside quotes is a quote. */
static struct str unquote(struct filter *f, struct str s)
{
	char *start = f->text + f->used;
	bool quoted = false;
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] != '"') {
			start[n++] = s.ptr[i];
		} else if (quoted && i + 1 < s.len && s.ptr[i + 1] == '"') {
			start[n++] = '"';
			i++;
		} else {
			quoted = !quoted;
		}
	}
	f->used += n;
	return (struct str){start, n};
}

/* ---- columns ---- */

static int find_title(const struct rec_type *type, struct str name)
{
	for (size_t i = 0; i < type->nfields; i++) {
		if (type->fields[i].title && str_ieq(name, str_c(type->fields[i].title)))
			return (int)i;
	}
	return -1;
}

/* The only column whose public name starts with name: -1 for none, -2 for several. */
static int find_prefix(const struct rec_type *type, struct str name)
{
	int found = -1;

	for (size_t i = 0; i < type->nfields; i++) {
		struct str head = str_sub(str_c(type->fields[i].name), 0, name.len);

		if (!str_ieq(head, name))
			continue;
		if (found >= 0)
			return -2;
		found = (int)i;
	}
	return found;
}

static bool unknown_column(const struct rec_type *type, struct str name, struct err *err)
{
	const char *names[REC_SLOTS_MAX];
	const char *nearest;
	size_t n = 0;

	for (size_t i = 0; i < type->nfields && n < ARRAY_LEN(names); i++)
		names[n++] = type->fields[i].name;
	nearest = parse_nearest(name, names, n);
	err_set(err, ERR_USAGE, "there is no column \"" STR_FMT "\"%s%s%s", STR_ARG(name),
		nearest ? ", did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
	err_remedy(err, "put the text in quotes to search for a colon");
	return false;
}

static bool ambiguous_column(const struct rec_type *type, struct str name, struct err *err)
{
	char list[200];
	size_t used = 0;

	for (size_t i = 0; i < type->nfields; i++) {
		struct str full = str_c(type->fields[i].name);

		if (!str_ieq(str_sub(full, 0, name.len), name) || used + full.len + 3 > sizeof(list))
			continue;
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s" STR_FMT, used ? ", " : "",
					 STR_ARG(full));
	}
	return err_set(err, ERR_USAGE, "\"" STR_FMT "\" can be %s", STR_ARG(name), list);
}

static bool find_column(const struct rec_type *type, struct str name, int *ret_field, struct err *err)
{
	int field = rec_find(type, name);

	if (field < 0)
		field = find_title(type, name);
	if (field < 0 && name.len > 0)
		field = find_prefix(type, name);
	if (field == -2)
		return ambiguous_column(type, name, err);
	if (field < 0)
		return unknown_column(type, name, err);
	*ret_field = field;
	return true;
}

/* ---- values ---- */

static enum op cut_op(struct str *s)
{
	static const struct {
		struct str sign;
		enum op op;
	} ops[] = {{{">=", 2}, OP_GE}, {{"<=", 2}, OP_LE}, {{">", 1}, OP_GT}, {{"<", 1}, OP_LT}, {{"=", 1}, OP_EQ}};

	for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
		if (str_starts(*s, ops[i].sign)) {
			*s = str_sub(*s, ops[i].sign.len, s->len);
			return ops[i].op;
		}
	}
	return OP_HAS;
}

static const char *example(enum kind k)
{
	switch (k) {
	case K_BOOL:
		return "yes or no";
	case K_INT:
		return "4711";
	case K_COUNT:
	case K_COUNTER:
		return "500 or 10M";
	case K_BYTES:
	case K_BYTE_COUNTER:
		return "512kB or 1.5GiB";
	case K_DURATION_US:
		return "250ms, 10s or 2h";
	case K_TIME_US:
		return "2026-03-16 or 2026-03-16T13:45:00Z";
	case K_RATIO:
		return "95% or 0.95";
	case K_REAL:
		return "12.5";
	case K_TEXT:
	case K_ID:
	case K_ENUM:
	case K_SQL:
	case K__COUNT:
		break;
	}
	return "a text";
}

static bool parse_test(struct filter *f, int field, struct str s, struct err *err)
{
	struct test t = {.op = cut_op(&s)};
	bool quoted = str_find(s, STR("\""), 0) >= 0;
	const struct field *column = field >= 0 ? &f->type->fields[field] : NULL;
	const struct kind_ops *ops = column ? &kind_ops[column->kind] : NULL;

	t.text = unquote(f, s);
	if (t.text.len == 0 && !quoted)
		return err_set(err, ERR_USAGE, "a value is missing after \"%s\"", column ? column->name : "|");
	if (quoted && t.text.len == 0 && t.op == OP_HAS)
		t.op = OP_EQ;
	if (ops && ops->storage != CT_STR && !(column->kind == K_TIME_US && t.op == OP_HAS)) {
		if (!ops->parse_constant(t.text, &t.constant)) {
			err_set(err, ERR_USAGE, "%s: \"" STR_FMT "\" is not %s %s", column->name, STR_ARG(t.text),
				strchr("aeiou", ops->name[0]) ? "an" : "a", ops->name);
			err_remedy(err, "write it like %s", example((enum kind)column->kind));
			return false;
		}
	} else {
		t.constant.str = t.text;
	}
	f->tests[f->ntests++] = t;
	return true;
}

static bool is_comparison(struct str s)
{
	return s.len > 0 && strchr("<>=", s.ptr[0]) && s.ptr[0] != '\0';
}

static bool parse_term(struct filter *f, struct str s, int main_field, struct err *err)
{
	struct term t = {.field = -1, .first = f->ntests};
	size_t colon;

	while (s.len > 0 && s.ptr[0] == '!') {
		t.negate = !t.negate;
		s = str_sub(s, 1, s.len);
	}
	if (s.len == 0)
		return err_set(err, ERR_USAGE, "\"!\" needs something to negate");
	if (is_comparison(s)) {
		if (main_field < 0) {
			err_set(err, ERR_USAGE, "\"" STR_FMT "\" needs a column here", STR_ARG(s));
			err_remedy(err, "write COLUMN:" STR_FMT, STR_ARG(s));
			return false;
		}
		t.field = main_field;
	} else if ((colon = find_outside(s, ':')) < s.len) {
		if (!find_column(f->type, unquote(f, str_sub(s, 0, colon)), &t.field, err))
			return false;
		s = str_sub(s, colon + 1, s.len);
	}
	for (;;) {
		size_t bar = find_outside(s, '|');

		if (!parse_test(f, t.field, str_sub(s, 0, bar), err))
			return false;
		if (bar == s.len)
			break;
		s = str_sub(s, bar + 1, s.len);
	}
	t.n = f->ntests - t.first;
	f->terms[f->nterms++] = t;
	return true;
}

static bool quotes_closed(struct str s)
{
	size_t quotes = 0;

	for (size_t i = 0; i < s.len; i++)
		quotes += s.ptr[i] == '"';
	return quotes % 2 == 0;
}

static bool parse_terms(struct filter *f, struct str text, int main_field, struct err *err)
{
	while ((text = str_trim(text)).len > 0) {
		size_t end = find_outside(text, ' ');

		if (f->nterms == FILTER_TERMS_MAX)
			return err_set(err, ERR_LIMIT, "a filter has at most %d terms", FILTER_TERMS_MAX);
		if (!parse_term(f, str_sub(text, 0, end), main_field, err))
			return false;
		text = str_sub(text, end, text.len);
	}
	return true;
}

bool filter_parse(struct str text, const struct rec_type *type, int main_field, struct filter **ret_filter,
		  struct err *err)
{
	struct filter *f;

	if (text.len > FILTER_TEXT_MAX)
		return err_set(err, ERR_LIMIT, "a filter has at most %d bytes", FILTER_TEXT_MAX);
	if (!quotes_closed(text))
		return err_set(err, ERR_USAGE, "a quote is not closed");
	if (str_trim(text).len == 0) {
		*ret_filter = NULL;
		return true;
	}
	f = xalloc(sizeof(*f));
	f->type = type;
	f->text = xalloc(text.len + 1);
	f->tests = xcalloc(text.len + 1, sizeof(*f->tests));
	if (!parse_terms(f, text, main_field, err)) {
		filter_free(f);
		return false;
	}
	*ret_filter = f;
	return true;
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	xfree(f->text);
	xfree(f->tests);
	xfree(f);
}

/* ---- matching ---- */

static bool compare_holds(enum op op, int c)
{
	switch (op) {
	case OP_HAS:
	case OP_EQ:
		return c == 0;
	case OP_GT:
		return c > 0;
	case OP_GE:
		return c >= 0;
	case OP_LT:
		return c < 0;
	case OP_LE:
		return c <= 0;
	}
	return false;
}

static bool test_field(const struct test *t, const struct field *f, const void *rec)
{
	enum kind k = (enum kind)f->kind;
	union value v;
	char iso[48];

	if (!rec_get(f, rec, &v))
		return false;
	if (kind_ops[k].storage == CT_STR && t->op == OP_HAS)
		return str_ifind(v.str, t->text, 0) >= 0;
	if (kind_ops[k].storage == CT_STR && t->op == OP_EQ)
		return str_ieq(v.str, t->text);
	if (k == K_TIME_US && t->op == OP_HAS)
		return str_ieq(str_sub(str_c(clock_iso8601(v.i64, iso, sizeof(iso))), 0, t->text.len), t->text);
	return compare_holds(t->op, kind_compare(k, v, t->constant));
}

/* Text in any column; plain numbers (pids, ports, query ids) are searched as they are written. */
static bool test_any(const struct test *t, const struct rec_type *type, const void *rec)
{
	for (size_t i = 0; i < type->nfields; i++) {
		const struct field *f = &type->fields[i];
		char digits[24];
		union value v;

		if (!rec_get(f, rec, &v))
			continue;
		if (kind_ops[f->kind].storage == CT_STR && str_ifind(v.str, t->text, 0) >= 0)
			return true;
		if (f->kind != K_INT)
			continue;
		snprintf(digits, sizeof(digits), "%lld", (long long)v.i64);
		if (str_find(str_c(digits), t->text, 0) >= 0)
			return true;
	}
	return false;
}

static bool term_holds(const struct filter *f, const struct term *t, const void *rec)
{
	bool any = false;

	for (size_t i = t->first; i < t->first + t->n && !any; i++) {
		any = t->field >= 0 ? test_field(&f->tests[i], &f->type->fields[t->field], rec)
				    : test_any(&f->tests[i], f->type, rec);
	}
	return any != t->negate;
}

bool filter_match(const struct filter *f, const void *rec)
{
	if (!f)
		return true;
	for (size_t i = 0; i < f->nterms; i++) {
		if (!term_holds(f, &f->terms[i], rec))
			return false;
	}
	return true;
}
