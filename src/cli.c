/*
 * cli.c: options by table. A row says how an option is written on the command line, in
 * the environment and in config.ini ([auroratop] section), and what it does. What only a file can say, per
 * cluster, is read by config_policy.c.
 */
#include "cli.h"

#include "base/ini.h"
#include "base/parse.h"
#include "config_login.h"
#include "config_policy.h"
#include "model/net_addr.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

enum option_type {
	OPT_TEXT,
	OPT_LOGIN,
	OPT_FLAG,
	OPT_NO_FLAG,
	OPT_SECONDS,
	OPT_MONEY,
	OPT_COUNT,
	OPT_FORMAT,
	OPT_PANE,
	OPT_COMMAND
};

struct option {
	const char *name; /* without dashes; also the config key with _ for - when config is set */
	const char *arg;  /* NULL = takes none */
	const char *env;
	const char *help;
	enum option_type type;
	size_t offset, size;
	bool config;
	int value; /* OPT_COMMAND */
};

#define TEXT(flag, member, argname, environment, about)                                                    \
	{                                                                                                  \
		.name = (flag), .arg = (argname), .env = (environment), .help = (about), .type = OPT_TEXT, \
		.offset = offsetof(struct options, member), .size = sizeof(((struct options *)0)->member), \
		.config = true,                                                                            \
	}
/* What may also stand in a cluster's own section: model/logins.h. */
#define LOGIN(flag, argname, environment, about)                                                            \
	{                                                                                                   \
		.name = (flag), .arg = (argname), .env = (environment), .help = (about), .type = OPT_LOGIN, \
		.config = true,                                                                             \
	}
#define FLAG(flag, member, about)                                                                              \
	{                                                                                                      \
		.name = (flag), .help = (about), .type = OPT_FLAG, .offset = offsetof(struct options, member), \
		.config = true                                                                                 \
	}

