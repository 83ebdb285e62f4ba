/*
 * test_aws_logs.c: the log and the events of a cluster, asked of a small log group behind a loopback server.
 */
#include "aws/fake_fetch.h"
#include "aws/loopback.h"

#include "aws/input.h"
#include "aws/log_ring.h"
#include "aws/sources.h"
#include "base/clock.h"
#include "base/parse.h"
#include "base/xalloc.h"
#include "codec/codec_json.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct err err;

/* ---- the ring */

static struct log_line line(const char *id, int64_t at)
{
	return (struct log_line){.text = str_c(id), .event_id = str_c(id), .node = STR("n"), .at_us = at};
}

static void expect_ring(const struct log_ring *r, const char *ids)
{
	char have[256] = "";

	for (size_t i = 0; i < r->n; i++) {
		struct log_line l = log_ring_line(r, i);

		assert_true(str_eq(l.text, l.event_id) && str_eq(l.node, STR("n")));
		snprintf(have + strlen(have), sizeof(have) - strlen(have), STR_FMT, STR_ARG(l.event_id));
	}
	assert_string_equal(have, ids);
}

static void test_ring_order(void **state)
{
	struct log_ring r = {.n = 0};
	const struct log_line first[] = {line("c", 30), line("d", 30), line("a", 10)};
	const struct log_line second[] = {line("b", 20), line("d", 30), line("e", 30), line("e", 30), line("a", 10)};

	(void)state;
	log_ring_add(&r, first, 3);
	expect_ring(&r, "acd");
	log_ring_add(&r, second, 5); /* late, known, new at a known moment, twice */
	expect_ring(&r, "abcde");
	log_ring_trim(&r, 20);
	expect_ring(&r, "bcde");
	assert_false(r.overflowed);
	log_ring_release(&r);
}

static void test_ring_limits(void **state)
{
	struct log_line *lines = xcalloc(LOG_RING_LINES_MAX + 100, sizeof(*lines));
	char(*ids)[16] = xcalloc(LOG_RING_LINES_MAX + 100, sizeof(*ids));
	struct log_ring r = {.n = 0};
	char *huge = xalloc(1 << 20);

	(void)state;
	for (int i = 0; i < LOG_RING_LINES_MAX + 100; i++) {
		snprintf(ids[i], sizeof(ids[i]), "%d", i);
		lines[i] = line(ids[i], i + 1);
	}
	log_ring_add(&r, lines, LOG_RING_LINES_MAX + 100);
	assert_int_equal(r.n, LOG_RING_LINES_MAX);
	assert_true(r.overflowed);
	assert_true(str_eq_c(log_ring_line(&r, 0).event_id, "100"));
	/* large ones: each is cut, and together they stay below the limit */
	memset(huge, 'x', 1 << 20);
	for (int i = 0; i < 400; i++) {
		struct log_line l = line(ids[i], 100000 + i);

		l.text = (struct str){huge, 1 << 20};
		log_ring_add(&r, &l, 1);
	}
	assert_true(r.bytes <= LOG_RING_BYTES_MAX);
	assert_int_equal(log_ring_line(&r, r.n - 1).text.len, LOG_RING_LINE_MAX);
	assert_true(r.n > 100);
	log_ring_release(&r);
	xfree(huge);
	xfree(ids);
	xfree(lines);
}

/* ---- a log group */

#define EVENTS_MAX 30000

struct group {
	struct {
		int64_t at_ms;
		const char *text; /* NULL = filler */
		const char *stream;
	} events[EVENTS_MAX];
	int n, page;          /* page: events of one answer */
	int64_t starts[2000]; /* of the questions, ms */
	bool has_end[2000];
	int asked;
	const char *refusal;
	bool empty_first; /* every question gets an empty page with a token first */
};

static int64_t member(const json_t *body, const char *name, int64_t absent)
{
	const json_t *v = json_object_get(body, name);

	return json_is_integer(v) ? json_integer_value(v) : absent;
}

