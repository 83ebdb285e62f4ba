/*
 * sim_pi.c: Performance Insights GetResourceMetrics, DescribeDimensionKeys and GetDimensionKeyDetails.
 *
 * Every answer is made from sim_load.c's cells (statement, wait): a dimension group gives each cell a key, equal
 * keys are added up, and filters leave cells out. Rules of the service that clients trip over are kept: the
 * identifier is the instance's resource id, statement text is cut at 500 bytes but for GetDimensionKeyDetails, which
 * knows db.sql only; times are whole periods and a point carries the end of its period; history is kept
 * for seven days.
 */
#include "sim/sim_internal.h"
#include "sim/sim_rds.h"

#include <math.h>

#define QUERIES_MAX 15
#define KEYS_MAX 25
#define CELLS (SIM_STATEMENTS * SIM_WAITS)
#define POINTS_MAX 2000
#define CUT 500
#define RETENTION_US (7 * US_PER_DAY)
#define FILTERS_MAX 8

enum group { G_SQL, G_TOKENIZED, G_WAIT, G_WAIT_TYPE, G_USER, G_HOST, G_APPLICATION, G_DB, G_SESSION, G__COUNT };

/* clang-format off */
static const struct {
	const char *name;
	const char *dimensions[4]; /* the first identifies */
} groups[G__COUNT] = {
	[G_SQL] = {"db.sql", {"db.sql.id", "db.sql.db_id", "db.sql.statement", "db.sql.tokenized_id"}},
	[G_TOKENIZED] = {"db.sql_tokenized", {"db.sql_tokenized.id", "db.sql_tokenized.db_id", "db.sql_tokenized.statement"}},
	[G_WAIT] = {"db.wait_event", {"db.wait_event.name", "db.wait_event.type"}},
	[G_WAIT_TYPE] = {"db.wait_event_type", {"db.wait_event_type.name"}},
	[G_USER] = {"db.user", {"db.user.id", "db.user.name"}},
	[G_HOST] = {"db.host", {"db.host.id", "db.host.name"}},
	[G_APPLICATION] = {"db.application", {"db.application.name"}},
	[G_DB] = {"db", {"db.name"}},
	[G_SESSION] = {"db.session_type", {"db.session_type.name"}},
};
/* clang-format on */

/* A statement and a wait. */
struct cell {
	size_t statement, wait;
};

static struct cell cell_of(size_t i)
{
	return (struct cell){i / SIM_WAITS, i % SIM_WAITS};
}

static const char *make_id(struct sim_request *r, const char *kind, const char *text)
{
	uint64_t h = sim_hash_str(sim_hash_str(77, kind), text);
	struct str id =
		arena_fmt(r->arena, "%016llX%016llX", (unsigned long long)h, (unsigned long long)sim_hash(h, 3));

	return arena_strz(r->arena, id);
}

/* A signed number, as the service writes the database's own id. */
static const char *database_id(struct sim_request *r, const char *text)
{
	return arena_strz(r->arena, arena_fmt(r->arena, "%lld", (long long)(int64_t)sim_hash_str(5, text)));
}

static const char *cut(struct sim_request *r, const char *text)
{
	return strlen(text) <= CUT ? text : arena_strz(r->arena, str_sub(str_c(text), 0, CUT));
}

static const char *sql_dimension(struct sim_request *r, const char *text, const char *word, const char *kind)
{
	if (strcmp(word, "id") == 0)
		return make_id(r, kind, text);
	return strcmp(word, "db_id") == 0 ? database_id(r, text) : cut(r, text);
}

