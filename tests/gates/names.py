#!/usr/bin/env python3
"""Gate: public names are pinned. Compares `auroratop fields` and `--help` with what is written down.

usage: names.py fields BINARY [--update]   every source, field, kind and unit equals tests/gates/fields.txt
       names.py options BINARY MANUAL      every option of --help is in the manual, and the other way round
Scripts and other people's checks rely on these names; a change here is a change for them.
"""
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PINNED = ROOT / "tests" / "gates" / "fields.txt"
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")


def output(binary, *args):
    return subprocess.run([binary, *args], capture_output=True, text=True, check=True, timeout=60).stdout


def rows(value, path=()):
    """`source.field kind unit` lines, whatever the nesting of the JSON."""
    if isinstance(value, dict) and "name" in value and "kind" in value:
        yield ".".join([*path, value["name"]]) + f" {value['kind']} {value.get('unit') or '-'}"
    elif isinstance(value, dict):
        inner = path + ((value["name"],) if isinstance(value.get("name"), str) else ())
        for key, item in value.items():
            if isinstance(item, (dict, list)):
                yield from rows(item, inner if isinstance(value.get("name"), str) or key in ("sources", "fields") else inner + (key,))
    elif isinstance(value, list):
        for item in value:
            yield from rows(item, path)


def fields(binary, update):
    found = sorted(rows(json.loads(output(binary, "fields", "--format", "json"))))
    if update:
        PINNED.write_text("\n".join(found) + "\n", encoding="utf-8")
        return [] if found else ["`auroratop fields` names no field"]
    pinned = PINNED.read_text(encoding="utf-8").split("\n")[:-1] if PINNED.exists() else []
    faults = [f"gone or changed: {line}" for line in pinned if line not in set(found)]
    faults += [f"new, not pinned (names.py fields BINARY --update): {line}" for line in found if line not in set(pinned)]
    return faults or ([] if found else ["`auroratop fields` names no field"])


def options(binary, manual):
    helped = set(OPTION.findall(output(binary, "--help")))
    written = set(OPTION.findall(pathlib.Path(manual).read_text(encoding="utf-8").replace("\\", "")))
    faults = [f"{name} is in --help, not in the manual" for name in sorted(helped - written)]
    faults += [f"{name} is in the manual, not in --help" for name in sorted(written - helped)]
    return faults or ([] if helped else ["--help names no option"])


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in ("fields", "options"):
        print(__doc__)
        return 2
    faults = fields(sys.argv[2], "--update" in sys.argv) if sys.argv[1] == "fields" else options(*sys.argv[2:4])
    print("\n".join(faults) or "no faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
