/*
 * theme_impl.h: the inside of a theme, shared by theme.c (reading) and theme_look.c (colours).
 */
#ifndef UI_THEME_IMPL_H
#define UI_THEME_IMPL_H

#include "ui/theme.h"

#define THEME_NAME_MAX 48

struct theme {
	char name[THEME_NAME_MAX];
	unsigned serial; /* differs for every load, so that a repaint is never missed */
	bool mono;       /* no colour at any depth */
	uint32_t rgb[ROLE__COUNT];
	uint8_t attr[ROLE__COUNT];
	uint8_t index[ROLE__COUNT]; /* of the 256 colours */
};

/* Nearest of the cube (16..231) and the greys (232..255) of the 256 colours; never one of the user's first 16. */
uint8_t theme_nearest256(uint32_t rgb);
/* The colour share percent of the way from rgb to ground. */
uint32_t theme_mix(uint32_t rgb, uint32_t ground, unsigned percent);

#endif
