/*
 * errors.c: AWS error codes sorted into the few kinds that we treat differently.
 *
 * Three envelopes carry a code and a message: <ErrorResponse><Error> (query), <Response><Errors>
 * <Error> (EC2) and a JSON object with __type. Codes are matched by the tables below (AWS
 * "Common errors", botocore's retry lists); what is not listed is told verbatim. A body that is no
 * envelope at all (a proxy's page) is named as such.
 *
 * Not here: deciding when to try again (client.c).
 */
#include "aws/errors.h"

#include "codec/codec_json.h"
#include "codec/codec_xml.h"

#include <jansson.h>

#define CODE_MAX 64
#define MESSAGE_MAX 400
#define ACTION_MAX 128
#define AWS_NEEDS "n/a: needs "

struct envelope {
	char code[CODE_MAX];
	char message[MESSAGE_MAX];
};

static const char *const throttling[] = {
	"Throttling",
	"ThrottlingException",
	"ThrottledException",
	"RequestThrottledException",
	"RequestThrottled",
	"TooManyRequestsException",
	"ProvisionedThroughputExceededException",
	"TransactionInProgressException",
	"RequestLimitExceeded",
	"BandwidthLimitExceeded",
	"LimitExceededException",
	"SlowDown",
	"PriorRequestNotComplete",
	"EC2ThrottledException",
};
static const char *const denied[] = {
	"AccessDenied",       "AccessDeniedException", "UnauthorizedOperation",  "UnauthorizedException",
	"AuthorizationError", "NotAuthorized",         "NotAuthorizedException", "OptInRequired",
};
static const char *const expired[] = {"ExpiredToken", "ExpiredTokenException", "RequestExpired",
				      "TokenRefreshRequired"};
static const char *const wrong_keys[] = {
	"InvalidClientTokenId",
	"UnrecognizedClientException",
	"AuthFailure",
	"SignatureDoesNotMatch",
	"InvalidSignatureException",
	"IncompleteSignature",
	"MissingAuthenticationToken",
	"InvalidAccessKeyId",
	"InvalidToken",
	"MissingAuthenticationTokenException",
	"RequestTimeTooSkewed",
	"RequestInTheFuture",
};

static bool listed(const char *code, const char *const *codes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(code, codes[i]) == 0)
			return true;
	return false;
}

static void copy(char *out, size_t len, struct str s)
{
	snprintf(out, len, STR_FMT, STR_ARG(str_sub(s, 0, len - 1)));
}

static bool looks_like_html(struct str body)
{
	struct str head = str_sub(str_trim(body), 0, 64);

	return str_ifind(head, STR("<!doctype"), 0) == 0 || str_ifind(head, STR("<html"), 0) == 0 ||
	       str_ifind(head, STR("<head"), 0) == 0;
}

static bool ignore_leaf(void *ctx, struct str path, struct str text, struct err *err)
{
	(void)ctx;
	(void)path;
	(void)text;
	(void)err;
	return true;
}

static bool ignore_item(void *ctx, struct err *err)
{
	(void)ctx;
	(void)err;
	return true;
}

static void read_xml(struct str body, struct envelope *out)
{
	static const char *const wanted[] = {"Error/Code",           "Error/Message",        "Errors/Error/Code",
					     "Errors/Error/Message", "Error/Message/Reason", NULL};
	const struct xml_handler handler = {
		.items = "Item/Never", .on_leaf = ignore_leaf, .on_item = ignore_item, .wanted = wanted};
	struct xml_decoder *d = xml_decoder_new(&handler);
	struct err ignored;

	if (xml_decoder_feed(d, body, &ignored) && xml_decoder_finish(d, &ignored)) {
		int at = xml_decoder_wanted(d, 0).len > 0 ? 0 : 2;

		copy(out->code, sizeof(out->code), xml_decoder_wanted(d, (size_t)at));
		copy(out->message, sizeof(out->message), xml_decoder_wanted(d, (size_t)at + 1));
	}
	xml_decoder_free(d);
}

/* "ns#Code" and "Code:http://..." are both Code. */
static struct str bare_code(struct str s)
{
	struct str code;
	long hash;

	if (!str_split(&s, ':', &code))
		return STR("");
	while ((hash = str_find(code, STR("#"), 0)) >= 0)
		code = str_sub(code, (size_t)hash + 1, code.len);
	return code;
}

static void read_json(const struct http_response *response, struct str body, struct envelope *out)
{
	struct json_t *root = NULL;
	struct err ignored;
	struct str code = str_c(response->error_type);
	const char *message = NULL;

	if (json_read(body, &root, &ignored)) {
		const char *type = json_string_value(json_object_get(root, "__type"));

		message = json_string_value(json_object_get(root, "message"));
		if (!message)
			message = json_string_value(json_object_get(root, "Message"));
		if (code.len == 0)
			code = str_c(type ? type : json_string_value(json_object_get(root, "code")));
	}
	if (response->query_error[0]) {
		struct str rest = str_c(response->query_error);

		str_split(&rest, ';', &code);
	}
	copy(out->code, sizeof(out->code), bare_code(code));
	copy(out->message, sizeof(out->message), str_c(message));
	json_decref(root);
}

static enum err_code kind_of(const char *code, long status)
{
	struct str s = str_c(code);

	if (listed(code, throttling, ARRAY_LEN(throttling)) || status == 429)
		return ERR_THROTTLED;
	if (listed(code, denied, ARRAY_LEN(denied)))
		return ERR_DENIED;
	if (listed(code, expired, ARRAY_LEN(expired)) || listed(code, wrong_keys, ARRAY_LEN(wrong_keys)))
		return ERR_CREDENTIALS;
	if (str_ends(s, STR("NotFound")) || str_ends(s, STR("NotFoundFault")) || str_ends(s, STR("NotFoundException")))
		return ERR_NOT_FOUND;
	return ERR_SERVER;
}

