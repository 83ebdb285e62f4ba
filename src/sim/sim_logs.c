/*
 * sim_logs.c: CloudWatch Logs FilterLogEvents, GetLogEvents and DescribeLogStreams.
 *
 * There is one log group for each cluster that exports its log, and one stream for each of its
 * instances; a group that does not exist is refused, as for a cluster without export. Events are
 * those of sim_pglog.c. FilterLogEvents searches at most SCAN_MS of time for one answer: what holds
 * nothing gives an empty page with a token, which clients must follow. GetLogEvents always gives two
 * tokens, and the same one again at the end.
 */
#include "sim/sim_internal.h"

#include "base/sort.h"

#define SCAN_MS (6 * INT64_C(3600000))
#define HISTORY_MS (30 * INT64_C(86400000))
#define PAGE_EVENTS_MAX 10000
#define PAGE_BYTES_MAX (1u << 20)
#define EVENT_OVERHEAD 26 /* bytes an event counts beside its text */
#define STREAMS_MAX SIM_MEMBERS_MAX
#define TERMS_MAX 16
#define TOKEN_MAX 128

/* The cluster of the group that the request names. */
static bool find_group(struct sim_request *r, const struct sim_cluster **ret_cluster)
{
	struct str name = sim_param(r, "logGroupName"), identifier = sim_param(r, "logGroupIdentifier"), rest;
	static const struct str head = {"/aws/rds/cluster/", 17}, tail = {"/postgresql", 11};
	long at;

	if ((name.len > 0) == (identifier.len > 0))
		return sim_fail(r, 400, "InvalidParameterException",
				"Exactly one of logGroupName and logGroupIdentifier must be given");
	rest = name.len > 0 ? name : identifier;
	at = str_find(rest, STR(":log-group:"), 0);
	if (name.len == 0 && at >= 0)
		rest = str_sub(rest, (size_t)at + 11, rest.len);
	*ret_cluster = NULL;
	if (str_starts(rest, head) && str_ends(rest, tail) && rest.len > head.len + tail.len)
		*ret_cluster = sim_cluster_find(r->sim, str_sub(rest, head.len, rest.len - tail.len));
	if (*ret_cluster && (*ret_cluster)->log_exports)
		return true;
	return sim_fail(r, 400, "ResourceNotFoundException", "The specified log group does not exist.");
}

static void stream_name(const struct sim_cluster *c, int member, char out[96])
{
	snprintf(out, 96, "%s.0", c->members[member].id);
}

static bool read_limit(struct sim_request *r, int64_t most, int64_t *ret_limit)
{
	if (!sim_param_int(r, "limit", most, ret_limit))
		return false;
	return (*ret_limit >= 1 && *ret_limit <= most) ||
	       sim_fail(
		       r, 400, "InvalidParameterException",
		       "1 validation error detected: Value '%lld' at 'limit' failed to satisfy constraint: Member must "
		       "have value between 1 and %lld",
		       (long long)*ret_limit, (long long)most);
}

/* ---- which events */

struct wish {
	const struct sim_cluster *cluster;
	bool member[STREAMS_MAX];
	int64_t from_ms, to_ms; /* both inclusive */
	int64_t limit;
	struct term {
		struct str text;
		char sign; /* ' ' must be there, '?' one of these must, '-' must not */
	} terms[TERMS_MAX];
	size_t nterms;
};

static bool read_times(struct sim_request *r, struct wish *w)
{
	int64_t now_ms = r->now_us / US_PER_MS;

	if (!sim_param_int(r, "startTime", 0, &w->from_ms) || !sim_param_int(r, "endTime", INT64_MAX, &w->to_ms))
		return false;
	if (w->from_ms < 0 || w->to_ms < 0)
		return sim_fail(r, 400, "InvalidParameterException", "Times must not be negative");
	if (w->from_ms > w->to_ms)
		return sim_fail(r, 400, "InvalidParameterException", "startTime must not be after endTime");
	if (w->from_ms < now_ms - HISTORY_MS)
		w->from_ms = now_ms - HISTORY_MS;
	return true;
}

static bool read_streams(struct sim_request *r, struct wish *w)
{
	struct str names[100], prefix = sim_param(r, "logStreamNamePrefix");
	size_t n = sim_param_list(r, "logStreamNames.member", names, ARRAY_LEN(names));

	if (n > 0 && prefix.len > 0)
		return sim_fail(r, 400, "InvalidParameterException",
				"logStreamNames and logStreamNamePrefix cannot be used together");
	for (int m = 0; m < w->cluster->nmembers; m++) {
		char name[96];

		stream_name(w->cluster, m, name);
		w->member[m] = n == 0 && str_starts(str_c(name), prefix);
		for (size_t i = 0; i < n; i++)
			w->member[m] |= str_eq_c(names[i], name);
	}
	return true;
}

