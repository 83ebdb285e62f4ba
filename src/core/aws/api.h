/*
 * api.h: the operations we ask of AWS: what they need and what they cost.
 *
 * One table (api.def). A call that is not in it cannot be sent, so what is printed as IAM policy from it is what is
 * asked, and what the cost meter adds up is all there is. Constant; any thread.
 */
#ifndef AWS_API_H
#define AWS_API_H

#include "aws/endpoint.h"

enum aws_api_use { AWS_USE_READ, AWS_USE_CHANGE, AWS_USE_LOGIN, AWS_USE_FREE };

/* What the Resource of an IAM statement for it names. */
enum aws_resource {
	AWS_RESOURCE_ANY, /* the operation knows no resources, or has to see all */
	AWS_RESOURCE_RDS_CLUSTER,
	AWS_RESOURCE_RDS_CLUSTER_AND_GROUPS,
	AWS_RESOURCE_RDS_CLUSTER_AND_INSTANCES,
	AWS_RESOURCE_RDS_INSTANCE,
	AWS_RESOURCE_RDS_SNAPSHOT,
	AWS_RESOURCE_RDS_SNAPSHOT_OF_CLUSTER,
	AWS_RESOURCE_RDS_PARAMETER_GROUP,
	AWS_RESOURCE_SECURITY_GROUP,
	AWS_RESOURCE_PI_METRICS,
	AWS_RESOURCE_LOG_GROUP,
	AWS_RESOURCE_KEY,
	AWS_RESOURCE_SECRET,
	AWS_RESOURCE__COUNT
};

struct aws_api {
	enum aws_service_id service;
	const char *operation;
	enum aws_api_use use;
	enum aws_resource resource;
	int64_t nano_usd; /* a request, or what it is billed by (struct aws_call.units), in billionths of a USD */
};

/* NULL when there is no such row. */
const struct aws_api *aws_api_find(enum aws_service_id service, const char *operation);
/* Row i in the order of api.def, NULL past the end. */
const struct aws_api *aws_api_at(size_t i);
/* Says in the meter what is in force for a service; each part may be "". */
void aws_meter_state(const char *service, const char *rate, const char *clock);

#endif
