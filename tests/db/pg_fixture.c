/*
 * pg_fixture.c: initdb, certificates, start, stop, remove.
 *
 * PostgreSQL refuses to run as root, so as root everything of the server's runs as user
 * postgres through setpriv. The postmaster gets SIGQUIT when this process dies, so that
 * a crashed test leaves no server behind.
 */
#include "pg_fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_BIN "/usr/lib/postgresql/15/bin"

__attribute__((noreturn)) static void fail(const char *what)
{
	fprintf(stderr, "pg_fixture: %s\n", what);
	abort();
}

static void nap(long ms)
{
	nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static const char *bin(void)
{
	const char *named = getenv("AURORATOP_PG_BIN");

	return named && named[0] ? named : DEFAULT_BIN;
}

static int free_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) || getsockname(fd, (struct sockaddr *)&a, &len))
		fail("no free port");
	close(fd);
	return ntohs(a.sin_port);
}

static const char setup_script[] =
	"set -eu\n"
	"dir=$1 bin=$2 port=$3 extra=$4\n"
	"run() { if [ \"$(id -u)\" = 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups \"$@\"; else "
	"\"$@\"; fi; }\n"
	"cd \"$dir\"\n"
	"printf 'superuser-pw\\n' >pw; chmod 644 pw\n"
	"run \"$bin/initdb\" -D \"$dir/data\" -U postgres -A scram-sha-256 --pwfile=pw -E UTF8 --locale=C.UTF-8 -N "
	">initdb.log 2>&1\n"
	"ec='ec -pkeyopt ec_paramgen_curve:prime256v1'\n"
	"openssl req -x509 -newkey $ec -nodes -days 2 -subj '/CN=auroratop test CA' -keyout ca.key -out ca.crt "
	"2>>openssl.log\n"
	"openssl req -newkey $ec -nodes -subj /CN=localhost -keyout data/server.key -out server.csr 2>>openssl.log\n"
	"printf 'subjectAltName=DNS:localhost,DNS:" PG_AMAZON_NAME ",DNS:" PG_SIM_NAMES "\\n' >san\n"
	"openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile san -out "
	"data/server.crt 2>>openssl.log\n"
	"cat >data/pg_hba.conf <<EOF\n"
	"local all all trust\n"
	"local replication all trust\n"
	"hostssl all all 127.0.0.1/32 scram-sha-256\n"
	"EOF\n"
	"cat >>data/postgresql.conf <<EOF\n"
	"listen_addresses = '127.0.0.1'\n"
	"port = $port\n"
	"unix_socket_directories = '$dir'\n"
	"ssl = on\n"
	"password_encryption = 'scram-sha-256'\n"
	"fsync = off\n"
	"max_connections = 80\n"
	"max_prepared_transactions = 5\n"
	"track_activity_query_size = 4096\n"
	"log_line_prefix = '%a|%u|%p|'\n"
	"log_statement = all\n"
	"lc_messages = 'C'\n"
	"shared_buffers = 16MB\n"
	"dynamic_shared_memory_type = mmap\n"
	"$extra\n"
	"EOF\n"
	"chmod 600 data/server.key\n"
	"if [ \"$(id -u)\" = 0 ]; then chown postgres: data/server.key data/server.crt data/pg_hba.conf; fi\n"
	"mkdir home\n";

static const char roles_sql[] =
	"CREATE ROLE watch LOGIN PASSWORD 'watch-pw' IN ROLE pg_monitor; CREATE ROLE plain LOGIN PASSWORD 'plain-pw';"
	"CREATE ROLE limited LOGIN PASSWORD 'limited-pw' CONNECTION LIMIT 0;"
	"CREATE ROLE app_1 LOGIN; CREATE ROLE app_2 LOGIN; CREATE ROLE app_3 LOGIN; CREATE ROLE app_4 LOGIN;"
	"CREATE ROLE app_5 LOGIN; CREATE ROLE app_6 LOGIN; CREATE ROLE app_7 LOGIN; CREATE ROLE app_8 LOGIN;"
	"CREATE ROLE app_9 LOGIN; CREATE DATABASE orders";

