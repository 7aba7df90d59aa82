/* A member that nobody knows refuses the job: it would be a wish that nobody fulfils. */
#include "mail/jobs.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/visible.h"
#include "mail/address.h"
#include "mail/build.h"
#include "mail/json-line.h"
#include "mail/rows-private.h"

#include <string.h>

struct JobReader {
  TextInput *input;
  gboolean alone; /* one job: whoever asked knows its line */
  JsonLines lines;
  JobRules rules;
};

/* What of an object has been read; strings are the object's or added here. */
typedef struct {
  const JobReader *jobs;
  GPtrArray *to, *cc, *bcc; /* of char *, ending with NULL once read */
  GPtrArray *headers, *attachments, *types;
  GPtrArray *envelope_to;    /* NULL: none */
  const char *envelope_from; /* NULL: none */
  const char *id, *from, *reply_to, *subject, *text, *html;
  GError **error;
} Draft;

JobReader *
job_reader_new (BodyReader *reader, const JobRules *rules)
{
  JobReader *jobs = g_new0 (JobReader, 1);
  /* Without a charset there is nothing to refuse. */
  jobs->input = text_input_new (reader, NULL, NULL);
  jobs->rules = *rules;
  json_lines_init (&jobs->lines, jobs->input, JSON_LINE_LIMIT);
  return jobs;
}

/* REASON, and where. */
static void
blame (const JobReader *jobs, const char *reason, GError **error)
{
  if (jobs->alone)
    g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, reason);
  else
    rows_refuse (jobs->lines.line, error, "%s", reason);
}

void
job_reader_free (JobReader *jobs)
{
  if (jobs == NULL)
    return;
  json_lines_clear (&jobs->lines);
  text_input_free (jobs->input);
  g_free (jobs);
}

void
job_free (Job *job)
{
  if (job == NULL)
    return;
  g_free (job->id);
  if (job->message != NULL)
    body_source_unref (job->message);
  envelope_free (job->envelope);
  g_free (job);
}

static gboolean
refuse (const Draft *draft, const char *member)
{
  g_autofree char *shown = visible_text (member, -1);
  g_autofree char *reason = g_strdup_printf (_ ("\"%s\" isn't as it has to be"), shown);
  blame (draft->jobs, reason, draft->error);
  return FALSE;
}

static gboolean
is_string (JsonNode *node)
{
  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING;
}

/* A string or an array of strings. */
static gboolean
read_strings (JsonNode *node, GPtrArray *strings)
{
  if (is_string (node)) {
    g_ptr_array_add (strings, json_node_dup_string (node));
    return TRUE;
  }
  if (!JSON_NODE_HOLDS_ARRAY (node))
    return FALSE;
  JsonArray *array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++) {
    JsonNode *element = json_array_get_element (array, i);
    if (!is_string (element))
      return FALSE;
    g_ptr_array_add (strings, json_node_dup_string (element));
  }
  return TRUE;
}

static gboolean
read_headers (JsonNode *node, GPtrArray *headers)
{
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return FALSE;
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;
  json_object_iter_init_ordered (&iter, json_node_get_object (node));
  while (json_object_iter_next_ordered (&iter, &name, &value)) {
    g_autoptr (GPtrArray) values = g_ptr_array_new_with_free_func (g_free);
    if (strpbrk (name, ":\r\n") != NULL || !read_strings (value, values))
      return FALSE;
    for (guint i = 0; i < values->len; i++)
      g_ptr_array_add (headers, g_strdup_printf ("%s: %s", name, (char *)g_ptr_array_index (values, i)));
  }
  return TRUE;
}

static gboolean
read_attachment (Draft *draft, JsonNode *node)
{
  const char *path = NULL, *type = NULL;
  if (is_string (node)) {
    path = json_node_get_string (node);
  } else if (JSON_NODE_HOLDS_OBJECT (node)) {
    JsonObject *object = json_node_get_object (node);
    path = json_object_get_string_member_with_default (object, "path", NULL);
    type = json_object_get_string_member_with_default (object, "type", NULL);
    if (json_object_get_size (object) != (guint)(path != NULL) + (type != NULL))
      return FALSE;
  }
  if (path == NULL || path[0] == '\0')
    return FALSE;
  const char *folder = draft->jobs->rules.folder;
  g_ptr_array_add (draft->attachments, path[0] == '/' || folder == NULL
                                           ? g_strdup (path)
                                           : g_build_filename (folder, path, NULL));
  /* build guesses from an empty place. */
  g_ptr_array_add (draft->types, g_strdup (type));
  return TRUE;
}

