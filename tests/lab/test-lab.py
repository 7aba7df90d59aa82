#!/usr/bin/env python3
"""The lab itself: does each kind of network behave as its name says? Plain sockets
take toukan's place here."""

import json
import subprocess
import sys

from lab import CASES, HOST, Lab, case, check_equal, main, test
from lab.network import SERVER

# Connects without blocking; says the errno and after how many milliseconds it came.
PROBE = """
import errno, select, socket, sys, time
began = time.monotonic()
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
s.setblocking(False)
s.connect_ex((sys.argv[1], int(sys.argv[2])))
answered = select.select([], [s], [], float(sys.argv[3]))[1]
error = s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) if answered else errno.ETIMEDOUT
print(errno.errorcode.get(error, "accepted"), round((time.monotonic() - began) * 1000))
"""

# A server that accepts and sends a line.
GREETER = """
import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
listener = socket.create_server((sys.argv[1], 587), family=family)
print("ready", flush=True)
while True:
    client, _ = listener.accept()
    client.sendall(b"x" * int(sys.argv[2]))
    client.close()
"""

READ_ALL = """
import socket, sys
client = socket.create_connection((sys.argv[1], 587), timeout=2)
got = 0
try:
    while data := client.recv(65536):
        got += len(data)
except TimeoutError:
    pass
print(got)
"""

ERRNO = {
    ("refused", "IPv6"): "ECONNREFUSED", ("refused", "IPv4"): "ECONNREFUSED",
    ("prohibited", "IPv6"): "EACCES", ("prohibited", "IPv4"): "EHOSTUNREACH",
    ("unreachable", "IPv6"): "ENETUNREACH", ("unreachable", "IPv4"): "ENETUNREACH",
    ("silent", "IPv6"): "ETIMEDOUT", ("silent", "IPv4"): "ETIMEDOUT",
    ("accepted", "IPv6"): "accepted", ("accepted", "IPv4"): "accepted",
}


def greet(lab, family, octets=1):
    command = [sys.executable, "-c", GREETER, SERVER[family], str(octets)]
    process = lab.server.popen(command, stdout=subprocess.PIPE, text=True)
    lab.processes.append(process)
    process.stdout.readline()


def connect(lab, family, patience=0.5):
    error, milliseconds = lab.client.run(
        [sys.executable, "-c", PROBE, SERVER[family], "587", str(patience)]).stdout.split()
    return error, int(milliseconds)


def connect_in_case(name, family):
    with Lab() as lab:
        greet(lab, family)
        lab.firewall(case(name, "tcp dport 587"))
        error, milliseconds = connect(lab, family)
        check_equal(error, ERRNO[name, family], "errno")
        check_equal(lab.attempts(), {f"587/{family}": 1}, "counted SYNs")
        if name != "silent" and milliseconds > 400:
            raise AssertionError(f"the answer took {milliseconds} ms")


for each_name in CASES:
    for each_family in SERVER:
        test(f"{each_name} over {each_family} is {ERRNO[each_name, each_family]}, at once",
             each_name, each_family)(connect_in_case)


@test("the link delays each way")
def _():
    with Lab(delay=30) as lab:
        greet(lab, "IPv4")
        connect(lab, "IPv4")  # neighbours are known from here on
        _, milliseconds = connect(lab, "IPv4")
        if not 60 <= milliseconds < 100:
            raise AssertionError(f"a connect at 2 x 30 ms took {milliseconds} ms")


@test("the link carries megabytes")
def _():
    with Lab() as lab:
        greet(lab, "IPv6", 20_000_000)
        got = lab.client.run([sys.executable, "-c", READ_ALL, SERVER["IPv6"]]).stdout
        check_equal(int(got), 20_000_000, "octets")


@test("a path-MTU black hole passes small packets only")
def _():
    with Lab() as lab:
        greet(lab, "IPv6", 5000)
        lab.firewall(output=["meta nfproto ipv6 meta length gt 1300 drop"])
        check_equal(connect(lab, "IPv6")[0], "accepted", "connect")
        got = lab.client.run([sys.executable, "-c", READ_ALL, SERVER["IPv6"]]).stdout
        check_equal(int(got) < 5000, True, "the large packets stay away")


LOOKUP = "import socket, sys; print(*sorted({a[4][0] for a in socket.getaddrinfo(sys.argv[1], 25)}))"


@test("names come from the client's own hosts file, and from its own name server")
def _():
    with Lab() as lab:
        found = lab.client.run([sys.executable, "-c", LOOKUP, HOST]).stdout.split()
        check_equal(found, sorted(SERVER.values()), "hosts file")
        lab.dns(json.dumps({"dns.lab.test": {"A": ["198.51.100.77"]}}))
        found = lab.client.run([sys.executable, "-c", LOOKUP, "dns.lab.test"]).stdout.split()
        check_equal(found, ["198.51.100.77"], "name server")


if __name__ == "__main__":
    main()
