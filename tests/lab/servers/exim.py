"""Exim: by its own logins, and by Dovecot's for SCRAM."""

from lab import HOST

from .dovecot import DovecotAuth, token
from .server import DEFERRED, DOMAIN, LARGEST, PASSWORD, REFUSED, SMALL, USER, Server

PORTS = {"submission": "587", "relay": "25", "implicit": "465", "TLS 1.2": "1587", "small": "1588",
         "one by one": "1589", "no chunks": "1590"}


def at(ports, there, elsewhere):
    """An expansion that differs on one port, or several ("one|another")."""
    numbers = ":".join(PORTS[port] for port in ports.split("|"))
    return f"${{if inlist{{$received_port}}{{{numbers}}}{{{there}}}{{{elsewhere}}}}}"


CONFIGURATION = f"""
primary_hostname = {HOST}
domainlist ours = {DOMAIN}
spool_directory = /var/spool/exim4
log_file_path = /var/log/exim-%s.log
write_rejectlog = false
log_selector = +smtp_connection +smtp_protocol_error +smtp_syntax_error +received_recipients +tls_cipher
daemon_smtp_ports = {":".join(PORTS.values())}
tls_on_connect_ports = 465
tls_advertise_hosts = *
tls_certificate = /etc/tls/server.pem
tls_privatekey = /etc/tls/server.key
tls_try_verify_hosts = *
tls_verify_certificates = /etc/tls/ca.pem
tls_require_ciphers = {at("TLS 1.2", "NORMAL:-VERS-TLS1.3", "NORMAL")}
auth_advertise_hosts = ${{if def:tls_in_cipher {{*}}}}
chunking_advertise_hosts = {at("one by one|no chunks", "", "*")}
pipelining_advertise_hosts = {at("one by one", "", "*")}
message_size_limit = {at("small", str(SMALL), str(LARGEST))}
smtputf8_advertise_hosts = *
dsn_advertise_hosts = *
host_lookup =
rfc1413_hosts =
keep_environment =
never_users = root
recipients_max = 1000
smtp_accept_queue_per_connection = 0
local_from_check = false
acl_smtp_rcpt = check_recipient
acl_smtp_data = accept

begin acl
check_recipient:
  deny  local_parts = {REFUSED.split("@")[0]}
        message = 550 5.1.1 there is nobody of this name
  defer local_parts = {DEFERRED.split("@")[0]}
        message = 450 4.2.1 try again later
  accept authenticated = *
         domains = +ours
  accept condition = {at("relay", "true", "false")}
         domains = +ours
  deny  message = relaying is not permitted

begin routers
gone:
  driver = redirect
  local_parts = gone
  data = :fail: gone
  allow_fail
box:
  driver = accept
  transport = box

begin transports
box:
  driver = appendfile
  directory = /var/mail/box
  maildir_format
  user = vmail
  group = vmail
  return_path_add
  envelope_to_add
  delivery_date_add

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{USER}}}}}{{eq{{$auth3}}{{{PASSWORD}}}}}}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${{if and{{{{eq{{$auth1}}{{{USER}}}}}{{eq{{$auth2}}{{{PASSWORD}}}}}}}}}
  server_set_id = $auth1
external:
  driver = external
  public_name = EXTERNAL
  server_advertise_condition = $tls_in_certificate_verified
  server_param2 = ${{certextract{{subject,CN}}{{$tls_in_peercert}}}}
  server_condition = ${{if eq{{$auth2}}{{{USER}}}}}
  server_set_id = $auth2
cram_md5:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = ${{if eq{{$auth1}}{{{USER}}}{{{PASSWORD}}}fail}}
  server_set_id = $auth1
"""

OWN_LOGINS = ("PLAIN", "LOGIN", "CRAM-MD5", "EXTERNAL")

BY_DOVECOT = """
{name}:
  driver = dovecot
  public_name = {mechanism}
  server_socket = /run/dovecot/auth-exim
  server_set_id = $auth1
"""


class Exim(Server):
    name = "Exim"
    mechanisms = (*DovecotAuth.mechanisms, "EXTERNAL")
    token = staticmethod(token)
    extensions = frozenset(["PIPELINING", "SIZE", "8BITMIME", "DSN", "SMTPUTF8", "CHUNKING"])
    ports = {purpose: port + ("/implicit" if purpose == "implicit" else "") for purpose, port in PORTS.items()}
    gone = f"gone@{DOMAIN}"
    more = ""  # options before all others

    def start(self):
        others = [BY_DOVECOT.format(name=mechanism.replace("-", "_").lower(), mechanism=mechanism)
                  for mechanism in self.mechanisms if mechanism not in OWN_LOGINS]
        self.tree.folder("var/spool/exim4", owner="Debian-exim")
        self.tree.folder("var/log", owner="Debian-exim")
        self.tree.write("etc/exim4/exim4.conf", self.more + CONFIGURATION + "".join(others))
        self.tree.own("etc/tls/server.key", "root", "Debian-exim", 0o640)
        DovecotAuth.start(self, "auth-exim", "Debian-exim")
        self.run_daemon("exim4", "-bdf", until="daemon started")

    def login_pattern(self, mechanism):
        return rf" A={mechanism.replace('-', '_').lower()}:{USER} "

    login_failure = r"authenticator failed for"
    connection = r"SMTP connection from \S+ .*\(TCP/IP connection count"
    identifier = r" (?P<queue>\S+) <= .* id=(?P<message>\S+)"


class SevenBitExim(Exim):
    """Exim as a house may have it whose old programs know no 8 bits; its option isn't by port."""

    name = "Exim for 7 bits"
    more = "accept_8bitmime = false\n"
    ports = {"submission": "587", "7 bits": "587", "7 bits one by one": "1589"}


class ShortWindedExim(Exim):
    """Exim that has enough of a connection after some messages."""

    name = "Exim with a limit"
    most = 30  # messages a connection
    more = f"smtp_accept_max_per_connection = {most}\n"
    ports = {port: PORTS[port] for port in ("submission", "no chunks")}
