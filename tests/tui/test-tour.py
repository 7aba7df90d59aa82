#!/usr/bin/env python3
"""doc/tour.md walks through the composer: this walks along, and what it shows is what is to be seen.

`make update-screens` puts what is to be seen now into it."""

import os
import pathlib
import re
import sys
import tempfile
import time

TOP = pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2])
sys.path.insert(0, str(TOP / "tests/lib"))
sys.path.insert(0, str(TOP / "tests/tui"))

import languages  # noqa: E402
from stage import PATIENCE, Stage, available  # noqa: E402
from tap import main, skip_all, test  # noqa: E402

if not available():
    skip_all("there is no tmux")

TOUR = TOP / "doc/tour.md"
UPDATE = "UPDATE" in os.environ
SHOWN = re.compile(r"(?s)<!-- screen: ([\w-]+) -->\n```\n(.*?)```\n")

# Speed and port differ from one time to the next; the tour shows those of its day.
UNSURE = (
    (re.compile(r"(?m)^ {12,}0 {3,}.*$"), "(axis)"),
    (re.compile(r"\d{5}/IPv4"), "PORT/IPv4"),
    (re.compile(r"(127\.0\.0\.1) [ ─━●┤╳]*"), r"\1 (bar) "),
    (re.compile(r"\d+(\.\d+)? ms"), "N ms"),
)


def settled(screen):
    for pattern, word in UNSURE:
        screen = pattern.sub(word, screen)
    return screen


def trim(screen):
    """Without the rows of blanks that are more than one."""
    return re.sub(r"\n{3,}", "\n\n", screen.strip("\n")) + "\n"


def walk(stage):
    """The steps of the tour: the name of each screen when it is open."""
    stage.sink()
    stage.start()
    stage.sees("To:")
    yield "new"
    stage.write(to="taro@example.net", body="At noon? The menu is attached.")
    yield "written"
    stage.keys("C-x")
    stage.sees("nothing is attached")
    yield "attachment"
    stage.keys("a")
    stage.sees("File to attach")
    stage.type("menu")
    stage.keys("Tab")
    stage.sees("menu.pdf")
    stage.keys("Enter")
    stage.sees("1. menu.pdf")
    stage.keys("C-x")
    stage.sees("Send this letter?")
    yield "review"
    stage.keys("C-s")
    stage.sees("Send it when?")
    stage.keys("C-c")
    stage.loses("Send it when?")
    stage.keys("C-x")
    stage.sees("Message taken")
    yield "sent"
    stage.keys("c")
    stage.sees("New letter")
    stage.write(subject="Dinner", body="Or at eight?")
    stage.keys("C-q")
    stage.status()
    stage.start()
    stage.sees("Dinner")
    yield "draft"
    stage.keys("c")
    stage.sees("Or at eight?")
    stage.keys("C-x")
    stage.sees("Send this letter?")
    stage.keys("C-s")
    stage.sees("Send it when?")
    stage.type("tomorrow 18:00")
    stage.keys("Enter")
    stage.sees("tomorrow 18:00")
    stage.keys("C-x")
    stage.status()
    stage.start()
    stage.sees("To:")
    stage.keys("F2")
    stage.sees("scheduled")
    yield "outbox"


def seen(stage, expected):
    """The screen when it is as EXPECTED, or doesn't change any more."""
    end = time.monotonic() + PATIENCE
    last, since = None, 0
    while (now := time.monotonic()) < end:
        shown = trim(stage.screen())
        if expected and settled(shown) == settled(expected):
            return expected
        if shown != last:
            last, since = shown, now
        if now - since > (0.7 if UPDATE else 3):
            break
        time.sleep(0.05)
    return shown


@test("doc/tour.md shows what is to be seen")
def _():
    text = TOUR.read_text(encoding="utf-8")
    expected = dict(SHOWN.findall(text))
    with tempfile.TemporaryDirectory(prefix="test-tour-") as folder, \
            Stage(environment=languages.environment(pathlib.Path(folder), "C")) as stage:
        stage.file("menu.pdf", b"%PDF-1.4\n" + b"x" * 20000)
        found = {name: seen(stage, expected.get(name)) for name in walk(stage)}
    if UPDATE:
        TOUR.write_text(SHOWN.sub(lambda match: f"<!-- screen: {match[1]} -->\n```\n{found[match[1]]}```\n", text),
                        encoding="utf-8")
        return
    wrong = [name for name in found if found[name] != expected.get(name)]
    if wrong or set(expected) != set(found):
        raise AssertionError("\n".join(f"{name}: found\n{found[name]}\nexpected\n{expected.get(name)}" for name in wrong)
                             or f"the tour shows {sorted(expected)}, the walk {sorted(found)}")


main()
