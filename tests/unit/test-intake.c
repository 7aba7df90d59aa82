/* Messages as cron, frameworks and people hand them to sendmail: what comes out, who
 * receives it, and that Bcc never gets through. */
#include "base/error.h"
#include "mail/intake.h"
#include "tests/lib/tap.h"

typedef struct {
  const char *title;
  const char *raw;
  const char *message;    /* D, M and F stand for the added Date, Message-ID and From lines */
  const char *recipients; /* with -t */
  const char *from;
  const char *sender;
} Row;

#define OWN "Date: x\nMessage-ID: <i@d>\n"

static const Row rows[] = {
  { "complete", "From: a@b.c\nTo: d@e.f\n" OWN "\nbody\n", "From: a@b.c\nTo: d@e.f\n" OWN "\nbody\n", "d@e.f",
    "a@b.c", NULL },
  { "crlf", "From: a@b.c\r\nDate: x\r\nMessage-ID: <i>\r\n\r\nbody\r\n",
    "From: a@b.c\r\nDate: x\r\nMessage-ID: <i>\r\n\r\nbody\r\n", "", "a@b.c", NULL },
  { "missing", "To: d@e.f\n\nbody", "To: d@e.f\nFDM\nbody", "d@e.f", "me@q.example", NULL },
  { "missing-crlf", "To: d@e.f\r\n\r\nbody", "To: d@e.f\r\nF\rD\rM\r\r\nbody", "d@e.f", "me@q.example",
    NULL },
  { "missing-date", "From: a@b.c\nMessage-ID: <i>\n\nb", "From: a@b.c\nMessage-ID: <i>\nD\nb", "", "a@b.c",
    NULL },
  { "missing-id", "From: a@b.c\nDate: x\n\nb", "From: a@b.c\nDate: x\nM\nb", "", "a@b.c", NULL },
  { "blank-own", "From:\nDate: \nMessage-ID:\n\nb", "FDM\nb", "", "me@q.example", NULL },
  { "empty", "", "FDM\n", "", "me@q.example", NULL },
  { "no-header", "hello world\n", "FDM\nhello world\n", "", "me@q.example", NULL },
  { "no-header-but-colon", "hello there: world\n", "FDM\nhello there: world\n", "", "me@q.example", NULL },
  { "starts-empty", "\nbody\n", "FDM\nbody\n", "", "me@q.example", NULL },
  { "starts-continued", " body\n", "FDM\n body\n", "", "me@q.example", NULL },
  { "header-only", "Subject: x\n", "Subject: x\nFDM\n", "", "me@q.example", NULL },
  { "header-without-end", "Subject: x", "Subject: x\nFDM\n", "", "me@q.example", NULL },
  { "no-separator", "Subject: x\nbody text\nBcc: no@b.c\n", "Subject: x\nFDM\nbody text\nBcc: no@b.c\n", "",
    "me@q.example", NULL },
  { "separator-of-space", "Subject: x\n \nTo: d@e.f\n\nb\n", "Subject: x\n \nTo: d@e.f\nFDM\nb\n", "d@e.f",
    "me@q.example", NULL },
  { "mbox", "From a@b.c Sat Jan  3 01:05:34 2026\nSubject: x\n\nb\n", "Subject: x\nFDM\nb\n", "",
    "me@q.example", NULL },
  { "mbox-quoted", ">From a@b.c Sat\nSubject: x\n\nb\n", "Subject: x\nFDM\nb\n", "", "me@q.example", NULL },
  { "mbox-later", "Subject: x\nFrom here on\n\nb\n", "Subject: x\nFDM\nFrom here on\n\nb\n", "",
    "me@q.example", NULL },
  { "mbox-in-body", "Subject: x\n\nFrom a\n", "Subject: x\nFDM\nFrom a\n", "", "me@q.example", NULL },
  /* Bcc */
  { "bcc", "From: a@b.c\nBcc: s@e.f\nTo: d@e.f\n" OWN "\nb\n", "From: a@b.c\nTo: d@e.f\n" OWN "\nb\n",
    "s@e.f d@e.f", "a@b.c", NULL },
  { "bcc-folded", "From: a@b.c\nbcc: s@e.f,\n t@e.f,\n\tu@e.f\nTo: d@e.f\n" OWN "\nb\n",
    "From: a@b.c\nTo: d@e.f\n" OWN "\nb\n", "s@e.f t@e.f u@e.f d@e.f", "a@b.c", NULL },
  { "bcc-last", "From: a@b.c\n" OWN "BCC: s@e.f\n\nb\n", "From: a@b.c\n" OWN "\nb\n", "s@e.f", "a@b.c",
    NULL },
  { "bcc-last-without-end", "From: a@b.c\n" OWN "Bcc: s@e.f", "From: a@b.c\n" OWN "\n", "s@e.f", "a@b.c",
    NULL },
  { "bcc-twice", "Bcc: s@e.f\nFrom: a@b.c\n" OWN "Bcc: t@e.f\n\nb\n", "From: a@b.c\n" OWN "\nb\n",
    "s@e.f t@e.f", "a@b.c", NULL },
  { "bcc-spaced", "From: a@b.c\n" OWN "Bcc : s@e.f\n\nb\n", "From: a@b.c\n" OWN "\nb\n", "s@e.f", "a@b.c",
    NULL },
  { "bcc-crlf", "From: a@b.c\r\nDate: x\r\nMessage-ID: i\r\nBcc: s@e.f,\r\n t@e.f\r\n\r\nb\r\n",
    "From: a@b.c\r\nDate: x\r\nMessage-ID: i\r\n\r\nb\r\n", "s@e.f t@e.f", "a@b.c", NULL },
  { "bcc-behind-cr", "From: a@b.c\rBcc: s@e.f\rDate: x\nMessage-ID: i\n\nb\n",
    "From: a@b.c\rDate: x\nMessage-ID: i\n\nb\n", "s@e.f", "a@b.c", NULL },
  { "bcc-empty", "Bcc:\nFrom: a@b.c\n" OWN "\nb\n", "From: a@b.c\n" OWN "\nb\n", "", "a@b.c", NULL },
  { "bcc-in-body-stays", "From: a@b.c\n" OWN "\nBcc: s@e.f\n", "From: a@b.c\n" OWN "\nBcc: s@e.f\n", "",
    "a@b.c", NULL },
  { "only-cr", "From: a@b.c\rDate: x\rMessage-ID: i\r\rbody\r",
    "From: a@b.c\rDate: x\rMessage-ID: i\r\n\nbody\r", "", "a@b.c", NULL },
  { "last-line-cr", "From: a@b.c\r\nMessage-ID: i\r\nSubject: x\r\rbody",
    "From: a@b.c\r\nMessage-ID: i\r\nSubject: x\r\nD\r\r\nbody", "", "a@b.c", NULL },
  /* recipients */
  { "to-cc", "To: a@b.c, N <d@e.f>\nCc: g@h.i\nTo: j@k.l\nFrom: x@y.z\n" OWN "\n",
    "To: a@b.c, N <d@e.f>\nCc: g@h.i\nTo: j@k.l\nFrom: x@y.z\n" OWN "\n", "a@b.c d@e.f g@h.i j@k.l", "x@y.z",
    NULL },
  { "undisclosed", "To: undisclosed-recipients:;\nFrom: x@y.z\n" OWN "\n",
    "To: undisclosed-recipients:;\nFrom: x@y.z\n" OWN "\n", "", "x@y.z", NULL },
  { "unqualified", "From: root (Cron Daemon)\nTo: root\n" OWN "\nb\n",
    "From: Cron Daemon <root@q.example>\nTo: root@q.example\n" OWN "\nb\n", "root@localhost",
    "root@q.example", NULL },
  { "unqualified-crlf", "From: root\r\nDate: x\r\nMessage-ID: i\r\n\r\n",
    "From: root@q.example\r\nDate: x\r\nMessage-ID: i\r\n\r\n", "", "root@q.example", NULL },
  { "resent",
    "Resent-From: r@b.c\nResent-To: n@e.f\nResent-Bcc: s@e.f\nFrom: a@b.c\nTo: old@e.f\n" OWN "\nb\n",
    "Resent-From: r@b.c\nResent-To: n@e.f\nFrom: a@b.c\nTo: old@e.f\n" OWN "\nb\n", "n@e.f s@e.f", "r@b.c",
    NULL },
  { "resent-twice",
    "Resent-To: new@e.f\nReceived: x\nResent-To: older@e.f\nResent-From: r@b.c\nFrom: a@b.c\n" OWN "\n",
    "Resent-To: new@e.f\nReceived: x\nResent-To: older@e.f\nResent-From: r@b.c\nFrom: a@b.c\n" OWN "\n",
    "new@e.f", "a@b.c", NULL },
  { "resent-sender",
    "Resent-Sender: s@b.c\nResent-From: r@b.c\nResent-To: n@e.f\nFrom: a@b.c\nSender: o@b.c\n" OWN "\n",
    "Resent-Sender: s@b.c\nResent-From: r@b.c\nResent-To: n@e.f\nFrom: a@b.c\nSender: o@b.c\n" OWN "\n",
    "n@e.f", "r@b.c", "s@b.c" },
  { "sender", "From: a@b.c, d@e.f\nSender: s@b.c\n" OWN "\n", "From: a@b.c, d@e.f\nSender: s@b.c\n" OWN "\n",
    "", "a@b.c", "s@b.c" },
  /* 8-bit text */
  { "latin-1", "From: J\374rgen <j@b.c>\n" OWN "\n", "From: =?utf-8?Q?J=C3=BCrgen?= <j@b.c>\n" OWN "\n", "",
    "j@b.c", NULL },
  { "raw-subject", "From: a@b.c\nSubject: Gr\303\274\303\237e an\n alle\n" OWN "\n",
    "From: a@b.c\nSubject: =?utf-8?B?R3LDvMOfZQ==?= an alle\n" OWN "\n", "", "a@b.c", NULL },
  { "raw-subject-crlf", "From: a@b.c\r\nSubject: \303\237\r\nDate: x\r\nMessage-ID: i\r\n\r\n",
    "From: a@b.c\r\nSubject: =?utf-8?B?w58=?=\r\nDate: x\r\nMessage-ID: i\r\n\r\n", "", "a@b.c", NULL },
  { "raw-signed", "From: a@b.c\nDKIM-Signature: x\nSubject: \303\237\n" OWN "\n\303\237",
    "From: a@b.c\nDKIM-Signature: x\nSubject: \303\237\n" OWN "\n\303\237", "", "a@b.c", NULL },
  { "raw-address", "From: a@b.c\nCc: \303\237@b.c\n" OWN "\n", "From: a@b.c\nCc: \303\237@b.c\n" OWN "\n",
    "\303\237@b.c", "a@b.c", NULL },
  { "undeclared-utf-8", "From: a@b.c\n" OWN "\n\303\237\n",
    "From: a@b.c\n" OWN "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
    "Content-Transfer-Encoding: 8bit\n\n\303\237\n",
    "", "a@b.c", NULL },
  { "undeclared-latin-1", "From: a@b.c\n" OWN "\n\337\n",
    "From: a@b.c\n" OWN "MIME-Version: 1.0\nContent-Type: text/plain; charset=iso-8859-1\n"
    "Content-Transfer-Encoding: 8bit\n\n\337\n",
    "", "a@b.c", NULL },
  { "undeclared-half", "From: a@b.c\n" OWN "\n\303",
    "From: a@b.c\n" OWN "MIME-Version: 1.0\nContent-Type: text/plain; charset=iso-8859-1\n"
    "Content-Transfer-Encoding: 8bit\n\n\303",
    "", "a@b.c", NULL },
  { "undeclared-blank", "From: a@b.c\n" OWN "Content-Type:\n\n\303\237\n",
    "From: a@b.c\n" OWN "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
    "Content-Transfer-Encoding: 8bit\n\n\303\237\n",
    "", "a@b.c", NULL },
  { "declared-in-part", "From: a@b.c\nContent-Type: text/html; charset=koi8-r\n" OWN "\n\303\237\n",
    "From: a@b.c\nContent-Type: text/html; charset=koi8-r\n" OWN
    "MIME-Version: 1.0\nContent-Transfer-Encoding: 8bit\n\n\303\237\n",
    "", "a@b.c", NULL },
  { "declared", "Content-Type: text/plain\nContent-Transfer-Encoding: 8bit\nFrom: a@b.c\n" OWN "\n\303\237\n",
    "Content-Type: text/plain\nContent-Transfer-Encoding: 8bit\nFrom: a@b.c\n" OWN "\n\303\237\n", "",
    "a@b.c", NULL },
  { "declared-in-parts", "From: a@b.c\nContent-Type: multipart/mixed; boundary=x\n" OWN "\n--x\n\n\303\237\n",
    "From: a@b.c\nContent-Type: multipart/mixed; boundary=x\n" OWN "\n--x\n\n\303\237\n", "", "a@b.c", NULL },
  { "seven-bit", "From: a@b.c\nSubject: \303\237\n" OWN "\nb\n",
    "From: a@b.c\nSubject: =?utf-8?B?w58=?=\n" OWN "\nb\n", "", "a@b.c", NULL },
  /* others' fields */
  { "return-path", "Return-Path: <x@y.z>\nFrom: a@b.c\nreturn-path:\n <x@y.z>\n" OWN "\n",
    "From: a@b.c\n" OWN "\n", "", "a@b.c", NULL },
  { "folded-from", "From: \"A\n Name\"\n <a@b.c>\n" OWN "\n", "From: \"A\n Name\"\n <a@b.c>\n" OWN "\n", "",
    "a@b.c", NULL },
};