/* Value of a dimension ("db.user.name") for a cell; NULL: there is no such dimension. */
static const char *dimension(struct sim_request *r, const struct sim_cluster *c, struct cell cell, struct str name)
{
	const struct sim_statement *s = &sim_statements[cell.statement];
	const char *n = arena_strz(r->arena, name);

	if (strcmp(n, "db.sql.tokenized_id") == 0)
		return make_id(r, "tokenized", s->tokenized);
	if (strncmp(n, "db.sql.", 7) == 0)
		return sql_dimension(r, s->raw, n + 7, "sql");
	if (strncmp(n, "db.sql_tokenized.", 17) == 0)
		return sql_dimension(r, s->tokenized, n + 17, "tokenized");
	if (strcmp(n, "db.wait_event.name") == 0)
		return sim_waits[cell.wait].event;
	if (strcmp(n, "db.wait_event.type") == 0 || strcmp(n, "db.wait_event_type.name") == 0)
		return sim_waits[cell.wait].type;
	if (strcmp(n, "db.user.name") == 0)
		return s->user;
	if (strcmp(n, "db.user.id") == 0)
		return make_id(r, "user", s->user);
	if (strcmp(n, "db.host.name") == 0)
		return s->host;
	if (strcmp(n, "db.host.id") == 0)
		return make_id(r, "host", s->host);
	if (strcmp(n, "db.application.name") == 0)
		return s->application;
	if (strcmp(n, "db.session_type.name") == 0)
		return "client backend";
	return strcmp(n, "db.name") == 0 ? c->database : NULL;
}

static bool invalid(struct sim_request *r, const char *what)
{
	return sim_fail(r, 400, "InvalidArgumentException", "%s", what);
}

static bool find_group(struct sim_request *r, struct str name, enum group *ret_group)
{
	for (int g = 0; g < G__COUNT; g++)
		if (str_eq_c(name, groups[g].name)) {
			*ret_group = (enum group)g;
			return true;
		}
	return sim_fail(r, 400, "InvalidArgumentException", "The dimension group " STR_FMT " is not valid.",
			STR_ARG(name));
}

/* ---- what every operation reads ---- */

struct question {
	const struct sim_cluster *cluster;
	int member;
	int64_t begin_us, end_us, period_us;
};

static bool find_instance(struct sim_request *r, struct question *q)
{
	struct str id = sim_param(r, "Identifier");

	if (!str_eq_c(sim_param(r, "ServiceType"), "RDS"))
		return invalid(r, "The service type is not valid.");
	for (size_t i = 0; i < r->sim->nclusters; i++) {
		q->cluster = &r->sim->clusters[i];
		for (q->member = 0; q->member < q->cluster->nmembers; q->member++)
			if (str_eq_c(id, q->cluster->members[q->member].resource_id))
				return q->cluster->insights ||
				       sim_fail(r, 400, "NotAuthorizedException",
						"Performance Insights is not enabled for " STR_FMT ".", STR_ARG(id));
	}
	return sim_fail(r, 400, "NotAuthorizedException", "The user is not authorized to access " STR_FMT ".",
			STR_ARG(id));
}

/* Without a period: the one that gives some hundred points. */
static int64_t default_period(int64_t span_us)
{
	static const int64_t periods[] = {1, 60, 300, 3600, 86400};

	for (size_t i = 0; i < ARRAY_LEN(periods); i++)
		if (span_us / US_PER_S / periods[i] <= 200)
			return periods[i];
	return 86400;
}

static bool read_times(struct sim_request *r, struct question *q)
{
	int64_t start, end, period;

	if (!sim_param_time(r, "StartTime", &start) || !sim_param_time(r, "EndTime", &end) ||
	    !sim_param_int(r, "PeriodInSeconds", 0, &period))
		return false;
	if (start >= end)
		return invalid(r, "The start time must be before the end time.");
	if (start < r->now_us - RETENTION_US - US_PER_HOUR)
		return invalid(r, "The start time is outside of the retention period.");
	if (period == 0 && !sim_param(r, "PeriodInSeconds").ptr)
		period = default_period(end - start);
	if (period != 1 && period != 60 && period != 300 && period != 3600 && period != 86400)
		return invalid(r, "The period must be 1, 60, 300, 3600 or 86400 seconds.");
	q->period_us = period * US_PER_S;
	q->begin_us = start - start % q->period_us;
	q->end_us = end + (q->period_us - 1) - (end + q->period_us - 1) % q->period_us;
	return (q->end_us - q->begin_us) / q->period_us <= POINTS_MAX ||
	       invalid(r, "Too many data points are requested.");
}

static bool read_limit(struct sim_request *r, const char *name, int64_t lo, int64_t def, int64_t *ret_limit)
{
	if (!sim_param_int(r, name, def, ret_limit))
		return false;
	return (*ret_limit >= lo && *ret_limit <= KEYS_MAX) ||
	       sim_fail(r, 400, "InvalidArgumentException", "%s must be between %lld and %d.", name, (long long)lo,
			KEYS_MAX);
}

