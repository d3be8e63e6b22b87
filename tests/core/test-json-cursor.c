#include "config.h"

#include <string.h>

#include "bp-json.h"

/* Writes the value at the cursor again, without white space, and checks that
 * bp_json_cursor_skip() steps over exactly as much. */
static void
copy_value (BpJsonCursor *cursor,
            GString      *out)
{
  g_autoptr (GString) text = g_string_new (NULL);
  BpJsonCursor skipping;
  const char *start = NULL;
  gsize length = 0;
  gboolean is_object, boolean;
  gint64 integer;
  gboolean first = TRUE;
  char c = bp_json_cursor_peek (cursor);

  skipping = *cursor;
  g_assert_true (bp_json_cursor_skip (&skipping, &start, &length));
  g_assert_true (start == cursor->place);
  g_assert_true (skipping.place == start + length);

  is_object = c == '{';
  if (c == '{' || c == '[')
    {
      g_string_append_c (out, c);
      g_assert_false (bp_json_cursor_enter (&(BpJsonCursor){ cursor->place, cursor->end },
                                            is_object ? '[' : '{'));
      g_assert_true (bp_json_cursor_enter (cursor, c));
      for (; bp_json_cursor_next (cursor); first = FALSE)
        {
          if (!first)
            g_string_append_c (out, ',');
          if (is_object)
            {
              g_assert_true (bp_json_cursor_member (cursor, text));
              bp_json_append_string (out, text->str);
              g_string_append_c (out, ':');
            }
          copy_value (cursor, out);
        }
      g_string_append_c (out, is_object ? '}' : ']');
    }
  else if (c == '"')
    {
      g_assert_true (bp_json_cursor_string (cursor, text));
      bp_json_append_string (out, text->str);
    }
  else if (c == 'n')
    {
      g_assert_true (bp_json_cursor_null (cursor));
      g_string_append (out, "null");
    }
  else if (c == 't' || c == 'f')
    {
      g_assert_true (bp_json_cursor_boolean (cursor, &boolean));
      g_string_append (out, boolean ? "true" : "false");
    }
  else if (bp_json_cursor_integer (&(BpJsonCursor){ cursor->place, cursor->end }, &integer))
    {
      g_assert_true (bp_json_cursor_integer (cursor, &integer));
      g_string_append_printf (out, "%" G_GINT64_FORMAT, integer);
    }
  else
    {
      g_assert_true (bp_json_cursor_skip (cursor, &start, &length));
      g_string_append_len (out, start, (gssize)length);
    }
  g_assert_true (cursor->place == skipping.place);
}

static char *
copy (const char *text,
      gsize       length)
{
  g_autofree char *exact = g_memdup2 (text, length);
  g_autoptr (GString) out = g_string_new (NULL);
  BpJsonCursor cursor;

  g_assert_true (bp_json_check (exact, length, NULL));
  bp_json_cursor_init (&cursor, exact, length);
  copy_value (&cursor, out);
  g_assert_cmpint (bp_json_cursor_peek (&cursor), ==, '\0');
  g_assert_false (bp_json_cursor_skip (&cursor, NULL, NULL));
  g_assert_false (bp_json_cursor_next (&cursor));
  return g_strdup (out->str);
}

