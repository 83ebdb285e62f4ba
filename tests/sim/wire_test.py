#!/usr/bin/python3
"""The simulated endpoint on the wire: signatures, envelopes, JSON 1.0, faults, TLS, its life as a program.

AURORATOP_SIM names the program. Requests are signed by botocore and sent as they are, which
the AWS CLI would not do with what is tried here.
"""
import concurrent.futures
import datetime
import http.client
import json
import os
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse
import xml.etree.ElementTree as ET

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from simlib import CW, EC2, RDS, Sim, ago
import validate_requests

CLUSTERS = {"Action": "DescribeDBClusters", **RDS}
SUBNETS = {"Action": "DescribeSubnets", **EC2}
JSON = {"Content-Type": "application/x-amz-json-1.0"}


def strip(tag):
    return tag.split("}")[-1]


def code(answer):
    """(root tag, error code, request id) of an XML error."""
    root = ET.fromstring(answer.body)
    found = {strip(e.tag): e.text for e in root.iter()}
    return strip(root.tag), found.get("Code"), found.get("RequestId") or found.get("RequestID")


class Wire(unittest.TestCase):
    def setUp(self):
        self.sim = SIM
        self.sim.admin("clear")

    def fails(self, answer, status, expected):
        root, error, request_id = code(answer)
        self.assertEqual((answer.status, error), (status, expected), answer.body)
        self.assertEqual(request_id, answer.headers["x-amzn-RequestId"])
        return root

    # ---- who may ask

    def test_signature_errors(self):
        raw = self.sim.raw
        self.assertEqual(raw("rds", CLUSTERS).status, 200)
        self.assertEqual(self.fails(raw("rds", CLUSTERS, secret="x"), 403, "SignatureDoesNotMatch"), "ErrorResponse")
        self.assertEqual(self.fails(raw("ec2", SUBNETS, secret="x"), 401, "AuthFailure"), "Response")
        self.fails(raw("rds", CLUSTERS, token="stray"), 403, "InvalidClientTokenId")
        self.fails(raw("rds", CLUSTERS, region="us-east-1"), 403, "SignatureDoesNotMatch")
        body = urllib.parse.urlencode(CLUSTERS)
        plain = {"Content-Type": "application/x-www-form-urlencoded"}
        self.fails(self.sim.post(body, plain), 403, "MissingAuthenticationToken")
        self.fails(self.sim.post(body, {**plain, "Authorization": "Bearer x"}), 400, "IncompleteSignature")
        headers = self.sim.signed("rds", body)
        self.fails(self.sim.post(body + "&MaxRecords=20", headers), 403, "SignatureDoesNotMatch")

    def test_clock(self):
        now = datetime.datetime.utcnow()
        for minutes in (-4, 4):
            at = now + datetime.timedelta(minutes=minutes)
            self.assertEqual(self.sim.raw("rds", CLUSTERS, at=at).status, 200)
        for minutes in (-6, 6):
            at = now + datetime.timedelta(minutes=minutes)
            self.fails(self.sim.raw("rds", CLUSTERS, at=at), 403, "SignatureDoesNotMatch")
            self.fails(self.sim.raw("ec2", SUBNETS, at=at), 400, "RequestExpired")

    def test_skewed_server_says_its_time(self):
        self.sim.admin("fault", kind="skew", ms=900000)
        answer = self.sim.raw("rds", CLUSTERS)
        self.fails(answer, 403, "SignatureDoesNotMatch")
        date = datetime.datetime.strptime(answer.headers["Date"], "%a, %d %b %Y %H:%M:%S GMT")
        ahead = (date - datetime.datetime.utcnow()).total_seconds()
        self.assertTrue(890 < ahead < 905, ahead)
        at = datetime.datetime.utcnow() + datetime.timedelta(seconds=ahead)
        self.assertEqual(self.sim.raw("rds", CLUSTERS, at=at).status, 200)

    def test_session_token(self):
        with Sim("--session-token", "the/token=") as sim:
            self.assertEqual(sim.raw("rds", CLUSTERS, token="the/token=").status, 200)
            self.fails(sim.raw("rds", CLUSTERS), 403, "InvalidClientTokenId")

    # ---- what may be asked

    def test_unknown_things(self):
        raw = self.sim.raw
        self.fails(raw("rds", {**CLUSTERS, "Verbose": "true"}), 400, "InvalidParameterValue")
        self.fails(raw("ec2", {**SUBNETS, "Subnets.1": "x"}), 400, "UnknownParameter")
        self.fails(raw("rds", {**RDS, "Action": "DropEverything"}), 400, "InvalidAction")
        self.fails(raw("rds", {**EC2, "Action": "DescribeDBClusters"}), 400, "InvalidAction")
        self.assertEqual(raw("athena", CLUSTERS).status, 400)
        c = self.sim.connection()
        c.request("GET", "/", headers=self.sim.signed("rds", ""))
        self.assertEqual(c.getresponse().status, 403)

    def test_large_body_is_refused(self):
        answer = self.sim.post("x" * (1 << 21), {"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(answer.status, 413)

    def test_validator_finds_what_is_wrong(self):
        self.sim.admin("forget")
        self.sim.raw("rds", {**CLUSTERS, "Verbose": "true"})
        self.sim.raw("rds", {**CLUSTERS, "Filters.member.1.Name": "engine"})
        self.sim.raw("rds", {**CLUSTERS, "MaxRecords": "many"})
        self.sim.raw("rds", {**CLUSTERS, "Filters.Filter.2.Name": "engine", "Filters.Filter.2.Values.Value.1": "x"})
        self.sim.raw("ec2", {**EC2, "Action": "GetManagedPrefixListEntries"})
        self.sim.raw("ec2", {**SUBNETS, "DryRun": "1"})
        self.sim.raw("rds", {**RDS, "Action": "DropEverything"})
        self.sim.raw("monitoring", {**CW, "Action": "GetMetricStatistics", "Namespace": "AWS/RDS", "MetricName": "x",
                                    "StartTime": "yesterday", "EndTime": ago(), "Period": "60",
                                    "Statistics.member.1": "Middle"})
        requests = self.sim.requests()
        self.assertEqual(len(requests), 8)
        for r in requests:
            self.assertNotEqual(validate_requests.validate([r]), [], r)
        text = "\n".join(validate_requests.validate(requests))
        for word in ("no such member", "'many'", "list items are 2", "PrefixListId is missing", "no operation", "'yesterday'",
                     "'Middle'"):
            self.assertIn(word, text)

    # ---- JSON 1.0

    def metric(self, name="CPUUtilization", **more):
        return {"MetricDataQueries": [{"Id": "a", "MetricStat": {
            "Metric": {"Namespace": "AWS/RDS", "MetricName": name,
                       "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": "orders-1"}]},
            "Period": 60, "Stat": "Average"}}], "StartTime": time.time() - 900, "EndTime": int(time.time()), **more}

    def json(self, operation, body, **headers):
        text = body if isinstance(body, str) else json.dumps(body)
        target = {"X-Amz-Target": "GraniteServiceVersion20100801." + operation}
        return self.sim.raw("monitoring", text, {**JSON, **target, **headers})

    def test_json_agrees_with_query(self):
        data = json.loads(self.json("GetMetricData", self.metric()).body)["MetricDataResults"][0]
        self.assertEqual(data["StatusCode"], "Complete")
        start = datetime.datetime.utcfromtimestamp(data["Timestamps"][-1]).strftime("%Y-%m-%dT%H:%M:%SZ")
        answer = self.sim.raw("monitoring", {
            **CW, "Action": "GetMetricStatistics", "Namespace": "AWS/RDS", "MetricName": "CPUUtilization", "Period": "60",
            "Dimensions.member.1.Name": "DBInstanceIdentifier", "Dimensions.member.1.Value": "orders-1",
            "StartTime": start, "EndTime": ago(), "Statistics.member.1": "Average"})
        rows = {}
        for member in ET.fromstring(answer.body).iter():
            if strip(member.tag) == "member":
                row = {strip(e.tag): e.text for e in member}
                rows[row["Timestamp"]] = float(row["Average"])
        for t, v in zip(data["Timestamps"], data["Values"]):
            iso = datetime.datetime.utcfromtimestamp(t).strftime("%Y-%m-%dT%H:%M:%SZ")
            self.assertAlmostEqual(rows[iso], v, places=6)
        self.assertGreater(len(data["Values"]), 10)
        answer = self.json("GetMetricStatistics", {
            "Namespace": "AWS/RDS", "MetricName": "CPUUtilization", "Period": 300, "StartTime": time.time() - 3600,
            "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": "orders-1"}], "EndTime": time.time(),
            "ExtendedStatistics": ["p50", "p99"]})
        points = json.loads(answer.body)["Datapoints"]
        self.assertTrue(all(p["ExtendedStatistics"]["p50"] <= p["ExtendedStatistics"]["p99"] for p in points))

    def test_json_errors(self):
        mode = {"x-amzn-query-mode": "true"}
        answer = self.json("GetMetricData", self.metric(MaxDatapoints=0))
        self.assertEqual((answer.status, json.loads(answer.body)["__type"].split("#")[1]), (400, "ValidationError"))
        answer = self.json("GetMetricData", self.metric(StartTime=time.time() + 60), **mode)
        self.assertIn("#InvalidParameterValueException", answer.body)
        self.assertEqual(answer.headers["x-amzn-query-error"], "InvalidParameterValue;Sender")
        for broken in ("", "[]", "{", '{"a":1,"a":2}'):
            self.assertIn("SerializationException", self.json("GetMetricData", broken).body)
        self.assertIn("UnknownOperationException", self.json("GetMetrics", self.metric()).body)

    def test_json_log_satisfies_the_models(self):
        self.sim.admin("forget")
        self.json("GetMetricData", self.metric())
        self.assertEqual(validate_requests.validate(self.sim.requests()), [])
        self.json("GetMetricData", self.metric(Stepp=3))
        self.assertNotEqual(validate_requests.validate(self.sim.requests()), [])

    # ---- faults

    def test_refusals(self):
        for kind, rds, ec2 in (("throttle", (400, "Throttling"), (503, "RequestLimitExceeded")),
                               ("denied", (403, "AccessDenied"), (403, "UnauthorizedOperation")),
                               ("expired", (403, "ExpiredToken"), (400, "RequestExpired")),
                               ("error500", (500, "InternalFailure"), (500, "InternalError"))):
            self.sim.admin("fault", kind=kind)
            self.fails(self.sim.raw("rds", CLUSTERS), *rds)
            self.fails(self.sim.raw("ec2", SUBNETS), *ec2)
            self.sim.admin("clear")
        self.assertIn("rds:DescribeDBClusters", self.denied())
        self.assertEqual(self.sim.raw("rds", CLUSTERS).status, 200)

    def denied(self):
        self.sim.admin("fault", kind="denied", count=1)
        return self.sim.raw("rds", CLUSTERS).body

    def test_fault_reaches_only_what_it_names(self):
        self.sim.admin("fault", kind="throttle", service="rds", operation="DescribeDBInstances", count=2)
        self.assertEqual(self.sim.raw("rds", CLUSTERS).status, 200)
        instances = {"Action": "DescribeDBInstances", **RDS}
        self.assertEqual([self.sim.raw("rds", instances).status for _ in range(3)], [400, 400, 200])
        with self.assertRaises(AssertionError):
            self.sim.admin("fault", kind="earthquake")

    def test_spoilt_answers(self):
        self.sim.admin("fault", kind="malformed", count=1)
        answer = self.sim.raw("rds", CLUSTERS)
        self.assertEqual(answer.status, 200)
        self.assertRaises(ET.ParseError, ET.fromstring, answer.body)
        self.sim.admin("fault", kind="html", count=1)
        answer = self.sim.raw("rds", CLUSTERS)
        self.assertEqual((answer.headers["Content-Type"], answer.body[:9]), ("text/html", "<!DOCTYPE"))
        self.sim.admin("fault", kind="empty", count=1)
        answer = self.sim.raw("rds", CLUSTERS)
        self.assertEqual((answer.status, answer.body), (200, ""))
        self.sim.admin("fault", kind="truncate", count=1)
        with self.assertRaises(http.client.IncompleteRead) as caught:
            self.sim.raw("rds", CLUSTERS)
        self.assertGreater(len(caught.exception.partial), 1000)
        self.assertEqual(self.sim.raw("rds", CLUSTERS).status, 200)

    def test_waiting_holds_up_nobody(self):
        self.sim.admin("fault", kind="hang", operation="DescribeDBInstances")
        self.sim.admin("fault", kind="latency", ms=600000, operation="DescribeDBSubnetGroups")
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            hung = pool.submit(self.sim.raw, "rds", {"Action": "DescribeDBInstances", **RDS})
            slow = pool.submit(self.sim.raw, "rds", {"Action": "DescribeDBSubnetGroups", **RDS})
            for _ in range(20):
                self.assertEqual(self.sim.raw("rds", CLUSTERS).status, 200)
            self.assertFalse(hung.done() or slow.done())
            self.sim.admin("clear")
            self.assertEqual(slow.result(20).status, 200)
            self.assertRaises((http.client.HTTPException, ConnectionError), hung.result, 20)
        self.assertEqual([r["status"] for r in self.sim.requests() if r["operation"] == "DescribeDBInstances"][-1], 0)

    # ---- state

    def writer(self):
        root = ET.fromstring(self.sim.raw("rds", {**CLUSTERS, "DBClusterIdentifier": "prod-orders"}).body)
        for member in root.iter():
            if strip(member.tag) == "DBClusterMember":
                row = {strip(e.tag): e.text for e in member}
                if row["IsClusterWriter"] == "true":
                    return row["DBInstanceIdentifier"]
        return None

    def test_failover(self):
        self.assertEqual(self.writer(), "orders-1")
        self.sim.admin("failover", cluster="prod-orders", target="orders-2")
        self.sim.admin("time", offset=30)
        self.assertEqual(self.writer(), "orders-2")
        self.sim.admin("failover", cluster="prod-orders", target="orders-1")
        self.sim.admin("time", offset=60)
        self.assertEqual(self.writer(), "orders-1")
        with self.assertRaises(AssertionError):
            self.sim.admin("failover", cluster="nobody")

    def test_log(self):
        self.sim.admin("forget")
        self.assertEqual(self.sim.requests(), [])
        self.sim.raw("rds", {**CLUSTERS, "DBClusterIdentifier": 'a"\\\n\u00e4'})
        row = self.sim.requests()[0]
        self.assertEqual((row["service"], row["operation"], row["status"]), ("rds", "DescribeDBClusters", 404))
        self.assertEqual((row["error"], row["protocol"]), ("DBClusterNotFoundFault", "query"))
        self.assertEqual(row["params"]["DBClusterIdentifier"], 'a"\\\n\u00e4')

    def test_log_is_bounded(self):
        self.sim.admin("forget")
        headers = self.sim.signed("ec2", urllib.parse.urlencode(SUBNETS))
        c = self.sim.connection()
        for _ in range(5003):
            c.request("POST", "/", "Action=x", headers)
            c.getresponse().read()
        c.close()
        self.assertEqual(len(self.sim.requests()), 5000)
        self.sim.admin("forget")

    # ---- the program

    def test_tls(self):
        with tempfile.TemporaryDirectory() as folder:
            cert, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=sim",
                            "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert], check=True,
                           capture_output=True)
            with Sim("--tls-cert", cert, "--tls-key", key) as sim:
                self.assertTrue(sim.url.startswith("https://"))
                trust = ssl.create_default_context(cafile=cert)
                sim.connection = lambda: http.client.HTTPSConnection(sim.netloc, timeout=30, context=trust)
                self.assertEqual(sim.raw("rds", CLUSTERS).status, 200)
            self.assertEqual(sim.status, 0)

    def test_signals_end_it(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with Sim() as sim:
                sim.process.send_signal(number)
                self.assertEqual(sim.process.wait(20), 0)

    def test_ends_while_requests_hang(self):
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            with Sim() as sim:
                sim.admin("fault", kind="hang")
                future = pool.submit(sim.raw, "rds", CLUSTERS)
                while not future.running():
                    time.sleep(0.01)
                time.sleep(0.2)
            self.assertEqual(sim.status, 0)
            self.assertRaises((http.client.HTTPException, ConnectionError), future.result, 20)

    def test_usage(self):
        program = os.environ["AURORATOP_SIM"]
        for args in (["--port", "70000"], ["--clusters", "-1"], ["--nonsense"], ["extra"], ["--tls-key", "/nonexistent"]):
            p = subprocess.run([program, *args], capture_output=True, text=True, timeout=20, check=False)
            self.assertEqual((p.returncode, p.stdout), (2, ""), args)
            self.assertIn("usage:", p.stderr)
        p = subprocess.run([program, "--scenario", "x"], capture_output=True, text=True, timeout=20, check=False)
        self.assertEqual((p.returncode, "no scenario" in p.stderr), (1, True))
        p = subprocess.run([program, "--port", SIM.netloc.split(":")[1]], capture_output=True, text=True, timeout=20,
                           check=False)
        self.assertEqual((p.returncode, "cannot listen" in p.stderr), (1, True))


def main():
    global SIM
    with Sim() as SIM:
        result = unittest.TextTestRunner(verbosity=1).run(unittest.defaultTestLoader.loadTestsFromTestCase(Wire))
    return 0 if result.wasSuccessful() and SIM.status == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
