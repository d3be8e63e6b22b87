#include "config.h"

#include "bp-line.h"

#include <stddef.h>
#include <string.h>

#include "bp-change.h"
#include "bp-error.h"
#include "bp-json.h"

static const struct
{
  const char *name;
  gsize offset;
} text_members[] = {
  { "product_id", offsetof (BpLine, product_id) },
  { "name", offsetof (BpLine, name) },
  { "sku", offsetof (BpLine, sku) },
  { "unit", offsetof (BpLine, unit) },
  { "tax_code", offsetof (BpLine, tax_code) },
}, integer_members[] = {
  { "quantity", offsetof (BpLine, quantity) },
  { "unit_price", offsetof (BpLine, unit_price) },
  { "cost", offsetof (BpLine, cost) },
  { "discount", offsetof (BpLine, discount) },
  { "tax_rate", offsetof (BpLine, tax_rate) },
  { "taxable", offsetof (BpLine, taxable) },
  { "tax", offsetof (BpLine, tax) },
  { "total", offsetof (BpLine, total) },
};

/**
 * bp_line_new:
 *
 * Returns: (transfer full): a line of nothing
 */
BpLine *
bp_line_new (void)
{
  return g_new0 (BpLine, 1);
}

/**
 * bp_line_copy:
 * @line: a line
 *
 * Returns: (transfer full): a copy
 */
BpLine *
bp_line_copy (const BpLine *line)
{
  BpLine *copy = g_new (BpLine, 1);

  *copy = *line;
  copy->product_id = g_strdup (line->product_id);
  copy->name = g_strdup (line->name);
  copy->sku = g_strdup (line->sku);
  copy->unit = g_strdup (line->unit);
  copy->tax_code = g_strdup (line->tax_code);
  return copy;
}

/**
 * bp_line_free:
 * @line: (nullable) (transfer full): a line
 */
void
bp_line_free (BpLine *line)
{
  if (line == NULL)
    return;

  g_free (line->product_id);
  g_free (line->name);
  g_free (line->sku);
  g_free (line->unit);
  g_free (line->tax_code);
  g_free (line);
}

/**
 * bp_lines_new:
 *
 * Returns: (transfer full) (element-type BpLine): no lines
 */
GPtrArray *
bp_lines_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)bp_line_free);
}

static gboolean
read_value (BpJsonCursor  *cursor,
            const BpField *field,
            GString       *scratch,
            BpValue       *value)
{
  gint64 integer;

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

static void
set_member (BpLine     *line,
            const char *name,
            BpValue    *value)
{
  for (guint i = 0; i < G_N_ELEMENTS (text_members); i++)
    {
      if (g_str_equal (text_members[i].name, name))
        G_STRUCT_MEMBER (char *, line, text_members[i].offset) = g_steal_pointer (&value->text);
    }
  for (guint i = 0; i < G_N_ELEMENTS (integer_members); i++)
    {
      if (g_str_equal (integer_members[i].name, name))
        G_STRUCT_MEMBER (gint64, line, integer_members[i].offset) = value->integer;
    }
  if (g_str_equal (name, "tax_inclusive"))
    line->tax_inclusive = value->integer != 0;
}

static const BpField *
find_field (const char *name)
{
  guint n_fields;
  const BpField *fields = bp_table_get_line_fields (&n_fields);

  for (guint i = 0; i < n_fields; i++)
    {
      if (g_str_equal (fields[i].name, name))
        return &fields[i];
    }

  return NULL;
}

static gboolean
read_member (BpLine       *line,
             BpJsonCursor *cursor,
             const char   *name,
             GString      *scratch,
             GError      **error)
{
  const BpField *field = find_field (name);
  g_auto (BpValue) value = { BP_VALUE_NULL, 0, NULL };

  if (field == NULL)
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_UNKNOWN_FIELD,
                   "A line has a member that lines do not have");
      return FALSE;
    }
  if (bp_json_cursor_null (cursor))
    return TRUE;
  if (!read_value (cursor, field, scratch, &value))
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE,
                   "“lines”: the value of “%s” is not allowed", name);
      return FALSE;
    }
  if (!bp_field_check (field, &value, error))
    return FALSE;

  set_member (line, name, &value);
  return TRUE;
}

static BpLine *
read_line (BpJsonCursor *cursor,
           GString      *name,
           GString      *scratch,
           GError      **error)
{
  g_autoptr (BpLine) line = bp_line_new ();

  if (!bp_json_cursor_enter (cursor, '{'))
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE, "“lines” must hold objects");
      return NULL;
    }
  while (bp_json_cursor_next (cursor))
    {
      if (!bp_json_cursor_member (cursor, name)
          || !read_member (line, cursor, name->str, scratch, error))
        return NULL;
    }

  return g_steal_pointer (&line);
}

