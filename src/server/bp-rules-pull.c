/* A pull: section 4 of the contract, in one read transaction. */
#include "config.h"

#include "bp-error.h"
#include "bp-limits.h"
#include "bp-pull.h"
#include "bp-rules-private.h"

#define RESERVE (64 * 1024)

typedef struct
{
  gpointer rows[BP_N_TABLES];   /* (owned) (nullable) */
  BpState *next[BP_N_TABLES];   /* (owned) (nullable): read ahead */
  GString *text[BP_N_TABLES];   /* (owned) */
  gint64 last;                  /* seq of the last row taken */
  gsize size;
  int n_rows;
} Feed;

static void
feed_clear (BpBackend *backend,
            Feed      *feed)
{
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      BP_BACKEND_GET_CLASS (backend)->close_rows (backend, feed->rows[i]);
      bp_state_free (feed->next[i]);
      if (feed->text[i] != NULL)
        g_string_free (feed->text[i], TRUE);
    }
}

static gint64
get_first_moment (const char *date,
                  const char *time_zone)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_identifier (time_zone);
  g_autoptr (GDateTime) moment = NULL;

  moment = g_date_time_new (zone != NULL ? zone : g_time_zone_new_utc (), atoi (date),
                            atoi (date + 5), atoi (date + 8), 0, 0, 0);
  return moment != NULL ? g_date_time_to_unix (moment) * 1000 : 0;
}

static gboolean
open_feed (BpBackend           *backend,
           const BpStore       *store,
           const BpPullRequest *request,
           Feed                *feed,
           GError             **error)
{
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      BpRowQuery query = {
        .store_id = store->id,
        .table = bp_table_get (i),
        .since = request->since[i],
        .living = request->since[i] == 0 && !request->deleted,
        .from_text = request->from[i],
      };

      if (!(request->asked & (1u << i)))
        continue;
      feed->text[i] = g_string_new (NULL);
      if (request->since[i] >= store->seq)
        continue;
      if (query.from_text != NULL)
        query.from_time = get_first_moment (query.from_text, store->time_zone);
      if (!bp_backend_call (backend, open_rows, &query, &feed->rows[i], error)
          || !bp_backend_call (backend, next_row, feed->rows[i], &feed->next[i], error))
        return FALSE;
    }

  return TRUE;
}

static int
find_first (const Feed *feed)
{
  int first = -1;

  for (int i = 0; i < BP_N_TABLES; i++)
    {
      if (feed->next[i] != NULL && (first < 0 || feed->next[i]->seq < feed->next[first]->seq))
        first = i;
    }

  return first;
}

/* Takes rows in ascending seq until the page is full: @more tells whether any
 * are left. A row that alone is larger than a page comes alone. */
static gboolean
fill_page (BpBackend           *backend,
           const BpPullRequest *request,
           Feed                *feed,
           gboolean            *more,
           GError             **error)
{
  int i;

  while ((i = find_first (feed)) >= 0)
    {
      GString *text = feed->text[i];
      gsize before = text->len;

      *more = TRUE;
      if (feed->n_rows >= request->limit)
        return TRUE;
      if (before > 0)
        g_string_append_c (text, ',');
      bp_state_append_row (feed->next[i], text);
      if (feed->n_rows > 0 && feed->size + text->len - before > BP_MAX_ANSWER - RESERVE)
        {
          g_string_truncate (text, before);
          return TRUE;
        }

      feed->size += text->len - before;
      feed->last = feed->next[i]->seq;
      feed->n_rows++;
      g_clear_pointer (&feed->next[i], bp_state_free);
      if (!bp_backend_call (backend, next_row, feed->rows[i], &feed->next[i], error))
        return FALSE;
    }

  *more = FALSE;
  return TRUE;
}

static char *
read_page (BpBackend           *backend,
           const BpStore       *store,
           const BpPullRequest *request,
           gint64               now,
           GError             **error)
{
  Feed feed = { 0 };
  BpPullPage page = { .asked = request->asked, .seq = store->seq, .time = now };
  char *text = NULL;

  if (open_feed (backend, store, request, &feed, error)
      && fill_page (backend, request, &feed, &page.more, error))
    {
      for (guint i = 0; i < BP_N_TABLES; i++)
        page.since[i] = MAX (request->since[i], page.more ? feed.last : store->seq);
      text = bp_pull_rows_to_text (&page, feed.text);
    }
  feed_clear (backend, &feed);

  return text;
}

/* The device begins a table anew: what it pulls from now on cannot lack a
 * deletion that was forgotten before. The store is not locked: who reads does
 * not wait for who pushes. */
