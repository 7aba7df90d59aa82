"""One toukan-sink: how it is started, and what it says that it saw."""

import itertools
import json
import pathlib
import subprocess

from . import BUILD

ENVELOPE = (b"X-Envelope-", b"Delivered-To:", b"Return-Path:")  # how the lines before a message begin
USER, PASSWORD, TOKEN = "alice", "correct horse", "ya29.token"


class Stored:
    """A message as the sink stored it: its envelope, and its octets with CRLF line ends."""

    def __init__(self, event):
        self.sender = event["sender"]
        self.recipients = event["recipients"]
        self.user = event.get("user")
        self.tls = event.get("tls")
        self.size = event["size"]
        self.sha256 = event["sha256"]
        self._file = event.get("file")

    @property
    def octets(self):
        """The file without the envelope that the sink put before it."""
        lines = pathlib.Path(self._file).read_bytes().splitlines(keepends=True)
        own = itertools.dropwhile(lambda line: line.startswith(ENVELOPE), lines)
        return b"".join(line.rstrip(b"\r\n") + b"\r\n" for line in own)


class Sink:
    def __init__(self, lab, places, options, certificate="good", names=("smtp.lab.test",), host=None):
        folder = lab.folder / f"sink-{len(lab.sinks)}"
        folder.mkdir()
        self.log = folder / "log"
        self.tls_folder = lab.shared_path("-".join(["tls", certificate, *names]))
        self.maildir = folder / "maildir"
        command = [str(BUILD / "toukan-sink"), "--log", str(self.log), "--maildir", str(self.maildir),
                   "--name", "smtp.lab.test", "--tls-dir", str(self.tls_folder), "--certificate", certificate,
                   "--user", f"{USER}:{PASSWORD}", "--token", f"{USER}:{TOKEN}"]
        for name in names:
            command += ["--tls-name", name]
        for place in places:
            command += ["--listen", place]
        self.errors = open(folder / "errors", "w+", encoding="utf-8")
        self.process = (host or lab.server).popen([*command, *options], stdin=subprocess.DEVNULL,
                                                  stdout=self.errors, stderr=self.errors)
        lab.processes.append(self.process)
        lab.wait_for(self._is_ready, "toukan-sink")

    def _is_ready(self):
        if self.process.poll() is not None:
            self.errors.seek(0)
            raise RuntimeError(f"toukan-sink ended with {self.process.returncode}: {self.errors.read()}")
        return self.events("ready")

    def events(self, kind=None):
        """What it has logged so far; only events of KIND, if given."""
        if not self.log.exists():
            return []
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
        events = [json.loads(line) for line in lines if line.endswith("\n")]
        return [event for event in events if kind in (None, event["event"])]

    def messages(self):
        return [Stored(event) for event in self.events("message")]

    def verbs(self):
        """The verbs of all commands that it was given, in order."""
        return [event["command"].split(" ")[0].upper() for event in self.events("command")]

    @property
    def ca(self):
        return self.tls_folder / "ca.pem"
