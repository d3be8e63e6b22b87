#include "config.h"

#include "sim-random.h"

/**
 * sim_random_next:
 * @random: a stream
 *
 * SplitMix64 (Steele, Lea, Flood 2014): any seed gives a good stream.
 *
 * Returns: 64 random bits
 */
guint64
sim_random_next (SimRandom *random)
{
  guint64 mixed = random->state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  mixed = (mixed ^ (mixed >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  mixed = (mixed ^ (mixed >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return mixed ^ (mixed >> 31);
}

/**
 * sim_random_below:
 * @random: a stream
 * @bound: above 0
 *
 * Returns: 0 to @bound − 1
 */
guint
sim_random_below (SimRandom *random,
                  guint      bound)
{
  return (guint)(sim_random_next (random) % bound);
}

/**
 * sim_random_chance:
 * @random: a stream
 * @per_mille: of a thousand
 *
 * Returns: %TRUE so often
 */
gboolean
sim_random_chance (SimRandom *random,
                   guint      per_mille)
{
  return sim_random_below (random, 1000) < per_mille;
}

/**
 * sim_random_fork:
 * @seed: of a schedule
 * @step: which step of it
 * @purpose: what it is for
 *
 * What a step does depends on no other step, so that one can be left out.
 *
 * Returns: a stream of its own
 */
SimRandom
sim_random_fork (guint64 seed,
                 guint   step,
                 guint   purpose)
{
  SimRandom random = { seed };

  random.state = sim_random_next (&random) ^ ((guint64)step << 8 | purpose);
  random.state = sim_random_next (&random);
  return random;
}
