"""What must hold against every server, each as far as the server has it: logins, mail
octet for octet, recipients, extensions."""

import email
import email.policy
import itertools
import os
import re

from lab import check_equal, message, test

from .mailbox import check_octets
from .server import DEFERRED, DOMAIN, LARGEST, REFUSED, SMALL, USER

BOX = f"box@{DOMAIN}"
EX_DATAERR, EX_NOUSER, EX_UNAVAILABLE, EX_TEMPFAIL, EX_NOPERM = 65, 67, 69, 75, 77

numbers = itertools.count(1)


def letter(body="Hello.\r\n", **headers):
    """A message that has not been sent before."""
    return message(body, to=BOX, **{"Message-ID": f"<{next(numbers)}@{DOMAIN}>", **headers}).encode()


# What is hard about bodies: how they end, dots, 8 bits, long lines, what looks like something else.
BODIES = {
    "a line": "Hello.\r\n",
    "nothing at all": "",
    "no last line end": "Hello.",
    "an empty line at the end": "Hello.\r\n\r\n\r\n",
    "dots": ".\r\n..\r\n...\r\n.hidden\r\na.\r\n.\r\n",
    "one dot": ".\r\n",
    "UTF-8": "Grüße, 日本語\r\n" * 50,
    "lines of 998 octets": ("x" * 998 + "\r\n") * 20,
    "what looks like a header and an envelope": "From me\r\nTo: you\r\n>From him\r\n.\r\nRSET\r\nQUIT\r\n",
    "white space": " \r\n\t\r\n  ends with blanks   \r\n",
    "2,000 lines": "".join(f"{number}: some text in a line\r\n" for number in range(2000)),
}


def complete(octets):
    """As it is stored: a line end that was missing has been added."""
    return octets if octets.endswith(b"\r\n") else octets + b"\r\n"


def deliver(server, octets, **account):
    """Sends OCTETS to the mailbox, and what has come is the same; the run and what came."""
    sent = server.sendmail(octets, [BOX], **account).check(status=0)
    stored, = server.mailbox.take()
    check_octets(stored.octets, complete(octets))
    return sent, stored


# --- logins -----------------------------------------------------------------------------

def password(server, wrong):
    return {"password": "wrong"} if wrong else {}


def token(server, wrong):
    return {"password": None, "token-command": f"echo {server.token('mallory' if wrong else USER)}"}


def certificate(server, wrong):
    """Somebody else's, if wrong."""
    pem, key = server.certificates.issue(*(["mallory"] * 2 if wrong else [USER] * 2))
    return {"password": None, "tls-client-certificate": pem, "tls-client-key": key}


SECRETS = {"OAUTHBEARER": token, "XOAUTH2": token, "EXTERNAL": certificate}


def secret(server, mechanism, wrong=False):
    """The account's options for a login by MECHANISM, with what the server takes, or with something else."""
    return {"auth": mechanism, **SECRETS.get(mechanism, password)(server, wrong)}


def log_in(server, mechanism):
    before = server.logins(mechanism)
    sent, _ = deliver(server, letter(), **secret(server, mechanism))
    check_equal(sent.mechanisms, [mechanism], "mechanisms")
    check_equal(server.logins(mechanism) - before, 1, "logins in the server's log")


def log_in_wrongly(server, tries=1, **account):
    """One wrong password is one attempt: more of them lock people out."""
    before = server.login_failures()
    sent = server.sendmail(letter(), [BOX], **account).check(status=EX_NOPERM)
    check_equal(sent.outcome["stage"], "auth", "stage")
    server.lab.wait_for(lambda: server.login_failures() > before, "the refusal in the log")
    check_equal(server.login_failures() - before, tries, f"refused logins in the server's log {sent}")
    server.mailbox.check_empty()