/* What becomes of From and Sender; the account is "Me, Myself <me@q.example>", and this
 * machine vm and vm.lan. */
static const struct {
  const char *title;
  RewriteRule rewrite;
  const char *raw;
  const char *message;
} rewritten[] = {
#define ME "\"Me, Myself\" <me@q.example>"
  { "no", REWRITE_NO, "From: root@vm\nSender: root@vm\n" OWN "\n",
    "From: root@q.example\nSender: root@q.example\n" OWN "\n" },
  { "no-unqualified", REWRITE_NO, "From: root\nSender: root\n" OWN "\n",
    "From: root@q.example\nSender: root@q.example\n" OWN "\n" },
  { "local-unqualified", REWRITE_IF_LOCAL, "From: root (Cron Daemon)\n" OWN "\n",
    "From: Cron Daemon <me@q.example>\n" OWN "Reply-To: Cron Daemon <root@q.example>\n\n" },
  { "local-without-name", REWRITE_IF_LOCAL, "From: root@VM\n" OWN "\n",
    "From: " ME "\n" OWN "Reply-To: root@q.example\n\n" },
  { "local-domain", REWRITE_IF_LOCAL, "From: R <root@vm.lan>\n" OWN "\n",
    "From: R <me@q.example>\n" OWN "Reply-To: R <root@vm.lan>\n\n" },
  { "localhost", REWRITE_IF_LOCAL, "From: R <root@localhost>\n" OWN "\n",
    "From: R <me@q.example>\n" OWN "Reply-To: R <root@q.example>\n\n" },
  { "localhost-crlf", REWRITE_IF_LOCAL, "From: R <r@localhost>\r\nDate: x\r\nMessage-ID: i\r\n\r\n",
    "From: R <me@q.example>\r\nDate: x\r\nMessage-ID: i\r\nReply-To: R <r@q.example>\r\n\r\n" },
  { "not-local", REWRITE_IF_LOCAL, "From: R <r@e.f>\nSender: s@vm.lan.e.f\n" OWN "\n",
    "From: R <r@e.f>\nSender: s@vm.lan.e.f\n" OWN "\n" },
  { "sender-alone", REWRITE_IF_LOCAL, "From: R <r@e.f>\nSender: root@vm\n" OWN "\n",
    "From: R <r@e.f>\nSender: " ME "\n" OWN "\n" },
  { "reply-to-stays", REWRITE_IF_LOCAL, "Reply-To: x@e.f\nFrom: R <root>\n" OWN "\n",
    "Reply-To: x@e.f\nFrom: R <me@q.example>\n" OWN "\n" },
  { "reply-to-blank", REWRITE_IF_LOCAL, "Reply-To: \nFrom: R <root>\n" OWN "\n",
    "From: R <me@q.example>\n" OWN "Reply-To: R <root@q.example>\n\n" },
  { "several", REWRITE_IF_LOCAL, "From: a@b.c, root\n" OWN "\n",
    "From: " ME "\n" OWN "Reply-To: a@b.c, root@q.example\n\n" },
  { "always", REWRITE_ALWAYS, "From: A <a@b.c>\nSender: s@b.c\n" OWN "\n",
    "From: A <me@q.example>\nSender: " ME "\n" OWN "Reply-To: A <a@b.c>\n\n" },
  { "always-own", REWRITE_ALWAYS, "From: Another Name <Me@Q.example>\n" OWN "\n",
    "From: Another Name <Me@Q.example>\n" OWN "\n" },
  { "always-missing", REWRITE_ALWAYS, OWN "\n", OWN "F\n" },
  { "always-resent", REWRITE_ALWAYS, "Resent-From: r@b.c\nFrom: A <a@b.c>\n" OWN "\n",
    "Resent-From: " ME "\nFrom: A <me@q.example>\n" OWN "Reply-To: A <a@b.c>\n\n" },
  { "always-raw-name", REWRITE_ALWAYS, "From: J\303\274 <a@b.c>\n" OWN "\n",
    "From: =?utf-8?B?SsO8?= <me@q.example>\n" OWN "Reply-To: =?utf-8?B?SsO8?= <a@b.c>\n\n" },
  { "always-quoted-name", REWRITE_ALWAYS, "From: \"A, B\" <a@b.c>\n" OWN "\n",
    "From: \"A, B\" <me@q.example>\n" OWN "Reply-To: \"A, B\" <a@b.c>\n\n" },
};

