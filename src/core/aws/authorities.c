/*
 * authorities.c: a short list, one entry for each file in use. An entry goes when it is
 * doubted; handles that still use it hold references of their own. A file that could not be
 * read is tried again.
 */
#include "aws/authorities.h"

#include "base/check.h"
#include "base/xalloc.h"

#include <openssl/err.h>
#include <pthread.h>

struct entry {
	char *path; /* "" = the system's */
	X509_STORE *store;
	struct entry *next;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct entry *entries;

static X509_STORE *read_store(const char *path)
{
	X509_STORE *store = X509_STORE_new();

	CHECK(store);
	/* The same flags libcurl sets on its own store. */
	X509_STORE_set_flags(store, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
	if (path[0] ? X509_STORE_load_file(store, path) : X509_STORE_set_default_paths(store))
		return store;
	X509_STORE_free(store);
	ERR_clear_error();
	return NULL;
}

static X509_STORE *find_or_read(const char *path)
{
	struct entry *e;

	for (e = entries; e; e = e->next)
		if (strcmp(e->path, path) == 0)
			return e->store;
	e = xalloc(sizeof(*e));
	*e = (struct entry){.path = xstrdup(path), .store = read_store(path), .next = entries};
	if (e->store) {
		entries = e;
		return e->store;
	}
	xfree(e->path);
	xfree(e);
	return NULL;
}

X509_STORE *authorities_of(const char *path)
{
	X509_STORE *store;

	pthread_mutex_lock(&mutex);
	store = find_or_read(path ? path : "");
	if (store)
		CHECK(X509_STORE_up_ref(store) == 1);
	pthread_mutex_unlock(&mutex);
	return store;
}

void authorities_doubt(const char *path)
{
	pthread_mutex_lock(&mutex);
	for (struct entry **at = &entries; *at; at = &(*at)->next) {
		struct entry *e = *at;

		if (strcmp(e->path, path ? path : "") != 0)
			continue;
		*at = e->next;
		X509_STORE_free(e->store);
		xfree(e->path);
		xfree(e);
		break;
	}
	pthread_mutex_unlock(&mutex);
}
