/* A template becomes a short program: put these words, put that value, go on over there
 * when it is empty. A row runs through it once. */
#include "mail/template.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"

#include <string.h>

typedef enum {
  STEP_WORDS,  /* puts .words */
  STEP_VALUE,  /* puts the value of .column, or .words when it is empty */
  STEP_UNLESS, /* goes to .target when the value of .column is empty */
  STEP_GO,     /* goes to .target */
} StepKind;

typedef struct {
  StepKind kind;
  guint column;
  guint target;
  const char *words; /* into the template's text */
  gsize length;
} Step;

struct Template {
  char *text;
  GArray *steps; /* of Step */
};

/* A {{#if}} that isn't closed yet. */
typedef struct {
  const char *tag;
  guint unless; /* index of its step */
  guint go;     /* index of the step before {{else}}; 0: there was none */
} OpenIf;

typedef struct {
  Template *template;
  const char *text, *end;
  const char *at; /* behind what is read */
  const char *const *columns;
  const TemplatePlace *place;
  OpenIf open[TEMPLATE_DEPTH_LIMIT];
  guint depth;
  GError **error;
} Parser;

/* Says about the octet at WHERE what FORMAT makes. */
G_GNUC_PRINTF (3, 4)
static gboolean
fail (const Parser *parser, const char *where, const char *format, ...)
{
  guint line = parser->place->line;
  const char *start = parser->text;
  for (const char *at = start; at < where; at++)
    if (*at == '\n') {
      line++;
      start = at + 1;
    }
  va_list arguments;
  va_start (arguments, format);
  g_autofree char *reason = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_autofree char *name = visible_text (parser->place->name, -1);
  g_set_error (parser->error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, "%s:%u:%ld: %s", name, line,
               g_utf8_strlen (start, where - start) + 1, reason);
  return FALSE;
}

gsize
template_tag_length (const char *text, gsize length)
{
  if (length < 4 || text[0] != '{' || text[1] != '{')
    return 0;
  const char *line_end = memchr (text, '\n', length);
  gsize within = line_end != NULL ? (gsize)(line_end - text) : length;
  const char *close = g_strstr_len (text + 2, (gssize)within - 2, "}}");
  return close != NULL ? (gsize)(close - text) + 2 : 0;
}

static char *
tag_inside (const char *tag, gsize length)
{
  return g_strstrip (g_strndup (tag + 2, length - 4));
}

/* "#if column", "else", "/if" */
static gboolean
inside_is_control (const char *inside)
{
  return inside[0] == '#' || inside[0] == '/' || strcmp (inside, "else") == 0;
}

gboolean
template_tag_is_control (const char *tag, gsize length)
{
  g_autofree char *inside = tag_inside (tag, length);
  return inside_is_control (inside);
}

static guint
add_step (Parser *parser, Step step)
{
  g_array_append_val (parser->template->steps, step);
  return parser->template->steps->len - 1;
}

static Step *
step_at (Parser *parser, guint index)
{
  return &g_array_index (parser->template->steps, Step, index);
}

static void
add_words (Parser *parser, const char *start, const char *end)
{
  if (end > start)
    add_step (parser, (Step){ .kind = STEP_WORDS, .words = start, .length = (gsize)(end - start) });
}

static gboolean
find_column (const Parser *parser, const char *tag, const char *name, guint *ret_column)
{
  for (guint i = 0; parser->columns[i] != NULL; i++)
    if (strcmp (parser->columns[i], name) == 0) {
      *ret_column = i;
      return TRUE;
    }
  g_autofree char *shown = visible_text (name, -1);
  return fail (parser, tag, _ ("the data have no column \"%s\""), shown);
}

