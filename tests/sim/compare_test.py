#!/usr/bin/python3
"""What auroratop shows is what the AWS CLI shows, field by field.

usage: compare_test.py AURORATOP AURORATOP-DEMO [unittest options]
`auroratop fields` names the wire path of every field; the CLI's own service models turn it into the path in its
JSON; the kind says how to convert. The CLI is asked before and after `auroratop --once`, and a value must be what one of
the two says; a time or number that moves between them may lie between. Fields that Debian's CLI is too old to know are
named in NEWER; they are compared with the answer's XML. In the end botocore's models judge the requests.
"""
import concurrent.futures
import datetime
import importlib.util
import http.client
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import unittest
import urllib.parse
import xml.etree.ElementTree as ET

import awscli.botocore.session
import botocore.auth
import botocore.awsrequest
import botocore.credentials

import validate_requests

HERE = pathlib.Path(__file__).resolve().parent
AWS, CLUSTER = "/usr/bin/aws", "prod-orders"
CLUSTERS = 130
AURORATOP = DEMO = ""
SESSION = awscli.botocore.session.get_session()
FACTOR = {"bytes": 1 << 30, "duration": 1_000_000, "ratio": 0.01}
# source -> questions: service, operation, parameters (the words of a row of another source fill {}), path to the objects, identity
SOURCES = {
    "clusters": [("rds", "DescribeDBClusters", ["--db-cluster-identifier", CLUSTER], "DBClusters", "DBClusterIdentifier")],
    "cluster_settings": [("rds", "DescribeDBClusters", ["--db-cluster-identifier", CLUSTER], "DBClusters", "DBClusterIdentifier")],
    "instances": [("rds", "DescribeDBInstances", ["--filters", "Name=db-cluster-id,Values=" + CLUSTER], "DBInstances",
                   "DBInstanceIdentifier")],
    "snapshots": [("rds", "DescribeDBClusterSnapshots", ["--db-cluster-identifier", CLUSTER], "DBClusterSnapshots",
                   "DBClusterSnapshotIdentifier")],
    "security_groups": [("ec2", "DescribeSecurityGroups", ["--group-ids", "{groups}"], "SecurityGroups", "groupId")],
    "security_group_rules": [("ec2", "DescribeSecurityGroupRules", ["--filters", "Name=group-id,Values={groups}"],
                              "SecurityGroupRules", "securityGroupRuleId")],
    "subnets": [("rds", "DescribeDBSubnetGroups", ["--db-subnet-group-name", "{subnet_group}"], "DBSubnetGroups/Subnets",
                 "SubnetIdentifier"),
                ("ec2", "DescribeSubnets", ["--subnet-ids", "{subnets}"], "Subnets", "subnetId")],
    "alarms": [("cloudwatch", "DescribeAlarms", ["--alarm-name-prefix", CLUSTER], "MetricAlarms", "AlarmName")],
}
# Sources that are asked of AWS and compared by a test of their own.
ELSEWHERE = {"metrics": "its rows are points: test_newest_points",
             "events": "the its key is three fields: test_y_events",
             "lease_marks": "made of a tag and of descriptions: e2e.aws_changes",
             "log_files": "read in the Logs view only: e2e.logs",
             "logs": "a row is made of several events: test_log",
             "pending_maintenance": "its rows lie a level deeper: test_posture",
             "parameters": "some of the group's: test_posture",
             "keys": "two calls for each: test_posture",
             "secrets": "one object: test_posture",
             "scaling": "a target and its policies: test_posture",
             "route_tables": "a row is a route as a subnet sees it: test_routes_and_acls",
             "network_acls": "its rows lie a level deeper: test_routes_and_acls"}
