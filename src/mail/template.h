/* Text with places for a row's values:
 *
 *   {{column}}           the value
 *   {{column|default}}   the value, or the words behind the bar when it is empty
 *   {{#if column}}…{{else}}…{{/if}}
 *                        one or the other, by whether the value is empty; may be nested
 *   {{|{{}}              no column, so always its default: how to write {{ itself
 *
 * A tag stands on one line. A line that holds nothing but {{#if}}, {{else}} or {{/if}}
 * leaves no line behind. Read once, then rendered for each row without another look at
 * the grammar. */
#pragma once

#include <glib.h>

#define TEMPLATE_SIZE_LIMIT ((gsize) 4 * 1024 * 1024)
#define TEMPLATE_TAGS_LIMIT 10000
#define TEMPLATE_DEPTH_LIMIT 16

/* What values become; the template's own words are never altered. */
typedef enum {
  TEMPLATE_TEXT, /* themselves */
  TEMPLATE_HTML, /* safe between tags and inside a quoted attribute */
  TEMPLATE_URL,  /* percent-encoded, but for what RFC 3986, 2.3 leaves */
} TemplateEscape;

typedef struct Template Template;

/* Where a text comes from, for errors: "NAME:LINE:COLUMN: what". */
typedef struct {
  const char *name;
  guint       line; /* of the text's first line in there, from 1 */
} TemplatePlace;

/* TEXT is UTF-8. COLUMNS ends with NULL; a tag's column must be one of them, to the
 * letter. NULL with TOUKAN_ERROR_DATA. */
Template *template_parse (const char *text, gsize length, const char *const *columns,
                          const TemplatePlace *place, GError **error);
void      template_free (Template *template);

/* Appends to OUT. VALUES: one for each column, UTF-8. */
void template_render (const Template *template, const char *const *values, TemplateEscape escape,
                      GString *out);

/* Does every row get the same? */
gboolean template_is_constant (const Template *template);

/* Puts VALUE into OUT the way ESCAPE says. */
void template_append_value (GString *out, const char *value, TemplateEscape escape);

/* The length of the tag that TEXT begins with, 0: it doesn't begin with one, or with one
 * that isn't closed on its line. For those that must carry tags through another syntax. */
gsize template_tag_length (const char *text, gsize length);

/* Is this tag {{#if}}, {{else}} or {{/if}}? */
gboolean template_tag_is_control (const char *tag, gsize length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Template, template_free)
