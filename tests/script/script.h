/* An SMTP dialogue as a data file; the format is in tests/script/README. */
#pragma once

#include "core/dialogue.h"

typedef enum {
  STEP_SERVER, /* octets from the server */
  STEP_CLIENT, /* octets that must have come from the client */
  STEP_BODY,   /* … of message .id, .number of them */
  STEP_TLS,
  STEP_TLS_FAILED,
  STEP_AUTH,   /* .word: status; .octets: response; .challenge: what must have been asked */
  STEP_PERMIT,
  STEP_REFUSE, /* .word: kind */
  STEP_BODY_FAILED,
  STEP_WAIT,   /* .number ms */
  STEP_CLOSE,
  STEP_QUIET,  /* nothing may have come from the client */
} StepKind;

typedef struct {
  StepKind kind;
  guint line;
  GByteArray *octets;
  char *word;
  GByteArray *challenge; /* NULL: any */
  DeliveryId id;
  guint64 number;
} Step;

typedef struct {
  DeliveryId id;
  Envelope *envelope;
  BodyForm form;
  GString *body;
  gboolean last;
} Message;

/* What must be said in the end: of a recipient, of the session, or of an event. */
typedef struct {
  guint line;
  DeliveryId id;   /* 0: the session */
  char *recipient; /* NULL: the session; "*": overall */
  char **words;    /* kind, stage, cause, code; "-": anything */
} Expectation;

typedef struct {
  char *name, *folder;
  DialogueSettings settings;
  DialogueTls tls;
  gboolean permit_by_hand, never_quits, whole_only;
  gsize body_stalls; /* behind so many octets */
  GPtrArray *steps, *messages, *expectations;
  char **events; /* names of news that must come, in order */
} Script;

/* Never fails: a file that isn't understood ends the test. */
Script *script_read (const char *path);
void    script_free (Script *script);

const Message *script_message (const Script *script, DeliveryId id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Script, script_free)
