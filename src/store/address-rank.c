/* One decaying number for each address holds all its letters: no history is kept, and who was
 * written to daily three years ago doesn't stand before who was written to twice this week. */
#include "store/address-rank.h"

#define WEIGHT_LIMIT ((gint64)1 << 60)

/* 2 to the power of -(TO - FROM) / ADDRESS_HALF_LIFE, bit by bit, without libm. */
static double
decay (gint64 from, gint64 to)
{
  static const double roots[]
      = { /* of one half: the second, the fourth, the eighth … */
          0.707106781187, 0.840896415254, 0.917004043205, 0.957603280699, 0.978572062088,
          0.989228013194, 0.994599423484, 0.997296056085, 0.998647112891, 0.999323327503,
          0.999661606496, 0.999830788932, 0.999915390887, 0.999957694548, 0.999978847050,
          0.999989423469, 0.999994711721, 0.999997355857, 0.999998677928, 0.999999338964
        };
  guint64 age = to > from ? (guint64)to - (guint64)from : 0, bit = (guint64)ADDRESS_HALF_LIFE;
  double share = 1.0;

  for (; age >= bit && share > 0.0; age -= bit)
    share /= 2.0;
  for (gsize i = 0; i < G_N_ELEMENTS (roots); i++) {
    bit /= 2;
    if (age >= bit) {
      share *= roots[i];
      age -= bit;
    }
  }
  return share;
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
