/*
 * probe.c: the row of probe.sql as a struct.
 *
 * It goes through the same descriptor table and decoder as every other result, with a
 * private record type, so a changed statement is caught by the decoder's own checks.
 */
#include "db/probe.h"

#include "codec/codec_sql.h"

#include <libpq-fe.h>

struct probe_row {
	uint64_t present;
	int64_t backend_pid, version_num, in_recovery, aurora, aurora_instance, superuser, read_all_stats;
	int64_t max_connections, query_size;
	struct str user_name, database_name, client_address, search_path, lock_timeout;
};

#define F(m, k) FIELD(struct probe_row, m, k, .title = #m, .help = #m)
static const struct field fields[] = {
	F(backend_pid, K_INT),      F(version_num, K_INT),     F(in_recovery, K_BOOL),    F(aurora, K_BOOL),
	F(aurora_instance, K_BOOL), F(superuser, K_BOOL),      F(read_all_stats, K_BOOL), F(max_connections, K_INT),
	F(query_size, K_INT),       F(user_name, K_ID),        F(database_name, K_ID),    F(search_path, K_TEXT),
	F(lock_timeout, K_TEXT),    F(client_address, K_TEXT),
};
static const struct rec_type type = REC_TYPE(struct probe_row, "probe", fields);

static void copy(char *out, size_t size, struct str s)
{
	size_t n = s.len < size ? s.len : size - 1;

	memcpy(out, s.ptr ? s.ptr : "", n);
	out[n] = '\0';
}

bool probe_read(const struct pg_result *r, struct probe *ret_probe, struct err *err)
{
	struct snapshot *s = snapshot_new(&type, "probe");
	const struct probe_row *row;
	bool ok = sql_read_rows(r, s, err);

	*ret_probe = (struct probe){0};
	if (ok && s->nrows != 1)
		ok = err_set(err, ERR_PROTOCOL, "the server answered the first question with %zu rows", s->nrows);
	if (ok) {
		row = snapshot_row(s, 0);
		ret_probe->version_num = (int)row->version_num;
		ret_probe->backend_pid = row->backend_pid;
		ret_probe->max_connections = row->max_connections;
		ret_probe->query_size = row->query_size;
		ret_probe->aurora = row->aurora != 0;
		ret_probe->has_instance = row->aurora_instance != 0;
		ret_probe->in_recovery = row->in_recovery != 0;
		ret_probe->superuser = row->superuser != 0;
		ret_probe->read_all_stats = row->read_all_stats != 0;
		ret_probe->settings_hold = str_eq_c(row->search_path, "pg_catalog");
		ret_probe->limits_hold = str_eq_c(row->lock_timeout, "1s");
		copy(ret_probe->user, sizeof(ret_probe->user), row->user_name);
		copy(ret_probe->database, sizeof(ret_probe->database), row->database_name);
		copy(ret_probe->client_address, sizeof(ret_probe->client_address), row->client_address);
	}
	snapshot_unref(s);
	return ok;
}
