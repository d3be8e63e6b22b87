/* Whether the main database is whole: the file, every figure against the facts
 * it comes from, every record against the log, every key against the others. */
#include "config.h"

#include "bp-check.h"

#include <string.h>

#include "bp-projection.h"

#define BATCH 500

typedef struct
{
  BpBackend *backend;   /* (unowned) */
  const BpStore *store; /* (unowned) */
  BpFaultFunc func;
  gpointer user_data;
  GHashTable *sums[BP_N_TABLES]; /* (owned): id → BpAmounts */
  GHashTable *customers;         /* (owned): sale → its customer */
  GHashTable *keys;              /* (owned): of the table looked at */
  GPtrArray *batch;              /* (owned) (element-type BpState) */
} Check;

typedef gboolean (*StateFunc) (Check   *check,
                               BpState *state,
                               GError **error);

static void
tell (Check         *check,
      const char    *fault,
      const BpTable *table,
      const char    *id)
{
  check->func (fault, table->name, id, check->user_data);
}

static gboolean
walk_table (Check         *check,
            const BpTable *table,
            StateFunc      func,
            GError       **error)
{
  BpRowQuery query = { .store_id = check->store->id, .table = table };
  gpointer rows = NULL;
  BpState *state;
  gboolean is_good;

  if (!bp_backend_call (check->backend, open_rows, &query, &rows, error))
    return FALSE;
  do
    {
      state = NULL;
      is_good = bp_backend_call (check->backend, next_row, rows, &state, error)
                && (state == NULL || func (check, state, error));
    }
  while (is_good && state != NULL);
  BP_BACKEND_GET_CLASS (check->backend)->close_rows (check->backend, rows);

  return is_good;
}

static char *
customer_of_sale (const char *sale_id,
                  gpointer    user_data)
{
  Check *check = user_data;

  return g_strdup (g_hash_table_lookup (check->customers, sale_id));
}

/* Sales are counted before payments, which then find their customer. */
static gint64
paid_of_sale (const char *sale_id,
              gpointer    user_data)
{
  return 0;
}

static void
add_amount (const BpTable *table,
            const char    *id,
            guint          field,
            gint64         amount,
            gpointer       user_data)
{
  Check *check = user_data;
  GHashTable *sums = check->sums[bp_table_get_index (table)];
  BpAmounts *sum = g_hash_table_lookup (sums, id);
  guint fields[BP_MAX_PROJECTIONS];
  guint n_fields = bp_table_get_projections (table, fields);

  if (sum == NULL)
    {
      sum = g_new0 (BpAmounts, 1);
      sum->id = g_strdup (id);
      g_hash_table_insert (sums, sum->id, sum);
    }
  for (guint i = 0; i < n_fields; i++)
    {
      if (fields[i] == field)
        sum->values[i] += amount;
    }
}

static gboolean
count_fact (Check   *check,
            BpState *state,
            GError **error)
{
  const BpProjectionLookup lookup = { customer_of_sale, paid_of_sale, check };
  g_autoptr (BpState) owned = state;
  const BpTable *table = state->data->table;

  bp_projection_contribute (table, NULL, state, &lookup, add_amount, check);
  if (g_str_equal (table->name, "sales"))
    {
      const char *customer = bp_change_get_text (state->data, "customer_id");

      if (customer != NULL)
        g_hash_table_insert (check->customers, g_strdup (state->id), g_strdup (customer));
    }
  return TRUE;
}

static void
check_figures (Check         *check,
               const BpState *state)
{
  const BpTable *table = state->data->table;
  BpAmounts *sum = g_hash_table_lookup (check->sums[bp_table_get_index (table)], state->id);
  guint fields[BP_MAX_PROJECTIONS];
  guint n_fields = bp_table_get_projections (table, fields);

  for (guint i = 0; i < n_fields; i++)
    {
      gint64 expected = sum != NULL ? sum->values[i] : 0;
      g_autofree char *fault = NULL;

      if (state->data->values[fields[i]].integer == expected)
        continue;
      fault = g_strdup_printf ("%s is %" G_GINT64_FORMAT ", the facts add up to %" G_GINT64_FORMAT,
                               table->fields[fields[i]].name,
                               state->data->values[fields[i]].integer, expected);
      tell (check, fault, table, state->id);
    }
  if (sum != NULL)
    sum->exists = TRUE;
}

