/*
 * prompt.h: what stands before a view: overlays, the line that is typed into, short messages above the footer. UI
 * thread.
 */
#ifndef UI_PROMPT_H
#define UI_PROMPT_H

#include "model/severity.h"
#include <stdbool.h>

#include <stddef.h>
#include <stdint.h>

/* What lies over a view. */
enum overlay_kind {
	OVERLAY_NONE,
	OVERLAY_HELP,
	OVERLAY_PALETTE,
	OVERLAY_DETAIL,
	OVERLAY_DIAG,
	OVERLAY_PLAN,
	OVERLAY_OPERATE,
	OVERLAY_JOBS,
	OVERLAY_IDENTITY
};

#define PROMPT_MAX 512
struct prompt {
	bool open;
	char sign; /* '/' filter, ':' palette */
	char text[PROMPT_MAX];
	size_t len, cursor; /* bytes */
};

/* Edits the line; true when it took the key. */
bool prompt_edit(struct prompt *p, uint32_t key);

#define TOASTS_MAX 3
struct toast {
	enum severity severity;
	char text[240];
	int64_t until_mono_us; /* 0 = free slot; INT64_MAX = until Esc */
};

#endif
