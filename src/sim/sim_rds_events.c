/*
 * sim_rds_events.c: RDS DescribeEvents.
 *
 * Events follow from the state: a failover leaves them at the cluster and at both instances, and every
 * snapshot when it begins and when it is done. What clients' calls leave is in the list of changes. Their words are
 * AWS's. Like the service, the call shows the last hour unless times are given, and nothing older than 14 days.
 */
#include "sim/sim_changes.h"
#include "sim/sim_rds.h"

#include "base/sort.h"

#define HISTORY_US (14 * US_PER_DAY)
#define EVENTS_MAX 20000
#define CREATE_US (3 * US_PER_MIN)
#define COPY_US (150 * US_PER_S)

struct event {
	const char *source, *type, *kind; /* kind: in the ARN */
	const char *message, *category;
	int64_t at_us;
};

struct list {
	struct sim_request *r;
	struct event *rows;
	size_t n;
	int64_t from_us, to_us;
};

static void add(struct list *l, struct event e)
{
	if (e.at_us >= l->from_us && e.at_us < l->to_us && e.at_us <= l->r->now_us && l->n < EVENTS_MAX)
		l->rows[l->n++] = e;
}

static const char *words(struct list *l, const char *format, const char *name)
{
	struct buf b;
	const char *text;

	buf_init(&b, 512);
	buf_addf(&b, "%s%s.", format, name);
	text = arena_strz(l->r->arena, buf_str(&b));
	buf_release(&b);
	return text;
}

static void add_failover(struct list *l, const struct sim_cluster *c, const struct sim_failover *f)
{
	const char *from = c->members[f->from].id, *to = c->members[f->to].id;
	struct event cluster = {c->id, "db-cluster", "cluster", NULL, "failover", f->at_us + 2 * US_PER_S};
	struct event old = {from, "db-instance", "db", "DB instance shutdown", "availability", f->at_us + 3 * US_PER_S};

	cluster.message = words(l, "Started cross AZ failover to DB instance: ", to);
	add(l, cluster);
	add(l, old);
	old.message = "DB instance restarted";
	old.at_us = f->at_us + 12 * US_PER_S;
	add(l, old);
	cluster.message = words(l, "Completed failover to DB instance: ", to);
	cluster.at_us = f->at_us + 14 * US_PER_S;
	add(l, cluster);
}

static void add_snapshot(struct list *l, const struct sim_snapshot *s)
{
	struct event e = {s->id, "db-cluster-snapshot", "cluster-snapshot", NULL, "backup", s->created_us};

	e.message = s->automated ? "Creating automated cluster snapshot" : "Creating manual cluster snapshot";
	add(l, e);
	if (s->percent < 100)
		return;
	e.at_us += s->source_id ? COPY_US : CREATE_US;
	e.message = s->automated ? "Automated cluster snapshot created" : "Manual cluster snapshot created";
	add(l, e);
}

/* Those that are not made by a client: of these the call itself left the events. */
static void add_snapshots(struct list *l)
{
	struct sim_snapshot *rows;
	size_t n = sim_snapshots(l->r, NULL, &rows);

	for (size_t i = 0; i < n; i++)
		if (!rows[i].made)
			add_snapshot(l, &rows[i]);
}

static void add_of_calls(struct list *l)
{
	const struct sim_changes *c = l->r->sim->changes;

	for (size_t i = 0; i < c->nevents; i++) {
		const struct sim_event_row *e = &c->events[i];

		add(l, (struct event){e->source, e->kind.type, e->kind.kind, e->message, e->kind.category, e->at_us});
	}
}

static int by_time(uint32_t a, uint32_t b, void *ctx)
{
	const struct event *rows = ctx;

	return (rows[a].at_us > rows[b].at_us) - (rows[a].at_us < rows[b].at_us);
}

