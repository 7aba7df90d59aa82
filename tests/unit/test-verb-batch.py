#!/usr/bin/env python3
"""`toukan batch` as a user meets it: every kind of input, looks before it leaves, what is told."""

import json
import os
import subprocess
import time
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from batch_home import BUILD, DATA, MERGE, NO_INPUT, NO_USER, OK, TEMPORARY, TOP, USAGE, Home, PEOPLE, people  # noqa: E402
from tap import check_equal, main, test  # noqa: E402

# --- input ------------------------------------------------------------------------------------


@test("a letter and a table: everybody gets their own")
def merge():
    with Home() as home:
        out, err = home.merge()
        check_equal(out, "", "standard output")
        assert "Batch people: 3 messages to 3 recipients" in err and "3 of 3 accepted" in err, err
        check_equal(home.subjects(), ["Hello Ada", "Hello Cleo", 'Hello Müller, "Bob"'], "subjects")
        bob = next(mail for mail in home.mails() if "Bob" in mail["Subject"])
        check_equal(bob["To"].addresses[0].display_name, 'Müller, "Bob"', "To")
        check_equal(bob["From"].addresses[0].addr_spec, "me@example.org", "From")
        check_equal(home.info()["accepted"], 3, "status")


SPREADSHEETS = {
    "excel.csv": "\ufeffname;mail\r\nÄnne;a@example.org\r\n\"B\r\nB\";b@example.org\r\n".encode(),
    "excel-sep.csv": "sep=;\r\nname;mail\r\nÄnne;a@example.org\r\n".encode("cp1252"),
    "excel-unicode.txt": "name\tmail\r\nÄnne\ta@example.org\r\n".encode("utf-16"),
    "libreoffice.csv": '"name","mail"\n"Änne","a@example.org"\n'.encode(),
    "libreoffice.tsv": "name\tmail\nÄnne\ta@example.org\n".encode(),
    "rows.jsonl": '{"name":"Änne","mail":"a@example.org"}\n'.encode(),
    "empty-lines.csv": "name,mail\n\nÄnne,a@example.org\n,\n\n".encode(),
}


for name, content in SPREADSHEETS.items():
    @test(f"as written by spreadsheets: {name}", name, content)
    def _(name, content):
        with Home() as home:
            home.write(name, content)
            home.write("letter.eml", "Subject: S\nTo: {{mail}}\n\nDear {{name}}\n")
            charset = ["--charset", "windows-1252"] if name == "excel-sep.csv" else []
            home.batch("--template", "letter.eml", "--data", name, *charset)
            texts = [mail.get_content() for mail in home.mails()]
            assert any("Dear Änne" in text for text in texts), texts
            check_equal(len(texts), 2 if name == "excel.csv" else 1, "how many")


@test("the wrong charset is refused, with the option that helps")
def charset():
    with Home() as home:
        home.write("people.csv", "name,mail\nÄnne,a@example.org\n".encode("cp1252"))
        _, err = home.merge(expected=DATA)
        assert "people.csv: line 2: this isn't UTF-8; say --charset" in err and "windows-1252" in err, err
        check_equal(home.mails(), [], "mails")
        home.merge("--charset", "windows-1252")
        check_equal(home.subjects(), ["Hello Änne"], "subjects")


@test("jobs on standard input")
def jobs():
    with Home() as home:
        home.write("a.txt", "attached\n")
        lines = [{"id": "1", "to": "a@example.org", "subject": "One", "text": "x", "attachments": ["a.txt"]},
                 {"to": ["b@example.org"], "cc": "c@example.org", "subject": "Two", "html": "<p>y</p>"}]
        _, err = home.batch(text="".join(json.dumps(line) + "\n" for line in lines))
        assert "Batch batch-20" in err, err
        check_equal(home.subjects(), ["One", "Two"], "subjects")
        one = next(mail for mail in home.mails() if mail["Subject"] == "One")
        check_equal([part.get_filename() for part in one.iter_attachments()], ["a.txt"], "attachments")