static const struct option options[] = {
	TEXT("profile", profile, "NAME", NULL, "AWS profile, as the AWS CLI means it"),
	TEXT("region", region, "NAME", NULL, "AWS region, as the AWS CLI means it"),
	TEXT("endpoint-url", endpoint_url, "URL", NULL, "AWS endpoint, as the AWS CLI means it"),
	TEXT("db", db, "CONNINFO", "AURORATOP_DB",
	     "connect here (URI or keywords) instead of to the cluster's writer; alone, without AWS, it is enough"),
	TEXT("nodes", nodes, "NAME=CONNINFO;...", "AURORATOP_NODES",
	     "how members are reached through tunnels: orders-2=hostaddr=127.0.0.1 port=15433; ..."),
	LOGIN("user", "NAME", NULL, "database user (default PGUSER)"),
	LOGIN("auth", "password|iam|secret", "AURORATOP_AUTH",
	      "how it logs in to the database: by libpq's own means, an IAM token made here for each connection, or a "
	      "secret of Secrets Manager (default password)"),
	LOGIN("secret", "NAME|ARN", "AURORATOP_SECRET",
	      "the secret of auth = secret, JSON with username and password (default the one that RDS keeps for the "
	      "cluster's master user)"),
	LOGIN("action-user", "NAME", "AURORATOP_ACTION_USER",
	      "database user that cancels, terminates and maintains (default the same); its password from the password "
	      "file, unless action-auth or auth = iam says otherwise"),
	LOGIN("action-auth", "password|iam|secret", "AURORATOP_ACTION_AUTH",
	      "how who acts logs in (default iam where the other does, secret with action-secret, else password)"),
	LOGIN("action-secret", "NAME|ARN", "AURORATOP_ACTION_SECRET",
	      "the secret of who acts (default with action-auth = secret the one of the cluster's master user)"),
	TEXT("dbname", dbname, "NAME", NULL, "database (default PGDATABASE, then the cluster's, then postgres)"),
	TEXT("sslmode", sslmode, "MODE", NULL, "weaker TLS than verify-full, by explicit wish"),
	TEXT("sslrootcert", sslrootcert, "FILE", NULL, "certificates that the database's is checked against"),
	TEXT("public-address", public_address, "ADDRESS", NULL,
	     "this host's address as AWS sees it, for the connection doctor"),
	TEXT("ask-public-address", ask_public_address, "URL", NULL,
	     "service that the doctor may ask for this host's address over HTTPS (default: nobody outside is asked)"),
	{.name = "interval",
	 .arg = "SECONDS",
	 .help = "sampler period, 0.25 to 60 (default 1)",
	 .type = OPT_SECONDS,
	 .offset = offsetof(struct options, interval_us),
	 .config = true},
	{.name = "range",
	 .arg = "TIME",
	 .help = "range of the graphs: 1h 3h 12h 1d 7d (default 3h)",
	 .type = OPT_SECONDS,
	 .offset = offsetof(struct options, range_us),
	 .config = true},
	{.name = "budget",
	 .arg = "USD",
	 .help = "what AWS calls may cost in an hour, as 0.02; metrics are asked less often before it is passed "
		 "(default no "
		 "limit)",
	 .type = OPT_MONEY,
	 .offset = offsetof(struct options, budget_nano_usd),
	 .config = true},
	{.name = "once",
	 .help = "one complete refresh to standard output; 0 all sources ok, 1 some failed, 2 usage, 3 none",
	 .type = OPT_COMMAND,
	 .value = COMMAND_ONCE},
	{.name = "format",
	 .arg = "text|json|csv|junit",
	 .help = "of --once, fields, check, doctor and whoami (default text); csv is of --once alone, junit of check",
	 .type = OPT_FORMAT},
	{.name = "only",
	 .arg = "FAMILY",
	 .help = "with check: one family of verdicts: availability, reachability, backup, storage, sessions, "
		 "statements, posture, observability or capacity",
	 .type = OPT_TEXT,
	 .offset = offsetof(struct options, only),
	 .size = sizeof(((struct options *)0)->only)},
	{.name = "output",
	 .arg = "FILE",
	 .help = "with report, also -o FILE: a file that is not there yet (default standard output)",
	 .type = OPT_TEXT,
	 .offset = offsetof(struct options, output),
	 .size = sizeof(((struct options *)0)->output)},
	{.name = "pane",
	 .arg = "NAME",
	 .help = "only this source or pane with --once; may be repeated",
	 .type = OPT_PANE},
	{.name = "maintenance",
	 .help = "with policy: also what is needed to change something through AWS",
	 .type = OPT_FLAG,
	 .offset = offsetof(struct options, maintenance)},
	FLAG("show-literals", show_literals, "do not mask literals of statements in --once and reports"),
	FLAG("read-only", read_only, "nothing that changes anything is offered"),
	FLAG("wake", wake, "consent to connect to a serverless cluster that may be paused"),
	TEXT("theme", theme, "NAME", NULL,
	     "dark, light, high-contrast, colour-blind, mono, nord, solarized, or one of your own"),
	TEXT("color", color, "auto|always|256|16|never", NULL, "colours to use (default auto)"),
	TEXT("time", time, "utc|local", NULL,
	     "clocks on screen: UTC, or the zone of this host (default utc); what is written stays UTC"),
	FLAG("bell", bell, "ring the terminal's bell when a verdict becomes critical"),
	FLAG("ascii", ascii, "ASCII signs only"),
	{.name = "no-motion",
	 .help = "no spinner",
	 .type = OPT_NO_FLAG,
	 .offset = offsetof(struct options, motion),
	 .config = true},
	{.name = "no-mouse",
	 .help = "leave the mouse to the terminal",
	 .type = OPT_NO_FLAG,
	 .offset = offsetof(struct options, mouse),
	 .config = true},
	TEXT("config", config, "FILE", "AURORATOP_CONFIG", "instead of config.ini in the configuration folder"),
	FLAG("headless", headless, "with demo: no console, print the settings and run until a signal"),
	{.name = "clusters",
	 .arg = "N",
	 .help = "with demo: that many more clusters",
	 .type = OPT_COUNT,
	 .offset = offsetof(struct options, clusters)},
	TEXT("scenario", scenario, "NAME|FILE", NULL, "with demo: what stands there and what happens"),
	{.name = "version", .help = "print the version", .type = OPT_COMMAND, .value = COMMAND_VERSION},
	{.name = "help", .help = "print this", .type = OPT_COMMAND, .value = COMMAND_HELP},
};

