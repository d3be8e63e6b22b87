#include "config.h"

#include "bp-change.h"

#include <string.h>

#include "bp-error.h"
#include "bp-json.h"
#include "bp-line.h"

/**
 * bp_value_clear:
 * @value: a value
 *
 * Makes it null and frees its text.
 */
void
bp_value_clear (BpValue *value)
{
  g_clear_pointer (&value->text, g_free);
  value->kind = BP_VALUE_NULL;
  value->integer = 0;
}

/**
 * bp_value_set_integer:
 * @value: a value
 * @integer: what it becomes
 */
void
bp_value_set_integer (BpValue *value,
                      gint64   integer)
{
  bp_value_clear (value);
  value->kind = BP_VALUE_INTEGER;
  value->integer = integer;
}

/**
 * bp_value_set_text:
 * @value: a value
 * @text: (nullable): what it becomes, copied; null where %NULL
 */
void
bp_value_set_text (BpValue    *value,
                   const char *text)
{
  bp_value_take_text (value, g_strdup (text));
}

/**
 * bp_value_take_text:
 * @value: a value
 * @text: (nullable) (transfer full): what it becomes; null where %NULL
 */
void
bp_value_take_text (BpValue *value,
                    char    *text)
{
  bp_value_clear (value);
  value->kind = text != NULL ? BP_VALUE_TEXT : BP_VALUE_NULL;
  value->text = text;
}

/**
 * bp_value_copy:
 * @to: what is overwritten
 * @from: what it becomes; must not be @to
 */
void
bp_value_copy (BpValue       *to,
               const BpValue *from)
{
  bp_value_clear (to);
  to->kind = from->kind;
  to->integer = from->integer;
  to->text = g_strdup (from->text);
}

/**
 * bp_value_equal:
 * @a: a value
 * @b: a value
 *
 * Returns: whether kind and content are the same
 */
gboolean
bp_value_equal (const BpValue *a,
                const BpValue *b)
{
  return a->kind == b->kind && a->integer == b->integer && g_strcmp0 (a->text, b->text) == 0;
}

/**
 * bp_value_append_json:
 * @value: a value
 * @field: whose value it is
 * @json: what it is appended to
 *
 * Appends the value as it stands on the wire: lines as an array.
 */
void
bp_value_append_json (const BpValue *value,
                      const BpField *field,
                      GString       *json)
{
  switch (value->kind)
    {
    case BP_VALUE_NULL:
      g_string_append (json, "null");
      break;
    case BP_VALUE_INTEGER:
      g_string_append_printf (json, "%" G_GINT64_FORMAT, value->integer);
      break;
    case BP_VALUE_TEXT:
      if (field->type == BP_FIELD_LINES)
        g_string_append (json, value->text);
      else
        bp_json_append_string (json, value->text);
      break;
    default:
      g_assert_not_reached ();
    }
}

/**
 * bp_change_new:
 * @table: a table
 *
 * Returns: (transfer full): a change of no field
 */
BpChange *
bp_change_new (const BpTable *table)
{
  BpChange *self = g_new0 (BpChange, 1);

  g_assert (table->n_fields <= BP_MAX_FIELDS);
  self->table = table;
  return self;
}

/**
 * bp_change_copy:
 * @change: a change
 *
 * Returns: (transfer full): a copy
 */
BpChange *
bp_change_copy (const BpChange *change)
{
  BpChange *copy = bp_change_new (change->table);

  bp_change_apply (copy, change);
  return copy;
}

/**
 * bp_change_free:
 * @change: (nullable) (transfer full): a change
 */
void
bp_change_free (BpChange *change)
{
  if (change == NULL)
    return;

  for (guint i = 0; i < change->table->n_fields; i++)
    g_free (change->values[i].text);
  g_free (change);
}

static gboolean
take_json_value (const BpField *field,
                 JsonNode      *node,
                 BpChangeFlags  flags,
                 BpValue       *value,
                 GError       **error)
{
  GType type = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) : G_TYPE_INVALID;

  if (JSON_NODE_HOLDS_NULL (node))
    {
      bp_value_clear (value);
      return TRUE;
    }
  if (field->type == BP_FIELD_LINES)
    {
      char *lines = bp_lines_canonicalize (node, error);

      bp_value_take_text (value, lines);
      return lines != NULL;
    }
  if (field->type == BP_FIELD_FLAG && type == G_TYPE_BOOLEAN && (flags & BP_CHANGE_BOOLEANS))
    {
      bp_value_set_integer (value, json_node_get_boolean (node));
      return TRUE;
    }
  if (type == G_TYPE_INT64 && !bp_field_is_text (field))
    {
      bp_value_set_integer (value, json_node_get_int (node));
      return TRUE;
    }
  if (type == G_TYPE_STRING && bp_field_is_text (field))
    {
      bp_value_set_text (value, json_node_get_string (node));
      return TRUE;
    }

  g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE,
               bp_field_is_text (field) ? "“%s” must be text" : "“%s” must be a whole number",
               field->name);
  return FALSE;
}

