/* Messages made from parts, read back by GMime, which had no hand in making them; and
 * what must be refused. */
#include "base/error.h"
#include "mail/build.h"
#include "mail/header-write.h"
#include "mail/wire-scan.h"
#include "tests/lib/tap.h"

#include <glib/gstdio.h>
#include <gmime/gmime.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GMimeStream, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GMimeParser, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GMimeMessage, g_object_unref)

static const char *const nobody[] = { NULL };
static const char *const to[] = { "N\303\244me <to@b.c>", "second@b.c, third@b.c", NULL };

static BuildRequest
request_for (const char *text, gsize length)
{
  return (BuildRequest){ .from = "J\303\274rgen <from@b.c>",
                         .to = to,
                         .subject = "Plain",
                         .text = text,
                         .text_length = length,
                         .date = 1767261600 };
}

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

/* What every message of ours is: CRLF lines of 998 octets at most, no NUL, an ASCII header. */
static char *
build_good (const BuildRequest *request)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BodySource) source = build_message (request, &error);
  g_assert_no_error (error);
  WireScan scan;
  g_autoptr (BodyReader) reader = body_source_open (source, NULL);
  g_assert_true (wire_scan_reader (&scan, reader, NULL));
  g_assert_false (scan.nul);
  g_assert_false (scan.bare_cr);
  g_assert_cmpuint (scan.longest_line, <=, 998);
  g_assert_cmpuint (scan.size - body_source_size (source), <=, 2);
  char *text = whole (source);
  const char *body = strstr (text, "\r\n\r\n");
  g_assert_nonnull (body);
  for (const char *at = text; at < body; at++)
    g_assert_cmpint (*at & 0x80, ==, 0);
  return text;
}

static GMimeMessage *
parse (const char *text)
{
  g_mime_init ();
  g_autoptr (GMimeStream) stream = g_mime_stream_mem_new_with_buffer (text, strlen (text));
  g_autoptr (GMimeParser) parser = g_mime_parser_new_with_stream (stream);
  return g_mime_parser_construct_message (parser, NULL);
}

static GByteArray *
content_of (GMimeObject *part)
{
  GByteArray *octets = g_byte_array_new ();
  g_autoptr (GMimeStream) stream = g_mime_stream_mem_new_with_byte_array (octets);
  g_mime_stream_mem_set_owner (GMIME_STREAM_MEM (stream), FALSE);
  g_mime_data_wrapper_write_to_stream (g_mime_part_get_content (GMIME_PART (part)), stream);
  return octets;
}

/* ---- texts ---------------------------------------------------------------- */

static const struct {
  const char *title, *text, *expected, *charset, *encoding;
} text_rows[] = {
  { "ascii", "Hello\nworld\n", "Hello\r\nworld\r\n", "us-ascii", "7bit" },
  { "empty", "", "", "us-ascii", "7bit" },
  { "unended", "Hello", "Hello", "us-ascii", "7bit" },
  { "utf-8", "Sch\303\266n\n", "Sch\303\266n\r\n", "utf-8", "8bit" },
  { "latin-1", "Sch\366n\n", "Sch\366n\r\n", "iso-8859-1", "8bit" },
  { "crlf", "a\r\nb\r\n", "a\r\nb\r\n", "us-ascii", "7bit" },
  { "cr", "a\rb\r", "a\r\nb\r\n", "us-ascii", "7bit" },
};

static void
test_text (gconstpointer data)
{
  gsize row = GPOINTER_TO_SIZE (data);
  BuildRequest request = request_for (text_rows[row].text, strlen (text_rows[row].text));
  g_autofree char *text = build_good (&request);
  g_autoptr (GMimeMessage) message = parse (text);
  GMimeObject *part = g_mime_message_get_mime_part (message);
  GMimeContentType *type = g_mime_object_get_content_type (part);
  g_assert_true (g_mime_content_type_is_type (type, "text", "plain"));
  g_assert_cmpstr (g_mime_content_type_get_parameter (type, "charset"), ==, text_rows[row].charset);
  g_assert_cmpstr (g_mime_content_encoding_to_string (g_mime_part_get_content_encoding (GMIME_PART (part))),
                   ==, text_rows[row].encoding);
  const char *body = strstr (text, "\r\n\r\n") + 4;
  g_assert_cmpstr (body, ==, text_rows[row].expected);
}

