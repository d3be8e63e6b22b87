/* The fetching part of a run. */
#include "config.h"

#include "bp-sync-engine-private.h"

#include <string.h>

#include "bp-limits.h"
#include "bp-setting.h"
#include "bp-sync-part.h"
#include "bp-sync-snapshot.h"

#define ALL_TABLES ((1u << BP_N_TABLES) - 1)
#define SKEW_STEP_MS 1000

static char *
make_request_text (BpSyncEngine  *self,
                   const BpBatch *batch,
                   BpPullRequest *request)
{
  g_autofree char *from = bp_store_get_device_setting (self->store, BP_SETTING_FROM);

  request->epoch = bp_store_get_value (self->store, "epoch");
  request->asked = batch->asked;
  request->limit = BP_MAX_PAGE;
  request->deleted = bp_store_get_recovering (self->store) != 0;
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      request->since[i] = batch->since[i];
      request->from[i] = bp_setting_get_date (from, bp_table_get (i));
    }

  return bp_pull_request_to_text (request);
}

static gboolean
note_skew (BpSyncEngine *self,
           gint64        server_time,
           GError      **error)
{
  gint64 skew = server_time - bp_clock_get_now (self->clock);
  gint64 known = bp_store_get_number (self->store, BP_VALUE_SKEW, 0);

  if (ABS (skew - known) <= SKEW_STEP_MS)
    return TRUE;

  return bp_store_set_number (self->store, BP_VALUE_SKEW, skew, error);
}

static BpStep
take_problem (BpSyncEngine   *self,
              const BpAnswer *answer,
              guint           asked,
              GError        **error)
{
  switch (answer->problem->code)
    {
    case BP_PROBLEM_EPOCH_CHANGED:
      self->has_unanswered = TRUE;
      return bp_store_begin_epoch (self->store, answer->problem->epoch, error)
             ? BP_STEP_AGAIN
             : BP_STEP_FAILED;
    case BP_PROBLEM_HORIZON:
      return bp_sync_engine_forget_cursors (self, asked, error) ? BP_STEP_AGAIN : BP_STEP_FAILED;
    default:
      return bp_sync_engine_refuse (self, answer, error);
    }
}

static BpStep
pull_page (BpSyncEngine *self,
           BpBatch      *batch,
           GError      **error)
{
  g_autoptr (BpPullRequest) request = bp_pull_request_new ();
  g_autoptr (BpPullPage) page = NULL;
  g_autoptr (BpAnswer) answer = NULL;
  GError *reason = NULL;
  const char *text;
  gsize length;

  answer = bp_sync_engine_send (self, BP_ENDPOINT_PULL,
                                make_request_text (self, batch, request), error);
  if (answer == NULL)
    return BP_STEP_FAILED;
  if (answer->problem != NULL)
    return bp_batch_finish (batch, error)
           ? take_problem (self, answer, batch->asked, error)
           : BP_STEP_FAILED;

  text = g_bytes_get_data (answer->body, &length);
  page = bp_pull_page_parse (text, length, request, &reason);
  if (page == NULL)
    return bp_sync_engine_fail_unusable (error, reason);

  for (guint i = 0; i < BP_N_TABLES; i++)
    self->report->fetched += page->rows[i] != NULL ? page->rows[i]->len : 0;
  bp_batch_add (batch, page);
  self->known_seq = MAX (self->known_seq, page->seq);
  self->rows_left = 0;
  if (page->more)
    {
      gint64 least = G_MAXINT64;

      for (guint i = 0; i < BP_N_TABLES; i++)
        {
          if (batch->asked & (1u << i))
            least = MIN (least, batch->since[i]);
        }
      self->rows_left = MAX (page->seq - least, 0);
    }
  else
    self->pulled_seq = page->seq;

  return note_skew (self, page->time, error) ? BP_STEP_DONE : BP_STEP_FAILED;
}

/* From which day on the facts here are all there and up to date: an earlier
 * first day wanted brings its table from 0. A later one only hides: the rows
 * before it stay, and are no longer renewed. */