static char *
whole (BodySource *source)
{
  gsize size = (gsize)body_source_size (source);
  char *text = g_malloc0 (size + 1);
  g_autoptr (BodyReader) reader = body_source_open (source, NULL);
  for (gsize at = 0; at < size;) {
    gssize given = body_reader_read (reader, (guint8 *)text + at, size - at, NULL);
    g_assert_cmpint (given, >, 0);
    at += (gsize)given;
  }
  return text;
}

/* Is TEXT what PATTERN says? F, D and M at a line's start are the added lines; a \r
 * behind one of them means that it ends in CRLF. */
static void
check_message (const char *title, const char *text, const char *pattern)
{
  static const char *const added[]
      = { "F", "From: \"Me, Myself\" <me@q.example>", "D", "Date: Thu, 1 Jan 2026 ", "M", "Message-ID: <" };
  const char *at = text, *want = pattern;
  gboolean line_start = TRUE;
  while (*want != '\0') {
    gboolean matched = FALSE;
    for (gsize i = 0; line_start && i < G_N_ELEMENTS (added); i += 2)
      if (*want == added[i][0] && (want[1] == '\n' || want[1] == '\r' || strchr ("DM", want[1]) != NULL)) {
        if (!g_str_has_prefix (at, added[i + 1]))
          g_error ("%s: \"%s\" doesn't begin with %s", title, at, added[i + 1]);
        at += strcspn (at, "\r\n");
        gboolean crlf = want[1] == '\r';
        g_assert_true (g_str_has_prefix (at, crlf ? "\r\n" : "\n"));
        at += crlf ? 2 : 1;
        want += crlf ? 2 : 1;
        matched = TRUE;
        break;
      }
    if (matched)
      continue;
    if (*at != *want)
      g_error ("%s: \"%s\" where \"%s\" was expected, in \"%s\"", title, at, want, text);
    line_start = *want == '\n';
    at++;
    want++;
  }
  g_assert_cmpstr (at, ==, "");
}

