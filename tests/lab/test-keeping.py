#!/usr/bin/env python3
"""Never lost, never doubled: what a command keeps in the outbox, says of it, and what the next
command makes of it. Time isn't waited for: the file's times are moved into the past."""

import contextlib
import datetime
import re
import signal
import sqlite3
import subprocess
from concurrent.futures import ThreadPoolExecutor

from lab import BUILD, Lab, case, check_equal, main, test
from lab.client import RECIPIENT
from lab.sink import PASSWORD

ONE_PATH = ("587/IPv4",)
QUICK = {"ports": "587", "family": "ipv4"}


def ask(lab, sql):
    file = lab.toukan.home / ".local/state/toukan/outbox.sqlite3"
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        return connection.execute(sql).fetchall()


def states(lab):
    try:
        return [state for (state,) in ask(lab, "SELECT state FROM item ORDER BY id")]
    except sqlite3.OperationalError:  # not made yet
        return []


def make_due(lab):
    ask(lab, "UPDATE item SET not_before = 0")


def send(lab, *arguments, **options):
    named = {name.replace("_", "-"): value for name, value in options.items()}
    return lab.send(options={**QUICK, **named}, arguments=arguments)


def replace_sink(lab, *options):
    """The server comes back, with other manners."""
    lab.sinks[-1].process.kill()
    lab.sinks[-1].process.wait()
    return lab.sink(*options, paths=ONE_PATH)


def start(lab, *arguments, **options):
    """A send that goes on beside the test."""
    lab.toukan.configure({**QUICK, **{name.replace("_", "-"): value for name, value in options.items()}})
    process = lab.client.popen([str(BUILD / "toukan"), "send", "--to", RECIPIENT, *arguments],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=lab.toukan.environment, cwd=lab.toukan.home)
    lab.processes.append(process)
    process.stdin.write(b"Hello.\n")
    process.stdin.close()
    process.stdin = None
    return process


# --- what fails for now ------------------------------------------------------------------------

TEMPORARY = [
    ("421 greets", ["--greeting", "421 4.3.2 later"], {}),
    ("MAIL is put off", ["--reply", "MAIL=451 4.3.0 later"], {}),
    ("RCPT is put off", ["--reply", "RCPT=450 4.2.1 later"], {}),
    ("RCPT is one too many", ["--reply", "RCPT=452 4.5.3 too many"], {}),
    ("the end is put off", ["--reply", "END=451 4.3.0 later"], {}),
    ("the connection breaks off", ["--close-at", "command:3"], {}),
    ("the certificate is another's", [], {"tls-name": "other.lab.test"}),
    ("the name can't be looked up", [], {"host": "nowhere.lab.test", "resolve-timeout": "200ms"}),
]


