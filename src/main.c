/*
 * main.c: start-up order: arguments, locale, signals, tables, runtime, then the console or one
 * refresh. The only place that exits.
 */
#include "aws/config.h"
#include "aws/cred.h"
#include "aws/cred_cache.h"
#include "aws/iam_policy.h"
#include "base/clock.h"
#include "base/zone.h"
#include "check.h"
#include "cli.h"
#include "db/login.h"
#include "demo.h"
#include "doctor.h"
#include "once.h"
#include "registry.h"
#include "report.h"
#include "ui/action.h"
#include "ui/loop.h"
#include "whoami.h"

#include <fcntl.h>
#include <link.h>
#include <locale.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define STOP_US (150 * US_PER_MS)
#define STOP_JOBS_US (10 * US_PER_S)

static int complain(const struct err *err, int status)
{
	(void)fprintf(stderr, "auroratop: %s\n", err->text);
	if (err->remedy[0])
		(void)fprintf(stderr, "  next: %s\n", err->remedy);
	return status;
}

/* Where standard error really goes while the screen is up, -1 = where it always does. */
static volatile sig_atomic_t real_stderr = -1;

/* The terminal is put back before the process dies of a fault; then the fault takes its course. */
static void on_fatal(int sig)
{
	term_emergency_restore();
	if (real_stderr >= 0 && bug_words[0]) {
		ssize_t ignored = write(real_stderr, bug_words, strlen(bug_words)) + write(real_stderr, "\n", 1);

		(void)ignored;
	}
	(void)raise(sig);
}

/* Everything whose default is to end the process and that the loop does not read. */
static void catch_fatal(void)
{
	static const int fatal[] = {SIGSEGV, SIGBUS,  SIGFPE,  SIGILL,  SIGABRT, SIGQUIT, SIGTRAP,
				    SIGSYS,  SIGXCPU, SIGXFSZ, SIGALRM, SIGUSR1, SIGUSR2};
	static char stack[64 << 10]; /* a stack that has run over cannot hold the handler */
	stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
	struct sigaction sa = {.sa_handler = on_fatal, .sa_flags = (int)SA_RESETHAND | SA_NODEFER | SA_ONSTACK};

	(void)sigaltstack(&alternate, NULL);
	for (size_t i = 0; i < ARRAY_LEN(fatal); i++)
		(void)sigaction(fatal[i], &sa, NULL);
}

