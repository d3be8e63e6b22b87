#include "config.h"

#include <string.h>

#include "bp-error.h"
#include "bp-limits.h"
#include "bp-push.h"

#define SALE "{\"number\":\"N1\",\"sale_date\":1,\"business_date\":\"2026-01-02\"," \
        "\"status\":\"posted\",\"kind\":\"sale\",\"total_amount\":5,\"currency\":\"INR\"," \
        "\"lines\":[{\"name\":\"x\",\"quantity\":1000,\"total\":5}]}"

static BpPushRequest *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  BpPushRequest *request = bp_push_request_parse (text, strlen (text), &error);

  g_assert_no_error (error);
  return request;
}

static BpOperation *
make_operation (BpOperationKind kind)
{
  BpOperation *operation = bp_operation_new ();

  operation->op_id = g_strdup_printf ("op-%d", kind);
  operation->action_id = g_strdup ("a1");
  operation->table = bp_table_find ("products");
  operation->id = g_strdup ("p1");
  operation->kind = kind;
  operation->modified_at = 1763000000000;
  if (kind != BP_OPERATION_INSERT)
    operation->base_version = 3;
  if (kind != BP_OPERATION_DELETE)
    {
      operation->data = bp_change_new (operation->table);
      bp_change_set_text (operation->data, "name", "Tea \"Asha\" \n 茶");
      bp_change_set_integer (operation->data, "price", 5500);
    }
  return operation;
}

static void
request_round_trip (void)
{
  g_autoptr (GPtrArray) operations
    = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_operation_free);
  g_autofree char *text = NULL;
  g_autofree char *again = NULL;
  g_autoptr (BpPushRequest) request = NULL;
  GPtrArray *read = g_ptr_array_new ();

  for (int kind = BP_OPERATION_INSERT; kind <= BP_OPERATION_DELETE; kind++)
    g_ptr_array_add (operations, make_operation ((BpOperationKind)kind));
  ((BpOperation *)operations->pdata[0])->recover = TRUE;
  ((BpOperation *)operations->pdata[1])->restore = TRUE;
  ((BpOperation *)operations->pdata[1])->user = g_strdup ("Asha");
  text = bp_push_request_to_text ("e1", 412, operations);

  request = parse (text);
  g_assert_cmpstr (request->epoch, ==, "e1");
  g_assert_cmpint (request->attempt, ==, 412);
  for (guint i = 0; i < request->items->len; i++)
    {
      BpPushItem *item = request->items->pdata[i];

      g_assert_no_error (item->fault);
      g_ptr_array_add (read, item->operation);
    }
  again = bp_push_request_to_text (request->epoch, request->attempt, read);
  g_assert_cmpstr (again, ==, text);
  g_ptr_array_unref (read);
}

static void
size_is_of_the_text (void)
{
  const char *operation = "{ \"op_id\":\"o1\", \"x\": [1, {\"y\": \"}\\\"\"}] }";
  g_autofree char *text = g_strdup_printf ("{\"x\":[[]],\"operations\": [ %s ,%s],\"attempt\":1}",
                                           operation, operation);
  g_autoptr (BpPushRequest) request = parse (text);

  for (guint i = 0; i < 2; i++)
    g_assert_cmpuint (((BpPushItem *)request->items->pdata[i])->size, ==, strlen (operation));
}

