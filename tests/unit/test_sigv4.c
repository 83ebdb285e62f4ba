/*
 * test_sigv4.c: the signatures of the requests we make, against committed vectors made by botocore.
 */
#include "aws/json_help.h"

#include "aws/sigv4.h"
#include "base/clock.h"
#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct aws_keys doc_keys(void)
{
	return (struct aws_keys){STR("AKIDEXAMPLE"), STR("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), STR("")};
}

/* "20260115T083005Z" */
static int64_t compact_time(struct str s)
{
	char iso[32];
	int64_t us = 0;

	snprintf(iso, sizeof(iso), "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", s.ptr, s.ptr + 4, s.ptr + 6, s.ptr + 9, s.ptr + 11,
		 s.ptr + 13);
	assert_true(clock_parse_iso8601(str_c(iso), &us));
	return us;
}

static void assert_text(const json_t *vector, const char *key, struct str got)
{
	struct str want = json_text(vector, key);

	if (!str_eq(want, got))
		fail_msg("%s of %s:\n" STR_FMT "\nwanted:\n" STR_FMT, key, json_text(vector, "name").ptr, STR_ARG(got),
			 STR_ARG(want));
}

static void check_header_vector(const json_t *v, struct sigv4_request *q)
{
	const json_t *headers = json_object_get(v, "request_headers");
	struct sigv4_header list[16];
	struct sigv4_result result;
	struct err err;
	void *it;

	q->headers = list;
	for (it = json_object_iter((json_t *)(uintptr_t)headers); it;
	     it = json_object_iter_next((json_t *)(uintptr_t)headers, it)) {
		const char *name = json_object_iter_key(it);

		list[q->nheaders++] = (struct sigv4_header){str_c(name), json_text(headers, name)};
	}
	q->method = json_text(v, "method");
	q->path = STR("/");
	q->body = json_text(v, "body");
	q->service = json_text(v, "signing_name");
	sigv4_result_init(&result);
	assert_true(sigv4_sign(q, &result, &err));
	assert_text(v, "canonical_request", buf_str(&result.canonical));
	assert_text(v, "string_to_sign", buf_str(&result.to_sign));
	assert_text(v, "signature", str_c(result.signature));
	assert_text(v, "authorization", buf_str(&result.authorization));
	sigv4_result_release(&result);
}

/* Number of parameters of `token` that also are in `other`. */
static size_t params_in(struct str token, struct str other, size_t *ret_count)
{
	struct str part, rest = str_sub(token, (size_t)str_find(token, STR("?"), 0) + 1, token.len);
	size_t found = 0;

	*ret_count = 0;
	while (rest.len > 0 && str_split(&rest, '&', &part)) {
		*ret_count += 1;
		found += str_find(other, part, 0) >= 0;
	}
	return found;
}

static void check_token_vector(const json_t *v, const struct sigv4_request *q)
{
	struct str want = json_text(v, "token");
	struct buf token;
	struct err err;
	size_t n, expected, found;

	buf_init(&token, 16384);
	assert_true(sigv4_rds_token(q, json_text(v, "host"), (int)json_integer_value(json_object_get(v, "port")),
				    json_text(v, "db_user"), &token, &err));
	found = params_in(want, buf_str(&token), &expected);
	assert_int_equal(found, expected);
	found = params_in(buf_str(&token), want, &n);
	assert_int_equal(found, n);
	assert_int_equal(n, expected);
	assert_true(str_starts(buf_str(&token), str_sub(want, 0, (size_t)str_find(want, STR("?"), 0))));
	assert_int_equal(token.len, want.len);
	buf_release(&token);
}

static void test_vectors(void **state)
{
	json_error_t why;
	json_t *root = json_load_file(TEST_DATA "/sigv4/botocore-vectors.json", 0, &why);
	const json_t *vectors = json_object_get(root, "vectors");

	(void)state;
	assert_int_equal(json_array_size(vectors), 33);
	for (size_t i = 0; i < json_array_size(vectors); i++) {
		const json_t *v = json_array_get(vectors, i);
		struct aws_keys keys = {json_text(v, "access_key_id"), json_text(v, "secret_access_key"),
					json_text(v, "session_token")};
		struct sigv4_request q = {.keys = &keys, .region = json_text(v, "region")};

		q.at_us = compact_time(json_text(v, "timestamp"));
		if (str_eq_c(json_text(v, "kind"), "header"))
			check_header_vector(v, &q);
		else
			check_token_vector(v, &q);
	}
	json_decref(root);
}

/* Signs a GET and returns its signature in `out`. */
static void sign_get(const char *path, const char *query, const struct sigv4_header *headers, size_t n, char out[65])
{
	struct aws_keys keys = doc_keys();
	struct sigv4_request q = {.keys = &keys, .method = STR("GET"), .region = STR("us-east-1"), .service = STR("x")};
	struct sigv4_result result;
	struct err err;

	q.path = str_c(path);
	q.query = str_c(query);
	q.headers = headers;
	q.nheaders = n;
	q.at_us = compact_time(STR("20260115T083005Z"));
	sigv4_result_init(&result);
	assert_true(sigv4_sign(&q, &result, &err));
	memcpy(out, result.signature, 65);
	sigv4_result_release(&result);
}

static void test_what_is_not_signed(void **state)
{
	const struct sigv4_header plain[] = {{STR("Host"), STR("h")}};
	const struct sigv4_header more[] = {{STR("User-Agent"), STR("a")}, {STR("Host"), STR(" h ")},
					    {STR("Expect"), STR("")},      {STR("Proxy-Authorization"), STR("b")},
					    {STR("Connection"), STR("c")}, {STR("Authorization"), STR("d")}};
	char a[65], b[65];

	(void)state;
	sign_get("/", "", plain, 1, a);
	sign_get("/", "", more, ARRAY_LEN(more), b);
	assert_string_equal(a, b);
}

static void test_one_query_has_one_signature(void **state)
{
	const struct sigv4_header host[] = {{STR("Host"), STR("h")}};
	char a[65], b[65], c[65];

	(void)state;
	sign_get("/", "b=2&a=1%2f&empty", host, 1, a);
	sign_get("/", "a=1/&empty=&b=%32", host, 1, b);
	assert_string_equal(a, b);
	sign_get("/", "a=1/&empty=&b=3", host, 1, c);
	assert_string_not_equal(a, c);
	/* equal names are ordered by value */
	sign_get("/", "a=2&a=1", host, 1, a);
	sign_get("/", "a=1&a=2", host, 1, b);
	assert_string_equal(a, b);
	/* a plus sign is itself, not a blank */
	sign_get("/", "a=x+y", host, 1, a);
	sign_get("/", "a=x%2By", host, 1, b);
	sign_get("/", "a=x%20y", host, 1, c);
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
	/* a malformed escape is a percent sign */
	sign_get("/", "a=%zz&b=%4", host, 1, a);
	sign_get("/", "a=%25zz&b=%254", host, 1, b);
	assert_string_equal(a, b);
}

static void test_limits(void **state)
{
	struct sigv4_header headers[SIGV4_HEADERS_MAX + 1];
	struct aws_keys keys = doc_keys();
	struct sigv4_request q = {.keys = &keys,
				  .method = STR("GET"),
				  .path = STR("/"),
				  .region = STR("r"),
				  .service = STR("s"),
				  .headers = headers};
	struct sigv4_result result;
	struct buf query, token;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(headers); i++)
		headers[i] = (struct sigv4_header){STR("x"), STR("y")};
	q.nheaders = ARRAY_LEN(headers);
	sigv4_result_init(&result);
	assert_false(sigv4_sign(&q, &result, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	q.nheaders = 1;
	buf_init(&query, 1u << 22);
	for (int i = 0; i <= SIGV4_PARAMS_MAX; i++)
		buf_addf(&query, "p%d=1&", i);
	q.query = buf_str(&query);
	assert_false(sigv4_sign(&q, &result, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	buf_clear(&query);
	while (query.len < SIGV4_TEXT_MAX)
		buf_add_c(&query, "0123456789");
	q.query = buf_str(&query);
	assert_false(sigv4_sign(&q, &result, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	buf_init(&token, 100); /* a token does not fit: an error, never a piece of a token */
	assert_false(sigv4_rds_token(&q, STR("db.example"), 5432, STR("u"), &token, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_false(sigv4_rds_token(&q, buf_str(&query), 5432, STR("u"), &token, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	buf_release(&token);
	buf_release(&query);
	sigv4_result_release(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_what_is_not_signed),
		cmocka_unit_test(test_one_query_has_one_signature),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