/* Words and quoted text, with ? or - before them: the part of the pattern language that needs no structure. */
static bool read_pattern(struct sim_request *r, struct wish *w)
{
	struct str rest = str_trim(sim_param(r, "filterPattern"));

	while (rest.len > 0) {
		struct term t = {.sign = ' '};
		size_t end;

		if (rest.ptr[0] == '?' || rest.ptr[0] == '-') {
			t.sign = rest.ptr[0];
			rest = str_sub(rest, 1, rest.len);
		}
		if (rest.len > 0 && rest.ptr[0] == '"') {
			long close = str_find(rest, STR("\""), 1);

			if (close < 0)
				return sim_fail(r, 400, "InvalidParameterException", "Invalid filter pattern");
			t.text = str_sub(rest, 1, (size_t)close);
			end = (size_t)close + 1;
		} else {
			for (end = 0; end < rest.len && rest.ptr[end] != ' '; end++)
				;
			t.text = str_sub(rest, 0, end);
		}
		if (t.text.len == 0 || w->nterms == TERMS_MAX || strchr("{[%", t.text.ptr[0]))
			return sim_fail(r, 400, "InvalidParameterException", "Invalid filter pattern");
		w->terms[w->nterms++] = t;
		rest = str_trim(str_sub(rest, end, rest.len));
	}
	return true;
}

static bool matches(const struct wish *w, const struct sim_log_event *e)
{
	struct str text = {e->text, e->len};
	bool any = false, wants_any = false;

	if (!w->member[e->member] || e->at_ms < w->from_ms || e->at_ms > w->to_ms)
		return false;
	for (size_t i = 0; i < w->nterms; i++) {
		bool there = str_find(text, w->terms[i].text, 0) >= 0;

		if (w->terms[i].sign == '?') {
			wants_any = true;
			any |= there;
		} else if (there == (w->terms[i].sign == '-')) {
			return false;
		}
	}
	return any || !wants_any;
}

static int by_time(uint32_t a, uint32_t b, void *ctx)
{
	const struct sim_logs *l = ctx;
	const struct sim_log_event *x = sim_logs_at(l, a), *y = sim_logs_at(l, b);

	if (x->at_ms != y->at_ms)
		return x->at_ms < y->at_ms ? -1 : 1;
	return (x->seq > y->seq) - (x->seq < y->seq);
}

/* Matching events in the order of time. */
static size_t select_events(struct sim_request *r, const struct wish *w, const struct sim_logs *l, uint32_t **ret_index)
{
	size_t total = sim_logs_count(l), n = 0;
	uint32_t *index = arena_alloc_array(r->arena, total + 1, sizeof(*index));
	uint32_t *scratch = arena_alloc_array(r->arena, total + 1, sizeof(*scratch));

	for (size_t i = 0; i < total; i++)
		if (matches(w, sim_logs_at(l, i)))
			index[n++] = (uint32_t)i;
	sort_indices(index, scratch, n, by_time, (void *)(uintptr_t)l);
	*ret_index = index;
	return n;
}

static void event_json(struct buf *out, const struct sim_cluster *c, const struct sim_log_event *e, bool filtered)
{
	char name[96];

	if (filtered) {
		stream_name(c, e->member, name);
		buf_add_c(out, "{\"logStreamName\":");
		sim_json_str(out, str_c(name));
		buf_add_c(out, ",");
	} else {
		buf_add_c(out, "{");
	}
	buf_addf(out, "\"timestamp\":%lld,\"message\":", (long long)e->at_ms);
	sim_json_str(out, (struct str){e->text, e->len});
	buf_addf(out, ",\"ingestionTime\":%lld", (long long)e->read_ms);
	if (filtered)
		buf_addf(out, ",\"eventId\":\"3%019lld%036llu\"", (long long)e->at_ms, (unsigned long long)e->seq);
	buf_add_char(out, '}');
}

/* ---- FilterLogEvents: a token is a time and a sequence number */

static void put_token(const struct sim_request *r, int64_t at_ms, uint64_t seq, char out[TOKEN_MAX])
{
	sim_token(r, (uint64_t)at_ms, out, TOKEN_MAX);
	sim_token(r, seq, out + strlen(out), TOKEN_MAX - strlen(out));
}