static void
item_faults (void)
{
  static const struct
  {
    const char *members;
    int code;
  } cases[] = {
    { "\"id\":\"x\",\"table\":\"products\",\"operation\":\"INSERT\",\"data\":{\"name\":\"n\"}",
      BP_DATA_ERROR_MISSING_FIELD },
    { "\"action_id\":\"a\",\"table\":\"products\",\"operation\":\"INSERT\",\"data\":{}",
      BP_DATA_ERROR_MISSING_FIELD },
    { "\"action_id\":\"a\",\"id\":\"x y\",\"table\":\"products\",\"operation\":\"INSERT\"",
      BP_DATA_ERROR_INVALID_VALUE },
    { "\"action_id\":\"a\",\"id\":\"x\",\"table\":\"odd\",\"operation\":\"INSERT\",\"data\":{}",
      BP_DATA_ERROR_UNKNOWN_TABLE },
    { "\"action_id\":\"a\",\"id\":\"x\",\"table\":7,\"operation\":\"INSERT\",\"data\":{}",
      BP_DATA_ERROR_INVALID_VALUE },
    { "\"action_id\":\"a\",\"id\":\"x\",\"table\":\"products\",\"operation\":\"UPSERT\"",
      BP_DATA_ERROR_INVALID_VALUE },
    { "\"action_id\":\"a\",\"id\":\"x\",\"table\":\"products\",\"operation\":\"UPDATE\","
      "\"data\":{\"price\":1}", BP_DATA_ERROR_MISSING_FIELD },
    { "\"action_id\":\"a\",\"id\":\"x\",\"table\":\"products\",\"operation\":\"UPDATE\","
      "\"base_version\":-1,\"data\":{\"price\":1}", BP_DATA_ERROR_INVALID_VALUE },
    { "\"action_id\":\"a\",\"id\":\"x\",\"table\":\"products\",\"operation\":\"INSERT\"",
      BP_DATA_ERROR_MISSING_FIELD },
    { "\"action_id\":\"a\",\"id\":\"x\",\"table\":\"products\",\"operation\":\"INSERT\","
      "\"data\":[]", BP_DATA_ERROR_INVALID_VALUE },
    { "\"action_id\":\"a\",\"id\":\"x\",\"table\":\"products\",\"operation\":\"INSERT\","
      "\"data\":{\"price\":1}", BP_DATA_ERROR_MISSING_FIELD },
    { "\"action_id\":\"a\",\"id\":\"x\",\"table\":\"products\",\"operation\":\"INSERT\","
      "\"data\":{\"name\":\"n\",\"odd\":1}", BP_DATA_ERROR_UNKNOWN_FIELD },
    { "\"action_id\":\"a\",\"id\":\"x\",\"table\":\"products\",\"operation\":\"INSERT\","
      "\"data\":{\"name\":\"n\",\"stock\":1}", BP_DATA_ERROR_UNKNOWN_FIELD },
    { "\"action_id\":\"a\",\"id\":\"x\",\"table\":\"products\",\"operation\":\"INSERT\","
      "\"data\":{\"name\":\"n\",\"price\":1.5}", BP_DATA_ERROR_INVALID_VALUE },
    { "\"action_id\":\"a\",\"id\":\"x\",\"table\":\"products\",\"operation\":\"INSERT\","
      "\"data\":{\"name\":\"n\",\"price\":\"1\"}", BP_DATA_ERROR_INVALID_VALUE },
    { "\"action_id\":\"a\",\"id\":\"x\",\"table\":\"products\",\"operation\":\"INSERT\","
      "\"restore\":1,\"data\":{\"name\":\"n\"}", BP_DATA_ERROR_INVALID_VALUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = g_strdup_printf (
        "{\"attempt\":1,\"operations\":[{\"op_id\":\"o1\",%s}]}", cases[i].members);
      g_autoptr (BpPushRequest) request = parse (text);
      BpPushItem *item = request->items->pdata[0];

      g_test_message ("%s", cases[i].members);
      g_assert_error (item->fault, BP_DATA_ERROR, cases[i].code);
      g_assert_cmpstr (item->operation->op_id, ==, "o1");
    }
}

static void
request_shape (void)
{
  static const struct
  {
    const char *text;
    int code;
  } cases[] = {
    { "", BP_DATA_ERROR_MALFORMED },
    { "{\"attempt\":1,\"attempt\":2,\"operations\":[]}", BP_DATA_ERROR_MALFORMED },
    { "{\"attempt\":1,\"operations\":[]} {}", BP_DATA_ERROR_MALFORMED },
    { "[]", BP_DATA_ERROR_INVALID_VALUE },
    { "{\"operations\":[]}", BP_DATA_ERROR_INVALID_VALUE },
    { "{\"attempt\":\"1\",\"operations\":[]}", BP_DATA_ERROR_INVALID_VALUE },
    { "{\"attempt\":1}", BP_DATA_ERROR_INVALID_VALUE },
    { "{\"attempt\":1,\"operations\":{}}", BP_DATA_ERROR_INVALID_VALUE },
    { "{\"attempt\":1,\"operations\":[7]}", BP_DATA_ERROR_INVALID_VALUE },
    { "{\"attempt\":1,\"operations\":[{\"op_id\":7}]}", BP_DATA_ERROR_INVALID_VALUE },
    { "{\"attempt\":1,\"operations\":[{\"op_id\":\"\"}]}", BP_DATA_ERROR_INVALID_VALUE },
    { "{\"epoch\":7,\"attempt\":1,\"operations\":[]}", BP_DATA_ERROR_INVALID_VALUE },
  };
  g_autoptr (GError) missing = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (bp_push_request_parse (cases[i].text, strlen (cases[i].text), &error));
      g_assert_error (error, BP_DATA_ERROR, cases[i].code);
    }
  g_assert_null (bp_push_request_parse ("{\"attempt\":1,\"operations\":[{}]}", 31, &missing));
  g_assert_error (missing, BP_DATA_ERROR, BP_DATA_ERROR_MISSING_FIELD);
}

