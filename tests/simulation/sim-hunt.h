/* Many schedules, in several processes. */
#pragma once

#include "sim-place.h"
#include "sim-plan.h"

G_BEGIN_DECLS

/**
 * SimHunt:
 * @mutant: what is planted
 * @off: (bits of #SimFault): faults that never happen
 * @first: which seed is the first
 * @n_seeds: how many from there
 * @n_seconds: for how long fresh ones come after those
 * @n_jobs: in how many processes
 * @shall_trace: whether all that happens is told
 * @shall_shrink: whether one that fails is made smaller
 * @place: (nullable): where, once it is needed
 *
 * What is to be run.
 */
typedef struct
{
  SimMutant mutant;
  guint off;
  guint64 first;
  guint64 n_seeds;
  gint64 n_seconds;
  guint n_jobs;
  gboolean shall_trace;
  gboolean shall_shrink;
  SimPlace *place;
} SimHunt;

gboolean sim_hunt_run (SimHunt       *self,
                       const SimPlan *plan);
int sim_hunt_go (SimHunt *self);

/* sim-shrink.c */
void sim_shrink (SimPlace *place,
                 SimPlan  *plan,
                 char    **failure);

G_END_DECLS
