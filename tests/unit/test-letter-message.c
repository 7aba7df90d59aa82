/* Answers, forwarded letters and letters that are edited: of messages as they come, and as nobody
 * should send them. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "mail/letter.h"
#include "tests/lib/folder.h"
#include "tests/lib/table.h"

static const char *const own[] = { "Me <me@own.example>", "other@own.example", NULL };

static Letter *
letter_of (const char *message, gsize length, LetterKind kind, const char *extracted)
{
  g_autoptr (GBytes) octets = g_bytes_new (message, length);
  g_autoptr (BodySource) source = body_source_new_bytes (octets);
  g_autoptr (GError) error = NULL;
  Letter *letter = letter_of_message (source, kind, own, extracted, &error);
  g_assert_no_error (error);
  return letter;
}

/* --- who gets an answer --------------------------------------------------------------------- */

#define TO_ME "To: me@own.example\n"

static const struct {
  const char *about, *header;
  gboolean all;
  const char *from, *to, *cc;
} address_rows[] = {
  { "to its author", "From: A <a@x.org>\n" TO_ME, FALSE, "Me <me@own.example>", "A <a@x.org>", "" },
  { "to Reply-To", "From: a@x.org\nReply-To: R <r@x.org>, s@x.org\n" TO_ME, FALSE, "Me <me@own.example>",
    "R <r@x.org>, s@x.org", "" },
  { "all", "From: a@x.org\nTo: b@x.org, me@own.example\nCc: c@x.org\n", TRUE, "Me <me@own.example>",
    "a@x.org", "b@x.org, c@x.org" },
  { "all, each once", "From: a@x.org\nTo: A@X.org, b@x.org, B <b@x.org>\nCc: b@x.org, a@x.org\n", TRUE, "",
    "a@x.org", "b@x.org" },
  { "all, with Reply-To", "From: a@x.org\nReply-To: r@x.org\nTo: b@x.org\n", TRUE, "", "r@x.org", "b@x.org" },
  { "the other own address", "From: a@x.org\nCc: Other <OTHER@own.example>\n", FALSE, "other@own.example",
    "a@x.org", "" },
  { "an own address that the header doesn't name",
    "From: a@x.org\nTo: list@x.org\nDelivered-To: other@own.example\n", FALSE, "other@own.example", "a@x.org",
    "" },
  { "none of mine", "From: a@x.org\nTo: b@x.org\n", FALSE, "", "a@x.org", "" },
  { "my own letter goes on to whom I wrote", "From: me@own.example\nTo: b@x.org\nCc: c@x.org\n", FALSE,
    "Me <me@own.example>", "b@x.org", "" },
  { "my own letter, all", "From: me@own.example\nTo: b@x.org, me@own.example\nCc: c@x.org\n", TRUE,
    "Me <me@own.example>", "b@x.org", "c@x.org" },
  { "a letter to myself", "From: me@own.example\n" TO_ME, TRUE, "Me <me@own.example>", "me@own.example", "" },
  { "followup, all",
    "From: a@x.org\nTo: list@x.org, b@x.org\nMail-Followup-To: list@x.org\n"
    "Cc: me@own.example\n",
    TRUE, "Me <me@own.example>", "list@x.org", "" },
  { "followup is no answer to one", "From: a@x.org\nTo: list@x.org\nMail-Followup-To: list@x.org\n", FALSE,
    "", "a@x.org", "" },
  { "followup to me alone", "From: a@x.org\nTo: list@x.org\nMail-Followup-To: me@own.example\n", TRUE, "",
    "a@x.org", "" },
  { "a list in Reply-To",
    "From: a@x.org\nReply-To: list@x.org\nTo: list@x.org\nList-Post: <mailto:list@x.org>\n", FALSE, "",
    "a@x.org", "" },
  { "a list in Reply-To, all",
    "From: a@x.org\nReply-To: list@x.org\nTo: list@x.org\nList-Post: <mailto:list@x.org>\n", TRUE, "",
    "a@x.org", "list@x.org" },
  { "an author's Reply-To on a list", "From: list@x.org\nReply-To: a@x.org\nList-Post: <mailto:list@x.org>\n",
    FALSE, "", "a@x.org", "" },
  { "a list that the header doesn't name, all", "From: a@x.org\n" TO_ME "List-Post: <mailto:list@x.org>\n",
    TRUE, "Me <me@own.example>", "a@x.org", "list@x.org" },
  { "a list for announcements", "From: a@x.org\n" TO_ME "List-Post: NO (posting not allowed)\n", TRUE,
    "Me <me@own.example>", "a@x.org", "" },
  { "groups", "From: a@x.org\nTo: team: b@x.org, c@x.org;, undisclosed-recipients:;\n", TRUE, "", "a@x.org",
    "b@x.org, c@x.org" },
  { "encoded names", "From: =?iso-8859-1?Q?J=FCrgen=2C_M?= <j@x.org>\n", FALSE, "",
    "\"J\303\274rgen, M\" <j@x.org>", "" },
  { "a name that pretends", "From: \"b@x.org, c\" <a@x.org>\n", FALSE, "", "\"b@x.org, c\" <a@x.org>", "" },
  { "a name that breaks lines", "From: =?utf-8?Q?a=0D=0ABcc=3A_evil=40x.org?= <a@x.org>\n", FALSE, "",
    "\"a  Bcc: evil@x.org\" <a@x.org>", "" },
  { "an IDN", "From: a@xn--r8jz45g.example\n", FALSE, "", "a@xn--r8jz45g.example", "" },
  { "what is no address stays one piece", "From: root (Cron Daemon)\n", FALSE, "", "root", "" },
  { "nobody", "Subject: x\n", FALSE, "", "", "" },
  { "an mbox line", "From a@x.org Mon Jan  1\nFrom: a@x.org\n", FALSE, "", "a@x.org", "" },
};

