"""The lab: every kind of network on one machine, and toukan in it.

    from lab import Lab, main, test

    @test("a refused port costs nothing")
    def _():
        with Lab() as lab:
            lab.firewall(case("refused", "tcp dport 587"))
            lab.sink()
            sent = lab.send()
            sent.check(status=0, path="25/IPv6")
"""

import os
import pathlib
import sys

TOP = pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[3])
BUILD = pathlib.Path(os.environ.get("top_builddir") or TOP / "build")
sys.path.insert(0, str(TOP / "tests/lib"))

from tap import Skip, check_equal, test  # noqa: E402,F401
import tap  # noqa: E402

from . import namespaces  # noqa: E402
from .firewall import CASES, case  # noqa: E402,F401
from .network import HOST, Lab  # noqa: E402,F401
from .sink import Sink  # noqa: E402,F401
from .client import Sent, message, without_outbox  # noqa: E402,F401


def main(at_once=1):
    """AT_ONCE: so many labs at a time, for tests that wait more than they work."""
    namespaces.enter()
    Lab.shared()  # before there are many of us
    tap.main(at_once, namespaces.die_with_parent)
