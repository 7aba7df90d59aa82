#!/usr/bin/env python3
"""How failures reach a human, and copies of what was sent: in the foreground, and for what
goes along with another message while nobody waits for it."""

import email
import email.policy
import re

from lab import Lab, check_equal, main, message, test

REFUSED = "nobody@example.test"
REFUSE = ["--rcpt", f"{REFUSED}=550 5.1.1 no such user"]


class Told:
    """Where everything goes that is told."""

    def __init__(self, lab, **options):
        self.home = lab.folder / "told"
        self.home.mkdir(exist_ok=True)
        self.options = {"log": self.home / "log", "record": self.home / "sent", "notify": "no",
                        "state-dir": self.home / "state",
                        "on-failure": f"{{ echo $TOUKAN_STATUS $TOUKAN_RECIPIENTS $TOUKAN_REPLY; cat; }} >> "
                                      f"{self.home}/command",
                        "failure-mail": "alice@lab.test", "failure-maildir": self.home / "failures"} | options

    def log(self):
        """The lines, as dictionaries of their keys."""
        lines = (self.home / "log").read_text(encoding="utf-8").splitlines()
        return [dict(re.findall(r"(\w+)=('[^']*'|\S+)", line)) for line in lines]

    def files(self, folder):
        return sorted((self.home / folder).glob("*"))

    def command(self):
        file = self.home / "command"
        return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


@test("in the foreground: a line and a copy, octet for octet")
def _():
    with Lab() as lab:
        lab.sink()
        told = Told(lab)
        text = message("Hello.\r\n.dot\r\n")
        lab.sendmail(text, options=told.options).check(status=0)
        line, = told.log()
        check_equal([line[key] for key in ("host", "tls", "auth", "user", "recipients", "smtpstatus", "exitcode", "try")],
                    ["smtp.lab.test", "on", "on", "alice", "bob@example.test", "250", "EX_OK", "1"], "line")
        check_equal(line["path"].startswith("'587/IPv6"), True, f"path {line['path']}")
        copy, = told.files("sent/cur")
        check_equal(copy.name.endswith(":2,S"), True, copy.name)
        check_equal(copy.read_bytes(), text.replace("\r\n", "\n").encode(), "copy")


@test("in the foreground a refusal is told by line and status alone")
def _():
    with Lab() as lab:
        lab.sink(*REFUSE)
        told = Told(lab)
        lab.sendmail(message(), [REFUSED], options=told.options).check(status=67)
        check_equal([line["exitcode"] for line in told.log()], ["EX_NOUSER"], "log")
        check_equal((told.command(), told.files("failures/new"), told.files("sent/cur")), ([], [], []), "told")


def fail_along(lab, told):
    """A message that is refused beside another one that somebody waits for."""
    lab.sendmail(message(Subject="late news"), [REFUSED], ["--set", "delivery=queue"],
                 options=told.options).check(status=0)
    check_equal((told.command(), told.files("failures/new")), ([], []), "told too early")
    lab.sendmail(message(), options=told.options).check(status=0)


@test("what fails along with another is told by command and by mail")
def _():
    with Lab() as lab:
        lab.sink(*REFUSE)
        told = Told(lab)
        fail_along(lab, told)
        check_equal(told.command(), [f"refused {REFUSED} 550 5.1.1 no such user",
                                     f"The message \"late news\" to {REFUSED} was not accepted: the server refused it, "
                                     "saying \"550 5.1.1 no such user\"."], "on-failure")
        file, = told.files("failures/new")
        report = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        check_equal(report.get_content_type(), "multipart/report", "type")
        check_equal(report["Subject"], "Mail was not accepted: late news", "Subject")
        _, status, original = report.get_payload()
        recipient = status.get_payload()[1]
        check_equal((recipient["Final-Recipient"], recipient["Action"], recipient["Status"]),
                    (f"rfc822; {REFUSED}", "failed", "5.1.1"), "recipient")
        check_equal(original.get_payload()[0]["Subject"], "late news", "original")
        check_equal(sorted(line["exitcode"] for line in told.log()), ["EX_NOUSER", "EX_OK"], "log")
        check_equal(len(told.files("sent/cur")), 1, "copies")


@test("a report through an account comes from nobody, and its own failure makes no other")
def _():
    with Lab() as lab:
        lab.sink(*REFUSE, "--rcpt", "alice@lab.test=550 5.7.1 not you either")
        told = Told(lab, **{"failure-maildir": None, "failure-account": "lab"})
        fail_along(lab, told)
        for _ in range(3):
            lab.sendmail(message(), options=told.options).check(status=0)
        tries = [(line["from"], line["recipients"]) for line in told.log() if line["exitcode"] != "EX_OK"]
        check_equal(tries, [("alice@lab.test", REFUSED), ("<>", "alice@lab.test")], "what failed")
        check_equal(len(told.command()), 4, "on-failure tells of both")


@test("without an outbox: a line and a copy")
def _():
    with Lab() as lab:
        lab.sink()
        told = Told(lab, outbox="no")
        lab.sendmail(message(), options=told.options).check(status=0)
        check_equal([line["exitcode"] for line in told.log()], ["EX_OK"], "log")
        check_equal(len(told.files("sent/cur")), 1, "copies")


@test("what can't be told is a warning, and the mail leaves")
def _():
    with Lab() as lab:
        lab.sink()
        told = Told(lab, log="/dev/full", record="/dev/null/sent")
        sent = lab.sendmail(message(), options=told.options).check(status=0)
        check_equal([line for line in sent.errors.splitlines() if "warning" in line],
                    ["toukan: warning: Can't write the log /dev/full: No space left on device",
                     "toukan: warning: record: Can't write /dev/null/sent/cur: Not a directory"], "warnings")
        check_equal(len(lab.messages()), 1, "arrived")


main()
