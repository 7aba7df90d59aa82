#!/usr/bin/env python3
"""toukan-sink itself, by another client than ours: Python's smtplib, and bare sockets."""

import base64
import contextlib
import hashlib
import json
import os
import pathlib
import smtplib
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

TOP = pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2])
BUILD = pathlib.Path(os.environ.get("top_builddir") or TOP / "build")
sys.path.insert(0, str(TOP / "tests/lib"))

from tap import check_equal, main, test  # noqa: E402

USER, PASSWORD, TOKEN = "alice", "correct horse", "ya29.token"
LOGIN = ("--user", f"{USER}:{PASSWORD}", "--token", f"{USER}:{TOKEN}")
FROM, TO = "a@example.test", "b@example.test"
TEXT = b"Subject: x\r\n\r\n.hello\r\n"
PATIENCE = 10  # seconds for anything that must happen


class Sink:
    def __init__(self, *options, listen=("127.0.0.1:0",)):
        self.folder = tempfile.TemporaryDirectory(prefix="toukan-test-sink-")
        self.path = pathlib.Path(self.folder.name)
        self.log = self.path / "log"
        places = [word for place in listen for word in ("--listen", place)]
        self.process = subprocess.Popen(
            [str(BUILD / "toukan-sink"), "--log", str(self.log), "--maildir", str(self.path / "mail"), "--tls-dir",
             str(self.path / "tls"), *places, *options], stdin=subprocess.DEVNULL)

    def __enter__(self):
        self.ready, = self.wait_for("ready")
        self.ports = [int(place.rpartition(":")[2]) for place in self.ready["listen"]]
        return self

    def __exit__(self, *_):
        self.process.terminate()
        status = self.process.wait(PATIENCE)
        self.folder.cleanup()
        check_equal(status, 0, "exit status after SIGTERM")

    def events(self, kind):
        if not self.log.exists():
            return []
        lines = self.log.read_text(encoding="utf-8").splitlines(keepends=True)
        return [event for event in map(json.loads, (line for line in lines if line.endswith("\n")))
                if event["event"] == kind]

    def wait_for(self, kind, count=1):
        end = time.monotonic() + PATIENCE
        while len(self.events(kind)) < count:
            if time.monotonic() > end or self.process.poll() is not None:
                raise AssertionError(f"no {kind} in {self.log.read_text() if self.log.exists() else 'no log'}")
            time.sleep(0.01)
        return self.events(kind)

    def messages(self):
        return self.events("message")

    def stored(self):
        return sorted(pathlib.Path(self.path / "mail/new").iterdir())

    def context(self):
        context = ssl.create_default_context(cafile=self.ready["ca"])
        context.hostname_checks_common_name = False
        return context

    @contextlib.contextmanager
    def client(self, tls=True):
        with contextlib.closing(smtplib.SMTP("localhost", self.ports[0], timeout=PATIENCE)) as client:
            if tls:
                client.starttls(context=self.context())
            client.ehlo()
            yield client


class Raw:
    """A bare connection: what is sent and what comes back."""

    def __init__(self, sink, port=0):
        self.socket = socket.create_connection(("127.0.0.1", sink.ports[port]), PATIENCE)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def reply(self):
        """One whole reply; b"" at the end."""
        lines = []
        while True:
            while b"\r\n" not in self.buffer:
                try:
                    octets = self.socket.recv(65536)
                except ConnectionResetError:
                    octets = b""
                if not octets:
                    return b""
                self.buffer += octets
            line, _, self.buffer = self.buffer.partition(b"\r\n")
            lines.append(line)
            if line[3:4] != b"-":
                return b"\r\n".join(lines)

    def say(self, octets, replies=1):
        self.socket.sendall(octets)
        return [self.reply()[:3] for _ in range(replies)]

    def rest(self, seconds=0.3):
        """What comes within SECONDS; None: nothing, and the connection is open."""
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv(65536)
        except TimeoutError:
            return None
        finally:
            self.socket.settimeout(PATIENCE)


def begin(raw):
    check_equal(raw.reply()[:3], b"220", "greeting")
    check_equal(raw.say(b"EHLO client.test\r\n"), [b"250"], "EHLO")


