/* Whom one writes to: completion of what is typed, and what is learnt when a letter was sent. */
#include "tui/app-private.h"

#include "mail/address.h"
#include "net/clock.h"
#include "tui/compose-screen.h"

/* Domains that count as known. */
#define KNOWN_TIMES 2

/* Where people keep short names, in the home folder; what is read later counts. */
static const struct {
  const char *file;
  MailrcForm form;
} files[] = {
  { ".mutt/aliases", MAILRC_MUTT },
  { ".config/mutt/aliases", MAILRC_MUTT },
  { ".mailrc", MAILRC_MAILX },
};

static void
read_names (App *app, MailrcForm form, const char *file)
{
  g_autoptr (GError) error = NULL;

  if (!mailrc_read_file (app->mailrc, form, file, &error))
    app->desk.say (&app->desk, STYLE_WARNING, error->message);
}

void
app_open_people (App *app)
{
  app->book = address_book_new (app_home (app)->directory);
  app->mailrc = mailrc_new ();
  if (app->account->aliases)
    read_names (app, MAILRC_ALIASES, app->account->aliases);
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *file = g_build_filename (g_get_home_dir (), files[i].file, NULL);
    read_names (app, files[i].form, file);
  }
  app->completion = completion_new (app->book, app->mailrc);
}

void
app_close_people (App *app)
{
  g_clear_pointer (&app->completion, completion_free);
  g_clear_pointer (&app->mailrc, mailrc_free);
  g_clear_pointer (&app->book, address_book_free);
  g_clear_pointer (&app->warned, g_free);
}

/* --- what is typed --------------------------------------------------------------------- */

/* Once: nobody wants to hear of the same command at each key. */
static void
say_warning (App *app)
{
  const char *warning = completion_warning (app->completion);

  if (!warning || g_strcmp0 (warning, app->warned) == 0)
    return;
  g_free (app->warned);
  app->warned = g_strdup (warning);
  app->desk.say (&app->desk, STYLE_WARNING, warning);
}

/* The command of the account that the letter on top is written over. */
static void
choose_command (App *app)
{
  const Sheet *sheet = sheet_of (app, board_top (app->board));
  const Account *account
      = app_account (app, sheet && sheet->compose ? compose_screen_account (sheet->compose) : NULL);

  if (account != app->asking)
    completion_set_command (app->completion, account->query_command);
  app->asking = account;
}

void
app_complete (App *app, const char *typed, DeskCompletion done, gpointer data)
{
  choose_command (app);
  say_warning (app);
  completion_ask (app->completion, typed, done, data);
}

char *
app_expand (const App *app, const char *list)
{
  return mailrc_expand_list (app->mailrc, list);
}

void
app_expand_letter (const App *app, Letter *letter)
{
  char **const fields[] = { &letter->to, &letter->cc, &letter->bcc, &letter->reply_to };

  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++) {
    char *expanded = app_expand (app, *fields[i]);
    g_free (*fields[i]);
    *fields[i] = expanded;
  }
}

GPtrArray *
app_known_domains (const App *app)
{
  GPtrArray *domains = g_ptr_array_new_with_free_func (g_free);

  address_book_domains (app->book, KNOWN_TIMES, domains);
  return domains;
}

/* --- learning -------------------------------------------------------------------------- */

typedef struct {
  char *directory;
  GPtrArray *mailboxes; /* of Mailbox */
  gint64 at;
} Lesson;

static void
learn (Outbox *outbox, gpointer data)
{
  const Lesson *lesson = data;
  g_autoptr (AddressBook) book = address_book_new (lesson->directory);

  for (guint i = 0; i < lesson->mailboxes->len; i++) {
    const Mailbox *mailbox = g_ptr_array_index (lesson->mailboxes, i);
    address_book_learn (book, mailbox->name, mailbox->address, lesson->at);
  }
}

static void
after_learn (Outbox *outbox, gpointer data)
{
  Lesson *lesson = data;

  g_ptr_array_unref (lesson->mailboxes);
  g_free (lesson->directory);
  g_free (lesson);
}

static void
add_mailboxes (GPtrArray *mailboxes, const char *field)
{
  g_autoptr (GPtrArray) more = address_parse_list (field, NULL, NULL);

  if (!more)
    return;
  g_ptr_array_set_free_func (more, NULL);
  g_ptr_array_extend (mailboxes, more, NULL, NULL);
}

void
app_learn (App *app, const Letter *letter)
{
  Lesson *lesson = g_new (Lesson, 1);

  *lesson = (Lesson){ g_strdup (app_home (app)->directory),
                      g_ptr_array_new_with_free_func ((GDestroyNotify)mailbox_free), clock_instant ().wall };
  add_mailboxes (lesson->mailboxes, letter->to);
  add_mailboxes (lesson->mailboxes, letter->cc);
  add_mailboxes (lesson->mailboxes, letter->bcc);
  outbox_source_run (app_home (app)->source, learn, after_learn, lesson);
}
