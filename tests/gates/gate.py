"""What the gates share: the tree's files, C text without comments and strings, and how faults are told."""
import argparse
import pathlib
import re
import sys

SKIPPED_FOLDERS = {".git", "build", "__pycache__"}
# A comment, a string or a character constant; the longest match at each place.
LITERAL = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def files(root, *suffixes):
    """Every file below root with one of the suffixes (all without), sorted, build folders left out."""
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if any(p in SKIPPED_FOLDERS or p.startswith("build-") for p in parts):
            continue
        if path.is_file() and (not suffixes or path.suffix in suffixes):
            yield path


def read(path):
    return path.read_text(encoding="utf-8")


def code_only(text, keep_strings=False):
    """The text with comments (and strings) blanked, line numbers kept."""

    def blank(match):
        found = match.group(0)
        if keep_strings and found[0] in "\"'":
            return found
        return re.sub(r"[^\n]", " ", found)

    return LITERAL.sub(blank, text)


def grep(text, pattern):
    """(line number, match) of every match."""
    for match in re.finditer(pattern, text, re.M):
        yield text.count("\n", 0, match.start()) + 1, match


def run(check):
    """Command line of a gate: --root DIR and what check.__doc__ says; exits 1 and lists the faults when there are any."""
    parser = argparse.ArgumentParser(description=check.__doc__)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    args = parser.parse_args()
    faults = list(check(args.root.resolve()))
    for fault in faults:
        print(fault)
    print(f"{len(faults)} faults" if faults else "no faults")
    sys.exit(1 if faults else 0)
