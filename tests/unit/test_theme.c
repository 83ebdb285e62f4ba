/*
 * test_theme.c: the palettes keep their promises (contrast, distance between wait classes for
 * every kind of colour vision), looks at every depth, and theme files with faults.
 *
 * Contrast is WCAG 2's; distances are CIEDE2000 (Sharma, Wu, Dalal 2005); colour vision
 * deficiencies are simulated with the matrices of Machado, Oliveira and Fernandes 2009 for
 * severity 1.0, applied to linear RGB.
 */
#include "base/check.h"
#include "ui/theme.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PI 3.14159265358979323846

static const char *const shipped[] = {"dark", "light", "high-contrast", "colour-blind", "nord", "solarized"};
static const enum role grounds[] = {ROLE_BG, ROLE_BAR, ROLE_RAISED, ROLE_IDLEBG, ROLE_SELBG};
static const enum role texts[] = {ROLE_FG,   ROLE_STRONG, ROLE_MUTED, ROLE_ACCENT, ROLE_OK,  ROLE_NOTICE,
				  ROLE_WARN, ROLE_CRIT,   ROLE_KW,    ROLE_STRLIT, ROLE_NUM, ROLE_PAR};

#define CLASSES 8

static struct theme *load(const char *name)
{
	struct theme *t = NULL;
	struct err err = {0};

	if (!theme_load(name, &t, &err))
		fail_msg("%s; %s", err.text, err.remedy);
	return t;
}

struct triple {
	double a, b, c;
};

static double linear(unsigned v)
{
	double s = v / 255.0;

	return s <= 0.04045 ? s / 12.92 : pow((s + 0.055) / 1.055, 2.4);
}

static struct triple linear_rgb(uint32_t rgb)
{
	return (struct triple){linear(rgb >> 16 & 255), linear(rgb >> 8 & 255), linear(rgb & 255)};
}

static double luminance(uint32_t rgb)
{
	struct triple t = linear_rgb(rgb);

	return 0.2126 * t.a + 0.7152 * t.b + 0.0722 * t.c;
}

static double contrast(uint32_t one, uint32_t two)
{
	double a = luminance(one), b = luminance(two);

	return (fmax(a, b) + 0.05) / (fmin(a, b) + 0.05);
}

enum vision { NORMAL, DEUTAN, PROTAN, TRITAN, VISIONS };

static struct triple seen(struct triple t, enum vision v)
{
	static const double matrices[VISIONS][9] = {
		[NORMAL] = {1, 0, 0, 0, 1, 0, 0, 0, 1},
		[DEUTAN] = {0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881},
		[PROTAN] = {0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116,
			    1.051998},
		[TRITAN] = {1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367,
			    0.303900},
	};
	const double *m = matrices[v];

	return (struct triple){fmin(fmax(m[0] * t.a + m[1] * t.b + m[2] * t.c, 0), 1),
			       fmin(fmax(m[3] * t.a + m[4] * t.b + m[5] * t.c, 0), 1),
			       fmin(fmax(m[6] * t.a + m[7] * t.b + m[8] * t.c, 0), 1)};
}

static double lab_f(double t)
{
	return t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116;
}

static struct triple lab(struct triple t)
{
	double x = lab_f((0.4124564 * t.a + 0.3575761 * t.b + 0.1804375 * t.c) / 0.95047);
	double y = lab_f(0.2126729 * t.a + 0.7151522 * t.b + 0.0721750 * t.c);
	double z = lab_f((0.0193339 * t.a + 0.1191920 * t.b + 0.9503041 * t.c) / 1.08883);

