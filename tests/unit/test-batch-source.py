#!/usr/bin/env python3
"""What the source of a batch makes of servers that are not kind: refusals in a full window, replies
that are missing, connections that end, quotas. send-batch sends; the server is a script."""

import collections
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import types

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/lib"))

from tap import check_equal, main, test  # noqa: E402

BUILD = pathlib.Path(os.environ.get("top_builddir") or "build").resolve()
SEND = BUILD / "tests/lib/send-batch"


class Over(Exception):
    """The connection ends."""


class Server:
    """An SMTP server; a test overrides what it does not like. KEPT: by recipient."""

    chunking = True

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.kept = collections.Counter()
        self.lock = threading.Lock()
        self.connections = 0
        self.most_at_once = self.now = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            client, _ = self.listener.accept()
            self.connections += 1
            threading.Thread(target=self._serve, args=(client, self.connections), daemon=True).start()

    def _serve(self, client, number):
        with self.lock:
            self.now += 1
            self.most_at_once = max(self.now, self.most_at_once)
        try:
            Conversation(self, client, number).run()
        except (Over, OSError):
            pass
        finally:
            with self.lock:
                self.now -= 1
            client.close()

    # What may be overridden: a reply (None: the usual one).
    def on_mail(self, talk):
        pass

    def on_rcpt(self, talk, address):
        pass

    def on_bdat(self, talk):
        pass

    def on_end(self, talk):
        pass

    def after_reply(self, talk):
        pass


class Conversation:
    def __init__(self, server, client, number):
        self.server, self.client, self.number = server, client, number
        self.input = client.makefile("rb")
        self.recipients, self.sender = [], False
        self.messages = 0

    def say(self, text):
        self.client.sendall(text.encode() + b"\r\n")

    def run(self):
        self.say("220 here")
        while True:
            line = self.input.readline()
            if not line:
                return
            verb, _, rest = line.decode().strip().partition(" ")
            getattr(self, "do_" + verb.lower())(rest)

    def do_ehlo(self, _):
        self.say("250-here\r\n250-PIPELINING\r\n" + ("250-CHUNKING\r\n" if self.server.chunking else "")
                 + "250-8BITMIME\r\n250 ENHANCEDSTATUSCODES")

    def do_mail(self, _):
        self.recipients = []
        reply = self.server.on_mail(self) or "250 2.1.0 ok"
        self.sender = reply[0] == "2"
        self.say(reply)
        if reply.startswith("421"):
            raise Over

    def do_rcpt(self, rest):
        address = re.search("<(.*)>", rest).group(1)
        reply = "503 5.5.1 no sender" if not self.sender else self.server.on_rcpt(self, address) or "250 2.1.5 ok"
        if reply[0] == "2":
            self.recipients.append(address)
        self.say(reply)

    def do_rset(self, _):
        self.recipients, self.sender = [], False
        self.say("250 2.0.0 ok")

    def do_quit(self, _):
        self.say("221 2.0.0 bye")
        raise Over

    def do_data(self, _):
        if not self.recipients:
            self.say("554 5.5.1 nobody")
            return
        self.say("354 go on")
        while self.input.readline() != b".\r\n":
            pass
        self.end()

    def do_bdat(self, rest):
        size, _, last = rest.partition(" ")
        left = int(size)
        while left:
            left -= len(self.input.read(min(left, 65536)))
        reply = self.server.on_bdat(self)
        if reply:
            self.say(reply)
        elif not self.recipients:
            self.say("503 5.5.1 nobody")
        elif last:
            self.end()
        else:
            self.say("250 2.0.0 ok")

    def end(self):
        reply = self.server.on_end(self) or f"250 2.0.0 Ok: queued as {self.messages}"
        if reply[0] == "2":
            self.messages += 1
            with self.server.lock:
                self.server.kept.update(self.recipients)
        if reply != "250 silence":
            self.say(reply)
        self.server.after_reply(self)


Result = collections.namedtuple("Result", "end counts fates output")