static const struct option *find(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (str_eq_c(name, options[i].name))
			return &options[i];
	return NULL;
}

static const char *nearest(struct str name)
{
	const char *names[ARRAY_LEN(options)];

	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		names[i] = options[i].name;
	return parse_nearest(name, names, ARRAY_LEN(options));
}

static bool store_seconds(const struct option *o, struct options *ret, struct str v, const char *where, struct err *err)
{
	bool range = str_eq_c(str_c(o->name), "range");
	int64_t us, lo = range ? US_PER_HOUR : US_PER_S / 4, hi = range ? 7 * US_PER_DAY : US_PER_MIN;
	double s;

	if (parse_f64(v, &s) && s >= 0 && s < 1e6)
		us = (int64_t)(s * (double)US_PER_S);
	else if (!parse_duration_us(v, &us))
		return err_set(err, ERR_USAGE, "%s: " STR_FMT " is not a time", where, STR_ARG(v));
	if (us < lo || us > hi)
		return err_set(err, ERR_USAGE, "%s: " STR_FMT " is not between %s", where, STR_ARG(v),
			       range ? "1h and 7d" : "0.25 and 60 seconds");
	*(int64_t *)(void *)((char *)ret + o->offset) = us;
	return true;
}

/* Up to 1,000 USD; less than a millionth is none. */
static bool store_money(const struct option *o, struct options *ret, struct str v, const char *where, struct err *err)
{
	double usd;

	if (!parse_f64(v, &usd) || !(usd >= 0) || usd > 1000)
		return err_set(err, ERR_USAGE, "%s: " STR_FMT " is not an amount of USD from 0 to 1000", where,
			       STR_ARG(v));
	*(int64_t *)(void *)((char *)ret + o->offset) = (int64_t)(usd * 1e9);
	return true;
}

static bool store_format(struct options *ret, struct str v, const char *where, struct err *err)
{
	static const char *const names[] = {"text", "json", "csv", "junit"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq_c(v, names[i])) {
			ret->format = (enum output_format)i;
			return true;
		}
	return err_set(err, ERR_USAGE, "%s: " STR_FMT " is none of text, json, csv, junit", where, STR_ARG(v));
}

static bool store_text(const struct option *o, struct options *ret, struct str v, const char *where, struct err *err)
{
	char *to = (char *)ret + o->offset;

	if (v.len >= o->size || memchr(v.ptr ? v.ptr : "", 0, v.len))
		return err_set(err, ERR_LIMIT, "%s: longer than %zu bytes", where, o->size - 1);
	(void)snprintf(to, o->size, STR_FMT, STR_ARG(v));
	return true;
}

static bool store(const struct option *o, struct options *ret, struct str v, const char *where, struct err *err)
{
	int64_t n;
	bool on = true;

	switch (o->type) {
	case OPT_TEXT:
		return store_text(o, ret, v, where, err);
	case OPT_LOGIN:
		return login_key_set(&ret->logins.said, config_login_key(str_c(o->name)), v, where, err);
	case OPT_FLAG:
	case OPT_NO_FLAG:
		if (v.ptr && !parse_bool(v, &on))
			return err_set(err, ERR_USAGE, "%s: " STR_FMT " is neither on nor off", where, STR_ARG(v));
		*(bool *)((char *)ret + o->offset) = o->type == OPT_FLAG ? on : !on;
		return true;
	case OPT_SECONDS:
		return store_seconds(o, ret, v, where, err);
	case OPT_MONEY:
		return store_money(o, ret, v, where, err);
	case OPT_COUNT:
		if (!parse_i64(v, &n) || n < 0 || n > 5000)
			return err_set(err, ERR_USAGE, "%s: " STR_FMT " is not a number from 0 to 5000", where,
				       STR_ARG(v));
		*(int64_t *)(void *)((char *)ret + o->offset) = n;
		return true;
	case OPT_FORMAT:
		return store_format(ret, v, where, err);
	case OPT_PANE:
		if (ret->npanes >= PANE_NAMES_MAX || v.len >= sizeof ret->panes[0])
			return err_set(err, ERR_LIMIT, "%s: at most %d names", where, PANE_NAMES_MAX);
		(void)snprintf(ret->panes[ret->npanes++], sizeof ret->panes[0], STR_FMT, STR_ARG(v));
		return true;
	case OPT_COMMAND:
		ret->command = (enum cli_command)o->value;
		return true;
	}
	return true;
}

