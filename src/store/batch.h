/* A batch on disk: thousands of rows that become messages, and what became of each. One
 * SQLite file a batch, batches/NAME.sqlite3 in the state directory, so that the outbox stays
 * small and can be served first, and a batch is removed by removing its file. Nothing here
 * knows of mail but addresses and verdicts: what a row holds (the values of a table's row, or
 * a message) is octets, and so is what all rows share (the letter).
 *
 * Life: batch_open() makes the file; batch_take() makes this process the one that may
 * change it; batch_load_begin(), batch_load_row() for each, batch_load_end() make it ready (again,
 * with changed rows, as often as wished); batch_fetch() and batch_record() send it; another
 * process may look, pause, resume and cancel with batch_act() all the time. After a SIGKILL
 * what was recorded as in doubt is in doubt, and everything else goes on.
 *
 * A Batch belongs to one thread (a second one may be opened for another), and never to a child
 * after fork(). Errors are those of store/outbox.h. Times are of the wall clock, µs since 1970. */
#pragma once

#include "core/outcome.h"
#include "core/pacing.h"

#define BATCH_FOLDER "batches"

typedef struct Batch Batch;

/* --- names --------------------------------------------------------------------------- */

#define BATCH_NAME_LIMIT 100

/* Letters, digits, ".", "-", "_", "+" and "@" (and UTF-8 beyond ASCII), not beginning with "."
 * or "-". */
gboolean batch_name_is_good (const char *name);

/* "people" of "/home/x/people.csv", with "_" for what no name may have; NULL: nothing is left. */
char    *batch_name_of_file (const char *file);

/* --- opening ----------------------------------------------------------------------------- */

/* DIRECTORY is the state directory. CREATE: make the file where it is missing; else NULL without
 * ERROR where there is none. */
Batch      *batch_open (const char *directory, const char *name, gboolean create, GError **error);
void        batch_close (Batch *batch);
const char *batch_name (const Batch *batch);
char       *batch_directory (const Batch *batch); /* for batch_open(); the caller's */
const char *batch_warning (const Batch *batch); /* of a damaged file that was set aside; NULL: nothing */

/* A number that changes with each commit of other processes; cheap. */
gint64      batch_version (Batch *batch);

/* Makes this process the one that loads and sends; until batch_close(), or its death.
 * *RET_HOLDER: 0: it is; else the id of the living process that is it already. */
gboolean    batch_take (Batch *batch, gint64 *ret_holder, GError **error);

/* Removes the file with all that belongs to it, and closes BATCH, which must be this process's
 * (batch_take()). */
gboolean    batch_remove (Batch *batch, GError **error);

/* --- how it is to be sent ----------------------------------------------------------------- */

#define BATCH_WINDOW_DEFAULT      8
#define BATCH_WINDOW_LIMIT        1000
#define BATCH_CONNECTIONS_DEFAULT 4

/* Stored with the batch, honoured by whoever sends it. */
typedef struct {
  char        *account;   /* name */
  GStrv        overrides; /* "key=value" of --set, no secrets; NULL: none */
  char        *sender;    /* of rows that have none of their own; "" is the null reverse-path */
  guint        window;    /* messages in flight on a connection */
  gboolean     resend_in_doubt; /* else what is in doubt waits for a person */
  PacingRules  pacing;
} BatchPlan;

/* Zeroes, and the defaults above. */
void       batch_plan_init (BatchPlan *plan);
void       batch_plan_clear (BatchPlan *plan);

gboolean   batch_set_plan (Batch *batch, const BatchPlan *plan, GError **error);
gboolean   batch_get_plan (Batch *batch, BatchPlan *ret_plan, GError **error); /* the caller's to clear */

/* What else all rows share, for those who make messages of them: octets by NAME, of any size.
 * Durable with the next batch_load_end(). OCTETS NULL: removes it. */
gboolean   batch_set_part (Batch *batch, const char *name, const void *octets, gsize length, GError **error);
/* NULL without ERROR: there is none. The caller's. */
GBytes    *batch_get_part (Batch *batch, const char *name, GError **error);

/* --- loading -------------------------------------------------------------------------------- */

typedef enum {
  BATCH_ROW_NEW,
  BATCH_ROW_SAME,      /* there already, with the same content: goes on from where it is; what was left
                          out waits again, what was refused stays so */
  BATCH_ROW_CHANGED,   /* its new content is taken: those of its recipients that are neither accepted
                          nor in doubt wait for it */
  BATCH_ROW_SETTLED,   /* changed, but everybody has it, or may have it: stays as it is */
  BATCH_ROW_DUPLICATE, /* its key was there already in this loading: not taken */
} BatchLoaded;

