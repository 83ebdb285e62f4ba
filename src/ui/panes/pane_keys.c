/*
 * pane_keys.c: KMS keys of the cluster.
 */
#include "ui/panes/panes.h"

static enum severity severity_of(const struct snapshot *s, size_t row)
{
	struct str state = data_str(s, row, "state");

	if (state.len == 0)
		return SEV_UNKNOWN;
	return str_eq_c(state, "Enabled") ? SEV_OK : SEV_CRIT;
}

static uint32_t mark(const struct cell_context *cc, enum role *ret_role)
{
	enum severity s = severity_of(cc->snap, cc->row);

	*ret_role = severity_role(s);
	return glyph(severity_glyph(s));
}

static const struct table_column columns[] = {
	{.field = "arn", .priority = 1, .min = 16, .max = 0},
	{.field = "used_for", .priority = 2, .min = 8, .max = 36},
	{.field = "state", .priority = 3, .min = 8, .max = 16},
	{.field = "manager", .priority = 4, .min = 8, .max = 8},
	{.field = "rotation", .priority = 5, .min = 5, .max = 8},
	{.field = "next_rotation_at", .priority = 7, .min = 11, .max = 12},
	{.field = "deletion_at", .priority = 6, .min = 11, .max = 12},
};
static const struct table_def table = {
	.source = "keys",
	.columns = columns,
	.ncolumns = ARRAY_LEN(columns),
	.empty = "Nothing of this cluster is encrypted with a KMS key",
	.noun = "keys",
	.wide_mode = -1,
	.mark = mark,
};

static enum severity severity(const struct ui *ui, const struct pane *p)
{
	const struct snapshot *s = pane_good(ui, p);
	enum severity worst = SEV_NONE;

	for (size_t i = 0; s && i < s->nrows; i++)
		worst = severity_of(s, i) > worst ? severity_of(s, i) : worst;
	return worst;
}

static const struct pane_ops ops = {
	.recalc = pane_table_recalc,
	.draw = pane_table_draw,
	.severity = severity,
	.detail = pane_table_detail,
};

const struct pane_def pane_keys = {
	.name = "keys",
	.title = "Encryption keys",
	.help = "KMS keys that encrypt the volume, snapshots and insights: state, rotation.",
	.sources = "keys",
	.table = &table,
	.ops = &ops,
};