static bool config_path(const struct options *o, char *out, size_t size)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (o->config[0])
		return (size_t)snprintf(out, size, "%s", o->config) < size;
	if (xdg && xdg[0] == '/')
		return (size_t)snprintf(out, size, "%s/auroratop/config.ini", xdg) < size;
	return home && (size_t)snprintf(out, size, "%s/.config/auroratop/config.ini", home) < size;
}

static bool is_own_section(struct str name)
{
	return name.len == 0 || str_eq_c(name, "auroratop");
}

static bool check_sections(const struct ini *ini, const char *path, struct err *err)
{
	for (size_t i = 0; i < ini->nsections; i++)
		if (!is_own_section(ini->sections[i].name) && !config_policy_is_section(ini->sections[i].name) &&
		    !config_login_is_section(ini->sections[i].name))
			return err_set(err, ERR_CONFIG,
				       "%s:%d: [" STR_FMT "]: no such section; there are [auroratop], [policy], "
				       "[policy CLUSTER] and [login CLUSTER]",
				       path, ini->sections[i].line, STR_ARG(ini->sections[i].name));
	return true;
}

static bool apply_config(const struct ini *ini, const char *path, struct options *ret, struct err *err)
{
	if (!check_sections(ini, path, err) || !config_policy_read(ini, path, &ret->policies, err) ||
	    !config_login_read(ini, path, &ret->logins, err))
		return false;
	for (size_t i = 0; i < ini->n; i++) {
		const struct ini_entry *e = &ini->entries[i];
		char key[64], where[1200];
		const struct option *o;

		if (!is_own_section(e->section))
			continue;
		(void)snprintf(key, sizeof key, STR_FMT, STR_ARG(e->key));
		for (char *p = key; *p; p++)
			if (*p == '_')
				*p = '-';
		(void)snprintf(where, sizeof where, "%s:%d: " STR_FMT, path, e->line, STR_ARG(e->key));
		o = find(str_c(key));
		if (!o || !o->config) {
			const char *like = nearest(str_c(key));

			return err_set(err, ERR_CONFIG, "%s: no such setting%s%s", where, like ? "; did you mean " : "",
				       like ? like : "");
		}
		if (!store(o, ret, e->value, where, err))
			return false;
	}
	return true;
}

static bool read_config(struct options *ret, struct err *err)
{
	const char *named = getenv("AURORATOP_CONFIG");
	char path[1100];
	struct ini ini;
	bool ok;

	if (named && !ret->config[0])
		(void)snprintf(ret->config, sizeof ret->config, "%s", named);
	if (!config_path(ret, path, sizeof path))
		return true;
	ok = ini_read_file(&ini, path, INI_QUOTES | INI_LOWER_KEYS, err);
	if (!ok && err->code == ERR_NOT_FOUND && !ret->config[0]) {
		ini_release(&ini);
		return true;
	}
	if (ok)
		ok = apply_config(&ini, path, ret, err);
	ini_release(&ini);
	/* what the file says for all yields to a cluster's own section, what is said from now on does not */
	ret->logins.common = ret->logins.said;
	ret->logins.said = (struct login_choice){.user = ""};
	return ok;
}

