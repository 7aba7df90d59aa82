#!/usr/bin/env python3
"""`toukan agent`: what waits leaves when it can, and nothing happens when nothing can."""

import contextlib
import os
import re
import signal
import socket
import sqlite3
import subprocess
import time

from lab import BUILD, Lab, case, check_equal, main, test
from lab.client import RECIPIENT
from lab.network import SERVER

PROMPT = 1.0           # from the network's return to delivery
ROUTES = [f"route add default via {SERVER['IPv4']}", f"route add default via {SERVER['IPv6']}"]
UP = ["link set eth0 up", "address replace 198.51.100.2/24 dev eth0", "address replace 2001:db8::2/64 dev eth0 nodad",
      *ROUTES]


class Agent:
    """The agent as a process of the lab, with the messages that its service manager would get."""

    def __init__(self, lab, *arguments, wait=True, **environment):
        self.folder = lab.folder
        self.notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = lab.folder / f"notify-{len(lab.processes)}"
        self.notices.bind(str(path))
        self.notices.settimeout(10)
        self.errors = open(lab.folder / f"agent-{len(lab.processes)}", "w+", encoding="utf-8")
        self.process = lab.client.popen([str(BUILD / "toukan"), "agent", *arguments],
                                        env=lab.toukan.environment | {"NOTIFY_SOCKET": str(path)} | environment,
                                        cwd=lab.toukan.home, stdin=subprocess.DEVNULL, stdout=self.errors,
                                        stderr=self.errors)
        lab.processes.append(self.process)
        if wait:
            self.wait_for("READY=1")
            self.wait_for("STATUS=Nothing is due")

    def wait_for(self, words):
        while words not in (said := self.notices.recv(4096).decode()):
            pass
        return said

    @property
    def said(self):
        self.errors.seek(0)
        return self.errors.read()

    def end(self, number=signal.SIGTERM, status=0):
        self.process.send_signal(number)
        check_equal(self.process.wait(20), status, f"status of the agent\n{self.said}")


def state(lab):
    return lab.toukan.home / ".local/state/toukan"


