#!/usr/bin/env python3
"""Gate: what no file of the project may say, and how lines end."""
import re

import gate

# Spelt in pieces, so that this file does not name them.
MARKERS = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX|HA" + r"CK|not " + r"implemented|place" + r"holder)\b")
MACHINE = re.compile(r"(?<![\w.}/-])/(?:wo" + r"rk|ro" + r"ot|ho" + r"me|mn" + r"t)/\w")
BINARY = {".png", ".gz", ".bin", ".ttf"}
# Data is kept as it was captured; golden screens end lines where the screen does.
AS_IT_IS = ("tests/data/", "tests/golden/", "tests/fuzz/corpus/", "tests/sim/data/", "LICENSE")


def faults_of(name, text):
    for number, line in enumerate(text.split("\n"), 1):
        marker = MARKERS.search(line) or MACHINE.search(line)
        if marker:
            yield f"{name}:{number}: says {marker.group(0)!r}"
        if name.startswith(AS_IT_IS):
            continue
        if line.endswith((" ", "\t", "\r")):
            yield f"{name}:{number}: blank at the end of the line"
    if text and not text.endswith("\n") and not name.startswith(AS_IT_IS):
        yield f"{name}: no newline at the end"


def check(root):
    """No leftover markers, no paths of one machine, tidy line ends, UTF-8."""
    for path in gate.files(root):
        name = path.relative_to(root).as_posix()
        if path.suffix in BINARY or name.startswith(("tests/data/", "tests/fuzz/corpus/")):
            continue
        try:
            yield from faults_of(name, gate.read(path))
        except UnicodeDecodeError:
            yield f"{name}: not UTF-8"


if __name__ == "__main__":
    gate.run(check)
