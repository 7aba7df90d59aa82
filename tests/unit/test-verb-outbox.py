#!/usr/bin/env python3
"""`toukan outbox` and `mailq` as a user meets them, over an outbox that the program itself has filled."""

import datetime
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2])
BUILD = pathlib.Path(os.environ.get("top_builddir") or TOP / "build")
sys.path.insert(0, str(TOP / "tests/lib"))

from tap import check_equal, main, test  # noqa: E402

OK, USAGE, DATA, NO_INPUT, UNAVAILABLE, IO, TEMPORARY, CONFIGURATION = 0, 64, 65, 66, 69, 74, 75, 78
QUIET = {"ASAN_OPTIONS": "detect_leaks=0"}


class Home:
    """A configuration with nothing that answers, until sink() gives it a server."""

    def __init__(self, text=""):
        self.folder = tempfile.TemporaryDirectory(prefix="test-verb-outbox-")
        self.path = pathlib.Path(self.folder.name)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.server = None
        account = f"from = me@example.org\nhost = 127.0.0.1\nports = {self.port}\ntls = off\n"
        (self.path / "config").write_text(f"[account work]\n{account}{text}", encoding="utf-8")
        self.environment = dict(os.environ, TOUKAN_CONFIG=str(self.path / "config"), XDG_STATE_HOME=str(self.path),
                                LC_ALL="C.UTF-8", LANGUAGE="C", TZ="UTC", COLUMNS="80", TMPDIR=str(self.path), **QUIET)
        for name in ("VISUAL", "EDITOR"):
            self.environment.pop(name, None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.server:
            self.server.send_signal(signal.SIGTERM)
            self.server.wait()
        self.folder.cleanup()

    def sink(self, *options):
        command = [BUILD / "toukan-sink", "--listen", f"127.0.0.1:{self.port}", "--maildir", self.path / "mail",
                   "--log", self.path / "log", *options]
        self.server = subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError("toukan-sink doesn't listen")

    def mails(self):
        return sorted(path.read_text(encoding="utf-8") for path in (self.path / "mail/new").glob("*"))

    def call(self, *words, text="", called_as=None, **environment):
        done = subprocess.run([called_as or "toukan", *words], executable=BUILD / "toukan", input=text, text=True,
                              env={**self.environment, **environment}, cwd=self.path, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return done.returncode, done.stdout, done.stderr

    def outbox(self, *words, **environment):
        return self.call("outbox", *words, **environment)

    def send(self, *words, to="a@example.org", subject="s", account="work", at="+1h"):
        """A message that waits, since its time is to come."""
        when = ["--at", at] if at else []
        done = self.call("send", "-a", account, "--to", to, "--subject", subject, *when, *words, text="text\n")
        check_equal(done[0], OK, done[2])

    def items(self, *words):
        status, out, err = self.outbox("list", "--all", "--json", *words)
        check_equal((status, err), (OK, ""), "JSON")
        return {item["id"]: item for item in map(json.loads, out.splitlines())}

    def state(self, number):
        return self.items()[number]["state"]

    def doubt(self):
        """Message 1, in doubt: its server closes at the end of it."""
        self.sink("--close-at", "end")
        self.call("send", "--to", "a@example.org", "--subject", "s", text="text\n")
        check_equal(self.items()[1]["standing"], "in-doubt", "standing")


@test("an outbox that isn't there is empty, and isn't made")
def nothing():
    with Home() as home:
        check_equal(home.outbox(), (OK, "Nothing is waiting in the outbox.\n", ""), "list")
        check_equal(home.outbox("list", "--json"), (OK, "", ""), "JSON")
        check_equal(home.outbox("flush"), (OK, "", "Nothing is waiting in the outbox.\n"), "flush")
        check_equal(home.outbox("hold", "all"), (OK, "No message is one for that.\n", ""), "hold")
        check_equal(home.call(called_as="mailq"), (OK, "Mail queue is empty\n", ""), "mailq")
        check_equal((home.path / "toukan").exists(), False, "a directory was made")


@test("a table, 80 columns wide, whatever the subject")
def table():
    with Home() as home:
        home.send(subject="来週の会議の資料をお送りします、ご確認のほどよろしくお願いいたします", to="b@example.org")
        home.send("--cc", "c@example.org", at="tomorrow 9:00")
        status, out, err = home.outbox()
        check_equal((status, err), (OK, ""), "end")
        lines = out.splitlines()
        check_equal([line.split()[:2] for line in lines],
                    [["id", "standing"], ["1", "scheduled"], ["2", "scheduled"]], "lines")
        assert lines[1].endswith("…") and "来週の会議" in lines[1], out
        assert "tomorrow 9:00  a@example.org +1  s" in lines[2], out


@test("every field as JSON")
def as_json():
    with Home() as home:
        home.send(at="2099-01-02T03:04:05Z")
        item = home.items()[1]
        for name in ("submitted", "changed", "message-id"):
            assert item.pop(name), name
        check_equal(item.pop("directory"), str(home.path / "toukan"), "directory")
        assert item.pop("size") > 100
        verdict = {"kind": "none", "stage": "resolve", "cause": "none"}
        check_equal(item, {
            "id": 1, "state": "queued", "standing": "scheduled", "reason": "scheduled", "holder": None,
            "account": "work", "sender": "me@example.org", "from": "me@example.org", "subject": "s", "envid": None,
            "overrides": [], "not-before": "2099-01-02T03:04:05Z", "hold-until": "2099-01-02T03:04:05Z",
            "finished": None, "owner": os.getuid(), "tries": 0, "with-network": False,
            "recipients": [{"address": "a@example.org", "pending": True, "verdict": verdict}]}, "item")


@test("show tells the history in words, and --message the message")
def show():
    with Home() as home:
        home.send(at=None)
        status, out, err = home.outbox("show", "1")
        check_equal((status, err), (OK, ""), "end")
        for words in ("Message 1: deferred\n", "  Subject:      s\n", "a@example.org: waiting: no path to the server",
                      "put into the outbox\n", "no path was reached", "A try"):
            assert words in out, out
        status, message, _ = home.outbox("show", "--message", "1")
        assert status == OK and "\nSubject: s\n" in message.replace("\r", "") and message.endswith("text\n"), message
        attempts = json.loads(home.outbox("show", "--json", "1")[1])["attempts"]
        check_equal([attempt["verdict"]["cause"] for attempt in attempts], ["no-path"], "attempts")


@test("flush sends what is deferred, and leaves alone what has its time")
def flush():
    with Home() as home:
        home.send(at=None, subject="one")
        home.send(subject="two")
        check_equal(home.outbox("flush")[0], TEMPORARY, "nobody answers")
        home.sink()
        check_equal(home.outbox("flush"), (OK, "", "message 1: sent\n"), "flush")
        check_equal([item["standing"] for item in home.items().values()], ["sent", "scheduled"], "standing")
        check_equal(home.outbox("flush", "2"), (OK, "", "message 2: sent\n"), "flush 2")
        check_equal(len(home.mails()), 2, "mails")
        check_equal(home.outbox(), (OK, "Nothing is waiting in the outbox.\n", ""), "list")
        out = home.outbox("list", "--all")[1]
        check_equal(out.count(" sent "), 2, "history")


@test("flush -v shows the dialogue, --json the events")
def flush_views():
    with Home() as home:
        home.sink()
        home.send()
        home.send()
        _, out, err = home.outbox("flush", "-v", "1")
        assert out == "" and "> MAIL FROM:<me@example.org>" in err and "message 1: sent" in err, err
        _, out, _ = home.outbox("flush", "--json", "2")
        events = [json.loads(line)["event"] for line in out.splitlines()]
        assert "attempt" in events and events[-1] == "outcome", events


@test("flush ends with what the server said")
def flush_refused():
    with Home() as home:
        home.sink("--rcpt", "a@example.org=550 5.1.1 nobody", "--rcpt", "b@example.org=450 4.2.1 later")
        home.send()
        home.send(to="b@example.org")
        status, _, err = home.outbox("flush", "1")
        assert status == 67 and 'message 1: refused: the server refused it, saying "550 5.1.1 nobody"\n' in err, err
        status, _, err = home.outbox("flush", "2")
        assert status == TEMPORARY and re.search("message 2: deferred: .*450.*; due in 1 min", err), err


@test("hold, release, retry, cancel, remove")
def actions():
    with Home() as home:
        home.send()
        check_equal(home.outbox("hold", "1"), (OK, "message 1: held\n", ""), "hold")
        check_equal(home.items()[1]["standing"], "held", "standing")
        check_equal(home.outbox("release", "1"), (OK, "message 1: released\n", ""), "release")
        check_equal(home.items()[1]["standing"], "scheduled", "its time is kept")
        check_equal(home.outbox("release", "1"), (UNAVAILABLE, "", "toukan: message 1: it is not held\n"), "again")
        check_equal(home.outbox("retry", "1"), (OK, "message 1: due now\n", ""), "retry")
        check_equal(home.items()[1]["standing"], "waiting", "standing")
        check_equal(home.outbox("resolve", "1", "sent"), (UNAVAILABLE, "", "toukan: message 1: it is not in doubt\n"),
                    "resolve")
        check_equal(home.outbox("remove", "1")[0], UNAVAILABLE, "remove")
        check_equal(home.outbox("cancel", "1"), (OK, "message 1: cancelled\n", ""), "cancel")
        for verb in ("cancel", "hold", "retry", "edit"):
            check_equal(home.outbox(verb, "1"), (UNAVAILABLE, "", "toukan: message 1: it was cancelled\n"), verb)
        check_equal(home.outbox("remove", "1"), (OK, "message 1: removed\n", ""), "remove")
        check_equal(home.items(), {}, "what is left")


@test("several numbers, ranges and all: those that fit, each once")
def ranges():
    with Home() as home:
        for _ in range(5):
            home.send()
        check_equal(home.outbox("hold", "2-3", "3", "2")[1], "message 2: held\nmessage 3: held\n", "hold")
        check_equal(home.outbox("release", "1-4")[1], "message 2: released\nmessage 3: released\n", "release")
        check_equal(home.outbox("cancel", "5", "1")[1], "message 5: cancelled\nmessage 1: cancelled\n", "cancel")
        check_equal(home.outbox("cancel", "all")[1].count("cancelled"), 3, "all")
        check_equal(home.outbox("cancel", "all"), (OK, "No message is one for that.\n", ""), "nobody")
        check_equal(home.outbox("cancel", "1-5"),
                    (USAGE, "", "toukan: no message of 1-5 is one for that\n"), "a range of nothing")


for each in (["frob"], ["list", "x"], ["show"], ["hold"], ["resolve"], ["resolve", "1"], ["resolve", "1", "maybe"],
             ["export"], ["export", "1", "a", "b"], ["show", "7"], ["show", "x"], ["show", "0"], ["show", "-1"],
             ["show", "3-2"], ["show", "1x"], ["show", "99999999999999999999"], ["cancel", "1", "7"], ["--nonsense"]):
    @test(f"a wrong command line ends with 64 and changes nothing: {' '.join(each)}", each)
    def usage(words):
        with Home() as home:
            home.send()
            status, out, err = home.outbox(*words)
            check_equal((status, out), (USAGE, ""), err)
            assert err.startswith("toukan: "), err
            check_equal(home.state(1), "queued", "state")


@test("in doubt: a person decides that it was sent")
def resolve_sent():
    with Home() as home:
        home.doubt()
        assert "toukan outbox resolve 1 sent" in home.outbox("show", "1")[1]
        check_equal(home.outbox("hold", "1")[2], "toukan: message 1: it is in doubt: decide with `toukan outbox "
                    "resolve`\n", "hold")
        check_equal(home.outbox("flush"), (OK, "", "Nothing is waiting in the outbox.\n"), "flush")
        check_equal(home.outbox("resolve", "1", "sent"), (OK, "message 1: counts as sent\n", ""), "resolve")
        check_equal(home.items()[1]["standing"], "sent", "standing")


@test("what counts as sent is copied where record says")
def resolve_recorded():
    with Home(text="record = sent\n") as home:
        home.doubt()
        message = home.outbox("show", "--message", "1")[1]
        check_equal(list((home.path / "sent/cur").glob("*")), [], "copies before")
        check_equal(home.outbox("resolve", "1", "sent"), (OK, "message 1: counts as sent\n", ""), "resolve")
        copies = [path.read_text(encoding="utf-8") for path in (home.path / "sent/cur").glob("*")]
        check_equal(copies, [message], "copies")


@test("in doubt: a person decides that it is sent again")
def resolve_resend():
    with Home() as home:
        home.doubt()
        check_equal(home.outbox("resolve", "all", "resend"), (OK, "message 1: will be sent again\n", ""), "resolve")
        check_equal(home.items()[1]["standing"], "waiting", "standing")


@test("export writes a file, and replaces none without --force")
def export():
    with Home() as home:
        home.send()
        message = home.outbox("show", "--message", "1")[1]
        check_equal(home.outbox("export", "1"), (OK, "message 1: written to message-1.eml\n", ""), "export")
        check_equal((home.path / "message-1.eml").read_text(encoding="utf-8"), message, "file")
        check_equal((home.path / "message-1.eml").stat().st_mode & 0o777, 0o600, "mode")
        (home.path / "x").write_text("mine", encoding="utf-8")
        check_equal(home.outbox("export", "1", "x"), (USAGE, "", "toukan: x is there already; --force replaces it\n"),
                    "refused")
        check_equal((home.path / "x").read_text(encoding="utf-8"), "mine", "untouched")
        check_equal(home.outbox("export", "--force", "1", "x")[0], OK, "--force")
        check_equal((home.path / "x").read_text(encoding="utf-8"), message, "replaced")
        check_equal(home.outbox("export", "1", "-"), (OK, message, ""), "standard output")
        check_equal(home.outbox("export", "1", "no/such/file")[0], IO, "no directory")


def editor(home, script):
    """An editor that is a program of Python: TEXT is the file's, and becomes what it leaves."""
    path = home.path / "editor.py"
    path.write_text("import sys\npath = sys.argv[-1]\nTEXT = open(path).read()\n" + script
                    + "\nopen(path, 'w').write(TEXT)\n", encoding="utf-8")
    return {"VISUAL": f"'{sys.executable}' '{path}'", "EDITOR": "false"}


def leftovers(home):
    return [str(path.relative_to(home.path)) for path in home.path.glob("toukan-*/*")]


@test("edit changes text, subject and recipients, and nothing else")
def edit():
    with Home() as home:
        home.send(at="2099-01-02T03:04:05Z")
        before = home.items()[1]
        change = editor(home, "assert TEXT.startswith('X-Toukan-Sender: me@example.org\\n'\n"
                              " 'X-Toukan-Recipient: a@example.org\\n'), TEXT\n"
                              "TEXT = TEXT.replace('Recipient: a@', 'Recipient: b@').replace('Subject: s', 'Subject: t')"
                              ".replace('text', 'edited')")
        check_equal(home.outbox("edit", "1", **change), (OK, "message 1: changed\n", ""), "edit")
        after = home.items()[1]
        check_equal((after["subject"], after["recipients"][0]["address"], after["state"], after["not-before"]),
                    ("t", "b@example.org", "queued", before["not-before"]), "item")
        assert home.outbox("show", "--message", "1")[1].endswith("\nedited\n")
        assert "X-Toukan" not in home.outbox("show", "--message", "1")[1]
        check_equal(leftovers(home), [], "files")


@test("edit without a change does nothing")
def edit_nothing():
    with Home() as home:
        home.send(at="2099-01-02T03:04:05Z")
        home.send(at=None)
        before = home.items()
        for number in (1, 2):
            check_equal(home.outbox("edit", str(number), **editor(home, "")),
                        (OK, f"message {number}: unchanged\n", ""), "edit")
        after = home.items()
        # What had failed is due at once.
        check_equal(after[2].pop("standing"), "waiting", "standing")
        before[2].pop("standing")
        for number in (1, 2):
            for volatile in ("changed", "not-before", "reason"):
                if number == 2 or volatile == "changed":
                    before[number].pop(volatile), after[number].pop(volatile)
        check_equal(after, before, "items")
        check_equal(leftovers(home), [], "files")


@test("what can't be taken is kept in a file, and the message is as it was")
def edit_broken():
    with Home() as home:
        home.send(at="2099-01-02T03:04:05Z")
        message = home.outbox("show", "--message", "1")[1]
        broken = editor(home, "TEXT = TEXT.replace('Recipient: a@', 'Recipient: a@@')")
        status, out, err = home.outbox("edit", "1", **broken)
        check_equal((status, out), (DATA, ""), err)
        assert "toukan: line 2: " in err, err
        files = leftovers(home)
        check_equal(len(files), 1, "files")
        assert files[0] in err and "a@@example.org" in (home.path / files[0]).read_text(encoding="utf-8"), err
        check_equal((home.path / files[0]).stat().st_mode & 0o777, 0o600, "mode")
        check_equal(home.outbox("show", "--message", "1")[1], message, "message")
        check_equal(home.state(1), "queued", "state")


@test("an editor that fails changes nothing")
def edit_failed():
    with Home() as home:
        home.send()
        status, out, err = home.outbox("edit", "1", VISUAL="false")
        check_equal((status, out), (UNAVAILABLE, ""), err)
        assert 'the editor "false" failed' in err, err
        check_equal(home.state(1), "queued", "state")
        check_equal(leftovers(home), [], "files")


@test("the message is held while it is edited, and cancelling it meanwhile loses nothing")
def edit_held():
    with Home() as home:
        home.send()
        program = BUILD.resolve() / "toukan"
        script = (f"import subprocess, json\n"
                  f"states = [json.loads(subprocess.run(['{program}', 'outbox', '--json'], capture_output=True)"
                  f".stdout)['state']]\nassert states == ['held'], states\n"
                  f"subprocess.run(['{program}', 'outbox', 'cancel', '1'], check=True, stdout=subprocess.DEVNULL)\n"
                  f"TEXT += 'more\\n'")
        status, _, err = home.outbox("edit", "1", **editor(home, script))
        check_equal(status, TEMPORARY, err)
        check_equal(home.state(1), "cancelled", "state")
        assert "more" in (home.path / leftovers(home)[0]).read_text(encoding="utf-8")


@test("outboxes of several directories: all are shown, --account limits, numbers may be ambiguous")
def directories():
    with Home() as home:
        config = home.path / "config"
        with config.open("a", encoding="utf-8") as file:
            file.write(f"[account home]\nfrom = h@example.org\nhost = 127.0.0.1\nstate-dir = {home.path}/other\n")
        home.send(subject="one")
        home.send(subject="two", account="home")
        home.send(subject="three", account="home")
        out = home.outbox()[1]
        check_equal([line for line in out.splitlines() if line.startswith("/")],
                    [str(home.path / "toukan"), str(home.path / "other")], "headings")
        check_equal([item.split()[-1] for item in home.outbox("-a", "home")[1].splitlines()],
                    ["subject", "two", "three"], "--account")
        check_equal(home.outbox("hold", "1"), (USAGE, "", "toukan: several outboxes have a message 1: say which with "
                                                "--account\n"), "ambiguous")
        check_equal(home.outbox("hold", "1", "-a", "home"), (OK, "message 1: held\n", ""), "not ambiguous")
        check_equal(home.outbox("hold", "2"), (OK, "message 2: held\n", ""), "only one has it")
        check_equal(home.outbox("cancel", "all")[1].count("cancelled"), 3, "all")
        check_equal(home.outbox("-a", "nobody")[0], CONFIGURATION, "no such account")


@test("mailq in Postfix's form, by either name")
def mailq():
    with Home() as home:
        home.send(to="c@example.org")
        home.send(at=None, to="d@example.org")
        home.outbox("hold", "1")
        status, out, err = home.call(called_as="mailq")
        check_equal((status, err), (OK, ""), "end")
        lines = out.splitlines()
        check_equal(lines[0], "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------", "head")
        day = datetime.datetime.now(datetime.timezone.utc).strftime("%b")
        assert re.fullmatch(rf"1! +\d+ \w\w\w {day} +\d+ \d\d:\d\d:\d\d  me@example\.org", lines[1]), out
        check_equal(lines[3], " " * 41 + "c@example.org", "recipient")
        assert lines[-1].startswith("-- ") and lines[-1].endswith(" Kbytes in 2 Requests."), out
        check_equal(home.call("-v", "-Ac", called_as="/usr/bin/mailq")[0], OK, "options")


@test("a server that keeps messages has it at once, with its time, whichever try that is")
def future_release():
    with Home("future-release = yes\n") as home:
        home.send(at="2099-01-02T03:04:05Z", subject="one")
        check_equal(home.items()[1]["standing"], "deferred", "nobody answers")
        home.sink("--future-release", "40000d")
        check_equal(home.outbox("flush"), (OK, "", "message 1: sent\n"), "flush")
        home.send(at="2098-01-02T03:04:05Z", subject="two")
        check_equal(sorted(re.findall("X-Envelope-Hold-Until: (.*)", "".join(home.mails()))),
                    ["2098-01-02T03:04:05Z", "2099-01-02T03:04:05Z"], "until when")
        assert "The server keeps it until 2099-01-02 03:04." in home.outbox("show", "1")[1]


for each_name, each_options in {"doesn't offer it": [], "doesn't keep it for that long": ["--future-release", "1d"],
                                "refuses the parameter": ["--future-release", "40000d", "--reply",
                                                          "MAIL=501 5.5.4 no"]}.items():
    @test(f"where a server {each_name}, the message waits here for its time", each_options)
    def no_future_release(options):
        with Home("future-release = yes\n") as home:
            home.sink(*options)
            home.send(at="2099-01-02T03:04:05Z")
            item = home.items()[1]
            check_equal((item["standing"], item["not-before"], item["tries"], item["recipients"][0]["pending"]),
                        ("scheduled", "2099-01-02T03:04:05Z", 0, True), "item")
            check_equal(home.outbox("flush"), (OK, "", "Nothing is waiting in the outbox.\n"), "flush")
            check_equal(home.mails(), [], "mails")
            if not options or "--reply" not in options:
                check_equal(home.outbox("flush", "1"), (OK, "", "message 1: sent\n"), "flush 1")
                assert "Hold-Until" not in home.mails()[0]


@test("a full disk is not taken for success")
def full():
    with Home() as home, open("/dev/full", "w", encoding="utf-8") as disk:
        home.send()
        for words in (["list"], ["show", "1"], ["show", "--message", "1"], ["export", "1", "-"]):
            done = subprocess.run([BUILD / "toukan", "outbox", *words], env=home.environment, stdout=disk,
                                  stderr=subprocess.PIPE, check=False)
            check_equal(done.returncode, IO, " ".join(words))


@test("a terminal isn't moved by what a message or a server says")
def harmless():
    with Home() as home:
        home.sink("--rcpt", "a@example.org=450 4.2.1 \x1b[2J")
        home.send(subject="\x1b[31m")
        home.outbox("flush", "1")
        for words in (["list"], ["show", "1"], ["flush", "1"]):
            _, out, err = home.outbox(*words)
            assert "\x1b" not in out + err and "<U+001B>" in out + err, out + err
        assert "\x1b" not in home.call(called_as="mailq")[1]


main()
