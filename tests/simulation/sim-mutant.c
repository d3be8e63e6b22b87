/* Planted bugs, made between device and server. */
#include "config.h"

#include "sim.h"

#include <json-glib/json-glib.h>
#include <string.h>

#define OP_ID "\"op_id\":\""
#define EPOCH "\"epoch\":\""

static void
replace_body (BpAnswer   *answer,
              const char *text)
{
  g_bytes_unref (answer->body);
  answer->body = g_bytes_new (text, strlen (text));
}

static char *
dup_text (GBytes *bytes)
{
  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);

  return g_strndup (data, length);
}

/* The server does not know an operation again. */
static GBytes *
rename_operations (Sim       *sim,
                   GBytes    *body,
                   GPtrArray *renamed)
{
  char *text = dup_text (body);

  for (char *at = strstr (text, OP_ID); at != NULL; at = strstr (at + 1, OP_ID))
    {
      char *id = at + strlen (OP_ID);
      gsize n = strcspn (id, "\"");

      g_ptr_array_add (renamed, g_strndup (id, n));
      for (gsize i = n - 8; i < n; i++)
        id[i] = "0123456789abcdef"[sim_random_below (&sim->faults, 16)];
      g_ptr_array_add (renamed, g_strndup (id, n));
    }

  return g_bytes_new_take (text, strlen (text));
}

/* A device never learns that the server's past has changed. */
static GBytes *
tell_epoch (Sim    *sim,
            GBytes *body)
{
  g_autofree char *text = dup_text (body);
  g_autoptr (GString) changed = g_string_new (NULL);
  sqlite3_stmt *statement = sim_reader_prepare (sim_server_read (sim),
                                                "SELECT epoch FROM stores WHERE store_id = ?");
  const char *start = strstr (text, EPOCH);
  const char *end;
  gsize length;

  if (start == NULL)
    return NULL;
  start += strlen (EPOCH);
  end = strchr (start, '"');
  sqlite3_bind_text (statement, 1, sim->place->store_id, -1, SQLITE_STATIC);
  sqlite3_step (statement);
  g_string_append_len (changed, text, start - text);
  g_string_append (changed, (const char *)sqlite3_column_text (statement, 0));
  g_string_append (changed, end);
  sqlite3_reset (statement);
  length = changed->len;
  return g_bytes_new_take (g_string_free (g_steal_pointer (&changed), FALSE), length);
}

/* Of an action with several operations the last is not sent; see
 * add_result(). */
static GBytes *
tear_action (GBytes    *body,
             GPtrArray *torn)
{
  g_autofree char *text = dup_text (body);
  g_autoptr (JsonNode) root = json_from_string (text, NULL);
  JsonArray *operations = json_object_get_array_member (json_node_get_object (root),
                                                        "operations");
  guint n = json_array_get_length (operations);
  JsonObject *last, *other;
  char *changed;

  if (n < 2)
    return NULL;
  last = json_array_get_object_element (operations, n - 1);
  other = json_array_get_object_element (operations, n - 2);
  if (!g_str_equal (json_object_get_string_member (last, "action_id"),
                    json_object_get_string_member (other, "action_id")))
    return NULL;

  g_ptr_array_add (torn, g_strdup (json_object_get_string_member (last, "op_id")));
  json_array_remove_element (operations, n - 1);
  changed = json_to_string (root, FALSE);
  return g_bytes_new_take (changed, strlen (changed));
}

/**
 * sim_mutate_request:
 * @sim: a simulation
 * @endpoint: which call
 * @body: (nullable): what a device sends
 * @renamed: (element-type utf8): for sim_mutate_answer()
 *
 * Returns: (transfer full) (nullable): what the server is to see instead
 */
GBytes *
sim_mutate_request (Sim              *sim,
                    const BpEndpoint *endpoint,
                    GBytes           *body,
                    GPtrArray        *renamed)
{
  SimMutant mutant = sim->plan->mutant;
  gboolean is_push = endpoint->id == BP_ENDPOINT_PUSH;

  if (mutant == SIM_MUTANT_NONE || !sim->are_faults_on || body == NULL)
    return NULL;
  if (mutant == SIM_MUTANT_NO_OP_ID && is_push)
    return rename_operations (sim, body, renamed);
  if (mutant == SIM_MUTANT_EPOCH_IGNORED && (is_push || endpoint->id == BP_ENDPOINT_PULL))
    return tell_epoch (sim, body);
  if (mutant == SIM_MUTANT_ACTION_TORN && is_push)
    return tear_action (body, renamed);

  return NULL;
}

