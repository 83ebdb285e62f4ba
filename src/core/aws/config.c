/*
 * config.c: finds and reads ~/.aws/config and ~/.aws/credentials and answers questions about
 * the profile in effect.
 *
 * Model: both files are parsed once into memory; a lookup asks the credentials file's [NAME]
 * section first, then the config file's [profile NAME] (or [default]). Keys are lowered by the
 * reader. The text of the credentials file and the values parsed from it are overwritten
 * before their memory is given back.
 *
 * Not here: choosing keys (creds.c), endpoints (endpoint.c), providers that ask a server.
 */
#include "aws/config.h"

#include "aws/secret.h"
#include "base/ascii.h"
#include "base/xalloc.h"

void aws_config_path(char *out, size_t len, const char *variable, const char *below_home)
{
	const char *set = variable ? getenv(variable) : NULL;
	const char *home = getenv("HOME");

	if (set && *set && !(set[0] == '~' && set[1] == '/'))
		snprintf(out, len, "%s", set);
	else if (set && *set)
		snprintf(out, len, "%s/%s", home ? home : "", set + 2);
	else
		snprintf(out, len, "%s/%s", home ? home : "", below_home);
}

static void wipe_ini(struct ini *ini)
{
	for (size_t i = 0; i < ini->n; i++)
		if (ini->entries[i].value.len > 0)
			explicit_bzero((void *)(uintptr_t)ini->entries[i].value.ptr, ini->entries[i].value.len);
	ini_release(ini);
}

static bool load_file(struct ini *ini, bool *ret_has, const char *path, struct err *err)
{
	struct secret text;
	bool exists, ok;

	if (!secret_read_file(path, INI_FILE_MAX, &text, &exists, err))
		return false;
	if (!exists)
		return true;
	ok = ini_parse(ini, path, secret_str(&text), INI_NESTED | INI_LOWER_KEYS, err);
	secret_wipe(&text);
	if (!ok) {
		wipe_ini(ini);
		err_remedy(err, "Correct the file, or name another one with AWS_CONFIG_FILE and "
				"AWS_SHARED_CREDENTIALS_FILE.");
		return false;
	}
	*ret_has = true;
	return true;
}

/* Section of the profile in the config file: "default" or "profile NAME"; the reader may have cut the word. */
static const struct ini_entry *config_entry(const struct aws_config *c, const char *kind, struct str name,
					    const char *key)
{
	const struct ini_entry *e;
	char section[AWS_PROFILE_MAX + 32];

	if (!c->has_config)
		return NULL;
	snprintf(section, sizeof(section), "%s " STR_FMT, kind, STR_ARG(name));
	e = ini_get(&c->config, str_c(section), str_c(key));
	if (!e && str_eq_c(name, "default") && strcmp(kind, "profile") == 0)
		e = ini_get(&c->config, name, str_c(key));
	return e;
}

bool aws_config_has_profile(const struct aws_config *c, const char *profile)
{
	char section[AWS_PROFILE_MAX + 32];

	snprintf(section, sizeof(section), "profile %s", profile);
	return (c->has_credentials && ini_has_section(&c->credentials, str_c(profile))) ||
	       (c->has_config && ini_has_section(&c->config, str_c(section))) ||
	       (c->has_config && strcmp(profile, "default") == 0 && ini_has_section(&c->config, STR("default")));
}

static bool choose_profile(struct aws_config *c, const char *option, struct err *err)
{
	const char *name = option && *option ? option : getenv("AWS_PROFILE");

	c->profile_option = option && *option;
	if (!name || !*name)
		name = getenv("AWS_DEFAULT_PROFILE");
	c->profile_named = name && *name;
	if (!c->profile_named)
		name = "default";
	if (strlen(name) >= sizeof(c->profile))
		return err_set(err, ERR_LIMIT, "the name of the AWS profile is longer than %d bytes",
			       AWS_PROFILE_MAX - 1);
	snprintf(c->profile, sizeof(c->profile), "%s", name);
	return true;
}

bool aws_config_load(struct aws_config *ret_config, const char *profile, struct err *err)
{
	struct aws_config c = {0};

	aws_config_path(c.config_path, sizeof(c.config_path), "AWS_CONFIG_FILE", ".aws/config");
	aws_config_path(c.credentials_path, sizeof(c.credentials_path), "AWS_SHARED_CREDENTIALS_FILE",
			".aws/credentials");
	if (!choose_profile(&c, profile, err) || !load_file(&c.config, &c.has_config, c.config_path, err) ||
	    !load_file(&c.credentials, &c.has_credentials, c.credentials_path, err)) {
		aws_config_release(&c);
		return false;
	}
	if (c.profile_named && strcmp(c.profile, "default") != 0 && !aws_config_has_profile(&c, c.profile)) {
		err_set(err, ERR_USAGE, "The AWS profile \"%s\" is neither in %s nor in %s", c.profile, c.config_path,
			c.credentials_path);
		err_remedy(err, "Check --profile and AWS_PROFILE, or add the profile with: aws configure --profile %s",
			   c.profile);
		aws_config_release(&c);
		return false;
	}
	*ret_config = c;
	return true;
}

