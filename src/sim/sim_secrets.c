/*
 * sim_secrets.c: what secrets hold: Secrets Manager GetSecretValue.
 *
 * The secret of a managed master user is always there where a cluster has one; others are those that sim_set_secret()
 * has named. Setting a value again is a rotation: it is another version from then on, and the one before keeps the
 * label AWSPREVIOUS.
 */
#include "base/xalloc.h"
#include "sim/sim_internal.h"
#include "sim/sim_rds.h"

#include <jansson.h>

#define DEFAULT_VALUE "{\"username\":\"postgres\",\"password\":\"of-no-database\"}"

static struct sim_secret *find_secret(struct sim *s, const char *name)
{
	for (size_t i = 0; i < s->nsecrets; i++)
		if (strcmp(s->secrets[i].name, name) == 0)
			return &s->secrets[i];
	return NULL;
}

static void rotate(struct sim_secret *secret, const char *value)
{
	xfree(secret->previous);
	secret->previous = secret->current;
	secret->current = xstrdup(value);
	secret->version++;
}

bool sim_set_secret(struct sim *s, const char *name, const char *value, struct err *err)
{
	struct sim_secret *secret;
	bool ok = true;

	pthread_mutex_lock(&s->lock);
	secret = find_secret(s, name);
	if (strlen(name) >= sizeof(secret->name) || strlen(value) > SIM_SECRET_VALUE_MAX ||
	    (!secret && s->nsecrets == SIM_SECRETS_MAX))
		ok = err_set(err, ERR_LIMIT, "more than %d secrets, or one that is too long", SIM_SECRETS_MAX);
	if (ok && !secret) {
		secret = &s->secrets[s->nsecrets++];
		*secret = (struct sim_secret){.version = 0};
		(void)snprintf(secret->name, sizeof(secret->name), "%s", name);
	}
	if (ok)
		rotate(secret, value);
	pthread_mutex_unlock(&s->lock);
	return ok;
}

void sim_secrets_free(struct sim *s)
{
	for (size_t i = 0; i < s->nsecrets; i++) {
		xfree(s->secrets[i].current);
		xfree(s->secrets[i].previous);
	}
	s->nsecrets = 0;
}

/* Name of the secret asked for, by name or ARN; "" = the managed one. NULL: there is none. */
static const char *asked_for(struct sim_request *r, const char **ret_arn)
{
	struct str asked = sim_param(r, "SecretId");

	*ret_arn = sim_secret_arn(r);
	if (sim_has_managed_secret(r->sim) && (str_eq_c(asked, SIM_SECRET_NAME) || str_eq_c(asked, *ret_arn)))
		return "";
	for (size_t i = 0; i < r->sim->nsecrets; i++) {
		const char *name = r->sim->secrets[i].name;

		*ret_arn = arena_strz(r->arena,
				      arena_fmt(r->arena, "arn:%s:secretsmanager:%s:" SIM_ACCOUNT ":secret:%s-AbCdEf",
						sim_partition(r->sim), r->sim->o.region, name));
		if (name[0] && (str_eq_c(asked, name) || str_eq_c(asked, *ret_arn)))
			return name;
	}
	return NULL;
}

static void member(struct buf *out, const char *before, const char *text)
{
	json_t *j = json_string(text);
	char *quoted = json_dumps(j, JSON_ENCODE_ANY);

	buf_addf(out, "%s%s", before, quoted ? quoted : "\"\"");
	xfree(quoted);
	json_decref(j);
}

bool sim_get_secret_value(struct sim_request *r, struct buf *out)
{
	struct str stage = sim_param(r, "VersionStage");
	const char *arn, *name = asked_for(r, &arn), *value;
	const struct sim_secret *secret = name ? find_secret(r->sim, name) : NULL;
	bool previous = str_eq_c(stage, "AWSPREVIOUS");

	if (!name)
		return sim_fail(r, 400, "ResourceNotFoundException",
				"Secrets Manager can't find the specified secret.");
	value = previous ? (secret ? secret->previous : NULL) : secret ? secret->current : DEFAULT_VALUE;
	if (!value || (stage.len > 0 && !previous && !str_eq_c(stage, "AWSCURRENT")))
		return sim_fail(r, 400, "ResourceNotFoundException",
				"Secrets Manager can't find the specified secret value for staging label: " STR_FMT,
				STR_ARG(stage));
	member(out, "{\"ARN\":", arn);
	member(out, ",\"Name\":", name[0] ? name : SIM_SECRET_NAME);
	buf_addf(out, ",\"VersionId\":\"a1b2c3d4-5678-90ab-cdef-%012u\"",
		 (secret ? secret->version : 1) - (previous ? 1 : 0));
	member(out, ",\"SecretString\":", value);
	buf_addf(out, ",\"VersionStages\":[\"%s\"]", previous ? "AWSPREVIOUS" : "AWSCURRENT");
	buf_addf(out, ",\"CreatedDate\":%lld}", (long long)(r->sim->epoch_us / US_PER_S));
	return true;
}
