#!/usr/bin/env python3
"""No word is ever lost: composers that are killed, hung up, left without disk or without terminal, and
what the next start offers."""

import contextlib
import os
import pathlib
import random
import resource
import signal
import sys
import threading
import time

TOP = pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2])
sys.path.insert(0, str(TOP / "tests/lib"))
sys.path.insert(0, str(TOP / "tests/tui"))

from stage import Stage, available  # noqa: E402
from tap import check_equal, main, skip_all, test  # noqa: E402

if not available():
    skip_all("there is no tmux")

MOMENTS = 200 if "CAMPAIGN" in os.environ else 20
SEED = int(os.environ.get("SEED", time.time() // 86400))  # others each day
PROMISE = 2.0   # seconds of typing that a kill may cost
LONGEST = 5.0   # seconds of typing
PAUSE = 0.05    # between two words


def offered(stage):
    """Starts it again and takes the draft: what is on the screen."""
    stage.start()
    stage.sees("A letter isn't finished: Lunch")
    stage.keys("c")
    stage.loses("isn't finished")
    return stage.screen()


def type_until_dead(stage, moment):
    """Types words until the composer is killed, MOMENT seconds from now: when each was on the screen, and
    when it was killed."""
    process = stage.process()
    killer = threading.Timer(moment, os.kill, (process, signal.SIGKILL))
    seen = []
    killer.start()
    end = time.monotonic() + moment
    with contextlib.suppress(AssertionError):  # the screen of a dead program shows no echo
        while time.monotonic() < end:
            word = f"w{len(seen)}."
            stage.type(f"{word} ")
            stage.sees(word, end - time.monotonic())
            seen.append(time.monotonic())
            time.sleep(PAUSE)  # the last of it is still on one screen
    killer.join()
    return seen, end


def killed(moment):
    with Stage() as stage:
        stage.start()
        stage.write(body="Taro,")
        stage.keys("Enter")
        seen, end = type_until_dead(stage, moment)
        stage.status()
        safe = [number for number, when in enumerate(seen) if when < end - PROMISE]
        if not safe:
            stage.start()
            stage.sees("To:")  # it starts whatever there is
            return
        shown = offered(stage)
        words = [word for word in shown.replace("\n", " ").split() if word.startswith("w") and word.endswith(".")]
        if len(words) < len(safe) or words != [f"w{number}." for number in range(len(words))]:
            raise AssertionError(f"{len(safe)} words had been there for {PROMISE} s:\n{shown}")


chance = random.Random(SEED)
for index in range(MOMENTS):
    instant = 0.1 + LONGEST * (index + chance.random()) / MOMENTS
    test(f"kill -9 while typing, {instant:.3f} s after the first key (SEED={SEED})", instant)(killed)


def signalled(number):
    with Stage() as stage:
        stage.start()
        stage.write(body="The very last word")
        os.kill(stage.process(), number)
        check_equal(stage.status(), 128 + number, "status")
        check_equal("The very last word" in offered(stage), True, "it is there")


for sign in (signal.SIGHUP, signal.SIGTERM):
    test(f"{sign.name} costs nothing", sign)(signalled)


@test("the terminal dies: nothing is lost")
def _():
    with Stage() as stage:
        stage.start()
        stage.write(body="The very last word")
        stage.lose_terminal()
        check_equal("The very last word" in offered(stage), True, "it is there")


@test("the terminal dies while $EDITOR has it: the letter is there")
def _():
    with Stage(environment={"EDITOR": "sleep 1000;:"}) as stage:
        stage.start()
        stage.write(body="The very last word")
        stage.keys("C-_")
        stage.loses("The very last word")
        stage.lose_terminal()
        check_equal("The very last word" in offered(stage), True, "it is there")


def limit_files(stage, size):
    """As a full disk, but for what fits into small files; RLIM_INFINITY makes room again."""
    resource.prlimit(stage.process(), resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@test("a full disk is said at once; with room again, all is saved")
def _():
    with Stage() as stage:
        stage.start()
        stage.write(body="Before")
        limit_files(stage, 4096)
        stage.type(" and after")
        stage.sees("The draft can't be saved")
        limit_files(stage, resource.RLIM_INFINITY)
        time.sleep(3)  # nothing tells that it was saved: that is the promise
        os.kill(stage.process(), signal.SIGKILL)
        stage.status()
        check_equal("Before and after" in offered(stage), True, "it is there")


@test("a full disk: sending doesn't begin, and the letter stays on the screen")
def _():
    with Stage() as stage:
        stage.sink()
        stage.start()
        stage.write()
        stage.keys("C-x")
        stage.sees("Send this letter?")
        limit_files(stage, 4096)
        stage.keys("C-x")
        stage.sees("Nothing was sent")
        check_equal(stage.arrived(), 0, "messages")
        limit_files(stage, resource.RLIM_INFINITY)
        stage.keys("C-x")
        stage.sees("Message taken")
        check_equal(len(stage.messages()), 1, "messages")


@test("thrown away, it isn't offered again")
def _():
    with Stage() as stage:
        stage.start()
        stage.write()
        stage.keys("C-c")
        stage.sees("Leave this letter?")
        stage.keys("t")
        check_equal(stage.status(), 0, "status")
        check_equal(stage.toukan("outbox", "list").stdout.strip(), "Nothing is waiting in the outbox.", "the outbox")


@test("a draft that was offered and not wanted stays")
def _():
    with Stage() as stage:
        stage.start()
        stage.write()
        stage.keys("C-q")
        check_equal(stage.status(), 0, "status")
        stage.start()
        stage.sees("A letter isn't finished: Lunch")
        stage.keys("Escape")
        stage.loses("isn't finished")
        stage.keys("C-q")
        check_equal(stage.status(), 0, "status")
        check_equal("At noon?" in offered(stage), True, "it is there")


@test("killed while the server has it in hand: it leaves later, once")
def _():
    with Stage() as stage:
        stage.sink("--without=PIPELINING", "--without=CHUNKING", hold="mail")
        stage.start()
        stage.write()
        stage.send()
        stage.gate.reached(15)
        os.kill(stage.process(), signal.SIGKILL)
        stage.status()
        stage.gate.release()
        stage.start()
        stage.keys("F2")
        stage.messages()
        stage.sees("Nothing waits to be sent.")
        check_equal(stage.arrived(), 1, "messages")


main(at_once=8)
