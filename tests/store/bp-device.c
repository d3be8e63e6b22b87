#include "config.h"

#include "bp-device.h"

#include <glib/gstdio.h>
#include <sqlite3.h>

#include "bp-store-private.h"

/**
 * bp_device_set_up:
 * @self: filled
 * @data: unused
 *
 * A new store in a folder of its own, that knows its server's epoch.
 */
void
bp_device_set_up (BpDevice     *self,
                  gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  self->folder = g_dir_make_tmp ("bp-store-XXXXXX", &error);
  g_assert_no_error (error);
  self->clock = bp_test_clock_new (BP_DEVICE_START, 1);
  self->store = bp_store_open (self->folder, BP_CLOCK (self->clock), &error);
  g_assert_no_error (error);
  bp_store_begin_epoch (self->store, "e1", &error);
  g_assert_no_error (error);
}

/**
 * bp_device_tear_down:
 * @self: a device
 * @data: unused
 *
 * Checks the books once more, and removes the folder.
 */
void
bp_device_tear_down (BpDevice     *self,
                     gconstpointer data)
{
  g_autoptr (GDir) dir = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) faults = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  if (data == NULL)
    {
      bp_store_check (self->store, faults, &error);
      g_assert_no_error (error);
      if (faults->len > 0)
        g_error ("%s", (char *)faults->pdata[0]);
    }

  g_clear_object (&self->store);
  g_clear_object (&self->clock);
  dir = g_dir_open (self->folder, 0, NULL);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (self->folder, name, NULL);

      g_assert_cmpint (g_unlink (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->folder);
}

/**
 * bp_device_reopen:
 * @self: a device
 *
 * As after a kill: what was committed is there, nothing else.
 */
void
bp_device_reopen (BpDevice *self)
{
  g_autoptr (GError) error = NULL;

  g_clear_object (&self->store);
  self->store = bp_store_open (self->folder, BP_CLOCK (self->clock), &error);
  g_assert_no_error (error);
}

/**
 * bp_device_save:
 * @self: a device
 * @...: table, id, kind and JSON of each write
 *
 * Saves one action, which must succeed.
 */
void
bp_device_save (BpDevice *self,
                ...)
{
  g_autoptr (GPtrArray) writes = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_write_free);
  g_autoptr (GError) error = NULL;
  const char *name;
  va_list list;

  va_start (list, self);
  while ((name = va_arg (list, const char *)) != NULL)
    {
      const BpTable *table = bp_table_find (name);
      const char *id = va_arg (list, const char *);
      const char *kind = va_arg (list, const char *);
      const char *json = va_arg (list, const char *);
      BpChange *change = NULL;

      if (kind[0] != '-')
        change = bp_change_new_from_text (table, json, BP_CHANGE_STRICT, &error);
      g_assert_no_error (error);
      g_ptr_array_add (writes, bp_write_new (table, id,
                                             kind[0] == '+' ? BP_OPERATION_INSERT
                                             : kind[0] == '=' ? BP_OPERATION_UPDATE
                                                              : BP_OPERATION_DELETE,
                                             change));
    }
  va_end (list);

  bp_store_save (self->store, writes, "Asha", &error);
  g_assert_no_error (error);
}

/**
 * bp_device_describe:
 * @self: a device
 * @table: a table's name
 * @id: a record
 * @fields: names, separated by spaces
 *
 * Returns: (transfer full): "none", or the record in one line
 */
