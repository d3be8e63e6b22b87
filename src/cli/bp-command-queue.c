/* queue, retry, discard, conflicts, resolve, log: what a person sees of, and
 * decides about, what is not yet settled. */
#include "config.h"

#include "bp-command.h"
#include "bp-json.h"
#include "bp-merge.h"

static void
append_optional_integer (GString    *json,
                         const char *member,
                         gint64      integer,
                         gboolean    is_null)
{
  if (is_null)
    bp_json_append_string_member (json, member, NULL);
  else
    bp_json_append_integer_member (json, member, integer);
}

static void
append_state (GString       *json,
              const char    *member,
              const BpState *state)
{
  bp_json_append_member (json, member);
  if (state == NULL)
    {
      g_string_append (json, "null");
      return;
    }

  g_string_append_c (json, '{');
  bp_json_append_string_member (json, "id", state->id);
  for (guint i = 0; i < state->data->table->n_fields; i++)
    {
      const BpField *field = &state->data->table->fields[i];

      bp_json_append_member (json, field->name);
      bp_value_append_json (&state->data->values[i], field, json);
    }
  bp_json_append_integer_member (json, "version", state->version);
  bp_json_append_integer_member (json, "is_deleted", state->is_deleted);
  bp_json_append_integer_member (json, "last_modified", state->modified_at);
  bp_json_append_string_member (json, "device_name", state->device_name);
  bp_json_append_string_member (json, "user", state->user);
  g_string_append_c (json, '}');
}

static void
print_queue_row (const BpQueueRow *row)
{
  g_autoptr (GString) json = g_string_new ("{");

  bp_json_append_integer_member (json, "id", row->id);
  bp_json_append_string_member (json, "op_id", row->op_id);
  bp_json_append_string_member (json, "action_id", row->action_id);
  bp_json_append_string_member (json, "table_name", row->table->name);
  bp_json_append_string_member (json, "record_id", row->record_id);
  bp_json_append_string_member (json, "operation", bp_operation_kind_to_string (row->kind));
  append_optional_integer (json, "base_version", row->base_version,
                           row->kind == BP_OPERATION_INSERT);
  bp_json_append_member (json, "data");
  g_string_append (json, row->data != NULL ? row->data : "{}");
  bp_json_append_string_member (json, "priority", bp_priority_to_string (row->priority));
  bp_json_append_integer_member (json, "timestamp", row->timestamp);
  bp_json_append_integer_member (json, "retry_count", row->retry_count);
  bp_json_append_integer_member (json, "next_attempt", row->next_attempt);
  bp_json_append_string_member (json, "status", row->status);
  bp_json_append_string_member (json, "last_error", row->last_error);
  g_string_append_c (json, '}');
  bp_command_print (json->str);
}

/**
 * bp_command_queue:
 * @call: no arguments
 * @error: why not
 *
 * Prints pending, syncing and failed operations.
 *
 * Returns: whether they could be read
 */
gboolean
bp_command_queue (BpInvocation *call,
                  GError      **error)
{
  g_autoptr (GPtrArray) rows = bp_store_list_queue (bp_shop_get_store (call->shop), error);

  if (rows == NULL)
    return FALSE;
  for (guint i = 0; i < rows->len; i++)
    print_queue_row (rows->pdata[i]);

  return TRUE;
}

/**
 * bp_command_retry:
 * @call: `ID…` or `--all`
 * @error: why not
 *
 * Makes failed operations pending again.
 *
 * Returns: whether all named are
 */
gboolean
bp_command_retry (BpInvocation *call,
                  GError      **error)
{
  BpStore *store = bp_shop_get_store (call->shop);

  if (call->all == (call->n_args > 0))
    {
      g_set_error (error, BP_COMMAND_ERROR, BP_COMMAND_ERROR_USAGE,
                   "Usage: bizpulsectl retry ID…|--all");
      return FALSE;
    }
  if (call->all)
    return bp_store_retry (store, NULL, error);

  for (guint i = 0; i < call->n_args; i++)
    {
      if (!bp_store_retry (store, call->args[i], error))
        return FALSE;
    }

  return TRUE;
}

/**
 * bp_command_discard:
 * @call: `ID`
 * @error: why not
 *
 * Gives the action of an operation up.
 *
 * Returns: whether its records are the server's again
 */
gboolean
bp_command_discard (BpInvocation *call,
                    GError      **error)
{
  return bp_store_discard (bp_shop_get_store (call->shop), call->args[0], error);
}

