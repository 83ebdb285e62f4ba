/* test_logins.c: by which means who watches and who acts log in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "model/logins.h"

/* Of who acts: apart or not, and how. */
static void acts(struct login_choice c, bool apart, enum login_means how)
{
	assert_int_equal(login_acts_apart(&c), apart);
	if (apart && login_action_means(&c) != how)
		fail_msg("%s", login_means_word(login_action_means(&c)));
}

static void test_means(void **state)
{
	(void)state;
	assert_int_equal(login_means(&(struct login_choice){.user = ""}), LOGIN_PASSWORD);
	assert_int_equal(login_means(&(struct login_choice){.auth = "iam"}), LOGIN_IAM);
	assert_int_equal(login_means(&(struct login_choice){.auth = "secret"}), LOGIN_SECRET);
}

static void test_who_acts(void **state)
{
	(void)state;
	acts((struct login_choice){.user = "watch"}, false, LOGIN_PASSWORD);
	acts((struct login_choice){.auth = "iam"}, false, LOGIN_IAM);
	acts((struct login_choice){.auth = "secret"}, false, LOGIN_SECRET);
	acts((struct login_choice){.action_user = "keep"}, true, LOGIN_PASSWORD);
	acts((struct login_choice){.action_user = "keep", .auth = "iam"}, true, LOGIN_IAM);
	/* the secret of who watches is not theirs */
	acts((struct login_choice){.action_user = "keep", .auth = "secret"}, true, LOGIN_PASSWORD);
	acts((struct login_choice){.action_user = "keep", .auth = "iam", .action_auth = "password"}, true,
	     LOGIN_PASSWORD);
	acts((struct login_choice){.auth = "iam", .action_secret = "x"}, true, LOGIN_SECRET);
	/* the master user's */
	acts((struct login_choice){.auth = "iam", .action_auth = "secret"}, true, LOGIN_SECRET);
	acts((struct login_choice){.auth = "secret", .action_auth = "secret"}, false, LOGIN_SECRET);
	/* how, without who */
	acts((struct login_choice){.auth = "iam", .action_auth = "password"}, false, LOGIN_PASSWORD);
}

static void test_limits(void **state)
{
	struct login_choice c = {.user = ""};
	struct err err = {0};
	char name[LOGIN_SECRET_MAX + 1];

	(void)state;
	memset(name, 'x', sizeof name);
	for (size_t i = 0; i < nlogin_keys; i++) {
		const struct login_key *key = &login_keys[i];

		assert_false(login_key_set(&c, key, (struct str){name, key->size}, "config.ini:3", &err));
		assert_int_equal(err.code, ERR_LIMIT);
		assert_int_equal(strncmp(err.text, "config.ini:3: longer than", 25), 0);
		if (key->is_means)
			continue;
		assert_true(login_key_set(&c, key, (struct str){name, key->size - 1}, "", &err));
		assert_int_equal(strlen(login_key_at(&c, key)), key->size - 1);
	}
	assert_false(login_key_set(&c, &login_keys[0], (struct str){"a\0b", 3}, "", &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_means),
		cmocka_unit_test(test_who_acts),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