/* Long lines, NUL, spaces at line ends, dots: the same text comes back. */
static void
test_quoted_printable (void)
{
  GString *original = g_string_new ("From here\n.\n--x\ntrailing \t\n=3D = \n");
  for (guint i = 0; i < 3000; i++)
    g_string_append_c (original, (char)(i % 7 == 0 ? ' ' : '!' + i % 90));
  g_string_append_len (original, "\0\303\274", 3);
  BuildRequest request = request_for (original->str, original->len);
  g_autofree char *text = build_good (&request);
  for (const char *line = text; line != NULL; line = strchr (line + 1, '\n'))
    g_assert_cmpuint (strcspn (line + 1, "\r"), <=, 78);
  g_autoptr (GMimeMessage) message = parse (text);
  g_autoptr (GByteArray) content = content_of (g_mime_message_get_mime_part (message));
  g_string_replace (original, "\n", "\r\n", 0);
  g_assert_cmpmem (content->data, content->len, original->str, original->len);
  g_string_free (original, TRUE);
}

/* The buffers' edges fall on every octet of a line end. */
static void
test_edges (void)
{
  for (gsize length = 15650; length < 15850; length++) {
    g_autofree char *original = g_strnfill (length, 'x');
    original[length - 1] = '\n';
    BuildRequest request = request_for (original, length);
    g_autofree char *text = build_good (&request);
    g_autoptr (GMimeMessage) message = parse (text);
    g_autoptr (GByteArray) content = content_of (g_mime_message_get_mime_part (message));
    g_assert_cmpmem (content->data, content->len - 2, original, length - 1);
    g_assert_cmpmem (content->data + content->len - 2, 2, "\r\n", 2);
  }
}

/* ---- header --------------------------------------------------------------- */

static void
test_header (void)
{
  static const char *const cc[] = { "cc@m\303\274nchen.example", NULL };
  static const char *const further[]
      = { "X-Test: Gr\303\274\303\237e aus K\303\266ln", "Sender: S <s@b.c>", NULL };
  BuildRequest request = request_for ("x", 1);
  request.cc = cc;
  request.headers = further;
  request.reply_to = "\"Reply, To\" <r@b.c>";
  request.subject = "\303\204rger \346\227\245\346\234\254\350\252\236 and plain words";
  g_autofree char *text = build_good (&request);
  g_autoptr (GMimeMessage) message = parse (text);
  g_assert_cmpstr (g_mime_message_get_subject (message), ==, request.subject);
  GMimeObject *object = GMIME_OBJECT (message);
  g_assert_cmpstr (g_mime_object_get_header (object, "X-Test"), ==, "Gr\303\274\303\237e aus K\303\266ln");
  g_assert_cmpstr (g_mime_object_get_header (object, "MIME-Version"), ==, "1.0");
  InternetAddressList *list = g_mime_message_get_to (message);
  g_assert_cmpint (internet_address_list_length (list), ==, 3);
  InternetAddress *first = internet_address_list_get_address (list, 0);
  g_assert_cmpstr (internet_address_get_name (first), ==, "N\303\244me");
  g_assert_nonnull (strstr (text, "Cc: cc@xn--mnchen-3ya.example\r\n"));
  first = internet_address_list_get_address (g_mime_message_get_reply_to (message), 0);
  g_assert_cmpstr (internet_address_get_name (first), ==, "Reply, To");
  first = internet_address_list_get_address (g_mime_message_get_sender (message), 0);
  g_assert_cmpstr (internet_address_mailbox_get_addr (INTERNET_ADDRESS_MAILBOX (first)), ==, "s@b.c");
  g_assert_cmpint (g_date_time_to_unix (g_mime_message_get_date (message)), ==, request.date);
  g_assert_true (g_str_has_suffix (g_mime_message_get_message_id (message), "@b.c"));
}

static void
test_no_recipient (void)
{
  BuildRequest request = request_for ("x", 1);
  request.to = nobody;
  g_autofree char *text = build_good (&request);
  g_assert_nonnull (strstr (text, "\r\nTo: undisclosed-recipients:;\r\n"));
}

static void
test_utf8_local_part (void)
{
  static const char *const list[] = { "\303\274@m\303\274nchen.example", NULL };
  BuildRequest request = request_for ("x", 1);
  request.to = list;
  g_autoptr (BodySource) source = build_message (&request, NULL);
  g_autofree char *text = whole (source);
  g_assert_nonnull (strstr (text, "To: \303\274@m\303\274nchen.example\r\n"));
}

