/* The window: commands sent and not yet answered, and those that wait behind them,
 * as objects in one queue. Each kind of command says what it does when its reply
 * comes, and whether it may be sent yet; so lock-step, grouped pipelining (RFC 2920)
 * and a stream of BDAT chunks (RFC 3030) are one rule over one queue. */
#pragma once

#include "core/outcome.h"

typedef struct Window Window;
typedef struct WindowCommand WindowCommand;

typedef enum {
  SEND_NOW,
  SEND_LATER, /* ask again when something has changed; nothing behind it goes either */
  SEND_NEVER, /* it has become needless: dropped */
} SendAdvice;

/* Which of the time limits its reply has. */
typedef enum { PATIENCE_GREETING, PATIENCE_COMMAND, PATIENCE_DATA, PATIENCE_QUIT } Patience;

/* One row a command. OWNER is what window_new() was given. */
typedef struct {
  const char *name;
  Stage       stage;
  Patience    patience;
  gboolean    ends_group;   /* nothing may follow before its reply (RFC 2920, section 3.1) */
  guint       intermediate; /* the one 3yz reply it may have; 0: none */
  guint       guards;       /* what the gate has to check; the owner's flags */
  /* NULL: as soon as the order of things allows. */
  SendAdvice (*may_be_sent) (gpointer owner, const WindowCommand *command);
  /* Puts what follows the line (a body). TRUE: all of it is in OUT now. NULL: nothing follows. */
  gboolean   (*put) (gpointer owner, WindowCommand *command, GByteArray *out);
  /* Its reply came; COMMAND is out of the window already and freed afterwards. */
  void       (*answered) (gpointer owner, const WindowCommand *command, const Reply *reply);
} CommandKind;

typedef enum { COMMAND_WAITING, COMMAND_BEGUN, COMMAND_WHOLE } CommandProgress;

/* How much of it has left through window_taken(). */
typedef enum { LEFT_NOTHING, LEFT_BEGINNING, LEFT_WHOLE } CommandLeft;

struct WindowCommand {
  const CommandKind *kind;
  gpointer           subject;   /* what it belongs to; NULL: the session */
  GString           *line;      /* with its CRLF, may be empty; the window's */
  char              *shown;     /* secrets masked; NULL: the line may be shown as it is */
  gboolean           secret;    /* the line is wiped when dropped */
  guint              recipient; /* of RCPT */
  guint64            octets;    /* of a BDAT chunk, still to be put */
  CommandProgress    progress;
  CommandLeft        left;
};

/* Asked before a command's first octet is put; FALSE: it must not go out. */
typedef gboolean (*WindowGate) (gpointer owner, const WindowCommand *command);

Window *window_new (gpointer owner, WindowGate gate);
void    window_free (Window *window);

/* FALSE at first: one command at a time. */
void     window_set_pipelining (Window *window, gboolean pipelining);
gboolean window_pipelining (const Window *window);

/* Puts a command at the end. LINE is taken (NULL: empty). The window owns what it returns. */
WindowCommand *window_push (Window *window, const CommandKind *kind, gpointer subject, GString *line);

typedef enum { WINDOW_IDLE, WINDOW_MOVED, WINDOW_BARRED } WindowSent;

/* Puts whatever may be sent now into OUT. BARRED: the gate said no. */
WindowSent window_send (Window *window, GByteArray *out);

/* All that was put so far is on its way. */
void window_taken (Window *window);

typedef enum {
  WINDOW_ANSWERED,
  WINDOW_UNASKED,      /* no command that has left waits for a reply */
  WINDOW_OUT_OF_PLACE, /* a 3yz that this command can't have */
} WindowAnswer;

/* Hands REPLY to the oldest command. One that hasn't left whole can only be refused. */
WindowAnswer window_answer (Window *window, const Reply *reply);

/* The oldest command that has begun and isn't answered; NULL: none. */
const WindowCommand *window_oldest (const Window *window);

/* The one to be sent next, maybe begun already; NULL: none. */
const WindowCommand *window_next (const Window *window);

/* Drops the commands of SUBJECT and KIND (NULL: any kind) that haven't begun. How many. */
guint window_drop_waiting (Window *window, gconstpointer subject, const CommandKind *kind);

/* Drops everything. */
void window_clear (Window *window);

gboolean window_holds (const Window *window, gconstpointer subject);
gboolean window_is_empty (const Window *window);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Window, window_free)
