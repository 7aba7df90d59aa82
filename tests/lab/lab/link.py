"""A link with delay between two interfaces of this namespace: python3 link.py A B MS [TRACE]

Frames that come in at one end leave at the other MS milliseconds later. With the
kernel's header of large frames passed on (PACKET_VNET_HDR), offloading may stay as it
is, and this is quick enough for tens of megabytes a second. A file TRACE gets a line for
each TCP segment, as it enters the link: seconds (monotonic), source and destination
port, flags, payload octets, the first of them (hexadecimal, or -), end (0 or 1).
"""

import collections
import select
import socket
import struct
import sys
import time

SOL_PACKET = 263
PACKET_VNET_HDR = 15
PACKET_IGNORE_OUTGOING = 23
ETH_P_ALL = 3
VNET_HEADER = 10
LARGEST = VNET_HEADER + 14 + 65536
SHOWN = 8000  # payload octets in a trace


def open_end(interface):
    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    for option in (PACKET_VNET_HDR, PACKET_IGNORE_OUTGOING):
        end.setsockopt(SOL_PACKET, option, 1)
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        end.setsockopt(socket.SOL_SOCKET, option, 8 << 20)
    end.bind((interface, ETH_P_ALL))
    end.setblocking(False)
    return end


def tcp_segment(frame):
    """(source port, destination port, flags, payload octets, their begin) of a TCP frame, else None."""
    ethertype, = struct.unpack_from("!H", frame, VNET_HEADER + 12)
    at = VNET_HEADER + 14
    if ethertype == 0x0800 and frame[at + 9] == socket.IPPROTO_TCP:
        length, = struct.unpack_from("!H", frame, at + 2)
        header = (frame[at] & 15) * 4
        end, at = at + length, at + header
    elif ethertype == 0x86DD and frame[at + 6] == socket.IPPROTO_TCP:
        length, = struct.unpack_from("!H", frame, at + 4)
        end, at = at + 40 + length, at + 40
    else:
        return None
    source, destination = struct.unpack_from("!HH", frame, at)
    names = zip("FSRPA", (1, 2, 4, 8, 16))
    flags = "".join(name for name, bit in names if frame[at + 13] & bit)
    payload = frame[at + (frame[at + 12] >> 4) * 4:end]
    return source, destination, flags, len(payload), payload[:SHOWN].hex() or "-"


def write_trace(trace, now, number, frame):
    segment = tcp_segment(frame)
    if segment:
        print(f"{now:.6f}", *segment, number, file=trace, flush=True)


def forward(ends, delay, trace):
    waiting = collections.deque()  # (when due, where to, frame): one delay for all keeps them in order
    while True:
        patience = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        ready, _, _ = select.select(ends, [], [], patience)
        for end in ready:
            try:
                frame = end.recv(LARGEST)
            except OSError:  # it was pulled
                continue
            now = time.monotonic()
            number = ends.index(end)
            waiting.append((now + delay, ends[1 - number], frame))
            if trace:
                write_trace(trace, now, number, frame)
        while waiting and waiting[0][0] <= time.monotonic():
            _, end, frame = waiting.popleft()
            try:
                end.send(frame)
            except (BlockingIOError, OSError):
                pass  # lost, as on every link that is too full


def main(first, second, milliseconds, trace=None):
    ends = [open_end(first), open_end(second)]
    print("ready", flush=True)
    forward(ends, float(milliseconds) / 1000, open(trace, "a", encoding="ascii") if trace else None)


if __name__ == "__main__":
    main(*sys.argv[1:])