static IntakeRules
rules_for (gboolean read_recipients)
{
  return (IntakeRules){ .qualify_with = "q.example",
                        .read_recipients = read_recipients,
                        .from_address = "me@q.example",
                        .from_name = "Me, Myself",
                        .date = 1767261600 };
}

static Intake *
take (const char *raw, gsize length, const IntakeRules *rules, GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new (raw, length);
  g_autoptr (BodySource) source = body_source_new_bytes (bytes);
  return intake_message (source, rules, error);
}

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  IntakeRules rules = rules_for (TRUE);
  g_autoptr (GError) error = NULL;
  g_autoptr (Intake) intake = take (row->raw, strlen (row->raw), &rules, &error);
  g_assert_no_error (error);
  g_autofree char *text = whole (intake->message);
  check_message (row->title, text, row->message);
  g_assert_cmpstr (intake->from, ==, row->from);
  g_assert_cmpstr (intake->sender, ==, row->sender);
  g_ptr_array_add (intake->recipients, NULL);
  g_autofree char *recipients = g_strjoinv (" ", (char **)intake->recipients->pdata);
  g_assert_cmpstr (recipients, ==, row->recipients);
}

static void
test_rewritten (gconstpointer data)
{
  static const char *const local_names[] = { "vm", "vm.lan", NULL };
  static const Mailbox own = { (char *)"Me, Myself", (char *)"me@q.example" };
  gsize row = GPOINTER_TO_SIZE (data);
  IntakeRules rules = rules_for (FALSE);
  rules.rewrite = rewritten[row].rewrite;
  rules.own = &own;
  rules.local_names = local_names;
  g_autoptr (GError) error = NULL;
  g_autoptr (Intake) intake = take (rewritten[row].raw, strlen (rewritten[row].raw), &rules, &error);
  g_assert_no_error (error);
  g_autofree char *text = whole (intake->message);
  check_message (rewritten[row].title, text, rewritten[row].message);
}

