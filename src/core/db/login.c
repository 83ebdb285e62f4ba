/*
 * login.c: merging what the user said with what we need.
 *
 * libpq has no call that only merges a connection string with environment and service
 * file. PQconnectStartParams() with one impossible value does just that: it fills every
 * option, refuses the impossible one before it opens anything, and PQconninfo() then
 * tells the rest. The value is ssl_max_protocol_version, which nothing here reads.
 *
 * Order of the final list, later ones win: our defaults (keepalive), the user's
 * configuration, the connection string, then what must be ours (addresses, application
 * name, encoding, options). Host stays beside hostaddr, so certificates and the password
 * file are matched by name.
 */
#include "db/login.h"

#include "base/xalloc.h"
#include "db/rds_host.h"
#include "db/resolve.h"
#include "db/roots.h"

#include <libpq-fe.h>
#include <stdarg.h>

#define IMPOSSIBLE "none"
/* Room is left for what is ours. */
#define NODE_PARAMS_MAX (LOGIN_PARAMS_MAX - 20)

/* The first ones change plans. */
static const char *const settings[] = {
	"search_path=pg_catalog",
	"work_mem=16MB",
	"jit=off",
	"statement_timeout=%d",
	"lock_timeout=1000",
	"idle_in_transaction_session_timeout=10000",
	"default_transaction_read_only=on",
};
#define PLAN_SETTINGS 3

#define SAMPLER_STATEMENT_MS 5000
#define SLOW_STATEMENT_MS 30000
#define COMMAND_STATEMENT_MS 10000

const char login_set_local[] =
	"BEGIN READ ONLY; SET LOCAL search_path = pg_catalog; SET LOCAL statement_timeout = 5000;"
	" SET LOCAL lock_timeout = 1000; SET LOCAL work_mem = '16MB'; SET LOCAL jit = off";

static const char *strz_fmt(struct login *l, const char *fmt, ...) PRINTF_LIKE(2, 3);

static const char *strz_fmt(struct login *l, const char *fmt, ...)
{
	struct buf out;
	const char *text;
	va_list ap;

	buf_init(&out, LOGIN_BYTES_MAX / 4);
	va_start(ap, fmt);
	buf_vaddf(&out, fmt, ap);
	va_end(ap);
	text = arena_strz(l->arena, buf_str(&out));
	buf_release(&out);
	return text;
}

void login_add(struct login *l, const char *key, const char *value)
{
	CHECK(l->n < LOGIN_PARAMS_MAX);
	l->keys[l->n] = key;
	l->values[l->n++] = value;
}

static void add_if(struct login *l, const char *key, const char *value)
{
	if (value && value[0])
		login_add(l, key, value);
}

/* Like libpq: everything else is the name of a database. */
static bool is_conninfo(const char *text)
{
	struct str s = str_c(text);

	return str_starts(s, STR("postgres://")) || str_starts(s, STR("postgresql://")) || memchr(s.ptr, '=', s.len);
}

static const char *option_value(const PQconninfoOption *options, const char *key)
{
	for (const PQconninfoOption *o = options; o && o->keyword; o++)
		if (strcmp(o->keyword, key) == 0)
			return o->val && o->val[0] ? o->val : NULL;
	return NULL;
}

static bool conninfo_says(const char *conninfo, const char *key)
{
	char *message = NULL;
	PQconninfoOption *options = is_conninfo(conninfo) ? PQconninfoParse(conninfo, &message) : NULL;
	bool says = options && option_value(options, key);

	PQconninfoFree(options);
	PQfreemem(message);
	return says;
}

/* What is quoted in a complaint about the string may be a piece of a password. */
static bool fail_string(const char *message, struct err *err)
{
	struct str text = str_trim(str_c(message)), part;
	bool may_quote =
		str_starts(text, STR("invalid connection option")) || str_starts(text, STR("definition of service"));
	char words[ERR_TEXT_MAX] = "";
	size_t used = 0;
	bool quoted = false;

	if (may_quote)
		return err_set(err, ERR_USAGE, "connection string: " STR_FMT, STR_ARG(text));
	while (str_split(&text, '"', &part)) {
		used += (size_t)snprintf(words + used, sizeof(words) - used, STR_FMT, quoted ? 3 : (int)part.len,
					 quoted ? "..." : part.ptr);
		if (used >= sizeof(words))
			break;
		quoted = !quoted;
	}
	return err_set(err, ERR_USAGE, "connection string: %s", words);
}