static void
rename_back (BpAnswer  *answer,
             GPtrArray *renamed)
{
  gsize length;
  const char *data = g_bytes_get_data (answer->body, &length);
  g_autoptr (GString) text = g_string_new_len (data, (gssize)length);

  for (guint i = 0; i + 1 < renamed->len; i += 2)
    g_string_replace (text, renamed->pdata[i + 1], renamed->pdata[i], 0);
  replace_body (answer, text->str);
}

static void
acknowledge (JsonArray *array,
             guint      index,
             JsonNode  *node,
             gpointer   data)
{
  JsonObject *result = json_node_get_object (node);

  if (g_str_equal (json_object_get_string_member (result, "status"), "applied"))
    return;
  json_object_set_string_member (result, "status", "applied");
  json_object_set_int_member (result, "version", 1);
  json_object_set_int_member (result, "seq", 1);
  json_object_remove_member (result, "conflict_type");
  json_object_remove_member (result, "server");
  json_object_remove_member (result, "key");
  json_object_remove_member (result, "code");
  json_object_remove_member (result, "detail");
  json_object_remove_member (result, "retry");
}

/* A cursor moves although the rows are lost. */
static void
empty_table (JsonArray *array,
             guint      index,
             JsonNode  *node,
             gpointer   data)
{
  json_object_set_array_member (json_node_get_object (node), "rows", json_array_new ());
}

static void
drop_last_row (JsonArray *array,
               guint      index,
               JsonNode  *node,
               gpointer   data)
{
  JsonArray *rows = json_object_get_array_member (json_node_get_object (node), "rows");
  guint n = json_array_get_length (rows);

  if (index + 1 == json_array_get_length (array) && n > 0)
    json_array_remove_element (rows, n - 1);
}

static void
drop_tombstones (JsonArray *array,
                 guint      index,
                 JsonNode  *node,
                 gpointer   data)
{
  JsonObject *table = json_node_get_object (node);
  JsonArray *columns = json_object_get_array_member (table, "columns");
  JsonArray *rows = json_object_get_array_member (table, "rows");
  guint column = 0;

  while (!g_str_equal (json_array_get_string_element (columns, column), "is_deleted"))
    column++;
  for (guint i = json_array_get_length (rows); i > 0; i--)
    {
      if (json_array_get_int_element (json_array_get_array_element (rows, i - 1), column) != 0)
        json_array_remove_element (rows, i - 1);
    }
}

static JsonNode *
parse (const BpAnswer *answer)
{
  g_autofree char *text = dup_text (answer->body);

  return json_from_string (text, NULL);
}

static void
change_each (BpAnswer        *answer,
             const char      *member,
             JsonArrayForeach func)
{
  g_autoptr (JsonNode) root = parse (answer);
  g_autofree char *text = NULL;

  json_array_foreach_element (json_object_get_array_member (json_node_get_object (root), member),
                              func, NULL);
  text = json_to_string (root, FALSE);
  replace_body (answer, text);
}

/* What was not sent is said to be there. */
static void
add_result (BpAnswer   *answer,
            const char *op_id)
{
  g_autoptr (JsonNode) root = parse (answer);
  g_autofree char *text = NULL;
  JsonObject *result = json_object_new ();
  JsonObject *object = json_node_get_object (root);

  json_object_set_string_member (result, "op_id", op_id);
  json_object_set_string_member (result, "status", "applied");
  json_object_set_int_member (result, "version", 1);
  json_object_set_int_member (result, "seq", json_object_get_int_member (object, "seq"));
  json_array_add_object_element (json_object_get_array_member (object, "results"), result);
  text = json_to_string (root, FALSE);
  replace_body (answer, text);
}

static void
mutate_push (Sim       *sim,
             BpAnswer  *answer,
             GPtrArray *renamed)
{
  switch (sim->plan->mutant)
    {
    case SIM_MUTANT_NO_OP_ID:
      rename_back (answer, renamed);
      break;
    case SIM_MUTANT_ACKNOWLEDGE_ALL:
      change_each (answer, "results", acknowledge);
      break;
    case SIM_MUTANT_ACTION_TORN:
      if (renamed->len > 0)
        add_result (answer, renamed->pdata[0]);
      break;
    default:
      break;
    }
}

