/*
 * form.h: parameters of the query and EC2 protocols as form text.
 *
 * Names are plain ASCII as the service model spells them; values are escaped as botocore does
 * (blank as '+'). One overflow makes the whole form fail: check form_body() once. One thread.
 */
#ifndef AWS_FORM_H
#define AWS_FORM_H

#include "base/buf.h"
#include "base/err.h"

#define FORM_MAX (1u << 20)

struct form {
	struct buf body;
};

/* Starts with Action and Version; release afterwards. */
void form_begin(struct form *f, const char *action, const char *version);
void form_release(struct form *f);
void form_add(struct form *f, const char *name, struct str value);
void form_add_c(struct form *f, const char *name, const char *value);
void form_add_i64(struct form *f, const char *name, int64_t value);
void form_add_bool(struct form *f, const char *name, bool value);
/* Wall microseconds as 2026-01-15T08:30:05Z, whole seconds. */
void form_add_time(struct form *f, const char *name, int64_t wall_us);
/* A name made of parts: form_addf(f, value, "Filters.Filter.%d.Name", 1). */
void form_addf(struct form *f, struct str value, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* RDS filter number n (from 1): Filters.Filter.n.Name, .Values.Value.m; values separated by ','. */
void form_add_rds_filter(struct form *f, int n, const char *name, struct str values);
/* EC2 filter number n (from 1): Filter.n.Name, Filter.n.Value.m; values separated by ','. */
void form_add_ec2_filter(struct form *f, int n, const char *name, struct str values);
/* List PREFIX.1, PREFIX.2, ... from values separated by ','; an empty list adds nothing. */
void form_add_list(struct form *f, const char *prefix, struct str values);
/* The complete body, borrowed. False: larger than FORM_MAX. */
bool form_body(const struct form *f, struct str *ret_body, struct err *err) MUST_CHECK;

#endif
