/* The outbox on disk: outbox.sqlite3 in the state directory, shared by any number of
 * processes. Each function that writes is one transaction (BEGIN IMMEDIATE), durable when
 * it returns TRUE (WAL, synchronous=FULL), but for claims, which end with their process
 * anyway. An Outbox belongs to one thread, and never to a child after fork(). What is said
 * here of errors: TOUKAN_ERROR_TEMPORARY when the disk is full or the file locked for too
 * long, TOUKAN_ERROR_IO when the disk failed, TOUKAN_ERROR_CONFIGURATION naming state-dir
 * on a network file system, TOUKAN_ERROR_UNAVAILABLE when a newer version made the file.
 * Times are of the wall clock, µs since 1970. Nothing here decides: when to retry is
 * core/retry's, and the caller's. */
#pragma once

#include "base/ticks.h"
#include "core/envelope.h"
#include "core/outcome.h"

#define OUTBOX_NAME "outbox.sqlite3"

typedef struct Outbox Outbox;

/* Stored; what a person sees beyond it (scheduled, deferred, partly accepted, refused,
 * expired) follows from the item (outbox_item_standing()). */
typedef enum {
  OUTBOX_DRAFT,
  OUTBOX_HELD,      /* by a person, or by .reason; until released */
  OUTBOX_QUEUED,    /* due at .not_before */
  OUTBOX_SENDING,   /* leased */
  OUTBOX_IN_DOUBT,  /* leased: the end was permitted; not leased: a person decides */
  OUTBOX_FINISHED,  /* nobody waits any more; kept as history */
  OUTBOX_CANCELLED,
} OutboxState;

const char *outbox_state_name (OutboxState state); /* "draft" … "cancelled"; on disk, so they stay */

/* One message, without its octets. */
typedef struct {
  gint64      id;           /* never used again */
  OutboxState state;
  char       *reason;       /* why it is held or waits, a word for programs: cause_name(), "user",
                               "account", "undo", "scheduled", "expired"; NULL: none */
  guint32     owner;        /* uid of who handed it in */
  char       *account;      /* name */
  GStrv       overrides;    /* "key=value" of --set that hold for this message, no secrets; NULL: none */
  Envelope   *envelope;
  gboolean   *pending;      /* by recipient: still to be served */
  Verdict    *verdicts;     /* by recipient: the latest */
  char       *from, *subject, *message_id; /* of the header, decoded, for people; NULL: none */
  guint64     size;         /* octets of the message */
  gint64      submitted, not_before, changed, finished; /* 0: not (yet) */
  gboolean    with_network; /* a new network makes it due before not_before */
  gint64      hold_until;   /* wished with FUTURERELEASE, or by --at; 0: none */
  guint       tries;        /* that failed */
  char       *holder;       /* who has the lease: a process's number; NULL: nobody that lives */
} OutboxItem;

OutboxItem *outbox_item_copy (const OutboxItem *item);
void        outbox_item_free (OutboxItem *item);

/* What a person would call it. */
typedef enum {
  STANDING_DRAFT, STANDING_HELD, STANDING_SCHEDULED, STANDING_WAITING /* due */,
  STANDING_DEFERRED /* failed for now */, STANDING_SENDING, STANDING_IN_DOUBT,
  STANDING_SENT /* accepted for all */, STANDING_PARTLY /* for some, the others refused */,
  STANDING_REFUSED, STANDING_EXPIRED, STANDING_CANCELLED,
} OutboxStanding;

OutboxStanding outbox_item_standing (const OutboxItem *item, gint64 now);
const char    *outbox_standing_name (OutboxStanding standing);

/* --- opening ------------------------------------------------------------------------ */

/* CREATE: make directory (0700) and file (0600) where they are missing; else NULL without
 * ERROR where there is no file. A damaged file is set aside under another name in the same
 * directory, which outbox_warning() says; never silently. The directory must not be on a
 * network file system. */
Outbox     *outbox_open (const char *directory, gboolean create, GError **error);
void        outbox_close (Outbox *outbox);
const char *outbox_warning (const Outbox *outbox); /* NULL: nothing to say */

/* A number that changes with each commit of any process; cheap. */
gint64      outbox_version (Outbox *outbox);

