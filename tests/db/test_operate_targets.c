/*
 * test_operate_targets.c: VACUUM, ANALYZE and REINDEX of a schema, a database and an index, on a real server; what
 * readers and the room for sorting make of them; and what a stopped rebuild leaves behind.
 *
 * AURORATOP_PG_BIN chooses another major version.
 */
#include "operating.h"

#include "base/clock.h"
#include "model/series.h"

#include <stdio.h>
#include <stdlib.h>

static int version;

static struct request of(const char *operation, const char *scope, const char *name)
{
	struct request r = {.tier = "2"};

	snprintf(r.operation, sizeof(r.operation), "%s", operation);
	snprintf(r.scope, sizeof(r.scope), "%s", scope);
	snprintf(r.value, sizeof(r.value), "%s", name);
	return r;
}

static const char *as(const char *role)
{
	return pg_conninfo(&pg, role, "dbname=orders");
}

static void runs(const char *conninfo, struct request *r, const char *outcome)
{
	const struct snapshot *s = ask(conninfo, "maintain", r);

	if (!str_eq_c(row_with(s, "outcome", ""), outcome))
		fail_msg("%s: \"%.*s\" %s, not \"%s\"", r->statement, STR_ARG(row_with(s, "outcome", "")), s->err.text,
			 outcome);
	done();
}

static void is_refused(const char *conninfo, const struct request *r, const char *why)
{
	assert_row(ask(conninfo, "preview", r), "refuse", why);
	done();
}

/* The version's own way to pass by what is locked. */
static const char *skipping(const char *statement)
{
	static char text[600];
	const char *at = strchr(statement, ')');

	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - statement), statement,
		 version >= 120000 ? ", SKIP_LOCKED" : "", at);
	return text;
}

/* ---- schemas ---- */

#define HOSTILE "shop.\"a \"\"b\"\"; DROP TABLE shop.orders; --\""
#define SHOP_TABLES HOSTILE ", shop.orders, shop.part_1, shop.stock"

static void a_schema_is_vacuumed_but_for_what_is_locked(void **state)
{
	struct request r = of("vacuum", "schema", "shop");
	PGconn *holder = pg_connect_to(&pg, "orders", "app_1", "holder");

	(void)state;
	pg_exec(holder, "BEGIN; LOCK TABLE shop.stock IN ACCESS EXCLUSIVE MODE");
	const struct snapshot *s = ask(owner(), "preview", &r);
	assert_row(s, "object", "schema shop");
	assert_row(s, "word", "shop");
	assert_row(s, "tier", "1");
	assert_row(s, "fact", "ShareUpdateExclusive, on one table after the other");
	assert_row(s, "fact", "no query");
	assert_row(s, "fact", "4, with 2 indexes");
	assert_row(s, "fact", " = tables ");
	assert_row(s, "fact", "what is done stays done");
	assert_row(s, "fact", "n/a: the audit log of this host has no earlier run");
	assert_row(s, "check", "1 table is skipped: our role app_1 is not its owner");
	assert_row(s, "check", "of 1 partitioned tables the partitions are taken");
	assert_row(s, "check", "1 table is locked by others now");
	assert_true(str_eq_c(row_with(s, "statement", ""), skipping("VACUUM (VERBOSE) " SHOP_TABLES)));
	assert_no_row(s, "refuse", "");
	if (version < 120000)
		assert_row(s, "check", "PostgreSQL 11 skips no locked table");
	done();
	preview(owner(), &r);
	if (version >= 120000) {
		s = ask(owner(), "maintain", &r);
		assert_row(s, "outcome", "done, although not of all: 1 skipped, locked by others");
		assert_row(s, "notice", "lock not available");
		done();
		pg_wait_for(admin, "SELECT (count(*) = 3)::int FROM pg_stat_all_tables WHERE schemaname = 'shop' AND "
				   "last_vacuum IS NOT NULL AND relname NOT IN ('stock', 'theirs')");
		assert_int_equal(audit_lines("\"outcome\":\"done, although not of all", "\"object\":\"schema shop\""),
				 1);
	}
	assert_int_equal(pg_number(admin, "SELECT count(*) FROM pg_stat_all_tables WHERE relname IN ('stock', "
					  "'theirs') AND last_vacuum IS NOT NULL"),
			 0);
	pg_exec(holder, "COMMIT");
	runs(owner(), &r, "done");
	assert_int_equal(audit_lines("\"outcome\":\"done\"", "\"object\":\"schema shop\""), 1);
	assert_int_equal(pg_number(admin, "SELECT count(*) FROM pg_class WHERE oid = 'shop.orders'::regclass"), 1);
	PQfinish(holder);
}

