/* Two records with one id, number, SKU or barcode: both are kept under
 * different ones, or they become one. */
#include "config.h"

#include <string.h>

#include "bp-date.h"
#include "bp-id.h"
#include "bp-json.h"
#include "bp-number.h"
#include "bp-setting.h"
#include "bp-store-sync-private.h"

static gboolean
keep_alias (BpStore       *self,
            const BpTable *table,
            const char    *alias,
            const char    *id,
            GError       **error)
{
  return bp_store_execute (self, error, "INSERT OR IGNORE INTO sync_aliases VALUES (?, ?, ?)",
                           "sss", table->name, alias, id);
}

/* A pull has passed the state that came with the answer, and did not bring the
 * record: it was deleted since, and a pull from 0 leaves deletions out. Facts
 * are never deleted. */
static gboolean
was_deleted (BpStore          *self,
             const BpConflict *conflict,
             const BpBase     *base)
{
  const BpTable *table = conflict->table;
  const BpState *server = conflict->server;

  if (base != NULL && base->server != NULL && base->server->seq > 0)
    return FALSE;

  return !table->fact && server != NULL && server->seq > 0
         && server->seq <= bp_store_get_cursor (self, table)
         && !bp_store_is_from_zero (self, table)
         && ((bp_store_get_recovering (self) >> bp_table_get_index (table)) & 1) == 0;
}

/* Named after the operation that makes the record: copies of this folder give
 * it the same, so that the server takes it for the same. */
static gboolean
make_id (BpStore          *self,
         const BpConflict *conflict,
         char            **id,
         GError          **error)
{
  g_autofree char *sql = g_strdup_printf ("SELECT EXISTS (SELECT 1 FROM %s_local WHERE id = ?)",
                                          conflict->table->name);
  gint64 is_taken = 0;

  if (!bp_store_ask (self, &is_taken, error, sql, "s", conflict->op_id))
    return FALSE;

  *id = is_taken ? bp_id_new (bp_store_get_clock (self)) : g_strdup (conflict->op_id);
  return TRUE;
}

static gboolean
give_id (BpStore    *self,
         BpConflict *conflict,
         GError    **error)
{
  const BpTable *table = conflict->table;
  const char *old_id = conflict->record_id;
  g_autofree char *new_id = NULL;
  g_autoptr (BpState) local = bp_state_copy (conflict->local);
  g_autoptr (BpBase) base = NULL;
  const BpState *server;
  BpBase none = { 0 };
  gboolean absent;

  if (!make_id (self, conflict, &new_id, error)
      || !bp_store_find_absent (self, table, old_id, &absent, error))
    return FALSE;
  if (!bp_store_read_base (self, table, old_id, &base, error))
    return FALSE;
  server = conflict->server;
  if (base != NULL && (base->server != NULL || base->state != NULL))
    server = base->server != NULL ? base->server : base->state;
  if (absent || was_deleted (self, conflict, base))
    server = NULL;

  if (!bp_store_rename_row (self, table, old_id, new_id, error)
      || !bp_store_execute (self, error,
                            "UPDATE sync_queue SET record_id = ? WHERE table_name = ?"
                            " AND record_id = ? AND status <> 'synced'",
                            "sss", new_id, table->name, old_id)
      || !bp_store_remove_base (self, table, old_id, error)
      || !bp_store_write_base (self, table, new_id, &none, error)
      || !bp_store_follow (self, table, old_id, new_id, error))
    return FALSE;

  g_free (local->id);
  local->id = g_strdup (new_id);
  local->version = 0;
  return bp_store_forget_figures (self, local, error)
         && bp_store_write_row (self, table, local, BP_RECORD_PENDING, error)
         && (server == NULL || bp_store_show (self, table, server, BP_RECORD_SYNCED, error))
         && bp_store_count_paid (self, local, error)
         && bp_store_refresh_status (self, table, new_id, error);
}