static gboolean
read_if (Parser *parser, const char *tag, const char *inside)
{
  gsize word = strlen ("#if");
  if (!g_str_has_prefix (inside, "#if") || !g_ascii_isspace (inside[word]))
    return fail (parser, tag, _ ("this is no tag; {{#if column}} is"));
  if (parser->depth == TEMPLATE_DEPTH_LIMIT)
    return fail (parser, tag, _ ("{{#if}} is nested too deeply"));
  g_autofree char *name = g_strstrip (g_strdup (inside + word));
  guint column;
  if (!find_column (parser, tag, name, &column))
    return FALSE;
  guint unless = add_step (parser, (Step){ .kind = STEP_UNLESS, .column = column });
  parser->open[parser->depth++] = (OpenIf){ .tag = tag, .unless = unless };
  return TRUE;
}

static gboolean
read_else (Parser *parser, const char *tag)
{
  OpenIf *open = parser->depth > 0 ? &parser->open[parser->depth - 1] : NULL;
  if (open == NULL)
    return fail (parser, tag, _ ("{{else}} without {{#if}}"));
  if (open->go != 0)
    return fail (parser, tag, _ ("a second {{else}} for one {{#if}}"));
  open->go = add_step (parser, (Step){ .kind = STEP_GO });
  step_at (parser, open->unless)->target = open->go + 1;
  return TRUE;
}

static gboolean
read_end (Parser *parser, const char *tag, const char *inside)
{
  if (strcmp (inside, "/if") != 0)
    return fail (parser, tag, _ ("this is no tag; {{/if}} is"));
  if (parser->depth == 0)
    return fail (parser, tag, _ ("{{/if}} without {{#if}}"));
  OpenIf *open = &parser->open[--parser->depth];
  step_at (parser, open->go != 0 ? open->go : open->unless)->target = parser->template->steps->len;
  return TRUE;
}

static gboolean
read_control (Parser *parser, const char *tag, const char *inside)
{
  return inside[0] == '#'   ? read_if (parser, tag, inside)
         : inside[0] == '/' ? read_end (parser, tag, inside)
                            : read_else (parser, tag);
}

static gboolean
read_value (Parser *parser, const char *tag, gsize length)
{
  const char *bar = memchr (tag, '|', length);
  const char *end = tag + length - 2;
  g_autofree char *name = g_strstrip (g_strndup (tag + 2, (gsize)((bar != NULL ? bar : end) - tag) - 2));
  Step step = { .kind = STEP_VALUE };
  if (bar != NULL) {
    step.words = bar + 1;
    step.length = (gsize)(end - step.words);
  }
  if (name[0] == '\0' && bar == NULL)
    return fail (parser, tag, _ ("a tag without a column"));
  if (name[0] == '\0')
    step.kind = STEP_WORDS;
  else if (!find_column (parser, tag, name, &step.column))
    return FALSE;
  add_step (parser, step);
  return TRUE;
}

/* Is there nothing else on the line of the tag from *START to *END? Then both move out to
 * hold all of that line. */
static void
take_whole_line (const Parser *parser, const char **start, const char **end)
{
  const char *from = *start, *to = *end;
  while (from > parser->text && (from[-1] == ' ' || from[-1] == '\t'))
    from--;
  while (to < parser->end && (*to == ' ' || *to == '\t' || *to == '\r'))
    to++;
  gboolean alone = (from == parser->text || from[-1] == '\n') && to < parser->end && *to == '\n';
  /* Behind another tag of this line it isn't alone. */
  if (alone && from >= parser->at) {
    *start = from;
    *end = to + 1;
  }
}

static gboolean
read_tag (Parser *parser, const char *tag)
{
  gsize length = template_tag_length (tag, (gsize)(parser->end - tag));
  if (length == 0)
    return fail (parser, tag, _ ("{{ without }} on this line; {{ itself is written {{|{{}}"));
  if (parser->template->steps->len > 2 * TEMPLATE_TAGS_LIMIT)
    return fail (parser, tag, _ ("too many tags"));
  g_autofree char *inside = tag_inside (tag, length);
  gboolean control = inside_is_control (inside);
  const char *start = tag, *end = tag + length;
  if (control)
    take_whole_line (parser, &start, &end);
  add_words (parser, parser->at, start);
  parser->at = end;
  return control ? read_control (parser, tag, inside) : read_value (parser, tag, length);
}