/* ---- groups and filters ---- */

struct grouping {
	bool on;
	enum group group;
	struct str dimensions[10]; /* asked for by name; none = all of the group */
	size_t ndimensions;
	int64_t limit;
};

/* prefix ends in a dot: "GroupBy." */
static bool read_grouping(struct sim_request *r, const char *prefix, struct grouping *ret)
{
	char name[160];
	struct str group;

	*ret = (struct grouping){.on = false};
	snprintf(name, sizeof(name), "%sGroup", prefix);
	group = sim_param(r, name);
	if (!group.ptr)
		return true;
	ret->on = true;
	snprintf(name, sizeof(name), "%sLimit", prefix);
	if (!find_group(r, group, &ret->group) || !read_limit(r, name, 1, 10, &ret->limit))
		return false;
	snprintf(name, sizeof(name), "%sDimensions.member", prefix);
	ret->ndimensions = sim_param_list(r, name, ret->dimensions, ARRAY_LEN(ret->dimensions));
	for (size_t i = 0; i < ret->ndimensions; i++)
		if (!str_starts(ret->dimensions[i], group))
			return invalid(r, "A dimension does not belong to its group.");
	return true;
}

struct cell_filter {
	struct str dimension, value;
};

static size_t read_filters(const struct sim_request *r, const char *prefix, struct cell_filter *out)
{
	size_t n = 0, len = strlen(prefix);

	for (size_t i = 0; i < r->nparams && n < FILTERS_MAX; i++)
		if (str_starts(r->params[i].name, str_c(prefix)))
			out[n++] = (struct cell_filter){str_sub(r->params[i].name, len, r->params[i].name.len),
							r->params[i].value};
	return n;
}

static bool passes(struct sim_request *r, const struct question *q, struct cell cell, const struct cell_filter *f,
		   size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *value = dimension(r, q->cluster, cell, f[i].dimension);

		if (!value || !str_eq_c(f[i].value, value))
			return false;
	}
	return true;
}

/* Cells with one key, and what they sum up to. */
struct key {
	const char *id;
	struct cell first;
	bool cells[CELLS];
	double total;
};

static size_t make_keys(struct sim_request *r, const struct question *q, const struct grouping *g,
			const struct cell_filter *f, size_t nf, struct key **ret_keys)
{
	struct key *keys = arena_alloc_array(r->arena, CELLS, sizeof(*keys));
	size_t n = 0;

	for (size_t i = 0; i < CELLS; i++) {
		struct cell cell = cell_of(i);
		const char *id = dimension(r, q->cluster, cell, str_c(groups[g->group].dimensions[0]));
		size_t k = 0;

		if (!passes(r, q, cell, f, nf))
			continue;
		while (k < n && strcmp(keys[k].id, id) != 0)
			k++;
		if (k == n)
			keys[n++] = (struct key){.id = id, .first = cell};
		keys[k].cells[i] = true;
	}
	*ret_keys = keys;
	return n;
}

/* Largest first; those without load are none. */
static size_t order_keys(struct key *keys, size_t n, int64_t limit)
{
	size_t used = 0;

	for (size_t i = 1; i < n; i++)
		for (size_t k = i; k > 0 && keys[k].total > keys[k - 1].total; k--) {
			struct key t = keys[k];

			keys[k] = keys[k - 1];
			keys[k - 1] = t;
		}
	while (used < n && used < (size_t)limit && keys[used].total > 0)
		used++;
	return used;
}

static void dimensions_json(struct sim_request *r, struct buf *b, const struct question *q, const struct grouping *g,
			    struct cell cell)
{
	bool first = true;

	buf_add_c(b, "\"Dimensions\":{");
	for (size_t i = 0; i < ARRAY_LEN(groups[g->group].dimensions); i++) {
		const char *name = groups[g->group].dimensions[i];
		bool asked = g->ndimensions == 0;

		for (size_t k = 0; k < g->ndimensions; k++)
			asked |= name && str_eq_c(g->dimensions[k], name);
		if (!name || !asked)
			continue;
		buf_add_c(b, first ? "" : ",");
		first = false;
		sim_json_str(b, str_c(name));
		buf_add_char(b, ':');
		sim_json_str(b, str_c(dimension(r, q->cluster, cell, str_c(name))));
	}
	buf_add_char(b, '}');
}

