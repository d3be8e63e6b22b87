/* The check and typed getters. The check is one pass without recursion;
 * no tree is made of text that has not passed it. */
#include "config.h"

#include "bp-json.h"

#include <math.h>
#include <string.h>

#include "bp-error.h"
#include "bp-json-private.h"

#define FEW_MEMBERS 24

/* A member's name as it is written, or unescaped where it holds an escape. */
typedef struct
{
  const char *start;
  gsize length;
  char *unescaped; /* (owned) (nullable) */
} Name;

typedef struct
{
  const char *start;
  const char *place;
  const char *end;
  GArray *names[BP_JSON_MAX_DEPTH];         /* (owned) (nullable) (element-type Name) */
  GHashTable *name_sets[BP_JSON_MAX_DEPTH]; /* (owned) (nullable) (element-type utf8) */
  char brackets[BP_JSON_MAX_DEPTH];
  int depth;
  const char *fault; /* (nullable) */
} Scan;

static gboolean
fail (Scan       *scan,
      const char *fault)
{
  if (scan->fault == NULL)
    scan->fault = fault;
  return FALSE;
}

static void
skip_space (Scan *scan)
{
  while (scan->place < scan->end
         && (*scan->place == ' ' || *scan->place == '\n' || *scan->place == '\r'
             || *scan->place == '\t'))
    scan->place++;
}

static int
read_hex4 (const char *place,
           const char *end)
{
  int code = 0;

  if (end - place < 4)
    return -1;
  for (int i = 0; i < 4; i++)
    {
      int digit = g_ascii_xdigit_value (place[i]);

      if (digit < 0)
        return -1;
      code = code * 16 + digit;
    }

  return code;
}

static gboolean
scan_unicode_escape (Scan *scan)
{
  int code = read_hex4 (scan->place, scan->end);
  int low;

  if (code < 0)
    return fail (scan, "a bad escape");
  if (code == 0)
    return fail (scan, "a NUL character");
  scan->place += 4;
  if (code < 0xD800 || code > 0xDFFF)
    return TRUE;

  if (code > 0xDBFF || scan->end - scan->place < 6 || scan->place[0] != '\\'
      || scan->place[1] != 'u')
    return fail (scan, "half a surrogate pair");
  low = read_hex4 (scan->place + 2, scan->end);
  if (low < 0xDC00 || low > 0xDFFF)
    return fail (scan, "half a surrogate pair");
  scan->place += 6;
  return TRUE;
}

static gboolean
scan_string (Scan *scan)
{
  scan->place = bp_json_skip_plain (scan->place + 1, scan->end);
  for (; scan->place < scan->end; scan->place = bp_json_skip_plain (scan->place, scan->end))
    {
      unsigned char c = (unsigned char)*scan->place++;

      if (c == '"')
        return TRUE;
      if (c != '\\')
        return fail (scan, "a control character in a string");
      if (scan->place >= scan->end)
        break;
      c = (unsigned char)*scan->place++;
      if (c == 'u' ? !scan_unicode_escape (scan) : strchr ("\"\\/bfnrt", c) == NULL || c == 0)
        return fail (scan, "a bad escape");
    }

  return fail (scan, "a string without end");
}

static gboolean
is_digit (const Scan *scan)
{
  return scan->place < scan->end && g_ascii_isdigit (*scan->place);
}

static gboolean
scan_digits (Scan *scan)
{
  if (!is_digit (scan))
    return fail (scan, "a bad number");
  while (is_digit (scan))
    scan->place++;
  return TRUE;
}

static gboolean
scan_fraction (Scan       *scan,
               const char *start)
{
  g_autofree char *number = NULL;

  if (*scan->place == '.')
    {
      scan->place++;
      if (!scan_digits (scan))
        return FALSE;
    }
  if (scan->place < scan->end && (*scan->place == 'e' || *scan->place == 'E'))
    {
      scan->place++;
      if (scan->place < scan->end && (*scan->place == '+' || *scan->place == '-'))
        scan->place++;
      if (!scan_digits (scan))
        return FALSE;
    }

  number = g_strndup (start, (gsize)(scan->place - start));
  return isfinite (g_ascii_strtod (number, NULL)) || fail (scan, "a number out of range");
}

