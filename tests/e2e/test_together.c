/*
 * test_together.c: the whole console: a real PostgreSQL behind the simulated AWS, under the names AWS
 * gives, over TLS with verify-full.
 *
 *     test_together AURORATOP AURORATOP-SIM NAMES-LIBRARY GROUP
 *
 * Groups: views (every view by its digit, one session), clusters (choosing others and coming back),
 * failover, once (one refresh to standard output). Status 77 where there is no PostgreSQL.
 *
 * orders-1 is the server at 127.0.0.1, orders-2 the same one at 127.0.0.2; a function in the place
 * of Aurora's tells a session at which address it is, and writes that to the server's log.
 */
#include "console.h"
#include "pg_fixture.h"

#include "base/buf.h"

#include <jansson.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define ROWS 48
#define COLS 160
#define OUTPUT_MAX (8u << 20)
#define DOMAIN ".c9akci.eu-west-1.rds.amazonaws.com"

static const char instance_function[] =
	"CREATE FUNCTION pg_catalog.aurora_db_instance_identifier() RETURNS varchar LANGUAGE plpgsql AS $$ "
	"DECLARE name varchar := CASE host(inet_server_addr()) WHEN '127.0.0.1' THEN 'orders-1' ELSE 'orders-2' END; "
	"BEGIN RAISE LOG 'this is %', name; RETURN name; END $$";

static const char *program, *sim_program, *names_library;
static struct pg pg;
static PGconn *admin, *app;
static struct sim_process sim;

static struct vt *start(const char *const *argv)
{
	return vt_start(ROWS, COLS, argv, NULL);
}

#define START(...) start((const char *const[]){program, __VA_ARGS__, NULL})

static PGconn *connect_orders(const char *role, const char *application)
{
	char text[256];
	PGconn *c;

	snprintf(text, sizeof(text), "host=%s port=%d user=%s dbname=orders application_name=%s", pg.dir, pg.port, role,
		 application);
	c = PQconnectdb(text);
	assert_int_equal(PQstatus(c), CONNECTION_OK);
	return c;
}

/* A session of an application, asleep in database orders. */
static PGconn *asleep(const char *role, const char *application)
{
	PGconn *c = connect_orders(role, application);

	pg_send(c, "SELECT pg_sleep(600)");
	return c;
}

/* ---- views ---- */

static void both_halves_in_every_view(struct vt *v)
{
	/* Overview: AWS and the database in one picture. */
	console_sees(v, "● available");
	console_sees(v, "W orders-1");
	console_sees(v, "shop-e2e");
	console_sees(v, "2 Activity  orders-1");
	console_sees(v, "writer orders-1   readers 2");
	console_sees(v, "● live");
	console_sees(v, "bastion");
	console_sees(v, "newest automated");
	console_sees(v, "FreeStorageSpace n/a");
}

static void every_view_by_its_digit(struct vt *v)
{
	console_press(v, "2", "─ Databases");
	console_sees(v, "shop-e2e");
	console_sees(v, "pg_sleep");
	console_press(v, "6", "─ Volume reads");
	console_sees(v, "from CloudWatch");
	console_sees(v, "limit of engine");
	console_sees(v, "No table of a user is in this database");
	console_sees(v, "Database sizes");
	console_sees(v, "MiB together");
	console_press(v, "7", "─ 7 Snapshots");
	console_sees(v, "pre-release-318");
	console_sees(v, "any second from");
	console_press(v, "8", "─ 8 Security-group rules");
	console_sees(v, "bastion");
	console_sees(v, "subnet-0b21");
	console_press(v, "1", "─ Cluster");
	console_sees(v, "shop-e2e");
}