static void
too_many (void)
{
  for (guint n = 100; n <= 101; n++)
    {
      g_autoptr (GString) text = g_string_new ("{\"attempt\":1,\"operations\":[");
      g_autoptr (GError) error = NULL;
      g_autoptr (BpPushRequest) request = NULL;

      for (guint i = 0; i < n; i++)
        g_string_append_printf (text, "%s{\"op_id\":\"o%u\"}", i > 0 ? "," : "", i);
      g_string_append (text, "]}");
      request = bp_push_request_parse (text->str, text->len, &error);
      if (n == 100)
        g_assert_cmpuint (request->items->len, ==, 100);
      else
        g_assert_error (error, BP_DATA_ERROR, BP_DATA_ERROR_TOO_LARGE);
    }
}

static void
too_large (void)
{
  g_autofree char *filler = g_strnfill (BP_MAX_OPERATION, ' ');
  g_autofree char *text = g_strdup_printf (
    "{\"attempt\":1,\"operations\":[{\"op_id\":\"o1\",\"action_id\":\"a\",\"table\":\"sales\","
    "\"id\":\"s\",\"operation\":\"INSERT\",%s\"data\":" SALE "}]}", filler);
  g_autoptr (BpPushRequest) request = parse (text);
  BpPushItem *item = request->items->pdata[0];

  g_assert_error (item->fault, BP_DATA_ERROR, BP_DATA_ERROR_TOO_LARGE);
}

static GPtrArray *
make_sent (void)
{
  GPtrArray *sent = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_operation_free);

  for (int kind = BP_OPERATION_INSERT; kind <= BP_OPERATION_DELETE; kind++)
    g_ptr_array_add (sent, make_operation ((BpOperationKind)kind));
  return sent;
}

static void
answer_round_trip (void)
{
  g_autoptr (GPtrArray) sent = make_sent ();
  g_autoptr (GPtrArray) results
    = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_result_free);
  g_autoptr (BpPushAnswer) answer = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  g_autofree char *again = NULL;
  BpResult *result;

  result = bp_result_new ("op-0");
  result->version = 1;
  result->seq = 9001;
  g_ptr_array_add (results, result);
  result = bp_result_new ("op-1");
  result->status = BP_RESULT_CONFLICT;
  result->conflict_type = BP_CONFLICT_ID_COLLISION;
  result->key = g_strdup ("sku");
  result->server = bp_state_new (bp_table_find ("products"), "p7");
  result->server->version = 5;
  result->server->device_name = g_strdup ("Till 2");
  bp_change_set_text (result->server->data, "name", "Tea");
  bp_change_complete (result->server->data);
  g_ptr_array_add (results, result);
  result = bp_result_new ("op-2");
  result->status = BP_RESULT_REJECTED;
  result->code = g_strdup ("posted");
  result->detail = g_strdup ("It is posted");
  result->retry = TRUE;
  g_ptr_array_add (results, result);

  text = bp_push_answer_to_text (412, 9003, results);
  answer = bp_push_answer_parse (text, strlen (text), sent, &error);
  g_assert_no_error (error);
  g_assert_cmpint (answer->attempt, ==, 412);
  g_assert_cmpint (answer->seq, ==, 9003);
  again = bp_push_answer_to_text (answer->attempt, answer->seq, answer->results);
  g_assert_cmpstr (again, ==, text);
  g_assert_nonnull (strstr (text, "\"is_deleted\":0"));
  g_assert_cmpstr (((BpResult *)answer->results->pdata[1])->server->id, ==, "p7");
}

static void
unknown_server_is_null (void)
{
  g_autoptr (GPtrArray) results
    = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_result_free);
  BpResult *result = bp_result_new ("op-1");
  g_autofree char *text = NULL;

  result->status = BP_RESULT_CONFLICT;
  result->conflict_type = BP_CONFLICT_DELETE_UPDATE;
  g_ptr_array_add (results, result);
  text = bp_push_answer_to_text (1, 2, results);
  g_assert_cmpstr (text, ==,
                   "{\"attempt\":1,\"seq\":2,\"results\":[{\"op_id\":\"op-1\","
                   "\"status\":\"conflict\",\"conflict_type\":\"DELETE_UPDATE\","
                   "\"server\":null}]}");
}

static void
answer_is_bounded (void)
{
  g_autoptr (GPtrArray) results
    = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_result_free);
  g_autofree char *note = g_strnfill (400 * 1024, 'x');
  g_autofree char *text = NULL;

  for (guint i = 0; i < 100; i++)
    {
      BpResult *result = bp_result_new ("op");

      result->status = BP_RESULT_CONFLICT;
      result->server = bp_state_new (bp_table_find ("products"), "p7");
      bp_change_set_text (result->server->data, "note", note);
      g_ptr_array_add (results, result);
    }
  text = bp_push_answer_to_text (1, 2, results);
  g_assert_cmpuint (strlen (text), <=, BP_MAX_ANSWER);
  g_assert_cmpuint (strlen (text), >, BP_MAX_ANSWER / 2);
}

