/*
 * net_addr.h: internet addresses and networks as values: read, compared, measured, written.
 *
 * An IPv4 address is kept as the IPv6 address that maps it (::ffff:a.b.c.d) and counts as IPv4 however it was
 * written, so that what getpeername() and inet_client_addr() say of one host is the same. Pure; any thread.
 */
#ifndef MODEL_NET_ADDR_H
#define MODEL_NET_ADDR_H

#include "base/str.h"

#include <stdint.h>

#define NET_TEXT_MAX 64 /* longest text of an address or network, with its NUL */

struct net_addr {
	uint8_t bytes[16]; /* network order */
	bool v4;
};

/* A network: the first bits of addr, of 32 (v4) or 128; the others are 0. */
struct net_prefix {
	struct net_addr addr;
	int bits;
};

enum net_scope {
	NET_LOOPBACK, /* this host itself */
	NET_LINK,     /* one link: 169.254.0.0/16, fe80::/10 */
	NET_PRIVATE,  /* RFC 1918, 100.64.0.0/10, fc00::/7: nobody outside can reach it */
	NET_PUBLIC
};

/* IANA number of a protocol as EC2 names it ("tcp", "6"), NET_PROTOCOL_ALL of "-1", NET_PROTOCOL_BAD of anything else.
 */
#define NET_PROTOCOL_ALL (-1)
#define NET_PROTOCOL_BAD (-2)
int net_protocol(struct str word);
/* Its word, or NULL. */
const char *net_protocol_word(int number);
/* "203.0.113.7", "2001:db8::1", "fe80::1%eth0" (the zone is dropped). */
bool net_addr_parse(struct str text, struct net_addr *ret_addr);
/* "10.0.0.0/16"; without a slash one address. Bits behind the length are cleared. */
bool net_prefix_parse(struct str text, struct net_prefix *ret_prefix);
/* From a struct sockaddr; false for any family but these two. */
struct sockaddr;
bool net_addr_from(const struct sockaddr *sa, struct net_addr *ret_addr);
enum net_scope net_addr_scope(const struct net_addr *a);
bool net_addr_same(const struct net_addr *a, const struct net_addr *b);
bool net_prefix_has(const struct net_prefix *p, const struct net_addr *a);
/*
 * How far a is outside of p: the difference to p's nearest address, UINT64_MAX for that much and more, 0 inside or for
 * the other family. *ret_below: a is smaller than all of p.
 */
uint64_t net_prefix_distance(const struct net_prefix *p, const struct net_addr *a, bool *ret_below);
/* The smallest network with p and a in it; both of one family. */
struct net_prefix net_prefix_cover(const struct net_prefix *p, const struct net_addr *a);
/* The address alone: /32 or /128. */
struct net_prefix net_prefix_of(const struct net_addr *a);
/* Into out, which is returned. */
const char *net_addr_text(const struct net_addr *a, char out[NET_TEXT_MAX]);
const char *net_prefix_text(const struct net_prefix *p, char out[NET_TEXT_MAX]);

#endif
