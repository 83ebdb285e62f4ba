/*
 * reach.h: what a subnet's network ACL and route table do to packets between an instance and an address.
 *
 * Reads the rows of the sources "network_acls" and "route_tables" by their public names. A snapshot that is NULL, or
 * has no row of the subnet, gives UNKNOWN and never a guess. Pure; any thread.
 */
#ifndef MODEL_REACH_H
#define MODEL_REACH_H

#include "model/net_addr.h"
#include "model/snapshot.h"

/* Where answers go: all the ports that one client or another is given. */
#define EPHEMERAL_FIRST 1024
#define EPHEMERAL_LAST 65535

enum acl_verdict { ACL_UNKNOWN, ACL_ALLOWS, ACL_DENIES };

struct acl_ask {
	struct str subnet;
	bool egress;
	struct net_addr addr; /* the other side */
	int protocol;         /* IANA number */
	int64_t from_port, to_port;
};

struct acl_answer {
	enum acl_verdict verdict;
	int64_t rule_number; /* that decides, of the first port denied; -1 = the rule * at the end */
	int64_t port;        /* first one that is denied */
	struct str acl_id;   /* of the snapshot */
};

/* ALLOWS: each of the ports is allowed. The first rule by number that matches a port decides it; what none matches is
 * denied. */
void acl_judge(const struct snapshot *acls, const struct acl_ask *ask, struct acl_answer *ret_answer);

enum route_kind {
	ROUTE_UNKNOWN,
	ROUTE_NONE,      /* no route to the address */
	ROUTE_BLACKHOLE, /* one whose target is gone */
	ROUTE_LOCAL,     /* inside the VPC */
	ROUTE_INTERNET,  /* an internet gateway */
	ROUTE_NAT,       /* a NAT gateway: for what the subnet asks for itself, not for answers */
	ROUTE_BEYOND     /* by a gateway or an interface behind which nothing is visible: transit, peering, VPN, ... */
};

struct route_answer {
	enum route_kind kind;
	struct net_prefix destination; /* of the route taken; not of UNKNOWN and NONE */
	struct str target, table_id;   /* of the snapshot */
};

/* The route that the subnet's table takes to addr: the longest network that has it. */
void route_find(const struct snapshot *routes, struct str subnet, const struct net_addr *addr,
		struct route_answer *ret_answer);
/* Some route of the subnet's table goes to an internet gateway: a public subnet. */
bool route_is_public(const struct snapshot *routes, struct str subnet);

#endif
