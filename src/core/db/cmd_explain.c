/*
 * cmd_explain.c: from "explain this" to a plan.
 *
 * What can be refused without planning is refused first (no text, no plan for this kind
 * of statement); a plan that the server has kept of a real run is better than an estimate
 * and costs no planning; then comes the question whether planning is safe. It executes
 * code: an IMMUTABLE function of the statement runs in the planner, and in a read-only
 * transaction it can still signal backends. As a role that may do little that is a small
 * matter, as a superuser it is not, whatever role was SET, because RESET ROLE is open to
 * it. So a superuser, or a member of rds_superuser, is asked first.
 */
#include "db/commands.h"

#include "codec/codec_sql.h"
#include "db/explain.h"
#include "db/site.h"

#include <stdarg.h>

struct role_row {
	uint64_t present;
	int64_t powerful, known, allowed;
};
static const struct field role_fields[] = {
	FIELD(struct role_row, powerful, K_BOOL, .title = "POWERFUL", .help = "member of rds_superuser"),
	FIELD(struct role_row, known, K_BOOL, .title = "KNOWN", .help = "the session's role exists"),
	FIELD(struct role_row, allowed, K_BOOL, .title = "ALLOWED", .help = "SET ROLE to it is allowed"),
};
static const struct rec_type role_type = REC_TYPE(struct role_row, "explain_role", role_fields);

void explain_note(struct explain *x, const char *fmt, ...)
{
	va_list ap;

	if (x->note.len > 0)
		buf_add_c(&x->note, "; ");
	va_start(ap, fmt);
	buf_vaddf(&x->note, fmt, ap);
	va_end(ap);
}

static bool ask_role(struct explain *x, struct role_row *ret_row, struct err *err)
{
	struct conn_param role = conn_param_text(x->role);
	struct snapshot *rows;
	struct pg_result *r;
	bool ok;

	if (!conn_query(x->f, x->conn, "explain_role", &role, 1, &r, err))
		return false;
	rows = snapshot_new(&role_type, "explain_role");
	ok = sql_read_rows(r, rows, err);
	if (ok && rows->nrows != 1)
		ok = err_set(err, ERR_PROTOCOL, "the server did not say what our role is");
	if (ok)
		*ret_row = *(const struct role_row *)snapshot_row(rows, 0);
	snapshot_unref(rows);
	conn_result_free(r);
	return ok;
}

/* Who plans, and whether that has to be asked first. */
static bool choose_role(struct explain *x, struct err *err)
{
	const struct probe *probe = conn_probe(x->conn);
	struct role_row row = {0};

	if (!ask_role(x, &row, err))
		return false;
	if ((probe->superuser || row.powerful) && fetch_arg_i64(x->f, "consent", 0) != 1) {
		err_set(err, ERR_UNAVAILABLE,
			"our role %s is %s, and functions in the statement run with its power while it is planned",
			probe->user, probe->superuser ? "a superuser" : "a member of rds_superuser");
		snprintf(err->id, sizeof(err->id), PLAN_CONSENT);
		return false;
	}
	x->acts = x->role[0] && strcmp(x->role, probe->user) != 0 && row.allowed;
	if (x->role[0] && strcmp(x->role, probe->user) != 0 && !x->acts)
		explain_note(x,
			     row.known ? "planned as %s, not as %s: SET ROLE is not allowed"
				       : "planned as %s: there is no role %s any more",
			     probe->user, x->role);
	return true;
}

static void describe(struct explain *x)
{
	struct plan_row *row = plan_statement(x->plan);

	SET(row, struct plan_row, database, arena_str(x->plan->arena, str_c(conn_probe(x->conn)->database)));
	SET(row, struct plan_row, query, x->text);
	SET(row, struct plan_row, note, arena_str(x->plan->arena, buf_str(&x->note)));
}

static bool estimate(struct explain *x, struct err *err)
{
	return explain_find_text(x, err) && explainable_check(x->text, &x->what, err) &&
	       /* again, because the text may have told the database */
	       explain_connect(x->f, x->database, &x->conn, err) && choose_role(x, err) && explain_run(x, err) &&
	       explain_relations(x, err);
}

static bool explain(struct explain *x, struct err *err)
{
	bool found = false;

	if (!explain_connect(x->f, x->database, &x->conn, err))
		return false;
	if (fetch_arg_i64(x->f, "fresh", 0) != 1 && x->query_id != 0 && !explain_captured(x, &found, err))
		return false;
	if (!found && !estimate(x, err))
		return false;
	plan_share_costs(x->plan);
	plan_warn(x->plan, &x->facts);
	describe(x);
	return true;
}

static bool fetch_explain(struct fetch *f, struct err *err)
{
	struct explain x = {.f = f, .query_id = fetch_arg_i64(f, "query_id", 0)};
	struct str database = fetch_arg(f, "database"), role = fetch_arg(f, "role");
	bool ok;

	if (database.len >= sizeof(x.database) || role.len >= sizeof(x.role))
		return err_set(err, ERR_LIMIT, "a name of more than 63 bytes");
	snprintf(x.database, sizeof(x.database), STR_FMT, STR_ARG(database));
	snprintf(x.role, sizeof(x.role), STR_FMT, STR_ARG(role));
	buf_init(&x.note, EXPLAIN_NOTE_MAX);
	x.plan = plan_new(f->source->name);
	ok = explain(&x, err);
	if (ok)
		fetch_publish(f, x.plan);
	else
		snapshot_unref(x.plan);
	buf_release(&x.note);
	return ok;
}

const struct source command_explain = {
	.name = "explain",
	.title = "plan",
	.help = "The plan of a statement, estimated and never executed.",
	.type = &plan_type,
	.lane = LANE_COMMAND,
	.flags = SOURCE_DB | SOURCE_LASTS,
	.deadline_us = 30 * US_PER_S,
	.inputs = SITE_INPUTS,
	.origin = "EXPLAIN",
	.ready = site_ready,
	.fetch = fetch_explain,
};
