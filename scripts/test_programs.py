#!/usr/bin/env python3
"""Reads what `ctest --show-only=json-v1` says and prints the names of the programs that its tests run."""
import json
import os
import sys

tests = json.load(sys.stdin)["tests"]
words = {word for test in tests for word in test.get("command", [])[:1]}
print(" ".join(sorted({os.path.basename(word) for word in words if "/tests/" in word})))
