/*
 * verdict.h: what a rule is, what it may look at, and what it says.
 *
 * A rule is a pure function over the newest snapshots of some sources and the cluster's policy. It says
 * nothing (does not apply here), or one finding for each object it is about: ok, or what is wrong. A rule that
 * cannot see what it needs says `unknown` with the reason, never `ok`: facts_need() does that for a whole source,
 * finding_unknown() for a field.
 *
 * A sentence is in the present tense and has the number and the policy: "newest automated snapshot 31 h old, policy
 * 26 h". Identifiers stand whole. Texts are copied into the snapshot that the findings become.
 *
 * Adding a rule: a function in a rules_*.c file, and a line in rules.def.
 */
#ifndef VERDICT_VERDICT_H
#define VERDICT_VERDICT_H

#include "model/data.h"
#include "model/policy.h"
#include "model/severity.h"

#define FACT_SOURCES_MAX 64
/* Findings of one evaluation; what is beyond them is counted in one last finding. */
#define FINDINGS_MAX 512
/* What was known before a source began to fail is still believed for so many of its periods, and at least so long. */
#define FACTS_BELIEVED_PERIODS 5
#define FACTS_BELIEVED_US INT64_C(10000000)

/* One source as it is known now. */
struct fact_source {
	const char *name;
	const struct snapshot *good;   /* newest good rows, or NULL */
	const struct snapshot *latest; /* newest outcome, or NULL: has not answered yet */
	int64_t period_us;             /* between two fetches */
};

struct facts {
	struct fact_source sources[FACT_SOURCES_MAX];
	size_t n;
	int64_t now_us; /* wall */
	const struct policy *policy;
	struct str cluster; /* DBClusterIdentifier, "" = none (--db alone) */
	bool final;         /* nothing more will come: what has not answered is unknown */
};

struct rule;
struct findings;

/* One line of rules.def. */
struct rule {
	const char *id;     /* "backup.snapshot_age"; stable */
	const char *family; /* "availability", "reachability", "backup", "storage", "sessions", "statements", "posture",
			       "observability", "capacity" */
	const char *decision; /* of the seven design decisions, as the Posture view groups them; "" = none of them */
	char view;            /* digit of the view that explains it */
	const char *title;    /* what is checked, a few words */
	const char *why;      /* why it matters, one sentence */
	const char *sources;  /* space-separated names of what it reads */
	void (*judge)(const struct facts *f, struct findings *out);
};
extern const struct rule verdict_rules[];
extern const size_t nverdict_rules;

/* ---- what a rule looks at ---- */

/* Newest good rows of a source, or NULL; says nothing. */
const struct snapshot *facts_get(const struct facts *f, const char *source);
/*
 * The same, for a rule that cannot do without: NULL when there is nothing to judge. Then a finding `unknown` with the
 * reason has been added, unless the source does not exist here (AWS with --db alone) or has not answered yet.
 */
const struct snapshot *facts_need(const struct facts *f, struct findings *out, const char *source);
/* Its newest outcome, whatever that was, or NULL: for rules about the source itself. */
const struct snapshot *facts_latest(const struct facts *f, const char *source);
/* Row of the open cluster in `clusters`; -1 (and said as facts_need()) when it is not known. ret_clusters is set. */
long facts_cluster(const struct facts *f, struct findings *out, const struct snapshot **ret_clusters);
/* Newest value of a CloudWatch metric of an object (cluster or instance) in `metrics`, not older than max_age_us; NaN
 * when there is none. */
double facts_metric(const struct facts *f, const char *metric, struct str object, int64_t max_age_us);

/* ---- what it says ---- */

/* The rule says something about an object ("" = the cluster or server as a whole). What follows is about it. */
void finding_add(struct findings *out, enum severity s, struct str object, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* Unknown, because this field of a source is not to be had: with the source's own reason where it gives one. */
void finding_unknown(struct findings *out, struct str object, const struct snapshot *s, const char *field);
/* The numbers behind it and where they are from: "rds:orders-2026-03-16, created ...; DescribeDBClusterSnapshots" */
void finding_evidence(struct findings *out, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* What to do: an action or operation by its name in the palette, which Enter opens ("" = the rule's view), and words
 * for a person. */
void finding_next(struct findings *out, const char *action, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* An AWS CLI command or SQL statement that remedies it, to copy. A name from outside is put in with verdict_word(). */
void finding_remedy(struct findings *out, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The name as one word of a shell: as it is where every character is plain, else in single quotes. Into out. */
#define VERDICT_WORD_MAX 600
const char *verdict_word(char out[VERDICT_WORD_MAX], struct str name);
/* Severity by a pair of limits, larger is worse; a limit of 0 does not judge. */
enum severity verdict_above(double value, double warn, double crit);
/* The same, smaller is worse. */
enum severity verdict_below(double value, double warn, double crit);

/* Values as sentences have them: "31 h", "12m31s", "96.4 GiB", "82 %". Into out, which is returned. */
#define VERDICT_VALUE_MAX 48
const char *verdict_age(char out[VERDICT_VALUE_MAX], int64_t us);
const char *verdict_bytes(char out[VERDICT_VALUE_MAX], double bytes);
const char *verdict_ratio(char out[VERDICT_VALUE_MAX], double ratio);
/* A limit of the policy as it is written there: "5m", "26h", "80%", "10 GiB". */
const char *verdict_limit(char out[VERDICT_VALUE_MAX], enum policy_unit unit, double limit);

/* ---- all rules at once ---- */

/* The record that findings become; source "verdicts". */
extern const struct rec_type verdict_type;
/* Judges by the rules chosen (NULL = all) and adds their findings as rows to s. */
void verdict_judge(const struct facts *f, bool (*chosen)(const struct rule *, void *), void *arg, struct snapshot *s);

#endif
