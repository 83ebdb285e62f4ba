/*
 * The simulator's signature check against published vectors: accepts each, refuses each
 * with anything changed, and says what is wrong in the words of the service family.
 */
#include "sim_fixture.h"

#include <jansson.h>

#define KEY "AKIDEXAMPLE"
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

struct shot {
	struct sim_options options;
	struct sim_header headers[12];
	struct sim_http http;
	int64_t now_us;
	const char *code; /* of the answer */
	int status;
};

static bool fire(struct shot *shot)
{
	struct sim_request r = {.http = &shot->http, .arena = arena_new(4096, 1 << 20), .status = 200};
	struct err err = {0};
	bool ok;

	shot->http.headers = shot->headers;
	shot->http.nheaders = 0;
	while (shot->headers[shot->http.nheaders].name.ptr)
		shot->http.nheaders++;
	assert_true(sim_new(&shot->options, &r.sim, &err));
	ok = sim_sigv4_verify(&r, shot->now_us);
	shot->code = r.code;
	shot->status = r.status;
	sim_stop(r.sim);
	arena_free(r.arena);
	return ok;
}

static void add_header(struct shot *shot, const char *name, const char *value)
{
	size_t n = 0;

	while (shot->headers[n].name.ptr)
		n++;
	assert_true(n < ARRAY_LEN(shot->headers) - 1);
	shot->headers[n].name = str_c(name);
	shot->headers[n].value = str_c(value);
}

static int64_t stamp_us(const char *s)
{
	char iso[32];
	int64_t at = 0;

	snprintf(iso, sizeof(iso), "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", s, s + 4, s + 6, s + 9, s + 11, s + 13);
	assert_true(clock_parse_iso8601(str_c(iso), &at));
	return at;
}

static const char *text(json_t *v, const char *key)
{
	return json_string_value(json_object_get(v, key));
}

static struct shot shot_of(json_t *v)
{
	struct shot s = {.options = {.access_key = text(v, "access_key_id"),
				     .secret_key = text(v, "secret_access_key"),
				     .session_token = text(v, "session_token"),
				     .region = text(v, "region")},
			 .http = {.method = str_c(text(v, "method")), .path = STR("/"), .body = str_c(text(v, "body"))},
			 .now_us = stamp_us(text(v, "timestamp"))};
	const char *name;
	json_t *value;

	json_object_foreach(json_object_get(v, "request_headers"), name, value)
		add_header(&s, name, json_string_value(value));
	add_header(&s, "X-Amz-Date", text(v, "timestamp"));
	if (s.options.session_token)
		add_header(&s, "X-Amz-Security-Token", s.options.session_token);
	add_header(&s, "Authorization", text(v, "authorization"));
	return s;
}

static void botocore_vectors(void **state)
{
	json_t *root = json_load_file(TEST_DATA "/sigv4/botocore-vectors.json", 0, NULL);
	json_t *vectors = json_object_get(root, "vectors"), *v;
	size_t i, n = 0;

	(void)state;
	assert_non_null(root);
	json_array_foreach(vectors, i, v)
	{
		struct shot s;

		if (strcmp(text(v, "kind"), "header") != 0)
			continue;
		n++;
		s = shot_of(v);
		if (!fire(&s))
			fail_msg("%s: %s", text(v, "name"), s.code);
		s = shot_of(v);
		s.http.body.len--;
		assert_false(fire(&s));
		s = shot_of(v);
		s.options.secret_key = "another";
		assert_false(fire(&s));
		s = shot_of(v);
		s.http.path = STR("/x");
		assert_false(fire(&s));
		s = shot_of(v);
		s.http.method = STR("GET");
		assert_false(fire(&s));
	}
	assert_true(n >= 20);
	json_decref(root);
}

static struct shot suite(const char *query, const char *names, const char *signature, char authorization[512])
{
	struct shot s = {.options = {.access_key = KEY, .secret_key = SECRET, .region = "us-east-1"},
			 .http = {.method = STR("GET"), .path = STR("/"), .query = str_c(query)},
			 .now_us = stamp_us("20150830T123600Z")};

	snprintf(authorization, 512,
		 "AWS4-HMAC-SHA256 Credential=" KEY
		 "/20150830/us-east-1/service/aws4_request, SignedHeaders=%s, Signature=%s",
		 names, signature);
	add_header(&s, "Host", "example.amazonaws.com");
	add_header(&s, "X-Amz-Date", "20150830T123600Z");
	add_header(&s, "Authorization", authorization);
	return s;
}

