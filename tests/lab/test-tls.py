#!/usr/bin/env python3
"""TLS in the lab: what must be delivered, and what must stop: a failure of TLS never
moves to another path, and no secret, sender or body octet crosses before it."""

import hashlib
import ssl

from lab import Lab, check_equal, main, test, without_outbox
from lab.sink import PASSWORD

# --- stop ---------------------------------------------------------------------

VERIFICATION, MISSING = "tls-verification", "tls-not-offered"
REFUSED, INJECTION = "tls-refused", "tls-injection"
IN_CLEAR = ["--without", "STARTTLS"]

# The cause that is named, the server's certificate and options, the account's options.
REFUSALS = {
    "a certificate with another name": (VERIFICATION, "wrong-name", [], {}),
    "an expired certificate": (VERIFICATION, "expired", [], {}),
    "a self-signed certificate": (VERIFICATION, "self-signed", [], {}),
    "a name in the certificate's CN only": (VERIFICATION, "cn-only", [], {}),
    "a certificate of an unknown authority": (VERIFICATION, "good", [], {"tls-ca-file": None}),
    "another fingerprint than the pinned one": (VERIFICATION, "good", [], {"tls-fingerprint": "00" * 32}),
    "another name than tls-name": (VERIFICATION, "good", [], {"tls-name": "other.lab.test"}),
    "no STARTTLS": (MISSING, "good", IN_CLEAR, {}),
    "no STARTTLS, AUTH in the clear": (MISSING, "good", [*IN_CLEAR, "--auth-in-clear"], {}),
    "no STARTTLS and no login configured": (MISSING, "good", IN_CLEAR, {"user": None, "password": None}),
    "STARTTLS refused for now": (REFUSED, "good", ["--reply", "STARTTLS=454 4.7.0 not now"], {}),
    "STARTTLS refused": (REFUSED, "good", ["--reply", "STARTTLS=502 5.5.1 no"], {}),
    "a reply injected behind STARTTLS": (INJECTION, "good", ["--inject", "250 injected\\r\\n"], {}),
    "a fragment injected behind STARTTLS": (INJECTION, "good", ["--inject", "250 inj"], {}),
    "one octet injected behind STARTTLS": (INJECTION, "good", ["--inject", "x"], {}),
}

MAY_CROSS = {"EHLO", "STARTTLS", "QUIT"}


def stop(cause, certificate, options, account, mode):
    with Lab() as lab:
        sink = lab.sink(*options, certificate=certificate)
        sent = lab.send("Secret body.\n", options={"ladder": mode, **account}, arguments=["-v"])
        sent.check(status=77)
        check_equal((sent.outcome["kind"], sent.outcome["cause"]), ("security", cause), f"outcome of\n{sent}")
        check_equal(lab.attempts(), {"587/IPv6": 1}, "attempts")
        check_equal(set(sink.verbs()) - MAY_CROSS, set(), "commands that crossed")
        check_equal(sink.messages(), [], "messages")
        log = sink.log.read_text(encoding="utf-8", errors="replace")
        for secret in (PASSWORD, "Secret body", "alice@lab.test"):
            check_equal(secret in log, False, f"{secret!r} crossed")


for each_title, each_row in REFUSALS.items():
    for each_mode in ("race", "strict"):
        test(f"{each_title}: stop, {each_mode}", *each_row, each_mode)(stop)


@test("implicit TLS with a wrong name stops as well, and 587 isn't tried")
def _():
    with Lab() as lab:
        lab.sink(paths=("465/implicit/IPv6", "465/implicit/IPv4"), certificate="wrong-name")
        lab.sink(paths=("587/IPv6", "587/IPv4"))
        sent = lab.send(options={"ports": "465/implicit, 587", "tls-ca-file": lab.sinks[0].ca})
        sent.check(status=77)
        check_equal(lab.attempts(), {"465/IPv6": 1}, "attempts")


# --- go on ----------------------------------------------------------------------

def fingerprint_of(sink):
    pem = (sink.tls_folder / "server.pem").read_text(encoding="ascii")
    first = pem[pem.index("-----BEGIN CERT"):pem.index("-----END CERTIFICATE-----") + 26]
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest()


def delivered(sent, lab, **expected):
    sent.check(status=0, **expected)
    check_equal(len(lab.messages()), 1, "messages")
    return sent.all("tls")[-1] if sent.all("tls") else None


