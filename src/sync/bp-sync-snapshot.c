/* A first download in bulk: one file instead of many pages. Whatever is wrong
 * with it, the pages are still there to be pulled. */
#include "config.h"

#include "bp-sync-snapshot.h"

#include "bp-limits.h"
#include "bp-setting.h"
#include "bp-snapshot-file.h"
#include "bp-sync-part.h"

#define MAX_SIZE (G_GINT64_CONSTANT (4) * 1024 * 1024 * 1024)
#define MAX_FAILS 3
#define HTTP_NO_SUCH_RANGE 416

/* Bytes between two looks at what else there is to do, and between two times
 * that what came is made durable. */
#define LOOK_BYTES (256 * 1024)
#define KEEP_BYTES (1024 * 1024)

/* How many rows go into a transaction that nobody waits for. One that somebody
 * began to wait for ends soon, but not at once: the more is in it, the longer
 * it takes to be made durable. */
#define QUIET_ROWS 20000
#define BUSY_ROWS 2000

/* A file that is coming. */
typedef struct
{
  BpSyncEngine *engine; /* (unowned) */
  BpPart *part;         /* (unowned) */
  gint64 rows_before;   /* still to fetch, when it began */
  gint64 n_counted;
  gint64 looked_at;
  gint64 kept_at;
  BpStep stopped;       /* %BP_STEP_DONE where it was not */
  char *query;          /* (owned) */
  GError *error;        /* (owned) (nullable): of keeping it */
} Fetch;

static void
fetch_clear (Fetch *fetch)
{
  g_clear_pointer (&fetch->query, g_free);
  g_clear_error (&fetch->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Fetch, fetch_clear)

static guint
get_limited (BpSyncEngine *self)
{
  g_autofree char *setting = bp_store_get_device_setting (self->store, BP_SETTING_FROM);
  guint limited = 0;

  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      g_autofree char *from = bp_setting_get_date (setting, bp_table_get (i));

      if (from != NULL)
        limited |= 1u << i;
    }

  return limited;
}

/* For a shop of a few pages a file is not worth its request, and neither where
 * most of it has come already. */
static gboolean
is_worth_it (BpSyncEngine  *self,
             const BpBatch *batch,
             guint          tables)
{
  gint64 least = G_MAXINT64;

  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      if (tables & (1u << i))
        least = MIN (least, batch->since[i]);
    }

  return self->rows_left > self->snapshot_from && self->rows_left > least;
}

/**
 * bp_sync_engine_choose_snapshot:
 * @self: an engine with a run under way
 * @batch: what is being pulled
 *
 * A snapshot is for tables that are pulled from 0 and whole: what is limited
 * to later days comes by pages, as does what is deleted.
 *
 * Returns: bit i: table i should be fetched in bulk now
 */
guint
bp_sync_engine_choose_snapshot (BpSyncEngine  *self,
                                const BpBatch *batch)
{
  guint tables;

  if (self->has_tried_snapshot || bp_store_get_recovering (self->store) != 0)
    return 0;

  tables = batch->asked & batch->zero & ~get_limited (self);
  if (tables == 0 || (!self->has_snapshot_begun && !is_worth_it (self, batch, tables))
      || bp_part_is_refused (self->store))
    return 0;

  return tables;
}

static char *
make_list (guint tables)
{
  GString *list = g_string_new (NULL);

  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      if (tables & (1u << i))
        g_string_append_printf (list, "%s%s", list->len > 0 ? "," : "", bp_table_get (i)->name);
    }

  return g_string_free (list, FALSE);
}

static void
count_bytes (Fetch            *fetch,
             const BpDownload *download)
{
  fetch->engine->report->bytes_received += download->received - fetch->n_counted;
  fetch->n_counted = download->received;
}

/* Of a file that is known to be one, as of one under way, the rows left are as
 * many as bytes. */
