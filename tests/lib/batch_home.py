"""A configuration, a letter, a table and a server for tests of `toukan batch`."""

import csv
import email
import email.policy
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time

from tap import check_equal

TOP = pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2])
BUILD = pathlib.Path(os.environ.get("top_builddir") or TOP / "build")

OK, USAGE, DATA, NO_INPUT, NO_USER, UNAVAILABLE, IO, TEMPORARY = 0, 64, 65, 66, 67, 69, 74, 75
QUIET = {"ASAN_OPTIONS": "detect_leaks=0"}
MERGE = ("--template", "letter.eml", "--data", "people.csv")
LETTER = "Subject: Hello {{name}}\nTo: {{name}} <{{mail}}>\n\nDear {{name}},\n\nyours\n"
PEOPLE = "name,mail\nAda,ada@example.org\n\"Müller, \"\"Bob\"\"\",bob@example.org\nCleo,cleo@example.org\n"


def people(count, start=0):
    return "id,name,mail\n" + "".join(f"k{n},N{n},n{n}@example.org\n" for n in range(start, start + count))


class Home:
    def __init__(self, text="", sink=()):
        self.folder = tempfile.TemporaryDirectory(prefix="test-verb-batch-")
        self.path = pathlib.Path(self.folder.name)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.server = None
        account = f"from = Me <me@example.org>\nhost = 127.0.0.1\nports = {self.port}\ntls = off\nlog = off\n"
        (self.path / "config").write_text(f"[account work]\n{account}{text}", encoding="utf-8")
        self.environment = dict(os.environ, TOUKAN_CONFIG=str(self.path / "config"), XDG_STATE_HOME=str(self.path),
                                LC_ALL="C.UTF-8", LANGUAGE="C", TZ="UTC", COLUMNS="80", TMPDIR=str(self.path), **QUIET)
        self.write("letter.eml", LETTER)
        self.write("people.csv", PEOPLE)
        if sink is not None:
            self.sink(*sink)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop_sink()
        self.folder.cleanup()

    def write(self, name, content):
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def sink(self, *options):
        self.stop_sink()
        command = [BUILD / "toukan-sink", "--listen", f"127.0.0.1:{self.port}", "--maildir", self.path / "mail",
                   "--log", self.path / "log", *options]
        self.server = subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(500):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError("toukan-sink doesn't listen")

    def stop_sink(self):
        if self.server:
            self.server.send_signal(signal.SIGTERM)
            self.server.wait()
            self.server = None

    def mails(self):
        return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
                for path in sorted((self.path / "mail/new").glob("*"))]

    def subjects(self):
        return sorted(mail["Subject"] for mail in self.mails())

    def command(self, *words):
        return [BUILD / "toukan", "batch", *words]

    def batch(self, *words, text="", expected=OK, **environment):
        text = text if isinstance(text, bytes) else text.encode()
        done = subprocess.run(self.command(*words), input=text, env={**self.environment, **environment}, cwd=self.path,
                              check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        out, err = done.stdout.decode(), done.stderr.decode()
        if expected is not None:
            check_equal(done.returncode, expected, f"status; it says {err!r} {out[:500]!r}")
        return out, err

    def merge(self, *words, **more):
        return self.batch("--template", "letter.eml", "--data", "people.csv", *words, **more)

    def start(self, *words):
        return subprocess.Popen(self.command(*words), env=self.environment, cwd=self.path, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def info(self, name="people"):
        out, _ = self.batch("status", name, "--json")
        return json.loads(out.splitlines()[0])

    def report(self, name):
        with open(self.path / name, newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))


def wait_for(what, condition):
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError(f"never: {what}")
