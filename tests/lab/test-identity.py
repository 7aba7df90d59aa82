#!/usr/bin/env python3
"""Networks have names that stay, and others elsewhere: asked of this machine's own kernel."""

from lab import BUILD, Lab, Skip, check_equal, main, test

PROGRAM = str(BUILD / "tests/lab/ask-identity")
V4, V6 = "203.0.113.25", "2001:db8:25::25"
OTHER_MAC = "02:00:00:00:00:99"
PATIENCE = 50  # ms
SLACK = 40  # ms of a machine that is busy


class Answer:
    def __init__(self, line):
        self.address, network, microseconds, self.description = line.split(" ", 3)
        self.network = None if network == "-" else network
        self.ms = int(microseconds) / 1000

    def __repr__(self):
        return f"{self.address}: {self.network} after {self.ms} ms: {self.description}"


def ask(lab, *addresses):
    lines = lab.client.run([PROGRAM, *addresses]).stdout.splitlines()
    answers = [Answer(line) for line in lines]
    return answers if len(addresses) > 1 else answers[0]


def forget_neighbours(lab):
    lab.client.ip("neigh flush all")
    for family in ("-4", "-6"):
        lab.client.run(["ip", family, "neigh", "flush", "dev", "eth0"])


def check(condition, *what):
    if not condition:
        raise AssertionError(" ".join(map(str, what)))


def check_known(answer):
    check(answer.network and len(answer.network) == 32, answer)
    return answer.network


for each in (V4, V6):
    @test(f"a cold neighbour table is filled, a warm one costs nothing: {each}", each)
    def _(address):
        with Lab(delay=2) as lab:
            forget_neighbours(lab)
            cold = ask(lab, address)
            check_known(cold)
            check(4 <= cold.ms < PATIENCE + SLACK, cold)
            warm = min((ask(lab, address) for _ in range(5)), key=lambda answer: answer.ms)
            check_equal(warm.network, cold.network, "network")
            check(warm.ms < 1, warm)
            check("eth0, by " in warm.description, warm)

    @test(f"a router that is silent costs {PATIENCE} ms, once: {each}", each)
    def _(address):
        with Lab() as lab:
            router = "198.51.100.77" if "." in address else "2001:db8::77"
            lab.client.ip(f"route replace default via {router}")
            first, second, others = ask(lab, address, "then", address, "then", "::1")
            check_equal((first.network, second.network), (None, None), "networks")
            check(PATIENCE <= first.ms < PATIENCE + SLACK, first)
            check(second.ms < PATIENCE / 2, second)
            check("is silent" in first.description and router in first.description, first)
            check_known(others)


@test("sixteen ask at once and wait together")
def _():
    with Lab() as lab:
        lab.client.ip("route replace default via 198.51.100.77")
        answers = ask(lab, *(f"203.0.113.{n}" for n in range(16)))
        check_equal(len(answers), 16, "answers")
        check(all(answer.ms < PATIENCE + SLACK for answer in answers), answers)


@test("the same network after a renewal, a renumbering and a new name of the interface")
def _():
    with Lab() as lab:
        before = check_known(ask(lab, V4))
        lab.client.ip("address flush dev eth0 scope global", "address add 198.51.100.99/24 dev eth0",
                      "route add default via 198.51.100.10")
        check_equal(ask(lab, V4).network, before, "after another address")
        lab.server.ip("address add 10.1.2.1/24 dev eth0")
        lab.client.ip("address flush dev eth0 scope global", "address add 10.1.2.3/24 dev eth0",
                      "route add default via 10.1.2.1")
        check_equal(ask(lab, V4).network, before, "after another prefix")
        lab.client.ip("link set eth0 down", "link set eth0 address 02:00:00:00:00:77 name wlan7",
                      "link set wlan7 up", "route add default via 10.1.2.1")
        check_equal(ask(lab, V4).network, before, "after another name and own address")


@test("privacy addresses come and go")
def _():
    with Lab() as lab:
        before = check_known(ask(lab, V6))
        lab.client.ip("address add 2001:db8::a:b:c:d/64 dev eth0 nodad",
                      "address add 2001:db8:1::5/64 dev eth0 nodad")
        check_equal(ask(lab, V6).network, before, "network")


@test("another router with the same address is another network")
def _():
    with Lab() as lab:
        before = [check_known(ask(lab, address)) for address in (V4, V6)]
        lab.server.ip("link set eth0 down", f"link set eth0 address {OTHER_MAC}", "link set eth0 up")
        lab.add_addresses(lab.server, "2001:db8::10/64")  # they go when a link goes down
        forget_neighbours(lab)
        after = [check_known(ask(lab, address)) for address in (V4, V6)]
        check(not set(before) & set(after), before, after)


