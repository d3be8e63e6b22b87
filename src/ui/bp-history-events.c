#include "config.h"

#include "bp-history-events.h"

#include "bp-event-list.h"
#include "bp-sync.h"

#include <glib/gi18n.h>

/* What is shown of a text that is long. */
#define MAX_SHOWN 80

typedef struct
{
  const BpTable *table; /* (unowned) */
  char *id;             /* (owned) */
  gboolean is_whole;    /* whether the server was asked */
} Question;

static void
question_free (gpointer data)
{
  Question *question = data;

  g_free (question->id);
  g_free (question);
}

/* Without the server, this device still knows what it did itself. */
static void
read_in_thread (GTask        *task,
                gpointer      source_object,
                gpointer      task_data,
                GCancellable *cancellable)
{
  BpStore *store = bp_shop_get_store (source_object);
  Question *question = task_data;
  GError *error = NULL;
  GPtrArray *entries
    = bp_sync_get_history (store, question->table, question->id, cancellable, NULL);

  question->is_whole = entries != NULL;
  if (entries == NULL)
    entries = bp_sync_get_own_history (store, question->table, question->id, &error);
  if (entries != NULL)
    g_task_return_pointer (task, entries, (GDestroyNotify)g_ptr_array_unref);
  else
    g_task_return_error (task, error);
}

/**
 * bp_history_read_async:
 * @shop: a shop
 * @table: which table
 * @id: which record
 * @cancellable: (nullable): ends the request, drops the result
 * @callback: (scope async): called in the caller's main context
 * @user_data: for @callback
 *
 * Asks the server, and this device alone where that cannot be asked.
 */
void
bp_history_read_async (BpShop             *shop,
                       const BpTable      *table,
                       const char         *id,
                       GCancellable       *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (shop, cancellable, callback, user_data);
  Question *question = g_new0 (Question, 1);

  question->table = table;
  question->id = g_strdup (id);
  g_task_set_source_tag (task, bp_history_read_async);
  g_task_set_task_data (task, question, question_free);
  g_task_run_in_thread (task, read_in_thread);
}

/**
 * bp_history_read_finish:
 * @shop: a shop
 * @result: of bp_history_read_async()
 * @is_whole: (out): whether the server told, too
 * @error: #BpDatabaseError, %G_IO_ERROR_CANCELLED
 *
 * Returns: (transfer full) (element-type BpHistoryEntry): oldest first
 */
GPtrArray *
bp_history_read_finish (BpShop       *shop,
                        GAsyncResult *result,
                        gboolean     *is_whole,
                        GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, shop), NULL);

  *is_whole = ((Question *)g_task_get_task_data (G_TASK (result)))->is_whole;
  return g_task_propagate_pointer (G_TASK (result), error);
}

static char *
shorten (char *text)
{
  if (g_utf8_strlen (text, -1) > MAX_SHOWN)
    {
      g_autofree char *part = g_utf8_substring (text, 0, MAX_SHOWN);

      g_free (text);
      text = g_strconcat (part, "…", NULL);
    }
  g_strdelimit (text, "\r\n", ' ');
  return text;
}

static char *
show_value (BpFormat       *format,
            const BpChange *data,
            guint           field)
{
  if (!bp_change_has (data, field) || data->values[field].kind == BP_VALUE_NULL)
    return g_strdup ("–");

  return shorten (bp_format_value (format, &data->table->fields[field], &data->values[field]));
}

/* What is a row of its own elsewhere is not told again. */
static gboolean
is_told (const BpField *field)
{
  return field->label != NULL && field->type != BP_FIELD_LINES && field->type != BP_FIELD_JSON
         && !(field->flags & BP_FIELD_PROJECTION);
}

static void
append_changes (GString        *text,
                BpFormat       *format,
                const BpChange *before,
                const BpChange *change)
{
  for (guint i = 0; i < change->table->n_fields; i++)
    {
      const BpField *field = &change->table->fields[i];
      gboolean had = bp_change_has (before, i) && before->values[i].kind != BP_VALUE_NULL;
      g_autofree char *old = NULL;
      g_autofree char *new = NULL;

      if (!bp_change_has (change, i) || !is_told (field)
          || (!had && change->values[i].kind == BP_VALUE_NULL))
        continue;
      old = show_value (format, before, i);
      new = show_value (format, change, i);
      if (had)
        /* Translators: a field, what it was, and what it became. */
        g_string_append_printf (text, _("\n%s: %s → %s"), _(field->label), old, new);
      else
        /* Translators: a field and what it was set to. */
        g_string_append_printf (text, _("\n%s: %s"), _(field->label), new);
    }
}

static const char *
get_title (const BpHistoryEntry *entry,
           gboolean              is_first,
           gboolean              was_deleted)
{
  if (entry->kind == BP_OPERATION_DELETE)
    return _("Deleted");
  if (entry->kind == BP_OPERATION_INSERT)
    return _("Added");
  return was_deleted && !is_first ? _("Restored") : _("Changed");
}

static char *
describe (const BpHistoryEntry *entry,
          BpFormat             *format)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *when = bp_format_time (format, entry->modified_at);

  g_string_append (text, when);
  if (entry->user != NULL)
    g_string_append_printf (text, " · %s", entry->user);
  if (entry->device_name != NULL)
    g_string_append_printf (text, " · %s", entry->device_name);
  if (entry->version == 0)
    g_string_append_printf (text, " · %s", _("not sent yet"));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/**
 * bp_history_to_events:
 * @entries: (element-type BpHistoryEntry): oldest first
 * @table: of the record
 * @format: how values are written
 *
 * Returns: (transfer full) (element-type BpEvent): what happened, newest first,
 *   each field with what it was and what it became
 */
GPtrArray *
bp_history_to_events (GPtrArray     *entries,
                      const BpTable *table,
                      BpFormat      *format)
{
  GPtrArray *events = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (BpChange) state = bp_change_new (table);
  gboolean is_deleted = FALSE;

  for (guint i = 0; i < entries->len; i++)
    {
      const BpHistoryEntry *entry = entries->pdata[i];
      g_autoptr (BpChange) change = NULL;
      g_autofree char *head = describe (entry, format);
      g_autoptr (GString) text = g_string_new (head);

      if (entry->data != NULL)
        change = bp_change_new_from_text (table, entry->data, BP_CHANGE_LENIENT, NULL);
      if (change != NULL)
        {
          append_changes (text, format, state, change);
          bp_change_apply (state, change);
        }
      g_ptr_array_insert (events, 0,
                          bp_event_new (get_title (entry, i == 0, is_deleted), text->str, NULL,
                                        NULL));
      is_deleted = entry->kind == BP_OPERATION_DELETE;
    }

  return events;
}
