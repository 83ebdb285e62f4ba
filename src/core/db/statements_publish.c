/*
 * statements_publish.c: from one read of the counters to the two snapshots.
 *
 * Rates are those of the window that statement_deltas.c keeps. A column that this version
 * of the extension does not have, or that a setting leaves at zero, is absent with the
 * reason; a figure that nothing can be said about (a mean without a call) is absent too.
 */
#include "base/clock.h"
#include "base/xalloc.h"
#include "db/sources.h"
#include "db/statements_state.h"

#include <math.h>

/* ---- hidden rows ---- */

static void add_up(struct statement *sum, const struct statement *row)
{
	int64_t total[STATEMENT_COUNTERS], more[STATEMENT_COUNTERS];
	const size_t at = offsetof(struct statement, calls);

	memcpy(total, (const char *)sum + at, sizeof(total));
	memcpy(more, (const char *)row + at, sizeof(more));
	for (size_t k = 0; k < STATEMENT_COUNTERS; k++)
		if (__builtin_add_overflow(total[k], more[k], &total[k]))
			total[k] = INT64_MAX;
	memcpy((char *)sum + at, total, sizeof(total));
	sum->min_us = row->min_us < sum->min_us ? row->min_us : sum->min_us;
	sum->max_us = row->max_us > sum->max_us ? row->max_us : sum->max_us;
	sum->entries++;
}

int64_t statements_merge_hidden(struct snapshot *all)
{
	struct statement *rows = all->rows;
	size_t kept = 0, nsums = 0;
	int64_t hidden = 0;

	/* sums gather at the front, so that looking for one is short */
	for (size_t i = 0; i < all->nrows; i++) {
		struct statement row = rows[i];
		size_t k = 0;

		if (HAS(&row, struct statement, query_id)) {
			rows[kept++] = row;
			continue;
		}
		hidden++;
		while (k < nsums && (rows[k].user_oid != row.user_oid || rows[k].database_oid != row.database_oid))
			k++;
		if (k < nsums) {
			add_up(&rows[k], &row);
			continue;
		}
		row.present &= ~(BIT(struct statement, toplevel) | BIT(struct statement, stddev_us) |
				 BIT(struct statement, stats_since_at) | BIT(struct statement, minmax_since_at));
		row.query_id = row.stats_since_at = 0;
		SET(&row, struct statement, entries, 1);
		rows[kept++] = rows[nsums];
		rows[nsums++] = row;
	}
	all->nrows = kept;
	return hidden;
}

/* ---- rows ---- */

static double ratio_of(int64_t part, int64_t rest)
{
	double all = (double)part + (double)rest;

	return all > 0 ? (double)part / all : (double)NAN;
}

static void set_since_reset(struct statement *row, double all_us)
{
	double hit = ratio_of(row->shared_blks_hit, row->shared_blks_read);

	if (row->calls > 0)
		SET(row, struct statement, mean_us, row->total_us / row->calls);
	if (!isnan(hit))
		SET(row, struct statement, hit_ratio, hit);
	if (all_us > 0)
		SET(row, struct statement, share_ratio, (double)row->total_us / all_us);
}

/* Against all calls before the window; those since the last reset are what the server knows. */
static void set_change(struct statement *row, int64_t calls, int64_t us)
{
	double calls_before = (double)row->calls - (double)calls, us_before = (double)row->total_us - (double)us;
	double now = (double)us / (double)calls;

	if (calls_before > 0 && us_before > 0)
		SET(row, struct statement, mean_change_ratio, now / (us_before / calls_before) - 1);
}

static void set_interval(struct statement *row, const int64_t *w, double seconds, double window_us)
{
	int64_t calls = w[STATEMENT_COUNTER(calls)], us = w[STATEMENT_COUNTER(total_us)];
	double hit = ratio_of(w[STATEMENT_COUNTER(shared_blks_hit)], w[STATEMENT_COUNTER(shared_blks_read)]);

	SET(row, struct statement, interval_sessions, (double)us / (double)US_PER_S / seconds);
	if (!isnan(hit))
		SET(row, struct statement, interval_hit_ratio, hit);
	if (calls <= 0)
		return;
	SET(row, struct statement, interval_mean_us, us / calls);
	if (window_us > 0)
		SET(row, struct statement, interval_share_ratio, (double)us / window_us);
	set_change(row, calls, us);
}

static void set_words(struct statements_fetch *s, struct snapshot *out, struct statement *row)
{
	struct statements_state *st = s->st;
	struct known_text known;
	struct str name;

	if (names_find(&st->names.roles, row->user_oid, &name))
		SET(row, struct statement, user, arena_str(out->arena, name));
	if (names_find(&st->names.databases, row->database_oid, &name) && name.len > 0)
		SET(row, struct statement, database, arena_str(out->arena, name));
	if (!HAS(row, struct statement, query_id) ||
	    !statement_texts_find(&st->texts, row->database_oid, row->query_id, &known) || !known.text.ptr)
		return;
	SET(row, struct statement, query, arena_str(out->arena, known.text));
	SET(row, struct statement, query_bytes, known.full_bytes);
}