def add_logins(server):
    if not server.mechanisms:
        return
    for mechanism in server.mechanisms:
        test(f"{server.name}: {mechanism} logs in", server, mechanism)(log_in)
        test(f"{server.name}: {mechanism} with a wrong secret: 77, tried once", server, mechanism)(
            lambda server, mechanism: log_in_wrongly(server, **secret(server, mechanism, wrong=True)))

    @test(f"{server.name}: a wrong password and a free choice of mechanisms: 77, tried once")
    def _():
        log_in_wrongly(server, password="wrong")

    # SCRAM is refused before any proof, which may mean that the server has no SCRAM for this user.
    tries = 2 if "SCRAM-SHA-256" in server.mechanisms else 1

    @test(f"{server.name}: an unknown user: 77, tries: {tries}")
    def _():
        log_in_wrongly(server, tries, user="mallory")


# --- TLS --------------------------------------------------------------------------------

def add_tls(server):
    if server.settings.get("tls") == "off":
        return

    def over(port, version):
        sent, _ = deliver(server, letter(), port=port)
        tls = sent.one("tls")
        check_equal((tls["version"], tls["verified"]), (version, True), "TLS")

    test(f"{server.name}: TLS 1.3 by STARTTLS", "submission", "TLSv1.3")(over)
    for port, version in (("TLS 1.2", "TLSv1.2"), ("implicit", "TLSv1.3")):
        if port in server.ports:
            test(f"{server.name}: {version} on the port {server.ports[port]} ({port})", port, version)(over)

    @test(f"{server.name}: a certificate of an authority unknown to us: no mail")
    def _():
        sent = server.sendmail(letter(), [BOX], tls_ca_file=None)
        check_equal(sent.outcome["kind"], "security", "outcome")
        server.mailbox.check_empty()


# --- octets -----------------------------------------------------------------------------

def ways(server):
    """Each way that a body can take: its name, and the account's options."""
    if "CHUNKING" in server.extensions:
        yield "BDAT", {}
    yield "DATA", {"chunking": "no"}
    if "one by one" in server.ports:
        yield "DATA, no pipelining", {"port": "one by one"}


def add_octets(server):
    for way, account in ways(server):
        for title, body in BODIES.items():
            @test(f"{server.name}: {way}: {title}: octet for octet", body, account)
            def _(body, account):
                deliver(server, letter(body), **account)

        @test(f"{server.name}: {way}: 20 MB, octet for octet", account)
        def _(account):
            deliver(server, letter("".join(f".{number:70}\r\n" for number in range(270_000))), **account)


# --- recipients -------------------------------------------------------------------------

def add_recipients(server):
    for way, account in ways(server):
        @test(f"{server.name}: {way}: 100 recipients, each served", account)
        def _(account):
            recipients = [f"box{number}@{DOMAIN}" for number in range(100)]
            octets = letter()
            server.sendmail(octets, recipients, **account).check(
                status=0, fates=dict.fromkeys(recipients, "accepted"))
            server.check_served(octets, recipients)

        @test(f"{server.name}: {way}: some recipients are refused, the others served", account)
        def _(account):
            octets = letter()
            fates = {BOX: "accepted", REFUSED: "permanent", f"other-{BOX}": "accepted", DEFERRED: "temporary"}
            sent = server.sendmail(octets, list(fates), **account).check(fates=fates)
            check_equal(sent.status != 0, True, f"exit status {sent.status} says so")
            server.check_served(octets, [BOX, f"other-{BOX}"])

        for size, lines in (("small", 10), ("large", 10_000)):
            @test(f"{server.name}: {way}: no recipient is accepted: nothing of a {size} message is sent",
                  lines, account)
            def _(lines, account):
                sent = server.sendmail(letter("0123456789\r\n" * lines), [REFUSED], **account)
                sent.check(fates={REFUSED: "permanent"})
                check_equal(sent.status != 0, True, "exit status")
                server.mailbox.check_empty()


# --- groups of commands on the wire -----------------------------------------------------

VERB = re.compile(rb"^(EHLO|MAIL|RCPT|BDAT|DATA)\b", re.M)


def segments(server, send):
    """What the client has put into each TCP segment while SEND ran, as far as the trace has it."""
    with open(server.trace, encoding="ascii") as trace:
        trace.seek(0, os.SEEK_END)
        send()
        lines = [line.split() for line in trace]
    return [bytes.fromhex(payload) for *_, payload, end in lines if end == "0" and payload != "-"]