static bool read_token(struct sim_request *r, int64_t *at_ms, uint64_t *seq)
{
	struct str token = sim_param(r, "nextToken");
	uint64_t time = 0;

	if (token.len == 0)
		return true;
	if (token.len % 2 != 0 || !sim_token_parse(r, str_sub(token, 0, token.len / 2), &time) ||
	    !sim_token_parse(r, str_sub(token, token.len / 2, token.len), seq))
		return sim_fail(r, 400, "InvalidParameterException", "The specified nextToken is invalid.");
	*at_ms = (int64_t)time;
	return true;
}

static void searched_json(struct buf *out, const struct wish *w)
{
	bool first = true;

	buf_add_c(out, "],\"searchedLogStreams\":[");
	for (int m = 0; m < w->cluster->nmembers; m++) {
		char name[96];

		if (!w->member[m])
			continue;
		stream_name(w->cluster, m, name);
		buf_add_c(out, first ? "{\"logStreamName\":" : ",{\"logStreamName\":");
		first = false;
		sim_json_str(out, str_c(name));
		buf_add_c(out, ",\"searchedCompletely\":true}");
	}
	buf_add_char(out, ']');
}

/* Matching events in order. */
struct hits {
	const struct sim_logs *l;
	uint32_t *index;
	size_t n;
};

/* Where a search stands. */
struct place {
	int64_t at_ms, end_ms; /* end_ms: as far as this answer searches */
	uint64_t seq;
};

static bool find_place(struct sim_request *r, const struct wish *w, const struct hits *h, struct place *p)
{
	p->at_ms = w->from_ms;
	if (!read_token(r, &p->at_ms, &p->seq))
		return false;
	/* a search without a start begins with what there is */
	if (!sim_param(r, "startTime").ptr && h->n > 0 && p->at_ms < sim_logs_at(h->l, h->index[0])->at_ms)
		p->at_ms = sim_logs_at(h->l, h->index[0])->at_ms;
	p->end_ms = p->at_ms + SCAN_MS;
	return true;
}

static bool within(const struct place *p, const struct sim_log_event *e)
{
	return e->at_ms < p->end_ms && (e->at_ms > p->at_ms || (e->at_ms == p->at_ms && e->seq >= p->seq));
}

/* One page from the place; token is that of the next one, "" when the search is at its end. */
static void filter_page(struct sim_request *r, const struct wish *w, const struct hits *h, const struct place *p,
			struct buf *out, char token[TOKEN_MAX])
{
	int64_t now_ms = r->now_us / US_PER_MS, last_ms = w->to_ms < now_ms ? w->to_ms : now_ms, written = 0;
	size_t bytes = 0;

	for (size_t i = 0; i < h->n; i++) {
		const struct sim_log_event *e = sim_logs_at(h->l, h->index[i]);

		if (!within(p, e))
			continue;
		bytes += e->len + EVENT_OVERHEAD;
		if (written == w->limit || (written > 0 && bytes > PAGE_BYTES_MAX)) {
			put_token(r, e->at_ms, e->seq, token);
			return;
		}
		buf_add_c(out, written++ ? "," : "");
		event_json(out, w->cluster, e, true);
	}
	if (p->end_ms <= last_ms)
		put_token(r, p->end_ms, 0, token);
}

static bool filter_events(struct sim_request *r, struct buf *out)
{
	struct hits h = {.l = sim_logs_read(r->sim)};
	struct wish w = {.nterms = 0};
	struct place p = {.seq = 0};
	char token[TOKEN_MAX] = "";

	if (!find_group(r, &w.cluster) || !read_times(r, &w) || !read_streams(r, &w) || !read_pattern(r, &w) ||
	    !read_limit(r, PAGE_EVENTS_MAX, &w.limit))
		return false;
	h.n = select_events(r, &w, h.l, &h.index);
	if (!find_place(r, &w, &h, &p))
		return false;
	buf_add_c(out, "{\"events\":[");
	filter_page(r, &w, &h, &p, out, token);
	searched_json(out, &w);
	if (token[0])
		buf_addf(out, ",\"nextToken\":\"%s\"", token);
	buf_add_char(out, '}');
	return true;
}

/* ---- GetLogEvents */

static bool find_stream(struct sim_request *r, struct wish *w)
{
	struct str name = sim_param(r, "logStreamName");

	for (int m = 0; m < w->cluster->nmembers; m++) {
		char own[96];

		stream_name(w->cluster, m, own);
		w->member[m] = str_eq_c(name, own);
		if (w->member[m])
			return true;
	}
	return sim_fail(r, 400, "ResourceNotFoundException", "The specified log stream does not exist.");
}

