/*
 * test_shown.c: what a tired person must find on the screen, whatever its exact look.
 */
#include "tests/ui/fixture.h"

#include "base/clock.h"
#include "model/data.h"
#include "ui/panes/session_groups.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include "tests/ui/shows.h"

#include <locale.h>
#include <stdio.h>

static struct fixture f;

static void open_at(const char *name, const char *view, int cols, int rows)
{
	fixture_open(&f, name, GLYPHS_UTF8);
	fixture_draw(&f, view, rows, cols);
}

static int close_fixture(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

/* True when some cell of the picture has fg role r. */
static bool role_seen(enum role r)
{
	const struct canvas *c = &f.ui.canvas;

	for (size_t i = 0; i < (size_t)c->rows * (size_t)c->cols; i++)
		if (c->cells[i].style.fg == r && c->cells[i].rune != ' ')
			return true;
	return false;
}

static int rows_with_role(struct rect r, enum role bg)
{
	int n = 0;

	for (int y = r.y; y < r.y + r.h; y++) {
		bool all = true;

		for (int x = r.x; x < r.x + r.w; x++)
			all &= canvas_at(&f.ui.canvas, y, x)->style.bg == bg;
		n += all;
	}
	return n;
}

static void test_incident_overview(void **state)
{
	(void)state;
	open_at("incident", "overview", 160, 48);
	SHOWS("prod-orders");
	SHOWS("available");
	SHOWS("13:45:07Z");
	SHOWS("12m31s !");
	SHOWS("412/5000");
	SHOWS("99.6 %");
	SHOWS("18 ms");
	SHOWS("2 Activity ✗");
	PANE_SHOWS("activity", "4711");
	PANE_SHOWS("activity", "blocks 7");
	PANE_SHOWS("activity", "4802 +1");
	PANE_SHOWS("activity", "waiting 7 ✗");
	PANE_SHOWS("activity", " 1s ");
	PANE_SHOWS("cluster", "W orders-1");
	PANE_SHOWS("cluster", "R orders-2");
	PANE_SHOWS("cluster", "54%");
	PANE_SHOWS("cluster", "8 vCPU 64 GiB");
	PANE_SHOWS("load", "12.7 of 8 vCPU");
	PANE_SHOWS("load", "lock");
	PANE_SHOWS("load", "now");
	PANE_SHOWS("backups", "automated");
	PANE_SHOWS("backups", "31 h");
	PANE_SHOWS("backups", "3m55s behind");
	PANE_SHOWS("backups", "64 %");
	PANE_SHOWS("backups", " 34m");
	PANE_SHOWS("network", "! 1 open to the world");
	PANE_SHOWS("network", "0.0.0.0/0");
	PANE_SHOWS("network", "self");
	PANE_SHOWS("volume", "1.21 TiB");
	PANE_SHOWS("volume", "GiB/d");
	PANE_SHOWS("volume", "FreeStorageSpace n/a");
}

/* The statement is one line, in the order of the age of the transactions, and blockers stand above their victims. */
static void test_activity_order(void **state)
{
	struct pane *p;

	(void)state;
	open_at("incident", "activity", 160, 48);
	p = fixture_pane(&f, "activity");
	assert_int_equal(data_i64(p->table.snap, p->table.index[0], "pid", 0), 4711);
	assert_int_equal(data_i64(p->table.snap, p->table.index[1], "pid", 0), 4802);
	/* No transaction: absent sorts last although autovacuum has run longest. */
	assert_int_equal(data_i64(p->table.snap, p->table.index[p->table.n - 1], "pid", 0), 6100);
	PANE_SHOWS("activity", "select c.region, sum(i.qty * i.price) from order_i");
	PANE_SHOWS("activity", "XACT ▾");
	PANE_SHOWS("session", "4711");
	PANE_SHOWS("session", "7 sessions wait behind it");
	PANE_SHOWS("session", "idle in transaction for 12m05s");
	PANE_SHOWS("waits", "Lock:tuple");
	PANE_SHOWS("databases", "99.6 %");
	PANE_SHOWS("databases", "COMMIT/S ▾");
}

static void test_selection_is_marked(void **state)
{
	struct rect r;

	(void)state;
	open_at("incident", "overview", 160, 48);
	r = fixture_pane(&f, "activity")->inner;
	assert_int_equal(rows_with_role(r, ROLE_SELBG), 1);
	/* Without focus the mark is quieter, and only the pane with focus has the strong one. */
	fixture_key(&f, K_TAB);
	fixture_draw(&f, NULL, 48, 160);
	assert_int_equal(rows_with_role(r, ROLE_SELBG), 0);
	assert_int_equal(rows_with_role(r, ROLE_IDLEBG), 1);
}

/* Session panes follow the selection. */
static void test_session_follows(void **state)
{
	(void)state;
	open_at("incident", "activity", 160, 48);
	fixture_key(&f, K_DOWN);
	fixture_draw(&f, NULL, 48, 160);
	PANE_SHOWS("session", "4802");
	PANE_SHOWS("session", "blocked by 4711");
	PANE_SHOWS("session", "2 sessions wait");
}

static void test_small_screens(void **state)
{
	(void)state;
	open_at("incident", "overview", 80, 24);
	SHOWS("4711");
	SHOWS("blocks 7");
	SHOWS("blocked 7 ✗");
	SHOWS("12m31s");
	SHOWS("▸ 8 Network");
	SHOWS("1 open to the world");
	SHOWS("▸ 7 Backups");
	SHOWS("? help");
	fixture_draw(&f, NULL, 12, 40);
	SHOWS("4711");
	SHOWS("blocked 7 ✗");
	SHOWS("? help");
	assert_true(fixture_pane(&f, "activity")->table.visible_rows >= 3);
	/* Nothing is refused for size: the focused pane alone. */
	fixture_draw(&f, NULL, 6, 30);
	SHOWS("Activity");
	SHOWS("4711");
	fixture_draw(&f, NULL, 1, 1);
	fixture_draw(&f, NULL, 60, 200);
	SHOWS("4711");
}

static void test_main_pane_keeps_its_rows(void **state)
{
	static const char *const mains[][2] = {
		{"activity", "activity"}, {"backups", "snapshots"}, {"network", "rules"}, {"clusters", "clusters"}};

	(void)state;
	open_at("incident", "overview", 80, 24);
	for (size_t i = 0; i < ARRAY_LEN(mains); i++) {
		fixture_draw(&f, mains[i][0], 24, 80);
		assert_ptr_equal(ui_focused(&f.ui), fixture_pane(&f, mains[i][1]));
		assert_true(fixture_pane(&f, mains[i][1])->frame.h >= 12);
		fixture_draw(&f, NULL, 12, 40);
		assert_true(fixture_pane(&f, mains[i][1])->table.visible_rows >= 3);
	}
}

/* Quiet until it matters: no severity colour on a healthy screen but the dot that says ok. */
static void test_healthy_is_quiet(void **state)
{
	(void)state;
	open_at("healthy", "overview", 160, 48);
	assert_false(role_seen(ROLE_WARN));
	assert_false(role_seen(ROLE_CRIT));
	assert_true(role_seen(ROLE_OK));
	SHOWS("● live");
	SHOWS("waiting 0");
	HIDES("✗");
	fixture_draw(&f, "activity", 48, 160);
	assert_false(role_seen(ROLE_WARN));
	assert_false(role_seen(ROLE_CRIT));
}

/* However much AWS has to say, what helps stands below it. */
static void test_a_remedy_is_not_pushed_out(void **state)
{
	(void)state;
	open_at("failed", "overview", 160, 48);
	fixture_more_text(
		&f, "a long refusal",
		STR("source security_group_rules at=now-41s retry=19s\n"
		    "error denied Not allowed: ec2:DescribeSecurityGroupRules: User: "
		    "arn:aws:iam::111122223333:user/oncall is not authorized to perform: "
		    "ec2:DescribeSecurityGroupRules because no identity-based policy allows the "
		    "ec2:DescribeSecurityGroupRules action, and no resource-based policy either, and no boundary, "
		    "and no session policy, and no control policy of the organisation that it belongs to "
		    "| allow it in the role's policy\n"));
	fixture_draw(&f, NULL, 48, 160);
	PANE_SHOWS("network", "Not allowed: ec2:DescribeSecurityGroupRules");
	PANE_SHOWS("network", "next in 19 s");
	PANE_SHOWS("network", "next  allow it in the role's policy");
}

static void test_a_pause_says_why_nothing_comes(void **state)
{
	(void)state;
	open_at("healthy", "progress", 80, 24);
	SHOWS("Waiting for ");
	HIDES("Space ends the pause");
	(void)fixture_key(&f, ' ');
	fixture_draw(&f, NULL, 24, 80);
	SHOWS("next  Space ends the pause");
}

/* A filter hides rows: that is said on the smallest screen, and no fact is left half. */
static void test_a_filter_is_said_first(void **state)
{
	(void)state;
	open_at("incident", "activity", 80, 24);
	PANE_SHOWS("activity", "waiting 7 ✗");
	(void)fixture_type(&f, "/user:worker");
	(void)fixture_key(&f, K_ENTER);
	fixture_draw(&f, NULL, 24, 80);
	PANE_SHOWS("activity", "─ 2 Activity  / user:worker  4 of 17 · orders-1 ·");
	assert_false(fixture_shows_in(&f, (struct rect){fixture_pane(&f, "activity")->frame.y, 0, 1, 80}, "…"));
	assert_false(fixture_shows(&f, "waiting 7 ─"));
}

/* Names of automated snapshots begin alike: where one is cut, the day is what must stay. */
static void test_snapshots_are_told_apart(void **state)
{
	(void)state;
	open_at("incident", "overview", 160, 48);
	PANE_SHOWS("backups", "automated  2026-03-16-06-41");

	fixture_draw(&f, "backups", 48, 160);
	PANE_SHOWS("snapshots", "rds:prod-orders-2026-03-16-06-41");
	PANE_SHOWS("snapshots", "1 in progress · 7 automated");
}

static void test_failures_in_words(void **state)
{
	(void)state;
	open_at("failed", "overview", 160, 48);
	SHOWS("! degraded");
	PANE_SHOWS("cluster", "No AWS credentials were found for");
	PANE_SHOWS("cluster", "profile prod");
	PANE_SHOWS("cluster", "aws sso login --profile");
	PANE_SHOWS("cluster", "! no credentials 4m05s");
	PANE_SHOWS("cluster", "next in 40 s");
	PANE_SHOWS("activity", "orders-1 refused the connection");
	PANE_SHOWS("activity", "wait for the failover to end");
	PANE_SHOWS("activity", "✗ refused 4m05s");
	/* The last good rows stay. */
	PANE_SHOWS("activity", "4711");
	PANE_SHOWS("network", "Not allowed: ec2:DescribeSecurityGroupRules");
	PANE_SHOWS("network", "add ec2:DescribeSecurityGroup* to the role");
	PANE_SHOWS("network", "! denied 41s");
	/* What is not known is not counted. */
	assert_false(fixture_shows_in(&f, fixture_pane(&f, "network")->frame, "0 ingress"));
	assert_false(fixture_shows_in(&f, fixture_pane(&f, "backups")->frame, "0 automated"));
	PANE_SHOWS("backups", "throttled, retry in 40 s");
	PANE_SHOWS("backups", "Rate exceeded");
	PANE_SHOWS("volume", "503");
	fixture_draw(&f, "activity", 48, 160);
	PANE_SHOWS("databases", "✗ timeout 41s");
	PANE_SHOWS("databases", "took longer than 5 s");
	fixture_draw(&f, "storage", 48, 160);
	PANE_SHOWS("sizes", "n/a");
	/* in one line there is only the reason; the remedy is seen when it is alone */
	while (strcmp(ui_focused(&f.ui)->def->name, "sizes") != 0)
		(void)fixture_key(&f, K_TAB);
	(void)fixture_type(&f, "z");
	fixture_draw(&f, NULL, 48, 160);
	PANE_SHOWS("sizes", "grant pg_monitor to oncall_ro");
	(void)fixture_type(&f, "z");
	fixture_draw(&f, "network", 48, 160);
	PANE_SHOWS("subnets", "✗ TLS 41s");
	PANE_SHOWS("subnets", "AWS_CA_BUNDLE");
	/* Collapsed to one line, the reason still stands there. */
	fixture_draw(&f, "overview", 24, 80);
	SHOWS("No AWS credentials");
	SHOWS("! denied 41s");
}

static void test_prefix_lists(void **state)
{
	(void)state;
	open_at("incident", "overview", 160, 48);
	PANE_SHOWS("network", "office vpn, 3 nets");
	fixture_draw(&f, "network", 48, 160);
	PANE_SHOWS("rules", "office vpn, 3 nets");
	/* alone it has the room to name them */
	(void)fixture_type(&f, "z");
	fixture_draw(&f, NULL, 48, 160);
	PANE_SHOWS("rules", "3 networks: 198.51.100.0/25 198.51.100.192/27 203.0.113.128/25");
	fixture_more_text(&f, "without the right to read lists",
			  STR("source security_group_rules\n"
			      "row rule_id=sgr-1 group_id=sg-1 egress=false protocol=tcp from_port=5432 to_port=5432 "
			      "peer=pl-1 prefix_list=pl-1\n"
			      "row rule_id=sgr-2 group_id=sg-1 egress=false protocol=tcp from_port=5432 to_port=5432 "
			      "peer=10.0.0.0/16 cidr_ipv4=10.0.0.0/16\n"
			      "missing networks needs ec2:GetManagedPrefixListEntries\n"));
	fixture_draw(&f, NULL, 48, 160);
	PANE_SHOWS("rules", "pl-1");
	PANE_SHOWS("rules", "n/a: needs ec2:GetManagedPrefixListEntries");
	PANE_SHOWS("rules", "10.0.0.0/16");
}

/* Every sign of a row of the picture within r is faint: no colour, no weight. */
static void assert_faint(struct rect r, const char *text)
{
	int y = 0, x = 0;

	for (y = r.y; y < r.y + r.h; y++)
		if (fixture_shows_in(&f, (struct rect){y, r.x, 1, r.w}, text))
			break;
	if (y == r.y + r.h)
		fail_msg("no row shows \"%s\"", text);
	for (x = r.x; x < r.x + r.w; x++) {
		const struct cell *cell = canvas_at(&f.ui.canvas, y, x);

		if (cell->rune != ' ' && (cell->style.fg != ROLE_FAINT || cell->style.attr & ATTR_BOLD))
			fail_msg("\"%s\": column %d is not faint", text, x);
	}
}

/* What failed keeps its last rows, faint, under the reason; what is old says so, and is no verdict. */
static void test_old_data_looks_old(void **state)
{
	struct rect r;

	(void)state;
	open_at("lost", "overview", 160, 48);
	SHOWS("✗ AWS: timeout, again in 12 s");
	SHOWS("✗ database: refused, again in 8 s");
	SHOWS("! degraded");
	/* what was known of snapshots three minutes ago still holds */
	SHOWS("1 Overview ✗");
	SHOWS("7 Backups !");
	SHOWS("2 Activity ?");
	SHOWS("8 Network ✗");
	PANE_SHOWS("activity", "✗ nothing listens at orders-1");
	PANE_SHOWS("activity", "next  check host, port and that the server runs");
	PANE_SHOWS("activity", "as of 13:45:06Z; attempt 1, next in 8 s");
	r = fixture_pane(&f, "activity")->inner;
	assert_faint(r, "4711  orders_app");
	assert_faint(r, "4815  orders_app");
	assert_faint(r, "BLOCKED BY");
	assert_int_equal(rows_with_role(r, ROLE_SELBG), 1);
	assert_faint(fixture_pane(&f, "network")->inner, "tcp 5432");
	assert_faint(fixture_pane(&f, "cluster")->inner, "R orders-2");
	assert_faint(fixture_pane(&f, "backups")->inner, "automated");
	PANE_SHOWS("backups", "! RDS asks to slow down");
	/* Vitals: faint, each with the age of its own source. */
	SHOWS("sessions ! 4m06s");
	SHOWS("blocked 4m06s");
	SHOWS("volume ! 4m57s");
	assert_faint((struct rect){4, 0, 1, 160}, "412/5000");
	/* In one row, and where hardly anything fits. */
	fixture_draw(&f, NULL, 24, 80);
	SHOWS("✗ AWS: timeout  ✗ DB: refused");
	SHOWS("blocked 7 ! 4m06s");
	PANE_SHOWS("load", "nothing listens at");
	PANE_SHOWS("network", "Not allowed");
	fixture_draw(&f, NULL, 12, 40);
	SHOWS("✗ refused");
	SHOWS("! 4m06s");
	PANE_SHOWS("activity", "4711");
}

/* One slow source that fails marks its own values only. */
static void test_only_what_is_old_is_marked(void **state)
{
	(void)state;
	open_at("incident", "overview", 160, 48);
	HIDES("! 41s");
	fixture_more_text(
		&f, "one source",
		STR("source databases at=now-40s\nrow name=orders xact_commit/s=1900 blks_hit/s=9 blks_read/s=1\n"
		    "source databases at=now-30s retry=9s\nerror timeout took too long\n"
		    "source instances at=now-1s\nerror denied Not allowed: rds:DescribeDBInstances | allow it\n"
		    "source metrics at=now-5m\nseries CPUUtilization object=orders-1 period=1m from=now-9m "
		    "values=10~20*5\n"));
	fixture_draw(&f, NULL, 48, 160);
	SHOWS("tps ! 40s");
	SHOWS("cache ! 40s");
	HIDES("sessions !");
	SHOWS("412/5000");
	SHOWS("2 Activity ✗");
	HIDES("database:");
	/* The nodes have a call of their own, and their processor another. */
	PANE_SHOWS("cluster", "nodes as they were: Not allowed:");
	PANE_SHOWS("cluster", "rds:DescribeDBInstances");
	assert_faint(fixture_pane(&f, "cluster")->inner, "R orders-2");
	PANE_SHOWS("cluster", "5m00s !");
	PANE_SHOWS("cluster", "db.r6g.2xlarge");
	assert_false(canvas_at(&f.ui.canvas, fixture_pane(&f, "cluster")->inner.y + 7,
			       fixture_pane(&f, "cluster")->inner.x + 12)
			     ->style.fg == ROLE_FAINT);
	/* New data takes the marks away. */
	fixture_more_text(&f, "it answers again", STR("source databases at=now\nrow name=orders xact_commit/s=1900\n"));
	fixture_draw(&f, NULL, 48, 160);
	HIDES("tps !");
}

/* After a failover the server knows before AWS says so; a pooler in between is said. */
static void test_where_we_are_connected(void **state)
{
	(void)state;
	open_at("incident", "overview", 160, 48);
	SHOWS("2 Activity  orders-1 ·");
	HIDES("via pooler");
	fixture_more_text(&f, "elsewhere",
			  STR("source activity at=now\nrow total=3 instance=orders-2 via_pooler=true\n"));
	fixture_draw(&f, NULL, 48, 160);
	SHOWS("2 Activity  orders-2 ");
	SHOWS("• via pooler");
	fixture_more_text(
		&f, "elsewhere",
		STR("source activity at=now\nrow total=3 instance=orders-2 via_pooler=true via_proxy=true\n"));
	fixture_draw(&f, NULL, 48, 160);
	SHOWS("• via RDS Proxy");
}

/* As whom, and by what: never what was sent. */
static void test_the_login_is_told(void **state)
{
	(void)state;
	open_at("incident", "overview", 160, 48);
	fixture_more_text(
		&f, "let in",
		STR("source activity at=now\nrow total=3 user=monitor login_by=\"an IAM token (profile ops)\"\n"
		    "source action at=now\nrow state=ready node=orders-1 user=keeper login_by=\"secret "
		    "orders/keep\"\n"));
	(void)fixture_type(&f, ":diag");
	(void)fixture_key(&f, K_ENTER);
	fixture_draw(&f, NULL, 48, 160);
	SHOWS("database login");
	SHOWS("monitor, by an IAM token (profile ops)");
	SHOWS("as keeper, by secret orders/keep");
}

/* Each cluster has its own login, also when it is chosen in the console. */
static void test_another_cluster_another_login(void **state)
{
	static struct logins logins = {.common = {.user = "all", .auth = "iam"},
				       .of = {{"billing", {.user = "bill", .auth = "secret", .secret = "b/watch"}}},
				       .n = 1};
	struct target *here, *there, *back;

	(void)state;
	open_at("incident", "overview", 160, 48);
	here = ui_copy_target(&f.ui);
	here->logins = &logins;
	f.ui.next_target = here;
	fixture_effects(&f, EFFECT_PAINT);
	there = ui_target_for(&f.ui, STR("billing"));
	assert_string_equal(there->login.user, "bill");
	assert_int_equal(login_means(&there->login), LOGIN_SECRET);
	f.ui.next_target = there;
	fixture_effects(&f, EFFECT_PAINT);
	back = ui_target_for(&f.ui, STR("prod-orders"));
	assert_string_equal(back->login.user, "all");
	assert_int_equal(login_means(&back->login), LOGIN_IAM);
	assert_string_equal(back->login.secret, "");
	target_unref(back);
}

/* A database that was never reached because AWS could not say where it is has not failed. */
static void test_only_the_failing_half_is_named(void **state)
{
	(void)state;
	open_at("empty", "overview", 160, 48);
	fixture_more_text(&f, "no credentials",
			  STR("target cluster=prod-orders region=eu-west-1 aws=true\n"
			      "source clusters\nerror no-credentials No AWS credentials were found\n"
			      "source sessions\nerror no-credentials needs cluster: No AWS credentials were found\n"));
	fixture_draw(&f, NULL, 48, 160);
	SHOWS("! AWS: no credentials");
	HIDES("database:");
	/* Reached by --db it has. */
	fixture_more_text(&f, "both",
			  STR("target db=x\nsource clusters\nerror timeout a\nsource sessions\nerror timeout b\n"));
	fixture_draw(&f, NULL, 48, 160);
	SHOWS("✗ AWS: timeout");
	SHOWS("✗ database: timeout");
}

/* A source that cannot be had any more, for a reason that is no fault. */
static void test_gone_is_no_fault(void **state)
{
	(void)state;
	open_at("incident", "overview", 160, 48);
	fixture_more_text(&f, "the cluster is stopped",
			  STR("source sessions at=now\nunavailable the cluster is stopped | start the cluster\n"));
	fixture_draw(&f, NULL, 48, 160);
	PANE_SHOWS("activity", "• the cluster is stopped");
	PANE_SHOWS("activity", "next  start the cluster");
	PANE_SHOWS("activity", " n/a ");
	assert_faint(fixture_pane(&f, "activity")->inner, "4711  orders_app");
	HIDES("degraded");
	HIDES("database:");
}

static void test_waiting_is_said(void **state)
{
	(void)state;
	open_at("empty", "overview", 160, 48);
	SHOWS("connecting");
	PANE_SHOWS("activity", "Waiting for sessions");
	PANE_SHOWS("activity", "never");
	PANE_SHOWS("volume", "CloudWatch GetMetricData");
	HIDES("0 ingress");
	HIDES("0 automated");
	fixture_more_text(&f, "a listing that is empty",
			  STR("source snapshots\nsource clusters\nsource security_group_rules\n"));
	fixture_draw(&f, NULL, 48, 160);
	PANE_SHOWS("backups", "No snapshot of this cluster exists");
	PANE_SHOWS("backups", "0 automated");
	PANE_SHOWS("network", "No ingress rule: nothing can connect");
}

static void test_stopped_is_no_fault(void **state)
{
	(void)state;
	open_at("stopped", "overview", 160, 48);
	SHOWS("○ stopped");
	HIDES("degraded");
	assert_false(role_seen(ROLE_CRIT));
	PANE_SHOWS("activity", "n/a");
	PANE_SHOWS("activity", "cluster staging-orders is stopped");
	PANE_SHOWS("activity", "aws rds start-db-cluster");
	PANE_SHOWS("backups", "No snapshot of this cluster exists");
}

static void test_badges(void **state)
{
	(void)state;
	open_at("incident", "overview", 160, 48);
	/* Older than three periods. */
	fixture_wait(&f, 48 * US_PER_S);
	fixture_draw(&f, NULL, 48, 160);
	PANE_SHOWS("activity", "stale 49s !");
	PANE_SHOWS("cluster", "51s");
	PANE_SHOWS("backups", "1m40s");
	fixture_more_text(&f, "a slow fetch",
			  STR("source sessions at=now-14s running=900ms\nrow pid=1 state=running\n"));
	fixture_draw(&f, NULL, 48, 160);
	fixture_key(&f, ' ');
	fixture_draw(&f, NULL, 48, 160);
	SHOWS("‖ paused");
	PANE_SHOWS("activity", "‖ ");
}

/* Text from outside cannot reach the terminal as a command, at any size, in any view, with either glyph set. */
static void test_hostile_text(void **state)
{
	static const int sizes[][2] = {{160, 48}, {80, 24}, {40, 12}, {200, 60}, {1, 1}, {3, 100}, {300, 2}};
	static const char *const keys[] = {"", "\r", "?", ":clu", "/\x1b", "z"};

	(void)state;
	for (int set = 0; set < 2; set++) {
		fixture_open(&f, "hostile", set ? GLYPHS_UTF8 : GLYPHS_ASCII);
		for (size_t v = 0; v < nview_defs; v++)
			for (size_t s = 0; s < ARRAY_LEN(sizes); s++)
				for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
					int y = 0, x = 0;

					fixture_draw(&f, view_defs[v]->name, sizes[s][1], sizes[s][0]);
					for (const char *p = keys[k]; *p; p++)
						(void)fixture_key(&f,
								  *p == '\r' ? K_ENTER : (uint32_t)(unsigned char)*p);
					fixture_draw(&f, NULL, sizes[s][1], sizes[s][0]);
					if (!fixture_clean(&f, &y, &x))
						fail_msg("%s at %dx%d after \"%s\": cell %d,%d", view_defs[v]->name,
							 sizes[s][0], sizes[s][1], keys[k], y, x);
					fixture_key(&f, K_ESC);
					fixture_key(&f, K_ESC);
					f.ui.overlay = OVERLAY_NONE;
				}
		fixture_close(&f);
	}
	open_at("hostile", "overview", 160, 48);
	SHOWS("�[31mred");
}

