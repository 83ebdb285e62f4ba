/*
 * src_slots.c: replication slots, and how much write-ahead log each of them retains.
 *
 * A slot keeps the log for a receiver that may never come again. How much that is needs the log's end, which community
 * PostgreSQL tells and Aurora refuses to: there the newest position that any slot or receiver has reached stands for
 * it, and the figure is a lower bound, which the row says.
 */
#include "base/clock.h"
#include "codec/codec_sql.h"
#include "db/conn.h"
#include "db/site.h"
#include "db/sources.h"

struct slot {
	uint64_t present;
	struct str name, kind, plugin, database;
	int64_t active, active_pid, temporary, retained_bytes, at_least, safe_wal_bytes;
	struct str wal_status;
	int64_t inactive_us;
	struct str invalidation_reason;
	int64_t xmin_age, catalog_xmin_age;
};

#define F(m, k, ...) FIELD(struct slot, m, k, __VA_ARGS__)
/* clang-format off */
static const struct field fields[] = {
	F(name, K_ID, .title = "SLOT", .width = 14, .flags = F_KEY, .help = "Name of the slot."),
	F(kind, K_ENUM, .title = "KIND", .width = 8, .help = "logical or physical."),
	F(plugin, K_ID, .title = "PLUGIN", .width = 10, .help = "Output plugin of a logical slot."),
	F(database, K_ID, .title = "DATABASE", .width = 10, .help = "Database of a logical slot."),
	F(active, K_BOOL, .title = "ACTIVE", .width = 6, .help = "Somebody receives from it now."),
	F(active_pid, K_INT, .title = "PID", .width = 7, .help = "Process that sends to the receiver."),
	F(temporary, K_BOOL, .title = "TEMPORARY", .width = 5, .help = "It goes with its session."),
	F(retained_bytes, K_BYTES, .title = "RETAINED", .width = 9, .flags = F_DESC, .help = "Write-ahead log that is kept for it."),
	F(at_least, K_BOOL, .title = "AT LEAST", .width = 5, .help = "The log's end is not to be had here: at least so much is retained."),
	F(wal_status, K_ENUM, .title = "WAL", .width = 9, .help = "reserved, extended, unreserved or lost (PostgreSQL 13)."),
	F(safe_wal_bytes, K_BYTES, .title = "SAFE FOR", .width = 9, .help = "Log that may still be written before the slot is lost (PostgreSQL 13); absent: max_slot_wal_keep_size sets no limit."),
	F(inactive_us, K_DURATION_US, .title = "INACTIVE", .width = 8, .flags = F_DESC, .help = "Since when nobody receives from it (PostgreSQL 17)."),
	F(invalidation_reason, K_ENUM, .title = "INVALID", .width = 10, .help = "Why the server has given it up (PostgreSQL 17)."),
	F(xmin_age, K_COUNT, .title = "XMIN AGE", .width = 8, .flags = F_DESC, .help = "Transactions since the oldest row version it keeps from vacuum."),
	F(catalog_xmin_age, K_COUNT, .title = "CATALOG XMIN", .width = 8, .flags = F_DESC, .help = "The same in the catalogs."),
};
/* clang-format on */
#undef F
static const struct rec_type type = REC_TYPE(struct slot, "slot", fields);

static void mark_unavailable(struct snapshot *s, int version)
{
	if (version < 130000) {
		snapshot_set_unavailable(s, "wal_status", STR("needs PostgreSQL 13"));
		snapshot_set_unavailable(s, "safe_wal_bytes", STR("needs PostgreSQL 13"));
	}
	if (version < 170000) {
		snapshot_set_unavailable(s, "inactive_us", STR("needs PostgreSQL 17"));
		snapshot_set_unavailable(s, "invalidation_reason", STR("needs PostgreSQL 17"));
	}
}

/* "" where the server would refuse to tell. */
static bool ask_position(struct fetch *f, struct conn *c, char *out, size_t size, struct err *err)
{
	struct pg_result *r;
	struct str text;

	out[0] = '\0';
	if (conn_probe(c)->aurora || conn_probe(c)->in_recovery)
		return true;
	if (!conn_query(f, c, "slots_position", NULL, 0, &r, err))
		return false;
	if (sql_text(r, 0, 0, &text))
		(void)snprintf(out, size, STR_FMT, STR_ARG(text));
	conn_result_free(r);
	return true;
}

static bool fetch_slots(struct fetch *f, struct err *err)
{
	int64_t began = clock_mono_us();
	struct conn_param param;
	char position[32];
	struct snapshot *s;
	struct pg_result *r;
	struct conn *c;
	bool ok;

	if (!conn_open(f, &c, err) || !ask_position(f, c, position, sizeof position, err))
		return false;
	param = conn_param_text(position);
	if (!conn_query(f, c, "slots", &param, 1, &r, err))
		return false;
	s = snapshot_new(&type, source_slots.name);
	s->at_us = clock_wall_us();
	ok = sql_read_rows(r, s, err);
	conn_result_free(r);
	if (!ok) {
		snapshot_unref(s);
		return false;
	}
	mark_unavailable(s, conn_probe(c)->version_num);
	s->took_us = clock_mono_us() - began;
	fetch_publish(f, s);
	return true;
}

const struct source source_slots = {
	.name = "slots",
	.title = "replication slots",
	.help = "Replication slots: who receives, and how much write-ahead log is retained for them.",
	.type = &type,
	.lane = LANE_SLOW,
	.flags = SOURCE_DB,
	.period_us = 60 * US_PER_S,
	.deadline_us = 15 * US_PER_S,
	.inputs = SITE_INPUTS,
	.origin = "pg_replication_slots",
	.ready = site_ready,
	.fetch = fetch_slots,
};
