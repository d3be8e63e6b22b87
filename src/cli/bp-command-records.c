/* add, set, delete, get, list. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bp-command.h"
#include "bp-json.h"
#include "bp-shop-json.h"

static JsonNode *
parse_argument (const char *text,
                GError    **error)
{
  g_autoptr (GError) local_error = NULL;
  JsonNode *node = bp_json_parse_object (text, -1, &local_error);

  if (node == NULL)
    g_set_error (error, BP_COMMAND_ERROR, BP_COMMAND_ERROR_USAGE, "%s", local_error->message);

  return node;
}

static gboolean
add_one (BpInvocation  *call,
         const BpTable *table,
         const char    *text,
         GError       **error)
{
  g_autoptr (JsonNode) node = parse_argument (text, error);
  g_autoptr (GString) answer = g_string_new ("{");
  g_autofree char *id = NULL;

  if (node == NULL)
    return FALSE;
  id = bp_shop_add_from_json (call->shop, table, json_node_get_object (node), error);
  if (id == NULL)
    return FALSE;

  bp_json_append_string_member (answer, "id", id);
  g_string_append_c (answer, '}');
  bp_command_print (answer->str);
  return TRUE;
}

/* A line that fails is answered with its reason, so that answers stay in step
 * with lines; the others are saved all the same. */
static gboolean
add_lines (BpInvocation  *call,
           const BpTable *table,
           GError       **error)
{
  g_autoptr (GError) first = NULL;
  char *line = NULL;
  size_t size = 0;
  ssize_t length;

  while ((length = getline (&line, &size, stdin)) >= 0)
    {
      g_autoptr (GError) local_error = NULL;
      g_autoptr (GString) answer = g_string_new ("{");

      if (strlen (g_strstrip (line)) == 0)
        continue;
      if (!add_one (call, table, line, &local_error))
        {
          bp_json_append_string_member (answer, "error", local_error->message);
          g_string_append_c (answer, '}');
          bp_command_print (answer->str);
          if (first == NULL)
            first = g_steal_pointer (&local_error);
        }
      fflush (stdout);
    }
  free (line);

  if (first == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&first));
  return FALSE;
}

/**
 * bp_command_add:
 * @call: `TABLE JSON`
 * @error: why not
 *
 * Saves a record, or one for each line of standard input.
 *
 * Returns: whether all were saved
 */
gboolean
bp_command_add (BpInvocation *call,
                GError      **error)
{
  const BpTable *table = bp_invocation_get_table (call, 0, error);

  if (table == NULL)
    return FALSE;
  if (g_str_equal (call->args[1], "-"))
    return add_lines (call, table, error);

  return add_one (call, table, call->args[1], error);
}

/**
 * bp_command_set:
 * @call: `TABLE ID JSON`
 * @error: why not
 *
 * Returns: whether the fields were changed
 */
gboolean
bp_command_set (BpInvocation *call,
                GError      **error)
{
  const BpTable *table = bp_invocation_get_table (call, 0, error);
  g_autoptr (JsonNode) node = NULL;

  if (table == NULL)
    return FALSE;
  node = parse_argument (call->args[2], error);
  if (node == NULL)
    return FALSE;

  return bp_shop_set_from_json (call->shop, table, call->args[1], json_node_get_object (node),
                                error);
}

/**
 * bp_command_delete:
 * @call: `TABLE ID`
 * @error: why not
 *
 * Returns: whether the record is deleted
 */
gboolean
bp_command_delete (BpInvocation *call,
                   GError      **error)
{
  const BpTable *table = bp_invocation_get_table (call, 0, error);

  return table != NULL && bp_shop_delete (call->shop, table, call->args[1], error);
}

static gboolean
print_row (const BpRow *row,
           gpointer     user_data)
{
  g_autofree char *text = bp_shop_row_to_json (row);

  bp_command_print (text);
  return TRUE;
}

/**
 * bp_command_get:
 * @call: `TABLE ID`
 * @error: why not
 *
 * Prints a record, a deleted one, too.
 *
 * Returns: whether there is one
 */
gboolean
bp_command_get (BpInvocation *call,
                GError      **error)
{
  const BpTable *table = bp_invocation_get_table (call, 0, error);
  g_autoptr (BpRow) row = NULL;

  if (table == NULL)
    return FALSE;
  row = bp_store_get (bp_shop_get_store (call->shop), table, call->args[1], error);
  if (row == NULL)
    return FALSE;

  return print_row (row, NULL);
}

/**
 * bp_command_list:
 * @call: `TABLE`
 * @error: why not
 *
 * Prints records, oldest first.
 *
 * Returns: whether they could be read
 */
gboolean
bp_command_list (BpInvocation *call,
                 GError      **error)
{
  const BpTable *table = bp_invocation_get_table (call, 0, error);

  return table != NULL
         && bp_store_list (bp_shop_get_store (call->shop),
                           &(BpListFilter){ table, call->search, call->deleted, call->limit,
                                            .selected = TRUE },
                           print_row, NULL, error);
}