/* With the ASCII set nothing of ours is outside ASCII. */
static void test_ascii_is_ascii(void **state)
{
	(void)state;
	fixture_open(&f, "incident", GLYPHS_ASCII);
	for (size_t v = 0; v < nview_defs; v++) {
		fixture_draw(&f, view_defs[v]->name, 48, 160);
		for (size_t i = 0; i < (size_t)f.ui.canvas.rows * (size_t)f.ui.canvas.cols; i++)
			if (f.ui.canvas.cells[i].rune > 0x7E)
				fail_msg("%s shows U+%04X", view_defs[v]->name, f.ui.canvas.cells[i].rune);
	}
	fixture_draw(&f, "overview", 48, 160);
	SHOWS("#= 2 Activity");
	SHOWS("blocks 7");
}

static void test_fleet(void **state)
{
	(void)state;
	open_at("fleet", "clusters", 160, 48);
	SHOWS("no cluster chosen");
	PANE_SHOWS("clusters", "63 in eu-west-1");
	PANE_SHOWS("clusters", "more are coming");
	PANE_SHOWS("clusters", "◌ billing");
	PANE_SHOWS("clusters", "○ staging-orders");
	/* Enter opens what is selected: a new target, and the first view. */
	fixture_key(&f, K_DOWN);
	fixture_key(&f, K_ENTER);
	assert_string_equal(runtime_target(f.rt)->cluster, "prod-orders");
	fixture_draw(&f, NULL, 48, 160);
	assert_int_equal(f.ui.view, 0);
	SHOWS("prod-orders");
	SHOWS("never");
}