static bool is_address(const char *key)
{
	return strcmp(key, "host") == 0 || strcmp(key, "hostaddr") == 0 || strcmp(key, "port") == 0;
}

static bool is_identity(const char *key)
{
	return strcmp(key, "user") == 0 || strcmp(key, "password") == 0;
}

/* Adds what a connection string sets, its addresses only when wanted. False: err says why. */
static bool add_conninfo(struct login *l, const char *text, bool addresses, struct err *err)
{
	char *message = NULL;
	PQconninfoOption *options;

	if (!is_conninfo(text)) {
		add_if(l, "dbname", text);
		return true;
	}
	options = PQconninfoParse(text, &message);
	if (!options)
		fail_string(message ? message : "out of memory", err);
	for (const PQconninfoOption *o = options; o && o->keyword; o++)
		if (o->val && o->val[0] && (addresses || !is_address(o->keyword)) &&
		    !(l->acts && is_identity(o->keyword)) && l->n < NODE_PARAMS_MAX)
			login_add(l, arena_strz(l->arena, str_c(o->keyword)), arena_strz(l->arena, str_c(o->val)));
	PQconninfoFree(options);
	PQfreemem(message);
	return options != NULL;
}

static void add_endpoint(struct login *l, const struct site *site)
{
	login_add(l, "host", arena_strz(l->arena, str_c(site->host)));
	login_add(l, "port", strz_fmt(l, "%lld", (long long)site->port));
}

/* A member named by the target: its own endpoint, the rest as for the writer, then what `nodes` says of it. */
static bool add_node(struct login *l, const struct target *t, const struct site *site, struct err *err)
{
	const char *database = getenv("PGDATABASE");

	add_if(l, "user", t->login.user);
	add_if(l, "sslmode", t->sslmode);
	add_if(l, "sslrootcert", t->sslrootcert);
	login_add(l, "dbname", t->dbname[0] ? t->dbname : database && database[0] ? database : "postgres");
	if (t->conninfo[0] && !add_conninfo(l, t->conninfo, false, err))
		return false;
	add_endpoint(l, site);
	return !t->node_conninfo[0] || add_conninfo(l, t->node_conninfo, true, err);
}

static bool add_site(struct login *l, const struct target *t, const struct site *site, struct err *err)
{
	const char *database = getenv("PGDATABASE");

	add_if(l, "user", t->login.user);
	add_if(l, "sslmode", t->sslmode);
	add_if(l, "sslrootcert", t->sslrootcert);
	if (t->conninfo[0] && (l->acts || site->host[0])) {
		add_if(l, "dbname", t->dbname);
		if (!add_conninfo(l, t->conninfo, !site->host[0], err))
			return false;
		if (site->host[0])
			add_endpoint(l, site);
		return true;
	}
	if (t->conninfo[0]) {
		login_add(l, "dbname", t->conninfo);
		if (is_conninfo(t->conninfo) && !conninfo_says(t->conninfo, "dbname"))
			add_if(l, "dbname", t->dbname);
		return true;
	}
	add_endpoint(l, site);
	if (t->dbname[0])
		database = t->dbname;
	else if ((!database || !database[0]) && site->database[0])
		database = arena_strz(l->arena, str_c(site->database));
	login_add(l, "dbname", database && database[0] ? database : "postgres");
	return true;
}

/* What libpq would use for each option. NULL: err says why. Free with PQconninfoFree(). */
static PQconninfoOption *merge(struct login *l, struct err *err)
{
	PQconninfoOption *options = NULL;
	const char *message;
	PGconn *pg;

	login_add(l, "ssl_max_protocol_version", IMPOSSIBLE);
	pg = PQconnectStartParams(l->keys, l->values, 1);
	l->n--;
	l->keys[l->n] = l->values[l->n] = NULL;
	if (!pg)
		BUG("out of memory in libpq");
	message = PQerrorMessage(pg);
	if (strstr(message, "ssl_max_protocol_version"))
		options = PQconninfo(pg);
	else
		fail_string(message, err);
	PQfinish(pg);
	return options;
}

