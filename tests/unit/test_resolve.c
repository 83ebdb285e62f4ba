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
#include <string.h>
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

/* a is an alias of ec2-1.example for 5 seconds, which is 127.0.0.1 for 60 */
static const unsigned char alias[] = {
	0,   1,   0x81, 0x80, 0,    1,  0, 2, 0, 0,  0, 0,   1,   'a', 0,   0,   1,   0,   1,   0xc0, 12,
	0,   5,   0,    1,    0,    0,  0, 5, 0, 15, 5, 'e', 'c', '2', '-', '1', 7,   'e', 'x', 'a',  'm',
	'p', 'l', 'e',  0,    0xc0, 31, 0, 1, 0, 1,  0, 0,   0,   60,  0,   4,   127, 0,   0,   1,
};

static int canned(const char *host, unsigned char *answer, int size)
{
	if (strcmp(host, "a") != 0 || (size_t)size < sizeof(alias))
		return -1;
	memcpy(answer, alias, sizeof(alias));
	return sizeof(alias);
}

static void test_records_of_a_name_server(void **state)
{
	struct fetch f = fetch_with(US_PER_S);
	struct resolve_records r;

	(void)state;
	resolve_set_question(canned);
	assert_true(resolve_records(&f, "a", &r));
	assert_string_equal(r.target, "ec2-1.example");
	assert_int_equal(r.ttl_s, 5);
	assert_false(resolve_records(&f, "b", &r));
	resolve_set_question(NULL);
}

/* Whatever a name server sends: cut anywhere, or with any byte turned, it is read or refused. */
static void test_records_that_are_hostile(void **state)
{
	unsigned char copy[sizeof(alias)];
	struct resolve_records r;

	(void)state;
	for (int n = -1; n < (int)sizeof(alias); n++)
		assert_false(resolve_read_answer(alias, n, &r));
	for (size_t i = 0; i < sizeof(alias); i++)
		for (int flip = 1; flip < 256; flip += 7) {
			memcpy(copy, alias, sizeof(copy));
			copy[i] ^= (unsigned char)flip;
			(void)resolve_read_answer(copy, sizeof(copy), &r);
			assert_non_null(memchr(r.target, '\0', sizeof(r.target)));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numeric_needs_no_service), cmocka_unit_test(test_known_and_unknown),
		cmocka_unit_test(test_silent_service),           cmocka_unit_test(test_records_of_a_name_server),
		cmocka_unit_test(test_records_that_are_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
