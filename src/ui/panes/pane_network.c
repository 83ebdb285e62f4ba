/*
 * pane_network.c: security-group rules by port, the groups, and the subnets of the cluster.
 *
 * A rule open to the whole world is a warning wherever it is shown. In its own view every rule says what it is to the
 * address that the connection doctor judges, and below the table stands what all of them are.
 */
#include "ui/doctor_view.h"
#include "ui/panes/panes.h"

#include <stdio.h>

static bool world_open(const struct snapshot *s, size_t row)
{
	return data_i64(s, row, "world_open", 0) != 0;
}

static uint32_t mark(const struct cell_context *cc, enum role *ret_role)
{
	*ret_role = ROLE_WARN;
	return world_open(cc->snap, cc->row) ? glyph(G_WARN) : ' ';
}

/* The same, and which rules admit the address, or nearly do. */
static uint32_t mark_for_you(const struct cell_context *cc, enum role *ret_role)
{
	struct admission_ask ask;
	struct admission a;

	if (world_open(cc->snap, cc->row) || data_i64(cc->snap, cc->row, "egress", 0) != 0 ||
	    !doctor_view_question(cc->ui, &ask))
		return mark(cc, ret_role);
	admission_rule(cc->snap, cc->row, &ask, &a);
	*ret_role = a.kind == ADMISSION_ADMITS ? ROLE_OK : ROLE_STRONG;
	if (a.kind == ADMISSION_NEAR)
		return glyph(G_NEAR);
	return a.kind == ADMISSION_ADMITS ? glyph(G_OK) : ' ';
}

/* What the rule is to the address: "admits you", "121 below it", "outside", "not in group". */
static bool cell_you(const struct cell_context *cc, struct pen *pen, int w)
{
	char words[ADMISSION_WORDS_MAX];
	struct admission_ask ask;
	struct admission a;
	bool known = data_i64(cc->snap, cc->row, "egress", 0) == 0 && doctor_view_question(cc->ui, &ask);

	if (!known) {
		pen_glyph(pen, ROLE_FAINT, G_NONE);
		return true;
	}
	admission_rule(cc->snap, cc->row, &ask, &a);
	pen_field(pen, a.kind <= ADMISSION_NEAR ? ROLE_STRONG : ROLE_MUTED, 0, w,
		  str_c(admission_words(&a, &ask, words)), false);
	return true;
}

static bool show_ingress(const struct snapshot *s, size_t row, int mode)
{
	(void)mode;
	return data_i64(s, row, "egress", 0) == 0;
}

static bool cell_port(const struct cell_context *cc, struct pen *pen, int w)
{
	struct str proto = data_str(cc->snap, cc->row, "protocol");
	int64_t from = data_i64(cc->snap, cc->row, "from_port", -1), to = data_i64(cc->snap, cc->row, "to_port", -1);
	char text[64];

	if (str_eq_c(proto, "-1"))
		(void)snprintf(text, sizeof text, "all");
	else if (from < 0)
		(void)snprintf(text, sizeof text, STR_FMT " all", STR_ARG(proto));
	else if (from == to)
		(void)snprintf(text, sizeof text, STR_FMT " %lld", STR_ARG(proto), (long long)from);
	else
		(void)snprintf(text, sizeof text, STR_FMT " %lld-%lld", STR_ARG(proto), (long long)from, (long long)to);
	pen_field(pen, ROLE_FG, 0, w, str_c(text), true);
	return true;
}

static bool cell_from(const struct cell_context *cc, struct pen *pen, int w)
{
	struct str group = data_str(cc->snap, cc->row, "group_id"), source = data_str(cc->snap, cc->row, "peer");

	if (source.len > 0 && str_eq(source, group))
		source = STR("self");
	pen_field(pen, world_open(cc->snap, cc->row) ? ROLE_WARN : ROLE_FG, 0, w, source, false);
	return true;
}