static void answer_events(struct group *g, const json_t *body, struct buf *out)
{
	int64_t from = member(body, "startTime", 0), to = member(body, "endTime", INT64_MAX);
	const char *token = json_string_value(json_object_get(body, "nextToken"));
	int first = token ? atoi(token) : g->empty_first ? -1 : 0, written = 0, i;

	buf_add_c(out, "{\"events\":[");
	for (i = first < 0 ? g->n : first; i < g->n && written < g->page; i++) {
		if (g->events[i].at_ms < from || g->events[i].at_ms > to)
			continue;
		buf_addf(out, "%s{\"eventId\":\"%d\",\"logStreamName\":\"%s.0\",\"timestamp\":%lld,\"message\":",
			 written++ ? "," : "", i, g->events[i].stream ? g->events[i].stream : "orders-1",
			 (long long)g->events[i].at_ms);
		json_write_string(out, g->events[i].text ? str_c(g->events[i].text) : STR("filler"));
		buf_add_char(out, '}');
	}
	buf_add_char(out, ']');
	if (first < 0)
		buf_add_c(out, ",\"nextToken\":\"0\"");
	else if (i < g->n)
		buf_addf(out, ",\"nextToken\":\"%d\"", i);
	buf_add_char(out, '}');
}

static enum loopback_action serve(void *ctx, int n, struct str req, struct buf *answer)
{
	struct group *g = ctx;
	long end = str_find(req, STR("\r\n\r\n"), 0);
	json_t *body = NULL;
	struct buf out;

	(void)n;
	CHECK(json_read(str_sub(req, (size_t)end + 4, req.len), &body, &err));
	if (!json_object_get(body, "nextToken") && g->asked < 2000) {
		g->starts[g->asked] = member(body, "startTime", -1);
		g->has_end[g->asked++] = json_object_get(body, "endTime") != NULL;
	}
	if (g->refusal) {
		loopback_reply(answer, 400, "", g->refusal);
	} else {
		buf_init(&out, 32u << 20);
		answer_events(g, body, &out);
		loopback_reply(answer, 200, "", buf_c(&out));
		buf_release(&out);
	}
	json_decref(body);
	return LOOPBACK_KEEP;
}

static struct group *group_new(void)
{
	struct group *g = xalloc(sizeof(*g));

	g->page = 10000;
	return g;
}

static void add(struct group *g, int64_t at_us, const char *text)
{
	g->events[g->n].at_ms = at_us / US_PER_MS;
	g->events[g->n++].text = text;
}

struct scene {
	struct group *group;
	struct loopback *server;
	struct fake fake;
};

static void begin(struct scene *s, struct group *g, const struct source *source)
{
	*s = (struct scene){.group = g};
	s->server = loopback_start(serve, g, false);
	fake_init(&s->fake, source, loopback_url(s->server), "orders");
}

static void end(struct scene *s)
{
	loopback_stop(s->server);
	fake_release(&s->fake);
	xfree(s->group);
}

static void run(struct scene *s)
{
	fake_clear(&s->fake);
	if (!fake_run(&s->fake, &err))
		fail_msg("%s", err.text);
}

static struct str text(const struct snapshot *s, size_t i, const char *field)
{
	return aws_input_text(s, i, field);
}

#define HEAD "2026-03-17 12:00:00 UTC:10.0.0.1(5):app@shop:[77]:"
#define NOW INT64_C(1773748800000000)

static void test_backfill_newest_first(void **state)
{
	struct group *g = group_new();
	struct scene s;
	const struct snapshot *last;

	(void)state;
	clock_freeze(NOW);
	for (int i = 0; i < 180; i++) /* one a minute, oldest first */
		add(g, NOW - (180 - i) * US_PER_MIN, HEAD "LOG:  duration: 600.0 ms  statement: select 1");
	add(g, NOW - 5 * US_PER_HOUR, HEAD "ERROR:  out of range");
	g->page = 7;
	begin(&s, g, &source_logs);
	run(&s);
	last = fake_last(&s.fake);
	assert_true(s.fake.npublished > 3);
	assert_true(s.fake.published[0]->partial);
	assert_int_equal(s.fake.published[0]->nrows, 2); /* the last two minutes at once */
	assert_false(last->partial);
	assert_int_equal(last->nrows, 180);
	assert_true(str_eq(text(last, 0, "kind"), STR("slow")));
	assert_true(str_eq(text(last, 0, "node"), STR("orders-1")));
	/* back in time, each window ends where the one before began */
	assert_false(g->has_end[0]);
	for (int i = 1; i < g->asked; i++) {
		assert_true(g->starts[i] < g->starts[i - 1]);
		assert_true(g->has_end[i]);
	}
	assert_int_equal(g->starts[g->asked - 1], (NOW - 3 * US_PER_HOUR) / US_PER_MS);
	clock_freeze(0);
	end(&s);
}