def verbs(segment):
    """Its commands, each verb once: "MAIL RCPT DATA"; "." is the end of a body."""
    rest = segment.removesuffix(b"QUIT\r\n")
    found = [verb.decode() for verb in VERB.findall(rest.partition(b"\r\nFrom: ")[0])]
    found += ["."] * rest.endswith(b"\r\n.\r\n") + ["QUIT"] * (rest != segment)
    return " ".join(dict.fromkeys(found))


# What is sent in the clear, so that it can be read: a row for each segment. With several
# recipients some may be left for another transaction, so QUIT waits for what becomes of them.
GROUPS = {
    ("BDAT", 1): ["EHLO", "MAIL RCPT BDAT QUIT"],
    ("BDAT", 50): ["EHLO", "MAIL RCPT BDAT", "QUIT"],
    ("DATA", 1): ["EHLO", "MAIL RCPT DATA", ". QUIT"],
    ("DATA", 50): ["EHLO", "MAIL RCPT DATA", ".", "QUIT"],
}
IN_THE_CLEAR = {"port": "relay", "tls": "off", "auth": "off"}
ONE_BY_ONE = ("MAIL", "RCPT", "DATA", "QUIT")


def add_groups(server):
    if "relay" not in server.ports:
        return
    by_way = dict(ways(server))

    for (way, count), expected in GROUPS.items():
        @test(f"{server.name}: {way}: sender, recipients ({count}) and message share their segments",
              count, expected, IN_THE_CLEAR | by_way[way])
        def _(count, expected, account):
            recipients = [f"box{number}@{DOMAIN}" for number in range(count)]
            octets = letter()
            sent = segments(server, lambda: server.sendmail(octets, recipients, **account).check(status=0))
            check_equal([verbs(segment) for segment in sent], expected, f"segments of {sent}")
            check_equal(sent[1].count(b"RCPT TO:"), count, "recipients in the group")
            server.check_served(octets, recipients)

    for way in ("BDAT", "DATA"):
        @test(f"{server.name}: {way}: a large message: its envelope is one group, too", way, IN_THE_CLEAR | by_way[way])
        def _(way, account):
            octets = letter("0123456789\r\n" * 20_000)
            sent = segments(server, lambda: server.sendmail(octets, [BOX, REFUSED, f"other-{BOX}"], **account))
            check_equal((verbs(sent[1]), sent[1].count(b"RCPT TO:")), (f"MAIL RCPT {way}", 3), f"the group {sent[1][:200]}")
            server.check_served(octets, [BOX, f"other-{BOX}"])

    if "one by one" in server.ports:
        @test(f"{server.name}: no pipelining: a segment for each command")
        def _():
            grouped = segments(server, lambda: deliver(server, letter(), chunking="no"))
            single = segments(server, lambda: deliver(server, letter(), port="one by one"))
            more = len(ONE_BY_ONE) + 1 - len(("MAIL RCPT DATA", ". QUIT"))  # all of it is encrypted
            check_equal(len(single) - len(grouped), more, f"segments more than the {len(grouped)} in groups")


# --- extensions -------------------------------------------------------------------------

def check_reencoded(octets, stored):
    """The same text, in 7 bits."""
    found, sent = (email.message_from_bytes(text, policy=email.policy.SMTP) for text in (stored.octets, octets))
    check_equal(stored.octets.isascii(), True, "all is ASCII")
    check_equal(found.get_content(), sent.get_content(), "text")
    check_equal(found["subject"], sent["subject"], "subject")


def add_8bit(server):
    for port in [port for port in server.ports if port.startswith("7 bits")]:
        @test(f"{server.name}: no 8BITMIME ({port}): 8-bit text is encoded anew", port)
        def _(port):
            octets = letter("Grüße, 日本語\r\n.\r\n" * 50, Content_Transfer_Encoding="8bit")
            server.sendmail(octets, [BOX], port=port).check(status=0)
            stored, = server.mailbox.take()
            check_reencoded(octets, stored)

        @test(f"{server.name}: no 8BITMIME ({port}): ASCII stays octet for octet", port)
        def _(port):
            deliver(server, letter("Hello.\r\n..\r\n"), port=port)


