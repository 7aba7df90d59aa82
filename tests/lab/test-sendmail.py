#!/usr/bin/env python3
"""The letters of sendmail that do more than hand over one message, and hostile command lines."""

from lab import Lab, check_equal, main, message, test
from lab.callers import HOST_DOMAIN, HOST_NAME, sendmail_in
from lab.client import RECIPIENT, SENDER

TEXT = message().replace("\r\n", "\n")


def stand_in(lab, name="sendmail", **options):
    """An account, and toukan under the NAME, whose path this gives."""
    lab.toukan.configure({key.replace("_", "-"): value for key, value in options.items()})
    return sendmail_in(lab, name)


def check_said(sent, *words):
    for word in words:
        check_equal(word in sent.said, True, f"{word!r} is said in {sent}")


@test("-odq keeps a message, mailq shows it, -q sends it")
def _():
    with Lab() as lab:
        lab.sink()
        sendmail = stand_in(lab)
        mailq = sendmail_in(lab, "mailq")
        lab.toukan.run(["-i", "-odq", RECIPIENT], TEXT, sendmail).check(status=0)
        check_equal(lab.messages(), [], "it waits")
        check_said(lab.toukan.run([], program=mailq).check(status=0), RECIPIENT, SENDER, "1 Request")
        check_said(lab.toukan.run(["-bp"], program=sendmail).check(status=0), RECIPIENT)
        lab.toukan.run(["-q30m"], program=sendmail).check(status=0)
        stored, = lab.messages()
        check_equal(stored.recipients, [RECIPIENT], "recipients")
        check_said(lab.toukan.run([], program=mailq).check(status=0), "Mail queue is empty")


@test("-odi sends at once what `delivery = queue` would keep")
def _():
    with Lab() as lab:
        lab.sink()
        lab.toukan.run(["-i", "-odi", RECIPIENT], TEXT, stand_in(lab, delivery="queue")).check(status=0)
        check_equal(len(lab.messages()), 1, "messages")


@test("without an outbox -odb and -odq send at once")
def _():
    for letters in ("-odb", "-odq"):
        with Lab() as lab:
            lab.sink()
            lab.toukan.run(["-i", letters, RECIPIENT], TEXT, stand_in(lab, outbox="no")).check(status=0)
            check_equal(len(lab.messages()), 1, "messages")


@test("-bv shows recipients after aliases, account and paths, and asks nobody")
def _():
    with Lab() as lab:
        lab.file("aliases", f"root: ops\nops: {RECIPIENT}, joe\n")
        sent = lab.toukan.run(["-bv", "root"], program=stand_in(lab, aliases="aliases")).check(status=0)
        check_said(sent, f"{RECIPIENT}... deliverable: account lab", "joe@lab.test... ", f"<{SENDER}>",
                   "587/IPv6, 587/IPv4, 25/IPv6, 25/IPv4")
        check_equal("root@" in sent.said, False, "an alias isn't a recipient")
        check_equal(lab.attempts(), {}, "attempts")


@test("-bv -t reads the recipients of a message")
def _():
    with Lab() as lab:
        sent = lab.toukan.run(["-bv", "-t"], TEXT, stand_in(lab)).check(status=0)
        check_said(sent, f"{RECIPIENT}... deliverable")


@test("newaliases names each fault with file and line")
def _():
    with Lab() as lab:
        file = lab.file("aliases", "root: |/bin/sh\nno alias\na: b\nb: a\n")
        sent = lab.toukan.run([], program=stand_in(lab, "newaliases", aliases="aliases")).check(status=65)
        check_said(sent, f"{file}:1: alias root: |/bin/sh: commands", f"{file}:2: an alias is", f"{file}:4: ",
                   "3 faults")
        lab.file("aliases", f"root: {RECIPIENT}\n")
        check_said(lab.toukan.run([], program=sendmail_in(lab, "newaliases")).check(status=0), "no faults")


@test("newaliases needs no account")
def _():
    with Lab() as lab:
        lab.file("config", "")
        lab.toukan.run([], program=sendmail_in(lab, "newaliases")).check(status=0)


