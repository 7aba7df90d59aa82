#!/usr/bin/env python3
"""A letter and a table make messages, read with somebody else's parser: every value
arrives as it was in its cell, wherever the letter puts it, and none becomes syntax."""

import csv
import email
import email.header
import email.policy
import email.utils
import html
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

TOP = pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2])
BUILD = pathlib.Path(os.environ.get("top_builddir") or TOP / "build")
sys.path.insert(0, str(TOP / "tests/lib"))

from tap import check_equal, main, test  # noqa: E402

LETTER = """\
From: "Ärzte, ohne Grenzen" <from@example.org>
To: {{name}} <{{mail}}>
Subject: Hello {{name|you}}: {{what}}
X-Note: {{what}}

Dear {{name|friend}},
{{#if what}}
It is about {{what}}.
{{/if}}
Bye
"""

HOSTILE = [
    'Müller, "Bob"', "a, b <x@evil.example>", "x\\", '"', "<b>&amp;</b>", "=?utf-8?q?x?=", "日本語の名前" * 20,
    "a" * 2000, "(comment) ; : @", "{{name}}", "%s%n", "..", "\u202eabc", "x\tY", "=C3=BC", "𝔘𝔫𝔦",
    "word " * 100, "undisclosed-recipients:;", "'", "a\x7fb", "\x1b[2J",
]


def merge(letter, table, *options, name="table.csv"):
    """What make-merge says a row, and its messages by line."""
    with tempfile.TemporaryDirectory() as folder:
        base = pathlib.Path(folder)
        (base / "letter").write_bytes(letter.encode() if isinstance(letter, str) else letter)
        (base / name).write_bytes(table.encode() if isinstance(table, str) else table)
        (base / "out").mkdir()
        (base / "a.txt").write_text("A file\n")
        (base / "ä.bin").write_bytes(bytes(range(256)))
        said = subprocess.run(
            [BUILD / "tests/unit/make-merge", base / "letter", base / name, f"out={base}/out", f"folder={base}",
             *options], stdout=subprocess.PIPE, check=False).stdout.decode()
        rows = [json.loads(line) for line in said.splitlines()]
        for number, path in enumerate(sorted((base / "out").iterdir(), key=lambda path: int(path.stem))):
            good = [row for row in rows if "error" not in row]
            good[number]["octets"] = path.read_bytes()
        return rows


def parse(octets):
    assert b"\r" not in octets.replace(b"\r\n", b"") and b"\n" not in octets.replace(b"\r\n", b""), "line ends"
    assert max(len(line) for line in octets.split(b"\r\n")) <= 998, "a long line"
    header = octets.split(b"\r\n\r\n")[0]
    assert header.isascii(), "an 8-bit header"
    return email.message_from_bytes(octets, policy=email.policy.default)


def table_of(rows):
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


def one(letter, names, values, *options):
    rows = merge(letter, table_of([names, values]), *options)
    assert len(rows) == 1, rows
    return rows[0]


def content_of(part):
    """Text with plain line ends."""
    content = part.get_content()
    return content.replace("\r\n", "\n") if isinstance(content, str) else content


def name_of(message):
    """The display name of To; the policy's own parser puts spaces between encoded words."""
    raw = unfold(dict(message.raw_items())["To"])
    return str(email.header.make_header(email.header.decode_header(email.utils.parseaddr(raw)[0])))


def only_error(row, *words):
    assert "error" in row, row
    for word in words:
        assert word in row["error"], (word, row["error"])


def unfold(value):
    return re.sub(r"\r?\n", "", str(value))


@test("a row becomes a message")
def _():
    row = one(LETTER, ["name", "mail", "what"], ["Ann", "ann@example.com", "lunch"])
    message = parse(row["octets"])
    check_equal(str(message["to"]), "Ann <ann@example.com>", "To")
    check_equal(message["subject"], "Hello Ann: lunch", "Subject")
    check_equal(content_of(message), "Dear Ann,\nIt is about lunch.\nBye\n", "body")
    check_equal(message["from"].addresses[0].display_name, "Ärzte, ohne Grenzen", "From")
    check_equal(row["to"], ["ann@example.com"], "recipients")
    check_equal(row["from"], "from@example.org", "sender")
    check_equal(message["message-id"], row["id"], "Message-ID")
    check_equal(row["key"], "ann@example.com", "key")
    assert row["id"].endswith("@example.org>"), row["id"]
    assert message["date"], "Date"


