/* Where the demo takes place: in a network of its own with a firewall, in one without,
 * or, where the system gives none, on high ports of loopback; with its server running. */
#pragma once

#include "demo/fault.h"

typedef struct Scene Scene;

typedef struct {
  const char *host;          /* of the mail server */
  guint16     submission;    /* 587, or what stands for it */
  guint16     relay;         /* 25, or what stands for it */
  const char *user, *password;
  const char *ca_file;
} SceneFacts;

/* Builds it. To be called before the first thread starts. Tells on standard output what
 * had to be done differently and why. NULL with ERROR where FAULT can't be shown here. */
Scene *scene_new (Fault fault, GError **error);

/* Ends the server and removes the folder, unless KEEP; then its mail stays. */
void scene_free (Scene *scene, gboolean keep);

const SceneFacts *scene_facts (const Scene *scene);

/* What is different here, for people: one string a thing; NULL-terminated, may be empty. */
const char *const *scene_remarks (const Scene *scene);

/* The file of the message that arrived; NULL: none. Owned by SCENE. */
const char *scene_message_file (Scene *scene);
