/*
 * change_policy.c: what the operators of the cluster have to say of an operation.
 *
 * Comes last in every look, the preview's and the run's: a tier that is raised here is
 * raised in both, so that what was confirmed for less does not run, and a window that closed
 * between the two refuses it. What cannot be known counts as production: a cluster
 * whose tags were not read is more likely to matter than one more word is to annoy.
 *
 * An open window is asked about when an operation begins. What is running when it closes goes
 * on: half a VACUUM FULL is of use to nobody.
 */
#include "audit/change.h"

#include "base/clock.h"
#include "model/data.h"
#include "model/kind.h"
#include "model/policy.h"

#include <stdarg.h>
#include <stdio.h>

#define WORDS_MAX 160

static void raise_tier(struct change *c)
{
	c->tier += c->tier < TIER_DESTRUCTIVE;
}

/* ---- what may be set aside ---- */

static const char *const asides[CHANGE_ASIDES] = {NULL, "window", "storage", "window storage"};

static bool sets_aside(const struct change *c, enum change_aside what)
{
	struct str rest = fetch_arg(c->f, "override"), word;

	while (rest.len > 0 && str_split(&rest, ' ', &word))
		if (str_eq_c(word, asides[what]))
			return true;
	return false;
}

void change_refuse_unless(struct change *c, enum change_aside what, struct str reason, const char *fmt, ...)
{
	char text[WORDS_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (sets_aside(c, what)) {
		c->aside |= what;
		c->override = asides[c->aside];
		raise_tier(c);
		change_add(c, "check", "", OPERATION_CRITICAL, "%s, which is overridden: one tier more", text);
		return;
	}
	c->wanted |= what;
	change_add(c, "refuse", "", OPERATION_CRITICAL, "%s: " STR_FMT, text, STR_ARG(reason));
}

/* Nothing else may stand in the way of what is offered. */
static void offer_asides(struct change *c)
{
	if (c->wanted && !c->refused)
		change_add(c, "override", "", OPERATION_OK, "%s", asides[c->aside | c->wanted]);
	c->refused |= c->wanted != 0;
}

/* ---- the listing of clusters ---- */

/* Value of a text field; "" when it is absent. *ret_has tells. */
static struct str text_of(const struct snapshot *s, size_t row, const char *field, bool *ret_has)
{
	int i = rec_find(s->type, str_c(field));
	union value v;

	*ret_has = i >= 0 && kind_ops[s->type->fields[i].kind].storage == CT_STR &&
		   rec_get(&s->type->fields[i], snapshot_row(s, row), &v);
	return *ret_has ? v.str : STR("");
}

/* The newest good listing of that name, when it is an input of the command. */
static const struct snapshot *listing_of(const struct fetch *f, const char *name)
{
	struct str rest = str_c(f->source->inputs), word;

	for (size_t i = 0; rest.len > 0 && i < SOURCE_INPUTS_MAX && str_split(&rest, ' ', &word); i++)
		if (str_eq_c(word, name))
			return f->inputs[i];
	return NULL;
}

/* ---- the window ---- */

/* "prod-orders: sun:05:00-sun:06:00 UTC, closed, opens ..." */
static void add_aws_window(struct change *c, const struct snapshot *listing, long row, int64_t now)
{
	struct policy_window w;
	struct str text, name;
	struct err err;
	struct buf b;
	bool has;

	if (row < 0)
		return;
	text = text_of(listing, (size_t)row, "maintenance_window", &has);
	if (text.len == 0)
		return;
	name = text_of(listing, (size_t)row, "identifier", &has);
	buf_init(&b, WORDS_MAX);
	if (policy_window_parse(text, &w, &err)) {
		(void)buf_add_c(&b, ", ");
		policy_window_say(&w, now, &b);
	}
	change_add(c, "fact", "AWS window", OPERATION_OK, STR_FMT ": " STR_FMT " UTC%s", STR_ARG(name), STR_ARG(text),
		   buf_c(&b));
	buf_release(&b);
}

/* The instance it is done on has a window of its own. */
static void add_instance_window(struct change *c, int64_t now)
{
	const struct snapshot *instances = listing_of(c->f, "instances");
	const char *name = c->instance[0] ? c->instance : c->node[0] ? c->node : c->f->target->node;

	if (name[0])
		add_aws_window(c, instances, data_find(instances, "identifier", str_c(name)), now);
}

static void add_closed(struct change *c, const char *state)
{
	change_refuse_unless(c, CHANGE_WINDOW, str_c(state), "outside the maintenance window");
}

/* Whoever maintains or restarts something is told; who keeps others waiting is held to it. */
static bool shows_window(const struct operation *op)
{
	return op->target == OPERATION_TABLE || op->target == OPERATION_INSTANCE;
}

static void add_window(struct change *c, const struct policy_window *w, int64_t now)
{
	int64_t left = INT64_MAX;
	bool open = !w->set || policy_window_is_open(w, now, &left);
	struct buf b;

	buf_init(&b, WORDS_MAX);
	policy_window_say(w, now, &b);
	change_add(c, "fact", "window", OPERATION_OK, "%s", buf_c(&b));
	if (!open && operation_needs_window(c->op))
		add_closed(c, buf_c(&b));
	else if (open && left < INT64_MAX && c->op->target == OPERATION_TABLE)
		change_add(c, "check", "", OPERATION_NOTICE, "a job that is running when the window closes goes on");
	buf_release(&b);
}

/* ---- production ---- */

static void add_production(struct change *c, const struct policy *p, const struct snapshot *clusters, long row)
{
	struct str tags = STR(""), tag;
	bool known = false;

	if (!p->production_tag[0] || !c->f->target->cluster[0])
		return;
	if (row >= 0)
		tags = text_of(clusters, (size_t)row, "tags", &known);
	if (known && !policy_is_production(p->production_tag, tags, &tag))
		return;
	raise_tier(c);
	if (known)
		change_add(c, "check", "", OPERATION_WARNING, "production cluster (tag " STR_FMT "): one tier more",
			   STR_ARG(tag));
	else
		change_add(c, "check", "", OPERATION_WARNING,
			   "the cluster's tags are not known, it counts as production: one tier more");
}

/* ---- jobs ---- */

static void add_stop(struct change *c, const struct policy *p)
{
	struct buf b;

	if (c->op->target != OPERATION_TABLE)
		return;
	buf_init(&b, WORDS_MAX);
	if (p->stop_waiters > 0)
		(void)buf_addf(&b, "more than %lld %s behind it", (long long)p->stop_waiters,
			       p->stop_waiters == 1 ? "session waits" : "sessions wait");
	if (p->stop_load > 0)
		(void)buf_addf(&b, "%smore than %g sessions are active", b.len ? ", or " : "", p->stop_load);
	if (b.len > 0)
		change_add(c, "fact", "stops itself", OPERATION_OK, "when %s, in three samples in a row", buf_c(&b));
	else
		change_add(c, "fact", "stops itself", OPERATION_OK, "never; X cancels it");
	buf_release(&b);
}

void change_add_policy(struct change *c)
{
	const struct policy *p = target_policy(c->f->target);
	const struct snapshot *clusters = listing_of(c->f, "clusters");
	long row = data_find(clusters, "identifier", str_c(c->f->target->cluster));

	if (shows_window(c->op)) {
		int64_t now = clock_wall_us();

		add_window(c, &p->window, now);
		add_aws_window(c, clusters, row, now);
		add_instance_window(c, now);
	}
	offer_asides(c);
	add_production(c, p, clusters, row);
	add_stop(c, p);
}
