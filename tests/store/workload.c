#include "config.h"

#include "workload.h"

#include <string.h>

#include "bp-store-private.h"

#define START G_GINT64_CONSTANT (1763000000000)
#define DAY_MS (G_GINT64_CONSTANT (24) * 60 * 60 * 1000)
#define N_IMPORTED 25
#define N_PULLED 12
#define NOTE_MAX 5000

static guint
draw (Workload *self,
      guint     bound)
{
  self->random = self->random * G_GUINT64_CONSTANT (6364136223846793005) + 1442695040888963407;
  return (guint)((self->random >> 33) % bound);
}

static char *
make_note (Workload *self)
{
  return g_strnfill (draw (self, NOTE_MAX), (char)('a' + draw (self, 26)));
}

G_GNUC_PRINTF (2, 3)
static char *
name_of (Workload * self,
         const char *format,
         ...)
{
  g_autofree char *name = NULL;
  va_list list;

  va_start (list, format);
  name = g_strdup_vprintf (format, list);
  va_end (list);
  return g_strdup_printf ("%s-%u", name, self->round);
}

static void
add_write (GPtrArray      *writes,
           BpOperationKind kind,
           const char     *table,
           const char     *id,
           const char     *json)
{
  const BpTable *found = bp_table_find (table);
  g_autoptr (GError) error = NULL;
  BpChange *change = NULL;

  if (json != NULL)
    change = bp_change_new_from_text (found, json, BP_CHANGE_STRICT, &error);
  g_assert_no_error (error);
  g_ptr_array_add (writes, bp_write_new (found, id, kind, change));
}

static gboolean
save_one (Workload       *self,
          BpOperationKind kind,
          const char     *table,
          const char     *id,
          const char     *json,
          GError        **error)
{
  g_autoptr (GPtrArray) writes = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);

  add_write (writes, kind, table, id, json);
  return bp_store_save (self->store, writes, "Asha", error);
}

static gboolean
edit (Workload *self,
      GError  **error)
{
  g_autoptr (GPtrArray) writes = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);
  g_autofree char *product = name_of (self, "p");
  g_autofree char *customer = name_of (self, "c");
  g_autofree char *note = make_note (self);
  g_autofree char *json = NULL;

  json = g_strdup_printf ("{\"name\":\"Soap %u\",\"price\":%u,\"note\":\"%s\"}", self->round,
                          draw (self, 100000), note);
  add_write (writes, BP_OPERATION_INSERT, "products", product, json);
  add_write (writes, BP_OPERATION_INSERT, "customers", customer, "{\"name\":\"Ravi\"}");
  return bp_store_save (self->store, writes, "Asha", error);
}

static BpState *
make_state (Workload   *self,
            const char *id,
            gint64      version,
            const char *json)
{
  const BpTable *table = bp_table_find ("products");
  g_autoptr (GError) error = NULL;
  BpState *state = bp_state_new (table, id);

  state->version = version;
  state->seq = ++self->seq;
  state->is_deleted = json == NULL;
  state->modified_at = START;
  state->device_name = g_strdup ("Till 2");
  state->user = g_strdup ("Ravi");
  bp_change_free (state->data);
  state->data = bp_change_new_from_text (table, json != NULL ? json : "{\"name\":\"gone\"}",
                                         BP_CHANGE_LENIENT, &error);
  g_assert_no_error (error);
  bp_change_complete (state->data);
  return state;
}

static gboolean
apply_rows (Workload  *self,
            GPtrArray *rows,
            gboolean   from_zero,
            GError   **error)
{
  BpPulledTable pulled = { bp_table_find ("products"), rows, self->seq, from_zero, TRUE };
  guint n_stored;

  return bp_store_apply_page (self->store, &pulled, 1, &n_stored, error);
}