for hostile in HOSTILE:
    @test(f"everywhere as it was: {ascii(hostile[:30])}", hostile)
    def _(value):
        row = one(LETTER, ["name", "mail", "what"], [value, "x@example.com", value])
        message = parse(row["octets"])
        check_equal(row["to"], ["x@example.com"], "recipients")
        check_equal(len(message["to"].addresses), 1, "addresses in To")
        check_equal(message["to"].addresses[0].addr_spec, "x@example.com", "To")
        plain = " ".join(value.split(" ")).strip()
        check_equal(name_of(message), plain, "name")
        check_equal(re.sub("[ \t]+", " ", unfold(message["x-note"])).strip(), plain.replace("\t", " "), "X-Note")
        check_equal(content_of(message), f"Dear {value},\nIt is about {value}.\nBye\n", "body")
        check_equal(sorted(set(name.lower() for name in message.keys())),
                    ["content-transfer-encoding", "content-type", "date", "from", "message-id", "mime-version",
                     "subject", "to", "x-note"], "fields")


for column, value in [("name", "x\nBcc: v@evil.example"), ("what", "a\r\nX: y"), ("what", "a\rb"), ("mail", "a@b.c\n")]:
    @test(f"a line break in a header refuses the row: {column}", column, value)
    def _(where, what):
        values = {"name": "Ann", "mail": "a@example.com", "what": "w", where: what}
        only_error(one(LETTER, list(values), list(values.values())), "header field")


for address in ["a@b.c, d@e.f", "Bob <a@b.c>", "nobody", "-x@b.c", "a@b..c", "a@b.c>", "<a@b.c>", "a b@c.d", "x@[", "@b.c",
                "a@b.c (x)", "g: a@b.c;"]:
    @test(f"no address: {address}", address)
    def _(value):
        only_error(one(LETTER, ["name", "mail", "what"], ["Ann", value, "w"]), "header field To")


@test("IDN domains are sent as A-labels")
def _():
    row = one(LETTER, ["name", "mail", "what"], ["Ann", "ann@bücher.example", "x"])
    check_equal(parse(row["octets"])["to"].addresses[0].addr_spec, "ann@xn--bcher-kva.example", "To")


@test("an empty address leaves its place in the list empty, and a field without any out")
def _():
    letter = "From: f@x.y\nTo: {{a}}, Fix <fix@x.y>, {{name}} <{{b}}>\nCc: {{a}}\nBcc: {{b}}\n\nx\n"
    row = one(letter, ["a", "b", "name"], ["", "b@x.y", "B"])
    message = parse(row["octets"])
    check_equal(str(message["to"]), "Fix <fix@x.y>, B <b@x.y>", "To")
    check_equal((message["cc"], message["bcc"]), (None, None), "Cc and Bcc")
    check_equal(row["to"], ["fix@x.y", "b@x.y", "b@x.y"], "recipients")


@test("nobody to send to refuses the row; so does an empty From")
def _():
    only_error(one("From: f@x.y\nTo: {{a}}\n\nx", ["a", "b"], ["", "1"]), "header field To")
    only_error(one("From: {{a}}\nTo: t@x.y\n\nx", ["a", "b"], ["", "1"]), "header field From")


@test("names of two columns, pieces of addresses, defaults with commas and quotes")
def _():
    letter = ('From: {{sender|"Us", we}} <f@x.y>\nTo: {{first}} {{last}} <{{user}}@example.com>\n'
              'Reply-To: "{{last}} (office)" <office+{{user}}@x.y>\n\nx')
    rows = merge(letter, "sender,first,last,user\n,,Bär,b\n,Ann,,a\nS,A,B,c\n")
    messages = [parse(row["octets"]) for row in rows]
    check_equal([message["to"].addresses[0].display_name for message in messages], ["Bär", "Ann", "A B"], "To")
    check_equal([row["to"] for row in rows], [["b@example.com"], ["a@example.com"], ["c@example.com"]], "recipients")
    check_equal(messages[0]["from"].addresses[0].display_name, '"Us", we', "From")
    check_equal(messages[2]["reply-to"].addresses[0].addr_spec, "office+c@x.y", "Reply-To")


@test("the id column is the key, and the Message-ID follows it alone")
def _():
    letter = "From: f@x.y\nTo: {{mail}}\nSubject: {{n}}\n\n{{n}}\n"
    rows = merge(letter, "id,mail,n\n1,a@x.y,1\n1,b@x.y,2\n2,a@x.y,1\n,a@x.y,1\n")
    check_equal([row["key"] for row in rows], ["1", "1", "2", "a@x.y"], "keys")
    check_equal(rows[0]["id"], rows[1]["id"], "same key")
    check_equal(len({row["id"] for row in rows}), 3, "Message-IDs")
    check_equal(merge(letter, "id,mail,n\n1,a@x.y,1\n")[0]["id"], rows[0]["id"], "again")


