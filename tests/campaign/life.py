"""The life of one message, spoiled at one place: what is run, and what must hold afterwards.

A clean run writes down the calls by which toukan touches its files, the network and its
standard streams (inject.c). Each is then a place to be killed at, and to fail at with each
error that the call may give. The sink's log is what arrived; nothing that toukan says of
itself counts, but its exit status and what `toukan outbox list` shows.
"""

import itertools
import json
import os
import pathlib
import shutil
import subprocess
import threading
from typing import NamedTuple

TOP = pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2])
# The sanitizer's search for leaks is a tracer itself, and can't be traced.
TRACEABLE = {"ASAN_OPTIONS": "detect_leaks=0"}
BUILD = pathlib.Path(os.environ.get("top_builddir") or TOP / "build")
INJECT = BUILD / "tests/campaign/inject"
TOUKAN = BUILD / "toukan"

PATIENCE = 60  # s: longer than any run; a run that hangs is a failure
KILLED = 128 + 9
TEMPORARY, IN_DOUBT = 75, 74
RECIPIENTS = ("bob@example.test", "eve@example.test")
BODY = "The first line.\n\n.\n..two dots\nThe last line.\n"

# What a call may give, by its name. EINTR where its manual page has it.
DISK = ("ENOSPC", "EIO", "EINTR")
ERRORS = {
    **dict.fromkeys(("write", "writev", "pwrite64", "fallocate", "openat", "fsync", "fdatasync"), DISK),
    **dict.fromkeys(("rename", "renameat2", "link", "linkat", "mkdir", "mkdirat"), ("ENOSPC", "EIO")),
    **dict.fromkeys(("unlink", "unlinkat"), ("EIO",)),
    **dict.fromkeys(("read", "pread64", "ftruncate"), ("EIO", "EINTR")),
    **dict.fromkeys(("recvfrom", "recvmsg"), ("EIO", "EINTR", "ECONNRESET")),
    **dict.fromkeys(("sendto", "sendmsg"), ("EIO", "EINTR")),
}


class Place(NamedTuple):
    """One call of a clean run, and what happens to it."""

    call: str    # as inject.c names it: "THREAD CALL TARGET NUMBER"
    action: str  # KILL, or an error
    commits: int    # of the clean run

    def __str__(self):
        return f"{self.action} at [{self.call}]"


class Life(NamedTuple):
    """How a message is handed in and sent. QUEUED: it is in the outbox already, so that its
    loss is nobody's to be told of. USED: the outbox is there already."""

    title: str
    arguments: tuple
    used: bool = True
    queued: bool = False
    large: bool = False
    resend: bool = False
    commits: int = 3  # that a message takes: kept, permitted, settled
    every: int = 1    # of its places, the whole campaign tries one of so many


SENDMAIL = ("sendmail", "-t", "-i")
SEND = ("send", *itertools.chain(*(("--to", each) for each in RECIPIENTS)), "--subject", "life")
LIVES = [
    Life("the first message of all, by sendmail -t", SENDMAIL, used=False),
    Life("sendmail -t", SENDMAIL),
    Life("sendmail -t, what is in doubt is sent again", (*SENDMAIL, "--set=in-doubt=resend"), resend=True),
    Life("send", SEND),
    Life("send of a large message", SEND, large=True, every=40),
    Life("sendmail -t into the queue", (*SENDMAIL, "--set=delivery=queue"), commits=1),
    Life("outbox flush", ("outbox", "flush"), queued=True, commits=2),
    Life("agent --once", ("agent", "--once"), queued=True, commits=2),
]


