/*
 * admission.h: whether the rules of security groups let an address in, and if not, how far they are from it.
 *
 * Reads the rows of the source "security_group_rules" by their public names. Security groups only ever allow, so one
 * rule that admits is enough; a rule that names a group admits that group's members, wherever they are. Pure; any
 * thread.
 */
#ifndef MODEL_ADMISSION_H
#define MODEL_ADMISSION_H

#include "model/net_addr.h"
#include "model/snapshot.h"

#define PROTOCOL_TCP 6
/* An address this little outside of an IPv4 network is a near miss; of an IPv6 one, the rest of a /64. */
#define ADMISSION_NEAR_MAX 256
#define ADMISSION_WORDS_MAX 48
#define ADMISSION_WOULD_MAX 256

struct admission_ask {
	struct net_addr addr;
	int protocol; /* IANA number */
	int64_t port;
	struct str groups; /* security groups the asking host is in, comma-separated; "" = none known */
	bool egress;       /* outgoing rules, addr being the other side */
};

/* The nearer a rule is to admitting, the smaller. */
enum admission_kind {
	ADMISSION_ADMITS,
	ADMISSION_NEAR,    /* right port, the address is just outside */
	ADMISSION_PORT,    /* the address is inside, the port or the protocol is another */
	ADMISSION_OUTSIDE, /* right port, another network */
	ADMISSION_GROUP,   /* right port, members of a group */
	ADMISSION_FAMILY,  /* right port, networks of the other family alone */
	ADMISSION_UNKNOWN, /* right port, but the networks of its prefix list are not known */
	ADMISSION_OTHER    /* neither port nor address */
};

struct admission {
	enum admission_kind kind;
	struct net_prefix network; /* the one that admits, or the nearest; of kinds ADMITS to OUTSIDE */
	uint64_t distance;         /* of NEAR and OUTSIDE: how far outside, net_prefix_distance() */
	bool below;
};

/* All rules together. Rows are of the snapshot; -1 = none. */
struct admission_sum {
	size_t admitting;         /* rules that admit */
	long first;               /* the first of them */
	long closest;             /* when none admits: the nearest one */
	struct admission nearest; /* how that one is meant */
	size_t ngroups;           /* rules of this port for members of a group */
	size_t nunknown;          /* rules that may admit and cannot be judged */
};

void admission_rule(const struct snapshot *rules, size_t row, const struct admission_ask *ask,
		    struct admission *ret_admission);
/* rules may be NULL: then nothing admits and nothing is close. */
void admission_judge(const struct snapshot *rules, const struct admission_ask *ask, struct admission_sum *ret_sum);
/* "admits you", "121 below it", "outside", "another host", "IPv6", "not in group", "other port", "n/a". Into out, which
 * is returned. */
const char *admission_words(const struct admission *a, const struct admission_ask *ask, char out[ADMISSION_WORDS_MAX]);
/*
 * What would admit when nothing does: "tcp 5432 203.0.113.7/32", and after a near miss " or widen pl-0c0ffee1 to
 * 203.0.113.0/24". Into out, which is returned.
 */
const char *admission_would(const struct snapshot *rules, const struct admission_sum *sum,
			    const struct admission_ask *ask, char out[ADMISSION_WOULD_MAX]);
/* "tcp 5432". Into out, which is returned. */
const char *admission_port(const struct admission_ask *ask, char out[ADMISSION_WORDS_MAX]);
/* Incoming, and from every address of a family. */
bool admission_is_world(const struct snapshot *rules, size_t row);

#endif
