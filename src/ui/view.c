/*
 * view.c: the views, each a list of panes with their places. A new pane over existing
 * data is one file in panes/, one line in panes.def and a place here.
 *
 * place = {band, share, least rows, wished rows (0 = rest), least columns, collapse rank}
 */
#include "ui/ui.h"

#include "ui/panes/panes.h"
#include "ui/verdicts.h"

#include <string.h>

const struct pane_def *const pane_defs[] = {
#define PANE(id) &pane_##id,
#include "ui/panes/panes.def"
#undef PANE
};
const size_t npane_defs = ARRAY_LEN(pane_defs);

static const struct view_def overview = {
	.digit = '1',
	.name = "overview",
	.title = "Overview",
	.short_title = "Over",
	.help = "the five core panes",
	.panes = {{&pane_cluster, {0, 42, 9, 14, 40, 8}},
		  {&pane_load, {0, 58, 9, 14, 46, 4}},
		  {&pane_verdicts, {0, 60, 6, 14, 46, LAYOUT_STAYS}},
		  {&pane_activity, {1, 1, 8, 0, 30, 0}},
		  {&pane_network, {2, 33, 7, 11, 38, 5}},
		  {&pane_volume, {2, 34, 7, 11, 38, 9}},
		  {&pane_backups, {2, 33, 7, 11, 38, 7}}},
	.npanes = 7,
};
static const struct view_def activity = {
	.digit = '2',
	.name = "activity",
	.title = "Activity",
	.short_title = "Act",
	.help = "who does what, who waits",
	.panes = {{&pane_activity, {0, 1, 6, 0, 30, 0}},
		  {&pane_session, {1, 38, 9, 15, 40, 3}},
		  {&pane_waits, {1, 30, 9, 15, 36, 4}},
		  {&pane_databases, {1, 32, 9, 15, 40, 5}}},
	.npanes = 4,
};
static const struct view_def locks = {
	.digit = '3',
	.name = "locks",
	.title = "Locks",
	.short_title = "Lock",
	.help = "who blocks whom, for what, and what ends it",
	.panes = {{&pane_locks, {0, 1, 7, 0, 30, 0}},
		  {&pane_lock_root, {1, 50, 9, 19, 44, 3}},
		  {&pane_blocked, {1, 50, 9, 19, 44, 5}}},
	.npanes = 3,
};
static const struct view_def load = {
	.digit = '4',
	.name = "load",
	.title = "Load",
	.short_title = "Load",
	.help = "average active sessions over time, and who made them",
	.start = 2,
	.panes = {{&pane_load_graph, {0, 1, 9, 26, 30, 0}},
		  {&pane_load_slice, {1, 28, 8, 0, 34, 5}},
		  {&pane_load_top, {1, 72, 8, 0, 50, 2}}},
	.npanes = 3,
};
static const struct view_def statements = {
	.digit = '5',
	.name = "statements",
	.title = "Statements",
	.short_title = "Stmt",
	.help = "what each statement costs",
	.panes = {{&pane_statements, {0, 1, 6, 0, 30, 0}},
		  {&pane_statement, {1, 52, 9, 14, 46, 3}},
		  {&pane_trend, {1, 48, 9, 14, 40, 4}}},
	.npanes = 3,
};
static const struct view_def storage = {
	.digit = '6',
	.name = "storage",
	.title = "Storage",
	.short_title = "Stor",
	.help = "graphs, growth, largest relations",
	.panes = {{&pane_volume_used, {0, 57, 10, 12, 50, 2}},
		  {&pane_growth, {0, 43, 10, 12, 50, 2}},
		  {&pane_reads, {1, 33, 7, 8, 36, 6}},
		  {&pane_writes, {1, 33, 7, 8, 36, 7}},
		  {&pane_local_storage, {1, 34, 7, 8, 36, 3}},
		  {&pane_cpu, {2, 25, 6, 6, 30, 4}},
		  {&pane_memory, {2, 25, 6, 6, 30, 8}},
		  {&pane_connections, {2, 25, 6, 6, 30, 9}},
		  {&pane_lag, {2, 25, 6, 6, 30, 5}},
		  {&pane_acu, {2, 25, 6, 6, 30, 10}},
		  {&pane_relations, {3, 1, 14, 0, 40, 0}},
		  {&pane_wraparound, {4, 40, 7, 8, 40, 11}},
		  {&pane_slots, {4, 34, 7, 8, 40, 12}},
		  {&pane_sizes, {4, 26, 7, 8, 36, 13}}},
	.npanes = 14,
};
static const struct view_def backups = {
	.digit = '7',
	.name = "backups",
	.title = "Backups",
	.short_title = "Back",
	.help = "snapshots, restorable window, what is wrong with them, settings",
	.panes = {{&pane_restorable, {0, 1, 7, 11, 40, 4}},
		  {&pane_snapshots, {1, 65, 6, 0, 60, 0}},
		  {&pane_view_verdicts, {1, 35, 6, 0, 44, 3}},
		  {&pane_backup_settings, {2, 65, 6, 11, 60, 6}},
		  {&pane_backup_events, {2, 35, 6, 11, 44, 7}}},
	.npanes = 5,
};
static const struct view_def network = {
	.digit = '8',
	.name = "network",
	.title = "Network",
	.short_title = "Net",
	.help = "rules by port, doctor, groups, subnets",
	.panes = {{&pane_rules, {0, 1, 7, 0, 60, 0}},
		  {&pane_doctor, {0, 1, 7, 0, 60, 4}},
		  {&pane_groups, {1, 1, 5, 8, 50, 5}},
		  {&pane_subnets, {1, 1, 5, 8, 50, 6}}},
	.npanes = 4,
};
static const struct view_def logs = {
	.digit = '9',
	.name = "logs",
	.title = "Logs",
	.short_title = "Logs",
	.help = "PostgreSQL's log, RDS events",
	.panes = {{&pane_logs, {0, 1, 7, 0, 40, 0}},
		  {&pane_log_entry, {1, 54, 9, 16, 44, 3}},
		  {&pane_slow_log, {1, 46, 9, 16, 44, 4}},
		  {&pane_timeline, {2, 1, 5, 7, 40, 5}}},
	.npanes = 4,
};
static const struct view_def posture = {
	.digit = '0',
	.name = "posture",
	.title = "Posture",
	.short_title = "Post",
	.help = "design decisions as checks",
	.panes = {{&pane_posture, {0, 65, 7, 0, 60, 0}}, {&pane_check, {0, 35, 8, 0, 44, 3}}},
	.npanes = 2,
};
static const struct view_def verdicts = {
	.digit = 0,
	.name = "verdicts",
	.title = "Verdicts",
	.short_title = "Verd",
	.help = "what is wrong, worst first, with the evidence",
	.panes = {{&pane_verdicts, {0, 60, 7, 0, 50, 0}}, {&pane_check, {0, 40, 8, 0, 44, 3}}},
	.npanes = 2,
};
static const struct view_def clusters = {
	.digit = 0,
	.name = "clusters",
	.title = "Clusters",
	.short_title = "Clusters",
	.help = "the fleet: the region's clusters; Enter opens one",
	.panes = {{&pane_clusters, {0, 1, 6, 0, 30, 0}}},
	.npanes = 1,
};

