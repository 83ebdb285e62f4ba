/*
 * src_relations.c: the largest relations of the connected database: what they take, how much of it is dead rows
 * and bloat, and what VACUUM, VACUUM FULL or REINDEX frees.
 *
 * Sizes are those of the files, which the server has to look at one by one: so the largest are chosen by pg_class
 * first, which costs one scan of it, and only their files are asked for. Partitions stand under their root as one row,
 * because they grow one after another and none of them tells anything alone. Bloat is an estimate from the statistics
 * of columns; without the right to see these it is not to be had, and no number stands in for it.
 *
 * Not here: seldom changing facts of many small tables (src_tables.c), growth over time (model/relation_history.h).
 */
#include "base/clock.h"
#include "codec/codec_sql.h"
#include "db/conn.h"
#include "db/site.h"
#include "db/sources.h"

#define RELATIONS_MAX 200
#define FILES_MAX 1000 /* tables whose files are looked at in one fetch */
/* What is not worth a rewrite is not recommended. */
#define NOTE_BYTES_MIN (INT64_C(8) << 20)
#define NOTE_RATIO_MIN 0.2

struct relation {
	uint64_t present;
	struct str relation, schema, name, database, kind;
	int64_t relation_oid, partitions;
	int64_t total_bytes, heap_bytes, toast_bytes, index_bytes, indexes, estimated;
	int64_t rows, dead_rows, vacuum_due_rows, autovacuum_enabled;
	double dead_ratio;
	int64_t reusable_bytes, heap_bloat_bytes, index_bloat_bytes, bloat_bytes;
	double bloat_ratio;
	int64_t frozen_age, multixact_age, vacuumed_at, vacuumed_by_autovacuum;
	struct str note, action;
	int64_t relations;
};

