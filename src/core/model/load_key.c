/* load_key.c: see load_key.h. */
#include "model/load_key.h"

#include "base/check.h"

#define F(m, k, ...) FIELD(struct load_key, m, k, .flags = F_COMPUTED, __VA_ARGS__)
#define CLASS(m, words)                                                                             \
	FIELD(struct load_key, m, K_REAL, .title = words, .width = 6, .flags = F_COMPUTED | F_DESC, \
	      .help = "Average active sessions of wait class " words ".")
/* clang-format off */
static const struct field fields[] = {
	F(from_at, K_TIME_US, .title = "FROM", .width = 9, .help = "Begin of the time it is about."),
	F(to_at, K_TIME_US, .title = "TO", .width = 9, .help = "End of the time it is about."),
	FIELD(struct load_key, by, K_ENUM, .title = "BY", .width = 8, .flags = F_COMPUTED | F_KEY,
	      .help = "What the load is split by: sql, wait, user, application, client, database; total is all of it."),
	FIELD(struct load_key, name, K_TEXT, .title = "NAME", .width = 20, .flags = F_COMPUTED | F_KEY,
	      .help = "The user, application, database or wait (type:event); of a statement, its id in Performance Insights."),
	FIELD(struct load_key, client, K_TEXT, .title = "CLIENT", .width = 16, .flags = F_COMPUTED | F_KEY | F_SENSITIVE,
	      .help = "Address or name of the client, when split by client."),
	FIELD(struct load_key, query_id, K_INT, .title = "QUERY ID", .width = 19, .flags = F_COMPUTED | F_KEY,
	      .help = "Identifier of the statement as the server computed it."),
	FIELD(struct load_key, load, K_REAL, .title = "AAS", .width = 6, .flags = F_COMPUTED | F_DESC, .help = "Average active sessions."),
	FIELD(struct load_key, share_ratio, K_RATIO, .title = "SHARE", .width = 6, .flags = F_COMPUTED | F_DESC,
	      .help = "Part of all average active sessions of the time."),
	CLASS(on_cpu, "CPU"),
	CLASS(on_io, "IO"),
	CLASS(on_client, "CLIENT"),
	CLASS(on_ipc, "IPC"),
	CLASS(on_lwlock, "LWLOCK"),
	CLASS(on_timeout, "TIMEOUT"),
	CLASS(on_other, "OTHER"),
	CLASS(on_lock, "LOCK"),
	F(user, K_ID, .title = "USER", .width = 10, .help = "Role that ran the statement most."),
	F(users, K_COUNT, .title = "USERS", .width = 3, .help = "How many roles ran the statement."),
	FIELD(struct load_key, statement, K_SQL, .title = "SQL", .flags = F_COMPUTED | F_SENSITIVE | F_KEY,
	      .help = "The statement, values as ?."),
};
/* clang-format on */

const struct rec_type load_key_type = REC_TYPE(struct load_key, "load_key", fields);

const char *load_by_name(enum load_by by)
{
	static const char *const names[LOAD_BY__COUNT] = {"sql", "wait", "user", "application", "client", "database"};

	return names[by];
}

void load_key_set_classes(struct load_key *key, const double *classes)
{
	SET(key, struct load_key, on_cpu, classes[WAIT_CPU]);
	SET(key, struct load_key, on_io, classes[WAIT_IO]);
	SET(key, struct load_key, on_client, classes[WAIT_CLIENT]);
	SET(key, struct load_key, on_ipc, classes[WAIT_IPC]);
	SET(key, struct load_key, on_lwlock, classes[WAIT_LWLOCK]);
	SET(key, struct load_key, on_timeout, classes[WAIT_TIMEOUT]);
	SET(key, struct load_key, on_other, classes[WAIT_OTHER]);
	SET(key, struct load_key, on_lock, classes[WAIT_LOCK]);
}