def keep(manners, options):
    with Lab() as lab:
        lab.sink(*manners, paths=ONE_PATH)
        sent = lab.send(options={**QUICK, **options}).check(status=0)
        kept = sent.one("kept")
        check_equal((kept["id"], kept["exit-status"]), (1, 0), "kept")
        lines = [line for line in sent.errors.splitlines() if "kept in the outbox as 1: " in line]
        check_equal(len(lines), 1, f"lines of\n{sent}")
        check_equal(bool(re.search(r"; next try (with another network, or )?(today|tomorrow) \d", lines[0])), True,
                    lines[0])
        due = datetime.datetime.fromisoformat(kept["not-before"])
        wait = (due - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
        check_equal(50 < wait < 120, True, f"it waits {wait} s")
        check_equal(states(lab), ["queued"], "states")
        replace_sink(lab)
        send(lab).check(status=0)
        check_equal(len(lab.messages()), 1, "messages before their time")
        make_due(lab)
        send(lab).check(status=0)
        lab.wait_for(lambda: states(lab) == ["finished"] * 3, "the end of all")
        check_equal(len(lab.messages()), 3, "messages")


for title, manners, options in TEMPORARY:
    test(f"{title}: kept, and delivered when its time has come", manners, options)(keep)


@test("a firewall that refuses: kept until there is another network, or its time has come")
def _():
    with Lab() as lab:
        lab.firewall(case("refused", "tcp dport { 25, 587 }"))
        sent = lab.send().check(status=0)
        check_equal("no path to the server works" in sent.errors, True, f"the reason in\n{sent}")
        check_equal(ask(lab, "SELECT with_network, tries FROM item"), [(1, 1)], "item")
        check_equal("587/IPv6" in sent.errors, False, f"the table without -v of\n{sent}")
        check_equal("587/IPv6" in lab.send(arguments=["-v"]).errors, True, "the table with -v")


@test("no network at all: kept, and no attempt")
def _():
    with Lab() as lab:
        lab.client.ip("link set eth0 down")
        lab.send(options={"host": "198.51.100.10"}).check(status=0)
        check_equal(ask(lab, "SELECT reason, tries, with_network FROM item"), [("no-network", 0, 1)], "item")
        check_equal(ask(lab, "SELECT count (*) FROM attempt"), [(0,)], "attempts")


@test("some accepted, some put off, some refused: the rest is tried alone")
def _():
    with Lab() as lab:
        lab.sink("--rcpt", "b@example.test=451 4.3.0 later", "--rcpt", "c@example.test=550 5.1.1 no", paths=ONE_PATH)
        people = ["a@example.test", "b@example.test", "c@example.test"]
        sent = lab.send(recipients=people, options=QUICK).check(status=69)
        check_equal(sent.fates, dict(zip(people, ["accepted", "temporary", "permanent"])), "fates")
        check_equal("kept in the outbox as 1" in sent.errors, True, f"kept, in\n{sent}")
        replace_sink(lab)
        make_due(lab)
        send(lab).check(status=0)
        lab.wait_for(lambda: states(lab) == ["finished"] * 2, "the end of all")
        check_equal(sorted(message.recipients for message in lab.messages()),
                    [["a@example.test"], ["b@example.test"], [RECIPIENT]], "recipients")


PERMANENT = [("MAIL", ["--reply", "MAIL=550 5.7.1 no"]), ("RCPT", ["--reply", "RCPT=550 5.1.1 no"]),
             ("the end", ["--reply", "END=554 5.6.0 no"]), ("the size", ["--size", "100"])]


def refuse(manners):
    with Lab() as lab:
        lab.sink(*manners, paths=ONE_PATH)
        status = send(lab, outbox="no").status
        check_equal(status in (65, 67, 69), True, f"status {status}")
        send(lab).check(status=status)
        check_equal(states(lab), ["finished"], "states")


for title, manners in PERMANENT:
    test(f"{title} refused for good: the status says so as without an outbox", manners)(refuse)


# --- in doubt, and sudden ends ----------------------------------------------------------------------

@test("in doubt: kept for a person, and not sent again")
def _():
    with Lab() as lab:
        lab.sink("--close-at", "end", paths=ONE_PATH)
        sent = send(lab).check(status=74)
        check_equal("toukan outbox resolve 1 sent|resend" in sent.errors, True, f"what to do, in\n{sent}")
        replace_sink(lab)
        make_due(lab)
        send(lab).check(status=0)
        check_equal(states(lab), ["in-doubt", "finished"], "states")
        check_equal([len(sink.messages()) for sink in lab.sinks], [1, 1], "messages by server")


def killed(manners, again, state):
    """kill -9 while the server keeps it waiting; then another command comes."""
    with Lab() as lab:
        sink = lab.sink(*manners, paths=ONE_PATH)
        process = start(lab)
        moment = manners[1]
        lab.wait_for(lambda: len(sink.events("command")) >= int(moment.split(":")[1]) if ":" in moment
                     else states(lab) == ["in-doubt"], "the moment")
        process.kill()
        process.wait()
        sink = replace_sink(lab)
        send(lab).check(status=0)
        lab.wait_for(lambda: states(lab) == [state, "finished"], "the end of all")
        check_equal(len(sink.messages()), 2 if again else 1, "messages")


for number in range(1, 5):
    test(f"killed at command {number}: the next command delivers it, once",
         ["--silent-at", f"command:{number}"], True, "finished")(killed)
test("killed while the server is silent at the end: in doubt, and not sent again",
     ["--silent-at", "end"], False, "in-doubt")(killed)


@test("with in-doubt = resend the next command sends it again, under the same Message-ID")
def _():
    with Lab() as lab:
        sink = lab.sink("--silent-at", "end", paths=ONE_PATH)
        process = start(lab, in_doubt="resend")
        lab.wait_for(lambda: states(lab) == ["in-doubt"], "the moment")
        [wanted] = ask(lab, "SELECT message_id FROM item")
        process.kill()
        process.wait()
        sink = replace_sink(lab)
        send(lab, in_doubt="resend").check(status=0)
        lab.wait_for(lambda: states(lab) == ["finished"] * 2, "the end of all")
        check_equal(len([message for message in sink.messages() if wanted[0].encode() in message.octets]), 1,
                    "messages with its Message-ID")


@test("SIGTERM leaves it in the outbox, Ctrl-C takes it back")
def _():
    with Lab() as lab:
        for number, (word, status, said) in {signal.SIGTERM: ("queued", 0, b"kept in the outbox as 1"),
                                             signal.SIGINT: ("cancelled", 75, b"cancelled")}.items():
            sink = lab.sink("--silent-at", "command:2", paths=ONE_PATH)
            process = start(lab, flush_along="no")
            lab.wait_for(lambda sink=sink: len(sink.events("command")) >= 2, "the moment")
            process.send_signal(number)
            _, errors = process.communicate(timeout=10)
            check_equal((process.returncode, said in errors), (status, True), f"status and words {errors}")
            check_equal(states(lab)[-1], word, "state")
            sink.process.kill()
            sink.process.wait()
        check_equal(ask(lab, "SELECT tries FROM item"), [(0,), (0,)], "tries")


# --- accounts that are held ------------------------------------------------------------------------------

def held(wrong, right):
    with Lab() as lab:
        sink = lab.sink("--mechanisms", "PLAIN", paths=ONE_PATH)
        first = send(lab, **wrong(lab)).check(status=0)
        check_equal("is held until" in first.errors, True, f"held, in\n{first}")
        logins = sink.verbs().count("AUTH")
        second = send(lab, **wrong(lab)).check(status=0)
        check_equal("is held until" in second.errors, True, f"held, in\n{second}")
        check_equal(sink.verbs().count("AUTH"), logins, "logins, and those of the second command")
        check_equal(ask(lab, "SELECT state, reason FROM item"), [("queued", "account")] * 2, "items")
        send(lab, **right(lab)).check(status=0)
        lab.wait_for(lambda: states(lab) == ["finished"] * 3, "the end of all")
        check_equal(len(sink.messages()), 3, "messages")
        check_equal(ask(lab, "SELECT count (*) FROM hold"), [(0,)], "holds")


def by_command(password):
    def account(lab):
        (lab.folder / "secret").write_text(password + "\n", encoding="utf-8")
        return {"password": None, "password_command": f"cat {lab.folder}/secret"}
    return account


test("a refused password holds the account until the password is another",
     lambda lab: {"password": "wrong"}, lambda lab: {})(held)
test("a refused password of a command holds the account until the command says another",
     by_command("wrong"), by_command(PASSWORD))(held)
test("a refused login holds the account until its settings are others",
     lambda lab: {"user": "mallory"}, lambda lab: {})(held)
test("a command that gives no secret holds the account until it does",
     lambda lab: {"password": None, "password_command": f"test -e {lab.folder}/there && echo '{PASSWORD}'"},
     lambda lab: [lab.file("there", ""), {"password": None, "password_command":
                  f"test -e {lab.folder}/there && echo '{PASSWORD}'"}][1])(held)


@test("a wrong password is tried once, however many messages wait")
def _():
    with Lab() as lab:
        sink = lab.sink("--mechanisms", "PLAIN", "--reply-delay", "50ms", paths=ONE_PATH)
        for _ in range(12):
            send(lab, delivery="queue")
        send(lab, password="wrong").check(status=0)
        check_equal(sink.verbs().count("AUTH"), 1, "logins")
        check_equal(set(states(lab)), {"queued"}, "states")


@test("a held account doesn't hold others up, and nothing on disk tells its password")
def _():
    with Lab() as lab:
        sink = lab.sink("--mechanisms", "PLAIN", paths=ONE_PATH)
        send(lab, password="very wrong")
        [(fingerprint,)] = ask(lab, "SELECT fingerprint FROM hold")
        check_equal(bool(re.fullmatch("[0-9a-f]{32}:[0-9a-f]{64}:[0-9a-f]{64}", fingerprint)), True, fingerprint)
        lab.send(options={**QUICK, "password": "very wrong"}, arguments=["--set", f"password={PASSWORD}"]).check(status=0)
        check_equal(len(sink.messages()), 1, "messages")


# --- modes ---------------------------------------------------------------------------------------------------

@test("delivery = queue keeps it, and says nothing")
def _():
    with Lab() as lab:
        sink = lab.sink(paths=ONE_PATH)
        sent = send(lab, delivery="queue").check(status=0, errors="")
        check_equal((sent.one("kept")["id"], states(lab), sink.events("connect")), (1, ["queued"], []), "kept")
        send(lab).check(status=0)
        lab.wait_for(lambda: states(lab) == ["finished"] * 2, "the end of all")


@test("delivery = background returns at once, and it arrives")
def _():
    with Lab() as lab:
        sink = lab.sink("--reply-delay", "300ms", paths=ONE_PATH)
        send(lab, delivery="background").check(status=0, errors="")
        check_equal(sink.messages(), [], "messages")
        lab.wait_for(lambda: states(lab) == ["finished"], "the end", 20)
        check_equal(len(sink.messages()), 1, "messages")


@test("undo-window keeps it for a while, and says how to take it back")
def _():
    with Lab() as lab:
        sink = lab.sink(paths=ONE_PATH)
        sent = send(lab, undo_window="30min").check(status=0)
        check_equal("it leaves in 30 min; toukan outbox cancel 1 takes it back" in sent.errors, True,
                    f"words of\n{sent}")
        check_equal(ask(lab, "SELECT state, reason FROM item"), [("queued", "undo")], "item")
        check_equal(sink.messages(), [], "messages")


@test("an undo-window that is over: it leaves without anybody's doing")
def _():
    with Lab() as lab:
        sink = lab.sink(paths=ONE_PATH)
        send(lab, undo_window="1s").check(status=0)
        check_equal(sink.messages(), [], "messages")
        lab.wait_for(lambda: states(lab) == ["finished"], "the end", 20)


@test("--at keeps it until then; outbox = no can't")
def _():
    with Lab() as lab:
        sink = lab.sink(paths=ONE_PATH)
        send(lab, "--at", "in 2 hours").check(status=0)
        check_equal(ask(lab, "SELECT state, reason, hold_until = not_before FROM item"),
                    [("queued", "scheduled", 1)], "item")
        send(lab, "--at", "in 2 hours", outbox="no").check(status=64)
        send(lab).check(status=0)
        check_equal(len(sink.messages()), 1, "messages")


@test("flush-along = no leaves to others what is due")
def _():
    with Lab() as lab:
        lab.sink(paths=ONE_PATH)
        send(lab, delivery="queue")
        send(lab, flush_along="no").check(status=0)
        check_equal(states(lab), ["queued", "finished"], "states")


@test("nobody waits for others' messages longer than for his own")
def _():
    with Lab() as lab:
        lab.sink(paths=ONE_PATH)
        lab.sink("--silent", paths=["198.51.100.10:2525"])
        for _ in range(3):
            lab.send(options={**QUICK, "delivery": "queue"}, arguments=["--set", "ports=2525"]).check(status=0)
        process = start(lab)
        lab.wait_for(lambda: process.poll() is not None, "the end", 4)
        check_equal(process.returncode, 0, "status")


# --- many, and disks ---------------------------------------------------------------------------------------------

@test("thirty commands at once, and thirty messages that wait: each arrives once")
def _():
    with Lab() as lab:
        lab.sink(paths=ONE_PATH)
        for _ in range(30):
            send(lab, delivery="queue").check(status=0)
        lab.toukan.configure(QUICK)
        command = ["send", "--to", RECIPIENT]
        with ThreadPoolExecutor(30) as pool:
            runs = list(pool.map(lambda _: lab.toukan.run(command, "Hello.\n"), range(30)))
        check_equal([sent.status for sent in runs], [0] * 30, "statuses")
        lab.wait_for(lambda: states(lab) == ["finished"] * 60, "the end of all", 30)
        check_equal(len(lab.messages()), 60, "messages")


def refuse_disk(wrap, options, words):
    with Lab() as lab:
        sink = lab.sink(paths=ONE_PATH)
        lab.toukan.configure({**QUICK, **options})
        command = [*wrap, str(BUILD / "toukan"), "send", "--to", RECIPIENT]
        sent = lab.toukan.run(command[1:], "Hello.\n", program=command[0])
        sent.check(status=75)
        check_equal("nothing was sent" in sent.errors and words in sent.errors, True, f"words of\n{sent}")
        check_equal(sink.messages(), [], "messages")


test("a disk without room: 75, and nothing is sent",
     ["prlimit", "--fsize=20000"], {}, "outbox.sqlite3")(refuse_disk)
test("a directory that can't be: 75, and nothing is sent",
     [], {"state-dir": "/proc/toukan"}, "/proc/toukan")(refuse_disk)


if __name__ == "__main__":
    main()
