#!/usr/bin/env python3
"""The demo helper, run as a person would: it serves, it shows what it promises, and it leaves nothing behind.

usage: demo_test.py BINARY [unittest options]
Needs PostgreSQL's server and psql. Every demo here gets a TMPDIR of its own, so that what is left can be counted.
"""
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

BINARY = ""
STARTED_WITHIN, GONE_WITHIN = 60, 30
NAMES = {"AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AURORATOP_CLUSTER", "AURORATOP_DB",
         "AURORATOP_NODES", "AURORATOP_ACTION_USER"}
DEPTH = """
with recursive chain(pid, depth) as (
  select pid, 0 from pg_stat_activity where pg_blocking_pids(pid) = '{}' and backend_type = 'client backend'
  union
  select w.pid, c.depth + 1 from chain c join pg_stat_activity w on c.pid = any(pg_blocking_pids(w.pid))
)
select coalesce(max(depth), 0) from chain
"""
WRITE_THEN_WAIT = """
import os, subprocess, sys
r, w = os.pipe()
os.set_inheritable(r, True)
child = subprocess.Popen([sys.argv[1], '--pipe', str(r)], pass_fds=[r])
os.close(r)
print('helper', child.pid, flush=True)
child.wait()
"""


def processes():
    """pid -> (parent pid, command line) of everything alive."""
    found = {}
    for path in pathlib.Path("/proc").iterdir():
        if not path.name.isdigit():
            continue
        try:
            stat = (path / "stat").read_text(encoding="utf-8", errors="replace")
            command = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        state, parent = stat.rsplit(")", 1)[1].split()[:2]
        if state != "Z":
            found[int(path.name)] = (int(parent), command)
    return found


def descendants(pid):
    alive, family = processes(), {pid}
    while True:
        more = {p for p, (parent, _) in alive.items() if parent in family} - family
        if not more:
            return family - {pid}
        family |= more


def until(seconds, probe):
    """The first true answer of probe, or its last one."""
    end = time.monotonic() + seconds
    while True:
        answer = probe()
        if answer or time.monotonic() > end:
            return answer
        time.sleep(0.1)


class Demo:
    def __init__(self, *args, through_parent=False):
        self.tmp = tempfile.mkdtemp(prefix="dt-")
        os.chmod(self.tmp, 0o755)
        command = [BINARY, "--headless", *args]
        if through_parent:
            command = [sys.executable, "-c", WRITE_THEN_WAIT, BINARY]
        self.log = open(pathlib.Path(self.tmp) / "stderr", "w+b")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True,
                                        env={**os.environ, "TMPDIR": self.tmp}, start_new_session=True)
        self.env, self.watcher = {}, self.process.pid
        self.ready = self.read_settings()
        self.family = descendants(self.watcher) | {self.watcher}

    def read_settings(self):
        for line in self.process.stdout:
            if line.startswith("helper "):
                self.watcher = int(line.split()[1])
            elif line == "ready\n":
                return True
            else:
                word, assignment = shlex.split(line)
                name, value = assignment.split("=", 1)
                self.env[name] = value if word == "export" else None
        return False

    def supervisor(self):
        alive = processes()
        return next(pid for pid in self.family if pid in alive and alive[pid][0] == self.watcher)

    def postmaster(self):
        alive = processes()
        return next(pid for pid in self.family if pid in alive and "config_file=" in alive[pid][1])

    def folders(self):
        return [name for name in os.listdir(self.tmp) if name.startswith("auroratop-demo-")]

    def processes_left(self):
        alive = processes()
        names = [alive[pid][1] or str(pid) for pid in self.family & set(alive)]
        return names + [command for pid, (_, command) in alive.items() if pid != os.getpid() and self.tmp in command]

    def left(self):
        """What should be gone: processes of the demo, and its folder."""
        return self.processes_left() + self.folders()

    def psql(self, sql, conninfo=None):
        command = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", conninfo or self.env["AURORATOP_DB"], "-c", sql]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        return done.stdout.strip() if done.returncode == 0 else "ERROR " + done.stderr.strip()

    def close(self):
        for pid in [self.watcher, self.process.pid]:
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
        until(GONE_WITHIN, lambda: not self.left())
        self.process.stdout.close()
        try:
            self.process.wait(timeout=GONE_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.tmp, ignore_errors=True)


