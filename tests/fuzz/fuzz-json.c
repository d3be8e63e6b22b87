/* What all bodies go through: the check, the tree and the cursor agree. */
#include "config.h"

#include "bp-fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "bp-error.h"
#include "bp-json.h"

/* Steps over everything, into arrays and objects too. */
static void
walk (BpJsonCursor *cursor,
      GString      *scratch,
      int           depth)
{
  char bracket = bp_json_cursor_peek (cursor);
  const char *start;
  gsize length;

  g_assert_cmpint (depth, <=, BP_JSON_MAX_DEPTH);
  if (bracket == '"')
    {
      g_assert_true (bp_json_cursor_string (cursor, scratch));
      g_assert_true (g_utf8_validate_len (scratch->str, scratch->len, NULL));
      g_assert_cmpuint (strlen (scratch->str), ==, scratch->len);
      return;
    }
  if (bracket != '[' && bracket != '{')
    {
      g_assert_true (bp_json_cursor_skip (cursor, &start, &length));
      g_assert_cmpuint (length, >, 0);
      return;
    }

  g_assert_true (bp_json_cursor_enter (cursor, bracket));
  while (bp_json_cursor_next (cursor))
    {
      if (bracket == '{')
        g_assert_true (bp_json_cursor_member (cursor, scratch));
      walk (cursor, scratch, depth + 1);
    }
}

static char *
write_tree (const char *text,
            gsize       length)
{
  g_autoptr (JsonNode) node = bp_json_read_tree (text, length);
  g_autoptr (GString) json = g_string_new (NULL);

  bp_json_append_node (json, node);
  return g_strndup (json->str, json->len);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  char *text = bp_fuzz_copy (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) scratch = g_string_new (NULL);
  g_autofree char *written = NULL;
  g_autofree char *again = NULL;
  BpJsonCursor cursor;
  const char *start;
  gsize length;

  if (!bp_json_check (text, size, &error))
    {
      g_assert_error (error, BP_DATA_ERROR, BP_DATA_ERROR_MALFORMED);
      free (text);
      return 0;
    }

  bp_json_cursor_init (&cursor, text, size);
  walk (&cursor, scratch, 0);
  bp_json_cursor_init (&cursor, text, size);
  g_assert_true (bp_json_cursor_skip (&cursor, &start, &length));
  g_assert_cmpuint (length, <=, size);

  written = write_tree (text, size);
  g_assert_true (bp_json_check (written, strlen (written), &error));
  again = write_tree (written, strlen (written));
  g_assert_cmpstr (again, ==, written);
  free (text);
  return 0;
}