static void filter_sort_and_palette(struct vt *v)
{
	console_press(v, "2", "XACT ▾");
	console_press(v, "<", "XACT ▴");
	console_press(v, ">", "XACT ▾");
	console_press(v, "/app:nobody", "0 of");
	console_gone(v, "pg_sleep");
	console_press(v, "<Esc>", "pg_sleep");
	console_press(v, "<Enter>", "client_port");
	vt_key(v, "Esc");
	console_gone(v, "client_port");
	console_press(v, ":network<Enter>", "─ 8 Security-group rules");
	console_press(v, ":theme light<Enter>", "─ 8 Security-group rules");
	console_press(v, ":diag<Enter>", "cloudwatch");
	console_sees(v, "sampler");
	vt_key(v, "Esc");
	console_gone(v, "cloudwatch  ");
}

static void storm(struct vt *v)
{
	static const char digits[][2] = {"1", "2", "6", "7", "8"};
	unsigned random = 4711;

	for (int i = 0; i < 120; i++) {
		random = random * 1103515245u + 12345u;
		int rows = i % 40 == 7 ? 1 : 1 + (int)(random >> 16) % 70;
		random = random * 1103515245u + 12345u;
		int cols = i % 40 == 7 ? 1 : 1 + (int)(random >> 16) % 240;
		vt_resize(v, rows, cols);
		vt_send(v, digits[i % 5]);
		vt_pump(v, 10);
	}
	vt_resize(v, ROWS, COLS);
	console_press(v, "1", "─ Cluster");
	console_sees(v, "shop-e2e");
	console_sees(v, "W orders-1");
	console_sees(v, "? help");
}

static void one_session_through_everything(void **state)
{
	struct vt *v = START("prod-orders");

	(void)state;
	both_halves_in_every_view(v);
	every_view_by_its_digit(v);
	filter_sort_and_palette(v);
	storm(v);
	console_quit(v);
}

/* ---- clusters ---- */

static void others_and_back_again(void **state)
{
	struct vt *v = START("--db", pg_conninfo(&pg, "watch", "dbname=orders"), "prod-orders");

	(void)state;
	console_sees(v, "shop-e2e");
	console_press(v, ":clusters<Enter>", "3 in eu-west-1");
	console_sees(v, "analytics-sls");
	console_sees(v, "legacy-archive");
	/* Leaving the list without a choice gives back what was open. */
	vt_key(v, "Esc");
	console_sees(v, "auroratop    prod-orders");
	console_sees(v, "shop-e2e");
	console_press(v, ":clusters<Enter>", "3 in eu-west-1");
	/* May be paused: a connection would wake it, so none is made. */
	console_press(v, "<Enter>", "not connected: the cluster may be paused");
	console_sees(v, "start with --wake");
	console_sees(v, "auroratop    analytics-sls");
	console_sees(v, "W analytics-sls-1");
	console_gone(v, "shop-e2e");
	console_press(v, ":clusters<Enter>", "3 in eu-west-1");
	console_press(v, "<Down><Enter>", "the cluster is stopped");
	console_sees(v, "○ stopped");
	console_sees(v, "auroratop    legacy-archive");
	console_gone(v, "degraded");
	/* Back to the first one: --db belongs to it. */
	console_press(v, ":clusters<Enter>", "3 in eu-west-1");
	console_press(v, "<Down><Enter>", "shop-e2e");
	console_sees(v, "auroratop    prod-orders");
	console_sees(v, "● available");
	console_quit(v);
}

static void from_an_unknown_one_to_one_that_exists(void **state)
{
	struct vt *v = START("no-such");

	(void)state;
	console_sees(v, "The cluster no-such does not exist in eu-west-1");
	console_press(v, ":clusters<Enter>", "3 in eu-west-1");
	console_press(v, "/identifier:prod<Enter>", "prod-orders");
	console_gone(v, "legacy-archive");
	console_press(v, "<Enter>", "shop-e2e");
	console_sees(v, "W orders-1");
	console_sees(v, "● live");
	console_quit(v);
}

