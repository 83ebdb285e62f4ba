/*
 * demo.c: see demo.h. Nothing in the console knows that it shows a demo: after exec only
 * ordinary settings are left.
 */
#include "demo.h"

#include "base/buf.h"
#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define HELPER_LINES_MAX (64u << 10)
#define EXPORTS_MAX 32
#define ARGUMENTS_MAX 64

extern char **environ;

struct exports {
	char *lines[EXPORTS_MAX]; /* NAME=value, owned */
	size_t n;
};

/* Beside this program (build tree), or in the installed place. */
static bool find_helper(char *out, size_t size, struct err *err)
{
	static const char *const places[] = {"/sim/auroratop-demo", "/auroratop-demo",
					     "/../libexec/auroratop/auroratop-demo"};
	char self[1024];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	if (n <= 0)
		return err_set(err, ERR_IO, "cannot find out where this program lies");
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		(void)snprintf(out, size, "%s%s", self, places[i]);
		if (access(out, X_OK) == 0)
			return true;
	}
	err_set(err, ERR_NOT_FOUND, "the demo helper auroratop-demo is not installed beside %s", self);
	err_remedy(err, "build with -DAURORATOP_SIM=ON, or `make demo`");
	return false;
}

static void exec_helper(const char *path, const struct options *o, int pipe_fd, int out_fd)
{
	char fd[16], clusters[24];
	const char *args[8] = {path, "--pipe", fd, "--clusters", clusters, NULL};
	sigset_t none;

	(void)snprintf(fd, sizeof fd, "%d", pipe_fd);
	(void)snprintf(clusters, sizeof clusters, "%lld", (long long)o->clusters);
	if (o->scenario[0]) {
		args[5] = "--scenario";
		args[6] = o->scenario;
	}
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	/* An own process group: Ctrl-C is the console's, the helper ends with the pipe. */
	(void)setpgid(0, 0);
	(void)dup2(out_fd, STDOUT_FILENO);
	(void)execv(path, (char **)(uintptr_t)args);
	_exit(127);
}

static bool take_line(struct exports *e, char *line)
{
	if (strncmp(line, "export ", 7) == 0 && e->n < EXPORTS_MAX)
		e->lines[e->n++] = xstrdup(line + 7);
	return strcmp(line, "ready") == 0;
}

/* Reads until `ready`. The helper says nothing else on standard output. */
static bool read_exports(int fd, struct exports *e, struct err *err)
{
	struct buf b;
	char chunk[1024];
	bool ready = false;
	ssize_t n;

	buf_init(&b, HELPER_LINES_MAX);
	while (!ready && (n = read(fd, chunk, sizeof chunk)) != 0) {
		char *line, *end;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || !buf_add(&b, chunk, (size_t)n))
			break;
		(void)buf_c(&b);
		for (line = b.data; (end = strchr(line, '\n')) != NULL; line = end + 1) {
			*end = '\0';
			ready |= take_line(e, line);
		}
		memmove(b.data, line, strlen(line) + 1);
		b.len = strlen(line);
	}
	buf_release(&b);
	if (!ready)
		return err_set(err, ERR_SERVER, "the demo could not start; the lines above say why");
	return true;
}

/* Replaced by the demo's, or in its way: a proxy does not reach this host's loopback. */
static bool overridden(const char *entry, const struct exports *e)
{
	static const char *const dropped[] = {
		"AWS_PROFILE=", "AWS_SESSION_TOKEN=", "AWS_CA_BUNDLE=", "HTTP_PROXY=", "http_proxy="};

	for (size_t i = 0; i < e->n; i++) {
		size_t len = strcspn(e->lines[i], "=") + 1;

		if (strncmp(entry, e->lines[i], len) == 0)
			return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(dropped); i++)
		if (strncmp(entry, dropped[i], strlen(dropped[i])) == 0)
			return true;
	return false;
}

/* NAME='value' as a shell takes it -> NAME=value; the helper's values hold no quote. */
static char *unquoted(const char *line)
{
	size_t name = strcspn(line, "=") + 1, len = strlen(line);
	struct buf b;

	if (len < name + 2 || line[name] != '\'' || line[len - 1] != '\'')
		return xstrdup(line);
	buf_init(&b, HELPER_LINES_MAX);
	(void)buf_add(&b, line, name);
	(void)buf_add(&b, line + name + 1, len - name - 2);
	(void)buf_c(&b);
	return buf_take(&b, NULL);
}

static char **make_environment(const struct exports *e)
{
	size_t n = 0, k = 0;
	char **env;

	while (environ[n])
		n++;
	env = xcalloc(n + e->n + 1, sizeof *env);
	for (size_t i = 0; i < n; i++)
		if (!overridden(environ[i], e))
			env[k++] = environ[i];
	for (size_t i = 0; i < e->n; i++)
		env[k++] = unquoted(e->lines[i]);
	return env;
}

/* The console's own arguments: everything but what belongs to demo. */
static void make_arguments(char **argv, const char **out)
{
	size_t k = 0;

	out[k++] = argv[0];
	for (size_t i = 1; argv[i] && k < ARGUMENTS_MAX - 1; i++) {
		if (strcmp(argv[i], "demo") == 0 || strncmp(argv[i], "--clusters=", 11) == 0 ||
		    strncmp(argv[i], "--scenario=", 11) == 0)
			continue;
		if (strcmp(argv[i], "--clusters") == 0 || strcmp(argv[i], "--scenario") == 0) {
			i += argv[i + 1] != NULL;
			continue;
		}
		out[k++] = argv[i];
	}
	out[k] = NULL;
}

static void stay_headless(const struct exports *e, int keep_fd, pid_t helper)
{
	sigset_t set;
	int sig;

	for (size_t i = 0; i < e->n; i++)
		(void)printf("export %s\n", e->lines[i]);
	(void)printf("ready\n");
	(void)fflush(stdout);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)sigwait(&set, &sig);
	(void)close(keep_fd);
	(void)waitpid(helper, NULL, 0);
	_exit(sig == SIGCHLD ? 1 : 0);
}

bool demo_run(const struct options *o, char **argv, struct err *err)
{
	struct exports e = {.n = 0};
	const char *args[ARGUMENTS_MAX];
	int life[2], out[2];
	char helper[1100];
	pid_t pid;

	if (!find_helper(helper, sizeof helper, err))
		return false;
	if (pipe(life) < 0 || pipe(out) < 0)
		return err_set(err, ERR_IO, "no pipe for the demo");
	pid = fork();
	if (pid < 0)
		return err_set(err, ERR_IO, "no process for the demo");
	if (pid == 0) {
		(void)close(life[1]);
		(void)close(out[0]);
		exec_helper(helper, o, life[0], out[1]);
	}
	(void)close(life[0]);
	(void)close(out[1]);
	if (!o->headless)
		(void)fprintf(stderr, "auroratop demo: starting simulator, PostgreSQL and workload ...\n");
	if (!read_exports(out[0], &e, err))
		return false;
	(void)close(out[0]);
	if (o->headless)
		stay_headless(&e, life[1], pid);
	make_arguments(argv, args);
	(void)execve("/proc/self/exe", (char **)(uintptr_t)args, make_environment(&e));
	return err_set(err, ERR_IO, "cannot start the console");
}
