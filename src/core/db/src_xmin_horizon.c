/*
 * src_xmin_horizon.c: who keeps vacuum from removing dead rows.
 *
 * Vacuum removes only what no transaction can still see. The oldest transaction id that
 * must stay visible is held by one of: a session's snapshot or transaction, a prepared
 * transaction, a replication slot, or a reader that reports back (a standby through its
 * walsender, an Aurora reader through aurora_replica_status()). The row with the
 * greatest age is the holder; the others are next in line.
 */
#include "base/clock.h"
#include "base/xalloc.h"
#include "codec/codec_sql.h"
#include "db/conn.h"
#include "db/site.h"
#include "db/sources.h"

struct holder {
	uint64_t present;
	struct str kind, name;
	int64_t xmin_age, pid, since_us, holds;
	struct str owner, database;
};

#define F(m, k, ...) FIELD(struct holder, m, k, __VA_ARGS__)
/* clang-format off */
static const struct field fields[] = {
	F(kind, K_ENUM, .title = "HOLDER", .width = 12, .flags = F_KEY, .help = "session, prepared transaction, replication slot or reader."),
	F(name, K_TEXT, .title = "NAME", .width = 14, .flags = F_KEY, .help = "Application, gid, slot or instance."),
	F(xmin_age, K_COUNT, .title = "XMIN AGE", .width = 8, .flags = F_DESC, .help = "Transactions since the oldest one it must see."),
	F(pid, K_INT, .title = "PID", .width = 7, .flags = F_KEY, .help = "Process id, where a process holds it."),
	F(since_us, K_DURATION_US, .title = "FOR", .width = 7, .flags = F_DESC, .help = "How long its transaction is open."),
	F(holds, K_BOOL, .title = "HOLDS", .width = 5, .flags = F_COMPUTED, .help = "It is the oldest: vacuum waits for this one."),
	F(owner, K_ID, .title = "OWNER", .width = 10, .help = "Role, or output plugin of a slot."),
	F(database, K_ID, .title = "DATABASE", .width = 10, .help = "Database it is in."),
};
/* clang-format on */
#undef F
static const struct rec_type type = REC_TYPE(struct holder, "xmin_horizon", fields);

/* What is known of the connection's server. */
struct state {
	uint64_t serial;
	bool replica_status;
};

static bool ask(struct fetch *f, struct conn *c, const char *statement, struct snapshot *s, struct err *err)
{
	struct pg_result *r;
	bool ok;

	if (!conn_query(f, c, statement, NULL, 0, &r, err))
		return false;
	ok = sql_read_rows(r, s, err);
	conn_result_free(r);
	return ok;
}

struct functions {
	uint64_t present;
	int64_t replica_status;
};
static const struct field function_fields[] = {
	FIELD(struct functions, replica_status, K_BOOL, .title = "REPLICA STATUS", .help = "May be called."),
};
static const struct rec_type functions_type = REC_TYPE(struct functions, "functions", function_fields);

/* Once for each connection: a call that Aurora does not have, or does not allow, must not be tried. */
static bool find_functions(struct fetch *f, struct conn *c, struct state *st, struct err *err)
{
	struct snapshot *s;
	bool ok = true;

	if (st->serial == conn_serial(c))
		return true;
	st->replica_status = false;
	if (conn_probe(c)->aurora) {
		s = snapshot_new(&functions_type, "functions");
		ok = ask(f, c, "aurora_functions", s, err);
		st->replica_status = ok && s->nrows == 1 && ((struct functions *)s->rows)->replica_status != 0;
		snapshot_unref(s);
	}
	if (ok)
		st->serial = conn_serial(c);
	return ok;
}

static void name_readers(struct snapshot *s, size_t from)
{
	for (size_t i = from; i < s->nrows; i++)
		SET((struct holder *)s->rows + i, struct holder, kind, STR("reader"));
}

static void find_oldest(struct snapshot *s)
{
	struct holder *rows = s->rows;
	size_t oldest = 0;

	for (size_t i = 0; i < s->nrows; i++) {
		SET(&rows[i], struct holder, holds, 0);
		if (rows[i].xmin_age > rows[oldest].xmin_age)
			oldest = i;
	}
	if (s->nrows > 0)
		rows[oldest].holds = 1;
}

static bool fetch_xmin_horizon(struct fetch *f, struct err *err)
{
	struct state **slot = (struct state **)fetch_state(f, xfree);
	int64_t began = clock_mono_us();
	struct snapshot *s;
	struct conn *c;
	size_t own;
	bool ok;

	if (!conn_open(f, &c, err))
		return false;
	if (!*slot)
		*slot = xcalloc(1, sizeof **slot);
	s = snapshot_new(&type, source_xmin_horizon.name);
	s->at_us = clock_wall_us();
	ok = find_functions(f, c, *slot, err) && ask(f, c, "xmin_horizon", s, err);
	own = s->nrows;
	if (ok && (*slot)->replica_status)
		ok = ask(f, c, "aurora_reader_xmin", s, err);
	if (!ok) {
		snapshot_unref(s);
		return false;
	}
	name_readers(s, own);
	find_oldest(s);
	s->took_us = clock_mono_us() - began;
	fetch_publish(f, s);
	return true;
}

const struct source source_xmin_horizon = {
	.name = "xmin_horizon",
	.title = "xmin horizon",
	.help = "Who keeps vacuum from removing dead rows: session, prepared transaction, slot or reader.",
	.type = &type,
	.lane = LANE_SLOW,
	.flags = SOURCE_DB,
	.period_us = 10 * US_PER_S,
	.deadline_us = 15 * US_PER_S,
	.inputs = SITE_INPUTS,
	.origin = "pg_stat_activity, pg_prepared_xacts, pg_replication_slots, aurora_replica_status",
	.ready = site_ready,
	.fetch = fetch_xmin_horizon,
};
