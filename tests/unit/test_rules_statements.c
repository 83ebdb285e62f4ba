/* Rules over statements: what runs long, takes long, takes longer than before, and what the counters are worth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "tests/unit/verdict_facts.h"

#define SESSION(pid, more) \
	"row pid=" pid " user=app application=shop raw_state=active backend_type=\"client backend\" " more "\n"
#define STATEMENT(id, more) \
	"row user_oid=1 database_oid=2 toplevel=true query_id=" id " user=app database=orders " more "\n"
#define SOURCE "source statements\n"
#define TEXT "query=\"select * from orders where note = 'secret'\" "
#define INFO "source statements_info\nrow extension_version=1.10 track=top entries=4990 max_entries=5000 "

static void test_running(void **state)
{
	size_t row;

	(void)state;
	WORLD("source sessions\n" SESSION("7", "query_us=4m59s"));
	SAYS_ONLY("statements.running", SEV_OK, "no statement runs for longer than 5m");
	WORLD("source sessions\n" SESSION("7", "query_us=5m"));
	SAYS_ONLY("statements.running", SEV_OK, "no statement");
	WORLD("source sessions\n" SESSION("7", "query_us=5m1s") SESSION("8", "query_us=2s"));
	row = SAYS("statements.running", SEV_WARN, "a statement of 7 runs for 5m01s, policy 5m");
	HAS_WORDS(row, "evidence", "query_start of pid 7, shop, user app");
	HAS_WORDS(row, "next", "e shows the plan of pid 7");
	WORLD("source sessions\n" SESSION("7", "query_us=6m") SESSION("8", "query_us=61m"));
	SAYS_ONLY("statements.running", SEV_CRIT, "2 statements run for long, that of 8 for 1h");
	/* who waits for a lock, does nothing, or is no client is another's matter */
	WORLD("source sessions\n" SESSION(
		"7",
		"query_us=2h wait_type=Lock") "row pid=8 raw_state=idle query_us=2h backend_type=\"client backend\"\n"
					      "row pid=9 raw_state=active query_us=2h backend_type=walsender\n");
	SAYS_ONLY("statements.running", SEV_OK, "no statement");
	WORLD("source sessions\nrow pid=7\nmissing query_us needs pg_monitor\n");
	SAYS_ONLY("statements.running", SEV_UNKNOWN, "needs pg_monitor");
	WORLD("source sessions\nerror timeout no answer | wait\n");
	SAYS_ONLY("statements.running", SEV_UNKNOWN, "no answer");
	WORLD("source sessions\n" SESSION("7", "query_us=2h"));
	world_policy.limits.statement_running = 0;
	world_judge();
	SAYS_ONLY("statements.running", SEV_CRIT, "a statement of 7");
	world_policy.limits.statement_running_critical = 0;
	world_judge();
	SILENT("statements.running");
}

