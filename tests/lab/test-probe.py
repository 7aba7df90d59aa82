#!/usr/bin/env python3
"""What `toukan probe` says of each network, of certificates, and of servers with faults: in
JSON, in words, and by its exit status."""

import contextlib
import json
import os
import pty
import re
import select
import signal
import subprocess
import time

from lab import BUILD, Lab, case, check_equal, main, test
from lab.network import ALL_PATHS, HOST

OK, USAGE, NO_HOST, TEMPORARY, NO_PERMISSION, CONFIGURATION = 0, 64, 68, 75, 77, 78

ON_587, ON_25 = ("587/IPv6", "587/IPv4"), ("25/IPv6", "25/IPv4")
ON_IPV6, ON_IPV4 = ("587/IPv6", "25/IPv6"), ("587/IPv4", "25/IPv4")
BLACK_HOLE = ["meta nfproto ipv6 meta length gt 700 drop"]

# So that no test waits for long; the network with a greet pause has its own.
QUICK = {"connect-timeout": "2s", "port-patience": "1s", "greeting-patience": "1s", "greeting-timeout": "3s"}


def name_of(path):
    return f"{path['port']}/{path['family']}"


class Probed:
    """One run of the probe, with --json."""

    def __init__(self, lab, arguments=(), options=None, configure=True):
        if configure:
            lab.toukan.configure({**QUICK, **(options or {})})
        self.run = lab.toukan.run(["probe", "--json", *arguments])
        lines = self.run.events
        self.paths = {name_of(line): line for line in lines if line["event"] == "path"}
        self.summary = lines[-1] if lines else None

    def __str__(self):
        return str(self.run)

    @property
    def findings(self):
        return {name: path["finding"] for name, path in self.paths.items()}

    @property
    def leaves_by(self):
        return self.summary["leaves-by"] and name_of(self.summary["leaves-by"])

    @property
    def codes(self):
        return [advice["code"] for advice in self.summary["advice"]]

    def advice(self, code):
        return [advice for advice in self.summary["advice"] if advice["code"] == code]

    def check(self, status, leaves_by, findings):
        found = (self.run.status, self.leaves_by, self.findings)
        if found != (status, leaves_by, findings):
            raise AssertionError(f"{found} is not {(status, leaves_by, findings)}\n{self}")
        check_equal(self.summary["exit-status"], status, "the status in the summary")


def say(lab, arguments=(), options=None):
    """The same for people; nothing may be wider than a terminal below the time line."""
    lab.toukan.configure({**QUICK, **(options or {})})
    run = lab.toukan.run(["probe", *arguments])
    table = run.output[run.output.rindex("\n  path "):]
    too_wide = [line for line in table.splitlines() if len(line) > 80]
    check_equal(too_wide, [], "lines of more than 80 columns")
    return run, " ".join(table.split())


def findings(paths, finding, others="works"):
    return {path: finding if path in paths else others for path in ALL_PATHS}


# --- the eleven networks --------------------------------------------------------------

EVERYWHERE = ((ALL_PATHS, ()),)