@test("rows with faults are named with their lines, the others come out")
def _():
    rows = merge("From: f@x.y\nTo: {{mail}}\n\nx", 'mail,n\na@x.y,1\nbad,"2\n2"\nc@x.y\nd@x.y,4\n')
    check_equal([(row["line"], "error" in row) for row in rows], [(2, False), (3, True), (5, True), (6, False)], "rows")


@test("HTML escapes, text doesn't; the second is an alternative")
def _():
    value = "<script>alert('x')</script> & \"ü\""
    row = one("From: f@x.y\nTo: t@x.y\n\n{{v}}\n", ["v", "w"], [value, "1"], "html=<p title=\"{{v}}\">{{v}}</p>")
    message = parse(row["octets"])
    check_equal(message.get_content_type(), "multipart/alternative", "type")
    text, markup = message.iter_parts()
    check_equal(content_of(text).strip(), value, "text")
    check_equal(html.unescape(re.search("<p.*?>(.*)</p>", content_of(markup))[1]), value, "HTML")
    assert "<script>" not in content_of(markup), content_of(markup)
    check_equal((text.get_content_type(), markup.get_content_type()), ("text/plain", "text/html"), "types")


@test("Markdown to both")
def _():
    letter = ("From: f@x.y\nTo: t@x.y\n\n# Hi {{v|a & b}}\n\n**{{v}}** [here](https://x.y/?q={{v}})\n\n"
              "{{#if v}}\n- one {{v}}\n{{else}}\n- none\n{{/if}}\n")
    rows = merge(letter, table_of([["v", "w"], ["<*i*>", "1"], ["", "2"]]), "markdown")
    text, markup = [content_of(part) for part in parse(rows[0]["octets"]).iter_parts()]
    assert "# Hi <*i*>\n\n**<*i*>**" in text and "{{" not in text, text
    for piece in ["<h1>Hi &lt;*i*&gt;</h1>", "<strong>&lt;*i*&gt;</strong>", 'href="https://x.y/?q=&lt;*i*&gt;"',
                  "<li>one &lt;*i*&gt;</li>"]:
        assert piece in markup, (piece, markup)
    assert "none" not in markup and "<!--" not in markup, markup
    text, markup = [content_of(part) for part in parse(rows[1]["octets"]).iter_parts()]
    assert "<h1>Hi a &amp; b</h1>" in markup and "<li>none</li>" in markup, markup


@test("attachments: one for all, one for a row, none where the name is empty")
def _():
    rows = merge("From: f@x.y\nTo: t@x.y\n\nx\n", "v,w\nä.bin,1\n,2\nnone.bin,3\n../x,4\n/etc/passwd,5\n", "attach=a.txt",
                 "attach={{v}}")
    names = [[part.get_filename() for part in parse(row["octets"]).iter_attachments()] for row in rows[:2]]
    check_equal(names, [["a.txt", "ä.bin"], ["a.txt"]], "names")
    part = list(parse(rows[0]["octets"]).iter_attachments())[1]
    check_equal(content_of(part), bytes(range(256)), "content")
    check_equal(content_of(parse(rows[0]["octets"]).get_body()), "x\n", "text")
    only_error(rows[2], "none.bin")
    only_error(rows[3], "leads out")
    only_error(rows[4], "leads out")


@test("the pair of RFC 8058, with List-Id")
def _():
    row = one("From: f@x.y\nTo: t@x.y\nList-Unsubscribe: <mailto:old@x.y>\nList-Id: old\n\nx\n", ["k", "w"],
              ["a b&c>\n", "1"], "unsubscribe=https://x.y/u?k={{k}}", "list-id=news.x.y")
    message = parse(row["octets"])
    check_equal(message.get_all("list-unsubscribe"), ["<https://x.y/u?k=a%20b%26c%3E%0A>"], "List-Unsubscribe")
    check_equal(message.get_all("list-unsubscribe-post"), ["List-Unsubscribe=One-Click"], "Post")
    check_equal(message.get_all("list-id"), ["<news.x.y>"], "List-Id")
    only_error(one("From: f@x.y\nTo: t@x.y\n\nx", ["k"], ["1"], "unsubscribe=http://x.y/"), "https://")
    row = one("From: f@x.y\nTo: t@x.y\n\nx", ["k"], ["1"], "unsubscribe=mailto:u@x.y")
    check_equal(parse(row["octets"])["list-unsubscribe-post"], None, "Post with mailto")


