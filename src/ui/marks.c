/*
 * marks.c: see marks.h.
 *
 * RDS tells of snapshots and of maintenance in its events, too; the lists of snapshots and of pending maintenance say
 * what events do not: that a manual snapshot was begun before the events reach back, and what is still to come. A
 * snapshot whose event is there is not told twice.
 */
#include "ui/marks.h"

#include "base/sort.h"
#include "base/xalloc.h"
#include "ui/ui.h"

#include <stdio.h>

#define NSOURCES 4
#define SAME_US (15 * US_PER_MIN) /* a snapshot's event comes up to so long after its beginning */

struct marks {
	unsigned versions[NSOURCES];
	const struct snapshot *list; /* own reference, or NULL */
};

static const char *const sources[NSOURCES] = {"events", "alarms", "pending_maintenance", "snapshots"};

/* ---- merging ---- */

static void put(struct snapshot *out, void *row, const char *field, struct str text)
{
	int i = rec_find(out->type, str_c(field));

	if (i >= 0)
		rec_set(&out->type->fields[i], row, (union value){.str = arena_str(out->arena, text)});
}

static void add(struct snapshot *out, int64_t at_us, struct str object, const char *kind, struct str message,
		struct str categories)
{
	int at = rec_find(out->type, STR("at"));
	void *row = at_us > 0 ? snapshot_add_row(out) : NULL;

	if (!row || at < 0)
		return;
	rec_set(&out->type->fields[at], row, (union value){.i64 = at_us});
	put(out, row, "identifier", object);
	put(out, row, "source_type", str_c(kind));
	put(out, row, "message", message);
	put(out, row, "categories", categories);
}

static void add_events(struct snapshot *out, const struct snapshot *events)
{
	for (size_t i = 0; events && i < events->nrows; i++) {
		struct str kind = data_str(events, i, "source_type");
		char word[64];

		(void)snprintf(word, sizeof word, STR_FMT, STR_ARG(kind));
		add(out, data_i64(events, i, "at", 0), data_str(events, i, "identifier"), word,
		    data_str(events, i, "message"), data_str(events, i, "categories"));
	}
}

static void add_alarms(struct snapshot *out, const struct snapshot *alarms)
{
	for (size_t i = 0; alarms && i < alarms->nrows; i++) {
		struct str name = data_str(alarms, i, "name"), state = data_str(alarms, i, "state");

		add(out, data_i64(alarms, i, "since_at", 0), data_str(alarms, i, "object"), "alarm",
		    arena_fmt(out->arena, "alarm " STR_FMT " is " STR_FMT ": " STR_FMT, STR_ARG(name), STR_ARG(state),
			      STR_ARG(data_str(alarms, i, "condition"))),
		    state);
	}
}

static void add_pending(struct snapshot *out, const struct snapshot *pending)
{
	static const struct {
		const char *field, *words, *category;
	} dates[] = {
		{"current_apply_at", "is applied", "due"},
		{"auto_applied_after_at", "is applied by itself in the first window after this", "automatic"},
		{"forced_apply_at", "is forced", "forced"},
	};

	for (size_t i = 0; pending && i < pending->nrows; i++)
		for (size_t k = 0; k < ARRAY_LEN(dates); k++)
			add(out, data_i64(pending, i, dates[k].field, 0), data_str(pending, i, "resource"),
			    "maintenance",
			    arena_fmt(out->arena, STR_FMT " %s", STR_ARG(data_str(pending, i, "action")),
				      dates[k].words),
			    str_c(dates[k].category));
}

/* Is there an event of this snapshot shortly after it was begun? */
static bool is_told(const struct snapshot *events, struct str id, int64_t at_us)
{
	for (size_t i = 0; events && i < events->nrows; i++) {
		int64_t when = data_i64(events, i, "at", 0);

		if (str_eq(data_str(events, i, "identifier"), id) && when >= at_us - US_PER_MIN &&
		    when <= at_us + SAME_US)
			return true;
	}
	return false;
}

static void add_snapshots(struct snapshot *out, const struct snapshot *snapshots, const struct snapshot *events)
{
	for (size_t i = 0; snapshots && i < snapshots->nrows; i++) {
		struct str id = data_str(snapshots, i, "identifier"), kind = data_str(snapshots, i, "kind");
		int64_t at = data_i64(snapshots, i, "created_at", 0);

		if (!is_told(events, id, at))
			add(out, at, id, "snapshot", arena_fmt(out->arena, STR_FMT " snapshot begun", STR_ARG(kind)),
			    data_str(snapshots, i, "status"));
	}
}

static int by_time(uint32_t a, uint32_t b, void *ctx)
{
	int64_t x = data_i64(ctx, a, "at", 0), y = data_i64(ctx, b, "at", 0);

	return (x > y) - (x < y);
}

/* Puts the rows into the order of time; equal ones stay as they came. */
static void sort_rows(struct snapshot *s)
{
	size_t n = s->nrows, size = s->type->size;
	uint32_t *order = xcalloc(n + 1, 2 * sizeof *order);
	char *sorted = xcalloc(n + 1, size);

	for (size_t i = 0; i < n; i++)
		order[i] = (uint32_t)i;
	sort_indices(order, order + n + 1, n, by_time, s);
	for (size_t i = 0; i < n; i++)
		memcpy(sorted + i * size, snapshot_row(s, order[i]), size);
	if (n > 0)
		memcpy(s->rows, sorted, n * size);
	xfree(sorted);
	xfree(order);
}

