/* check, repair, config. */
#include "config.h"

#include "bp-command.h"
#include "bp-json.h"
#include "bp-setting.h"
#include "bp-shop-json.h"

/**
 * bp_command_check:
 * @call: no arguments
 * @error: %BP_COMMAND_ERROR_SILENT where faults were found and printed
 *
 * Checks the file and the books.
 *
 * Returns: whether nothing is wrong
 */
gboolean
bp_command_check (BpInvocation *call,
                  GError      **error)
{
  g_autoptr (GPtrArray) faults = g_ptr_array_new_with_free_func (g_free);

  if (!bp_store_check (bp_shop_get_store (call->shop), faults, error))
    return FALSE;
  for (guint i = 0; i < faults->len; i++)
    bp_command_print (faults->pdata[i]);
  if (faults->len == 0)
    return TRUE;

  g_set_error (error, BP_COMMAND_ERROR, BP_COMMAND_ERROR_SILENT, "%u faults", faults->len);
  return FALSE;
}

/**
 * bp_command_repair:
 * @call: no arguments; has no shop
 * @error: why not, such as that nothing is damaged
 *
 * Makes new books of what can be read of damaged ones, and prints what the
 * damaged file is called now, how many rows were read, and whether that seems
 * to be all of them.
 *
 * Returns: whether the books can be opened again
 */
gboolean
bp_command_repair (BpInvocation *call,
                   GError      **error)
{
  g_autoptr (BpClock) clock = bp_system_clock_new ();
  g_autoptr (GString) json = g_string_new ("{");
  BpRepair repair;

  if (!bp_store_repair (call->folder, clock, &repair, error))
    return FALSE;

  bp_json_append_string_member (json, "kept", repair.kept);
  bp_json_append_member (json, "rows");
  g_string_append_printf (json, "%" G_GUINT64_FORMAT, repair.n_rows);
  bp_json_append_member (json, "whole");
  g_string_append (json, repair.is_whole ? "true}" : "false}");
  bp_command_print (json->str);
  g_free (repair.kept);
  return TRUE;
}

static gboolean
print_setting (BpInvocation *call,
               const char   *key,
               GError      **error)
{
  const BpSetting *setting = bp_setting_find (key);
  g_autofree char *value = bp_shop_get_config (call->shop, key, error);
  g_autoptr (GString) json = g_string_new ("{");

  if (value == NULL)
    return FALSE;
  if (setting != NULL && bp_setting_is_number (setting) && *value != '\0')
    {
      bp_json_append_member (json, key);
      g_string_append (json, value);
    }
  else
    bp_json_append_string_member (json, key, value);
  g_string_append_c (json, '}');
  bp_command_print (json->str);
  return TRUE;
}

/**
 * bp_command_config:
 * @call: nothing, `KEY`, or `KEY VALUE`
 * @error: why not
 *
 * Prints all settings or one, or sets one.
 *
 * Returns: whether it is done
 */
gboolean
bp_command_config (BpInvocation *call,
                   GError      **error)
{
  g_autofree char *text = NULL;

  if (call->n_args == 2)
    return bp_shop_set_config (call->shop, call->args[0], call->args[1], error);
  if (call->n_args == 1)
    return print_setting (call, call->args[0], error);

  text = bp_shop_config_to_json (call->shop);
  bp_command_print (text);
  return TRUE;
}
