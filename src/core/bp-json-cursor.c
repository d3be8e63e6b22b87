/* Stepping over JSON that bp_json_check() has found good, without a tree. */
#include "config.h"

#include <string.h>

#include "bp-json-private.h"
#include "bp-json.h"

static void
skip_space (BpJsonCursor *cursor)
{
  while (cursor->place < cursor->end
         && (*cursor->place == ' ' || *cursor->place == '\n' || *cursor->place == '\r'
             || *cursor->place == '\t'))
    cursor->place++;
}

/**
 * bp_json_cursor_init:
 * @cursor: (out): a cursor at the start of @text
 * @text: JSON that has passed bp_json_check(); must outlive the cursor
 * @length: in bytes
 */
void
bp_json_cursor_init (BpJsonCursor *cursor,
                     const char   *text,
                     gsize         length)
{
  cursor->place = text;
  cursor->end = text + length;
}

/**
 * bp_json_cursor_peek:
 * @cursor: a cursor
 *
 * Returns: the first character of the next value (`{ [ " t f n -` or a
 *   digit), or of what closes; 0 at the end
 */
char
bp_json_cursor_peek (BpJsonCursor *cursor)
{
  skip_space (cursor);
  return cursor->place < cursor->end ? *cursor->place : '\0';
}

/**
 * bp_json_cursor_enter:
 * @cursor: a cursor before a value
 * @bracket: `{` or `[`
 *
 * Returns: whether an object (array) began; bp_json_cursor_next() then tells
 *   whether it has a first element
 */
gboolean
bp_json_cursor_enter (BpJsonCursor *cursor,
                      char          bracket)
{
  if (bp_json_cursor_peek (cursor) != bracket)
    return FALSE;
  cursor->place++;
  return TRUE;
}

/**
 * bp_json_cursor_next:
 * @cursor: a cursor after bp_json_cursor_enter(), or after an element
 *
 * Steps to the next element of the object or array.
 *
 * Returns: whether there is one; where not, the cursor stands behind the
 *   closing bracket
 */
gboolean
bp_json_cursor_next (BpJsonCursor *cursor)
{
  char c = bp_json_cursor_peek (cursor);

  if (c == ',')
    {
      cursor->place++;
      return TRUE;
    }
  if (c == '}' || c == ']')
    {
      cursor->place++;
      return FALSE;
    }

  return c != '\0';
}

/**
 * bp_json_cursor_member:
 * @cursor: a cursor before a member of an object
 * @name: overwritten with its name
 *
 * Returns: whether a name was read; the cursor then stands before its value
 */
gboolean
bp_json_cursor_member (BpJsonCursor *cursor,
                       GString      *name)
{
  if (!bp_json_cursor_string (cursor, name) || bp_json_cursor_peek (cursor) != ':')
    return FALSE;
  cursor->place++;
  return TRUE;
}

/**
 * bp_json_cursor_integer:
 * @cursor: a cursor before a value
 * @integer: (out): the value
 *
 * Returns: whether it was an integer (no fraction, no exponent)
 */
gboolean
bp_json_cursor_integer (BpJsonCursor *cursor,
                        gint64       *integer)
{
  gboolean negative = bp_json_cursor_peek (cursor) == '-';
  gint64 value = 0;

  if (negative)
    cursor->place++;
  if (cursor->place >= cursor->end || !g_ascii_isdigit (*cursor->place))
    return FALSE;
  while (cursor->place < cursor->end && g_ascii_isdigit (*cursor->place)
         && value <= BP_JSON_INTEGER_MAX)
    value = value * 10 + (*cursor->place++ - '0');
  /* The check has let only a fraction have so many digits. */
  if (value > BP_JSON_INTEGER_MAX)
    return FALSE;
  if (cursor->place < cursor->end && strchr (".eE", *cursor->place) != NULL)
    return FALSE;

  *integer = negative ? -value : value;
  return TRUE;
}

static gunichar
read_escape (BpJsonCursor *cursor)
{
  gunichar code = 0;

  for (int i = 0; i < 4 && cursor->place < cursor->end; i++)
    code = code * 16 + (gunichar)g_ascii_xdigit_value (*cursor->place++);
  return code;
}

