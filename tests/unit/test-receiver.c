#include "core/receiver.h"
#include "../lib/table.h"

/* An owner that keeps a transcript: events in one text, output in another. It refuses
 * recipients that begin with "no" and knows one login, u:p. */
typedef struct {
  Receiver *receiver;
  GString *events;
  GString *output;
} Owner;

static void
owner_auth (Owner *owner, const ReceiverEvent *event)
{
  static const char login[] = "\0u\0p";
  if (event->mechanism != NULL)
    g_string_append_printf (owner->events, "auth %s%s\n", event->mechanism, event->initial ? " bare" : "");
  if (event->initial)
    receiver_auth_answer (owner->receiver, 334, (const guint8 *)"who?", 4, NULL);
  else if (event->length == sizeof login - 1 && memcmp (event->octets, login, event->length) == 0)
    receiver_auth_answer (owner->receiver, 235, NULL, 0, "u");
  else
    receiver_auth_answer (owner->receiver, 535, NULL, 0, NULL);
}

static void
owner_envelope (Owner *owner, const ReceiverEvent *event)
{
  const Envelope *envelope = event->envelope;
  if (event->kind == RECEIVER_WANTS_SENDER) {
    g_string_append_printf (
        owner->events, "from <%s> size=%" G_GUINT64_FORMAT " body=%d utf8=%d ret=%d envid=%s tls=%d\n",
        envelope->sender, event->form->size, event->form->kind, event->form->smtputf8, envelope->ret,
        envelope->envid != NULL ? envelope->envid : "", envelope->require_tls);
    receiver_answer (owner->receiver, 0, NULL);
    return;
  }
  const EnvelopeRecipient *recipient = envelope_recipient (envelope, event->index);
  g_string_append_printf (owner->events, "to %u <%s> notify=%u orcpt=%s\n", event->index, recipient->address,
                          recipient->notify, recipient->orcpt != NULL ? recipient->orcpt : "");
  if (g_str_has_prefix (recipient->address, "no"))
    receiver_answer (owner->receiver, 550, "5.1.1 unknown");
  else
    receiver_answer (owner->receiver, 0, NULL);
}

static void
owner_event (Owner *owner, const ReceiverEvent *event)
{
  switch (event->kind) {
  case RECEIVER_WANTS_TLS:
    g_string_append (owner->events, "tls\n");
    receiver_tls_established (owner->receiver);
    break;
  case RECEIVER_WANTS_AUTH:
    owner_auth (owner, event);
    break;
  case RECEIVER_WANTS_SENDER:
  case RECEIVER_WANTS_RECIPIENT:
    owner_envelope (owner, event);
    break;
  case RECEIVER_WANTS_MESSAGE:
    g_string_append_printf (owner->events, "message for %u\n", event->envelope->recipients->len);
    break;
  case RECEIVER_BODY:
    g_string_append_len (owner->events, (const char *)event->octets, (gssize)event->length);
    break;
  case RECEIVER_WANTS_VERDICT:
    g_string_append (owner->events, "whole\n");
    receiver_answer (owner->receiver, 0, NULL);
    break;
  case RECEIVER_RESET:
    g_string_append (owner->events, "reset\n");
    break;
  case RECEIVER_COMMAND:
    break;
  case RECEIVER_WANTS_CLOSE:
    g_string_append (owner->events, "close\n");
    break;
  }
}

static void
owner_feed (Owner *owner, const char *octets, gsize length)
{
  g_autofree guint8 *copy = g_memdup2 (octets, length);
  receiver_receive (owner->receiver, copy, length);
  ReceiverEvent event;
  while (receiver_next_event (owner->receiver, &event))
    owner_event (owner, &event);
  g_autoptr (GByteArray) output = receiver_take_output (owner->receiver);
  if (output != NULL)
    g_string_append_len (owner->output, (const char *)output->data, output->len);
}

static const char *const mechanisms[] = { "PLAIN", "SCRAM-SHA-256-PLUS", "EXTERNAL", NULL };

#define ALL ((CAPABILITY_FUTURERELEASE - 1) | CAPABILITY_BINARYMIME)

static Owner *
owner_new (const ReceiverSettings *settings)
{
  ReceiverSettings full = *settings;
  full.server_name = "sink";
  if (full.mechanisms == NULL)
    full.mechanisms = mechanisms;
  Owner *owner = g_new0 (Owner, 1);
  owner->receiver = receiver_new (&full);
  owner->events = g_string_new (NULL);
  owner->output = g_string_new (NULL);
  return owner;
}

