/* The command line of the composer: what the letter begins with. */
#include "tui/compose.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "engine/state.h"
#include "store/attached.h"
#include "tui/app.h"
#include "tui/writer.h"

typedef struct {
  char *account, *subject, *body_file, *reply_to, *forward;
  char **cc, **bcc, **attach, **set;
  gboolean reply_all;
} Options;

static void
options_clear (Options *options)
{
  g_free (options->account);
  g_free (options->subject);
  g_free (options->body_file);
  g_free (options->reply_to);
  g_free (options->forward);
  g_strfreev (options->cc);
  g_strfreev (options->bcc);
  g_strfreev (options->attach);
  g_strfreev (options->set);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* Texts are taken as file names, which GLib hands over as they are. */
static gboolean
parse_options (Options *options, int *argc, char ***argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "account", 'a', 0, G_OPTION_ARG_FILENAME, &options->account, N_ ("Send over this account"),
      N_ ("NAME") },
    { "subject", 's', 0, G_OPTION_ARG_FILENAME, &options->subject, N_ ("Subject"), N_ ("TEXT") },
    { "cc", 'c', 0, G_OPTION_ARG_FILENAME_ARRAY, &options->cc, N_ ("Copy to"), N_ ("ADDRESS") },
    { "bcc", 'b', 0, G_OPTION_ARG_FILENAME_ARRAY, &options->bcc, N_ ("Copy to, unseen by the others"),
      N_ ("ADDRESS") },
    { "attach", 'A', 0, G_OPTION_ARG_FILENAME_ARRAY, &options->attach,
      N_ ("Attach this file; may be repeated"), N_ ("FILE") },
    { "body-file", 0, 0, G_OPTION_ARG_FILENAME, &options->body_file,
      N_ ("Begin with this text; - is standard input"), N_ ("FILE") },
    { "reply-to", 0, 0, G_OPTION_ARG_FILENAME, &options->reply_to,
      N_ ("Answer this message; - is standard input"), N_ ("FILE") },
    { "reply-all", 0, 0, G_OPTION_ARG_NONE, &options->reply_all, N_ ("The answer goes to all who had it"),
      NULL },
    { "forward", 0, 0, G_OPTION_ARG_FILENAME, &options->forward,
      N_ ("Forward this message; - is standard input"), N_ ("FILE") },
    { "set", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->set, N_ ("Override an option of the configuration"),
      N_ ("KEY=VALUE") },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (_ ("[mailto:URL | ADDRESS…]"));

  g_option_context_set_summary (context, _ ("Opens the composer: write a letter, see it leave."));
  g_option_context_set_translation_domain (context, "toukan");
  g_option_context_add_main_entries (context, entries, "toukan");
  if (g_option_context_parse (context, argc, argv, error))
    return TRUE;
  (*error)->domain = TOUKAN_ERROR;
  (*error)->code = TOUKAN_ERROR_USAGE;
  return FALSE;
}

/* --- text ---------------------------------------------------------------------------- */

/* UTF-8, or of the locale's encoding; the caller's. */
static char *
utf8_of (const char *text)
{
  char *converted
      = g_utf8_validate (text, -1, NULL) ? g_strdup (text) : g_locale_to_utf8 (text, -1, NULL, NULL, NULL);

  return converted ? converted : g_utf8_make_valid (text, -1);
}

static void
set_field (char **field, const char *text)
{
  g_free (*field);
  *field = utf8_of (text);
}

static void
add_addresses (char **field, char **addresses)
{
  for (gsize i = 0; addresses && addresses[i]; i++) {
    g_autofree char *address = utf8_of (addresses[i]);
    char *whole = **field != '\0' ? g_strconcat (*field, ", ", address, NULL) : g_strdup (address);
    g_free (*field);
    *field = whole;
  }
}

/* --- files ---------------------------------------------------------------------------- */

/* FILE's octets, or standard input's; then the terminal takes that place again. */
static BodySource *
read_file (const char *file, GError **error)
{
  const gboolean standard = strcmp (file, "-") == 0;
  const int descriptor = standard ? STDIN_FILENO : open (file, O_RDONLY | O_CLOEXEC);

  if (descriptor < 0) {
    g_autofree char *shown = visible_text (file, -1);
    g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_NO_INPUT, _ ("%s can't be read"), shown);
    return NULL;
  }
  BodySource *source = body_source_new_fd (descriptor, error);
  if (!standard) {
    close (descriptor);
    return source;
  }
  const int terminal = open ("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal >= 0) {
    dup2 (terminal, STDIN_FILENO);
    close (terminal);
  }
  return source;
}

static gboolean
read_body (Letter *letter, const char *file, GError **error)
{
  g_autoptr (BodySource) source = read_file (file, error);
  g_autoptr (BodyReader) reader = source ? body_source_open (source, error) : NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  guint8 piece[65536];
  gssize got = -1;

  while (reader && (got = body_reader_read (reader, piece, sizeof piece, error)) > 0)
    g_string_append_len (text, (const char *)piece, got);
  if (got < 0)
    return FALSE;
  g_free (letter->body);
  letter->body = utf8_of (text->str);
  return TRUE;
}

