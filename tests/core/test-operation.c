#include "config.h"

#include "bp-error.h"
#include "bp-operation.h"

static void
test_words (void)
{
  static const char *const kinds[] = { "INSERT", "UPDATE", "DELETE" };
  static const char *const statuses[] = { "applied", "conflict", "rejected", "held" };
  static const char *const types[]
    = { "UPDATE_UPDATE", "DELETE_UPDATE", "UPDATE_DELETE", "ID_COLLISION" };
  BpOperationKind kind = BP_OPERATION_INSERT;
  BpResultStatus status = BP_RESULT_APPLIED;
  BpConflictType type = BP_CONFLICT_UPDATE_UPDATE;

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_assert_true (bp_operation_kind_from_string (kinds[i], &kind));
      g_assert_cmpuint (kind, ==, i);
      g_assert_cmpstr (bp_operation_kind_to_string (kind), ==, kinds[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    {
      g_assert_true (bp_result_status_from_string (statuses[i], &status));
      g_assert_cmpuint (status, ==, i);
      g_assert_cmpstr (bp_result_status_to_string (status), ==, statuses[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_assert_true (bp_conflict_type_from_string (types[i], &type));
      g_assert_cmpuint (type, ==, i);
      g_assert_cmpstr (bp_conflict_type_to_string (type), ==, types[i]);
    }
  g_assert_false (bp_operation_kind_from_string ("insert", &kind));
  g_assert_false (bp_operation_kind_from_string (NULL, &kind));
  g_assert_false (bp_result_status_from_string ("", &status));
  g_assert_false (bp_conflict_type_from_string ("DELETE_DELETE", &type));
}

static void
test_copy (void)
{
  g_autoptr (BpOperation) operation = bp_operation_new ();
  g_autoptr (BpOperation) copy = NULL;
  g_autoptr (BpOperation) removal = NULL;

  operation->op_id = g_strdup ("o");
  operation->action_id = g_strdup ("a");
  operation->table = bp_table_find ("products");
  operation->id = g_strdup ("p1");
  operation->kind = BP_OPERATION_UPDATE;
  operation->base_version = 3;
  operation->restore = TRUE;
  operation->modified_at = 7;
  operation->user = g_strdup ("Asha");
  operation->data = bp_change_new (operation->table);
  bp_change_set_integer (operation->data, "price", 5500);

  copy = bp_operation_copy (operation);
  g_assert_cmpstr (copy->op_id, ==, "o");
  g_assert_cmpstr (copy->action_id, ==, "a");
  g_assert_cmpstr (copy->user, ==, "Asha");
  g_assert_true (copy->restore);
  g_assert_cmpint (copy->base_version, ==, 3);
  g_assert_true (copy->data != operation->data && bp_change_equal (copy->data, operation->data));

  g_clear_pointer (&operation->data, bp_change_free);
  removal = bp_operation_copy (operation);
  g_assert_null (removal->data);
}

static void
test_result (void)
{
  g_autoptr (BpResult) result = bp_result_new ("o");

  g_assert_cmpstr (result->op_id, ==, "o");
  g_assert_null (result->server);
  result->server = bp_state_new (bp_table_find ("sales"), "s");
  result->code = g_strdup ("posted");
}

static void
test_error_codes (void)
{
  static const struct
  {
    BpDataError error;
    const char *code;
  } cases[] = {
    { BP_DATA_ERROR_UNKNOWN_TABLE, "unknown_table" },
    { BP_DATA_ERROR_UNKNOWN_FIELD, "unknown_field" },
    { BP_DATA_ERROR_MISSING_FIELD, "missing_field" },
    { BP_DATA_ERROR_INVALID_VALUE, "invalid_value" },
    { BP_DATA_ERROR_TOO_LARGE, "too_large" },
    { BP_DATA_ERROR_OVERFLOW, "invalid_value" },
    { BP_DATA_ERROR_MALFORMED, "invalid_value" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpstr (bp_data_error_to_code (cases[i].error), ==, cases[i].code);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/operation/has-the-words-of-the-contract", test_words);
  g_test_add_func ("/core/operation/copies", test_copy);
  g_test_add_func ("/core/operation/frees-a-result-with-all-it-holds", test_result);
  g_test_add_func ("/core/operation/names-errors-as-rejections-do", test_error_codes);
  return g_test_run ();
}
