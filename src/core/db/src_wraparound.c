/*
 * src_wraparound.c: how far each database is from wraparound of transaction ids and multixacts.
 *
 * Ids are 32 bits wide and compared in a circle: what is older than 2^31 of them would be in the future. The server
 * stops assigning ids before that, for the whole cluster, because of the one database that is oldest.
 */
#include "base/clock.h"
#include "codec/codec_sql.h"
#include "db/conn.h"
#include "db/site.h"
#include "db/sources.h"

#define WRAPAROUND 2147483648.0

struct age {
	uint64_t present;
	struct str name;
	int64_t xid_age;
	double xid_ratio;
	int64_t freeze_max_age, multixact_age;
	double multixact_ratio;
	int64_t multixact_freeze_max_age, allows_connections;
};

#define F(m, k, ...) FIELD(struct age, m, k, __VA_ARGS__)
/* clang-format off */
static const struct field fields[] = {
	F(name, K_ID, .title = "DATABASE", .width = 12, .flags = F_KEY, .help = "Name of the database."),
	F(xid_age, K_COUNT, .title = "XID AGE", .width = 8, .flags = F_DESC, .help = "Transactions since its oldest rows were frozen."),
	F(xid_ratio, K_RATIO, .title = "OF 2^31", .width = 7, .flags = F_DESC | F_COMPUTED, .help = "Share of the 2^31 transactions that may pass; writes stop some 3 million before."),
	F(freeze_max_age, K_COUNT, .title = "FORCED AT", .width = 8, .flags = F_DESC, .help = "autovacuum_freeze_max_age: from here on autovacuum freezes, even where it is switched off."),
	F(multixact_age, K_COUNT, .title = "MXID AGE", .width = 8, .flags = F_DESC, .help = "Multixacts since its oldest were frozen."),
	F(multixact_ratio, K_RATIO, .title = "MXID OF 2^31", .width = 7, .flags = F_DESC | F_COMPUTED, .help = "Share of the 2^31 multixacts that may pass."),
	F(multixact_freeze_max_age, K_COUNT, .title = "MXID FORCED AT", .width = 8, .flags = F_DESC, .help = "autovacuum_multixact_freeze_max_age: the same for multixacts."),
	F(allows_connections, K_BOOL, .title = "CONNECT", .width = 5, .help = "It may be connected to; VACUUM needs that."),
};
/* clang-format on */
#undef F
static const struct rec_type type = REC_TYPE(struct age, "wraparound", fields);

static bool fetch_wraparound(struct fetch *f, struct err *err)
{
	int64_t began = clock_mono_us();
	struct snapshot *s;
	struct pg_result *r;
	struct conn *c;
	bool ok;

	if (!conn_open(f, &c, err) || !conn_query(f, c, "wraparound", NULL, 0, &r, err))
		return false;
	s = snapshot_new(&type, source_wraparound.name);
	s->at_us = clock_wall_us();
	ok = sql_read_rows(r, s, err);
	conn_result_free(r);
	if (!ok) {
		snapshot_unref(s);
		return false;
	}
	for (size_t i = 0; i < s->nrows; i++) {
		struct age *row = (struct age *)s->rows + i;

		SET(row, struct age, xid_ratio, (double)row->xid_age / WRAPAROUND);
		SET(row, struct age, multixact_ratio, (double)row->multixact_age / WRAPAROUND);
	}
	s->took_us = clock_mono_us() - began;
	fetch_publish(f, s);
	return true;
}

const struct source source_wraparound = {
	.name = "wraparound",
	.title = "ages against wraparound",
	.help = "Transactions and multixacts of each database since they were frozen, against what may pass.",
	.type = &type,
	.lane = LANE_SLOW,
	.flags = SOURCE_DB,
	.period_us = 60 * US_PER_S,
	.deadline_us = 15 * US_PER_S,
	.inputs = SITE_INPUTS,
	.origin = "pg_database",
	.ready = site_ready,
	.fetch = fetch_wraparound,
};
