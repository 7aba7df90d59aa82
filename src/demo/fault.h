/* What the demo's network does to connections on port 587: the five cases that a
 * connection attempt can meet. */
#pragma once

#include <glib.h>

typedef enum {
  FAULT_ACCEPTED,
  FAULT_REFUSED,
  FAULT_PROHIBITED,
  FAULT_UNREACHABLE,
  FAULT_SILENT,
  FAULT_COUNT,
} Fault;

typedef struct {
  const char *name;           /* as --fault says it */
  const char *story;          /* N_(): what happens to connections to 587 */
  const char *rules;          /* of nft, with PORT for the port; NULL: none needed */
  gboolean    needs_firewall; /* can't be imitated without */
} FaultCase;

const FaultCase *fault_case (Fault fault);

/* FALSE when NAME is none of the five. */
gboolean fault_parse (const char *name, Fault *ret_fault);
