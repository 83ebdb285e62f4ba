/*
 * test_recovery.c: causes of trouble that come and go: each is said in words, and when it ends the
 * console fills by itself, without a key.
 *
 *     test_recovery AURORATOP AURORATOP-SIM NAMES-LIBRARY GROUP
 *
 * Groups: db (a PostgreSQL of its own; status 77 where there is none), aws (simulators).
 *
 * Where each line of "bad input and faults" is shown:
 *
 *   no credentials, wrong ones, expired ones    here, aws
 *   no region                                   test_console start: no_region_is_a_usage_error
 *   unknown cluster                             test_console aws; test_together clusters (and on to another one)
 *   refused connection                          here, aws (endpoint); test_console db: a restart (database)
 *   wrong password, no connection left          here, db
 *   unknown database                            here, db
 *   TLS failure                                 here, db and aws (bundle and system's authorities)
 *   DNS failure                                 here, db and aws; a name service that never answers: db
 *   throttling, server error, hang              here, aws
 *   malformed XML or JSON, empty body, cut body, HTML from a proxy    here, aws
 *   permission denied on one API, one view      here, aws and db
 *   server restart                              test_console db: recovers_from_a_restart_by_itself
 *   stopped backend                             here, db; db.connect
 *   black-holed and silent port, pooler         db.connect
 *   failover                                    test_together failover
 *   terminal of 1x1, storm of sizes             test_console start, storm; test_together views
 *   TERM unset or dumb, no UTF-8, no terminal   test_console start
 *   unreadable config or theme                  test_console start
 *   fatal signals, SIGTERM, SIGHUP              test_console start: signals_leave_a_usable_terminal
 *
 * All consoles of a group run side by side, each with its own cause, because what takes time is
 * their back-off: a patient falls ill, its words are seen, it is cured at once, and it must be well
 * again before the common deadline. Only loopback is used.
 */
#include "console.h"
#include "pg_fixture.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROWS 48
#define COLS 160
#define WORDS_MAX 3
#define DEADLINE_US (150 * US_PER_S)
#define ENV(...) ((const char *const[]){__VA_ARGS__, NULL})

struct patient {
	const char *name;
	void (*fall_ill)(struct patient *p); /* starts p->v */
	void (*cure)(struct patient *p);
	const char *form;                /* of the fault, where a simulator makes it */
	const char *ill[WORDS_MAX + 1];  /* together on the screen while the cause lasts */
	const char *well[WORDS_MAX + 1]; /* together on the screen afterwards, and ill[0] is gone */
	struct sim_process sim;
	struct vt *v;
	enum { ILL, CURED, WELL } stage;
};

static const char *program, *sim_program, *names_library;
static struct pg pg;
static PGconn *admin, *app;
static char dir[128]; /* for files of the tests: hosts, certificates, homes */

static const char *path_of(const char *file)
{
	static char paths[8][256];
	static size_t next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", dir, file);
	return path;
}

