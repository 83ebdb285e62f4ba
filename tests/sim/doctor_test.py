#!/usr/bin/env python3
"""`auroratop doctor` against the demo: a real server, TLS with verify-full, AWS simulated; and what a script reads of it.

usage: doctor_test.py AURORATOP AURORATOP-DEMO [unittest options]
Needs PostgreSQL's server.
"""
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

BINARY, DEMO = "", ""
NAMES = ["This host", "DNS", "Subnet", "Security group", "TCP connect", "TLS", "Connection slot", "Authentication", "Rights",
         "Server", "Clock"]


class Doctor(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.mkdtemp(prefix="dt-")
        os.chmod(cls.tmp, 0o755)
        cls.log = open(os.path.join(cls.tmp, "stderr"), "w+b")
        cls.demo = subprocess.Popen([DEMO, "--headless"], stdout=subprocess.PIPE, stderr=cls.log, text=True,
                                    env={**os.environ, "TMPDIR": cls.tmp}, start_new_session=True)
        cls.settings = {}
        for line in cls.demo.stdout:
            if line.strip() == "ready":
                break
            name, value = line.removeprefix("export ").strip().split("=", 1)
            cls.settings[name] = shlex.split(value)[0] if value else ""

    @classmethod
    def tearDownClass(cls):
        cls.demo.terminate()
        cls.demo.wait(30)
        cls.demo.stdout.close()
        cls.log.close()
        shutil.rmtree(cls.tmp, ignore_errors=True)

    def run_doctor(self, *args, **env):
        full = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", "AWS_EC2_METADATA_DISABLED": "true",
                "NO_PROXY": "127.0.0.1", **self.settings, **env}
        return subprocess.run([BINARY, "doctor", *args], env=full, text=True, capture_output=True, timeout=100, check=False)

    def port(self):
        """Of the real database, which the simulated endpoints name."""
        return next(w[5:] for w in shlex.split(self.settings["AURORATOP_DB"]) if w.startswith("port="))

    def steps(self, *args, status, **env):
        p = self.run_doctor("--format", "json", *args, **env)
        self.assertEqual(p.returncode, status, p.stdout + p.stderr)
        answer = json.loads(p.stdout)
        self.assertEqual([s["name"] for s in answer["steps"]], NAMES)
        self.assertEqual([s["number"] for s in answer["steps"]], list(range(1, 12)))
        return answer, {s["name"]: s for s in answer["steps"]}

    def expect(self, step, state, *words):
        self.assertEqual(step["state"], state, step)
        for word in words:
            self.assertIn(word, step["sentence"])

    def test_the_path_works(self):
        answer, steps = self.steps(status=0)
        self.assertEqual((answer["result"], answer["first_failing"]), ("ok", None))
        self.assertEqual(answer["cluster"], self.settings["AURORATOP_CLUSTER"])
        self.expect(steps["DNS"], "skipped", "hostaddr=127.0.0.1")
        self.expect(steps["Security group"], "skipped", "a tunnel or a proxy")
        self.expect(steps["TCP connect"], "ok")
        self.expect(steps["TLS"], "ok", "verify-full")
        self.expect(steps["Authentication"], "ok", "password")
        self.expect(steps["Rights"], "ok", "pg_monitor")
        self.expect(steps["Server"], "ok", "the writer", "Aurora")
        self.expect(steps["Clock"], "ok", "300 s allowed")
        self.assertGreater(steps["TCP connect"]["took_us"], 0)

    def test_the_group_admits(self):
        _, steps = self.steps("--public-address", "10.0.9.5", status=0)
        self.expect(steps["Security group"], "ok", "10.0.0.0/16", f"admits 10.0.9.5 on tcp {self.port()}")
        self.assertEqual(steps["Security group"]["address"], "10.0.9.5")
        self.expect(steps["Subnet"], "ok", "way back inside the VPC", "ACL allows")

    def test_another_path_that_is_closed_is_a_notice(self):
        answer, steps = self.steps("--public-address", "10.200.0.1", status=0)
        self.expect(steps["Security group"], "notice", "no rule admits 10.200.0.1", "the path in use is another one")
        self.assertIn(f"tcp {self.port()} 10.200.0.1/32", steps["Security group"]["remedy"])
        self.assertEqual(steps["Security group"]["action"], "allow address")
        self.assertEqual(answer["first_failing"], None)

    def test_a_closed_port_is_the_first_that_fails(self):
        db = self.settings["AURORATOP_DB"]
        broken = " ".join("port=1" if w.startswith("port=") else w for w in shlex.split(db))
        answer, steps = self.steps("--db", broken, status=2)
        self.assertEqual((answer["result"], answer["first_failing"]), ("failed", 5))
        self.expect(steps["TCP connect"], "failed", "nothing listens at 127.0.0.1 port 1")
        self.expect(steps["TLS"], "not reached")
        p = self.run_doctor("--db", broken)
        self.assertEqual(p.returncode, 2)
        self.assertIn("stops at 5, TCP connect: nothing listens at 127.0.0.1 port 1", p.stdout)
        self.assertIn("next      check the port, and that the server runs", p.stdout)

    def test_without_aws(self):
        settings = {k: "" for k in self.settings if k.startswith("AWS_") or k == "AURORATOP_CLUSTER"}
        _, steps = self.steps(status=0, **settings)
        self.expect(steps["Security group"], "skipped", "started with --db alone")
        self.expect(steps["Authentication"], "ok")

    def test_text(self):
        p = self.run_doctor()
        self.assertEqual(p.returncode, 0, p.stdout + p.stderr)
        self.assertIn("ok           5 TCP connect", p.stdout)
        self.assertTrue(p.stdout.endswith("the path works\n"))
        self.assertNotIn("password=", p.stdout)

    def test_usage(self):
        for args in (["--format", "csv"], ["--nosuch"], ["a", "b"], ["--public-address", "home"]):
            p = self.run_doctor(*args)
            self.assertEqual((p.returncode, p.stdout), (3, ""), args)
            self.assertIn("auroratop: ", p.stderr)

    def test_a_cluster_that_does_not_exist(self):
        p = self.run_doctor("nosuch", AURORATOP_DB="")
        self.assertEqual(p.returncode, 3)
        self.assertIn("nosuch", p.stderr)


if __name__ == "__main__":
    BINARY, DEMO = sys.argv[1], sys.argv[2]
    del sys.argv[1:3]
    unittest.main()
