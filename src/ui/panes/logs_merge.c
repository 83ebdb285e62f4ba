/*
 * logs_merge.c: see logs_merge.h.
 *
 * A merged record is a copy of the log's record; an event of RDS becomes one with the fields that fit.
 * Grouping sorts row numbers by shape once and walks the runs. Where auto_explain and
 * log_min_duration_statement both tell of the same calls, the plans are not counted a second time.
 */
#include "ui/panes/logs_merge.h"

#include "base/sort.h"
#include "base/xalloc.h"

#include <stdio.h>

/* clang-format off */
static const struct {
	const char *kind;
	unsigned classes;
} classes[] = {
	{"slow", LOGS_SLOW}, {"error", LOGS_ERROR}, {"cancel", LOGS_ERROR}, {"warning", LOGS_ERROR},
	{"deadlock", LOGS_ERROR | LOGS_LOCK}, {"lock", LOGS_LOCK}, {"temp", LOGS_MAINTENANCE},
	{"checkpoint", LOGS_MAINTENANCE}, {"vacuum", LOGS_MAINTENANCE}, {"analyze", LOGS_MAINTENANCE},
	{"event", LOGS_EVENT},
};
/* clang-format on */

unsigned logs_class_of(struct str kind)
{
	for (size_t i = 0; i < ARRAY_LEN(classes); i++)
		if (str_eq_c(kind, classes[i].kind))
			return classes[i].classes;
	return 0;
}

void logs_of(const struct ui *ui, const struct snapshot *ret_logs[2])
{
	ret_logs[0] = store_good(ui->store, "logs");
	if (!ret_logs[0])
		ret_logs[0] = store_good(ui->store, "log_files");
	ret_logs[1] = store_good(ui->store, "server_log");
}

/* ---- one list ---- */

static void put_str(const struct rec_type *type, void *row, const char *field, struct str text)
{
	int i = rec_find(type, str_c(field));

	if (i >= 0 && text.len > 0)
		rec_set(&type->fields[i], row, (union value){.str = text});
}

static void add_event(struct snapshot *out, const struct snapshot *events, size_t i)
{
	void *row = snapshot_add_row(out);
	int at = rec_find(out->type, STR("at"));
	struct str source = data_str(events, i, "identifier"), message = data_str(events, i, "message");
	int64_t when = data_i64(events, i, "at", 0);

	if (!row)
		return;
	if (at >= 0 && when > 0)
		rec_set(&out->type->fields[at], row, (union value){.i64 = when});
	put_str(out->type, row, "kind", STR("event"));
	put_str(out->type, row, "event_id",
		arena_fmt(out->arena, "rds:%lld:" STR_FMT ":" STR_FMT, (long long)when, STR_ARG(source),
			  STR_ARG(str_sub(message, 0, 80))));
	put_str(out->type, row, "node", source);
	put_str(out->type, row, "message", message);
	put_str(out->type, row, "severity", data_str(events, i, "categories"));
}

static void add_entries(struct snapshot *out, const struct snapshot *log, struct str shape)
{
	for (size_t i = 0; log && i < log->nrows; i++) {
		void *row;

		if (shape.len > 0 && !str_eq(data_str(log, i, "shape"), shape))
			continue;
		row = snapshot_add_row(out);
		if (!row)
			return;
		memcpy(row, snapshot_row(log, i), log->type->size);
	}
}

struct snapshot *logs_merge(const struct rec_type *type, const struct snapshot *const logs[2],
			    const struct snapshot *events, struct str shape)
{
	struct snapshot *out = snapshot_new(type, "logs");

	add_entries(out, logs[0], shape);
	add_entries(out, logs[1], shape);
	for (size_t i = 0; events && shape.len == 0 && i < events->nrows; i++)
		add_event(out, events, i);
	return out;
}

void logs_count(const struct snapshot *merged, size_t counts[LOGS_CLASSES])
{
	memset(counts, 0, LOGS_CLASSES * sizeof counts[0]);
	for (size_t i = 0; merged && i < merged->nrows; i++) {
		unsigned mask = logs_class_of(data_str(merged, i, "kind"));

		for (size_t k = 0; k < LOGS_CLASSES; k++)
			counts[k] += mask >> k & 1;
	}
}

/* ---- by shape ---- */

struct group {
	uint64_t present;
	double share_ratio;
	int64_t calls, total_us, mean_us, max_us, last_at;
	struct str user, database, shape;
};

#define F(m, k, ...) FIELD(struct group, m, k, __VA_ARGS__)
/* clang-format off */
static const struct field group_fields[] = {
	F(share_ratio, K_RATIO, .title = "TIME", .width = 16, .flags = F_DESC | F_COMPUTED, .help = "Share of the time of all slow statements in the log."),
	F(calls, K_COUNT, .title = "CALLS", .width = 6, .flags = F_DESC | F_COMPUTED, .help = "How often it was slow enough to be logged."),
	F(total_us, K_DURATION_US, .title = "TOTAL", .width = 7, .flags = F_DESC | F_COMPUTED, .help = "Time of these calls together."),
	F(mean_us, K_DURATION_US, .title = "MEAN", .width = 7, .flags = F_DESC | F_COMPUTED, .help = "Mean time of these calls."),
	F(max_us, K_DURATION_US, .title = "MAX", .width = 7, .flags = F_DESC | F_COMPUTED, .help = "Longest of these calls."),
	F(last_at, K_TIME_US, .title = "LAST", .width = 9, .flags = F_DESC | F_COMPUTED, .help = "When it was last logged."),
	F(user, K_ID, .title = "USER", .width = 10, .flags = F_COMPUTED, .help = "Role of the newest of these calls."),
	F(database, K_ID, .title = "DB", .width = 10, .flags = F_COMPUTED, .help = "Database of the newest of these calls."),
	F(shape, K_SQL, .title = "STATEMENT", .flags = F_KEY | F_COMPUTED | F_SENSITIVE, .help = "The statement without its values."),
};
/* clang-format on */
#undef F
const struct rec_type logs_group_type = REC_TYPE(struct group, "log_group", group_fields);