static void
owner_free (Owner *owner)
{
  receiver_free (owner->receiver);
  g_string_free (owner->events, TRUE);
  g_string_free (owner->output, TRUE);
  g_free (owner);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Owner, owner_free)

/* ---- dialogues, cut everywhere --------------------------------------------- */

#define TEXT(literal) literal, sizeof literal - 1
#define MAIL "MAIL FROM:<a@b>\r\n"
#define RCPT "RCPT TO:<c@d>\r\n"
#define FROM "from <a@b> size=0 body=0 utf8=0 ret=0 envid= tls=0\n"
#define TO "to 0 <c@d> notify=0 orcpt=\n"

/* Every dialogue follows HELO. */
static const struct row {
  const char *about;
  const char *input;
  gsize length;
  const char *codes; /* of the replies, 334 with its text */
  const char *events;
  ReceiverSettings settings;
} rows[] = {
  { "a message by DATA",
    TEXT (MAIL RCPT "DATA\r\nx\r\n.\r\nQUIT\r\n"),
    "250 250 354 250 221 ",
    FROM TO "message for 1\nx\r\nwhole\nclose\n",
    { 0 } },
  { "an empty message",
    TEXT (MAIL RCPT "DATA\r\n.\r\n"),
    "250 250 354 250 ",
    FROM TO "message for 1\nwhole\n",
    { 0 } },
  { "dots undone",
    TEXT (MAIL RCPT "DATA\r\n..\r\n.x\r\n...\r\n.\r\n"),
    "250 250 354 250 ",
    FROM TO "message for 1\n.\r\nx\r\n..\r\nwhole\n",
    { 0 } },
  { "smuggling: LF dot LF",
    TEXT (MAIL RCPT "DATA\r\na\n.\nRSET\r\n.\r\nNOOP\r\n"),
    "250 250 354 550 250 ",
    FROM TO "message for 1\nreset\n",
    { 0 } },
  { "smuggling: LF dot CRLF",
    TEXT (MAIL RCPT "DATA\r\na\n.\r\nRSET\r\n.\r\nNOOP\r\n"),
    "250 250 354 550 250 ",
    FROM TO "message for 1\nreset\n",
    { 0 } },
  { "smuggling: CR dot CRLF",
    TEXT (MAIL RCPT "DATA\r\na\r.\r\nRSET\r\n.\r\nNOOP\r\n"),
    "250 250 354 550 250 ",
    FROM TO "message for 1\nreset\n",
    { 0 } },
  { "smuggling: CRLF dot LF",
    TEXT (MAIL RCPT "DATA\r\na\r\n.\nRSET\r\n.\r\nNOOP\r\n"),
    "250 250 354 550 250 ",
    FROM TO "message for 1\nreset\n",
    { 0 } },
  { "smuggling: CRLF dot CR",
    TEXT (MAIL RCPT "DATA\r\na\r\n.\rRSET\r\n.\r\nNOOP\r\n"),
    "250 250 354 550 250 ",
    FROM TO "message for 1\nreset\n",
    { 0 } },
  { "NUL in the body",
    TEXT (MAIL RCPT "DATA\r\na\0b\r\n.\r\nNOOP\r\n"),
    "250 250 354 550 250 ",
    FROM TO "message for 1\nreset\n",
    { 0 } },
  { "one recipient refused",
    TEXT (MAIL "RCPT TO:<no@d>\r\n" RCPT "DATA\r\n.\r\n"),
    "250 550 250 354 250 ",
    FROM "to 0 <no@d> notify=0 orcpt=\n" TO "message for 1\nwhole\n",
    { 0 } },
  { "all recipients refused, by DATA",
    TEXT (MAIL "RCPT TO:<no@d>\r\nDATA\r\nRSET\r\n"),
    "250 550 554 250 ",
    FROM "to 0 <no@d> notify=0 orcpt=\nreset\n",
    { 0 } },
  { "a recipient twice",
    TEXT (MAIL RCPT "RCPT TO:<c@D>\r\nRSET\r\n"),
    "250 250 250 250 ",
    FROM TO TO "reset\n",
    { 0 } },
  { "a message by BDAT",
    TEXT (MAIL RCPT "BDAT 4 LAST\r\nab\r\nQUIT\r\n"),
    "250 250 250 221 ",
    FROM TO "message for 1\nab\r\nwhole\nclose\n",
    { .capabilities = ALL } },
  { "in chunks, CRLF torn apart",
    TEXT (MAIL RCPT "BDAT 3\r\nab\rBDAT 1\r\n\nBDAT 0 LAST\r\n"),
    "250 250 250 250 250 ",
    FROM TO "message for 1\nab\r\nwhole\n",
    { .capabilities = ALL } },
  { "a dot is only a dot in BDAT",
    TEXT (MAIL RCPT "BDAT 5 LAST\r\n\r\n.\r\nNOOP\r\n"),
    "250 250 250 250 ",
    FROM TO "message for 1\n\r\n.\r\nwhole\n",
    { .capabilities = ALL } },
  { "commands inside BDAT are octets",
    TEXT (MAIL RCPT "BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n"),
    "250 250 250 250 ",
    FROM TO "message for 1\nQUIT\r\nwhole\n",
    { .capabilities = ALL } },
  { "BDAT without recipient is dropped",
    TEXT (MAIL "RCPT TO:<no@d>\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n"),
    "250 550 503 250 ",
    FROM "to 0 <no@d> notify=0 orcpt=\n",
    { .capabilities = ALL } },
  { "BDAT without MAIL is dropped",
    TEXT ("BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n"),
    "503 250 ",
    "",
    { .capabilities = ALL } },
  { "a bare LF in BDAT",
    TEXT (MAIL RCPT "BDAT 2\r\na\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n"),
    "250 250 550 503 250 ",
    FROM TO "message for 1\nreset\n",
    { .capabilities = ALL } },
  { "a bare CR at the end of BDAT",
    TEXT (MAIL RCPT "BDAT 2 LAST\r\na\rNOOP\r\n"),
    "250 250 550 250 ",
    FROM TO "message for 1\na\rreset\n",
    { .capabilities = ALL } },
  { "binary may hold a bare LF",
    TEXT ("MAIL FROM:<> BODY=BINARYMIME\r\n" RCPT "BDAT 2 LAST\r\na\nNOOP\r\n"),
    "250 250 250 250 ",
    "from <> size=0 body=2 utf8=0 ret=0 envid= tls=0\n" TO "message for 1\na\nwhole\n",
    { .capabilities = ALL } },
  { "binary and DATA",
    TEXT ("MAIL FROM:<> BODY=BINARYMIME\r\n" RCPT "DATA\r\n"),
    "250 250 503 ",
    "from <> size=0 body=2 utf8=0 ret=0 envid= tls=0\n" TO,
    { .capabilities = ALL } },
  { "BDAT not offered: commands",
    TEXT (MAIL RCPT "BDAT 6 LAST\r\nNOOP\r\n"),
    "250 250 502 250 ",
    FROM TO,
    { 0 } },
  { "DATA amid chunks",
    TEXT (MAIL RCPT "BDAT 2\r\n\r\nDATA\r\n"),
    "250 250 250 503 ",
    FROM TO "message for 1\n\r\n",
    { .capabilities = ALL } },
  { "RCPT amid chunks",
    TEXT (MAIL RCPT "BDAT 2\r\n\r\n" RCPT),
    "250 250 250 503 ",
    FROM TO "message for 1\n\r\n",
    { .capabilities = ALL } },
  { "a bad BDAT ends all",
    TEXT (MAIL RCPT "BDAT x LAST\r\nNOOP\r\n"),
    "250 250 421 ",
    FROM TO "reset\nclose\n",
    { .capabilities = ALL } },
  { "a BDAT beyond 63 bits",
    TEXT (MAIL RCPT "BDAT 9223372036854775808\r\nNOOP\r\n"),
    "250 250 421 ",
    FROM TO "reset\nclose\n",
    { .capabilities = ALL } },
  { "BDAT -1", TEXT ("BDAT -1\r\n"), "421 ", "close\n", { .capabilities = ALL } },
  { "DSN",
    TEXT (
        "MAIL FROM:<a@b> RET=hdrs ENVID=x+2By\r\nRCPT TO:<c@d> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;e+2B@f\r\n"),
    "250 250 ",
    "from <a@b> size=0 body=0 utf8=0 ret=2 envid=x+y tls=0\nto 0 <c@d> notify=10 orcpt=rfc822;e+@f\n",
    { .capabilities = ALL } },
  { "DSN not offered", TEXT ("MAIL FROM:<a@b> RET=HDRS\r\n"), "555 ", "", { 0 } },
  { "bad DSN parameters",
    TEXT ("MAIL FROM:<a@b> RET=ALL\r\nMAIL FROM:<a@b> ENVID=a+0Db\r\nMAIL FROM:<a@b> ENVID=\r\n" MAIL
          "RCPT TO:<c@d> NOTIFY=NEVER,DELAY\r\nRCPT TO:<c@d> NOTIFY=\r\nRCPT TO:<c@d> ORCPT=x\r\nRCPT "
          "TO:<c@d> ORCPT=a;+4\r\n"),
    "501 501 501 250 501 501 501 501 ",
    FROM,
    { .capabilities = ALL } },
  { "a parameter twice", TEXT ("MAIL FROM:<a@b> SIZE=1 SIZE=2\r\n"), "501 ", "", { .capabilities = ALL } },
  { "an unknown parameter", TEXT ("MAIL FROM:<a@b> FOO=1\r\n"), "555 ", "", { .capabilities = ALL } },
  { "SIZE within",
    TEXT ("MAIL FROM:<a@b> SIZE=10\r\n"),
    "250 ",
    "from <a@b> size=10 body=0 utf8=0 ret=0 envid= tls=0\n",
    { .capabilities = ALL, .size_limit = 10 } },
  { "SIZE beyond",
    TEXT ("MAIL FROM:<a@b> SIZE=11\r\n"),
    "552 ",
    "",
    { .capabilities = ALL, .size_limit = 10 } },
  { "too big by DATA",
    TEXT (MAIL RCPT "DATA\r\n1234\r\n78901\r\n.\r\n"),
    "250 250 354 552 ",
    NULL,
    { .capabilities = ALL, .size_limit = 10 } },
  { "just not too big",
    TEXT (MAIL RCPT "DATA\r\n1234\r\n78\r\n.\r\n"),
    "250 250 354 250 ",
    FROM TO "message for 1\n1234\r\n78\r\nwhole\n",
    { .capabilities = ALL, .size_limit = 10 } },
  { "too big by BDAT",
    TEXT (MAIL RCPT "BDAT 11\r\n12345678901BDAT 0 LAST\r\n"),
    "250 250 552 503 ",
    NULL,
    { .capabilities = ALL, .size_limit = 10 } },
  { "UTF-8 announced",
    TEXT ("MAIL FROM:<\303\244@b> SMTPUTF8\r\nRCPT TO:<\303\266@d>\r\n"),
    "250 250 ",
    "from <\303\244@b> size=0 body=0 utf8=1 ret=0 envid= tls=0\nto 0 <\303\266@d> notify=0 orcpt=\n",
    { .capabilities = ALL } },
  { "UTF-8 not announced",
    TEXT ("MAIL FROM:<\303\244@b>\r\n" MAIL "RCPT TO:<\303\266@d>\r\n"),
    "553 250 553 ",
    FROM,
    { .capabilities = ALL } },
  { "REQUIRETLS in the clear", TEXT ("MAIL FROM:<a@b> REQUIRETLS\r\n"), "501 ", "", { .capabilities = ALL } },
  { "odd and good paths",
    TEXT ("MAIL FROM: <a@b>\r\nRCPT TO:<Postmaster>\r\nRCPT TO:<@x,@y:c@d>\r\nRCPT TO:<\"a b\"@d>\r\n"),
    "250 250 250 250 ",
    FROM "to 0 <Postmaster> notify=0 orcpt=\nto 1 <c@d> notify=0 orcpt=\nto 2 <\"a b\"@d> notify=0 orcpt=\n",
    { 0 } },
  { "bad paths",
    TEXT ("MAIL FROM:a@b\r\nMAIL FROM:<a@b\r\nMAIL FROM:<a b@c>\r\nMAIL FROM:<a@b>x\r\nMAIL "
          "<a@b>\r\nMAIL\r\n" MAIL "RCPT TO:<>\r\nRCPT TO:<a>\r\nRCPT TO:<\"a>@b>\r\n"),
    "501 501 501 501 501 501 250 501 501 501 ",
    FROM,
    { 0 } },
  { "out of order",
    TEXT (RCPT "DATA\r\n" MAIL MAIL "RSET\r\n" RCPT),
    "503 503 250 503 250 503 ",
    FROM "reset\n",
    { 0 } },
  { "EHLO drops the transaction",
    TEXT (MAIL RCPT "HELO x\r\n" RCPT),
    "250 250 250 503 ",
    FROM TO "reset\n",
    { 0 } },
  { "QUIT amid it", TEXT (MAIL "QUIT\r\nNOOP\r\n"), "250 221 ", FROM "reset\nclose\n", { 0 } },
  { "small commands",
    TEXT ("noop\r\nNOOP x\r\nVRFY a\r\nHELP\r\nEXPN a\r\nGET / HTTP\r\n\r\nHELO\r\nDATA x\r\n"),
    "250 250 252 214 500 500 500 501 503 ",
    "",
    { 0 } },
  { "too many recipients", TEXT (MAIL RCPT "RCPT TO:<e@f>\r\n"), "250 250 452 ", FROM TO, { .rcpt_max = 1 } },
  { "a bare LF in a command", TEXT ("NOOP\nNOOP\r\n"), "521 ", "close\n", { 0 } },
  { "a bare CR in a command", TEXT ("NO\rOP\r\nNOOP\r\n"), "500 250 ", "", { 0 } },
  { "a NUL in a command", TEXT ("NOOP\0x\r\nNOOP\r\n"), "500 250 ", "", { 0 } },
  { "AUTH with the response",
    TEXT ("AUTH PLAIN AHUAcA==\r\nAUTH PLAIN AHUAcA==\r\n"),
    "235 503 ",
    "auth PLAIN\n",
    { .capabilities = ALL } },
  { "AUTH without",
    TEXT ("auth plain\r\nAHUAcA==\r\n"),
    "334 d2hvPw== 235 ",
    "auth PLAIN bare\n",
    { .capabilities = ALL } },
  { "AUTH empty response", TEXT ("AUTH PLAIN =\r\n"), "535 ", "auth PLAIN\n", { .capabilities = ALL } },
  { "AUTH refused", TEXT ("AUTH PLAIN AHUAcQ==\r\n"), "535 ", "auth PLAIN\n", { .capabilities = ALL } },
  { "AUTH given up",
    TEXT ("AUTH PLAIN\r\n*\r\nNOOP\r\n"),
    "334 d2hvPw== 501 250 ",
    "auth PLAIN bare\n",
    { .capabilities = ALL } },
  { "AUTH not base64",
    TEXT ("AUTH PLAIN\r\nA!\r\nAUTH PLAIN A\r\nAUTH PLAIN a b\r\n"),
    "334 d2hvPw== 501 501 501 ",
    "auth PLAIN bare\n",
    { .capabilities = ALL } },
  { "AUTH unknown",
    TEXT ("AUTH X\r\nAUTH\r\nAUTH EXTERNAL =\r\nAUTH SCRAM-SHA-256-PLUS\r\n"),
    "504 504 504 504 ",
    "",
    { .capabilities = ALL } },
  { "AUTH not offered", TEXT ("AUTH PLAIN\r\n"), "502 ", "", { 0 } },
  { "AUTH needs TLS",
    TEXT ("AUTH PLAIN AHUAcA==\r\n"),
    "538 ",
    "",
    { .capabilities = ALL, .auth_needs_tls = TRUE } },
  { "AUTH amid a transaction",
    TEXT (MAIL "AUTH PLAIN AHUAcA==\r\n"),
    "250 503 ",
    FROM,
    { .capabilities = ALL } },
  { "MAIL needs AUTH",
    TEXT (MAIL "AUTH PLAIN AHUAcA==\r\n" MAIL),
    "530 235 250 ",
    "auth PLAIN\n" FROM,
    { .capabilities = ALL, .mail_needs_auth = TRUE } },
  { "MAIL needs TLS", TEXT (MAIL), "530 ", "", { .capabilities = ALL, .mail_needs_tls = TRUE } },
  { "STARTTLS not offered", TEXT ("STARTTLS\r\n"), "502 ", "", { 0 } },
  { "STARTTLS with a parameter", TEXT ("STARTTLS x\r\n"), "501 ", "", { .capabilities = ALL } },
};

