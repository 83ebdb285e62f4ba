/*
 * logins.h: as whom, and by which means, the console logs in to a cluster's database.
 *
 * What was said on the command line or in a variable outranks the cluster's own section of config.ini, and that what
 * the file says for all. Of who acts each setting has its own, see login_acts_apart() and login_action_means().
 */
#ifndef MODEL_LOGINS_H
#define MODEL_LOGINS_H

#include "base/err.h"
#include "base/str.h"

#include <stddef.h>

#define LOGIN_CLUSTERS_MAX 64
#define LOGIN_SECRET_MAX 600 /* an ARN of Secrets Manager: names have up to 512 characters */

enum login_means {
	LOGIN_PASSWORD, /* whatever libpq knows by itself: its variables and files, certificates, Kerberos */
	LOGIN_IAM,      /* a token signed here with the AWS credentials, a new one for each connection */
	LOGIN_SECRET,   /* user and password out of Secrets Manager */
};

/* Texts as they were written, "" = not set. */
struct login_choice {
	char user[128], action_user[128];
	char auth[16], action_auth[16];
	char secret[LOGIN_SECRET_MAX], action_secret[LOGIN_SECRET_MAX];
};

struct logins {
	struct login_choice said, common;
	struct login_of {
		char cluster[256]; /* identifier, or host name of a plain --db */
		struct login_choice choice;
	} of[LOGIN_CLUSTERS_MAX];
	size_t n;
};

/* The members of struct login_choice, for whoever reads them from somewhere. */
struct login_key {
	const char *name; /* as in config.ini */
	size_t offset, size;
	bool is_means;
};
extern const struct login_key login_keys[];
extern const size_t nlogin_keys;
char *login_key_at(struct login_choice *c, const struct login_key *key);
/* ERR_USAGE names what is allowed, ERR_LIMIT how long it may be; `where` begins the sentence. */
bool login_key_set(struct login_choice *c, const struct login_key *key, struct str value, const char *where,
		   struct err *err) MUST_CHECK;

/* What holds for the first of these names (separated by commas, any case) that has a section. all may be NULL. */
void logins_choose(const struct logins *all, struct str names, struct login_choice *ret_choice);
/* How it logs in to watch. */
enum login_means login_means(const struct login_choice *c);
/* Who acts logs in in a way of its own: as another user, or by another secret. */
bool login_acts_apart(const struct login_choice *c);
/*
 * How who acts apart logs in: as action_auth says. Without it by an action_secret that is set; by a token where the
 * other user does, too; else by libpq's means, because no password of another user is known.
 */
enum login_means login_action_means(const struct login_choice *c);
/* "password", "iam", "secret". */
const char *login_means_word(enum login_means means);

#endif
