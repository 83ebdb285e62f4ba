/* input.c: small shared helpers of the AWS sources; see input.h. */
#include "aws/input.h"

#include "aws/errors.h"

static bool get(const struct snapshot *s, size_t row, const char *field, union value *ret_value)
{
	int i = s ? rec_find(s->type, str_c(field)) : -1;

	return i >= 0 && row < s->nrows && rec_get(&s->type->fields[i], snapshot_row(s, row), ret_value);
}

struct str aws_input_text(const struct snapshot *s, size_t row, const char *field)
{
	union value v;

	return get(s, row, field, &v) ? v.str : STR("");
}

bool aws_input_i64(const struct snapshot *s, size_t row, const char *field, int64_t *ret_value)
{
	union value v;

	if (!get(s, row, field, &v))
		return false;
	*ret_value = v.i64;
	return true;
}

bool aws_list_has(struct str list, struct str item)
{
	struct str part;

	while (list.len > 0 && str_split(&list, ',', &part))
		if (str_eq(part, item))
			return true;
	return false;
}

void aws_input_collect(const struct snapshot *s, const char *field, struct buf *out)
{
	for (size_t i = 0; s && i < s->nrows; i++) {
		struct str rest = aws_input_text(s, i, field), part;

		while (rest.len > 0 && str_split(&rest, ',', &part)) {
			if (part.len == 0 || aws_list_has(buf_str(out), part))
				continue;
			if (out->len > 0)
				buf_add_char(out, ',');
			buf_add_str(out, part);
		}
	}
}

enum readiness aws_ready_cluster(const struct target *t, const struct snapshot *const *inputs, struct err *why)
{
	if (!target_has_cluster(t, why))
		return READY_UNAVAILABLE;
	if (!inputs[0])
		return READY_WAIT;
	if (inputs[0]->nrows == 0) {
		err_set(why, ERR_UNAVAILABLE, "the cluster %s was not found", t->cluster);
		return READY_UNAVAILABLE;
	}
	return READY;
}

bool aws_status_moving(struct str status)
{
	static const char *const settled[] = {
		"available",
		"stopped",
		"failed",
		"storage-full",
		"restore-error",
		"migration-failed",
		"cloning-failed",
		"upgrade_failed",
		"insufficient-capacity",
		"inaccessible-encryption-credentials",
		"inaccessible-encryption-credentials-recoverable",
		"incompatible-create",
		"incompatible-network",
		"incompatible-option-group",
		"incompatible-parameters",
		"incompatible-restore",
	};

	for (size_t i = 0; i < ARRAY_LEN(settled); i++)
		if (str_eq_c(status, settled[i]))
			return false;
	return status.len > 0;
}

bool aws_any_moving(const struct snapshot *s)
{
	for (size_t i = 0; i < s->nrows; i++)
		if (aws_status_moving(aws_input_text(s, i, "status")))
			return true;
	return false;
}

int64_t aws_scale(int64_t value, int64_t factor)
{
	int64_t out;

	return __builtin_mul_overflow(value, factor, &out) ? INT64_MAX : out;
}

/* Takes "Key=..." or "Value=..." off the list: whether it is a key, and what. False: it is neither. */
static bool take_half(struct str *list, bool *ret_key, struct str *ret_text)
{
	struct str part;

	if (!str_split(list, ',', &part))
		return false;
	*ret_key = str_starts(part, STR("Key="));
	if (!*ret_key && !str_starts(part, STR("Value=")))
		return false;
	*ret_text = str_sub(part, *ret_key ? 4 : 6, part.len);
	return true;
}

bool aws_pair_tags(struct str halves, struct arena *a, struct str *ret_tags)
{
	struct str one = STR(""), other = STR("");
	bool key, second, paired = true;
	struct buf tags;

	buf_init(&tags, AWS_TAGS_MAX);
	while (paired && halves.len > 0) {
		paired = take_half(&halves, &key, &one) && take_half(&halves, &second, &other) && key != second;
		if (paired)
			(void)buf_addf(&tags, "%s" STR_FMT "=" STR_FMT, tags.len > 0 ? "," : "",
				       STR_ARG(key ? one : other), STR_ARG(key ? other : one));
	}
	paired = paired && !tags.failed;
	if (paired)
		*ret_tags = arena_str(a, buf_str(&tags));
	buf_release(&tags);
	return paired;
}

struct str aws_arn_name(struct str arn)
{
	size_t i = arn.len;

	while (i > 0 && arn.ptr[i - 1] != ':' && arn.ptr[i - 1] != '/')
		i--;
	return str_sub(arn, i, arn.len);
}

const char *aws_part_reason(const char *action, const struct err *err, char reason[ERR_TEXT_MAX])
{
	char missed[128];

	if (aws_error_action(err, missed, sizeof(missed)))
		snprintf(reason, ERR_TEXT_MAX, "needs %s", missed);
	else if (err->code == ERR_DENIED)
		snprintf(reason, ERR_TEXT_MAX, "needs %s", action);
	else
		snprintf(reason, ERR_TEXT_MAX, "%s", err->text);
	return reason;
}

bool aws_part_missing(struct snapshot *out, const char *fields, const char *action, const struct err *err)
{
	struct str rest = str_c(fields), name;
	char reason[ERR_TEXT_MAX];

	if (err->code != ERR_DENIED && err->code != ERR_NOT_FOUND && err->code != ERR_SERVER)
		return false;
	while (str_split(&rest, ' ', &name)) {
		int i = rec_find(out->type, name);

		CHECK(i >= 0);
		if (snapshot_unavailable(out, out->type->fields[i].name).len == 0)
			snapshot_set_unavailable(out, out->type->fields[i].name,
						 str_c(aws_part_reason(action, err, reason)));
	}
	return true;
}

void aws_explain_not_found(const struct target *t, const char *region, struct err *err)
{
	if (err->code != ERR_NOT_FOUND)
		return;
	err_set(err, ERR_NOT_FOUND, "The cluster %s does not exist in %s", t->cluster, region);
	snprintf(err->id, sizeof(err->id), "DBClusterNotFoundFault");
	err_remedy(err, "Start auroratop without a name to choose from the region's clusters, or name another "
			"region with --region.");
}
