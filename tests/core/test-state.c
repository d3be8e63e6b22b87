#include "config.h"

#include <string.h>

#include "bp-error.h"
#include "bp-state.h"

static void
test_round_trip (void)
{
  g_autoptr (BpState) state = bp_state_new (bp_table_find ("products"), "p1");
  g_autoptr (BpState) again = NULL;
  g_autoptr (BpState) copy = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  g_autofree char *second = NULL;
  g_autofree char *third = NULL;

  state->version = 5;
  state->seq = 88;
  state->is_deleted = TRUE;
  state->modified_at = G_GINT64_CONSTANT (1763800000000);
  state->op_id = g_strdup ("op");
  state->device_name = g_strdup ("Till \"2\"");
  state->user = NULL;
  bp_change_set_text (state->data, "name", "Salt");
  bp_change_complete (state->data);

  text = bp_state_to_text (state);
  again = bp_state_new_from_text (bp_table_find ("products"), "ignored", text, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (again->id, ==, "p1");
  g_assert_cmpint (again->version, ==, 5);
  g_assert_true (again->is_deleted);
  g_assert_null (again->user);
  second = bp_state_to_text (again);
  g_assert_cmpstr (text, ==, second);
  copy = bp_state_copy (again);
  third = bp_state_to_text (copy);
  g_assert_cmpstr (text, ==, third);
  g_assert_null (bp_state_copy (NULL));
}

static void
test_contract_form (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpState) state = bp_state_new_from_text (
    bp_table_find ("products"), "p1",
    "{\"version\":5,\"seq\":88,\"is_deleted\":0,\"modified_at\":7,\"device_name\":\"Till 2\","
    "\"user\":\"Ravi\",\"later\":[],\"data\":{\"name\":\"Salt\",\"stock\":-5,\"later\":{}}}",
    &error);

  g_assert_no_error (error);
  g_assert_cmpstr (state->id, ==, "p1");
  g_assert_cmpint (bp_change_get_integer (state->data, "stock"), ==, -5);
  g_assert_cmpint (bp_change_get (state->data, "price")->kind, ==, BP_VALUE_INTEGER);
  g_assert_cmpint (bp_change_get (state->data, "sku")->kind, ==, BP_VALUE_NULL);
}

static void
test_refuses (void)
{
  static const char *const cases[] = {
    "{}", "{\"version\":1}", "{\"data\":{}}", "{\"version\":-1,\"data\":{}}",
    "{\"version\":\"1\",\"data\":{}}", "{\"version\":1,\"data\":[]}",
    "{\"version\":1,\"is_deleted\":true,\"data\":{}}",
    "{\"version\":1,\"is_deleted\":2,\"data\":{}}",
    "{\"version\":1,\"seq\":1.5,\"data\":{}}", "{\"version\":1,\"user\":5,\"data\":{}}",
    "{\"version\":1,\"data\":{\"name\":5}}", "{\"version\":1,\"data\":{\"price\":\"5\"}}", "[]",
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", cases[i]);
      g_assert_null (bp_state_new_from_text (bp_table_find ("products"), "p", cases[i], &error));
      g_assert_true (error != NULL && error->domain == BP_DATA_ERROR);
    }
}

static void
test_title (void)
{
  static const struct
  {
    const char *table;
    const char *id;
    const char *field;
    const char *text;
    const char *title;
  } cases[] = {
    { "products", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", "name", "Soap", "“Soap”" },
    { "products", "p1", "name", "Soap", "“Soap” (p1)" },
    { "products", "p1", "category", "Hot", "“Hot” (p1)" },
    { "products", "p1", "note", "Hot", "p1" },
    { "sales", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", "number", "N-1", "“N-1”" },
    { "sales", "0190a1b2xc3d4-7e5f-8a9b-0c1d2e3f4a5b", "number", "N-1",
      "“N-1” (0190a1b2xc3d4-7e5f-8a9b-0c1d2e3f4a5b)" },
    { "payments", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", "note", "x",
      "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (BpState) state = bp_state_new (bp_table_find (cases[i].table), cases[i].id);
      g_autofree char *title = NULL;

      bp_change_set_text (state->data, cases[i].field, cases[i].text);
      title = bp_state_make_title (state);
      g_assert_cmpstr (title, ==, cases[i].title);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/state/reads-what-it-writes", test_round_trip);
  g_test_add_func ("/core/state/reads-the-contracts-form", test_contract_form);
  g_test_add_func ("/core/state/refuses-what-is-no-state", test_refuses);
  g_test_add_func ("/core/state/title-is-what-people-know", test_title);

  return g_test_run ();
}
