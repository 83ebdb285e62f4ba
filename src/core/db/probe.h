/*
 * probe.h: what a server and a role are, asked once after each connect.
 *
 * Only catalogs and settings are asked, so nothing is refused and nothing of ours ends
 * up in the server's log as an error.
 */
#ifndef DB_PROBE_H
#define DB_PROBE_H

#include "runtime/source.h"

struct pg_result;

struct probe {
	int version_num;     /* 150018 */
	int64_t backend_pid; /* as the server says; differs from libpq's behind a pooler */
	int64_t max_connections;
	int64_t query_size;             /* track_activity_query_size, bytes */
	bool aurora, has_instance;      /* aurora_db_instance_identifier() may be called */
	bool in_recovery;               /* a reader */
	bool superuser, read_all_stats; /* read_all_stats: what other roles do is visible (pg_monitor) */
	bool settings_hold;             /* search_path is ours */
	bool limits_hold;               /* lock_timeout is ours */
	char user[64], database[64], version[64], instance[256];
	char client_address[64]; /* what the server sees of us; "" = a Unix socket */
};

/* Reads the one row of probe.sql. ERR_PROTOCOL when it has another shape. */
bool probe_read(const struct pg_result *r, struct probe *ret_probe, struct err *err) MUST_CHECK;

#endif
