/*
 * src_events.c: what RDS did to the cluster, its instances and its snapshots, by DescribeEvents.
 *
 * There is no call for "everything of one cluster". The first fetch covers the range the user chose: the cluster and
 * each member are asked for by name, and snapshots as a kind, of which those of this cluster are kept: by the list of
 * snapshots (the source's, or before that is there an own one), and where that may not be read automated ones by
 * their name. Later ones cover the time since with an overlap; so short a time of the whole region is one call, of
 * which what is ours is kept, and calls to RDS are counted. Events have no identity of their own: source, time and
 * words together are one. RDS keeps them for 14 days.
 */
#include "aws/client.h"
#include "aws/input.h"
#include "aws/sources.h"
#include "base/clock.h"
#include "base/xalloc.h"

#define EVENTS_MAX 2000
#define HISTORY_US (14 * US_PER_DAY - US_PER_MIN) /* an older start is refused */
#define OVERLAP_US (10 * US_PER_MIN)
#define RANGE_DEFAULT_US (3 * US_PER_HOUR)
#define WHOLE_REGION_US US_PER_HOUR /* at most so much of it is asked for at once */

struct event {
	uint64_t present;
	int64_t at;
	struct str identifier, source_type, message, categories, arn;
};

#define F(m, k, ...) FIELD(struct event, m, k, __VA_ARGS__)

/* clang-format off */
static const struct field fields[] = {
	F(at, K_TIME_US, .wire = "Date", .title = "AT", .width = 9, .flags = F_KEY, .help = "When it happened."),
	F(identifier, K_ID, .wire = "SourceIdentifier", .title = "SOURCE", .width = 20, .flags = F_KEY, .help = "Cluster, instance or snapshot it is about."),
	F(source_type, K_ENUM, .wire = "SourceType", .title = "TYPE", .width = 12, .help = "db-cluster, db-instance or db-cluster-snapshot."),
	F(message, K_TEXT, .wire = "Message", .title = "MESSAGE", .flags = F_KEY, .help = "What RDS says."),
	F(categories, K_TEXT, .wire = "EventCategories/*", .title = "CATEGORIES", .width = 14, .flags = F_LIST, .help = "Categories: failover, availability, backup, maintenance and others."),
	F(arn, K_ID, .wire = "SourceArn", .title = "ARN", .width = 40, .flags = F_HIDDEN, .help = "Amazon resource name of the source."),
};
/* clang-format on */

static const struct rec_type type = REC_TYPE(struct event, "events", fields);

/* What a list of snapshots is needed for. */
struct name {
	uint64_t present;
	struct str identifier;
};

static const struct field name_fields[] = {
	FIELD(struct name, identifier, K_ID, .wire = "DBClusterSnapshotIdentifier", .flags = F_KEY),
};
static const struct rec_type name_type = REC_TYPE(struct name, "snapshot_names", name_fields);

/* The last result; the next one begins with what of it is still wanted. */
struct state {
	const struct snapshot *known;
	bool named; /* snapshots were known by name */
	int64_t asked_until_us, from_us;
};

static void state_free(void *p)
{
	struct state *st = p;

	if (!st)
		return;
	snapshot_unref(st->known);
	xfree(st);
}

struct question {
	const char *source_type; /* NULL = every type */
	struct str identifier;   /* "" = all of the type */
	struct str members;
	int64_t from_us;
	const struct snapshot *snapshots; /* of the cluster; NULL = unknown */
	const struct fetch *f;
};

static void parameters(struct form *form, void *ctx)
{
	const struct question *q = ctx;

	if (q->source_type)
		form_add_c(form, "SourceType", q->source_type);
	if (q->identifier.len > 0)
		form_add(form, "SourceIdentifier", q->identifier);
	form_add_time(form, "StartTime", q->from_us);
}

/* Does the event belong to this cluster? Those asked for by name do. */
static bool ours(const struct question *q, const struct event *e)
{
	const struct snapshot *snapshots = q->snapshots;
	char automated[300];

	if (q->identifier.len > 0)
		return true;
	if (str_eq_c(e->source_type, "db-cluster"))
		return str_eq_c(e->identifier, q->f->target->cluster);
	if (str_eq_c(e->source_type, "db-instance"))
		return aws_list_has(q->members, e->identifier);
	snprintf(automated, sizeof(automated), "rds:%s-", q->f->target->cluster);
	if (str_starts(e->identifier, str_c(automated)))
		return true;
	for (size_t i = 0; snapshots && i < snapshots->nrows; i++)
		if (str_eq(aws_input_text(snapshots, i, "identifier"), e->identifier))
			return true;
	return false;
}

static bool known(const struct snapshot *s, const struct event *e, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (rec_compare_key(&type, snapshot_row(s, i), e) == 0)
			return true;
	return false;
}

static bool finish(void *row, struct snapshot *out, void *ctx)
{
	return ours(ctx, row) && !known(out, row, out->nrows - 1);
}