/* The name as the catalog has it, and as SQL quotes it, mean the same; nothing of it is run. */
static void hostile_schemas_are_quoted(void **state)
{
	static const char *const names[] = {"a \"b\"; DROP SCHEMA shop CASCADE; --", "two\nlines", "select", "%s%o%k"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char *quoted = PQescapeIdentifier(admin, names[i], strlen(names[i])), sql[600];
		struct request r = of("analyze", "schema", names[i]), same = of("analyze", "schema", quoted),
			       rebuilt = of("reindex", "schema", names[i]);

		snprintf(sql, sizeof(sql), "CREATE SCHEMA %s AUTHORIZATION app_1", quoted);
		pg_exec(admin, sql);
		snprintf(sql, sizeof(sql),
			 "CREATE TABLE %s.\"t;x\" (v int PRIMARY KEY); ALTER TABLE %s.\"t;x\" OWNER TO "
			 "app_1",
			 quoted, quoted);
		pg_exec(admin, sql);
		preview(owner(), &r);
		preview(owner(), &same);
		snprintf(sql, sizeof(sql), "ANALYZE (VERBOSE) %s.\"t;x\"", quoted);
		assert_string_equal(r.statement, skipping(sql));
		assert_string_equal(same.statement, r.statement);
		runs(owner(), &r, "done");
		preview(owner(), &rebuilt);
		snprintf(sql, sizeof(sql), "REINDEX (VERBOSE) SCHEMA %s", quoted);
		assert_string_equal(rebuilt.statement, sql);
		runs(owner(), &rebuilt, "done");
		snprintf(sql, sizeof(sql), "DROP SCHEMA %s CASCADE", quoted);
		pg_exec(admin, sql);
		PQfreemem(quoted);
	}
	assert_int_equal(pg_number(admin, "SELECT count(*) FROM pg_namespace WHERE nspname = 'shop'"), 1);
}

/* By one of its tables; and another one that has got its name meanwhile is not touched. */
static void a_schema_is_the_one_that_was_shown(void **state)
{
	struct request r = table("vacuum", "moving.t"), named = of("vacuum", "schema", "moving");

	(void)state;
	snprintf(r.scope, sizeof(r.scope), "schema");
	preview(owner(), &r);
	preview(owner(), &named);
	assert_string_equal(r.statement, skipping("VACUUM (VERBOSE) moving.t"));
	pg_exec(admin, "ALTER SCHEMA moving RENAME TO moved; ALTER SCHEMA coming RENAME TO moving");
	const struct snapshot *s = ask(owner(), "maintain", &r);
	assert_int_equal(s->state, SNAP_ERROR);
	assert_string_equal(s->err.id, OPERATION_CHANGED);
	done();
	/* by the name alone nothing would look different */
	s = ask(owner(), "maintain", &named);
	assert_int_equal(s->state, SNAP_ERROR);
	assert_string_equal(s->err.id, OPERATION_CHANGED);
	done();
	pg_exec(admin, "DROP SCHEMA moved CASCADE");
	s = ask(owner(), "maintain", &r);
	assert_int_equal(s->err.code, ERR_DENIED);
	done();
	r = of("vacuum", "schema", "nowhere");
	is_refused(owner(), &r, "there is no schema nowhere in database orders");
	r = of("vacuum", "schema", "moving");
	is_refused(as("app_2"), &r, "there is no table in schema moving that our role app_2 may maintain");
}