/* Without a cluster the region's list is where it starts. */
static void started_without_a_cluster(void **state)
{
	const char *const argv[] = {program, NULL};
	struct vt *v = start(argv);

	(void)state;
	console_sees(v, "no cluster chosen");
	console_sees(v, "3 in eu-west-1");
	/* None of the region's clusters is shown as if it were open. */
	console_press(v, "1", "─ 7 Backups");
	console_sees(v, "choose one under :clusters");
	console_sees(v, ":clusters lists the region's");
	console_gone(v, "● available");
	console_gone(v, "analytics-sls");
	console_press(v, ":clusters<Enter>", "3 in eu-west-1");
	console_press(v, "G<Enter>", "shop-e2e");
	console_sees(v, "W orders-1");
	console_quit(v);
}

/* ---- failover ---- */

/* The roles swap under a live session: connections break, AWS names another writer, and the console follows. */
static void follows_the_writer(void **state)
{
	struct vt *v = START("prod-orders");
	PGconn *later;

	(void)state;
	console_sees(v, "2 Activity  orders-1");
	console_sees(v, "shop-e2e");
	assert_true(pg_log_count(&pg, "auroratop sampler|", "this is orders-1") > 0);
	/* the readers are sampled, too, so what the title names first is what tells the writer */
	sim_process_admin(&sim, "failover", "cluster=prod-orders&target=orders-2");
	pg_exec(admin,
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'auroratop %'");
	later = asleep("app_2", "after-failover");
	/* Data goes on at once, from wherever it can be had; then from the new writer. */
	console_sees(v, "after-failover");
	console_sees(v, "writer orders-2");
	console_sees(v, "W orders-2");
	console_sees(v, "R orders-1");
	console_sees(v, "2 Activity  orders-2");
	console_sees(v, "after-failover");
	console_sees(v, "● available");
	console_sees(v, "● live");
	assert_true(pg_log_count(&pg, "auroratop sampler|", "this is orders-2") > 0);
	PQfinish(later);
	console_quit(v);
}

/* ---- once ---- */

static char output[OUTPUT_MAX];

/* Runs `auroratop --once` with these words; *output is what it printed. Returns its exit status. */
static int once(const char *words)
{
	char command[2048];
	size_t n;
	FILE *f;
	int status;

	snprintf(command, sizeof(command), "'%s' --once %s 2>&1", program, words);
	f = popen(command, "r");
	assert_non_null(f);
	n = fread(output, 1, sizeof(output) - 1, f);
	output[n] = '\0';
	status = pclose(f);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static json_t *source_of(json_t *root, const char *name, const char *state)
{
	json_t *source = json_object_get(json_object_get(root, "sources"), name);
	const char *said = json_string_value(json_object_get(source, "state"));

	if (!said || strcmp(said, state) != 0)
		fail_msg("%s is %s, not %s: %s", name, said ? said : "absent", state,
			 json_string_value(json_object_get(source, "error")));
	return source;
}

static json_t *row_with(json_t *source, const char *field, const char *value)
{
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(source, "rows"), i, row)
	{
		const char *text = json_string_value(json_object_get(row, field));

		if (text && strcmp(text, value) == 0)
			return row;
	}
	fail_msg("no row has %s = %s", field, value);
	return NULL;
}

static json_t *parsed(void)
{
	json_error_t e;
	json_t *root = json_loads(output, JSON_REJECT_DUPLICATES, &e);

	if (!root)
		fail_msg("%s at line %d: %.400s", e.text, e.line, output);
	return root;
}

/* How often the sampler has scanned pg_stat_activity: the statement of sessions.sql in the server's log. */
static size_t scans_so_far(void)
{
	return pg_log_count(&pg, "auroratop sampler|", ": SELECT CASE WHEN s.listed THEN 0");
}

static void once_everything_is_there(void **state)
{
	static const char *const sources[] = {"clusters", "instances", "security_groups", "security_group_rules",
					      "subnets",  "snapshots", "metrics",         "sessions",
					      "activity", "load",      "databases",       "database_sizes"};
	size_t scans = scans_so_far();
	json_t *root, *row;

	(void)state;
	assert_int_equal(once("--format json prod-orders"), 0);
	root = parsed();
	assert_string_equal(json_string_value(json_object_get(root, "cluster")), "prod-orders");
	for (size_t i = 0; i < ARRAY_LEN(sources); i++)
		assert_true(json_array_size(json_object_get(source_of(root, sources[i], "ok"), "rows")) > 0);
	row = row_with(source_of(root, "sessions", "ok"), "application", "shop-e2e");
	assert_string_equal(json_string_value(json_object_get(row, "user")), "app_1");
	/* Literals of statements are masked unless asked for. */
	assert_non_null(strstr(json_string_value(json_object_get(row, "query")), "pg_sleep("));
	assert_null(strstr(json_string_value(json_object_get(row, "query")), "600"));
	row = row_with(source_of(root, "databases", "ok"), "name", "orders");
	/* Two samples, so that there are rates: our own statements at least. */
	assert_true(json_is_number(json_object_get(row, "xact_commit_per_s")));
	assert_true(json_is_number(json_object_get(row, "blks_hit_per_s")));
	assert_int_equal(scans_so_far() - scans, 2);
	row = row_with(source_of(root, "activity", "ok"), "instance", "orders-1");
	assert_string_equal(json_string_value(json_object_get(row, "database")), "orders");
	json_decref(root);
	assert_int_equal(once("--format json --show-literals --pane sessions prod-orders"), 0);
	assert_non_null(strstr(output, "pg_sleep(600)"));
}

/* A role without rights sees less, and is told what and why. */
static void once_says_what_is_unavailable(void **state)
{
	char words[600];
	json_t *root, *missing;

	(void)state;
	snprintf(words, sizeof(words), "--format json --db '%s'", pg_conninfo(&pg, "plain", ""));
	assert_int_equal(once(words), 0);
	root = parsed();
	missing = json_object_get(source_of(root, "sessions", "ok"), "unavailable");
	assert_true(json_object_size(missing) > 0);
	assert_non_null(strstr(json_string_value(json_object_get(missing, "query")), "pg_monitor"));
	(void)source_of(root, "clusters", "skipped");
	json_decref(root);
}

static void once_exit_statuses(void **state)
{
	json_t *root;

	(void)state;
	/* One half fails: 1, and the other one is there. */
	assert_int_equal(once("--format json --db 'host=127.0.0.1 port=1 user=watch' prod-orders"), 1);
	root = parsed();
	(void)source_of(root, "clusters", "ok");
	(void)source_of(root, "sessions", "error");
	json_decref(root);
	assert_int_equal(once("--format json --endpoint-url http://127.0.0.1:1 --region eu-west-1 --db \"$GOOD\" "
			      "prod-orders"),
			 1);
	root = parsed();
	(void)source_of(root, "clusters", "error");
	(void)source_of(root, "sessions", "ok");
	json_decref(root);
	assert_int_equal(once("--pane sessions --db 'host=127.0.0.1 port=1 user=watch'"), 3);
	assert_non_null(strstr(output, "nothing listens at 127.0.0.1 port 1"));
	assert_int_equal(once("--pane nosuch prod-orders"), 2);
	assert_int_equal(once("--format yaml prod-orders"), 2);
}

static void once_formats_and_panes(void **state)
{
	(void)state;
	assert_int_equal(once("--pane sessions --pane instances prod-orders"), 0);
	assert_true(strncmp(output, "instances: ok\n", 14) == 0);
	assert_non_null(strstr(output, "\nsessions: ok\n"));
	assert_non_null(strstr(output, "shop-e2e"));
	assert_non_null(strstr(output, "orders-3"));
	assert_null(strstr(output, "databases:"));
	assert_int_equal(once("--format csv --pane sessions --pane clusters prod-orders"), 0);
	assert_true(strncmp(output, "# clusters ok\n", 14) == 0);
	assert_non_null(strstr(output, "\n# sessions ok\npid,"));
	assert_non_null(strstr(output, "shop-e2e"));
	/* The name of a pane stands for its sources. */
	assert_int_equal(once("--format json --pane sizes prod-orders"), 0);
	json_t *root = parsed();
	assert_int_equal(json_object_size(json_object_get(root, "sources")), 1);
	(void)row_with(source_of(root, "database_sizes", "ok"), "name", "orders");
	json_decref(root);
}

/* ---- */

/* From here on the programs started use the names of the file. */
static void use_names(void)
{
	const char *options = getenv("ASAN_OPTIONS");
	char path[256], text[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/names", getenv("HOME"));
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "127.0.0.1 orders-1" DOMAIN "\n127.0.0.2 orders-2" DOMAIN "\n");
	fclose(f);
	snprintf(text, sizeof(text), "%s%sverify_asan_link_order=0", options ? options : "", options ? ":" : "");
	setenv("ASAN_OPTIONS", text, 1);
	setenv("FAKE_NAMES", path, 1);
	setenv("LD_PRELOAD", names_library, 1);
}

static void pretend_aurora(void)
{
	PGconn *c = connect_orders("postgres", "admin");

	pg_exec(c, "SET allow_system_table_mods = on");
	pg_exec(c, instance_function);
	PQfinish(c);
}

static int setup(void **state)
{
	char port[16];

	(void)state;
	admin = pg_connect(&pg, "postgres", "admin");
	pretend_aurora();
	app = asleep("app_1", "shop-e2e");
	setenv("GOOD", pg_conninfo(&pg, "watch", ""), 1);
	setenv("PGUSER", "watch", 1);
	setenv("PGPASSWORD", "watch-pw", 1);
	setenv("PGSSLROOTCERT", pg.ca, 1);
	use_names();
	snprintf(port, sizeof(port), "%d", pg.port);
	sim_process_start_with(&sim, sim_program, (const char *const[]){"--db-port", port, NULL});
	unsetenv("AURORATOP_CLUSTER"); /* the tests name theirs */
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	sim_process_stop(&sim);
	PQfinish(app);
	PQfinish(admin);
	return 0;
}

static int run(const char *group)
{
	const struct CMUnitTest views_tests[] = {cmocka_unit_test(one_session_through_everything)};
	const struct CMUnitTest clusters_tests[] = {cmocka_unit_test(others_and_back_again),
						    cmocka_unit_test(from_an_unknown_one_to_one_that_exists),
						    cmocka_unit_test(started_without_a_cluster)};
	const struct CMUnitTest failover_tests[] = {cmocka_unit_test(follows_the_writer)};
	const struct CMUnitTest once_tests[] = {
		cmocka_unit_test(once_everything_is_there), cmocka_unit_test(once_says_what_is_unavailable),
		cmocka_unit_test(once_exit_statuses), cmocka_unit_test(once_formats_and_panes)};

	if (strcmp(group, "views") == 0)
		return cmocka_run_group_tests(views_tests, setup, teardown);
	if (strcmp(group, "clusters") == 0)
		return cmocka_run_group_tests(clusters_tests, setup, teardown);
	if (strcmp(group, "failover") == 0)
		return cmocka_run_group_tests(failover_tests, setup, teardown);
	if (strcmp(group, "once") == 0)
		return cmocka_run_group_tests(once_tests, setup, teardown);
	print_error("no group %s\n", group);
	return 2;
}

int main(int argc, char **argv)
{
	int failed;

	setlocale(LC_CTYPE, "C.UTF-8");
	if (argc != 5) {
		print_error("usage: test_together AURORATOP AURORATOP-SIM NAMES-LIBRARY GROUP\n");
		return 2;
	}
	program = argv[1];
	sim_program = argv[2];
	names_library = argv[3];
	console_clean_environment();
	pg_setup(&pg, "listen_addresses = '127.0.0.1,127.0.0.2'");
	failed = run(argv[4]);
	pg_teardown(&pg);
	return failed;
}