static void number(struct buf *b, double v)
{
	buf_addf(b, "%.12g", v);
}

static void times_json(struct buf *b, const struct question *q)
{
	buf_addf(b, "\"AlignedStartTime\":%lld.0,\"AlignedEndTime\":%lld.0", (long long)(q->begin_us / US_PER_S),
		 (long long)(q->end_us / US_PER_S));
}

/* Loads of all periods of a question. */
struct history {
	size_t n;
	bool *known;
	double (*load)[SIM_STATEMENTS][SIM_WAITS];
};

static void read_history(struct sim_request *r, const struct question *q, struct history *h)
{
	h->n = (size_t)((q->end_us - q->begin_us) / q->period_us);
	h->known = arena_alloc_array(r->arena, h->n + 1, sizeof(*h->known));
	h->load = arena_alloc_array(r->arena, h->n + 1, sizeof(*h->load));
	for (size_t i = 0; i < h->n; i++)
		h->known[i] = sim_load(r->sim, q->cluster, q->member, q->begin_us + (int64_t)i * q->period_us,
				       q->period_us, h->load[i]);
}

static double sum_cells(const struct history *h, size_t period, const bool *cells)
{
	double sum = 0;

	for (size_t i = 0; i < CELLS; i++)
		if (cells[i])
			sum += h->load[period][i / SIM_WAITS][i % SIM_WAITS];
	return sum;
}

static double average_cells(const struct history *h, const bool *cells)
{
	double sum = 0, n = 0;

	for (size_t p = 0; p < h->n; p++)
		if (h->known[p]) {
			sum += sum_cells(h, p, cells);
			n++;
		}
	return n > 0 ? sum / n : 0;
}

/* ---- GetResourceMetrics ---- */

static void points_json(struct buf *b, const struct question *q, const struct history *h, const bool *cells)
{
	buf_add_c(b, "\"DataPoints\":[");
	for (size_t p = 0; p < h->n; p++) {
		buf_addf(b, "%s{\"Timestamp\":%lld.0", p ? "," : "",
			 (long long)((q->begin_us + ((int64_t)p + 1) * q->period_us) / US_PER_S));
		if (h->known[p]) {
			buf_add_c(b, ",\"Value\":");
			number(b, sum_cells(h, p, cells));
		}
		buf_add_char(b, '}');
	}
	buf_add_c(b, "]}");
}

/* The elements of one query: the total, then its keys; appended to items. */
static bool run_query(struct sim_request *r, const struct question *q, const struct history *h, size_t number_of,
		      struct str *items, size_t *nitems)
{
	char name[96], prefix[96];
	struct cell_filter filters[FILTERS_MAX];
	struct grouping g;
	struct str metric;
	bool all[CELLS];
	size_t nf, n;
	struct key *keys = NULL;
	struct buf b;

	snprintf(name, sizeof(name), "MetricQueries.member.%zu.Metric", number_of);
	metric = sim_param(r, name);
	if (!str_eq_c(metric, "db.load.avg") && !str_eq_c(metric, "db.sampledload.avg"))
		return sim_fail(r, 400, "InvalidArgumentException", "The metric " STR_FMT " is not valid.",
				STR_ARG(metric));
	snprintf(prefix, sizeof(prefix), "MetricQueries.member.%zu.Filter.", number_of);
	nf = read_filters(r, prefix, filters);
	snprintf(prefix, sizeof(prefix), "MetricQueries.member.%zu.GroupBy.", number_of);
	if (!read_grouping(r, prefix, &g))
		return false;
	for (size_t i = 0; i < CELLS; i++)
		all[i] = passes(r, q, cell_of(i), filters, nf);
	buf_init(&b, SIM_ANSWER_MAX);
	buf_addf(&b, "{\"Key\":{\"Metric\":\"" STR_FMT "\"},", STR_ARG(metric));
	points_json(&b, q, h, all);
	items[(*nitems)++] = arena_str(r->arena, buf_str(&b));
	n = g.on ? make_keys(r, q, &g, filters, nf, &keys) : 0;
	for (size_t k = 0; k < n; k++)
		keys[k].total = average_cells(h, keys[k].cells);
	n = g.on ? order_keys(keys, n, g.limit) : 0;
	for (size_t k = 0; k < n; k++) {
		buf_clear(&b);
		buf_addf(&b, "{\"Key\":{\"Metric\":\"" STR_FMT "\",", STR_ARG(metric));
		dimensions_json(r, &b, q, &g, keys[k].first);
		buf_add_c(&b, "},");
		points_json(&b, q, h, keys[k].cells);
		items[(*nitems)++] = arena_str(r->arena, buf_str(&b));
	}
	buf_release(&b);
	return true;
}