static void
test_received (void)
{
  for (guint extra = 0; extra < 2; extra++) {
    g_autoptr (GString) raw = g_string_new ("From: a@b.c\n");
    for (guint i = 0; i < INTAKE_RECEIVED_LIMIT + extra; i++)
      g_string_append (raw, "Received: from x by y\n");
    g_string_append (raw, "\nReceived: no field\n");
    IntakeRules rules = rules_for (FALSE);
    g_autoptr (GError) error = NULL;
    g_autoptr (Intake) intake = take (raw->str, raw->len, &rules, &error);
    g_assert_true ((intake == NULL) == (error != NULL));
    if (extra == 0)
      g_assert_no_error (error);
    else
      g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_UNAVAILABLE);
  }
}

/* A Message-ID that every machine could make is none. */
static void
test_id_domain (void)
{
  IntakeRules rules = rules_for (FALSE);
  const char *raw = "From: root@localhost\n\n";
  g_autoptr (Intake) intake = take (raw, strlen (raw), &rules, NULL);
  g_autofree char *text = whole (intake->message);
  const char *id = strstr (text, "\nMessage-ID: <");
  g_assert_nonnull (id);
  g_assert_true (g_str_has_prefix (strchr (id, '@'), "@q.example>"));
}

static const struct {
  const char *raw;
  const char *reason;
} refused[] = {
  { "To: a@@b.c\n\n", "header field To: in \"a@@b.c\", at character 3" },
  { "Bcc: a b@c.d\n\n", "header field Bcc: " },
  { "From: two words\nTo: a@b.c\n\n", "header field From: " },
  { "Sender: two words\nTo: a@b.c\n\n", "header field Sender: " },
  { "To: -oQ@b.c\n\n", "must not begin with" },
};

