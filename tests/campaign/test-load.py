#!/usr/bin/env python3
"""Many senders and flushers on one outbox, before a server with bad days: each message
exactly once, but for those that are called in doubt. A sample by default; `make
campaign-load` is the whole, with figures.
"""

import concurrent.futures
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time
from typing import NamedTuple

from life import BUILD, TOP, Sink
from weather import REFUSALS, Weather

sys.path.insert(0, str(TOP / "tests/lib"))
import tap  # noqa: E402

SEED = int(os.environ.get("SEED") or time.time() // 86400)
ENDS = (0, 74)      # accepted or kept; in doubt
ROUNDS = 100        # of flushing, after which everything must have been sent
PATIENCE = 600      # s


class Size(NamedTuple):
    senders: int
    flushers: int
    messages: int


SIZE = Size(200, 20, 10000) if "CAMPAIGN" in os.environ else Size(20, 4, 300)
# How a message is handed in, in turn by chance: left to the flushers, or tried at once.
MANNERS = (("--set=delivery=queue",), ("--set=delivery=queue",), (), ("--set=flush-along=no",))


class Load:
    def __init__(self, folder, size):
        self.folder, self.size = folder, size
        self.sinks = {name: Sink(folder / f"sink-{name}", *options) for name, options in REFUSALS.items()}
        self.weather = Weather(SEED, {name: sink.port for name, sink in self.sinks.items()})
        self.config = folder / "config"
        self.config.write_text(f"[account load]\nfrom = alice@lab.test\nhost = 127.0.0.1\n"
                               f"ports = {self.weather.port}\ntls = off\n", encoding="ascii")
        self.handed_in = threading.Event()
        self.complaints, self.latencies, self.flushes = [], [], 0

    def run(self, *arguments, text=""):
        environment = {"HOME": str(self.folder), "XDG_STATE_HOME": str(self.folder), "LC_ALL": "C.UTF-8",
                       "PATH": os.environ["PATH"], "TOUKAN_CONFIG": str(self.config)}
        done = subprocess.run([BUILD / "toukan", *arguments], input=text, capture_output=True, text=True,
                              env=environment, timeout=PATIENCE, check=False)
        if done.returncode < 0 or "Sanitizer" in done.stderr or "damaged" in done.stderr:
            self.complaints.append(f"{arguments} ends with {done.returncode}\n{done.stderr}")
        return done

    def send(self, sender):
        chance = random.Random(f"{SEED} {sender}")
        for number in range(sender, self.size.messages, self.size.senders):
            text = f"To: bob@example.test\nSubject: {number}\n\nNumber {number}.\n"
            began = time.monotonic()
            done = self.run("sendmail", "-t", "-i", "-f", f"m{number}@lab.test", *chance.choice(MANNERS), text=text)
            self.latencies.append(time.monotonic() - began)
            if done.returncode not in ENDS:
                self.complaints.append(f"message {number}: status {done.returncode}\n{done.stderr}")

    def flush(self, flusher):
        command = ("agent", "--once") if flusher % 4 == 3 else ("outbox", "flush")
        while not self.handed_in.is_set():
            self.run(*command)
            self.flushes += 1

    def items(self):
        done = self.run("outbox", "list", "--all", "--json")
        tap.check_equal(done.returncode, 0, f"status of outbox list\n{done.stderr}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def send_the_rest(self):
        for rounds in range(ROUNDS):
            if not [item for item in self.items() if item["state"] in ("queued", "sending")]:
                return rounds
            self.run("outbox", "flush")
        raise AssertionError(f"after {ROUNDS} rounds something waits still")

    def work(self):
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(sum(self.size[:2])) as pool:
            senders = [pool.submit(self.send, sender) for sender in range(self.size.senders)]
            flushers = [pool.submit(self.flush, flusher) for flusher in range(self.size.flushers)]
            concurrent.futures.wait(senders)
            handed_in = time.monotonic() - began
            self.handed_in.set()
            for each in [*senders, *flushers]:
                each.result()
        rounds = self.send_the_rest()
        self.tell(handed_in, time.monotonic() - began, rounds)

    def tell(self, handed_in, seconds, rounds):
        slow = sorted(self.latencies)
        print(f"# {self.size.messages} messages of {self.size.senders} senders at once: handed in within "
              f"{handed_in:.1f} s, {self.size.messages / handed_in:.0f} a second; all sent after {seconds:.1f} s")
        print(f"# a sender waited {slow[len(slow) // 2]:.3f} s (median), {slow[len(slow) * 99 // 100]:.3f} s (99 of "
              f"100), {slow[-1]:.3f} s (longest)")
        print(f"# {self.size.flushers} flushers, {self.flushes} flushes, then {rounds} rounds more")
        print("# connections:", ", ".join(f"{name} {n}" for name, n in sorted(self.weather.counts.items())))

    def check(self):
        arrived = {}
        for sink in self.sinks.values():
            for sender, events in sink.messages().items():
                arrived[sender] = arrived.get(sender, 0) + len(events)
        doubted = {item["sender"] for item in self.items() if item["state"] == "in-doubt"}
        came = sum(1 for sender in doubted if arrived.get(sender))
        print(f"# arrived: {len(arrived)}; in doubt: {len(doubted)}, of which {came} arrived")
        for number in range(self.size.messages):
            sender = f"m{number}@lab.test"
            n = arrived.get(sender, 0)
            if n > 1 or (n == 0 and sender not in doubted):
                self.complaints.append(f"message {number} arrived {n} times")
        if self.complaints:
            raise AssertionError("\n".join([f"{len(self.complaints)} complaints", *self.complaints[:10]]))

    def stop(self):
        self.weather.stop()
        for sink in self.sinks.values():
            sink.stop()


@tap.test(f"{SIZE.messages} messages of {SIZE.senders} senders, {SIZE.flushers} flushers, a server with bad days: "
          "each exactly once, but for those in doubt")
def _():
    print(f"# seed {SEED}")
    with tempfile.TemporaryDirectory(prefix="toukan-load-", dir=os.environ.get("FAULTS_DIR")) as folder:
        load = Load(pathlib.Path(folder), SIZE)
        try:
            load.work()
            load.check()
        finally:
            load.stop()


if __name__ == "__main__":
    tap.main()