/* Two consoles: who is second is told who is first. */
static void two_consoles_do_not_work_on_one_schema(void **state)
{
	struct request r = of("vacuum", "schema", "shop");
	PGconn *other = pg_connect_to(&pg, "orders", "app_1", "auroratop job 1");

	(void)state;
	preview(owner(), &r);
	pg_exec(other,
		"SELECT pg_advisory_lock(1635087476, (oid::int8 - 2147483648)::int4) FROM pg_namespace WHERE nspname "
		"= 'shop'");
	const struct snapshot *s = ask(owner(), "maintain", &r);
	assert_non_null(strstr(s->err.text, "schema shop is being maintained by app_1"));
	done();
	PQfinish(other);
}

/* ---- databases ---- */

static void a_database_is_vacuumed_as_far_as_it_is_ours(void **state)
{
	struct request r = of("vacuum", "database", "");

	(void)state;
	preview(owner(), &r);
	assert_string_equal(r.statement, skipping("VACUUM (VERBOSE) moving.t, other.mine, " SHOP_TABLES));
	runs(owner(), &r, "done");
	/* without a list, the catalogs too */
	preview(superuser(), &r);
	assert_string_equal(r.statement, skipping("VACUUM (VERBOSE)"));
	assert_row(ask(superuser(), "preview", &r), "word", "orders");
	done();
	runs(superuser(), &r, "done");
	/* what the server says of the catalogs that all databases share was in the preview */
	pg_exec(admin, "ALTER DATABASE orders OWNER TO app_3");
	preview(as("app_3"), &r);
	assert_string_equal(r.statement, skipping("VACUUM (VERBOSE)"));
	assert_row(ask(as("app_3"), "preview", &r), "check", "tables are skipped: our role app_3 is not their owner");
	done();
	runs(as("app_3"), &r, "done");
	pg_exec(admin, "ALTER DATABASE orders OWNER TO postgres");
}

/* No catalog is locked against everybody. */
static void vacuum_full_leaves_the_catalogs_alone(void **state)
{
	struct request r = of("vacuum full", "database", "");

	(void)state;
	preview(superuser(), &r);
	assert_string_equal(r.statement, skipping("VACUUM (FULL, VERBOSE) moving.t, other.mine, " HOSTILE
						  ", shop.orders, shop.part_1, shop.stock, shop.theirs"));
	const struct snapshot *s = ask(superuser(), "preview", &r);
	assert_row(s, "fact", "every session that needs the table that is worked on");
	assert_row(s, "check", "the free space of the server's disk is not known from here");
	assert_no_row(s, "refuse", "");
	done();
	runs(superuser(), &r, "done");
}

/* ---- indexes ---- */

static void one_index_is_rebuilt(void **state)
{
	struct request r = of("reindex", "index", "stock_pkey");

	(void)state;
	const struct snapshot *s = ask(owner(), "preview", &r);
	assert_row(s, "statement", "REINDEX (VERBOSE) INDEX shop.stock_pkey");
	assert_row(s, "word", "stock_pkey");
	assert_row(s, "fact", "of table shop.stock with");
	assert_no_row(s, "refuse", "");
	done();
	preview(owner(), &r);
	runs(owner(), &r, "done");
	is_refused(as("app_2"), &r, "shop.stock belongs to app_1");
	r = of("reindex", "index", "nothing");
	is_refused(owner(), &r, "there is no index nothing");
	r = of("reindex", "index", "mine_v");
	is_refused(superuser(), &r, "2 indexes are called mine_v: name it with its schema");
	r = of("reindex concurrently", "index", "other.mine_v");
	if (version < 120000) {
		is_refused(owner(), &r, "PostgreSQL 12");
		return;
	}
	preview(owner(), &r);
	assert_string_equal(r.statement, "REINDEX (VERBOSE) INDEX CONCURRENTLY other.mine_v");
	/* dropped and made anew after the preview: it is another one */
	pg_exec(admin, "DROP INDEX other.mine_v; CREATE INDEX mine_v ON other.mine (v)");
	s = ask(owner(), "maintain", &r);
	assert_non_null(strstr(s->err.text, "the index is gone"));
	done();
	r.of[0] = '\0';
	preview(owner(), &r);
	runs(owner(), &r, "done");
}

