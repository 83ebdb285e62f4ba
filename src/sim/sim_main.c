/*
 * sim_main.c: the simulated endpoint as a program of its own, for tests.
 *
 * Prints what a shell needs to use it (`export NAME=value` lines), then "ready", and runs
 * until SIGTERM or SIGINT, or until the pipe whose read end is given by --supervised
 * closes, so that it cannot outlive the test that started it. AURORATOP_REQUESTS in the
 * environment names a folder: every request is written to a file there, for who wants to judge them.
 */
#include "base/parse.h"
#include "base/xalloc.h"
#include "sim/sim.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

#define PEM_MAX (64 * 1024)

#define PATH_MAX_BYTES 1024

struct settings {
	struct sim_options sim;
	char *cert, *key;
	char *instances[SIM_LOG_FILES_MAX]; /* of the logs */
	size_t nlogs;
	char requests[PATH_MAX_BYTES];
	int supervised; /* -1 = not */
};

static const char usage[] = "usage: auroratop-sim [OPTION]...\n"
			    "  --port N              listen on 127.0.0.1:N (default: any free port)\n"
			    "  --clusters N          N clusters beside those of the scenario\n"
			    "  --region R            region that requests must be signed for (eu-west-1)\n"
			    "  --access-key K        --secret-key S  --session-token T\n"
			    "  --db-host H           --db-port N     endpoints of prod-orders\n"
			    "  --domain D            suffix of endpoint names (rds.amazonaws.com)\n"
			    "  --scenario NAME|FILE  what stands there and happens (healthy)\n"
			    "  --seed N              of metrics and fleet\n"
			    "  --tls-cert FILE       --tls-key FILE  serve HTTPS\n"
			    "  --log [INSTANCE=]FILE log of the server behind prod-orders (repeated: several)\n"
			    "  --supervised FD       end when this pipe closes\n";

static char *read_pem(const char *path)
{
	char *text = xalloc(PEM_MAX + 1);
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(text, 1, PEM_MAX, f) : 0;

	if (f)
		fclose(f);
	if (n == 0 || n == PEM_MAX) {
		xfree(text);
		return NULL;
	}
	return text;
}

static bool number(const char *text, int64_t lo, int64_t hi, int64_t *ret_value)
{
	return parse_i64(str_c(text), ret_value) && *ret_value >= lo && *ret_value <= hi;
}

enum {
	OPT_PORT = 256,
	OPT_CLUSTERS,
	OPT_REGION,
	OPT_ACCESS,
	OPT_SECRET,
	OPT_TOKEN,
	OPT_DB_HOST,
	OPT_DB_PORT,
	OPT_DOMAIN,
	OPT_SCENARIO,
	OPT_SEED,
	OPT_CERT,
	OPT_KEY,
	OPT_LOG,
	OPT_SUPERVISED
};

static bool set_number(struct settings *s, int opt, const char *text)
{
	int64_t n;
	bool ok;

	if (opt == OPT_PORT && (ok = number(text, 0, 65535, &n)))
		s->sim.port = (uint16_t)n;
	else if (opt == OPT_DB_PORT && (ok = number(text, 1, 65535, &n)))
		s->sim.db_port = (uint16_t)n;
	else if (opt == OPT_CLUSTERS && (ok = number(text, 0, SIM_EXTRA_CLUSTERS_MAX, &n)))
		s->sim.extra_clusters = (int)n;
	else if (opt == OPT_SUPERVISED && (ok = number(text, 0, 1023, &n)))
		s->supervised = (int)n;
	else if (opt == OPT_SEED && (ok = number(text, INT64_MIN, INT64_MAX, &n)))
		s->sim.seed = n;
	else
		ok = false;
	return ok;
}

static bool add_log(struct settings *s, const char *text)
{
	const char *equals = strchr(text, '=');

	if (s->nlogs == SIM_LOG_FILES_MAX)
		return false;
	s->sim.logs[s->nlogs].path = equals ? equals + 1 : text;
	s->instances[s->nlogs] = equals ? xstrndup(text, (size_t)(equals - text)) : NULL;
	s->sim.logs[s->nlogs].instance = s->instances[s->nlogs];
	s->nlogs++;
	return true;
}