static void run_script(const struct pg *pg, const char *script, const char *extra)
{
	char port[16];
	int status;
	pid_t pid;

	snprintf(port, sizeof(port), "%d", pg->port);
	pid = fork();
	if (pid == 0) {
		execlp("sh", "sh", "-c", script, "pg_fixture", pg->dir, bin(), port, extra, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail("cannot make a server; see initdb.log and openssl.log in its folder");
}

static void clear_environment(const struct pg *pg)
{
	static const char *const names[] = {"PGHOST",        "PGHOSTADDR", "PGPORT",    "PGUSER",      "PGPASSWORD",
					    "PGDATABASE",    "PGSERVICE",  "PGSSLMODE", "PGOPTIONS",   "PGSSLROOTCERT",
					    "PGSERVICEFILE", "PGPASSFILE", "PGAPPNAME", "PGGSSENCMODE"};
	char home[80];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
	snprintf(home, sizeof(home), "%s/home", pg->dir);
	setenv("HOME", home, 1);
}

static void make_roles(struct pg *pg)
{
	PGconn *c = pg_connect(pg, "postgres", "setup");
	char copy[sizeof(roles_sql)], *rest = copy, *one;

	memcpy(copy, roles_sql, sizeof(copy));
	while ((one = strsep(&rest, ";")))
		pg_exec(c, one);
	PQfinish(c);
}

void pg_setup(struct pg *pg, const char *extra_conf)
{
	char program[256];
	struct passwd *pw = geteuid() == 0 ? getpwnam("postgres") : NULL;

	*pg = (struct pg){.dir = "/tmp/auroratop-pg-XXXXXX", .port = free_port()};
	snprintf(program, sizeof(program), "%s/postgres", bin());
	if (access(program, X_OK) != 0 || (geteuid() == 0 && !pw)) {
		printf("skipped: no %s, or no user postgres\n", program);
		exit(PG_SKIP);
	}
	if (!mkdtemp(pg->dir))
		fail("mkdtemp");
	if (chmod(pg->dir, 0755) || (pw && chown(pg->dir, pw->pw_uid, pw->pw_gid)))
		fail("chmod or chown");
	snprintf(pg->ca, sizeof(pg->ca), "%s/ca.crt", pg->dir);
	run_script(pg, setup_script, extra_conf ? extra_conf : "");
	clear_environment(pg);
	pg_start(pg);
	make_roles(pg);
}

static void exec_server(const struct pg *pg)
{
	char program[256], data[96], log[96];

	snprintf(program, sizeof(program), "%s/postgres", bin());
	snprintf(data, sizeof(data), "%s/data", pg->dir);
	snprintf(log, sizeof(log), "%s/server.log", pg->dir);
	if (!freopen(log, "a", stderr) || !freopen("/dev/null", "r", stdin) || dup2(2, 1) < 0)
		_exit(126);
	if (geteuid() == 0)
		execlp("setpriv", "setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig",
		       "QUIT", program, "-D", data, (char *)NULL);
	prctl(PR_SET_PDEATHSIG, SIGQUIT);
	execl(program, program, "-D", data, (char *)NULL);
	_exit(127);
}

void pg_start(struct pg *pg)
{
	char conninfo[256];

	pg->pid = fork();
	if (pg->pid == 0)
		exec_server(pg);
	snprintf(conninfo, sizeof(conninfo), "host=%s port=%d user=postgres dbname=postgres", pg->dir, pg->port);
	for (int i = 0; i < 500; i++) {
		PGconn *c = PQconnectdb(conninfo);
		bool up = PQstatus(c) == CONNECTION_OK;

		PQfinish(c);
		if (up)
			return;
		if (waitpid(pg->pid, NULL, WNOHANG) == pg->pid)
			fail("the server ended at once; see server.log in its folder");
		nap(20);
	}
	fail("the server does not start");
}

void pg_stop(struct pg *pg, int signal)
{
	if (pg->pid <= 0)
		return;
	kill(pg->pid, signal);
	while (waitpid(pg->pid, NULL, 0) < 0 && errno == EINTR)
		;
	pg->pid = 0;
}

void pg_teardown(struct pg *pg)
{
	pg_stop(pg, SIGQUIT);
	run_script(pg, "rm -rf -- \"$1\"", "");
}

const char *pg_conninfo(const struct pg *pg, const char *role, const char *more)
{
	static char text[512];

	snprintf(text, sizeof(text),
		 "host=localhost port=%d user=%s password=%s-pw dbname=postgres sslmode=verify-full sslrootcert=%s %s",
		 pg->port, role, role, pg->ca, more ? more : "");
	return text;
}

PGconn *pg_connect_to(const struct pg *pg, const char *database, const char *role, const char *application)
{
	char conninfo[256];
	PGconn *c;

	snprintf(conninfo, sizeof(conninfo), "host=%s port=%d user=%s dbname=%s application_name='%s'", pg->dir,
		 pg->port, role, database, application);
	c = PQconnectdb(conninfo);
	if (PQstatus(c) != CONNECTION_OK)
		fail(PQerrorMessage(c));
	return c;
}

PGconn *pg_connect(const struct pg *pg, const char *role, const char *application)
{
	return pg_connect_to(pg, "postgres", role, application);
}

void pg_exec(PGconn *c, const char *sql)
{
	PGresult *r = PQexec(c, sql);

	if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
		fail(PQerrorMessage(c));
	PQclear(r);
}

void pg_send(PGconn *c, const char *sql)
{
	if (!PQsendQuery(c, sql))
		fail(PQerrorMessage(c));
	PQflush(c);
}

bool pg_finish_sent(PGconn *c)
{
	bool ok = true;
	PGresult *r;

	while ((r = PQgetResult(c))) {
		ok = ok && PQresultStatus(r) != PGRES_FATAL_ERROR;
		PQclear(r);
	}
	return ok;
}

long long pg_number(PGconn *c, const char *sql)
{
	PGresult *r = PQexec(c, sql);
	long long n;

	if (PQresultStatus(r) != PGRES_TUPLES_OK || PQntuples(r) < 1)
		fail(PQerrorMessage(c));
	n = strtoll(PQgetvalue(r, 0, 0), NULL, 10);
	PQclear(r);
	return n;
}

void pg_wait_for(PGconn *c, const char *sql)
{
	for (int i = 0; i < 500; i++) {
		if (pg_number(c, sql) != 0)
			return;
		nap(20);
	}
	fail(sql);
}

char *pg_log(const struct pg *pg)
{
	char path[96], *text;
	FILE *f;
	long size;

	snprintf(path, sizeof(path), "%s/server.log", pg->dir);
	f = fopen(path, "r");
	if (!f || fseek(f, 0, SEEK_END) || (size = ftell(f)) < 0)
		fail("no server log");
	rewind(f);
	text = calloc(1, (size_t)size + 1);
	if (fread(text, 1, (size_t)size, f) != (size_t)size)
		fail("cannot read the server log");
	fclose(f);
	return text;
}

size_t pg_log_count(const struct pg *pg, const char *prefix, const char *text)
{
	char *log = pg_log(pg), *rest = log, *line;
	size_t n = 0;

	while ((line = strsep(&rest, "\n")))
		n += strncmp(line, prefix, strlen(prefix)) == 0 && strstr(line, text);
	free(log);
	return n;
}
