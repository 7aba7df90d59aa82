/* One decaying number for each address holds all its letters: no history is kept, and who was
 * written to daily three years ago doesn't stand before who was written to twice this week. */
#include "store/address-rank.h"

#define WEIGHT_LIMIT (G_MAXINT64 / 4)

/* Straight lines between the halves: nobody sees the difference to the curve. */
static double
decay (gint64 from, gint64 to)
{
  double share = 1.0;
  guint64 age = to > from ? (guint64)to - (guint64)from : 0;

  for (; age >= (guint64)ADDRESS_HALF_LIFE && share > 0.0; age -= (guint64)ADDRESS_HALF_LIFE)
    share /= 2.0;
  return share * (1.0 - (double)age / (2.0 * (double)ADDRESS_HALF_LIFE));
}

void
address_use_add (AddressUse *use, gint64 at)
{
  const gint64 last = use->times > 0 ? MAX (use->last, at) : at;
  const double old = (double)MAX (use->weight, 0) * (use->times > 0 ? decay (use->last, last) : 0.0);
  const double weight = old + (double)ADDRESS_WEIGHT_ONE * decay (at, last);

  use->weight = (gint64)MIN (weight, (double)WEIGHT_LIMIT);
  use->times += use->times < G_MAXINT64;
  use->last = last;
}

double
address_use_weight (const AddressUse *use, gint64 now)
{
  return (double)MAX (use->weight, 0) * decay (use->last, now);
}
