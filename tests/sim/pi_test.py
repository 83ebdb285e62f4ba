#!/usr/bin/python3
"""Performance Insights of the simulated endpoint, as the AWS CLI sees it, and what auroratop makes of it.

AURORATOP_SIM and AURORATOP name the programs.
"""
import datetime
import json
import os
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from simlib import Sim
import validate_requests

CLASSES = {"CPU": "cpu", "IO": "io", "Client": "client", "IPC": "ipc", "LWLock": "lwlock", "Timeout": "timeout", "Lock": "lock"}


def values(element):
    return [p.get("Value") for p in element["DataPoints"]]


def when(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Insights(unittest.TestCase):
    def setUp(self):
        self.sim = SIM
        # of every question of a test: two that are compared must not have the turn of a minute between them
        self.now = int(time.time())

    @classmethod
    def setUpClass(cls):
        found = SIM.cli("rds", "describe-db-instances", "--db-instance-identifier", "orders-1")
        cls.resource = found["DBInstances"][0]["DbiResourceId"]

    def pi(self, operation, *args, ago=900, until=0, identifier=None, check=True, period="60"):
        now = self.now
        words = ["pi", operation, "--service-type", "RDS", "--identifier",
                 identifier or self.resource]
        if operation != "get-dimension-key-details":
            words += ["--start-time", str(now - ago), "--end-time", str(now - until)]
            words += ["--period-in-seconds", period] if period else []
        return self.sim.cli(*words, *args, check=check)

    def metrics(self, *queries, **how):
        return self.pi("get-resource-metrics", "--metric-queries", json.dumps(queries), **how)

    def keys(self, group, *args, **how):
        return self.pi("describe-dimension-keys", "--metric", "db.load.avg", "--group-by", json.dumps(group), *args, **how)

    def fails(self, code, done):
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(f"({code})", done.stderr)

    # ---- GetResourceMetrics

    def test_total_comes_first_and_is_the_sum(self):
        answer = self.metrics({"Metric": "db.load.avg", "GroupBy": {"Group": "db.wait_event_type", "Limit": 10}})
        total, *parts = answer["MetricList"]
        self.assertNotIn("Dimensions", total["Key"])
        self.assertGreaterEqual(len(parts), 5)
        for i, value in enumerate(values(total)):
            if value is not None:
                self.assertAlmostEqual(value, sum(values(p)[i] for p in parts), places=6)
        averages = [sum(v for v in values(p) if v is not None) for p in parts]
        self.assertEqual(averages, sorted(averages, reverse=True))
        # Whole periods; a point carries the end of its own.
        begin, end = when(answer["AlignedStartTime"]), when(answer["AlignedEndTime"])
        stamps = [when(p["Timestamp"]) for p in total["DataPoints"]]
        self.assertEqual((begin % 60, end % 60), (0, 0))
        self.assertEqual(stamps, [begin + 60 * (i + 1) for i in range(int(end - begin) // 60)])
        # The newest period is not there yet: a point without a value.
        self.assertIsNone(values(total)[-1])
        self.assertIsNotNone(values(total)[-3])

    def test_it_is_the_load_of_cloudwatch(self):
        answer = self.metrics({"Metric": "db.load.avg"}, ago=1800, until=600)
        begin = when(answer["AlignedStartTime"])
        answered = self.sim.cli("cloudwatch", "get-metric-statistics", "--namespace", "AWS/RDS", "--metric-name", "DBLoad",
                                "--dimensions", "Name=DBInstanceIdentifier,Value=orders-1", "--period", "60", "--statistics",
                                "Average", "--start-time", str(int(begin)), "--end-time", str(int(begin) + 600))
        told = [p["Average"] for p in sorted(answered["Datapoints"], key=lambda p: p["Timestamp"])]
        self.assertEqual(len(told), 10)
        for theirs, ours in zip(told, values(answer["MetricList"][0])):
            self.assertAlmostEqual(theirs, ours, places=6)

    def test_the_incident_waits_for_locks(self):
        def lock_share(**how):
            total, *parts = self.metrics({"Metric": "db.load.avg", "GroupBy": {"Group": "db.wait_event_type"}}, **how)["MetricList"]
            lock = [p for p in parts if p["Key"]["Dimensions"]["db.wait_event_type.name"] == "Lock"]
            known = [i for i, v in enumerate(values(total)) if v is not None]
            return sum(values(lock[0])[i] for i in known) / sum(values(total)[i] for i in known)

        self.assertLess(lock_share(ago=7200, until=3600), 0.2)
        self.assertGreater(lock_share(ago=240, until=60), 0.5)

    def test_periods_filters_and_seconds(self):
        for period, span in (("1", 120), ("300", 7200), ("3600", 86400)):
            points = self.metrics({"Metric": "db.load.avg"}, period=period, ago=span)["MetricList"][0]["DataPoints"]
            stamps = [when(p["Timestamp"]) for p in points]
            self.assertEqual({b - a for a, b in zip(stamps, stamps[1:])}, {float(period)})
        self.assertGreater(len(self.metrics({"Metric": "db.load.avg"}, period=None, ago=3600)["MetricList"][0]["DataPoints"]), 50)
        one = self.metrics({"Metric": "db.load.avg", "Filter": {"db.user.name": "worker"}}, until=120)["MetricList"][0]
        of_users = self.metrics({"Metric": "db.load.avg", "GroupBy": {"Group": "db.user"}}, until=120)["MetricList"]
        worker = next(p for p in of_users[1:] if p["Key"]["Dimensions"]["db.user.name"] == "worker")
        self.assertEqual(values(one), values(worker))

    def test_pages_of_metrics(self):
        query = {"Metric": "db.load.avg", "GroupBy": {"Group": "db.sql_tokenized", "Limit": 25}}
        # the newest minute still grows, and with it the order may change between two questions
        whole = self.metrics(query, until=120)["MetricList"]
        self.assertEqual(len(whole), 10)
        found, token = [], None
        while True:
            args = ["--max-results", "4"] + (["--next-token", token] if token else [])
            part = self.pi("get-resource-metrics", "--metric-queries", json.dumps([query]), *args, until=120)
            found += part["MetricList"]
            token = part.get("NextToken")
            if not token:
                break
        self.assertEqual([k["Key"] for k in found], [k["Key"] for k in whole])

    # ---- DescribeDimensionKeys

    def test_every_group_explains_the_load(self):
        total = sum(k["Total"] for k in self.keys({"Group": "db.wait_event", "Limit": 25}, until=120)["Keys"])
        for group, dimension in (("db.sql_tokenized", "db.sql_tokenized.statement"), ("db.sql", "db.sql.statement"),
                                 ("db.wait_event_type", "db.wait_event_type.name"), ("db.user", "db.user.name"),
                                 ("db.host", "db.host.name"), ("db.application", "db.application.name"), ("db", "db.name"),
                                 ("db.session_type", "db.session_type.name")):
            with self.subTest(group=group):
                keys = self.keys({"Group": group, "Limit": 25}, until=120)["Keys"]
                self.assertAlmostEqual(sum(k["Total"] for k in keys), total, places=6)
                self.assertTrue(all(k["Dimensions"][dimension] for k in keys))
                self.assertEqual([k["Total"] for k in keys], sorted((k["Total"] for k in keys), reverse=True))

    def test_partitions_add_up(self):
        answer = self.keys({"Group": "db.sql_tokenized", "Limit": 5}, "--partition-by",
                           json.dumps({"Group": "db.wait_event_type", "Limit": 10}))
        self.assertEqual(len(answer["Keys"]), 5)
        for key in answer["Keys"]:
            self.assertEqual(len(key["Partitions"]), len(answer["PartitionKeys"]))
            self.assertAlmostEqual(sum(key["Partitions"]), key["Total"], places=6)
        self.assertEqual(set(answer["Keys"][0]["Dimensions"]),
                         {"db.sql_tokenized.id", "db.sql_tokenized.db_id", "db.sql_tokenized.statement"})

    def test_texts_are_cut_but_for_details(self):
        keys = self.keys({"Group": "db.sql_tokenized", "Limit": 25})["Keys"]
        cut = [k for k in keys if len(k["Dimensions"]["db.sql_tokenized.statement"]) == 500]
        self.assertEqual(len(cut), 1)
        single = self.keys({"Group": "db.sql", "Limit": 1}, "--filter",
                           json.dumps({"db.sql.tokenized_id": cut[0]["Dimensions"]["db.sql_tokenized.id"]}))["Keys"][0]
        self.assertEqual(single["Dimensions"]["db.sql.tokenized_id"], cut[0]["Dimensions"]["db.sql_tokenized.id"])
        whole = self.pi("get-dimension-key-details", "--group", "db.sql", "--group-identifier",
                        single["Dimensions"]["db.sql.id"], "--requested-dimensions", "statement")["Dimensions"]
        self.assertEqual([(d["Dimension"], d["Status"]) for d in whole], [("db.sql.statement", "AVAILABLE")])
        self.assertGreater(len(whole[0]["Value"]), 500)
        self.assertTrue(whole[0]["Value"].startswith(single["Dimensions"]["db.sql.statement"]))

    # ---- refusals

    def test_wrong_questions_are_refused(self):
        bad = "InvalidArgumentException"
        query = {"Metric": "db.load.avg"}
        self.fails(bad, self.metrics({"Metric": "db.nonsense"}, check=False))
        self.fails(bad, self.metrics({**query, "GroupBy": {"Group": "db.nonsense"}}, check=False))
        self.fails(bad, self.metrics(query, period="30", check=False))
        self.fails(bad, self.metrics(query, ago=10 * 86400, until=9 * 86400, check=False))
        self.fails(bad, self.metrics(query, ago=60, until=120, check=False))
        self.fails(bad, self.metrics(query, period="1", ago=86400, check=False))
        self.fails("NotAuthorizedException", self.metrics(query, identifier="db-NOBODY", check=False))
        self.fails("NotAuthorizedException", self.metrics(query, identifier="orders-1", check=False))
        self.fails(bad, self.keys({"Group": "db.user", "Dimensions": ["db.host.name"]}, check=False))
        self.fails(bad, self.keys({"Group": "db.user"}, "--next-token", "forged", check=False))
        self.fails(bad, self.pi("get-dimension-key-details", "--group", "db.sql_tokenized", "--group-identifier", "X", check=False))
        self.fails(bad, self.pi("get-dimension-key-details", "--group", "db.sql", "--group-identifier", "X", check=False))

    def test_a_denied_caller_is_told(self):
        self.sim.admin("fault", service="pi", kind="denied", count="1")
        self.fails("NotAuthorizedException", self.metrics({"Metric": "db.load.avg"}, check=False))

    # ---- auroratop

    def once(self, *panes):
        env = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", "AWS_EC2_METADATA_DISABLED": "true",
               "NO_PROXY": "127.0.0.1", **self.sim.env}
        words = [os.environ["AURORATOP"], "--once", "--format", "json", "--show-literals"]
        for pane in panes:
            words += ["--pane", pane]
        done = subprocess.run([*words, "prod-orders"], env=env, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads(done.stdout)["sources"]

    def test_auroratop_shows_what_the_cli_shows(self):
        rows = {r["wait_class"]: r for r in self.once("insights")["insights"]["rows"]}
        self.now = int(time.time())
        at = when(rows["cpu"]["at"])
        total, *parts = self.metrics({"Metric": "db.load.avg", "GroupBy": {"Group": "db.wait_event_type", "Limit": 10}},
                                     ago=3600)["MetricList"]
        self.assertEqual(rows["cpu"]["instance"], "orders-1")
        for part in parts:
            name = CLASSES[part["Key"]["Dimensions"]["db.wait_event_type.name"]]
            point = next(p for p in part["DataPoints"] if when(p["Timestamp"]) == at + 60)
            self.assertAlmostEqual(rows[name]["load"], point["Value"], places=6)
        self.assertEqual(rows["timeout"]["load"], 0)

    def test_auroratop_ranks_what_the_cli_ranks(self):
        rows = self.once("load_keys")["load_keys"]["rows"]
        self.now = int(time.time())
        begin, end = when(rows[0]["from_at"]), when(rows[0]["to_at"])
        self.assertEqual((rows[0]["by"], rows[0]["name"]), ("total", "sql"))
        self.assertAlmostEqual(end - begin, 300, delta=1)
        told = self.keys({"Group": "db.sql_tokenized", "Limit": 25}, "--partition-by",
                         json.dumps({"Group": "db.wait_event_type", "Limit": 10}),
                         ago=int(self.now - begin // 60 * 60), until=int(self.now - -(-end // 60) * 60 + 60))
        ours = {r["name"]: r for r in rows if r["by"] == "sql"}
        self.assertEqual(set(ours), {k["Dimensions"]["db.sql_tokenized.id"] for k in told["Keys"]})
        waits = [r for r in rows if r["by"] == "wait"]
        self.assertAlmostEqual(sum(r["load"] for r in waits), rows[0]["load"], places=6)
        self.assertAlmostEqual(sum(r["share_ratio"] for r in waits), 1, places=6)
        for row in ours.values():
            classes = sum(row["on_" + c] for c in [*CLASSES.values(), "other"])
            self.assertAlmostEqual(classes, row["load"], places=6)
            self.assertNotRegex(row["statement"], r"'A-10117'|\b500\b")
        # The one statement that the service cuts is whole here.
        self.assertEqual(sum(len(r["statement"]) > 500 and r["statement"].endswith("limit ?") for r in ours.values()), 1)
        contended = next(r for r in ours.values() if r["statement"].startswith("update stock"))
        self.assertEqual(max(ours.values(), key=lambda r: r["load"]), contended)
        self.assertGreater(contended["on_lock"], contended["load"] * 0.8)

    def test_zz_log_satisfies_the_models(self):
        requests = self.sim.requests()
        asked = {r["operation"] for r in requests if r["service"] == "pi"}
        self.assertEqual(asked, {"GetResourceMetrics", "DescribeDimensionKeys", "GetDimensionKeyDetails"})
        self.assertEqual(validate_requests.validate(requests), [])


def main():
    global SIM
    with Sim("--scenario", "incident") as SIM:
        result = unittest.TextTestRunner(verbosity=1).run(unittest.defaultTestLoader.loadTestsFromTestCase(Insights))
    return 0 if result.wasSuccessful() and SIM.status == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