static void
test_addresses (gconstpointer data)
{
  const typeof (*address_rows) *row = data;
  g_autofree char *message = g_strconcat (row->header, "\nHello\n", NULL);
  g_autoptr (Letter) letter
      = letter_of (message, strlen (message), row->all ? LETTER_REPLY_ALL : LETTER_REPLY, NULL);
  g_assert_cmpstr (letter->from, ==, row->from);
  g_assert_cmpstr (letter->to, ==, row->to);
  g_assert_cmpstr (letter->cc, ==, row->cc);
  g_assert_cmpstr (letter->bcc, ==, "");
}

/* --- subjects and threads --------------------------------------------------------------------- */

static const struct {
  const char *about, *subject, *answer, *forward;
} subject_rows[] = {
  { "plain", "Plan", "Re: Plan", "Fwd: Plan" },
  { "an answer", "Re: Plan", "Re: Plan", "Fwd: Re: Plan" },
  { "answers", "RE: Re:  re: Plan", "Re: Plan", "Fwd: RE: Re:  re: Plan" },
  { "German", "AW: Antw: Plan", "Re: Plan", "Fwd: AW: Antw: Plan" },
  { "Swedish", "SV: Plan", "Re: Plan", "Fwd: SV: Plan" },
  { "counted", "Re[2]: Re(3): Re^4: Plan", "Re: Plan", "Fwd: Re[2]: Re(3): Re^4: Plan" },
  { "full width", "Re\357\274\232 Plan", "Re: Plan", "Fwd: Re\357\274\232 Plan" },
  { "forwarded", "Fwd: FW: WG: Plan", "Re: Fwd: FW: WG: Plan", "Fwd: Plan" },
  { "a blank before the colon", "Re : Plan", "Re: Plan", "Fwd: Re : Plan" },
  { "words that begin so", "Research: a Reply", "Re: Research: a Reply", "Fwd: Research: a Reply" },
  { "nothing", "", "Re: ", "Fwd: " },
  { "only a prefix", "Re:", "Re: ", "Fwd: Re:" },
  { "encoded", "=?utf-8?B?UmU6IOaXpeacrA==?=", "Re: \346\227\245\346\234\254",
    "Fwd: Re: \346\227\245\346\234\254" },
  { "encoded line breaks", "=?utf-8?Q?a=0D=0ABcc:_b@c.d?=", "Re: a  Bcc: b@c.d", "Fwd: a  Bcc: b@c.d" },
  { "folded", "a\n b", "Re: a b", "Fwd: a b" },
};