	return (struct triple){116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

static double hue(double b, double a)
{
	double h = atan2(b, a) * 180 / PI;

	return h < 0 ? h + 360 : h;
}

static double cosine(double degrees)
{
	return cos(degrees * PI / 180);
}

static double ciede2000(struct triple one, struct triple two)
{
	double c_mean = (hypot(one.b, one.c) + hypot(two.b, two.c)) / 2;
	double g = 0.5 * (1 - sqrt(pow(c_mean, 7) / (pow(c_mean, 7) + pow(25, 7))));
	double a1 = one.b * (1 + g), a2 = two.b * (1 + g);
	double c1 = hypot(a1, one.c), c2 = hypot(a2, two.c);
	double h1 = hue(one.c, a1), h2 = hue(two.c, a2), dh = h2 - h1;

	if (c1 * c2 < 1e-12)
		dh = 0;
	else if (dh > 180)
		dh -= 360;
	else if (dh < -180)
		dh += 360;
	double dl = two.a - one.a, dc = c2 - c1, big_dh = 2 * sqrt(c1 * c2) * sin(dh / 2 * PI / 180);
	double l = (one.a + two.a) / 2, c = (c1 + c2) / 2, h = h1 + h2;

	if (c1 * c2 >= 1e-12)
		h = fabs(h1 - h2) <= 180 ? h / 2 : h < 360 ? (h + 360) / 2 : (h - 360) / 2;
	double t =
		1 - 0.17 * cosine(h - 30) + 0.24 * cosine(2 * h) + 0.32 * cosine(3 * h + 6) - 0.20 * cosine(4 * h - 63);
	double turn = 30 * exp(-pow((h - 275) / 25, 2));
	double rc = 2 * sqrt(pow(c, 7) / (pow(c, 7) + pow(25, 7)));
	double sl = 1 + 0.015 * pow(l - 50, 2) / sqrt(20 + pow(l - 50, 2));
	double sc = 1 + 0.045 * c, sh = 1 + 0.015 * c * t;
	double rt = -sin(2 * turn * PI / 180) * rc;

	return sqrt(pow(dl / sl, 2) + pow(dc / sc, 2) + pow(big_dh / sh, 2) + rt * (dc / sc) * (big_dh / sh));
}

static double distance_seen(uint32_t one, uint32_t two, enum vision v)
{
	return ciede2000(lab(seen(linear_rgb(one), v)), lab(seen(linear_rgb(two), v)));
}

/* The measuring rod itself, on pairs from the CIEDE2000 paper. */
static void the_distance_is_ciede2000(void **state)
{
	(void)state;
	assert_true(fabs(ciede2000((struct triple){50, 2.6772, -79.7751}, (struct triple){50, 0, -82.7485}) - 2.0425) <
		    1e-4);
	assert_true(fabs(ciede2000((struct triple){50, 2.5, 0}, (struct triple){73, 25, -18}) - 27.1492) < 1e-4);
	assert_true(
		fabs(ciede2000((struct triple){2.0776, 0.0795, -1.1350}, (struct triple){0.9033, -0.0636, -0.5514}) -
		     0.9082) < 1e-4);
	assert_true(fabs(contrast(0xffffff, 0x000000) - 21) < 1e-9);
}

/* RGB of one of the 256 colours. */
static uint32_t rgb256(uint32_t i)
{
	static const uint8_t levels[] = {0, 95, 135, 175, 215, 255};

	assert_in_range(i, 16, 255);
	if (i >= 232)
		return (8 + 10 * (i - 232)) * 0x010101u;
	i -= 16;
	return (uint32_t)levels[i / 36] << 16 | (uint32_t)levels[i / 6 % 6] << 8 | levels[i % 6];
}

static uint32_t color_at(const struct theme *t, enum role text, enum role ground, enum depth d, bool want_ground)
{
	struct look look = theme_look(t, STYLE(text, ground, 0), d);
	uint32_t c = want_ground ? look.bg : look.fg;

	return d == DEPTH_RGB ? c : rgb256(c);
}

static void assert_readable(const struct theme *t, enum role text, enum role ground, enum depth d, double floor_)
{
	double c = contrast(color_at(t, text, ground, d, false), color_at(t, text, ground, d, true));

	if (c < floor_)
		fail_msg("%s: %s on %s has contrast %.2f, needs %.1f", theme_name(t), role_name(text),
			 role_name(ground), c, floor_);
}

static void text_is_readable_on_every_ground(void **state)
{
	static const double floors[] = {4.6, 4.6, 7.0, 4.6, 4.6, 4.6};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(shipped); i++) {
		struct theme *t = load(shipped[i]);
		for (size_t g = 0; g < ARRAY_LEN(grounds); g++) {
			for (size_t r = 0; r < ARRAY_LEN(texts); r++) {
				assert_readable(t, texts[r], grounds[g], DEPTH_RGB, floors[i]);
				assert_readable(t, texts[r], grounds[g], DEPTH_256, 4.5);
			}
			for (unsigned k = 0; k < CLASSES; k++) {
				assert_readable(t, (enum role)(ROLE_CPU_TEXT + k), grounds[g], DEPTH_RGB, 4.5);
				assert_readable(t, (enum role)(ROLE_CPU_TEXT + k), grounds[g], DEPTH_256, 4.5);
			}
		}
		for (unsigned k = 0; k < CLASSES; k++)
			assert_readable(t, (enum role)(ROLE_CPU + k), ROLE_BG, DEPTH_RGB, 3.0);
		assert_readable(t, ROLE_MATCH, ROLE_MATCHBG, DEPTH_RGB, 4.5);
		theme_free(t);
	}
}

static void assert_apart(const struct theme *t, unsigned a, unsigned b, enum vision v, enum depth d, double floor_)
{
	uint32_t one = color_at(t, (enum role)(ROLE_CPU + a), ROLE_BG, d, false);
	uint32_t two = color_at(t, (enum role)(ROLE_CPU + b), ROLE_BG, d, false);
	double apart = distance_seen(one, two, v);

	if (apart < floor_)
		fail_msg("%s: %s and %s are %.1f apart in vision %d, need %.1f", theme_name(t),
			 role_name((enum role)(ROLE_CPU + a)), role_name((enum role)(ROLE_CPU + b)), apart, (int)v,
			 floor_);
}

static void wait_classes_stay_apart(void **state)
{
	static const double floors[VISIONS] = {[NORMAL] = 10, [DEUTAN] = 10, [PROTAN] = 10, [TRITAN] = 8};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(shipped); i++) {
		struct theme *t = load(shipped[i]);
		for (unsigned v = 0; v < VISIONS; v++)
			for (unsigned a = 0; a < CLASSES; a++)
				for (unsigned b = a + 1; b < CLASSES; b++) {
					assert_apart(t, a, b, (enum vision)v, DEPTH_RGB, b == a + 1 ? 13 : floors[v]);
					assert_apart(t, a, b, (enum vision)v, DEPTH_256, 8.4);
				}
		theme_free(t);
	}
}