static void
test_date (void)
{
  static const struct {
    const char *zone;
    gint64 seconds;
    const char *date;
  } rows[] = {
    { "UTC0", 1767261600, "Thu, 1 Jan 2026 10:00:00 +0000" },
    { "XXX-5:30", 1767261600, "Thu, 1 Jan 2026 15:30:00 +0530" },
    { "XXX3:30", 1767261600, "Thu, 1 Jan 2026 06:30:00 -0330" },
    { "XXX0:30", 1767261600, "Thu, 1 Jan 2026 09:30:00 -0030" },
  };
  if (g_test_subprocess ()) {
    for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
      g_setenv ("TZ", rows[i].zone, TRUE);
      g_autofree char *date = header_date (rows[i].seconds);
      g_assert_cmpstr (date, ==, rows[i].date);
    }
    return;
  }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

static void
test_message_id (void)
{
  g_autofree char *first = build_message_id ("m\303\274nchen.example");
  g_autofree char *second = build_message_id ("m\303\274nchen.example");
  g_assert_cmpstr (first, !=, second);
  g_assert_cmpuint (strcspn (first, "@"), ==, 33);
  g_assert_true (g_str_has_prefix (first, "<"));
  g_assert_true (g_str_has_suffix (first, "@xn--mnchen-3ya.example>"));
}

/* Any subject comes back as it was, in short lines of ASCII. */
static void
test_random_subjects (void)
{
  static const char *const pieces[] = { "a",
                                        "Word ",
                                        " ",
                                        "  ",
                                        "\303\274",
                                        "\346\227\245",
                                        "\360\237\230\200",
                                        "=?utf-8?Q?x?=",
                                        "?=",
                                        "_",
                                        "=",
                                        "\"",
                                        "(",
                                        ",",
                                        "longerwordthanmost",
                                        "1 2" };
  for (guint round = 0; round < 2000; round++) {
    GString *subject = g_string_new ("x");
    for (gint i = g_test_rand_int_range (0, 60); i > 0; i--)
      g_string_append (subject, pieces[g_test_rand_int_range (0, G_N_ELEMENTS (pieces))]);
    g_string_append_c (subject, 'x');
    BuildRequest request = request_for ("", 0);
    request.subject = subject->str;
    g_autofree char *text = build_good (&request);
    g_autoptr (GMimeMessage) message = parse (text);
    if (!g_str_equal (g_mime_message_get_subject (message), subject->str))
      g_test_message ("%s", text);
    g_assert_cmpstr (g_mime_message_get_subject (message), ==, subject->str);
    g_string_free (subject, TRUE);
  }
}

static void
test_long_word (void)
{
  g_autofree char *subject = g_strnfill (5000, 'x');
  BuildRequest request = request_for ("", 0);
  request.subject = subject;
  g_autofree char *text = build_good (&request);
  g_autoptr (GMimeMessage) message = parse (text);
  g_assert_cmpstr (g_mime_message_get_subject (message), ==, subject);
}

/* ---- refused -------------------------------------------------------------- */

typedef struct {
  const char *title, *from, *subject, *to, *reply_to, *header, *reason;
} RefusedRow;

static const RefusedRow refused_rows[] = {
  { "subject-lf", "a@b.c", "x\nBcc: y@z", "t@b.c", NULL, NULL, "Subject: it holds a line break" },
  { "subject-cr", "a@b.c", "x\rBcc: y@z", "t@b.c", NULL, NULL, "Subject: it holds a line break" },
  { "subject-latin", "a@b.c", "x\374", "t@b.c", NULL, NULL, "Subject: it isn't UTF-8" },
  { "from-line-break", "a@b.c\r\nX: y", "x", "t@b.c", NULL, NULL, "line break" },
  { "from-two", "a@b.c, d@e.f", "x", "t@b.c", NULL, NULL, "From: it must hold one address" },
  { "from-none", "", "x", "t@b.c", NULL, NULL, "From: it must hold one address" },
  { "from-unqualified", "root", "x", "t@b.c", NULL, NULL, "needs a domain" },
  { "to-bad", "a@b.c", "x", "t@@b.c", NULL, NULL, "in \"t@@b.c\"" },
  { "to-line-break", "a@b.c", "x", "t@b.c,\n u@b.c", NULL, NULL, "line break" },
  { "reply-to-bad", "a@b.c", "x", "t@b.c", "two words", NULL, "two words" },
  { "header-bcc", "a@b.c", "x", "t@b.c", NULL, "Bcc: y@z.a", "Bcc: it is made" },
  { "header-bcc-spaced", "a@b.c", "x", "t@b.c", NULL, "Bcc : y@z.a", "must look like" },
  { "header-from", "a@b.c", "x", "t@b.c", NULL, "from: y@z.a", "from: it is made" },
  { "header-content", "a@b.c", "x", "t@b.c", NULL, "Content-Type: text/html", "it is made" },
  { "header-line-break", "a@b.c", "x", "t@b.c", NULL, "X-A: b\r\nBcc: y@z.a", "X-A: it holds a line break" },
  { "header-name-break", "a@b.c", "x", "t@b.c", NULL, "X-A\n: b", "must look like" },
  { "header-no-colon", "a@b.c", "x", "t@b.c", NULL, "X-A", "must look like" },
  { "header-no-name", "a@b.c", "x", "t@b.c", NULL, ": x", "must look like" },
  { "header-sender-bad", "a@b.c", "x", "t@b.c", NULL, "Sender: two words", "two words" },
};