static void
test_subject (gconstpointer data)
{
  const typeof (*subject_rows) *row = data;
  g_autofree char *message = g_strdup_printf ("Subject: %s\n\nHello\n", row->subject);
  g_autoptr (Letter) answer = letter_of (message, strlen (message), LETTER_REPLY, NULL);
  g_autoptr (Letter) forward = letter_of (message, strlen (message), LETTER_FORWARD_WHOLE, NULL);
  g_assert_cmpstr (answer->subject, ==, row->answer);
  g_assert_cmpstr (forward->subject, ==, row->forward);
}

static const struct {
  const char *about, *header, *in_reply_to, *references;
} thread_rows[] = {
  { "the first", "Message-ID: <a@x>\n", "<a@x>", "<a@x>" },
  { "with references", "Message-ID: <c@x>\nReferences: <a@x>\n <b@x>\nIn-Reply-To: <b@x>\n", "<c@x>",
    "<a@x> <b@x> <c@x>" },
  { "In-Reply-To stands in", "Message-ID: <c@x>\nIn-Reply-To: <b@x>\n", "<c@x>", "<b@x> <c@x>" },
  { "two in In-Reply-To", "Message-ID: <c@x>\nIn-Reply-To: <a@x> <b@x>\n", "<c@x>", "<c@x>" },
  { "words in In-Reply-To", "Message-ID: <c@x>\nIn-Reply-To: Your message of Monday <b@x>\n", "<c@x>",
    "<b@x> <c@x>" },
  { "none", "References: <a@x>\n", NULL, NULL },
  { "no id", "Message-ID: hello\n", NULL, NULL },
  { "an id with a blank", "Message-ID: <a b@x>\n", NULL, NULL },
  { "itself among the references", "Message-ID: <c@x>\nReferences: <c@x> <a@x>\n", "<c@x>", "<a@x> <c@x>" },
  { "an id that isn't ASCII", "Message-ID: <\303\274@x>\n", NULL, NULL },
};

static void
test_thread (gconstpointer data)
{
  const typeof (*thread_rows) *row = data;
  g_autofree char *message = g_strconcat (row->header, "\nHello\n", NULL);
  g_autoptr (Letter) letter = letter_of (message, strlen (message), LETTER_REPLY, NULL);
  g_assert_cmpstr (letter->in_reply_to, ==, row->in_reply_to);
  g_assert_cmpstr (letter->references, ==, row->references);
}

/* The root, the latest, and not all that was between. */
static void
test_long_thread (void)
{
  g_autoptr (GString) message = g_string_new ("Message-ID: <last@x>\nReferences:");
  for (guint i = 0; i < 5000; i++)
    g_string_append_printf (message, "\n <%u@x>", i);
  g_string_append (message, "\n\nHello\n");
  g_autoptr (Letter) letter = letter_of (message->str, message->len, LETTER_REPLY, NULL);
  g_assert_true (g_str_has_prefix (letter->references, "<0@x> "));
  g_assert_true (g_str_has_suffix (letter->references, " <4998@x> <4999@x> <last@x>"));
  g_assert_cmpuint (strlen (letter->references), <, 2000);
}

/* --- text ------------------------------------------------------------------------------------------ */

#define PLAIN "Content-Type: text/plain; charset=utf-8\n"
#define PARTS(kind) "Content-Type: multipart/" kind "; boundary=x\n\n"

