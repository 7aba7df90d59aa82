#!/usr/bin/env python3
"""Failure reports, read with somebody else's parser: whatever the server, the subject and
the message say, the report stays three parts with the fields that RFC 3464 wants."""

import email
import email.policy
import os
import pathlib
import re
import subprocess
import sys
import tempfile

TOP = pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2])
BUILD = pathlib.Path(os.environ.get("top_builddir") or TOP / "build")
sys.path.insert(0, str(TOP / "tests/lib"))

from tap import check_equal, main, test  # noqa: E402

MESSAGE = b"From: me@example.org\nTo: you@example.com\nSubject: Hello\n folded\n\nbody one\nbody two\n"


def build(*arguments, message=MESSAGE):
    """The report as octets and as the email package sees it."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(message or b"")
        file.flush()
        words = [*arguments, *([f"message={file.name}"] if message is not None else [])]
        octets = subprocess.run([BUILD / "tests/unit/make-report", *words], stdout=subprocess.PIPE, check=True,
                                env=dict(os.environ, TZ="UTC")).stdout
    return octets, email.message_from_bytes(octets, policy=email.policy.SMTP)


def check_form(octets, report, parts=3):
    """What holds of every report."""
    check_equal(report.get_content_type(), "multipart/report", "type")
    check_equal(report.get_param("report-type"), "delivery-status", "report-type")
    check_equal(len(report.get_payload()), parts, "parts")
    check_equal(report.defects, [], "defects")
    check_equal(report["Auto-Submitted"], "auto-replied", "Auto-Submitted")
    head = octets.split(b"\r\n\r\n", 1)[0]
    check_equal(re.findall(rb"[^\r]\n|\r[^\n]|[\x80-\xff\0\x1b]", head), [], "octets of the header")
    check_equal(max(map(len, octets.split(b"\r\n"))) <= 998, True, "lines under 998 octets")
    status = report.get_payload()[1]
    check_equal(status.get_content_type(), "message/delivery-status", "part 2")
    fields = octets.split(b"message/delivery-status", 1)[1].split(b"\r\n--=_", 1)[0]
    check_equal(re.findall(rb"[^\r]\n|[\x80-\xff\0\x1b]", fields), [], "octets of the fields")
    return status.get_payload()


def unfold(value):
    return re.sub(r"\s+", " ", str(value))


@test("the fields of RFC 3464")
def _():
    octets, report = build("to=you@example.com", "status=5.1.1", "diagnostic=smtp; 550 5.1.1 no such user",
                           "mta=mail.example.com", "orcpt=rfc822;you@example.net", "envid=QQ314159",
                           "message-id=<1@example.org>")
    message, recipient = check_form(octets, report)
    check_equal(message["Reporting-MTA"], "dns; laptop.example.org", "Reporting-MTA")
    check_equal(message["Original-Envelope-Id"], "QQ314159", "Original-Envelope-Id")
    check_equal(message["Arrival-Date"], "Sun, 22 Nov 2026 01:55:00 +0000", "Arrival-Date")
    check_equal(dict(recipient.items()), {
        "Original-Recipient": "rfc822;you@example.net", "Final-Recipient": "rfc822; you@example.com",
        "Action": "failed", "Status": "5.1.1", "Remote-MTA": "dns; mail.example.com",
        "Diagnostic-Code": "smtp; 550 5.1.1 no such user",
        "Last-Attempt-Date": "Sun, 22 Nov 2026 01:56:00 +0000"}, "recipient")
    check_equal(report["In-Reply-To"], "<1@example.org>", "In-Reply-To")
    check_equal(report["From"], "toukan <me@example.org>", "From")
    check_equal(report["Date"], "Sun, 22 Nov 2026 01:56:05 +0000", "Date")


@test("a delay says so")
def _():
    octets, report = build("to=you@example.com", "status=4.7.8", "delayed")
    check_equal(check_form(octets, report)[1]["Action"], "delayed", "Action")


@test("several recipients, a group of fields each")
def _():
    octets, report = build(*(f"to=you{n}@example.com" for n in range(5)))
    check_equal([group["Final-Recipient"] for group in check_form(octets, report)[1:]],
                [f"rfc822; you{n}@example.com" for n in range(5)], "recipients")


@test("the header of the message comes back, and no more")
def _():
    octets, report = build("to=you@example.com")
    check_form(octets, report)
    part = report.get_payload()[2]
    check_equal(part.get_content_type(), "text/rfc822-headers", "part 3")
    check_equal(part.get_payload(decode=True).replace(b"\r\n", b"\n").rstrip(), MESSAGE.split(b"\n\n")[0], "header")


@test("the whole message comes back where that is wished")
def _():
    octets, report = build("to=you@example.com", "whole")
    check_form(octets, report)
    part = report.get_payload()[2]
    check_equal(part.get_content_type(), "message/rfc822", "part 3")
    check_equal(part.get_payload()[0].get_content().replace("\r\n", "\n"), "body one\nbody two\n", "body")


@test("a message that can't be read any more takes nothing else away")
def _():
    octets, report = build("to=you@example.com", message=None)
    check_form(octets, report, parts=2)


SUBJECTS = {
    "Japanese": "配信できませんでした: 会議のお知らせ（第十二回定例会・資料の差し替えについて）",
    "line breaks": "x\r\nBcc: everybody@example.com\r\n\r\nbody",
    "escapes": "\x1b[2J\u202e", "long": "word " * 500, "one long word": "w" * 3000, "nothing": "",
}


@test("subjects")
def _():
    for name, subject in SUBJECTS.items():
        octets, report = build("to=you@example.com", f"subject={subject}")
        check_form(octets, report)
        check_equal("Bcc" in report, False, f"{name}: Bcc")
        shown = subject
        for raw, seen in (("\r", "<U+000D>"), ("\n", "<U+000A>"), ("\x1b", "<U+001B>"), ("\u202e", "<U+202E>")):
            shown = shown.replace(raw, seen)
        check_equal(re.sub(r"\s", "", str(report["Subject"])), re.sub(r"\s", "", shown), name)


DIAGNOSTICS = {
    "line breaks": ("smtp; 550 no\r\nAction: delivered\r\n\r\nFinal-Recipient: rfc822; x@y",
                    "smtp; 550 no<U+000D><U+000A>Action: delivered<U+000D><U+000A><U+000D><U+000A>"
                    "Final-Recipient: rfc822; x@y"),
    "boundary": ("smtp; 550 \r\n--=_0\r\n", "smtp; 550 <U+000D><U+000A>--=_0<U+000D><U+000A>"),
    "escapes": ("smtp; 550 \x1b]0;x\x07", "smtp; 550 <U+001B>]0;x<U+0007>"),
    "Japanese": ("smtp; 550 宛先不明", "smtp; 550 ????"),
    "spaces": ("smtp; 550   a    b  ", "smtp; 550 a b"),
}


@test("what servers say")
def _():
    for name, (said, shown) in DIAGNOSTICS.items():
        octets, report = build("to=you@example.com", f"diagnostic={said}")
        groups = check_form(octets, report)
        check_equal(len(groups), 2, f"{name}: groups")
        check_equal(groups[1].get_all("Action"), ["failed"], f"{name}: Action")
        check_equal(unfold(groups[1]["Diagnostic-Code"]).strip(), shown, name)


@test("long replies are folded and cut")
def _():
    for said in ("smtp; 550 " + "word " * 5000, "smtp; 550 " + "w" * 60000):
        octets, report = build("to=you@example.com", f"diagnostic={said}")
        found = unfold(check_form(octets, report)[1]["Diagnostic-Code"])
        check_equal(3000 < len(found) < 5000, True, "length")


@test("addresses that aren't ASCII")
def _():
    octets, report = build("to=you@例え.example", "to=花子@例え.example")
    _, first, second = check_form(octets, report)
    check_equal(first["Final-Recipient"], "rfc822; you@xn--r8jz45g.example", "IDN")
    check_equal(second["Final-Recipient"], r"utf-8; \x{82B1}\x{5B50}@xn--r8jz45g.example", "UTF-8")


@test("text for people in Japanese, and a message of eight bits")
def _():
    message = "Subject: 生のまま\n\n本文\n".encode()
    for whole in ([], ["whole"]):
        octets, report = build("to=you@example.com", "text=届きませんでした。\n", *whole, message=message)
        check_form(octets, report)
        check_equal(report.get_payload()[0].get_content().strip(), "届きませんでした。", "text")
        check_equal(report["Content-Transfer-Encoding"], "8bit", "encoding of the whole")
        check_equal(report.get_payload()[2]["Content-Transfer-Encoding"], "8bit", "encoding of part 3")


@test("odd messages")
def _():
    for message in (b"", b"\n", b"no header at all", b"A: b", b"A: b\r\n\r\n--=_0\r\n\r\nx", b"X: " + b"y" * 100000 + b"\n\n",
                    b"A: b\n" * 20000 + b"\n"):
        for whole in ([], ["whole"]):
            octets, report = build("to=you@example.com", *whole, message=message)
            check_equal(len(report.get_payload()), 3, f"parts with {message[:20]}")
            check_equal(len(octets) < len(message) + 5000, True, "size")
            if not whole:
                check_equal(len(octets) < 70000, True, "size of the header")


if __name__ == "__main__":
    main()
