/*
 * api.c: the table of operations.
 */
#include "aws/api.h"

#include "runtime/meter.h"

static const struct aws_api apis[] = {
#define API(service, operation, use, resource, price) \
	{AWS_##service, operation, AWS_USE_##use, AWS_RESOURCE_##resource, price},
#include "aws/api.def"
#undef API
};

const struct aws_api *aws_api_find(enum aws_service_id service, const char *operation)
{
	for (size_t i = 0; i < ARRAY_LEN(apis); i++)
		if (apis[i].service == service && strcmp(apis[i].operation, operation) == 0)
			return &apis[i];
	return NULL;
}

const struct aws_api *aws_api_at(size_t i)
{
	return i < ARRAY_LEN(apis) ? &apis[i] : NULL;
}

void aws_meter_state(const char *service, const char *rate, const char *clock)
{
	meter_note(service, "%s%s%s", rate, rate[0] && clock[0] ? "; " : "", clock);
}