static gboolean
check_from (BpSyncEngine *self,
            guint         asked,
            GError      **error)
{
  g_autofree char *wanted = bp_store_get_device_setting (self->store, BP_SETTING_FROM);
  g_autofree char *known = bp_store_get_value (self->store, BP_STORE_PULLED_FROM);
  g_autoptr (GString) now = g_string_new (NULL);
  guint anew = 0;

  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      const BpTable *table = bp_table_get (i);
      gboolean is_asked = (asked >> i) & 1;
      g_autofree char *before = bp_setting_get_date (known, table);
      g_autofree char *from = bp_setting_get_date (is_asked ? wanted : known, table);

      if (before != NULL && (from == NULL || strcmp (from, before) < 0))
        anew |= 1u << i;
      if (from != NULL)
        g_string_append_printf (now, "%s%s=%s", now->len > 0 ? "," : "", table->name, from);
    }
  if (g_str_equal (now->str, known != NULL ? known : ""))
    return TRUE;

  return bp_sync_engine_forget_cursors (self, anew, error)
         && bp_store_set_value (self->store, BP_STORE_PULLED_FROM, now->len > 0 ? now->str : NULL,
                                error);
}

/* What comes next: a file in place of many pages, or a page. */
static BpStep
fetch_next (BpSyncEngine *self,
            BpBatch      *batch,
            GError      **error)
{
  guint tables = bp_sync_engine_choose_snapshot (self, batch);
  guint asked = batch->asked;
  BpStep step;

  if (tables == 0)
    return pull_page (self, batch, error);
  if (!bp_batch_flush (batch, error) || !bp_batch_finish (batch, error))
    return BP_STEP_FAILED;

  step = bp_sync_engine_take_snapshot (self, tables, error);
  if (step != BP_STEP_AGAIN)
    return step;

  bp_batch_clear (batch);
  bp_batch_begin (batch, self, asked);
  return BP_STEP_DONE;
}

/**
 * bp_sync_engine_pull:
 * @self: an engine with a run under way
 * @error: as bp_sync_engine_run()
 *
 * Fetches until the tables chosen, and those a conflict or a new epoch wants,
 * are as new as the server's. What was fetched before a failure is kept. Where
 * the terms of the run do not let it go on, it ends for now.
 *
 * Returns: how it ended; never %BP_STEP_HELD
 */
BpStep
bp_sync_engine_pull (BpSyncEngine *self,
                     GError      **error)
{
  g_auto (BpBatch) batch = { 0 };
  BpStep step = BP_STEP_DONE;
  gboolean recovering = bp_store_get_recovering (self->store) != 0;
  guint asked = recovering ? ALL_TABLES : self->tables | self->wanted;

  if (!check_from (self, asked, error))
    return BP_STEP_FAILED;
  bp_batch_begin (&batch, self, asked);
  if (self->has_snapshot_begun && (recovering || (batch.zero & asked) == 0)
      && !bp_part_drop (self->store, error))
    return BP_STEP_FAILED;
  if (batch.asked == 0)
    {
      self->pulled_seq = self->known_seq;
      return BP_STEP_DONE;
    }

  while (step == BP_STEP_DONE && !batch.is_end)
    {
      if (bp_sync_engine_is_time_up (self))
        step = BP_STEP_TIME_UP;
      else if (!(bp_sync_engine_get_work (self) & BP_SYNC_WORK_DOWNLOAD))
        step = BP_STEP_HELD;
      else
        step = fetch_next (self, &batch, error);
      if (step == BP_STEP_DONE && (bp_batch_is_full (&batch) || batch.is_end)
          && !bp_batch_flush (&batch, error))
        return BP_STEP_FAILED;
    }

  /* After BP_STEP_AGAIN the cursors have moved: what was fetched is void. */
  if ((step == BP_STEP_TIME_UP || step == BP_STEP_HELD) && !bp_batch_flush (&batch, error))
    return BP_STEP_FAILED;
  if (step == BP_STEP_FAILED)
    {
      if (bp_batch_flush (&batch, NULL))
        bp_batch_finish (&batch, NULL);
      return BP_STEP_FAILED;
    }
  if (!bp_batch_finish (&batch, error))
    return BP_STEP_FAILED;
  if (step == BP_STEP_DONE)
    {
      /* What waited for it goes again. */
      self->has_unanswered = self->has_unanswered || self->wanted != 0;
      self->wanted = 0;
    }

  self->is_download_held = step == BP_STEP_HELD;
  return self->is_download_held ? BP_STEP_DONE : step;
}

/**
 * bp_sync_engine_forget_cursors:
 * @self: an engine
 * @tables: bit i: table i
 * @error: #BpDatabaseError
 *
 * The tables are pulled from 0 next.
 *
 * Returns: whether it is stored
 */
gboolean
bp_sync_engine_forget_cursors (BpSyncEngine *self,
                               guint         tables,
                               GError      **error)
{
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      if ((tables & (1u << i))
          && !bp_store_reset_cursor (self->store, bp_table_get (i), error))
        return FALSE;
    }

  return TRUE;
}
