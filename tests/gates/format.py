#!/usr/bin/env python3
"""Gate: clang-format 14 has nothing to change; shellcheck has nothing to say."""
import subprocess

import gate


def check(root):
    """Formatting of C files, shellcheck of scripts."""
    sources = [str(p.relative_to(root)) for folder in ("src", "tests") for p in gate.files(root / folder, ".c", ".h")]
    if sources:
        command = ["clang-format-14", "--dry-run", "-Werror", "--ferror-limit=1", *sources]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        if done.returncode:
            told = [line for line in done.stderr.splitlines() if ": error: " in line]
            yield from told or [done.stderr]
    scripts = [str(p.relative_to(root)) for p in gate.files(root) if is_shell(p)]
    if scripts:
        done = subprocess.run(["shellcheck", "-f", "gcc", *scripts], cwd=root, capture_output=True, text=True, check=False)
        yield from done.stdout.splitlines()


def is_shell(path):
    with path.open("rb") as file:
        first = file.readline(64)
    return first.startswith(b"#!") and b"sh" in first.split(b"/")[-1].split()[-1][-4:]


if __name__ == "__main__":
    gate.run(check)
