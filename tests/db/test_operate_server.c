/*
 * test_operate_server.c: what is changed of the server itself, on a real one: the counters of pg_stat_statements,
 * prepared transactions, the slow log of all, of a role, of a database. Only what was shown is hit, by who may, and the
 * audit log says so.
 *
 * AURORATOP_PG_BIN chooses another major version.
 */
#include "operating.h"

#include "audit/lease.h"
#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- counters ---- */

/* A function that somebody else has put beside the extension's, for who calls by name alone. */
static void plant_beside(void)
{
	pg_exec(admin, "CREATE FUNCTION \"My Stats\".pg_stat_statements_reset(int, int, int) RETURNS void LANGUAGE sql "
		       "AS 'INSERT INTO shop.planted VALUES (1)'");
	if (pg_number(admin,
		      "SELECT pronargs FROM pg_proc AS p JOIN pg_depend AS d ON d.objid = p.oid AND d.deptype = 'e' "
		      "WHERE proname = 'pg_stat_statements_reset'") > 0)
		pg_exec(admin, "CREATE FUNCTION \"My Stats\".pg_stat_statements_reset() RETURNS void LANGUAGE sql AS "
			       "'INSERT INTO shop.planted VALUES (1)'");
}

static void counters_are_reset_by_the_extension_alone(void **state)
{
	struct request r = {.operation = "reset statistics", .tier = "2"};
	const struct snapshot *s;

	(void)state;
	assert_row(ask(superuser(), "preview", &r), "refuse", "is not created in database orders");
	done();
	pg_exec(admin, "CREATE SCHEMA \"My Stats\"; CREATE EXTENSION pg_stat_statements SCHEMA \"My Stats\"; "
		       "CREATE TABLE shop.planted (v int)");
	plant_beside();
	pg_exec(admin, "SELECT 'counted before' FROM shop.orders LIMIT 1");
	s = ask(superuser(), "preview", &r);
	assert_row(s, "statement", "SELECT \"My Stats\".pg_stat_statements_reset(");
	assert_row(s, "word", "orders");
	assert_row(s, "tier", "2");
	assert_row(s, "fact", "nothing takes it back");
	assert_int_equal(row_with(s, "refuse", "").len, 0);
	done();
	preview(superuser(), &r);
	assert_row(ask(superuser(), "server_change", &r), "outcome", "done");
	done();
	assert_int_equal(pg_number(admin, "SELECT count(*) FROM shop.planted"), 0);
	assert_int_equal(pg_number(admin, "SELECT count(*) FROM \"My Stats\".pg_stat_statements WHERE query LIKE "
					  "'%FROM shop.orders LIMIT%' AND query NOT LIKE '%count(%'"),
			 0);
	assert_int_equal(audit_lines("\"phase\":\"intent\"", "\"action\":\"reset statistics\""), 1);
	assert_int_equal(audit_lines("\"outcome\":\"done\"", "\"action\":\"reset statistics\""), 1);
}

/* Nothing is sent that the server would refuse: its log has no error. */
static void counters_are_not_reset_without_the_right(void **state)
{
	struct request r = {.operation = "reset statistics", .tier = "2"};
	size_t errors = pg_log_count(&pg, "auroratop", "ERROR");
	const struct snapshot *s;

	(void)state;
	s = ask(owner(), "preview", &r);
	assert_row(s, "refuse", "our role app_1 may not execute pg_stat_statements_reset");
	done();
	preview(owner(), &r);
	s = ask(owner(), "server_change", &r);
	assert_int_equal(s->state, SNAP_ERROR);
	assert_int_equal(s->err.code, ERR_DENIED);
	done();
	assert_int_equal(pg_log_count(&pg, "auroratop", "ERROR"), errors);
}

/* ---- prepared transactions ---- */

/* Leaves one behind, and says how the console would name it. */
static struct request prepared(const char *gid)
{
	struct request r = {.operation = "rollback prepared", .tier = "3"};
	PGconn *c = pg_connect_to(&pg, "orders", "app_1", "2pc");
	char *literal = PQescapeLiteral(c, gid, strlen(gid)), sql[600];

	snprintf(sql, sizeof(sql), "BEGIN; UPDATE shop.orders SET v = 'prepared' WHERE id = 1; PREPARE TRANSACTION %s",
		 literal);
	pg_exec(c, sql);
	snprintf(sql, sizeof(sql),
		 "SELECT (extract(epoch FROM prepared) * 1000000)::int8 FROM pg_prepared_xacts WHERE gid = %s",
		 literal);
	snprintf(r.prepared_at, sizeof(r.prepared_at), "%lld", pg_number(admin, sql));
	snprintf(r.gid, sizeof(r.gid), "%s", gid);
	PQfreemem(literal);
	PQfinish(c);
	return r;
}

