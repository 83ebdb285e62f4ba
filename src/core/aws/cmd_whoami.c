/*
 * cmd_whoami.c: who AWS takes us for, and where the keys are from; and the answer to a role that wants an MFA code.
 *
 * GetCallerIdentity needs no permission, so it tells keys that are wrong from rights that are missing. The code of the
 * second command is an argument: it lives as long as the command and is good once.
 */
#include "aws/client.h"
#include "aws/commands.h"
#include "aws/cred_cache.h"

#include "base/clock.h"

struct identity {
	uint64_t present;
	struct str arn, account, user_id, origin, profile, region;
	int64_t expires_at, expires_in_us;
};

#define F(m, k, ...) FIELD(struct identity, m, k, __VA_ARGS__)
/* clang-format off */
static const struct field fields[] = {
	F(arn, K_ID, .title = "IDENTITY", .flags = F_KEY, .help = "ARN of the user or the assumed role that AWS sees."),
	F(account, K_ID, .title = "ACCOUNT", .help = "AWS account."),
	F(user_id, K_ID, .title = "USER ID", .help = "Unique identifier, with the session's name behind it."),
	F(origin, K_TEXT, .title = "CREDENTIALS", .help = "Where the keys are from."),
	F(expires_at, K_TIME_US, .title = "EXPIRES", .help = "When these keys end; absent: not known to. They are renewed before."),
	F(expires_in_us, K_DURATION_US, .title = "EXPIRES IN", .help = "Until then."),
	F(profile, K_ID, .title = "PROFILE", .help = "AWS profile in effect."),
	F(region, K_ID, .title = "REGION", .help = "AWS region in effect."),
};
/* clang-format on */
#undef F
static const struct rec_type type = REC_TYPE(struct identity, "whoami", fields);

static bool ask(struct fetch *f, struct aws_client *client, struct aws_answer *ret_answer, struct err *err)
{
	static const char *const wanted[] = {"GetCallerIdentityResult/Arn", "GetCallerIdentityResult/Account",
					     "GetCallerIdentityResult/UserId", NULL};
	struct aws_call call = {.service = AWS_STS, .operation = "GetCallerIdentity", .wanted = wanted};
	struct form form;
	bool ok;

	form_begin(&form, "GetCallerIdentity", aws_services[AWS_STS].version);
	ok = form_body(&form, &call.body, err) && aws_call(client, f, &call, ret_answer, err);
	form_release(&form);
	return ok;
}

static bool fetch_whoami(struct fetch *f, struct err *err)
{
	struct aws_answer answer = {0};
	struct aws_client *client;
	struct identity *row;
	struct snapshot *s;
	int64_t expires;

	if (!aws_client_get(f, &client, err) || !ask(f, client, &answer, err))
		return false;
	s = snapshot_new(&type, f->source->name);
	row = snapshot_add_row(s);
	SET(row, struct identity, arn, arena_str(s->arena, xml_decoder_wanted(answer.xml, 0)));
	SET(row, struct identity, account, arena_str(s->arena, xml_decoder_wanted(answer.xml, 1)));
	SET(row, struct identity, user_id, arena_str(s->arena, xml_decoder_wanted(answer.xml, 2)));
	SET(row, struct identity, origin, arena_str(s->arena, str_c(aws_client_origin(client))));
	SET(row, struct identity, profile, arena_str(s->arena, str_c(aws_client_profile(client))));
	SET(row, struct identity, region, arena_str(s->arena, str_c(aws_client_region(client))));
	expires = aws_client_expires_us(client);
	if (expires) {
		SET(row, struct identity, expires_at, expires);
		SET(row, struct identity, expires_in_us, expires - clock_wall_us());
	}
	aws_answer_release(&answer);
	fetch_publish(f, s);
	return true;
}

static bool fetch_mfa(struct fetch *f, struct err *err)
{
	return cred_answer(f, fetch_arg(f, "code"), err) && fetch_whoami(f, err);
}

static enum readiness ready(const struct target *t, const struct snapshot *const *inputs, struct err *why)
{
	(void)inputs;
	if (t->aws)
		return READY;
	err_set(why, ERR_UNAVAILABLE, "AWS is not in use here: started with --db alone");
	err_remedy(why, "name a region or a profile");
	return READY_UNAVAILABLE;
}

const struct source command_whoami = {
	.name = "whoami",
	.title = "identity",
	.help = "Who AWS takes us for, and where the credentials are from.",
	.type = &type,
	.lane = LANE_COMMAND,
	.flags = SOURCE_AWS,
	.deadline_us = 75 * US_PER_S, /* a credential process may take its minute */
	.origin = "STS GetCallerIdentity",
	.ready = ready,
	.fetch = fetch_whoami,
};

const struct source command_mfa_code = {
	.name = "mfa_code",
	.title = "MFA code",
	.help = "Assumes the role that wants an MFA code.",
	.type = &type,
	.lane = LANE_COMMAND,
	.flags = SOURCE_AWS,
	.deadline_us = 75 * US_PER_S,
	.origin = "STS AssumeRole",
	.ready = ready,
	.fetch = fetch_mfa,
};
