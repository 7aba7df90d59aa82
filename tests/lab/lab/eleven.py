"""The eleven networks that every change must pass: what the firewall does and who listens
where. The path is the one that must deliver, in both ladder modes, cold and remembered."""

from typing import NamedTuple

from .firewall import case
from .network import ALL_PATHS

# A path-MTU black hole, IPv6's commonest failure: small packets pass. The sink's certificate
# is smaller than what public servers send, so the hole is, too.
BLACK_HOLE = ["meta nfproto ipv6 meta length gt 700 drop"]

ON_587, ON_25 = ("587/IPv6", "587/IPv4"), ("25/IPv6", "25/IPv4")
ON_IPV6, ON_IPV4 = ("587/IPv6", "25/IPv6"), ("587/IPv4", "25/IPv4")
GREET_PAUSE = 12  # seconds


class Network(NamedTuple):
    title: str
    path: str         # that must deliver
    rules: list = []  # of the server's firewall, input
    output: list = []  # … and output
    sinks: tuple = ((ALL_PATHS, ()),)

    def prepare(self, lab):
        lab.firewall(self.rules, self.output)
        for paths, options in self.sinks:
            lab.sink(*options, paths=paths)


def others(*paths):
    return tuple(path for path in ALL_PATHS if path not in paths)


def closed(name):
    return case(name, "tcp dport 587")


SILENT_IPV6 = case("silent", "meta nfproto ipv6 tcp dport { 25, 587 }")

ELEVEN = [
    Network("1: all open", "587/IPv6"),
    Network("2: 587 refused", "25/IPv6", closed("refused")),
    Network("3: 587 prohibited", "25/IPv6", closed("prohibited")),
    Network("4: 587 unreachable", "25/IPv6", closed("unreachable")),
    Network("5: 587 silent", "25/IPv6", closed("silent")),
    Network("6: IPv6 silent", "587/IPv4", SILENT_IPV6),
    Network("7: only 25/IPv4 isn't silent", "25/IPv4",
            closed("silent") + case("silent", "meta nfproto ipv6 tcp dport 25")),
    Network("8: 587/IPv6 accepts and never greets", "587/IPv4",
            sinks=((("587/IPv6",), ("--silent",)), (others("587/IPv6"), ()))),
    Network("9: 587 refused, 25 without AUTH", "25/IPv6", closed("refused"),
            sinks=((ALL_PATHS, ("--without", "AUTH")),)),
    Network(f"10: a greet pause of {GREET_PAUSE} s on 587", "587/IPv6",
            sinks=((ON_587, ("--greeting-delay", f"{GREET_PAUSE}s")), (ON_25, ()))),
    Network("11: a path-MTU black hole on IPv6", "587/IPv4", output=BLACK_HOLE),
]


def number(which):
    """Network number WHICH."""
    return ELEVEN[which - 1]
