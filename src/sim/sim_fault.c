/*
 * sim_fault.c: faults to order.
 *
 * A fault row names service, operation, kind, how many requests it still hits and, when a
 * scenario planned it, from when to when. For each request all matching rows are looked at in the order they were
 * added: latencies add up, clock skew applies, and the first other kind decides. Refusals (throttled, denied, expired)
 * are said after the signature was checked, as a real endpoint does; spoilt answers are made from the true one. Waiting
 * and cutting connections is sim_http.c's part.
 */
#include "sim/sim_internal.h"
#include "sim/sim_scenario.h"

static const char *const kinds[SIM_FAULT__COUNT] = {
	[SIM_FAULT_LATENCY] = "latency", [SIM_FAULT_THROTTLE] = "throttle", [SIM_FAULT_ERROR500] = "error500",
	[SIM_FAULT_HANG] = "hang",       [SIM_FAULT_TRUNCATE] = "truncate", [SIM_FAULT_MALFORMED] = "malformed",
	[SIM_FAULT_HTML] = "html",       [SIM_FAULT_DENIED] = "denied",     [SIM_FAULT_EXPIRED] = "expired",
	[SIM_FAULT_SKEW] = "skew",       [SIM_FAULT_EMPTY] = "empty",
};

#define FAULT_MS_MAX (7 * INT64_C(86400000))

static bool set_number(struct str name, struct str value, int64_t lo, int64_t *ret_value, struct err *err)
{
	if (parse_i64(value, ret_value) && *ret_value >= lo && *ret_value <= FAULT_MS_MAX)
		return true;
	return err_set(err, ERR_USAGE, STR_FMT ": '" STR_FMT "' is no number in range", STR_ARG(name), STR_ARG(value));
}

static bool set_kind(struct sim_fault_row *f, struct str value, struct err *err)
{
	for (int i = 0; i < SIM_FAULT__COUNT; i++) {
		if (str_eq_c(value, kinds[i])) {
			f->kind = (enum sim_fault_kind)i;
			return true;
		}
	}
	return err_set(err, ERR_USAGE, "no fault kind '" STR_FMT "'", STR_ARG(value));
}

bool sim_fault_set(struct sim_fault_row *f, struct str name, struct str value, struct err *err)
{
	int64_t ms;

	if (str_eq_c(name, "service")) {
		snprintf(f->service, sizeof(f->service), STR_FMT, STR_ARG(value));
	} else if (str_eq_c(name, "operation")) {
		snprintf(f->operation, sizeof(f->operation), STR_FMT, STR_ARG(value));
	} else if (str_eq_c(name, "kind")) {
		return set_kind(f, value, err);
	} else if (str_eq_c(name, "ms")) {
		if (!set_number(name, value, -FAULT_MS_MAX, &ms, err))
			return false;
		f->us = ms * US_PER_MS;
	} else if (str_eq_c(name, "count")) {
		return set_number(name, value, -1, &f->count, err);
	} else {
		return err_set(err, ERR_USAGE, "no fault field '" STR_FMT "'", STR_ARG(name));
	}
	return true;
}

void sim_fault_plan_scenario(struct sim *s)
{
	const struct sim_estate *e = s->estate;

	s->nfaults = 0;
	for (size_t i = 0; i < e->nfaults && s->nfaults < SIM_FAULTS_MAX; i++) {
		struct sim_fault_row *f = &s->faults[s->nfaults++];

		*f = e->faults[i].fault;
		f->from_us = s->epoch_us + e->faults[i].at_us;
		f->until_us = e->faults[i].for_us ? f->from_us + e->faults[i].for_us : 0;
	}
}

bool sim_fault_add(struct sim *s, struct str form, struct err *err)
{
	struct sim_fault_row f = {.kind = SIM_FAULT__COUNT, .count = -1};
	struct arena *a = arena_new(4096, 1 << 20);
	struct sim_param *params = NULL;
	size_t n = 0;
	bool ok = form.len < 4096 && sim_form_parse(a, form, &params, &n);

	if (!ok)
		err_set(err, ERR_USAGE, "the body is no form");
	for (size_t i = 0; ok && i < n; i++)
		ok = sim_fault_set(&f, params[i].name, params[i].value, err);
	arena_free(a);
	if (ok && f.kind == SIM_FAULT__COUNT)
		ok = err_set(err, ERR_USAGE, "kind is missing");
	if (ok && s->nfaults == SIM_FAULTS_MAX)
		ok = err_set(err, ERR_LIMIT, "more than %d faults", SIM_FAULTS_MAX);
	if (ok)
		s->faults[s->nfaults++] = f;
	return ok;
}