# Title: firewall input, output, sinks; findings; where mail leaves; what is said.
NETWORKS = {
    "1: all open": ([], [], EVERYWHERE, findings((), ""), "587/IPv6",
                    ["Mail will leave by 587/IPv6", "All 4 paths work.", "toukan would use SCRAM-SHA-256-PLUS"]),
    "2: 587 refused": (case("refused", "tcp dport 587"), [], EVERYWHERE, findings(ON_587, "refused"), "25/IPv6",
                       ["port 587 is refused"]),
    "3: 587 prohibited": (case("prohibited", "tcp dport 587"), [], EVERYWHERE,
                          {**findings(("587/IPv6",), "prohibited"), "587/IPv4": "unreachable"}, "25/IPv6",
                          ["587/IPv6 is forbidden by a firewall", "587/IPv4 can't be reached"]),
    "4: 587 unreachable": (case("unreachable", "tcp dport 587"), [], EVERYWHERE, findings(ON_587, "unreachable"),
                           "25/IPv6", ["port 587 can't be reached"]),
    "5: 587 silent": (case("silent", "tcp dport 587"), [], EVERYWHERE, findings(ON_587, "silent"), "25/IPv6",
                      ["port 587 is silently dropped on this network", "by the next message: it remembers"]),
    "6: IPv6 silent": (case("silent", "meta nfproto ipv6 tcp dport { 25, 587 }"), [], EVERYWHERE,
                       findings(ON_IPV6, "silent"), "587/IPv4", ["IPv6 is silently dropped"]),
    "7: only 25/IPv4 isn't silent": (
        case("silent", "tcp dport 587") + case("silent", "meta nfproto ipv6 tcp dport 25"), [], EVERYWHERE,
        findings(("25/IPv4",), "works", "silent"), "25/IPv4",
        ["port 587 is silently dropped", "IPv6 is silently dropped", "Mail will leave by 25/IPv4"]),
    "8: 587/IPv6 accepts and never greets": (
        [], [], ((("587/IPv6",), ("--silent",)), (("587/IPv4", *ON_25), ())), findings(("587/IPv6",), "mute"),
        "587/IPv4", ["587/IPv6 accepts connections and never greets"]),
    "9: 587 refused, 25 without AUTH": (
        case("refused", "tcp dport 587"), [], ((ALL_PATHS, ("--without", "AUTH")),),
        findings(ON_587, "refused", "works without login"), "25/IPv6",
        ["port 25 offers no login: mail would go without one there"]),
    "10: a greet pause on 587": (
        [], [], ((ON_587, ("--greeting-delay", "1500ms")), (ON_25, ())), findings((), ""), "587/IPv6",
        ["port 587 greets late, after 1.5"]),
    "11: a path-MTU black hole on IPv6": (
        [], BLACK_HOLE, EVERYWHERE, findings(ON_IPV6, "TLS stalled"), "587/IPv4",
        ["IPv6 gets stuck in the TLS handshake"]),
}


def probe_network(rules, output, sinks, expected, leaves_by, words):
    with Lab() as lab:
        lab.firewall(rules, output)
        for paths, options in sinks:
            lab.sink(*options, paths=paths)
        Probed(lab).check(OK, leaves_by, expected)
        run, said = say(lab)
        check_equal(run.status, OK, f"status of\n{run}")
        for text in words:
            if text not in said:
                raise AssertionError(f"{text!r} isn't said\n{run}")
        check_equal(lab.messages(), [], "messages")
        check_equal([sink.verbs().count("AUTH") for sink in lab.sinks], [0] * len(lab.sinks), "logins")


for title, network in NETWORKS.items():
    test(f"network {title}", *network)(probe_network)


def foretold(title):
    """The forecast against what a message really does: path and time."""
    rules, output, sinks, *_ = NETWORKS[title]
    with Lab() as lab:
        lab.firewall(rules, output)
        for paths, options in sinks:
            lab.sink(*options, paths=paths)
        probed = Probed(lab)
        leaves, = probed.advice("leaves")
        sent = lab.send(options=QUICK)
        sent.check(status=0, path=probed.leaves_by)
        winner = sent.one("winner")["ms"] / 1000
        if abs(leaves["us"] / 1e6 - winner) > 0.5:
            raise AssertionError(f"{leaves['us'] / 1e6} s foretold, {winner} s taken\n{probed}\n{sent}")


for title in NETWORKS:
    test(f"network {title}: mail takes the path that was foretold, when it was foretold", title)(foretold)


# --- what is recorded --------------------------------------------------------------------


