/*
 * sim_identity.c: see sim_identity.h.
 *
 * Keys look like AWS's: temporary ones begin with ASIA. Each is good until its time is over or it was ended; then a
 * request that is signed with it is refused as AWS does.
 */
#include "sim/sim_identity.h"

#define LIFE_US US_PER_HOUR

struct sim_identities *sim_identities_new(void)
{
	struct sim_identities *i = xalloc(sizeof(*i));

	i->life_us = LIFE_US;
	snprintf(i->sso_token, sizeof(i->sso_token), "%s", SIM_SSO_TOKEN);
	snprintf(i->refresh, sizeof(i->refresh), "%s", SIM_SSO_REFRESH);
	i->sso_token_expires_us = INT64_MAX;
	return i;
}

const struct sim_issued *sim_issue(struct sim_request *r, struct str role, struct str session)
{
	struct sim_identities *all = r->sim->identities;
	struct sim_issued *k = &all->issued[all->n++ % SIM_ISSUED_MAX];
	uint64_t a = sim_hash((uint64_t)r->sim->o.seed, ++all->serial), b = sim_hash(a, 3);

	*k = (struct sim_issued){.expires_us = sim_auth_now(r->sim) + all->life_us};
	snprintf(k->access, sizeof(k->access), "ASIASIMULATED%07llu", (unsigned long long)all->serial % 10000000);
	snprintf(k->secret, sizeof(k->secret), "issued/secret+%08x/%016llx", (unsigned)a, (unsigned long long)b);
	snprintf(k->token, sizeof(k->token), "issuedSessionToken/%016llx%016llx==", (unsigned long long)b,
		 (unsigned long long)a);
	snprintf(k->arn, sizeof(k->arn), "arn:%s:sts::" SIM_ACCOUNT ":assumed-role/%.*s/%.*s", sim_partition(r->sim),
		 (int)(role.len < 64 ? role.len : 64), role.ptr, (int)(session.len < 64 ? session.len : 64),
		 session.ptr);
	snprintf(k->id, sizeof(k->id), "AROASIMULATED0000001:%.*s", (int)(session.len < 64 ? session.len : 64),
		 session.ptr);
	return k;
}

const struct sim_issued *sim_issued(const struct sim *s, struct str access_key)
{
	for (size_t i = 0; i < SIM_ISSUED_MAX; i++)
		if (s->identities->issued[i].access[0] && str_eq_c(access_key, s->identities->issued[i].access))
			return &s->identities->issued[i];
	return NULL;
}

static void end_all(struct sim_identities *all)
{
	for (size_t i = 0; i < SIM_ISSUED_MAX; i++)
		all->issued[i].ended = true;
}

static bool set(struct sim_identities *all, const struct sim_param *p, struct err *err)
{
	const char *value = p->value.ptr; /* decoded values end in NUL */
	int64_t n;

	if (str_eq_c(p->name, "life") && parse_i64(p->value, &n) && n > -US_PER_DAY && n < US_PER_DAY)
		all->life_us = n * US_PER_S;
	else if (str_eq_c(p->name, "end"))
		end_all(all);
	else if (str_eq_c(p->name, "v1"))
		all->v1_only = strcmp(value, "1") == 0;
	else if (str_eq_c(p->name, "role"))
		all->no_role = strcmp(value, "none") == 0;
	else if (str_eq_c(p->name, "answer"))
		snprintf(all->decision, sizeof(all->decision), "%s", value);
	else if (str_eq_c(p->name, "forget"))
		all->sso_token_expires_us = 0;
	else
		return err_set(err, ERR_USAGE,
			       "keys: life=SECONDS, end=1, v1=0|1, role=some|none; signon: answer=WORD, "
			       "forget=1");
	return true;
}

bool sim_identity_admin(struct sim *s, struct str what, const struct sim_param *params, size_t n, struct err *err)
{
	bool ok = true;

	if (!str_eq_c(what, "keys") && !str_eq_c(what, "signon"))
		return err_set(err, ERR_NOT_FOUND, "no such call");
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; ok && i < n; i++)
		ok = set(s->identities, &params[i], err);
	pthread_mutex_unlock(&s->lock);
	return ok;
}
