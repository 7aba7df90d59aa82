"""Programs that call sendmail, each by its own command line, and toukan in its place.

A caller is a function of the lab and the path of toukan under the name of sendmail; it
sends one message from SENDER to RECIPIENT, and says how the run went and what must be
in the octets that arrive.
"""

import shutil
import subprocess

from . import BUILD, Skip
from .client import RECIPIENT, SENDER

BODY = "Hello from a caller.\n.\nGr\u00fc\u00dfe\n"


def sendmail_in(lab):
    """toukan under the name of sendmail."""
    path = lab.folder / "sendmail"
    if not path.is_symlink():
        path.symlink_to(BUILD / "toukan")
    return path


def needs(program, package, path=None):
    """The path of PROGRAM, which is looked for in PATH."""
    found = shutil.which(program, path=path)
    if not found:
        raise Skip(f"{package} isn't installed (./bootstrap check does it)")
    return found


def mutt(lab, sendmail):
    program = needs("mutt", "mutt")
    settings = [f'set sendmail="{sendmail} -oem -oi"', f"set from={SENDER}", "set use_envelope_from=yes",
                "set copy=no", f"set tmpdir={lab.folder}"]
    commands = [word for setting in settings for word in ("-e", setting)]
    return lab.toukan.run(["-F", "/dev/null", *commands, "-s", "by mutt", "--", RECIPIENT], BODY,
                          program), ["\r\nSubject: by mutt\r\n", "\r\n.\r\n"]


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


def git_send_email(lab, sendmail):
    program = needs("git", "git")
    needs("git-send-email", "git-email", subprocess.check_output([program, "--exec-path"], text=True).strip())
    if subprocess.run(["perl", "-MMail::Address", "-e", "1"], capture_output=True, check=False).returncode:
        raise Skip("libmailtools-perl isn't installed (./bootstrap check does it)")
    patch = lab.file("0001-a.patch", PATCH)
    return lab.toukan.run(
        ["-c", "user.name=Alice", "-c", f"user.email={SENDER}", "send-email", "--quiet",
         f"--smtp-server={sendmail}", f"--from=Alice <{SENDER}>", f"--envelope-sender={SENDER}",
         f"--to={RECIPIENT}", "--suppress-cc=all", "--confirm=never", "--no-thread", str(patch)],
        program=program), ["\r\nSubject: [PATCH] by git\r\n", "\r\n+a\r\n"]


def s_nail(lab, sendmail):
    program = needs("s-nail", "s-nail")
    return lab.toukan.run(
        ["-:/", "-Sv15-compat", f"-Smta={sendmail}", f"-Sfrom={SENDER}", "-Ssendwait", "-Sttycharset=utf-8",
         "-r", SENDER, "-s", "by s-nail", RECIPIENT], BODY,
        program), ["\r\nSubject: by s-nail\r\n", "\r\n=2E\r\nGr=C3=BC=C3=9Fe\r\n"]


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


def cron(lab, sendmail):
    return by_cron(lab, sendmail, "-FCronDaemon", "-i", "-B8BITMIME", "-oem", RECIPIENT)


def cronie(lab, sendmail):
    return by_cron(lab, sendmail, "-FCronDaemon", "-odi", "-oem", "-oi", "-t", "-f", SENDER)


def by_cron(lab, sendmail, *arguments):
    # A From without domain is refused by many servers; a lone dot is text here.
    return lab.toukan.run(list(arguments), CRON_MESSAGE, sendmail), [
        "From: Cron Daemon <root@lab.test>\r\n", "\r\nDate: ", "\r\nMessage-ID: ",
        "\r\n\r\n.\r\nbacked up 3 files\r\n"]


CALLERS = {"mutt": mutt, "git send-email": git_send_email, "s-nail": s_nail, "cron": cron, "cronie": cronie}


def check_contains(octets, words):
    for word in words:
        if word.encode() not in octets:
            raise AssertionError(f"no {word!r} in\n{octets.decode(errors='replace')}")