static void a_prepared_transaction_is_rolled_back(void **state)
{
	static const char *const names[] = {"it's left", "a\\' ; DROP TABLE shop.orders --"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct request r = prepared(names[i]);
		const struct snapshot *s = ask(owner(), "preview", &r);

		assert_row(s, "statement", i == 0 ? "ROLLBACK PREPARED 'it''s left'" : "ROLLBACK PREPARED E'a\\\\'' ;");
		assert_row(s, "word", names[i]);
		assert_row(s, "tier", "3");
		assert_row(s, "fact", "ago by app_1");
		assert_row(s, "fact", "database orders");
		done();
		preview(owner(), &r);
		assert_row(ask(owner(), "server_change", &r), "outcome", "done");
		done();
		assert_int_equal(pg_number(admin, "SELECT count(*) FROM pg_prepared_xacts"), 0);
		/* again: it is no longer there */
		s = ask(owner(), "server_change", &r);
		assert_int_equal(s->state, SNAP_ERROR);
		assert_non_null(strstr(s->err.text, "it has ended"));
		done();
	}
	assert_int_equal(pg_number(admin, "SELECT count(*) FROM shop.orders WHERE v = 'prepared'"), 0);
	assert_int_equal(audit_lines("\"outcome\":\"done\"", "\"action\":\"rollback prepared\""), 2);
}

/* The owner, or a superuser; and the transaction that was shown, not the next one of its name. */
static void another_prepared_transaction_is_not_touched(void **state)
{
	struct request r = prepared("same name");
	const struct snapshot *s;
	PGconn *c = pg_connect_to(&pg, "orders", "app_1", "2pc");

	(void)state;
	pg_exec(admin, "GRANT app_1 TO app_2");
	s = ask(pg_conninfo(&pg, "app_2", "dbname=orders"), "preview", &r);
	assert_row(s, "refuse", "it belongs to app_1; only that role itself or a superuser ends it, and ours is app_2");
	done();
	pg_exec(admin, "REVOKE app_1 FROM app_2");
	preview(owner(), &r);
	pg_exec(c, "ROLLBACK PREPARED 'same name'");
	struct request next = prepared("same name");
	s = ask(owner(), "server_change", &r);
	assert_int_equal(s->state, SNAP_ERROR);
	assert_int_equal(s->err.code, ERR_DENIED);
	done();
	assert_int_equal(pg_number(admin, "SELECT count(*) FROM pg_prepared_xacts"), 1);
	preview(superuser(), &next);
	assert_row(ask(superuser(), "server_change", &next), "outcome", "done");
	done();
	assert_int_equal(pg_number(admin, "SELECT count(*) FROM pg_prepared_xacts"), 0);
	PQfinish(c);
}

/* ---- a lease of the slow log ---- */

#define IN_FORCE(value) \
	"SELECT count(*) FROM pg_settings WHERE name = 'log_min_duration_statement' AND setting = '" value "'"
#define BY_ALTER_SYSTEM                                                                    \
	"SELECT count(*) FROM pg_file_settings WHERE name = 'log_min_duration_statement' " \
	"AND sourcefile LIKE '%postgresql.auto.conf'"

static size_t leases(void)
{
	struct lease all[LEASES_MAX];
	bool left[LEASES_MAX];

	return lease_list(NULL, all, left, LEASES_MAX);
}

static void configure(const char *sql)
{
	pg_exec(admin, sql);
	pg_exec(admin, "SELECT pg_reload_conf()");
}

/* Runs what was previewed until it is in force; it goes on. */
static void hold_lease_as(const char *conninfo, struct request *r)
{
	struct command_arg args[COMMAND_ARGS_MAX];
	struct err err = {0};

	preview(conninfo, r);
	asking_init(&asking, conninfo);
	command = asking_start(&asking, "server_change", args, fill(r, args), &err);
	assert_non_null(command);
	while (command_running(command) &&
	       !(command_result(command) && row_with(command_result(command), "phase", "in force").len > 0))
		asking_turn(&asking);
	assert_row(command_result(command), "outcome", "done, in force until");
}