static void
test_refused (gconstpointer data)
{
  const RefusedRow *row = data;
  const char *const recipients[] = { row->to, NULL }, *const headers[] = { row->header, NULL };
  BuildRequest request = { .from = row->from,
                           .to = recipients,
                           .subject = row->subject,
                           .reply_to = row->reply_to,
                           .headers = headers,
                           .text = "x",
                           .text_length = 1 };
  g_autoptr (GError) error = NULL;
  g_assert_null (build_message (&request, &error));
  g_assert_error (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA);
  if (strstr (error->message, row->reason) == NULL)
    g_error ("%s: \"%s\" is not in \"%s\"", row->title, row->reason, error->message);
}

/* ---- attachments ---------------------------------------------------------- */

static const struct {
  const char *title, *name, *content;
  gsize length;
  const char *type, *expected_type, *expected_encoding;
} attachment_rows[] = {
  { "text", "note.txt", "one\ntwo\n", 8, NULL, "text/plain", "7bit" },
  { "text-utf-8", "n\303\266te.txt", "sch\303\266n\n", 7, "text/plain", "text/plain", "8bit" },
  { "text-crlf", "dos.txt", "one\r\ntwo\r\n", 10, "text/plain", "text/plain", "base64" },
  { "text-unended", "u.txt", "one", 3, "text/plain", "text/plain", "base64" },
  { "text-latin", "l.txt", "sch\366n\n", 6, "text/plain", "text/plain", "base64" },
  { "text-nul", "nul.txt", "a\0b\n", 4, "text/plain", "text/plain", "base64" },
  { "text-cr", "cr.txt", "one\rtwo\r", 8, "text/plain", "text/plain", "base64" },
  { "binary", "data.bin", "\0\1\2\r\n\377", 6, "application/octet-stream", "application/octet-stream",
    "base64" },
  { "empty", "empty.bin", "", 0, "application/octet-stream", "application/octet-stream", "base64" },
  { "parameters", "a.html", "<p>\n", 4, "text/html; charset=utf-8", "text/html", "7bit" },
  { "quoted-name", "a \"b\" \\ c.bin", "x", 1, "image/png", "image/png", "base64" },
  { "long-name",
    "a-very-long-name-that-goes-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-"
    "on.bin",
    "x", 1, "image/png", "image/png", "base64" },
  { "long-utf-8-name",
    "\346\227\245\346\234\254\350\252\236\346\227\245\346\234\254\350\252\236\346\227\245\346\234\254\350\252"
    "\236\346\227\245\346\234\254\350\252\236\346\227\245\346\234\254\350\252\236.bin",
    "x", 1, "image/png", "image/png", "base64" },
};

static char *
write_file (const char *name, const char *content, gsize length)
{
  g_autofree char *folder = g_dir_make_tmp ("toukan-build-XXXXXX", NULL);
  char *path = g_build_filename (folder, name, NULL);
  g_assert_true (g_file_set_contents (path, content, (gssize)length, NULL));
  return path;
}

static void
remove_file (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_unlink (path);
  g_rmdir (folder);
}

