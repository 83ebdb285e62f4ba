/*
 * sim_http.c: the HTTP server around the services, on libmicrohttpd.
 *
 * One thread per connection, so that a request which is delayed or hangs on purpose holds
 * up nobody else; a waiting request ends early when faults are cleared, the server
 * stops or the peer goes away. A request is collected whole (at most SIM_BODY_MAX) and
 * keeps its raw request line, which the signature check needs. The Date header is ours,
 * because the clock may be a test's or skewed.
 */
#include "sim/sim_internal.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>

#define HEADERS_MAX 64
#define CONNECTIONS_MAX 256
#define WAIT_SLICE_US (50 * US_PER_MS)

/* One request from first line to last byte. */
struct call {
	struct arena *arena;
	struct str uri;
	struct buf body;
	bool started, too_large;
	struct sim_header headers[HEADERS_MAX];
	size_t nheaders;
};

static void *call_new(void *cls, const char *uri, struct MHD_Connection *connection)
{
	struct call *c = xalloc(sizeof(*c));

	(void)cls;
	(void)connection;
	c->arena = arena_new(16384, SIM_ARENA_MAX);
	c->uri = arena_str(c->arena, str_c(uri));
	buf_init(&c->body, SIM_BODY_MAX);
	return c;
}

static void call_free(void *cls, struct MHD_Connection *connection, void **con_cls, enum MHD_RequestTerminationCode why)
{
	struct call *c = *con_cls;

	(void)cls;
	(void)connection;
	(void)why;
	if (!c)
		return;
	buf_release(&c->body);
	arena_free(c->arena);
	xfree(c);
	*con_cls = NULL;
}

static enum MHD_Result take_header(void *cls, enum MHD_ValueKind kind, const char *key, const char *value)
{
	struct call *c = cls;

	(void)kind;
	if (c->nheaders == HEADERS_MAX)
		return MHD_NO;
	c->headers[c->nheaders].name = str_c(key);
	c->headers[c->nheaders++].value = str_c(value ? value : "");
	return MHD_YES;
}

static void add_date(struct MHD_Response *response, int64_t now_us)
{
	static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct civil t;
	char text[64];

	clock_civil(now_us, &t);
	snprintf(text, sizeof(text), "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", days + 3 * t.weekday, t.day,
		 months + 3 * (t.month - 1), t.year, t.hour, t.minute, t.second);
	MHD_add_response_header(response, MHD_HTTP_HEADER_DATE, text);
}

/* Promises the whole body and breaks off in the middle. */
struct half {
	char *data;
	size_t len;
};

static ssize_t half_read(void *cls, uint64_t pos, char *out, size_t max)
{
	struct half *h = cls;
	size_t n = h->len / 2 > pos ? h->len / 2 - (size_t)pos : 0;

	if (n == 0)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	n = n < max ? n : max;
	memcpy(out, h->data + pos, n);
	return (ssize_t)n;
}

static void half_free(void *cls)
{
	struct half *h = cls;

	xfree(h->data);
	xfree(h);
}

static struct MHD_Response *response_new(struct buf *body, bool truncate)
{
	struct half *h;

	if (!truncate)
		return MHD_create_response_from_buffer(body->len, (void *)(uintptr_t)buf_c(body),
						       MHD_RESPMEM_MUST_COPY);
	h = xalloc(sizeof(*h));
	h->data = buf_take(body, &h->len);
	return MHD_create_response_from_callback(h->len, 4096, half_read, h, half_free);
}

static enum MHD_Result queue(struct MHD_Connection *connection, int status, struct MHD_Response *response)
{
	enum MHD_Result result = MHD_queue_response(connection, (unsigned)status, response);

	MHD_destroy_response(response);
	return result;
}

static bool peer_gone(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct pollfd p = {.fd = info ? info->connect_fd : -1, .events = POLLRDHUP};

	return poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

/* Sleeps until due_us (-1 = for ever), or until something ends it. True = go on and answer. */
static bool wait_until(struct sim *s, struct MHD_Connection *connection, int64_t due_us)
{
	uint64_t clears;
	bool alive = true;

	pthread_mutex_lock(&s->lock);
	clears = s->clears;
	while (alive && !s->stopping && s->clears == clears) {
		struct timespec ts;
		int64_t nap = WAIT_SLICE_US;

		clock_gettime(CLOCK_MONOTONIC, &ts);
		if (due_us >= 0) {
			int64_t left = due_us - (ts.tv_sec * US_PER_S + ts.tv_nsec / 1000);

			if (left <= 0)
				break;
			nap = left < nap ? left : nap;
		}
		ts.tv_nsec += (long)(nap * 1000);
		ts.tv_sec += ts.tv_nsec / 1000000000;
		ts.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&s->changed, &s->lock, &ts);
		alive = !peer_gone(connection);
	}
	alive = alive && !s->stopping;
	pthread_mutex_unlock(&s->lock);
	return alive;
}

