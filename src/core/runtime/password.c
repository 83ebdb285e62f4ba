/* password.c: see password.h. */
#include "runtime/password.h"

#include "base/xalloc.h"

static password_fn *asked;

void password_set_source(password_fn *source)
{
	asked = source;
}

bool password_get(struct fetch *f, const struct password_ask *ask, struct password *ret_password, struct err *err)
{
	*ret_password = (struct password){.text = NULL};
	if (!asked)
		return err_set(err, ERR_UNAVAILABLE, "nobody here knows AWS's passwords");
	return asked(f, ask, ret_password, err);
}

void password_release(struct password *p)
{
	xfree_secret(p->text, p->text ? strlen(p->text) : 0);
	*p = (struct password){.text = NULL};
}
