/* A failing schedule made smaller: the faults go first, then the steps. What
 * remains fails in the same way. */
#include "config.h"

#include <string.h>

#include "sim-hunt.h"
#include "sim.h"

typedef struct
{
  SimPlace *place; /* (unowned) */
  SimPlan *plan;   /* (unowned) */
  char *failure;   /* (owned) */
} Shrinking;

/* The same invariant: its number is the first word. */
static gboolean
is_same (const char *a,
         const char *b)
{
  gsize n = strcspn (a, " ");

  return n == strcspn (b, " ") && strncmp (a, b, n) == 0;
}

static gboolean
still_fails (Shrinking     *self,
             const SimPlan *plan)
{
  g_autofree char *failure = NULL;

  if (sim_run (self->place, plan, &failure, NULL) || !is_same (failure, self->failure))
    return FALSE;

  *self->plan = *plan;
  g_free (self->failure);
  self->failure = g_steal_pointer (&failure);
  return TRUE;
}

static void
drop_faults (Shrinking *self)
{
  for (guint i = 0; i < SIM_N_FAULTS; i++)
    {
      SimPlan plan = *self->plan;

      plan.off |= 1u << i;
      still_fails (self, &plan);
    }
}

static void
drop_end (Shrinking *self)
{
  guint step = SIM_MAX_STEPS / 2;

  while (step > 0)
    {
      SimPlan plan = *self->plan;

      plan.last = plan.last > step ? plan.last - step : 0;
      if (!still_fails (self, &plan) || self->plan->last == 0)
        step /= 2;
    }
}

/* In stretches that become shorter. */
static gboolean
drop_steps (Shrinking *self,
            gsize      offset)
{
  gboolean any = FALSE;

  for (guint length = MAX (self->plan->last / 2, 1); length > 0; length /= 2)
    for (guint first = 1; first <= self->plan->last; first += length)
      {
        SimPlan plan = *self->plan;
        gboolean *steps = G_STRUCT_MEMBER_P (&plan, offset);
        gboolean is_new = FALSE;

        for (guint i = first; i < first + length && i <= plan.last; i++)
          {
            is_new = is_new || !steps[i];
            steps[i] = TRUE;
          }
        if (is_new && still_fails (self, &plan))
          any = TRUE;
      }

  return any;
}

/**
 * sim_shrink:
 * @place: where
 * @plan: (inout): one that fails; becomes a smaller one
 * @failure: (out) (nullable): how that fails
 */
void
sim_shrink (SimPlace *place,
            SimPlan  *plan,
            char    **failure)
{
  Shrinking self = { place, plan, NULL };

  if (!sim_run (place, plan, &self.failure, NULL))
    {
      drop_end (&self);
      drop_faults (&self);
      while (drop_steps (&self, G_STRUCT_OFFSET (SimPlan, dropped)))
        ;
      drop_faults (&self);
      drop_steps (&self, G_STRUCT_OFFSET (SimPlan, calm));
    }
  *failure = self.failure;
}
