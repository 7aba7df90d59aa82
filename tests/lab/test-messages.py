#!/usr/bin/env python3
"""Messages and recipients: what arrives, octet for octet, and what each recipient's
fate is when the server is difficult."""

import random

from lab import Lab, check_equal, main, message, test, without_outbox

RECIPIENTS = [f"r{number}@example.test" for number in range(1, 6)]


def arrived(lab, text):
    stored, = lab.messages()
    data = text.encode()
    if stored.octets != data:
        raise AssertionError(f"{len(stored.octets)} octets arrived, {len(data)} were sent, and they differ")
    return stored


# --- octet for octet ------------------------------------------------------------

def large_text():
    """20 MB of lines of all lengths, many of them with dots at the start."""
    chance = random.Random(587)
    letters = "The quick brown fox jumps over the lazy dog. " * 25
    lines = ["." * chance.randrange(3) + letters[:chance.randrange(990)] + "\r\n" for _ in range(40_000)]
    return message("".join(lines))


def send_large(without, verb):
    text = large_text()
    with Lab() as lab:
        sink = lab.sink(*without)
        lab.sendmail(text).check(status=0, path="587/IPv6")
        arrived(lab, text)
        check_equal({"DATA", "BDAT"} & set(sink.verbs()), {verb}, "verb")


test("20 MB by BDAT", [], "BDAT")(send_large)
test("20 MB by DATA", ["--without", "CHUNKING"], "DATA")(send_large)

BODIES = {
    "an empty body": "",
    "one dot": ".\r\n",
    "dots at the start of lines": "..\r\n.a\r\n...\r\n.\r\n",
    "a line of 998 octets": "x" * 998 + "\r\n",
    "UTF-8": "Gr\u00fc\u00dfe, \u6295\u51fd\r\n",
    "empty lines": "\r\n\r\n\r\n",
}


def send_body(body, options):
    text = message(body)
    with Lab() as lab:
        lab.sink(*options)
        lab.sendmail(text).check(status=0)
        arrived(lab, text)


for each_title, each_body in BODIES.items():
    test(f"{each_title} by BDAT", each_body, [])(send_body)
    test(f"{each_title} by DATA", each_body, ["--without", "CHUNKING"])(send_body)


@test("neither PIPELINING nor any other extension")
def _():
    words = ("PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8", "DSN", "CHUNKING", "ENHANCEDSTATUSCODES")
    with Lab() as lab:
        lab.sink(*(option for word in words for option in ("--without", word)))
        text = message()
        lab.sendmail(text).check(status=0)
        arrived(lab, text)


@test("a message larger than SIZE is refused before MAIL")
def _():
    with Lab() as lab:
        sink = lab.sink("--size", "10000")
        sent = lab.sendmail(message("x" * 70 + "\r\n" * 10_000))
        check_equal(sent.status not in (0, 75), True, f"status of\n{sent}")
        check_equal("MAIL" in sink.verbs(), False, "MAIL sent")


# --- recipients -------------------------------------------------------------------

@test("452 splits the recipients within the session")
def _():
    with Lab() as lab:
        lab.sink("--rcpt-max", "2")
        lab.sendmail(message(), recipients=RECIPIENTS).check(status=0)
        served = [stored.recipients for stored in lab.messages()]
        check_equal(sorted(sum(served, [])), RECIPIENTS, "served, each once")
        check_equal(max(map(len, served)), 2, "most in one transaction")
        check_equal(lab.attempts(), {"587/IPv6": 1}, "connections")


@test("each recipient has a fate of its own")
def _():
    with Lab() as lab:
        lab.sink("--rcpt", "r2@example.test=550 5.1.1 no such user",
                 "--rcpt", "r3@example.test=451 4.2.1 busy")
        sent = lab.sendmail(message(), recipients=RECIPIENTS)
        check_equal(sent.status != 0, True, "not all is well")
        stored, = lab.messages()
        check_equal(stored.recipients, ["r1@example.test", "r4@example.test", "r5@example.test"], "served")
        check_equal(list(sent.fates.values()),
                    ["accepted", "permanent", "temporary", "accepted", "accepted"], "fates")
        check_equal("no such user" in sent.errors, True, "the server's own words")


@test("every recipient refused: 67, in the server's words")
def _():
    with Lab() as lab:
        lab.sink("--reply", "RCPT=550 5.7.1 relaying denied")
        sent = lab.sendmail(message(), recipients=RECIPIENTS).check(status=67)
        check_equal("relaying denied" in sent.said, True, f"words in\n{sent}")
        check_equal(lab.messages(), [], "messages")
        check_equal(lab.attempts(), {"587/IPv6": 1}, "no other path")


