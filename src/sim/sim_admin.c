/*
 * sim_admin.c: the administration calls under /_sim/, and the same as C functions.
 *
 * They are unsigned; the server only listens on loopback. Each answers "ok" or one line
 * that says what is wrong with the request.
 */
#include "sim/sim_identity.h"

#define OFFSET_S_MAX (INT64_C(400) * 86400)
#define LOG_TEXT_MAX (256u << 20)

bool sim_fault(struct sim *s, const char *form, struct err *err)
{
	bool ok;

	pthread_mutex_lock(&s->lock);
	ok = sim_fault_add(s, str_c(form), err);
	pthread_mutex_unlock(&s->lock);
	return ok;
}

void sim_clear(struct sim *s)
{
	pthread_mutex_lock(&s->lock);
	s->nfaults = 0;
	s->clears++;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

bool sim_failover(struct sim *s, const char *cluster, const char *target, struct err *err)
{
	struct sim_cluster *c;
	bool ok;

	pthread_mutex_lock(&s->lock);
	sim_state_advance(s);
	c = sim_cluster_find(s, str_c(cluster));
	if (c)
		ok = sim_state_failover(c, str_c(target), sim_now(s), err);
	else
		ok = err_set(err, ERR_NOT_FOUND, "no cluster %s", cluster);
	pthread_mutex_unlock(&s->lock);
	return ok;
}

size_t sim_requests(struct sim *s, const char *service, const char *operation)
{
	size_t n = 0;

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->log_n; i++) {
		const struct sim_log_row *row = &s->log[(s->log_first + i) % SIM_REQUESTS_MAX];

		n += (!service || strcmp(service, row->service) == 0) &&
		     (!operation || strcmp(operation, row->operation) == 0);
	}
	pthread_mutex_unlock(&s->lock);
	return n;
}

void sim_set_offset(struct sim *s, int64_t offset_us)
{
	pthread_mutex_lock(&s->lock);
	s->offset_us = offset_us;
	pthread_mutex_unlock(&s->lock);
}

static const char *form_get(const struct sim_param *params, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq_c(params[i].name, name))
			return params[i].value.ptr; /* decoded values end in NUL */
	return "";
}

static bool post(struct sim *s, struct str what, struct str body, struct arena *a, struct err *err)
{
	struct sim_param *params = NULL;
	size_t n = 0;
	int64_t seconds;

	if (body.len > 8192 || !sim_form_parse(a, body, &params, &n))
		return err_set(err, ERR_USAGE, "the body is no form");
	if (str_eq_c(what, "fault"))
		return sim_fault(s, arena_strz(a, body), err);
	if (str_eq_c(what, "failover"))
		return sim_failover(s, form_get(params, n, "cluster"), form_get(params, n, "target"), err);
	if (str_eq_c(what, "secret"))
		return sim_set_secret(s, form_get(params, n, "name"), form_get(params, n, "value"), err);
	if (str_eq_c(what, "clear")) {
		sim_clear(s);
		return true;
	}
	if (str_eq_c(what, "forget")) {
		pthread_mutex_lock(&s->lock);
		sim_log_clear(s);
		pthread_mutex_unlock(&s->lock);
		return true;
	}
	if (!str_eq_c(what, "time"))
		return sim_identity_admin(s, what, params, n, err);
	if (!parse_i64(str_c(form_get(params, n, "offset")), &seconds) || seconds > OFFSET_S_MAX ||
	    seconds < -OFFSET_S_MAX)
		return err_set(err, ERR_USAGE, "offset must be seconds");
	sim_set_offset(s, seconds * US_PER_S);
	return true;
}

int sim_admin(struct sim *s, const struct sim_http *h, struct buf *out)
{
	struct str what = str_sub(h->path, strlen("/_sim/"), h->path.len);
	struct arena *a;
	struct err err = {0};
	bool ok;

	if (str_eq_c(h->method, "GET") && str_eq_c(what, "requests")) {
		buf_init(out, LOG_TEXT_MAX);
		pthread_mutex_lock(&s->lock);
		sim_log_json(s, out);
		pthread_mutex_unlock(&s->lock);
		return 200;
	}
	buf_init(out, 4096);
	if (!str_eq_c(h->method, "POST")) {
		buf_add_c(out, "use POST\n");
		return 405;
	}
	a = arena_new(8192, 1 << 20);
	ok = post(s, what, h->body, a, &err);
	arena_free(a);
	buf_addf(out, "%s\n", ok ? "ok" : err.text);
	return ok ? 200 : err.code == ERR_NOT_FOUND ? 404 : 400;
}
