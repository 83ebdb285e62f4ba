/*
 * log_classify.c: what a report is about.
 *
 * Messages are told apart by how they begin, in the order of one table; a message of no known kind
 * goes by its severity. A reader for the kind then takes its numbers out. Nothing here can fail: a
 * message that looks different leaves its fields absent.
 */
#include "codec/log_parts.h"

#include "base/ascii.h"
#include "base/parse.h"
#include "base/utf8.h"
#include "model/sqlshape.h"
#include "model/sqltext.h"

#define F(m, k, ...) FIELD(struct log_entry, m, k, __VA_ARGS__)

/* clang-format off */
static const struct field fields[] = {
	F(event_id, K_ID, .wire = "eventId", .title = "EVENT ID", .width = 20, .flags = F_KEY | F_HIDDEN, .help = "Identity of the entry: the event's of CloudWatch Logs, or file and offset."),
	F(at, K_TIME_US, .title = "AT", .width = 9, .flags = F_COMPUTED, .help = "When the server wrote it."),
	F(kind, K_ENUM, .title = "KIND", .width = 8, .flags = F_COMPUTED, .help = "slow, error, deadlock, cancel, lock, temp, checkpoint, vacuum, analyze, connection, warning, event or other."),
	F(severity, K_ENUM, .title = "SEVERITY", .width = 7, .flags = F_COMPUTED, .help = "Severity the server gave it: LOG, ERROR, FATAL, PANIC, WARNING."),
	F(sqlstate, K_ID, .title = "SQLSTATE", .width = 6, .flags = F_COMPUTED, .help = "SQLSTATE, where the prefix or format has it."),
	F(duration_us, K_DURATION_US, .title = "DURATION", .width = 8, .flags = F_DESC | F_COMPUTED, .help = "How long a statement ran, a lock was waited for, a checkpoint or vacuum took."),
	F(temp_bytes, K_BYTES, .title = "TEMP", .width = 8, .flags = F_DESC | F_COMPUTED, .help = "Size of a temporary file."),
	F(pages, K_COUNT, .title = "PAGES", .width = 7, .flags = F_DESC | F_COMPUTED, .help = "Buffers a checkpoint wrote, or pages of the table after a vacuum."),
	F(statement, K_SQL, .title = "STATEMENT", .flags = F_SENSITIVE | F_COMPUTED, .help = "Statement that ran, or that failed."),
	F(shape, K_TEXT, .title = "SHAPE", .flags = F_COMPUTED, .help = "The statement without its values: what slow ones are grouped by."),
	F(message, K_TEXT, .title = "MESSAGE", .flags = F_SENSITIVE | F_COMPUTED, .help = "The report itself, without the statement in it."),
	F(user, K_ID, .title = "USER", .width = 10, .flags = F_COMPUTED, .help = "Role of the session."),
	F(database, K_ID, .title = "DATABASE", .width = 10, .flags = F_COMPUTED, .help = "Database of the session."),
	F(application, K_TEXT, .title = "APP", .width = 10, .flags = F_COMPUTED, .help = "Application name, where the prefix or format has it."),
	F(client, K_TEXT, .title = "CLIENT", .width = 12, .flags = F_SENSITIVE | F_COMPUTED, .help = "Client address or host name."),
	F(pid, K_INT, .title = "PID", .width = 6, .flags = F_COMPUTED, .help = "Process that wrote it."),
	F(blocker_pid, K_INT, .title = "BLOCKED BY", .width = 6, .flags = F_COMPUTED, .help = "First process that held the lock waited for."),
	F(relation, K_ID, .title = "RELATION", .width = 16, .flags = F_COMPUTED, .help = "Table that was vacuumed or analyzed."),
	F(lock, K_TEXT, .title = "LOCK", .width = 16, .flags = F_COMPUTED, .help = "Lock that was waited for: mode and object."),
	F(detail, K_TEXT, .title = "DETAIL", .flags = F_SENSITIVE | F_COMPUTED, .help = "DETAIL of the report; parameters of a statement."),
	F(hint, K_TEXT, .title = "HINT", .flags = F_COMPUTED, .help = "HINT of the report."),
	F(context, K_TEXT, .title = "CONTEXT", .flags = F_SENSITIVE | F_COMPUTED, .help = "CONTEXT of the report."),
	F(plan, K_TEXT, .title = "PLAN", .flags = F_SENSITIVE | F_COMPUTED, .help = "Plan that auto_explain wrote."),
	F(query_id, K_INT, .title = "QUERY ID", .width = 20, .flags = F_COMPUTED, .help = "Query id, where the prefix or format has it."),
	F(node, K_ID, .title = "NODE", .width = 10, .flags = F_COMPUTED, .help = "Instance that wrote it."),
};
/* clang-format on */
#undef F
const struct rec_type log_entry_type = REC_TYPE(struct log_entry, "log_entry", fields);

