/* Who was most likely meant: often counts, lately counts more. Pure. */
#pragma once

#include <glib.h>

/* Each letter counts for less as time goes by: half, after this (µs). */
#define ADDRESS_HALF_LIFE ((gint64)60 * 24 * 3600 * G_USEC_PER_SEC)

typedef struct {
  guint64 times;  /* letters, ever */
  gint64  last;   /* wall clock, µs */
  gint64  weight; /* of all letters, at LAST; one is ADDRESS_WEIGHT_ONE */
} AddressUse;

#define ADDRESS_WEIGHT_ONE ((gint64)1000000)

/* A letter at AT, which may lie before .last. */
void address_use_add (AddressUse *use, gint64 at);

/* What the letters weigh at NOW. A .last in the future counts as now. */
double address_use_weight (const AddressUse *use, gint64 now);
