/*
 * login.h: the libpq parameters of one connection.
 *
 * What the user said (connection string, environment, service file) is merged by libpq
 * itself, so it means here what it means to psql. Added are the addresses (names were
 * resolved apart), the settings every session of ours has (safety.md 1), and verify-full
 * for Amazon host names unless the user chose otherwise.
 */
#ifndef DB_LOGIN_H
#define DB_LOGIN_H

#include "base/arena.h"
#include "db/site.h"
#include "model/logins.h"
#include "runtime/password.h"

#define LOGIN_PARAMS_MAX 96
#define LOGIN_HOSTS_MAX 16
#define LOGIN_BYTES_MAX (256u << 10)

struct login {
	struct arena *arena;
	const char *keys[LOGIN_PARAMS_MAX + 1],
		*values[LOGIN_PARAMS_MAX + 1]; /* for PQconnectStartParams, NULL-terminated */
	size_t n;
	bool settings; /* our settings go as startup options; a pooler may refuse them */
	bool acts;     /* as another user than the connection string says: not with its password */
	bool proxy;    /* to an RDS Proxy, which is a pooler */
	enum login_means means;
	struct password password; /* by a token or a secret: what is sent */
	bool planner;             /* without those that change plans */
	/* for messages; never a password */
	const char *where; /* "orders-1.x.eu-west-1.rds.amazonaws.com port 5432" */
	const char *user, *database, *sslmode;
	/* as they were asked for, several with commas between them, before names are resolved; "" = none */
	const char *host, *hostaddr, *port;
	const char *password_from; /* where a password would be taken from: "PGPASSWORD", "secret orders/watch", ... */
	bool user_said;            /* somebody named the user: it is not just that of this machine */
	const char *iam_resource;  /* what rds-db:connect has to be allowed on, as far as it is known */
	bool iam_off;              /* the cluster says that it takes no tokens */
	bool has_root_cert;        /* sslrootcert is set, by anybody */
};

/* What a connection is wanted for, beyond the ordinary. */
struct login_wish {
	char database[64]; /* "" = the site's */
	/* To plan as others do: search_path, work_mem and jit stay what the server gives this role. */
	bool planner;
	bool acts; /* as the target's action_user, where one is set */
};

/* One of the attempts to open a connection. */
struct login_try {
	bool settings;    /* with our startup options */
	uint64_t refused; /* number of the secret's answer that the server has refused, 0 = none */
};

/* The statement that sets what startup options set, for one transaction. */
extern const char login_set_local[];

/* What is asked for, without resolving a name: only what `for messages` has. Release as below. ERR_USAGE. */
bool login_describe(const struct fetch *f, const struct site *site, struct login *ret_login,
		    struct err *err) MUST_CHECK;
/*
 * Lane thread; blocks at most as long as resolve_host(), and for a secret as long as AWS takes. wish NULL = nothing
 * special. Release *ret_login in every case. ERR_USAGE for a malformed string (without quoting it), ERR_DNS, ERR_TLS
 * when verify-full has no root certificate to verify with or a token would not be sent encrypted, and what
 * password_get() says.
 */
bool login_prepare(struct fetch *f, const struct site *site, const struct login_wish *wish, const struct login_try *how,
		   struct login *ret_login, struct err *err) MUST_CHECK;
void login_release(struct login *l);
/* login_password.c: the token or the secret, where it is to be logged in with one; the addresses are known. */
bool login_take_password(struct fetch *f, const struct site *site, struct login *l, uint64_t refused,
			 struct err *err) MUST_CHECK;
/* What a token's remedies name; needs l->user. */
void login_name_resource(const struct fetch *f, struct login *l);
/* Appends a parameter for libpq; both live as long as the login. */
void login_add(struct login *l, const char *key, const char *value);
/*
 * The host that a connection string, with environment and service file, leads to: a name, an address, several with
 * commas between them; "localhost" for a socket of this machine, "" for a string that is malformed. Opens nothing.
 * True: it is an RDS Proxy, and the string gives no address to reach it by.
 */
bool login_host(const char *conninfo, char *out, size_t size);

#endif
