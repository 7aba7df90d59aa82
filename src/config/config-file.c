/* Groups, keys and values of one text. A fault is noted and reading goes on, since who
 * mends a file wants to know everything that is wrong with it. */
#include "config/config-file.h"
#include "config/nearest.h"
#include "base/error.h"
#include "base/i18n.h"
#include "base/secret.h"
#include "base/visible.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
  ConfigFile *file;
  GPtrArray *faults;
  ConfigGroup group;
  const char *account; /* NULL: no group yet, or one that is wrong */
  gboolean group_seen;
  guint line;
  GHashTable *seen; /* "account\nkey" to entry; neither part holds a line break */
} Reader;

static void
entry_free (gpointer data)
{
  ConfigEntry *entry = data;
  g_free (entry->key);
  secret_wipe_string (entry->value);
  g_free (entry);
}

void
config_file_free (ConfigFile *file)
{
  if (file == NULL)
    return;
  g_ptr_array_unref (file->entries);
  g_ptr_array_unref (file->accounts);
  g_free (file->folder);
  g_free (file->name);
  g_free (file);
}

void
config_fault (GPtrArray *faults, int code, const char *file, guint line, const char *format, ...)
{
  if (faults->len >= CONFIG_FAULTS_LIMIT)
    return;
  va_list arguments;
  va_start (arguments, format);
  g_autofree char *why = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_autofree char *place = line > 0 ? g_strdup_printf ("%s:%u", file, line) : g_strdup (file);
  g_ptr_array_add (faults, g_error_new (TOUKAN_ERROR, code, "%s: %s", place, why));
}

#define FAULT(reader, ...)                                                                                   \
  config_fault ((reader)->faults, TOUKAN_ERROR_CONFIGURATION, (reader)->file->name, (reader)->line,          \
                __VA_ARGS__)

/* --- groups ---------------------------------------------------------------- */

/* No account has this name. */
#define KEYS_PLACE "[keys]"

static const char *const group_words[] = { "defaults", "account", "keys" };

static const char *
group_word_at (gsize index, gconstpointer data)
{
  return group_words[index];
}

/* [work] most likely means [account work]; [acount work] too. */
static void
refuse_group (Reader *reader, const char *name)
{
  g_auto (GStrv) words = g_strsplit_set (name, " \t", 2);
  g_autofree char *bad = visible_text (name, -1);
  const char *near
      = words[0] != NULL ? nearest_name (words[0], G_N_ELEMENTS (group_words), group_word_at, NULL) : NULL;
  if (near == group_words[0])
    FAULT (reader, _ ("unknown group [%s]: did you mean [defaults]?"), bad);
  else if (near == group_words[2])
    FAULT (reader, _ ("unknown group [%s]: did you mean [keys]?"), bad);
  else if (near == group_words[1] && words[1] == NULL)
    FAULT (reader, _ ("[%s] lacks the account's name: write it as in [account work]"), bad);
  else if (near == group_words[1])
    FAULT (reader, _ ("unknown group [%s]: did you mean [account %s]?"), bad, g_strstrip (words[1]));
  else
    FAULT (reader, _ ("unknown group [%s]: did you mean [account %s]?"), bad, bad);
}

static void
read_account_name (Reader *reader, const char *name)
{
  GPtrArray *names = reader->file->accounts;
  guint index;
  for (const char *at = name; *at != '\0'; at++)
    if (g_ascii_iscntrl (*at) || *at == '[') {
      FAULT (reader, _ ("the name of an account holds no control characters and no brackets"));
      return;
    }
  if (!g_ptr_array_find_with_equal_func (names, name, g_str_equal, &index)) {
    if (names->len == CONFIG_ACCOUNTS_LIMIT) {
      FAULT (reader, _ ("more than %d accounts"), CONFIG_ACCOUNTS_LIMIT);
      return;
    }
    index = names->len;
    g_ptr_array_add (names, g_strdup (name));
  }
  reader->group = CONFIG_GROUP_ACCOUNT;
  reader->account = g_ptr_array_index (names, index);
}