static Letter *
letter_of_file (const Options *options, const Config *config, Attached *attached, GError **error)
{
  const char *file = options->reply_to ? options->reply_to : options->forward;
  const LetterKind kind = options->forward     ? LETTER_FORWARD
                          : options->reply_all ? LETTER_REPLY_ALL
                                               : LETTER_REPLY;
  g_autoptr (BodySource) message = read_file (file, error);
  g_auto (GStrv) own = writer_addresses (config);
  g_autofree char *folder = message ? attached_folder (attached, error) : NULL;

  if (!folder)
    return NULL;
  Letter *letter = letter_of_message (message, kind, (const char *const *)own, folder, error);
  rmdir (folder); /* where nothing is attached */
  return letter;
}

/* --- the letter ---------------------------------------------------------------------------- */

static Letter *
begin_letter (const Options *options, const Config *config, Attached *attached, char **arguments,
              GError **error)
{
  if (options->reply_to || options->forward)
    return letter_of_file (options, config, attached, error);
  if (!arguments[0] || g_ascii_strncasecmp (arguments[0], "mailto:", strlen ("mailto:")) != 0)
    return letter_new ();
  g_autofree char *ignored = NULL;
  Letter *letter = letter_of_mailto (arguments[0], &ignored, error);
  if (letter && ignored) {
    g_autofree char *shown = visible_text (ignored, -1);
    fprintf (stderr, _ ("toukan: not taken from the link: %s\n"), shown);
  }
  return letter;
}

static gboolean
attach (Letter *letter, char **files, GError **error)
{
  for (gsize i = 0; files && files[i]; i++) {
    g_autofree char *path = g_canonicalize_filename (files[i], NULL);
    if (!g_file_test (path, G_FILE_TEST_IS_REGULAR)) {
      g_autofree char *shown = visible_text (files[i], -1);
      g_set_error (error, TOUKAN_ERROR, TOUKAN_ERROR_NO_INPUT, _ ("%s is no file that can be attached"),
                   shown);
      return FALSE;
    }
    letter_attach (letter, path, NULL, NULL);
  }
  return TRUE;
}

static Letter *
make_letter (const Options *options, const Config *config, Attached *attached, char **arguments,
             GError **error)
{
  g_autoptr (Letter) letter = begin_letter (options, config, attached, arguments, error);

  if (!letter)
    return NULL;
  if (!arguments[0] || g_ascii_strncasecmp (arguments[0], "mailto:", strlen ("mailto:")) != 0)
    add_addresses (&letter->to, arguments);
  add_addresses (&letter->cc, options->cc);
  add_addresses (&letter->bcc, options->bcc);
  if (options->subject)
    set_field (&letter->subject, options->subject);
  if ((options->body_file && !read_body (letter, options->body_file, error))
      || !attach (letter, options->attach, error))
    return NULL;
  return g_steal_pointer (&letter);
}

/* An answer goes out by the account that the message came to, and under its whole From. */
static const Account *
choose_account (Letter *letter, const Config *config, const char *name, GError **error)
{
  const char *sender = *letter->from != '\0' ? letter->from : NULL;
  const Account *account = config_account (config, name, sender, error);

  if (account) {
    set_field (&letter->account, account->name);
    set_field (&letter->from, "");
  }
  return account;
}

static int
fail (const GError *error)
{
  fprintf (stderr, "toukan: %s\n", error->message);
  return toukan_error_exit_status (error);
}

static char **
arguments_of (int argc, char **argv)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (int i = 1; i < argc; i++)
    if (strcmp (argv[i], "--") != 0)
      g_strv_builder_add (builder, argv[i]);
  return g_strv_builder_end (builder);
}

int
compose_run (int argc, char **argv)
{
  const gboolean is_plain = argc <= 1;
  g_auto (Options) options = { .account = NULL };
  g_autoptr (GError) error = NULL;

  if (!parse_options (&options, &argc, &argv, &error))
    return fail (error);
  g_auto (GStrv) arguments = arguments_of (argc, argv);
  g_autoptr (Config) config = config_load ((const char *const *)options.set, &error);
  const Account *usual = config ? config_account (config, options.account, NULL, NULL) : NULL;
  g_autofree char *directory = state_directory (usual);
  g_autoptr (Attached) attached = attached_new (directory); /* what it holds it holds to the end */
  g_autoptr (Letter) letter = config ? make_letter (&options, config, attached, arguments, &error) : NULL;
  const Account *account = letter ? choose_account (letter, config, options.account, &error) : NULL;

  return account ? app_run (config, account, g_steal_pointer (&letter), is_plain) : fail (error);
}
