/*
 * rules_common.h: what rules about the resources of a cluster have in common.
 *
 * One check of a design decision is one line where all is in order, however many instances or snapshots it was about,
 * and one for each object that is not. A tally counts them. Pure; any thread.
 */
#ifndef VERDICT_RULES_COMMON_H
#define VERDICT_RULES_COMMON_H

#include "verdict/rules.h"

/* Objects of one rule that get a line of their own; the rest is one line together. */
#define TALLY_EACH_MAX 20
#define TALLY_NAMES_MAX 160
/* Clocks differ a little, and answers take their time. */
#define CLOCK_TOLERANCE_US (5 * US_PER_MIN)

struct tally {
	size_t good, bad, unknown;
	char names[TALLY_NAMES_MAX]; /* of those in order, as many as fit */
};

/* As facts_need(), and NULL, too, while pages of the listing are still to come: what is missing may be on the next. */
const struct snapshot *facts_whole(const struct facts *f, struct findings *out, const char *source);
/* The open cluster's row of `clusters`, as facts_cluster(), -1 while the listing is incomplete. */
long facts_own_cluster(const struct facts *f, struct findings *out, const struct snapshot **ret_clusters);
/* The next row of `instances` after *row (-1 before the first) that belongs to the open cluster. s may be NULL. */
bool facts_next_member(const struct facts *f, const struct snapshot *s, long *row);
/* The writer's row, or -1. */
long facts_writer(const struct facts *f, const struct snapshot *instances);
/* The policy of a pair of limits, as an age: that of the warning, else the critical one. */
double limit_of(double warn, double crit);
/* "31 h", "3d 07h"; below two hours as verdict_age(). */
const char *verdict_backup_age(char out[VERDICT_VALUE_MAX], int64_t us);
/*
 * Now, by AWS's clock, as the Date of the answer s has it. newest: the latest moment of the past that s tells, 0 =
 * none. False, and said: this host's clock cannot be believed. what: "age of ...".
 */
bool verdict_aws_clock(const struct facts *f, struct findings *out, const struct snapshot *s, int64_t newest,
		       const char *what, int64_t *ret_now);
/* "2026-03-16 06:41Z" */
const char *verdict_at(char out[VERDICT_VALUE_MAX], int64_t at_us);
/* The last part of an ARN, behind '/' or ':'; the text itself where it is none. */
struct str verdict_arn_name(struct str arn);
/* Is word one of the comma-separated list? */
bool verdict_list_has(struct str list, struct str word);
/* Value of KEY in KEY=VALUE,... (any case of KEY); false: there is no such tag. */
bool verdict_tag(struct str tags, const char *key, struct str *ret_value);

/* Appends a name behind a blank, unless it is there or has no room. */
void names_add(char names[TALLY_NAMES_MAX], struct str name);
/* In order. */
void tally_good(struct tally *t, struct str name);
/* Not in order: true while it may have a line of its own. */
bool tally_bad(struct tally *t);
/*
 * Says what has no line yet: how many more are not in order, and, of those that are not known, why (field of s, which
 * is finding_unknown()'s). True: there are some, all are in order, and the rule has to say so.
 */
bool tally_end(struct tally *t, struct findings *out, enum severity bad, const struct snapshot *s, const char *field);

/* A setting of the cluster that is to be on. */
struct cluster_switch {
	const char *field;    /* of `clusters` */
	const char *api;      /* its name in the answer of DescribeDBClusters */
	const char *on, *off; /* sentences */
	const char *next;     /* what to do about it */
	const char *options;  /* of modify-db-cluster; "" = no command helps */
	enum severity when_off;
};
void judge_switch(const struct facts *f, struct findings *out, const struct cluster_switch *w);
/* A setting of every instance of the cluster, on or off. One line for all: "STATE: NAMES". */
struct member_switch {
	const char *field;      /* of `instances`; a number is on when it is not 0 */
	const char *api;        /* its name in the answer of DescribeDBInstances */
	bool wanted;            /* on, or off */
	const char *good, *bad; /* "public access is off" */
	const char *next;       /* what to do about it */
	const char *options;    /* of modify-db-instance; "" = no command helps */
	enum severity when_bad;
	const char *more; /* evidence beside it: "; DatabaseInsightsMode standard"; NULL = none */
};
void judge_members(const struct facts *f, struct findings *out, const struct member_switch *w);
/* aws rds modify-db-cluster --db-cluster-identifier CLUSTER OPTIONS --apply-immediately */
void remedy_cluster(struct findings *out, const struct facts *f, const char *options);

#endif
