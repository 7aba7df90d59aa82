#!/usr/bin/env python3
"""What one process learns, the next one knows: paths that cost time see no SYN, until
what was learnt is over. Time isn't waited for: the file's times are moved into the past."""

import contextlib
import json
import sqlite3
import subprocess

from lab import BUILD, Lab, check_equal, main, test, without_outbox
from lab.client import Sent
from lab.eleven import SILENT_IPV6, closed, number
from lab.memory import age, ask, held_against, memory_file, send

PROCESSES = 50


@contextlib.contextmanager
def silent_587():
    with Lab() as lab:
        lab.firewall(closed("silent"))
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


def three_short_silences(which, skipped):
    network = number(which)
    with Lab() as lab:
        network.prepare(lab)
        for _ in range(3):
            check_equal(skipped in send(lab)[1], True, f"{skipped} is tried")
        sent, attempts = send(lab)
        check_equal(attempts, {network.path: 1}, "SYNs of the fourth message")
        sent.check(path=network.path)
        check_equal(skipped in held_against(lab), True, f"something is held against {skipped}")
        age(lab, 11)
        check_equal(skipped in send(lab)[1], True, f"{skipped} is tried again when that is over")


for each_number, each_path in ((6, "587/IPv6"), (7, "25/IPv6")):
    test(f"network {number(each_number).title}: three short silences make a long one", each_number, each_path)(
        three_short_silences)


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
    main(at_once=8)
