/*
 * sim_service.c: from HTTP request to answer, for all services.
 *
 * Two steps, because an injected delay comes between them: sim_prepare() finds out which
 * operation is asked and what the faults have in store; sim_serve() verifies the signature,
 * checks parameters, runs the operation and wraps its result in the envelope of the
 * protocol (query, EC2's variant of it, JSON). Errors take the same way. Every
 * request ends in the log, refused ones too.
 */
#include "sim/sim_identity.h"

struct service {
	const char *name, *version;
	const char *xmlns;       /* NULL = speaks JSON only */
	const char *target;      /* of X-Amz-Target; NULL = speaks no JSON */
	const char *json;        /* version in the content type */
	const char *error_space; /* before the code in __type */
	const struct sim_operation *operations;
	const size_t *noperations;
};

/* clang-format off */
static const struct service services[] = {
	{"rds", "2014-10-31", "http://rds.amazonaws.com/doc/2014-10-31/", NULL, NULL, NULL, sim_rds_operations, &sim_rds_noperations},
	{"ec2", "2016-11-15", "http://ec2.amazonaws.com/doc/2016-11-15/", NULL, NULL, NULL, sim_ec2_operations, &sim_ec2_noperations},
	{"monitoring", "2010-08-01", "http://monitoring.amazonaws.com/doc/2010-08-01/", "GraniteServiceVersion20100801", "1.0",
	 "com.amazonaws.cloudwatch.v2010_08_01#", sim_cw_operations, &sim_cw_noperations},
	{"logs", "2014-03-28", NULL, "Logs_20140328", "1.1", "", sim_logs_operations, &sim_logs_noperations},
	{"pi", "2018-02-27", NULL, "PerformanceInsightsv20180227", "1.1", "", sim_pi_operations, &sim_pi_noperations},
	{"kms", "2014-11-01", NULL, "TrentService", "1.1", "", sim_kms_operations, &sim_kms_noperations},
	{"secretsmanager", "2017-10-17", NULL, "secretsmanager", "1.1", "", sim_secrets_operations, &sim_secrets_noperations},
	{"application-autoscaling", "2016-02-06", NULL, "AnyScaleFrontendService", "1.1", "", sim_scaling_operations,
	 &sim_scaling_noperations},
	{"sts", "2011-06-15", "https://sts.amazonaws.com/doc/2011-06-15/", NULL, NULL, NULL, sim_sts_operations, &sim_sts_noperations},
};

/* Names of the same error in query and JSON; service NULL = of all that have no row of their own above. */
static const struct { const char *service, *query, *json; } json_codes[] = {
	{"logs", "InvalidParameterValue", "InvalidParameterException"},
	{"logs", "MissingParameter", "InvalidParameterException"},
	{"logs", "InvalidParameterCombination", "InvalidParameterException"},
	{"logs", "InternalFailure", "ServiceUnavailableException"},
	{"pi", "InvalidParameterValue", "InvalidArgumentException"},
	{"pi", "MissingParameter", "InvalidArgumentException"},
	{"pi", "InternalFailure", "InternalServiceError"},
	{"pi", "AccessDenied", "NotAuthorizedException"},
	{"kms", "InvalidParameterValue", "ValidationException"},
	{"kms", "MissingParameter", "ValidationException"},
	{"kms", "InternalFailure", "KMSInternalException"},
	{"secretsmanager", "InvalidParameterValue", "InvalidParameterException"},
	{"secretsmanager", "MissingParameter", "InvalidParameterException"},
	{"secretsmanager", "InternalFailure", "InternalServiceError"},
	{"application-autoscaling", "InvalidParameterValue", "ValidationException"},
	{"application-autoscaling", "MissingParameter", "ValidationException"},
	{"application-autoscaling", "InternalFailure", "InternalServiceException"},
	{NULL, "InvalidParameterValue", "InvalidParameterValueException"},
	{NULL, "MissingParameter", "MissingRequiredParameterException"},
	{NULL, "InvalidParameterCombination", "InvalidParameterCombinationException"},
	{NULL, "InternalFailure", "InternalServiceFault"},
	{NULL, "Throttling", "ThrottlingException"},
	{NULL, "ExpiredToken", "ExpiredTokenException"},
	{NULL, "AccessDenied", "AccessDeniedException"},
	{NULL, "InvalidAction", "UnknownOperationException"},
};
/* clang-format on */

static const struct service *service_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(services); i++)
		if (strcmp(services[i].name, name) == 0)
			return &services[i];
	return NULL;
}

static bool any(const char *word)
{
	return word[0] == '\0' || strcmp(word, "*") == 0;
}

bool sim_service_has(const char *service, const char *operation)
{
	for (size_t i = 0; i < ARRAY_LEN(services); i++) {
		if (!any(service) && strcmp(services[i].name, service) != 0)
			continue;
		for (size_t k = 0; k < *services[i].noperations; k++)
			if (any(operation) || strcmp(services[i].operations[k].name, operation) == 0)
				return true;
	}
	return sim_rest_has(service, operation);
}

