/* Which action an edit belongs to. An edit of a record that waits becomes part
 * of the action that the waiting operation belongs to: both are sent together
 * or not at all. An edit of several records may so join several actions, which
 * become one, in the oldest one's place.
 *
 * A join is all or nothing, and done only where the result can be sent:
 *
 *  - it keeps the limits of an action,
 *  - none of its operations is on its way, or may have come through,
 *  - no record has two operations in it, for a push takes one of a record,
 *  - it need not wait for an action that waits for it. An action waits for
 *    another where a record has an older operation in that one.
 *
 * Otherwise the edit is an action of its own, the youngest, for which nothing
 * waits. So the actions never wait for each other in a circle. */
#include "config.h"

#include "bp-store-private.h"

#include <string.h>

#include "bp-json.h"

/* What an operation has on the wire beside its data. */
#define OVERHEAD 512

/* In the store's table of joined actions, flat, to be freed with g_free (). */
typedef struct
{
  gboolean planned;
  char target[];
} Entry;

typedef struct
{
  GHashTable *actions; /* (owned) (element-type utf8): ids of what is joined */
  GHashTable *records; /* (owned) (element-type utf8): "table/id" in it */
  GString *fresh;      /* (owned): JSON of records with a new operation */
  char *target;        /* (owned): id of the oldest */
  gint64 oldest;
  guint n_operations;
  gsize n_bytes;
  BpPriority priority;
  gboolean impossible;
} Join;

static Join *
join_new (void)
{
  Join *join = g_new0 (Join, 1);

  join->actions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  join->records = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  join->fresh = g_string_new ("[");
  join->oldest = G_MAXINT64;
  join->priority = BP_PRIORITY_LOW;
  return join;
}

static void
join_free (Join *join)
{
  g_hash_table_unref (join->actions);
  g_hash_table_unref (join->records);
  g_string_free (join->fresh, TRUE);
  g_free (join->target);
  g_free (join);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Join, join_free)

static void
enter (BpStore    *self,
       const char *action_id,
       const char *target,
       gboolean    planned)
{
  gsize length = strlen (target) + 1;
  Entry *entry = g_malloc (sizeof *entry + length);

  entry->planned = planned;
  memcpy (entry->target, target, length);
  g_hash_table_replace (bp_store_get_joined (self), g_strdup (action_id), entry);
}

/**
 * bp_store_get_action:
 * @self: a store, in a transaction
 * @action_id: an action of this transaction
 *
 * Returns: (transfer none): the action it is now a part of; itself where it
 *   joined none
 */
const char *
bp_store_get_action (BpStore    *self,
                     const char *action_id)
{
  const Entry *entry = g_hash_table_lookup (bp_store_get_joined (self), action_id);

  return entry != NULL ? entry->target : action_id;
}

/**
 * bp_queue_row_is_foldable:
 * @row: the youngest operation of a record
 *
 * Returns: whether a newer edit may become part of it: it was never sent
 *   without an answer
 */
gboolean
bp_queue_row_is_foldable (const BpQueueRow *row)
{
  return row->unanswered == 0
         && (g_str_equal (row->status, "pending") || g_str_equal (row->status, "failed"));
}

static void
add_record (Join          *join,
            const BpTable *table,
            const char    *id,
            gsize          n_bytes)
{
  join->n_operations++;
  join->n_bytes += n_bytes + OVERHEAD;
  if (!g_hash_table_add (join->records, g_strdup_printf ("%s/%s", table->name, id)))
    join->impossible = TRUE;
}

static void
add_row (Join             *join,
         const BpQueueRow *row)
{
  add_record (join, row->table, row->record_id, row->data != NULL ? strlen (row->data) : 0);
  join->impossible = join->impossible || !bp_queue_row_is_foldable (row);
  join->priority = MIN (join->priority, row->priority);
  if (row->id < join->oldest)
    {
      join->oldest = row->id;
      g_free (join->target);
      join->target = g_strdup (row->action_id);
    }
}