static void
check_keys (Check         *check,
            const BpState *state)
{
  const BpTable *table = state->data->table;

  for (guint i = 0; i < table->n_fields && !state->is_deleted; i++)
    {
      const char *text = state->data->values[i].text;
      g_autofree char *fault = NULL;

      if (!(table->fields[i].flags & BP_FIELD_KEY) || text == NULL
          || g_hash_table_add (check->keys, g_strdup_printf ("%u %s", i, text)))
        continue;
      fault = g_strdup_printf ("%s is not its own", table->fields[i].name);
      tell (check, fault, table, state->id);
    }
}

static gboolean
check_batch (Check   *check,
             GError **error)
{
  g_autoptr (GPtrArray) op_ids = g_ptr_array_new ();
  g_autoptr (GPtrArray) remembered
    = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_remembered_free);
  g_autoptr (GHashTable) by_id = NULL;

  for (guint i = 0; i < check->batch->len; i++)
    {
      BpState *state = check->batch->pdata[i];

      g_ptr_array_add (op_ids, state->op_id != NULL ? state->op_id : (char *)"");
    }
  if (!bp_backend_call (check->backend, load_operations, check->store->id, op_ids, remembered,
                        error))
    return FALSE;

  by_id = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; i < remembered->len; i++)
    {
      BpRemembered *one = remembered->pdata[i];

      g_hash_table_insert (by_id, one->op_id, one);
    }
  for (guint i = 0; i < check->batch->len; i++)
    {
      BpState *state = check->batch->pdata[i];
      const BpRemembered *one = g_hash_table_lookup (by_id, op_ids->pdata[i]);

      if (one == NULL)
        tell (check, "the operation that made it is not in the log", state->data->table,
              state->id);
      else if (one->version != state->version)
        tell (check, "its version is not the one in the log", state->data->table, state->id);
    }
  g_ptr_array_set_size (check->batch, 0);
  return TRUE;
}

static gboolean
check_record (Check   *check,
              BpState *state,
              GError **error)
{
  g_ptr_array_add (check->batch, state);
  if (state->seq > check->store->seq)
    tell (check, "its seq is above the store's", state->data->table, state->id);
  check_figures (check, state);
  check_keys (check, state);

  return check->batch->len < BATCH || check_batch (check, error);
}

static int
compare_ids (gconstpointer a,
             gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* What facts amount to for records that are not there must wait for them. */
static gboolean
check_waiting (Check         *check,
               const BpTable *table,
               GError       **error)
{
  GHashTable *sums = check->sums[bp_table_get_index (table)];
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();
  g_autoptr (GPtrArray) amounts
    = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_amounts_free);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, sums);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      if (!((BpAmounts *)value)->exists)
        g_ptr_array_add (ids, ((BpAmounts *)value)->id);
    }
  g_ptr_array_sort (ids, compare_ids);
  if (ids->len > 0
      && !bp_backend_call (check->backend, load_amounts, check->store->id, table, ids, amounts,
                           error))
    return FALSE;

  for (guint i = 0; i < amounts->len; i++)
    {
      const BpAmounts *one = amounts->pdata[i];
      const BpAmounts *sum = g_hash_table_lookup (sums, one->id);

      if (memcmp (one->values, sum->values, sizeof one->values) != 0)
        tell (check, "what waits for it is not what the facts add up to", table, one->id);
    }
  return TRUE;
}

