/* A record is what was read of it (base) and what this push made of it (now);
 * a figure is what was read and what this push adds. Both can be put back to
 * what was read, for a push whose action fails after some of its operations. */
#include "config.h"

#include "bp-ledger.h"

#include <string.h>

#include "bp-json.h"
#include "bp-projection.h"

typedef struct
{
  const BpTable *table; /* (unowned) */
  char *id;             /* (owned) */
  BpState *base;        /* (owned) (nullable): as read */
  BpState *now;         /* (owned) (nullable): as changed */
} Record;

typedef struct
{
  const BpTable *table; /* (unowned) */
  BpAmounts *base;      /* (owned) (nullable): as read; %NULL: not yet */
  gint64 delta[BP_MAX_PROJECTIONS];
  gboolean is_listed;
} Figure;

struct _BpLedger
{
  BpBackend *backend;     /* (unowned) */
  const BpStore *store;   /* (unowned) */
  const BpDevice *device; /* (unowned) */
  GError *error;          /* (owned) (nullable): the first one of the backend */

  GHashTable *records[BP_N_TABLES]; /* id → Record */
  GHashTable *figures[BP_N_TABLES]; /* id → Figure */
  GHashTable *matches;              /* table, field, text → GPtrArray of ids */
  GHashTable *remembered;           /* op_id → BpRemembered */

  /* What this push made: */
  gint64 seq;
  GPtrArray *changed; /* (element-type Record): in order, each once */
  GPtrArray *moved;   /* (element-type Figure): in order, each once */
  GHashTable *claims; /* as @matches */
  GPtrArray *entries; /* (element-type BpOpRecord): in order */
  GHashTable *recent; /* op_id → BpOpRecord */
  gboolean has_overflow;
};

static void
record_free (Record *record)
{
  g_free (record->id);
  bp_state_free (record->base);
  bp_state_free (record->now);
  g_free (record);
}

