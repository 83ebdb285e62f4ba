/*
 * name_book.h: the names of roles and databases that a source's rows carry as oids.
 *
 * A source says for each row which oids it has; what is not known yet is asked for in one
 * statement (names.sql), all of it again after a minute, because a role or a database may
 * have been renamed. One thread, that of the lane.
 */
#ifndef DB_NAME_BOOK_H
#define DB_NAME_BOOK_H

#include "db/conn.h"
#include "db/names.h"

/* New ones a read asks for; the rest waits for the next read, without a name until then. */
#define NAMES_ASKED_MAX 500

/* Zeroed = empty. */
struct name_book {
	struct names roles, databases;
	int64_t read_mono_us; /* when the oldest of them were asked for, 0 = never */
	int64_t want_roles[NAMES_ASKED_MAX], want_databases[NAMES_ASKED_MAX];
	size_t nroles, ndatabases;
};

void name_book_release(struct name_book *book);
/* A read begins: forgets what is older than a minute. */
void name_book_begin(struct name_book *book);
void name_book_want_role(struct name_book *book, int64_t oid);
void name_book_want_database(struct name_book *book, int64_t oid);
/* Asks for what is wanted and not known, if there is any; true also when there was none. Adds to *round_trips. */
bool name_book_ask(struct name_book *book, struct fetch *f, struct conn *c, int64_t *round_trips,
		   struct err *err) MUST_CHECK;

#endif