@test("a recipient that is a command is refused, and nobody is written to")
def _():
    with Lab() as lab:
        lab.sink()
        lab.file("aliases", f"vacation: |touch {lab.folder}/ran\n")
        sendmail = stand_in(lab, aliases="aliases")
        for recipient in ("vacation", f"|touch {lab.folder}/ran", f"{lab.folder}/ran", "-X@example.test"):
            lab.toukan.run(["-i", "--", recipient, RECIPIENT], TEXT, sendmail).check(status=65)
        check_equal((lab.messages(), (lab.folder / "ran").exists()), ([], False), "messages and files")


@test("letters that name files touch none, unknown ones are no error and go to the log")
def _():
    with Lab() as lab:
        lab.sink()
        places = [lab.folder / name for name in ("X", "C", "Q", "O", "D")]
        letters = ["-X", places[0], f"-C{places[1]}", f"-oQ{places[2]}", f"-OLogFile={places[3]}", "-D", places[4],
                   "-z", "-Zfx@y.z", "-k"]
        sent = lab.toukan.run([*map(str, letters), "-i", RECIPIENT], TEXT, stand_in(lab, log="./log"))
        sent.check(status=0, errors="")
        check_equal([place for place in places if place.exists()], [], "files")
        stored, = lab.messages()
        check_equal((stored.sender, stored.recipients), (SENDER, [RECIPIENT]), "envelope")
        check_equal("-z -Z -k" in (lab.folder / "log").read_text(), True, "the log tells")


@test("what passed more than 100 servers is refused as a loop, and sent nowhere")
def _():
    with Lab() as lab:
        lab.sink()
        sent = lab.toukan.run(["-i", RECIPIENT], "Received: by x\n" * 101 + TEXT, stand_in(lab)).check(status=69)
        check_said(sent, "goes in circles")
        lab.toukan.run(["-i", RECIPIENT], "Received: by x\n" * 100 + TEXT, sendmail_in(lab)).check(status=0)
        check_equal(len(lab.messages()), 1, "messages")


@test("-oeq says nothing, -oep says why; the status is the same")
def _():
    with Lab() as lab:
        sendmail = stand_in(lab)
        loud = lab.toukan.run(["-oep", "-i", "a b@c.d"], TEXT, sendmail).check(status=65)
        check_equal(loud.errors != "", True, "something is said")
        lab.toukan.run(["-oeq", "-i", "a b@c.d"], TEXT, sendmail).check(status=65, said="")


@test("-oem has failures told by failure-mail, even while somebody waits")
def _():
    for letters, told in (("-oem", 1), ("-oep", 0)):
        with Lab() as lab:
            lab.sink("--reply", "RCPT=550 5.1.1 no such user")
            sendmail = stand_in(lab, failure_mail=SENDER, failure_maildir="./told")
            lab.toukan.run([letters, "-i", RECIPIENT], TEXT, sendmail).check(status=67)
            check_equal(len(list(lab.folder.glob("told/new/*"))), told, f"notifications with {letters}")


for each_rule, each_sender, each_from in (
        ("no", ["root@lab.test", f"root@{HOST_DOMAIN}"], f"root@{HOST_DOMAIN}"),
        ("if-local", [SENDER, SENDER], SENDER), ("always", [SENDER, SENDER], SENDER)):
    @test(f"rewrite-from = {each_rule}: the envelope's sender and From", each_rule, each_sender, each_from)
    def _(rule, senders, address):
        for sender, expected in zip(("root", f"root@{HOST_NAME}"), senders):
            with Lab() as lab:
                lab.sink()
                lab.toukan.run(["-i", "-f", sender, RECIPIENT], f"From: root@{HOST_NAME}\n\n",
                               stand_in(lab, rewrite_from=rule)).check(status=0)
                stored, = lab.messages()
                check_equal(stored.sender, expected, "sender")
                check_equal(f"From: {address}\r\n".encode() in stored.octets, True, f"From in {stored.octets}")


if __name__ == "__main__":
    main()
