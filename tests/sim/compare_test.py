#!/usr/bin/python3
"""What auroratop shows is what the AWS CLI shows, field by field.

usage: compare_test.py AURORATOP AURORATOP-DEMO [unittest options]
`auroratop fields` names the wire path of every field; the CLI's own service models turn it into the path in its
JSON; the kind says how to convert. The CLI is asked before and after `auroratop --once`, and a value must be what one of
the two says; a time or number that moves between them may lie between. In the end botocore's models judge the requests.
"""
import concurrent.futures
import datetime
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import unittest

import awscli.botocore.session

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
}
# Members that Debian's AWS CLI may be too old to know; the CLI then does not show them and they cannot be compared.
NEWER = {("clusters", "auto_pause_us"), ("clusters", "insights"), ("instances", "insights"),
         ("snapshots", "storage_type"), ("security_groups", "arn")}
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

    def test_z_requests_are_valid(self):
        requests = validate_requests.load(self.env["AWS_ENDPOINT_URL"])
        self.assertEqual(validate_requests.validate(requests), [])
        ours = {r["operation"] for r in requests}
        self.assertLessEqual({q[1] for rows in SOURCES.values() for q in rows} | {"GetMetricData"}, ours)


if __name__ == "__main__":
    DEMO = os.path.abspath(sys.argv.pop(2))
    AURORATOP = os.path.abspath(sys.argv.pop(1))
    unittest.main()
