/*
 * src_load_keys.c: who made the load of a slice, from Performance Insights (DescribeDimensionKeys).
 *
 * Two questions a fetch: the waits of the slice, and the keys the view wants (statements, users, ...), these split
 * by wait class. The span of the fetch says which slice and, in `by` (enum load_by), which keys; without one it is the
 * statements of the last five minutes. The first row is the total of the slice: it names in `name` what was asked.
 *
 * The service cuts statements at 500 bytes; the whole text of those is asked for one by one
 * (GetDimensionKeyDetails), a few at a time, and remembered by id. That call knows single statements only, not
 * tokenized ones: the text of one of them stands for all. Without the right to do that the cut text stays.
 */
#include "aws/client.h"
#include "aws/input.h"
#include "aws/insights.h"
#include "aws/sources.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "model/load_key.h"
#include "model/sqlshape.h"

#include <jansson.h>
#include <math.h>

#define SPAN_DEFAULT_US (5 * US_PER_MIN)
#define CUT_FROM 500
#define DETAILS_MAX 3 /* whole texts asked for in one fetch, two calls each */
#define TEXTS_MAX 200 /* whole texts remembered */

static const struct {
	const char *group, *name; /* name: the dimension that is shown */
} dimensions[LOAD_BY__COUNT] = {
	[LOAD_BY_SQL] = {"db.sql_tokenized", "db.sql_tokenized.id"},
	[LOAD_BY_WAIT] = {"db.wait_event", "db.wait_event.name"},
	[LOAD_BY_USER] = {"db.user", "db.user.name"},
	[LOAD_BY_APPLICATION] = {"db.application", "db.application.name"},
	[LOAD_BY_CLIENT] = {"db.host", "db.host.name"},
	[LOAD_BY_DATABASE] = {"db", "db.name"},
};

struct whole_text {
	char *id, *text;
};

struct state {
	struct whole_text texts[TEXTS_MAX];
	size_t n, next; /* next: to be replaced when full */
};

/* One question: keys by something. */
struct question {
	const struct fetch *f;
	struct insights_span span;
	enum load_by by;
	struct snapshot *out;
	double sums[WAIT__COUNT]; /* over all keys */
};

static void state_free(void *p)
{
	struct state *st = p;

	for (size_t i = 0; st && i < st->n; i++) {
		xfree(st->texts[i].id);
		xfree(st->texts[i].text);
	}
	xfree(st);
}

static struct state *state_of(struct fetch *f)
{
	void **slot = fetch_state(f, state_free);

	if (!*slot)
		*slot = xalloc(sizeof(struct state));
	return *slot;
}

static bool parameters(struct json_t *body, void *ctx, struct err *err)
{
	const struct question *q = ctx;

	CHECK(json_object_set_new(body, "Metric", json_string("db.load.avg")) == 0);
	CHECK(json_object_set_new(body, "GroupBy", insights_group(dimensions[q->by].group, INSIGHTS_KEYS_MAX)) == 0);
	if (q->by != LOAD_BY_WAIT)
		CHECK(json_object_set_new(body, "PartitionBy", insights_group("db.wait_event_type", 10)) == 0);
	aws_json_put_i64(body, "MaxResults", INSIGHTS_KEYS_MAX);
	return insights_put_common(body, q->f, &q->span, err);
}

/* "Lock:tuple": the service has type and event apart, some versions the event with its type in front. */
static struct str wait_name(struct snapshot *out, struct str kind, struct str event)
{
	if (kind.len == 0 || str_eq(kind, event))
		return arena_str(out->arena, event);
	if (str_starts(event, kind) && event.len > kind.len && event.ptr[kind.len] == ':')
		return arena_str(out->arena, event);
	return arena_fmt(out->arena, STR_FMT ":" STR_FMT, STR_ARG(kind), STR_ARG(event));
}

static void set_names(const struct question *q, struct load_key *key, const json_t *dims)
{
	struct str name = aws_json_text(dims, dimensions[q->by].name);
	struct arena *a = q->out->arena;

	if (q->by == LOAD_BY_WAIT)
		SET(key, struct load_key, name, wait_name(q->out, aws_json_text(dims, "db.wait_event.type"), name));
	else if (q->by == LOAD_BY_CLIENT)
		SET(key, struct load_key, client, arena_str(a, name));
	else if (name.len > 0)
		SET(key, struct load_key, name, arena_str(a, name));
	name = aws_json_text(dims, "db.sql_tokenized.statement");
	if (q->by == LOAD_BY_SQL && name.len > 0)
		SET(key, struct load_key, statement, arena_str(a, name));
}

