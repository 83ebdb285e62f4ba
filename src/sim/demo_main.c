/*
 * auroratop-demo: options, and the watcher.
 *
 * The watcher does nothing that could fail once the supervisor runs: it waits for the
 * console's pipe to close, for a signal, or for the supervisor to end. Then it ends what is
 * left, as the subreaper of everything below it, and removes the folder.
 */
#include "sim/demo.h"

#include "base/clock.h"
#include "base/parse.h"
#include "sim/sim.h"

#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static const char usage[] =
	"usage: auroratop-demo [--headless] [--pipe FD] [--clusters N] [--scenario NAME|FILE]\n"
	"Starts a simulated AWS endpoint, a PostgreSQL server in a temporary folder and a workload; prints\n"
	"`export NAME=value` lines and `ready`; runs until a signal or until the other end of FD closes;\n"
	"then removes everything it made.\n"
	"  --clusters N      clusters beside those of the scenario (default 0)\n"
	"  --scenario NAME   what stands in the simulated account and happens to it (default incident):\n"
	"                    %s, or the path of a file that ends in .ini\n";

static int say_usage(void)
{
	struct buf known;

	buf_init(&known, 1024);
	sim_scenario_names(&known);
	fprintf(stderr, usage, buf_c(&known));
	buf_release(&known);
	return 2;
}

static bool int_option(const char *name, const char *text, int64_t low, int64_t high, int *ret_value)
{
	int64_t value;

	if (!parse_i64(str_c(text), &value) || value < low || value > high) {
		fprintf(stderr, "auroratop-demo: --%s takes a number from %lld to %lld\n", name, (long long)low,
			(long long)high);
		return false;
	}
	*ret_value = (int)value;
	return true;
}

/* -1 to go on, else the exit status. */
static int parse_options(int argc, char **argv, struct demo_options *ret_options)
{
	static const struct option options[] = {
		{"pipe", required_argument, NULL, 'p'},     {"clusters", required_argument, NULL, 'c'},
		{"scenario", required_argument, NULL, 's'}, {"headless", no_argument, NULL, 'h'},
		{"help", no_argument, NULL, '?'},           {NULL, 0, NULL, 0},
	};
	int c;

	*ret_options = (struct demo_options){.pipe_fd = -1, .clusters = 0, .scenario = "incident"};
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		bool ok = true;

		if (c == 'p')
			ok = int_option("pipe", optarg, 3, 65535, &ret_options->pipe_fd);
		else if (c == 'c')
			ok = int_option("clusters", optarg, 0, SIM_EXTRA_CLUSTERS_MAX, &ret_options->clusters);
		else if (c == 's')
			ret_options->scenario = optarg;
		else if (c != 'h')
			ok = false;
		if (!ok)
			return say_usage();
	}
	return optind == argc ? -1 : say_usage();
}

/* True when the console's end of the pipe is closed. */
static bool pipe_closed(int fd, short revents)
{
	char byte;

	return (revents & (POLLERR | POLLNVAL)) != 0 ||
	       ((revents & (POLLIN | POLLHUP)) != 0 && read(fd, &byte, 1) <= 0);
}

/* Waits until the demo must end: *ret_status is the supervisor's when it ended first. */
static bool watch(const struct demo *d, pid_t supervisor, int *ret_status)
{
	struct pollfd fds[2] = {{.fd = d->signals, .events = POLLIN}, {.fd = d->options.pipe_fd, .events = POLLIN}};

	for (;;) {
		int sig;

		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[1].revents && pipe_closed(d->options.pipe_fd, fds[1].revents))
			return false;
		sig = demo_signal_wait(d->signals, 0);
		if (sig && sig != SIGCHLD)
			return false;
		if (sig == SIGCHLD && demo_reap(supervisor, 0, ret_status))
			return true;
	}
}

static int run(struct demo *d)
{
	pid_t watcher = getpid(), supervisor;
	int status = 0;

	supervisor = fork();
	if (supervisor == 0) {
		close(d->signals);
		if (d->options.pipe_fd >= 0)
			close(d->options.pipe_fd);
		return demo_supervise(d, watcher);
	}
	if (supervisor > 0 && !watch(d, supervisor, &status)) {
		kill(supervisor, SIGTERM);
		if (!demo_reap(supervisor, DEMO_STOP_US, &status))
			kill(supervisor, SIGKILL);
	}
	demo_end_all_children();
	demo_dir_remove(d->dir);
	return supervisor > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int complain(const struct err *err, int status)
{
	fprintf(stderr, "auroratop-demo: %s%s%s\n", err->text, err->remedy[0] ? "; " : "", err->remedy);
	return status;
}

int main(int argc, char **argv)
{
	struct demo d = {.signals = -1};
	struct err err = {.code = ERR_NONE};
	int status = parse_options(argc, argv, &d.options);

	if (status >= 0)
		return status;
	if (!sim_scenario_behind(d.options.scenario, &d.behind, &err))
		return complain(&err, 2);
	d.signals = demo_signals_open();
	if (d.signals < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1))
		err_set(&err, ERR_IO, "cannot prepare signals and processes");
	else if (demo_server_find(&d, &err) && demo_user_choose(&d.user, &err) && demo_dir_make(&d, &err))
		return run(&d);
	return complain(&err, 1);
}