static void test_gap_is_not_zero(void **state)
{
	struct rect r;
	bool dot = false;

	(void)state;
	open_at("incident", "storage", 160, 48);
	r = fixture_pane(&f, "writes")->inner;
	for (int x = r.x + 8; x < r.x + r.w; x++)
		for (int y = r.y; y < r.y + r.h; y++)
			dot |= canvas_at(&f.ui.canvas, y, x)->rune == glyph(G_SEPARATOR);
	assert_true(dot);
	PANE_SHOWS("writes", "max 2.0k IO/s");
	PANE_SHOWS("connections", "412");
	PANE_SHOWS("cpu", "54 %");
	PANE_SHOWS("local_storage", "98.0 GiB");
	SHOWS(" 7d ");
}

static void type_and_draw(const char *keys)
{
	(void)fixture_type(&f, keys);
	fixture_draw(&f, NULL, 48, 160);
}

/* Writer and reader in one table; one pid on both is two sessions. */
static void test_nodes_stand_in_one_table(void **state)
{
	(void)state;
	open_at("nodes", "activity", 160, 48);
	PANE_SHOWS("activity", "NODE");
	PANE_SHOWS("activity", "4711  orders-1");
	PANE_SHOWS("activity", "4711  orders-2");
	/* with one node only the column has nothing to tell */
	type_and_draw("/node:orders-1");
	(void)fixture_key(&f, K_ENTER);
	fixture_draw(&f, NULL, 48, 160);
	assert_false(fixture_shows_in(&f, fixture_pane(&f, "activity")->frame, "NODE"));
	/* in forty columns what a session waits for is worth more than where it is */
	fixture_draw(&f, NULL, 12, 40);
	(void)fixture_key(&f, K_ESC);
	fixture_draw(&f, NULL, 12, 40);
	PANE_SHOWS("activity", "WAIT");
	PANE_SHOWS("activity", "Lock:");
}

