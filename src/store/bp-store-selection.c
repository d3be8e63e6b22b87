/* Limits of what lists, searches and counts show. They hide rows and never
 * delete them: a record by its id or key, sums and what a sale refers to do not
 * ask here. What is not settled is always shown. */
#include "config.h"

#include "bp-store-selection.h"

#include "bp-date.h"
#include "bp-json.h"
#include "bp-setting.h"
#include "bp-store-private.h"

static gboolean
read_groups (BpSelection *self,
             BpDatabase  *database,
             GError     **error)
{
  g_autofree char *setting = NULL;
  g_autoptr (GPtrArray) names = NULL;
  g_autoptr (GString) json = NULL;

  if (!bp_store_read_text (database, BP_SETTING_SQL, self->table->group_setting, &setting, error))
    return FALSE;
  names = bp_setting_get_names (setting, NULL);
  if (names == NULL || names->len == 0)
    return TRUE;

  json = g_string_new ("[");
  for (guint i = 0; i < names->len; i++)
    {
      g_string_append (json, i > 0 ? "," : "");
      bp_json_append_string (json, names->pdata[i]);
    }
  g_string_append_c (json, ']');
  self->groups = g_string_free (g_steal_pointer (&json), FALSE);
  return TRUE;
}

static gboolean
read_from (BpSelection *self,
           BpDatabase  *database,
           GError     **error)
{
  g_autofree char *setting = NULL;

  if (!bp_store_read_text (database, BP_SETTING_SQL, BP_SETTING_FROM, &setting, error))
    return FALSE;

  self->from = bp_setting_get_date (setting, self->table);
  return self->from == NULL
         || bp_store_read_text (database, BP_VALUE_SQL, "store.time_zone", &self->time_zone, error);
}

/**
 * bp_selection_read:
 * @self: nothing yet
 * @database: of a folder
 * @table: a table
 * @error: #BpDatabaseError
 *
 * Returns: whether it could be read; to be cleared in any case
 */
gboolean
bp_selection_read (BpSelection   *self,
                   BpDatabase    *database,
                   const BpTable *table,
                   GError       **error)
{
  *self = (BpSelection){ .table = table };

  return (table->group_setting == NULL || read_groups (self, database, error))
         && (table->date_field == NULL || read_from (self, database, error));
}

/**
 * bp_selection_clear:
 * @self: a selection, or zero
 */
void
bp_selection_clear (BpSelection *self)
{
  g_clear_pointer (&self->groups, g_free);
  g_clear_pointer (&self->from, g_free);
  g_clear_pointer (&self->time_zone, g_free);
}

/**
 * bp_selection_to_sql:
 * @self: a selection
 *
 * Returns: (transfer full): a condition for the rows shown, whose parameters
 *   bp_selection_bind() sets
 */
char *
bp_selection_to_sql (const BpSelection *self)
{
  const BpTable *table = self->table;
  GString *sql = g_string_new (NULL);

  if (self->groups == NULL && self->from == NULL)
    return g_string_free (g_string_assign (sql, "1"), FALSE);

  g_string_append (sql, "(sync_status <> 'synced' OR (1");
  if (self->groups != NULL)
    g_string_append_printf (sql, " AND trim (coalesce (%s, '')) IN"
                            " (SELECT value FROM json_each (:groups))", table->group_field);
  if (self->from != NULL)
    g_string_append_printf (sql, " AND (%s >= :from OR %s IS NULL)", table->date_field,
                            table->date_field);
  g_string_append (sql, "))");
  return g_string_free (sql, FALSE);
}

static gint64
get_first_moment (const BpSelection *self)
{
  g_autoptr (GTimeZone) zone = NULL;
  gint64 moment = 0;

  if (self->time_zone != NULL)
    zone = bp_date_find_zone (self->time_zone, NULL);
  if (zone == NULL)
    zone = g_time_zone_new_utc ();

  bp_date_parse_time (self->from, zone, &moment, NULL);
  return moment;
}

/**
 * bp_selection_bind:
 * @self: a selection
 * @statement: made with bp_selection_to_sql()
 */
void
bp_selection_bind (const BpSelection *self,
                   sqlite3_stmt      *statement)
{
  const BpTable *table = self->table;

  if (self->groups != NULL)
    bp_bind_text (statement, ":groups", self->groups);
  if (self->from == NULL)
    return;

  if (table->fields[bp_table_find_field (table, table->date_field)].type == BP_FIELD_TIME)
    bp_bind_integer (statement, ":from", get_first_moment (self));
  else
    bp_bind_text (statement, ":from", self->from);
}

/**
 * bp_selection_depends_on:
 * @table: a table
 * @setting: a setting of the device
 *
 * Returns: whether @setting changes what is shown of @table
 */
gboolean
bp_selection_depends_on (const BpTable *table,
                         const char    *setting)
{
  return g_strcmp0 (table->group_setting, setting) == 0
         || (table->date_field != NULL && g_str_equal (setting, BP_SETTING_FROM));
}
