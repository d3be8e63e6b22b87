/* Streams of randomness that repeat. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * SimRandom:
 *
 * A stream; see sim_random_next().
 */
typedef struct
{
  guint64 state;
} SimRandom;

guint64 sim_random_next (SimRandom *random);
guint sim_random_below (SimRandom *random,
                        guint      bound);
gboolean sim_random_chance (SimRandom *random,
                            guint      per_mille);
SimRandom sim_random_fork (guint64 seed,
                           guint   step,
                           guint   purpose);

G_END_DECLS
