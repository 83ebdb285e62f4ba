/*
 * sim_snapshots.c: the cluster snapshots that exist at a time.
 *
 * What nobody made is not stored: the list follows from cluster and clock. Automated ones are made once
 * a day in the backup window and kept for the retention; one is "creating" for its first
 * minutes. Where the scenario gives the age of the newest, its window was moved: none is younger. The scenario's
 * manual ones are there, and of the one that is copied, copies that take two and a half minutes
 * each, one after the other. Those that clients made come from the list of changes, and what they deleted is left out.
 * A moved backup window counts from when it was moved: the snapshots before keep their names.
 */
#include "sim/sim_changes.h"
#include "sim/sim_internal.h"
#include "sim/sim_scenario.h"

#define CREATE_US (3 * US_PER_MIN)
#define COPY_US (150 * US_PER_S)
#define COPY_EVERY_US (180 * US_PER_S)
#define COPIES_KEPT 3
#define PER_CLUSTER_MAX 48 /* beside the scenario's manual ones */

struct list {
	struct sim_request *r;
	struct sim_snapshot *rows;
	size_t n;
};

static struct sim_snapshot *add(struct list *l, const struct sim_cluster *c, const char *id, int64_t created_us)
{
	struct sim_snapshot *row = &l->rows[l->n++];

	row->cluster = c;
	row->id = arena_strz(l->r->arena, str_c(id));
	row->created_us = created_us;
	row->percent = 100;
	row->engine_version = c->engine_version;
	row->volume_bytes = sim_volume_bytes(l->r->sim, c, created_us);
	return row;
}

static const char *dated(struct list *l, const char *prefix, const char *cluster, int64_t at_us)
{
	struct civil t;

	clock_civil(at_us, &t);
	return arena_strz(l->r->arena, arena_fmt(l->r->arena, "%s%s-%04d-%02d-%02d-%02d-%02d", prefix, cluster, t.year,
						 t.month, t.day, t.hour, t.minute));
}

/* Ten minutes into "06:30-07:00". */
static int64_t into_window_us(const char *window, int64_t jitter)
{
	int64_t hour = 0, minute = 0;

	if (parse_i64(str_sub(str_c(window), 0, 2), &hour))
		(void)parse_i64(str_sub(str_c(window), 3, 5), &minute);
	return (hour * 3600 + (minute + 10) * 60 + jitter) * US_PER_S;
}

/* Time of the day at which the backup of that day starts, in the window of the start. */
static int64_t window_us(const struct list *l, const struct sim_cluster *c, int64_t day)
{
	int64_t jitter = (int64_t)(sim_hash(c->hash, (uint64_t)day) % 150);

	if (c->automated_age_us)
		return (l->r->sim->epoch_us - c->automated_age_us) % US_PER_DAY;
	if (c->backup_window)
		return into_window_us(c->backup_window, jitter);
	return ((int64_t)(c->hash % 24) * 3600 + (int64_t)(c->hash % 50) * 60 + jitter) * US_PER_S;
}

/* When the backup of a day starts; false = there is none, the window was moved over it. */
static bool backup_at(const struct list *l, const struct sim_cluster *c, int64_t day, int64_t *ret_us)
{
	*ret_us = day * US_PER_DAY + window_us(l, c, day);
	if (c->window_moved_us == 0 || *ret_us <= c->window_moved_us)
		return true;
	*ret_us = day * US_PER_DAY + into_window_us(c->new_backup_window, 0);
	return *ret_us >= c->window_moved_us;
}

static bool is_kept(const struct list *l, const struct sim_cluster *c, int64_t at_us)
{
	int64_t slack = 12 * US_PER_HOUR;

	return at_us <= l->r->now_us && at_us >= l->r->now_us - c->retention_days * US_PER_DAY - slack &&
	       at_us >= c->kept_from_us - slack && !sim_cluster_stopped(c, at_us);
}

