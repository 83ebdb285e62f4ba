#!/usr/bin/python3
"""Measures auroratop against a bare C table and pg_activity in the same run, and gates the ratios.

    run.py [--size N] [--runs N] [--binary FILE] [--seconds S]

Starts a throw-away PostgreSQL with N sessions, runs each program in a pseudo-terminal of 200x50 at
1 s refresh, interleaved, --runs times, and prints medians, ratios and whether each gate holds. Exit
status 1 when a gate breaks. Only ratios of one run mean anything. Run as root: it reads the
backends' CPU time from /proc.
"""
import argparse
import fcntl
import os
import pty
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def pg_bin():
    base = "/usr/lib/postgresql"
    majors = sorted((int(m) for m in os.listdir(base) if m.isdigit()), reverse=True)
    return f"{base}/{majors[0]}/bin"


class Server:
    """A PostgreSQL of its own, trusting its own socket and loopback."""

    def __init__(self, size):
        self.dir = tempfile.mkdtemp(prefix="auroratop-bench-")
        os.chmod(self.dir, 0o755)
        self.port = 20000 + os.getpid() % 20000
        self.data = self.dir + "/data"
        os.mkdir(self.data)
        self.root = os.geteuid() == 0
        if self.root:
            shutil.chown(self.data, "postgres", "postgres")
        self.run([f"{pg_bin()}/initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"])
        with open(self.data + "/postgresql.conf", "a") as f:
            f.write(f"port={self.port}\nlisten_addresses='127.0.0.1'\nunix_socket_directories='{self.data}'\n"
                    f"max_connections={size + 60}\nfsync=off\nautovacuum=off\ntrack_activity_query_size=4096\n")
        self.run([f"{pg_bin()}/pg_ctl", "-D", self.data, "-l", self.data + "/log", "-w", "start"])
        self.sql("CREATE TABLE chain (id int PRIMARY KEY, v int); INSERT INTO chain SELECT i, 0 FROM generate_series(0, 99) i")
        for role in ("auroratop", "floor", "pg_activity"):
            self.sql(f"CREATE ROLE mon_{role} LOGIN IN ROLE pg_monitor")

    def run(self, cmd):
        if self.root:
            cmd = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] + cmd
        subprocess.run(cmd, check=True, stdout=subprocess.DEVNULL, cwd=self.data)

    def sql(self, text):
        out = subprocess.run(["psql", "-XAtq", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-c", text],
                             check=True, stdout=subprocess.PIPE, text=True)
        return out.stdout.split()

    def uri(self, role):
        return f"postgresql://{role}@127.0.0.1:{self.port}/postgres"

    def backends(self, role):
        return [int(p) for p in self.sql(f"SELECT pid FROM pg_stat_activity WHERE usename = 'mon_{role}'")]

    def stop(self):
        self.run([f"{pg_bin()}/pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop"])
        shutil.rmtree(self.dir, ignore_errors=True)


def cpu_ns(pid):
    total = 0
    try:
        for t in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{t}/schedstat") as f:
                total += int(f.read().split()[0])
    except OSError:
        pass
    return total


def peak_kb(pid):
    with open(f"/proc/{pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmHWM"))


class Terminal:
    def __init__(self, cmd):
        self.began = time.monotonic()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
            os.environ.pop("COLORTERM", None)
            os.execvp(cmd[0], cmd)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
        self.bytes = 0
        self.text = b""

    def read(self, seconds):
        """Reads for that long; returns the time of the first byte or None."""
        first = None
        end = time.monotonic() + seconds
        while True:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                return first
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                return first
            first = first or time.monotonic()
            self.bytes += len(data)
            self.text += data

    def until(self, what, seconds):
        """Milliseconds since the start when `what` stood in the output, or None."""
        end = time.monotonic() + seconds
        while what not in self.text and time.monotonic() < end:
            self.read(0.005)
        return (time.monotonic() - self.began) * 1000 if what in self.text else None

    def key(self, key):
        """Milliseconds from a key to the last byte of its repaint (30 ms of quiet)."""
        while self.read(0.03):
            pass
        sent = last = time.monotonic()
        os.write(self.fd, key)
        while True:
            before = self.bytes
            if self.read(0.03) is None:
                return (last - sent) * 1000
            if self.bytes > before:
                last = time.monotonic() - 0.03

    def end(self):
        for sig in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.kill(self.pid, sig)
            except ProcessLookupError:
                break
            for _ in range(50):
                if os.waitpid(self.pid, os.WNOHANG)[0]:
                    os.close(self.fd)
                    return
                time.sleep(0.02)
        os.close(self.fd)


