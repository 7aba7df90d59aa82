/* The only door: every front end submits here and watches here. */
#pragma once

#include "engine/work.h"
#include "net/identity.h"
#include "net/tls.h"

typedef struct Engine Engine;

/* SOURCE is taken. MEMORY (path memory) and IDENTITY outlive the engine. IDENTITY names where
 * this machine is attached; without it (NULL) that is unknown, so that MEMORY is neither
 * believed nor written. */
Engine *engine_new (WorkSource *source, PathMemory *memory, Identity *identity);
void    engine_free (Engine *engine);

/* What a front end hands in. Everything is copied or referenced. */
typedef struct {
  const Account  *account;  /* outlives the engine */
  const Envelope *envelope;
  BodySource     *message;
} Submission;

/* Puts a message on its way. FALSE with ERROR when it could not be taken; then nothing
 * of it is kept. Wakes the engine. */
gboolean submit (Engine *engine, const Submission *submission, DeliveryId *ret_id, GError **error);

/* Something may be due: ask the source. */
void engine_wake (Engine *engine);

/* TRUE since ENGINE_IDLE was told, as long as nothing is in hand. */
gboolean engine_is_idle (const Engine *engine);

/* This machine is attached elsewhere, or not at all: searches begin anew, sessions whose own address
 * is gone are given up unless the server's answer is all that they wait for, and what was
 * looked up is forgotten. */
void engine_network_changed (Engine *engine);

typedef enum {
  ENGINE_RESOLVING,      /* .path.host, .path.family */
  ENGINE_RESOLVED,       /* .n_addresses, .text: status */
  ENGINE_NETWORK,        /* .path.host, .path.family, .text: by which network it is reached, NULL: unknown;
                            .detail: the same for people */
  ENGINE_ATTEMPT,        /* .attempt, .path, .address */
  ENGINE_ATTEMPT_ENDED,  /* .attempt, .path, .end, .error (errno), .text: reason when abandoned */
  ENGINE_CONNECTED,      /* .attempt, .path */
  ENGINE_GREETING,       /* .reply */
  ENGINE_CAPABLE,        /* .capabilities */
  ENGINE_TLS,            /* .tls */
  ENGINE_WINNER,         /* .attempt, .path */
  ENGINE_AUTH,           /* .text: mechanism; NULL and .detail when it was skipped */
  ENGINE_COMMAND,        /* .text, secrets masked */
  ENGINE_REPLY,          /* .reply */
  ENGINE_RECIPIENT,      /* .recipient, .verdict */
  ENGINE_PROGRESS,       /* .octets of .total */
  ENGINE_SESSION_ENDED,  /* .verdict */
  ENGINE_OUTCOME,        /* .outcome; the delivery is over for this try */
  ENGINE_IDLE,           /* nothing is in hand and nothing is due */
  ENGINE_WAITING,        /* a probe's: .attempt, .path: it takes its time, and is given that .until */
} EngineEventKind;

typedef struct {
  EngineEventKind      kind;
  Ticks                at;        /* since the delivery was claimed */
  DeliveryId           id;
  LadderAttemptId      attempt;
  Path                 path;
  IpAddress            address;
  gboolean             has_address;
  AttemptEnd           end;
  int                  error;
  gsize                n_addresses;
  guint                recipient;
  const char          *text;
  const char          *detail;
  const Reply         *reply;
  const Capabilities  *capabilities;
  const TlsFacts      *tls;
  const Verdict       *verdict;
  const Outcome       *outcome;
  guint64              octets, total;
  Ticks                until;
} EngineEvent;

/* What EVENT points to lives during the call only. */
typedef void (*EngineWatch) (const EngineEvent *event, gpointer data);

guint engine_watch (Engine *engine, EngineWatch watch, gpointer data);
void  engine_unwatch (Engine *engine, guint watch_id);

typedef enum { CANCEL_CANCELLED, CANCEL_TOO_LATE, CANCEL_UNKNOWN } CancelResult;

/* Exact: CANCELLED means the server will never have it whole. */
CancelResult engine_cancel (Engine *engine, DeliveryId id);

/* The same, but its source keeps it, as if this try had not been made. */
CancelResult engine_put_back (Engine *engine, DeliveryId id);

/* engine_put_back() of everything in hand. The number for which it is too late. */
guint engine_put_back_all (Engine *engine);

/* The ladder of what is in hand, for the final message; NULL: none. */
const Ladder *engine_ladder (Engine *engine, DeliveryId id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Engine, engine_free)
