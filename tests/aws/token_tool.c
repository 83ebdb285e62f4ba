/*
 * token_tool.c HOST PORT USER SECONDS: prints the login token that the console would send, made at that time with the
 * credentials it finds here. It exists to be compared with the AWS CLI's (token_compare.py).
 */
#include "aws/fake_fetch.h"

#include "aws/db_password.h"
#include "base/clock.h"
#include "base/parse.h"

#include <stdio.h>

static const struct source any_source = {.name = "any"};

int main(int argc, char **argv)
{
	struct password_ask ask = {.token = true};
	struct password token;
	struct fake fake;
	struct err err;
	int64_t at;
	bool ok;

	if (argc != 5 || !parse_i64(str_c(argv[2]), &ask.port) || !parse_i64(str_c(argv[4]), &at))
		return 2;
	ask.host = argv[1];
	ask.user = argv[3];
	clock_freeze(at * US_PER_S);
	fake_init(&fake, &any_source, "", "orders");
	fake.target->region[0] = '\0'; /* the environment's, or the profile's */
	ok = aws_db_password(&fake.fetch, &ask, &token, &err);
	(void)puts(ok ? token.text : err.text);
	if (ok)
		password_release(&token);
	fake_release(&fake);
	return !ok;
}
