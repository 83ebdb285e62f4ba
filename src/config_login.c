/* config_login.c: see config_login.h. */
#include "config_login.h"

#include "base/parse.h"

#include <stdio.h>

#define KEYS_MAX 16

bool config_login_is_section(struct str name)
{
	return str_starts(name, STR("login ")) && name.len > sizeof("login ") - 1;
}

static struct str cluster_of(struct str section)
{
	return str_sub(section, sizeof("login ") - 1, section.len);
}

const struct login_key *config_login_key(struct str name)
{
	char plain[64];

	(void)snprintf(plain, sizeof plain, STR_FMT, STR_ARG(name));
	for (char *p = plain; *p; p++)
		*p = *p == '-' ? '_' : *p;
	for (size_t i = 0; i < nlogin_keys; i++)
		if (strcmp(plain, login_keys[i].name) == 0)
			return &login_keys[i];
	return NULL;
}

static bool fail_key(struct str name, const char *where, struct err *err)
{
	const char *names[KEYS_MAX], *like;

	CHECK(nlogin_keys <= KEYS_MAX);
	for (size_t i = 0; i < nlogin_keys; i++)
		names[i] = login_keys[i].name;
	like = parse_nearest(name, names, nlogin_keys);
	return err_set(err, ERR_CONFIG, "%s: no such setting of a login%s%s", where, like ? "; did you mean " : "",
		       like ? like : "");
}

/* The section's own cluster, or a new one; NULL: err says why not. */
static struct login_of *find_or_add(const char *path, const struct ini_section *section, struct logins *all,
				    struct err *err)
{
	struct str cluster = cluster_of(section->name);

	for (size_t i = 0; i < all->n; i++)
		if (str_ieq(cluster, str_c(all->of[i].cluster)))
			return &all->of[i];
	if (all->n == LOGIN_CLUSTERS_MAX) {
		err_set(err, ERR_LIMIT, "%s:%d: more than %d clusters with a login of their own", path, section->line,
			LOGIN_CLUSTERS_MAX);
		return NULL;
	}
	if (cluster.len >= sizeof all->of[0].cluster) {
		err_set(err, ERR_LIMIT, "%s:%d: the cluster's name is longer than %zu bytes", path, section->line,
			sizeof all->of[0].cluster - 1);
		return NULL;
	}
	(void)snprintf(all->of[all->n].cluster, sizeof all->of[0].cluster, STR_FMT, STR_ARG(cluster));
	return &all->of[all->n++];
}

static bool read_section(const struct ini *ini, const char *path, struct str section, struct login_choice *c,
			 struct err *err)
{
	for (size_t i = 0; i < ini->n; i++) {
		const struct ini_entry *e = &ini->entries[i];
		const struct login_key *key;
		char where[1200];

		if (!str_eq(e->section, section))
			continue;
		(void)snprintf(where, sizeof where, "%s:%d: " STR_FMT, path, e->line, STR_ARG(e->key));
		key = config_login_key(e->key);
		if (!(key ? login_key_set(c, key, e->value, where, err) : fail_key(e->key, where, err)))
			return false;
	}
	return true;
}

bool config_login_read(const struct ini *ini, const char *path, struct logins *ret, struct err *err)
{
	for (size_t i = 0; i < ini->nsections; i++) {
		const struct ini_section *section = &ini->sections[i];
		struct login_of *of;

		if (!config_login_is_section(section->name))
			continue;
		of = find_or_add(path, section, ret, err);
		if (!of || !read_section(ini, path, section->name, &of->choice, err))
			return false;
	}
	return true;
}