@test("a folder of messages")
def eml_dir():
    with Home() as home:
        home.write("out/a.eml", "From: x@example.org\nTo: a@example.org\nBcc: h@example.org\nSubject: A\n\nx\n")
        home.write("out/b.eml", "To: b@example.org\nSubject: B\n\ny\n")
        home.batch("--eml-dir", "out", "--report", "r.csv")
        check_equal(home.subjects(), ["A", "B"], "subjects")
        check_equal(sorted((row["key"], row["recipient"]) for row in home.report("r.csv")),
                    [("a", "a@example.org"), ("a", "h@example.org"), ("b", "b@example.org")], "report")
        check_equal([mail["Bcc"] for mail in home.mails()], [None, None], "Bcc")
        check_equal(home.info("out")["accepted"], 3, "name")


@test("an mbox")
def mbox():
    with Home() as home:
        home.write("old.mbox", "From x\nTo: a@example.org\nSubject: A\n\n>From me\n\nFrom y\nTo: b@example.org\nSubject: B\n\ny\n")
        home.batch("--mbox", "old.mbox")
        check_equal(home.subjects(), ["A", "B"], "subjects")


@test("one message to each recipient")
def copies():
    with Home() as home:
        home.write("all.txt", "a@example.org\n# not this one\nBob <b@example.org>\n")
        message = "From: me@example.org\nTo: Members <list@example.org>\nSubject: News\n\nHi\n"
        home.batch("--each-recipient", "all.txt", text=message)
        check_equal([(mail["Subject"], str(mail["To"])) for mail in home.mails()],
                    [("News", "Members <list@example.org>")] * 2, "mails")


@test("what is done stays done, whatever it was made from")
def done():
    with Home() as home:
        home.write("all.txt", "a@example.org\n")
        home.write("out/b.eml", "To: b@example.org\nSubject: B\n\ny\n")
        for words, text in ((("--name", "jobs"), '{"to":"a@example.org","subject":"x"}\n'),
                            (("--each-recipient", "all.txt"), "To: x@example.org\nSubject: y\n\nHi\n"),
                            (("--eml-dir", "out"), ""), ((*MERGE,), "")):
            home.batch(*words, text=text)
            before = len(home.mails())
            time.sleep(1.1)  # a Date of its own
            _, err = home.batch(*words, text=text)
            assert " accepted" in err, err
            check_equal(len(home.mails()), before, words)
        check_equal(len({mail["Message-ID"] for mail in home.mails()}), 6, "Message-IDs")