char *
bp_device_describe (BpDevice   *self,
                    const char *table,
                    const char *id,
                    const char *fields)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpRow) row = bp_store_get (self->store, bp_table_find (table), id, &error);
  g_auto (GStrv) names = g_strsplit (fields, " ", -1);
  GString *text = g_string_new (NULL);

  if (row == NULL)
    {
      g_assert_true (error == NULL
                     || g_error_matches (error, BP_STORE_ERROR, BP_STORE_ERROR_NOT_FOUND));
      return g_string_free (g_string_assign (text, "none"), FALSE);
    }

  g_string_printf (text, "%s v%" G_GINT64_FORMAT "%s",
                   bp_record_status_to_string (row->status), row->state->version,
                   row->state->is_deleted ? " deleted" : "");
  for (guint i = 0; names[i] != NULL && names[i][0] != '\0'; i++)
    {
      const BpValue *value = bp_change_get (row->state->data, names[i]);

      g_string_append_printf (text, " %s=", names[i]);
      if (value->kind == BP_VALUE_INTEGER)
        g_string_append_printf (text, "%" G_GINT64_FORMAT, value->integer);
      else
        g_string_append (text, value->kind == BP_VALUE_TEXT ? value->text : "null");
    }

  return g_string_free (text, FALSE);
}

/**
 * bp_device_describe_queue:
 * @self: a device
 *
 * Returns: (transfer full): "KIND TABLE ID STATUS DATA" of each operation that
 *   waits or failed, in sending order, separated by newlines
 */
char *
bp_device_describe_queue (BpDevice *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) rows = bp_store_list_queue (self->store, &error);
  GString *text = g_string_new (NULL);

  g_assert_no_error (error);
  for (guint i = 0; i < rows->len; i++)
    {
      const BpQueueRow *row = rows->pdata[i];

      g_string_append_printf (text, "%s%s%s %s %s %s%s%s", i > 0 ? "\n" : "",
                              bp_operation_kind_to_string (row->kind),
                              row->restore ? " restore" : "", row->table->name, row->record_id,
                              row->status,
                              row->kind == BP_OPERATION_UPDATE && !row->restore ? " " : "",
                              row->kind == BP_OPERATION_UPDATE && !row->restore ? row->data : "");
    }

  return g_string_free (text, FALSE);
}

/**
 * bp_device_ask:
 * @self: a device
 * @sql: a query of one integer
 *
 * Returns: the integer; −1 where there is no row
 */
gint64
bp_device_ask (BpDevice   *self,
               const char *sql)
{
  g_autoptr (GError) error = NULL;
  gint64 answer = -1;

  bp_store_lock (self->store);
  bp_store_ask (self->store, &answer, &error, sql, "");
  bp_store_unlock (self->store);
  g_assert_no_error (error);
  return answer;
}

/**
 * bp_device_run:
 * @self: a device
 * @sql: statements
 *
 * Does to the data what no function does.
 */
void
bp_device_run (BpDevice   *self,
               const char *sql)
{
  g_autoptr (GError) error = NULL;

  bp_store_lock (self->store);
  bp_database_run_sql (bp_store_get_database (self->store), sql, &error);
  bp_store_unlock (self->store);
  g_assert_no_error (error);
}

/**
 * bp_device_claim:
 * @self: a device
 * @scope: what
 *
 * Returns: (transfer full) (nullable): the claim, of up to 100 operations
 */
BpClaim *
bp_device_claim (BpDevice    *self,
                 BpClaimScope scope)
{
  g_autoptr (GError) error = NULL;
  BpClaim *claim = bp_store_claim (self->store, scope, 100, 100, &error);

  g_assert_no_error (error);
  return claim;
}

/**
 * bp_device_describe_claim:
 * @claim: (nullable): a claim
 *
 * Returns: (transfer full): "KIND ID[@BASE]" of each operation
 */
char *
bp_device_describe_claim (const BpClaim *claim)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; claim != NULL && i < claim->operations->len; i++)
    {
      const BpOperation *operation = claim->operations->pdata[i];

      g_string_append_printf (text, "%s%s %s", i > 0 ? ", " : "",
                              bp_operation_kind_to_string (operation->kind), operation->id);
      if (operation->kind != BP_OPERATION_INSERT)
        g_string_append_printf (text, "@%" G_GINT64_FORMAT, operation->base_version);
      if (operation->recover)
        g_string_append (text, " recover");
    }

  return g_string_free (text, FALSE);
}