bool login_host(const char *conninfo, char *out, size_t size)
{
	struct login l = {.arena = arena_new(1024, LOGIN_BYTES_MAX)};
	PQconninfoOption *options;
	const char *host, *address;
	struct err err;
	bool proxy;

	login_add(&l, "dbname", conninfo);
	options = merge(&l, &err);
	host = option_value(options, "host");
	address = option_value(options, "hostaddr");
	proxy = host && !address && rds_host_is_proxy(str_c(host));
	if (!host || host[0] == '/' || host[0] == '@')
		host = address ? address : "localhost";
	(void)snprintf(out, size, "%s", options ? host : "");
	PQconninfoFree(options);
	arena_free(l.arena);
	return proxy;
}

/* "prefer" is also what libpq says when nobody chose. */
static bool is_mode_default(const struct target *t, const char *mode)
{
	const char *chosen = getenv("PGSSLMODE");

	return (!mode || strcmp(mode, "prefer") == 0) && !(chosen && chosen[0]) && !t->sslmode[0] &&
	       !conninfo_says(t->conninfo, "sslmode");
}

/* Who gets a token may use it: it goes to nobody over a line that others read. */
static bool may_send_token(const struct login *l, struct err *err)
{
	if (strcmp(l->sslmode, "require") == 0 || strncmp(l->sslmode, "verify", 6) == 0)
		return true;
	err_set(err, ERR_TLS, "an IAM token is only sent over TLS, and sslmode is %s", l->sslmode);
	err_remedy(err, "leave sslmode out, which means verify-full then");
	return false;
}

static bool add_roots(struct login *l, struct str host, struct err *err)
{
	char path[ROOTS_PATH_MAX], command[ERR_REMEDY_MAX];

	l->has_root_cert = roots_find(host, path);
	if (l->has_root_cert) {
		login_add(l, "sslrootcert", arena_strz(l->arena, str_c(path)));
		return true;
	}
	roots_command(host, command);
	err_set(err, ERR_TLS,
		"the server's certificate cannot be verified: no root certificates of Amazon RDS on this machine");
	err_remedy(err, "%s (or set sslrootcert=FILE; sslmode=require does not verify)", command);
	return false;
}

static bool add_tls(struct login *l, const struct target *t, const PQconninfoOption *merged, struct err *err)
{
	const char *mode = option_value(merged, "sslmode"), *root = option_value(merged, "sslrootcert");
	const char *host = option_value(merged, "host");
	bool amazon = rds_host_is_amazon(str_c(host ? host : "")), token = l->means == LOGIN_IAM;

	if ((amazon || token) && is_mode_default(t, mode))
		login_add(l, "sslmode", mode = "verify-full");
	l->sslmode = mode ? arena_strz(l->arena, str_c(mode)) : "prefer";
	l->has_root_cert = root != NULL;
	if (token && !may_send_token(l, err))
		return false;
	if (root || !amazon || strncmp(l->sslmode, "verify", 6) != 0 || (roots_has_default() && !l->proxy))
		return true;
	return add_roots(l, str_c(host), err);
}

/* One place to try: a name with its address, an address alone, or a socket folder. */
struct candidates {
	struct buf hosts, addrs, ports;
	size_t n;
};

static void add_candidate(struct candidates *c, struct str host, const char *addr, struct str port)
{
	const char *comma = c->n++ > 0 ? "," : "";

	buf_addf(&c->hosts, "%s" STR_FMT, comma, STR_ARG(host));
	buf_addf(&c->addrs, "%s%s", comma, addr);
	buf_addf(&c->ports, "%s" STR_FMT, comma, STR_ARG(port));
}

/* Adds the addresses of every host; fails when no host has any. */
static bool resolve_all(const struct fetch *f, struct str hosts, struct str ports, struct candidates *c,
			struct err *err)
{
	struct err first = {0};
	struct str host, port = {0};

	while (str_split(&hosts, ',', &host)) {
		struct resolved found;
		struct err why = {0};
		char name[256];

		/* one port serves all hosts, else each has its own */
		str_split(&ports, ',', &port);
		if (c->n >= LOGIN_HOSTS_MAX * RESOLVE_ADDRS_MAX)
			return err_set(err, ERR_LIMIT, "more than %d hosts in the connection string", LOGIN_HOSTS_MAX);
		if (host.len == 0 || host.ptr[0] == '/' || host.ptr[0] == '@') {
			add_candidate(c, host, "", port);
			continue;
		}
		if (host.len >= sizeof(name))
			return err_set(err, ERR_USAGE, "connection string: a host name of %zu bytes", host.len);
		memcpy(name, host.ptr, host.len);
		name[host.len] = '\0';
		if (resolve_host(f, name, &found, &why))
			for (size_t i = 0; i < found.n; i++)
				add_candidate(c, host, found.addrs[i], port);
		else if (why.code == ERR_CANCELLED || first.code == ERR_NONE)
			first = why;
		if (first.code == ERR_CANCELLED)
			break;
	}
	if (c->n > 0 && first.code != ERR_CANCELLED)
		return true;
	*err = first;
	return false;
}