@test("a letter of several parts, encoded, keeps them")
def _():
    letter = email.message.EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "f@x.y", "{{name}} <{{mail}}>", "Grüße {{name}}"
    letter.set_content("Grüße {{name}}\n", cte="base64")
    letter.add_alternative("<p>Grüße {{name}} <img src='cid:i'></p>\n", subtype="html", cte="quoted-printable")
    letter.get_payload()[1].add_related(b"\x89PNG", "image", "png", cid="<i>")
    letter.add_attachment(b"\0\1\2{{name}}", maintype="application", subtype="octet-stream", filename="ü.bin")
    letter.add_attachment("{{name}}", filename="t.txt")
    row = one(bytes(letter), ["name", "mail"], ["Ä<b>", "a@x.y"])
    message = parse(row["octets"])
    check_equal(message["subject"], "Grüße Ä<b>", "Subject")
    check_equal(content_of(message.get_body(("plain",))), "Grüße Ä<b>\n", "text")
    check_equal(content_of(message.get_body(("html",))), "<p>Grüße Ä&lt;b&gt; <img src='cid:i'></p>\n", "HTML")
    check_equal([part.get_content_type() for part in message.walk()],
                ["multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
                 "application/octet-stream", "text/plain"], "parts")
    first, second = message.iter_attachments()
    check_equal((first.get_filename(), content_of(first)), ("ü.bin", b"\0\1\2{{name}}"), "attachment")
    check_equal(content_of(second).strip(), "{{name}}", "text attachment")


for about, letter, words in [
    ("unknown column in the body", "From: f@x.y\nTo: t@x.y\n\n\nDear {{nme}}", ["letter:5:6", "nme"]),
    ("unknown column in the subject", "From: f@x.y\nTo: t@x.y\nSubject: {{nme}}\n\n", ["letter:3:1", "nme"]),
    ("unknown column in To", "From: f@x.y\nTo: {{nme}} <a@b.c>\n\n", ["letter:2:1", "nme"]),
    ("no recipients", "From: f@x.y\n\nx", ["To", "missing"]),
    ("no sender", "To: f@x.y\n\nx", ["From", "missing"]),
    ("two senders", "From: f@x.y, g@x.y\nTo: t@x.y\n\nx", ["From"]),
    ("From twice", "From: f@x.y\nFrom: g@x.y\nTo: t@x.y\n\nx", ["From"]),
    ("a conditional around syntax", "From: f@x.y\nTo: {{#if k}}a <b@c.d>, {{/if}}e@f.g\n\nx", ["letter:2:1"]),
    ("syntax in To", "From: f@x.y\nTo: {{k}} <{{k}}\n\nx", ["header field To"]),
    ("no header", "Dear {{k}},\n\nx", ["line 1"]),
    ("signed", "From: f@x.y\nTo: t@x.y\nContent-Type: multipart/signed; boundary=b; protocol=x/y; micalg=z\n\n--b\n\nx\n--b\n\ny\n--b--\n",
     ["signed"]),
]:
    @test(f"refused before any row: {about}", letter, words)
    def _(text, expected):
        rows = merge(text, "k,l\n1,2\n")
        check_equal(len(rows), 1, "what was said")
        only_error(rows[0], *expected)


@test("Resent-Bcc, Received and a signature stay behind")
def _():
    row = one("Received: x\nResent-Bcc: z@x.y\nDKIM-Signature: v=1\nFrom: f@x.y\nTo: t@x.y\nBcc: s@x.y\nMessage-ID: <1@x>\n\nx",
              ["k"], ["1"])
    check_equal([name.lower() for name in parse(row["octets"]).keys()],
                ["date", "from", "to", "message-id", "mime-version", "content-type", "content-transfer-encoding"], "fields")
    check_equal(row["to"], ["t@x.y", "s@x.y"], "recipients")


@test("a row costs no memory, and little time")
def _():
    with tempfile.TemporaryDirectory() as folder:
        base = pathlib.Path(folder)
        (base / "letter").write_text(LETTER)
        peaks = []
        for count in [200, 40000]:
            with open(base / "t.csv", "w") as table:
                table.write("name,mail,what\n")
                table.writelines(f'"Müller, {i}",user{i}@example.com,w{i}\n' for i in range(count))
            said = subprocess.run([BUILD / "tests/unit/make-merge", base / "letter", base / "t.csv"],
                                  env=dict(os.environ, ASAN_OPTIONS="quarantine_size_mb=1"),
                                  stdout=subprocess.PIPE, check=True).stdout.decode()
            print("#", said.strip())
            peaks.append(int(said.split("peak ")[1].split()[0]))
        assert peaks[1] < peaks[0] + 4096, peaks


main()
