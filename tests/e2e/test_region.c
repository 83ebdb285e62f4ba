/*
 * test_region.c: from a region where nothing works to one that does, and back, in one console.
 *
 *     test_region AURORATOP AURORATOP_SIM
 */
#include "console.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three above */
#include <cmocka.h>

#include <locale.h>
#include <stdlib.h>

static const char *program, *simulator;

/* The simulated account knows one region; any other refuses the signature. */
static void test_a_dead_target_can_be_left(void **state)
{
	struct sim_process sim;
	struct vt *v;

	(void)state;
	sim_process_start(&sim, simulator);
	unsetenv("AURORATOP_CLUSTER");
	v = vt_start(48, 160, (const char *const[]){program, "--region", "us-west-2", NULL}, NULL);
	console_sees(v, "refuses the AWS credentials");
	console_press(v, ":region eu-west-1<Enter>", "prod-orders");
	console_sees(v, "eu-west-1");
	console_press(v, "<Enter>", "● available");
	console_press(v, ":region us-west-2<Enter>", "refuses the AWS credentials");
	console_gone(v, "prod-orders");
	console_press(v, ":region eu-west-1<Enter>", "prod-orders");
	/* what has been asked of AWS on the way is counted */
	console_press(v, ":diag<Enter>", "AWS SERVICE");
	console_sees(v, "CloudWatch");
	console_press(v, "<Esc>", "prod-orders");
	console_quit(v);
	sim_process_stop(&sim);
}

/* Each page takes its time: how many clusters there are so far is said until all are there. */
static void test_a_long_listing_says_how_far_it_is(void **state)
{
	static const char *const large[] = {"--scenario", "large", NULL};
	struct sim_process sim;
	struct vt *v;

	(void)state;
	sim_process_start_with(&sim, simulator, large);
	unsetenv("AURORATOP_CLUSTER");
	sim_process_admin(&sim, "fault", "kind=latency&operation=DescribeDBClusters&ms=700");
	v = vt_start(48, 160, (const char *const[]){program, NULL}, NULL);
	console_sees(v, "00 so far");
	console_sees(v, "more are coming");
	console_gone(v, "so far");
	console_sees(v, "1003 in eu-west-1");
	console_quit(v);
	sim_process_stop(&sim);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_dead_target_can_be_left),
		cmocka_unit_test(test_a_long_listing_says_how_far_it_is),
	};
	int failed;

	if (argc != 3)
		return 2;
	program = argv[1];
	simulator = argv[2];
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	console_clean_environment();
	console_make_home();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	console_remove_home();
	return failed;
}