/* A slow entry of one of the logs. */
struct call {
	const struct snapshot *log;
	size_t row;
	struct str shape;
};

static int by_shape(uint32_t a, uint32_t b, void *ctx)
{
	const struct call *calls = ctx;

	return str_cmp(calls[a].shape, calls[b].shape);
}

static size_t gather(const struct snapshot *log, struct call *out)
{
	size_t n = 0;

	for (size_t i = 0; log && i < log->nrows; i++) {
		struct str shape = data_str(log, i, "shape");

		if (shape.len > 0 && str_eq_c(data_str(log, i, "kind"), "slow"))
			out[n++] = (struct call){log, i, shape};
	}
	return n;
}

static bool is_plan(const struct call *c)
{
	return data_str(c->log, c->row, "plan").len > 0;
}

static void add_call(struct group *g, const struct call *c)
{
	int64_t us = data_i64(c->log, c->row, "duration_us", 0), at = data_i64(c->log, c->row, "at", 0);

	g->calls++;
	g->total_us += us;
	g->max_us = us > g->max_us ? us : g->max_us;
	if (at < g->last_at)
		return;
	g->last_at = at;
	g->user = data_str(c->log, c->row, "user");
	g->database = data_str(c->log, c->row, "database");
}

/* One run of calls with the same shape. */
static void add_group(struct snapshot *out, const struct call *calls, const uint32_t *index, size_t n)
{
	struct group *g = snapshot_add_row(out);
	size_t plans = 0;

	if (!g)
		return;
	for (size_t i = 0; i < n; i++)
		plans += is_plan(&calls[index[i]]);
	for (size_t i = 0; i < n; i++)
		if (plans == n || !is_plan(&calls[index[i]]))
			add_call(g, &calls[index[i]]);
	g->shape = calls[index[0]].shape;
	g->mean_us = g->total_us / g->calls;
	g->present = BIT(struct group, share_ratio) | BIT(struct group, calls) | BIT(struct group, total_us) |
		     BIT(struct group, mean_us) | BIT(struct group, max_us) | BIT(struct group, last_at) |
		     BIT(struct group, shape);
	g->present |= g->user.len > 0 ? BIT(struct group, user) : 0;
	g->present |= g->database.len > 0 ? BIT(struct group, database) : 0;
}

static int by_time_spent(uint32_t a, uint32_t b, void *ctx)
{
	const struct group *rows = ctx;

	return (rows[b].total_us > rows[a].total_us) - (rows[b].total_us < rows[a].total_us);
}

/* Shares, and the rows in their order. */
static void finish(struct snapshot *s)
{
	struct group *rows = s->rows, *sorted = xcalloc(s->nrows + 1, sizeof *sorted);
	uint32_t *index = xcalloc(s->nrows + 1, sizeof *index), *scratch = xcalloc(s->nrows + 1, sizeof *scratch);
	double total = 0;

	for (size_t i = 0; i < s->nrows; i++) {
		total += (double)rows[i].total_us;
		index[i] = (uint32_t)i;
	}
	sort_indices(index, scratch, s->nrows, by_time_spent, rows);
	for (size_t i = 0; i < s->nrows; i++) {
		sorted[i] = rows[index[i]];
		sorted[i].share_ratio = total > 0 ? (double)sorted[i].total_us / total : 0;
	}
	if (s->nrows > 0)
		memcpy(rows, sorted, s->nrows * sizeof *rows);
	xfree(sorted);
	xfree(index);
	xfree(scratch);
}

const struct snapshot *logs_group(const struct snapshot *const logs[2])
{
	struct snapshot *out = snapshot_new(&logs_group_type, "logs");
	size_t most = (logs[0] ? logs[0]->nrows : 0) + (logs[1] ? logs[1]->nrows : 0), n;
	struct call *calls = xcalloc(most + 1, sizeof *calls);
	uint32_t *index = xcalloc(most + 1, sizeof *index), *scratch = xcalloc(most + 1, sizeof *scratch);

	n = gather(logs[0], calls);
	n += gather(logs[1], calls + n);
	for (size_t i = 0; i < n; i++)
		index[i] = (uint32_t)i;
	sort_indices(index, scratch, n, by_shape, calls);
	for (size_t i = 0, run = 0; i < n; i += run) {
		for (run = 1; i + run < n && str_eq(calls[index[i]].shape, calls[index[i + run]].shape); run++)
			;
		add_group(out, calls, index + i, run);
	}
	finish(out);
	xfree(calls);
	xfree(index);
	xfree(scratch);
	return snapshot_publish(out);
}
