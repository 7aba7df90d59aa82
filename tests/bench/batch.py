#!/usr/bin/env python3
"""Batches against Postfix's smtp-source, into the same smtp-sink, in one run: `make bench-batch`. Prints
Markdown; ends with 1 when a ratio is missed, with 2 when something could not be measured.

All of a table are run in turns. A rate is the median of its runs, and a ratio the median of those
of each turn, so that what else the machine does meanwhile concerns both sides of it. Whoever doesn't
finish in time has no figure, and that is said, with the load; and turns end when a table has had its time.

smtp-source and smtp-sink are those of the tree that the tests of real servers use.
"""

import asyncio
import os
import pathlib
import shutil
import smtplib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/lab"))

from servers.tree import find_tree  # noqa: E402

BUILD = pathlib.Path(os.environ.get("top_builddir") or "build").resolve()
SEND = BUILD / "tests/lib/send-batch"
SINK = BUILD / "toukan-sink"
ROUNDS = 7
TABLE_TIME = 100  # s: after this no other turn begins
PATIENCE = 60  # s, for one run
SIZE = 4096
TEXT = "From: me@example.org\r\nTo: you@example.net\r\nSubject: to all\r\n\r\n" + ("x" * 70 + "\r\n") * (SIZE // 72)
DELAY = 0.05  # one way


class Postfix:
    def __init__(self):
        self.tree = find_tree()
        if self.tree is None:
            sys.exit("smtp-source isn't there: run the tests of real servers once")
        lib = self.tree / "usr/lib"
        self.environment = os.environ | {"LD_LIBRARY_PATH": f"{lib}/postfix:{lib}/x86_64-linux-gnu"}

    def start_sink(self, port):
        user = ["-u", "nobody"] if os.getuid() == 0 else []
        process = subprocess.Popen([self.tree / "usr/sbin/smtp-sink", *user, f"127.0.0.1:{port}", "1000"],
                                   env=self.environment)
        time.sleep(0.5)
        return process

    def rate(self, port, sessions, messages):
        began = time.monotonic()
        subprocess.run([self.tree / "usr/sbin/smtp-source", "-d", "-s", str(sessions), "-m", str(messages), "-l",
                        str(SIZE), "-f", "me@example.org", "-t", "you@example.net", f"127.0.0.1:{port}"],
                       env=self.environment, check=True, timeout=PATIENCE)
        return messages / (time.monotonic() - began)


def toukan(port, messages, *options):
    """Messages a second; the batch was loaded before, and is durable on this disk."""
    with tempfile.TemporaryDirectory(prefix="toukan-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        command = [SEND, "--directory", folder, "--port", str(port), "--rows", str(messages), "--size", str(SIZE),
                   *options]
        subprocess.run([*command, "--load-only"], check=True, timeout=PATIENCE)
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE)
        words = dict(word.split("=") for word in done.stdout.split())
        if int(words["accepted"]) != messages:
            raise RuntimeError(done.stdout)
        return messages / float(words["seconds"])


def python(port, messages):
    """smtplib, one connection, nothing on disk."""
    began = time.monotonic()
    with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as server:
        for _ in range(messages):
            server.sendmail("me@example.org", ["you@example.net"], TEXT)
    return messages / (time.monotonic() - began)


def msmtp(port, messages):
    """A process a message."""
    began = time.monotonic()
    for _ in range(messages):
        subprocess.run(["msmtp", "--file=/dev/null", "--host=127.0.0.1", f"--port={port}", "--tls=off", "--auth=off",
                        "--from=me@example.org", "--", "you@example.net"], input=TEXT.encode(), check=True,
                       timeout=PATIENCE)
    return messages / (time.monotonic() - began)


class Link(threading.Thread):
    """A link with delay, as a relay of streams. The first round trip of TCP itself is missing, for
    everybody."""

    def __init__(self, to):
        super().__init__(daemon=True)
        self.to, self.port, self.ready = to, None, threading.Event()
        self.start()
        self.ready.wait()

    def run(self):
        asyncio.run(self._serve())

    async def _serve(self):
        server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        await server.serve_forever()

    async def _relay(self, reader, writer):
        await asyncio.sleep(2 * DELAY)
        there, back = await asyncio.open_connection("127.0.0.1", self.to)
        await asyncio.gather(self._move(reader, back), self._move(there, writer))

    @staticmethod
    async def _move(reader, writer):
        queue = asyncio.Queue()

        async def deliver():
            while True:
                due, octets = await queue.get()
                await asyncio.sleep(due - time.monotonic())
                if not octets:
                    writer.close()
                    return
                writer.write(octets)

        task = asyncio.create_task(deliver())
        try:
            while octets := await reader.read(1 << 16):
                queue.put_nowait((time.monotonic() + DELAY, octets))
        except OSError:
            pass
        queue.put_nowait((time.monotonic() + DELAY, b""))
        await task