static gboolean
pull (Workload *self,
      GError  **error)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_state_free);

  for (guint i = 0; i < N_PULLED; i++)
    {
      g_autofree char *id = name_of (self, "q%u", i);
      g_autofree char *note = make_note (self);
      g_autofree char *json = NULL;

      json = g_strdup_printf ("{\"name\":\"Rice %u\",\"note\":\"%s\",\"stock\":9000}", i, note);
      g_ptr_array_add (rows, make_state (self, id, 1, json));
    }

  return apply_rows (self, rows, FALSE, error);
}

static gboolean
sell (Workload *self,
      GError  **error)
{
  g_autoptr (GPtrArray) writes = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);
  g_autofree char *sale = name_of (self, "s");
  g_autofree char *payment = name_of (self, "y");
  g_autofree char *product = name_of (self, "q0");
  g_autofree char *sold = NULL, *paid = NULL;

  sold = g_strdup_printf ("{\"number\":\"A/26-27/%u\",\"kind\":\"sale\",\"status\":\"posted\","
                          "\"currency\":\"INR\",\"sale_date\":1763000000000,"
                          "\"business_date\":\"2026-11-13\",\"total_amount\":5000,"
                          "\"customer_id\":\"c-%u\",\"lines\":[{\"product_id\":\"%s\","
                          "\"quantity\":1000,\"total\":5000}]}", self->round, self->round, product);
  paid = g_strdup_printf ("{\"sale_id\":\"%s\",\"amount\":3000,\"method\":\"cash\"}", sale);
  add_write (writes, BP_OPERATION_INSERT, "sales", sale, sold);
  add_write (writes, BP_OPERATION_INSERT, "payments", payment, paid);
  return bp_store_save (self->store, writes, "Asha", error);
}

static gboolean
change (Workload *self,
        GError  **error)
{
  g_autofree char *id = name_of (self, "q0");

  return save_one (self, BP_OPERATION_UPDATE, "products", id, "{\"price\":4500}", error);
}

static gboolean
change_again (Workload *self,
              GError  **error)
{
  g_autofree char *id = name_of (self, "q0");

  return save_one (self, BP_OPERATION_UPDATE, "products", id, "{\"category\":\"Grain\"}", error);
}

