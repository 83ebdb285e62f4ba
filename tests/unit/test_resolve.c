/* test_resolve.c: names to addresses, with a name service that may be silent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "db/resolve.h"

#include <netdb.h>
#include <stdatomic.h>
#include <time.h>

static atomic_bool release;
static atomic_int calls;

static void nap(void)
{
	nanosleep(&(struct timespec){0, 1000000}, NULL);
}

static int silent(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res)
{
	(void)node, (void)service, (void)hints, (void)res;
	atomic_fetch_add(&calls, 1);
	while (!release)
		nap();
	return EAI_AGAIN;
}

static int unknown(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res)
{
	(void)node, (void)service, (void)hints, (void)res;
	atomic_fetch_add(&calls, 1);
	return EAI_NONAME;
}

static int known(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res)
{
	struct addrinfo numeric = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};

	(void)node, (void)hints;
	return getaddrinfo("192.0.2.7", service, &numeric, res);
}

static struct fetch fetch_with(int64_t us)
{
	return (struct fetch){.deadline_mono_us = clock_mono_us() + us};
}

static void test_numeric_needs_no_service(void **state)
{
	struct fetch f = fetch_with(US_PER_S);
	struct resolved r;
	struct err err = {0};

	(void)state;
	resolve_set_lookup(unknown);
	calls = 0;
	assert_true(resolve_host(&f, "127.0.0.1", &r, &err));
	assert_int_equal(r.n, 1);
	assert_string_equal(r.addrs[0], "127.0.0.1");
	assert_true(resolve_host(&f, "::1", &r, &err));
	assert_string_equal(r.addrs[0], "::1");
	assert_int_equal(calls, 0);
}

static void test_known_and_unknown(void **state)
{
	struct fetch f = fetch_with(5 * US_PER_S);
	struct resolved r;
	struct err err = {0};

	(void)state;
	resolve_set_lookup(known);
	assert_true(resolve_host(&f, "db.example", &r, &err));
	assert_int_equal(r.n, 1);
	assert_string_equal(r.addrs[0], "192.0.2.7");
	resolve_set_lookup(unknown);
	assert_false(resolve_host(&f, "db.example", &r, &err));
	assert_int_equal(err.code, ERR_DNS);
	assert_non_null(strstr(err.text, "db.example"));
	assert_true(err.remedy[0]);
}

/* The deadline holds, and a name service that hangs does not pile up threads. */
static void test_silent_service(void **state)
{
	struct resolved r;

	(void)state;
	resolve_set_lookup(silent);
	release = false;
	calls = 0;
	for (int i = 0; i < RESOLVE_PENDING_MAX + 3; i++) {
		struct fetch f = fetch_with(10 * US_PER_MS);
		struct err err = {0};

		assert_false(resolve_host(&f, "db.example", &r, &err));
		assert_int_equal(err.code, ERR_DNS);
		assert_non_null(strstr(err.text, "does not answer"));
	}
	assert_true(calls <= RESOLVE_PENDING_MAX);
	release = true;
	/* the helpers end, and then lookups work again */
	resolve_set_lookup(known);
	for (int i = 0; i < 5000; i++) {
		struct fetch f = fetch_with(US_PER_S);
		struct err err = {0};

		if (resolve_host(&f, "db.example", &r, &err))
			break;
		nap();
	}
	assert_int_equal(r.n, 1);
	nanosleep(&(struct timespec){0, 50000000}, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numeric_needs_no_service),
		cmocka_unit_test(test_known_and_unknown),
		cmocka_unit_test(test_silent_service),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
