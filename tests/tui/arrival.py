"""What arrived at the sink, compared octet for octet with what was to arrive."""

import re

# What differs from one time to the next.
UNSURE = (
    (r"(?m)^Date: \w{3}, \d\d? \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}$", "Date: DATE"),
    (r"(?m)^Message-ID: <[^<>@ ]+@example\.(org|com)>$", "Message-ID: ID"),
    (r'boundary="=_[^"]+"', 'boundary="B"'),
    (r"(?m)^--=_[0-9a-f]+", "--B"),
)


def check_arrived(stage, expected):
    """The last message, with words in place of what can't be foreseen, is EXPECTED."""
    found = stage.messages()[-1]
    for pattern, word in UNSURE:
        found = re.sub(pattern, word, found)
    if found != expected:
        raise AssertionError(f"arrived:\n{found}\nexpected:\n{expected}")


def envelope(*recipients, sender="hanako@example.org"):
    """What the sink puts before a message."""
    delivered = "".join(f"Delivered-To: {recipient}\n" for recipient in recipients)
    named = "".join(f"X-Envelope-To: {recipient}\n" for recipient in recipients)
    return (f"Return-Path: <{sender}>\n{delivered}X-Envelope-From: {sender}\n{named}"
            "X-Envelope-Auth: none\nX-Envelope-Tls: none\n")


def head(to="taro@example.net", subject="Lunch", more="", sender="Hanako <hanako@example.org>"):
    """The fields of a letter, up to what kind of body it has. MORE: lines behind Subject or before it."""
    return f"Date: DATE\nFrom: {sender}\nMessage-ID: ID\nTo: {to}\n{more}Subject: {subject}\n"


def text(body):
    """A part of text, from MIME's fields on."""
    charset, encoding = ("us-ascii", "7bit") if body.isascii() else ("utf-8", "8bit")
    return (f'Content-Type: text/plain; charset="{charset}"; format=flowed\n'
            f"Content-Transfer-Encoding: {encoding}\n\n{body}")


def photo(name):
    """The part that PHOTO becomes."""
    return (f'Content-Type: image/jpeg\nContent-Disposition: attachment; filename="{name}"\n'
            "Content-Transfer-Encoding: base64\n\n/9j/4EpGSUY=\n")


PHOTO = b"\xff\xd8\xff\xe0JFIF"


def mixed(*parts):
    """Several parts, from MIME's fields on."""
    inside = "\n".join(f"--B\n{part}" for part in parts[:-1])
    return f'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="B"\n\n{inside}\n--B\n{parts[-1]}--B--\n'


def plain(body, **fields):
    """A letter of text alone from Hanako to Taro."""
    return envelope("taro@example.net") + head(**fields) + "MIME-Version: 1.0\n" + text(body)