def send(server, folder, *options, rows=200, timeout=12):
    """What send-batch came to; FATES: the latest of each recipient."""
    report = pathlib.Path(folder) / "report"
    done = subprocess.run([SEND, "--directory", folder, "--port", str(server.port), "--rows", str(rows), "--report",
                           report, "--stop-after", "0", *map(str, options)], capture_output=True, text=True,
                          timeout=timeout)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    words = dict(word.split("=") for word in done.stdout.split())
    counts = {name: int(words[name]) for name in ("waiting", "deferred", "in-doubt", "accepted", "refused")}
    fates = dict(line.split() for line in report.read_text().splitlines()) if report.exists() else {}
    return Result(words["end"], {name: n for name, n in counts.items() if n}, fates, done.stderr)


def number_of(address):
    return int(re.search(r"\d+", address).group())


def check_once(server, result):
    """Nobody has it twice, and whoever is said to have it has it."""
    twice = [address for address, n in server.kept.items() if n > 1]
    check_equal(twice, [], "kept twice")
    missing = [address for address, fate in result.fates.items() if fate == "accepted" and address not in server.kept]
    check_equal(missing, [], "accepted and not kept")


MANNERS = [(manner, window) for manner in ("bdat", "data") for window in (1, 8, 32)]


def with_manner(server, manner):
    server.chunking = manner == "bdat"
    return server


for name, size in MANNERS:

    @test(f"all are accepted once, {name}, window {size}", name, size)
    def all_accepted(manner, window):
        server = with_manner(Server(), manner)
        with tempfile.TemporaryDirectory() as folder:
            result = send(server, folder, "--window", window)
        check_equal((result.end, result.counts), ("done", {"accepted": 200}), "result")
        check_equal(len(server.kept), 200, "kept")
        check_once(server, result)

    @test(f"refused recipients in a full window, {name}, window {size}", name, size)
    def refused_in_window(manner, window):
        class Refusing(Server):
            def on_rcpt(self, talk, address):
                return "550 5.1.1 no" if number_of(address) % 3 == 0 else None

        server = with_manner(Refusing(), manner)
        with tempfile.TemporaryDirectory() as folder:
            result = send(server, folder, "--window", window)
        check_equal((result.end, result.counts), ("done", {"accepted": 133, "refused": 67}), "result")
        check_once(server, result)

    @test(f"a close after each ten messages, {name}, window {size}", name, size)
    def close_after_ten(manner, window):
        class Closing(Server):
            def after_reply(self, talk):
                if talk.messages == 10:
                    talk.client.shutdown(socket.SHUT_RDWR)
                    raise Over

        server = with_manner(Closing(), manner)
        with tempfile.TemporaryDirectory() as folder:
            result = send(server, folder, "--window", window, "--connections", 1)
        total = sum(result.counts.values())
        check_equal((result.end, total), ("done", 200), "result")
        if result.counts.get("in-doubt", 0) > 2 * window * 3:
            raise AssertionError(f"learnt nothing of it: {result.counts}")
        check_once(server, result)

    @test(f"421 after ten messages, {name}, window {size}", name, size)
    def shut_down_after_ten(manner, window):
        class Closing(Server):
            def on_mail(self, talk):
                return "421 4.7.0 enough" if talk.messages == 10 else None

        server = with_manner(Closing(), manner)
        server.after = None
        with tempfile.TemporaryDirectory() as folder:
            result = send(server, folder, "--window", window, "--connections", 1, "--linger", 30, rows=40)
        check_equal(sum(result.counts.values()), 40, "result")
        check_equal({"refused", "deferred"} & set(result.counts), set(), "burnt")
        check_once(server, result)

    @test(f"the account is refused at message 50: a pause, and no row is burnt, {name}, window {size}", name, size)
    def account_refused(manner, window):
        class Quota(Server):
            full = True

            def on_mail(self, talk):
                return "550 5.4.5 Daily user sending quota exceeded" if self.full and len(self.kept) >= 50 else None

        server = with_manner(Quota(), manner)
        with tempfile.TemporaryDirectory() as folder:
            first = send(server, folder, "--window", window)
            check_equal(first.end, "paused", "end")
            check_equal(set(first.counts), {"accepted", "waiting"}, "fates")
            server.full = False
            second = send(server, folder, "--window", window)
        check_equal((second.end, second.counts), ("done", {"accepted": 200}), "resumed")
        check_once(server, second)

    @test(f"ten refusals in a row: a pause, and those rows wait, {name}, window {size}", name, size)
    def refusals_in_a_row(manner, window):
        class Refusing(Server):
            broken = True

            def on_rcpt(self, talk, address):
                return "550 5.1.1 no" if self.broken and len(self.kept) >= 50 else None

        server = with_manner(Refusing(), manner)
        with tempfile.TemporaryDirectory() as folder:
            first = send(server, folder, "--window", window, "--stop-after", 10, "--connections", 1)
            check_equal(first.end, "paused", "paused")
            server.broken = False
            second = send(server, folder, "--window", window, "--stop-after", 10, "--connections", 1)
        # Some may have been refused before the last of those in flight was accepted.
        burnt = second.counts.pop("refused", 0)
        check_equal((second.end, second.counts), ("done", {"accepted": 200 - burnt}), "resumed")
        if burnt >= window:
            raise AssertionError(f"{burnt} rows were burnt")
        check_once(server, second)