static bool delay(struct sim_request *r, struct MHD_Connection *connection)
{
	struct timespec ts;

	if (r->plan.kind == SIM_FAULT_HANG) {
		int64_t left = r->plan.left_us;

		clock_gettime(CLOCK_MONOTONIC, &ts);
		wait_until(r->sim, connection, left ? ts.tv_sec * US_PER_S + ts.tv_nsec / 1000 + left : -1);
		r->status = 0;
		pthread_mutex_lock(&r->sim->lock);
		sim_log_add(r->sim, r);
		pthread_mutex_unlock(&r->sim->lock);
		return false;
	}
	if (r->plan.delay_us == 0)
		return true;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return wait_until(r->sim, connection, ts.tv_sec * US_PER_S + ts.tv_nsec / 1000 + r->plan.delay_us);
}

static enum MHD_Result serve_aws(struct sim *s, struct MHD_Connection *connection, struct call *c,
				 const struct sim_http *http)
{
	struct sim_request r = {.sim = s, .arena = c->arena, .http = http};
	struct MHD_Response *response;
	int64_t now_us;

	sim_prepare(&r);
	if (!delay(&r, connection)) {
		buf_release(&r.body);
		return MHD_NO; /* closes the connection */
	}
	sim_serve(&r);
	pthread_mutex_lock(&s->lock);
	now_us = sim_auth_now(s) + r.plan.skew_us;
	pthread_mutex_unlock(&s->lock);
	response = response_new(&r.body, r.plan.kind == SIM_FAULT_TRUNCATE);
	buf_release(&r.body);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, r.content_type);
	MHD_add_response_header(response, "x-amzn-RequestId", r.id);
	if (r.json && r.code && sim_header(http, "x-amzn-query-mode").len > 0) {
		struct str text = arena_fmt(c->arena, "%s;%s", r.code, r.status < 500 ? "Sender" : "Receiver");

		MHD_add_response_header(response, "x-amzn-query-error", arena_strz(c->arena, text));
	}
	add_date(response, now_us);
	return queue(connection, r.status, response);
}

static enum MHD_Result serve(struct sim *s, struct MHD_Connection *connection, const char *method, struct call *c)
{
	struct sim_http http = {.method = str_c(method), .body = buf_str(&c->body), .headers = c->headers};
	long mark = str_find(c->uri, STR("?"), 0);
	struct MHD_Response *response;
	struct buf out;
	int status;

	MHD_get_connection_values(connection, MHD_HEADER_KIND, take_header, c);
	http.nheaders = c->nheaders;
	http.path = str_sub(c->uri, 0, mark < 0 ? c->uri.len : (size_t)mark);
	http.query = str_sub(c->uri, mark < 0 ? c->uri.len : (size_t)mark + 1, c->uri.len);
	if (!c->too_large && !str_starts(http.path, STR("/_sim/")))
		return serve_aws(s, connection, c, &http);
	if (c->too_large) {
		buf_init(&out, 64);
		buf_add_c(&out, "request too large\n");
		status = 413;
	} else {
		status = sim_admin(s, &http, &out);
	}
	response = response_new(&out, false);
	buf_release(&out);
	add_date(response, clock_wall_us());
	return queue(connection, status, response);
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
			      const char *version, const char *data, size_t *size, void **con_cls)
{
	struct call *c = *con_cls;

	(void)url;
	(void)version;
	if (!c->started) {
		c->started = true;
		return MHD_YES;
	}
	if (*size == 0)
		return serve(cls, connection, method, c);
	if (!buf_add(&c->body, data, *size))
		c->too_large = true;
	*size = 0;
	return MHD_YES;
}

bool sim_http_start(struct sim *s, struct err *err)
{
	bool tls = s->o.tls_cert != NULL;
	unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL |
			 MHD_USE_SUPPRESS_DATE_NO_CLOCK | (tls ? MHD_USE_TLS : 0u);
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(s->o.port)};
	struct MHD_OptionItem tls_options[] = {
		{MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)s->o.tls_key},
		{MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)s->o.tls_cert},
		{MHD_OPTION_END, 0, NULL},
	};
	const union MHD_DaemonInfo *info;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->daemon = MHD_start_daemon(flags, s->o.port, NULL, NULL, handle, s, MHD_OPTION_SOCK_ADDR, &address,
				     MHD_OPTION_URI_LOG_CALLBACK, call_new, NULL, MHD_OPTION_NOTIFY_COMPLETED,
				     call_free, NULL, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
				     MHD_OPTION_CONNECTION_TIMEOUT, 120u, MHD_OPTION_ARRAY,
				     tls ? tls_options : &tls_options[2], MHD_OPTION_END);
	if (!s->daemon)
		return err_set(err, ERR_IO, "the simulated endpoint cannot listen on 127.0.0.1 port %u", s->o.port);
	info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT);
	s->port = info ? info->port : s->o.port;
	return true;
}

void sim_http_stop(struct sim *s)
{
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	MHD_stop_daemon(s->daemon);
}
