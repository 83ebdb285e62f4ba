#!/usr/bin/env python3
"""Gate: the documents name only what exists."""
import re

import gate


def make_targets(root):
    return set(re.findall(r"^([a-z][\w ]*):(?!=)", gate.read(root / "Makefile"), re.M))


def check(root):
    """make targets, files and pictures that the documents mention are there."""
    targets = {name for line in make_targets(root) for name in line.split()}
    phony = re.search(r"^\.PHONY:(.*)$", gate.read(root / "Makefile"), re.M)
    targets |= set(phony.group(1).split()) if phony else set()
    for name in ("README.md", "CONTRIBUTING.md"):
        text = gate.read(root / name)
        for line, match in gate.grep(text, r"`[^`\n]*?\bmake ([a-z]+)\b|^\s*(?:\S.*&& )?make ([a-z]+)\s*$"):
            target = match.group(1) or match.group(2)
            if target not in targets:
                yield f"{name}:{line}: there is no `make {target}`"
        for line, match in gate.grep(text, r"\]\(([^)#:]+)\)"):
            if not (root / match.group(1)).exists():
                yield f"{name}:{line}: {match.group(1)} does not exist"
        for line, match in gate.grep(text, r"`((?:src|tests|scripts|themes|cmake|man)/[\w./-]+)`"):
            if "NAME" not in match.group(1) and not (root / match.group(1)).exists():
                yield f"{name}:{line}: {match.group(1)} does not exist"


if __name__ == "__main__":
    gate.run(check)
