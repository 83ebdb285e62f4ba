/*
 * console.h: the real program in an emulated terminal, and a simulated AWS beside it.
 *
 * Every wait is generous (WAIT_ROUNDS times the harness's deadline): what is tested is
 * what appears, never how soon. A wait in vain prints the screen and fails the test.
 */
#ifndef TESTS_E2E_CONSOLE_H
#define TESTS_E2E_CONSOLE_H

#include "vt.h"

#include <stdio.h>
#include <sys/types.h>

#define WAIT_ROUNDS 6

struct sim_process {
	pid_t pid;
	int life; /* the simulator ends when this pipe is closed */
	int port;
};

/* Removes from the environment whatever could lead the program to somebody's real settings. */
void console_clean_environment(void);
/* An empty folder as HOME; console_remove_home() removes it. */
void console_make_home(void);
void console_remove_home(void);

/* Writes config.ini of that HOME. */
void console_configure(const char *text);

/* Rows without trailing blanks to standard error. */
void console_show(struct vt *v);
/* Until text is on the screen, or is gone; fails the test otherwise. */
void console_sees(struct vt *v, const char *text);
void console_gone(struct vt *v, const char *text);
/* The program's exit status, or 128 + the signal that killed it. */
int console_ends(struct vt *v);
/* Alternate screen off, cursor on, line mode with echo. */
void console_is_restored(struct vt *v);
/* q, status 0, terminal restored; frees v. */
void console_quit(struct vt *v);
/* Types keys (vt_script) and waits for what they lead to. */
void console_press(struct vt *v, const char *keys, const char *then);
/* Opens the preview of an operation that asks for a value, with that value; waits until it says so. */
void console_preview(struct vt *v, const char *name, const char *value, const char *says);
/* Keys for the question "type WORD, the ..., to allow it" on the screen: WORD, a rest, Enter. Valid until the next
 * call. */
const char *console_typed(struct vt *v);

/* Starts program (auroratop-sim) and puts what it exports into this process's environment. The cluster's database is
 * refused. */
void sim_process_start(struct sim_process *s, const char *program);
/* The same with other options; ended by NULL. */
void sim_process_start_with(struct sim_process *s, const char *program, const char *const *options);
void sim_process_stop(struct sim_process *s);
/* POST /_sim/CALL with a form; fails the test when it is refused. */
void sim_process_admin(const struct sim_process *s, const char *call, const char *form);
/* How often the simulator was asked for an operation, as "CreateDBClusterSnapshot". */
size_t sim_process_asked(const struct sim_process *s, const char *operation);

struct demo_process {
	pid_t pid;
	FILE *says;
};

/* Starts `program demo --headless` and puts what it exports into this process's environment, once it is ready. */
void demo_process_start(struct demo_process *d, const char *program);
/* The same in another scenario than the healthy one. */
void demo_process_start_with(struct demo_process *d, const char *program, const char *scenario);
void demo_process_stop(struct demo_process *d);

#endif
