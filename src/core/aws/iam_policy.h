/*
 * iam_policy.h: the least that IAM has to allow, made of the table of operations (api.def).
 *
 * Pure; any thread.
 */
#ifndef AWS_IAM_POLICY_H
#define AWS_IAM_POLICY_H

#include "base/buf.h"

struct aws_iam_wish {
	const char *region;  /* "" = every region of partition aws */
	const char *cluster; /* the one that may be changed and whose log is read; "" = all */
	bool changes;        /* also what the console does through AWS */
	bool secret_login;   /* it logs in with the secret of the cluster's master user */
	/* Who watches and who acts, "" or NULL = not so: secrets by name or ARN; database users that log in by a token.
	 */
	const char *secrets[2], *token_users[2];
};

/* Appends the policy document, JSON. The account is left open: a policy belongs to one. */
void aws_iam_policy(const struct aws_iam_wish *wish, struct buf *out);

#endif