/* A page of ready elements. */
static bool write_page(struct sim_request *r, struct buf *out, const struct str *items, size_t n)
{
	struct str token = sim_param(r, "NextToken");
	uint64_t first = 0;
	int64_t size;
	char next[64];

	if (!read_limit(r, "MaxResults", 0, KEYS_MAX, &size))
		return false;
	if (token.len > 0 && !sim_token_parse(r, token, &first))
		return invalid(r, "The next token is not valid.");
	size = size == 0 ? KEYS_MAX : size;
	for (size_t i = (size_t)first; i < n && i < first + (uint64_t)size; i++) {
		buf_add_c(out, i > first ? "," : "");
		buf_add_str(out, items[i]);
	}
	buf_add_char(out, ']');
	if (first + (uint64_t)size < n) {
		sim_token(r, first + (uint64_t)size, next, sizeof(next));
		buf_addf(out, ",\"NextToken\":\"%s\"", next);
	}
	buf_add_char(out, '}');
	return true;
}

static bool get_resource_metrics(struct sim_request *r, struct buf *out)
{
	struct str *items = arena_alloc_array(r->arena, QUERIES_MAX * (KEYS_MAX + 1), sizeof(*items));
	struct question q;
	struct history h;
	size_t n = 0;

	if (!find_instance(r, &q) || !read_times(r, &q))
		return false;
	read_history(r, &q, &h);
	for (size_t i = 1;; i++) {
		char name[64];

		snprintf(name, sizeof(name), "MetricQueries.member.%zu.Metric", i);
		if (!sim_param(r, name).ptr)
			break;
		if (i > QUERIES_MAX)
			return invalid(r, "There are more than 15 metric queries.");
		if (!run_query(r, &q, &h, i, items, &n))
			return false;
	}
	buf_add_char(out, '{');
	times_json(out, &q);
	buf_addf(out, ",\"Identifier\":\"%s\",\"MetricList\":[", q.cluster->members[q.member].resource_id);
	return write_page(r, out, items, n);
}

/* ---- DescribeDimensionKeys ---- */

static struct str key_json(struct sim_request *r, const struct question *q, const struct history *h,
			   const struct grouping *g, const struct key *key, const struct key *parts, size_t nparts)
{
	struct str text;
	struct buf b;

	buf_init(&b, 1u << 20);
	buf_add_char(&b, '{');
	dimensions_json(r, &b, q, g, key->first);
	buf_add_c(&b, ",\"Total\":");
	number(&b, key->total);
	for (size_t p = 0; p < nparts; p++) {
		bool both[CELLS];

		for (size_t i = 0; i < CELLS; i++)
			both[i] = key->cells[i] && parts[p].cells[i];
		buf_add_c(&b, p ? "," : ",\"Partitions\":[");
		number(&b, average_cells(h, both));
	}
	buf_add_c(&b, nparts ? "]}" : "}");
	text = arena_str(r->arena, buf_str(&b));
	buf_release(&b);
	return text;
}

