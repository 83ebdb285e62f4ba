/*
 * operate_left_leases.c: what a console has changed for a time and nobody has taken back.
 *
 * Of this host that is known from the files of its leases, and can be taken back from here. Of other hosts it is
 * known from what AWS's own objects say, once their time has been over for a while: then only what they were is not
 * known here. Both are said once when they are seen and stay in the footer and under :jobs until they are gone.
 */
#include "base/clock.h"
#include "ui/operate_impl.h"
#include "ui/widgets/page.h"

#include <stdio.h>

#define LEASES_LEFT_MAX 32
/* Taking back takes a moment, and clocks differ; nobody is accused of that. */
#define OVERDUE_US (2 * US_PER_MIN)

struct left {
	struct str operation, object, value, owner;
	int64_t until_us;
	char remedy[300];
	bool here; /* it is of this target, and taken back by :restore */
};

/* What the server of --db is called in a lease is for its preview to say; here only its host is known. */
static bool is_of_target(const struct target *t, struct str of, const struct operation *op)
{
	struct str host = str_c(t->db_host);

	if (t->aws || t->cluster[0])
		return str_eq_c(of, t->cluster);
	return !operation_is_aws(op) &&
	       (host.len == 0 || (str_starts(of, host) && of.len > host.len && of.ptr[host.len] == ':'));
}

static bool has_lease(const struct snapshot *leases, struct str object, struct str value)
{
	for (size_t i = 0; leases && i < leases->nrows; i++)
		if (str_eq(data_str(leases, i, "object"), object) ||
		    (value.len > 0 && str_eq(data_str(leases, i, "value"), value)))
			return true;
	return false;
}

static size_t add_of_host(const struct ui *ui, struct left *out, size_t n)
{
	const struct snapshot *s = store_good(ui->store, "leases");

	for (size_t i = 0; s && i < s->nrows && n < LEASES_LEFT_MAX; i++) {
		const struct operation *op = operation_find(data_str(s, i, "operation"));
		struct str of = data_str(s, i, "target");
		struct left *l = &out[n];

		if (!op || !data_i64(s, i, "left_behind", 0))
			continue;
		*l = (struct left){.operation = data_str(s, i, "operation"),
				   .object = data_str(s, i, "object"),
				   .value = data_str(s, i, "value"),
				   .owner = data_str(s, i, "owner"),
				   .until_us = data_i64(s, i, "until_at", 0),
				   .here = is_of_target(runtime_target(ui->rt), of, op)};
		if (l->here)
			(void)snprintf(l->remedy, sizeof l->remedy, ":restore takes it back");
		else
			(void)snprintf(l->remedy, sizeof l->remedy,
				       "a console on " STR_FMT " takes it back, by :restore", STR_ARG(of));
		n++;
	}
	return n;
}

static size_t add_of_others(const struct ui *ui, struct left *out, size_t n)
{
	const struct snapshot *s = store_good(ui->store, "lease_marks"), *leases = store_good(ui->store, "leases");
	/* when it was read: what is taken back since then still stands in it */
	int64_t at = s ? s->at_us - OVERDUE_US : 0;

	if (s && s->generation != runtime_target(ui->rt)->generation)
		return n;
	for (size_t i = 0; s && i < s->nrows && n < LEASES_LEFT_MAX; i++) {
		struct left *l = &out[n];

		*l = (struct left){.operation = data_str(s, i, "operation"),
				   .object = data_str(s, i, "object"),
				   .value = data_str(s, i, "value"),
				   .owner = data_str(s, i, "owner"),
				   .until_us = data_i64(s, i, "until_at", 0)};
		if (l->until_us >= at || has_lease(leases, l->object, l->value))
			continue;
		if (str_eq_c(l->operation, "slow log"))
			(void)snprintf(
				l->remedy, sizeof l->remedy,
				"the next console on its host takes it back; else set the parameter in the group "
				"and remove its tag");
		else
			(void)snprintf(l->remedy, sizeof l->remedy, ":revoke rule in Network (8) takes it out");
		n++;
	}
	return n;
}