#define F(m, k, ...) FIELD(struct relation, m, k, __VA_ARGS__)
/* clang-format off */
static const struct field fields[] = {
	F(relation, K_ID, .title = "RELATION", .width = 16, .flags = F_KEY, .help = "Schema and name, quoted as SQL needs it."),
	F(schema, K_ID, .title = "SCHEMA", .width = 10, .flags = F_HIDDEN, .help = "Schema."),
	F(name, K_ID, .title = "NAME", .width = 12, .flags = F_HIDDEN, .help = "Name of the relation."),
	F(database, K_ID, .title = "DATABASE", .width = 10, .flags = F_KEY | F_HIDDEN | F_COMPUTED, .help = "Database it is in."),
	F(kind, K_ENUM, .title = "KIND", .width = 8, .help = "table, partitioned table (with all its partitions) or materialized view."),
	F(relation_oid, K_INT, .title = "OID", .width = 8, .flags = F_HIDDEN, .help = "Its oid in pg_class."),
	F(partitions, K_COUNT, .title = "PARTITIONS", .width = 6, .flags = F_DESC, .help = "Partitions that hold its rows; absent: it is not partitioned."),
	F(total_bytes, K_BYTES, .title = "TOTAL", .width = 8, .flags = F_DESC, .help = "Bytes with TOAST and indexes."),
	F(heap_bytes, K_BYTES, .title = "HEAP", .width = 8, .flags = F_DESC, .help = "Bytes of the rows, with their maps of free space and visibility."),
	F(toast_bytes, K_BYTES, .title = "TOAST", .width = 8, .flags = F_DESC, .help = "Bytes of long values that are kept outside of the rows."),
	F(index_bytes, K_BYTES, .title = "INDEX", .width = 8, .flags = F_DESC, .help = "Bytes of its indexes."),
	F(indexes, K_COUNT, .title = "INDEXES", .width = 5, .flags = F_DESC, .help = "Number of its indexes."),
	F(estimated, K_BOOL, .title = "ESTIMATED", .width = 5, .help = "Sizes of at least a part are of the last VACUUM or ANALYZE: an exclusive lock is held or wanted, or it is beyond the 1000 largest tables."),
	F(rows, K_COUNT, .title = "ROWS", .width = 8, .flags = F_DESC, .help = "Rows, as the planner estimates; absent when never analyzed (PostgreSQL 14)."),
	F(dead_rows, K_COUNT, .title = "DEAD", .width = 8, .flags = F_DESC, .help = "Dead rows that vacuum has not removed, estimated."),
	F(vacuum_due_rows, K_COUNT, .title = "VACUUM DUE", .width = 8, .flags = F_DESC, .help = "Dead rows from which autovacuum takes it up."),
	F(autovacuum_enabled, K_BOOL, .title = "AUTOVACUUM", .width = 5, .help = "Autovacuum is not switched off for it."),
	F(dead_ratio, K_RATIO, .title = "DEAD %", .width = 6, .flags = F_DESC | F_COMPUTED, .help = "Share of dead rows."),
	F(reusable_bytes, K_BYTES, .title = "REUSABLE", .width = 8, .flags = F_DESC | F_COMPUTED, .help = "What VACUUM makes reusable: dead rows times the mean width of a row, estimated."),
	F(heap_bloat_bytes, K_BYTES, .title = "HEAP BLOAT", .width = 8, .flags = F_DESC, .help = "What VACUUM FULL frees of the rows: pages beyond those the rows would fill by the widths in pg_stats, estimated."),
	F(index_bloat_bytes, K_BYTES, .title = "INDEX BLOAT", .width = 8, .flags = F_DESC, .help = "What REINDEX frees: the same for B-trees on columns, estimated; low where they deduplicate."),
	F(bloat_bytes, K_BYTES, .title = "BLOAT", .width = 8, .flags = F_DESC | F_COMPUTED, .help = "Bloat of rows and indexes together, from the statistics of columns, estimated."),
	F(bloat_ratio, K_RATIO, .title = "BLOAT %", .width = 6, .flags = F_DESC | F_COMPUTED, .help = "Share of the total that is bloat."),
	F(frozen_age, K_COUNT, .title = "XID", .width = 6, .flags = F_DESC, .help = "Transactions since its oldest rows were frozen."),
	F(multixact_age, K_COUNT, .title = "MXID", .width = 6, .flags = F_DESC, .help = "Multixacts since its oldest were frozen."),
	F(vacuumed_at, K_TIME_US, .title = "VACUUM", .width = 9, .help = "Last VACUUM or autovacuum; of partitions, the newest."),
	F(vacuumed_by_autovacuum, K_BOOL, .title = "AUTO", .width = 5, .help = "That was autovacuum."),
	F(note, K_TEXT, .title = "NOTE", .width = 0, .flags = F_COMPUTED, .help = "What stands out, and what an action would give back."),
	F(action, K_ID, .title = "ACTION", .width = 10, .flags = F_COMPUTED, .help = "Operation that gives it back, by its name in the palette."),
	F(relations, K_COUNT, .title = "OF", .width = 6, .flags = F_HIDDEN, .help = "Relations in the database, of which the largest 200 are listed."),
};
/* clang-format on */
#undef F
static const struct rec_type type = REC_TYPE(struct relation, "relation", fields);

#define HAS_(r, m) HAS(r, struct relation, m)
#define SET_(r, m, v) SET(r, struct relation, m, v)

static void set_shares(struct relation *r)
{
	double rows = HAS_(r, rows) && HAS_(r, dead_rows) ? (double)r->rows + (double)r->dead_rows : 0;
	int64_t bloat = 0;

	if (rows > 0) {
		SET_(r, dead_ratio, (double)r->dead_rows / rows);
		SET_(r, reusable_bytes, (int64_t)(r->dead_ratio * (double)(r->heap_bytes + r->toast_bytes)));
	}
	bloat += HAS_(r, heap_bloat_bytes) ? r->heap_bloat_bytes : 0;
	bloat += HAS_(r, index_bloat_bytes) ? r->index_bloat_bytes : 0;
	if (!HAS_(r, heap_bloat_bytes) && !HAS_(r, index_bloat_bytes))
		return;
	SET_(r, bloat_bytes, bloat);
	if (r->total_bytes > 0)
		SET_(r, bloat_ratio, (double)bloat / (double)r->total_bytes);
}

static void note(struct relation *r, struct arena *a, const char *action, const char *would, int64_t bytes,
		 const char *then)
{
	struct buf b;

	buf_init(&b, 64);
	(void)format_bytes(&b, bytes);
	SET_(r, note, arena_fmt(a, "%s %s%s", would, buf_c(&b), then));
	SET_(r, action, str_c(action));
	buf_release(&b);
}