static void
test_attachment (gconstpointer data)
{
  gsize row = GPOINTER_TO_SIZE (data);
  g_autofree char *path
      = write_file (attachment_rows[row].name, attachment_rows[row].content, attachment_rows[row].length);
  const char *const paths[] = { path, NULL }, *const types[] = { attachment_rows[row].type, NULL };
  BuildRequest request = request_for ("text\n", 5);
  request.attachments = paths;
  request.attachment_types = types;
  g_autofree char *text = build_good (&request);
  g_autoptr (GMimeMessage) message = parse (text);
  GMimeObject *top = g_mime_message_get_mime_part (message);
  g_assert_true (GMIME_IS_MULTIPART (top));
  g_assert_true (g_mime_content_type_is_type (g_mime_object_get_content_type (top), "multipart", "mixed"));
  g_assert_cmpint (g_mime_multipart_get_count (GMIME_MULTIPART (top)), ==, 2);
  GMimeObject *part = g_mime_multipart_get_part (GMIME_MULTIPART (top), 1);
  g_autofree char *type = g_mime_content_type_get_mime_type (g_mime_object_get_content_type (part));
  g_assert_cmpstr (type, ==, attachment_rows[row].expected_type);
  g_assert_cmpstr (g_mime_content_encoding_to_string (g_mime_part_get_content_encoding (GMIME_PART (part))),
                   ==, attachment_rows[row].expected_encoding);
  g_assert_cmpstr (g_mime_part_get_filename (GMIME_PART (part)), ==, attachment_rows[row].name);
  g_autoptr (GByteArray) content = content_of (part);
  g_autoptr (GString) original
      = g_string_new_len (attachment_rows[row].content, (gssize)attachment_rows[row].length);
  if (!g_str_equal (attachment_rows[row].expected_encoding, "base64"))
    g_string_replace (original, "\n", "\r\n", 0);
  g_assert_cmpmem (content->data, content->len, original->str, original->len);
  const char *end = strstr (text, "--\r\n");
  g_assert_nonnull (end);
  g_assert_cmpstr (end + 4, ==, "");
  remove_file (path);
}

static void
test_large_attachment (void)
{
  gsize length = (3 << 20) + 1;
  g_autofree char *octets = g_malloc (length);
  for (gsize i = 0; i < length; i++)
    octets[i] = (char)(i * 7 + (i >> 9));
  g_autofree char *path = write_file ("large.bin", octets, length);
  const char *const paths[] = { path, path, NULL };
  BuildRequest request = request_for ("text\n", 5);
  request.attachments = paths;
  g_autofree char *text = build_good (&request);
  g_autoptr (GMimeMessage) message = parse (text);
  for (int i = 1; i < 3; i++) {
    g_autoptr (GByteArray) content = content_of (
        g_mime_multipart_get_part (GMIME_MULTIPART (g_mime_message_get_mime_part (message)), i));
    g_assert_cmpmem (content->data, content->len, octets, length);
  }
  remove_file (path);
}

static void
test_bad_attachment (void)
{
  static const struct {
    const char *path, *type;
    ToukanError code;
  } rows[] = {
    { "/nonexistent/file", NULL, TOUKAN_ERROR_NO_INPUT },
    { "/", NULL, TOUKAN_ERROR_NO_INPUT },
    { "/dev/null", "text", TOUKAN_ERROR_DATA },
    { "/dev/null", "text/plain\r\nX: y", TOUKAN_ERROR_DATA },
    { "/dev/null", "multipart/mixed", TOUKAN_ERROR_DATA },
    { "/dev/null", "text/plain x", TOUKAN_ERROR_DATA },
  };
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    const char *const paths[] = { rows[i].path, NULL }, *const types[] = { rows[i].type, NULL };
    BuildRequest request = request_for ("x", 1);
    request.attachments = paths;
    request.attachment_types = types;
    g_autoptr (GError) error = NULL;
    g_assert_null (build_message (&request, &error));
    g_assert_error (error, TOUKAN_ERROR, (int)rows[i].code);
  }
}

int
main (int argc, char **argv)
{
  tap_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (text_rows); i++) {
    g_autofree char *name = g_strconcat ("/build/text/", text_rows[i].title, NULL);
    g_test_add_data_func (name, GSIZE_TO_POINTER (i), test_text);
  }
  g_test_add_func ("/build/quoted-printable", test_quoted_printable);
  g_test_add_func ("/build/edges", test_edges);
  g_test_add_func ("/build/header", test_header);
  g_test_add_func ("/build/no-recipient", test_no_recipient);
  g_test_add_func ("/build/utf8-local-part", test_utf8_local_part);
  g_test_add_func ("/build/date", test_date);
  g_test_add_func ("/build/message-id", test_message_id);
  g_test_add_func ("/build/random-subjects", test_random_subjects);
  g_test_add_func ("/build/long-word", test_long_word);
  for (gsize i = 0; i < G_N_ELEMENTS (refused_rows); i++) {
    g_autofree char *name = g_strconcat ("/build/refused/", refused_rows[i].title, NULL);
    g_test_add_data_func (name, &refused_rows[i], test_refused);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (attachment_rows); i++) {
    g_autofree char *name = g_strconcat ("/build/attachment/", attachment_rows[i].title, NULL);
    g_test_add_data_func (name, GSIZE_TO_POINTER (i), test_attachment);
  }
  g_test_add_func ("/build/large-attachment", test_large_attachment);
  g_test_add_func ("/build/bad-attachment", test_bad_attachment);
  return g_test_run ();
}
