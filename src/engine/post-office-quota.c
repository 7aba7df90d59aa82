/* What waits is counted in memory as it comes, and counted anew from the outbox when that
 * reaches a limit: what has left since is only known there. */
#include "engine/post-office-private.h"

#include "net/clock.h"

#include <sys/statvfs.h>

#define USUAL_MESSAGES_LIMIT 1000
#define OCTETS_LIMIT ((guint64)1024 * 1024 * 1024)
/* Room on the disk that is left to root, whose mail tells of the full disk. */
#define RESERVE ((guint64)64 * 1024 * 1024)
/* A count is believed this long when it says no. */
#define COUNT_LASTS (10 * TICKS_PER_SECOND)

#define NO_ROOM "4.3.1 No room on the disk"
#define TOO_MUCH "4.2.2 Too much mail of yours is waiting"
#define NO_COUNT "4.3.0 The outbox can't be read"

typedef struct {
  guint64 messages, octets;
  Ticks counted;
} Usage;

struct Quota {
  OutboxSource *source;
  char *directory;
  guint messages_limit;
  GHashTable *usages; /* uid to Usage */
};

typedef struct {
  Quota *quota;
  uid_t uid;
  guint64 size;
  QuotaAnswer answer;
  gpointer data;
  Usage usage;
  GError *error;
} Count;

Quota *
quota_new (const PostOfficeRules *rules)
{
  Quota *quota = g_new0 (Quota, 1);

  quota->source = rules->source;
  quota->directory = g_strdup (rules->directory);
  quota->messages_limit = rules->messages_limit > 0 ? rules->messages_limit : USUAL_MESSAGES_LIMIT;
  quota->usages = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  return quota;
}

void
quota_free (Quota *quota)
{
  g_hash_table_unref (quota->usages);
  g_free (quota->directory);
  g_free (quota);
}

static Usage *
usage_of (Quota *quota, uid_t uid)
{
  Usage *usage = g_hash_table_lookup (quota->usages, GUINT_TO_POINTER (uid));

  if (!usage) {
    usage = g_new0 (Usage, 1);
    usage->messages = quota->messages_limit; /* unknown: to be counted */
    usage->counted = TICKS_NEVER;
    g_hash_table_insert (quota->usages, GUINT_TO_POINTER (uid), usage);
  }
  return usage;
}

static gboolean
has_room (const Quota *quota, const Usage *usage, guint64 size)
{
  return usage->messages < quota->messages_limit && usage->octets < OCTETS_LIMIT
         && size <= OCTETS_LIMIT - usage->octets;
}

/* --- counting ---------------------------------------------------------------- */

static void
add_item (const OutboxItem *item, gpointer data)
{
  Usage *usage = data;

  usage->messages++;
  usage->octets += item->size;
}

/* On the writer thread. */
static void
count (Outbox *outbox, gpointer data)
{
  Count *counting = data;
  OutboxFilter filter = {
    .states = 1u << OUTBOX_DRAFT | 1u << OUTBOX_HELD | 1u << OUTBOX_QUEUED | 1u << OUTBOX_SENDING
              | 1u << OUTBOX_IN_DOUBT,
    .owner = counting->uid,
  };

  outbox_list (outbox, &filter, add_item, &counting->usage, &counting->error);
}

static void
say_counted (Outbox *outbox, gpointer data)
{
  Count *counting = data;
  const char *refusal = NO_COUNT;

  if (!counting->error) {
    counting->usage.counted = clock_now ();
    *usage_of (counting->quota, counting->uid) = counting->usage;
    refusal = has_room (counting->quota, &counting->usage, counting->size) ? NULL : TOO_MUCH;
  }
  counting->answer (refusal, counting->data);
  g_clear_error (&counting->error);
  g_free (counting);
}

/* --- asking -------------------------------------------------------------------- */

static gboolean
disk_has_room (const Quota *quota, guint64 size)
{
  struct statvfs disk;

  if (statvfs (quota->directory, &disk) != 0)
    return TRUE; /* then writing will say what is wrong */
  return (guint64)disk.f_bavail * disk.f_frsize >= RESERVE + size;
}

void
quota_ask (Quota *quota, uid_t uid, guint64 size, QuotaAnswer answer, gpointer data)
{
  Usage *usage = usage_of (quota, uid);
  gboolean fresh = usage->counted != TICKS_NEVER && clock_now () - usage->counted < COUNT_LASTS;

  if (uid == 0) {
    answer (NULL, data);
  } else if (!disk_has_room (quota, size)) {
    answer (NO_ROOM, data);
  } else if (has_room (quota, usage, size) || fresh) {
    answer (has_room (quota, usage, size) ? NULL : TOO_MUCH, data);
  } else {
    Count *counting = g_new0 (Count, 1);
    *counting = (Count){ .quota = quota, .uid = uid, .size = size, .answer = answer, .data = data };
    outbox_source_run (quota->source, count, say_counted, counting);
  }
}

void
quota_count (Quota *quota, uid_t uid, guint64 size)
{
  Usage *usage = usage_of (quota, uid);

  usage->messages++;
  usage->octets += size;
}
