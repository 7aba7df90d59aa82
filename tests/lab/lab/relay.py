"""A tunnel's far end, in place of `ssh -W HOST:PORT`: python3 relay.py HOST PORT
joins its standard input and output to a connection."""

import os
import select
import socket
import sys


def main(host, port):
    far = socket.create_connection((host, int(port)), timeout=10)
    far.settimeout(None)
    sources = [0, far]
    while far in sources:
        for ready in select.select(sources, [], [])[0]:
            if ready is far:
                data = far.recv(65536)
                if not data:
                    return
                os.write(1, data)
            else:
                data = os.read(0, 65536)
                if data:
                    far.sendall(data)
                else:
                    far.shutdown(socket.SHUT_WR)
                    sources.remove(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