static char *
codes_of (const char *output)
{
  GString *codes = g_string_new (NULL);
  g_auto (GStrv) lines = g_strsplit (output, "\r\n", -1);
  for (gsize i = 0; lines[i] != NULL; i++)
    if (strlen (lines[i]) >= 4 && lines[i][3] == ' ')
      g_string_append_printf (codes, "%.*s ", g_str_has_prefix (lines[i], "334") ? -1 : 3, lines[i]);
  return g_string_free (codes, FALSE);
}

static void
check_cut (const struct row *row, gsize cut)
{
  g_autoptr (Owner) owner = owner_new (&row->settings);
  owner_feed (owner, TEXT ("HELO x\r\n"));
  g_assert_cmpstr (owner->output->str, ==, "220 sink ESMTP\r\n250 sink\r\n");
  g_string_truncate (owner->output, 0);
  owner_feed (owner, row->input, cut);
  owner_feed (owner, row->input + cut, row->length - cut);
  g_autofree char *codes = codes_of (owner->output->str);
  g_assert_cmpstr (codes, ==, row->codes);
  /* How much of a message that is refused was shown before depends on the cut. */
  if (row->events != NULL && strstr (row->events, "reset") == NULL)
    g_assert_cmpstr (owner->events->str, ==, row->events);
  else
    g_assert_true (g_str_has_suffix (owner->events->str,
                                     row->events == NULL ? "reset\n" : strstr (row->events, "reset")));
}

