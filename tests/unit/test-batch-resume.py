#!/usr/bin/env python3
"""A batch that is stopped in every way, and goes on: nobody twice, nobody forgotten."""

import collections
import json
import os
import signal
import socket
import subprocess
import threading
import time
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from batch_home import BUILD, DATA, IO, MERGE, NO_USER, TEMPORARY, UNAVAILABLE, USAGE, Home, LETTER, PEOPLE, people, wait_for  # noqa: E402
from tap import check_equal, main, test  # noqa: E402

# --- going on ----------------------------------------------------------------------------------------


@test("the same again sends nothing twice; new and changed rows go")
def again():
    with Home(sink=("--rcpt", "bob@example.org=450 4.2.0 later")) as home:
        home.merge("--wait", "0", expected=TEMPORARY)
        home.sink()
        home.write("people.csv", PEOPLE.replace("Müller", "Meier").replace("Ada", "Adele") + "Dan,dan@example.org\n")
        home.batch("--template", "letter.eml", "--data", "people.csv")
        check_equal(home.subjects(), ["Hello Ada", "Hello Cleo", "Hello Dan", 'Hello Meier, "Bob"'], "subjects")
        before = len(home.mails())
        _, err = home.merge()
        assert "nothing is left to do: 4 of 4 accepted" in err, err
        check_equal(len(home.mails()), before, "nothing more")


@test("another letter under the name of a batch that is done is refused, with what to do")
def spent():
    with Home() as home:
        home.merge()
        home.write("letter.eml", LETTER.replace("Hello", "March"))
        _, err = home.merge(expected=USAGE)
        assert "--name" in err and "nothing was sent" in err and "nothing is left" not in err, err
        home.write("people.csv", PEOPLE + "Dan,dan@example.org\n")
        _, err = home.merge()
        assert "3 messages differ from what was sent already" in err and "4 of 4 accepted" in err, err
        home.write("people.csv", PEOPLE)
        home.merge("--name", "march")
        home.write("letter.eml", LETTER)
        _, err = home.merge()
        assert "nothing is left to do: 4 of 4 accepted" in err, err
        check_equal(len(home.mails()), 7, "mails")


@test("deferred now, and sent when it is resumed")
def deferred():
    with Home(sink=("--rcpt", "bob@example.org=451 4.7.1 greylisted")) as home:
        _, err = home.merge("--wait", "0", "--report", "r.csv", expected=TEMPORARY)
        assert "2 of 3 accepted" in err and "1 deferred" in err and "toukan batch resume people" in err, err
        check_equal(collections.Counter(row["state"] for row in home.report("r.csv")),
                    {"accepted": 2, "deferred": 1}, "report")
        home.sink()
        home.batch("resume", "people", "--report", "r.csv")
        check_equal(collections.Counter(row["state"] for row in home.report("r.csv")), {"accepted": 3}, "report")
        check_equal(len(home.mails()), 3, "mails")


@test("refused recipients are told, and are the status")
def refused():
    with Home(sink=("--rcpt", "bob@example.org=550 5.1.1 =nobody")) as home:
        _, err = home.merge("--report", "r.jsonl", expected=NO_USER)
        assert "bob@example.org: refused: " in err and "5.1.1 =nobody" in err and "2 of 3 accepted, 1 refused" in err, err
        rows = {row["key"]: row for row in map(json.loads, (home.path / "r.jsonl").read_text().splitlines())}
        check_equal((rows["bob@example.org"]["state"], rows["bob@example.org"]["code"]), ("refused", 550), "Bob's")
        ada = rows["ada@example.org"]
        assert ada["path"] and ada["time"].endswith("Z") and ada["message-id"].startswith("<"), ada
        out, _ = home.batch("status", "people")
        assert "bob@example.org: refused" in out and "2 of 3 accepted, 1 refused" in out, out


@test("no way to the server")
def no_path():
    with Home(sink=None) as home:
        _, err = home.merge(expected=UNAVAILABLE)
        assert "no way to the server" in err and "resume people" in err, err
        home.sink()
        home.batch("resume", "people")
        check_equal(len(home.mails()), 3, "mails")


@test("an account that is refused pauses the batch and burns no row")
def account_refused():
    with Home(sink=("--reply", "MAIL=550 5.7.1 not you")) as home:
        _, err = home.merge(expected=TEMPORARY)
        assert "paused" in err and "5.7.1 not you" in err, err
        info = home.info()
        check_equal((info["state"], info["refused"], info["waiting"] + info["deferred"]), ("paused", 0, 3), "status")
        home.sink()
        home.batch("resume", "people")
        check_equal(len(home.mails()), 3, "mails")


