/*
 * change.h: what the preview and the run of any operation have in common, whichever service
 * is asked: rows of the answer, comparison with what was confirmed, lines of the audit log.
 *
 * Arguments, the same for all: operation (its name), and when running: statement (as the preview
 * showed it: what would be sent must still be that), tier (as previewed), job (its number). override=window sets the
 * maintenance window aside, override=storage that room for sorting is short or not known; "window storage" both. Each
 * for one tier more.
 * Thread of the command.
 */
#ifndef AUDIT_CHANGE_H
#define AUDIT_CHANGE_H

#include "audit/audit.h"
#include "model/operation.h"
#include "runtime/command.h"

#define CHANGE_STATEMENT_MAX (64u << 10)

/* What an override can set aside; a set. */
enum change_aside { CHANGE_WINDOW = 1 << 0, CHANGE_STORAGE = 1 << 1, CHANGE_ASIDES = 1 << 2 };

struct change {
	struct fetch *f;
	const struct operation *op;
	struct snapshot *out; /* rows of operation_type */
	char database[64], role[64], node[256];
	char instance[256]; /* of the cluster, that it is done to through AWS; "" = the node, if any */
	char statement[CHANGE_STATEMENT_MAX]; /* what would be sent, or is */
	char object[300];                     /* "public.orders", "session 4711", "snapshot before-42" */
	char word[260];                       /* to be typed */
	int tier;
	bool refused;
	unsigned aside, wanted; /* set aside; would have to be, of enum change_aside */
	const char *override;   /* what was set aside, for the audit log: "window"; NULL = nothing */
};

/* Reads the operation. ERR_DENIED when the console is read-only and `changes` is set. */
bool change_begin(struct change *c, struct fetch *f, bool changes, struct err *err) MUST_CHECK;
/* Appends a row to c->out. */
void change_add(struct change *c, const char *kind, const char *label, enum operation_severity severity,
		const char *fmt, ...) PRINTF_LIKE(5, 6);
/* The same with a text of any length, as it is. */
void change_add_text(struct change *c, const char *kind, const char *label, enum operation_severity severity,
		     struct str text);
/* The same as change_add(), but a kind that has a row keeps that one, with the new words. */
void change_set(struct change *c, const char *kind, struct str text);
/* Where the job is, and how much of it is done (0 to 1, NaN = not known): one row each. */
void change_phase(struct change *c, struct str phase, double done);
/* Copies the texts of a record that was read elsewhere, so that they live as long as c->out. */
void change_keep_texts(const struct change *c, const struct rec_type *type, void *row);
/* It cannot be done, in words; the first one counts when it is run nevertheless. */
#define change_refuse(c, ...) (change_add((c), "refuse", "", OPERATION_CRITICAL, __VA_ARGS__), (c)->refused = true)
/*
 * It cannot be done, in words, unless that is set aside. Where it was, the words are a check, "which is overridden"
 * with them, and the tier is one more. change_add_end() offers the override when nothing else stands in the way.
 */
void change_refuse_unless(struct change *c, enum change_aside what, struct str reason, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
/* The words of the first row of that kind, "" when there is none. */
struct str change_row(const struct change *c, const char *kind);
/*
 * What the target's policy says of it, change_add_end() asks it (change_policy.c): whether the maintenance window is
 * open, when a job stops itself; outside the window a refusal, or where that is set aside one tier more; on a
 * production cluster one tier more. The cluster's tags are those of the source "clusters", when that is an input.
 */
void change_add_policy(struct change *c);
/* The rows that end a preview: what the policy says, statement, undo, word and tier. */
void change_add_end(struct change *c);
/* False when what would be sent now is refused, more dangerous, or another statement than was confirmed. */
bool change_is_confirmed(const struct change *c, struct err *err) MUST_CHECK;
/* Publishes the rows so far, for whoever watches the job. */
void change_show(struct change *c);
/* Waits that long, or until the fetch should end; false then, and err says why. */
bool change_rest(const struct fetch *f, int64_t us, struct err *err) MUST_CHECK;
/* "X for N": *ret_what is X, and *ret_us is N minutes, or `minutes` when " for N" is missing. False: N is none. */
bool change_take_minutes(struct str value, int64_t minutes, struct str *ret_what, int64_t *ret_us);
/* The intent, on the disk; id is for the outcome. */
bool change_intend(const struct change *c, char *id, size_t size, struct err *err) MUST_CHECK;
/* Another console goes on with what was intended under that id: a line between intent and outcome. */
bool change_adopt(const struct change *c, const char *id, struct err *err) MUST_CHECK;
/* The outcome, and its row; a log that cannot be written is told in a row of its own. */
void change_conclude(struct change *c, const char *id, int64_t began_mono_us, enum operation_severity severity,
		     const char *fmt, ...) PRINTF_LIKE(5, 6);

#endif
