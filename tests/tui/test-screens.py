#!/usr/bin/env python3
"""Each screen at 80x24, 120x40 and 40x12, resized while it is open: in English and Japanese as in
tests/tui/screens, and in a language as long as German so that all labels are whole.

`make update-screens` writes the files anew; look at what has changed."""

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
if not languages.available():
    skip_all("there are no sources of locales (/usr/share/i18n)")

SCREENS = TOP / "tests/tui/screens"
UPDATE = "UPDATE" in os.environ
SIZES = ((80, 24), (120, 40), (40, 12))
# What stands between two labels of a row, and a label behind its key.
BETWEEN = re.compile(r" {2,}(?=\S+ )|   ")
KEYS = re.compile(r"^(?:\^\S|M-\S|F\d+|[a-zA-Z]) +(\S.*)$")
LANGUAGES = {"en": ("C.UTF-8", "C"), "ja": ("ja_JP.UTF-8", "ja"), "long": ("de_DE.UTF-8", "de")}
BODY = "\n".join([
    "Dear Taro, お元気ですか? A line that is longer than the screen is wide, so that it goes on in the next row.",
    "", "> At noon?", "> > Or at one?", "", "At noon. 🍜", "", "-- ", "Hanako"])

# What differs from one time to the next, in as many columns.
UNSURE = (
    (re.compile(r"test-composer-\w{8}"), "test-composer-FOLDER__"),
    (re.compile(r"\d{5}/IPv4"), "PORT_/IPv4"),
    (re.compile(r"(?m)^ {12,}0 {3,}.*$"), "  (axis)"),
    (re.compile(r"127\.0\.0\.1 [ ─━●┤╳=|x*-]*"), "127.0.0.1  (bar)  "),
    (re.compile(r"\d+(\.\d+)? (ms|ミリ秒)"), r"N \2"),
)


def settled(text):
    """Screens of one minute, whatever the port, the folder and the speed."""
    for pattern, word in UNSURE:
        text = pattern.sub(word, text)
    return text


# --- from one screen to the next ----------------------------------------------------------


def play(stage):
    """Yields the name of each screen when it is open."""
    stage.file("pictures/lunch.jpg", b"\xff\xd8\xff\xe0JFIF")
    stage.file("pictures/notes of yesterday.txt", b"x" * 12345)
    stage.file("pictures/昼食.png", b"\x89PNG")
    stage.file("body", BODY.encode())
    stage.start("compose", "-s", "Lunch お昼", "-c", "Jiro Suzuki <jiro@example.com>", "-b", "saburo@example.com",
                "-A", "pictures/lunch.jpg", "--body-file=body", "taro@example.net")
    stage.sees("Dear Taro")
    yield "compose"
    stage.keys("F1")
    stage.sees("^G, F1")
    yield "help"
    stage.keys("C-c")
    stage.sees("Dear Taro")
    stage.keys("C-t")
    stage.sees("^T ")
    stage.type("pictures/")
    stage.sees(" pictures/")
    yield "question-file"
    stage.keys("C-t")
    stage.sees("12.3")
    yield "files"
    stage.keys("C-c")
    stage.sees("Dear Taro")
    stage.keys("C-c")
    stage.loses(" pictures/")
    stage.keys("C-c")
    stage.sees(" S  ")
    yield "question-choice"
    stage.keys("s")
    stage.loses(" S  ")
    stage.keys("C-x")
    stage.sees("^S ")
    yield "review"
    stage.keys("C-s")
    stage.loses("^S ")
    stage.type("tomorrow 9:00")
    stage.sees("tomorrow 9:00")
    yield "question-time"
    stage.keys("Enter")
    stage.sees("^S ")
    stage.keys("C-x")
    stage.status()
    stage.start("compose", "-s", "Not now", "taro@example.net")
    stage.sees("Not now")
    stage.keys("C-x")
    stage.sees("^S ")
    stage.keys("C-x")
    stage.sees("127.0.0.1")
    yield "sending"
    stage.keys("F2")
    stage.sees("taro@example.net")
    yield "outbox"


# --- compared ---------------------------------------------------------------------------------


def seen(stage, expected):
    """The screen when it is as EXPECTED; or, where it never is, when it doesn't change any more."""
    end = time.monotonic() + PATIENCE
    last, since = None, 0
    while (now := time.monotonic()) < end:
        shown = settled(stage.screen())
        if shown == expected:
            return shown
        if shown != last:
            last, since = shown, now
        if now - since > (3 if expected and not UPDATE else 0.7):
            return shown
        time.sleep(0.05)
    return shown


def parts(file):
    """{"80x24": screen}"""
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    found = re.split(r"(?m)^== (\d+x\d+)\n", text)
    return dict(zip(found[1::2], found[2::2]))


def compare(language):
    locale, texts = LANGUAGES[language]
    faults = []
    with tempfile.TemporaryDirectory(prefix="test-screens-") as folder:
        folder = pathlib.Path(folder)
        languages.make(folder, language)
        with Stage(locale=locale, environment=languages.environment(folder, texts)) as stage:
            (stage.path / "pictures").mkdir()
            every = languages.texts(folder, texts)
            for name in play(stage):
                faults += compare_screen(stage, SCREENS / language / f"{name}.txt", every)
    if faults:
        raise AssertionError("\n".join(faults))


def cut(screen, texts):
    """What is in the key line, or among the choices of a question, and is no whole text; and what says that
    it is cut: these letters have nothing that is too long."""
    labels = []
    for row in screen.splitlines()[-2:]:
        entries = [KEYS.match(entry) for entry in BETWEEN.split(row.strip())]
        if all(entries):
            labels += [entry[1].strip() for entry in entries]
    return [label for label in labels if label not in texts] + re.findall(r"\S+…", screen)


def compare_screen(stage, file, texts):
    expected = parts(file)
    found, faults = {}, []
    for width, height in SIZES:
        stage.resize(width, height)
        size = f"{width}x{height}"
        found[size] = seen(stage, expected.get(size))
        faults += [f"{file.name} at {size}: {label!r} is cut in\n{found[size]}" for label in cut(found[size], texts)]
    stage.resize(*SIZES[0])
    if file.parent.name == "long":
        return faults
    if UPDATE:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"== {size}\n{screen}" for size, screen in found.items()), encoding="utf-8")
        return faults
    return faults + [f"{file.name} at {size}: found\n{screen}\nexpected\n{expected.get(size)}"
            for size, screen in found.items() if screen != expected.get(size)]


for name in LANGUAGES:
    test(f"each screen in each size: {name}", name)(compare)

main(at_once=3)
