#!/usr/bin/env python3
"""What one process learns, the next one knows: paths that cost time see no SYN, until
what was learnt is over. Time isn't waited for: the file's times are moved into the past."""

import contextlib
import json
import sqlite3
import subprocess
from typing import NamedTuple

from lab import BUILD, Lab, case, check_equal, main, test, without_outbox
from lab.client import Sent
from lab.network import ALL_PATHS

MINUTE = 60 * 1_000_000
SILENT_587 = case("silent", "tcp dport 587")
ON_587 = ("587/IPv6", "587/IPv4")
PROCESSES = 50


class Network(NamedTuple):
    title: str
    path: str             # that delivers, cold and remembered
    race: tuple           # paths that see no SYN of the second message,
    strict: tuple         # … with ladder = strict
    rules: list = []
    output: list = []
    sinks: tuple = ((ALL_PATHS, ()),)


NETWORKS = [
    Network("1: all open", "587/IPv6", ("587/IPv4", "25/IPv6", "25/IPv4"), ("587/IPv4", "25/IPv6", "25/IPv4")),
    Network("2: 587 refused", "25/IPv6", (), (), case("refused", "tcp dport 587")),
    Network("5: 587 silent", "25/IPv6", ON_587, ON_587, SILENT_587),
    Network("6: IPv6 silent", "587/IPv4", (), ("587/IPv6",),
            case("silent", "meta nfproto ipv6 tcp dport { 25, 587 }")),
    Network("7: only 25/IPv4 isn't silent", "25/IPv4", ON_587, (*ON_587, "25/IPv6"),
            SILENT_587 + case("silent", "meta nfproto ipv6 tcp dport 25")),
    Network("8: 587/IPv6 accepts and never greets", "587/IPv4", ("587/IPv6",), ("587/IPv6",),
            sinks=((("587/IPv6",), ("--silent",)), (("587/IPv4", "25/IPv6", "25/IPv4"), ()))),
    Network("11: a path-MTU black hole on IPv6", "587/IPv4", ("587/IPv6",), ("587/IPv6",),
            output=["meta nfproto ipv6 meta length gt 700 drop"]),
]


def memory_file(lab):
    return lab.toukan.home / ".local/state/toukan/paths.sqlite3"


def ask(lab, sql):
    with contextlib.closing(sqlite3.connect(memory_file(lab), isolation_level=None)) as connection:
        return connection.execute(sql).fetchall()


def age(lab, minutes):
    """As if MINUTES had gone by since everything was learnt."""
    ask(lab, f"UPDATE path SET since = since - {minutes * MINUTE}, until = until - {minutes * MINUTE} WHERE until")


def send(lab, **options):
    """One message; what came of it, and the SYNs that it took, by path."""
    before = lab.attempts()
    sent = lab.send(options={name.replace("_", "-"): value for name, value in options.items()})
    sent.check(status=0)
    after = lab.attempts()
    return sent, {path: n - before.get(path, 0) for path, n in after.items() if n != before.get(path, 0)}


def remembered(network, mode):
    with Lab() as lab:
        lab.firewall(network.rules, network.output)
        for paths, options in network.sinks:
            lab.sink(*options, paths=paths)
        cold, _ = send(lab, ladder=mode)
        cold.check(path=network.path)
        again, attempts = send(lab, ladder=mode)
        again.check(path=network.path)
        untouched = getattr(network, mode)
        check_equal([path for path in attempts if path in untouched], [], f"SYNs to what is remembered, of {attempts}")
        if again.seconds > 1:
            raise AssertionError(f"the second message took {again.seconds} s\n{again}")
        check_equal(len(lab.messages()), 2, "messages")


for each_network in NETWORKS:
    for each_mode in ("race", "strict"):
        test(f"network {each_network.title}, {each_mode}: the second message", each_network, each_mode)(remembered)


@contextlib.contextmanager
def silent_587():
    with Lab() as lab:
        lab.firewall(SILENT_587)
        lab.sink()
        yield lab


@test("what is over is tried again, and holds twice as long")
def _():
    with silent_587() as lab:
        send(lab)
        age(lab, 9)
        check_equal(send(lab)[1], {"25/IPv6": 1}, "SYNs after 9 minutes")
        age(lab, 2)
        sent, attempts = send(lab)
        check_equal({path: n > 0 for path, n in attempts.items()}, {"587/IPv6": True, "587/IPv4": True, "25/IPv6": True},
                    "SYNs came back")
        sent.check(path="25/IPv6")
        check_equal(ask(lab, "SELECT port, family, repetitions, (until - since) / 60000000 FROM path WHERE repetitions"
                             " ORDER BY family"), [(587, "IPv4", 2, 20), (587, "IPv6", 2, 20)], "memory")
        age(lab, 19)
        check_equal(send(lab)[1], {"25/IPv6": 1}, "SYNs after 19 minutes")


@test("a path that works again is forgiven")
def _():
    with silent_587() as lab:
        send(lab)
        lab.firewall()
        age(lab, 11)
        send(lab)[0].check(path="587/IPv6")
        check_equal(send(lab)[1], {"587/IPv6": 1}, "SYNs")
        check_equal(ask(lab, "SELECT repetitions, until FROM path WHERE port = 587 AND family = 'IPv6'"), [(0, 0)],
                    "what is held against 587/IPv6")


