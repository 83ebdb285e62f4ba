/*
 * endpoint.h: the services we call, and where they live.
 *
 * Pure tables and functions; any thread. The partition table is that of the AWS endpoint
 * rules; overrides follow the AWS SDKs and Tools Reference Guide (service-specific endpoints).
 */
#ifndef AWS_ENDPOINT_H
#define AWS_ENDPOINT_H

#include "aws/config.h"

#define AWS_URL_MAX 512

enum aws_service_id {
	AWS_RDS,
	AWS_EC2,
	AWS_CLOUDWATCH,
	AWS_PI,
	AWS_LOGS,
	AWS_KMS,
	AWS_SECRETS_MANAGER,
	AWS_AUTO_SCALING,
	AWS_STS,
	AWS_SSO, /* the access portal: keys for a login */
	AWS_SSO_OIDC,
	AWS_SERVICE__COUNT
};

enum aws_protocol { AWS_QUERY, AWS_EC2_QUERY, AWS_JSON };

struct aws_service {
	const char *name; /* for messages: "RDS" */
	enum aws_protocol protocol;
	const char *version;      /* API version, query protocols */
	const char *signing_name; /* of the credential scope */
	const char *prefix;       /* of the host name */
	const char *override;     /* AWS_ENDPOINT_URL_<override>; lowered: key of a services section */
	const char *target;       /* X-Amz-Target prefix, JSON */
	const char *iam;          /* prefix of IAM actions: "cloudwatch" */
	const char *json_version; /* of the content type, JSON: "1.1" */
};

extern const struct aws_service aws_services[AWS_SERVICE__COUNT];

struct aws_endpoint {
	char url[AWS_URL_MAX];       /* "https://rds.eu-central-1.amazonaws.com/": request URL */
	char path[AWS_URL_MAX];      /* of the URL, starts with '/' */
	char host[300];              /* value of the Host header: lower case, port unless the scheme's own */
	char region[AWS_REGION_MAX]; /* to sign for */
	bool custom;                 /* by an override, not AWS's own */
};

/* DNS suffix of the region's partition: "amazonaws.com". Unknown regions are taken as partition aws. */
const char *aws_partition_suffix(struct str region);
/* Its name, as in an ARN: "aws", "aws-cn". */
const char *aws_partition_name(struct str region);
/*
 * Endpoint of a service. Order: option (the --endpoint-url, "" = none), AWS_ENDPOINT_URL_<SERVICE>,
 * AWS_ENDPOINT_URL, services section of the profile, endpoint_url of the profile, AWS's own. ERR_USAGE
 * for an override that is no http or https URL, or holds a user name or a query.
 */
bool aws_endpoint_resolve(enum aws_service_id service, const char *region, const char *option,
			  const struct aws_config *config, struct aws_endpoint *ret_endpoint,
			  struct err *err) MUST_CHECK;

#endif
