#!/usr/bin/env python3
"""Kinds of terminals, and what is asked of one: colours or none, frames without UTF-8, keys that others
swallow, a TERM that nobody knows."""

import os
import pathlib
import sys

TOP = pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2])
sys.path.insert(0, str(TOP / "tests/lib"))
sys.path.insert(0, str(TOP / "tests/tui"))

from stage import Stage, available  # noqa: E402
from tap import check_equal, main, skip_all, test  # noqa: E402

if not available():
    skip_all("there is no tmux")


@test("^S and ^Q are keys like others")
def _():
    with Stage() as stage:
        stage.start()
        stage.write()
        stage.keys("C-s")
        stage.type(" Yes")
        stage.sees("At noon? Yes")
        stage.keys("C-q")
        check_equal(stage.status(), 0, "status")


TERMINALS = (  # TERM, NO_COLOR, locale, whether there are colours, what frames are made of
    ("tmux-256color", "", "C.UTF-8", True, "─"),
    ("xterm", "", "C.UTF-8", True, "─"),
    ("linux", "", "C.UTF-8", True, "─"),
    ("screen", "", "C.UTF-8", True, "─"),
    ("vt100", "", "C.UTF-8", False, "─"),
    ("tmux-256color", "1", "C.UTF-8", False, "─"),
    ("tmux-256color", "", "C", True, "-"),
    ("vt100", "", "C", False, "-"),
)


def on_terminal(term, no_color, locale, coloured, frame):
    with Stage(locale=locale, environment={"TERM": term, "NO_COLOR": no_color}) as stage:
        stage.sink()
        stage.start()
        stage.write(body="Plain")
        stage.sees(frame * 80)
        check_equal(stage.colours(), coloured, "colours")
        stage.type(" Grüße")
        stage.keys("C-x")
        stage.sees("Send this letter?")
        stage.keys("C-x")
        stage.sees("Message taken")
        message, = stage.messages()
        check_equal("Gr=C3=BC=C3=9Fe" in message or "Grüße" in message, True, message)


for row in TERMINALS:
    test(f"a letter from the terminal {', '.join(word for word in row[:3] if word)}", *row)(on_terminal)


@test("a terminal that isn't known, or has no cursor, gets a clear error")
def _():
    for term, words in (("nonsense", 'knows no terminal "nonsense"'), ("dumb", "can't place its cursor"),
                        ("", "TERM isn't set")):
        with Stage(environment={"TERM": term}) as stage:
            stage.start()
            check_equal(stage.status(), 69, "status")
            check_equal(words in stage.errors(), True, stage.errors())


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
