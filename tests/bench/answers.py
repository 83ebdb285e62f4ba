"""A large answer of AWS, made up."""

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
