/* What a push changes, in memory; see bp-ledger-private.h. */
#include "config.h"

#include "bp-ledger-private.h"

#include <string.h>

#include "bp-projection.h"

static void
record_free (BpLedgerRecord *record)
{
  g_free (record->id);
  bp_state_free (record->base);
  bp_state_free (record->now);
  g_free (record);
}

static void
figure_free (BpLedgerFigure *figure)
{
  bp_amounts_free (figure->base);
  g_free (figure);
}

static GHashTable *
new_match_table (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                (GDestroyNotify)g_ptr_array_unref);
}

/**
 * bp_ledger_new:
 * @backend: (transfer none): writing; must outlive the ledger
 * @store: (transfer none): its counter row has been locked
 * @device: (transfer none): who pushes
 *
 * Returns: (transfer full): an empty ledger
 */
BpLedger *
bp_ledger_new (BpBackend      *backend,
               const BpStore  *store,
               const BpDevice *device)
{
  BpLedger *self = g_new0 (BpLedger, 1);

  self->backend = backend;
  self->store = store;
  self->device = device;
  self->seq = store->seq;
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      self->records[i] = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
                                                (GDestroyNotify)record_free);
      self->figures[i] = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                                (GDestroyNotify)figure_free);
    }
  self->matches = new_match_table ();
  self->claims = new_match_table ();
  self->remembered = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
                                            (GDestroyNotify)bp_remembered_free);
  self->recent = g_hash_table_new (g_str_hash, g_str_equal);
  self->changed = g_ptr_array_new ();
  self->moved = g_ptr_array_new ();
  self->entries = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_op_record_free);
  return self;
}

/**
 * bp_ledger_free:
 * @self: (nullable) (transfer full): a ledger
 */
void
bp_ledger_free (BpLedger *self)
{
  if (self == NULL)
    return;

  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      g_hash_table_unref (self->records[i]);
      g_hash_table_unref (self->figures[i]);
    }
  g_hash_table_unref (self->matches);
  g_hash_table_unref (self->claims);
  g_hash_table_unref (self->remembered);
  g_hash_table_unref (self->recent);
  g_ptr_array_unref (self->changed);
  g_ptr_array_unref (self->moved);
  g_ptr_array_unref (self->entries);
  g_clear_error (&self->error);
  g_free (self);
}

/**
 * bp_ledger_reset:
 * @self: a ledger
 *
 * Forgets what this push made; what was read stays.
 */
void
bp_ledger_reset (BpLedger *self)
{
  for (guint i = 0; i < self->changed->len; i++)
    g_clear_pointer (&((BpLedgerRecord *)self->changed->pdata[i])->now, bp_state_free);
  for (guint i = 0; i < self->moved->len; i++)
    {
      BpLedgerFigure *figure = self->moved->pdata[i];

      memset (figure->delta, 0, sizeof figure->delta);
      figure->is_listed = FALSE;
    }
  g_ptr_array_set_size (self->changed, 0);
  g_ptr_array_set_size (self->moved, 0);
  g_hash_table_remove_all (self->claims);
  g_hash_table_remove_all (self->recent);
  g_ptr_array_set_size (self->entries, 0);
  self->seq = self->store->seq;
  self->has_overflow = FALSE;
}

/**
 * bp_ledger_get:
 * @self: a ledger
 * @table: a table
 * @id: a record's id
 *
 * Returns: (transfer none) (nullable): the record as it now is, deleted or
 *   not; %NULL where it is unknown. Until it is put anew, or the next reset
 */
const BpState *
bp_ledger_get (BpLedger      *self,
               const BpTable *table,
               const char    *id)
{
  BpLedgerRecord *record = bp_ledger_get_record (self, table, id);

  return record->now != NULL ? record->now : record->base;
}

/**
 * bp_ledger_copy:
 * @self: a ledger
 * @state: one of its records
 *
 * Returns: (transfer full): a copy with its figures as they now are
 */
BpState *
bp_ledger_copy (BpLedger      *self,
                const BpState *state)
{
  const BpTable *table = state->data->table;
  BpState *copy = bp_state_copy (state);
  guint fields[BP_MAX_PROJECTIONS];
  guint n_fields = bp_table_get_projections (table, fields);
  BpLedgerFigure *figure = n_fields > 0 ? bp_ledger_get_figure (self, table, state->id) : NULL;

  for (guint i = 0; i < n_fields; i++)
    bp_value_set_integer (&copy->data->values[fields[i]], bp_ledger_get_amount (figure, i));
  return copy;
}

typedef gboolean (*StateCheck) (const BpState *state);

