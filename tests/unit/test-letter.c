/* A letter as a value: what is empty, what is signed, what speaks of an attachment, and drafts that
 * come back to the octet whatever is in them. */
#include "mail/letter.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "tests/lib/folder.h"
#include "tests/lib/table.h"

/* --- empty ------------------------------------------------------------------------------ */

static const struct {
  const char *about, *to, *subject, *body;
  gboolean empty;
} empty_rows[] = {
  { "nothing", "", "", "", TRUE },
  { "blanks", " ", "", " \n\n", TRUE },
  { "a signature", "", "", "\n-- \nHanako\n", TRUE },
  { "a word", "", "", "x\n-- \nHanako\n", FALSE },
  { "a word that begins like a signature", "", "", "-- x\n", FALSE },
  { "words under a signature are its own", "", "", "-- \nHanako\nTokyo\n", TRUE },
  { "a quote under a signature", "", "", "\n-- \nHanako\n\n> hello\n", FALSE },
  { "somebody", "a@b.c", "", "", FALSE },
  { "a subject", "", "x", "", FALSE },
};

static void
test_empty (gconstpointer data)
{
  const typeof (*empty_rows) *row = data;
  g_autoptr (Letter) letter = letter_new ();
  g_free (letter->to);
  g_free (letter->subject);
  g_free (letter->body);
  letter->to = g_strdup (row->to);
  letter->subject = g_strdup (row->subject);
  letter->body = g_strdup (row->body);
  g_assert_cmpint (letter_is_empty (letter), ==, row->empty);
  letter_attach (letter, "/x", NULL, NULL);
  g_assert_false (letter_is_empty (letter));
}

/* --- signatures --------------------------------------------------------------------------- */

static const struct {
  const char *about, *body, *signature, *expected;
} sign_rows[] = {
  { "under nothing", "", "Hanako", "\n-- \nHanako\n" },
  { "under text", "Hello\n", "Hanako\nTokyo\n\n", "Hello\n\n-- \nHanako\nTokyo\n" },
  { "under an open line", "Hello", "Hanako", "Hello\n\n-- \nHanako\n" },
  { "with its own line", "", "-- \nHanako\n", "\n-- \nHanako\n" },
  { "an empty one", "Hello\n", "\n", "Hello\n" },
  { "where there is one", "Hello\n\n-- \nH\n", "Hanako", "Hello\n\n-- \nH\n" },
  { "under a quote", "\nOn x, y wrote:\n> z\n", "Hanako", "\nOn x, y wrote:\n> z\n\n-- \nHanako\n" },
};

static void
test_sign (gconstpointer data)
{
  const typeof (*sign_rows) *row = data;
  g_autoptr (Letter) letter = letter_new ();
  g_free (letter->body);
  letter->body = g_strdup (row->body);
  letter_sign (letter, row->signature);
  g_assert_cmpstr (letter->body, ==, row->expected);
}

static const struct {
  const char *about, *body, *old, *signature, *expected;
} change_rows[] = {
  { "another", "Hello\n\n-- \nWork\n", "Work", "Home\nTokyo", "Hello\n\n-- \nHome\nTokyo\n" },
  { "none any more", "Hello\n\n-- \nWork\n", "Work", NULL, "Hello\n\n" },
  { "none before", "Hello\n", NULL, "Home", "Hello\n\n-- \nHome\n" },
  { "above a quote", "Hi\n\n-- \nWork\n\nOn x, y wrote:\n> z\n", "Work", "-- \nHome",
    "Hi\n\n-- \nHome\n\nOn x, y wrote:\n> z\n" },
  { "written over", "Hello\n\n-- \nWorking\n", "Work", "Home", "Hello\n\n-- \nWorking\n" },
  { "somebody's own", "Hello\n\n-- \nMe\n", NULL, "Home", "Hello\n\n-- \nMe\n" },
  { "without an end", "-- \nWork", "Work", "Home", "-- \nHome\n" },
};

static void
test_change (gconstpointer data)
{
  const typeof (*change_rows) *row = data;
  g_autoptr (Letter) letter = letter_new ();
  g_free (letter->body);
  letter->body = g_strdup (row->body);
  letter_change_signature (letter, row->old, row->signature);
  g_assert_cmpstr (letter->body, ==, row->expected);
}

