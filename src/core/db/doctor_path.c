/*
 * doctor_path.c: the steps before TLS: what this host is, what the names lead to, whether the port answers.
 *
 * The address this host leaves with is what the kernel's routes say for the server's address: a datagram socket is
 * connected, which sends nothing. The TCP connection is our own and closed at once, so that its time is that of the
 * network alone. Names are resolved as connecting resolves them; aliases and TTL come from the name servers beside
 * that and are never waited for long.
 */
#include "db/doctor.h"

#include "base/clock.h"
#include "model/data.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* Of the documentation: only the route to it is asked for. */
#define ANYWHERE "192.0.2.1"
#define PORT_ANY 9

/* Appends to a text of fixed size; what does not fit is left out as a whole. */
static void append(char *text, size_t size, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void append(char *text, size_t size, const char *fmt, ...)
{
	size_t used = strlen(text);
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text + used, size - used, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= size - used)
		text[used] = '\0';
}

static void list_addresses(char *text, size_t size, const struct resolved *found)
{
	for (size_t i = 0; i < found->n; i++)
		append(text, size, "%s%s", i ? ", " : "", found->addrs[i]);
}

/* ---- names ---- */

static void add_place(struct doctor *d, struct str host, const char *addr, struct str port)
{
	struct doctor_place *p;

	if (d->nplaces >= DOCTOR_PLACES_MAX)
		return;
	p = &d->places[d->nplaces++];
	(void)snprintf(p->host, sizeof(p->host), STR_FMT, STR_ARG(host.len > 0 ? host : str_c(addr)));
	(void)snprintf(p->addr, sizeof(p->addr), "%s", addr);
	(void)snprintf(p->port, sizeof(p->port), STR_FMT, STR_ARG(port));
	if (!d->has_server)
		d->has_server = net_addr_parse(str_c(addr), &d->server);
}

/* The whole list of hosts as libpq reads it: addresses stand beside names, one port serves all. */
struct hosts {
	struct str hosts, addrs, ports;
	struct str host, addr, port; /* of the next one */
};

static bool next_host(struct hosts *h)
{
	bool host = str_split(&h->hosts, ',', &h->host), addr = str_split(&h->addrs, ',', &h->addr);

	(void)str_split(&h->ports, ',', &h->port);
	h->host = host ? h->host : STR("");
	h->addr = addr ? h->addr : STR("");
	return host || addr;
}

static bool copy_word(struct str word, char *out, size_t size)
{
	return word.len < size && snprintf(out, size, STR_FMT, STR_ARG(word)) >= 0;
}

/* Resolves one name into places. False: it leads nowhere, or ERR_CANCELLED. */
static bool add_name(struct doctor *d, const struct hosts *h, struct resolved *ret_found, struct err *err)
{
	char name[256];

	*ret_found = (struct resolved){0};
	if (!copy_word(h->host, name, sizeof(name)))
		return err_set(err, ERR_USAGE, "a host name of %zu bytes", h->host.len);
	fetch_doing(d->f, "looking up %s", name);
	if (!resolve_host(d->f, name, ret_found, err))
		return false;
	for (size_t i = 0; i < ret_found->n; i++)
		add_place(d, h->host, ret_found->addrs[i], h->port);
	return true;
}

/* Which member, or which of the cluster's endpoints, a host name is. "" = none of them. */
static void name_role(const struct doctor *d, const char *host, char *out, size_t size)
{
	const struct snapshot *clusters = d->f->inputs[DOCTOR_CLUSTERS], *instances = d->f->inputs[DOCTOR_INSTANCES];
	long row = data_find(instances, "endpoint", str_c(host));

	out[0] = '\0';
	if (row >= 0)
		append(out, size, "the %s " STR_FMT,
		       str_eq_c(data_str(instances, (size_t)row, "role"), "writer") ? "writer" : "reader",
		       STR_ARG(data_str(instances, (size_t)row, "identifier")));
	else if (data_find(clusters, "endpoint", str_c(host)) >= 0)
		append(out, size, "the writer endpoint");
	else if (data_find(clusters, "reader_endpoint", str_c(host)) >= 0)
		append(out, size, "the reader endpoint");
}

static bool share_address(const struct resolved *a, const struct resolved *b)
{
	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < b->n; k++)
			if (strcmp(a->addrs[i], b->addrs[k]) == 0)
				return true;
	return false;
}

/* One endpoint of the cluster, for the evidence. False: the name service does not answer, or ERR_CANCELLED. */
static bool look_up_endpoint(struct doctor *d, const char *what, struct str name, struct resolved *ret_found,
			     struct err *err)
{
	struct doctor_said *s = &d->steps[STEP_DNS];
	char host[256], list[200] = "";