static size_t collect(const struct ui *ui, struct left out[LEASES_LEFT_MAX])
{
	return add_of_others(ui, out, add_of_host(ui, out, 0));
}

size_t leases_left(const struct ui *ui)
{
	struct left all[LEASES_LEFT_MAX];

	return collect(ui, all);
}

static void put_words(const struct ui *ui, const struct left *l, char *out, size_t size)
{
	char until[40];

	(void)snprintf(out, size, STR_FMT "%s" STR_FMT " of " STR_FMT ", by " STR_FMT ", %s %.16sZ",
		       STR_ARG(l->operation), l->value.len > 0 ? " " : "", STR_ARG(l->value), STR_ARG(l->object),
		       STR_ARG(l->owner), l->until_us < ui->now_us ? "expired" : "until",
		       clock_iso8601(l->until_us, until, sizeof until));
}

int operate_draw_leases(const struct ui *ui, struct page *page)
{
	struct left all[LEASES_LEFT_MAX];
	size_t n = collect(ui, all);

	if (n > 0)
		page_section(page, "Left behind", "changed for a time, and not taken back");
	for (size_t i = 0; i < n; i++) {
		char words[400];
		struct pen pen = page_line(page);

		put_words(ui, &all[i], words, sizeof words);
		pen_glyph(&pen, ROLE_WARN, severity_glyph(SEV_WARN));
		pen_skip(&pen, 1);
		page_text(page, &pen, 2, ROLE_FG, false, str_c(words));
		pen = page_line(page);
		pen_skip(&pen, 4);
		page_text(page, &pen, 4, ROLE_MUTED, false, str_c(all[i].remedy));
	}
	return page->y;
}

/* ---- offering, telling ---- */

const struct operation *operate_restore_of(const struct ui *ui)
{
	struct left all[LEASES_LEFT_MAX];
	size_t n = add_of_host(ui, all, 0);

	for (size_t i = 0; i < n; i++)
		if (all[i].here)
			return operation_find(operation_is_aws(operation_find(all[i].operation))
						      ? STR("restore")
						      : STR("server restore"));
	return NULL;
}

static bool may_be_offered(const struct ui *ui)
{
	const struct snapshot *s = store_good(ui->store, "leases");
	const struct target *t = runtime_target(ui->rt);

	/* not over something that is being read or answered, and not before the cluster is known */
	return s && s->generation == t->generation && (t->cluster[0] || !t->aws) && !target_is_read_only(t) &&
	       ui->operations->offered != t->generation && ui->overlay == OVERLAY_NONE && !ui->prompt.open &&
	       !ui->dialog.open && store_good(ui->store, t->aws ? "clusters" : "sessions");
}

static void offer(struct ui *ui)
{
	const struct operation *op = operate_restore_of(ui);
	struct left all[LEASES_LEFT_MAX];
	size_t n = add_of_host(ui, all, 0), i = 0;

	while (i < n && !all[i].here)
		i++;
	if (!op || i == n)
		return;
	ui_toast(ui, SEV_WARN, "a console that ended has left " STR_FMT " of " STR_FMT " changed",
		 STR_ARG(all[i].operation), STR_ARG(all[i].object));
	(void)operate_begin(ui, op);
}

/* Each that is new is said once; what is offered is said by the offer. */
static void tell(struct ui *ui)
{
	struct operations_state *st = ui->operations;
	struct left all[LEASES_LEFT_MAX];
	size_t n = collect(ui, all);
	char words[400];

	for (size_t i = 0; i < n && n > st->left_told; i++)
		if (!all[i].here || target_is_read_only(runtime_target(ui->rt))) {
			put_words(ui, &all[i], words, sizeof words);
			ui_toast(ui, SEV_WARN, "not taken back: %.170s; :jobs tells", words);
		}
	st->left_told = n;
}

void operate_find_leases(struct ui *ui)
{
	tell(ui);
	if (!may_be_offered(ui))
		return;
	ui->operations->offered = runtime_target(ui->rt)->generation;
	offer(ui);
}