static bool read_environment(struct options *ret, struct err *err)
{
	const char *cluster = getenv("AURORATOP_CLUSTER");

	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		const char *v = options[i].env ? getenv(options[i].env) : NULL;

		if (v && v[0] && !store(&options[i], ret, str_c(v), options[i].env, err))
			return false;
	}
	if (cluster)
		(void)snprintf(ret->cluster, sizeof ret->cluster, "%s", cluster);
	return true;
}

/* n words were read before this one; the first may be a command, of the others one names a cluster. */
static bool read_word(struct options *ret, const char *word, int n, bool *named, struct err *err)
{
	static const struct {
		const char *word;
		enum cli_command command;
	} commands[] = {{"demo", COMMAND_DEMO},     {"fields", COMMAND_FIELDS}, {"check", COMMAND_CHECK},
			{"report", COMMAND_REPORT}, {"doctor", COMMAND_DOCTOR}, {"whoami", COMMAND_WHOAMI},
			{"policy", COMMAND_POLICY}};

	for (size_t i = 0; n == 0 && i < ARRAY_LEN(commands); i++)
		if (str_eq_c(str_c(word), commands[i].word)) {
			ret->command = commands[i].command;
			return true;
		}
	if (ret->command == COMMAND_DEMO || ret->command == COMMAND_FIELDS || ret->command == COMMAND_WHOAMI)
		return err_set(err, ERR_USAGE, "unexpected word %s", word);
	if (*named)
		return err_set(err, ERR_USAGE, "only one cluster can be named: %s", word);
	*named = true;
	if ((size_t)snprintf(ret->cluster, sizeof ret->cluster, "%s", word) >= sizeof ret->cluster)
		return err_set(err, ERR_LIMIT, "the cluster's name is longer than %zu bytes", sizeof ret->cluster - 1);
	return true;
}

static bool unknown(struct str name, struct err *err)
{
	const char *like = nearest(name);

	return err_set(err, ERR_USAGE, "unknown option --" STR_FMT "%s%s", STR_ARG(name),
		       like ? "; did you mean --" : "", like ? like : "");
}

/* One --option, with its value in the same word or the next one (*i then moves on). */
static bool read_option(int argc, char **argv, int *i, struct options *ret, bool only_config, struct err *err)
{
	struct str name = str_sub(str_c(argv[*i]), 2, SIZE_MAX), value = {NULL, 0};
	const struct option *o;
	char where[80];

	if (memchr(name.ptr, '=', name.len)) {
		value = name;
		(void)str_split(&value, '=', &name);
	}
	o = find(name);
	if (!o)
		return unknown(name, err);
	(void)snprintf(where, sizeof where, "--%s", o->name);
	if (!o->arg && value.ptr)
		return err_set(err, ERR_USAGE, "%s takes no value", where);
	if (o->arg && !value.ptr) {
		if (*i + 1 >= argc)
			return err_set(err, ERR_USAGE, "%s needs a value: %s", where, o->arg);
		value = str_c(argv[++*i]);
	}
	/* --config is read in a first pass: the file's settings yield to all other options. */
	if (only_config != str_eq_c(str_c(o->name), "config"))
		return true;
	return store(o, ret, value, where, err);
}

static bool read_arguments(int argc, char **argv, struct options *ret, bool only_config, struct err *err)
{
	static char output_option[] = "--output";
	bool named = false;
	int words = 0;

	/* known before anything can be wrong: the exit status of that depends on it */
	if (argc > 1 && str_eq_c(str_c(argv[1]), "check"))
		ret->command = COMMAND_CHECK;
	if (argc > 1 && str_eq_c(str_c(argv[1]), "doctor"))
		ret->command = COMMAND_DOCTOR;
	for (int i = 1; i < argc; i++) {
		struct str word;

		if (strcmp(argv[i], "-o") == 0)
			argv[i] = output_option;
		word = str_c(argv[i]);
		if (str_starts(word, STR("--"))) {
			if (!read_option(argc, argv, &i, ret, only_config, err))
				return false;
			continue;
		}
		if (word.len > 1 && word.ptr[0] == '-')
			return err_set(err, ERR_USAGE, "unknown option %s", argv[i]);
		if (!only_config && !read_word(ret, argv[i], words++, &named, err))
			return false;
	}
	return true;
}

