/*
 * net_addr.c: see net_addr.h.
 *
 * The texts are the C library's business (inet_pton, inet_ntop). Arithmetic is on the 128 bits as two halves, for both
 * families: an IPv4 network is one of the mapped IPv6 space, 96 bits longer.
 */
#include "model/net_addr.h"

#include "base/check.h"
#include "base/parse.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>

#define V4_AT 12 /* bytes before the IPv4 part */
#define V4_BITS 96

static const struct {
	const char *word;
	int number;
} protocols[] = {{"tcp", 6}, {"udp", 17}, {"icmp", 1}, {"icmpv6", 58}};

int net_protocol(struct str word)
{
	int64_t n;

	for (size_t i = 0; i < ARRAY_LEN(protocols); i++)
		if (str_ieq(word, str_c(protocols[i].word)))
			return protocols[i].number;
	return parse_i64(word, &n) && n >= NET_PROTOCOL_ALL && n < 256 ? (int)n : NET_PROTOCOL_BAD;
}

const char *net_protocol_word(int number)
{
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++)
		if (protocols[i].number == number)
			return protocols[i].word;
	return NULL;
}

static const uint8_t mapped[V4_AT] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* A mapped address is an IPv4 one. */
static void take_v6(struct net_addr *a, const void *bytes)
{
	memcpy(a->bytes, bytes, sizeof(a->bytes));
	a->v4 = memcmp(a->bytes, mapped, sizeof(mapped)) == 0;
}

static void take_v4(struct net_addr *a, const void *bytes)
{
	memcpy(a->bytes, mapped, sizeof(mapped));
	memcpy(a->bytes + V4_AT, bytes, 4);
	a->v4 = true;
}

bool net_addr_parse(struct str text, struct net_addr *ret_addr)
{
	struct str rest = str_trim(text), host;
	char word[NET_TEXT_MAX];
	uint8_t bytes[16];

	if (!str_split(&rest, '%', &host) || host.len == 0 || host.len >= sizeof(word) ||
	    memchr(host.ptr, '\0', host.len))
		return false;
	memcpy(word, host.ptr, host.len);
	word[host.len] = '\0';
	if (inet_pton(AF_INET6, word, bytes) == 1) {
		take_v6(ret_addr, bytes);
		return true;
	}
	if (inet_pton(AF_INET, word, bytes) != 1)
		return false;
	take_v4(ret_addr, bytes);
	return true;
}

bool net_addr_from(const struct sockaddr *sa, struct net_addr *ret_addr)
{
	if (sa && sa->sa_family == AF_INET) {
		take_v4(ret_addr, &((const struct sockaddr_in *)(const void *)sa)->sin_addr);
		return true;
	}
	if (sa && sa->sa_family == AF_INET6) {
		take_v6(ret_addr, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr);
		return true;
	}
	return false;
}

/* ---- networks ---- */

/* Bits of the whole 128. */
static int long_bits(const struct net_prefix *p)
{
	return p->addr.v4 ? p->bits + V4_BITS : p->bits;
}

/* Bits behind the first n become `ones`. */
static void fill_host(uint8_t bytes[16], int n, bool ones)
{
	for (int i = 0; i < 16; i++) {
		int kept = n - 8 * i < 0 ? 0 : n - 8 * i > 8 ? 8 : n - 8 * i;
		uint8_t host = (uint8_t)(0xff >> kept);

		bytes[i] = ones ? (uint8_t)(bytes[i] | host) : (uint8_t)(bytes[i] & ~host);
	}
}

