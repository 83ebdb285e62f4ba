/* fake_pooler.c: see fake_pooler.h. */
#include "fake_pooler.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SSL_REQUEST 80877103u

static bool read_all(int fd, char *out, size_t n)
{
	while (n > 0) {
		ssize_t got = read(fd, out, n);

		if (got <= 0)
			return false;
		out += got;
		n -= (size_t)got;
	}
	return true;
}

static bool send_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		p += sent;
		n -= (size_t)sent;
	}
	return true;
}

static uint32_t get32(const char *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return ntohl(v);
}

/* The startup message with its length word; 0 = the client went away. */
static size_t read_startup(int client, char *out, size_t size)
{
	for (;;) {
		uint32_t len;

		if (!read_all(client, out, 8))
			return 0;
		len = get32(out);
		if (len < 8 || len > size)
			return 0;
		if (get32(out + 4) == SSL_REQUEST) {
			send_all(client, "N", 1);
			continue;
		}
		return read_all(client, out + 8, len - 8) ? len : 0;
	}
}

static bool has_options(const char *startup, size_t len)
{
	for (const char *p = startup + 8; p < startup + len && *p; p += strlen(p) + 1)
		if (strcmp(p, "options") == 0)
			return true;
	return false;
}

/* Blanks the value of options: the server then sees none. */
static void blank_options(char *startup, size_t len)
{
	for (char *p = startup + 8; p < startup + len && *p;) {
		char *value = p + strlen(p) + 1;

		if (strcmp(p, "options") == 0)
			memset(value, ' ', strlen(value));
		p = value + strlen(value) + 1;
	}
}

static void refuse(int client)
{
	static const char body[] = "SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: options\0";
	char head[5] = {'E'};
	uint32_t len = htonl(4 + sizeof(body));

	memcpy(head + 1, &len, 4);
	send_all(client, head, 5);
	send_all(client, body, sizeof(body));
}

static int connect_server(const struct fake_pooler *p)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", p->server);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Passes the server's greeting on, with another process id in BackendKeyData. */
static bool pass_greeting(int server, int client, bool keep_id)
{
	char message[4096];

	for (;;) {
		uint32_t len;

		if (!read_all(server, message, 5))
			return false;
		len = get32(message + 1);
		if (len < 4 || len + 1 > sizeof(message) || !read_all(server, message + 5, len - 4))
			return false;
		if (message[0] == 'K' && !keep_id)
			memset(message + 5, 1, 4);
		if (!send_all(client, message, len + 1))
			return false;
		if (message[0] == 'Z')
			return true;
	}
}

static void pass_on(struct fake_pooler *p, int client, int server)
{
	struct pollfd fds[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
	char chunk[8192];
	bool asked = false;

	while (poll(fds, 2, -1) > 0) {
		for (int i = 0; i < 2; i++) {
			ssize_t n;

			if (!fds[i].revents)
				continue;
			n = read(fds[i].fd, chunk, sizeof(chunk));
			/* counted before the client can see the answer */
			p->asks += n > 0 && i == 1 && asked;
			if (n <= 0 || !send_all(fds[1 - i].fd, chunk, (size_t)n))
				return;
			asked = i == 0;
		}
	}
}

static void serve(struct fake_pooler *p, int client)
{
	char startup[4096];
	size_t len = read_startup(client, startup, sizeof(startup));
	int server;

	if (len == 0)
		return;
	if (p->manner == POOLER_SWALLOWS) {
		blank_options(startup, len);
	} else if (p->manner == POOLER_REFUSES && has_options(startup, len)) {
		p->refused++;
		refuse(client);
		return;
	}
	server = connect_server(p);
	if (server < 0)
		return;
	if (send_all(server, startup, len) && pass_greeting(server, client, p->manner != POOLER_REFUSES))
		pass_on(p, client, server);
	close(server);
}

static void *pooler_main(void *arg)
{
	struct fake_pooler *p = arg;
	int client;

	while ((client = accept(p->listener, NULL, NULL)) >= 0) {
		serve(p, client);
		close(client);
	}
	return NULL;
}

void fake_pooler_start(struct fake_pooler *p, const struct pg *pg, enum fake_pooler_manner manner)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);

	*p = (struct fake_pooler){.listener = socket(AF_INET, SOCK_STREAM, 0), .manner = manner};
	snprintf(p->server, sizeof(p->server), "%s/.s.PGSQL.%d", pg->dir, pg->port);
	if (bind(p->listener, (struct sockaddr *)&a, sizeof(a)) || listen(p->listener, 8) ||
	    getsockname(p->listener, (struct sockaddr *)&a, &len))
		abort();
	p->port = ntohs(a.sin_port);
	if (pthread_create(&p->thread, NULL, pooler_main, p))
		abort();
}

void fake_pooler_stop(struct fake_pooler *p)
{
	shutdown(p->listener, SHUT_RDWR);
	pthread_join(p->thread, NULL);
	close(p->listener);
}