/* A living record that has @text in @field. */
typedef struct
{
  const BpTable *table;  /* (unowned) */
  guint field;
  const char *text;      /* (unowned) */
  const char *except_id; /* (unowned) (nullable): does not count */
  StateCheck check;      /* (nullable): must hold, too */
} Wanted;

static const BpState *
find_among (BpLedger     *self,
            GPtrArray    *ids,
            const Wanted *wanted)
{
  for (guint i = 0; ids != NULL && i < ids->len; i++)
    {
      const BpState *state = bp_ledger_get (self, wanted->table, ids->pdata[i]);

      if (state != NULL && !state->is_deleted
          && g_strcmp0 (state->id, wanted->except_id) != 0
          && g_strcmp0 (state->data->values[wanted->field].text, wanted->text) == 0
          && (wanted->check == NULL || wanted->check (state)))
        return state;
    }

  return NULL;
}

static const BpState *
find_wanted (BpLedger     *self,
             const Wanted *wanted)
{
  g_autofree char *key = bp_ledger_make_key (wanted->table, wanted->field, wanted->text);
  const BpState *state;

  if (!g_hash_table_contains (self->matches, key))
    {
      g_autoptr (GPtrArray) texts = g_ptr_array_new ();

      g_ptr_array_add (texts, (gpointer)wanted->text);
      bp_ledger_load_matches (self, wanted->table, wanted->field, texts);
    }

  state = find_among (self, g_hash_table_lookup (self->claims, key), wanted);
  if (state == NULL)
    state = find_among (self, g_hash_table_lookup (self->matches, key), wanted);
  return state;
}

/**
 * bp_ledger_find:
 * @self: a ledger
 * @table: a table
 * @field: one of its fields of text
 * @text: a value
 * @except_id: (nullable): a record that does not count
 *
 * Returns: (transfer none) (nullable): a living record that now has @text there
 */
const BpState *
bp_ledger_find (BpLedger      *self,
                const BpTable *table,
                guint          field,
                const char    *text,
                const char    *except_id)
{
  const Wanted wanted = { table, field, text, except_id, NULL };

  return find_wanted (self, &wanted);
}

static gboolean
is_posted_return (const BpState *state)
{
  return g_strcmp0 (bp_change_get_text (state->data, "kind"), "return") == 0
         && g_strcmp0 (bp_change_get_text (state->data, "status"), "posted") == 0;
}

/**
 * bp_ledger_has_returns:
 * @self: a ledger
 * @sale_id: a sale
 *
 * Returns: whether a posted return refers to it
 */
gboolean
bp_ledger_has_returns (BpLedger   *self,
                       const char *sale_id)
{
  const BpTable *table = bp_table_find ("sales");
  const Wanted wanted = { table, (guint)bp_table_find_field (table, "refers_to"), sale_id, NULL,
                          is_posted_return };

  return find_wanted (self, &wanted) != NULL;
}

/**
 * bp_ledger_was_remembered:
 * @self: a ledger that was loaded with it
 * @op_id: an operation
 *
 * Returns: whether it was applied before this push
 */
gboolean
bp_ledger_was_remembered (BpLedger   *self,
                          const char *op_id)
{
  return g_hash_table_contains (self->remembered, op_id);
}

/**
 * bp_ledger_get_origin:
 * @self: a ledger that was loaded with an INSERT of the record
 * @state: a record of it
 *
 * Returns: the seq of the change that made its version; its row's is higher
 *   where a projection has moved since
 */
gint64
bp_ledger_get_origin (BpLedger      *self,
                      const BpState *state)
{
  const BpRemembered *remembered = NULL;

  if (state->op_id != NULL)
    remembered = g_hash_table_lookup (self->remembered, state->op_id);

  return remembered != NULL ? MIN (remembered->seq, state->seq) : state->seq;
}

/**
 * bp_ledger_recall:
 * @self: a ledger that was loaded with it
 * @op_id: an operation
 * @hash: of what it is
 * @version: (out): what its record became
 * @seq: (out): of the change; −1 where @op_id was something else
 *
 * Returns: whether it was applied, before this push or in it
 */
gboolean
bp_ledger_recall (BpLedger   *self,
                  const char *op_id,
                  const char *hash,
                  gint64     *version,
                  gint64     *seq)
{
  const BpRemembered *remembered = g_hash_table_lookup (self->remembered, op_id);
  const BpOpRecord *entry = g_hash_table_lookup (self->recent, op_id);
  const char *known;

  if (remembered == NULL && entry == NULL)
    return FALSE;

  known = remembered != NULL ? remembered->hash : entry->hash;
  *version = remembered != NULL ? remembered->version : entry->version;
  *seq = remembered != NULL ? remembered->seq : entry->seq;
  if (g_strcmp0 (known, hash) != 0)
    *seq = -1;
  return TRUE;
}