static void colour_blind_verdicts_stay_apart(void **state)
{
	static const enum role verdicts[] = {ROLE_OK, ROLE_WARN, ROLE_CRIT};
	struct theme *t = load("colour-blind");

	(void)state;
	for (unsigned v = 0; v < VISIONS; v++)
		for (size_t a = 0; a < ARRAY_LEN(verdicts); a++)
			for (size_t b = 0; b < a; b++)
				assert_true(distance_seen(theme_rgb(t, verdicts[a]), theme_rgb(t, verdicts[b]),
							  (enum vision)v) >= 14);
	theme_free(t);
}

static void palettes_are_those_of_the_visual_system(void **state)
{
	struct theme *dark = load("dark"), *light = load("light"), *high = load("high-contrast"),
		     *blind = load("colour-blind");

	(void)state;
	assert_int_equal(theme_rgb(dark, ROLE_BG), 0x0f141b);
	assert_int_equal(theme_rgb(dark, ROLE_ACCENT), 0xb5a7ff);
	assert_int_equal(theme_rgb(dark, ROLE_CRITBG), 0x3b1d24);
	assert_int_equal(theme_rgb(dark, ROLE_G3B), 0x44324b);
	assert_int_equal(theme_rgb(dark, ROLE_IO), 0x4c82ea);
	assert_int_equal(theme_rgb(dark, ROLE_IO_TEXT), 0x6795ed);
	assert_int_equal(theme_rgb(light, ROLE_MATCHBG), 0xffe08a);
	assert_int_equal(theme_rgb(light, ROLE_LOCK_TEXT), 0xc0243c);
	assert_int_equal(theme_rgb(high, ROLE_BG), 0x000000);
	assert_int_equal(theme_rgb(high, ROLE_PAR), 0x8fdcff);
	assert_int_equal(theme_rgb(blind, ROLE_WARN), 0xf2e35c);
	assert_int_equal(theme_rgb(blind, ROLE_CPU), 0x247a63);
	theme_free(dark);
	theme_free(light);
	theme_free(high);
	theme_free(blind);
}