@test("HTML, Markdown, attachments of a row, and how to unsubscribe")
def rich():
    with Home() as home:
        home.write("people.csv", "name,mail,file\nAda,a@example.org,a.pdf\nBob,b@example.org,\n")
        home.write("a.pdf", b"%PDF-1.4 x")
        home.write("page.html", "<p>Dear {{name}}</p>")
        home.merge("--html", "page.html", "--attach", "{{file}}", "--list-id", "news.example.org",
                   "--list-unsubscribe", "https://example.org/u?m={{mail}}")
        ada, bob = sorted(home.mails(), key=lambda mail: mail["Subject"])
        check_equal([part.get_filename() for part in ada.iter_attachments()], ["a.pdf"], "Ada's")
        check_equal([part.get_filename() for part in bob.iter_attachments()], [], "Bob's")
        check_equal(ada.get_body(("html",)).get_content().strip(), "<p>Dear Ada</p>", "HTML")
        check_equal(ada["List-Unsubscribe"], "<https://example.org/u?m=a%40example.org>", "List-Unsubscribe")
        check_equal(ada["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click", "Post")
        home.merge("--markdown", "--name", "md")
        assert "<p>Dear" in home.mails()[-1].get_body(("html",)).get_content()


def indented(text):
    """The indented blocks of TEXT."""
    blocks, block = [], []
    for line in [*text.splitlines(), "end"]:
        if line.startswith("    ") or (not line and block):
            block.append(line[4:])
        elif block:
            blocks.append("\n".join(block).rstrip() + "\n")
            block = []
    return blocks


@test("the example of README.md works to the letter")
def readme():
    text = (TOP / "README.md").read_text(encoding="utf-8").split("## To many\n")[1].split("\n## ")[0]
    table, letter, commands = indented(text)
    with Home() as home:
        home.write("people.csv", table)
        home.write("letter.eml", letter)
        (home.path / "toukan").symlink_to(BUILD / "toukan")
        for command in commands.splitlines():
            done = subprocess.run(command, shell=True, env={**home.environment, "XDG_STATE_HOME": str(home.path / "state")},
                                  cwd=home.path, check=False, capture_output=True, text=True)
            check_equal(done.returncode, OK, f"{command}: {done.stderr}")
        check_equal(home.subjects(), ["Hello Hanako"] + ["Hello Hanako", "Hello Yamada, Taro"] + ["Hello Yamada, Taro"],
                    "subjects")
        check_equal(len(home.report("sent.csv")), 2, "the report")


# --- faults -------------------------------------------------------------------------------------


@test("rows with faults are listed with file and line, and nothing is sent")
def faults():
    with Home() as home:
        home.write("people.csv", "name,mail\nAda,ada@example.org\n\"B\nC\",b@example.org\nDan,no address\nE,e@example.org\n")
        _, err = home.merge(expected=DATA)
        assert "people.csv: line 3: " in err and "people.csv: line 5: " in err and "nothing was sent" in err, err
        check_equal(home.mails(), [], "mails")
        check_equal(home.batch("status")[0], "There are no batches.\n", "nothing stays")
        home.merge("--skip-faulty")
        check_equal(home.subjects(), ["Hello Ada", "Hello E"], "subjects")


@test("a template that names no column is refused with its line")
def template():
    with Home() as home:
        home.write("letter.eml", "To: {{mail}}\nSubject: x\n\nDear\n{{nmae}}\n")
        _, err = home.merge(expected=DATA)
        assert "letter.eml:5:" in err and "nmae" in err, err


@test("a key that is there twice is refused, unless that is allowed")
def duplicates():
    with Home() as home:
        home.write("people.csv", "name,mail\nAda,ada@example.org\nBob,bob@example.org\nAda,ada@example.org\n")
        _, err = home.merge(expected=DATA)
        assert "people.csv: line 4: another row is called ada@example.org" in err, err
        check_equal(home.mails(), [], "mails")
        home.write("people.csv", "name,mail\nAda,ada@example.org\nBob,bob@example.org\nAdele,ada@example.org\n")
        home.merge("--allow-duplicates")
        check_equal(len({mail["Message-ID"] for mail in home.mails()}), 3, "messages")


@test("files that aren't there, and options that don't go together")
def usage():
    with Home(sink=None) as home:
        home.batch("--template", "letter.eml", "--data", "nowhere.csv", expected=NO_INPUT)
        home.batch("--template", "nowhere", "--data", "people.csv", expected=NO_INPUT)
        home.batch("--data", "people.csv", expected=USAGE)
        home.batch("stauts", expected=USAGE)
        home.batch("resume", expected=USAGE)
        home.batch("resume", "nobody", expected=USAGE)
        home.batch("--rate", "much", expected=USAGE)


# --- looks before it leaves ------------------------------------------------------------------------


@test("a dry run tells how many, from whom, over what, and sends nothing")
def dry_run():
    with Home() as home:
        _, err = home.merge("--dry-run")
        for words in ("Batch people: 3 messages to 3 recipients", "Me <me@example.org>", "account work (127.0.0.1)",
                      "first  to ada@example.org: Hello Ada", "Nothing was sent."):
            assert words in err, err
        check_equal(home.mails(), [], "mails")
        check_equal(home.batch("status")[0], "There are no batches.\n", "nothing stays")
        check_equal([path.name for path in home.path.iterdir() if path.name.startswith("toukan-")
                     and not path.name.startswith("toukan-sink")], [], "temporary files")
        out, _ = home.merge("--dry-run", "--json")
        check_equal((json.loads(out)["messages"], json.loads(out)["first-to"]), (3, "ada@example.org"), "JSON")
        home.write("people.csv", PEOPLE + "X,nobody\nAda,ada@example.org\n")
        _, err = home.merge("--dry-run", expected=DATA)
        assert "line 5" in err and "line 6" in err, err


@test("a preview shows the first messages as people read them")
def preview():
    with Home(sink=None) as home:
        out, err = home.merge("--preview", "2")
        check_equal(err, "", "standard error")
        assert "Subject: Hello Ada\n" in out and 'Subject: Hello Müller, "Bob"\n' in out and "Cleo" not in out, out
        assert "people.csv, line 2: ada@example.org" in out and "\nDear Ada,\n" in out, out


@test("a test goes to one address alone, with a Message-ID of its own")
def test_to():
    with Home() as home:
        home.write("letter.eml", "Subject: Hello {{name}}\nTo: {{mail}}\nCc: boss@example.org\n\nx\n")
        _, err = home.merge("--test-to", "me@example.org", "--limit", "2")
        assert "2 messages went to me@example.org" in err, err
        check_equal(home.subjects(), ["Hello Ada", 'Hello Müller, "Bob"'], "subjects")
        for mail in home.mails():
            check_equal((str(mail["To"]), mail["Cc"]), ("me@example.org", None), "To and Cc")
        check_equal([mail["X-Test-For"] for mail in home.mails()][0], "ada@example.org", "X-Test-For")
        rcpt = [json.loads(line) for line in (home.path / "log").read_text().splitlines()]
        assert "boss@example.org" not in json.dumps(rcpt), rcpt
        test_ids = {mail["Message-ID"] for mail in home.mails()}
        check_equal(home.batch("status")[0], "There are no batches.\n", "no batch is made")
        home.merge("--limit", "2")
        check_equal(len({mail["Message-ID"] for mail in home.mails()} - test_ids), 2, "Message-IDs")


@test("the first rows only, or those that are named")
def limit_only():
    with Home() as home:
        home.merge("--limit", "1")
        check_equal(home.subjects(), ["Hello Ada"], "limit")
        home.merge("--only", "cleo@example.org")
        check_equal(home.subjects(), ["Hello Ada", "Hello Cleo"], "only")
        _, err = home.merge("--only", "nobody@example.org", expected=DATA)
        assert "nobody@example.org" in err, err
        home.merge()
        check_equal(home.subjects(), ["Hello Ada", "Hello Cleo", 'Hello Müller, "Bob"'], "the rest")


# --- what is seen ----------------------------------------------------------------------------------------


@test("a report: every column, no formulas, and never over something else")
def report():
    with Home(sink=("--rcpt", "bob@example.org=550 5.1.1 \"no, never\"")) as home:
        home.write("people.csv", "id,name,mail\n=1+1,Ada,ada@example.org\n2,Bob,bob@example.org\n")
        home.merge("--report", "r.csv", expected=NO_USER)
        rows = {row["recipient"]: row for row in home.report("r.csv")}
        ada, bob = rows["ada@example.org"], rows["bob@example.org"]
        check_equal(ada["key"], "'=1+1", "a key that is a formula")
        check_equal((ada["batch"], ada["state"], ada["code"]), ("people", "accepted", "250"), "Ada's")
        check_equal((bob["state"], bob["reply"]), ("refused", '550 5.1.1 "no, never"'), "Bob's")
        before = (home.path / "people.csv").read_bytes()
        _, err = home.merge("--report", "people.csv", "--name", "x", expected=USAGE)
        assert "no report of this batch" in err, err
        check_equal((home.path / "people.csv").read_bytes(), before, "the data")
        home.batch("status", "people", "--report", "later.csv")
        check_equal(home.report("later.csv"), home.report("r.csv"), "later")


@test("events for programs")
def events():
    with Home(sink=("--rcpt", "bob@example.org=550 5.1.1 no")) as home:
        out, err = home.merge("--json", expected=NO_USER)
        found = [json.loads(line) for line in out.splitlines()]
        recipients = {event["recipient"]: event for event in found if event["event"] == "recipient"}
        check_equal(len(recipients), 3, "recipients")
        check_equal(recipients["bob@example.org"]["verdict"]["code"], 550, "verdict")
        check_equal((found[-1]["event"], found[-1]["accepted"], found[-1]["exit-status"]), ("end", 2, NO_USER), "end")


@test("many without a way to unsubscribe are warned of")
def unsubscribe():
    with Home(sink=None) as home:
        home.write("people.csv", people(101))
        _, err = home.merge("--dry-run")
        assert "--list-unsubscribe" in err, err
        _, err = home.merge("--dry-run", "--limit", "100")
        assert "--list-unsubscribe" not in err, err
        _, err = home.merge("--dry-run", "--list-unsubscribe", "https://example.org/{{id}}", "--list-id", "a.example.org")
        assert "warning" not in err, err


@test("the outbox shows a batch as one line")
def outbox():
    with Home(sink=("--rcpt", "bob@example.org=450 later")) as home:
        home.merge("--wait", "0", expected=TEMPORARY)
        done = subprocess.run([BUILD / "toukan", "outbox"], env=home.environment, check=True, stdout=subprocess.PIPE, text=True)
        lines = [line for line in done.stdout.splitlines() if "people" in line]
        check_equal(len(lines), 1, done.stdout)
        assert "2 of 3 accepted" in lines[0], lines


main()