static gboolean
add_action (BpStore    *self,
            Join       *join,
            const char *action_id,
            GError    **error)
{
  g_autoptr (GPtrArray) rows = NULL;

  if (g_hash_table_contains (join->actions, action_id))
    return TRUE;

  rows = bp_store_list_action_queue (self, action_id, error);
  if (rows == NULL)
    return FALSE;

  g_hash_table_add (join->actions, g_strdup (action_id));
  for (guint i = 0; i < rows->len; i++)
    add_row (join, rows->pdata[i]);
  return TRUE;
}

static void
add_fresh (Join          *join,
           const BpTable *table,
           const char    *id)
{
  if (join->fresh->len > 1)
    g_string_append_c (join->fresh, ',');
  g_string_append_c (join->fresh, '[');
  bp_json_append_string (join->fresh, table->name);
  g_string_append_c (join->fresh, ',');
  bp_json_append_string (join->fresh, id);
  g_string_append_c (join->fresh, ']');
}

/* @fresh_bytes gets the data of the record that has nothing to fold into; its
 * operation is counted when all actions are known. */
static gboolean
add_edited (BpStore       *self,
            Join          *join,
            const BpTable *table,
            const char    *id,
            gboolean      *is_fresh,
            GError       **error)
{
  g_autoptr (GPtrArray) rows = bp_store_list_record_queue (self, table, id, error);
  const BpQueueRow *last;

  if (rows == NULL)
    return FALSE;

  last = rows->len > 0 ? rows->pdata[rows->len - 1] : NULL;
  *is_fresh = last == NULL || !bp_queue_row_is_foldable (last);
  if (*is_fresh)
    add_fresh (join, table, id);
  return *is_fresh || add_action (self, join, last->action_id, error);
}

static char *
list_actions (const Join *join)
{
  GString *json = g_string_new ("[");
  GHashTableIter iter;
  gpointer id;

  g_hash_table_iter_init (&iter, join->actions);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    {
      if (json->len > 1)
        g_string_append_c (json, ',');
      bp_json_append_string (json, id);
    }
  g_string_append_c (json, ']');
  return g_string_free (json, FALSE);
}

/* Goes back from the joined actions (and new operations behind others of the
 * same record) over all that must be sent before: is one of them among these? */
static gboolean
waits_for_itself (BpStore    *self,
                  const Join *join,
                  const char *actions,
                  gint64     *answer,
                  GError    **error)
{
  g_autofree char *fresh = g_strconcat (join->fresh->str, "]", NULL);

  return bp_store_ask (self, answer, error,
                       "WITH RECURSIVE"
                       " joined (action) AS (SELECT value FROM json_each (?1)),"
                       " before (action) AS ("
                       "  SELECT o.action_id FROM sync_queue q JOIN sync_queue o"
                       "   ON o.table_name = q.table_name AND o.record_id = q.record_id"
                       "    AND o.id < q.id AND o.status <> 'synced'"
                       "   WHERE q.action_id IN joined AND q.status <> 'synced'"
                       "    AND o.action_id NOT IN joined"
                       "  UNION"
                       "  SELECT o.action_id FROM json_each (?2) r JOIN sync_queue o"
                       "   ON o.table_name = r.value ->> 0 AND o.record_id = r.value ->> 1"
                       "    AND o.status <> 'synced'"
                       "   WHERE o.action_id NOT IN joined"
                       "  UNION"
                       "  SELECT o.action_id FROM before b JOIN sync_queue q"
                       "   ON q.action_id = b.action AND q.status <> 'synced'"
                       "   JOIN sync_queue o"
                       "   ON o.table_name = q.table_name AND o.record_id = q.record_id"
                       "    AND o.id < q.id AND o.status <> 'synced')"
                       " SELECT EXISTS (SELECT 1 FROM before WHERE action IN joined)",
                       "ss", actions, fresh);
}

