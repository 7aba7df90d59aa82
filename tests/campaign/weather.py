"""A server's bad days, by seed: it listens before several sinks, and for each connection
chooses whether it is refused, led to a sink that refuses for now, dropped or held up at some
octet, or left in peace."""

import asyncio
import collections
import random
import socket
import struct
import threading

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing tells the other side that all is lost

# How often, of a hundred: what happens, and to which sink it leads.
DAYS = {"peace": 64, "reset": 6, "drop": 8, "stall": 6, "421": 4, "mail": 4, "rcpt": 4, "end": 4}
REFUSALS = {
    "peace": (),
    "421": ("--greeting", "421 4.3.2 busy"),
    "mail": ("--reply", "MAIL=451 4.3.0 later"),
    "rcpt": ("--reply", "RCPT=452 4.2.2 full"),
    "end": ("--reply", "END=451 4.3.0 again"),
}
OCTETS = 1200  # of a dialogue with a short message; and then some
STALL = 1.0    # s, at most


class Weather:
    """PORTS: of the sinks, by the names of REFUSALS."""

    def __init__(self, seed, ports):
        self._random, self._ports = random.Random(seed), ports
        self.counts = collections.Counter()
        self._loop = asyncio.new_event_loop()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self):
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._meet, sock=self._listener))
        self._loop.run_forever()

    async def _meet(self, reader, writer):
        day, = self._random.choices(list(DAYS), DAYS.values())
        self.counts[day] += 1
        if day == "reset":
            reset(writer)
            return
        onward = await asyncio.open_connection("127.0.0.1", self._ports.get(day, self._ports["peace"]))
        at = {"left": self._random.randrange(OCTETS), "for": self._random.uniform(0.1, STALL)}
        both = writer, onward[1]
        await asyncio.gather(self._relay(day, at, reader, both[1], both), self._relay(day, at, onward[0], both[0], both))

    @staticmethod
    async def _relay(day, at, reader, writer, both):
        """Octets of both directions count together."""
        try:
            while octets := await reader.read(65536):
                if day in ("drop", "stall") and at["left"] < len(octets):
                    writer.write(octets[:at["left"]])
                    await writer.drain()
                    octets = octets[at["left"]:]
                    if day == "drop":
                        break
                    await asyncio.sleep(at["for"])
                    at["left"] = 1 << 62
                at["left"] -= len(octets)
                writer.write(octets)
                await writer.drain()
            else:
                writer.close()
                return
        except OSError:
            pass
        for each in both:
            reset(each)

    def stop(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._listener.close()


def reset(writer):
    try:
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    except OSError:
        pass
    writer.close()