static char *
get_year_start (BpStore *self)
{
  g_autoptr (BpRow) row = NULL;
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *currency = bp_store_get_value (self, "store.currency");
  const char *text = NULL;
  char *start = NULL;

  bp_store_read_row (self, bp_table_find ("settings"), "shop.year_start", &row, NULL);
  if (row != NULL && !row->state->is_deleted)
    text = bp_change_get_text (row->state->data, "value");
  if (text != NULL)
    node = bp_json_parse (text, -1, NULL);
  if (node != NULL && JSON_NODE_HOLDS_VALUE (node)
      && json_node_get_value_type (node) == G_TYPE_STRING)
    start = bp_setting_normalize ("shop.year_start", json_node_get_string (node), NULL);

  return start != NULL ? start
                       : g_strdup (bp_setting_get_default ("shop.year_start", currency));
}

/* The year of the series that the number was of; else of the record's date. */
static char *
find_year (BpStore       *self,
           const BpState *record,
           const char    *number)
{
  const BpTable *table = record->data->table;
  g_auto (GStrv) parts = g_strsplit (number != NULL ? number : "", "/", -1);
  g_autofree char *start = NULL;
  const char *date;

  if (g_strv_length (parts) == 3 && bp_number_is_prefix (parts[0]))
    return g_strdup (parts[1]);

  start = get_year_start (self);
  date = table->date_field != NULL ? bp_change_get_text (record->data, table->date_field) : NULL;
  return date != NULL ? bp_date_get_financial_year (date, start) : NULL;
}

static char *
get_prefix (BpStore *self,
            GError **error)
{
  char *prefix = bp_store_get_value (self, "device.prefix");

  if (prefix != NULL)
    return prefix;

  prefix = bp_number_make_prefix (bp_store_get_clock (self));
  if (!bp_store_set_value (self, "device.prefix", prefix, error))
    g_clear_pointer (&prefix, g_free);
  return prefix;
}

/* Nothing of an operation in conflict is remembered by the server, so it may
 * come again changed under its own op_id. */
static gboolean
set_in_queue (BpStore    *self,
              BpConflict *conflict,
              guint       field,
              const char *text,
              GError    **error)
{
  g_autoptr (GPtrArray) rows = NULL;

  rows = bp_store_list_record_queue (self, conflict->table, conflict->record_id, error);
  for (guint i = 0; rows != NULL && i < rows->len; i++)
    {
      BpQueueRow *row = rows->pdata[i];
      g_autoptr (BpChange) data = NULL;

      if (row->data == NULL)
        continue;
      data = bp_change_new_from_text (row->table, row->data, BP_CHANGE_LENIENT, error);
      if (data == NULL)
        return FALSE;
      if (!bp_change_has (data, field))
        continue;
      bp_change_set_text (data, conflict->table->fields[field].name, text);
      g_free (row->data);
      row->data = bp_change_to_text (data);
      if (!bp_store_write_queue_row (self, row, error))
        return FALSE;
    }

  return rows != NULL;
}

static gboolean
give_number (BpStore    *self,
             BpConflict *conflict,
             guint       field,
             GError    **error)
{
  const BpTable *table = conflict->table;
  const char *key = table->fields[field].name;
  const char *old_number = bp_change_get_text (conflict->local->data, key);
  g_autoptr (BpState) local = bp_state_copy (conflict->local);
  g_autofree char *year = find_year (self, local, old_number);
  g_autofree char *prefix = get_prefix (self, error);
  g_autofree char *number = NULL;

  if (prefix == NULL)
    return FALSE;
  if (year == NULL)
    {
      g_set_error (error, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED,
                   "%s %s has no date to take a number for", table->name, local->id);
      return FALSE;
    }

  number = bp_store_take_number (self, prefix, year, error);
  if (number == NULL)
    return FALSE;
  bp_change_set_text (local->data, key, number);
  return (old_number == NULL || keep_alias (self, table, old_number, local->id, error))
         && bp_store_write_row (self, table, local, BP_RECORD_PENDING, error)
         && set_in_queue (self, conflict, field, number, error)
         && bp_store_settle (self, table, local->id, error);
}

/**
 * bp_store_renumber:
 * @self: a store, in a transaction
 * @conflict: an ID_COLLISION, its decision stored
 * @error: %BP_STORE_ERROR_REFUSED, or a #BpDatabaseError
 *
 * The local record gets a new id, and the server's takes the old one; where
 * the number of a series collided, it gets the next free number of this
 * device's series. What refers to it follows, and the old id or number still
 * finds it. What waits goes on waiting under its own op_id: the server keeps
 * nothing of what was in conflict.
 *
 * Returns: whether it is stored
 */
