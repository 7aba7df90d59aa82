"""A Maildir that a server delivers to, and a message in it as it was sent."""

import re

# What servers write above a message; ours never begins with one of these.
TRACE = re.compile(rb"(?i:return-path|received|delivered-to|x-original-to|envelope-to|delivery-date|x-envelope-.*)")
FIELD = re.compile(rb"([!-9;-~]+):[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*")


def check_octets(found, expected):
    """Fails with the place where they part."""
    if found == expected:
        return
    at = next((index for index, (one, other) in enumerate(zip(found, expected)) if one != other),
              min(len(found), len(expected)))
    around = slice(max(0, at - 20), at + 60)
    raise AssertionError(f"{len(found)} octets, not {len(expected)}; at {at}: found {found[around]!r}, "
                         f"expected {expected[around]!r}")


class Delivered:
    """One file of a Maildir."""

    def __init__(self, path):
        text = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        at = 0
        while (field := FIELD.match(text, at)) and TRACE.fullmatch(field[1]):
            at = field.end()
        self.trace, self.octets = text[:at].decode("utf-8", "replace"), text[at:]

    @property
    def recipients(self):
        """Whom it was delivered to; toukan-sink stores a message once for all."""
        return re.findall(r"^(?:Delivered-To|Envelope-to): <?(.*?)>?\r$", self.trace, re.M | re.I)

    @property
    def sender(self):
        """The envelope's sender; "" is also what a server writes nothing for."""
        found = re.search(r"^Return-Path: <?(.*?)>?\r$", self.trace, re.M | re.I)
        return found[1] if found else ""

    @property
    def message_id(self):
        """With its brackets."""
        found = re.search(rb"^Message-ID: *(\S+)\r$", self.octets, re.M | re.I)
        return found[1].decode() if found else None

    def received(self, pattern):
        """Whether a Received field, unfolded, has PATTERN."""
        return re.search(pattern, re.sub(r"\r\n[ \t]+", " ", self.trace)) is not None


class Mailbox:
    def __init__(self, lab, folder):
        self._lab, self._folder = lab, folder
        self._old = set()

    def _new(self):
        if not (self._folder / "new").is_dir():
            return []
        return sorted(path for path in (self._folder / "new").iterdir() if path not in self._old)

    def take(self, count=1, patience=20):
        """The COUNT messages that have come, or come soon, since the last call."""
        self._lab.wait_for(lambda: len(self._new()) >= count, f"message {count}", patience)
        paths = self._new()
        if len(paths) != count:
            raise AssertionError(f"{len(paths)} messages, not {count}, in {self._folder}")
        self._old.update(paths)
        return [Delivered(path) for path in paths]

    def check_empty(self):
        """Fails if anything came since the last take()."""
        if paths := self._new():
            raise AssertionError(f"{len(paths)} messages came that were not to come: {paths[0].read_bytes()[:500]}")
