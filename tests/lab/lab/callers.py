"""Programs that call sendmail, each by its own command line, and toukan in its place.

A caller is a function of the lab and the path of toukan under the name of sendmail; it
sends one message from SENDER to RECIPIENT, and says how the run went and what must
arrive (see check_arrived).
"""

import email.message
import email.policy
import re
import shutil
import socket
import subprocess
import sys

from . import BUILD, TOP, Skip, check_equal
from .client import RECIPIENT, SENDER

BODY = "Hello from a caller.\n.\nGr\u00fc\u00dfe\n"
HOST_NAME = socket.gethostname()
# What becomes of it in an address: a name without a domain means nothing elsewhere.
HOST_DOMAIN = HOST_NAME if "." in HOST_NAME else "lab.test"
TREE = next((folder for folder in (BUILD / "callers/tree", TOP / "build/callers/tree") if folder.exists()), None)

CALLERS = {}


def caller(name, **options):
    """Adds the function as a caller; it needs these options of the account."""

    def add(function):
        function.options = {key.replace("_", "-"): value for key, value in options.items()}
        CALLERS[name] = function
        return function

    return add


def sendmail_in(lab, name="sendmail"):
    """toukan under the name of sendmail."""
    path = lab.folder / name
    if not path.is_symlink():
        path.symlink_to(BUILD / "toukan")
    return path


def needs(program, package, path=None):
    """The path of PROGRAM, which is looked for in PATH."""
    found = shutil.which(program, path=path)
    if not found:
        raise Skip(f"{package} isn't installed (./bootstrap check does it)")
    return found


def needs_fetched(program):
    """The path of a PROGRAM that was unpacked, not installed, and what finds its libraries."""
    if not TREE:
        raise Skip("no callers are unpacked (tests/lab/fetch-callers build/callers does it)")
    library = next(path.parent for path in TREE.glob("usr/lib/*/liblockfile.so.1*"))
    return TREE / program, f"LD_LIBRARY_PATH={library}:{TREE / 'lib' / library.name}"


# ---- programs -------------------------------------------------------------------


@caller("mutt")
def mutt(lab, sendmail):
    program = needs("mutt", "mutt")
    settings = [f'set sendmail="{sendmail} -oem -oi"', f"set from={SENDER}", "set use_envelope_from=yes",
                "set copy=no", f"set tmpdir={lab.folder}"]
    commands = [word for setting in settings for word in ("-e", setting)]
    return lab.toukan.run(["-F", "/dev/null", *commands, "-s", "by mutt", "--", RECIPIENT], BODY, program), {
        "From": re.compile(f".*<?{SENDER}>?"), "To": RECIPIENT, "Subject": "by mutt", "body": BODY}


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


@caller("git send-email")
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
        program=program), {"From": f"Alice <{SENDER}>", "To": RECIPIENT, "Subject": "[PATCH] by git",
                           "body": PATCH.partition("\n\n")[2]}


@caller("s-nail")
def s_nail(lab, sendmail):
    program = needs("s-nail", "s-nail")
    return lab.toukan.run(
        ["-:/", "-Sv15-compat", f"-Smta={sendmail}", f"-Sfrom={SENDER}", "-Ssendwait", "-Sttycharset=utf-8",
         "-r", SENDER, "-s", "by s-nail", RECIPIENT], BODY,
        program), {"From": SENDER, "To": RECIPIENT, "Subject": "by s-nail", "body": BODY}


@caller("bsd-mailx", rewrite_from="always")
def bsd_mailx(lab, sendmail):
    """It declares nothing, so its 8-bit text must be; its From is that of whoever runs it."""
    program, libraries = needs_fetched("usr/bin/bsd-mailx")
    (lab.toukan.home / ".mailrc").write_text(f'set sendmail="{sendmail}"\nset sendwait\n')
    return lab.toukan.run([libraries, str(program), "-s", "by mailx: Gr\u00fc\u00dfe", RECIPIENT], BODY,
                          "/usr/bin/env"), {
        "From": re.compile(f".*<?{SENDER}>?"), "To": RECIPIENT, "Subject": "by mailx: Gr\u00fc\u00dfe",
        "body": BODY}


# ---- languages ------------------------------------------------------------------


