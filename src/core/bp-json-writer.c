/* Writing JSON: members come in the order they are appended in. */
#include "config.h"

#include <string.h>

#include "bp-json-private.h"
#include "bp-json.h"

/**
 * bp_json_append_string:
 * @json: what is appended to
 * @text: (nullable): UTF-8; `null` is appended where %NULL
 *
 * Appends a quoted, escaped string. What is not UTF-8 (a message cut short,
 * say) is made so: whatever is written can be read.
 */
void
bp_json_append_string (GString    *json,
                       const char *text)
{
  g_autofree char *made_valid = NULL;
  const char *end;

  if (text == NULL)
    {
      g_string_append (json, "null");
      return;
    }
  if (!g_utf8_validate (text, -1, NULL))
    text = made_valid = g_utf8_make_valid (text, -1);

  end = text + strlen (text);
  g_string_append_c (json, '"');
  for (;; text++)
    {
      const char *start = text;
      unsigned char c;

      text = bp_json_skip_plain (text, end);
      g_string_append_len (json, start, text - start);
      if (text == end)
        break;
      c = (unsigned char)*text;
      if (c == '\n')
        g_string_append (json, "\\n");
      else if (c < 0x20)
        g_string_append_printf (json, "\\u%04x", c);
      else
        {
          g_string_append_c (json, '\\');
          g_string_append_c (json, (char)c);
        }
    }
  g_string_append_c (json, '"');
}

static void
append_fraction (GString *json,
                 double   fraction)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_dtostr (text, sizeof text, fraction);
  g_string_append (json, text);
  if (strpbrk (text, ".e") == NULL)
    g_string_append (json, ".0");
}

static void
append_leaf (GString  *json,
             JsonNode *node)
{
  if (JSON_NODE_HOLDS_NULL (node))
    g_string_append (json, "null");
  else if (json_node_get_value_type (node) == G_TYPE_STRING)
    bp_json_append_string (json, json_node_get_string (node));
  else if (json_node_get_value_type (node) == G_TYPE_BOOLEAN)
    g_string_append (json, json_node_get_boolean (node) ? "true" : "false");
  else if (json_node_get_value_type (node) == G_TYPE_INT64)
    g_string_append_printf (json, "%" G_GINT64_FORMAT, json_node_get_int (node));
  else
    append_fraction (json, json_node_get_double (node));
}

static void
append_array (GString   *json,
              JsonArray *array)
{
  g_string_append_c (json, '[');
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      if (i > 0)
        g_string_append_c (json, ',');
      bp_json_append_node (json, json_array_get_element (array, i));
    }
  g_string_append_c (json, ']');
}

/**
 * bp_json_append_node:
 * @json: what is appended to
 * @node: any JSON, at most %BP_JSON_MAX_DEPTH levels
 *
 * Appends @node without white space, members in their order. (json-glib 1.6
 * writes U+001F bare.)
 */
void
bp_json_append_node (GString  *json,
                     JsonNode *node)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;

  if (JSON_NODE_HOLDS_ARRAY (node))
    {
      append_array (json, json_node_get_array (node));
      return;
    }
  if (!JSON_NODE_HOLDS_OBJECT (node))
    {
      append_leaf (json, node);
      return;
    }

  g_string_append_c (json, '{');
  json_object_iter_init_ordered (&iter, json_node_get_object (node));
  while (json_object_iter_next_ordered (&iter, &name, &member))
    {
      bp_json_append_member (json, name);
      bp_json_append_node (json, member);
    }
  g_string_append_c (json, '}');
}

/**
 * bp_json_append_member:
 * @json: what is appended to; an object has been opened
 * @member: the next member's name
 *
 * Appends a comma where one is due, the name and a colon.
 */
void
bp_json_append_member (GString    *json,
                       const char *member)
{
  if (json->len > 0 && json->str[json->len - 1] != '{' && json->str[json->len - 1] != '[')
    g_string_append_c (json, ',');
  bp_json_append_string (json, member);
  g_string_append_c (json, ':');
}

/**
 * bp_json_append_integer_member:
 * @json: what is appended to
 * @member: the member's name
 * @integer: its value
 */
void
bp_json_append_integer_member (GString    *json,
                               const char *member,
                               gint64      integer)
{
  bp_json_append_member (json, member);
  g_string_append_printf (json, "%" G_GINT64_FORMAT, integer);
}

/**
 * bp_json_append_string_member:
 * @json: what is appended to
 * @member: the member's name
 * @text: (nullable): its value
 */
void
bp_json_append_string_member (GString    *json,
                              const char *member,
                              const char *text)
{
  bp_json_append_member (json, member);
  bp_json_append_string (json, text);
}
