/*
 * theme.h: meaning to look. Roles are what code names; a theme file gives each a colour.
 *
 * A theme is an INI file (themes/NAME.ini, compiled in; the user's folder overrides):
 * `[theme]` name, base = dark|light; `[colors]` ROLE = #rrggbb [bold|dim|underline|reverse];
 * `[colors256]` ROLE = 0..255 where nearest-match is not wanted. A missing role falls back as
 * the table in theme.c says. Looks at four depths follow the visual system: true colour,
 * 256 by nearest of cube and greys, 16 by a fixed table, none by attributes.
 */
#ifndef UI_THEME_H
#define UI_THEME_H

#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

/* clang-format off */
enum role {
	ROLE_BG, ROLE_BAR, ROLE_RAISED, ROLE_LINE, ROLE_GRID,
	ROLE_FG, ROLE_STRONG, ROLE_MUTED, ROLE_FAINT, ROLE_ACCENT,
	ROLE_SELBG, ROLE_IDLEBG,
	ROLE_OK, ROLE_NOTICE, ROLE_WARN, ROLE_CRIT, ROLE_WARNBG, ROLE_CRITBG,
	ROLE_MATCH, ROLE_MATCHBG,
	ROLE_KW, ROLE_STRLIT, ROLE_NUM, ROLE_PAR,
	ROLE_G1, ROLE_G2, ROLE_G3, ROLE_G1B, ROLE_G2B, ROLE_G3B,
	/* wait classes: fill of areas, then text; order of the stack from the bottom */
	ROLE_CPU, ROLE_IO, ROLE_CLIENT, ROLE_IPC, ROLE_LWLOCK, ROLE_TIMEOUT, ROLE_OTHER, ROLE_LOCK,
	ROLE_CPU_TEXT, ROLE_IO_TEXT, ROLE_CLIENT_TEXT, ROLE_IPC_TEXT, ROLE_LWLOCK_TEXT, ROLE_TIMEOUT_TEXT,
	ROLE_OTHER_TEXT, ROLE_LOCK_TEXT,
	ROLE__COUNT
};
/* clang-format on */

enum attr { ATTR_BOLD = 1, ATTR_DIM = 2, ATTR_UNDERLINE = 4, ATTR_REVERSE = 8 };

enum depth { DEPTH_MONO, DEPTH_16, DEPTH_256, DEPTH_RGB };

/* How a cell is to look: roles, not colours. */
struct style {
	uint8_t fg, bg; /* enum role */
	uint8_t attr;   /* enum attr bits */
};
#define STYLE(f, b, a) ((struct style){(uint8_t)(f), (uint8_t)(b), (uint8_t)(a)})

/* What to send to a terminal of some depth. */
struct look {
	uint32_t fg, bg; /* RGB 0xrrggbb, or palette index 0..255; LOOK_DEFAULT = the terminal's own */
	uint8_t attr;
};
#define LOOK_DEFAULT UINT32_MAX

struct theme;

/* Names of the compiled-in themes and of *.ini in the user's folders, sorted; static or owned by the module. Returns
 * how many. UI thread. */
size_t theme_names(const char **names, size_t max);
/* Loads by name, user's folders first. False: err names file, line and key, or the nearest theme name. */
bool theme_load(const char *name, struct theme **ret_theme, struct err *err) MUST_CHECK;
void theme_free(struct theme *t);
const char *theme_name(const struct theme *t);
/* True for a theme that uses no colour at any depth ([theme] colors = none): draw as at DEPTH_MONO. */
bool theme_is_mono(const struct theme *t);
/* Differs between any two loaded themes of a run. */
unsigned theme_serial(const struct theme *t);
/* Pure: the look of a style at a depth. */
struct look theme_look(const struct theme *t, struct style s, enum depth d);
/* RGB of a role (for screenshots and tests). */
uint32_t theme_rgb(const struct theme *t, enum role r);
/* Name of a role as theme files spell it ("bg", "lock", "lock_text"). */
const char *role_name(enum role r);

#endif