static const struct view_def progress = {
	.digit = 0,
	.name = "progress",
	.title = "Progress",
	.short_title = "Prog",
	.help = "running vacuum, index builds, analyze, COPY; who holds the xmin horizon",
	.panes = {{&pane_progress, {0, 1, 6, 0, 40, 0}}, {&pane_horizon, {1, 1, 6, 10, 40, 3}}},
	.npanes = 2,
};

static const struct view_def tables = {
	.digit = 0,
	.name = "tables",
	.title = "Tables",
	.short_title = "Tab",
	.help = "the largest tables, to vacuum, analyze or reindex; what runs now",
	.panes = {{&pane_tables, {0, 1, 6, 0, 40, 0}}, {&pane_progress, {1, 1, 5, 8, 40, 3}}},
	.npanes = 2,
};

static const struct view_def audit = {
	.digit = 0,
	.name = "audit",
	.title = "Audit log",
	.short_title = "Audit",
	.help = "what was changed from here: who, when, what exactly, and how it ended",
	.panes = {{&pane_audit, {0, 1, 6, 0, 40, 0}}},
	.npanes = 1,
};

/* Views of one table pane, found by name. */
#define ONE_PANE_VIEW(id, name_, title_, help_)               \
	static const struct view_def id = {                   \
		.digit = 0,                                   \
		.name = (name_),                              \
		.title = (title_),                            \
		.short_title = (title_),                      \
		.help = (help_),                              \
		.panes = {{&pane_##id, {0, 1, 6, 0, 40, 0}}}, \
		.npanes = 1,                                  \
	}

ONE_PANE_VIEW(alarms, "alarms", "Alarms", "CloudWatch alarms about the cluster and its instances");
ONE_PANE_VIEW(pending, "pending", "Pending", "maintenance that AWS has announced, and when it is applied");
ONE_PANE_VIEW(parameters, "parameters", "Parameters", "cluster parameters that checks look at");
ONE_PANE_VIEW(keys, "keys", "Keys", "KMS keys of the cluster: state, rotation, deletion");

/* clang-format off */
const struct view_def *const view_defs[] = {
	&overview,
	&activity,
	&locks,
	&load,
	&statements,
	&storage,
	&backups,
	&network,
	&logs,
	&posture,
	&verdicts,
	&clusters,
	&tables, &progress,
	&audit,
	&alarms, &pending, &parameters, &keys,
};
/* clang-format on */
const size_t nview_defs = ARRAY_LEN(view_defs);

int view_by_digit(char digit)
{
	for (size_t i = 0; i < nview_defs; i++)
		if (digit && view_defs[i]->digit == digit)
			return (int)i;
	return -1;
}

int view_by_name(const char *name)
{
	for (size_t i = 0; i < nview_defs; i++)
		if (strcmp(view_defs[i]->name, name) == 0)
			return (int)i;
	return -1;
}

enum severity view_severity(const struct ui *ui, size_t view)
{
	const struct view *v = &ui->views[view];
	enum severity worst = SEV_NONE, s;

	for (size_t i = 0; i < v->def->npanes; i++) {
		const struct pane *p = &v->panes[i];

		s = p->def->ops->severity ? p->def->ops->severity(ui, p) : SEV_NONE;

		/* A verdict over old data is none. */
		if (s >= SEV_WARN && badge_failed(pane_entry(ui, p)))
			s = SEV_UNKNOWN;
		worst = s > worst ? s : worst;
	}
	s = v->def->digit ? verdict_worst_of_view(ui, v->def->digit) : SEV_NONE;
	return s > worst ? s : worst;
}

struct table *ui_focused_table(struct ui *ui)
{
	struct pane *p = ui_focused(ui);

	return p && p->def->table ? &p->table : NULL;
}
