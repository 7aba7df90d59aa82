#!/usr/bin/env python3
"""A laptop goes between three networks that differ in what they let through, and in nothing
else but the link-layer addresses of their gateways. What is learnt on one of them isn't
believed on another, and is still known on return."""

import contextlib
import json

from lab import check_equal, main, test
from lab.eleven import SILENT_IPV6, closed, others
from lab.memory import age, ask, send
from lab.roaming import Roaming

HOTEL, HOME, OFFICE = range(3)
QUICK = {"port_patience": "1s", "greeting_patience": "1s"}


@contextlib.contextmanager
def three_networks():
    """At the hotel 587 is silent; at home all is open; at the office 587/IPv6 never greets."""
    with Roaming(3) as lab:
        lab.move(HOTEL)
        lab.firewall(closed("silent"))
        lab.sink()
        lab.move(HOME)
        lab.firewall()
        lab.sink()
        lab.move(OFFICE)
        lab.firewall()
        lab.sink("--silent", paths=("587/IPv6",))
        lab.sink(paths=others("587/IPv6"))
        yield lab


PATH = {HOTEL: "25/IPv6", HOME: "587/IPv6", OFFICE: "587/IPv4"}
COLD = {HOTEL: {"587/IPv6", "587/IPv4", "25/IPv6"}, HOME: {"587/IPv6"}, OFFICE: {"587/IPv6", "587/IPv4"}}


def visit(lab, network, attempts, **options):
    """Moves to NETWORK and sends one message, which must leave by that network's path, and have
    tried ATTEMPTS; the identities of the network by which it went."""
    lab.move(network)
    sent, tried = send(lab, **QUICK, **options)
    sent.check(path=PATH[network])
    check_equal(set(tried), attempts, f"paths tried in network {network}: {tried}")
    if attempts == {PATH[network]}:
        check_equal(tried, {PATH[network]: 1}, "SYNs")
    return {event["family"]: event["network"] for event in sent.all("network")}


def roam(mode):
    with three_networks() as lab:
        first = {network: visit(lab, network, COLD[network], ladder=mode) for network in (HOTEL, HOME, OFFICE)}
        names = [name for each in first.values() for name in each.values()]
        check_equal((len(set(names)), None in names), (6, False), f"identities: {first}")
        for network in (HOTEL, OFFICE, HOME, HOTEL):
            again = visit(lab, network, {PATH[network]}, ladder=mode)
            check_equal(again, first[network], "identities on return")


for each_mode in ("race", "strict"):
    test(f"{each_mode}: three networks, and each again: only the first visit costs time", each_mode)(roam)


@test("what is over is over on the network that it was learnt on")
def _():
    with three_networks() as lab:
        visit(lab, HOTEL, COLD[HOTEL])
        age(lab, 11)
        visit(lab, OFFICE, COLD[OFFICE])
        visit(lab, HOTEL, COLD[HOTEL])
        visit(lab, OFFICE, {PATH[OFFICE]})
        check_equal(ask(lab, "SELECT port, family, cost, repetitions FROM path WHERE repetitions ORDER BY cost, family"),
                    [(587, "IPv6", "no greeting", 1), (587, "IPv4", "silence", 2), (587, "IPv6", "silence", 2)],
                    "what is held against paths")


@test("a success on one network forgives nothing on another")
def _():
    with three_networks() as lab:
        visit(lab, HOTEL, COLD[HOTEL])
        for _ in range(3):
            visit(lab, HOME, COLD[HOME])
        visit(lab, HOTEL, {PATH[HOTEL]})


@test("toukan paths marks the network that we are on")
def _():
    with three_networks() as lab:
        by_network = {network: set(visit(lab, network, COLD[network]).values()) for network in (HOTEL, OFFICE)}
        for here, elsewhere in ((OFFICE, HOTEL), (HOTEL, OFFICE)):
            lab.move(here)
            paths = [json.loads(line) for line in lab.toukan.run(["paths", "--json"]).output.splitlines()]
            present = {path["network"] for path in paths if path["present"]}
            check_equal((present <= by_network[here], bool(present & by_network[elsewhere])), (True, False),
                        f"marked: {present} of {by_network}")
            check_equal({f"{path['port']}/{path['family']}" for path in paths if path["present"]},
                        COLD[here], "paths of this network")


@test("another address by DHCP, and another prefix: the same network, and still known")
def _():
    with three_networks() as lab:
        visit(lab, HOTEL, COLD[HOTEL])
        lab.client.ip("address flush dev eth0 scope global", "address add 192.168.1.99/24 dev eth0",
                      "address add 2001:db8:1::a:b:c:d/64 dev eth0 nodad", "route add default via 192.168.1.1",
                      "route replace default via fe80::1 dev eth0")
        sent, attempts = send(lab, **QUICK)
        check_equal(attempts, {PATH[HOTEL]: 1}, f"SYNs of\n{sent}")


@test("a race learns on each network by itself that IPv6 is silent")
def _():
    with Roaming(3) as lab:
        for network in range(3):
            lab.move(network)
            lab.firewall(SILENT_IPV6 if network < 2 else ())
            lab.sink()
        lab.move(0)
        for tried in (True, True, True, False):
            check_equal("587/IPv6" in send(lab)[1], tried, "587/IPv6 is tried on the first network")
        lab.move(1)
        check_equal("587/IPv6" in send(lab)[1], True, "587/IPv6 is tried on the second network")
        lab.move(2)
        check_equal(send(lab)[1], {"587/IPv6": 1}, "SYNs on the third network")


if __name__ == "__main__":
    main(at_once=8)
