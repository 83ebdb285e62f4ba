/*
 * term_choice.h: what to make of the environment: is the terminal usable, how many colours.
 * Pure functions; used by term_curses.c and the tests.
 */
#ifndef UI_TERM_CHOICE_H
#define UI_TERM_CHOICE_H

#include "ui/term.h"

/* What the system's terminal description promises. */
struct term_entry {
	bool known; /* there is one */
	bool rgb;   /* it has the RGB or Tc capability */
	int colors;
};

/* True for terminals that are what they say whatever COLORTERM claims, and that print OSC strings: consoles, vt100 and
 * the like. */
bool term_choice_limited(const char *name);
/* The most colours that may be used: the user's wish, then NO_COLOR, then COLORTERM and the entry. */
enum depth term_choice_depth(const struct term_options *o, const char *name, const struct term_entry *e);
/* False: err says what keeps a full screen from being shown, and the remedy. name is TERM, may be NULL. */
bool term_choice_usable(const char *name, bool in_tty, bool out_tty, struct err *err) MUST_CHECK;

#endif