/**
 * bp_change_new_from_json:
 * @table: a table
 * @object: members named as its fields
 * @flags: how strictly
 * @error: %BP_DATA_ERROR_UNKNOWN_FIELD, %BP_DATA_ERROR_INVALID_VALUE,
 *   %BP_DATA_ERROR_TOO_LARGE
 *
 * Reads a change and checks each value. Needed fields are not asked for here
 * (see bp_change_normalize()).
 *
 * Returns: (transfer full): the change
 */
BpChange *
bp_change_new_from_json (const BpTable *table,
                         JsonObject    *object,
                         BpChangeFlags  flags,
                         GError       **error)
{
  g_autoptr (BpChange) change = bp_change_new (table);
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    {
      int i = bp_table_find_field (table, name);
      gboolean lenient = (flags & BP_CHANGE_LENIENT) != 0;

      if (i < 0 && lenient)
        continue;
      if (i < 0 || (!lenient && (table->fields[i].flags & BP_FIELD_PROJECTION)))
        {
          g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_UNKNOWN_FIELD,
                       i < 0 ? "“%s” has no field “%.64s”"
                             : "“%s”: “%.64s” is computed, not written",
                       table->name, name);
          return NULL;
        }
      if (!take_json_value (&table->fields[i], node, flags, &change->values[i], error))
        return NULL;
      if (!lenient && !bp_field_check (&table->fields[i], &change->values[i], error))
        return NULL;
      change->mask |= G_GUINT64_CONSTANT (1) << i;
    }

  return g_steal_pointer (&change);
}

/**
 * bp_change_has:
 * @change: a change
 * @field: index of a field
 *
 * Returns: whether the field is present, null or not
 */
gboolean
bp_change_has (const BpChange *change,
               guint           field)
{
  return (change->mask >> field) & 1;
}

/**
 * bp_change_is_empty:
 * @change: a change
 *
 * Returns: whether it has no field
 */
gboolean
bp_change_is_empty (const BpChange *change)
{
  return change->mask == 0;
}

/**
 * bp_change_get:
 * @change: a change
 * @name: a field of its table
 *
 * Returns: (transfer none): its value; null where it is absent
 */
const BpValue *
bp_change_get (const BpChange *change,
               const char     *name)
{
  int i = bp_table_find_field (change->table, name);

  g_assert (i >= 0);
  return &change->values[i];
}

/**
 * bp_change_get_integer:
 * @change: a change
 * @name: a field of its table
 *
 * Returns: its value; 0 where it is absent or null
 */
gint64
bp_change_get_integer (const BpChange *change,
                       const char     *name)
{
  return bp_change_get (change, name)->integer;
}

/**
 * bp_change_get_text:
 * @change: a change
 * @name: a field of its table
 *
 * Returns: (transfer none) (nullable): its value; %NULL where absent or null
 */
const char *
bp_change_get_text (const BpChange *change,
                    const char     *name)
{
  return bp_change_get (change, name)->text;
}

/**
 * bp_change_set:
 * @change: a change
 * @field: index of a field
 * @value: copied
 */
void
bp_change_set (BpChange      *change,
               guint          field,
               const BpValue *value)
{
  g_assert (field < change->table->n_fields);
  bp_value_copy (&change->values[field], value);
  change->mask |= G_GUINT64_CONSTANT (1) << field;
}

static BpValue *
touch (BpChange   *change,
       const char *name)
{
  int i = bp_table_find_field (change->table, name);

  g_assert (i >= 0);
  change->mask |= G_GUINT64_CONSTANT (1) << i;
  return &change->values[i];
}

/**
 * bp_change_set_null:
 * @change: a change
 * @name: a field of its table, which becomes null
 */
void
bp_change_set_null (BpChange   *change,
                    const char *name)
{
  bp_value_clear (touch (change, name));
}

/**
 * bp_change_set_integer:
 * @change: a change
 * @name: a field of its table
 * @integer: what it becomes
 */
void
bp_change_set_integer (BpChange   *change,
                       const char *name,
                       gint64      integer)
{
  bp_value_set_integer (touch (change, name), integer);
}

/**
 * bp_change_set_text:
 * @change: a change
 * @name: a field of its table
 * @text: (nullable): what it becomes, copied
 */
void
bp_change_set_text (BpChange   *change,
                    const char *name,
                    const char *text)
{
  bp_value_set_text (touch (change, name), text);
}

/**
 * bp_change_unset:
 * @change: a change
 * @field: index of a field, absent afterwards
 */
void
bp_change_unset (BpChange *change,
                 guint     field)
{
  bp_value_clear (&change->values[field]);
  change->mask &= ~(G_GUINT64_CONSTANT (1) << field);
}

/**
 * bp_change_apply:
 * @state: what is changed
 * @change: what to; of the same table
 *
 * Every field present in @change is overwritten in @state.
 */
void
bp_change_apply (BpChange       *state,
                 const BpChange *change)
{
  g_assert (state->table == change->table);

  for (guint i = 0; i < change->table->n_fields; i++)
    {
      if (bp_change_has (change, i))
        bp_change_set (state, i, &change->values[i]);
    }
}

