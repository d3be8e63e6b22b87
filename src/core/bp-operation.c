#include "config.h"

#include "bp-operation.h"

static const char *const kinds[] = { "INSERT", "UPDATE", "DELETE" };
static const char *const statuses[] = { "applied", "conflict", "rejected", "held" };
static const char *const conflict_types[] = {
  "UPDATE_UPDATE", "DELETE_UPDATE", "UPDATE_DELETE", "ID_COLLISION"
};

static int
find_word (const char *const *words,
           guint              n_words,
           const char        *text)
{
  for (guint i = 0; i < n_words; i++)
    {
      if (g_strcmp0 (words[i], text) == 0)
        return (int)i;
    }

  return -1;
}

/**
 * bp_operation_new:
 *
 * Returns: (transfer full): an operation of nothing, to be filled
 */
BpOperation *
bp_operation_new (void)
{
  return g_new0 (BpOperation, 1);
}

/**
 * bp_operation_copy:
 * @operation: an operation
 *
 * Returns: (transfer full): a copy
 */
BpOperation *
bp_operation_copy (const BpOperation *operation)
{
  BpOperation *copy = bp_operation_new ();

  *copy = *operation;
  copy->op_id = g_strdup (operation->op_id);
  copy->action_id = g_strdup (operation->action_id);
  copy->id = g_strdup (operation->id);
  copy->user = g_strdup (operation->user);
  copy->data = operation->data != NULL ? bp_change_copy (operation->data) : NULL;
  return copy;
}

/**
 * bp_operation_free:
 * @operation: (nullable) (transfer full): an operation
 */
void
bp_operation_free (BpOperation *operation)
{
  if (operation == NULL)
    return;

  g_free (operation->op_id);
  g_free (operation->action_id);
  g_free (operation->id);
  g_free (operation->user);
  bp_change_free (operation->data);
  g_free (operation);
}

/**
 * bp_operation_kind_to_string:
 * @kind: a kind
 *
 * Returns: (transfer none): its name on the wire
 */
const char *
bp_operation_kind_to_string (BpOperationKind kind)
{
  g_return_val_if_fail (kind < G_N_ELEMENTS (kinds), NULL);

  return kinds[kind];
}

/**
 * bp_operation_kind_from_string:
 * @text: (nullable): any text
 * @kind: (out): the kind of that name; untouched where there is none
 *
 * Returns: whether @text names a kind
 */
gboolean
bp_operation_kind_from_string (const char      *text,
                               BpOperationKind *kind)
{
  int i = find_word (kinds, G_N_ELEMENTS (kinds), text);

  if (i >= 0)
    *kind = (BpOperationKind)i;
  return i >= 0;
}

/**
 * bp_result_new:
 * @op_id: copied
 *
 * Returns: (transfer full): that operation, applied
 */
BpResult *
bp_result_new (const char *op_id)
{
  BpResult *self = g_new0 (BpResult, 1);

  self->op_id = g_strdup (op_id);
  return self;
}

/**
 * bp_result_free:
 * @result: (nullable) (transfer full): a result
 */
void
bp_result_free (BpResult *result)
{
  if (result == NULL)
    return;

  g_free (result->op_id);
  g_free (result->key);
  g_free (result->code);
  g_free (result->detail);
  bp_state_free (result->server);
  g_free (result);
}

/**
 * bp_result_status_to_string:
 * @status: a status
 *
 * Returns: (transfer none): its name on the wire
 */
const char *
bp_result_status_to_string (BpResultStatus status)
{
  g_return_val_if_fail (status < G_N_ELEMENTS (statuses), NULL);

  return statuses[status];
}

/**
 * bp_result_status_from_string:
 * @text: (nullable): any text
 * @status: (out): the status of that name; untouched where there is none
 *
 * Returns: whether @text names a status
 */
gboolean
bp_result_status_from_string (const char     *text,
                              BpResultStatus *status)
{
  int i = find_word (statuses, G_N_ELEMENTS (statuses), text);

  if (i >= 0)
    *status = (BpResultStatus)i;
  return i >= 0;
}

/**
 * bp_conflict_type_to_string:
 * @type: a type
 *
 * Returns: (transfer none): its name on the wire
 */
const char *
bp_conflict_type_to_string (BpConflictType type)
{
  g_return_val_if_fail (type < G_N_ELEMENTS (conflict_types), NULL);

  return conflict_types[type];
}

/**
 * bp_conflict_type_from_string:
 * @text: (nullable): any text
 * @type: (out): the type of that name; untouched where there is none
 *
 * Returns: whether @text names a type
 */
gboolean
bp_conflict_type_from_string (const char     *text,
                              BpConflictType *type)
{
  int i = find_word (conflict_types, G_N_ELEMENTS (conflict_types), text);

  if (i >= 0)
    *type = (BpConflictType)i;
  return i >= 0;
}
