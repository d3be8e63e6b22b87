#include "config.h"

#include "bp-state.h"

#include "bp-id.h"
#include "bp-json.h"

#define TEXT_MAX 4096

/**
 * bp_state_new:
 * @table: a table
 * @id: copied
 *
 * Returns: (transfer full): a living record of version 0 whose fields are all
 *   absent
 */
BpState *
bp_state_new (const BpTable *table,
              const char    *id)
{
  BpState *self = g_new0 (BpState, 1);

  self->id = g_strdup (id);
  self->data = bp_change_new (table);
  return self;
}

/**
 * bp_state_copy:
 * @state: (nullable): a state
 *
 * Returns: (transfer full) (nullable): a copy
 */
BpState *
bp_state_copy (const BpState *state)
{
  BpState *copy;

  if (state == NULL)
    return NULL;

  copy = g_new0 (BpState, 1);
  *copy = *state;
  copy->id = g_strdup (state->id);
  copy->op_id = g_strdup (state->op_id);
  copy->device_name = g_strdup (state->device_name);
  copy->user = g_strdup (state->user);
  copy->data = bp_change_copy (state->data);
  return copy;
}

/**
 * bp_state_free:
 * @state: (nullable) (transfer full): a state
 */
void
bp_state_free (BpState *state)
{
  if (state == NULL)
    return;

  g_free (state->id);
  g_free (state->op_id);
  g_free (state->device_name);
  g_free (state->user);
  bp_change_free (state->data);
  g_free (state);
}

/**
 * bp_state_make_title:
 * @state: a record
 *
 * Returns: (transfer full): what people know it by: its name or number in
 *   quotes, with the id where someone chose that; else its id
 */
char *
bp_state_make_title (const BpState *state)
{
  const BpTable *table = state->data->table;

  for (guint i = 0; i < table->n_fields; i++)
    {
      const char *text = state->data->values[i].text;

      if (!(table->fields[i].flags & BP_FIELD_SEARCHED) || text == NULL)
        continue;
      return bp_id_is_uuid (state->id) ? g_strdup_printf ("“%s”", text)
                                       : g_strdup_printf ("“%s” (%s)", text, state->id);
    }

  return g_strdup (state->id);
}

/**
 * bp_state_append_json:
 * @state: a state
 * @json: what it is appended to
 *
 * Appends the state as a conflict's `server` stands on the wire.
 */
void
bp_state_append_json (const BpState *state,
                      GString       *json)
{
  g_string_append_c (json, '{');
  bp_json_append_integer_member (json, "version", state->version);
  bp_json_append_integer_member (json, "seq", state->seq);
  bp_json_append_integer_member (json, "is_deleted", state->is_deleted);
  bp_json_append_integer_member (json, "modified_at", state->modified_at);
  bp_json_append_string_member (json, "id", state->id);
  bp_json_append_string_member (json, "op_id", state->op_id);
  bp_json_append_string_member (json, "device_name", state->device_name);
  bp_json_append_string_member (json, "user", state->user);
  bp_json_append_member (json, "data");
  bp_change_append_json (state->data, json);
  g_string_append_c (json, '}');
}

/**
 * bp_state_to_text:
 * @state: a state
 *
 * Returns: (transfer full): its JSON
 */
char *
bp_state_to_text (const BpState *state)
{
  GString *json = g_string_new (NULL);

  bp_state_append_json (state, json);
  return g_string_free (json, FALSE);
}

static gboolean
get_optional (JsonObject *object,
              const char *member,
              gint64      max,
              gint64     *integer,
              GError    **error)
{
  if (!bp_json_has (object, member))
    return TRUE;

  return bp_json_get_integer (object, member, -max, max, integer, error);
}

/**
 * bp_state_new_from_json:
 * @table: a table
 * @id: the record's id; overruled by a member `id`
 * @object: as bp_state_append_json() writes it; only `version` and `data` are
 *   needed
 * @error: #BpDataError
 *
 * Unknown members are passed over; fields that are missing become null or 0.
 *
 * Returns: (transfer full): the state
 */
BpState *
bp_state_new_from_json (const BpTable *table,
                        const char    *id,
                        JsonObject    *object,
                        GError       **error)
{
  g_autoptr (BpState) state = bp_state_new (table, id);
  gint64 is_deleted = 0;
  JsonObject *data;
  BpChange *change;
  g_autofree char *given = NULL;

  if (!bp_json_get_integer (object, "version", 0, BP_INTEGER_MAX, &state->version, error)
      || !get_optional (object, "seq", BP_INTEGER_MAX, &state->seq, error)
      || !get_optional (object, "is_deleted", 1, &is_deleted, error)
      || !get_optional (object, "modified_at", BP_INTEGER_MAX, &state->modified_at, error)
      || !bp_json_dup_optional_string (object, "id", TEXT_MAX, &given, error)
      || !bp_json_dup_optional_string (object, "op_id", TEXT_MAX, &state->op_id, error)
      || !bp_json_dup_optional_string (object, "device_name", TEXT_MAX, &state->device_name, error)
      || !bp_json_dup_optional_string (object, "user", TEXT_MAX, &state->user, error))
    return NULL;
  if (given != NULL)
    {
      g_free (state->id);
      state->id = g_steal_pointer (&given);
    }
  state->is_deleted = is_deleted != 0;

  data = bp_json_get_object (object, "data", error);
  change = data != NULL ? bp_change_new_from_json (table, data, BP_CHANGE_LENIENT, error) : NULL;
  if (change == NULL)
    return NULL;
  bp_change_free (state->data);
  state->data = change;
  bp_change_complete (state->data);

  return g_steal_pointer (&state);
}
