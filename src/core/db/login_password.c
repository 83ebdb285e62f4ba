/*
 * login_password.c: logging in with what libpq does not know by itself, an IAM token or a secret (runtime/password.h).
 *
 * A token is signed for the endpoint's own name and port, also where a tunnel leads there by another address: the
 * server checks it against itself. It is made anew for every connection. A secret's user name is the one that its
 * password belongs to, whatever else was configured.
 *
 * Sources: "IAM database authentication" of the Aurora user guide; aws-reference D.4.
 */
#include "db/login.h"

#include "base/parse.h"
#include "db/rds_host.h"
#include "model/data.h"

#include <stdio.h>

#define HOST_MAX 256

/* The port that RDS has for an endpoint; that of a tunnel may be another. 0 = it is not known. */
static int64_t endpoint_port(const struct fetch *f, struct str host)
{
	static const struct {
		size_t input;
		const char *field;
	} places[] = {{1, "endpoint"}, {0, "endpoint"}, {0, "reader_endpoint"}};

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		const struct snapshot *s = f->inputs[places[i].input];
		long row = s ? data_find(s, places[i].field, host) : -1;

		if (row >= 0)
			return data_i64(s, (size_t)row, "port", 0);
	}
	return 0;
}

/* Only names that RDS gives are known to the server as its own. */
static bool is_endpoint(struct str host)
{
	return rds_host_is_amazon(host) || str_ifind(host, STR(".rds."), 0) > 0;
}

/* The endpoint as the server knows itself. */
static bool token_place(const struct fetch *f, const struct site *site, const struct login *l, char host[HOST_MAX],
			int64_t *ret_port, struct err *err)
{
	const char *name = site->host[0] ? site->host : l->host;
	int64_t port = site->port;

	if (strchr(name, ',') || !is_endpoint(str_c(name)) || strlen(name) >= HOST_MAX) {
		err_set(err, ERR_USAGE, "an IAM token is good for one endpoint of RDS by its own name, not for %.100s",
			name[0] ? name : "a local server");
		err_remedy(err, "connect by the endpoint's name; through a tunnel keep it as host and set hostaddr");
		return false;
	}
	(void)snprintf(host, HOST_MAX, "%s", name);
	for (char *c = host; *c; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
	if (!site->host[0])
		port = endpoint_port(f, str_c(host));
	if (port <= 0 && !parse_i64(str_c(l->port), &port))
		port = 0;
	*ret_port = port > 0 && port < 65536 ? port : 5432;
	return true;
}

static bool take_token(struct fetch *f, const struct site *site, struct login *l, struct err *err)
{
	char host[HOST_MAX];
	struct password_ask ask = {.token = true, .host = host, .user = l->user};

	if (!l->user_said) {
		err_set(err, ERR_USAGE, "an IAM token is made for a database user, and none is named");
		err_remedy(err, "set %s to a role that has rds_iam", l->acts ? "action_user" : "user (or PGUSER)");
		return false;
	}
	if (!token_place(f, site, l, host, &ask.port, err))
		return false;
	ask.region = rds_host_region(str_c(host));
	return password_get(f, &ask, &l->password, err);
}

static bool take_secret(struct fetch *f, struct login *l, uint64_t refused, struct err *err)
{
	const struct login_choice *c = &f->target->login;
	struct password_ask ask = {.secret = l->acts ? c->action_secret : c->secret, .refused = refused};

	if (!password_get(f, &ask, &l->password, err))
		return false;
	if (!l->password.user[0] && !l->user_said) {
		err_set(err, ERR_USAGE, "%s has no username, and no database user is named", l->password.from);
		err_remedy(err, "set user, or add username to the secret");
		return false;
	}
	if (l->password.user[0]) {
		l->user = arena_strz(l->arena, str_c(l->password.user));
		login_add(l, "user", l->user);
	}
	return true;
}

bool login_take_password(struct fetch *f, const struct site *site, struct login *l, uint64_t refused, struct err *err)
{
	if (l->means == LOGIN_PASSWORD)
		return true;
	if (!(l->means == LOGIN_IAM ? take_token(f, site, l, err) : take_secret(f, l, refused, err)))
		return false;
	l->password_from = l->password.from;
	login_add(l, "password", l->password.text);
	return true;
}

/* ---- what is to be allowed ---- */

struct arn {
	struct str part[7]; /* arn, partition, service, region, account, kind, name */
};

static bool read_arn(struct str text, struct arn *ret_arn)
{
	struct arn arn = {{{NULL, 0}}};

	for (size_t i = 0; i < ARRAY_LEN(arn.part); i++)
		if (!str_split(&text, ':', &arn.part[i]))
			return false;
	*ret_arn = arn;
	return true;
}

void login_name_resource(const struct fetch *f, struct login *l)
{
	const struct snapshot *clusters = f->inputs[0];
	long row = clusters ? data_find(clusters, "identifier", str_c(f->target->cluster)) : -1;
	struct str id = row < 0 ? STR("") : data_str(clusters, (size_t)row, "resource_id");
	struct arn arn = {{STR("arn"), STR("aws"), STR("rds"), STR("REGION"), STR("ACCOUNT"), STR(""), STR("")}};

	if (l->means != LOGIN_IAM)
		return;
	if (row < 0 || !read_arn(data_str(clusters, (size_t)row, "arn"), &arn))
		arn.part[3] = rds_host_region(str_c(l->host)).len > 0 ? rds_host_region(str_c(l->host)) : arn.part[3];
	if (l->proxy)
		id = STR("prx-ID-OF-THE-PROXY");
	else if (id.len == 0)
		id = STR("cluster-RESOURCE-ID");
	l->iam_off = row >= 0 && data_i64(clusters, (size_t)row, "iam_auth", 1) == 0;
	l->iam_resource = arena_strz(
		l->arena,
		arena_fmt(l->arena, "arn:" STR_FMT ":rds-db:" STR_FMT ":" STR_FMT ":dbuser:" STR_FMT "/%s",
			  STR_ARG(arn.part[1]), STR_ARG(arn.part[3]), STR_ARG(arn.part[4]), STR_ARG(id), l->user));
}
