#!/usr/bin/env python3
"""toukan and Postfix, with Dovecot to check logins."""

from lab import check_equal, test
from lab.callers import CALLERS, check_arrived, sendmail_in
from lab.client import RECIPIENT, SENDER
from servers import Postfix, batches, enter, main, standard
from servers.dovecot import HASHED_USER

enter()
postfix = Postfix()
standard.add_tests(postfix)
batches.add_tests(postfix)


@test("Dovecot offers SCRAM and has only a hash of the password: PLAIN logs in after one refusal")
def _():
    before = postfix.login_failures()
    sent, _ = standard.deliver(postfix, standard.letter(), user=HASHED_USER)
    check_equal(sent.mechanisms, ["PLAIN"], "mechanism")
    check_equal(postfix.login_failures() - before, 1, "refused logins")


def call(caller):
    """The messages of cron and the like, over the whole way into a mailbox."""
    postfix.lab.toukan.configure(postfix.account() | caller.options)
    sent, expected = caller(postfix.lab, sendmail_in(postfix.lab))
    sent.check(status=0)
    stored, = postfix.mailbox.take()
    check_equal((stored.sender, stored.recipients), (SENDER, [RECIPIENT]), "envelope")
    check_arrived(stored.octets, expected)


for each_name, each_caller in CALLERS.items():
    test(f"Postfix: by {each_name}", each_caller)(call)


if __name__ == "__main__":
    main()