static gboolean
scan_number (Scan *scan)
{
  const char *start = scan->place;
  const char *digits;
  gint64 value = 0;

  if (*scan->place == '-')
    scan->place++;
  digits = scan->place;
  if (!scan_digits (scan))
    return FALSE;
  if (*digits == '0' && scan->place - digits > 1)
    return fail (scan, "a number with a leading zero");
  if (scan->place < scan->end && strchr (".eE", *scan->place) != NULL && *scan->place != '\0')
    return scan_fraction (scan, start);

  for (const char *p = digits; p < scan->place; p++)
    {
      value = value * 10 + (*p - '0');
      if (value > BP_JSON_INTEGER_MAX)
        return fail (scan, "an integer out of range");
    }

  return TRUE;
}

static gboolean
scan_word (Scan *scan)
{
  static const char *const words[] = { "true", "false", "null" };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      gsize length = strlen (words[i]);

      if ((gsize)(scan->end - scan->place) >= length
          && memcmp (scan->place, words[i], length) == 0)
        {
          scan->place += length;
          return TRUE;
        }
    }

  return fail (scan, "an unexpected character");
}

static void
clear_name (gpointer data)
{
  g_free (((Name *)data)->unescaped);
}

static Name
read_name (const char *start,
           const char *end)
{
  Name name = { start + 1, (gsize)(end - start - 2), NULL };
  BpJsonCursor cursor = { start, end };
  g_autoptr (GString) unescaped = NULL;

  if (memchr (name.start, '\\', name.length) == NULL)
    return name;

  unescaped = g_string_new (NULL);
  bp_json_cursor_string (&cursor, unescaped);
  name.unescaped = g_strndup (unescaped->str, unescaped->len);
  name.start = name.unescaped;
  name.length = strlen (name.unescaped);
  return name;
}

static gboolean
is_in_set (Scan       *scan,
           int         level,
           const Name *name)
{
  GArray *names = scan->names[level];

  if (scan->name_sets[level] == NULL)
    {
      scan->name_sets[level] = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      for (guint i = 0; i < names->len; i++)
        {
          const Name *other = &g_array_index (names, Name, i);

          g_hash_table_add (scan->name_sets[level], g_strndup (other->start, other->length));
        }
    }

  return !g_hash_table_add (scan->name_sets[level], g_strndup (name->start, name->length));
}

static gboolean
is_in_array (GArray     *names,
             const Name *name)
{
  for (guint i = 0; i < names->len; i++)
    {
      const Name *other = &g_array_index (names, Name, i);

      if (other->length == name->length && memcmp (other->start, name->start, name->length) == 0)
        return TRUE;
    }

  return FALSE;
}

static gboolean
note_name (Scan       *scan,
           const char *start)
{
  int level = scan->depth - 1;
  Name name = read_name (start, scan->place);
  GArray *names = scan->names[level];

  if (names == NULL)
    {
      names = scan->names[level] = g_array_new (FALSE, FALSE, sizeof (Name));
      g_array_set_clear_func (names, clear_name);
    }
  if (names->len < FEW_MEMBERS ? is_in_array (names, &name) : is_in_set (scan, level, &name))
    {
      clear_name (&name);
      return fail (scan, "a member twice");
    }

  g_array_append_val (names, name);
  return TRUE;
}

static void
forget_names (Scan *scan,
              int   level)
{
  g_clear_pointer (&scan->name_sets[level], g_hash_table_unref);
  if (scan->names[level] != NULL)
    g_array_set_size (scan->names[level], 0);
}

static gboolean
scan_name (Scan *scan)
{
  const char *start;

  skip_space (scan);
  start = scan->place;
  if (scan->place >= scan->end || *scan->place != '"')
    return fail (scan, "a member without a name");
  if (!scan_string (scan) || !note_name (scan, start))
    return FALSE;
  skip_space (scan);
  if (scan->place >= scan->end || *scan->place != ':')
    return fail (scan, "a member without a value");
  scan->place++;
  return TRUE;
}

static gboolean
open_bracket (Scan     *scan,
              gboolean *is_complete)
{
  char close = *scan->place == '{' ? '}' : ']';

  if (scan->depth >= BP_JSON_MAX_DEPTH)
    return fail (scan, "too deep a nesting");
  scan->place++;
  scan->brackets[scan->depth++] = close;
  forget_names (scan, scan->depth - 1);
  skip_space (scan);
  if (scan->place < scan->end && *scan->place == close)
    {
      scan->place++;
      scan->depth--;
      *is_complete = TRUE;
      return TRUE;
    }
  *is_complete = FALSE;
  return close == ']' || scan_name (scan);
}

/* After a value: closes what ends here. Sets @more where another value must
 * follow. */
