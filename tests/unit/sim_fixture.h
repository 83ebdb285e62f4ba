/*
 * sim_fixture.h: a simulator without server, at a fixed time, for unit tests.
 */
#ifndef SIM_FIXTURE_H
#define SIM_FIXTURE_H

#include "sim/sim_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define NOON INT64_C(1773748800000000) /* 2026-03-17T12:00:00Z */

static int64_t fixture_now_us = NOON;

static inline int64_t fixture_now(void *ctx)
{
	(void)ctx;
	return fixture_now_us;
}

static inline struct sim *fixture_new(const char *scenario, int clusters)
{
	struct sim_options o = {.scenario = scenario, .extra_clusters = clusters};
	struct err err = {0};
	struct sim *s = NULL;

	fixture_now_us = NOON;
	assert_true(sim_new(&o, &s, &err));
	sim_set_now(s, fixture_now, NULL);
	return s;
}

/* Runs a request behind the signature check. The caller frees. */
static inline char *fixture_run(struct sim *s, const struct sim_http *request, int *ret_status, const char **ret_code)
{
	struct sim_http http = *request;
	struct sim_request r = {.sim = s, .http = &http, .arena = arena_new(4096, SIM_ARENA_MAX)};
	struct buf out;
	char *text;

	buf_init(&out, SIM_ANSWER_MAX);
	sim_prepare(&r);
	pthread_mutex_lock(&s->lock);
	r.now_us = sim_now(s);
	if (!sim_execute(&r, &out))
		buf_clear(&out);
	pthread_mutex_unlock(&s->lock);
	*ret_status = r.status;
	*ret_code = r.code ? r.code : "";
	buf_c(&out);
	text = xstrdup(buf_c(&out));
	buf_release(&out);
	buf_release(&r.body);
	arena_free(r.arena);
	return text;
}

/* The same of a form; version and action are part of it. */
static inline char *fixture_call(struct sim *s, const char *form, int *ret_status, const char **ret_code)
{
	struct sim_http http = {.method = STR("POST"), .path = STR("/"), .body = str_c(form)};

	return fixture_run(s, &http, ret_status, ret_code);
}

/* A JSON call that must succeed, and answer with these words. */
static inline void fixture_json_ok(struct sim *s, const char *target, const char *body, const char *words)
{
	struct sim_header headers[] = {{STR("content-type"), STR("application/x-amz-json-1.1")},
				       {STR("x-amz-target"), str_c(target)}};
	struct sim_http http = {
		.method = STR("POST"), .path = STR("/"), .body = str_c(body), .headers = headers, .nheaders = 2};
	const char *code;
	int status;
	char *text = fixture_run(s, &http, &status, &code);

	if (status != 200 || !strstr(text, words))
		fail_msg("%s %s: %d %s, no %s in %s", target, body, status, code, words, text);
	xfree(text);
}

/* One that must fail with this code. */
static inline void fixture_json_fails(struct sim *s, const char *target, const char *body, const char *expected)
{
	struct sim_header headers[] = {{STR("content-type"), STR("application/x-amz-json-1.1")},
				       {STR("x-amz-target"), str_c(target)}};
	struct sim_http http = {
		.method = STR("POST"), .path = STR("/"), .body = str_c(body), .headers = headers, .nheaders = 2};
	const char *code;
	int status;
	char *text = fixture_run(s, &http, &status, &code);

	assert_string_equal(code, expected);
	assert_int_not_equal(status, 200);
	xfree(text);
}

/* The text of a call that must succeed. */
static inline char *fixture_ok(struct sim *s, const char *form)
{
	const char *code;
	int status;
	char *text = fixture_call(s, form, &status, &code);

	if (status != 200)
		fail_msg("%s: %d %s", form, status, code);
	return text;
}

/* The call must fail with this code. */
static inline void fixture_fails(struct sim *s, const char *form, const char *expected)
{
	const char *code;
	int status;
	char *text = fixture_call(s, form, &status, &code);

	assert_string_equal(code, expected);
	assert_int_not_equal(status, 200);
	xfree(text);
}

static inline size_t fixture_count(const char *text, const char *word)
{
	size_t n = 0;

	for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
		n++;
	return n;
}

#define RDS(action) "Version=2014-10-31&Action=" action
#define EC2(action) "Version=2016-11-15&Action=" action
#define CW(action) "Version=2010-08-01&Action=" action

#endif
