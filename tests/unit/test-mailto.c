/* mailto: links, good and hostile: what is taken, what is named as ignored, what is refused. */
#include "base/error.h"
#include "mail/letter.h"
#include "tests/lib/table.h"

typedef struct {
  const char *about, *url;
  const char *to, *cc, *bcc, *subject, *body, *in_reply_to, *ignored;
} Good;

static const Good good[] = {
  { "one address", "mailto:chris@example.com", .to = "chris@example.com" },
  { "nobody", "mailto:", .to = "" },
  { "scheme in capitals", "MAILTO:chris@example.com", .to = "chris@example.com" },
  { "subject", "mailto:infobot@example.com?subject=current-issue", .to = "infobot@example.com",
    .subject = "current-issue" },
  { "body", "mailto:infobot@example.com?body=send%20current-issue", .to = "infobot@example.com",
    .body = "send current-issue" },
  { "lines of a body", "mailto:i@example.com?body=send%20one%0D%0Asend%20index", .to = "i@example.com",
    .body = "send one\nsend index" },
  { "other line ends", "mailto:?body=a%0Ab%0Dc%0D%0A%0D%0Ad", .to = "", .body = "a\nb\nc\n\nd" },
  { "in reply to", "mailto:list@example.org?In-Reply-To=%3C3469A91.D10AF4C@example.com%3E",
    .to = "list@example.org", .in_reply_to = "<3469A91.D10AF4C@example.com>" },
  { "several to", "mailto:a@example.com,b@example.com", .to = "a@example.com, b@example.com" },
  { "to as a field", "mailto:?to=a@example.com,b@example.com", .to = "a@example.com, b@example.com" },
  { "to in both places", "mailto:a@example.com?to=b@example.com&to=c@example.com",
    .to = "a@example.com, b@example.com, c@example.com" },
  { "cc and bcc", "mailto:a@b.c?cc=d@e.f&bcc=g@h.i", .to = "a@b.c", .cc = "d@e.f", .bcc = "g@h.i" },
  { "an encoded per cent sign", "mailto:gorby%25kremvax@example.com", .to = "gorby%kremvax@example.com" },
  { "an encoded question mark", "mailto:unlikely%3Faddress@example.com?blat=foop",
    .to = "unlikely?address@example.com", .ignored = "blat" },
  { "an encoded ampersand", "mailto:Mike%26family@example.org", .to = "Mike&family@example.org" },
  { "a quoted local part", "mailto:%22not%40me%22@example.org", .to = "\"not@me\"@example.org" },
  { "an encoded comma stays inside", "mailto:%22a%2Cb%22@example.org", .to = "\"a,b\"@example.org" },
  { "UTF-8", "mailto:user@example.org?subject=caf%C3%A9", .to = "user@example.org",
    .subject = "caf\303\251" },
  { "UTF-8 as it stands", "mailto:user@example.org?subject=caf\303\251", .to = "user@example.org",
    .subject = "caf\303\251" },
  { "encoded words aren't words", "mailto:user@example.org?subject=%3D%3Futf-8%3FQ%3Fcaf%3DC3%3DA9%3F%3D",
    .to = "user@example.org", .subject = "=?utf-8?Q?caf=C3=A9?=" },
  { "an IDN", "mailto:user@%E7%B4%8D%E8%B1%86.example.org?subject=Test",
    .to = "user@\347\264\215\350\261\206.example.org", .subject = "Test" },
  { "a name", "mailto:Hanako%20Yamada%20%3Ch@example.org%3E", .to = "Hanako Yamada <h@example.org>" },
  { "plus is plus", "mailto:bill+ietf@example.org?subject=a+b", .to = "bill+ietf@example.org",
    .subject = "a+b" },
  { "a fragment", "mailto:a@b.c?subject=x#body=y", .to = "a@b.c", .subject = "x" },
  { "an empty subject", "mailto:a@b.c?subject=", .to = "a@b.c", .subject = "" },
  { "empty places", "mailto:a@b.c,,d@e.f?&&subject=x&", .to = "a@b.c, d@e.f", .subject = "x" },
  { "a value with equals signs", "mailto:?subject=a=b=c", .to = "", .subject = "a=b=c" },
  { "names without case", "mailto:?SUBJECT=a&CC=a@b.c", .to = "", .subject = "a", .cc = "a@b.c" },
  { "a name that is encoded", "mailto:?s%75bject=a", .to = "", .subject = "a" },
  { "several bodies", "mailto:?body=a&body=b", .to = "", .body = "a\nb" },
  { "a tab in the body", "mailto:?body=a%09b", .to = "", .body = "a\tb" },
  { "attach isn't taken", "mailto:a@b.c?attach=/etc/passwd&attachment=x&subject=s", .to = "a@b.c",
    .subject = "s", .ignored = "attach, attachment" },
  { "from isn't taken", "mailto:a@b.c?from=evil@example.com&sender=x&reply-to=e@example.com", .to = "a@b.c",
    .ignored = "from, sender, reply-to" },
  { "other fields aren't taken",
    "mailto:?X-Priority=1&Disposition-Notification-To=a@b.c&Content-Type=text/html", .to = "",
    .ignored = "X-Priority, Disposition-Notification-To, Content-Type" },
  { "a field without value", "mailto:?subject", .to = "", .ignored = "subject" },
  { "a name that would act on a terminal", "mailto:?%1B%5B2J=x", .to = "", .ignored = "<U+001B>[2J" },
};

