/*
 * console.c: see console.h. The simulator is a child that ends with its pipe; its
 * administration is plain HTTP/1.1, one request a connection.
 */
#include "console.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIM_WORDS_MAX 24

static char home[] = "/tmp/auroratop-e2e-XXXXXX";

void console_clean_environment(void)
{
	static const char *const names[] = {
		"AWS_PROFILE",
		"AWS_REGION",
		"AWS_DEFAULT_REGION",
		"AWS_ACCESS_KEY_ID",
		"AWS_SECRET_ACCESS_KEY",
		"AWS_SESSION_TOKEN",
		"AWS_ENDPOINT_URL",
		"AWS_CONFIG_FILE",
		"AWS_CA_BUNDLE",
		"REQUESTS_CA_BUNDLE",
		"SSL_CERT_FILE",
		"SSL_CERT_DIR",
		"AWS_SHARED_CREDENTIALS_FILE",
		"AURORATOP_CLUSTER",
		"AURORATOP_CONFIG",
		"AURORATOP_DB",
		"XDG_CONFIG_HOME",
		"XDG_STATE_HOME",
		"PGHOST",
		"PGUSER",
		"PGPASSWORD",
		"PGDATABASE",
		"PGSERVICE",
		"PGSSLMODE",
		"PGSSLROOTCERT",
		"HTTP_PROXY",
		"HTTPS_PROXY",
		"http_proxy",
		"https_proxy",
		"ALL_PROXY",
		"no_proxy",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
	setenv("NO_PROXY", "127.0.0.1,localhost", 1);
	setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
}

void console_make_home(void)
{
	assert_non_null(mkdtemp(home));
	setenv("HOME", home, 1);
}

void console_remove_home(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		execlp("rm", "rm", "-rf", "--", home, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
}

void console_show(struct vt *v)
{
	struct buf text;

	buf_init(&text, 1 << 20);
	vt_dump_text(v, &text);
	fprintf(stderr, "screen:\n%s\n", buf_c(&text));
	buf_release(&text);
}

/* Output after the terminal was restored: a sanitizer's or an assertion's last words. */
static void show_last_words(struct vt *v)
{
	struct str out = vt_output(v);
	size_t from = out.len > 3000 ? out.len - 3000 : 0;

	fprintf(stderr, "last output: " STR_FMT "\n", STR_ARG(str_sub(out, from, out.len)));
}

static void wait_for(struct vt *v, const char *text, bool present)
{
	for (int i = 0; i < WAIT_ROUNDS; i++)
		if (present ? vt_wait_text(v, text) : vt_wait_gone(v, text))
			return;
	console_show(v);
	if (!vt_pump(v, 0)) {
		show_last_words(v);
		print_error("the program has ended with status %d\n", console_ends(v));
	}
	fail_msg("\"%s\" %s", text, present ? "does not appear" : "stays");
}

void console_sees(struct vt *v, const char *text)
{
	wait_for(v, text, true);
}

void console_gone(struct vt *v, const char *text)
{
	wait_for(v, text, false);
}

int console_ends(struct vt *v)
{
	int status = 0;

	for (int i = 0; i < WAIT_ROUNDS; i++)
		if (vt_wait_exit(v, &status))
			return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	console_show(v);
	fail_msg("the program does not end");
	return -1;
}

static long last_of(struct str text, struct str word)
{
	long last = -1;

	for (long at = str_find(text, word, 0); at >= 0; at = str_find(text, word, (size_t)at + 1))
		last = at;
	return last;
}

void console_is_restored(struct vt *v)
{
	struct termios settings;

	assert_false(vt_state(v)->altscreen);
	/* By the bytes: libvterm takes the cursor's visibility for a part of the saved cursor of 1049. */
	assert_true(last_of(vt_output(v), STR("\033[?25h")) > last_of(vt_output(v), STR("\033[?25l")));
	assert_int_equal(vt_state(v)->mouse, 0);
	vt_termios(v, &settings);
	assert_true(settings.c_lflag & ECHO);
	assert_true(settings.c_lflag & ICANON);
}

void console_quit(struct vt *v)
{
	int status;

	vt_send(v, "q");
	status = console_ends(v);
	if (status != 0)
		console_show(v);
	assert_int_equal(status, 0);
	console_is_restored(v);
	vt_free(v);
}

void console_press(struct vt *v, const char *keys, const char *then)
{
	assert_true(vt_script(v, keys));
	console_sees(v, then);
}

/* "export NAME=value" */
static void take_line(struct sim_process *s, char *line)
{
	char *value = strchr(line, '=');
	const char *port = strstr(line, "://127.0.0.1:");

	line[strcspn(line, "\n")] = '\0';
	if (strncmp(line, "export ", 7) != 0 || !value)
		return;
	*value = '\0';
	setenv(line + 7, value + 1, 1);
	if (port)
		s->port = (int)strtol(port + strlen("://127.0.0.1:"), NULL, 10);
}

static void exec_simulator(const char *program, const char *fd, const char *const *options)
{
	const char *argv[SIM_WORDS_MAX + 4] = {program, "--supervised", fd};

	for (size_t i = 0; options[i] && i < SIM_WORDS_MAX; i++)
		argv[i + 3] = options[i];
	execv(program, (char *const *)(uintptr_t)argv);
	_exit(127);
}

void sim_process_start(struct sim_process *s, const char *program)
{
	/* Nothing listens at port 1. */
	static const char *const nobody[] = {"--db-host", "127.0.0.1", "--db-port", "1", NULL};

	sim_process_start_with(s, program, nobody);
}

void sim_process_start_with(struct sim_process *s, const char *program, const char *const *options)
{
	int life[2], out[2];
	char line[512], fd[16];
	bool ready = false;
	FILE *f;

	assert_int_equal(pipe(life), 0);
	assert_int_equal(pipe(out), 0);
	snprintf(fd, sizeof(fd), "%d", life[0]);
	s->port = 0;
	s->pid = fork();
	if (s->pid == 0) {
		close(life[1]);
		dup2(out[1], STDOUT_FILENO);
		exec_simulator(program, fd, options);
	}
	close(life[0]);
	close(out[1]);
	s->life = life[1];
	f = fdopen(out[0], "r");
	while (!ready && fgets(line, sizeof(line), f)) {
		ready = strcmp(line, "ready\n") == 0;
		take_line(s, line);
	}
	fclose(f);
	assert_true(ready);
	assert_int_not_equal(s->port, 0);
}

void sim_process_stop(struct sim_process *s)
{
	int status = 0;

	close(s->life);
	/* A console started meanwhile may hold a copy of the pipe's end. */
	kill(s->pid, SIGTERM);
	waitpid(s->pid, &status, 0);
	assert_int_equal(status, 0);
}

static int connect_sim(const struct sim_process *s)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)s->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

void sim_process_admin(const struct sim_process *s, const char *call, const char *form)
{
	char text[1024];
	int fd = connect_sim(s);
	ssize_t n;

	snprintf(text, sizeof(text),
		 "POST /_sim/%s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
		 "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n%s",
		 call, strlen(form), form);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	assert_true(n > 12);
	text[n] = '\0';
	if (strncmp(text + 9, "200", 3) != 0)
		fail_msg("%s %s: %s", call, form, text);
}

size_t sim_process_asked(const struct sim_process *s, const char *operation)
{
	char text[128];
	static const char ask[] = "GET /_sim/requests HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
	static char answer[4 << 20];
	int fd = connect_sim(s);
	size_t len = 0, found = 0;
	ssize_t n;

	assert_int_equal(write(fd, ask, sizeof(ask) - 1), (ssize_t)sizeof(ask) - 1);
	while (len < sizeof(answer) - 1 && (n = read(fd, answer + len, sizeof(answer) - 1 - len)) > 0)
		len += (size_t)n;
	close(fd);
	answer[len] = '\0';
	assert_true(strncmp(answer + 9, "200", 3) == 0 && len < sizeof(answer) - 1);
	snprintf(text, sizeof(text), "\"operation\":\"%s\"", operation);
	for (const char *at = answer; (at = strstr(at, text)) != NULL; at++)
		found++;
	return found;
}

/* ---- the demo ---- */

/* export NAME=VALUE or export NAME='VALUE' */
static void take_export(char *line)
{
	char *name = line + strlen("export "), *value = strchr(name, '=');
	size_t len;

	assert_non_null(value);
	*value++ = '\0';
	len = strlen(value);
	if (len >= 2 && value[0] == '\'' && value[len - 1] == '\'') {
		value[len - 1] = '\0';
		value++;
	}
	assert_int_equal(setenv(name, value, 1), 0);
}

void demo_process_start(struct demo_process *d, const char *program)
{
	demo_process_start_with(d, program, "healthy");
}

void demo_process_start_with(struct demo_process *d, const char *program, const char *scenario)
{
	char line[1024];
	int out[2];

	assert_int_equal(pipe(out), 0);
	d->pid = fork();
	assert_true(d->pid >= 0);
	if (d->pid == 0) {
		dup2(out[1], 1);
		close(out[0]);
		close(out[1]);
		execl(program, program, "demo", "--headless", "--scenario", scenario, (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	d->says = fdopen(out[0], "r");
	assert_non_null(d->says);
	while (fgets(line, sizeof(line), d->says)) {
		line[strcspn(line, "\n")] = '\0';
		if (strcmp(line, "ready") == 0)
			return;
		if (strncmp(line, "export ", 7) == 0)
			take_export(line);
	}
	fail_msg("the demo does not start");
}

void demo_process_stop(struct demo_process *d)
{
	int status;

	kill(d->pid, SIGTERM);
	assert_int_equal(waitpid(d->pid, &status, 0), d->pid);
	fclose(d->says);
}

/* ---- changes ---- */

void console_configure(const char *text)
{
	char path[600];
	FILE *f;

	snprintf(path, sizeof(path), "%s/.config", getenv("HOME"));
	(void)mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/.config/auroratop", getenv("HOME"));
	(void)mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/.config/auroratop/config.ini", getenv("HOME"));
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

void console_preview(struct vt *v, const char *name, const char *value, const char *says)
{
	char keys[128];

	snprintf(keys, sizeof(keys), ":%s<Enter>", name);
	console_press(v, keys, "shows what it would do");
	snprintf(keys, sizeof(keys), "<C-u>%s<Enter>", value);
	console_press(v, keys, says);
	console_sees(v, "Blast radius");
}

const char *console_typed(struct vt *v)
{
	static char keys[128];
	int y, x, n = 0;

	console_sees(v, ", to allow it");
	assert_true(vt_find(v, "type ", &y, &x));
	for (int at = x + 5; n < 80 && vt_at(v, y, at).rune != (uint32_t)','; at++)
		keys[n++] = (char)vt_at(v, y, at).rune;
	/* an Enter counts only some time after the last letter */
	snprintf(keys + n, sizeof(keys) - (size_t)n, "@600<Enter>");
	return keys;
}
