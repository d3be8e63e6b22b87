/* The fetching part of a run. */
#include "config.h"

#include "bp-sync-engine-private.h"

#include <string.h>

#include "bp-limits.h"
#include "bp-pull.h"

/* Rows of one transaction: many small ones cost four times as much, and a
 * larger one would keep a user's save waiting. */
#define MAX_ROWS 5000

#define ALL_TABLES ((1u << BP_N_TABLES) - 1)
#define SKEW_STEP_MS 1000
#define DAY_MS (24 * 60 * 60 * G_GINT64_CONSTANT (1000))

/* What is being stored while the next page is fetched: half of the time of a
 * first sync is the server's and the wire's. */
typedef struct
{
  GThread *thread; /* (owned) (nullable): %NULL where it was not worth one */
  BpStore *store;  /* (unowned) */
  BpPulledTable tables[BP_N_TABLES]; /* with rows (owned) */
  guint n_tables;
  guint n_stored;
  GError *error;   /* (owned) (nullable) */
} Storing;

/* What was fetched and is not stored yet. */
typedef struct
{
  GPtrArray *rows[BP_N_TABLES]; /* (owned) (nullable) (element-type BpState) */
  gint64 since[BP_N_TABLES];
  guint asked;
  guint zero; /* bit i: the pull of table i began at 0, in this run or before */
  guint n_rows;
  gboolean is_end;
  gboolean is_new;
  Storing *storing; /* (owned) (nullable) */
} Batch;

static gpointer
store_in_thread (gpointer data)
{
  Storing *storing = data;

  bp_store_apply_page (storing->store, storing->tables, storing->n_tables, &storing->n_stored,
                       &storing->error);
  return NULL;
}

static void
storing_free (Storing *storing)
{
  g_clear_pointer (&storing->thread, g_thread_join);
  for (guint i = 0; i < storing->n_tables; i++)
    g_clear_pointer (&storing->tables[i].rows, g_ptr_array_unref);
  g_clear_error (&storing->error);
  g_free (storing);
}

static void
batch_clear (Batch *batch)
{
  for (guint i = 0; i < BP_N_TABLES; i++)
    g_clear_pointer (&batch->rows[i], g_ptr_array_unref);
  g_clear_pointer (&batch->storing, storing_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Batch, batch_clear)

static void
batch_begin (BpSyncEngine *self,
             Batch        *batch,
             guint         asked)
{
  batch->asked = asked;
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      const BpTable *table = bp_table_get (i);

      batch->since[i] = bp_store_get_cursor (self->store, table);
      if (batch->since[i] == 0 || bp_store_is_from_zero (self->store, table))
        batch->zero |= 1u << i;
    }
}

static void
batch_add (Batch      *batch,
           BpPullPage *page)
{
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      if (!(batch->asked & (1u << i)))
        continue;
      batch->is_new = batch->is_new || page->since[i] != batch->since[i];
      batch->since[i] = page->since[i];
      if (page->rows[i] == NULL)
        continue;
      batch->n_rows += page->rows[i]->len;
      if (batch->rows[i] == NULL)
        batch->rows[i] = g_steal_pointer (&page->rows[i]);
      else
        g_ptr_array_extend_and_steal (batch->rows[i], g_steal_pointer (&page->rows[i]));
    }
  batch->is_end = !page->more;
}

/* Waits until what was handed over is stored. */
static gboolean
batch_finish (BpSyncEngine *self,
              Batch        *batch,
              GError      **error)
{
  Storing *storing = g_steal_pointer (&batch->storing);
  gboolean is_stored;

  if (storing == NULL)
    return TRUE;

  g_clear_pointer (&storing->thread, g_thread_join);
  self->report->pulled += storing->n_stored;
  is_stored = storing->error == NULL;
  if (!is_stored)
    g_propagate_error (error, g_steal_pointer (&storing->error));
  storing_free (storing);
  return is_stored;
}

/* Hands over what was fetched, so that it is stored while the next page comes;
 * after the last one nothing is left to do meanwhile. */
static void
batch_hand_over (BpSyncEngine *self,
                 Batch        *batch)
{
  Storing *storing = g_new0 (Storing, 1);

  storing->store = self->store;
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      BpPulledTable *table = &storing->tables[storing->n_tables];

      if (!(batch->asked & (1u << i)))
        continue;
      table->table = bp_table_get (i);
      table->rows = g_steal_pointer (&batch->rows[i]);
      table->since = batch->since[i];
      table->from_zero = batch->is_end && (batch->zero & (1u << i));
      table->is_last = batch->is_end;
      storing->n_tables++;
    }

  batch->n_rows = 0;
  batch->is_new = FALSE;
  batch->storing = storing;
  if (batch->is_end)
    store_in_thread (storing);
  else
    storing->thread = g_thread_new ("stores", store_in_thread, storing);
}

/* The store keeps when it last pulled; it may be a day late. */
static gboolean
is_pull_old (BpSyncEngine *self)
{
  gint64 pulled_at = bp_store_get_number (self->store, "pulled", 0);

  return ABS (bp_clock_get_now (self->clock) - pulled_at) > DAY_MS;
}