static void test_workers_fold_under_their_leader(void **state)
{
	(void)state;
	open_at("nodes", "activity", 160, 48);
	PANE_SHOWS("activity", "+2 workers");
	HIDES("7002");
	SHOWS("x fold");
	type_and_draw("x");
	PANE_SHOWS("activity", "7002");
	PANE_SHOWS("activity", "worker select");
	type_and_draw("x");
	HIDES("7002");
}

/* The lens on a storm of connections: who has how many, idle ones too, and what is new. */
static void test_groups_count_idle_sessions(void **state)
{
	(void)state;
	open_at("nodes", "activity", 160, 48);
	type_and_draw("d");
	PANE_SHOWS("activity", "by application");
	PANE_SHOWS("activity", "7 of 40 connections");
	PANE_SHOWS("activity", "3.5 arrivals/s");
	PANE_SHOWS("activity", "checkout");
	/* four sessions are a tenth of the forty; three came in the last minute, from two clients */
	PANE_SHOWS("activity", "4  10.0 %          3");
	type_and_draw("d");
	PANE_SHOWS("activity", "by user");
	PANE_SHOWS("activity", "reporting");
	/* Enter shows the sessions behind the group */
	type_and_draw("d");
	PANE_SHOWS("activity", "by client");
	(void)fixture_key(&f, K_ENTER);
	fixture_draw(&f, NULL, 48, 160);
	PANE_SHOWS("activity", "client:");
	PANE_SHOWS("activity", "SQL");
}

