/*
 * rec.c: generic access to records, and the audit of their descriptors.
 *
 * Access copies between the record and a union by memcpy, by storage class only; the
 * compiler has proved in FIELD() that the class is right. The audit is run over every
 * record type by a test and at start-up: it proves what the compiler cannot see, that
 * the table covers the struct slot by slot and that names keep the rules exports and
 * recordings rely on (a unit in the name says the unit of the number).
 */
#include "model/rec.h"

#include "base/ascii.h"

#define KEY_SEPARATOR '\x1f'
#define KEY_ABSENT '\x1e'
#define KEY_ESCAPE '\x1d'

static size_t storage_slots(enum storage st)
{
	switch (st) {
	case CT_STR:
		return sizeof(struct str) / 8;
	case CT_I64:
	case CT_F64:
		return 1;
	case CT_BAD:
		break;
	}
	return 0;
}

int rec_find(const struct rec_type *type, struct str name)
{
	if (name.len == 0)
		return -1;
	/* panes ask for fields of every row by name: most names differ in their first letter, which costs no call */
	for (size_t i = 0; i < type->nfields; i++) {
		const char *field = type->fields[i].name;

		if (field[0] == name.ptr[0] && strncmp(field, name.ptr, name.len) == 0 && field[name.len] == '\0')
			return (int)i;
	}
	return -1;
}

/* Lengths that are known here: each is a move, not a call. */
static void copy(void *to, const void *from, const struct field *f)
{
	if (storage_slots(kind_ops[f->kind].storage) == 1)
		memcpy(to, from, 8);
	else
		memcpy(to, from, sizeof(struct str));
}

bool rec_get(const struct field *f, const void *rec, union value *ret_value)
{
	uint64_t present;

	memcpy(&present, rec, sizeof(present));
	if ((present & field_bit(f)) == 0)
		return false;
	copy(ret_value, (const char *)rec + f->offset, f);
	return true;
}

void rec_set(const struct field *f, void *rec, union value v)
{
	uint64_t present;

	copy((char *)rec + f->offset, &v, f);
	memcpy(&present, rec, sizeof(present));
	present |= field_bit(f);
	memcpy(rec, &present, sizeof(present));
}

/* ---- audit ---- */

struct audit {
	const struct rec_type *type;
	struct err *err;
	size_t faults;
};

static void fault(struct audit *a, const struct field *f, const char *what)
{
	char before[ERR_TEXT_MAX] = "";
	const char *name = f && f->name ? f->name : "?";

	if (a->err->code != ERR_NONE)
		snprintf(before, sizeof(before), "%.*s; ", ERR_TEXT_MAX - 3, a->err->text);
	if (f)
		err_set(a->err, ERR_CONFIG, "%s%s.%s: %s", before, a->type->name, name, what);
	else
		err_set(a->err, ERR_CONFIG, "%s%s: %s", before, a->type->name, what);
	a->faults++;
}

static bool is_snake_case(const char *name)
{
	if (name[0] < 'a' || name[0] > 'z')
		return false;
	for (const char *p = name; *p; p++) {
		if (!((*p >= 'a' && *p <= 'z') || ascii_is_digit(*p) || *p == '_'))
			return false;
	}
	return true;
}

/* The suffix that a kind's numbers carry in their names, "" for none. */
static const char *kind_suffix(enum kind k)
{
	switch (k) {
	case K_BYTES:
	case K_BYTE_COUNTER:
		return "_bytes";
	case K_DURATION_US:
		return "_us";
	case K_TIME_US:
		return "_at";
	case K_RATIO:
		return "_ratio";
	case K_TEXT:
	case K_ID:
	case K_ENUM:
	case K_SQL:
	case K_BOOL:
	case K_INT:
	case K_COUNT:
	case K_COUNTER:
	case K_REAL:
	case K__COUNT:
		break;
	}
	return "";
}

static void audit_suffix(struct audit *a, const struct field *f)
{
	static const char *const suffixes[] = {"_bytes", "_us", "_at", "_ratio"};
	const char *wanted = kind_suffix((enum kind)f->kind);
	struct str name = str_c(f->name);
	char what[80];

	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		/* A field called just "at" is the time of its row. */
		bool has = str_ends(name, str_c(suffixes[i])) || str_eq_c(name, suffixes[i] + 1);
		bool needs = str_eq_c(str_c(suffixes[i]), wanted);

		if (has && !needs) {
			snprintf(what, sizeof(what), "name ends in %s but the kind is %s", suffixes[i],
				 kind_ops[f->kind].name);
			fault(a, f, what);
		}
		if (needs && !has) {
			snprintf(what, sizeof(what), "the name of a %s must end in %s", kind_ops[f->kind].name, wanted);
			fault(a, f, what);
		}
	}
}