class Sink:
    """One toukan-sink for all; its log is read as it grows."""

    def __init__(self, folder, *options):
        folder.mkdir()
        self._log = folder / "log"
        self._errors = open(folder / "errors", "w", encoding="utf-8")
        self._process = subprocess.Popen(
            [BUILD / "toukan-sink", "--listen", "127.0.0.1:0", "--log", self._log, "--maildir", folder / "maildir",
             "--tls-dir", folder / "tls", *options], stdin=subprocess.DEVNULL, stdout=self._errors,
            stderr=self._errors)
        self._offset, self._lock, self._messages = 0, threading.Lock(), {}
        self.port = None
        while self.port is None:
            if self._process.poll() is not None:
                raise RuntimeError((folder / "errors").read_text())
            self._read()

    def _read(self):
        if not self._log.exists():
            return
        with open(self._log, "rb") as log:
            log.seek(self._offset)
            for line in log:
                if not line.endswith(b"\n"):
                    break
                self._offset += len(line)
                self._take(json.loads(line))

    def _take(self, event):
        if event["event"] == "ready":
            self.port = int(event["listen"][0].rpartition(":")[2])
        elif event["event"] == "message":
            self._messages.setdefault(event["sender"], []).append(event)

    def messages(self, sender=None):
        """What arrived from SENDER; else all, by sender."""
        with self._lock:
            self._read()
            return dict(self._messages) if sender is None else list(self._messages.get(sender, ()))

    def stop(self):
        self._process.terminate()
        self._process.wait()
        self._errors.close()


class Trial:
    """One run in a folder of its own."""

    _numbers = itertools.count(1)

    def __init__(self, campaign, life):
        self._campaign, self._life = campaign, life
        self.sender = f"run{next(self._numbers)}@lab.test"
        self.folder = campaign.folder / self.sender.partition("@")[0]
        self.folder.mkdir()
        self.state = self.folder / "toukan"
        if life.used:
            shutil.copytree(campaign.used, self.state)
        body = BODY * 60000 if life.large else BODY
        header = "" if "send" in life.arguments else (
            f"To: {', '.join(RECIPIENTS)}\nSubject: life\nFrom: alice@lab.test\nMessage-ID: <life@lab.test>\n"
            "Date: Sun, 22 Nov 2026 10:00:00 +0000\n\n")
        (self.folder / "input").write_text(header + body, encoding="ascii")
        self.body = body
        self.calls = []
        if life.queued:
            self.run(*SENDMAIL, "-f", self.sender, "--set=delivery=queue")

    def run(self, *arguments, inject=None):
        """toukan's end; under the injector with INJECT, its further arguments."""
        environment = {"HOME": str(self.folder), "XDG_STATE_HOME": str(self.folder), "LC_ALL": "C.UTF-8",
                       "PATH": os.environ["PATH"], "TOUKAN_CONFIG": str(self._campaign.config),
                       **TRACEABLE}
        command = [TOUKAN, *arguments]
        if inject is not None:
            command = [INJECT, "--root", self.state, "--log", self.folder / "calls", *inject, "--", *command]
        with open(self.folder / "input", encoding="ascii") as text:
            done = subprocess.run(command, stdin=text, capture_output=True, env=environment, timeout=PATIENCE,
                                  check=False)
        done.said = (done.stdout + done.stderr).decode(errors="replace")
        if "Sanitizer" in done.said or "runtime error:" in done.said:
            raise AssertionError(f"toukan broke\n{done.said}")
        return done

    def live(self, place=None):
        """The life itself; with PLACE, spoiled there. TRUE: it came to that place."""
        arguments = list(self._life.arguments)
        if not self._life.queued:
            arguments += ["--from" if arguments[0] == "send" else "-f", self.sender]
        inject = ["--at", place.call, "--with", place.action] if place else []
        self.done = self.run(*arguments, inject=inject)
        self.calls = (self.folder / "calls").read_text(encoding="utf-8").splitlines()
        return not place or f"{place.call} {place.action}" in self.calls

    def items(self):
        """What the outbox has of this message; a file that can't be opened fails."""
        done = self.run("outbox", "list", "--all", "--json")
        if done.returncode != 0 or "damaged" in done.said:
            raise AssertionError(f"the outbox can't be read\n{done.said}")
        found = [json.loads(line) for line in done.said.splitlines() if line.startswith("{")]
        return [item for item in found if item["sender"] == self.sender]

    def rescue(self):
        return self.run("outbox", "flush")

    def arrivals(self):
        """How often it arrived, by recipient; what arrived must be whole."""
        counts = dict.fromkeys(RECIPIENTS, 0)
        for message in self._campaign.sink.messages(self.sender):
            for recipient in message["recipients"]:
                counts[recipient] += 1
            text = pathlib.Path(message["file"]).read_bytes().replace(b"\r\n", b"\n")
            if not text.endswith(b"\n\n" + self.body.encode()):
                raise AssertionError(f"{message['file']} isn't whole")
        return counts

    def clean(self):
        shutil.rmtree(self.folder)


