/*
 * resolve.h: host names to addresses without ever blocking a lane.
 *
 * getaddrinfo() has no deadline and cannot be cancelled, so it runs in a helper thread
 * that the caller may leave behind. A helper that is left behind frees what it holds
 * when the name service answers at last.
 */
#ifndef DB_RESOLVE_H
#define DB_RESOLVE_H

#include "runtime/source.h"

#define RESOLVE_ADDRS_MAX 16
#define RESOLVE_ADDR_LEN 72 /* an IPv6 address with its scope */
#define RESOLVE_DEADLINE_US (5 * US_PER_S)
/* Lookups that may wait for a silent name service at the same time; one more is refused at once. */
#define RESOLVE_PENDING_MAX 8

struct addrinfo;

struct resolved {
	size_t n;
	char addrs[RESOLVE_ADDRS_MAX]
		  [RESOLVE_ADDR_LEN]; /* numeric, in the order of preference; a name with more keeps the first */
};

/*
 * Lane thread. Addresses of host for a stream connection, within RESOLVE_DEADLINE_US and f's own deadline, ended early
 * by a cancel. A numeric host comes back as it is, without a thread. Errors: ERR_DNS (unknown, or no answer),
 * ERR_CANCELLED.
 */
bool resolve_host(const struct fetch *f, const char *host, struct resolved *ret_resolved, struct err *err) MUST_CHECK;

/* What the name service says of a name beside its addresses. */
struct resolve_records {
	char target[256]; /* what the name stands for, at the end of its aliases; "" = it is no alias */
	int64_t ttl_s;    /* how long the answer may be kept, the least of its parts */
};
#define RESOLVE_RECORDS_US (2 * US_PER_S)

/*
 * Lane thread. Asks the configured name servers themselves, so a name that only a hosts file knows has none; within
 * RESOLVE_RECORDS_US. False without an error: nobody asked has to know.
 */
bool resolve_records(const struct fetch *f, const char *host, struct resolve_records *ret_records);
/* Reads the answer of a name server: the aliases and how long it holds. False: it is no answer, or an empty one. Pure.
 */
bool resolve_read_answer(const unsigned char *answer, int size, struct resolve_records *ret_records);

typedef int resolve_lookup(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res);
/* Tests only, before threads start: another getaddrinfo(), NULL = the system's. */
void resolve_set_lookup(resolve_lookup *lookup);
/* Tests only, likewise: who answers resolve_records(), with the bytes of a name server's answer; their number, or -1.
 */
typedef int resolve_question(const char *host, unsigned char *answer, int size);
void resolve_set_question(resolve_question *question);

#endif
