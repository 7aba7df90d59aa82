/* What programs hand over, and what goes out by the account: envelope and header together. */
#include <string.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "mail/handover.h"
#include "tests/lib/tap.h"

/* The account is "Me <me@q.example>" and this machine vm and vm.lan; its aliases: */
#define ALIASES "root: ops@x.y\nlist: a@x.y, joe, |/bin/false\nvoid: /dev/null\n"

static const struct {
  const char *title;
  RewriteRule rewrite;
  const char *sender;     /* of -f; NULL: none */
  const char *recipients; /* of the command line */
  gboolean of_header;     /* -t */
  const char *raw;
  const char *envelope; /* "sender: recipients", or the code of an error */
  const char *from;     /* the line in the header */
  guint notes;
} rows[] = {
  { "plain", REWRITE_NO, NULL, "d@e.f", FALSE, "\nb", "me@q.example: d@e.f", "From: Me <me@q.example>\n", 0 },
  { "null-sender", REWRITE_ALWAYS, "", "d@e.f", FALSE, "\nb", ": d@e.f", "From: Me <me@q.example>\n", 0 },
  { "sender", REWRITE_NO, "a@b.c", "d@e.f", FALSE, "\nb", "a@b.c: d@e.f", "From: Me <a@b.c>\n", 0 },
  { "sender-unqualified", REWRITE_NO, "root", "d@e.f", FALSE, "\nb", "root@mine.example: d@e.f",
    "From: Me <root@mine.example>\n", 0 },
  { "sender-at-localhost", REWRITE_NO, "root@localhost", "d@e.f", FALSE, "\nb", "root@mine.example: d@e.f",
    "From: Me <root@mine.example>\n", 0 },
  { "sender-at-host", REWRITE_NO, "root@vm.lan", "d@e.f", FALSE, "\nb", "root@vm.lan: d@e.f",
    "From: Me <root@vm.lan>\n", 0 },
  { "if-local-sender", REWRITE_IF_LOCAL, "root@vm.lan", "d@e.f", FALSE, "From: root\n\nb",
    "me@q.example: d@e.f", "From: Me <me@q.example>\n", 0 },
  { "if-local-other-sender", REWRITE_IF_LOCAL, "a@b.c", "d@e.f", FALSE, "From: a@b.c\n\nb", "a@b.c: d@e.f",
    "From: a@b.c\n", 0 },
  { "always-sender", REWRITE_ALWAYS, "a@b.c", "d@e.f", FALSE, "From: A <a@b.c>\n\nb", "me@q.example: d@e.f",
    "From: A <me@q.example>\n", 0 },
  { "always-sender-missing-from", REWRITE_ALWAYS, "a@b.c", "d@e.f", FALSE, "\nb", "me@q.example: d@e.f",
    "From: Me <me@q.example>\n", 0 },
  /* recipients */
  { "alias", REWRITE_NO, NULL, "root", FALSE, "\nb", "me@q.example: ops@x.y", "From: Me", 0 },
  { "alias-at-host", REWRITE_NO, NULL, "root@vm root@vm.lan root@localhost", FALSE, "\nb",
    "me@q.example: ops@x.y", "From: Me", 0 },
  { "alias-elsewhere", REWRITE_NO, NULL, "root@b.c", FALSE, "\nb", "me@q.example: root@b.c", "From: Me", 0 },
  { "no-alias", REWRITE_NO, NULL, "joe joe@vm joe@vm.lan", FALSE, "\nb",
    "me@q.example: joe@mine.example joe@vm.lan", "From: Me", 0 },
  { "list", REWRITE_NO, NULL, "list", FALSE, "\nb", "me@q.example: a@x.y joe@mine.example", "From: Me", 1 },
  { "void", REWRITE_NO, NULL, "a@b.c void", FALSE, "\nb", "65", NULL, 0 },
  { "of-header", REWRITE_NO, NULL, "c@d.e", TRUE, "To: root, d@e.f\nBcc: joe\nCc: c@d.e\n\nb",
    "me@q.example: c@d.e ops@x.y d@e.f joe@mine.example", "\nCc: c@d.e\n", 0 },
  { "header-is-qualified", REWRITE_NO, NULL, "c@d.e", TRUE, "To: root\n\nb", "me@q.example: c@d.e ops@x.y",
    "To: root@mine.example\n", 0 },
  { "nobody", REWRITE_NO, NULL, "", FALSE, "To: a@b.c\n\nb", "64", NULL, 0 },
  { "nobody-in-header", REWRITE_NO, NULL, "", TRUE, "Subject: x\n\nb", "64", NULL, 0 },
  { "wrong-address-in-header", REWRITE_NO, NULL, "", TRUE, "To: a b@c.d\n\nb", "65", NULL, 0 },
};

