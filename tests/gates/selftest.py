#!/usr/bin/env python3
"""Every gate can fail: each is given a small tree with one fault in it, and the same tree without."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
CLEAN = {
    "Makefile": ".PHONY: demo\ndemo:\n\techo\n",
    "README.md": "`make demo`\n",
    "CONTRIBUTING.md": "`src/main.c`\n",
    "src/main.c": '#include "ui/a.h"\n\nint main(void)\n{\n\texit(0);\n}\n',
    "src/ui/a.h": '#include "model/b.h"\n',
    "src/ui/term_curses.c": "#include <curses.h>\n",
    "src/core/model/b.h": '#include "base/c.h"\n',
    "src/core/base/c.h": "/* never printf(\"x\") */\n",
    "src/core/runtime/lane.c": "static void start(void)\n{\n\tpthread_create(0, 0, 0, 0);\n}\n",
    ".clang-format": (HERE.parents[1] / ".clang-format").read_text(encoding="utf-8"),
}
BODY = "static int f(int a)\n{\n%s\treturn a;\n}\n"
FAULTS = {
    "layers.py": {
        "upwards": ("src/core/base/x.h", '#include "model/b.h"\n'),
        "ui to db": ("src/ui/x.c", '#include "db/conn.h"\n'),
        "curses": ("src/ui/x.c", "#include <ncursesw/curses.h>\n"),
        "curl": ("src/core/db/x.c", "#include <curl/curl.h>\n"),
        "unknown layer": ("src/core/misc/x.h", "\n"),
        "no layer": ("src/core/base/x.c", '#include "c.h"\n'),
    },
    "sizes.py": {
        "long header": ("src/core/base/x.h", "\n" * 251),
        "long source": ("src/core/base/x.c", "\n" * 1001),
        "long function": ("src/core/base/x.c", BODY % ("\ta++;\n" * 100)),
        "complex function": ("src/core/base/x.c", BODY % ("\tif (a)\n\t\ta++;\n" * 15)),
    },
    "calls.py": {
        "exit": ("src/ui/x.c", BODY % "\texit(1);\n"),
        "printf": ("src/core/base/x.c", BODY % '\tprintf("x");\n'),
        "stdout": ("src/core/base/x.c", BODY % '\tfputs("x", stdout);\n'),
        "thread": ("src/core/aws/x.c", BODY % "\tpthread_create(0, 0, 0, 0);\n"),
        "field case": ("src/core/model/x.c", BODY % "\tswitch (a) {\n\tcase COLUMN_PID:\n\t\ta++;\n\t}\n"),
        "field name": ("src/core/model/x.c", BODY % '\tif (str_eq_c(f->name, "pid"))\n\t\ta++;\n'),
        "locale": ("src/ui/x.c", BODY % '\tsetlocale(LC_ALL, "");\n'),
        "setenv": ("src/core/aws/x.c", BODY % '\tsetenv("A", "b", 1);\n'),
        "colour": ("src/ui/x.c", BODY % "\ta = COLOR_RED;\n"),
    },
    "sql.py": {
        "heading": ("src/core/db/sql/x.sql", "-- Needs: nothing.\nSELECT 1\n"),
        "writing": ("src/core/db/sql/x.sql", "-- Needs: nothing. Serves all.\nDELETE FROM t\n"),
        "aurora": ("src/core/db/sql/x.sql", "-- Needs: nothing. Serves all.\nSELECT pg_current_wal_lsn()\n"),
        "signal": ("src/core/db/sql/x.sql", "-- Needs: nothing. Serves all.\nSELECT pg_terminate_backend(1)\n"),
        "two": ("src/core/db/sql/x.sql", "-- Needs: nothing. Serves all.\nSELECT 1; SELECT 2\n"),
    },
    "text.py": {
        "marker": ("src/core/base/x.c", "/* TO" + "DO */\n"),
        "path": ("scripts/x.sh", "cd /ho" + "me/me\n"),
        "blank": ("src/core/base/x.c", "int a; \n"),
        "last line": ("src/core/base/x.c", "int a;"),
    },
    "format.py": {
        "indent": ("src/core/base/x.c", "int  a;\n"),
        "shell": ("scripts/x.sh", "#!/bin/sh\nrm -r $1\n"),
    },
    "docs.py": {
        "target": ("README.md", "`make nothing`\n"),
        "picture": ("README.md", "![x](screenshots/none.png)\n"),
        "file": ("CONTRIBUTING.md", "`src/none.c`\n"),
    },
}


def faults(gate_name, extra=None):
    with tempfile.TemporaryDirectory(prefix="gate-") as folder:
        root = pathlib.Path(folder)
        for name, text in {**CLEAN, **dict([extra] if extra else [])}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        (root / "tests").mkdir(exist_ok=True)
        command = [sys.executable, str(HERE / gate_name), "--root", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


class Gates(unittest.TestCase):
    def test_a_clean_tree_passes(self):
        for name in FAULTS:
            with self.subTest(gate=name):
                self.assertEqual(faults(name), (0, "no faults\n"))

    def test_each_fault_is_found(self):
        for name, cases in FAULTS.items():
            for what, extra in cases.items():
                with self.subTest(gate=name, fault=what):
                    status, told = faults(name, extra)
                    self.assertEqual(status, 1, told)
                    self.assertIn("faults", told)
                    self.assertIn(pathlib.Path(extra[0]).name, told)


if __name__ == "__main__":
    unittest.main()
