/*
 * shares.h: who may restore a manual cluster snapshot, remembered between fetches.
 *
 * RDS tells it by one call for each snapshot (DescribeDBClusterSnapshotAttributes), and sharing changes seldom; so an
 * answer holds for SHARES_HOLD_US, and a fetch asks for at most SHARES_ASKED_MAX. Lane thread, as a source's state.
 */
#ifndef AWS_SHARES_H
#define AWS_SHARES_H

#include "aws/client.h"

#define SHARES_ASKED_MAX 10
#define SHARES_KEPT_MAX 200
#define SHARES_HOLD_US (6 * US_PER_HOUR)
#define SHARES_REFUSED_US (10 * US_PER_MIN) /* until it is tried again */
#define SHARES_ACCOUNTS_MAX 4096            /* bytes of one list of accounts */

struct aws_shares;

struct aws_share {
	bool known;
	bool is_public;
	struct str accounts; /* separated by ',', without "all"; valid until the next call */
};

struct aws_shares *aws_shares_new(void);
/* Of void *, for fetch_state(); accepts NULL. */
void aws_shares_free(void *shares);
/* Around the snapshots of one fetch. What was not asked for in between is forgotten. */
void aws_shares_begin(struct aws_shares *s);
/* "" or why not all are known. */
const char *aws_shares_end(struct aws_shares *s);
/* What is known of a snapshot, perhaps asked for now. False only when the fetch must end, err says why. */
bool aws_shares_get(struct aws_shares *s, struct fetch *f, struct str snapshot, int64_t created_us,
		    struct aws_share *ret_share, struct err *err) MUST_CHECK;

#endif
