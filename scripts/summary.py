#!/usr/bin/env python3
"""Adds up builds.txt and the JUnit files of a results folder, and closes with `N passed, N failed`.

A skip is a ctest skip, a skipped case inside a cmocka or unittest run, or a line `SKIP: why`. With CI=true every skip
counts as a failure unless the file of allowed ones names the test. Exit status 0 when nothing failed.
"""
import os
import pathlib
import re
import sys
import xml.etree.ElementTree as xml

SKIPPED_INSIDE = re.compile(r"^\[  SKIPPED \] \d+ test|^(?:OK|FAILED) \(.*skipped=\d+|^SKIP: ", re.M)


def allowed_skips(path):
    lines = pathlib.Path(path).read_text(encoding="utf-8").splitlines()
    return {line.split(None, 1)[0] for line in lines if line.strip() and not line.startswith("#")}


def builds(folder):
    path = folder / "builds.txt"
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        name, outcome = line.split()
        yield name, outcome


def cases(path):
    """(name, passed|failed|skipped) of each test of one ctest run."""
    for case in xml.parse(path).getroot().iter("testcase"):
        name = f"{path.stem}:{case.get('name')}"
        output = case.findtext("system-out") or ""
        if case.find("failure") is not None or case.get("status") == "fail":
            yield name, "failed"
        elif case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
            yield name, "skipped"
        else:
            yield name, "skipped" if SKIPPED_INSIDE.search(output) else "passed"


def main():
    folder, skips = pathlib.Path(sys.argv[1]), allowed_skips(sys.argv[2])
    strict = os.environ.get("CI", "") not in ("", "0", "false")
    outcomes = list(builds(folder))
    runs = sorted(folder.glob("*.xml"))
    for path in runs:
        found = list(cases(path))
        outcomes += found or [(f"{path.stem}:no tests ran", "failed")]
    passed = [name for name, outcome in outcomes if outcome == "passed"]
    failed = [name for name, outcome in outcomes if outcome == "failed"]
    skipped = [name for name, outcome in outcomes if outcome == "skipped"]
    excused = [name for name in skipped if name.split(":", 1)[-1] in skips]
    if strict:
        failed += [f"{name} (skipped)" for name in skipped if name not in excused]
    if not runs:
        failed.append("no test ran")
    for name in failed:
        print(f"FAILED   {name}")
    for name in skipped:
        print(f"skipped  {name}{' (allowed)' if name in excused else ''}")
    line = f"{len(passed)} passed, {len(failed)} failed"
    (folder / "summary.txt").write_text(line + "\n", encoding="utf-8")
    print(line)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
