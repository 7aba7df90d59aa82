#!/usr/bin/env python3
"""toukan and Postfix, with Dovecot to check logins."""

from lab import check_equal, test
from servers import Postfix, enter, main, standard
from servers.dovecot import HASHED_USER

enter()
postfix = Postfix()
standard.add_tests(postfix)


@test("Dovecot offers SCRAM and has only a hash of the password: PLAIN logs in after one refusal")
def _():
    before = postfix.login_failures()
    sent, _ = standard.deliver(postfix, standard.letter(), user=HASHED_USER)
    check_equal(sent.mechanisms, ["PLAIN"], "mechanism")
    check_equal(postfix.login_failures() - before, 1, "refused logins")


if __name__ == "__main__":
    main()
