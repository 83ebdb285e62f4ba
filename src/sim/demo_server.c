/*
 * The demo's PostgreSQL: the newest server installed, in the demo's folder, reachable only on
 * 127.0.0.1 over TLS with a password, configured like a small managed instance. Nothing in it
 * is kept, so it never waits for the disk.
 */
#include "sim/demo.h"

#include "base/clock.h"
#include "base/parse.h"
#include "base/xalloc.h"
#include "sim/sim.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#define DEBIAN_SERVERS "/usr/lib/postgresql"
#define INITDB_US (60 * US_PER_S)
#define PORT_TRIES 4
#define CONNECT_PAUSE_US (50 * US_PER_MS)
#define CONF_MAX 8192
#define LAST_WORDS 300

static const char settings[] = "listen_addresses = '127.0.0.1'\n"
			       "max_connections = 120\n"
			       "ssl = on\n"
			       "password_encryption = 'scram-sha-256'\n"
			       "shared_preload_libraries = 'pg_stat_statements'\n"
			       "pg_stat_statements.max = 1000\n"
			       "track_activity_query_size = 4096\n"
			       "track_io_timing = on\n"
			       "track_functions = 'pl'\n"
			       "compute_query_id = on\n"
			       "timezone = 'UTC'\n"
			       "log_timezone = 'UTC'\n"
			       "log_line_prefix = '%t:%r:%u@%d:[%p]:'\n"
			       "logging_collector = off\n"
			       /* What the Logs view is about; the file is the simulated CloudWatch's log group. */
			       "log_min_duration_statement = '500ms'\n"
			       "log_lock_waits = on\n"
			       "log_checkpoints = on\n"
			       "log_autovacuum_min_duration = '10ms'\n"
			       "log_temp_files = 0\n"
			       "shared_buffers = '48MB'\n"
			       "wal_level = 'replica'\n"
			       "max_wal_senders = 10\n"
			       "wal_keep_size = '64MB'\n"
			       "min_wal_size = '32MB'\n"
			       "max_wal_size = '128MB'\n"
			       "fsync = off\n"
			       "full_page_writes = off\n"
			       "autovacuum_naptime = '30s'\n"
			       "jit = off\n"
			       /* Neither files in /dev/shm nor anything else outside the folder. */
			       "dynamic_shared_memory_type = 'mmap'\n";

/* Version of the newest folder below DEBIAN_SERVERS that has the program, 0 = none. */
static int64_t newest_debian(void)
{
	DIR *dir = opendir(DEBIAN_SERVERS);
	const struct dirent *entry;
	int64_t newest = 0, version;

	while (dir && (entry = readdir(dir))) {
		char path[DEMO_PATH_MAX];

		snprintf(path, sizeof(path), "%s/%s/bin/postgres", DEBIAN_SERVERS, entry->d_name);
		if (parse_i64(str_c(entry->d_name), &version) && version > newest && access(path, X_OK) == 0)
			newest = version;
	}
	if (dir)
		closedir(dir);
	return newest;
}

static bool find_on_path(struct demo *d)
{
	struct str rest = str_c(getenv("PATH")), folder;

	while (str_split(&rest, ':', &folder)) {
		char path[DEMO_PATH_MAX + 16];

		if (folder.len == 0 || folder.len >= sizeof(d->bin))
			continue;
		snprintf(path, sizeof(path), STR_FMT "/initdb", STR_ARG(folder));
		if (access(path, X_OK))
			continue;
		snprintf(d->bin, sizeof(d->bin), STR_FMT, STR_ARG(folder));
		return true;
	}
	return false;
}

bool demo_server_find(struct demo *d, struct err *err)
{
	int64_t version = newest_debian();

	if (version) {
		snprintf(d->bin, sizeof(d->bin), "%s/%lld/bin", DEBIAN_SERVERS, (long long)version);
		return true;
	}
	if (find_on_path(d))
		return true;
	err_set(err, ERR_NOT_FOUND, "no PostgreSQL server is installed: neither in %s nor on PATH", DEBIAN_SERVERS);
	err_remedy(err, "apt-get install postgresql");
	return false;
}

