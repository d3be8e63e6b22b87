/* Saving: what a user did becomes rows, queue and bases in one transaction. */
#include "config.h"

#include "bp-error.h"
#include "bp-id.h"
#include "bp-store-private.h"

typedef struct
{
  GPtrArray *writes; /* (unowned) (element-type BpWrite) */
  const char *user;  /* (unowned) (nullable) */
  char *action_id;   /* (owned) */
  char *device_name; /* (owned) (nullable) */
  gint64 now;
  gboolean is_planned;
} Save;

/* One write of it. */
typedef struct
{
  const Save *save;     /* (unowned) */
  const BpWrite *write; /* (unowned) */
  BpRow *row;           /* (owned) (nullable): the record before */
  BpState *after;       /* (owned): the record afterwards */
} Step;

/**
 * bp_write_new:
 * @table: which table
 * @id: which record, copied
 * @kind: what is done to it
 * @change: (nullable) (transfer full): its fields; %NULL for a DELETE
 *
 * Returns: (transfer full): the write
 */
BpWrite *
bp_write_new (const BpTable  *table,
              const char     *id,
              BpOperationKind kind,
              BpChange       *change)
{
  BpWrite *write = g_new0 (BpWrite, 1);

  write->table = table;
  write->id = g_strdup (id);
  write->kind = kind;
  write->change = change;
  return write;
}

/**
 * bp_write_free:
 * @write: (nullable) (transfer full): a write
 */
void
bp_write_free (BpWrite *write)
{
  if (write == NULL)
    return;

  g_free (write->id);
  bp_change_free (write->change);
  g_free (write);
}

static const char *
get_fact_status (const BpState *state)
{
  const BpTable *table = state->data->table;
  int i = table->fact ? bp_table_find_field (table, "status") : -1;

  return i >= 0 ? state->data->values[i].text : NULL;
}

/* A held sale: it stays on this device, changes freely and may go. */
static gboolean
is_draft (const BpState *state)
{
  return g_strcmp0 (get_fact_status (state), "draft") == 0;
}

static const BpState *
get_before (const Step *step)
{
  return step->row != NULL ? step->row->state : NULL;
}

static void
step_clear (Step *step)
{
  bp_row_free (step->row);
  bp_state_free (step->after);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Step, step_clear)

static gboolean
was_alive (const Step *step)
{
  return step->row != NULL && !step->row->state->is_deleted;
}

static char *
make_title (const Step *step)
{
  if (step->row != NULL)
    return bp_state_make_title (step->row->state);

  return step->after != NULL ? bp_state_make_title (step->after) : g_strdup (step->write->id);
}

static gboolean
refuse (BpStoreError code,
        const Step  *step,
        const char  *why,
        GError     **error)
{
  g_autofree char *title = make_title (step);

  g_set_error (error, BP_STORE_ERROR, (int)code, "%s %s: %s", step->write->table->name, title, why);
  return FALSE;
}

static gboolean
check_existence (const Step *step,
                 GError    **error)
{
  if (step->write->kind == BP_OPERATION_INSERT && was_alive (step))
    return refuse (BP_STORE_ERROR_DUPLICATE, step, "There is already such a record", error);
  if (step->write->kind != BP_OPERATION_INSERT && step->row == NULL)
    return refuse (BP_STORE_ERROR_NOT_FOUND, step, "There is no such record", error);

  return TRUE;
}

static gboolean
check_fact (const Step *step,
            GError    **error)
{
  const BpState *before = get_before (step);
  const BpTable *table = step->write->table;
  const char *old_status, *new_status;
  g_autofree char *title = NULL;
  g_autoptr (BpChange) moved = NULL;

  if (!table->fact || before == NULL || is_draft (before))
    return TRUE;
  if (step->write->kind == BP_OPERATION_DELETE)
    return refuse (BP_STORE_ERROR_POSTED, step, "What is posted cannot be deleted", error);
  if (before->is_deleted)
    return refuse (BP_STORE_ERROR_POSTED, step, "It cannot be brought back", error);

  moved = bp_change_diff (before->data, step->after->data);
  for (guint i = 0; i < table->n_fields; i++)
    {
      if (!bp_change_has (moved, i) || (table->fields[i].flags & BP_FIELD_CHANGEABLE))
        continue;
      title = make_title (step);
      g_set_error (error, BP_STORE_ERROR, BP_STORE_ERROR_POSTED,
                   "%s %s: What is posted cannot be changed (“%s”)", table->name, title,
                   table->fields[i].name);
      return FALSE;
    }

  old_status = get_fact_status (before);
  new_status = get_fact_status (step->after);
  if (g_strcmp0 (old_status, new_status) == 0
      || (g_strcmp0 (old_status, "posted") == 0 && g_strcmp0 (new_status, "void") == 0))
    return TRUE;
  return refuse (BP_STORE_ERROR_POSTED, step, "The only way from posted is to void", error);
}

