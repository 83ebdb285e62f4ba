/*
 * codec_sql.c: PostgreSQL results to records.
 *
 * Results are in binary format, so there is no number or time parsing and no locale or
 * DateStyle to depend on. Columns are matched by name once per result; each match is
 * checked against what the field's kind can hold, so a SQL file with a wrong cast fails
 * on its first use with a message that names column and type, instead of showing a
 * wrong number. What the server sends is still not trusted: lengths are checked.
 *
 * It converts nothing: base units are the SQL's business.
 */
#include "codec/codec_sql.h"

#include <libpq-fe.h>
#include <math.h>

/* Type oids of pg_type.dat; fixed for all versions. */
enum pg_type {
	PG_BOOL = 16,
	PG_CHAR = 18,
	PG_NAME = 19,
	PG_INT8 = 20,
	PG_INT2 = 21,
	PG_INT4 = 23,
	PG_TEXT = 25,
	PG_OID = 26,
	PG_XID = 28,
	PG_FLOAT4 = 700,
	PG_FLOAT8 = 701,
	PG_BPCHAR = 1042,
	PG_VARCHAR = 1043,
	PG_TIMESTAMPTZ = 1184,
};

/* PostgreSQL counts time from 2000-01-01, we from 1970-01-01. */
#define PG_EPOCH_US (INT64_C(946684800) * US_PER_S)

enum family { FAMILY_NONE, FAMILY_BOOL, FAMILY_INT, FAMILY_REAL, FAMILY_TEXT, FAMILY_TIME };

static const struct sql_type {
	uint32_t oid;
	enum family family;
	int size; /* bytes, 0 = any */
	const char *name;
} known[] = {
	/* clang-format off */
	{PG_BOOL, FAMILY_BOOL, 1, "boolean"},
	{PG_CHAR, FAMILY_TEXT, 0, "\"char\""},
	{PG_NAME, FAMILY_TEXT, 0, "name"},
	{PG_INT8, FAMILY_INT, 8, "bigint"},
	{PG_INT2, FAMILY_INT, 2, "smallint"},
	{PG_INT4, FAMILY_INT, 4, "integer"},
	{PG_TEXT, FAMILY_TEXT, 0, "text"},
	{PG_OID, FAMILY_INT, 4, "oid"},
	{PG_XID, FAMILY_INT, 4, "xid"},
	{PG_FLOAT4, FAMILY_REAL, 4, "real"},
	{PG_FLOAT8, FAMILY_REAL, 8, "double precision"},
	{PG_BPCHAR, FAMILY_TEXT, 0, "character"},
	{PG_VARCHAR, FAMILY_TEXT, 0, "character varying"},
	{PG_TIMESTAMPTZ, FAMILY_TIME, 8, "timestamp with time zone"},
	/* Named for messages only. */
	{17, FAMILY_NONE, 0, "bytea"},
	{869, FAMILY_NONE, 0, "inet"},
	{1114, FAMILY_NONE, 0, "timestamp without time zone"},
	{1186, FAMILY_NONE, 0, "interval"},
	{1700, FAMILY_NONE, 0, "numeric"},
	{3220, FAMILY_NONE, 0, "pg_lsn"},
	/* clang-format on */
};

static const struct sql_type *find_type(uint32_t oid)
{
	static const struct sql_type unknown = {0, FAMILY_NONE, 0, NULL};

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (known[i].oid == oid)
			return &known[i];
	}
	return &unknown;
}

/* What a field of this kind takes. */
static enum family kind_family(enum kind k)
{
	switch (k) {
	case K_TEXT:
	case K_ID:
	case K_ENUM:
	case K_SQL:
		return FAMILY_TEXT;
	case K_BOOL:
		return FAMILY_BOOL;
	case K_INT:
	case K_COUNT:
	case K_COUNTER:
	case K_BYTES:
	case K_BYTE_COUNTER:
	case K_DURATION_US:
		return FAMILY_INT;
	case K_TIME_US:
		return FAMILY_TIME;
	case K_RATIO:
	case K_REAL:
		return FAMILY_REAL;
	case K__COUNT:
		break;
	}
	return FAMILY_NONE;
}

/* ---- binary values, network byte order ---- */

static uint64_t read_be(const char *p, int size)
{
	uint64_t v = 0;

	for (int i = 0; i < size; i++)
		v = v << 8 | (unsigned char)p[i];
	return v;
}

static int64_t read_int(const struct sql_type *t, const char *p)
{
	uint64_t v = read_be(p, t->size);

	if (t->oid == PG_INT2)
		return (int16_t)v;
	if (t->oid == PG_INT4)
		return (int32_t)v;
	return (int64_t)v;
}

static double read_real(const struct sql_type *t, const char *p)
{
	uint64_t bits = read_be(p, t->size);
	uint32_t bits4 = (uint32_t)bits;
	double d;
	float f;

	if (t->size == 4) {
		memcpy(&f, &bits4, sizeof(f));
		return (double)f;
	}
	memcpy(&d, &bits, sizeof(d));
	return d;
}

/* False for infinity, and for what lies beyond our own range. */
static bool read_time(const char *p, int64_t *ret_us)
{
	int64_t v = (int64_t)read_be(p, 8);

	if (v == INT64_MAX || v == INT64_MIN)
		return false;
	return !__builtin_add_overflow(v, PG_EPOCH_US, ret_us);
}

