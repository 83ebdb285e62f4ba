/* address.c: see address.h. */
#include "base/address.h"

#include <arpa/inet.h>

bool address_read(struct str text, struct address *ret_address)
{
	char z[INET6_ADDRSTRLEN];

	*ret_address = (struct address){0};
	if (text.len == 0 || text.len >= sizeof(z))
		return false;
	memcpy(z, text.ptr, text.len);
	z[text.len] = '\0';
	ret_address->v6 = strchr(z, ':') != NULL;
	return strlen(z) == text.len && inet_pton(ret_address->v6 ? AF_INET6 : AF_INET, z, ret_address->bytes) == 1;
}

bool address_is_private(const struct address *a)
{
	static const unsigned char loopback[16] = {[15] = 1};
	const unsigned char *b = a->bytes;

	if (a->v6)
		return (b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80) || memcmp(b, loopback, 16) == 0;
	return b[0] == 10 || b[0] == 127 || (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168) ||
	       (b[0] == 169 && b[1] == 254) || (b[0] == 100 && (b[1] & 0xc0) == 64);
}
