#!/usr/bin/env python3
"""The moments of a transaction, each held for as long as the test wants: the composer's keys have their
echo while a server keeps it waiting, and Cancel says which of the two it was, cancelled or too late."""

import os
import pathlib
import sys

TOP = pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2])
sys.path.insert(0, str(TOP / "tests/lib"))
sys.path.insert(0, str(TOP / "tests/tui"))

from stage import PATIENCE, Stage, available  # noqa: E402
from tap import check_equal, main, skip_all, test  # noqa: E402

if not available():
    skip_all("there is no tmux")

LOCK_STEP = ("--without", "PIPELINING", "--without", "CHUNKING")
LARGE = 37 * 1024 * 1024  # 50 MB when it is written in base64

# Before the last octet of the letter has left, and behind it.
BEFORE = ("greeting", "ehlo", "tls", "auth", "mail", "rcpt", "data", "body")
BEHIND = ("end",)


def encrypt(stage):
    """From here on the account wants TLS; what the sink has to be told."""
    folder = stage.path / "tls"
    stage.configure(f"tls = required\ntls-ca-file = {folder}/ca.pem\n")
    return "--tls-dir", str(folder), "--tls-name", "127.0.0.1"


def log_in(stage):
    """The same for a login in the clear."""
    stage.configure("user = hanako\npassword = open sesame\nauth-without-tls = yes\n")
    return "--user=hanako:open sesame", "--auth-in-clear", "--require-auth"


class Play(Stage):
    """A composer that sends one letter, which is held at MOMENT."""

    def __init__(self, moment):
        super().__init__()
        self.moment = moment

    def begin(self):
        options = {"tls": encrypt, "auth": log_in}.get(self.moment, lambda _: ())
        self.sink(*LOCK_STEP, *options(self), hold=self.moment)
        self.start(*(["compose", "-A", self.file("large.bin", LARGE)] if self.moment == "body" else []))
        self.write()
        self.send()
        self.sees("Being sent")
        self.gate.reached(PATIENCE)


def echo(moment):
    with Play(moment) as play:
        play.begin()
        play.keys("c")
        play.sees("New letter")
        for word in ("jiro", "@", "example.net"):
            play.type(word)
            play.sees(word)
        if moment in BEFORE:
            check_equal(play.arrived(), 0, "messages before the release")
        play.gate.release()
        play.sees("Sent: Lunch")
        play.sees("jiro@example.net")
        check_equal(len(play.messages()), 1, "messages")


def cancelled(moment):
    with Play(moment) as play:
        play.begin()
        play.keys("C-c")
        play.sees("Cancelled: nobody has it, and nobody will")
        play.gate.release()
        play.keys("e")  # all of it is still there
        play.sees("At noon?")
        play.keys("C-q")
        check_equal(play.status(), 0, "status")
        check_equal(play.arrived(), 0, "messages")


def too_late(moment):
    with Play(moment) as play:
        play.begin()
        play.keys("C-c")
        play.sees("Too late to cancel")
        play.gate.release()
        play.sees("Message taken")
        check_equal(len(play.messages()), 1, "messages")


for name in (*BEFORE, *BEHIND):
    test(f"keys have their echo while the server holds {name}", name)(echo)
for name in BEFORE:
    test(f"cancelled at {name}: nobody has it", name)(cancelled)
for name in BEHIND:
    test(f"cancelled at {name}: too late, and it says so", name)(too_late)


@test("keys have their echo while 50 MB go out under TLS")
def _():
    with Stage() as stage:
        stage.sink(*encrypt(stage), hold=LARGE)
        stage.start("compose", "-A", stage.file("large.bin", LARGE))
        stage.write()
        stage.send()
        stage.sees("MB of 5")
        stage.keys("c")
        stage.sees("New letter")
        for letter in "abcdefghij":
            stage.type(letter)
            stage.sees(letter)
        stage.gate.reached(60)
        stage.type("klmn")
        stage.sees("abcdefghijklmn")
        stage.gate.release()
        stage.sees("Sent: Lunch", 60)


main(at_once=8)