def measure(server, tool, cmd, seconds):
    t = Terminal(cmd)
    first = t.until(b"\x1b", 10)
    data = t.until(b"benchload", 15)
    t.read(3)
    backends = server.backends(tool)
    cpu, srv, sent = cpu_ns(t.pid), sum(map(cpu_ns, backends)), t.bytes
    t.read(seconds)
    out = {
        "first_ms": first or 0, "data_ms": data or 0,
        "cpu_pct": (cpu_ns(t.pid) - cpu) / seconds / 1e7,
        "server_ms": (sum(map(cpu_ns, backends)) - srv) / seconds / 1e6,
        "tty_bps": (t.bytes - sent) / seconds,
        "peak_mb": peak_kb(t.pid) / 1024,
    }
    arrows = (b"\x1bOB", b"\x1bOA") if tool == "pg_activity" else (b"j", b"k")
    out["key_ms"] = statistics.median(t.key(arrows[i % 2]) for i in range(20))
    t.end()
    return out


# name, figure, over which tool, the ratio allowed (performance targets of the project)
GATES = [
    ("client CPU over the floor", "cpu_pct", "floor", 2.5),
    ("client CPU over pg_activity", "cpu_pct", "pg_activity", 1 / 15),
    ("peak memory over the floor", "peak_mb", "floor", 2.0),
    ("peak memory over pg_activity", "peak_mb", "pg_activity", 0.5),
    ("terminal bytes over pg_activity", "tty_bps", "pg_activity", 1 / 6),
    ("server CPU over the floor", "server_ms", "floor", 1.25),
    ("first paint over a screen of text", "first_ms", "hello", 2.0),
    ("data on screen over the floor", "data_ms", "floor", 2.0),
    ("selection key over the floor", "key_ms", "floor", 3.0),
]


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--size", type=int, default=1000)
    ap.add_argument("--runs", type=int, default=3)
    ap.add_argument("--seconds", type=float, default=10)
    ap.add_argument("--binary", default=ROOT + "/build/release/src/auroratop")
    o = ap.parse_args()
    floor = tempfile.mktemp(prefix="auroratop-floor-")
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "libpq", "ncursesw"], check=True, stdout=subprocess.PIPE, text=True)
    subprocess.run(["cc", "-O2", "-o", floor, HERE + "/floor.c"] + flags.stdout.split(), check=True)
    server = Server(o.size)
    load = subprocess.Popen([floor, "load", server.uri("postgres"), str(o.size)], stdout=subprocess.PIPE, text=True)
    results = {}
    try:
        load.stdout.readline()
        tools = {"auroratop": [o.binary, "--db", server.uri("mon_auroratop")], "floor": [floor, "pg", server.uri("mon_floor")]}
        if shutil.which("pg_activity"):
            tools["pg_activity"] = ["pg_activity", "-h", "127.0.0.1", "-p", str(server.port), "-U", "mon_pg_activity", "-d",
                                    "postgres", "--refresh", "1", "--rds"]
        for _ in range(o.runs):
            for tool, cmd in tools.items():
                results.setdefault(tool, []).append(measure(server, tool, cmd, o.seconds))
            t = Terminal([floor, "hello"])
            results.setdefault("hello", []).append({"first_ms": t.until(b"\x1b", 10) or 0})
            t.end()
    finally:
        load.kill()
        server.stop()
        os.unlink(floor)
    return report(results, o)


def report(results, o):
    medians = {tool: {k: statistics.median(r[k] for r in rows) for k in rows[0]} for tool, rows in results.items()}
    print(f"{o.size} sessions, 1 s, 200x50, medians of {o.runs}")
    for tool, m in medians.items():
        print(f"  {tool:12s} " + "  ".join(f"{k} {v:.2f}" for k, v in m.items()))
    broken = 0
    for name, figure, over, limit in GATES:
        if over not in medians or not medians[over].get(figure):
            print(f"?  {name}: {over} is not here")
            continue
        ratio = medians["auroratop"][figure] / medians[over][figure]
        broken += ratio > limit
        print(f"{'✗' if ratio > limit else '✓'}  {name}: {ratio:.3f}, at most {limit:.3f}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