static bool ask(struct fetch *f, struct question *q, struct snapshot *out, struct err *err)
{
	struct aws_list list = {
		.service = AWS_RDS,
		.operation = "DescribeEvents",
		.items = "DescribeEventsResult/Events/*",
		.next = "DescribeEventsResult/Marker",
		.marker = "Marker",
		.parameters = parameters,
		.finish = finish,
		.ctx = q,
	};

	q->f = f;
	return out->nrows >= EVENTS_MAX || aws_list_fetch(f, &list, out, err);
}

static void name_parameters(struct form *form, void *ctx)
{
	const struct target *t = ctx;

	form_add_c(form, "DBClusterIdentifier", t->cluster);
}

/* The list of snapshots, own reference; NULL = it cannot be had now, err says why. */
static const struct snapshot *list_snapshots(struct fetch *f, struct err *err)
{
	struct aws_list list = {
		.service = AWS_RDS,
		.operation = "DescribeDBClusterSnapshots",
		.items = "DescribeDBClusterSnapshotsResult/DBClusterSnapshots/*",
		.next = "DescribeDBClusterSnapshotsResult/Marker",
		.marker = "Marker",
		.parameters = name_parameters,
		.ctx = (void *)(uintptr_t)f->target,
	};
	struct snapshot *s;

	if (f->inputs[1])
		return snapshot_ref(f->inputs[1]);
	s = snapshot_new(&name_type, "snapshots");
	if (!aws_list_fetch(f, &list, s, err)) {
		snapshot_unref(s);
		return NULL;
	}
	return s;
}

/* The cluster, its members, its snapshots. */
static bool ask_all(struct fetch *f, struct question q, struct snapshot *out, struct err *err)
{
	struct str members = q.members, member;

	if (f->seq > 1 && clock_wall_us() - q.from_us <= WHOLE_REGION_US)
		return ask(f, &q, out, err);
	q.source_type = "db-cluster";
	q.identifier = str_c(f->target->cluster);
	if (!ask(f, &q, out, err))
		return false;
	q.source_type = "db-instance";
	while (members.len > 0 && str_split(&members, ',', &member)) {
		q.identifier = member;
		if (!ask(f, &q, out, err))
			return false;
	}
	q.source_type = "db-cluster-snapshot";
	q.identifier = STR("");
	return ask(f, &q, out, err);
}

static void copy_known(const struct snapshot *from, int64_t since_us, struct snapshot *out)
{
	for (size_t i = 0; from && i < from->nrows; i++) {
		const struct event *e = snapshot_row(from, i);
		struct event *copy;

		if (e->at < since_us)
			continue;
		copy = snapshot_add_row(out);
		*copy = *e;
		for (size_t k = 0; k < type.nfields; k++) {
			union value v;

			if (kind_ops[fields[k].kind].storage == CT_STR && rec_get(&fields[k], e, &v)) {
				v.str = arena_str(out->arena, v.str);
				rec_set(&fields[k], copy, v);
			}
		}
	}
}

static bool fetch_events(struct fetch *f, struct err *err)
{
	int64_t now = clock_wall_us(), range = f->target->range_us > 0 ? f->target->range_us : RANGE_DEFAULT_US;
	int64_t start = now - (range < HISTORY_US ? range : HISTORY_US);
	struct err unlisted = {.code = ERR_NONE};
	struct question q = {.from_us = start,
			     .snapshots = list_snapshots(f, &unlisted),
			     .members = aws_input_text(f->inputs[0], 0, "members")};
	void **slot = fetch_state(f, state_free);
	struct snapshot *s = snapshot_new(&type, source_events.name);
	struct state *st = *slot;
	bool done;

	if (!st)
		*slot = st = xalloc(sizeof(*st));
	/* known back to there: only what came since */
	if (st->known && st->from_us <= start && (st->named || !q.snapshots)) {
		copy_known(st->known, start, s);
		q.from_us = st->asked_until_us - OVERLAP_US;
	}
	if (q.from_us < start)
		q.from_us = start;
	done = ask_all(f, q, s, err);
	snapshot_unref(q.snapshots);
	if (!done) {
		snapshot_unref(s);
		return false;
	}
	/* whose names nobody knows: those of manual snapshots are not among the events */
	if (unlisted.code == ERR_DENIED)
		(void)aws_part_missing(s, "identifier", "rds:DescribeDBClusterSnapshots", &unlisted);
	st->named = q.snapshots != NULL;
	st->asked_until_us = now;
	st->from_us = start;
	snapshot_unref(st->known);
	st->known = snapshot_ref(s);
	fetch_publish(f, s);
	return true;
}

static enum readiness ready(const struct target *t, const struct snapshot *const *inputs, struct err *why)
{
	/* snapshots are welcome, not needed */
	return aws_ready_cluster(t, inputs, why);
}

const struct source source_events = {
	.name = "events",
	.title = "RDS events",
	.help = "What RDS did: failovers, restarts, backups, maintenance of the cluster and its instances.",
	.type = &type,
	.lane = LANE_RDS,
	.flags = SOURCE_AWS,
	.period_us = 60 * US_PER_S,
	.inputs = "clusters snapshots",
	.origin = "RDS DescribeEvents",
	.ready = ready,
	.fetch = fetch_events,
};
