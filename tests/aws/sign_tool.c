/*
 * sign_tool.c: signs the requests given as JSON lines on standard input, one result line each.
 *
 * Header requests give the Authorization value, tokens the whole token. It exists to be compared
 * with another implementation (botocore_compare.py).
 */
#include "aws/json_help.h"

#include "aws/sigv4.h"

#include <stdio.h>

#define HEADERS_MAX 32
#define LINE_MAX_BYTES (1u << 20)

static bool sign_header(const json_t *in, struct sigv4_request *q, struct err *err)
{
	const json_t *headers = json_object_get(in, "headers");
	struct sigv4_header list[HEADERS_MAX];
	struct sigv4_result result;
	bool ok;

	for (size_t i = 0; i < json_array_size(headers) && i < HEADERS_MAX; i++) {
		const json_t *h = json_array_get(headers, i);

		list[q->nheaders++] = (struct sigv4_header){json_text(h, "name"), json_text(h, "value")};
	}
	q->headers = list;
	q->method = json_text(in, "method");
	q->path = json_text(in, "path");
	q->query = json_text(in, "query");
	q->body = json_text(in, "body");
	q->service = json_text(in, "service");
	sigv4_result_init(&result);
	ok = sigv4_sign(q, &result, err);
	if (ok)
		puts(buf_c(&result.authorization));
	sigv4_result_release(&result);
	return ok;
}

static bool sign_token(const json_t *in, const struct sigv4_request *q, struct err *err)
{
	struct buf token;
	bool ok;

	buf_init(&token, 16384);
	ok = sigv4_rds_token(q, json_text(in, "host"), (int)json_integer_value(json_object_get(in, "port")),
			     json_text(in, "user"), &token, err);
	if (ok)
		puts(buf_c(&token));
	buf_release(&token);
	return ok;
}

static bool sign_line(const char *line, struct err *err)
{
	json_error_t why;
	json_t *in = json_loads(line, 0, &why);
	struct aws_keys keys = {json_text(in, "access_key"), json_text(in, "secret_key"), json_text(in, "token")};
	struct sigv4_request q = {.keys = &keys, .region = json_text(in, "region")};
	bool ok;

	q.at_us = json_integer_value(json_object_get(in, "at")) * US_PER_S;
	ok = str_eq_c(json_text(in, "kind"), "token") ? sign_token(in, &q, err) : sign_header(in, &q, err);
	json_decref(in);
	return ok;
}

int main(void)
{
	static char line[LINE_MAX_BYTES];
	struct err err;

	while (fgets(line, sizeof(line), stdin))
		if (!sign_line(line, &err)) {
			fprintf(stderr, "%s\n", err.text);
			return 1;
		}
	return 0;
}
