"""What the network does to packets, as nft rules of the server's host, and how many
connection attempts each path has seen."""

import json

PORTS = (25, 465, 587)
FAMILIES = {"IPv6": "ipv6", "IPv4": "ipv4"}

# The five cases of a connection attempt, by the name that toukan gives them.
# {match} selects the packets.
CASES = {
    "accepted": [],
    "refused": ["{match} reject with tcp reset"],
    "prohibited": ["meta nfproto ipv4 {match} reject with icmp type admin-prohibited",
                   "meta nfproto ipv6 {match} reject with icmpv6 type admin-prohibited"],
    "unreachable": ["meta nfproto ipv4 {match} reject with icmp type net-unreachable",
                    "meta nfproto ipv6 {match} reject with icmpv6 type no-route"],
    "silent": ["{match} drop"],
}


def case(name, match):
    """The rules for one of the CASES; MATCH such as "tcp dport 587"."""
    return [rule.format(match=match) for rule in CASES[name]]


def _counters():
    for port in PORTS:
        for family, word in FAMILIES.items():
            yield (f"syn_{port}_{family}",
                   f"meta nfproto {word} tcp dport {port} tcp flags & (syn | ack) == syn")


def load(host, rules, output=()):
    """RULES stand in the input hook, OUTPUT in the output hook, behind what counts."""
    lines = ["table inet lab {"]
    lines += [f"counter {name} {{ }}" for name, _ in _counters()]
    lines += ["chain input { type filter hook input priority 0;"]
    lines += [f"{match} counter name {name}" for name, match in _counters()]
    lines += [*rules, "}", "chain output { type filter hook output priority 0;", *output, "}", "}"]
    host.run(["nft", "-f", "-"], input="flush ruleset\n" + "\n".join(lines) + "\n")


def attempts(host):
    """How many SYNs came in, by path: {"587/IPv6": 1}. Paths without any are left out."""
    listing = json.loads(host.run(["nft", "-j", "list", "counters"]).stdout)
    counted = {}
    for entry in listing["nftables"]:
        if "counter" in entry and entry["counter"]["packets"]:
            _, port, family = entry["counter"]["name"].split("_")
            counted[f"{port}/{family}"] = entry["counter"]["packets"]
    return counted
