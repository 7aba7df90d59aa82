"""A Maildir that a server delivers to, and a message in it as it was sent."""

import re

# What servers write above a message; ours never begins with one of these.
TRACE = {b"return-path", b"received", b"delivered-to", b"x-original-to", b"envelope-to", b"delivery-date",
         b"x-envelope-from", b"x-envelope-to"}
FIELD = re.compile(rb"([!-9;-~]+):[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*")


class Delivered:
    """One file of a Maildir."""

    def __init__(self, path):
        text = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        at = 0
        while (field := FIELD.match(text, at)) and field[1].lower() in TRACE:
            at = field.end()
        self.trace, self.octets = text[:at].decode("utf-8", "replace"), text[at:]

    @property
    def recipient(self):
        """Whom it was delivered to."""
        return re.search(r"^(?:Delivered-To|Envelope-to|X-Envelope-To): <?(.*?)>?\r$", self.trace, re.M | re.I)[1]

    @property
    def sender(self):
        return re.search(r"^Return-Path: <(.*)>\r$", self.trace, re.M | re.I)[1]

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

    def take(self, count=1):
        """The COUNT messages that have come, or come soon, since the last call."""
        self._lab.wait_for(lambda: len(self._new()) >= count, f"message {count}", patience=20)
        paths = self._new()
        if len(paths) != count:
            raise AssertionError(f"{len(paths)} messages, not {count}, in {self._folder}")
        self._old.update(paths)
        return [Delivered(path) for path in paths]

    def check_empty(self):
        """Fails if anything came since the last take()."""
        if paths := self._new():
            raise AssertionError(f"{len(paths)} messages came that were not to come: {paths[0].read_bytes()[:500]}")