static void hold_lease(struct request *r)
{
	hold_lease_as(superuser(), r);
}

static void end_lease(const char *outcome)
{
	command_cancel(command);
	while (command_at_work(command))
		asking_turn(&asking);
	assert_row(command_result(command), "outcome", outcome);
	done();
}

static void a_slow_log_is_lent_and_taken_back(void **state)
{
	struct request r = {.operation = "server slow log", .tier = "1", .value = "250 for 5"};
	struct asking holder;
	struct command *held;

	(void)state;
	pg_exec(admin, "ALTER SYSTEM SET log_temp_files = 5000");
	pg_exec(admin, "ALTER SYSTEM SET work_mem = '9MB'");
	const struct snapshot *s = ask(superuser(), "preview", &r);
	assert_row(s, "check", "the reload activates 1 more, which wait in the files: log_temp_files to 5000, now -1");
	assert_row(s, "check", "whether a change waits is not known");
	assert_row(s, "tier", "2");
	done();
	pg_exec(admin, "ALTER SYSTEM RESET work_mem");
	configure("ALTER SYSTEM RESET log_temp_files");
	s = ask(superuser(), "preview", &r);
	assert_row(s, "statement", "ALTER SYSTEM SET log_min_duration_statement = 250; SELECT pg_reload_conf()");
	assert_row(s, "fact", "log_min_duration_statement is -1, source default");
	assert_row(s, "fact", "5 minutes; then it is not set by ALTER SYSTEM again");
	assert_row(s, "check", "nothing else waits");
	assert_row(s, "tier", "1");
	assert_int_equal(row_with(s, "refuse", "").len, 0);
	done();
	hold_lease(&r);
	pg_wait_for(admin, IN_FORCE("250"));
	holder = asking;
	held = command;
	assert_row(ask(superuser(), "preview", &r), "refuse", "a lease is on it already");
	done();
	asking = holder;
	command = held;
	end_lease("done: taken back");
	pg_wait_for(admin, IN_FORCE("-1"));
	assert_int_equal(pg_number(admin, BY_ALTER_SYSTEM), 0);
	assert_int_equal(leases(), 0);
	assert_int_equal(audit_lines("\"action\":\"server restore\"", "\"outcome\":\"done: taken back\""), 1);
}

static void what_was_set_before_comes_back(void **state)
{
	struct request r = {.operation = "server slow log", .tier = "1", .value = "100"};

	(void)state;
	configure("ALTER SYSTEM SET log_min_duration_statement = '5s'");
	pg_wait_for(admin, IN_FORCE("5000"));
	hold_lease(&r);
	end_lease("done: taken back");
	pg_wait_for(admin, IN_FORCE("5000"));
	/* what somebody else sets meanwhile stays */
	hold_lease(&r);
	configure("ALTER SYSTEM SET log_min_duration_statement = 700");
	end_lease("left as it is");
	pg_wait_for(admin, IN_FORCE("700"));
	configure("ALTER SYSTEM RESET log_min_duration_statement");
	pg_wait_for(admin, IN_FORCE("-1"));
}

static void who_may_not_lend_it_is_told_so(void **state)
{
	struct request r = {.operation = "server slow log", .tier = "1", .value = "250 for 5"};
	size_t errors = pg_log_count(&pg, "auroratop", "ERROR");
	const struct snapshot *s = ask(owner(), "preview", &r);

	(void)state;
	assert_row(s, "refuse", "our role app_1 may not change it for the server");
	assert_row(s, "check", "not permitted to see pg_file_settings");
	done();
	snprintf(r.value, sizeof(r.value), "often");
	assert_row(ask(superuser(), "preview", &r), "refuse", "\"often\" is not of the form milliseconds for minutes");
	done();
	assert_int_equal(pg_log_count(&pg, "auroratop", "ERROR"), errors);
}