static void
test_row (gconstpointer data)
{
  const struct row *row = data;
  for (gsize cut = 0; cut <= row->length; cut++)
    check_cut (row, cut);

  g_autoptr (Owner) owner = owner_new (&row->settings);
  owner_feed (owner, TEXT ("HELO x\r\n"));
  g_string_truncate (owner->output, 0);
  for (gsize i = 0; i < row->length; i++)
    owner_feed (owner, row->input + i, 1);
  g_autofree char *codes = codes_of (owner->output->str);
  g_assert_cmpstr (codes, ==, row->codes);
}

/* ---- what EHLO says --------------------------------------------------------- */

static void
test_ehlo (void)
{
  ReceiverSettings settings = { .capabilities = ALL, .size_limit = 99, .rcpt_max = 7, .old_auth_form = TRUE };
  g_autoptr (Owner) owner = owner_new (&settings);
  owner_feed (owner, TEXT ("EHLO x\r\n"));
  g_assert_cmpstr (
      owner->output->str, ==,
      "220 sink ESMTP\r\n250-sink\r\n250-PIPELINING\r\n250-SIZE 99\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
      "250-DSN\r\n250-CHUNKING\r\n250-BINARYMIME\r\n250-ENHANCEDSTATUSCODES\r\n250-STARTTLS\r\n"
      "250-AUTH PLAIN\r\n250-AUTH=PLAIN\r\n250 LIMITS RCPTMAX=7\r\n");
  g_string_truncate (owner->output, 0);
  owner_feed (owner, TEXT ("STARTTLS\r\n"));
  owner_feed (owner, TEXT ("EHLO x\r\n"));
  g_assert_cmpstr (
      owner->output->str, ==,
      "220 2.0.0 Go ahead\r\n250-sink\r\n250-PIPELINING\r\n250-SIZE 99\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
      "250-DSN\r\n250-CHUNKING\r\n250-BINARYMIME\r\n250-ENHANCEDSTATUSCODES\r\n"
      "250-AUTH PLAIN SCRAM-SHA-256-PLUS EXTERNAL\r\n250-AUTH=PLAIN SCRAM-SHA-256-PLUS EXTERNAL\r\n"
      "250-LIMITS RCPTMAX=7\r\n250 REQUIRETLS\r\n");
}