static void test_increments(void **state)
{
	struct group *g = group_new();
	int64_t now = NOW;
	struct scene s;

	(void)state;
	clock_freeze(now);
	add(g, now - 30 * US_PER_S, HEAD "ERROR:  one");
	begin(&s, g, &source_logs);
	run(&s);
	assert_int_equal(fake_last(&s.fake)->nrows, 1);
	/* a statement line that belongs to it, an entry that was late, a new one */
	add(g, now - 30 * US_PER_S, HEAD "STATEMENT:  select 1/0");
	add(g, now - 50 * US_PER_S, HEAD "ERROR:  late");
	add(g, now + 2 * US_PER_S, HEAD "ERROR:  new");
	g->asked = 0;
	clock_freeze(now += 5 * US_PER_S);
	run(&s);
	assert_int_equal(g->asked, 1);
	assert_true(g->starts[0] <= (NOW - 60 * US_PER_S) / US_PER_MS);
	assert_int_equal(fake_last(&s.fake)->nrows, 3);
	assert_true(str_eq(text(fake_last(&s.fake), 0, "message"), STR("late")));
	assert_true(str_eq(text(fake_last(&s.fake), 1, "statement"), STR("select 1/0")));
	assert_true(str_eq(text(fake_last(&s.fake), 2, "message"), STR("new")));
	/* nothing new: one question, the same entries */
	clock_freeze(now += 5 * US_PER_S);
	run(&s);
	assert_int_equal(fake_last(&s.fake)->nrows, 3);
	assert_int_equal(s.fake.npublished, 1);
	/* hours later what is older than the range has gone */
	clock_freeze(now += 4 * US_PER_HOUR);
	run(&s);
	assert_int_equal(fake_last(&s.fake)->nrows, 0);
	clock_freeze(0);
	end(&s);
}

static void test_another_range(void **state)
{
	struct group *g = group_new();
	struct scene s;

	(void)state;
	clock_freeze(NOW);
	add(g, NOW - 5 * US_PER_HOUR, HEAD "ERROR:  old");
	add(g, NOW - 2 * US_PER_HOUR, HEAD "ERROR:  middle");
	begin(&s, g, &source_logs);
	run(&s);
	assert_int_equal(fake_last(&s.fake)->nrows, 1);
	s.fake.target->range_us = 12 * US_PER_HOUR;
	run(&s);
	assert_int_equal(fake_last(&s.fake)->nrows, 2);
	s.fake.target->range_us = US_PER_HOUR;
	run(&s);
	assert_int_equal(fake_last(&s.fake)->nrows, 0);
	s.fake.target->range_us = 12 * US_PER_HOUR;
	run(&s);
	assert_int_equal(fake_last(&s.fake)->nrows, 2);
	clock_freeze(0);
	end(&s);
}

static void test_empty_pages(void **state)
{
	struct group *g = group_new();
	struct scene s;

	(void)state;
	add(g, clock_wall_us() - US_PER_MIN, HEAD "ERROR:  behind an empty page");
	g->empty_first = true;
	begin(&s, g, &source_logs);
	run(&s);
	assert_int_equal(fake_last(&s.fake)->nrows, 1);
	end(&s);
}

/* More lines a minute than anybody reads: the newest are taken, the questions do not go on for ever. */
static void test_flood(void **state)
{
	struct group *g = group_new();
	const struct snapshot *last;
	struct scene s;

	(void)state;
	clock_freeze(NOW);
	for (int i = 0; i < EVENTS_MAX; i++)
		add(g, NOW - (int64_t)(EVENTS_MAX - i) * 4 * US_PER_MS, NULL); /* two minutes full */
	begin(&s, g, &source_logs);
	run(&s);
	last = fake_last(&s.fake);
	assert_true(last->nrows > 3000 && last->nrows <= LOG_RING_LINES_MAX);
	assert_true(str_eq_c(text(last, last->nrows - 1, "event_id"), "29999"));
	assert_false(last->partial);
	assert_true(loopback_requests(s.server) < 20);
	clock_freeze(0);
	end(&s);
}