static void
test_good (gconstpointer data)
{
  const Good *row = data;
  g_autofree char *ignored = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (Letter) letter = letter_of_mailto (row->url, &ignored, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (letter->to, ==, row->to);
  g_assert_cmpstr (letter->cc, ==, row->cc != NULL ? row->cc : "");
  g_assert_cmpstr (letter->bcc, ==, row->bcc != NULL ? row->bcc : "");
  g_assert_cmpstr (letter->subject, ==, row->subject != NULL ? row->subject : "");
  g_assert_cmpstr (letter->body, ==, row->body != NULL ? row->body : "");
  g_assert_cmpstr (letter->in_reply_to, ==, row->in_reply_to);
  g_assert_cmpstr (ignored, ==, row->ignored);
  g_assert_cmpstr (letter->from, ==, "");
  g_assert_cmpstr (letter->reply_to, ==, "");
  g_assert_cmpuint (letter->attachments->len + letter->headers->len, ==, 0);
}

static const struct {
  const char *about, *url;
} bad[] = {
  { "no scheme", "chris@example.com" },
  { "another scheme", "http://example.com/" },
  { "empty", "" },
  { "a line break in the subject", "mailto:a@b.c?subject=x%0D%0ABcc:%20evil@example.com" },
  { "a line feed in the subject", "mailto:a@b.c?subject=x%0Ay" },
  { "a raw line feed in the subject", "mailto:a@b.c?subject=x\ny" },
  { "a line break in an address", "mailto:a@b.c%0D%0ARCPT%20TO:x@y.z" },
  { "a line break in a reply", "mailto:?in-reply-to=%3Ca@b%3E%0D%0AX:y" },
  { "an escape in the subject", "mailto:?subject=%1B%5B2J" },
  { "an escape in the body", "mailto:?body=%1B%5B2J" },
  { "C1 control in the subject", "mailto:?subject=%C2%9B2J" },
  { "a bidi override in the subject", "mailto:?subject=%E2%80%AEcod.exe" },
  { "a line separator in the subject", "mailto:?subject=a%E2%80%A8b" },
  { "NUL in the body", "mailto:?body=a%00b" },
  { "NUL in the name of a field", "mailto:?subject%00=a" },
  { "not UTF-8", "mailto:?subject=caf%E9" },
  { "overlong UTF-8", "mailto:?subject=%C0%8A" },
  { "a lone per cent sign", "mailto:?subject=100%" },
  { "half an encoding", "mailto:?subject=%4" },
  { "no encoding", "mailto:?subject=%zz" },
  { "no address", "mailto:chris" },
  { "two addresses in one", "mailto:a@b.c%2Cd@e.f" },
  { "a group", "mailto:g%3Aa@b.c%2Cd@e.f%3B" },
  { "an option", "mailto:-oQ/tmp@example.com" },
  { "a pipe", "mailto:%7Csh@example.com" },
  { "a file", "mailto:/etc/passwd@example.com" },
  { "no message-id", "mailto:?in-reply-to=hello" },
  { "a message-id and more", "mailto:?references=%3Ca@b%3E%20x" },
  { "a message-id with a bracket inside", "mailto:?in-reply-to=%3Ca%3Cb@c%3E" },
  { "two subjects", "mailto:?subject=a&subject=b" },
};

static void
test_bad (gconstpointer data)
{
  const char *url = ((const char *const *)data)[1];
  g_autofree char *ignored = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (Letter) letter = letter_of_mailto (url, &ignored, &error);
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA);
  g_assert_null (letter);
  g_assert_null (ignored);
}

static void
test_long (void)
{
  g_autofree char *letters = g_strnfill (300000, 'x');
  g_autofree char *url = g_strconcat ("mailto:?subject=", letters, NULL);
  g_autoptr (GError) error = NULL;
  g_assert_null (letter_of_mailto (url, NULL, &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA);
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  TABLE_ADD ("/mailto/good", good, test_good);
  TABLE_ADD ("/mailto/bad", bad, test_bad);
  g_test_add_func ("/mailto/long", test_long);
  return g_test_run ();
}