def add_utf8(server):
    address = f"grüße@{DOMAIN}"
    if "SMTPUTF8" in server.extensions:
        @test(f"{server.name}: SMTPUTF8: a recipient in UTF-8; a header in it is encoded when it is handed over")
        def _():
            encoded = letter(Subject="=?utf-8?B?R3LDvMOfZSwg5pel5pys6Kqe?=")
            raw = encoded.replace(b"=?utf-8?B?R3LDvMOfZSwg5pel5pys6Kqe?=", "Grüße, 日本語".encode())
            server.sendmail(raw, [address]).check(status=0, fates={address: "accepted"})
            server.check_served(encoded, [address])

    port = "submission" if "SMTPUTF8" not in server.extensions else "7 bits"
    if "SMTPUTF8" not in server.extensions or port in server.ports:
        @test(f"{server.name}: no SMTPUTF8: an address in UTF-8 is refused, the other one served")
        def _():
            octets = letter()
            sent = server.sendmail(octets, [address, BOX], port=port).check(
                fates={address: "permanent", BOX: "accepted"})
            check_equal(sent.status != 0, True, "exit status")
            server.check_served(octets, [BOX])


def add_size(server):
    port, limit = ("small", SMALL) if "small" in server.ports else ("submission", LARGEST)
    line = "0123456789" * 7 + "\r\n"

    @test(f"{server.name}: SIZE: a message that is too large is refused before it is sent")
    def _():
        sent = server.sendmail(letter(line * (limit // len(line) + 1)), [BOX], port=port)
        check_equal(sent.outcome["kind"], "permanent", f"outcome {sent}")
        check_equal(sent.outcome["stage"] in ("mail", "recipient"), True, f"stage {sent.outcome['stage']}")
        server.mailbox.check_empty()

    @test(f"{server.name}: SIZE: a message that just fits is sent")
    def _():
        room = SMALL - len(letter("")) - 1500  # for what the server adds
        deliver(server, letter(line * (room // len(line))), port=port)


def check_notification(server, stored, action):
    """STORED is the server's own word on our message: ACTION, and the identifier that we gave."""
    check_equal(stored.sender, "", "sender of the notification")
    words = [f"Action: {action}"]
    if server.tells_identifier:
        words.append(r"Original-Envelope-I[Dd]: id-7\+(2B)?1")  # Exim doesn't decode it
    for word in words:
        check_equal(bool(re.search(word.encode(), stored.octets)), True, f"{word} in {stored.octets.decode()}")


def notify(server, recipient, *arguments, comes=(), **account):
    """Sends to RECIPIENT with ARGUMENTS; the messages that come, COMES of them notifications or not."""
    octets = letter("The body.\r\n")
    server.sendmail(octets, [recipient], ["-V", "id-7+1", *arguments], **account).check(status=0)
    stored = server.mailbox.take(len(comes))
    notifications = [one for one in stored if not one.sender]
    check_equal(len(notifications), sum(comes), "notifications")
    return notifications


def add_dsn(server):
    if "DSN" not in server.extensions:
        return

    @test(f"{server.name}: DSN: success is told")
    def _():
        told, = notify(server, BOX, "-N", "success", comes=(False, True))
        check_notification(server, told, "(delivered|relayed)")

    if not server.gone:
        return

    def failure(part, returned):
        told, = notify(server, server.gone, "-R", part, comes=(True,))
        check_notification(server, told, "failed")
        check_equal(b"The body." in told.octets, returned, "the body is returned")

    test(f"{server.name}: DSN: failure is told where nothing was said, with the header", "hdrs", False)(failure)
    test(f"{server.name}: DSN: failure is told where nothing was said, with the message", "full", True)(failure)

    @test(f"{server.name}: DSN: failure is not told with -N never")
    def _():
        notify(server, server.gone, "-N", "never")
        deliver(server, letter())  # whatever the server tells of the one before has come by now
        server.mailbox.check_empty()


def add_tests(server):
    """Everything, for a server that has been started."""
    for add in (add_logins, add_tls, add_octets, add_recipients, add_groups, add_8bit, add_utf8, add_size, add_dsn):
        add(server)
