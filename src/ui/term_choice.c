/*
 * term_choice.c: decisions about the terminal that need no terminal.
 *
 * The order is: what the user asks for (flag or configuration), then NO_COLOR, then what
 * the terminal's entry and COLORTERM claim. COLORTERM does not survive ssh by default, hence
 * the flag. A terminal of which nothing is known gets 256 colours at most.
 */
#include "ui/term_choice.h"

static bool starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool term_choice_limited(const char *name)
{
	static const char *const prefixes[] = {"linux", "vt1",  "vt2",    "vt3",  "vt4",  "vt5",
					       "ansi",  "cons", "cygwin", "hurd", "mach", "sun"};

	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
		if (starts(name, prefixes[i]))
			return true;
	return false;
}

static bool says_truecolor(const char *colorterm)
{
	return colorterm && (strcmp(colorterm, "truecolor") == 0 || strcmp(colorterm, "24bit") == 0);
}

enum depth term_choice_depth(const struct term_options *o, const char *name, const struct term_entry *e)
{
	switch (o->color) {
	case COLOR_ALWAYS:
		return DEPTH_RGB;
	case COLOR_WISH_256:
		return DEPTH_256;
	case COLOR_WISH_16:
		return DEPTH_16;
	case COLOR_NEVER:
		return DEPTH_MONO;
	case COLOR_AUTO:
		break;
	}
	if (o->no_color)
		return DEPTH_MONO;
	return e->rgb || (says_truecolor(o->colorterm) && !term_choice_limited(name)) ? DEPTH_RGB : DEPTH_256;
}

bool term_choice_usable(const char *name, bool in_tty, bool out_tty, struct err *err)
{
	if (!in_tty || !out_tty) {
		err_set(err, ERR_USAGE, "standard %s is not a terminal", in_tty ? "output" : "input");
		err_remedy(err, "run it in a terminal, or use auroratop --once for one refresh as text, json or csv");
		return false;
	}
	if (name && *name && strcmp(name, "dumb") != 0)
		return true;
	if (name && *name)
		err_set(err, ERR_USAGE, "the terminal is \"dumb\" (TERM): it cannot move the cursor");
	else
		err_set(err, ERR_USAGE, "TERM is not set, so nothing is known about the terminal");
	err_remedy(err, "set TERM to what the terminal is, such as TERM=xterm-256color, or use auroratop --once");
	return false;
}
