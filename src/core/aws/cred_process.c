/*
 * cred_process.c: a program of the user's that prints keys.
 *
 * Its command line is split into words as a shell would (quotes and backslashes), but no shell runs: nothing is
 * expanded. The program gets no terminal, because the console has it; it gets a session of its own, so that it can be
 * ended together with whatever it started. It is given PROCESS_US, and the search's own deadline; what it prints is
 * limited. Its standard output is never told to anybody, its standard error only through cred_words().
 */
#include "aws/cred.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#define PROCESS_US (60 * US_PER_S)
#define END_PAUSE_US (5 * US_PER_MS)
#define WORDS_MAX 128
#define COMMAND_MAX 8192
#define OUTPUT_MAX (64u << 10)
#define COMPLAINT_MAX (16u << 10)

extern char **environ;

/* ---- words ---- */

struct words {
	char text[COMMAND_MAX];
	char *word[WORDS_MAX + 1];
	size_t n;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Does a backslash take the meaning of next away? Within double quotes only of two characters. */
static bool is_escaped(char quote, char next)
{
	return quote == '\0' || next == '"' || next == '\\';
}

/* One word from s[i] on, as a POSIX shell reads it; the index behind it, 0 = a quote is open at the end. */
static size_t read_word(struct str s, size_t i, char **out)
{
	char quote = '\0';

	for (; i < s.len; i++) {
		char c = s.ptr[i];

		if (quote == '\0' && is_blank(c))
			break;
		if (c == quote) {
			quote = '\0';
		} else if (quote == '\0' && (c == '"' || c == '\'')) {
			quote = c;
		} else if (c == '\\' && quote != '\'' && i + 1 < s.len && is_escaped(quote, s.ptr[i + 1])) {
			*(*out)++ = s.ptr[++i];
		} else {
			*(*out)++ = c;
		}
	}
	*(*out)++ = '\0';
	return quote == '\0' ? i : 0;
}

static bool split(struct str command, struct words *w)
{
	char *out = w->text;
	size_t i = 0;

	w->n = 0;
	if (command.len + WORDS_MAX + 1 > sizeof(w->text))
		return false;
	for (;;) {
		while (i < command.len && is_blank(command.ptr[i]))
			i++;
		if (i == command.len)
			break;
		if (w->n == WORDS_MAX)
			return false;
		w->word[w->n++] = out;
		i = read_word(command, i, &out);
		if (i == 0)
			return false;
	}
	w->word[w->n] = NULL;
	return w->n > 0;
}

/* ---- running ---- */

struct child {
	pid_t pid;
	int out, err; /* read ends */
	int64_t begun_us, end_us;
};

static bool start_failed(const char *program, int number, struct err *err)
{
	char why[128];

	err_set(err, ERR_CREDENTIALS, "credential_process %s cannot be started: %s", program,
		err_errno(number, why, sizeof(why)));
	err_remedy(err, "Check the path in the profile; no shell is used, so ~ and variables stay as they are.");
	return false;
}

static int spawn(struct words *w, int out, int complaint, pid_t *ret_pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t none, usual;
	int number;

	sigemptyset(&none);
	sigfillset(&usual);
	posix_spawnattr_init(&how);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&how, &none);
	posix_spawnattr_setsigdefault(&how, &usual);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, complaint, STDERR_FILENO);
	posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
	number = posix_spawnp(ret_pid, w->word[0], &files, &how, w->word, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&how);
	return number;
}

static bool start(struct words *w, struct child *ret_child, struct err *err)
{
	int out[2], complaint[2], number;

	if (pipe2(out, O_CLOEXEC) != 0)
		return start_failed(w->word[0], errno, err);
	if (pipe2(complaint, O_CLOEXEC) != 0) {
		number = errno;
		close(out[0]);
		close(out[1]);
		return start_failed(w->word[0], number, err);
	}
	number = spawn(w, out[1], complaint[1], &ret_child->pid);
	close(out[1]);
	close(complaint[1]);
	ret_child->out = out[0];
	ret_child->err = complaint[0];
	if (number == 0)
		return true;
	close(out[0]);
	close(complaint[0]);
	return start_failed(w->word[0], number, err);
}