bool demo_fail_with_log(const struct demo *d, const char *log, struct err *err, const char *what)
{
	struct buf tail;
	struct str end;

	buf_init(&tail, CONF_MAX);
	demo_file_tail(d, log, &tail);
	/* the reason stands last, and a message holds only so much */
	end = str_sub(buf_str(&tail), tail.len > LAST_WORDS ? tail.len - LAST_WORDS : 0, tail.len);
	err_set(err, ERR_SERVER, "%s: " STR_FMT, what, STR_ARG(end.len ? end : STR("it said nothing")));
	buf_release(&tail);
	return false;
}

static bool run_initdb(const struct demo *d, struct err *err)
{
	char program[DEMO_PATH_MAX + 16], data[DEMO_DIR_MAX + 16], password[DEMO_DIR_MAX + 32];
	const char *const argv[] = {
		program,  "--pgdata",        data,          "--username=rdsadmin", "--auth=scram-sha-256",
		password, "--encoding=UTF8", "--no-locale", "--no-sync",           NULL};
	int status = 0;
	pid_t pid = 0;

	snprintf(program, sizeof(program), "%s/initdb", d->bin);
	snprintf(data, sizeof(data), "%s/data", d->dir);
	snprintf(password, sizeof(password), "--pwfile=%s/owner.secret", d->dir);
	if (!demo_file_write(d, "owner.secret", str_c(d->owner_secret), err) ||
	    !demo_spawn(d, argv, "initdb.log", SIGKILL, &pid, err))
		return false;
	if (!demo_reap(pid, INITDB_US, &status)) {
		demo_end(&pid, SIGKILL, US_PER_S);
		return demo_fail_with_log(d, "initdb.log", err, "initdb did not finish within a minute");
	}
	return status == 0 || demo_fail_with_log(d, "initdb.log", err, "initdb failed");
}

static bool write_configuration(const struct demo *d, struct err *err)
{
	struct buf conf;
	bool done;

	buf_init(&conf, CONF_MAX);
	buf_add_c(&conf, settings);
	buf_addf(&conf, "data_directory = '%s/data'\nhba_file = '%s/hba.conf'\nunix_socket_directories = '%s'\n",
		 d->dir, d->dir, d->dir);
	/* For the stand-ins of Aurora's functions. */
	buf_addf(&conf, "demo.instances = '%s'\ndemo.engine_version = '%s'\n", d->behind.instances,
		 d->behind.engine_version);
	buf_addf(&conf, "ssl_cert_file = '%s/server.pem'\nssl_key_file = '%s/server.key'\n", d->dir, d->dir);
	done = demo_file_write(d, "postgresql.conf", buf_str(&conf), err) &&
	       demo_file_write(d, "hba.conf",
			       STR("hostssl all all 127.0.0.1/32 scram-sha-256\n"
				   "hostssl replication rdsadmin 127.0.0.1/32 scram-sha-256\n"),
			       err);
	buf_release(&conf);
	return done;
}

uint16_t demo_free_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	uint16_t port = 0;

	if (fd >= 0 && bind(fd, (const struct sockaddr *)&a, len) == 0 &&
	    getsockname(fd, (struct sockaddr *)&a, &len) == 0)
		port = ntohs(a.sin_port);
	if (fd >= 0)
		close(fd);
	return port;
}

