"""Real servers, which we didn't write, in the lab: each started once per script.

    from servers import Postfix, enter, main, standard

    enter()
    server = Postfix()
    standard.add_tests(server)
    main()
"""

import os

from lab import namespaces, test, without_outbox  # it also shows the way to tap
import tap

from . import batches, standard  # noqa: F401
from .dovecot import DovecotSubmission  # noqa: F401
from .exim import Exim, SevenBitExim, ShortWindedExim  # noqa: F401
from .opensmtpd import OpenSMTPD  # noqa: F401
from .postfix import Postfix  # noqa: F401
from .server import Server  # noqa: F401
from .tree import find_tree


def enter():
    """From here on this script is root of its own network and mounts, or has ended."""
    if os.geteuid() != 0:
        tap.skip_all("servers that become other users need root")
    if not find_tree():
        tap.skip_all("no servers here: `tests/lab/fetch-servers build/servers` fetches them")
    namespaces.enter(as_root=True)
    without_outbox()


def main():
    """Runs the tests; what was started ends with them, whatever they do."""
    for server in Server.started:
        test(f"{server.name}: nothing of it is left when it has been stopped", server)(Server.stop)
    try:
        tap.main()
    finally:
        for server in Server.started:
            server.stop()
