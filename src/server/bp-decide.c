/* What becomes of one operation: section 3 of the contract, sentence by
 * sentence. Pure but for the ledger. */
#include "config.h"

#include "bp-decide.h"

#include "bp-error.h"
#include "bp-sale-rules.h"

/* What was left out is null or 0 by contract, so neither counts in the hash of
 * an INSERT: the same content has the same hash also when a later version of
 * the tables has more fields. */
static char *
make_data (const BpOperation *operation)
{
  g_autoptr (BpChange) data = NULL;

  if (operation->data == NULL)
    return NULL;

  data = bp_change_copy (operation->data);
  bp_change_drop_projections (data);
  for (guint i = 0; operation->kind == BP_OPERATION_INSERT && i < data->table->n_fields; i++)
    {
      const BpValue *value = &data->values[i];

      if (value->kind == BP_VALUE_NULL || (value->kind == BP_VALUE_INTEGER && value->integer == 0))
        bp_change_unset (data, i);
    }
  return bp_change_to_text (data);
}

static char *
make_hash (const BpOperation *operation,
           const char        *data)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  const char *parts[] = { operation->table->name, operation->id,
                          bp_operation_kind_to_string (operation->kind), data };

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      if (parts[i] != NULL)
        g_checksum_update (checksum, (const guchar *)parts[i], -1);
      g_checksum_update (checksum, (const guchar *)"", 1);
    }
  return g_strdup (g_checksum_get_string (checksum));
}

/**
 * bp_work_init:
 * @work: (out caller-allocates): what is made of @item
 * @item: (transfer none): must outlive @work
 * @action: index of its action
 */
void
bp_work_init (BpWork     *work,
              BpPushItem *item,
              guint       action)
{
  work->item = item;
  work->action = action;
  work->result = NULL;
  work->data = item->fault == NULL ? make_data (item->operation) : NULL;
  work->hash = item->fault == NULL ? make_hash (item->operation, work->data) : NULL;
}

/**
 * bp_work_clear:
 * @work: frees what it owns
 */
void
bp_work_clear (BpWork *work)
{
  g_clear_pointer (&work->hash, g_free);
  g_clear_pointer (&work->data, g_free);
  g_clear_pointer (&work->result, bp_result_free);
}

/**
 * bp_decide_reject:
 * @work: an operation
 * @code: stable
 * @detail: for a person
 *
 * Returns: (transfer full): its rejection
 */
BpResult *
bp_decide_reject (const BpWork *work,
                  const char   *code,
                  const char   *detail)
{
  BpResult *result = bp_result_new (work->item->operation->op_id);

  result->status = BP_RESULT_REJECTED;
  result->code = g_strdup (code);
  result->detail = g_strdup (detail);
  return result;
}

static BpResult *
conflict (BpLedger      *ledger,
          const BpWork  *work,
          BpConflictType type,
          const BpState *server)
{
  BpResult *result = bp_result_new (work->item->operation->op_id);

  result->status = BP_RESULT_CONFLICT;
  result->conflict_type = type;
  result->server = server != NULL ? bp_ledger_copy (ledger, server) : NULL;
  return result;
}

static BpResult *
key_conflict (BpLedger      *ledger,
              const BpWork  *work,
              guint          field,
              const BpState *owner)
{
  BpResult *result = conflict (ledger, work, BP_CONFLICT_ID_COLLISION, owner);

  result->key = g_strdup (work->item->operation->table->fields[field].name);
  return result;
}

/* It holds; whether something had to be done for it is no matter. */
static BpResult *
applied (BpLedger      *ledger,
         const BpWork  *work,
         const BpState *state)
{
  BpResult *result = bp_result_new (work->item->operation->op_id);

  result->version = state->version;
  result->seq = state->seq;
  bp_ledger_remember (ledger, work->item->operation, work->hash, work->data, state);
  return result;
}

