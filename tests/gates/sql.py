#!/usr/bin/env python3
"""Gate: what a statement file says of itself, and what no statement may hold."""
import re

import gate

# Aurora answers these with an error; others change something or execute code of other people.
FORBIDDEN = [
    "pg_current_wal_lsn", "pg_current_wal_insert_lsn", "pg_current_wal_flush_lsn", "pg_last_wal_receive_lsn",
    "pg_last_wal_replay_lsn", "pg_last_xact_replay_timestamp", "pg_walfile_name", "pg_ls_waldir", "pg_stat_wal",
    "pg_stat_get_wal", "pg_stat_wal_receiver", "pg_stat_get_wal_receiver", "pg_ls_dir", "pg_stat_reset",
    "pg_terminate_backend", "pg_cancel_backend", "pg_reload_conf", "set_config", "dblink",
]
# EXPLAIN has a transaction and settings of its own, which end with it; so has the first statement of a connection.
# The two that change something: sent by confirmed commands only (cmd_signal.c).
SIGNALS = {"operate_cancel.sql": "pg_cancel_backend", "operate_terminate.sql": "pg_terminate_backend"}
# Sent to servers that are known to answer it, and to no others (src_slots.c).
COMMUNITY = {"slots_position.sql": "pg_current_wal_lsn"}
PLANNING = ("explain", "catalog_path", "search_path")
WORD = re.compile(r"[a-z_][a-z0-9_]*")


def body_of(text):
    """The statement without comments and literals."""
    return re.sub(r"--[^\n]*|'(?:''|[^'])*'", " ", text)


def check(root):
    """Statements under src/core/db/sql: heading, reading only, nothing that Aurora refuses."""
    for path in gate.files(root / "src" / "core" / "db" / "sql", ".sql"):
        name, text = path.name, gate.read(path)
        heading = "\n".join(line for line in text.splitlines() if line.startswith("--"))
        for word in ("Needs:", "Serves"):
            if word not in heading:
                yield f"{name}: the heading does not say `{word}`"
        body = body_of(text)
        first = WORD.search(body.lower())
        planning = name.startswith(PLANNING)
        if not planning and (not first or first.group(0) not in ("select", "with")):
            yield f"{name}: only SELECT and WITH are sent by sources"
        words = set(WORD.findall(body.lower()))
        allowed = (SIGNALS.get(name), COMMUNITY.get(name), "set_config" if planning else None)
        for word in FORBIDDEN:
            if word in words and word not in allowed:
                yield f"{name}: {word} is refused by Aurora, or is no reading"
        if ";" in body:
            yield f"{name}: one statement a file, without a semicolon"


if __name__ == "__main__":
    gate.run(check)
