/* One post for each state directory, and around them what they share: the network, the clock, the
 * configuration, the signals. A new configuration is taken by a new beginning inside the process:
 * what is on disk is all that has to outlive it. */
#include "cli/agent-serve.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/i18n.h"
#include "cli/agent-lock.h"
#include "cli/agent-say.h"
#include "cli/config-watch.h"
#include "cli/deliver.h"
#include "cli/interrupt.h"
#include "cli/service-notice.h"
#include "cli/system-doors.h"
#include "config/secret-command.h"
#include "engine/accounts.h"
#include "engine/agent.h"
#include "engine/file-watch.h"
#include "engine/state.h"
#include "engine/timer.h"
#include "net/clock-watch.h"
#include "net/clock.h"
#include "net/link-watch.h"

#define ANSWERS_PATIENCE TICKS_PER_MINUTE /* for servers that hold a message in doubt */
#define NAME_SERVERS "/etc/resolv.conf"   /* written after the address has come */
#define SECOND_SIGNAL (TICKS_PER_SECOND / 2)
#define SECRETS_KEPT TICKS_PER_MINUTE /* once there is nothing to do */
#define OVERRIDES_LIMIT 100           /* sets of options that messages brought along */

/* One outbox, with what is remembered beside it. */
typedef struct {
  PathStore *store; /* NULL: no account of it has a path memory */
  PathMemory *memory;
  Identity *identity;
  Agent *agent;
} Post;

typedef struct {
  const AgentWish *wish;
  Config *config, *next; /* NEXT: to begin anew with; NULL: none */
  Accounts *accounts;
  GPtrArray *posts; /* of Post */
  GPtrArray *locks; /* of AgentLock, some from before the new beginning */
  GMainLoop *loop;
  Timer *patience, *secrets;
  ConfigWatch *config_watch;
  SystemDoors *doors; /* NULL: for one user */
  gboolean retiring, ended;
  Ticks ended_at;
  int status;
} Service;

static void
post_free (gpointer data)
{
  Post *post = data;

  agent_free (post->agent);
  if (post->memory)
    state_save (post->store, post->memory);
  identity_free (post->identity);
  path_memory_free (post->memory);
  path_store_free (post->store);
  g_free (post);
}

/* --- which ------------------------------------------------------------------------ */

static gboolean
equal_text (gconstpointer a, gconstpointer b)
{
  return strcmp (a, b) == 0;
}

GPtrArray *
agent_directories (const Config *config)
{
  const char *const *names = config_account_names (config);
  GPtrArray *directories = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; names[i]; i++) {
    const Account *account = config_account_named (config, names[i]);
    g_autofree char *directory = state_directory (account);
    if (account->outbox && !g_ptr_array_find_with_equal_func (directories, directory, equal_text, NULL))
      g_ptr_array_add (directories, g_steal_pointer (&directory));
  }
  return directories;
}

/* What holds for DIRECTORY as a whole is what any of its accounts wants. */
static const Account *
account_of (const Config *config, const char *directory, Ticks *ret_keep_sent)
{
  const char *const *names = config_account_names (config);
  const Account *found = NULL;

  *ret_keep_sent = 0;
  for (gsize i = 0; names[i]; i++) {
    const Account *account = config_account_named (config, names[i]);
    g_autofree char *own = state_directory (account);
    if (!account->outbox || strcmp (own, directory) != 0)
      continue;
    *ret_keep_sent = MAX (*ret_keep_sent, account->keep_sent);
    found = found && found->path_memory ? found : account;
  }
  return found;
}

/* --- coming to rest ------------------------------------------------------------------ */

static gboolean
all_are_idle (const Service *service)
{
  for (guint i = 0; i < service->posts->len; i++) {
    const Post *post = g_ptr_array_index (service->posts, i);
    if (!agent_is_idle (post->agent))
      return FALSE;
  }
  return TRUE;
}

static void
save_paths (const Service *service)
{
  for (guint i = 0; i < service->posts->len; i++) {
    const Post *post = g_ptr_array_index (service->posts, i);
    state_save (post->store, post->memory);
  }
}

/* Whoever is in hand has been served, and whoever called. */
static gboolean
has_retired (const Service *service)
{
  return all_are_idle (service) && (!service->doors || system_doors_are_empty (service->doors));
}

static void
on_doors_empty (gpointer data)
{
  const Service *service = data;

  if (has_retired (service))
    g_main_loop_quit (service->loop);
}