@test("everything that there is to know of a path")
def _():
    with Lab() as lab:
        lab.sink("--size", "1000000", "--mechanisms", "PLAIN LOGIN")
        path = Probed(lab).paths["587/IPv6"]
        check_equal((path["host"], path["address"], path["end"], path["errno"], path["implicit-tls"]),
                    (HOST, "2001:db8::10", "accepted", None, False), "the path")
        times = [path["us"][name] for name in ("began", "connected", "greeted", "securing", "established", "ended")]
        check_equal(times, sorted(times), "times")
        check_equal(path["greeting"].startswith(f"220 {HOST} "), True, path["greeting"])
        clear, under, tls = path["in-the-clear"], path["under-tls"], path["tls"]
        check_equal(("STARTTLS" in clear["extensions"], clear["mechanisms"]), (True, []), "in the clear")
        check_equal(("STARTTLS" in under["extensions"], under["mechanisms"], under["size"]),
                    (False, ["PLAIN", "LOGIN"], 1000000), "under TLS")
        check_equal((tls["version"], tls["verified"], tls["complaint"], tls["name"], tls["channel-binding"]),
                    ("TLSv1.3", True, None, HOST, True), "TLS")
        check_equal(bool(tls["cipher"] and tls["group"] and tls["subject"] and tls["issuer"]), True, str(tls))
        check_equal(tls["days"] > 300, True, "days left")
        check_equal((path["login"], path["verdict"]["kind"]), ("PLAIN", "accepted"), "the end")


@test("TLS 1.2, and logins that are offered in the clear")
def _():
    with Lab() as lab:
        lab.sink("--tls12", "--auth-in-clear", "--mechanisms", "PLAIN")
        path = Probed(lab).paths["587/IPv4"]
        check_equal((path["tls"]["version"], path["in-the-clear"]["mechanisms"]), ("TLSv1.2", ["PLAIN"]), "path")


@test("TLS from the first octet")
def _():
    with Lab() as lab:
        lab.sink(paths=("465/implicit/IPv6", "465/implicit/IPv4"))
        probed = Probed(lab, options={"ports": "465/implicit"})
        probed.check(OK, "465/IPv6", {"465/IPv6": "works", "465/IPv4": "works"})
        path = probed.paths["465/IPv4"]
        check_equal((path["implicit-tls"], path["in-the-clear"], path["tls"]["verified"]), (True, None, True), "path")


@test("two addresses, of which one is silent")
def _():
    with Lab() as lab:
        lab.add_addresses(lab.server, "198.51.100.11/24")
        lab.hosts({HOST: ["198.51.100.10", "198.51.100.11"]})
        lab.firewall(case("silent", "ip daddr 198.51.100.11 tcp dport { 25, 587 }"))
        lab.sink(paths=ON_IPV4)
        probed = Probed(lab, options={"family": "ipv4"})
        check_equal((probed.run.status, probed.leaves_by), (OK, "587/IPv4"), "the end")
        found = [(advice["finding"], advice["address"]) for advice in probed.advice("finding")]
        check_equal(found, [("silent", "198.51.100.11")] * 2, "what is said of addresses")


# --- several hosts ------------------------------------------------------------------------

FIRST, SECOND, THIRD = HOSTS = ("first.lab.test", "second.lab.test", "third.lab.test")


@contextlib.contextmanager
def three_hosts(*, first_dead):
    """587 of the first is silent, and 25 too if FIRST_DEAD; the certificate of the second ends
    soon; the third has no IPv6 address."""
    with Lab() as lab:
        places = {host: [f"198.51.100.{number}", f"2001:db8::{number}"] for number, host in enumerate(HOSTS, 21)}
        places[THIRD].pop()
        for addresses in places.values():
            lab.add_addresses(lab.server, *(f"{each}/{64 if ':' in each else 24}" for each in addresses))
        lab.hosts(places)
        dead = [f"{word} daddr {address} tcp dport {{ {'25, 587' if first_dead else '587'} }}"
                for word, address in zip(("ip", "ip6"), places[FIRST])]
        lab.firewall([rule for match in dead for rule in case("silent", match)])
        for host, addresses in places.items():
            listen = [f"[{each}]:{port}" if ":" in each else f"{each}:{port}" for each in addresses for port in (25, 587)]
            lab.sink(paths=listen, names=(host,), certificate="ends-soon" if host == SECOND else "good")
        authorities = "".join(sink.ca.read_text() for sink in lab.sinks)
        yield lab, {"host": ", ".join(HOSTS), "tls-ca-file": lab.file("authorities.pem", authorities)}