static void
fill (Account *account, const char *aliases, RewriteRule rewrite)
{
  account->name = g_strdup ("test");
  account->from = g_strdup ("Me <me@q.example>");
  account->domain = g_strdup ("mine.example");
  account->aliases = g_strdup (aliases);
  account->rewrite_from = rewrite;
}

static char *
whole (BodySource *source)
{
  gsize size = (gsize)body_source_size (source);
  char *text = g_malloc0 (size + 1);
  g_autoptr (BodyReader) reader = body_source_open (source, NULL);
  g_assert_cmpint (body_reader_read (reader, (guint8 *)text, size, NULL), ==, (gssize)size);
  return text;
}

static char *
envelope_text (const Envelope *envelope)
{
  GString *text = g_string_new (envelope->sender);
  g_string_append_c (text, ':');
  for (guint i = 0; i < envelope->recipients->len; i++)
    g_string_append_printf (text, " %s", envelope_recipient (envelope, i)->address);
  return g_string_free (text, FALSE);
}

static char *
file_with (const char *text)
{
  char *file = NULL;
  int fd = g_file_open_tmp ("handover-XXXXXX", &file, NULL);
  g_assert_true (g_close (fd, NULL) && g_file_set_contents (file, text, -1, NULL));
  return file;
}

static Handover *
hand_over (const HandoverRequest *request, const char *raw, GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new (raw, strlen (raw));
  g_autoptr (BodySource) source = body_source_new_bytes (bytes);
  return handover_prepare (request, source, error);
}

static void
test_row (gconstpointer data)
{
  static const char *const local_names[] = { "vm", "vm.lan", NULL };
  gsize row = GPOINTER_TO_SIZE (data);
  g_autofree char *file = file_with (ALIASES);
  g_autoptr (Account) account = account_new ();
  g_autoptr (Envelope) wanted = envelope_new (rows[row].sender);
  g_auto (GStrv) recipients = g_strsplit (rows[row].recipients, " ", -1);
  g_autoptr (GError) error = NULL;
  fill (account, file, rows[row].rewrite);
  for (char **recipient = recipients; *recipient != NULL; recipient++)
    envelope_add (wanted, *recipient);
  HandoverRequest request = {
    .account = account, .local_names = local_names, .wanted = wanted, .read_recipients = rows[row].of_header
  };
  g_autoptr (Handover) handover = hand_over (&request, rows[row].raw, &error);
  g_unlink (file);
  if (handover == NULL) {
    g_autofree char *status = g_strdup_printf ("%d", toukan_error_exit_status (error));
    g_assert_cmpstr (status, ==, rows[row].envelope);
    return;
  }
  g_autofree char *envelope = envelope_text (handover->envelope);
  g_autofree char *text = whole (handover->message);
  g_assert_cmpstr (envelope, ==, rows[row].envelope);
  g_assert_nonnull (strstr (text, rows[row].from));
  g_assert_cmpuint (handover->notes->len, ==, rows[row].notes);
}

