/*
 * The demo's reader: a streaming standby of the demo's PostgreSQL, under the name of the scenario's second instance.
 *
 * Its data folder is a copy of the writer's taken between initdb and the first start, so
 * everything else reaches it by replication, over TLS and with a password like any other
 * client. It is started beside the loading of the contents and waited for at the end.
 */
#include "sim/demo.h"

#include "base/clock.h"
#include "sim/sim.h"

#include <libpq-fe.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define COPY_US (60 * US_PER_S)
#define CONF_MAX 8192
#define PAUSE_US (50 * US_PER_MS)

static const char settings[] = "hot_standby = on\n"
			       "hot_standby_feedback = on\n"
			       "wal_receiver_status_interval = '1s'\n"
			       "shared_buffers = '16MB'\n";

bool demo_standby_copy(const struct demo *d, struct err *err)
{
	char from[DEMO_DIR_MAX + 16], to[DEMO_DIR_MAX + 16];
	const char *const argv[] = {"/bin/cp", "-a", from, to, NULL};
	int status = 0;
	pid_t pid = 0;

	snprintf(from, sizeof(from), "%s/data", d->dir);
	snprintf(to, sizeof(to), "%s/standby", d->dir);
	if (!demo_spawn(d, argv, DEMO_READER_LOG, SIGKILL, &pid, err))
		return false;
	if (!demo_reap(pid, COPY_US, &status)) {
		demo_end(&pid, SIGKILL, US_PER_S);
		return err_set(err, ERR_TIMEOUT, "copying the demo's data folder took more than a minute");
	}
	return status == 0 || err_set(err, ERR_IO, "the demo's data folder could not be copied");
}

/* The password is in a file, not in the setting, so that pg_settings does not show it. */
static bool write_configuration(const struct demo *d, struct err *err)
{
	char writer[DEMO_NAME_MAX], reader[DEMO_NAME_MAX];
	struct buf conf, pass;
	bool done;

	demo_instance(d, DEMO_WRITER, writer);
	demo_instance(d, DEMO_READER, reader);
	buf_init(&conf, CONF_MAX);
	buf_init(&pass, CONF_MAX);
	buf_addf(&conf, "include '%s/postgresql.conf'\n", d->dir);
	buf_add_c(&conf, settings);
	buf_addf(&conf, "data_directory = '%s/standby'\n", d->dir);
	buf_addf(
		&conf,
		"primary_conninfo = 'host=%s.%s.%s.%s hostaddr=127.0.0.1 port=%u user=rdsadmin passfile=%s/standby.pass"
		" sslmode=verify-full sslrootcert=%s/ca.pem application_name=%s'\n",
		writer, DEMO_HASH, SIM_REGION, DEMO_DOMAIN, (unsigned)d->db_port, d->dir, d->dir, reader);
	buf_addf(&pass, "*:*:*:rdsadmin:%s\n", d->owner_secret);
	done = demo_file_write(d, "standby.conf", buf_str(&conf), err) &&
	       demo_file_write(d, "standby.pass", buf_str(&pass), err) &&
	       demo_file_write(d, "standby/standby.signal", STR(""), err);
	buf_release(&conf);
	buf_release(&pass);
	return done;
}

bool demo_standby_start(struct demo *d, struct err *err)
{
	char program[DEMO_PATH_MAX + 16], data[DEMO_DIR_MAX + 16], conf[DEMO_DIR_MAX + 48], port[32];
	const char *const argv[] = {program, "-D", data, "-c", conf, "-c", port, NULL};

	if (!demo_has_reader(d))
		return true;
	d->reader_port = demo_free_port();
	if (!d->reader_port)
		return err_set(err, ERR_IO, "no free port on 127.0.0.1");
	snprintf(program, sizeof(program), "%s/postgres", d->bin);
	snprintf(data, sizeof(data), "%s/standby", d->dir);
	snprintf(conf, sizeof(conf), "config_file=%s/standby.conf", d->dir);
	snprintf(port, sizeof(port), "port=%u", (unsigned)d->reader_port);
	return write_configuration(d, err) && demo_spawn(d, argv, DEMO_READER_LOG, SIGQUIT, &d->standby, err);
}

/* True once the contents have arrived: the application's role can log in to its database. */
static bool answers(const struct demo *d)
{
	struct buf info;
	PGconn *conn;
	bool done;

	buf_init(&info, CONF_MAX);
	demo_conninfo(d, DEMO_READER, "oncall", d->oncall_secret, DEMO_DATABASE, &info);
	buf_add_c(&info, " connect_timeout=2");
	conn = PQconnectdb(buf_c(&info));
	done = PQstatus(conn) == CONNECTION_OK;
	PQfinish(conn);
	buf_release(&info);
	return done;
}

bool demo_standby_wait(struct demo *d, struct err *err)
{
	int64_t deadline = clock_mono_us() + DEMO_START_US;

	while (d->standby && clock_mono_us() < deadline) {
		int sig;

		if (demo_reap(d->standby, 0, NULL)) {
			d->standby = 0;
			return demo_fail_with_log(d, DEMO_READER_LOG, err, "the demo's reader ended while starting");
		}
		if (answers(d))
			return true;
		sig = demo_signal_wait(d->signals, PAUSE_US);
		if (sig && sig != SIGCHLD)
			return err_set(err, ERR_CANCELLED, "stopped while starting");
	}
	return !d->standby ||
	       demo_fail_with_log(d, DEMO_READER_LOG, err, "the demo's reader did not answer within 30 seconds");
}