/* More came since the last time than is taken at once: what is shown has no hole, and what was skipped comes after. */
static void test_flood_since(void **state)
{
	struct group *g = group_new();
	const struct snapshot *last;
	int64_t before = 0, n;
	struct scene s;

	(void)state;
	clock_freeze(NOW);
	add(g, NOW - US_PER_S, NULL);
	begin(&s, g, &source_logs);
	run(&s);
	for (int i = 1; i < EVENTS_MAX; i++)
		add(g, NOW + (int64_t)i * 8 * US_PER_MS, NULL);
	clock_freeze(NOW + (int64_t)EVENTS_MAX * 8 * US_PER_MS);
	run(&s);
	last = fake_last(&s.fake);
	assert_int_equal(last->nrows, LOG_RING_LINES_MAX);
	for (size_t i = 0; i < last->nrows; i++) {
		assert_true(parse_i64(text(last, i, "event_id"), &n));
		if (i > 0 && n != before + 1)
			fail_msg("entry %lld follows %lld", (long long)n, (long long)before);
		before = n;
	}
	assert_int_equal(before, EVENTS_MAX - 1);
	clock_freeze(0);
	end(&s);
}

static void test_no_group(void **state)
{
	struct group *g = group_new();
	struct scene s;

	(void)state;
	g->refusal =
		"{\"__type\":\"ResourceNotFoundException\",\"message\":\"The specified log group does not exist.\"}";
	begin(&s, g, &source_logs);
	assert_false(fake_run(&s.fake, &err));
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_string_equal(err.text, "The log group /aws/rds/cluster/orders/postgresql does not exist (yet)");
	assert_int_equal(s.fake.npublished, 0);
	g->refusal = "{\"__type\":\"AccessDeniedException\",\"Message\":\"no\"}";
	assert_false(fake_run(&s.fake, &err));
	assert_int_equal(err.code, ERR_DENIED);
	assert_non_null(strstr(err.remedy, "logs:FilterLogEvents"));
	end(&s);
}

/* ---- what must be true before anything is asked */

struct facts {
	uint64_t present;
	struct str identifier, members, log_exports;
};

static const struct field facts_fields[] = {
	FIELD(struct facts, identifier, K_ID, .title = "I", .help = "i", .flags = F_KEY),
	FIELD(struct facts, members, K_TEXT, .title = "M", .help = "m", .flags = F_LIST),
	FIELD(struct facts, log_exports, K_TEXT, .title = "L", .help = "l", .flags = F_LIST),
};
static const struct rec_type facts_type = REC_TYPE(struct facts, "facts", facts_fields);

static const struct snapshot *facts(const char *identifier, const char *members, const char *exports)
{
	struct snapshot *s = snapshot_new(&facts_type, "clusters");
	struct facts *row = snapshot_add_row(s);

	SET(row, struct facts, identifier, str_c(identifier));
	SET(row, struct facts, members, str_c(members));
	if (exports)
		SET(row, struct facts, log_exports, str_c(exports));
	return snapshot_publish(s);
}

static void test_ready(void **state)
{
	const struct snapshot *off = facts("orders", "orders-1", "instance"),
			      *on = facts("orders", "orders-1", "instance,postgresql");
	const struct snapshot *none = facts("orders", "orders-1", NULL);
	struct fake f;

	(void)state;
	fake_init(&f, &source_logs, "http://127.0.0.1:1", "orders");
	assert_int_equal(source_logs.ready(f.target, (const struct snapshot *const[]){NULL}, &err), READY_WAIT);
	assert_int_equal(source_logs.ready(f.target, &on, &err), READY);
	assert_int_equal(source_logs.ready(f.target, &none, &err), READY_UNAVAILABLE);
	assert_int_equal(source_logs.ready(f.target, &off, &err), READY_UNAVAILABLE);
	assert_string_equal(err.text, "The PostgreSQL log of orders is not exported to CloudWatch Logs");
	assert_string_equal(err.remedy,
			    "aws rds modify-db-cluster --db-cluster-identifier orders "
			    "--cloudwatch-logs-export-configuration '{\"EnableLogTypes\":[\"postgresql\"]}'");
	f.target->cluster[0] = '\0';
	assert_int_equal(source_logs.ready(f.target, &on, &err), READY_UNAVAILABLE);
	assert_int_equal(source_events.ready(f.target, &on, &err), READY_UNAVAILABLE);
	fake_release(&f);
	snapshot_unref(on);
	snapshot_unref(off);
	snapshot_unref(none);
}