/* As a console leaves it that was killed. */
static void what_was_left_behind_is_restored(void **state)
{
	struct request r = {.operation = "server restore", .tier = "1"};
	struct lease l = {.id = "left-1",
			  .operation = "server slow log",
			  .parameter = "log_min_duration_statement",
			  .unset = true,
			  .value = "250",
			  .before = "-1",
			  .owner = "somebody@here"};
	struct lease_hold *hold;
	struct err err = {0};

	(void)state;
	assert_row(ask(superuser(), "preview", &r), "refuse", "nothing of this server was left behind");
	done();
	l.until_us = clock_wall_us();
	snprintf(l.target, sizeof(l.target), "%s:%d", pg.dir, pg.port);
	snprintf(l.object, sizeof(l.object), "%s", l.target);
	assert_true(lease_take(&l, &hold, &err));
	lease_leave(hold);
	configure("ALTER SYSTEM SET log_min_duration_statement = 250");
	pg_wait_for(admin, IN_FORCE("250"));
	const struct snapshot *s = ask(superuser(), "preview", &r);
	assert_row(s, "statement", "ALTER SYSTEM RESET log_min_duration_statement; SELECT pg_reload_conf()");
	assert_row(s, "fact", "by somebody@here");
	done();
	preview(superuser(), &r);
	assert_row(ask(superuser(), "server_change", &r), "outcome", "done: taken back");
	done();
	pg_wait_for(admin, IN_FORCE("-1"));
	assert_int_equal(leases(), 0);
}

/* ---- of a role, of a database ---- */

/* Is that its setting, "" = none? Names are the catalog's, "" = no role, no database. */
static bool setting_is(const char *role, const char *database, const char *value)
{
	char sql[600];

	snprintf(sql, sizeof(sql),
		 "SELECT count(*) FROM pg_db_role_setting s, unnest(s.setconfig) c "
		 "WHERE s.setrole = coalesce((SELECT oid FROM pg_roles WHERE rolname = '%s'), 0) "
		 "AND s.setdatabase = coalesce((SELECT oid FROM pg_database WHERE datname = '%s'), 0) "
		 "AND c LIKE 'log_min_duration_statement=%s'",
		 role, database, value[0] ? value : "%");
	return (pg_number(admin, sql) == 1) == (value[0] != '\0');
}

static void a_role_gets_a_slow_log_for_a_time(void **state)
{
	struct request r = {.operation = "slow log role", .tier = "1", .value = "app_1 in orders 250 for 5"};
	const struct snapshot *s;

	(void)state;
	pg_exec(admin, "ALTER ROLE app_1 SET log_min_duration_statement = '7s'");
	s = ask(superuser(), "preview", &r);
	assert_row(s, "statement", "ALTER ROLE app_1 IN DATABASE orders SET log_min_duration_statement = 250");
	assert_row(s, "fact", "log_min_duration_statement of role app_1 in database orders is not set");
	assert_row(s, "check", "it counts for sessions that connect from then on");
	assert_row(s, "check", "keep it until they disconnect");
	assert_row(s, "word", "app_1");
	assert_row(s, "tier", "1");
	assert_int_equal(row_with(s, "refuse", "").len, 0);
	done();
	hold_lease(&r);
	assert_true(setting_is("app_1", "orders", "250"));
	end_lease("done: taken back");
	assert_true(setting_is("app_1", "orders", ""));
	/* in every database; its own value comes back as it was written */
	snprintf(r.value, sizeof(r.value), "app_1 100");
	hold_lease(&r);
	assert_true(setting_is("app_1", "", "100"));
	end_lease("done: taken back");
	assert_true(setting_is("app_1", "", "7s"));
	/* what somebody else sets meanwhile stays */
	hold_lease(&r);
	pg_exec(admin, "ALTER ROLE app_1 SET log_min_duration_statement = 900");
	end_lease("left as it is");
	assert_true(setting_is("app_1", "", "900"));
	pg_exec(admin, "ALTER ROLE app_1 RESET log_min_duration_statement");
	assert_int_equal(leases(), 0);
}

static void names_are_quoted_by_the_server(void **state)
{
	struct request r = {.operation = "slow log role", .tier = "1", .value = "we\"ird; in it 100 for 1"};

	(void)state;
	pg_exec(admin, "CREATE ROLE \"we\"\"ird;\"");
	assert_row(ask(superuser(), "preview", &r), "refuse", "there is no database \"it\"");
	done();
	snprintf(r.value, sizeof(r.value), "we\"ird; 100 for 1");
	assert_row(ask(superuser(), "preview", &r), "check", "nobody logs in as we\"ird;");
	done();
	hold_lease(&r);
	assert_non_null(strstr(r.statement, "ALTER ROLE \"we\"\"ird;\" SET"));
	assert_true(setting_is("we\"ird;", "", "100"));
	end_lease("done: taken back");
	pg_exec(admin, "DROP ROLE \"we\"\"ird;\"");
	snprintf(r.value, sizeof(r.value), "nobody_here 100 for 1");
	assert_row(ask(superuser(), "preview", &r), "refuse", "there is no role \"nobody_here\"");
	done();
}

