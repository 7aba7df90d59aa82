#!/usr/bin/env python3
"""toukan and OpenSMTPD.

Debian's build breaks off every TLS handshake (servers/opensmtpd.py says why), and without TLS
it offers no login. Nothing of that is skipped: here it is tested that it does so to
everybody. When that fails, a newer build has been mended, and OpenSMTPD has earned the tests of
TLS and logins that the other servers have: give it its `mechanisms` and `settings`.
"""

from lab import check_equal, test
from lab.network import SERVER
from servers import OpenSMTPD, enter, main, standard

enter()
opensmtpd = OpenSMTPD()
standard.add_tests(opensmtpd)

BROKEN_BY_IT = r'smtp disconnected reason="io-error: error:[0-9A-F]*:SSL routines'


def broken_off():
    """How many handshakes it says that it broke off itself."""
    return opensmtpd.count(BROKEN_BY_IT)


def break_off(rule):
    before = broken_off()
    sent = opensmtpd.sendmail(standard.letter(), [standard.BOX], port="broken TLS", tls=rule)
    sent.check(status=standard.EX_NOPERM)
    check_equal((sent.outcome["stage"], sent.outcome["cause"]), ("tls", "tls-handshake"), f"outcome of\n{sent}")
    check_equal("alert internal error" in sent.errors, True, f"the server's alert in\n{sent}")
    check_equal(broken_off() - before, 1, f"handshakes that the server broke off: {opensmtpd.log()}")
    opensmtpd.mailbox.check_empty()


for each_rule in ("required", "when-offered"):
    test(f"a handshake that the server breaks off, tls = {each_rule}: no mail", each_rule)(break_off)


def break_off_openssl(version):
    before = broken_off()
    done = opensmtpd.lab.client.run(
        ["openssl", "s_client", "-starttls", "smtp", "-connect", f"{SERVER['IPv4']}:587", "-brief", version],
        input="QUIT\r\n", check=False)
    check_equal((done.returncode != 0, broken_off() - before), (True, 1), f"status {done.returncode}: {done.stderr}")


for each_version in ("-tls1_2", "-tls1_3"):
    test(f"it breaks off OpenSSL's own handshakes, too: {each_version}", each_version)(break_off_openssl)


@test("without TLS it offers no login: a password doesn't leave, and mail goes without one")
def _():
    sent, _ = standard.deliver(opensmtpd, standard.letter(), auth="auto")
    check_equal((sent.mechanisms, sent.outcome["without-auth"]), ([None], True), f"login of\n{sent}")


if __name__ == "__main__":
    main()