/* What a prefix list stands for, or why that is not known. */
static bool cell_networks(const struct cell_context *cc, struct pen *pen, int w)
{
	int64_t n = data_i64(cc->snap, cc->row, "network_count", -1);
	struct str rest = data_str(cc->snap, cc->row, "networks"), part,
		   why = snapshot_unavailable(cc->snap, "networks");
	char text[512];
	int len;

	if (data_str(cc->snap, cc->row, "prefix_list").len == 0)
		return true;
	if (n < 0) {
		(void)snprintf(text, sizeof text, "n/a: " STR_FMT, STR_ARG(why));
		pen_field(pen, ROLE_MUTED, 0, w, str_c(why.len ? text : "n/a"), false);
		return true;
	}
	len = snprintf(text, sizeof text, "%lld network%s%s", (long long)n, n == 1 ? "" : "s", n > 0 ? ":" : "");
	while (len < (int)sizeof text - 1 && rest.len > 0 && str_split(&rest, ',', &part))
		len += snprintf(text + len, sizeof text - (size_t)len, " " STR_FMT, STR_ARG(part));
	pen_field(pen, ROLE_FG, 0, w, str_c(text), false);
	return true;
}

static bool cell_label(const struct cell_context *cc, struct pen *pen, int w)
{
	int64_t n = data_i64(cc->snap, cc->row, "network_count", -1);
	struct str label = data_str(cc->snap, cc->row, "description");
	char text[320];

	if (n < 0)
		return false;
	(void)snprintf(text, sizeof text, STR_FMT "%s%lld net%s", STR_ARG(str_sub(label, 0, 255)),
		       label.len ? ", " : "", (long long)n, n == 1 ? "" : "s");
	pen_field(pen, ROLE_FG, 0, w, str_c(text), false);
	return true;
}

static const struct table_column small_columns[] = {
	{.field = "from_port", .title = "PORT", .priority = 2, .min = 9, .max = 14, .cell = cell_port},
	{.field = "peer", .title = "FROM", .priority = 1, .min = 14, .max = 21, .cell = cell_from},
	{.field = "description", .title = "LABEL", .priority = 3, .min = 8, .max = 0, .cell = cell_label},
};
static const struct table_def small_table = {
	.source = "security_group_rules",
	.columns = small_columns,
	.ncolumns = ARRAY_LEN(small_columns),
	.order = "from_port",
	.empty = "No ingress rule: nothing can connect",
	.noun = "rules",
	.show = show_ingress,
	.mark = mark,
};
static const struct table_column wide_columns[] = {
	{.field = "from_port", .title = "PORT", .priority = 2, .min = 9, .max = 14, .cell = cell_port},
	{.field = "peer", .title = "FROM", .priority = 1, .min = 14, .max = 44, .cell = cell_from},
	{.field = "world_open", .title = "YOU", .priority = 2, .min = 9, .max = 14, .wish = 14, .cell = cell_you},
	{.field = "description", .title = "LABEL", .priority = 3, .min = 8, .max = 32, .cell = cell_label},
	{.field = "group_id", .title = "GROUP", .priority = 4, .min = 12, .max = 24, .leaves_when_same = true},
	{.field = "rule_id", .title = "RULE", .priority = 6, .min = 12, .max = 24},
	{.field = "networks", .title = "PREFIX LIST", .priority = 5, .min = 12, .max = 0, .cell = cell_networks},
};
static const char *const directions[] = {"ingress", "egress", NULL};

static bool show_direction(const struct snapshot *s, size_t row, int mode)
{
	return (data_i64(s, row, "egress", 0) != 0) == (mode == 1);
}

static const struct table_def wide_table = {
	.source = "security_group_rules",
	.columns = wide_columns,
	.ncolumns = ARRAY_LEN(wide_columns),
	.order = "from_port",
	.empty = "No rule in this direction",
	.noun = "rules",
	.show = show_direction,
	.modes = directions,
	.wide_mode = -1,
	.mark = mark_for_you,
};
static const struct table_column group_columns[] = {
	{.field = "group_id", .title = "GROUP", .priority = 1, .min = 12, .max = 24},
	{.field = "name", .priority = 2, .min = 10, .max = 32},
	{.field = "vpc", .priority = 4, .min = 10, .max = 24},
	{.field = "description", .priority = 3, .min = 10, .max = 0},
};
static const struct table_def group_table = {
	.source = "security_groups",
	.columns = group_columns,
	.ncolumns = ARRAY_LEN(group_columns),
	.order = "group_id",
	.empty = "No security group is attached",
	.noun = "groups",
};
static const struct table_column subnet_columns[] = {
	{.field = "subnet_id", .title = "SUBNET", .priority = 1, .min = 12, .max = 26},
	{.field = "zone", .title = "AZ", .priority = 2, .min = 6, .max = 16},
	{.field = "cidr", .title = "CIDR", .priority = 3, .min = 10, .max = 20},
	{.field = "free_addresses", .title = "FREE", .priority = 4, .min = 5, .max = 7},
	{.field = "vpc", .title = "VPC", .priority = 5, .min = 10, .max = 24},
};
static const struct table_def subnet_table = {
	.source = "subnets",
	.columns = subnet_columns,
	.ncolumns = ARRAY_LEN(subnet_columns),
	.order = "zone",
	.empty = "No subnet is known",
	.noun = "subnets",
};