static void
test_signature_file (void)
{
  g_autoptr (GError) error = NULL;
  g_assert_null (letter_signature (test_file ("none"), &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_NO_INPUT);
  g_clear_error (&error);
  g_assert_null (letter_signature (test_folder (), &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_NO_INPUT);
  g_clear_error (&error);
  g_assert_null (letter_signature ("/dev/zero", &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_NO_INPUT);
  g_clear_error (&error);
  g_file_set_contents (test_file ("signature"), "H\344n\r\nTokyo\n\n", -1, NULL);
  g_autofree char *signature = letter_signature (test_file ("signature"), &error);
  g_assert_cmpstr (signature, ==, "H\303\244n\nTokyo");
  g_file_set_contents (test_file ("empty"), "\n", -1, NULL);
  g_assert_null (letter_signature (test_file ("empty"), &error));
  g_assert_no_error (error);
  g_assert_null (letter_signature (NULL, &error)); /* HOME is the test's folder */
  g_assert_no_error (error);
}

/* --- attachments that are spoken of --------------------------------------------------------- */

#define JAPANESE "\346\267\273\344\273\230,\345\220\214\345\260\201"

static const struct {
  const char *about, *body, *words;
  gboolean lacks;
} lacks_rows[] = {
  { "nothing", "Hello\n", NULL, FALSE },
  { "attached", "The plan is attached.\n", NULL, TRUE },
  { "in capitals", "ATTACHED\n", NULL, TRUE },
  { "full width", "\357\275\201\357\275\224\357\275\224\357\275\201\357\275\203\357\275\210\n", NULL, TRUE },
  { "part of a word", "unattached reattachment\n", NULL, FALSE },
  { "at a mark", "(enclosed)\n", NULL, TRUE },
  { "quoted", "> see attached\nYes.\n", NULL, FALSE },
  { "in the signature", "Hi\n-- \nattached to Tokyo\n", NULL, FALSE },
  { "under the signature, quoted", "Hi\n-- \nHanako\n\n> attached\n", NULL, FALSE },
  { "under signature and quote", "Hi\n-- \nHanako\n\n> x\nattached\n", NULL, TRUE },
  { "forwarded", "FYI\n\n---------- Forwarded message ----------\nattached\n", NULL, FALSE },
  { "Japanese inside words",
    "\345\233\263\351\235\242\343\202\222\346\267\273\344\273\230\343\201\227\343\201\276\343\201\231\n",
    JAPANESE, TRUE },
  { "Japanese, not spoken of", "\345\233\263\351\235\242\n", JAPANESE, FALSE },
  { "other words", "Im Anhang\n", "Anhang, beigef\303\274gt", TRUE },
  { "words of two words", "see the file  below\n", "the file", TRUE },
  { "empty words", "anything\n", ", ,,", FALSE },
  { "accents, decomposed", "beigefu\314\210gt\n", "beigef\303\274gt", TRUE },
};

static void
test_lacks (gconstpointer data)
{
  const typeof (*lacks_rows) *row = data;
  g_autoptr (Letter) letter = letter_new ();
  g_free (letter->body);
  letter->body = g_strdup (row->body);
  g_assert_cmpint (letter_lacks_attachment (letter, row->words), ==, row->lacks);
  letter_attach (letter, "/x", NULL, NULL);
  g_assert_false (letter_lacks_attachment (letter, row->words));
}

static void
test_lacks_subject (void)
{
  g_autoptr (Letter) letter = letter_new ();
  g_free (letter->subject);
  letter->subject = g_strdup ("attached: the plan");
  g_assert_true (letter_lacks_attachment (letter, NULL));
  letter->in_reply_to = g_strdup ("<a@b>"); /* so it is another's subject */
  g_assert_false (letter_lacks_attachment (letter, NULL));
}

/* --- drafts ------------------------------------------------------------------------------------ */

/* What of a letter is one text. */
static const gsize text_members[] = {
  offsetof (Letter, account),    offsetof (Letter, from), offsetof (Letter, to),
  offsetof (Letter, cc),         offsetof (Letter, bcc),  offsetof (Letter, reply_to),
  offsetof (Letter, subject),    offsetof (Letter, body), offsetof (Letter, in_reply_to),
  offsetof (Letter, references),
};

static void
assert_same_attachments (const GPtrArray *one, const GPtrArray *other)
{
  g_assert_cmpuint (one->len, ==, other->len);
  for (guint i = 0; i < one->len; i++) {
    const LetterAttachment *mine = one->pdata[i], *its = other->pdata[i];
    g_assert_cmpstr (mine->path, ==, its->path);
    g_assert_cmpstr (mine->name, ==, its->name);
    g_assert_cmpstr (mine->type, ==, its->type);
  }
}

static void
assert_same (const Letter *one, const Letter *other)
{
  for (gsize i = 0; i < G_N_ELEMENTS (text_members); i++)
    g_assert_cmpstr (G_STRUCT_MEMBER (char *, one, text_members[i]), ==,
                     G_STRUCT_MEMBER (char *, other, text_members[i]));
  g_assert_cmpuint (one->headers->len, ==, other->headers->len);
  for (guint i = 0; i < one->headers->len; i++)
    g_assert_cmpstr (one->headers->pdata[i], ==, other->headers->pdata[i]);
  assert_same_attachments (one->attachments, other->attachments);
  g_assert_cmpint (one->forwarded != NULL, ==, other->forwarded != NULL);
  if (one->forwarded != NULL)
    g_assert_true (g_bytes_equal (one->forwarded, other->forwarded));
}

static Letter *
read_back (GBytes *draft)
{
  g_autoptr (BodySource) source = body_source_new_bytes (draft);
  g_autoptr (BodyReader) reader = body_source_open (source, NULL);
  g_autoptr (GError) error = NULL;
  Letter *letter = letter_read_draft (reader, &error);
  g_assert_no_error (error);
  return letter;
}

static void
assert_comes_back (const Letter *letter)
{
  g_autoptr (GBytes) draft = letter_write_draft (letter);
  g_autoptr (Letter) copy = letter_copy (letter);
  g_autoptr (GBytes) again = letter_write_draft (copy);
  g_autoptr (Letter) read = read_back (draft);
  assert_same (letter, copy);
  assert_same (letter, read);
  g_assert_true (g_bytes_equal (draft, again));
  gsize length = 0;
  const char *octets = g_bytes_get_data (draft, &length);
  g_autofree char *header = g_strndup (octets, length);
  char *end = strstr (header, "\r\n\r\n");
  g_assert_nonnull (end);
  *end = '\0';
  g_assert_true (g_utf8_validate (header, -1, NULL)); /* a local part may not be ASCII */
  g_auto (GStrv) lines = g_strsplit (header, "\r\n", -1);
  for (gsize i = 0; lines[i] != NULL; i++)
    g_assert_cmpuint (strlen (lines[i]), <=, 998);
}

/* Each is put into every field. */
static const struct {
  const char *about, *text;
} texts[] = {
  { "empty", "" },
  { "an address", "a@b.c" },
  { "names", "Hanako Yamada <h@example.org>, \"a, b\" <c@d.e>" },
  { "umlauts", "J\303\274rgen <j@example.org>" },
  { "an IDN", "j@\347\264\215\350\261\206.example" },
  { "unfinished", "Hanako <h@exa" },
  { "unfinished quote", "\"Hanako" },
  { "a comma at the end", "a@b.c, " },
  { "blanks around", "  a@b.c  " },
  { "blanks alone", "   " },
  { "a line break", "a@b.c,\nd@e.f" },
  { "an injected field", "a@b.c\r\nBcc: evil@example.com\r\n\r\nbody" },
  { "an own field", "x\r\nX-Toukan-To: y" },
  { "an encoded word", "=?utf-8?Q?caf=C3=A9?= <a@b.c>" },
  { "a comment", "a@b.c (Hanako)" },
  { "controls", "\001\002\x1b[2J\177" },
  { "tabs", "a\tb\t" },
  { "not UTF-8", "H\344n \377\376" },
  { "half a character", "abc\303" },
  { "per cent signs", "100% %41 %" },
  { "semicolons", "a; name=b; type=c" },
  { "a lone CR", "a\rb" },
  { "CRLF", "a\r\nb\r\n" },
  { "boundaries", "--=_\n--x--\n\n--\n" },
  { "dots", ".\n..\n" },
  { "From", "From me\n>From you\n" },
  { "an empty line first", "\n\nx" },
  { "emoji", "\360\237\221\251\342\200\215\360\237\232\200" },
};

static void
fill (Letter *letter, const char *text)
{
  char **const fields[]
      = { &letter->account,  &letter->from,    &letter->to,   &letter->cc,         &letter->bcc,
          &letter->reply_to, &letter->subject, &letter->body, &letter->references, &letter->in_reply_to };
  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++) {
    g_free (*fields[i]);
    *fields[i] = g_strdup (text);
  }
  g_ptr_array_add (letter->headers, g_strdup (text));
  g_ptr_array_add (letter->headers, g_strdup ("X-Mine: yes"));
  letter_attach (letter, text, text, text);
  letter_attach (letter, text, NULL, NULL);
  letter_attach (letter, "/tmp/\344\377 x;y", NULL, text);
}

static void
test_draft (gconstpointer data)
{
  const typeof (*texts) *row = data;
  g_autoptr (Letter) letter = letter_new ();
  fill (letter, row->text);
  assert_comes_back (letter);
  letter->forwarded = g_bytes_new_static (row->text, strlen (row->text));
  assert_comes_back (letter);
}

static void
test_draft_new (void)
{
  g_autoptr (Letter) letter = letter_new ();
  assert_comes_back (letter);
}

/* A file that is longer than a line may be. */
static void
test_draft_long (void)
{
  g_autoptr (Letter) letter = letter_new ();
  g_autofree char *text = g_strnfill (100000, 'x');
  fill (letter, text);
  assert_comes_back (letter);
  memset (text, '\344', 100000);
  fill (letter, text);
  assert_comes_back (letter);
}

/* The forwarded message holds the draft's own delimiters. */
static void
test_draft_in_draft (void)
{
  g_autoptr (Letter) letter = letter_new ();
  letter->forwarded = g_bytes_new_static ("Subject: x\n\ny\n", 14);
  for (guint i = 0; i < 5; i++) {
    g_autoptr (GBytes) draft = letter_write_draft (letter);
    g_bytes_unref (letter->forwarded);
    letter->forwarded = g_steal_pointer (&draft);
    assert_comes_back (letter);
  }
}

static char *
random_text (void)
{
  static const char *const pieces[] = { "a",
                                        "b@c.d",
                                        ",",
                                        " ",
                                        "\n",
                                        "\r",
                                        "\r\n",
                                        "\t",
                                        "<",
                                        ">",
                                        "\"",
                                        "\\",
                                        "=?utf-8?B?",
                                        "?=",
                                        "%",
                                        "%41",
                                        ";",
                                        ":",
                                        "\303\274",
                                        "\344",
                                        "\377",
                                        "\346\227\245",
                                        "--",
                                        "=_",
                                        "X-Toukan-To: ",
                                        "\001",
                                        "\x1b",
                                        "(",
                                        ")",
                                        "=",
                                        "Content-Type: text/plain",
                                        "\r\n\r\n",
                                        ".",
                                        "From " };
  g_autoptr (GString) text = g_string_new (NULL);
  for (gint32 n = g_test_rand_int_range (0, 30); n > 0; n--)
    g_string_append (text, pieces[g_test_rand_int_range (0, G_N_ELEMENTS (pieces))]);
  return g_strdup (text->str);
}

static void
replace (char **field)
{
  g_free (*field);
  *field = random_text ();
}

static void
test_draft_random (void)
{
  for (guint round = 0; round < 3000; round++) {
    g_autoptr (Letter) letter = letter_new ();
    char **const fields[] = { &letter->from,     &letter->to,      &letter->cc,  &letter->bcc,
                              &letter->reply_to, &letter->subject, &letter->body };
    for (gsize i = 0; i < G_N_ELEMENTS (fields); i++)
      replace (fields[i]);
    char **const optional[] = { &letter->account, &letter->in_reply_to, &letter->references };
    for (gsize i = 0; i < G_N_ELEMENTS (optional); i++)
      if (g_test_rand_bit ())
        replace (optional[i]);
    for (gint32 n = g_test_rand_int_range (0, 3); n > 0; n--) {
      g_autofree char *path = random_text (), *name = random_text (), *type = random_text ();
      letter_attach (letter, path, g_test_rand_bit () ? name : NULL, g_test_rand_bit () ? type : NULL);
      g_ptr_array_add (letter->headers, random_text ());
    }
    if (g_test_rand_bit ()) {
      char *text = random_text ();
      letter->forwarded = g_bytes_new_take (text, strlen (text));
    }
    assert_comes_back (letter);
  }
}

static const struct {
  const char *about, *draft;
} bad_drafts[] = {
  { "nothing", "" },
  { "another's message", "Subject: x\r\n\r\ny\r\n" },
  { "a field that isn't ours", "X-Toukan-Draft: 1\r\nX-Toukan-To: %zz\r\n\r\n" },
  { "NUL in a field", "X-Toukan-Draft: 1\r\nX-Toukan-To: %00\r\n\r\n" },
  { "half an octet", "X-Toukan-Draft: 1\r\nX-Toukan-Header: %4\r\n\r\n" },
  { "an attachment with something else", "X-Toukan-Draft: 1\r\nX-Toukan-Attachment: /x; size=3\r\n\r\n" },
  { "an attachment with two names", "X-Toukan-Draft: 1\r\nX-Toukan-Attachment: /x; name=3; name=4\r\n\r\n" },
  { "no parts", "X-Toukan-Draft: 1\r\nContent-Type: multipart/mixed; boundary=\"x\"\r\n\r\n" },
  { "one part",
    "X-Toukan-Draft: 1\r\nContent-Type: multipart/mixed; boundary=\"x\"\r\n\r\n--x\r\n\r\ny\r\n--x--\r\n" },
};

static void
test_bad_draft (gconstpointer data)
{
  const typeof (*bad_drafts) *row = data;
  g_autoptr (GBytes) octets = g_bytes_new_static (row->draft, strlen (row->draft));
  g_autoptr (BodySource) source = body_source_new_bytes (octets);
  g_autoptr (BodyReader) reader = body_source_open (source, NULL);
  g_autoptr (GError) error = NULL;
  g_assert_null (letter_read_draft (reader, &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA);
}

/* --- envelopes ------------------------------------------------------------------------------------ */

static const struct {
  const char *about, *from, *to, *cc, *bcc;
  const char *recipients; /* NULL: refused, */
  const char *named;      /*   and this is named */
} envelope_rows[] = {
  { "all three", "h@x.org", "a@b.c", "d@e.f", "g@h.i", "a@b.c d@e.f g@h.i", NULL },
  { "each once", "h@x.org", "a@b.c, A <a@B.C>", "a@b.c", "", "a@b.c", NULL },
  { "over lines", "h@x.org", "a@b.c,\n d@e.f", "", "", "a@b.c d@e.f", NULL },
  { "Bcc alone", "h@x.org", "", "", "g@h.i", "g@h.i", NULL },
  { "a group", "h@x.org", "team: a@b.c, d@e.f;", "", "", "a@b.c d@e.f", NULL },
  { "nobody", "h@x.org", "", " ", "", NULL, "To: " },
  { "no sender", "", "a@b.c", "", "", NULL, "From: " },
  { "two senders", "h@x.org, i@x.org", "a@b.c", "", "", NULL, "From: " },
  { "a bad Cc", "h@x.org", "a@b.c", "nobody", "", NULL, "Cc: " },
  { "a bad Bcc", "h@x.org", "a@b.c", "", "x@", NULL, "Bcc: " },
};

static void
test_envelope (gconstpointer data)
{
  const typeof (*envelope_rows) *row = data;
  g_autoptr (Letter) letter = letter_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) recipients = g_string_new (NULL);
  g_free (letter->from);
  g_free (letter->to);
  g_free (letter->cc);
  g_free (letter->bcc);
  letter->from = g_strdup (row->from);
  letter->to = g_strdup (row->to);
  letter->cc = g_strdup (row->cc);
  letter->bcc = g_strdup (row->bcc);
  g_autoptr (Envelope) envelope = letter_envelope (letter, &error);
  if (row->recipients == NULL) {
    g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA);
    g_assert_true (g_str_has_prefix (error->message, row->named));
    return;
  }
  g_assert_no_error (error);
  g_assert_cmpstr (envelope->sender, ==, "h@x.org");
  for (guint i = 0; i < envelope->recipients->len; i++)
    g_string_append_printf (recipients, "%s%s", i > 0 ? " " : "", envelope_recipient (envelope, i)->address);
  g_assert_cmpstr (recipients->str, ==, row->recipients);
}

int
main (int argc, char **argv)
{
  test_folder_make ();
  g_setenv ("HOME", test_folder (), TRUE);
  tap_init (&argc, &argv);
  TABLE_ADD ("/letter/empty", empty_rows, test_empty);
  TABLE_ADD ("/letter/sign", sign_rows, test_sign);
  TABLE_ADD ("/letter-change-signature", change_rows, test_change);
  g_test_add_func ("/letter/signature-file", test_signature_file);
  TABLE_ADD ("/letter/lacks", lacks_rows, test_lacks);
  g_test_add_func ("/letter/lacks-subject", test_lacks_subject);
  TABLE_ADD ("/letter/draft", texts, test_draft);
  g_test_add_func ("/letter/draft-new", test_draft_new);
  g_test_add_func ("/letter/draft-long", test_draft_long);
  g_test_add_func ("/letter/draft-in-draft", test_draft_in_draft);
  g_test_add_func ("/letter/draft-random", test_draft_random);
  TABLE_ADD ("/letter/bad-draft", bad_drafts, test_bad_draft);
  TABLE_ADD ("/letter/envelope", envelope_rows, test_envelope);
  const int status = g_test_run ();
  test_folder_remove ();
  return status;
}