/**
 * bp_lines_parse:
 * @text: (nullable): a #BpValue of a field of type %BP_FIELD_LINES: what
 *   bp_lines_canonicalize() or bp_lines_to_text() made; none where %NULL
 * @error: #BpDataError
 *
 * Reads without building a tree, since each sale is read several times on its
 * way.
 *
 * Returns: (transfer full) (element-type BpLine): the lines; members that are
 *   left out are 0 or %NULL
 */
GPtrArray *
bp_lines_parse (const char *text,
                GError    **error)
{
  g_autoptr (GPtrArray) lines = bp_lines_new ();
  g_autoptr (GString) name = NULL;
  g_autoptr (GString) scratch = NULL;
  gsize length = text != NULL ? strlen (text) : 0;
  BpJsonCursor cursor;

  if (text == NULL)
    return g_steal_pointer (&lines);
  if (!bp_json_check (text, length, error))
    return NULL;

  name = g_string_new (NULL);
  scratch = g_string_new (NULL);
  bp_json_cursor_init (&cursor, text, length);
  if (!bp_json_cursor_enter (&cursor, '['))
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE, "“lines” must be an array");
      return NULL;
    }
  while (bp_json_cursor_next (&cursor))
    {
      BpLine *line = read_line (&cursor, name, scratch, error);

      if (line == NULL)
        return NULL;
      g_ptr_array_add (lines, line);
    }

  return g_steal_pointer (&lines);
}

/**
 * bp_lines_to_text:
 * @lines: (element-type BpLine): lines
 *
 * Returns: (transfer full): their canonical JSON, with every member
 */
char *
bp_lines_to_text (GPtrArray *lines)
{
  GString *json = g_string_new ("[");
  guint n_fields;
  const BpField *fields = bp_table_get_line_fields (&n_fields);

  for (guint i = 0; i < lines->len; i++)
    {
      const BpLine *line = lines->pdata[i];

      g_string_append (json, i > 0 ? ",{" : "{");
      for (guint f = 0; f < n_fields; f++)
        {
          for (guint m = 0; m < G_N_ELEMENTS (text_members); m++)
            {
              if (g_str_equal (text_members[m].name, fields[f].name))
                bp_json_append_string_member (
                  json, fields[f].name, G_STRUCT_MEMBER (char *, line, text_members[m].offset));
            }
          for (guint m = 0; m < G_N_ELEMENTS (integer_members); m++)
            {
              if (g_str_equal (integer_members[m].name, fields[f].name))
                bp_json_append_integer_member (
                  json, fields[f].name, G_STRUCT_MEMBER (gint64, line, integer_members[m].offset));
            }
          if (g_str_equal ("tax_inclusive", fields[f].name))
            bp_json_append_integer_member (json, "tax_inclusive", line->tax_inclusive);
        }
      g_string_append_c (json, '}');
    }
  g_string_append_c (json, ']');
  return g_string_free (json, FALSE);
}

static gboolean
check_members (JsonObject *object,
               GError    **error)
{
  guint n_fields, known = 0;
  const BpField *fields = bp_table_get_line_fields (&n_fields);

  for (guint f = 0; f < n_fields; f++)
    known += json_object_has_member (object, fields[f].name);
  if (known == json_object_get_size (object))
    return TRUE;

  g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_UNKNOWN_FIELD,
               "A line has a member that lines do not have");
  return FALSE;
}

static gboolean
append_line (GString    *json,
             JsonObject *object,
             GError    **error)
{
  guint n_fields;
  const BpField *fields = bp_table_get_line_fields (&n_fields);

  if (!check_members (object, error))
    return FALSE;

  g_string_append_c (json, '{');
  for (guint f = 0; f < n_fields; f++)
    {
      JsonNode *node = json_object_get_member (object, fields[f].name);
      g_auto (BpValue) value = { BP_VALUE_NULL, 0, NULL };
      GType type;

      if (node == NULL)
        continue;
      type = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) : G_TYPE_INVALID;
      if (type == G_TYPE_INT64)
        bp_value_set_integer (&value, json_node_get_int (node));
      else if (type == G_TYPE_STRING)
        bp_value_set_text (&value, json_node_get_string (node));
      else if (!JSON_NODE_HOLDS_NULL (node))
        {
          g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE,
                       "“lines”: the value of “%s” is not allowed", fields[f].name);
          return FALSE;
        }
      if (!bp_field_check (&fields[f], &value, error))
        {
          g_prefix_error (error, "“lines”: ");
          return FALSE;
        }
      bp_json_append_member (json, fields[f].name);
      bp_value_append_json (&value, &fields[f], json);
    }
  g_string_append_c (json, '}');
  return TRUE;
}

/**
 * bp_lines_canonicalize:
 * @node: what should be the lines of a sale
 * @error: %BP_DATA_ERROR_INVALID_VALUE, %BP_DATA_ERROR_UNKNOWN_FIELD,
 *   %BP_DATA_ERROR_TOO_LARGE
 *
 * Checks each member of each line and brings them into the table's order;
 * what is left out stays out.
 *
 * Returns: (transfer full): equal text for equal lines
 */
