/*
 * embedded.h: text files compiled into the program (SQL, themes, terminfo).
 */
#ifndef BASE_EMBEDDED_H
#define BASE_EMBEDDED_H

#include <stddef.h>

struct embedded {
	const char *name; /* file name without folder */
	const char *text; /* NUL-terminated */
	size_t len;
};

#endif
