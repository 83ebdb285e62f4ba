/*
 * cred_container.c: the credentials endpoint of a container (ECS, EKS Pod Identity).
 *
 * Where it is says a variable, so whoever can set a variable could point it elsewhere; keys are therefore only taken
 * over HTTPS or from this host, its link or the addresses AWS has set aside. It is never asked through a proxy. Once it
 * is configured its failure is final: the instance's own role would be somebody else's.
 */
#include "aws/cred.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <jansson.h>
#include <stdlib.h>

#define TIMEOUT_US (2 * US_PER_S)
#define ATTEMPTS 3
#define PAUSE_US (1 * US_PER_S)

bool cred_container_host_allowed(const char *host)
{
	static const char *const own[] = {"localhost", "169.254.170.2", "169.254.170.23", "fd00:ec2::23", "::1"};
	struct in6_addr a6;
	struct in_addr a;
	char bare[128];
	size_t n = strlen(host);

	if (n > 2 && host[0] == '[' && n < sizeof(bare))
		snprintf(bare, sizeof(bare), "%.*s", (int)n - 2, host + 1);
	else
		snprintf(bare, sizeof(bare), "%s", host);
	if (inet_pton(AF_INET, bare, &a) == 1 && (ntohl(a.s_addr) >> 24) == 127)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(own); i++) {
		struct in6_addr want;

		if (strcmp(bare, own[i]) == 0)
			return true;
		if (inet_pton(AF_INET6, own[i], &want) == 1 && inet_pton(AF_INET6, bare, &a6) == 1 &&
		    memcmp(&a6, &want, sizeof(a6)) == 0)
			return true;
	}
	return false;
}

static bool bad_url(const char *variable, const char *what, struct err *err)
{
	err_set(err, ERR_CREDENTIALS, "%s %s", variable, what);
	err_remedy(err, "It must be an https URL, or http on this host, 169.254.170.2, 169.254.170.23 or "
			"[fd00:ec2::23].");
	return false;
}

/* Host and scheme of a URL; false when it has none. The caller frees both with curl_free(). */
static bool cut_url(const char *url, char **ret_host, char **ret_scheme)
{
	CURLU *u = curl_url();
	bool ok;

	CHECK(u);
	*ret_host = *ret_scheme = NULL;
	ok = curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	     curl_url_get(u, CURLUPART_HOST, ret_host, 0) == CURLUE_OK &&
	     curl_url_get(u, CURLUPART_SCHEME, ret_scheme, 0) == CURLUE_OK;
	curl_url_cleanup(u);
	return ok;
}

bool cred_container_url(const char *relative, const char *full, char ret_url[AWS_URL_MAX], char ret_host[128],
			struct err *err)
{
	bool by_relative = relative && *relative, ok = false;
	const char *variable =
		by_relative ? "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" : "AWS_CONTAINER_CREDENTIALS_FULL_URI";
	char *host = NULL, *scheme = NULL;
	int n = by_relative ? snprintf(ret_url, AWS_URL_MAX, "http://169.254.170.2%s", relative)
			    : snprintf(ret_url, AWS_URL_MAX, "%s", full);

	if (n >= AWS_URL_MAX || !cut_url(ret_url, &host, &scheme)) {
		bad_url(variable, "is not a usable URL", err);
		goto out;
	}
	snprintf(ret_host, 128, "%s", host);
	/* a relative one could begin with "@host" or ".example.com" and so name another host */
	if (by_relative)
		ok = relative[0] == '/' && strcmp(host, "169.254.170.2") == 0;
	else
		ok = strcmp(scheme, "https") == 0 || (strcmp(scheme, "http") == 0 && cred_container_host_allowed(host));
	if (!ok)
		bad_url(variable, "names a host that keys are not taken from", err);
out:
	curl_free(host);
	curl_free(scheme);
	return ok;
}