/* What is there to read; false at the end or when there is too much. Complaints beyond the limit are dropped. */
static bool take(int fd, struct secret *into, size_t max, bool *ret_too_much)
{
	char piece[4096];
	ssize_t n = read(fd, piece, sizeof(piece));
	bool more = n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));

	if (n > 0 && !secret_add(into, (struct str){piece, (size_t)n}, max) && ret_too_much) {
		*ret_too_much = true;
		more = false;
	}
	explicit_bzero(piece, sizeof(piece));
	return more;
}

static bool stopped(const char *program, bool cancelled, int64_t begun_us, struct err *err)
{
	if (cancelled)
		return err_set(err, ERR_CANCELLED, "credential_process %s was cancelled", program);
	err_set(err, ERR_TIMEOUT, "credential_process %s had not ended after %lld s and was stopped", program,
		(long long)((clock_mono_us() - begun_us + US_PER_S / 2) / US_PER_S));
	err_remedy(err, "Run it by hand: it must print JSON and end, and cannot ask anything here.");
	return false;
}

/* What it said last may still stand in the pipe. */
static void take_rest(struct pollfd *p, struct secret *complaint)
{
	while (poll(p, 1, 0) > 0 && take(p->fd, complaint, COMPLAINT_MAX, NULL))
		;
}

/* Reads its output to the end, and what it complains of meanwhile. */
static bool collect(const struct cred_ask *q, const char *program, const struct child *child, struct secret *out,
		    struct secret *complaint, struct err *err)
{
	struct pollfd p[3] = {{.fd = child->out, .events = POLLIN},
			      {.fd = child->err, .events = POLLIN},
			      {.fd = q->cancel_fd, .events = POLLIN}};
	bool too_much = false;

	while (p[0].fd >= 0) {
		int64_t left_ms = (child->end_us - clock_mono_us()) / US_PER_MS;
		int n = left_ms > 0 ? poll(p, 3, (int)left_ms) : 0;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || p[2].revents)
			return stopped(program, p[2].revents != 0, child->begun_us, err);
		if (p[0].revents && !take(p[0].fd, out, OUTPUT_MAX, &too_much))
			p[0].fd = -1;
		if (p[1].fd >= 0 && p[1].revents && !take(p[1].fd, complaint, COMPLAINT_MAX, NULL))
			p[1].fd = -1;
	}
	if (p[1].fd >= 0)
		take_rest(&p[1], complaint);
	return !too_much ||
	       err_set(err, ERR_LIMIT, "credential_process %s printed more than %u KiB", program, OUTPUT_MAX >> 10);
}

/* Waits for its end, which comes soon after that of its output; *ret_status as from waitpid(). */
static bool wait_end(const struct cred_ask *q, const char *program, const struct child *child, int *ret_status,
		     struct err *err)
{
	struct err pause = {.code = ERR_NONE};
	pid_t pid = 0;

	while (pid == 0 || (pid < 0 && errno == EINTR)) {
		pid = waitpid(child->pid, ret_status, WNOHANG);
		if (pid == 0 && (clock_mono_us() >= child->end_us || !cred_pause(q, END_PAUSE_US, &pause)))
			return stopped(program, clock_mono_us() < child->end_us && pause.code == ERR_CANCELLED,
				       child->begun_us, err);
	}
	return pid == child->pid || err_set(err, ERR_CREDENTIALS, "credential_process %s was lost", program);
}