static void all_indexes_are_rebuilt_by_who_owns_all(void **state)
{
	struct request r = of("reindex", "schema", "other");

	(void)state;
	is_refused(owner(), &r, "schema other belongs to postgres, and our role app_1 may not rebuild");
	r = of("reindex", "database", "");
	is_refused(owner(), &r, "database orders belongs to postgres");
	preview(superuser(), &r);
	assert_string_equal(r.statement, "REINDEX (VERBOSE) DATABASE orders");
	runs(superuser(), &r, "done");
	r = of("reindex concurrently", "schema", "shop");
	if (version < 120000) {
		is_refused(owner(), &r, "PostgreSQL 12");
		return;
	}
	preview(owner(), &r);
	assert_string_equal(r.statement, "REINDEX (VERBOSE) SCHEMA CONCURRENTLY shop");
	runs(owner(), &r, "done");
	r = of("reindex concurrently", "database", "");
	preview(superuser(), &r);
	assert_string_equal(r.statement, "REINDEX (VERBOSE) DATABASE CONCURRENTLY orders");
	/* that the catalogs are left out is no surprise */
	runs(superuser(), &r, "done");
}

/* ---- a cluster ---- */

struct instance {
	uint64_t present;
	struct str identifier, cluster, role, class;
};
#define F(m) FIELD(struct instance, m, K_ID, .title = #m, .help = #m)
static const struct field instance_fields[] = {F(identifier), F(cluster), F(role), F(class)};
#undef F
static const struct rec_type instance_type = REC_TYPE(struct instance, "instances", instance_fields);

static struct policies no_production;

static void add_instance(struct snapshot *s, const char *name, const char *role, const char *class)
{
	struct instance *row = snapshot_add_row(s);

	SET(row, struct instance, identifier, str_c(name));
	SET(row, struct instance, cluster, STR("shop"));
	SET(row, struct instance, role, str_c(role));
	SET(row, struct instance, class, str_c(class));
}

static void open_cluster(const char *class, const char *reader)
{
	struct snapshot *s = snapshot_new(&instance_type, "instances");

	add_instance(s, "shop-1", "writer", class);
	if (reader)
		add_instance(s, reader, "reader", class);
	instances = snapshot_publish(s);
	no_production = (struct policies){.common = policy_default};
	no_production.common.production_tag[0] = '\0';
	policies = &no_production;
	cluster = "shop";
}

/* One point of the metric, so old; bytes < 0 = none. */
static void set_room(double bytes, int64_t age_us)
{
	struct snapshot *s = snapshot_new(&instance_type, "metrics");
	struct series *x;

	snapshot_unref(metrics);
	metrics = NULL;
	if (bytes < 0) {
		snapshot_unref(s);
		return;
	}
	s->series.items = x = arena_alloc_array(s->arena, 1, sizeof(*x));
	s->series.n = 1;
	*x = (struct series){
		.metric = STR("FreeLocalStorage"), .object = STR("shop-1"), .period_us = US_PER_MIN, .n = 1};
	x->at = arena_alloc_array(s->arena, 1, sizeof(*x->at));
	x->value = arena_alloc_array(s->arena, 1, sizeof(*x->value));
	x->at[0] = clock_wall_us() - age_us;
	x->value[0] = bytes;
	metrics = snapshot_publish(s);
}

static void close_cluster(void)
{
	snapshot_unref(instances);
	snapshot_unref(metrics);
	instances = metrics = NULL;
	policies = NULL;
	cluster = "";
}

