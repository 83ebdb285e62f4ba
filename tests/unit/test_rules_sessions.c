/* Sessions: each rule in order, broken, at its limit and without what it needs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/verdict_facts.h"

#define ACTIVITY "source activity\nrow total=40 max_connections=100 "
#define SESSIONS "source sessions\n"
#define BLOCKED "sessions.blocked"
#define IDLE "sessions.idle_in_transaction"
#define AGE "sessions.transaction_age"

static const char *const rules[] = {BLOCKED, AGE};

/* ---- who waits */

static void test_blocked(void **state)
{
	size_t row;

	(void)state;
	WORLD(ACTIVITY "blocked=0\n");
	SAYS_ONLY(BLOCKED, SEV_OK, "no session waits for a lock");
	HAS_WORDS(SAYS(BLOCKED, SEV_OK, ""), "evidence", "0 with wait_event_type Lock");

	WORLD(ACTIVITY "blocked=3 longest_wait_us=31s\n" SESSIONS
		       "row pid=10 blocks=1\nrow pid=11 blocks=2\nrow pid=12 blocked_by=11 blocks=3\n");
	SAYS_ONLY(BLOCKED, SEV_WARN, "3 blocked, most by 11, longest 31s, policy 30s");
	row = SAYS(BLOCKED, SEV_WARN, "");
	HAS_WORDS(row, "next", "3 Locks");

	WORLD(ACTIVITY "blocked=2 longest_wait_us=6m\n" SESSIONS "row pid=11 blocks=2\n");
	SAYS_ONLY(BLOCKED, SEV_CRIT, "2 blocked by 11, longest 6m");
}

static void test_blocked_at_the_limit(void **state)
{
	(void)state;
	WORLD(ACTIVITY "blocked=1 longest_wait_us=30s\n");
	SAYS_ONLY(BLOCKED, SEV_NOTICE, "1 blocked, longest 30s, policy 30s");
	WORLD(ACTIVITY "blocked=1 longest_wait_us=30000001\n");
	SAYS_ONLY(BLOCKED, SEV_WARN, "1 blocked");
	WORLD(ACTIVITY "blocked=1 longest_wait_us=5m\n");
	SAYS_ONLY(BLOCKED, SEV_WARN, "longest 5m");
	WORLD(ACTIVITY "blocked=1 longest_wait_us=300000001\n");
	SAYS_ONLY(BLOCKED, SEV_CRIT, "longest 5m");
}

/* Before PostgreSQL 14 a wait has no beginning: it is at most as long as the statement that waits. */
static void test_blocked_since_nobody_knows_when(void **state)
{
#define OLD_SERVER "missing longest_wait_us needs PostgreSQL 14\n"
	(void)state;
	WORLD(ACTIVITY "blocked=2\n" OLD_SERVER SESSIONS
		       "row pid=10 blocks=2 query_us=9h\nrow pid=11 blocked_by=10 query_us=20s\n"
		       "row pid=12 blocked_by=0 query_us=6m\n");
	SAYS_ONLY(BLOCKED, SEV_CRIT, "2 blocked by 10, longest at most 6m");
	WORLD(ACTIVITY "blocked=1\n" OLD_SERVER SESSIONS
		       "row pid=10 blocks=1\nrow pid=11 blocked_by=10 query_us=20s\n");
	SAYS_ONLY(BLOCKED, SEV_NOTICE, "longest at most 20s, policy 30s");
	WORLD(ACTIVITY "blocked=1\n" OLD_SERVER);
	SAYS_ONLY(BLOCKED, SEV_UNKNOWN, "needs PostgreSQL 14");
	WORLD(ACTIVITY "blocked=0\n" OLD_SERVER);
	SAYS_ONLY(BLOCKED, SEV_OK, "no session waits");
#undef OLD_SERVER
}

/* ---- idle in transaction */

static void test_idle_in_transaction(void **state)
{
	size_t row;

	(void)state;
	WORLD(SESSIONS
	      "row pid=1 raw_state=active xact_us=2h\nrow pid=2 raw_state=\"idle in transaction\" xact_us=4m\n");
	SAYS_ONLY(IDLE, SEV_OK, "no transaction idle for longer than 5m");
	HAS_WORDS(SAYS(IDLE, SEV_OK, ""), "evidence", "longest 4m");

	WORLD(SESSIONS "row pid=2 raw_state=\"idle in transaction\" xact_us=12m application=orders-api\n");
	SAYS_ONLY(IDLE, SEV_WARN, "2 idle in transaction 12m00s, policy 5m");
	row = SAYS(IDLE, SEV_WARN, "");
	HAS_WORDS(row, "evidence", "1 sessions beyond the policy; the oldest is pid 2 of orders-api");
	HAS_WORDS(row, "remedy", "idle_in_transaction_session_timeout");

	WORLD(SESSIONS "row pid=2 raw_state=\"idle in transaction\" xact_us=12m\n"
		       "row pid=3 raw_state=\"idle in transaction (aborted)\" xact_us=13m\n");
	SAYS_ONLY(IDLE, SEV_WARN, "3 idle in transaction 13m00s, policy 5m, and others");
}