/* The action that a refusal names ("... is not authorized to perform: kms:Decrypt on resource ..."), which need not be
 * the call's own; else service:operation. */
static void missing_action(const struct aws_service *service, const char *operation, const char *message, char *out,
			   size_t len)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
	const char *at = strstr(message, "to perform: "), *from = at ? at + strlen("to perform: ") : "";
	size_t service_len = strspn(from, letters), n = service_len;

	if (from[n] == ':')
		n += 1 + strspn(from + n + 1, letters);
	if (service_len > 0 && n > service_len + 1 && n < len)
		snprintf(out, len, "%.*s", (int)n, from);
	else
		snprintf(out, len, "%s:%s", service->iam, operation);
}

static void say_text(const struct aws_service *service, const char *operation, const struct envelope *e,
		     const struct http_response *response, struct err *err)
{
	enum err_code kind = kind_of(e->code, response->status);
	const char *colon = e->message[0] ? ": " : "";
	char action[ACTION_MAX];

	missing_action(service, operation, e->message, action, sizeof(action));
	if (kind == ERR_DENIED)
		err_set(err, kind, AWS_NEEDS "%s%s%s", action, colon, e->message);
	else if (kind == ERR_THROTTLED)
		err_set(err, kind, "%s asks to slow down (%s, %s)", service->name, operation, e->code);
	else if (kind == ERR_CREDENTIALS && listed(e->code, expired, ARRAY_LEN(expired)))
		err_set(err, kind, "The AWS credentials have expired (%s %s)%s%s", service->name, operation, colon,
			e->message);
	else if (kind == ERR_CREDENTIALS)
		err_set(err, kind, "%s refuses the AWS credentials (%s, %s)%s%s", service->name, operation, e->code,
			colon, e->message);
	else if (e->code[0])
		err_set(err, kind, "%s %s failed with %s%s%s", service->name, operation, e->code, colon, e->message);
	else
		err_set(err, kind, "%s %s failed with HTTP %ld", service->name, operation, response->status);
}

bool aws_error_action(const struct err *err, char *ret_action, size_t len)
{
	struct str text = str_c(err->text), rest, service, name;

	if (err->code != ERR_DENIED || !str_starts(text, STR(AWS_NEEDS)))
		return false;
	rest = str_sub(text, strlen(AWS_NEEDS), text.len);
	if (!str_split(&rest, ':', &service) || !str_split(&rest, ':', &name))
		return false;
	return snprintf(ret_action, len, STR_FMT ":" STR_FMT, STR_ARG(service), STR_ARG(name)) < (int)len;
}

static void say_remedy(const char *code, struct err *err)
{
	char action[ACTION_MAX];

	if (aws_error_action(err, action, sizeof(action)))
		err_remedy(err,
			   "Allow the action %s in the IAM policy of this user or role; auroratop policy prints all.",
			   action);
	else if (err->code == ERR_THROTTLED)
		err_remedy(err, "It is tried again by itself, less often.");
	else if (err->code == ERR_CREDENTIALS && listed(code, expired, ARRAY_LEN(expired)))
		err_remedy(err, "Renew them, for example with aws sso login; they are read again by themselves.");
	else if (err->code == ERR_CREDENTIALS)
		err_remedy(err, "Check the keys or the profile, and this machine's clock.");
}

static bool no_envelope(const struct aws_service *service, const char *operation, const struct http_response *response,
			bool html, struct err *err)
{
	if (response->status >= 300 && response->status < 400)
		err_set(err, ERR_PROTOCOL, "%s %s was redirected to %s instead of answered (proxy?)", service->name,
			operation, response->location);
	else
		err_set(err, html ? ERR_PROTOCOL : ERR_SERVER, "%s %s: %s (HTTP %ld)", service->name, operation,
			html ? "HTML instead of an AWS answer (proxy?)" : "an empty answer", response->status);
	err_remedy(err, "Check HTTPS_PROXY, NO_PROXY and the endpoint URL.");
	return false;
}

bool aws_error_read(const struct aws_service *service, const char *operation, const struct http_response *response,
		    struct str body, struct err *err)
{
	struct envelope e = {"", ""};
	bool html = looks_like_html(body), redirect = response->status >= 300 && response->status < 400;

	if (!html && service->protocol == AWS_JSON)
		read_json(response, body, &e);
	else if (!html && str_trim(body).len > 0)
		read_xml(body, &e);
	if (!e.code[0] && (html || redirect || str_trim(body).len == 0)) {
		no_envelope(service, operation, response, html, err);
	} else {
		say_text(service, operation, &e, response, err);
		say_remedy(e.code, err);
	}
	snprintf(err->id, sizeof(err->id), "%s", e.code);
	err->retry_after_us = response->retry_after_us;
	return false;
}

bool aws_error_retryable(const struct err *err, long status)
{
	if (err->code == ERR_THROTTLED || err->code == ERR_LOST || err->code == ERR_REFUSED || err->code == ERR_DNS ||
	    err->code == ERR_TIMEOUT)
		return true;
	if (err->code == ERR_TLS)
		return strcmp(err->id, "certificate") != 0;
	return status == 500 || status == 502 || status == 503 || status == 504 || status == 509 ||
	       strcmp(err->id, "RequestTimeout") == 0 || strcmp(err->id, "RequestTimeoutException") == 0;
}

bool aws_error_skew(const struct err *err)
{
	static const char *const codes[] = {"InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure",
					    "RequestTimeTooSkewed",      "AccessDeniedException", "RequestExpired",
					    "RequestInTheFuture"};

	return listed(err->id, codes, ARRAY_LEN(codes));
}
