#!/usr/bin/env python3
"""From a name to a connection: hosts file, name servers good and dead, many addresses,
several hosts, a tunnel."""

import json
import sys

from lab import HOST, Lab, case, check_equal, main, test, without_outbox
from lab.network import PROGRAMS, RESOLVER, SERVER

BOTH = {"A": [SERVER["IPv4"]], "AAAA": [SERVER["IPv6"]]}
DEAD_6 = [f"2001:db8::dead:{number}" for number in range(10)]


def within(sent, seconds):
    """Not a measurement: far from what it took where it went wrong."""
    if sent.seconds > seconds:
        raise AssertionError(f"took {sent.seconds} s\n{sent}")


def use_dns(lab, zone):
    lab.hosts({})
    lab.dns(json.dumps(zone))


def kill_resolver(lab):
    lab.resolver(RESOLVER)
    lab.firewall(case("silent", "udp dport 53"))


# --- names --------------------------------------------------------------------

@test("a name from DNS")
def _():
    with Lab() as lab:
        use_dns(lab, {HOST: BOTH})
        lab.sink()
        lab.send().check(status=0, path="587/IPv6")


@test("a name that doesn't exist: 68, and final")
def _():
    with Lab() as lab:
        use_dns(lab, {})
        lab.send().check(status=68)


@test("a server that fails to answer: 75")
def _():
    with Lab() as lab:
        use_dns(lab, {HOST: {"rcode": 2}})
        lab.send().check(status=75)


@test("a dead name server doesn't matter to a name in the hosts file")
def _():
    with Lab() as lab:
        kill_resolver(lab)
        lab.sink()
        within(lab.send().check(status=0, path="587/IPv6"), 3)


@test("a dead name server doesn't matter to a name with one family in the hosts file")
def _():
    with Lab() as lab:
        kill_resolver(lab)
        lab.hosts({HOST: [SERVER["IPv4"]]})
        lab.sink()
        within(lab.send().check(status=0, path="587/IPv4"), 3)


@test("a dead name server doesn't matter to an address")
def _():
    with Lab() as lab:
        kill_resolver(lab)
        lab.hosts({})
        lab.sink()
        sent = lab.send(options={"host": SERVER["IPv6"], "tls-name": HOST})
        within(sent.check(status=0, path="587/IPv6"), 3)


@test("a dead name server is temporary, and soon known")
def _():
    with Lab() as lab:
        kill_resolver(lab)
        lab.hosts({})
        within(lab.send().check(status=75), 15)


@test("IPv4 doesn't wait for an AAAA answer that is slow")
def _():
    with Lab() as lab:
        use_dns(lab, {HOST: {**BOTH, "delay": {"AAAA": 4}}})
        lab.sink()
        within(lab.send().check(status=0, path="587/IPv4"), 3)


@test("a name with IPv4 alone")
def _():
    with Lab() as lab:
        use_dns(lab, {HOST: {"A": [SERVER["IPv4"]]}})
        lab.sink()
        lab.send().check(status=0, path="587/IPv4")


@test("an IDN host is asked for, verified and shown by its A-label")
def _():
    with Lab() as lab:
        use_dns(lab, {"xn--bcher-kva.test": BOTH})
        lab.sink(names=["xn--bcher-kva.test"])
        lab.send(options={"host": "b\u00fccher.test"}).check(status=0, path="587/IPv6")


# --- many addresses -------------------------------------------------------------

@test("ten silent addresses don't cost ten time-outs")
def _():
    with Lab() as lab:
        lab.add_addresses(lab.server, *(f"{address}/64" for address in DEAD_6))
        lab.hosts({HOST: [*DEAD_6, SERVER["IPv4"]]})
        lab.firewall(case("silent", f"ip6 daddr {{ {', '.join(DEAD_6)} }}"))
        lab.sink()
        within(lab.send().check(status=0, path="587/IPv4"), 10)


@test("the last of ten addresses of a family is reached")
def _():
    with Lab() as lab:
        lab.add_addresses(lab.server, *(f"{address}/64" for address in DEAD_6))
        lab.hosts({HOST: [*DEAD_6, SERVER["IPv6"]]})
        lab.firewall(case("refused", f"ip6 daddr {{ {', '.join(DEAD_6)} }}"))
        lab.sink()
        within(lab.send().check(status=0, path="587/IPv6"), 5)


# --- several hosts ----------------------------------------------------------------

def second_host(name, seconds):
    dead = "2001:db8::dead:1"
    with Lab() as lab:
        lab.add_addresses(lab.server, f"{dead}/64")
        lab.hosts({"first.lab.test": [dead], HOST: list(SERVER.values())})
        lab.firewall(case(name, f"ip6 daddr {dead} tcp dport {{ 25, 587 }}"))
        lab.sink()
        sent = lab.send(options={"host": f"first.lab.test, {HOST}",
                                 "connect-timeout": "1s", "port-patience": "1s"})
        within(sent.check(status=0, path="587/IPv6"), seconds)


test("the first host refuses: the second delivers", "refused", 3)(second_host)
test("the first host is silent: the second delivers", "silent", 6)(second_host)


@test("a first host that doesn't exist: the second delivers")
def _():
    with Lab() as lab:
        use_dns(lab, {HOST: BOTH})
        lab.sink()
        lab.send(options={"host": f"nowhere.lab.test, {HOST}"}).check(status=0, path="587/IPv6")


@test("a server that greets with 421 gives way to the other family")
def _():
    with Lab() as lab:
        lab.sink("--greeting", "421 4.3.2 busy", paths=("587/IPv6",))
        lab.sink(paths=("587/IPv4", "25/IPv6", "25/IPv4"))
        lab.send().check(status=0, path="587/IPv4")


@test("a connection closed before the greeting gives way to the next path")
def _():
    with Lab() as lab:
        lab.sink("--close-at", "octet:0", paths=("587/IPv6",))
        lab.sink(paths=("587/IPv4", "25/IPv6", "25/IPv4"))
        lab.send().check(status=0, path="587/IPv4")


# --- no network, and a tunnel ------------------------------------------------------

@test("no network at all: temporary, said at once, and no attempt")
def _():
    with Lab() as lab:
        lab.client.ip("link set eth0 down")
        sent = lab.send()
        within(sent.check(status=75, ends={}), 3)


RELAY = f"{sys.executable} -B {PROGRAMS / 'relay.py'} %h %p"


@test("a tunnel's pipe takes the place of the connect")
def _():
    with Lab() as lab:
        lab.sink()
        sent = lab.send(options={"tunnel": RELAY}).check(status=0)
        check_equal(sent.one("winner")["family"], "tunnel", "family")
        check_equal(len(lab.messages()), 1, "messages")


@test("TLS and login obey the same rules inside a tunnel")
def _():
    with Lab() as lab:
        sink = lab.sink(certificate="wrong-name")
        lab.send(options={"tunnel": RELAY}).check(status=77)
        check_equal({"AUTH", "MAIL"} & set(sink.verbs()), set(), "commands that crossed")


@test("a tunnel that fails is a failure of transport, with its own words")
def _():
    with Lab() as lab:
        sent = lab.send(options={"tunnel": "echo no such relay >&2; exit 1"}).check(status=75)
        check_equal("no such relay" in sent.said, True, f"its words in\n{sent}")


if __name__ == "__main__":
    without_outbox()
    main(at_once=6)
