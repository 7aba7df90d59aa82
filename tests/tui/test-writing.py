#!/usr/bin/env python3
"""Letters as people write them, with the keys that they know, compared as they arrived."""

import os
import pathlib
import sys

TOP = pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2])
sys.path.insert(0, str(TOP / "tests/lib"))
sys.path.insert(0, str(TOP / "tests/tui"))

from arrival import PHOTO, check_arrived, envelope, head, mixed, photo, plain, text  # noqa: E402
from stage import Stage, available  # noqa: E402
from tap import check_equal, main, skip_all, test  # noqa: E402

if not available():
    skip_all("there is no tmux")

ASKED = """From: Taro <taro@example.net>
To: {to}, jiro@example.com
Subject: Plans
Message-ID: <1@example.net>
Date: Fri, 20 Nov 2026 10:00:00 +0900

What about
lunch?
"""
ANSWER = "In-Reply-To: <1@example.net>\nReferences: <1@example.net>\n"
QUOTED = "\nOn 2026-11-20 at 01:00, Taro wrote:\n> What about\n> lunch?\n"


def finish(stage):
    """From the letter to its arrival, and out."""
    stage.send()
    stage.sees("Message taken")
    stage.keys("Enter")
    check_equal(stage.status(), 0, "status")


@test("with nano's keys: move, cut, put back, undo, replace")
def _():
    with Stage() as stage:
        stage.sink()
        stage.start()
        stage.write(body="Third line")
        stage.keys("C-a")
        stage.type("First line")
        stage.keys("Enter")
        stage.type("Second linex")
        stage.keys("BSpace", "Enter")
        stage.keys("C-p", "C-k", "C-e", "Enter", "C-u")
        stage.type("oops")
        stage.keys("M-u")
        stage.keys("C-\\")
        stage.sees("Replace what")
        stage.type("line")
        stage.keys("Enter")
        stage.sees("Replace it with")
        stage.type("row")
        stage.keys("Enter")
        stage.sees("Replace this?")
        stage.keys("a")
        stage.sees("3 places were replaced")
        finish(stage)
        check_arrived(stage, plain("First row\nThird row\nSecond row\n"))


@test("with alpine's keys: Tab from field to field, mark, justify, postpone, continue")
def _():
    with Stage() as stage:
        stage.sink()
        stage.start()
        stage.sees("To:")
        stage.type("taro@example.net")
        stage.keys("Tab", "Tab")
        stage.type("Lunch")
        stage.keys("Tab")
        stage.type("eins zwei " * 8)
        stage.keys("Enter")
        stage.type("drei gone")
        stage.keys("C-^", *["C-b"] * 5, "C-k")  # marked and cut
        stage.keys("C-p", "C-j")                # the paragraph is filled anew
        stage.sees("zwei drei")
        stage.keys("C-o")
        check_equal(stage.status(), 0, "status")
        stage.start()
        stage.sees("A letter isn't finished")
        stage.keys("c")
        stage.sees("zwei drei")
        finish(stage)
        check_arrived(stage, plain("eins zwei " * 6 + "eins zwei\n" + "eins zwei drei\n"))


# Blanks at the end of a line would mean that it goes on, and "From " is stuffed (RFC 3676, 4.2 and 4.4).
@test("what is pasted is not indented, justified or completed")
def _():
    with Stage() as stage:
        stage.sink()
        stage.start()
        stage.write(body="See:")
        stage.keys("Enter")
        stage.paste("\tif (x)\n\t\ty ();\n  trailing  \n-- \nFrom me\n.\n..\n")
        stage.sees("y ();")
        finish(stage)
        check_arrived(stage, plain("See:\n\tif (x)\n\t\ty ();\n   trailing\n-- \n From me\n.\n..\n"))


@test("Japanese, emoji and combining characters")
def _():
    with Stage() as stage:
        stage.sink()
        stage.start()
        stage.write(subject="お昼 🍜", body="十二時に? é 👩‍👩‍👧 が")
        stage.keys("BSpace")
        stage.type("!")
        finish(stage)
        check_arrived(stage, plain("十二時に? é 👩‍👩‍👧 !\n", subject="=?utf-8?B?44GK5pi8IPCfjZw=?="))


