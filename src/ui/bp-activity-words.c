#include "config.h"

#include "bp-activity-words.h"

#include "bp-conflict-words.h"
#include "bp-json.h"

#include <glib/gi18n.h>
#include <string.h>

static char *
make_record (const BpActivityRow *row)
{
  const BpTable *table = row->queue != NULL ? row->queue->table
                         : row->conflict != NULL ? row->conflict->table
                                                 : NULL;
  const char *id = row->queue != NULL ? row->queue->record_id
                   : row->conflict != NULL ? row->conflict->record_id
                                           : NULL;

  if (table == NULL)
    return g_strdup (id != NULL ? id : "");

  /* Translators: the name of a list, and which of its records. */
  return g_strdup_printf (_("%s: %s"), _(table->label), row->title != NULL ? row->title : id);
}

static const char *
get_change (const BpQueueRow *queue)
{
  if (queue->restore)
    return _("Restored");
  switch (queue->kind)
    {
    case BP_OPERATION_INSERT:
      return _("Added");
    case BP_OPERATION_UPDATE:
      return _("Changed");
    case BP_OPERATION_DELETE:
    default:
      return _("Deleted");
    }
}

static char *
make_fields (const BpQueueRow *queue)
{
  g_autoptr (BpChange) change = NULL;
  GString *text = g_string_new (NULL);

  if (queue->kind == BP_OPERATION_UPDATE && !queue->restore && queue->data != NULL
      && queue->table != NULL)
    change = bp_change_new_from_text (queue->table, queue->data, BP_CHANGE_LENIENT, NULL);
  for (guint i = 0; change != NULL && i < queue->table->n_fields; i++)
    {
      const BpField *field = &queue->table->fields[i];

      if (!bp_change_has (change, i))
        continue;
      if (text->len > 0)
        g_string_append (text, ", ");
      g_string_append (text, field->label != NULL ? _(field->label) : field->name);
    }

  return g_string_free (text, FALSE);
}

/* The server's words without the code before them, which is for programs. */
static const char *
skip_code (const char *error)
{
  gsize length = strspn (error, "abcdefghijklmnopqrstuvwxyz_");

  return length > 0 && g_str_has_prefix (error + length, ": ") ? error + length + 2 : error;
}

static const char *
get_priority (BpPriority priority)
{
  switch (priority)
    {
    case BP_PRIORITY_HIGH:
      return _("High");
    case BP_PRIORITY_MEDIUM:
      return _("Medium");
    case BP_PRIORITY_LOW:
    default:
      return _("Low");
    }
}

static const char *
get_state (const BpQueueRow *queue)
{
  if (g_strcmp0 (queue->status, "failed") == 0)
    return _("Failed");
  if (g_strcmp0 (queue->status, "syncing") == 0)
    return _("On its way");
  return queue->retry_count > 0 ? _("Tries again") : _("Waiting");
}

static char *
get_operation (BpFormat         *format,
               const BpQueueRow *queue,
               BpActivityColumn  column)
{
  switch (column)
    {
    case BP_ACTIVITY_PRIORITY:
      return g_strdup (get_priority (queue->priority));
    case BP_ACTIVITY_CHANGE:
      return g_strdup (get_change (queue));
    case BP_ACTIVITY_FIELDS:
      return make_fields (queue);
    case BP_ACTIVITY_TRIES:
      return g_strdup_printf ("%" G_GINT64_FORMAT, queue->retry_count);
    case BP_ACTIVITY_NEXT:
      return queue->next_attempt > 0 ? bp_format_time (format, queue->next_attempt)
                                     : g_strdup ("–");
    case BP_ACTIVITY_STATE:
      return g_strdup (get_state (queue));
    case BP_ACTIVITY_REASON:
      return g_strdup (queue->last_error != NULL ? skip_code (queue->last_error) : "");
    case BP_ACTIVITY_TIME:
      return bp_format_time (format, queue->timestamp);
    default:
      return g_strdup ("");
    }
}

static const char *
get_conflict_type (const BpConflict *conflict)
{
  switch (conflict->type)
    {
    case BP_CONFLICT_UPDATE_UPDATE:
      return _("Changed here and on the server");
    case BP_CONFLICT_DELETE_UPDATE:
      return _("Deleted on the server, changed here");
    case BP_CONFLICT_UPDATE_DELETE:
      return _("Changed on the server, deleted here");
    case BP_CONFLICT_ID_COLLISION:
    default:
      return _("Two records with one number or key");
    }
}