static bool check_time(const struct options *o, struct err *err)
{
	if (strcmp(o->time, "utc") == 0 || strcmp(o->time, "local") == 0)
		return true;
	return err_set(err, ERR_USAGE, "--time: %s is neither utc nor local", o->time);
}

static bool check_doctor(const struct options *ret, struct err *err)
{
	struct net_addr address;

	if (ret->public_address[0] && !net_addr_parse(str_c(ret->public_address), &address))
		return err_set(err, ERR_USAGE, "--public-address: %s is no IPv4 or IPv6 address", ret->public_address);
	if (ret->ask_public_address[0] && !str_starts(str_c(ret->ask_public_address), STR("https://")))
		return err_set(err, ERR_USAGE, "--ask-public-address: a URL that begins with https:// is needed");
	if (ret->command == COMMAND_DOCTOR && ret->format > FORMAT_JSON)
		return err_set(err, ERR_USAGE, "doctor: --format is text or json");
	if (ret->command == COMMAND_WHOAMI && ret->format > FORMAT_JSON)
		return err_set(err, ERR_USAGE, "whoami: --format is text or json");
	return true;
}

bool cli_parse(int argc, char **argv, struct options *ret, struct err *err)
{
	static const char *const colors[] = {"auto", "always", "256", "16", "never"};

	*ret = (struct options){.interval_us = US_PER_S,
				.range_us = 3 * US_PER_HOUR,
				.theme = "dark",
				.color = "auto",
				.time = "utc",
				.motion = true,
				.mouse = true,
				.policies = {.common = policy_default}};
	if (!read_arguments(argc, argv, ret, true, err) || !read_config(ret, err) || !read_environment(ret, err) ||
	    !read_arguments(argc, argv, ret, false, err))
		return false;
	if (!check_doctor(ret, err))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(colors); i++)
		if (str_eq_c(str_c(ret->color), colors[i]))
			return check_time(ret, err);
	return err_set(err, ERR_USAGE, "--color: %s is none of auto, always, 256, 16, never", ret->color);
}

void cli_help(struct buf *out)
{
	(void)buf_add_c(out,
			"auroratop [OPTIONS] [CLUSTER]      the console; without CLUSTER: the region's clusters "
			"to choose from\n"
			"auroratop demo [OPTIONS]           simulator, real PostgreSQL, workload and console\n"
			"auroratop check [OPTIONS] [CLUSTER] the verdicts; 0 ok, 1 warning, 2 critical, 3 unknown "
			"or usage\n"
			"auroratop report [-o FILE] [CLUSTER] what is known of an incident, as Markdown; 0 "
			"written, 1 some sources "
			"failed, 2 usage, 3 none\n"
			"auroratop doctor [CLUSTER]         every hop into the database; 0 in order, 1 warnings, 2 one "
			"failed, 3 unknown\n"
			"auroratop whoami                   who AWS takes us for, and where the credentials are from; "
			"0 known, 2 usage, 3 not\n"
			"auroratop policy [--maintenance] [CLUSTER] the IAM policy that is needed, as JSON\n"
			"auroratop fields [--format json]   every source and field\n\n");
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		char flag[64];

		(void)snprintf(flag, sizeof flag, "--%s%s%s", options[i].name, options[i].arg ? " " : "",
			       options[i].arg ? options[i].arg : "");
		(void)buf_addf(out, "  %-32s %s\n", flag, options[i].help);
	}
	(void)buf_add_c(
		out,
		"\nThe same names, with _ for -, are keys of [auroratop] in config.ini.\n"
		"AWS settings come from the ordinary AWS files and variables, PostgreSQL settings from libpq's.\n");
}

void cli_manual(struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		(void)buf_addf(out, "*--%s*%s%s%s\n\t%s\n\n", options[i].name, options[i].arg ? " _" : "",
			       options[i].arg ? options[i].arg : "", options[i].arg ? "_" : "", options[i].help);
}
