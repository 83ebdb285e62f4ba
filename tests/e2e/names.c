/*
 * names.c: a name service to order, preloaded into the program under test.
 *
 * Replaces getaddrinfo() for names with a dot. FAKE_NAMES is a file of lines "ADDRESS NAME", read at
 * every question, so that a test changes the answer while the program runs: a name that is not
 * listed does not exist, and one whose address is "silent" gets no answer until the line changes.
 * Everything else, "localhost" and numbers too, goes to the system.
 */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef int lookup_fn(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res);

/* False when the file does not list the name. */
static bool listed(const char *path, const char *name, char address[64])
{
	char line[512], at[64], listed_name[256];
	FILE *f = fopen(path, "re");
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		if (sscanf(line, "%63s %255s", at, listed_name) == 2 && strcmp(listed_name, name) == 0) {
			memcpy(address, at, sizeof(at));
			found = true;
		}
	if (f)
		fclose(f);
	return found;
}

static bool is_name(const char *node)
{
	return node && strchr(node, '.') && !strchr(node, ':') && strspn(node, "0123456789.") < strlen(node);
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res)
{
	lookup_fn *system_lookup;
	const char *path = getenv("FAKE_NAMES");
	void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
	char address[64];

	memcpy(&system_lookup, &symbol, sizeof(symbol));
	if (!path || !is_name(node) || (hints && hints->ai_flags & AI_NUMERICHOST))
		return system_lookup(node, service, hints, res);
	for (;;) {
		if (!listed(path, node, address))
			return EAI_NONAME;
		if (strcmp(address, "silent") != 0)
			return system_lookup(address, service, hints, res);
		nanosleep(&(struct timespec){0, 20000000}, NULL);
	}
}
