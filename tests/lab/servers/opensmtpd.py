"""OpenSMTPD, the smallest of them: neither PIPELINING nor CHUNKING nor SMTPUTF8.

Debian's build (6.8 with OpenSSL 3) offers STARTTLS and breaks off every handshake
(OpenSMTPD's issue 1171), and it has no logins without TLS. So mail goes there in the
clear, as from a machine of the same house, and what is encrypted must not.
"""

from lab import HOST
from lab.network import SERVER

from .server import DEFERRED, DOMAIN, LARGEST, REFUSED, Server

CONFIGURATION = f"""
pki {HOST} cert "/etc/tls/server.pem"
pki {HOST} key "/etc/tls/server.key"
table everybody {{ "@" = "vmail" }}
smtp max-message-size "{LARGEST}"
filter later phase rcpt-to match rcpt-to {{ "{DEFERRED}" }} reject "450 4.2.1 try again later"
action box maildir "/var/mail/box" virtual <everybody>
match from any for rcpt-to "{REFUSED}" reject
match from any for domain "{DOMAIN}" action box
"""

LISTENERS = """
listen on {address} port 25 hostname {host} filter later
listen on {address} port 587 tls pki {host} hostname {host} filter later
"""


class OpenSMTPD(Server):
    name = "OpenSMTPD"
    extensions = frozenset(["SIZE", "8BITMIME", "DSN"])
    tells_identifier = False
    ports = {"submission": "25", "broken TLS": "587"}
    settings = {"tls": "off", "auth": "off"}

    def start(self):
        self.tree.folder("var/spool/smtpd", mode=0o711)
        self.tree.folder("var/lib/opensmtpd/empty")
        self.tree.folder("run/opensmtpd")
        self.tree.write("etc/smtpd.conf", CONFIGURATION + "".join(
            LISTENERS.format(address=address, host=HOST) for address in SERVER.values()))
        self.tree.write("etc/mailname", HOST + "\n")
        self.run_daemon("smtpd", "-d", "-f", "/etc/smtpd.conf", until="OpenSMTPD 6.8")
        self.lab.wait_for(lambda: self.lab.server.run(["ss", "-Hltn", "sport = :25"]).stdout, "port 25")
