/* What is here answers at once; the command is asked once the fingers rest, and adds to that. */
#include "engine/completion.h"

#include "engine/query-command.h"
#include "mail/address.h"

#include <string.h>

struct Completion {
  AddressBook *book;
  const Mailrc *mailrc;
  char *command;
  char *typed;
  CompletionDone done; /* NULL: nobody asks */
  gpointer data;
  GPtrArray *addresses; /* of char *, and NULL at its end when it is shown */
  GHashTable *keys;     /* of what is in it */
  GSource *pause;
  Query *query;
  char *warning;
};

Completion *
completion_new (AddressBook *book, const Mailrc *mailrc)
{
  Completion *completion = g_new0 (Completion, 1);

  completion->book = book;
  completion->mailrc = mailrc;
  completion->addresses = g_ptr_array_new_with_free_func (g_free);
  completion->keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return completion;
}

void
completion_cancel (Completion *completion)
{
  completion->done = NULL;
  if (completion->pause != NULL)
    g_source_destroy (completion->pause);
  g_clear_pointer (&completion->pause, g_source_unref);
  g_clear_pointer (&completion->query, query_free);
}

void
completion_free (Completion *completion)
{
  if (completion == NULL)
    return;
  completion_cancel (completion);
  g_ptr_array_unref (completion->addresses);
  g_hash_table_unref (completion->keys);
  g_free (completion->command);
  g_free (completion->typed);
  g_free (completion->warning);
  g_free (completion);
}

void
completion_set_command (Completion *completion, const char *command)
{
  completion_cancel (completion);
  g_free (completion->command);
  completion->command = g_strdup (command);
}

const char *
completion_warning (const Completion *completion)
{
  return completion->warning;
}

/* --- what is known ---------------------------------------------------------------------------- */

/* Takes KEY. */
static void
add (Completion *completion, char *key, const char *text)
{
  if (completion->addresses->len >= COMPLETION_LIMIT)
    g_free (key);
  else if (g_hash_table_add (completion->keys, key))
    g_ptr_array_add (completion->addresses, g_strdup (text));
}

static void
add_mailbox (Completion *completion, const char *name, const char *address)
{
  g_autofree char *written = address_write (name, address);

  add (completion, address_key (address), written);
}

/* One address of an alias is like one of the book; several are one suggestion. */
static void
add_alias (Completion *completion, const char *name)
{
  g_autoptr (GPtrArray) mailboxes = mailrc_expand (completion->mailrc, name);

  if (mailboxes == NULL)
    return;
  const Mailbox *first = mailboxes->pdata[0];
  g_autofree char *list = address_write_list (mailboxes);
  add (completion, mailboxes->len == 1 ? address_key (first->address) : g_strdup (list), list);
}

static void
add_aliases (Completion *completion, const char *typed)
{
  g_autoptr (GPtrArray) names = mailrc_complete (completion->mailrc, typed, COMPLETION_LIMIT / 2);

  for (guint i = 0; i < names->len; i++)
    add_alias (completion, names->pdata[i]);
}

static void
on_person (const char *name, const char *address, guint64 times, gint64 last, gpointer data)
{
  add_mailbox (data, name, address);
}

/* --- answers ----------------------------------------------------------------------------------- */

static void
show (Completion *completion)
{
  const CompletionDone done = completion->done;

  g_ptr_array_add (completion->addresses, NULL);
  done ((const char *const *)completion->addresses->pdata, completion->data);
}

static void
on_query (const GPtrArray *mailboxes, const GError *error, gpointer data)
{
  Completion *completion = data;
  const guint before = completion->addresses->len;

  g_free (completion->warning);
  completion->warning = error != NULL ? g_strdup (error->message) : NULL;
  g_ptr_array_set_size (completion->addresses, (int)before - 1); /* its NULL */
  for (guint i = 0; mailboxes != NULL && i < mailboxes->len; i++) {
    const Mailbox *mailbox = mailboxes->pdata[i];
    add_mailbox (completion, mailbox->name, mailbox->address);
  }
  if (completion->addresses->len + 1 > before)
    show (completion);
  else
    g_ptr_array_add (completion->addresses, NULL);
}

static gboolean
on_pause (gpointer data)
{
  Completion *completion = data;
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&completion->pause, g_source_unref);
  completion->query = query_run (completion->command, completion->typed, on_query, completion, &error);
  if (error != NULL) {
    g_free (completion->warning);
    completion->warning = g_strdup (error->message);
  }
  return G_SOURCE_REMOVE;
}

static void
ask_later (Completion *completion)
{
  completion->pause = g_timeout_source_new (COMPLETION_PAUSE_MS);
  g_source_set_callback (completion->pause, on_pause, completion, NULL);
  g_source_attach (completion->pause, g_main_context_get_thread_default ());
}

void
completion_ask (Completion *completion, const char *typed, CompletionDone done, gpointer data)
{
  completion_cancel (completion);
  g_free (completion->typed);
  completion->typed = g_strdup (typed);
  completion->done = done;
  completion->data = data;
  g_ptr_array_set_size (completion->addresses, 0);
  g_hash_table_remove_all (completion->keys);
  if (completion->mailrc != NULL && *typed != '\0')
    add_aliases (completion, typed);
  if (completion->book != NULL)
    address_book_find (completion->book, typed, g_get_real_time (), COMPLETION_LIMIT, on_person, completion);
  if (completion->command != NULL && completion->addresses->len < COMPLETION_LIMIT
      && g_utf8_strlen (typed, -1) >= COMPLETION_COMMAND_LEAST)
    ask_later (completion);
  show (completion);
}
