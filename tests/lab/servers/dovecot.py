"""Dovecot: as the one that checks logins for another server, and as a submission server."""

from .certificates import openssl
from .server import PASSWORD, USER

HASHED_USER = "hanako"  # has the same password, and the server only its hash

# Without anvil's penalty: it would answer ever more slowly to a host that mistakes passwords.
COMMON = """
log_path = /var/log/dovecot.log
base_dir = /run/dovecot
state_dir = /var/lib/dovecot
auth_mechanisms = plain login cram-md5 digest-md5 scram-sha-1 scram-sha-256
auth_verbose = yes
auth_failure_delay = 0
passdb {
  driver = passwd-file
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


class DovecotAuth:
    """Checks logins for SERVER over the unix socket SOCKET, which USER may open."""

    mechanisms = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")

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


def hashed(password):
    """As crypt(3) makes it: good for PLAIN and LOGIN, useless for what needs the password or its own hash."""
    return "{CRYPT}" + openssl("passwd", "-6", password).strip()