static void
test_refused (gconstpointer data)
{
  gsize row = GPOINTER_TO_SIZE (data);
  IntakeRules rules = rules_for (TRUE);
  g_autoptr (GError) error = NULL;
  g_assert_null (take (refused[row].raw, strlen (refused[row].raw), &rules, &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA);
  g_assert_nonnull (strstr (error->message, refused[row].reason));
}

static void
test_nul_in_address (void)
{
  static const char raw[] = "To: a\0b@c.d\n\n";
  IntakeRules rules = rules_for (TRUE);
  g_autoptr (GError) error = NULL;
  g_assert_null (take (raw, sizeof raw - 1, &rules, &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA);
}

static void
test_odd_name (void)
{
  IntakeRules rules = rules_for (FALSE);
  rules.from_name = "J\374\nBcc: s@e.f";
  g_autoptr (Intake) intake = take ("\n", 1, &rules, NULL);
  g_autofree char *text = whole (intake->message);
  g_assert_true (g_str_has_prefix (text, "From: =?utf-8?"));
  g_assert_null (strstr (text, "\nBcc"));
}

static void
test_without_t (void)
{
  IntakeRules rules = rules_for (FALSE);
  const char *raw = "To: not an address at all @\nBcc: s@e.f\n\nb";
  g_autoptr (Intake) intake = take (raw, strlen (raw), &rules, NULL);
  g_assert_nonnull (intake);
  g_assert_cmpuint (intake->recipients->len, ==, 0);
  g_autofree char *text = whole (intake->message);
  g_assert_null (strstr (text, "s@e.f"));
}

/* A header larger than one read, and a body that goes to a file. */
static void
test_large (void)
{
  GString *raw = g_string_new ("From: a@b.c\nDate: x\nMessage-ID: i\n");
  for (guint i = 0; i < 20000; i++)
    g_string_append_printf (raw, "%s: u%u@example.org,\n v%u@example.org\n", i % 2 == 0 ? "Bcc" : "To", i, i);
  g_string_append (raw, "\n");
  for (guint i = 0; raw->len < (6 << 20); i++)
    g_string_append_printf (raw, "line %u of the body\n", i);
  IntakeRules rules = rules_for (TRUE);
  g_autoptr (GError) error = NULL;
  g_autoptr (Intake) intake = take (raw->str, raw->len, &rules, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (intake->recipients->len, ==, 40000);
  g_autofree char *text = whole (intake->message);
  g_assert_null (strstr (text, "u0@example.org"));
  g_assert_nonnull (strstr (text, "u1@example.org"));
  g_assert_cmpstr (strstr (text, "\n\n"), ==, strstr (raw->str, "\n\n"));
  g_string_free (raw, TRUE);
}

static void
test_header_limit (void)
{
  static const char *const fillers[] = { "x", "To: a@b.c\n", " \n" };
  for (gsize i = 0; i < G_N_ELEMENTS (fillers); i++) {
    GString *raw = g_string_new ("Subject: ");
    while (raw->len < (5 << 20))
      g_string_append (raw, fillers[i]);
    IntakeRules rules = rules_for (TRUE);
    g_autoptr (GError) error = NULL;
    g_assert_null (take (raw->str, raw->len, &rules, &error));
    g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA);
    g_string_free (raw, TRUE);
  }
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *name = g_strconcat ("/intake/row/", rows[i].title, NULL);
    g_test_add_data_func (name, &rows[i], test_row);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++) {
    g_autofree char *name = g_strdup_printf ("/intake/refused/%" G_GSIZE_FORMAT, i);
    g_test_add_data_func (name, GSIZE_TO_POINTER (i), test_refused);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (rewritten); i++) {
    g_autofree char *name = g_strconcat ("/intake/rewritten/", rewritten[i].title, NULL);
    g_test_add_data_func (name, GSIZE_TO_POINTER (i), test_rewritten);
  }
  g_test_add_func ("/intake/received", test_received);
  g_test_add_func ("/intake/id-domain", test_id_domain);
  g_test_add_func ("/intake/nul", test_nul_in_address);
  g_test_add_func ("/intake/odd-name", test_odd_name);
  g_test_add_func ("/intake/without-t", test_without_t);
  g_test_add_func ("/intake/large", test_large);
  g_test_add_func ("/intake/header-limit", test_header_limit);
  return g_test_run ();
}
