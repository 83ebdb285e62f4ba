/*
 * sim_identity.h: temporary keys that the simulated account has given out, and who they belong to.
 *
 * Shared by STS, the metadata services and single sign-on; the simulator's lock is held in all of it.
 */
#ifndef SIM_IDENTITY_H
#define SIM_IDENTITY_H

#include "sim/sim_internal.h"

#define SIM_ISSUED_MAX 64

struct sim_issued {
	char access[32], secret[64], token[96];
	char arn[256], id[96]; /* "arn:aws:sts::111122223333:assumed-role/ops/name", "AROA...:name" */
	int64_t expires_us;
	bool ended; /* by POST /_sim/keys end=1: refused as expired, whatever its time says */
};

struct sim_identities {
	struct sim_issued issued[SIM_ISSUED_MAX]; /* a ring */
	size_t n;
	int64_t life_us; /* of keys and tokens given from now on; negative = they are over */
	uint64_t serial;
	bool v1_only;      /* instance metadata: no tokens, as with an old service */
	bool no_role;      /* the instance has none */
	char decision[16]; /* of the person at the sign-on page: "", allow, deny, slow, expire */
	char refresh[64];  /* the refresh token that is good; "" = none yet */
	char sso_token[64];
	int64_t sso_token_expires_us;
};

struct sim_identities *sim_identities_new(void);
/* New keys of a role, whose session is called so. */
const struct sim_issued *sim_issue(struct sim_request *r, struct str role, struct str session);
/* Given out under this access key, or NULL. */
const struct sim_issued *sim_issued(const struct sim *s, struct str access_key);
/* POST /_sim/keys and /_sim/signon; false with *err. */
bool sim_identity_admin(struct sim *s, struct str what, const struct sim_param *params, size_t n, struct err *err);

/*
 * Calls that are neither signed nor sent to "/": the metadata service, the container's endpoint, single sign-on. The
 * one that a request is for, or NULL.
 */
struct sim_rest {
	const char *method, *path; /* whole */
	const char *service, *operation;
	void (*run)(struct sim_request *r); /* fills r->body and r->status */
};
const struct sim_rest *sim_rest_find(const struct sim_http *h);
bool sim_rest_has(const char *service, const char *operation);

#endif