@test("so many refusals one behind the other pause it")
def stop_after():
    with Home(sink=("--reply", "RCPT=550 5.1.1 no")) as home:
        home.write("people.csv", people(30))
        home.merge("--stop-after", "5", "--connections", "1", "--window", "1", expected=TEMPORARY)
        info = home.info()
        check_equal(info["state"], "paused", "state")
        assert info["waiting"] >= 25, info


@test("in doubt: told, kept, and sent again only when somebody says so")
def in_doubt():
    with Home(sink=("--close-at", "end")) as home:
        home.write("people.csv", people(2))
        _, err = home.merge("--connections", "1", "--window", "1", "--wait", "0", "--report", "r.csv", expected=None)
        doubts = home.info()["in-doubt"]
        assert doubts >= 1, err
        check_equal(collections.Counter(row["state"] for row in home.report("r.csv"))["in-doubt"], doubts, "report")
        home.sink()
        before = len(home.mails())
        home.batch("resume", "people", expected=IO)
        check_equal(home.info()["in-doubt"], doubts, "still")
        home.merge(expected=IO)
        check_equal(home.info()["in-doubt"], doubts, "and still")
        home.merge("--in-doubt", "resend")
        check_equal(home.info()["accepted"], 2, "accepted")
        check_equal(len(home.mails()) - before, 2, "mails")


@test("in doubt: a person decides, row by row")
def resolved():
    with Home(sink=("--close-at", "end")) as home:
        home.write("people.csv", people(3))
        home.merge("--connections", "1", "--window", "3", "--wait", "0", expected=None)
        while home.info()["in-doubt"] < 3:
            home.batch("resume", "people", "--connections", "1", expected=None)
        out, _ = home.batch("status", "people")
        assert "k1: n1@example.org: in doubt" in out, out
        home.batch("resolve", "people", expected=USAGE)
        home.batch("resolve", "people", "k1", expected=USAGE)
        home.batch("resolve", "people", "sent", expected=USAGE)
        home.batch("status", "people", "k1", expected=USAGE)
        out, _ = home.batch("resolve", "people", "k1", "sent")
        assert "k1: accepted" in out, out
        _, err = home.batch("resolve", "people", "k1", "nobody", "sent", expected=UNAVAILABLE)
        assert "k1: nothing of that is in doubt" in err and "nobody" in err, err
        check_equal((home.info()["in-doubt"], home.info()["accepted"]), (2, 1), "one of three")
        home.batch("resolve", "people", "k2", "resend")
        check_equal(home.info()["waiting"], 1, "waits")
        home.sink()
        before = collections.Counter(home.subjects())
        home.batch("resume", "people", "--report", "r.csv", expected=IO)
        check_equal(collections.Counter(home.subjects()) - before, {"Hello N2": 1}, "mails")
        check_equal([(row["state"], row["reason"]) for row in home.report("r.csv") if row["key"] == "k1"],
                    [("accepted", "")], "report")
        home.batch("resolve", "people", "all", "resend")
        home.batch("resume", "people")
        check_equal(collections.Counter(home.subjects()) - before, {"Hello N0": 1, "Hello N2": 1}, "mails")


@test("killed in the middle and resumed: nobody twice, nobody forgotten")
def killed():
    with Home() as home:
        home.write("people.csv", people(400))
        for turn in range(5):
            process = home.start(*MERGE, "--report", "r.csv")
            wait_for("mails", lambda: process.poll() is not None or len(home.mails()) > turn * 50)
            process.kill()
            process.communicate()
        home.batch("resume", "people", "--report", "r.csv", expected=None)
        states = collections.Counter(row["state"] for row in home.report("r.csv"))
        check_equal(sum(states.values()), 400, f"a row each: {states}")
        seen = collections.Counter(mail["Message-ID"] for mail in home.mails())
        check_equal([id for id, times in seen.items() if times > 1], [], "twice")
        accepted = {row["message-id"] for row in home.report("r.csv") if row["state"] == "accepted"}
        check_equal(accepted - set(seen), set(), "accepted and not there")
        doubtful = {row["message-id"] for row in home.report("r.csv") if row["state"] == "in-doubt"}
        check_equal(set(seen) - accepted - doubtful, set(), "there and not told")


