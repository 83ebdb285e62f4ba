#!/usr/bin/env python3
"""Plants known faults, one line each, and expects a test to fail: `N of M killed`.

Each tests/mutants/*.json is a list of
    {"name": ..., "file": "src/...", "find": "text that occurs once", "replace": ..., "tests": "regex of ctest names"}
The tree is copied to build/mutants/tree and built once; its tests must pass. Then one fault at a time is put in, what
the named tests need is rebuilt, and they run. A fault that does not compile is an error of the list, not a kill.

usage: run.py [--jobs N] [--check] [NAME-REGEX]      --check: only see that every fault fits the tree
MUTANTS_DIR in the environment is used instead of build/mutants.
"""
import argparse
import ctypes
import fcntl
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORK = pathlib.Path(os.environ.get("MUTANTS_DIR", ROOT / "build" / "mutants"))
TREE, BUILD = WORK / "tree", WORK / "build"
KEYS = {"name", "file", "find", "replace", "tests"}
TEST_SECONDS = 120
PR_SET_CHILD_SUBREAPER = 36


def load():
    mutants = []
    for path in sorted((ROOT / "tests" / "mutants").glob("*.json")):
        for row in json.loads(path.read_text(encoding="utf-8")):
            mutants.append(row)
    return mutants


def list_faults(mutants):
    """What is wrong with the list itself."""
    seen = set()
    for row in mutants:
        name = row.get("name", "?")
        if set(row) != KEYS:
            yield f"{name}: keys are {sorted(row)}, expected {sorted(KEYS)}"
            continue
        if name in seen:
            yield f"{name}: listed twice"
        seen.add(name)
        path = ROOT / row["file"]
        count = path.read_text(encoding="utf-8").count(row["find"]) if path.exists() else -1
        if count != 1:
            yield f"{name}: {row['file']} " + ("does not exist" if count < 0 else f"has the text {count} times, not once")
        elif row["find"] == row["replace"]:
            yield f"{name}: changes nothing"


def copy_tree():
    shutil.rmtree(TREE, ignore_errors=True)
    ignore = shutil.ignore_patterns(".git", "build", "build-*", "__pycache__", "screenshots")
    # with new times: an object that still has the last run's last fault must not look newer than its source
    shutil.copytree(ROOT, TREE, ignore=ignore, copy_function=shutil.copy)


def run(*command, timeout=None):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout, check=False)
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired:
        return 1, "timeout"


def adopt_orphans():
    """What a broken demo leaves behind becomes our child, instead of everybody's."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_orphans():
    """Ends and reaps every child; nothing of ours runs when this is called."""
    while True:
        for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(path.read_text(encoding="utf-8", errors="replace").rsplit(")", 1)[1].split()[1])
                if parent == os.getpid():
                    os.kill(int(path.parent.name), signal.SIGKILL)
            except (OSError, ValueError):
                pass
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def lock():
    """One run at a time: they share a tree. The lock goes with the process."""
    WORK.mkdir(parents=True, exist_ok=True)
    file = open(WORK / "lock", "w", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit("another run is using " + str(WORK))
    return file


def configure():
    launcher = ["-DCMAKE_C_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
    return run("cmake", "-S", str(TREE), "-B", str(BUILD), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug",
               "-DAURORATOP_SANITIZE=address,undefined", *launcher)


def targets(tests):
    """Build targets of the tests a regex names: test_NAME for unit.NAME, everything when another kind is among them."""
    _, listing = run("ctest", "--test-dir", str(BUILD), "-N", "-R", tests)
    names = re.findall(r"Test +#\d+: (\S+)", listing)
    if any(not name.startswith("unit.") for name in names):
        return names, ["all"]
    return names, ["test_" + name[len("unit."):] for name in names]


def build(wanted, jobs):
    return run("cmake", "--build", str(BUILD), "-j", str(jobs), "--target", *wanted)


def test(tests, jobs):
    # Broken tests leave folders behind; a short path, because sockets lie below it, which others may enter.
    with tempfile.TemporaryDirectory(prefix="mt-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)
        os.environ["TMPDIR"] = folder
        try:
            return run("ctest", "--test-dir", str(BUILD), "-j", str(jobs), "-R", tests, "--timeout", str(TEST_SECONDS),
                       "--stop-on-failure")
        finally:
            del os.environ["TMPDIR"]
            end_orphans()


def attempt(row, jobs):
    """killed, survived or invalid; and what to show."""
    path = TREE / row["file"]
    original = path.read_text(encoding="utf-8")
    names, wanted = targets(row["tests"])
    if not names:
        return "invalid", f"no test matches {row['tests']}"
    path.write_text(original.replace(row["find"], row["replace"]), encoding="utf-8")
    try:
        status, told = build(wanted, jobs)
        if status:
            return "invalid", told[-2000:]
        status, told = test(row["tests"], jobs)
        return ("killed", "") if status else ("survived", "")
    finally:
        path.write_text(original, encoding="utf-8")


def baseline(mutants, jobs):
    tests = "|".join(sorted({f"({row['tests']})" for row in mutants}))
    status, told = configure()
    if not status:
        status, told = build(targets(tests)[1] or ["all"], jobs)
    if not status:
        status, told = test(tests, jobs)
    if status:
        print(told[-4000:])
        print("the tests do not pass without a fault")
    return status == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("only", nargs="?", default="")
    args = parser.parse_args()
    mutants = load()
    faults = list(list_faults(mutants))
    if faults or args.check:
        print("\n".join(faults) or f"{len(mutants)} faults fit the tree")
        return 1 if faults else 0
    mutants = [row for row in mutants if re.search(args.only, row["name"])]
    if not mutants:
        print("0 of 0 killed")
        return 1
    held = lock()
    adopt_orphans()
    copy_tree()
    if not baseline(mutants, args.jobs):
        return 1
    counts = {"killed": 0, "survived": 0, "invalid": 0}
    for row in mutants:
        outcome, told = attempt(row, args.jobs)
        counts[outcome] += 1
        print(f"{outcome:9}{row['name']}{': ' + told if told else ''}", flush=True)
    held.close()
    print(f"{counts['killed']} of {len(mutants)} killed")
    return 0 if counts["killed"] == len(mutants) else 1


if __name__ == "__main__":
    sys.exit(main())