static bool describe_dimension_keys(struct sim_request *r, struct buf *out)
{
	struct cell_filter filters[FILTERS_MAX];
	struct key *keys, *parts = NULL;
	struct grouping by, partition;
	size_t nf, n, nparts = 0;
	struct str items[KEYS_MAX];
	struct question q;
	struct history h;

	if (!find_instance(r, &q) || !read_times(r, &q) || !read_grouping(r, "GroupBy.", &by) ||
	    !read_grouping(r, "PartitionBy.", &partition))
		return false;
	if (!str_eq_c(sim_param(r, "Metric"), "db.load.avg"))
		return invalid(r, "The metric is not valid.");
	read_history(r, &q, &h);
	nf = read_filters(r, "Filter.", filters);
	n = make_keys(r, &q, &by, filters, nf, &keys);
	for (size_t k = 0; k < n; k++)
		keys[k].total = average_cells(&h, keys[k].cells);
	n = order_keys(keys, n, by.limit);
	if (partition.on) {
		nparts = make_keys(r, &q, &partition, filters, nf, &parts);
		for (size_t k = 0; k < nparts; k++)
			parts[k].total = average_cells(&h, parts[k].cells);
		nparts = order_keys(parts, nparts, partition.limit);
	}
	for (size_t k = 0; k < n; k++)
		items[k] = key_json(r, &q, &h, &by, &keys[k], parts, nparts);
	buf_add_char(out, '{');
	times_json(out, &q);
	for (size_t p = 0; p < nparts; p++) {
		buf_add_c(out, p ? ",{" : ",\"PartitionKeys\":[{");
		dimensions_json(r, out, &q, &partition, parts[p].first);
		buf_add_c(out, p + 1 == nparts ? "}]" : "}");
	}
	buf_add_c(out, ",\"Keys\":[");
	return write_page(r, out, items, n);
}

/* ---- GetDimensionKeyDetails ---- */

static bool get_dimension_key_details(struct sim_request *r, struct buf *out)
{
	struct str group = sim_param(r, "Group"), id = sim_param(r, "GroupIdentifier"), asked[10];
	size_t n = sim_param_list(r, "RequestedDimensions.member", asked, ARRAY_LEN(asked));
	struct question q;

	if (!find_instance(r, &q))
		return false;
	if (!str_eq_c(group, "db.sql"))
		return sim_fail(r, 400, "InvalidArgumentException", "The group " STR_FMT " is not valid.",
				STR_ARG(group));
	for (size_t i = 0; i < n; i++)
		if (!str_eq_c(asked[i], "statement") && !str_eq_c(asked[i], "db.sql.statement"))
			return invalid(r, "A requested dimension is not valid.");
	for (size_t s = 0; s < SIM_STATEMENTS; s++) {
		if (!str_eq_c(id, make_id(r, "sql", sim_statements[s].raw)))
			continue;
		buf_add_c(out,
			  "{\"Dimensions\":[{\"Dimension\":\"db.sql.statement\",\"Status\":\"AVAILABLE\",\"Value\":");
		sim_json_str(out, str_c(sim_statements[s].raw));
		buf_add_c(out, "}]}");
		return true;
	}
	return invalid(r, "The group identifier is not valid.");
}

#define FILTER(prefix)                                                                                              \
	prefix "Filter.db.sql.id " prefix "Filter.db.sql.tokenized_id " prefix "Filter.db.sql_tokenized.id " prefix \
	       "Filter.db.wait_event.name " prefix "Filter.db.wait_event.type " prefix                              \
	       "Filter.db.wait_event_type.name " prefix "Filter.db.user.id " prefix "Filter.db.user.name " prefix   \
	       "Filter.db.host.id " prefix "Filter.db.host.name " prefix "Filter.db.application.name " prefix       \
	       "Filter.db.name "
#define GROUPING(prefix) prefix "Group " prefix "Limit " prefix "Dimensions.member.N "
#define COMMON "ServiceType Identifier StartTime EndTime "
#define QUERY "MetricQueries.member.N."

const struct sim_operation sim_pi_operations[] = {
	{"pi", "GetResourceMetrics",
	 COMMON "PeriodInSeconds MaxResults NextToken " QUERY "Metric " GROUPING(QUERY "GroupBy.") FILTER(QUERY),
	 COMMON QUERY "Metric", get_resource_metrics},
	{"pi", "DescribeDimensionKeys",
	 COMMON "Metric PeriodInSeconds MaxResults NextToken " GROUPING("GroupBy.") GROUPING("PartitionBy.") FILTER(""),
	 COMMON "Metric GroupBy.Group", describe_dimension_keys},
	{"pi", "GetDimensionKeyDetails", "ServiceType Identifier Group GroupIdentifier RequestedDimensions.member.N",
	 "ServiceType Identifier Group GroupIdentifier", get_dimension_key_details},
};
const size_t sim_pi_noperations = ARRAY_LEN(sim_pi_operations);