/* Blocked before any thread exists, read from a descriptor by the loop. */
static int take_signals(void)
{
	static const int ours[] = {SIGWINCH, SIGTERM, SIGINT, SIGHUP, SIGTSTP, SIGCONT};
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		sigaddset(&set, ours[i]);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
	(void)sigaction(SIGPIPE, &ignore, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void choose_locale(void)
{
	/* LC_CTYPE only: a decimal comma must not reach SQL or JSON. */
	if (!setlocale(LC_CTYPE, ""))
		(void)setlocale(LC_CTYPE, "C.UTF-8");
}

static void copy_text(char *to, size_t size, const char *from)
{
	(void)snprintf(to, size, "%s", from);
}

/* What an option, a variable or the profile says; where none does, an EC2 instance knows where it is. */
static bool choose_region(const struct options *o, const struct aws_config *config, char region[AWS_REGION_MAX],
			  struct err *err)
{
	if (!aws_config_says_region(config, o->region) && cred_instance_region(config, region))
		return true;
	return aws_config_region(config, o->region, region, err);
}

static bool make_target(const struct options *o, struct target **ret, struct err *err)
{
	struct target *t = target_new();
	struct aws_config config;
	bool ok = true;

	copy_text(t->cluster, sizeof t->cluster, o->cluster);
	copy_text(t->profile, sizeof t->profile, o->profile);
	copy_text(t->endpoint_url, sizeof t->endpoint_url, o->endpoint_url);
	copy_text(t->conninfo, sizeof t->conninfo, o->db);
	copy_text(t->dbname, sizeof t->dbname, o->dbname);
	copy_text(t->nodes, sizeof t->nodes, o->nodes);
	copy_text(t->sslmode, sizeof t->sslmode, o->sslmode);
	copy_text(t->sslrootcert, sizeof t->sslrootcert, o->sslrootcert);
	copy_text(t->public_address, sizeof t->public_address, o->public_address);
	copy_text(t->ask_public_address, sizeof t->ask_public_address, o->ask_public_address);
	t->interval_us = o->interval_us;
	t->range_us = o->range_us;
	t->budget_nano_usd = o->budget_nano_usd;
	t->wake = o->wake;
	t->whole_region = o->command == COMMAND_ONCE;
	t->read_only = o->read_only;
	t->policies = &o->policies;
	t->logins = &o->logins;
	if (o->db[0])
		t->db_proxy = login_host(o->db, t->db_host, sizeof t->db_host);
	target_choose_login(t);
	/* --db alone is enough: AWS is only in use when something of AWS was named, or nothing at all. */
	t->aws = !o->db[0] || o->cluster[0] || o->region[0] || o->endpoint_url[0] || o->profile[0] ||
		 o->command == COMMAND_WHOAMI;
	if (t->aws) {
		ok = aws_config_load(&config, o->profile, err);
		if (ok) {
			ok = choose_region(o, &config, t->region, err);
			aws_config_release(&config);
		}
	}
	if (!ok) {
		target_unref(t);
		return false;
	}
	*ret = t;
	return true;
}

static enum color_wish color_wish(const char *word)
{
	static const char *const words[] = {"auto", "always", "256", "16", "never"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(word, words[i]) == 0)
			return (enum color_wish)i;
	return COLOR_AUTO;
}

/* While the screen is up nothing may write over it: libpq warns on standard error. Returns a copy to put back, or -1.
 */
static int hush(void)
{
	int saved = -1, null;

	if (!isatty(STDERR_FILENO))
		return -1;
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (null >= 0) {
		saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
		(void)dup2(null, STDERR_FILENO);
		(void)close(null);
	}
	real_stderr = saved;
	return saved;
}

static void unhush(int saved)
{
	if (saved < 0)
		return;
	real_stderr = -1;
	(void)dup2(saved, STDERR_FILENO);
	(void)close(saved);
}

static int forget_segments(struct dl_phdr_info *object, size_t size, void *arg)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	(void)size;
	(void)arg;
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
		uintptr_t from = (object->dlpi_addr + segment->p_vaddr) & ~(page - 1);
		uintptr_t to = (object->dlpi_addr + segment->p_vaddr + segment->p_memsz + page - 1) & ~(page - 1);

		/* what may have been written is no copy of the file any more */
		if (segment->p_type == PT_LOAD && !(segment->p_flags & PF_W) && to > from)
			(void)madvise((void *)from, to - from, MADV_DONTNEED);
	}
	return 0;
}

/*
 * Loading reads the symbol tables of some forty libraries, which nobody needs again in a console that stays open all
 * day. Those pages are the files'; they leave, and come back one by one where they are used.
 */
static void forget_loading(void)
{
	(void)dl_iterate_phdr(forget_segments, NULL);
}

static int run_console(struct runtime *rt, const struct options *o, int signals)
{
	const char *no_color = getenv("NO_COLOR");
	struct loop_options lo = {
		.term = {.color = color_wish(o->color),
			 .ascii = o->ascii,
			 .mouse = o->mouse,
			 .no_color = no_color && no_color[0],
			 .colorterm = getenv("COLORTERM")},
		.ui = {.theme = o->theme,
		       .product = "auroratop " AURORATOP_VERSION,
		       .motion = o->motion,
		       .show_literals = o->show_literals,
		       .bell = o->bell},
		.signal_fd = signals,
	};
	struct err err;
	int status, saved;
	bool ok;

	zone_use(strcmp(o->time, "local") == 0);
	catch_fatal();
	forget_loading();
	saved = hush();
	ok = loop_run(rt, &lo, &status, &err);
	unhush(saved);
	return ok ? status : complain(&err, ONCE_USAGE);
}

/* Of a fault in what was asked for. */
static int usage_status(const struct options *o)
{
	if (o->command == COMMAND_DOCTOR)
		return (int)DOCTOR_UNKNOWN;
	return o->command == COMMAND_CHECK ? (int)CHECK_UNKNOWN : (int)ONCE_USAGE;
}

static int run_headless(struct runtime *rt, const struct options *o, struct err *err)
{
	if (o->command == COMMAND_CHECK)
		return (int)check_run(rt, o, err);
	if (o->command == COMMAND_DOCTOR)
		return (int)doctor_run(rt, o, err);
	if (o->command == COMMAND_WHOAMI)
		return (int)whoami_run(rt, o, err);
	if (o->command == COMMAND_REPORT)
		return (int)report_run(rt, o, err);
	return (int)once_run(rt, o, err);
}

