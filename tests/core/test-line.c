#include "config.h"

#include <string.h>

#include "bp-error.h"
#include "bp-json.h"
#include "bp-line.h"
#include "bp-table.h"

static const char full[]
  = "[{\"product_id\":\"p1\",\"name\":\"Salt\",\"sku\":\"S\",\"unit\":\"kg\",\"quantity\":1250,"
    "\"unit_price\":4000,\"cost\":3000,\"discount\":10,\"tax_rate\":500,\"tax_inclusive\":1,"
    "\"tax_code\":\"2501\",\"taxable\":4752,\"tax\":238,\"total\":4990}]";

static void
test_round_trip (void)
{
  g_autoptr (GPtrArray) lines = bp_lines_parse (full, NULL);
  g_autoptr (BpLine) copy = NULL;
  g_autofree char *text = NULL;

  g_assert_cmpuint (lines->len, ==, 1);
  copy = bp_line_copy (lines->pdata[0]);
  g_assert_cmpstr (copy->name, ==, "Salt");
  g_assert_cmpint (copy->quantity, ==, 1250);
  g_assert_true (copy->tax_inclusive);
  g_assert_cmpint (copy->total, ==, 4990);
  text = bp_lines_to_text (lines);
  g_assert_cmpstr (text, ==, full);
}

static void
test_parse_leaves_out (void)
{
  g_autoptr (GPtrArray) none = bp_lines_parse (NULL, NULL);
  g_autoptr (GPtrArray) empty = bp_lines_parse ("[]", NULL);
  g_autoptr (GPtrArray) bare = bp_lines_parse ("[{},{\"name\":null,\"quantity\":null}]", NULL);
  const BpLine *line = bare->pdata[1];

  g_assert_cmpuint (none->len, ==, 0);
  g_assert_cmpuint (empty->len, ==, 0);
  g_assert_cmpuint (bare->len, ==, 2);
  g_assert_null (line->name);
  g_assert_cmpint (line->quantity, ==, 0);
}

static char *
canonicalize (const char *text,
              GError    **error)
{
  g_autoptr (JsonNode) node = bp_json_parse (text, -1, error);

  return node != NULL ? bp_lines_canonicalize (node, error) : NULL;
}

static void
test_canonical (void)
{
  g_autofree char *text
    = canonicalize ("[ {\"total\":5, \"name\":\"\\u0041\"}, {\"quantity\":-1,\"sku\":null} ]",
                    NULL);
  g_autofree char *again = canonicalize (text, NULL);

  g_assert_cmpstr (text, ==, "[{\"name\":\"A\",\"total\":5},{\"sku\":null,\"quantity\":-1}]");
  g_assert_cmpstr (again, ==, text);
}

static void
test_refuses (void)
{
  static const struct
  {
    const char *text;
    int code;
  } cases[] = {
    { "{}", BP_DATA_ERROR_INVALID_VALUE },
    { "\"[]\"", BP_DATA_ERROR_INVALID_VALUE },
    { "[[]]", BP_DATA_ERROR_INVALID_VALUE },
    { "[null]", BP_DATA_ERROR_INVALID_VALUE },
    { "[{\"colour\":1}]", BP_DATA_ERROR_UNKNOWN_FIELD },
    { "[{\"quantity\":1,\"id\":1}]", BP_DATA_ERROR_UNKNOWN_FIELD },
    { "[{\"quantity\":1.0}]", BP_DATA_ERROR_INVALID_VALUE },
    { "[{\"quantity\":\"1\"}]", BP_DATA_ERROR_INVALID_VALUE },
    { "[{\"quantity\":true}]", BP_DATA_ERROR_INVALID_VALUE },
    { "[{\"quantity\":[]}]", BP_DATA_ERROR_INVALID_VALUE },
    { "[{\"name\":1}]", BP_DATA_ERROR_INVALID_VALUE },
    { "[{\"tax_inclusive\":2}]", BP_DATA_ERROR_INVALID_VALUE },
    { "[{\"tax_rate\":-1}]", BP_DATA_ERROR_INVALID_VALUE },
    { "[{\"product_id\":\"a b\"}]", BP_DATA_ERROR_INVALID_VALUE },
    { "[{\"product_id\":\"\"}]", BP_DATA_ERROR_INVALID_VALUE },
    { "[", BP_DATA_ERROR_MALFORMED },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GError) parse_error = NULL;

      g_assert_null (canonicalize (cases[i].text, &error));
      g_assert_error (error, BP_DATA_ERROR, cases[i].code);
      g_assert_null (bp_lines_parse (cases[i].text, &parse_error));
      g_assert_error (parse_error, BP_DATA_ERROR, cases[i].code);
    }
}

