"""A name server for one test: python3 dns.py ADDRESS ZONE

ZONE is JSON: {"name": {"A": [address…], "AAAA": […], "rcode": 2, "delay": {"AAAA": seconds}}}.
A name that isn't there doesn't exist. All of it may be left out.
"""

import ipaddress
import json
import select
import socket
import struct
import sys
import time

TYPES = {1: "A", 28: "AAAA"}
NXDOMAIN = 3


def read_question(query):
    """The name, the type and where the question ends."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("ascii"))
        at += 1 + query[at]
    kind, = struct.unpack_from("!H", query, at + 1)
    return ".".join(labels).lower(), TYPES.get(kind, str(kind)), at + 5


def answer(query, zone):
    """The reply to QUERY, and the seconds to wait before it."""
    name, kind, end = read_question(query)
    entry = zone.get(name)
    rcode = NXDOMAIN if entry is None else entry.get("rcode", 0)
    addresses = (entry or {}).get(kind, [])
    header = query[:2] + struct.pack("!HHHHH", 0x8580 | rcode, 1, len(addresses), 0, 0)
    records = b"".join(
        b"\xc0\x0c" + query[end - 4:end] + struct.pack("!IH", 60, len(packed)) + packed
        for packed in (ipaddress.ip_address(address).packed for address in addresses))
    return header + query[12:end] + records, (entry or {}).get("delay", {}).get(kind, 0)


def serve(server, zone):
    waiting = []
    while True:
        patience = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        if select.select([server], [], [], patience)[0]:
            query, client = server.recvfrom(4096)
            reply, delay = answer(query, zone)
            waiting.append((time.monotonic() + delay, reply, client))
            waiting.sort()
        while waiting and waiting[0][0] <= time.monotonic():
            _, reply, client = waiting.pop(0)
            server.sendto(reply, client)


def main(address, zone):
    server = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, 53))
    print("ready", flush=True)
    serve(server, json.loads(zone))


if __name__ == "__main__":
    main(*sys.argv[1:])