static void readers_are_spared_the_truncation(void **state)
{
	struct request r = table("vacuum", "shop.orders");
	char text[300];

	(void)state;
	open_cluster("db.r6g.large", "shop-2");
	const struct snapshot *s = ask(owner(), "preview", &r);
	if (version >= 120000) {
		assert_row(s, "statement", "VACUUM (VERBOSE, TRUNCATE false) shop.orders");
		assert_row(s, "fact", "1: TRUNCATE false spares its queries");
	} else {
		assert_row(s, "statement", "VACUUM (VERBOSE) shop.orders");
		assert_row(s, "check", "which may cancel queries on readers");
	}
	done();
	preview(owner(), &r);
	runs(owner(), &r, "done");
	assert_true(pg_log_count(&pg, "auroratop job 7", r.statement) > 0);
	r = of("vacuum freeze", "schema", "moving");
	preview(owner(), &r);
	assert_string_equal(r.statement, version >= 120000
						 ? "VACUUM (FREEZE, VERBOSE, SKIP_LOCKED, TRUNCATE false) moving.t"
						 : "VACUUM (FREEZE, VERBOSE) moving.t");
	runs(owner(), &r, "done");
	/* whose lock readers hold, too */
	r = table("vacuum full", "shop.orders");
	assert_row(ask(owner(), "preview", &r), "fact",
		   "1: the lock holds there, too; queries that need the table wait");
	done();
	r = table("reindex", "shop.orders");
	assert_row(ask(owner(), "preview", &r), "fact", "queries that would use its indexes wait");
	done();
	/* what gives nothing back has no such option */
	r = table("analyze", "shop.orders");
	preview(owner(), &r);
	assert_string_equal(r.statement, "ANALYZE (VERBOSE) shop.orders");
	close_cluster();
	/* a reader that only the server knows of */
	snprintf(text, sizeof(text), "host=%s port=%d user=postgres dbname=orders replication=true", pg.dir, pg.port);
	PGconn *reader = PQconnectdb(text);
	assert_int_equal(PQstatus(reader), CONNECTION_OK);
	r = table("vacuum", "shop.orders");
	preview(owner(), &r);
	assert_int_equal(strstr(r.statement, "TRUNCATE false") != NULL, version >= 120000);
	PQfinish(reader);
	pg_wait_for(admin, "SELECT (count(*) = 0)::int FROM pg_stat_replication");
	preview(owner(), &r);
	assert_null(strstr(r.statement, "TRUNCATE"));
}

static void without_room_it_is_refused_until_overridden(void **state)
{
	struct request r = table("vacuum full", "shop.orders");
	struct policies both;

	(void)state;
	open_cluster("db.r6g.large", NULL);
	const struct snapshot *s = ask(owner(), "preview", &r);
	assert_row(s, "refuse", "room for sorting is not known: there is no FreeLocalStorage of shop-1 yet");
	assert_row(s, "override", "storage");
	assert_row(s, "tier", "2");
	done();
	set_room(1 << 30, 3 * US_PER_HOUR);
	is_refused(owner(), &r, "room for sorting is not known: the newest FreeLocalStorage of shop-1 is 3h00m old");
	set_room(1 << 30, US_PER_MIN);
	s = ask(owner(), "preview", &r);
	assert_no_row(s, "refuse", "");
	assert_row(s, "fact", "FreeLocalStorage of shop-1 is 1.00 GiB, sorting takes up to ");
	done();
	preview(owner(), &r);
	/* it has become less since the preview */
	set_room(1000, US_PER_MIN);
	s = ask(owner(), "maintain", &r);
	assert_int_equal(s->err.code, ERR_DENIED);
	assert_non_null(strstr(s->err.text, "room for sorting is short: FreeLocalStorage of shop-1 is 0.98 KiB"));
	done();
	snprintf(r.override, sizeof(r.override), "storage");
	s = ask(owner(), "preview", &r);
	assert_row(s, "check", "room for sorting is short, which is overridden: one tier more");
	assert_row(s, "tier", "3");
	assert_no_row(s, "refuse", "");
	done();
	snprintf(r.tier, sizeof(r.tier), "3");
	runs(owner(), &r, "done");
	assert_int_equal(audit_lines("\"outcome\":\"done\"", "\"override\":\"storage\""), 1);
	/* and outside the window, too: one does not stand for the other */
	close_window(&both);
	both.common.production_tag[0] = '\0';
	s = ask(owner(), "preview", &r);
	assert_row(s, "refuse", "outside the maintenance window");
	assert_row(s, "override", "window storage");
	done();
	snprintf(r.override, sizeof(r.override), "window storage");
	s = ask(owner(), "preview", &r);
	assert_no_row(s, "refuse", "");
	assert_row(s, "tier", "3");
	done();
	close_cluster();
}

