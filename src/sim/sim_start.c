/*
 * sim_start.c: options, start and stop of a simulated endpoint.
 *
 * Everything the options point to is copied, so that the caller may free it at once.
 */
#include "sim/sim_changes.h"
#include "sim/sim_identity.h"
#include "sim/sim_internal.h"
#include "sim/sim_scenario.h"

static const char *copy(struct sim *s, const char *text, const char *fallback)
{
	const char *source = text && *text ? text : fallback;

	return source ? arena_strz(s->arena, str_c(source)) : NULL;
}

static void copy_options(struct sim *s, const struct sim_options *o)
{
	s->o = *o;
	s->o.access_key = copy(s, o->access_key, SIM_ACCESS_KEY);
	s->o.secret_key = copy(s, o->secret_key, SIM_SECRET_KEY);
	s->o.session_token = copy(s, o->session_token, NULL);
	s->o.region = copy(s, o->region, SIM_REGION);
	s->o.db_host = copy(s, o->db_host, NULL);
	s->o.db_port = o->db_port ? o->db_port : 5432;
	s->o.reader_port = o->reader_port ? o->reader_port : s->o.db_port;
	s->o.domain = copy(s, o->domain, "rds.amazonaws.com");
	s->o.scenario = s->estate->name;
	s->o.tls_cert = copy(s, o->tls_cert, NULL);
	s->o.tls_key = copy(s, o->tls_key, NULL);
	for (size_t i = 0; i < SIM_LOG_FILES_MAX; i++)
		s->o.logs[i] =
			(struct sim_log_file){copy(s, o->logs[i].path, NULL), copy(s, o->logs[i].instance, NULL)};
}

static bool check_options(const struct sim_options *o, struct err *err)
{
	if (o->extra_clusters < 0 || o->extra_clusters > SIM_EXTRA_CLUSTERS_MAX)
		return err_set(err, ERR_LIMIT, "%d more clusters; between 0 and %d are possible", o->extra_clusters,
			       SIM_EXTRA_CLUSTERS_MAX);
	if (!o->tls_cert != !o->tls_key)
		return err_set(err, ERR_USAGE, "TLS needs a certificate and its key");
	if (o->secret_key && strlen(o->secret_key) > 128)
		return err_set(err, ERR_LIMIT, "the secret key is longer than 128 characters");
	return true;
}

bool sim_new(const struct sim_options *options, struct sim **ret_sim, struct err *err)
{
	pthread_condattr_t attributes;
	struct sim *s;

	if (!check_options(options, err))
		return false;
	s = xalloc(sizeof(*s));
	s->arena = arena_new(1 << 16, SIM_ARENA_MAX);
	if (!sim_scenario_load(s->arena, options->scenario, &s->estate, err)) {
		arena_free(s->arena);
		xfree(s);
		return false;
	}
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&s->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	copy_options(s, options);
	s->changes = sim_changes_new();
	s->identities = sim_identities_new();
	if (options->requests && !(s->requests = fopen(options->requests, "ae"))) {
		err_set(err, ERR_IO, "cannot write %s", options->requests);
		sim_stop(s);
		return false;
	}
	sim_state_build(s);
	sim_fault_plan_scenario(s);
	*ret_sim = s;
	return true;
}

bool sim_start(const struct sim_options *options, struct sim **ret_sim, struct err *err)
{
	struct sim *s;

	if (!sim_new(options, &s, err))
		return false;
	if (!sim_http_start(s, err)) {
		sim_stop(s);
		return false;
	}
	*ret_sim = s;
	return true;
}

void sim_stop(struct sim *s)
{
	if (!s)
		return;
	if (s->daemon)
		sim_http_stop(s);
	sim_log_clear(s);
	sim_logs_free(s->logs);
	sim_secrets_free(s);
	sim_changes_free(s->changes);
	xfree(s->identities);
	if (s->requests)
		fclose(s->requests);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	arena_free(s->arena);
	xfree(s);
}

uint16_t sim_port(const struct sim *s)
{
	return s->port;
}

void sim_set_now(struct sim *s, int64_t (*now)(void *ctx), void *ctx)
{
	pthread_mutex_lock(&s->lock);
	s->now = now;
	s->now_ctx = ctx;
	s->epoch_us = sim_now(s);
	sim_fault_plan_scenario(s);
	pthread_mutex_unlock(&s->lock);
}