static bool start_postmaster(struct demo *d, struct err *err)
{
	char program[DEMO_PATH_MAX + 16], data[DEMO_DIR_MAX + 16], conf[DEMO_DIR_MAX + 48], port[32];
	const char *const argv[] = {program, "-D", data, "-c", conf, "-c", port, NULL};

	d->db_port = demo_free_port();
	if (!d->db_port)
		return err_set(err, ERR_IO, "no free port on 127.0.0.1");
	snprintf(program, sizeof(program), "%s/postgres", d->bin);
	snprintf(data, sizeof(data), "%s/data", d->dir);
	snprintf(conf, sizeof(conf), "config_file=%s/postgresql.conf", d->dir);
	snprintf(port, sizeof(port), "port=%u", (unsigned)d->db_port);
	return demo_spawn(d, argv, DEMO_SERVER_LOG, SIGQUIT, &d->postmaster, err);
}

void demo_instance(const struct demo *d, enum demo_node node, char ret_name[DEMO_NAME_MAX])
{
	struct str rest = str_c(d->behind.instances), name = {0};

	(void)str_split(&rest, ' ', &name);
	if (node == DEMO_READER && !str_split(&rest, ' ', &name))
		name = STR("");
	(void)snprintf(ret_name, DEMO_NAME_MAX, STR_FMT, STR_ARG(name));
}

bool demo_has_reader(const struct demo *d)
{
	char name[DEMO_NAME_MAX];

	demo_instance(d, DEMO_READER, name);
	return name[0] != '\0';
}

void demo_conninfo(const struct demo *d, enum demo_node node, const char *user, const char *secret, const char *db,
		   struct buf *out)
{
	char name[DEMO_NAME_MAX];

	demo_instance(d, node, name);
	buf_addf(out, "host=%s.%s.%s.%s hostaddr=127.0.0.1 port=%u", name, DEMO_HASH, SIM_REGION, DEMO_DOMAIN,
		 (unsigned)(node == DEMO_READER ? d->reader_port : d->db_port));
	buf_addf(out, " sslmode=verify-full sslrootcert=%s/ca.pem user=%s password=%s dbname=%s", d->dir, user, secret,
		 db);
}

/* True once somebody can log in. */
static bool answers(const struct demo *d)
{
	struct buf info;
	PGconn *conn;
	bool done;

	buf_init(&info, CONF_MAX);
	demo_conninfo(d, DEMO_WRITER, "rdsadmin", d->owner_secret, "postgres", &info);
	buf_add_c(&info, " connect_timeout=2");
	conn = PQconnectdb(buf_c(&info));
	done = PQstatus(conn) == CONNECTION_OK;
	PQfinish(conn);
	buf_release(&info);
	return done;
}

/* Waits for the login; *ret_gone tells that the server ended instead (its port was taken, say). */
static bool wait_until_ready(struct demo *d, bool *ret_gone, struct err *err)
{
	int64_t deadline = clock_mono_us() + DEMO_START_US;

	*ret_gone = false;
	while (clock_mono_us() < deadline) {
		int sig;

		if (demo_reap(d->postmaster, 0, NULL)) {
			d->postmaster = 0;
			*ret_gone = true;
			return demo_fail_with_log(d, DEMO_SERVER_LOG, err, "PostgreSQL ended while starting");
		}
		if (answers(d))
			return true;
		sig = demo_signal_wait(d->signals, CONNECT_PAUSE_US);
		if (sig && sig != SIGCHLD)
			return err_set(err, ERR_CANCELLED, "stopped while starting");
	}
	return demo_fail_with_log(d, DEMO_SERVER_LOG, err, "PostgreSQL did not answer within 30 seconds");
}

bool demo_server_start(struct demo *d, struct err *err)
{
	bool gone = true;

	if (!demo_secret(d->owner_secret, err) || !demo_secret(d->app_secret, err) ||
	    !demo_secret(d->oncall_secret, err))
		return false;
	if (!run_initdb(d, err) || (demo_has_reader(d) && !demo_standby_copy(d, err)) || !write_configuration(d, err))
		return false;
	for (int i = 0; i < PORT_TRIES && gone; i++) {
		if (!start_postmaster(d, err))
			return false;
		if (wait_until_ready(d, &gone, err))
			return true;
	}
	return false;
}
