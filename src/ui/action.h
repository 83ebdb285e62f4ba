/*
 * action.h: the one table of what keys and the palette can do.
 *
 * actions.def is the master copy: identity, name, group, help, default keys. The
 * dispatcher, the help overlay, the footer, the palette and the manual read it. Digits
 * open views and come from the views' own table.
 */
#ifndef UI_ACTION_H
#define UI_ACTION_H

#include "ui/ui.h"

enum action_group {
	GROUP_VIEWS,
	GROUP_MOVE,
	GROUP_ROWS,
	GROUP_CHANGE,
	GROUP_ORDER,
	GROUP_TIME,
	GROUP_OTHER,
	GROUP__COUNT
};

enum action_id {
#define ACTION(id, name, group, help, keys) ACTION_##id,
#include "ui/actions.def"
#undef ACTION
	ACTION__COUNT
};

struct action {
	const char *name, *help, *keys;
	enum action_group group;
};

extern const struct action actions[ACTION__COUNT];
const char *action_group_name(enum action_group g);
/* The action a key is bound to, the first one, or -1. */
int action_of_key(uint32_t key);
/* The first of them that has something to act on here; where none has, the first. */
int action_for_key(const struct ui *ui, uint32_t key);
/* The first key of an action for the footer ("?", "Enter", "Tab"), "" when it has none. Fills out. */
const char *action_key_name(enum action_id id, char *out, size_t size);
/* Performs an action; returns effects. */
int action_run(struct ui *ui, enum action_id id);
/* True when the action has something to act on in the focused pane (footer, help). */
bool action_applies(const struct ui *ui, enum action_id id);
/* The view draws over a range of time; a range is chosen in more views than those. */
bool action_has_graphs(const struct view *v);
/* Faults of the table: two actions on one key, unless the first is for panes that offer it; missing help. */
bool actions_check(struct err *err) MUST_CHECK;
/* Key code of a key's name ("Tab", "C-f", "j"), 0 = unknown. */
uint32_t key_by_name(struct str name);

#endif