static void every_rebuild_wants_room(void **state)
{
	struct request r = table("reindex", "shop.orders");

	(void)state;
	open_cluster("db.serverless", NULL);
	is_refused(owner(), &r, "room for sorting is not known: Serverless v2 has no metric FreeLocalStorage");
	close_cluster();
	open_cluster("db.r6g.large", NULL);
	set_room(1000, US_PER_MIN);
	is_refused(owner(), &r, "room for sorting is short");
	r = of("reindex", "index", "shop.orders_pkey");
	is_refused(owner(), &r, "room for sorting is short");
	r = of("reindex", "schema", "shop");
	is_refused(owner(), &r, "room for sorting is short");
	/* what sorts nothing is not held up */
	r = table("vacuum", "shop.orders");
	assert_no_row(ask(owner(), "preview", &r), "refuse", "");
	done();
	close_cluster();
}

/* ---- what is left behind ---- */

#define INVALID "SELECT count(*) FROM pg_index WHERE NOT indisvalid"

static void make_invalid(const char *name, const char *on, bool valid)
{
	char sql[300];

	if (on) {
		snprintf(sql, sizeof(sql), "CREATE INDEX %s ON %s", name, on);
		pg_exec(admin, sql);
	}
	snprintf(sql, sizeof(sql), "UPDATE pg_index SET indisvalid = %s WHERE indexrelid = 'shop.%s'::regclass",
		 valid ? "true" : "false", name);
	pg_exec(admin, sql);
}

/* The pairs that the console would send back. */
static void take_left(const struct snapshot *s, struct request *r)
{
	size_t n = 0;

	for (size_t i = 0; i < s->nrows; i++) {
		const struct operation_row *row = snapshot_row(s, i);

		if (str_eq_c(row->kind, "left"))
			n += (size_t)snprintf(r->indexes + n, sizeof(r->indexes) - n, "%s" STR_FMT, n ? " " : "",
					      STR_ARG(row->label));
	}
}