bool sim_fail(struct sim_request *r, int status, const char *code, const char *fmt, ...)
{
	struct buf text;
	va_list ap;

	buf_init(&text, 4096);
	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	r->status = status;
	r->code = code;
	r->message = arena_str(r->arena, buf_str(&text));
	buf_release(&text);
	return false;
}

struct str sim_header(const struct sim_http *h, const char *name)
{
	for (size_t i = 0; i < h->nheaders; i++)
		if (str_ieq(h->headers[i].name, str_c(name)))
			return h->headers[i].value;
	return (struct str){NULL, 0};
}

static void make_id(struct sim_request *r)
{
	uint64_t a = sim_hash((uint64_t)r->sim->o.seed, ++r->sim->next_id), b = sim_hash(a, 7);

	snprintf(r->id, sizeof(r->id), "%08x-%04x-4%03x-8%03x-%012llx", (unsigned)(a >> 32),
		 (unsigned)(a >> 16) & 0xffff, (unsigned)a & 0xfff, (unsigned)(b >> 48) & 0xfff,
		 (unsigned long long)(b & 0xffffffffffff));
}

/* Does X-Amz-Target name an operation of this service? */
static bool targets(const struct sim_request *r, const struct service *s)
{
	struct str target = sim_header(r->http, "x-amz-target");
	size_t n = s->target ? strlen(s->target) : 0;

	return n > 0 && target.len > n && str_starts(target, str_c(s->target)) && target.ptr[n] == '.';
}

/* The scope's service, or what the API version or the target says when there is no scope. */
static void find_service(struct sim_request *r)
{
	struct str authorization = sim_header(r->http, "authorization"), version = sim_param(r, "Version"), part;
	long at = str_find(authorization, STR("Credential="), 0);

	for (size_t i = 0; i < ARRAY_LEN(services); i++)
		if (r->json ? targets(r, &services[i]) : str_eq_c(version, services[i].version))
			snprintf(r->service, sizeof(r->service), "%s", services[i].name);
	if (at < 0)
		return;
	authorization = str_sub(authorization, (size_t)at, authorization.len);
	for (int i = 0; i < 4; i++)
		if (!str_split(&authorization, '/', &part))
			return;
	snprintf(r->service, sizeof(r->service), STR_FMT, STR_ARG(part));
}

static bool read_request(struct sim_request *r)
{
	struct str target = sim_header(r->http, "x-amz-target");
	long dot = str_find(target, STR("."), 0);

	r->rest = sim_rest_find(r->http);
	if (r->rest) {
		snprintf(r->service, sizeof(r->service), "%s", r->rest->service);
		r->operation = str_c(r->rest->operation);
		r->json = true;
		return true;
	}
	snprintf(r->service, sizeof(r->service), "rds");
	r->json = str_starts(sim_header(r->http, "content-type"), STR("application/x-amz-json-1."));
	if (r->json) {
		r->operation = str_sub(target, dot < 0 ? target.len : (size_t)dot + 1, target.len);
		find_service(r);
		return sim_json_parse(r) || sim_fail(r, 400, "SerializationException", "The body is no JSON object.");
	}
	if (!sim_form_parse(r->arena, r->http->body, &r->params, &r->nparams))
		return sim_fail(r, 400, "MalformedQueryString", "The body is no form with at most %d parameters.",
				SIM_PARAMS_MAX);
	r->operation = sim_param(r, "Action");
	find_service(r);
	return true;
}

void sim_prepare(struct sim_request *r)
{
	pthread_mutex_lock(&r->sim->lock);
	r->status = 200;
	make_id(r);
	buf_init(&r->body, SIM_ANSWER_MAX);
	read_request(r);
	sim_state_advance(r->sim);
	sim_fault_plan(r->sim, r->service, r->operation, &r->plan);
	pthread_mutex_unlock(&r->sim->lock);
}

static bool find_operation(struct sim_request *r, const struct sim_operation **ret_op)
{
	const struct service *s = service_of(r->service);
	struct str version = sim_param(r, "Version");

	if (!s)
		return sim_fail(r, 400, "UnknownOperationException", "The simulator has no service %s.", r->service);
	if (!r->operation.len)
		return sim_fail(r, 400, "MissingAction", "The request names no operation.");
	if (r->json ? !targets(r, s) : !s->xmlns)
		return sim_fail(r, 400, "InvalidAction", "%s does not speak this protocol, or not for this target.",
				r->service);
	if (!r->json && !str_eq_c(version, s->version))
		return sim_fail(r, 400, "InvalidAction", "Could not find operation " STR_FMT " for version " STR_FMT,
				STR_ARG(r->operation), STR_ARG(version));
	for (size_t i = 0; i < *s->noperations; i++) {
		*ret_op = &s->operations[i];
		if (str_eq_c(r->operation, s->operations[i].name))
			return true;
	}
	return sim_fail(r, 400, "InvalidAction", "The action " STR_FMT " is not valid for this web service.",
			STR_ARG(r->operation));
}

