/*
 * rec.h: records and their descriptors, the contract between sources and everything else.
 *
 * A record is a struct whose first member is uint64_t present and whose other
 * members are int64_t, double or struct str. A member's slot is offsetof/8 - 1; a
 * struct str takes two slots and uses the first one's bit. A record has at most 63
 * slots. present tells value from NULL; "this server has no such field" is the
 * snapshot's business.
 *
 * One row of struct field per member describes it. FIELD() proves at compile time
 * that the kind fits the C type; rec_check() proves at start-up that every slot is
 * claimed by exactly one row.
 */
#ifndef MODEL_REC_H
#define MODEL_REC_H

#include "base/err.h"
#include "model/kind.h"

#define REC_SLOTS_MAX 63
#define REC_KEY_MAX 16 /* fields of a key */

enum field_flags {
	F_KEY = 1 << 0,       /* part of the row's identity: selection, rates, stable order */
	F_DESC = 1 << 1,      /* first sort is descending */
	F_SENSITIVE = 1 << 2, /* literals masked outside the screen unless --show-literals */
	F_RATE = 1 << 3,      /* cumulative: NAME/s exists as a derived column */
	F_HIDDEN = 1 << 4,    /* not offered as a column; exported all the same */
	F_LIST = 1 << 5,      /* CT_STR holding comma-separated items; exported as a JSON array */
	F_COMPUTED = 1 << 6,  /* made by the source from other fields, or from the list at its path; shows no path */
	F_NAMED = 1 << 7,     /* of such lists in XML: each item is TAG=text */
};

struct field {
	const char *name;  /* stable public id: snake_case, unit suffix where one applies */
	const char *wire;  /* path in the source (Endpoint/Address); NULL = same as name (SQL) or F_COMPUTED */
	const char *title; /* column heading, capitals */
	const char *help;  /* one sentence */
	uint16_t offset;
	uint8_t kind;  /* enum kind */
	uint8_t width; /* preferred minimum columns, 0 = flexible */
	uint32_t flags;
};

struct rec_type {
	const char *name;
	size_t size;
	const struct field *fields;
	size_t nfields;
};

#define KIND_CTYPE(k)                                                           \
	((k) == K_TEXT || (k) == K_ID || (k) == K_ENUM || (k) == K_SQL ? CT_STR \
	 : (k) == K_RATIO || (k) == K_REAL                             ? CT_F64 \
								       : CT_I64)
#define CTYPE_OF(x) _Generic((x), int64_t : CT_I64, double : CT_F64, struct str : CT_STR, default : CT_BAD)
#define FIELD(T, m, k, ...)                                                                                \
	{                                                                                                  \
		.name = #m, .kind = (k),                                                                   \
		.offset = (uint16_t)(offsetof(T, m) + ASSERT_ZERO(CTYPE_OF(((T *)0)->m) == KIND_CTYPE(k),  \
								  "kind does not fit the C type of " #m)), \
		__VA_ARGS__                                                                                \
	}
#define REC_TYPE(T, id, table)                                                                           \
	{                                                                                                \
		.name = (id), .fields = (table), .nfields = ARRAY_LEN(table),                            \
		.size = sizeof(T) + ASSERT_ZERO(sizeof(T) <= 8 * (REC_SLOTS_MAX + 1), "too many slots"), \
	}
#define BIT(T, m) (UINT64_C(1) << (offsetof(T, m) / 8 - 1))
#define SET(r, T, m, v) ((r)->m = (v), (r)->present |= BIT(T, m))
#define HAS(r, T, m) (((r)->present & BIT(T, m)) != 0)

/* Bit of a field's first slot. */
static inline uint64_t field_bit(const struct field *f)
{
	return UINT64_C(1) << (f->offset / 8 - 1);
}

/* Field index by public name, or -1. */
int rec_find(const struct rec_type *type, struct str name);
/* Value of field f in the record at rec; false when NULL. memcpy semantics. */
bool rec_get(const struct field *f, const void *rec, union value *ret_value);
/* Stores v and marks it present. */
void rec_set(const struct field *f, void *rec, union value v);
/* Audits one type: unique names, unit suffix matches kind (_bytes, _us, _ratio, _at), every slot claimed once, no more
 * than REC_KEY_MAX key fields, help and title given. Appends every fault to err. */
bool rec_check(const struct rec_type *type, struct err *err) MUST_CHECK;
/* The F_KEY fields of a type, for those who compare many records of it. */
struct rec_key {
	size_t n;
	const struct field *fields[REC_KEY_MAX];
};
struct rec_key rec_key_of(const struct rec_type *type);
int rec_key_compare(const struct rec_key *key, const void *a, const void *b);
/* Both at once. */
int rec_compare_key(const struct rec_type *type, const void *a, const void *b);
/* Appends the key as text that identifies the row across snapshots (fields joined by \x1f). */
bool rec_key_text(const struct rec_type *type, const void *rec, struct buf *out);

#endif
