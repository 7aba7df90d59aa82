#!/usr/bin/env python3
"""Kinds of terminals, and what is asked of one: colours or none, frames without UTF-8, keys that others
swallow, a TERM that nobody knows."""

import os
import pathlib
import re
import sys

TOP = pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2])
sys.path.insert(0, str(TOP / "tests/lib"))
sys.path.insert(0, str(TOP / "tests/tui"))

from stage import Stage, available  # noqa: E402
from tap import check_equal, main, skip_all, test  # noqa: E402

if not available():
    skip_all("there is no tmux")

COLOUR = re.compile(r"\x1b\[[\d;]*\b(3[0-7]|4[0-7]|9[0-7]|[34]8;5;\d+)[\d;]*m")


def known(term):
    with Stage(environment={"TERM": term}) as stage:
        stage.start()
        stage.write(body="At noon?")
        stage.resize(60, 20)
        stage.sees("At noon?")
        stage.keys("Up", "Home", "End", "C-s", "C-q")  # ^S and ^Q are keys like others
        check_equal(stage.status(), 0, "status")


for kind in ("tmux", "screen", "screen-256color", "xterm", "xterm-256color", "linux", "vt100", "vt220", "rxvt-unicode"):
    test(f"TERM={kind}", kind)(known)


@test("a TERM that nobody knows is said in words")
def _():
    with Stage(environment={"TERM": "no-such-terminal"}) as stage:
        stage.start()
        check_equal(stage.status(), 69, "status")
        check_equal("no-such-terminal" in stage.errors(), True, stage.errors())


@test("colours, and none with NO_COLOR")
def _():
    for environment, expected in (({}, True), ({"NO_COLOR": "1"}, False)):
        with Stage(environment=environment) as stage:
            stage.start()
            stage.write(to="no address", body="> quoted")
            check_equal(bool(COLOUR.search(stage.screen("-e"))), expected, f"colours with {environment}")


@test("without UTF-8, frames are ASCII, and what can't be shown doesn't break the screen")
def _():
    with Stage(locale="C") as stage:
        stage.file("body", "At noon? お昼 – é".encode())
        stage.start("compose", "--body-file=body")
        shown = stage.sees("At noon?")
        check_equal(shown.isascii(), True, shown)
        check_equal("-----" in shown, True, shown)


@test("down to a few cells and back: it lives, and the letter is whole")
def _():
    with Stage() as stage:
        stage.start()
        stage.write()
        for width, height in ((10, 3), (2, 2), (1, 1), (200, 60), (80, 24)):
            stage.resize(width, height)
        stage.type(" Yes")
        stage.sees("At noon? Yes")


@test("^C belongs to the composer, and Escape has no delay")
def _():
    with Stage() as stage:
        stage.start()
        stage.write()
        stage.keys("C-c")
        stage.sees("Leave this letter?")
        stage.keys("Escape")
        stage.loses("Leave this letter?")
        stage.type("!")
        stage.sees("At noon?!")


main(at_once=8)