static gboolean
note_beginnings (BpBackend           *backend,
                 const BpDevice      *device,
                 const BpPullRequest *request,
                 gint64               now,
                 GError             **error)
{
  gboolean has_begun = FALSE;

  for (guint i = 0; i < BP_N_TABLES; i++)
    has_begun |= (request->asked & (1u << i)) && request->since[i] == 0;
  if (!has_begun)
    return TRUE;

  if (!bp_backend_call (backend, begin_write, NULL, error))
    return FALSE;
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      if ((request->asked & (1u << i)) && request->since[i] == 0
          && !bp_backend_call (backend, write_pull, device, bp_table_get (i), now, error))
        return FALSE;
    }
  return BP_BACKEND_GET_CLASS (backend)->commit (backend, error);
}

/* The server lost its past without being told: it says so to everybody. */
static BpReply *
lose_past (BpBackend  *backend,
           BpClock    *clock,
           const char *store_id,
           const char *epoch)
{
  g_autoptr (BpStore) store = NULL;
  GError *error = NULL;

  bp_backend_rollback (backend);
  if (!bp_backend_call (backend, begin_write, store_id, &error)
      || !bp_backend_call (backend, load_store, store_id, &store, &error))
    return bp_rules_fail (backend, error);
  if (store == NULL)
    return bp_rules_refuse (backend, BP_PROBLEM_UNAUTHORIZED, NULL);
  if (g_strcmp0 (store->epoch, epoch) == 0
      && !bp_rules_begin_epoch (backend, clock, store, &error))
    return bp_rules_fail (backend, error);
  if (!BP_BACKEND_GET_CLASS (backend)->commit (backend, &error))
    return bp_rules_fail (backend, error);

  return bp_rules_refuse_epoch (backend, store->epoch);
}

static gboolean
is_below_horizon (const BpPullRequest *request,
                  const BpStore       *store,
                  const gint64        *began_at)
{
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      if ((request->asked & (1u << i)) && request->since[i] > 0
          && request->since[i] < store->horizon && began_at[i] < store->purged_at)
        return TRUE;
    }

  return FALSE;
}

static gboolean
is_above_store (const BpPullRequest *request,
                const BpStore       *store)
{
  for (guint i = 0; i < BP_N_TABLES; i++)
    {
      if ((request->asked & (1u << i)) && request->since[i] > store->seq)
        return TRUE;
    }

  return FALSE;
}

static BpReply *
answer_request (BpBackend           *backend,
                BpClock             *clock,
                const BpDevice      *device,
                const BpPullRequest *request)
{
  g_autoptr (BpStore) store = NULL;
  gint64 began_at[BP_N_TABLES] = { 0 };
  gint64 now = bp_clock_get_now (clock);
  GError *error = NULL;
  char *text;

  if (!BP_BACKEND_GET_CLASS (backend)->begin_read (backend, &error)
      || !bp_backend_call (backend, load_store, device->store_id, &store, &error)
      || !bp_backend_call (backend, load_pulls, device, began_at, &error))
    return bp_rules_fail (backend, error);
  if (store == NULL)
    return bp_rules_refuse (backend, BP_PROBLEM_UNAUTHORIZED, NULL);
  if (g_strcmp0 (request->epoch, store->epoch) != 0)
    return bp_rules_refuse_epoch (backend, store->epoch);
  if (is_above_store (request, store))
    return lose_past (backend, clock, store->id, store->epoch);
  if (is_below_horizon (request, store, began_at))
    return bp_rules_refuse (backend, BP_PROBLEM_HORIZON, NULL);

  text = read_page (backend, store, request, now, &error);
  if (text == NULL)
    return bp_rules_fail (backend, error);
  bp_backend_rollback (backend);
  if (!note_beginnings (backend, device, request, now, &error))
    {
      g_free (text);
      return bp_rules_fail (backend, error);
    }

  return bp_rules_accept (200, text);
}

/**
 * bp_rules_pull:
 * @backend: not in a transaction
 * @clock: the time
 * @device: who pulls
 * @call: what it asks for
 *
 * Returns: (transfer full): a page of one state of the store
 */
BpReply *
bp_rules_pull (BpBackend      *backend,
               BpClock        *clock,
               const BpDevice *device,
               const BpCall   *call)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BpPullRequest) request = bp_pull_request_parse (call->body, call->length, &error);

  if (request == NULL)
    return bp_rules_refuse_text (error);

  return answer_request (backend, clock, device, request);
}
