#!/usr/bin/env python3
"""The composer in a real terminal, from the first key to the message that arrived."""

import os
import pathlib
import resource
import signal
import sys
import time

TOP = pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2])
sys.path.insert(0, str(TOP / "tests/lib"))
sys.path.insert(0, str(TOP / "tests/tui"))

from stage import Stage, available  # noqa: E402
from tap import check_equal, main, skip_all, test  # noqa: E402

if not available():
    skip_all("there is no tmux")


def write(stage, to="taro@example.net", subject="Lunch", body="At noon?"):
    stage.sees("To:")
    stage.type(to)
    stage.keys("Enter", "Enter")
    stage.type(subject)
    stage.keys("Enter")
    stage.type(body)
    stage.sees(body)


def has(message, line):
    if line not in message.splitlines():
        raise AssertionError(f"{line!r} is not in\n{message}")


@test("a letter is written, reviewed, sent, and arrives")
def _():
    with Stage() as stage:
        stage.sink()
        stage.start()
        write(stage)
        stage.keys("C-x")
        stage.sees("Send this letter?")
        stage.keys("C-x")
        stage.sees("Message taken")
        stage.keys("Enter")
        check_equal(stage.status(), 0, "status")
        message, = stage.messages()
        for line in ("X-Envelope-From: hanako@example.org", "X-Envelope-To: taro@example.net",
                     "From: Hanako <hanako@example.org>", "To: taro@example.net", "Subject: Lunch", "At noon?"):
            has(message, line)


@test("mailto: fills in the letter, and nothing that could harm")
def _():
    with Stage() as stage:
        stage.start("compose", "mailto:taro@example.net?subject=Hi&attach=/etc/passwd")
        shown = stage.sees("Hi")
        check_equal("passwd" in shown, False, "an attachment")
        check_equal("taro@example.net" in shown, True, "the recipient")


@test("quitting keeps a draft, which the next start offers")
def _():
    with Stage() as stage:
        stage.start()
        write(stage, body="Half a")
        stage.keys("C-q")
        check_equal(stage.status(), 0, "status")
        stage.start()
        stage.sees("A letter isn't finished: Lunch")
        stage.keys("c")
        stage.sees("Half a")


@test("kill -9 costs at most two seconds of typing")
def _():
    with Stage() as stage:
        stage.start()
        write(stage, body="Not a word is lost")
        time.sleep(2)
        os.kill(stage.process(), signal.SIGKILL)
        stage.status()
        stage.start()
        stage.sees("A letter isn't finished: Lunch")
        stage.keys("c")
        stage.sees("Not a word is lost")


@test("SIGHUP costs nothing")
def _():
    with Stage() as stage:
        stage.start()
        write(stage, body="The very last word")
        os.kill(stage.process(), signal.SIGHUP)
        check_equal(stage.status(), 128 + signal.SIGHUP, "status")
        stage.start()
        stage.sees("A letter isn't finished: Lunch")
        stage.keys("c")
        stage.sees("The very last word")


@test("where the outbox can't be written, SIGTERM leaves the letter in a file")
def _():
    with Stage() as stage:
        stage.start()
        stage.sees("To:")
        time.sleep(0.5)
        resource.prlimit(stage.process(), resource.RLIMIT_FSIZE, (4096, 4096))  # as a full disk, but for small files
        stage.keys("Enter", "Enter")
        stage.type("Kept")
        stage.sees("The draft can't be saved")
        os.kill(stage.process(), signal.SIGTERM)
        check_equal(stage.status(), 128 + signal.SIGTERM, "status")
        rescued, = stage.path.glob("toukan-unsaved-*")
        check_equal("Kept" in rescued.read_text(), True, "the letter")


