/*
 * config.h: AWS's own files and variables: which profile, its keys, the region.
 *
 * Names, places and order are those of the AWS CLI (AWS SDKs and Tools Reference Guide). A
 * struct aws_config is loaded, read and released by one thread; everything read from the
 * credentials file is wiped on release. Missing files are fine; malformed ones are not.
 */
#ifndef AWS_CONFIG_H
#define AWS_CONFIG_H

#include "aws/sigv4.h"
#include "base/err.h"
#include "base/ini.h"

#define AWS_PROFILE_MAX 128
#define AWS_REGION_MAX 64
#define AWS_BUNDLE_MAX 1024
#define AWS_SECRET_MAX 16384 /* one key or token */
#define AWS_ORIGIN_MAX 400

struct aws_config {
	struct ini config, credentials;
	bool has_config, has_credentials;
	char config_path[1024], credentials_path[1024];
	char profile[AWS_PROFILE_MAX]; /* in effect; "default" when none was named */
	bool profile_named;            /* by option or variable: it must exist */
	bool profile_option;           /* by option: variables with keys do not count */
};

/* profile: the --profile option, "" or NULL = none. ERR_CONFIG for malformed files, ERR_USAGE for a profile that is
 * nowhere. On failure nothing needs release. */
bool aws_config_load(struct aws_config *ret_config, const char *profile, struct err *err) MUST_CHECK;
void aws_config_release(struct aws_config *c);
/* Setting of the profile in effect (credentials file before config file), "" when absent. Borrowed. */
struct str aws_config_get(const struct aws_config *c, const char *key);
/* A setting and where it stands; line 0 = it does not. */
struct aws_setting {
	struct str value; /* borrowed; without a comment behind it */
	struct str whole; /* as it stands there */
	const char *path;
	int line;
};
/* The same of any profile; false when it has no such key. */
bool aws_config_find(const struct aws_config *c, const char *profile, const char *key, struct aws_setting *ret_setting);
struct str aws_config_of(const struct aws_config *c, const char *profile, const char *key);
bool aws_config_has_profile(const struct aws_config *c, const char *profile);
/* Setting of [sso-session NAME]. */
bool aws_config_session(const struct aws_config *c, struct str name, const char *key, struct aws_setting *ret_setting);
bool aws_config_has_session(const struct aws_config *c, struct str name);
/* The path that a variable names (a leading ~/ is the home folder), else that below the home folder. variable NULL =
 * none. */
void aws_config_path(char *out, size_t len, const char *variable, const char *below_home);
/* Setting in the [services NAME] section that the profile names: key "rds.endpoint_url". "" when absent. */
struct str aws_config_service(const struct aws_config *c, const char *key);
/* Variable `name` if set and not empty, else the profile's `key`, else "". Borrowed. */
struct str aws_config_env(const struct aws_config *c, const char *name, const char *key);
/* The file of certificate authorities by AWS_CA_BUNDLE, ca_bundle, REQUESTS_CA_BUNDLE; "" = the system's. ERR_LIMIT
 * when its path is too long. */
bool aws_config_authorities(const struct aws_config *c, char ret_path[AWS_BUNDLE_MAX], struct err *err) MUST_CHECK;
/* Region by option, AWS_REGION, AWS_DEFAULT_REGION, profile. ERR_USAGE when there is none or it is not a region name.
 */
bool aws_config_region(const struct aws_config *c, const char *option, char ret_region[AWS_REGION_MAX],
		       struct err *err) MUST_CHECK;
/* Does any of them name one, right or wrong? */
bool aws_config_says_region(const struct aws_config *c, const char *option);
/* True when s may stand in a host name as region. */
bool aws_region_valid(struct str s);

/* One set of keys, owned; wipe with aws_credentials_wipe(). */
struct aws_credentials {
	char *access_key, *secret_key, *session_token; /* NUL-terminated; session_token may be "" */
	int64_t expires_at_us;                         /* wall clock, 0 = not known to expire */
	/* Where they are from, for messages: "the environment", "profile prod, role X through source_profile base". */
	char origin[AWS_ORIGIN_MAX];
};
void aws_credentials_wipe(struct aws_credentials *c);
/* Borrowed view for signing. */
struct aws_keys aws_credentials_keys(const struct aws_credentials *c);

#endif