static void
print_conflict (const BpConflict *conflict)
{
  g_autoptr (GString) json = g_string_new ("{");

  bp_json_append_integer_member (json, "id", conflict->id);
  bp_json_append_string_member (json, "table_name", conflict->table->name);
  bp_json_append_string_member (json, "record_id", conflict->record_id);
  bp_json_append_string_member (json, "conflict_type",
                                bp_conflict_type_to_string (conflict->type));
  append_state (json, "base_data", conflict->base);
  append_state (json, "local_data", conflict->local);
  append_state (json, "server_data", conflict->server);
  bp_json_append_string_member (json, "decision", conflict->decision);
  bp_json_append_string_member (json, "key", conflict->key);
  bp_json_append_integer_member (json, "created_at", conflict->created_at);
  append_optional_integer (json, "resolved", conflict->resolved, conflict->decision == NULL);
  g_string_append_c (json, '}');
  bp_command_print (json->str);
}

/**
 * bp_command_conflicts:
 * @call: no arguments
 * @error: why not
 *
 * Prints open conflicts, or all.
 *
 * Returns: whether they could be read
 */
gboolean
bp_command_conflicts (BpInvocation *call,
                      GError      **error)
{
  g_autoptr (GPtrArray) conflicts
    = bp_store_list_conflicts (bp_shop_get_store (call->shop), call->all, error);

  if (conflicts == NULL)
    return FALSE;
  for (guint i = 0; i < conflicts->len; i++)
    print_conflict (conflicts->pdata[i]);

  return TRUE;
}

static gboolean
choose_decision (BpInvocation     *call,
                 const BpConflict *conflict,
                 BpDecision       *decision,
                 BpChange        **merged,
                 GError          **error)
{
  const char *word = call->args[1];

  if (g_str_equal (word, "merge"))
    {
      *decision = BP_DECISION_MERGED;
      return bp_merge_choose (conflict, (const char *const *)call->args + 2, merged, error);
    }
  if (call->n_args == 2 && g_str_equal (word, "keep-local"))
    {
      *decision = BP_DECISION_LOCAL;
      return TRUE;
    }
  if (call->n_args == 2 && g_str_equal (word, "use-server"))
    {
      *decision = BP_DECISION_SERVER;
      return TRUE;
    }

  g_set_error (error, BP_COMMAND_ERROR, BP_COMMAND_ERROR_USAGE,
               "Usage: bizpulsectl resolve ID keep-local|use-server|merge [FIELD=…]");
  return FALSE;
}

/**
 * bp_command_resolve:
 * @call: `ID keep-local|use-server|merge …`
 * @error: why not
 *
 * Decides a conflict.
 *
 * Returns: whether the decision is saved and queued
 */
gboolean
bp_command_resolve (BpInvocation *call,
                    GError      **error)
{
  BpStore *store = bp_shop_get_store (call->shop);
  g_autoptr (BpConflict) conflict = NULL;
  g_autoptr (BpChange) merged = NULL;
  BpDecision decision = BP_DECISION_ASK;
  gint64 id;

  if (!bp_invocation_get_id (call, 0, &id, error))
    return FALSE;
  conflict = bp_store_get_conflict (store, id, error);
  if (conflict == NULL || !choose_decision (call, conflict, &decision, &merged, error))
    return FALSE;

  return bp_store_decide (store, id, conflict->server != NULL ? conflict->server->version : 0,
                          decision, merged, error);
}

static void
print_log_entry (const BpLogEntry *entry)
{
  g_autoptr (GString) json = g_string_new ("{");

  bp_json_append_integer_member (json, "id", entry->id);
  bp_json_append_integer_member (json, "time", entry->time);
  bp_json_append_string_member (json, "kind", entry->kind);
  bp_json_append_string_member (json, "direction", entry->direction);
  bp_json_append_string_member (json, "state", entry->state);
  bp_json_append_integer_member (json, "pushed", entry->pushed);
  bp_json_append_integer_member (json, "pulled", entry->pulled);
  bp_json_append_integer_member (json, "conflicts", entry->conflicts);
  bp_json_append_integer_member (json, "failed", entry->failed);
  bp_json_append_integer_member (json, "requests", entry->requests);
  bp_json_append_integer_member (json, "bytes_sent", entry->bytes_sent);
  bp_json_append_integer_member (json, "bytes_received", entry->bytes_received);
  bp_json_append_integer_member (json, "milliseconds", entry->milliseconds);
  bp_json_append_string_member (json, "error", entry->error);
  g_string_append_c (json, '}');
  bp_command_print (json->str);
}

/**
 * bp_command_log:
 * @call: no arguments
 * @error: why not
 *
 * Prints the sync runs and failed attempts.
 *
 * Returns: whether they could be read
 */
gboolean
bp_command_log (BpInvocation *call,
                GError      **error)
{
  g_autoptr (GPtrArray) entries
    = bp_store_list_log (bp_shop_get_store (call->shop), call->limit, error);

  if (entries == NULL)
    return FALSE;
  for (guint i = 0; i < entries->len; i++)
    print_log_entry (entries->pdata[i]);

  return TRUE;
}
