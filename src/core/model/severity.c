/*
 * severity.c: see severity.h.
 */
#include "model/severity.h"

#include "base/check.h"

static const char *const words[] = {
	[SEV_NONE] = "",           [SEV_OK] = "ok",        [SEV_NOTICE] = "notice",
	[SEV_UNKNOWN] = "unknown", [SEV_WARN] = "warning", [SEV_CRIT] = "critical",
};

const char *severity_word(enum severity s)
{
	return words[s];
}

enum severity severity_of_word(struct str word)
{
	for (size_t i = SEV_OK; i < ARRAY_LEN(words); i++)
		if (str_eq_c(word, words[i]))
			return (enum severity)i;
	return SEV_NONE;
}