static void add_automated(struct list *l, const struct sim_cluster *c)
{
	int64_t now = l->r->now_us, today = now / US_PER_DAY;

	for (int64_t day = today - c->retention_days - 1; day <= today; day++) {
		struct sim_snapshot *row;
		int64_t at;

		if (!backup_at(l, c, day, &at) || !is_kept(l, c, at))
			continue;
		if (c->automated_age_us && at > l->r->sim->epoch_us - c->automated_age_us)
			continue;
		row = add(l, c, dated(l, "rds:", c->id, at), at);
		row->automated = true;
		if (now - at < CREATE_US)
			row->percent = (int)((now - at) * 100 / CREATE_US);
	}
}

static void add_copies(struct list *l, const struct sim_cluster *c)
{
	int64_t epoch = l->r->sim->epoch_us, now = l->r->now_us;
	int64_t cycle = (now - epoch) / COPY_EVERY_US - (now < epoch);

	for (int64_t i = cycle - COPIES_KEPT + 1; i <= cycle; i++) {
		int64_t at = epoch + i * COPY_EVERY_US;
		struct sim_snapshot *row = add(l, c, dated(l, "dr-", c->id, at), at);

		row->source_id = c->copies_of;
		if (now - at < COPY_US)
			row->percent = (int)((now - at) * 100 / COPY_US);
	}
}

static void add_manual(struct list *l, const struct sim_cluster *c)
{
	const struct sim_estate *e = l->r->sim->estate;

	for (size_t i = 0; i < e->nsnapshots; i++) {
		const struct sim_snapshot_row *s = &e->snapshots[i];
		struct sim_snapshot *row;

		if (strcmp(s->cluster, c->id) != 0)
			continue;
		row = add(l, c, s->id, l->r->sim->epoch_us - s->age_us);
		if (s->engine_version)
			row->engine_version = s->engine_version;
	}
}

static void add_of_fleet(struct list *l, const struct sim_cluster *c)
{
	int set = l->r->sim->estate->fleet_snapshots;
	unsigned n = set ? (unsigned)set : (unsigned)(c->hash % 3);

	for (unsigned i = 0; i < n; i++) {
		char id[96];

		snprintf(id, sizeof(id), "%s-manual-%u", c->id, i + 1);
		add(l, c, id, l->r->sim->epoch_us - (int64_t)(20 + i * 30) * US_PER_DAY);
	}
}

static void add_of_cluster(struct list *l, const struct sim_cluster *c)
{
	add_manual(l, c);
	if (c->copies_of)
		add_copies(l, c);
	if (c->fleet)
		add_of_fleet(l, c);
	add_automated(l, c);
}

static void add_made(struct list *l, const struct sim_cluster *only)
{
	const struct sim_changes *changes = l->r->sim->changes;
	int64_t now = l->r->now_us;

	for (size_t i = 0; i < changes->nsnapshots; i++) {
		const struct sim_made_snapshot *m = &changes->snapshots[i];
		struct sim_snapshot *row;

		if (only && only != m->cluster)
			continue;
		row = add(l, m->cluster, m->id, m->at_us);
		row->made = true;
		if (now - m->at_us < SIM_SNAPSHOT_US)
			row->percent = now > m->at_us ? (int)((now - m->at_us) * 100 / SIM_SNAPSHOT_US) : 0;
	}
}

static void drop_gone(struct list *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		if (!sim_snapshot_is_gone(l->r->sim->changes, l->rows[i].id))
			l->rows[n++] = l->rows[i];
	l->n = n;
}

size_t sim_snapshots(struct sim_request *r, const struct sim_cluster *c, struct sim_snapshot **ret_rows)
{
	struct sim *s = r->sim;
	size_t n = c ? 1 : s->nclusters;
	struct list l = {.r = r};

	l.rows = arena_alloc_array(r->arena, n * PER_CLUSTER_MAX + s->estate->nsnapshots + SIM_SNAPSHOTS_MADE_MAX,
				   sizeof(*l.rows));
	for (size_t i = 0; i < s->nclusters; i++)
		if (!c || c == &s->clusters[i])
			add_of_cluster(&l, &s->clusters[i]);
	drop_gone(&l);
	add_made(&l, c);
	*ret_rows = l.rows;
	return l.n;
}