static const struct {
  const char *about, *message, *text; /* as LETTER_EDIT has it */
} text_rows[] = {
  { "plain", "\nHello\nworld\n", "Hello\nworld\n" },
  { "CRLF", "Subject: x\r\n\r\nHello\r\nworld\r\n", "Hello\nworld\n" },
  { "UTF-8", PLAIN "\n\346\227\245\n", "\346\227\245\n" },
  { "Latin-1", "Content-Type: text/plain; charset=iso-8859-1\n\nH\344n\n", "H\303\244n\n" },
  { "Latin-1 that nobody names", "\nH\344n\n", "H\303\244n\n" },
  { "UTF-8 with a mark", PLAIN "\n\357\273\277Hello\n", "Hello\n" },
  { "bad UTF-8", PLAIN "\nH\344n\n", "H\357\277\275n\n" },
  { "ISO-2022-JP", "Content-Type: text/plain; charset=ISO-2022-JP\n\n\x1b$BF|K\\\x1b(B\n",
    "\346\227\245\346\234\254\n" },
  { "Shift_JIS with a bad octet", "Content-Type: text/plain; charset=Shift_JIS\n\n\223\372\377\226{\n",
    "\346\227\245\357\277\275\346\234\254\n" },
  { "a charset that isn't", "Content-Type: text/plain; charset=\"x//IGNORE;y\"\n\nH\344n\n", "H\303\244n\n" },
  { "quoted-printable", PLAIN "Content-Transfer-Encoding: quoted-printable\n\na=C3=A4=\nb\n",
    "a\303\244b\n" },
  { "base64", PLAIN "Content-Transfer-Encoding: base64\n\nSGVsbG8K\n", "Hello\n" },
  { "flowed", "Content-Type: text/plain; format=flowed\n\nHello \nworld\n> a \n> b\n",
    "Hello world\n> a b\n" },
  { "flowed, DelSp", "Content-Type: text/plain; format=flowed; delsp=yes\n\nHello \nworld\n",
    "Helloworld\n" },
  { "HTML", "Content-Type: text/html\n\n<p>Hello<p>world", "Hello\n\nworld\n" },
  { "alternatives",
    PARTS ("alternative") "--x\n" PLAIN "\nplain\n--x\nContent-Type: text/html\n\n<b>rich</b>\n--x--\n",
    "plain\n" },
  { "alternatives, the plain one last",
    PARTS ("alternative") "--x\nContent-Type: text/html\n\n<b>rich</b>\n--x\n" PLAIN "\nplain\n--x--\n",
    "plain\n" },
  { "alternatives without a plain one",
    PARTS ("alternative") "--x\nContent-Type: text/calendar\n\nX\n--x\nContent-Type: "
                          "text/html\n\n<b>rich</b>\n--x--\n",
    "rich\n" },
  { "alternatives that are multiparts",
    PARTS ("alternative") "--x\n" PLAIN
                          "\nplain\n--x\nContent-Type: multipart/related; boundary=y\n\n--y\nContent-Type: "
                          "text/html\n\n<b>rich</b>\n--y--\n--x--\n",
    "plain\n" },
  { "signed",
    PARTS ("signed") "--x\n" PLAIN "\nplain\n--x\nContent-Type: application/pgp-signature\n\nS\n--x--\n",
    "plain\n" },
  { "mixed", PARTS ("mixed") "--x\n\nfirst\n--x\n\nsecond\n--x--\n", "first\n\nsecond\n" },
  { "an attached text isn't text",
    PARTS ("mixed") "--x\n\nfirst\n--x\nContent-Disposition: attachment\n\nfile\n--x--\n", "first\n" },
  { "NUL", "\na\001b\n", "a\001b\n" },
  { "nothing", "", "" },
  { "a header alone", "Subject: x\n", "" },
  { "a multipart without parts", PARTS ("mixed"), "" },
  { "an image alone", "Content-Type: image/png\n\nX\n", "" },
};

static void
test_text (gconstpointer data)
{
  const typeof (*text_rows) *row = data;
  g_autoptr (Letter) letter = letter_of (row->message, strlen (row->message), LETTER_EDIT, NULL);
  g_assert_cmpstr (letter->body, ==, row->text);
}