	*ret_found = (struct resolved){0};
	if (name.len == 0 || !copy_word(name, host, sizeof(host)))
		return true;
	if (!resolve_host(d->f, host, ret_found, err) &&
	    (err->code == ERR_CANCELLED || strstr(err->text, "not answer")))
		return false;
	list_addresses(list, sizeof(list), ret_found);
	append(s->evidence, sizeof(s->evidence), "%s%s: %s", s->evidence[0] ? "; " : "", what,
	       list[0] ? list : "leads nowhere");
	return true;
}

/* After a failover the cluster's name leads to the old writer as long as some name server keeps it. */
static bool check_endpoints(struct doctor *d, struct err *err)
{
	const struct snapshot *clusters = d->f->inputs[DOCTOR_CLUSTERS], *instances = d->f->inputs[DOCTOR_INSTANCES];
	long c = data_find(clusters, "identifier", str_c(d->target->cluster)), w;
	struct resolved cluster, writer, readers;
	struct str name, named;

	if (c < 0)
		return true;
	named = data_str(clusters, (size_t)c, "writer");
	w = data_find(instances, "identifier", named);
	name = data_str(clusters, (size_t)c, "endpoint");
	if (!look_up_endpoint(d, "writer endpoint", name, &cluster, err) ||
	    !look_up_endpoint(d, "writer instance", w < 0 ? STR("") : data_str(instances, (size_t)w, "endpoint"),
			      &writer, err) ||
	    !look_up_endpoint(d, "reader endpoint", data_str(clusters, (size_t)c, "reader_endpoint"), &readers, err))
		return err->code != ERR_CANCELLED;
	if (cluster.n == 0 || writer.n == 0 || share_address(&cluster, &writer))
		return true;
	append(d->steps[STEP_DNS].sentence, sizeof(d->steps[STEP_DNS].sentence),
	       "; " STR_FMT " leads to %s, not to the writer " STR_FMT " (%s)", STR_ARG(name), cluster.addrs[0],
	       STR_ARG(named), writer.addrs[0]);
	d->steps[STEP_DNS].state = STEP_WARNING;
	doctor_remedy(d, STEP_DNS,
		      "after a failover the old address is kept for a time: connect to the instance endpoint, or wait");
	return true;
}

/* A name was asked for and leads somewhere. */
static bool tell_name(struct doctor *d, const char *host, const struct resolved *found, struct err *err)
{
	struct doctor_said *s = &d->steps[STEP_DNS];
	char list[200] = "", role[160];
	struct resolve_records records;

	list_addresses(list, sizeof(list), found);
	name_role(d, host, role, sizeof(role));
	doctor_say(d, STEP_DNS, STEP_OK, "%s%s%s", list, role[0] ? ", " : "", role);
	if (resolve_records(d->f, host, &records)) {
		append(s->sentence, sizeof(s->sentence), ", TTL %lld s", (long long)records.ttl_s);
		if (records.target[0])
			append(s->evidence, sizeof(s->evidence), "an alias of %s", records.target);
	}
	return check_endpoints(d, err);
}

/* No name to look up: a socket, an address, or an address that stands for the name. */
static bool skip_names(struct doctor *d)
{
	struct net_addr numeric;

	if (d->only_judge)
		doctor_say(d, STEP_DNS, STEP_SKIPPED, "about this host only");
	else if (d->socket)
		doctor_say(d, STEP_DNS, STEP_SKIPPED, "a socket of this host%s%s", d->host[0] ? ": " : "", d->host);
	else if (!d->host[0])
		doctor_say(d, STEP_DNS, STEP_UNKNOWN, "no endpoint is known");
	else if (d->described && d->login.hostaddr[0] && d->login.host[0])
		doctor_say(d, STEP_DNS, STEP_SKIPPED, "not looked up: hostaddr=%s stands for %s", d->login.hostaddr,
			   d->login.host);
	else if (net_addr_parse(str_c(d->host), &numeric))
		doctor_say(d, STEP_DNS, STEP_SKIPPED, "%s is an address", d->host);
	else
		return false;
	return true;
}

/* The hosts asked for, as libpq would read them; none while nothing is known to connect to. */
static struct hosts hosts_of(const struct doctor *d)
{
	struct hosts h = {.port = STR("5432"), .hosts = str_c(d->host)};

	if (d->only_judge || d->socket || !d->host[0])
		return (struct hosts){.port = STR("")};
	if (!d->described)
		return h;
	h.hosts = d->login.host[0] ? str_c(d->login.host) : (struct str){NULL, 0};
	h.addrs = d->login.hostaddr[0] ? str_c(d->login.hostaddr) : (struct str){NULL, 0};
	h.ports = str_c(d->login.port);
	return h;
}