static gboolean
has_more (const BpAnswer *answer)
{
  g_autofree char *text = dup_text (answer->body);

  return strstr (text, "\"more\":true") != NULL;
}

static void
mutate_pull (Sim      *sim,
             BpAnswer *answer)
{
  SimMutant mutant = sim->plan->mutant;

  if (mutant == SIM_MUTANT_CURSOR_BEFORE_ROWS && sim_random_chance (&sim->faults, 100))
    change_each (answer, "tables", empty_table);
  else if (mutant == SIM_MUTANT_TOMBSTONE_IGNORED)
    change_each (answer, "tables", drop_tombstones);
  else if (mutant == SIM_MUTANT_PAGE_END_SKIPPED && has_more (answer))
    change_each (answer, "tables", drop_last_row);
}

/**
 * sim_mutate_answer:
 * @sim: a simulation
 * @endpoint: which call
 * @answer: the server's, changed as the planted bug would
 * @renamed: (element-type utf8): see sim_mutate_request()
 */
void
sim_mutate_answer (Sim              *sim,
                   const BpEndpoint *endpoint,
                   BpAnswer         *answer,
                   GPtrArray        *renamed)
{
  if (sim->plan->mutant == SIM_MUTANT_NONE || answer->problem != NULL || !sim->are_faults_on)
    return;
  if (endpoint->id == BP_ENDPOINT_PUSH)
    mutate_push (sim, answer, renamed);
  else if (endpoint->id == BP_ENDPOINT_PULL)
    mutate_pull (sim, answer);
}

/* What a store with the bug would have written otherwise. */
static const char *const triggers[SIM_N_MUTANTS] = {
  [SIM_MUTANT_CONFLICT_DROPS_ROW]
    = "CREATE TEMP TRIGGER mutant AFTER INSERT ON main.sync_conflicts BEGIN"
      " DELETE FROM sync_queue WHERE table_name = NEW.table_name AND record_id = NEW.record_id"
      " AND status <> 'synced'; END",
  [SIM_MUTANT_EFFECTS_TWICE]
    = "CREATE TEMP TRIGGER mutant AFTER INSERT ON main.sync_effects"
      " WHEN NEW.table_name = 'products' BEGIN"
      " UPDATE products_local SET stock = coalesce (stock, 0) + NEW.amount"
      " WHERE id = NEW.record_id; END",
  [SIM_MUTANT_PULL_OVERWRITES]
    = "CREATE TEMP TRIGGER mutant AFTER UPDATE ON main.sync_base"
      " WHEN NEW.table_name = 'products' AND NEW.server IS NOT NULL BEGIN"
      " UPDATE products_local SET name = NEW.server ->> '$.data.name',"
      " category = NEW.server ->> '$.data.category', note = NEW.server ->> '$.data.note'"
      " WHERE id = NEW.record_id; END",
  [SIM_MUTANT_BASE_NOT_ADVANCED]
    = "CREATE TEMP TRIGGER mutant BEFORE UPDATE OF state ON main.sync_base"
      " WHEN OLD.state IS NOT NULL BEGIN SELECT raise (IGNORE); END",
  [SIM_MUTANT_REFERENCES_STAY]
    = "CREATE TEMP TRIGGER mutant BEFORE UPDATE OF sale_id ON main.payments_local"
      " WHEN OLD.sale_id IS NOT NEW.sale_id BEGIN SELECT raise (IGNORE); END",
};

/**
 * sim_mutate_device:
 * @device: a device that was just opened
 *
 * Plants the bug, where it is one of its store.
 */
void
sim_mutate_device (SimDevice *device)
{
  sqlite3 *handle = sim_reader_get_handle (device->books.reader);
  const char *sql = triggers[device->sim->plan->mutant];

  if (sql != NULL
      && sqlite3_exec (handle, sql, NULL, NULL, NULL) != SQLITE_OK)
    g_error ("%s: %s", sql, sqlite3_errmsg (handle));
}

/**
 * sim_mutate_save:
 * @device: a device whose user is about to save
 *
 * Plants the bug, where it is one of folding: what was sent and not answered
 * is taken for what was never sent.
 */
void
sim_mutate_save (SimDevice *device)
{
  if (device->sim->plan->mutant == SIM_MUTANT_FOLD_INTO_SENT)
    sqlite3_exec (sim_reader_get_handle (device->books.reader),
                  "UPDATE sync_queue SET status = 'pending' WHERE status = 'syncing'", NULL, NULL,
                  NULL);
}
