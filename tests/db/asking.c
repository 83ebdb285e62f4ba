/* asking.c: see asking.h. */
#include "asking.h"

#include "db/commands.h"

#include <poll.h>
#include <stdio.h>

static const struct source *const rows[] = {&command_explain, &command_session,  &command_preview,
					    &command_signal,  &command_maintain, &command_server_change,
					    &command_doctor,  &command_adopt,    &command_slow_log_reach};

static const struct source clusters = {.name = "clusters"}, instances = {.name = "instances"},
			   metrics = {.name = "metrics"};
static const struct source *const inputs[] = {&clusters, &instances, &metrics};

void asking_give(struct asking *a, const char *name, const struct snapshot *s)
{
	int at = store_find(&a->store, name);

	if (at < 0 || (s && !store_put(&a->store, (size_t)at, snapshot_ref(s))))
		BUG("%s cannot be given", name);
}

void asking_init(struct asking *a, const char *conninfo)
{
	struct target *t = target_new();

	snprintf(t->conninfo, sizeof(t->conninfo), "%s", conninfo);
	a->target = t;
	store_init(&a->store, inputs, ARRAY_LEN(inputs));
	wake_init(&a->wake);
	a->commands = commands_new(&a->store, &a->wake);
	commands_set(a->commands, rows, ARRAY_LEN(rows));
}

void asking_release(struct asking *a)
{
	if (!commands_stop(a->commands, 5 * US_PER_S))
		BUG("a command does not stop");
	target_unref(a->target);
	wake_release(&a->wake);
	store_release(&a->store);
}

struct command *asking_start(struct asking *a, const char *name, const struct command_arg *args, size_t nargs,
			     struct err *err)
{
	return command_start(a->commands, name, a->target, args, nargs, err);
}

void asking_turn(struct asking *a)
{
	struct pollfd p = {.fd = a->wake.fd, .events = POLLIN};

	poll(&p, 1, 20);
	wake_clear(&a->wake);
	commands_collect(a->commands);
}

const struct snapshot *asking_run(struct asking *a, const char *name, const struct command_arg *args, size_t nargs,
				  struct command **ret_command)
{
	struct err err = {0};
	struct command *c = asking_start(a, name, args, nargs, &err);

	if (!c)
		BUG("%s: %s", name, err.text);
	while (command_running(c))
		asking_turn(a);
	*ret_command = c;
	return command_result(c);
}