GROUP = b"MAIL FROM:<a@example.test>\r\nRCPT TO:<b@example.test>\r\n"


# --- mail ---------------------------------------------------------------------------

def check_stored(sink, user, tls):
    event, = sink.messages()
    check_equal(event["sender"], FROM, "sender")
    check_equal(event["recipients"], [TO], "recipients")
    check_equal((event["size"], event["sha256"]), (len(TEXT), hashlib.sha256(TEXT).hexdigest()), "octets")
    check_equal(event["user"], user, "user")
    check_equal((event["tls"] or "").startswith("TLSv1.3"), tls, f"TLS {event['tls']}")
    file, = sink.stored()
    check_equal(str(file), event["file"], "file")
    head = f"Return-Path: <{FROM}>\nDelivered-To: {TO}\nX-Envelope-From: {FROM}\nX-Envelope-To: {TO}\n"
    check_equal(file.read_bytes().startswith(head.encode()), True, "envelope")
    check_equal(file.read_bytes().endswith(b"\n" + TEXT.replace(b"\r\n", b"\n")), True, "message")
    check_equal(list((sink.path / "mail/tmp").iterdir()), [], "tmp")


@test("plain SMTP")
def _():
    with Sink() as sink:
        with sink.client(tls=False) as client:
            client.sendmail(FROM, [TO], TEXT)
        check_stored(sink, None, False)


@test("STARTTLS, verified by name")
def _():
    with Sink() as sink:
        with sink.client() as client:
            client.sendmail(FROM, [TO], TEXT)
        check_stored(sink, None, True)


@test("TLS from the first octet")
def _():
    with Sink(listen=("127.0.0.1:0/implicit",)) as sink:
        with smtplib.SMTP_SSL("localhost", sink.ports[0], context=sink.context(), timeout=PATIENCE) as client:
            client.sendmail(FROM, [TO], TEXT)
        check_stored(sink, None, True)


@test("the certificate directory works by hash")
def _():
    with Sink() as sink, smtplib.SMTP("localhost", sink.ports[0], timeout=PATIENCE) as client:
        client.starttls(context=ssl.create_default_context(capath=str(sink.path / "tls")))


@test("several addresses, both families")
def _():
    with Sink(listen=("127.0.0.1:0", "[::1]:0")) as sink:
        for host, port in zip(("127.0.0.1", "::1"), sink.ports):
            with smtplib.SMTP(host, port, timeout=PATIENCE) as client:
                check_equal(client.noop()[0], 250, host)


@test("BDAT: in chunks, pipelined")
def _():
    with Sink() as sink, Raw(sink) as raw:
        begin(raw)
        chunks = b"BDAT 5\r\n" + TEXT[:5] + b"BDAT %d LAST\r\n" % len(TEXT[5:]) + TEXT[5:]
        check_equal(raw.say(GROUP + chunks + b"QUIT\r\n", 5), [b"250"] * 4 + [b"221"], "replies")
        check_stored(sink, None, False)


