"""Postfix, with Dovecot to check logins: what most people submit their mail to."""

import re

from lab import HOST
from lab.client import RECIPIENT

from .dovecot import DovecotAuth, token
from .server import DEFERRED, DOMAIN, LARGEST, REFUSED, SMALL, USER, Server

MAIN = f"""
compatibility_level = 3.6
myhostname = {HOST}
mydestination =
queue_directory = /var/spool/postfix
data_directory = /var/lib/postfix
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
shlib_directory = /usr/lib/postfix
meta_directory = /etc/postfix
mail_owner = postfix
setgid_group = postdrop
maillog_file = /var/log/mail.log
inet_protocols = all
smtp_host_lookup = native
alias_maps =
message_size_limit = {LARGEST}
mailbox_size_limit = 0
virtual_mailbox_limit = 0
virtual_mailbox_domains = {DOMAIN}, {RECIPIENT.split("@")[1]}
virtual_mailbox_base = /var/mail
virtual_mailbox_maps = static:box/
virtual_uid_maps = static:107
virtual_gid_maps = static:107
transport_maps = inline:{{ gone@{DOMAIN}=gone: }}
smtpd_tls_chain_files = /etc/tls/server.key, /etc/tls/server.pem
smtpd_tls_security_level = encrypt
smtpd_tls_loglevel = 1
smtpd_tls_received_header = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_sasl_auth_enable = yes
smtpd_error_sleep_time = 0
smtpd_client_restrictions =
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_recipient_restrictions = check_recipient_access inline:{{
  {{ {REFUSED} = 550 5.1.1 there is nobody of this name }}, {{ {DEFERRED} = 450 4.2.1 try again later }} }}
"""

# Port by purpose, and how it differs from the others.
SERVICES = {
    "submission": ("587", ""),
    "relay": ("25", "-o smtpd_tls_security_level=may"),
    "implicit": ("465", "-o smtpd_tls_wrappermode=yes"),
    "TLS 1.2": ("1587", "-o smtpd_tls_mandatory_protocols=<=TLSv1.2"),
    "small": ("1588", f"-o message_size_limit={SMALL}"),
    "one by one": ("1589", "-o smtpd_discard_ehlo_keywords=pipelining,chunking"),
    "7 bits": ("1590", "-o smtpd_discard_ehlo_keywords=8bitmime,smtputf8 -o smtputf8_enable=no"),
    "7 bits in chunks": ("1591", "-o smtpd_discard_ehlo_keywords=8bitmime,pipelining"),
    "no chunks": ("1592", "-o smtpd_discard_ehlo_keywords=chunking"),
}


class Postfix(Server):
    name = "Postfix"
    mechanisms = DovecotAuth.mechanisms
    token = staticmethod(token)
    extensions = frozenset(["PIPELINING", "SIZE", "8BITMIME", "DSN", "SMTPUTF8", "CHUNKING"])
    ports = {purpose: port + ("/implicit" if purpose == "implicit" else "")
             for purpose, (port, _) in SERVICES.items()}
    gone = f"gone@{DOMAIN}"
    login_failure = r"SASL \S+ authentication failed"
    connection = r"smtpd\[\d+\]: connect from"
    identifier = r"cleanup\[\d+\]: (?P<queue>\w+): message-id=<(?P<message>.*)>"

    def start(self):
        self.tree.folder("var/spool/postfix")
        self.tree.folder("var/spool/postfix/private", owner="postfix", mode=0o700)
        self.tree.folder("var/lib/postfix", owner="postfix", mode=0o700)
        for name in ("dynamicmaps.cf", "postfix-files"):
            if not self.tree.path(f"etc/postfix/{name}").exists():
                self.tree.install(self.tree.source / "usr/share/postfix" / name, f"etc/postfix/{name}")
        self.tree.write("etc/postfix/main.cf", MAIN)
        self.tree.write("etc/postfix/master.cf", self._services())
        DovecotAuth.start(self, "/var/spool/postfix/private/auth", "postfix")
        self.run_daemon("postfix", "start-fg", until="daemon started")

    def _services(self):
        """Debian's own, none of them in a chroot, and a network service for each purpose."""
        example = (self.tree.source / "usr/share/postfix/master.cf.dist").read_text(encoding="utf-8")
        own = [re.sub(r"^((?:\S+\s+){4})y", r"\1n", line) for line in example.splitlines()
               if not re.match(r"#|smtp\s+inet", line)]
        network = [f"{port} inet n - n - - smtpd {options}" for port, options in SERVICES.values()]
        gone = "gone unix - n n - - pipe flags= user=vmail argv=/bin/sh -c {exit 67}"
        return "\n".join([*own, *network, gone]) + "\n"

    def login_pattern(self, mechanism):
        return rf"sasl_method={mechanism}, sasl_username={USER}\n"
