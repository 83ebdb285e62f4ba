#!/usr/bin/env python3
"""Logging in with a secret and with a token against the demo, and that neither is to be found anywhere afterwards: in
no output, file, error, argument or environment.

usage: login_test.py AURORATOP AURORATOP-DEMO [unittest options]
Needs PostgreSQL's server and the AWS CLI.
"""
import fcntl
import json
import os
import pathlib
import pty
import select
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest
import urllib.parse
import urllib.request

BINARY, DEMO = "", ""
AWS = "/usr/bin/aws"
MASTER = "rds!cluster-0b4d7c1e-55a2-4a0c-9d7e-6f1f2a3b4c5d"
PLANTED = "planted-in-a-secret"
COMMANDS = [["--once", "--format", "json"], ["--once"], ["doctor"], ["doctor", "--format", "json"], ["check"], ["report"],
            ["report", "-o", "incident.md"]]


class Login(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.mkdtemp(prefix="lt-")
        os.chmod(cls.tmp, 0o755)
        cls.home = os.path.join(cls.tmp, "home")
        os.mkdir(cls.home)
        cls.log = open(os.path.join(cls.tmp, "stderr"), "w+b")
        cls.demo = subprocess.Popen([DEMO, "--headless"], stdout=subprocess.PIPE, stderr=cls.log, text=True,
                                    env={**os.environ, "TMPDIR": cls.tmp}, start_new_session=True)
        settings = {}
        for line in cls.demo.stdout:
            if line.strip() == "ready":
                break
            name, value = line.removeprefix("export ").strip().split("=", 1)
            settings[name] = shlex.split(value)[0] if value else ""
        # where to, but not as whom
        words = [w for w in shlex.split(settings["AURORATOP_DB"]) if w.split("=")[0] not in ("user", "password", "passfile")]
        settings["AURORATOP_DB"] = " ".join(words)
        del settings["AURORATOP_ACTION_USER"]
        cls.settings = {"PATH": "/usr/bin:/bin", "HOME": cls.home, "LC_ALL": "C.UTF-8", "AWS_EC2_METADATA_DISABLED": "true",
                        "NO_PROXY": "127.0.0.1", "TERM": "xterm-256color", **settings}
        p = subprocess.run([AWS, "--endpoint-url", settings["AWS_ENDPOINT_URL"], "secretsmanager", "get-secret-value",
                            "--secret-id", MASTER, "--query", "SecretString", "--output", "text"],
                           env=cls.settings, text=True, capture_output=True, timeout=60, check=True)
        cls.value = p.stdout.strip()
        cls.password = json.loads(cls.value)["password"]
        cls.secrets = [cls.password, PLANTED, "X-Amz-Signature", settings["AWS_SECRET_ACCESS_KEY"]]

    @classmethod
    def tearDownClass(cls):
        cls.demo.terminate()
        cls.demo.wait(30)
        cls.demo.stdout.close()
        cls.log.close()
        shutil.rmtree(cls.tmp, ignore_errors=True)

    def rotate(self, value):
        body = urllib.parse.urlencode({"value": value}).encode()
        with urllib.request.urlopen(self.settings["AWS_ENDPOINT_URL"] + "/_sim/secret", body, 20) as answer:
            self.assertEqual(answer.read(), b"ok\n")

    def nothing_in(self, text, where):
        for secret in self.secrets:
            self.assertFalse(secret in text, f"a secret in {where}")

    def nothing_left(self):
        """In what it wrote below its home folder: audit log, notes of jobs, reports."""
        for path in pathlib.Path(self.home).rglob("*"):
            if path.is_file():
                self.nothing_in(path.read_text(encoding="utf-8", errors="replace"), path)

    def watch_process(self, process):
        """Arguments as anybody on the machine sees them, as long as it runs."""
        seen = ""
        while process.poll() is None:
            try:
                seen += pathlib.Path(f"/proc/{process.pid}/cmdline").read_text(encoding="utf-8")
            except OSError:
                break
            time.sleep(0.05)
        return seen

    def run_it(self, words, **env):
        """Output and exit status; what it said and showed holds no secret."""
        out = tempfile.TemporaryFile()
        process = subprocess.Popen([BINARY, *words], env={**self.settings, **env}, stdout=out, stderr=subprocess.STDOUT,
                                   cwd=self.home)
        arguments = self.watch_process(process)
        out.seek(0)
        text = out.read().decode("utf-8", "replace")
        out.close()
        self.nothing_in(text, words)
        self.nothing_in(arguments, words)
        return text, process.wait(100)

    def test_every_command_with_a_secret(self):
        for words in COMMANDS:
            text, _ = self.run_it(words, AURORATOP_AUTH="secret")
            if words == COMMANDS[0]:
                activity = json.loads(text)["sources"]["activity"]["rows"][0]
                self.assertEqual(activity["user"], "orders_admin")
                self.assertTrue(activity["login_by"].startswith("secret " + MASTER), activity["login_by"])
            if words == ["doctor"]:
                self.assertIn("orders_admin, by secret " + MASTER, text)
        self.nothing_left()

    def test_every_command_with_a_token_that_is_refused(self):
        for words in COMMANDS[:-1]:
            text, _ = self.run_it(words, AURORATOP_AUTH="iam", PGUSER="oncall")
            if words == ["doctor"]:
                self.assertIn("took the IAM token of user oncall for a password: the role has no rds_iam", text)
                self.assertIn("GRANT rds_iam TO oncall", text)
        self.nothing_left()

    def test_secrets_that_are_no_good(self):
        try:
            for value, words in (
                    (json.dumps({"username": "orders_admin", "password": PLANTED}), "the secret still says the same"),
                    (PLANTED, "holds no JSON object with username and password"),
                    (json.dumps({"username": "x", "password": [PLANTED]}), "its password is no text")):
                self.rotate(value)
                text, status = self.run_it(["doctor"], AURORATOP_AUTH="secret")
                self.assertIn(words, text)
                self.assertEqual(status, 2)
                self.run_it(["--once"], AURORATOP_AUTH="secret")
        finally:
            self.rotate(self.value)

    def test_a_cluster_of_its_own_in_the_file(self):
        path = os.path.join(self.tmp, "config.ini")
        with open(path, "w", encoding="utf-8") as f:
            f.write(f"[auroratop]\nauth = iam\n[login {self.settings['AURORATOP_CLUSTER']}]\nauth = secret\nsecret = {MASTER}\n")
        text, _ = self.run_it(["--once", "--pane", "activity", "--format", "json", "--config", path])
        self.assertEqual(json.loads(text)["sources"]["activity"]["rows"][0]["user"], "orders_admin")

    def test_the_console(self):
        """Its diagnostics name the means; the bytes for the terminal hold no secret."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.home)
            os.execve(BINARY, [BINARY], {**self.settings, "AURORATOP_AUTH": "secret"})
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 48, 160, 0, 0))
        screen, end, asked = b"", time.monotonic() + 60, False
        while time.monotonic() < end and MASTER[:20].encode() not in screen:
            if select.select([terminal], [], [], 0.2)[0]:
                screen += os.read(terminal, 65536)
            if not asked and b"running" in screen:
                os.write(terminal, b":diag\r")
                asked = True
        os.write(terminal, b"\x1b")
        time.sleep(0.3)
        os.write(terminal, b"q")
        try:
            while select.select([terminal], [], [], 10)[0]:
                more = os.read(terminal, 65536)
                screen += more
                if not more:
                    break
        except OSError:
            pass
        os.close(terminal)
        _, status = os.waitpid(pid, 0)
        text = screen.decode("utf-8", "replace")
        self.assertTrue(MASTER[:20] in text, "the means are not on the screen")
        self.assertEqual(status, 0)
        self.nothing_in(text, "the screen")
        self.nothing_left()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    BINARY, DEMO = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
