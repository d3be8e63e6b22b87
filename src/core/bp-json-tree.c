/* From text to a tree: json-glib's nodes without its scanner, which takes
 * several times as long. */
#include "config.h"

#include "bp-json.h"

static JsonNode *read_node (BpJsonCursor *cursor,
                            GString      *scratch);

static JsonNode *
read_object (BpJsonCursor *cursor,
             GString      *scratch)
{
  g_autoptr (JsonObject) object = json_object_new ();

  bp_json_cursor_enter (cursor, '{');
  while (bp_json_cursor_next (cursor))
    {
      g_autofree char *name = NULL;
      JsonNode *node;

      if (!bp_json_cursor_member (cursor, scratch))
        return NULL;
      name = g_strndup (scratch->str, scratch->len);
      node = read_node (cursor, scratch);
      if (node == NULL)
        return NULL;
      json_object_set_member (object, name, node);
    }

  return json_node_init_object (json_node_alloc (), object);
}

static JsonNode *
read_array (BpJsonCursor *cursor,
            GString      *scratch)
{
  g_autoptr (JsonArray) array = json_array_new ();

  bp_json_cursor_enter (cursor, '[');
  while (bp_json_cursor_next (cursor))
    {
      JsonNode *node = read_node (cursor, scratch);

      if (node == NULL)
        return NULL;
      json_array_add_element (array, node);
    }

  return json_node_init_array (json_node_alloc (), array);
}

static JsonNode *
read_number (BpJsonCursor *cursor)
{
  BpJsonCursor start = *cursor;
  gint64 integer;
  g_autofree char *text = NULL;
  const char *place;
  gsize length;

  if (bp_json_cursor_integer (cursor, &integer))
    return json_node_init_int (json_node_alloc (), integer);

  *cursor = start;
  if (!bp_json_cursor_skip (cursor, &place, &length))
    return NULL;
  text = g_strndup (place, length);
  return json_node_init_double (json_node_alloc (), g_ascii_strtod (text, NULL));
}

/* Recurses no deeper than bp_json_check() allows. */
static JsonNode *
read_node (BpJsonCursor *cursor,
           GString      *scratch)
{
  gboolean boolean;

  switch (bp_json_cursor_peek (cursor))
    {
    case '{':
      return read_object (cursor, scratch);
    case '[':
      return read_array (cursor, scratch);
    case '"':
      return bp_json_cursor_string (cursor, scratch)
             ? json_node_init_string (json_node_alloc (), scratch->str)
             : NULL;
    case 'n':
      bp_json_cursor_null (cursor);
      return json_node_init_null (json_node_alloc ());
    case 't':
    case 'f':
      bp_json_cursor_boolean (cursor, &boolean);
      return json_node_init_boolean (json_node_alloc (), boolean);
    default:
      return read_number (cursor);
    }
}

/**
 * bp_json_read_tree:
 * @text: (array length=length): JSON that has passed bp_json_check()
 * @length: in bytes
 *
 * Returns: (transfer full): the root
 */
JsonNode *
bp_json_read_tree (const char *text,
                   gsize       length)
{
  g_autoptr (GString) scratch = g_string_new (NULL);
  BpJsonCursor cursor;

  bp_json_cursor_init (&cursor, text, length);
  return read_node (&cursor, scratch);
}
