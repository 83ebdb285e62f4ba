/*
 * Processes of the demo: signals as descriptors, unprivileged children, and ending them.
 *
 * Every child asks the kernel for a signal when its parent dies, after it has changed user
 * (changing credentials clears the request) and then looks whether the parent was already gone.
 * A child keeps no descriptor of ours, because an inherited end of the console's pipe would
 * keep it open. Everything here is called from processes with one thread.
 */
#include "sim/demo.h"

#include "base/clock.h"
#include "base/parse.h"
#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN_TEXT_MAX 4096
#define POLL_US (20 * US_PER_MS)

int demo_signals_open(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -1;
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int demo_signal_wait(int fd, int64_t us)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	struct signalfd_siginfo info;

	if (poll(&p, 1, (int)(us / US_PER_MS)) <= 0)
		return 0;
	return read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info) ? (int)info.ssi_signo : 0;
}

bool demo_user_choose(struct demo_user *ret_user, struct err *err)
{
	const struct passwd *pw;

	*ret_user = (struct demo_user){.uid = getuid(), .gid = getgid()};
	if (geteuid() != 0)
		return true;
	pw = getpwnam("postgres");
	if (!pw)
		pw = getpwnam("nobody");
	if (!pw || pw->pw_uid == 0)
		return err_set(err, ERR_NOT_FOUND,
			       "PostgreSQL must not run as root and there is no user postgres or nobody");
	*ret_user = (struct demo_user){.uid = pw->pw_uid, .gid = pw->pw_gid, .drop = true};
	return true;
}

bool demo_child_setup(const struct demo_user *user, int death_signal, pid_t parent, int keep)
{
	sigset_t none;

	if (keep > 3)
		close_range(3, (unsigned)keep - 1, 0);
	close_range(keep >= 3 ? (unsigned)keep + 1 : 3, ~0u, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (user->drop && (setgroups(0, NULL) || setgid(user->gid) || setuid(user->uid)))
		return false;
	if (prctl(PR_SET_PDEATHSIG, death_signal))
		return false;
	return getppid() == parent;
}

/* The child's side of demo_spawn; comes back only when something failed. */
static void run_child(const struct demo *d, const char *const *argv, int log_fd, int death_signal, pid_t parent)
{
	char path[] = "PATH=/usr/local/bin:/usr/bin:/bin", locale[] = "LC_ALL=C.UTF-8", zone[] = "TZ=UTC";
	char *const environment[] = {path, locale, zone, NULL};
	char *args[16];
	size_t n = 0;
	int null = open("/dev/null", O_RDONLY);

	for (; argv[n] && n < ARRAY_LEN(args) - 1; n++)
		args[n] = xstrdup(argv[n]);
	args[n] = NULL;
	if (null < 0 || dup2(null, 0) < 0 || dup2(log_fd, 1) < 0 || dup2(log_fd, 2) < 0)
		return;
	if (!demo_child_setup(&d->user, death_signal, parent, -1) || chdir(d->user.drop ? "/" : d->dir))
		return;
	execve(args[0], args, environment);
}

bool demo_spawn(const struct demo *d, const char *const *argv, const char *log, int death_signal, pid_t *ret_pid,
		struct err *err)
{
	char path[DEMO_PATH_MAX], why[128];
	pid_t parent = getpid(), pid;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", d->dir, log);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(err, ERR_IO, "cannot write %s: %s", path, err_errno(errno, why, sizeof(why)));
	pid = fork();
	if (pid == 0) {
		run_child(d, argv, fd, death_signal, parent);
		_exit(127);
	}
	close(fd);
	if (pid < 0)
		return err_set(err, ERR_IO, "cannot start %s: %s", argv[0], err_errno(errno, why, sizeof(why)));
	*ret_pid = pid;
	return true;
}

bool demo_reap(pid_t pid, int64_t us, int *ret_status)
{
	int64_t deadline = clock_mono_us() + us;
	int status = 0;

	for (;;) {
		pid_t got = waitpid(pid, &status, WNOHANG);

		if (got == pid || (got < 0 && errno == ECHILD)) {
			if (ret_status)
				*ret_status = status;
			return true;
		}
		if (clock_mono_us() >= deadline)
			return false;
		poll(NULL, 0, (int)(POLL_US / US_PER_MS));
	}
}

void demo_end(pid_t *pid, int sig, int64_t us)
{
	if (*pid <= 0)
		return;
	kill(*pid, sig);
	if (!demo_reap(*pid, us, NULL)) {
		kill(*pid, SIGKILL);
		demo_reap(*pid, US_PER_S, NULL);
	}
	*pid = 0;
}

/* Sends sig to every child the kernel lists for us. */
static void signal_children(int sig)
{
	char text[CHILDREN_TEXT_MAX], path[64];
	struct str rest, word;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	n = read(fd, text, sizeof(text));
	close(fd);
	rest = (struct str){text, n > 0 ? (size_t)n : 0};
	while (str_split(&rest, ' ', &word)) {
		int64_t pid;

		if (parse_i64(word, &pid) && pid > 1)
			kill((pid_t)pid, sig);
	}
}

void demo_end_all_children(void)
{
	int64_t start = clock_mono_us(), last = 0;

	for (;;) {
		int64_t now = clock_mono_us();
		pid_t got = waitpid(-1, NULL, WNOHANG);

		if (got > 0)
			continue;
		if (got < 0 || now - start > DEMO_STOP_US)
			return;
		/* PostgreSQL removes its shared memory on SIGQUIT, so it gets three seconds for that. */
		if (!last || now - start > 3 * US_PER_S)
			signal_children(last ? SIGKILL : SIGQUIT);
		last = now;
		poll(NULL, 0, (int)(POLL_US / US_PER_MS));
	}
}