static size_t count_open(const struct snapshot *s)
{
	size_t n = 0;

	for (size_t i = 0; s && i < s->nrows; i++)
		n += show_ingress(s, i, 0) && world_open(s, i);
	return n;
}

/* ---- below the table of the view ---- */

static struct pen verdict_line(struct canvas *c, struct rect r, int y, enum glyph sign, enum role role)
{
	struct pen pen = pen_at(c, r, y, r.x, ROLE_BG);

	pen_glyph(&pen, role, sign);
	pen_skip(&pen, 1);
	return pen;
}

/* "no rule admits 203.0.113.7 on tcp 5432", and what would. */
static void draw_admission(const struct ui *ui, const struct snapshot *rules, struct canvas *c, struct rect r)
{
	char address[NET_TEXT_MAX], port[ADMISSION_WORDS_MAX], would[ADMISSION_WOULD_MAX];
	struct admission_ask ask;
	struct admission_sum sum;
	struct pen pen;

	if (!doctor_view_question(ui, &ask)) {
		pen = verdict_line(c, r, r.y, G_UNKNOWN, ROLE_MUTED);
		pen_text(&pen, ROLE_MUTED, "this host's address is not known: d finds out, i asks for another one");
		return;
	}
	admission_judge(rules, &ask, &sum);
	(void)net_addr_text(&ask.addr, address);
	(void)admission_port(&ask, port);
	if (sum.admitting > 0) {
		pen = verdict_line(c, r, r.y, G_OK, ROLE_OK);
		pen_textf(&pen, ROLE_FG, "%zu rule%s %s on %s", sum.admitting,
			  sum.admitting == 1 ? " admits" : "s admit", address, port);
		return;
	}
	if (sum.nunknown > 0) {
		pen = verdict_line(c, r, r.y, G_UNKNOWN, ROLE_MUTED);
		pen_textf(&pen, ROLE_FG, "no rule is seen to admit %s on %s", address, port);
		return;
	}
	pen = verdict_line(c, r, r.y, G_CRIT, ROLE_CRIT);
	pen_textf(&pen, ROLE_FG, "no rule admits %s on %s", address, port);
	pen = pen_at(c, r, r.y + 1, r.x + 2, ROLE_BG);
	pen_text(&pen, ROLE_MUTED, "would: ");
	pen_text(&pen, ROLE_FG, admission_would(rules, &sum, &ask, would));
}

static void draw_world(const struct snapshot *rules, struct canvas *c, struct rect r)
{
	size_t open = count_open(rules);
	struct pen pen = verdict_line(c, r, r.y, open > 0 ? G_WARN : G_OK, open > 0 ? ROLE_WARN : ROLE_OK);

	if (open > 0)
		pen_textf(&pen, ROLE_FG, "%zu rule%s open to 0.0.0.0/0 or ::/0", open, open == 1 ? " is" : "s are");
	else
		pen_text(&pen, ROLE_FG, "nothing is open to 0.0.0.0/0 or ::/0");
}

/* Three lines and a blank one, where the table keeps enough rows. */
#define BELOW_H 4

