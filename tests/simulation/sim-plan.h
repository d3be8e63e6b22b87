/* What a schedule is made from, and what was left out of it. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define SIM_MAX_STEPS 160

/**
 * SimFault:
 *
 * What may go wrong. Each schedule has its own subset, each at its own rate.
 */
typedef enum
{
  SIM_FAULT_LOST_REQUEST,
  SIM_FAULT_LOST_ANSWER,
  SIM_FAULT_TWICE,
  SIM_FAULT_LATE,
  SIM_FAULT_CUT,
  SIM_FAULT_PORTAL,
  SIM_FAULT_SERVER_ERROR,
  SIM_FAULT_BUSY,
  SIM_FAULT_TOO_LARGE,
  SIM_FAULT_OLD_ANSWER,
  SIM_FAULT_BETWEEN,
  SIM_FAULT_CRASH,
  SIM_FAULT_SERVER_CRASH,
  SIM_FAULT_JUMP,
  SIM_FAULT_RESTORE,
  SIM_FAULT_HORIZON,
  SIM_FAULT_SELECTION,
  SIM_FAULT_PUT_BACK,
  SIM_FAULT_CLONE,
  SIM_FAULT_PAGES,
  SIM_N_FAULTS
} SimFault;

/**
 * SimMutant:
 *
 * Planted bugs, that the simulation must find; see sim-mutant.c.
 */
typedef enum
{
  SIM_MUTANT_NONE,
  SIM_MUTANT_ACKNOWLEDGE_ALL,
  SIM_MUTANT_CURSOR_BEFORE_ROWS,
  SIM_MUTANT_NO_OP_ID,
  SIM_MUTANT_CLOCK_DECIDES,
  SIM_MUTANT_CONFLICT_DROPS_ROW,
  SIM_MUTANT_FOLD_INTO_SENT,
  SIM_MUTANT_EFFECTS_TWICE,
  SIM_MUTANT_PULL_OVERWRITES,
  SIM_MUTANT_TOMBSTONE_IGNORED,
  SIM_MUTANT_BASE_NOT_ADVANCED,
  SIM_MUTANT_EPOCH_IGNORED,
  SIM_MUTANT_PAGE_END_SKIPPED,
  SIM_MUTANT_ACTION_TORN,
  SIM_MUTANT_REFERENCES_STAY,
  SIM_MUTANT_SNAPSHOT_LOSES_ROWS,
  SIM_N_MUTANTS
} SimMutant;

/**
 * SimPlan:
 * @seed: which schedule
 * @mutant: what is planted
 * @off: (bits of #SimFault): faults that never happen
 * @dropped: steps left out
 * @calm: steps without faults
 * @last: no step after this one; %SIM_MAX_STEPS for as many as the seed has
 */
typedef struct
{
  guint64 seed;
  SimMutant mutant;
  guint off;
  gboolean dropped[SIM_MAX_STEPS + 1];
  gboolean calm[SIM_MAX_STEPS + 1];
  guint last;
} SimPlan;

const char *sim_fault_get_name (SimFault fault);
const char *sim_mutant_get_name (SimMutant mutant);
SimMutant sim_mutant_find (const char *name);

void sim_plan_init (SimPlan  *plan,
                    guint64   seed,
                    SimMutant mutant);
gboolean sim_plan_parse_off (const char *text,
                             guint      *off);
gboolean sim_plan_load (SimPlan    *plan,
                        const char *path,
                        GError    **error);
char *sim_plan_to_text (const SimPlan *plan);

G_END_DECLS
