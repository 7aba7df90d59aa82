"""Dovecot: as the one that checks logins for another server, and as a submission server."""

import base64
import hmac
import json
import time

from lab import HOST, check_equal

from .certificates import openssl
from .mailbox import check_octets
from .server import DEFERRED, LARGEST, PASSWORD, REFUSED, USER, Server

HASHED_USER = "hanako"  # has the same password, and the server only its hash

# Without anvil's penalty: it would answer ever more slowly to a host that mistakes passwords.
COMMON = """
log_path = /var/log/dovecot.log
base_dir = /run/dovecot
state_dir = /var/lib/dovecot
auth_mechanisms = plain login cram-md5 digest-md5 scram-sha-1 scram-sha-256 oauthbearer xoauth2
auth_verbose = yes
auth_failure_delay = 0
passdb {
  driver = oauth2
  mechanisms = oauthbearer xoauth2
  args = /etc/dovecot/oauth2.conf
}
passdb {
  driver = passwd-file
  mechanisms = plain login cram-md5 digest-md5 scram-sha-1 scram-sha-256
  args = scheme=PLAIN username_format=%u /etc/dovecot/users
}
userdb {
  driver = static
  args = uid=vmail gid=vmail home=/var/mail/home
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  unix_listener stats-writer {
    mode = 0666
  }
}
"""

# Tokens are checked by their signature (RFC 7519), not by asking whoever issued them.
TOKENS = """
introspection_mode = local
local_validation_key_dict = fs:posix:prefix=/etc/dovecot/keys/
username_attribute = sub
"""
TOKEN_KEY = b"a key that only the issuer and Dovecot know"

FOR_ANOTHER = """
protocols =
ssl = no
service auth {
  unix_listener %(socket)s {
    mode = 0660
    user = %(user)s
    group = %(user)s
  }
}
"""

RELAY = ("127.0.0.1", "2525")

SUBMISSION = f"""
protocols = submission
hostname = {HOST}
ssl = required
ssl_cert = </etc/tls/server.pem
ssl_key = </etc/tls/server.key
ssl_ca = </etc/tls/ca.pem
ssl_require_crl = no
ssl_verify_client_cert = yes
auth_ssl_username_from_cert = yes
auth_mechanisms = $auth_mechanisms external
passdb {{
  driver = passwd-file
  mechanisms = external
  args = username_format=%u /etc/dovecot/certified
}}
first_valid_uid = 100
mail_location = maildir:/var/mail/home
submission_relay_host = {RELAY[0]}
submission_relay_port = {RELAY[1]}
submission_max_recipients = 1000
submission_max_mail_size = {LARGEST} B
service submission-login {{
  inet_listener submission {{
    port = 587
  }}
  inet_listener submissions {{
    port = 465
    ssl = yes
  }}
}}
"""

# What can't differ by port needs a Dovecot of its own: its port, and what differs.
VARIANTS = {
    # Dovecot knows the oldest version of TLS only, OpenSSL the newest, too.
    "TLS 1.2": ("1587", "import_environment = $import_environment OPENSSL_CONF=/etc/dovecot/TLS-1.2.cnf"),
    "7 bits": ("1590", "submission_backend_capabilities = pipelining size"),
    "7 bits in chunks": ("1591", "submission_backend_capabilities = pipelining size chunking"),
}

VARIANT = """
!include dovecot.conf
base_dir = /run/dovecot-%(port)s
instance_name = dovecot-%(port)s
%(difference)s
service submission-login {
  inet_listener submission {
    port = %(port)s
  }
  inet_listener submissions {
    port = 0
  }
}
"""

AT_MOST_TLS_12 = """
openssl_conf = all
[all]
ssl_conf = programs
[programs]
system_default = everybody
[everybody]
MaxProtocol = TLSv1.2
"""


class DovecotAuth:
    """Checks logins for SERVER over the unix socket SOCKET (a name in /run/dovecot, or a path), which USER may open."""

    mechanisms = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "OAUTHBEARER", "XOAUTH2")

    @classmethod
    def start(cls, server, socket, user):
        write_configuration(server.tree, FOR_ANOTHER % {"socket": socket, "user": user})
        server.run_daemon("dovecot", "-F", until="starting up")


def write_configuration(tree, more):
    tree.folder("var/lib/dovecot")
    tree.folder("etc/dovecot")
    tree.write("etc/dovecot/dovecot.conf", COMMON + more)
    tree.write("etc/dovecot/users", f"{USER}:{{PLAIN}}{PASSWORD}\n{HASHED_USER}:{hashed(PASSWORD)}\n",
               owner="dovecot", mode=0o600)
    tree.write("etc/dovecot/oauth2.conf", TOKENS)
    tree.write("etc/dovecot/keys/default/HS256/default", base64.b64encode(TOKEN_KEY).decode())


def token(user=USER):
    """An access token for USER, good for an hour."""
    def encode(octets):
        return base64.urlsafe_b64encode(octets).rstrip(b"=")

    now = int(time.time())
    claims = {"sub": user, "iat": now - 60, "exp": now + 3600}
    parts = b".".join(encode(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "HS256"}, claims))
    return (parts + b"." + encode(hmac.digest(TOKEN_KEY, parts, "sha256"))).decode()


def hashed(password):
    """As crypt(3) makes it: good for PLAIN and LOGIN, useless for what needs the password or its own hash."""
    return "{CRYPT}" + openssl("passwd", "-6", password).strip()


class DovecotSubmission(Server):
    """Dovecot's submission service: it hands all on, as it comes, to a relay, here toukan-sink."""

    name = "Dovecot"
    mechanisms = (*DovecotAuth.mechanisms, "EXTERNAL")
    extensions = frozenset(["PIPELINING", "SIZE", "8BITMIME", "CHUNKING"])
    ports = {"submission": "587", "implicit": "465/implicit", **{name: port for name, (port, _) in VARIANTS.items()}}
    token = staticmethod(token)
    login_failure = r"auth: Info: .*(Password mismatch|unknown user|did not match)"

    def prepare_mail(self):
        refused, deferred = f"{REFUSED}=550 5.1.1 there is nobody of this name", f"{DEFERRED}=450 4.2.1 try again later"
        sink = self.lab.sink("--rcpt", refused, "--rcpt", deferred, "--rcpt-max", "1000", paths=[":".join(RELAY)])
        return sink.maildir

    def start(self):
        self.tree.folder("var/mail/home", owner="vmail")
        write_configuration(self.tree, SUBMISSION)
        self.tree.write("etc/dovecot/certified", f"{USER}:::::::nopassword=y\n")
        self.run_daemon("dovecot", "-F", until="starting up")
        self.tree.write("etc/dovecot/TLS-1.2.cnf", AT_MOST_TLS_12)
        for port, difference in VARIANTS.values():
            self.tree.write(f"etc/dovecot/{port}.conf", VARIANT % {"port": port, "difference": difference})
            self.lab.processes.append(self.tree.start("dovecot", "-F", "-c", f"/etc/dovecot/{port}.conf"))
            self.lab.wait_for(lambda: self.lab.server.run(["ss", "-Hltn", f"sport = :{port}"]).stdout, f"port {port}")

    def login_pattern(self, mechanism):
        return rf"submission-login: Info: Login: user=<{USER}>, method={mechanism},"

    def check_served(self, octets, recipients):
        """The relay stores one message for all of them."""
        stored, = self.mailbox.take()
        check_equal(sorted(stored.recipients), sorted(recipients), "delivered to")
        check_octets(stored.octets, octets)
