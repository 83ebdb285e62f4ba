/*
 * sim_log.c: the request log, a ring of the newest SIM_REQUESTS_MAX requests.
 *
 * A row is stored as the JSON object it will be printed as. Parameters keep their wire
 * names, so that a checker with the service's model can judge what was really sent.
 */
#include "sim/sim_internal.h"

static void row_json(const struct sim_request *r, int64_t at_us, struct buf *b)
{
	const char *protocol = r->rest ? "rest" : r->json ? "json" : strcmp(r->service, "ec2") == 0 ? "ec2" : "query";
	char iso[40];
	bool first = true;

	buf_add_c(b, "{\"service\":");
	sim_json_str(b, str_c(r->service));
	buf_add_c(b, ",\"operation\":");
	sim_json_str(b, r->operation);
	buf_addf(b, ",\"protocol\":\"%s\",\"params\":{", protocol);
	for (size_t i = 0; i < r->nparams; i++) {
		buf_add_c(b, first ? "" : ",");
		first = false;
		sim_json_str(b, r->params[i].name);
		buf_add_char(b, ':');
		sim_json_str(b, r->params[i].value);
	}
	buf_addf(b, "},\"status\":%d,\"error\":", r->status);
	if (r->code)
		sim_json_str(b, str_c(r->code));
	else
		buf_add_c(b, "null");
	buf_addf(b, ",\"id\":\"%s\",\"at\":\"%s\"}", r->id, clock_iso8601(at_us, iso, sizeof(iso)));
}

void sim_log_add(struct sim *s, const struct sim_request *r)
{
	struct sim_log_row *row;
	struct buf b;

	if (s->log_n == SIM_REQUESTS_MAX) {
		xfree(s->log[s->log_first].json);
		s->log_first = (s->log_first + 1) % SIM_REQUESTS_MAX;
		s->log_n--;
	}
	row = &s->log[(s->log_first + s->log_n++) % SIM_REQUESTS_MAX];
	buf_init(&b, SIM_ANSWER_MAX);
	row_json(r, sim_auth_now(s), &b);
	if (s->requests) {
		fprintf(s->requests, "%s\n", buf_c(&b));
		fflush(s->requests);
	}
	row->json = buf_take(&b, NULL);
	snprintf(row->service, sizeof(row->service), "%s", r->service);
	snprintf(row->operation, sizeof(row->operation), STR_FMT, STR_ARG(r->operation));
	buf_release(&b);
}

void sim_log_clear(struct sim *s)
{
	for (size_t i = 0; i < s->log_n; i++)
		xfree(s->log[(s->log_first + i) % SIM_REQUESTS_MAX].json);
	s->log_first = s->log_n = 0;
}

void sim_log_json(const struct sim *s, struct buf *out)
{
	buf_add_char(out, '[');
	for (size_t i = 0; i < s->log_n; i++) {
		buf_add_c(out, i ? ",\n" : "\n");
		buf_add_c(out, s->log[(s->log_first + i) % SIM_REQUESTS_MAX].json);
	}
	buf_add_c(out, "\n]\n");
}