/* Wishes for notifications follow their recipient through an alias. */
static void
test_notify (void)
{
  g_autofree char *file = file_with ("root: a@x.y, b@x.y\n");
  g_autoptr (Account) account = account_new ();
  g_autoptr (Envelope) wanted = envelope_new (NULL);
  fill (account, file, REWRITE_NO);
  envelope_add (wanted, "root");
  EnvelopeRecipient *recipient = g_ptr_array_index (wanted->recipients, 0);
  recipient->notify = DSN_NOTIFY_SUCCESS;
  recipient->orcpt = g_strdup ("rfc822;root@vm");
  wanted->ret = DSN_RETURN_FULL;
  wanted->envid = g_strdup ("id");
  HandoverRequest request
      = { .account = account, .wanted = wanted, .read_recipients = TRUE, .notify = DSN_NOTIFY_NEVER };
  g_autoptr (Handover) handover = hand_over (&request, "To: c@x.y\n\n", NULL);
  g_unlink (file);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpuint (envelope_recipient (handover->envelope, i)->notify, ==,
                      i < 2 ? DSN_NOTIFY_SUCCESS : DSN_NOTIFY_NEVER);
  g_assert_cmpstr (envelope_recipient (handover->envelope, 1)->orcpt, ==, "rfc822;root@vm");
  g_assert_null (envelope_recipient (handover->envelope, 2)->orcpt);
  g_assert_cmpstr (handover->envelope->envid, ==, "id");
  g_assert_cmpint (handover->envelope->ret, ==, DSN_RETURN_FULL);
}

/* Without `from` a sender must be named, and a name without domain can't be completed. */
static void
test_without_from (void)
{
  static const struct {
    const char *sender, *recipient;
    RewriteRule rewrite;
    int code; /* -1: it goes */
  } cases[] = {
    { NULL, "a@b.c", REWRITE_NO, TOUKAN_ERROR_CONFIGURATION },
    { "", "a@b.c", REWRITE_NO, TOUKAN_ERROR_CONFIGURATION },
    { "me@b.c", "a@b.c", REWRITE_ALWAYS, TOUKAN_ERROR_CONFIGURATION },
    { "me@b.c", "a@b.c", REWRITE_NO, -1 },
    { "me@b.c", "joe", REWRITE_NO, TOUKAN_ERROR_DATA },
    { "me", "a@b.c", REWRITE_NO, TOUKAN_ERROR_DATA },
  };
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (Account) account = account_new ();
    g_autoptr (Envelope) wanted = envelope_new (cases[i].sender);
    g_autoptr (GError) error = NULL;
    account->name = g_strdup ("test");
    account->rewrite_from = cases[i].rewrite;
    envelope_add (wanted, cases[i].recipient);
    HandoverRequest request = { .account = account, .wanted = wanted };
    g_autoptr (Handover) handover = hand_over (&request, "\n", &error);
    g_assert_true ((handover == NULL) == (error != NULL));
    g_assert_cmpint (error != NULL ? error->code : -1, ==, cases[i].code);
  }
}

/* Aliases are asked for local recipients only: a file that is gone stops no other mail. */
static void
test_lost_aliases (void)
{
  g_autoptr (Account) account = account_new ();
  fill (account, "/nonexistent/aliases", REWRITE_NO);
  for (guint i = 0; i < 2; i++) {
    g_autoptr (Envelope) wanted = envelope_new (NULL);
    g_autoptr (GError) error = NULL;
    envelope_add (wanted, i == 0 ? "a@b.c" : "root");
    HandoverRequest request = { .account = account, .wanted = wanted };
    g_autoptr (Handover) handover = handover_resolve (&request, &error);
    g_assert_true ((handover == NULL) == (error != NULL));
    if (i == 0)
      g_assert_no_error (error);
    else
      g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_CONFIGURATION);
  }
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *name = g_strconcat ("/handover/row/", rows[i].title, NULL);
    g_test_add_data_func (name, GSIZE_TO_POINTER (i), test_row);
  }
  g_test_add_func ("/handover/notify", test_notify);
  g_test_add_func ("/handover/without-from", test_without_from);
  g_test_add_func ("/handover/lost-aliases", test_lost_aliases);
  return g_test_run ();
}