@test("a full disk and kill -9: the letter lies in a file, and the next start offers it")
def _():
    with Stage() as stage:
        stage.start()
        stage.sees("To:")
        time.sleep(0.5)
        resource.prlimit(stage.process(), resource.RLIMIT_FSIZE, (4096, 4096))
        stage.keys("Enter", "Enter")
        stage.type("Kept")
        stage.sees("Until it can, it is in")
        os.kill(stage.process(), signal.SIGKILL)
        stage.status()
        stage.start()
        stage.sees("was rescued: Kept")
        stage.keys("c")
        stage.sees("toukan  Kept")
        time.sleep(1)
        check_equal(list(stage.path.glob("toukan-unsaved-*")), [], "files")
        check_equal("Kept" in stage.toukan("outbox", "list").stdout, True, "it is a draft")


@test("once there is room again, the file is gone")
def _():
    with Stage() as stage:
        stage.start()
        stage.sees("To:")
        time.sleep(0.5)
        resource.prlimit(stage.process(), resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        stage.keys("Enter", "Enter")
        stage.type("Kept")
        stage.sees("Until it can, it is in")
        resource.prlimit(stage.process(), resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        stage.type(" safe")
        end = time.monotonic() + 10
        while list(stage.path.glob("toukan-unsaved-*")) and time.monotonic() < end:
            time.sleep(0.1)
        check_equal(list(stage.path.glob("toukan-unsaved-*")), [], "files")


@test("what is attached to a forwarded message lies with the drafts, and goes with them")
def _():
    with Stage() as stage:
        (stage.path / "message").write_text(
            "From: taro@example.net\nTo: hanako@example.org\nSubject: Plan\nMIME-Version: 1.0\n"
            "Content-Type: multipart/mixed; boundary=x\n\n--x\n\nSee below.\n--x\n"
            "Content-Disposition: attachment; filename=plan.txt\n\nThe plan\n--x--\n")
        state = stage.path / "state" / "toukan"
        stage.start("compose", "--forward", str(stage.path / "message"))
        stage.sees("plan.txt")
        stage.type("taro@example.net")
        stage.keys("C-q")
        check_equal(stage.status(), 0, "status")
        folder, = state.glob("attached-*")
        os.utime(folder, (1, 1))
        stage.start()
        stage.sees("A letter isn't finished: Fwd: Plan")
        stage.keys("c")
        stage.sees("plan.txt")
        check_equal(folder.exists(), True, "it is kept for the draft")
        stage.keys("C-c")
        stage.sees("Leave this letter?")
        stage.keys("t")
        stage.status()
        stage.start()
        stage.sees("New letter")
        end = time.monotonic() + 10
        while folder.exists() and time.monotonic() < end:
            time.sleep(0.1)
        check_equal(folder.exists(), False, "it is kept for nobody")


@test("aliases of .mailrc are people on the review, and in the message")
def _():
    with Stage() as stage:
        (stage.path / ".mailrc").write_text('alias boss "Saburo <saburo@example.net>"\nalias all boss jiro@example.net\n')
        stage.sink()
        stage.start()
        write(stage, to="all")
        stage.keys("C-x")
        stage.sees("2 recipients")
        stage.keys("y")
        stage.sees("Message taken")
        message, = stage.messages()
        has(message, "To: Saburo <saburo@example.net>, jiro@example.net")
        has(message, "X-Envelope-To: jiro@example.net")


@test("a letter lies in the outbox of its account, and moves with it")
def _():
    with Stage() as stage:
        apart = stage.path / "apart"
        with open(stage.path / "config", "a", encoding="utf-8") as config:
            config.write(f"[defaults]\ndefault-account = work\n[account home]\nfrom = hanako@home.example\nhost = 127.0.0.1\nports = {stage.port}\n"
                         f"tls = off\nnotify = no\nstate-dir = {apart}\n")

        def waiting(account):
            return stage.toukan("outbox", "list", "--account", account).stdout

        stage.start()
        write(stage, body="For both")
        time.sleep(2)
        check_equal("Lunch" in waiting("work"), True, "the draft is in the first")
        stage.keys("F3")
        stage.sees("home: hanako@home.example")
        time.sleep(2)
        check_equal(("Lunch" in waiting("work"), "Lunch" in waiting("home")), (False, True), "it has moved")
        os.kill(stage.process(), signal.SIGKILL)
        stage.status()
        stage.start()
        stage.sees("A letter isn't finished: Lunch")
        stage.keys("c")
        stage.sees("For both")
        stage.sees("home: hanako@home.example")
        stage.keys("C-x")
        stage.sees("Send this letter?")
        stage.keys("C-x")
        stage.sees("Not sent")
        stage.keys("F2")
        stage.sees("deferred")
        check_equal(("Lunch" in waiting("work"), "Lunch" in waiting("home")), (False, True), "it waits there")
        stage.sink()
        stage.keys("r")
        message, = stage.messages()
        has(message, "X-Envelope-From: hanako@home.example")
        stage.sees("Nothing waits to be sent.")


@test("what is typed before anything is to be seen isn't lost")
def _():
    with Stage() as stage:
        stage.start()
        stage.type("early@example.net")
        stage.sees("To:       early@example.net")
        stage.keys("C-q")
        check_equal(stage.status(), 0, "status")
        stage.start()
        stage.type("later@example.net")
        stage.sees("To:       later@example.net")
        stage.keys("C-q")
        check_equal(stage.status(), 0, "status")
        stage.start()
        stage.sees("A letter isn't finished")
        stage.type("taro@example.org")
        stage.sees("To:       taro@example.org")


@test("review = no sends at once, and asks for what isn't attached all the same")
def _():
    with Stage(config="review = no\n") as stage:
        stage.sink()
        stage.start()
        write(stage, body="The plan is attached.")
        stage.keys("C-x")
        stage.sees("nothing is attached")
        stage.keys("s")
        stage.sees("Message taken")
        check_equal(len(stage.messages()), 1, "messages")


@test("query-command completes what is typed; that it is broken is said once")
def _():
    command = "test %s = broken && exit 3; printf 'found:\\nsaburo@example.net\\tSaburo\\n'"
    with Stage(config=f"query-command = {command}\n") as stage:
        stage.start()
        stage.sees("To:")
        stage.type("sabu")
        stage.sees(" Saburo <saburo@example.net>")
        stage.keys("Tab")
        stage.sees("To:       Saburo <saburo@example.net>,")
        stage.type("broken")
        time.sleep(1)
        stage.type("x")
        stage.sees("query-command ended with status 3")


@test("two composers don't write the same draft")
def _():
    with Stage() as one:
        one.start()
        write(one, body="Mine")
        time.sleep(2)
        with Stage(environment={"XDG_STATE_HOME": str(one.path / "state")}) as other:
            other.start()
            shown = other.sees("New letter")
            time.sleep(0.5)
            check_equal("isn't finished" in shown + other.screen(), False, "an offer")


@test("undo-window: taken back, and sent when it is over")
def _():
    with Stage(config="undo-window = 3s\n") as stage:
        stage.sink()
        stage.start()
        write(stage)
        stage.keys("C-x")
        stage.sees("it can be taken back for 3s")
        stage.keys("C-x")
        stage.sees("until then it can be taken back")
        stage.keys("M-u")
        stage.sees("Taken back: nobody has it")
        stage.sees("At noon?")
        stage.keys("C-x")
        stage.sees("Send this letter?")
        stage.keys("C-x")
        stage.sees("Message taken")
        check_equal(len(stage.messages()), 1, "messages")


@test("what can't leave now says why, and waits in the outbox")
def _():
    with Stage() as stage:
        stage.start()
        write(stage)
        stage.keys("C-x")
        stage.sees("Send this letter?")
        stage.keys("C-x")
        stage.sees("Not sent")
        stage.sees("It stays in the outbox")
        stage.keys("F2")
        stage.sees("deferred")
        stage.sink()
        stage.keys("r")
        stage.messages()
        stage.sees("Nothing waits to be sent.")


@test("a failed letter is edited")
def _():
    with Stage() as stage:
        stage.start()
        write(stage)
        stage.keys("C-x")
        stage.sees("Send this letter?")
        stage.keys("C-x")
        stage.sees("Not sent")
        stage.keys("e")
        stage.sees("Taken back")
        stage.sees("At noon?")
        check_equal("draft" in stage.toukan("outbox", "list").stdout, True, "it is a draft")


@test("a scheduled letter waits for its time")
def _():
    with Stage() as stage:
        stage.start()
        write(stage)
        stage.keys("C-x")
        stage.sees("Send this letter?")
        stage.keys("C-s")
        stage.type("in 2 hours")
        stage.keys("Enter")
        stage.sees("Time:")
        stage.keys("C-x")
        check_equal(stage.status(), 0, "status")
        check_equal("scheduled" in stage.toukan("outbox", "list").stdout, True, "it is scheduled")


@test("cancelled while the server is silent: nobody has it")
def _():
    with Stage() as stage:
        stage.sink("--greeting-delay=60s")
        stage.start()
        write(stage)
        stage.keys("C-x")
        stage.sees("Send this letter?")
        stage.keys("C-x")
        stage.sees("Being sent")
        stage.keys("C-c")
        stage.sees("Cancelled: nobody has it, and nobody will")
        check_equal((stage.path / "mail" / "new").exists() and any((stage.path / "mail" / "new").iterdir()), False,
                    "a message")


@test("quitting while mail is on its way leaves it to the background")
def _():
    with Stage() as stage:
        stage.sink("--greeting-delay=3s")
        stage.start()
        write(stage)
        stage.keys("C-x")
        stage.sees("Send this letter?")
        stage.keys("C-x")
        stage.sees("Being sent")
        stage.keys("C-q")
        stage.sees("1 letter is on its way")
        stage.keys("q")
        check_equal(stage.status(), 0, "status")
        stage.sees("goes on in the background")
        stage.messages()


@test("$EDITOR gets the text, and gives it back")
def _():
    with Stage(environment={"EDITOR": "sed -i s/noon/one/"}) as stage:
        stage.start()
        write(stage)
        stage.keys("M-x")
        stage.sees("At one?")


@test("^Z stops, and fg brings it back whole")
def _():
    with Stage() as stage:
        stage.start(after="echo back in the shell; sleep 1; fg")
        write(stage)
        stage.keys("C-z")
        stage.sees("back in the shell")
        stage.sees("At noon?")
        stage.type(" Yes")
        stage.sees("At noon? Yes")


@test("resized in the middle")
def _():
    with Stage() as stage:
        stage.start()
        write(stage)
        stage.resize(40, 12)
        stage.sees("At noon?")
        stage.resize(120, 40)
        stage.sees("taro@example.net")


@test("a password is asked for on the same terminal, and the screen comes back whole")
def _():
    command = "printf 'Secret, please: ' >/dev/tty; read secret </dev/tty; echo $secret"
    with Stage(config=f"user = hanako\nauth = PLAIN\nauth-without-tls = yes\npassword-command = {command}\n") as stage:
        stage.sink("--user=hanako:open sesame", "--auth-in-clear", "--require-auth")
        stage.start()
        write(stage)
        stage.keys("C-x")
        stage.sees("Send this letter?")
        stage.keys("C-x")
        stage.sees("Secret, please:")
        time.sleep(0.5)
        stage.type("open sesame")
        stage.keys("Enter")
        shown = stage.sees("Message taken")
        check_equal("Secret, please" in shown, False, "the question is still there")


@test("[keys] changes the keys, and the line at the bottom")
def _():
    with Stage(config="[keys]\nsend = F10\n") as stage:
        stage.start()
        stage.sees("F10 Send")
        write(stage)
        stage.keys("F10")
        stage.sees("Send this letter?")


@test("without a terminal it says what to do")
def _():
    with Stage() as stage:
        found = stage.toukan("compose")
        check_equal(found.returncode, 69, "status")
        check_equal("toukan send" in found.stderr, True, found.stderr)


main(at_once=8)