static int run(const struct options *o)
{
	struct target *target;
	struct runtime *rt;
	struct err err = {.code = ERR_NONE};
	int status, signals;

	if (!make_target(o, &target, &err))
		return complain(&err, usage_status(o));
	registry_begin();
	signals = o->command == COMMAND_CONSOLE ? take_signals() : -1;
	rt = runtime_new(registry_sources, registry_nsources, target);
	target_unref(target);
	commands_set(runtime_commands(rt), registry_commands, registry_ncommands);
	if (o->command != COMMAND_CONSOLE) {
		status = run_headless(rt, o, &err);
		if (err.code != ERR_NONE)
			(void)complain(&err, status);
	} else {
		status = run_console(rt, o, signals);
	}
	/* what a console had at work was waited for while its screen was up */
	if (!runtime_stop(rt, o->command != COMMAND_CONSOLE && commands_lane(runtime_commands(rt), 0) ? STOP_JOBS_US
												      : STOP_US))
		_exit(status); /* a lane did not answer: it is left behind, the terminal is restored already */
	registry_end();
	cred_stop();
	return status;
}

static int print_text(void (*write)(struct buf *))
{
	struct buf b;

	buf_init(&b, 64u << 10);
	write(&b);
	(void)fputs(buf_c(&b), stdout);
	buf_release(&b);
	return 0;
}

/* What the logins that are set up for the cluster need of AWS. */
static void wish_logins(const struct login_choice *c, struct aws_iam_wish *wish)
{
	const char *user = c->user[0] ? c->user : getenv("PGUSER");
	bool apart = login_acts_apart(c);
	enum login_means means[2] = {login_means(c), apart ? login_action_means(c) : LOGIN_PASSWORD};
	const char *users[2] = {user ? user : "*", c->action_user[0] ? c->action_user : "*"};
	const char *secrets[2] = {c->secret, c->action_secret};

	for (int i = 0; i < 2; i++) {
		wish->secret_login |= means[i] == LOGIN_SECRET && !secrets[i][0];
		wish->secrets[i] = means[i] == LOGIN_SECRET ? secrets[i] : "";
		wish->token_users[i] = means[i] == LOGIN_IAM ? users[i] : "";
	}
}

/* Needs no AWS: a region that is not known is every region. */
static int print_policy(const struct options *o)
{
	bool read_only = o->read_only || policy_find(&o->policies, str_c(o->cluster))->read_only;
	struct aws_iam_wish wish = {.cluster = o->cluster, .changes = o->maintenance && !read_only};
	char region[AWS_REGION_MAX] = "";
	struct login_choice login;
	struct aws_config config;
	struct err ignored;
	struct buf b;

	if (o->maintenance && read_only)
		(void)fprintf(stderr, "auroratop: read_only is set: nothing is changed, so no more is needed\n");
	if (aws_config_load(&config, o->profile, &ignored)) {
		if (!aws_config_region(&config, o->region, region, &ignored))
			region[0] = '\0';
		aws_config_release(&config);
	}
	wish.region = region;
	logins_choose(&o->logins, str_c(o->cluster), &login);
	wish_logins(&login, &wish);
	buf_init(&b, 64u << 10);
	aws_iam_policy(&wish, &b);
	(void)puts(buf_c(&b));
	buf_release(&b);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct rlimit no_core = {0, 0};
	struct options o;
	struct err err;

	(void)setrlimit(RLIMIT_CORE, &no_core); /* a core dump would hold credentials */
	/* a console stays open all day: what one refresh needed goes back, and is not kept for each thread */
	(void)mallopt(M_ARENA_MAX, 2);
	(void)mallopt(M_MMAP_THRESHOLD, 32 * 1024);
	choose_locale();
	zone_init();
	if (!cli_parse(argc, argv, &o, &err))
		return complain(&err, usage_status(&o));
	if (!registry_check(&err) || !actions_check(&err))
		return complain(&err, ONCE_USAGE);
	switch (o.command) {
	case COMMAND_HELP:
		return print_text(cli_help);
	case COMMAND_VERSION:
		return puts("auroratop " AURORATOP_VERSION) < 0;
	case COMMAND_FIELDS:
		once_fields(&o);
		return 0;
	case COMMAND_POLICY:
		return print_policy(&o);
	case COMMAND_DEMO:
		if (!demo_run(&o, argv, &err))
			return complain(&err, ONCE_USAGE);
		return 0;
	case COMMAND_CONSOLE:
	case COMMAND_ONCE:
	case COMMAND_DOCTOR:
	case COMMAND_WHOAMI:
	case COMMAND_CHECK:
	case COMMAND_REPORT:
		return run(&o);
	}
	return 0;
}