char *
bp_lines_canonicalize (JsonNode *node,
                       GError  **error)
{
  g_autoptr (GString) json = g_string_new ("[");
  JsonArray *array;

  if (!JSON_NODE_HOLDS_ARRAY (node))
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE,
                   "“lines” must be an array");
      return NULL;
    }

  array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *element = json_array_get_element (array, i);

      if (!JSON_NODE_HOLDS_OBJECT (element))
        {
          g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE,
                       "“lines” must hold objects");
          return NULL;
        }
      if (i > 0)
        g_string_append_c (json, ',');
      if (!append_line (json, json_node_get_object (element), error))
        return NULL;
    }
  g_string_append_c (json, ']');

  return g_strndup (json->str, json->len);
}

/* Writes a line as bp_lines_canonicalize() would: what is left out stays out. */
static gboolean
copy_line (BpJsonCursor *cursor,
           GString      *scratch,
           GString      *json)
{
  if (!bp_json_cursor_enter (cursor, '{'))
    return FALSE;

  g_string_append_c (json, '{');
  while (bp_json_cursor_next (cursor))
    {
      g_auto (BpValue) value = { BP_VALUE_NULL, 0, NULL };
      const BpField *field;

      if (!bp_json_cursor_member (cursor, scratch))
        return FALSE;
      field = find_field (scratch->str);
      if (field == NULL
          || (!bp_json_cursor_null (cursor) && !read_value (cursor, field, scratch, &value)))
        return FALSE;
      bp_json_append_member (json, field->name);
      bp_value_append_json (&value, field, json);
    }
  g_string_append_c (json, '}');
  return TRUE;
}

static gboolean
are_members_in_order (const char *text)
{
  guint n_fields;
  const BpField *fields = bp_table_get_line_fields (&n_fields);
  g_autoptr (GString) name = g_string_new (NULL);
  BpJsonCursor cursor;

  bp_json_cursor_init (&cursor, text, strlen (text));
  bp_json_cursor_enter (&cursor, '[');
  while (bp_json_cursor_next (&cursor))
    {
      guint next = 0;

      bp_json_cursor_enter (&cursor, '{');
      while (bp_json_cursor_next (&cursor))
        {
          bp_json_cursor_member (&cursor, name);
          while (next < n_fields && !g_str_equal (fields[next].name, name->str))
            next++;
          if (next++ == n_fields)
            return FALSE;
          bp_json_cursor_skip (&cursor, NULL, NULL);
        }
    }

  return TRUE;
}

/**
 * bp_lines_is_canonical:
 * @text: anything, nul-terminated
 *
 * Returns: whether bp_lines_canonicalize() would make this very text of it, if
 *   it allowed the values
 */
gboolean
bp_lines_is_canonical (const char *text)
{
  g_autoptr (GString) json = NULL;
  g_autoptr (GString) scratch = NULL;
  BpJsonCursor cursor;

  if (!bp_json_check (text, strlen (text), NULL))
    return FALSE;

  json = g_string_new ("[");
  scratch = g_string_new (NULL);
  bp_json_cursor_init (&cursor, text, strlen (text));
  if (!bp_json_cursor_enter (&cursor, '['))
    return FALSE;
  while (bp_json_cursor_next (&cursor))
    {
      if (json->len > 1)
        g_string_append_c (json, ',');
      if (!copy_line (&cursor, scratch, json))
        return FALSE;
    }
  g_string_append_c (json, ']');
  return g_str_equal (json->str, text) && are_members_in_order (text);
}

/**
 * bp_lines_sum_totals:
 * @lines: (element-type BpLine): lines
 * @sum: (out): Σ total, in the minor unit
 *
 * Returns: whether the sum stayed in range; @sum is 0 where not
 */
gboolean
bp_lines_sum_totals (GPtrArray *lines,
                     gint64    *sum)
{
  *sum = 0;
  for (guint i = 0; i < lines->len; i++)
    {
      const BpLine *line = lines->pdata[i];

      if (__builtin_add_overflow (*sum, line->total, sum) || ABS (*sum) > BP_INTEGER_MAX)
        {
          *sum = 0;
          return FALSE;
        }
    }

  return TRUE;
}

/**
 * bp_lines_replace_product:
 * @text: canonical lines
 * @old_id: a product's id
 * @new_id: what it became
 *
 * Returns: (transfer full) (nullable): the lines with every reference to
 *   @old_id turned to @new_id; %NULL where there was none
 */
char *
bp_lines_replace_product (const char *text,
                          const char *old_id,
                          const char *new_id)
{
  g_autoptr (GString) old_member = g_string_new (NULL);
  g_autoptr (GString) new_member = g_string_new (NULL);
  g_autoptr (GString) result = NULL;

  bp_json_append_string_member (old_member, "product_id", old_id);
  bp_json_append_string_member (new_member, "product_id", new_id);
  if (text == NULL || strstr (text, old_member->str) == NULL)
    return NULL;

  result = g_string_new (text);
  g_string_replace (result, old_member->str, new_member->str, 0);
  return g_strndup (result->str, result->len);
}