static BpResult *
apply (BpLedger     *ledger,
       const BpWork *work,
       BpState      *after)
{
  const BpOperation *operation = work->item->operation;

  if (!bp_ledger_put (ledger, operation, after))
    return bp_decide_reject (work, "invalid_value",
                             "An amount would become too large to be kept exactly");

  return applied (ledger, work, bp_ledger_get (ledger, operation->table, operation->id));
}

/**
 * bp_decide_memory:
 * @ledger: loaded
 * @work: an operation without a fault
 *
 * Returns: (transfer full) (nullable): what it was answered when it was
 *   applied, or its rejection where its op_id was used for something else;
 *   %NULL where it is new
 */
BpResult *
bp_decide_memory (BpLedger     *ledger,
                  const BpWork *work)
{
  const BpOperation *operation = work->item->operation;
  BpResult *result;
  gint64 version, seq;

  if (!bp_ledger_recall (ledger, operation->op_id, work->hash, &version, &seq))
    return NULL;
  if (seq < 0)
    return bp_decide_reject (work, "op_reused", "This op_id was used for another operation");

  result = bp_result_new (operation->op_id);
  result->version = version;
  result->seq = seq;
  return result;
}

/* A key that is taken: of a new record, and of a number in a series, a
 * collision; of a record that is changed, a rejection. */
static BpResult *
check_keys (BpLedger       *ledger,
            const BpWork   *work,
            const BpChange *data,
            gboolean        is_new)
{
  const BpOperation *operation = work->item->operation;
  const BpTable *table = operation->table;

  for (guint i = 0; i < table->n_fields; i++)
    {
      const BpField *field = &table->fields[i];
      g_autofree char *detail = NULL;
      g_autofree char *title = NULL;
      const BpState *owner;

      if (!(field->flags & BP_FIELD_KEY) || data->values[i].text == NULL)
        continue;
      owner = bp_ledger_find (ledger, table, i, data->values[i].text, operation->id);
      if (owner == NULL)
        continue;
      if (is_new || (field->flags & BP_FIELD_SERIES))
        return key_conflict (ledger, work, i, owner);
      title = bp_state_make_title (owner);
      detail = g_strdup_printf ("The %s “%s” belongs to %s", field->name, data->values[i].text,
                                title);
      return bp_decide_reject (work, "duplicate_key", detail);
    }

  return NULL;
}

static BpResult *
check_sale (BpLedger       *ledger,
            const BpWork   *work,
            const BpChange *data)
{
  const BpOperation *operation = work->item->operation;
  const char *code;
  const char *detail;

  if (bp_sale_rules_check_record (ledger, operation->table, operation->id, data, &code, &detail))
    return NULL;

  return bp_decide_reject (work, code, detail);
}

static BpState *
make_record (const BpOperation *operation,
             gint64             version)
{
  BpState *state = bp_state_new (operation->table, operation->id);

  state->version = version;
  if (operation->data != NULL)
    bp_change_apply (state->data, operation->data);
  bp_change_complete (state->data);
  return state;
}

static BpResult *
create (BpLedger     *ledger,
        const BpWork *work,
        gint64        version)
{
  const BpOperation *operation = work->item->operation;
  g_autoptr (BpState) state = make_record (operation, version);
  BpResult *result = check_sale (ledger, work, state->data);

  if (result == NULL)
    result = check_keys (ledger, work, state->data, operation->kind == BP_OPERATION_INSERT);
  return result != NULL ? result : apply (ledger, work, g_steal_pointer (&state));
}

/* It was there already. Its device goes by the seq of the change: one that a
 * projection has moved on would seem younger than the figures that hold it. */
static BpResult *
known (BpLedger      *ledger,
       const BpWork  *work,
       const BpState *current)
{
  g_autoptr (BpState) as_made = bp_state_copy (current);

  as_made->seq = bp_ledger_get_origin (ledger, current);
  return applied (ledger, work, as_made);
}