@test("TLS 1.3 with forward secrecy, verified")
def _():
    with Lab() as lab:
        lab.sink()
        tls = delivered(lab.send(), lab, path="587/IPv6")
        check_equal((tls["version"], tls["verified"]), ("TLSv1.3", True), "TLS")


@test("TLS 1.2 with forward secrecy, verified")
def _():
    with Lab() as lab:
        lab.sink("--tls12")
        tls = delivered(lab.send(), lab, path="587/IPv6")
        check_equal((tls["version"], tls["verified"]), ("TLSv1.2", True), "TLS")
        check_equal(tls["cipher"].startswith("ECDHE"), True, f"forward secrecy of {tls['cipher']}")


@test("the pinned fingerprint replaces the chain")
def _():
    with Lab() as lab:
        sink = lab.sink(certificate="self-signed")
        delivered(lab.send(options={"tls-ca-file": None, "tls-fingerprint": fingerprint_of(sink)}), lab)


@test("an address as host, verified by tls-name")
def _():
    with Lab() as lab:
        lab.sink()
        sent = lab.send(options={"host": "198.51.100.10", "tls-name": "smtp.lab.test"})
        delivered(sent, lab, path="587/IPv4")


@test("TLS from the first octet on 465")
def _():
    with Lab() as lab:
        lab.sink(paths=("465/implicit/IPv6", "465/implicit/IPv4"))
        tls = delivered(lab.send(options={"ports": "465/implicit"}), lab, path="465/IPv6")
        check_equal(tls["verified"], True, "verified")


@test("a ladder of 465 falls back to 587, never to 25")
def _():
    with Lab() as lab:
        lab.sink()
        delivered(lab.send(options={"ports": "465/implicit, 587"}), lab, path="587/IPv6")


@test("465 together with 25 is an error of the configuration")
def _():
    with Lab() as lab:
        lab.send(options={"ports": "465/implicit, 25"}).check(status=78)


@test("tls = when-offered goes in the clear, says so, and keeps the password back")
def _():
    with Lab() as lab:
        sink = lab.sink("--without", "STARTTLS", "--auth-in-clear")
        sent = lab.send(options={"tls": "when-offered"})
        check_equal("AUTH" in sink.verbs(), False, "AUTH crossed")
        check_equal(sent.status in (0, 77), True, f"status of\n{sent}")


@test("tls = when-offered without a login is delivered in the clear, and says so")
def _():
    with Lab() as lab:
        lab.sink("--without", "STARTTLS")
        sent = lab.send(options={"tls": "when-offered", "user": None, "password": None})
        delivered(sent, lab, path="587/IPv6")
        check_equal(sent.outcome["without-tls"], True, "outcome")
        check_equal("without encryption" in sent.errors, True, f"words in\n{sent}")


@test("a stalled handshake moves on within the port")
def _():
    with Lab() as lab:
        lab.sink("--stall-tls", paths=("587/IPv6",))
        lab.sink(paths=("587/IPv4", "25/IPv6", "25/IPv4"))
        delivered(lab.send(options={"greeting-patience": "1s"}), lab, path="587/IPv4")


# --- client certificates ----------------------------------------------------------

def with_client_certificate(lab, *options):
    """Keys for toukan, signed by the sink's own authority."""
    keys = lab.folder / "keys"
    keys.mkdir()
    lab.sink("--client-certificate-out", str(keys), *options)
    return {"tls-client-certificate": keys / "client.pem", "tls-client-key": keys / "client.key"}


@test("a client certificate is shown when asked for, and logs in by EXTERNAL")
def _():
    with Lab() as lab:
        account = with_client_certificate(lab, "--client-ca", "ask", "--mechanisms", "EXTERNAL")
        sent = lab.send(options={**account, "password": None})
        delivered(sent, lab, mechanisms=["EXTERNAL"])


@test("a refused client certificate is a matter of security, seen at the first read after TLS 1.3")
def _():
    with Lab() as lab:
        sink = lab.sink("--client-ca", "ask", "--require-client-certificate")
        sent = lab.send().check(status=77)
        check_equal((sent.outcome["kind"], sent.outcome["cause"]), ("security", "tls-client-certificate"),
                    f"outcome of\n{sent}")
        check_equal(lab.attempts(), {"587/IPv6": 1}, "attempts")
        check_equal(sink.messages(), [], "messages")


if __name__ == "__main__":
    without_outbox()
    main(at_once=6)
