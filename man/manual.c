/*
 * Writes the manual's source: copies standard input to standard output and puts the option table
 * where a line says @OPTIONS@, the action table where one says @KEYS@ and the policy's keys where one says
 * @POLICY@, so that --help, the help screen, the configuration and the manual cannot disagree.
 */
#include "cli.h"
#include "config_policy.h"

#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES 4096
#define MANUAL_MAX (1u << 20)

struct key_row {
	const char *keys, *name, *help;
};

static const struct key_row key_rows[] = {
#define ACTION(id, action_name, group, action_help, action_keys) {(action_keys), (action_name), (action_help)},
#include "ui/actions.def"
#undef ACTION
};

/* scdoc takes _ * < [ ] and a leading . as markup. */
static void add_escaped(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("\\_*#<>[]~.`|", *text))
			(void)buf_add_char(out, '\\');
		(void)buf_add_char(out, *text);
	}
}

static void add_keys(struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(key_rows); i++) {
		(void)buf_add_c(out, "*");
		if (!key_rows[i].keys[0])
			(void)buf_add_c(out, ":");
		add_escaped(out, key_rows[i].keys[0] ? key_rows[i].keys : key_rows[i].name);
		(void)buf_add_c(out, "*\n\t");
		add_escaped(out, key_rows[i].help);
		(void)buf_add_c(out, "\n\n");
	}
}

int main(void)
{
	char line[LINE_MAX_BYTES];
	struct buf out;
	bool done;

	buf_init(&out, MANUAL_MAX);
	while (fgets(line, sizeof(line), stdin)) {
		if (strcmp(line, "@OPTIONS@\n") == 0)
			cli_manual(&out);
		else if (strcmp(line, "@KEYS@\n") == 0)
			add_keys(&out);
		else if (strcmp(line, "@POLICY@\n") == 0)
			config_policy_manual(&out);
		else
			(void)buf_add_c(&out, line);
	}
	done = !out.failed && fwrite(buf_c(&out), 1, out.len, stdout) == out.len && fflush(stdout) == 0;
	buf_release(&out);
	return done ? 0 : 1;
}
