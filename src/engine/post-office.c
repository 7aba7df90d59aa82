/* Listening, and who is let in. */
#include "engine/post-office-private.h"

#include "engine/timer.h"
#include "mail/local-names.h"
#include "net/clock.h"
#include "net/local-socket.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Callers in the house: all of them, all but root's, one user's, and one user's who ask. */
#define CALLERS_LIMIT 200
#define STRANGERS_LIMIT 180
#define HAND_INS_LIMIT 20
#define INQUIRIES_LIMIT 2

/* Without a descriptor left nobody can be let in, and poll() would report it over and over. */
#define SHORT_BREAK TICKS_PER_SECOND

/* For those inside when the office closes. */
#define CLOSING_PATIENCE (5 * TICKS_PER_SECOND)

typedef Caller *(*CallerNew) (PostOffice *office, int fd, uid_t uid);

typedef struct {
  PostOffice *office;
  CallerNew let_in;
  gboolean asks;
  const char *refusal;
  guint limit; /* callers of one user */
  int fd;
  guint source;
} Door;

struct PostOffice {
  PostOfficeRules rules;
  GStrv local_names;
  Quota *quota;
  GHashTable *callers; /* a set */
  Door doors[2];
  Timer *timer; /* opens the doors again, or ends the closing */
  void (*closed) (gpointer data);
  gpointer closed_data;
  guint closed_source;
};

const PostOfficeRules *
post_office_rules (const PostOffice *office)
{
  return &office->rules;
}

const char *const *
post_office_local_names (const PostOffice *office)
{
  return (const char *const *)office->local_names;
}

Quota *
post_office_quota (PostOffice *office)
{
  return office->quota;
}

/* At the very end the engine may be gone before our last work was done. */
void
post_office_changed (PostOffice *office)
{
  if (!office->closed)
    outbox_source_look_again (office->rules.source);
}

/* --- closing ------------------------------------------------------------------- */

static gboolean
say_closed (gpointer data)
{
  PostOffice *office = data;

  office->closed_source = 0;
  office->closed (office->closed_data);
  return G_SOURCE_REMOVE;
}

static void
end_closing (PostOffice *office)
{
  timer_set (office->timer, TICKS_NEVER);
  if (office->closed && office->closed_source == 0)
    office->closed_source = g_idle_add (say_closed, office);
}

void
post_office_caller_left (PostOffice *office, Caller *caller)
{
  g_hash_table_remove (office->callers, caller);
  if (office->closed && g_hash_table_size (office->callers) == 0)
    end_closing (office);
}

static void
shut_doors (PostOffice *office)
{
  for (gsize i = 0; i < G_N_ELEMENTS (office->doors); i++)
    g_clear_handle_id (&office->doors[i].source, g_source_remove);
}

void
post_office_close (PostOffice *office, void (*done) (gpointer data), gpointer data)
{
  office->closed = done;
  office->closed_data = data;
  shut_doors (office);
  timer_set (office->timer, clock_now () + CLOSING_PATIENCE);
  g_autoptr (GList) callers = g_hash_table_get_keys (office->callers);
  for (GList *link = callers; link; link = link->next)
    ((Caller *)link->data)->send_away (link->data);
  if (!callers)
    end_closing (office);
}

/* --- coming in -------------------------------------------------------------------- */

typedef struct {
  guint all, strangers, same; /* same user at the same door */
} Census;

static Census
count_callers (PostOffice *office, uid_t uid, gboolean asks)
{
  Census census = { 0 };
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, office->callers);
  while (g_hash_table_iter_next (&iter, &key, NULL)) {
    const Caller *caller = key;
    census.all++;
    census.strangers += caller->uid != 0 ? 1 : 0;
    census.same += caller->uid == uid && caller->asks == asks ? 1 : 0;
  }
  return census;
}

static gboolean
has_place (const Door *door, uid_t uid)
{
  Census census = count_callers (door->office, uid, door->asks);

  if (uid == 0)
    return census.all < CALLERS_LIMIT;
  return census.strangers < STRANGERS_LIMIT && census.same < door->limit;
}

static void
let_in (Door *door, int fd)
{
  uid_t uid;

  if (local_socket_caller (fd, &uid) && has_place (door, uid)) {
    g_hash_table_add (door->office->callers, door->let_in (door->office, fd, uid));
    return;
  }
  send (fd, door->refusal, strlen (door->refusal), MSG_DONTWAIT | MSG_NOSIGNAL);
  close (fd);
}

static gboolean
on_caller (int listening, GIOCondition condition, gpointer data)
{
  Door *door = data;
  int fd = accept4 (listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

  if (fd >= 0) {
    let_in (door, fd);
  } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
    door->source = 0;
    timer_set (door->office->timer, clock_now () + SHORT_BREAK);
    return G_SOURCE_REMOVE;
  }
  return G_SOURCE_CONTINUE;
}

static void
open_doors (PostOffice *office)
{
  for (gsize i = 0; i < G_N_ELEMENTS (office->doors); i++) {
    Door *door = &office->doors[i];
    if (door->source == 0)
      door->source = g_unix_fd_add (door->fd, G_IO_IN, on_caller, door);
  }
}

static void
on_timer (gpointer data)
{
  PostOffice *office = data;

  if (office->closed)
    end_closing (office);
  else
    open_doors (office);
}

/* --- life ------------------------------------------------------------------------------ */

static void
free_caller (gpointer data)
{
  Caller *caller = data;

  caller->free (caller);
}

static void
set_up_doors (PostOffice *office)
{
  office->doors[0] = (Door){ .office = office,
                             .let_in = caller_new_hand_in,
                             .refusal = "421 4.7.0 Too many connections\r\n",
                             .limit = HAND_INS_LIMIT,
                             .fd = office->rules.submit_fd };
  office->doors[1] = (Door){ .office = office,
                             .let_in = caller_new_inquiry,
                             .asks = TRUE,
                             .refusal = "{\"error\":\"too many connections\"}\n",
                             .limit = INQUIRIES_LIMIT,
                             .fd = office->rules.query_fd };
}

PostOffice *
post_office_new (const PostOfficeRules *rules)
{
  PostOffice *office = g_new0 (PostOffice, 1);

  office->rules = *rules;
  office->local_names = local_names_of_host ();
  office->quota = quota_new (rules);
  office->callers = g_hash_table_new_full (NULL, NULL, free_caller, NULL);
  office->timer = timer_new (on_timer, office);
  set_up_doors (office);
  open_doors (office);
  return office;
}

void
post_office_free (PostOffice *office)
{
  if (!office)
    return;
  shut_doors (office);
  g_clear_handle_id (&office->closed_source, g_source_remove);
  timer_free (office->timer);
  g_hash_table_unref (office->callers);
  quota_free (office->quota);
  g_strfreev (office->local_names);
  g_free (office);
}
