/* What a schedule is made from, as a file: a line for the seed, one for the
 * faults that never happen, one for the steps left out, one for those that
 * nothing disturbs, and one for the last step. */
#include "config.h"

#include "sim-plan.h"

#include <gio/gio.h>
#include <string.h>

static const char *const fault_names[] = {
  "lost-request", "lost-answer", "twice", "late", "cut", "portal", "server-error", "busy",
  "too-large", "old-answer", "between", "crash", "server-crash", "jump", "restore", "horizon",
  "selection", "put-back", "clone", "pages",
};
G_STATIC_ASSERT (G_N_ELEMENTS (fault_names) == SIM_N_FAULTS);

static const char *const mutant_names[] = {
  "none", "acknowledge-all", "cursor-before-rows", "no-op-id", "clock-decides",
  "conflict-drops-row", "fold-into-sent", "effects-twice", "pull-overwrites",
  "tombstone-ignored", "base-not-advanced", "epoch-ignored", "page-end-skipped", "action-torn",
  "references-stay",
  "snapshot-loses-rows",
};
G_STATIC_ASSERT (G_N_ELEMENTS (mutant_names) == SIM_N_MUTANTS);

/**
 * sim_fault_get_name:
 * @fault: a fault
 *
 * Returns: (transfer none): what files call it
 */
const char *
sim_fault_get_name (SimFault fault)
{
  return fault_names[fault];
}

/**
 * sim_mutant_get_name:
 * @mutant: a planted bug
 *
 * Returns: (transfer none): what people call it
 */
const char *
sim_mutant_get_name (SimMutant mutant)
{
  return mutant_names[mutant];
}

/**
 * sim_mutant_find:
 * @name: of a planted bug
 *
 * Returns: which, %SIM_N_MUTANTS where there is no such
 */
SimMutant
sim_mutant_find (const char *name)
{
  guint i = 0;

  while (i < SIM_N_MUTANTS && !g_str_equal (mutant_names[i], name))
    i++;
  return (SimMutant)i;
}

/**
 * sim_plan_init:
 * @plan: (out): a whole schedule
 * @seed: which
 * @mutant: what is planted
 */
void
sim_plan_init (SimPlan  *plan,
               guint64   seed,
               SimMutant mutant)
{
  *plan = (SimPlan){ .seed = seed, .mutant = mutant, .last = SIM_MAX_STEPS };
}

static gboolean
parse_steps (const char *text,
             gboolean   *steps)
{
  g_auto (GStrv) parts = g_strsplit (text, " ", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    {
      const char *dash = strchr (parts[i], '-');
      guint64 first, last;

      first = g_ascii_strtoull (parts[i], NULL, 10);
      last = dash != NULL ? g_ascii_strtoull (dash + 1, NULL, 10) : first;
      if (first == 0 || last > SIM_MAX_STEPS)
        return FALSE;
      for (guint64 k = first; k <= last; k++)
        steps[k] = TRUE;
    }

  return TRUE;
}

/**
 * sim_plan_parse_off:
 * @text: names of faults, with spaces between
 * @off: (inout): gets their bits
 *
 * Returns: whether there are such
 */
gboolean
sim_plan_parse_off (const char *text,
                    guint      *off)
{
  g_auto (GStrv) parts = g_strsplit (text, " ", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    {
      guint fault = 0;

      while (fault < SIM_N_FAULTS && !g_str_equal (fault_names[fault], parts[i]))
        fault++;
      if (fault == SIM_N_FAULTS)
        return FALSE;
      *off |= 1u << fault;
    }

  return TRUE;
}

static gboolean
parse_line (SimPlan    *plan,
            const char *line)
{
  const char *space = strchr (line, ' ');
  const char *text = space != NULL ? space + 1 : "";

  if (g_str_has_prefix (line, "seed "))
    plan->seed = g_ascii_strtoull (text, NULL, 10);
  else if (g_str_has_prefix (line, "mutant "))
    plan->mutant = sim_mutant_find (text);
  else if (g_str_has_prefix (line, "last "))
    plan->last = (guint)g_ascii_strtoull (text, NULL, 10);
  else if (g_str_has_prefix (line, "off "))
    return sim_plan_parse_off (text, &plan->off);
  else if (g_str_has_prefix (line, "drop "))
    return parse_steps (text, plan->dropped);
  else if (g_str_has_prefix (line, "calm "))
    return parse_steps (text, plan->calm);
  else
    return line[0] == '#' || line[0] == '\0';

  return plan->mutant < SIM_N_MUTANTS && plan->last <= SIM_MAX_STEPS;
}

/**
 * sim_plan_load:
 * @plan: (out): what the file says
 * @path: of a file as sim_plan_to_text() makes it; `#` begins a remark
 * @error: #GFileError, %G_IO_ERROR_INVALID_DATA
 *
 * Returns: whether @plan is filled
 */
gboolean
sim_plan_load (SimPlan    *plan,
               const char *path,
               GError    **error)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  sim_plan_init (plan, 0, SIM_MUTANT_NONE);
  if (!g_file_get_contents (path, &text, NULL, error))
    return FALSE;

  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (!parse_line (plan, g_strstrip (lines[i])))
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: not understood: %s", path,
                       lines[i]);
          return FALSE;
        }
    }

  return TRUE;
}

static void
append_steps (GString        *text,
              const char     *word,
              const gboolean *steps)
{
  gsize before = text->len;

  for (guint i = 1; i <= SIM_MAX_STEPS; i++)
    {
      guint last = i;

      if (!steps[i])
        continue;
      while (last < SIM_MAX_STEPS && steps[last + 1])
        last++;
      if (last > i)
        g_string_append_printf (text, " %u-%u", i, last);
      else
        g_string_append_printf (text, " %u", i);
      i = last;
    }
  if (text->len == before)
    return;

  g_string_insert (text, (gssize)before, word);
  g_string_append_c (text, '\n');
}

/**
 * sim_plan_to_text:
 * @plan: a plan
 *
 * Returns: (transfer full): what sim_plan_load() reads
 */
char *
sim_plan_to_text (const SimPlan *plan)
{
  g_autoptr (GString) text = g_string_new (NULL);
  gsize before;

  g_string_append_printf (text, "seed %" G_GUINT64_FORMAT "\n", plan->seed);
  if (plan->mutant != SIM_MUTANT_NONE)
    g_string_append_printf (text, "mutant %s\n", mutant_names[plan->mutant]);
  before = text->len;
  for (guint i = 0; i < SIM_N_FAULTS; i++)
    {
      if (plan->off & (1u << i))
        g_string_append_printf (text, " %s", fault_names[i]);
    }
  if (text->len > before)
    {
      g_string_insert (text, (gssize)before, "off");
      g_string_append_c (text, '\n');
    }
  append_steps (text, "drop", plan->dropped);
  append_steps (text, "calm", plan->calm);
  if (plan->last < SIM_MAX_STEPS)
    g_string_append_printf (text, "last %u\n", plan->last);

  return g_strdup (text->str);
}
