/*
 * address.h: IP addresses as text: one address, and whether the internet can reach it. Pure; any thread.
 */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include "base/str.h"

struct address {
	bool v6;
	unsigned char bytes[16]; /* 4 of them unless v6, in the order of the network */
};

/* One address, IPv4 or IPv6; no name, no network, no zone. */
bool address_read(struct str text, struct address *ret_address);
/* RFC 1918, 6598, 3927 and loopback; of IPv6 RFC 4193, link-local and loopback. */
bool address_is_private(const struct address *a);

#endif