# Why the CLI does not show a field: its models are of January 2023 (2.9.19), the service added the member later.
NEWER = {
    ("clusters", "auto_pause_us"): "SecondsUntilAutoPause: Serverless v2 that pauses is newer",
    ("clusters", "insights"): "DatabaseInsightsMode: CloudWatch Database Insights is newer",
    ("cluster_settings", "lifecycle_support"): "EngineLifecycleSupport: extended support is newer",
    ("instances", "insights"): "DatabaseInsightsMode: CloudWatch Database Insights is newer",
    ("snapshots", "storage_type"): "StorageType of cluster snapshots: I/O-Optimized storage is newer",
    ("snapshots", "backup_retention_days"): "BackupRetentionPeriod of cluster snapshots is newer",
    ("snapshots", "cluster_resource_id"): "DbClusterResourceId of cluster snapshots is newer",
    ("security_groups", "arn"): "securityGroupArn is newer",
}
# The same questions on the wire, for what the CLI drops: source -> service, version, parameters, name of the identity.
WIRE = {
    "clusters": ("rds", "2014-10-31", {"Action": "DescribeDBClusters", "DBClusterIdentifier": CLUSTER}, "DBClusterIdentifier"),
    "cluster_settings": ("rds", "2014-10-31", {"Action": "DescribeDBClusters", "DBClusterIdentifier": CLUSTER}, "DBClusterIdentifier"),
    "instances": ("rds", "2014-10-31", {"Action": "DescribeDBInstances", "Filters.Filter.1.Name": "db-cluster-id",
                                        "Filters.Filter.1.Values.Value.1": CLUSTER}, "DBInstanceIdentifier"),
    "snapshots": ("rds", "2014-10-31", {"Action": "DescribeDBClusterSnapshots", "DBClusterIdentifier": CLUSTER},
                  "DBClusterSnapshotIdentifier"),
    "security_groups": ("ec2", "2016-11-15", {"Action": "DescribeSecurityGroups", "GroupId.1": "{groups}"}, "groupId"),
}
METRICS = (("CPUUtilization", "orders-1"), ("DatabaseConnections", "orders-2"), ("VolumeBytesUsed", CLUSTER))


def cli_name(operation):
    out = ""
    for i, c in enumerate(operation):
        after = operation[i + 1] if i + 1 < len(operation) else ""
        if i and c.isupper() and (operation[i - 1].islower() or (after.islower() and operation[i - 1].isupper())):
            out += "-"
        out += c.lower()
    return out


def item_shape(service, operation, path):
    """Shape of the objects an answer lists."""
    shape = SESSION.get_service_model(service).operation_model(operation).output_shape
    for step in path.split("/"):
        shape = shape.members[step].member
    return shape


def leaves(value, shape, steps):
    """What lies at a wire path below a value of the CLI's JSON; None when the model has no such path."""
    if shape.type_name == "list":
        wrapper = shape.member.serialization.get("name", "member")
        rest = steps[1:] if steps and steps[0] in ("*", wrapper) else steps
        found = [leaves(item, shape.member, rest) for item in value or [None]]
        return None if None in found else [leaf for part in found for leaf in part]
    if not steps:
        return [] if value is None else [value]
    for name, member in getattr(shape, "members", {}).items():
        if member.serialization.get("name", name) == steps[0]:
            return leaves(value.get(name) if value else None, member, steps[1:])
    return None


def bare(element):
    return element.tag.split("}")[-1]


def xml_leaves(element, steps):
    """Texts at a wire path below an element; * stands for any name."""
    found = [element]
    for step in steps:
        found = [child for part in found for child in part if step in ("*", bare(child))]
    return [part.text or "" for part in found]