static void
test_copies (void)
{
  static const struct
  {
    const char *text;
    const char *copy;
  } cases[] = {
    { "5", NULL }, { "-5", NULL }, { "null", NULL }, { "true", NULL }, { "false", NULL },
    { "\"\"", NULL }, { "\"x\"", NULL }, { "{}", NULL }, { "[]", NULL }, { "1.5", NULL },
    { "1e5", NULL }, { "[1]", NULL }, { "[1,-2,9007199254740991,-9007199254740991]", NULL },
    { "{\"a\":1}", NULL }, { "[[],{},[{}],\"\",null]", NULL }, { "-0", "0" },
    { " [ 1 , 2 ] ", "[1,2]" }, { "\t{ \"a\" : { } , \"b\" : [ ] }\n", "{\"a\":{},\"b\":[]}" },
    { "[ 1.5 , 2e3 ,true , false,null ]", "[1.5,2e3,true,false,null]" },
    { "[\"]\",\"}\",\"\\\"\",\"\\\\\",\"[{\"]", NULL },
    { "{\"}\":\"\\\"}\",\"\\\\\":[\"\\\\\\\"\"]}", NULL },
    { "\"\\u0041\\/\\b\\f\\n\\r\\t\"", "\"A/\\u0008\\u000c\\n\\u000d\\u0009\"" },
    { "\"\\u00e9\\u20AC\\ud83d\\ude00\\uDBFF\\uDFFF\"", "\"é€😀\364\217\277\277\"" },
    { "[1,[2,[3,[4,\"5\"]]],6]", NULL }, { "[{\"a\":[{\"b\":{}}]},7]", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *out = copy (cases[i].text, strlen (cases[i].text));
      g_autofree char *again = copy (out, strlen (out));

      g_assert_cmpstr (out, ==, cases[i].copy != NULL ? cases[i].copy : cases[i].text);
      g_assert_cmpstr (again, ==, out);
    }
}

static void
test_asks_for_the_kind (void)
{
  static const char *const texts[] = { "5", "\"5\"", "true", "null", "{}", "[]", "5.0", "5e0",
                                       "90071992523707199252370999921.5" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GString) text = g_string_new (NULL);
      BpJsonCursor cursors[6];
      gint64 integer;
      gboolean boolean;

      for (guint c = 0; c < G_N_ELEMENTS (cursors); c++)
        bp_json_cursor_init (&cursors[c], texts[i], strlen (texts[i]));
      g_assert_true (bp_json_cursor_integer (&cursors[0], &integer) == (i == 0));
      g_assert_true (bp_json_cursor_string (&cursors[1], text) == (i == 1));
      g_assert_true (bp_json_cursor_boolean (&cursors[2], &boolean) == (i == 2));
      g_assert_true (bp_json_cursor_null (&cursors[3]) == (i == 3));
      g_assert_true (bp_json_cursor_enter (&cursors[4], '{') == (i == 4));
      g_assert_true (bp_json_cursor_enter (&cursors[5], '[') == (i == 5));
    }
}

static void
test_skips_no_bracket_that_closes (void)
{
  static const char text[] = "[]";
  BpJsonCursor cursor;

  bp_json_cursor_init (&cursor, text, strlen (text));
  g_assert_true (bp_json_cursor_enter (&cursor, '['));
  g_assert_false (bp_json_cursor_skip (&cursor, NULL, NULL));
}

/* Values of a random document, with random white space. */
static void
append_random (GString *text,
               GRand   *random,
               int      depth)
{
  static const char *const leaves[]
    = { "0", "-17", "1.25", "2E-1", "true", "false", "null", "\"\"", "\"a,b]}\"", "\"\\\"\\\\\"" };
  static const char *const spaces[] = { "", "", " ", "\n", "\t ", "\r\n" };
  int kind = g_rand_int_range (random, 0, depth > 0 ? 3 : 1);
  int n = g_rand_int_range (random, 0, 4);

#define SPACE() \
  g_string_append (text, spaces[g_rand_int_range (random, 0, G_N_ELEMENTS (spaces))])
  SPACE ();
  if (kind == 0)
    g_string_append (text, leaves[g_rand_int_range (random, 0, G_N_ELEMENTS (leaves))]);
  else
    g_string_append_c (text, kind == 1 ? '[' : '{');
  for (int i = 0; kind > 0 && i < n; i++)
    {
      SPACE ();
      if (i > 0)
        g_string_append_c (text, ',');
      SPACE ();
      if (kind == 2)
        {
          g_string_append_printf (text, "\"m\\\\%d\"", i);
          SPACE ();
          g_string_append_c (text, ':');
        }
      append_random (text, random, depth - 1);
    }
  SPACE ();
  if (kind > 0)
    g_string_append_c (text, kind == 1 ? ']' : '}');
  SPACE ();
#undef SPACE
}

static void
test_copies_any_document (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (8);

  for (int i = 0; i < 3000; i++)
    {
      g_autoptr (GString) text = g_string_new (NULL);
      g_autofree char *once = NULL;
      g_autofree char *twice = NULL;
      g_autoptr (JsonNode) a = NULL;
      g_autoptr (JsonNode) b = NULL;

      append_random (text, random, 6);
      once = copy (text->str, text->len);
      twice = copy (once, strlen (once));
      g_assert_cmpstr (once, ==, twice);
      a = bp_json_parse (text->str, -1, NULL);
      b = bp_json_parse (once, -1, NULL);
      g_assert_true (json_node_equal (a, b));
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/json-cursor/reads-and-skips-every-value", test_copies);
  g_test_add_func ("/core/json-cursor/tells-kinds-apart", test_asks_for_the_kind);
  g_test_add_func ("/core/json-cursor/does-not-skip-what-closes",
                   test_skips_no_bracket_that_closes);
  g_test_add_func ("/core/json-cursor/agrees-with-the-tree", test_copies_any_document);
  return g_test_run ();
}