static BpResult *
make_result (const BpOperation *operation,
             const char        *answer,
             const BpState     *server)
{
  g_auto (GStrv) parts = g_strsplit (answer, ":", -1);
  BpResult *result = bp_result_new (operation->op_id);
  guint n_parts = g_strv_length (parts);

  g_assert_true (bp_result_status_from_string (parts[0], &result->status));
  switch (result->status)
    {
    case BP_RESULT_APPLIED:
      result->version = g_ascii_strtoll (parts[1], NULL, 10);
      result->seq = g_ascii_strtoll (parts[2], NULL, 10);
      break;
    case BP_RESULT_CONFLICT:
      g_assert_true (bp_conflict_type_from_string (parts[1], &result->conflict_type));
      result->key = n_parts > 2 ? g_strdup (parts[2]) : NULL;
      result->server = bp_state_copy (server);
      break;
    case BP_RESULT_REJECTED:
      result->code = g_strdup (parts[1]);
      result->detail = g_strdup ("because");
      result->retry = n_parts > 2;
      break;
    case BP_RESULT_HELD:
    default:
      break;
    }

  return result;
}

/**
 * bp_device_answer:
 * @self: a device
 * @claim: (transfer full): what was sent
 * @answers: a word for each operation
 * @server: (nullable): the state that comes with each conflict
 *
 * Returns: what the answer did
 */
BpAnswerSummary
bp_device_answer (BpDevice      *self,
                  BpClaim       *claim,
                  const char    *answers,
                  const BpState *server)
{
  g_autoptr (GPtrArray) results = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_result_free);
  g_auto (GStrv) words = g_strsplit (answers, " ", -1);
  g_autoptr (GError) error = NULL;
  BpAnswerSummary summary;

  g_assert_nonnull (claim);
  g_assert_cmpuint (g_strv_length (words), ==, claim->operations->len);
  for (guint i = 0; words[i] != NULL; i++)
    {
      if (words[i][0] != '-')
        g_ptr_array_add (results, make_result (claim->operations->pdata[i], words[i], server));
    }

  bp_store_apply_answer (self->store, claim, results, &summary, &error);
  g_assert_no_error (error);
  bp_claim_free (claim);
  return summary;
}

/**
 * bp_device_push_all:
 * @self: a device
 * @seq: of the first change; each next one gets the next
 *
 * Sends all that may go, to a server that takes everything: an INSERT becomes
 * version 1, others the version above their base.
 */
void
bp_device_push_all (BpDevice *self,
                    gint64    seq)
{
  BpClaim *claim;

  while ((claim = bp_device_claim (self, BP_CLAIM_ALL)) != NULL)
    {
      g_autoptr (GString) answers = g_string_new (NULL);

      for (guint i = 0; i < claim->operations->len; i++)
        {
          const BpOperation *operation = claim->operations->pdata[i];

          g_string_append_printf (answers, "%sapplied:%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT,
                                  i > 0 ? " " : "", operation->base_version + 1, seq++);
        }
      bp_device_answer (self, claim, answers->str, NULL);
    }
}

/**
 * bp_device_state:
 * @table: a table's name
 * @id: a record
 * @version: its version there
 * @seq: its seq there
 * @json: its fields; a tombstone where %NULL
 *
 * Returns: (transfer full): a state of the server
 */
BpState *
bp_device_state (const char *table,
                 const char *id,
                 gint64      version,
                 gint64      seq,
                 const char *json)
{
  const BpTable *found = bp_table_find (table);
  g_autoptr (GError) error = NULL;
  BpState *state = bp_state_new (found, id);

  state->version = version;
  state->seq = seq;
  state->is_deleted = json == NULL;
  state->modified_at = BP_DEVICE_START;
  state->device_name = g_strdup ("Till 2");
  state->user = g_strdup ("Ravi");
  bp_change_free (state->data);
  state->data = bp_change_new_from_text (found, json != NULL ? json : "{\"name\":\"gone\"}",
                                         BP_CHANGE_LENIENT, &error);
  g_assert_no_error (error);
  bp_change_complete (state->data);
  return state;
}