bool sim_execute(struct sim_request *r, struct buf *result)
{
	const struct sim_operation *op = NULL;

	/* r->code: the request could not be read. */
	if (r->code || !sim_fault_refuse(r))
		return false;
	if (!str_eq_c(r->http->method, "POST") || !str_eq_c(r->http->path, "/"))
		return sim_fail(r, 404, "InvalidAction", "Only POST / is served.");
	if (!find_operation(r, &op) || !sim_params_check(r, op) || !op->run(r, result))
		return false;
	if (str_eq_c(sim_param(r, "DryRun"), "true"))
		return sim_fail(r, 412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.");
	return !result->failed || sim_fail(r, 500, "InternalFailure", "The answer is too large.");
}

static void wrap_xml(struct sim_request *r, struct str result)
{
	const struct service *s = service_of(r->service);

	CHECK(s != NULL); /* its operation has just run */
	buf_addf(&r->body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<" STR_FMT "Response xmlns=\"%s\">\n",
		 STR_ARG(r->operation), s->xmlns);
	if (strcmp(s->name, "ec2") == 0) {
		buf_addf(&r->body, "<requestId>%s</requestId>\n", r->id);
		buf_add_str(&r->body, result);
	} else {
		/* An operation that answers nothing has no result element. */
		if (result.len > 0) {
			buf_addf(&r->body, "<" STR_FMT "Result>\n", STR_ARG(r->operation));
			buf_add_str(&r->body, result);
			buf_addf(&r->body, "</" STR_FMT "Result>\n", STR_ARG(r->operation));
		}
		buf_addf(&r->body, "<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata>\n", r->id);
	}
	buf_addf(&r->body, "</" STR_FMT "Response>\n", STR_ARG(r->operation));
}

static void wrap_error_xml(struct sim_request *r)
{
	const struct service *s = service_of(r->service);
	struct buf *b = &r->body;

	buf_add_c(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	if (s && strcmp(s->name, "ec2") == 0) {
		buf_add_c(b, "<Response><Errors><Error>");
		sim_xml_str(b, "Code", r->code);
		sim_xml_slice(b, "Message", r->message);
		buf_addf(b, "</Error></Errors><RequestID>%s</RequestID></Response>\n", r->id);
		return;
	}
	buf_addf(b, "<ErrorResponse xmlns=\"%s\">\n<Error>\n", s ? s->xmlns : services[0].xmlns);
	sim_xml_str(b, "Type", r->status < 500 ? "Sender" : "Receiver");
	sim_xml_str(b, "Code", r->code);
	sim_xml_slice(b, "Message", r->message);
	buf_addf(b, "</Error>\n<RequestId>%s</RequestId>\n</ErrorResponse>\n", r->id);
}

static void wrap_error_json(struct sim_request *r)
{
	const struct service *s = service_of(r->service);
	const char *code = r->code;

	for (size_t i = ARRAY_LEN(json_codes); i-- > 0;)
		if (strcmp(json_codes[i].query, r->code) == 0 &&
		    (!json_codes[i].service || strcmp(json_codes[i].service, r->service) == 0))
			code = json_codes[i].json;
	buf_addf(&r->body, "{\"__type\":\"%s%s\",\"message\":", s && s->error_space ? s->error_space : "", code);
	sim_json_str(&r->body, r->message);
	buf_add_char(&r->body, '}');
}

static const char *json_type(const struct sim_request *r)
{
	const struct service *s = service_of(r->service);

	return arena_strz(r->arena, arena_fmt(r->arena, "application/x-amz-json-%s", s && s->json ? s->json : "1.0"));
}

/* A web identity's token is its proof; nothing of this call is signed. */
static bool is_open(const struct sim_request *r)
{
	return !r->json && str_eq_c(r->operation, "AssumeRoleWithWebIdentity") && strcmp(r->service, "sts") == 0;
}

/* The body is complete afterwards, or r has an error that is still to be written. */
static bool serve_rest(struct sim_request *r)
{
	if (!sim_fault_refuse(r))
		return false;
	r->rest->run(r);
	return true;
}

static bool serve_signed(struct sim_request *r, struct buf *result)
{
	return (is_open(r) || sim_sigv4_verify(r, sim_auth_now(r->sim) + r->plan.skew_us)) && sim_execute(r, result);
}

void sim_serve(struct sim_request *r)
{
	struct buf result;
	bool ok;

	pthread_mutex_lock(&r->sim->lock);
	buf_init(&result, SIM_ANSWER_MAX - 4096);
	r->now_us = sim_now(r->sim);
	r->content_type = !r->json ? "text/xml;charset=UTF-8" : json_type(r);
	ok = r->rest ? serve_rest(r) : serve_signed(r, &result);
	if (ok && r->rest)
		; /* written already */
	else if (ok && r->json)
		buf_add_str(&r->body, buf_str(&result));
	else if (ok)
		wrap_xml(r, buf_str(&result));
	else if (r->json)
		wrap_error_json(r);
	else
		wrap_error_xml(r);
	buf_release(&result);
	sim_fault_spoil(r);
	sim_log_add(r->sim, r);
	pthread_mutex_unlock(&r->sim->lock);
}
