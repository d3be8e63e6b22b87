/* What a push made, written in sets. */
#include "config.h"

#include <string.h>

#include "bp-ledger-private.h"

typedef struct
{
  GPtrArray *states;
  GPtrArray *amounts;
  GPtrArray *pending;
} Writing;

static gboolean
has_moved (const BpLedgerFigure *figure)
{
  for (guint i = 0; i < BP_MAX_PROJECTIONS; i++)
    {
      if (figure->delta[i] != 0)
        return TRUE;
    }

  return FALSE;
}

static gboolean
is_waiting (const BpAmounts *amounts)
{
  for (guint i = 0; i < BP_MAX_PROJECTIONS; i++)
    {
      if (amounts->values[i] != 0)
        return TRUE;
    }

  return FALSE;
}

/* A record that is written whole brings its figures along; one that is new
 * takes over what waited for it. */
static void
collect_record (BpLedger       *self,
                BpLedgerRecord *record,
                Writing        *writing)
{
  guint fields[BP_MAX_PROJECTIONS];
  guint n_fields = bp_table_get_projections (record->table, fields);
  BpLedgerFigure *figure;

  g_ptr_array_add (writing->states, record->now);
  if (n_fields == 0)
    return;

  figure = bp_ledger_get_figure (self, record->table, record->id);
  for (guint i = 0; i < n_fields; i++)
    bp_value_set_integer (&record->now->data->values[fields[i]], bp_ledger_get_amount (figure, i));
  /* Also where what moved it adds up to nothing: who made one of these facts
   * counts it until a row that is younger comes, and this row holds them all. */
  if (figure->is_listed && !record->now->is_deleted)
    record->now->seq = ++self->seq;
  if (record->base == NULL && figure->base != NULL && is_waiting (figure->base))
    {
      memset (figure->base->values, 0, sizeof figure->base->values);
      g_ptr_array_add (writing->pending, figure->base);
    }
}

static void
collect_figure (BpLedger       *self,
                BpLedgerFigure *figure,
                Writing        *writing)
{
  BpLedgerRecord *record = g_hash_table_lookup (self->records[bp_table_get_index (figure->table)],
                                                figure->base->id);

  if ((record != NULL && record->now != NULL) || !has_moved (figure))
    return;

  for (guint i = 0; i < BP_MAX_PROJECTIONS; i++)
    figure->base->values[i] += figure->delta[i];
  figure->base->seq = figure->base->exists && !figure->base->is_deleted ? ++self->seq : 0;
  g_ptr_array_add (figure->base->exists ? writing->amounts : writing->pending, figure->base);
}

static gboolean
write_table (BpLedger      *self,
             const BpTable *table,
             gint64         now)
{
  g_autoptr (GPtrArray) states = g_ptr_array_new ();
  g_autoptr (GPtrArray) amounts = g_ptr_array_new ();
  g_autoptr (GPtrArray) pending = g_ptr_array_new ();
  Writing writing = { states, amounts, pending };

  for (guint i = 0; i < self->changed->len; i++)
    {
      BpLedgerRecord *record = self->changed->pdata[i];

      if (record->table == table)
        collect_record (self, record, &writing);
    }
  for (guint i = 0; i < self->moved->len; i++)
    {
      BpLedgerFigure *figure = self->moved->pdata[i];

      if (figure->table == table && figure->base != NULL)
        collect_figure (self, figure, &writing);
    }
  if (self->error != NULL)
    return FALSE;

  return (states->len == 0
          || bp_backend_call (self->backend, write_states, self->store->id, table, states, now,
                              &self->error))
         && (amounts->len == 0
             || bp_backend_call (self->backend, write_amounts, self->store->id, table, amounts,
                                 &self->error))
         && (pending->len == 0
             || bp_backend_call (self->backend, write_pending, self->store->id, table, pending,
                                 &self->error));
}

/**
 * bp_ledger_write:
 * @self: a ledger
 * @now: in milliseconds
 *
 * Writes what this push made. Records whose figures moved get their seq after
 * all facts. Failures are kept for bp_ledger_take_error().
 *
 * Returns: the store's seq afterwards
 */
gint64
bp_ledger_write (BpLedger *self,
                 gint64    now)
{
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      if (!write_table (self, bp_table_get (i), now))
        return self->seq;
    }
  if (self->entries->len > 0)
    bp_backend_call (self->backend, write_operations, self->device, self->entries, now,
                     &self->error);

  return self->seq;
}
