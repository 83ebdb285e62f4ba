#!/usr/bin/python3
"""What `make install` and cpack lay down is whole, and `auroratop demo` works from there.

usage: install_test.py SOURCE BUILD [unittest options]
"""
import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = BUILD = pathlib.Path()


def run(*args, **how):
    done = subprocess.run([str(a) for a in args], capture_output=True, text=True, timeout=300, check=False, **how)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, args))}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def expected():
    """Paths below the prefix, and whether each is a program."""
    files = {"bin/auroratop": True, "libexec/auroratop/auroratop-demo": True, "share/man/man1/auroratop.1": False}
    files |= {f"share/auroratop/themes/{path.name}": False for path in (SOURCE / "themes").glob("*.ini")}
    documents = ("README.md", "CHANGELOG.md", "LICENSE", "config.example.ini")
    files |= {f"share/doc/auroratop/{name}": False for name in documents}
    return files


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        os.chmod(cls.folder.name, 0o755)  # the demo's database runs as another user when we are root
        cls.prefix = pathlib.Path(cls.folder.name) / "prefix"
        run("cmake", "--install", BUILD, "--prefix", cls.prefix)

    def test_everything_is_there_and_nothing_else(self):
        found = {str(path.relative_to(self.prefix)): os.access(path, os.X_OK)
                 for path in self.prefix.rglob("*") if path.is_file()}
        self.assertEqual(found, expected())

    def test_manual_tells_every_option(self):
        page = (self.prefix / "share/man/man1/auroratop.1").read_text(encoding="utf-8")
        page = page.replace("\\-", "-").replace("\\&", "")
        told = set(re.findall(r"^\s+(--[a-z-]+)", run(self.prefix / "bin/auroratop", "--help"), re.M))
        self.assertGreater(len(told), 20)
        self.assertEqual([option for option in sorted(told) if option not in page], [])
        for heading in ("SYNOPSIS", "KEYS", "FILES", "ENVIRONMENT"):
            self.assertIn(f".SH {heading}", page)

    def test_demo_from_the_prefix(self):
        spec = importlib.util.spec_from_file_location("demo_test", HERE / "demo_test.py")
        library = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(library)
        wrapper = pathlib.Path(self.folder.name) / "demo.sh"
        wrapper.write_text(f'#!/bin/sh\nexec "{self.prefix}/bin/auroratop" demo "$@"\n', encoding="utf-8")
        wrapper.chmod(0o755)
        library.BINARY = str(wrapper)
        demo = library.Demo("--scenario", "healthy")
        try:
            self.assertTrue(demo.ready, "the installed demo does not start")
            self.assertEqual(demo.psql("select 1"), "1")
            env = {**os.environ, **demo.env}
            shown = run(self.prefix / "bin/auroratop", "--once", "--pane", "clusters", env=env)
            self.assertIn("prod-orders", shown)
        finally:
            demo.close()
        self.assertEqual(demo.processes_left(), [])

    def test_package(self):
        run("cpack", "-G", "TGZ", "-B", self.folder.name, "-D", "CPACK_STRIP_FILES=OFF", cwd=BUILD)
        archives = list(pathlib.Path(self.folder.name).glob("auroratop-*.tar.gz"))
        self.assertEqual(len(archives), 1, archives)
        with tarfile.open(archives[0]) as archive:
            files = {m.name.split("/", 1)[1].removeprefix("usr/") for m in archive.getmembers() if m.isfile()}
        self.assertEqual(files, set(expected()))


if __name__ == "__main__":
    SOURCE, BUILD = pathlib.Path(sys.argv.pop(1)).resolve(), pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