/* ---- events */

#define EVENT(source, type, message, at)                                                                           \
	"<Event><SourceIdentifier>" source "</SourceIdentifier><SourceType>" type "</SourceType><Message>" message \
	"</Message><EventCategories><EventCategory>failover</EventCategory><EventCategory>notification"            \
	"</EventCategory></EventCategories><Date>" at "</Date></Event>"
#define EVENTS(items)                                                  \
	"<DescribeEventsResponse><DescribeEventsResult><Events>" items \
	"</Events></DescribeEventsResult></DescribeEventsResponse>"

struct rds {
	char asked[16][512];
	int n;
	const char *cluster, *instance, *snapshots;
	const char *all;  /* without a type; NULL = snapshots */
	const char *list; /* of snapshots; NULL = not allowed */
};

static enum loopback_action serve_rds(void *ctx, int n, struct str req, struct buf *answer)
{
	struct rds *r = ctx;
	long end = str_find(req, STR("\r\n\r\n"), 0);
	const char *body = r->snapshots;

	(void)n;
	if (r->n < 16)
		snprintf(r->asked[r->n++], 512, STR_FMT, STR_ARG(str_sub(req, (size_t)end + 4, req.len)));
	if (str_find(req, STR("Action=DescribeDBClusterSnapshots"), 0) >= 0 && !r->list) {
		loopback_reply(
			answer, 403, "",
			"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>");
		return LOOPBACK_KEEP;
	}
	if (str_find(req, STR("Action=DescribeDBClusterSnapshots"), 0) >= 0)
		body = r->list;
	else if (str_find(req, STR("SourceType=db-cluster&"), 0) >= 0)
		body = r->cluster;
	else if (str_find(req, STR("SourceType=db-instance&"), 0) >= 0)
		body = r->instance;
	else if (str_find(req, STR("SourceType="), 0) < 0 && r->all)
		body = r->all;
	loopback_reply(answer, 200, "", body);
	return LOOPBACK_KEEP;
}

static void test_events(void **state)
{
	struct rds r = {
		.cluster = EVENTS(EVENT("orders", "db-cluster", "Started", "2026-03-17T11:59:00.123Z")
					  EVENT("orders", "db-cluster", "Completed", "2026-03-17T11:59:30Z")),
		.instance = EVENTS(EVENT("orders-1", "db-instance", "restarted", "2026-03-17T11:59:10Z")),
		.snapshots = EVENTS(
			EVENT("rds:orders-2026-03-17-06-40", "db-cluster-snapshot", "created", "2026-03-17T11:50:00Z")
				EVENT("rds:orders2-2026-03-17", "db-cluster-snapshot", "created",
				      "2026-03-17T11:50:00Z") EVENT("by-hand", "db-cluster-snapshot", "created",
								    "2026-03-17T11:51:00Z")
					EVENT("of-others", "db-cluster-snapshot", "created", "2026-03-17T11:51:00Z")),
	};
	const struct snapshot *clusters = facts("orders", "orders-1,orders-2", NULL),
			      *snapshots = facts("by-hand", "", NULL), *last;
	struct loopback *l = loopback_start(serve_rds, &r, false);
	struct fake f;

	(void)state;
	clock_freeze(NOW);
	fake_init(&f, &source_events, loopback_url(l), "orders");
	f.fetch.inputs[0] = clusters;
	f.fetch.inputs[1] = snapshots;
	assert_true(fake_run(&f, &err));
	last = fake_last(&f);
	assert_int_equal(r.n, 4); /* cluster, two instances, snapshots */
	assert_non_null(
		strstr(r.asked[0], "SourceType=db-cluster&SourceIdentifier=orders&StartTime=2026-03-17T09%3A00%3A00Z"));
	assert_non_null(strstr(r.asked[2], "SourceIdentifier=orders-2"));
	assert_null(strstr(r.asked[3], "SourceIdentifier"));
	/* two of the cluster, one of an instance (known when asked for the other), two snapshots of ours */
	assert_int_equal(last->nrows, 5);
	assert_true(str_eq(text(last, 0, "message"), STR("Started")));
	assert_true(str_eq(text(last, 0, "categories"), STR("failover,notification")));
	assert_true(str_eq(text(last, 4, "identifier"), STR("by-hand")));
	/* next time only what is new, of the whole region in one call, the rest is known */
	r.n = 0;
	clock_freeze(NOW + US_PER_MIN);
	r.all = EVENTS(EVENT("orders", "db-cluster", "Completed",
			     "2026-03-17T11:59:30Z") EVENT("orders", "db-cluster", "Another", "2026-03-17T12:00:30Z")
			       EVENT("orders-2", "db-instance", "restarted", "2026-03-17T12:00:31Z")
				       EVENT("bills", "db-cluster", "of others", "2026-03-17T12:00:32Z")
					       EVENT("bills-1", "db-instance", "of others", "2026-03-17T12:00:33Z")
						       EVENT("orders", "db-parameter-group", "a group of that name",
							     "2026-03-17T12:00:34Z"));
	assert_true(fake_run(&f, &err));
	assert_int_equal(r.n, 1);
	assert_null(strstr(r.asked[0], "SourceType"));
	assert_non_null(strstr(r.asked[0], "StartTime=2026-03-17T11%3A50%3A00Z"));
	assert_int_equal(fake_last(&f)->nrows, 7);
	/* after a long pause by name again */
	r.n = 0;
	clock_freeze(NOW + 2 * US_PER_HOUR);
	assert_true(fake_run(&f, &err));
	assert_int_equal(r.n, 4);
	clock_freeze(0);
	fake_release(&f);
	loopback_stop(l);
	snapshot_unref(clusters);
	snapshot_unref(snapshots);
}

