#!/usr/bin/python3
"""Trouble on the way to AWS, over real HTTP: a wrong clock, "slow down", too little time, a proxy, authorities that are wrong.

Usage: trouble_test.py AURORATOP AURORATOP_SIM
"""
import http.server
import json
import os
import subprocess
import sys
import threading
import urllib.parse
import urllib.request

AURORATOP, SIM = sys.argv[1:3]


def expect(what, fine, shown=""):
    if not fine:
        print(f"FAILED: {what} {shown}")
        sys.exit(1)


class Sim:
    def __init__(self):
        read, self.write = os.pipe()
        self.process = subprocess.Popen([SIM, "--supervised", str(read)], stdout=subprocess.PIPE, text=True, pass_fds=[read])
        os.close(read)
        self.env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", "AWS_CONFIG_FILE": "/dev/null",
                    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true",
                    "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}
        for line in self.process.stdout:
            if line == "ready\n":
                break
            name, value = line.removeprefix("export ").strip().split("=", 1)
            self.env[name] = value

    def call(self, path, **form):
        body = urllib.parse.urlencode(form).encode() if path != "requests" else None
        with urllib.request.urlopen(f"{self.env['AWS_ENDPOINT_URL']}/_sim/{path}", body, 30) as r:
            return r.read().decode()

    def asked(self):
        return json.loads(self.call("requests"))

    def once(self, source, **env):
        run = subprocess.run([AURORATOP, "--once", "--format", "json", "--pane", source], env=self.env | env, stdout=subprocess.PIPE, text=True)
        return json.loads(run.stdout)["sources"][source]

    def close(self):
        os.close(self.write)
        self.process.wait()


def wrong_clock(sim):
    """Ten minutes off, either way: one refusal, then the offset is kept for all further calls of that service."""
    for ms in (600000, -600000):
        sim.call("forget")
        sim.call("fault", kind="skew", ms=str(ms))
        now = sim.once("snapshots")
        asked = sim.asked()
        expect("corrected", now["state"] == "ok" and len(now["rows"]) > 3, now["error"])
        expect("one refusal", [bool(r["error"]) for r in asked] == [True] + [False] * (len(asked) - 1), [r["error"] for r in asked])
        sim.call("clear")


def slow_down(sim):
    """Two throttling answers are waited out; with one attempt in all, and without tokens, they are final and said."""
    sim.call("forget")
    sim.call("fault", service="rds", kind="throttle", count="2")
    expect("waited out", sim.once("clusters")["state"] == "ok")
    expect("three requests", len(sim.asked()) == 3, len(sim.asked()))
    sim.call("fault", service="rds", kind="throttle", count="1")
    now = sim.once("clusters", AWS_MAX_ATTEMPTS="1")
    expect("said", now["state"] == "error" and "RDS asks to slow down" in now["error"], now["error"])
    sim.call("clear")


def hangs(sim):
    """A service that does not answer is given up, and said; others are not held up by it."""
    sim.call("fault", service="kms", kind="hang")
    now = sim.once("keys")
    expect("given up", now["state"] == "error" and "in time" in now["error"], now["error"])
    sim.call("clear")


class Proxy(http.server.BaseHTTPRequestHandler):
    """Passes POSTs on and remembers what it was asked for."""
    seen = []

    def do_POST(self):
        Proxy.seen.append(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("content-length", "proxy-connection", "accept-encoding")}
        try:
            answer = urllib.request.urlopen(urllib.request.Request(self.path, body, headers), timeout=30)
        except urllib.error.HTTPError as e:
            answer = e
        data = answer.read()
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def through_a_proxy(sim):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    now = sim.once("clusters", HTTP_PROXY=url)
    expect("through the proxy", now["state"] == "ok" and Proxy.seen == [sim.env["AWS_ENDPOINT_URL"] + "/"], Proxy.seen)
    now = sim.once("clusters", HTTP_PROXY=url, NO_PROXY="127.0.0.1")
    expect("around it", now["state"] == "ok" and len(Proxy.seen) == 1)
    now = sim.once("clusters", HTTP_PROXY="http://me:hunter2@127.0.0.1:1")
    expect("a dead one is said", now["state"] == "error" and "no connection" in now["error"] and "hunter2" not in json.dumps(now), now)
    server.shutdown()


def wrong_settings(sim):
    plain = sim.env["AWS_ENDPOINT_URL"].replace("http:", "https:")
    now = sim.once("clusters", AWS_ENDPOINT_URL=plain, AWS_CA_BUNDLE="/nonexistent.pem")
    expect("the file is named", "/nonexistent.pem cannot be read as a file of certificates" in now["error"], now["error"])
    now = sim.once("clusters", AWS_ENDPOINT_URL="http://me:hunter2@127.0.0.1:1/")
    expect("no password in words", "AWS_ENDPOINT_URL is not a usable URL" in now["error"] and "hunter2" not in json.dumps(now), now["error"])
    sim.call("forget")
    now = sim.once("clusters", AWS_ENDPOINT_URL="http://127.0.0.1:1", AWS_ENDPOINT_URL_RDS=sim.env["AWS_ENDPOINT_URL"])
    expect("the service's own endpoint first", now["state"] == "ok" and len(sim.asked()) == 1, now["error"])


def main():
    sim = Sim()
    # what asks the simulator here takes no proxy
    urllib.request.install_opener(urllib.request.build_opener(urllib.request.ProxyHandler({})))
    try:
        for part in (wrong_clock, slow_down, hangs, through_a_proxy, wrong_settings):
            part(sim)
            print(part.__name__.replace("_", " "), "ok", flush=True)
    finally:
        sim.call("clear")
        sim.close()


main()