@test("several hosts: each is tried, and mail leaves by the first that works")
def _():
    with three_hosts(first_dead=False) as (lab, options):
        probed = Probed(lab, options=options)
        check_equal((probed.run.status, probed.summary["leaves-by"]["host"], probed.leaves_by), (OK, FIRST, "25/IPv6"),
                    f"of\n{probed}")
        found = {(path["host"], name_of(path)): path["finding"] for path in probed.run.all("path")}
        expected = {(host, path): "works" for host in HOSTS for path in ALL_PATHS}
        expected |= {(FIRST, path): "silent" for path in ON_587}
        for path in ON_IPV6:
            del expected[THIRD, path]
        check_equal(found, expected, "findings")
        sent = lab.send(options={**QUICK, **options}).check(status=0, path=probed.leaves_by)
        check_equal(sent.one("winner")["host"], FIRST, "where the message went")


@test("several hosts: mail leaves by the second where the first is silent, and each is named")
def _():
    with three_hosts(first_dead=True) as (lab, options):
        run, said = say(lab, options=options)
        check_equal(run.status, OK, f"status of\n{run}")
        for words in (f"Mail will leave by {SECOND} 587/IPv6", f"{FIRST}: every path is silently dropped",
                      f"{THIRD} 25/IPv4", f"{THIRD} has no IPv6 address",
                      f"{SECOND}: every path: the certificate is about to end; days left: 9.",
                      f"{SECOND} IPv6: eth0, on the same link; {SECOND} IPv4: eth0, on the same link"):
            check_equal(words in said, True, f"{words} in\n{run}")
        sent = lab.send(options={**QUICK, **options}).check(status=0, path="587/IPv6")
        check_equal(sent.one("winner")["host"], SECOND, "where the message went")


# --- the network ------------------------------------------------------------------------------


def ways(probed):
    """Network and description, by family; every path of a family has the same."""
    found = {(path["family"], path["network"], path["network-description"]) for path in probed.paths.values()}
    return {family: (network, description) for family, network, description in found} if len(found) == 2 else found


def vpn_for_ipv4(lab):
    """IPv4 goes by another interface and another router."""
    lab.client.run(["ip", "link", "add", "vpn0", "type", "veth", "peer", "name", "vpn0", "netns",
                    f"/proc/self/fd/{lab.server.network}"], pass_fds=[lab.server.network])
    for host, address in ((lab.client, "10.9.0.2/24"), (lab.server, "10.9.0.1/24")):
        host.ip("link set vpn0 up", f"address add {address} dev vpn0")
    lab.client.ip("route add 198.51.100.10 via 10.9.0.1")


@test("each family's network is named, as for a message and in what is remembered")
def _():
    with Lab() as lab:
        vpn_for_ipv4(lab)
        lab.firewall(case("silent", "tcp dport 587"))
        lab.sink()
        probed = Probed(lab)
        found = ways(probed)
        check_equal({family: way for family, (_, way) in found.items()},
                    {"IPv6": "eth0, on the same link", "IPv4": "vpn0, by 10.9.0.1"}, f"ways of\n{probed}")
        check_equal(found["IPv6"][0] != found["IPv4"][0], True, "two networks")
        _, said = say(lab)
        check_equal("network IPv6: eth0, on the same link; IPv4: vpn0, by 10.9.0.1" in said, True, said)
        sent = lab.send(options=QUICK).check(status=0)
        told = {event["family"]: (event["network"], event["description"]) for event in sent.all("network")}
        check_equal(told, found, "what the message says")
        remembered = {path["network"] for path in map(json.loads, lab.toukan.run(["paths", "--json"]).output.splitlines())}
        check_equal(remembered, {network for network, _ in found.values()}, "networks of what is remembered")


