/* A verb is the second word of a command: `toukan send`. One file each. */
#pragma once

typedef struct {
  const char *name;
  const char *summary;                /* N_() */
  int (*run) (int argc, char **argv); /* argv[0] is the verb; returns the exit status */
} Verb;

extern const Verb verb_agent;
extern const Verb verb_batch;
extern const Verb verb_config;
extern const Verb verb_demo;
extern const Verb verb_outbox;
extern const Verb verb_paths;
extern const Verb verb_probe;
extern const Verb verb_send;
extern const Verb verb_sendmail;
