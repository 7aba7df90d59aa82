#!/usr/bin/env python3
"""Programs that call sendmail, each by its own command line, and toukan in its place."""

from lab import Lab, check_equal, main, message, test
from lab.callers import CALLERS, check_arrived, sendmail_in
from lab.client import RECIPIENT, SENDER

def stand_in(lab, **options):
    """A server, an account, and toukan under the name of sendmail, whose path this gives."""
    lab.sink()
    lab.toukan.configure(options)
    return sendmail_in(lab)


def arrived(lab, sent):
    """The octets of the one message, whose envelope is as it must be."""
    sent.check(status=0)
    stored, = lab.wait_for(lab.messages, "the message")  # after -bs it leaves in the background
    check_equal((stored.sender, stored.recipients), (SENDER, [RECIPIENT]), "envelope")
    return stored.octets


def call(caller):
    with Lab() as lab:
        sent, expected = caller(lab, stand_in(lab, **caller.options))
        check_arrived(arrived(lab, sent), expected)


for each_name, each_caller in CALLERS.items():
    test(each_name, each_caller)(call)


@test("-t takes the recipients from the header, and Bcc never leaves")
def _():
    text = message(Bcc="hidden@example.test", Cc="carol@example.test").replace("\r\n", "\n")
    with Lab() as lab:
        lab.toukan.run(["-t", "-i"], text, stand_in(lab)).check(status=0)
        stored, = lab.messages()
        check_equal(sorted(stored.recipients), [RECIPIENT, "carol@example.test", "hidden@example.test"],
                    "recipients")
        check_equal(b"hidden" in stored.octets or b"Bcc" in stored.octets, False, "Bcc leaked")


@test("without -i a lone dot ends the message")
def _():
    with Lab() as lab:
        sent = lab.toukan.run([RECIPIENT], message("one\n.\ntwo\n").replace("\r\n", "\n"), stand_in(lab))
        check_equal(arrived(lab, sent).endswith(b"\r\n\r\none\r\n"), True, "end")


if __name__ == "__main__":
    main()