@test("what is remembered on one family's network isn't foretold on another")
def _():
    with Lab() as lab:
        lab.firewall(case("silent", "tcp dport 587"))
        lab.sink()
        lab.send(options=QUICK).check(status=0, path="25/IPv6")
        before, = Probed(lab).advice("leaves")
        vpn_for_ipv4(lab)
        after, = Probed(lab).advice("leaves")
        # IPv6 is known to be silent at 587; by the new network IPv4 has to be found out.
        check_equal((before["us"] < 500_000, after["us"] > 900_000), (True, True), f"{before} {after}")
        winner = lab.send(options=QUICK).check(status=0).one("winner")["ms"] * 1000
        check_equal(abs(winner - after["us"]) < 500_000, True, f"{winner} µs taken, foretold {after}")


@test("a network that isn't known: said so")
def _():
    with Lab() as lab:
        lab.sink(paths=ON_IPV4)
        lab.firewall(["meta nfproto ipv6 drop"])  # neighbour discovery, too
        for family in ("-4", "-6"):
            lab.client.run(["ip", family, "neigh", "flush", "dev", "eth0"])
        probed = Probed(lab)
        silent = "eth0, where 2001:db8::10 is silent"
        check_equal(ways(probed)["IPv6"], (None, silent), f"way of\n{probed}")
        _, said = say(lab)
        check_equal(f"IPv6: {silent}, so nothing is remembered there; IPv4: eth0" in said, True, said)


@test("a literal and a tunnel: the literal's network, and none for what a command reaches")
def _():
    with Lab() as lab:
        lab.sink(paths=ON_IPV4, names=("198.51.100.10",))
        probed = Probed(lab, options={"host": "198.51.100.10"})
        check_equal({(path["host"], path["network-description"]) for path in probed.paths.values()},
                    {("198.51.100.10", "eth0, on the same link")}, f"of\n{probed}")
        relay = f"python3 -B {os.path.dirname(os.path.abspath(__file__))}/lab/relay.py 198.51.100.10 %p"
        run, said = say(lab, options={"host": "198.51.100.10", "tunnel": relay})
        check_equal((run.status, " network " in said), (OK, False), f"of\n{run}")


@test("a tunnel")
def _():
    with Lab() as lab:
        lab.sink(paths=ON_IPV4)
        relay = f"python3 -B {os.path.dirname(os.path.abspath(__file__))}/lab/relay.py 198.51.100.10 %p"
        probed = Probed(lab, options={"tunnel": relay})
        probed.check(OK, "587/tunnel", {"587/tunnel": "works", "25/tunnel": "works"})


# --- what goes wrong ------------------------------------------------------------------------

CERTIFICATES = {
    "expired": "expired",
    "self-signed": "self-signed",
    "wrong-name": "the certificate is for",
    "cn-only": "names no host",
}


def refuse_certificate(kind, words):
    with Lab() as lab:
        lab.sink(certificate=kind, names=(HOST,))
        probed = Probed(lab)
        probed.check(NO_PERMISSION, None, findings(ALL_PATHS, "not verified"))
        tls = probed.paths["587/IPv6"]["tls"]
        check_equal((tls["verified"], tls["version"], words in tls["complaint"]), (False, "TLSv1.3", True), str(tls))
        check_equal(probed.paths["587/IPv6"]["under-tls"]["mechanisms"] != [], True, "what lies behind")
        run, said = say(lab)
        for text in ("Nothing will be sent", "can't be verified", words):
            check_equal(text in said, True, f"{text} in\n{run}")


@test("a certificate that ends soon works, and is worth a word")
def _():
    with Lab() as lab:
        lab.sink(certificate="ends-soon")
        probed = Probed(lab)
        probed.check(OK, "587/IPv6", findings((), ""))
        check_equal({path["tls"]["days"] for path in probed.paths.values()}, {9}, "days left")
        check_equal([advice["days"] for advice in probed.advice("certificate")], [9], "advice")
        run, said = say(lab)
        for text in ("every path: the certificate is about to end; days left: 9.", "All 4 paths work."):
            check_equal(text in said, True, f"{text} in\n{run}")


for kind, words in CERTIFICATES.items():
    test(f"a certificate that is {kind}", kind, words)(refuse_certificate)


