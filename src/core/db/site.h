/*
 * site.h: which server a target's database is, and whether it may be connected to now.
 *
 * With conninfo (--db) the user said it all, unless that is an RDS Proxy whose cluster is open. Otherwise it is the
 * writer instance of the open cluster (or the member that the target names), from the records of the sources "clusters"
 * and "instances", whose fields are read by their public names.
 */
#ifndef DB_SITE_H
#define DB_SITE_H

#include "runtime/source.h"

#define SITE_INPUTS "clusters instances"

struct site {
	char host[256]; /* "" = conninfo says */
	int64_t port;
	char database[64]; /* the cluster's own default database, or "" */
	bool not_proxy;    /* conninfo names an RDS Proxy; this is the instance behind it */
};

/*
 * Pure but for the environment; any thread. inputs are snapshots of SITE_INPUTS in that order, each may be NULL.
 * READY: *ret_site is filled. READY_WAIT: a listing is not there yet. READY_UNAVAILABLE: why has the words: stopped, a
 * serverless cluster that a connection would wake (safety.md 1), no user name known.
 */
enum readiness site_find(const struct target *t, const struct snapshot *const *inputs, struct site *ret_site,
			 struct err *why);
/*
 * source->nodes: the readers of the open cluster that may be connected to now. Behind --db only those that the setting
 * `nodes` names, because one connection string says nothing of other servers. Pure but for the environment.
 */
size_t site_nodes(const struct target *t, const struct snapshot *const *inputs, struct target **ret_targets,
		  size_t max);
/* source->ready for every database source. */
enum readiness site_ready(const struct target *t, const struct snapshot *const *inputs, struct err *why);

#endif