static void
figure_free (Figure *figure)
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
    g_clear_pointer (&((Record *)self->changed->pdata[i])->now, bp_state_free);
  for (guint i = 0; i < self->moved->len; i++)
    {
      Figure *figure = self->moved->pdata[i];

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

static void
load_records (BpLedger      *self,
              const BpTable *table,
              GPtrArray     *ids)
{
  GHashTable *records = self->records[bp_table_get_index (table)];
  g_autoptr (GPtrArray) missing = g_ptr_array_new ();
  g_autoptr (GPtrArray) states = g_ptr_array_new ();

  for (guint i = 0; i < ids->len; i++)
    {
      Record *record;

      if (g_hash_table_contains (records, ids->pdata[i]))
        continue;
      record = g_new0 (Record, 1);
      record->table = table;
      record->id = g_strdup (ids->pdata[i]);
      g_hash_table_insert (records, record->id, record);
      g_ptr_array_add (missing, record->id);
    }
  if (missing->len == 0 || self->error != NULL)
    return;

  bp_backend_call (self->backend, load_states, self->store->id, table, missing, states,
                   &self->error);
  for (guint i = 0; i < states->len; i++)
    {
      BpState *state = states->pdata[i];

      ((Record *)g_hash_table_lookup (records, state->id))->base = state;
    }
}

static void
load_figures (BpLedger      *self,
              const BpTable *table,
              GPtrArray     *ids)
{
  GHashTable *figures = self->figures[bp_table_get_index (table)];
  g_autoptr (GPtrArray) missing = g_ptr_array_new ();
  g_autoptr (GPtrArray) amounts = g_ptr_array_new ();

  for (guint i = 0; i < ids->len; i++)
    {
      Figure *figure;

      if (g_hash_table_contains (figures, ids->pdata[i]))
        continue;
      figure = g_new0 (Figure, 1);
      figure->table = table;
      g_hash_table_insert (figures, g_strdup (ids->pdata[i]), figure);
      g_ptr_array_add (missing, ids->pdata[i]);
    }
  if (missing->len == 0 || self->error != NULL)
    return;

  bp_backend_call (self->backend, load_amounts, self->store->id, table, missing, amounts,
                   &self->error);
  for (guint i = 0; i < amounts->len; i++)
    {
      BpAmounts *one = amounts->pdata[i];

      ((Figure *)g_hash_table_lookup (figures, one->id))->base = one;
    }
}

static Record *
get_record (BpLedger      *self,
            const BpTable *table,
            const char    *id)
{
  GHashTable *records = self->records[bp_table_get_index (table)];
  Record *record = g_hash_table_lookup (records, id);

  if (record == NULL)
    {
      g_autoptr (GPtrArray) ids = g_ptr_array_new ();

      g_ptr_array_add (ids, (gpointer)id);
      load_records (self, table, ids);
      record = g_hash_table_lookup (records, id);
    }
  return record;
}

static Figure *
get_figure (BpLedger      *self,
            const BpTable *table,
            const char    *id)
{
  GHashTable *figures = self->figures[bp_table_get_index (table)];
  Figure *figure = g_hash_table_lookup (figures, id);

  if (figure == NULL)
    {
      g_autoptr (GPtrArray) ids = g_ptr_array_new ();

      g_ptr_array_add (ids, (gpointer)id);
      load_figures (self, table, ids);
      figure = g_hash_table_lookup (figures, id);
    }
  return figure;
}

static gint64
get_figure_value (const Figure *figure,
                  guint         i)
{
  return (figure->base != NULL ? figure->base->values[i] : 0) + figure->delta[i];
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
  Record *record = get_record (self, table, id);

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
  Figure *figure = n_fields > 0 ? get_figure (self, table, state->id) : NULL;

  for (guint i = 0; i < n_fields; i++)
    bp_value_set_integer (&copy->data->values[fields[i]], get_figure_value (figure, i));
  return copy;
}

static char *
make_match_key (const BpTable *table,
                guint          field,
                const char    *text)
{
  return g_strdup_printf ("%u %u %s", bp_table_get_index (table), field, text);
}

static GPtrArray *
ensure_ids (GHashTable    *matches,
            const BpTable *table,
            guint          field,
            const char    *text)
{
  char *key = make_match_key (table, field, text);
  GPtrArray *ids = g_hash_table_lookup (matches, key);

  if (ids != NULL)
    {
      g_free (key);
      return ids;
    }
  ids = g_ptr_array_new_with_free_func (g_free);
  g_hash_table_insert (matches, key, ids);
  return ids;
}

static void
load_matches (BpLedger      *self,
              const BpTable *table,
              guint          field,
              GPtrArray     *texts)
{
  g_autoptr (GPtrArray) found
    = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_match_free);
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();

  if (texts->len == 0 || self->error != NULL)
    return;

  for (guint i = 0; i < texts->len; i++)
    ensure_ids (self->matches, table, field, texts->pdata[i]);
  bp_backend_call (self->backend, find_records, self->store->id, table, field, texts, found,
                   &self->error);
  for (guint i = 0; i < found->len; i++)
    {
      BpMatch *match = found->pdata[i];

      g_ptr_array_add (ensure_ids (self->matches, table, field, match->text),
                       g_strdup (match->id));
      g_ptr_array_add (ids, match->id);
    }
  load_records (self, table, ids);
}

typedef gboolean (*StateCheck) (const BpState *state);

static const BpState *
find_among (BpLedger      *self,
            GPtrArray     *ids,
            const BpTable *table,
            guint          field,
            const char    *text,
            const char    *except_id,
            StateCheck     check)
{
  for (guint i = 0; ids != NULL && i < ids->len; i++)
    {
      const BpState *state = bp_ledger_get (self, table, ids->pdata[i]);

      if (state != NULL && !state->is_deleted && g_strcmp0 (state->id, except_id) != 0
          && g_strcmp0 (state->data->values[field].text, text) == 0
          && (check == NULL || check (state)))
        return state;
    }

  return NULL;
}

static const BpState *
find_checked (BpLedger      *self,
              const BpTable *table,
              guint          field,
              const char    *text,
              const char    *except_id,
              StateCheck     check)
{
  g_autofree char *key = make_match_key (table, field, text);
  const BpState *state;

  if (!g_hash_table_contains (self->matches, key))
    {
      g_autoptr (GPtrArray) texts = g_ptr_array_new ();

      g_ptr_array_add (texts, (gpointer)text);
      load_matches (self, table, field, texts);
    }

  state = find_among (self, g_hash_table_lookup (self->claims, key), table, field, text,
                      except_id, check);
  if (state == NULL)
    state = find_among (self, g_hash_table_lookup (self->matches, key), table, field, text,
                        except_id, check);
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
  return find_checked (self, table, field, text, except_id, NULL);
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
  guint field = (guint)bp_table_find_field (table, "refers_to");

  return find_checked (self, table, field, sale_id, NULL, is_posted_return) != NULL;
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
  return get_figure_value (get_figure (user_data, bp_table_find ("sales"), sale_id), 0);
}

