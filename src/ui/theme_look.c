/*
 * theme_look.c: what a style looks like on a terminal of some depth.
 *
 * True colour takes the theme's values, 256 colours the index the theme names or the
 * nearest one, 16 colours a fixed table (the user chose those colours, so only their
 * meaning is relied on), none uses weight and reverse. With 16 or no colours the ground is
 * the terminal's own. Dimmed text (under an overlay) is mixed towards the ground where
 * that is possible, and is bright black or faint elsewhere: never hidden.
 */
#include "ui/theme_impl.h"

#include "base/check.h"

#define DIM_PERCENT 60
#define NONE -1

/* clang-format off */
static const struct plain {
	int8_t fg, bg;   /* of the 16 colours, NONE = the terminal's own */
	uint8_t attr16;  /* as text, with 16 colours */
	uint8_t attr;    /* as text, without colour */
	uint8_t bg_attr; /* as ground, in both */
} plain[] = {
	[ROLE_BG]           = {NONE, NONE, 0, 0, 0},
	[ROLE_BAR]          = {NONE, NONE, 0, 0, 0},
	[ROLE_RAISED]       = {NONE, NONE, 0, 0, 0},
	[ROLE_LINE]         = {8, NONE, 0, ATTR_DIM, 0},
	[ROLE_GRID]         = {8, NONE, 0, ATTR_DIM, 0},
	[ROLE_FG]           = {NONE, NONE, 0, 0, 0},
	[ROLE_STRONG]       = {NONE, NONE, ATTR_BOLD, ATTR_BOLD, 0},
	[ROLE_MUTED]        = {8, NONE, 0, ATTR_DIM, 0},
	[ROLE_FAINT]        = {8, NONE, 0, ATTR_DIM, 0},
	[ROLE_ACCENT]       = {NONE, NONE, ATTR_BOLD, ATTR_BOLD, 0},
	[ROLE_SELBG]        = {NONE, NONE, 0, 0, ATTR_REVERSE},
	[ROLE_IDLEBG]       = {NONE, NONE, 0, 0, 0},
	[ROLE_OK]           = {2, 2, 0, 0, 0},
	[ROLE_NOTICE]       = {6, 6, 0, 0, 0},
	[ROLE_WARN]         = {3, 3, 0, ATTR_BOLD, 0},
	[ROLE_CRIT]         = {9, 9, 0, ATTR_BOLD, 0},
	[ROLE_WARNBG]       = {NONE, NONE, 0, 0, 0},
	[ROLE_CRITBG]       = {NONE, NONE, 0, 0, 0},
	[ROLE_MATCH]        = {NONE, NONE, ATTR_BOLD | ATTR_UNDERLINE, ATTR_BOLD | ATTR_UNDERLINE, 0},
	[ROLE_MATCHBG]      = {NONE, NONE, 0, 0, ATTR_BOLD | ATTR_UNDERLINE},
	[ROLE_KW]           = {NONE, NONE, 0, 0, 0},
	[ROLE_STRLIT]       = {NONE, NONE, 0, 0, 0},
	[ROLE_NUM]          = {NONE, NONE, 0, 0, 0},
	[ROLE_PAR]          = {NONE, NONE, 0, 0, 0},
	[ROLE_G1]           = {4, 4, 0, 0, 0},
	[ROLE_G2]           = {6, 6, 0, 0, 0},
	[ROLE_G3]           = {5, 5, 0, 0, 0},
	[ROLE_G1B]          = {8, 8, 0, ATTR_DIM, 0},
	[ROLE_G2B]          = {8, 8, 0, ATTR_DIM, 0},
	[ROLE_G3B]          = {8, 8, 0, ATTR_DIM, 0},
	[ROLE_CPU]          = {2, 2, 0, 0, 0},
	[ROLE_IO]           = {4, 4, 0, 0, 0},
	[ROLE_CLIENT]       = {7, 7, 0, 0, 0},
	[ROLE_IPC]          = {5, 5, 0, 0, 0},
	[ROLE_LWLOCK]       = {11, 11, 0, 0, 0},
	[ROLE_TIMEOUT]      = {3, 3, 0, 0, 0},
	[ROLE_OTHER]        = {8, 8, 0, 0, 0},
	[ROLE_LOCK]         = {1, 1, 0, 0, 0},
	[ROLE_CPU_TEXT]     = {2, 2, 0, 0, 0},
	[ROLE_IO_TEXT]      = {4, 4, 0, 0, 0},
	[ROLE_CLIENT_TEXT]  = {7, 7, 0, 0, 0},
	[ROLE_IPC_TEXT]     = {5, 5, 0, 0, 0},
	[ROLE_LWLOCK_TEXT]  = {11, 11, 0, 0, 0},
	[ROLE_TIMEOUT_TEXT] = {3, 3, 0, 0, 0},
	[ROLE_OTHER_TEXT]   = {8, 8, 0, 0, 0},
	[ROLE_LOCK_TEXT]    = {1, 1, 0, 0, 0},
};
/* clang-format on */
_Static_assert(ARRAY_LEN(plain) == ROLE__COUNT, "every role has a row");

