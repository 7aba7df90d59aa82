#!/usr/bin/env python3
"""What counts as a change of the network, and how soon it is told."""

import contextlib
import os
import select
import signal
import subprocess
import time

from lab import BUILD, Lab, check_equal, main, test
from lab.network import start

SETTLE, LONGEST = 0.075, 0.3
SLACK = 1  # of a busy machine
QUIET = 0.6   # in which nothing comes


class Watch:
    def __init__(self, lab):
        self.process = start(lab.client.popen, [str(BUILD / "tests/lab/watch-links")])
        lab.processes.append(self.process)

    def changes(self, patience=QUIET):
        """All that it says until it has been quiet for PATIENCE."""
        said = b""
        while select.select([self.process.stdout], [], [], patience)[0]:
            said += os.read(self.process.stdout.fileno(), 4096)
        return [float(line) for line in said.split()]


@contextlib.contextmanager
def watched():
    with Lab() as lab:
        lab.wait_for(lambda: "tentative" not in lab.client.run(["ip", "address"]).stdout, "an address")
        yield lab, Watch(lab)


def told_once(begin, times):
    check_equal(len(times), 1, f"changes ({times})")
    if not SETTLE <= times[0] - begin < LONGEST + SLACK:
        raise AssertionError(f"told after {times[0] - begin} s")


CHANGES = {
    "an address more": ["address add 198.51.100.9/24 dev eth0"],
    "an address less": ["address del 198.51.100.2/24 dev eth0"],
    "an IPv6 address more": ["address add 2001:db8::9/64 dev eth0 nodad"],
    "another gateway": ["route replace default via 198.51.100.77"],
    "another IPv6 gateway": ["route replace default via 2001:db8::77"],
    "a route to somewhere": ["route add 203.0.113.0/24 via 198.51.100.10"],
    "a route less": ["route del default"],
    "a link that goes down": ["link set eth0 down"],
    "an address that comes and one that goes, in a burst": [
        "address add 203.0.113.9/24 dev eth0", "route replace default via 203.0.113.1",
        "address del 198.51.100.2/24 dev eth0"],
}


def is_told(commands):
    with watched() as (lab, watch):
        begin = time.monotonic()
        lab.client.ip(*commands)
        told_once(begin, watch.changes())


for each_title, each_commands in CHANGES.items():
    test(f"told: {each_title}", each_commands)(is_told)


@test("told: the other end of the cable is pulled, and plugged in")
def _():
    with watched() as (lab, watch):
        lab.server.ip("link set eth0 down")  # nothing hears of that: a link with delay lies between
        check_equal(watch.changes(), [], "changes")
        ours = lab.wire(lab.client)
        for state in ("down", "up"):
            begin = time.monotonic()
            subprocess.run(["ip", "link", "set", ours, state], check=True)
            told_once(begin, watch.changes())


@test("told: a link that comes up, and again when its IPv6 address has been checked")
def _():
    with watched() as (lab, watch):
        lab.client.ip("link set eth0 down")
        watch.changes()
        begin = time.monotonic()
        lab.client.ip("link set eth0 up", "address add 2001:db8::5/64 dev eth0", "route add default via 198.51.100.10")
        times = watch.changes(3)
        if not 1 <= len(times) <= 4 or times[0] - begin > LONGEST + SLACK:
            raise AssertionError(f"told at {times}, {begin}")
        if "tentative" in lab.client.run(["ip", "-6", "address"]).stdout:
            raise AssertionError("the address isn't checked yet")


@test("told: a link that goes down and comes up at once")
def _():
    with watched() as (lab, watch):
        begin = time.monotonic()
        lab.client.ip("link set eth0 down")
        lab.client.ip("link set eth0 up", "address replace 2001:db8::2/64 dev eth0 nodad",
                      "route add default via 198.51.100.10", "route add default via 2001:db8::10")
        times = watch.changes(2)
        if not times or times[0] - begin > LONGEST + SLACK:
            raise AssertionError(f"told at {times}, {begin}")


NO_CHANGES = {
    "a lease that is renewed": ["address change 198.51.100.2/24 dev eth0 valid_lft 500 preferred_lft 400"],
    "an advertisement that is repeated": [
        "route replace default via 2001:db8::10 expires 100",
        "address change 2001:db8::2/64 dev eth0 valid_lft 500 preferred_lft 400"],
    "a link without an address": ["link add dummy0 type veth peer name dummy1", "link set dummy1 up",
                                  "link set dummy0 up"],
    "a neighbour": ["neighbour replace 198.51.100.10 lladdr 02:00:00:00:00:09 dev eth0"],
}


def is_not_told(commands):
    with watched() as (lab, watch):
        lab.client.ip(*commands)
        check_equal(watch.changes(), [], "changes")


for each_title, each_commands in NO_CHANGES.items():
    test(f"not told: {each_title}", each_commands)(is_not_told)


@test("told: notices were lost, even if all is as it was")
def _():
    with watched() as (lab, watch):
        watch.process.send_signal(signal.SIGSTOP)
        lab.client.ip(*(f"route {verb} 10.{n // 256}.{n % 256}.0/24 via 198.51.100.10"
                        for n in range(1500) for verb in ("add", "del")))
        begin = time.monotonic()
        watch.process.send_signal(signal.SIGCONT)
        told_once(begin, watch.changes())


@test("told at the latest 300 ms after the first notice, however long the burst")
def _():
    with watched() as (lab, watch):
        begin = time.monotonic()
        for n in range(100):
            lab.client.ip(f"route add 10.0.{n}.0/24 via 198.51.100.10")
            time.sleep(0.02)
        times = watch.changes()
        if times[0] - begin > LONGEST + SLACK:
            raise AssertionError(f"told at {times}, {begin}")


@test("a link that never comes to rest is told of less often")
def _():
    with watched() as (lab, watch):
        for n in range(12):
            lab.client.ip(f"route {'add' if n % 2 else 'replace'} 10.{n}.0.0/24 via 198.51.100.10")
            time.sleep(0.2)
        times = watch.changes(1)
        check_equal(len(times), 8, f"changes ({times})")


@test("two hundred changes and none missed in the end")
def _():
    with watched() as (lab, watch):
        lab.client.ip(*(f"route add 10.0.{n}.0/24 via 198.51.100.10" for n in range(200)))
        check_equal(len(watch.changes()) >= 1, True, "told")


if __name__ == "__main__":
    main()
