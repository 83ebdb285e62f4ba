/*
 * src_database_sizes.c: size on disk of each database.
 *
 * The server adds up the size of every file for this, so it is asked rarely, on the
 * slow lane and with that lane's longer statement timeout.
 */
#include "base/clock.h"
#include "codec/codec_sql.h"
#include "db/conn.h"
#include "db/site.h"
#include "db/sources.h"

struct database_size {
	uint64_t present;
	struct str name;
	int64_t size_bytes;
};

static const struct field fields[] = {
	FIELD(struct database_size, name, K_ID, .title = "DATABASE", .width = 12, .flags = F_KEY,
	      .help = "Name of the database."),
	FIELD(struct database_size, size_bytes, K_BYTES, .title = "SIZE", .width = 9, .flags = F_DESC,
	      .help = "Bytes its files take; absent without CONNECT on it or pg_read_all_stats."),
};
static const struct rec_type type = REC_TYPE(struct database_size, "database_size", fields);

static bool fetch_database_sizes(struct fetch *f, struct err *err)
{
	int64_t began;
	struct pg_result *r;
	struct snapshot *s;
	struct conn *c;
	bool ok, hidden = false;

	if (!conn_open(f, &c, err))
		return false;
	began = clock_mono_us();
	if (!conn_query(f, c, "database_sizes", NULL, 0, &r, err))
		return false;
	s = snapshot_new(&type, source_database_sizes.name);
	s->at_us = clock_wall_us();
	ok = sql_read_rows(r, s, err);
	conn_result_free(r);
	if (!ok) {
		snapshot_unref(s);
		return false;
	}
	for (size_t i = 0; i < s->nrows; i++)
		hidden = hidden ||
			 !HAS((const struct database_size *)snapshot_row(s, i), struct database_size, size_bytes);
	if (hidden)
		snapshot_set_unavailable(s, "size_bytes", STR("needs CONNECT on the database, or pg_monitor"));
	s->took_us = clock_mono_us() - began;
	fetch_publish(f, s);
	return true;
}

const struct source source_database_sizes = {
	.name = "database_sizes",
	.title = "database sizes",
	.help = "Size on disk of each database.",
	.type = &type,
	.lane = LANE_SLOW,
	.flags = SOURCE_DB,
	.period_us = 300 * US_PER_S,
	.deadline_us = 60 * US_PER_S,
	.inputs = SITE_INPUTS,
	.origin = "pg_database_size",
	.ready = site_ready,
	.fetch = fetch_database_sizes,
};
