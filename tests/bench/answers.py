"""Large answers of AWS, made up."""

import json

CLUSTER = """
      <DBCluster>
        <DBClusterIdentifier>orders-{i}</DBClusterIdentifier>
        <DBClusterArn>arn:aws:rds:eu-west-1:111122223333:cluster:orders-{i}</DBClusterArn>
        <Engine>aurora-postgresql</Engine>
        <EngineVersion>15.{minor}</EngineVersion>
        <EngineMode>provisioned</EngineMode>
        <Status>available</Status>
        <DatabaseName>orders</DatabaseName>
        <MasterUsername>root_{i}</MasterUsername>
        <Port>5432</Port>
        <Endpoint>orders-{i}.cluster-c9akci.eu-west-1.rds.amazonaws.com</Endpoint>
        <ReaderEndpoint>orders-{i}.cluster-ro-c9akci.eu-west-1.rds.amazonaws.com</ReaderEndpoint>
        <AllocatedStorage>1</AllocatedStorage>
        <MultiAZ>true</MultiAZ>
        <StorageEncrypted>true</StorageEncrypted>
        <KmsKeyId>arn:aws:kms:eu-west-1:111122223333:key/0f0e0d0c-{i:012d}</KmsKeyId>
        <ClusterCreateTime>2024-03-11T08:12:13.456Z</ClusterCreateTime>
        <BackupRetentionPeriod>7</BackupRetentionPeriod>
        <ServerlessV2ScalingConfiguration><MinCapacity>0.5</MinCapacity><MaxCapacity>16</MaxCapacity></ServerlessV2ScalingConfiguration>
        <VpcSecurityGroups><VpcSecurityGroupMembership><VpcSecurityGroupId>sg-{i:017x}</VpcSecurityGroupId>
          <Status>active</Status></VpcSecurityGroupMembership></VpcSecurityGroups>
        <AvailabilityZones><AvailabilityZone>eu-west-1a</AvailabilityZone><AvailabilityZone>eu-west-1b</AvailabilityZone></AvailabilityZones>
        <DBClusterMembers>{members}
        </DBClusterMembers>
        <TagList><Tag><Key>team</Key><Value>payments &amp; billing</Value></Tag><Tag><Key>env</Key><Value>prod</Value></Tag></TagList>
      </DBCluster>"""
MEMBER = """
          <DBClusterMember>
            <IsClusterWriter>{writer}</IsClusterWriter>
            <DBClusterParameterGroupStatus>in-sync</DBClusterParameterGroupStatus>
            <PromotionTier>{m}</PromotionTier>
            <DBInstanceIdentifier>orders-{i}-{m}</DBInstanceIdentifier>
          </DBClusterMember>"""


def clusters(size):
    """DescribeDBClusters with about so many bytes."""
    parts, i, length = [], 0, 0
    while length < size:
        i += 1
        members = "".join(MEMBER.format(i=i, m=m, writer=str(m == 0).lower()) for m in range(i % 15 + 1))
        parts.append(CLUSTER.format(i=i, minor=i % 10 + 2, members=members))
        length += len(parts[-1])
    return ('<DescribeDBClustersResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/">\n  <DescribeDBClustersResult>\n'
            "    <DBClusters>" + "".join(parts) + "\n    </DBClusters>\n  </DescribeDBClustersResult>\n"
            "  <ResponseMetadata><RequestId>0</RequestId></ResponseMetadata>\n</DescribeDBClustersResponse>\n")


def log_events(size):
    """FilterLogEvents with about so many bytes: lines of PostgreSQL's log."""
    events, length = [], 0
    while length < size:
        i = len(events)
        line = (f"2026-03-11 08:{i // 60 % 60:02d}:{i % 60:02d} UTC:10.0.{i % 250}.17(5{i % 10000:04d}):app_{i % 7}@orders:[{4000 + i % 900}]:"
                f"LOG:  duration: {i % 5000}.{i % 1000:03d} ms  statement: SELECT o.id, o.total\n\tFROM orders o\n"
                f"\tWHERE o.customer_id = {i} AND o.note = \"caf\u00e9\"" + " AND o.state <> 'paid'" * (i % 5))
        at = 1773216000000 + i * 137
        events.append({"logStreamName": f"orders-{i % 3 + 1}.0", "timestamp": at, "message": line, "ingestionTime": at + 900,
                       "eventId": f"{38000000000000000000000000000000000000000000000000000000 + i}"})
        length += len(line) + 200
    return json.dumps({"events": events, "searchedLogStreams": [], "nextToken": "token"})