@test("IPv6 and IPv4 are apart")
def _():
    with Lab() as lab:
        check(ask(lab, V4).network != ask(lab, V6).network, "the same network")


@test("a policy rule, as VPNs set them, is followed")
def _():
    with Lab() as lab:
        usual = check_known(ask(lab, V4))
        lab.client.ip("link add vpn0 type veth peer name far0", "link set vpn0 up", "link set far0 up",
                      "address add 10.9.0.2/24 dev vpn0",
                      f"neighbour replace 10.9.0.1 lladdr {OTHER_MAC} dev vpn0",
                      "route add default via 10.9.0.1 table 100", f"rule add to {V4} lookup 100")
        inside = ask(lab, V4)
        check(check_known(inside) != usual, inside)
        check_equal(inside.description, "vpn0, by 10.9.0.1", "description")
        check_equal(ask(lab, "203.0.113.26").network, usual, "what the rule doesn't name")


@test("of several default routes the one that is taken counts; docker's bridges don't")
def _():
    with Lab() as lab:
        usual = check_known(ask(lab, V4))
        lab.client.ip("link add docker0 type bridge", "address add 172.17.0.1/16 dev docker0", "link set docker0 up",
                      "link add eth1 type veth peer name far1", "link set eth1 up", "link set far1 up",
                      "address add 10.9.0.2/24 dev eth1", "route add default via 10.9.0.1 metric 700")
        check_equal(ask(lab, V4).network, usual, "with a worse route beside")
        lab.client.ip("route delete default", "route add default via 198.51.100.10 metric 900",
                      f"neighbour replace 10.9.0.1 lladdr {OTHER_MAC} dev eth1")
        check(check_known(ask(lab, V4)) != usual, "the better route isn't taken")


@test("no route: unknown, at once")
def _():
    with Lab() as lab:
        lab.client.ip("route delete default")
        answer = ask(lab, V4)
        check_equal((answer.network, answer.description), (None, "no route"), "answer")
        check(answer.ms < PATIENCE / 2, answer)


@test("this machine itself")
def _():
    with Lab() as lab:
        answers = ask(lab, "127.0.0.1", "::1", "198.51.100.2", "2001:db8::2")
        check_equal({answer.description for answer in answers}, {"this machine"}, "descriptions")
        check_equal(len({check_known(answer) for answer in answers}), 1, "networks")


@test("a server on the same link stands for it")
def _():
    with Lab() as lab:
        answer = ask(lab, "198.51.100.10")
        check_known(answer)
        check_equal(answer.description, "eth0, on the same link", "description")


@test("tun: its prefixes, whatever our address")
def _():
    with Lab() as lab:
        try:
            lab.client.ip("tuntap add mode tun name tun0")
        except RuntimeError as error:
            raise Skip(f"no tun here ({error})") from None
        lab.client.ip("link set tun0 up", "address add 10.8.0.6/24 dev tun0", "route replace default dev tun0")
        before = ask(lab, V4)
        check_known(before)
        check_equal(before.description, "tun0 (tun)", "description")
        lab.client.ip("address flush dev tun0", "address add 10.8.0.77/24 dev tun0", "route replace default dev tun0")
        check_equal(ask(lab, V4).network, before.network, "after another address")
        lab.client.ip("address flush dev tun0", "address add 10.7.0.77/24 dev tun0", "route replace default dev tun0")
        check(check_known(ask(lab, V4)) != before.network, "another prefix is another network")


@test("toukan says by which network each family is reached")
def _():
    with Lab() as lab:
        lab.sink()
        forget_neighbours(lab)
        sent = lab.send(arguments=["-v"]).check(status=0)
        networks = {event["family"]: event for event in sent.all("network")}
        check_equal({event["description"] for event in networks.values()}, {"eth0, on the same link"}, "descriptions")
        check(all(len(event["network"]) == 32 for event in networks.values()), networks)
        check("IPv6: network: eth0, on the same link" in sent.errors, sent)


@test("a silent router keeps nobody waiting: what waits is at most one family for 50 ms")
def _():
    with Lab() as lab:
        lab.sink(paths=["587/IPv4"])
        lab.firewall(["meta nfproto ipv6 drop"])  # ND is dropped too
        forget_neighbours(lab)
        sent = lab.send().check(status=0, path="587/IPv4")
        silent = [event for event in sent.all("network") if event["network"] is None]
        check_equal([event["family"] for event in silent], ["IPv6"], "unknown networks")
        first = sent.all("attempt")[0]
        check(first["ms"] < 2 * PATIENCE + SLACK, first)


if __name__ == "__main__":
    main()