@caller("PHP mail()")
def php_mail(lab, sendmail):
    """As a web page sends it: no Date, no Message-ID, raw UTF-8, From set by the page."""
    program = needs("php", "php-cli")
    script = lab.file("page.php", f"""<?php
mail("Bob <{RECIPIENT}>", "by PHP: Gr\u00fc\u00dfe", "Gr\u00fc\u00dfe\n.\n" . str_repeat("x", 1200) . "\n",
     "From: Shop <{SENDER}>\r\nReply-To: shop@example.test", "-f{SENDER}") or exit(1);
""")
    return lab.toukan.run(["-n", "-d", f"sendmail_path={sendmail} -t -i", "-d", "mail.add_x_header=0", str(script)],
                          program=program), {
        "From": f"Shop <{SENDER}>", "To": f"Bob <{RECIPIENT}>", "Reply-To": "shop@example.test",
        "Subject": "by PHP: Gr\u00fc\u00dfe", "body": "Gr\u00fc\u00dfe\n.\n" + "x" * 1200 + "\n\n"}


@caller("Python's email")
def python_email(lab, sendmail):
    """As unattended-upgrades hands it over."""
    message = email.message.EmailMessage()
    message["Subject"] = "unattended-upgrades result for vm: SUCCESS"
    message["From"] = "root"
    message["To"] = RECIPIENT
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(BODY)
    return lab.toukan.run(["-oi", "-t"], message.as_bytes(), sendmail), {
        "From": "root@lab.test", "To": RECIPIENT, "Auto-Submitted": "auto-generated", "body": BODY}


# ---- what others write, by their very command lines -----------------------------

CRON = """\
From: root (Cron Daemon)
To: {to}
Subject: Cron <root@vm> backup
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit
X-Cron-Env: <SHELL=/bin/sh>
X-Cron-Env: <HOME=/root>

.
backed up 3 files: Gr\u00fc\u00dfe
"""
CRON_BODY = CRON.partition("\n\n")[2]


@caller("cron")
def cron(lab, sendmail):
    # A From without domain is refused by many servers; a lone dot is text here.
    return lab.toukan.run(["-FCronDaemon", "-i", "-B8BITMIME", "-oem", RECIPIENT], CRON.format(to=RECIPIENT),
                          sendmail), {"From": "Cron Daemon <root@lab.test>", "To": RECIPIENT, "body": CRON_BODY}


@caller("cron to root", aliases="aliases", rewrite_from="if-local", domain="vm.lab.test")
def cron_to_root(lab, sendmail):
    lab.file("aliases", f"root: admin\nadmin: {RECIPIENT}\n")
    return lab.toukan.run(["-FCronDaemon", "-i", "-B8BITMIME", "-oem", "root"], CRON.format(to="root"), sendmail), {
        "From": f"Cron Daemon <{SENDER}>", "Reply-To": "Cron Daemon <root@vm.lab.test>", "To": "root@vm.lab.test",
        "body": CRON_BODY}


@caller("cronie", rewrite_from="if-local")
def cronie(lab, sendmail):
    return lab.toukan.run(["-FCronDaemon", "-odi", "-oem", "-oi", "-t", "-f", "root"],
                          CRON.format(to=RECIPIENT).replace("root (Cron Daemon)", '"(Cron Daemon)" <root>'),
                          sendmail), {
        "From": f'"(Cron Daemon)" <{SENDER}>', "Reply-To": '"(Cron Daemon)" <root@lab.test>', "body": CRON_BODY}


@caller("Emacs")
def emacs(lab, sendmail):
    text = f"From: Alice <{SENDER}>\nTo: {RECIPIENT}\nSubject: by Emacs\n\n{BODY}"
    return lab.toukan.run(["-oi", "-f", SENDER, "-t"], text, sendmail), {
        "From": f"Alice <{SENDER}>", "To": RECIPIENT, "Subject": "by Emacs", "body": BODY}


@caller("logwatch", rewrite_from="if-local")
def logwatch(lab, sendmail):
    text = (f"To: {RECIPIENT}\nFrom: Logwatch <logwatch@{HOST_NAME}>\nSubject: Logwatch for {HOST_NAME} (Linux)\n"
            "Auto-Submitted: auto-generated\nPrecedence: bulk\nMIME-Version: 1.0\n"
            'Content-Transfer-Encoding: 8bit\nContent-Type: text/plain; charset="utf-8"\n\n' + BODY)
    return lab.toukan.run(["-t"], text.replace("\n.\n", "\n"), sendmail), {
        "From": f"Logwatch <{SENDER}>", "Reply-To": f"Logwatch <logwatch@{HOST_DOMAIN}>", "Precedence": "bulk",
        "body": BODY.replace("\n.\n", "\n")}


