/* What wins when a record was changed in two places. A function of its
 * arguments only: no store, no clock. */
#include "config.h"

#include "bp-merge.h"

#include <string.h>

#include "bp-error.h"
#include "bp-json.h"

static const BpValue null_value;

static const BpValue *
get_value (const BpState *state,
           guint          field)
{
  if (state == NULL || state->data == NULL || !bp_change_has (state->data, field))
    return &null_value;

  return &state->data->values[field];
}

/**
 * bp_merge_is_in_unit:
 * @table: a table
 * @unit: the index of a field
 * @field: the index of another, or the same
 *
 * Returns: whether the two are decided as one: a field, or all fields that are
 *   amounts together
 */
gboolean
bp_merge_is_in_unit (const BpTable *table,
                     guint          unit,
                     guint          field)
{
  return unit == field
         || ((table->fields[unit].flags & BP_FIELD_AMOUNTS)
             && (table->fields[field].flags & BP_FIELD_AMOUNTS));
}

static gboolean
unit_differs (const BpTable *table,
              guint          unit,
              const BpState *a,
              const BpState *b)
{
  for (guint i = 0; i < table->n_fields; i++)
    {
      if (bp_merge_is_in_unit (table, unit, i)
          && !bp_value_equal (get_value (a, i), get_value (b, i)))
        return TRUE;
    }

  return FALSE;
}

/**
 * bp_merge_get_side:
 * @conflict: what was found
 * @field: the index of a field
 *
 * Returns: where it was changed, or any that is decided with it
 */
BpMergeSide
bp_merge_get_side (const BpConflict *conflict,
                   guint             field)
{
  const BpTable *table = conflict->table;
  gboolean local = unit_differs (table, field, conflict->base, conflict->local);
  gboolean server = unit_differs (table, field, conflict->base, conflict->server);

  if (!local && !server)
    return BP_MERGE_SIDE_NONE;
  if (!server)
    return BP_MERGE_SIDE_LOCAL;
  if (!local)
    return BP_MERGE_SIDE_SERVER;

  return unit_differs (table, field, conflict->local, conflict->server) ? BP_MERGE_SIDE_BOTH
                                                                         : BP_MERGE_SIDE_SAME;
}

static gboolean
is_merged (const BpField *field)
{
  return (field->flags & BP_FIELD_PROJECTION) == 0;
}

static gboolean
can_merge (const BpConflict *conflict)
{
  return conflict->type == BP_CONFLICT_UPDATE_UPDATE
         && conflict->local != NULL && !conflict->local->is_deleted
         && conflict->server != NULL && !conflict->server->is_deleted;
}

static gboolean
has_contradiction (const BpConflict *conflict)
{
  for (guint i = 0; i < conflict->table->n_fields; i++)
    {
      if (is_merged (&conflict->table->fields[i])
          && bp_merge_get_side (conflict, i) == BP_MERGE_SIDE_BOTH)
        return TRUE;
    }

  return FALSE;
}

/* The whole record: fields changed on one side from there, those that both
 * changed from @winner. */
static BpChange *
mix (const BpConflict *conflict,
     const BpState    *winner)
{
  BpChange *merged = bp_change_new (conflict->table);

  for (guint i = 0; i < conflict->table->n_fields; i++)
    {
      BpMergeSide side = bp_merge_get_side (conflict, i);
      const BpState *from = conflict->server;

      if (!is_merged (&conflict->table->fields[i]))
        continue;
      if (side == BP_MERGE_SIDE_LOCAL)
        from = conflict->local;
      else if (side == BP_MERGE_SIDE_BOTH)
        from = winner;
      bp_change_set (merged, i, get_value (from, i));
    }

  return merged;
}

static gboolean
holds (const BpConflict *conflict,
       const BpChange   *merged,
       const BpState    *state)
{
  for (guint i = 0; i < conflict->table->n_fields; i++)
    {
      if (is_merged (&conflict->table->fields[i])
          && !bp_value_equal (&merged->values[i], get_value (state, i)))
        return FALSE;
    }

  return TRUE;
}

static BpDecision
merge_updates (const BpConflict *conflict,
               BpPolicy          policy,
               gint64            skew,
               BpChange        **merged)
{
  gboolean contradiction = has_contradiction (conflict);
  gboolean local_wins = FALSE;

  if (contradiction && policy == BP_POLICY_ASK)
    return BP_DECISION_ASK;

  if (policy == BP_POLICY_LATEST_WINS)
    local_wins = conflict->local->modified_at + skew > conflict->server->modified_at;
  *merged = mix (conflict, local_wins ? conflict->local : conflict->server);

  if (contradiction && holds (conflict, *merged, conflict->server))
    {
      g_clear_pointer (merged, bp_change_free);
      return BP_DECISION_SERVER;
    }
  if (contradiction && holds (conflict, *merged, conflict->local))
    {
      g_clear_pointer (merged, bp_change_free);
      return BP_DECISION_LOCAL;
    }
  return BP_DECISION_MERGED;
}

