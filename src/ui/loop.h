/*
 * loop.h: the console's main loop.
 */
#ifndef UI_LOOP_H
#define UI_LOOP_H

#include "ui/ui.h"

struct loop_options {
	struct term_options term;
	struct ui_options ui;
	int signal_fd; /* signalfd for SIGWINCH, SIGTERM, SIGINT, SIGHUP, SIGTSTP, SIGCONT; all blocked before any
			  thread starts */
};

/*
 * Runs the console on rt until it quits. The terminal is open only inside. Returns the exit
 * status (0 = quit, 128+n = signal n); False result through err when the terminal cannot be used.
 */
bool loop_run(struct runtime *rt, const struct loop_options *o, int *ret_status, struct err *err) MUST_CHECK;

#endif
