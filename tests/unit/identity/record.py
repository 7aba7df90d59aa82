#!/usr/bin/env python3
"""Records what the kernel says over rtnetlink in one situation after the other, as data for
test-identity-route: python3 tests/unit/identity/record.py >tests/unit/identity/situations

Needs user namespaces, and /dev/net/tun for tun and tap. Expectations are not recorded:
they stand in the test, and so do messages of interfaces that a kernel may lack (ppp).

A situation: its name on a line, then NAME: HEX for the answers to the question for the
route, for the link, for the neighbour, and for the neighbour again after the nudge."""

import os
import socket
import struct
import sys
import time

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..")
sys.path[:0] = [os.path.join(TOP, "tests/lab"), os.path.join(TOP, "tests/lib")]

from lab import namespaces  # noqa: E402
from lab.namespaces import Namespace  # noqa: E402

ROUTER = "02:00:00:00:00:01"
OTHER = "02:00:00:00:00:02"
V4 = "203.0.113.25"
V6 = "2001:db8:25::25"

WARM4 = "neigh replace 192.0.2.1 lladdr 02:00:00:00:00:01 dev eth0 nud reachable"
DEFAULT4 = "route add default via 192.0.2.1 dev eth0"
USUAL4 = ["addr add 192.0.2.2/24 dev eth0", DEFAULT4, WARM4]
USUAL6 = ["addr add 2001:db8::2/64 dev eth0 nodad"]


def neighbour4(state):
    return ["addr add 192.0.2.2/24 dev eth0", DEFAULT4,
            f"neigh replace 192.0.2.1 lladdr {ROUTER} dev eth0 nud {state}"]


def second_uplink(*commands):
    return ["link add eth1 type veth peer name far1", "link set eth1 up", "link set far1 up",
            "addr add 198.51.100.2/24 dev eth1",
            f"neigh replace 198.51.100.1 lladdr {OTHER} dev eth1 nud reachable", *commands]


def tunnel(mode, *commands):
    return [f"tuntap add mode {mode} name vpn0", "link set vpn0 up", *commands]