static gboolean
read_attachments (Draft *draft, JsonNode *node)
{
  if (!JSON_NODE_HOLDS_ARRAY (node))
    return FALSE;
  JsonArray *array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++)
    if (!read_attachment (draft, json_array_get_element (array, i)))
      return FALSE;
  return TRUE;
}

static gboolean
read_envelope (Draft *draft, JsonNode *node)
{
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return FALSE;
  JsonObject *object = json_node_get_object (node);
  JsonNode *from = json_object_get_member (object, "from"), *to = json_object_get_member (object, "to");
  if (json_object_get_size (object) != (guint)(from != NULL) + (to != NULL)
      || (from != NULL && !is_string (from)))
    return FALSE;
  draft->envelope_from = from != NULL ? json_node_get_string (from) : NULL;
  if (to == NULL)
    return TRUE;
  draft->envelope_to = g_ptr_array_new_with_free_func (g_free);
  return read_strings (to, draft->envelope_to);
}

static gboolean
read_member (Draft *draft, const char *name, JsonNode *node)
{
  const struct {
    const char *name;
    const char **place;
  } texts[] = { { "id", &draft->id },           { "from", &draft->from }, { "reply_to", &draft->reply_to },
                { "subject", &draft->subject }, { "text", &draft->text }, { "html", &draft->html } };
  const struct {
    const char *name;
    GPtrArray *place;
  } lists[] = { { "to", draft->to }, { "cc", draft->cc }, { "bcc", draft->bcc } };
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    if (strcmp (name, texts[i].name) == 0) {
      *texts[i].place = is_string (node) ? json_node_get_string (node) : NULL;
      return *texts[i].place != NULL;
    }
  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    if (strcmp (name, lists[i].name) == 0)
      return read_strings (node, lists[i].place);
  return strcmp (name, "headers") == 0       ? read_headers (node, draft->headers)
         : strcmp (name, "attachments") == 0 ? read_attachments (draft, node)
         : strcmp (name, "envelope") == 0    ? read_envelope (draft, node)
                                             : FALSE;
}

static gboolean
read_object (Draft *draft, JsonObject *object)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;
  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    if (!read_member (draft, name, node))
      return refuse (draft, name);
  return draft->from != NULL || refuse (draft, "from");
}

static gboolean
add_recipients (Envelope *envelope, const GPtrArray *lists, GError **error)
{
  for (guint i = 0; i < lists->len; i++) {
    g_autoptr (GPtrArray) mailboxes = address_parse_list (g_ptr_array_index (lists, i), NULL, error);
    if (mailboxes == NULL)
      return FALSE;
    for (guint m = 0; m < mailboxes->len; m++)
      envelope_add (envelope, ((const Mailbox *)g_ptr_array_index (mailboxes, m))->address);
  }
  return TRUE;
}

/* The null sender is an empty string. */
static char *
sender_of (const Draft *draft, GError **error)
{
  if (draft->envelope_from != NULL)
    return draft->envelope_from[0] == '\0' ? g_strdup ("")
                                           : address_parse_one (draft->envelope_from, NULL, error);
  g_autoptr (GPtrArray) mailboxes = address_parse_list (draft->from, NULL, error);
  if (mailboxes == NULL || mailboxes->len == 0)
    return mailboxes == NULL ? NULL : g_strdup ("");
  return g_strdup (((const Mailbox *)g_ptr_array_index (mailboxes, 0))->address);
}