def temporary_at(verb):
    with Lab() as lab:
        lab.sink("--reply", f"{verb}=451 4.3.0 later")
        lab.sendmail(message()).check(status=75)
        check_equal(lab.messages(), [], "messages")
        check_equal(lab.attempts(), {"587/IPv6": 1}, "no other path")


for each_verb in ("MAIL", "RCPT", "END"):
    test(f"a temporary refusal at {each_verb}: 75, and no other path", each_verb)(temporary_at)


@test("BDAT refused after a recipient was accepted: sent again with DATA, once")
def _():
    with Lab() as lab:
        sink = lab.sink("--reply", "BDAT=500 5.5.1 what?")
        text = message()
        lab.sendmail(text).check(status=0)
        arrived(lab, text)
        check_equal("DATA" in sink.verbs(), True, "DATA sent")


# --- faults ------------------------------------------------------------------------

@test("a connection that breaks before MAIL goes on along the ladder")
def _():
    with Lab() as lab:
        lab.sink("--close-at", "command:2", paths=("587/IPv6",))
        lab.sink(paths=("587/IPv4", "25/IPv6", "25/IPv4"))
        text = message()
        lab.sendmail(text).check(status=0)
        arrived(lab, text)


@test("a refusal after the final dot isn't tried on another path")
def _():
    with Lab() as lab:
        lab.sink("--reply", "END=554 5.7.1 spam")
        sent = lab.sendmail(message())
        check_equal(sent.status not in (0, 75), True, f"status of\n{sent}")
        check_equal(lab.attempts(), {"587/IPv6": 1}, "connections")


def in_doubt(fault, options):
    """The message was given out whole, and no reply came: it may have arrived."""
    with Lab() as lab:
        lab.sink(*fault, *options)
        sent = lab.sendmail(message(), options={"data-timeout": "1s"}).check(status=74)
        check_equal(sent.outcome["kind"], "in-doubt", "outcome")
        check_equal("IN DOUBT" in sent.errors, True, f"words in\n{sent}")
        check_equal(lab.attempts(), {"587/IPv6": 1}, "connections: never sent twice")


for each_verb, each_options in {"BDAT LAST": [], "the final dot": ["--without", "CHUNKING"]}.items():
    test(f"silence after {each_verb} is in doubt", ["--silent-at", "end"], each_options)(in_doubt)
    test(f"a connection closed after {each_verb} is in doubt", ["--close-at", "end"], each_options)(in_doubt)


# --- notifications ----------------------------------------------------------------

NOTIFY = ["-N", "success,delay", "-R", "hdrs", "-V", "id+1=x"]


@test("-N, -R and -V go with the envelope")
def _():
    with Lab() as lab:
        sink = lab.sink()
        lab.sendmail(message(), recipients=RECIPIENTS[:2], arguments=NOTIFY).check(status=0)
        said = [event["command"] for event in sink.events("command")]
        mail, = (line for line in said if line.startswith("MAIL"))
        check_equal(mail.endswith(" RET=HDRS ENVID=id+2B1+3Dx"), True, mail)
        check_equal([line for line in said if line.startswith("RCPT")],
                    [f"RCPT TO:<{address}> NOTIFY=SUCCESS,DELAY" for address in RECIPIENTS[:2]], "RCPT")


@test("a server without DSN hears nothing of -N, -R and -V")
def _():
    with Lab() as lab:
        sink = lab.sink("--without", "DSN")
        lab.sendmail(message(), arguments=NOTIFY).check(status=0)
        said = " ".join(event["command"] for event in sink.events("command"))
        check_equal([word for word in ("RET=", "ENVID=", "NOTIFY=") if word in said], [], "parameters")


def refuse(arguments):
    with Lab() as lab:
        sink = lab.sink()
        lab.sendmail(message(), arguments=arguments).check(status=64)
        check_equal(sink.events("command"), [], "commands")


for each_wrong in (["-N", "always"], ["-N", "never,delay"], ["-R", "half"], ["-V", ""], ["-V", "x" * 101],
                   ["-V", "\u00fc"]):
    test(f"{' '.join(each_wrong)[:20]} is refused", each_wrong)(refuse)


if __name__ == "__main__":
    without_outbox()
    main(at_once=6)