static void
append_escape (BpJsonCursor *cursor,
               GString      *text)
{
  static const char from[] = "bfnrt";
  static const char to[] = "\b\f\n\r\t";
  char c = *cursor->place++;
  const char *found = strchr (from, c);
  gunichar code;

  if (c != 'u')
    {
      g_string_append_c (text, found != NULL ? to[found - from] : c);
      return;
    }

  code = read_escape (cursor);
  if (code >= 0xD800 && code <= 0xDBFF)
    {
      cursor->place += 2;
      code = 0x10000 + ((code - 0xD800) << 10) + (read_escape (cursor) - 0xDC00);
    }
  g_string_append_unichar (text, code);
}

/**
 * bp_json_cursor_string:
 * @cursor: a cursor before a value
 * @text: overwritten with the unescaped value
 *
 * Returns: whether it was a string
 */
gboolean
bp_json_cursor_string (BpJsonCursor *cursor,
                       GString      *text)
{
  const char *start;

  if (bp_json_cursor_peek (cursor) != '"')
    return FALSE;

  g_string_truncate (text, 0);
  start = ++cursor->place;
  for (;;)
    {
      cursor->place = bp_json_skip_plain (cursor->place, cursor->end);
      if (cursor->place >= cursor->end || *cursor->place != '\\')
        break;
      g_string_append_len (text, start, cursor->place - start);
      cursor->place++;
      if (cursor->place >= cursor->end)
        return FALSE;
      append_escape (cursor, text);
      start = cursor->place;
    }
  if (cursor->place >= cursor->end || *cursor->place != '"')
    return FALSE;
  g_string_append_len (text, start, cursor->place - start);
  cursor->place++;
  return TRUE;
}

/**
 * bp_json_cursor_boolean:
 * @cursor: a cursor before a value
 * @boolean: (out): the value
 *
 * Returns: whether it was true or false
 */
gboolean
bp_json_cursor_boolean (BpJsonCursor *cursor,
                        gboolean     *boolean)
{
  char c = bp_json_cursor_peek (cursor);

  if (c != 't' && c != 'f')
    return FALSE;
  *boolean = c == 't';
  cursor->place += c == 't' ? 4 : 5;
  return TRUE;
}

/**
 * bp_json_cursor_null:
 * @cursor: a cursor before a value
 *
 * Returns: whether it was null; the cursor stays where not
 */
gboolean
bp_json_cursor_null (BpJsonCursor *cursor)
{
  if (bp_json_cursor_peek (cursor) != 'n')
    return FALSE;
  cursor->place += 4;
  return TRUE;
}

static void
skip_string (BpJsonCursor *cursor)
{
  cursor->place = bp_json_skip_plain (cursor->place + 1, cursor->end);
  while (cursor->place < cursor->end && *cursor->place == '\\')
    cursor->place = bp_json_skip_plain (MIN (cursor->place + 2, cursor->end), cursor->end);
  cursor->place++;
}

/**
 * bp_json_cursor_skip:
 * @cursor: a cursor before a value
 * @start: (out) (optional) (transfer none): where the value begins
 * @length: (out) (optional): its length in bytes
 *
 * Steps over any value.
 *
 * Returns: whether there was one
 */
gboolean
bp_json_cursor_skip (BpJsonCursor *cursor,
                     const char  **start,
                     gsize        *length)
{
  const char *first;
  char kind = bp_json_cursor_peek (cursor);
  int depth = 0;

  if (kind == '\0' || kind == '}' || kind == ']')
    return FALSE;

  first = cursor->place;
  do
    {
      char c = *cursor->place;

      if (c == '"')
        {
          skip_string (cursor);
          continue;
        }
      if (c == '{' || c == '[')
        depth++;
      else if (c == '}' || c == ']')
        depth--;
      cursor->place++;
    }
  while (cursor->place < cursor->end
         && (depth > 0 || (strchr (",}] \n\r\t", *cursor->place) == NULL
                           && kind != '"' && kind != '{' && kind != '[')));

  if (start != NULL)
    *start = first;
  if (length != NULL)
    *length = (gsize)(cursor->place - first);
  return cursor->place <= cursor->end;
}
