/* What one toukan-sink is told to be: every option of its command line, parsed. */
#pragma once

#include "core/path.h"
#include "core/receiver.h"

typedef struct {
  IpAddress address;
  guint16   port;         /* 0: any */
  gboolean  implicit_tls;
} SinkListen;

typedef enum {
  CERTIFICATE_GOOD,
  CERTIFICATE_EXPIRED,
  CERTIFICATE_ENDS_SOON,
  CERTIFICATE_SELF_SIGNED,
  CERTIFICATE_WRONG_NAME,
  CERTIFICATE_CN_ONLY,
} CertificateKind;

const char *certificate_kind_name (CertificateKind kind);

/* At which moment of a connection something happens. */
typedef enum { MOMENT_NEVER, MOMENT_OCTET, MOMENT_COMMAND, MOMENT_END } MomentKind;

typedef struct {
  MomentKind kind;
  guint64    number; /* of octets or commands that have come from the client */
} Moment;

/* NAME:SECRET */
typedef struct {
  char *name;
  char *secret;
} SinkLogin;

typedef struct {
  char *address;
  guint code;
  char *text;
} SinkRecipientReply;

typedef struct {
  GArray *listen;           /* of SinkListen */
  char   *maildir;          /* NULL: messages are counted and thrown away */
  char   *log;              /* NULL: standard output */
  char   *name;

  char   *tls_dir;          /* NULL: one of our own, removed at the end */
  char  **tls_names;
  CertificateKind certificate;
  gboolean tls12;
  char   *client_ca;        /* a file, or "ask"; NULL: client certificates aren't asked for */
  gboolean require_client_certificate;
  char   *client_certificate_out;

  guint   capabilities;
  guint64 size;
  guint   rcpt_max;
  Ticks   future_release;   /* how long messages are held at the longest; 0: not offered */
  GArray *users;            /* of SinkLogin */
  GArray *tokens;           /* of SinkLogin */
  char  **mechanisms;
  gboolean old_auth, auth_in_clear, require_auth, require_tls;

  Ticks    greeting_delay, reply_delay;
  gboolean silent;
  char    *greeting;        /* "CODE TEXT"; NULL: the usual one */
  guint    greeting_code;
  const char *greeting_text; /* points into it */
  Moment   close_at, silent_at;
  guint64  stop_reading_at; /* octets; G_MAXUINT64: never */
  guint    close_after_messages; /* 0: never */
  gboolean stall_tls;
  /* Of a thousand: recipients refused for good (always the same ones), RCPTs refused for now, ends of
   * messages at which the connection is closed. All by .seed. */
  guint    seed, refused, deferred, dropped;
  GArray  *replies;         /* of ReceiverReply, strings owned by reply_texts */
  GPtrArray *reply_texts;
  GArray  *recipients;      /* of SinkRecipientReply */
  char    *inject;          /* NULL: nothing */
  gsize    inject_length;
  char   **refuse_first;    /* mechanisms refused at their first message */
  gboolean skip_signature;  /* SCRAM: success is claimed without the server's proof */
  guint    max_connections; /* 0: any number */
} SinkOptions;

/* NULL with TOUKAN_ERROR_USAGE. --help and --version end the process. */
SinkOptions *sink_options_parse (int *argc, char ***argv, GError **error);
void         sink_options_free (SinkOptions *options);

/* The owner's reply for VERB; NULL: none. */
const ReceiverReply *sink_options_reply (const SinkOptions *options, const char *verb);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SinkOptions, sink_options_free)