/* Ends it and all it started, whether or not it has ended by itself. */
static void end_child(const struct child *child, bool reaped)
{
	(void)kill(-child->pid, SIGKILL);
	while (!reaped && waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
		;
	close(child->out);
	close(child->err);
}

static bool failed(const char *program, int status, struct err *err)
{
	if (WIFSIGNALED(status))
		err_set(err, ERR_CREDENTIALS, "credential_process %s was ended by signal %d", program,
			WTERMSIG(status));
	else
		err_set(err, ERR_CREDENTIALS, "credential_process %s failed with status %d", program,
			WEXITSTATUS(status));
	err_remedy(err, "Run it by hand and correct what it says.");
	return false;
}

/* Whatever went wrong: what it complained of says most. */
static void add_complaint(const struct secret *complaint, struct err *err)
{
	struct err was = *err;
	char words[240];

	cred_words(secret_str(complaint), words, sizeof(words));
	if (!words[0] || was.code == ERR_CANCELLED)
		return;
	err_set(err, was.code, "%s: %s", was.text, words);
	err_remedy(err, "%s", was.remedy);
}

static bool run(const struct cred_ask *q, struct words *w, struct secret *out, struct secret *complaint,
		struct err *err)
{
	struct child child = {.begun_us = clock_mono_us()};
	int status = 0;
	bool ok, reaped;

	child.end_us = child.begun_us + PROCESS_US;
	if (child.end_us > q->deadline_mono_us)
		child.end_us = q->deadline_mono_us;
	if (!start(w, &child, err))
		return false;
	ok = collect(q, w->word[0], &child, out, complaint, err);
	reaped = ok = ok && wait_end(q, w->word[0], &child, &status, err);
	end_child(&child, reaped);
	if (ok && status != 0)
		ok = failed(w->word[0], status, err);
	return ok;
}

/* ---- what it printed ---- */

static bool read_output(const char *program, const struct secret *out, struct aws_credentials *keys, struct err *err)
{
	static const struct cred_names names = {"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration", false};
	struct json_t *root;
	char from[160];
	const json_t *version;
	bool ok;

	snprintf(from, sizeof(from), "credential_process %.120s", program);
	if (!cred_parse_json(secret_str(out), from, &root, err)) {
		err_remedy(err, "It must print one JSON object with Version 1, AccessKeyId and SecretAccessKey.");
		return false;
	}
	version = json_object_get(root, "Version");
	ok = json_is_integer(version) && json_integer_value(version) == 1;
	if (!ok) {
		err_set(err, ERR_CREDENTIALS, "%s gave no \"Version\": 1, the only one that is known", from);
		err_remedy(err, "Let it print Version 1 of the format.");
	}
	ok = ok && cred_from_json(root, &names, from, keys, err);
	secret_json_wipe(root);
	return ok;
}

static bool load(struct cred_ask *q, const char *profile, struct aws_credentials *out, bool *ret_found, struct err *err)
{
	struct secret printed = {NULL, 0, 0}, complaint = {NULL, 0, 0};
	struct aws_setting at;
	struct words *w;
	bool ok;

	if (!aws_config_find(q->config, profile, "credential_process", &at) || at.whole.len == 0 || !cred_may_ask(q))
		return true;
	w = xalloc(sizeof(*w));
	ok = split(at.whole, w); /* # and ; mean something to the program */
	if (!ok) {
		err_set(err, ERR_CONFIG,
			"%s:%d: credential_process: no command line (an open quote, or more than %d words)", at.path,
			at.line, WORDS_MAX);
		err_remedy(err, "Close the quotes; a path with blanks stands in double quotes.");
	}
	if (ok) {
		snprintf(out->origin, sizeof(out->origin), "profile %s, credential_process %.200s", profile,
			 w->word[0]);
		cred_doing(q, "running credential_process %.100s", w->word[0]);
		ok = run(q, w, &printed, &complaint, err) && read_output(w->word[0], &printed, out, err);
		if (!ok)
			add_complaint(&complaint, err);
	}
	*ret_found = ok;
	secret_wipe(&printed);
	secret_wipe(&complaint);
	xfree_secret(w, sizeof(*w)); /* a command line may hold a secret */
	return ok;
}

const struct cred_provider cred_process = {.name = "custom-process", .of_profile = true, .load = load};