static void a_database_gets_a_slow_log_for_a_time(void **state)
{
	struct request r = {.operation = "slow log database", .tier = "1", .value = "orders 300 for 2"};
	const struct snapshot *s;

	(void)state;
	pg_exec(admin, "ALTER ROLE app_2 SET log_min_duration_statement = '3s'");
	s = ask(superuser(), "preview", &r);
	assert_row(s, "statement", "ALTER DATABASE orders SET log_min_duration_statement = 300");
	assert_row(s, "fact", "not reached: role app_2 3s");
	done();
	pg_exec(admin, "ALTER ROLE app_2 RESET log_min_duration_statement");
	hold_lease(&r);
	assert_true(setting_is("", "orders", "300"));
	end_lease("done: taken back");
	assert_true(setting_is("", "orders", ""));
}

/* Told before anything is sent, so the server's log has no error. */
static void who_may_not_set_it_is_told_so(void **state)
{
	struct request r = {.operation = "slow log role", .tier = "1", .value = "app_1 250 for 5"};
	size_t errors = pg_log_count(&pg, "auroratop", "ERROR");
	bool grants = pg_number(admin, "SELECT current_setting('server_version_num')::int") >= 150000;

	(void)state;
	assert_row(ask(owner(), "preview", &r), "refuse", "our role app_1 may not set log_min_duration_statement");
	done();
	if (grants) {
		pg_exec(admin, "GRANT SET ON PARAMETER log_min_duration_statement TO app_1");
		hold_lease_as(owner(), &r);
		assert_true(setting_is("app_1", "", "250"));
		end_lease("done: taken back");
		assert_true(setting_is("app_1", "", ""));
		snprintf(r.value, sizeof(r.value), "app_2 250 for 5");
		assert_row(ask(owner(), "preview", &r), "refuse", "our role app_1 may not alter role app_2");
		done();
		snprintf(r.operation, sizeof(r.operation), "slow log database");
		snprintf(r.value, sizeof(r.value), "orders 250 for 5");
		assert_row(ask(owner(), "preview", &r), "refuse", "our role app_1 may not alter database orders");
		done();
		pg_exec(admin, "REVOKE SET ON PARAMETER log_min_duration_statement FROM app_1");
	}
	assert_int_equal(pg_log_count(&pg, "auroratop", "ERROR"), errors);
}

/* As a console leaves it that was killed. */
static void a_setting_that_was_left_behind_is_restored(void **state)
{
	struct request r = {.operation = "server restore", .tier = "1"};
	struct lease l = {.id = "left-2",
			  .operation = "slow log role",
			  .object = "role app_1 in database orders",
			  .parameter = "log_min_duration_statement",
			  .role = "app_1",
			  .database = "orders",
			  .unset = true,
			  .value = "250",
			  .owner = "somebody@here"};
	struct request again = {.operation = "slow log role", .tier = "1", .value = "app_1 in orders 100 for 1"};
	struct lease_hold *hold;
	struct err err = {0};

	(void)state;
	l.until_us = clock_wall_us();
	snprintf(l.target, sizeof(l.target), "%s:%d", pg.dir, pg.port);
	assert_true(lease_take(&l, &hold, &err));
	lease_leave(hold);
	pg_exec(admin, "ALTER ROLE app_1 IN DATABASE orders SET log_min_duration_statement = 250");
	assert_row(ask(superuser(), "preview", &again), "refuse", "it was left behind, restore it first");
	done();
	const struct snapshot *s = ask(superuser(), "preview", &r);
	assert_row(s, "statement", "ALTER ROLE app_1 IN DATABASE orders RESET log_min_duration_statement");
	assert_row(s, "fact", "of role app_1 in database orders = 250, by somebody@here");
	done();
	preview(superuser(), &r);
	assert_row(ask(superuser(), "server_change", &r), "outcome", "done: taken back");
	done();
	assert_true(setting_is("app_1", "orders", ""));
	assert_int_equal(leases(), 0);
	/* somebody has changed it since: it is left alone, and forgotten */
	assert_true(lease_take(&l, &hold, &err));
	lease_leave(hold);
	pg_exec(admin, "ALTER ROLE app_1 IN DATABASE orders SET log_min_duration_statement = 111");
	assert_row(ask(superuser(), "preview", &r), "refuse", "not ours any more");
	done();
	assert_true(setting_is("app_1", "orders", "111"));
	assert_int_equal(leases(), 0);
	pg_exec(admin, "ALTER ROLE app_1 IN DATABASE orders RESET log_min_duration_statement");
}

