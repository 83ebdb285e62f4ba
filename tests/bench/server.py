"""A throw-away PostgreSQL with many sessions, and what one role costs it."""
import os
import re
import select
import shutil
import socket
import subprocess
import tempfile
import threading

import terminal

HOST = "127.0.0.2"  # not the address the client has: to tools that look, the server is remote, as Aurora is
SCAN = re.compile(r"pg_stat_get_activity\s*\(\s*NULL|pg_stat_activity|pg_stat_get_activity\s*\(\s*\$", re.I)

STAGED = re.compile(r"pg_stat_get_backend_idset", re.I)  # of a statement without a scan: a refresh all the same


def pg_bin():
    base = "/usr/lib/postgresql"
    majors = sorted((int(m) for m in os.listdir(base) if m.isdigit()), reverse=True)
    return f"{base}/{majors[0]}/bin"


def free_port():
    with socket.socket() as s:
        s.bind((HOST, 0))
        return s.getsockname()[1]


class Server:
    """Trusts its own socket and loopback. One role for each tool, so that their costs are told apart."""

    def __init__(self, sessions_max, roles, floor):
        self.floor, self.load_processes = floor, []
        self.dir = tempfile.mkdtemp(prefix="auroratop-bench-")
        os.chmod(self.dir, 0o755)
        self.port, self.data = free_port(), self.dir + "/data"
        os.mkdir(self.data)
        self.root = os.geteuid() == 0
        if self.root:
            shutil.chown(self.data, "postgres", "postgres")
        self.run(f"{pg_bin()}/initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        with open(self.data + "/postgresql.conf", "a") as f:
            f.write(f"port={self.port}\nlisten_addresses='127.0.0.1,{HOST}'\nunix_socket_directories='{self.data}'\n"
                    f"max_connections={sessions_max + 100}\nfsync=off\nautovacuum=off\ntrack_activity_query_size=4096\n"
                    "shared_buffers=256MB\nmax_wal_size=8GB\ncheckpoint_timeout=1h\n"
                    "shared_preload_libraries='pg_stat_statements'\ncompute_query_id=on\npg_stat_statements.max=10000\n")
        self.run(f"{pg_bin()}/pg_ctl", "-D", self.data, "-l", self.data + "/log", "-w", "start")
        self.psql = subprocess.Popen(["psql", "-XqAtF", "\t", "-v", "ON_ERROR_STOP=1", "-h", HOST, "-p", str(self.port), "-U",
                                      "postgres"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.sql("SET client_min_messages = error")
        self.sql("CREATE EXTENSION pg_stat_statements; CREATE TABLE chain (id int PRIMARY KEY, v int);"
                 "INSERT INTO chain SELECT i, 0 FROM generate_series(0, 99) i")
        for role in roles:
            self.sql(f"CREATE ROLE mon_{role} LOGIN IN ROLE pg_monitor")
        self.run(f"{pg_bin()}/pgbench", "-h", HOST, "-p", str(self.port), "-U", "postgres", "-q", "-i", "-s", "8", "postgres",
                 stderr=subprocess.DEVNULL)

    def run(self, *cmd, **how):
        """As postgres where root cannot, with priority, which every server process inherits."""
        user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if self.root else []
        subprocess.run(user + list(cmd), check=True, stdout=subprocess.DEVNULL, cwd=self.data, preexec_fn=terminal.favour, **how)

    def sql(self, text):
        self.psql.stdin.write(text + ";\n\\echo <<end>>\n")
        self.psql.stdin.flush()
        rows = []
        for line in self.psql.stdout:
            if line == "<<end>>\n":
                return rows
            rows.append(line.rstrip("\n").split("\t"))
        raise SystemExit("bench: the observing psql ended")

    def uri(self, role, port=None):
        return f"postgresql://{role}@{HOST}:{port or self.port}/postgres"

    # ---- load

    def load(self, size, kind="mixed"):
        """`size` sessions of a kind that floor.c knows; eight of them run transactions, 50 a second in all."""
        self.unload()
        p = subprocess.Popen([self.floor, "load", self.uri("postgres"), str(size - 8), kind], stdout=subprocess.PIPE, text=True,
                             preexec_fn=terminal.favour)
        self.load_processes.append(p)
        if p.stdout.readline() != "ready\n":
            raise SystemExit("bench: the load did not start")
        self.load_processes.append(subprocess.Popen(
            [f"{pg_bin()}/pgbench", "-n", "-h", HOST, "-p", str(self.port), "-U", "postgres", "-c", "8", "-R", "50", "-T", "86400",
             "postgres"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def remember_statements(self, n):
        """At least n different statements in pg_stat_statements."""
        shapes = 25
        for i in range(n // shapes + 1):
            self.sql(f"CREATE TABLE IF NOT EXISTS shape_{i} (v int)")
            for k in range(shapes):
                self.sql(f"SELECT count(*) AS n FROM shape_{i} WHERE {' + '.join(['v'] * (k + 1))} > 0")
        if int(self.sql("SELECT count(*) FROM pg_stat_statements")[0][0]) < n:
            raise SystemExit("bench: the statements were not remembered")

    def unload(self):
        for p in self.load_processes:
            p.kill()
            p.wait()
        if self.load_processes:
            self.sql("SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity "
                     "WHERE application_name IN ('benchload', 'pgbench')")
        self.load_processes = []

    # ---- cost

    def backends(self, role):
        return {int(r[0]): r[1] for r in self.sql(
            f"SELECT pid, application_name FROM pg_stat_activity WHERE usename = 'mon_{role}'")}

    def begin(self, role):
        self.sql(f"SELECT pg_stat_statements_reset('mon_{role}'::regrole::oid, 0, 0)")
        return {pid: terminal.cpu_ns(pid) for pid in self.backends(role)}

    def finish(self, role, before):
        """Since begin(): CPU and execution time in ms, refreshes, scans of pg_stat_activity, other commands, new backends."""
        after = {pid: terminal.cpu_ns(pid) for pid in self.backends(role)}
        rows = self.sql("SELECT calls, total_exec_time + total_plan_time, regexp_replace(query, E'[\\n\\t]', ' ', 'g') "
                        f"FROM pg_stat_statements WHERE userid = 'mon_{role}'::regrole::oid")
        scanning = [(int(calls), len(SCAN.findall(text))) for calls, _, text in rows if SCAN.search(text)]
        staged = sum(int(calls) for calls, _, text in rows if STAGED.search(text) and not SCAN.search(text))
        refreshes = max([calls for calls, _ in scanning], default=0) + staged
        return {
            "refreshes": refreshes,
            "scans": sum(calls * n for calls, n in scanning),
            "cpu_ms": sum(ns - before.get(pid, 0) for pid, ns in after.items()) / 1e6,
            "exec_ms": sum(float(ms) for _, ms, _ in rows),
            "other": [text for _, _, text in rows if not re.match(r"\s*(SELECT|WITH|SET|SHOW)\b", text, re.I)],
            "reconnects": len(set(before) ^ set(after)),
        }

    def stop(self):
        self.unload()
        self.psql.stdin.close()
        self.psql.wait()
        self.run(f"{pg_bin()}/pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.dir, ignore_errors=True)


class Relay:
    """Stands between a client and the server and counts how often the client asked and was answered."""

    def __init__(self, server):
        self.server, self.asks, self.listener = server, 0, socket.create_server((HOST, 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.pass_on, args=(client,), daemon=True).start()

    def pass_on(self, client):
        server = socket.create_connection((HOST, self.server.port))
        asked = False
        with client, server:
            while True:
                for end in select.select([client, server], [], [])[0]:
                    data = end.recv(65536)
                    if not data:
                        return
                    self.asks += end is server and asked
                    asked = end is client
                    (server if end is client else client).sendall(data)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