bool log_keep(struct arena *a, struct str text, struct str *ret_text)
{
	struct buf b;

	text = str_sub(text, 0, utf8_prefix(text, LOG_TEXT_MAX));
	while (text.len > 0 && strchr(" \n\r\t", text.ptr[text.len - 1]))
		text.len--;
	if (text.len == 0 || arena_room(a) < 8 * LOG_TEXT_MAX)
		return false;
	buf_init(&b, 4 * LOG_TEXT_MAX + 16);
	sql_mask_secrets(&b, text);
	*ret_text = arena_str(a, buf_str(&b));
	buf_release(&b);
	return true;
}

struct log_entry *log_new_entry(struct snapshot *out, struct err *err)
{
	struct log_entry *e = arena_room(out->arena) > 64 * LOG_TEXT_MAX ? snapshot_add_row(out) : NULL;

	if (!e)
		err_set(err, ERR_LIMIT, "the log holds more than a snapshot may");
	return e;
}

/* ---- pieces of messages */

/* The text between two words, empty when they are not there. */
static struct str between(struct str s, const char *from, const char *to)
{
	long a = str_find(s, str_c(from), 0), b;

	if (a < 0)
		return STR("");
	s = str_sub(s, (size_t)a + strlen(from), s.len);
	b = to[0] ? str_find(s, str_c(to), 0) : (long)s.len;
	return b < 0 ? STR("") : str_sub(s, 0, (size_t)b);
}

/* Number at the beginning of s. */
static struct str leading_number(struct str s)
{
	size_t n = 0;

	while (n < s.len && (ascii_is_digit(s.ptr[n]) || s.ptr[n] == '.'))
		n++;
	return str_sub(s, 0, n);
}

static bool leading_i64(struct str s, int64_t *ret_value)
{
	size_t n = 0;

	while (n < s.len && ascii_is_digit(s.ptr[n]))
		n++;
	return parse_i64(str_sub(s, 0, n), ret_value);
}

static bool scaled(struct str number, double scale, int64_t *ret_value)
{
	double v;

	if (!parse_f64(number, &v) || !(v >= 0 && v * scale < 9e18))
		return false;
	*ret_value = (int64_t)(v * scale + 0.5);
	return true;
}

static void put_duration(struct log_entry *e, struct str number, double scale)
{
	int64_t us;

	if (scaled(number, scale, &us))
		SET(e, struct log_entry, duration_us, us);
}

static void put_pages(struct log_entry *e, struct str number)
{
	int64_t n;

	if (leading_i64(number, &n))
		SET(e, struct log_entry, pages, n);
}

/* ---- one reader for each kind */

/* auto_explain: the statement, then the plan. */
static void read_plan(struct log_entry *e, struct str text, struct arena *a)
{
	struct str query = between(text, "Query Text: ", ""), line;
	size_t n = 0;

	SET(e, struct log_entry, plan, arena_str(a, text));
	if (query.len == 0 || str_starts(str_trim(text), STR("{")))
		return;
	/* the first line with costs is the plan's */
	for (struct str rest = query; str_split(&rest, '\n', &line); n += line.len + 1)
		if (str_find(line, STR("(cost="), 0) >= 0 || str_find(line, STR("(actual "), 0) >= 0)
			break;
	query = str_trim(str_sub(query, 0, n));
	if (query.len == 0)
		return;
	SET(e, struct log_entry, plan,
	    arena_str(a, str_sub(text, (size_t)(query.ptr + query.len - text.ptr), text.len)));
	SET(e, struct log_entry, statement, arena_str(a, query));
}