@caller("a failed systemd unit", rewrite_from="if-local")
def systemd_unit(lab, sendmail):
    """The script that everybody copies: 8-bit text, neither Date nor MIME-Version."""
    script = lab.file("systemd-email", f"""#!/bin/sh
{sendmail} -t <<ERRMAIL
To: $1
From: systemd <root@{HOST_NAME}>
Subject: $2 failed
Content-Transfer-Encoding: 8bit
Content-Type: text/plain; charset=UTF-8

\u25cf $2 - loaded, failed
ERRMAIL
""", mode=0o700)
    return lab.toukan.run([RECIPIENT, "backup.service"], program=script), {
        "From": f"systemd <{SENDER}>", "Subject": "backup.service failed",
        "body": "\u25cf backup.service - loaded, failed\n"}


@caller("a shell script without a header")
def shell_script(lab, sendmail):
    return lab.toukan.run(["-F", "Backup", RECIPIENT], "disk full\n", sendmail), {
        "From": f"Backup <{SENDER}>", "body": "disk full\n"}


@caller("an mbox line, Latin-1 and CRLF")
def mbox(lab, sendmail):
    text = (f"From root Sat Jan  3 01:05:34 2026\r\nReturn-Path: <x@y.z>\r\nFrom: {SENDER}\r\n"
            "Subject: Gr\u00fc\u00dfe\r\n\r\nGr\u00fc\u00dfe\r\n")
    return lab.toukan.run(["-i", RECIPIENT], text.encode("latin-1"), sendmail), {
        "Subject": "Gr\u00fc\u00dfe", "Return-Path": None, "body": "Gr\u00fc\u00dfe\n"}


# ---- -bs ------------------------------------------------------------------------


def symfony_page(sendmail):
    """How Symfony's SendmailTransport (and so Laravel) goes about -bs: EHLO by address,
    a command at a time, each reply looked at, RSET between messages."""
    return f"""<?php
$process = proc_open("{sendmail} -bs", [["pipe", "r"], ["pipe", "w"], ["pipe", "w"]], $pipes);
function command($text, $codes) {{
    global $pipes;
    if ($text !== "") {{ fwrite($pipes[0], $text); fflush($pipes[0]); }}
    do {{ $line = fgets($pipes[1]); }} while ($line !== false && isset($line[3]) && $line[3] === "-");
    if (!in_array((int) $line, $codes, true)) {{ fwrite(STDERR, "$text: $line"); exit(1); }}
}}
command("", [220]);
command("EHLO [127.0.0.1]\\r\\n", [250]);
command("MAIL FROM:<{SENDER}>\\r\\n", [250]);
command("RCPT TO:<nobody@example.test>\\r\\n", [250, 251, 252]);
command("RSET\\r\\n", [250]);
command("MAIL FROM:<{SENDER}>\\r\\n", [250]);
command("RCPT TO:<{RECIPIENT}>\\r\\n", [250, 251, 252]);
command("DATA\\r\\n", [354]);
$text = "From: Shop <{SENDER}>\\r\\nTo: {RECIPIENT}\\r\\nSubject: by Symfony\\r\\nMIME-Version: 1.0\\r\\n"
    . "Message-ID: <x@lab.test>\\r\\nDate: Sun, 22 Nov 2026 10:00:00 +0000\\r\\n"
    . "Content-Type: text/plain; charset=utf-8\\r\\nContent-Transfer-Encoding: quoted-printable\\r\\n"
    . "\\r\\nGr=C3=BC=C3=9Fe\\r\\n..\\r\\n";
foreach (str_split($text, 7) as $piece) {{ fwrite($pipes[0], $piece); fflush($pipes[0]); }}
command("\\r\\n.\\r\\n", [250]);
command("QUIT\\r\\n", [221]);
exit(proc_close($process));
"""


@caller("Symfony over -bs")
def symfony(lab, sendmail):
    program = needs("php", "php-cli")
    return lab.toukan.run(["-n", str(lab.file("symfony.php", symfony_page(sendmail)))], program=program), {
        "From": f"Shop <{SENDER}>", "Subject": "by Symfony", "Message-ID": "<x@lab.test>",
        "body": "Gr\u00fc\u00dfe\n.\n\n"}