static void
test_no_enhanced_codes (void)
{
  g_autoptr (Owner) owner = owner_new (&(ReceiverSettings){ 0 });
  owner_feed (owner, TEXT ("NOOP\r\nRCPT\r\n"));
  g_assert_cmpstr (owner->output->str, ==, "220 sink ESMTP\r\n250 Ok\r\n503 MAIL first\r\n");
}

/* ---- STARTTLS forgets -------------------------------------------------------- */

static void
test_starttls_forgets (void)
{
  ReceiverSettings settings = { .capabilities = ALL };
  for (gsize cut = 0; cut < 2; cut++) {
    g_autoptr (Owner) owner = owner_new (&settings);
    owner_feed (owner, TEXT ("EHLO x\r\nAUTH PLAIN AHUAcA==\r\n" MAIL RCPT));
    g_assert_cmpstr (receiver_user (owner->receiver), ==, "u");
    g_string_truncate (owner->output, 0);
    g_string_truncate (owner->events, 0);
    /* What a man in the middle wrote behind STARTTLS is gone, whole line or not. */
    if (cut == 0)
      owner_feed (owner, TEXT ("STARTTLS\r\nRSET\r\n" MAIL));
    else
      owner_feed (owner, TEXT ("STARTTLS\r\nMAIL FR"));
    g_assert_cmpstr (owner->output->str, ==, "220 2.0.0 Go ahead\r\n");
    g_assert_cmpstr (owner->events->str, ==, "reset\ntls\n");
    g_assert_null (receiver_user (owner->receiver));
    g_string_truncate (owner->output, 0);
    owner_feed (owner, TEXT (MAIL "STARTTLS\r\nEHLO x\r\n" MAIL));
    g_autofree char *codes = codes_of (owner->output->str);
    g_assert_cmpstr (codes, ==, "503 503 250 250 ");
  }
}

