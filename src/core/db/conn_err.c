/*
 * conn_err.c: failures in words.
 *
 * A failed connect has no result to ask for its SQLSTATE, but in verbose form a line of
 * the server reads "FATAL:  28P01: text". libpq's own complaints have no code and are
 * known by their English words; this process never sets LC_MESSAGES, so they are not
 * translated. With several addresses the message has several lines; one from a server
 * tells more than one from the network. Whatever is not known is passed on as it is.
 */
#include "db/conn_err.h"

#include "base/ascii.h"
#include "db/rds_host.h"
#include "db/roots.h"

#include <libpq-fe.h>

struct said {
	char state[6];   /* SQLSTATE, "" = the server said nothing */
	struct str text; /* the server's words, else libpq's last line */
};

static bool is_state(struct str s)
{
	for (size_t i = 0; i < 5; i++)
		if (!(ascii_is_digit(s.ptr[i]) || (s.ptr[i] >= 'A' && s.ptr[i] <= 'Z')))
			return false;
	return true;
}

/* "...FATAL:  28P01: text" */
static bool find_state(struct str line, struct said *said)
{
	for (long at = str_find(line, STR(":  "), 0); at >= 0; at = str_find(line, STR(":  "), (size_t)at + 1)) {
		struct str rest = str_sub(line, (size_t)at + 3, line.len);

		if (rest.len < 7 || rest.ptr[5] != ':' || !is_state(rest))
			continue;
		memcpy(said->state, rest.ptr, 5);
		said->state[5] = '\0';
		said->text = str_trim(str_sub(rest, 6, rest.len));
		return true;
	}
	return false;
}

static void read_message(const char *message, struct said *said)
{
	struct str rest = str_c(message), line;

	*said = (struct said){.text = STR("")};
	while (str_split(&rest, '\n', &line)) {
		if (find_state(line, said))
			return;
		if (str_trim(line).len > 0 && !str_starts(line, STR("LOCATION:")))
			said->text = str_trim(line);
	}
}

static bool says(struct str text, const char *words)
{
	return str_ifind(text, str_c(words), 0) >= 0;
}

/* ---- what a server said ---- */

/* The server checks a token through PAM, and says no more than that it failed. */
static bool bad_token(const struct login *l, struct err *err)
{
	err_set(err, ERR_LOGIN, "%s refused the IAM token of user %s", l->where, l->user);
	if (l->iam_off)
		err_remedy(err, "IAM database authentication is off on this cluster: turn it on");
	else
		err_remedy(err, "GRANT rds_iam TO %.63s; and allow rds-db:connect on %.200s", l->user,
			   l->iam_resource ? l->iam_resource : "the database user");
	return false;
}

/* Without rds_iam the server takes a token for an ordinary password. */
static bool token_as_password(const struct login *l, struct err *err)
{
	err_set(err, ERR_LOGIN, "%s took the IAM token of user %s for a password: the role has no rds_iam", l->where,
		l->user);
	if (l->iam_off)
		err_remedy(err, "turn IAM database authentication on, and GRANT rds_iam TO %.63s", l->user);
	else
		err_remedy(err, "GRANT rds_iam TO %.63s; and IAM database authentication has to be on", l->user);
	return false;
}

static bool refused_28000(const struct login *l, struct str text, struct err *err)
{
	if (l->means == LOGIN_IAM && says(text, "PAM"))
		return bad_token(l, err);
	if (!says(text, "pg_hba.conf")) {
		err_set(err, ERR_LOGIN, "%s does not let %s log in: " STR_FMT, l->where, l->user, STR_ARG(text));
		err_remedy(err, "check the user name and that the role may log in");
		return false;
	}
	err_set(err, ERR_LOGIN, "%s does not accept user %s, database %s from this address (pg_hba.conf)", l->where,
		l->user, l->database);
	if (says(text, "no encryption") || says(text, "SSL off"))
		err_remedy(err, "it wants TLS: use sslmode=verify-full");
	else
		err_remedy(err, "check user, database and the server's access rules");
	return false;
}

