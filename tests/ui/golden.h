/*
 * golden.h: a fixture's picture compared with a file of tests/golden.
 */
#ifndef TESTS_UI_GOLDEN_H
#define TESTS_UI_GOLDEN_H

#include "tests/ui/fixture.h"

/* Rows that differ, the first ones printed, wanted above seen; with update the file is written anew and 0 is returned.
 */
size_t golden_compare(const struct fixture *f, const char *path, bool update);
/* The same of a text. */
size_t golden_compare_text(struct str have, const char *path, bool update);
/* UPDATE_GOLDEN=1 is set. */
bool golden_update(void);

#endif