static void
begin_anew (Service *service, Config *config)
{
  config_free (service->next);
  service->next = config;
  service->ended = service->ended || !config;
  if (service->retiring)
    return;
  gboolean nothing_in_hand = TRUE;
  service->retiring = TRUE;
  for (guint i = 0; i < service->posts->len; i++) {
    const Post *post = g_ptr_array_index (service->posts, i);
    nothing_in_hand = agent_retire (post->agent) && nothing_in_hand;
  }
  if (service->doors)
    nothing_in_hand = system_doors_retire (service->doors, on_doors_empty, service) && nothing_in_hand;
  if (nothing_in_hand)
    g_main_loop_quit (service->loop);
  else
    timer_set (service->patience, clock_now () + ANSWERS_PATIENCE);
}

static void
on_idle (Agent *agent, gpointer data)
{
  Service *service = data;

  if (!all_are_idle (service))
    return;
  save_paths (service);
  if (service->retiring || service->wish->once) {
    if (has_retired (service))
      g_main_loop_quit (service->loop);
    return;
  }
  service_notice ("STATUS=Nothing is due");
  timer_set (service->secrets, clock_now () + SECRETS_KEPT);
  if (accounts_count (service->accounts) > OVERRIDES_LIMIT)
    config_watch_reload (service->config_watch);
}

static void
on_secrets (gpointer data)
{
  const Service *service = data;

  if (all_are_idle (service))
    secret_forget_all ();
}

static void
on_patience (gpointer data)
{
  const Service *service = data;

  g_main_loop_quit (service->loop);
}

/* --- what happens outside ------------------------------------------------------------- */

static void
on_link (gpointer data)
{
  const Service *service = data;

  for (guint i = 0; i < service->posts->len; i++) {
    const Post *post = g_ptr_array_index (service->posts, i);
    agent_network_changed (post->agent);
  }
}

static void
on_clock (gpointer data)
{
  const Service *service = data;

  for (guint i = 0; i < service->posts->len; i++) {
    const Post *post = g_ptr_array_index (service->posts, i);
    agent_clock_changed (post->agent);
  }
}

static gboolean
has_outbox (const Config *config)
{
  g_autoptr (GPtrArray) directories = agent_directories (config);

  return directories->len > 0;
}

static void
on_config (Config *config, const GError *error, gpointer data)
{
  Service *service = data;

  if (!config) {
    agent_say (_ ("the configuration is broken, and the old one stays in force: %s"), error->message);
  } else if (!has_outbox (config)) {
    agent_say (_ ("the configuration has no account with an outbox, and the old one stays in force"));
    config_free (config);
  } else if (service->ended) {
    config_free (config);
  } else {
    service_notice ("RELOADING=1");
    begin_anew (service, config);
  }
}

/* The second time servers aren't waited for any longer; one signal often comes twice, to the process
 * and to its group, so that counts only after a while. */
static void
on_signal (int number, gpointer data)
{
  Service *service = data;
  Ticks now = clock_now ();

  if (number == SIGHUP && service->config_watch) {
    config_watch_reload (service->config_watch);
  } else if (!service->ended) {
    service->ended_at = now;
    begin_anew (service, NULL);
  } else if (now - service->ended_at >= SECOND_SIGNAL) {
    g_main_loop_quit (service->loop);
  }
}

/* --- beginning -------------------------------------------------------------------------- */

/* FALSE: another agent serves DIRECTORY. */
static gboolean
take_lock (Service *service, const char *directory, GError **error)
{
  AgentHolder holder;
  AgentLock *lock;

  for (guint i = 0; i < service->locks->len; i++)
    if (strcmp (agent_lock_directory (g_ptr_array_index (service->locks, i)), directory) == 0)
      return TRUE;
  lock = agent_lock_take (directory, &holder, error);
  if (lock)
    g_ptr_array_add (service->locks, lock);
  else if (!*error)
    agent_say_holder (directory, &holder);
  return lock != NULL;
}

static void
warn (const char *text, gpointer data)
{
  agent_say (_ ("warning: %s"), text);
}

/* A message that can still be taken back is about to leave. */
static Ticks
longest_undo_window (const Config *config)
{
  Ticks longest = 0;

  for (const char *const *name = config_account_names (config); *name; name++)
    longest = MAX (longest, config_account_named (config, *name)->undo_window);
  return longest;
}

static gboolean
open_post (Service *service, const char *directory, GError **error)
{
  Ticks keep_sent;
  const Account *account = account_of (service->config, directory, &keep_sent);
  Post *post = g_new0 (Post, 1);
  AgentRules rules = { .directory = directory,
                       .find_account = accounts_find,
                       .find_data = service->accounts,
                       .keep_sent = keep_sent,
                       .once = service->wish->once,
                       .batches = !service->wish->once && !service->wish->system,
                       .linger = service->wish->once ? longest_undo_window (service->config) : 0,
                       .warn = warn };

  post->store = state_open (account);
  rules.memory = post->memory = state_load (post->store);
  rules.identity = post->identity = state_identity (post->store);
  post->agent = agent_new (&rules, on_idle, service, error);
  if (!post->agent) {
    post_free (post);
    return FALSE;
  }
  if (outbox_source_warning (agent_source (post->agent)))
    agent_say ("%s", outbox_source_warning (agent_source (post->agent)));
  g_ptr_array_add (service->posts, post);
  if (service->doors)
    system_doors_serve (service->doors, service->config, post->agent, directory);
  return TRUE;
}