/* Of a stopped rebuild exactly what it has left goes; what was invalid before stays, here and elsewhere. */
static void what_a_stopped_rebuild_leaves_is_dropped(void **state)
{
	struct request r = table("reindex concurrently", "shop.orders"),
		       d = table("drop invalid indexes", "shop.orders");
	PGconn *holder = pg_connect_to(&pg, "orders", "postgres", "holder");

	(void)state;
	if (version < 120000) {
		PQfinish(holder);
		return;
	}
	make_invalid("stock_ccnew", "shop.stock (v)", false);
	make_invalid("orders_old_ccnew", "shop.orders (v)", false);
	assert_row(ask(owner(), "preview", &r), "check",
		   "1 of its indexes are invalid, left by a build that was stopped; "
		   ":drop invalid indexes");
	done();
	preview(owner(), &r);
	pg_exec(holder, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM shop.orders");
	start_and_wait(owner(), &r);
	const struct snapshot *s = stop();
	assert_row(s, "outcome", "cancelled; left behind, invalid: ");
	assert_row(s, "left", "shop.orders_pkey_ccnew");
	assert_no_row(s, "left", "orders_old_ccnew");
	assert_no_row(s, "left", "stock");
	take_left(s, &d);
	done();
	pg_exec(holder, "COMMIT");
	s = ask(owner(), "preview", &d);
	assert_true(str_eq_c(row_with(s, "statement", ""), "DROP INDEX CONCURRENTLY shop.orders_pkey_ccnew"));
	assert_row(s, "word", "orders");
	assert_row(s, "tier", "2");
	assert_row(s, "check", "stays: our role app_1 has no USAGE of its schema");
	done();
	preview(owner(), &d);
	runs(owner(), &d, "done: 1 dropped");
	assert_int_equal(audit_lines("\"action\":\"drop invalid indexes\"", "\"outcome\":\"done: 1 dropped\""), 1);
	/* that of the TOAST table is for a superuser */
	preview(superuser(), &d);
	runs(superuser(), &d, "done: 1 dropped");
	assert_int_equal(pg_number(admin, INVALID), 2);
	assert_int_equal(pg_number(admin, "SELECT count(*) FROM pg_class WHERE relname IN ('stock_ccnew', "
					  "'orders_old_ccnew', 'orders_pkey')"),
			 3);
	is_refused(owner(), &d, "there is no invalid index of shop.orders that can be dropped now");
	PQfinish(holder);
}

/* Each is looked up again right before it is dropped. */
static void an_index_that_is_valid_again_stays(void **state)
{
	struct request d = of("drop invalid indexes", "schema", "shop");
	PGconn *holder = pg_connect_to(&pg, "orders", "app_1", "holder");

	(void)state;
	if (version < 120000) {
		make_invalid("stock_ccnew", "shop.stock (v)", false);
		make_invalid("orders_old_ccnew", "shop.orders (v)", false);
	}
	/* somebody may be building it */
	pg_exec(holder, "BEGIN; LOCK TABLE shop.stock IN SHARE UPDATE EXCLUSIVE MODE");
	const struct snapshot *s = ask(owner(), "preview", &d);
	assert_row(s, "check", "shop.stock_ccnew stays: somebody works on table shop.stock and may be building it now");
	assert_true(str_eq_c(row_with(s, "statement", ""), "DROP INDEX CONCURRENTLY shop.orders_old_ccnew"));
	done();
	pg_exec(holder, "COMMIT");
	preview(owner(), &d);
	assert_string_equal(d.statement, "DROP INDEX CONCURRENTLY shop.stock_ccnew;\n"
					 "DROP INDEX CONCURRENTLY shop.orders_old_ccnew");
	pg_exec(holder, "BEGIN; SELECT count(*) FROM shop.stock");
	start_and_wait(owner(), &d);
	make_invalid("orders_old_ccnew", NULL, true);
	pg_exec(holder, "COMMIT");
	while (command_running(command))
		asking_turn(&asking);
	s = command_result(command);
	assert_row(s, "outcome", "done, although 1 of 2 stay");
	assert_row(s, "notice", "not dropped: shop.orders_old_ccnew, it is gone or no longer invalid");
	done();
	assert_int_equal(pg_number(admin, "SELECT count(*) FROM pg_class WHERE relname = 'orders_old_ccnew'"), 1);
	assert_int_equal(pg_number(admin, "SELECT count(*) FROM pg_class WHERE relname = 'stock_ccnew'"), 0);
	is_refused(owner(), &d, "there is no invalid index of schema shop that can be dropped now");
	pg_exec(admin, "DROP INDEX shop.orders_old_ccnew");
	PQfinish(holder);
}

/* Nothing of all this was an error at the server. */
static void no_preview_is_an_error(void **state)
{
	static const char *const changes[] = {
		"vacuum",  "vacuum analyze", "vacuum freeze",        "vacuum full",
		"analyze", "reindex",        "reindex concurrently", "drop invalid indexes"};
	static const char *const roles[] = {"app_1", "app_2", "watch", "plain"};
	size_t errors = pg_log_count(&pg, "auroratop", "ERROR");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++)
		for (size_t k = 0; k < ARRAY_LEN(roles); k++) {
			struct request one = table(changes[i], "shop.orders"),
				       schema = of(changes[i], "schema", "shop"),
				       database = of(changes[i], "database", "");

			preview(as(roles[k]), &one);
			preview(as(roles[k]), &schema);
			preview(as(roles[k]), &database);
		}
	assert_int_equal(pg_log_count(&pg, "auroratop", "ERROR"), errors);
}