@test("without a Maildir messages are counted")
def _():
    with Sink() as sink:
        pass
    process = subprocess.Popen([str(BUILD / "toukan-sink"), "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE,
                               text=True)
    ready = json.loads(process.stdout.readline())
    with smtplib.SMTP("127.0.0.1", int(ready["listen"][0].rpartition(":")[2]), timeout=PATIENCE) as client:
        client.sendmail(FROM, [TO], TEXT)
    process.terminate()
    log = [json.loads(line) for line in process.communicate()[0].splitlines()]
    check_equal([event["file"] for event in log if event["event"] == "message"], [None], "file")
    check_equal(os.path.exists(ready["ca"]), False, "its own CA is left behind")


# --- certificates ---------------------------------------------------------------------

def refuse_certificate(kind, words):
    with Sink("--certificate", kind) as sink:
        try:
            with sink.client():
                raise AssertionError("the certificate was accepted")
        except ssl.SSLCertVerificationError as error:
            check_equal(words in str(error), True, f"words of {error}")


for each_kind, each_words in (("expired", "expired"), ("self-signed", "self-signed"), ("wrong-name", "mismatch"),
                              ("cn-only", "mismatch")):
    test(f"a certificate to refuse: {each_kind}", each_kind, each_words)(refuse_certificate)


@test("other names in the certificate")
def _():
    with Sink("--tls-name", "mail.example.test", "--tls-name", "192.0.2.1") as sink, Raw(sink) as raw:
        begin(raw)
        check_equal(raw.say(b"STARTTLS\r\n"), [b"220"], "STARTTLS")
        with sink.context().wrap_socket(raw.socket, server_hostname="mail.example.test") as tls:
            names = {value for _, value in tls.getpeercert()["subjectAltName"]}
            check_equal(names, {"mail.example.test", "192.0.2.1"}, "names")


@test("TLS 1.2 only")
def _():
    with Sink("--tls12") as sink, sink.client() as client:
        check_equal(client.sock.version(), "TLSv1.2", "version")


@test("EXTERNAL by a client certificate, offered only with one")
def _():
    with Sink("--client-ca", "ask", *LOGIN) as sink, sink.client() as client:
        check_equal("EXTERNAL" in client.esmtp_features["auth"], False, "offered without certificate")
    folder = tempfile.TemporaryDirectory(prefix="toukan-test-sink-")
    with folder, Sink("--client-ca", "ask", "--client-certificate-out", folder.name, *LOGIN) as sink:
        context = sink.context()
        context.load_cert_chain(f"{folder.name}/client.pem", f"{folder.name}/client.key")
        with contextlib.closing(smtplib.SMTP("localhost", sink.ports[0], timeout=PATIENCE)) as client:
            client.starttls(context=context)
            client.ehlo()
            check_equal(client.docmd("AUTH", "EXTERNAL =")[0], 235, "AUTH")
        check_equal(sink.events("auth")[0]["user"], USER, "user")


# --- logins ---------------------------------------------------------------------------

def log_in(mechanism, password, code):
    with Sink("--mechanisms", mechanism, *LOGIN) as sink, sink.client() as client:
        client.user, client.password = USER, password
        method = getattr(client, "auth_" + mechanism.lower().replace("-", "_"))
        try:
            found = client.auth(mechanism, method)[0]
        except smtplib.SMTPAuthenticationError as error:
            found = error.smtp_code
        check_equal(found, code, "reply")
        event, = sink.events("auth")
        check_equal((event["mechanism"], event["user"], event["code"]),
                    (mechanism, USER if code == 235 else None, code), "event")
        log = sink.log.read_text(encoding="utf-8")
        check_equal(PASSWORD in log or base64.b64encode(PASSWORD.encode()).decode() in log, False, "password in the log")


for each_mechanism in ("PLAIN", "LOGIN", "CRAM-MD5"):
    test(f"{each_mechanism}", each_mechanism, PASSWORD, 235)(log_in)
    test(f"{each_mechanism}, wrong password", each_mechanism, "wrong", 535)(log_in)


def scram(client, mechanism, digest, password, binding=b""):
    """SCRAM by hand (RFC 5802). Returns the code and whether the server proved itself."""
    import hmac
    header = b"p=tls-exporter,," if binding else b"n,,"
    bare = b"n=" + USER.encode() + b",r=abcdef"
    code, text = client.docmd("AUTH", f"{mechanism} " + base64.b64encode(header + bare).decode())
    if code != 334:
        return code, False
    server_first = base64.b64decode(text)
    fields = dict(part.split(b"=", 1) for part in server_first.split(b","))
    salted = hashlib.pbkdf2_hmac(digest, password.encode(), base64.b64decode(fields[b"s"]), int(fields[b"i"]))
    key = hmac.digest(salted, b"Client Key", digest)
    without = b"c=" + base64.b64encode(header + binding) + b",r=" + fields[b"r"]
    signed = b",".join((bare, server_first, without))
    signature = hmac.digest(hashlib.new(digest, key).digest(), signed, digest)
    proof = base64.b64encode(bytes(a ^ b for a, b in zip(key, signature)))
    code, text = client.docmd(base64.b64encode(without + b",p=" + proof).decode())
    if code != 334:
        return code, False
    ours = base64.b64encode(hmac.digest(hmac.digest(salted, b"Server Key", digest), signed, digest))
    proved = base64.b64decode(text) == b"v=" + ours
    return client.docmd("")[0], proved


def scram_log_in(mechanism, digest, password, result, *options):
    with Sink("--mechanisms", mechanism, *LOGIN, *options) as sink, sink.client() as client:
        check_equal(scram(client, mechanism, digest, password), result, "result")


for each_mechanism, each_digest in (("SCRAM-SHA-1", "sha1"), ("SCRAM-SHA-256", "sha256")):
    test(f"{each_mechanism}", each_mechanism, each_digest, PASSWORD, (235, True))(scram_log_in)
    test(f"{each_mechanism}, wrong password", each_mechanism, each_digest, "wrong", (535, False))(scram_log_in)
test("SCRAM refused at its first message", "SCRAM-SHA-256", "sha256", PASSWORD, (535, False),
     "--refuse-first", "SCRAM-SHA-256")(scram_log_in)
test("SCRAM without the server's signature", "SCRAM-SHA-256", "sha256", PASSWORD, (235, False),
     "--skip-signature")(scram_log_in)


class OpenSsl:
    """A client by the openssl program: Python's ssl can't export what a binding is made of."""

    def __init__(self, sink, *options):
        self.process = subprocess.Popen(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{sink.ports[0]}", "-starttls", "smtp", "-CAfile",
             sink.ready["ca"], "-ign_eof", "-keymatexport", "EXPORTER-Channel-Binding", "-keymatexportlen", "32",
             *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.watchdog = threading.Timer(PATIENCE, self.process.kill)
        self.watchdog.start()
        self.binding = bytes.fromhex(self.line("Keying material: "))
        # What s_client heard before TLS shows late: our own reply is known by its last line.
        self.send("EHLO client.test")
        self.line("250 AUTH")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.watchdog.cancel()
        self.process.stdin.close()
        self.process.terminate()
        self.process.stdout.close()
        self.process.wait(PATIENCE)

    def line(self, prefix):
        for line in iter(self.process.stdout.readline, b""):
            if line.decode("latin-1").strip().startswith(prefix):
                return line.decode("latin-1").strip()[len(prefix):]
        raise AssertionError(f"no {prefix!r} from openssl")

    def send(self, line):
        self.process.stdin.write(line.encode() + b"\r\n")
        self.process.stdin.flush()

    def docmd(self, verb, arguments=""):
        self.send(f"{verb} {arguments}".strip())
        for line in iter(self.process.stdout.readline, b""):
            if line[:3].isdigit() and line[3:4] == b" ":
                return int(line[:3]), line[4:].rstrip()
        raise AssertionError("no reply by openssl")


def scram_plus(mechanism, digest, *options):
    with Sink("--mechanisms", mechanism, *LOGIN) as sink, OpenSsl(sink, *options) as client:
        check_equal(len(client.binding), 32, "binding")
        check_equal(scram(client, mechanism, digest, PASSWORD, client.binding), (235, True), "result")


for each_mechanism, each_digest in (("SCRAM-SHA-1-PLUS", "sha1"), ("SCRAM-SHA-256-PLUS", "sha256")):
    test(f"{each_mechanism}, bound by openssl to TLS 1.3", each_mechanism, each_digest, "-tls1_3")(scram_plus)


@test("SCRAM-SHA-256-PLUS with a wrong binding is refused")
def _():
    with Sink("--mechanisms", "SCRAM-SHA-256-PLUS", *LOGIN) as sink, sink.client() as client:
        check_equal(scram(client, "SCRAM-SHA-256-PLUS", "sha256", PASSWORD, b"x" * 32)[0], 535, "code")


@test("-PLUS mechanisms are offered under TLS only")
def _():
    with Sink("--auth-in-clear", *LOGIN) as sink:
        for tls in (False, True):
            with sink.client(tls=tls) as client:
                check_equal("SCRAM-SHA-256-PLUS" in client.esmtp_features["auth"].split(), tls, f"TLS {tls}")


@test("AUTH isn't offered in the clear unless told, and refused with 538")
def _():
    with Sink(*LOGIN) as sink, sink.client(tls=False) as client:
        check_equal(client.has_extn("auth"), False, "offered")
        check_equal(client.docmd("AUTH", "PLAIN AHUAcA==")[0], 538, "AUTH")


def bearer(mechanism, message, bare, codes):
    with Sink("--mechanisms", mechanism, *LOGIN) as sink, sink.client() as client:
        encoded = base64.b64encode(message).decode()
        if bare:
            check_equal(client.docmd("AUTH", mechanism), (334, b""), "bare AUTH")
            code, text = client.docmd(encoded)
        else:
            code, text = client.docmd("AUTH", f"{mechanism} {encoded}")
        found = [code]
        if code == 334:
            check_equal("status" in json.loads(base64.b64decode(text)), True, "reason")
            found.append(client.docmd("AQ==" if mechanism == "OAUTHBEARER" else "")[0])
        check_equal(found, codes, "codes")


for each_token, each_codes in ((TOKEN, [235]), ("stale", [334, 535])):
    for each_mechanism, each_message in (
            ("XOAUTH2", f"user={USER}\1auth=Bearer {each_token}\1\1"),
            ("OAUTHBEARER", f"n,a={USER},\1host=localhost\1port=587\1auth=Bearer {each_token}\1\1")):
        for each_bare in (False, True):
            test(f"{each_mechanism}, token {each_token}{', bare first' if each_bare else ''}", each_mechanism,
                 each_message.encode(), each_bare, each_codes)(bearer)
test("XOAUTH2 malformed", "XOAUTH2", b"user=alice auth=Bearer x", False, [501])(bearer)


@test("MAIL needs what it is told to need")
def _():
    with Sink("--require-tls", "--require-auth", *LOGIN) as sink:
        with sink.client(tls=False) as client:
            check_equal(client.mail(FROM)[0], 530, "in the clear")
        with sink.client() as client:
            check_equal(client.mail(FROM)[0], 530, "before login")
            client.login(USER, PASSWORD)
            check_equal(client.mail(FROM)[0], 250, "after login")


@test("the old form of AUTH")
def _():
    with Sink("--old-auth", "--auth-in-clear", "--mechanisms", "PLAIN,LOGIN") as sink, Raw(sink) as raw:
        raw.reply()
        raw.socket.sendall(b"EHLO x\r\n")
        lines = raw.reply().split(b"\r\n")
        check_equal([line[4:] for line in lines if b"AUTH" in line], [b"AUTH PLAIN LOGIN", b"AUTH=PLAIN LOGIN"], "lines")


# --- extensions -------------------------------------------------------------------------

def features(*options):
    with Sink(*options) as sink, sink.client(tls=False) as client:
        return client.esmtp_features


@test("every extension can be switched off")
def _():
    usual = features("--auth-in-clear", *LOGIN)
    for name in ("pipelining", "size", "8bitmime", "smtputf8", "dsn", "chunking", "enhancedstatuscodes", "starttls", "auth"):
        check_equal(name in usual, True, f"{name} by default")
        check_equal(name in features("--auth-in-clear", "--without", name.upper(), *LOGIN), False, f"without {name}")


@test("and others on")
def _():
    found = features("--with", "BINARYMIME", "--with", "LIMITS", "--rcpt-max", "7", "--size", "1234")
    check_equal((found.get("binarymime"), found.get("limits"), found.get("size")), ("", "RCPTMAX=7", "1234"), "offered")


@test("limits: recipients and size")
def _():
    with Sink("--rcpt-max", "1", "--size", "100") as sink, sink.client(tls=False) as client:
        check_equal(client.docmd("MAIL FROM:<a@b> SIZE=101")[0], 552, "SIZE")
        codes = [client.docmd(line)[0] for line in ("MAIL FROM:<a@b>", "RCPT TO:<c@d>", "RCPT TO:<e@f>")]
        check_equal(codes, [250, 250, 452], "recipients")


# --- faults -----------------------------------------------------------------------------

@test("--silent")
def _():
    with Sink("--silent") as sink, Raw(sink) as raw:
        check_equal(raw.rest(), None, "greeting")


@test("--greeting-delay")
def _():
    with Sink("--greeting-delay", "300ms") as sink:
        start = time.monotonic()
        with Raw(sink) as raw:
            check_equal(raw.reply()[:3], b"220", "greeting")
        check_equal(time.monotonic() - start >= 0.3, True, "waited")


def greeting(option, octets):
    with Sink("--greeting", option) as sink, Raw(sink) as raw:
        check_equal(raw.reply(), octets, "greeting")
        if not octets.startswith(b"220"):
            check_equal(raw.reply(), b"", "end")


test("--greeting 421", "421 4.3.2 busy", b"421 4.3.2 busy")(greeting)
test("--greeting 554", "554 no", b"554 no")(greeting)
test("--greeting 220", "220 hello", b"220 sink.example hello")(greeting)


@test("--reply-delay")
def _():
    with Sink("--reply-delay", "100ms") as sink:
        start = time.monotonic()
        with Raw(sink) as raw:
            begin(raw)
            check_equal(raw.say(b"NOOP\r\nSTARTTLS\r\n", 2), [b"250", b"220"], "replies")
        check_equal(time.monotonic() - start >= 0.3, True, "waited")


def closing(option, moment, octets, replies, open_after):
    with Sink(option, moment) as sink, Raw(sink) as raw:
        raw.socket.sendall(octets)
        found = [raw.reply()[:3] for _ in range(replies)]
        check_equal(b"" in found, False, f"an early end in {found}")
        check_equal(raw.rest(), None if open_after else b"", "what follows")


WHOLE = b"EHLO x\r\n" + GROUP + b"DATA\r\n" + TEXT.replace(b"\r\n.", b"\r\n..") + b".\r\n"
for each_option, each_open in (("--close-at", False), ("--silent-at", True)):
    test(f"{each_option} octet:0", each_option, "octet:0", b"", 0, each_open)(closing)
    test(f"{each_option} octet:8", each_option, "octet:8", b"EHLO x\r\nNOOP\r\n", 2, each_open)(closing)
    test(f"{each_option} octet:9", each_option, "octet:9", b"EHLO x\r\nNOOP\r\n", 2, each_open)(closing)
    test(f"{each_option} command:0", each_option, "command:0", b"", 0, each_open)(closing)
    test(f"{each_option} command:2", each_option, "command:2", b"EHLO x\r\nNOOP\r\nNOOP\r\n", 2, each_open)(closing)
    test(f"{each_option} end", each_option, "end", WHOLE, 5, each_open)(closing)


@test("what is whole is stored although its reply is lost")
def _():
    with Sink("--reply", "END=close") as sink, Raw(sink) as raw:
        raw.socket.sendall(WHOLE)
        check_equal([raw.reply()[:3] for _ in range(6)], [b"220", b"250", b"250", b"250", b"354", b""], "replies")
        check_stored(sink, None, False)


@test("--close-after-messages")
def _():
    with Sink("--close-after-messages", "2") as sink, Raw(sink) as raw:
        begin(raw)
        group = GROUP + b"BDAT 0 LAST\r\n"
        check_equal(raw.say(group * 3, 7), [b"250"] * 6 + [b""], "replies")
        check_equal(len(sink.messages()), 2, "messages")


@test("--stop-reading-at")
def _():
    with Sink("--stop-reading-at", "octet:8") as sink, Raw(sink) as raw:
        begin_reply = raw.reply()[:3], raw.say(b"EHLO x\r\n")[0]
        check_equal(begin_reply, (b"220", b"250"), "before")
        raw.socket.settimeout(1)
        try:
            for _ in range(1000):
                raw.socket.sendall(b"x" * 65536)
            raise AssertionError("64 MB went into a server that doesn't read")
        except TimeoutError:
            pass


@test("--stall-tls")
def _():
    with Sink("--stall-tls") as sink, Raw(sink) as raw:
        begin(raw)
        check_equal(raw.say(b"STARTTLS\r\n"), [b"220"], "STARTTLS")
        raw.socket.sendall(b"\x16\x03\x01")
        check_equal(raw.rest(), None, "an answer")


@test("--inject comes in the clear behind the reply to STARTTLS, in one piece")
def _():
    with Sink("--inject", r"250 injected\r\n") as sink, Raw(sink) as raw:
        begin(raw)
        raw.socket.sendall(b"STARTTLS\r\n")
        check_equal(raw.rest(), b"220 2.0.0 Go ahead\r\n250 injected\r\n", "octets")


def override(verb, octets, codes):
    with Sink("--reply", f"{verb}=450 4.1.1 not now", "--auth-in-clear", *LOGIN) as sink, Raw(sink) as raw:
        check_equal(raw.reply()[:3], b"220", "greeting")
        check_equal(raw.say(octets, len(codes)), codes, "replies")
        check_equal(sink.messages(), [], "messages")


HELLO = b"HELO x\r\n"
for each_verb, each_octets, each_codes in (
        ("EHLO", b"EHLO x\r\nHELO x\r\n", [b"450", b"250"]),
        ("STARTTLS", b"EHLO x\r\nSTARTTLS\r\nNOOP\r\n", [b"250", b"450", b"250"]),
        ("AUTH", b"EHLO x\r\nAUTH PLAIN AHUAcA==\r\n", [b"250", b"450"]),
        ("MAIL", HELLO + GROUP, [b"250", b"450", b"503"]),
        ("RCPT", HELLO + GROUP, [b"250", b"250", b"450"]),
        ("DATA", HELLO + GROUP + b"DATA\r\nNOOP\r\n", [b"250", b"250", b"250", b"450", b"250"]),
        ("BDAT", HELLO + GROUP + b"BDAT 2 LAST\r\n\r\nNOOP\r\n", [b"250", b"250", b"250", b"450", b"250"]),
        ("END", HELLO + GROUP + b"DATA\r\n.\r\nNOOP\r\n", [b"250", b"250", b"250", b"354", b"450", b"250"]),
        ("RSET", HELLO + b"RSET\r\n", [b"250", b"450"]),
        ("QUIT", HELLO + b"QUIT\r\n", [b"250", b"450", b""])):
    test(f"--reply {each_verb}", each_verb, each_octets, each_codes)(override)


@test("--rcpt answers one recipient")
def _():
    with Sink("--rcpt", "b@example.test=550 5.1.1 unknown", "--rcpt", "c@example.test=421 4.3.2 bye") as sink:
        with sink.client(tls=False) as client:
            client.mail(FROM)
            check_equal(client.rcpt("a@example.test")[0], 250, "a")
            check_equal(client.rcpt("B@example.test"), (550, b"5.1.1 unknown"), "b")
            check_equal(client.rcpt("c@example.test")[0], 421, "c")


@test("--max-connections")
def _():
    with Sink("--max-connections", "1") as sink, Raw(sink) as first, Raw(sink) as second:
        begin(first)
        check_equal((second.reply()[:3], second.reply()), (b"421", b""), "second")


@test("SIGTERM says 421 and ends with 0")
def _():
    with Sink() as sink, Raw(sink) as raw:
        begin(raw)
        sink.process.terminate()
        check_equal((raw.reply()[:3], raw.reply()), (b"421", b""), "replies")


# --- the command line ---------------------------------------------------------------------

def refuse(*options):
    result = subprocess.run([str(BUILD / "toukan-sink"), *options], stdin=subprocess.DEVNULL, capture_output=True,
                            text=True, timeout=PATIENCE, check=False)
    check_equal(result.returncode, 64, f"exit status; it said {result.stderr}")
    check_equal(options[-1].partition("=")[2] in result.stderr, True, f"the bad value in {result.stderr}")


for each_bad in (["--listen=localhost:25"], ["--listen=::1:25"], ["--listen=127.0.0.1:70000"], ["--user=alice"],
                 ["--reply=MAIL"], ["--reply=MAIL=99 x"], ["--rcpt=a@b"], ["--close-at=soon"], ["--close-at=octet:x"],
                 ["--reply-delay=5"], ["--with=FOO"], ["--certificate=bad"], ["--size=10MB"], ["--rcpt-max=-1"],
                 ["--stop-reading-at=command:3"], ["--greeting=hi"], ["--unknown"], ["word"]):
    test(f"refused: {' '.join(each_bad)}", *each_bad)(refuse)


if __name__ == "__main__":
    main()