/* "f/TOKEN" goes on after an event, "b/TOKEN" before it. */
static bool read_direction(struct sim_request *r, char *ret_way, uint64_t *ret_seq)
{
	struct str token = sim_param(r, "nextToken");
	bool head;

	if (!sim_param_bool(r, "startFromHead", &head))
		return false;
	*ret_way = head ? 'h' : 't';
	if (token.len == 0)
		return true;
	*ret_way = token.ptr[0];
	if ((*ret_way == 'f' || *ret_way == 'b') && token.len > 2 && token.ptr[1] == '/' &&
	    sim_token_parse(r, str_sub(token, 2, token.len), ret_seq))
		return true;
	return sim_fail(r, 400, "InvalidParameterException", "The specified nextToken is invalid.");
}

/* The part of the events that one answer holds. */
static void cut_page(const struct sim_logs *l, const uint32_t *index, size_t n, char way, uint64_t seq, int64_t limit,
		     size_t *ret_from, size_t *ret_to)
{
	size_t from = 0, to = n, bytes = 0;

	while (way == 'f' && from < n && sim_logs_at(l, index[from])->seq <= seq)
		from++;
	while (way == 'b' && to > 0 && sim_logs_at(l, index[to - 1])->seq >= seq)
		to--;
	if (way == 'f' || way == 'h') {
		size_t end = from;

		while (end < to && (int64_t)(end - from) < limit && bytes < PAGE_BYTES_MAX)
			bytes += sim_logs_at(l, index[end++])->len + EVENT_OVERHEAD;
		to = end;
	} else {
		size_t begin = to;

		while (begin > 0 && (int64_t)(to - begin) < limit && bytes < PAGE_BYTES_MAX)
			bytes += sim_logs_at(l, index[--begin])->len + EVENT_OVERHEAD;
		from = begin;
	}
	*ret_from = from;
	*ret_to = to;
}

static bool get_events(struct sim_request *r, struct buf *out)
{
	const struct sim_logs *l = sim_logs_read(r->sim);
	struct wish w = {.nterms = 0};
	char way, forward[64], backward[64];
	uint64_t seq = 0, after, before;
	size_t n, from, to;
	uint32_t *index;

	if (!find_group(r, &w.cluster) || !find_stream(r, &w) || !read_times(r, &w) ||
	    !read_limit(r, PAGE_EVENTS_MAX, &w.limit) || !read_direction(r, &way, &seq))
		return false;
	/* here the end does not belong to the range */
	w.to_ms -= w.to_ms < INT64_MAX;
	n = select_events(r, &w, l, &index);
	cut_page(l, index, n, way, seq, w.limit, &from, &to);
	buf_add_c(out, "{\"events\":[");
	for (size_t i = from; i < to; i++) {
		buf_add_c(out, i > from ? "," : "");
		event_json(out, w.cluster, sim_logs_at(l, index[i]), false);
	}
	after = to > from ? sim_logs_at(l, index[to - 1])->seq : way == 'b' ? seq - (seq > 0) : seq;
	before = to > from ? sim_logs_at(l, index[from])->seq : way == 'f' ? seq + 1 : seq;
	sim_token(r, after, forward, sizeof(forward));
	sim_token(r, before, backward, sizeof(backward));
	buf_addf(out, "],\"nextForwardToken\":\"f/%s\",\"nextBackwardToken\":\"b/%s\"}", forward, backward);
	return true;
}

/* ---- DescribeLogStreams */

struct stream {
	int member;
	int64_t first_ms, last_ms, read_ms; /* 0 = empty */
	char name[96];
};

static size_t list_streams(struct sim_request *r, const struct sim_cluster *c, struct stream out[STREAMS_MAX])
{
	const struct sim_logs *l = sim_logs_read(r->sim);
	struct str prefix = sim_param(r, "logStreamNamePrefix");
	size_t n = 0;

	for (int m = 0; m < c->nmembers; m++) {
		struct stream s = {.member = m};

		stream_name(c, m, s.name);
		for (size_t i = 0; i < sim_logs_count(l); i++) {
			const struct sim_log_event *e = sim_logs_at(l, i);

			if (e->member != m)
				continue;
			if (!s.first_ms)
				s.first_ms = e->at_ms;
			s.last_ms = e->at_ms > s.last_ms ? e->at_ms : s.last_ms;
			s.read_ms = e->read_ms;
		}
		if (str_starts(str_c(s.name), prefix))
			out[n++] = s;
	}
	return n;
}

struct stream_order {
	const struct stream *streams;
	bool by_time, descending;
};