/* From the public AWS signing test suite. */
static void query_is_sorted(void **state)
{
	char a[512];
	struct shot s = suite("Param-3=Value3&Param=Value2&%E1%88%B4=Value1", "host;x-amz-date",
			      "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac", a);

	(void)state;
	assert_true(fire(&s));
}

static void header_values_are_joined_and_trimmed(void **state)
{
	char a[512];
	struct shot s = suite("", "host;my-header1;x-amz-date",
			      "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea", a);

	(void)state;
	add_header(&s, "My-Header1", "value2");
	add_header(&s, "My-Header1", "value2");
	add_header(&s, "My-Header1", "value1");
	assert_true(fire(&s));
	s = suite("", "host;my-header1;my-header2;x-amz-date",
		  "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736", a);
	add_header(&s, "My-Header1", " value1");
	add_header(&s, "My-Header2", "\"a   b   c\"");
	assert_true(fire(&s));
}

/* Request of "rds-describe-db-clusters-plain" with one thing to change. */
static struct shot plain(json_t **ret_root)
{
	json_t *vectors, *v;
	size_t i;
	struct shot s = {0};

	*ret_root = json_load_file(TEST_DATA "/sigv4/botocore-vectors.json", 0, NULL);
	vectors = json_object_get(*ret_root, "vectors");
	json_array_foreach(vectors, i, v) if (strcmp(text(v, "name"), "rds-describe-db-clusters-plain") == 0) s =
		shot_of(v);
	assert_non_null(s.http.body.ptr);
	return s;
}

static void expect(struct shot *s, int status, const char *code)
{
	assert_false(fire(s));
	assert_string_equal(s->code, code);
	assert_int_equal(s->status, status);
}

static void what_is_wrong_is_said(void **state)
{
	json_t *root;
	struct shot good = plain(&root), s;

	(void)state;
	s = good;
	s.now_us += 5 * US_PER_MIN;
	assert_true(fire(&s));
	s.now_us += US_PER_S;
	expect(&s, 403, "SignatureDoesNotMatch");
	s = good;
	s.now_us -= 5 * US_PER_MIN + US_PER_S;
	expect(&s, 403, "SignatureDoesNotMatch");
	s = good;
	s.options.access_key = "AKIAOTHER";
	expect(&s, 403, "InvalidClientTokenId");
	s = good;
	s.options.region = "eu-west-1";
	expect(&s, 403, "SignatureDoesNotMatch");
	s = good;
	s.options.session_token = "needed";
	expect(&s, 403, "InvalidClientTokenId");
	s = good;
	add_header(&s, "X-Amz-Security-Token", "stray");
	expect(&s, 403, "InvalidClientTokenId");
	s = good;
	add_header(&s, "X-Amz-Unsigned", "must be signed");
	expect(&s, 403, "SignatureDoesNotMatch");
	json_decref(root);
}

static void authorization_must_be_whole(void **state)
{
	static const char *const broken[] = {
		"",
		"Basic dXNlcjpwYXNz",
		"AWS4-HMAC-SHA256 Credential=" KEY "/20260115/us-east-1/rds/aws4_request, SignedHeaders=host",
		"AWS4-HMAC-SHA256 Credential=" KEY "/20260115/rds/aws4_request, SignedHeaders=host, "
		"Signature=5f81372a21ea657a4944721e971d54cde409eb9154535e7067bf3a5b52d53b85",
		"AWS4-HMAC-SHA256 Credential, SignedHeaders, Signature",
	};
	json_t *root;
	struct shot good = plain(&root), s;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		s = good;
		for (size_t k = 0; s.headers[k].name.ptr; k++)
			if (str_eq_c(s.headers[k].name, "Authorization"))
				s.headers[k].value = str_c(broken[i]);
		expect(&s, 400, "IncompleteSignature");
	}
	s = good;
	for (size_t k = 0; s.headers[k].name.ptr; k++)
		if (str_eq_c(s.headers[k].name, "Authorization"))
			s.headers[k].name = STR("X-Other");
	expect(&s, 403, "MissingAuthenticationToken");
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(botocore_vectors),
		cmocka_unit_test(query_is_sorted),
		cmocka_unit_test(header_values_are_joined_and_trimmed),
		cmocka_unit_test(what_is_wrong_is_said),
		cmocka_unit_test(authorization_must_be_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
