/*
 * shares.c: see shares.h.
 *
 * A short list by snapshot and time of creation: a snapshot that was deleted and made anew is another one. Each fetch
 * marks what it asks for and drops the rest at its end. A refusal is remembered for all, because the right is the same
 * for all; a snapshot that went in between is no failure.
 */
#include "aws/shares.h"

#include "aws/input.h"
#include "base/clock.h"
#include "base/xalloc.h"

struct known {
	char *snapshot, *accounts;
	int64_t created_us, asked_mono_us;
	bool is_public, seen;
};

struct aws_shares {
	struct known *items;
	size_t n;
	int64_t refused_until_mono_us;
	int asked;
	char missing[ERR_TEXT_MAX], refused[ERR_TEXT_MAX];
};

/* What the answer has for each attribute. */
struct attribute {
	uint64_t present;
	struct str name, values;
};
static const struct field attribute_fields[] = {
	FIELD(struct attribute, name, K_ID, .wire = "AttributeName"),
	FIELD(struct attribute, values, K_TEXT, .wire = "AttributeValues/*", .flags = F_LIST),
};
static const struct rec_type attribute_type = REC_TYPE(struct attribute, "snapshot_attributes", attribute_fields);

struct aws_shares *aws_shares_new(void)
{
	return xalloc(sizeof(struct aws_shares));
}

static void drop(struct known *k)
{
	xfree(k->snapshot);
	xfree(k->accounts);
}

void aws_shares_free(void *shares)
{
	struct aws_shares *s = shares;

	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		drop(&s->items[i]);
	xfree(s->items);
	xfree(s);
}

void aws_shares_begin(struct aws_shares *s)
{
	for (size_t i = 0; i < s->n; i++)
		s->items[i].seen = false;
	s->asked = 0;
	s->missing[0] = '\0';
}

const char *aws_shares_end(struct aws_shares *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (s->items[i].seen)
			s->items[n++] = s->items[i];
		else
			drop(&s->items[i]);
	}
	s->n = n;
	return s->missing;
}

static struct known *find(struct aws_shares *s, struct str snapshot, int64_t created_us)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->items[i].created_us == created_us && str_eq_c(snapshot, s->items[i].snapshot))
			return &s->items[i];
	return NULL;
}

static void name_snapshot(struct form *form, void *ctx)
{
	form_add(form, "DBClusterSnapshotIdentifier", *(const struct str *)ctx);
}

/* "all" stands for every account. */
static void read_accounts(const struct snapshot *attributes, struct known *k)
{
	struct str rest, account;
	struct buf b;

	buf_init(&b, SHARES_ACCOUNTS_MAX);
	k->is_public = false;
	for (size_t i = 0; i < attributes->nrows; i++) {
		const struct attribute *a = snapshot_row(attributes, i);

		rest = str_eq_c(a->name, "restore") ? a->values : STR("");
		while (rest.len > 0 && str_split(&rest, ',', &account)) {
			if (str_eq_c(account, "all"))
				k->is_public = true;
			else
				(void)buf_addf(&b, "%s" STR_FMT, b.len > 0 ? "," : "", STR_ARG(account));
		}
	}
	xfree(k->accounts);
	k->accounts = xstrdup(buf_c(&b));
	buf_release(&b);
}

static bool ask(struct fetch *f, struct str snapshot, struct known *k, struct err *err)
{
	struct snapshot *attributes = snapshot_new(&attribute_type, "snapshots");
	const struct aws_list list = {
		.service = AWS_RDS,
		.operation = "DescribeDBClusterSnapshotAttributes",
		.items = "DescribeDBClusterSnapshotAttributesResult/DBClusterSnapshotAttributesResult/"
			 "DBClusterSnapshotAttributes/*",
		.parameters = name_snapshot,
		.ctx = &snapshot,
	};
	bool ok = aws_list_fetch(f, &list, attributes, err);

	if (ok) {
		read_accounts(attributes, k);
		k->asked_mono_us = clock_mono_us();
	}
	snapshot_unref(attributes);
	return ok;
}

static void note_missing(struct aws_shares *s, const char *why)
{
	if (!s->missing[0])
		snprintf(s->missing, sizeof(s->missing), "%s", why);
}

/* False only for what ends the fetch. */
static bool follow_failure(struct aws_shares *s, const struct err *err)
{
	if (err->code == ERR_NOT_FOUND)
		return true;
	if (err->code != ERR_DENIED && err->code != ERR_SERVER)
		return false;
	s->refused_until_mono_us = clock_mono_us() + SHARES_REFUSED_US;
	(void)aws_part_reason("rds:DescribeDBClusterSnapshotAttributes", err, s->refused);
	return true;
}

/* A place for a snapshot that is new; NULL = there is none. */
static struct known *add(struct aws_shares *s, struct str snapshot, int64_t created_us)
{
	struct known *k;

	if (s->n == SHARES_KEPT_MAX)
		return NULL;
	s->items = xrealloc_array(s->items, s->n + 1, sizeof(*s->items));
	k = &s->items[s->n++];
	*k = (struct known){.snapshot = xstrndup(snapshot.ptr, snapshot.len), .created_us = created_us};
	return k;
}

bool aws_shares_get(struct aws_shares *s, struct fetch *f, struct str snapshot, int64_t created_us,
		    struct aws_share *ret_share, struct err *err)
{
	struct known *k = find(s, snapshot, created_us);
	bool due;

	*ret_share = (struct aws_share){.known = false};
	k = k ? k : add(s, snapshot, created_us);
	if (!k) {
		note_missing(s, "more than 200 manual snapshots");
		return true;
	}
	k->seen = true;
	due = !k->asked_mono_us || clock_mono_us() - k->asked_mono_us > SHARES_HOLD_US;
	if (due && clock_mono_us() >= s->refused_until_mono_us && s->asked < SHARES_ASKED_MAX) {
		s->asked++;
		if (!ask(f, snapshot, k, err) && !follow_failure(s, err))
			return false;
	}
	if (!k->asked_mono_us)
		note_missing(s, clock_mono_us() < s->refused_until_mono_us ? s->refused
									   : "not asked yet: ten snapshots a refresh");
	else
		*ret_share = (struct aws_share){true, k->is_public, str_c(k->accounts)};
	return true;
}