static bool add_addresses(const struct fetch *f, struct login *l, const PQconninfoOption *merged, struct err *err)
{
	const char *host = option_value(merged, "host"), *port = option_value(merged, "port");
	struct candidates c = {0};
	bool ok = true;

	/* an address given by the user is final; without a host it is libpq's own socket folder */
	if (option_value(merged, "hostaddr") || !host)
		return true;
	buf_init(&c.hosts, LOGIN_BYTES_MAX / 4);
	buf_init(&c.addrs, LOGIN_BYTES_MAX / 4);
	buf_init(&c.ports, LOGIN_BYTES_MAX / 4);
	ok = resolve_all(f, str_c(host), str_c(port ? port : ""), &c, err);
	if (ok && (c.hosts.failed || c.addrs.failed || c.ports.failed))
		ok = err_set(err, ERR_LIMIT, "too many hosts in the connection string");
	if (ok) {
		login_add(l, "host", arena_strz(l->arena, buf_str(&c.hosts)));
		login_add(l, "hostaddr", arena_strz(l->arena, buf_str(&c.addrs)));
		login_add(l, "port", arena_strz(l->arena, buf_str(&c.ports)));
	}
	buf_release(&c.hosts);
	buf_release(&c.addrs);
	buf_release(&c.ports);
	return ok;
}

static int statement_ms(const struct fetch *f)
{
	if (f->source->lane == LANE_COMMAND || f->source->lane == LANE_ACTION)
		return COMMAND_STATEMENT_MS;
	return f->source->lane == LANE_SLOW ? SLOW_STATEMENT_MS : SAMPLER_STATEMENT_MS;
}

static const char *application_name(const struct fetch *f, struct login *l)
{
	if (f->source->lane == LANE_COMMAND)
		return strz_fmt(l, "auroratop %s", f->source->name);
	if (f->source->lane == LANE_ACTION)
		return "auroratop action";
	return f->source->lane == LANE_SLOW ? "auroratop slow" : "auroratop sampler";
}

static void add_session(const struct fetch *f, struct login *l, const PQconninfoOption *merged, bool with_settings)
{
	const char *theirs = option_value(merged, "options"), *gss = option_value(merged, "gssencmode");
	const char *chosen = getenv("PGGSSENCMODE");
	struct buf out;

	login_add(l, "application_name", application_name(f, l));
	login_add(l, "client_encoding", "UTF8");
	if ((!gss || strcmp(gss, "prefer") == 0) && !(chosen && chosen[0]))
		login_add(l, "gssencmode", "disable");
	l->settings = with_settings && !l->proxy;
	if (!l->settings)
		return;
	buf_init(&out, LOGIN_BYTES_MAX / 4);
	buf_add_c(&out, theirs ? theirs : "");
	for (size_t i = l->planner ? PLAN_SETTINGS : 0; i < ARRAY_LEN(settings); i++) {
		const char *number = strstr(settings[i], "%d");

		buf_add_c(&out, " -c ");
		buf_add(&out, settings[i], number ? (size_t)(number - settings[i]) : strlen(settings[i]));
		if (number)
			buf_addf(&out, "%d", statement_ms(f));
	}
	login_add(l, "options", arena_strz(l->arena, buf_str(&out)));
	buf_release(&out);
}

/* A secret by its name; an ARN is long, and begins alike with all of them. */
static const char *secret_place(struct login *l, const struct target *t)
{
	const char *secret = l->acts ? t->login.action_secret : t->login.secret, *name = strstr(secret, ":secret:");

	return secret[0] ? strz_fmt(l, "secret %.120s", name ? name + 8 : secret) : "the master user's secret";
}