static void
add_amount (const BpTable *table,
            const char    *id,
            guint          field,
            gint64         amount,
            gpointer       user_data)
{
  BpLedger *self = user_data;
  Figure *figure = get_figure (self, table, id);
  guint fields[BP_MAX_PROJECTIONS];
  guint n_fields = bp_table_get_projections (table, fields);
  gint64 sum;

  for (guint i = 0; i < n_fields; i++)
    {
      if (fields[i] != field)
        continue;
      if (__builtin_add_overflow (get_figure_value (figure, i), amount, &sum)
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
        g_ptr_array_add (ensure_ids (self->claims, table, i, text), g_strdup (state->id));
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
  Record *record = get_record (self, operation->table, operation->id);
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

typedef struct
{
  GPtrArray *states;
  GPtrArray *amounts;
  GPtrArray *pending;
} Writing;

static gboolean
has_moved (const Figure *figure)
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
collect_record (BpLedger *self,
                Record   *record,
                Writing  *writing)
{
  guint fields[BP_MAX_PROJECTIONS];
  guint n_fields = bp_table_get_projections (record->table, fields);
  Figure *figure;

  g_ptr_array_add (writing->states, record->now);
  if (n_fields == 0)
    return;

  figure = get_figure (self, record->table, record->id);
  for (guint i = 0; i < n_fields; i++)
    bp_value_set_integer (&record->now->data->values[fields[i]], get_figure_value (figure, i));
  if (has_moved (figure) && !record->now->is_deleted)
    record->now->seq = ++self->seq;
  if (record->base == NULL && figure->base != NULL && is_waiting (figure->base))
    {
      memset (figure->base->values, 0, sizeof figure->base->values);
      g_ptr_array_add (writing->pending, figure->base);
    }
}

static void
collect_figure (BpLedger *self,
                Figure   *figure,
                Writing  *writing)
{
  Record *record = g_hash_table_lookup (self->records[bp_table_get_index (figure->table)],
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
      Record *record = self->changed->pdata[i];

      if (record->table == table)
        collect_record (self, record, &writing);
    }
  for (guint i = 0; i < self->moved->len; i++)
    {
      Figure *figure = self->moved->pdata[i];

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

typedef struct
{
  GPtrArray *ids[BP_N_TABLES]; /* (element-type utf8) (owned) */
} IdSets;

static void
id_sets_init (IdSets *sets)
{
  for (guint i = 0; i < BP_N_TABLES; i++)
    sets->ids[i] = g_ptr_array_new_with_free_func (g_free);
}

static void
id_sets_clear (IdSets *sets)
{
  for (guint i = 0; i < BP_N_TABLES; i++)
    g_clear_pointer (&sets->ids[i], g_ptr_array_unref);
}

static void
id_sets_add (IdSets        *sets,
             const BpTable *table,
             const char    *id)
{
  if (table != NULL && id != NULL)
    g_ptr_array_add (sets->ids[bp_table_get_index (table)], g_strdup (id));
}

static void
add_products (IdSets     *sets,
              const char *lines)
{
  const BpTable *products = bp_table_find ("products");
  g_autoptr (GString) text = g_string_new (NULL);
  BpJsonCursor cursor;

  bp_json_cursor_init (&cursor, lines, strlen (lines));
  bp_json_cursor_enter (&cursor, '[');
  while (bp_json_cursor_next (&cursor))
    {
      bp_json_cursor_enter (&cursor, '{');
      while (bp_json_cursor_next (&cursor) && bp_json_cursor_member (&cursor, text))
        {
          if (g_str_equal (text->str, "product_id") && bp_json_cursor_string (&cursor, text))
            id_sets_add (sets, products, text->str);
          else
            bp_json_cursor_skip (&cursor, NULL, NULL);
        }
    }
}

static void
add_references (IdSets         *sets,
                const BpChange *data,
                gboolean        with_lines)
{
  const BpTable *table = data->table;

  for (guint i = 0; i < table->n_fields; i++)
    {
      const char *text = data->values[i].text;

      if (text == NULL)
        continue;
      if (table->fields[i].type == BP_FIELD_REFERENCE)
        id_sets_add (sets, bp_table_find (table->fields[i].detail), text);
      else if (table->fields[i].type == BP_FIELD_LINES && with_lines)
        add_products (sets, text);
    }
}

static gboolean
has_references (const BpTable *table)
{
  for (guint i = 0; i < table->n_fields; i++)
    {
      if (table->fields[i].type == BP_FIELD_REFERENCE)
        return TRUE;
    }

  return FALSE;
}

/* Figures of what is referred to; of a sale also the record, whose customer
 * is then looked up in turn. */
static void
load_references (BpLedger *self,
                 IdSets   *sets,
                 IdSets   *more)
{
  guint fields[BP_MAX_PROJECTIONS];

  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      const BpTable *table = bp_table_get (i);

      if (bp_table_get_projections (table, fields) > 0)
        load_figures (self, table, sets->ids[i]);
      if (more == NULL || !has_references (table))
        continue;
      load_records (self, table, sets->ids[i]);
      for (guint n = 0; n < sets->ids[i]->len; n++)
        {
          const BpState *state = bp_ledger_get (self, table, sets->ids[i]->pdata[n]);

          if (state != NULL)
            add_references (more, state->data, FALSE);
        }
    }
}

static void
load_keys (BpLedger  *self,
           GPtrArray *operations)
{
  for (guint t = 0; t < BP_N_TABLES; t++)
    {
      const BpTable *table = bp_table_get (t);

      for (guint f = 0; f < table->n_fields; f++)
        {
          g_autoptr (GPtrArray) texts = g_ptr_array_new ();

          if (!(table->fields[f].flags & BP_FIELD_KEY))
            continue;
          for (guint i = 0; i < operations->len; i++)
            {
              const BpOperation *operation = operations->pdata[i];
              char *text = operation->table == table && operation->data != NULL
                             ? operation->data->values[f].text
                             : NULL;

              if (text != NULL && !g_ptr_array_find_with_equal_func (texts, text, g_str_equal, NULL))
                g_ptr_array_add (texts, text);
            }
          load_matches (self, table, f, texts);
        }
    }
}

static void
recall_operations (BpLedger  *self,
                   GPtrArray *op_ids)
{
  g_autoptr (GPtrArray) remembered = g_ptr_array_new ();

  bp_backend_call (self->backend, load_operations, self->store->id, op_ids, remembered,
                   &self->error);
  for (guint i = 0; i < remembered->len; i++)
    {
      BpRemembered *one = remembered->pdata[i];

      g_hash_table_replace (self->remembered, one->op_id, one);
    }
}

static void
load_memory (BpLedger  *self,
             GPtrArray *operations)
{
  g_autoptr (GPtrArray) op_ids = g_ptr_array_new ();

  for (guint i = 0; i < operations->len; i++)
    g_ptr_array_add (op_ids, ((BpOperation *)operations->pdata[i])->op_id);
  recall_operations (self, op_ids);
}

/* Which changes made the records that are inserted once more. */
static void
load_origins (BpLedger  *self,
              GPtrArray *operations)
{
  g_autoptr (GPtrArray) op_ids = g_ptr_array_new ();

  for (guint i = 0; i < operations->len; i++)
    {
      const BpOperation *operation = operations->pdata[i];
      const BpState *state = bp_ledger_get (self, operation->table, operation->id);

      if (operation->kind == BP_OPERATION_INSERT && state != NULL && state->op_id != NULL)
        g_ptr_array_add (op_ids, state->op_id);
    }
  if (op_ids->len > 0)
    recall_operations (self, op_ids);
}

/**
 * bp_ledger_load:
 * @self: a ledger
 * @operations: (element-type BpOperation): those of a push that can be read
 *
 * Reads in sets what deciding about them will need. What is needed beyond
 * that is read when it is asked for. Failures are kept for
 * bp_ledger_take_error().
 */
void
bp_ledger_load (BpLedger  *self,
                GPtrArray *operations)
{
  IdSets own, references, more;

  if (operations->len == 0)
    return;

  id_sets_init (&own);
  id_sets_init (&references);
  id_sets_init (&more);
  load_memory (self, operations);
  for (guint i = 0; i < operations->len; i++)
    {
      const BpOperation *operation = operations->pdata[i];

      id_sets_add (&own, operation->table, operation->id);
      if (operation->data != NULL)
        add_references (&references, operation->data, TRUE);
    }
  for (guint i = 0; i < BP_N_TABLES; i++)
    load_records (self, bp_table_get (i), own.ids[i]);
  load_origins (self, operations);
  for (guint i = 0; i < operations->len; i++)
    {
      const BpOperation *operation = operations->pdata[i];
      const BpState *state = bp_ledger_get (self, operation->table, operation->id);

      if (state != NULL)
        add_references (&references, state->data, TRUE);
    }
  load_references (self, &own, NULL);
  load_references (self, &references, &more);
  load_references (self, &more, NULL);
  load_keys (self, operations);
  id_sets_clear (&own);
  id_sets_clear (&references);
  id_sets_clear (&more);
}