static gboolean
check_store (Check   *check,
             GError **error)
{
  static const char *const facts[] = { "sales", "payments", "stock_movements" };

  for (guint i = 0; i < G_N_ELEMENTS (facts); i++)
    {
      if (!walk_table (check, bp_table_find (facts[i]), count_fact, error))
        return FALSE;
    }
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      g_hash_table_remove_all (check->keys);
      if (!walk_table (check, bp_table_get (i), check_record, error) || !check_batch (check, error)
          || !check_waiting (check, bp_table_get (i), error))
        return FALSE;
    }

  return TRUE;
}

static void
check_init (Check *check)
{
  for (guint i = 0; i < BP_N_TABLES; i++)
    check->sums[i] = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
                                            (GDestroyNotify)bp_amounts_free);
  check->customers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  check->keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  check->batch = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_state_free);
}

static void
check_clear (Check *check)
{
  for (guint i = 0; i < BP_N_TABLES; i++)
    g_clear_pointer (&check->sums[i], g_hash_table_unref);
  g_clear_pointer (&check->customers, g_hash_table_unref);
  g_clear_pointer (&check->keys, g_hash_table_unref);
  g_clear_pointer (&check->batch, g_ptr_array_unref);
}

static gboolean
check_backup (Check          *check,
              const BpBackup *backup,
              GError        **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  gint64 size = 0;

  for (guint i = 0; size < backup->size; i++)
    {
      g_autoptr (GBytes) chunk = NULL;

      if (!bp_backend_call (check->backend, read_backup_chunk, backup, i, &chunk, error))
        return FALSE;
      if (chunk == NULL || g_bytes_get_size (chunk) == 0)
        break;
      g_checksum_update (checksum, g_bytes_get_data (chunk, NULL),
                         (gssize)g_bytes_get_size (chunk));
      size += (gint64)g_bytes_get_size (chunk);
    }
  if (size != backup->size || !g_str_equal (g_checksum_get_string (checksum), backup->sha256))
    check->func ("The backup is not what the device sent", "backups", backup->id,
                 check->user_data);
  return TRUE;
}

static gboolean
check_backups (Check   *check,
               GError **error)
{
  g_autoptr (GPtrArray) backups
    = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_backup_free);

  if (!bp_backend_call (check->backend, list_backups, check->store->id, backups, error))
    return FALSE;
  for (guint i = 0; i < backups->len; i++)
    {
      const BpBackup *backup = backups->pdata[i];

      if (backup->is_complete && !check_backup (check, backup, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
check_all (BpBackend  *backend,
           BpFaultFunc func,
           gpointer    user_data,
           GError    **error)
{
  g_autoptr (GPtrArray) faults = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) stores = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_store_free);
  gboolean is_good = TRUE;

  if (!bp_backend_call (backend, check_file, faults, error))
    return FALSE;
  for (guint i = 0; i < faults->len; i++)
    func (faults->pdata[i], NULL, NULL, user_data);
  if (faults->len > 0)
    return TRUE;

  if (!bp_backend_call (backend, list_stores, stores, error))
    return FALSE;
  for (guint i = 0; i < stores->len && is_good; i++)
    {
      Check check = { .backend = backend, .store = stores->pdata[i], .func = func,
                      .user_data = user_data };

      check_init (&check);
      is_good = check_store (&check, error) && check_backups (&check, error);
      check_clear (&check);
    }

  return is_good;
}

/**
 * bp_check_backend:
 * @backend: not in a transaction; other processes may go on writing
 * @func: (scope call): called for each fault
 * @user_data: for @func
 * @error: of the backend
 *
 * Returns: whether the check ran to its end
 */
gboolean
bp_check_backend (BpBackend  *backend,
                  BpFaultFunc func,
                  gpointer    user_data,
                  GError    **error)
{
  gboolean is_good;

  if (!BP_BACKEND_GET_CLASS (backend)->begin_read (backend, error))
    return FALSE;

  is_good = check_all (backend, func, user_data, error);
  bp_backend_rollback (backend);
  return is_good;
}
