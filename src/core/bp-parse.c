/* Reading back what bp_change_append_json() and bp_state_append_json() wrote,
 * without building a tree: the store does it for each operation it sends. */
#include "config.h"

#include <string.h>

#include "bp-error.h"
#include "bp-json.h"
#include "bp-state.h"

static gboolean
fail (GError    **error,
      const char *name)
{
  g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE,
               "The value of “%.64s” is not allowed", name);
  return FALSE;
}

/* Lines are kept as they stand: they are canonical already. */
static gboolean
read_value (const BpField *field,
            BpJsonCursor  *cursor,
            GString       *scratch,
            BpValue       *value)
{
  const char *start;
  gsize length;
  gint64 integer;

  if (bp_json_cursor_null (cursor))
    {
      bp_value_clear (value);
      return TRUE;
    }
  if (field->type == BP_FIELD_LINES)
    {
      if (bp_json_cursor_peek (cursor) != '[' || !bp_json_cursor_skip (cursor, &start, &length))
        return FALSE;
      bp_value_take_text (value, g_strndup (start, length));
      return TRUE;
    }
  if (bp_field_is_text (field))
    {
      if (!bp_json_cursor_string (cursor, scratch))
        return FALSE;
      bp_value_take_text (value, g_strndup (scratch->str, scratch->len));
      return TRUE;
    }
  if (!bp_json_cursor_integer (cursor, &integer))
    return FALSE;
  bp_value_set_integer (value, integer);
  return TRUE;
}

static gboolean
read_change (BpChange     *change,
             BpJsonCursor *cursor,
             GString      *scratch,
             GError      **error)
{
  g_autoptr (GString) name = g_string_new (NULL);

  if (!bp_json_cursor_enter (cursor, '{'))
    return fail (error, "data");
  while (bp_json_cursor_next (cursor))
    {
      int i;

      if (!bp_json_cursor_member (cursor, name))
        return fail (error, "data");
      i = bp_table_find_field (change->table, name->str);
      if (i < 0 && !bp_json_cursor_skip (cursor, NULL, NULL))
        return fail (error, name->str);
      if (i < 0)
        continue;
      if (!read_value (&change->table->fields[i], cursor, scratch, &change->values[i]))
        return fail (error, name->str);
      change->mask |= G_GUINT64_CONSTANT (1) << i;
    }

  return TRUE;
}

static BpChange *
parse_own (const BpTable *table,
           const char    *text,
           GError       **error)
{
  g_autoptr (BpChange) change = bp_change_new (table);
  g_autoptr (GString) scratch = g_string_new (NULL);
  gsize length = strlen (text);
  BpJsonCursor cursor;

  if (!bp_json_check (text, length, error))
    return NULL;
  bp_json_cursor_init (&cursor, text, length);
  if (!read_change (change, &cursor, scratch, error))
    return NULL;

  return g_steal_pointer (&change);
}

/**
 * bp_change_new_from_text:
 * @table: a table
 * @text: a JSON object; with %BP_CHANGE_LENIENT one that
 *   bp_change_append_json() wrote, so that its lines are canonical
 * @flags: how strictly
 * @error: as of bp_change_new_from_json(), and %BP_DATA_ERROR_MALFORMED
 *
 * Returns: (transfer full): the change
 */
BpChange *
bp_change_new_from_text (const BpTable *table,
                         const char    *text,
                         BpChangeFlags  flags,
                         GError       **error)
{
  g_autoptr (JsonNode) node = NULL;

  if (flags & BP_CHANGE_LENIENT)
    return parse_own (table, text, error);

  node = bp_json_parse_object (text, -1, error);
  if (node == NULL)
    return NULL;

  return bp_change_new_from_json (table, json_node_get_object (node), flags, error);
}

static char **
find_text_member (BpState    *state,
                  const char *name)
{
  if (g_str_equal (name, "id"))
    return &state->id;
  if (g_str_equal (name, "op_id"))
    return &state->op_id;
  if (g_str_equal (name, "device_name"))
    return &state->device_name;
  if (g_str_equal (name, "user"))
    return &state->user;

  return NULL;
}

static gboolean
read_integer_member (BpState      *state,
                     const char   *name,
                     BpJsonCursor *cursor)
{
  gint64 integer;

  if (!g_str_equal (name, "version") && !g_str_equal (name, "seq")
      && !g_str_equal (name, "is_deleted") && !g_str_equal (name, "modified_at"))
    return bp_json_cursor_skip (cursor, NULL, NULL);
  if (!bp_json_cursor_integer (cursor, &integer)
      || (g_str_equal (name, "version") && integer < 0)
      || (g_str_equal (name, "is_deleted") && integer != 0 && integer != 1))
    return FALSE;

  if (g_str_equal (name, "version"))
    state->version = integer;
  else if (g_str_equal (name, "seq"))
    state->seq = integer;
  else if (g_str_equal (name, "is_deleted"))
    state->is_deleted = integer != 0;
  else
    state->modified_at = integer;

  return TRUE;
}

static gboolean
read_state_member (BpState      *state,
                   const char   *name,
                   BpJsonCursor *cursor,
                   GString      *scratch,
                   GError      **error)
{
  char **text = find_text_member (state, name);

  if (bp_json_cursor_null (cursor))
    return TRUE;
  if (g_str_equal (name, "data"))
    return read_change (state->data, cursor, scratch, error);
  if (text == NULL)
    return read_integer_member (state, name, cursor) || fail (error, name);
  if (!bp_json_cursor_string (cursor, scratch))
    return fail (error, name);

  g_free (*text);
  *text = g_strndup (scratch->str, scratch->len);
  return TRUE;
}

/**
 * bp_state_new_from_text:
 * @table: a table
 * @id: the record's id; overruled by a member `id`
 * @text: JSON as bp_state_to_text() writes it
 * @error: #BpDataError
 *
 * Returns: (transfer full): the state
 */
BpState *
bp_state_new_from_text (const BpTable *table,
                        const char    *id,
                        const char    *text,
                        GError       **error)
{
  g_autoptr (BpState) state = bp_state_new (table, id);
  g_autoptr (GString) name = g_string_new (NULL);
  g_autoptr (GString) scratch = g_string_new (NULL);
  gsize length = strlen (text);
  gboolean has_data = FALSE;
  BpJsonCursor cursor;

  if (!bp_json_check (text, length, error))
    return NULL;

  bp_json_cursor_init (&cursor, text, length);
  state->version = -1;
  if (!bp_json_cursor_enter (&cursor, '{'))
    {
      fail (error, "state");
      return NULL;
    }
  while (bp_json_cursor_next (&cursor))
    {
      if (!bp_json_cursor_member (&cursor, name)
          || !read_state_member (state, name->str, &cursor, scratch, error))
        return NULL;
      has_data = has_data || g_str_equal (name->str, "data");
    }
  if (state->version < 0 || !has_data)
    {
      fail (error, has_data ? "version" : "data");
      return NULL;
    }
  bp_change_complete (state->data);

  return g_steal_pointer (&state);
}
