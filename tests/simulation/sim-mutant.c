/* Planted bugs, made between device and server. */
#include "config.h"

#include "sim.h"

#include <json-glib/json-glib.h>
#include <string.h>

#define OP_ID "\"op_id\":\""

static void
replace_body (BpAnswer   *answer,
              const char *text)
{
  g_bytes_unref (answer->body);
  answer->body = g_bytes_new (text, strlen (text));
}

/**
 * sim_mutate_request:
 * @sim: a simulation
 * @body: of a push
 * @renamed: (element-type utf8): gets the true id and the other one, in turn
 *
 * Returns: (transfer full) (nullable): what the server is to see instead
 */
GBytes *
sim_mutate_request (Sim       *sim,
                    GBytes    *body,
                    GPtrArray *renamed)
{
  gsize length;
  const char *data = g_bytes_get_data (body, &length);
  char *text;

  if (sim->mutant != SIM_MUTANT_NO_OP_ID || !sim->are_faults_on)
    return NULL;

  text = g_strndup (data, length);
  for (char *at = strstr (text, OP_ID); at != NULL; at = strstr (at + 1, OP_ID))
    {
      char *id = at + strlen (OP_ID);
      gsize n = strcspn (id, "\"");

      g_ptr_array_add (renamed, g_strndup (id, n));
      for (gsize i = n - 8; i < n; i++)
        id[i] = "0123456789abcdef"[sim_random_below (&sim->faults, 16)];
      g_ptr_array_add (renamed, g_strndup (id, n));
    }

  return g_bytes_new_take (text, length);
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

static void
empty_table (JsonArray *array,
             guint      index,
             JsonNode  *node,
             gpointer   data)
{
  json_object_set_array_member (json_node_get_object (node), "rows", json_array_new ());
}

static void
change_each (BpAnswer        *answer,
             const char      *member,
             JsonArrayForeach func)
{
  gsize length;
  const char *data = g_bytes_get_data (answer->body, &length);
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *whole = g_strndup (data, length);
  g_autofree char *text = NULL;

  root = json_from_string (whole, NULL);
  json_array_foreach_element (json_object_get_array_member (json_node_get_object (root), member),
                              func, NULL);
  text = json_to_string (root, FALSE);
  replace_body (answer, text);
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
  if (answer->problem != NULL || !sim->are_faults_on)
    return;

  if (sim->mutant == SIM_MUTANT_NO_OP_ID && endpoint->id == BP_ENDPOINT_PUSH)
    rename_back (answer, renamed);
  else if (sim->mutant == SIM_MUTANT_ACKNOWLEDGE_ALL && endpoint->id == BP_ENDPOINT_PUSH)
    change_each (answer, "results", acknowledge);
  else if (sim->mutant == SIM_MUTANT_CURSOR_BEFORE_ROWS && endpoint->id == BP_ENDPOINT_PULL
           && sim_random_chance (&sim->faults, 100))
    change_each (answer, "tables", empty_table);
}