static void wait_classes_in_256_colours(void **state)
{
	static const uint8_t table[][CLASSES] = {
		{37, 26, 195, 183, 226, 130, 242, 210},
		{29, 25, 67, 89, 136, 94, 245, 197},
		{151, 147, 159, 133, 228, 178, 246, 197},
		{30, 75, 195, 128, 226, 130, 249, 209},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct theme *t = load(shipped[i]);
		for (unsigned k = 0; k < CLASSES; k++)
			assert_int_equal(theme_look(t, STYLE(ROLE_CPU + k, ROLE_BG, 0), DEPTH_256).fg, table[i][k]);
		if (strcmp(shipped[i], "light") != 0)
			assert_int_equal(theme_look(t, STYLE(ROLE_FG, ROLE_SELBG, 0), DEPTH_256).bg, 237);
		theme_free(t);
	}
}

static void nearest_of_256_is_nearest(void **state)
{
	struct theme *t = load("dark");

	(void)state;
	/* Grounds are told apart from the selection, and are greys. */
	assert_int_equal(theme_look(t, STYLE(ROLE_FG, ROLE_BG, 0), DEPTH_256).bg, 233);
	assert_int_equal(theme_look(t, STYLE(ROLE_FG, ROLE_BAR, 0), DEPTH_256).bg, 234);
	/* By search over all of them. */
	for (unsigned r = 0; r < ROLE__COUNT; r++) {
		static const enum role free_roles[] = {ROLE_FG, ROLE_STRONG, ROLE_LINE, ROLE_ACCENT, ROLE_G1, ROLE_PAR};
		bool is_free = false;
		for (size_t i = 0; i < ARRAY_LEN(free_roles); i++)
			is_free |= free_roles[i] == (enum role)r;
		if (!is_free)
			continue;
		uint32_t want = theme_rgb(t, (enum role)r), got = theme_look(t, STYLE(r, ROLE_BG, 0), DEPTH_256).fg;
		double best = 1e9, mine = 0;
		for (uint32_t i = 16; i < 256; i++) {
			uint32_t c = rgb256(i);
			double d = pow((double)(c >> 16 & 255) - (want >> 16 & 255), 2) +
				   pow((double)(c >> 8 & 255) - (want >> 8 & 255), 2) +
				   pow((double)(c & 255) - (want & 255), 2);
			best = fmin(best, d);
			if (i == got)
				mine = d;
		}
		assert_true(mine <= best);
	}
	theme_free(t);
}

static void looks_with_16_colours(void **state)
{
	static const uint8_t waits[CLASSES] = {2, 4, 7, 5, 11, 3, 8, 1};
	struct theme *t = load("dark");
	struct look l;

	(void)state;
	l = theme_look(t, STYLE(ROLE_FG, ROLE_BG, 0), DEPTH_16);
	assert_true(l.fg == LOOK_DEFAULT && l.bg == LOOK_DEFAULT && l.attr == 0);
	assert_int_equal(theme_look(t, STYLE(ROLE_MUTED, ROLE_BAR, 0), DEPTH_16).fg, 8);
	assert_int_equal(theme_look(t, STYLE(ROLE_GRID, ROLE_BAR, 0), DEPTH_16).fg, 8);
	l = theme_look(t, STYLE(ROLE_ACCENT, ROLE_BG, 0), DEPTH_16);
	assert_true(l.fg == LOOK_DEFAULT && l.attr == ATTR_BOLD);
	l = theme_look(t, STYLE(ROLE_MUTED, ROLE_SELBG, 0), DEPTH_16);
	assert_true(l.fg == LOOK_DEFAULT && l.bg == LOOK_DEFAULT && l.attr == ATTR_REVERSE);
	assert_int_equal(theme_look(t, STYLE(ROLE_OK, ROLE_BG, 0), DEPTH_16).fg, 2);
	assert_int_equal(theme_look(t, STYLE(ROLE_NOTICE, ROLE_BG, 0), DEPTH_16).fg, 6);
	assert_int_equal(theme_look(t, STYLE(ROLE_WARN, ROLE_BG, 0), DEPTH_16).fg, 3);
	assert_int_equal(theme_look(t, STYLE(ROLE_CRIT, ROLE_BG, 0), DEPTH_16).fg, 9);
	for (unsigned k = 0; k < CLASSES; k++) {
		assert_int_equal(theme_look(t, STYLE(ROLE_CPU + k, ROLE_BG, 0), DEPTH_16).fg, waits[k]);
		assert_int_equal(theme_look(t, STYLE(ROLE_CPU_TEXT + k, ROLE_BG, 0), DEPTH_16).fg, waits[k]);
		assert_int_equal(theme_look(t, STYLE(ROLE_FG, ROLE_CPU + k, 0), DEPTH_16).bg, waits[k]);
	}
	theme_free(t);
}

