#!/usr/bin/env python3
"""Messages made of random letters, read by Python's email package, which had no hand in making them."""

import email
import email.policy
import json
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

COUNT = 200
SEED = os.environ.get("LETTER_SEED", "1")


def unflow(text):
    """RFC 3676, 4: paragraphs as (depth, text)."""
    paragraphs, flowing = [], False
    for line in text.split("\n")[:-1]:
        depth = len(line) - len(line.lstrip(">"))
        line = line[depth:]
        line = line[1:] if line.startswith(" ") else line
        signature = line == "-- "
        if flowing and not signature and paragraphs[-1][0] == depth:
            paragraphs[-1] = (depth, paragraphs[-1][1] + line)
        else:
            paragraphs.append((depth, line))
        flowing = line.endswith(" ") and not signature
    return paragraphs


def written(text):
    """The paragraphs that somebody typed; blanks at their ends mean nothing."""
    paragraphs = []
    for line in (text if text.endswith("\n") or not text else text + "\n").split("\n")[:-1]:
        marks = re.match(r"(>( ?>)*)?", line).group(0)
        depth = marks.count(">")
        line = line[len(marks):]
        line = line[1:] if depth and line.startswith(" ") else line
        paragraphs.append((depth, line if line == "-- " else line.rstrip(" ")))
    return paragraphs


def plain(paragraphs):
    return [(depth, line if line == "-- " else line.rstrip(" ")) for depth, line in paragraphs]


def mailboxes(header):
    return [(address.display_name, address.addr_spec) for address in header.addresses] if header else []


def as_typed(text):
    """The same, of what a person wrote; names with quotes as that person means them."""
    found = re.findall(r'(?:"((?:[^"\\]|\\.)*)" |([^<"]*?) ?)<([^>]*)>(?:, )?', text)
    return [(re.sub(r"\\(.)", r"\1", quoted) or bare.strip(), address) for quoted, bare, address in found]


FOLDER = tempfile.TemporaryDirectory(prefix="toukan-letters-")
MADE = subprocess.run([BUILD / "tests/unit/make-letters", FOLDER.name, str(COUNT), SEED], check=False)


def letters():
    for number in range(COUNT):
        base = pathlib.Path(FOLDER.name) / str(number)
        octets = base.with_suffix(".eml").read_bytes()
        yield (json.loads(base.with_suffix(".json").read_text(encoding="utf-8")), octets,
               email.message_from_bytes(octets, policy=email.policy.default))


def text_of(part):
    return part.get_content().replace("\r\n", "\n")


@test("all were made")
def _():
    check_equal(MADE.returncode, 0, "status")


@test("lines end in CRLF and are not too long; nothing of Bcc is there")
def _():
    for _letter, octets, _message in letters():
        check_equal(octets.replace(b"\r\n", b"").count(b"\n"), 0, "bare LF")
        check_equal(max(map(len, octets.split(b"\r\n"))) <= 998, True, "length")
        check_equal(b"secret@" in octets, False, "Bcc")


@test("nothing in them is wrong")
def _():
    for _letter, _octets, message in letters():
        for part in message.walk():
            check_equal(part.defects, [], "defects")


@test("recipients")
def _():
    for letter, _octets, message in letters():
        check_equal(mailboxes(message["To"]), as_typed(letter["to"]), "To")
        check_equal(mailboxes(message["Cc"]), as_typed(letter["cc"]), "Cc")


@test("subject and thread")
def _():
    for letter, _octets, message in letters():
        check_equal(str(message["Subject"]).split(), letter["subject"].split(), "Subject")
        check_equal(str(message["References"] or ""), letter["references"], "References")
        check_equal(str(message["In-Reply-To"] or ""), letter["references"].split(" ")[-1], "In-Reply-To")


@test("text, flowed")
def _():
    for letter, _octets, message in letters():
        part = message if not message.is_multipart() else message.get_payload(0)
        check_equal(part.get_content_type(), "text/plain", "type")
        check_equal(part.get_param("format"), "flowed", "format")
        check_equal(plain(unflow(text_of(part))), written(letter["body"]), "text")


@test("attachments, octet for octet, under their names")
def _():
    for letter, _octets, message in letters():
        parts = message.get_payload()[1:] if message.is_multipart() else []
        files = [part for part in parts if part.get_content_type() != "message/rfc822"]
        check_equal(len(files), len(letter["attachments"]), "number")
        for part, attached in zip(files, letter["attachments"]):
            check_equal(part.get_filename(), attached["name"], "name")
            check_equal(part.get_content_disposition(), "attachment", "disposition")
            if attached["type"]:
                check_equal(part.get_content_type(), attached["type"].split(";")[0], "type")
            octets = part.get_payload(decode=True).replace(b"\r\n", b"\n")
            check_equal(octets, pathlib.Path(attached["path"]).read_bytes(), "octets")


@test("the message that was forwarded")
def _():
    for letter, octets, message in letters():
        parts = message.get_payload()[1:] if message.is_multipart() else []
        inner = [part for part in parts if part.get_content_type() == "message/rfc822"]
        check_equal(len(inner), 1 if letter["forwarded"] else 0, "number")
        if inner:
            check_equal(inner[0].get_payload(0)["Subject"], "inner", "Subject")
            whole = letter["forwarded"].replace("\n", "\r\n").encode()
            check_equal(whole in octets, True, "octets")


main()