@test("Ctrl-C finishes what is on its way; what waits can go on")
def interrupted():
    with Home(sink=("--reply-delay", "30ms")) as home:
        home.write("people.csv", people(200))
        process = home.start(*MERGE, "--connections", "2", "--window", "4")
        wait_for("mails", lambda: len(home.mails()) > 3)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        check_equal(process.returncode, TEMPORARY, err)
        assert "finishing" in err and "toukan batch resume people" in err, err
        info = home.info()
        check_equal((info["in-doubt"], info["accepted"]), (0, len(home.mails())), "nothing in doubt")
        check_equal((info["state"], info["reason"]), ("paused", "user"), "no agent goes on with it")
        assert info["waiting"] > 0, info
        home.sink()
        home.batch("resume", "people")
        check_equal(len({mail["Message-ID"] for mail in home.mails()}), 200, "all")
        check_equal(len(home.mails()), 200, "once")


@test("Ctrl-C twice stops at once")
def interrupted_twice():
    with Home(sink=("--silent-at", "end")) as home:
        home.write("people.csv", people(20))
        process = home.start(*MERGE, "--connections", "1")
        wait_for("a connection", lambda: (home.path / "log").exists() and "DATA" in (home.path / "log").read_text()
                 or "BDAT" in (home.path / "log").read_text())
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        time.sleep(1)
        check_equal(process.poll(), None, "it waits")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=10)
        check_equal(process.returncode, TEMPORARY, err)
        info = home.info()
        assert info["in-doubt"] >= 1 and info["waiting"] >= 1, info


class Agent:
    def __init__(self, home):
        self.process = subprocess.Popen([BUILD / "toukan", "agent"], env=home.environment, cwd=home.path,
                                        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=60)


def kill_after(home, count, name):
    process = home.start("-T", "letter.eml", "-d", name, "--connections", "2", "--window", "2")
    wait_for("mails", lambda: len(home.mails()) > count)
    process.kill()
    process.communicate()


@test("what was killed is sent by the agent, to whoever it wasn't yet, once")
def agent_goes_on():
    with Home(sink=("--reply-delay", "20ms")) as home:
        home.write("people.csv", people(150))
        kill_after(home, 5, "people.csv")
        out, _ = home.batch("status", "people")
        assert "go on with `toukan batch resume people`" in out, out
        with Agent(home):
            wait_for("the rest", lambda: home.info()["waiting"] == 0)
            home.write("more.csv", people(150, 1000))
            before = len(home.mails())
            kill_after(home, before + 5, "more.csv")
            out, _ = home.batch("status", "more")
            assert "the agent goes on with it" in out or "being sent" in out, out
            wait_for("a second one, that was killed meanwhile", lambda: home.info("more")["waiting"] == 0)
        for name in "people", "more":
            info = home.info(name)
            check_equal(info["accepted"] + info["in-doubt"], 150, f"{name}: all")
        seen = collections.Counter(mail["Message-ID"] for mail in home.mails())
        check_equal([id for id, times in seen.items() if times > 1], [], "twice")


@test("an agent leaves alone what a person has stopped, and stops when it is told to")
def agent_obeys():
    with Home(sink=("--reply-delay", "50ms")) as home, Agent(home) as agent:
        home.write("people.csv", people(300))
        process = home.start(*MERGE, "--connections", "1", "--window", "1")
        wait_for("mails", lambda: len(home.mails()) > 3)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        before = len(home.mails())
        time.sleep(4)
        check_equal(len(home.mails()), before, "nothing more")
        process = home.start("resume", "people")
        wait_for("mails", lambda: len(home.mails()) > before + 3)
        process.kill()
        process.communicate()
        wait_for("the agent's turn", lambda: home.info()["holder"] == agent.process.pid)
        home.batch("pause", "people")
        wait_for("the end of it", lambda: home.info()["holder"] == 0)
        check_equal(home.info()["state"], "paused", "state")


@test("an agent that ends puts back what it was sending")
def agent_ends():
    with Home(sink=("--reply-delay", "50ms")) as home:
        home.write("people.csv", people(300))
        kill_after(home, 3, "people.csv")
        before = home.info()
        with Agent(home):
            wait_for("more", lambda: home.info()["accepted"] > before["accepted"])
        info = home.info()
        check_equal((info["holder"], info["state"], info["in-doubt"]), (0, "ready", before["in-doubt"]), "put back")
        assert info["waiting"] > 0, info


