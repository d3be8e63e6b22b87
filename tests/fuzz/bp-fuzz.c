#include "config.h"

#include "bp-fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "bp-error.h"
#include "bp-id.h"
#include "bp-limits.h"
#include "bp-push.h"

char *
bp_fuzz_copy (const uint8_t *data,
              size_t         size)
{
  char *copy = malloc (MAX (size, 1));

  if (size > 0)
    memcpy (copy, data, size);
  return copy;
}

static void
check_item (const BpPushItem *item,
            gsize             length)
{
  const BpOperation *operation = item->operation;

  g_assert_true (bp_id_is_valid (operation->op_id));
  g_assert_cmpuint (item->size, <=, length);
  if (item->fault != NULL)
    {
      g_assert_true (item->fault->domain == BP_DATA_ERROR);
      return;
    }

  g_assert_cmpuint (item->size, <=, BP_MAX_OPERATION);
  g_assert_true (bp_id_is_valid (operation->action_id));
  g_assert_true (bp_id_is_valid (operation->id));
  g_assert_nonnull (operation->table);
  g_assert_true ((operation->data == NULL) == (operation->kind == BP_OPERATION_DELETE));
  g_assert_true (operation->kind != BP_OPERATION_INSERT || operation->base_version == 0);
  g_assert_cmpint (operation->base_version, >=, 0);
  g_assert_cmpint (operation->base_version, <, BP_INTEGER_MAX);
  g_assert_true (!operation->restore || operation->kind == BP_OPERATION_UPDATE);
  g_assert_true (!operation->recover || operation->kind == BP_OPERATION_INSERT);
  if (operation->data == NULL)
    return;
  for (guint i = 0; i < operation->table->n_fields; i++)
    {
      const BpField *field = &operation->table->fields[i];

      if (bp_change_has (operation->data, i))
        g_assert_false (field->flags & BP_FIELD_PROJECTION);
      if (bp_change_has (operation->data, i))
        g_assert_true (bp_field_check (field, &operation->data->values[i], NULL));
    }
}

static char *
write_good (const BpPushRequest *request,
            guint               *n_good)
{
  g_autoptr (GPtrArray) good = g_ptr_array_new ();

  for (guint i = 0; i < request->items->len; i++)
    {
      BpPushItem *item = request->items->pdata[i];

      if (item->fault == NULL)
        g_ptr_array_add (good, item->operation);
    }
  *n_good = good->len;
  return bp_push_request_to_text (request->epoch, request->attempt, good);
}

/* Looks at what is taken of a push: within the limits, and the same again when
 * it is written and read. */
void
bp_fuzz_push_request (const char *text,
                      gsize       length)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpPushRequest) request = bp_push_request_parse (text, length, &error);
  g_autoptr (BpPushRequest) back = NULL;
  g_autofree char *written = NULL;
  g_autofree char *again = NULL;
  guint n_good, n_back;

  g_assert_true ((request == NULL) == (error != NULL));
  if (request == NULL)
    {
      g_assert_true (error->domain == BP_DATA_ERROR);
      return;
    }

  g_assert_cmpuint (request->items->len, <=, BP_MAX_OPERATIONS);
  g_assert_cmpint (request->attempt, >=, 0);
  g_assert_cmpint (request->attempt, <=, BP_INTEGER_MAX);
  g_assert_true (request->epoch == NULL || strlen (request->epoch) <= BP_ID_MAX_LENGTH);
  for (guint i = 0; i < request->items->len; i++)
    check_item (request->items->pdata[i], length);

  written = write_good (request, &n_good);
  back = bp_push_request_parse (written, strlen (written), &error);
  g_assert_no_error (error);
  again = write_good (back, &n_back);
  g_assert_cmpuint (n_back, ==, n_good);
  g_assert_cmpstr (again, ==, written);
}