static Envelope *
make_envelope (const Draft *draft, GError **error)
{
  g_autofree char *sender = sender_of (draft, error);
  if (sender == NULL)
    return NULL;
  g_autoptr (Envelope) envelope = envelope_new (sender);
  gboolean good = draft->envelope_to != NULL ? add_recipients (envelope, draft->envelope_to, error)
                                             : add_recipients (envelope, draft->to, error)
                                                   && add_recipients (envelope, draft->cc, error)
                                                   && add_recipients (envelope, draft->bcc, error);
  if (!good)
    return NULL;
  if (envelope->recipients->len == 0) {
    g_set_error_literal (error, TOUKAN_ERROR, TOUKAN_ERROR_DATA, _ ("there is nobody to send to"));
    return NULL;
  }
  return g_steal_pointer (&envelope);
}

static const char *const *
as_list (GPtrArray *strings)
{
  g_ptr_array_add (strings, NULL);
  return (const char *const *)strings->pdata;
}

/* After the envelope: this ends the arrays. */
static BodySource *
make_message (Draft *draft, GError **error)
{
  const JobRules *rules = &draft->jobs->rules;
  const char *text = draft->text != NULL ? draft->text : "";
  BuildRequest request = { .from = draft->from,
                           .to = as_list (draft->to),
                           .cc = as_list (draft->cc),
                           .reply_to = draft->reply_to,
                           .subject = draft->subject,
                           .text = text,
                           .text_length = strlen (text),
                           .html = draft->html,
                           .headers = as_list (draft->headers),
                           .attachments = as_list (draft->attachments),
                           .attachment_types = as_list (draft->types),
                           .message_key = draft->id != NULL ? draft->id : rules->key,
                           .message_seed = rules->seed,
                           .date = rules->date };
  return build_message (&request, error);
}

static GPtrArray *
new_strings (void)
{
  return g_ptr_array_new_with_free_func (g_free);
}

static Job *
make_job (const JobReader *jobs, JsonObject *object, GError **error)
{
  g_autoptr (GPtrArray) to = new_strings (), cc = new_strings (), bcc = new_strings ();
  g_autoptr (GPtrArray) headers = new_strings (), attachments = new_strings (), types = new_strings ();
  g_autoptr (GError) said = NULL;
  Draft draft = { .jobs = jobs,
                  .to = to,
                  .cc = cc,
                  .bcc = bcc,
                  .headers = headers,
                  .attachments = attachments,
                  .types = types,
                  .from = jobs->rules.from,
                  .error = error };
  g_autoptr (Envelope) envelope = NULL;
  BodySource *message = NULL;
  gboolean good = read_object (&draft, object);
  if (good)
    envelope = make_envelope (&draft, &said);
  if (envelope != NULL)
    message = make_message (&draft, &said);
  g_clear_pointer (&draft.envelope_to, g_ptr_array_unref);
  if (said != NULL)
    blame (jobs, said->message, error);
  if (message == NULL)
    return NULL;
  Job *job = g_new0 (Job, 1);
  *job = (Job){ .id = g_strdup (draft.id),
                .line = jobs->lines.line,
                .message = message,
                .envelope = g_steal_pointer (&envelope) };
  return job;
}

RowResult
job_reader_next (JobReader *jobs, Job **ret_job, GError **error)
{
  JsonObject *object;
  g_autoptr (GError) said = NULL;
  JsonLineResult result = json_lines_next (&jobs->lines, &object, &said);
  if (result == JSON_LINE_END)
    return ROW_END;
  if (result != JSON_LINE_GIVEN) {
    blame (jobs, said->message, error);
    return result == JSON_LINE_FAULTY ? ROW_FAULTY : ROW_BROKEN;
  }
  *ret_job = make_job (jobs, object, error);
  return *ret_job != NULL ? ROW_GIVEN : ROW_FAULTY;
}

Job *
job_read (const char *octets, gsize length, const JobRules *rules, GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new (octets, length);
  g_autoptr (BodySource) line = body_source_new_bytes (bytes);
  BodyReader *reader = body_source_open (line, error);
  if (reader == NULL)
    return NULL;
  g_autoptr (JobReader) jobs = job_reader_new (reader, rules);
  g_autoptr (Job) job = NULL;
  jobs->alone = TRUE;
  if (job_reader_next (jobs, &job, error) == ROW_END)
    blame (jobs, _ ("there is nothing"), error);
  return g_steal_pointer (&job);
}