#define DATED "From: Hanako Yamada <h@x.org>\nDate: Mon, 2 Nov 2026 09:05:00 +0900\n"
#define ATTRIBUTION "\nOn 2026-11-02 at 00:05, Hanako Yamada wrote:\n"

static const struct {
  const char *about, *message, *body;
} quote_rows[] = {
  { "lines", DATED "\na\n\nb\n", ATTRIBUTION "> a\n>\n> b\n" },
  { "quotes", DATED "\n> a\n>> b\nc\n", ATTRIBUTION ">> a\n>>> b\n> c\n" },
  { "a signature", DATED "\na\n\n-- \nHanako\nTokyo\n", ATTRIBUTION "> a\n" },
  { "blank lines at the end", DATED "\na\n\n\n", ATTRIBUTION "> a\n" },
  { "an open line", DATED "\na", ATTRIBUTION "> a\n" },
  { "nothing", DATED "\n", "" },
  { "no date", "From: h@x.org\n\na\n", "\nh@x.org wrote:\n> a\n" },
  { "no author", "\na\n", "\nsomebody wrote:\n> a\n" },
  { "a bad date", "From: h@x.org\nDate: yesterday\n\na\n", "\nh@x.org wrote:\n> a\n" },
  { "a name that breaks lines", "From: =?utf-8?Q?a=0Ab?= <h@x.org>\n\na\n", "\na b wrote:\n> a\n" },
  { "HTML with quotes", DATED "Content-Type: text/html\n\nyes<blockquote>why</blockquote>",
    ATTRIBUTION "> yes\n>> why\n" },
};

static void
test_quote (gconstpointer data)
{
  const typeof (*quote_rows) *row = data;
  g_autoptr (Letter) letter = letter_of (row->message, strlen (row->message), LETTER_REPLY, NULL);
  g_assert_cmpstr (letter->body, ==, row->body);
}

/* --- forwarding ---------------------------------------------------------------------------------- */

#define FILES                                                                                                \
  "From: A <a@x.org>\nTo: b@x.org\nSubject: Plan\nDate: Mon, 2 Nov 2026 09:05:00 +0900\n" PARTS (            \
      "mixed") "--x\n" PLAIN "\nSee this.\n"                                                                 \
               "--x\nContent-Type: application/pdf; name=\"plan.pdf\"\nContent-Transfer-Encoding: "          \
               "base64\n\nAAECAw==\n"                                                                        \
               "--x\nContent-Type: message/rfc822\n\nSubject: inner\n\ninside\n--x--\n"

static void
test_forward (void)
{
  g_autoptr (Letter) letter = letter_of (FILES, strlen (FILES), LETTER_FORWARD, test_folder ());
  g_assert_cmpstr (letter->body, ==,
                   "\n\n---------- Forwarded message ----------\nFrom: A <a@x.org>\n"
                   "Date: Mon, 2 Nov 2026 09:05:00 +0900\nSubject: Plan\nTo: b@x.org\n\nSee this.\n");
  g_assert_cmpstr (letter->to, ==, "");
  g_assert_null (letter->in_reply_to);
}

static void
test_forward_files (void)
{
  g_autoptr (Letter) letter = letter_of (FILES, strlen (FILES), LETTER_FORWARD, test_folder ());
  g_assert_cmpuint (letter->attachments->len, ==, 2);
  const LetterAttachment *plan = letter->attachments->pdata[0], *inner = letter->attachments->pdata[1];
  g_assert_cmpstr (plan->name, ==, "plan.pdf");
  g_assert_cmpstr (plan->type, ==, "application/pdf");
  g_assert_cmpstr (inner->name, ==, "inner.eml");
  g_assert_cmpstr (inner->type, ==, "message/rfc822");
  g_autofree char *octets = NULL;
  gsize length = 0;
  g_assert_true (g_file_get_contents (plan->path, &octets, &length, NULL));
  g_assert_cmpmem (octets, length, "\0\1\2\3", 4);
  g_autofree char *message = NULL;
  g_assert_true (g_file_get_contents (inner->path, &message, NULL, NULL));
  g_assert_true (g_str_has_prefix (message, "Subject: inner\n\ninside"));
}