/* Rows and cursors in one transaction. Where nothing is new, nothing is
 * written: a run without news leaves the disk alone. */
static gboolean
batch_flush (BpSyncEngine *self,
             Batch        *batch,
             GError      **error)
{
  gboolean has_ended = batch->is_end && (batch->zero & batch->asked);

  if (batch->n_rows == 0 && !batch->is_new && !has_ended && !is_pull_old (self))
    return TRUE;
  if (!batch_finish (self, batch, error))
    return FALSE;

  batch_hand_over (self, batch);
  return TRUE;
}

/* `sync.from` is a date for all tables that have one, or TABLE=DATE,… */
static char *
get_from (const char    *setting,
          const BpTable *table)
{
  g_auto (GStrv) parts = NULL;

  if (setting == NULL || setting[0] == '\0' || table->date_field == NULL)
    return NULL;
  if (strchr (setting, '=') == NULL)
    return g_strdup (setting);

  parts = g_strsplit (setting, ",", -1);
  for (guint i = 0; parts[i] != NULL; i++)
    {
      char *date = strchr (parts[i], '=');

      if (date == NULL)
        continue;
      *date++ = '\0';
      if (g_str_equal (g_strstrip (parts[i]), table->name))
        return g_strdup (g_strstrip (date));
    }

  return NULL;
}

static char *
make_request_text (BpSyncEngine  *self,
                   const Batch   *batch,
                   BpPullRequest *request)
{
  g_autofree char *from = bp_store_get_device_setting (self->store, "sync.from");

  request->epoch = bp_store_get_value (self->store, "epoch");
  request->asked = batch->asked;
  request->limit = BP_MAX_PAGE;
  request->deleted = bp_store_get_recovering (self->store) != 0;
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      request->since[i] = batch->since[i];
      request->from[i] = get_from (from, bp_table_get (i));
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
           Batch        *batch,
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
    return batch_finish (self, batch, error)
           ? take_problem (self, answer, batch->asked, error)
           : BP_STEP_FAILED;

  text = g_bytes_get_data (answer->body, &length);
  page = bp_pull_page_parse (text, length, request, &reason);
  if (page == NULL)
    return bp_sync_engine_fail_unusable (error, reason);

  batch_add (batch, page);
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

/* Another first day wanted: what it limits comes from 0. */
static gboolean
check_from (BpSyncEngine *self,
            GError      **error)
{
  g_autofree char *wanted = bp_store_get_device_setting (self->store, "sync.from");
  g_autofree char *known = bp_store_get_value (self->store, BP_STORE_PULLED_FROM);
  const char *from = wanted != NULL && wanted[0] != '\0' ? wanted : NULL;
  guint tables = 0;

  if (g_strcmp0 (from, known) == 0)
    return TRUE;

  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      if (bp_table_get (i)->date_field != NULL)
        tables |= 1u << i;
    }

  return bp_sync_engine_forget_cursors (self, tables, error)
         && bp_store_set_value (self->store, BP_STORE_PULLED_FROM, from, error);
}

/**
 * bp_sync_engine_pull:
 * @self: an engine with a run under way
 * @error: as bp_sync_engine_run()
 *
 * Fetches until the tables chosen, and those a conflict or a new epoch wants,
 * are as new as the server's. What was fetched before a failure is kept.
 *
 * Returns: how it ended
 */
BpStep
bp_sync_engine_pull (BpSyncEngine *self,
                     GError      **error)
{
  g_auto (Batch) batch = { 0 };
  BpStep step = BP_STEP_DONE;
  guint recovering = bp_store_get_recovering (self->store);

  if (!check_from (self, error))
    return BP_STEP_FAILED;
  batch_begin (self, &batch, recovering != 0 ? ALL_TABLES : self->tables | self->wanted);
  if (batch.asked == 0)
    {
      self->pulled_seq = self->known_seq;
      return BP_STEP_DONE;
    }

  while (step == BP_STEP_DONE && !batch.is_end)
    {
      if (bp_sync_engine_is_time_up (self))
        step = BP_STEP_TIME_UP;
      else
        step = pull_page (self, &batch, error);
      if (step == BP_STEP_DONE && (batch.n_rows >= MAX_ROWS || batch.is_end)
          && !batch_flush (self, &batch, error))
        return BP_STEP_FAILED;
    }

  /* After BP_STEP_AGAIN the cursors have moved: what was fetched is void. */
  if (step == BP_STEP_TIME_UP && !batch_flush (self, &batch, error))
    return BP_STEP_FAILED;
  if (step == BP_STEP_FAILED)
    {
      if (batch_flush (self, &batch, NULL))
        batch_finish (self, &batch, NULL);
      return BP_STEP_FAILED;
    }
  if (!batch_finish (self, &batch, error))
    return BP_STEP_FAILED;
  if (step == BP_STEP_DONE)
    self->wanted = 0;

  return step;
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