/* The status where nothing can be served, else EX_OK. */
static int
open_posts (Service *service)
{
  g_autoptr (GPtrArray) directories = agent_directories (service->config);
  int status = EX_CONFIG;

  if (directories->len == 0)
    agent_say (_ ("there is nothing to serve: no account has an outbox"));
  for (guint i = 0; i < directories->len; i++) {
    const char *directory = g_ptr_array_index (directories, i);
    g_autoptr (GError) error = NULL;
    if (!service->wish->once && !take_lock (service, directory, &error))
      status = error ? deliver_fail (error) : EX_UNAVAILABLE;
    else if (!open_post (service, directory, &error))
      status = deliver_fail (error);
  }
  return service->posts->len > 0 ? EX_OK : status;
}

/* From beginning to beginning: with one configuration. */
static void
serve (Service *service)
{
  service->accounts = accounts_new ();
  accounts_set_base (service->accounts, service->config);
  service->posts = g_ptr_array_new_with_free_func (post_free);
  service->retiring = FALSE;
  service->status = open_posts (service);
  service_notice ("READY=1\nSTATUS=Looking for what is due");
  if (service->status == EX_OK)
    g_main_loop_run (service->loop);
  else
    service->ended = TRUE;
  timer_set (service->patience, TICKS_NEVER);
  timer_set (service->secrets, TICKS_NEVER);
  g_clear_pointer (&service->posts, g_ptr_array_unref);
  if (service->doors)
    system_doors_rest (service->doors);
  g_clear_pointer (&service->accounts, accounts_free);
  secret_forget_all ();
}

typedef struct {
  LinkWatch *links;
  ClockWatch *clock;
  FileWatch *name_servers[2]; /* the file, and what it is a link to */
} Outside;

static FileWatch *
watch_name_servers (Service *service, const char *file)
{
  g_autofree char *folder = file ? g_path_get_dirname (file) : NULL;
  g_autofree char *name = file ? g_path_get_basename (file) : NULL;

  return file ? file_watch_new (folder, name, on_link, service) : NULL;
}

static void
watch_outside (Service *service, Outside *outside)
{
  char *target = realpath (NAME_SERVERS, NULL);
  gboolean is_link = target && strcmp (target, NAME_SERVERS) != 0;

  outside->links = link_watch_new (on_link, service);
  outside->clock = clock_watch_new (on_clock, service);
  outside->name_servers[0] = watch_name_servers (service, NAME_SERVERS);
  outside->name_servers[1] = watch_name_servers (service, is_link ? target : NULL);
  service->config_watch = config_watch_new (service->wish->set, on_config, service);
  free (target);
}

static void
outside_clear (Outside *outside)
{
  link_watch_free (outside->links);
  clock_watch_free (outside->clock);
  for (gsize i = 0; i < G_N_ELEMENTS (outside->name_servers); i++)
    file_watch_free (outside->name_servers[i]);
}

static void
serve_until_the_end (Service *service)
{
  Outside outside = { .links = NULL };

  if (!service->wish->once)
    watch_outside (service, &outside);
  interrupt_watch (on_signal, service);
  serve (service);
  while (service->next && !service->ended) {
    config_free (service->config);
    service->config = g_steal_pointer (&service->next);
    serve (service);
  }
  service_notice ("STOPPING=1");
  interrupt_unwatch ();
  g_clear_pointer (&service->config_watch, config_watch_free);
  outside_clear (&outside);
}

static void
lock_free (gpointer lock)
{
  agent_lock_free (lock);
}

int
agent_serve (const AgentWish *wish)
{
  g_autoptr (GError) error = NULL;
  Service service = { .wish = wish, .config = config_load (wish->set, &error) };

  if (service.config && wish->system)
    service.doors = system_doors_open (&error);
  if (error) {
    config_free (service.config);
    return deliver_fail (error);
  }
  service.loop = g_main_loop_new (NULL, FALSE);
  service.locks = g_ptr_array_new_with_free_func (lock_free);
  service.patience = timer_new (on_patience, &service);
  service.secrets = timer_new (on_secrets, &service);
  serve_until_the_end (&service);
  timer_free (service.patience);
  timer_free (service.secrets);
  system_doors_free (service.doors);
  g_ptr_array_unref (service.locks);
  g_main_loop_unref (service.loop);
  config_free (service.next);
  config_free (service.config);
  return service.status;
}