/* Value of a fixed-size type as a number; false = absent. */
static bool read_number(const struct sql_type *t, const char *p, union value *ret_value)
{
	switch (t->family) {
	case FAMILY_BOOL:
		ret_value->i64 = p[0] != 0;
		return true;
	case FAMILY_INT:
		ret_value->i64 = read_int(t, p);
		return true;
	case FAMILY_REAL:
		ret_value->f64 = read_real(t, p);
		return isfinite(ret_value->f64);
	case FAMILY_TIME:
		return read_time(p, &ret_value->i64);
	case FAMILY_TEXT:
	case FAMILY_NONE:
		break;
	}
	BUG("type %u is not a number", (unsigned)t->oid);
}

/* ---- columns ---- */

static bool refuse_type(const struct pg_result *r, int x, const struct field *f, struct err *err)
{
	uint32_t oid = PQftype(r, x);
	const struct sql_type *t = find_type(oid);
	char type[32];

	snprintf(type, sizeof(type), "type %u", (unsigned)oid);
	return err_set(err, ERR_PROTOCOL, "column %s is of %s, which a field of kind %s does not take", PQfname(r, x),
		       t->name ? t->name : type, kind_ops[f->kind].name);
}

static bool is_mapped(const struct sql_map *m, int field)
{
	for (int i = 0; i < m->n; i++) {
		if (m->columns[i].field == field)
			return true;
	}
	return false;
}

bool sql_map_result(const struct pg_result *r, const struct rec_type *type, struct sql_map *ret_map, struct err *err)
{
	struct sql_map m = {.n = 0};

	for (int x = 0; x < PQnfields(r); x++) {
		int field = rec_find(type, str_c(PQfname(r, x)));
		const struct sql_type *t = find_type(PQftype(r, x));

		if (field < 0)
			continue;
		if (is_mapped(&m, field))
			return err_set(err, ERR_PROTOCOL, "column %s occurs twice in the result", PQfname(r, x));
		if (m.n == SQL_COLUMNS_MAX)
			return err_set(err, ERR_LIMIT, "the result has more than %d columns", SQL_COLUMNS_MAX);
		if (PQfformat(r, x) != 1)
			return err_set(err, ERR_PROTOCOL, "column %s is not in binary format", PQfname(r, x));
		if (t->family == FAMILY_NONE || t->family != kind_family((enum kind)type->fields[field].kind))
			return refuse_type(r, x, &type->fields[field], err);
		m.columns[m.n++] = (struct sql_column){(int16_t)x, (int16_t)field, t};
	}
	*ret_map = m;
	return true;
}

static bool read_cell(const struct pg_result *r, int y, const struct sql_column *c, union value *ret_value,
		      bool *ret_present, struct arena *a, struct err *err)
{
	const struct sql_type *t = c->type;
	size_t len = (size_t)PQgetlength(r, y, c->column);
	const char *p = PQgetvalue(r, y, c->column);

	if (t->family == FAMILY_TEXT) {
		if (arena_room(a) < len + 16)
			return err_set(err, ERR_LIMIT, "the result holds more than %u MiB of text",
				       SNAPSHOT_BYTES_MAX >> 20);
		ret_value->str = arena_str(a, (struct str){p, len});
		*ret_present = true;
		return true;
	}
	if (len != (size_t)t->size)
		return err_set(err, ERR_PROTOCOL, "column %s of type %s came with %zu bytes instead of %d",
			       PQfname(r, c->column), t->name, len, t->size);
	*ret_present = read_number(t, p, ret_value);
	return true;
}

bool sql_read_row(const struct pg_result *r, int y, const struct sql_map *m, const struct rec_type *type, void *row,
		  struct arena *a, struct err *err)
{
	for (int i = 0; i < m->n; i++) {
		const struct sql_column *c = &m->columns[i];
		union value v;
		bool present = false;

		if (PQgetisnull(r, y, c->column))
			continue;
		if (!read_cell(r, y, c, &v, &present, a, err))
			return false;
		if (present)
			rec_set(&type->fields[c->field], row, v);
	}
	return true;
}

bool sql_read_rows(const struct pg_result *r, struct snapshot *s, struct err *err)
{
	struct sql_map m;

	if (!sql_map_result(r, s->type, &m, err))
		return false;
	for (int y = 0; y < PQntuples(r); y++) {
		void *row = snapshot_add_row(s);

		if (!row)
			return err_set(err, ERR_LIMIT, "the result has more than %d rows", SNAPSHOT_ROWS_MAX);
		if (!sql_read_row(r, y, &m, s->type, row, s->arena, err))
			return false;
	}
	return true;
}

/* ---- single values ---- */

/* Type of column x, which must be binary and of one of the families in mask. */
static const struct sql_type *expect(const struct pg_result *r, int x, unsigned mask)
{
	const struct sql_type *t = find_type(PQftype(r, x));

	if (PQfformat(r, x) != 1 || (mask & (1u << t->family)) == 0)
		BUG("column %d (%s) is not of the type asked for", x, PQfname(r, x) ? PQfname(r, x) : "none");
	return t;
}

bool sql_i64(const struct pg_result *r, int y, int x, int64_t *ret_value)
{
	const struct sql_type *t = expect(r, x, 1u << FAMILY_BOOL | 1u << FAMILY_INT | 1u << FAMILY_TIME);
	union value v;

	if (PQgetisnull(r, y, x) || PQgetlength(r, y, x) != t->size || !read_number(t, PQgetvalue(r, y, x), &v))
		return false;
	*ret_value = v.i64;
	return true;
}

bool sql_text(const struct pg_result *r, int y, int x, struct str *ret_value)
{
	expect(r, x, 1u << FAMILY_TEXT);
	if (PQgetisnull(r, y, x))
		return false;
	*ret_value = (struct str){PQgetvalue(r, y, x), (size_t)PQgetlength(r, y, x)};
	return true;
}
