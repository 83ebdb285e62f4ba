/*
 * classes.c: vCPUs follow from the size word, memory from the family's GiB per vCPU.
 *
 * A family that is not in the table has a vCPU count but no memory: an unknown value is better
 * than a wrong one.
 */
#include "aws/classes.h"

#include "base/check.h"
#include "base/parse.h"

#define MIB (INT64_C(1) << 20)
#define VCPU_MAX 1024

/* Splits "db.r6g.2xlarge"; false when it has not three parts. */
static bool split_class(struct str class, struct str *ret_family, struct str *ret_size)
{
	struct str rest = class, db;

	if (!str_split(&rest, '.', &db) || !str_eq_c(db, "db") || rest.len == 0)
		return false;
	if (!str_split(&rest, '.', ret_family) || rest.len == 0)
		return false;
	*ret_size = rest;
	return str_find(rest, STR("."), 0) < 0;
}

bool aws_class_vcpu(struct str class, int64_t *ret_vcpu)
{
	struct str family, size;
	int64_t n;

	if (!split_class(class, &family, &size))
		return false;
	if (str_eq_c(size, "small"))
		n = str_eq_c(family, "t2") ? 1 : 2;
	else if (str_eq_c(size, "medium") || str_eq_c(size, "large"))
		n = 2;
	else if (str_eq_c(size, "xlarge"))
		n = 4;
	else if (!str_ends(size, STR("xlarge")) || !parse_i64(str_sub(size, 0, size.len - 6), &n) || n < 1 ||
		 n > VCPU_MAX / 4)
		return false;
	else
		n *= 4;
	*ret_vcpu = n;
	return true;
}

bool aws_class_memory(struct str class, int64_t *ret_bytes)
{
	static const struct {
		const char *family;
		int64_t mib_per_vcpu;
	} families[] = {
		{"r4", 7808},  {"r5", 8192},  {"r6g", 8192}, {"r6gd", 8192}, {"r6i", 8192},  {"r6id", 8192},
		{"r7g", 8192}, {"r7i", 8192}, {"r8g", 8192}, {"r8gd", 8192}, {"x2g", 16384},
	};
	struct str family, size;
	int64_t vcpu;

	if (!split_class(class, &family, &size) || !aws_class_vcpu(class, &vcpu))
		return false;
	if (str_eq_c(family, "t3") || str_eq_c(family, "t4g")) {
		int64_t gib = str_eq_c(size, "large")    ? 8
			      : str_eq_c(size, "medium") ? 4
			      : str_eq_c(size, "small")  ? 2
							 : 0;

		*ret_bytes = gib * 1024 * MIB;
		return gib > 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(families); i++) {
		if (!str_eq_c(family, families[i].family) || str_eq_c(size, "small") || str_eq_c(size, "medium"))
			continue;
		*ret_bytes = families[i].mib_per_vcpu * MIB * vcpu;
		return true;
	}
	return false;
}
