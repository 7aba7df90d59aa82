#!/usr/bin/env python3
"""Logging in, mechanism by mechanism, and what may and may not follow a refusal."""

from lab import Lab, check_equal, main, test, without_outbox
from lab.sink import PASSWORD, TOKEN

BY_PASSWORD = ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN")
BY_TOKEN = ("OAUTHBEARER", "XOAUTH2")
TOKEN_ACCOUNT = {"password": None, "token-command": f"printf %s {TOKEN}"}


def logged_in(lab, sent, mechanism):
    sent.check(status=0, mechanisms=[mechanism])
    stored, = lab.messages()
    check_equal(stored.user, "alice", "user")


def log_in(mechanism, account, *options):
    with Lab() as lab:
        lab.sink("--mechanisms", mechanism, *options)
        logged_in(lab, lab.send(options=account), mechanism)


for each in BY_PASSWORD:
    test(f"{each} on TLS 1.3", each, {})(log_in)
    test(f"{each} on TLS 1.2", each, {}, "--tls12")(log_in)
    test(f"{each} by the old AUTH=", each, {}, "--old-auth")(log_in)
for each in BY_TOKEN:
    test(each, each, {**TOKEN_ACCOUNT, "auth": each})(log_in)
test("CRAM-MD5, by name", "CRAM-MD5", {"auth": "CRAM-MD5"})(log_in)


@test("the best mechanism of all is SCRAM-SHA-256-PLUS")
def _():
    with Lab() as lab:
        lab.sink("--mechanisms", " ".join(reversed(BY_PASSWORD)))
        logged_in(lab, lab.send(), "SCRAM-SHA-256-PLUS")


@test("a password from a command")
def _():
    with Lab() as lab:
        lab.sink()
        sent = lab.send(options={"password": None, "password-command": f"echo '{PASSWORD}'"})
        sent.check(status=0)
        check_equal(lab.messages()[0].user, "alice", "user")


@test("a password command that fails says why, and nothing is sent")
def _():
    with Lab() as lab:
        lab.sink()
        sent = lab.send(options={"password": None, "password-command": "echo the vault is shut >&2; false"})
        check_equal(sent.status in (75, 77, 78), True, f"status of\n{sent}")
        check_equal("the vault is shut" in sent.said, True, f"why, in\n{sent}")
        check_equal(lab.messages(), [], "messages")


@test("auth = off never logs in")
def _():
    with Lab() as lab:
        sink = lab.sink()
        lab.send(options={"auth": "off"}).check(status=0)
        check_equal("AUTH" in sink.verbs(), False, "AUTH sent")


def refused(account, options, tries, status):
    """How many AUTH commands follow each other, on one path alone."""
    with Lab() as lab:
        sink = lab.sink(*options)
        sent = lab.send(options=account)
        sent.check(status=status)
        check_equal(sink.verbs().count("AUTH"), tries, "AUTH commands")
        check_equal(lab.messages(), [], "messages")
        check_equal(lab.attempts(), {"587/IPv6": 1}, "attempts")


WRONG = {"password": "wrong"}
for each in BY_PASSWORD:
    test(f"a wrong password at {each} is final: one AUTH, one path",
         WRONG, ["--mechanisms", each], 1, 77)(refused)
test("a wrong password is final although other mechanisms are left", WRONG, [], 1, 77)(refused)
test("504 moves to the next mechanism once", {}, ["--reply", "AUTH=504 5.5.4 unknown"], 2, 77)(refused)
test("534 moves to the next mechanism once", {}, ["--reply", "AUTH=534 5.7.9 too weak"], 2, 77)(refused)
test("454 is temporary", {}, ["--reply", "AUTH=454 4.7.0 later"], 1, 75)(refused)
for each in BY_TOKEN:
    test(f"a token refused at {each} is final",
         {**TOKEN_ACCOUNT, "auth": each, "token-command": "echo expired"}, ["--mechanisms", each],
         1, 77)(refused)


@test("a mechanism refused at its first message, before any proof, gives way to the next")
def _():
    with Lab() as lab:
        sink = lab.sink("--refuse-first", "SCRAM-SHA-256-PLUS", "--mechanisms", "SCRAM-SHA-256-PLUS PLAIN")
        sent = lab.send().check(status=0)
        check_equal(lab.messages()[0].user, "alice", "user")
        check_equal(sink.verbs().count("AUTH"), 2, f"AUTH commands of\n{sent}")


@test("a server that claims success without proving that it knows the password is refused")
def _():
    with Lab() as lab:
        lab.sink("--skip-signature", "--mechanisms", "SCRAM-SHA-256")
        sent = lab.send().check(status=77)
        check_equal(sent.outcome["cause"], "auth-not-verified", "cause")
        check_equal(lab.messages(), [], "messages")
        check_equal(lab.attempts(), {"587/IPv6": 1}, "attempts")


@test("CRAM-MD5 isn't chosen by itself")
def _():
    with Lab() as lab:
        sink = lab.sink("--mechanisms", "CRAM-MD5")
        lab.send()
        check_equal("AUTH" in sink.verbs(), False, "AUTH sent")


def show_no_secret(mechanism):
    with Lab() as lab:
        lab.sink("--mechanisms", mechanism)
        sent = lab.send(arguments=["-v"]).check(status=0)
        secrets = (PASSWORD, "AGFsaWNlAGNvcnJlY3QgaG9yc2U", "Y29ycmVjdCBob3JzZQ")
        check_equal([secret for secret in secrets if secret in sent.said], [], "secrets shown")


for each in ("PLAIN", "LOGIN"):
    test(f"nothing that is printed holds the password at {each}", each)(show_no_secret)


@test("auth-without-tls sends the password in the clear, only then")
def _():
    with Lab() as lab:
        lab.sink("--without", "STARTTLS", "--auth-in-clear", "--mechanisms", "PLAIN")
        logged_in(lab, lab.send(options={"tls": "off", "auth-without-tls": "yes"}), "PLAIN")


if __name__ == "__main__":
    without_outbox()
    main(at_once=6)
