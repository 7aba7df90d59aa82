#!/usr/bin/env python3
"""What a terminal does to a program on it: keys that others swallow, frames without UTF-8, hardly any cells."""

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