def one_turn(rows):
    """Rates by name; a name without one did not finish."""
    rates = {}
    for name, measure, *_ in rows:
        try:
            rates[name] = measure()
        except (subprocess.TimeoutExpired, TimeoutError):
            print(f"\n{name}: not done in {PATIENCE} s, at a load of {os.getloadavg()[0]:.1f} on {os.cpu_count()} "
                  "processors", flush=True)
    return rates


def take_turns(rows):
    began, turns = time.monotonic(), []
    while len(turns) < ROUNDS and (not turns or time.monotonic() - began < TABLE_TIME):
        turns.append(one_turn(rows))
    return turns


def verdict(ratio, least):
    if least is None:
        return ""
    if ratio is None:
        return "not measured"
    return "ok" if ratio >= least else "missed"


def show(figure, digits):
    return "" if figure is None else f"{figure:.{digits}f}"


def table(title, rows):
    """ROWS: name, how to measure it, the row it is compared with (None: nothing), the ratio it must reach.
    The verdicts."""
    turns = take_turns(rows)
    print(f"\n### {title}\n\n{len(turns)} turns, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors\n")
    print("| | messages/s | ratio | from – to | must reach | |\n|---|---|---|---|---|---|")
    verdicts = []
    for name, _, base, least in rows:
        rates = [turn[name] for turn in turns if name in turn]
        ratios = [turn[name] / turn[base] for turn in turns if name in turn and base in turn]
        ratio = statistics.median(ratios) if ratios else None
        verdicts.append(verdict(ratio, least))
        spread = f"{min(ratios):.2f} – {max(ratios):.2f}" if ratios else ""
        print(f"| {name} | {show(statistics.median(rates) if rates else None, 1)} | {show(ratio, 2 if ratio is None or ratio >= 0.1 else 4)} | {spread} "
              f"| {least or ''} | {verdicts[-1]} |", flush=True)
    return verdicts


def loopback(postfix, port):
    one, ten = "smtp-source -d -s 1", "smtp-source -d -s 10"
    return table("Loopback, 4 KiB, durable", [
        (one, lambda: postfix.rate(port, 1, 5000), None, None),
        ("default window", lambda: toukan(port, 5000, "--connections", "1"), one, 0.6),
        ("--window 32", lambda: toukan(port, 5000, "--connections", "1", "--window", "32"), one, 0.8),
        (ten, lambda: postfix.rate(port, 10, 10000), None, None),
        ("10 connections", lambda: toukan(port, 10000, "--connections", "10"), ten, 0.4),
        ("smtplib, one connection", lambda: python(port, 1000), one, None),
        *([("msmtp, a process a message", lambda: msmtp(port, 20), one, None)] if shutil.which("msmtp") else []),
    ])


def far_away(postfix, port):
    one = "smtp-source -d -s 1"
    slow, chunking = Link(port), Link(port + 1)
    return table("100 ms round trip, one connection", [
        (one, lambda: postfix.rate(slow.port, 1, 10), None, None),
        ("DATA", lambda: toukan(slow.port, 60, "--connections", "1"), one, 3.8),
        ("BDAT, default window", lambda: toukan(chunking.port, 400, "--connections", "1"), one, 15),
        ("BDAT --window 32",
         lambda: toukan(chunking.port, 2500, "--connections", "1", "--window", "32"), one, 60),
    ])


def main():
    postfix = Postfix()
    sink = postfix.start_sink(port := 3530)
    ours = subprocess.Popen([SINK, "--listen", f"127.0.0.1:{port + 1}"], stdout=subprocess.DEVNULL)
    time.sleep(0.3)
    try:
        verdicts = loopback(postfix, port) + far_away(postfix, port)
    finally:
        sink.terminate()
        ours.terminate()
    return 1 if "missed" in verdicts else 2 if "not measured" in verdicts else 0


if __name__ == "__main__":
    sys.exit(main())
