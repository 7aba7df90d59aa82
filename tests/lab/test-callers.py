#!/usr/bin/env python3
"""Programs that call sendmail, each by its own command line, and toukan in its place."""

import shutil
import subprocess

from lab import BUILD, Lab, Skip, check_equal, main, message, test
from lab.client import RECIPIENT, SENDER

BODY = "Hello from a caller.\n.\nGr\u00fc\u00dfe\n"


def stand_in(lab):
    """A server, an account, and toukan under the name of sendmail, whose path this gives."""
    lab.sink()
    lab.toukan.configure()
    sendmail = lab.folder / "sendmail"
    sendmail.symlink_to(BUILD / "toukan")
    return sendmail


def needs(program, package, path=None):
    """The path of PROGRAM, which is looked for in PATH."""
    found = shutil.which(program, path=path)
    if not found:
        raise Skip(f"{package} isn't installed (./bootstrap check does it)")
    return found


def arrived(lab, sent):
    """The octets of the one message, whose envelope is as it must be."""
    sent.check(status=0)
    stored, = lab.messages()
    check_equal((stored.sender, stored.recipients), (SENDER, [RECIPIENT]), "envelope")
    return stored.octets


def header(octets, name):
    for line in octets.split(b"\r\n\r\n")[0].split(b"\r\n"):
        if line.lower().startswith(name.lower().encode() + b":"):
            return line.split(b":", 1)[1].strip().decode()
    raise AssertionError(f"no {name} in\n{octets.decode()}")


@test("mutt")
def _():
    program = needs("mutt", "mutt")
    with Lab() as lab:
        sendmail = stand_in(lab)
        settings = [f'set sendmail="{sendmail} -oem -oi"', f"set from={SENDER}", "set use_envelope_from=yes",
                    "set copy=no", f"set tmpdir={lab.folder}"]
        commands = [word for setting in settings for word in ("-e", setting)]
        sent = lab.toukan.run(["-F", "/dev/null", *commands, "-s", "by mutt", "--", RECIPIENT], BODY, program)
        check_equal(header(arrived(lab, sent), "Subject"), "by mutt", "subject")


PATCH = f"""\
From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001
From: Alice <{SENDER}>
Date: Sun, 22 Nov 2026 10:00:00 +0000
Subject: [PATCH] by git

Why.
---
 a | 1 +

diff --git a/a b/a
--- a/a
+++ b/a
@@ -0,0 +1 @@
+a
"""


@test("git send-email")
def _():
    program = needs("git", "git")
    needs("git-send-email", "git-email", subprocess.check_output([program, "--exec-path"], text=True).strip())
    if subprocess.run(["perl", "-MMail::Address", "-e", "1"], capture_output=True, check=False).returncode:
        raise Skip("libmailtools-perl isn't installed (./bootstrap check does it)")
    with Lab() as lab:
        sendmail = stand_in(lab)
        patch = lab.file("0001-a.patch", PATCH)
        sent = lab.toukan.run(
            ["-c", "user.name=Alice", "-c", f"user.email={SENDER}", "send-email", "--quiet",
             f"--smtp-server={sendmail}", f"--from=Alice <{SENDER}>", f"--envelope-sender={SENDER}",
             f"--to={RECIPIENT}", "--suppress-cc=all", "--confirm=never", "--no-thread",
             str(patch)], program=program)
        octets = arrived(lab, sent)
        check_equal(header(octets, "Subject"), "[PATCH] by git", "subject")
        check_equal(b"\r\n+a\r\n" in octets, True, "the patch")


@test("s-nail")
def _():
    program = needs("s-nail", "s-nail")
    with Lab() as lab:
        sendmail = stand_in(lab)
        sent = lab.toukan.run(
            ["-:/", "-Sv15-compat", f"-Smta={sendmail}", f"-Sfrom={SENDER}", "-Ssendwait",
             "-Sttycharset=utf-8", "-r", SENDER, "-s", "by s-nail", RECIPIENT], BODY, program)
        check_equal(header(arrived(lab, sent), "Subject"), "by s-nail", "subject")


CRON_MESSAGE = f"""\
From: root (Cron Daemon)
To: {RECIPIENT}
Subject: Cron <root@vm> backup
Content-Type: text/plain; charset=UTF-8
Auto-Submitted: auto-generated
X-Cron-Env: <SHELL=/bin/sh>

.
backed up 3 files
"""

CRONS = {
    "cron": ["-FCronDaemon", "-i", "-B8BITMIME", "-oem", RECIPIENT],
    "cronie": ["-FCronDaemon", "-odi", "-oem", "-oi", "-t", "-f", SENDER],
}


def by_cron(arguments):
    with Lab() as lab:
        octets = arrived(lab, lab.toukan.run(arguments, CRON_MESSAGE, stand_in(lab)))
        check_equal(octets.endswith(b"\r\n\r\n.\r\nbacked up 3 files\r\n"), True, "a dot doesn't end it")
        check_equal("@" in header(octets, "From"), True, "From has a domain")
        for name in ("Date", "Message-ID"):
            check_equal(bool(header(octets, name)), True, name)


for each_cron, each_line in CRONS.items():
    test(f"{each_cron}: sendmail {' '.join(each_line)}", each_line)(by_cron)


@test("-t takes the recipients from the header, and Bcc never leaves")
def _():
    text = message(Bcc="hidden@example.test", Cc="carol@example.test").replace("\r\n", "\n")
    with Lab() as lab:
        lab.toukan.run(["-t", "-i"], text, stand_in(lab)).check(status=0)
        stored, = lab.messages()
        check_equal(sorted(stored.recipients), [RECIPIENT, "carol@example.test", "hidden@example.test"],
                    "recipients")
        check_equal(b"hidden" in stored.octets or b"Bcc" in stored.octets, False, "Bcc leaked")


@test("without -i a lone dot ends the message")
def _():
    with Lab() as lab:
        sent = lab.toukan.run([RECIPIENT], message("one\n.\ntwo\n").replace("\r\n", "\n"), stand_in(lab))
        check_equal(arrived(lab, sent).endswith(b"\r\n\r\none\r\n"), True, "end")


if __name__ == "__main__":
    main()