class Serving(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.demo = Demo("--clusters", "5")

    @classmethod
    def tearDownClass(cls):
        cls.demo.close()

    def test_settings(self):
        self.assertTrue(self.demo.ready)
        self.assertEqual(set(self.demo.env), NAMES)
        with urllib.request.urlopen(self.demo.env["AWS_ENDPOINT_URL"] + "/_sim/requests", timeout=10) as answer:
            self.assertEqual(answer.status, 200)

    def test_settings_survive_a_shell(self):
        line = f"export AURORATOP_DB={shlex.quote(self.demo.env['AURORATOP_DB'])}; psql -XAtqc 'select 1' \"$AURORATOP_DB\""
        done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.stdout.strip(), "1", done.stderr)

    def test_role_is_a_modest_one(self):
        self.assertEqual(self.demo.psql("select current_user, current_database(), usesuper from pg_user where usename = current_user"),
                         "oncall|orders|f")
        self.assertEqual(self.demo.psql("select pg_has_role('pg_monitor', 'member')"), "t")
        self.assertIn("permission denied", self.demo.psql("alter system set work_mem = '8MB'"))
        self.assertIn("permission denied", self.demo.psql("delete from stock"))

    def test_only_verified_tls_gets_in(self):
        self.assertEqual(self.demo.psql("select ssl from pg_stat_ssl where pid = pg_backend_pid()"), "t")
        info = self.demo.env["AURORATOP_DB"]
        plain = re.sub(r"sslmode=\S+", "sslmode=disable", info)
        self.assertIn("no pg_hba.conf entry", self.demo.psql("select 1", plain))
        other = re.sub(r"host=\S+ ", "host=orders-1.example.com ", info, count=1)
        self.assertIn("does not match host name", self.demo.psql("select 1", other))
        for name in ("prod-orders.cluster-c9akci", "prod-orders.cluster-ro-c9akci", "orders-3.c9akci"):
            with self.subTest(endpoint=name):
                self.assertEqual(self.demo.psql("select 1", info.replace("host=orders-1.c9akci", "host=" + name, 1)), "1")

    def test_looks_like_aurora(self):
        self.assertRegex(self.demo.psql("select aurora_version()"), r"^\d+\.\d+")
        self.assertEqual(self.demo.psql("select aurora_db_instance_identifier()"), "orders-1")
        self.assertEqual(self.demo.psql("select string_agg(server_id, ' ' order by server_id) from aurora_replica_status()"),
                         "orders-1 orders-2 orders-3")
        writer = "select server_id from aurora_replica_status() where session_id = 'MASTER_SESSION_ID'"
        self.assertEqual(self.demo.psql(writer), "orders-1")
        self.assertEqual(self.demo.psql("select count(*) from pg_proc where proname like 'aurora%' and pronamespace <> 11"), "0")
        for refused in ("pg_current_wal_lsn()", "pg_last_wal_replay_lsn()", "pg_ls_waldir()"):
            with self.subTest(function=refused):
                self.assertIn("permission denied", self.demo.psql(f"select {refused}"))
        self.assertIn("permission denied", self.demo.psql("select * from pg_stat_wal"))
        for setting, value in {"track_activity_query_size": "4kB", "track_io_timing": "on"}.items():
            self.assertEqual(self.demo.psql(f"show {setting}"), value)
        self.assertNotEqual(self.demo.psql("select count(*) from pg_stat_statements"), "0")

    def test_tables_have_rows(self):
        for table in ("orders", "order_items", "stock", "customers", "order_events"):
            live = f"select reltuples >= 1000 from pg_class where oid = '{table}'::regclass"
            self.assertEqual(self.demo.psql(live), "t", table)

    def test_lock_chain(self):
        depth = until(60, lambda: int(self.demo.psql(DEPTH)) >= 2)
        self.assertTrue(depth, "no chain of root, blocker and victim")

    def test_idle_transaction_grows_old(self):
        age = "select extract(epoch from max(now() - xact_start)) from pg_stat_activity where state = 'idle in transaction'"
        self.assertTrue(until(30, lambda: float(self.demo.psql(age) or 0) > 10))

    def test_slow_query_and_applications(self):
        slow = "select count(*) from pg_stat_activity where state = 'active' and wait_event = 'PgSleep' and usename = 'reporting'"
        self.assertTrue(until(60, lambda: self.demo.psql(slow) == "1"))
        apps = "select string_agg(distinct application_name, ' ' order by application_name) from pg_stat_activity where usename not in ('oncall', 'rdsadmin')"
        self.assertTrue(until(40, lambda: self.demo.psql(apps) == "etl flyway importer metabase orders-api picker storefront"))

    def test_reader_follows(self):
        streaming = "select count(*) from pg_stat_replication where application_name = 'orders-2' and state = 'streaming'"
        self.assertTrue(until(20, lambda: self.demo.psql(streaming) == "1"))
        self.assertEqual(self.demo.env["AURORATOP_NODES"], "orders-2=hostaddr=127.0.0.1")

    def rds(self, *args):
        env = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "AWS_PAGER": "", "NO_PROXY": "127.0.0.1",
               "AWS_EC2_METADATA_DISABLED": "true", **{k: v for k, v in self.demo.env.items() if k.startswith("AWS_")}}
        command = ["/usr/bin/aws", "--endpoint-url", env["AWS_ENDPOINT_URL"], "--output", "text", "rds", *args]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=True).stdout.strip()

    def test_a_changed_parameter_reaches_both_servers(self):
        writer = self.demo.env["AURORATOP_DB"]
        port = self.rds("describe-db-instances", "--db-instance-identifier", "orders-2",
                        "--query", "DBInstances[0].Endpoint.Port")
        reader = re.sub(r"port=\d+", f"port={port}", writer.replace("host=orders-1.", "host=orders-2."))
        group = ("--db-cluster-parameter-group-name", "prod-orders-pg15", "--parameters")
        show = "show log_min_duration_statement"
        self.assertEqual([self.demo.psql(show, db) for db in (writer, reader)], ["500ms", "500ms"])
        try:
            self.rds("modify-db-cluster-parameter-group", *group,
                     "ParameterName=log_min_duration_statement,ParameterValue=250,ApplyMethod=immediate")
            for db in (writer, reader):
                self.assertTrue(until(20, lambda: self.demo.psql(show, db) == "250ms"))
            self.rds("reset-db-cluster-parameter-group", *group,
                     "ParameterName=log_min_duration_statement,ApplyMethod=immediate")
            for db in (writer, reader):
                self.assertTrue(until(20, lambda: self.demo.psql(show, db) == "-1"))
        finally:
            self.rds("modify-db-cluster-parameter-group", *group,
                     "ParameterName=log_min_duration_statement,ParameterValue=500,ApplyMethod=immediate")
        self.assertTrue(until(20, lambda: self.demo.psql(show, reader) == "500ms"))

    def test_hostile_objects_stand_in_public(self):
        planted = ("select count(*) from pg_class where relnamespace = 'public'::regnamespace and relname in "
                   "('pg_stat_activity', 'pg_locks', 'pg_stat_database')")
        self.assertEqual(self.demo.psql(planted), "3")

    def test_terminated_sessions_come_back(self):
        forgotten = "state = 'idle in transaction' and query like '%from orders where id = $1 for update'"
        there = f"select count(*) from pg_stat_activity where {forgotten}"
        self.assertTrue(until(30, lambda: self.demo.psql(there) == "1"))
        self.assertEqual(self.demo.psql(f"select pg_terminate_backend(pid) from pg_stat_activity where {forgotten}"), "t")
        back = f"select count(*) from pg_stat_activity where {forgotten} and backend_start > (select max(backend_start) from pg_stat_activity where query = 'select 1')"
        self.assertTrue(until(30, lambda: self.demo.psql(back) == "1"))


