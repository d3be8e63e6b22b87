#include "config.h"

#include "bp-command.h"
#include "bp-json.h"
#include "bp-report.h"

/**
 * bp_command_report:
 * @call: `day|products|customers|stock`
 * @error: why not
 *
 * Prints figures by business dates, today's unless told.
 *
 * Returns: whether they could be read
 */
gboolean
bp_command_report (BpInvocation *call,
                   GError      **error)
{
  g_autoptr (GPtrArray) rows = NULL;
  BpReportKind kind;

  if (!bp_report_kind_from_string (call->args[0], &kind))
    {
      g_set_error (error, BP_COMMAND_ERROR, BP_COMMAND_ERROR_USAGE, "There is no report “%s”",
                   call->args[0]);
      return FALSE;
    }

  rows = bp_report_run (call->shop, kind, call->from, call->to, error);
  if (rows == NULL)
    return FALSE;

  for (guint i = 0; i < rows->len; i++)
    {
      g_autoptr (GString) json = g_string_new (NULL);
      g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), rows->pdata[i]);

      bp_json_append_node (json, node);
      bp_command_print (json->str);
    }

  return TRUE;
}
