/*
 * doctor_view.h: the connection doctor in view 8: running the command `doctor`, its result, the address that is judged.
 *
 * It runs when somebody asks, and once by itself when the view is open while the database cannot be reached. One runs
 * at a time; a new target forgets all of it. UI thread only.
 */
#ifndef UI_DOCTOR_VIEW_H
#define UI_DOCTOR_VIEW_H

#include "model/admission.h"
#include "ui/ui.h"

#define DOCTOR_PROMPT '@'
/* What the command reads, of what exists. */
#define DOCTOR_SOURCES "clusters instances security_group_rules subnets route_tables network_acls"

struct doctor_view {
	struct command *command;
	struct command *asking;             /* of an outside service, before `command`; NULL = not */
	char told[NET_TEXT_MAX], note[160]; /* what it said, or why it did not */
	const struct snapshot *steps;       /* newest result or progress, own reference; NULL = none */
	uint64_t generation;                /* of the target it is about */
	bool began;                         /* was run for this target */
	struct err refused;                 /* why it could not be run */
	char address[NET_TEXT_MAX];         /* another address than this host's, "" = this host */
	size_t cursor;                      /* step that is explained, while chosen */
	bool chosen;
};

/* The pane's state; NULL before its view was open. */
const struct doctor_view *doctor_view_of(const struct ui *ui);
/* Runs it for this host, or for the address typed, and shows its pane. Returns effects. */
int doctor_view_start(struct ui *ui);
/* Asks for another address. Returns effects. */
int doctor_view_ask(struct ui *ui);
/* A key while that is typed. Returns effects. */
int doctor_view_key(struct ui *ui, uint32_t key);
/* What the rules are judged for: the address typed, the one the doctor found, the one that was set. False: not known.
 */
bool doctor_view_question(const struct ui *ui, struct admission_ask *ret_ask);
/* In the panes of the view: d and i; effects, or -1. */
int doctor_view_act(struct ui *ui, int action);
bool doctor_view_offers(int action);
const char *doctor_view_calls(int action);
/* From the recalc() of the view's panes: takes what has come, runs it by itself. Again is harmless. */
void doctor_view_follow(struct ui *ui);
/* Gives up what is under way and forgets the rest. */
void doctor_view_release(struct doctor_view *d);
/* Row of the first step that failed, or -1. */
long doctor_view_failing(const struct snapshot *steps);

#endif
