#!/usr/bin/env python3
"""A batch that is killed again and again, against a server that refuses, defers and drops: each
recipient is accepted exactly once, but for those that are called in doubt.

    test-batch.py [MESSAGES [KILLS [SEED]]]

`make check` runs 5,000 and 10, `make campaign-batch` 100,000 and 100.
"""

import collections
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/lib"))

from tap import main, test  # noqa: E402

BUILD = pathlib.Path(os.environ.get("top_builddir") or "build").resolve()
SINK, SEND = BUILD / "toukan-sink", BUILD / "tests/lib/send-batch"
REFUSED, DEFERRED, DROPPED = 30, 30, 2  # of a thousand


class Sink:
    """toukan-sink with weather; what it has taken, by recipient."""

    def __init__(self, folder, seed, *options):
        self.log = folder / f"sink-{seed}.log"
        self.process = subprocess.Popen(
            [SINK, "--listen", "127.0.0.1:0", "--log", self.log, *options,
             f"--weather={seed}:{REFUSED}:{DEFERRED}:{DROPPED}"], stdout=subprocess.DEVNULL)
        self.port = self._await_port()

    def _events(self):
        try:
            with open(self.log, encoding="utf-8") as lines:
                for line in lines:
                    if line.endswith("\n"):
                        yield json.loads(line)
        except FileNotFoundError:
            return

    def _await_port(self):
        for _ in range(100):
            for event in self._events():
                if event["event"] == "ready":
                    return int(event["listen"][0].rsplit(":", 1)[1])
            time.sleep(0.1)
        raise RuntimeError("toukan-sink does not listen")

    def taken(self):
        """How often each recipient's message was kept."""
        count = collections.Counter()
        for event in self._events():
            if event["event"] == "message":
                count.update(event["recipients"])
        return count

    def stop(self):
        self.process.terminate()
        self.process.wait()


def summary(text):
    """The last line of send-batch as a dictionary."""
    return dict(word.split("=") for word in text.split("\n")[-2].split())


def send(sink, folder, report, *options):
    return subprocess.Popen([SEND, "--directory", folder / "state", "--port", str(sink.port), "--report", report,
                             *options], stdout=subprocess.PIPE, text=True)


def run(messages, kills, seed):
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="toukan-batch-") as name:
        folder = pathlib.Path(name)
        sink = Sink(folder, seed)
        try:
            check(messages, kills, chance, sink, folder)
        finally:
            sink.stop()


def await_progress(process, report, size):
    """Until REPORT has grown to SIZE, or PROCESS has ended: TRUE when it has."""
    while process.poll() is None:
        if report.exists() and report.stat().st_size >= size:
            return False
        time.sleep(0.001)
    return True


def kill_often(messages, kills, chance, sink, folder, options):
    """Kills it at KILLS moments of a life in which it would have got on evenly; how many it saw."""
    report = folder / "report"
    line = len("user10000@example.net accepted\n")
    for n in range(kills):
        grown = report.stat().st_size if report.exists() else 0
        process = send(sink, folder, report, *options)
        ended = await_progress(process, report, grown + chance.uniform(0, 1.2) * messages / (kills + 1) * line)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if ended:
            return n
    return kills


def finish(sink, folder, options):
    """Until nobody waits."""
    for _ in range(200):
        output, _ = send(sink, folder, folder / "report", *options).communicate(timeout=600)
        last = summary(output)
        if int(last["waiting"]) + int(last["deferred"]) == 0:
            return last
    raise RuntimeError(f"it never ends: {last}")


def check(messages, kills, chance, sink, folder):
    options = ["--rows", str(messages), "--stop-after", "0"]
    began = time.monotonic()
    subprocess.run([SEND, "--directory", folder / "state", "--load-only", *options], check=True)
    killed = kill_often(messages, kills, chance, sink, folder, options)
    last = finish(sink, folder, options)
    seconds = time.monotonic() - began
    taken = sink.taken()
    counts = {word: int(last[word]) for word in ("accepted", "refused", "in-doubt")}
    twice = [address for address, n in taken.items() if n > 1]
    print(f"# {messages} messages, killed {killed} times, {seconds:.1f} s: {counts}, kept {len(taken)}")
    assert killed == kills, f"killed {killed} of {kills} times only"
    assert sum(counts.values()) == messages, "somebody's fate is not known"
    assert not twice, f"kept twice: {twice[:3]}"
    assert counts["accepted"] <= len(taken) <= counts["accepted"] + counts["in-doubt"], "not those that were accepted"
    assert 0 < counts["refused"] < messages * 0.06, "refused are others than those that always are"
    most = (killed + messages * DROPPED / 1000 * 4 + 20) * 4 * 8
    assert counts["in-doubt"] <= most, f"in doubt are {counts['in-doubt']}, of at most {most:.0f}"


ARGUMENTS = [int(word) for word in sys.argv[1:]] + [5000, 10, 1][len(sys.argv) - 1:]


@test("each is accepted exactly once, but for those called in doubt", *ARGUMENTS)
def killed_and_resumed(messages, kills, seed):
    run(messages, kills, seed)


if __name__ == "__main__":
    sys.argv[1:] = []
    main()