/**
 * bp_ledger_remember:
 * @self: a ledger
 * @operation: (transfer none): what was applied; must outlive the ledger
 * @hash: of it
 * @data: (nullable): its data as canonical JSON
 * @state: the record as it became, or as it was where nothing had to be done
 */
void
bp_ledger_remember (BpLedger          *self,
                    const BpOperation *operation,
                    const char        *hash,
                    const char        *data,
                    const BpState     *state)
{
  BpOpRecord *entry = g_new0 (BpOpRecord, 1);

  entry->operation = operation;
  entry->hash = g_strdup (hash);
  entry->data = g_strdup (data);
  entry->version = state->version;
  entry->seq = state->seq;
  g_ptr_array_add (self->entries, entry);
  g_hash_table_insert (self->recent, operation->op_id, entry);
}

static char *
customer_of_sale (const char *sale_id,
                  gpointer    user_data)
{
  const BpState *sale = bp_ledger_get (user_data, bp_table_find ("sales"), sale_id);

  return sale != NULL ? g_strdup (bp_change_get_text (sale->data, "customer_id")) : NULL;
}

static gint64
paid_of_sale (const char *sale_id,
              gpointer    user_data)
{
  const BpTable *sales = bp_table_find ("sales");

  return bp_ledger_get_amount (bp_ledger_get_figure (user_data, sales, sale_id), 0);
}

static void
add_amount (const BpTable *table,
            const char    *id,
            guint          field,
            gint64         amount,
            gpointer       user_data)
{
  BpLedger *self = user_data;
  BpLedgerFigure *figure = bp_ledger_get_figure (self, table, id);
  guint fields[BP_MAX_PROJECTIONS];
  guint n_fields = bp_table_get_projections (table, fields);
  gint64 sum;

  for (guint i = 0; i < n_fields; i++)
    {
      if (fields[i] != field)
        continue;
      if (__builtin_add_overflow (bp_ledger_get_amount (figure, i), amount, &sum)
          || sum > BP_INTEGER_MAX || sum < -BP_INTEGER_MAX)
        self->has_overflow = TRUE;
      else
        figure->delta[i] += amount;
    }
  if (!figure->is_listed)
    {
      figure->is_listed = TRUE;
      g_ptr_array_add (self->moved, figure);
    }
}

/* What others may be looked up by: keys, and references within the table. */
static gboolean
is_looked_up (const BpTable *table,
              const BpField *field)
{
  return (field->flags & BP_FIELD_KEY)
         || (field->type == BP_FIELD_REFERENCE && g_str_equal (field->detail, table->name));
}

static void
claim (BpLedger      *self,
       const BpState *state)
{
  const BpTable *table = state->data->table;

  for (guint i = 0; i < table->n_fields; i++)
    {
      const char *text = state->data->values[i].text;

      if (text != NULL && is_looked_up (table, &table->fields[i]))
        {
          GPtrArray *ids = bp_ledger_ensure_ids (self->claims, table, i, text);

          g_ptr_array_add (ids, g_strdup (state->id));
        }
    }
}

/**
 * bp_ledger_put:
 * @self: a ledger
 * @operation: what made it so
 * @after: (transfer full): the record as it becomes; gets its seq and who
 *   made it
 *
 * The record is changed and so are the figures it moves.
 *
 * Returns: %FALSE where an amount leaves the range of exact integers; the
 *   ledger must then be reset
 */
gboolean
bp_ledger_put (BpLedger          *self,
               const BpOperation *operation,
               BpState           *after)
{
  const BpProjectionLookup lookup = { customer_of_sale, paid_of_sale, self };
  BpLedgerRecord *record = bp_ledger_get_record (self, operation->table, operation->id);
  g_autoptr (BpState) last = record->now;

  after->seq = ++self->seq;
  after->modified_at = operation->modified_at;
  g_free (after->op_id);
  after->op_id = g_strdup (operation->op_id);
  g_free (after->device_name);
  after->device_name = g_strdup (self->device->name);
  g_free (after->user);
  after->user = g_strdup (operation->user);

  record->now = after;
  if (last == NULL)
    g_ptr_array_add (self->changed, record);
  claim (self, after);
  bp_projection_contribute (operation->table, last != NULL ? last : record->base, after, &lookup,
                            add_amount, self);
  return !self->has_overflow;
}

/**
 * bp_ledger_take_error:
 * @self: a ledger
 * @error: set to the first error of the backend, if there was one
 *
 * Returns: whether there was none
 */
gboolean
bp_ledger_take_error (BpLedger *self,
                      GError  **error)
{
  if (self->error == NULL)
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&self->error));
  return FALSE;
}