static int64_t room_of(const void *ctx, const char *field, struct str name)
{
	(void)ctx;
	assert_string_equal(field, "node");
	return str_eq_c(name, "orders-1") ? 10 : 40;
}

/* A node is full when its own connections are used up, whatever room the others have. */
static void test_a_node_has_its_own_room(void **state)
{
	const struct snapshot *groups;

	(void)state;
	open_at("nodes", "activity", 160, 48);
	groups = session_groups(store_good(f.ui.store, "node_sessions"), "node", (struct group_limit){room_of, NULL});
	assert_int_equal(groups->nrows, 2);
	for (size_t i = 0; i < groups->nrows; i++) {
		int64_t room = room_of(NULL, "node", data_str(groups, i, "name"));
		double taken = data_f64(groups, i, "share_ratio") * (double)room;

		assert_true(data_i64(groups, i, "sessions", 0) > 0);
		assert_int_equal(data_whole(taken + 0.5), data_i64(groups, i, "sessions", 0));
	}
	snapshot_unref(groups);
}

/* A replica's WAL sender runs for months: it is no statement somebody waits for. */
static void test_running_leaves_out_the_wal_sender(void **state)
{
	(void)state;
	open_at("nodes", "activity", 160, 48);
	fixture_more_text(
		&f, "a replica's sender",
		STR("source sessions\n"
		    "row pid=71 node=orders-1 user=app state=running backend_type=\"client backend\" query_us=9000000 "
		    "query=\"select 71\"\n"
		    "row pid=72 node=orders-1 user=rdsadmin state=running backend_type=walsender "
		    "query_us=90000000 query=\"START_REPLICATION\"\n"));
	type_and_draw("m");
	PANE_SHOWS("activity", "· only running ·");
	PANE_SHOWS("activity", "select 71");
	HIDES("START_REPLICATION");
	type_and_draw("mmmm");
	PANE_SHOWS("activity", "· all sessions ·");
	PANE_SHOWS("activity", "START_REPLICATION");
}