static const char *password_place(struct login *l, const struct target *t, const PQconninfoOption *merged)
{
	const char *chosen = getenv("PGPASSWORD"), *file = option_value(merged, "passfile");

	if (l->means == LOGIN_IAM)
		return "an IAM token";
	if (l->means == LOGIN_SECRET)
		return secret_place(l, t);
	if (!l->acts && conninfo_says(t->conninfo, "password"))
		return "the connection string";
	if (chosen && chosen[0])
		return "PGPASSWORD";
	if (option_value(merged, "password"))
		return "the service file";
	return file ? file : "~/.pgpass";
}

static bool user_said(const struct login *l, const struct target *t)
{
	const char *user = getenv("PGUSER"), *service = getenv("PGSERVICE");

	if (l->acts)
		return t->login.action_user[0] != '\0';
	return t->login.user[0] || (user && user[0]) || (service && service[0]) || conninfo_says(t->conninfo, "user") ||
	       conninfo_says(t->conninfo, "service");
}

static void describe(struct login *l, const struct target *t, const PQconninfoOption *merged)
{
	const char *host = option_value(merged, "host"), *port = option_value(merged, "port");
	const char *addr = option_value(merged, "hostaddr"), *user = option_value(merged, "user");
	const char *database = option_value(merged, "dbname");

	l->host = arena_strz(l->arena, str_c(host ? host : ""));
	l->hostaddr = arena_strz(l->arena, str_c(addr ? addr : ""));
	l->port = arena_strz(l->arena, str_c(port ? port : "5432"));
	l->password_from = arena_strz(l->arena, str_c(password_place(l, t, merged)));
	if (!host)
		host = addr ? addr : "the local server";
	l->where = strz_fmt(l, "%s port %s", host, port ? port : "5432");
	l->user = arena_strz(l->arena, str_c(user ? user : ""));
	l->database = arena_strz(l->arena, str_c(database ? database : ""));
	l->proxy = rds_host_is_proxy(str_c(l->host));
	l->user_said = user_said(l, t);
}

/* Everything that is asked for, merged. NULL: err says why. Free with PQconninfoFree(). */
static PQconninfoOption *begin(const struct fetch *f, const struct site *site, const struct login_wish *wish,
			       struct login *l, struct err *err)
{
	PQconninfoOption *merged;

	*l = (struct login){.arena = arena_new(4096, LOGIN_BYTES_MAX * 2), .planner = wish && wish->planner};
	login_add(l, "keepalives_idle", "10");
	login_add(l, "keepalives_interval", "5");
	login_add(l, "keepalives_count", "3");
	login_add(l, "tcp_user_timeout", "5000");
	l->acts = wish && wish->acts && login_acts_apart(&f->target->login);
	l->means = l->acts ? login_action_means(&f->target->login) : login_means(&f->target->login);
	if (!(f->target->node[0] ? add_node(l, f->target, site, err) : add_site(l, f->target, site, err)))
		return NULL;
	if (l->acts)
		add_if(l, "user", f->target->login.action_user);
	/* not the first dbname in the list: libpq takes only that one for a connection string */
	if (wish && wish->database[0])
		login_add(l, "dbname", arena_strz(l->arena, str_c(wish->database)));
	merged = merge(l, err);
	if (merged) {
		describe(l, f->target, merged);
		login_name_resource(f, l);
	}
	return merged;
}

bool login_describe(const struct fetch *f, const struct site *site, struct login *ret_login, struct err *err)
{
	PQconninfoOption *merged = begin(f, site, NULL, ret_login, err);
	bool ok = merged != NULL;
	struct err no_root;

	/* which mode it would be is known before roots are missed */
	if (ok)
		(void)add_tls(ret_login, f->target, merged, &no_root);
	PQconninfoFree(merged);
	return ok;
}

bool login_prepare(struct fetch *f, const struct site *site, const struct login_wish *wish, const struct login_try *how,
		   struct login *ret_login, struct err *err)
{
	struct login *l = ret_login;
	PQconninfoOption *merged = begin(f, site, wish, l, err);
	bool ok;

	if (!merged)
		return false;
	ok = add_tls(l, f->target, merged, err) && add_addresses(f, l, merged, err) &&
	     login_take_password(f, site, l, how->refused, err);
	if (ok)
		add_session(f, l, merged, how->settings);
	PQconninfoFree(merged);
	return ok;
}

void login_release(struct login *l)
{
	password_release(&l->password);
	arena_free(l->arena);
	*l = (struct login){0};
}