static void
read_group (Reader *reader, char *line)
{
  reader->account = NULL;
  reader->group_seen = TRUE;
  char *end = strchr (line, ']');
  if (end == NULL || end[1] != '\0') {
    FAULT (reader, _ ("a group is written alone on its line, as in [account work]"));
    return;
  }
  *end = '\0';
  char *name = g_strstrip (line + 1);
  if (strcmp (name, "defaults") == 0) {
    reader->group = CONFIG_GROUP_DEFAULTS;
    reader->account = "";
    return;
  }
  if (strcmp (name, "keys") == 0) {
    reader->group = CONFIG_GROUP_KEYS;
    reader->account = KEYS_PLACE;
    return;
  }
  const gsize length = strlen ("account");
  if (g_str_has_prefix (name, "account") && (name[length] == ' ' || name[length] == '\t')) {
    read_account_name (reader, g_strstrip (name + length));
    return;
  }
  refuse_group (reader, name);
}

/* --- keys and values --------------------------------------------------------- */

/* GKeyFile's escapes, in place. FALSE at one that is none. */
static gboolean
unescape (char *value)
{
  static const char letters[] = "sntr\\";
  static const char meanings[] = " \n\t\r\\";
  char *to = value;
  for (const char *at = value; *at != '\0'; at++) {
    if (*at != '\\') {
      *to++ = *at;
      continue;
    }
    at++;
    const char *letter = *at != '\0' ? strchr (letters, *at) : NULL;
    if (letter == NULL)
      return FALSE;
    *to++ = meanings[letter - letters];
  }
  secret_wipe (to, strlen (to));
  return TRUE;
}

static void
read_pair (Reader *reader, char *line)
{
  char *equals = strchr (line, '=');
  if (equals == NULL || equals == line) {
    FAULT (reader, _ ("neither a group, as in [account work], nor a line such as \"tls = required\""));
    return;
  }
  if (!reader->group_seen) {
    FAULT (
        reader,
        _ ("this line stands before any group: write [defaults] or, as an example, [account work] above it"));
    return;
  }
  if (reader->account == NULL)
    return; /* its group is wrong: that was said */
  *equals = '\0';
  const char *key = g_strchomp (line);
  char *value = g_strchug (equals + 1);

  g_autofree char *place = g_strdup_printf ("%s\n%s", reader->account, key);
  const ConfigEntry *earlier = g_hash_table_lookup (reader->seen, place);
  g_autofree char *shown = visible_text (key, -1);
  if (earlier != NULL) {
    FAULT (reader, _ ("\"%s\" is here for the second time: it is in line %u already"), shown, earlier->line);
    return;
  }
  if (!unescape (value)) {
    FAULT (reader, _ ("%s: a backslash is written twice (\\\\); alone it begins \\s, \\t, \\n or \\r"),
           shown);
    return;
  }
  ConfigEntry *entry = g_new (ConfigEntry, 1);
  *entry = (ConfigEntry){ reader->group, reader->account, g_strdup (key), g_strdup (value), reader->line };
  g_ptr_array_add (reader->file->entries, entry);
  g_hash_table_insert (reader->seen, g_steal_pointer (&place), entry);
}

static void
read_line (Reader *reader, char *line, gsize length)
{
  if (length > CONFIG_LINE_LIMIT)
    FAULT (reader, _ ("the line is longer than %d octets"), CONFIG_LINE_LIMIT);
  else if (strlen (line) != length)
    FAULT (reader, _ ("there is a NUL octet in the line"));
  else if (*g_strstrip (line) == '\0' || *line == '#')
    return;
  else if (!g_utf8_validate (line, -1, NULL))
    FAULT (reader, _ ("the line isn't valid UTF-8"));
  else if (*line == '[')
    read_group (reader, line);
  else
    read_pair (reader, line);
}

