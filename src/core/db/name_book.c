/*
 * name_book.c: one statement for all names that are missing.
 *
 * The sampler's own statement does not join them: two scans more, every second, for what
 * changes once a day. A database that is gone has no name; that it has none is remembered
 * as an empty one, so that it is not asked for with every read.
 */
#include "db/name_book.h"

#include "base/clock.h"
#include "codec/codec_sql.h"

#include <libpq-fe.h>

#define NAMES_US (60 * US_PER_S)
/* Of the answer's k. */
#define K_ROLE 1

void name_book_release(struct name_book *book)
{
	names_release(&book->roles);
	names_release(&book->databases);
	book->read_mono_us = 0;
	book->nroles = book->ndatabases = 0;
}

void name_book_begin(struct name_book *book)
{
	int64_t now = clock_mono_us();

	if (now - book->read_mono_us > NAMES_US) {
		name_book_release(book);
		book->read_mono_us = now;
	}
	book->nroles = book->ndatabases = 0;
}

static void want(const struct names *names, int64_t oid, int64_t list[NAMES_ASKED_MAX], size_t *n)
{
	struct str text;

	if (*n == NAMES_ASKED_MAX || names_find(names, oid, &text))
		return;
	for (size_t i = 0; i < *n; i++)
		if (list[i] == oid)
			return;
	list[(*n)++] = oid;
}

void name_book_want_role(struct name_book *book, int64_t oid)
{
	want(&book->roles, oid, book->want_roles, &book->nroles);
}

void name_book_want_database(struct name_book *book, int64_t oid)
{
	want(&book->databases, oid, book->want_databases, &book->ndatabases);
}

static void put_list(struct buf *b, const int64_t *oids, size_t n)
{
	buf_init(b, NAMES_ASKED_MAX * 21 + 3);
	buf_add_char(b, '{');
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "%s%lld", i ? "," : "", (long long)oids[i]);
	buf_add_char(b, '}');
}

static void put_names(struct name_book *book, const struct pg_result *r)
{
	for (size_t i = 0; i < book->ndatabases; i++)
		names_put(&book->databases, book->want_databases[i], STR(""));
	for (int y = 0; y < PQntuples(r); y++) {
		int64_t k = 0, oid = 0;
		struct str name;

		if (sql_i64(r, y, 0, &k) && sql_i64(r, y, 1, &oid) && sql_text(r, y, 2, &name))
			names_put(k == K_ROLE ? &book->roles : &book->databases, oid, name);
	}
}

bool name_book_ask(struct name_book *book, struct fetch *f, struct conn *c, int64_t *round_trips, struct err *err)
{
	struct buf roles, databases;
	struct conn_param params[2];
	struct pg_result *r;
	bool ok;

	if (book->nroles + book->ndatabases == 0)
		return true;
	put_list(&roles, book->want_roles, book->nroles);
	put_list(&databases, book->want_databases, book->ndatabases);
	params[0] = (struct conn_param){OID_OID_ARRAY, buf_c(&roles), -1};
	params[1] = (struct conn_param){OID_OID_ARRAY, buf_c(&databases), -1};
	ok = conn_query(f, c, "names", params, 2, &r, err);
	++*round_trips;
	buf_release(&roles);
	buf_release(&databases);
	if (!ok)
		return false;
	put_names(book, r);
	conn_result_free(r);
	return true;
}
