/*
 * errors.h: what an AWS error answer means, in one error type.
 *
 * Envelopes of the query, EC2 and JSON protocols. Pure; any thread.
 */
#ifndef AWS_ERRORS_H
#define AWS_ERRORS_H

#include "aws/endpoint.h"
#include "aws/http.h"

#define AWS_ERROR_BODY_MAX (256u << 10)

/*
 * Fills *err from an answer whose status is not 2xx: code (ERR_DENIED, ERR_THROTTLED, ERR_CREDENTIALS,
 * ERR_NOT_FOUND, ERR_PROTOCOL, ERR_SERVER), id = the AWS code, text in words with the operation named,
 * remedy, retry_after_us. Always returns false.
 */
bool aws_error_read(const struct aws_service *service, const char *operation, const struct http_response *response,
		    struct str body, struct err *err);
/* The IAM action ("rds:DescribeEvents") that a refusal of AWS has missed; false when err is none. */
bool aws_error_action(const struct err *err, char *ret_action, size_t len);
/* May the same request succeed when sent again shortly? Throttling, server faults, broken connections. */
bool aws_error_retryable(const struct err *err, long status);
/* Was the request refused because of its time stamp (perhaps)? */
bool aws_error_skew(const struct err *err);

#endif