bool net_prefix_parse(struct str text, struct net_prefix *ret_prefix)
{
	struct str rest = str_trim(text), host;
	struct net_prefix p;
	int64_t bits;
	int most;

	if (!str_split(&rest, '/', &host) || !net_addr_parse(host, &p.addr))
		return false;
	most = p.addr.v4 && str_find(host, STR(":"), 0) < 0 ? 32 : 128;
	bits = most;
	if (rest.ptr && (!parse_i64(rest, &bits) || bits < 0 || bits > most))
		return false;
	/* of the mapped space more than IPv4: no IPv4 network */
	if (most == 128 && bits < V4_BITS)
		p.addr.v4 = false;
	p.bits = (int)bits - (most == 128 && p.addr.v4 ? V4_BITS : 0);
	fill_host(p.addr.bytes, long_bits(&p), false);
	*ret_prefix = p;
	return true;
}

bool net_addr_same(const struct net_addr *a, const struct net_addr *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool net_prefix_has(const struct net_prefix *p, const struct net_addr *a)
{
	uint8_t start[16];

	if (p->addr.v4 != a->v4)
		return false;
	memcpy(start, a->bytes, sizeof(start));
	fill_host(start, long_bits(p), false);
	return memcmp(start, p->addr.bytes, sizeof(start)) == 0;
}

static uint64_t half(const uint8_t *bytes)
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | bytes[i];
	return v;
}

/* large - small, at most UINT64_MAX */
static uint64_t difference(const uint8_t large[16], const uint8_t small[16])
{
	uint64_t high = half(large) - half(small), low = half(large + 8) - half(small + 8);

	if (half(large + 8) < half(small + 8))
		high--;
	return high > 0 ? UINT64_MAX : low;
}

uint64_t net_prefix_distance(const struct net_prefix *p, const struct net_addr *a, bool *ret_below)
{
	uint8_t last[16];

	*ret_below = false;
	if (p->addr.v4 != a->v4 || net_prefix_has(p, a))
		return 0;
	*ret_below = memcmp(a->bytes, p->addr.bytes, sizeof(a->bytes)) < 0;
	if (*ret_below)
		return difference(p->addr.bytes, a->bytes);
	memcpy(last, p->addr.bytes, sizeof(last));
	fill_host(last, long_bits(p), true);
	return difference(a->bytes, last);
}

struct net_prefix net_prefix_of(const struct net_addr *a)
{
	return (struct net_prefix){*a, a->v4 ? 32 : 128};
}

struct net_prefix net_prefix_cover(const struct net_prefix *p, const struct net_addr *a)
{
	struct net_prefix wide = *p;

	CHECK(p->addr.v4 == a->v4);
	while (!net_prefix_has(&wide, a)) {
		wide.bits--;
		fill_host(wide.addr.bytes, long_bits(&wide), false);
	}
	return wide;
}

enum net_scope net_addr_scope(const struct net_addr *a)
{
	static const struct {
		const char *network;
		enum net_scope scope;
	} known[] = {
		{"127.0.0.0/8", NET_LOOPBACK},   {"::1/128", NET_LOOPBACK},      {"169.254.0.0/16", NET_LINK},
		{"fe80::/10", NET_LINK},         {"10.0.0.0/8", NET_PRIVATE},    {"172.16.0.0/12", NET_PRIVATE},
		{"192.168.0.0/16", NET_PRIVATE}, {"100.64.0.0/10", NET_PRIVATE}, {"fc00::/7", NET_PRIVATE},
	};
	struct net_prefix p;

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (net_prefix_parse(str_c(known[i].network), &p) && net_prefix_has(&p, a))
			return known[i].scope;
	return NET_PUBLIC;
}

const char *net_addr_text(const struct net_addr *a, char out[NET_TEXT_MAX])
{
	out[0] = '\0';
	if (!inet_ntop(a->v4 ? AF_INET : AF_INET6, a->bytes + (a->v4 ? V4_AT : 0), out, NET_TEXT_MAX))
		BUG("an address has no text");
	return out;
}

const char *net_prefix_text(const struct net_prefix *p, char out[NET_TEXT_MAX])
{
	size_t used = strlen(net_addr_text(&p->addr, out));

	(void)snprintf(out + used, NET_TEXT_MAX - used, "/%d", p->bits);
	return out;
}