/**
 * bp_merge:
 * @conflict: what was found, with base, local and server state
 * @policy: what holds in a field that both sides changed
 * @skew: the server's clock less this device's, in milliseconds; only
 *   %BP_POLICY_LATEST_WINS looks at it
 * @merged: (out) (transfer full) (nullable): with %BP_DECISION_MERGED all
 *   fields that are no projections, as they shall be; else %NULL
 *
 * The rules of the contract, section 6. Never guesses: a deletion against a
 * change, or a side that is not known, is for a person.
 *
 * Returns: what to do
 */
BpDecision
bp_merge (const BpConflict *conflict,
          BpPolicy          policy,
          gint64            skew,
          BpChange        **merged)
{
  g_return_val_if_fail (conflict != NULL && merged != NULL, BP_DECISION_ASK);

  *merged = NULL;
  switch (conflict->type)
    {
    case BP_CONFLICT_UPDATE_UPDATE:
      if (!can_merge (conflict))
        return BP_DECISION_ASK;
      return merge_updates (conflict, policy, skew, merged);
    case BP_CONFLICT_ID_COLLISION:
      if (!bp_conflict_is_of_two (conflict))
        return BP_DECISION_SERVER;
      return bp_conflict_is_joinable (conflict) ? BP_DECISION_JOINED : BP_DECISION_RENUMBERED;
    case BP_CONFLICT_DELETE_UPDATE:
    case BP_CONFLICT_UPDATE_DELETE:
    default:
      return BP_DECISION_ASK;
    }
}

static gboolean
fail_choice (GError    **error,
             int         code,
             const char *format,
             const char *name)
{
  g_autofree char *text = g_strdup_printf (format, name);

  g_set_error_literal (error, BP_DATA_ERROR, code, text);
  return FALSE;
}

/* Text that was typed, as the JSON of a field's value: JSON where the field
 * takes it so, else the plain text as a string. */
static char *
value_to_json (const BpField *field,
               const char    *text)
{
  GString *json;
  gboolean plain = bp_field_is_text (field) && text[0] != '"' && strcmp (text, "null") != 0;

  if (field->type == BP_FIELD_JSON)
    plain = strcmp (text, "null") != 0;
  if (!plain)
    return g_strdup (text);

  json = g_string_new (NULL);
  bp_json_append_string (json, text);
  return g_string_free (json, FALSE);
}

static gboolean
choose_value (const BpTable *table,
              guint          field,
              const char    *text,
              BpChange      *merged,
              GError       **error)
{
  g_autofree char *value = value_to_json (&table->fields[field], text);
  g_autofree char *json = g_strdup_printf ("{\"%s\":%s}", table->fields[field].name, value);
  g_autoptr (BpChange) change = NULL;

  if (table->fields[field].flags & BP_FIELD_AMOUNTS)
    return fail_choice (error, BP_DATA_ERROR_INVALID_VALUE,
                        "“%s” is one of a sale's amounts: choose local or server",
                        table->fields[field].name);

  change = bp_change_new_from_text (table, json, BP_CHANGE_BOOLEANS, error);
  if (change == NULL)
    return FALSE;
  if (change->mask != G_GUINT64_CONSTANT (1) << field)
    return fail_choice (error, BP_DATA_ERROR_INVALID_VALUE, "“%s” is not one value", text);
  if (!bp_change_normalize (change, FALSE, error))
    return FALSE;
  bp_change_apply (merged, change);
  return TRUE;
}

static gboolean
choose_side (const BpConflict *conflict,
             guint             unit,
             const BpState    *state,
             guint64           chosen,
             BpChange         *merged,
             GError          **error)
{
  for (guint i = 0; i < conflict->table->n_fields; i++)
    {
      if (!bp_merge_is_in_unit (conflict->table, unit, i))
        continue;
      if ((chosen & (G_GUINT64_CONSTANT (1) << i))
          && !bp_value_equal (&merged->values[i], get_value (state, i)))
        return fail_choice (error, BP_DATA_ERROR_INVALID_VALUE,
                            "“%s” and other amounts are chosen from different sides",
                            conflict->table->fields[unit].name);
      bp_change_set (merged, i, get_value (state, i));
    }

  return TRUE;
}

