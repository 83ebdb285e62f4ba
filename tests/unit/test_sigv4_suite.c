/*
 * test_sigv4_suite.c: every case of the public SigV4 suite, header and query, byte for byte.
 * The suite is read from the folder that AURORATOP_SIGV4_SUITE names; without it the test is skipped (77).
 */
#include "aws/json_help.h"

#include "aws/sigv4.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <dirent.h>

#include <cmocka.h>

#define FILE_MAX (64u << 10)

static const char *suite;
static const char *current;

static struct str read_file(struct arena *a, const char *name)
{
	char path[1024];
	char *text = arena_alloc(a, FILE_MAX);
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s/%s", suite, current, name);
	f = fopen(path, "rb");
	if (!f)
		fail_msg("%s is missing", path);
	n = fread(text, 1, FILE_MAX, f);
	fclose(f);
	return (struct str){text, n};
}

static void expect(struct arena *a, const char *name, struct str got)
{
	struct str want = read_file(a, name);

	if (!str_eq(want, got))
		fail_msg("%s/%s:\n" STR_FMT "\nwanted:\n" STR_FMT, current, name, STR_ARG(got), STR_ARG(want));
}

/* Cuts the next line of head, with continuation lines joined by one blank. */
static bool next_line(struct arena *a, struct str *head, struct str *ret_line)
{
	struct str more;

	if (head->len == 0 || !str_split(head, '\n', ret_line))
		return false;
	while (head->len > 0 && head->ptr[0] == ' ' && str_split(head, '\n', &more))
		*ret_line = arena_fmt(a, STR_FMT " " STR_FMT, STR_ARG(*ret_line), STR_ARG(str_trim(more)));
	return true;
}

static void parse_request(struct arena *a, struct sigv4_request *q, struct sigv4_header *headers)
{
	struct str text = read_file(a, "request.txt"), head, line;
	long end = str_find(text, STR("\n\n"), 0), target_end;

	head = end < 0 ? text : str_sub(text, 0, (size_t)end);
	q->body = end < 0 ? STR("") : str_sub(text, (size_t)end + 2, text.len);
	assert_true(next_line(a, &head, &line));
	assert_true(str_split(&line, ' ', &q->method));
	target_end = str_find(line, STR(" HTTP/1.1"), 0);
	assert_true(target_end > 0);
	line = str_sub(line, 0, (size_t)target_end);
	assert_true(str_split(&line, '?', &q->path));
	q->query = line;
	q->headers = headers;
	while (next_line(a, &head, &line)) {
		struct str name = STR("");

		assert_true(q->nheaders < 16 && str_split(&line, ':', &name));
		headers[q->nheaders++] = (struct sigv4_header){name, line};
	}
}

/* The Authorization header of the signed request file. */
static void expect_authorization(struct arena *a, struct str got)
{
	struct str want = read_file(a, "header-signed-request.txt");
	struct str line = arena_fmt(a, "Authorization:" STR_FMT "\n", STR_ARG(got));

	if (str_find(want, line, 0) < 0)
		fail_msg("%s: no line " STR_FMT " in " STR_FMT, current, STR_ARG(line), STR_ARG(want));
}

static void run_case(struct arena *a)
{
	struct str context = read_file(a, "context.json");
	json_error_t why;
	json_t *c = json_loadb(context.ptr, context.len, 0, &why);
	const json_t *cred = json_object_get(c, "credentials");
	struct aws_keys keys = {json_text(cred, "access_key_id"), json_text(cred, "secret_access_key"),
				json_text(cred, "token")};
	struct sigv4_request q = {.keys = &keys, .region = json_text(c, "region"), .service = json_text(c, "service")};
	struct sigv4_header headers[16];
	struct sigv4_result result;
	struct err err;

	assert_non_null(c);
	assert_true(clock_parse_iso8601(json_text(c, "timestamp"), &q.at_us));
	q.keep_path = json_is_false(json_object_get(c, "normalize"));
	q.hash_header = json_is_true(json_object_get(c, "sign_body"));
	q.token_unsigned = json_is_true(json_object_get(c, "omit_session_token"));
	parse_request(a, &q, headers);
	sigv4_result_init(&result);
	assert_true(sigv4_sign(&q, &result, &err));
	expect(a, "header-canonical-request.txt", buf_str(&result.canonical));
	expect(a, "header-string-to-sign.txt", buf_str(&result.to_sign));
	expect(a, "header-signature.txt", str_c(result.signature));
	expect_authorization(a, buf_str(&result.authorization));
	sigv4_result_release(&result);
	sigv4_result_init(&result);
	assert_true(
		sigv4_presign(&q, (int)json_integer_value(json_object_get(c, "expiration_in_seconds")), &result, &err));
	expect(a, "query-canonical-request.txt", buf_str(&result.canonical));
	expect(a, "query-string-to-sign.txt", buf_str(&result.to_sign));
	expect(a, "query-signature.txt", str_c(result.signature));
	sigv4_result_release(&result);
	json_decref(c);
}

static void test_suite(void **state)
{
	DIR *dir = opendir(suite);
	const struct dirent *e;
	int n = 0;

	(void)state;
	assert_non_null(dir);
	while ((e = readdir(dir)) != NULL) {
		struct arena *a;

		if (e->d_name[0] == '.' || !strchr(e->d_name, '-'))
			continue;
		a = arena_new(FILE_MAX, 64 * (size_t)FILE_MAX);
		current = e->d_name;
		run_case(a);
		arena_free(a);
		n++;
	}
	closedir(dir);
	assert_int_equal(n, 38);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_suite)};

	suite = getenv("AURORATOP_SIGV4_SUITE");
	if (!suite || !*suite) {
		puts("AURORATOP_SIGV4_SUITE does not name the folder of the suite: skipped");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