static bool set_option(struct settings *s, int opt, const char *text)
{
	switch (opt) {
	case OPT_REGION:
		s->sim.region = text;
		return true;
	case OPT_ACCESS:
		s->sim.access_key = text;
		return true;
	case OPT_SECRET:
		s->sim.secret_key = text;
		return true;
	case OPT_TOKEN:
		s->sim.session_token = text;
		return true;
	case OPT_DB_HOST:
		s->sim.db_host = text;
		return true;
	case OPT_DOMAIN:
		s->sim.domain = text;
		return true;
	case OPT_SCENARIO:
		s->sim.scenario = text;
		return true;
	case OPT_CERT:
		xfree(s->cert);
		s->sim.tls_cert = s->cert = read_pem(text);
		return s->cert != NULL;
	case OPT_KEY:
		xfree(s->key);
		s->sim.tls_key = s->key = read_pem(text);
		return s->key != NULL;
	case OPT_LOG:
		return add_log(s, text);
	default:
		return set_number(s, opt, text);
	}
}

static bool parse_options(int argc, char **argv, struct settings *s)
{
	static const struct option options[] = {
		{"port", required_argument, NULL, OPT_PORT},
		{"clusters", required_argument, NULL, OPT_CLUSTERS},
		{"region", required_argument, NULL, OPT_REGION},
		{"access-key", required_argument, NULL, OPT_ACCESS},
		{"secret-key", required_argument, NULL, OPT_SECRET},
		{"session-token", required_argument, NULL, OPT_TOKEN},
		{"db-host", required_argument, NULL, OPT_DB_HOST},
		{"db-port", required_argument, NULL, OPT_DB_PORT},
		{"domain", required_argument, NULL, OPT_DOMAIN},
		{"scenario", required_argument, NULL, OPT_SCENARIO},
		{"seed", required_argument, NULL, OPT_SEED},
		{"tls-cert", required_argument, NULL, OPT_CERT},
		{"tls-key", required_argument, NULL, OPT_KEY},
		{"log", required_argument, NULL, OPT_LOG},
		{"supervised", required_argument, NULL, OPT_SUPERVISED},
		{NULL, 0, NULL, 0},
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (opt == '?' || !set_option(s, opt, optarg))
			return false;
	return optind == argc;
}

static void find_requests(struct settings *s)
{
	const char *folder = getenv("AURORATOP_REQUESTS");

	if (!folder || !*folder)
		return;
	snprintf(s->requests, sizeof(s->requests), "%s/sim-%ld.jsonl", folder, (long)getpid());
	s->sim.requests = s->requests;
}

static const char *or_default(const char *text, const char *fallback)
{
	return text ? text : fallback;
}

static void announce(const struct settings *s, const struct sim *sim)
{
	printf("export AWS_ENDPOINT_URL=%s://127.0.0.1:%u\n", s->sim.tls_cert ? "https" : "http", sim_port(sim));
	printf("export AWS_REGION=%s\n", or_default(s->sim.region, SIM_REGION));
	printf("export AWS_DEFAULT_REGION=%s\n", or_default(s->sim.region, SIM_REGION));
	printf("export AWS_ACCESS_KEY_ID=%s\n", or_default(s->sim.access_key, SIM_ACCESS_KEY));
	printf("export AWS_SECRET_ACCESS_KEY=%s\n", or_default(s->sim.secret_key, SIM_SECRET_KEY));
	if (s->sim.session_token)
		printf("export AWS_SESSION_TOKEN=%s\n", s->sim.session_token);
	printf("export AURORATOP_CLUSTER=prod-orders\nready\n");
	fflush(stdout);
}

/* Returns when a signal came or the supervising pipe closed. */
static void wait_for_end(int signals, int supervised)
{
	struct pollfd fds[2] = {{.fd = signals, .events = POLLIN}, {.fd = supervised, .events = POLLIN}};
	char byte;

	for (;;) {
		if (poll(fds, supervised >= 0 ? 2 : 1, -1) < 0 && errno != EINTR)
			return;
		if (fds[0].revents)
			return;
		if (supervised >= 0 && fds[1].revents && read(supervised, &byte, 1) <= 0)
			return;
	}
}

int main(int argc, char **argv)
{
	struct settings s = {.supervised = -1};
	struct sim *sim;
	struct err err = {0};
	sigset_t set;
	int signals, status = 2;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	find_requests(&s);
	if (!parse_options(argc, argv, &s)) {
		fputs(usage, stderr);
	} else if (!sim_start(&s.sim, &sim, &err)) {
		fprintf(stderr, "auroratop-sim: %s\n", err.text);
		status = 1;
	} else {
		announce(&s, sim);
		wait_for_end(signals, s.supervised);
		sim_stop(sim);
		status = 0;
	}
	xfree(s.cert);
	xfree(s.key);
	for (size_t i = 0; i < s.nlogs; i++)
		xfree(s.instances[i]);
	close(signals);
	return status;
}
