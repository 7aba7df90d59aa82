/* What `toukan probe` found, for people and for programs. */
#pragma once

#include "core/probe-advice.h"
#include "store/path-store.h"

typedef struct {
  const ProbeReport *report;
  const ProbeRules  *rules;
  const GArray      *advice; /* of Advice: probe_advise() */
} ProbeView;

/* A row for each address of each path, then what the servers there say: all of it fits 80
 * columns. Free with g_free(). */
char *probe_table (const ProbeView *view);

/* What follows for the account, a sentence or two for each advice. Free with g_free(). */
char *probe_words (const ProbeView *view);

/* One JSON object a line for each address of each path, and one for the whole. STATUS: the
 * exit status. Free with g_free(). */
char *probe_json (const ProbeView *view, int status);

/* The exit status that `toukan send` would end with: that of sysexits.h. */
int probe_exit_status (const ProbeView *view);

/* "587/IPv6", with the host before it where there are several. Free with g_free(). */
char *probe_path_text (const ProbeView *view, const ProbeResult *result);

/* Days until RESULT's certificate ends. */
int probe_days (const ProbeView *view, const ProbeResult *result);

/* How often each path ended how on this machine: a table, or a JSON object a line. NULL
 * when the store can't be read. Free with g_free(). */
char *probe_history_table (PathStore *store);
char *probe_history_json (PathStore *store);