/* duration: 812.5 ms  statement: select 1; execute NAME: ...; plan: ... */
static void read_slow(struct log_entry *e, struct arena *a)
{
	struct str number = leading_number(str_sub(e->message, strlen("duration: "), e->message.len));
	struct str rest = str_sub(e->message, strlen("duration: ") + number.len, e->message.len), what;
	long colon;

	put_duration(e, number, 1e3);
	if (!str_starts(rest, STR(" ms")))
		return;
	what = str_sub(rest, 3, rest.len);
	colon = str_find(what, STR(":"), 0);
	if (colon < 0)
		return;
	rest = str_trim(str_sub(what, (size_t)colon + 1, what.len));
	what = str_trim(str_sub(what, 0, (size_t)colon));
	if (str_eq_c(what, "plan"))
		read_plan(e, rest, a);
	else if (str_eq_c(what, "statement") || str_starts(what, STR("execute")) || str_starts(what, STR("parse")) ||
		 str_starts(what, STR("bind")) || str_starts(what, STR("fetch")))
		SET(e, struct log_entry, statement, arena_str(a, rest));
	else
		return;
	/* what is told by other fields is not told twice */
	e->message = str_sub(e->message, 0, (size_t)(what.ptr + what.len - e->message.ptr));
}

/* process 12 still waiting for ShareLock on transaction 7 after 1000.1 ms */
static void read_lock(struct log_entry *e, struct arena *a)
{
	struct str lock = between(e->message, " waiting for ", " after "),
		   after = between(e->message, " after ", " ms");
	struct str holder = between(e->detail, "holding the lock: ", "");
	int64_t pid;

	if (lock.len == 0)
		lock = between(e->message, " acquired ", " after ");
	if (lock.len == 0)
		lock = between(e->message, " deadlock for ", " by ");
	if (lock.len > 0)
		SET(e, struct log_entry, lock, arena_str(a, lock));
	put_duration(e, after, 1e3);
	if (holder.len == 0)
		holder = between(e->detail, "holding the locks: ", "");
	if (leading_i64(holder, &pid))
		SET(e, struct log_entry, blocker_pid, pid);
}

/* Process 12 waits for ShareLock on transaction 7; blocked by process 13. */
static void read_deadlock(struct log_entry *e, struct arena *a)
{
	struct str lock = between(e->detail, " waits for ", ";"), by = between(e->detail, "blocked by process ", ".");
	int64_t pid;

	if (lock.len > 0)
		SET(e, struct log_entry, lock, arena_str(a, lock));
	if (leading_i64(by, &pid))
		SET(e, struct log_entry, blocker_pid, pid);
}

static void read_temp(struct log_entry *e, struct arena *a)
{
	int64_t bytes;

	(void)a;
	if (leading_i64(between(e->message, ", size ", ""), &bytes))
		SET(e, struct log_entry, temp_bytes, bytes);
}

static void read_checkpoint(struct log_entry *e, struct arena *a)
{
	(void)a;
	put_pages(e, between(e->message, "wrote ", " buffers"));
	put_duration(e, leading_number(between(e->message, "total=", " s")), 1e6);
}

/* automatic vacuum of table "orders.public.stock": index scans: 1, then lines of figures */
static void read_vacuum(struct log_entry *e, struct arena *a)
{
	struct str table = between(e->message, "of table \"", "\""), pages = between(e->message, "pages: ", " remain");
	long comma = str_find(pages, STR(", "), 0);

	if (table.len > 0)
		SET(e, struct log_entry, relation, arena_str(a, table));
	if (comma >= 0)
		put_pages(e, str_sub(pages, (size_t)comma + 2, pages.len));
	put_duration(e, leading_number(between(e->message, "elapsed: ", " s")), 1e6);
}

/* disconnection: session time: 0:01:02.345 user=... */
static void read_connection(struct log_entry *e, struct arena *a)
{
	struct str time = between(e->message, "session time: ", " "), part;
	double seconds = 0, value;

	(void)a;
	if (time.len == 0)
		return;
	while (str_split(&time, ':', &part)) {
		if (!parse_f64(part, &value) || !(value >= 0 && value < 1e9))
			return;
		seconds = seconds * 60 + value;
	}
	if (seconds < 9e12)
		SET(e, struct log_entry, duration_us, (int64_t)(seconds * 1e6 + 0.5));
}

