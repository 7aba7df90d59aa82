/* Values of Content-Type and its like (RFC 2045, 5.1): a value and its parameters. */
#pragma once

#include <glib.h>

typedef struct {
  const char *at;
  GString    *name;  /* as written, so with the "*" of RFC 2231 */
  GString    *value; /* without quotes */
} MimeParameters;

/* What stands before the first ";", lower case, without comments and white space. */
char *mime_value_main (const char *value);

void mime_parameters_init (MimeParameters *parameters, const char *value);
void mime_parameters_clear (MimeParameters *parameters);

/* The next one into name and value; FALSE: there is no more. */
gboolean mime_parameters_next (MimeParameters *parameters);

/* The first parameter NAME; "" when it is in the form of RFC 2231; NULL: there is none.
 * Free with g_free(). */
char *mime_value_parameter (const char *value, const char *name);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MimeParameters, mime_parameters_clear)