static void audit_words(struct audit *a, const struct field *f)
{
	if (!is_snake_case(f->name))
		fault(a, f, "name is not snake_case");
	if (!f->title || !f->title[0])
		fault(a, f, "no title");
	if (!f->help || !f->help[0])
		fault(a, f, "no help");
	for (const struct field *g = a->type->fields; g < f; g++) {
		if (g->name && str_eq_c(str_c(f->name), g->name))
			fault(a, f, "name used twice");
	}
}

static void audit_flags(struct audit *a, const struct field *f)
{
	enum storage st = kind_ops[f->kind].storage;

	if ((f->flags & F_RATE) && st == CT_STR)
		fault(a, f, "a text cannot have a rate");
	if ((f->flags & F_LIST) && st != CT_STR)
		fault(a, f, "only a text can be a list");
	if ((f->flags & F_COMPUTED) && f->wire && !(f->flags & F_LIST))
		fault(a, f, "computed, yet it has a wire path");
	if (f->kind == K_SQL && !(f->flags & F_SENSITIVE))
		fault(a, f, "statement text must be sensitive");
}

/* Claims the slots of f in *claimed. */
static void audit_slots(struct audit *a, const struct field *f, uint64_t *claimed)
{
	size_t slots = storage_slots(kind_ops[f->kind].storage);

	if (f->offset < 8 || f->offset % 8 != 0 || f->offset + 8 * slots > a->type->size) {
		fault(a, f, "lies outside the record");
		return;
	}
	for (size_t i = 0; i < slots; i++) {
		uint64_t bit = UINT64_C(1) << (f->offset / 8 + i);

		if (*claimed & bit)
			fault(a, f, "slot claimed twice");
		*claimed |= bit;
	}
}

bool rec_check(const struct rec_type *type, struct err *err)
{
	struct audit a = {.type = type, .err = err};
	uint64_t claimed = 1; /* slot 0 is the presence mask */
	size_t keys = 0;
	char what[64];

	if (type->size % 8 != 0 || type->size / 8 > REC_SLOTS_MAX + 1) {
		fault(&a, NULL, "size is not that of a record");
		return false;
	}
	for (size_t i = 0; i < type->nfields; i++) {
		const struct field *f = &type->fields[i];

		if (!f->name || f->kind >= K__COUNT) {
			fault(&a, f, "no name or no kind");
			continue;
		}
		audit_words(&a, f);
		audit_suffix(&a, f);
		audit_flags(&a, f);
		audit_slots(&a, f, &claimed);
		keys += (f->flags & F_KEY) != 0;
	}
	if (keys > REC_KEY_MAX)
		fault(&a, NULL, "too many fields are its key");
	for (size_t slot = 1; slot < type->size / 8; slot++) {
		if (!(claimed & (UINT64_C(1) << slot))) {
			snprintf(what, sizeof(what), "no field claims the member at offset %zu", slot * 8);
			fault(&a, NULL, what);
		}
	}
	return a.faults == 0;
}

/* ---- keys ---- */

struct rec_key rec_key_of(const struct rec_type *type)
{
	struct rec_key key = {.n = 0};

	for (size_t i = 0; i < type->nfields; i++) {
		if (!(type->fields[i].flags & F_KEY))
			continue;
		CHECK(key.n < REC_KEY_MAX);
		key.fields[key.n++] = &type->fields[i];
	}
	return key;
}

int rec_key_compare(const struct rec_key *key, const void *a, const void *b)
{
	for (size_t i = 0; i < key->n; i++) {
		const struct field *f = key->fields[i];
		union value va, vb;
		bool has_a = rec_get(f, a, &va), has_b = rec_get(f, b, &vb);
		int c;

		if (has_a != has_b)
			return has_a ? -1 : 1;
		c = has_a ? kind_compare((enum kind)f->kind, va, vb) : 0;
		if (c != 0)
			return c;
	}
	return 0;
}

int rec_compare_key(const struct rec_type *type, const void *a, const void *b)
{
	struct rec_key key = rec_key_of(type);

	return rec_key_compare(&key, a, b);
}

/* A hostile text must not be able to look like two fields. */
static bool add_key_escaped(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (c == KEY_SEPARATOR || c == KEY_ABSENT || c == KEY_ESCAPE) {
			buf_add_char(out, KEY_ESCAPE);
			c = (char)(c ^ 0x40);
		}
		buf_add_char(out, c);
	}
	return !out->failed;
}

bool rec_key_text(const struct rec_type *type, const void *rec, struct buf *out)
{
	bool first = true;

	for (size_t i = 0; i < type->nfields; i++) {
		const struct field *f = &type->fields[i];
		union value v;

		if (!(f->flags & F_KEY))
			continue;
		if (!first)
			buf_add_char(out, KEY_SEPARATOR);
		first = false;
		if (!rec_get(f, rec, &v))
			buf_add_char(out, KEY_ABSENT);
		else if (kind_ops[f->kind].storage == CT_STR)
			add_key_escaped(out, v.str);
		else
			kind_ops[f->kind].canonical(out, v);
	}
	return !out->failed;
}