static void
tell_progress (Fetch            *fetch,
               const BpDownload *download)
{
  if (fetch->rows_before > 0 && download->size > 0)
    fetch->engine->rows_left
      = fetch->rows_before
        - (gint64)((double)fetch->rows_before * (double)download->offset / (double)download->size);
  bp_sync_engine_tell (fetch->engine);
}

static gboolean
keep (Fetch            *fetch,
      const BpDownload *download)
{
  BpPart *part = fetch->part;

  g_free (part->etag);
  part->etag = g_strdup (download->etag);
  part->offset = download->offset;
  part->size = download->size;
  part->is_packed = download->is_packed;
  fetch->kept_at = download->received;
  return bp_part_keep (part, &fetch->error);
}

/* What waits to be sent need not wait for the end of a long file. */
static BpStep
find_reason_to_stop (BpSyncEngine *self)
{
  BpQueueCounts counts = { 0 };

  if (!(bp_sync_engine_get_work (self) & BP_SYNC_WORK_DOWNLOAD))
    return BP_STEP_HELD;
  if (bp_sync_engine_is_time_up (self) && bp_store_count_queue (self->store, &counts, NULL)
      && counts.n_ready > 0)
    return BP_STEP_TIME_UP;
  return BP_STEP_DONE;
}

static gboolean
on_begun (BpDownload *download,
          gpointer    user_data)
{
  return keep (user_data, download);
}

static gboolean
on_moved (BpDownload *download,
          gpointer    user_data)
{
  Fetch *fetch = user_data;

  count_bytes (fetch, download);
  if (download->received - fetch->looked_at >= LOOK_BYTES)
    {
      fetch->looked_at = download->received;
      tell_progress (fetch, download);
      fetch->stopped = find_reason_to_stop (fetch->engine);
    }
  if (download->received - fetch->kept_at >= KEEP_BYTES && !keep (fetch, download))
    return FALSE;

  return fetch->stopped == BP_STEP_DONE;
}

static BpAnswer *
send (Fetch      *fetch,
      BpDownload *download,
      GError    **error)
{
  BpSyncEngine *self = fetch->engine;
  BpAnswer *answer;

  self->has_sent = TRUE;
  self->report->requests++;
  self->report->direction |= BP_SYNC_DOWN;
  bp_sync_engine_pulse (self);
  answer = bp_transport_download (self->transport, bp_endpoint_get (BP_ENDPOINT_SNAPSHOT),
                                  self->token, download, self->cancellable, error);
  bp_sync_engine_pulse (self);
  if (!download->is_begun && answer != NULL)
    self->report->bytes_received += (gint64)answer->bytes_received;
  count_bytes (fetch, download);
  tell_progress (fetch, download);
  return answer;
}

/* One request for the part that is missing. */
static BpAnswer *
fetch_rest (Fetch      *fetch,
            BpDownload *download,
            GError    **error)
{
  BpPart *part = fetch->part;
  BpAnswer *answer;

  fetch->query = g_strconcat ("tables=", part->tables, NULL);
  *download = (BpDownload){
    .query = fetch->query,
    .fd = part->fd,
    .max_size = MAX_SIZE,
    .begun = on_begun,
    .moved = on_moved,
    .user_data = fetch,
    .etag = g_strdup (part->etag),
    .offset = part->offset,
    .size = part->size,
    .is_packed = part->is_packed,
  };
  answer = send (fetch, download, error);
  if (download->is_begun && fetch->error == NULL)
    keep (fetch, download);
  return answer;
}

static BpStep
give_up (BpSyncEngine *self,
         GError      **error)
{
  self->has_tried_snapshot = TRUE;
  self->has_snapshot_begun = FALSE;
  return bp_part_refuse (self->store, error) ? BP_STEP_DONE : BP_STEP_FAILED;
}

/* The network broke. Where something answers again and again, and nothing comes
 * of it, there is no hope. */
