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

const char *operation_tier_word(enum operation_tier tier)
{
	static const char *const words[] = {"read-only", "reversible", "disruptive", "destructive"};

	return words[tier];
}
