/*
 * conn_own.c: see conn_own.h.
 *
 * The ids of our own server processes are kept for the process as a whole, because one
 * lane must know the session of another to leave it out.
 */
#include "db/conn_own.h"

#include "db/conn.h"

static atomic_llong own_pids[CONN_OWN_MAX];

bool conn_is_own(int64_t pid)
{
	for (size_t i = 0; i < CONN_OWN_MAX; i++)
		if (pid != 0 && atomic_load_explicit(&own_pids[i], memory_order_relaxed) == pid)
			return true;
	return false;
}

size_t conn_own(int32_t pids[CONN_OWN_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < CONN_OWN_MAX; i++) {
		long long pid = atomic_load_explicit(&own_pids[i], memory_order_relaxed);

		if (pid != 0)
			pids[n++] = (int32_t)pid;
	}
	return n;
}

atomic_llong *conn_own_add(int64_t pid)
{
	for (size_t i = 0; i < CONN_OWN_MAX; i++) {
		long long none = 0;

		if (atomic_compare_exchange_strong(&own_pids[i], &none, pid))
			return &own_pids[i];
	}
	return NULL;
}
