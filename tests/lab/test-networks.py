#!/usr/bin/env python3
"""The eleven networks that every change must pass, in both ladder modes, and the five
cases of a connection attempt on both families.

A new network is a row: what the firewall does, who listens where, and what must follow.
"""

from typing import NamedTuple

from lab import CASES, Lab, case, check_equal, main, message, test, without_outbox
from lab.network import ALL_PATHS

# A path-MTU black hole, IPv6's commonest failure: small packets pass. The sink's certificate
# is smaller than what public servers send, so the hole is, too.
BLACK_HOLE = ["meta nfproto ipv6 meta length gt 700 drop"]


class Network(NamedTuple):
    title: str
    path: str                    # that must deliver
    rules: list = []             # of the server's firewall, input
    output: list = []            # … and output
    sinks: tuple = ((ALL_PATHS, ()),)
    port_25_untouched: bool = False
    user: str = "alice"          # who is logged in on that path


ON_25 = ("25/IPv6", "25/IPv4")


def others(*paths):
    return tuple(path for path in ALL_PATHS if path not in paths)


NETWORKS = [
    Network("1: all open", "587/IPv6", port_25_untouched=True),
    Network("2: 587 refused", "25/IPv6", case("refused", "tcp dport 587")),
    Network("3: 587 prohibited", "25/IPv6", case("prohibited", "tcp dport 587")),
    Network("4: 587 unreachable", "25/IPv6", case("unreachable", "tcp dport 587")),
    Network("5: 587 silent", "25/IPv6", case("silent", "tcp dport 587")),
    Network("6: IPv6 silent", "587/IPv4", case("silent", "meta nfproto ipv6 tcp dport { 25, 587 }"),
            port_25_untouched=True),
    Network("7: only 25/IPv4 isn't silent", "25/IPv4",
            case("silent", "tcp dport 587") + case("silent", "meta nfproto ipv6 tcp dport 25")),
    Network("8: 587/IPv6 accepts and never greets", "587/IPv4", port_25_untouched=True,
            sinks=((("587/IPv6",), ("--silent",)), (others("587/IPv6"), ()))),
    Network("9: 587 refused, 25 without AUTH", "25/IPv6", case("refused", "tcp dport 587"), user=None,
            sinks=((ALL_PATHS, ("--without", "AUTH")),)),
    Network("10: a greet pause of 12 s on 587", "587/IPv6", port_25_untouched=True,
            sinks=((others(*ON_25), ("--greeting-delay", "12s")), (ON_25, ()))),
    Network("11: a path-MTU black hole on IPv6", "587/IPv4", output=BLACK_HOLE, port_25_untouched=True),
]


def prepare(lab, network):
    lab.firewall(network.rules, network.output)
    for paths, options in network.sinks:
        lab.sink(*options, paths=paths)


def deliver_cold(network, mode):
    text = message("Octet for octet:\r\n.\r\n..two\r\n\ttab, trailing \r\nGr\u00fc\u00dfe\r\n")
    with Lab() as lab:
        prepare(lab, network)
        sent = lab.sendmail(text, options={"ladder": mode})
        sent.check(status=0, path=network.path)
        stored, = lab.messages()
        check_equal(stored.octets, text.encode(), "message")
        check_equal((stored.sender, stored.recipients), ("alice@lab.test", ["bob@example.test"]), "envelope")
        check_equal(stored.user, network.user, "login")
        if network.port_25_untouched:
            check_equal([path for path in lab.attempts() if path.startswith("25/")], [], "attempts on 25")


for each_network in NETWORKS:
    for each_mode in ("race", "strict"):
        test(f"network {each_network.title}, {each_mode}", each_network, each_mode)(deliver_cold)


# --- what is said of it -------------------------------------------------------

ERRNO = {
    "refused": {"ECONNREFUSED"},
    "prohibited": {"EHOSTUNREACH", "EACCES"},
    "unreachable": {"ENETUNREACH"},
}


def name_the_case(name, family):
    """One path alone, so that nothing but this attempt is there to be named."""
    with Lab() as lab:
        lab.firewall(case(name, "tcp dport 587"))
        lab.sink()
        sent = lab.send(options={"family": family.lower(), "ports": "587", "connect-timeout": "500ms"})
        if name == "accepted":
            sent.check(status=0, path=f"587/{family}", ends={f"587/{family}": "accepted"})
            return
        # An ICMP error over IPv4 may be EHOSTUNREACH for either case: then no more is said than is known.
        said = "unreachable" if (name, family) == ("prohibited", "IPv4") else name
        sent.check(status=75, ends={f"587/{family}": said})
        check_equal(sent.outcome["kind"], "transport", "outcome")
        if name in ERRNO and sent.one("attempt-ended")["errno"] not in ERRNO[name]:
            raise AssertionError(str(sent))
        check_equal(lab.attempts(), {f"587/{family}": 1}, "SYNs")


for each_case in CASES:
    for each_family in ("IPv6", "IPv4"):
        test(f"{each_case} over {each_family} is called so", each_case, each_family)(name_the_case)


@test("network 9: the outcome says that there was no login")
def _():
    with Lab() as lab:
        prepare(lab, NETWORKS[8])
        sent = lab.send()
        sent.check(status=0, mechanisms=[None])
        check_equal(bool(sent.one("auth")["reason"]), True, "a reason")
        check_equal(sent.outcome["without-auth"], True, "outcome")
        check_equal("without logging in" in sent.errors, True, f"words in\n{sent}")


@test("network 9: auth = required makes that an error")
def _():
    with Lab() as lab:
        prepare(lab, NETWORKS[8])
        sent = lab.send(options={"auth": "required"})
        sent.check(status=77)
        check_equal(lab.messages(), [], "messages")


@test("with every path silent the message says what each path answered")
def _():
    with Lab() as lab:
        lab.firewall(case("silent", "tcp dport { 25, 587 }"))
        sent = lab.send(options={"connect-timeout": "1s", "port-patience": "500ms"})
        sent.check(status=75, ends=dict.fromkeys(ALL_PATHS, "silent"))
        for path in ALL_PATHS:
            if path not in sent.said:
                raise AssertionError(f"{path} isn't named\n{sent}")


if __name__ == "__main__":
    without_outbox()
    main()