static bool bad_password(const struct login *l, struct str text, struct err *err)
{
	if (l->means == LOGIN_IAM)
		return token_as_password(l, err);
	err_set(err, ERR_LOGIN, "%s refused the password of user %s", l->where, l->user);
	if (l->means == LOGIN_SECRET)
		err_remedy(err, "it is from %s: rotate it, or name another", l->password_from);
	else
		err_remedy(err, "check PGPASSWORD, the password file (~/.pgpass) or the service file");
	(void)text;
	return false;
}

static bool no_database(const struct login *l, struct str text, struct err *err)
{
	err_set(err, ERR_NOT_FOUND, "there is no database %s on %s", l->database, l->where);
	err_remedy(err, "choose one with --db, PGDATABASE or dbname in the configuration");
	(void)text;
	return false;
}

static bool full(const struct login *l, struct str text, struct err *err)
{
	err_set(err, ERR_SERVER, "%s has no connection left: " STR_FMT, l->where, STR_ARG(text));
	err_remedy(err, "end idle sessions, or connect as a role with reserved connections");
	return false;
}

static bool not_up(const struct login *l, struct str text, struct err *err)
{
	return err_set(err, ERR_SERVER, "%s does not take connections now: " STR_FMT, l->where, STR_ARG(text));
}

static bool not_allowed(const struct login *l, struct str text, struct err *err)
{
	err_set(err, ERR_DENIED, "user %s may not connect to database %s: " STR_FMT, l->user, l->database,
		STR_ARG(text));
	err_remedy(err, "GRANT CONNECT ON DATABASE, or choose another database");
	return false;
}

static bool ended(const struct login *l, struct str text, struct err *err)
{
	return err_set(err, ERR_LOST, "%s ended the connection: " STR_FMT, l->where, STR_ARG(text));
}

static const struct {
	const char *state;
	bool (*tell)(const struct login *l, struct str text, struct err *err);
} server_words[] = {
	{"28P01", bad_password}, {"28000", refused_28000}, {"3D000", no_database}, {"53300", full},
	{"57P03", not_up},       {"57P01", ended},         {"57P02", ended},       {"42501", not_allowed},
};

/* ---- what libpq said ---- */

static const struct {
	const char *words;
	enum err_code code;
	const char *text; /* "%s" = where */
	const char *remedy;
} network_words[] = {
	{"no password supplied", ERR_LOGIN, "%s wants a password and none is known",
	 "set PGPASSWORD, or add a line to the password file (~/.pgpass)"},
	{"could not translate host name", ERR_DNS, "the name in %s is not known here", "check the name"},
	{"Connection refused", ERR_REFUSED, "nothing listens at %s (connection refused)",
	 "check host, port and that the server runs"},
	{"No route to host", ERR_REFUSED, "there is no route to %s", "check network, VPN or tunnel"},
	{"Network is unreachable", ERR_REFUSED, "the network of %s cannot be reached", "check network, VPN or tunnel"},
	{"timed out", ERR_TIMEOUT, "%s does not answer", "check security groups, route and VPN"},
	{"timeout expired", ERR_TIMEOUT, "%s does not answer", "check security groups, route and VPN"},
	{"No such file or directory", ERR_REFUSED, "no server has a socket at %s",
	 "check host, port and that the server runs"},
	{"does not match host name", ERR_TLS, "the certificate of %s is for another name",
	 "connect by the name in the certificate; through a tunnel keep host and set hostaddr"},
	{"certificate verify failed", ERR_TLS, "the certificate of %s is not signed by a root that is trusted here",
	 "check sslrootcert"},
	{"root certificate file", ERR_TLS, "there is no root certificate to verify %s with",
	 "set sslrootcert=FILE or PGSSLROOTCERT"},
	{"could not read root certificate", ERR_TLS, "the root certificate file for %s cannot be read",
	 "check sslrootcert"},
	{"server does not support SSL", ERR_TLS, "%s does not speak TLS",
	 "turn TLS on at the server, or choose a weaker sslmode"},
	{"SSL", ERR_TLS, "no TLS with %s", ""},
	{"server closed the connection unexpectedly", ERR_LOST, "%s closed the connection while we logged in",
	 "something between may have dropped it; it is tried again"},
	{"received invalid response", ERR_PROTOCOL, "%s does not speak PostgreSQL", "check host and port"},
	{"expected authentication request", ERR_PROTOCOL, "%s does not speak PostgreSQL", "check host and port"},
};