/* About rows in the order of loading, some time after batch_load_row(): they are written
 * many at a time. */
typedef void (*BatchLoadTold) (const char *key, guint64 line, BatchLoaded loaded, gpointer data);

typedef struct {
  gboolean      allow_duplicates; /* the second row of a key is another one */
  const char   *common;  /* any words that stand for what all rows share (a digest of the letter):
                            where they differ from those of the last time all rows are changed; NULL: none */
  BatchLoadTold told;    /* NULL: nobody */
  gpointer      data;
} BatchLoading;

/* The batch is LOADING from now on, and is not sent before batch_load_end(), also when this
 * process dies before: then the same is to be loaded again. */
gboolean batch_load_begin (Batch *batch, const BatchLoading *loading, GError **error);

/* Up to LENGTH octets; 0 at the end; -1 with ERROR. */
typedef gssize (*BatchRead) (gpointer data, guint8 *buffer, gsize length, GError **error);

#define BATCH_KEY_LIMIT 1000

typedef struct {
  const char  *key;        /* tells rows apart; at most BATCH_KEY_LIMIT octets */
  guint64      line;       /* of the file it comes from, or its number there */
  const char  *sender;     /* NULL: the plan's */
  const char  *message_id; /* for the report; NULL: unknown */
  const char  *const *recipients;
  guint        n_recipients;
  const void  *octets;     /* the content, copied; NULL: */
  gsize        length;
  BatchRead    read;       /*   it comes from here, to its end, never whole in memory */
  gpointer     data;
} BatchRowInput;

gboolean batch_load_row (Batch *batch, const BatchRowInput *row, GError **error);

/* Durable when TRUE, and READY (or PAUSED, where it was). Rows that are here and were not in this
 * loading are left out; but with KEEP_OTHERS they stay what they are. */
gboolean batch_load_end (Batch *batch, gboolean keep_others, GError **error);

/* --- what becomes of a recipient -------------------------------------------------------------- */

typedef enum {
  BATCH_WAITING,
  BATCH_DEFERRED, /* waits: refused for now, tried again at the row's time */
  BATCH_IN_DOUBT, /* in flight; or nobody knows */
  BATCH_ACCEPTED,
  BATCH_REFUSED,
  BATCH_LEFT_OUT, /* in no data any more, or cancelled */
} BatchFate;
#define BATCH_FATES 6

const char *batch_fate_name (BatchFate fate); /* "waiting" … "left-out"; on disk, so they stay */

typedef struct {
  char     *address;
  BatchFate fate;
  Verdict   verdict; /* the latest */
  char     *path;    /* over which it came; NULL: none */
  gint64    at;      /* when FATE became so; 0: since it was loaded */
} BatchRecipient;

typedef struct {
  gint64          id;
  char           *key;
  guint64         line;
  char           *sender;     /* NULL: the plan's */
  char           *message_id; /* NULL: unknown */
  gint64          due;        /* 0: at once */
  guint           tries;      /* that failed */
  guint64         size;       /* of its content */
  GBytes         *content;    /* of one from batch_fetch() that is small; NULL: batch_read_content() */
  guint           n_recipients;
  BatchRecipient *recipients;
} BatchRow;

void batch_row_free (BatchRow *row);

/* The first octet of the name that the server has given the message ("250 2.0.0 Ok: queued as 4F1")
 * and its length; NULL: it gave none. */
const char *batch_queue_id (const Verdict *verdict, gsize *ret_length);

/* --- sending ------------------------------------------------------------------------------------ */

#define BATCH_CONTENT_AT_HAND ((guint64) 256 * 1024) /* larger ones are read when they are wanted */

typedef struct {
  gint64        now;
  guint         most;
  const gint64 *in_hand; /* rows that are not to be fetched again, in ascending order */
  guint         n_in_hand;
} BatchFetch;

/* Appends rows (BatchRow, the caller's) of which somebody waits and that are due, in the
 * order of the file. *RET_NEXT: the earliest time at which another is; G_MAXINT64: there is none. */
gboolean batch_fetch (Batch *batch, const BatchFetch *fetch, GPtrArray *rows, gint64 *ret_next, GError **error);