static void
test_sum (void)
{
  g_autoptr (GPtrArray) lines = bp_lines_parse ("[{\"total\":5},{\"total\":-7},{}]", NULL);
  gint64 sum = 99;

  g_assert_true (bp_lines_sum_totals (lines, &sum));
  g_assert_cmpint (sum, ==, -2);
  ((BpLine *)lines->pdata[0])->total = BP_INTEGER_MAX;
  ((BpLine *)lines->pdata[1])->total = 0;
  g_assert_true (bp_lines_sum_totals (lines, &sum));
  ((BpLine *)lines->pdata[1])->total = 1;
  g_assert_false (bp_lines_sum_totals (lines, &sum));
  g_assert_cmpint (sum, ==, 0);
}

static void
test_replace_product (void)
{
  static const char lines[]
    = "[{\"product_id\":\"p1\",\"name\":\"\\\"product_id\\\":\\\"p1\\\"\"},"
      "{\"product_id\":\"p11\"},{\"product_id\":\"p1\",\"sku\":\"p1\"}]";
  g_autofree char *replaced = bp_lines_replace_product (lines, "p1", "q");
  g_autofree char *quoted = bp_lines_replace_product ("[{\"product_id\":\"a\\\"b\"}]", "a\"b", "q");

  g_assert_cmpstr (replaced, ==,
                   "[{\"product_id\":\"q\",\"name\":\"\\\"product_id\\\":\\\"p1\\\"\"},"
                   "{\"product_id\":\"p11\"},{\"product_id\":\"q\",\"sku\":\"p1\"}]");
  g_assert_cmpstr (quoted, ==, "[{\"product_id\":\"q\"}]");
  g_assert_null (bp_lines_replace_product (lines, "p", "q"));
  g_assert_null (bp_lines_replace_product (NULL, "p", "q"));
}

static void
test_knows_canonical (void)
{
  static const char *const others[] = {
    "", "[ ]", "{}", "[", "[1]", "[{\"total\":1,\"quantity\":2}]", "[{\"quantity\": 2}]",
    "[{\"colour\":2}]", "[{\"quantity\":\"2\"}]", "[{\"name\":\"\\u0041\"}]",
    "[{\"quantity\":2},]", "[{\"quantity\":2}] ",
  };

  g_assert_true (bp_lines_is_canonical (full));
  g_assert_true (bp_lines_is_canonical ("[]"));
  g_assert_true (bp_lines_is_canonical ("[{}]"));
  g_assert_true (bp_lines_is_canonical ("[{\"name\":\"“A”\",\"quantity\":-2},{\"tax\":null}]"));
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      g_test_message ("%s", others[i]);
      g_assert_false (bp_lines_is_canonical (others[i]));
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/line/reads-and-writes-every-member", test_round_trip);
  g_test_add_func ("/core/line/takes-what-is-left-out-as-nothing", test_parse_leaves_out);
  g_test_add_func ("/core/line/is-canonical", test_canonical);
  g_test_add_func ("/core/line/refuses-what-is-no-line", test_refuses);
  g_test_add_func ("/core/line/knows-canonical-text", test_knows_canonical);
  g_test_add_func ("/core/line/sums-totals", test_sum);
  g_test_add_func ("/core/line/replaces-a-product", test_replace_product);
  return g_test_run ();
}
