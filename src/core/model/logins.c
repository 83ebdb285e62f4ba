/* logins.c: see logins.h. */
#include "model/logins.h"

#include <stdio.h>

#define KEY(member, means)                                                                                          \
	{                                                                                                           \
#member, offsetof(struct login_choice, member), sizeof(((struct login_choice *)0)->member), (means) \
	}

const struct login_key login_keys[] = {
	KEY(user, false),        KEY(auth, true),        KEY(secret, false),
	KEY(action_user, false), KEY(action_auth, true), KEY(action_secret, false),
};
const size_t nlogin_keys = ARRAY_LEN(login_keys);

static const char *const words[] = {[LOGIN_PASSWORD] = "password", [LOGIN_IAM] = "iam", [LOGIN_SECRET] = "secret"};

const char *login_means_word(enum login_means means)
{
	return words[means];
}

static bool parse(struct str text, enum login_means *ret_means)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_eq_c(text, words[i])) {
			*ret_means = (enum login_means)i;
			return true;
		}
	return false;
}

char *login_key_at(struct login_choice *c, const struct login_key *key)
{
	return (char *)c + key->offset;
}

bool login_key_set(struct login_choice *c, const struct login_key *key, struct str value, const char *where,
		   struct err *err)
{
	enum login_means means;

	if (value.len >= key->size || memchr(value.ptr ? value.ptr : "", 0, value.len))
		return err_set(err, ERR_LIMIT, "%s: longer than %zu bytes", where, key->size - 1);
	if (key->is_means && value.len > 0 && !parse(value, &means))
		return err_set(err, ERR_USAGE, "%s: " STR_FMT " is none of password, iam, secret", where,
			       STR_ARG(value));
	(void)snprintf(login_key_at(c, key), key->size, STR_FMT, STR_ARG(value));
	return true;
}

static void overlay(struct login_choice *c, const struct login_choice *over)
{
	for (size_t i = 0; i < nlogin_keys; i++) {
		const char *text = (const char *)over + login_keys[i].offset;

		if (text[0])
			(void)snprintf(login_key_at(c, &login_keys[i]), login_keys[i].size, "%s", text);
	}
}

static const struct login_of *find(const struct logins *all, struct str names)
{
	struct str name;

	while (str_split(&names, ',', &name))
		for (size_t i = 0; name.len > 0 && i < all->n; i++)
			if (str_ieq(name, str_c(all->of[i].cluster)))
				return &all->of[i];
	return NULL;
}

void logins_choose(const struct logins *all, struct str names, struct login_choice *ret_choice)
{
	const struct login_of *of = all ? find(all, names) : NULL;

	*ret_choice = (struct login_choice){.user = ""};
	if (!all)
		return;
	overlay(ret_choice, &all->common);
	if (of)
		overlay(ret_choice, &of->choice);
	overlay(ret_choice, &all->said);
}

enum login_means login_means(const struct login_choice *c)
{
	enum login_means means = LOGIN_PASSWORD;

	(void)parse(str_c(c->auth), &means);
	return means;
}

enum login_means login_action_means(const struct login_choice *c)
{
	enum login_means means;

	if (parse(str_c(c->action_auth), &means))
		return means;
	if (c->action_secret[0])
		return LOGIN_SECRET;
	return login_means(c) == LOGIN_IAM ? LOGIN_IAM : LOGIN_PASSWORD;
}

bool login_acts_apart(const struct login_choice *c)
{
	enum login_means means;

	return c->action_user[0] || c->action_secret[0] ||
	       (parse(str_c(c->action_auth), &means) && means == LOGIN_SECRET && login_means(c) != LOGIN_SECRET);
}
