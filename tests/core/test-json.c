#include "config.h"

#include <string.h>

#include "bp-error.h"
#include "bp-json.h"

#define MAX_INTEGER G_GINT64_CONSTANT (9007199254740991)

static gboolean
is_good (const char *text)
{
  g_autoptr (GError) error = NULL;
  gboolean good = bp_json_check (text, strlen (text), &error);

  if (!good)
    g_assert_error (error, BP_DATA_ERROR, BP_DATA_ERROR_MALFORMED);
  return good;
}

static void
test_accepts (void)
{
  static const char *const cases[] = {
    "null", "true", "false", "0", "-0", "-1", "9007199254740991", "-9007199254740991",
    "1.5", "-0.25", "1e5", "1E+5", "0.0e-3", "0e1", "\"\"", "\"é नमक 😀\"", "\"\\u00e9\"",
    "\"\\ud83d\\ude00\"", "\"\\uD83D\\uDE00\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "{}", "[]",
    " \t\r\n{ \"a\" : [ 1 , { } , [ ] , null ] , \"b\" : \"x\" } \n", "[[[[]]]]", "\"\x7f\"",
    "{\"a\":{\"a\":1},\"b\":{\"a\":1}}", "[{\"a\":1},{\"a\":1}]", "{\"a\":1,\"A\":2,\"\":3}",
    "\"\xe2\x80\xae\"", "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]",
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (JsonNode) node = NULL;
      g_autoptr (GError) error = NULL;

      g_assert_true (is_good (cases[i]));
      node = bp_json_parse (cases[i], -1, &error);
      g_assert_no_error (error);
      g_assert_nonnull (node);
    }
}

static void
note (const char *text)
{
  g_autofree char *escaped = g_strescape (text, NULL);

  g_test_message ("%s", escaped);
}

static void
test_refuses (void)
{
  static const char *const cases[] = {
    "", " ", "\n", "{} {}", "{}x", "1 2", "[] ,", "nul", "nulll", "True", "NaN", "Infinity",
    "-", "-a", "+1", "010", "-010", "00", "0x10", "1.", ".5", "1.e5", "1e", "1e+", "1e400",
    "-1e400", "1_000", "9007199254740992", "-9007199254740992", "9223372036854775807",
    "9223372036854775808", "-9223372036854775809", "18446744073709551616",
    "99999999999999999999999999999999999999", "{", "[", "}", "]", "[1", "[1,", "[1,]", "[,1]",
    "[1 2]", "[1}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{a:1}", "{'a':1}", "{1:2}",
    "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{\"a\":1]", "\"", "\"a", "\"\\", "\"\\\"", "\"\\x\"",
    "\"\\u12\"", "\"\\u12g4\"", "\"\\u0000\"", "{\"\\u0000\":1}", "\"x\\u0000y\"",
    "\"\\ud83d\"", "\"\\ude00\"", "\"\\ud83dx\"", "\"\\ud83d\\n\"", "\"\\ud83d\\u0041\"",
    "\"\\ud83d\\ud83d\"", "\"\\ude00\\ud83d\"", "\"a\nb\"", "\"a\tb\"", "\"\x01\"", "\"\xff\"",
    "\"\xc0\x80\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xe2\x82\"",
    "\357\273\277{}", "// x\n1", "/* x */ 1", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}",
    "{\"é\":1,\"\\u00e9\":2}", "{\"😀\":1,\"\\ud83d\\ude00\":2}", "{\"/\":1,\"\\/\":2}",
    "[{\"x\":{\"b\":1,\"c\":2,\"b\":3}}]", "{\"\":1,\"\":2}", "\v1", "\f1", "\302\2401",
    "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]",
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      note (cases[i]);
      g_assert_false (is_good (cases[i]));
      g_assert_null (bp_json_parse (cases[i], -1, &error));
      g_assert_error (error, BP_DATA_ERROR, BP_DATA_ERROR_MALFORMED);
    }
  g_assert_false (bp_json_check ("1\0", 2, NULL));
  g_assert_false (bp_json_check ("\"a\0b\"", 5, NULL));
  g_assert_true (bp_json_check ("12", 1, NULL));
}

static char *
nest (const char *open,
      const char *close,
      gsize       levels)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < levels; i++)
    g_string_append (text, open);
  for (gsize i = 0; i < levels; i++)
    g_string_append (text, close);
  return g_string_free (text, FALSE);
}

static void
test_depth (void)
{
  g_autofree char *deepest = nest ("[", "]", BP_JSON_MAX_DEPTH);
  g_autofree char *too_deep = nest ("[", "]", BP_JSON_MAX_DEPTH + 1);
  g_autofree char *fifty_thousand = nest ("[", "]", 50000);
  g_autofree char *objects = nest ("{\"a\":", "}", 50000);
  g_autofree char *open = nest ("[", "", 1000000);

  g_assert_true (is_good (deepest));
  g_assert_false (is_good (too_deep));
  g_assert_false (is_good (fifty_thousand));
  g_assert_false (is_good (objects));
  g_assert_false (is_good (open));
}

