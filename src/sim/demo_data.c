/*
 * What the demo's database holds: roles and their passwords, stand-ins for Aurora's functions,
 * the database and its rows. The statements are in demo_*.sql, compiled in.
 */
#include "sim/demo.h"

#include "base/embedded.h"

#include <libpq-fe.h>

#define CONNINFO_MAX 2048

extern const struct embedded demo_sql_files[];
extern const size_t demo_sql_nfiles;

static PGconn *connect_owner(const struct demo *d, const char *db, struct err *err)
{
	struct buf info;
	PGconn *conn;

	buf_init(&info, CONNINFO_MAX);
	demo_conninfo(d, DEMO_WRITER, "rdsadmin", d->owner_secret, db, &info);
	buf_add_c(&info, " connect_timeout=5 application_name=setup options='-c log_min_duration_statement=-1'");
	conn = PQconnectdb(buf_c(&info));
	buf_release(&info);
	if (PQstatus(conn) == CONNECTION_OK)
		return conn;
	err_set(err, ERR_LOGIN, "cannot reach the demo's database %s: %s", db, PQerrorMessage(conn));
	PQfinish(conn);
	return NULL;
}

static bool execute(PGconn *conn, const char *sql, const char *what, struct err *err)
{
	PGresult *res = PQexec(conn, sql);
	ExecStatusType status = PQresultStatus(res);
	bool done = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;

	if (!done)
		err_set(err, ERR_SERVER, "%s: %s", what, PQerrorMessage(conn));
	PQclear(res);
	return done;
}

static bool execute_file(PGconn *conn, const char *name, struct err *err)
{
	for (size_t i = 0; i < demo_sql_nfiles; i++) {
		if (strcmp(demo_sql_files[i].name, name) == 0)
			return execute(conn, demo_sql_files[i].text, name, err);
	}
	BUG("no %s", name);
}

static bool set_passwords(const struct demo *d, PGconn *conn, struct err *err)
{
	static const char *const applications[] = {"orders_app", "worker", "reporting",   "app_ro",
						   "etl",        "deploy", "orders_admin"};
	char sql[128 + DEMO_SECRET_CHARS];

	for (size_t i = 0; i < ARRAY_LEN(applications); i++) {
		snprintf(sql, sizeof(sql), "alter role %s password '%s'", applications[i], d->app_secret);
		if (!execute(conn, sql, "passwords", err))
			return false;
	}
	snprintf(sql, sizeof(sql), "*:*:*:" DEMO_ACTION_USER ":%s\n", d->app_secret);
	if (!demo_file_write(d, DEMO_ACTION_PASS, str_c(sql), err))
		return false;
	snprintf(sql, sizeof(sql), "alter role oncall password '%s'", d->oncall_secret);
	return execute(conn, sql, "passwords", err);
}

/* Runs one file in one database over a connection of its own. */
static bool run_in(const struct demo *d, const char *db, const char *file, struct err *err)
{
	PGconn *conn = connect_owner(d, db, err);
	bool done = conn && execute_file(conn, file, err);

	PQfinish(conn);
	return done;
}

bool demo_data_load(struct demo *d, struct err *err)
{
	PGconn *conn = connect_owner(d, "postgres", err);
	bool done;

	done = conn && execute_file(conn, "demo_roles.sql", err) && set_passwords(d, conn, err) &&
	       execute_file(conn, "demo_standins.sql", err) && run_in(d, "template1", "demo_standins.sql", err) &&
	       execute(conn, "create database " DEMO_DATABASE, "database", err) &&
	       run_in(d, DEMO_DATABASE, "demo_tables.sql", err) && run_in(d, DEMO_DATABASE, "demo_hostile.sql", err);
	PQfinish(conn);
	return done;
}