static void
hostile_answers (void)
{
#define TWO "{\"op_id\":\"op-1\",\"status\":\"held\"},{\"op_id\":\"op-2\",\"status\":\"held\"}"
  static const char *const results[] = {
    TWO,
    TWO ",{\"op_id\":\"op-2\",\"status\":\"held\"}",
    TWO ",{\"op_id\":\"op-9\",\"status\":\"held\"}",
    TWO ",{\"status\":\"held\"}",
    TWO ",7",
    TWO ",{\"op_id\":\"op-0\",\"status\":\"fine\"}",
    TWO ",{\"op_id\":\"op-0\",\"status\":\"applied\",\"version\":0,\"seq\":1}",
    TWO ",{\"op_id\":\"op-0\",\"status\":\"applied\",\"version\":1}",
    TWO ",{\"op_id\":\"op-0\",\"status\":\"applied\",\"version\":1.5,\"seq\":1}",
    TWO ",{\"op_id\":\"op-0\",\"status\":\"conflict\",\"conflict_type\":\"ODD\"}",
    TWO ",{\"op_id\":\"op-0\",\"status\":\"conflict\",\"conflict_type\":\"ID_COLLISION\","
    "\"key\":\"odd\"}",
    TWO ",{\"op_id\":\"op-0\",\"status\":\"conflict\",\"conflict_type\":\"ID_COLLISION\","
    "\"server\":{\"version\":1}}",
    TWO ",{\"op_id\":\"op-0\",\"status\":\"conflict\",\"conflict_type\":\"ID_COLLISION\","
    "\"server\":{\"id\":\"a b\",\"version\":1,\"data\":{}}}",
    TWO ",{\"op_id\":\"op-0\",\"status\":\"rejected\"}",
  };
  g_autoptr (GPtrArray) sent = make_sent ();

  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_autofree char *text = g_strdup_printf ("{\"attempt\":1,\"seq\":2,\"results\":[%s]}",
                                               results[i]);
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", results[i]);
      g_assert_null (bp_push_answer_parse (text, strlen (text), sent, &error));
      g_assert_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE);
    }
}

static void
changed_bytes (void)
{
  static const char bytes[] = "{}[]\",:0123456789-.eE\\unt\xff ";
  const char *text = "{\"epoch\":\"e1\",\"attempt\":1,\"operations\":[{\"op_id\":\"o1\","
                     "\"action_id\":\"a\",\"table\":\"sales\",\"id\":\"s\",\"operation\":"
                     "\"INSERT\",\"modified_at\":1,\"data\":" SALE "},{\"op_id\":\"o2\","
                     "\"action_id\":\"b\",\"table\":\"products\",\"id\":\"p\",\"operation\":"
                     "\"UPDATE\",\"base_version\":2,\"restore\":true,\"data\":{\"name\":\"n\"}}]}";
  gsize length = strlen (text);

  for (guint i = 0; i < 20000; i++)
    {
      g_autofree char *copy = g_memdup2 (text, length);
      g_autoptr (BpPushRequest) request = NULL;

      for (int n = g_test_rand_int_range (1, 4); n > 0; n--)
        copy[g_test_rand_int_range (0, (gint32)length)]
          = bytes[g_test_rand_int_range (0, sizeof bytes - 1)];
      request = bp_push_request_parse (copy, length, NULL);
      for (guint r = 0; request != NULL && r < request->items->len; r++)
        {
          BpPushItem *item = request->items->pdata[r];

          g_assert_nonnull (item->operation->op_id);
          g_assert_true (item->fault != NULL || item->operation->table != NULL);
        }
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/protocol/push/request-round-trip", request_round_trip);
  g_test_add_func ("/protocol/push/size-is-of-the-text", size_is_of_the_text);
  g_test_add_func ("/protocol/push/a-fault-of-one-operation-is-its-own", item_faults);
  g_test_add_func ("/protocol/push/request-of-the-wrong-shape", request_shape);
  g_test_add_func ("/protocol/push/more-than-100-operations", too_many);
  g_test_add_func ("/protocol/push/too-large-an-operation", too_large);
  g_test_add_func ("/protocol/push/answer-round-trip", answer_round_trip);
  g_test_add_func ("/protocol/push/an-unknown-record-is-null", unknown_server_is_null);
  g_test_add_func ("/protocol/push/answer-is-bounded", answer_is_bounded);
  g_test_add_func ("/protocol/push/hostile-answers-are-refused", hostile_answers);
  g_test_add_func ("/protocol/push/changed-bytes-do-no-harm", changed_bytes);
  return g_test_run ();
}