static void write_file(const char *file, const char *text)
{
	FILE *f = fopen(path_of(file), "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

/* Put in place at once, as an editor or a configuration tool does: a reader sees the old one or the new one. */
static void replace_file(const char *file, const char *text)
{
	write_file("new", text);
	assert_int_equal(rename(path_of("new"), path_of(file)), 0);
}

static void shell(const char *script)
{
	const char *const argv[] = {"sh", "-euc", script, "test", dir, NULL};
	struct vt *v = vt_start(ROWS, COLS, argv, NULL);

	assert_int_equal(console_ends(v), 0);
	vt_free(v);
}

static bool shows_all(const struct vt *v, const char *const *words)
{
	int row, col;

	for (; *words; words++)
		if (!vt_find(v, *words, &row, &col))
			return false;
	return true;
}

static void examine(struct patient *p)
{
	int row, col;

	if (p->stage == ILL && shows_all(p->v, p->ill)) {
		p->cure(p);
		p->stage = CURED;
	} else if (p->stage == CURED && shows_all(p->v, p->well) && !vt_find(p->v, p->ill[0], &row, &col)) {
		p->stage = WELL;
	}
}

static void give_up(const struct patient *p)
{
	const char *const *words = p->stage == ILL ? p->ill : p->well;
	int row, col;

	console_show(p->v);
	for (; *words; words++)
		if (!vt_find(p->v, *words, &row, &col))
			print_error("%s: \"%s\" does not appear\n", p->name, *words);
	fail_msg("%s is not %s", p->name, p->stage == ILL ? "said" : "over");
}

/* All of them, from the first symptom to good health and to a terminal as it was. */
static void treat(struct patient *patients, size_t n)
{
	int64_t end = clock_mono_us() + DEADLINE_US;
	size_t well = 0;

	for (size_t i = 0; i < n; i++)
		patients[i].fall_ill(&patients[i]);
	while (well < n) {
		well = 0;
		for (size_t i = 0; i < n; i++) {
			bool alive = vt_pump(patients[i].v, 10);

			examine(&patients[i]);
			well += patients[i].stage == WELL;
			if (patients[i].stage != WELL && (!alive || clock_mono_us() > end))
				give_up(&patients[i]);
		}
	}
	for (size_t i = 0; i < n; i++) {
		console_quit(patients[i].v);
		if (patients[i].sim.pid)
			sim_process_stop(&patients[i].sim);
	}
}

/* ---- the database half ---- */

static char preload[300], names_file[300];

static void start_db(struct patient *p, const char *conninfo)
{
	const char *const argv[] = {program, "--db", conninfo, NULL};

	p->v = vt_start(ROWS, COLS, argv, ENV(preload, names_file, "ASAN_OPTIONS=verify_asan_link_order=0"));
}

static const char *conninfo(const char *host, const char *user, const char *password, const char *more)
{
	static char text[512];

	snprintf(text, sizeof(text), "host=%s port=%d user=%s password=%s dbname=postgres sslmode=require %s", host,
		 pg.port, user, password, more);
	return text;
}

static void wrong_password(struct patient *p)
{
	start_db(p, conninfo("localhost", "late", "not-it", ""));
}

static void right_password(struct patient *p)
{
	(void)p;
	pg_exec(admin, "ALTER ROLE late PASSWORD 'not-it'");
}

static void no_connection_left(struct patient *p)
{
	start_db(p, conninfo("localhost", "limited", "limited-pw", ""));
}

static void connections_again(struct patient *p)
{
	(void)p;
	pg_exec(admin, "ALTER ROLE limited CONNECTION LIMIT -1");
}

static void no_database(struct patient *p)
{
	start_db(p, conninfo("localhost", "watch", "watch-pw", "dbname=nowhere"));
}

static void make_database(struct patient *p)
{
	(void)p;
	pg_exec(admin, "CREATE DATABASE nowhere");
}

static void unknown_name(struct patient *p)
{
	start_db(p, conninfo("unknown.test", "watch", "watch-pw", ""));
}

static void name_is_known(struct patient *p)
{
	(void)p;
	replace_file("names", "127.0.0.1 unknown.test\nsilent silent.test\n");
}

static void silent_names(struct patient *p)
{
	start_db(p, conninfo("silent.test", "watch", "watch-pw", ""));
}

/* While the name service is silent the keys work. */
static void names_answer(struct patient *p)
{
	console_press(p->v, "?", "keys and signs");
	vt_key(p->v, "Esc");
	console_gone(p->v, "keys and signs");
	replace_file("names", "127.0.0.1 unknown.test\n127.0.0.1 silent.test\n");
}

static void wrong_authority(struct patient *p)
{
	char more[300];

	shell("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=other "
	      "-keyout /dev/null -out \"$1\"/root.crt 2>&1");
	snprintf(more, sizeof(more), "sslmode=verify-full sslrootcert=%s", path_of("root.crt"));
	start_db(p, conninfo("localhost", "watch", "watch-pw", more));
}

static void right_authority(struct patient *p)
{
	char script[256];

	(void)p;
	snprintf(script, sizeof(script), "cp '%s' \"$1\"/new.crt && mv \"$1\"/new.crt \"$1\"/root.crt", pg.ca);
	shell(script);
}

/* One view is denied; its pane says so and the others go on. */
static void denied_view(struct patient *p)
{
	pg_exec(admin, "REVOKE SELECT ON pg_catalog.pg_stat_database FROM PUBLIC");
	start_db(p, conninfo("localhost", "watch", "watch-pw", ""));
}

static void allowed_view(struct patient *p)
{
	(void)p;
	pg_exec(admin, "GRANT SELECT ON pg_catalog.pg_stat_database TO PUBLIC");
}

/* A server process that stands still in a live session. */
static void backend_to_stop(struct patient *p)
{
	start_db(p, conninfo("localhost", "still", "still-pw", ""));
	console_sees(p->v, "shop-e2e");
	kill((pid_t)pg_number(admin, "SELECT pid FROM pg_stat_activity WHERE usename = 'still' AND application_name = "
				     "'auroratop sampler'"),
	     SIGSTOP);
}

static void backend_is_replaced(struct patient *p)
{
	(void)p;
}

static void the_database_half_recovers(void **state)
{
	static struct patient patients[] = {
		{.name = "wrong password",
		 .fall_ill = wrong_password,
		 .cure = right_password,
		 .ill = {"refused the password of user late", "check PGPASSWORD", "✗ database: login"},
		 .well = {"shop-e2e", "● live"}},
		{.name = "no connection left",
		 .fall_ill = no_connection_left,
		 .cure = connections_again,
		 .ill = {"no connection left"},
		 .well = {"● live"}},
		{.name = "unknown database",
		 .fall_ill = no_database,
		 .cure = make_database,
		 .ill = {"there is no database nowhere"},
		 .well = {"shop-e2e", "nowhere as watch"}},
		{.name = "unknown name",
		 .fall_ill = unknown_name,
		 .cure = name_is_known,
		 .ill = {"✗ no address", "unknown.test"},
		 .well = {"shop-e2e", "● live"}},
		{.name = "silent name service",
		 .fall_ill = silent_names,
		 .cure = names_answer,
		 .ill = {"does not answer for silent.test"},
		 .well = {"shop-e2e", "● live"}},
		{.name = "wrong authority",
		 .fall_ill = wrong_authority,
		 .cure = right_authority,
		 .ill = {"is not signed by a root that is trusted here", "✗ TLS", "check sslrootcert"},
		 .well = {"shop-e2e", "● live"}},
		{.name = "denied view",
		 .fall_ill = denied_view,
		 .cure = allowed_view,
		 .ill = {"permission denied for view pg_stat_database", "! denied", "shop-e2e"},
		 .well = {"COMMIT/S", "● live"}},
		{.name = "stopped backend",
		 .fall_ill = backend_to_stop,
		 .cure = backend_is_replaced,
		 .ill = {"did not answer within the time allowed", "✗ timeout", "shop-e2e"},
		 .well = {"shop-e2e", "● live"}},
	};

	(void)state;
	treat(patients, ARRAY_LEN(patients));
}

static int setup_db(void **state)
{
	(void)state;
	admin = pg_connect(&pg, "postgres", "admin");
	pg_exec(admin, "CREATE ROLE late LOGIN PASSWORD 'late-pw' IN ROLE pg_monitor");
	pg_exec(admin, "CREATE ROLE still LOGIN PASSWORD 'still-pw' IN ROLE pg_monitor");
	app = pg_connect(&pg, "app_1", "shop-e2e");
	pg_send(app, "SELECT pg_sleep(600)");
	write_file("names", "silent silent.test\n");
	return 0;
}

static int teardown_db(void **state)
{
	(void)state;
	PQfinish(app);
	PQfinish(admin);
	return 0;
}

/* ---- the AWS half ---- */

static void start_sim(struct patient *p)
{
	sim_process_start(&p->sim, sim_program);
}

static void start_console(struct patient *p, const char *const *env)
{
	const char *const argv[] = {program, "prod-orders", NULL};

	p->v = vt_start(ROWS, COLS, argv, env);
}

/* Every request suffers from the fault. */
static void spoilt(struct patient *p)
{
	start_sim(p);
	sim_process_admin(&p->sim, "fault", p->form);
	start_console(p, ENV("PGUSER=watch"));
}

/* ... and the view that shows what it asks for. */
static void spoilt_logs(struct patient *p)
{
	spoilt(p);
	console_press(p->v, "9", "9 Logs");
}

static void spoilt_load(struct patient *p)
{
	spoilt(p);
	console_press(p->v, "4", "4 Load");
}

static void unspoilt(struct patient *p)
{
	sim_process_admin(&p->sim, "clear", "");
}

/* Keys work while every request hangs. */
static void hang_ends(struct patient *p)
{
	console_press(p->v, "?", "keys and signs");
	vt_key(p->v, "Esc");
	console_gone(p->v, "keys and signs");
	unspoilt(p);
}

static void nobody_listens(struct patient *p)
{
	start_sim(p);
	sim_process_stop(&p->sim);
	start_console(p, ENV("PGUSER=watch"));
}

static void somebody_listens(struct patient *p)
{
	char port[16];

	snprintf(port, sizeof(port), "%d", p->sim.port);
	sim_process_start_with(&p->sim, sim_program,
			       (const char *const[]){"--port", port, "--db-host", "127.0.0.1", "--db-port", "1", NULL});
}

static void unknown_endpoint(struct patient *p)
{
	char url[64];

	start_sim(p);
	snprintf(url, sizeof(url), "AWS_ENDPOINT_URL=http://aws.test:%d", p->sim.port);
	start_console(p, ENV("PGUSER=watch", preload, names_file, "ASAN_OPTIONS=verify_asan_link_order=0", url));
}

static void known_endpoint(struct patient *p)
{
	(void)p;
	replace_file("names", "127.0.0.1 aws.test\n");
}

static void start_without_keys(struct patient *p, const char *home)
{
	char text[300];

	start_sim(p);
	snprintf(text, sizeof(text), "HOME=%s", path_of(home));
	start_console(p, ENV("PGUSER=watch", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", text));
}

static void no_credentials(struct patient *p)
{
	assert_int_equal(mkdir(path_of("nobody"), 0700), 0);
	start_without_keys(p, "nobody");
}

static void write_credentials(const char *file, const char *secret)
{
	char text[300];

	snprintf(text, sizeof(text), "[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n",
		 getenv("AWS_ACCESS_KEY_ID"), secret);
	replace_file(file, text);
}

static void credentials_are_written(struct patient *p)
{
	(void)p;
	assert_int_equal(mkdir(path_of("nobody/.aws"), 0700), 0);
	write_credentials("nobody/.aws/credentials", getenv("AWS_SECRET_ACCESS_KEY"));
}

static void wrong_credentials(struct patient *p)
{
	assert_int_equal(mkdir(path_of("somebody"), 0700), 0);
	assert_int_equal(mkdir(path_of("somebody/.aws"), 0700), 0);
	/* The simulator's own exports name the key; only the secret is wrong. */
	start_sim(p);
	write_credentials("somebody/.aws/credentials", "not-the-secret");
	sim_process_stop(&p->sim);
	start_without_keys(p, "somebody");
}

static void right_credentials(struct patient *p)
{
	(void)p;
	write_credentials("somebody/.aws/credentials", getenv("AWS_SECRET_ACCESS_KEY"));
}

/* p->form names the variable that says where the authorities are. */
static void unknown_authority(struct patient *p)
{
	char script[512], cert[300], key[300], ca[300];

	snprintf(script, sizeof(script),
		 "mkdir \"$1\"/%s; cd \"$1\"/%s\nec='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2'\n"
		 "openssl req -x509 $ec -subj /CN=endpoint -addext subjectAltName=IP:127.0.0.1 -keyout key -out cert "
		 "2>&1\n"
		 "openssl req -x509 $ec -subj /CN=other -keyout /dev/null -out bundle 2>&1",
		 p->form, p->form);
	shell(script);
	snprintf(cert, sizeof(cert), "%s/%s/cert", dir, p->form);
	snprintf(key, sizeof(key), "%s/%s/key", dir, p->form);
	sim_process_start_with(&p->sim, sim_program,
			       (const char *const[]){"--tls-cert", cert, "--tls-key", key, "--db-host", "127.0.0.1",
						     "--db-port", "1", NULL});
	snprintf(ca, sizeof(ca), "%s=%s/%s/bundle", p->form, dir, p->form);
	start_console(p, ENV("PGUSER=watch", ca));
}

static void authority_is_added(struct patient *p)
{
	char script[256];

	snprintf(script, sizeof(script), "cd \"$1\"/%s; cp cert new; mv new bundle", p->form);
	shell(script);
}

#define HEALTHY                                         \
	{                                               \
		"● available", "orders-2", "W orders-1" \
	}
#define SPOILT(what, fault, ...)                                                                             \
	{                                                                                                    \
		.name = (what), .fall_ill = spoilt, .cure = unspoilt, .form = (fault), .ill = {__VA_ARGS__}, \
		.well = HEALTHY                                                                              \
	}

static void the_aws_half_recovers(void **state)
{
	static struct patient patients[] = {
		{.name = "hang",
		 .fall_ill = spoilt,
		 .cure = hang_ends,
		 .form = "kind=hang",
		 .ill = {"✗ AWS: timeout"},
		 .well = HEALTHY},
		SPOILT("throttling", "kind=throttle", "RDS asks to slow down", "throttled, retry in"),
		SPOILT("malformed XML", "kind=malformed&operation=DescribeDBClusters", "not valid XML", "✗ bad answer"),
		SPOILT("page of a proxy", "kind=html&operation=DescribeDBClusters", "HTML page", "✗ bad answer"),
		{.name = "malformed JSON",
		 .fall_ill = spoilt_logs,
		 .cure = unspoilt,
		 .form = "kind=malformed&service=logs",
		 .ill = {"FilterLogEvents: the answer is not valid JSON", "✗ bad answer", "cluster snapshot"},
		 .well = {"9 Logs  events", "cluster snapshot", "● available"}},
		{.name = "cut JSON",
		 .fall_ill = spoilt_logs,
		 .cure = unspoilt,
		 .form = "kind=truncate&service=logs",
		 .ill = {"transfer closed", "✗ lost", "cluster snapshot"},
		 .well = {"9 Logs  events", "cluster snapshot", "● available"}},
		{.name = "page of a proxy instead of JSON",
		 .fall_ill = spoilt_load,
		 .cure = unspoilt,
		 .form = "kind=html&service=pi",
		 .ill = {"Performance Insights GetResourceMetrics: the answer is an HTML page"},
		 .well = {"■ cpu", "from Performance Insights"}},
		SPOILT("cut body", "kind=truncate&operation=DescribeDBClusters", "transfer closed", "✗ lost"),
		SPOILT("empty body", "kind=empty&operation=DescribeDBClusters", "✗ AWS: bad answer"),
		SPOILT("server error", "kind=error500&service=rds", "✗ AWS: server error"),
		SPOILT("one denied call", "kind=denied&operation=DescribeDBInstances", "nodes: n/a: needs",
		       "rds:DescribeDBInstances", "● available"),
		SPOILT("expired token", "kind=expired&service=rds", "credentials have expired",
		       "! AWS: no credentials"),
		{.name = "nobody listens",
		 .fall_ill = nobody_listens,
		 .cure = somebody_listens,
		 .ill = {"✗ AWS: refused", "no connection to 127.0.0.1"},
		 .well = HEALTHY},
		{.name = "unknown endpoint",
		 .fall_ill = unknown_endpoint,
		 .cure = known_endpoint,
		 .ill = {"✗ AWS: no address", "cannot be resolved"},
		 .well = HEALTHY},
		{.name = "no credentials",
		 .fall_ill = no_credentials,
		 .cure = credentials_are_written,
		 .ill = {"No AWS credentials were found", "! AWS: no credentials"},
		 .well = HEALTHY},
		{.name = "wrong credentials",
		 .fall_ill = wrong_credentials,
		 .cure = right_credentials,
		 .ill = {"! AWS: no credentials"},
		 .well = HEALTHY},
		{.name = "bundle of one's own",
		 .fall_ill = unknown_authority,
		 .cure = authority_is_added,
		 .form = "AWS_CA_BUNDLE",
		 .ill = {"TLS to 127.0.0.1", "✗ AWS: TLS", "add the authority that"},
		 .well = HEALTHY},
		{.name = "the system's authorities",
		 .fall_ill = unknown_authority,
		 .cure = authority_is_added,
		 .form = "SSL_CERT_FILE",
		 .ill = {"TLS to 127.0.0.1", "✗ AWS: TLS", "authority with AWS_CA_BUNDLE"},
		 .well = HEALTHY},
	};

	(void)state;
	treat(patients, ARRAY_LEN(patients));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest db_tests[] = {cmocka_unit_test(the_database_half_recovers)};
	const struct CMUnitTest aws_tests[] = {cmocka_unit_test(the_aws_half_recovers)};
	int failed = 1;

	setlocale(LC_CTYPE, "C.UTF-8");
	if (argc != 5) {
		print_error("usage: test_recovery AURORATOP AURORATOP-SIM NAMES-LIBRARY GROUP\n");
		return 2;
	}
	program = argv[1];
	sim_program = argv[2];
	names_library = argv[3];
	console_clean_environment();
	if (strcmp(argv[4], "db") == 0)
		pg_setup(&pg, NULL);
	else
		console_make_home();
	snprintf(dir, sizeof(dir), "%s", getenv("HOME"));
	snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", names_library);
	snprintf(names_file, sizeof(names_file), "FAKE_NAMES=%s", path_of("names"));
	if (strcmp(argv[4], "db") == 0) {
		failed = cmocka_run_group_tests(db_tests, setup_db, teardown_db);
		pg_teardown(&pg);
	} else if (strcmp(argv[4], "aws") == 0) {
		write_file("names", "");
		failed = cmocka_run_group_tests(aws_tests, NULL, NULL);
		console_remove_home();
	}
	return failed;
}
