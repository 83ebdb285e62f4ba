/*
 * The supervisor: brings up certificates, PostgreSQL, its contents, the workload and the
 * simulator, says where they are, and takes them down when told to or when one of them ends.
 *
 * It stays single-threaded until the workload has been forked; only then the simulator starts
 * its threads. It is a session of its own, so that keys of the terminal and kill of the
 * console's process group reach it only through the watcher.
 */
#include "sim/demo.h"

#include "base/clock.h"
#include "sim/sim.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define EXPORT_MAX 4096
#define TICK_US (500 * US_PER_MS)

static bool start_workload(struct demo *d, struct err *err)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0) {
		if (!demo_child_setup(&d->user, SIGKILL, parent, -1))
			_exit(127);
		demo_workload_run(d);
	}
	if (pid < 0)
		return err_set(err, ERR_IO, "cannot start the workload");
	d->workload = pid;
	return true;
}

/* Secrets Manager has the password of who maintains, as RDS would keep that of the master user. */
static bool share_secret(const struct demo *d, struct sim *sim, struct err *err)
{
	char value[128 + DEMO_SECRET_CHARS];

	(void)snprintf(value, sizeof(value), "{\"username\":\"" DEMO_ACTION_USER "\",\"password\":\"%s\"}",
		       d->app_secret);
	return sim_set_secret(sim, "", value, err);
}

static bool start_sim(const struct demo *d, struct sim **ret_sim, struct err *err)
{
	char log[DEMO_PATH_MAX], reader_log[DEMO_PATH_MAX], reader[DEMO_NAME_MAX];
	struct sim_options options = {
		.extra_clusters = d->options.clusters,
		.db_port = d->db_port,
		.reader_port = d->reader_port,
		.domain = DEMO_DOMAIN,
		.seed = clock_wall_us() / US_PER_DAY,
		.scenario = d->options.scenario,
		.logs = {{.path = log}, {.path = d->standby ? reader_log : NULL, .instance = reader}},
	};

	snprintf(log, sizeof(log), "%s/" DEMO_SERVER_LOG, d->dir);
	snprintf(reader_log, sizeof(reader_log), "%s/" DEMO_READER_LOG, d->dir);
	demo_instance(d, DEMO_READER, reader);
	return sim_start(&options, ret_sim, err) && share_secret(d, *ret_sim, err);
}

/* The lines that a shell can evaluate and that the console reads; `ready` closes them. */
static bool announce(const struct demo *d, const struct sim *sim, struct err *err)
{
	char reader[DEMO_NAME_MAX];
	struct buf out;
	struct str rest;
	bool done = true;

	buf_init(&out, EXPORT_MAX);
	buf_addf(&out, "export AWS_ENDPOINT_URL=http://127.0.0.1:%u\n", (unsigned)sim_port(sim));
	buf_addf(&out, "export AWS_REGION=%s\n", SIM_REGION);
	buf_addf(&out, "export AWS_ACCESS_KEY_ID=%s\n", SIM_ACCESS_KEY);
	buf_addf(&out, "export AWS_SECRET_ACCESS_KEY=%s\n", SIM_SECRET_KEY);
	buf_addf(&out, "export AURORATOP_CLUSTER=%s\n", d->behind.cluster);
	buf_add_c(&out, "export AURORATOP_DB='");
	demo_conninfo(d, DEMO_WRITER, "oncall", d->oncall_secret, DEMO_DATABASE, &out);
	buf_addf(&out, " passfile=%s/" DEMO_ACTION_PASS, d->dir);
	demo_instance(d, DEMO_READER, reader);
	buf_add_c(&out, "'\nexport AURORATOP_ACTION_USER=" DEMO_ACTION_USER);
	buf_addf(&out, "\nexport AURORATOP_NODES='%s%s'\nready\n", reader, reader[0] ? "=hostaddr=127.0.0.1" : "");
	rest = buf_str(&out);
	while (rest.len && done) {
		ssize_t n = write(STDOUT_FILENO, rest.ptr, rest.len);

		if (n < 0 && errno != EINTR)
			done = err_set(err, ERR_IO, "nobody reads the demo's settings");
		if (n > 0)
			rest = str_sub(rest, (size_t)n, rest.len);
	}
	buf_release(&out);
	return done;
}

static bool bring_up(struct demo *d, struct sim **ret_sim, struct err *err)
{
	return demo_tls_make(d, SIM_REGION, err) && demo_server_start(d, err) && demo_standby_start(d, err) &&
	       demo_data_load(d, err) && demo_standby_wait(d, err) && start_workload(d, err) &&
	       start_sim(d, ret_sim, err) && announce(d, *ret_sim, err);
}

/* Waits for a signal; false and a reason when something that must run has ended. */
static bool watch_children(struct demo *d, struct sim *sim, struct err *err)
{
	demo_parameters_begin(d, sim);
	for (;;) {
		int sig = demo_signal_wait(d->signals, TICK_US);

		if (sig && sig != SIGCHLD)
			return true;
		if (demo_reap(d->postmaster, 0, NULL)) {
			d->postmaster = 0;
			return err_set(err, ERR_LOST, "the demo's PostgreSQL ended by itself");
		}
		if (d->standby && demo_reap(d->standby, 0, NULL)) {
			d->standby = 0;
			return err_set(err, ERR_LOST, "the demo's reader ended by itself");
		}
		if (demo_reap(d->workload, 0, NULL)) {
			d->workload = 0;
			return err_set(err, ERR_LOST, "the demo's workload ended by itself");
		}
		demo_parameters_follow(d, sim);
	}
}

int demo_supervise(struct demo *d, pid_t watcher)
{
	struct err err = {.code = ERR_NONE};
	struct sim *sim = NULL;
	bool done = false;

	setsid();
	/* libpq must not take anything from the user's PG* variables or home. */
	clearenv();
	d->signals = demo_signals_open();
	/* A watcher that is killed cannot clean up; then this process is told and does it. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) || getppid() != watcher || d->signals < 0)
		err_set(&err, ERR_IO, "cannot watch over the demo");
	else
		done = bring_up(d, &sim, &err) && watch_children(d, sim, &err);
	if (!done && err.code != ERR_CANCELLED)
		fprintf(stderr, "auroratop-demo: %s%s%s\n", err.text, err.remedy[0] ? "; " : "", err.remedy);
	sim_stop(sim);
	demo_end(&d->workload, SIGKILL, US_PER_S);
	demo_end(&d->standby, SIGQUIT, DEMO_STOP_US / 4);
	demo_end(&d->postmaster, SIGQUIT, DEMO_STOP_US / 2);
	demo_dir_remove(d->dir);
	return done || err.code == ERR_CANCELLED ? 0 : 1;
}