@test("three short silences make a long one")
def _():
    with Lab() as lab:
        lab.firewall(case("silent", "meta nfproto ipv6 tcp dport { 25, 587 }"))
        lab.sink()
        for _ in range(3):
            check_equal("587/IPv6" in send(lab)[1], True, "587/IPv6 is tried first")
        sent, attempts = send(lab)
        check_equal(attempts, {"587/IPv4": 1}, "SYNs of the fourth message")
        sent.check(path="587/IPv4")


@test("with path-memory = no nothing is believed and nothing written")
def _():
    with silent_587() as lab:
        send(lab, path_memory="no")
        check_equal(memory_file(lab).parent.exists(), False, "a file")
        send(lab)
        written = ask(lab, "SELECT * FROM path")
        _, attempts = send(lab, path_memory="no")
        check_equal("587/IPv6" in attempts, True, "587/IPv6 is tried")
        check_equal(ask(lab, "SELECT * FROM path"), written, "the file")


@test("state-dir says where")
def _():
    with silent_587() as lab:
        folder = lab.folder / "elsewhere/state"
        for expected in ("587/IPv6", None):
            _, attempts = send(lab, state_dir=str(folder))
            check_equal("587/IPv6" in attempts, expected is not None, "587/IPv6 is tried")
        check_equal(sorted(path.name for path in folder.glob("*.sqlite3")), ["paths.sqlite3"], "files")


@test("toukan paths tells it, and forgets it")
def _():
    with silent_587() as lab:
        send(lab)
        table = lab.toukan.run(["paths"]).check(status=0).output
        for words in ("* ", "smtp.lab.test 587/IPv6  silent ", ", in 10 min", "smtp.lab.test 25/IPv6   works "):
            if words not in table:
                raise AssertionError(f"{words!r} is not in\n{table}")
        paths = [json.loads(line) for line in lab.toukan.run(["paths", "--json"]).output.splitlines()]
        check_equal({f"{path['port']}/{path['family']}": path["demoted"] for path in paths},
                    {"587/IPv6": True, "587/IPv4": True, "25/IPv6": False}, "demoted")
        check_equal({path["present"] for path in paths}, {True}, "present")
        lab.toukan.run(["paths", "--forget", "smtp.lab.test"]).check(status=0)
        check_equal("587/IPv6" in send(lab)[1], True, "587/IPv6 is tried")


@test("each attempt is counted by how it ended")
def _():
    with silent_587() as lab:
        for _ in range(3):
            send(lab)
        check_equal(ask(lab, "SELECT port, family, seen, count FROM history ORDER BY port, family"),
                    [(25, "IPv6", "worked", 3), (587, "IPv4", "silent", 1), (587, "IPv6", "silent", 1)], "history")


def spoil_by_nonsense(lab):
    memory_file(lab).write_bytes(b"nonsense" * 2000)
    return contextlib.nullcontext(), "was damaged"


def spoil_by_newer_version(lab):
    ask(lab, "PRAGMA user_version = 99")
    return contextlib.nullcontext(), "belongs to a newer version"


def spoil_by_lock(lab):
    connection = sqlite3.connect(memory_file(lab), isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    return contextlib.closing(connection), "is locked by another program"


def spoil_by_folder(lab):
    for file in memory_file(lab).parent.iterdir():
        file.unlink()
    memory_file(lab).mkdir()
    return contextlib.nullcontext(), "can't be used"


for each_harm in (spoil_by_nonsense, spoil_by_newer_version, spoil_by_lock, spoil_by_folder):
    @test(f"{each_harm.__name__.replace('_', ' ')}: one warning, and the message arrives", each_harm)
    def harmed(harm):
        with Lab() as lab:
            lab.sink()
            send(lab)
            state, words = harm(lab)
            with state:
                sent, _ = send(lab)
            check_equal(len(sent.errors.splitlines()), 1, f"lines in\n{sent.errors}")
            check_equal(sent.errors.startswith("toukan: warning: path memory: ") and words in sent.errors, True,
                        f"words in {sent.errors}")
            check_equal(len(lab.messages()), 2, "messages")


@test(f"{PROCESSES} senders at once share one memory, and lose nothing")
def _():
    with silent_587() as lab:
        lab.toukan.configure()
        command = [str(BUILD / "toukan"), "send", "--to", "bob@example.test"]
        senders = [lab.client.popen(command, env=lab.toukan.environment, cwd=lab.toukan.home, stdin=subprocess.DEVNULL,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(PROCESSES)]
        for sender in senders:
            sender.stdout, sender.stderr = (data.decode() for data in sender.communicate(timeout=120))
            Sent(sender).check(status=0, errors="")
        check_equal(len(lab.messages()), PROCESSES, "messages")
        check_equal(ask(lab, "SELECT count FROM history WHERE port = 25 AND seen = 'worked'"), [(PROCESSES,)], "history")
        check_equal(ask(lab, "SELECT repetitions FROM path WHERE port = 587"), [(1,), (1,)],
                    "the silence that they all saw")


if __name__ == "__main__":
    without_outbox()
    main()
