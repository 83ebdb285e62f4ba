/*
 * operation.c: see operation.h.
 */
#include "model/operation.h"

#include "base/check.h"

const struct operation operations[] = {
#define OPERATION(name, title, target, tier, flags, statement, lock, effect, undo) \
	{name, title, OPERATION_##target, TIER_##tier, flags, statement, lock, effect, undo, NULL},
#define OPERATION_ASKS(name, title, target, tier, flags, statement, effect, undo, asks) \
	{name, title, OPERATION_##target, TIER_##tier, flags, statement, "", effect, undo, asks},
#define OPERATION_AWS(name, title, target, tier, flags, call, effect, undo, asks) \
	{name, title, OPERATION_##target, TIER_##tier, flags, call, "", effect, undo, asks},
#include "model/operations.def"
#undef OPERATION
#undef OPERATION_ASKS
#undef OPERATION_AWS
};
const size_t noperations = ARRAY_LEN(operations);

#define F(m, k, ...) FIELD(struct operation_row, m, k, .title = #m, __VA_ARGS__)
/* clang-format off */
static const struct field fields[] = {
	F(number, K_INT, .flags = F_KEY, .help = "Number of the row."),
	F(kind, K_ENUM, .help = "What the row is."),
	F(label, K_TEXT, .help = "Of a fact or check."),
	F(text, K_TEXT, .help = "What it says."),
	F(severity, K_INT, .help = "0 ok, 1 notice, 2 warning, 3 critical."),
};
/* clang-format on */
#undef F
const struct rec_type operation_type = REC_TYPE(struct operation_row, "operation", fields);

const struct operation *operation_find(struct str name)
{
	for (size_t i = 0; i < noperations; i++)
		if (str_eq_c(name, operations[i].name))
			return &operations[i];
	return NULL;
}

bool operation_is_aws(const struct operation *op)
{
	return op->target > OPERATION_PREPARED;
}

bool operation_needs_window(const struct operation *op)
{
	bool rebuilds = (op->flags & OPERATION_SORTS) && !(op->flags & OPERATION_CONCURRENT);

	return rebuilds || (op->flags & OPERATION_EXCLUSIVE);
}

bool operation_takes(const struct operation *op, enum operation_scope scope)
{
	return op->target == OPERATION_TABLE && (scope != SCOPE_INDEX || (op->flags & OPERATION_INDEXES));
}

static const char *const scope_words[SCOPE__COUNT] = {
	[SCOPE_TABLE] = "table", [SCOPE_INDEX] = "index", [SCOPE_SCHEMA] = "schema", [SCOPE_DATABASE] = "database"};

const char *operation_scope_word(enum operation_scope scope)
{
	return scope_words[scope];
}

enum operation_scope operation_scope_find(struct str word)
{
	int at = 0;

	for (int i = 0; i < SCOPE__COUNT; i++)
		if (str_eq_c(word, scope_words[i]))
			at = i;
	return (enum operation_scope)at;
}

/* ---- several ---- */

#define COUNT(m)                                      \
	{                                             \
#m, offsetof(struct operation_sum, m) \
	}
static const struct {
	const char *label;
	size_t offset;
} counts[] = {COUNT(ended), COUNT(gone), COUNT(still), COUNT(failed), COUNT(left), COUNT(unsent)};
#undef COUNT

void operation_sum_add(struct operation_sum *sum, struct str label, int64_t n)
{
	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		if (str_eq_c(label, counts[i].label) && n > 0 && n <= OPERATION_MANY_MAX)
			*(int64_t *)(void *)((char *)sum + counts[i].offset) += n;
}

static void say(struct buf *out, bool *first, int64_t n, const char *one, const char *more)
{
	if (n <= 0)
		return;
	(void)buf_addf(out, "%s%lld %s", *first ? "" : ", ", (long long)n, n == 1 ? one : more);
	*first = false;
}

enum operation_severity operation_sum_words(const struct operation_sum *sum, bool ends, struct buf *out)
{
	bool fine = sum->still + sum->failed + sum->left + sum->unsent == 0, first = true;

	(void)buf_add_c(out, fine ? "done: " : sum->ended > 0 ? "done, with a warning: " : "not done: ");
	say(out, &first, sum->ended, ends ? "ended" : "statement ended", ends ? "ended" : "statements ended");
	say(out, &first, sum->gone, "was gone before", "were gone before");
	say(out, &first, sum->still, ends ? "did not end" : "still runs its statement",
	    ends ? "did not end" : "still run their statements");
	say(out, &first, sum->failed, "could not be signalled", "could not be signalled");
	say(out, &first, sum->left, "was left out", "were left out");
	say(out, &first, sum->unsent, "was not sent a signal", "were not sent a signal");
	if (first)
		(void)buf_add_c(out, "nothing was signalled");
	return fine ? OPERATION_OK : OPERATION_WARNING;
}

const char *operation_tier_word(enum operation_tier tier)
{
	static const char *const words[] = {"read-only", "reversible", "disruptive", "destructive"};

	return words[tier];
}
