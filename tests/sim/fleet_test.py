#!/usr/bin/python3
"""A large region: every listing comes whole, page by page, within a rate, also where AWS asks for patience on the way.

Usage: fleet_test.py AURORATOP AURORATOP_SIM
"""
import datetime
import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request

AURORATOP, SIM = sys.argv[1:3]
BURST, RATE = 100, 10  # of RDS, in src/core/aws/pace.c


def expect(what, fine, shown=""):
    if not fine:
        print(f"FAILED: {what} {shown}")
        sys.exit(1)


class Sim:
    def __init__(self):
        read, self.write = os.pipe()
        self.process = subprocess.Popen([SIM, "--supervised", str(read), "--scenario", "large"], stdout=subprocess.PIPE, text=True,
                                        pass_fds=[read])
        os.close(read)
        self.env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", "AWS_CONFIG_FILE": "/dev/null",
                    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true", "NO_PROXY": "127.0.0.1",
                    "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}
        for line in self.process.stdout:
            if line == "ready\n":
                break
            name, value = line.removeprefix("export ").strip().split("=", 1)
            self.env[name] = value
        self.env.pop("AURORATOP_CLUSTER", None)

    def call(self, path, **form):
        body = urllib.parse.urlencode(form).encode() if path != "requests" else None
        with urllib.request.urlopen(f"{self.env['AWS_ENDPOINT_URL']}/_sim/{path}", body, 60) as r:
            return r.read().decode()

    def once(self, *sources):
        panes = [w for s in sources for w in ("--pane", s)]
        run = subprocess.run([AURORATOP, "--once", "--format", "json", *panes], env=self.env, stdout=subprocess.PIPE, text=True)
        return json.loads(run.stdout)["sources"]

    def close(self):
        os.close(self.write)
        self.process.wait()


def names(source, what):
    expect(f"{what} are there", source["state"] == "ok", json.dumps(source)[:300])
    found = [r["identifier"] for r in source["rows"]]
    expect(f"no {what} twice", len(found) == len(set(found)))
    return set(found)


def seconds(pages):
    times = [datetime.datetime.fromisoformat(r["at"].replace("Z", "+00:00")) for r in pages]
    return (max(times) - min(times)).total_seconds()


def whole(sim):
    sources = sim.once("clusters", "instances", "snapshots")
    clusters, instances, snapshots = (names(sources[s], s) for s in ("clusters", "instances", "snapshots"))
    fleet = {c for c in clusters if c.startswith("fleet-")}
    expect("clusters", len(fleet) == 1000 and len(clusters) > 1000, len(clusters))
    expect("instances", len({i for i in instances if i.startswith("fleet-")}) == 3000, len(instances))
    expect("snapshots", len(snapshots) >= 10000, len(snapshots))
    # of every cluster, and what says whose they are
    owners = {r["cluster"] for r in sources["snapshots"]["rows"]}
    expect("snapshots of every cluster", fleet <= owners, len(fleet - owners))
    expect("roles", {r["role"] for r in sources["instances"]["rows"]} == {"writer", "reader"})
    return len(clusters), len(instances), len(snapshots)


def main():
    sim = Sim()
    try:
        counts = whole(sim)
        pages = [r for r in json.loads(sim.call("requests")) if r["service"] == "rds"]
        expect("pages", len(pages) >= sum(-(-n // 100) for n in counts), len(pages))
        # in so short a time that no listing is due again
        expect("no page asked twice", seconds(pages) > 20 or len({(r["operation"], json.dumps(r["params"], sort_keys=True)) for r in pages}) == len(pages))
        expect("within the rate", len(pages) <= BURST + RATE * (seconds(pages) + 1), (len(pages), seconds(pages)))
        # "slow down" in the middle of a listing is waited out
        sim.call("fault", service="rds", operation="DescribeDBInstances", kind="throttle", count="2")
        sim.call("forget")
        again = names(sim.once("instances")["instances"], "instances")
        asked = [r for r in json.loads(sim.call("requests")) if r["operation"] == "DescribeDBInstances"]
        expect("throttled and whole", len(again) == counts[1] and sum(bool(r["error"]) for r in asked) == 2, len(again))
    finally:
        sim.close()
    print("%d clusters, %d instances, %d snapshots" % counts, f"in {len(pages)} pages and {seconds(pages):.1f} s")


main()