static void looks_without_colour(void **state)
{
	struct theme *t = load("dark"), *mono = load("mono");

	(void)state;
	assert_false(theme_is_mono(t));
	assert_true(theme_is_mono(mono));
	for (unsigned r = 0; r < ROLE__COUNT; r++) {
		struct look l = theme_look(t, STYLE(r, r, 0), DEPTH_MONO);
		assert_true(l.fg == LOOK_DEFAULT && l.bg == LOOK_DEFAULT);
		/* The mono theme is that at every depth. */
		struct look m = theme_look(mono, STYLE(r, r, 0), DEPTH_RGB);
		assert_true(m.fg == l.fg && m.bg == l.bg && m.attr == l.attr);
	}
	assert_int_equal(theme_look(t, STYLE(ROLE_STRONG, ROLE_BG, 0), DEPTH_MONO).attr, ATTR_BOLD);
	assert_int_equal(theme_look(t, STYLE(ROLE_ACCENT, ROLE_BG, 0), DEPTH_MONO).attr, ATTR_BOLD);
	assert_int_equal(theme_look(t, STYLE(ROLE_WARN, ROLE_BG, 0), DEPTH_MONO).attr, ATTR_BOLD);
	assert_int_equal(theme_look(t, STYLE(ROLE_CRIT, ROLE_BG, 0), DEPTH_MONO).attr, ATTR_BOLD);
	assert_int_equal(theme_look(t, STYLE(ROLE_MUTED, ROLE_BG, 0), DEPTH_MONO).attr, ATTR_DIM);
	assert_int_equal(theme_look(t, STYLE(ROLE_FG, ROLE_SELBG, 0), DEPTH_MONO).attr, ATTR_REVERSE);
	assert_int_equal(theme_look(t, STYLE(ROLE_MUTED, ROLE_SELBG, 0), DEPTH_MONO).attr, ATTR_REVERSE);
	assert_int_equal(theme_look(t, STYLE(ROLE_MATCH, ROLE_MATCHBG, 0), DEPTH_MONO).attr,
			 ATTR_BOLD | ATTR_UNDERLINE);
	assert_int_equal(theme_look(t, STYLE(ROLE_OK, ROLE_BG, ATTR_UNDERLINE), DEPTH_MONO).attr, ATTR_UNDERLINE);
	theme_free(t);
	theme_free(mono);
}

static void dimming_mixes_towards_the_ground(void **state)
{
	struct theme *t = load("dark");
	struct look l = theme_look(t, STYLE(ROLE_CRIT, ROLE_BG, ATTR_DIM | ATTR_BOLD), DEPTH_RGB);

	(void)state;
	/* 40 % of #ff7069 and 60 % of #0f141b. */
	assert_int_equal(l.fg, 0x6f393a);
	assert_int_equal(l.bg, 0x0f141b);
	assert_int_equal(l.attr, ATTR_BOLD);
	l = theme_look(t, STYLE(ROLE_CRIT, ROLE_SELBG, ATTR_DIM), DEPTH_RGB);
	assert_int_equal(l.bg, 0x1a1e2f);
	assert_int_equal(theme_look(t, STYLE(ROLE_CRIT, ROLE_BG, ATTR_DIM), DEPTH_16).fg, 8);
	assert_int_equal(theme_look(t, STYLE(ROLE_CRIT, ROLE_BG, ATTR_DIM), DEPTH_MONO).attr, ATTR_DIM);
	assert_true(theme_look(t, STYLE(ROLE_CRIT, ROLE_BG, ATTR_DIM), DEPTH_256).fg >= 16);
	theme_free(t);
}