static bool word_matches(const char *word, struct str value)
{
	return word[0] == '\0' || strcmp(word, "*") == 0 || str_eq_c(value, word);
}

static void plan_kind(struct sim_plan *plan, const struct sim_fault_row *f, int64_t now_us)
{
	plan->kind = f->kind;
	plan->left_us = f->until_us ? f->until_us - now_us : 0;
}

void sim_fault_plan(struct sim *s, const char *service, struct str operation, struct sim_plan *ret_plan)
{
	int64_t now = sim_now(s);

	*ret_plan = (struct sim_plan){.kind = SIM_FAULT__COUNT};
	for (size_t i = 0; i < s->nfaults; i++) {
		struct sim_fault_row *f = &s->faults[i];

		if (f->count == 0 || now < f->from_us || (f->until_us && now >= f->until_us) ||
		    !word_matches(f->service, str_c(service)) || !word_matches(f->operation, operation))
			continue;
		if (f->kind == SIM_FAULT_LATENCY)
			ret_plan->delay_us += f->us > 0 ? f->us : 0;
		else if (f->kind == SIM_FAULT_SKEW)
			ret_plan->skew_us += f->us;
		else if (ret_plan->kind == SIM_FAULT__COUNT)
			plan_kind(ret_plan, f, now);
		else
			continue;
		if (f->count > 0)
			f->count--;
	}
}

static bool refuse_denied(struct sim_request *r)
{
	bool ec2 = strcmp(r->service, "ec2") == 0;
	const char *prefix = strcmp(r->service, "monitoring") == 0 ? "cloudwatch" : r->service;

	return sim_fail(r, 403, ec2 ? "UnauthorizedOperation" : "AccessDenied",
			"%sUser: arn:%s:iam::" SIM_ACCOUNT ":user/oncall is not authorized to perform: %s:" STR_FMT
			" because no identity-based policy allows the %s:" STR_FMT " action",
			ec2 ? "You are not authorized to perform this operation. " : "", sim_partition(r->sim), prefix,
			STR_ARG(r->operation), prefix, STR_ARG(r->operation));
}

bool sim_fault_refuse(struct sim_request *r)
{
	bool ec2 = strcmp(r->service, "ec2") == 0;

	if (r->plan.kind == SIM_FAULT_THROTTLE)
		return sim_fail(r, ec2 ? 503 : 400, ec2 ? "RequestLimitExceeded" : "Throttling",
				ec2 ? "Request limit exceeded." : "Rate exceeded");
	if (r->plan.kind == SIM_FAULT_ERROR500)
		return sim_fail(r, 500, ec2 ? "InternalError" : "InternalFailure",
				"The request processing has failed because of an unknown error, exception or failure.");
	if (r->plan.kind == SIM_FAULT_DENIED)
		return refuse_denied(r);
	if (r->plan.kind == SIM_FAULT_EXPIRED)
		return sim_fail(r, ec2 ? 400 : 403, ec2 ? "RequestExpired" : "ExpiredToken",
				ec2 ? "Request has expired." : "The security token included in the request is expired");
	return true;
}

void sim_fault_spoil(struct sim_request *r)
{
	if (r->plan.kind == SIM_FAULT_EMPTY) {
		buf_clear(&r->body);
	} else if (r->plan.kind == SIM_FAULT_MALFORMED) {
		buf_truncate(&r->body, r->body.len * 2 / 3);
		buf_add_c(&r->body, "<Broken attribute=></Mismatch>&nothing;<<\n");
	} else if (r->plan.kind == SIM_FAULT_HTML) {
		buf_clear(&r->body);
		buf_add_c(&r->body, "<!DOCTYPE html>\n<html><head><title>Sign in to the network</title></head>"
				    "<body><h1>Welcome</h1><p>Please accept the terms.<br></body></html>\n");
		r->content_type = "text/html";
	}
}
