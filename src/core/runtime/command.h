/*
 * command.h: work that is done once, when somebody asks for it, with arguments.
 *
 * A command's row is a struct source that nothing schedules: its fetch() gets arguments,
 * runs on a thread of its own with a connection of its own, has the row's deadline, can
 * be cancelled, says in :diag what it is doing, and its outcome comes back as a snapshot
 * through a mailbox and the runtime's wake-up. It may publish more than once: what it
 * publishes before the end is its progress. Of those that last (jobs, leases, EXPLAIN)
 * COMMANDS_LASTING_MAX run at a time, and beside them COMMANDS_BRIEF_MAX of the others (previews, signals).
 *
 * Everything but fetch_arg*() is for the UI thread, and nothing here blocks but
 * commands_stop(). A struct command is the caller's from command_start() to
 * command_release().
 */
#ifndef RUNTIME_COMMAND_H
#define RUNTIME_COMMAND_H

#include "runtime/lane.h"
#include "runtime/store.h"

#define COMMANDS_LASTING_MAX 3
#define COMMANDS_BRIEF_MAX 8
/* A row with a longer deadline lasts, and one with SOURCE_LASTS. */
#define COMMAND_BRIEF_US US_PER_MIN
#define COMMAND_ARGS_MAX 20
/* Names and values of one command together. */
#define COMMAND_ARGS_BYTES_MAX (4u << 20)
#define COMMAND_REASON_MAX 200

struct commands;
struct command;

struct command_arg {
	const char *name; /* static */
	struct str value;
};

/* No command is known yet. store: where inputs come from; wake: posted with each arrival. Both outlive it. */
struct commands *commands_new(const struct store *store, struct wake *wake);
/* The registry's rows; they outlive it. */
void commands_set(struct commands *cs, const struct source *const *rows, size_t n);
/*
 * Starts the command called name for target (referenced, like the inputs its row names). Values are copied. NULL: err
 * says why: too many run (ERR_LIMIT), its ready() says no, it changes something and the target is read-only
 * (ERR_DENIED), arguments too long, no such command.
 */
struct command *command_start(struct commands *cs, const char *name, const struct target *target,
			      const struct command_arg *args, size_t nargs, struct err *err) MUST_CHECK;
/* False once it has ended or was cancelled: then command_result() is final. */
bool command_running(const struct command *c);
/* True until its thread has ended, after a cancel too: what it was doing may still end well, and its last word may
 * still come. For commands whose end matters. */
bool command_at_work(const struct command *c);
/* The newest snapshot, of any state; NULL while there is none, and after a cancel. Borrowed until the next tick. */
const struct snapshot *command_result(const struct command *c);
/* Asks it to give up. It is no longer running from the next tick on. */
void command_cancel(struct command *c);
/* The same, and tells the command why, for its outcome: fetch_cancel_reason(). The first reason stays. */
void command_cancel_because(struct command *c, const char *why);
/* Gives the handle back; what still runs is cancelled. c may be NULL. */
void command_release(struct command *c);
/* Takes what has arrived; how many changes there were, ends of threads among them. Called by runtime_tick(). */
unsigned commands_collect(struct commands *cs);
/* The target changed: all are cancelled but those that change something (SOURCE_CHANGES). */
void commands_cancel(struct commands *cs);
/* The console is being left: all are cancelled, and those that put something back know how long they have. */
void commands_leave(struct commands *cs, int64_t within_us);
/* For :diag: the thread of the i-th command at work, or NULL past the end. */
struct lane *commands_lane(struct commands *cs, size_t i);
/* Asks all threads to end, without waiting. */
void commands_stop_begin(struct commands *cs);
/* Waits together at most wait_us and frees cs; false when some had to be left behind: then cs stays. Handles are void.
 */
bool commands_stop(struct commands *cs, int64_t wait_us);

/* ---- for fetch(), on the command's thread ---- */

/* Value of an argument, "" when it was not given. Valid for the call. */
struct str fetch_arg(const struct fetch *f, const char *name);
/* The same as a number; `absent` when it was not given or is none. */
int64_t fetch_arg_i64(const struct fetch *f, const char *name, int64_t absent);
/* Why it was cancelled, once it was with a reason; "" before, and without one. Valid for the call. */
struct str fetch_cancel_reason(const struct fetch *f);
/* How long what still has to be done may take, at most that: less when the console is being left. */
int64_t fetch_leave_us(const struct fetch *f, int64_t most_us);

#endif