/* --- putting in ---------------------------------------------------------------------- */

/* Up to LENGTH octets; 0 at the end; -1 with ERROR. */
typedef gssize (*OutboxRead) (gpointer data, guint8 *buffer, gsize length, GError **error);

typedef struct {
  OutboxState        state;      /* DRAFT, HELD, QUEUED; SENDING: leased to this process at once */
  const char        *reason;
  guint32            owner;
  const char        *account;
  const char *const *overrides;
  const Envelope    *envelope;
  const char        *from, *subject, *message_id;
  gint64             now, not_before, hold_until;
  OutboxRead         read;       /* the message, from here to its end: never whole in memory */
  gpointer           data;
} OutboxAddition;

/* Durable when TRUE: nothing of it is there when FALSE. */
gboolean outbox_add (Outbox *outbox, const OutboxAddition *addition, gint64 *ret_id, GError **error);

/* The same in place of what item ID holds (a draft, or one being edited); only where nobody
 * has it leased and nobody was served. *RET_FOUND: FALSE when that isn't so. */
gboolean outbox_replace (Outbox *outbox, gint64 id, const OutboxAddition *addition, gboolean *ret_found,
                         GError **error);

/* --- sending -------------------------------------------------------------------------- */

/* A lease belongs to one Outbox; another of the same process is somebody else. It ends with
 * its process, however that dies (a lock of the kernel's), or with outbox_close().
 *
 * Fates decide what an item is, and words can't change that: while somebody is in doubt the
 * item is IN_DOUBT (whether leased or not), and it isn't FINISHED while somebody is pending.
 * Who is in doubt isn't pending, unless a rule or a person says that it is to be resent. */

typedef struct {
  gint64             now;
  gint64             only;        /* this item alone, due or not (unless held); 0: any that is due */
  const char        *account;     /* of this account only; NULL: any */
  const char *const *not_accounts;/* NULL-terminated: of none of these (held ones); NULL */
  gint64             new_network; /* since when there is one: items .with_network that changed before
                                     are due, whatever their not_before; 0: there is none */
} OutboxClaim;

/* Leases the next item to this process: QUEUED and due; or SENDING by a process that is gone,
 * which is due at once (nothing of those still pending was permitted). What a process that is
 * gone left IN_DOUBT only loses its lease here; those of its recipients that nobody permitted
 * are pending still, and for them it is handed out as IN_DOUBT. *ret_item is NULL when there
 * is none, and *ret_next when to ask again (G_MAXINT64: nothing waits; while others are
 * sending, within a minute, since nobody says when they die). */
gboolean outbox_claim (Outbox *outbox, const OutboxClaim *claim, OutboxItem **ret_item, gint64 *ret_next,
                       GError **error);

/* One pass over a message. NULL with ERROR. */
typedef struct OutboxReader OutboxReader;
OutboxReader *outbox_open_message (Outbox *outbox, gint64 id, GError **error);
gssize        outbox_read (OutboxReader *reader, guint8 *buffer, gsize length, GError **error);
void          outbox_reader_free (OutboxReader *reader);

/* One try over one session, for the history. */
typedef struct {
  gint64         at;          /* when it began */
  Ticks          lasted;
  char          *network;     /* for people; NULL: unknown */
  char          *path;        /* "587/IPv4 mail.example.org [192.0.2.1]"; NULL: none was reached */
  char          *tls;         /* "TLSv1.3 …"; NULL: in the clear */
  char          *mechanism;   /* of AUTH; NULL: none */
  Verdict        verdict;     /* of the whole try */
} OutboxAttempt;

void outbox_attempt_free (OutboxAttempt *attempt);

typedef enum {
  OUTBOX_CHANGE_RECIPIENT, /* .recipient: .verdict; .pending: is it still to be served? */
  OUTBOX_CHANGE_IN_DOUBT,  /* .recipient is in doubt from now on, and so the item */
  OUTBOX_CHANGE_ATTEMPT,   /* .attempt */
  OUTBOX_CHANGE_RELEASE,   /* the lease ends: .state, .reason, .not_before, .with_network, .counts.
                              QUEUED or FINISHED becomes what the fates say (see above), and
                              CANCELLED when somebody wished that and somebody is pending */
} OutboxChangeKind;