/* ---- the owner's own replies --------------------------------------------------- */

static const struct override_row {
  const char *about;
  ReceiverReply reply;
  const char *input;
  const char *codes;
  const char *last_event;
} override_rows[] = {
  { "MAIL", { "MAIL", 451, "4.0.0 no" }, MAIL RCPT, "451 503 ", "" },
  { "RCPT", { "RCPT", 550, "no" }, MAIL RCPT "DATA\r\n", "250 550 554 ", "" },
  { "DATA", { "DATA", 451, "no" }, MAIL RCPT "DATA\r\nNOOP\r\n", "250 250 451 250 ", "" },
  { "other words only", { "DATA", 354, "go" }, MAIL RCPT "DATA\r\n.\r\n", "250 250 354 250 ", "whole\n" },
  { "END", { "END", 452, "full" }, MAIL RCPT "DATA\r\n.\r\n" MAIL, "250 250 354 452 250 ", "" },
  { "END of BDAT", { "END", 452, "full" }, MAIL RCPT "BDAT 0 LAST\r\n", "250 250 452 ", "whole\n" },
  { "BDAT refused", { "BDAT", 503, "no" }, MAIL RCPT "BDAT 6 LAST\r\nNOOP\r\n", "250 250 503 ", "reset\n" },
  { "BDAT unknown: its octets are commands",
    { "BDAT", 500, "what?" },
    MAIL RCPT "BDAT 6 LAST\r\nRSET\r\n",
    "250 250 500 250 ",
    "reset\n" },
  { "EHLO", { "EHLO", 502, "no" }, "EHLO x\r\n" MAIL "HELO x\r\n" MAIL, "502 250 250 250 ", NULL },
  { "STARTTLS", { "STARTTLS", 454, "later" }, "STARTTLS\r\nNOOP\r\n", "454 250 ", "" },
  { "AUTH", { "AUTH", 454, "later" }, "AUTH PLAIN AHUAcA==\r\n", "454 ", "" },
  { "RSET", { "RSET", 500, "no" }, MAIL "RSET\r\n" MAIL, "250 500 503 ", "" },
  { "QUIT", { "QUIT", 500, "no" }, "QUIT\r\n", "500 ", "close\n" },
  { "421 closes", { "MAIL", 421, "bye" }, MAIL RCPT, "421 ", "close\n" },
  { "421 to RCPT", { "RCPT", 421, "bye" }, MAIL RCPT RCPT, "250 421 ", "reset\nclose\n" },
};

