/*
 * load_key.h: one line of "who made the load": a statement, wait, user, ... with its average active sessions by
 * wait class. The record both of our own history and of Performance Insights.
 */
#ifndef MODEL_LOAD_KEY_H
#define MODEL_LOAD_KEY_H

#include "model/rec.h"
#include "model/wait_class.h"

enum load_by {
	LOAD_BY_SQL,
	LOAD_BY_WAIT,
	LOAD_BY_USER,
	LOAD_BY_APPLICATION,
	LOAD_BY_CLIENT,
	LOAD_BY_DATABASE,
	LOAD_BY__COUNT
};

struct load_key {
	uint64_t present;
	int64_t from_at, to_at;
	struct str by, name, client;
	int64_t query_id;
	double load, share_ratio;
	double on_cpu, on_io, on_client, on_ipc, on_lwlock, on_timeout, on_other, on_lock;
	struct str user;
	int64_t users;
	struct str statement;
};

extern const struct rec_type load_key_type;

/* "sql", "wait", "user", "application", "client", "database": the word in field `by`. */
const char *load_by_name(enum load_by by);
/* Sets the eight averages. */
void load_key_set_classes(struct load_key *key, const double *classes);

#endif
