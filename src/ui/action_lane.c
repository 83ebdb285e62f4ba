/*
 * action_lane.c: the state of the action lane of each node, and how the console was let in, in words.
 *
 * While a node is not sampled either, its lane is not called down: that the database is
 * not reached is said elsewhere.
 */
#include "ui/action_lane.h"

#include "base/buf.h"

static bool is_down(const struct store *st)
{
	const struct store_entry *e = store_entry(st, "action");

	return e && e->latest && e->latest->state == SNAP_ERROR && store_good(st, "activity");
}

bool action_lane_is_down(const struct ui *ui)
{
	bool down = is_down(ui->store);

	for (size_t i = 0; i < runtime_nodes(ui->rt); i++)
		down |= is_down(runtime_node_store(ui->rt, i));
	return down;
}

/* Nothing while nobody was let in. */
static void add_login(struct buf *b, const char *before, const struct snapshot *s)
{
	struct str by = data_str(s, 0, "login_by");

	if (by.len > 0)
		(void)buf_addf(b, "%s" STR_FMT, before, STR_ARG(by));
}

static void add_time(struct buf *b, const char *word, int64_t at, int64_t now_us)
{
	(void)buf_add_c(b, word);
	(void)format_clock(b, at, now_us);
}

static void tell_good(const struct ui *ui, const struct snapshot *s, struct buf *b)
{
	const struct snapshot *watched = store_good(ui->store, "activity");
	struct str node = data_str(s, 0, "node"), user = data_str(s, 0, "user");
	int64_t opened = data_i64(s, 0, "opened", 0);

	(void)buf_addf(b, STR_FMT ", to " STR_FMT " as " STR_FMT, STR_ARG(data_str(s, 0, "state")),
		       STR_ARG(node.len ? node : data_str(s, 0, "database")), STR_ARG(user));
	if (!str_eq(data_str(s, 0, "login_by"), data_str(watched, 0, "login_by")))
		add_login(b, ", by ", s);
	add_time(b, " since ", data_i64(s, 0, "opened_at", 0), ui->now_us);
	add_time(b, ", checked ", data_i64(s, 0, "checked_at", 0), ui->now_us);
	if (opened > 1)
		(void)buf_addf(b, ", opened %lld times", (long long)opened);
}

static void tell(const struct ui *ui, const struct store *st, const char *name, struct prose *l)
{
	const struct store_entry *e = store_entry(st, "action");
	struct pen pen = prose_line(l);
	enum role role = ROLE_FG;
	struct buf b;

	if (!e)
		return;
	buf_init(&b, 1024);
	pen_field(&pen, ROLE_MUTED, 0, 22, str_c(name), false);
	if (!e->latest) {
		(void)buf_add_c(&b, "not opened yet");
		role = ROLE_MUTED;
	} else if (e->latest->state == SNAP_OK) {
		tell_good(ui, e->latest, &b);
	} else {
		bool down = e->latest->state == SNAP_ERROR;

		role = down ? ROLE_NOTICE : ROLE_MUTED;
		(void)buf_addf(&b, "%s: %s", down ? "down" : "n/a", e->latest->err.text);
		if (down && e->good)
			add_time(&b, "; last checked ", data_i64(e->good, 0, "checked_at", 0), ui->now_us);
	}
	prose_wrap(l, pen, 22, role, buf_str(&b));
	buf_release(&b);
}

/* As whom the console watches, and by which means. */
static void tell_login(const struct store *st, const char *name, struct prose *l)
{
	const struct snapshot *activity = store_good(st, "activity");
	struct pen pen;
	struct buf b;

	if (data_str(activity, 0, "login_by").len == 0)
		return;
	buf_init(&b, 1024);
	pen = prose_line(l);
	pen_field(&pen, ROLE_MUTED, 0, 22, str_c(name), false);
	(void)buf_addf(&b, STR_FMT ", by ", STR_ARG(data_str(activity, 0, "user")));
	add_login(&b, "", activity);
	if (data_i64(activity, 0, "via_pooler", 0))
		(void)buf_add_c(&b, data_i64(activity, 0, "via_proxy", 0) ? ", through an RDS Proxy"
									  : ", through a pooler");
	prose_wrap(l, pen, 22, ROLE_FG, buf_str(&b));
	buf_release(&b);
}

void action_lane_draw(const struct ui *ui, struct prose *l)
{
	tell_login(ui->store, "database login", l);
	tell(ui, ui->store, "action connection", l);
	for (size_t i = 0; i < runtime_nodes(ui->rt); i++)
		tell(ui, runtime_node_store(ui->rt, i), runtime_node_name(ui->rt, i), l);
}