static bool is_worth_it(int64_t bytes, int64_t of)
{
	return bytes >= NOTE_BYTES_MIN && (double)bytes >= NOTE_RATIO_MIN * (double)of;
}

/* Of a relation that nothing has to be done with. */
static void note_facts(struct relation *r, struct arena *a)
{
	if (HAS_(r, autovacuum_enabled) && !r->autovacuum_enabled)
		SET_(r, note, STR("autovacuum is switched off for it"));
	else if (r->index_bytes > r->heap_bytes + r->toast_bytes && r->index_bytes >= NOTE_BYTES_MIN)
		SET_(r, note, STR("indexes are larger than the table"));
	else if (HAS_(r, partitions))
		SET_(r, note,
		     arena_fmt(a, "%lld partition%s", (long long)r->partitions, r->partitions == 1 ? "" : "s"));
}

/* The one thing that is to be said of a relation: what gives back most, with the least harm. */
static void set_note(struct relation *r, struct arena *a)
{
	bool due = HAS_(r, vacuum_due_rows) && r->dead_rows > r->vacuum_due_rows;
	int64_t heap = HAS_(r, heap_bloat_bytes) ? r->heap_bloat_bytes : 0;
	int64_t index = HAS_(r, index_bloat_bytes) ? r->index_bloat_bytes : 0;

	if (index >= heap && is_worth_it(index, r->index_bytes))
		note(r, a, "reindex concurrently", "REINDEX frees", index, "");
	else if (is_worth_it(heap, r->heap_bytes))
		note(r, a, "vacuum full", "VACUUM FULL frees", heap, "");
	else if (due && HAS_(r, reusable_bytes) && r->reusable_bytes >= NOTE_BYTES_MIN)
		note(r, a, "vacuum", "VACUUM makes", r->reusable_bytes, " reusable");
	else
		note_facts(r, a);
}

/* One reason for the column as a whole, when no relation has an estimate. */
static void say_no_bloat(struct snapshot *s)
{
	for (size_t i = 0; i < s->nrows; i++)
		if (HAS_((const struct relation *)snapshot_row(s, i), bloat_bytes))
			return;
	if (s->nrows == 0)
		return;
	static const char *const names[] = {"heap_bloat_bytes", "index_bloat_bytes", "bloat_bytes", "bloat_ratio"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		snapshot_set_unavailable(
			s, names[i], STR("no statistics of columns: not analyzed, or no SELECT (pg_read_all_data)"));
}

static bool fetch_relations(struct fetch *f, struct err *err)
{
	int64_t began = clock_mono_us();
	char most[16], files[16];
	struct conn_param limits[] = {{OID_INT4, most, -1}, {OID_INT4, files, -1}};
	struct snapshot *s;
	struct pg_result *r;
	struct str database;
	struct conn *c;
	bool ok;

	(void)snprintf(most, sizeof most, "%d", RELATIONS_MAX);
	(void)snprintf(files, sizeof files, "%d", FILES_MAX);
	if (!conn_open(f, &c, err) || !conn_query(f, c, "relations", limits, 2, &r, err))
		return false;
	s = snapshot_new(&type, source_relations.name);
	s->at_us = clock_wall_us();
	ok = sql_read_rows(r, s, err);
	conn_result_free(r);
	if (!ok) {
		snapshot_unref(s);
		return false;
	}
	database = arena_str(s->arena, str_c(conn_probe(c)->database));
	for (size_t i = 0; i < s->nrows; i++) {
		struct relation *row = (struct relation *)s->rows + i;

		SET_(row, database, database);
		set_shares(row);
		set_note(row, s->arena);
	}
	say_no_bloat(s);
	s->took_us = clock_mono_us() - began;
	fetch_publish(f, s);
	return true;
}

const struct source source_relations = {
	.name = "relations",
	.title = "relations",
	.help = "The largest relations of the database: sizes, dead rows, bloat and age, partitions under their root.",
	.type = &type,
	.lane = LANE_SLOW,
	.flags = SOURCE_DB,
	.period_us = 300 * US_PER_S,
	.deadline_us = 60 * US_PER_S,
	.inputs = SITE_INPUTS,
	.origin = "pg_class, pg_total_relation_size, pg_stats",
	.ready = site_ready,
	.fetch = fetch_relations,
};