def ask(lab, sql):
    with contextlib.closing(sqlite3.connect(f"file:{state(lab)}/outbox.sqlite3?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


def items(lab):
    """(state, reason, failed tries) of each."""
    return ask(lab, "SELECT state, reason, tries FROM item ORDER BY id")


def configure(lab, **options):
    values = {"delivery": "queue"} | {name.replace("_", "-"): value for name, value in options.items()}
    lab.toukan.configure(values)


def put(lab, *arguments, text="Hello.\n"):
    """One more message for the outbox: nothing is sent by this."""
    lab.toukan.run(["send", "--to", RECIPIENT, "--subject", "lab", *arguments], text).check(status=0)


def arrived(lab, n, patience=10):
    return lab.wait_for(lambda: len(lab.messages()) >= n, f"message {n}", patience)


def wait_for_state(lab, *expected):
    try:
        lab.wait_for(lambda: items(lab) == list(expected), expected)
    except AssertionError as error:
        raise AssertionError(f"{error}: {items(lab)}") from None


def stop(sink):
    sink.process.kill()
    sink.process.wait()


@contextlib.contextmanager
def served(*arguments, sink=(), **options):
    with Lab() as lab:
        lab.sink(*sink)
        configure(lab, **options)
        lab.agent = Agent(lab, *arguments)
        yield lab


@test("what another program puts in leaves at once")
def _():
    with served() as lab:
        begin = time.monotonic()
        put(lab)
        arrived(lab, 1)
        if time.monotonic() - begin > PROMPT:
            raise AssertionError(f"it took {time.monotonic() - begin} s")
        wait_for_state(lab, ("finished", None, 0))
        lab.agent.end()


@test("what was put in before it began leaves at once")
def _():
    with Lab() as lab:
        lab.sink()
        configure(lab)
        put(lab)
        put(lab)
        Agent(lab)
        arrived(lab, 2)


@test("without a network: no SYN, no attempt, and delivery within a second of its return")
def _():
    with served() as lab:
        lab.client.ip("link set eth0 down")
        put(lab)
        wait_for_state(lab, ("queued", "no-network", 0))
        check_equal(lab.attempts(), {}, "SYNs")
        lab.client.ip(*UP)
        begin = time.monotonic()
        arrived(lab, 1)
        if time.monotonic() - begin > PROMPT:
            raise AssertionError(f"it took {time.monotonic() - begin} s")
        wait_for_state(lab, ("finished", None, 0))
        check_equal(sum(lab.attempts().values()), 1, "SYNs")


@test("many messages without a network, one after the other up and down: each exactly once")
def _():
    with served() as lab:
        for n in range(1, 6):
            lab.client.ip("link set eth0 down")
            put(lab, text=f"{n}\n")
            lab.wait_for(lambda: items(lab)[-1] == ("queued", "no-network", 0), "no network")
            lab.client.ip(*UP)
            arrived(lab, n)
        time.sleep(0.3)
        check_equal(len(lab.messages()), 5, "messages")


@test("another gateway: what waited for a path is tried at once")
def _():
    with served() as lab:
        lab.firewall(case("refused", "tcp dport { 25, 587 }"))
        put(lab)
        wait_for_state(lab, ("queued", "no-path", 1))
        lab.firewall()
        time.sleep(0.5)
        check_equal(len(lab.messages()), 0, "messages before the change")
        lab.server.ip("address add 198.51.100.77/24 dev eth0")
        begin = time.monotonic()
        lab.client.ip("route replace default via 198.51.100.77")
        arrived(lab, 1)
        if time.monotonic() - begin > PROMPT:
            raise AssertionError(f"it took {time.monotonic() - begin} s")


@test("a portal's certificate defers, weakens nothing, and the next network delivers")
def _():
    with Lab() as lab:
        stop(lab.sink())  # it has made the authority that the account believes
        portal = lab.sink(certificate="self-signed")
        configure(lab)
        Agent(lab)
        put(lab)
        wait_for_state(lab, ("queued", "tls-verification", 1))
        check_equal({"AUTH", "MAIL"} & set(portal.verbs()), set(), "what the portal was told")
        lab.client.ip("link set eth0 down")
        stop(portal)
        lab.sink()
        lab.client.ip(*UP)
        arrived(lab, 1)
        wait_for_state(lab, ("finished", None, 1))


@test("a session whose address is gone is given up, and another network delivers")
def _():
    with served(sink=("--silent-at", "command:1")) as lab:
        put(lab)
        lab.wait_for(lambda: "EHLO" in lab.sinks[0].verbs(), "EHLO")
        lab.client.ip("address flush dev eth0 scope global")
        wait_for_state(lab, ("queued", "no-network", 0))


@test("one agent for each outbox: the second says who serves it, and ends")
def _():
    with served() as lab:
        second = Agent(lab, wait=False)
        check_equal(second.process.wait(10), 69, "status")
        if str(lab.agent.process.pid) not in second.said:
            raise AssertionError(second.said)
        status = lab.toukan.run(["agent", "--status"]).check(status=0)
        if str(lab.agent.process.pid) not in status.output or "nothing waits" not in status.output:
            raise AssertionError(status)
        lab.agent.end()
        status = lab.toukan.run(["agent", "--status"]).check(status=69)
        if "no agent runs" not in status.output:
            raise AssertionError(status)


@test("killed at any moment and begun again: each message exactly once, or in doubt")
def _():
    with Lab() as lab:
        lab.sink()
        configure(lab)
        for n in range(10):
            put(lab, text=f"message {n}\n")
        for n in range(8):
            agent = Agent(lab, wait=False)
            time.sleep(0.01 * (n + 1))
            agent.process.kill()
            agent.process.wait()
        Agent(lab)
        arrived(lab, 10 - len([item for item in items(lab) if item[0] == "in-doubt"]))
        time.sleep(0.3)
        found = [stored.sha256 for stored in lab.messages()]
        check_equal(len(found), len(set(found)), "messages, and different ones")
        doubtful = [item for item in items(lab) if item[0] == "in-doubt"]
        if len(found) + len(doubtful) < 10:
            raise AssertionError(f"{len(found)} messages, {items(lab)}")


@test("ended while the server has yet to answer: its answer is waited for")
def _():
    with served(sink=("--reply-delay", "500ms")) as lab:
        put(lab)
        lab.wait_for(lambda: items(lab)[0][0] == "in-doubt", "in doubt")
        lab.agent.end()
        check_equal(items(lab), [("finished", None, 0)], "items")
        check_equal(len(lab.messages()), 1, "messages")


@test("ended before anything was permitted: at once, and the next one sends it")
def _():
    with served(sink=("--silent-at", "command:1")) as lab:
        put(lab)
        lab.wait_for(lambda: "EHLO" in lab.sinks[0].verbs(), "EHLO")
        begin = time.monotonic()
        lab.agent.end()
        if time.monotonic() - begin > PROMPT:
            raise AssertionError(f"it took {time.monotonic() - begin} s")
        check_equal(items(lab)[0][::2], ("queued", 0), "item")


@test("an agent with nothing to do neither wakes nor sends anything")
def _():
    with served() as lab:
        put(lab)
        arrived(lab, 1)
        lab.agent.wait_for("STATUS=Nothing is due")
        lab.wait_for(lambda: "tentative" not in lab.client.run(["ip", "address"]).stdout, "an address")
        time.sleep(1)
        lab.client.run(["nft", "-f", "-"], input="table inet idle { counter out { }\n"
                       "chain output { type filter hook output priority 0; meta l4proto { tcp, udp } counter name out; }\n}\n")
        trace = lab.folder / "home/trace"
        tracer = lab.client.popen(["strace", "-f", "-o", str(trace), "-p", str(lab.agent.process.pid)],
                                  stderr=subprocess.DEVNULL)
        time.sleep(4)
        tracer.terminate()
        tracer.wait()
        calls = trace.read_text(encoding="utf-8").splitlines()
        if len(calls) < 2:  # its two threads, waiting
            raise AssertionError(f"nothing was traced: {calls}")
        woken = [call[:100] for call in calls if "resume" not in call and "detached" not in call
                 and "unfinished" not in call]
        check_equal(woken[:20], [], "system calls")
        listing = lab.client.run(["nft", "list", "counter", "inet", "idle", "out"]).stdout
        check_equal(re.search(r"packets (\d+)", listing)[1], "0", "packets")


@test("a changed configuration is taken, a broken one isn't")
def _():
    with served(host="192.0.2.1", ports="1") as lab:
        lab.file("config", "[account lab]\nports = nonsense\n")
        lab.wait_for(lambda: "broken" in lab.agent.said, "a word about it")
        configure(lab)
        lab.agent.wait_for("RELOADING=1")
        lab.agent.wait_for("STATUS=Nothing is due")
        put(lab)
        arrived(lab, 1)
        lab.agent.process.send_signal(signal.SIGHUP)
        lab.agent.wait_for("RELOADING=1")
        put(lab)
        arrived(lab, 2)
        lab.agent.end()


@test("--once sends all that is due, waits for nothing else, and ends")
def _():
    with Lab() as lab:
        lab.sink()
        configure(lab)
        for _ in range(20):
            put(lab)
        put(lab, "--at", "in 2 hours")
        lab.toukan.run(["agent", "--once"]).check(status=0, errors="")
        check_equal(len(lab.messages()), 20, "messages")
        check_equal([state for state, _, _ in items(lab)].count("queued"), 1, "what waits")
        lab.toukan.run(["agent", "--once"]).check(status=0, errors="")


@test("--once without a network ends, too, and takes nothing for an attempt")
def _():
    with Lab() as lab:
        lab.sink()
        configure(lab)
        put(lab)
        lab.client.ip("link set eth0 down")
        lab.toukan.run(["agent", "--once"]).check(status=0)
        check_equal(items(lab), [("queued", "no-network", 0)], "items")


@test("ten at once beside an agent: each message exactly once")
def _():
    with served() as lab:
        command = [str(BUILD / "toukan"), "agent", "--once"]
        helpers = [lab.client.popen(command, env=lab.toukan.environment, cwd=lab.toukan.home) for _ in range(10)]
        for _ in range(10):
            put(lab)
        for helper in helpers:
            check_equal(helper.wait(20), 0, "status")
        arrived(lab, 10)
        time.sleep(0.3)
        check_equal(len(lab.messages()), 10, "messages")


@test("a secret that can't be had holds the account, without asking again and again")
def _():
    with Lab() as lab:
        lab.sink()
        count = lab.folder / "count"
        configure(lab, password=None, password_command=f"echo x >> {count}; exit 1")
        Agent(lab)
        put(lab)
        wait_for_state(lab, ("queued", "account", 1))
        put(lab)
        time.sleep(1)
        check_equal(len(lab.messages()), 0, "messages")
        if len(count.read_text().splitlines()) > 2:
            raise AssertionError(f"asked {count.read_text()}")


@test("every account's state directory is served")
def _():
    with Lab() as lab:
        lab.sink()
        lab.toukan.configure({"delivery": "queue"})
        text = (lab.folder / "config").read_text(encoding="utf-8")
        other = text.replace("[account lab]", "[account other]")
        lab.file("config", f"{text}{other}state-dir = {lab.folder}/other\n")
        Agent(lab)
        for account in ("lab", "other"):
            put(lab, "-a", account)
        arrived(lab, 2)
        check_equal((lab.folder / "other/outbox.sqlite3").exists(), True, "an outbox")


@test("what is due later leaves then")
def _():
    with served() as lab:
        put(lab, "--at", time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(time.time() + 3)))
        time.sleep(1)
        check_equal(len(lab.messages()), 0, "messages before")
        arrived(lab, 1)


class FakeClock:
    """A time of day for one agent, which it can be told was set."""

    def __init__(self, lab):
        self.folder = lab.folder / "clock"
        self.folder.mkdir()
        os.mkfifo(self.folder / "set")
        self.pipe = os.open(self.folder / "set", os.O_RDWR)
        self.environment = {"LD_PRELOAD": str(BUILD / "tests/lab/fake-clock.so"), "FAKE_CLOCK": str(self.folder),
                            "ASAN_OPTIONS": "verify_asan_link_order=0"}

    def set(self, offset):
        (self.folder / "new").write_text(str(offset), encoding="ascii")
        (self.folder / "new").rename(self.folder / "offset")
        os.write(self.pipe, b"12345678")  # as much as a timer gives


@contextlib.contextmanager
def with_clock():
    with Lab() as lab:
        lab.sink()
        configure(lab)
        clock = FakeClock(lab)
        yield lab, clock, Agent(lab, **clock.environment)


@test("the machine slept, or its clock was set: what has become due leaves at once")
def _():
    with with_clock() as (lab, clock, agent):
        put(lab, "--at", "in 2 hours")
        time.sleep(0.5)
        check_equal(len(lab.messages()), 0, "messages before")
        clock.set(3600)
        time.sleep(0.5)
        check_equal(len(lab.messages()), 0, "messages after one hour")
        begin = time.monotonic()
        clock.set(3 * 3600)
        arrived(lab, 1)
        if time.monotonic() - begin > PROMPT:
            raise AssertionError(f"it took {time.monotonic() - begin} s")
        agent.end()


@test("a clock that is set back delays what is due by the clock, and loses nothing")
def _():
    with with_clock() as (lab, clock, agent):
        clock.set(-7200)
        put(lab)  # at a time that is two hours ahead for the agent
        time.sleep(0.5)
        clock.set(0)
        arrived(lab, 1)
        agent.end()
        check_equal(len(lab.messages()), 1, "messages")


if __name__ == "__main__":
    main()