static void test_mean(void **state)
{
	size_t row;

	(void)state;
	WORLD(SOURCE STATEMENT("42", TEXT "interval_mean_us=1s interval_sessions=3"));
	SAYS_ONLY("statements.mean", SEV_OK, "no statement at work takes long, 1 counted");
	WORLD(SOURCE STATEMENT("-42", TEXT "interval_mean_us=1.1s interval_sessions=0.1"));
	row = SAYS("statements.mean", SEV_WARN,
		   "a call takes 1.1s, policy 1s: select * from orders where note = '***'");
	HAS_WORDS(row, "evidence", "keeps 0.10 sessions busy");
	HAS_WORDS(row, "evidence", "query id -42 of app in orders");
	HAS_WORDS(row, "object", "-42 of app in orders");
	/* seldom is no trouble */
	WORLD(SOURCE STATEMENT("42", TEXT "interval_mean_us=60s interval_sessions=0.09"));
	SAYS_ONLY("statements.mean", SEV_OK, "no statement");
	/* two roles' are two */
	WORLD(SOURCE STATEMENT(
		"42", "interval_mean_us=2s interval_sessions=1") "row user_oid=3 database_oid=2 "
								 "toplevel=true query_id=42 user=etl database=orders "
								 "interval_mean_us=3s interval_sessions=1\n");
	assert_int_equal(world_count("statements.mean"), 2);
	HAS_WORDS(SAYS("statements.mean", SEV_WARN, "takes 3.0s, policy 1s: statement 42"), "object",
		  "42 of etl in orders");
	WORLD(SOURCE STATEMENT("1", "interval_mean_us=2s interval_sessions=1")
		      STATEMENT("2", "interval_mean_us=2s interval_sessions=1")
			      STATEMENT("3", "interval_mean_us=2s interval_sessions=1")
				      STATEMENT("4", "interval_mean_us=2s interval_sessions=1")
					      STATEMENT("5", "interval_mean_us=2s interval_sessions=1")
						      STATEMENT("6", "interval_mean_us=2s interval_sessions=1"));
	assert_int_equal(world_count("statements.mean"), 4);
	(void)SAYS("statements.mean", SEV_WARN, "3 more statements take as long");
	/* read when somebody looked, and nobody does any more; a check has asked for it */
	WORLD("source statements at=now-61s\n" STATEMENT("42", TEXT "interval_mean_us=9s interval_sessions=3"));
	SILENT("statements.mean");
	world_final = true;
	world_judge();
	SAYS_ONLY("statements.mean", SEV_WARN, "a call takes 9.0s");
	/* one read is no interval */
	WORLD(SOURCE STATEMENT("42", TEXT "mean_us=9s"));
	SILENT("statements.mean");
	WORLD(SOURCE "unavailable this server does not load pg_stat_statements | load it\n");
	SAYS_ONLY("statements.mean", SEV_UNKNOWN, "does not load pg_stat_statements");
}

static void test_growth(void **state)
{
	size_t row;

	(void)state;
	WORLD(SOURCE STATEMENT("42", "interval_mean_us=3ms interval_sessions=1 mean_change_ratio=2"));
	SAYS_ONLY("statements.mean_change", SEV_OK, "as long as before");
	WORLD(SOURCE STATEMENT("42", TEXT "interval_mean_us=33ms interval_sessions=0.5 mean_change_ratio=2.3"));
	row = SAYS("statements.mean_change", SEV_WARN, "a call takes 33.0ms, before 10.0ms: select * from orders");
	HAS_WORDS(row, "evidence", "3.3 times the mean of all calls before, keeps 0.50 sessions busy");
	WORLD(SOURCE STATEMENT("42", TEXT "interval_mean_us=33ms interval_sessions=0.05 mean_change_ratio=9"));
	SAYS_ONLY("statements.mean_change", SEV_OK, "as long as before");
	/* nothing was before */
	WORLD(SOURCE STATEMENT("42", TEXT "interval_mean_us=33ms interval_sessions=0.5"));
	SILENT("statements.mean_change");
	/* that it cannot be read is said once */
	WORLD(SOURCE "unavailable this server does not load pg_stat_statements | load it\n");
	SILENT("statements.mean_change");
}

static void test_evictions(void **state)
{
	size_t row;

	(void)state;
	WORLD(INFO "dealloc_passes=24 since_reset_us=2h\n");
	SAYS_ONLY("statements.evictions", SEV_OK, "all statements keep their counters");
	WORLD(INFO "dealloc_passes=26 since_reset_us=2h\n");
	row = SAYS("statements.evictions", SEV_NOTICE, "thrown out 13 times an hour, policy 12");
	HAS_WORDS(row, "evidence", "dealloc 26");
	HAS_WORDS(row, "evidence", "4990 of 5000 entries");
	HAS_WORDS(row, "next", "raise pg_stat_statements.max");
	/* a few in the first minute are not hundreds an hour */
	WORLD(INFO "dealloc_passes=5 since_reset_us=1m\n");
	SAYS_ONLY("statements.evictions", SEV_OK, "all statements");
	WORLD(INFO "\nmissing dealloc_passes needs pg_stat_statements 1.9 (PostgreSQL 14)\n");
	SAYS_ONLY("statements.evictions", SEV_UNKNOWN, "needs pg_stat_statements 1.9");
	WORLD("source statements_info\nunavailable not here | load it\n");
	SILENT("statements.evictions");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_running, world_teardown),
		cmocka_unit_test_teardown(test_mean, world_teardown),
		cmocka_unit_test_teardown(test_growth, world_teardown),
		cmocka_unit_test_teardown(test_evictions, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
