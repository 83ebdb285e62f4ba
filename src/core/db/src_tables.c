/*
 * src_tables.c: the largest tables of the connected database, with what vacuum and analyze
 * have done to them.
 *
 * The figures are the statistics collector's and the planner's, so they are estimates of
 * some age; nothing here reads a table or its files.
 */
#include "base/clock.h"
#include "codec/codec_sql.h"
#include "db/conn.h"
#include "db/site.h"
#include "db/sources.h"

#define TABLES_MAX 1000

struct table_row {
	uint64_t present;
	struct str relation, schema, name, database;
	int64_t relation_oid;
	int64_t rows, heap_bytes, dead_rows;
	double dead_ratio;
	int64_t changed_since_analyze, inserted_since_vacuum, seq_scans, seq_rows;
	int64_t vacuumed_at, analyzed_at, frozen_age;
};

#define F(m, k, ...) FIELD(struct table_row, m, k, __VA_ARGS__)
/* clang-format off */
static const struct field fields[] = {
	F(relation, K_ID, .title = "TABLE", .width = 16, .flags = F_KEY, .help = "Schema and name, quoted as SQL needs it."),
	F(schema, K_ID, .title = "SCHEMA", .width = 10, .flags = F_HIDDEN, .help = "Schema."),
	F(name, K_ID, .title = "NAME", .width = 12, .flags = F_HIDDEN, .help = "Name of the table."),
	F(database, K_ID, .title = "DATABASE", .width = 10, .flags = F_HIDDEN | F_COMPUTED, .help = "Database it is in."),
	F(relation_oid, K_INT, .title = "OID", .width = 8, .flags = F_HIDDEN, .help = "Its oid in pg_class."),
	F(heap_bytes, K_BYTES, .title = "HEAP", .width = 8, .flags = F_DESC, .help = "Size without indexes, as of the last VACUUM or ANALYZE."),
	F(rows, K_COUNT, .title = "ROWS", .width = 8, .flags = F_DESC, .help = "Rows, as the planner estimates; absent when never analyzed (PostgreSQL 14)."),
	F(dead_rows, K_COUNT, .title = "DEAD", .width = 8, .flags = F_DESC, .help = "Dead rows that vacuum has not removed, estimated."),
	F(dead_ratio, K_RATIO, .title = "DEAD %", .width = 6, .flags = F_DESC | F_COMPUTED, .help = "Share of dead rows."),
	F(changed_since_analyze, K_COUNT, .title = "CHANGED", .width = 8, .flags = F_DESC, .help = "Rows changed since the last ANALYZE."),
	F(inserted_since_vacuum, K_COUNT, .title = "INSERTED", .width = 8, .flags = F_DESC, .help = "Rows inserted since the last VACUUM (PostgreSQL 13)."),
	F(seq_scans, K_COUNT, .title = "SEQ SCANS", .width = 8, .flags = F_DESC, .help = "Times it was read from end to end."),
	F(seq_rows, K_COUNT, .title = "SEQ ROWS", .width = 8, .flags = F_DESC, .help = "Rows read by those scans."),
	F(vacuumed_at, K_TIME_US, .title = "VACUUMED", .width = 9, .help = "Last VACUUM or autovacuum."),
	F(analyzed_at, K_TIME_US, .title = "ANALYZED", .width = 9, .help = "Last ANALYZE or autoanalyze."),
	F(frozen_age, K_COUNT, .title = "XID AGE", .width = 8, .flags = F_DESC, .help = "Transactions since its rows were frozen."),
};
/* clang-format on */
#undef F
static const struct rec_type type = REC_TYPE(struct table_row, "table", fields);

static void set_ratio(struct table_row *row)
{
	int64_t all = row->rows + row->dead_rows;

	if (HAS(row, struct table_row, rows) && HAS(row, struct table_row, dead_rows) && all > 0)
		SET(row, struct table_row, dead_ratio, (double)row->dead_rows / (double)all);
}

static bool fetch_tables(struct fetch *f, struct err *err)
{
	int64_t began = clock_mono_us();
	char most[16];
	struct conn_param limit = {OID_INT4, most, -1};
	struct snapshot *s;
	struct pg_result *r;
	struct conn *c;
	bool ok;

	(void)snprintf(most, sizeof most, "%d", TABLES_MAX);
	if (!conn_open(f, &c, err) || !conn_query(f, c, "tables", &limit, 1, &r, err))
		return false;
	s = snapshot_new(&type, source_tables.name);
	s->at_us = clock_wall_us();
	ok = sql_read_rows(r, s, err);
	if (ok && conn_probe(c)->version_num < 130000)
		snapshot_set_unavailable(s, "inserted_since_vacuum", STR("needs PostgreSQL 13"));
	conn_result_free(r);
	if (!ok) {
		snapshot_unref(s);
		return false;
	}
	struct str database = arena_str(s->arena, str_c(conn_probe(c)->database));
	for (size_t i = 0; i < s->nrows; i++) {
		struct table_row *row = (struct table_row *)s->rows + i;

		set_ratio(row);
		SET(row, struct table_row, database, database);
	}
	s->took_us = clock_mono_us() - began;
	fetch_publish(f, s);
	return true;
}

const struct source source_tables = {
	.name = "tables",
	.title = "tables",
	.help = "The largest tables: rows, dead rows, last vacuum and analyze.",
	.type = &type,
	.lane = LANE_SLOW,
	.flags = SOURCE_DB,
	.period_us = 60 * US_PER_S,
	.deadline_us = 30 * US_PER_S,
	.inputs = SITE_INPUTS,
	.origin = "pg_class, pg_stat_all_tables",
	.ready = site_ready,
	.fetch = fetch_tables,
};
