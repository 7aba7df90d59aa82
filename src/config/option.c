/* The table. Every other place that speaks of options (parser, `config show`, manual,
 * sample file, completion) reads it here, so that they can't disagree. */
#include "config/option.h"
#include "config/nearest.h"
#include "base/i18n.h"

#include <stddef.h>
#include <string.h>

#define AT(field) .offset = offsetof (Account, field)

static const char *const family_choices[] = { "ipv6-first", "ipv4-first", "ipv6", "ipv4", NULL };
static const char *const ladder_choices[] = { "race", "strict", NULL };
static const char *const delivery_choices[] = { "foreground", "background", "queue", NULL };
static const char *const in_doubt_choices[] = { "hold", "resend", NULL };
static const char *const log_choices[] = { "off", "syslog", "journal", NULL };
static const char *const off_choices[] = { "off", NULL };
static const char *const rewrite_choices[] = { "no", "if-local", "always", NULL };
static const char *const tls_choices[] = { "required", "when-offered", "off", NULL };

static const Option options[] = {
  { "from", OPTION_ADDRESS, AT (from), .example = "Hanako Yamada <hanako@example.org>",
    .help = N_ ("The sender's address, with or without a name before it. A message from this "
                "address goes out by this account.") },
  { "host", OPTION_HOSTS, AT (hosts), .example = "mail.example.org",
    .help = N_ ("The submission server: a name or an address, or several in order of preference, "
                "separated by commas. All paths to one are tried before the next.") },
  { "ports", OPTION_PORTS, AT (ports), "587, 25",
    .help = N_ ("The ports to try, in order of preference. TLS from the first octet belongs to "
                "the port and is written behind it, as in 465/implicit; beside such a port 587 "
                "may stand, 25 may not.") },
  { "family", OPTION_FAMILY, AT (families), "ipv6-first", family_choices,
    .help = N_ ("Which address family is preferred on each port, or the only one to use.") },
  { "ladder", OPTION_CHOICE, AT (ladder), "race", ladder_choices,
    .help = N_ ("With race, a path that doesn't answer soon no longer holds up the next one, and "
                "the first to connect wins. With strict, one path is tried after the other, each "
                "for its whole connect-timeout.") },
  { "attempt-delay", OPTION_DURATION, AT (attempt_delay), "250ms", .least = 10 * TICKS_PER_MS,
    .most = TICKS_PER_MINUTE,
    .help = N_ ("How long an attempt holds up the next address, or the other family on the same "
                "port.") },
  { "port-patience", OPTION_DURATION, AT (port_patience), "3s", .least = 10 * TICKS_PER_MS,
    .most = 10 * TICKS_PER_MINUTE,
    .help = N_ ("How long every path of a port may be silent before the next port is tried "
                "beside it.") },
  { "connect-timeout", OPTION_DURATION, AT (connect_timeout), "5s", .least = 10 * TICKS_PER_MS,
    .most = 10 * TICKS_PER_MINUTE, .help = N_ ("How long a single attempt to connect may take.") },
  { "greeting-patience", OPTION_DURATION, AT (greeting_patience), "5s", .least = 10 * TICKS_PER_MS,
    .most = 10 * TICKS_PER_MINUTE,
    .help = N_ ("How long a server that accepted the connection may say nothing before other "
                "paths of the same port are tried beside it.") },
  { "greeting-timeout", OPTION_DURATION, AT (greeting_timeout), "60s", .least = 100 * TICKS_PER_MS,
    .most = TICKS_PER_HOUR,
    .help = N_ ("How long to wait for the greeting while another path is untried. On the last "
                "path it is five minutes, as RFC 5321 wants it.") },
  { "command-timeout", OPTION_DURATION, AT (command_timeout), "5min", .least = 100 * TICKS_PER_MS,
    .most = TICKS_PER_HOUR, .help = N_ ("How long to wait for the reply to a command.") },
  { "data-timeout", OPTION_DURATION, AT (data_timeout), "10min", .least = 100 * TICKS_PER_MS,
    .most = 6 * TICKS_PER_HOUR,
    .help = N_ ("How long to wait for the reply to a whole message. Servers that scan for viruses "
                "take their time there, and a message given up at that point is in doubt.") },
  { "resolve-timeout", OPTION_DURATION, AT (resolve_timeout), "10s", .least = 100 * TICKS_PER_MS,
    .most = 5 * TICKS_PER_MINUTE, .help = N_ ("How long to wait for the addresses of a host.") },
  { "tls", OPTION_CHOICE, AT (tls), "required", tls_choices,
    .help = N_ ("With required, no login and no mail crosses before the connection is encrypted "
                "and the server's certificate verified. With when-offered, mail also goes in the "
                "clear, or to a server that nobody vouches for, and the outcome says so. With "
                "off, encryption isn't asked for.") },
  { "tls-ca-file", OPTION_FILE, AT (tls_ca_file), .example = "~/.config/toukan/ca.pem",
    .help = N_ ("A file of certificate authorities (PEM) to believe in place of the system's.") },
  { "tls-ca-dir", OPTION_DIRECTORY, AT (tls_ca_dir), .example = "/etc/ssl/certs",
    .help = N_ ("A directory of certificate authorities, named by hash as openssl rehash does, "
                "in place of the system's.") },
  { "tls-fingerprint", OPTION_FINGERPRINT, AT (tls_fingerprint),
    .example
    = "6b:5c:a0:1d:3e:0f:92:67:41:c8:be:9a:d0:25:71:f3:0c:84:e6:5a:b7:19:2d:c3:48:ff:60:8e:13:d9:72:a5",
    .help = N_ ("The SHA-256 fingerprint of the server's own certificate. The server must show "
                "exactly this one; no authority is asked then.") },
  { "tls-client-certificate", OPTION_FILE, AT (tls_client_certificate),
    .example = "~/.config/toukan/client.pem",
    .help = N_ ("A certificate (PEM) to show when the server asks for one. It needs "
                "tls-client-key.") },
  { "tls-client-key", OPTION_FILE, AT (tls_client_key), .example = "~/.config/toukan/client.key",
    .help = N_ ("The private key (PEM) of tls-client-certificate; both may be in one file.") },
  { "tls-name", OPTION_DOMAIN, AT (tls_name), .example = "smtp.example.org",
    .help = N_ ("The name that the server's certificate must bear, where it isn't the host's.") },
  { "user", OPTION_TEXT, AT (user), .example = "hanako",
    .help = N_ ("The name to log in with. Without it, and without a client certificate, there is "
                "no login.") },
  { "password-command", OPTION_COMMAND, AT (password_command), .example = "pass show mail/example.org",
    .help = N_ ("A shell command; the first line that it prints is the password. It is run once, "
                "when the password is needed.") },
  { "password", OPTION_SECRET, AT (password), .example = "secret",
    .help = N_ ("The password itself. A file with a password in it must not be readable by others "
                "than its owner and group; password-command is the better way.") },
  { "token-command", OPTION_COMMAND, AT (token_command), .example = "oama access hanako@example.org",
    .help = N_ ("A shell command; the first line that it prints is an OAuth access token, for "
                "XOAUTH2 and OAUTHBEARER.") },
  { "auth", OPTION_AUTH, AT (auth), "auto",
    .help = N_ ("With auto, log in where the server offers it; with required, a server that "
                "doesn't is an error; with off, never log in, even where it is offered. Or the "
                "mechanisms that may be used, in order, separated by commas; required may stand "
                "before them.") },
  { "auth-without-tls", OPTION_BOOLEAN, AT (auth_without_tls), "no",
    .help = N_ ("Allows the login, and so the password, to cross an unencrypted connection.") },
  { "helo-name", OPTION_DOMAIN, AT (helo_name), .example = "laptop.example.org",
    .help = N_ ("The name that this machine goes by in EHLO. Otherwise it is derived from the "
                "machine's name, or is its address.") },
  { "chunking", OPTION_BOOLEAN, AT (chunking), "yes",
    .help = N_ ("Sends with BDAT (RFC 3030) in place of DATA where the server offers it, which "
                "saves a round trip.") },
  { "tunnel", OPTION_COMMAND, AT (tunnel), .example = "ssh -W %h:%p relay.example.org",
    .help = N_ ("A shell command whose standard input and output take the place of the "
                "connection; %h and %p stand for host and port. Or unix:PATH: a socket in the file "
                "system.") },
  { "path-memory", OPTION_BOOLEAN, AT (path_memory), "yes",
    .help = N_ ("Remembers from one message to the next, for each network, which paths cost time "
                "and which worked. With no, nothing is read and nothing written; toukan paths "
                "--forget removes what there is.") },
  { "state-dir", OPTION_DIRECTORY, AT (state_dir), .example = "~/.local/state/toukan", .made = TRUE,
    .help = N_ ("Where this program keeps what it learns; made when it is needed. Otherwise it is "
                "toukan in $XDG_STATE_HOME, so ~/.local/state/toukan where that isn't set.") },
  { "outbox", OPTION_BOOLEAN, AT (outbox), "yes",
    .help = N_ ("Keeps each message on disk until the server has it, and tries again what can't leave "
                "now. With off, a message that can't leave now is refused with status 75, and the "
                "caller keeps it.") },
  { "delivery", OPTION_CHOICE, AT (delivery), "foreground", delivery_choices,
    .help = N_ ("With foreground, a message is tried at once and the outcome waited for; what fails "
                "for now stays in the outbox. With background, that goes on while the command has "
                "ended already. With queue, the message is kept until the outbox is sent.") },
  { "give-up", OPTION_DURATION, AT (give_up), "5d", .least = TICKS_PER_MINUTE, .most = 60 * TICKS_PER_DAY,
    .help = N_ ("How long a message is tried again before it fails. None fails without one try after "
                "that time.") },
  { "in-doubt", OPTION_CHOICE, AT (in_doubt), "hold", in_doubt_choices,
    .help = N_ ("What becomes of a message that left whole, and whose reply never came. With hold, a "
                "person decides; with resend, it is sent again and may arrive twice.") },
  { "flush-along", OPTION_BOOLEAN, AT (flush_along), "yes",
    .help = N_ ("A command that sends takes along what else is due in the outbox.") },
  { "undo-window", OPTION_DURATION, AT (undo_window), "0s", .least = 0, .most = TICKS_PER_HOUR,
    .help = N_ ("How long each message waits in the outbox before it leaves, so that it can still be "
                "cancelled.") },
  { "future-release", OPTION_BOOLEAN, AT (future_release), "no",
    .help = N_ ("Hands a message for later (--at) to the server at once where that can hold it (RFC "
                "4865). Otherwise it waits in the outbox.") },
  { "log", OPTION_LOG, AT (log), "off", log_choices, .example = "~/.local/state/toukan/log",
    .help = N_ ("Where a line for each try goes: syslog, journal, or a file; with off, nowhere. It has the "
                "form of msmtp's log; see LOG.") },
  { "notify", OPTION_BOOLEAN, AT (notify), "yes",
    .help = N_ ("Shows a desktop notification for a message that failed when nobody waits for it, "
                "where there is a desktop.") },
  { "on-failure", OPTION_COMMAND, AT (on_failure), .example = "logger -t mail",
    .help = N_ ("A shell command to run for a message that failed when nobody waits for it. Its "
                "standard input says what happened; toukan.conf(5) names the variables that it gets.") },
  { "failure-mail", OPTION_ADDRESS_OR_OFF, AT (failure_mail), "off", off_choices,
    .example = "hanako@example.org",
    .help = N_ ("Whom a delivery status notification (RFC 3464) is for when a message failed and "
                "nobody waits for it. It goes into failure-maildir, or out by failure-account.") },
  { "failure-maildir", OPTION_DIRECTORY, AT (failure_maildir), .example = "~/Maildir", .made = TRUE,
    .help = N_ ("The Maildir for delivery status notifications.") },
  { "failure-account", OPTION_TEXT, AT (failure_account), .example = "work",
    .help = N_ ("Another account by which delivery status notifications are sent, where there is no "
                "failure-maildir.") },
  { "record", OPTION_DIRECTORY, AT (record), .example = "~/Maildir/.Sent", .made = TRUE,
    .help = N_ ("A Maildir that gets a copy of each message that was sent, when nobody waits for it any "
                "more; without Bcc, as it left. Messages from nobody, such as reports, aren't copied.") },
  { "keep-sent", OPTION_DURATION, AT (keep_sent), "30d", .least = 0, .most = 3650 * TICKS_PER_DAY,
    .help = N_ ("How long the outbox remembers what became of a message.") },
  { "domain", OPTION_DOMAIN, AT (domain), .example = "example.org",
    .help = N_ ("What addresses without a domain get, such as root. Otherwise it is the domain of "
                "from.") },
  { "rewrite-from", OPTION_CHOICE, AT (rewrite_from), "no", rewrite_choices,
    .help = N_ ("Puts the account's own address into From and Sender of what programs hand to "
                "sendmail; the old one is kept in Reply-To. With if-local only where the address is "
                "one of this machine's; with always in every message that isn't the account's own.") },
  { "aliases", OPTION_FILE, AT (aliases), .example = "~/.config/toukan/aliases",
    .help = N_ ("A file of aliases in the form of /etc/aliases, read before that one: addresses only, "
                "no pipes and no files.") },
  { "query-command", OPTION_COMMAND, AT (query_command), .example = "khard email --parsable %s",
    .help = N_ ("A shell command that finds addresses for what is typed, in mutt's format: a first line "
                "that isn't read, then lines of address, tab, name. %s stands for what is typed, and "
                "needs no quotes.") },
  { "signature", OPTION_FILE, AT (signature), .example = "~/.signature",
    .help = N_ ("A text file that the composer puts under each letter. Otherwise it is ~/.signature, where "
                "that exists.") },
  { "review", OPTION_BOOLEAN, AT (review), "yes",
    .help = N_ ("Shows a letter's envelope, recipients and oddities before it is sent. With no, the "
                "composer sends at once, unless the letter can't be sent or may go to a wrong address.") },
  { "edit-headers", OPTION_BOOLEAN, AT (edit_headers), "no",
    .help = N_ ("Hands the fields of a letter to the editor of $VISUAL or $EDITOR, too, above its text.") },
  { "ask-on-silence", OPTION_BOOLEAN, AT (ask_on_silence), "yes",
    .help = N_ ("When a path stays silent while a letter is sent, the composer asks what to prefer on this "
                "network from now on. Sending doesn't wait for the answer.") },
  { "attachment-words", OPTION_TEXT, AT (attachment_words), .example = "attach, attached, enclosed",
    .help = N_ ("Words by which a letter speaks of an attachment, separated by commas: the composer asks "
                "when there is none. Otherwise they are words of your language.") },
};

