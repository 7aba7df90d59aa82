/* What the files of the compose screen share. Nobody else includes this. */
#pragma once

#include "tui/compose-screen.h"
#include "tui/editor.h"

typedef enum {
  FIELD_FROM,
  FIELD_TO,
  FIELD_CC,
  FIELD_BCC,
  FIELD_REPLY_TO,
  FIELD_SUBJECT,
  FIELD_COUNT,
  FIELD_BODY = FIELD_COUNT,
} Field;

typedef struct {
  const char *label;
  gsize offset; /* in Letter */
  gboolean addresses, rare;
} ComposeField;

extern const ComposeField compose_fields[FIELD_COUNT];

typedef struct {
  Screen screen;
  Desk *desk;
  Letter *letter; /* all but what the editors hold */
  Editor *editors[FIELD_COUNT];
  char *faults[FIELD_COUNT]; /* why a field's addresses can't be; NULL: they can */
  guint64 checked[FIELD_COUNT];
  Editor *body;
  guint focus;     /* a Field */
  gboolean rare;   /* Bcc and Reply-To are shown */
  guint64 changes; /* other than of the editors */
  GStrv attached;  /* a row for each attachment, made once: its disk may be slow */
  guint64 listed;  /*   at so many changes, and one more */
  GStrv suggestions;
  guint suggestion;
  gboolean picked; /* the suggestion was chosen with an arrow */
  char *needle; /* what was looked for; NULL: nothing */
  char *replacement;
  TextPlace replace_from;   /* where replacing began */
  gboolean replace_wrapped; /*   and whether it goes on from the text's beginning */
  guint replaced, passed;   /* places */
  gboolean without_attachment; /* somebody said that it is to go like that */
} ComposeScreen;

/* --- compose-screen.c -------------------------------------------------------------------- */

/* What EDITOR holds; the caller's. */
char    *compose_text (Editor *editor);
Editor  *compose_focused (const ComposeScreen *compose);
char   **compose_letter_field (Letter *letter, Field field);

/* --- compose-fields.c ---------------------------------------------------------------------- */

gboolean compose_shows (const ComposeScreen *compose, Field field);
/* Finds out whether FIELD's addresses can be. */
void     compose_check (ComposeScreen *compose, Field field);
/* FALSE: there is no field in that direction. */
gboolean compose_move_focus (ComposeScreen *compose, int direction);
void     compose_next_account (ComposeScreen *compose);
/* From may have become another account's. */
void     compose_settle_account (ComposeScreen *compose);

void     compose_suggest (ComposeScreen *compose);
void     compose_drop_suggestions (ComposeScreen *compose);
void     compose_take_suggestion (ComposeScreen *compose);
/* FALSE: there are none. */
gboolean compose_move_suggestion (ComposeScreen *compose, int direction);

#define COMPOSE_SUGGESTIONS 6

/* --- compose-draw.c -------------------------------------------------------------------------- */

void     compose_draw (Screen *screen, Surface *surface, Ticks now);

/* --- compose-ask.c ---------------------------------------------------------------------------- */

/* It is to be sent: asks first, where its text speaks of an attachment that isn't there. */
void     compose_send (ComposeScreen *compose);
void     compose_ask_attach (ComposeScreen *compose);
void     compose_ask_detach (ComposeScreen *compose);
void     compose_ask_rename (ComposeScreen *compose);
void     compose_ask_leave (ComposeScreen *compose);

/* --- compose-search.c ------------------------------------------------------------------------- */

void     compose_ask_search (ComposeScreen *compose);
void     compose_search_next (ComposeScreen *compose);
void     compose_ask_replace (ComposeScreen *compose);

/* --- compose-edit.c ---------------------------------------------------------------------------- */

/* TEXT in place of all that EDITOR holds; the cursor stays in its line. */
void     compose_put (Editor *editor, const char *text);
void     compose_ask_file (ComposeScreen *compose);
/* $EDITOR. */
void     compose_edit (ComposeScreen *compose);