def when(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(datetime.timezone.utc)


def expected(field, found):
    """CLI leaves as auroratop exports the field."""
    if field["list"]:
        return [str(v).lower() if isinstance(v, bool) else str(v) for v in found]
    if not found:
        return None
    value = found[0]
    if field["kind"] == "time":
        return when(value)
    return value * FACTOR[field["kind"]] if field["kind"] in FACTOR else value


def shown(field, value):
    if value is None:
        return [] if field["list"] else None
    return when(value) if field["kind"] == "time" else value


def same(value, before, after):
    if value in (before, after) and type(value) in (type(before), type(after), int, float):
        return True
    if isinstance(value, (int, float)) and not isinstance(value, bool) and isinstance(before, (int, float)):
        return min(before, after) - 1e-9 * abs(before) <= value <= max(before, after) + 1e-9 * abs(before)
    if isinstance(value, datetime.datetime) and before is not None and after is not None:
        return min(before, after) <= value <= max(before, after)
    return False


class Compare(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        spec = importlib.util.spec_from_file_location("demo_test", HERE / "demo_test.py")
        library = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(library)
        library.BINARY = DEMO
        cls.demo = library.Demo("--clusters", str(CLUSTERS))
        cls.addClassCleanup(cls.demo.close)
        if not cls.demo.ready:
            raise AssertionError("the demo does not start")
        cls.env = {**os.environ, **cls.demo.env, "AWS_EC2_METADATA_DISABLED": "true", "AWS_PAGER": "", "LC_ALL": "C.UTF-8",
                   "HOME": cls.demo.tmp, "NO_PROXY": "127.0.0.1"}
        cls.fields = cls.auroratop("fields", "--format", "json")
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
            cls.env.pop(name, None)

    @classmethod
    def auroratop(cls, *args, drop=()):
        env = {k: v for k, v in cls.env.items() if k not in drop}
        done = subprocess.run([AURORATOP, *args], capture_output=True, text=True, timeout=120, env=env, check=False)
        if done.returncode != 0:
            raise AssertionError(f"auroratop {' '.join(args)}: {done.returncode} {done.stdout[:500]} {done.stderr}")
        return json.loads(done.stdout)

    @classmethod
    def cli(cls, *args):
        done = subprocess.run([AWS, "--endpoint-url", cls.env["AWS_ENDPOINT_URL"], "--output", "json", *args],
                              capture_output=True, text=True, timeout=120, env=cls.env, check=False)
        if done.returncode != 0:
            raise AssertionError(f"aws {' '.join(args)}: {done.stderr}")
        return json.loads(done.stdout)

    def objects(self, question, words):
        """identity -> object, as the CLI lists them."""
        service, operation, parameters, path, key = question
        parameters = [p.format(**words) for p in parameters]
        if parameters[0] in ("--group-ids", "--subnet-ids"):
            parameters = [parameters[0], *parameters[1].split(",")]
        found = [self.cli(service, cli_name(operation), *parameters)]
        for step in path.split("/"):
            found = [item for part in found for item in part[step]]
        shape = item_shape(service, operation, path)
        return {leaves(item, shape, [key])[0]: item for item in found}

    def everything(self, words):
        questions = [q for rows in SOURCES.values() for q in rows]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            return dict(zip((q[1] for q in questions), pool.map(lambda q: self.objects(q, words), questions)))

    def compare_field(self, source, field, rows, before, after):
        """Number of values compared; the failure names source, row and field."""
        steps, compared = field["wire"].split("/"), 0
        for question in SOURCES[source]:
            shape = item_shape(question[0], question[1], question[3])
            if leaves(None, shape, steps) is None:
                continue
            for row in rows:
                identity = row[next(f["name"] for f in self.fields[source]["fields"] if f["key"])]
                told = [expected(field, leaves(side[question[1]].get(identity), shape, steps)) for side in (before, after)]
                value = shown(field, row[field["name"]])
                with self.subTest(source=source, row=identity, field=field["name"]):
                    self.assertTrue(same(value, *told), f"{value!r} shown, the CLI says {told[0]!r} then {told[1]!r}")
                compared += 1
        return compared

    def test_every_field_with_a_wire_path(self):
        once = self.auroratop("--once", "--format", "json", CLUSTER)["sources"]
        words = {"groups": ",".join(once["clusters"]["rows"][0]["security_groups"]),
                 "subnets": ",".join(row["subnet_id"] for row in once["subnets"]["rows"]),
                 "subnet_group": once["clusters"]["rows"][0]["subnet_group"]}
        before = self.everything(words)
        once = self.auroratop("--once", "--format", "json", CLUSTER)["sources"]
        after = self.everything(words)
        for source, questions in SOURCES.items():
            rows, key = once[source]["rows"], next(f["name"] for f in self.fields[source]["fields"] if f["key"])
            self.assertEqual((once[source]["state"], once[source]["unavailable"]), ("ok", {}))
            names = {row[key] for row in rows}
            self.assertEqual(len(names), len(rows))
            self.assertIn(names, [set(side[questions[0][1]]) for side in (before, after)], source)
            for field in self.fields[source]["fields"]:
                if field["wire"]:
                    least = 0 if (source, field["name"]) in NEWER else 1
                    with self.subTest(source=source, field=field["name"]):
                        self.assertGreaterEqual(self.compare_field(source, field, rows, before, after), least,
                                                f"the CLI's model has no {field['wire']}")

    def wire(self, source, words):
        """The answer's XML to the question of a source, asked by a client that drops nothing."""
        service, version, parameters, _ = WIRE[source]
        parameters = {"Version": version, **{name: value.format(**words) for name, value in parameters.items()}}
        url, body = self.env["AWS_ENDPOINT_URL"] + "/", urllib.parse.urlencode(parameters)
        request = botocore.awsrequest.AWSRequest(
            "POST", url, {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}, body)
        keys = botocore.credentials.Credentials(self.env["AWS_ACCESS_KEY_ID"], self.env["AWS_SECRET_ACCESS_KEY"])
        botocore.auth.SigV4Auth(keys, service, self.env["AWS_REGION"]).add_auth(request)
        connection = http.client.HTTPConnection(url.split("/")[2], timeout=60)
        connection.request("POST", "/", body, dict(request.headers.items()))
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        self.assertEqual(answer.status, 200, text[:500])
        return ET.fromstring(text)

    def test_fields_the_cli_is_too_old_for(self):
        once = self.auroratop("--once", "--format", "json", CLUSTER)["sources"]
        words = {"groups": once["clusters"]["rows"][0]["security_groups"][0]}
        for (source, name), reason in NEWER.items():
            field = next(f for f in self.fields[source]["fields"] if f["name"] == name)
            key, steps = WIRE[source][3], field["wire"].split("/")
            for question in SOURCES[source]:
                self.assertIsNone(leaves(None, item_shape(question[0], question[1], question[3]), steps),
                                  f"the CLI knows {source}.{name} now: take it out of NEWER ({reason})")
            identity = next(f["name"] for f in self.fields[source]["fields"] if f["key"])
            tree, compared = self.wire(source, words), 0
            for row in once[source]["rows"]:
                item = next((e for e in tree.iter() if any(bare(c) == key and c.text == row[identity] for c in e)
                             and bare(e) not in ("DBClusterMember",)), None)
                if item is None:
                    continue
                told = xml_leaves(item, steps)
                if field["kind"] in FACTOR or field["kind"] == "count":
                    told = [float(text) for text in told]
                with self.subTest(source=source, row=row[identity], field=name):
                    self.assertEqual(row[name], expected(field, told))
                compared += 1
            self.assertGreater(compared, 0, (source, name))

    def test_no_source_is_left_out(self):
        asked = {name for name, source in self.fields.items() if source["source"].split()[0] in
                 ("RDS", "EC2", "CloudWatch", "PI", "KMS", "Secrets", "Application")}
        self.assertEqual(asked - set(SOURCES) - set(ELSEWHERE), set(), "compare it here, or say in ELSEWHERE why not")

    def test_networks_of_prefix_lists(self):
        rows = self.auroratop("--once", "--format", "json", "--pane", "security_group_rules", CLUSTER)
        rows = rows["sources"]["security_group_rules"]["rows"]
        lists = {row["prefix_list"] for row in rows} - {None}
        self.assertTrue(lists)
        for row in rows:
            with self.subTest(rule=row["rule_id"], prefix_list=row["prefix_list"]):
                if row["prefix_list"] is None:
                    self.assertEqual((row["networks"], row["network_count"]), (None, None))
                    continue
                told = self.cli("ec2", "get-managed-prefix-list-entries", "--prefix-list-id", row["prefix_list"])["Entries"]
                self.assertEqual(row["networks"], [e["Cidr"] for e in told])
                self.assertEqual(row["network_count"], len(told))

    # ---- what a security review asks for

    def told_is_shown(self, row, told, names):
        """Fields of a row against members of the CLI's object: {field: "Member" or "Member/Member"}."""
        for field, path in names.items():
            value = told
            for step in path.split("/"):
                value = (value or {}).get(step)
            if field.endswith("_at") and value is not None:
                self.assertEqual(when(row[field]), when(value), field)
            else:
                self.assertEqual(row[field], value, field)

    def test_posture(self):
        once = self.auroratop("--once", "--format", "json", CLUSTER)["sources"]
        for source in ("keys", "secrets", "scaling", "parameters", "pending_maintenance"):
            self.assertEqual((once[source]["state"], once[source]["unavailable"]), ("ok", {}), source)
            self.assertTrue(once[source]["rows"], source)
        for row in once["keys"]["rows"]:
            told = self.cli("kms", "describe-key", "--key-id", row["arn"])["KeyMetadata"]
            self.told_is_shown(row, told, {"state": "KeyState", "manager": "KeyManager", "key_id": "KeyId", "enabled": "Enabled",
                                           "description": "Description", "origin": "Origin", "created_at": "CreationDate"})
            told = self.cli("kms", "get-key-rotation-status", "--key-id", row["arn"])
            self.told_is_shown(row, told, {"rotation": "KeyRotationEnabled"})
        self.assertEqual(once["keys"]["rows"][0]["used_for"], ["storage", "insights", "snapshots", "secret"])
        row = once["secrets"]["rows"][0]
        told = self.cli("secretsmanager", "describe-secret", "--secret-id", once["cluster_settings"]["rows"][0]["master_secret_arn"])
        self.told_is_shown(row, told, {"arn": "ARN", "name": "Name", "rotation": "RotationEnabled", "owner": "OwningService",
                                       "rotation_days": "RotationRules/AutomaticallyAfterDays", "kms_key": "KmsKeyId",
                                       "last_rotated_at": "LastRotatedDate", "next_rotation_at": "NextRotationDate"})
        row = once["scaling"]["rows"][0]
        told = self.cli("application-autoscaling", "describe-scalable-targets", "--service-namespace", "rds",
                        "--resource-ids", "cluster:" + CLUSTER)["ScalableTargets"][0]
        self.told_is_shown(row, told, {"resource": "ResourceId", "min_replicas": "MinCapacity", "max_replicas": "MaxCapacity",
                                       "out_suspended": "SuspendedState/DynamicScalingOutSuspended"})
        told = self.cli("application-autoscaling", "describe-scaling-policies", "--service-namespace", "rds",
                        "--resource-id", "cluster:" + CLUSTER)["ScalingPolicies"]
        self.assertEqual([r["policy"] for r in once["scaling"]["rows"]], [p["PolicyName"] for p in told])
        config = "TargetTrackingScalingPolicyConfiguration/"
        self.told_is_shown(row, told[0], {"policy_type": "PolicyType", "target_value": config + "TargetValue",
                                          "metric": config + "PredefinedMetricSpecification/PredefinedMetricType"})
        told = self.cli("rds", "describe-db-cluster-parameters", "--db-cluster-parameter-group-name",
                        once["clusters"]["rows"][0]["parameter_group"])["Parameters"]
        told = {p["ParameterName"]: p for p in told}
        self.assertGreater(len(once["parameters"]["rows"]), 12)
        for row in once["parameters"]["rows"]:
            self.told_is_shown(row, told[row["name"]], {"value": "ParameterValue", "source": "Source", "apply_type": "ApplyType",
                                                        "modifiable": "IsModifiable", "allowed": "AllowedValues"})
        told = self.cli("rds", "describe-pending-maintenance-actions", "--filters",
                        f"Name=db-cluster-id,Values={CLUSTER}")["PendingMaintenanceActions"]
        told = [(t["ResourceIdentifier"], d) for t in told for d in t["PendingMaintenanceActionDetails"]]
        self.assertEqual(len(told), len(once["pending_maintenance"]["rows"]))
        for row, (arn, details) in zip(once["pending_maintenance"]["rows"], told):
            self.assertEqual(row["arn"], arn)
            self.told_is_shown(row, details, {"action": "Action", "description": "Description", "opt_in": "OptInStatus",
                                              "auto_applied_after_at": "AutoAppliedAfterDate"})

    def test_shared_snapshots(self):
        once = self.auroratop("--once", "--format", "json", "--pane", "snapshots", CLUSTER)["sources"]["snapshots"]
        rows = [r for r in once["rows"] if r["kind"] == "manual" and r["status"] == "available"]
        self.assertIn(["444455556666"], [r["shared_accounts"] for r in rows])
        for row in rows:
            told = self.cli("rds", "describe-db-cluster-snapshot-attributes", "--db-cluster-snapshot-identifier", row["identifier"])
            told = told["DBClusterSnapshotAttributesResult"]["DBClusterSnapshotAttributes"]
            self.assertEqual((row["shared_accounts"], row["is_public"]), (told[0]["AttributeValues"], False))

    def test_routes_and_acls(self):
        once = self.auroratop("--once", "--format", "json", CLUSTER)["sources"]
        subnets = [row["subnet_id"] for row in once["subnets"]["rows"]]
        tables = self.cli("ec2", "describe-route-tables", "--filters",
                          "Name=vpc-id,Values=" + once["subnets"]["rows"][0]["vpc"])["RouteTables"]
        told = set()
        for subnet in subnets:
            own = [t for t in tables if subnet in [a.get("SubnetId") for a in t["Associations"]]]
            for t in own or [t for t in tables if any(a["Main"] for a in t["Associations"])]:
                told |= {(subnet, t["RouteTableId"], r.get("DestinationCidrBlock") or r.get("DestinationPrefixListId"),
                          r.get("GatewayId") or r.get("TransitGatewayId"), r["State"], not own) for r in t["Routes"]}
        shown_rows = once["route_tables"]["rows"]
        self.assertEqual({(r["subnet_id"], r["route_table"], r["destination"], r["target"], r["state"], r["main_table"])
                          for r in shown_rows}, told)
        self.assertEqual(len(shown_rows), len(told))
        self.assertTrue({True, False} <= {r["main_table"] for r in shown_rows})
        acls = self.cli("ec2", "describe-network-acls", "--filters", "Name=association.subnet-id,Values=" + ",".join(subnets))
        told = {(a["NetworkAclId"], e["Egress"], e["RuleNumber"], e["RuleAction"], e["Protocol"], e["CidrBlock"],
                 e.get("PortRange", {}).get("From"), e.get("PortRange", {}).get("To"))
                for a in acls["NetworkAcls"] for e in a["Entries"]}
        self.assertEqual({(r["acl_id"], r["egress"], r["rule_number"], r["action"], r["protocol_number"], r["cidr"],
                           r["from_port"], r["to_port"]) for r in once["network_acls"]["rows"]}, told)

    # ---- the runbook's five commands, word for word but for the output format; each says what --once says

    def runbook(self, command):
        env = {**self.env, "PATH": "/usr/bin:/bin"}
        function = f'aws() {{ {AWS} --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }}\n'
        done = subprocess.run(["bash", "-c", function + command], env=env, text=True, capture_output=True, timeout=60, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""), command)
        return json.loads(done.stdout)

    def test_runbook(self):
        once = self.auroratop("--once", "--format", "json", CLUSTER)["sources"]
        cluster = once["clusters"]["rows"][0]
        told = self.runbook(f"""aws rds describe-db-clusters --query "DBClusters[?DBClusterIdentifier=='{CLUSTER}'].[Status, Endpoint, ReaderEndpoint]" --output json""")
        self.assertEqual(told, [[cluster["status"], cluster["endpoint"], cluster["reader_endpoint"]]])
        told = self.runbook(f"""aws rds describe-db-clusters --db-cluster-identifier {CLUSTER} --query "DBClusters[0].[BackupRetentionPeriod]" --output json""")
        self.assertEqual(told, [cluster["backup_retention_days"]])
        told = self.runbook(f"""aws rds describe-db-cluster-snapshots --db-cluster-identifier {CLUSTER} --query "DBClusterSnapshots[].[DBClusterSnapshotIdentifier, SnapshotCreateTime]" --output json""")
        rows = {row["identifier"]: when(row["created_at"]) for row in once["snapshots"]["rows"]}
        # A copy may begin or go between the two questions.
        self.assertGreaterEqual(len(set(rows) & {name for name, _ in told}), len(rows) - 1)
        self.assertEqual({name: at for name, at in rows.items() if name in dict(told)},
                         {name: when(at) for name, at in told if name in rows})
        group = cluster["security_groups"][0]
        told = self.runbook(f"""aws ec2 describe-security-groups --group-ids {group} --query "SecurityGroups[*].[GroupId, IpPermissions]" --output json""")
        self.assertEqual([row[0] for row in told], [group])
        ours = sorted((row["protocol"], row["from_port"], row["to_port"], row["peer"])
                      for row in once["security_group_rules"]["rows"] if row["group_id"] == group and not row["egress"])
        self.assertEqual(ours, sorted(self.peers(told[0][1])))
        told = self.runbook(f"""aws cloudwatch get-metric-statistics --namespace "AWS/RDS" --metric-name "FreeStorageSpace" --dimensions Name=DBClusterIdentifier,Value={CLUSTER} --statistics Average --period 300 --start-time $(date -u -d '1 hour ago' +"%Y-%m-%dT%H:%M:%SZ") --end-time $(date -u +"%Y-%m-%dT%H:%M:%SZ")""")
        self.assertEqual(told["Datapoints"], [])
        self.assertNotIn("FreeStorageSpace", {row["metric"] for row in once["metrics"]["rows"] if row["value"] is not None})

    @staticmethod
    def peers(permissions):
        """The runbook's command groups sources by protocol and ports; --once lists one a row."""
        for p in permissions:
            sources = ([g["GroupId"] for g in p["UserIdGroupPairs"]] + [r["CidrIp"] for r in p["IpRanges"]] +
                       [r["CidrIpv6"] for r in p["Ipv6Ranges"]] + [r["PrefixListId"] for r in p["PrefixListIds"]])
            for source in sources:
                yield p["IpProtocol"], p.get("FromPort", -1), p.get("ToPort", -1), source

    def test_every_metric(self):
        """The newest value of every row, by one question for all of them."""
        rows = self.auroratop("--once", "--format", "json", "--pane", "metrics", CLUSTER)["sources"]["metrics"]["rows"]
        rows = [row for row in rows if row["value"] is not None]
        queries = []
        for i, row in enumerate(rows):
            dimensions = [dict(zip(("Name", "Value"), part.split("="))) for part in row["dimension"].split(",")]
            period = 300 if row["metric"].startswith("Volume") else 60
            queries.append({"Id": f"q{i}", "MetricStat": {
                "Metric": {"Namespace": "AWS/RDS", "MetricName": row["metric"], "Dimensions": dimensions},
                "Period": period, "Stat": row["statistic"]}})
        start = min(when(row["at"]) for row in rows)
        end = max(when(row["at"]) for row in rows) + datetime.timedelta(minutes=5)
        told = self.cli("cloudwatch", "get-metric-data", "--metric-data-queries", json.dumps(queries),
                        "--start-time", start.strftime("%Y-%m-%dT%H:%M:%SZ"), "--end-time", end.strftime("%Y-%m-%dT%H:%M:%SZ"))
        self.assertGreater(len(rows), 12)
        for row, result in zip(rows, sorted(told["MetricDataResults"], key=lambda r: int(r["Id"][1:]))):
            points = dict(zip(map(when, result["Timestamps"]), result["Values"]))
            with self.subTest(metric=row["metric"], object=row["object"]):
                self.assertIn(when(row["at"]), points)
                self.assertAlmostEqual(points[when(row["at"])], row["value"], delta=1e-6 * abs(row["value"]))

    def test_newest_points(self):
        rows = self.auroratop("--once", "--format", "json", "--pane", "metrics", CLUSTER)["sources"]["metrics"]["rows"]
        rows = {(row["metric"], row["object"]): row for row in rows}
        for metric in METRICS:
            row = rows[metric]
            name, value = row["dimension"].split("=")
            period = 300 if metric[1] == CLUSTER else 60
            end = (when(row["at"]) + datetime.timedelta(seconds=period)).strftime("%Y-%m-%dT%H:%M:%SZ")
            answer = self.cli("cloudwatch", "get-metric-statistics", "--namespace", "AWS/RDS", "--metric-name", row["metric"],
                              "--dimensions", f"Name={name},Value={value}", "--start-time", row["at"], "--end-time", end,
                              "--period", str(period), "--statistics", row["statistic"])
            with self.subTest(metric=metric):
                points = {when(p["Timestamp"]): p for p in answer["Datapoints"]}
                self.assertEqual(list(points), [when(row["at"])])
                point = points[when(row["at"])]
                self.assertAlmostEqual(point[row["statistic"]], row["value"], delta=1e-6 * abs(row["value"]))
                self.assertEqual(point["Unit"], row["unit"])

    def test_all_pages(self):
        once = self.auroratop("--once", "--format", "json", "--pane", "clusters", drop=("AURORATOP_CLUSTER", "AURORATOP_DB"))
        shown_names = [row["identifier"] for row in once["sources"]["clusters"]["rows"]]
        told = self.cli("rds", "describe-db-clusters", "--filters", "Name=engine,Values=aurora-postgresql")["DBClusters"]
        self.assertGreater(len(told), CLUSTERS)
        self.assertEqual(sorted(shown_names), sorted(c["DBClusterIdentifier"] for c in told))

    def events(self):
        """(date, source, message) -> event of the cluster, its instances and its snapshots, as the CLI tells them."""
        members = self.cli("rds", "describe-db-clusters", "--db-cluster-identifier", CLUSTER)["DBClusters"][0]["DBClusterMembers"]
        answers = [self.cli("rds", "describe-events", "--duration", "1440", "--source-type", kind, *of)["Events"] for kind, of in (
            ("db-cluster-snapshot", []), ("db-cluster", ["--source-identifier", CLUSTER]),
            *(("db-instance", ["--source-identifier", m["DBInstanceIdentifier"]]) for m in members))]
        told = self.cli("rds", "describe-db-cluster-snapshots", "--db-cluster-identifier", CLUSTER)["DBClusterSnapshots"]
        snapshots = {s["DBClusterSnapshotIdentifier"] for s in told}
        return {(when(e["Date"]), e["SourceIdentifier"], e["Message"]): e for events in answers for e in events
                if e["SourceType"] != "db-cluster-snapshot" or e["SourceIdentifier"] in snapshots}

    def test_y_events(self):
        """A failover is told the same by both; after the tests that look at roles."""
        connection = http.client.HTTPConnection(self.env["AWS_ENDPOINT_URL"].split("/")[2], timeout=60)
        connection.request("POST", "/_sim/failover", "cluster=" + CLUSTER)
        self.assertEqual(connection.getresponse().status, 200)
        connection.close()
        before, deadline = {}, time.monotonic() + 120
        while len({key for key, e in before.items() if e["SourceType"] != "db-cluster-snapshot"}) < 4:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(1)
            before = self.events()
        rows = self.auroratop("--once", "--format", "json", "--range", "1d", "--pane", "events", CLUSTER)
        rows = {(when(row["at"]), row["identifier"], row["message"]): row for row in rows["sources"]["events"]["rows"]}
        after = self.events()
        # the oldest fall out of the span in between
        recent = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=23)
        self.assertLessEqual({key for key in before if key[0] > recent}, set(rows))
        self.assertLessEqual({key for key in rows if key[0] > recent}, set(after))
        for key in set(before) & set(rows):
            with self.subTest(event=key):
                row, event = rows[key], before[key]
                self.assertEqual((row["source_type"], row["categories"], row["arn"]),
                                 (event["SourceType"], event["EventCategories"], event["SourceArn"]))

    def test_log(self):
        """Every row is an event of the log group, and every event with a severity of its own is a row."""
        rows = self.auroratop("--once", "--format", "json", "--pane", "logs", CLUSTER)["sources"]["logs"]["rows"]
        events = self.cli("logs", "filter-log-events", "--log-group-name", f"/aws/rds/cluster/{CLUSTER}/postgresql")["events"]
        events = {e["eventId"]: e for e in events}
        self.assertGreater(len(rows), 10)
        for row in rows:
            with self.subTest(row=row["event_id"]):
                event = events[row["event_id"]]
                self.assertEqual(row["node"] + ".0", event["logStreamName"])
                self.assertLess(abs(when(row["at"]).timestamp() - event["timestamp"] / 1000), 1)
                if row["pid"] is not None:
                    self.assertIn(f"[{row['pid']}]:{row['severity']}:  ", event["message"])
        entry = re.compile(r":\[\d+\]:(LOG|WARNING|ERROR|FATAL|PANIC):  ")
        newest = max(e["timestamp"] for e in events.values() if e["eventId"] in {row["event_id"] for row in rows})
        missing = [e["message"] for e in events.values() if e["timestamp"] < newest and entry.search(e["message"])
                   and e["eventId"] not in {row["event_id"] for row in rows}]
        self.assertEqual(missing, [])

    def test_z_requests_are_valid(self):
        requests = validate_requests.load(self.env["AWS_ENDPOINT_URL"])
        self.assertEqual(validate_requests.validate(requests), [])
        ours = {r["operation"] for r in requests}
        self.assertLessEqual({q[1] for rows in SOURCES.values() for q in rows} | {"GetMetricData", "DescribeEvents", "FilterLogEvents"},
                             ours)


if __name__ == "__main__":
    DEMO = os.path.abspath(sys.argv.pop(2))
    AURORATOP = os.path.abspath(sys.argv.pop(1))
    unittest.main()