typedef struct {
  OutboxChangeKind     kind;
  gint64               id;
  guint                recipient;
  const Verdict       *verdict;
  gboolean             pending;
  const OutboxAttempt *attempt;
  OutboxState          state;
  const char          *reason;
  gint64               not_before;
  gboolean             with_network;
  gboolean             counts;  /* one more of .tries */
} OutboxChange;

/* All of N or none, in order, in one commit. Only items leased to this process. */
gboolean outbox_record (Outbox *outbox, const OutboxChange *changes, gsize n, gint64 now, GError **error);

/* Ends this process's lease on all items that it holds and has not permitted to end: due
 * again at once. At a tidy end of the program. */
gboolean outbox_release_all (Outbox *outbox, GError **error);

/* --- accounts that are held -------------------------------------------------------------- */

typedef struct {
  char    *account;
  char    *fingerprint; /* of the configuration and secret that were refused */
  Verdict  verdict;     /* why */
  gint64   since;
  gboolean told;        /* its one notice has been given */
} OutboxHold;

void     outbox_hold_free (OutboxHold *hold);
gboolean outbox_hold_account (Outbox *outbox, const char *account, const char *fingerprint,
                              const Verdict *verdict, gint64 now, GError **error);
/* *RET_FIRST: this call is the one that may give the notice. */
gboolean outbox_tell_hold (Outbox *outbox, const char *account, gboolean *ret_first, GError **error);
gboolean outbox_free_account (Outbox *outbox, const char *account, GError **error);
GPtrArray *outbox_holds (Outbox *outbox, GError **error); /* of OutboxHold, the caller's */

/* --- looking ------------------------------------------------------------------------------ */

#define OUTBOX_ANYBODY ((gint64)-1)

typedef void (*OutboxVisit) (const OutboxItem *item, gpointer data);

typedef struct {
  guint  states; /* bits 1 << OutboxState; 0: all */
  gint64 owner;  /* a uid, or OUTBOX_ANYBODY */
} OutboxFilter;

/* Oldest first; a few items in memory at a time. VISIT may do what it likes, also to the outbox. */
gboolean    outbox_list (Outbox *outbox, const OutboxFilter *filter, OutboxVisit visit, gpointer data,
                         GError **error);
/* NULL without ERROR: there is none. The caller's. */
OutboxItem *outbox_find (Outbox *outbox, gint64 id, GError **error);
GPtrArray  *outbox_attempts (Outbox *outbox, gint64 id, GError **error); /* of OutboxAttempt, oldest first */

/* --- what a person does ------------------------------------------------------------------- */

typedef enum {
  OUTBOX_RETRY,       /* due now: QUEUED; lets go of HELD, too */
  OUTBOX_HOLD,
  OUTBOX_RELEASE,     /* HELD or DRAFT to QUEUED */
  OUTBOX_CANCEL,      /* nobody still pending will have it */
  OUTBOX_RESOLVE_SENT,/* what is in doubt counts as accepted */
  OUTBOX_RESOLVE_RESEND,
  OUTBOX_REMOVE,      /* with its history; only what is over, or a draft */
} OutboxAction;

typedef enum {
  OUTBOX_DONE,
  OUTBOX_UNKNOWN,  /* no such item, or not OWNER's */
  OUTBOX_BUSY,     /* a living process has it: CANCEL is noted there and tried (outbox_cancel_wishes()) */
  OUTBOX_NOT_SO,   /* its state doesn't allow it: *ret_state */
} OutboxResult;

gboolean outbox_act (Outbox *outbox, gint64 id, OutboxAction action, gint64 owner, gint64 now,
                     OutboxResult *ret_result, OutboxState *ret_state, GError **error);

/* Items of this process that another asked to cancel, since the last call; of gint64. */
GArray  *outbox_cancel_wishes (Outbox *outbox, GError **error);

/* Forgets what was finished or cancelled before BEFORE, and message octets that nobody
 * needs. *RET_N: items. */
gboolean outbox_prune (Outbox *outbox, gint64 before, guint *ret_n, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Outbox, outbox_close)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OutboxItem, outbox_item_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OutboxAttempt, outbox_attempt_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OutboxHold, outbox_hold_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OutboxReader, outbox_reader_free)