/* The classes of one key: its own for a wait, the partitions for everything else. */
static void set_classes(struct question *q, struct load_key *key, const json_t *element, const json_t *parts)
{
	const json_t *values = json_object_get(element, "Partitions");
	double classes[WAIT__COUNT] = {0}, sum = 0;

	if (q->by == LOAD_BY_WAIT)
		classes[wait_class_of(aws_json_text(json_object_get(element, "Dimensions"), "db.wait_event.type"))] =
			key->load;
	for (size_t i = 0; q->by != LOAD_BY_WAIT && i < json_array_size(parts); i++) {
		const json_t *value = json_array_get(values, i), *part = json_array_get(parts, i);
		struct str name = aws_json_text(json_object_get(part, "Dimensions"), "db.wait_event_type.name");
		double v = json_is_number(value) ? json_number_value(value) : 0;

		classes[wait_class_of(name)] += isfinite(v) && v > 0 ? v : 0;
	}
	for (int k = 0; k < WAIT__COUNT; k++)
		sum += classes[k];
	/* what the partitions do not tell is in none of the classes we know */
	if (key->load > sum * 1.001 + 1e-9)
		classes[WAIT_OTHER] += key->load - sum;
	load_key_set_classes(key, classes);
	for (int k = 0; k < WAIT__COUNT; k++)
		q->sums[k] += classes[k];
}

static bool page(struct json_t *answer, void *ctx, bool *ret_enough, struct err *err)
{
	struct question *q = ctx;
	const json_t *keys = json_object_get(answer, "Keys"), *element;
	size_t i;

	(void)ret_enough;
	json_array_foreach(keys, i, element)
	{
		struct load_key *key = snapshot_add_row(q->out);
		double total = insights_number(element, "Total");

		if (!key)
			return err_set(err, ERR_LIMIT, "more than %d keys", SNAPSHOT_ROWS_MAX);
		SET(key, struct load_key, from_at, q->span.from_us);
		SET(key, struct load_key, to_at, q->span.to_us);
		SET(key, struct load_key, by, str_c(load_by_name(q->by)));
		SET(key, struct load_key, load, isfinite(total) && total > 0 ? total : 0);
		set_names(q, key, json_object_get(element, "Dimensions"));
		set_classes(q, key, element, json_object_get(answer, "PartitionKeys"));
	}
	return true;
}

static bool ask(struct fetch *f, struct question *q, struct err *err)
{
	struct aws_pages pages = {.service = AWS_PI,
				  .operation = "DescribeDimensionKeys",
				  .token = "NextToken",
				  .next = "NextToken",
				  .parameters = parameters,
				  .page = page,
				  .ctx = q,
				  .pages_max = 10};

	memset(q->sums, 0, sizeof q->sums);
	return aws_pages_fetch(f, &pages, err);
}

/* ---- whole texts ---- */

/* Two calls: the id of one statement behind the tokenized one, then its text. */
struct text_question {
	const struct fetch *f;
	const struct insights_span *span;
	struct str tokenized_id;
	char *sql_id, *text; /* owned; NULL = not known */
};

static bool id_parameters(struct json_t *body, void *ctx, struct err *err)
{
	const struct text_question *t = ctx;
	json_t *filter = json_object();

	CHECK(filter && json_object_set_new(body, "Metric", json_string("db.load.avg")) == 0);
	CHECK(json_object_set_new(body, "GroupBy", insights_group("db.sql", 1)) == 0);
	CHECK(json_object_set_new(body, "Filter", filter) == 0);
	return aws_json_put(filter, "db.sql.tokenized_id", t->tokenized_id, err) &&
	       insights_put_common(body, t->f, t->span, err);
}

static bool id_page(struct json_t *answer, void *ctx, bool *ret_enough, struct err *err)
{
	struct text_question *t = ctx;
	const json_t *key = json_array_get(json_object_get(answer, "Keys"), 0);
	struct str id = aws_json_text(json_object_get(key, "Dimensions"), "db.sql.id");

	(void)err;
	if (!t->sql_id && id.len > 0)
		t->sql_id = xstrndup(id.ptr, id.len);
	*ret_enough = true;
	return true;
}

static bool text_parameters(struct json_t *body, void *ctx, struct err *err)
{
	const struct text_question *t = ctx;
	long writer = insights_writer(t->f->inputs[1]);
	struct str resource = writer < 0 ? STR("") : aws_input_text(t->f->inputs[1], (size_t)writer, "resource_id");

	CHECK(json_object_set_new(body, "RequestedDimensions", json_pack("[s]", "statement")) == 0);
	return aws_json_put(body, "ServiceType", STR("RDS"), err) && aws_json_put(body, "Identifier", resource, err) &&
	       aws_json_put(body, "Group", STR("db.sql"), err) &&
	       aws_json_put(body, "GroupIdentifier", str_c(t->sql_id), err);
}

/* Its values are left out again: one of many statements stands for all of its shape. */
static char *shape_of(struct str text)
{
	struct buf b;
	char *shape;

	buf_init(&b, 2 * SQL_SHAPE_MAX + text.len);
	sql_shape(&b, text);
	shape = buf_take(&b, NULL);
	buf_release(&b);
	return shape;
}

static bool text_page(struct json_t *answer, void *ctx, bool *ret_enough, struct err *err)
{
	struct text_question *t = ctx;
	const json_t *list = json_object_get(answer, "Dimensions"), *element;
	size_t i;

	(void)ret_enough;
	(void)err;
	json_array_foreach(list, i, element)
	{
		struct str value = aws_json_text(element, "Value");

		if (!t->text && value.len > 0 && str_eq_c(aws_json_text(element, "Status"), "AVAILABLE"))
			t->text = shape_of(value);
	}
	return true;
}

