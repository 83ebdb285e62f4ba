/*
 * fake_fetch.c: see fake_fetch.h.
 */
#include "aws/fake_fetch.h"

#include "base/clock.h"
#include "base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DEADLINE_US (10 * US_PER_S)

static atomic_ullong generations;

void fake_init(struct fake *f, const struct source *source, const char *endpoint_url, const char *cluster)
{
	*f = (struct fake){.fetch.source = source};
	f->target = xalloc(sizeof(*f->target));
	f->target->generation = atomic_fetch_add(&generations, 1) + 1;
	f->target->aws = true;
	f->target->range_us = 3 * US_PER_HOUR;
	snprintf(f->target->region, sizeof(f->target->region), "us-east-1");
	snprintf(f->target->endpoint_url, sizeof(f->target->endpoint_url), "%s", endpoint_url);
	snprintf(f->target->cluster, sizeof(f->target->cluster), "%s", cluster);
	f->fetch.target = f->target;
	f->fetch.deadline_mono_us = clock_mono_us() + DEADLINE_US;
	CHECK(pipe(f->cancel) == 0);
}

void fake_clear(struct fake *f)
{
	for (size_t i = 0; i < f->npublished; i++)
		snapshot_unref(f->published[i]);
	f->npublished = 0;
}

void fake_release(struct fake *f)
{
	fake_clear(f);
	if (f->free_state)
		f->free_state(f->state);
	if (f->free_context)
		f->free_context(f->context);
	close(f->cancel[0]);
	close(f->cancel[1]);
	xfree(f->target);
}

bool fake_run(struct fake *f, struct err *err)
{
	f->fetch.deadline_mono_us = clock_mono_us() + DEADLINE_US;
	f->fetch.seq++;
	return f->fetch.source->fetch(&f->fetch, err);
}

const struct snapshot *fake_last(const struct fake *f)
{
	CHECK(f->npublished > 0);
	return f->published[f->npublished - 1];
}

void fake_cancel(struct fake *f)
{
	atomic_store(&f->cancelled, true);
	CHECK(write(f->cancel[1], "x", 1) == 1);
}

void fake_environment(void)
{
	static const char *const unset[] = {"AWS_PROFILE",        "AWS_DEFAULT_PROFILE",
					    "AWS_ENDPOINT_URL",   "AWS_ENDPOINT_URL_RDS",
					    "AWS_CA_BUNDLE",      "AWS_REGION",
					    "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN",
					    "AWS_SECURITY_TOKEN", "http_proxy",
					    "https_proxy",        "HTTPS_PROXY",
					    "HTTP_PROXY",         "NO_PROXY",
					    "no_proxy",           "ALL_PROXY",
					    "REQUESTS_CA_BUNDLE", "AWS_MAX_ATTEMPTS",
					    "all_proxy",          "AWS_CREDENTIAL_EXPIRATION"};

	for (size_t i = 0; i < ARRAY_LEN(unset); i++)
		unsetenv(unset[i]);
	setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
	setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", 1);
	setenv("AWS_CONFIG_FILE", "/nonexistent/config", 1);
	setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials", 1);
}

static struct fake *fake_of(const struct fetch *f)
{
	return (struct fake *)(uintptr_t)f;
}

void fetch_publish(struct fetch *f, struct snapshot *s)
{
	struct fake *fake = fake_of(f);

	CHECK(fake->npublished < FAKE_PUBLISHED_MAX);
	fake->published[fake->npublished++] = snapshot_publish(s);
}

bool fetch_wants(const struct fetch *f, const char *source)
{
	const char *wants = fake_of(f)->wants;

	return wants && strcmp(wants, source) == 0;
}

bool fetch_cancelled(const struct fetch *f)
{
	return atomic_load(&fake_of(f)->cancelled);
}

int fetch_cancel_fd(const struct fetch *f)
{
	return fake_of(f)->cancel[0];
}

int64_t fetch_left_us(const struct fetch *f)
{
	int64_t left = f->deadline_mono_us - clock_mono_us();

	return left > 0 ? left : 0;
}

bool fetch_wait(const struct fetch *f, int fd, short events, struct err *err)
{
	(void)f;
	(void)fd;
	(void)events;
	return err_set(err, ERR_TIMEOUT, "not waited for");
}

void fetch_doing(struct fetch *f, const char *fmt, ...)
{
	(void)f;
	(void)fmt;
}

void fetch_note_wait(struct fetch *f, enum err_code why, int64_t until_mono_us)
{
	(void)until_mono_us;
	if (why != ERR_NONE)
		fake_of(f)->waited_for = why;
	fake_of(f)->waits += why != ERR_NONE;
}

void fetch_note_rows(struct fetch *f, int64_t rows)
{
	fake_of(f)->rows = rows;
}

void **fetch_lane_context(struct fetch *f, void (*free_fn)(void *))
{
	struct fake *fake = fake_of(f);

	fake->free_context = free_fn;
	return &fake->context;
}

void **fetch_state(struct fetch *f, void (*free_fn)(void *))
{
	struct fake *fake = fake_of(f);

	fake->free_state = free_fn;
	return &fake->state;
}

void fetch_count(struct fetch *f, int64_t requests, int64_t bytes)
{
	fake_of(f)->requests += requests;
	fake_of(f)->bytes += bytes;
}