@test("a certificate that isn't the pinned one")
def _():
    with Lab() as lab:
        lab.sink()
        probed = Probed(lab, options={"tls-fingerprint": "00" * 32})
        probed.check(NO_PERMISSION, None, findings(ALL_PATHS, "not verified"))
        check_equal("fingerprint is" in probed.paths["587/IPv6"]["tls"]["complaint"], True, str(probed))


FAULTS = {
    "no TLS": (("--without", "STARTTLS"), {}, NO_PERMISSION, "no TLS", "with `tls = required` nothing will be sent"),
    "no TLS, which isn't asked for": (("--without", "STARTTLS"), {"tls": "off", "user": None, "password": None}, OK,
                                      "works", "All 4 paths work"),
    "STARTTLS refused": (("--reply", "STARTTLS=454 not now"), {}, NO_PERMISSION, "no TLS", "offers no TLS"),
    "injection": (("--inject", "250 haha\r\n"), {}, NO_PERMISSION, "TLS failed", "fails in TLS"),
    "no login, which is required": (("--without", "AUTH"), {"auth": "required"}, NO_PERMISSION, "no login",
                                    "requires one"),
    "no login in common": (("--mechanisms", "CRAM-MD5"), {}, NO_PERMISSION, "no login", "(CRAM-MD5)"),
    "a greeting that refuses": (("--greeting", "554 5.7.1 go away"), {}, TEMPORARY, "greeting refused", "go away"),
    "a greeting that is none": (("--greeting", "250 hello"), {}, TEMPORARY, "not SMTP",
                                "doesn't speak SMTP"),
    "closed before the greeting": (("--close-at", "octet:0"), {}, TEMPORARY, "closed", "closes them"),
    "never answers a ClientHello": (("--stall-tls",), {}, TEMPORARY, "TLS stalled", "stuck in the TLS handshake"),
    "silent after the greeting": (("--silent-at", "command:1"), {}, TEMPORARY, "stalled", "stops answering"),
    "no answer to QUIT": (("--reply", "QUIT=421 4.3.0 busy"), {}, OK, "works", "All 4 paths work"),
    "EHLO refused": (("--reply", "EHLO=454 4.7.1 not now"), {}, TEMPORARY, "EHLO refused", "not now"),
}


def meet_fault(sink, options, status, finding, words):
    with Lab() as lab:
        lab.sink(*sink)
        probed = Probed(lab, options=options)
        check_equal((probed.run.status, set(probed.findings.values())), (status, {finding}), f"of\n{probed}")
        run, said = say(lab, options=options)
        check_equal((run.status, words in said), (status, True), f"{words} in\n{run}")


for title, fault in FAULTS.items():
    test(title, *fault)(meet_fault)


@test("nothing works")
def _():
    with Lab() as lab:
        lab.firewall(case("silent", "tcp dport { 25, 587 }"))
        probed = Probed(lab)
        probed.check(TEMPORARY, None, findings(ALL_PATHS, "silent"))
        check_equal(probed.codes, ["no-path", "finding"], "advice")


@test("no network")
def _():
    with Lab() as lab:
        lab.client.ip("link set eth0 down")
        probed = Probed(lab)
        check_equal((probed.run.status, probed.codes[0]), (TEMPORARY, "no-network"), f"of\n{probed}")


@test("no such name")
def _():
    with Lab() as lab:
        lab.dns("{}")
        probed = Probed(lab, options={"host": "nowhere.lab.test"})
        check_equal((probed.run.status, probed.paths, probed.codes), (NO_HOST, {}, ["host-unknown"]), f"of\n{probed}")


@test("a name without an IPv6 address")
def _():
    with Lab() as lab:
        lab.dns(json.dumps({"four.lab.test": {"A": ["198.51.100.10"]}}))
        lab.sink(paths=ON_IPV4, names=("four.lab.test",))
        run, said = say(lab, options={"host": "four.lab.test"})
        check_equal("four.lab.test has no IPv6 address." in said, True, str(run))
        check_equal(Probed(lab, options={"host": "four.lab.test"}).findings,
                    {"587/IPv4": "works", "25/IPv4": "works"}, "findings")


