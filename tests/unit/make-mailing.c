/* Reads rows and makes messages of them for tests that look at what comes out:
 * make-mailing KIND=FILE [OPTION=VALUE…], KIND being table, jobs, folder, mbox or recipients.
 * What each row becomes is told as JSON, with the message itself. */
#include "mail/mailing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-glib/json-glib.h>

static void
say (JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);
  g_autofree char *text = json_to_string (node, FALSE);
  puts (text);
  json_object_unref (object);
}

static void
say_error (const GError *error)
{
  JsonObject *object = json_object_new ();
  json_object_set_string_member (object, "error", error->message);
  say (object);
}

static char *
text_of (BodySource *message)
{
  g_autoptr (BodyReader) reader = body_source_open (message, NULL);
  gsize length = (gsize)body_source_size (message);
  char *text = g_malloc0 (length + 1);
  for (gsize got = 0; got < length;) {
    gssize more = body_reader_read (reader, (guint8 *)text + got, length - got, NULL);
    g_assert_cmpint (more, >, 0);
    got += (gsize)more;
  }
  return text;
}

static void
say_item (const MailingItem *item)
{
  JsonObject *object = json_object_new ();
  JsonArray *to = json_array_new ();
  g_autofree char *text = text_of (item->message);
  for (guint i = 0; i < item->envelope->recipients->len; i++)
    json_array_add_string_element (to, envelope_recipient (item->envelope, i)->address);
  json_object_set_string_member (object, "file", item->file);
  json_object_set_int_member (object, "line", (gint64)item->line);
  json_object_set_string_member (object, "key", item->key);
  json_object_set_string_member (object, "id", item->message_id);
  json_object_set_string_member (object, "from", item->envelope->sender);
  json_object_set_array_member (object, "to", to);
  json_object_set_boolean_member (object, "one-click", item->one_click);
  json_object_set_string_member (object, "text", text);
  say (object);
}

static gboolean
run (GHashTable *options, GError **error)
{
  const char *letter = g_hash_table_lookup (options, "letter");
  const MailingRequest request = { .table = g_hash_table_lookup (options, "table"),
                                   .charset = g_hash_table_lookup (options, "charset"),
                                   .jobs = g_hash_table_lookup (options, "jobs"),
                                   .folder = g_hash_table_lookup (options, "folder"),
                                   .mbox = g_hash_table_lookup (options, "mbox"),
                                   .recipients = g_hash_table_lookup (options, "recipients"),
                                   .merge = { .name = "letter",
                                              .letter = letter,
                                              .length = letter != NULL ? strlen (letter) : 0,
                                              .from = g_hash_table_lookup (options, "from"),
                                              .seed = "seed",
                                              .date = 1767261600 } };
  g_autoptr (Mailing) mailing = mailing_new (&request, error);
  RowResult result = mailing != NULL ? ROW_GIVEN : ROW_BROKEN;
  while (result == ROW_GIVEN || result == ROW_FAULTY) {
    g_autoptr (GError) said = NULL;
    MailingItem item;
    result = mailing_next (mailing, &item, &said);
    if (result == ROW_GIVEN)
      say_item (&item);
    else if (said != NULL)
      say_error (said);
  }
  return result == ROW_END;
}

int
main (int argc, char **argv)
{
  g_autoptr (GHashTable) options = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GError) error = NULL;
  for (int i = 1; i < argc; i++) {
    char *value = strchr (argv[i], '=');
    g_assert_nonnull (value);
    *value++ = '\0';
    g_hash_table_insert (options, argv[i], value);
  }
  if (run (options, &error))
    return EXIT_SUCCESS;
  if (error != NULL)
    say_error (error);
  return EXIT_FAILURE;
}
