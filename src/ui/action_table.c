/*
 * action_table.c: the table of actions: keys by name, and what an action needs to have something to act on.
 *
 * One key may have two actions when the first is for panes that offer it: `a` acknowledges a verdict, and opens the
 * menu of any other row. Who asks what a key means names the screen; who explains keys asks for an action's own.
 */
#include "ui/action.h"

#include "base/utf8.h"
#include "ui/jump.h"
#include "ui/load_view.h"
#include "ui/operate.h"

#include <stdio.h>

const struct action actions[ACTION__COUNT] = {
#define ACTION(id, name, group, help, keys) [ACTION_##id] = {(name), (help), (keys), GROUP_##group},
#include "ui/actions.def"
#undef ACTION
};

static const struct {
	const char *name;
	uint32_t key;
} key_names[] = {
	{"Up", K_UP},      {"Down", K_DOWN},     {"Left", K_LEFT},         {"Right", K_RIGHT},
	{"PgUp", K_PGUP},  {"PgDn", K_PGDN},     {"Home", K_HOME},         {"End", K_END},
	{"Tab", K_TAB},    {"S-Tab", K_BACKTAB}, {"Enter", K_ENTER},       {"Esc", K_ESC},
	{"Space", ' '},    {"F1", K_F1},         {"C-b", K_CTRL_B},        {"C-c", K_CTRL_C},
	{"C-f", K_CTRL_F}, {"C-l", K_CTRL_L},    {"S-Left", K_SHIFT_LEFT}, {"S-Right", K_SHIFT_RIGHT},
};

const char *action_group_name(enum action_group g)
{
	static const char *const names[GROUP__COUNT] = {
		"Views and panes",  "Move", "This row", "Change, after a preview", "Order and filter",
		"Time and refresh", "Other"};

	return names[g];
}

uint32_t key_by_name(struct str name)
{
	bool valid;

	for (size_t i = 0; i < ARRAY_LEN(key_names); i++)
		if (str_eq_c(name, key_names[i].name))
			return key_names[i].key;
	if (name.len == 0)
		return 0;
	uint32_t cp = utf8_decode(&name, &valid);
	return valid && name.len == 0 ? cp : 0;
}

/* The next action of that key from i on, or -1. */
static int next_of_key(uint32_t key, int i)
{
	for (; i < ACTION__COUNT; i++) {
		struct str rest = str_c(actions[i].keys), name;

		while (str_split(&rest, ' ', &name))
			if (name.len > 0 && key_by_name(name) == key)
				return i;
	}
	return -1;
}

int action_of_key(uint32_t key)
{
	return next_of_key(key, 0);
}

int action_for_key(const struct ui *ui, uint32_t key)
{
	for (int i = next_of_key(key, 0); i >= 0; i = next_of_key(key, i + 1))
		if (action_applies(ui, (enum action_id)i))
			return i;
	return next_of_key(key, 0);
}

const char *action_key_name(enum action_id id, char *out, size_t size)
{
	(void)snprintf(out, size, "%.*s", (int)strcspn(actions[id].keys, " "), actions[id].keys);
	return out;
}

bool action_has_graphs(const struct view *v)
{
	return v->range_bar && v->def->digit != '9';
}

/* What an action needs to have something to act on. */
enum need {
	NEEDS_NOTHING,
	NEEDS_OFFER, /* a pane, or the load view, that offers it */
	NEEDS_TABLE,
	NEEDS_MODES,
	NEEDS_DETAIL,
	NEEDS_TREE,
	NEEDS_ROOT,
	NEEDS_EXPLAIN,
	NEEDS_RANGE,
	NEEDS_GRAPHS,
	NEEDS_AWS,
	NEEDS_MENU,
};

