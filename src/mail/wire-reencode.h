/* The second of the two forms: a copy of the message in which what a server can't take
 * is encoded. Everything else in it is as it was. */
#pragma once

#include "mail/wire-survey.h"

/* The copy, whose line ends are of any kind still. READER: the same octets that SURVEY
 * was made from. NULL with TOUKAN_ERROR_DATA when a header can't be encoded.
 * *ret_utf8: raw UTF-8 is left in a header. */
BodySource *wire_reencode (BodyReader *reader, const WireSurvey *survey, gboolean *ret_utf8, GError **error);
