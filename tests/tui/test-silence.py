#!/usr/bin/env python3
"""The composer in networks that are difficult: ports that are silent, names that nobody answers for, no
network at all, a disk that is full."""

import os
import pathlib
import sys

TOP = pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2])
sys.path.insert(0, str(TOP / "tests/lab"))
sys.path.insert(0, str(TOP / "tests/tui"))

from lab import HOST, Lab, case, check_equal, main, test  # noqa: E402
from lab.network import RESOLVER  # noqa: E402
from stage import Stage, available  # noqa: E402
from tap import skip_all  # noqa: E402

if not available():
    skip_all("there is no tmux")

SILENT_587 = case("silent", "tcp dport 587")
ALL_SILENT = case("silent", "tcp dport { 25, 587 }")
SECRET = "user = alice\npassword = correct horse\n"


class Away(Stage):
    """A composer on the client's host of a lab."""

    def __init__(self, options=SECRET):
        self.lab = Lab()
        super().__init__(config=options)

    def __exit__(self, *arguments):
        super().__exit__(*arguments)
        self.lab.__exit__(*arguments)

    def configure(self, options=""):
        ca = f"tls-ca-file = {self.lab.sinks[0].ca}\n" if self.lab.sinks else ""
        self.file("config", f"[account work]\nfrom = Hanako <hanako@example.org>\nhost = {HOST}\nnotify = no\n"
                            f"{ca}{options}".encode())
        (self.path / "config").chmod(0o600)

    def _run(self, command, **options):
        return self.lab.client.run([str(word) for word in command], **options)

    def serve(self, *options):
        """Starts the server, which the account then trusts."""
        self.lab.sink(*options)
        self.configure(SECRET)

    def arrived(self):
        return len(self.lab.messages())

    def echoes(self):
        """A key in the next letter is on the screen, whatever keeps this one waiting."""
        self.keys("c")
        self.sees("New letter")
        for word in ("jiro", "@", "example.com"):
            self.type(word)
            self.sees(word)


@test("587 is silent: 25 takes it, and the answer to the question holds from now on")
def _():
    with Away() as stage:
        stage.serve("--greeting-delay=8s")
        stage.lab.firewall(SILENT_587)
        stage.start()
        stage.write()
        stage.send()
        stage.sees("Port 587 of smtp.lab.test is silent; the other paths are being tried")
        stage.keys("l")
        stage.sees("It comes last here")
        stage.sees("Message taken", 30)
        check_equal(stage.arrived(), 1, "messages")
        stage.keys("Enter")
        check_equal(stage.status(), 0, "status")
        remembered = stage.toukan("paths").stdout
        check_equal("silent" in remembered, True, remembered)


@test("587 is silent: the question is no obstacle, neither to the race nor to the next letter")
def _():
    with Away() as stage:
        stage.serve()
        stage.lab.firewall(SILENT_587)
        stage.start()
        stage.write()
        stage.send()
        stage.sees("Message taken", 30)
        stage.sees("is silent; the other paths are being tried")
        check_equal(stage.arrived(), 1, "messages")
        stage.keys("k", "c")
        stage.sees("New letter")


@test("ask-on-silence = no: nothing is asked")
def _():
    with Away() as stage:
        stage.serve("--greeting-delay=5s")
        stage.configure(SECRET + "ask-on-silence = no\n")
        stage.lab.firewall(SILENT_587)
        stage.start()
        stage.write()
        stage.send()
        shown = stage.sees("chosen", 30)
        check_equal("is silent" in shown, False, "a question")
        stage.sees("Message taken", 30)


@test("all ports are silent: keys have their echo, Cancel is exact")
def _():
    with Away() as stage:
        stage.serve()
        stage.lab.firewall(ALL_SILENT)
        stage.start()
        stage.write()
        stage.send()
        stage.sees("587/IPv6")
        stage.echoes()
        stage.keys("C-c")
        stage.sees("Leave this letter?")
        stage.keys("t")
        stage.sees("587/IPv6")
        stage.keys("C-c")
        stage.sees("Cancelled: nobody has it, and nobody will")
        stage.lab.firewall()
        stage.keys("e")
        stage.sees("At noon?")
        check_equal(stage.arrived(), 0, "messages")


@test("DNS is dead: keys have their echo, Cancel is exact")
def _():
    with Away() as stage:
        stage.serve()
        stage.lab.hosts({})
        stage.lab.resolver(RESOLVER)
        stage.lab.firewall(case("silent", "udp dport 53") + case("silent", "tcp dport 53"))
        stage.start()
        stage.write()
        stage.send()
        stage.sees("Being sent")
        stage.echoes()
        stage.keys("C-c")
        stage.sees("Leave this letter?")
        stage.keys("t")
        stage.sees("Being sent")
        stage.keys("C-c")
        stage.sees("Cancelled: nobody has it, and nobody will")
        check_equal(stage.arrived(), 0, "messages")


@test("no network: it says so, and waits for one")
def _():
    with Away() as stage:
        stage.serve()
        stage.lab.client.ip("link set eth0 down")
        stage.start()
        stage.write()
        stage.send()
        stage.sees("this machine is not connected to a network")
        stage.sees("It stays in the outbox; next try with another network")
        stage.lab.client.ip("link set eth0 up", "address replace 198.51.100.2/24 dev eth0")
        stage.sees("Message taken", 30)
        check_equal(stage.arrived(), 1, "messages")


@test("a disk that is full: the letter stays, and is saved when there is room")
def _():
    with Away() as stage:
        stage.serve()
        state = stage.path / "state"
        state.mkdir()
        stage.lab.client.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(state)])
        stage.start()
        stage.write(body="Before")
        stage.lab.client.run(["sh", "-c", f"cat /dev/zero >{state}/full 2>/dev/null; true"])
        stage.type(" and after" * 200)
        stage.sees("The draft can't be saved")
        stage.keys("C-q")
        stage.sees("What you have written isn't saved yet; the composer stays")
        stage.lab.client.run(["rm", f"{state}/full"])
        stage.send()
        stage.sees("Message taken")
        check_equal(stage.arrived(), 1, "messages")


@test("a wrong password: the account is held, and says what to do")
def _():
    with Away() as stage:
        stage.serve()
        stage.configure("user = alice\npassword = wrong\n")
        stage.start()
        stage.write()
        stage.send()
        stage.sees("the server refused the login")
        stage.sees("Check `user` and the password or token.")
        stage.sees("until the account's login settings or its secret change")
        stage.keys("F2")
        stage.sees("its account is held")


main(at_once=8)