/* An address that stands beside a name: nobody is asked. */
static void add_given(struct doctor *d, const struct hosts *h)
{
	char addr[RESOLVE_ADDR_LEN];

	if (copy_word(h->addr, addr, sizeof(addr)))
		add_place(d, h->host, addr, h->port);
}

bool doctor_names(struct doctor *d, struct err *err)
{
	struct hosts h = hosts_of(d);
	struct resolved found, first = {0};
	int64_t began = clock_mono_us();
	struct err why = {0};
	char name[256] = "";

	err_clear(err);
	while (next_host(&h)) {
		if (h.addr.len > 0) {
			add_given(d, &h);
		} else if (!add_name(d, &h, &found, err)) {
			if (err->code == ERR_CANCELLED)
				return false;
			why = *err;
		} else if (first.n == 0 && copy_word(h.host, name, sizeof(name))) {
			first = found;
		}
	}
	if (skip_names(d))
		return true;
	d->steps[STEP_DNS].took_us = clock_mono_us() - began;
	err_clear(err);
	if (first.n > 0)
		return tell_name(d, name, &first, err);
	doctor_say_err(d, STEP_DNS, STEP_FAILED, &why);
	return true;
}

/* ---- this host ---- */

static socklen_t to_sockaddr(const struct net_addr *a, int port, struct sockaddr_storage *ret)
{
	*ret = (struct sockaddr_storage){.ss_family = a->v4 ? AF_INET : AF_INET6};
	if (a->v4) {
		struct sockaddr_in *in = (struct sockaddr_in *)(void *)ret;

		memcpy(&in->sin_addr, a->bytes + 12, 4);
		in->sin_port = htons((uint16_t)port);
		return sizeof(*in);
	}
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)(void *)ret;

	memcpy(&in6->sin6_addr, a->bytes, 16);
	in6->sin6_port = htons((uint16_t)port);
	return sizeof(*in6);
}

/* The address the kernel would send from; 0, or the errno that says there is no route. */
static int find_source(const struct net_addr *to, struct net_addr *ret_source)
{
	struct sockaddr_storage sa, own;
	socklen_t len = to_sockaddr(to, PORT_ANY, &sa), own_len = sizeof(own);
	int fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc = 0;

	if (fd < 0)
		return errno;
	if (connect(fd, (struct sockaddr *)&sa, len) != 0 || getsockname(fd, (struct sockaddr *)&own, &own_len) != 0)
		rc = errno;
	(void)close(fd);
	if (rc == 0 && !net_addr_from((struct sockaddr *)&own, ret_source))
		rc = EAFNOSUPPORT;
	return rc;
}

/* Interfaces that are up, with their addresses; finds the one that has d->local. */
static void list_interfaces(struct doctor *d)
{
	struct doctor_said *s = &d->steps[STEP_HOST];
	struct ifaddrs *all = NULL;

	d->interface[0] = '\0';
	if (getifaddrs(&all) != 0)
		return;
	for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
		char text[NET_TEXT_MAX];
		struct net_addr a;

		if (!(i->ifa_flags & IFF_UP) || !net_addr_from(i->ifa_addr, &a))
			continue;
		if (d->has_local && net_addr_same(&a, &d->local))
			(void)snprintf(d->interface, sizeof(d->interface), "%s", i->ifa_name);
		if (net_addr_scope(&a) == NET_LOOPBACK || net_addr_scope(&a) == NET_LINK)
			continue;
		append(s->evidence, sizeof(s->evidence), "%s%s %s", s->evidence[0] ? ", " : "addresses: ", i->ifa_name,
		       net_addr_text(&a, text));
	}
	freeifaddrs(all);
}

