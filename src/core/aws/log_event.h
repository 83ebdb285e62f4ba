/*
 * log_event.h: an entry of a CloudWatch log group as FilterLogEvents gives it.
 */
#ifndef AWS_LOG_EVENT_H
#define AWS_LOG_EVENT_H

#include "model/rec.h"

struct aws_log_event {
	uint64_t present;
	struct str id, stream, message;
	int64_t at;
};

extern const struct rec_type aws_log_event_type;

#endif
