#!/usr/bin/env python3
"""The thread that draws and reads keys never waits for a server, a name or a disk: a live session is traced.

    ui_thread_test.py AURORATOP

The demo runs headless; the console runs on it under strace, every view is opened and keys are pressed. Then the trace of
its first thread is read: from the first picture to the last it may poll, read keys and write the screen, and nothing
else that waits for a peer, a name or a disk. Locks that it shares with the lanes are held for assignments only; how often
one was taken just then is printed. Exit status 77 where tracing is not allowed or there is no PostgreSQL.
"""
import fcntl
import os
import pty
import re
import select
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

SKIP, READY_WITHIN, SETTLE = 77, 90, 1.5
# What waits for a peer, a name or a disk.
FORBIDDEN = {"connect", "sendto", "sendmsg", "sendmmsg", "recvfrom", "recvmsg", "recvmmsg", "accept", "accept4", "fsync",
             "fdatasync", "sync_file_range", "nanosleep", "clock_nanosleep", "wait4", "waitid"}
TRACED = sorted(FORBIDDEN | {"futex", "write", "poll", "ppoll", "execve", "exit_group"})
KEYS = ["1", "2", "m", "T", "d", "\x1b", "3", "j", "o", "4", "t", "\x1b[D", "5", "m", "e", "\x1b", "6", "7", "8", "9", "d", "\x1b", "/x\r",
        "\x1b", "2", "\r", "\x1b", ":clusters\r", "\x1b", ":diag\r", "\x1b", "?", "\x1b", "r", "1", " ", " "]
CALL = re.compile(r"^(\d+)\s+(?:<\.\.\. (\w+) resumed>|(\w+)\()(.*)$")


def tracing_works():
    if not shutil.which("strace"):
        return False
    return subprocess.run(["strace", "-o", "/dev/null", "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0


def demo_environment(demo):
    env = {}
    end = time.monotonic() + READY_WITHIN
    for line in demo.stdout:
        if line == "ready\n":
            return env
        if line.startswith("export "):
            name, _, value = line[len("export "):].partition("=")
            env[name] = shlex.split(value)[0]
        if time.monotonic() > end:
            break
    raise SystemExit("the demo does not start")


def read_for(fd, seconds):
    end, got = time.monotonic() + seconds, b""
    while (left := end - time.monotonic()) > 0:
        if select.select([fd], [], [], left)[0]:
            try:
                got += os.read(fd, 65536)
            except OSError:
                break
    return got


def wait_for(fd, text, seconds):
    got, end = b"", time.monotonic() + seconds
    while text not in got:
        if time.monotonic() > end:
            raise SystemExit(f"the console does not show {text}")
        got += read_for(fd, 0.2)


def trace(program, env, path):
    main, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 48, 160, 0, 0))
    console = subprocess.Popen(["strace", "-f", "-q", "-s", "24", "-e", "trace=" + ",".join(TRACED), "-o", path, program],
                               stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True)
    os.close(slave)
    wait_for(main, b"live", READY_WITHIN)
    for key in KEYS:
        os.write(main, key.encode())
        read_for(main, SETTLE if key in "123456789" else 0.4)
    os.write(main, b"q")
    read_for(main, 1)
    status = console.wait(30)
    os.close(main)
    return status


def first_thread(path):
    """The calls of the program's first thread from its first picture to its last one."""
    calls, thread = [], None
    with open(path, encoding="utf-8", errors="replace") as f:
        for line in f:
            m = CALL.match(line)
            if not m:
                continue
            thread = thread or m[1]
            if m[1] == thread and m[3]:
                calls.append((m[3], line.rstrip()))
    pictures = [i for i, (name, line) in enumerate(calls) if name == "write" and "\\33[?2026" in line]
    return calls[pictures[0]:pictures[-1] + 1] if pictures else []


def main():
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    if not tracing_works() or not os.path.isdir("/usr/lib/postgresql"):
        print("skipped: no strace that may trace, or no PostgreSQL")
        return SKIP
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        base = {"PATH": "/usr/bin:/bin", "HOME": folder, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color", "AWS_EC2_METADATA_DISABLED": "true",
                "NO_PROXY": "127.0.0.1"}
        demo = subprocess.Popen([program, "demo", "--headless"], stdout=subprocess.PIPE, text=True,
                                env=base | {"TMPDIR": os.environ.get("TMPDIR", "/tmp")})
        try:
            # a leak checker traces, too, and two cannot
            env = base | demo_environment(demo) | {"ASAN_OPTIONS": "detect_leaks=0"}
            path = os.path.join(folder, "trace")
            status = trace(program, env, path)
            calls = first_thread(path)
        finally:
            demo.send_signal(signal.SIGTERM)
            demo.wait()
    bad = [line for name, line in calls if name in FORBIDDEN]
    contended = sum(name == "futex" and "FUTEX_WAIT" in line for name, line in calls)
    seen = {name for name, _ in calls}
    print(f"{len(calls)} calls of the first thread: {', '.join(sorted(seen))}; {len(bad)} of them can wait for somebody, "
          f"{contended} found a lock taken")
    print("\n".join(bad[:20]))
    if status != 0 or len(calls) < 200 or "write" not in seen:
        print(f"the session was not what it should have been: status {status}")
        return 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
