/*
 * sim_sts.c: STS GetCallerIdentity, AssumeRole and AssumeRoleWithWebIdentity.
 *
 * Every role of the account can be assumed; the beginning of its name says what it wants: "external-..." the external
 * id SIM_EXTERNAL_ID, "mfa-..." a device and its code SIM_MFA_CODE, "denied-..." nobody may. A web identity is
 * SIM_WEB_TOKEN.
 */
#include "sim/sim_identity.h"

static bool caller(struct sim_request *r, struct buf *out)
{
	const struct sim_issued *k = r->caller;

	sim_xml_str(out, "UserId", k ? k->id : "AIDASIMULATED0000001");
	sim_xml_str(out, "Account", SIM_ACCOUNT);
	if (k)
		sim_xml_str(out, "Arn", k->arn);
	else
		sim_xml_fmt(out, "Arn", "arn:%s:iam::" SIM_ACCOUNT ":user/operator", sim_partition(r->sim));
	return true;
}

/* The role's name, behind "role/". */
static bool role_of(struct sim_request *r, struct str *ret_role)
{
	struct str arn = sim_param(r, "RoleArn");
	long at = str_find(arn, STR(":role/"), 0);

	if (at < 0 || str_find(arn, STR("::" SIM_ACCOUNT ":"), 0) < 0)
		return sim_fail(r, 400, "ValidationError", STR_FMT " is invalid", STR_ARG(arn));
	*ret_role = str_sub(arn, (size_t)at + 6, arn.len);
	return true;
}

static bool denied(struct sim_request *r, const char *operation)
{
	return sim_fail(r, 403, "AccessDenied", "User: %s is not authorized to perform: sts:%s on resource: " STR_FMT,
			r->caller ? r->caller->arn : "arn:aws:iam::" SIM_ACCOUNT ":user/operator", operation,
			STR_ARG(sim_param(r, "RoleArn")));
}

static bool check_session(struct sim_request *r, int64_t most)
{
	struct str name = sim_param(r, "RoleSessionName");
	int64_t seconds;

	for (size_t i = 0; i < name.len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+=,.@-", name.ptr[i]))
			name.len = 0;
	if (name.len < 2 || name.len > 64)
		return sim_fail(r, 400, "ValidationError", "RoleSessionName must be 2 to 64 of [\\w+=,.@-].");
	if (!sim_param_int(r, "DurationSeconds", 3600, &seconds))
		return false;
	if (seconds < 900 || seconds > most)
		return sim_fail(
			r, 400, "ValidationError",
			"The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role "
			"chaining, or is not between 900 and 43200.");
	return true;
}

static void answer(struct sim_request *r, const struct sim_issued *k, struct buf *out)
{
	(void)r;
	sim_xml_open(out, "Credentials");
	sim_xml_str(out, "AccessKeyId", k->access);
	sim_xml_str(out, "SecretAccessKey", k->secret);
	sim_xml_str(out, "SessionToken", k->token);
	sim_xml_time(out, "Expiration", k->expires_us);
	sim_xml_close(out, "Credentials");
	sim_xml_open(out, "AssumedRoleUser");
	sim_xml_str(out, "AssumedRoleId", k->id);
	sim_xml_str(out, "Arn", k->arn);
	sim_xml_close(out, "AssumedRoleUser");
}

static bool assume(struct sim_request *r, struct buf *out)
{
	struct str role;

	if (!role_of(r, &role) || !check_session(r, r->caller ? 3600 : 43200))
		return false;
	if (str_starts(role, STR("denied-")) ||
	    (str_starts(role, STR("external-")) && !str_eq_c(sim_param(r, "ExternalId"), SIM_EXTERNAL_ID)))
		return denied(r, "AssumeRole");
	if (str_starts(role, STR("mfa-")) &&
	    (sim_param(r, "SerialNumber").len == 0 || !str_eq_c(sim_param(r, "TokenCode"), SIM_MFA_CODE)))
		return sim_fail(r, 403, "AccessDenied",
				"MultiFactorAuthentication failed with invalid MFA one time pass code. ");
	answer(r, sim_issue(r, role, sim_param(r, "RoleSessionName")), out);
	return true;
}

static bool assume_web(struct sim_request *r, struct buf *out)
{
	struct str role, token = sim_param(r, "WebIdentityToken");

	if (!role_of(r, &role) || !check_session(r, 43200))
		return false;
	if (str_eq_c(token, "expired"))
		return sim_fail(r, 400, "ExpiredTokenException", "Token expired: current date/time is after its end");
	if (!str_eq_c(token, SIM_WEB_TOKEN))
		return sim_fail(r, 400, "InvalidIdentityToken", "The web identity token is not valid.");
	answer(r, sim_issue(r, role, sim_param(r, "RoleSessionName")), out);
	return true;
}

/* clang-format off */
const struct sim_operation sim_sts_operations[] = {
	{"sts", "GetCallerIdentity", "", "", caller},
	{"sts", "AssumeRole", "RoleArn RoleSessionName ExternalId DurationSeconds SerialNumber TokenCode Policy", "RoleArn RoleSessionName",
	 assume},
	{"sts", "AssumeRoleWithWebIdentity", "RoleArn RoleSessionName WebIdentityToken DurationSeconds",
	 "RoleArn RoleSessionName WebIdentityToken", assume_web},
};
/* clang-format on */
const size_t sim_sts_noperations = ARRAY_LEN(sim_sts_operations);
