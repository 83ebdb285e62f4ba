#!/usr/bin/python3
"""The README's two commands on a bare Debian 12, as root and as a user who may use sudo.

usage: bare_test.py [--mirror URL] [--skip-test] [--keep]
Needs root, debootstrap, tmux and a Debian mirror; not part of `make test`. A minimal bookworm is made in a temporary folder, the
tree's committed state is unpacked there, and the commands are typed in a terminal of 160x48. It must be seen that the packages
are named, that no database cluster is made on the machine, that five panes stand and move, that q ends all, that
nothing is left, and that every test passes. Everything runs in PID and mount namespaces of its own, so that nothing outlives it.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PANES = ("Cluster", "Load", "2 Activity", "8 Network", "6 Storage", "7 Backups")
USER = "oncall"
ENTER = """
r=$1; shift
mount --make-rprivate / && mount -t proc proc "$r/proc" && mount --rbind /dev "$r/dev" && mount -t sysfs -o ro sysfs "$r/sys" || exit 9
exec chroot "$r" /usr/bin/env -i TERM=xterm-256color PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
"""
# After the console: what runs in this namespace, what lies in /tmp, which clusters Debian knows.
LEFT = ('for i in 1 2 3 4 5 6 7 8 9 10; do ls /tmp | grep -q auroratop || break; sleep 1; done; '
        'echo "LEFT $(cat /proc/[0-9]*/comm | grep -c "postgres\\|auroratop") processes, $(ls -A /tmp | wc -l) files, '
        '$(pg_lsclusters -h | wc -l) clusters"')


def run(*args, **how):
    return subprocess.run([str(a) for a in args], check=True, text=True, **how)


class Bare:
    def __init__(self, mirror):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bare-"))
        self.root = self.folder / "debian"
        self.socket = f"bare-{os.getpid()}"
        run("debootstrap", "--variant=minbase", "bookworm", self.root, mirror, stdout=subprocess.DEVNULL)
        for name in ("resolv.conf", "hosts"):
            shutil.copy(f"/etc/{name}", self.root / "etc" / name)
        umount(self.root)

    def command(self, *words):
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", ENTER, "sh", str(self.root), *words]

    def sh(self, script):
        return subprocess.run(self.command("sh", "-c", script), text=True, capture_output=True, check=True).stdout

    def unpack(self, where):
        target = self.root / where
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        archive = subprocess.run(["git", "-C", str(ROOT), "archive", "HEAD"], capture_output=True, check=True).stdout
        subprocess.run(["tar", "-x", "-C", str(target)], input=archive, check=True)

    def tmux(self, *words):
        return subprocess.run(["tmux", "-L", self.socket, "-f", "/dev/null", *words], text=True, capture_output=True, check=False).stdout

    def screen(self):
        return self.tmux("capture-pane", "-p", "-S", "-3000", "-t", "t")

    def until(self, what, probe, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = probe(self.screen())
            if found:
                return found
            time.sleep(0.5)
        raise AssertionError(f"{what}: not seen; the screen was\n{self.screen()[-6000:]}")

    def session(self, words):
        self.tmux("new-session", "-d", "-s", "t", "-x", "160", "-y", "48",
                  " ".join(map(quote, self.command(*words))))

    def demo(self, words):
        """Types the first command; returns when nothing of it is left."""
        self.session(words)
        clock = self.until("five panes", clock_when_complete, 1200)
        self.until("a moving clock", lambda s: clock_when_complete(s) not in (None, clock), 30)
        self.tmux("send-keys", "-t", "t", "q")
        left = self.until("the end", lambda s: re.search(r"^LEFT .*$", s, re.M), 60).group(0)
        assert left == "LEFT 0 processes, 0 files, 0 clusters", left
        assert re.search(r"^EXIT 0$", self.screen(), re.M), self.screen()
        said = re.sub(r"\n", "", self.screen())
        self.tmux("kill-server")
        return said

    def close(self):
        self.tmux("kill-server")
        umount(self.root)
        shutil.rmtree(self.folder)


def quote(word):
    return "'" + word.replace("'", "'\\''") + "'"


def umount(root):
    """debootstrap leaves its mounts; a folder with one must never be removed."""
    for line in reversed(pathlib.Path("/proc/mounts").read_text(encoding="utf-8").splitlines()):
        if line.split()[1].startswith(str(root) + "/"):
            run("umount", line.split()[1])


def clock_when_complete(screen):
    """The console's clock when all panes stand and none waits, else None."""
    lines = screen.splitlines()[-48:]
    text = "\n".join(lines)
    clock = re.search(r"\d\d:\d\d:\d\dZ", lines[0]) if lines else None
    standing = all(re.search(r"[-─═=] " + re.escape(pane), text) for pane in PANES)
    return clock.group(0) if clock and standing and "connecting" not in text and "prod-orders" in lines[0] else None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirror", default="http://deb.debian.org/debian")
    parser.add_argument("--skip-test", action="store_true", help="only the first command")
    parser.add_argument("--keep", action="store_true", help="leave the folder for a look")
    args = parser.parse_args()
    bare = Bare(args.mirror)
    try:
        bare.unpack("usr/src/auroratop")
        said = bare.demo(["bash", "-c", "cd /usr/src/auroratop; apt-get install -y make && make demo; echo EXIT $?; " + LEFT + "; sleep 60"])
        assert "deps: installing with apt-get:" in said and "create_main_cluster = false" in said, said
        print("make demo as root: five panes live, nothing left, no cluster made")
        bare.sh(f"apt-get install -y sudo; useradd -m -s /bin/bash {USER}; echo '{USER} ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/{USER}; "
                "apt-get purge -y ninja-build make")
        bare.unpack(f"home/{USER}/auroratop")
        bare.sh(f"chown -R {USER}: ~{USER}")
        said = bare.demo(["bash", "-c", f"su - {USER} -c " + quote(
            "cd auroratop; export LANG=C.UTF-8; sudo apt-get install -y make && make demo; echo EXIT $?") + "; " + LEFT + "; sleep 60"])
        assert "deps: installing with apt-get: ninja-build" in said, said
        print("make demo as a user with sudo: the same")
        if not args.skip_test:
            done = subprocess.run(bare.command("su", "-", USER, "-c", "cd auroratop && make test"), text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            print(done.stdout[-1500:])
            assert done.returncode == 0, "make test fails"
            assert bare.sh("pg_lsclusters -h") == "" and "auroratop" not in bare.sh("ls -A /tmp"), "something is left"
            print("make test as a user with sudo: passed")
    finally:
        if args.keep:
            umount(bare.root)
            print("left in", bare.folder)
        else:
            bare.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