/* A folder for the user's own themes. */
static char home[] = "/tmp/test-theme-XXXXXX";

static void user_file(const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/auroratop/themes/%s", home, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int home_setup(void **state)
{
	char path[256];

	(void)state;
	if (!mkdtemp(home))
		return -1;
	snprintf(path, sizeof(path), "%s/auroratop", home);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/auroratop/themes", home);
	mkdir(path, 0700);
	setenv("XDG_CONFIG_HOME", home, 1);
	setenv("XDG_DATA_DIRS", "relative/is/ignored", 1);
	return 0;
}

static int home_teardown(void **state)
{
	static const char *const names[] = {"mine.ini", "bad.ini", "dark.ini", ".hidden.ini", "notes.txt"};
	char path[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), "%s/auroratop/themes/%s", home, names[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/auroratop/themes", home);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/auroratop", home);
	rmdir(path);
	return rmdir(home);
}

static void a_users_theme_may_be_short(void **state)
{
	(void)state;
	user_file("mine.ini",
		  "[theme]\nbase = light\n[colors]\nfg = #102030 bold underline\naccent = #AABBCC\nlock = #ff0000\n"
		  "[colors256]\nlock = 160\n");
	struct theme *t = load("mine"), *light = load("light");
	assert_string_equal(theme_name(t), "mine");
	assert_int_equal(theme_rgb(t, ROLE_FG), 0x102030);
	assert_int_equal(theme_look(t, STYLE(ROLE_FG, ROLE_BG, 0), DEPTH_RGB).attr, ATTR_BOLD | ATTR_UNDERLINE);
	/* Left out, but what it follows is set: keywords follow the accent, text of a class its area. */
	assert_int_equal(theme_rgb(t, ROLE_KW), 0xaabbcc);
	assert_int_equal(theme_rgb(t, ROLE_STRONG), 0x102030);
	assert_int_equal(theme_rgb(t, ROLE_FAINT), 0x102030);
	assert_int_equal(theme_rgb(t, ROLE_LOCK_TEXT), 0xff0000);
	assert_int_equal(theme_look(t, STYLE(ROLE_LOCK_TEXT, ROLE_BG, 0), DEPTH_256).fg, 160);
	/* Left out wholly: as in the base. */
	assert_int_equal(theme_rgb(t, ROLE_BG), theme_rgb(light, ROLE_BG));
	assert_int_equal(theme_rgb(t, ROLE_IO), theme_rgb(light, ROLE_IO));
	assert_int_equal(theme_look(t, STYLE(ROLE_IO, ROLE_BG, 0), DEPTH_256).fg, 25);
	assert_int_not_equal(theme_serial(t), theme_serial(light));
	theme_free(t);
	theme_free(light);
}

static void a_users_file_overrides_ours(void **state)
{
	(void)state;
	user_file("dark.ini", "[colors]\nbg = #000001\n");
	struct theme *t = load("dark");
	assert_int_equal(theme_rgb(t, ROLE_BG), 0x000001);
	assert_int_equal(theme_rgb(t, ROLE_BAR), 0x000001);
	assert_int_equal(theme_rgb(t, ROLE_CRIT), 0xff7069);
	theme_free(t);
}

static void names_are_listed_once_and_sorted(void **state)
{
	const char *names[32];

	(void)state;
	user_file("mine.ini", "[colors]\n");
	user_file("dark.ini", "[colors]\n");
	user_file(".hidden.ini", "[colors]\n");
	user_file("notes.txt", "");
	size_t n = theme_names(names, ARRAY_LEN(names));
	bool mine = false;
	assert_true(n >= 6);
	for (size_t i = 0; i < n; i++) {
		mine |= strcmp(names[i], "mine") == 0;
		assert_int_not_equal(names[i][0], '.');
		if (i)
			assert_true(strcmp(names[i - 1], names[i]) < 0);
	}
	assert_true(mine);
	assert_int_equal(theme_names(names, 2), 2);
}

static void faults_are_named_with_file_and_line(void **state)
{
	struct theme *t = NULL;
	struct err err = {0};

	(void)state;
	user_file("bad.ini", "[theme]\nbase = green\ncolour = x\n[colors]\nacent = #112233\nfg = blue\nok = #12345g\n"
			     "warn = #123456 blink\n[colors256]\nfg = 256\n[paint]\na = b\n");
	assert_false(theme_load("bad", &t, &err));
	assert_int_equal(err.code, ERR_CONFIG);
	assert_non_null(strstr(err.text, "bad.ini:2: unknown base \"green\""));
	assert_non_null(strstr(err.text, "bad.ini:3: no such key \"colour\""));
	user_file("bad.ini", "[colors]\nacent = #112233\n");
	assert_false(theme_load("bad", &t, &err));
	assert_non_null(strstr(err.text, "did you mean accent"));
	static const char *const bad[] = {"fg = blue", "fg = #12345g",       "fg = #1234567",
					  "fg =",      "fg = #123456 blink", "fg = bold"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		char text[128];
		snprintf(text, sizeof(text), "[colors]\n%s\n", bad[i]);
		user_file("bad.ini", text);
		assert_false(theme_load("bad", &t, &err));
		assert_non_null(strstr(err.text, "bad.ini:2: not a colour"));
	}
	user_file("bad.ini", "[colors256]\nfg = 256\n");
	assert_false(theme_load("bad", &t, &err));
	assert_non_null(strstr(err.text, "0 to 255"));
	user_file("bad.ini", "[paint]\na = b\n");
	assert_false(theme_load("bad", &t, &err));
	assert_non_null(strstr(err.text, "no such section"));
	assert_true(err.remedy[0] != 0);
}

static void unknown_names_get_the_nearest(void **state)
{
	static const char *const nonsense[] = {"", "../dark", "/etc/passwd", ".hidden", "a b", "zzzzzzzzzzzzzz"};
	struct theme *t = NULL;
	struct err err = {0};

	(void)state;
	assert_false(theme_load("lihgt", &t, &err));
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_non_null(strstr(err.remedy, "light"));
	for (size_t i = 0; i < ARRAY_LEN(nonsense); i++) {
		assert_false(theme_load(nonsense[i], &t, &err));
		assert_int_equal(err.code, ERR_NOT_FOUND);
		assert_true(err.remedy[0] != 0);
	}
	assert_null(t);
}

static void roles_have_names(void **state)
{
	(void)state;
	for (unsigned a = 0; a < ROLE__COUNT; a++)
		for (unsigned b = 0; b < a; b++)
			assert_string_not_equal(role_name((enum role)a), role_name((enum role)b));
	assert_string_equal(role_name(ROLE_LOCK_TEXT), "lock_text");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_distance_is_ciede2000),
		cmocka_unit_test(text_is_readable_on_every_ground),
		cmocka_unit_test(wait_classes_stay_apart),
		cmocka_unit_test(colour_blind_verdicts_stay_apart),
		cmocka_unit_test(palettes_are_those_of_the_visual_system),
		cmocka_unit_test(wait_classes_in_256_colours),
		cmocka_unit_test(nearest_of_256_is_nearest),
		cmocka_unit_test(looks_with_16_colours),
		cmocka_unit_test(looks_without_colour),
		cmocka_unit_test(dimming_mixes_towards_the_ground),
		cmocka_unit_test(a_users_theme_may_be_short),
		cmocka_unit_test(faults_are_named_with_file_and_line),
		cmocka_unit_test(unknown_names_get_the_nearest),
		cmocka_unit_test(roles_have_names),
		cmocka_unit_test(names_are_listed_once_and_sorted),
		/* The last one, because its file stays. */
		cmocka_unit_test(a_users_file_overrides_ours),
	};

	return cmocka_run_group_tests(tests, home_setup, home_teardown);
}
