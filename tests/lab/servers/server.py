"""What all servers have in common: a host, a mailbox, logs, and the account for them."""

import re

from lab import HOST, Lab, check_equal

from .certificates import Certificates
from .mailbox import Mailbox
from .tree import Tree

USER, PASSWORD = "alice", "correct horse"
DOMAIN = "lab.test"
REFUSED, DEFERRED = f"nobody@{DOMAIN}", f"later@{DOMAIN}"  # every server refuses these, for ever and for now
SMALL = 10_000  # octets: the SIZE on the port called "small"


class Server:
    name = ""
    mechanisms = ()  # of those that toukan has
    extensions = frozenset()
    ports = {"submission": "587"}  # by purpose: what the account's `ports` says
    logged_in = ""  # the log's words for a login: a pattern with a place for the mechanism

    started = []

    def __init__(self, lab=None):
        self.lab = lab or Lab()
        self.tree = Tree(self.lab.server, self.lab.folder / self.name)
        self.certificates = Certificates(self.tree.folder("etc/tls"), HOST)
        self.mailbox = Mailbox(self.lab, self.prepare_mail())
        self.start()
        self.started.append(self)

    def prepare_mail(self):
        """Makes the place of the Maildir; its path."""
        return self.tree.folder("var/mail", owner="vmail") / "box"

    def start(self):
        """Starts it and waits until it serves."""
        raise NotImplementedError

    def stop(self):
        self.lab.__exit__()

    def run_daemon(self, *command, until, patience=15):
        """COMMAND runs on; returns when its log has the text UNTIL."""
        process = self.tree.start(*command)
        self.lab.processes.append(process)

        def ready():
            if process.poll() is not None:
                raise RuntimeError(f"{command} ended: {self.tree.console()} {self.log()}")
            return until in self.tree.console() + self.log()

        self.lab.wait_for(ready, f"{command[0]} ({self.tree.console()}) {self.log()}", patience)

    def log(self):
        """All that it has logged so far."""
        return "".join(path.read_text(encoding="utf-8", errors="replace")
                       for path in sorted(self.tree.path("var/log").glob("*.log")))

    def login_failures(self):
        """How many logins it has refused so far."""
        raise NotImplementedError

    def count(self, pattern):
        """How often the log has PATTERN so far."""
        return len(re.findall(pattern, self.log()))

    def check_served(self, octets, recipients):
        """OCTETS have come to the mailbox for each of RECIPIENTS, and to nobody else."""
        stored = self.mailbox.take(len(recipients))
        check_equal(sorted(one.recipient for one in stored), sorted(recipients), "delivered to")
        for one in stored:
            if one.octets != octets:
                raise AssertionError(f"{one.octets!r} isn't what was sent: {octets!r}")

    def account(self, port="submission", **options):
        """The account's options, to reach the port that serves this purpose."""
        return {"host": HOST, "ports": self.ports[port], "user": USER, "password": PASSWORD,
                "tls-ca-file": self.certificates.ca,
                **{name.replace("_", "-"): value for name, value in options.items()}}

    def sendmail(self, text, recipients, arguments=(), **account):
        """`toukan sendmail` to this server."""
        return self.lab.sendmail(text, recipients, ["-i", *arguments], self.account(**account))