/**
 * bp_change_diff:
 * @from: (nullable): the state before; nothing where %NULL
 * @to: the state after
 *
 * Returns: (transfer full): the fields of @to that @from does not have, or has
 *   with another value; projections never count
 */
BpChange *
bp_change_diff (const BpChange *from,
                const BpChange *to)
{
  BpChange *diff = bp_change_new (to->table);

  for (guint i = 0; i < to->table->n_fields; i++)
    {
      if (!bp_change_has (to, i) || (to->table->fields[i].flags & BP_FIELD_PROJECTION))
        continue;
      if (from == NULL || !bp_change_has (from, i)
          || !bp_value_equal (&from->values[i], &to->values[i]))
        bp_change_set (diff, i, &to->values[i]);
    }

  return diff;
}

/**
 * bp_change_equal:
 * @a: a change
 * @b: a change of the same table
 *
 * Returns: whether both have the same fields with the same values,
 *   projections left aside
 */
gboolean
bp_change_equal (const BpChange *a,
                 const BpChange *b)
{
  for (guint i = 0; i < a->table->n_fields; i++)
    {
      if (a->table->fields[i].flags & BP_FIELD_PROJECTION)
        continue;
      if (bp_change_has (a, i) != bp_change_has (b, i)
          || !bp_value_equal (&a->values[i], &b->values[i]))
        return FALSE;
    }

  return TRUE;
}

/**
 * bp_change_complete:
 * @change: a change
 *
 * Makes every field present: absent text becomes null; absent numbers, and
 * ones that are null, become 0. A product's `reorder_level` or a movement's
 * `counted` is thus 0 where not given, as the contract says.
 */
void
bp_change_complete (BpChange *change)
{
  for (guint i = 0; i < change->table->n_fields; i++)
    {
      if (change->values[i].kind == BP_VALUE_NULL && !bp_field_is_text (&change->table->fields[i]))
        bp_value_set_integer (&change->values[i], 0);
      change->mask |= G_GUINT64_CONSTANT (1) << i;
    }
}

/**
 * bp_change_drop_projections:
 * @change: a change, without projections afterwards
 */
void
bp_change_drop_projections (BpChange *change)
{
  for (guint i = 0; i < change->table->n_fields; i++)
    {
      if (change->table->fields[i].flags & BP_FIELD_PROJECTION)
        bp_change_unset (change, i);
    }
}

/**
 * bp_change_normalize:
 * @change: what a user or device writes
 * @insert: whether it makes a new record (or restores one), so that needed
 *   fields must be there; otherwise they only must not be emptied
 * @error: %BP_DATA_ERROR_MISSING_FIELD, %BP_DATA_ERROR_INVALID_VALUE
 *
 * Trims keys (empty is null), makes null numbers 0, and checks needed fields
 * and every value. The same on both ends. Absent fields stay absent.
 *
 * Returns: whether @change may be written
 */
gboolean
bp_change_normalize (BpChange *change,
                     gboolean  insert,
                     GError  **error)
{
  for (guint i = 0; i < change->table->n_fields; i++)
    {
      const BpField *field = &change->table->fields[i];
      BpValue *value = &change->values[i];
      gboolean needed = (field->flags & BP_FIELD_NEEDED) != 0;
      gboolean present = bp_change_has (change, i);

      if ((field->flags & BP_FIELD_KEY) && value->kind == BP_VALUE_TEXT)
        {
          g_strstrip (value->text);
          if (value->text[0] == '\0')
            bp_value_clear (value);
        }
      if (needed && (present || insert)
          && (value->kind == BP_VALUE_NULL
              || (field->type == BP_FIELD_TEXT && value->text[0] == '\0')))
        {
          g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_MISSING_FIELD,
                       "“%s” needs “%s”", change->table->name, field->name);
          return FALSE;
        }
      if (present && value->kind == BP_VALUE_NULL && !bp_field_is_text (field))
        bp_value_set_integer (value, 0);
      if (present && !bp_field_check (field, value, error))
        return FALSE;
    }

  return TRUE;
}

/**
 * bp_change_append_json:
 * @change: a change
 * @json: what it is appended to
 *
 * Appends an object of the fields present, in the table's order: the
 * canonical form, equal text for equal content.
 */
void
bp_change_append_json (const BpChange *change,
                       GString        *json)
{
  g_string_append_c (json, '{');
  for (guint i = 0; i < change->table->n_fields; i++)
    {
      if (!bp_change_has (change, i))
        continue;
      bp_json_append_member (json, change->table->fields[i].name);
      bp_value_append_json (&change->values[i], &change->table->fields[i], json);
    }
  g_string_append_c (json, '}');
}

/**
 * bp_change_to_text:
 * @change: a change
 *
 * Returns: (transfer full): its canonical JSON
 */
char *
bp_change_to_text (const BpChange *change)
{
  GString *json = g_string_new (NULL);

  bp_change_append_json (change, json);
  return g_string_free (json, FALSE);
}
