/*
 * fixture.h: a whole console without a terminal, filled from a text file.
 *
 * tests/data/NAME.fixture holds one world: the moment, the target, and what each source knew.
 * Lines ('#' starts a comment):
 *
 *   after NAME                     everything of another fixture comes first
 *   now 2026-03-17T13:45:07Z
 *   target cluster=prod-orders region=eu-west-1 aws=true db=... range=7d
 *   source NAME [at=now-3s] [server_at=TIME] [took=1.2ms] [retry=8s] [running=900ms] [partial]
 *   row FIELD=VALUE ...            a record; FIELD/s=VALUE gives its rate
 *   many N FIELD=VALUE ...         N records, values over them as fixture_words.h says
 *   series METRIC [part=week|before] object=O dimension=D unit=U statistic=S period=5m from=TIME
 * values=1,2,-,3..9*20,1~5*60 error CODE text | remedy       the source's outcome; also `unavailable text`, `skipped
 * text` missing FIELD reason           a field that cannot be had here
 *
 * `source NAME every=1s from=now-5m until=now` gives one snapshot for each of these times, its rows with values over
 * them as in `many`.
 *
 * Verdicts are judged by the real rules, unless some block `source verdicts` says what they are.
 *
 * Rows take the real record types and the real kinds' parsers. A source may occur twice: an
 * error after a good block leaves the good rows in the store, as in life.
 */
#ifndef TESTS_UI_FIXTURE_H
#define TESTS_UI_FIXTURE_H

#include "runtime/sched.h"
#include "ui/ui.h"

struct fixture {
	struct runtime *rt;
	struct ui ui;
	int64_t now_us;
	const struct snapshot **samples; /* of the load, from before the UI was there */
	size_t nsamples;
	bool tells_verdicts; /* a file has a block of them: they are not judged */
};

/* Freezes both clocks at the file's moment, fills the store, opens the UI. Faults in the file abort with file:line. No
 * lane ever runs. */
void fixture_open(struct fixture *f, const char *name, enum glyph_set glyphs);
void fixture_close(struct fixture *f);
/* Posts a further file's blocks into the same store (its `now` moves the clock). */
void fixture_more(struct fixture *f, const char *name);
/* The same from text in memory; what: for messages. */
void fixture_more_text(struct fixture *f, const char *what, struct str text);
/* Moves both clocks forward. */
void fixture_wait(struct fixture *f, int64_t us);
/* Shows a view by name and draws at a size. */
void fixture_draw(struct fixture *f, const char *view, int rows, int cols);
/* One key, or each of several: printable characters as they are. Returns the effects of the last. A changed target is
 * given to the runtime. */
int fixture_key(struct fixture *f, uint32_t key);
int fixture_type(struct fixture *f, const char *keys);
/* Applies what ui_event returned, as the loop would. */
void fixture_effects(struct fixture *f, int effects);
/* The pane of the view on screen, by its name; NULL = not in this view. */
struct pane *fixture_pane(struct fixture *f, const char *name);

/* ---- commands (explain, session): threads of their own, answered by fixture_commands.c ---- */

enum fixture_answer {
	ANSWER_PLAN,        /* a plan; a session's text and locks; a path that works */
	ANSWER_CAPTURED,    /* a plan that the server kept, until a fresh one is asked for */
	ANSWER_CONSENT,     /* ask first */
	ANSWER_FAILURE,     /* no plan, no session, no operation; a path that stops at the security group */
	ANSWER_HUGE,        /* a statement of 100 kB */
	ANSWER_DESTRUCTIVE, /* an operation of tier 3 */
	ANSWER_WINDOW,      /* an operation outside the maintenance window */
	ANSWER_CHOICE,      /* an operation that is one of two, to be chosen */
	ANSWER_NAME,        /* an operation of tier 2 on a table whose name holds a line end */
	ANSWER_JOB,         /* an operation that works as process 7100 until it is cancelled */
	ANSWER_STORAGE,     /* an operation for which the room is not known */
	ANSWER_BROWSER,     /* a sign-on that waits for somebody until it is cancelled */
	ANSWER_LEFT,        /* an operation that was cancelled and has left two invalid indexes behind */
};
/* What they answer from now on; each fixture begins with ANSWER_PLAN. */
void fixture_answer(enum fixture_answer which);
/* How many confirmed operations have run since the fixture was opened. */
int fixture_runs(void);
/* What was previewed last: "operation|scope|value|oid|indexes". */
const char *fixture_looked_at(void);
/* How many sessions those that acted on several were sent. */
int fixture_sessions_run(void);
/* The newest of them was asked to set the maintenance window aside. */
bool fixture_overridden(void);
void fixture_commands(struct runtime *rt);
/* Waits until all that were started have ended, and gives their results to the UI. Typing does it. */
void fixture_finish(struct fixture *f);

/* ---- looking at the picture ---- */

/* The whole picture as text; release with buf_release. */
void fixture_text(const struct fixture *f, struct buf *out);
/* True when some row of the picture contains text. */
bool fixture_shows(const struct fixture *f, const char *text);
/* The same within a rectangle. */
bool fixture_shows_in(const struct fixture *f, struct rect r, const char *text);
/* What canvas.h promises of every cell: something drawable, never a control or a bidi sign, wide cells whole. False:
 * *ret_y, *ret_x. */
bool fixture_clean(const struct fixture *f, int *ret_y, int *ret_x);

#endif