static gboolean
refuse_key (const Step    *step,
            const BpField *field,
            const char    *value,
            sqlite3_stmt  *other,
            GError       **error)
{
  g_autofree char *title = make_title (step);
  g_autofree char *others = NULL;
  g_autoptr (BpState) owner = bp_state_new (step->write->table, bp_column_get_text (other, 0));

  bp_change_set_text (owner->data, step->write->table->fields[0].name,
                      bp_column_get_text (other, 1));
  others = bp_state_make_title (owner);
  g_set_error (error, BP_STORE_ERROR, BP_STORE_ERROR_DUPLICATE,
               "%s %s: %s “%s” is already that of %s", step->write->table->name, title,
               field->name, value, others);
  return FALSE;
}

static gboolean
check_key (BpStore    *self,
           const Step *step,
           guint       i,
           GError    **error)
{
  const BpTable *table = step->write->table;
  const char *value = step->after->data->values[i].text;
  g_autofree char *sql = NULL;
  g_autoptr (BpStatement) statement = NULL;
  gboolean has_row;

  if (value == NULL
      || (was_alive (step)
          && bp_value_equal (&step->row->state->data->values[i], &step->after->data->values[i])))
    return TRUE;

  sql = g_strdup_printf ("SELECT id, %s FROM %s_local"
                         " WHERE %s = ? AND +is_deleted = 0 AND id <> ? ORDER BY row LIMIT 1",
                         table->fields[0].name, table->name, table->fields[i].name);
  statement = bp_store_prepare (self, error, sql, "ss", value, step->write->id);
  if (statement == NULL
      || !bp_database_step (bp_store_get_database (self), statement, &has_row, error))
    return FALSE;

  return !has_row || refuse_key (step, &table->fields[i], value, statement, error);
}

static gboolean
check_keys (BpStore    *self,
            const Step *step,
            GError    **error)
{
  const BpTable *table = step->write->table;

  for (guint i = 0; i < table->n_fields; i++)
    {
      if ((table->fields[i].flags & BP_FIELD_KEY) && !check_key (self, step, i, error))
        return FALSE;
    }

  return TRUE;
}

/* A draft may lack whatever it will need when it is posted. */
static gboolean
normalize_draft (BpChange *change,
                 GError  **error)
{
  for (guint i = 0; i < change->table->n_fields; i++)
    {
      if (change->values[i].kind == BP_VALUE_NULL)
        bp_change_unset (change, i);
    }

  return bp_change_normalize (change, FALSE, error);
}

/* What is made anew under the id of what was deleted has nothing of it. */
static void
forget_fields (BpChange *data)
{
  for (guint i = 0; i < data->table->n_fields; i++)
    {
      if (!(data->table->fields[i].flags & BP_FIELD_PROJECTION))
        bp_change_unset (data, i);
    }
}

static gboolean
apply_change (Step    *step,
              GError **error)
{
  gboolean whole = !was_alive (step) || is_draft (step->row->state);
  g_autoptr (BpChange) change = bp_change_copy (step->write->change);

  bp_change_drop_projections (change);
  if (!whole && !bp_change_normalize (change, FALSE, error))
    return FALSE;
  if (step->write->kind == BP_OPERATION_INSERT)
    forget_fields (step->after->data);
  bp_change_apply (step->after->data, change);
  if (!whole)
    return TRUE;

  if (is_draft (step->after))
    {
      if (!normalize_draft (step->after->data, error))
        return FALSE;
    }
  else if (!bp_change_normalize (step->after->data, TRUE, error))
    return FALSE;
  bp_change_complete (step->after->data);
  return TRUE;
}

static gboolean
make_after (Step    *step,
            GError **error)
{
  const BpWrite *write = step->write;

  step->after = step->row != NULL ? bp_state_copy (step->row->state)
                                  : bp_state_new (write->table, write->id);
  step->after->modified_at = step->save->now;
  g_free (step->after->user);
  step->after->user = g_strdup (step->save->user);
  g_free (step->after->device_name);
  step->after->device_name = g_strdup (step->save->device_name);
  step->after->is_deleted = write->kind == BP_OPERATION_DELETE;
  if (step->after->is_deleted)
    return TRUE;

  return apply_change (step, error);
}

static gboolean
is_without_effect (const Step *step)
{
  const BpState *before = get_before (step);

  return before != NULL && before->is_deleted == step->after->is_deleted
         && (before->is_deleted || bp_change_equal (before->data, step->after->data));
}

/* The base of a record that was clean is what it was, or nothing where the
 * server knows it not yet. */
static gboolean
keep_base (BpStore    *self,
           const Step *step,
           GError    **error)
{
  const BpState *before = get_before (step);
  BpBase base = { NULL, NULL };
  gint64 waits = 0;

  if (before != NULL
      && !bp_store_ask (self, &waits, error,
                        "SELECT EXISTS (SELECT 1 FROM sync_base"
                        " WHERE table_name = ? AND record_id = ?)",
                        "ss", step->write->table->name, before->id))
    return FALSE;
  if (waits)
    return TRUE;

  if (before != NULL && before->version > 0)
    base.state = step->row->state;
  return bp_store_write_base (self, step->write->table, step->write->id, &base, error);
}

