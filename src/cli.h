/*
 * cli.h: the command line and config.ini, from one option table.
 *
 * Order of precedence: flag, environment, config file, default. `--help` and the manual are
 * written from the same table. No secret is ever taken from the command line.
 */
#ifndef CLI_H
#define CLI_H

#include "base/buf.h"
#include "base/err.h"
#include "model/logins.h"
#include "model/policy.h"

#include <stdbool.h>
#include <stdint.h>

enum cli_command {
	COMMAND_CONSOLE,
	COMMAND_ONCE,
	COMMAND_CHECK,
	COMMAND_DOCTOR,
	COMMAND_WHOAMI,
	COMMAND_REPORT,
	COMMAND_POLICY,
	COMMAND_DEMO,
	COMMAND_FIELDS,
	COMMAND_HELP,
	COMMAND_VERSION
};
enum output_format { FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV, FORMAT_JUNIT };

#define PANE_NAMES_MAX 32

struct options {
	enum cli_command command;
	char cluster[256], profile[128], region[64], endpoint_url[512], db[2048];
	char dbname[128], sslmode[32], sslrootcert[512], nodes[2048];
	char public_address[64]; /* an address, or "" */
	char ask_public_address[512];
	char theme[64], color[16], time[16], config[1024], scenario[1024];
	int64_t interval_us, range_us, clusters;
	int64_t budget_nano_usd; /* an hour, 0 = none */
	enum output_format format;
	char panes[PANE_NAMES_MAX][64]; /* --pane: source or pane names */
	size_t npanes;
	char only[64];     /* check: one family of verdicts; "" = all */
	char output[1024]; /* report: a new file; "" = standard output */
	bool maintenance;  /* policy: of what changes something, too */
	bool read_only, ascii, headless, wake, show_literals, motion, mouse, bell;
	struct policies policies; /* only in the config file */
	struct logins logins;     /* user, auth and the like */
};

/* Fills *ret from argv, environment and config file. False: err names the option or file:line:key. */
bool cli_parse(int argc, char **argv, struct options *ret, struct err *err) MUST_CHECK;
/* The help text. */
void cli_help(struct buf *out);
/* The options section of the manual page, in scdoc. */
void cli_manual(struct buf *out);

#endif
