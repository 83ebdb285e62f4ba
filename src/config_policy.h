/*
 * config_policy.h: the sections [policy] and [policy CLUSTER] of config.ini.
 *
 * One table has every key with its default and its help; the manual is written from it. A
 * cluster's section overrides single keys of [policy], wherever in the file either stands.
 */
#ifndef CONFIG_POLICY_H
#define CONFIG_POLICY_H

#include "base/buf.h"
#include "base/err.h"
#include "base/ini.h"
#include "model/policy.h"

/* True for the headings that are read here. */
bool config_policy_is_section(struct str name);
/* Reads them all; without any, *ret is the defaults. False: err names file, line and key. */
bool config_policy_read(const struct ini *ini, const char *path, struct policies *ret, struct err *err) MUST_CHECK;
/* The keys for the manual page, in scdoc. */
void config_policy_manual(struct buf *out);

#endif
