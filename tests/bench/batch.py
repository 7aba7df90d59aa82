#!/usr/bin/env python3
"""Batches against Postfix's smtp-source, into the same smtp-sink, in one run: `make bench-batch`. Prints
Markdown; ends with 1 when a ratio is missed. Each figure is the median of ROUNDS, taken in turns.

smtp-source and smtp-sink are those of the tree that the tests of real servers use.
"""

import asyncio
import os
import pathlib
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
ROUNDS = 3
SIZE = 4096
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
                       env=self.environment, check=True)
        return messages / (time.monotonic() - began)


def toukan(port, messages, *options):
    """Messages a second; the batch was loaded before, and is durable on this disk."""
    with tempfile.TemporaryDirectory(prefix="toukan-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        command = [SEND, "--directory", folder, "--port", str(port), "--rows", str(messages), "--size", str(SIZE),
                   *options]
        subprocess.run([*command, "--load-only"], check=True)
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        words = dict(word.split("=") for word in done.stdout.split())
        if int(words["accepted"]) != messages:
            raise RuntimeError(done.stdout)
        return messages / float(words["seconds"])


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


def table(title, rows):
    """ROWS: name, how to measure it, the row it is compared with (None: nothing), the ratio it must reach."""
    print(f"\n### {title}\n\n| | messages/s | ratio | must reach | |\n|---|---|---|---|---|")
    rates = {name: [] for name, *_ in rows}
    for _ in range(ROUNDS):
        for name, measure, *_ in rows:
            rates[name].append(measure())
    missed = 0
    for name, _, base, least in rows:
        rate = statistics.median(rates[name])
        ratio = rate / statistics.median(rates[base]) if base else 1
        missed += bool(base) and ratio < least
        verdict = "" if not base else "ok" if ratio >= least else "missed"
        print(f"| {name} | {rate:.1f} | {ratio:.2f} | {least or ''} | {verdict} |", flush=True)
    return missed


def main():
    postfix = Postfix()
    sink = postfix.start_sink(port := 3530)
    ours = subprocess.Popen([SINK, "--listen", f"127.0.0.1:{port + 1}"], stdout=subprocess.DEVNULL)
    time.sleep(0.3)
    try:
        one, ten = "smtp-source -d -s 1", "smtp-source -d -s 10"
        missed = table("Loopback, 4 KiB, durable", [
            (one, lambda: postfix.rate(port, 1, 10000), None, None),
            ("default window", lambda: toukan(port, 10000, "--connections", "1"), one, 0.6),
            ("--window 32", lambda: toukan(port, 10000, "--connections", "1", "--window", "32"), one, 0.8),
            (ten, lambda: postfix.rate(port, 10, 20000), None, None),
            ("10 connections", lambda: toukan(port, 20000, "--connections", "10"), ten, 0.4),
        ])
        slow, chunking = Link(port), Link(port + 1)
        missed += table("100 ms round trip, one connection", [
            (one, lambda: postfix.rate(slow.port, 1, 24), None, None),
            ("DATA", lambda: toukan(slow.port, 100, "--connections", "1"), one, 3.8),
            ("BDAT, default window", lambda: toukan(chunking.port, 500, "--connections", "1"), one, 15),
            ("BDAT --window 32",
             lambda: toukan(chunking.port, 3000, "--connections", "1", "--window", "32"), one, 60),
        ])
    finally:
        sink.terminate()
        ours.terminate()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