OWN = """
[scenario]
title = one cluster of one's own
[cluster shop]
engine_version = 14.9
database = orders
security_group = sg-1
subnet_group = net
database_behind = yes
[instance shop-1]
cluster = shop
class = db.r7g.large
[instance shop-2]
cluster = shop
class = db.r7g.large
[security-group sg-1]
name = shop
description = Shop
[subnet subnet-1]
range = 10.1.0.0/24
zone = a
[subnet-group net]
description = Net
subnets = subnet-1
"""


class OwnScenario(unittest.TestCase):
    def test_the_database_stands_for_its_cluster(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "own.ini")
            with open(path, "w", encoding="utf-8") as f:
                f.write(OWN)
            demo = Demo("--scenario", path)
            try:
                self.assertTrue(demo.ready)
                self.assertEqual(demo.env["AURORATOP_CLUSTER"], "shop")
                self.assertIn("host=shop-1.c9akci.", demo.env["AURORATOP_DB"])
                nodes = "select string_agg(server_id, ' ' order by server_id) from aurora_replica_status()"
                self.assertEqual(demo.psql("select aurora_db_instance_identifier()"), "shop-1")
                self.assertEqual(demo.psql(nodes), "shop-1 shop-2")
                self.assertEqual(demo.psql("select aurora_version()"), "14.9")
            finally:
                demo.close()