static BpStep
take_break (BpSyncEngine     *self,
            BpPart           *part,
            const BpDownload *download,
            gint64            offset_before,
            GError          **error)
{
  gboolean is_answered = download->is_begun || download->status >= 400;

  if (is_answered && download->offset <= offset_before && ++part->n_fails >= MAX_FAILS)
    {
      g_clear_error (error);
      return give_up (self, error);
    }

  bp_part_keep (part, NULL);
  return BP_STEP_FAILED;
}

/* A server that cannot give it now may do so in another run. */
static BpStep
take_problem (BpSyncEngine   *self,
              const BpAnswer *answer,
              GError        **error)
{
  switch (answer->problem->code)
    {
    case BP_PROBLEM_UNAUTHORIZED:
    case BP_PROBLEM_REVOKED:
    case BP_PROBLEM_UPGRADE_REQUIRED:
      return bp_sync_engine_refuse (self, answer, error);
    case BP_PROBLEM_TOO_MANY_REQUESTS:
    case BP_PROBLEM_INTERNAL:
    case BP_PROBLEM_UNAVAILABLE:
      self->has_tried_snapshot = TRUE;
      return BP_STEP_DONE;
    default:
      return give_up (self, error);
    }
}

/* What came of a request; %BP_STEP_AGAIN for another one. */
static BpStep
judge (Fetch          *fetch,
       BpDownload     *download,
       const BpAnswer *answer,
       GError        **error)
{
  BpSyncEngine *self = fetch->engine;

  if (fetch->error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&fetch->error));
      return BP_STEP_FAILED;
    }
  if (answer->status == HTTP_NO_SUCH_RANGE && fetch->part->offset > 0)
    {
      fetch->part->offset = 0;
      return BP_STEP_AGAIN;
    }
  if (answer->problem != NULL)
    return take_problem (self, answer, error);
  if (fetch->stopped != BP_STEP_DONE)
    return fetch->stopped;

  return bp_part_is_whole (fetch->part)
         && g_strcmp0 (answer->epoch, fetch->part->epoch) == 0
         ? BP_STEP_DONE : give_up (self, error);
}

static BpStep
fetch_file (BpSyncEngine *self,
            BpPart       *part,
            GError      **error)
{
  BpStep step = BP_STEP_AGAIN;

  while (step == BP_STEP_AGAIN && !bp_part_is_whole (part))
    {
      g_auto (Fetch) fetch = { .engine = self, .part = part, .rows_before = self->rows_left };
      g_auto (BpDownload) download = { .fd = -1 };
      g_autoptr (BpAnswer) answer = NULL;
      g_autoptr (GError) local_error = NULL;
      gint64 offset_before = part->offset;

      answer = fetch_rest (&fetch, &download, &local_error);
      if (answer != NULL)
        step = judge (&fetch, &download, answer, error);
      else if (g_error_matches (local_error, BP_SYNC_ERROR, BP_SYNC_ERROR_NO_CONNECTION))
        step = take_break (self, part, &download, offset_before, &local_error);
      else if (g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        step = BP_STEP_FAILED;
      else
        step = give_up (self, error);
      if (step == BP_STEP_FAILED && local_error != NULL)
        g_propagate_error (error, g_steal_pointer (&local_error));
    }

  return step == BP_STEP_AGAIN ? BP_STEP_DONE : step;
}

static gint64
find_latest_cursor (BpSyncEngine *self,
                    guint         tables)
{
  gint64 latest = 0;

  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      if (tables & (1u << i))
        latest = MAX (latest, bp_store_get_cursor (self->store, bp_table_get (i)));
    }

  return latest;
}

