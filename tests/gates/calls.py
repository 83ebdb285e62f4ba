#!/usr/bin/env python3
"""Gate: calls that belong in one place."""
import gate

# (what, pattern, folders it is looked for in, files below src/ where it may stand)
RULES = [
    ("exit() is main.c's alone", r"(?<![\w.>])exit\s*\(", ["src"], {"main.c"}),
    ("core never prints", r"\b(?:v?printf|puts|putchar|perror)\s*\(|\bstdout\b", ["src/core"], set()),
    ("core never prints", r"\bstderr\b", ["src/core"], {"core/base/check.c", "core/base/xalloc.c"}),
    (
        "threads are made in runtime/, db/resolve.c and aws/cred_cache.c",
        r"\bpthread_create\s*\(|\bthrd_create\s*\(",
        ["src"],
        {"core/db/resolve.c", "core/aws/cred_cache.c"},
    ),
    ("no case over fields", r"\bcase\s+(?:F|FIELD|COL|COLUMN)_\w+\s*:", ["src"], set()),
    ("no case over fields", r"\bcase\s+offsetof\b|\bswitch\s*\([^)]*(?:->|\.)(?:offset|wire)\b", ["src"], set()),
    ("no choice by a field's name in generic code", r"\bf(?:ield)?->name\s*,\s*\"", ["src/core/model", "src/ui/widgets"], set()),
    ("only LC_CTYPE is set", r"\bsetlocale\s*\((?!\s*LC_CTYPE\b)", ["src"], set()),
    ("setenv happens in one place, before any thread", r"\b(?:un)?setenv\s*\(", ["src"], {"ui/term_curses.c", "main.c"}),
    ("system() runs a shell", r"(?<![\w.>])system\s*\(", ["src"], set()),
    ("colours and escapes are term_curses.c's", r"\bCOLOR_(?:BLACK|RED|GREEN|YELLOW|BLUE|MAGENTA|CYAN|WHITE)\b", ["src/ui"], {"ui/term_curses.c"}),
]
THREADS_OK = "core/runtime/"


def allowed(name, places, what):
    return name in places or (what.startswith("threads") and name.startswith(THREADS_OK))


def check(root):
    """Forbidden calls, by place."""
    for what, pattern, folders, places in RULES:
        for folder in folders:
            for path in gate.files(root / folder, ".c", ".h"):
                name = path.relative_to(root / "src").as_posix()
                if allowed(name, places, what):
                    continue
                text = gate.code_only(gate.read(path), keep_strings='"' in pattern)
                for line, match in gate.grep(text, pattern):
                    yield f"src/{name}:{line}: {what}: {match.group(0).strip()}"


if __name__ == "__main__":
    gate.run(check)
