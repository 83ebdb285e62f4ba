/*
 * sim_changes.h: what clients have added to the simulated account and taken from it; shared by its own files only.
 *
 * Changes of a cluster's own settings are members of struct sim_cluster. Every list has a limit; a full one is told to
 * the caller, who refuses the call with the service's quota error where there is one. Only of events the oldest are
 * dropped. All functions expect the lock to be held.
 */
#ifndef SIM_CHANGES_H
#define SIM_CHANGES_H

#include "sim/sim_scenario.h"

#define SIM_SNAPSHOTS_MADE_MAX 100 /* the service's own default quota */
#define SIM_SNAPSHOTS_GONE_MAX 200
#define SIM_TAGGED_MAX 300 /* resources whose tags were changed */
#define SIM_TAGS_MAX 50    /* of one resource, the service's own limit */
#define SIM_PARAMETERS_SET_MAX 2000
#define SIM_PARAMETER_VALUE_MAX 1024
#define SIM_INGRESS_RULES_MAX 60 /* of one group, the service's own default quota */
#define SIM_RULES_ADDED_MAX 200
#define SIM_RULES_GONE_MAX 200
#define SIM_EVENTS_KEPT 500
#define SIM_NAME_MAX 255
#define SIM_RULE_ID_MAX 32

struct sim_made_snapshot {
	char id[64];
	const struct sim_cluster *cluster;
	int64_t at_us;
};

struct sim_tag {
	char *key, *value;
};

/* All tags of a resource; kind and name are the last two parts of its ARN. */
struct sim_tagged {
	char kind[24], name[SIM_NAME_MAX + 1];
	struct sim_tag tags[SIM_TAGS_MAX];
	size_t n;
};

struct sim_parameter_set {
	const char *group; /* a cluster's parameter_group */
	const char *name;
	char *value; /* NULL = reset to the engine's default */
	bool immediate;
	int64_t at_us;
};

struct sim_rule_added {
	char id[SIM_RULE_ID_MAX], group[SIM_NAME_MAX + 1];
	char protocol[16], source[64], text[256]; /* text "" = no description */
	int from_port, to_port;
};

/* What a kind of event is about, in the words of DescribeEvents; kind stands in the ARN. */
struct sim_event_kind {
	const char *type, *kind, *category;
};

struct sim_event_row {
	struct sim_event_kind kind;
	char source[SIM_NAME_MAX + 1], message[256];
	int64_t at_us; /* may lie ahead: it is shown when its time has come */
};

struct sim_changes {
	struct sim_made_snapshot snapshots[SIM_SNAPSHOTS_MADE_MAX];
	char gone_snapshots[SIM_SNAPSHOTS_GONE_MAX][SIM_NAME_MAX + 1]; /* of those that nobody made */
	struct sim_tagged *tagged[SIM_TAGGED_MAX];
	struct sim_parameter_set parameters[SIM_PARAMETERS_SET_MAX];
	struct sim_rule_added rules[SIM_RULES_ADDED_MAX];
	char gone_rules[SIM_RULES_GONE_MAX][SIM_RULE_ID_MAX]; /* of the scenario's */
	struct sim_event_row events[SIM_EVENTS_KEPT];         /* in the order they were added */
	size_t nsnapshots, ngone_snapshots, ntagged, nparameters, nrules, ngone_rules, nevents;
};

struct sim_changes *sim_changes_new(void);
/* Accepts NULL. */
void sim_changes_free(struct sim_changes *c);

/* The tags of a resource, NULL = they are as they were at the start. */
const struct sim_tagged *sim_tagged_find(const struct sim_changes *c, const char *kind, const char *name);
/* The same, made without tags when there is none; NULL = the list is full. */
struct sim_tagged *sim_tagged_make(struct sim_changes *c, const char *kind, const char *name);
void sim_tagged_drop(struct sim_changes *c, const char *kind, const char *name);
bool sim_tag_has(const struct sim_tagged *t, struct str key);
/* Adds a tag or overwrites its value; false = there are SIM_TAGS_MAX. */
bool sim_tag_set(struct sim_tagged *t, struct str key, struct str value) MUST_CHECK;
void sim_tag_remove(struct sim_tagged *t, struct str key);

bool sim_snapshot_is_gone(const struct sim_changes *c, const char *id);
bool sim_rule_is_gone(const struct sim_changes *c, const char *id);

/* The last change of a parameter, NULL = none. */
const struct sim_parameter_set *sim_parameter_find(const struct sim_changes *c, const char *group, const char *name);
/* Remembers one; group and name must outlive c. False = the list is full. */
bool sim_parameter_put(struct sim_changes *c, const struct sim_parameter_set *change) MUST_CHECK;

void sim_event_add(struct sim_changes *c, const struct sim_event_kind *kind, const char *source, int64_t at_us,
		   const char *fmt, ...) PRINTF_LIKE(5, 6);

#endif
