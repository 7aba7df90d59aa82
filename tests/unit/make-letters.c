/* Random letters, as JSON and as the messages that are made of them, for test-letter-build.py: COUNT of
 * them into FOLDER. */
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mail/letter.h"

static const char *
pick (GRand *rand, const char *const *list, gsize n)
{
  return list[g_rand_int_range (rand, 0, (gint32)n)];
}

#define PICK(rand, list) pick (rand, list, G_N_ELEMENTS (list))

static char *
random_words (GRand *rand, guint most, gboolean lines)
{
  static const char *const words[]
      = { "a",
          "letter",
          "of",
          "words",
          "Stra\303\237e",
          "\346\227\245\346\234\254\350\252\236",
          "\360\237\230\200",
          "=?utf-8?Q?x?=",
          "From",
          ">",
          ".",
          "--",
          "(x)",
          "\"q\"",
          "a_b",
          "=3D",
          "trailing ",
          "e\314\201",
          "word-that-is-quite-long-and-does-not-want-to-be-parted-anywhere-at-all" };
  static const char *const ends[]
      = { "\n", "\n", "\n\n", "\n> ", "\n>> ", "\n-- \n", "\n ", "\n.\n", "\nFrom " };
  g_autoptr (GString) text = g_string_new (NULL);
  for (gint32 n = g_rand_int_range (rand, 0, (gint32)most); n > 0; n--) {
    g_string_append (text, PICK (rand, words));
    if (lines && g_rand_int_range (rand, 0, 8) == 0)
      g_string_append (text, PICK (rand, ends));
    else
      g_string_append_c (text, ' ');
  }
  return g_strdup (text->str);
}

static char *
random_list (GRand *rand, gint32 least)
{
  static const char *const names[] = { "",
                                       "Hanako Yamada ",
                                       "\"Yamada, H. \\\"Hana\\\"\" ",
                                       "J\303\274rgen ",
                                       "\345\261\261\347\224\260\350\212\261\345\255\220 ",
                                       "A name that is long enough to be folded with others of its kind " };
  g_autoptr (GString) list = g_string_new (NULL);
  for (gint32 n = g_rand_int_range (rand, least, 4); n > 0; n--)
    g_string_append_printf (list, "%s%s<u%u@example.org>", list->len > 0 ? ", " : "", PICK (rand, names),
                            g_rand_int (rand) % 1000);
  return g_strdup (list->str);
}

static void
print_string (FILE *file, const char *name, const char *text, const char *end)
{
  fprintf (file, "\"%s\": \"", name);
  for (; *text != '\0'; text++)
    if (*text == '"' || *text == '\\')
      fprintf (file, "\\%c", *text);
    else if ((guchar)*text < ' ')
      fprintf (file, "\\u%04x", *text);
    else
      fputc (*text, file);
  fprintf (file, "\"%s", end);
}

static void
set (char **field, char *text)
{
  g_free (*field);
  *field = text;
}

static Letter *
random_letter (GRand *rand, const char *folder, guint number)
{
  static const char *const names[]
      = { "plan.pdf", "\346\227\245\346\234\254.txt", "with \"quotes\" and ; marks.bin" };
  static const char *const types[] = { NULL, "application/pdf", "text/plain; charset=utf-8" };
  Letter *letter = letter_new ();
  set (&letter->from, g_strdup ("H\303\244n <h@example.org>"));
  set (&letter->to, random_list (rand, 1));
  set (&letter->cc, random_list (rand, 0));
  set (&letter->bcc, g_strdup ("secret@example.org"));
  set (&letter->subject, random_words (rand, 20, FALSE));
  set (&letter->body, random_words (rand, 200, TRUE));
  if (g_rand_boolean (rand)) {
    letter->in_reply_to = g_strdup ("<b@example.org>");
    letter->references = g_strdup ("<a@example.org> <b@example.org>");
  }
  for (gint32 n = g_rand_int_range (rand, 0, 3); n > 0; n--) {
    g_autofree char *path = g_strdup_printf ("%s/%u-%d.att", folder, number, n);
    g_autofree char *text = random_words (rand, 100, TRUE);
    g_file_set_contents (path, text, -1, NULL);
    letter_attach (letter, path, PICK (rand, names), PICK (rand, types));
  }
  if (g_rand_int_range (rand, 0, 4) == 0) {
    g_autofree char *text = random_words (rand, 50, TRUE);
    char *message = g_strdup_printf ("Subject: inner\nFrom: i@example.org\n\n%s\n", text);
    letter->forwarded = g_bytes_new_take (message, strlen (message));
  }
  return letter;
}

static void
write_json (const Letter *letter, const char *path)
{
  FILE *file = fopen (path, "w");
  fputs ("{", file);
  print_string (file, "to", letter->to, ", ");
  print_string (file, "cc", letter->cc, ", ");
  print_string (file, "subject", letter->subject, ", ");
  print_string (file, "references", letter->references != NULL ? letter->references : "", ", ");
  print_string (file, "body", letter->body, ", \"attachments\": [");
  for (guint i = 0; i < letter->attachments->len; i++) {
    const LetterAttachment *attachment = letter->attachments->pdata[i];
    fprintf (file, "%s{", i > 0 ? ", " : "");
    print_string (file, "path", attachment->path, ", ");
    print_string (file, "type", attachment->type != NULL ? attachment->type : "", ", ");
    print_string (file, "name", attachment->name, "}");
  }
  g_autofree char *forwarded
      = letter->forwarded != NULL
            ? g_strndup (g_bytes_get_data (letter->forwarded, NULL), g_bytes_get_size (letter->forwarded))
            : g_strdup ("");
  fputs ("], ", file);
  print_string (file, "forwarded", forwarded, "}\n");
  fclose (file);
}

static void
write_message (const Letter *letter, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BodySource) source = letter_build (letter, 1767261600, &error);
  if (source == NULL)
    g_error ("%s", error->message);
  g_autoptr (BodyReader) reader = body_source_open (source, NULL);
  FILE *file = fopen (path, "w");
  guint8 buffer[4096];
  gssize given;
  while ((given = body_reader_read (reader, buffer, sizeof buffer, NULL)) > 0)
    fwrite (buffer, 1, (size_t)given, file);
  fclose (file);
}

int
main (int argc, char **argv)
{
  if (argc != 4)
    return 64;
  const guint count = (guint)atoi (argv[2]);
  g_autoptr (GRand) rand = g_rand_new_with_seed ((guint32)atoi (argv[3]));
  for (guint i = 0; i < count; i++) {
    g_autoptr (Letter) letter = random_letter (rand, argv[1], i);
    g_autofree char *json = g_strdup_printf ("%s/%u.json", argv[1], i);
    g_autofree char *message = g_strdup_printf ("%s/%u.eml", argv[1], i);
    write_json (letter, json);
    write_message (letter, message);
  }
  return 0;
}
