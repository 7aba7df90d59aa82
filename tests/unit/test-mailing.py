#!/usr/bin/env python3
"""Rows from every kind of source, and the messages they become."""

import email
import email.policy
import json
import os
import pathlib
import subprocess
import sys
import tempfile

TOP = pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2])
BUILD = pathlib.Path(os.environ.get("top_builddir") or TOP / "build")
sys.path.insert(0, str(TOP / "tests/lib"))

from tap import check_equal, main, test  # noqa: E402

LETTER = "From: me@example.org\nTo: {{mail}}\nSubject: Hello {{name}}\n\nDear {{name}}\n"


def make(kind, files, *options, main_file=None, stdin=None):
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            path = pathlib.Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        said = subprocess.run([BUILD / "tests/unit/make-mailing", f"{kind}={main_file or next(iter(files))}", *options],
                              cwd=folder, input=stdin, stdout=subprocess.PIPE, check=False).stdout.decode()
    return [json.loads(line) for line in said.splitlines()]


def parse(row):
    return email.message_from_bytes(row["text"].encode(), policy=email.policy.default)


@test("a table and its letter")
def table():
    rows = make("table", {"t.csv": "name,mail\nAda,a@x.org\n\"B\nC\",b@x.org\nDan,d@x.org\n"}, f"letter={LETTER}")
    check_equal([row.get("line") for row in rows], [2, None, 5], "lines")
    check_equal(rows[1]["error"].startswith("t.csv: line 3: "), True, rows[1])
    check_equal((rows[0]["key"], rows[0]["to"], rows[0]["from"]), ("a@x.org", ["a@x.org"], "me@example.org"), "row")
    check_equal(parse(rows[2])["Subject"], "Hello Dan", "subject")


@test("a faulty row names its file and line, and the next is read")
def faulty():
    rows = make("table", {"t.csv": "id,name,mail\n1,A,a@x.org,extra\n2,B,b@x.org\n"}, f"letter={LETTER}")
    check_equal(rows[0]["error"].startswith("t.csv: line 2: "), True, rows[0])
    check_equal(rows[1]["key"], "2", "key")


@test("jobs: each line an object, blank ones passed over, keys by id or address")
def jobs():
    text = '\ufeff{"id":"j1","from":"f@x.org","to":"a@x.org","text":"one"}\n\n{"to":"b@x.org"}\n{"to":3}\n'
    rows = make("jobs", {"j.jsonl": text}, "from=Me <m@x.org>")
    check_equal([(row.get("key"), row.get("line")) for row in rows], [("j1", 1), ("b@x.org", 3), (None, None)], "rows")
    check_equal(rows[2]["error"].startswith("j.jsonl: line 4: "), True, rows[2])
    again = make("jobs", {"j.jsonl": text}, "from=Me <m@x.org>")
    check_equal([row["id"] for row in again[:2]], [row["id"] for row in rows[:2]], "Message-IDs")
    check_equal(rows[0]["id"] != rows[1]["id"], True, "they differ")


@test("jobs from standard input")
def from_stdin():
    rows = make("jobs", {}, "from=m@x.org", main_file="-", stdin=b'{"to":"a@x.org"}\nnonsense\n')
    check_equal(rows[0]["file"], "standard input", "file")
    check_equal(rows[1]["error"].startswith("standard input: line 2: "), True, rows[1])


@test("a folder: the key is the file's name, Bcc stays behind")
def folder():
    first = "From: f@x.org\nSender: s@x.org\nTo: a@x.org\nBcc: h@x.org\nMessage-ID: <own@x>\n\nx\n"
    rows = make("folder", {"d/a.eml": first, "d/b.eml": "To: b@x.org\n\ny\n", "d/c.eml": "From: c@x.org\n\nz\n",
                           "d/readme.txt": "no"}, "from=m@x.org", main_file="d")
    check_equal([row.get("key") for row in rows], ["a", "b", None], "keys")
    check_equal((rows[0]["to"], rows[0]["from"], rows[0]["id"]), (["a@x.org", "h@x.org"], "s@x.org", "<own@x>"), "first")
    check_equal("h@x.org" in rows[0]["text"], False, "Bcc")
    check_equal(parse(rows[1])["From"], "m@x.org", "From")
    check_equal(rows[2]["error"], "d/c.eml: there is nobody to send to", "nobody")


@test("a message without From and nobody to put there is refused")
def no_from():
    rows = make("folder", {"d/b.eml": "To: b@x.org\n\ny\n"}, main_file="d")
    check_equal(rows[0]["error"], "d/b.eml: there is no From", "error")


@test("an mbox: the key is the Message-ID, made of the content where there is none")
def mbox():
    text = "From x Mon\nFrom: f@x.org\nTo: a@x.org\nMessage-ID: <1@x>\n\n>From here\n\nFrom y Mon\nFrom: f@x.org\nTo: b@x.org\n\nhi\n"
    rows = make("mbox", {"m": text})
    check_equal([row["line"] for row in rows], [2, 9], "lines")
    check_equal(rows[0]["key"], "1@x", "key")
    check_equal("\nFrom here" in rows[0]["text"], True, "quoting")
    check_equal(make("mbox", {"m": text})[1]["id"], rows[1]["id"], "the same again")


@test("no mbox at all")
def no_mbox():
    check_equal(make("mbox", {"m": "Hello\n"})[0]["error"], "m: this is no mbox: it doesn't begin with \"From \"",
                "error")


@test("copies: an address a line, comments passed over, the message as it is")
def copies():
    letter = "From: f@x.org\nTo: list@x.org\nMessage-ID: <l@x>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n\nHi\n"
    rows = make("recipients", {"r": "# us\nAda <a@x.org>\r\n\n b@x.org \nno address\na@x.org, b@x.org\n"},
                f"letter={letter}")
    check_equal([row.get("key") for row in rows], ["a@x.org", "b@x.org", None, None], "keys")
    check_equal(rows[1]["to"], ["b@x.org"], "to")
    check_equal(parse(rows[0])["To"], "list@x.org", "To")
    check_equal(rows[0]["one-click"], True, "one click")
    check_equal([row["error"][:10] for row in rows[2:]], ["r: line 5:", "r: line 6:"], "errors")


@test("files that aren't there")
def missing():
    for kind in ("table", "jobs", "folder", "mbox", "recipients"):
        rows = make(kind, {}, "letter=From: a@x.org\n\nx", main_file="nowhere")
        check_equal(len(rows), 1, kind)
        assert "nowhere" in rows[0]["error"], rows


main()
