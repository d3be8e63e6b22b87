/* pair, unpair, sync, status, usage, watch. */
#include "config.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "bp-command.h"
#include "bp-json.h"
#include "bp-sync-scheduler.h"

static void
append_store (GString         *json,
              const BpPairing *pairing)
{
  bp_json_append_member (json, "store");
  g_string_append_c (json, '{');
  bp_json_append_string_member (json, "id", pairing->store_id);
  bp_json_append_string_member (json, "name", pairing->store_name);
  bp_json_append_string_member (json, "currency", pairing->currency);
  bp_json_append_string_member (json, "time_zone", pairing->time_zone);
  bp_json_append_string_member (json, "url", pairing->url);
  g_string_append_c (json, '}');
}

static void
append_device (GString         *json,
               const BpPairing *pairing)
{
  bp_json_append_member (json, "device");
  g_string_append_c (json, '{');
  bp_json_append_string_member (json, "id", pairing->device_id);
  bp_json_append_string_member (json, "name", pairing->device_name);
  bp_json_append_string_member (json, "prefix", pairing->prefix);
  g_string_append_c (json, '}');
}

/**
 * bp_command_pair:
 * @call: `URL CODE`
 * @error: why not
 *
 * Pairs the folder with a store.
 *
 * Returns: whether it belongs to the store and holds a token
 */
gboolean
bp_command_pair (BpInvocation *call,
                 GError      **error)
{
  BpStore *store = bp_shop_get_store (call->shop);
  g_autoptr (BpPairing) pairing = NULL;
  g_autoptr (GString) json = g_string_new ("{");
  BpPairTerms terms = { call->args[0], call->args[1], call->name, call->token_file,
                        call->ca_file };

  if (!bp_sync_pair (store, &terms, NULL, error))
    return FALSE;

  pairing = bp_sync_get_pairing (store);
  append_store (json, pairing);
  append_device (json, pairing);
  g_string_append_c (json, '}');
  bp_command_print (json->str);
  return TRUE;
}

/**
 * bp_command_unpair:
 * @call: no arguments
 * @error: why not
 *
 * Forgets the token.
 *
 * Returns: whether it is forgotten
 */
gboolean
bp_command_unpair (BpInvocation *call,
                   GError      **error)
{
  return bp_sync_unpair (bp_shop_get_store (call->shop), call->discard, error);
}

static gboolean
parse_tables (const char *text,
              guint      *tables,
              GError    **error)
{
  g_auto (GStrv) names = g_strsplit (text, ",", -1);

  for (guint i = 0; names[i] != NULL; i++)
    {
      const BpTable *table = bp_table_require (g_strstrip (names[i]), error);

      if (table == NULL)
        return FALSE;
      *tables |= 1u << bp_table_get_index (table);
    }

  if (names[0] == NULL)
    g_set_error (error, BP_COMMAND_ERROR, BP_COMMAND_ERROR_USAGE, "--tables needs names of tables");
  return names[0] != NULL;
}

static void
on_progress (const BpSyncReport *report,
             gint64              rows_left,
             gpointer            user_data)
{
  if (rows_left >= 0)
    fprintf (stderr, "sent %" G_GINT64_FORMAT ", fetched %" G_GINT64_FORMAT
             ", %" G_GINT64_FORMAT " to go\n", report->pushed, report->pulled, rows_left);
  else
    fprintf (stderr, "sent %" G_GINT64_FORMAT ", fetched %" G_GINT64_FORMAT "\n", report->pushed,
             report->pulled);
}

static gboolean
print_report (BpStore            *store,
              const BpSyncReport *report,
              GError            **error)
{
  g_autoptr (BpSyncStatus) status = bp_sync_get_status (store, error);
  g_autoptr (GString) json = g_string_new ("{");

  if (status == NULL)
    return FALSE;

  bp_json_append_string_member (json, "state", bp_sync_state_to_string (status->state));
  bp_json_append_integer_member (json, "pushed", report->pushed);
  bp_json_append_integer_member (json, "pulled", report->pulled);
  bp_json_append_integer_member (json, "conflicts", report->conflicts);
  bp_json_append_integer_member (json, "failed", report->failed);
  bp_json_append_integer_member (json, "requests", report->requests);
  bp_json_append_integer_member (json, "bytes_sent", report->bytes_sent);
  bp_json_append_integer_member (json, "bytes_received", report->bytes_received);
  bp_json_append_member (json, "seconds");
  g_string_append_printf (json, "%" G_GINT64_FORMAT ".%03d}", report->milliseconds / 1000,
                          (int)(report->milliseconds % 1000));
  bp_command_print (json->str);
  return TRUE;
}

static void
tell_skew (BpStore *store)
{
  gint64 seconds = bp_sync_get_skew (store) / 1000;

  if (seconds != 0)
    fprintf (stderr, "this device's clock is %" G_GINT64_FORMAT " seconds %s the server's\n",
             ABS (seconds), seconds > 0 ? "behind" : "ahead of");
}

/**
 * bp_command_sync:
 * @call: no arguments
 * @error: why not
 *
 * Syncs until nothing is left to send or fetch, and prints what was done,
 * also where the connection was lost on the way.
 *
 * Returns: whether the server answered to the end
 */