@test("pause, status and cancel from another process")
def from_elsewhere():
    with Home(sink=("--reply-delay", "50ms")) as home:
        home.write("people.csv", people(300))
        process = home.start(*MERGE, "--connections", "1", "--window", "1")
        wait_for("mails", lambda: len(home.mails()) > 2)
        out, _ = home.batch("status")
        assert "people" in out and "being sent" in out, out
        home.batch("resume", "people", expected=TEMPORARY)
        home.batch("remove", "people", expected=TEMPORARY)
        home.batch("pause", "people")
        _, err = process.communicate(timeout=30)
        check_equal(process.returncode, TEMPORARY, err)
        check_equal(home.info()["state"], "paused", "state")
        home.batch("cancel", "people")
        info = home.info()
        check_equal((info["state"], info["waiting"]), ("cancelled", 0), "cancelled")
        home.batch("resume", "people", expected=DATA)
        home.batch("remove", "people")
        check_equal(home.batch("status")[0], "There are no batches.\n", "removed")


class Quota(threading.Thread):
    """A server that takes so many messages, and then nothing more of this account today."""

    def __init__(self, home, most):
        super().__init__(daemon=True)
        self.most, self.taken = most, []
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", home.port))
        self.start()

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection, connection.makefile("rwb") as stream:
            say = lambda text: (stream.write(text.encode() + b"\r\n"), stream.flush())
            say("220 quota.example.org")
            for line in stream:
                word = line[:4].upper()
                with self.lock:
                    spent = len(self.taken) >= self.most
                if word == b"EHLO":
                    say("250-quota.example.org\r\n250 PIPELINING")
                elif word == b"MAIL" and spent:
                    say("550 5.4.5 Daily sending quota exceeded")
                elif word == b"DATA":
                    say("354 go on")
                    text = b""
                    while not text.endswith(b"\r\n.\r\n"):
                        text += stream.readline()
                    with self.lock:
                        self.taken.append(text)
                    say(f"250 2.0.0 Ok: queued as Q{len(self.taken)}")
                else:
                    say("221 bye" if word == b"QUIT" else "250 ok")

    def stop(self):
        self.listener.close()


@test("a daily quota that is spent at message 500 pauses it, and no row is to blame")
def quota():
    with Home(sink=None) as home:
        home.write("people.csv", people(520))
        server = Quota(home, 500)
        _, err = home.merge("--connections", "2", "--window", "4", "--report", "r.csv", expected=TEMPORARY)
        assert "paused" in err and "5.4.5 Daily sending quota exceeded" in err, err
        info = home.info()
        check_equal((info["state"], info["refused"], info["in-doubt"]), ("paused", 0, 0), "status")
        check_equal(info["accepted"], len(server.taken), "accepted")
        assert 500 <= len(server.taken) <= 510, len(server.taken)
        assert home.report("r.csv")[0]["queue-id"].startswith("Q"), home.report("r.csv")[0]
        server.most = 10000
        home.batch("resume", "people")
        check_equal(len(server.taken), 520, "all")
        check_equal(len(set(server.taken)), 520, "once")
        server.stop()


@test("refused, deferred and dropped by chance: each once, but for what is in doubt")
def chance():
    with Home(sink=("--weather", "7:30:50:20")) as home:
        home.write("people.csv", people(400))
        home.merge("--wait", "0", "--report", "r.csv", expected=None)
        for _ in range(30):
            info = home.info()
            if info["waiting"] + info["deferred"] == 0:
                break
            home.batch("resume", "people", "--wait", "0", "--report", "r.csv", expected=None)
        states = collections.Counter(row["state"] for row in home.report("r.csv"))
        check_equal(sum(states.values()), 400, states)
        assert set(states) <= {"accepted", "refused", "in-doubt"} and states["refused"] > 0, states
        seen = collections.Counter(mail["Message-ID"] for mail in home.mails())
        check_equal([id for id, times in seen.items() if times > 1], [], "twice")
        told = {state: {row["message-id"] for row in home.report("r.csv") if row["state"] == state} for state in states}
        check_equal(told["accepted"] - set(seen), set(), "accepted and not there")
        check_equal(set(seen) - told["accepted"] - told.get("in-doubt", set()), set(), "there and not told")


@test("a log, where the account has one")
def log():
    with Home() as home:
        home.merge("--limit", "1", "--set", f"log={home.path}/log.txt")
        text = (home.path / "log.txt").read_text()
        check_equal(len(text.splitlines()), 1, text)
        assert "ada@example.org" in text and "me@example.org" in text and "EX_OK" in text, text


@test("a connection that is closed after each 10 messages")
def closing():
    with Home(sink=("--close-after-messages", "10")) as home:
        home.write("people.csv", people(60))
        home.merge("--connections", "1", "--window", "4", expected=None)
        info = home.info()
        check_equal(info["accepted"] + info["in-doubt"], 60, info)
        ids = [mail["Message-ID"] for mail in home.mails()]
        check_equal(len(ids), len(set(ids)), "twice")


main()
