#include "config.h"

#include <string.h>

#include "bp-error.h"
#include "bp-history.h"

static void
query_round_trip (void)
{
  static const char *const texts[] = { "table=products&id=p1", "table=sales&id=s-1&before=77" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (BpHistoryQuery) query = bp_history_query_parse (texts[i], &error);
      g_autofree char *text = NULL;

      g_assert_no_error (error);
      text = bp_history_query_to_text (query);
      g_assert_cmpstr (text, ==, texts[i]);
    }
}

static void
query_escapes_what_an_address_cannot_hold (void)
{
  g_autoptr (BpHistoryQuery) query = bp_history_query_new (bp_table_get (0), "a&b=c#d?e%", 0);
  g_autofree char *text = bp_history_query_to_text (query);
  g_autoptr (BpHistoryQuery) again = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (strchr (text, '#'));
  again = bp_history_query_parse (text, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (again->id, ==, "a&b=c#d?e%");
}

static void
query_shape (void)
{
  static const char *const texts[] = {
    "", "table=products", "id=p1", "table=products&id=", "table=products&id=a%20b",
    "table=gadgets&id=p1",
    "table=products&id=p1&before=0", "table=products&id=p1&before=x",
    "table=products&id=p1&before=99999999999999999999",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", texts[i]);
      g_assert_null (bp_history_query_parse (texts[i], &error));
      g_assert_nonnull (error);
      g_assert_true (error->domain == BP_DATA_ERROR);
    }
}

static void
answer_round_trip (void)
{
  static const char text[]
    = "{\"operations\":[{\"op_id\":\"o1\",\"action_id\":\"a1\",\"operation\":\"INSERT\","
      "\"version\":1,\"seq\":3,\"modified_at\":17,\"received_at\":18,\"device_name\":\"Till 2\","
      "\"user\":\"Asha\",\"data\":{\"name\":\"Tea \\\"hot\\\"\",\"price\":5}},"
      "{\"op_id\":\"o2\",\"action_id\":null,\"operation\":\"DELETE\",\"version\":2,\"seq\":9,"
      "\"modified_at\":19,\"received_at\":20,\"device_name\":null,\"user\":null,\"data\":null}],"
      "\"more\":true}";
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) entries = NULL;
  g_autofree char *again = NULL;
  gboolean more = FALSE;

  entries = bp_history_parse (text, strlen (text), &more, &error);
  g_assert_no_error (error);
  again = bp_history_to_text (entries, more);
  g_assert_cmpstr (again, ==, text);
}

static void
answer_shape (void)
{
  static const char *const texts[] = {
    "[]", "{}", "{\"operations\":{}}", "{\"operations\":[],\"more\":1}", "{\"operations\":[]}",
    "{\"operations\":[7],\"more\":false}", "{\"operations\":[{}],\"more\":false}",
    "{\"operations\":[{\"op_id\":\"o\",\"operation\":\"UPSERT\",\"version\":1,\"seq\":1,"
    "\"modified_at\":1,\"received_at\":1}],\"more\":false}",
    "{\"operations\":[{\"op_id\":\"o\",\"operation\":\"INSERT\",\"version\":\"1\",\"seq\":1,"
    "\"modified_at\":1,\"received_at\":1}],\"more\":false}",
    "{\"operations\":[{\"op_id\":\"o\",\"operation\":\"INSERT\",\"version\":1,\"seq\":1,"
    "\"modified_at\":1,\"received_at\":1,\"data\":[]}],\"more\":false}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      gboolean more = FALSE;

      g_test_message ("%s", texts[i]);
      g_assert_null (bp_history_parse (texts[i], strlen (texts[i]), &more, &error));
      g_assert_nonnull (error);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/protocol/history/query-round-trip", query_round_trip);
  g_test_add_func ("/protocol/history/query-escapes-what-an-address-cannot-hold",
                   query_escapes_what_an_address_cannot_hold);
  g_test_add_func ("/protocol/history/query-of-another-shape-is-refused", query_shape);
  g_test_add_func ("/protocol/history/answer-round-trip", answer_round_trip);
  g_test_add_func ("/protocol/history/answer-of-another-shape-is-refused", answer_shape);

  return g_test_run ();
}