SMTPLIB = """\
import smtplib, subprocess, sys

class Pipe:
    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    def sendall(self, octets):
        self.process.stdin.write(octets)
        self.process.stdin.flush()
    def makefile(self, _mode):
        return self.process.stdout
    def close(self):
        self.process.stdin.close()
        self.process.wait()

class Sendmail(smtplib.SMTP):
    def _get_socket(self, host, port, timeout):
        return Pipe([host, "-bs"])

sender, recipient, sendmail = sys.argv[1:]
smtp = Sendmail(sendmail, 25)
smtp.ehlo("[127.0.0.1]")
assert smtp.has_extn("8bitmime") and smtp.has_extn("pipelining") and smtp.has_extn("dsn"), smtp.esmtp_features
assert smtp.has_extn("size") and smtp.has_extn("smtputf8") and smtp.has_extn("enhancedstatuscodes")
text = "From: {}\\nTo: {}\\nSubject: by smtplib\\n\\n.Gr\\u00fc\\u00dfe\\n".format(sender, recipient)
refused = smtp.sendmail(sender, [recipient], text.replace("\\n", "\\r\\n").encode(), mail_options=["BODY=8BITMIME"])
assert refused == {}, refused
smtp.quit()
"""


@caller("Python's smtplib over -bs")
def smtplib_bs(lab, sendmail):
    script = lab.file("page.py", SMTPLIB)
    return lab.toukan.run([str(script), SENDER, RECIPIENT, str(sendmail)], program=sys.executable), {
        "From": SENDER, "To": RECIPIENT, "Subject": "by smtplib", "body": ".Gr\u00fc\u00dfe\n"}


@caller("root over -bs", rewrite_from="if-local", aliases="aliases")
def root_bs(lab, sendmail):
    """Without waiting for replies, and unqualified, as old scripts do it."""
    lab.file("aliases", f"root: {RECIPIENT}\n")
    text = ("EHLO localhost\r\nMAIL FROM:<root>\r\nRCPT TO:<root>\r\nDATA\r\nFrom: root\r\n"
            "Subject: by hand\r\n\r\ntext\r\n.\r\nQUIT\r\n")
    return lab.toukan.run(["-bs"], text, sendmail), {
        "From": SENDER, "Reply-To": "root@lab.test", "Subject": "by hand", "body": "text\n"}


# ---- what must be true of what arrives ------------------------------------------

ONCE = ("From", "Date", "Message-ID")


def check_acceptable(octets):
    """What the strictest server asks of a message; the parsed message."""
    header = octets.partition(b"\r\n\r\n")[0]
    check_equal([line for line in octets.split(b"\r\n") if len(line) > 998 or b"\n" in line or b"\r" in line], [],
                "lines that are too long or end oddly")
    check_equal(header.isascii(), True, "the header is ASCII")
    parsed = email.message_from_bytes(octets, policy=email.policy.default)
    check_equal([str(defect) for part in parsed.walk() for defect in part.defects], [], "defects")
    for name in ONCE:
        check_equal(len(parsed.get_all(name, [])), 1, f"fields {name}")
    for name, value in parsed.items():
        check_equal((name, [str(defect) for defect in value.defects]), (name, []), "defects")
    check_equal(all("." in address.domain for name in ("From", "Sender", "To", "Cc", "Reply-To")
                    for field in parsed.get_all(name, []) for address in field.addresses), True, "addresses are complete")
    check_equal(parsed["Date"].datetime is not None, True, "a date")
    declared = parsed.get_content_charset() or "us-ascii"
    check_equal(octets.isascii() or declared != "us-ascii", True, "8-bit text is declared")
    check_equal("bcc" in (name.lower() for name in parsed.keys()), False, "Bcc leaked")
    return parsed


def check_arrived(octets, expected):
    """EXPECTED: a header field's value (or pattern; None: it isn't there), and the "body"."""
    parsed = check_acceptable(octets)
    for name, value in expected.items():
        found = parsed.get_content().replace("\r\n", "\n") if name == "body" else parsed[name]
        if hasattr(value, "fullmatch"):
            check_equal(bool(value.fullmatch(found or "")), True, f"{name} {found!r}")
        else:
            check_equal(found, value, name)