static unsigned channel(uint32_t rgb, unsigned shift)
{
	return rgb >> shift & 0xff;
}

static unsigned square(unsigned a, unsigned b)
{
	return a > b ? (a - b) * (a - b) : (b - a) * (b - a);
}

static unsigned distance(uint32_t a, uint32_t b)
{
	return square(channel(a, 16), channel(b, 16)) + square(channel(a, 8), channel(b, 8)) +
	       square(channel(a, 0), channel(b, 0));
}

/* Number of the cube level nearest to a channel value, and the level. */
static unsigned cube_step(unsigned value, unsigned *ret_level)
{
	static const uint8_t levels[] = {0, 95, 135, 175, 215, 255};
	unsigned best = 0;

	for (unsigned i = 1; i < ARRAY_LEN(levels); i++)
		if (square(levels[i], value) < square(levels[best], value))
			best = i;
	*ret_level = levels[best];
	return best;
}

uint8_t theme_nearest256(uint32_t rgb)
{
	unsigned r, g, b;
	unsigned cube = 16 + 36 * cube_step(channel(rgb, 16), &r) + 6 * cube_step(channel(rgb, 8), &g) +
			cube_step(channel(rgb, 0), &b);
	unsigned cube_distance = distance(rgb, r << 16 | g << 8 | b);
	unsigned mean = (channel(rgb, 16) + channel(rgb, 8) + channel(rgb, 0) + 1) / 3;
	unsigned step = mean <= 8 ? 0 : (mean - 8 + 5) / 10;

	if (step > 23)
		step = 23;
	unsigned grey = 8 + 10 * step;
	return (uint8_t)(distance(rgb, grey << 16 | grey << 8 | grey) < cube_distance ? 232 + step : cube);
}

uint32_t theme_mix(uint32_t rgb, uint32_t ground, unsigned percent)
{
	uint32_t mixed = 0;

	for (unsigned shift = 0; shift <= 16; shift += 8) {
		unsigned sum = channel(rgb, shift) * (100 - percent) + channel(ground, shift) * percent;
		mixed |= (sum + 50) / 100 << shift;
	}
	return mixed;
}

static struct look rich_look(const struct theme *t, struct style s, uint8_t attr, bool rgb)
{
	uint8_t sent = (uint8_t)(attr & ~ATTR_DIM);

	if (attr & ATTR_DIM) {
		uint32_t fg = theme_mix(t->rgb[s.fg], t->rgb[ROLE_BG], DIM_PERCENT);
		uint32_t bg = s.bg == ROLE_BG ? t->rgb[ROLE_BG] : theme_mix(t->rgb[s.bg], t->rgb[ROLE_BG], DIM_PERCENT);
		if (rgb)
			return (struct look){fg, bg, sent};
		return (struct look){theme_nearest256(fg), s.bg == ROLE_BG ? t->index[ROLE_BG] : theme_nearest256(bg),
				     sent};
	}
	if (rgb)
		return (struct look){t->rgb[s.fg], t->rgb[s.bg], sent};
	return (struct look){t->index[s.fg], t->index[s.bg], sent};
}

static uint32_t plain_color(int8_t index)
{
	return index == NONE ? LOOK_DEFAULT : (uint32_t)index;
}

static struct look look16(struct style s, uint8_t attr)
{
	const struct plain *fg = &plain[s.fg], *bg = &plain[s.bg];

	if (attr & ATTR_DIM)
		return (struct look){8, LOOK_DEFAULT, 0};
	attr |= fg->attr16 | bg->bg_attr;
	/* Reversed colours would paint the row in patches. */
	if (bg->bg_attr & ATTR_REVERSE)
		return (struct look){LOOK_DEFAULT, LOOK_DEFAULT, attr};
	return (struct look){plain_color(fg->fg), plain_color(bg->bg), attr};
}

static struct look look_mono(struct style s, uint8_t attr)
{
	const struct plain *fg = &plain[s.fg], *bg = &plain[s.bg];

	if (attr & ATTR_DIM)
		return (struct look){LOOK_DEFAULT, LOOK_DEFAULT, ATTR_DIM};
	attr |= fg->attr | bg->bg_attr;
	/* Faint text on a reversed ground is hard to read on many terminals. */
	if (attr & ATTR_REVERSE)
		attr &= (uint8_t)~ATTR_DIM;
	return (struct look){LOOK_DEFAULT, LOOK_DEFAULT, attr};
}

struct look theme_look(const struct theme *t, struct style s, enum depth d)
{
	CHECK(s.fg < ROLE__COUNT && s.bg < ROLE__COUNT);
	uint8_t attr = s.attr | t->attr[s.fg];

	if (t->mono || d == DEPTH_MONO)
		return look_mono(s, attr);
	if (d == DEPTH_16)
		return look16(s, attr);
	return rich_look(t, s, attr, d == DEPTH_RGB);
}
