/* What of a message must change for a server, part by part, or why it can't. */
#pragma once

#include "mail/mime-walk.h"
#include "mail/transfer-encoder.h"
#include "mail/wire.h"

/* What becomes of one entity. */
typedef struct {
  gboolean     header;   /* some field must change */
  const char  *label;    /* a new Content-Transfer-Encoding, static; NULL: as it is */
  const char  *type;     /* a Content-Type to add, static; NULL: none */
  TransferKind content;
} WirePlan;

typedef struct {
  gboolean     smtputf8; /* UTF-8 may stay in headers */
  gboolean     utf8;     /* and does, in some */
  gboolean     change;   /* anything must change at all */
  TransferKind filler;
  GArray      *plans;    /* of WirePlan, by entity */
} WireSurvey;

/* NULL with TOUKAN_ERROR_DATA when what must change is signed, or can't be encoded. */
WireSurvey *wire_survey_new (BodyReader *reader, const WireTarget *target, GError **error);
void        wire_survey_free (WireSurvey *survey);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WireSurvey, wire_survey_free)
