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
	"usage: auroratop-demo [--headless] [--pipe FD] [--clusters N] [--scenario NAME]\n"
	"Starts a simulated AWS endpoint, a PostgreSQL server in a temporary folder and a workload; prints\n"
	"`export NAME=value` lines and `ready`; runs until a signal or until the other end of FD closes;\n"
	"then removes everything it made.\n"
	"  --clusters N      clusters beside the simulated region's three (default 0)\n"
	"  --scenario NAME   healthy, incident (default) or churn\n";

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
		if (!ok) {
			fputs(usage, stderr);
			return 2;
		}
	}
	if (optind == argc)
		return -1;
	fputs(usage, stderr);
	return 2;
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

int main(int argc, char **argv)
{
	struct demo d = {.signals = -1};
	struct err err = {.code = ERR_NONE};
	int status = parse_options(argc, argv, &d.options);

	if (status >= 0)
		return status;
	d.signals = demo_signals_open();
	if (d.signals < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1))
		err_set(&err, ERR_IO, "cannot prepare signals and processes");
	else if (demo_server_find(&d, &err) && demo_user_choose(&d.user, &err) && demo_dir_make(&d, &err))
		return run(&d);
	fprintf(stderr, "auroratop-demo: %s%s%s\n", err.text, err.remedy[0] ? "; " : "", err.remedy);
	return 1;
}