static gboolean
import_rows (BpStore *store,
             gpointer user_data,
             GError **error)
{
  Workload *self = user_data;
  g_autofree char *import = name_of (self, "import");

  if (!bp_store_note_import (store, import, bp_table_find ("products"), "list.csv", error))
    return FALSE;
  for (guint i = 0; i < N_IMPORTED; i++)
    {
      g_autofree char *id = name_of (self, "i%u", i);
      g_autofree char *note = make_note (self);
      g_autofree char *json = g_strdup_printf ("{\"name\":\"Tea %u\",\"note\":\"%s\"}", i, note);

      if (!save_one (self, BP_OPERATION_INSERT, "products", id, json, error)
          || !bp_store_note_import_record (store, import, bp_table_find ("products"), id, NULL,
                                           error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
import (Workload *self,
        GError  **error)
{
  return bp_store_transact (self->store, import_rows, self, error);
}

static gboolean
claim (Workload *self,
       GError  **error)
{
  BpClaim *claimed = bp_store_claim (self->store, BP_CLAIM_ALL, 100, 100, error);

  if (claimed == NULL)
    return FALSE;

  g_clear_pointer (&self->claim, bp_claim_free);
  self->claim = claimed;
  return TRUE;
}

/* The record that both sides changed is in conflict, one import is refused. */
static BpResult *
make_result (Workload          *self,
             const BpOperation *operation,
             guint              i)
{
  BpResult *result = bp_result_new (operation->op_id);
  g_autofree char *refused = name_of (self, "i3");
  g_autofree char *fought = name_of (self, "q0");

  result->status = BP_RESULT_APPLIED;
  result->version = operation->base_version + 1;
  result->seq = self->seq + 1 + i;
  if (operation->kind == BP_OPERATION_UPDATE && g_str_equal (operation->id, fought)
      && operation->base_version == 1)
    {
      result->status = BP_RESULT_CONFLICT;
      result->conflict_type = BP_CONFLICT_UPDATE_UPDATE;
      result->server = make_state (self, fought, 2, "{\"name\":\"Basmati\",\"price\":4900}");
    }
  else if (g_str_equal (operation->id, refused))
    {
      result->status = BP_RESULT_REJECTED;
      result->code = g_strdup ("invalid_value");
      result->detail = g_strdup ("because");
    }

  return result;
}

static gboolean
answer (Workload *self,
        GError  **error)
{
  g_autoptr (GPtrArray) results = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_result_free);
  BpAnswerSummary summary;

  g_assert_nonnull (self->claim);
  for (guint i = 0; i < self->claim->operations->len; i++)
    g_ptr_array_add (results, make_result (self, self->claim->operations->pdata[i], i));
  self->seq += self->claim->operations->len;
  return bp_store_apply_answer (self->store, self->claim, results, &summary, error);
}

static gboolean
resolve (Workload *self,
         GError  **error)
{
  static const BpDecision decisions[] = { BP_DECISION_LOCAL, BP_DECISION_SERVER };
  g_autoptr (GPtrArray) open = bp_store_list_conflicts (self->store, FALSE, error);

  if (open == NULL)
    return FALSE;
  g_assert_cmpuint (open->len, ==, 1);
  return bp_store_decide (self->store, ((BpConflict *)open->pdata[0])->id, 2,
                          decisions[self->round % G_N_ELEMENTS (decisions)], NULL, error);
}

static gboolean
discard (Workload *self,
         GError  **error)
{
  g_autoptr (GPtrArray) rows = bp_store_list_queue (self->store, error);

  if (rows == NULL)
    return FALSE;
  for (guint i = 0; i < rows->len; i++)
    {
      const BpQueueRow *row = rows->pdata[i];

      if (g_str_equal (row->status, "failed"))
        return bp_store_discard (self->store, row->op_id, error);
    }

  g_assert_not_reached ();
}

static gboolean
pull_more (Workload *self,
           GError  **error)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_state_free);
  g_autofree char *deleted = name_of (self, "q1");
  g_autofree char *changed = name_of (self, "q2");

  g_ptr_array_add (rows, make_state (self, deleted, 2, NULL));
  g_ptr_array_add (rows, make_state (self, changed, 2, "{\"name\":\"Red rice\"}"));
  return apply_rows (self, rows, FALSE, error);
}

static gboolean
remove_product (Workload *self,
                GError  **error)
{
  g_autofree char *id = name_of (self, "q2");

  return save_one (self, BP_OPERATION_DELETE, "products", id, NULL, error);
}

static gboolean
take_number (Workload *self,
             GError  **error)
{
  g_autofree char *number = bp_store_take_number (self->store, "KQX", "26-27", error);

  return number != NULL;
}

static gboolean
log_run (Workload *self,
         GError  **error)
{
  BpLogEntry entry = { .kind = (char *)"run", .state = (char *)"synced" };

  entry.time = bp_clock_get_now (BP_CLOCK (self->clock));
  return bp_store_add_log (self->store, &entry, error);
}

static gboolean
configure (Workload *self,
           GError  **error)
{
  g_autofree char *value = name_of (self, "value");

  return bp_store_set_device_setting (self->store, "sync.interval", value, error);
}

static gboolean
checkpoint (Workload *self,
            GError  **error)
{
  return bp_store_checkpoint (self->store, error);
}

static gboolean
clean_up (Workload *self,
          GError  **error)
{
  bp_test_clock_advance (self->clock, 40 * DAY_MS);
  return bp_store_clean_up (self->store, error);
}

static gboolean
restart (Workload *self,
         GError  **error)
{
  workload_close (self);
  return workload_open (self, error);
}

static gboolean
end_round (Workload *self,
           GError  **error)
{
  self->round++;
  return TRUE;
}

static const struct
{
  const char *name;
  gboolean (*run) (Workload *self,
                   GError  **error);
} steps[] = {
  { "edit", edit },
  { "pull", pull },
  { "sale", sell },
  { "change", change },
  { "import", import },
  { "claim", claim },
  { "change-again", change_again },
  { "answer", answer },
  { "resolve", resolve },
  { "discard", discard },
  { "checkpoint", checkpoint },
  { "pull-more", pull_more },
  { "delete", remove_product },
  { "number", take_number },
  { "log", log_run },
  { "configure", configure },
  { "claim-more", claim },
  { "answer-more", answer },
  { "clean-up", clean_up },
  { "restart", restart },
  { "next-round", end_round },
};

/**
 * workload_init:
 * @self: filled
 * @folder: the store's, which is not opened yet
 * @seed: what varies its sizes
 */
void
workload_init (Workload   *self,
               const char *folder,
               guint64     seed)
{
  *self = (Workload) { .random = seed };
  self->folder = g_strdup (folder);
  self->clock = bp_test_clock_new (START, seed);
}

/**
 * workload_set_clock:
 * @self: a workload whose store is closed
 * @now: what its clock shows
 * @seed: of what its clock draws
 *
 * From here its ids repeat.
 */
void
workload_set_clock (Workload *self,
                    gint64    now,
                    guint64   seed)
{
  g_clear_object (&self->clock);
  self->clock = bp_test_clock_new (now, seed);
}

/**
 * workload_clear:
 * @self: closed, and let go of
 */
void
workload_clear (Workload *self)
{
  workload_close (self);
  g_clear_pointer (&self->claim, bp_claim_free);
  g_clear_object (&self->clock);
  g_clear_pointer (&self->folder, g_free);
}

static gboolean
begin_epoch (BpStore *store,
             gpointer user_data,
             GError **error)
{
  g_autofree char *epoch = bp_store_get_value (store, "epoch");

  return epoch != NULL || bp_store_begin_epoch (store, "e1", error);
}

/**
 * workload_open:
 * @self: a workload whose store is closed
 * @error: of bp_store_open()
 *
 * Returns: whether the store is open, and knows its server's epoch
 */
gboolean
workload_open (Workload *self,
               GError  **error)
{
  self->store = bp_store_open (self->folder, BP_CLOCK (self->clock), error);
  if (self->store == NULL)
    return FALSE;

  return bp_store_transact (self->store, begin_epoch, NULL, error);
}

/**
 * workload_close:
 * @self: a workload, its store open or not
 */
void
workload_close (Workload *self)
{
  g_clear_object (&self->store);
}

/**
 * workload_get_n_steps:
 *
 * Returns: how many steps there are in a round
 */
guint
workload_get_n_steps (void)
{
  return G_N_ELEMENTS (steps);
}

/**
 * workload_get_name:
 * @step: from 0
 *
 * Returns: what it is called
 */
const char *
workload_get_name (guint step)
{
  return steps[step].name;
}

/**
 * workload_run:
 * @self: an opened workload, which has done all steps before
 * @step: from 0
 * @error: of the store
 *
 * Returns: whether it is done; nothing of it holds where not
 */
gboolean
workload_run (Workload *self,
              guint     step,
              GError  **error)
{
  return steps[step].run (self, error);
}

/**
 * workload_read_all:
 * @store: a store not in a transaction
 *
 * Returns: (transfer full): its whole file as readers see it, without what
 *   counts the commits
 */
GBytes *
workload_read_all (BpStore *store)
{
  sqlite3 *handle = bp_database_get_handle (bp_store_get_database (store));
  sqlite3_int64 length = 0;
  guint8 *bytes = sqlite3_serialize (handle, "main", &length, 0);
  GBytes *all;

  g_assert_nonnull (bytes);
  memset (bytes + 24, 0, 4);
  memset (bytes + 92, 0, 8);
  all = g_bytes_new_with_free_func (bytes, (gsize)length, sqlite3_free, bytes);
  return all;
}