static void draw_rules(const struct ui *ui, struct pane *p, struct canvas *c, struct rect r)
{
	bool below = r.h >= BELOW_H + 6 && p->table.mode == 0 && p->table.snap != NULL;
	struct rect lines = rect_inset((struct rect){r.y + r.h - BELOW_H + 1, r.x, BELOW_H - 1, r.w}, 0, 1);

	if (below)
		r.h -= BELOW_H;
	pane_table_draw(ui, p, c, r);
	if (!below)
		return;
	draw_admission(ui, p->table.snap, c, lines);
	draw_world(p->table.snap, c, (struct rect){lines.y + 2, lines.x, 1, lines.w});
}

/* The address comes from the doctor, whose pane is drawn after this one. */
static void rules_recalc(struct ui *ui, struct pane *p)
{
	doctor_view_follow(ui);
	pane_table_recalc(ui, p);
}

static int rules_act(struct ui *ui, struct pane *p, int action)
{
	(void)p;
	return doctor_view_act(ui, action);
}

static bool rules_offers(const struct ui *ui, const struct pane *p, int action)
{
	(void)ui;
	(void)p;
	return doctor_view_offers(action);
}

static const char *rules_calls(const struct pane *p, int action)
{
	(void)p;
	return doctor_view_calls(action);
}

static void summary(const struct ui *ui, const struct pane *p, struct pen *pen)
{
	const struct snapshot *rules = store_good(ui->store, "security_group_rules"),
			      *clusters = store_good(ui->store, "clusters");
	size_t open = count_open(rules), ingress = 0;
	char address[NET_TEXT_MAX];
	struct admission_ask ask;

	for (size_t i = 0; rules && i < rules->nrows; i++)
		ingress += show_ingress(rules, i, 0);
	if (!rules)
		return;
	table_filter_fact(&p->table, pen);
	/* A title is cut from its end: what must be seen stands first. */
	if (open > 0) {
		pen_glyph(pen, ROLE_WARN, G_WARN);
		pen_textf(pen, ROLE_WARN, " %zu open to the world", open);
		pen_separator(pen);
	}
	if (p->def->table->modes && doctor_view_question(ui, &ask)) {
		pen_text(pen, ROLE_MUTED, "you ");
		pen_bold(pen, ROLE_STRONG, net_addr_text(&ask.addr, address));
		pen_separator(pen);
	}
	pen_str(pen, ROLE_FG, data_str(clusters, 0, "security_groups"));
	pen_separator(pen);
	pen_textf(pen, ROLE_MUTED, "%zu ingress rule%s", ingress, ingress == 1 ? "" : "s");
	if (p->def->table->modes) {
		pen_separator(pen);
		pen_textf(pen, ROLE_MUTED, "shown: %s", p->def->table->modes[p->table.mode]);
	}
}

static enum severity severity(const struct ui *ui, const struct pane *p)
{
	(void)p;
	return count_open(store_good(ui->store, "security_group_rules")) > 0 ? SEV_WARN : SEV_NONE;
}

static const struct pane_ops ops = {
	.recalc = pane_table_recalc,
	.summary = summary,
	.draw = pane_table_draw,
	.severity = severity,
	.detail = pane_table_detail,
};

static const struct pane_ops rules_ops = {
	.recalc = rules_recalc,
	.summary = summary,
	.draw = draw_rules,
	.severity = severity,
	.detail = pane_table_detail,
	.act = rules_act,
	.offers = rules_offers,
	.calls = rules_calls,
};

const struct pane_def pane_network = {
	.name = "network",
	.title = "Network",
	.help = "Who may connect: ingress rules of the cluster's security groups.",
	.digit = '8',
	.sources = "security_group_rules clusters",
	.table = &small_table,
	.ops = &ops,
};
const struct pane_def pane_rules = {
	.name = "rules",
	.title = "Security-group rules",
	.help = "Every rule by port; m turns to egress.",
	.digit = '8',
	.sources = "security_group_rules clusters",
	.table = &wide_table,
	.ops = &rules_ops,
};
const struct pane_def pane_groups = {
	.name = "groups",
	.title = "Security groups",
	.help = "Groups attached to the cluster.",
	.sources = "security_groups",
	.table = &group_table,
	.ops = &table_pane_ops,
};
const struct pane_def pane_subnets = {
	.name = "subnets",
	.title = "Subnets",
	.help = "Subnets of the cluster's subnet group.",
	.sources = "subnets",
	.table = &subnet_table,
	.ops = &table_pane_ops,
};