# --- the command line ------------------------------------------------------------------------


@test("a host needs no configuration")
def _():
    with Lab() as lab:
        sink = lab.sink()
        lab.file("config", "")
        probed = Probed(lab, [HOST, "--set", f"tls-ca-file={sink.ca}"], configure=False)
        probed.check(OK, "587/IPv6", findings((), ""))
        check_equal(probed.codes, ["leaves", "all-work", "login-unused"], "advice")


@test("a host takes the place of the account's")
def _():
    with Lab() as lab:
        lab.hosts({"other.lab.test": ["198.51.100.10"]})
        lab.sink(paths=ON_IPV4, names=("other.lab.test",))
        probed = Probed(lab, ["other.lab.test"], options={"family": "ipv4"})
        check_equal((probed.run.status, probed.paths["587/IPv4"]["host"]), (OK, "other.lab.test"), f"of\n{probed}")


@test("wrong command lines")
def _():
    with Lab() as lab:
        lab.toukan.configure()
        for arguments, status in ((["a", "b"], USAGE), (["--history", "a"], USAGE), (["--nonsense"], USAGE),
                                  (["-a", "nobody"], CONFIGURATION), (["--set", "nonsense=1"], CONFIGURATION),
                                  (["a..b"], CONFIGURATION)):
            run = lab.toukan.run(["probe", *arguments])
            check_equal((run.status, run.output), (status, ""), f"of {arguments}\n{run}")
        lab.file("config", "")
        check_equal(lab.toukan.run(["probe"]).status, CONFIGURATION, "status without configuration and host")


# --- memory and history ---------------------------------------------------------------------


@test("what is remembered is foretold, and the probe itself changes nothing")
def _():
    with Lab() as lab:
        lab.firewall(case("silent", "tcp dport 587"))
        lab.sink()
        for _ in range(2):
            leaves, = Probed(lab).advice("leaves")
            check_equal((leaves["us"] > 900_000, leaves["us-again"] < 500_000), (True, True), str(leaves))
        lab.send(options=QUICK).check(status=0, path="25/IPv6")
        leaves, = Probed(lab).advice("leaves")
        check_equal(leaves["us"] < 500_000, True, str(leaves))
        check_equal(lab.send(options=QUICK).check(status=0).seconds < 0.5, True, "the second message is quick")


@test("path-memory = no: nothing is remembered, foretold or counted")
def _():
    with Lab() as lab:
        lab.firewall(case("silent", "tcp dport 587"))
        lab.sink()
        leaves, = Probed(lab, options={"path-memory": "no"}).advice("leaves")
        check_equal(leaves["us"] > 900_000, True, str(leaves))
        check_equal(lab.toukan.run(["probe", "--history", "--json"]).events, [], "history")


def history(lab):
    run = lab.toukan.run(["probe", "--history", "--json"])
    check_equal((run.status, run.errors), (OK, ""), f"of\n{run}")
    return {(name_of(line), line["seen"]): line["count"] for line in map(json.loads, run.output.splitlines())}


@test("--history counts the five cases, and what is accepted in vain")
def _():
    with Lab() as lab:
        lab.firewall(case("silent", "meta nfproto ipv6 tcp dport 587") + case("refused", "meta nfproto ipv4 tcp dport 587"))
        lab.sink(paths=("25/IPv6",))
        lab.sink("--silent", paths=("25/IPv4",))
        empty = lab.toukan.run(["probe", "--history"])
        check_equal((empty.status, empty.output), (OK, "Nothing was seen yet: every attempt to connect is counted.\n"),
                    "an empty history")
        Probed(lab)
        Probed(lab)
        check_equal(history(lab), {("587/IPv6", "silent"): 2, ("587/IPv4", "refused"): 2, ("25/IPv6", "worked"): 2,
                                   ("25/IPv4", "no-greeting"): 2}, "history")
        rows = [line.split() for line in lab.toukan.run(["probe", "--history"]).output.splitlines()]
        check_equal(rows, [
            ["accepted", "in", "vain", "refused", "prohibited", "unreachable", "silent", "unclear"],
            [HOST],
            ["587/IPv6", "0", "0", "0", "0", "0", "2", "0"],
            ["587/IPv4", "0", "0", "2", "0", "0", "0", "0"],
            ["25/IPv6", "2", "0", "0", "0", "0", "0", "0"],
            ["25/IPv4", "2", "2", "0", "0", "0", "0", "0"],
            ["all", "paths"],
            ["4", "2", "2", "0", "0", "2", "0"],
            ["%", *"50 % 25 % 25 % 0 % 0 % 25 % 0 %".split()],
        ], "table")