gboolean
bp_store_renumber (BpStore    *self,
                   BpConflict *conflict,
                   GError    **error)
{
  int field = conflict->key != NULL ? bp_table_find_field (conflict->table, conflict->key) : -1;

  if (conflict->key == NULL && !conflict->table->keyed)
    return give_id (self, conflict, error);
  if (field >= 0 && (conflict->table->fields[field].flags & BP_FIELD_SERIES))
    return give_number (self, conflict, (guint)field, error);

  g_set_error (error, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED,
               "“%s” is not given out in a series", conflict->key != NULL ? conflict->key : "id");
  return FALSE;
}

/* A record that waits here has its own way of learning what is newer. */
static gboolean
show_other (BpStore       *self,
            const BpTable *table,
            const BpState *other,
            GError       **error)
{
  g_autoptr (BpBase) base = NULL;
  g_autoptr (BpRow) row = NULL;
  g_autoptr (BpState) shown = bp_state_copy (other);

  if (!bp_store_read_base (self, table, other->id, &base, error))
    return FALSE;
  if (!bp_store_read_row (self, table, other->id, &row, error))
    return FALSE;
  if (base != NULL || (row != NULL && row->state->version >= other->version))
    return TRUE;

  /* Its figures come with its row; until then they are what is known here. */
  shown->seq = 0;
  return bp_store_show (self, table, shown, BP_RECORD_SYNCED, error);
}

/* Whether nothing collides any more: the other record has been deleted since
 * the server told of it, or the local one has got another key. */
static gboolean
is_gone (BpStore          *self,
         const BpConflict *conflict,
         gboolean         *gone,
         GError          **error)
{
  const BpTable *table = conflict->table;
  const BpState *other = conflict->server;
  const char *key = bp_change_get_text (conflict->local->data, conflict->key);
  g_autoptr (BpRow) row = NULL;

  if (!bp_store_read_row (self, table, other->id, &row, error))
    return FALSE;

  if (g_strcmp0 (key, bp_change_get_text (other->data, conflict->key)) != 0)
    *gone = TRUE;
  else if (row != NULL)
    *gone = row->state->is_deleted && row->state->version > other->version;
  else
    *gone = bp_store_get_cursor (self, table) >= other->seq;
  return TRUE;
}

/**
 * bp_store_join_other:
 * @self: a store, in a transaction
 * @conflict: an ID_COLLISION of a key that is not of a series, its decision
 *   and local state stored
 * @error: %BP_STORE_ERROR_REFUSED, or a #BpDatabaseError
 *
 * The local record becomes the server's other one: what refers to it follows,
 * itself and what waits for it go. Where the other one is gone by now, or the
 * local one got another key, nothing collides any more: the local one stays,
 * and is sent again.
 *
 * Returns: whether it is stored
 */
gboolean
bp_store_join_other (BpStore    *self,
                     BpConflict *conflict,
                     GError    **error)
{
  const BpTable *table = conflict->table;
  const char *id = conflict->record_id;
  const BpState *other = conflict->server;
  g_autoptr (BpBase) base = NULL;
  gboolean gone, absent;

  if (other == NULL || g_strcmp0 (other->id, id) == 0)
    {
      g_set_error (error, BP_STORE_ERROR, BP_STORE_ERROR_REFUSED,
                   "The server's record is not known yet");
      return FALSE;
    }

  if (!is_gone (self, conflict, &gone, error))
    return FALSE;
  if (gone)
    return bp_store_close_conflict (self, conflict, BP_DECISION_LOCAL, error)
           && bp_store_settle (self, table, id, error);

  if (!bp_store_read_base (self, table, id, &base, error)
      || !bp_store_find_absent (self, table, id, &absent, error)
      || !bp_store_drop_record_queue (self, table, id, error)
      || !bp_store_follow (self, table, id, other->id, error)
      || !bp_store_remove_base (self, table, id, error)
      || !bp_store_remove_row (self, table, id, error)
      || !show_other (self, table, other, error)
      || !bp_store_refresh_status (self, table, other->id, error))
    return FALSE;

  /* The id, too, may be that of a record there: a third one. */
  return base == NULL || base->server == NULL || absent
         || bp_store_show (self, table, base->server, BP_RECORD_SYNCED, error);
}