static void
test_forward_whole (void)
{
  static const char message[] = "From a@x.org Mon Jan  1\nSubject: a\n\n\344\n";
  g_autoptr (Letter) letter = letter_of (message, strlen (message), LETTER_FORWARD_WHOLE, NULL);
  gsize length = 0;
  const char *octets = g_bytes_get_data (letter->forwarded, &length);
  g_assert_cmpmem (octets, length, "Subject: a\n\n\344\n", 14);
  g_assert_cmpstr (letter->body, ==, "");
}

static const struct {
  const char *about, *given; /* a Content-Disposition's parameter */
  const char *name;
} name_rows[] = {
  { "plain", "filename=a.txt", "a.txt" },
  { "a folder", "filename=\"/etc/passwd\"", "passwd" },
  { "a folder above", "filename=\"../../.ssh/authorized_keys\"", "authorized_keys" },
  { "the folder above", "filename=\"..\"", "attachment-1" },
  { "a folder of another system", "filename=\"C:\\\\x\\\\..\\\\evil.exe\"", "evil.exe" },
  { "hidden", "filename=.bashrc", "bashrc" },
  { "dots", "filename=\"...\"", "attachment-1" },
  { "a slash at the end", "filename=\"a/\"", "attachment-1" },
  { "nothing", "filename=\"\"", "attachment-1" },
  { "blanks", "filename=\"   \"", "attachment-1" },
  { "an encoded slash", "filename*=utf-8''..%2F..%2Fx", "x" },
  { "NUL", "filename*=utf-8''a%00b.exe", "a" },
  { "a line break", "filename*=utf-8''a%0Ab", "a_b" },
  { "Japanese", "filename*=utf-8''%E6%97%A5.txt", "\346\227\245.txt" },
  { "encoded words", "filename=\"=?utf-8?B?5pel?=.txt\"", "\346\227\245.txt" },
  { "not UTF-8", "filename*=utf-8''%E4.txt", NULL },
  { "an option", "filename=\"-rf\"", "-rf" },
};

static void
test_name (gconstpointer data)
{
  const typeof (*name_rows) *row = data;
  g_autofree char *message = g_strdup_printf (
      "Content-Type: application/octet-stream\nContent-Disposition: attachment; %s\n\nX\n", row->given);
  g_autofree char *folder = g_build_filename (test_folder (), "XXXXXX", NULL);
  g_assert_nonnull (g_mkdtemp (folder));
  g_autofree char *inner = g_build_filename (folder, "inner", NULL);
  g_mkdir (inner, 0700);
  g_autoptr (Letter) letter = letter_of (message, strlen (message), LETTER_EDIT, inner);
  g_assert_cmpuint (letter->attachments->len, ==, 1);
  const LetterAttachment *attachment = letter->attachments->pdata[0];
  if (row->name != NULL)
    g_assert_cmpstr (attachment->name, ==, row->name);
  g_autofree char *parent = g_path_get_dirname (attachment->path);
  g_assert_cmpstr (parent, ==, inner);
  g_assert_true (g_file_test (attachment->path, G_FILE_TEST_IS_REGULAR));
  g_assert_null (strpbrk (attachment->name, "/\n"));
}