@test("a message is counted in the history, too")
def _():
    with Lab() as lab:
        lab.sink()
        lab.send().check(status=0)
        check_equal(history(lab), {("587/IPv6", "worked"): 1}, "history")


# --- while it goes on --------------------------------------------------------------------------


@test("what takes its time is said while it does")
def _():
    with Lab() as lab:
        lab.sink("--silent", paths=("587/IPv6",))
        lab.sink(paths=("587/IPv4", *ON_25))
        run, _ = say(lab)
        check_equal("587/IPv6 2001:db8::10 takes its time: waiting for up to 2.00 s more" in run.output, True, str(run))
        check_equal(re.search(r"587/IPv6 2001:db8::10 greeting:", run.output), None, str(run))


def start(lab, arguments, **options):
    lab.toukan.configure({**QUICK, "greeting-timeout": "60s"})
    environment = {**lab.toukan.environment, **options.pop("environment", {})}
    return lab.client.popen([str(BUILD / "toukan"), "probe", *arguments], env=environment, **options)


@test("interrupted, it shows what it knows by then")
def _():
    with Lab() as lab:
        lab.sink("--silent", paths=("587/IPv6",))
        lab.sink(paths=("587/IPv4", *ON_25))
        with start(lab, ["--json"], stdout=subprocess.PIPE, text=True) as process:
            lab.wait_for(lambda: sum(sink.verbs().count("QUIT") for sink in lab.sinks) == 3, "the others' end")
            process.send_signal(signal.SIGINT)
            lines = [json.loads(line) for line in process.stdout]
            check_equal(process.wait(10), 128 + signal.SIGINT, "status")
        found = {name_of(line): line["finding"] for line in lines[:-1]}
        check_equal(found, findings(("587/IPv6",), "unfinished"), "findings")
        check_equal((lines[-1]["cut-short"], name_of(lines[-1]["leaves-by"])), (True, "587/IPv4"), "summary")


def watch_terminal(lab, **environment):
    master, slave = pty.openpty()
    process = start(lab, [], stdin=slave, stdout=slave, stderr=slave, environment={"TERM": "xterm", **environment})
    os.close(slave)
    octets, end = b"", time.monotonic() + 30
    while time.monotonic() < end and select.select([master], [], [], 30)[0]:
        try:
            octets += os.read(master, 65536)
        except OSError:  # Linux says EIO once the other side is closed
            break
    os.close(master)
    check_equal(process.wait(10), OK, "status")
    return octets.decode()


@test("in a terminal the time line grows in its place, in colours")
def _():
    with Lab() as lab:
        lab.firewall(case("silent", "tcp dport 587"))
        lab.sink()
        output = watch_terminal(lab)
        check_equal(bool(re.search(r"\x1b\[\d+A", output)), True, "the cursor moves up")
        check_equal(("\x1b[32m" in output, "\x1b[33m" in output), (True, True), "colours")
        check_equal(output.count("587/IPv6") > 20, True, "the bars grow")


@test("NO_COLOR: without colours")
def _():
    with Lab() as lab:
        lab.sink()
        output = watch_terminal(lab, NO_COLOR="1")
        check_equal(re.search(r"\x1b\[\d*m", output), None, "colours")


if __name__ == "__main__":
    main(at_once=6)