/* Amazon's authorities change; a bundle of another partition knows none of this one's. */
static void name_bundle(const struct login *l, struct err *err)
{
	char command[ERR_REMEDY_MAX];

	if (!l->host || !rds_host_is_amazon(str_c(l->host)))
		return;
	roots_command(str_c(l->host), command);
	err_remedy(err, "check sslrootcert; for this host: %s", command);
}

static bool tell_network(const struct login *l, const char *message, struct str last, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(network_words); i++) {
		const char *text = network_words[i].text, *gap;

		if (!says(str_c(message), network_words[i].words))
			continue;
		gap = strstr(text, "%s");
		err_set(err, network_words[i].code, "%.*s%s%s", (int)(gap - text), text, l->where, gap + 2);
		if (strcmp(network_words[i].words, "SSL") == 0)
			err_set(err, ERR_TLS, "no TLS with %s: " STR_FMT, l->where, STR_ARG(last));
		err_remedy(err, "%s", network_words[i].remedy);
		if (strcmp(network_words[i].words, "certificate verify failed") == 0)
			name_bundle(l, err);
		return false;
	}
	return err_set(err, ERR_REFUSED, "cannot connect to %s: " STR_FMT, l->where, STR_ARG(last));
}

bool conn_err_connect(const struct login *l, const char *message, struct err *err)
{
	struct said said;

	read_message(message, &said);
	if (!said.state[0])
		return tell_network(l, message, said.text, err);
	for (size_t i = 0; i < ARRAY_LEN(server_words); i++) {
		if (strcmp(said.state, server_words[i].state) == 0) {
			server_words[i].tell(l, said.text, err);
			goto out;
		}
	}
	err_set(err, ERR_SERVER, "%s refused the connection: " STR_FMT, l->where, STR_ARG(said.text));
out:
	snprintf(err->id, sizeof(err->id), "%s", said.state);
	return false;
}

bool conn_err_is_option_refusal(const char *message)
{
	return strstr(message, "unsupported startup parameter") != NULL;
}

/* ---- statements ---- */

static enum err_code code_of(const char *state)
{
	if (strcmp(state, "42501") == 0)
		return ERR_DENIED;
	if (strcmp(state, "57014") == 0)
		return ERR_TIMEOUT;
	if (strncmp(state, "57P", 3) == 0 || strncmp(state, "08", 2) == 0)
		return ERR_LOST;
	if (strcmp(state, "42883") == 0 || strcmp(state, "42P01") == 0 || strcmp(state, "0A000") == 0)
		return ERR_UNAVAILABLE;
	return ERR_SERVER;
}

bool conn_err_query(const struct pg_result *r, const char *message, struct err *err)
{
	const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
	const char *text = r ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	struct str rest = str_c(message), line = rest;

	if (!state || !text) {
		str_split(&rest, '\n', &line);
		err_set(err, ERR_LOST, "the database connection was lost: " STR_FMT, STR_ARG(str_trim(line)));
		return false;
	}
	err_set(err, code_of(state), "%s", text);
	if (err->code == ERR_DENIED)
		err_remedy(err, "GRANT pg_monitor TO this role");
	snprintf(err->id, sizeof(err->id), "%s", state);
	return false;
}
