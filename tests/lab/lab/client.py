"""toukan in the lab: its configuration, its command lines, and what it reported."""

import json
import os

from . import BUILD
from .sink import PASSWORD, USER

SENDER = "alice@lab.test"
RECIPIENT = "bob@example.test"


def message(body="Hello.\r\n", to=RECIPIENT, **headers):
    """A complete message with CRLF line ends: nothing in it needs to be added or changed."""
    fields = {"From": SENDER, "To": to, "Subject": "lab", "Date": "Sun, 22 Nov 2026 10:00:00 +0000",
              "Message-ID": "<lab@lab.test>", "MIME-Version": "1.0",
              "Content-Type": "text/plain; charset=utf-8",
              "Content-Transfer-Encoding": "7bit" if body.isascii() else "8bit", **headers}
    return "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items()) + "\r\n" + body


DEFAULTS = {}


def without_outbox():
    """Every message of this test file succeeds or fails at once, and its exit status says how."""
    DEFAULTS["outbox"] = "no"


class Sent:
    """One run of toukan that has ended."""

    def __init__(self, completed):
        self.status = completed.returncode
        self.output = completed.stdout
        self.errors = completed.stderr
        self.events = [json.loads(line) for line in completed.stdout.splitlines() if line.startswith("{")]

    def __str__(self):
        return f"status {self.status}\n{self.output}\n{self.errors}"

    def all(self, kind):
        return [event for event in self.events if event["event"] == kind]

    def one(self, kind):
        events = self.all(kind)
        if len(events) != 1:
            raise AssertionError(f"{len(events)} events {kind!r}, not one\n{self}")
        return events[0]

    @property
    def outcome(self):
        return self.one("outcome")

    @property
    def said(self):
        """All that a person or a program could read of this run."""
        return self.output + self.errors

    @property
    def fates(self):
        """What became of each recipient: {"bob@example.test": "accepted"}."""
        return {recipient["address"]: recipient["kind"] for recipient in self.outcome["recipients"]}

    @property
    def path(self):
        """Where it was delivered: "587/IPv6"."""
        return path_of(self.one("winner"))

    @property
    def ends(self):
        """How attempts ended, by path: {"587/IPv6": "refused"}."""
        return {path_of(event): event["end"] for event in self.all("attempt-ended")}

    @property
    def mechanisms(self):
        return [event.get("mechanism") for event in self.all("auth")]

    @property
    def seconds(self):
        """From the start to the outcome, by its own clock."""
        return self.outcome["ms"] / 1000

    def check(self, status=None, **expected):
        """Fails, with all that was said, where an attribute isn't what is EXPECTED."""
        if status is not None:
            expected["status"] = status
        for name, value in expected.items():
            found = getattr(self, name)
            if found != value:
                raise AssertionError(f"{name} is {found!r}, not {value!r}\n{self}")
        return self



def path_of(event):
    return f"{event['port']}/{event['family']}"


class Client:
    """Runs toukan on the lab's client host."""

    def __init__(self, lab):
        self._lab = lab
        self.home = lab.folder / "home"
        self.home.mkdir()

    @property
    def environment(self):
        path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
        return {"HOME": str(self.home), "PATH": path, "LC_ALL": "C.UTF-8", "TERM": "dumb",
                "TOUKAN_CONFIG": str(self._lab.folder / "config")}

    def configure(self, options=None):
        """Writes the account: what every test needs, with OPTIONS over it. None takes a key away."""
        values = {"from": SENDER, "host": "smtp.lab.test", "user": USER, "password": PASSWORD}
        if self._lab.sinks:
            values["tls-ca-file"] = self._lab.sinks[0].ca
        values |= DEFAULTS | (options or {})
        lines = [f"{key} = {value}\n" for key, value in values.items() if value is not None]
        self._lab.file("config", "[account lab]\n" + "".join(lines))

    def run(self, arguments, text="", program=BUILD / "toukan", timeout=120):
        """Runs PROGRAM with TEXT (str or bytes) as its standard input."""
        data = text if isinstance(text, bytes) else text.encode()
        completed = self._lab.client.run([str(program), *arguments], input=data, text=False, check=False,
                                         timeout=timeout, env=self.environment, cwd=self.home)
        completed.stdout = completed.stdout.decode(errors="replace")
        completed.stderr = completed.stderr.decode(errors="replace")
        sent = Sent(completed)
        if "Sanitizer" in sent.errors or "runtime error:" in sent.errors or sent.status < 0:
            raise AssertionError(f"{program} broke\n{sent}")
        return sent

    def sendmail(self, text, recipients=(RECIPIENT,), arguments=(), options=None, **run):
        """`toukan sendmail` with the whole message TEXT; OPTIONS: the account's."""
        self.configure(options)
        return self.run(["sendmail", "-i", "--json", *arguments, "--", *recipients], text, **run)

    def send(self, text="Hello.\n", recipients=(RECIPIENT,), arguments=(), options=None, **run):
        """`toukan send` with the body TEXT; OPTIONS: the account's."""
        self.configure(options)
        named = [word for recipient in recipients for word in ("--to", recipient)]
        return self.run(["send", "--json", *named, "--subject", "lab", *arguments], text, **run)