static void set_rates(struct snapshot *out, size_t row, const int64_t *w, double seconds)
{
	double *rates = out->rates + row * out->type->nfields;

	for (size_t i = 0; i < out->type->nfields; i++) {
		const struct field *f = &out->type->fields[i];
		union value v;

		rates[i] = (double)NAN;
		if (w && (f->flags & F_RATE) && rec_get(f, snapshot_row(out, row), &v))
			rates[i] = (double)w[(f->offset - offsetof(struct statement, calls)) / 8] / seconds;
	}
}

/* Sums over every row: the time of all, and that of the window. */
static void sum_times(const struct statements_fetch *s, double *ret_all_us, double *ret_window_us)
{
	*ret_all_us = *ret_window_us = 0;
	for (size_t i = 0; i < s->all->nrows; i++) {
		const struct statement *row = snapshot_row(s->all, i);
		const int64_t *w = statement_deltas_window(&s->st->deltas, i);

		*ret_all_us += (double)row->total_us;
		*ret_window_us += w ? (double)w[STATEMENT_COUNTER(total_us)] : 0;
	}
}

static void mark_needs(struct snapshot *out, const struct statements_fetch *s)
{
	static const struct {
		const char *field;
		int columns_num;
		const char *extension, *server;
	} needs[] = {
		{"plans", 130000, "1.8", "13"},
		{"plan_us", 130000, "1.8", "13"},
		{"wal_records", 130000, "1.8", "13"},
		{"wal_fpi", 130000, "1.8", "13"},
		{"wal_bytes", 130000, "1.8", "13"},
		{"toplevel", 140000, "1.9", "14"},
		{"temp_blk_read_us", 150000, "1.10", "15"},
		{"temp_blk_write_us", 150000, "1.10", "15"},
		{"jit_functions", 150000, "1.10", "15"},
		{"jit_us", 150000, "1.10", "15"},
		{"stats_since_at", 170000, "1.11", "17"},
		{"minmax_since_at", 170000, "1.11", "17"},
		{"wal_buffers_full", 180000, "1.12", "18"},
		{"parallel_workers_to_launch", 180000, "1.12", "18"},
		{"parallel_workers_launched", 180000, "1.12", "18"},
	};

	for (size_t i = 0; i < ARRAY_LEN(needs); i++) {
		bool server_has_it = conn_probe(s->conn)->version_num >= needs[i].columns_num;
		struct str why;

		if (s->probe->columns_num >= needs[i].columns_num)
			continue;
		/* an extension stays as old as it was when the server was upgraded */
		why = server_has_it
			      ? arena_fmt(out->arena,
					  "needs pg_stat_statements %s: ALTER EXTENSION pg_stat_statements UPDATE",
					  needs[i].extension)
			      : arena_fmt(out->arena, "needs PostgreSQL %s", needs[i].server);
		snapshot_set_unavailable(out, needs[i].field, why);
	}
}

static void mark_settings(struct snapshot *out, const struct statements_probe *p)
{
	static const char *const timed[] = {"blk_read_us", "blk_write_us", "temp_blk_read_us", "temp_blk_write_us"};
	static const char *const planned[] = {"plans", "plan_us"};

	for (size_t i = 0; !p->io_timing && i < ARRAY_LEN(timed); i++)
		if (snapshot_unavailable(out, timed[i]).len == 0)
			snapshot_set_unavailable(out, timed[i], STR("track_io_timing is off"));
	for (size_t i = 0; !p->planning && i < ARRAY_LEN(planned); i++)
		if (snapshot_unavailable(out, planned[i]).len == 0)
			snapshot_set_unavailable(out, planned[i], STR("pg_stat_statements.track_planning is off"));
}

/* Counters that a setting leaves at zero are not zero but unknown. */
static uint64_t unknown_bits(const struct statements_probe *p)
{
	uint64_t bits = 0;

	if (!p->io_timing)
		bits |= BIT(struct statement, blk_read_us) | BIT(struct statement, blk_write_us) |
			BIT(struct statement, temp_blk_read_us) | BIT(struct statement, temp_blk_write_us);
	if (!p->planning)
		bits |= BIT(struct statement, plans) | BIT(struct statement, plan_us);
	return bits;
}

struct snapshot *statements_make_rows(struct statements_fetch *s)
{
	struct snapshot *out = snapshot_new(&statement_type, source_statements.name);
	const struct statement_deltas *d = &s->st->deltas;
	size_t n = s->all->nrows < STATEMENTS_SHOWN_MAX ? s->all->nrows : STATEMENTS_SHOWN_MAX;
	double all_us, window_us, seconds = (double)d->window_us / (double)US_PER_S;