@test("a file is attached by its name, with completion, renamed; another taken away")
def _():
    with Stage() as stage:
        stage.sink()
        stage.file("photo-of-lunch.jpg", PHOTO)
        stage.file("secret.txt", b"no\n")
        stage.start()
        stage.write()
        stage.attach(f"{stage.path}/pho", "Tab")
        stage.sees("1. photo-of-lunch.jpg")
        stage.attach(f"{stage.path}/secret.txt")
        stage.sees("2. secret.txt")
        stage.keys("M-n")
        stage.sees("Number")
        stage.type("1 lunch.jpg")
        stage.keys("Enter")
        stage.sees("1. lunch.jpg")
        stage.keys("M-k")
        stage.sees("Number")
        stage.type("2")
        stage.keys("Enter")
        stage.loses("secret.txt")
        finish(stage)
        check_arrived(stage, envelope("taro@example.net") + head() + mixed(text("At noon?\n"), photo("lunch.jpg")))


@test("a file is chosen from the browser")
def _():
    with Stage() as stage:
        stage.sink()
        (stage.path / "pictures").mkdir()
        stage.file("pictures/lunch.jpg", PHOTO)
        stage.start()
        stage.write()
        stage.keys("C-t")
        stage.sees("File to attach")
        stage.type(f"{stage.path}/")
        stage.keys("C-t")
        stage.sees("pictures/")
        stage.keys("Down", "Down", "Enter")
        stage.sees("lunch.jpg")
        stage.keys("Down", "Enter")
        stage.sees("1. lunch.jpg")
        finish(stage)
        check_arrived(stage, envelope("taro@example.net") + head() + mixed(text("At noon?\n"), photo("lunch.jpg")))


@test("a letter that speaks of an attachment without one asks first")
def _():
    with Stage() as stage:
        stage.sink()
        stage.start()
        stage.write(body="The plan is attached.")
        stage.keys("C-x")
        stage.sees("Its text speaks of an attachment, and nothing is attached")
        stage.keys("s")
        stage.sees("Send this letter?")


@test("reply: to whom, quoting, References, the account that was written to")
def _():
    with Stage() as stage:
        stage.sink()
        stage.configure("[account home]\nfrom = Hana <hana@example.com>\nhost = 127.0.0.1\n"
                        f"ports = {stage.port}\ntls = off\n")
        stage.file("asked", ASKED.format(to="hana@example.com").encode())
        stage.start("compose", "--reply-to", f"{stage.path}/asked")
        stage.sees("Re: Plans")
        stage.sees("home")
        stage.type("Yes!")
        finish(stage)
        check_arrived(stage, envelope("taro@example.net", sender="hana@example.com")
                      + head(to="Taro <taro@example.net>", subject="Re: Plans", sender="Hana <hana@example.com>")
                      + ANSWER + "MIME-Version: 1.0\n" + text(f"Yes!{QUOTED}"))


@test("reply to all, read from standard input, with a signature")
def _():
    with Stage() as stage:
        stage.sink()
        stage.file("asked", ASKED.format(to="hanako@example.org").encode())
        stage.file(".signature", b"Hanako\nTokyo\n")
        stage.start("compose", "--reply-to=-", "--reply-all", standard_input=stage.path / "asked")
        stage.sees("Re: Plans")
        stage.type("Yes!")
        stage.sees("Yes!")
        finish(stage)
        check_arrived(stage, envelope("taro@example.net", "jiro@example.com")
                      + head(to="Taro <taro@example.net>", subject="Re: Plans", more="Cc: jiro@example.com\n") + ANSWER
                      + "MIME-Version: 1.0\n" + text(f"Yes!{QUOTED}\n-- \nHanako\nTokyo\n"))