static int group_setup(void **state)
{
	static const char *const statements[] = {
		"ALTER ROLE app_1 PASSWORD 'app_1-pw'; ALTER ROLE app_2 PASSWORD 'app_2-pw'; ALTER ROLE app_3 PASSWORD "
		"'app_3-pw'",
		"CREATE SCHEMA shop AUTHORIZATION app_1; CREATE SCHEMA other; CREATE SCHEMA moving; CREATE SCHEMA "
		"coming",
		"GRANT USAGE ON SCHEMA shop, other, moving, coming TO PUBLIC; GRANT CREATE ON SCHEMA other TO app_1",
		"CREATE TABLE shop.orders (id int PRIMARY KEY, v text); INSERT INTO shop.orders SELECT i, 'x' FROM "
		"generate_series(1, 5000) i",
		"CREATE TABLE shop.stock (id int PRIMARY KEY, v text); INSERT INTO shop.stock SELECT i, 'x' FROM "
		"generate_series(1, 50) i",
		"CREATE TABLE " HOSTILE " (v int)",
		"CREATE TABLE shop.part (v int) PARTITION BY RANGE (v)",
		"CREATE TABLE shop.part_1 PARTITION OF shop.part FOR VALUES FROM (1) TO (10)",
		"CREATE TABLE shop.theirs (v int); CREATE TABLE moving.t (v int); CREATE TABLE coming.t (v int)",
		"CREATE TABLE other.mine (v int); CREATE INDEX mine_v ON other.mine (v); CREATE INDEX mine_v ON "
		"shop.theirs (v)",
		"ALTER TABLE shop.orders OWNER TO app_1; ALTER TABLE shop.stock OWNER TO app_1; ALTER TABLE " HOSTILE
		" OWNER TO app_1; ALTER TABLE shop.part OWNER TO app_1; ALTER TABLE shop.part_1 OWNER TO app_1",
		"ALTER TABLE shop.theirs OWNER TO app_2; ALTER TABLE moving.t OWNER TO app_1; ALTER TABLE coming.t "
		"OWNER TO "
		"app_1; ALTER TABLE other.mine OWNER TO app_1",
	};

	(void)state;
	admin = pg_connect_to(&pg, "orders", "postgres", "admin");
	version = PQserverVersion(admin);
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
		cmocka_unit_test(a_schema_is_vacuumed_but_for_what_is_locked),
		cmocka_unit_test(hostile_schemas_are_quoted),
		cmocka_unit_test(a_schema_is_the_one_that_was_shown),
		cmocka_unit_test(two_consoles_do_not_work_on_one_schema),
		cmocka_unit_test(a_database_is_vacuumed_as_far_as_it_is_ours),
		cmocka_unit_test(vacuum_full_leaves_the_catalogs_alone),
		cmocka_unit_test(one_index_is_rebuilt),
		cmocka_unit_test(all_indexes_are_rebuilt_by_who_owns_all),
		cmocka_unit_test(readers_are_spared_the_truncation),
		cmocka_unit_test(without_room_it_is_refused_until_overridden),
		cmocka_unit_test(every_rebuild_wants_room),
		cmocka_unit_test(what_a_stopped_rebuild_leaves_is_dropped),
		cmocka_unit_test(an_index_that_is_valid_again_stays),
		cmocka_unit_test(no_preview_is_an_error),
	};
	int failed;

	pg_setup(&pg, "autovacuum = off\n");
	unsetenv("XDG_STATE_HOME");
	failed = cmocka_run_group_tests(tests, group_setup, group_teardown);
	pg_teardown(&pg);
	return failed;
}