/* ---- whom it reaches, how much it logs ---- */

static void the_reach_of_a_slow_log_is_told(void **state)
{
	struct request r = {.operation = "server slow log", .tier = "1", .value = "250 for 5"};
	bool tells = pg_number(admin, "SELECT current_setting('server_version_num')::int") >= 140000;
	char elsewhere[300];
	const struct snapshot *s;

	(void)state;
	pg_exec(admin, "ALTER ROLE app_1 SET log_min_duration_statement = '7s'; "
		       "ALTER ROLE app_2 IN DATABASE orders SET log_min_duration_statement = -1");
	pg_exec(admin, "SELECT pg_sleep(0.3)");
	s = ask(superuser(), "preview", &r);
	assert_row(s, "fact", "not reached: role app_1 7s; role app_2 in orders -1");
	assert_row(s, "fact", tells ? " a minute" : "does not tell since when it counts");
	assert_row(s, "fact", "statements of at least 250 ms: ");
	assert_int_equal(row_with(s, "fact", "250 ms: 0 by").len, 0);
	done();
	snprintf(r.value, sizeof(r.value), "900000 for 5");
	assert_row(ask(superuser(), "preview", &r), "fact", "900000 ms: 0 by their mean time, 0 by their longest");
	done();
	/* the same beside a preview of AWS */
	snprintf(r.operation, sizeof(r.operation), "slow log");
	s = ask(superuser(), "slow_log_reach", &r);
	assert_row(s, "fact", "role app_1 7s");
	assert_row(s, "fact", "900000 ms: 0 by their mean time");
	done();
	pg_exec(admin, "ALTER ROLE app_1 RESET log_min_duration_statement; "
		       "ALTER ROLE app_2 IN DATABASE orders RESET log_min_duration_statement");
	/* where statements are not counted, that is said and nothing else */
	snprintf(elsewhere, sizeof(elsewhere), "host=%s port=%d user=postgres dbname=postgres", pg.dir, pg.port);
	s = ask(elsewhere, "slow_log_reach", &r);
	assert_row(s, "fact", "no role and no database has one, which would count for more");
	assert_row(s, "fact", "n/a: the extension pg_stat_statements is not created in database postgres");
	done();
}

static int group_setup(void **state)
{
	static const char *const statements[] = {
		"ALTER ROLE app_1 PASSWORD 'app_1-pw'; ALTER ROLE app_2 PASSWORD 'app_2-pw'",
		"CREATE SCHEMA shop; GRANT USAGE ON SCHEMA shop TO PUBLIC",
		"CREATE TABLE shop.orders (id int PRIMARY KEY, v text)",
		"INSERT INTO shop.orders SELECT i, 'x' FROM generate_series(1, 10) i",
		"ALTER TABLE shop.orders OWNER TO app_1",
	};

	(void)state;
	admin = pg_connect_to(&pg, "orders", "postgres", "admin");
	for (size_t i = 0; i < ARRAY_LEN(statements); i++)
		pg_exec(admin, statements[i]);
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	PQfinish(admin);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counters_are_reset_by_the_extension_alone),
		cmocka_unit_test(counters_are_not_reset_without_the_right),
		cmocka_unit_test(a_prepared_transaction_is_rolled_back),
		cmocka_unit_test(another_prepared_transaction_is_not_touched),
		cmocka_unit_test(a_slow_log_is_lent_and_taken_back),
		cmocka_unit_test(what_was_set_before_comes_back),
		cmocka_unit_test(who_may_not_lend_it_is_told_so),
		cmocka_unit_test(what_was_left_behind_is_restored),
		cmocka_unit_test(a_role_gets_a_slow_log_for_a_time),
		cmocka_unit_test(names_are_quoted_by_the_server),
		cmocka_unit_test(a_database_gets_a_slow_log_for_a_time),
		cmocka_unit_test(who_may_not_set_it_is_told_so),
		cmocka_unit_test(a_setting_that_was_left_behind_is_restored),
		cmocka_unit_test(the_reach_of_a_slow_log_is_told),
	};
	int failed;

	pg_setup(&pg, "shared_preload_libraries = 'pg_stat_statements'\n");
	unsetenv("XDG_STATE_HOME");
	failed = cmocka_run_group_tests(tests, group_setup, group_teardown);
	pg_teardown(&pg);
	return failed;
}
