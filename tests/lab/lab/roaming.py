"""A laptop that goes from network to network: each has its gateway, a host of its own with a
link-layer address of its own, and all else is the same everywhere, as with the boxes that
people have at home: the addresses of client and gateway, of server and prefixes.

A gateway answers in the server's place, so that each network treats the client as it likes.
"""

from .network import Lab

GATEWAY = {"IPv6": "fe80::1", "IPv4": "192.168.1.1"}
CLIENT = {"IPv6": "2001:db8:1::50/64", "IPv4": "192.168.1.50/24"}


class Roaming(Lab):
    """NETWORKS of them, by number from 0. It begins in none: move() to one."""

    def __init__(self, networks):
        super().__init__()
        self._gateways = [self.server, *(self.new_host() for _ in range(networks - 1))]
        for number, gateway in enumerate(self._gateways):
            gateway.ip("link set eth0 down", f"link set eth0 address 02:00:00:00:00:{number:02x}", "link set eth0 up",
                       "address flush dev eth0")
            self.serve(gateway)
            self.add_addresses(gateway, f"{GATEWAY['IPv6']}/64", f"{GATEWAY['IPv4']}/24", "2001:db8:1::1/64")

    def move(self, number):
        """To network NUMBER: firewall(), sink() and attempts() are those of its gateway from here on."""
        self.unplug()
        self.server = self._gateways[number]
        self.plug()
        self.client.ip("link set eth0 down", "address flush dev eth0", "link set eth0 up")
        self.add_addresses(self.client, *CLIENT.values())
        self.client.ip(*(f"route replace default via {gateway} dev eth0" for gateway in GATEWAY.values()))