ConfigFile *
config_file_parse (const char *name, const char *text, gsize length, GPtrArray *faults)
{
  static const char mark[] = "\xef\xbb\xbf"; /* a byte order mark, as some editors write */
  ConfigFile *file = g_new0 (ConfigFile, 1);
  file->name = g_strdup (name);
  file->folder = g_path_get_dirname (name);
  file->entries = g_ptr_array_new_with_free_func (entry_free);
  file->accounts = g_ptr_array_new_with_free_func (g_free);

  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Reader reader = { .file = file, .faults = faults, .seen = seen };
  const char *end = text + length;
  if (length >= strlen (mark) && memcmp (text, mark, strlen (mark)) == 0)
    text += strlen (mark);
  while (text < end) {
    const char *stop = memchr (text, '\n', (gsize)(end - text));
    const gsize size = (gsize)((stop != NULL ? stop : end) - text);
    char *line = g_malloc0 (size + 1);
    memcpy (line, text, size);
    reader.line++;
    read_line (&reader, line, size);
    secret_wipe (line, size);
    g_free (line);
    text += size + 1;
  }
  return file;
}

/* --- the file itself ------------------------------------------------------------ */

/* At most LIMIT octets of DESCRIPTOR; *ret_length is LIMIT when there may be more. */
static int
read_all (int descriptor, char *text, gsize limit, gsize *ret_length)
{
  gsize length = 0;
  while (length < limit) {
    const ssize_t got = read (descriptor, text + length, limit - length);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return errno;
    if (got == 0)
      break;
    length += (gsize)got;
  }
  *ret_length = length;
  return 0;
}

/* The line of the first password; 0: none. */
static guint
password_line (const ConfigFile *file)
{
  for (guint i = 0; i < file->entries->len; i++) {
    const ConfigEntry *entry = g_ptr_array_index (file->entries, i);
    if (entry->group != CONFIG_GROUP_KEYS && strcmp (entry->key, "password") == 0 && *entry->value != '\0')
      return entry->line;
  }
  return 0;
}

/* What others may write makes them run commands as this user; what they may read gives
 * them the password. A pipe or a device (/dev/null) has no secrets to keep. */
static void
check_mode (const ConfigFile *file, const struct stat *status, GPtrArray *faults)
{
  if (!S_ISREG (status->st_mode))
    return;
  g_autofree char *quoted = g_shell_quote (file->name);
  const guint line = password_line (file);
  if (status->st_mode & S_IWOTH)
    config_fault (faults, TOUKAN_ERROR_PERMISSION, file->name, 0,
                  _ ("everybody on this machine may write this file, and so have commands run in your name: "
                     "run \"chmod o-w %s\""),
                  quoted);
  else if (line > 0 && status->st_mode & S_IROTH)
    config_fault (faults, TOUKAN_ERROR_PERMISSION, file->name, line,
                  _ ("a password stands here, and everybody on this machine may read this file: "
                     "run \"chmod 640 %s\", or use password-command"),
                  quoted);
}

ConfigFile *
config_file_read (const char *name, int *ret_errno, GPtrArray *faults)
{
  struct stat status;
  const int descriptor = open (name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (descriptor < 0) {
    *ret_errno = errno;
    return NULL;
  }
  gsize length = 0;
  const gsize room = CONFIG_FILE_LIMIT + 1;
  char *text = g_malloc (room);
  *ret_errno = fstat (descriptor, &status) == 0 ? read_all (descriptor, text, room, &length) : errno;
  close (descriptor);

  ConfigFile *file = NULL;
  if (*ret_errno == 0 && length < room) {
    file = config_file_parse (name, text, length, faults);
    check_mode (file, &status, faults);
  } else if (*ret_errno == 0) {
    *ret_errno = EFBIG;
  }
  secret_wipe (text, length);
  g_free (text);
  return file;
}