static void test_idle_at_the_limit(void **state)
{
	(void)state;
	WORLD(SESSIONS "row pid=2 raw_state=\"idle in transaction\" xact_us=5m\n");
	SAYS_ONLY(IDLE, SEV_OK, "longer than 5m");
	WORLD(SESSIONS "row pid=2 raw_state=\"idle in transaction\" xact_us=300000001\n");
	SAYS_ONLY(IDLE, SEV_WARN, "2 idle in transaction");
	world_policy.limits.idle_in_transaction = 0;
	world_judge();
	SILENT(IDLE);
}

/* A role without pg_monitor sees its own sessions only: what they do wrong counts, that they do nothing wrong does not.
 */
static void test_idle_of_others_is_hidden(void **state)
{
#define HIDDEN "missing raw_state needs pg_monitor\nmissing xact_us needs pg_monitor\n"
	(void)state;
	WORLD(SESSIONS "row pid=1 raw_state=active xact_us=1s\nrow pid=2\n" HIDDEN);
	SAYS_ONLY(IDLE, SEV_UNKNOWN, "needs pg_monitor");
	WORLD(SESSIONS "row pid=1 raw_state=\"idle in transaction\" xact_us=9m\nrow pid=2\n" HIDDEN);
	SAYS_ONLY(IDLE, SEV_WARN, "1 idle in transaction 9m");
	WORLD(SESSIONS "row pid=2\nmissing xact_us needs pg_monitor\n");
	SAYS_ONLY(IDLE, SEV_UNKNOWN, "needs pg_monitor");
	WORLD(SESSIONS "error denied permission denied | grant it\n");
	SAYS_ONLY(IDLE, SEV_UNKNOWN, "permission denied");
#undef HIDDEN
}

/* ---- age of transactions */

static void test_transaction_age(void **state)
{
	(void)state;
	WORLD(ACTIVITY "oldest_xact_us=12m oldest_xact_pid=77\n");
	SAYS_ONLY(AGE, SEV_OK, "oldest transaction 12m00s, policy 30m");
	HAS_WORDS(SAYS(AGE, SEV_OK, ""), "evidence", "xact_start of pid 77");
	WORLD(ACTIVITY "oldest_xact_us=31m oldest_xact_pid=77\n");
	SAYS_ONLY(AGE, SEV_WARN, "oldest transaction 31m00s");
	HAS_WORDS(SAYS(AGE, SEV_WARN, ""), "next", "pid 77");
	WORLD(ACTIVITY "oldest_xact_us=5h oldest_xact_pid=77\n");
	SAYS_ONLY(AGE, SEV_CRIT, "oldest transaction 5h");
}

static void test_transaction_age_at_the_limit(void **state)
{
	(void)state;
	WORLD(ACTIVITY "oldest_xact_us=30m\n");
	SAYS_ONLY(AGE, SEV_OK, "oldest transaction 30m");
	WORLD(ACTIVITY "oldest_xact_us=1800000001\n");
	SAYS_ONLY(AGE, SEV_WARN, "oldest transaction 30m");
	WORLD(ACTIVITY "oldest_xact_us=4h\n");
	SAYS_ONLY(AGE, SEV_WARN, "oldest transaction 4h");
	WORLD(ACTIVITY "oldest_xact_us=14400000001\n");
	SAYS_ONLY(AGE, SEV_CRIT, "oldest transaction 4h");
}

static void test_hidden(void **state)
{
	(void)state;
	WORLD(ACTIVITY "oldest_xact_us=1s oldest_xact_pid=1\nmissing oldest_xact_us needs pg_monitor\n"
		       "missing oldest_xact_pid needs pg_monitor\nmissing blocked needs pg_monitor\n");
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		SAYS_ONLY(rules[i], SEV_UNKNOWN, "needs pg_monitor");
	/* one of its own is too old all the same */
	WORLD(ACTIVITY "oldest_xact_us=31m oldest_xact_pid=1\nmissing oldest_xact_us needs pg_monitor\n");
	SAYS_ONLY(AGE, SEV_WARN, "oldest transaction 31m");
}

static void test_no_answer(void **state)
{
	(void)state;
	WORLD("source activity\nerror refused nothing listens | start it\n");
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		SAYS_ONLY(rules[i], SEV_UNKNOWN, "nothing listens");
	WORLD("source activity\nskipped the cluster is asleep\nsource sessions\nskipped the cluster is asleep\n");
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		SILENT(rules[i]);
	SILENT(IDLE);
}

#define TEST(f) cmocka_unit_test_teardown(f, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_blocked),
		TEST(test_blocked_at_the_limit),
		TEST(test_blocked_since_nobody_knows_when),
		TEST(test_idle_in_transaction),
		TEST(test_idle_at_the_limit),
		TEST(test_idle_of_others_is_hidden),
		TEST(test_transaction_age),
		TEST(test_transaction_age_at_the_limit),
		TEST(test_hidden),
		TEST(test_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