static gboolean
scan_after_value (Scan     *scan,
                  gboolean *more)
{
  for (*more = FALSE; scan->depth > 0;)
    {
      char close = scan->brackets[scan->depth - 1];

      skip_space (scan);
      if (scan->place >= scan->end)
        return fail (scan, "an early end");
      if (*scan->place == ',')
        {
          scan->place++;
          *more = TRUE;
          return close == ']' || scan_name (scan);
        }
      if (*scan->place != close)
        return fail (scan, "an unexpected character");
      scan->place++;
      scan->depth--;
    }

  return TRUE;
}

static gboolean
scan_value (Scan     *scan,
            gboolean *is_complete)
{
  *is_complete = TRUE;
  skip_space (scan);
  if (scan->place >= scan->end)
    return fail (scan, "an early end");

  switch (*scan->place)
    {
    case '{':
    case '[':
      return open_bracket (scan, is_complete);
    case '"':
      return scan_string (scan);
    case '-':
    case '0' ... '9':
      return scan_number (scan);
    default:
      return scan_word (scan);
    }
}

static gboolean
scan_document (Scan *scan)
{
  gboolean more = TRUE;

  while (more)
    {
      gboolean is_complete = FALSE;

      while (!is_complete)
        {
          if (!scan_value (scan, &is_complete))
            return FALSE;
        }
      if (!scan_after_value (scan, &more))
        return FALSE;
    }

  skip_space (scan);
  return scan->place == scan->end || fail (scan, "something after the end");
}

/* As g_utf8_validate_len(), which goes byte by byte. */
static gboolean
validate (Scan *scan)
{
  while (scan->place < scan->end)
    {
      const char *last = bp_json_skip_ascii (scan->place, scan->end);

      scan->place = last;
      while (scan->end - last >= 8 && bp_json_skip_ascii (last, last + 8) == last)
        last += 8;
      if (scan->end - last < 8)
        last = scan->end;
      if (!g_utf8_validate_len (scan->place, (gsize)(last - scan->place), &scan->place))
        return FALSE;
    }

  return TRUE;
}

/**
 * bp_json_check:
 * @text: (array length=length): any bytes
 * @length: how many
 * @error: %BP_DATA_ERROR_MALFORMED
 *
 * The contract's strict JSON: RFC 8259 in valid UTF-8, one root, at most
 * %BP_JSON_MAX_DEPTH levels, no member twice in an object, no NUL, integers
 * within ±(2^53 − 1). Time is linear in @length; nothing recurses.
 *
 * Returns: whether @text is such
 */
gboolean
bp_json_check (const char *text,
               gsize       length,
               GError    **error)
{
  Scan scan = { .start = text, .place = text, .end = text + length };

  if (!validate (&scan))
    {
      scan.fault = "invalid UTF-8 or a NUL character";
    }
  else
    {
      scan.place = text;
      scan_document (&scan);
    }
  for (int i = 0; i < BP_JSON_MAX_DEPTH; i++)
    {
      g_clear_pointer (&scan.name_sets[i], g_hash_table_unref);
      g_clear_pointer (&scan.names[i], g_array_unref);
    }
  if (scan.fault == NULL)
    return TRUE;

  g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_MALFORMED,
               "Not strict JSON: %s at byte %" G_GSSIZE_FORMAT, scan.fault,
               (gssize)(scan.place - text));
  return FALSE;
}

/**
 * bp_json_parse:
 * @text: any bytes
 * @length: how many, −1 where nul-terminated
 * @error: %BP_DATA_ERROR_MALFORMED
 *
 * Checks and parses.
 *
 * Returns: (transfer full): the root
 */
JsonNode *
bp_json_parse (const char *text,
               gssize      length,
               GError    **error)
{
  gsize size = length < 0 ? strlen (text) : (gsize)length;

  return bp_json_check (text, size, error) ? bp_json_read_tree (text, size) : NULL;
}

/**
 * bp_json_parse_object:
 * @text: any bytes
 * @length: how many, −1 where nul-terminated
 * @error: %BP_DATA_ERROR_MALFORMED, %BP_DATA_ERROR_INVALID_VALUE where the
 *   root is no object
 *
 * Returns: (transfer full): the root, an object
 */
JsonNode *
bp_json_parse_object (const char *text,
                      gssize      length,
                      GError    **error)
{
  g_autoptr (JsonNode) node = bp_json_parse (text, length, error);

  if (node != NULL && !JSON_NODE_HOLDS_OBJECT (node))
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE, "Not a JSON object");
      return NULL;
    }

  return g_steal_pointer (&node);
}

static JsonNode *
get_typed (JsonObject *object,
           const char *member,
           GType       type,
           const char *kind,
           GError    **error)
{
  JsonNode *node = json_object_get_member (object, member);

  if (node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == type)
    return node;

  g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE, "“%s” must be %s", member,
               kind);
  return NULL;
}

