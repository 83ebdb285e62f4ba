/*
 * test_locks_view.c: what the Locks view must say in an incident, and that it stays usable while it
 * changes: who is the root, who waits behind it, for what, since when, and what ends it.
 */
#include "tests/ui/fixture.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include "tests/ui/shows.h"

#include <locale.h>
#include <stdio.h>

static struct fixture f;
static int rows_, cols_;

static void show(const char *view)
{
	fixture_draw(&f, view, rows_, cols_);
}

static void open_at(const char *name, const char *view, int cols, int rows)
{
	rows_ = rows;
	cols_ = cols;
	fixture_open(&f, name, GLYPHS_UTF8);
	show(view);
}

static int close_fixture(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

static void press(const char *keys)
{
	(void)fixture_type(&f, keys);
	show(NULL);
}

static void more(const char *rows)
{
	struct buf b;

	buf_init(&b, 1u << 20);
	(void)buf_addf(&b, "source locks at=now\n%s", rows);
	fixture_more_text(&f, "a sample", buf_str(&b));
	buf_release(&b);
	show(NULL);
}

static int64_t selected(void)
{
	const struct table *t = &fixture_pane(&f, "locks")->table;
	long row = table_selected_row(t);

	return row < 0 ? -1 : data_i64(t->snap, (size_t)row, "pid", -1);
}

static void test_incident(void **state)
{
	(void)state;
	open_at("incident", "locks", 160, 48);
	SHOWS("3 Locks ✗");
	PANE_SHOWS("locks", "7 blocked ✗ · 1 tree · summed wait 24m24s · longest 6m12s");
	/* the root: what it does, how many it holds up, what it holds */
	PANE_SHOWS("locks", "✗ 4711");
	PANE_SHOWS("locks", "idle/x 12m31s !");
	PANE_SHOWS("locks", "7  24m24s  holds RowExclusive +5   public.stock, public.orders");
	/* below it, each once */
	PANE_SHOWS("locks", "├ 4802");
	PANE_SHOWS("locks", "│ ├ 4815");
	PANE_SHOWS("locks", "│ └ 4823");
	PANE_SHOWS("locks", "│ └ 4866");
	PANE_SHOWS("locks", "└ 4871 +3");
	PANE_SHOWS("locks", "  └ 4890");
	PANE_SHOWS("locks", "wants AccessExclusive");
	PANE_SHOWS("locks", "row public.stock (1204,17)");
	PANE_SHOWS("locks",
		   "4871 also waits for 4802 4815 4823; everybody new to relation public.stock queues behind it");
	PANE_SHOWS("lock_root", "4711  idle in transaction");
	PANE_SHOWS("lock_root", "orders_app · orders-api · 10.0.3.14");
	PANE_SHOWS("lock_root", "12m31s !  began 13:32:36Z");
	PANE_SHOWS("lock_root", "12m05s  waits for its client to speak");
	PANE_SHOWS("lock_root", "6 locks, has written as xid 88213991");
	PANE_SHOWS("lock_root", "4802  at 13:38:55Z");
	PANE_SHOWS("lock_root", "4890  at 13:44:26Z");
	PANE_SHOWS("lock_root", "terminating 4711 rolls back its transaction and releases 6 locks");
	PANE_SHOWS("lock_root", "update stock set qty");
	PANE_SHOWS("blocked", "now 7 · max 7");
	SHOWS("K terminate");
	SHOWS("x fold");
	SHOWS("o root");
}

static void test_small_screens(void **state)
{
	(void)state;
	open_at("incident", "locks", 80, 24);
	SHOWS("3 Lock✗");
	SHOWS("✗ 4711");
	SHOWS("│ └ 4823");
	SHOWS("7 blocked ✗");
	SHOWS("6m12s     2 row public.stock (1204,17)");
	SHOWS("Root      4711  idle in transaction  terminating 4711");
	rows_ = 12;
	cols_ = 40;
	show(NULL);
	SHOWS("7 blocked ✗");
	SHOWS("✗ 4711");
	SHOWS("├ 4802        6m12s     2");
	SHOWS("Root      4711");
	SHOWS("? help");
}

static void test_nobody_waits(void **state)
{
	(void)state;
	open_at("healthy", "locks", 160, 48);
	SHOWS("No session waits for a lock");
	SHOWS("nobody waits");
	SHOWS("No session blocks others");
	SHOWS("now 0 · max 0");
	HIDES("✗");
	HIDES("Lock trees  0");
}

static void test_failures_in_words(void **state)
{
	(void)state;
	open_at("failed", "locks", 160, 48);
	PANE_SHOWS("locks", "orders-1 refused the connection");
	PANE_SHOWS("locks", "wait for the failover to end");
	/* the last good rows stay */
	PANE_SHOWS("locks", "└ 4802");
	PANE_SHOWS("locks", "xid 7");
	fixture_close(&f);
	open_at("stopped", "locks", 160, 48);
	PANE_SHOWS("locks", "cluster staging-orders is stopped");
	fixture_close(&f);
	open_at("empty", "locks", 160, 48);
	PANE_SHOWS("locks", "Waiting for locks");
	PANE_SHOWS("locks", "pg_locks");
}

static void test_root_key(void **state)
{
	(void)state;
	open_at("incident", "locks", 160, 48);
	press("G");
	assert_int_equal(selected(), 4890);
	press("o");
	assert_int_equal(selected(), 4711);
	/* a filter that hides the root gives way */
	press("/pid:4890");
	fixture_key(&f, K_ENTER);
	show(NULL);
	assert_int_equal(selected(), 4890);
	press("o");
	assert_int_equal(selected(), 4711);
	PANE_SHOWS("locks", "├ 4802");
}

static void select_session(int64_t pid)
{
	struct table *t = &fixture_pane(&f, "activity")->table;

	for (size_t i = 0; i < t->n; i++)
		if (data_i64(t->snap, t->index[i], "pid", -1) == pid)
			table_move_to(t, i, clock_mono_us());
}

/* From a victim in Activity, or in the Overview, to the root of its tree; the way back is the view's own key. */
static void test_root_from_activity(void **state)
{
	static const char *const views[] = {"activity", "overview"};

	(void)state;
	open_at("incident", "overview", 160, 48);
	for (size_t i = 0; i < ARRAY_LEN(views); i++) {
		show(views[i]);
		select_session(4866);
		ui_view(&f.ui)->focus = i == 0 ? 0 : 3;
		show(NULL);
		SHOWS("o root");
		press("o");
		PANE_SHOWS("locks", "✗ 4711");
		assert_int_equal(selected(), 4711);
	}
	show("activity");
	select_session(5012);
	press("o");
	SHOWS("session 5012 neither waits for a lock");
	assert_non_null(fixture_pane(&f, "session"));
	/* without pg_monitor that is not known from here: the trees are looked at */
	fixture_more_text(&f, "hidden", STR("source locks at=now\nmissing state needs pg_monitor\n"));
	press("o");
	SHOWS("No session waits for a lock");
}

#define HEAD(pid, victims) "row pid=" #pid " depth=0 root=" #pid " victims=" #victims " backend_start_at=now-1h\n"
#define LEAF(pid, root)                                                                                 \
	"row pid=" #pid " depth=1 root=" #root " blocked_by=" #root                                     \
	" blockers=1 mode=ShareLock object=\"xid 1\" lock_type=transactionid state=waiting wait_us=5s " \
	"backend_start_at=now-1h\n"

/* Trees change places, grow and go; the selection stays on the same backend. */
static void test_selection_stays(void **state)
{
	(void)state;
	open_at("healthy", "locks", 160, 48);
	more(HEAD(10, 1) LEAF(11, 10) HEAD(20, 1) LEAF(21, 20));
	press("G");
	assert_int_equal(selected(), 21);
	PANE_SHOWS("lock_root", "20");
	/* its tree becomes the worse one, while the keys are still warm */
	more(HEAD(20, 2) LEAF(22, 20) LEAF(21, 20) HEAD(10, 1) LEAF(11, 10));
	assert_int_equal(selected(), 21);
	PANE_SHOWS("locks", "└ 21");
	PANE_SHOWS("locks", "✗ 20");
	fixture_wait(&f, 5 * US_PER_S);
	more(HEAD(20, 1) LEAF(21, 20));
	assert_int_equal(selected(), 21);
	/* it is served: a neighbour is selected, and then nobody waits */
	more(HEAD(10, 1) LEAF(11, 10));
	assert_int_equal(selected(), 11);
	more("");
	SHOWS("No session waits for a lock");
	assert_int_equal(selected(), -1);
}

static void test_cycle(void **state)
{
	(void)state;
	open_at("healthy", "locks", 160, 48);
	more("row pid=101 depth=0 root=101 blocked_by=102 blockers=1 in_cycle=true victims=1 direct_victims=1 "
	     "mode=ShareLock "
	     "held_mode=ExclusiveLock object=\"xid 8\" lock_type=transactionid state=waiting wait_us=900ms "
	     "next_step=\"they wait for each other; after deadlock_timeout the server cancels one of them\"\n"
	     "row pid=102 depth=1 root=101 blocked_by=101 blockers=1 in_cycle=true victims=1 direct_victims=1 "
	     "mode=ShareLock "
	     "held_mode=ExclusiveLock object=\"xid 7\" lock_type=transactionid state=waiting wait_us=800ms\n");
	PANE_SHOWS("locks", "2 in a cycle");
	PANE_SHOWS("locks", "✗ 101");
	PANE_SHOWS("locks", "✗ └ 102");
	PANE_SHOWS("locks", "in a cycle");
	PANE_SHOWS("locks", "cycle  101 waits for 102, which waits behind it");
	PANE_SHOWS("lock_root", "they wait for each other");
}

static void test_prepared(void **state)
{
	(void)state;
	open_at("healthy", "locks", 160, 48);
	more("row pid=0 prepared_xid=77 depth=0 root=0 victims=1 direct_victims=1 state=prepared gid=\"order 4711\" "
	     "user=etl "
	     "database=orders prepared_us=2h locks_held=3 holds_mode=RowExclusiveLock holds_objects=public.stock "
	     "next_step=\"ROLLBACK PREPARED 'order 4711' in database orders, as etl or a superuser\"\n"
	     "row pid=102 depth=1 root=0 blocked_by=0 blockers=1 mode=ShareLock object=\"xid 77\" "
	     "lock_type=transactionid "
	     "state=waiting wait_us=800ms\n");
	PANE_SHOWS("locks", "✗ prepared");
	PANE_SHOWS("locks", "2pc 2h00m !");
	PANE_SHOWS("locks", "prepared as order 4711");
	PANE_SHOWS("locks", "└ 102");
	PANE_SHOWS("lock_root", "prepared transaction");
	PANE_SHOWS("lock_root", "2h00m");
	PANE_SHOWS("lock_root", "ROLLBACK PREPARED 'order 4711' in database orders");
}

/* A filter stands first in the title: what it hides is known at every width. */
static void test_filter_is_said(void **state)
{
	(void)state;
	open_at("incident", "locks", 80, 24);
	for (const char *key = "/pid:4802"; *key; key++)
		(void)fixture_key(&f, (uint32_t)(unsigned char)*key);
	fixture_key(&f, K_ENTER);
	show(NULL);
	PANE_SHOWS("locks", "/ pid:4802");
	PANE_SHOWS("locks", "7 blocked");
}

/* e as in Activity, for who waits, who holds it up, and in the detail of one; where there is none it says why. */
static void test_explain(void **state)
{
	(void)state;
	open_at("incident", "locks", 160, 48);
	SHOWS("e explain");
	press("jjj");
	assert_int_equal(selected(), 4823);
	press("e");
	SHOWS("Plan  session 4823");
	SHOWS("never executed");
	SHOWS("Parallel Seq Scan");
	fixture_key(&f, K_ESC);
	show(NULL);
	PANE_SHOWS("locks", "│ └ 4823");
	assert_int_equal(selected(), 4823);
	fixture_key(&f, K_ENTER);
	show(NULL);
	press("e");
	SHOWS("Plan  session 4823");
	fixture_key(&f, K_ESC);
	show(NULL);
	SHOWS("At this object");
	fixture_key(&f, K_ESC);
	press("ge");
	SHOWS("Plan  session 4711");
}

static void test_explain_says_why_not(void **state)
{
	(void)state;
	open_at("healthy", "locks", 160, 48);
	press("e");
	SHOWS("no plan: no row is selected");
	more("row pid=0 prepared_xid=77 depth=0 root=0 victims=2 state=prepared gid=\"order 4711\" user=etl "
	     "database=orders\n"
	     "row pid=102 depth=1 root=0 blocked_by=0 mode=ShareLock object=\"xid 77\" state=waiting\n"
	     "row pid=103 depth=1 root=0 blocked_by=0 mode=ShareLock object=\"xid 77\" state=waiting "
	     "backend_type=\"logical replication launcher\"\n");
	press("ge");
	SHOWS("no plan: a prepared transaction runs no");
	SHOWS("statement any more");
	press("je");
	SHOWS("no plan: what this session runs is not");
	press("je");
	SHOWS("no plan: this process is in no database");
}

static void test_detail(void **state)
{
	(void)state;
	open_at("incident", "locks", 160, 48);
	press("jjj");
	fixture_key(&f, K_ENTER);
	show(NULL);
	SHOWS("update stock set qty = qty - 2 where sku = 'A-10117'");
	SHOWS("Exclusive on tuple public.stock (1204,17)");
	SHOWS("4802, which holds it as Exclusive");
	SHOWS("1 that asked before");
	SHOWS("At this object");
	SHOWS("4802  holds Exclusive");
	SHOWS("4815  wants Exclusive");
	SHOWS("4823  wants Exclusive");
	SHOWS("All fields");
	/* the arrows go to the next one */
	fixture_key(&f, K_RIGHT);
	fixture_key(&f, K_RIGHT);
	fixture_key(&f, K_RIGHT);
	show(NULL);
	SHOWS("alter table stock add column reserved");
	SHOWS("and by       4802 4815 4823");
	SHOWS("cancelling 4871 lets 1 that waits for it go on sooner");
}

/* Before 14 the server does not tell since when. */
static void test_without_wait_times(void **state)
{
	(void)state;
	open_at("healthy", "locks", 160, 48);
	more("missing wait_us needs PostgreSQL 14\n"
	     "row pid=10 depth=0 root=10 victims=1 direct_victims=1 state=running query_us=5s\n"
	     "row pid=11 depth=1 root=10 blocked_by=10 blockers=1 guessed=true mode=ShareLock "
	     "object=\"relation public.t\" state=waiting\n");
	PANE_SHOWS("locks", "1 blocked ✗ · 1 tree");
	PANE_SHOWS("locks", "running 5.0s");
	PANE_SHOWS("locks", "└ 11");
	assert_false(fixture_shows_in(&f, fixture_pane(&f, "locks")->frame, "summed wait"));
	press("G");
	fixture_key(&f, K_ENTER);
	show(NULL);
	SHOWS("10, a guess: the order of the queue is not known before PostgreSQL 14");
}

/* A crowd of 500 in one queue and a chain 100 deep: every one can be reached. */
static void test_crowd(void **state)
{
	struct buf b;
	int y, x;

	(void)state;
	open_at("healthy", "locks", 80, 24);
	buf_init(&b, 1u << 20);
	(void)buf_addf(&b, HEAD(10, 600));
	for (int i = 0; i < 500; i++)
		(void)buf_addf(&b, "row pid=%d depth=1 root=10 blocked_by=10 mode=ShareLock state=waiting wait_us=5s\n",
			       1000 + i);
	for (int i = 0; i < 100; i++)
		(void)buf_addf(&b,
			       "row pid=%d depth=%d root=10 blocked_by=10 mode=ShareLock state=waiting wait_us=5s\n",
			       2000 + i, i + 1);
	more(buf_c(&b));
	buf_release(&b);
	press("G");
	assert_int_equal(selected(), 2099);
	SHOWS("…100 2099");
	assert_true(fixture_clean(&f, &y, &x));
	press("o");
	assert_int_equal(selected(), 10);
	press("x");
	SHOWS("▸ 10");
	assert_int_equal(fixture_pane(&f, "locks")->table.n, 1);
}

#define TEST(name) cmocka_unit_test_teardown(name, close_fixture)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_incident),
		TEST(test_small_screens),
		TEST(test_nobody_waits),
		TEST(test_failures_in_words),
		TEST(test_root_key),
		TEST(test_root_from_activity),
		TEST(test_selection_stays),
		TEST(test_cycle),
		TEST(test_prepared),
		TEST(test_detail),
		TEST(test_without_wait_times),
		TEST(test_crowd),
		TEST(test_filter_is_said),
		TEST(test_explain),
		TEST(test_explain_says_why_not),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