static void test_the_clock_is_chosen(void **state)
{
	(void)state;
	open_at("nodes", "activity", 160, 48);
	PANE_SHOWS("activity", "XACT ▾");
	type_and_draw("T");
	PANE_SHOWS("activity", "QUERY ▾");
	type_and_draw("T");
	PANE_SHOWS("activity", "IN STATE ▾");
	type_and_draw("T");
	PANE_SHOWS("activity", "CONNECTED ▾");
}

static void test_a_wait_is_explained(void **state)
{
	(void)state;
	open_at("nodes", "activity", 160, 48);
	PANE_SHOWS("session", "Client:ClientRead");
	PANE_SHOWS("session", "waits for the next command");
}

static void test_maintenance_says_how_far_it_is(void **state)
{
	(void)state;
	open_at("nodes", "progress", 160, 48);
	SHOWS("auto VACUUM wraparound");
	SHOWS("public.order_items");
	SHOWS("42%");
	SHOWS("3m10s");
	/* a table of another database has no name here, a phase without a measure no share */
	SHOWS("oid 16999");
	SHOWS("waiting for writers before build");
	SHOWS("held by session 4711 orders-api  120 k");
}

#define TEST(name) cmocka_unit_test_teardown(name, close_fixture)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nodes_stand_in_one_table),
		TEST(test_workers_fold_under_their_leader),
		TEST(test_groups_count_idle_sessions),
		TEST(test_a_node_has_its_own_room),
		TEST(test_running_leaves_out_the_wal_sender),
		TEST(test_the_clock_is_chosen),
		TEST(test_a_wait_is_explained),
		TEST(test_maintenance_says_how_far_it_is),
		TEST(test_incident_overview),
		TEST(test_activity_order),
		TEST(test_selection_is_marked),
		TEST(test_session_follows),
		TEST(test_small_screens),
		TEST(test_main_pane_keeps_its_rows),
		TEST(test_healthy_is_quiet),
		TEST(test_failures_in_words),
		TEST(test_a_pause_says_why_nothing_comes),
		TEST(test_a_filter_is_said_first),
		TEST(test_a_remedy_is_not_pushed_out),
		TEST(test_snapshots_are_told_apart),
		TEST(test_old_data_looks_old),
		TEST(test_only_what_is_old_is_marked),
		TEST(test_only_the_failing_half_is_named),
		TEST(test_gone_is_no_fault),
		TEST(test_where_we_are_connected),
		TEST(test_waiting_is_said),
		TEST(test_stopped_is_no_fault),
		TEST(test_badges),
		TEST(test_hostile_text),
		TEST(test_ascii_is_ascii),
		TEST(test_the_login_is_told),
		TEST(test_another_cluster_another_login),
		TEST(test_fleet),
		TEST(test_prefix_lists),
		TEST(test_gap_is_not_zero),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