static int compare_streams(uint32_t a, uint32_t b, void *ctx)
{
	const struct stream_order *o = ctx;
	const struct stream *x = &o->streams[a], *y = &o->streams[b];
	int way = o->by_time ? (x->last_ms > y->last_ms) - (x->last_ms < y->last_ms) : strcmp(x->name, y->name);

	return o->descending ? -way : way;
}

static void stream_json(struct sim_request *r, struct buf *out, const struct sim_cluster *c, const struct stream *s)
{
	buf_add_c(out, "{\"logStreamName\":");
	sim_json_str(out, str_c(s->name));
	buf_addf(out, ",\"creationTime\":%lld", (long long)((r->sim->epoch_us - c->age_us) / US_PER_MS));
	if (s->first_ms)
		buf_addf(out, ",\"firstEventTimestamp\":%lld,\"lastEventTimestamp\":%lld,\"lastIngestionTime\":%lld",
			 (long long)s->first_ms, (long long)s->last_ms, (long long)s->read_ms);
	buf_addf(out,
		 ",\"uploadSequenceToken\":\"%056llu\",\"arn\":\"arn:%s:logs:%s:" SIM_ACCOUNT
		 ":log-group:/aws/rds/cluster/%s/postgresql:log-stream:%s\",\"storedBytes\":0}",
		 (unsigned long long)c->hash, sim_partition(r->sim), r->sim->o.region, c->id, s->name);
}

struct stream_page {
	const struct sim_cluster *cluster;
	struct stream streams[STREAMS_MAX];
	uint32_t index[STREAMS_MAX];
	size_t n, first, end;
};

static bool read_stream_page(struct sim_request *r, struct stream_page *p)
{
	struct str order = sim_param(r, "orderBy"), token = sim_param(r, "nextToken");
	struct stream_order o = {.streams = p->streams, .by_time = str_eq_c(order, "LastEventTime")};
	uint32_t scratch[STREAMS_MAX];
	uint64_t first = 0;
	int64_t limit;

	if (!find_group(r, &p->cluster) || !sim_param_bool(r, "descending", &o.descending) ||
	    !read_limit(r, 50, &limit))
		return false;
	if (order.len > 0 && !o.by_time && !str_eq_c(order, "LogStreamName"))
		return sim_fail(r, 400, "InvalidParameterException", "orderBy is LogStreamName or LastEventTime");
	if (o.by_time && sim_param(r, "logStreamNamePrefix").len > 0)
		return sim_fail(r, 400, "InvalidParameterException",
				"Cannot order by LastEventTime with a logStreamNamePrefix.");
	if (token.len > 0 && !sim_token_parse(r, token, &first))
		return sim_fail(r, 400, "InvalidParameterException", "The specified nextToken is invalid.");
	p->n = list_streams(r, p->cluster, p->streams);
	for (size_t i = 0; i < p->n; i++)
		p->index[i] = (uint32_t)i;
	sort_indices(p->index, scratch, p->n, compare_streams, &o);
	p->first = first < p->n ? (size_t)first : p->n;
	p->end = p->n - p->first > (size_t)limit ? p->first + (size_t)limit : p->n;
	return true;
}

static bool describe_streams(struct sim_request *r, struct buf *out)
{
	struct stream_page p;

	if (!read_stream_page(r, &p))
		return false;
	buf_add_c(out, "{\"logStreams\":[");
	for (size_t i = p.first; i < p.end; i++) {
		buf_add_c(out, i > p.first ? "," : "");
		stream_json(r, out, p.cluster, &p.streams[p.index[i]]);
	}
	buf_add_char(out, ']');
	if (p.end < p.n) {
		char next[64];

		sim_token(r, p.end, next, sizeof(next));
		buf_addf(out, ",\"nextToken\":\"%s\"", next);
	}
	buf_add_char(out, '}');
	return true;
}

#define GROUP "logGroupName logGroupIdentifier nextToken limit "

/* clang-format off */
const struct sim_operation sim_logs_operations[] = {
	{"logs", "FilterLogEvents", GROUP "logStreamNames.member.N logStreamNamePrefix startTime endTime filterPattern interleaved unmask",
	 "", filter_events},
	{"logs", "GetLogEvents", GROUP "logStreamName startTime endTime startFromHead unmask", "logStreamName", get_events},
	{"logs", "DescribeLogStreams", GROUP "logStreamNamePrefix orderBy descending", "", describe_streams},
};
/* clang-format on */
const size_t sim_logs_noperations = ARRAY_LEN(sim_logs_operations);
