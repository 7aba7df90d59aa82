#!/usr/bin/env python3
"""toukan and OpenSMTPD."""

from lab import test
from servers import OpenSMTPD, enter, main, standard

enter()
opensmtpd = OpenSMTPD()
standard.add_tests(opensmtpd)


def break_off(rule):
    sent = opensmtpd.sendmail(standard.letter(), [standard.BOX], port="broken TLS", tls=rule)
    sent.check(status=standard.EX_NOPERM)
    opensmtpd.mailbox.check_empty()


for each_rule in ("required", "when-offered"):
    test(f"a handshake that the server breaks off, tls = {each_rule}: no mail", each_rule)(break_off)


if __name__ == "__main__":
    main()
