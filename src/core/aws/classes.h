/*
 * classes.h: what a DB instance class name says about the machine.
 *
 * Source: AWS hardware specifications for DB instance classes for Aurora.
 */
#ifndef AWS_CLASSES_H
#define AWS_CLASSES_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* vCPUs of a class ("db.r6g.2xlarge" is 8); false for db.serverless and names that do not follow the rule. Pure. */
bool aws_class_vcpu(struct str class, int64_t *ret_vcpu);
/* Memory of a class of a known family; false where the table has none. Pure. */
bool aws_class_memory(struct str class, int64_t *ret_bytes);

#endif
