/* The answer of `/v1/push`, as a device reads it. */
#include "config.h"

#include "bp-fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "bp-error.h"
#include "bp-id.h"
#include "bp-push.h"

static BpOperation *
make_operation (const char     *op_id,
                const char     *table,
                BpOperationKind kind)
{
  BpOperation *operation = bp_operation_new ();

  operation->op_id = g_strdup (op_id);
  operation->action_id = g_strdup ("a1");
  operation->table = bp_table_find (table);
  operation->id = g_strdup ("r1");
  operation->kind = kind;
  return operation;
}

/* What was sent: one of each kind. */
static GPtrArray *
make_operations (guint n)
{
  GPtrArray *sent = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_operation_free);

  if (n > 0)
    g_ptr_array_add (sent, make_operation ("o1", "products", BP_OPERATION_UPDATE));
  if (n > 1)
    g_ptr_array_add (sent, make_operation ("o2", "sales", BP_OPERATION_INSERT));
  if (n > 2)
    g_ptr_array_add (sent, make_operation ("o3", "settings", BP_OPERATION_DELETE));
  return sent;
}

static void
check_result (const BpResult *result)
{
  switch (result->status)
    {
    case BP_RESULT_APPLIED:
      g_assert_cmpint (result->version, >=, 1);
      g_assert_cmpint (result->version, <=, BP_INTEGER_MAX);
      g_assert_cmpint (result->seq, >=, 0);
      g_assert_cmpint (result->seq, <=, BP_INTEGER_MAX);
      break;
    case BP_RESULT_CONFLICT:
      if (result->server != NULL)
        {
          g_assert_true (bp_id_is_valid (result->server->id));
          g_assert_cmpint (result->server->version, >=, 1);
          g_assert_nonnull (result->server->data);
        }
      break;
    case BP_RESULT_REJECTED:
      g_assert_nonnull (result->code);
      break;
    case BP_RESULT_HELD:
      break;
    default:
      g_assert_not_reached ();
    }
}

static void
try_answer (const char *text,
            gsize       length,
            guint       n_sent)
{
  g_autoptr (GPtrArray) sent = make_operations (n_sent);
  g_autoptr (GError) error = NULL;
  g_autoptr (BpPushAnswer) answer = bp_push_answer_parse (text, length, sent, &error);
  g_autoptr (BpPushAnswer) back = NULL;
  g_autofree char *written = NULL;
  g_autofree char *again = NULL;

  g_assert_true ((answer == NULL) == (error != NULL));
  if (answer == NULL)
    {
      g_assert_true (error->domain == BP_DATA_ERROR);
      return;
    }

  g_assert_cmpuint (answer->results->len, ==, n_sent);
  g_assert_cmpint (answer->seq, >=, 0);
  for (guint i = 0; i < n_sent; i++)
    check_result (answer->results->pdata[i]);

  written = bp_push_answer_to_text (answer->attempt, answer->seq, answer->results);
  back = bp_push_answer_parse (written, strlen (written), sent, &error);
  g_assert_no_error (error);
  again = bp_push_answer_to_text (back->attempt, back->seq, back->results);
  g_assert_cmpstr (again, ==, written);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  char *text = bp_fuzz_copy (data, size);

  for (guint n = 0; n <= 3; n++)
    try_answer (text, size, n);
  free (text);
  return 0;
}
