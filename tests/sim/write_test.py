#!/usr/bin/python3
"""What a client changes in the simulated account: the AWS CLI makes, modifies and removes, and then looks.

AURORATOP_SIM names the program. Changes take their time on the state's clock, which the tests move; each test puts
back what others rely on. In the end the request log is judged by botocore's models.
"""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from simlib import Sim
import validate_requests

CLUSTER = ("--db-cluster-identifier", "prod-orders")
GROUP = ("--db-cluster-parameter-group-name", "prod-orders-pg15")
SECURITY_GROUP = "sg-0a1b2c3d"
ARN = "arn:aws:rds:eu-west-1:111122223333:"


class Write(unittest.TestCase):
    clock = 0

    def setUp(self):
        self.sim = SIM

    def rds(self, *args):
        return self.sim.cli("rds", *args)

    def ec2(self, *args):
        return self.sim.cli("ec2", *args)

    def later(self, seconds):
        Write.clock += seconds
        self.sim.admin("time", offset=Write.clock)

    def fails(self, code, *args):
        p = self.sim.cli(*args, check=False)
        self.assertNotEqual(p.returncode, 0)
        self.assertIn(f"({code})", p.stderr)
        return p.stderr

    def rds_fails(self, code, *args):
        return self.fails(code, "rds", *args)

    def cluster(self, name="prod-orders"):
        return self.rds("describe-db-clusters", "--db-cluster-identifier", name)["DBClusters"][0]

    def status(self, name="prod-orders"):
        return self.cluster(name)["Status"]

    def instance_status(self, name):
        return self.rds("describe-db-instances", "--db-instance-identifier", name)["DBInstances"][0]["DBInstanceStatus"]

    def writer(self):
        return [m["DBInstanceIdentifier"] for m in self.cluster()["DBClusterMembers"] if m["IsClusterWriter"]][0]

    def events(self, kind, source):
        rows = self.rds("describe-events", "--source-type", kind, "--source-identifier", source, "--duration", "20000")
        return [e["Message"] for e in rows["Events"]]

    def settle(self):
        """Until nothing of an earlier change is on its way."""
        self.later(60)
        self.assertEqual(self.status(), "available")

    # ---- snapshots

    def snapshot(self, name):
        rows = self.rds("describe-db-cluster-snapshots", "--db-cluster-snapshot-identifier", name)
        return rows["DBClusterSnapshots"][0]

    def test_a_snapshot_is_made_and_deleted(self):
        self.settle()
        make = ("create-db-cluster-snapshot", "--db-cluster-snapshot-identifier", "Before-Vacuum")
        made = self.rds(*make, *CLUSTER, "--tags", "Key=Owner,Value=jane")["DBClusterSnapshot"]
        self.assertEqual(made["DBClusterSnapshotIdentifier"], "before-vacuum")
        self.assertEqual((made["Status"], made["SnapshotType"]), ("creating", "manual"))
        self.rds_fails("DBClusterSnapshotAlreadyExistsFault", *make, *CLUSTER)
        self.rds_fails("InvalidDBClusterSnapshotStateFault", "delete-db-cluster-snapshot",
                       "--db-cluster-snapshot-identifier", "before-vacuum")
        self.later(3)
        half = self.snapshot("before-vacuum")
        self.assertEqual(half["Status"], "creating")
        self.assertTrue(20 < half["PercentProgress"] < 100, half["PercentProgress"])
        self.later(10)
        done = self.snapshot("before-vacuum")
        self.assertEqual((done["Status"], done["PercentProgress"]), ("available", 100))
        self.assertEqual({t["Key"]: t["Value"] for t in done["TagList"]}["Owner"], "jane")
        self.assertEqual(self.events("db-cluster-snapshot", "before-vacuum"),
                         ["Creating manual cluster snapshot", "Manual cluster snapshot created"])
        self.rds("delete-db-cluster-snapshot", "--db-cluster-snapshot-identifier", "before-vacuum")
        self.rds_fails("DBClusterSnapshotNotFoundFault", "describe-db-cluster-snapshots",
                       "--db-cluster-snapshot-identifier", "before-vacuum")
        again = self.rds(*make, *CLUSTER)["DBClusterSnapshot"]
        self.assertNotIn("Owner", [t["Key"] for t in again["TagList"]])

    def test_what_was_there_before_can_be_deleted_too(self):
        self.rds("delete-db-cluster-snapshot", "--db-cluster-snapshot-identifier", "audit-2025-q4")
        names = [s["DBClusterSnapshotIdentifier"]
                 for s in self.rds("describe-db-cluster-snapshots", *CLUSTER)["DBClusterSnapshots"]]
        self.assertNotIn("audit-2025-q4", names)
        self.assertIn("pre-release-318", names)

    def test_snapshot_refusals(self):
        self.settle()
        for name in ("7up", "a--b", "ends-", "under_score", "x" * 64):
            self.rds_fails("InvalidParameterValue", "create-db-cluster-snapshot", "--db-cluster-snapshot-identifier",
                           name, *CLUSTER)
        self.rds_fails("DBClusterNotFoundFault", "create-db-cluster-snapshot", "--db-cluster-snapshot-identifier", "s",
                       "--db-cluster-identifier", "nobody")
        self.rds_fails("InvalidDBClusterStateFault", "create-db-cluster-snapshot", "--db-cluster-snapshot-identifier",
                       "s", "--db-cluster-identifier", "legacy-archive")
        self.rds_fails("InvalidParameterValue", "create-db-cluster-snapshot", "--db-cluster-snapshot-identifier", "s",
                       *CLUSTER, "--tags", "Key=aws:owner,Value=x")
        self.rds_fails("InvalidParameterValue", "create-db-cluster-snapshot", "--db-cluster-snapshot-identifier", "s",
                       *CLUSTER, "--tags", 'Key=Note,Value="50%"')
        automated = [s["DBClusterSnapshotIdentifier"] for s in self.rds(
            "describe-db-cluster-snapshots", *CLUSTER, "--snapshot-type", "automated")["DBClusterSnapshots"]]
        self.rds_fails("InvalidDBClusterSnapshotStateFault", "delete-db-cluster-snapshot",
                       "--db-cluster-snapshot-identifier", automated[0])
        self.rds_fails("DBClusterSnapshotNotFoundFault", "delete-db-cluster-snapshot",
                       "--db-cluster-snapshot-identifier", "nothing")

    # ---- failover, reboot, stop, start

    def test_failover_to_a_reader(self):
        self.settle()
        before = self.writer()
        target = "orders-3" if before != "orders-3" else "orders-2"
        self.rds("failover-db-cluster", *CLUSTER, "--target-db-instance-identifier", target)
        self.assertEqual(self.writer(), before)
        self.later(4)
        self.assertEqual(self.status(), "failing-over")
        self.rds_fails("InvalidDBClusterStateFault", "failover-db-cluster", *CLUSTER)
        self.later(12)
        self.assertEqual((self.writer(), self.status()), (target, "available"))
        self.assertIn(f"Completed failover to DB instance: {target}.", self.events("db-cluster", "prod-orders"))
        self.rds_fails("InvalidDBClusterStateFault", "failover-db-cluster", *CLUSTER,
                       "--target-db-instance-identifier", target)

    def test_failover_refusals(self):
        self.settle()
        self.rds_fails("DBInstanceNotFound", "failover-db-cluster", *CLUSTER,
                       "--target-db-instance-identifier", "nobody")
        self.rds_fails("InvalidDBInstanceState", "failover-db-cluster", *CLUSTER,
                       "--target-db-instance-identifier", "analytics-sls-1")
        self.rds_fails("InvalidDBClusterStateFault", "failover-db-cluster", "--db-cluster-identifier", "analytics-sls")
        self.rds_fails("DBClusterNotFoundFault", "failover-db-cluster", "--db-cluster-identifier", "nobody")

    def test_a_reboot_takes_a_while(self):
        self.settle()
        row = self.rds("reboot-db-instance", "--db-instance-identifier", "orders-2")["DBInstance"]
        self.assertEqual(row["DBInstanceStatus"], "rebooting")
        self.assertEqual((self.instance_status("orders-1"), self.status()), ("available", "available"))
        self.rds_fails("InvalidDBInstanceState", "reboot-db-instance", "--db-instance-identifier", "orders-2")
        self.later(9)
        self.assertEqual(self.instance_status("orders-2"), "available")
        self.assertIn("DB instance restarted", self.events("db-instance", "orders-2"))
        self.rds_fails("DBInstanceNotFound", "reboot-db-instance", "--db-instance-identifier", "nobody")
        self.rds_fails("InvalidParameterCombination", "reboot-db-instance", "--db-instance-identifier", "orders-1",
                       "--force-failover")

    def test_stop_and_start(self):
        self.settle()
        name = ("--db-cluster-identifier", "analytics-sls")
        kept = len(self.rds("describe-db-cluster-snapshots", *name)["DBClusterSnapshots"])
        self.rds_fails("InvalidDBClusterStateFault", "start-db-cluster", *name)
        self.assertEqual(self.rds("stop-db-cluster", *name)["DBCluster"]["Status"], "stopping")
        self.assertEqual(self.instance_status("analytics-sls-1"), "stopping")
        self.rds_fails("InvalidDBClusterStateFault", "stop-db-cluster", *name)
        self.later(11)
        self.assertEqual(self.status("analytics-sls"), "stopped")
        self.assertIn("AutomaticRestartTime", self.cluster("analytics-sls"))
        self.assertEqual(len(self.rds("describe-db-cluster-snapshots", *name)["DBClusterSnapshots"]), kept)
        self.rds_fails("InvalidDBClusterStateFault", "modify-db-cluster", *name, "--backup-retention-period", "3")
        self.assertEqual(self.rds("start-db-cluster", *name)["DBCluster"]["Status"], "starting")
        self.later(11)
        self.assertEqual((self.status("analytics-sls"), self.instance_status("analytics-sls-1")),
                         ("available", "available"))
        self.assertEqual(self.events("db-cluster", "analytics-sls"), ["DB cluster stopped", "DB cluster started"])

    # ---- settings of a cluster

    def modify(self, *args):
        return self.rds("modify-db-cluster", *CLUSTER, *args)["DBCluster"]

    def automated(self):
        return [s["DBClusterSnapshotIdentifier"] for s in self.rds(
            "describe-db-cluster-snapshots", *CLUSTER, "--snapshot-type", "automated")["DBClusterSnapshots"]]

    def test_retention_drops_and_does_not_bring_back(self):
        self.settle()
        before, earliest = self.automated(), self.cluster()["EarliestRestorableTime"]
        self.assertEqual(self.modify("--backup-retention-period", "3")["BackupRetentionPeriod"], 3)
        fewer = self.automated()
        self.assertLess(len(fewer), len(before))
        self.assertLess(earliest, self.cluster()["EarliestRestorableTime"])
        self.modify("--backup-retention-period", "7", "--apply-immediately")
        self.assertEqual(self.automated(), fewer)
        for days in ("0", "36"):
            self.rds_fails("InvalidParameterValue", "modify-db-cluster", *CLUSTER, "--backup-retention-period", days)

    def test_windows(self):
        self.settle()
        before = self.automated()
        row = self.modify("--preferred-backup-window", "23:50-00:20",
                          "--preferred-maintenance-window", "Sun:04:00-Sun:04:45")
        self.assertEqual((row["PreferredBackupWindow"], row["PreferredMaintenanceWindow"]),
                         ("23:50-00:20", "sun:04:00-sun:04:45"))
        self.assertEqual(self.automated(), before)
        for option, value in (("backup", "23:50"), ("backup", "25:00-26:00"), ("backup", "01:00-01:29"),
                              ("backup", "01:00-01:00"), ("maintenance", "sun:04:00-sun:04:10"),
                              ("maintenance", "xyz:04:00-xyz:05:00"), ("backup", "04:30-05:00"),
                              ("maintenance", "sat:23:00-sun:00:00")):
            self.rds_fails("InvalidParameterValue", "modify-db-cluster", *CLUSTER, f"--preferred-{option}-window", value)
        self.assertEqual(self.cluster()["PreferredBackupWindow"], "23:50-00:20")
        self.modify("--preferred-backup-window", "06:30-07:00")

    def test_deletion_protection(self):
        self.settle()
        self.assertFalse(self.modify("--no-deletion-protection")["DeletionProtection"])
        self.assertTrue(self.modify("--deletion-protection")["DeletionProtection"])

    # ---- parameters

    def parameters(self, *args):
        rows = self.rds("describe-db-cluster-parameters", *GROUP, *args)["Parameters"]
        return {p["ParameterName"]: p for p in rows}

    def set(self, name, value, method="immediate"):
        return ("modify-db-cluster-parameter-group", *GROUP, "--parameters",
                f"ParameterName={name},ParameterValue={value},ApplyMethod={method}")

    def member_states(self):
        return {m["DBInstanceIdentifier"]: m["DBClusterParameterGroupStatus"]
                for m in self.cluster()["DBClusterMembers"]}

    def test_parameters_are_listed_in_pages(self):
        rows = self.parameters("--page-size", "20")
        for name in ("log_min_duration_statement", "log_lock_waits", "log_statement", "auto_explain.log_min_duration",
                     "shared_preload_libraries"):
            self.assertEqual([k for k in ("Source", "ApplyType", "IsModifiable", "ApplyMethod", "AllowedValues",
                                          "DataType", "Description") if k not in rows[name]], [], name)
        self.assertEqual(rows["log_min_duration_statement"]["ParameterValue"], "500")
        self.assertEqual(rows["shared_preload_libraries"]["ApplyType"], "static")
        self.assertNotIn("ParameterValue", rows["log_statement"])
        pages = [r for r in self.sim.requests() if r["operation"] == "DescribeDBClusterParameters"
                 and "Marker" in r["params"]]
        self.assertGreater(len(pages), 1)
        self.assertEqual({p["Source"] for p in self.parameters("--source", "user").values()}, {"user"})
        self.rds_fails("DBParameterGroupNotFound", "describe-db-cluster-parameters",
                       "--db-cluster-parameter-group-name", "nothing")
        groups = self.rds("describe-db-cluster-parameter-groups")["DBClusterParameterGroups"]
        self.assertIn(("prod-orders-pg15", "aurora-postgresql15"),
                      [(g["DBClusterParameterGroupName"], g["DBParameterGroupFamily"]) for g in groups])

    def test_a_parameter_is_changed_and_reset(self):
        self.settle()
        self.assertEqual(self.rds(*self.set("log_min_duration_statement", "100"))["DBClusterParameterGroupName"],
                         "prod-orders-pg15")
        self.assertEqual(self.parameters("--source", "user")["log_min_duration_statement"]["ParameterValue"], "100")
        self.later(5)
        self.assertEqual(set(self.member_states().values()), {"in-sync"})
        self.assertIn("Updated parameter log_min_duration_statement to 100 with apply method immediate",
                      self.events("db-parameter-group", "prod-orders-pg15"))
        self.rds("reset-db-cluster-parameter-group", *GROUP, "--parameters",
                 "ParameterName=log_min_duration_statement,ApplyMethod=immediate")
        row = self.parameters()["log_min_duration_statement"]
        self.assertEqual((row["Source"], row.get("ParameterValue")), ("engine-default", None))
        self.rds(*self.set("log_min_duration_statement", "500"))

    def test_a_static_parameter_waits_for_the_reboot(self):
        self.settle()
        self.rds_fails("InvalidParameterCombination", *self.set("max_connections", "500"))
        self.rds(*self.set("max_connections", "500", "pending-reboot"))
        self.assertEqual(set(self.member_states().values()), {"pending-reboot"})
        self.rds("reboot-db-instance", "--db-instance-identifier", "orders-2")
        self.later(9)
        self.assertEqual(self.member_states(), {"orders-1": "pending-reboot", "orders-2": "in-sync",
                                                "orders-3": "pending-reboot"})
        for name in ("orders-1", "orders-3"):
            self.rds("reboot-db-instance", "--db-instance-identifier", name)

    def test_parameter_refusals(self):
        self.assertIn("default parameter group", self.rds_fails(
            "InvalidParameterValue", "modify-db-cluster-parameter-group", "--db-cluster-parameter-group-name",
            "default.aurora-postgresql16", "--parameters",
            "ParameterName=log_statement,ParameterValue=all,ApplyMethod=immediate"))
        self.rds_fails("InvalidParameterValue", "reset-db-cluster-parameter-group",
                       "--db-cluster-parameter-group-name", "default.aurora-postgresql16", "--reset-all-parameters")
        self.rds_fails("InvalidParameterValue", *self.set("log_min_duration_statement", "-2"))
        self.rds_fails("InvalidParameterValue", *self.set("log_statement", "everything"))
        self.rds_fails("InvalidParameterValue", *self.set("no_such_parameter", "1"))
        self.rds_fails("InvalidParameterValue", *self.set("server_version_num", "1", "pending-reboot"))
        self.rds_fails("InvalidParameterCombination", "reset-db-cluster-parameter-group", *GROUP)
        # Nothing of a call is done when a part of it is refused.
        self.rds_fails("InvalidParameterValue", *self.set("log_statement", "ddl"),
                       "ParameterName=log_lock_waits,ParameterValue=7,ApplyMethod=immediate")
        self.assertNotIn("ParameterValue", self.parameters()["log_statement"])

    # ---- tags

    def tags(self, arn):
        return {t["Key"]: t["Value"] for t in
                self.rds("list-tags-for-resource", "--resource-name", ARN + arn)["TagList"]}

    def test_tags(self):
        for arn, start in (("cluster:prod-orders", {"Environment": "production", "Team": "orders"}),
                           ("cluster-pg:prod-orders-pg15", {}), ("db:orders-1", None),
                           ("cluster-snapshot:pre-release-318", None)):
            if start is not None:
                self.assertEqual(self.tags(arn), start)
            self.rds("add-tags-to-resource", "--resource-name", ARN + arn, "--tags", "Key=lease,Value=500 until 12:30",
                     "Key=lease-owner,Value=jane@example.com")
            self.rds("add-tags-to-resource", "--resource-name", ARN + arn, "--tags", "Key=lease,Value=unset")
            self.assertEqual(self.tags(arn)["lease"], "unset")
            if arn == "cluster:prod-orders":
                self.assertIn({"Key": "lease", "Value": "unset"}, self.cluster()["TagList"])
            if arn.startswith("cluster-snapshot:"):
                self.assertIn({"Key": "lease", "Value": "unset"}, self.snapshot("pre-release-318")["TagList"])
            self.rds("remove-tags-from-resource", "--resource-name", ARN + arn, "--tag-keys", "lease", "lease-owner",
                     "never-there")
            self.assertNotIn("lease", self.tags(arn))
            if start is not None:
                self.assertEqual(self.tags(arn), start)

    def test_tag_refusals(self):
        tag = ("--tags", "Key=a,Value=b")
        for code, arn in (("DBClusterNotFoundFault", ARN + "cluster:nobody"), ("DBInstanceNotFound", ARN + "db:nobody"),
                          ("DBClusterSnapshotNotFoundFault", ARN + "cluster-snapshot:nothing"),
                          ("DBParameterGroupNotFound", ARN + "cluster-pg:nothing"),
                          ("InvalidParameterValue", "prod-orders"),
                          ("InvalidParameterValue", ARN.replace("eu-west-1", "us-east-1") + "cluster:prod-orders")):
            self.rds_fails(code, "add-tags-to-resource", "--resource-name", arn, *tag)
        many = [f"Key=k{i},Value=v" for i in range(50)]
        self.rds_fails("InvalidParameterValue", "add-tags-to-resource", "--resource-name", ARN + "cluster:prod-orders",
                       "--tags", *many)
        self.assertEqual(set(self.tags("cluster:prod-orders")), {"Environment", "Team"})

    # ---- maintenance; the last of them applies it, so the names give the order

    def pending(self):
        rows = self.rds("describe-pending-maintenance-actions", "--resource-identifier", ARN + "cluster:prod-orders")
        return [d for p in rows["PendingMaintenanceActions"] for d in p["PendingMaintenanceActionDetails"]]

    def opt_in(self, kind, action="system-update", name="prod-orders"):
        return ("apply-pending-maintenance-action", "--resource-identifier", ARN + "cluster:" + name,
                "--apply-action", action, "--opt-in-type", kind)

    def test_maintenance_1_waits_for_the_window(self):
        self.settle()
        every = self.rds("describe-pending-maintenance-actions")["PendingMaintenanceActions"]
        self.assertEqual([p["ResourceIdentifier"] for p in every], [ARN + "cluster:prod-orders"])
        self.assertEqual([d["Action"] for d in self.pending()], ["system-update", "os-upgrade"])
        self.assertNotIn("OptInStatus", self.pending()[0])
        self.rds(*self.opt_in("next-maintenance"))
        row, other = self.pending()
        self.assertNotIn("OptInStatus", other)
        self.assertEqual((row["Action"], row["OptInStatus"]), ("system-update", "next-maintenance"))
        self.assertIn("CurrentApplyDate", row)
        self.rds(*self.opt_in("undo-opt-in"))
        self.assertNotIn("OptInStatus", self.pending()[0])
        self.rds_fails("ResourceNotFoundFault", *self.opt_in("immediate", "db-upgrade"))
        self.rds_fails("ResourceNotFoundFault", *self.opt_in("immediate", name="analytics-sls"))
        self.rds_fails("InvalidParameterValue", *self.opt_in("soon"))
        self.rds_fails("InvalidParameterValue", *self.opt_in("immediate", "paint"))

    def test_maintenance_2_is_applied(self):
        self.settle()
        self.rds(*self.opt_in("immediate"))
        self.rds_fails("InvalidDBClusterStateFault", *self.opt_in("undo-opt-in"))
        self.later(5)
        self.assertEqual((self.status(), self.instance_status("orders-1")), ("maintenance", "maintenance"))
        self.later(10)
        self.assertEqual((self.status(), [d["Action"] for d in self.pending()]), ("available", ["os-upgrade"]))
        self.assertIn("Database cluster has been patched", self.events("db-cluster", "prod-orders"))

    # ---- security groups

    def allow(self, cidr, *more, description="auroratop jane until 12:30"):
        return ("authorize-security-group-ingress", "--group-id", SECURITY_GROUP, "--ip-permissions",
                f"IpProtocol=tcp,FromPort=5432,ToPort=5432,IpRanges=[{{CidrIp={cidr},Description={description}}}]", *more)

    def revoke(self, *args):
        return ("revoke-security-group-ingress", "--group-id", SECURITY_GROUP, *args)

    def rules(self):
        rows = self.ec2("describe-security-group-rules", "--filters", f"Name=group-id,Values={SECURITY_GROUP}")
        return {r["SecurityGroupRuleId"]: r for r in rows["SecurityGroupRules"]}

    def ranges(self):
        group = self.ec2("describe-security-groups", "--group-ids", SECURITY_GROUP)["SecurityGroups"][0]
        return [r["CidrIp"] for p in group["IpPermissions"] for r in p["IpRanges"]]

    def test_a_rule_appears_and_is_gone(self):
        before = self.rules()
        self.fails("DryRunOperation", "ec2", *self.allow("203.0.113.7/32", "--dry-run"))
        self.assertEqual(self.rules(), before)
        answer = self.ec2(*self.allow("203.0.113.7/32"))
        self.assertTrue(answer["Return"])
        rule = answer["SecurityGroupRules"][0]
        self.assertEqual((rule["CidrIpv4"], rule["FromPort"], rule["Description"], rule["IsEgress"]),
                         ("203.0.113.7/32", 5432, "auroratop jane until 12:30", False))
        self.assertEqual(self.rules()[rule["SecurityGroupRuleId"]], rule)
        self.assertIn("203.0.113.7/32", self.ranges())
        text = self.fails("InvalidPermission.Duplicate", "ec2", *self.allow("203.0.113.7/32", description="other"))
        self.assertIn('"peer: 203.0.113.7/32, TCP, from port: 5432, to port: 5432, ALLOW" already exists', text)
        self.fails("InvalidPermission.Duplicate", "ec2", *self.allow("203.0.113.7/32", "--dry-run"))
        by_id = self.revoke("--security-group-rule-ids", rule["SecurityGroupRuleId"])
        self.fails("DryRunOperation", "ec2", *by_id, "--dry-run")
        self.assertIn("203.0.113.7/32", self.ranges())
        self.ec2(*by_id)
        self.assertEqual(self.rules(), before)
        self.fails("InvalidSecurityGroupRuleId.NotFound", "ec2", *by_id)

    def test_rules_by_permission(self):
        before = self.rules()
        six = ("--ip-permissions", "IpProtocol=tcp,FromPort=5432,ToPort=5432,Ipv6Ranges=[{CidrIpv6=2001:db8::7/128}]")
        self.ec2("authorize-security-group-ingress", "--group-id", SECURITY_GROUP, *six, "--tag-specifications",
                 "ResourceType=security-group-rule,Tags=[{Key=owner,Value=jane}]")
        new = [r for i, r in self.rules().items() if i not in before]
        self.assertEqual([(r["CidrIpv6"], r["Tags"]) for r in new],
                         [("2001:db8::7/128", [{"Key": "owner", "Value": "jane"}])])
        self.ec2(*self.revoke(*six))
        self.fails("InvalidPermission.NotFound", "ec2", *self.revoke(*six))
        bastion = ("--ip-permissions", "IpProtocol=tcp,FromPort=5432,ToPort=5432,IpRanges=[{CidrIp=192.0.2.10/32}]")
        self.ec2(*self.revoke(*bastion))
        self.assertNotIn("192.0.2.10/32", self.ranges())
        self.ec2(*self.allow("192.0.2.10/32", description="bastion"))
        self.assertEqual(len(self.rules()), len(before))

    def test_rule_refusals(self):
        before = self.rules()
        for cidr in ("203.0.113.7/33", "203.0.113/32", "anywhere"):
            self.fails("InvalidParameterValue", "ec2", *self.allow(cidr))
        self.fails("InvalidParameterValue", "ec2", *self.allow("203.0.113.9/32", description="who?"))
        self.fails("InvalidGroup.NotFound", "ec2", "authorize-security-group-ingress", "--group-id", "sg-00000000",
                   "--protocol", "tcp", "--port", "5432", "--cidr", "203.0.113.9/32")
        self.fails("InvalidParameterValue", "ec2", "authorize-security-group-ingress", "--group-id", SECURITY_GROUP,
                   "--ip-permissions", "IpProtocol=tcp,IpRanges=[{CidrIp=203.0.113.9/32}]")
        many = ",".join(f"{{CidrIp=203.0.113.{i}/32}}" for i in range(58))
        self.fails("RulesPerSecurityGroupLimitExceeded", "ec2", "authorize-security-group-ingress", "--group-id",
                   SECURITY_GROUP, "--ip-permissions", f"IpProtocol=tcp,FromPort=1,ToPort=1,IpRanges=[{many}]")
        self.assertEqual(self.rules(), before)

    def test_a_denied_call_changes_nothing(self):
        before = self.rules()
        self.sim.admin("fault", service="ec2", operation="AuthorizeSecurityGroupIngress", kind="denied")
        try:
            self.fails("UnauthorizedOperation", "ec2", *self.allow("203.0.113.8/32", "--dry-run"))
            self.fails("UnauthorizedOperation", "ec2", *self.allow("203.0.113.8/32"))
        finally:
            self.sim.admin("clear")
        self.assertEqual(self.rules(), before)

    def test_zz_log_satisfies_the_models(self):
        # Last by name: judges what the tests before it made the real client send.
        requests = self.sim.requests()
        self.assertGreater(len(requests), 50)
        self.assertEqual(validate_requests.validate(requests), [])


def main():
    global SIM
    with Sim("--clusters", "3") as SIM:
        result = unittest.TextTestRunner(verbosity=1).run(unittest.defaultTestLoader.loadTestsFromTestCase(Write))
    return 0 if result.wasSuccessful() and SIM.status == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