# name, destination, commands
SITUATIONS = [
    ("IPv4 by a router", V4, USUAL4),
    ("IPv4 renumbered, same router", V4,
     ["addr add 10.20.30.40/16 dev eth0", "route add default via 10.20.0.9 dev eth0",
      f"neigh replace 10.20.0.9 lladdr {ROUTER} dev eth0 nud reachable"]),
    ("IPv4 with the same addresses, another router", V4,
     ["addr add 192.0.2.2/24 dev eth0", DEFAULT4, f"neigh replace 192.0.2.1 lladdr {OTHER} dev eth0 nud reachable"]),
    ("IPv6 by a router", V6,
     USUAL6 + ["-6 route add default via 2001:db8::1 dev eth0",
               f"neigh replace 2001:db8::1 lladdr {ROUTER} dev eth0 nud reachable"]),
    ("IPv6 by a link-local router", V6,
     USUAL6 + ["-6 route add default via fe80::1 dev eth0",
               f"neigh replace fe80::1 lladdr {ROUTER} dev eth0 nud stale"]),
    ("IPv4 on the same link", "192.0.2.25",
     ["addr add 192.0.2.2/24 dev eth0", f"neigh replace 192.0.2.25 lladdr {OTHER} dev eth0 nud reachable"]),
    ("IPv6 on the same link", "2001:db8::25",
     USUAL6 + [f"neigh replace 2001:db8::25 lladdr {OTHER} dev eth0 nud reachable"]),
    ("the neighbour table is empty, the router answers", V4, USUAL4[:2] + ["# later", WARM4]),
    ("the neighbour table is empty, the router is silent", V4, USUAL4[:2]),
    ("neighbour permanent", V4, neighbour4("permanent")),
    ("neighbour stale", V4, neighbour4("stale")),
    ("neighbour in delay", V4, neighbour4("delay")),
    ("neighbour probed", V4, neighbour4("probe")),
    ("neighbour failed, then answers", V4, neighbour4("failed") + ["# later", WARM4]),
    ("neighbour incomplete", V4, neighbour4("incomplete")),
    ("neighbour without a link layer", V4, neighbour4("noarp")),
    ("two defaults, by metric", V4,
     USUAL4[:1] + [WARM4, "route add default via 192.0.2.1 dev eth0 metric 600"]
     + second_uplink("route add default via 198.51.100.1 dev eth1 metric 100")),
    ("two defaults, the better interface is down", V4,
     USUAL4[:1] + [WARM4, "route add default via 192.0.2.1 dev eth0 metric 600"]
     + second_uplink("route add default via 198.51.100.1 dev eth1 metric 100", "link set eth1 down")),
    ("a policy rule by destination", V4,
     USUAL4 + second_uplink("route add default via 198.51.100.1 table 100", f"rule add to {V4} lookup 100")),
    ("a policy rule by user", V4,
     USUAL4 + second_uplink("route add default via 198.51.100.1 table 100", "rule add uidrange 0-0 lookup 100")),
    ("two routers at once", V4,
     USUAL4[:1] + [WARM4, *second_uplink("route add default nexthop via 192.0.2.1 weight 255 nexthop via 198.51.100.1")]),
    ("a next-hop object", V4,
     USUAL4[:1] + [WARM4, "nexthop add id 7 via 192.0.2.1 dev eth0", "route add default nhid 7"]),
    ("no route at all", V4, ["addr add 192.0.2.2/24 dev eth0"]),
    ("IPv6: no route at all", V6, USUAL6),
    ("unreachable route", V4, USUAL4 + [f"route add unreachable {V4}"]),
    ("black hole", V4, USUAL4 + [f"route add blackhole {V4}"]),
    ("prohibited", V4, USUAL4 + [f"route add prohibit {V4}"]),
    ("IPv6: unreachable default", V6, USUAL6 + ["-6 route add unreachable default"]),
    ("IPv6: black hole", V6, USUAL6 + [f"-6 route add blackhole {V6}"]),
    ("IPv6: prohibited", V6, USUAL6 + [f"-6 route add prohibit {V6}"]),
    ("own address", "192.0.2.2", USUAL4),
    ("IPv6: own address", "2001:db8::2", USUAL6),
    ("a route to lo", V4, ["route add 203.0.113.0/24 dev lo"]),
    ("broadcast", "192.0.2.255", USUAL4),
    ("multicast", "239.1.1.1", USUAL4),
    ("a router outside of our prefix (onlink)", V4,
     ["addr add 198.18.0.2/32 dev eth0", "route add default via 172.31.1.1 dev eth0 onlink",
      f"neigh replace 172.31.1.1 lladdr {ROUTER} dev eth0 nud reachable"]),
    ("IPv4 by way of an IPv6 router", V4,
     ["addr add 192.0.2.2/24 dev eth0", "-4 route add default via inet6 fe80::1 dev eth0",
      f"neigh replace fe80::1 lladdr {ROUTER} dev eth0 nud reachable"]),
    ("docker bridges beside", V4,
     USUAL4 + ["link add docker0 type bridge", "addr add 172.17.0.1/16 dev docker0", "link set docker0 up",
               "link add br-5 type bridge", "addr add 172.18.0.1/16 dev br-5", "link set br-5 up",
               "link add vp1 type veth peer name vp2", "link set vp1 master docker0", "link set vp1 up"]),
    ("a bridge is the uplink", V4,
     ["link add br0 type bridge", "link set br0 up", "link set eth0 master br0", "addr add 192.0.2.2/24 dev br0",
      "route add default via 192.0.2.1 dev br0",
      f"neigh replace 192.0.2.1 lladdr {ROUTER} dev br0 nud reachable"]),
    ("vxlan", V4,
     USUAL4 + ["link add vx0 type vxlan id 9 remote 192.0.2.9 dstport 4789", "link set vx0 up",
               "addr add 10.9.0.2/24 dev vx0", f"route add {V4} via 10.9.0.1",
               f"neigh replace 10.9.0.1 lladdr {OTHER} dev vx0 nud reachable"]),
    ("ARP is switched off", V4, ["link set eth0 arp off", "addr add 192.0.2.2/24 dev eth0", DEFAULT4]),
    ("tun", V4, tunnel("tun", "addr add 10.8.0.6/24 dev vpn0", "route add default via 10.8.0.1")),
    ("tun without a router", V4, tunnel("tun", "addr add 10.8.0.6/32 peer 10.8.0.5 dev vpn0", "route add default dev vpn0")),
    ("IPv6: tun", V6, tunnel("tun", "addr add 2001:db8:8::6/64 dev vpn0 nodad", "-6 route add default dev vpn0")),
    ("IPv6: tun with a link-local address only", V6, tunnel("tun", "-6 route add default dev vpn0")),
    ("half the world through tun, as VPNs do", V4,
     USUAL4 + tunnel("tun", "addr add 10.8.0.6/24 dev vpn0", "route add 0.0.0.0/1 via 10.8.0.1",
                     "route add 128.0.0.0/1 via 10.8.0.1")),
    ("tap has a link layer", V4,
     tunnel("tap", "addr add 10.8.0.6/24 dev vpn0", "route add default via 10.8.0.1",
            f"neigh replace 10.8.0.1 lladdr {OTHER} dev vpn0 nud reachable")),
]