static bool read_span(struct sim_request *r, struct list *l)
{
	int64_t minutes;
	bool start = sim_param(r, "StartTime").ptr, end = sim_param(r, "EndTime").ptr;

	if (!sim_param_int(r, "Duration", 60, &minutes))
		return false;
	if ((start || end) && sim_param(r, "Duration").ptr)
		return sim_fail(r, 400, "InvalidParameterCombination",
				"Duration cannot be used with StartTime or EndTime");
	if (minutes < 1 || minutes > 14 * 1440)
		return sim_fail(r, 400, "InvalidParameterValue", "Duration must be between 1 and 20160 minutes");
	l->to_us = INT64_MAX;
	if (end && !sim_param_time(r, "EndTime", &l->to_us))
		return false;
	l->from_us = (end && l->to_us < r->now_us ? l->to_us : r->now_us) - minutes * US_PER_MIN;
	if (start && !sim_param_time(r, "StartTime", &l->from_us))
		return false;
	if (l->from_us >= l->to_us)
		return sim_fail(r, 400, "InvalidParameterCombination", "StartTime must be before EndTime");
	if (l->from_us < r->now_us - HISTORY_US)
		l->from_us = r->now_us - HISTORY_US;
	return true;
}

static bool wanted(struct sim_request *r, const struct event *e)
{
	struct str id = sim_param(r, "SourceIdentifier"), type = sim_param(r, "SourceType"), categories[32];
	size_t n = sim_param_list(r, "EventCategories.EventCategory", categories, ARRAY_LEN(categories));
	bool found = n == 0;

	for (size_t i = 0; i < n; i++)
		found |= str_eq_c(categories[i], e->category);
	return found && (type.len == 0 || str_eq_c(type, e->type)) && (id.len == 0 || str_ieq(id, str_c(e->source)));
}

static bool check_source(struct sim_request *r)
{
	static const char *const types[] = {"db-instance",
					    "db-parameter-group",
					    "db-security-group",
					    "db-snapshot",
					    "db-cluster",
					    "db-cluster-snapshot",
					    "custom-engine-version",
					    "db-proxy",
					    "blue-green-deployment",
					    "db-shard-group",
					    "zero-etl"};
	struct str type = sim_param(r, "SourceType");

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (str_eq_c(type, types[i]))
			return true;
	if (type.len > 0)
		return sim_fail(r, 400, "InvalidParameterValue", "Invalid source type: " STR_FMT, STR_ARG(type));
	return sim_param(r, "SourceIdentifier").len == 0 ||
	       sim_fail(r, 400, "InvalidParameterCombination",
			"SourceIdentifier cannot be specified without a SourceType.");
}

static void event_xml(struct sim_request *r, struct buf *out, const struct event *e)
{
	sim_xml_open(out, "Event");
	sim_xml_str(out, "SourceIdentifier", e->source);
	sim_xml_str(out, "SourceType", e->type);
	sim_xml_str(out, "Message", e->message);
	buf_addf(out, "<EventCategories><EventCategory>%s</EventCategory></EventCategories>\n", e->category);
	sim_xml_time(out, "Date", e->at_us);
	sim_rds_arn(r, out, "SourceArn", e->kind, e->source);
	sim_xml_close(out, "Event");
}

bool sim_rds_describe_events(struct sim_request *r, struct buf *out)
{
	struct list l = {.r = r};
	uint32_t *index, *scratch;
	struct sim_page page;
	size_t n = 0;

	if (!check_source(r) || !read_span(r, &l))
		return false;
	l.rows = arena_alloc_array(r->arena, EVENTS_MAX, sizeof(*l.rows));
	for (size_t i = 0; i < r->sim->nclusters; i++)
		for (int k = 0; k < r->sim->clusters[i].nfailovers; k++)
			add_failover(&l, &r->sim->clusters[i], &r->sim->clusters[i].failovers[k]);
	add_snapshots(&l);
	add_of_calls(&l);
	index = arena_alloc_array(r->arena, l.n + 1, sizeof(*index));
	scratch = arena_alloc_array(r->arena, l.n + 1, sizeof(*scratch));
	for (size_t i = 0; i < l.n; i++)
		if (wanted(r, &l.rows[i]))
			index[n++] = (uint32_t)i;
	sort_indices(index, scratch, n, by_time, l.rows);
	if (!sim_page_rds(r, n, &page))
		return false;
	sim_xml_open(out, "Events");
	for (size_t i = page.first; i < page.end; i++)
		event_xml(r, out, &l.rows[index[i]]);
	sim_xml_close(out, "Events");
	if (page.token[0])
		sim_xml_str(out, "Marker", page.token);
	return true;
}