static gboolean
choose_one (const BpConflict *conflict,
            const char       *choice,
            guint64          *chosen,
            BpChange         *merged,
            GError          **error)
{
  const char *equals = strchr (choice, '=');
  g_autofree char *name = NULL;
  guint64 before = *chosen;
  int field;

  if (equals == NULL)
    return fail_choice (error, BP_DATA_ERROR_MALFORMED, "“%s” is not FIELD=CHOICE", choice);

  name = g_strndup (choice, (gsize)(equals - choice));
  field = bp_table_find_field (conflict->table, name);
  if (field < 0 || !is_merged (&conflict->table->fields[field]))
    return fail_choice (error, BP_DATA_ERROR_UNKNOWN_FIELD, "No field “%s” to choose", name);

  for (guint i = 0; i < conflict->table->n_fields; i++)
    {
      if (bp_merge_is_in_unit (conflict->table, (guint)field, i))
        *chosen |= G_GUINT64_CONSTANT (1) << i;
    }
  if (equals[1] == ':')
    return choose_value (conflict->table, (guint)field, equals + 2, merged, error);
  if (strcmp (equals + 1, "local") == 0)
    return choose_side (conflict, (guint)field, conflict->local, before, merged, error);
  if (strcmp (equals + 1, "server") == 0)
    return choose_side (conflict, (guint)field, conflict->server, before, merged, error);

  return fail_choice (error, BP_DATA_ERROR_INVALID_VALUE,
                      "“%s” is neither local, server nor :VALUE", equals + 1);
}

/**
 * bp_merge_choose:
 * @conflict: an UPDATE_UPDATE with both states, or an ID_COLLISION of a key
 *   that people give
 * @choices: (array zero-terminated=1): `FIELD=local`, `FIELD=server` or
 *   `FIELD=:VALUE`; a value of a text field is plain text, or a JSON string
 *   or null, of other fields JSON
 * @merged: (out) (transfer full): all fields that are no projections, as they
 *   shall be; of an ID_COLLISION those of the local record that are chosen
 * @error: of #BpDataError: MALFORMED, UNKNOWN_FIELD, INVALID_VALUE, TOO_LARGE;
 *   MISSING_FIELD where a field that both sides changed is not chosen
 *
 * Mixes a record by a person's choices. Fields not named follow the rule:
 * changed on one side, that side's value. All amounts of a sale are one. Of two
 * records with one key the local one is made again, with what is chosen.
 *
 * Returns: whether @merged is set
 */
gboolean
bp_merge_choose (const BpConflict  *conflict,
                 const char *const *choices,
                 BpChange         **merged,
                 GError           **error)
{
  g_autoptr (BpChange) mixture = NULL;
  gboolean keeps_both = bp_conflict_is_joinable (conflict) && conflict->local != NULL
                        && conflict->server != NULL;
  guint64 chosen = 0;

  g_return_val_if_fail (conflict != NULL && merged != NULL, FALSE);

  *merged = NULL;
  if (!keeps_both && !can_merge (conflict))
    return fail_choice (error, BP_DATA_ERROR_INVALID_VALUE,
                        "A conflict of type %s cannot be merged: choose keep-local or use-server",
                        bp_conflict_type_to_string (conflict->type));

  mixture = keeps_both ? bp_change_new (conflict->table) : mix (conflict, conflict->server);
  for (guint i = 0; choices != NULL && choices[i] != NULL; i++)
    {
      if (!choose_one (conflict, choices[i], &chosen, mixture, error))
        return FALSE;
    }

  for (guint i = 0; !keeps_both && i < conflict->table->n_fields; i++)
    {
      const BpField *field = &conflict->table->fields[i];

      if (is_merged (field) && (chosen & (G_GUINT64_CONSTANT (1) << i)) == 0
          && bp_merge_get_side (conflict, i) == BP_MERGE_SIDE_BOTH)
        return fail_choice (error, BP_DATA_ERROR_MISSING_FIELD,
                            "Both sides changed “%s”: choose local, server or a value",
                            field->name);
    }

  *merged = g_steal_pointer (&mixture);
  return TRUE;
}

/**
 * bp_policy_from_string:
 * @text: (nullable): `server-wins`, `latest-wins` or `ask`
 * @policy: (out): which; unchanged where unknown
 *
 * Returns: whether @text is a policy
 */
gboolean
bp_policy_from_string (const char *text,
                       BpPolicy   *policy)
{
  static const char *const names[] = { "server-wins", "latest-wins", "ask" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      if (g_strcmp0 (text, names[i]) == 0)
        {
          *policy = (BpPolicy)i;
          return TRUE;
        }
    }

  return FALSE;
}