static const char *remembered(const struct state *st, struct str id)
{
	for (size_t i = 0; i < st->n; i++)
		if (str_eq_c(id, st->texts[i].id))
			return st->texts[i].text;
	return NULL;
}

static void remember(struct state *st, struct str id, char *text)
{
	size_t i = st->n < TEXTS_MAX ? st->n++ : st->next++ % TEXTS_MAX;

	xfree(st->texts[i].id);
	xfree(st->texts[i].text);
	st->texts[i] = (struct whole_text){xstrndup(id.ptr, id.len), text};
}

/* The whole text of one key; false: not to be had (now). */
static bool ask_text(struct fetch *f, const struct insights_span *span, struct snapshot *out, struct str id)
{
	struct state *st = state_of(f);
	struct text_question t = {.f = f, .span = span, .tokenized_id = id};
	struct aws_pages ids = {.service = AWS_PI,
				.operation = "DescribeDimensionKeys",
				.parameters = id_parameters,
				.page = id_page,
				.ctx = &t};
	struct aws_pages texts = {.service = AWS_PI,
				  .operation = "GetDimensionKeyDetails",
				  .parameters = text_parameters,
				  .page = text_page,
				  .ctx = &t};
	struct err err = {.code = ERR_NONE};
	char action[128];
	bool ok = aws_pages_fetch(f, &ids, &err) && t.sql_id && aws_pages_fetch(f, &texts, &err) && t.text;

	if (ok)
		remember(st, id, t.text);
	else if (err.code != ERR_NONE)
		log_debug("no whole statement: %s", err.text);
	if (aws_error_action(&err, action, sizeof(action)) && snapshot_unavailable(out, "statement").len == 0)
		snapshot_set_unavailable(out, "statement",
					 arena_fmt(out->arena, "cut: the whole text needs %s", action));
	xfree(t.sql_id);
	return ok;
}

static void complete_texts(struct fetch *f, const struct insights_span *span, struct snapshot *out)
{
	struct state *st = state_of(f);
	int asked = 0;

	for (size_t i = 0; i < out->nrows; i++) {
		struct load_key *key = (struct load_key *)out->rows + i;
		const char *text;

		if (!HAS(key, struct load_key, statement) || key->statement.len < CUT_FROM)
			continue;
		text = remembered(st, key->name);
		if (!text && asked < DETAILS_MAX && !fetch_cancelled(f)) {
			asked++;
			if (!ask_text(f, span, out, key->name))
				asked = DETAILS_MAX; /* denied or gone: the others would be, too */
			text = remembered(st, key->name);
		}
		if (text)
			SET(key, struct load_key, statement, arena_str(out->arena, str_c(text)));
	}
}

/* ---- fetch ---- */

/* The waits add up to all of the load: their sums are the first row, and shares are parts of them. */
static void set_total(struct snapshot *out, const struct question *waits, enum load_by by)
{
	struct load_key *rows = out->rows;
	double total = 0;

	for (int k = 0; k < WAIT__COUNT; k++)
		total += waits->sums[k];
	SET(&rows[0], struct load_key, from_at, waits->span.from_us);
	SET(&rows[0], struct load_key, to_at, waits->span.to_us);
	SET(&rows[0], struct load_key, by, STR("total"));
	SET(&rows[0], struct load_key, name, str_c(load_by_name(by)));
	SET(&rows[0], struct load_key, load, total);
	load_key_set_classes(&rows[0], waits->sums);
	for (size_t i = 1; total > 0 && i < out->nrows; i++)
		SET(&rows[i], struct load_key, share_ratio, rows[i].load / total);
}

static bool fetch(struct fetch *f, struct err *err)
{
	enum load_by by = f->span.by > 0 && f->span.by < LOAD_BY__COUNT ? (enum load_by)f->span.by : LOAD_BY_SQL;
	struct snapshot *out = snapshot_new(&load_key_type, "load_keys");
	struct question waits = {.f = f, .by = LOAD_BY_WAIT, .out = out}, keys = {.f = f, .by = by, .out = out};
	bool ok;

	waits.span = keys.span = insights_span_of(f, SPAN_DEFAULT_US);
	(void)snapshot_add_row(out); /* of the total */
	ok = ask(f, &waits, err) && (by == LOAD_BY_WAIT || ask(f, &keys, err));
	if (!ok) {
		snapshot_unref(out);
		return false;
	}
	set_total(out, &waits, by);
	if (by == LOAD_BY_SQL)
		complete_texts(f, &keys.span, out);
	fetch_publish(f, out);
	return true;
}

const struct source source_load_keys = {
	.name = "load_keys",
	.title = "load keys",
	.help = "Who made the load of a time: statements, waits, users, ..., from Performance Insights.",
	.type = &load_key_type,
	.lane = LANE_PI,
	.flags = SOURCE_AWS,
	.period_us = 5 * US_PER_MIN,
	.inputs = INSIGHTS_INPUTS,
	.origin = "Performance Insights DescribeDimensionKeys",
	.ready = insights_ready,
	.fetch = fetch,
};
