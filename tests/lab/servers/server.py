"""What all servers have in common: a host, a mailbox, logs, and the account for them."""

import re

from lab import HOST, Lab, check_equal

from .certificates import Certificates
from .mailbox import Mailbox, check_octets
from .tree import Tree

USER, PASSWORD = "alice", "correct horse"
DOMAIN = "lab.test"
REFUSED, DEFERRED = f"nobody@{DOMAIN}", f"later@{DOMAIN}"  # every server refuses these, for ever and for now
SMALL, LARGEST = 10_000, 40_000_000  # octets: the SIZE on the port called "small", and elsewhere


class Server:
    name = ""
    mechanisms = ()  # of those that toukan has
    extensions = frozenset()
    ports = {"submission": "587"}  # by purpose: what the account's `ports` says
    settings = {}  # what every account for it says besides
    tells_identifier = True  # its notifications name the envelope's identifier
    gone = ""  # a recipient that is accepted and can't be delivered to
    login_failure = ""  # a pattern: what the log says of a refused login
    connection = ""  # a pattern: what it says of a new connection
    identifier = ""  # a pattern: what it says of a message, its Message-ID and its name in the queue
    most = 0  # messages that it takes over one connection; 0: any number

    started = []

    def __init__(self, lab=None):
        self.trace = Lab.shared_path("trace")
        self.lab = lab or Lab(trace=self.trace)
        self.tree = Tree(self.lab.server, self.lab.folder / self.name)
        self.certificates = Certificates(self.tree.folder("etc/tls"), HOST)
        self.mailbox = Mailbox(self.lab, self.prepare_mail())
        self.stopped = False
        self.start()
        self.started.append(self)

    def prepare_mail(self):
        """Makes the place of the Maildir; its path."""
        return self.tree.folder("var/mail", owner="vmail") / "box"

    def start(self):
        """Starts it and waits until it serves."""
        raise NotImplementedError

    def stop(self):
        """Ends its lab, and it ends with that: fails if it doesn't."""
        if not self.stopped:
            self.stopped = True
            self.lab.__exit__()
            self.lab.wait_for(lambda: not self.tree.processes(), f"the end of {self.name}")

    def run_daemon(self, *command, until, patience=15):
        """COMMAND runs on; returns when its log has the text UNTIL."""
        process = self.tree.start(*command)
        self.lab.processes.append(process)

        def ready():
            if process.poll() is not None:
                raise RuntimeError(f"{command} ended: {self.log()}")
            return until in self.log()

        try:
            self.lab.wait_for(ready, f"{until!r} in the log of {command[0]}", patience)
        except AssertionError as error:
            raise RuntimeError(f"{error}: {self.log()}") from None

    def log(self):
        """All that it has logged so far."""
        return self.tree.console() + "".join(path.read_text(encoding="utf-8", errors="replace")
                       for path in sorted(self.tree.path("var/log").glob("*.log")))

    def login_pattern(self, mechanism):
        """A pattern: what the log says of a login by MECHANISM."""
        raise NotImplementedError

    def logins(self, mechanism):
        """How many logins by MECHANISM it has accepted so far."""
        return self.count(self.login_pattern(mechanism))

    def token(self, user=USER):
        """An access token of USER that it takes, where it takes any."""
        raise NotImplementedError

    def login_failures(self):
        """How many logins it has refused so far."""
        return self.count(self.login_failure)

    def count(self, pattern):
        """How often the log has PATTERN so far."""
        return len(re.findall(pattern, self.log()))

    def queued(self):
        """What it calls the messages that it has accepted so far, by Message-ID without brackets."""
        return {found["message"]: found["queue"] for found in re.finditer(self.identifier, self.log())}

    def check_served(self, octets, recipients):
        """OCTETS have come to the mailbox for each of RECIPIENTS, and to nobody else."""
        stored = self.mailbox.take(len(recipients))
        check_equal(sorted(address for one in stored for address in one.recipients), sorted(recipients), "delivered to")
        for one in stored:
            check_octets(one.octets, octets)

    def account(self, port="submission", **options):
        """The account's options, to reach the port that serves this purpose."""
        return {"host": HOST, "ports": self.ports[port], "user": USER, "password": PASSWORD,
                "tls-ca-file": self.certificates.ca, **self.settings,
                **{name.replace("_", "-"): value for name, value in options.items()}}

    def sendmail(self, text, recipients, arguments=(), **account):
        """`toukan sendmail` to this server."""
        return self.lab.sendmail(text, recipients, ["-i", *arguments], self.account(**account))
