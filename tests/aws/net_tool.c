/*
 * net_tool.c: says what we would do, one line of JSON each, to be compared with botocore (botocore_net.py).
 *
 *   net_tool endpoint SERVICE REGION [OPTION]  the endpoint, by the variables and files that are set
 *   net_tool proxy URL                         the proxy, "" = none
 *   net_tool rate                              standard input: "SECONDS 0|1" for each answer (1 = throttled); the rate
 * after it
 */
#include "aws/client.h"
#include "aws/pace.h"
#include "aws/proxy.h"

#include <stdio.h>
#include <stdlib.h>

static int say_endpoint(const char *service, const char *region, const char *option)
{
	struct aws_config config;
	struct aws_endpoint e;
	struct err err;

	for (int i = 0; i < AWS_SERVICE__COUNT; i++) {
		if (strcmp(aws_services[i].signing_name, service) != 0)
			continue;
		if (!aws_config_load(&config, "", &err) ||
		    !aws_endpoint_resolve((enum aws_service_id)i, region, option, &config, &e, &err)) {
			printf("error %s\n", err.text);
			return 0;
		}
		printf("%s %s\n", e.url, e.region);
		aws_config_release(&config);
		return 0;
	}
	return 2;
}

static int say_rates(void)
{
	struct aws_rate r = {0};
	double at;
	int throttled;

	while (scanf("%lf %d", &at, &throttled) == 2) {
		aws_rate_heard(&r, throttled, (int64_t)(at * (double)US_PER_S + 0.5));
		printf("%.9f\n", r.on ? r.rate : -1);
	}
	return 0;
}

int main(int argc, char **argv)
{
	char proxy[PROXY_MAX];

	if (argc >= 4 && strcmp(argv[1], "endpoint") == 0)
		return say_endpoint(argv[2], argv[3], argc > 4 ? argv[4] : "");
	if (argc == 3 && strcmp(argv[1], "proxy") == 0) {
		if (!proxy_for(argv[2], proxy))
			return 2;
		puts(proxy);
		return 0;
	}
	return argc == 2 && strcmp(argv[1], "rate") == 0 ? say_rates() : 2;
}
