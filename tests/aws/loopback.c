/*
 * loopback.c: see loopback.h.
 */
#include "aws/loopback.h"

#include "base/clock.h"
#include "base/parse.h"
#include "base/xalloc.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_MAX (4u << 20)
#define ANSWER_MAX (64u << 20)

struct loopback {
	loopback_handler *handler;
	void *ctx;
	int listener, stop[2], port;
	char url[64], certificate[64];
	SSL_CTX *tls;
	pthread_t thread;
	atomic_int connections, requests;
};

struct peer {
	int fd;
	SSL *ssl;
};

static X509 *make_certificate(EVP_PKEY *key)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);
	X509_EXTENSION *alt = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 36000);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"loopback", -1, -1, 0);
	X509_set_issuer_name(x, name);
	X509_set_pubkey(x, key);
	X509_add_ext(x, alt, -1);
	X509_EXTENSION_free(alt);
	CHECK(X509_sign(x, key, EVP_sha256()) > 0);
	return x;
}

static void start_tls(struct loopback *l)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = make_certificate(key);
	int fd;
	FILE *f;

	l->tls = SSL_CTX_new(TLS_server_method());
	CHECK(SSL_CTX_use_certificate(l->tls, x) == 1 && SSL_CTX_use_PrivateKey(l->tls, key) == 1);
	snprintf(l->certificate, sizeof(l->certificate), "/tmp/auroratop-test-ca-XXXXXX");
	fd = mkstemp(l->certificate);
	CHECK(fd >= 0);
	f = fdopen(fd, "w");
	PEM_write_X509(f, x);
	fclose(f);
	X509_free(x);
	EVP_PKEY_free(key);
}

static ssize_t peer_read(struct peer *p, char *to, size_t n)
{
	return p->ssl ? SSL_read(p->ssl, to, (int)n) : read(p->fd, to, n);
}

static bool peer_write(struct peer *p, const char *from, size_t n)
{
	while (n > 0) {
		size_t piece = n > 65536 ? 65536 : n;
		ssize_t done = p->ssl ? SSL_write(p->ssl, from, (int)piece) : send(p->fd, from, piece, MSG_NOSIGNAL);

		if (done <= 0)
			return false;
		from += done;
		n -= (size_t)done;
	}
	return true;
}

/* False: stopped. Waits for data, a hang-up, or the stop. */
static bool wait_for(struct loopback *l, int fd)
{
	struct pollfd fds[2] = {{.fd = l->stop[0], .events = POLLIN}, {.fd = fd, .events = POLLIN}};

	return poll(fds, 2, -1) > 0 && !fds[0].revents;
}

static size_t content_length(struct str head)
{
	long at = str_ifind(head, STR("\r\ncontent-length:"), 0);
	struct str rest, line;
	int64_t n = 0;

	if (at < 0)
		return 0;
	rest = str_sub(head, (size_t)at + 17, head.len);
	if (str_split(&rest, '\r', &line) && parse_i64(str_trim(line), &n))
		return (size_t)n;
	return 0;
}

static bool read_request(struct loopback *l, struct peer *p, struct buf *request)
{
	char piece[16384];

	for (;;) {
		long end = str_find(buf_str(request), STR("\r\n\r\n"), 0);
		ssize_t n;

		if (end >= 0 &&
		    request->len >= (size_t)end + 4 + content_length(str_sub(buf_str(request), 0, (size_t)end + 2)))
			return true;
		if (!(p->ssl && SSL_pending(p->ssl)) && !wait_for(l, p->fd))
			return false;
		n = peer_read(p, piece, sizeof(piece));
		if (n <= 0 || !buf_add(request, piece, (size_t)n))
			return false;
	}
}