gboolean
bp_command_sync (BpInvocation *call,
                 GError      **error)
{
  BpStore *store = bp_shop_get_store (call->shop);
  BpSyncOptions options = { .full = call->full, .to_the_end = TRUE, .wait = TRUE,
                            .progress = on_progress };
  BpSyncReport report = { 0 };
  g_autoptr (GError) sync_error = NULL;

  if (call->tables != NULL && !parse_tables (call->tables, &options.tables, error))
    return FALSE;

  bp_sync_run (store, &options, &report, NULL, &sync_error);
  if (!g_error_matches (sync_error, BP_SYNC_ERROR, BP_SYNC_ERROR_NOT_PAIRED)
      && !print_report (store, &report, error))
    return FALSE;
  if (sync_error == NULL)
    {
      tell_skew (store);
      return TRUE;
    }

  g_propagate_error (error, g_steal_pointer (&sync_error));
  return FALSE;
}

static char *
make_status (BpStore            *store,
             const BpSyncStatus *status)
{
  g_autoptr (BpPairing) pairing = bp_sync_get_pairing (store);
  GString *json = g_string_new ("{");

  bp_json_append_string_member (json, "state", bp_sync_state_to_string (status->state));
  bp_json_append_member (json, "pending");
  g_string_append_c (json, '{');
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      if (status->pending[i] > 0)
        bp_json_append_integer_member (json, bp_table_get (i)->name, status->pending[i]);
    }
  g_string_append_c (json, '}');
  bp_json_append_integer_member (json, "failed", status->n_failed);
  bp_json_append_integer_member (json, "conflicts", status->n_conflicts);
  if (status->last_sync > 0)
    bp_json_append_integer_member (json, "last_sync", status->last_sync);
  else
    bp_json_append_string_member (json, "last_sync", NULL);
  if (pairing != NULL && status->paired)
    {
      append_store (json, pairing);
      append_device (json, pairing);
    }
  else
    {
      bp_json_append_string_member (json, "store", NULL);
      bp_json_append_string_member (json, "device", NULL);
    }
  g_string_append_c (json, '}');
  return g_string_free (json, FALSE);
}

/**
 * bp_command_status:
 * @call: no arguments
 * @error: why not
 *
 * Prints the status of the whole.
 *
 * Returns: whether it could be read
 */
gboolean
bp_command_status (BpInvocation *call,
                   GError      **error)
{
  BpStore *store = bp_shop_get_store (call->shop);
  g_autoptr (BpSyncStatus) status = bp_sync_get_status (store, error);
  g_autofree char *text = NULL;

  if (status == NULL)
    return FALSE;

  text = make_status (store, status);
  bp_command_print (text);
  return TRUE;
}

/**
 * bp_command_usage:
 * @call: no arguments
 * @error: why not
 *
 * Prints what syncing has used of the month's data, in bytes of bodies, and
 * the limit, 0 for none.
 *
 * Returns: whether it could be read
 */
gboolean
bp_command_usage (BpInvocation *call,
                  GError      **error)
{
  g_autoptr (BpSyncStatus) status = bp_sync_get_status (bp_shop_get_store (call->shop), error);
  g_autoptr (GString) json = g_string_new ("{");

  if (status == NULL)
    return FALSE;

  bp_json_append_integer_member (json, "data_used", status->data_used);
  bp_json_append_integer_member (json, "data_limit", status->data_limit);
  g_string_append_c (json, '}');
  bp_command_print (json->str);
  return TRUE;
}

typedef struct
{
  BpStore *store; /* (unowned) */
  char *said;     /* (owned) (nullable) */
} Watch;

static void
watch_clear (Watch *self)
{
  g_free (self->said);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Watch, watch_clear)

/* Not every change of the scheduler's shows in the line. */
static void
say_status (Watch              *self,
            const BpSyncStatus *status)
{
  g_autofree char *text = make_status (self->store, status);

  if (g_strcmp0 (text, self->said) == 0)
    return;

  bp_command_print (text);
  fflush (stdout);
  g_free (self->said);
  self->said = g_steal_pointer (&text);
}

static void
on_status_changed (BpSyncScheduler *scheduler,
                   gpointer         user_data)
{
  say_status (user_data, bp_sync_scheduler_get_status (scheduler));
}

static gboolean
on_signal (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_CONTINUE;
}

/**
 * bp_command_watch:
 * @call: no arguments
 * @error: why not
 *
 * Syncs as the application would, with a line at every change of the status,
 * until SIGTERM or SIGINT.
 *
 * Returns: whether the status could be read at the start
 */
gboolean
bp_command_watch (BpInvocation *call,
                  GError      **error)
{
  BpStore *store = bp_shop_get_store (call->shop);
  g_auto (Watch) watch = { store, NULL };
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (BpSyncScheduler) scheduler
    = bp_sync_scheduler_new (store, g_network_monitor_get_default ());
  guint terminate = g_unix_signal_add (SIGTERM, on_signal, loop);
  guint interrupt = g_unix_signal_add (SIGINT, on_signal, loop);
  g_autoptr (BpSyncStatus) status = bp_sync_get_status (store, error);

  if (status == NULL)
    return FALSE;
  say_status (&watch, status);
  bp_shop_watch (call->shop);
  g_signal_connect (scheduler, "status-changed", G_CALLBACK (on_status_changed), &watch);
  bp_sync_scheduler_start (scheduler);
  g_main_loop_run (loop);

  bp_sync_scheduler_stop (scheduler);
  g_source_remove (terminate);
  g_source_remove (interrupt);
  return TRUE;
}