	sum_times(s, &all_us, &window_us);
	if (seconds > 0 && n > 0)
		out->rates = arena_alloc_array(out->arena, n * out->type->nfields, sizeof(out->rates[0]));
	for (size_t place = 0; place < n; place++) {
		size_t i = s->order[place];
		const int64_t *w = statement_deltas_window(d, i);
		struct statement *row = snapshot_add_row(out);

		*row = *(const struct statement *)snapshot_row(s->all, i);
		row->present &= ~unknown_bits(s->probe);
		set_since_reset(row, all_us);
		if (w)
			set_interval(row, w, seconds, window_us);
		if (statement_deltas_first_seen(d, i))
			SET(row, struct statement, first_seen_at, statement_deltas_first_seen(d, i));
		if (statement_deltas_top_since(d, i))
			SET(row, struct statement, top_since_at, statement_deltas_top_since(d, i));
		set_words(s, out, row);
		if (out->rates)
			set_rates(out, place, w, seconds);
	}
	statement_history_publish(&s->st->history, out->arena, &out->series);
	mark_needs(out, s);
	mark_settings(out, s->probe);
	if (s->hidden > 0)
		snapshot_set_unavailable(out, "query", STR("statements of other roles: needs pg_monitor"));
	out->at_us = s->all->at_us;
	out->server_at_us = s->probe->server_at;
	return out;
}

/* ---- the figures as a whole ---- */

static struct str problem_of(const struct statements_fetch *s, struct arena *a)
{
	if (str_eq_c(s->probe->track, "none"))
		return STR("pg_stat_statements.track is none: nothing is counted");
	if (str_eq_c(s->probe->compute_query_id, "off"))
		return STR("compute_query_id is off: nothing is counted");
	if (s->hidden > 0)
		return arena_fmt(a, "%lld statements of other roles are hidden from %s: needs pg_monitor",
				 (long long)s->hidden, conn_probe(s->conn)->user);
	return STR("");
}

static void set_window(const struct statements_fetch *s, struct statements_info *row)
{
	const struct statement_deltas *d = &s->st->deltas;
	double seconds = (double)d->window_us / (double)US_PER_S, calls = 0, us = 0;
	int64_t ran = 0;

	if (d->window_us <= 0)
		return;
	for (size_t i = 0; i < d->nrows; i++) {
		const int64_t *w = statement_deltas_window(d, i);

		calls += w ? (double)w[STATEMENT_COUNTER(calls)] : 0;
		us += w ? (double)w[STATEMENT_COUNTER(total_us)] : 0;
		ran += w && w[STATEMENT_COUNTER(calls)] > 0;
	}
	SET(row, struct statements_info, interval_us, d->window_us);
	SET(row, struct statements_info, ran, ran);
	SET(row, struct statements_info, calls_per_s, calls / seconds);
	SET(row, struct statements_info, sessions, us / (double)US_PER_S / seconds);
}

static void set_resets(const struct statements_fetch *s, struct snapshot *out, struct statements_info *row)
{
	const struct statement_deltas *d = &s->st->deltas;
	int64_t age = s->probe->server_at - d->reset_at_us;

	SET(row, struct statements_info, evicted, d->evicted);
	SET(row, struct statements_info, resets, d->resets);
	if (d->reset_at_us) {
		SET(row, struct statements_info, reset_at, d->reset_at_us);
		SET(row, struct statements_info, since_reset_us, age > 0 ? age : 0);
	} else {
		snapshot_set_unavailable(out, "reset_at", STR("needs pg_stat_statements 1.9 (PostgreSQL 14)"));
		snapshot_set_unavailable(out, "since_reset_us", STR("needs pg_stat_statements 1.9 (PostgreSQL 14)"));
	}
	if (s->dealloc_passes >= 0)
		SET(row, struct statements_info, dealloc_passes, s->dealloc_passes);
	else
		snapshot_set_unavailable(out, "dealloc_passes", STR("needs pg_stat_statements 1.9 (PostgreSQL 14)"));
}

struct snapshot *statements_make_info(struct statements_fetch *s, const struct snapshot *rows)
{
	struct snapshot *out = snapshot_new(&statements_info_type, source_statements_info.name);
	struct statements_info *row = snapshot_add_row(out);
	const struct statements_probe *p = s->probe;
	struct str problem = problem_of(s, out->arena);

	SET(row, struct statements_info, sampled_at, p->server_at);
	SET(row, struct statements_info, watched_since_at, s->st->deltas.watched_since_us);
	SET(row, struct statements_info, extension_version, arena_str(out->arena, p->extension_version));
	SET(row, struct statements_info, schema, arena_str(out->arena, p->schema));
	SET(row, struct statements_info, track, arena_str(out->arena, p->track));
	if (problem.len > 0)
		SET(row, struct statements_info, problem, problem);
	SET(row, struct statements_info, entries, s->entries);
	SET(row, struct statements_info, shown, (int64_t)rows->nrows);
	SET(row, struct statements_info, hidden, s->hidden);
	SET(row, struct statements_info, max_entries, p->max_entries);
	set_resets(s, out, row);
	set_window(s, row);
	SET(row, struct statements_info, block_bytes, p->block_bytes);
	SET(row, struct statements_info, texts, (int64_t)s->st->texts.n);
	SET(row, struct statements_info, text_bytes, (int64_t)s->st->texts.bytes);
	SET(row, struct statements_info, sample_us, rows->took_us);
	out->at_us = rows->at_us;
	out->server_at_us = rows->server_at_us;
	out->took_us = rows->took_us;
	return out;
}