/* Also where names come to be looked up by hash. */
static void
test_many_members (void)
{
  static const guint counts[] = { 23, 24, 25, 26, 100, 1000000 };

  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    {
      g_autoptr (GString) text = g_string_new ("{\"k\":[{\"k0\":1}");

      g_string_append (text, "]");
      for (guint k = 0; k < counts[i]; k++)
        g_string_append_printf (text, ",\"k%u\":%u", k, k);
      g_string_append_c (text, '}');
      g_assert_true (is_good (text->str));

      g_string_truncate (text, text->len - 1);
      g_string_append_printf (text, ",\"\\u006b%u\":0}", counts[i] / 2);
      g_assert_false (is_good (text->str));
    }
}

static void
test_long_text (void)
{
  g_autoptr (GString) text = g_string_new ("\"");

  for (int i = 0; i < 1000000; i++)
    g_string_append (text, "ten bytes.");
  g_assert_false (is_good (text->str));
  g_string_append_c (text, '"');
  g_assert_true (is_good (text->str));
}

static void
test_getters (void)
{
  g_autoptr (JsonNode) node = bp_json_parse_object (
    "{\"i\":5,\"n\":-7,\"d\":5.0,\"e\":5e0,\"s\":\"12\",\"t\":true,\"z\":null,\"o\":{},\"a\":[]}",
    -1, NULL);
  JsonObject *object = json_node_get_object (node);
  static const char *const members[] = { "i", "d", "e", "s", "t", "z", "o", "a", "missing" };
  gint64 integer = 99;
  gboolean boolean = FALSE;

  g_assert_true (bp_json_get_integer (object, "i", 0, 5, &integer, NULL));
  g_assert_cmpint (integer, ==, 5);
  g_assert_true (bp_json_get_integer (object, "n", -MAX_INTEGER, MAX_INTEGER, &integer, NULL));
  g_assert_cmpint (integer, ==, -7);
  g_assert_false (bp_json_get_integer (object, "i", 0, 4, &integer, NULL));
  g_assert_false (bp_json_get_integer (object, "i", 6, 9, &integer, NULL));
  g_assert_cmpint (integer, ==, -7);
  g_assert_cmpstr (bp_json_get_string (object, "s", 2, NULL), ==, "12");
  g_assert_null (bp_json_get_string (object, "s", 1, NULL));
  g_assert_true (bp_json_get_boolean (object, "t", &boolean, NULL));
  g_assert_true (boolean);
  g_assert_nonnull (bp_json_get_object (object, "o", NULL));
  g_assert_nonnull (bp_json_get_array (object, "a", NULL));

  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    {
      const char *m = members[i];
      g_autoptr (GError) error = NULL;

      g_assert_true (bp_json_get_integer (object, m, 0, 9, &integer, NULL) == (i == 0));
      g_assert_true ((bp_json_get_string (object, m, 99, NULL) != NULL) == g_str_equal (m, "s"));
      g_assert_true (bp_json_get_boolean (object, m, &boolean, NULL) == g_str_equal (m, "t"));
      g_assert_true ((bp_json_get_object (object, m, NULL) != NULL) == g_str_equal (m, "o"));
      g_assert_true ((bp_json_get_array (object, m, NULL) != NULL) == g_str_equal (m, "a"));
      g_assert_true (bp_json_has (object, m)
                     == (!g_str_equal (m, "z") && !g_str_equal (m, "missing")));
      if (i > 0)
        {
          g_assert_false (bp_json_get_integer (object, m, 0, 9, &integer, &error));
          g_assert_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE);
        }
    }
}

static void
test_parse_object (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (bp_json_parse_object ("[]", -1, &error));
  g_assert_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE);
  g_clear_error (&error);
  g_assert_null (bp_json_parse_object ("{", -1, &error));
  g_assert_error (error, BP_DATA_ERROR, BP_DATA_ERROR_MALFORMED);
}

