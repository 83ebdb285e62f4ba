#!/usr/bin/python3
"""Measures auroratop against a bare C table and pg_activity in the same run, and gates the ratios.

    run.py [--quick] [--sizes 100,1000,2500] [--runs 3] [--seconds 10] [--binary FILE] [--only WORDS]

A throw-away PostgreSQL with so many sessions, every program in a pseudo-terminal of 200x50 at 1 s
refresh. A round runs every program once; each figure is a ratio of two programs of the same round,
and the median over the rounds must stay within its gate. Exit status 1 when one does not, 2 when
something that a gate needs could not be measured. --quick is one short round of 1000 sessions, for
development; --only measures the blocks that are named alone (activity, tls, stall, parse,
views, many, hour, quiet, queue, fleet).

Absolute figures depend on the machine and its other work; only ratios of one run mean anything.
Run as root: it reads the backends' CPU time and gives what it measures priority over other work.
"""
import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import answers
import terminal
from cloud import Cloud
from server import HOST, Relay, Server
from terminal import Terminal

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TOOLS = ("auroratop", "floor", "pg_activity")
DATA = b"benchload"  # application of the load's sessions
# where the first picture ends in the output; of pg_activity any byte, which is in its favour
PAINTED = {"hello": b"line 49", "auroratop": b"\x1b[?2026l", "floor": b"connecting", "pg_activity": b"\x1b"}
TAIL = 8  # times the keys where a p99 is compared with a p99: of few keys it is the worst one or the other
WARM_S = 8  # by then a prepared statement has its lasting plan
LAYERS = ("aws", "runtime", "codec", "model", "base")
ARROWS = {"auroratop": (b"j", b"k"), "floor": (b"j", b"k"), "table": (b"j", b"k"), "pg_activity": (b"\x1bOB", b"\x1bOA")}

# block, what, figure of ours, over whose, which figure, at most
GATES = [
    ("activity", "client CPU", "cpu", "floor", "cpu", 2.5),
    ("activity", "client CPU", "cpu", "pg_activity", "cpu", 1 / 15),
    ("activity", "peak memory", "peak", "floor", "peak", 2.0),
    ("activity", "peak memory", "peak", "pg_activity", "peak", 0.5),
    ("activity", "memory of its own (PSS)", "pss", "pg_activity", "pss", 0.4),
    ("activity", "terminal bytes", "tty", "pg_activity", "tty", 1 / 6),
    ("activity", "server CPU a refresh", "server", "floor", "server", 1.25),
    ("activity", "scans of pg_stat_activity a refresh", "scans", None, None, 1.0),
    ("activity", "round trips a refresh, all lanes", "round_trips", None, None, 2.0),
    ("activity", "statements that are no SELECT", "other", None, None, 0),
    ("activity", "reconnects", "reconnects", None, None, 0),
    ("activity", "first paint", "first", "hello", "first", 2.0),
    ("activity", "first paint over its first byte", "first", "pg_activity", "first", 1 / 8),
    ("activity", "data on screen", "data", "floor", "data", 2.0),
    ("activity", "data on screen", "data", "pg_activity", "data", 1 / 4),
    ("activity", "selection key, settled p50", "key", "table", "key", 3.0),
    ("activity", "selection key, settled p50", "key", "pg_activity", "key", 1 / 10),
    ("activity", "selection key, first byte p99 / its settled p50", "key_p99", "pg_activity", "key", 1.0),
    ("activity", "view switch, settled p50", "view", "pg_activity", "view", 1 / 15),
    ("activity", "bytes written while paused", "paused_bytes", None, None, 0),
    ("activity", "wake-ups a second while paused", "paused_wakeups", None, None, 1.0),
    ("tls", "client CPU, every lane at work", "cpu", "floor", "cpu", 2.5),
    ("tls", "client CPU, every lane at work", "cpu", "pg_activity", "cpu", 1 / 15),
    ("tls", "peak memory, every lane at work", "peak", "floor", "peak", 2.0),
    ("tls", "peak memory, every lane at work", "peak", "pg_activity", "peak", 0.5),
    ("parse", "XML to records", "xml", "expat", "xml", 2.0),
    ("parse", "JSON to records", "json", "jansson", "json", 1 / 0.9),
    ("views", "client CPU, the dearest of the other views", "cpu", "floor", "cpu", 4.0),
    # where few are in a transaction, the sampler reads those alone
    ("quiet", "server CPU a refresh, few in a transaction", "server", "floor", "server", 0.6),
    ("queue", "server CPU a refresh, Locks, 500 waiters", "server", "locks", "server", 1.25),
    ("queue", "Locks, 500 waiters: key to repaint, p99 ms", "repaint_p99", None, None, 16),
    ("many", "Activity, all sessions: key to repaint, p99 ms", "sessions_p99", None, None, 16),
    ("many", "Statements, 5,000: key to repaint, p99 ms", "statements_p99", None, None, 16),
    ("hour", "memory after 3,600 samples over that after 300", "end", "auroratop", "minute5", 1.02),
    # 1,000 clusters, 3,000 instances, 10,000 snapshots, page by page over TLS, into records and onto the output
    ("fleet", "client CPU, a large region listed", "cpu", "fleet", "cpu", 4.0),
    ("fleet", "peak memory, a large region listed", "peak", "fleet", "peak", 2.5),
    ("fleet", "time, over the floor's and what the rate of requests makes wait", "seconds", "fleet", "seconds", 1.5),
    ("stall", "first byte p99 while AWS hangs and the backend is stopped, over normal", "p99_stalled", "auroratop", "p99", 2.0),
]
# only with many sessions
LARGE_GATES = [
    ("activity", "bytes from the server a refresh", "net", "pg_activity", "net", 0.6),
    ("activity", "execution time in pg_stat_statements", "exec", "pg_activity", "exec", 0.5),
    ("tls", "server CPU a refresh, Overview", "server", "pg_activity", "server", 0.75),
]
LARGE, SMALL = 2000, 500
BLOCKS = ("activity", "tls", "stall", "parse", "views", "many", "hour", "quiet", "queue", "fleet")
LOADS = {"quiet": "quiet", "queue": "queue"}  # the rest: mixed
ONCE = ("hour",)
FLEET = ("clusters", "instances", "snapshots")
RDS_BURST, RDS_RATE = 100, 10  # src/core/aws/pace.c
PARSERS = 5  # processes whose middle one is taken
FRAME = b"\x1b[?2026l"  # closes a frame of ours
# move, page, sort, turn, filter, clear the filter; each changes the picture wherever the one before it led
TABLE_KEYS = (b"G", b"k", b"\x02", b"g", b"j", b"\x06", b"s", b">", b"S", b"<", b"/", b"1", b"\r", b"/", b"\x7f", b"\r")
TREE_KEYS = (b"G", b"k", b"o", b"j", b"\x06", b"o", b"x", b"x")