static char *
get_conflict (BpFormat         *format,
              const BpConflict *conflict,
              BpActivityColumn  column)
{
  switch (column)
    {
    case BP_ACTIVITY_WHAT:
      return g_strdup (get_conflict_type (conflict));
    case BP_ACTIVITY_REASON:
      return bp_conflict_words_decision_to_text (conflict->decision);
    case BP_ACTIVITY_TIME:
      return bp_format_time (format, conflict->decision != NULL ? conflict->resolved
                                                                : conflict->created_at);
    default:
      return g_strdup ("");
    }
}

static char *
make_outcome (const BpLogEntry *run)
{
  g_autofree char *conflicts
    = g_strdup_printf (ngettext ("%'u conflict", "%'u conflicts", (gulong)run->conflicts),
                       (guint)run->conflicts);
  g_autofree char *failed
    = g_strdup_printf (ngettext ("%'u failed", "%'u failed", (gulong)run->failed),
                       (guint)run->failed);

  if (run->conflicts == 0 && run->failed == 0)
    return g_strdup (_("Done"));
  if (run->failed == 0)
    return g_steal_pointer (&conflicts);
  if (run->conflicts == 0)
    return g_steal_pointer (&failed);

  return g_strdup_printf ("%s, %s", conflicts, failed);
}

static char *
get_run (BpFormat         *format,
         const BpLogEntry *run,
         BpActivityColumn  column)
{
  switch (column)
    {
    case BP_ACTIVITY_WHAT:
      return g_strdup (g_strcmp0 (run->kind, "attempt") == 0 ? _("Attempt") : _("Sync"));
    case BP_ACTIVITY_REASON:
      if (run->error != NULL)
        return g_strdup (run->error);
      return make_outcome (run);
    case BP_ACTIVITY_SENT:
      return g_strdup_printf ("%'" G_GINT64_FORMAT, run->pushed);
    case BP_ACTIVITY_FETCHED:
      return g_strdup_printf ("%'" G_GINT64_FORMAT, run->pulled);
    case BP_ACTIVITY_DATA:
      return g_format_size ((guint64)MAX (run->bytes_sent + run->bytes_received, 0));
    case BP_ACTIVITY_TIME:
      return bp_format_time (format, run->time);
    default:
      return g_strdup ("");
    }
}

/**
 * bp_activity_words_get:
 * @format: how values are written
 * @row: (nullable): a row; %NULL until it is read
 * @column: what of it
 *
 * Returns: (transfer full): what people read; empty where there is nothing
 */
char *
bp_activity_words_get (BpFormat            *format,
                       const BpActivityRow *row,
                       BpActivityColumn     column)
{
  if (row == NULL)
    return g_strdup ("");
  if (column == BP_ACTIVITY_RECORD)
    return make_record (row);
  if (row->queue != NULL)
    return get_operation (format, row->queue, column);
  if (row->conflict != NULL)
    return get_conflict (format, row->conflict, column);

  return get_run (format, row->run, column);
}

/**
 * bp_activity_words_make_title:
 * @format: how values are written
 * @row: a row
 *
 * Returns: (transfer full): what it is, in a line
 */
char *
bp_activity_words_make_title (BpFormat            *format,
                              const BpActivityRow *row)
{
  g_autofree char *record = make_record (row);
  g_autofree char *what = NULL;

  if (row->queue != NULL)
    return g_strdup_printf ("%s · %s", record, get_change (row->queue));
  if (row->conflict != NULL)
    return g_steal_pointer (&record);

  what = bp_format_time (format, row->run->time);
  return g_strdup_printf (_("Sync · %s"), what);
}

/**
 * bp_activity_words_make_payload:
 * @row: an operation
 *
 * Returns: (transfer full): what is sent, as JSON that people can read
 */
char *
bp_activity_words_make_payload (const BpQueueRow *row)
{
  g_autoptr (JsonNode) node
    = row->data != NULL ? bp_json_parse_object (row->data, -1, NULL) : NULL;

  return node != NULL ? json_to_string (node, TRUE) : g_strdup ("{}");
}

/**
 * bp_activity_words_make_run:
 * @format: how times are written
 * @run: a run, or a failed attempt of one
 *
 * Returns: (transfer full): when, how it ended, how long it took, what it moved
 */
char *
bp_activity_words_make_run (BpFormat         *format,
                            const BpLogEntry *run)
{
  g_autofree char *when = bp_format_time (format, run->time);
  g_autofree char *how = get_run (format, run, BP_ACTIVITY_REASON);
  g_autofree char *size = get_run (format, run, BP_ACTIVITY_DATA);

  /* Translators: when, how it ended, milliseconds, size of what was moved. */
  return g_strdup_printf (_("%s · %s · %d ms · %s"), when, how,
                          (int)MIN (run->milliseconds, G_MAXINT), size);
}