void doctor_this_host(struct doctor *d)
{
	struct doctor_said *s = &d->steps[STEP_HOST];
	char text[NET_TEXT_MAX], reason[128];
	struct net_addr to;
	int rc;

	if (d->only_judge || d->socket) {
		doctor_say(d, STEP_HOST, STEP_SKIPPED,
			   d->socket ? "the server is on this host" : "about this host only");
		return;
	}
	if (d->has_server)
		to = d->server;
	else if (!net_addr_parse(STR(ANYWHERE), &to))
		return;
	rc = find_source(&to, &d->local);
	d->has_local = rc == 0;
	if (rc != 0) {
		doctor_say(d, STEP_HOST, d->has_server ? STEP_FAILED : STEP_UNKNOWN,
			   "no route from this host to %s: %s", net_addr_text(&to, text),
			   err_errno(rc, reason, sizeof(reason)));
		list_interfaces(d);
		doctor_remedy(d, STEP_HOST, "check network, VPN or tunnel");
		return;
	}
	doctor_say(d, STEP_HOST, STEP_OK, "leaves as %s", net_addr_text(&d->local, text));
	list_interfaces(d);
	if (d->interface[0])
		append(s->sentence, sizeof(s->sentence), " by %s", d->interface);
	if (d->has_seen && !net_addr_same(&d->seen, &d->local))
		append(s->sentence, sizeof(s->sentence), ", the server sees %s", net_addr_text(&d->seen, text));
	else if (d->set_address[0])
		append(s->sentence, sizeof(s->sentence), ", AWS sees %s", d->set_address);
	if (d->set_note[0])
		append(s->evidence, sizeof(s->evidence), "%s%s", s->evidence[0] ? "; " : "", d->set_note);
}

/* ---- TCP ---- */

/* 0, or the errno of the attempt; ETIMEDOUT when its time was up. False: cancelled. */
static bool try_place(struct doctor *d, const struct doctor_place *p, int *ret_errno, struct err *err)
{
	int64_t limit = clock_mono_us() + DOCTOR_TCP_US;
	struct fetch nearer = *d->f;
	struct sockaddr_storage sa;
	socklen_t size = sizeof(*ret_errno), len;
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM}, *ai = NULL;
	int fd;
	bool ok = true;

	*ret_errno = EINVAL;
	/* by the numbers: a link-local address has its zone in the text */
	if (getaddrinfo(p->addr, p->port, &hints, &ai) != 0)
		return true;
	memcpy(&sa, ai->ai_addr, ai->ai_addrlen);
	len = ai->ai_addrlen;
	freeaddrinfo(ai);
	fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		*ret_errno = errno;
		return true;
	}
	if (limit < nearer.deadline_mono_us)
		nearer.deadline_mono_us = limit;
	*ret_errno = connect(fd, (struct sockaddr *)&sa, len) == 0 ? 0 : errno;
	if (*ret_errno == EINPROGRESS) {
		if (fetch_wait(&nearer, fd, POLLOUT, err))
			(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, ret_errno, &size);
		else
			*ret_errno = ETIMEDOUT;
		ok = *ret_errno != ETIMEDOUT || err->code != ERR_CANCELLED;
	}
	(void)close(fd);
	return ok;
}

static void tell_refusal(struct doctor *d, const struct doctor_place *p, int rc, int64_t took_us)
{
	char reason[128];

	if (rc == ECONNREFUSED) {
		doctor_say(d, STEP_TCP, STEP_FAILED, "nothing listens at %s port %s (connection refused)", p->addr,
			   p->port);
		doctor_remedy(d, STEP_TCP, "check the port, and that the server runs");
	} else if (rc == ETIMEDOUT) {
		doctor_say(d, STEP_TCP, STEP_FAILED, "%s port %s does not answer within %.1f s", p->addr, p->port,
			   (double)took_us / (double)US_PER_S);
		doctor_remedy(d, STEP_TCP, "check security groups, network ACL, route and VPN");
	} else {
		doctor_say(d, STEP_TCP, STEP_FAILED, "cannot connect to %s port %s: %s", p->addr, p->port,
			   err_errno(rc, reason, sizeof(reason)));
		doctor_remedy(d, STEP_TCP, "check network, VPN or tunnel");
	}
	if (d->nplaces > 1)
		doctor_evidence(d, STEP_TCP, "none of %zu addresses could be connected to", d->nplaces);
}

bool doctor_connect(struct doctor *d, struct err *err)
{
	if (d->socket) {
		doctor_say(d, STEP_TCP, STEP_SKIPPED, "by a Unix socket");
		return true;
	}
	for (size_t i = 0; i < d->nplaces; i++) {
		const struct doctor_place *p = &d->places[i];
		int64_t began = clock_mono_us(), took;
		int rc;

		fetch_doing(d->f, "connecting to %s port %s", p->addr, p->port);
		if (!try_place(d, p, &rc, err))
			return false;
		took = clock_mono_us() - began;
		d->refused |= rc == ECONNREFUSED;
		if (rc == 0) {
			d->connected_place = (long)i;
			d->has_server = net_addr_parse(str_c(p->addr), &d->server);
			doctor_say(d, STEP_TCP, STEP_OK, "%s port %s answers", p->addr, p->port);
		} else {
			tell_refusal(d, p, rc, took);
		}
		d->steps[STEP_TCP].took_us = took;
		if (rc == 0)
			return true;
	}
	return true;
}
