/*
 * prompt.h: the line that is typed into, and the short messages above the footer. UI thread.
 */
#ifndef UI_PROMPT_H
#define UI_PROMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum severity { SEV_NONE, SEV_OK, SEV_NOTICE, SEV_UNKNOWN, SEV_WARN, SEV_CRIT };

#define PROMPT_MAX 512
struct prompt {
	bool open;
	char sign; /* '/' filter, ':' palette */
	char text[PROMPT_MAX];
	size_t len, cursor; /* bytes */
};

#define TOASTS_MAX 3
struct toast {
	enum severity severity;
	char text[240];
	int64_t until_mono_us; /* 0 = free slot; INT64_MAX = until Esc */
};

#endif