/**
 * bp_device_pull:
 * @self: a device
 * @table: a table's name
 * @since: the cursor that comes with the page
 * @from_zero: whether it ends a pull from 0
 * @...: (transfer full): states, ended by %NULL
 *
 * Returns: how many rows were stored
 */
guint
bp_device_pull (BpDevice   *self,
                const char *table,
                gint64      since,
                gboolean    from_zero,
                ...)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify)bp_state_free);
  g_autoptr (GError) error = NULL;
  BpPulledTable pulled = { bp_table_find (table), rows, since, from_zero };
  BpState *state;
  va_list list;
  guint n_stored;

  va_start (list, from_zero);
  while ((state = va_arg (list, BpState *)) != NULL)
    g_ptr_array_add (rows, state);
  va_end (list);

  bp_store_apply_page (self->store, &pulled, 1, &n_stored, &error);
  g_assert_no_error (error);
  return n_stored;
}

/**
 * bp_device_get_open_conflict:
 * @self: a device
 *
 * Returns: the id of the only open conflict
 */
gint64
bp_device_get_open_conflict (BpDevice *self)
{
  g_assert_cmpint (bp_device_ask (self, "SELECT count (*) FROM sync_conflicts"
                                  " WHERE decision IS NULL"), ==, 1);
  return bp_device_ask (self, "SELECT id FROM sync_conflicts WHERE decision IS NULL");
}

static gint64
get_server_version (BpDevice *device,
                    gint64    id)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpConflict) conflict = bp_store_get_conflict (device->store, id, &error);

  g_assert_no_error (error);
  return conflict->server != NULL ? conflict->server->version : 0;
}

/**
 * bp_device_decide:
 * @device: a device
 * @id: a conflict
 * @decision: what to do
 * @merged: (nullable): JSON of the fields, of %BP_DECISION_MERGED
 *
 * Decides it on the server's version that it shows.
 */
void
bp_device_decide (BpDevice   *device,
                  gint64      id,
                  BpDecision  decision,
                  const char *merged)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpConflict) conflict = bp_store_get_conflict (device->store, id, &error);
  g_autoptr (BpChange) change = NULL;

  if (merged != NULL)
    change = bp_change_new_from_text (conflict->table, merged, BP_CHANGE_STRICT, &error);
  g_assert_no_error (error);
  bp_store_decide (device->store, id, get_server_version (device, id), decision, change, &error);
  g_assert_no_error (error);
}

/**
 * bp_device_decide_open:
 * @device: a device with one open conflict
 * @decision: what to do
 * @merged: (nullable): as of bp_device_decide()
 */
void
bp_device_decide_open (BpDevice   *device,
                       BpDecision  decision,
                       const char *merged)
{
  bp_device_decide (device, bp_device_get_open_conflict (device), decision, merged);
}

/**
 * bp_device_assert_decided:
 * @device: a device
 * @decision: what its last conflict is decided as, and no conflict is open
 */
void
bp_device_assert_decided (BpDevice   *device,
                          const char *decision)
{
  g_autoptr (GPtrArray) conflicts = bp_store_list_conflicts (device->store, TRUE, NULL);
  const BpConflict *conflict = conflicts->pdata[conflicts->len - 1];

  g_assert_cmpstr (conflict->decision, ==, decision);
  g_assert_cmpint (conflict->resolved, ==, BP_DEVICE_START);
  g_assert_cmpint (bp_device_ask (device, "SELECT count (*) FROM sync_conflicts"
                                  " WHERE decision IS NULL"), ==, 0);
}