# --- rtnetlink, by hand ------------------------------------------------------------

GETLINK, GETROUTE, GETNEIGH = 18, 26, 30
NEWROUTE = 24
DST, OIF, GATEWAY, VIA = 1, 4, 5, 18


def attribute(kind, value):
    return struct.pack("=HH", 4 + len(value), kind) + value + b"\0" * (-len(value) % 4)


def attributes(octets):
    found = {}
    while len(octets) >= 4:
        length, kind = struct.unpack_from("=HH", octets)
        found[kind & 0x3fff] = octets[4:length]
        octets = octets[(length + 3) & ~3:]
    return found


def ask(kind, body):
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as netlink:
        netlink.bind((0, 0))
        netlink.send(struct.pack("=IHHII", 16 + len(body), kind, 1, 1, 0) + body)
        return netlink.recv(65536)


def packed(address):
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


def ask_neighbour(family, index, address):
    return ask(GETNEIGH, struct.pack("=BxxxiHBB", family, index, 0, 0, 0) + attribute(DST, address))


def questions(destination, later):
    """Inside the situation: what the kernel answers."""
    address = packed(destination)
    family = socket.AF_INET6 if len(address) == 16 else socket.AF_INET
    route = ask(GETROUTE, struct.pack("=8BI", family, 8 * len(address), 0, 0, 0, 0, 0, 0, 0) + attribute(DST, address))
    print("route:", route.hex())
    if struct.unpack_from("=H", route, 4)[0] != NEWROUTE:
        return
    found = attributes(route[16 + 12:])
    index, = struct.unpack("=i", found[OIF])
    print("link:", ask(GETLINK, struct.pack("=BxHiII", 0, 0, index, 0, 0) + attribute(29, struct.pack("=I", 8))).hex())
    hop = found.get(GATEWAY, address)
    if VIA in found:
        family, hop = struct.unpack("=H", found[VIA][:2])[0], found[VIA][2:]
    print("neighbour:", ask_neighbour(family, index, hop).hex())
    if later:
        os.system(f"ip {later}")
    print("after:", ask_neighbour(family, index, hop).hex())


# --- situations ----------------------------------------------------------------------

def record(name, destination, commands):
    host = Namespace()
    now = [command for command in commands if command != "# later"]
    later = commands[commands.index("# later") + 1] if "# later" in commands else ""
    if later:
        now.remove(later)
    host.ip("link add eth0 type veth peer name far0", "link set far0 up", "link set eth0 up")
    time.sleep(0.05)
    for command in now:
        host.run(["ip", *command.split()])
    said = host.run([sys.executable, "-B", os.path.abspath(__file__), "--inside", destination, later]).stdout
    print(f"\n{name}\n{said}", end="")
    host.close()


def main():
    if sys.argv[1:2] == ["--inside"]:
        questions(*sys.argv[2:4])
        return
    namespaces.enter()
    print("# Written by record.py: what the kernel says over rtnetlink(7) in each situation, on\n"
          f"# {sys.byteorder}-endian Linux {os.uname().release.split('-')[0]}.")
    for situation in SITUATIONS:
        record(*situation)


if __name__ == "__main__":
    main()
