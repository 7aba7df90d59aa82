"""A client's and a server's host, joined by a link with delay."""

import functools
import itertools
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from . import firewall
from .client import Client
from .namespaces import Namespace, die_with_parent
from .sink import Sink

HOST = "smtp.lab.test"
CLIENT_ADDRESSES = ["198.51.100.2/24", "2001:db8::2/64"]
SERVER = {"IPv6": "2001:db8::10", "IPv4": "198.51.100.10"}
RESOLVER = "198.51.100.53"
ALL_PATHS = ("587/IPv6", "587/IPv4", "25/IPv6", "25/IPv4")
PROGRAMS = pathlib.Path(__file__).parent


def start(popen, command, **options):
    """Starts a program that says "ready" on a line of its own when it is."""
    process = popen(command, stdout=subprocess.PIPE, text=True, **options)
    if process.stdout.readline() != "ready\n":
        raise RuntimeError(f"{command} isn't ready")
    return process


class Lab:
    """A network for one test. What is started in it ends with it."""

    wire_numbers = itertools.count()  # a veth pair goes some time after its namespace

    def __init__(self, delay=1, trace=None):
        """DELAY: of the link, milliseconds each way. With none at all, an ICMP error comes
        back while connect() still holds the socket, which no real network does."""
        self._folder = tempfile.TemporaryDirectory(prefix="toukan-lab-")
        self.folder = pathlib.Path(self._folder.name)
        self.processes = []
        self.sinks = []
        self._wires = {}  # by host: the near end of its eth0, where the link is
        self._link = None
        self._link_options = [str(delay), *([str(trace)] if trace else [])]
        self.client = self.new_host()
        self.server = self.new_host()
        self.plug()
        self.add_addresses(self.client, *CLIENT_ADDRESSES)
        self.serve(self.server)
        self.client.ip(f"route add default via {SERVER['IPv4']}", f"route add default via {SERVER['IPv6']}")
        self.resolver("")
        self.hosts({HOST: [SERVER["IPv6"], SERVER["IPv4"]]})
        self.firewall()
        self.toukan = Client(self)
        self.send = self.toukan.send
        self.sendmail = self.toukan.sendmail

    @staticmethod
    @functools.cache
    def shared():
        """A folder for what is made once per script: certificates."""
        return tempfile.TemporaryDirectory(prefix="toukan-lab-")

    @classmethod
    def shared_path(cls, name):
        return pathlib.Path(cls.shared().name) / name

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()
        for host in self._wires:
            host.close()
        self._folder.cleanup()

    def new_host(self):
        """A host with an eth0, which is one end of a veth pair."""
        host = Namespace()
        wire = self._wires[host] = f"w{os.getpid()}-{next(self.wire_numbers)}"
        subprocess.run(["ip", "-batch", "-"], check=True, text=True, pass_fds=[host.network], input=(
            f"link add {wire} type veth peer name eth0 netns /proc/self/fd/{host.network}\n"
            f"link set {wire} up\n"))
        host.ip("link set eth0 up")
        return host

    def wire(self, host):
        """The near end of HOST's cable."""
        return self._wires[host]

    def plug(self):
        """Forwards between client and server."""
        wires = (self._wires[self.client], self._wires[self.server])
        self._link = self.start(None, "link.py", *wires, *self._link_options)

    def unplug(self):
        self._link.kill()
        self._link.wait()

    def serve(self, host):
        """HOST has the server's addresses."""
        self.add_addresses(host, *(f"{address}/{24 if '.' in address else 64}"
                                   for address in (*SERVER.values(), RESOLVER)))
        # Else its kernel sends ICMP errors at a leisurely rate.
        host.sysctl("net/ipv4/icmp_ratelimit", 0)
        host.sysctl("net/ipv6/icmp/ratelimit", 0)
        host.sysctl("net/ipv4/icmp_msgs_per_sec", 100000)

    def start(self, host, program, *arguments):
        """Runs one of the programs beside this file; HOST None is where the link is."""
        command = [sys.executable, "-B", str(PROGRAMS / program), *arguments]
        if host:
            process = start(host.popen, command)
        else:
            process = start(subprocess.Popen, command, preexec_fn=die_with_parent)
        self.processes.append(process)
        return process

    @staticmethod
    def add_addresses(host, *addresses):
        """Each with its prefix length; at once usable (nodad)."""
        host.ip(*(f"address add {address} dev eth0 {'nodad' if ':' in address else ''}"
                  for address in addresses))

    def firewall(self, rules=(), output=()):
        """nft rules in the server's input (and output) hook; see firewall.CASES."""
        firewall.load(self.server, list(rules), list(output))

    def attempts(self):
        """How many SYNs reached the server, by path."""
        return firewall.attempts(self.server)

    def hosts(self, names):
        """The client's /etc/hosts: {name: [address…]}."""
        lines = [f"{address} {name}\n" for name, addresses in names.items() for address in addresses]
        self.client.bind("/etc/hosts", "127.0.0.1 localhost\n" + "".join(lines), self.folder)

    def resolver(self, address):
        """The client's name server; "" for none."""
        self.client.bind("/etc/resolv.conf", f"nameserver {address}\n" if address else "", self.folder)

    def dns(self, zone_json):
        """Starts a name server; see dns.py for ZONE_JSON."""
        self.resolver(RESOLVER)
        return self.start(self.server, "dns.py", RESOLVER, zone_json)

    def sink(self, *options, paths=ALL_PATHS, **settings):
        """Starts one toukan-sink on PATHS ("587/IPv6", or ADDRESS:PORT)."""
        sink = Sink(self, [self.place_of(path) for path in paths], options, **settings)
        self.sinks.append(sink)
        return sink

    @staticmethod
    def place_of(path):
        """"587/IPv6" as ADDRESS:PORT, "465/implicit/IPv6" as ADDRESS:PORT/implicit."""
        port, *words = path.split("/")
        if not words or words[-1] not in SERVER:
            return path
        address = SERVER[words[-1]]
        place = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        return "/".join([place, *words[:-1]])

    def messages(self):
        """What all sinks have stored, in the order of arrival at each."""
        return [stored for sink in self.sinks for stored in sink.messages()]

    @staticmethod
    def wait_for(condition, what, patience=10):
        """Polls CONDITION until it gives something true, which is returned."""
        end = time.monotonic() + patience
        while not (result := condition()):
            if time.monotonic() > end:
                raise AssertionError(f"{what} doesn't come within {patience} s")
            time.sleep(0.005)
        return result

    def file(self, name, text, mode=0o600):
        """A file of this lab; its path."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        os.chmod(path, mode)
        return path