/* The value of the Authorization header, "" for none. */
static bool read_token(struct secret *ret_token, struct err *err)
{
	const char *file = getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	struct str token = str_c(getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN"));
	bool exists, ok;

	if (file && *file) {
		if (!secret_read_file(file, AWS_SECRET_MAX, ret_token, &exists, err))
			return false;
		if (!exists) {
			err_set(err, ERR_CREDENTIALS,
				"the file %s of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE does not "
				"exist",
				file);
			err_remedy(err, "It is written by EKS Pod Identity: check its agent and the pod's mounts.");
			return false;
		}
	} else if (!secret_add(ret_token, token, AWS_SECRET_MAX)) {
		return err_set(err, ERR_LIMIT, "AWS_CONTAINER_AUTHORIZATION_TOKEN is too long");
	}
	token = secret_str(ret_token);
	ok = token.len == 0 || (!memchr(token.ptr, '\r', token.len) && !memchr(token.ptr, '\n', token.len));
	if (!ok) {
		secret_wipe(ret_token);
		err_set(err, ERR_CREDENTIALS, "the container's authorization token holds a line break");
		err_remedy(err, "Write it without one into AWS_CONTAINER_AUTHORIZATION_TOKEN or its file.");
	}
	return ok;
}

static bool read_answer(const struct http_response *response, const char *host, const struct secret *body,
			struct aws_credentials *out, struct err *err)
{
	static const struct cred_names names = {"AccessKeyId", "SecretAccessKey", "Token", "Expiration", false};
	char from[200], words[200];
	struct json_t *root;
	bool ok;

	snprintf(from, sizeof(from), "the container endpoint %.120s", host);
	if (response->status != 200) {
		cred_words(secret_str(body), words, sizeof(words));
		err_set(err, ERR_CREDENTIALS, "%s answered with HTTP %ld%s%s", from, response->status,
			words[0] ? ": " : "", words);
		err_remedy(err, "Check the task or pod role, and AWS_CONTAINER_AUTHORIZATION_TOKEN or its file.");
		return false;
	}
	if (!cred_parse_json(secret_str(body), from, &root, err))
		return false;
	ok = cred_from_json(root, &names, from, out, err);
	secret_json_wipe(root);
	return ok;
}

static bool ask(struct cred_ask *q, const char *url, const char *host, struct aws_credentials *out, struct err *err)
{
	struct secret token = {NULL, 0, 0}, line = {NULL, 0, 0}, body = {NULL, 0, 0};
	const char *headers[] = {"Accept: application/json", NULL, NULL};
	struct http_response response = {0};
	bool ok = read_token(&token, err);

	if (ok && token.len > 0) {
		ok = secret_add(&line, STR("Authorization: "), 2 * AWS_SECRET_MAX) &&
		     secret_add(&line, secret_str(&token), 2 * AWS_SECRET_MAX);
		CHECK(ok);
		headers[1] = line.text;
	}
	ok = ok && cred_http(q,
			     &(struct cred_request){.url = url,
						    .host = host,
						    .headers = headers,
						    .method = "GET",
						    .timeout_us = TIMEOUT_US,
						    .direct = true},
			     &response, &body, err);
	ok = ok && read_answer(&response, host, &body, out, err);
	secret_wipe(&token);
	secret_wipe(&line);
	secret_wipe(&body);
	return ok;
}

static bool load(struct cred_ask *q, const char *profile, struct aws_credentials *out, bool *ret_found, struct err *err)
{
	const char *relative = getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	const char *full = getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI");
	char url[AWS_URL_MAX], host[128];
	struct err ignored;

	(void)profile;
	if ((!relative || !*relative) && (!full || !*full))
		return true;
	if (!cred_may_ask(q))
		return true;
	if (!cred_container_url(relative, full, url, host, err))
		return false;
	snprintf(out->origin, sizeof(out->origin), "the container endpoint %s", host);
	cred_doing(q, "asking %s for credentials", out->origin);
	for (int i = 0; i < ATTEMPTS && !*ret_found; i++) {
		*ret_found = ask(q, url, host, out, err);
		if (!*ret_found && (err->code == ERR_CANCELLED || err->code == ERR_LIMIT || i + 1 == ATTEMPTS ||
				    !cred_pause(q, PAUSE_US, &ignored)))
			return false;
	}
	return true;
}

const struct cred_provider cred_container = {.name = "container-role", .load = load};