void aws_config_release(struct aws_config *c)
{
	if (c->has_config)
		wipe_ini(&c->config);
	if (c->has_credentials)
		wipe_ini(&c->credentials);
	*c = (struct aws_config){0};
}

/* Cuts a comment after a value; keys and tokens are never read through here. */
static struct str without_comment(struct str v)
{
	for (size_t i = 1; i < v.len; i++)
		if ((v.ptr[i] == '#' || v.ptr[i] == ';') && (v.ptr[i - 1] == ' ' || v.ptr[i - 1] == '\t'))
			return str_trim(str_sub(v, 0, i));
	return v;
}

bool aws_config_find(const struct aws_config *c, const char *profile, const char *key, struct aws_setting *ret_setting)
{
	const struct ini_entry *e = NULL;

	if (c->has_credentials)
		e = ini_get(&c->credentials, str_c(profile), str_c(key));
	*ret_setting = (struct aws_setting){.path = e ? c->credentials_path : c->config_path};
	if (!e)
		e = config_entry(c, "profile", str_c(profile), key);
	if (!e)
		return false;
	ret_setting->value = without_comment(e->value);
	ret_setting->whole = e->value;
	ret_setting->line = e->line;
	return true;
}

bool aws_config_session(const struct aws_config *c, struct str name, const char *key, struct aws_setting *ret_setting)
{
	const struct ini_entry *e = config_entry(c, "sso-session", name, key);

	*ret_setting = (struct aws_setting){.path = c->config_path};
	if (e)
		*ret_setting = (struct aws_setting){without_comment(e->value), e->value, c->config_path, e->line};
	return e != NULL;
}

bool aws_config_has_session(const struct aws_config *c, struct str name)
{
	char section[AWS_PROFILE_MAX + 32];

	snprintf(section, sizeof(section), "sso-session " STR_FMT, STR_ARG(name));
	return c->has_config && ini_has_section(&c->config, str_c(section));
}

struct str aws_config_of(const struct aws_config *c, const char *profile, const char *key)
{
	struct aws_setting s;

	return aws_config_find(c, profile, key, &s) ? s.value : STR("");
}

struct str aws_config_get(const struct aws_config *c, const char *key)
{
	return aws_config_of(c, c->profile, key);
}

struct str aws_config_service(const struct aws_config *c, const char *key)
{
	struct str services = aws_config_get(c, "services");
	const struct ini_entry *e = services.len > 0 ? config_entry(c, "services", services, key) : NULL;

	return e ? without_comment(e->value) : STR("");
}

struct str aws_config_env(const struct aws_config *c, const char *name, const char *key)
{
	const char *v = getenv(name);

	return v && *v ? str_c(v) : aws_config_get(c, key);
}

bool aws_config_authorities(const struct aws_config *c, char ret_path[AWS_BUNDLE_MAX], struct err *err)
{
	struct str file = aws_config_env(c, "AWS_CA_BUNDLE", "ca_bundle");

	if (file.len == 0)
		file = str_c(getenv("REQUESTS_CA_BUNDLE"));
	if (file.len >= AWS_BUNDLE_MAX) {
		err_set(err, ERR_LIMIT,
			"the path in AWS_CA_BUNDLE, ca_bundle or REQUESTS_CA_BUNDLE is longer than %d bytes",
			AWS_BUNDLE_MAX - 1);
		err_remedy(err, "Name the file by a shorter path.");
		return false;
	}
	snprintf(ret_path, AWS_BUNDLE_MAX, STR_FMT, STR_ARG(file));
	return true;
}

bool aws_region_valid(struct str s)
{
	if (s.len == 0 || s.len >= AWS_REGION_MAX || s.ptr[0] == '-' || s.ptr[s.len - 1] == '-')
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!((s.ptr[i] >= 'a' && s.ptr[i] <= 'z') || ascii_is_digit(s.ptr[i]) || s.ptr[i] == '-'))
			return false;
	return true;
}

static struct str region_of(const struct aws_config *c, const char *option)
{
	struct str region = str_c(option);

	if (region.len == 0)
		region = str_c(getenv("AWS_REGION"));
	return region.len > 0 ? region : aws_config_env(c, "AWS_DEFAULT_REGION", "region");
}

bool aws_config_says_region(const struct aws_config *c, const char *option)
{
	return region_of(c, option).len > 0;
}

bool aws_config_region(const struct aws_config *c, const char *option, char ret_region[AWS_REGION_MAX], struct err *err)
{
	struct str region = region_of(c, option);

	if (region.len == 0) {
		err_set(err, ERR_USAGE,
			"No AWS region is set: neither --region, AWS_REGION nor the profile \"%s\" names one",
			c->profile);
		err_remedy(err, "Say it with --region, for example --region eu-central-1.");
		return false;
	}
	if (!aws_region_valid(region)) {
		err_set(err, ERR_USAGE, "\"" STR_FMT "\" is not the name of an AWS region", STR_ARG(region));
		err_remedy(err, "Region names look like eu-central-1.");
		return false;
	}
	snprintf(ret_region, AWS_REGION_MAX, STR_FMT, STR_ARG(region));
	return true;
}
