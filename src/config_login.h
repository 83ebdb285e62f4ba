/*
 * config_login.h: the sections [login CLUSTER] of config.ini.
 *
 * What stands there for one cluster overrides the same keys of [auroratop], and yields to the command line and to
 * variables.
 */
#ifndef CONFIG_LOGIN_H
#define CONFIG_LOGIN_H

#include "base/ini.h"
#include "model/logins.h"

/* True for the headings that are read here. */
bool config_login_is_section(struct str name);
/* Reads them all into ret->of. False: err names file, line and key. */
bool config_login_read(const struct ini *ini, const char *path, struct logins *ret, struct err *err) MUST_CHECK;
/* A key by its name, with - or _; NULL = there is none. */
const struct login_key *config_login_key(struct str name);

#endif