/* The content of row ID from octet 0; the caller's. */
typedef struct BatchReader BatchReader;
BatchReader *batch_read_content (Batch *batch, gint64 id, GError **error);
gssize       batch_reader_read (BatchReader *reader, guint8 *buffer, gsize length, GError **error);
void         batch_reader_free (BatchReader *reader);

typedef struct {
  gint64         row;
  guint          recipient;
  BatchFate      fate;
  const Verdict *verdict; /* NULL: that which is there stays */
  const char    *path;
  gint64         due;     /* of the row, where anybody waits then */
  gboolean       counts;  /* one more of .tries */
} BatchChange;

/* All of N or none, in order, in one durable commit; and PACING (pacing_store(); NULL: as it was). */
gboolean batch_record (Batch *batch, const BatchChange *changes, gsize n, const char *pacing, gint64 now,
                       GError **error);

/* pacing_store()'s of the last time; NULL without ERROR: none. The caller's. */
char    *batch_get_pacing (Batch *batch, GError **error);

/* --- as a whole ------------------------------------------------------------------------------------ */

typedef enum {
  BATCH_LOADING, /* not all rows are here */
  BATCH_READY,   /* is sent, or to be sent, or done: the counts tell */
  BATCH_PAUSED,  /* by .reason */
  BATCH_CANCELLED,
} BatchState;

const char *batch_state_name (BatchState state);

typedef struct {
  char      *name;
  BatchState state;
  char      *reason;  /* "user", "account" (the sender, the login, a quota was refused) or "refusals"
                         (so many in a row); NULL: none */
  Verdict    verdict; /* that was the reason; kind NONE: none */
  gint64     created, changed;
  guint64    n_rows;
  guint64    counts[BATCH_FATES]; /* of recipients */
  gint64     next_due;  /* the earliest of those that wait; G_MAXINT64: nobody waits */
  gint64     holder;    /* id of the living process that loads or sends it; 0: nobody */
} BatchInfo;

void       batch_info_free (BatchInfo *info);
BatchInfo *batch_info (Batch *batch, GError **error);
gboolean   batch_get_state (Batch *batch, BatchState *ret_state, GError **error); /* alone, and cheaper */

/* Of all batches under DIRECTORY, of BatchInfo, by name; the caller's. One that can't be read is left out,
 * and *RET_COMPLAINT (NULL: not wanted) says so; the caller's. */
GPtrArray *batch_list (const char *directory, char **ret_complaint, GError **error);

/* Rows with at least one recipient of the FATES (bits 1 << BatchFate; 0: all), in the order of the file,
 * without content; a few in memory at a time. FALSE from VISIT ends it. */
typedef gboolean (*BatchVisit) (const BatchRow *row, gpointer data);
gboolean   batch_visit (Batch *batch, guint fates, BatchVisit visit, gpointer data, GError **error);

typedef enum {
  BATCH_PAUSE,          /* READY to PAUSED; who sends it sees that within a second, and finishes what is in flight */
  BATCH_RESUME,         /* PAUSED to READY */
  BATCH_CANCEL,         /* who waits is left out, for good */
  BATCH_RESEND_DOUBTS,  /* in doubt to waiting: only while nobody else sends it */
  BATCH_BELIEVE_DOUBTS, /* in doubt to accepted: likewise */
  BATCH_RETRY_DEFERRED, /* due now */
} BatchAction;

typedef enum {
  BATCH_DONE,
  BATCH_NOT_SO, /* its state doesn't allow it, or it is so already: *RET_STATE */
  BATCH_BUSY,   /* another living process has it */
} BatchResult;

gboolean batch_act (Batch *batch, BatchAction action, gint64 now, BatchResult *ret_result,
                    BatchState *ret_state, GError **error);

/* For the rows of KEY alone: BATCH_RESEND_DOUBTS or BATCH_BELIEVE_DOUBTS, of *RET_N recipients; 0: none of them
 * is in doubt. KEY NULL: for all rows. */
gboolean batch_resolve (Batch *batch, const char *key, BatchAction action, gint64 now, BatchResult *ret_result,
                        guint *ret_n, GError **error);

/* By whoever sends it: pauses for REASON, and what VERDICT (NULL: none) said. */
gboolean batch_pause (Batch *batch, const char *reason, const Verdict *verdict, gint64 now, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Batch, batch_close)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BatchRow, batch_row_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BatchInfo, batch_info_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BatchReader, batch_reader_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BatchPlan, batch_plan_clear)