/* The same name many times, a name that is a link already, one that is too long. */
static void
test_names_taken (void)
{
  g_autoptr (GString) message = g_string_new (PARTS ("mixed"));
  g_autofree char *folder = g_build_filename (test_folder (), "taken", NULL);
  g_autofree char *link = g_build_filename (folder, "a.txt", NULL),
                  *target = g_build_filename (test_folder (), "no", NULL);
  g_autofree char *name = g_strnfill (400, 'x');
  for (guint i = 0; i < 3; i++)
    g_string_append (message, "--x\nContent-Disposition: attachment; filename=a.txt\n\nX\n");
  g_string_append_printf (message, "--x\nContent-Disposition: attachment; filename=%s.txt\n\nX\n--x--\n",
                          name);
  g_mkdir (folder, 0700);
  g_assert_cmpint (symlink (target, link), ==, 0);
  g_autoptr (Letter) letter = letter_of (message->str, message->len, LETTER_EDIT, folder);
  g_assert_false (g_file_test (target, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (letter->attachments->len, ==, 4);
  const LetterAttachment *third = letter->attachments->pdata[2], *last = letter->attachments->pdata[3];
  g_assert_true (g_str_has_suffix (third->path, "/a-4.txt"));
  g_assert_cmpstr (third->name, ==, "a.txt");
  g_assert_cmpuint (strlen (last->name), ==, 200);
  g_assert_true (g_str_has_suffix (last->name, "x.txt"));
}

static void
test_no_folder (void)
{
  g_autoptr (GBytes) octets = g_bytes_new_static (FILES, strlen (FILES));
  g_autoptr (BodySource) source = body_source_new_bytes (octets);
  g_autoptr (GError) error = NULL;
  g_assert_null (letter_of_message (source, LETTER_FORWARD, own, "/nonexistent", &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_IO);
}

/* --- editing ---------------------------------------------------------------------------------------- */

static void
test_edit (void)
{
  static const char message[]
      = "Received: x\nFrom: Me <me@own.example>\nTo: a@x.org, =?utf-8?Q?J=C3=BC?= <j@x.org>\nBcc: b@x.org\n"
        "Subject: =?utf-8?Q?Caf=C3=A9?=\nDate: x\nMessage-ID: <a@x>\nReferences: <r@x>\nX-Mine: "
        "=?utf-8?Q?=C3=BC?=\n"
        "Sender: s@own.example\nMIME-Version: 1.0\nContent-Type: text/plain\nDKIM-Signature: v=1\n\nHello\n";
  g_autoptr (Letter) letter = letter_of (message, strlen (message), LETTER_EDIT, NULL);
  g_assert_cmpstr (letter->from, ==, "Me <me@own.example>");
  g_assert_cmpstr (letter->to, ==, "a@x.org, J\303\274 <j@x.org>");
  g_assert_cmpstr (letter->bcc, ==, "b@x.org");
  g_assert_cmpstr (letter->subject, ==, "Caf\303\251");
  g_assert_cmpstr (letter->references, ==, "<r@x>");
  g_assert_null (letter->in_reply_to);
  g_assert_cmpuint (letter->headers->len, ==, 2);
  g_assert_cmpstr (letter->headers->pdata[0], ==, "X-Mine: \303\274");
  g_assert_cmpstr (letter->headers->pdata[1], ==, "Sender: s@own.example");
  g_assert_cmpstr (letter->body, ==, "Hello\n");
}

/* What we built and edit again says the same. */
static void
test_edit_own (void)
{
  g_autoptr (Letter) letter = letter_new ();
  g_autoptr (GError) error = NULL;
  g_free (letter->from);
  g_free (letter->to);
  g_free (letter->subject);
  g_free (letter->body);
  letter->from = g_strdup ("Me <me@own.example>");
  letter->to = g_strdup ("\"a, b\" <a@x.org>, J\303\274 <j@x.org>");
  letter->subject = g_strdup ("Caf\303\251 =?utf-8?Q?x?=");
  letter->body
      = g_strdup ("A paragraph that is far too long for a line of seventy-two columns, and so is parted into "
                  "several.\n\n> quoted\n>> twice\n From here\n-- \nMe\n");
  g_file_set_contents (test_file ("plan"), "\0\1", 2, NULL);
  letter_attach (letter, test_file ("plan"), "\346\227\245.bin", "application/x-plan");
  g_autoptr (BodySource) source = letter_build (letter, 1767261600, &error);
  g_assert_no_error (error);
  g_autoptr (Letter) again = letter_of_message (source, LETTER_EDIT, own, test_folder (), &error);
  g_assert_no_error (error);
  g_assert_cmpstr (again->from, ==, letter->from);
  g_assert_cmpstr (again->to, ==, letter->to);
  g_assert_cmpstr (again->subject, ==, letter->subject);
  g_assert_cmpstr (again->body, ==, letter->body);
  g_assert_cmpuint (again->attachments->len, ==, 1);
  const LetterAttachment *attachment = again->attachments->pdata[0];
  g_assert_cmpstr (attachment->name, ==, "\346\227\245.bin");
  g_assert_cmpstr (attachment->type, ==, "application/x-plan");
}

static void
test_deep (void)
{
  g_autoptr (GString) message = g_string_new (NULL);
  for (guint i = 0; i < 500; i++)
    g_string_append_printf (message, "Content-Type: multipart/mixed; boundary=b%u\n\n--b%u\n", i, i);
  g_string_append (message, "\nHello\n");
  g_autoptr (Letter) letter = letter_of (message->str, message->len, LETTER_REPLY, NULL);
  g_assert_cmpstr (letter->body, ==, "");
}

/* Ten thousand recipients cost no ten thousand times ten thousand comparisons. */
static void
test_many (void)
{
  g_autoptr (GString) message = g_string_new ("From: a@x.org\nTo: ");
  for (guint i = 0; i < 20000; i++)
    g_string_append_printf (message, "%sn%u@x.org", i > 0 ? ",\n " : "", i);
  g_string_append (message, "\n\nHello\n");
  const gint64 start = g_get_monotonic_time ();
  g_autoptr (Letter) letter = letter_of (message->str, message->len, LETTER_REPLY_ALL, NULL);
  g_assert_cmpint (g_get_monotonic_time () - start, <, (gint64)10 * G_USEC_PER_SEC);
  g_assert_true (g_str_has_prefix (letter->cc, "n0@x.org, n1@x.org"));
}

static void
test_big (void)
{
  g_autoptr (GString) message = g_string_new ("Subject: x\n\n");
  while (message->len < (gsize)5 * 1024 * 1024)
    g_string_append (message, "a line like many others, of which there are far too many\n");
  g_autoptr (Letter) letter = letter_of (message->str, message->len, LETTER_REPLY, NULL);
  g_assert_true (g_str_has_suffix (letter->body, "> […]\n"));
  g_autoptr (GBytes) octets = g_bytes_new_static (message->str, message->len);
  g_autoptr (BodySource) source = body_source_new_bytes (octets);
  g_autoptr (GError) error = NULL;
  g_assert_null (letter_of_message (source, LETTER_EDIT, own, NULL, &error)); /* no word is lost silently */
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA);
}

int
main (int argc, char **argv)
{
  test_folder_make ();
  g_setenv ("TZ", "UTC", TRUE);
  tap_init (&argc, &argv);
  TABLE_ADD ("/message/addresses", address_rows, test_addresses);
  TABLE_ADD ("/message/subject", subject_rows, test_subject);
  TABLE_ADD ("/message/thread", thread_rows, test_thread);
  g_test_add_func ("/message/long-thread", test_long_thread);
  TABLE_ADD ("/message/text", text_rows, test_text);
  TABLE_ADD ("/message/quote", quote_rows, test_quote);
  g_test_add_func ("/message/forward", test_forward);
  g_test_add_func ("/message/forward-files", test_forward_files);
  g_test_add_func ("/message/forward-whole", test_forward_whole);
  TABLE_ADD ("/message/name", name_rows, test_name);
  g_test_add_func ("/message/names-taken", test_names_taken);
  g_test_add_func ("/message/no-folder", test_no_folder);
  g_test_add_func ("/message/edit", test_edit);
  g_test_add_func ("/message/edit-own", test_edit_own);
  g_test_add_func ("/message/deep", test_deep);
  g_test_add_func ("/message/many", test_many);
  g_test_add_func ("/message/big", test_big);
  const int status = g_test_run ();
  test_folder_remove ();
  return status;
}
