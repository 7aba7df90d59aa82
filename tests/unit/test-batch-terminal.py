#!/usr/bin/env python3
"""`toukan batch` at a terminal: it asks before it sends, wherever the messages come from, and draws a bar."""

import json
import os
import pty
import select
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from batch_home import BUILD, MERGE, OK, Home, people  # noqa: E402
from tap import check_equal, main, test  # noqa: E402

QUESTION = "Send them? [y/N] "
LETTER = "From: me@example.org\nTo: all@example.org\nSubject: News\n\nHi\n"


def become(home, words, stdin):
    """In the child: standard input is the file STDIN; None: the terminal."""
    if stdin:
        os.dup2(os.open(stdin, os.O_RDONLY), 0)
    os.chdir(home.path)
    os.execve(BUILD / "toukan", [str(word) for word in home.command(*words)], home.environment)


def read_all(terminal, answer):
    """What is shown there to the end; ANSWER is typed at the question."""
    shown = b""
    while True:
        ready, _, _ = select.select([terminal], [], [], 60)
        assert ready, shown
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # nobody has the other end any more
            piece = b""
        if not piece:
            return shown.decode()
        shown += piece
        if answer is not None and QUESTION.encode() in shown:
            os.write(terminal, answer)
            answer = None


def converse(home, words, answer, stdin=None):
    """The command at a terminal of its own: its status, and what it shows."""
    process, terminal = pty.fork()
    if process == 0:
        become(home, words, stdin)
    shown = read_all(terminal, answer)
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), shown


def jobs(home, count=2):
    lines = [{"id": str(n), "to": f"n{n}@example.org", "subject": f"Job {n}", "text": "x"} for n in range(count)]
    return home.write("jobs.jsonl", "".join(json.dumps(line) + "\n" for line in lines))


def check_nothing(home, shown):
    assert "Nothing was sent." in shown, shown
    check_equal((home.mails(), home.batch("status")[0]), ([], "There are no batches.\n"), "nothing")


@test("at a terminal it asks first; a no leaves nothing")
def confirmation():
    with Home() as home:
        status, shown = converse(home, MERGE, b"n\n")
        check_equal(status, OK, shown)
        check_nothing(home, shown)
        status, shown = converse(home, MERGE, b"y\n")
        check_equal(status, OK, shown)
        check_equal(len(home.mails()), 3, "mails")
        assert "3 of 3 accepted" in shown, shown


@test("the end of input, and anything but a yes, is a no")
def not_yes():
    with Home() as home:
        for answer in (b"\n", b"\x04", b"yesterday\n", b"q\n"):
            status, shown = converse(home, MERGE, answer)
            check_equal(status, OK, shown)
            check_nothing(home, shown)
        status, shown = converse(home, MERGE, b" YES \n")
        check_equal((status, len(home.mails())), (OK, 3), shown)


@test("jobs on standard input: the terminal is asked, and no job is taken for the answer")
def jobs_confirmed():
    with Home() as home:
        path = jobs(home)
        path.write_text("\n" + path.read_text() + "\n", encoding="utf-8")  # an empty line would be a no
        words = ("--name", "jobs")
        status, shown = converse(home, words, b"n\n", stdin=path)
        check_equal(status, OK, shown)
        check_equal(shown.count(QUESTION), 1, shown)
        check_nothing(home, shown)
        status, shown = converse(home, words, b"y\n", stdin=path)
        check_equal(status, OK, shown)
        check_equal(home.subjects(), ["Job 0", "Job 1"], "subjects")
        assert "2 of 2 accepted" in shown, shown


@test("one message on standard input, to each recipient: the terminal is asked")
def letter_confirmed():
    with Home() as home:
        home.write("all.txt", "a@example.org\nb@example.org\n")
        letter = home.write("news.eml", LETTER)
        words = ("--each-recipient", "all.txt")
        status, shown = converse(home, words, b"n\n", stdin=letter)
        check_equal(status, OK, shown)
        check_nothing(home, shown)
        status, shown = converse(home, words, b"y\n", stdin=letter)
        check_equal((status, home.subjects()), (OK, ["News", "News"]), shown)


@test("a table on standard input: the terminal is asked")
def table_confirmed():
    with Home() as home:
        words = ("--template", "letter.eml", "--data", "-", "--name", "table")
        status, shown = converse(home, words, b"n\n", stdin=home.path / "people.csv")
        check_equal(status, OK, shown)
        check_nothing(home, shown)
        status, shown = converse(home, words, b"y\n", stdin=home.path / "people.csv")
        check_equal((status, len(home.mails())), (OK, 3), shown)


@test("--yes asks nobody, with jobs on standard input as well")
def jobs_yes():
    with Home() as home:
        status, shown = converse(home, ("--yes",), None, stdin=jobs(home))
        check_equal((status, home.subjects()), (OK, ["Job 0", "Job 1"]), shown)
        assert QUESTION not in shown, shown


@test("a terminal that is nobody's is shown everything, and asked nothing")
def no_controlling_terminal():
    with Home() as home:
        leader, terminal = pty.openpty()
        with open(jobs(home), "rb") as stdin:
            process = subprocess.Popen(home.command("--name", "jobs"), env=home.environment, cwd=home.path,
                                       stdin=stdin, stdout=terminal, stderr=terminal, start_new_session=True)
        os.close(terminal)
        shown = read_all(leader, None)
        os.close(leader)
        check_equal((process.wait(), home.subjects()), (OK, ["Job 0", "Job 1"]), shown)
        assert QUESTION not in shown, shown


@test("--yes doesn't ask; a bar is drawn at a terminal alone")
def bar():
    with Home(sink=("--reply-delay", "200ms")) as home:
        status, shown = converse(home, (*MERGE, "--yes", "--connections", "1", "--window", "1"), None)
        check_equal(status, OK, shown)
        assert QUESTION not in shown and "\r[" in shown and "accepted" in shown, shown
        assert "\033[3" not in shown and "\033[1" not in shown, "colours"
        home.write("people.csv", people(3))
        _, err = home.merge("--name", "other")
        assert "\r" not in err and "\033" not in err, err


main()