/* "SERVICE<tab>TARGET<tab>BODY" as a line of the folder's file, when the request is signed for a service. */
static void keep(struct str request)
{
	const char *folder = getenv("AURORATOP_REQUESTS");
	long scope = str_find(request, STR("Credential="), 0), body = str_find(request, STR("\r\n\r\n"), 0);
	long at = str_ifind(request, STR("\r\nx-amz-target:"), 0);
	struct str rest, service = {NULL, 0}, target = STR("");
	char path[1100];
	FILE *f;

	if (!folder || !*folder || scope < 0 || body < 0)
		return;
	rest = str_sub(request, (size_t)scope, request.len);
	for (int i = 0; i < 4; i++)
		if (!str_split(&rest, '/', &service))
			return;
	if (at >= 0) {
		rest = str_sub(request, (size_t)at + strlen("\r\nx-amz-target:"), request.len);
		(void)str_split(&rest, '\r', &target);
		target = str_trim(target);
	}
	snprintf(path, sizeof(path), "%s/loopback-%ld.txt", folder, (long)getpid());
	f = fopen(path, "ae");
	if (!f)
		return;
	fprintf(f, STR_FMT "\t" STR_FMT "\t" STR_FMT "\n", STR_ARG(service), STR_ARG(target),
		STR_ARG(str_sub(request, (size_t)body + 4, request.len)));
	fclose(f);
}

static void serve(struct loopback *l, struct peer *p)
{
	enum loopback_action action = LOOPBACK_KEEP;
	struct buf request, answer;

	buf_init(&request, REQUEST_MAX);
	buf_init(&answer, ANSWER_MAX);
	while (action == LOOPBACK_KEEP && read_request(l, p, &request)) {
		keep(buf_str(&request));
		action = l->handler(l->ctx, atomic_fetch_add(&l->requests, 1), buf_str(&request), &answer);
		if (!peer_write(p, answer.data, answer.len))
			break;
		buf_clear(&request);
		buf_clear(&answer);
	}
	if (action == LOOPBACK_HANG)
		wait_for(l, p->fd);
	buf_release(&request);
	buf_release(&answer);
}

static void *run(void *arg)
{
	struct loopback *l = arg;

	while (wait_for(l, l->listener)) {
		struct peer p = {.fd = accept(l->listener, NULL, NULL)};

		atomic_fetch_add(&l->connections, 1);
		if (l->tls) {
			p.ssl = SSL_new(l->tls);
			SSL_set_fd(p.ssl, p.fd);
		}
		if (!p.ssl || SSL_accept(p.ssl) == 1)
			serve(l, &p);
		SSL_free(p.ssl);
		close(p.fd);
	}
	return NULL;
}

struct loopback *loopback_start(loopback_handler *handler, void *ctx, bool tls)
{
	struct loopback *l = xalloc(sizeof(*l));
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);

	signal(SIGPIPE, SIG_IGN);
	l->handler = handler;
	l->ctx = ctx;
	if (tls)
		start_tls(l);
	l->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(pipe(l->stop) == 0);
	CHECK(bind(l->listener, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(l->listener, 16) == 0);
	CHECK(getsockname(l->listener, (struct sockaddr *)&a, &len) == 0);
	l->port = ntohs(a.sin_port);
	snprintf(l->url, sizeof(l->url), "http%s://127.0.0.1:%d", tls ? "s" : "", l->port);
	CHECK(pthread_create(&l->thread, NULL, run, l) == 0);
	return l;
}

void loopback_stop(struct loopback *l)
{
	CHECK(write(l->stop[1], "x", 1) == 1);
	pthread_join(l->thread, NULL);
	close(l->listener);
	close(l->stop[0]);
	close(l->stop[1]);
	if (l->tls)
		unlink(l->certificate);
	SSL_CTX_free(l->tls);
	xfree(l);
}

const char *loopback_url(const struct loopback *l)
{
	return l->url;
}

int loopback_port(const struct loopback *l)
{
	return l->port;
}

const char *loopback_certificate(const struct loopback *l)
{
	return l->certificate;
}

int loopback_connections(const struct loopback *l)
{
	return atomic_load(&l->connections);
}

int loopback_requests(const struct loopback *l)
{
	return atomic_load(&l->requests);
}

void loopback_reply(struct buf *answer, int status, const char *headers, const char *body)
{
	buf_addf(answer, "HTTP/1.1 %d Status\r\nContent-Length: %zu\r\n%s\r\n", status, strlen(body), headers);
	buf_add_c(answer, body);
}