static gboolean
is_possible (BpStore    *self,
             const Join *join,
             const char *actions,
             gboolean   *possible,
             GError    **error)
{
  gint64 circular = 0;

  *possible = !join->impossible && join->n_operations <= BP_STORE_MAX_OPERATIONS
              && join->n_bytes <= BP_STORE_MAX_ACTION;
  if (!*possible || (g_hash_table_size (join->actions) == 1 && join->fresh->len == 1))
    return TRUE;
  if (!waits_for_itself (self, join, actions, &circular, error))
    return FALSE;

  *possible = circular == 0;
  return TRUE;
}

static gboolean
carry_out (BpStore    *self,
           const Join *join,
           const char *actions,
           GError    **error)
{
  return g_hash_table_size (join->actions) == 1
         || bp_store_execute (self, error,
                              "UPDATE sync_queue SET action_id = ?, priority = ?"
                              " WHERE action_id IN (SELECT value FROM json_each (?))"
                              "  AND status <> 'synced'",
                              "sis", join->target, (gint64)join->priority, actions);
}

static gboolean
conclude (BpStore    *self,
          Join       *join,
          const char *action_id,
          gboolean    planned,
          GError    **error)
{
  g_autofree char *actions = list_actions (join);
  gboolean possible = FALSE;

  if (join->target != NULL && !is_possible (self, join, actions, &possible, error))
    return FALSE;
  if (possible && !carry_out (self, join, actions, error))
    return FALSE;

  enter (self, action_id, possible ? join->target : bp_store_get_action (self, action_id),
         planned);
  return TRUE;
}

/**
 * bp_store_plan_fold:
 * @self: a store, in a transaction
 * @action_id: a new action
 * @writes: (element-type BpWrite): what it is going to change
 * @error: #BpDatabaseError
 *
 * Lets the action join those that its records wait in, all of them or none;
 * see bp_store_get_action().
 *
 * Returns: whether it succeeded, joined or not
 */
gboolean
bp_store_plan_fold (BpStore    *self,
                    const char *action_id,
                    GPtrArray  *writes,
                    GError    **error)
{
  g_autoptr (Join) join = join_new ();
  g_autoptr (GArray) fresh = g_array_sized_new (FALSE, FALSE, sizeof (gboolean), writes->len);

  for (guint i = 0; i < writes->len; i++)
    {
      const BpWrite *write = writes->pdata[i];
      gboolean is_fresh;

      if (!add_edited (self, join, write->table, write->id, &is_fresh, error))
        return FALSE;
      g_array_append_val (fresh, is_fresh);
    }

  for (guint i = 0; join->target != NULL && i < writes->len; i++)
    {
      const BpWrite *write = writes->pdata[i];
      g_autofree char *data = write->change != NULL ? bp_change_to_text (write->change) : NULL;
      gsize length = data != NULL ? strlen (data) : 0;

      if (g_array_index (fresh, gboolean, i))
        add_record (join, write->table, write->id, length);
      else
        join->n_bytes += length;
    }

  return conclude (self, join, action_id, TRUE, error);
}

/**
 * bp_store_join_record:
 * @self: a store, in a transaction
 * @action_id: an action of this transaction
 * @table: a table
 * @id: a record that it changes
 * @error: #BpDatabaseError
 *
 * Lets the action, with what it has joined already, join the one that the
 * record waits in. Does nothing for an action of bp_store_plan_fold().
 *
 * Returns: whether it succeeded, joined or not
 */
gboolean
bp_store_join_record (BpStore       *self,
                      const char    *action_id,
                      const BpTable *table,
                      const char    *id,
                      GError       **error)
{
  const Entry *entry = g_hash_table_lookup (bp_store_get_joined (self), action_id);
  g_autoptr (Join) join = NULL;
  gboolean is_fresh;

  if (entry != NULL && entry->planned)
    return TRUE;

  join = join_new ();
  if (!add_action (self, join, bp_store_get_action (self, action_id), error)
      || !add_edited (self, join, table, id, &is_fresh, error))
    return FALSE;

  if (is_fresh)
    add_record (join, table, id, 0);
  return conclude (self, join, action_id, FALSE, error);
}