static const char *const kinds[] = {
  [OPTION_TEXT] = N_ ("text"),
  [OPTION_ADDRESS] = N_ ("address"),
  [OPTION_HOSTS] = N_ ("list of hosts"),
  [OPTION_PORTS] = N_ ("list of ports"),
  [OPTION_FAMILY] = N_ ("choice"),
  [OPTION_DURATION] = N_ ("duration"),
  [OPTION_CHOICE] = N_ ("choice"),
  [OPTION_BOOLEAN] = N_ ("yes or no"),
  [OPTION_FILE] = N_ ("file"),
  [OPTION_DIRECTORY] = N_ ("directory"),
  [OPTION_FINGERPRINT] = N_ ("fingerprint"),
  [OPTION_COMMAND] = N_ ("command"),
  [OPTION_SECRET] = N_ ("secret"),
  [OPTION_AUTH] = N_ ("auto, required, off or mechanisms"),
  [OPTION_DOMAIN] = N_ ("domain"),
  [OPTION_LOG] = N_ ("word or file"),
  [OPTION_ADDRESS_OR_OFF] = N_ ("address or off"),
};

gsize
option_count (void)
{
  return G_N_ELEMENTS (options);
}

const Option *
option_at (gsize index)
{
  g_assert (index < G_N_ELEMENTS (options));
  return &options[index];
}

const Option *
option_find (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (options); i++)
    if (strcmp (options[i].name, name) == 0)
      return &options[i];
  return NULL;
}

static const char *
name_at (gsize index, gconstpointer data)
{
  return options[index].name;
}

const char *
option_nearest (const char *name)
{
  return nearest_name (name, G_N_ELEMENTS (options), name_at, NULL);
}

const char *
option_kind (const Option *option)
{
  return kinds[option->type];
}
