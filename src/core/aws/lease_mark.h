/*
 * lease_mark.h: what AWS's own objects say of a lease: "jane@host until 2026-11-26T08:10:00Z", as the value of a
 * parameter group's tag and, behind a word of ours, as the description of a security group rule.
 *
 * It is for the eyes of others, who cannot see the file that the lease is remembered in. Both places may hold
 * letters, digits, blanks and _.:/=+-@ only. Pure; any thread.
 */
#ifndef AWS_LEASE_MARK_H
#define AWS_LEASE_MARK_H

#include "base/arena.h"

#include <stdint.h>

#define LEASE_MARK_TAG "auroratop-lease"
#define LEASE_MARK_RULE "auroratop: " /* what the description of a rule begins with */

/* Whole seconds; what may not stand there becomes _. In a. */
struct str lease_mark_text(struct arena *a, const char *owner, int64_t until_us);
/* False: it is no such text. Slices of it. */
bool lease_mark_read(struct str text, struct str *ret_owner, int64_t *ret_until_us);
/* It is such a text, and of that owner, as lease_mark_text() writes him. */
bool lease_mark_is_of(struct str text, const char *owner);

#endif