static gboolean
run (Parser *parser)
{
  for (;;) {
    const char *tag = g_strstr_len (parser->at, parser->end - parser->at, "{{");
    if (tag == NULL)
      break;
    if (!read_tag (parser, tag))
      return FALSE;
  }
  add_words (parser, parser->at, parser->end);
  return parser->depth == 0
         || fail (parser, parser->open[parser->depth - 1].tag, _ ("{{#if}} without {{/if}}"));
}

Template *
template_parse (const char *text, gsize length, const char *const *columns, const TemplatePlace *place,
                GError **error)
{
  g_autoptr (Template) template = g_new0 (Template, 1);
  gboolean too_long = length > TEMPLATE_SIZE_LIMIT;
  template->text = g_strndup (text, too_long ? 0 : length);
  template->steps = g_array_new (FALSE, FALSE, sizeof (Step));
  Parser parser = { .template = template,
                    .text = template->text,
                    .at = template->text,
                    .end = template->text + (too_long ? 0 : length),
                    .columns = columns,
                    .place = place,
                    .error = error };
  if (too_long || memchr (text, '\0', length) != NULL || !g_utf8_validate_len (text, length, NULL))
    fail (&parser, parser.text, too_long ? _ ("it is too long") : _ ("it isn't UTF-8 text"));
  else if (run (&parser))
    return g_steal_pointer (&template);
  return NULL;
}

void
template_free (Template *template)
{
  if (template == NULL)
    return;
  g_free (template->text);
  g_array_unref (template->steps);
  g_free (template);
}

gboolean
template_is_constant (const Template *template)
{
  for (guint i = 0; i < template->steps->len; i++)
    if (g_array_index (template->steps, Step, i).kind != STEP_WORDS)
      return FALSE;
  return TRUE;
}

static void
append_html (GString *out, const char *value)
{
  for (gsize plain; *value != '\0'; value++) {
    plain = strcspn (value, "&<>\"'");
    g_string_append_len (out, value, (gssize)plain);
    value += plain;
    if (*value == '\0')
      return;
    g_string_append (out, *value == '&'   ? "&amp;"
                          : *value == '<' ? "&lt;"
                          : *value == '>' ? "&gt;"
                          : *value == '"' ? "&quot;"
                                          : "&#39;");
  }
}

static void
append_url (GString *out, const char *value)
{
  static const char digits[] = "0123456789ABCDEF";
  for (; *value != '\0'; value++) {
    guchar octet = (guchar)*value;
    if (g_ascii_isalnum (*value) || strchr ("-._~", *value) != NULL) {
      g_string_append_c (out, *value);
    } else {
      const char quoted[] = { '%', digits[octet >> 4], digits[octet & 15] };
      g_string_append_len (out, quoted, sizeof quoted);
    }
  }
}

void
template_append_value (GString *out, const char *value, TemplateEscape escape)
{
  switch (escape) {
  case TEMPLATE_TEXT:
    g_string_append (out, value);
    return;
  case TEMPLATE_HTML:
    append_html (out, value);
    return;
  case TEMPLATE_URL:
    append_url (out, value);
    return;
  }
  g_assert_not_reached ();
}

void
template_render (const Template *template, const char *const *values, TemplateEscape escape, GString *out)
{
  const Step *steps = (const Step *)(const void *)template->steps->data;
  for (guint at = 0; at < template->steps->len;) {
    const Step *step = &steps[at++];
    gboolean has_column = step->kind == STEP_VALUE || step->kind == STEP_UNLESS;
    const char *value = has_column ? values[step->column] : "";
    if (step->kind == STEP_GO || (step->kind == STEP_UNLESS && value[0] == '\0'))
      at = step->target;
    else if (step->kind == STEP_VALUE && value[0] != '\0')
      template_append_value (out, value, escape);
    else if (step->length > 0)
      g_string_append_len (out, step->words, (gssize)step->length);
  }
}
