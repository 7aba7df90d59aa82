/* One account: every option with its effective value. Filled from the table in
 * config/option.c; nothing else knows defaults. */
#pragma once

#include "base/secret.h"
#include "core/dialogue.h"
#include "core/ladder.h"

/* What `toukan send` and `sendmail` do with a message once it is safe on disk. */
typedef enum { DELIVERY_FOREGROUND, DELIVERY_BACKGROUND, DELIVERY_QUEUE } DeliveryMode;

typedef enum { IN_DOUBT_HOLD, IN_DOUBT_RESEND } InDoubtRule;

/* When From and Sender of a message become the account's own address. */
typedef enum { REWRITE_NO, REWRITE_IF_LOCAL, REWRITE_ALWAYS } RewriteRule;

typedef struct {
  char  *name;              /* of [account NAME]; "default" where only [defaults] exist */
  char  *from;
  char **hosts;             /* as written; A-labels in hosts_ascii */
  char **hosts_ascii;
  GArray *ports;            /* of LadderPort */
  GArray *families;         /* of Family */
  LadderMode ladder;
  TlsRule tls;
  Ticks attempt_delay, port_patience, connect_timeout;
  Ticks greeting_patience, greeting_timeout, command_timeout, data_timeout, resolve_timeout;
  char *tls_ca_file, *tls_ca_dir, *tls_fingerprint;
  char *tls_client_certificate, *tls_client_key, *tls_name;
  char *user;
  char *password_command, *password, *token_command;
  AuthRule auth;
  char   **auth_mechanisms; /* NULL unless listed by name */
  gboolean auth_without_tls;
  char    *helo_name;       /* NULL: derived */
  gboolean chunking;
  char    *tunnel;
  gboolean path_memory;
  char    *state_dir;       /* NULL: toukan in the user's state directory */
  gboolean outbox, flush_along, future_release, notify;
  DeliveryMode delivery;
  InDoubtRule in_doubt;
  Ticks    give_up, undo_window, keep_sent;
  char    *log;             /* "off", "syslog", "journal", or a file */
  char    *on_failure;
  char    *failure_mail;    /* an address, or "off" */
  char    *failure_maildir, *failure_account;
  char    *record;          /* a Maildir; NULL: none */
  char    *domain;
  char    *aliases;         /* a file; NULL: /etc/aliases only */
  char    *query_command;
  char    *signature;       /* a file; NULL: ~/.signature if it is there */
  gboolean review, edit_headers, ask_on_silence;
  char    *attachment_words; /* NULL: those of the user's language */
  RewriteRule rewrite_from;
} Account;

/* Nothing set: zeroes, not even the defaults (those are config's). */
Account *account_new (void);
Account *account_copy (const Account *account);
void     account_free (Account *account); /* wipes the password */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Account, account_free)
