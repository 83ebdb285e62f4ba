/*
 * doctor.h: the connection doctor: every hop from this host into the database, one step each.
 *
 * The command `doctor` publishes one row a step, all of them from the start: what is not done yet is `waiting`. With
 * the argument "public_address" (and "public_note", why it is missing) it takes that for this host's address at AWS;
 * with the argument "address" it judges only what AWS would do to packets from that address and connects nowhere. Its
 * thread and connections are its own, each wait is bounded, a cancel ends it. Internal to the files doctor_*.c and
 * cmd_doctor.c, but for the names of the record.
 */
#ifndef DB_DOCTOR_H
#define DB_DOCTOR_H

#include "db/login.h"
#include "db/resolve.h"
#include "model/net_addr.h"

/* In the order in which packets meet them; the number on screen is one more. */
enum doctor_step {
	STEP_HOST,
	STEP_DNS,
	STEP_SUBNET,
	STEP_GROUP,
	STEP_TCP,
	STEP_TLS,
	STEP_SLOTS,
	STEP_LOGIN,
	STEP_RIGHTS,
	STEP_SERVER,
	STEP_CLOCK,
	STEP__COUNT
};

enum step_state {
	STEP_WAITING,
	STEP_OK,
	STEP_NOTICE, /* not in order, but not on the path that is in use */
	STEP_WARNING,
	STEP_UNKNOWN,
	STEP_FAILED,
	STEP_SKIPPED,     /* has no meaning here */
	STEP_NOT_REACHED, /* an earlier one failed */
	STEP_STATE__COUNT
};

#define DOCTOR_TCP_US (3 * US_PER_S)
#define DOCTOR_TLS_US (5 * US_PER_S)
#define DOCTOR_PLACES_MAX 32
/* AWS refuses requests signed by a clock that is further off. */
#define DOCTOR_CLOCK_AWS_US (300 * US_PER_S)
#define DOCTOR_CLOCK_WARN_US (30 * US_PER_S)

/* Inputs of the command, in its row's order. */
enum doctor_input {
	DOCTOR_CLUSTERS,
	DOCTOR_INSTANCES, /* these two are SITE_INPUTS */
	DOCTOR_RULES,
	DOCTOR_SUBNETS,
	DOCTOR_ROUTES,
	DOCTOR_ACLS
};
#define DOCTOR_INPUTS "clusters instances security_group_rules subnets route_tables network_acls"

struct doctor_said {
	enum step_state state;
	char sentence[320], evidence[480], remedy[320];
	char action[32]; /* of the palette, "" = none */
	int64_t took_us; /* -1 = nothing was waited for */
};

/* One address to connect to. */
struct doctor_place {
	char host[256]; /* the name it is for: in certificates and the password file */
	char addr[RESOLVE_ADDR_LEN], port[16];
};

struct doctor {
	struct fetch *f;
	const struct target *target;
	struct doctor_said steps[STEP__COUNT];
	char set_address[64],
		set_note[160]; /* this host's public address as it was set or asked for; why that failed */
	bool only_judge;       /* another address than this host's: nothing is connected */
	/* where to */
	struct site site;
	struct login login; /* described, no name resolved */
	bool described;
	char host[256]; /* the first host asked for; a cluster's endpoint when that is not to be connected to */
	int64_t port;
	bool socket; /* a Unix socket */
	struct doctor_place places[DOCTOR_PLACES_MAX];
	size_t nplaces;
	long connected_place; /* that took the TCP connection, -1 = none */
	bool refused;         /* a port answered that it is closed: packets get there and back */
	struct err unready;   /* why nothing may be connected to, ERR_NONE = it may */
	/* addresses: the server's as seen from here, this host's towards it, this host's as the server says */
	struct net_addr server, local, seen;
	bool has_server, has_local, has_seen;
	char interface[32]; /* of `local` */
	struct net_addr judged;
	bool has_judged;
	char judged_as[64]; /* "as the server sees it" */
	bool logged_in;
};

/* The record of the result; source "doctor". */
extern const struct rec_type doctor_type;
const char *doctor_state_word(enum step_state state);
/* What a step says; a sentence that was there is replaced. */
void doctor_say(struct doctor *d, enum doctor_step step, enum step_state state, const char *fmt, ...) PRINTF_LIKE(4, 5);
void doctor_evidence(struct doctor *d, enum doctor_step step, const char *fmt, ...) PRINTF_LIKE(3, 4);
void doctor_remedy(struct doctor *d, enum doctor_step step, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Sentence and remedy of an error. */
void doctor_say_err(struct doctor *d, enum doctor_step step, enum step_state state, const struct err *err);
/* Every step from `from` on that still waits gets this state. */
void doctor_rest(struct doctor *d, enum doctor_step from, enum step_state state, const char *why);
void doctor_publish(struct doctor *d);

/* doctor_path.c: this host, names, TCP. False: cancelled. */
bool doctor_names(struct doctor *d, struct err *err) MUST_CHECK;
void doctor_this_host(struct doctor *d);
bool doctor_connect(struct doctor *d, struct err *err) MUST_CHECK;
/* doctor_cloud.c: subnet and security group, from snapshots; again when more is known. */
void doctor_judge(struct doctor *d);
/* doctor_login.c: TLS to clock. False: cancelled. */
bool doctor_login(struct doctor *d, struct err *err) MUST_CHECK;

#endif