static void
test_writer (void)
{
  g_autoptr (GString) json = g_string_new ("{");
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (GString) again = g_string_new (NULL);
  static const char text[] = "a\"b\\c/d\b\f\n\r\t\x01\x1f\x7f é😀\xe2\x80\xa8";

  bp_json_append_string_member (json, "te\"xt", text);
  bp_json_append_string_member (json, "none", NULL);
  bp_json_append_integer_member (json, "least", -MAX_INTEGER);
  bp_json_append_member (json, "inner");
  g_string_append_c (json, '{');
  bp_json_append_integer_member (json, "x", 1);
  bp_json_append_string_member (json, "y", "{");
  bp_json_append_integer_member (json, "z", 2);
  g_string_append_c (json, '}');
  bp_json_append_member (json, "list");
  g_string_append (json, "[]");
  bp_json_append_integer_member (json, "last", 3);
  g_string_append_c (json, '}');

  node = bp_json_parse_object (json->str, -1, NULL);
  g_assert_nonnull (node);
  g_assert_cmpstr (json_object_get_string_member (json_node_get_object (node), "te\"xt"), ==, text);
  g_assert_true (json_object_get_null_member (json_node_get_object (node), "none"));
  g_assert_cmpint (json_object_get_int_member (json_node_get_object (node), "least"), ==,
                   -MAX_INTEGER);
  g_assert_cmpint (json_object_get_int_member (json_node_get_object (node), "last"), ==, 3);

  bp_json_append_node (again, node);
  g_assert_true (is_good (again->str));
}

/* An error about a long name may end in half a character; the answer that
 * carries it must be readable all the same. */
static void
test_writer_makes_utf8 (void)
{
  static const char *const texts[] = { "na\xc3", "\xff\xfe", "x\xe0\xa4\"y", "\xed\xa0\x80" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GString) json = g_string_new (NULL);

      bp_json_append_string (json, texts[i]);
      g_assert_true (is_good (json->str));
    }
}

static void
test_writer_round_trips (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (4);

  for (int i = 0; i < 3000; i++)
    {
      g_autoptr (GString) text = g_string_new (NULL);
      g_autoptr (GString) json = g_string_new (NULL);
      g_autoptr (GString) by_node = g_string_new (NULL);
      g_autoptr (JsonNode) node = NULL;
      g_autoptr (JsonNode) second = NULL;
      int length = g_rand_int_range (random, 0, 12);

      while (length-- > 0)
        {
          gint32 limit = g_rand_boolean (random) ? 130 : 0x11000;
          gunichar c = (gunichar)g_rand_int_range (random, 1, limit);

          if (g_unichar_validate (c))
            g_string_append_unichar (text, c);
        }
      bp_json_append_string (json, text->str);
      node = bp_json_parse (json->str, -1, NULL);
      g_assert_nonnull (node);
      g_assert_cmpstr (json_node_get_string (node), ==, text->str);
      bp_json_append_node (by_node, node);
      second = bp_json_parse (by_node->str, -1, NULL);
      g_assert_nonnull (second);
      g_assert_cmpstr (json_node_get_string (second), ==, text->str);
    }
}

/* What the check lets through, json-glib reads, and whatever bytes come, the
 * check only says yes or no. */
static void
test_mutations (void)
{
  static const char seed[]
    = "{\"epoch\":\"e1\",\"n\":[-12,0.5e-3,true,null],\"\\u00e9\":{\"x\":\"\\ud83d\\ude00 y\"}}";
  static const char bytes[] = "{}[]\",:\\u0019-+.eEtrufalsn \n\xc3\xa9\xff\x00";
  g_autoptr (GRand) random = g_rand_new_with_seed (6);
  guint n_good = 0;

  for (int i = 0; i < 60000; i++)
    {
      char text[sizeof seed];
      gsize length = sizeof seed - 1;
      g_autoptr (JsonNode) node = NULL;
      int changes = g_rand_int_range (random, 1, 4);

      memcpy (text, seed, sizeof seed);
      while (changes-- > 0)
        text[g_rand_int_range (random, 0, (gint32)length)]
          = bytes[g_rand_int_range (random, 0, sizeof bytes - 1)];
      if (g_rand_int_range (random, 0, 4) == 0)
        length = (gsize)g_rand_int_range (random, 0, (gint32)length);
      if (!bp_json_check (text, length, NULL))
        continue;
      n_good++;
      node = bp_json_parse (text, (gssize)length, NULL);
      g_assert_nonnull (node);
    }
  g_assert_cmpuint (n_good, >, 100);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/json/accepts-what-is-strict", test_accepts);
  g_test_add_func ("/core/json/refuses-what-is-not", test_refuses);
  g_test_add_func ("/core/json/survives-deep-nesting", test_depth);
  g_test_add_func ("/core/json/finds-a-member-twice-among-many", test_many_members);
  g_test_add_func ("/core/json/takes-long-text", test_long_text);
  g_test_add_func ("/core/json/getters-want-their-type", test_getters);
  g_test_add_func ("/core/json/wants-an-object-as-root", test_parse_object);
  g_test_add_func ("/core/json/writes-what-it-reads", test_writer);
  g_test_add_func ("/core/json/writes-any-text", test_writer_round_trips);
  g_test_add_func ("/core/json/writes-utf8-whatever-it-is-given", test_writer_makes_utf8);
  g_test_add_func ("/core/json/withstands-changed-bytes", test_mutations);
  return g_test_run ();
}
