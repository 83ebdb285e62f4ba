#!/usr/bin/env python3
"""Gate: files and functions stay small."""
import subprocess

import gate

SOURCE_LINES, HEADER_LINES = 1000, 250
FUNCTION_LINES, COMPLEXITY = 100, 15


def long_files(root, folder):
    for path in gate.files(root / folder, ".c", ".h"):
        limit = HEADER_LINES if path.suffix == ".h" else SOURCE_LINES
        lines = gate.read(path).count("\n")
        if lines > limit:
            yield f"{path.relative_to(root)}: {lines} lines, the limit is {limit}"


def large_functions(root, folder):
    sources = [str(p.relative_to(root)) for p in gate.files(root / folder, ".c")]
    if not sources:
        return
    done = subprocess.run(["pmccabe", *sources], cwd=root, capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        modified, _, _, _, lines, place = line.split("\t")[:6]
        if int(modified) > COMPLEXITY:
            yield f"{place}: complexity {modified}, the limit is {COMPLEXITY}"
        if int(lines) > FUNCTION_LINES:
            yield f"{place}: {lines} lines, the limit is {FUNCTION_LINES}"


def check(root):
    """Lines of files, lines and modified cyclomatic complexity of functions (pmccabe)."""
    for folder in ("src", "tests"):
        yield from long_files(root, folder)
        yield from large_functions(root, folder)


if __name__ == "__main__":
    gate.run(check)