@test("forward: the text, and what was attached")
def _():
    with Stage() as stage:
        stage.sink()
        stage.file("asked", b"From: Taro <taro@example.net>\nSubject: Photo\nMIME-Version: 1.0\n"
                            b'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\nLook!\n'
                            b"--b\nContent-Type: image/jpeg\nContent-Disposition: attachment; filename=a.jpg\n"
                            b"Content-Transfer-Encoding: base64\n\n/9j/4EpGSUY=\n--b--\n")
        stage.start("compose", "--forward", f"{stage.path}/asked", "jiro@example.com")
        stage.sees("Fwd: Photo")
        stage.sees("1. a.jpg")
        finish(stage)
        told = "\n\n---------- Forwarded message ----------\nFrom: Taro <taro@example.net>\nSubject: Photo\n\nLook!\n"
        check_arrived(stage, envelope("jiro@example.com") + head(to="jiro@example.com", subject="Fwd: Photo")
                      + mixed(text(told), photo("a.jpg")))


@test("all from the command line: -s -c -b -A --body-file; Bcc stays unseen")
def _():
    with Stage() as stage:
        stage.sink()
        stage.file("text", b"At noon?\n")
        stage.start("compose", "-s", "Lunch", "-c", "jiro@example.com", "-b", "saburo@example.com",
                    "-A", stage.file("lunch.jpg", PHOTO), "--body-file", f"{stage.path}/text", "taro@example.net")
        stage.sees("At noon?")
        finish(stage)
        check_arrived(stage, envelope("taro@example.net", "jiro@example.com", "saburo@example.com")
                      + head(more="Cc: jiro@example.com\n") + mixed(text("At noon?\n"), photo("lunch.jpg")))


@test("mailto: a letter is filled in, and arrives")
def _():
    with Stage() as stage:
        stage.sink()
        stage.start("compose", "mailto:taro@example.net?subject=Hi%20there&body=One%0D%0ATwo&cc=jiro@example.com"
                               "&from=mallory@example.com&x-mailer=evil")
        stage.sees("Two")
        finish(stage)
        check_arrived(stage, envelope("taro@example.net", "jiro@example.com")
                      + head(subject="Hi there", more="Cc: jiro@example.com\n") + "MIME-Version: 1.0\n"
                      + text("One\nTwo\n"))


@test("review = no: sent at once")
def _():
    with Stage(config="review = no\n") as stage:
        stage.sink()
        stage.start()
        stage.write()
        stage.keys("C-x")
        stage.sees("Message taken")
        check_arrived(stage, plain("At noon?\n"))


@test("review = no: without a recipient it is not sent, and says why")
def _():
    with Stage(config="review = no\n") as stage:
        stage.sink()
        stage.start()
        stage.write(to="")
        stage.keys("C-x")
        stage.sees("nobody is to get this letter")


@test("the fields go through $EDITOR, too")
def _():
    with Stage(config="edit-headers = yes\n",
               environment={"VISUAL": "sed -i -e 's/^Subject: .*/Subject: Dinner/' -e 's/noon/eight/'"}) as stage:
        stage.sink()
        stage.start()
        stage.write()
        stage.keys("C-_")
        stage.sees("Dinner")
        finish(stage)
        check_arrived(stage, plain("At eight?\n", subject="Dinner"))


@test("an editor that fails costs nothing")
def _():
    with Stage(environment={"EDITOR": "false"}) as stage:
        stage.start()
        stage.write()
        stage.keys("C-_")
        stage.sees("what was written is kept")
        stage.sees("At noon?")


@test("who was written to is known the next time")
def _():
    with Stage() as stage:
        stage.sink()
        stage.start()
        stage.write(to="Taro Yamada <taro@example.net>")
        finish(stage)
        stage.start()
        stage.sees("To:")
        stage.type("yama")
        stage.sees("taro@example.net")
        stage.keys("Tab")
        stage.sees("To:       Taro Yamada <taro@example.net>")


@test("query-command finds people, and doesn't hold up a key while it thinks")
def _():
    with Stage() as stage:
        stage.configure(f"query-command = while test ! -e {stage.path}/go; do sleep 0.05; done; "
                        "printf 'found\\njiro@example.com\\tJiro\\n' #%s\n")
        stage.start()
        stage.sees("To:")
        stage.type("ji")
        stage.sees("ji")
        stage.keys("F4")
        stage.type("r")
        stage.sees("jir")
        stage.file("go", b"")
        stage.sees("Jiro <jiro@example.com>")
        stage.keys("Tab")
        stage.sees("To:       Jiro <jiro@example.com>")


main(at_once=8)