static BpSnapshot *
open_snapshot (BpSyncEngine *self,
               BpPart       *part,
               guint         tables,
               GError      **error)
{
  const char *path = bp_part_unpack (part, MAX_SIZE, error);
  g_autoptr (BpSnapshot) snapshot = NULL;

  if (path != NULL)
    snapshot = bp_snapshot_open (path, tables, self->cancellable, error);
  if (snapshot == NULL)
    return NULL;
  if (g_strcmp0 (bp_snapshot_get_epoch (snapshot), part->epoch) == 0
      && bp_snapshot_get_seq (snapshot) >= find_latest_cursor (self, tables))
    return g_steal_pointer (&snapshot);

  g_set_error (error, BP_SYNC_ERROR, BP_SYNC_ERROR_REFUSED, "The snapshot is of another past");
  return NULL;
}

static gboolean
bring_in (BpSyncEngine *self,
          BpSnapshot   *snapshot,
          GError      **error)
{
  gint64 n_rows = bp_snapshot_count_rows (snapshot);
  gint64 n_here;
  guint most = QUIET_ROWS;

  if (!bp_store_begin_bring_in (self->store, snapshot, &n_here, error))
    return FALSE;
  while (!bp_snapshot_is_done (snapshot))
    {
      gint64 n_read = bp_snapshot_count_read (snapshot);
      guint n_stored;

      if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
        return FALSE;
      if (bp_store_give_way (self->store))
        most = BUSY_ROWS;
      if (!bp_store_bring_in (self->store, snapshot, most, &n_stored, error))
        return FALSE;
      self->report->pulled += MAX (n_stored - n_here, 0);
      n_here = MAX (n_here - n_stored, 0);
      self->report->fetched += bp_snapshot_count_read (snapshot) - n_read;
      self->rows_left = n_rows - bp_snapshot_count_read (snapshot);
      bp_sync_engine_pulse (self);
      bp_sync_engine_tell (self);
    }

  return TRUE;
}

/* All of it is there: it is looked at, and used or given up. */
static BpStep
use_file (BpSyncEngine *self,
          BpPart       *part,
          guint         tables,
          GError      **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (BpSnapshot) snapshot = open_snapshot (self, part, tables, &local_error);

  if (g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return BP_STEP_FAILED;
    }
  if (snapshot == NULL)
    return give_up (self, error);
  if (!bring_in (self, snapshot, &local_error))
    {
      if (g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA))
        return give_up (self, error);
      g_propagate_error (error, g_steal_pointer (&local_error));
      return BP_STEP_FAILED;
    }

  self->known_seq = MAX (self->known_seq, bp_snapshot_get_seq (snapshot));
  self->has_tried_snapshot = TRUE;
  self->has_snapshot_begun = FALSE;
  return bp_part_drop (self->store, error) ? BP_STEP_AGAIN : BP_STEP_FAILED;
}

/**
 * bp_sync_engine_take_snapshot:
 * @self: an engine with a run under way, and nothing being stored
 * @tables: bit i: table i is fetched; see bp_sync_engine_choose_snapshot()
 * @error: as bp_sync_engine_run()
 *
 * Fetches a snapshot, or what is missing of one, checks it and brings it in.
 * Where there is none, or none of use, nothing has changed, and none is asked
 * for again in this run. What was fetched before a failure, or before the time
 * was up, is kept.
 *
 * Returns: %BP_STEP_AGAIN where it was brought in: the cursors have moved;
 *   %BP_STEP_DONE where the tables are to be pulled; or how it ended
 */
BpStep
bp_sync_engine_take_snapshot (BpSyncEngine *self,
                              guint         tables,
                              GError      **error)
{
  g_auto (BpPart) part = { .fd = -1 };
  g_autofree char *list = make_list (tables);
  g_autoptr (GError) local_error = NULL;
  BpStep step;

  if (!bp_part_open (&part, self->store, list, &local_error))
    return give_up (self, error);

  self->has_snapshot_begun = TRUE;
  step = fetch_file (self, &part, error);
  if (step == BP_STEP_DONE && bp_part_is_whole (&part) && !self->has_tried_snapshot)
    step = use_file (self, &part, tables, error);

  return step;
}