const struct snapshot *marks_merge(const struct rec_type *type, const struct marks_from *from)
{
	struct snapshot *out = snapshot_new(type, "events");

	add_events(out, from->events);
	add_alarms(out, from->alarms);
	add_pending(out, from->pending);
	add_snapshots(out, from->snapshots, from->events);
	sort_rows(out);
	return snapshot_publish(out);
}

/* ---- what a record means ---- */

static bool lists(struct str list, const char *word)
{
	struct str rest = list, part;

	while (rest.len > 0 && str_split(&rest, ',', &part))
		if (str_eq_c(part, word))
			return true;
	return false;
}

enum severity marks_severity(const struct snapshot *s, size_t row)
{
	struct str kind = data_str(s, row, "source_type"), categories = data_str(s, row, "categories");

	if (str_eq_c(kind, "alarm")) {
		if (lists(categories, "ALARM"))
			return SEV_WARN;
		return lists(categories, "OK") ? SEV_OK : SEV_UNKNOWN;
	}
	if (str_eq_c(kind, "maintenance"))
		return lists(categories, "forced") ? SEV_WARN : SEV_NOTICE;
	if (str_eq_c(kind, "snapshot"))
		return lists(categories, "failed") ? SEV_WARN : SEV_NONE;
	if (lists(categories, "failure"))
		return SEV_CRIT;
	if (lists(categories, "failover") || lists(categories, "low storage") || lists(categories, "recovery"))
		return SEV_WARN;
	return lists(categories, "availability") || lists(categories, "maintenance") ? SEV_NOTICE : SEV_NONE;
}

void marks_label(const struct snapshot *s, size_t row, char out[RAIL_LABEL_MAX])
{
	struct str kind = data_str(s, row, "source_type"), categories = data_str(s, row, "categories"), first;
	struct str message = data_str(s, row, "message");

	if (str_eq_c(kind, "alarm")) {
		(void)snprintf(out, RAIL_LABEL_MAX, "%s", lists(categories, "ALARM") ? "alarm" : "alarm ends");
	} else if (str_eq_c(kind, "maintenance") || str_eq_c(kind, "snapshot")) {
		(void)snprintf(out, RAIL_LABEL_MAX, STR_FMT, STR_ARG(kind));
	} else if (lists(categories, "availability") && str_ifind(message, STR("restart"), 0) >= 0) {
		(void)snprintf(out, RAIL_LABEL_MAX, "restart");
	} else if (lists(categories, "availability") && str_ifind(message, STR("shutdown"), 0) >= 0) {
		(void)snprintf(out, RAIL_LABEL_MAX, "shutdown");
	} else if (categories.len > 0 && str_split(&categories, ',', &first)) {
		(void)snprintf(out, RAIL_LABEL_MAX, "%.*s", (int)(first.len < 30 ? first.len : 30), first.ptr);
	} else {
		(void)snprintf(out, RAIL_LABEL_MAX, "event");
	}
}

/* ---- the console's list ---- */

const struct snapshot *marks_of(const struct ui *ui)
{
	return ui->marks ? ui->marks->list : NULL;
}

void marks_free(struct marks *m)
{
	if (!m)
		return;
	snapshot_unref(m->list);
	xfree(m);
}

/* Anything to be told? Snapshots alone stand in a pane of their own, and are no reason to keep a second list. */
static bool is_known(const struct marks_from *from)
{
	return from->events || from->alarms || from->pending;
}

void marks_follow(struct ui *ui)
{
	const struct store_entry *events = store_entry(ui->store, "events");
	struct marks_from from = {store_good(ui->store, sources[0]), store_good(ui->store, sources[1]),
				  store_good(ui->store, sources[2]), store_good(ui->store, sources[3])};
	struct marks *m = ui->marks;
	bool changed = false;

	if (!m && !is_known(&from))
		return;
	if (!m)
		ui->marks = m = xalloc(sizeof *m);
	for (size_t i = 0; i < NSOURCES; i++) {
		const struct store_entry *e = store_entry(ui->store, sources[i]);

		changed = changed || (e && e->version != m->versions[i]);
		m->versions[i] = e ? e->version : 0;
	}
	if (!changed || !events)
		return;
	snapshot_unref(m->list);
	m->list = is_known(&from) ? marks_merge(events->source->type, &from) : NULL;
}

void marks_rail(const struct ui *ui, int64_t from_us, int64_t to_us, struct rail *ret_rail)
{
	const struct snapshot *s = marks_of(ui);

	ret_rail->n = 0;
	for (size_t i = s ? s->nrows : 0; i-- > 0 && ret_rail->n < RAIL_MARKS_MAX;) {
		struct rail_mark *m = &ret_rail->marks[ret_rail->n];
		int64_t at = data_i64(s, i, "at", 0);

		if (at < from_us)
			break;
		if (at >= to_us)
			continue;
		m->at_us = at;
		m->severity = marks_severity(s, i);
		m->role = m->severity == SEV_NONE ? ROLE_MUTED : severity_role(m->severity);
		marks_label(s, i, m->label);
		ret_rail->n++;
	}
}