static void
test_override (gconstpointer data)
{
  const struct override_row *row = data;
  ReceiverSettings settings = { .capabilities = ALL, .replies = &row->reply, .n_replies = 1 };
  g_autoptr (Owner) owner = owner_new (&settings);
  owner_feed (owner, TEXT ("HELO x\r\n"));
  g_string_truncate (owner->output, 0);
  owner_feed (owner, row->input, strlen (row->input));
  g_autofree char *codes = codes_of (owner->output->str);
  if (row->last_event != NULL)
    g_assert_cmpstr (codes, ==, row->codes);
  else
    g_assert_true (g_str_has_prefix (codes, "502 250 250 "));
  if (row->last_event != NULL && *row->last_event != '\0')
    g_assert_true (g_str_has_suffix (owner->events->str, row->last_event));
  else
    g_assert_false (g_str_has_suffix (owner->events->str, "close\n"));
}

/* ---- limits --------------------------------------------------------------------- */

static const struct length_row {
  const char *about;
  const char *verb;
  gsize length; /* with CRLF */
  const char *codes;
} length_rows[] = {
  { "the longest command", "NOOP ", RECEIVER_LINE_LIMIT, "250 250 " },
  { "one octet more", "NOOP ", RECEIVER_LINE_LIMIT + 1, "500 250 " },
  { "far more", "NOOP ", 100000, "500 250 " },
  { "the longest AUTH", "AUTH ", RECEIVER_LINE_LIMIT_AUTH, "504 250 " },
  { "one octet more of AUTH", "AUTH ", RECEIVER_LINE_LIMIT_AUTH + 1, "500 250 " },
};