class Leaving(unittest.TestCase):
    def leave(self, how, through_parent=False):
        demo = Demo(through_parent=through_parent)
        try:
            self.assertTrue(demo.ready, "not ready")
            self.assertEqual(len(demo.folders()), 1)
            self.assertGreater(len(demo.family), 3)
            self.assertEqual(demo.psql("select 1"), "1")
            how(demo)
            until(GONE_WITHIN, lambda: not demo.left())
            self.assertEqual(demo.left(), [])
        finally:
            demo.close()

    def test_interrupt_key(self):
        self.leave(lambda demo: os.killpg(demo.process.pid, signal.SIGINT))

    def test_terminate(self):
        self.leave(lambda demo: os.kill(demo.watcher, signal.SIGTERM))

    def test_hang_up(self):
        self.leave(lambda demo: os.killpg(demo.process.pid, signal.SIGHUP))

    def test_watcher_killed(self):
        self.leave(lambda demo: os.kill(demo.watcher, signal.SIGKILL))

    def test_supervisor_killed(self):
        self.leave(lambda demo: os.kill(demo.supervisor(), signal.SIGKILL))

    def test_database_killed(self):
        self.leave(lambda demo: os.kill(demo.postmaster(), signal.SIGKILL))

    def test_watcher_and_supervisor_killed_at_once(self):
        """Nobody is left to remove the folder, but the kernel ends the processes."""

        def both(demo):
            victims = [demo.watcher, demo.supervisor()]
            for sig in (signal.SIGSTOP, signal.SIGKILL):
                for pid in victims:
                    os.kill(pid, sig)
            until(GONE_WITHIN, lambda: not demo.processes_left())
            self.assertEqual(demo.processes_left(), [])
            for name in demo.folders():
                shutil.rmtree(os.path.join(demo.tmp, name))

        self.leave(both)

    def test_process_group_killed(self):
        self.leave(lambda demo: os.killpg(demo.process.pid, signal.SIGKILL))

    def test_parent_killed(self):
        self.leave(lambda demo: os.kill(demo.process.pid, signal.SIGKILL), through_parent=True)

    def test_stopped_while_starting(self):
        tmp = tempfile.mkdtemp(prefix="dt-")
        os.chmod(tmp, 0o755)
        try:
            for pause in (0.05, 0.4, 1.0):
                process = subprocess.Popen([BINARY, "--headless"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                           env={**os.environ, "TMPDIR": tmp}, start_new_session=True)
                time.sleep(pause)
                process.terminate()
                process.wait(timeout=GONE_WITHIN)
                self.assertEqual([name for name in os.listdir(tmp) if "demo" in name], [])
        finally:
            shutil.rmtree(tmp, ignore_errors=True)


class Refusing(unittest.TestCase):
    def refused(self, *args, env=None):
        done = subprocess.run([BINARY, *args], capture_output=True, text=True, timeout=60, env=env, check=False)
        self.assertEqual(done.stdout, "")
        return done.returncode, done.stderr

    def test_usage(self):
        for args in (["--clusters", "many"], ["--clusters", "-1"], ["--pipe", "x"], ["--what"], ["extra"]):
            with self.subTest(args=args):
                status, told = self.refused(*args)
                self.assertEqual(status, 2)
                self.assertIn("usage:", told)

    def test_unknown_scenario_is_told(self):
        tmp = tempfile.mkdtemp(prefix="dt-")
        os.chmod(tmp, 0o755)
        try:
            status, told = self.refused("--scenario", "nonsense", env={**os.environ, "TMPDIR": tmp})
            self.assertEqual(status, 2)
            self.assertIn("no scenario 'nonsense'; there are denied, failover, healthy, incident", told)
            self.assertEqual(os.listdir(tmp), [])
            path = os.path.join(tmp, "mine.ini")
            with open(path, "w", encoding="utf-8") as f:
                f.write("[scenario]\nbase = healthy\n[cluster prod-orders]\nvolume = big\n")
            status, told = self.refused("--scenario", path, env={**os.environ, "TMPDIR": tmp})
            self.assertEqual(status, 2)
            self.assertIn(path + ":4: [cluster prod-orders] volume: 'big' is no size", told)
            self.assertEqual(os.listdir(tmp), ["mine.ini"])
        finally:
            shutil.rmtree(tmp, ignore_errors=True)


if __name__ == "__main__":
    BINARY = os.path.abspath(sys.argv.pop(1))
    unittest.main()