/* clang-format off */
static const uint8_t needs[ACTION__COUNT] = {
	[ACTION_ACKNOWLEDGE] = NEEDS_OFFER, [ACTION_SNOOZE] = NEEDS_OFFER, [ACTION_MENU] = NEEDS_MENU,
	[ACTION_GROUP] = NEEDS_OFFER, [ACTION_ORIGIN] = NEEDS_OFFER, [ACTION_LOG_LINES] = NEEDS_OFFER,
	[ACTION_LOG_FILES] = NEEDS_OFFER, [ACTION_SLICE_WIDER] = NEEDS_OFFER, [ACTION_SLICE_NARROWER] = NEEDS_OFFER,
	[ACTION_DOWN] = NEEDS_TABLE, [ACTION_UP] = NEEDS_TABLE, [ACTION_FIRST] = NEEDS_TABLE, [ACTION_LAST] = NEEDS_TABLE,
	[ACTION_PAGE_DOWN] = NEEDS_TABLE, [ACTION_PAGE_UP] = NEEDS_TABLE, [ACTION_COLS_LEFT] = NEEDS_TABLE,
	[ACTION_COLS_RIGHT] = NEEDS_TABLE, [ACTION_TAG] = NEEDS_TABLE, [ACTION_TAG_ALL] = NEEDS_TABLE,
	[ACTION_COPY] = NEEDS_TABLE, [ACTION_WRITE] = NEEDS_TABLE, [ACTION_WRITE_JSON] = NEEDS_TABLE, [ACTION_FILTER] = NEEDS_TABLE,
	[ACTION_SORT] = NEEDS_TABLE, [ACTION_SORT_BACK] = NEEDS_TABLE, [ACTION_REVERSE] = NEEDS_TABLE,
	[ACTION_MODE] = NEEDS_MODES, [ACTION_DETAIL] = NEEDS_DETAIL, [ACTION_FOLD] = NEEDS_TREE,
	[ACTION_ROOT] = NEEDS_ROOT, [ACTION_EXPLAIN] = NEEDS_EXPLAIN,
	[ACTION_RANGE_NEXT] = NEEDS_RANGE, [ACTION_RANGE_PREV] = NEEDS_RANGE,
	[ACTION_CURSOR_LEFT] = NEEDS_GRAPHS, [ACTION_CURSOR_RIGHT] = NEEDS_GRAPHS,
	[ACTION_COMPARE] = NEEDS_GRAPHS, [ACTION_MARK] = NEEDS_GRAPHS,
	[ACTION_CLUSTERS] = NEEDS_AWS, [ACTION_WHOAMI] = NEEDS_AWS, [ACTION_LOGIN] = NEEDS_AWS, [ACTION_MFA] = NEEDS_AWS,
};
/* clang-format on */

/* The key's first action is for panes that offer it; elsewhere it is this one's. */
static bool is_offered_first(uint32_t key, int i)
{
	int first = next_of_key(key, 0);

	return needs[first] == NEEDS_OFFER && next_of_key(key, first + 1) == i;
}

bool actions_check(struct err *err)
{
	for (int i = 0; i < ACTION__COUNT; i++) {
		struct str rest = str_c(actions[i].keys), name;

		if (actions[i].group == GROUP_CHANGE && !operation_find(str_c(actions[i].name)))
			return err_set(err, ERR_USAGE, "action %s changes what no operation describes",
				       actions[i].name);
		if (!actions[i].help[0] || !actions[i].name[0])
			return err_set(err, ERR_USAGE, "action %d has no help or name", i);
		while (str_split(&rest, ' ', &name)) {
			uint32_t key = name.len > 0 ? key_by_name(name) : 1;

			if (key == 0)
				return err_set(err, ERR_USAGE, "action %s: unknown key " STR_FMT, actions[i].name,
					       STR_ARG(name));
			if (key != 1 && action_of_key(key) != i && !is_offered_first(key, i))
				return err_set(err, ERR_USAGE, "key " STR_FMT " has two actions", STR_ARG(name));
		}
	}
	return true;
}

/* What a pane has by itself. */
static bool pane_has(const struct pane *p, enum need need)
{
	switch ((int)need) {
	case NEEDS_TABLE:
		return p->def->table;
	case NEEDS_MODES:
		return p->def->table && p->table.def->modes;
	case NEEDS_DETAIL:
		return p->def->ops->detail;
	case NEEDS_TREE:
		return p->def->table && p->def->table->depth;
	case NEEDS_EXPLAIN:
		return p->def->ops->explain;
	default:
		return false;
	}
}

bool action_applies(const struct ui *ui, enum action_id id)
{
	enum need need = (enum need)(id < ACTION__COUNT ? needs[id] : NEEDS_NOTHING);
	const struct view *v = &ui->views[ui->view];
	const struct pane *p = v->focus < v->def->npanes ? &v->panes[v->focus] : NULL;

	if (actions[id].group == GROUP_CHANGE && target_is_read_only(runtime_target(ui->rt)))
		return false;
	if (load_view_applies(ui, id) || (p && p->def->ops->offers && p->def->ops->offers(ui, p, id)))
		return true;
	switch ((int)need) {
	case NEEDS_NOTHING:
		return true;
	case NEEDS_OFFER:
		return false;
	case NEEDS_ROOT:
		return jump_has_root(ui);
	case NEEDS_RANGE:
		return v->range_bar;
	case NEEDS_GRAPHS:
		return action_has_graphs(v);
	case NEEDS_AWS:
		return runtime_target(ui->rt)->aws;
	case NEEDS_MENU:
		/* its key means that where there is something to acknowledge */
		return p && !action_applies(ui, ACTION_ACKNOWLEDGE);
	default:
		return p && pane_has(p, need);
	}
}
