/*
 * session_groups.c: see session_groups.h.
 *
 * Rows are sorted by the grouping text once and counted run by run, so that thousands of
 * clients cost no more than a sort. A group's arrivals are the sessions that connected in
 * the last minute and are still there; those that came and went are counted only by
 * pg_stat_database.
 */
#include "ui/panes/session_groups.h"

#include "base/sort.h"
#include "base/xalloc.h"
#include "model/data.h"

struct group {
	uint64_t present;
	struct str name;
	int64_t sessions;
	double share_ratio;
	int64_t running, waiting, idle_in_transaction, idle, arrivals, oldest_xact_us, clients;
};

#define F(m, k, ...) FIELD(struct group, m, k, .flags = F_COMPUTED | F_DESC, __VA_ARGS__)
/* clang-format off */
static const struct field fields[] = {
	FIELD(struct group, name, K_TEXT, .title = "GROUP", .width = 12, .flags = F_KEY | F_COMPUTED, .help = "What the sessions have in common."),
	F(sessions, K_COUNT, .title = "SESSIONS", .width = 8, .help = "Client sessions, idle ones included."),
	F(share_ratio, K_RATIO, .title = "OF MAX", .width = 7, .help = "Share of max_connections."),
	F(running, K_COUNT, .title = "RUNNING", .width = 7, .help = "Sessions that run a statement."),
	F(waiting, K_COUNT, .title = "WAITING", .width = 7, .help = "Sessions that wait for a lock."),
	F(idle_in_transaction, K_COUNT, .title = "IDLE/X", .width = 6, .help = "Sessions that do nothing inside a transaction."),
	F(idle, K_COUNT, .title = "IDLE", .width = 6, .help = "Sessions that do nothing."),
	F(arrivals, K_COUNT, .title = "NEW IN 1m", .width = 9, .help = "Sessions that connected in the last minute and are still there."),
	F(oldest_xact_us, K_DURATION_US, .title = "OLDEST XACT", .width = 7, .help = "Age of the oldest transaction among them."),
	F(clients, K_COUNT, .title = "CLIENTS", .width = 7, .help = "Different client addresses."),
};
/* clang-format on */
#undef F

const struct rec_type session_group_type = REC_TYPE(struct group, "session_group", fields);

struct keys {
	const struct snapshot *s;
	const char *field;
};

static int by_key(uint32_t a, uint32_t b, void *ctx)
{
	const struct keys *k = ctx;
	int c = str_cmp(data_str(k->s, a, k->field), data_str(k->s, b, k->field));

	/* clients of one group stand together, to be counted */
	return c ? c : str_cmp(data_str(k->s, a, "client"), data_str(k->s, b, "client"));
}

static bool is_client(const struct snapshot *s, size_t row)
{
	struct str type = data_str(s, row, "backend_type");

	return type.len == 0 || str_eq_c(type, "client backend");
}

static void count_state(struct group *g, struct str state)
{
	if (str_eq_c(state, "running"))
		g->running++;
	else if (str_eq_c(state, "waiting"))
		g->waiting++;
	else if (str_starts(state, STR("idle in")))
		g->idle_in_transaction++;
	else if (str_eq_c(state, "idle"))
		g->idle++;
}

static void count(struct group *g, const struct snapshot *s, size_t row)
{
	int64_t connected = data_i64(s, row, "session_us", -1), xact = data_i64(s, row, "xact_us", -1);

	g->sessions++;
	count_state(g, data_str(s, row, "state"));
	g->arrivals += connected >= 0 && connected < ARRIVAL_US;
	if (xact >= 0 && (!HAS(g, struct group, oldest_xact_us) || xact > g->oldest_xact_us))
		SET(g, struct group, oldest_xact_us, xact);
}

static void finish(struct group *g, int64_t max_connections)
{
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (fields[i].kind == K_COUNT)
			g->present |= field_bit(&fields[i]);
	if (max_connections > 0)
		SET(g, struct group, share_ratio, (double)g->sessions / (double)max_connections);
}

const struct snapshot *session_groups(const struct snapshot *sessions, const char *field, struct group_limit limit)
{
	struct snapshot *out = snapshot_new(&session_group_type, "session_groups");
	uint32_t *index = xcalloc(sessions->nrows + 1, sizeof *index), *scratch;
	struct keys keys = {sessions, field};
	struct group *g = NULL;
	size_t n = 0;

	scratch = xcalloc(sessions->nrows + 1, sizeof *scratch);
	for (size_t i = 0; i < sessions->nrows; i++)
		if (is_client(sessions, i))
			index[n++] = (uint32_t)i;
	sort_indices(index, scratch, n, by_key, &keys);
	for (size_t i = 0; i < n; i++) {
		struct str name = data_str(sessions, index[i], field);
		bool fresh = !g || !str_eq(g->name, name);

		if (fresh) {
			g = snapshot_add_row(out);
			CHECK(g); /* no more groups than sessions, which are limited alike */
			SET(g, struct group, name, arena_str(out->arena, name));
		}
		g->clients += fresh || !str_eq(data_str(sessions, index[i - 1], "client"),
					       data_str(sessions, index[i], "client"));
		count(g, sessions, index[i]);
	}
	for (size_t i = 0; i < out->nrows; i++) {
		g = (struct group *)out->rows + i;
		finish(g, limit.of(limit.ctx, field, g->name));
	}
	out->at_us = sessions->at_us;
	out->generation = sessions->generation;
	xfree(index);
	xfree(scratch);
	return snapshot_publish(out);
}