/* statement: select 1; execute NAME: select 1 (log_statement) */
static void read_statement(struct log_entry *e, struct arena *a)
{
	long colon = str_find(e->message, STR(":"), 0);
	struct str text;

	if (colon < 0 || HAS(e, struct log_entry, statement))
		return;
	text = str_trim(str_sub(e->message, (size_t)colon + 1, e->message.len));
	if (text.len == 0)
		return;
	SET(e, struct log_entry, statement, arena_str(a, text));
	e->message = str_sub(e->message, 0, (size_t)colon);
}

/* clang-format off */
static const struct rule {
	const char *begins, *contains; /* contains NULL = only the beginning counts */
	const char *kind;
	void (*read)(struct log_entry *e, struct arena *a);
} rules[] = {
	{"duration: ", " ms", "slow", read_slow},
	{"process ", " still waiting for ", "lock", read_lock},
	{"process ", " acquired ", "lock", read_lock},
	{"process ", " avoided deadlock for ", "lock", read_lock},
	{"process ", " failed to acquire ", "lock", read_lock},
	{"process ", " detected deadlock while waiting for ", "deadlock", read_lock},
	{"deadlock detected", NULL, "deadlock", read_deadlock},
	{"canceling ", NULL, "cancel", NULL},
	{"terminating connection due to ", NULL, "cancel", NULL},
	{"terminating background worker ", " due to administrator command", "cancel", NULL},
	{"temporary file: ", NULL, "temp", read_temp},
	{"checkpoint ", NULL, "checkpoint", read_checkpoint},
	{"checkpoints are occurring too frequently", NULL, "checkpoint", NULL},
	{"restartpoint ", NULL, "checkpoint", read_checkpoint},
	{"automatic vacuum ", NULL, "vacuum", read_vacuum},
	{"automatic aggressive vacuum ", NULL, "vacuum", read_vacuum},
	{"automatic analyze ", NULL, "analyze", read_vacuum},
	{"connection received: ", NULL, "connection", NULL},
	{"connection ready: ", NULL, "connection", NULL},
	{"connection authenticated: ", NULL, "connection", NULL},
	{"connection authorized: ", NULL, "connection", NULL},
	{"replication connection authorized: ", NULL, "connection", NULL},
	{"disconnection: ", NULL, "connection", read_connection},
	{"unexpected EOF on client connection", NULL, "connection", NULL},
	{"could not receive data from client", NULL, "connection", NULL},
	{"could not send data to client", NULL, "connection", NULL},
	{"statement: ", NULL, "other", read_statement},
	{"execute ", ": ", "other", read_statement},
};
/* clang-format on */

static const char *kind_of_severity(struct str severity)
{
	if (str_eq_c(severity, "ERROR") || str_eq_c(severity, "FATAL") || str_eq_c(severity, "PANIC"))
		return "error";
	return str_eq_c(severity, "WARNING") ? "warning" : "other";
}

static const struct rule *find_rule(const struct log_entry *e)
{
	static const struct rule deadlock = {NULL, NULL, "deadlock", read_deadlock};

	if (str_eq_c(e->sqlstate, "40P01"))
		return &deadlock;
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (str_starts(e->message, str_c(rules[i].begins)) &&
		    (!rules[i].contains || str_find(e->message, str_c(rules[i].contains), 0) >= 0))
			return &rules[i];
	return NULL;
}

static void put_shape(struct log_entry *e, struct arena *a)
{
	struct buf b;

	if (!HAS(e, struct log_entry, statement))
		return;
	buf_init(&b, 2 * SQL_SHAPE_MAX + LOG_TEXT_MAX);
	sql_shape(&b, e->statement);
	if (b.len > 0)
		SET(e, struct log_entry, shape, arena_str(a, buf_str(&b)));
	buf_release(&b);
}

void log_classify(struct log_entry *e, struct arena *a)
{
	const struct rule *rule = find_rule(e);

	SET(e, struct log_entry, kind, str_c(rule ? rule->kind : kind_of_severity(e->severity)));
	if (rule && rule->read)
		rule->read(e, a);
	put_shape(e, a);
}
