/* The message that a letter is made of: its header, its words, its files. Private to the letter-
 * files. */
#pragma once

#include "mail/address.h"
#include "mail/header-scan.h"
#include "mail/letter.h"

/* --- header (letter-header.c) ----------------------------------------------------------------- */

typedef struct {
  const char *octets;
  GArray     *fields; /* of HeaderField */
} LetterHeader;

/* The first field NAME; NULL: there is none. Unfolded; RAW: encoded words as they are. */
char *letter_header_raw (const LetterHeader *header, const char *name);
char *letter_header_text (const LetterHeader *header, const char *name);
char *letter_header_decode (const char *raw);

/* Of all fields NAME: an array of Mailbox, maybe empty, the caller's. */
GPtrArray *letter_header_mailboxes (const LetterHeader *header, const char *name);

GPtrArray *letter_mailboxes_new (void);
void       letter_mailboxes_add (GPtrArray *mailboxes, const char *name, const char *address);

/* What an answer has in In-Reply-To and References (RFC 5322, 3.6.4); NULL: nothing. */
void letter_header_thread (const LetterHeader *header, char **ret_in_reply_to, char **ret_references);

/* --- who gets an answer (letter-answer.c) ------------------------------------------------------- */

/* Fills in to and cc. OWN up to NULL. */
void letter_address_answer (Letter *letter, const LetterHeader *header, gboolean all, const char *const *own);

/* The first of OWN that the message came from or went to; "": none did. */
char *letter_choose_from (const LetterHeader *header, const char *const *own);

/* --- words (letter-quote.c) --------------------------------------------------------------------- */

/* "Re: …" or "Fwd: …", once. */
char *letter_answer_subject (const char *subject);
char *letter_forward_subject (const char *subject);

/* TEXT without its signature, each line behind "> ". */
char *letter_quote (const char *text);

/* "On DATE, NAME wrote:" */
char *letter_attribution (const LetterHeader *header);

/* The lines above what is forwarded. */
char *letter_forward_head (const LetterHeader *header);

/* --- the parts (letter-parts.c) ------------------------------------------------------------------ */

typedef struct {
  char      *text;        /* UTF-8, lines ended by LF; "" where there is none */
  gboolean   cut;         /* there was more of it */
  GPtrArray *attachments; /* of GMimeObject, each with a reference */
  gpointer   message;     /* GMimeMessage */
} LetterParts;

void letter_parts_init (LetterParts *parts, GBytes *message);
void letter_parts_clear (LetterParts *parts);

/* All attachments into FOLDER, under names that can't lead out of it. */
gboolean letter_extract (Letter *letter, const LetterParts *parts, const char *folder, GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LetterParts, letter_parts_clear)
