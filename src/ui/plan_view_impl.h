/*
 * plan_view_impl.h: private to plan_view.c and plan_draw.c.
 */
#ifndef UI_PLAN_VIEW_IMPL_H
#define UI_PLAN_VIEW_IMPL_H

#include "ui/plan_view.h"

struct plan_view {
	struct explain_request request; /* without its strings, which are below */
	struct buf database, role, asked;
	bool consent, fresh;
	enum overlay_kind below; /* what Esc goes back to */
	int below_scroll;
	struct command *command;       /* at work, or NULL */
	struct err refused;            /* it could not be started */
	const struct snapshot *result; /* own reference; NULL = none yet */
	struct buf text;               /* the statement that was planned, secrets masked */
};

#endif