static BpResult *
decide_insert (BpLedger      *ledger,
               const BpWork  *work,
               const BpState *current)
{
  const BpOperation *operation = work->item->operation;
  g_autoptr (BpState) wanted = NULL;

  if (current == NULL)
    return create (ledger, work, 1);
  if (operation->recover)
    return known (ledger, work, current);
  if (current->is_deleted)
    return conflict (ledger, work, BP_CONFLICT_DELETE_UPDATE, current);

  wanted = make_record (operation, 1);
  if (bp_change_equal (wanted->data, current->data))
    return known (ledger, work, current);

  return conflict (ledger, work,
                   operation->table->keyed ? BP_CONFLICT_UPDATE_UPDATE : BP_CONFLICT_ID_COLLISION,
                   current);
}

static BpResult *
change (BpLedger      *ledger,
        const BpWork  *work,
        const BpState *current)
{
  const BpOperation *operation = work->item->operation;
  g_autoptr (BpState) after = bp_state_copy (current);
  BpResult *result = check_keys (ledger, work, operation->data, FALSE);

  if (result != NULL)
    return result;

  after->version = current->version + 1;
  after->is_deleted = FALSE;
  bp_change_apply (after->data, operation->data);
  if (operation->restore)
    bp_change_complete (after->data);
  return apply (ledger, work, g_steal_pointer (&after));
}

static BpResult *
decide_update (BpLedger      *ledger,
               const BpWork  *work,
               const BpState *current)
{
  const BpOperation *operation = work->item->operation;
  const char *code;
  const char *detail;

  if (!bp_sale_rules_check_fact (operation, current, &code, &detail))
    return bp_decide_reject (work, code, detail);

  if (current == NULL || current->is_deleted)
    {
      if (!operation->restore)
        return conflict (ledger, work, BP_CONFLICT_DELETE_UPDATE, current);
      return current == NULL ? create (ledger, work, operation->base_version + 1)
                             : change (ledger, work, current);
    }
  if (operation->base_version != current->version)
    return conflict (ledger, work, BP_CONFLICT_UPDATE_UPDATE, current);
  if (!bp_sale_rules_check_void (ledger, operation, current, &code, &detail))
    return bp_decide_reject (work, code, detail);

  return change (ledger, work, current);
}

static BpResult *
decide_delete (BpLedger      *ledger,
               const BpWork  *work,
               const BpState *current)
{
  const BpOperation *operation = work->item->operation;
  BpState *after;

  if (operation->table->fact)
    return bp_decide_reject (work, "posted", "What is posted is never deleted");
  if (current != NULL && current->is_deleted)
    return applied (ledger, work, current);
  if (current != NULL && current->version != operation->base_version)
    return conflict (ledger, work, BP_CONFLICT_UPDATE_DELETE, current);

  after = current != NULL ? bp_state_copy (current) : make_record (operation, 0);
  after->version = operation->base_version + 1;
  after->is_deleted = TRUE;
  return apply (ledger, work, after);
}

/**
 * bp_decide:
 * @ledger: loaded; changed where the operation is applied
 * @work: an operation without a fault
 *
 * Returns: (transfer full): what becomes of it. Where it is not applied, the
 *   ledger may still have to be reset, because of an amount out of range
 */
BpResult *
bp_decide (BpLedger     *ledger,
           const BpWork *work)
{
  const BpOperation *operation = work->item->operation;
  BpResult *result = bp_decide_memory (ledger, work);
  const BpState *current;

  if (result != NULL)
    return result;

  current = bp_ledger_get (ledger, operation->table, operation->id);
  switch (operation->kind)
    {
    case BP_OPERATION_INSERT:
      return decide_insert (ledger, work, current);
    case BP_OPERATION_UPDATE:
      return decide_update (ledger, work, current);
    case BP_OPERATION_DELETE:
      return decide_delete (ledger, work, current);
    default:
      g_assert_not_reached ();
    }
}