@test("a reply that never comes in the middle of a window: what is behind it is in doubt, once")
def missing_reply():
    class Silent(Server):
        def on_end(self, talk):
            return "250 silence" if talk.number == 1 and talk.messages == 20 else None

    server = Silent()
    with tempfile.TemporaryDirectory() as folder:
        result = send(server, folder, "--connections", 1)
    check_equal(sum(result.counts.values()), 200, "result")
    if not 1 <= result.counts.get("in-doubt", 0) <= 8:
        raise AssertionError(f"in doubt: {result.counts}")
    check_once(server, result)


@test("BDAT that is not parsed: DATA from then on")
def bdat_refused():
    class Old(Server):
        def on_bdat(self, talk):
            return "500 5.5.1 what?"

    server = Old()
    with tempfile.TemporaryDirectory() as folder:
        result = send(server, folder, "--connections", 1)
    check_equal((result.end, result.counts), ("done", {"accepted": 200}), "result")
    check_once(server, result)


@test("a server that reads nothing while it writes: no deadlock")
def stops_reading():
    class Slow(Server):
        def on_end(self, talk):
            talk.client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            return "".join(f"250-{'x' * 400}\r\n" for _ in range(10)) + "250 2.0.0 ok"

    server = Slow()
    with tempfile.TemporaryDirectory() as folder:
        result = send(server, folder, "--connections", 1, "--window", 32, "--size", 200000, rows=100)
    check_equal((result.end, result.counts), ("done", {"accepted": 100}), "result")


@test("deferred rows wait for their time, and go with the next run")
def deferred():
    class Grey(Server):
        seen = set()

        def on_rcpt(self, talk, address):
            known = address in self.seen
            self.seen.add(address)
            return None if known or number_of(address) % 2 else "450 4.2.1 later"

    server = Grey()
    with tempfile.TemporaryDirectory() as folder:
        first = send(server, folder)
        check_equal((first.end, first.counts), ("later", {"accepted": 100, "deferred": 100}), "first")
        second = send(server, folder)
    check_equal((second.end, second.counts), ("done", {"accepted": 200}), "second")
    check_once(server, second)


@test("nobody listens: no path, and no row is burnt")
def no_path():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        server = types.SimpleNamespace(port=unused.getsockname()[1])
        with tempfile.TemporaryDirectory() as folder:
            result = send(server, folder)
    check_equal((result.end, result.counts), ("no-path", {"waiting": 200}), "result")


@test("several connections, each used again")
def several_connections():
    class Slow(Server):
        def on_end(self, talk):
            time.sleep(0.002)

    server = Slow()
    with tempfile.TemporaryDirectory() as folder:
        result = send(server, folder, "--connections", 4, rows=600)
    check_equal((result.end, result.counts), ("done", {"accepted": 600}), "result")
    check_equal((server.connections, server.most_at_once), (4, 4), "connections")


@test("a rate is kept, over one connection")
def rate():
    server = Server()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        result = send(server, folder, "--rate", "10/s", "--linger", 30, rows=25)
    seconds = time.monotonic() - began
    check_equal((result.end, result.counts, server.connections), ("done", {"accepted": 25}, 1), "result")
    if not 2.0 <= seconds <= 8:
        raise AssertionError(f"25 messages at 10/s took {seconds:.1f} s")


if __name__ == "__main__":
    main()
