/*
 * authorities.c: certificate files, each read once until it is doubted.
 *
 * A bundle holds some 140 authorities, of which one is needed. So of a file only a hash of each
 * subject and its place are kept, and a certificate is read there and becomes an object of
 * OpenSSL when a chain leads to it: what a lookup method of an X509_STORE is for. Such an object
 * stays in the store. A file that was changed in between has no such certificate at that place:
 * the chain fails, the file is doubted and read again.
 *
 * A file that could not be read, or has no certificate, is not remembered.
 */
#include "aws/authorities.h"

#include "base/check.h"
#include "base/xalloc.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <stdbool.h>

#define AUTHORITIES_MAX 4096

struct authority {
	unsigned long subject; /* hash of its name */
	long at;               /* where it begins */
};

/* What a file says; belongs to its store and goes with the last reference to it. */
struct bundle {
	char *path;
	struct authority *items;
	size_t n, cap;
};

struct entry {
	char *path; /* "" = the system's */
	X509_STORE *store;
	struct entry *next;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct entry *entries;

static bool add_authority(struct bundle *e, const X509 *x, long at)
{
	if (e->n == AUTHORITIES_MAX)
		return false;
	if (e->n == e->cap) {
		e->cap = e->cap ? 2 * e->cap : 64;
		e->items = xrealloc_array(e->items, e->cap, sizeof(*e->items));
	}
	e->items[e->n++] = (struct authority){
		.subject = X509_NAME_hash_ex(X509_get_subject_name(x), NULL, NULL, NULL),
		.at = at,
	};
	return true;
}

/* Left to itself, OpenSSL would ask at the terminal. */
static int no_password(char *buf, int size, int rwflag, void *ctx)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)ctx;
	return -1;
}

static bool read_file(struct bundle *e)
{
	BIO *in = BIO_new_file(e->path, "r");
	bool ok = in != NULL;

	while (ok) {
		long at = BIO_tell(in);
		X509 *x = PEM_read_bio_X509_AUX(in, NULL, no_password, NULL);

		if (!x)
			break;
		ok = at >= 0 && add_authority(e, x, at);
		X509_free(x);
	}
	/* the end of the file is an error of the reader, too */
	ok = ok && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE && e->n > 0;
	ERR_clear_error();
	BIO_free(in);
	return ok;
}

/* NULL when there is none at that place. */
static X509 *read_at(const struct bundle *e, long at)
{
	ERR_set_mark();
	BIO *in = BIO_new_file(e->path, "r");
	X509 *x = in && BIO_seek(in, (int)at) == 0 ? PEM_read_bio_X509_AUX(in, NULL, no_password, NULL) : NULL;

	BIO_free(in);
	ERR_pop_to_mark();
	return x;
}

/* OpenSSL asks for the issuer of a certificate: all that bear the name go into the store, one into *ret. Any thread. */
static int find_by_subject(X509_LOOKUP *lookup, X509_LOOKUP_TYPE type, const X509_NAME *name, X509_OBJECT *ret)
{
	const struct bundle *e = X509_LOOKUP_get_method_data(lookup);
	unsigned long subject = X509_NAME_hash_ex(name, NULL, NULL, NULL);
	int found = 0;

	for (size_t i = 0; type == X509_LU_X509 && i < e->n; i++) {
		X509 *x = e->items[i].subject == subject ? read_at(e, e->items[i].at) : NULL;

		if (x && X509_NAME_cmp(X509_get_subject_name(x), name) == 0 &&
		    X509_STORE_add_cert(X509_LOOKUP_get_store(lookup), x) == 1 && !found) {
			found = X509_OBJECT_set1_X509(ret, x) == 1;
			/* the caller takes a reference of its own; what the object points to is the store's */
			if (found)
				X509_free(x);
		}
		X509_free(x);
	}
	return found;
}

/* OpenSSL calls it when a store's last reference goes: no chain can ask for its authorities any more. */
static void free_bundle(void *parent, void *data, CRYPTO_EX_DATA *ad, int index, long argl, void *argp)
{
	struct bundle *b = data;

	(void)parent;
	(void)ad;
	(void)index;
	(void)argl;
	(void)argp;
	if (!b)
		return;
	xfree(b->path);
	xfree(b->items);
	xfree(b);
}

/* Under the mutex. */
static bool fill_store(struct entry *e)
{
	static X509_LOOKUP_METHOD *method;
	static int index = -1;
	struct bundle *bundle;
	X509_LOOKUP *lookup;

	e->store = X509_STORE_new();
	CHECK(e->store);
	/* The same flags libcurl sets on its own store. */
	X509_STORE_set_flags(e->store, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
	if (!e->path[0])
		return X509_STORE_set_default_paths(e->store) == 1;
	if (!method) {
		method = X509_LOOKUP_meth_new("authorities of a file");
		CHECK(method && X509_LOOKUP_meth_set_get_by_subject(method, find_by_subject));
		index = CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_X509_STORE, 0, NULL, NULL, NULL, free_bundle);
		CHECK(index >= 0);
	}
	bundle = xalloc(sizeof(*bundle));
	bundle->path = xstrdup(e->path);
	CHECK(X509_STORE_set_ex_data(e->store, index, bundle) == 1);
	lookup = X509_STORE_add_lookup(e->store, method);
	CHECK(lookup && X509_LOOKUP_set_method_data(lookup, bundle));
	return read_file(bundle);
}

static void free_entry(struct entry *e)
{
	X509_STORE_free(e->store);
	xfree(e->path);
	xfree(e);
}

static X509_STORE *find_or_read(const char *path)
{
	struct entry *e;

	for (e = entries; e; e = e->next)
		if (strcmp(e->path, path) == 0)
			return e->store;
	e = xalloc(sizeof(*e));
	*e = (struct entry){.path = xstrdup(path), .next = entries};
	if (fill_store(e)) {
		entries = e;
		return e->store;
	}
	free_entry(e);
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
		free_entry(e);
		break;
	}
	pthread_mutex_unlock(&mutex);
}