/* Which snapshots are the cluster's: known by an own list until the source of snapshots has one, else by their names.
 */
static void test_events_of_snapshots(void **state)
{
	struct rds r = {
		.cluster = EVENTS(""),
		.instance = EVENTS(""),
		.snapshots = EVENTS(
			EVENT("rds:orders-2026-03-17", "db-cluster-snapshot", "created", "2026-03-17T10:50:00Z")
				EVENT("by-hand", "db-cluster-snapshot", "created", "2026-03-17T10:51:00Z")
					EVENT("of-others", "db-cluster-snapshot", "created", "2026-03-17T10:51:00Z")),
	};
	const struct snapshot *clusters = facts("orders", "", NULL), *snapshots = facts("by-hand", "", NULL);
	struct loopback *l = loopback_start(serve_rds, &r, false);
	struct fake f;

	(void)state;
	clock_freeze(NOW);
	fake_init(&f, &source_events, loopback_url(l), "orders");
	f.fetch.inputs[0] = clusters;
	assert_true(fake_run(&f, &err));
	assert_int_equal(fake_last(&f)->nrows, 1);
	assert_non_null(strstr(r.asked[0], "DBClusterIdentifier=orders"));
	/* once they have names all are asked for again, also the old ones */
	r.list = "<DescribeDBClusterSnapshotsResponse><DescribeDBClusterSnapshotsResult><DBClusterSnapshots>"
		 "<DBClusterSnapshot><DBClusterSnapshotIdentifier>by-hand</DBClusterSnapshotIdentifier>"
		 "</DBClusterSnapshot></DBClusterSnapshots></DescribeDBClusterSnapshotsResult>"
		 "</DescribeDBClusterSnapshotsResponse>";
	r.n = 0;
	assert_true(fake_run(&f, &err));
	assert_int_equal(fake_last(&f)->nrows, 2);
	assert_non_null(strstr(r.asked[1], "StartTime=2026-03-17T09%3A00%3A00Z"));
	/* with the source's list no own one is asked for */
	f.fetch.inputs[1] = snapshots;
	r.n = 0;
	assert_true(fake_run(&f, &err));
	assert_int_equal(fake_last(&f)->nrows, 2);
	assert_int_equal(r.n, 1);
	assert_non_null(strstr(r.asked[0], "StartTime=2026-03-17T11%3A50%3A00Z"));
	clock_freeze(0);
	fake_release(&f);
	loopback_stop(l);
	snapshot_unref(clusters);
	snapshot_unref(snapshots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ring_order),
		cmocka_unit_test(test_ring_limits),
		cmocka_unit_test(test_backfill_newest_first),
		cmocka_unit_test(test_increments),
		cmocka_unit_test(test_another_range),
		cmocka_unit_test(test_empty_pages),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_flood_since),
		cmocka_unit_test(test_no_group),
		cmocka_unit_test(test_ready),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_events_of_snapshots),
	};

	fake_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