/**
 * bp_json_get_integer:
 * @object: an object
 * @member: the member's name
 * @min: the least allowed
 * @max: the greatest allowed
 * @integer: (out): its value; untouched on failure
 * @error: %BP_DATA_ERROR_INVALID_VALUE
 *
 * Returns: whether the member is there and such an integer
 */
gboolean
bp_json_get_integer (JsonObject *object,
                     const char *member,
                     gint64      min,
                     gint64      max,
                     gint64     *integer,
                     GError    **error)
{
  JsonNode *node = get_typed (object, member, G_TYPE_INT64, "a whole number", error);
  gint64 value;

  if (node == NULL)
    return FALSE;

  value = json_node_get_int (node);
  if (value < min || value > max)
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE, "“%s” is out of range",
                   member);
      return FALSE;
    }
  *integer = value;
  return TRUE;
}

/**
 * bp_json_get_string:
 * @object: an object
 * @member: the member's name
 * @max_length: in bytes
 * @error: %BP_DATA_ERROR_INVALID_VALUE, %BP_DATA_ERROR_TOO_LARGE
 *
 * Returns: (transfer none): its value; %NULL with @error set where it is
 *   missing, no text or too long
 */
const char *
bp_json_get_string (JsonObject *object,
                    const char *member,
                    gsize       max_length,
                    GError    **error)
{
  JsonNode *node = get_typed (object, member, G_TYPE_STRING, "text", error);
  const char *text;

  if (node == NULL)
    return NULL;

  text = json_node_get_string (node);
  if (strlen (text) > max_length)
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_TOO_LARGE, "“%s” is too long", member);
      return NULL;
    }
  return text;
}

/**
 * bp_json_dup_optional_string:
 * @object: an object
 * @member: the member's name
 * @max_length: in bytes
 * @text: (inout) (transfer full) (nullable): its value; untouched where it is
 *   missing or null
 * @error: %BP_DATA_ERROR_INVALID_VALUE, %BP_DATA_ERROR_TOO_LARGE
 *
 * Returns: whether it is missing, null, or a text that is not too long
 */
gboolean
bp_json_dup_optional_string (JsonObject *object,
                             const char *member,
                             gsize       max_length,
                             char      **text,
                             GError    **error)
{
  if (!bp_json_has (object, member))
    return TRUE;

  *text = g_strdup (bp_json_get_string (object, member, max_length, error));
  return *text != NULL;
}

/**
 * bp_json_get_boolean:
 * @object: an object
 * @member: the member's name
 * @boolean: (out): its value; untouched on failure
 * @error: %BP_DATA_ERROR_INVALID_VALUE
 *
 * Returns: whether the member is there and true or false
 */
gboolean
bp_json_get_boolean (JsonObject *object,
                     const char *member,
                     gboolean   *boolean,
                     GError    **error)
{
  JsonNode *node = get_typed (object, member, G_TYPE_BOOLEAN, "true or false", error);

  if (node == NULL)
    return FALSE;

  *boolean = json_node_get_boolean (node);
  return TRUE;
}

/**
 * bp_json_get_object:
 * @object: an object
 * @member: the member's name
 * @error: %BP_DATA_ERROR_INVALID_VALUE
 *
 * Returns: (transfer none): the member; %NULL with @error set where it is no
 *   object
 */
JsonObject *
bp_json_get_object (JsonObject *object,
                    const char *member,
                    GError    **error)
{
  JsonNode *node = json_object_get_member (object, member);

  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
    return json_node_get_object (node);

  g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE, "“%s” must be an object",
               member);
  return NULL;
}

/**
 * bp_json_get_array:
 * @object: an object
 * @member: the member's name
 * @error: %BP_DATA_ERROR_INVALID_VALUE
 *
 * Returns: (transfer none): the member; %NULL with @error set where it is no
 *   array
 */
JsonArray *
bp_json_get_array (JsonObject *object,
                   const char *member,
                   GError    **error)
{
  JsonNode *node = json_object_get_member (object, member);

  if (node != NULL && JSON_NODE_HOLDS_ARRAY (node))
    return json_node_get_array (node);

  g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE, "“%s” must be an array",
               member);
  return NULL;
}

/**
 * bp_json_has:
 * @object: an object
 * @member: the member's name
 *
 * Returns: whether the member is there and not null
 */
gboolean
bp_json_has (JsonObject *object,
             const char *member)
{
  JsonNode *node = json_object_get_member (object, member);

  return node != NULL && !JSON_NODE_HOLDS_NULL (node);
}