static void
test_length (gconstpointer data)
{
  const struct length_row *row = data;
  for (gsize piece = 1; piece <= row->length; piece = piece * 7 + 1) {
    g_autoptr (Owner) owner = owner_new (&(ReceiverSettings){ .capabilities = ALL });
    g_string_truncate (owner->output, 0);
    g_autoptr (GString) input = g_string_new (row->verb);
    while (input->len < row->length - 2)
      g_string_append_c (input, 'x');
    g_string_append (input, "\r\nNOOP\r\n");
    for (gsize at = 0; at < input->len; at += piece)
      owner_feed (owner, input->str + at, MIN (piece, input->len - at));
    g_autofree char *codes = codes_of (owner->output->str);
    g_assert_true (g_str_has_suffix (codes, row->codes));
  }
}

static void
test_errors (void)
{
  g_autoptr (Owner) owner = owner_new (&(ReceiverSettings){ 0 });
  for (guint i = 0; i < RECEIVER_ERROR_LIMIT + 5; i++)
    owner_feed (owner, TEXT ("FOO\r\n"));
  g_assert_true (g_str_has_suffix (owner->output->str, "500 Unknown command\r\n421 Too many errors\r\n"));
  g_assert_cmpstr (owner->events->str, ==, "close\n");
}

static void
test_input_while_waiting (void)
{
  Receiver *receiver = receiver_new (&(ReceiverSettings){ .server_name = "sink" });
  ReceiverEvent event;
  receiver_receive (receiver, (const guint8 *)"HELO x\r\nMAIL FROM:<>\r\n", 22);
  while (receiver_next_event (receiver, &event))
    ;
  g_assert_true (receiver_is_waiting (receiver));
  g_autofree guint8 *flood = g_malloc0 (RECEIVER_INPUT_LIMIT);
  receiver_receive (receiver, flood, RECEIVER_INPUT_LIMIT);
  g_assert_false (receiver_next_event (receiver, &event));
  receiver_receive (receiver, flood, 1);
  g_assert_true (receiver_next_event (receiver, &event) && event.kind == RECEIVER_RESET);
  g_assert_true (receiver_next_event (receiver, &event) && event.kind == RECEIVER_WANTS_CLOSE);
  receiver_answer (receiver, 250, "too late"); /* harmless */
  g_assert_false (receiver_next_event (receiver, &event));
  receiver_free (receiver);
}

static void
test_masked (void)
{
  g_autoptr (Receiver) receiver = receiver_new (
      &(ReceiverSettings){ .server_name = "s", .capabilities = ALL, .mechanisms = mechanisms });
  static const char input[] = "AUTH PLAIN AHUAcA==\r\nAHUAcA==\r\nNOOP x\r\n";
  receiver_receive (receiver, (const guint8 *)input, sizeof input - 1);
  g_autoptr (GString) log = g_string_new (NULL);
  for (ReceiverEvent event; receiver_next_event (receiver, &event);) {
    if (event.kind == RECEIVER_COMMAND)
      g_string_append_printf (log, "%s|", event.text);
    if (event.kind == RECEIVER_WANTS_AUTH)
      receiver_auth_answer (receiver, event.mechanism != NULL ? 334 : 235, NULL, 0, "u");
  }
  g_assert_cmpstr (log->str, ==, "AUTH PLAIN ***|***|NOOP x|");
}

static void
test_shut_down_for_a_greeting (void)
{
  g_autoptr (Receiver) receiver
      = receiver_new (&(ReceiverSettings){ .server_name = "s", .silent_start = TRUE });
  g_assert_null (receiver_take_output (receiver));
  receiver_shut_down (receiver, 421, "4.3.2 busy");
  receiver_shut_down (receiver, 421, "4.3.2 busy");
  g_autoptr (GByteArray) output = receiver_take_output (receiver);
  g_assert_cmpmem (output->data, output->len, "421 4.3.2 busy\r\n", 16);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  TABLE_ADD ("/receiver/dialogue", rows, test_row);
  TABLE_ADD ("/receiver/override", override_rows, test_override);
  TABLE_ADD ("/receiver/length", length_rows, test_length);
  g_test_add_func ("/receiver/ehlo", test_ehlo);
  g_test_add_func ("/receiver/no-enhanced-codes", test_no_enhanced_codes);
  g_test_add_func ("/receiver/starttls-forgets", test_starttls_forgets);
  g_test_add_func ("/receiver/errors", test_errors);
  g_test_add_func ("/receiver/input-while-waiting", test_input_while_waiting);
  g_test_add_func ("/receiver/masked", test_masked);
  g_test_add_func ("/receiver/shut-down-for-a-greeting", test_shut_down_for_a_greeting);
  return g_test_run ();
}
