"""The path memory of a lab's client: what it holds, and its time, which is set instead of
waited for."""

import contextlib
import sqlite3

MINUTE = 60 * 1_000_000


def memory_file(lab):
    return lab.toukan.home / ".local/state/toukan/paths.sqlite3"


def ask(lab, sql):
    with contextlib.closing(sqlite3.connect(memory_file(lab), isolation_level=None)) as connection:
        return connection.execute(sql).fetchall()


def age(lab, minutes):
    """As if MINUTES had gone by since everything was learnt."""
    ask(lab, f"UPDATE path SET since = since - {minutes * MINUTE}, until = until - {minutes * MINUTE} WHERE until")


def held_against(lab):
    """The paths that something is held against: {"587/IPv6"}."""
    return {f"{port}/{family}" for port, family in ask(lab, "SELECT port, family FROM path WHERE until")}


def count_attempts(lab, send):
    """What SEND gives, and the SYNs that it took, by path."""
    before = lab.attempts()
    result = send()
    return result, {path: n - before.get(path, 0) for path, n in lab.attempts().items() if n != before.get(path, 0)}


def send(lab, **options):
    """One message; what came of it, and the SYNs that it took, by path."""
    options = {name.replace("_", "-"): value for name, value in options.items()}
    return count_attempts(lab, lambda: lab.send(options=options).check(status=0))