def compile_c(output, arguments, *packages):
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", *packages], check=True, stdout=subprocess.PIPE, text=True)
    subprocess.run(["cc", "-O2", "-D_GNU_SOURCE", "-o", output, *arguments, *flags.stdout.split(), "-lm", "-lpthread"], check=True,
                   cwd=HERE)


# What the Overview and its verdicts ask.
SERVICES = {"rds", "ec2", "monitoring", "kms", "secretsmanager", "application-autoscaling"}


class Bench:
    def __init__(self, o, folder):
        self.o, self.folder, self.floor = o, folder, folder + "/floor"
        self.results, self.lost = {}, []
        self.parser, lib = folder + "/parse", os.path.dirname(o.binary)
        compile_c(self.floor, ["floor.c"], "libpq", "ncursesw")
        compile_c(self.parser, ["parse.c", f"-I{ROOT}/src/core"] + [f"{lib}/libaurora_{x}.a" for x in LAYERS],
                  "libcurl", "openssl", "libpq", "expat", "jansson")
        self.fleet_floor = folder + "/fleet"
        compile_c(self.fleet_floor, ["fleet.c", f"-I{ROOT}/src/core"] + [f"{lib}/libaurora_{x}.a" for x in LAYERS],
                  "libcurl", "openssl", "libpq", "expat", "jansson")
        with open(folder + "/clusters.xml", "w") as f:
            f.write(answers.clusters(5_000_000))
        with open(folder + "/events.json", "w") as f:
            f.write(answers.log_events(5_000_000))
        self.server = Server(max(o.sizes), TOOLS, self.floor)
        self.size = 0

    def command(self, tool, port=None):
        uri = self.server.uri("mon_" + tool, port)
        if tool == "auroratop":
            return [self.o.binary, "--db", uri]
        if tool in ("floor", "locks"):
            return [self.floor, "pg" if tool == "floor" else tool, self.server.uri("mon_floor", port)]
        return ["pg_activity", "-h", HOST, "-p", str(port or self.server.port), "-U", "mon_pg_activity", "-d", "postgres",
                "--refresh", "1", "--rds"]

    # ---- one program, once

    def watch(self, t, tool):
        """Costs of a program that nobody touches, per refresh or second."""
        server = self.server
        role = "floor" if tool == "locks" else tool
        t.wait(WARM_S)
        before, net, cpu, sent, began = server.begin(role), terminal.received(t.pid), terminal.cpu_ns(t.pid), t.bytes, time.monotonic()
        t.wait(self.o.seconds * (2 if self.size < SMALL else 1))  # small costs drown in noise
        cpu, sent, seconds = terminal.cpu_ns(t.pid) - cpu, t.bytes - sent, time.monotonic() - began
        net, cost = terminal.received(t.pid) - net, server.finish(role, before)
        refreshes = cost["refreshes"]
        if not refreshes:
            raise SystemExit(f"bench: {tool} did not refresh")
        return {
            "cpu": cpu / seconds / 1e7, "tty": sent / seconds, "net": net / refreshes / 1024,
            "server": cost["cpu_ms"] / refreshes, "exec": cost["exec_ms"] / refreshes, "scans": cost["scans"] / refreshes,
            "other": len(cost["other"]), "reconnects": cost["reconnects"],
        }

    def memory(self, t):
        return {"peak": terminal.memory_kb(t.pid, "VmHWM") / 1024, "pss": terminal.memory_kb(t.pid, "Pss", "smaps_rollup") / 1024}

    def measure(self, tool):
        t = Terminal(self.command(tool))
        try:
            if t.until(DATA, 30) is None:
                raise SystemExit(f"bench: {tool} shows no data")
            out = self.watch(t, tool)
            first, settled = t.keys(ARROWS[tool], self.o.keys)
            out["key"], out["key_p99"] = statistics.median(settled), terminal.percentile(first, 99)
            out |= self.memory(t)
            if tool != "floor":
                # each view once, so that all have been seen; then from the last data
                plan = (b"1", b"2") if tool == "auroratop" else (b"\x1bOQ", b"\x1bOR", b"\x1bOP")
                t.keys(plan, len(plan), 0.1)
                t.wait(2)
                out["view"] = statistics.median(t.keys(plan, self.o.keys // 3, 0.1)[1])
            if tool == "auroratop":
                out |= self.paused(t)
        finally:
            t.end()
        return out

    def paused(self, t):
        t.key(b" ")
        t.wait(3)
        sent, wakeups = t.bytes, terminal.wakeups(t.pid)
        t.wait(5)
        return {"paused_bytes": t.bytes - sent, "paused_wakeups": (terminal.wakeups(t.pid) - wakeups) / 5}

    def table_keys(self):
        t = Terminal([self.floor, "table", str(self.size)])
        t.wait(2)
        out = {"key": statistics.median(t.keys(ARROWS["table"], self.o.keys)[1])}
        t.end()
        return out

    def round_trips(self):
        """Counted on the wire, refreshes by the server; apart from the costs, because whoever counts costs too."""
        relay = Relay(self.server)
        t = Terminal(self.command("auroratop", relay.port))
        t.until(DATA, 30)
        t.wait(WARM_S)
        before, asks = self.server.begin("auroratop"), relay.asks
        t.wait(self.o.seconds)
        asks = relay.asks - asks
        refreshes = self.server.finish("auroratop", before)["refreshes"]
        t.end()
        relay.close()
        return asks / refreshes

    def starts(self, tools):
        """Median first paint and data on screen; the programs take turns."""
        times = {tool: [] for tool in tools}
        for _ in range(self.o.starts):
            for tool in tools:
                time.sleep(0.3)  # the server clears up behind the one before
                t = Terminal([self.floor, "hello"] if tool == "hello" else self.command(tool))
                first = t.until(PAINTED[tool], 10)
                data = t.until(DATA, 30) if tool != "hello" else 0
                t.end()
                if first is None or data is None:
                    raise SystemExit(f"bench: {tool} did not start")
                times[tool].append((first, data))
        return {tool: {"first": statistics.median(x[0] for x in list_), "data": statistics.median(x[1] for x in list_)}
                for tool, list_ in times.items()}

    # ---- blocks

    def activity(self):
        terminal.wait_quiet(self.o.patience)
        round_ = self.starts(("hello",) + TOOLS)
        for tool in TOOLS:
            terminal.wait_quiet(self.o.patience)
            round_[tool] |= self.measure(tool)
        round_["table"] = self.table_keys()
        round_["auroratop"]["round_trips"] = self.round_trips()
        return round_

    def tls(self):
        """Every lane at work: the Overview of a cluster whose AWS endpoint speaks TLS."""
        round_ = {}
        for tool in TOOLS:
            terminal.wait_quiet(self.o.patience)
            t = self.open_cluster() if tool == "auroratop" else Terminal(self.command(tool))
            try:
                if t.until(DATA, 30) is None:
                    raise SystemExit(f"bench: {tool} shows no data")
                round_[tool] = self.watch(t, tool) | self.memory(t)
                if tool == "auroratop":
                    self.check_lanes()
            finally:
                t.end()
        return round_

    def open_cluster(self):
        self.cloud.call("forget")
        return Terminal([self.o.binary, "prod-orders"], self.cloud.env | {"PGUSER": "mon_auroratop"})

    def check_lanes(self):
        lanes, services = set(self.server.backends("auroratop").values()), self.cloud.services()
        if services != SERVICES or lanes != {"auroratop " + w for w in ("sampler", "slow", "action")}:
            raise SystemExit(f"bench: not every lane is at work: {services} {lanes}")

    def stall(self):
        """Keys in the Overview, first in peace, then while nothing answers."""
        terminal.wait_quiet(self.o.patience)
        t = self.open_cluster()
        stopped = []
        try:
            if t.until(DATA, 30) is None:
                raise SystemExit("bench: auroratop shows no data")
            t.wait(WARM_S)
            self.check_lanes()
            normal = t.keys(ARROWS["auroratop"], self.o.keys * TAIL)[0]
            self.cloud.call("fault", kind="hang")
            stopped = list(self.server.backends("auroratop"))
            for pid in stopped:
                os.kill(pid, 19)
            # everything is asked for, and nothing comes
            os.write(t.fd, b"r")
            t.wait(1)
            stalled = t.keys(ARROWS["auroratop"], self.o.keys * TAIL)[0]
        finally:
            for pid in stopped:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, 18)
            self.cloud.call("clear")
            t.end()
        return {"auroratop": {"p50": statistics.median(normal), "p99": terminal.percentile(normal, 99),
                              "p50_stalled": statistics.median(stalled), "p99_stalled": terminal.percentile(stalled, 99)}}

    def watched(self, tool, prepare=None):
        """Costs of one program, after some keys."""
        terminal.wait_quiet(self.o.patience)
        t = Terminal(self.command(tool))
        if t.until(DATA, 30) is None:
            raise SystemExit(f"bench: {tool} shows no data")
        if prepare:
            os.write(t.fd, prepare)
        return t, self.watch(t, tool)

    def quiet(self):
        round_ = {}
        for tool in ("auroratop", "floor"):
            t, round_[tool] = self.watched(tool)
            t.end()
        return round_

    def queue(self):
        """500 sessions wait for one."""
        round_ = {}
        for tool in ("auroratop", "locks"):
            t, round_[tool] = self.watched(tool, b"3" if tool == "auroratop" else None)
            if tool == "auroratop":
                times = t.repaints(TREE_KEYS, self.o.keys * 4, FRAME)
                round_[tool] |= {"repaint": statistics.median(times), "repaint_p99": terminal.percentile(times, 99)}
            t.end()
        return round_

    def views(self):
        """The other views of a console without AWS, each for a while."""
        t, costs = Terminal(self.command("auroratop")), {}
        try:
            if t.until(DATA, 30) is None:
                raise SystemExit("bench: auroratop shows no data")
            for view in "13459":
                os.write(t.fd, view.encode())
                t.wait(WARM_S)
                costs["view " + view] = self.watch(t, "auroratop")["cpu"]
        finally:
            t.end()
        floor, cost = self.watched("floor")
        floor.end()
        return {"auroratop": costs | {"cpu": max(costs.values())}, "floor": {"cpu": cost["cpu"]}}

    def many(self):
        """Tables of all sessions and of 5,000 statements, at work while new samples arrive."""
        self.server.remember_statements(5000)
        terminal.wait_quiet(self.o.patience)
        t, out = Terminal(self.command("auroratop")), {}
        try:
            if t.until(DATA, 30) is None:
                raise SystemExit("bench: auroratop shows no data")
            for name, prepare in (("sessions", b"2mmmm"), ("statements", b"5m")):
                os.write(t.fd, prepare)
                t.wait(WARM_S + 2)
                times = t.repaints(TABLE_KEYS, self.o.keys * 4, FRAME)
                out |= {name: statistics.median(times), name + "_p99": terminal.percentile(times, 99)}
            out |= self.memory(t)
        finally:
            t.end()
        return {"auroratop": out}

    def at_rest(self, t):
        """Resident memory between samples; one that is just being made is 2 % by itself."""
        seen = []
        for _ in range(40):
            t.wait(0.1)
            seen.append(terminal.memory_kb(t.pid, "VmRSS") / 1024)
        return statistics.median(seen)

    def hour(self):
        """As many samples as an hour has, asked for by key as fast as they come."""
        t = Terminal(self.command("auroratop"))
        sizes = {}
        try:
            if t.until(DATA, 30) is None:
                raise SystemExit("bench: auroratop shows no data")
            before, taken = self.server.begin("auroratop"), 0
            for name, samples in (("minute5", 300), ("end", 3600)):
                while taken < samples:
                    for _ in range(100):
                        os.write(t.fd, b"r")
                        t.wait(0.02)
                    taken = self.server.finish("auroratop", before)["refreshes"]
                sizes[name] = self.at_rest(t)
        finally:
            t.end()
        return {"auroratop": sizes | {"samples": taken}}

    def parse(self):
        """CPU milliseconds from an answer to records, and of the parser alone."""
        found = {"auroratop": {}, "expat": {}, "jansson": {}}
        for form, file, alone in (("xml", "clusters.xml", "expat"), ("json", "events.json", "jansson")):
            pairs = [self.parse_once(form, file) for _ in range(PARSERS)]
            ours, floor = sorted(pairs, key=lambda p: p[0] / p[1])[PARSERS // 2]
            found["auroratop"][form], found[alone][form] = ours, floor
        return found

    def parse_once(self, form, file):
        """One process: where its heap comes to lie makes a tenth of its time."""
        out = subprocess.run([self.parser, form, f"{self.folder}/{file}", "9"], check=True, stdout=subprocess.PIPE, text=True,
                             preexec_fn=terminal.favour).stdout.split()
        return float(out[0]), float(out[1])

    def listing(self, command, cloud):
        """CPU seconds, peak memory and time of a program that lists a region and ends; what it printed last."""
        env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")} | cloud.env | {"NO_PROXY": "127.0.0.1"}
        env.pop("AURORATOP_CLUSTER", None)
        began = time.monotonic()
        with tempfile.TemporaryFile() as out:
            child = subprocess.Popen(command, env=env, stdout=out, preexec_fn=terminal.favour)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            if child.returncode:
                raise SystemExit(f"bench: {command[0]} ended with {child.returncode}")
            out.seek(0)
            printed = out.read()
        return {"cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss / 1024, "seconds": time.monotonic() - began}, printed

    def fleet(self):
        """A large region: every page of three listings."""
        terminal.wait_quiet(self.o.patience)
        with tempfile.TemporaryDirectory() as folder:
            cloud = Cloud(os.path.dirname(self.o.binary) + "/sim/auroratop-sim", folder, HOST, self.server.port, "large")
            try:
                floor, printed = self.listing([self.fleet_floor, folder + "/bundle.pem"], cloud)
                pages, items, bytes_ = (int(x) for x in printed.split())
                panes = [w for s in FLEET for w in ("--pane", s)]
                ours, printed = self.listing([self.o.binary, "--once", "--format", "json", *panes], cloud)
            finally:
                cloud.close()
        rows = sum(len(s["rows"]) for s in json.loads(printed)["sources"].values())
        # the region lives: snapshots come and go between the two listings
        if rows < 14000 or abs(rows - items) > items / 100:
            raise SystemExit(f"bench: {rows} rows of {items} items")
        floor["seconds"] += max(0, pages - RDS_BURST) / RDS_RATE
        return {"auroratop": ours | {"rows": rows}, "fleet": floor | {"pages": pages, "MB": bytes_ / 1e6}}

    def round(self, size, block):
        """One round of a block. One that cannot be measured is lost alone, and counts as a broken gate."""
        try:
            figures = getattr(self, block)()
        except SystemExit as why:
            print(why, file=sys.stderr, flush=True)
            self.lost.append(f"{size} sessions, {block}: {why}")
            return
        print("   ", json.dumps(figures), file=sys.stderr, flush=True)
        self.results.setdefault((size, block), []).append(figures)

    def run(self):
        for size in self.o.sizes:
            self.size, kind = size, None
            blocks = BLOCKS if size == max(self.o.sizes) else ["activity"]
            for i in range(self.o.runs):
                for block in blocks:
                    if block not in self.o.only:
                        continue
                    if i > 0 and block in ONCE:
                        continue
                    print(f"{size} sessions, round {i + 1} of {self.o.runs}, {block}", file=sys.stderr, flush=True)
                    if kind != LOADS.get(block, "mixed"):
                        kind = LOADS.get(block, "mixed")
                        self.server.load(size, kind)
                    self.round(size, block)


# ---- report

def print_figures(rounds):
    for tool in rounds[0]:
        medians = {k: statistics.median(r[tool][k] for r in rounds) for k in rounds[0][tool]}
        print(f"    {tool:12s}" + "".join(f"  {k} {v:.3g}" for k, v in medians.items()))


def ratio(round_, gate):
    _, _, figure, over, other, _ = gate
    ours = round_["auroratop"][figure]
    return ours / round_[over][other] if over else ours


def report(results, lost):
    broken = len(lost)
    for (size, block), rounds in results.items():
        print(f"\n{size} sessions, {block}: medians of {len(rounds)}")
        print_figures(rounds)
        for gate in GATES + (LARGE_GATES if size >= LARGE else []):
            if gate[0] != block:
                continue
            ratios = [ratio(r, gate) for r in rounds]
            median, limit = statistics.median(ratios), gate[5]
            # a refresh that straddles the end of the window is counted on one side only
            slack = 0.1 if gate[3] is None and limit >= 1 else 0
            bad = median > limit + slack
            broken += bad
            over = f" / {gate[3]}" if gate[3] and gate[3] != "auroratop" else ""
            print(f"  {'✗' if bad else '✓'} {gate[1]}{over}: {median:.3f}, at most {limit:.3g}"
                  f"   ({' '.join(f'{x:.3f}' for x in ratios)})")
    for line in lost:
        print(f"\n  ✗ not measured: {line}")
    print(f"\n{'all gates hold' if not broken else f'{broken} gates are broken'}")
    return 1 if broken else 0


def options():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--quick", action="store_true")
    ap.add_argument("--sizes", default="100,1000,2500")
    ap.add_argument("--runs", type=int, default=3)
    ap.add_argument("--seconds", type=float, default=10)
    ap.add_argument("--keys", type=int, default=40)
    ap.add_argument("--starts", type=int, default=7)
    ap.add_argument("--patience", type=float, default=5, help="seconds to wait for a quiet machine, each time")
    ap.add_argument("--only", default=",".join(BLOCKS))
    ap.add_argument("--binary", default=ROOT + "/build/release/src/auroratop")
    o = ap.parse_args()
    if o.quick:
        o.sizes, o.runs, o.seconds, o.starts, o.patience = "1000", 1, 6, 3, 0
    o.sizes = [int(s) for s in o.sizes.split(",")]
    o.only = o.only.split(",")
    return o


def main():
    o = options()
    for need in ("pg_activity", "psql", "ss", "openssl"):
        if not shutil.which(need):
            print(f"bench: {need} is not here; scripts/deps.sh bench installs it", file=sys.stderr)
            return 2
    if os.geteuid() != 0:
        print("bench: must run as root, to read the CPU time of the server's processes", file=sys.stderr)
        return 2
    terminal.favour()
    folder = tempfile.mkdtemp(prefix="auroratop-bench-tools-")
    with contextlib.ExitStack() as at_end:
        at_end.callback(shutil.rmtree, folder, ignore_errors=True)
        bench = Bench(o, folder)
        at_end.callback(bench.server.stop)
        bench.cloud = Cloud(os.path.dirname(o.binary) + "/sim/auroratop-sim", folder, HOST, bench.server.port)
        at_end.callback(bench.cloud.close)
        bench.run()
    return report(bench.results, bench.lost)


if __name__ == "__main__":
    sys.exit(main())
