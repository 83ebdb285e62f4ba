/*
 * rds_host.h: what the name of a database host says: that it is Amazon's, where, and what stands behind it.
 *
 * Pure; any thread. The forms are those of the RDS and Aurora user guides: NAME.ID.REGION.rds.amazonaws.com, in China
 * NAME.ID.rds.REGION.amazonaws.com.cn; of an RDS Proxy the part ID begins with "proxy-". What names end in elsewhere
 * (the European Sovereign Cloud, the isolated partitions) is from the endpoint tables of the AWS SDKs.
 */
#ifndef DB_RDS_HOST_H
#define DB_RDS_HOST_H

#include "base/str.h"

#include <stdbool.h>

/* Partitions whose databases have certificates of an authority of their own; of those elsewhere no address of the
 * bundle is public. */
enum rds_partition { RDS_COMMERCIAL, RDS_CHINA, RDS_GOVCLOUD, RDS_ELSEWHERE, RDS_PARTITION__COUNT };

/* True for names under which Amazon gives RDS certificates. */
bool rds_host_is_amazon(struct str host);
/* True for the endpoint of an RDS Proxy, which shares its sessions with others. */
bool rds_host_is_proxy(struct str host);
/* The region in the name, "" where it has none. Borrowed. */
struct str rds_host_region(struct str host);
enum rds_partition rds_host_partition(struct str host);

#endif