class Campaign:
    def __init__(self, folder):
        self.folder = folder
        self.sink = Sink(folder / "sink")
        self.config = folder / "config"
        self.config.write_text(f"[account life]\nfrom = alice@lab.test\nhost = 127.0.0.1\nports = {self.sink.port}\n"
                               "tls = off\n", encoding="ascii")
        self.used = folder / "used"
        trial = Trial(self, LIVES[0])
        assert trial.live() and trial.done.returncode == 0, trial.done.said
        shutil.copytree(trial.state, self.used)
        trial.clean()

    def stop(self):
        self.sink.stop()

    def places(self, life):
        """All places of a clean run of LIFE."""
        trial = Trial(self, life)
        trial.live()
        assert trial.done.returncode == 0, trial.done.said
        assert set(trial.arrivals().values()) == {0 if life.commits == 1 else 1}, trial.arrivals()
        commits = sum(map(is_commit, trial.calls))
        assert commits >= life.commits or life.commits == 1, trial.calls
        trial.clean()
        return [Place(call, action, commits) for call in trial.calls for action in ("KILL", *errors_of(call))]

    def try_place(self, life, place):
        """TRUE: LIFE, spoiled at PLACE, kept its promises. FALSE: it didn't come there."""
        trial = Trial(self, life)
        if not trial.live(place):
            trial.clean()
            return False
        before, status = trial.items(), trial.done.returncode
        rescue = trial.rescue() if before else None
        after, counts = trial.items(), trial.arrivals()
        fault = judge(life, place, may_be_in_doubt(life, place, trial.calls), status, before, after, counts)
        if fault:
            raise AssertionError("\n".join([
                f"{life.title}, {place}: {fault}", f"status {status}, arrived {counts}", trial.done.said,
                f"before the rescue: {before}", f"after it: {after}", rescue.said if rescue else "no rescue",
                *trial.calls[-8:], f"see {trial.folder}"]))
        trial.clean()
        return True


def errors_of(call):
    _, name, target, _ = call.split(" ")
    if target in ("output", "errors", "input"):
        return [error for error in ERRORS[name] if error != "ENOSPC" or target == "output"]
    return ERRORS[name]


def is_commit(call):
    """Of the thread that writes; what the main one does is tidying up."""
    thread, name, target, _ = call.split(" ", 3)
    return thread != "0" and (name, target) == ("fdatasync", "outbox.sqlite3-wal")


def may_be_in_doubt(life, place, calls):
    """Was it cut between the permit to end and the note of what the server said? These are the
    last two commits, of which one at least is still to come, or failing."""
    until = calls.index(f"{place.call} {place.action}")
    return life.commits > 1 and place.commits - sum(map(is_commit, calls[:until])) in (1, 2)


def judge(life, place, doubtful, status, before, after, counts):
    """What promise was broken; None: none."""
    doubted = [item for item in before + after if item["state"] == "in-doubt"]
    waiting = [item for item in after if item["state"] not in ("in-doubt", "finished")]
    once = set(counts.values()) == {1}
    arrived = max(counts.values())
    if arrived > (2 if life.resend and doubtful else 1):
        return "it arrived too often"
    if doubted and not doubtful:
        return "it is in doubt, and nothing was permitted, or all was noted"
    if waiting:
        return "it waits still, though the server takes all"
    if life.queued and not before:
        return "it is gone"
    # The agent's own status tells of the agent.
    if status == 0 and not once and not (life.resend or (life.queued and doubted)):
        return "status 0, and not exactly once"
    if status == 0 and not arrived and not (life.queued and doubted):
        return "status 0, and it is lost"
    if status == IN_DOUBT and not doubted and not life.queued and " input " not in place.call:
        return "called in doubt, and nothing shows it"
    if before and not arrived and not doubted:
        return "it was kept, and is lost"
    if status not in (0, KILLED, IN_DOUBT) and not life.queued and (before or arrived):
        return "it was refused, and yet kept or sent: who repeats it, doubles it"
    return None
