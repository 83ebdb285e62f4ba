/*
 * shows.h: what the screen of a test's `static struct fixture f` must and must not say. Include it
 * after cmocka.h.
 */
#ifndef TESTS_UI_SHOWS_H
#define TESTS_UI_SHOWS_H

#define SHOWS(text)                                                          \
	do {                                                                 \
		if (!fixture_shows(&f, (text)))                              \
			fail_msg("the screen does not show \"%s\"", (text)); \
	} while (0)
#define HIDES(text)                                                  \
	do {                                                         \
		if (fixture_shows(&f, (text)))                       \
			fail_msg("the screen shows \"%s\"", (text)); \
	} while (0)
#define PANE_SHOWS(pane, text)                                                      \
	do {                                                                        \
		if (!fixture_shows_in(&f, fixture_pane(&f, (pane))->frame, (text))) \
			fail_msg("pane %s does not show \"%s\"", (pane), (text));   \
	} while (0)

#endif