static gboolean
store_draft (BpStore    *self,
             const Step *step,
             GError    **error)
{
  if (step->after->is_deleted)
    return bp_store_remove_row (self, step->write->table, step->write->id, error);

  return bp_store_write_row (self, step->write->table, step->after, BP_RECORD_SYNCED, error);
}

static gboolean
store_step (BpStore    *self,
            const Step *step,
            GError    **error)
{
  const Save *save = step->save;

  if (is_draft (step->after))
    return store_draft (self, step, error);
  if (step->row == NULL
      && !bp_store_settle_projections (self, step->write->table, step->after, error))
    return FALSE;
  if (!keep_base (self, step, error)
      || !bp_store_write_row (self, step->write->table, step->after, BP_RECORD_PENDING, error))
    return FALSE;
  if (step->row == NULL)
    return bp_store_queue_new (self, step->write->table, step->after, save->action_id, save->user,
                               error);

  return bp_store_fold (self, step->write->table, step->after, save->action_id, save->user,
                        error);
}

/* What was not there has nothing to fold into. */
static gboolean
plan (BpStore *self,
      Save    *save,
      GError **error)
{
  if (save->is_planned)
    return TRUE;

  save->is_planned = TRUE;
  return bp_store_plan_fold (self, save->action_id, save->writes, error);
}

static gboolean
save_one (BpStore       *self,
          Save          *save,
          const BpWrite *write,
          GError       **error)
{
  g_auto (Step) step = { save, write, NULL, NULL };

  if (!bp_id_is_valid (write->id))
    {
      g_set_error (error, BP_DATA_ERROR, BP_DATA_ERROR_INVALID_VALUE,
                   "An id is 1 to %d visible ASCII characters", BP_ID_MAX_LENGTH);
      return FALSE;
    }

  if (!bp_store_read_row (self, write->table, write->id, &step.row, error))
    return FALSE;
  if (!check_existence (&step, error)
      || !make_after (&step, error)
      || (step.row != NULL && !plan (self, save, error)))
    return FALSE;
  if (is_without_effect (&step))
    return TRUE;

  return check_fact (&step, error)
         && (step.after->is_deleted || check_keys (self, &step, error))
         && store_step (self, &step, error);
}

static gboolean
check_size (BpStore    *self,
            const Save *save,
            GError    **error)
{
  gint64 size = 0;

  if (!bp_store_ask (self, &size, error,
                     "SELECT sum (coalesce (length (CAST (data AS BLOB)), 0) + 512) FROM sync_queue"
                     " WHERE action_id = ? AND status <> 'synced'",
                     "s", bp_store_get_action (self, save->action_id)))
    return FALSE;
  if (size <= BP_STORE_MAX_ACTION)
    return TRUE;

  g_set_error (error, BP_STORE_ERROR, BP_STORE_ERROR_LIMIT,
               "Together this is more than can be sent at once");
  return FALSE;
}

static gboolean
save_all (BpStore *self,
          gpointer user_data,
          GError **error)
{
  Save *save = user_data;
  g_autoptr (GPtrArray) followed = NULL;

  if (!bp_store_follow_aliases (self, save->writes, &followed, error))
    return FALSE;
  if (followed != NULL)
    save->writes = followed;
  save->device_name = bp_store_get_value (self, "device.name");
  save->now = bp_clock_get_now (bp_store_get_clock (self));
  save->action_id = bp_id_new (bp_store_get_clock (self));
  if (save->writes->len > 1 && !plan (self, save, error))
    return FALSE;
  for (guint i = 0; i < save->writes->len; i++)
    {
      if (!save_one (self, save, save->writes->pdata[i], error))
        return FALSE;
    }

  return save->writes->len == 1 || check_size (self, save, error);
}

/**
 * bp_store_save:
 * @self: a store
 * @writes: (element-type BpWrite): what the user did, in order; a record that
 *   others refer to before these
 * @user: (nullable): who
 * @error: %BP_STORE_ERROR_NOT_FOUND, %BP_STORE_ERROR_DUPLICATE,
 *   %BP_STORE_ERROR_POSTED, %BP_STORE_ERROR_LIMIT, #BpDataError,
 *   #BpDatabaseError
 *
 * Saves one action: records, queue and bases in one transaction. Afterwards it
 * is durable, shown, and waits to be sent; on failure nothing has changed.
 * What changes nothing writes nothing. An INSERT or UPDATE of a deleted record
 * brings it back. A held sale (status `draft`) is not queued until posted.
 *
 * Returns: whether it is saved
 */
gboolean
bp_store_save (BpStore    *self,
               GPtrArray  *writes,
               const char *user,
               GError    **error)
{
  Save save = { .writes = writes, .user = user };
  gboolean ok;

  if (writes->len > BP_STORE_MAX_OPERATIONS)
    {
      g_set_error (error, BP_STORE_ERROR, BP_STORE_ERROR_LIMIT,
                   "More than %d records cannot be saved as one", BP_STORE_MAX_OPERATIONS);
      return FALSE;
    }

  ok = bp_store_transact (self, save_all, &save, error);
  g_free (save.action_id);
  g_free (save.device_name);
  return ok;
}
