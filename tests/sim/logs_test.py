#!/usr/bin/python3
"""The simulated log group, events and log files, as the AWS CLI and raw JSON requests see them.

AURORATOP_SIM names the program. A file grows while the tests run, as a server's log does.
"""
import datetime
import json
import os
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from simlib import Sim
import validate_requests

GROUP = "/aws/rds/cluster/prod-orders/postgresql"
EVENT_FIELDS = ["logStreamName", "timestamp", "message", "ingestionTime", "eventId"]


def stamp(seconds_ago):
    at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=seconds_ago)
    return at.strftime("%Y-%m-%d %H:%M:%S UTC")


def line(text, seconds_ago=10):
    return f"{stamp(seconds_ago)}:10.0.1.5(41234):app@orders:[4711]:{text}\n"


class Logs(unittest.TestCase):
    def setUp(self):
        self.sim = SIM

    def write(self, *lines):
        with open(LOG, "a", encoding="utf-8") as f:
            f.write("".join(lines))

    def logs(self, operation, *args, check=True, group=GROUP):
        return self.sim.cli("logs", operation, "--log-group-name", group, *args, check=check)

    def fails(self, code, p):
        self.assertNotEqual(p.returncode, 0)
        self.assertIn(f"({code})", p.stderr)

    def json(self, operation, body, target="Logs_20140328"):
        return self.sim.raw("logs", json.dumps(body), {"Content-Type": "application/x-amz-json-1.1",
                                                       "X-Amz-Target": f"{target}.{operation}"})

    # ---- CloudWatch Logs

    def test_events(self):
        before = self.logs("filter-log-events")["events"]
        self.write(line("LOG:  duration: 812.5 ms  statement: select 'ü',"), "\t2\n", line("ERROR:  no"))
        rows = self.logs("filter-log-events")["events"][len(before):]
        self.assertEqual([f for f in EVENT_FIELDS if f not in rows[0]], [])
        self.assertTrue(rows[0]["message"].endswith("statement: select 'ü',\n\t2"), rows[0]["message"])
        self.assertEqual([r["logStreamName"] for r in rows], ["orders-1.0"] * 2)
        self.assertLess(abs(rows[0]["timestamp"] / 1000 - time.time()), 60)
        found = self.logs("filter-log-events", "--filter-pattern", "ERROR", "--start-time",
                          str(rows[1]["timestamp"]))["events"]
        self.assertIn(rows[1]["eventId"], [r["eventId"] for r in found])

    def test_the_client_pages(self):
        start = int(time.time() * 1000) + 1000
        self.write(*[line(f"LOG:  paged {i}", -60 - i) for i in range(25)])
        self.sim.admin("time", offset=120)
        try:
            rows = self.logs("filter-log-events", "--start-time", str(start), "--page-size", "10")["events"]
        finally:
            self.sim.admin("time", offset=0)
        self.assertEqual([r["message"][-2:].strip() for r in rows], [str(i) for i in range(25)])

    def test_an_empty_page_is_followed(self):
        self.write(line("LOG:  newest of all"))
        self.sim.admin("forget")
        start = int((time.time() - 36 * 3600) * 1000)
        rows = self.logs("filter-log-events", "--start-time", str(start))["events"]
        self.assertTrue(any("newest of all" in r["message"] for r in rows))
        self.assertGreater(len(self.sim.requests()), 5)

    def test_one_stream(self):
        self.write(line("LOG:  tail"))
        newest = self.logs("get-log-events", "--log-stream-name", "orders-1.0", "--limit", "1")
        self.assertIn("tail", newest["events"][0]["message"])
        again = self.logs("get-log-events", "--log-stream-name", "orders-1.0", "--next-token", newest["nextForwardToken"])
        self.assertEqual((again["events"], again["nextForwardToken"]), ([], newest["nextForwardToken"]))

    def test_streams(self):
        self.write(line("LOG:  x"))
        rows = self.logs("describe-log-streams", "--order-by", "LastEventTime", "--descending")["logStreams"]
        self.assertEqual([r["logStreamName"] for r in rows][0], "orders-1.0")
        self.assertEqual(len(rows), 3)
        self.assertIn("lastEventTimestamp", rows[0])
        self.assertEqual(len(self.logs("describe-log-streams", "--log-stream-name-prefix", "orders-2")["logStreams"]), 1)

    def test_refusals(self):
        self.fails("ResourceNotFoundException",
                   self.logs("filter-log-events", group="/aws/rds/cluster/analytics-sls/postgresql", check=False))
        self.fails("ResourceNotFoundException",
                   self.logs("get-log-events", "--log-stream-name", "nothing", check=False))
        for kind, code in (("throttle", "ThrottlingException"), ("denied", "AccessDeniedException"),
                           ("expired", "ExpiredTokenException"), ("error500", "ServiceUnavailableException")):
            self.sim.admin("fault", service="logs", kind=kind, count=1)
            self.fails(code, self.logs("describe-log-streams", check=False))
            self.sim.admin("clear")
        p = self.sim.cli("logs", "describe-log-streams", "--log-group-name", GROUP, check=False,
                         env={"AWS_SECRET_ACCESS_KEY": "another"})
        self.fails("InvalidSignatureException", p)

    def test_wire(self):
        answer = self.json("FilterLogEvents", {"logGroupName": GROUP, "limit": 1})
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, "application/x-amz-json-1.1"))
        for body, code in (({"logGroupName": GROUP, "follow": True}, "InvalidParameterException"),
                           ({}, "InvalidParameterException")):
            answer = self.json("FilterLogEvents", body)
            self.assertEqual((answer.status, json.loads(answer.body)["__type"]), (400, code))
        answer = self.json("FilterLogEvents", {"logGroupName": GROUP}, target="GraniteServiceVersion20100801")
        self.assertEqual(json.loads(answer.body)["__type"], "UnknownOperationException")
        answer = self.sim.raw("logs", "Action=FilterLogEvents&Version=2014-03-28")
        self.assertEqual(answer.status, 400)

    # ---- RDS

    def events(self, *args):
        return self.sim.cli("rds", "describe-events", *args)["Events"]

    def test_zy_failover_events(self):
        # Nearly last by name: another instance writes afterwards.
        self.sim.admin("failover", cluster="prod-orders", target="orders-2")
        self.sim.admin("time", offset=30)
        rows = self.events("--source-type", "db-cluster", "--source-identifier", "prod-orders")
        self.assertEqual([r["Message"] for r in rows], ["Started cross AZ failover to DB instance: orders-2.",
                                                        "Completed failover to DB instance: orders-2."])
        self.assertEqual((rows[0]["EventCategories"], rows[0]["SourceType"]), (["failover"], "db-cluster"))
        self.assertIn(":cluster:prod-orders", rows[0]["SourceArn"])
        both = self.events("--event-categories", "failover", "availability", "--duration", "5")
        self.assertEqual(len(both), 4)
        self.assertEqual([r["Date"] for r in both], sorted(r["Date"] for r in both))
        self.sim.admin("time", offset=0)

    def test_snapshot_events(self):
        rows = self.events("--source-type", "db-cluster-snapshot", "--duration", "20160")
        names = [r["SourceIdentifier"] for r in rows if "Automated" in r["Message"]]
        self.assertGreaterEqual(len([n for n in names if n.startswith("rds:prod-orders-")]), 6)
        small = self.events("--duration", "20160", "--page-size", "20")
        self.assertGreater(len(small), 20)

    def test_log_files(self):
        self.write(line("LOG:  in the file"))
        rows = self.sim.cli("rds", "describe-db-log-files", "--db-instance-identifier", "orders-1")["DescribeDBLogFiles"]
        self.assertEqual(len(rows), 1)
        self.assertEqual(rows[0]["Size"], os.stat(LOG).st_size)
        self.assertLess(abs(rows[0]["LastWritten"] / 1000 - time.time()), 60)
        common = ("rds", "download-db-log-file-portion", "--db-instance-identifier", "orders-1", "--log-file-name",
                  rows[0]["LogFileName"])
        tail = self.sim.cli(*common, "--no-paginate", "--number-of-lines", "1")
        self.assertIn("in the file", tail["LogFileData"])
        self.assertEqual((tail["LogFileData"].count("\n"), tail["AdditionalDataPending"]), (1, False))
        whole = self.sim.cli(*common, "--starting-token", "0", output="text")
        with open(LOG, encoding="utf-8") as f:
            self.assertIn(f.read().split("\n")[0], whole)
        p = self.sim.cli("rds", "download-db-log-file-portion", "--db-instance-identifier", "orders-1",
                         "--log-file-name", "nothing", check=False)
        self.fails("DBLogFileNotFoundFault", p)

    def test_zz_log_satisfies_the_models(self):
        self.sim.admin("forget")
        self.logs("filter-log-events", "--limit", "5")
        self.logs("get-log-events", "--log-stream-name", "orders-1.0", "--limit", "5", "--start-from-head")
        self.logs("describe-log-streams")
        self.events("--duration", "30")
        requests = self.sim.requests()
        self.assertGreaterEqual(len(requests), 4)
        self.assertEqual(validate_requests.validate(requests), [])
        self.json("FilterLogEvents", {"logGroupName": GROUP, "follow": True})
        self.assertNotEqual(validate_requests.validate(self.sim.requests()), [])


def main():
    global SIM, LOG
    with tempfile.NamedTemporaryFile(suffix=".log") as f:
        LOG = f.name
        with Sim("--log", f.name) as SIM:
            result = unittest.TextTestRunner(verbosity=1).run(unittest.defaultTestLoader.loadTestsFromTestCase(Logs))
    return 0 if result.wasSuccessful() and SIM.status == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
